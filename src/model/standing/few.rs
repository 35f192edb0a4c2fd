//! Standing text among a few documents of one site, for an index that was given no model.
//!
//! An arrival that meets several documents of one site is counted with them as [`learn`](super::learn) counts a site.
//! Five items are enough to say that a text stands, so a dozen documents say it as well as the whole site would, and
//! nothing has to be kept beside the documents themselves.

use super::news::{Heights, level};
use super::{COPY, GOOD, ITEM, StandingRow};
use crate::model::hashed::ByHash;

/// A document of a site, as it is counted.
#[derive(Debug, Clone, Copy)]
pub struct FewPage<'a> {
    /// Its tokens.
    pub tokens: usize,
    /// Its shingles, in order.
    pub shingles: &'a [u64],
}

/// Counts a few documents at a time, reusing its memory.
#[derive(Debug, Default)]
pub struct Few {
    /// By shingle: documents, the last of them, and items.
    counts: ByHash<(u32, u32, u64)>,
    heights: Heights,
}

impl Few {
    /// Appends what stands among documents of a site: shingles of `k` tokens with as many items there as a whole site needs.
    /// Linear in their shingles.
    pub fn learn(
        &mut self,
        k: usize,
        (site, known): (u64, bool),
        pages: &[FewPage<'_>],
        rows: &mut Vec<StandingRow>,
    ) {
        let Few { counts, heights } = self;
        counts.clear();
        for (page, number) in pages.iter().zip(1..) {
            for &shingle in page.shingles {
                let (documents, last, _) = counts.entry(shingle).or_default();
                *documents += u32::from(*last != number);
                *last = number;
            }
        }
        let after = pages.len() as u32;
        for (page, number) in pages.iter().zip(after + 1..) {
            heights.clear(page.tokens);
            for (at, shingle) in page.shingles.iter().enumerate() {
                heights.cover(at, k, level(counts.get(shingle).map_or(0, |counts| counts.0)));
            }
            let Some(printed) = heights.printed() else { continue };
            for shingle in page.shingles {
                let Some((documents, last, items)) = counts.get_mut(shingle) else { continue };
                let is_counted = *last != number && 2 * printed <= *documents;
                *last = number;
                *items += if is_counted { ITEM / u64::from(printed) } else { 0 };
            }
        }
        let least = if known { COPY } else { GOOD };
        let stands = counts.iter().filter(|(_, counts)| counts.2 >= least);
        rows.extend(stands.map(|(&shingle, &(documents, _, items))| StandingRow {
            shingle,
            site,
            documents,
            items,
        }));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::oracle::{self, K, OracleDocument, any_corpus};
    use super::super::{Stand, Weeks};
    use super::*;
    use std::collections::BTreeMap;

    /// What stands by its few documents, as [`oracle::learn`] gives it.
    fn learned(documents: &[&OracleDocument]) -> Vec<StandingRow> {
        let shingles: Vec<Vec<u64>> = documents.iter().map(|document| document.shingles()).collect();
        let pages: Vec<FewPage<'_>> = std::iter::zip(documents, &shingles)
            .map(|(document, shingles)| FewPage { tokens: document.tokens.len(), shingles })
            .collect();
        let (mut rows, first) = (Vec::new(), documents[0]);
        Few::default().learn(K, (first.hash(), first.site > 0), &pages, &mut rows);
        rows.sort_unstable();
        rows
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_site_is_counted_as_by_the_slow_version(corpus in any_corpus(40)) {
            let wanted = oracle::learn(&corpus, Weeks::Ignored);
            let mut sites: BTreeMap<u64, Vec<&OracleDocument>> = BTreeMap::new();
            for document in corpus.documents.iter().filter(|document| document.tokens.len() >= K && !document.noisy) {
                sites.entry(document.site).or_default().push(document);
            }
            // The slow version counts noisy documents of known sites, and asks less of small sites.
            let is_clean = corpus.documents.iter().all(|document| !document.noisy);
            for documents in sites.values().filter(|_| is_clean) {
                let hash = documents[0].hash();
                let least = if documents[0].site > 0 { 4.0 } else { 5.0 };
                let rows: Vec<(u64, u32)> = learned(documents).iter().map(|row| (row.shingle, row.documents)).collect();
                let all: Vec<(u64, u32)> = wanted
                    .iter()
                    .filter(|&(&(_, site), &(_, items))| site == hash && items + 1e-9 >= least)
                    .map(|(&(shingle, _), &(documents, _))| (shingle, documents))
                    .collect();
                prop_assert_eq!(rows, all);
            }
        }
    }

    #[test]
    fn four_items_stand_and_versions_of_one_do_not() {
        let below = oracle::text(1, 60);
        let story = |number: u64| oracle::document(3, &[oracle::text(10 + number, 40), below.clone()]);
        let stories: Vec<OracleDocument> = (0..5).map(story).collect();
        let of = |count: usize| learned(&stories.iter().take(count).collect::<Vec<_>>());
        assert!(of(3).is_empty());
        assert!(of(4).len() >= 50 && of(4).iter().all(|row| row.stand() == Stand::Copy));
        assert!(of(5).iter().all(|row| row.stand() == Stand::Good));
        // A story that grows: each version has all of the one before.
        let version = |number: u64| {
            let parts: Vec<Vec<u64>> = (0..=number).map(|part| oracle::text(50 + part, 40)).collect();
            oracle::document(3, &parts)
        };
        let versions: Vec<OracleDocument> = (0..9).map(version).collect();
        assert!(learned(&versions.iter().collect::<Vec<_>>()).is_empty());
    }
}
