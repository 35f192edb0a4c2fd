//! The `pairs` report: a JSON object a line.

use std::io::{self, Write};

use serde::Serialize;

use crate::judge::Span;

/// A verified pair.
#[derive(Debug, Clone, Serialize)]
pub struct PairRow<'a> {
    /// The id that sorts first.
    pub a: &'a str,
    /// The other id.
    pub b: &'a str,
    /// What they are to each other.
    pub relation: &'static str,
    /// The contained side's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inner: Option<&'a str>,
    /// Whether both are of one site.
    pub same_site: bool,
    /// Of the raw shingle sets.
    pub jaccard: f64,
    /// Share of the shingles of `a` that `b` has.
    pub containment_a_in_b: f64,
    /// Share of the shingles of `b` that `a` has.
    pub containment_b_in_a: f64,
    /// How strong the relation is.
    pub score: f64,
    /// Share of the content of `a` that stands in spans; where the pair was aligned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage_a: Option<f64>,
    /// Share of the content of `b` that does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage_b: Option<f64>,
    /// Share of the tokens in spans that are the same on both sides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<f64>,
    /// The id of the one that stands in an index, and not in what was scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indexed: Option<&'a str>,
    /// What stands in both, in order of `a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spans: Option<&'a [Span]>,
}

/// Writes a line for every pair.
///
/// # Errors
/// Those of `out`.
pub fn write_pairs<'a>(pairs: impl Iterator<Item = PairRow<'a>>, mut out: impl Write) -> io::Result<()> {
    let mut lines = Vec::with_capacity(1 << 17);
    for pair in pairs {
        serde_json::to_writer(&mut lines, &pair)?;
        lines.push(b'\n');
        if lines.len() > 1 << 16 {
            out.write_all(&lines)?;
            lines.clear();
        }
    }
    out.write_all(&lines)?;
    out.flush()
}
