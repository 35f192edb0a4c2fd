//! Files moved and copied so that nothing is lost on the way.

use std::fs::{self, File, FileTimes, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::apply::Entry;
use crate::findings::hash_file;
use crate::output::{
    MODE, PREFIX, create_directory, directory_of, id_of, open_regular, remove_own, sync_directory,
};

/// What a reader is told.
pub(super) fn refused(reason: impl Into<String>) -> io::Error {
    io::Error::other(reason.into())
}

pub(super) fn about(what: &str, path: &Path, error: &io::Error) -> io::Error {
    refused(format!("{what} {}: {error}", path.display()))
}

/// A regular file's metadata; links are not followed.
pub(super) fn regular(path: &Path) -> io::Result<Metadata> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_file() { Ok(metadata) } else { Err(refused("not a regular file")) }
}

/// Whether anything has this name, links too.
pub(super) fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Whether a regular file is there that has these bytes.
pub(super) fn holds(path: &Path, sha256: &str) -> io::Result<bool> {
    Ok(is_there(path) && fs::symlink_metadata(path)?.is_file() && hash_file(path)?.1 == sha256)
}

/// Renames a file to where none is.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // The file system does not know how.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
            renamed => return Ok(renamed?),
        }
    }
    // A hard link is never made over a file either.
    fs::hard_link(from, to)?;
    fs::remove_file(from)
}

/// A name beside a file that none has, under which the file waits for what becomes of it.
pub(super) fn aside(path: &Path) -> io::Result<PathBuf> {
    let made = tempfile::Builder::new().prefix(PREFIX).make_in(directory_of(path), |name| {
        if is_there(name) { Err(io::ErrorKind::AlreadyExists.into()) } else { Ok(()) }
    })?;
    // Nothing was created, and nothing is removed.
    made.into_temp_path().keep().map_err(|e| e.error)
}

/// Whether a name is one of [`aside`], beside this file.
pub(super) fn is_aside(name: &Path, path: &Path) -> bool {
    let own = name.file_name().is_some_and(|own| own.to_string_lossy().starts_with(PREFIX));
    own && directory_of(name) == directory_of(path)
}

/// Takes back [`rename`] to a name aside, or where it was to go. Where somebody took the place meanwhile, the file stays where it is, and that is
/// said.
pub(super) fn back(aside: &Path, path: &Path, why: io::Error) -> io::Error {
    match rename(aside, path) {
        Ok(()) => why,
        Err(e) => refused(format!("{why}; it is at {}, and cannot go back: {e}", aside.display())),
    }
}

/// What a copy has besides its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Looks {
    mode: u32,
    modified: Option<SystemTime>,
    /// Whose it is, by user and group, where the copy is all that will be left: it has the file's attributes then too.
    owner: Option<(u32, u32)>,
}

impl Looks {
    /// As the file is that will be gone.
    pub fn of(metadata: &Metadata) -> Looks {
        let owner = Some((metadata.uid(), metadata.gid()));
        Looks { mode: metadata.permissions().mode(), modified: metadata.modified().ok(), owner }
    }

    /// As a duplicate was.
    pub fn were(entry: &Entry) -> Looks {
        let (seconds, nanoseconds) = entry.modified;
        let since = match (u64::try_from(seconds), u32::try_from(nanoseconds)) {
            (Ok(seconds), Ok(nanoseconds)) => Some(Duration::new(seconds, nanoseconds)),
            _ => None,
        };
        let modified = since.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
        Looks { mode: entry.mode, modified, owner: None }
    }
}

/// Copies a file of these bytes to where none is. Its bytes and its name are safe when this returns.
pub(super) fn copy(from: &Path, to: &Path, sha256: &str, looks: Looks) -> io::Result<()> {
    prepared(from, to, sha256, looks)?.persist_noclobber(to).map_err(|e| e.error)?;
    let own = id_of(to);
    // A copy that is not safe is none.
    sync_directory(directory_of(to)).inspect_err(|_| remove_own(to, own))
}

/// The same in place of what is there.
pub(super) fn copy_over(from: &Path, to: &Path, sha256: &str, looks: Looks) -> io::Result<()> {
    prepared(from, to, sha256, looks)?.persist(to).map_err(|e| e.error)?;
    sync_directory(directory_of(to))
}

/// A copy beside its place. Times are set before the permissions, which may forbid it.
fn prepared(from: &Path, to: &Path, sha256: &str, looks: Looks) -> io::Result<tempfile::NamedTempFile> {
    let new = tempfile::Builder::new().prefix(PREFIX).tempfile_in(directory_of(to))?;
    let mut source = open_regular(from)?;
    io::copy(&mut source, &mut new.as_file())?;
    if hash_file(new.path())?.1 != sha256 {
        return Err(refused(format!("{} changed while it was copied", from.display())));
    }
    if let Some(modified) = looks.modified {
        new.as_file().set_times(FileTimes::new().set_modified(modified))?;
    }
    if let Some((user, group)) = looks.owner {
        // Whoever may not give files away keeps the copy.
        let _ = std::os::unix::fs::fchown(new.as_file(), Some(user), Some(group));
        #[cfg(target_os = "linux")]
        give_attributes(&source, new.as_file());
    }
    new.as_file().set_permissions(Permissions::from_mode(looks.mode & MODE))?;
    new.as_file().sync_all()?;
    Ok(new)
}

/// Who else may read it, for whoever sets more than a mode.
#[cfg(target_os = "linux")]
const ACCESS: &[u8] = b"system.posix_acl_access";

/// Gives a copy what users noted at a file, and who else may read it, as far as its file system knows such. What makes a file
/// more than that is not given on, as with [`MODE`].
#[cfg(target_os = "linux")]
fn give_attributes(from: &File, to: &File) {
    use rustix::fs::{XattrFlags, fgetxattr, fgetxattr_query, flistxattr, flistxattr_query, fsetxattr};
    let read = |len: rustix::io::Result<usize>, read: &dyn Fn(&mut [u8]) -> rustix::io::Result<usize>| {
        let mut bytes = vec![0; len.ok()?];
        let len = read(&mut bytes).ok()?;
        bytes.truncate(len);
        Some(bytes)
    };
    let names = read(flistxattr_query(from), &|list| flistxattr(from, list)).unwrap_or_default();
    for name in names.split(|&byte| byte == 0).filter(|name| name.starts_with(b"user.") || *name == ACCESS) {
        if let Some(value) = read(fgetxattr_query(from, name), &|value| fgetxattr(from, name, value)) {
            let _ = fsetxattr(to, name, &value, XattrFlags::empty());
        }
    }
}

/// Moves a file of these bytes to where none is, across file systems too: then the copy is safe before the original
/// goes.
pub(super) fn relocate(from: &Path, to: &Path, sha256: &str) -> io::Result<()> {
    create_directory(directory_of(to))?;
    match rename(from, to) {
        Ok(()) => sync_directory(directory_of(to)).map_err(|why| back(to, from, why)),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(e),
        Err(_) => {
            copy(from, to, sha256, Looks::of(&regular(from)?))?;
            fs::remove_file(from).inspect_err(|_| {
                // Two copies: the new one is not wanted.
                let _ = fs::remove_file(to);
            })
        }
    }
}
