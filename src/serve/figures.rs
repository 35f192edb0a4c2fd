//! What the service did since it was started: for Prometheus, and for the page.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::filter::{Answer, Incoming, line};
use crate::judge::Directed;

/// Upper bounds of the seconds that are counted together: from half a millisecond to ten seconds.
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Verdicts that are remembered for the page.
const RECENT: usize = 50;

/// Sites that are counted by name, at most; others are counted together.
const SITES: usize = 1000;

/// What sites are counted under that came after those.
const OTHERS: &str = "(others)";

/// Characters of an id, a title or a site that are remembered.
const SHOWN: usize = 200;

/// What a document is called.
#[derive(Debug)]
pub(super) struct Label {
    id: String,
    site: String,
    title: Option<String>,
}

fn shown(text: &str) -> String {
    let end = text.char_indices().nth(SHOWN).map_or(text.len(), |(end, _)| end);
    text[..end].to_owned()
}

impl Label {
    pub fn of(document: &Incoming) -> Label {
        let title = document.meta.title.as_deref().map(shown);
        Label { id: shown(&document.id), site: shown(&document.meta.site), title }
    }
}

/// A verdict that was given.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RecentVerdict {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    site: String,
    verdict: &'static str,
    of: Option<String>,
    seen_at: String,
}

/// Documents of a site by what they were.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct SiteFigures {
    site: String,
    documents: u64,
    verdicts: BTreeMap<&'static str, u64>,
}

/// What the page shows of the time since the start.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    pub verdicts: BTreeMap<&'static str, u64>,
    pub rejected: u64,
    /// The youngest first.
    pub recent: Vec<RecentVerdict>,
    /// Those with the most documents first.
    pub sites: Vec<SiteFigures>,
}

#[derive(Debug, Default)]
struct Histogram {
    counts: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

#[derive(Debug, Default)]
struct Counts {
    requests: BTreeMap<(String, String, u16), u64>,
    seconds: BTreeMap<String, Histogram>,
    relations: [u64; Directed::ALL.len()],
    rejected: u64,
    recent: VecDeque<RecentVerdict>,
    sites: HashMap<String, [u64; Directed::ALL.len()]>,
}

impl Counts {
    fn count(&mut self, site: &str, relation: usize) {
        self.relations[relation] += 1;
        if let Some(relations) = self.sites.get_mut(site) {
            relations[relation] += 1;
            return;
        }
        let site = if self.sites.len() < SITES { site } else { OTHERS };
        self.sites.entry(site.to_owned()).or_default()[relation] += 1;
    }
}

/// Counts of requests and verdicts.
#[derive(Debug, Default)]
pub(super) struct Figures(Mutex<Counts>);

/// A figure of this moment: its name, what it is, and how much.
pub(super) type Gauge = (&'static str, &'static str, f64);

impl Figures {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request; `route` is one of ours, not what was asked for.
    pub fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let mut counts = self.counts();
        *counts.requests.entry((method.to_owned(), route.to_owned(), status)).or_default() += 1;
        let histogram = counts.seconds.entry(route.to_owned()).or_default();
        let seconds = took.as_secs_f64();
        histogram.count += 1;
        histogram.seconds += seconds;
        let buckets = histogram.counts.iter_mut().zip(BUCKETS);
        buckets.filter(|(_, most)| seconds <= *most).for_each(|(count, _)| *count += 1);
    }

    /// Counts lines that gave no document.
    pub fn rejected(&self, lines: u64) {
        self.counts().rejected += lines;
    }

    /// Takes note of verdicts.
    pub fn answered(&self, told: Vec<(Label, Answer)>) {
        let mut counts = self.counts();
        for (label, answer) in &told {
            counts.count(&label.site, answer.verdict.relation as usize);
        }
        let passed = told.len().saturating_sub(RECENT);
        for (label, answer) in told.into_iter().skip(passed) {
            if counts.recent.len() == RECENT {
                counts.recent.pop_front();
            }
            counts.recent.push_back(RecentVerdict {
                id: label.id,
                title: label.title,
                site: label.site,
                verdict: answer.verdict.relation.name(),
                of: answer.verdict.of().map(shown),
                seen_at: line::time(answer.verdict.seen),
            });
        }
    }

    pub fn told(&self) -> Told {
        let counts = self.counts();
        let site = |(site, relations): (&String, &[u64; Directed::ALL.len()])| SiteFigures {
            site: site.clone(),
            documents: relations.iter().sum(),
            verdicts: named(relations),
        };
        let mut sites: Vec<SiteFigures> = counts.sites.iter().map(site).collect();
        sites.sort_by(|a, b| b.documents.cmp(&a.documents).then(a.site.cmp(&b.site)));
        sites.truncate(RECENT);
        let recent = counts.recent.iter().rev().cloned().collect();
        Told { verdicts: named(&counts.relations), rejected: counts.rejected, recent, sites }
    }

    /// All of it as Prometheus reads it.
    pub fn prometheus(&self, gauges: &[Gauge]) -> String {
        let counts = self.counts();
        let mut out = String::new();
        head(&mut out, "wirecopy_requests_total", "counter", "Requests by route, method and status.");
        for ((method, route, status), count) in &counts.requests {
            let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
            put(&mut out, "wirecopy_requests_total", &labels, *count as f64);
        }
        head(&mut out, "wirecopy_verdicts_total", "counter", "Documents by what they were.");
        for (relation, count) in Directed::ALL.into_iter().zip(counts.relations) {
            put(
                &mut out,
                "wirecopy_verdicts_total",
                &format!("relation=\"{}\"", relation.name()),
                count as f64,
            );
        }
        head(&mut out, "wirecopy_rejected_lines_total", "counter", "Lines that gave no document.");
        put(&mut out, "wirecopy_rejected_lines_total", "", counts.rejected as f64);
        let name = "wirecopy_request_seconds";
        head(&mut out, name, "histogram", "Seconds until a response began, by route.");
        for (route, histogram) in &counts.seconds {
            for (most, count) in BUCKETS.into_iter().zip(histogram.counts) {
                let labels = format!("route=\"{route}\",le=\"{most}\"");
                put(&mut out, &format!("{name}_bucket"), &labels, count as f64);
            }
            let all = format!("route=\"{route}\",le=\"+Inf\"");
            put(&mut out, &format!("{name}_bucket"), &all, histogram.count as f64);
            let labels = format!("route=\"{route}\"");
            put(&mut out, &format!("{name}_sum"), &labels, histogram.seconds);
            put(&mut out, &format!("{name}_count"), &labels, histogram.count as f64);
        }
        for &(name, what, value) in gauges {
            head(&mut out, name, "gauge", what);
            put(&mut out, name, "", value);
        }
        out
    }
}

fn named(relations: &[u64; Directed::ALL.len()]) -> BTreeMap<&'static str, u64> {
    let named = Directed::ALL.into_iter().map(Directed::name).zip(*relations);
    named.filter(|(_, count)| *count > 0).collect()
}

// A string takes whatever is written to it.
fn head(out: &mut String, name: &str, kind: &str, what: &str) {
    let _ = writeln!(out, "# HELP {name} {what}\n# TYPE {name} {kind}");
}

fn put(out: &mut String, name: &str, labels: &str, value: f64) {
    let _ = match labels {
        "" => writeln!(out, "{name} {value}"),
        labels => writeln!(out, "{name}{{{labels}}} {value}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_all_that_took_no_longer() {
        let figures = Figures::default();
        for milliseconds in [1, 3, 70, 20_000] {
            figures.request("GET", "/healthz", 200, Duration::from_millis(milliseconds));
        }
        let text = figures.prometheus(&[("wirecopy_segments", "Segments.", 4.0)]);
        for line in [
            "wirecopy_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 4",
            "wirecopy_request_seconds_bucket{route=\"/healthz\",le=\"0.005\"} 2",
            "wirecopy_request_seconds_bucket{route=\"/healthz\",le=\"+Inf\"} 4",
            "# TYPE wirecopy_segments gauge",
            "wirecopy_segments 4",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
    }
}
