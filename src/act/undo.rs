//! What a journal's actions did, taken back.
//!
//! A journal may be from anybody: nothing outside the roots is touched, nothing goes but a file whose bytes are somewhere
//! else too, and no permission comes from it but who may read, write and run.

use std::fs;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

use super::apply::Entry;
use super::files::{
    Looks, aside, back, copy, copy_over, holds, is_aside, is_there, refused, regular, relocate, rename,
};
use super::roots::Roots;
use crate::findings::hash_file;
use crate::output::file_id;

/// What became of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// The file is where it was, as it was.
    Back,
    /// There was nothing to take back: the run ended before, or it was taken back already.
    Nothing,
}

/// What a journal says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JournalRead {
    /// Its entries, in order.
    pub entries: Vec<Entry>,
    /// Whether its last line was cut off, as it is where the run was ended while it wrote that line and had not acted yet.
    pub cut: bool,
    /// Numbers of other lines that hold no entry, from 1.
    pub passed_over: Vec<usize>,
}

/// The entries of a journal. A disk that was full may have left a piece of a line, and the next entry behind it.
///
/// # Errors
/// Those of `from`.
pub fn read_journal(from: impl BufRead) -> io::Result<JournalRead> {
    let mut read = JournalRead::default();
    let mut lines = from.split(b'\n').zip(1..).peekable();
    while let Some((line, number)) = lines.next() {
        let line = line?;
        match entry_in(&line) {
            Some(entry) => read.entries.push(entry),
            None if lines.peek().is_none() => read.cut = true,
            None => read.passed_over.push(number),
        }
    }
    Ok(read)
}

/// How an entry begins.
const BEGINNING: &[u8] = b"{\"action\":";

/// The entry that a line is, or ends in.
fn entry_in(line: &[u8]) -> Option<Entry> {
    let last = memchr::memmem::rfind(line, BEGINNING)?;
    serde_json::from_slice(line).or_else(|_| serde_json::from_slice(&line[last..])).ok()
}

/// Takes one action back. The last one of a journal comes first.
///
/// # Errors
/// The reason why the file is not back: it is outside the roots, its place is taken by another file, what was moved
/// changed, or a deleted text has no copy of the same bytes.
pub fn undo(entry: &Entry, roots: &Roots) -> io::Result<Undone> {
    let entry = &within(entry, roots)?;
    if let Some(aside) = entry.aside.as_deref().filter(|aside| is_there(aside)) {
        return from_aside(entry, aside);
    }
    match (&*entry.action, &entry.to) {
        ("move", Some(to)) => move_back(entry, to),
        ("hardlink", _) => unlink(entry),
        ("delete", _) => bring_back(entry),
        (other, _) => Err(refused(format!("no action is called `{other}`"))),
    }
}

/// The entry with its paths as they are, where all are inside.
fn within(entry: &Entry, roots: &Roots) -> io::Result<Entry> {
    let inside = |path: &Option<PathBuf>| path.as_deref().map(|path| roots.inside(path)).transpose();
    let (path, kept) = (roots.inside(&entry.path)?, roots.inside(&entry.kept)?);
    let (to, aside) = (inside(&entry.to)?, inside(&entry.aside)?);
    if to.as_ref() == Some(&path) || aside.as_deref().is_some_and(|aside| !is_aside(aside, &path)) {
        return Err(refused("the journal says what wirecopy never does"));
    }
    Ok(Entry { path, kept, to, aside, ..entry.clone() })
}

/// The run ended while the file was aside.
fn from_aside(entry: &Entry, aside: &Path) -> io::Result<Undone> {
    if !holds(aside, &entry.sha256)? {
        return Err(refused(format!("{} was changed", aside.display())));
    }
    match fs::symlink_metadata(&entry.path).ok() {
        None => rename(aside, &entry.path)?,
        // The link is there, and the duplicate is not gone yet.
        Some(own) if entry.action == "hardlink" && file_id(&own) == file_id(&regular(&entry.kept)?) => {
            fs::rename(aside, &entry.path)?;
        }
        Some(_) => {
            return Err(refused(format!("another file is in its place; it is at {}", aside.display())));
        }
    }
    // A copy in another file system was made before the original went.
    if let Some(to) = entry.to.as_deref().filter(|to| is_there(to)) {
        drop_copy(entry, to)?;
    }
    Ok(Undone::Back)
}

/// Removes what was moved, where the file is in its place too.
fn drop_copy(entry: &Entry, to: &Path) -> io::Result<()> {
    let waiting = aside(to)?;
    rename(to, &waiting)?;
    // What the two names lead to may be one file.
    let is_twice = || -> io::Result<bool> {
        let both = holds(&waiting, &entry.sha256)? && holds(&entry.path, &entry.sha256)?;
        Ok(both && {
            let (own, other) = (regular(&waiting)?, regular(&entry.path)?);
            use std::os::unix::fs::MetadataExt;
            file_id(&own) != file_id(&other) || own.nlink() > 1
        })
    };
    match is_twice() {
        Ok(true) => fs::remove_file(&waiting).map_err(|e| back(&waiting, to, e)),
        Ok(false) => Err(back(&waiting, to, refused("the two are one file, or one was changed"))),
        Err(e) => Err(back(&waiting, to, e)),
    }
}

fn move_back(entry: &Entry, to: &Path) -> io::Result<Undone> {
    match (is_there(&entry.path), is_there(to)) {
        (true, false) => in_place(entry),
        (false, false) => Err(refused(format!("not at {} any more", to.display()))),
        (taken, true) if !holds(to, &entry.sha256)? => {
            let taken = if taken { ", and its place is taken" } else { "" };
            Err(refused(format!("{} was changed{taken}", to.display())))
        }
        // The run ended between the two halves of a move across file systems.
        (true, true) if holds(&entry.path, &entry.sha256)? => drop_copy(entry, to).map(|()| Undone::Back),
        (true, true) => Err(refused("another file is in its place")),
        (false, true) => relocate(to, &entry.path, &entry.sha256).map(|()| Undone::Back),
    }
}

/// The file may be in its place, or another one.
fn in_place(entry: &Entry) -> io::Result<Undone> {
    if holds(&entry.path, &entry.sha256)? {
        Ok(Undone::Nothing)
    } else {
        Err(refused("another file is in its place"))
    }
}

fn unlink(entry: &Entry) -> io::Result<Undone> {
    if !is_there(&entry.path) {
        return bring_back(entry);
    }
    if file_id(&fs::symlink_metadata(&entry.path)?) != file_id(&regular(&entry.kept)?) {
        return in_place(entry);
    }
    check_kept(entry)?;
    copy_over(&entry.kept, &entry.path, &entry.sha256, Looks::were(entry))?;
    Ok(Undone::Back)
}

fn bring_back(entry: &Entry) -> io::Result<Undone> {
    if is_there(&entry.path) {
        return in_place(entry);
    }
    if !entry.same_bytes {
        return Err(refused("deleted; the kept copy has other bytes"));
    }
    check_kept(entry)?;
    copy(&entry.kept, &entry.path, &entry.sha256, Looks::were(entry))?;
    Ok(Undone::Back)
}

fn check_kept(entry: &Entry) -> io::Result<()> {
    regular(&entry.kept)?;
    if hash_file(&entry.kept)?.1 == entry.sha256 {
        return Ok(());
    }
    Err(refused(format!("{} was changed", entry.kept.display())))
}
