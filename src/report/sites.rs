//! The `sites` report: a line for each pair of sites of which one carries the other's text, as RFC 4180 has it.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::csv::quoted;

/// How one site carries the text of another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SitePairRow {
    /// The site that carries the text.
    pub carrier: String,
    /// The site that it has it from.
    pub source: String,
    /// Pages of the carrier whose parent is a page of the source.
    pub copies: u64,
    /// Median of the seconds from the source's date to the carrier's; none where no pair has both, or most have days only.
    pub median_lag: Option<i64>,
    /// The same in days, where most dates are days.
    #[serde(default)]
    pub median_lag_days: Option<i64>,
    /// Mean share of such a page that stands in its parent word for word, 0 to 1.
    pub verbatim: f64,
    /// Such pages whose headline is not their parent's.
    pub changed_headlines: u64,
}

/// Writes the header and a line for every pair.
///
/// # Errors
/// Those of `out`.
pub fn write_sites(rows: &[SitePairRow], mut out: impl Write) -> io::Result<()> {
    writeln!(out, "carrier,source,copies,median_lag_seconds,median_lag_days,verbatim,changed_headlines")?;
    for row in rows {
        writeln!(
            out,
            "{},{},{},{},{},{},{}",
            quoted(&row.carrier),
            quoted(&row.source),
            row.copies,
            row.median_lag.map_or(String::new(), |lag| lag.to_string()),
            row.median_lag_days.map_or(String::new(), |days| days.to_string()),
            row.verbatim,
            row.changed_headlines,
        )?;
    }
    out.flush()
}
