//! Patterns that name files, however those are spelled.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use globset::{Glob, GlobSet, GlobSetBuilder, escape};

use crate::error::{Error, ErrorKind, Result};
use crate::output::{FileId, id_of, resolved};
use crate::report::{ClusterRow, MemberRow};

/// Where a pattern is no plain name any more.
const WILD: [char; 5] = ['*', '?', '[', '{', '\\'];

/// A pattern for files and ids. A path matches as it was typed, without its detours, without links, and relative to the
/// working directory; a pattern that names a directory matches what is below it.
#[derive(Debug, Clone)]
pub struct Pattern {
    typed: String,
    globs: GlobSet,
    /// The file that it names, where it names one.
    file: Option<FileId>,
    /// What was asked before, by path.
    known: Arc<Mutex<HashMap<String, bool>>>,
}

impl Pattern {
    /// Reads a glob.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where it is none.
    pub fn new(typed: &str) -> Result<Pattern> {
        let wrong = |e: globset::Error| Error::new(ErrorKind::Setting).because(e.to_string());
        let mut globs = GlobSetBuilder::new();
        let mut add = |glob: &str| -> Result<()> {
            globs.add(Glob::new(glob).map_err(wrong)?);
            Ok(())
        };
        add(typed)?;
        let (plain, wild) = typed.split_at(plain_part(typed));
        for directory in [cleaned(Path::new(plain)), resolved(&here(Path::new(plain)))] {
            let directory = escape(&directory.to_string_lossy());
            match wild.is_empty() {
                true => {
                    add(&directory)?;
                    add(&format!("{}/**", directory.trim_end_matches('/')))?;
                }
                false if directory.is_empty() => add(wild)?,
                false => add(&format!("{}/{wild}", directory.trim_end_matches('/')))?,
            }
        }
        let file = if wild.is_empty() { id_of(Path::new(plain)) } else { None };
        let globs = globs.build().map_err(wrong)?;
        Ok(Pattern { typed: typed.to_owned(), globs, file, known: Arc::default() })
    }

    /// As it was typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Whether it names a document, or its file.
    pub fn is_match(&self, document: &MemberRow) -> bool {
        if self.globs.is_match(&document.id) {
            return true;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&document.path) {
            return *known;
        }
        let path = Path::new(&document.path);
        let matches = forms(path).iter().any(|form| self.globs.is_match(form))
            || self.file.is_some() && self.file == id_of(path);
        known.insert(document.path.clone(), matches);
        matches
    }
}

/// Patterns of one option.
#[derive(Debug, Clone, Default)]
pub struct Names(Vec<Pattern>);

impl Names {
    /// Reads globs.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] for one that is none.
    pub fn new(patterns: &[String]) -> Result<Names> {
        Ok(Names(patterns.iter().map(|pattern| Pattern::new(pattern)).collect::<Result<_>>()?))
    }

    /// Whether one of them names a document, or its file.
    pub fn is_match(&self, document: &MemberRow) -> bool {
        self.0.iter().any(|pattern| pattern.is_match(document))
    }

    /// Those that name no document of these clusters, as they were typed.
    pub fn unmatched(&self, clusters: &[ClusterRow]) -> Vec<String> {
        unmatched(self.0.iter(), clusters)
    }
}

/// The patterns that name no document of these clusters, as they were typed.
pub(super) fn unmatched<'p>(
    patterns: impl Iterator<Item = &'p Pattern>,
    clusters: &[ClusterRow],
) -> Vec<String> {
    let names =
        |pattern: &Pattern, cluster: &ClusterRow| cluster.documents().any(|row| pattern.is_match(row));
    let is_idle = |pattern: &&Pattern| !clusters.iter().any(|cluster| names(pattern, cluster));
    patterns.filter(is_idle).map(|pattern| pattern.typed().to_owned()).collect()
}

/// Bytes of a pattern up to the part that is no plain name.
fn plain_part(pattern: &str) -> usize {
    match pattern.find(WILD) {
        Some(wild) => pattern[..wild].rfind('/').map_or(0, |slash| slash + 1),
        None => pattern.len(),
    }
}

/// The ways to spell a path.
fn forms(path: &Path) -> Vec<PathBuf> {
    let current = std::env::current_dir().unwrap_or_default();
    let absolute = cleaned(&current.join(path));
    let whole = resolved(&here(path));
    let below = |path: &Path, directory: &Path| path.strip_prefix(directory).ok().map(Path::to_owned);
    let relative = [below(&absolute, &current), below(&whole, &resolved(&current))];
    let mut forms = vec![path.to_owned(), cleaned(path)];
    forms.extend(relative.into_iter().flatten());
    forms.extend([absolute, whole]);
    forms
}

fn here(path: &Path) -> PathBuf {
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path.to_owned() }
}

/// A path without `.`, `..` and doubled separators, as far as its letters tell.
fn cleaned(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if cleaned.file_name().is_some() => {
                cleaned.pop();
            }
            part => cleaned.push(part),
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        let document = MemberRow { id: "4711".to_owned(), path: path.to_owned(), ..MemberRow::default() };
        Pattern::new(pattern).expect("a pattern").is_match(&document)
    }

    #[test]
    fn a_path_matches_however_it_is_spelled() {
        let here = std::env::current_dir().expect("a directory");
        let own = here.join("src/act/names.rs").display().to_string();
        let spellings =
            ["src/act/names.rs", "./src/act/names.rs", "src//act/names.rs", "src/../src/act/names.rs", &own];
        for path in spellings {
            for pattern in spellings.iter().copied().chain([
                "src/act/*.rs",
                "./src/**/names.rs",
                "**/names.rs",
                "src/act",
            ]) {
                assert!(matches(pattern, path), "{pattern} and {path}");
            }
            assert!(
                !matches("src/act/keep.rs", path) && !matches("names.rs", path) && !matches("src/a", path)
            );
        }
        assert!(matches("47*", "anything"));
    }
}
