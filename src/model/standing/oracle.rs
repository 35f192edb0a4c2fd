//! The slow, obvious version of everything here, and corpora to compare it on.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use proptest::prelude::*;

use super::{LEVELS, PageInfo, PageText, Pages, Stand, Weeks};
use crate::error::Result;
use crate::hash::{avalanche, shingle_hash};
use crate::model::EVERY_SITE;

/// Tokens of a shingle.
pub const K: usize = 5;

/// A document of a test.
#[derive(Debug, Clone)]
pub struct OracleDocument {
    /// 0 is the unknown site.
    pub site: u64,
    pub noisy: bool,
    pub day: Option<i64>,
    pub tokens: Vec<u64>,
}

impl OracleDocument {
    pub fn shingles(&self) -> Vec<u64> {
        if (1..K).contains(&self.tokens.len()) {
            return vec![shingle_hash(&self.tokens)];
        }
        self.tokens.windows(K).map(shingle_hash).collect()
    }

    /// The hash of its site.
    pub fn hash(&self) -> u64 {
        avalanche(self.site + 1)
    }
}

/// Documents with their shingles.
#[derive(Debug)]
pub struct OracleCorpus {
    pub documents: Vec<OracleDocument>,
    shingles: Vec<Vec<u64>>,
}

impl OracleCorpus {
    pub fn new(documents: Vec<OracleDocument>) -> OracleCorpus {
        let shingles = documents.iter().map(OracleDocument::shingles).collect();
        OracleCorpus { documents, shingles }
    }
}

impl Pages for OracleCorpus {
    type Reader = ();

    fn count(&self) -> u32 {
        self.documents.len() as u32
    }

    fn page(&self, number: u32) -> Option<PageInfo> {
        let document = &self.documents[number as usize];
        let tokens = document.tokens.len() as u32;
        Some(PageInfo { site: document.hash(), known: document.site > 0, tokens })
    }

    fn reader(&self) {}

    fn read<'r>(&'r self, (): &'r mut (), number: u32) -> Result<PageText<'r>> {
        let document = &self.documents[number as usize];
        let shingles = &self.shingles[number as usize];
        Ok(PageText { shingles, noisy: document.noisy, day: document.day })
    }
}

/// Some text of so many tokens that nothing else has.
pub fn text(from: u64, tokens: u64) -> Vec<u64> {
    (0..tokens).map(|token| avalanche(from << 20 | (token + 1))).collect()
}

/// A document of a known site.
pub fn document(site: u64, parts: &[Vec<u64>]) -> OracleDocument {
    OracleDocument { site, noisy: false, day: None, tokens: parts.concat() }
}

/// Tokens of a text in long enough runs that no shingle covers which `is_hot`, and how many are wanted.
fn news(tokens: usize, shingles: &[u64], is_hot: impl Fn(u64) -> bool) -> (usize, usize) {
    let (least, wanted) = ((tokens / 8).clamp(5, 12), (tokens / 5).clamp(6, 20));
    let hot: HashSet<usize> =
        (0..shingles.len()).filter(|&at| is_hot(shingles[at])).flat_map(|at| at..at + K).collect();
    let (mut all, mut run) = (0, 0);
    for token in 0..=tokens {
        if token < tokens && !hot.contains(&token) {
            run += 1;
        } else {
            all += if run >= least { run } else { 0 };
            run = 0;
        }
    }
    (all, wanted)
}

#[derive(Debug, Clone, Copy, Default)]
struct OracleCounts {
    documents: u32,
    items: f64,
    bare: u32,
    weeks: usize,
}

/// Two passes over one group, as the rule has them.
fn group(documents: &[&OracleDocument]) -> HashMap<u64, OracleCounts> {
    let sets: Vec<BTreeSet<u64>> = documents.iter().map(|d| d.shingles().into_iter().collect()).collect();
    let mut counts: HashMap<u64, OracleCounts> = HashMap::new();
    let mut weeks: HashMap<u64, BTreeSet<i64>> = HashMap::new();
    for (document, set) in documents.iter().zip(&sets) {
        for &shingle in set {
            counts.entry(shingle).or_default().documents += 1;
            weeks.entry(shingle).or_default().extend(document.day.map(|day| day.div_euclid(7)));
        }
    }
    let before = counts.clone();
    for (document, set) in documents.iter().zip(&sets) {
        let (tokens, shingles) = (document.tokens.len(), document.shingles());
        let has_news = |&&c: &&u32| {
            let (own, wanted) = news(tokens, &shingles, |shingle| before[&shingle].documents > c);
            own >= wanted
        };
        let printed = LEVELS.iter().find(has_news);
        for shingle in set {
            let of = counts.entry(*shingle).or_default();
            match printed {
                Some(&c) if f64::from(c) <= f64::from(of.documents) / 2.0 => of.items += 1.0 / f64::from(c),
                _ => of.bare += 1,
            }
        }
    }
    for (shingle, weeks) in weeks {
        counts.entry(shingle).or_default().weeks = weeks.len();
    }
    counts
}

/// What stands, by shingle and site: documents and items.
pub fn learn(corpus: &OracleCorpus, weeks: Weeks) -> BTreeMap<(u64, u64), (u32, f64)> {
    let mut sites: BTreeMap<u64, Vec<&OracleDocument>> = BTreeMap::new();
    corpus.documents.iter().for_each(|document| sites.entry(document.site).or_default().push(document));
    let is_counted = |document: &&&OracleDocument| document.tokens.len() >= K;
    let mut rows = BTreeMap::new();
    for (&site, documents) in &sites {
        let clean = |document: &&&OracleDocument| site > 0 || !document.noisy;
        let counted: Vec<&OracleDocument> =
            documents.iter().filter(is_counted).filter(clean).copied().collect();
        for (shingle, mut counts) in group(&counted) {
            if weeks == Weeks::Counted && counts.weeks >= 8 {
                counts.items = counts.items.max(counts.weeks as f64 / 2.0);
            }
            let on_most = f64::from(counts.documents) >= 0.75 * documents.len() as f64;
            let least = if site == 0 { 5.0 } else { 4.0 };
            if counts.items + 1e-9 >= least || (site > 0 && counts.items + 1e-9 >= 3.0 && on_most) {
                rows.insert((shingle, avalanche(site + 1)), (counts.documents, counts.items));
            }
        }
    }
    if sites.len() > 1 {
        let counted: Vec<&OracleDocument> =
            corpus.documents.iter().filter(|d| d.tokens.len() >= K && !d.noisy).collect();
        for (shingle, counts) in group(&counted) {
            let bare = f64::from(counts.bare);
            if counts.items + 1e-9 >= 8.0 && bare <= 0.1 * f64::from(counts.documents) + 1e-9 {
                rows.insert((shingle, EVERY_SITE), (counts.documents, counts.items));
            }
        }
    }
    rows
}

/// How the tokens of a text stand, by a list of what stands.
pub fn marks(document: &OracleDocument, stand: impl Fn(u64) -> Stand) -> Vec<Stand> {
    let mut marks = vec![Stand::Own; document.tokens.len()];
    for least in [Stand::Copy, Stand::Good] {
        let mut covered = vec![false; marks.len()];
        for (at, shingle) in document.shingles().into_iter().enumerate() {
            if stand(shingle) >= least {
                (at..covered.len().min(at + K)).for_each(|token| covered[token] = true);
            }
        }
        for (token, mark) in marks.iter_mut().enumerate() {
            let start = (0..=token).rev().take_while(|&i| covered[i]).last();
            let end = (token..covered.len()).take_while(|&i| covered[i]).last();
            if let (Some(start), Some(end)) = (start, end)
                && end + 1 - start >= 8
            {
                *mark = least;
            }
        }
    }
    marks
}

/// Which shared text it is, how many tokens it has if it is none, and whether it is none.
type ItemPart = (u64, u64, bool);

/// Site, noisy or not, day, and parts.
type Made = (u64, bool, Option<i64>, Vec<ItemPart>);

/// A document of parts that others have too and parts of its own, on one of five sites or on none.
fn any_document() -> impl Strategy<Value = Made> {
    let part = (0u64..12, 0u64..40, any::<bool>());
    let parts = proptest::collection::vec(part, 1..5);
    (0u64..6, proptest::bool::weighted(0.1), proptest::option::of(0i64..200), parts)
}

/// Corpora in which shared parts of 1 to 60 tokens stand above, below and among others.
pub fn any_corpus(most: usize) -> impl Strategy<Value = OracleCorpus> {
    let of = |(number, (site, noisy, day, parts)): (usize, Made)| {
        let part = |(at, (shared, tokens, own)): (usize, ItemPart)| {
            if own {
                text(1000 + 10 * number as u64 + at as u64, tokens)
            } else {
                text(shared, 1 + 7 * shared % 60)
            }
        };
        let parts: Vec<Vec<u64>> = parts.into_iter().enumerate().map(part).collect();
        OracleDocument { site, noisy, day, tokens: parts.concat() }
    };
    proptest::collection::vec(any_document(), 0..most)
        .prop_map(move |documents| OracleCorpus::new(documents.into_iter().enumerate().map(of).collect()))
}
