//! Where an input's bytes are: mapped, in a small file, or decompressed into an unlinked temporary file.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::mmap::Mapping;

/// From this size on a file is mapped. Below, it is read whole: a million small files need no million
/// mappings, and a mapping costs more than such a read.
pub(super) const MAPPED_FROM: u64 = 256 << 10;

/// The bytes of one input, readable any number of times.
#[derive(Debug)]
pub(super) enum InputBytes {
    /// A big file, or a big decompressed one.
    Mapped { mapping: Mapping, origin: Option<Stamp> },
    /// A small file, read when it is wanted.
    File(Stamp),
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
    fn of(path: &Path, file: &File) -> io::Result<Stamp> {
        let metadata = file.metadata()?;
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        Ok(Stamp { path: path.to_owned(), len: metadata.len(), modified })
    }

    /// Whether the file of this path is still the same, as far as length and time of change tell.
    fn holds(&self) -> bool {
        File::open(&self.path).and_then(|file| Stamp::of(&self.path, &file)).is_ok_and(|now| now == *self)
    }
}

impl InputBytes {
    /// An uncompressed file.
    pub fn of_file(path: &Path) -> Result<InputBytes> {
        let failed = |e| Error::io(ErrorKind::NotReadable, path, e);
        let file = File::open(path).map_err(failed)?;
        let stamp = Stamp::of(path, &file).map_err(failed)?;
        if stamp.len < MAPPED_FROM {
            return Ok(InputBytes::File(stamp));
        }
        Ok(InputBytes::Mapped { mapping: Mapping::new(&file).map_err(failed)?, origin: Some(stamp) })
    }

    /// Everything that `from` gives, and the error that ended it early, if one did: what came before a cut is
    /// kept.
    pub fn of_stream(
        mut from: impl Read,
        work_dir: Option<&Path>,
    ) -> Result<(InputBytes, Option<io::Error>)> {
        let write_failed =
            |e| Error::io(ErrorKind::Write, work_dir.map_or_else(std::env::temp_dir, Path::to_owned), e);
        let mut head = Vec::new();
        let mut damage = None;
        copy(&mut (&mut from).take(MAPPED_FROM), &mut head, &mut damage).map_err(write_failed)?;
        if damage.is_some() || (head.len() as u64) < MAPPED_FROM {
            return Ok((InputBytes::Held(head.into()), damage));
        }
        let mut spill = match work_dir {
            Some(directory) => tempfile::tempfile_in(directory),
            None => tempfile::tempfile(),
        }
        .map_err(write_failed)?;
        spill.write_all(&head).map_err(write_failed)?;
        copy(&mut from, &mut spill, &mut damage).map_err(write_failed)?;
        let mapping = Mapping::new(&spill).map_err(write_failed)?;
        Ok((InputBytes::Mapped { mapping, origin: None }, damage))
    }

    pub fn len(&self) -> u64 {
        match self {
            InputBytes::Mapped { mapping, .. } => mapping.as_ref().len() as u64,
            InputBytes::File(stamp) => stamp.len,
            InputBytes::Held(bytes) => bytes.len() as u64,
        }
    }

    /// All bytes; `scratch` holds them where they are not in memory.
    pub fn all<'a>(&'a self, scratch: &'a mut Vec<u8>) -> Result<&'a [u8]> {
        self.range(0..self.len(), scratch)
    }

    /// The bytes of this range; `scratch` holds them where they are not in memory.
    pub fn range<'a>(&'a self, range: Range<u64>, scratch: &'a mut Vec<u8>) -> Result<&'a [u8]> {
        let place = range.start as usize..range.end as usize;
        match self {
            InputBytes::Mapped { mapping, .. } => Ok(&mapping.as_ref()[place]),
            InputBytes::Held(bytes) => Ok(&bytes[place]),
            InputBytes::File(stamp) => {
                let failed = |e| Error::io(ErrorKind::Read, &stamp.path, e);
                let file = File::open(&stamp.path).map_err(failed)?;
                if Stamp::of(&stamp.path, &file).map_err(failed)? != *stamp {
                    return Err(Error::new(ErrorKind::Changed).at(&stamp.path));
                }
                scratch.resize(place.len(), 0);
                file.read_exact_at(scratch, range.start).map_err(failed)?;
                Ok(scratch)
            }
        }
    }

    /// Whether what was read so far is what the input held when the run began.
    pub fn is_intact(&self) -> bool {
        match self {
            InputBytes::Mapped { mapping, .. } => mapping.is_intact(),
            InputBytes::File(_) | InputBytes::Held(_) => true,
        }
    }

    /// Whether the file still has the length and time of change that it had.
    pub fn is_unchanged(&self) -> bool {
        match self {
            InputBytes::Mapped { origin: Some(stamp), mapping } => mapping.is_intact() && stamp.holds(),
            InputBytes::Mapped { origin: None, .. } | InputBytes::Held(_) => true,
            InputBytes::File(stamp) => stamp.holds(),
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
