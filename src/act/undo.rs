//! What a journal's actions did, taken back.

use std::fs::{self, File, FileTimes, Permissions};
use std::io::{self, BufRead};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::apply::{Entry, copy_to, move_file};
use crate::findings::hash_file;

/// What became of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// The file is where it was, as it was.
    Back,
    /// There was nothing to take back: the run ended before, or it was taken back already.
    Nothing,
}

/// The entries of a journal, in order, and whether its last line was cut off, as it is where the run was ended while
/// it wrote that line and had not acted yet.
///
/// # Errors
/// Those of `from`; [`io::ErrorKind::InvalidData`] for any other line that is no entry.
pub fn read_journal(from: impl BufRead) -> io::Result<(Vec<Entry>, bool)> {
    let mut lines = from.split(b'\n').peekable();
    let mut entries = Vec::new();
    while let Some(line) = lines.next() {
        let line = line?;
        match serde_json::from_slice(&line) {
            Ok(entry) => entries.push(entry),
            Err(_) if lines.peek().is_none() => return Ok((entries, true)),
            Err(e) => return Err(e.into()),
        }
    }
    Ok((entries, false))
}

/// Takes one action back. The last one of a journal comes first.
///
/// # Errors
/// The reason why the file is not back: its place is taken by another file, what was moved changed, or a deleted text
/// has no copy of the same bytes.
pub fn undo(entry: &Entry) -> io::Result<Undone> {
    match (&*entry.action, &entry.to) {
        ("move", Some(to)) => move_back(entry, to),
        ("hardlink", _) => unlink(entry),
        ("delete", _) => bring_back(entry),
        (other, _) => Err(io::Error::other(format!("no action is called `{other}`"))),
    }
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn move_back(entry: &Entry, to: &Path) -> io::Result<Undone> {
    match (is_there(&entry.path), is_there(to)) {
        (true, false) => Ok(Undone::Nothing),
        (false, false) => Err(io::Error::other(format!("not at {} any more", to.display()))),
        (taken, true) if hash_file(to)?.1 != entry.sha256 => {
            let taken = if taken { ", and its place is taken" } else { "" };
            Err(io::Error::other(format!("{} was changed{taken}", to.display())))
        }
        // The run ended between the two halves of a move across file systems.
        (true, true) if hash_file(&entry.path)?.1 == entry.sha256 => {
            fs::remove_file(to)?;
            Ok(Undone::Back)
        }
        (true, true) => Err(io::Error::other("another file is in its place")),
        (false, true) => {
            move_file(to, &entry.path, &entry.sha256)?;
            Ok(Undone::Back)
        }
    }
}

fn unlink(entry: &Entry) -> io::Result<Undone> {
    let (own, kept) = (fs::symlink_metadata(&entry.path)?, fs::symlink_metadata(&entry.kept)?);
    if (own.dev(), own.ino()) != (kept.dev(), kept.ino()) {
        return Ok(Undone::Nothing);
    }
    check_kept(entry)?;
    let parent = entry.path.parent().unwrap_or(Path::new("."));
    let directory = tempfile::Builder::new().prefix(".wirecopy-").tempdir_in(parent)?;
    let copy = directory.path().join("copy");
    copy_to(&entry.kept, &copy)?;
    as_it_was(entry, &copy)?;
    fs::rename(&copy, &entry.path)?;
    Ok(Undone::Back)
}

fn bring_back(entry: &Entry) -> io::Result<Undone> {
    if is_there(&entry.path) {
        return Ok(Undone::Nothing);
    }
    if !entry.same_bytes {
        return Err(io::Error::other("deleted; the kept copy has other bytes"));
    }
    check_kept(entry)?;
    copy_to(&entry.kept, &entry.path)?;
    as_it_was(entry, &entry.path)?;
    Ok(Undone::Back)
}

fn check_kept(entry: &Entry) -> io::Result<()> {
    if hash_file(&entry.kept)?.1 == entry.sha256 {
        return Ok(());
    }
    Err(io::Error::other(format!("{} was changed", entry.kept.display())))
}

/// Gives a file the permissions and the time of change that the duplicate had.
fn as_it_was(entry: &Entry, path: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    let (seconds, nanoseconds) = entry.modified;
    if let (Ok(seconds), Ok(nanoseconds)) = (u64::try_from(seconds), u32::try_from(nanoseconds)) {
        let modified = SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds);
        file.set_times(FileTimes::new().set_modified(modified))?;
    }
    file.set_permissions(Permissions::from_mode(entry.mode & 0o7777))
}
