//! Sets of what is a hash already, many of them at once.

use std::ops::Range;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};

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

/// Hashes of a sample, about, from which those that came again are counted: of 5 in 100 that did, within 3 % nearly always.
const SAMPLED: u64 = 1 << 18;

/// How far a count of a sample may be from what it tells, in its standard deviations.
const DEVIATIONS: f64 = 4.0;

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

/// A part of what [`CameAgain::of`] is made of, that threads add to.
#[derive(Debug)]
pub struct AllThatCome {
    seen: SeenTwice,
    /// Of the hashes that have a word here, the different ones of which the sample is.
    sample: Mutex<Hashes>,
    /// The sample has one in so many of all, a power of two.
    one_in: u64,
}

impl AllThatCome {
    /// Takes note of several.
    pub fn look(&self, hashes: &[u64]) {
        self.seen.look(hashes);
        let is_sampled =
            |hash: &u64| hash >> 24 & (self.one_in - 1) == 0 && self.seen.place(*hash).0.is_some();
        for &hash in hashes.iter().filter(|hash| is_sampled(hash)) {
            self.sample.lock().unwrap_or_else(PoisonError::into_inner).insert(hash);
        }
    }
}

/// What [`SeenTwice`] says came again, when all has come: at most 4 bits a hash, and fewer where little came again. The halves of
/// neighbouring words are laid over one another then, as a Bloom filter is that was made too large.
#[derive(Debug)]
pub struct CameAgain {
    halves: Vec<u32>,
    /// Words before they were folded.
    words: u64,
    folds: u32,
    candidates: u64,
}

impl CameAgain {
    /// For about so many hashes, all of which `look` adds. Where the table that they are added to is too large for memory it is filled a
    /// part at a time, and `look` called for each: what is written here and there in a file is written again and again.
    ///
    /// # Errors
    /// Those of `look`.
    pub fn of<E>(hashes: u64, look: impl FnMut(&AllThatCome) -> Result<(), E>) -> Result<CameAgain, E> {
        let one_in = (hashes / SAMPLED + 1).next_power_of_two();
        CameAgain::of_parts((hashes, one_in), heap::parts(bytes(words(hashes))) as u64, look)
    }

    fn of_parts<E>(
        (hashes, one_in): (u64, u64),
        parts: u64,
        mut look: impl FnMut(&AllThatCome) -> Result<(), E>,
    ) -> Result<CameAgain, E> {
        let words = words(hashes);
        let of_part = words.div_ceil(parts.max(1)).next_multiple_of(WORDS);
        let mut again = CameAgain { halves: Vec::new(), words, folds: 0, candidates: 0 };
        let mut sampled = Vec::new();
        for first in (0..words).step_by(of_part as usize) {
            let range = first..words.min(first + of_part);
            let seen = heap::table(bytes(words), || SeenTwice::part(range, words));
            let all = AllThatCome { seen, sample: Mutex::default(), one_in };
            look(&all)?;
            let AllThatCome { seen, sample, .. } = all;
            if first == 0 {
                again.folds = folds(&seen);
                again.halves.reserve_exact((words >> again.folds) as usize);
            }
            again.halves.extend(seen.words.chunks(1 << again.folds).map(folded));
            sampled.extend(sample.into_inner().unwrap_or_else(PoisonError::into_inner));
        }
        let came_again = sampled.into_iter().filter(|&hash| again.again(hash)).count() as f64;
        let more = if one_in > 1 { DEVIATIONS * came_again.sqrt() } else { 0.0 };
        again.candidates = one_in * (came_again + more) as u64;
        Ok(again)
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

    /// Different hashes that seem to have come more than once, about: a few more where a sample says it, and hardly ever fewer.
    pub fn candidates(&self) -> u64 {
        self.candidates
    }
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

    /// What came again of hashes that are added in so many parts; one in so many is in the sample.
    fn again(one_in: u64, parts: u64, all: &[u64]) -> CameAgain {
        let look = |come: &AllThatCome| {
            come.look(all);
            Ok::<_, Infallible>(())
        };
        CameAgain::of_parts((all.len() as u64, one_in), parts, look).expect("nothing fails")
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
            let whole = again(1, 1, &all);
            assert_eq!(whole.folds, folds);
            assert!(all[once as usize..].iter().all(|&hash| whole.again(hash)));
            let by_chance = all[..once as usize].iter().filter(|&&hash| whole.again(hash)).count() as u64;
            assert!(by_chance * 10 < once, "{by_chance} of {once}");
            assert_eq!(whole.candidates(), twice + by_chance);
            for parts in [2, 3, 7] {
                let in_parts = again(1, parts, &all);
                assert_eq!(in_parts.halves, whole.halves, "{parts} parts");
                assert_eq!(in_parts.candidates(), whole.candidates(), "{parts} parts");
            }
        }
    }

    #[test]
    fn a_sample_tells_how_many_come_again() {
        for (once, twice) in [(200_000, 10_000), (50_000, 100_000)] {
            let all = hashes(once, twice);
            let whole = again(1, 1, &all).candidates() as f64;
            for (one_in, parts) in [(8, 1), (8, 3), (32, 2)] {
                let told = again(one_in, parts, &all).candidates() as f64 / whole;
                assert!((1.0..1.5).contains(&told), "{told} of {once} and {twice}, one in {one_in}");
            }
        }
        let many = CameAgain::of(0, |_| Ok::<_, Infallible>(())).expect("nothing fails");
        assert_eq!(many.candidates(), 0);
    }

    #[test]
    fn few_hashes_have_a_word() {
        let all = hashes(0, 1);
        let of_so_many = |hashes| {
            let look = |come: &AllThatCome| {
                come.look(&all);
                Ok::<_, Infallible>(())
            };
            CameAgain::of(hashes, look).expect("nothing fails")
        };
        assert!([0, 1, 2].iter().all(|&hashes| of_so_many(hashes).again(all[0])));
        let seen = SeenTwice::new(0);
        seen.look(&all);
        assert!(seen.again(all[0]));
    }
}
