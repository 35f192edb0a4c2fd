//! Paths to files, as ripgrep walks: ignore files, hidden files, symbolic links.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ignore::overrides::{Override, OverrideBuilder};
use ignore::{DirEntry, WalkBuilder};

use crate::error::{Error, ErrorKind, Result};

/// What a walk enters and takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WalkOptions {
    /// Hidden files and directories too.
    pub hidden: bool,
    /// Ignore files (`.gitignore`, `.ignore`) are not read.
    pub no_ignore: bool,
    /// Symbolic links are followed; a link to an ancestor is a problem, not a loop.
    pub follow: bool,
    /// Only files that match; with a leading `!`, not those that do.
    pub globs: Vec<String>,
    /// Larger files are problems; no limit if `None`.
    pub max_filesize: Option<u64>,
}

/// A file that a walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub path: PathBuf,
    /// Relative to the root that it was found under, with `/` between parts.
    pub name: String,
    pub len: u64,
    /// Whether the caller named this file itself.
    pub explicit: bool,
}

/// What a walk met.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub files: Vec<Found>,
    /// Files left out because nothing reads their kind, by extension.
    pub skipped: BTreeMap<String, u64>,
    /// Files and directories left out because ignore files name them.
    pub ignored: u64,
    pub problems: Vec<Error>,
}

/// Walks `paths`. The files are in the order of their names, then paths, whatever the order of arguments.
pub(super) fn walk(
    paths: &[PathBuf],
    options: &WalkOptions,
    reads: impl Fn(&Path) -> bool + Copy,
) -> Result<Walked> {
    let mut walked = Walked::default();
    for root in paths {
        let explicit = root.is_file();
        // Through links: whatever leads to a device or a pipe may never end.
        if !explicit && std::fs::metadata(root).is_ok_and(|metadata| !metadata.is_dir()) {
            walked.problems.push(special(root));
            continue;
        }
        let base = if explicit { root.parent().unwrap_or(Path::new("")) } else { root };
        let mut left_out = LeftOut::default();
        for entry in builder(root, options)?.build() {
            if let Ok(entry) = &entry {
                left_out.count(entry, options);
            }
            match entry {
                Ok(entry) if explicit || entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    take(&entry, base, explicit, options, reads, &mut walked);
                }
                Ok(entry) if entry.file_type().is_some_and(|k| !k.is_dir() && !k.is_symlink()) => {
                    walked.problems.push(special(entry.path()));
                }
                Ok(_) => {}
                Err(e) => walked.problems.push(problem(root, e)),
            }
        }
        walked.ignored += left_out.0.max(0) as u64;
    }
    walked.files.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    walked.files.dedup_by(|a, b| a.path == b.path);
    walked.problems.sort_by_key(|e| e.to_string());
    Ok(walked)
}

/// What stands in the directories of a walk and is not walked.
#[derive(Default)]
struct LeftOut(i64);

impl LeftOut {
    /// Counts what stands in a directory, and takes away what the walk meets of it.
    fn count(&mut self, entry: &DirEntry, options: &WalkOptions) {
        // A glob leaves out what was not asked for.
        if options.no_ignore || !options.globs.is_empty() {
            return;
        }
        self.0 -= i64::from(entry.depth() > 0);
        if entry.file_type().is_some_and(|kind| kind.is_dir()) {
            let names = std::fs::read_dir(entry.path())
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.file_name());
            let is_hidden = |name: &std::ffi::OsString| name.as_encoded_bytes().starts_with(b".");
            self.0 += names.filter(|name| options.hidden || !is_hidden(name)).count() as i64;
        }
    }
}

fn special(path: &Path) -> Error {
    Error::new(ErrorKind::NotReadable).because("neither a file nor a directory").at(path)
}

fn builder(root: &Path, options: &WalkOptions) -> Result<WalkBuilder> {
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(!options.no_ignore)
        .hidden(!options.hidden)
        .follow_links(options.follow)
        .overrides(overrides(root, &options.globs)?);
    Ok(builder)
}

fn overrides(root: &Path, globs: &[String]) -> Result<Override> {
    let setting = |e: ignore::Error| Error::new(ErrorKind::Setting).because(e.to_string());
    let mut builder = OverrideBuilder::new(root);
    for glob in globs {
        builder.add(glob).map_err(setting)?;
    }
    builder.build().map_err(setting)
}

fn take(
    entry: &DirEntry,
    base: &Path,
    explicit: bool,
    options: &WalkOptions,
    reads: impl Fn(&Path) -> bool + Copy,
    walked: &mut Walked,
) {
    let path = entry.path();
    if !explicit && !reads(path) {
        let extension = path.extension().map_or(String::new(), |e| e.to_string_lossy().to_lowercase());
        *walked.skipped.entry(extension).or_default() += 1;
        return;
    }
    // `metadata` of the path and not of the entry: a link that the caller named is followed.
    let len = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(e) => return walked.problems.push(Error::io(ErrorKind::NotReadable, path, e)),
    };
    if let Some(limit) = options.max_filesize.filter(|&limit| len > limit) {
        let large = Error::new(ErrorKind::TooLarge).because(format!("{len} bytes, --max-filesize {limit}"));
        return walked.problems.push(large.at(path));
    }
    let relative = path.strip_prefix(base).unwrap_or(path);
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    walked.files.push(Found { path: path.to_owned(), name: parts.join("/"), len, explicit });
}

fn problem(root: &Path, error: ignore::Error) -> Error {
    let place = place_of(&error).unwrap_or(root).to_owned();
    match error.io_error().map(|e| std::io::Error::new(e.kind(), e.to_string())) {
        Some(source) => Error::io(ErrorKind::NotReadable, place, source),
        None => Error::new(ErrorKind::NotReadable).because(error.to_string()).at(place),
    }
}

fn place_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => place_of(err),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}
