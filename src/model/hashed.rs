//! Sets of what is a hash already, many of them at once.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use rayon::prelude::*;

pub use crate::hash::{ByHash, Hashes};
use crate::kernel::prefetch;

/// Slots for each hash, about: one in five that stand once then looks as if it stood again.
const SLOTS: u64 = 4;

/// How many hashes ahead memory is asked for.
const AHEAD: usize = 16;

/// Which of many hashes stand more than once: all that do, and by chance a few that do not. Threads may add at the same
/// time; 8 bits a hash.
#[derive(Debug)]
pub struct SeenTwice {
    /// 32 slots a word, two bits each: seen once, and again.
    words: Vec<AtomicU64>,
}

impl SeenTwice {
    /// For about so many hashes.
    pub fn new(hashes: u64) -> SeenTwice {
        let words = (hashes.saturating_mul(SLOTS) / 32).max(8);
        SeenTwice { words: (0..words).map(|_| AtomicU64::new(0)).collect() }
    }

    #[inline]
    fn place(&self, hash: u64) -> (usize, u32) {
        // A word for each part of the hashes' range, as many parts as there are words.
        let word = u128::from(hash) * self.words.len() as u128 >> 64;
        (word as usize, 2 * (hash >> 8 & 31) as u32)
    }

    /// Asks for the memory of a hash that comes soon.
    #[inline]
    pub fn prefetch(&self, hash: Option<&u64>) {
        if let Some(&hash) = hash {
            prefetch(self.words.get(self.place(hash).0));
        }
    }

    /// Takes note of a hash.
    #[inline]
    pub fn add(&self, hash: u64) {
        let (word, shift) = self.place(hash);
        let word = &self.words[word];
        // Not writing what is written already keeps the line shared among threads.
        if word.load(Relaxed) >> shift & 2 == 0 && word.fetch_or(1 << shift, Relaxed) >> shift & 1 != 0 {
            word.fetch_or(2 << shift, Relaxed);
        }
    }

    /// Takes note of several.
    pub fn look(&self, hashes: &[u64]) {
        for (at, &hash) in hashes.iter().enumerate() {
            self.prefetch(hashes.get(at + AHEAD));
            self.add(hash);
        }
    }

    /// Whether a hash seems to have come more than once.
    #[inline]
    pub fn again(&self, hash: u64) -> bool {
        let (word, shift) = self.place(hash);
        self.words[word].load(Relaxed) >> shift & 2 != 0
    }

    /// Different hashes that seem to have come more than once, about: the slots that do, and those that came once and fell
    /// there.
    pub fn candidates(&self) -> usize {
        let ones = |mask: u64| -> u64 {
            self.words.par_iter().map(|word| u64::from((word.load(Relaxed) & mask).count_ones())).sum()
        };
        let (once, again) = (ones(0x5555_5555_5555_5555), ones(0xAAAA_AAAA_AAAA_AAAA));
        let slots = 32 * self.words.len() as u64;
        (again + (u128::from(once) * u128::from(again) / u128::from(slots)) as u64) as usize
    }
}
