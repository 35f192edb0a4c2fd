//! Sets of what is a hash already, many of them at once.

use std::ops::Range;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use rayon::prelude::*;

pub use crate::hash::{ByHash, Hashes};
use crate::kernel::prefetch;
use crate::mmap::heap;

/// Bits for each hash, about, half of them for those that came again: one in twelve that stand once then looks as if it stood
/// again.
const BITS: u64 = 8;

/// How many hashes ahead memory is asked for.
const AHEAD: usize = 16;

/// Words of a part, of which each has a multiple.
const WORDS: u64 = 1 << MOST_FOLDS;

/// How often what came again is folded, at most.
const MOST_FOLDS: u32 = 2;

/// One bit in so many is set after folding, at most: one in 64 that stands once then looks as if it stood again.
const SPARSE: f64 = 8.0;

/// Which of many hashes stand more than once: all that do, and by chance a few that do not. Threads may add at the same
/// time; 8 bits a hash.
///
/// Two filters side by side, of what came and of what came again, each with two bits for a hash in one word, as in Putze, Sanders
/// and Singler, "Cache-, hash- and space-efficient Bloom filters", JEA 14, 2009.
#[derive(Debug)]
pub struct SeenTwice {
    /// The lower half of a word says what came, the upper half what came again.
    words: Vec<AtomicU64>,
    /// The first of them among all.
    first: u64,
    /// All words, of which these may be a part: what has its word elsewhere is passed over.
    all: u64,
}

impl SeenTwice {
    /// For about so many hashes.
    pub fn new(hashes: u64) -> SeenTwice {
        let all = words(hashes);
        SeenTwice::part(0..all, all)
    }

    fn part(words: Range<u64>, all: u64) -> SeenTwice {
        let first = words.start;
        SeenTwice { words: words.map(|_| AtomicU64::new(0)).collect(), first, all }
    }

    /// The word of a hash, which may be of another part, and its bits in the lower half.
    #[inline]
    fn place(&self, hash: u64) -> (Option<&AtomicU64>, u64) {
        (self.words.get(word_of(hash, self.all).wrapping_sub(self.first) as usize), bits_of(hash))
    }

    /// Asks for the memory of a hash that comes soon.
    #[inline]
    pub fn prefetch(&self, hash: Option<&u64>) {
        if let Some(&hash) = hash {
            prefetch(self.place(hash).0);
        }
    }

    /// Takes note of a hash.
    #[inline]
    pub fn add(&self, hash: u64) {
        let (Some(word), bits) = self.place(hash) else { return };
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
        word.is_some_and(|word| word.load(Relaxed) >> 32 & bits == bits)
    }
}

/// Words for about so many hashes.
fn words(hashes: u64) -> u64 {
    (hashes.saturating_mul(BITS) / 64).next_multiple_of(WORDS).max(WORDS)
}

/// Bytes of so many words.
fn bytes(words: u64) -> usize {
    usize::try_from(words.saturating_mul(8)).unwrap_or(usize::MAX)
}

/// The word of a hash: one for each part of the hashes' range, as many parts as there are words.
#[inline]
fn word_of(hash: u64, words: u64) -> u64 {
    ((u128::from(hash) * u128::from(words)) >> 64) as u64
}

/// The bits of a hash in half a word.
#[inline]
fn bits_of(hash: u64) -> u64 {
    1 << (hash >> 8 & 31) | 1 << (hash >> 16 & 31)
}

/// What [`SeenTwice`] says came again, when all has come: at most 4 bits a hash, and fewer where little came again. The halves of
/// neighbouring words are laid over one another then, as a Bloom filter is that was made too large.
#[derive(Debug)]
pub struct CameAgain {
    halves: Vec<u32>,
    /// Words before they were folded.
    words: u64,
    folds: u32,
    /// Different hashes that seem to have come more than once, about.
    candidates: f64,
}

impl CameAgain {
    /// For about so many hashes, all of which `look` adds. Where the table that they are added to is too large for memory it is filled a
    /// part at a time, and `look` called for each: what is written here and there in a file is written again and again.
    ///
    /// # Errors
    /// Those of `look`.
    pub fn of<E>(hashes: u64, look: impl FnMut(&SeenTwice) -> Result<(), E>) -> Result<CameAgain, E> {
        CameAgain::of_parts(hashes, heap::parts(bytes(words(hashes))) as u64, look)
    }

    fn of_parts<E>(
        hashes: u64,
        parts: u64,
        mut look: impl FnMut(&SeenTwice) -> Result<(), E>,
    ) -> Result<CameAgain, E> {
        let words = words(hashes);
        let of_part = words.div_ceil(parts.max(1)).next_multiple_of(WORDS);
        let mut again = CameAgain { halves: Vec::new(), words, folds: 0, candidates: 0.0 };
        for first in (0..words).step_by(of_part as usize) {
            let range = first..words.min(first + of_part);
            let seen = heap::table(bytes(words), || SeenTwice::part(range, words));
            look(&seen)?;
            if first == 0 {
                again.folds = folds(&seen);
                again.halves.reserve_exact((words >> again.folds) as usize);
            }
            again.count(&seen);
            again.halves.extend(seen.words.chunks(1 << again.folds).map(folded));
        }
        Ok(again)
    }

    /// Counts the candidates of a part: what came again, and what looks so by chance. A hash that came once has its bits among those
    /// that came to its word, and so have most that seem to have come again there; other words' bits fall on them as on any.
    fn count(&mut self, seen: &SeenTwice) {
        let hashes: [f64; 33] = std::array::from_fn(hashes_of);
        let candidates = |words: &[AtomicU64]| {
            let all = folded(words);
            let of_word = |word: &AtomicU64| {
                let word = word.load(Relaxed);
                let (came, again) = (word as u32, (word >> 32) as u32);
                let others = f64::from((all & !again).count_ones()) / 32.0;
                let [came, again] = [came, again].map(|half| half.count_ones());
                let own = f64::from(again) / f64::from(came.max(1));
                let chance = (1.0 - (1.0 - own) * (1.0 - others)).powi(2);
                let [came, again] = [came, again].map(|ones| hashes[ones as usize]);
                again + (came - again).max(0.0) * chance
            };
            words.iter().map(of_word).sum::<f64>()
        };
        self.candidates += seen.words.par_chunks(1 << self.folds).map(candidates).sum::<f64>();
    }

    fn place(&self, hash: u64) -> usize {
        (word_of(hash, self.words) >> self.folds) as usize
    }

    /// Asks for the memory of a hash that comes soon.
    #[inline]
    pub fn prefetch(&self, hash: Option<&u64>) {
        if let Some(&hash) = hash {
            prefetch(self.halves.get(self.place(hash)));
        }
    }

    /// Whether a hash seems to have come more than once.
    #[inline]
    pub fn again(&self, hash: u64) -> bool {
        let bits = bits_of(hash);
        u64::from(self.halves[self.place(hash)]) & bits == bits
    }

    /// Different hashes that seem to have come more than once, about: up to a third too many where most came again, and hardly too few.
    pub fn candidates(&self) -> u64 {
        self.candidates as u64
    }
}

/// Hashes that set so many bits of a half word, about, as in Swamidass and Baldi, "Mathematical correction for fingerprint similarity
/// measures", J. Chem. Inf. Model. 47, 2007.
fn hashes_of(ones: usize) -> f64 {
    -(1.0 - ones.min(31) as f64 / 32.0).ln() * 16.0
}

/// What came again of some words, laid over one another.
fn folded(words: &[AtomicU64]) -> u32 {
    words.iter().fold(0, |folded, word| folded | came_again(word))
}

/// The half of a word that says what came again.
fn came_again(word: &AtomicU64) -> u32 {
    (word.load(Relaxed) >> 32) as u32
}

/// How often what came again may be folded.
fn folds(seen: &SeenTwice) -> u32 {
    let set: u64 = seen.words.par_iter().map(|word| u64::from(came_again(word).count_ones())).sum();
    let free = 1.0 - set as f64 / (32.0 * seen.words.len() as f64);
    (1..=MOST_FOLDS).take_while(|&folds| 1.0 - free.powi(1 << folds) <= 1.0 / SPARSE).last().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::avalanche;
    use std::convert::Infallible;

    /// What came again of hashes that `look` adds in so many parts.
    fn again(hashes: u64, parts: u64, all: &[u64]) -> CameAgain {
        let look = |seen: &SeenTwice| {
            seen.look(all);
            Ok::<_, Infallible>(())
        };
        CameAgain::of_parts(hashes, parts, look).expect("nothing fails")
    }

    /// So many hashes that stand once, and then some that stand twice.
    fn hashes(once: u64, twice: u64) -> Vec<u64> {
        let all = (0..once).chain(once..once + twice).chain(once..once + twice);
        all.map(|number| avalanche(number + 1)).collect()
    }

    #[test]
    fn what_comes_again_is_told_whatever_the_parts() {
        for (once, twice, folds) in [(50_000, 100, 2), (50_000, 4_000, 1), (20_000, 20_000, 0)] {
            let all = hashes(once, twice);
            let whole = again(all.len() as u64, 1, &all);
            assert_eq!(whole.folds, folds);
            assert!(all[once as usize..].iter().all(|&hash| whole.again(hash)));
            let by_chance = all[..once as usize].iter().filter(|&&hash| whole.again(hash)).count();
            assert!(by_chance as u64 * 10 < once, "{by_chance} of {once}");
            let told = whole.candidates() as f64 / (twice as usize + by_chance) as f64;
            assert!((0.9..1.35).contains(&told), "{told}");
            for parts in [2, 3, 7] {
                assert_eq!(again(all.len() as u64, parts, &all).halves, whole.halves, "{parts} parts");
            }
        }
    }

    #[test]
    fn few_hashes_have_a_word() {
        let all = hashes(0, 1);
        assert!([0, 1, 2].iter().all(|&count| again(count, 1, &all).again(all[0])));
        let seen = SeenTwice::new(0);
        seen.look(&all);
        assert!(seen.again(all[0]));
    }
}
