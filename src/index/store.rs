//! The few things that an index asks of a disk, as a trait: so that tests can be the disk.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::mmap::Mapping;

/// A directory of files without subdirectories. What it promises is in docs/index-format.md, "What is assumed of
/// the disk".
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Where it is, for messages.
    fn place(&self) -> &Path;

    /// The names of all files, in order.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Something that is there and is no file, such as a folder: an index has none.
    fn other(&self) -> io::Result<Option<String>> {
        Ok(None)
    }

    /// Bytes of a file.
    fn len(&self, name: &str) -> io::Result<u64>;

    /// A whole file.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;

    /// The bytes of a file that nobody writes any more. They stay readable when the file is removed.
    fn map(&self, name: &str) -> io::Result<Blob>;

    /// Creates a file, or empties it.
    fn create(&self, name: &str) -> io::Result<()>;

    /// Writes at the end of a file; returns how many of the bytes it took, as `write` does.
    fn append(&self, name: &str, bytes: &[u8]) -> io::Result<usize>;

    /// Cuts a file off.
    fn truncate(&self, name: &str, len: u64) -> io::Result<()>;

    /// Returns once everything written to the file is safe.
    fn sync(&self, name: &str) -> io::Result<()>;

    /// Renames a file, replacing what has the new name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Returns once creations, renamings and removals are safe.
    fn sync_directory(&self) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Takes the lock of this name and writes down who holds it, or says who does.
    fn lock(&self, name: &str, holder: &str) -> io::Result<Result<Lock, String>>;
}

/// A lock, held until it is dropped.
#[derive(Debug)]
pub struct Lock(
    #[expect(dead_code, reason = "held for its destructor")] Box<dyn std::any::Any + Send + Sync>,
);

/// Stands behind the name of a lock's holder: a name without it is not all there yet.
const END_OF_NAME: &[u8] = b"\n";

/// How often the name of a lock's holder is looked for, and how long between: whoever took the lock writes its name down in the
/// next moment, or is stopped just there.
const LOOKS: u32 = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Who holds the lock of this file.
fn held_by(file: &mut File) -> String {
    for look in 0..LOOKS {
        if look > 0 {
            std::thread::sleep(BETWEEN_LOOKS);
        }
        let mut holder = Vec::new();
        // Who holds it is a courtesy: that someone does is what counts.
        let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_end(&mut holder));
        if let (Ok(_), Some(name)) = (read, holder.strip_suffix(END_OF_NAME)) {
            return String::from_utf8_lossy(name).into_owned();
        }
    }
    "another process".to_owned()
}

impl Lock {
    /// A lock that ends when `held` is dropped.
    pub fn new(held: impl std::any::Any + Send + Sync) -> Lock {
        Lock(Box::new(held))
    }
}

/// The bytes of a file.
#[derive(Debug, Clone)]
pub enum Blob {
    /// Mapped.
    Mapped(Arc<Mapped>),
    /// In memory.
    Held(Arc<[u8]>),
}

/// A mapped file.
#[derive(Debug)]
pub struct Mapped(Mapping);

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        match self {
            Blob::Mapped(mapped) => mapped.0.as_ref(),
            Blob::Held(bytes) => bytes,
        }
    }
}

/// Appends all of `bytes`.
///
/// # Errors
/// Those of [`Store::append`], and [`io::ErrorKind::WriteZero`] where it takes nothing.
pub fn append_all(store: &dyn Store, name: &str, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match store.append(name, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// A directory of the file system.
#[derive(Debug)]
pub struct Disk {
    directory: PathBuf,
    /// Files that were appended to, kept open.
    open: Mutex<HashMap<String, Arc<File>>>,
}

impl Disk {
    /// The directory, which need not be there yet.
    pub fn new(directory: impl Into<PathBuf>) -> Disk {
        Disk { directory: directory.into(), open: Mutex::default() }
    }

    /// Creates the directory where there is none, and makes its name and those of all that are created on the way safe.
    ///
    /// # Errors
    /// The system's.
    pub fn create_directory(&self) -> io::Result<()> {
        let is_new = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
        let created: Vec<&Path> = self.directory.ancestors().take_while(is_new).collect();
        std::fs::create_dir_all(&self.directory)?;
        for path in created.iter().rev() {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn writing(&self, name: &str) -> io::Result<Arc<File>> {
        let mut open = self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(file) = open.get(name) {
            return Ok(file.clone());
        }
        let file = Arc::new(OpenOptions::new().append(true).open(self.path(name))?);
        open.insert(name.to_owned(), file.clone());
        Ok(file)
    }

    fn forget(&self, name: &str) {
        self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(name);
    }
}

impl Store for Disk {
    fn place(&self) -> &Path {
        &self.directory
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.directory)?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            // A directory or a pipe that somebody put there is no file of an index, whatever its name.
            if kind.is_file() || kind.is_symlink() {
                names.extend(entry.file_name().into_string());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn other(&self) -> io::Result<Option<String>> {
        for entry in std::fs::read_dir(&self.directory)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if !kind.is_file() && !kind.is_symlink() {
                return Ok(Some(entry.file_name().to_string_lossy().into_owned()));
            }
        }
        Ok(None)
    }

    fn len(&self, name: &str) -> io::Result<u64> {
        Ok(std::fs::metadata(self.path(name))?.len())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.path(name))
    }

    fn map(&self, name: &str) -> io::Result<Blob> {
        let file = File::open(self.path(name))?;
        if file.metadata()?.len() == 0 {
            return Ok(Blob::Held(Arc::from([])));
        }
        Ok(Blob::Mapped(Arc::new(Mapped(Mapping::random(&file)?))))
    }

    fn create(&self, name: &str) -> io::Result<()> {
        self.forget(name);
        File::create(self.path(name)).map(drop)
    }

    fn append(&self, name: &str, bytes: &[u8]) -> io::Result<usize> {
        (&*self.writing(name)?).write(bytes)
    }

    fn truncate(&self, name: &str, len: u64) -> io::Result<()> {
        self.writing(name)?.set_len(len)
    }

    fn sync(&self, name: &str) -> io::Result<()> {
        self.writing(name)?.sync_data()
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.forget(from);
        self.forget(to);
        std::fs::rename(self.path(from), self.path(to))
    }

    fn sync_directory(&self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.forget(name);
        std::fs::remove_file(self.path(name))
    }

    fn lock(&self, name: &str, holder: &str) -> io::Result<Result<Lock, String>> {
        let path = self.path(name);
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                file.seek(SeekFrom::Start(0))?;
                file.write_all(holder.as_bytes())?;
                file.write_all(END_OF_NAME)?;
                Ok(Ok(Lock::new(file)))
            }
            Err(std::fs::TryLockError::WouldBlock) => Ok(Err(held_by(&mut file))),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }
}
