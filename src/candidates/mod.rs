//! Samples to pairs worth a look.
//!
//! # What becomes a candidate
//! The default method is a join on winnowed shingles ([`crate::signature::winnow`]). Two documents become a
//! candidate where they share about four in ten of the samples that a pair at the threshold would, with room for
//! the spread of small numbers ([`Gate`]). That depends on the two documents, the thresholds and on how frequent
//! their shingles are in the corpus; never on order, threads or memory.
//!
//! - Every verbatim run of 16 shingles (20 tokens, at five a shingle) gives two documents a common sample, whatever
//!   their lengths, and where the smaller document has up to seven samples, one is enough.
//! - Where all that two documents have in common is standing text, they share a passage that is listed once, and are a candidate only where it is so much that they may be one form.
//! - Shingles that stand in more than [`HEAVY`] documents do not pair each with each: that is quadratic. They
//!   count in a pair's favour where it has a rarer one in common, and documents that have little else are
//!   compared with the leaders of their crowd ([`Crowd`]). Whoever remains is counted, not forgotten.
//!
//! `--method minhash` and `simhash` ([`bands`]) find candidates as peers do, for comparison.

pub mod bands;
mod crowd;
mod heavy;
mod join;
mod runs;

pub use crowd::Crowd;
pub use join::{MOST_DOCUMENTS, Postings, join};
pub use runs::Runs;

use crate::options::{Mode, Policy};
use crate::signature::winnow::LEVELS;

/// A shingle that stands in more documents than this pairs no two of them by itself.
pub const HEAVY: usize = 100;

/// Common samples from which a pair may share a passage.
const PASSAGE: u32 = 2;

/// Samples for each common one, from which a pair is slight.
const SEVERAL: u32 = 3;

/// A pair of documents worth verifying, the lower number first.
pub type Candidate = (u32, u32);

/// What the join knows of a document.
pub trait Sampled: Sync {
    /// Sample sizes of the document by level, 0 before its own.
    fn counts(&self, document: u32) -> [u16; LEVELS];

    /// A number that depends on nothing but the document's text, to choose leaders by.
    fn sequence(&self, document: u32) -> u64;
}

/// How many common samples make a candidate.
///
/// A pair at the threshold has the share `overlap` of the smaller document's shingles in common, and would have
/// that share of its samples, were it not for the windows beside each edit, whose minima move: where edits are
/// spread evenly, six in ten of those survive at the least (measured on news in several languages). Below that
/// lies the spread of small numbers. One common sample is always asked for, and up to seven samples no more.
#[derive(Debug, Clone)]
pub struct Gate {
    overlap: f64,
    most: u32,
    /// By sample size, for the sizes that nearly all documents have.
    table: Vec<u32>,
}

impl Gate {
    /// The gate for pairs that share at least `overlap` of the smaller document's shingles.
    pub fn new(overlap: f64) -> Gate {
        Gate::at_most(overlap, u32::MAX)
    }

    /// The gate for pairs that share at least `share` of the smaller sample, and `floor` in any case.
    pub fn of_share(share: f64, floor: u32) -> Gate {
        let least = |samples: u32| ((share * f64::from(samples)) as u32).max(floor);
        Gate { overlap: share, most: u32::MAX, table: (0..1 << 16).map(least).collect() }
    }

    /// As [`Gate::new`], and never asking for more than `most` common samples: for pairs that share a passage.
    fn at_most(overlap: f64, most: u32) -> Gate {
        let table = (0..2048).map(|samples| least(overlap, samples).min(most)).collect();
        Gate { overlap, most, table }
    }

    /// The gate for pairs that share a passage, or reach a threshold by raw measures.
    pub fn of_passages(policy: &Policy) -> Gate {
        Gate::at_most(policy.least_overlap(), PASSAGE)
    }

    /// The gate of a policy's mode.
    pub fn of(policy: &Policy) -> Gate {
        match policy.mode {
            Mode::Classic => Gate::new(policy.least_overlap()),
            Mode::Aligned => Gate::of_passages(policy),
        }
    }

    /// The least number of common samples, where the smaller document has this many.
    pub fn least(&self, samples: u16) -> u32 {
        let known = self.table.get(usize::from(samples)).copied();
        known.unwrap_or_else(|| least(self.overlap, u32::from(samples)).min(self.most))
    }

    /// The least number for two documents: both are looked at as at the coarser of their levels.
    pub fn between(&self, a: &[u16; LEVELS], b: &[u16; LEVELS]) -> u32 {
        comparable(a, b).map_or(u32::MAX, |samples| self.least(samples))
    }

    /// Whether a pair that passes, by this many common samples, does so for a passage alone, or for one sample of several.
    fn is_slight(&self, common: u32, a: &[u16; LEVELS], b: &[u16; LEVELS]) -> bool {
        let of = |samples: u32| common < least(self.overlap, samples) || SEVERAL * common <= samples;
        self.most < u32::MAX && comparable(a, b).is_some_and(|samples| of(u32::from(samples)))
    }
}

/// The smaller of two samples at the coarser of their levels.
fn comparable(a: &[u16; LEVELS], b: &[u16; LEVELS]) -> Option<u16> {
    (0..LEVELS).find(|&level| a[level] > 0 && b[level] > 0).map(|level| a[level].min(b[level]))
}

fn least(overlap: f64, samples: u32) -> u32 {
    let expected = overlap * f64::from(samples);
    let least = 0.6 * expected - 0.45 * expected.sqrt();
    (least as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_asks_for_one_of_small_samples_and_never_for_more_than_is_likely() {
        let gate = Gate::new(0.7);
        assert_eq!(gate.least(1), 1);
        assert_eq!(gate.least(7), 1);
        for samples in 0..5000u16 {
            let expected = 0.7 * f64::from(samples);
            assert!(gate.least(samples) == 1 || f64::from(gate.least(samples)) <= 0.6 * expected);
        }
        assert_eq!(gate.between(&[9, 5, 4, 2], &[0, 0, 0, 40]), 1);
        assert_eq!(gate.between(&[0; 4], &[0, 0, 0, 40]), u32::MAX);
    }
}
