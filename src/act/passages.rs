//! Passages that stand word for word in a second set, or in an earlier document, found to be cut out.
//!
//! Lee, Ippolito, Nystrom and others, "Deduplicating training data makes language models better" (ACL 2022), cut what stands
//! more than once over 50 tokens out of what models are trained on, by a suffix array of the whole corpus. Here the hash of
//! every run of so many tokens is looked up, a table holds the first document that has it, and what is found is compared
//! token by token: nothing is missed, nothing is cut that is not the same, and neither depends on samples, chrome or
//! standing text. Rabin and Karp's hash slides over the tokens, so that time is linear.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use rayon::prelude::*;

use crate::document::DocId;
use crate::error::{Error, Result};
use crate::hash::{MULTIPLIERS, avalanche};
use crate::model::hashed::{ByHash, SeenTwice};
use crate::scan::Run;
use crate::scan::texts::Texts;
use crate::text::Tokens;

/// A passage of one document that stands word for word in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Its bytes in the document's text.
    pub range: Range<usize>,
    /// How many tokens it has. It may begin where the passage before it ends, and then both together have as many as were
    /// asked for.
    pub tokens: u32,
    /// The other document.
    pub of: DocId,
    /// Its bytes there.
    pub of_range: Range<usize>,
}

/// The passages of a document, in order and apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shared {
    /// The passages.
    pub passages: Vec<Passage>,
    /// Whether no token stands beside them.
    pub is_all: bool,
}

/// Documents that are read together.
const BLOCK: usize = 1024;

/// Holders whose tokens are kept: neighbours quote the same ones.
const HOLDERS: usize = 64;

/// The passages of at least `least` tokens that documents have from a second set, or where there is none from documents
/// before them; documents that `is_gone` are not looked at. By document; those without are left out.
///
/// Time is linear in tokens, and in those of passages once more; memory is 24 bytes a token of the second set, or without
/// one about 1 byte a token and 24 for each that stands more than once.
///
/// # Errors
/// Cancellation.
pub fn shared(
    run: &Run,
    least: u32,
    is_gone: impl Fn(DocId) -> bool + Sync,
) -> Result<BTreeMap<DocId, Shared>> {
    let all = (0..run.documents.entries.len() as u32).map(DocId);
    let (second, own): (Vec<DocId>, Vec<DocId>) =
        all.partition(|&document| run.documents.is_against(document));
    let own: Vec<DocId> = own.into_iter().filter(|&document| !is_gone(document)).collect();
    let search = Search { run, texts: run.texts(), least: least.max(1) as usize };
    let mut known = Known { first: ByHash::default(), holders: HashMap::new() };
    if second.is_empty() {
        let seen = search.seen(&own)?;
        search.find(&own, &mut known, |hash| seen.again(hash))
    } else {
        search.learn(&second, &mut known)?;
        search.find(&own, &mut known, |_| false)
    }
}

struct Search<'a> {
    run: &'a Run,
    texts: Texts<'a>,
    least: usize,
}

/// Where a run of tokens stands first: the document, and the number of its first token there.
type Place = (u32, u32);

/// What was met so far.
struct Known {
    /// By hash of a run of tokens.
    first: ByHash<Place>,
    /// By document: its tokens.
    holders: HashMap<u32, Tokens>,
}

impl Search<'_> {
    /// The hashes of all runs of a document's tokens, in order; none of one that is no longer what it was.
    fn hashes(&self, tokens: &mut Tokens, document: DocId) -> Vec<u64> {
        let mut of_tokens = Vec::new();
        let read = self.texts.get(document.0, |text| {
            tokens.read(text);
            slid(tokens.hashes(&mut of_tokens), self.least)
        });
        read.unwrap_or_default()
    }

    /// Calls `each` with documents and the hashes of their runs, in order.
    fn each(&self, documents: &[DocId], mut each: impl FnMut(DocId, &[u64]) -> Result<()>) -> Result<()> {
        for block in documents.chunks(BLOCK) {
            self.run.cancel().check()?;
            let tokens = || Tokens::new(self.texts.kernel);
            let hashed = || {
                let hashed =
                    block.par_iter().map_init(tokens, |tokens, &document| self.hashes(tokens, document));
                hashed.collect::<Vec<_>>()
            };
            let hashed = self.run.install(hashed);
            for (&document, hashes) in block.iter().zip(&hashed) {
                each(document, hashes)?;
            }
        }
        Ok(())
    }

    /// Which runs stand more than once, or by chance look so.
    fn seen(&self, documents: &[DocId]) -> Result<SeenTwice> {
        let tokens =
            documents.iter().map(|document| u64::from(self.run.documents.entries[document.index()].tokens));
        let seen = SeenTwice::new(tokens.sum());
        self.run.install(|| {
            documents.par_iter().try_for_each_init(
                || Tokens::new(self.texts.kernel),
                |tokens, &document| {
                    self.run.cancel().check()?;
                    self.hashes(tokens, document).into_iter().for_each(|hash| seen.add(hash));
                    Ok::<_, Error>(())
                },
            )
        })?;
        Ok(seen)
    }

    /// Takes all runs of documents.
    fn learn(&self, documents: &[DocId], known: &mut Known) -> Result<()> {
        self.each(documents, |document, hashes| {
            known.take(document, hashes, |_| true);
            Ok(())
        })
    }

    /// What documents have of those that are known, each of which becomes known itself with the runs that are `kept`.
    fn find(
        &self,
        documents: &[DocId],
        known: &mut Known,
        keeps: impl Fn(u64) -> bool,
    ) -> Result<BTreeMap<DocId, Shared>> {
        let mut found = BTreeMap::new();
        let mut tokens = Tokens::with_ranges(self.texts.kernel);
        self.each(documents, |document, hashes| {
            let runs = known.runs(hashes);
            if !runs.is_empty() && self.texts.get(document.0, |text| tokens.read(text)).is_ok() {
                let shared = self.verified(&tokens, runs, known);
                if !shared.passages.is_empty() {
                    found.insert(document, shared);
                }
            }
            known.take(document, hashes, &keeps);
            Ok(())
        })?;
        Ok(found)
    }

    /// Of runs of a document's tokens that are known, in order, those that are the same where they stand first.
    fn verified(&self, tokens: &Tokens, runs: Vec<KnownRun>, known: &mut Known) -> Shared {
        let (mut passages, mut behind, mut covered) = (Vec::new(), 0, 0);
        for KnownRun { first, windows, place: (of, at) } in runs {
            let end = first + windows + self.least - 1;
            let start = first.max(behind);
            if start >= end {
                continue;
            }
            let Some(other) = self.holder(of, known) else { continue };
            let at = at as usize;
            let is_same = (first..end)
                .all(|i| at + i - first < other.len() && tokens.bytes(i) == other.bytes(at + i - first));
            let range = |tokens: &Tokens, from: usize, to: usize| {
                Some(tokens.range(from)?.start..tokens.range(to - 1)?.end)
            };
            let ranges = range(tokens, start, end).zip(range(other, at + start - first, at + end - first));
            if let Some((range, of_range)) = ranges.filter(|_| is_same) {
                passages.push(Passage { range, tokens: (end - start) as u32, of: DocId(of), of_range });
                covered += end - start;
                behind = end;
            }
        }
        Shared { passages, is_all: covered == tokens.len() }
    }

    /// The tokens of a document that runs stand first in.
    fn holder<'a>(&self, of: u32, known: &'a mut Known) -> Option<&'a Tokens> {
        if !known.holders.contains_key(&of) {
            let mut tokens = Tokens::with_ranges(self.texts.kernel);
            self.texts.get(of, |text| tokens.read(text)).ok()?;
            if known.holders.len() >= HOLDERS {
                known.holders.clear();
            }
            known.holders.insert(of, tokens);
        }
        known.holders.get(&of)
    }
}

/// Neighbouring windows of tokens that stand one after the other in another document.
struct KnownRun {
    /// The first token.
    first: usize,
    windows: usize,
    /// Where the first window stands.
    place: Place,
}

impl Known {
    /// The known runs among these windows.
    fn runs(&self, hashes: &[u64]) -> Vec<KnownRun> {
        let mut runs: Vec<KnownRun> = Vec::new();
        for (window, hash) in hashes.iter().enumerate() {
            let Some(&(of, at)) = self.first.get(hash) else { continue };
            match runs.last_mut() {
                Some(run)
                    if run.first + run.windows == window
                        && run.place == (of, at.wrapping_sub(run.windows as u32)) =>
                {
                    run.windows += 1;
                }
                _ => runs.push(KnownRun { first: window, windows: 1, place: (of, at) }),
            }
        }
        runs
    }

    /// Takes the windows of a document that nobody had before, as far as they are wanted.
    fn take(&mut self, document: DocId, hashes: &[u64], wanted: impl Fn(u64) -> bool) {
        for (&hash, at) in hashes.iter().zip(0..) {
            if wanted(hash) {
                self.first.entry(hash).or_insert((document.0, at));
            }
        }
    }
}

/// The hash of each run of `width` hashes of tokens, in order.
fn slid(tokens: &[u64], width: usize) -> Vec<u64> {
    const BASE: u64 = MULTIPLIERS[0];
    let Some(windows) = (tokens.len() + 1).checked_sub(width) else { return Vec::new() };
    let gone = BASE.wrapping_pow(width as u32);
    let mut hashes = Vec::with_capacity(windows);
    let mut sum = 0u64;
    for (i, &token) in tokens.iter().enumerate() {
        sum = sum.wrapping_mul(BASE).wrapping_add(token);
        if i >= width {
            sum = sum.wrapping_sub(tokens[i - width].wrapping_mul(gone));
        }
        if i + 1 >= width {
            hashes.push(avalanche(sum));
        }
    }
    hashes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Corpus;
    use crate::scan::Scan;
    use proptest::prelude::*;

    #[test]
    fn a_window_that_slides_has_the_hash_of_its_tokens() {
        let tokens: Vec<u64> = (0..200u64).map(|i| avalanche(i % 37)).collect();
        for width in [1, 2, 50, 200] {
            let slid = slid(&tokens, width);
            assert_eq!(slid.len(), tokens.len() + 1 - width);
            for (window, hash) in tokens.windows(width).zip(slid) {
                assert_eq!(self::slid(window, width), [hash]);
            }
        }
        assert!(slid(&tokens, 201).is_empty());
    }

    /// By definition: token `i` of a document is shared where some run of `least` tokens around it stands in a document before.
    fn by_definition(texts: &[Vec<&str>], least: usize) -> Vec<Vec<bool>> {
        let mut all = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            let mut shared = vec![false; text.len()];
            for (at, window) in text.windows(least).enumerate() {
                let known = texts[..number].iter().any(|other| other.windows(least).any(|run| run == window));
                if known {
                    shared[at..at + least].fill(true);
                }
            }
            all.push(shared);
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn passages_are_what_their_definition_says(
            texts in proptest::collection::vec(proptest::collection::vec("[abc]", 1..40), 1..6), least in 2usize..6,
        ) {
            let texts: Vec<Vec<&str>> =
                texts.iter().map(|text| text.iter().map(String::as_str).collect()).collect();
            let joined: Vec<String> = texts.iter().map(|text| text.join(" ")).collect();
            let corpus = Corpus::from_texts(joined.iter().map(String::as_str)).expect("texts");
            let run = Scan::new().threads(1).read(&corpus).expect("a run");
            let found = shared(&run, least as u32, |_| false).expect("passages");
            for (number, wanted) in by_definition(&texts, least).into_iter().enumerate() {
                let mut covered = vec![false; wanted.len()];
                let shared = found.get(&DocId(number as u32)).cloned().unwrap_or_default();
                for Passage { range, of, of_range, .. } in &shared.passages {
                    // A token is a letter and the space behind it.
                    covered[range.start / 2..range.end.div_ceil(2)].fill(true);
                    prop_assert_eq!(&joined[number][range.clone()], &joined[of.index()][of_range.clone()]);
                    prop_assert!(of.index() < number);
                }
                prop_assert_eq!(shared.is_all, wanted.iter().all(|&shared| shared));
                prop_assert_eq!(covered, wanted, "{} of {:?}", number, &joined);
            }
        }
    }
}
