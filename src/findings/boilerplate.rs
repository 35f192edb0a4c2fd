//! The chrome that a model knows, as text: lines of it by site, with the number of documents that have them.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::standing::passages;
use crate::hash::avalanche;
use crate::model::{ContentReader, Model};
use crate::recipe::Recipe;
use crate::report::{BoilerplateKind, BoilerplateRow};
use crate::scan::Run;
use crate::scan::learn::Learned;
use crate::scan::texts::Texts;

/// Documents that have a line of chrome, at least, for it to be listed.
const LEAST: u32 = 5;

/// Documents that have it, for each that has the line that most of the site's have. Lists that change ("Most read") are
/// chrome too, and the same headlines come together on some pages; what a site prints is what it prints on most.
const SHARE: f64 = 0.2;

/// Tokens of a piece within a line, at least: the first word of a story may be chrome by what stands before it.
const WITHIN: usize = 3;

/// By site number and hash of its tokens: documents, and the first of them with the text there.
type LineCounts = BTreeMap<(u32, u64), (u32, u32, String)>;

impl Run {
    /// What the model calls chrome, as lines of text by site, and standing text, each passage once; by site, what most
    /// documents have first. Reads all texts once more where anything stands.
    pub fn boilerplate(&self) -> Vec<BoilerplateRow> {
        let Some(model) = &self.model else { return Vec::new() };
        let learned = Learned { recipe: self.recipe(), model, sites: &self.documents.site_hashes() };
        self.install(|| {
            let mut rows = lines(&self.texts(), self.recipe(), model);
            rows.extend(passages(&self.texts(), &learned));
            rows.sort_by(|x, y| {
                let key = |row: &BoilerplateRow| (std::cmp::Reverse(row.documents), row.kind);
                (&x.source, key(x), &x.text).cmp(&(&y.source, key(y), &y.text))
            });
            rows
        })
    }
}

/// Lines of chrome by site and how many documents have them.
fn lines(texts: &Texts<'_>, recipe: Recipe, model: &Model) -> Vec<BoilerplateRow> {
    let sites = texts.documents.site_hashes();
    let entries = &texts.documents.entries;
    let documents: Vec<u32> = (0..entries.len() as u32)
        .filter(|&d| model.chrome.knows(sites[entries[d as usize].site as usize]))
        .collect();
    let parts: Vec<LineCounts> = documents
        .par_chunks(64)
        .map_init(
            || ContentReader::new(recipe, texts.kernel),
            |reader, documents| {
                let mut lines = LineCounts::new();
                for &document in documents {
                    let site = entries[document as usize].site;
                    // A document that changed is reported elsewhere.
                    let _ = texts.get(document, |text| {
                        reader.read(text);
                        add(reader, text, (site, sites[site as usize]), document, model, &mut lines);
                    });
                }
                lines
            },
        )
        .collect();
    let mut all = LineCounts::new();
    for (key, (count, document, text)) in parts.into_iter().flatten() {
        let line = all.entry(key).or_insert((0, document, text));
        line.0 += count;
    }
    let mut most: HashMap<u32, u32> = HashMap::new();
    for ((site, _), (documents, ..)) in &all {
        let known = most.entry(*site).or_default();
        *known = (*known).max(*documents);
    }
    let is_listed = |site: &u32, documents: u32| {
        let most = most.get(site).copied().unwrap_or_default();
        documents >= LEAST && f64::from(documents) >= SHARE * f64::from(most)
    };
    all.into_iter()
        .filter(|((site, _), line)| is_listed(site, line.0))
        .map(|((site, _), (documents, _, text))| BoilerplateRow {
            source: texts.documents.sites[site as usize].clone(),
            kind: BoilerplateKind::Chrome,
            text,
            documents,
            items: 0,
        })
        .collect()
}

/// Adds the lines of chrome of one document, which was read.
fn add(
    reader: &mut ContentReader,
    text: &str,
    (site, site_hash): (u32, u64),
    document: u32,
    model: &Model,
    lines: &mut LineCounts,
) {
    let mut pieces = reader.chrome(text, site_hash, model);
    if pieces.is_empty() {
        return;
    }
    let breaks = reader.breaks(text);
    let begins = |token: usize| breaks.get(token).is_none_or(|&begins| begins);
    pieces.retain(|piece| piece.len() >= WITHIN || (begins(piece.start) && begins(piece.end)));
    let mut seen = Vec::new();
    for piece in pieces {
        let hashes = &reader.hashes()[piece.clone()];
        let key = hashes.iter().fold(1, |key: u64, &hash| avalanche(key.rotate_left(7) ^ hash));
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let bytes = || text.get(reader.bytes_of(&piece)).unwrap_or_default().to_owned();
        let line = lines.entry((site, key)).or_insert_with(|| (0, document, bytes()));
        line.0 += 1;
    }
}
