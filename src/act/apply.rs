//! Duplicate files moved away, linked or deleted, as a saved report says. Nothing happens to a file unless it and its
//! kept copy are, at that moment, what they were when they were scanned; what happens is in a journal before it does.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use globset::GlobSet;
use serde::{Deserialize, Serialize};

use super::Removable;
use super::files::resolved;
use super::keep::{Gone, Rules, part};
use crate::findings::hash_file;
use crate::report::{MemberRow, Report};

/// What happens to a duplicate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It goes to this directory, under its own path.
    Move(PathBuf),
    /// It becomes a hard link to the kept copy; only where both have the same bytes.
    Hardlink,
    /// It is deleted.
    Delete,
}

/// A file that may go, and the one that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The duplicate's file.
    pub path: PathBuf,
    /// The file of the copy that stays for it.
    pub kept: PathBuf,
    /// What the duplicate is to it.
    pub relation: &'static str,
    /// The rule that chose the copy.
    pub rule: &'static str,
    /// SHA-256 of both when they were scanned.
    sha256: [String; 2],
}

/// What a report allows.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// In order of the report.
    pub steps: Vec<Step>,
    /// Duplicates that are records of a file, for [`dedup`](super::dedup).
    pub records: u64,
    /// Duplicates that are protected, or whose relation is not removable.
    pub spared: u64,
    /// Duplicates whose report names no SHA-256 for them or their kept copies.
    pub unknown: u64,
}

/// Reads from a report what may go, and which copies stay by `rules`: only what the report says that it was verified
/// against one another, which is members and their representative, and members that equal it. Both have to be files of one
/// document.
pub fn plan(report: &Report, rules: &Rules, removable: Removable, protected: &GlobSet) -> Plan {
    let hashes: HashMap<&str, &str> =
        report.sources.iter().filter_map(|source| Some((&*source.path, source.sha256.as_deref()?))).collect();
    let mut plan = Plan::default();
    for cluster in &report.clusters {
        let documents: Vec<&MemberRow> = cluster.documents().collect();
        let gone = part(&documents, rules, |place, kept| {
            let document = documents[place];
            let spared = protected.is_match(&document.path)
                || protected.is_match(&document.id)
                || rules.protect(document);
            let relation = verified(&documents, place, kept).filter(|_| !spared);
            relation.filter(|relation| removable.allows(relation))
        });
        // One stays in any case.
        plan.spared += (documents.len() - 1 - gone.len()) as u64;
        gone.into_iter().for_each(|gone| plan.add(&documents, gone, &hashes));
    }
    plan
}

/// What one document of a cluster is to another, where its report says so; the representative is at place 0.
fn verified(documents: &[&MemberRow], place: usize, other: usize) -> Option<&'static str> {
    const NAMES: [[&str; 2]; 4] =
        [["exact", "exact"], ["near", "near"], ["contained", "contains"], ["contains", "contained"]];
    let to_representative = |place: usize| {
        let relation = documents[place].relation.as_deref()?;
        NAMES.into_iter().find(|[name, _]| *name == relation)
    };
    match (place, other) {
        (_, 0) => to_representative(place).map(|[relation, _]| relation),
        (0, _) => to_representative(other).map(|[_, reversed]| reversed),
        _ => {
            let both = [place, other].map(|place| to_representative(place).map(|[relation, _]| relation));
            (both == [Some("exact"); 2]).then_some("exact")
        }
    }
}

impl Plan {
    fn add(&mut self, documents: &[&MemberRow], gone: Gone, hashes: &HashMap<&str, &str>) {
        let (member, kept) = (documents[gone.place], documents[gone.kept]);
        if member.record.is_some() || kept.record.is_some() {
            self.records += 1;
        } else if let (Some(own), Some(its)) = (hashes.get(&*member.path), hashes.get(&*kept.path)) {
            self.steps.push(Step {
                path: member.path.clone().into(),
                kept: kept.path.clone().into(),
                relation: gone.relation,
                rule: gone.rule,
                sha256: [(*own).to_owned(), (*its).to_owned()],
            });
        } else {
            self.unknown += 1;
        }
    }
}

/// A line of the journal: what is about to happen to a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `move`, `hardlink` or `delete`.
    pub action: String,
    /// The duplicate's file.
    pub path: PathBuf,
    /// Where it goes, if it is moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<PathBuf>,
    /// The copy that stays.
    pub kept: PathBuf,
    /// SHA-256 of the duplicate, 64 hex digits.
    pub sha256: String,
    /// Whether the kept copy has the same bytes.
    pub same_bytes: bool,
    /// When the duplicate was changed last: seconds since 1970, and nanoseconds.
    pub modified: (i64, i64),
    /// Its permissions.
    pub mode: u32,
}

/// Acts on one file after the other, and writes each into the journal first.
pub struct Actor<W> {
    action: Action,
    journal: W,
    /// Hashes of kept copies by path, with what their files were like.
    known: HashMap<PathBuf, (Stamp, String)>,
}

type Stamp = (u64, u64, u64, i64, i64, i64, i64);

fn stamp(metadata: &fs::Metadata) -> Stamp {
    let m = metadata;
    (m.dev(), m.ino(), m.size(), m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec())
}

/// A journal on a disk.
pub trait Journal: Write {
    /// Returns when what was written is on the disk.
    ///
    /// # Errors
    /// Those of writing.
    fn sync(&mut self) -> io::Result<()>;
}

impl Journal for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

impl<W: Journal> Actor<W> {
    /// Does `action` and keeps `journal`.
    pub fn new(action: Action, journal: W) -> Actor<W> {
        Actor { action, journal, known: HashMap::new() }
    }

    /// Checks both files and then acts on the duplicate.
    ///
    /// # Errors
    /// The reason why nothing was done: a file that is gone, changed or no regular file, a place that is taken, or
    /// what the system says.
    pub fn act(&mut self, step: &Step) -> io::Result<()> {
        let entry = self.checked(step)?;
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        self.journal.write_all(&line)?;
        self.journal.sync()?;
        match (&self.action, &entry.to) {
            (Action::Move(_), Some(to)) => move_file(&entry.path, to, &entry.sha256),
            (Action::Hardlink, _) => link_over(&entry.kept, &entry.path),
            (Action::Delete | Action::Move(_), _) => fs::remove_file(&entry.path),
        }
    }

    /// What will be done, where nothing speaks against it.
    fn checked(&mut self, step: &Step) -> io::Result<Entry> {
        let [own, its] = &step.sha256;
        let (path, kept) = (std::path::absolute(&step.path)?, std::path::absolute(&step.kept)?);
        let metadata = regular(&path)?;
        let of_kept = regular(&kept).map_err(|e| about("the kept copy", &kept, &e))?;
        if resolved(&path) == resolved(&kept) {
            return Err(refused("it is the kept copy itself"));
        }
        if self.hash(&kept, &of_kept)? != *its {
            return Err(about("the kept copy", &kept, &refused("changed since the scan")));
        }
        if hash_file(&path)?.1 != *own {
            return Err(refused("changed since the scan"));
        }
        let same_bytes = own == its;
        let to = match &self.action {
            Action::Move(directory) => Some(destination(directory, &step.path)?),
            Action::Hardlink if !same_bytes => return Err(refused("not the same bytes as the kept copy")),
            Action::Hardlink if (metadata.dev(), metadata.ino()) == (of_kept.dev(), of_kept.ino()) => {
                return Err(refused("a hard link to the kept copy already"));
            }
            Action::Hardlink | Action::Delete => None,
        };
        let action = match self.action {
            Action::Move(_) => "move",
            Action::Hardlink => "hardlink",
            Action::Delete => "delete",
        };
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        let (action, sha256) = (action.to_owned(), own.clone());
        Ok(Entry { action, path, to, kept, sha256, same_bytes, modified, mode: metadata.mode() })
    }

    /// The hash of a kept copy, computed again whenever the file may have changed.
    fn hash(&mut self, path: &Path, metadata: &fs::Metadata) -> io::Result<String> {
        let now = stamp(metadata);
        match self.known.get(path) {
            Some((then, hash)) if *then == now => Ok(hash.clone()),
            _ => {
                let (_, hash) = hash_file(path)?;
                self.known.insert(path.to_owned(), (now, hash.clone()));
                Ok(hash)
            }
        }
    }
}

fn refused(reason: &str) -> io::Error {
    io::Error::other(reason.to_owned())
}

fn about(what: &str, path: &Path, error: &io::Error) -> io::Error {
    io::Error::other(format!("{what} {}: {error}", path.display()))
}

/// A regular file's metadata; links are not followed.
fn regular(path: &Path) -> io::Result<fs::Metadata> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_file() { Ok(metadata) } else { Err(refused("not a regular file")) }
}

/// Where a file goes: its path as the report has it, below the directory.
fn destination(directory: &Path, path: &Path) -> io::Result<PathBuf> {
    let parts = path.components().filter(|part| matches!(part, Component::Normal(_)));
    let to = std::path::absolute(directory)?.join(parts.collect::<PathBuf>());
    if fs::symlink_metadata(&to).is_ok() {
        return Err(about("there is a file at", &to, &refused("it is never overwritten")));
    }
    Ok(to)
}

/// Moves a file to where none is, across file systems too: then it is copied, checked, and only then removed.
pub(super) fn move_file(from: &Path, to: &Path, sha256: &str) -> io::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    // A hard link is never made over a file, where a renaming would replace one that came meanwhile.
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from).inspect_err(|_| {
            // Two names of one file: the new one is not wanted.
            let _ = fs::remove_file(to);
        }),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(e),
        Err(_) => {
            copy_to(from, to)?;
            if hash_file(to)?.1 != sha256 {
                fs::remove_file(to)?;
                return Err(refused("changed while it was copied"));
            }
            fs::remove_file(from).inspect_err(|_| {
                let _ = fs::remove_file(to);
            })
        }
    }
}

/// Copies bytes, permissions and time of change to where no file is.
pub(super) fn copy_to(from: &Path, to: &Path) -> io::Result<()> {
    let metadata = fs::metadata(from)?;
    let parent = to.parent().unwrap_or(Path::new("."));
    let new = tempfile::Builder::new().prefix(".wirecopy-").tempfile_in(parent)?;
    io::copy(&mut File::open(from)?, &mut new.as_file())?;
    new.as_file().set_permissions(metadata.permissions())?;
    new.as_file().set_times(fs::FileTimes::new().set_modified(metadata.modified()?))?;
    new.as_file().sync_all()?;
    new.persist_noclobber(to).map_err(|e| e.error)?;
    Ok(())
}

/// Replaces `path` by a hard link to `kept`, at once.
fn link_over(kept: &Path, path: &Path) -> io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let directory = tempfile::Builder::new().prefix(".wirecopy-").tempdir_in(parent)?;
    let link = directory.path().join("link");
    fs::hard_link(kept, &link)?;
    fs::rename(&link, path)
}
