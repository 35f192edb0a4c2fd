//! Paths to files, as ripgrep walks: ignore files, hidden files, symbolic links.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ignore::overrides::{Override, OverrideBuilder};
use ignore::{DirEntry, WalkBuilder};

use super::inflate::Compression;
use super::open::extension;
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
    /// Files that are another name of a file that was found too, each with that.
    pub hard_links: Vec<(PathBuf, PathBuf)>,
}

/// Walks `paths`. The files are in the order of their names, then paths, whatever the order of arguments. A file that several
/// of them lead to is one file, under the name that it has below the outermost.
pub(super) fn walk(
    paths: &[PathBuf],
    options: &WalkOptions,
    reads: impl Fn(&Path) -> bool + Copy,
) -> Result<Walked> {
    let mut walked = Walked::default();
    let mut met = Met::default();
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
                    take(&entry, base, explicit, options, reads, &mut walked, &mut met);
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
    for path in met.skipped {
        *walked.skipped.entry(kind_of_name(&path)).or_default() += 1;
    }
    merge(&mut walked, met.ids);
    walked.files.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    walked.problems.sort_by_key(|e| e.to_string());
    Ok(walked)
}

/// What was met under any name.
#[derive(Default)]
struct Met {
    /// Device and inode of each file that was taken.
    ids: Vec<(u64, u64)>,
    /// Files of other kinds, each once.
    skipped: BTreeSet<PathBuf>,
}

/// Makes one of files that are one, and notes hard links, which are several names of one file in different places.
fn merge(walked: &mut Walked, ids: Vec<(u64, u64)>) {
    // Most files are one, and of a million of them little is held here.
    let mut order: Vec<((u64, u64), u32)> = ids.into_iter().zip(0..).collect();
    order.sort_unstable();
    let are_several = |same: &&[((u64, u64), u32)]| same.len() > 1;
    let several: Vec<Vec<u32>> = order
        .chunk_by(|(one, _), (next, _)| one == next)
        .filter(are_several)
        .map(|same| same.iter().map(|(_, at)| *at).collect())
        .collect();
    drop(order);
    if several.is_empty() {
        return;
    }
    let of_several: HashMap<u32, usize> =
        (0..).zip(&several).flat_map(|(group, same)| same.iter().map(move |&at| (at, group))).collect();
    let mut groups: Vec<Vec<Found>> = several.iter().map(|_| Vec::new()).collect();
    for (at, found) in (0..).zip(std::mem::take(&mut walked.files)) {
        match of_several.get(&at) {
            Some(&group) => groups[group].push(found),
            None => walked.files.push(found),
        }
    }
    for same in groups {
        // Where a path leads in the end is another place for a hard link, and the same for another spelling.
        let mut places: BTreeMap<PathBuf, Vec<Found>> = BTreeMap::new();
        for found in same {
            let place = found.path.canonicalize().unwrap_or_else(|_| found.path.clone());
            places.entry(place).or_default().push(found);
        }
        let mut links: Vec<Found> = places.into_values().filter_map(outermost).collect();
        links.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
        if let Some((first, others)) = links.split_first() {
            let link = |other: &Found| (other.path.clone(), first.path.clone());
            walked.hard_links.extend(others.iter().map(link));
        }
        walked.files.extend(links);
    }
    walked.hard_links.sort();
}

/// Of the same file found several times the one that was found from furthest out; of those the one that is spelled shortest.
/// A file that anybody named was named.
fn outermost(same: Vec<Found>) -> Option<Found> {
    let explicit = same.iter().any(|found| found.explicit);
    let inwards = |found: &Found| found.name.split('/').count();
    let spelled = |found: &Found| (found.path.as_os_str().len(), found.path.clone());
    let best = same.into_iter().min_by_key(|found| (std::cmp::Reverse(inwards(found)), spelled(found)))?;
    Some(Found { explicit, ..best })
}

/// What files of other kinds are counted by: their extension, with that of what is compressed in them.
pub(super) fn kind_of_name(path: &Path) -> String {
    match extension(path) {
        Some(outer) if Compression::of_name(path).is_some() => match extension(&path.with_extension("")) {
            Some(inner) => format!("{inner}.{outer}"),
            None => outer,
        },
        outer => outer.unwrap_or_default(),
    }
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
    met: &mut Met,
) {
    let path = entry.path();
    if !explicit && !reads(path) {
        met.skipped.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned()));
        return;
    }
    // `metadata` of the path and not of the entry: a link that the caller named is followed.
    let (len, id) = match std::fs::metadata(path) {
        Ok(metadata) => (metadata.len(), (metadata.dev(), metadata.ino())),
        Err(e) => return walked.problems.push(Error::io(ErrorKind::NotReadable, path, e)),
    };
    if let Some(limit) = options.max_filesize.filter(|&limit| len > limit) {
        let large = Error::new(ErrorKind::TooLarge).because(format!("{len} bytes, --max-filesize {limit}"));
        return walked.problems.push(large.at(path));
    }
    let relative = path.strip_prefix(base).unwrap_or(path);
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    walked.files.push(Found { path: path.to_owned(), name: parts.join("/"), len, explicit });
    met.ids.push(id);
}

fn problem(root: &Path, error: ignore::Error) -> Error {
    let place = place_of(&error).unwrap_or(root).to_owned();
    // What the system says of a name that is not there, the path twice, is no help to anybody.
    if error.io_error().is_some_and(|e| e.kind() == std::io::ErrorKind::NotFound) {
        return Error::new(ErrorKind::NotReadable).because("no such file or folder").at(place);
    }
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
