//! Duplicate files moved away, linked or deleted, as a saved report says. Nothing happens to a file unless it and its
//! kept copy are, at that moment, what they were when they were scanned; what happens is in a journal before it does.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Removable;
use super::files::{about, aside, back, holds, is_there, refused, regular, relocate, rename};
use super::keep::{Gone, Rules, part, verified};
use super::names::Names;
use super::roots::Roots;
use crate::findings::hash_file;
use crate::output::{FileId, file_id, id_of};
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
    pub(super) sha256: [String; 2],
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
    /// Files that stay whatever else they are called: kept copies, and what is protected.
    pub stay: Vec<PathBuf>,
}

/// Reads from a report what may go, and which copies stay by `rules`: only what the report says that it was verified
/// against one another, which is members and their representative or lead, and members that equal one of these. Both have
/// to be files of one document.
pub fn plan(report: &Report, rules: &Rules, removable: Removable, protected: &Names) -> Plan {
    let hashes: HashMap<&str, &str> =
        report.sources.iter().filter_map(|source| Some((&*source.path, source.sha256.as_deref()?))).collect();
    let mut plan = Plan::default();
    for cluster in &report.clusters {
        let documents: Vec<&MemberRow> = cluster.documents().collect();
        let gone = part(cluster, rules, |place, kept| {
            let document = documents[place];
            let spared = protected.is_match(document) || rules.protect(document);
            let relation = verified(cluster, &documents, place, kept).filter(|_| !spared);
            relation.filter(|relation| removable.allows(relation))
        });
        // One stays in any case.
        plan.spared += (documents.len() - 1 - gone.len()) as u64;
        let protected =
            documents.iter().filter(|document| protected.is_match(document) || rules.protect(document));
        plan.stay.extend(protected.map(|document| PathBuf::from(&document.path)));
        gone.into_iter().for_each(|gone| plan.add(&documents, gone, &hashes));
    }
    plan
}

impl Plan {
    fn add(&mut self, documents: &[&MemberRow], gone: Gone, hashes: &HashMap<&str, &str>) {
        let (member, kept) = (documents[gone.place], documents[gone.kept]);
        if member.record.is_some() || kept.record.is_some() {
            self.records += 1;
        } else if let (Some(own), Some(its)) = (hashes.get(&*member.path), hashes.get(&*kept.path)) {
            self.stay.push(kept.path.clone().into());
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
    /// The name beside it under which it waits for what becomes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aside: Option<PathBuf>,
}

/// Acts on one file after the other, and writes each into the journal first.
pub struct Actor<W> {
    action: Action,
    journal: W,
    roots: Roots,
    /// What stays, whatever its name.
    stay: HashSet<FileId>,
    /// Bytes of the journal's whole lines.
    written: u64,
    broken: bool,
}

/// A journal on a disk.
pub trait Journal: Write {
    /// Returns when what was written is on the disk.
    ///
    /// # Errors
    /// Those of writing.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts it off behind so many bytes.
    ///
    /// # Errors
    /// Those of writing.
    fn cut(&mut self, bytes: u64) -> io::Result<()>;
}

impl Journal for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        self.set_len(bytes)?;
        io::Seek::seek(self, io::SeekFrom::Start(bytes)).map(drop)
    }
}

impl<W: Journal> Actor<W> {
    /// Does `action` within these roots and keeps `journal`, which is empty. None of the files of `stay` is touched.
    pub fn new(action: Action, journal: W, roots: Roots, stay: &[PathBuf]) -> Actor<W> {
        let stay = stay.iter().filter_map(|path| id_of(path)).collect();
        Actor { action, journal, roots, stay, written: 0, broken: false }
    }

    /// Whether the journal cannot be written: then nothing more can be taken back, and nothing more is done.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Checks both files, sets the duplicate aside, checks what was set aside and the kept copy once more, and then acts: so
    /// that what goes is what was looked at.
    ///
    /// # Errors
    /// The reason why nothing was done: a file that is outside, gone, changed or no regular file, a place that is taken, or
    /// what the system says.
    pub fn act(&mut self, step: &Step) -> io::Result<()> {
        if self.broken {
            return Err(refused("the journal cannot be written"));
        }
        let aside = aside(&self.roots.inside(&step.path)?)?;
        let entry = self.checked(step, &aside)?;
        self.note(&entry)?;
        rename(&entry.path, &aside)?;
        let acted = still(&entry, &aside, &step.sha256[1]).and_then(|()| finish(&entry, &aside));
        acted.map_err(|why| if is_there(&aside) { back(&aside, &entry.path, why) } else { why })
    }

    /// Writes a line that is safe when this returns, or none.
    fn note(&mut self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let written = self.journal.write_all(&line).and_then(|()| self.journal.sync());
        written.map_err(|e| {
            self.broken = true;
            // A line that is cut off is passed over by whoever reads the journal.
            let _ = self.journal.cut(self.written).and_then(|()| self.journal.sync());
            refused(format!("the journal cannot be written: {e}"))
        })?;
        self.written += line.len() as u64;
        Ok(())
    }

    /// What will be done, where nothing speaks against it.
    fn checked(&self, step: &Step, aside: &Path) -> io::Result<Entry> {
        let [own, its] = &step.sha256;
        let path = self.roots.inside(&step.path)?;
        let metadata = regular(&path)?;
        let about_kept = |e| about("the kept copy", &step.kept, &e);
        let kept = self.roots.inside(&step.kept).map_err(about_kept)?;
        let of_kept = regular(&kept).map_err(about_kept)?;
        if file_id(&metadata) == file_id(&of_kept) {
            return Err(refused("it is the kept copy itself under another name"));
        }
        if self.stay.contains(&file_id(&metadata)) {
            return Err(refused("under another name it is a file that stays"));
        }
        if hash_file(&path)?.1 != *own {
            return Err(refused("changed since the scan"));
        }
        let same_bytes = own == its;
        let (action, to) = match &self.action {
            Action::Move(directory) => ("move", Some(self.destination(directory, &step.path)?)),
            Action::Hardlink if !same_bytes => return Err(refused("not the same bytes as the kept copy")),
            Action::Hardlink => ("hardlink", None),
            Action::Delete => ("delete", None),
        };
        Ok(Entry {
            action: action.to_owned(),
            path,
            to,
            kept,
            sha256: own.clone(),
            same_bytes,
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            mode: metadata.mode(),
            aside: Some(aside.to_owned()),
        })
    }

    /// Where a file goes: its path as the report has it, below the directory.
    fn destination(&self, directory: &Path, path: &Path) -> io::Result<PathBuf> {
        let parts = path.components().filter(|part| matches!(part, Component::Normal(_)));
        let to = self.roots.inside(&directory.join(parts.collect::<PathBuf>()))?;
        if is_there(&to) {
            return Err(about("there is a file at", &to, &refused("it is never overwritten")));
        }
        Ok(to)
    }
}

/// Whether what was set aside is the duplicate, and the kept copy still there: under another mount it may have been the
/// same file, and is gone then.
fn still(entry: &Entry, aside: &Path, kept: &str) -> io::Result<()> {
    if !holds(aside, &entry.sha256)? {
        return Err(refused("changed since the scan"));
    }
    let own = regular(aside)?;
    let about_kept = |e: io::Error| about("the kept copy", &entry.kept, &e);
    let of_kept = regular(&entry.kept).map_err(about_kept)?;
    if file_id(&own) == file_id(&of_kept) || hash_file(&entry.kept).map_err(about_kept)?.1 != kept {
        return Err(about_kept(refused("changed since the scan")));
    }
    Ok(())
}

/// Acts on a duplicate that was set aside.
fn finish(entry: &Entry, aside: &Path) -> io::Result<()> {
    match (&*entry.action, &entry.to) {
        ("move", Some(to)) => relocate(aside, to, &entry.sha256),
        ("hardlink", _) => {
            let kept = file_id(&regular(&entry.kept)?);
            fs::hard_link(&entry.kept, &entry.path)?;
            let gone = if file_id(&fs::symlink_metadata(&entry.path)?) == kept {
                fs::remove_file(aside)
            } else {
                Err(about("the kept copy", &entry.kept, &refused("changed meanwhile")))
            };
            gone.inspect_err(|_| {
                // The place is wanted for what was set aside.
                let _ = fs::remove_file(&entry.path);
            })
        }
        _ => fs::remove_file(aside),
    }
}
