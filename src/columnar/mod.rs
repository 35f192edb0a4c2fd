//! Parquet files that may be anything: what is checked before the library that decodes them is let near.
//!
//! The library allocates what a file says: lists of its directory, a page's bytes when decompressed, the values of a
//! dictionary. A hundred bytes may say 68 GB, and an allocation that fails ends the process. So everything that
//! says how large something is, is read here first and held against the bytes that are there:
//!
//! - the directory: its length, its lists, how deep its schema is (`thrift`),
//! - the pages of a column: where they stand, how large they become, and where the decoder has no bound of its own, what
//!   really comes out of them (`pages`),
//! - what was decompressed: the values of a dictionary and of delta encodings (`pages`).
//!
//! What panics all the same is caught by [`guarded`]. What is not bounded is a file that is written in place between the check
//! and the reading.

mod pages;
mod thrift;

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};

pub(crate) use pages::Shape;

use crate::guard;

/// Bytes of a directory, at most: that of a million column chunks, each with its statistics, has about half as many.
const DIRECTORY: u64 = 256 << 20;

/// Runs the library on bytes that may be anything: what it asserts of them is an error.
pub(crate) fn guarded<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    guard::guarded(run).unwrap_or_else(|| Err(wrong(guard::DAMAGED)))
}

fn wrong(what: impl Into<String>) -> ParquetError {
    ParquetError::General(what.into())
}

/// A file whose directory was checked.
pub(crate) struct Columnar {
    reader: SerializedFileReader<Chunks>,
    chunks: Chunks,
}

impl Columnar {
    /// Opens a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(file: File) -> Result<Columnar> {
        let chunks = Chunks::of(file)?;
        thrift::check_directory(&chunks.directory()?).map_err(wrong)?;
        let reader = guarded(|| SerializedFileReader::new(chunks.again()?))?;
        Ok(Columnar { reader, chunks })
    }

    /// The library's reader.
    pub fn reader(&self) -> &SerializedFileReader<Chunks> {
        &self.reader
    }

    /// Bytes of the file.
    pub fn len(&self) -> u64 {
        self.chunks.length
    }

    /// The values of a column of a row group, and what its pages look like. A page may become as large as `most` bytes.
    ///
    /// # Errors
    /// What is wrong with the column.
    pub fn column(&self, group: usize, column: usize, most: u64) -> Result<(ColumnReader, Shape)> {
        let metadata = self.reader.metadata().row_groups().get(group);
        let nowhere = || wrong(format!("column {column} is nowhere in the file"));
        let chunk = metadata.and_then(|group| group.columns().get(column)).ok_or_else(nowhere)?;
        let shape = pages::check(&self.chunks, chunk, range(chunk, self.len()).ok_or_else(nowhere)?, most)?;
        let group = self.reader.get_row_group(group)?;
        let described = group.metadata().schema_descr().column(column);
        let checked = pages::Checked::new(group.get_column_page_reader(column)?, &described);
        Ok((get_column_reader(described, Box::new(checked)), shape))
    }
}

/// Where a column's pages stand, if that is in a file of this length: the library asserts what it should ask.
fn range(chunk: &ColumnChunkMetaData, length: u64) -> Option<std::ops::Range<u64>> {
    let start = u64::try_from(chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset())).ok()?;
    let end = start.checked_add(u64::try_from(chunk.compressed_size()).ok()?)?;
    (end <= length && chunk.num_values() >= 0).then_some(start..end)
}

/// Rows that a row group promises.
pub(crate) fn rows(group: &RowGroupMetaData) -> u64 {
    u64::try_from(group.num_rows()).unwrap_or_default()
}

/// A file that answers for its length before it makes room for what a directory promises.
pub(crate) struct Chunks {
    file: File,
    length: u64,
}

impl Chunks {
    fn of(file: File) -> std::io::Result<Chunks> {
        let length = file.metadata()?.len();
        Ok(Chunks { file, length })
    }

    fn again(&self) -> std::io::Result<Chunks> {
        Ok(Chunks { file: self.file.try_clone()?, length: self.length })
    }

    /// Bytes at a place, fewer at the end.
    fn at(&self, start: u64, length: u64) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; length.min(self.length.saturating_sub(start)) as usize];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes)
    }

    /// The bytes of the directory, which stands at the end with its length and the mark behind it.
    fn directory(&self) -> Result<Vec<u8>> {
        let none = || wrong("there is no directory at its end");
        let foot = self.at(self.length.checked_sub(8).ok_or_else(none)?, 8)?;
        let (length, mark) = foot.split_first_chunk().ok_or_else(none)?;
        let length = u64::from(u32::from_le_bytes(*length));
        if mark != b"PAR1" {
            return Err(none());
        }
        let start = (self.length - 8).checked_sub(length);
        let start = start.ok_or_else(|| wrong(format!("a directory of {length} bytes is not in it")))?;
        if length > DIRECTORY {
            return Err(wrong(format!("its directory has {length} bytes, and {DIRECTORY} are read")));
        }
        Ok(self.at(start, length)?)
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Chunks {
    type T = BufReader<File>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(start))?;
        Ok(BufReader::new(file))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<bytes::Bytes> {
        if start.saturating_add(length as u64) > self.length {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} of {}", self.length)));
        }
        let mut bytes = Vec::with_capacity(length);
        self.get_read(start)?.take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }
}
