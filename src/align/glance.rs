//! How much of two texts an alignment could match, told at a glance: most pairs that share a phrase or two share too
//! little to be anything to each other, and need not be aligned.

use super::words::{SEED, SHORT, seed_hash};
use super::{GAP, JOINED};

/// Unmatched tokens at the ends of a text that its best chain may take in.
const EDGE: usize = 4;

/// The seeds of one text, to look at others. Made for reuse.
#[derive(Debug, Clone, Default)]
pub struct Glance {
    /// Open addressing: halves of the seeds' hashes, 0 where there is none.
    seeds: Vec<u32>,
}

impl Glance {
    /// Tokens that both texts must have: shorter ones are aligned by shorter seeds.
    pub const SHORTEST: u32 = SHORT as u32;

    /// Makes this the seeds of a text, given its tokens' hashes. Linear.
    pub fn fill(&mut self, hashes: &[u64]) {
        self.seeds.clear();
        self.seeds.resize((2 * hashes.len()).next_power_of_two().max(2), 0);
        for seed in hashes.windows(SEED) {
            let (tag, at) = self.find(seed);
            self.seeds[at] = tag;
        }
    }

    /// The tag of a seed, and its place or the empty one where it would stand.
    fn find(&self, seed: &[u64]) -> (u32, usize) {
        let hash = seed_hash(seed);
        let (tag, mask) = ((hash >> 32) as u32 | 1, self.seeds.len() - 1);
        let mut at = hash as usize & mask;
        while self.seeds[at] != 0 && self.seeds[at] != tag {
            at = (at + 1) & mask;
        }
        (tag, at)
    }

    /// No fewer tokens than aligning the text with that of `hashes` can match: those in seeds of both, and those beside
    /// them that a chain may reach, each as many as it may be respelled as. Linear.
    pub fn most(&self, hashes: &[u64]) -> u32 {
        let (mut covered, mut open, mut end) = (0, 0, None);
        for (at, seed) in hashes.windows(SEED).enumerate() {
            let (tag, place) = self.find(seed);
            if self.seeds[place] != tag {
                continue;
            }
            let from = end.map_or(at, |end: usize| end.max(at));
            let gap = from - end.unwrap_or(0);
            let reach = if end.is_some() { GAP as usize } else { EDGE };
            covered += at + SEED - from;
            open += if gap <= reach { gap } else { 0 };
            end = Some(at + SEED);
        }
        let rest = end.map_or(usize::MAX, |end| hashes.len() - end);
        open += if rest <= EDGE { rest } else { 0 };
        (covered + open * (JOINED as usize - 1)) as u32
    }
}
