//! Where acting may reach.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::files::refused;
use crate::output::{directory_of, resolved};

/// Directories outside of which nothing is touched, whatever a report or a journal says.
#[derive(Debug, Clone)]
pub struct Roots(Vec<PathBuf>);

impl Roots {
    /// These directories, or the working directory where there are none.
    ///
    /// # Errors
    /// The system's, where one of them is no directory.
    pub fn new(directories: &[PathBuf]) -> io::Result<Roots> {
        if directories.is_empty() {
            return Ok(Roots(vec![std::env::current_dir()?.canonicalize()?]));
        }
        let whole = |path: &PathBuf| match path.canonicalize() {
            Ok(whole) if whole.is_dir() => Ok(whole),
            Ok(_) => Err(refused(format!("--root {}: not a directory", path.display()))),
            Err(e) => Err(refused(format!("--root {}: {e}", path.display()))),
        };
        Ok(Roots(directories.iter().map(whole).collect::<io::Result<_>>()?))
    }

    /// The path with the links of its directory followed, and not its own.
    ///
    /// # Errors
    /// Where it is outside all roots; the message says which root would hold it.
    pub fn inside(&self, path: &Path) -> io::Result<PathBuf> {
        let named =
            |path: &Path| path.file_name().map(|name| (directory_of(path).to_owned(), name.to_owned()));
        let Some((directory, name)) = named(&std::path::absolute(path)?) else {
            return Err(refused("it names no file"));
        };
        let directory = resolved(&directory);
        let is_plain = !directory.components().any(|part| part == Component::ParentDir);
        if is_plain && self.0.iter().any(|root| directory.starts_with(root)) {
            return Ok(directory.join(name));
        }
        let (path, directory) = (path.display(), directory.display());
        Err(refused(format!("{path} is outside of what may be touched; --root {directory} lets it")))
    }
}
