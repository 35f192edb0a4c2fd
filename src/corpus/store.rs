//! Where an input's bytes are: in a file of somebody's, in memory, or spilled into an unlinked temporary file.
//!
//! What is read of a file of somebody's is a copy, so that nothing that is done to the file meanwhile changes what was
//! validated, and a file that shrinks is an error of reading. Only what wirecopy spilled itself is used where it stands: it
//! has no name, so nobody writes it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::mmap::{Access, Mapping, Shared};
use crate::options::not_spilled;
use crate::output::{create_directory, open_regular};

/// From this size on bytes that cannot be read twice are spilled, and files are mapped to be copied from. Below, bytes are
/// held in memory, and files are opened when they are wanted: a million small files need no million mappings.
pub(super) const BIG: u64 = 256 << 10;

/// A new file without a name: nobody else can open it by one, and it goes with the run, however that ends. The directory is
/// made where it is not there.
///
/// # Errors
/// The system's; [`not_spilled`] says of it where the file was to be.
pub(super) fn unnamed_file(work_dir: Option<&Path>) -> io::Result<File> {
    let Some(directory) = work_dir else { return tempfile::tempfile() };
    create_directory(directory)?;
    tempfile::tempfile_in(directory)
}

/// The bytes of one input, readable any number of times.
#[derive(Debug)]
pub(super) enum InputBytes {
    /// What was spilled into a file of our own.
    Spilled(Mapping),
    /// A file of somebody's; mapped where it is big, and not too many others are. Else it is opened at every use, which costs
    /// some microseconds.
    File { stamp: Stamp, mapped: Option<Shared> },
    /// Small bytes that cannot be read twice from where they came.
    Held(Box<[u8]>),
}

/// A file as it was when the run began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    path: PathBuf,
    len: u64,
    modified: (i64, i64),
}

impl Stamp {
    pub fn of(path: &Path, file: &File) -> io::Result<Stamp> {
        let metadata = file.metadata()?;
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        Ok(Stamp { path: path.to_owned(), len: metadata.len(), modified })
    }

    /// Whether the file of this path is still the same, as far as length and time of change tell.
    pub fn holds(&self) -> bool {
        open_regular(&self.path).and_then(|file| Stamp::of(&self.path, &file)).is_ok_and(|now| now == *self)
    }

    /// Fills `out` from the file, which must still have the bytes.
    fn read(&self, file: &File, at: u64, out: &mut [u8]) -> Result<()> {
        file.read_exact_at(out, at).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => Error::new(ErrorKind::Changed).at(&self.path),
            _ => Error::io(ErrorKind::Read, &self.path, e),
        })
    }
}

impl InputBytes {
    /// An uncompressed file.
    pub fn of_file(path: &Path) -> Result<InputBytes> {
        let failed = |e| Error::io(ErrorKind::NotReadable, path, e);
        let file = open_regular(path).map_err(failed)?;
        let stamp = Stamp::of(path, &file).map_err(failed)?;
        let mapped = if stamp.len < BIG { None } else { Shared::new(&file) };
        Ok(InputBytes::File { stamp, mapped })
    }

    /// Everything that `from` gives, and the error that ended it early, if one did: what came before a cut is
    /// kept.
    pub fn of_stream(
        mut from: impl Read,
        work_dir: Option<&Path>,
    ) -> Result<(InputBytes, Option<io::Error>)> {
        let write_failed = |e| not_spilled(work_dir, e);
        let mut head = Vec::new();
        let mut damage = None;
        copy(&mut (&mut from).take(BIG), &mut head, &mut damage).map_err(write_failed)?;
        if damage.is_some() || (head.len() as u64) < BIG {
            return Ok((InputBytes::Held(head.into()), damage));
        }
        let mut spill = unnamed_file(work_dir).map_err(write_failed)?;
        spill.write_all(&head).map_err(write_failed)?;
        copy(&mut from, &mut spill, &mut damage).map_err(write_failed)?;
        let mapping = Mapping::new(&spill).map_err(write_failed)?;
        Ok((InputBytes::Spilled(mapping), damage))
    }

    pub fn len(&self) -> u64 {
        match self {
            InputBytes::Spilled(mapping) => mapping.as_ref().len() as u64,
            InputBytes::File { stamp, .. } => stamp.len,
            InputBytes::Held(bytes) => bytes.len() as u64,
        }
    }

    /// Whether they are read from disk when they are used, as far as the system does not hold them.
    pub fn is_mapped(&self) -> bool {
        matches!(self, InputBytes::Spilled(_) | InputBytes::File { mapped: Some(_), .. })
    }

    /// Says how mapped bytes are read from here on.
    pub fn expect(&self, access: Access) {
        match self {
            InputBytes::Spilled(mapping) => mapping.expect(access),
            InputBytes::File { mapped: Some(shared), .. } => shared.expect(access),
            InputBytes::File { mapped: None, .. } | InputBytes::Held(_) => {}
        }
    }

    /// Has the system read mapped bytes while others are worked on.
    pub fn prefetch(&self, range: Range<u64>) {
        let (at, count) = (range.start as usize, (range.end - range.start) as usize);
        match self {
            InputBytes::Spilled(mapping) => mapping.prefetch(at, count),
            InputBytes::File { mapped: Some(shared), .. } => shared.prefetch(at, count),
            InputBytes::File { mapped: None, .. } | InputBytes::Held(_) => {}
        }
    }

    /// All bytes; `scratch` holds them where they are not in memory.
    pub fn all<'a>(&'a self, scratch: &'a mut Vec<u8>) -> Result<&'a [u8]> {
        self.range(0..self.len(), scratch)
    }

    /// The bytes of this range; `scratch` holds them where they are not in memory.
    pub fn range<'a>(&'a self, range: Range<u64>, scratch: &'a mut Vec<u8>) -> Result<&'a [u8]> {
        let place = range.start as usize..range.end as usize;
        match self.in_memory() {
            Some(bytes) => Ok(&bytes[place]),
            None => {
                self.fill(range, scratch, 0)?;
                Ok(&scratch[..place.len()])
            }
        }
    }

    /// All bytes, where they are in memory and nobody else writes them.
    pub fn in_memory(&self) -> Option<&[u8]> {
        match self {
            InputBytes::Spilled(mapping) => Some(mapping.as_ref()),
            InputBytes::Held(bytes) => Some(bytes),
            InputBytes::File { .. } => None,
        }
    }

    /// Reads the bytes of this range into `scratch`, from its byte `at` on, up to which it is filled. What is behind them there
    /// may be left over from other calls: clearing it would cost as much as reading does.
    pub fn fill(&self, range: Range<u64>, scratch: &mut Vec<u8>, at: usize) -> Result<()> {
        let wanted = (range.end - range.start) as usize;
        if let InputBytes::File { stamp, mapped: Some(shared) } = self {
            scratch.truncate(at);
            return if shared.append(range.start as usize, wanted, scratch) {
                Ok(())
            } else {
                Err(Error::new(ErrorKind::Changed).at(&stamp.path))
            };
        }
        if scratch.len() < at + wanted {
            scratch.resize(at + wanted, 0);
        }
        let out = &mut scratch[at..at + wanted];
        match self {
            InputBytes::File { stamp, .. } => {
                let failed = |e| Error::io(ErrorKind::Read, &stamp.path, e);
                let file = open_regular(&stamp.path).map_err(failed)?;
                if Stamp::of(&stamp.path, &file).map_err(failed)? != *stamp {
                    return Err(Error::new(ErrorKind::Changed).at(&stamp.path));
                }
                stamp.read(&file, range.start, out)
            }
            InputBytes::Spilled(_) | InputBytes::Held(_) => {
                let bytes = self.in_memory().unwrap_or_default();
                out.copy_from_slice(&bytes[range.start as usize..range.end as usize]);
                Ok(())
            }
        }
    }

    /// Whether what was read so far is what the input held when the run began, as far as this can tell: a spilled file is on
    /// a disk that may fail.
    pub fn is_intact(&self) -> bool {
        match self {
            InputBytes::Spilled(mapping) => mapping.is_intact(),
            InputBytes::File { .. } | InputBytes::Held(_) => true,
        }
    }

    /// Whether somebody else may write the bytes: what is read twice need not be the same.
    pub fn is_shared(&self) -> bool {
        matches!(self, InputBytes::File { .. })
    }

    /// Whether the file still has the length and time of change that it had.
    pub fn is_unchanged(&self) -> bool {
        match self {
            InputBytes::Spilled(_) | InputBytes::Held(_) => true,
            InputBytes::File { stamp, .. } => stamp.holds(),
        }
    }
}

/// Copies until the end or the first error of `from`, which becomes `damage`; an error of `to` is returned.
fn copy(from: &mut impl Read, to: &mut impl Write, damage: &mut Option<io::Error>) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => to.write_all(&buffer[..n])?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => {
                *damage = Some(e);
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finding 41: a file that became a pipe after the walk held the run for ever.
    #[test]
    fn what_became_a_pipe_is_not_waited_for() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("x.txt");
        std::fs::write(&path, "text").expect("written");
        let store = InputBytes::of_file(&path).expect("a file");
        std::fs::remove_file(&path).expect("removed");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.is_ok_and(|status| status.success()));
        let refused = InputBytes::of_file(&path).map(drop).expect_err("no file").to_string();
        assert!(refused.contains("neither a file nor a directory"), "{refused}");
        assert!(store.all(&mut Vec::new()).is_err() && !store.is_unchanged());
    }

    /// Finding 26: a file is mapped or not, and gives the same.
    #[test]
    fn files_beyond_those_that_are_mapped_are_read_too() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("x.txt");
        std::fs::write(&path, vec![b'x'; BIG as usize + 1]).expect("written");
        let stores: Vec<InputBytes> =
            (0..1_030).map(|_| InputBytes::of_file(&path).expect("a file")).collect();
        assert!(stores.iter().any(|store| matches!(store, InputBytes::File { mapped: Some(_), .. })));
        assert!(stores.iter().any(|store| matches!(store, InputBytes::File { mapped: None, .. })));
        let mut scratch = Vec::new();
        for store in &stores {
            assert_eq!(store.range(BIG - 1..BIG + 1, &mut scratch).expect("read"), b"xx");
        }
    }
}
