//! Who may do what: keys, of which only the hashes are kept.
//!
//! They stand in the file [`FILE`] of the index's directory. A service looks there again when the file is another one, so that a
//! key that is revoked opens nothing any more.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::index::store::Disk;
use crate::index::{KEYS as FILE, KEYS_LOCK, check_place, now};
use crate::output::{Sync, create_directory, write};

/// What a key opens, each with what those before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Asking: checks, documents, comparisons, figures.
    Read,
    /// Documents are taken.
    Write,
    /// Documents are deleted.
    Admin,
}

impl Scope {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Write => "write",
            Scope::Admin => "admin",
        }
    }
}

/// What is kept of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptKey {
    /// What it is called by: the beginning of the key, which opens nothing.
    pub name: String,
    /// What it opens.
    pub scope: Scope,
    /// The SHA-256 of the whole key, in hexadecimal digits.
    sha256: String,
    /// When it was made, in milliseconds since 1970.
    pub created: u64,
    /// When it opens nothing any more.
    pub expires: Option<u64>,
}

impl KeptKey {
    /// Whether it opens nothing any more.
    pub fn has_expired(&self) -> bool {
        self.expires.is_some_and(|expires| expires <= now())
    }
}

/// The file of keys.
#[derive(Debug, Default, Serialize, Deserialize)]
struct KeyFile {
    keys: Vec<KeptKey>,
}

/// What every key begins with, so that one that strayed is known by its looks.
const PREFIX: &str = "wcp_";

/// Random bytes of a key: 256 bits cannot be guessed.
const RANDOM: usize = 32;

/// Hexadecimal digits of a key that are its name: two of a thousand keys share theirs once in four million times.
const NAMED: usize = 8;

/// Makes a key for an index, which need not be there yet, and returns it; its hash alone is kept.
///
/// # Errors
/// A directory that cannot be written or holds something else than an index, a file of keys that cannot be read, or no random numbers.
pub fn create(directory: &Path, scope: Scope, lasts: Option<u64>) -> Result<String> {
    let failed = |e| Error::io(ErrorKind::Write, directory, e);
    create_directory(directory).map_err(failed)?;
    // Where somebody else makes a key at this moment, what that writes may lie there: it is looked at again once that is done.
    if let Err(error) = check_place(&Disk::new(directory))
        && !directory.join(KEYS_LOCK).exists()
    {
        return Err(error);
    }
    let mut random = [0; RANDOM];
    fs::File::open("/dev/urandom")
        .and_then(|mut from| io::Read::read_exact(&mut from, &mut random))
        .map_err(|e| Error::io(ErrorKind::Read, "/dev/urandom", e))?;
    let key = format!("{PREFIX}{}", hexadecimal(&random));
    let created = now();
    let kept = KeptKey {
        name: key[..PREFIX.len() + NAMED].to_owned(),
        scope,
        sha256: hash(&key),
        created,
        expires: lasts.map(|lasts| created.saturating_add(lasts)),
    };
    change(directory, |keys| keys.push(kept))?;
    Ok(key)
}

/// The keys of an index, the oldest first.
///
/// # Errors
/// A file of keys that cannot be read.
pub fn list(directory: &Path) -> Result<Vec<KeptKey>> {
    Ok(read(directory)?.keys)
}

/// Takes keys back by their names; returns how many that were.
///
/// # Errors
/// A file of keys that cannot be read or written.
pub fn revoke(directory: &Path, names: &[String]) -> Result<usize> {
    let mut revoked = 0;
    if !directory.join(FILE).exists() {
        return Ok(revoked);
    }
    change(directory, |keys| {
        let before = keys.len();
        keys.retain(|key| !names.contains(&key.name));
        revoked = before - keys.len();
    })?;
    Ok(revoked)
}

/// How long a change waits for another: each takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it looks again.
const LOOK: Duration = Duration::from_millis(5);

/// The right to change keys, until it is dropped. It is that to a file of its own: the file of keys is another one after each change,
/// and a writer of the index holds its own.
fn locked(directory: &Path) -> Result<fs::File> {
    let path = directory.join(KEYS_LOCK);
    let failed = |e| Error::io(ErrorKind::Write, &path, e);
    let file = fs::File::options().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    let until = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
            Err(fs::TryLockError::WouldBlock) if Instant::now() > until => {
                let why = format!("another process holds it for more than {} s", PATIENCE.as_secs());
                return Err(Error::new(ErrorKind::Write).at(&path).because(why));
            }
            Err(fs::TryLockError::WouldBlock) => std::thread::sleep(LOOK),
        }
    }
}

/// Writes the keys of an index anew, if they are others then. Whoever else changes them waits for it, so that no change is lost.
fn change(directory: &Path, changed: impl FnOnce(&mut Vec<KeptKey>)) -> Result<()> {
    let _locked = locked(directory)?;
    check_place(&Disk::new(directory))?;
    let mut file = read(directory)?;
    let before = file.keys.clone();
    changed(&mut file.keys);
    if file.keys == before { Ok(()) } else { save(directory, &file) }
}

fn read(directory: &Path) -> Result<KeyFile> {
    let path = directory.join(FILE);
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|e| Error::new(ErrorKind::Corrupt).at(&path).because(format!("no file of keys: {e}"))),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(KeyFile::default()),
        Err(e) => Err(Error::io(ErrorKind::NotReadable, &path, e)),
    }
}

fn save(directory: &Path, file: &KeyFile) -> Result<()> {
    let path = directory.join(FILE);
    let bytes = serde_json::to_vec_pretty(file).map_err(|e| Error::io(ErrorKind::Write, &path, e.into()))?;
    write(&path, Sync::Each, |out| out.write_all(&bytes)).map_err(|e| Error::io(ErrorKind::Write, &path, e))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        // A string takes whatever is written to it.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

fn hash(key: &str) -> String {
    hexadecimal(&Sha256::digest(key.as_bytes()))
}

/// Whether two hashes are equal, in a time that does not tell where they differ.
fn are_equal(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// How long what was read of the file is good: a key that is revoked opens nothing after it.
const FRESH: Duration = Duration::from_secs(1);

/// The keys of an index while a service runs.
#[derive(Debug)]
pub struct Keys {
    directory: PathBuf,
    known: Mutex<KnownKeys>,
}

#[derive(Debug)]
struct KnownKeys {
    looked: Instant,
    stamp: Option<(SystemTime, u64)>,
    keys: Vec<KeptKey>,
}

/// What a request may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// There are no keys: everything.
    Open,
    /// What a key of this scope opens.
    Of(Scope),
    /// Nothing: no key, or one that opens nothing.
    Nothing,
}

impl Grant {
    /// Whether it goes as far as a scope.
    pub fn covers(self, scope: Scope) -> bool {
        match self {
            Grant::Open => true,
            Grant::Of(own) => own >= scope,
            Grant::Nothing => false,
        }
    }
}

impl Keys {
    /// Those of the index in this directory.
    ///
    /// # Errors
    /// A file of keys that cannot be read.
    pub fn open(directory: &Path) -> Result<Keys> {
        let known = KnownKeys { looked: Instant::now(), stamp: stamp(directory), keys: list(directory)? };
        Ok(Keys { directory: directory.to_owned(), known: Mutex::new(known) })
    }

    /// Whether there is one, even if it has expired.
    pub fn is_any(&self) -> bool {
        !self.known.lock().unwrap_or_else(PoisonError::into_inner).keys.is_empty()
    }

    /// What a request with this key may do. A file that cannot be read opens nothing more than it did.
    pub fn grant(&self, given: Option<&str>) -> Grant {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.looked.elapsed() > FRESH {
            known.looked = Instant::now();
            let stamp = stamp(&self.directory);
            if stamp != known.stamp
                && let Ok(keys) = list(&self.directory)
            {
                (known.stamp, known.keys) = (stamp, keys);
            }
        }
        if known.keys.is_empty() {
            return Grant::Open;
        }
        let Some(given) = given.map(hash) else { return Grant::Nothing };
        // Every key is looked at, whichever it is.
        let found = known.keys.iter().filter(|key| are_equal(&key.sha256, &given) && !key.has_expired());
        found.map(|key| key.scope).max().map_or(Grant::Nothing, Grant::Of)
    }
}

fn stamp(directory: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(directory.join(FILE)).ok()?;
    Some((metadata.modified().ok()?, std::os::unix::fs::MetadataExt::ino(&metadata)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_its_scope_and_those_below_until_it_expires_or_is_revoked() {
        let directory = tempfile::tempdir().expect("a directory");
        let place = directory.path();
        assert_eq!(Keys::open(place).expect("none").grant(None), Grant::Open);
        let write = create(place, Scope::Write, None).expect("a key");
        let expired = create(place, Scope::Admin, Some(0)).expect("a key");
        let keys = Keys::open(place).expect("two");
        assert_eq!(keys.grant(Some(&write)), Grant::Of(Scope::Write));
        assert!(
            keys.grant(Some(&write)).covers(Scope::Read) && !keys.grant(Some(&write)).covers(Scope::Admin)
        );
        for wrong in [None, Some(""), Some(&*expired), Some(&write[1..])] {
            assert_eq!(keys.grant(wrong), Grant::Nothing, "{wrong:?}");
        }
        let file = fs::read_to_string(place.join(FILE)).expect("there");
        assert!(!file.contains(&write) && !file.contains(&expired));
        let name = list(place).expect("there")[0].name.clone();
        assert_eq!((revoke(place, &[name]).expect("written"), list(place).expect("there").len()), (1, 1));
        // What is left has expired, and is a key all the same.
        assert_eq!(Keys::open(place).expect("one").grant(Some(&write)), Grant::Nothing);
    }

    #[test]
    fn keys_that_are_made_at_the_same_time_are_all_kept() {
        let directory = tempfile::tempdir().expect("a directory");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    (0..4).for_each(|_| drop(create(directory.path(), Scope::Read, None).expect("a key")))
                });
            }
        });
        assert_eq!(list(directory.path()).expect("there").len(), 32);
    }
}
