//! The audit: some documents against all others, without sampling, caps or gates.
//!
//! Whoever shares one shingle of content with a drawn document is aligned and judged with it as a candidate is; what
//! differs is only how the two met. So recall is that of finding candidates, under the relations as they are
//! defined; whether the relations are right is for the labelled sets to say.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use crate::audit::{Draws, interval};
use crate::candidates::{Candidate, Gate};
use crate::document::DocId;
use crate::error::Result;
use crate::judge::{Depth, Judged, Measures, Relation, Shingled, classic, is_family};
use crate::model::hashed::{ByHash, Hashes};
use crate::model::{ContentReader, Model};
use crate::options::{Method, Mode};
use crate::report::{AuditRow, MissedRow, RecallRow};
use crate::rows::Grouped;
use crate::scan::texts::Texts;
use crate::scan::{Pair, Run};
use crate::signature::winnow::{Winnow, level};

/// How many documents are drawn, and by which seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditOptions {
    /// Documents.
    pub documents: usize,
    /// The seed: the same one draws the same documents of the same corpus.
    pub seed: u64,
}

/// Drawn documents that go over the corpus together.
const BATCH: usize = 512;

impl Run {
    /// What this run found of all pairs of some documents, and which it missed.
    ///
    /// Reads the corpus once for every 512 documents, and aligns each with all documents that share a shingle with it, a
    /// few in a hundred of the corpus: time is that times the documents drawn.
    ///
    /// # Errors
    /// Cancellation, or [`crate::error::ErrorKind::Setting`] where there can be no thread pool.
    pub fn audit(&self, options: AuditOptions) -> Result<AuditRow> {
        let filled: Vec<u32> = (0..self.documents.entries.len() as u32)
            .filter(|&document| self.documents.entries[document as usize].tokens > 0)
            .collect();
        let chosen = Draws::new(options.seed).choose(options.documents, filled.len());
        let drawn: Vec<u32> = chosen.into_iter().map(|place| filled[place]).collect();
        let auditor = Auditor::new(self);
        let mut related = self.install(|| {
            let batches = drawn.chunks(BATCH).map(|batch| auditor.related(batch));
            batches.collect::<Result<Vec<_>>>()
        })?;
        let mut related: Vec<(Candidate, Relation)> = related.drain(..).flatten().collect();
        let known = Reported::new(self, &drawn);
        related.extend(known.reported());
        related.sort_unstable();
        related.dedup_by_key(|(pair, _)| *pair);
        let missed: Vec<(Candidate, Relation)> =
            related.iter().copied().filter(|(pair, _)| !known.has(*pair)).collect();
        let mut missed: Vec<MissedRow> =
            missed.into_par_iter().map(|(pair, relation)| auditor.missed_row(pair, relation)).collect();
        missed.sort_unstable_by(|x, y| (&x.a, &x.b).cmp(&(&y.a, &y.b)));
        let recall = |of: &dyn Fn(Relation) -> bool| recall(&drawn, &related, of, &known, options.seed);
        let relations: HashSet<Relation> = related.iter().map(|(_, relation)| *relation).collect();
        let by_relation: BTreeMap<_, _> = relations
            .into_iter()
            .map(|relation| (relation.name().into(), recall(&|of| of == relation)))
            .collect();
        let RecallRow { documents: with_pairs, pairs, found, recall, low, high } = recall(&|_| true);
        Ok(AuditRow {
            sampled: drawn.len() as u64,
            seed: options.seed,
            with_pairs,
            pairs,
            found,
            recall,
            low,
            high,
            by_relation,
            missed,
        })
    }
}

/// The share that was found of the pairs of drawn documents, of some relations.
fn recall(
    drawn: &[u32],
    related: &[(Candidate, Relation)],
    of: &dyn Fn(Relation) -> bool,
    known: &Reported<'_>,
    seed: u64,
) -> RecallRow {
    // By document: pairs, and those found.
    let mut counts: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    let (mut pairs, mut found) = (0, 0);
    for &(pair, _) in related.iter().filter(|(_, relation)| of(*relation)) {
        let has = known.has(pair);
        pairs += 1;
        found += u64::from(has);
        for document in [pair.0, pair.1].into_iter().filter(|document| drawn.binary_search(document).is_ok())
        {
            let count = counts.entry(document).or_default();
            *count = (count.0 + 1, count.1 + u32::from(has));
        }
    }
    let ratios: Vec<f64> = counts.values().map(|&(all, found)| f64::from(found) / f64::from(all)).collect();
    let interval = interval(&ratios, seed);
    RecallRow {
        documents: ratios.len() as u64,
        pairs,
        found,
        recall: interval.map(|interval| interval.mean),
        low: interval.map_or(0.0, |interval| interval.low),
        high: interval.map_or(1.0, |interval| interval.high),
    }
}

/// What the run reported of some documents.
struct Reported<'a> {
    run: &'a Run,
    /// Reported pairs with a drawn document, or one that stands for it.
    pairs: HashMap<Candidate, Relation>,
    drawn: HashSet<u32>,
}

impl<'a> Reported<'a> {
    fn new(run: &'a Run, drawn: &[u32]) -> Reported<'a> {
        let mut known = Reported { run, pairs: HashMap::new(), drawn: drawn.iter().copied().collect() };
        let wanted: HashSet<u32> =
            drawn.iter().flat_map(|&document| [document, known.centre(document)]).collect();
        let of_drawn = |pair: &&Pair| wanted.contains(&pair.a.0) || wanted.contains(&pair.b.0);
        let pairs = run.pairs.iter().filter(of_drawn);
        known.pairs = pairs.map(|pair| (ordered(pair.a.0, pair.b.0), pair.judgement.relation)).collect();
        known
    }

    fn centre(&self, document: u32) -> u32 {
        self.run.equals.centre(DocId(document)).0
    }

    /// Whether the pair was reported, or is implied by a star.
    fn has(&self, (a, b): Candidate) -> bool {
        let (of_a, of_b) = (self.centre(a), self.centre(b));
        of_a == of_b
            || self.pairs.contains_key(&ordered(a, b))
            || self.pairs.contains_key(&ordered(of_a, of_b))
    }

    /// Reported pairs of drawn documents: each was verified, whether or not they have a shingle in common.
    fn reported(&self) -> impl Iterator<Item = (Candidate, Relation)> + '_ {
        let is_drawn = |(a, b): &Candidate| self.drawn.contains(a) || self.drawn.contains(b);
        let present = |d: u32| self.run.documents.entries[d as usize].tokens > 0;
        let pairs = self.pairs.iter().map(|(pair, relation)| (*pair, *relation));
        pairs.filter(move |(pair, _)| is_drawn(pair) && present(pair.0) && present(pair.1))
    }
}

fn ordered(a: u32, b: u32) -> Candidate {
    (a.min(b), a.max(b))
}

/// Compares drawn documents with all.
struct Auditor<'a> {
    run: &'a Run,
    texts: Texts<'a>,
    model: Option<&'a Model>,
    sites: Vec<u64>,
}

/// The shingles of some documents.
struct ShingleIndex {
    /// By shingle: its number.
    numbers: ByHash<u32>,
    /// By number: places of the documents that have it.
    places: Grouped,
    /// By place: how many distinct shingles it has.
    sizes: Vec<u32>,
}

impl<'a> Auditor<'a> {
    fn new(run: &'a Run) -> Auditor<'a> {
        let model = run.model.as_ref().filter(|_| run.policy().mode == Mode::Aligned);
        Auditor { run, texts: run.texts(), model, sites: run.documents.site_hashes() }
    }

    fn reader(&self) -> ContentReader {
        // Raw measures alone are of tokens as they are printed.
        ContentReader::of(self.run.recipe(), self.texts.kernel, self.run.policy().mode == Mode::Classic)
    }

    /// The distinct shingles of a document's content; none where it is no longer what it was.
    fn shingles(&self, reader: &mut ContentReader, document: u32, out: &mut Vec<u64>) {
        out.clear();
        // Such a document is among the problems already.
        let _ = self.texts.get(document, |text| {
            reader.read(text);
            let site = self.sites[self.run.documents.entries[document as usize].site as usize];
            let lines = self.model.map_or_else(Vec::new, |model| reader.chrome(text, site, model));
            out.extend(outside(reader.shingles(), &lines, self.run.recipe().shingle()));
        });
        out.sort_unstable();
        out.dedup();
    }

    fn index(&self, batch: &[u32]) -> ShingleIndex {
        let of_each: Vec<Vec<u64>> = batch
            .par_iter()
            .map_init(
                || self.reader(),
                |reader, &document| {
                    let mut shingles = Vec::new();
                    self.shingles(reader, document, &mut shingles);
                    shingles
                },
            )
            .collect();
        let mut numbers = ByHash::default();
        for shingle in of_each.iter().flatten() {
            let next = numbers.len() as u32;
            numbers.entry(*shingle).or_insert(next);
        }
        let held = of_each.iter().zip(0..);
        let held = held.flat_map(|(shingles, place)| shingles.iter().map(move |shingle| (shingle, place)));
        let places = Grouped::new(numbers.len(), held.map(|(shingle, place)| (numbers[shingle], place)));
        ShingleIndex {
            places,
            numbers,
            sizes: of_each.iter().map(|shingles| shingles.len() as u32).collect(),
        }
    }

    /// The pairs of some documents with any other that are something to each other.
    fn related(&self, batch: &[u32]) -> Result<Vec<(Candidate, Relation)>> {
        let index = self.index(batch);
        let entries = &self.run.documents.entries;
        let all: Vec<u32> = (0..entries.len() as u32).filter(|&d| entries[d as usize].tokens > 0).collect();
        let memory = || (self.reader(), Vec::new(), vec![0u32; batch.len()]);
        let met: Vec<Vec<(Candidate, Measures)>> = all
            .par_iter()
            .map_init(memory, |(reader, shingles, common), &document| {
                self.run.cancel().check()?;
                self.shingles(reader, document, shingles);
                for number in shingles.iter().filter_map(|shingle| index.numbers.get(shingle)) {
                    index.places.of(*number).iter().for_each(|&place| common[place as usize] += 1);
                }
                let mut met = Vec::new();
                for (place, common) in common.iter_mut().enumerate().filter(|(_, common)| **common > 0) {
                    let drawn = batch[place];
                    // Of two drawn documents the later one meets the earlier.
                    if drawn != document && (drawn < document || batch.binary_search(&document).is_err()) {
                        let (a, b) = (index.sizes[place], shingles.len() as u32);
                        met.push(((drawn, document), Measures { a, b, common: *common }));
                    }
                    *common = 0;
                }
                Ok(met)
            })
            .collect::<Result<_>>()?;
        let met: Vec<(Candidate, Measures)> = met.into_iter().flatten().collect();
        match self.model {
            None => {
                Ok(met.into_iter().filter_map(|(pair, measures)| self.by_measures(pair, measures)).collect())
            }
            Some(model) => self.by_alignment(model, met.into_iter().map(|(pair, _)| pair)),
        }
    }

    fn by_measures(&self, (a, b): Candidate, measures: Measures) -> Option<(Candidate, Relation)> {
        if self.run.are_equal((a, b)) {
            return Some((ordered(a, b), Relation::Exact));
        }
        let tokens = |document: u32| self.run.documents.entries[document as usize].tokens;
        let judgement = classic(self.run.policy(), measures, (tokens(a), tokens(b)))?;
        Some((ordered(a, b), judgement.relation))
    }

    fn by_alignment(
        &self,
        model: &Model,
        pairs: impl Iterator<Item = Candidate>,
    ) -> Result<Vec<(Candidate, Relation)>> {
        let (equal, others): (Vec<Candidate>, Vec<Candidate>) =
            pairs.map(|(a, b)| ordered(a, b)).partition(|&pair| self.run.are_equal(pair));
        let of_equal = self.run.judge_equal(model, &equal);
        let found = self.run.ask(model, &others, |judge, memory, _, (a, b)| {
            let Judged { decision, slots, .. } = judge.judge(memory, a, b, Depth::Full);
            decision
                .decided(|| is_family(model, slots.iter().map(|slot| slot.keys)))
                .map(|judgement| judgement.relation)
        })?;
        let judged = others.iter().zip(found).filter_map(|(&pair, relation)| Some((pair, relation??)));
        let equal = equal.into_iter().zip(of_equal).map(|(pair, judgement)| (pair, judgement.relation));
        Ok(equal.chain(judged).collect())
    }

    fn missed_row(&self, pair: Candidate, relation: Relation) -> MissedRow {
        let id = |document: u32| self.run.read_id(DocId(document));
        let (mut a, mut b) = (id(pair.0), id(pair.1));
        if a > b {
            std::mem::swap(&mut a, &mut b);
        }
        MissedRow { a, b, relation: relation.name().into(), gate: self.gate(pair).into() }
    }

    /// Whether the two of a pair share so much that they are aligned.
    fn shares_enough(&self, model: &Model, (a, b): Candidate) -> bool {
        let judge = self.run.judge(model);
        let mut memory = judge.memory();
        let [a, b] = [a, b].map(|document| {
            let mut shingled = Shingled::new(self.texts.kernel);
            let site = self.sites[self.run.documents.entries[document as usize].site as usize];
            let _ =
                self.texts.get(document, |text| judge.load_shingles(&mut memory, text, site, &mut shingled));
            shingled
        });
        a.with(&b).is_enough()
    }

    /// What kept a pair from being a candidate.
    fn gate(&self, (a, b): Candidate) -> &'static str {
        match self.run.policy().method {
            Method::Minhash => return "no common band of minhash",
            Method::Simhash => return "simhash further apart than 3 bits",
            Method::Join => {}
        }
        let gate = Gate::of(self.run.policy());
        let mut reader = self.reader();
        let mut read = |document: u32| {
            let mut lists = (Vec::new(), Hashes::default());
            let _ = self.texts.get(document, |text| {
                reader.read(text);
                let site = self.sites[self.run.documents.entries[document as usize].site as usize];
                let lines = self.model.map_or_else(Vec::new, |model| reader.chrome(text, site, model));
                lists.1 = outside(reader.shingles(), &lines, self.run.recipe().shingle()).collect();
                lists.0 = reader.shingles().to_vec();
            });
            lists
        };
        let (of_a, of_b) = (read(a), read(b));
        // Both are looked at as at the coarser of their levels.
        let level = level(of_a.0.len()).max(level(of_b.0.len()));
        let mut winnow = Winnow::default();
        let mut sample = |(all, content): &(Vec<u64>, Hashes)| -> Hashes {
            let selected = winnow.select(self.texts.kernel, all, level);
            selected.iter().copied().filter(|shingle| content.contains(shingle)).collect()
        };
        let (sample_a, sample_b) = (sample(&of_a), sample(&of_b));
        let common = sample_a.intersection(&sample_b).count();
        let too_little = self.model.is_some_and(|model| !self.shares_enough(model, (a, b)));
        let [a, b] = [a, b].map(|document| self.run.documents.entries[document as usize].counts);
        match common {
            0 => "no common sample",
            _ if (common as u32) < gate.between(&a, &b) => "too few common samples",
            _ if too_little => "too few common shingles to be aligned",
            _ => "common samples in more than 100 documents",
        }
    }
}

/// The shingles of `k` tokens that no token of these lines, ranges of tokens in order, is part of.
pub(super) fn outside<'a>(
    shingles: &'a [u64],
    lines: &'a [std::ops::Range<usize>],
    k: usize,
) -> impl Iterator<Item = u64> + 'a {
    let mut lines = lines.iter().peekable();
    let clear = move |&(at, _): &(usize, &u64)| {
        while lines.next_if(|line| line.end <= at).is_some() {}
        lines.peek().is_none_or(|line| line.start >= at + k)
    };
    shingles.iter().enumerate().filter(clear).map(|(_, &shingle)| shingle)
}
