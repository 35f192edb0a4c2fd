//! SimHash: 64 bits whose Hamming distance follows the angle between two shingle sets.
//!
//! Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002. Each bit is the sign of a
//! random projection, so the expected share of differing bits is the angle over pi: for sets of equal size
//! `acos(c) / pi` with c the cosine, and the estimate from 64 bits has the binomial variance `p (1 - p) / 64`.

use bitvec::prelude::*;

/// Bits of a code.
pub const BITS: usize = 64;

/// A SimHash of a set of shingles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimHash(BitArray<[u64; 1], Lsb0>);

impl SimHash {
    /// Of the distinct shingle hashes of a text; `None` of none, so that texts without tokens have no code in
    /// common.
    pub fn of(shingles: &[u64]) -> Option<SimHash> {
        if shingles.is_empty() {
            return None;
        }
        let mut sums = [0i64; BITS];
        for hash in shingles {
            for (bit, sum) in sums.iter_mut().enumerate() {
                *sum += (hash >> bit & 1) as i64 * 2 - 1;
            }
        }
        let mut code = BitArray::ZERO;
        for (bit, sum) in sums.iter().enumerate() {
            code.set(bit, *sum > 0);
        }
        Some(SimHash(code))
    }

    /// The code as a number, bit 0 lowest.
    pub fn code(&self) -> u64 {
        self.0.load_le()
    }

    /// In how many bits, 0 to 64, two codes differ.
    pub fn distance(&self, other: &SimHash) -> u32 {
        (self.0 ^ other.0).count_ones() as u32
    }

    /// The cosine of two sets as the codes estimate it, from -1 to 1.
    pub fn cosine(&self, other: &SimHash) -> f64 {
        (std::f64::consts::PI * f64::from(self.distance(other)) / BITS as f64).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::avalanche;

    fn set(from: u64, to: u64) -> Vec<u64> {
        (from..to).map(|i| avalanche(avalanche(i + 1))).collect()
    }

    #[test]
    fn same_sets_have_the_same_code_in_any_order() {
        let forward = set(0, 300);
        let backward: Vec<u64> = forward.iter().rev().copied().collect();
        assert_eq!(SimHash::of(&forward), SimHash::of(&backward));
        assert_eq!(SimHash::of(&[]), None);
    }

    #[test]
    fn differing_bits_follow_the_angle() {
        // Sets of 300 with 150 in common: cosine .5, a third of the bits differ; 200 pairs of 64 bits have a
        // standard deviation of .0042.
        let mut differing = 0;
        for trial in 0..200u64 {
            let at = trial * 1000;
            let (a, b) = (SimHash::of(&set(at, at + 300)), SimHash::of(&set(at + 150, at + 450)));
            let (a, b) = (a.expect("not empty"), b.expect("not empty"));
            assert_eq!(a.distance(&b), b.distance(&a));
            differing += a.distance(&b);
        }
        let share = f64::from(differing) / (200.0 * 64.0);
        assert!((share - 1.0 / 3.0).abs() < 4.0 * 0.0042, "{share}");
    }
}
