//! Candidates among noisy documents, which share characters in a row and hardly a shingle.
//!
//! Runs of nine characters that few documents have, as passim does (Smith, Cordell and Mullen, "Computational methods
//! for uncovering reprinted texts in antebellum newspapers", American Literary History 27, 2015), at a quarter of
//! their number.

use bitvec::prelude::*;
use rayon::prelude::*;

use super::grams::Grams;
use super::learn::Learned;
use super::texts::Texts;
use crate::candidates::{Candidate, Gate};
use crate::error::Result;
use crate::model::ContentReader;
use crate::options::Resources;
use crate::signature::grams::grams;

/// Documents that a gram stands in, at most, to count.
const RARE: usize = 12;

/// One gram in so many is looked at.
const RATE: u64 = 4;

/// Common grams that a candidate has at least: this many, and this share of those of the shorter text.
const LEAST: u32 = 20 / RATE as u32;
const SHARE: f64 = 0.02;

/// Pairs that share rare grams, one of them noisy at least.
pub(super) fn candidates(
    texts: &Texts<'_>,
    learned: &Learned<'_>,
    removed: &BitSlice,
    resources: &Resources,
) -> Result<Vec<Candidate>> {
    if !learned.model.noisy {
        return Ok(Vec::new());
    }
    let documents: Vec<u32> = (0..removed.len() as u32).filter(|&d| !removed[d as usize]).collect();
    let noisy = noisy(texts, learned, &documents, resources)?;
    if noisy.is_empty() {
        return Ok(Vec::new());
    }
    resources.progress.plan((documents.len() - noisy.len()) as u64);
    let mut is_noisy: BitVec = bitvec![0; removed.len()];
    let mut all = Grams::new(removed.len());
    let slots = (noisy.iter().map(|(_, grams)| grams.len()).sum::<usize>() * 8).next_power_of_two();
    let mut known: BitVec = bitvec![0; slots];
    for (document, grams) in &noisy {
        is_noisy.set(*document as usize, true);
        all.add(*document, grams.len(), grams.iter().copied());
        for &gram in grams {
            known.set(gram as usize & (slots - 1), true);
        }
    }
    {
        let clean: Vec<(u32, usize, Vec<u64>)> = documents
            .par_iter()
            .filter(|&&d| !is_noisy[d as usize])
            .map_init(
                || ContentReader::new(learned.recipe, texts.kernel),
                |reader, &document| {
                    resources.cancel.check()?;
                    resources.progress.did(1);
                    let found = texts.get(document, |text| {
                        reader.read_plainly(text);
                        let all: Vec<u64> = grams(&reader.joined(), RATE).collect();
                        let shared = all.iter().copied().filter(|&gram| known[gram as usize & (slots - 1)]);
                        (document, all.len(), shared.collect::<Vec<u64>>())
                    });
                    Ok(found.ok())
                },
            )
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect();
        for (document, count, shared) in clean {
            all.add(document, count, shared);
        }
    }
    let pairs = all.join(RARE, &Gate::of_share(SHARE, LEAST), removed, resources)?.into_iter();
    Ok(pairs.filter(|&(a, b)| is_noisy[a as usize] || is_noisy[b as usize]).collect())
}

/// The noisy ones of some documents, each with its grams.
fn noisy(
    texts: &Texts<'_>,
    learned: &Learned<'_>,
    documents: &[u32],
    resources: &Resources,
) -> Result<Vec<(u32, Vec<u64>)>> {
    resources.progress.plan(documents.len() as u64);
    let found: Vec<Option<(u32, Vec<u64>)>> = documents
        .par_iter()
        .map_init(
            || ContentReader::new(learned.recipe, texts.kernel),
            |reader, &document| {
                resources.cancel.check()?;
                resources.progress.did(1);
                let grams = texts.get(document, |text| {
                    reader.read_plainly(text);
                    reader
                        .is_noisy(&learned.model.seen)
                        .then(|| grams(&reader.joined(), RATE).collect::<Vec<u64>>())
                });
                Ok(grams.ok().flatten().map(|grams| (document, grams)))
            },
        )
        .collect::<Result<_>>()?;
    Ok(found.into_iter().flatten().collect())
}
