//! Candidates among short texts whose facts stand so close that two fillings of one form have no sample in common.

use bitvec::prelude::*;
use rayon::prelude::*;

use super::grams::Grams;
use super::learn::Learned;
use super::texts::Texts;
use crate::align::{TokenKind, Words};
use crate::candidates::{Candidate, Gate};
use crate::error::Result;
use crate::hash::avalanche;
use crate::model::{Content, ContentReader};
use crate::options::Resources;

/// Tokens of a text, at most: longer forms have stretches without facts.
const SHORT: u32 = 120;

/// Words of a gram, a run of facts counting as one; and how many of them are no facts, at least.
const GRAM: usize = 6;
const PLAIN: usize = 3;

/// Documents that a gram stands in, at most, to count.
const RARE: usize = 64;

/// Common grams that a candidate has at least: this many, and this share of those of the shorter text.
const LEAST: u32 = 3;
const SHARE: f64 = 0.35;

/// Pairs of short texts that share words around their facts.
pub(super) fn candidates(
    texts: &Texts<'_>,
    learned: &Learned<'_>,
    removed: &BitSlice,
    resources: &Resources,
) -> Result<Vec<Candidate>> {
    let entries = &texts.documents.entries;
    let is_short =
        |&d: &u32| (GRAM as u32..=SHORT).contains(&entries[d as usize].tokens) && !removed[d as usize];
    let documents: Vec<u32> = (0..entries.len() as u32).filter(is_short).collect();
    resources.progress.plan(documents.len() as u64);
    let found: Vec<Option<(u32, Vec<u64>)>> = documents
        .par_iter()
        .map_init(
            || (ContentReader::new(learned.recipe, texts.kernel), Content::default()),
            |(reader, content), &document| {
                resources.cancel.check()?;
                resources.progress.did(1);
                let site = learned.sites[entries[document as usize].site as usize];
                let grams = texts.get(document, |text| {
                    reader.read(text);
                    reader.content(text, site, learned.model, content);
                    grams(&content.words)
                });
                // A document that changed is reported where it is judged.
                Ok(grams.ok().map(|grams| (document, grams)))
            },
        )
        .collect::<Result<_>>()?;
    let mut all = Grams::new(removed.len());
    for (document, grams) in found.into_iter().flatten() {
        all.add(document, grams.len(), grams);
    }
    all.join(RARE, &Gate::of_share(SHARE, LEAST), removed, resources)
}

/// The grams of a text that have some facts, and not too many, without repeats.
fn grams(words: &Words) -> Vec<u64> {
    // None for a run of facts.
    let mut symbols: Vec<Option<u64>> = Vec::new();
    for (&hash, kind) in words.hashes().iter().zip(words.kinds()) {
        match kind.is(TokenKind::FACT) {
            true if symbols.last() == Some(&None) => {}
            true => symbols.push(None),
            false => symbols.push(Some(hash)),
        }
    }
    let has_facts = |gram: &&[Option<u64>]| (PLAIN..GRAM).contains(&gram.iter().flatten().count());
    let hash = |gram: &[Option<u64>]| {
        gram.iter().fold(3, |key: u64, symbol| avalanche(key.rotate_left(7) ^ symbol.unwrap_or(1)))
    };
    let mut grams: Vec<u64> = symbols.windows(GRAM).filter(has_facts).map(hash).collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}
