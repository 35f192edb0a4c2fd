//! Files that are there whole or not at all.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD};
use tempfile::NamedTempFile;

use super::{FileId, id_of};

/// What names of files begin with that have no place yet. A walk passes hidden files over.
pub(crate) const PREFIX: &str = ".wirecopy-";

/// Permissions of a new file, of which the process' mask takes what it does not grant.
const NEW: u32 = 0o666;

/// What of a file's mode is given on: who may read and write it, and nothing that makes it run as somebody else.
pub(crate) const MODE: u32 = 0o777;

/// Bytes that are written at once.
const BUFFER: usize = 1 << 18;

/// When what was written is made safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sync {
    /// Before it has its name, and then its name.
    Each,
    /// By [`sync_all`], once for many files.
    Together,
}

/// Writes a file beside its place, and gives it its name when all of it is written.
pub(crate) fn write(
    target: &Path,
    sync: Sync,
    write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
) -> io::Result<()> {
    let directory = directory_of(target);
    let new = New::within(directory)?;
    let mut out = BufWriter::with_capacity(BUFFER, new.file());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    let before = fs::metadata(target).ok();
    if let Some(before) = &before {
        // Whoever may write the directory but not give files away keeps what is written.
        let _ = std::os::unix::fs::fchown(new.file(), Some(before.uid()), Some(before.gid()));
        new.file().set_permissions(Permissions::from_mode(before.mode() & MODE))?;
    }
    if sync == Sync::Together {
        return new.name(target);
    }
    new.file().sync_all()?;
    new.name(target)?;
    let own = id_of(target);
    sync_directory(directory).inspect_err(|_| {
        // What was there before is gone; where nothing was, nothing is.
        if before.is_none() {
            remove_own(target, own);
        }
    })
}

/// Takes back a file that was written, unless another one has its place by now.
pub(crate) fn remove_own(path: &Path, own: Option<FileId>) {
    if own.is_some() && id_of(path) == own {
        // Whoever takes it back says already what went wrong.
        let _ = fs::remove_file(path);
    }
}

/// A file without a place. Where the system knows files without names, nothing is left of it when the process is
/// killed.
enum New {
    Unnamed(File),
    Named(NamedTempFile),
}

impl New {
    fn within(directory: &Path) -> io::Result<New> {
        match unnamed(directory) {
            Some(file) => Ok(New::Unnamed(file)),
            None => Ok(New::Named(builder().tempfile_in(directory)?)),
        }
    }

    fn file(&self) -> &File {
        match self {
            New::Unnamed(file) => file,
            New::Named(named) => named.as_file(),
        }
    }

    /// Puts it where it belongs, in place of what is there.
    fn name(self, target: &Path) -> io::Result<()> {
        let mut file = match self {
            New::Named(named) => return Ok(named.persist(target).map(drop)?),
            New::Unnamed(file) => file,
        };
        let directory = directory_of(target);
        let open = format!("/proc/self/fd/{}", file.as_raw_fd());
        let link = |path: &Path| Ok(rustix::fs::linkat(CWD, &*open, CWD, path, AtFlags::SYMLINK_FOLLOW)?);
        // Where nothing is, it has its name at once, and a kill leaves no other.
        if link(target).is_ok() {
            return Ok(());
        }
        let linked = builder().make_in(directory, link);
        match linked {
            Ok(named) => Ok(named.persist(target).map(drop)?),
            // Without /proc it is copied.
            Err(_) => {
                let mut named = builder().tempfile_in(directory)?;
                file.seek(SeekFrom::Start(0))?;
                io::copy(&mut file, named.as_file_mut())?;
                named.as_file().set_permissions(file.metadata()?.permissions())?;
                named.as_file().sync_all()?;
                Ok(named.persist(target).map(drop)?)
            }
        }
    }
}

/// A file without a name, on systems and file systems that know such.
fn unnamed(directory: &Path) -> Option<File> {
    #[cfg(target_os = "linux")]
    {
        let mut options = OpenOptions::new();
        options.read(true).write(true).mode(NEW).custom_flags(libc::O_TMPFILE).open(directory).ok()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = directory;
        None
    }
}

fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).permissions(Permissions::from_mode(NEW));
    builder
}

/// The directory that a file stands in.
pub(crate) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns once the names in a directory are safe.
///
/// # Errors
/// The system's.
pub fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Creates a directory, and makes its name and those of all that are created on the way safe.
pub(crate) fn create_directory(directory: &Path) -> io::Result<()> {
    let created: Vec<&Path> = directory.ancestors().take_while(|path| !path.exists()).collect();
    fs::create_dir_all(directory)?;
    created.iter().rev().try_for_each(|path| sync_directory(directory_of(path)))
}

/// Returns once everything that was written to the file system of this directory is safe.
pub(crate) fn sync_all(directory: &Path) -> io::Result<()> {
    let directory = File::open(directory)?;
    #[cfg(target_os = "linux")]
    rustix::fs::syncfs(&directory)?;
    directory.sync_all()
}

/// Links that are followed before they are taken for a circle.
const LINKS: usize = 40;

/// The path without links, also of a file that is not there yet.
pub fn resolved(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        if let Ok(whole) = path.canonicalize() {
            return whole;
        }
        let parent = match (path.parent(), path.file_name()) {
            (Some(parent), Some(_)) if parent != path => resolved(directory_or_here(parent)),
            _ => return path,
        };
        let own = parent.join(path.file_name().unwrap_or_default());
        // A link that leads nowhere yet: what is written there stands where it leads.
        match fs::read_link(&own) {
            Ok(link) => path = parent.join(link),
            Err(_) => return own,
        }
    }
    path
}

fn directory_or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_stays_until_all_is_written() {
        let directory = tempfile::tempdir().expect("a directory");
        let target = directory.path().join("report");
        let put = |text: &str| write(&target, Sync::Each, |out| out.write_all(text.as_bytes()));
        put("one").expect("written");
        let failed = write(&target, Sync::Each, |out| {
            out.write_all(&vec![0; 2 * BUFFER])?;
            Err(io::Error::other("the disk is full"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&target).expect("there"), b"one");
        fs::set_permissions(&target, Permissions::from_mode(0o640)).expect("ours");
        put("two").expect("written");
        assert_eq!(fs::read(&target).expect("there"), b"two");
        assert_eq!(fs::metadata(&target).expect("there").mode() & 0o7777, 0o640);
        assert_eq!(fs::read_dir(directory.path()).expect("there").count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_that_is_not_there_is_resolved_through_links() {
        let directory = tempfile::tempdir().expect("a directory");
        let whole = directory.path().canonicalize().expect("there");
        std::os::unix::fs::symlink("to", whole.join("link")).expect("a link");
        assert_eq!(resolved(&whole.join("link")), whole.join("to"));
        assert_eq!(resolved(&whole.join("none/../x")), whole.join("none/../x"));
        std::os::unix::fs::symlink("circle", whole.join("circle")).expect("a link");
        resolved(&whole.join("circle"));
    }
}
