//! Sets of what is a hash already, many of them at once.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use rayon::prelude::*;

pub use crate::hash::{ByHash, Hashes};
use crate::kernel::prefetch;

/// Bits for each hash, about, half of them for those that came again: one in twelve that stand once then looks as if it stood
/// again.
const BITS: u64 = 8;

/// How many hashes ahead memory is asked for.
const AHEAD: usize = 16;

/// Which of many hashes stand more than once: all that do, and by chance a few that do not. Threads may add at the same
/// time; 8 bits a hash.
///
/// Two filters side by side, of what came and of what came again, each with two bits for a hash in one word, as in Putze, Sanders
/// and Singler, "Cache-, hash- and space-efficient Bloom filters", JEA 14, 2009.
#[derive(Debug)]
pub struct SeenTwice {
    /// The lower half of a word says what came, the upper half what came again.
    words: Vec<AtomicU64>,
}

impl SeenTwice {
    /// For about so many hashes.
    pub fn new(hashes: u64) -> SeenTwice {
        let words = (hashes.saturating_mul(BITS) / 64).max(8);
        SeenTwice { words: (0..words).map(|_| AtomicU64::new(0)).collect() }
    }

    /// The word of a hash, and its bits in the lower half.
    #[inline]
    fn place(&self, hash: u64) -> (usize, u64) {
        // A word for each part of the hashes' range, as many parts as there are words.
        let word = (u128::from(hash) * self.words.len() as u128) >> 64;
        (word as usize, 1 << (hash >> 8 & 31) | 1 << (hash >> 16 & 31))
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
        let (word, bits) = self.place(hash);
        let word = &self.words[word];
        // Not writing what is written already keeps the line shared among threads.
        if word.load(Relaxed) >> 32 & bits != bits && word.fetch_or(bits, Relaxed) & bits == bits {
            word.fetch_or(bits << 32, Relaxed);
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
        let (word, bits) = self.place(hash);
        self.words[word].load(Relaxed) >> 32 & bits == bits
    }

    /// Different hashes that seem to have come more than once, about: of how many so many bits come, as in Swamidass and Baldi,
    /// "Mathematical correction for fingerprint similarity measures", J. Chem. Inf. Model. 47, 2007.
    pub fn candidates(&self) -> usize {
        let set: u64 =
            self.words.par_iter().map(|word| u64::from((word.load(Relaxed) >> 32).count_ones())).sum();
        let bits = 32.0 * self.words.len() as f64;
        let left = (1.0 - set as f64 / bits).max(1.0 / bits);
        (-left.ln() * bits / 2.0) as usize
    }
}
