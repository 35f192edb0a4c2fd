//! A disk in memory that fails on demand, and forgets what was not synced: bytes whose file was not, and names whose
//! directory was not.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};

use wirecopy::internals::index::store::{Blob, Lock, Store};

/// When an operation that changes something fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    Never,
    /// The operation of this number fails, and those after it succeed.
    Once(u64),
    /// That one and all after it fail: the power is off.
    From(u64),
    /// Appends fail once the files have so many bytes.
    Full(u64),
}

#[derive(Debug, Default, Clone)]
struct File {
    bytes: Vec<u8>,
    synced: Vec<u8>,
}

/// A change of names that is not safe yet.
#[derive(Debug, Clone)]
enum Naming {
    Created(String, usize),
    Renamed(String, String, usize),
    Removed(String),
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Naming::Created(name, number) => drop(names.insert(name.clone(), *number)),
            Naming::Renamed(from, to, number) => {
                names.remove(from);
                names.insert(to.clone(), *number);
            }
            Naming::Removed(name) => drop(names.remove(name)),
        }
    }
}

#[derive(Debug)]
struct State {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    synced_names: BTreeMap<String, usize>,
    /// What was done to names since the directory was synced.
    namings: Vec<Naming>,
    failing: Failing,
    operations: u64,
    short: bool,
}

/// The disk. Clones share it.
#[derive(Debug, Clone)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
    held: Arc<Mutex<Option<String>>>,
    /// Whether syncs of files wait.
    slow: Arc<(Mutex<bool>, Condvar)>,
}

impl FaultyDisk {
    pub fn new() -> FaultyDisk {
        let state = State {
            files: Vec::new(),
            names: BTreeMap::new(),
            synced_names: BTreeMap::new(),
            namings: Vec::new(),
            failing: Failing::Never,
            operations: 0,
            short: false,
        };
        FaultyDisk { state: Arc::new(Mutex::new(state)), held: Arc::default(), slow: Arc::default() }
    }

    /// A disk with these files, all synced.
    pub fn with(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> FaultyDisk {
        let disk = FaultyDisk::new();
        {
            let mut state = disk.state.lock().unwrap();
            for (name, bytes) in files {
                let number = state.files.len();
                state.files.push(File { synced: bytes.clone(), bytes });
                state.names.insert(name.clone(), number);
                state.synced_names.insert(name, number);
            }
        }
        disk
    }

    pub fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.clone())
    }

    /// From now on operations fail so; counting begins anew.
    pub fn fail(&self, failing: Failing) {
        let mut state = self.state.lock().unwrap();
        state.failing = failing;
        state.operations = 0;
    }

    /// Appends take half of what they are given, in two steps.
    pub fn write_short(&self) {
        self.state.lock().unwrap().short = true;
    }

    /// Syncs of files wait from now on, or go on.
    pub fn hold_syncs(&self, hold: bool) {
        *self.slow.0.lock().unwrap() = hold;
        self.slow.1.notify_all();
    }

    pub fn operations(&self) -> u64 {
        self.state.lock().unwrap().operations
    }

    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let state = self.state.lock().unwrap();
        state.names.iter().map(|(name, &number)| (name.clone(), state.files[number].bytes.clone())).collect()
    }

    /// What is there after the power went off: what was synced, and of the rest whatever `random` says. Of changes to names
    /// that were not synced each is there or not, whether those before it are or not.
    pub fn after_crash(&self, mut random: impl FnMut() -> u64) -> FaultyDisk {
        let state = self.state.lock().unwrap();
        let mut names = state.synced_names.clone();
        let how = random() % 4;
        for naming in &state.namings {
            // None, all, or any of them.
            if how == 1 || (how > 1 && random().is_multiple_of(2)) {
                naming.apply(&mut names);
            }
        }
        let files = names.iter().map(|(name, &number)| {
            let File { bytes, synced } = &state.files[number];
            let mut left = synced.clone();
            if bytes.len() > synced.len() && !random().is_multiple_of(3) {
                let more = (random() as usize) % (bytes.len() - synced.len() + 1);
                left.extend_from_slice(&bytes[synced.len()..synced.len() + more]);
                // Torn: a page of what was not synced did not make it, though later ones did.
                if random().is_multiple_of(2) && more > 0 {
                    let at = synced.len() + (random() as usize) % more;
                    let end = left.len().min(at + 512);
                    left[at..end].fill(0);
                }
            }
            (name.clone(), left)
        });
        FaultyDisk::with(files.collect::<Vec<_>>())
    }

    /// Changes names, and remembers how.
    fn rename_in(state: &mut State, naming: Naming) {
        naming.apply(&mut state.names);
        state.namings.push(naming);
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state.lock().unwrap();
        let number = state.operations;
        state.operations += 1;
        match state.failing {
            Failing::Once(at) if at == number => Err(io::Error::other("injected")),
            Failing::From(at) if at <= number => Err(io::Error::other("the power is off")),
            _ => change(&mut state),
        }
    }

    fn number(state: &State, name: &str) -> io::Result<usize> {
        state.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Store for FaultyDisk {
    fn place(&self) -> &Path {
        Path::new("disk")
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.state.lock().unwrap().names.keys().cloned().collect())
    }

    fn len(&self, name: &str) -> io::Result<u64> {
        Ok(self.read(name)?.len() as u64)
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let state = self.state.lock().unwrap();
        Ok(state.files[FaultyDisk::number(&state, name)?].bytes.clone())
    }

    fn map(&self, name: &str) -> io::Result<Blob> {
        Ok(Blob::Held(self.read(name)?.into()))
    }

    fn create(&self, name: &str) -> io::Result<()> {
        self.change(|state| {
            let number = state.files.len();
            state.files.push(File::default());
            FaultyDisk::rename_in(state, Naming::Created(name.to_owned(), number));
            Ok(())
        })
    }

    fn append(&self, name: &str, bytes: &[u8]) -> io::Result<usize> {
        self.change(|state| {
            let number = FaultyDisk::number(state, name)?;
            let used: usize = state.files.iter().map(|file| file.bytes.len()).sum();
            let mut take = if state.short { bytes.len().div_ceil(2) } else { bytes.len() };
            if let Failing::Full(most) = state.failing {
                take = take.min((most as usize).saturating_sub(used));
                if take == 0 {
                    return Err(io::ErrorKind::StorageFull.into());
                }
            }
            state.files[number].bytes.extend_from_slice(&bytes[..take]);
            Ok(take)
        })
    }

    fn truncate(&self, name: &str, len: u64) -> io::Result<()> {
        self.change(|state| {
            let number = FaultyDisk::number(state, name)?;
            state.files[number].bytes.truncate(len as usize);
            Ok(())
        })
    }

    fn sync(&self, name: &str) -> io::Result<()> {
        drop(self.slow.1.wait_while(self.slow.0.lock().unwrap(), |slow| *slow).unwrap());
        self.change(|state| {
            let number = FaultyDisk::number(state, name)?;
            state.files[number].synced = state.files[number].bytes.clone();
            Ok(())
        })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.change(|state| {
            let number = FaultyDisk::number(state, from)?;
            FaultyDisk::rename_in(state, Naming::Renamed(from.to_owned(), to.to_owned(), number));
            Ok(())
        })
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.change(|state| {
            state.synced_names = state.names.clone();
            state.namings.clear();
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.change(|state| {
            let number = FaultyDisk::number(state, name)?;
            FaultyDisk::rename_in(state, Naming::Removed(name.to_owned()));
            state.files[number].bytes = Vec::new();
            Ok(())
        })
    }

    fn lock(&self, _: &str, holder: &str) -> io::Result<Result<Lock, String>> {
        let mut held = self.held.lock().unwrap();
        if let Some(holder) = &*held {
            return Ok(Err(holder.clone()));
        }
        *held = Some(holder.to_owned());
        Ok(Ok(Lock::new(Held(self.held.clone()))))
    }
}

struct Held(Arc<Mutex<Option<String>>>);

impl Drop for Held {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = None;
    }
}
