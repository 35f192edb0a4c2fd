//! Alignment by characters, for text that was read by a machine and has letters wrong in every other word.
//!
//! The same steps as by words: seeds of eight characters, maximal runs, chains, and Needleman-Wunsch in the gaps. What
//! tells noise from other facts is where the differences lie: noise leaves single letters wrong, and a replaced fact
//! leaves a stretch that has hardly a letter in common ([`Noise::hard`]).

use super::anchors::{self, Anchor};
use super::chain::{Chainer, Costs};
use super::gaps::Gaps;
use super::words::{Seeds, Words, key_of};

/// Characters of a seed.
const SEED: usize = 8;

/// Characters from which a text is indexed by one seed of a window, and seeds in that window: a run of eleven characters,
/// or of fifteen, then still has one.
const SPARSE: [(usize, usize); 2] = [(5_000, 4), (40_000, 8)];

const COSTS: Costs = Costs { gap: 60, drift: 10, between: 3 };

/// Characters of a chain, at least.
const LEAST: u32 = 24;

/// Equal characters in a row that bound a stretch of differences.
const SOLID: u32 = 3;

/// The characters of a text, indexed: letters and digits in normal form, without anything between them.
#[derive(Debug, Clone, Default)]
pub struct Characters {
    text: Vec<u8>,
    windows: Vec<u64>,
    seeds: Seeds,
}

impl Characters {
    /// Makes this the index of a text. Linear.
    pub fn fill(&mut self, words: &Words) {
        self.text.clear();
        words.join(0, words.len(), &mut self.text);
        self.windows.clear();
        self.windows.extend(windows(&self.text));
        self.seeds.fill(&self.windows, 1, &SPARSE);
    }
}

/// Every eight characters in a row, as a number.
fn windows(characters: &[u8]) -> impl Iterator<Item = u64> + '_ {
    characters.windows(SEED).map(|window| window.iter().fold(0, |all, &c| all << 8 | u64::from(c)))
}

/// A stretch of either text: start and end in characters.
pub type Stretches = ((u32, u32), (u32, u32));

/// What the characters of two texts show.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Noise {
    /// Characters of both texts.
    pub length: [u32; 2],
    /// Characters in chains.
    pub spans: [u32; 2],
    /// Where the chains begin and end.
    pub extent: [(u32, u32); 2],
    /// Equal characters.
    pub matched: u32,
    /// Characters in stretches of differences that noise does not make.
    pub hard: [u32; 2],
}

impl Noise {
    /// Share of the characters in chains that are equal.
    pub fn identity(&self) -> f64 {
        ratio(2 * self.matched, self.spans[0] + self.spans[1])
    }

    /// The same without hard stretches.
    pub fn soft(&self) -> f64 {
        let [a, b] = [0, 1].map(|side| self.spans[side] - self.hard[side]);
        ratio(2 * self.matched, a + b).min(1.0)
    }

    /// Share of the characters in chains that are in hard stretches.
    pub fn hard(&self) -> f64 {
        ratio(self.hard[0] + self.hard[1], self.spans[0] + self.spans[1])
    }

    /// Whether the differences are those of noise.
    pub fn is_noise(&self) -> bool {
        let soft = self.soft();
        self.matched >= 60 && self.identity() >= 0.75 && soft <= 0.985 && self.hard() <= 1.0 - soft + 0.04
    }

    /// Share of either text that stands in chains.
    pub fn coverage(&self) -> [f64; 2] {
        [0, 1].map(|side| ratio(self.spans[side], self.length[side]))
    }

    /// Where the chains begin and end in either text, 0 to 1.
    pub fn extent(&self) -> [(f64, f64); 2] {
        [0, 1].map(|side| {
            let ((start, end), length) = (self.extent[side], self.length[side]);
            (ratio(start, length), ratio(end, length))
        })
    }

    /// The same seen from the other side.
    pub fn swapped(mut self) -> Noise {
        self.length.reverse();
        self.spans.reverse();
        self.extent.reverse();
        self.hard.reverse();
        self
    }
}

fn ratio(part: u32, whole: u32) -> f64 {
    if whole == 0 { 0.0 } else { f64::from(part) / f64::from(whole) }
}

/// Aligns texts by characters, reusing its memory.
#[derive(Debug, Default)]
pub struct CharacterAligner {
    runs: Vec<Anchor>,
    chainer: Chainer,
    gaps: Gaps,
    filled: Vec<Anchor>,
    other: Vec<u8>,
    chains: Vec<Stretches>,
}

impl CharacterAligner {
    /// Aligns two texts of which the first is indexed.
    pub fn align(&mut self, a: &Characters, b: &Words) -> Noise {
        let mut other = std::mem::take(&mut self.other);
        other.clear();
        b.join(0, b.len(), &mut other);
        let noise = self.compare(a, &other);
        self.other = other;
        noise
    }

    fn compare(&mut self, index: &Characters, b: &[u8]) -> Noise {
        let a = &*index.text;
        self.find(index, b);
        let mut noise = Noise { length: [a.len() as u32, b.len() as u32], ..Noise::default() };
        let CharacterAligner { runs, chainer, gaps, filled, chains, .. } = self;
        chains.clear();
        chainer.chains(runs, [a.len(), b.len()], COSTS, LEAST, |chain, used| {
            filled.clear();
            let mut at = (chain[0].a, chain[0].b);
            for &run in chain {
                gaps.align(at, (run.a, run.b), |i, j| a[i] == b[j] && !used[0][i] && !used[1][j], filled);
                filled.push(run);
                at = (run.end_a(), run.end_b());
            }
            for run in &*filled {
                used[0][run.a as usize..run.end_a() as usize].fill(true);
                used[1][run.b as usize..run.end_b() as usize].fill(true);
            }
            let first = noise.spans[0] == 0;
            let from = (chain[0].a, chain[0].b);
            for (extent, (start, end)) in noise.extent.iter_mut().zip([(from.0, at.0), (from.1, at.1)]) {
                *extent = if first { (start, end) } else { (extent.0.min(start), extent.1.max(end)) };
            }
            chains.push(((from.0, at.0), (from.1, at.1)));
            noise.spans[0] += at.0 - chain[0].a;
            noise.spans[1] += at.1 - chain[0].b;
            count(filled, &mut noise);
        });
        noise
    }

    /// The chains of the last two texts: start and end in the first, which was indexed, and in the second.
    pub fn chains(&self) -> &[Stretches] {
        &self.chains
    }

    fn find(&mut self, index: &Characters, b: &[u8]) {
        let a = &*index.text;
        self.runs.clear();
        let mut skip = 0;
        for (at, window) in windows(b).enumerate() {
            if at < skip {
                continue;
            }
            for place in index.seeds.of(&index.windows, &[window], key_of(&[window])) {
                let before = common_suffix(&a[..place], &b[..at]);
                let after = common_prefix(&a[place + SEED..], &b[at + SEED..]);
                let len = (before + SEED + after) as u32;
                self.runs.push(Anchor { a: (place - before) as u32, b: (at - before) as u32, len });
                skip = skip.max(at + after + 1);
            }
        }
        self.runs.sort_unstable();
        self.runs.dedup();
    }
}

/// How many characters two texts begin with in common; eight are compared at once.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let mut equal = 0;
    for (x, y) in a.as_chunks().0.iter().zip(b.as_chunks().0) {
        let differs = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if differs != 0 {
            return equal + differs.trailing_zeros() as usize / 8;
        }
        equal += 8;
    }
    equal + anchors::common_prefix(&a[equal..], &b[equal..])
}

/// How many characters two texts end with in common.
fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    let mut equal = 0;
    for (x, y) in a.as_rchunks().1.iter().rev().zip(b.as_rchunks().1.iter().rev()) {
        let differs = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if differs != 0 {
            return equal + differs.leading_zeros() as usize / 8;
        }
        equal += 8;
    }
    equal + anchors::common_suffix(&a[..a.len() - equal], &b[..b.len() - equal])
}

/// Adds the equal characters of a chain, and its hard stretches.
fn count(runs: &[Anchor], noise: &mut Noise) {
    noise.matched += runs.iter().map(|run| run.len).sum::<u32>();
    let mut last: Option<Anchor> = None;
    let mut inside = 0;
    for &run in runs {
        if run.len < SOLID {
            inside += run.len;
            continue;
        }
        if let Some(last) = last {
            let (gap_a, gap_b) = (run.a - last.end_a(), run.b - last.end_b());
            if gap_a.min(gap_b) >= SOLID && 2 * inside < gap_a.max(gap_b) {
                noise.hard[0] += gap_a;
                noise.hard[1] += gap_b;
            }
        }
        last = Some(run);
        inside = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn eight_at_once_are_as_one_by_one(a in "[ab]{0,40}", b in "[ab]{0,40}") {
            let (a, b) = (a.as_bytes(), b.as_bytes());
            let plain = |a: &mut dyn Iterator<Item = &u8>, b: &mut dyn Iterator<Item = &u8>| {
                a.zip(b).take_while(|(x, y)| x == y).count()
            };
            prop_assert_eq!(common_prefix(a, b), plain(&mut a.iter(), &mut b.iter()));
            prop_assert_eq!(common_suffix(a, b), plain(&mut a.iter().rev(), &mut b.iter().rev()));
        }
    }
}
