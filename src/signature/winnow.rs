//! Winnowing: of every window of consecutive shingles, the one with the smallest hash.
//!
//! Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting", SIGMOD 2003. Two
//! texts that share a verbatim run of w shingles select the same one in it, whatever stands around; the
//! density is 2 / (w + 1). Sampling the same share at random promises nothing for short runs.
//!
//! # Levels
//! A short text is sampled more densely than a long one, so that every text has samples enough to be compared
//! by. The windows are 1, 4, 8 and 16 shingles ([`WINDOWS`]) and they nest: the smallest of 16 is the smallest
//! of every window within those 16, so what a coarse level selects in a shared run, a fine one selects too.
//!
//! # Guarantee
//! Two texts with a common run of `w + k - 1` tokens have a common sample, where w is the larger of their
//! windows: 20 tokens for the coarsest and k = 5.

use crate::kernel::{self, Kernel};

/// Shingles in a window, by level.
pub const WINDOWS: [usize; LEVELS] = [1, 4, 8, 16];

/// How many levels there are.
pub const LEVELS: usize = 4;

/// The level of a text with this many shingles: the finest that keeps about 100 samples or fewer, and the
/// coarsest where none does.
pub fn level(shingles: usize) -> usize {
    match shingles {
        0..=64 => 0,
        65..=160 => 1,
        161..=320 => 2,
        _ => 3,
    }
}

/// Memory for [`Winnow::select`], reused from text to text.
#[derive(Debug, Default)]
pub struct Winnow {
    minima: [Vec<i64>; 2],
    seen: RecentHashes,
    changes: Vec<u64>,
    selected: Vec<u64>,
    count: usize,
}

impl Winnow {
    /// What the last [`Winnow::select`] selected.
    pub fn selected(&self) -> &[u64] {
        &self.selected[..self.count]
    }

    /// The selected hashes of one text at this level, each once (a hash that recurs far apart in a long text
    /// may stand twice). Linear in the number of shingles.
    pub fn select(&mut self, kernel: Kernel, shingles: &[u64], level: usize) -> &[u64] {
        self.seen.clear();
        if self.selected.len() < shingles.len() {
            self.selected.resize(shingles.len(), 0);
            self.changes.resize(shingles.len() + 8, 0);
        }
        let count = if level == 0 || shingles.len() < WINDOWS[level] {
            // Fewer than a window: all, which is more than the smallest.
            self.seen.keep_new(shingles.iter().copied(), &mut self.selected)
        } else {
            let minima = window_minima(kernel, shingles, level, &mut self.minima);
            // Neighbouring windows mostly share their minimum.
            let count = kernel::changes(kernel, minima, &mut self.changes);
            self.seen.keep_new(self.changes[..count].iter().copied(), &mut self.selected)
        };
        self.count = count;
        self.selected()
    }
}

/// The smallest hash (as signed numbers) of every window, by doubling: the minimum of 2n is that of two of n.
fn window_minima<'a>(
    kernel: Kernel,
    shingles: &[u64],
    level: usize,
    [a, b]: &'a mut [Vec<i64>; 2],
) -> &'a [i64] {
    let mut len = shingles.len();
    for buffer in [&mut *a, &mut *b] {
        if buffer.len() < len {
            buffer.resize(len, 0);
        }
    }
    for (to, &from) in a.iter_mut().zip(shingles) {
        *to = from as i64;
    }
    let (mut from, mut to) = (a, b);
    let mut width = 1;
    while width < WINDOWS[level] {
        kernel::window_minima(kernel, &from[..len], width, to);
        len -= width;
        width *= 2;
        (from, to) = (to, from);
    }
    &from[..len]
}

/// A small table of the hashes seen in one text, direct-mapped: it forgets, so it may call a hash new twice.
#[derive(Debug)]
struct RecentHashes([u64; 512]);

impl Default for RecentHashes {
    fn default() -> RecentHashes {
        RecentHashes([0; 512])
    }
}

impl RecentHashes {
    fn clear(&mut self) {
        self.0 = [0; 512];
    }

    /// Writes those not seen before to `out`; returns how many.
    fn keep_new(&mut self, hashes: impl Iterator<Item = u64>, out: &mut [u64]) -> usize {
        let mut count = 0;
        for hash in hashes {
            let slot = &mut self.0[(hash & 511) as usize];
            out[count] = hash;
            count += usize::from(*slot != hash);
            *slot = hash;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// The definition, window by window.
    fn slow(shingles: &[u64], window: usize) -> BTreeSet<u64> {
        if window == 1 || shingles.len() < window {
            return shingles.iter().copied().collect();
        }
        shingles.windows(window).filter_map(|w| w.iter().map(|&h| h as i64).min()).map(|h| h as u64).collect()
    }

    proptest! {
        #[test]
        fn selects_the_smallest_of_every_window(values in proptest::collection::vec(1u64..60, 0..300), level in 0usize..4) {
            let shingles: Vec<u64> = values.iter().map(|&v| crate::hash::avalanche(v)).collect();
            for kernel in Kernel::available() {
                let selected: Vec<u64> = Winnow::default().select(kernel, &shingles, level).to_vec();
                let set: BTreeSet<u64> = selected.iter().copied().collect();
                prop_assert_eq!(&set, &slow(&shingles, WINDOWS[level]));
            }
        }

        #[test]
        fn a_common_run_has_a_common_sample(
            before in proptest::collection::vec(any::<u64>(), 0..300),
            run in proptest::collection::vec(any::<u64>(), 16..17),
            other in proptest::collection::vec(any::<u64>(), 0..300),
        ) {
            let (a, b) = ([&before[..], &run].concat(), [&run[..], &other].concat());
            let of = |shingles: &[u64]| -> BTreeSet<u64> {
                Winnow::default().select(Kernel::PORTABLE, shingles, level(shingles.len())).iter().copied().collect()
            };
            prop_assert!(of(&a).intersection(&of(&b)).next().is_some());
        }

        #[test]
        fn levels_nest(shingles in proptest::collection::vec(1u64.., 16..400)) {
            for level in 1..LEVELS {
                let (coarse, fine) = (slow(&shingles, WINDOWS[level]), slow(&shingles, WINDOWS[level - 1]));
                prop_assert!(coarse.is_subset(&fine));
            }
        }
    }
}
