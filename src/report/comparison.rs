//! One pair, compared, as a row of its own.

use serde::Serialize;

use super::changes::{Change, changes};
use crate::judge::{Comparison, Side, Span, Test};

/// What `compare --report json` and the service say of two documents.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct ComparisonRow<'a> {
    /// What the first is called.
    pub a: &'a str,
    /// What the second is called.
    pub b: &'a str,
    /// None where the documents have no relation.
    pub relation: Option<&'a str>,
    /// The one that stands in the other, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inner: Option<&'a str>,
    /// Whether both are of one site.
    pub same_site: bool,
    /// The Jaccard index of the raw shingle sets.
    pub jaccard: f64,
    /// The share of the first's shingles that the second has.
    pub containment_a_in_b: f64,
    /// The share of the second's that the first has.
    pub containment_b_in_a: f64,
    /// The score of the relation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// The share of the first's content that is matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage_a: Option<f64>,
    /// The share of the second's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage_b: Option<f64>,
    /// The share of equal tokens in what is matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<f64>,
    /// The tests that the relation rests on, in their order.
    pub tests: &'a [Test],
    /// The passages of both.
    pub spans: Vec<PassageRow<'a>>,
}

/// A passage that both share, with what differs in it.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct PassageRow<'a> {
    /// Where it is.
    #[serde(flatten)]
    pub span: &'a Span,
    /// What differs.
    pub changes: Vec<Change>,
}

impl<'a> ComparisonRow<'a> {
    /// Of two documents, each its name and its text.
    pub fn of(
        comparison: &'a Comparison,
        [(a, text_a), (b, text_b)]: [(&'a str, &str); 2],
        same_site: bool,
    ) -> ComparisonRow<'a> {
        let judgement = comparison.judgement;
        let overlap = judgement.and_then(|judgement| judgement.overlap);
        let passage = |span: &'a Span| PassageRow { span, changes: changes([text_a, text_b], span) };
        ComparisonRow {
            a,
            b,
            relation: judgement.map(|judgement| judgement.relation.name()),
            inner: judgement.and_then(|judgement| judgement.inner).map(|side| match side {
                Side::A => a,
                Side::B => b,
            }),
            same_site,
            jaccard: comparison.measures.jaccard(),
            containment_a_in_b: comparison.measures.containment_a_in_b(),
            containment_b_in_a: comparison.measures.containment_b_in_a(),
            score: judgement.map(|judgement| judgement.score),
            coverage_a: overlap.map(|overlap| overlap.coverage[0]),
            coverage_b: overlap.map(|overlap| overlap.coverage[1]),
            identity: overlap.map(|overlap| overlap.identity),
            tests: &comparison.tests,
            spans: comparison.spans.iter().map(passage).collect(),
        }
    }
}
