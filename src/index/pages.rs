//! Bytes under checksums: each page is checked when it is first read, and never again.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_64;

use super::store::Blob;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::prefetch;

/// Bytes under one sum.
pub const PAGE: usize = 4096;

/// A file's first bytes, and the sums over its pages.
#[derive(Debug)]
pub struct PagedFile {
    blob: Blob,
    /// Where the file is, for messages.
    name: String,
    /// Bytes that have sums; these follow.
    len: usize,
    /// A bit a page: whether it was found intact.
    checked: Vec<AtomicU64>,
}

impl PagedFile {
    /// The first `len` bytes of `blob`, of which the sums follow. What is not there counts as damaged.
    pub fn new(blob: Blob, name: String, len: usize) -> PagedFile {
        let words = len.div_ceil(PAGE).div_ceil(64);
        PagedFile { blob, name, len, checked: (0..words).map(|_| AtomicU64::new(0)).collect() }
    }

    /// The bytes of a range, each page of which is intact. Linear in the pages that were never read before.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where a page is not what was written, or the range lies outside.
    #[inline]
    pub fn get(&self, at: usize, len: usize) -> Result<&[u8]> {
        let end = at.checked_add(len).filter(|end| *end <= self.len);
        let Some(end) = end else { return Err(self.corrupt(format!("no bytes {at} and {len} more"))) };
        if len > 0 {
            for page in at / PAGE..=(end - 1) / PAGE {
                let word = self.checked[page / 64].load(Ordering::Relaxed);
                if word >> (page % 64) & 1 == 0 {
                    self.check(page)?;
                }
            }
        }
        // What was found intact is there.
        Ok(self.blob.as_ref().get(at..end).unwrap_or_default())
    }

    /// The whole file.
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// How many pages there are.
    pub fn count(&self) -> usize {
        self.len.div_ceil(PAGE)
    }

    /// The sum of a page, as it stands in the file.
    pub fn sum(&self, page: usize) -> Option<u64> {
        let at = self.len.checked_add(page.checked_mul(8)?)?;
        let sum = self.blob.as_ref().get(at..at.checked_add(8)?)?;
        Some(u64::from_le_bytes(sum.try_into().ok()?))
    }

    /// Asks for the memory of a place.
    pub fn prefetch(&self, at: usize) {
        prefetch(self.blob.as_ref().get(at));
    }

    #[cold]
    fn check(&self, page: usize) -> Result<()> {
        if !self.is_intact(page) {
            let Range { start, end } = self.page(page);
            return Err(self.corrupt(format!("bytes {start} to {end} are not what was written")));
        }
        self.checked[page / 64].fetch_or(1 << (page % 64), Ordering::Relaxed);
        Ok(())
    }

    /// Where a page stands.
    pub fn page(&self, page: usize) -> Range<usize> {
        page * PAGE..self.len.min((page + 1) * PAGE)
    }

    /// Whether a page is what was written, looked at anew.
    pub fn is_intact(&self, page: usize) -> bool {
        let bytes = self.blob.as_ref().get(self.page(page));
        bytes.is_some_and(|bytes| Some(xxh3_64(bytes)) == self.sum(page))
    }

    /// The places of all pages that are not what was written. Reads everything, and tells `read` how much.
    pub fn damage(&self, mut read: impl FnMut(u64)) -> Vec<Range<usize>> {
        let is_damaged = |&page: &usize| {
            read(self.page(page).len() as u64);
            !self.is_intact(page)
        };
        (0..self.count()).filter(is_damaged).map(|page| self.page(page)).collect()
    }

    /// An error that names the file.
    pub fn corrupt(&self, what: impl Into<String>) -> Error {
        Error::new(ErrorKind::Corrupt).at(&self.name).because(what)
    }
}

/// Sums up what is written.
#[derive(Debug, Default)]
pub struct PageSums {
    page: Vec<u8>,
    sums: Vec<u8>,
}

impl PageSums {
    /// Takes note of bytes that are written.
    pub fn add(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let take = bytes.len().min(PAGE - self.page.len());
            self.page.extend_from_slice(&bytes[..take]);
            bytes = &bytes[take..];
            if self.page.len() == PAGE {
                self.end_page();
            }
        }
    }

    fn end_page(&mut self) {
        self.sums.extend_from_slice(&xxh3_64(&self.page).to_le_bytes());
        self.page.clear();
    }

    /// The sums, 8 bytes a page.
    pub fn finish(mut self) -> Vec<u8> {
        if !self.page.is_empty() {
            self.end_page();
        }
        self.sums
    }
}
