//! Standing text as people read it: each passage once, with the documents and the items that have it.
//!
//! Two documents have a passage with other words of it before and behind, so that runs of standing text rarely are the
//! same. A run is known by the least of its shingles, which most runs of one passage share; of those the longest is
//! shown. What is left of a passage under another shingle is mostly covered by what is shown, and is no passage of its own.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use crate::hash::avalanche;
use crate::model::hashed::Hashes;
use crate::model::standing::{ITEM, Stand, StandingRow};
use crate::model::{ContentReader, EVERY_SITE};
use crate::report::{BoilerplateKind, BoilerplateRow};
use crate::scan::learn::Learned;
use crate::scan::texts::Texts;

/// Tokens of a passage, at least: fewer say little by themselves.
const LEAST: usize = 20;

/// A passage is new where fewer than one in so many of its shingles are in those that are shown already.
const NEW: usize = 2;

/// Where a run stands, the longest first; of equally long ones the earliest document.
type RunPlace = (std::cmp::Reverse<usize>, u32, usize);

/// By the least shingle of a run: the longest such run.
type LongestRuns = BTreeMap<u64, RunPlace>;

/// Passages that stand, those of the most documents first.
pub(super) fn passages(texts: &Texts<'_>, learned: &Learned<'_>) -> Vec<BoilerplateRow> {
    let standing = &learned.model.standing;
    if standing.is_empty() {
        return Vec::new();
    }
    let runs = runs(texts, learned);
    let mut passages: Vec<(StandingCount, u64, RunPlace)> = runs
        .into_iter()
        .map(|(least, place)| (StandingCount::of(standing.rows_of(least)), least, place))
        .collect();
    passages
        .sort_unstable_by_key(|(count, least, place)| (std::cmp::Reverse(count.documents), *place, *least));
    let mut shown = Hashes::default();
    let mut reader = ContentReader::new(learned.recipe, texts.kernel);
    let mut rows = Vec::new();
    for (count, _, (std::cmp::Reverse(len), document, start)) in passages {
        let shingles = start..start + len + 1 - learned.recipe.shingle();
        // A document that changed is reported elsewhere.
        let _ = texts.get(document, |text| {
            reader.read(text);
            let Some(shingles) = reader.shingles().get(shingles) else { return };
            let known = shingles.iter().filter(|shingle| shown.contains(shingle)).count();
            if NEW * known >= shingles.len() {
                return;
            }
            shown.extend(shingles.iter().copied());
            let bytes = reader.bytes_of(&(start..start + len));
            rows.push(BoilerplateRow {
                source: count.source(texts, learned),
                kind: BoilerplateKind::Standing,
                text: text.get(bytes).unwrap_or_default().to_owned(),
                documents: count.documents,
                items: count.items,
            });
        });
    }
    rows
}

/// How many documents and items have a shingle that stands.
struct StandingCount {
    /// The site, where it is one only.
    site: Option<u64>,
    documents: u32,
    items: u32,
}

impl StandingCount {
    fn of(rows: &[StandingRow]) -> StandingCount {
        let mut sites = rows.iter().filter(|row| row.site != EVERY_SITE);
        let all = rows.iter().find(|row| row.site == EVERY_SITE);
        let documents = rows.iter().filter(|row| row.site != EVERY_SITE).map(|row| row.documents).sum();
        let items: u64 = rows.iter().filter(|row| row.site != EVERY_SITE).map(|row| row.items).sum();
        let site = sites.next().filter(|_| all.is_none() && sites.next().is_none()).map(|row| row.site);
        let [documents, items] = match all {
            Some(row) => [row.documents, (row.items / ITEM) as u32],
            None => [documents, (items / ITEM) as u32],
        };
        StandingCount { site, documents, items }
    }

    /// The site's name; empty where there are many.
    fn source(&self, texts: &Texts<'_>, learned: &Learned<'_>) -> String {
        let number = self.site.and_then(|site| learned.sites.iter().position(|&hash| hash == site));
        number.map_or_else(String::new, |number| texts.documents.sites[number].clone())
    }
}

/// All runs of standing text that are no chrome, by their least shingle.
fn runs(texts: &Texts<'_>, learned: &Learned<'_>) -> LongestRuns {
    let entries = &texts.documents.entries;
    let documents: Vec<u32> = (0..entries.len() as u32).collect();
    let memory = || (ContentReader::new(learned.recipe, texts.kernel), Vec::new());
    let of_some = |(reader, marks): &mut (ContentReader, Vec<Stand>), documents: &[u32]| {
        let mut runs = LongestRuns::new();
        for &document in documents {
            let site = learned.sites[entries[document as usize].site as usize];
            // A document that changed is reported elsewhere.
            let _ = texts.get(document, |text| {
                reader.read(text);
                for run in of_text(reader, text, site, learned, marks) {
                    let shingles = &reader.shingles()[run.start..run.end + 1 - learned.recipe.shingle()];
                    let Some(&least) = shingles.iter().min_by_key(|shingle| avalanche(**shingle)) else {
                        continue;
                    };
                    insert(&mut runs, least, (std::cmp::Reverse(run.len()), document, run.start));
                }
            });
        }
        runs
    };
    let parts: Vec<LongestRuns> =
        documents.par_chunks(64).map_init(memory, |memory, documents| of_some(memory, documents)).collect();
    let mut all = LongestRuns::new();
    for (least, place) in parts.into_iter().flatten() {
        insert(&mut all, least, place);
    }
    all
}

fn insert(runs: &mut LongestRuns, least: u64, place: RunPlace) {
    let known = runs.entry(least).or_insert(place);
    *known = place.min(*known);
}

/// The runs of a text that was read, as ranges of tokens.
fn of_text(
    reader: &mut ContentReader,
    text: &str,
    site: u64,
    learned: &Learned<'_>,
    marks: &mut Vec<Stand>,
) -> Vec<Range<usize>> {
    let (k, model) = (learned.recipe.shingle(), learned.model);
    if !model.standing.mark(k, reader.count(), reader.shingles(), marks) {
        return Vec::new();
    }
    if model.chrome.knows(site) {
        reader.chrome(text, site, model).into_iter().for_each(|line| marks[line].fill(Stand::Own));
    }
    let mut runs: Vec<Range<usize>> = Vec::new();
    for token in (0..marks.len()).filter(|&token| marks[token] > Stand::Own) {
        match runs.last_mut() {
            Some(run) if run.end == token => run.end += 1,
            _ => runs.push(token..token + 1),
        }
    }
    runs.retain(|run| run.len() >= LEAST.max(k));
    runs
}
