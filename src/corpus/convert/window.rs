//! A stream seen through a window that slides forward and is no wider than what is asked for.

use std::io::{self, Read};

/// What is read at once, at least.
const STEP: usize = 256 << 10;

pub(super) struct Window<'a> {
    from: &'a mut dyn Read,
    bytes: Vec<u8>,
    at: usize,
    /// Bytes of the stream before the window's first.
    before: u64,
    over: bool,
    /// What broke behind the window's last byte.
    damage: Option<io::Error>,
}

impl<'a> Window<'a> {
    pub fn new(from: &'a mut dyn Read) -> Window<'a> {
        Window { from, bytes: Vec::new(), at: 0, before: 0, over: false, damage: None }
    }

    /// Bytes of the stream that were consumed.
    pub fn offset(&self) -> u64 {
        self.before + self.at as u64
    }

    /// What stands in the window.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// Widens the window to `wanted` bytes, or fewer at the end. After an error the next call goes on behind what
    /// was lost, if the stream can.
    pub fn fill(&mut self, wanted: usize) -> io::Result<&[u8]> {
        let missing = wanted.saturating_sub(self.bytes.len() - self.at);
        if missing > 0 && !self.over {
            if let Some(damage) = self.damage.take() {
                return Err(damage);
            }
            self.before += self.at as u64;
            self.bytes.drain(..self.at);
            self.at = 0;
            let step = missing.max(STEP) as u64;
            match (&mut *self.from).take(step).read_to_end(&mut self.bytes) {
                Ok(read) => self.over = read < step as usize,
                // What came before it may be all that is wanted.
                Err(damage) if self.bytes.len() >= wanted => self.damage = Some(damage),
                Err(damage) => return Err(damage),
            }
        }
        let length = wanted.min(self.bytes.len() - self.at);
        Ok(&self.bytes[self.at..self.at + length])
    }

    /// Passes bytes of the window.
    pub fn consume(&mut self, count: usize) {
        self.at = (self.at + count).min(self.bytes.len());
    }

    /// Passes bytes, also those that are not in the window yet. How many there were.
    pub fn skip(&mut self, count: u64) -> io::Result<u64> {
        let mut left = count;
        loop {
            let passed = left.min(self.bytes().len() as u64);
            self.consume(passed as usize);
            left -= passed;
            if left == 0 || self.fill(1)?.is_empty() {
                return Ok(count - left);
            }
        }
    }

    /// The length of the next line with its end, up to `limit` bytes; more where it is longer than that, 0 at the end.
    pub fn line(&mut self, limit: usize) -> io::Result<usize> {
        let mut wanted = 512.min(limit);
        loop {
            let bytes = self.fill(wanted)?;
            if let Some(end) = memchr::memchr(b'\n', bytes) {
                return Ok(end + 1);
            }
            if bytes.len() < wanted {
                return Ok(bytes.len());
            }
            if wanted >= limit {
                return Ok(limit + 1);
            }
            wanted = (wanted * 8).min(limit);
        }
    }

    /// Passes everything up to the first line that starts with `start`. Whether there is one.
    pub fn seek(&mut self, start: &[u8]) -> io::Result<bool> {
        let finder = memchr::memmem::Finder::new(start);
        loop {
            self.fill(STEP)?;
            let bytes = self.bytes();
            let found = finder.find_iter(bytes).find(|&at| at == 0 || bytes[at - 1] == b'\n');
            if let Some(found) = found {
                self.consume(found);
                return Ok(true);
            }
            let length = bytes.len();
            if length < STEP {
                self.consume(length);
                return Ok(false);
            }
            // What may be the beginning of a find, and the byte before it, stay.
            self.consume(length - start.len() - 1);
        }
    }
}
