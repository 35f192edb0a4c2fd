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
use crate::hash::avalanche;
use crate::model::Reader;
use crate::options::Cancel;

/// Characters of a gram.
const GRAM: usize = 9;

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
    cancel: &Cancel,
) -> Result<Vec<Candidate>> {
    if !learned.model.noisy {
        return Ok(Vec::new());
    }
    let documents: Vec<u32> = (0..removed.len() as u32).filter(|&d| !removed[d as usize]).collect();
    let noisy = noisy(texts, learned, &documents, cancel)?;
    if noisy.is_empty() {
        return Ok(Vec::new());
    }
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
                || Reader::new(learned.recipe, texts.kernel),
                |reader, &document| {
                    cancel.check()?;
                    let found = texts.get(document, |text| {
                        reader.read_plainly(text);
                        let all: Vec<u64> = grams(reader).collect();
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
    let pairs = all.join(RARE, &Gate::of_share(SHARE, LEAST), removed, cancel)?.into_iter();
    Ok(pairs.filter(|&(a, b)| is_noisy[a as usize] || is_noisy[b as usize]).collect())
}

/// The noisy ones of some documents, each with its grams.
fn noisy(
    texts: &Texts<'_>,
    learned: &Learned<'_>,
    documents: &[u32],
    cancel: &Cancel,
) -> Result<Vec<(u32, Vec<u64>)>> {
    let found: Vec<Option<(u32, Vec<u64>)>> = documents
        .par_iter()
        .map_init(
            || Reader::new(learned.recipe, texts.kernel),
            |reader, &document| {
                cancel.check()?;
                let grams = texts.get(document, |text| {
                    reader.read_plainly(text);
                    reader.is_noisy(&learned.model.seen).then(|| grams(reader).collect::<Vec<u64>>())
                });
                Ok(grams.ok().flatten().map(|grams| (document, grams)))
            },
        )
        .collect::<Result<_>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// A part of the grams of the text that was read, chosen by what they are.
fn grams(reader: &Reader) -> impl Iterator<Item = u64> + '_ {
    let characters = reader.tokens().joined();
    let count = (characters.len() + 1).saturating_sub(GRAM);
    (0..count).filter_map(move |at| {
        let window = characters.get(at..at + GRAM)?;
        let (eight, ninth) = window.split_first_chunk::<8>()?;
        let number = u64::from_le_bytes(*eight) ^ u64::from(ninth[0]).rotate_right(8).wrapping_mul(3);
        let mixed = number.wrapping_mul(crate::hash::MULTIPLIERS[0]);
        (mixed >> 56).is_multiple_of(RATE).then(|| avalanche(mixed ^ u64::from(ninth[0])))
    })
}
