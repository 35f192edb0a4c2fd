//! What other thresholds would give: pairs, clusters and documents removed, from pairs that were saved.
//!
//! Nothing here reads a document. A pair is a copy at a threshold by the measures that were saved with it; what is
//! `templated` or an `update` is none at any. Two tests of a scan are not made again, because pairs do not say enough:
//! short texts that ask for a higher score, and digests that bind no cluster.

use std::collections::HashMap;
use std::io::{self, BufRead};

use serde::{Deserialize, Serialize};

use crate::cluster::{Edge, JOINS, Node, stars};
use crate::judge::are_copies;
use crate::options::Policy;

/// A saved pair, as far as thresholds decide about it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Saved {
    /// The id that sorts first.
    pub a: String,
    /// The other.
    pub b: String,
    /// What they were called.
    pub relation: String,
    jaccard: f64,
    containment_a_in_b: f64,
    containment_b_in_a: f64,
    coverage_a: Option<f64>,
    coverage_b: Option<f64>,
    identity: Option<f64>,
}

impl Saved {
    /// Share of `a` and of `b` that stands in the other, 0 to 1.
    fn shares(&self) -> [f64; 2] {
        match (self.coverage_a, self.coverage_b, self.identity) {
            (Some(a), Some(b), Some(identity)) => [a * identity, b * identity],
            _ => [self.containment_a_in_b, self.containment_b_in_a],
        }
    }

    /// What `--threshold`, or by raw measures `--jaccard`, is held against, 0 to 1.
    pub fn score(&self) -> f64 {
        let [a, b] = self.shares();
        if self.coverage_a.is_some() { a.min(b) } else { self.jaccard }
    }

    /// What `--containment` is held against, 0 to 1.
    pub fn containment(&self) -> f64 {
        let [a, b] = self.shares();
        a.max(b)
    }

    fn is_exact(&self) -> bool {
        self.relation == "exact"
    }

    /// Whether it may be a copy at some threshold.
    fn may_be_copy(&self) -> bool {
        !matches!(&*self.relation, "templated" | "update")
    }
}

/// Reads the pairs that `--report pairs` wrote.
///
/// # Errors
/// Those of `from`; [`io::ErrorKind::InvalidData`] with the number of a line that is no pair.
pub fn read_pairs(from: impl BufRead) -> io::Result<Vec<Saved>> {
    let mut pairs = Vec::new();
    for (number, line) in from.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let wrong =
            |error| io::Error::new(io::ErrorKind::InvalidData, format!("line {}: {error}", number + 1));
        pairs.push(serde_json::from_str(&line).map_err(wrong)?);
    }
    Ok(pairs)
}

/// What each threshold gives, of both measures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// By score, with the containment as it is set.
    pub score: Vec<ThresholdStep>,
    /// By containment, with the score as it is set.
    pub containment: Vec<ThresholdStep>,
}

/// What one threshold gives.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThresholdStep {
    /// The threshold, 0 to 1.
    pub threshold: f64,
    /// Pairs that are copies.
    pub pairs: u64,
    /// Clusters of them.
    pub clusters: u64,
    /// Documents that are not their cluster's representative.
    pub removed: u64,
    /// Pairs next to the threshold, on either side.
    pub borderline: Vec<Borderline>,
}

/// A pair next to a threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Borderline {
    /// The id that sorts first.
    pub a: String,
    /// The other.
    pub b: String,
    /// What they were called.
    pub relation: String,
    /// The measure that is held against the threshold.
    pub value: f64,
}

/// From one threshold to the next.
const STEP: f64 = 0.05;

/// The lowest threshold that is shown. A scan that saves pairs to calibrate by asks for no more.
pub const LOWEST: f64 = 0.3;

/// Pairs shown next to a threshold.
const SHOWN: usize = 4;

/// What thresholds from 1 down to [`LOWEST`] give; the other one is that of `policy`.
///
/// Time is that of clustering once for each.
pub fn calibrate(pairs: &[Saved], policy: &Policy) -> Calibration {
    let pairs: Vec<&Saved> = pairs.iter().filter(|pair| pair.may_be_copy()).collect();
    let documents = PairDocuments::new(&pairs);
    let steps = |measure: fn(&Saved) -> f64, is_copy: &dyn Fn(&Saved, f64) -> bool| {
        let count = ((1.0 - LOWEST) / STEP).round() as u32;
        let thresholds = (0..=count).map(|step| 1.0 - STEP * f64::from(step));
        let rounded = thresholds.map(|threshold| (threshold * 100.0).round() / 100.0);
        rounded.map(|threshold| documents.step(&pairs, threshold, measure, is_copy)).collect()
    };
    let by_score = |score: f64, containment: f64| {
        let policy = Policy { threshold: score, containment, ..*policy };
        move |pair: &Saved| pair.is_exact() || are_copies(pair.score(), pair.containment(), &policy)
    };
    let set = |pair: &Saved| if pair.coverage_a.is_some() { policy.threshold } else { policy.jaccard };
    Calibration {
        score: steps(Saved::score, &|pair, threshold| by_score(threshold, policy.containment)(pair)),
        containment: steps(Saved::containment, &|pair, threshold| by_score(set(pair), threshold)(pair)),
    }
}

/// The documents of all pairs, by number.
struct PairDocuments<'a> {
    numbers: HashMap<&'a str, u32>,
    /// By number: its place among all ids.
    ranks: Vec<u32>,
}

impl<'a> PairDocuments<'a> {
    fn new(pairs: &[&'a Saved]) -> PairDocuments<'a> {
        let mut ids: Vec<&str> = pairs.iter().flat_map(|pair| [&*pair.a, &*pair.b]).collect();
        ids.sort_unstable();
        ids.dedup();
        let ranks = (0..ids.len() as u32).collect();
        PairDocuments { numbers: ids.into_iter().zip(0..).collect(), ranks }
    }

    fn step(
        &self,
        pairs: &[&Saved],
        threshold: f64,
        measure: fn(&Saved) -> f64,
        is_copy: &dyn Fn(&Saved, f64) -> bool,
    ) -> ThresholdStep {
        let copies: Vec<&Saved> = pairs.iter().copied().filter(|pair| is_copy(pair, threshold)).collect();
        let binds = |pair: &&&Saved| {
            let [a, b] = pair.shares();
            a.min(b) >= JOINS
        };
        let edge = |pair: &&Saved| {
            let [of_a, of_b] = pair.shares();
            let (a, b) = (self.numbers[&*pair.a], self.numbers[&*pair.b]);
            Edge { a, b, score: pair.score().max(pair.containment()), covers: [of_b, of_a] }
        };
        let edges: Vec<Edge> = copies.iter().filter(binds).map(edge).collect();
        let nodes: Vec<Node> = self.ranks.iter().map(|&rank| Node { size: 1, tokens: 0, rank }).collect();
        let places = stars(&nodes, &edges);
        let mut led: Vec<u32> =
            places.iter().filter(|place| place.edge.is_some()).map(|place| place.star).collect();
        let removed = led.len() as u64;
        led.sort_unstable();
        led.dedup();
        let mut near: Vec<(f64, &Saved)> = pairs
            .iter()
            .filter(|pair| !pair.is_exact())
            .map(|pair| ((measure(pair) - threshold).abs(), *pair))
            .filter(|(distance, _)| *distance <= STEP / 2.0)
            .collect();
        near.sort_by(|x, y| x.0.total_cmp(&y.0).then_with(|| (&x.1.a, &x.1.b).cmp(&(&y.1.a, &y.1.b))));
        let borderline = near.into_iter().take(SHOWN).map(|(_, pair)| Borderline {
            a: pair.a.clone(),
            b: pair.b.clone(),
            relation: pair.relation.clone(),
            value: measure(pair),
        });
        ThresholdStep {
            threshold,
            pairs: copies.len() as u64,
            clusters: led.len() as u64,
            removed,
            borderline: borderline.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(a: &str, b: &str, relation: &str, coverage: [f64; 2]) -> Saved {
        let line = serde_json::json!({
            "a": a, "b": b, "relation": relation, "jaccard": 0.1, "containment_a_in_b": 0.1,
            "containment_b_in_a": 0.1, "coverage_a": coverage[0], "coverage_b": coverage[1], "identity": 1.0,
        });
        read_pairs(line.to_string().as_bytes()).expect("a pair").remove(0)
    }

    #[test]
    fn a_lower_threshold_takes_more() {
        let pairs = [
            saved("a", "b", "exact", [1.0, 1.0]),
            saved("b", "c", "near", [0.92, 0.91]),
            saved("d", "e", "contained", [0.98, 0.3]),
            saved("f", "g", "partial", [0.5, 0.55]),
            saved("h", "i", "templated", [0.95, 0.95]),
        ];
        let Calibration { score, containment } = calibrate(&pairs, &Policy::default());
        let at = |steps: &[ThresholdStep], threshold: f64| {
            let step = steps.iter().find(|step| step.threshold == threshold).expect("a step").clone();
            (step.pairs, step.clusters, step.removed)
        };
        assert_eq!(at(&score, 1.0), (3, 2, 3), "what is contained is a copy by the other threshold");
        assert_eq!(at(&containment, 1.0), (2, 1, 2));
        assert_eq!(at(&containment, 0.95), (3, 2, 3));
        assert_eq!(at(&score, 0.5), (4, 3, 4));
        assert!(score.windows(2).all(|two| two[0].pairs <= two[1].pairs));
        let half = score.iter().find(|step| step.threshold == 0.5).expect("a step");
        assert_eq!(half.borderline.len(), 1);
        assert_eq!((&*half.borderline[0].a, half.borderline[0].value), ("f", 0.5));
    }

    #[test]
    fn a_line_that_is_no_pair_is_named() {
        let error = read_pairs(&b"\n{\"a\": 1}\n"[..]).expect_err("no pair");
        assert!(error.to_string().starts_with("line 2:"), "{error}");
    }
}
