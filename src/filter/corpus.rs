//! A whole corpus at once: loaded into an empty index, or looked up in one.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::core::{Core, own_cluster};
use super::look::{Batch, Matched, Sought, copy_of, leave_best, mark_original, matches, order};
use super::{Filter, Incoming, Lookup, Prepared, cut};
use crate::document::DocId;
use crate::error::Result;
use crate::index::NewDocument;
use crate::index::format::{MATCHES, More, SPANS, encode_said};
use crate::index::verdict::Match;
use crate::judge::{Judgement, Overlap, Relation, Span, is_part_of};
use crate::origin::Copy;
use crate::scan::Run;

/// Documents that are read and prepared together.
const BATCH: usize = 4096;

/// A document of a corpus and its best match in an index.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownDocument {
    /// The document.
    pub document: DocId,
    /// What it is to a document of the index.
    pub found: Match,
    /// Whether both are of one site.
    pub same_site: bool,
    /// The cluster of the match.
    pub cluster: u64,
    /// What the alignment says; none of copies and where no texts are kept.
    pub overlap: Option<Overlap>,
    /// Where the two are the same, with the document as `a`; nothing where no texts are kept.
    pub spans: Vec<Span>,
}

impl Filter {
    /// Loads the documents of a corpus, of which `found` is a scan under the index's model, into an empty index; returns
    /// how many. What the scan says of pairs is what is said of documents: each finds those before it. A record with the
    /// id of an earlier one of its site is taken after all others, as [`Filter::batch`] takes it.
    ///
    /// Nothing is in the index before all is. Linear in texts and pairs.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Setting`] where the index is not empty, a disk that fails, or cancellation.
    pub fn load(&mut self, run: &Run, spans: Option<&[Vec<Span>]>) -> Result<u64> {
        let mut loaded = Loaded::of(run, partners(run, spans));
        let (mut ids, mut later, mut more) = (HashSet::new(), Vec::new(), Vec::new());
        for first in (0..run.documents.entries.len()).step_by(BATCH) {
            run.cancel().check()?;
            let (numbers, documents) = self.core.read(run, first);
            let prepared = self.core.preparer.prepare(&documents)?;
            for ((number, document), prepared) in numbers.into_iter().zip(documents).zip(prepared) {
                let keys = prepared.kept_keys();
                let Prepared { mut row, packed, .. } = prepared;
                if !ids.insert((row.id_hash, row.site)) {
                    later.push(document);
                    continue;
                }
                row.ordinal = loaded.numbers.len() as u32;
                let matches = loaded.matches(number, &document)?;
                let shared = matches.iter().find(|matched| matched.found.relation.shares_cluster());
                let cluster = shared.map(|matched| loaded.clusters[matched.ordinal as usize]);
                let cluster = cluster.unwrap_or_else(|| own_cluster(&document, &row));
                loaded.take(number, cluster, &matches);
                more.clear();
                More::begin(cut(&document.id), document.own_title(row.tokens), &mut more);
                encode_said(&self.core.verdict(matches, cluster, row.seen), &document.meta, &mut more);
                let arriving = NewDocument { row, more: &more, keys, text: packed, replaces: None };
                self.writer.load(arriving, cluster)?;
            }
        }
        self.writer.loaded()?;
        let mut taken = loaded.numbers.len() as u64;
        for batch in later.chunks(BATCH) {
            taken += self.batch(batch)?.iter().filter(|answer| !answer.again).count() as u64;
        }
        Ok(taken)
    }
}

/// What of a corpus is in the index already, in the order in which it came.
struct Loaded<'a> {
    run: &'a Run,
    partners: HashMap<u32, Vec<Partner>>,
    /// By number in the run: the ordinal.
    ordinals: HashMap<u32, u32>,
    /// By ordinal: the number in the run.
    numbers: Vec<u32>,
    /// By ordinal.
    clusters: Vec<u64>,
    /// By ordinal of a copy: the ordinal of whom it is a copy of.
    sources: HashMap<u32, u32>,
}

impl<'a> Loaded<'a> {
    fn of(run: &'a Run, partners: HashMap<u32, Vec<Partner>>) -> Loaded<'a> {
        let (ordinals, sources) = Default::default();
        Loaded { run, partners, ordinals, numbers: Vec::new(), clusters: Vec::new(), sources }
    }

    /// What a document is to those before it.
    fn matches(&mut self, number: u32, document: &Incoming) -> Result<Vec<Matched>> {
        let partners = self.partners.remove(&number).unwrap_or_default();
        let mut matches: Vec<Matched> =
            partners.into_iter().filter_map(|partner| self.matched(partner)).collect();
        order(&mut matches);
        matches.truncate(MATCHES);
        let nearest = matches.first().filter(|best| best.found.relation.is_copy());
        if let Some(&source) = nearest.and_then(|best| self.sources.get(&best.ordinal))
            && matches.iter().all(|matched| matched.ordinal != source)
        {
            let partner = self.partner(number, self.numbers[source as usize])?;
            matches.extend(partner.and_then(|partner| self.matched(partner)));
            order(&mut matches);
        }
        for matched in matches.iter_mut().filter(|matched| matched.found.relation.shares_cluster()) {
            let number = DocId(self.numbers[matched.ordinal as usize]);
            // What can no longer be read is among the scan's problems.
            matched.copy = copy_of(&self.run.meta(number), &self.run.text(number).unwrap_or_default());
        }
        mark_original(&mut matches, copy_of(&document.meta, &document.text));
        leave_best(&mut matches);
        Ok(matches)
    }

    fn matched(&self, partner: Partner) -> Option<Matched> {
        let ordinal = *self.ordinals.get(&partner.number)?;
        let (corpus, entry) = (self.run.corpus(), &self.run.documents.entries[partner.number as usize]);
        let id = corpus.id(entry.location, entry.record);
        let id = id.unwrap_or_else(|_| corpus.made_id(entry.location.input, entry.record));
        let Judgement { measures, score, .. } = partner.judgement;
        let relation = partner.judgement.from_a();
        let found =
            Match { id: cut(&id).to_owned(), relation, measures, score: score as f32, spans: partner.spans };
        let (overlap, spans) = (None, Vec::new());
        Some(Matched { ordinal, found, is_original: false, copy: Copy::default(), overlap, spans })
    }

    /// What a document is to another one that the run need not have compared it with; nothing where they have equal words,
    /// for then it has.
    fn partner(&self, number: u32, other: u32) -> Result<Option<Partner>> {
        let (pair, equals) = ((number, other), &self.run.equals);
        if equals.first(DocId(number)) == equals.first(DocId(other)) {
            return Ok(None);
        }
        let Some(judgement) = self.run.judged(&[pair])?.pop().flatten() else { return Ok(None) };
        let spans = self.run.spans_of(&[(pair, judgement.relation)])?.pop().unwrap_or_default();
        Ok(Some(Partner { number: other, judgement, spans: longest(&spans, false) }))
    }

    /// Takes the next document.
    fn take(&mut self, number: u32, cluster: u64, matches: &[Matched]) {
        let ordinal = self.numbers.len() as u32;
        self.ordinals.insert(number, ordinal);
        self.numbers.push(number);
        self.clusters.push(cluster);
        if let Some(best) = matches.first().filter(|best| best.found.relation.is_copy()) {
            let original = matches.iter().find(|matched| matched.is_original);
            self.sources.insert(ordinal, original.unwrap_or(best).ordinal);
        }
    }
}

impl Lookup {
    /// What documents of a scanned corpus are to those of the index, which stays as it is: a few matches each, the best
    /// first, by document.
    ///
    /// # Errors
    /// Damage that was met, or cancellation.
    pub fn known(&self, run: &Run) -> Result<Vec<KnownDocument>> {
        let view = self.view();
        let mut known = Vec::new();
        for first in (0..run.documents.entries.len()).step_by(BATCH) {
            run.cancel().check()?;
            let (numbers, documents) = self.core.read(run, first);
            let mut prepared = self.core.preparer.prepare(&documents)?;
            prepared.iter_mut().for_each(|prepared| prepared.row.ordinal = self.reader.next());
            let matches = self.core.each(documents.len(), |worker, i| {
                let Prepared { row, keys, grams, .. } = &prepared[i];
                matches(
                    &self.core,
                    &view,
                    worker,
                    &documents[i],
                    Sought { row, keys, grams: &grams.sought },
                    (None, &Batch::new()),
                )
            })?;
            for ((number, document), mut matches) in numbers.into_iter().zip(&documents).zip(matches) {
                leave_best(&mut matches);
                for Matched { ordinal, found, overlap, spans, .. } in matches {
                    let place = view.place(ordinal)?;
                    let Some(row) = place.map(|place| view.row(place)).transpose()? else { continue };
                    let (same_site, cluster) = (row.site == document.identity.site, row.cluster);
                    let document = DocId(number);
                    known.push(KnownDocument { document, found, same_site, cluster, overlap, spans });
                }
            }
        }
        Ok(known)
    }
}

impl Core {
    /// The documents of a batch, with their numbers. What can no longer be read is among the scan's problems.
    pub fn read(&self, run: &Run, first: usize) -> (Vec<u32>, Vec<Incoming>) {
        let last = run.documents.entries.len().min(first + BATCH);
        let read = || (first as u32..last as u32).into_par_iter().map(|number| incoming(run, number));
        let documents: Vec<Option<Incoming>> = self.preparer.pool.install(|| read().collect());
        (first as u32..).zip(documents).filter_map(|(number, one)| Some((number, one?))).unzip()
    }
}

/// A document of a scan as one that arrives; none where it can no longer be read.
fn incoming(run: &Run, number: u32) -> Option<Incoming> {
    let entry = &run.documents.entries[number as usize];
    let text = run.text(DocId(number)).ok()?;
    let meta = run.corpus().meta(entry.location, entry.record).ok()?;
    let document = Incoming::new(meta.id, text).site(run.site(DocId(number)));
    // A file is what its path says, whatever stands in it later: its id is named.
    let is_file = || run.corpus().place(entry.location, entry.record).1.is_none();
    let document = if entry.id_hash != 0 || is_file() { document } else { document.unnamed(0) };
    let said = |field: &Option<String>| field.clone().unwrap_or_default();
    let document = document.url(&said(&meta.url)).canonical_url(&said(&meta.canonical_url));
    Some(document.title(&said(&meta.title)).date(&said(&meta.date)))
}

/// What a document is to one before it.
struct Partner {
    number: u32,
    /// The document is the first side.
    judgement: Judgement,
    spans: Vec<[u32; 4]>,
}

/// By document: those before it that it is something to. Of documents of one text the first stands for all, and a copy's
/// partners are the copies before it.
fn partners(run: &Run, spans: Option<&[Vec<Span>]>) -> HashMap<u32, Vec<Partner>> {
    let mut partners: HashMap<u32, Vec<Partner>> = HashMap::new();
    let mut known = HashSet::new();
    let mut of_copies: HashMap<(u32, u32), Vec<[u32; 4]>> = HashMap::new();
    for (at, pair) in run.pairs.iter().enumerate() {
        let rows = spans.and_then(|spans| spans.get(at)).map_or(&[][..], Vec::as_slice);
        let (a, b) = (pair.a.0, pair.b.0);
        if run.equals.first(pair.a) == run.equals.first(pair.b) {
            of_copies.insert((a.max(b), a.min(b)), longest(rows, a < b));
            continue;
        }
        let [a, b] = [pair.a, pair.b].map(|one| run.equals.oldest(one));
        let (before, later) = (a.min(b), a.max(b));
        // What comes finds the oldest of one text, whatever its title, where its own title is no part of it.
        let has_title = is_part_of(run.documents.entries[later.index()].tokens);
        let number = if has_title { before.0 } else { run.equals.oldest_of_text(before).0 };
        if !known.insert((number, later.0)) {
            continue;
        }
        let spans = longest(rows, a < b);
        let judgement = if a < b { pair.judgement.swapped() } else { pair.judgement };
        partners.entry(later.0).or_default().push(Partner { number, judgement, spans });
    }
    for (group, shingles) in run.equals.groups() {
        let mut members: Vec<u32> = group.iter().map(|document| document.0).collect();
        members.sort_unstable();
        let judgement = Judgement::exact(shingles);
        for (before, &number) in members.iter().enumerate().skip(1) {
            let mut exact = |&before: &u32| {
                let spans = of_copies.remove(&(number, before)).unwrap_or_default();
                Partner { number: before, judgement, spans }
            };
            partners.insert(number, members[..before.min(MATCHES)].iter().map(&mut exact).collect());
        }
    }
    partners.values_mut().for_each(keep_copies);
    partners
}

/// Of what a document is to others only the copies, where there are any: its other partners are theirs.
fn keep_copies(partners: &mut Vec<Partner>) {
    let is_copy = |partner: &Partner| partner.judgement.relation == Relation::Exact;
    if partners.iter().any(is_copy) {
        partners.retain(is_copy);
    }
}

/// The longest spans of a pair, from the side of its first or its second document.
pub(super) fn longest(rows: &[Span], from_second: bool) -> Vec<[u32; 4]> {
    let mut rows: Vec<&Span> = rows.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.tokens));
    rows.truncate(SPANS);
    let span = |row: &Span| {
        let (own, other) = if from_second { (row.b, row.a) } else { (row.a, row.b) };
        [own[0], own[1], other[0], other[1]].map(|place| place as u32)
    };
    let mut spans: Vec<[u32; 4]> = rows.into_iter().map(span).collect();
    spans.sort_unstable();
    spans
}
