//! Candidates as the field finds them, to compare with: banded MinHash and SimHash within a distance.
//!
//! Broder, "On the resemblance and containment of documents", 1997; Manku, Jain and Das Sarma, "Detecting
//! near-duplicates for web crawling", WWW 2007.

use super::{Candidate, HEAVY};
use crate::signature::minhash::{MinHash, VALUES};
use crate::signature::simhash::SimHash;

/// Rows of a band, for 32 bands of the 128 values: a pair of Jaccard .8 shares one with probability .99999,
/// one of .5 with .87.
pub const ROWS: usize = 4;

/// Largest Hamming distance of two candidates: with four blocks of 16 bits, two codes at distance 3 or less
/// agree in one block at least.
pub const DISTANCE: u32 = 3;

/// Pairs that agree in at least one band. Buckets of more than [`HEAVY`] documents pair each with the first.
pub fn minhash(signatures: &[Option<MinHash>]) -> Vec<Candidate> {
    let mut pairs = Vec::new();
    for band in 0..VALUES / ROWS {
        let key = |signature: &MinHash| {
            let rows = &signature.values()[band * ROWS..(band + 1) * ROWS];
            rows.iter().fold(0, |key, &row| crate::hash::avalanche(key ^ row))
        };
        let keys = keyed(signatures, key);
        for bucket in keys.chunk_by(|a, b| a.0 == b.0) {
            pair_up(bucket, &mut pairs);
        }
    }
    unique(pairs)
}

/// Pairs within Hamming distance [`DISTANCE`].
pub fn simhash(signatures: &[Option<SimHash>]) -> Vec<Candidate> {
    let mut pairs = Vec::new();
    for block in 0..4 {
        let keys = keyed(signatures, |code| code.code() >> (16 * block) & 0xFFFF);
        let near = |a: u32, b: u32| match (&signatures[a as usize], &signatures[b as usize]) {
            (Some(a), Some(b)) => a.distance(b) <= DISTANCE,
            _ => false,
        };
        for bucket in keys.chunk_by(|a, b| a.0 == b.0) {
            for (i, &(_, a)) in bucket.iter().enumerate() {
                pairs.extend(bucket[i + 1..].iter().map(|&(_, b)| (a, b)).filter(|&(a, b)| near(a, b)));
            }
        }
        pairs = unique(pairs);
    }
    pairs
}

fn keyed<S>(signatures: &[Option<S>], key: impl Fn(&S) -> u64) -> Vec<(u64, u32)> {
    let with_document = signatures.iter().enumerate();
    let mut keys: Vec<(u64, u32)> =
        with_document.filter_map(|(d, s)| Some((key(s.as_ref()?), d as u32))).collect();
    keys.sort_unstable();
    keys
}

fn pair_up(bucket: &[(u64, u32)], pairs: &mut Vec<Candidate>) {
    for (i, &(_, a)) in bucket.iter().enumerate() {
        pairs.extend(bucket[i + 1..].iter().map(|&(_, b)| (a, b)));
        if bucket.len() > HEAVY {
            break;
        }
    }
}

fn unique(mut pairs: Vec<Candidate>) -> Vec<Candidate> {
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}
