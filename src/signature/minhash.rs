//! MinHash: 128 values whose share of equal places estimates the Jaccard similarity of two shingle sets.
//!
//! Fast Similarity Sketching: Dahlgaard, Knudsen and Thorup, FOCS 2017 (arXiv 1704.04370). Round `r` throws
//! every hash into one of the 128 places and lets each place keep its smallest, rounds in order; after `VALUES`
//! rounds of random places come rounds that visit each place in turn, so every place is filled in the end. The
//! estimate is unbiased, its variance at most `J (1 - J) / 128`, and a set of n takes O(n + 128 log 128)
//! expected time instead of 128 n.

use crate::hash::avalanche;

/// Values of a signature.
pub const VALUES: usize = 128;

/// Fills in the values of a signature of another length, at most [`VALUES`]; not where there are no shingles. Signatures of one
/// length are compared place by place.
///
/// # Panics
/// Where more values are asked for.
pub fn fill(shingles: &[u64], values: &mut [u64]) -> bool {
    assert!(values.len() <= VALUES, "a signature has at most {VALUES} values");
    if shingles.is_empty() || values.is_empty() {
        return false;
    }
    values.fill(u64::MAX);
    let places = values.len();
    let mut empty = places;
    for round in 0..2 * places as u64 {
        for &shingle in shingles {
            let random = avalanche(shingle ^ avalanche(round + 1));
            let place = match round.checked_sub(places as u64) {
                None => random as usize % places,
                Some(in_turn) => in_turn as usize,
            };
            // The round stands above the hash, so that no later round undercuts an earlier one.
            let value = round << 56 | random >> 8;
            empty -= usize::from(values[place] == u64::MAX);
            values[place] = values[place].min(value);
        }
        if empty == 0 {
            break;
        }
    }
    true
}

/// A MinHash signature of a set of shingles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinHash(Box<[u64; VALUES]>);

impl MinHash {
    /// Of the distinct shingle hashes of a text; `None` of none, so that texts without tokens have no
    /// signature in common.
    pub fn of(shingles: &[u64]) -> Option<MinHash> {
        let mut values = Box::new([u64::MAX; VALUES]);
        fill(shingles, &mut *values).then_some(MinHash(values))
    }

    /// The values.
    pub fn values(&self) -> &[u64; VALUES] {
        &self.0
    }

    /// The Jaccard similarity of two sets as the signatures estimate it, 0 to 1.
    pub fn jaccard(&self, other: &MinHash) -> f64 {
        let equal = self.0.iter().zip(other.0.iter()).filter(|(a, b)| a == b).count();
        equal as f64 / VALUES as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(from: u64, to: u64) -> Vec<u64> {
        (from..to).map(|i| avalanche(avalanche(i + 1))).collect()
    }

    #[test]
    fn order_and_repeats_do_not_matter() {
        let once = set(0, 90);
        let mut more: Vec<u64> = once.iter().rev().copied().collect();
        more.extend_from_slice(&once[..40]);
        assert_eq!(MinHash::of(&once), MinHash::of(&more));
        assert_eq!(MinHash::of(&[]), None);
    }

    #[test]
    fn signatures_of_any_length_estimate_as_well_as_they_can() {
        let (a, b) = (set(0, 300), set(100, 400));
        for length in [1, 16, 64, VALUES] {
            let [mut of_a, mut of_b] = [vec![0; length], vec![0; length]];
            assert!(fill(&a, &mut of_a) && fill(&b, &mut of_b) && !of_a.contains(&u64::MAX));
            let equal = of_a.iter().zip(&of_b).filter(|(a, b)| a == b).count() as f64;
            // Four standard deviations of the published variance.
            let (truth, places) = (0.5, length as f64);
            assert!((equal / places - truth).abs() <= 4.0 * (truth * (1.0 - truth) / places).sqrt());
        }
        let mut whole = [0; VALUES];
        assert!(fill(&a, &mut whole) && MinHash::of(&a).is_some_and(|one| *one.values() == whole));
        assert!(!fill(&[], &mut whole) && !fill(&a, &mut []));
    }

    #[test]
    fn short_texts_have_whole_signatures_of_their_own() {
        let (cat, dog) = (MinHash::of(&set(0, 1)), MinHash::of(&set(1, 2)));
        let (cat, dog) = (cat.expect("not empty"), dog.expect("not empty"));
        assert_eq!(cat.jaccard(&dog), 0.0);
        assert!(cat.values().iter().all(|&v| v != u64::MAX));
    }

    /// Mean and variance of the estimate over 600 independent pairs of sets.
    fn moments(size: u64, common: u64) -> (f64, f64, f64) {
        let estimates: Vec<f64> = (0..600u64)
            .map(|trial| {
                let at = trial * 10_000;
                let (a, b) = (set(at, at + size), set(at + size - common, at + 2 * size - common));
                let (a, b) = (MinHash::of(&a).expect("not empty"), MinHash::of(&b).expect("not empty"));
                assert_eq!(a.jaccard(&b), b.jaccard(&a));
                a.jaccard(&b)
            })
            .collect();
        let mean = estimates.iter().sum::<f64>() / 600.0;
        let variance = estimates.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / 599.0;
        (common as f64 / (2 * size - common) as f64, mean, variance)
    }

    #[test]
    fn the_estimate_is_unbiased_within_the_published_variance() {
        for (size, common) in [(30, 25), (100, 80), (400, 300), (400, 100)] {
            let (truth, mean, variance) = moments(size, common);
            let published = truth * (1.0 - truth) / VALUES as f64;
            // Four standard errors of the mean; a sample variance of 600 is within 1.25 of the true one.
            assert!(
                (mean - truth).abs() < 4.0 * (published / 600.0).sqrt(),
                "{size} {common}: {mean} {truth}"
            );
            assert!(variance < 1.25 * published, "{size} {common}: {variance} {published}");
        }
    }
}
