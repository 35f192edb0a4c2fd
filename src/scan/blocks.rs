//! Pairs in blocks, so that each document is read and tokenised about once.

use rayon::prelude::*;

use super::read::DocumentEntry;
use super::texts::Texts;
use crate::candidates::Candidate;
use crate::error::Result;
use crate::judge::{Measures, ShingleSet};
use crate::kernel::Kernel;
use crate::options::Cancel;
use crate::recipe::Recipe;
use crate::rows::Grouped;
use crate::sketch::Sketcher;

/// Tokens of one block's documents. Their sets fit the second-level cache together; a larger block would tokenise
/// fewer documents twice, and wait for memory more.
const BLOCK: usize = 40_000;

/// The work that is done with pairs: how a document is loaded, and what two loaded ones give.
pub(crate) trait PairWork: Sync {
    /// Memory of one thread.
    type Memory;
    /// A loaded document.
    type Document;
    /// What a pair gives.
    type Given: Send;

    fn memory(&self) -> Self::Memory;

    fn document(&self) -> Self::Document;

    /// Loads a document; returns the hash of its token sequence.
    fn load(&self, memory: &mut Self::Memory, document: u32, text: &str, out: &mut Self::Document) -> u64;

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
    let blocks = blocks(pairs, &texts.documents.entries);
    let compared: Vec<Compared<W::Given>> = blocks
        .par_iter()
        .map_init(
            || (work.memory(), Vec::new()),
            |(memory, documents), block| {
                cancel.check()?;
                Ok(block.compare(texts, work, memory, documents))
            },
        )
        .collect::<Result<_>>()?;
    let mut all: Vec<Option<W::Given>> = Vec::new();
    all.resize_with(pairs.len(), || None);
    let mut changed = Vec::new();
    for (block, compared) in blocks.iter().zip(compared) {
        for ((number, ..), given) in block.pairs.iter().zip(compared.given) {
            all[*number as usize] = given;
        }
        changed.extend(compared.changed);
    }
    Ok((all, changed))
}

/// Exact measures and nothing else.
pub(crate) struct Measure {
    pub recipe: Recipe,
    pub kernel: Kernel,
    /// Whether tokens are taken as they are printed.
    pub as_printed: bool,
}

impl PairWork for Measure {
    type Memory = Sketcher;
    type Document = ShingleSet;
    type Given = Measures;

    fn memory(&self) -> Sketcher {
        Sketcher::of(self.recipe, self.kernel, self.as_printed)
    }

    fn document(&self) -> ShingleSet {
        ShingleSet::new(self.kernel)
    }

    fn load(&self, sketcher: &mut Sketcher, _: u32, text: &str, out: &mut ShingleSet) -> u64 {
        let (shingles, sequence) = sketcher.shingles(text);
        out.fill(shingles);
        sequence
    }

    fn compare(&self, _: &mut Sketcher, _: usize, (a, b): (&ShingleSet, &ShingleSet)) -> Measures {
        a.measure(b)
    }
}

/// What the pairs of one block gave, and which of its documents changed.
struct Compared<V> {
    given: Vec<Option<V>>,
    changed: Vec<u32>,
}

/// Pairs that few documents have between them.
#[derive(Default)]
struct PairBlock {
    documents: Vec<u32>,
    /// Number of the pair, and the places of its two in `documents`.
    pairs: Vec<(u32, u32, u32)>,
}

impl PairBlock {
    fn compare<W: PairWork>(
        &self,
        texts: &Texts<'_>,
        work: &W,
        memory: &mut W::Memory,
        loaded: &mut Vec<W::Document>,
    ) -> Compared<W::Given> {
        if loaded.len() < self.documents.len() {
            loaded.resize_with(self.documents.len(), || work.document());
        }
        let intact: Vec<bool> = self
            .documents
            .iter()
            .zip(&mut *loaded)
            .map(|(&document, out)| {
                let expected = texts.documents.entries[document as usize].sequence;
                let found = texts.get(document, |text| work.load(memory, document, text, out) == expected);
                found.unwrap_or(false)
            })
            .collect();
        let given = |&(number, a, b): &(u32, u32, u32)| {
            let (a, b) = (a as usize, b as usize);
            let is_intact = intact[a] && intact[b];
            is_intact.then(|| work.compare(memory, number as usize, (&loaded[a], &loaded[b])))
        };
        let given = self.pairs.iter().map(given).collect();
        let changed = self.documents.iter().zip(&intact).filter(|(_, intact)| !**intact);
        Compared { given, changed: changed.map(|(&document, _)| document).collect() }
    }
}

/// Cuts pairs into blocks along a breadth-first walk of the candidate graph, which puts the members of a family
/// beside one another. Pairs go with their longer document: where short documents have many partners each, it is
/// the short ones that stand in several blocks.
fn blocks(pairs: &[Candidate], entries: &[DocumentEntry]) -> Vec<PairBlock> {
    let place = walk(pairs, entries.len());
    let key = |d: u32| (entries[d as usize].tokens, place[d as usize]);
    let mut order: Vec<(u64, u32)> = pairs
        .iter()
        .enumerate()
        .map(|(number, &(a, b))| {
            let (long, short) = if key(a) >= key(b) { (a, b) } else { (b, a) };
            (u64::from(place[long as usize]) << 32 | u64::from(place[short as usize]), number as u32)
        })
        .collect();
    order.sort_unstable();
    let mut blocks: Vec<PairBlock> = Vec::new();
    // By document: the block that last took it, counted from 1, and its place there.
    let mut taken = vec![(0u32, 0u32); entries.len()];
    let mut tokens = BLOCK;
    for (_, number) in order {
        if tokens >= BLOCK {
            blocks.push(PairBlock::default());
            tokens = 0;
        }
        let current = blocks.len() as u32;
        let Some(block) = blocks.last_mut() else { continue };
        let (a, b) = pairs[number as usize];
        let [a, b] = [a, b].map(|document| {
            let (of, at) = &mut taken[document as usize];
            if *of != current {
                (*of, *at) = (current, block.documents.len() as u32);
                block.documents.push(document);
                tokens += entries[document as usize].tokens as usize;
            }
            *at
        });
        block.pairs.push((number, a, b));
    }
    blocks
}

/// The place of each document in a breadth-first walk over the pairs.
fn walk(pairs: &[Candidate], documents: usize) -> Vec<u32> {
    let neighbours = Grouped::new(documents, pairs.iter().flat_map(|&(a, b)| [(a, b), (b, a)]));
    let mut place = vec![u32::MAX; documents];
    let mut queue: Vec<u32> = Vec::new();
    for first in 0..documents as u32 {
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
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Corpus, CorpusOptions};
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
        let texts = Texts { corpus: &corpus, documents: &documents, kernel: resources.kernel };
        let measure = Measure { recipe, kernel: resources.kernel, as_printed: true };
        let measured = each_pair(&texts, &measure, &[(0, 1), (2, 3)], &resources.cancel);
        let (measured, changed) = measured.expect("measured");
        assert_eq!(changed, [0]);
        assert_eq!(measured[0], None);
        assert!(measured[1].is_some_and(|measures| measures.jaccard() == 1.0));
    }
}
