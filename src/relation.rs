//! What two documents are to each other: the only place that decides.

use serde::Serialize;

use crate::options::Policy;
use crate::verify::Measures;

/// The relation of two documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Relation {
    /// The same words.
    Exact,
    /// The same article.
    Near,
    /// One stands in the other.
    Contained,
}

impl Relation {
    /// The relation's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Relation::Exact => "exact",
            Relation::Near => "near",
            Relation::Contained => "contained",
        }
    }
}

/// One of two documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

impl Side {
    /// The other one.
    pub fn other(self) -> Side {
        match self {
            Side::A => Side::B,
            Side::B => Side::A,
        }
    }
}

/// A relation with what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The relation.
    pub relation: Relation,
    /// The contained side, for [`Relation::Contained`].
    pub inner: Option<Side>,
    /// How strong it is, 0 to 1: Jaccard, or containment for [`Relation::Contained`].
    pub score: f64,
    /// The exact measures.
    pub measures: Measures,
}

impl Judgement {
    /// The same seen from the other side.
    pub fn swapped(self) -> Judgement {
        Judgement { inner: self.inner.map(Side::other), measures: self.measures.swapped(), ..self }
    }

    /// Of two documents with equal token sequences.
    pub fn exact(shingles: u32) -> Judgement {
        let measures = Measures::of_equal(shingles);
        Judgement { relation: Relation::Exact, inner: None, score: 1.0, measures }
    }
}

/// The relation by raw exact measures alone, for documents whose token sequences differ; `tokens` are their
/// lengths. `None` where they reach neither threshold.
pub fn classic(policy: &Policy, measures: Measures, tokens: (u32, u32)) -> Option<Judgement> {
    let judgement = |relation, inner, score| Some(Judgement { relation, inner, score, measures });
    let jaccard = measures.jaccard();
    if jaccard >= policy.jaccard {
        return judgement(Relation::Near, None, jaccard);
    }
    let (a, b) = (measures.containment_a_in_b(), measures.containment_b_in_a());
    let a_is_inner = (a, tokens.1) > (b, tokens.0);
    let (side, score, length) = if a_is_inner { (Side::A, a, tokens.0) } else { (Side::B, b, tokens.1) };
    if score >= policy.containment && length >= policy.min_words {
        return judgement(Relation::Contained, Some(side), score);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(a: u32, b: u32, common: u32) -> Option<(Relation, Option<Side>)> {
        let tokens = (a + 4, b + 4);
        let judgement = classic(&Policy::default(), Measures { a, b, common }, tokens);
        let swapped = classic(&Policy::default(), Measures { a: b, b: a, common }, (tokens.1, tokens.0));
        if a != b {
            assert_eq!(judgement.map(Judgement::swapped), swapped, "a relation has no order");
        }
        judgement.map(|j| (j.relation, j.inner))
    }

    #[test]
    fn thresholds() {
        assert_eq!(judged(100, 100, 90), Some((Relation::Near, None)));
        assert_eq!(judged(100, 200, 70), Some((Relation::Contained, Some(Side::A))));
        assert_eq!(judged(200, 100, 70), Some((Relation::Contained, Some(Side::B))));
        assert_eq!(judged(100, 200, 69), None);
        assert_eq!(judged(15, 200, 15), None, "six words of a long text are a name, not a repost");
        assert_eq!(judged(16, 200, 16), Some((Relation::Contained, Some(Side::A))));
    }
}
