//! Sorted tables of 40-bit keys and documents, packed: about five bytes an entry, found in two reads.

use super::format::{KEY_BITS, TableEntry};
use super::pages::PagedFile;
use crate::error::Result;
use crate::kernel::prefetch;

/// Entries in a bucket, on average: few enough to look through, and enough to keep the directory small.
const BUCKET: u64 = 16;

/// Entries of a bucket that are gone through one by one, at most: about where halving is quicker.
const LONG: usize = 4 * BUCKET as usize;

/// A key that is looked for, and its number among those that are.
pub type NumberedKey = (u32, u64);

/// Keys that are looked for together: as many as the processor waits for at once, and more, without memory of its own for them.
pub(super) const TOGETHER: usize = 32;

/// A table of a segment.
#[derive(Debug, Clone, Copy)]
pub struct Table(pub TableEntry);

impl Table {
    fn rest_bits(&self) -> u32 {
        KEY_BITS - u32::from(self.0.bits)
    }

    fn split(&self, key: u64) -> (u64, u64) {
        (key >> self.rest_bits(), key & ((1 << self.rest_bits()) - 1))
    }

    /// Where the bounds of a bucket's entries stand.
    fn bounds(&self, bucket: u64) -> usize {
        self.0.directory as usize + bucket as usize * 4
    }

    /// The bytes of all entries of a bucket.
    fn bucket<'a>(&self, pages: &'a PagedFile, bucket: u64) -> Result<&'a [u8]> {
        let bounds = pages.get(self.bounds(bucket), 8)?;
        let number =
            |at: usize| u32::from_le_bytes([bounds[at], bounds[at + 1], bounds[at + 2], bounds[at + 3]]);
        let (from, to) = (u64::from(number(0)), u64::from(number(4)));
        if from > to || to > self.0.count {
            return Err(pages.corrupt(format!("bucket {bucket} lies at {from} to {to} of {}", self.0.count)));
        }
        let width = usize::from(self.0.width);
        pages.get(self.0.entries as usize + from as usize * width, (to - from) as usize * width)
    }

    /// The entry that bytes begin with.
    #[inline]
    fn entry(&self, bytes: &[u8]) -> (u64, u32) {
        let width = usize::from(self.0.width);
        // Eight bytes at once where they are there, which is nearly everywhere: more than the entry, and quicker.
        let entry = match bytes.first_chunk() {
            Some(bytes) => u64::from_le_bytes(*bytes) & (u64::MAX >> (64 - 8 * width)),
            None => bytes.iter().take(width).rev().fold(0, |entry, &byte| entry << 8 | u64::from(byte)),
        };
        let document = entry & ((1u64 << self.0.document_bits) - 1);
        (entry >> self.0.document_bits, document as u32)
    }

    /// Calls `each` with the documents of a key, in order, until it returns false. Two reads, and one bucket.
    ///
    /// # Errors
    /// Damage.
    #[inline]
    pub fn find(&self, pages: &PagedFile, key: u64, each: impl FnMut(u32) -> bool) -> Result<()> {
        let (bucket, rest) = self.split(key);
        self.scan(self.bucket(pages, bucket)?, rest, each);
        Ok(())
    }

    /// As [`Table::find`], the last document first.
    ///
    /// # Errors
    /// Damage.
    pub fn find_back(&self, pages: &PagedFile, key: u64, mut each: impl FnMut(u32) -> bool) -> Result<()> {
        let (bucket, rest) = self.split(key);
        let (bytes, width) = (self.bucket(pages, bucket)?, usize::from(self.0.width));
        for at in (0..self.lower(bytes, (rest + 1, 0))).rev() {
            let (of, document) = self.entry(&bytes[at * width..]);
            if of != rest || !each(document) {
                break;
            }
        }
        Ok(())
    }

    fn scan(&self, bucket: &[u8], rest: u64, mut each: impl FnMut(u32) -> bool) {
        let width = usize::from(self.0.width);
        // One key may have very many entries, and stand before this one.
        let from = if bucket.len() > LONG * width { self.lower(bucket, (rest, 0)) } else { 0 };
        for at in (from * width..bucket.len()).step_by(width) {
            let (of, document) = self.entry(&bucket[at..]);
            if of > rest || (of == rest && !each(document)) {
                break;
            }
        }
    }

    /// How many entries of a bucket come before this one. Logarithmic in the bucket.
    fn lower(&self, bucket: &[u8], entry: (u64, u32)) -> usize {
        let width = usize::from(self.0.width);
        let (mut from, mut to) = (0, bucket.len() / width);
        while from < to {
            let middle = from + (to - from) / 2;
            if self.entry(&bucket[middle * width..]) < entry {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        from
    }

    /// As [`Table::find`] of many keys, the number of each going with its documents. Memory is asked for some keys before
    /// any is waited for: that waiting is what looking up costs.
    ///
    /// # Errors
    /// Damage.
    pub fn find_all(
        &self,
        pages: &PagedFile,
        keys: &[NumberedKey],
        mut each: impl FnMut(usize, u32) -> bool,
    ) -> Result<()> {
        keys.iter().for_each(|&(_, key)| pages.prefetch(self.bounds(self.split(key).0)));
        for keys in keys.chunks(TOGETHER) {
            let mut buckets: [&[u8]; TOGETHER] = [&[]; TOGETHER];
            for (bucket, &(_, key)) in buckets.iter_mut().zip(keys) {
                *bucket = self.bucket(pages, self.split(key).0)?;
                [bucket.first(), bucket.last()].into_iter().for_each(prefetch);
            }
            for (bucket, &(number, key)) in buckets.into_iter().zip(keys) {
                self.scan(bucket, self.split(key).1, |document| each(number as usize, document));
            }
        }
        Ok(())
    }

    /// Whether a document has a key. Logarithmic in the bucket.
    ///
    /// # Errors
    /// Damage.
    pub fn has(&self, pages: &PagedFile, key: u64, document: u32) -> Result<bool> {
        let (bucket, rest) = self.split(key);
        let bytes = self.bucket(pages, bucket)?;
        let at = self.lower(bytes, (rest, document)) * usize::from(self.0.width);
        Ok(bytes.get(at..).is_some_and(|bytes| !bytes.is_empty() && self.entry(bytes) == (rest, document)))
    }

    /// All keys and documents, in order.
    pub fn iter<'a>(&self, pages: &'a PagedFile) -> Entries<'a> {
        Entries { table: *self, pages, bucket: 0, bytes: &[], skips: false }
    }
}

/// Goes through a table.
#[derive(Debug)]
pub struct Entries<'a> {
    table: Table,
    pages: &'a PagedFile,
    /// The bucket after the one that `bytes` is left of.
    bucket: u64,
    bytes: &'a [u8],
    /// Whether it goes on behind damage.
    skips: bool,
}

impl Entries<'_> {
    /// The same, going on behind damage.
    pub fn skipping_damage(self) -> Self {
        Entries { skips: true, ..self }
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<(u64, u32)>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.bytes.is_empty() {
            if self.bucket >> self.table.0.bits != 0 {
                return None;
            }
            match self.table.bucket(self.pages, self.bucket) {
                Ok(bytes) => self.bytes = bytes,
                Err(error) => {
                    self.bucket = if self.skips { self.bucket + 1 } else { 1 << KEY_BITS };
                    return Some(Err(error));
                }
            }
            self.bucket += 1;
        }
        let (of, document) = self.table.entry(self.bytes);
        self.bytes = &self.bytes[usize::from(self.table.0.width)..];
        Some(Ok(((self.bucket - 1) << self.table.rest_bits() | of, document)))
    }
}

/// Packs a table, given its entries in order.
#[derive(Debug)]
pub struct TableWriter {
    table: Table,
    directory: Vec<u32>,
}

impl TableWriter {
    /// Of about `count` entries (at least 2^32 are too many) about `documents` documents, that begin at `at`.
    pub fn new(at: u64, count: u64, documents: u32) -> TableWriter {
        let bits = (count / BUCKET).max(1).ilog2().min(28);
        let document_bits = (u32::BITS - documents.saturating_sub(1).leading_zeros()).max(1);
        let width = (KEY_BITS - bits + document_bits).div_ceil(8);
        let entry = TableEntry {
            entries: at,
            bits: bits as u8,
            width: width as u8,
            document_bits: document_bits as u8,
            ..TableEntry::default()
        };
        TableWriter { table: Table(entry), directory: Vec::with_capacity((1 << bits) + 1) }
    }

    /// Appends an entry to `out`.
    pub fn push(&mut self, key: u64, document: u32, out: &mut Vec<u8>) {
        let (bucket, rest) = self.table.split(key);
        while self.directory.len() <= bucket as usize {
            self.directory.push(self.table.0.count as u32);
        }
        let entry = rest << self.table.0.document_bits | u64::from(document);
        out.extend_from_slice(&entry.to_le_bytes()[..usize::from(self.table.0.width)]);
        self.table.0.count += 1;
    }

    /// The directory, which begins at `at`, and the table.
    pub fn finish(mut self, at: u64) -> (Vec<u8>, TableEntry) {
        self.directory.resize((1 << self.table.0.bits) + 1, self.table.0.count as u32);
        self.table.0.directory = at;
        (self.directory.iter().flat_map(|number| number.to_le_bytes()).collect(), self.table.0)
    }
}
