//! What an audit says of a run's recall: one ratio a document, and an interval from all of them.
//!
//! Efron and Tibshirani, "An Introduction to the Bootstrap", 1993: the interval is of percentiles of means of documents
//! drawn again. Documents are drawn and not pairs, because the pairs of one document are found or lost together. Where
//! nearly all ratios are 1 their spread says little of what was not drawn, and plain percentiles are too sure; so the
//! lower bound is taken with one document more that found nothing, and the upper one with one more that found all. With
//! no loss among n documents that gives about 1 - 3 / n, as the rule of three does.

use crate::hash::{MULTIPLIERS, avalanche};

/// A mean and a 95 % interval, all 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The mean of the ratios.
    pub mean: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// Means that are drawn.
const RESAMPLES: usize = 1000;

/// Share of them on either side of the interval.
const TAIL: f64 = 0.025;

/// The mean of `ratios`, each 0 to 1, with its interval; none of none. The same seed gives the same answer.
///
/// Time is a thousand times their number.
pub fn interval(ratios: &[f64], seed: u64) -> Option<Interval> {
    if ratios.is_empty() {
        return None;
    }
    let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
    let low = percentile(ratios, 0.0, seed, TAIL);
    let high = percentile(ratios, 1.0, seed ^ 1, 1.0 - TAIL);
    Some(Interval { mean, low: low.min(mean), high: high.max(mean) })
}

/// A percentile of the means of ratios drawn again, from `ratios` and one `more`.
fn percentile(ratios: &[f64], more: f64, seed: u64, share: f64) -> f64 {
    let mut draws = Draws::new(seed);
    let size = ratios.len() + 1;
    let mut mean = || {
        let drawn = (0..size).map(|_| ratios.get(draws.below(size)).copied().unwrap_or(more));
        drawn.sum::<f64>() / size as f64
    };
    let mut means: Vec<f64> = (0..RESAMPLES).map(|_| mean()).collect();
    means.sort_unstable_by(f64::total_cmp);
    means[((RESAMPLES - 1) as f64 * share).round() as usize]
}

/// Pseudo-random numbers that are the same everywhere: Steele, Lea and Flood's SplitMix, "Fast splittable pseudorandom
/// number generators", OOPSLA 2014, with our own finisher.
#[derive(Debug, Clone)]
pub struct Draws(u64);

impl Draws {
    /// Those of a seed.
    pub fn new(seed: u64) -> Draws {
        Draws(avalanche(seed ^ MULTIPLIERS[1]))
    }

    /// The next number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(MULTIPLIERS[0]);
        let drawn = u128::from(avalanche(self.0)) * limit as u128;
        (drawn >> 64) as usize
    }

    /// `count` different numbers below `limit`, or all there are, ascending.
    pub fn choose(&mut self, count: usize, limit: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..limit).collect();
        let count = count.min(limit);
        for place in 0..count {
            let other = place + self.below(limit - place);
            all.swap(place, other);
        }
        all.truncate(count);
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_its_mean_and_knows_what_it_did_not_see() {
        let all = interval(&[1.0; 100], 7).expect("some ratios");
        assert_eq!((all.mean, all.high), (1.0, 1.0));
        assert!((0.95..0.985).contains(&all.low), "{all:?}");
        let none = interval(&[0.0; 100], 7).expect("some ratios");
        assert_eq!((none.mean, none.low), (0.0, 0.0));
        let half: Vec<f64> = (0..400).map(|i| f64::from(i % 2)).collect();
        let half = interval(&half, 7).expect("some ratios");
        assert!(half.low < 0.46 && half.low > 0.42 && half.high > 0.54 && half.high < 0.58, "{half:?}");
        assert_eq!(interval(&[], 7), None);
        assert_eq!(interval(&[0.5, 1.0], 3), interval(&[0.5, 1.0], 3));
    }

    /// Over many samples of a population with a known mean the interval holds it about as often as it says.
    #[test]
    fn intervals_cover() {
        for lost in [2, 10, 40] {
            let population: Vec<f64> = (0..1000).map(|i| if i % 100 < lost { 0.25 } else { 1.0 }).collect();
            let truth = population.iter().sum::<f64>() / 1000.0;
            let covers = |seed: u64| {
                let mut draws = Draws::new(seed);
                let sample: Vec<f64> = (0..100).map(|_| population[draws.below(1000)]).collect();
                let interval = interval(&sample, seed).expect("some ratios");
                interval.low <= truth && truth <= interval.high
            };
            let covered = (0..200).filter(|&seed| covers(seed)).count();
            // Of 200 at 95 % two standard deviations are 6.
            assert!(covered >= 184, "{covered} of 200 with {lost} % lost");
        }
    }

    #[test]
    fn chosen_are_different() {
        let mut draws = Draws::new(1);
        for count in [0, 1, 5, 20, 30] {
            let chosen = draws.choose(count, 20);
            assert_eq!(chosen.len(), count.min(20));
            assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
