//! Pairs in an order in which each document is read and tokenised about once.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::read::DocumentEntry;
use super::shelf::Shelf;
use super::texts::Texts;
use crate::candidates::Candidate;
use crate::corpus::Fields;
use crate::error::Result;
use crate::judge::{Judgement, Measures, ShingleSet, classic};
use crate::kernel::Kernel;
use crate::options::{Cancel, Policy, Work};
use crate::recipe::Recipe;
use crate::rows::Grouped;
use crate::sketch::Sketcher;

/// Tokens of the documents of a stretch of pairs, at least: what one leaves on a desk serves the next only where it has
/// the same documents.
const STRETCH: usize = 40_000;

/// Stretches for each thread: one that is done early takes another.
const STRETCHES: usize = 6;

/// The work that is done with pairs: how a document is loaded, and what two loaded ones give.
pub(crate) trait PairWork: Sync {
    /// Memory of one thread.
    type Memory: Send;
    /// A loaded document.
    type Document: Send;
    /// What a pair gives.
    type Given: Send;

    /// Tokens of the documents that a thread keeps loaded, about.
    const KEPT: usize;

    /// Bytes that a loaded document takes for a token, about.
    const BYTES: usize;

    fn memory(&self) -> Self::Memory;

    fn document(&self) -> Self::Document;

    /// Loads a document, given its text and its record's other fields; returns the hash of its token sequence.
    fn load(
        &self,
        memory: &mut Self::Memory,
        document: u32,
        record: (&str, &Fields<'_>),
        out: &mut Self::Document,
    ) -> u64;

    /// Compares the documents of the pair of this number.
    fn compare(
        &self,
        memory: &mut Self::Memory,
        number: usize,
        pair: (&Self::Document, &Self::Document),
    ) -> Self::Given;
}

/// What every pair gives, and documents that are no longer what they were.
pub(crate) type Given<V> = (Vec<Option<V>>, Vec<u32>);

/// What every pair gives, in order, `None` where a document is no longer what it was; and those documents.
pub(crate) fn each_pair<W: PairWork>(
    texts: &Texts<'_>,
    work: &W,
    pairs: &[Candidate],
    cancel: &Cancel,
) -> Result<Given<W::Given>> {
    let entries = &texts.documents.entries;
    let kept = texts.kept(W::KEPT, W::BYTES);
    texts.progress.plan(pairs.len() as u64);
    let order = order(pairs, entries, kept);
    let stretches = stretches(&order, pairs, entries, STRETCHES * rayon::current_num_threads());
    // A desk goes from stretch to stretch: what is loaded there may be asked for again, and memory that was written to is
    // cheaper than new one.
    let desks = Mutex::new(Vec::new());
    let desks = || desks.lock().unwrap_or_else(PoisonError::into_inner);
    let compared: Vec<Compared<W::Given>> = stretches
        .into_par_iter()
        .map(|stretch| {
            let desk = desks().pop();
            let mut desk = desk.unwrap_or_else(|| (work.memory(), Shelf::new(kept, || work.document())));
            let compared = compare(texts, work, (pairs, stretch), &mut desk, cancel);
            desks().push(desk);
            compared
        })
        .collect::<Result<_>>()?;
    let mut all: Vec<Option<W::Given>> = Vec::new();
    all.resize_with(pairs.len(), || None);
    let mut changed = Vec::new();
    let mut numbers = order.iter();
    for compared in compared {
        for (given, &number) in compared.given.into_iter().zip(&mut numbers) {
            all[number as usize] = given;
        }
        changed.extend(compared.changed);
    }
    changed.sort_unstable();
    changed.dedup();
    Ok((all, changed))
}

/// Exact measures of tokens as they are printed, and nothing else.
pub(crate) struct Measure {
    pub recipe: Recipe,
    pub kernel: Kernel,
}

impl PairWork for Measure {
    type Memory = Sketcher;
    type Document = ShingleSet;
    type Given = Measures;

    /// Their sets fit the second-level cache together: waiting for memory costs more than to tokenise a few again.
    const KEPT: usize = 40_000;

    const BYTES: usize = 28;

    fn memory(&self) -> Sketcher {
        Sketcher::as_printed(self.recipe, self.kernel)
    }

    fn document(&self) -> ShingleSet {
        ShingleSet::new(self.kernel)
    }

    fn load(
        &self,
        sketcher: &mut Sketcher,
        _: u32,
        (text, _): (&str, &Fields<'_>),
        out: &mut ShingleSet,
    ) -> u64 {
        let (shingles, sequence) = sketcher.shingles(text);
        out.fill(shingles);
        sequence
    }

    fn compare(&self, _: &mut Sketcher, _: usize, (a, b): (&ShingleSet, &ShingleSet)) -> Measures {
        a.measure(b)
    }
}

/// What pairs are by their raw sets, as [`each_pair`] gives it; none for nothing too.
pub(crate) fn classically(
    texts: &Texts<'_>,
    (recipe, policy): (Recipe, &Policy),
    pairs: &[Candidate],
    cancel: &Cancel,
) -> Result<Given<Judgement>> {
    let measure = Measure { recipe, kernel: texts.kernel };
    let (measured, changed) = each_pair(texts, &measure, pairs, cancel)?;
    let tokens = |d: u32| texts.documents.entries[d as usize].tokens;
    let judged = pairs.iter().zip(measured);
    let judged = judged.map(|(&(a, b), measures)| classic(policy, measures?, (tokens(a), tokens(b))));
    Ok((judged.collect(), changed))
}

/// What the pairs of one stretch gave, and which of its documents changed.
struct Compared<V> {
    given: Vec<Option<V>>,
    changed: Vec<u32>,
}

/// Pairs after which a stretch asks whether it is still wanted.
const ASKED: usize = 64;

/// How many pairs ahead documents are asked for that come from disk: as many reads at a time as a disk does well.
const AHEAD: usize = 32;

/// Compares the pairs of a stretch, given by their numbers. What stands on the desk is the memory of one thread, and documents
/// that were loaded before.
fn compare<W: PairWork, N: Fn() -> W::Document>(
    texts: &Texts<'_>,
    work: &W,
    (pairs, stretch): (&[Candidate], &[u32]),
    (memory, shelf): &mut (W::Memory, Shelf<W::Document, N>),
    cancel: &Cancel,
) -> Result<Compared<W::Given>> {
    let entries = &texts.documents.entries;
    let (mut given, mut changed) = (Vec::with_capacity(stretch.len()), Vec::new());
    texts.progress.add(Work { compared: stretch.len() as u64, ..Work::default() });
    for (done, &number) in stretch.iter().enumerate() {
        if done % ASKED == 0 {
            cancel.check()?;
            texts.progress.did(ASKED.min(stretch.len() - done) as u64);
        }
        if let Some(&ahead) = stretch.get(done + AHEAD) {
            let (a, b) = pairs[ahead as usize];
            texts.prefetch([a, b].into_iter().filter(|&document| !shelf.has(document)));
        }
        let (a, b) = pairs[number as usize];
        for (document, other) in [(a, b), (b, a)] {
            let load = |out: &mut W::Document| {
                let expected = entries[document as usize].sequence;
                let load = |text: &str, fields: &Fields<'_>| {
                    work.load(memory, document, (text, fields), out) == expected
                };
                let found = texts.get_with_fields(document, load);
                found.unwrap_or(false)
            };
            let tokens = entries[document as usize].tokens as usize;
            if !shelf.put((document, tokens), other, load) {
                changed.push(document);
            }
        }
        let pair = shelf.get(a).zip(shelf.get(b));
        given.push(pair.map(|pair| work.compare(memory, number as usize, pair)));
    }
    Ok(Compared { given, changed })
}

/// The numbers of pairs in an order in which documents that are loaded serve many pairs. A breadth-first walk of the
/// candidate graph puts the members of a family beside one another; the walk is cut into tiles of which two are kept at
/// once, and the pairs of two tiles follow one another. So a document of a family of n tiles is loaded about n times,
/// however many pairs it has. Pairs go with their longer document: where short documents have many partners each, it is the
/// short ones that are loaded several times.
fn order(pairs: &[Candidate], entries: &[DocumentEntry], kept: usize) -> Vec<u32> {
    let (place, tile) = walk(pairs, entries, (kept / 2) as u64);
    let length = |d: u32| (entries[d as usize].tokens, place[d as usize]);
    let by_length = |(a, b): Candidate| if length(a) >= length(b) { (a, b) } else { (b, a) };
    let tile_of = |pair: Candidate| tile[by_length(pair).0 as usize];
    let tiles = tile.iter().max().map_or(0, |&last| last as usize + 1);
    // By the tile of the longer document, so that no more than one tile's keys are held while its pairs are sorted.
    let mut by_tile =
        Grouped::new(tiles, pairs.iter().zip(0..).map(|(&pair, number)| (tile_of(pair), number)));
    by_tile.groups_mut().into_par_iter().for_each(|own| {
        let key = |&number: &u32| {
            let (long, short) = by_length(pairs[number as usize]);
            (tile[short as usize], place[long as usize], place[short as usize])
        };
        own.sort_by_cached_key(key);
    });
    by_tile.into_values()
}

/// Cuts an order of pairs into at most `most` stretches of about as many tokens each.
fn stretches<'a>(
    order: &'a [u32],
    pairs: &[Candidate],
    entries: &[DocumentEntry],
    most: usize,
) -> Vec<&'a [u32]> {
    let tokens = |number: &u32| {
        let (a, b) = pairs[*number as usize];
        entries[a as usize].tokens as usize + entries[b as usize].tokens as usize
    };
    let all: usize = order.iter().map(tokens).sum();
    let least = all.div_ceil(most).max(STRETCH);
    let (mut stretches, mut rest, mut sum, mut length) = (Vec::new(), order, 0, 0);
    for number in order {
        sum += tokens(number);
        length += 1;
        if sum >= least {
            let (stretch, behind) = rest.split_at(length);
            stretches.push(stretch);
            (rest, sum, length) = (behind, 0, 0);
        }
    }
    if !rest.is_empty() {
        stretches.push(rest);
    }
    stretches
}

/// The place of each document in a breadth-first walk over the pairs, and the number of its tile, each of about so many
/// tokens.
fn walk(pairs: &[Candidate], entries: &[DocumentEntry], tokens: u64) -> (Vec<u32>, Vec<u32>) {
    let neighbours = Grouped::new(entries.len(), pairs.iter().flat_map(|&(a, b)| [(a, b), (b, a)]));
    let mut place = vec![u32::MAX; entries.len()];
    let mut queue: Vec<u32> = Vec::new();
    for first in 0..entries.len() as u32 {
        if place[first as usize] != u32::MAX || neighbours.of(first).is_empty() {
            continue;
        }
        let mut at = queue.len();
        place[first as usize] = at as u32;
        queue.push(first);
        while at < queue.len() {
            let document = queue[at];
            at += 1;
            for &neighbour in neighbours.of(document) {
                if place[neighbour as usize] == u32::MAX {
                    place[neighbour as usize] = queue.len() as u32;
                    queue.push(neighbour);
                }
            }
        }
    }
    let mut tile = vec![0; entries.len()];
    let mut before = 0u64;
    for document in queue {
        tile[document as usize] = (before / tokens) as u32;
        before += u64::from(entries[document as usize].tokens);
    }
    (place, tile)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Corpus, CorpusOptions};
    use crate::mmap::Access;
    use crate::options::Resources;

    #[test]
    fn a_text_that_changed_and_kept_its_length_is_named_and_not_measured() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("mapped.jsonl");
        let line = |i: usize| {
            let words: Vec<String> = (0..40).map(|w| format!("word{:05}", i * 40 + w)).collect();
            format!("{{\"text\":\"{}\"}}\n", words.join(" "))
        };
        let lines: Vec<String> = (0..1000).map(|i| line(i / 2)).collect();
        std::fs::write(&path, lines.concat()).expect("written");
        let resources = Resources::default();
        let corpus = Corpus::open(std::slice::from_ref(&path), &CorpusOptions::default(), &resources);
        let corpus = corpus.expect("opened");
        let recipe = Recipe::default();
        let wanted = super::super::read::Wanted::default();
        let (documents, ..) = super::super::read::read(&corpus, recipe, wanted, &resources).expect("read");
        let changed = lines.concat().replacen("word00000", "word99999", 1);
        let file = std::fs::File::options().write(true).open(&path).expect("opened again");
        std::os::unix::fs::FileExt::write_all_at(&file, changed.as_bytes(), 0).expect("written over");
        let texts = Texts::new(&corpus, &documents, &resources);
        let measure = Measure { recipe, kernel: resources.kernel };
        let measured = each_pair(&texts, &measure, &[(0, 1), (2, 3)], &resources.cancel);
        let (measured, changed) = measured.expect("measured");
        assert_eq!(changed, [0]);
        assert_eq!(measured[0], None);
        assert!(measured[1].is_some_and(|measures| measures.jaccard() == 1.0));
        // What is asked for ahead is the same, and so is what is at the end of the file.
        let texts = texts.larger_than_memory();
        texts.expect(Access::Scattered);
        let pairs: Vec<Candidate> = (0..500).map(|i| (2 * i, 2 * i + 1)).collect();
        let (measured, changed) = each_pair(&texts, &measure, &pairs, &resources.cancel).expect("measured");
        assert_eq!((changed.as_slice(), measured[0]), (&[0][..], None));
        assert!(measured[1..].iter().all(|of| of.is_some_and(|measures| measures.jaccard() == 1.0)));
    }
}
