//! A whole corpus at once: loaded into an empty index, or looked up in one.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::core::{Core, own_cluster};
use super::look::{Matched, Sought, matches, order};
use super::{Filter, Incoming, Lookup, Prepared, cut};
use crate::document::DocId;
use crate::error::Result;
use crate::index::NewDocument;
use crate::index::format::{MATCHES, More, SPANS, encode_verdict};
use crate::index::verdict::Match;
use crate::judge::{Judgement, Overlap, Relation, Span, is_part_of};
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
        let mut partners = partners(run, spans);
        let mut ordinals: HashMap<u32, u32> = HashMap::new();
        let (mut ids, mut later, mut more) = (HashSet::new(), Vec::new(), Vec::new());
        let mut clusters: HashMap<u32, u64> = HashMap::new();
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
                row.ordinal = ordinals.len() as u32;
                let matches = self.said(run, partners.remove(&number), &ordinals);
                let cluster = matches
                    .iter()
                    .find(|matched| matched.found.relation.shares_cluster())
                    .and_then(|matched| clusters.get(&matched.ordinal).copied())
                    .unwrap_or_else(|| own_cluster(&document, &row));
                clusters.insert(row.ordinal, cluster);
                ordinals.insert(number, row.ordinal);
                more.clear();
                More::begin(cut(&document.id), document.own_title(row.tokens), &mut more);
                encode_verdict(&self.core.verdict(matches, cluster, row.seen), &mut more);
                let arriving = NewDocument { row, more: &more, keys, text: packed, replaces: None };
                self.writer.load(arriving, cluster)?;
            }
        }
        self.writer.loaded()?;
        let mut taken = ordinals.len() as u64;
        for batch in later.chunks(BATCH) {
            taken += self.batch(batch)?.iter().filter(|answer| !answer.again).count() as u64;
        }
        Ok(taken)
    }

    /// What is said of a document, given what it is to others.
    fn said(&self, run: &Run, partners: Option<Vec<Partner>>, ordinals: &HashMap<u32, u32>) -> Vec<Matched> {
        let matched = |partner: Partner| {
            let ordinal = *ordinals.get(&partner.number)?;
            let entry = &run.documents.entries[partner.number as usize];
            let id = run.corpus().id(entry.location, entry.record);
            let id = id.unwrap_or_else(|_| run.corpus().made_id(entry.location.input, entry.record));
            let Judgement { measures, score, .. } = partner.judgement;
            let relation = partner.judgement.from_a();
            let found = Match {
                id: cut(&id).to_owned(),
                relation,
                measures,
                score: score as f32,
                spans: partner.spans,
            };
            Some(Matched { ordinal, found, overlap: None, spans: Vec::new() })
        };
        let mut matches: Vec<Matched> = partners.into_iter().flatten().filter_map(matched).collect();
        order(&mut matches);
        matches.truncate(MATCHES);
        matches
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
                    None,
                )
            })?;
            for ((number, document), matches) in numbers.into_iter().zip(&documents).zip(matches) {
                for Matched { ordinal, found, overlap, spans } in matches {
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
    // A file is what its path says, whatever stands in it later: its id is named.
    let title = meta.title.unwrap_or_default();
    let document = Incoming::new(meta.id, text).title(title).site(run.site(DocId(number)));
    let address = |url: &Option<String>| url.clone().unwrap_or_default();
    Some(document.url(&address(&meta.url)).canonical_url(&address(&meta.canonical_url)))
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
