//! One document, looking for those of the index that it has a relation to.

use std::collections::HashMap;

use super::Incoming;
use super::core::Core;
use super::corpus::longest;
use super::learn::Learning;
use super::unpack::Unpacker;
use crate::document::{Identity, Meta};
use crate::error::Result;
use crate::index::format::{MATCHES, NAMED, StoredRow, key};
use crate::index::verdict::Match;
use crate::index::view::{Moment, Near, PartPlace, Query, View, ViewMemory};
use crate::judge::{
    Directed, Judge, Judgement, Loaded, Measures, Memory, Names, Note, Overlap, Span, Title, classic,
};
use crate::model::hashed::Hashes;
use crate::model::standing::{Stand, Standing, StandingRow};
use crate::origin::{self, Copy, When, credits};
use crate::signature::winnow::LEVELS;

/// Documents of one sequence hash that are compared with one of it, at most: that two are not equal is a chance of one in
/// 2^64, or was made so.
const COMPARED: usize = 64;

/// Candidates that are judged for one document, at most.
const JUDGED: usize = 32;

/// Share of the smaller sample, of ten thousand, from which two documents may be one form though all of it stands for good.
/// From all of them on, 30 of 560 forms of stress-pairs are not told.
const FORM: u32 = 5000;

/// Loaded documents that a thread keeps, by ordinal modulo this: families arrive together.
const LOADED: usize = 128;

/// Memory of one thread.
#[derive(Debug)]
pub(super) struct LookMemory {
    unpacker: Unpacker,
    memory: Memory,
    learning: Learning,
    lookup: ViewMemory,
    /// The document that arrives.
    own: Loaded,
    /// Others, each with its ordinal.
    others: Vec<Option<(u32, Loaded)>>,
}

impl LookMemory {
    pub fn new(judge: Judge<'_>) -> Result<LookMemory> {
        Ok(LookMemory {
            unpacker: Unpacker::new()?,
            memory: judge.memory(),
            learning: Learning::default(),
            lookup: ViewMemory::default(),
            own: judge.document(),
            others: (0..LOADED).map(|_| None).collect(),
        })
    }

    /// Forgets documents from this ordinal on: others will come under these.
    pub fn forget(&mut self, first: u32) {
        let is_gone = |one: &&mut Option<(u32, Loaded)>| one.as_ref().is_some_and(|one| one.0 >= first);
        self.others.iter_mut().filter(is_gone).for_each(|one| *one = None);
        self.learning.forget(first);
    }

    /// The place of an indexed document among the others, if it is loaded.
    fn loaded(&self, row: &StoredRow) -> Option<usize> {
        let at = row.ordinal as usize % LOADED;
        self.others[at].as_ref().is_some_and(|(ordinal, _)| *ordinal == row.ordinal).then_some(at)
    }

    /// Memory for an indexed document, and its place among the others.
    fn slot<'a>(
        others: &'a mut [Option<(u32, Loaded)>],
        judge: Judge<'_>,
        row: &StoredRow,
    ) -> (usize, &'a mut Loaded) {
        let at = row.ordinal as usize % LOADED;
        let (ordinal, document) = others[at].get_or_insert_with(|| (0, judge.document()));
        *ordinal = row.ordinal;
        (at, document)
    }
}

/// A match, and the document it is.
pub(super) struct Matched {
    pub ordinal: u32,
    pub found: Match,
    /// Whether it is the original that the document is a copy of.
    pub is_original: bool,
    /// It, as far as who had it first depends on it; nothing where nobody asks.
    pub copy: Copy,
    /// What the alignment says, and where; nothing where nothing was aligned.
    pub overlap: Option<Overlap>,
    pub spans: Vec<Span>,
}

/// The best first, then the oldest.
pub(super) fn order(matches: &mut [Matched]) {
    matches.sort_by(|a, b| {
        let by_score = b.found.score.total_cmp(&a.found.score);
        a.found.relation.rank().cmp(&b.found.relation.rank()).then(by_score).then(a.ordinal.cmp(&b.ordinal))
    });
}

/// Marks the original of a document among its matches, which are in order: the first of them and itself (`own`) by names or
/// dates, where those tell it and it has all that the document says. What is no copy has no original, but the version or form
/// that it is of.
pub(super) fn mark_original(matches: &mut [Matched], own: Copy) {
    if !matches.first().is_some_and(|best| best.found.relation.is_copy()) {
        return;
    }
    let places: Vec<usize> =
        (0..matches.len()).filter(|&place| matches[place].found.relation.shares_cluster()).collect();
    let copies: Vec<Copy> = std::iter::once(own)
        .chain(places.iter().map(|&place| std::mem::take(&mut matches[place].copy)))
        .collect();
    let first = origin::known_first(&copies).and_then(|first| places.get(first.checked_sub(1)?));
    if let Some(&place) = first {
        matches[place].is_original = matches[place].found.relation.is_copy();
    }
}

/// Leaves as many matches as a verdict keeps, the original among them.
pub(super) fn leave_best(matches: &mut Vec<Matched>) {
    if let Some(original) = matches.iter().skip(MATCHES).position(|matched| matched.is_original) {
        matches.swap(MATCHES - 1, MATCHES + original);
    }
    matches.truncate(MATCHES);
}

/// A document as far as who had it first depends on it. Without its text nothing is known of what it credits.
pub(super) fn copy_of(meta: &Meta, text: &str) -> Copy {
    Copy {
        site: meta.site.clone(),
        url: meta.url.clone(),
        canonical_url: meta.canonical_url.clone(),
        when: meta.date.as_deref().and_then(When::of),
        credits: credits(text),
        shingles: Vec::new(),
    }
}

fn identity(row: &StoredRow) -> Identity {
    let id = if row.flags & NAMED != 0 { row.id_hash } else { 0 };
    Identity { id, url: row.url, canonical: row.canonical, site: row.site }
}

/// A document by which others are looked for.
#[derive(Clone, Copy)]
pub(super) struct Sought<'a> {
    pub row: &'a StoredRow,
    pub keys: &'a [u64],
    pub grams: &'a [u64],
}

/// By ordinal: documents that came together, of which nothing is said yet.
pub(super) type Batch<'a> = HashMap<u32, &'a Incoming>;

/// The documents that a document has a relation to, the best first, and more than a verdict keeps; `replaces` is the version
/// that it takes the place of.
pub(super) fn matches(
    core: &Core,
    view: &View<'_>,
    worker: &mut LookMemory,
    document: &Incoming,
    Sought { row, keys, grams }: Sought<'_>,
    (replaces, batch): (Option<u32>, &Batch<'_>),
) -> Result<Vec<Matched>> {
    if row.tokens == 0 {
        return Ok(Vec::new());
    }
    let mut looking = Looking::new(core, view, worker, document, row);
    looking.copies()?;
    // A copy's other matches are those of what it is a copy of.
    let is_copy = |matched: &Matched| matched.found.relation == Directed::Exact;
    if looking.found.iter().any(is_copy) {
        looking.found.retain(is_copy);
    } else {
        let wanted = Query { keys, counts: row.counts, at: Moment::of(row) };
        let lookup = &mut looking.worker.lookup;
        let mut near = view.near(&wanted, core.gate(), 4 * JUDGED, lookup)?;
        if !grams.is_empty() {
            let more = view.near(&Query { keys: grams, ..wanted }, core.gram_gate(), 4 * JUDGED, lookup)?;
            let known: Vec<PartPlace> = near.iter().map(|one| one.place).collect();
            near.extend(more.into_iter().filter(|one| !known.contains(&one.place)));
        }
        looking.learn(&near)?;
        looking.leave_standing(&wanted, &mut near);
        looking.near(near, keys)?;
    }
    order(&mut looking.found);
    if let Some(replaced) = replaces {
        looking.update(replaced, keys)?;
    }
    if core.verifies() {
        looking.describe(batch)?;
    }
    Ok(looking.found)
}

/// What a document is to one more of the index, where it is something to it.
pub(super) fn match_with(
    core: &Core,
    view: &View<'_>,
    worker: &mut LookMemory,
    (document, row): (&Incoming, &StoredRow),
    (place, other): (PartPlace, &StoredRow),
) -> Result<Option<Matched>> {
    let mut looking = Looking::new(core, view, worker, document, row);
    looking.judge(place, other)?;
    looking.describe(&HashMap::new())?;
    Ok(looking.found.pop())
}

/// One document, looking for others.
struct Looking<'a> {
    core: &'a Core,
    judge: Judge<'a>,
    view: &'a View<'a>,
    worker: &'a mut LookMemory,
    document: &'a Incoming,
    row: &'a StoredRow,
    /// What stands by the documents that it meets, where that is learned.
    standing: Standing,
    is_loaded: bool,
    /// Whether the worker's memory looks from it.
    glances: bool,
    /// Its text and its title, once they are asked for.
    titled: Option<(Note, Title)>,
    found: Vec<Matched>,
}

impl<'a> Looking<'a> {
    fn new(
        core: &'a Core,
        view: &'a View<'a>,
        worker: &'a mut LookMemory,
        document: &'a Incoming,
        row: &'a StoredRow,
    ) -> Looking<'a> {
        let (judge, standing) = (core.judge(), Standing::default());
        let (is_loaded, glances, titled, found) = (false, false, None, Vec::new());
        Looking { core, judge, view, worker, document, row, standing, is_loaded, glances, titled, found }
    }

    /// Loads the document itself, once that is needed.
    fn load(&mut self) {
        if !self.is_loaded {
            let LookMemory { memory, own, .. } = &mut *self.worker;
            let title = self.document.own_title(self.row.tokens);
            let names = Names { title, identity: identity(self.row) };
            self.judge.load(memory, &self.document.text, names, own);
            if self.judge.learns {
                self.judge.stand(memory, &self.standing, own);
            }
            self.is_loaded = true;
        }
    }

    /// The document itself and an indexed one, loaded, and memory to compare them.
    fn pair(&mut self, place: PartPlace, row: &StoredRow) -> Result<(&mut Memory, &Loaded, &Loaded)> {
        let at = match self.worker.loaded(row) {
            Some(at) => at,
            None => {
                let LookMemory { unpacker, memory, others, .. } = &mut *self.worker;
                let text = unpacker.unpack(self.view.text(place, row)?, row)?;
                let (at, other) = LookMemory::slot(others, self.judge, row);
                let names = Names { title: self.view.title(place, row)?, identity: identity(row) };
                self.judge.load(memory, text, names, other);
                at
            }
        };
        Ok(self.with(at))
    }

    /// The document itself and one of the others, loaded.
    fn with(&mut self, at: usize) -> (&mut Memory, &Loaded, &Loaded) {
        self.load();
        let LookMemory { memory, own, others, .. } = &mut *self.worker;
        if let Some((_, other)) = &mut others[at]
            && self.judge.learns
        {
            self.judge.stand(memory, &self.standing, other);
        }
        let other = others[at].as_ref().map_or(&*own, |(_, other)| other);
        (memory, own, other)
    }

    /// Leaves out those that share nothing but what stands for good: they would have no relation. It is learned where no
    /// model is given, and without one no text is looked for by its characters: the documents were last looked for by `wanted`.
    fn leave_standing(&mut self, wanted: &Query<'_>, near: &mut Vec<Near>) {
        let good = |row: &&StandingRow| row.stand() == Stand::Good;
        let good: Hashes = self.standing.rows().iter().filter(good).map(|row| key(row.shingle)).collect();
        if !good.is_empty() {
            View::retain(wanted, |key| good.contains(&key), FORM, (near, &mut self.worker.lookup));
        }
    }

    /// Learns what stands by the documents that it meets.
    fn learn(&mut self, near: &[Near]) -> Result<()> {
        if self.judge.learns && self.core.verifies() {
            let LookMemory { unpacker, memory, learning, .. } = &mut *self.worker;
            let arrival = (self.row, &*self.document.text);
            self.standing = learning.standing((self.view, unpacker, memory), arrival, near)?;
        }
        Ok(())
    }

    /// As [`Looking::pair`], where the two can be anything to each other: most share a phrase or two, and that is seen
    /// without loading either.
    fn hopeful(
        &mut self,
        place: PartPlace,
        row: &StoredRow,
    ) -> Result<Option<(&mut Memory, &Loaded, &Loaded)>> {
        let judge = self.judge;
        let plain = [self.row, row].iter().all(|row| judge.is_plain(row.tokens, row.site));
        if !plain || self.worker.loaded(row).is_some() {
            return self.pair(place, row).map(Some);
        }
        let LookMemory { unpacker, memory, others, .. } = &mut *self.worker;
        let text = unpacker.unpack(self.view.text(place, row)?, row)?;
        if !self.glances {
            judge.look_from(memory, &self.document.text);
            self.glances = true;
        }
        if !judge.is_hopeful(memory, text, self.row.tokens.min(row.tokens)) {
            return Ok(None);
        }
        let (at, other) = LookMemory::slot(others, judge, row);
        judge.load_seen(memory, text, Names { title: "", identity: identity(row) }, other);
        Ok(Some(self.with(at)))
    }

    fn push(
        &mut self,
        place: PartPlace,
        row: &StoredRow,
        relation: Directed,
        (measures, score): (Measures, f64),
        (overlap, spans): (Option<Overlap>, Vec<Span>),
    ) -> Result<()> {
        let id = self.view.id(place, row)?.to_owned();
        let kept = longest(&spans, false);
        let found = Match { id, relation, measures, score: score as f32, spans: kept };
        self.found.push(Matched {
            ordinal: row.ordinal,
            found,
            is_original: false,
            copy: Copy::default(),
            overlap,
            spans,
        });
        Ok(())
    }

    /// Documents of the same token sequence.
    fn copies(&mut self) -> Result<()> {
        let (view, row) = (self.view, self.row);
        let title = self.document.own_title(row.tokens);
        let mut compared = 0;
        view.copies(row, title, |place, row| {
            self.copy(place, row)?;
            compared += 1;
            Ok(self.found.len() < MATCHES && compared < COMPARED)
        })
    }

    /// A document of the same sequence hash: the same words, or by chance none of them.
    fn copy(&mut self, place: PartPlace, row: &StoredRow) -> Result<()> {
        if !self.core.verifies() {
            let judgement = self.judge_equal(place, row, self.sampled(row).0)?;
            return self.push_equal(place, row, judgement, Vec::new());
        }
        if !self.is_equal(place, row)? {
            return Ok(());
        }
        let judge = self.judge;
        let (_, own, _) = self.pair(place, row)?;
        let shingles = judge.measures(own, own).a;
        let judgement = self.judge_equal(place, row, shingles)?;
        let (memory, own, other) = self.pair(place, row)?;
        let spans = judge.spans(memory, own, other, judgement.relation);
        self.push_equal(place, row, judgement, spans)
    }

    fn push_equal(
        &mut self,
        place: PartPlace,
        row: &StoredRow,
        judgement: Judgement,
        spans: Vec<Span>,
    ) -> Result<()> {
        self.push(place, row, judgement.from_a(), (judgement.measures, judgement.score), (None, spans))
    }

    /// What the document is to one of the same token sequence, of so many shingles: their titles may tell them apart.
    fn judge_equal(&mut self, place: PartPlace, row: &StoredRow, shingles: u32) -> Result<Judgement> {
        let (judge, own, other) =
            (self.judge, self.document.own_title(self.row.tokens), self.view.title(place, row)?);
        if !judge.asks_titles(row.tokens) || own == other {
            return Ok(Judgement::exact(shingles));
        }
        let memory = &mut self.worker.memory;
        let text = &self.document.text;
        let (note, title) =
            self.titled.get_or_insert_with(|| (judge.note(memory, text), judge.title(memory, own)));
        let other = judge.title(memory, other);
        Ok(judge.equal(memory, note, [title, &other], shingles))
    }

    /// Whether an indexed document has the same tokens in the same order.
    fn is_equal(&mut self, place: PartPlace, row: &StoredRow) -> Result<bool> {
        if row.text_hash == self.row.text_hash && row.bytes == self.row.bytes {
            return Ok(true);
        }
        let LookMemory { unpacker, memory, .. } = &mut *self.worker;
        let text = unpacker.unpack(self.view.text(place, row)?, row)?;
        Ok(self.judge.are_equal(memory, text, &self.document.text))
    }

    /// Sample sizes at the coarser of two levels.
    fn sampled(&self, other: &StoredRow) -> (u32, u32) {
        let (a, b) = (self.row.counts, other.counts);
        let level = (0..LEVELS).find(|&level| a[level] > 0 && b[level] > 0);
        level.map_or((0, 0), |level| (u32::from(a[level]), u32::from(b[level])))
    }

    fn near(&mut self, near: Vec<Near>, keys: &[u64]) -> Result<()> {
        // Of copies of one text the oldest stands for all, but for those that share a page with the document, and where titles
        // count for those of each title.
        let mut texts: Vec<(u64, &str, bool)> = Vec::new();
        let title = self.document.own_title(self.row.tokens);
        let mut judged = 0;
        for Near { place, row, .. } in near {
            // It is among the copies, or there were too many of them.
            if row.sequence == self.row.sequence && (!self.core.verifies() || self.is_equal(place, &row)?) {
                continue;
            }
            let its_title = if title.is_empty() { "" } else { self.view.title(place, &row)? };
            let text = (row.sequence, its_title, identity(self.row).is_version_of(&identity(&row)));
            if texts.contains(&text) {
                continue;
            }
            texts.push(text);
            judged += 1;
            // The likeliest come first: what is left then would say nothing more.
            let copies = self.found.iter().filter(|matched| matched.found.relation.is_copy()).count();
            if judged > JUDGED || copies >= MATCHES {
                break;
            }
            if self.core.verifies() {
                self.judge(place, &row)?;
            } else {
                self.estimate(place, &row, keys)?;
            }
        }
        Ok(())
    }

    fn judge(&mut self, place: PartPlace, row: &StoredRow) -> Result<()> {
        let judge = self.judge;
        let Some((memory, own, other)) = self.hopeful(place, row)? else { return Ok(()) };
        if let Some((judgement, spans)) = judge.decide(memory, own, other) {
            let figures = (judgement.measures, judgement.score);
            self.push(place, row, judgement.from_a(), figures, (judgement.overlap, spans))?;
        }
        Ok(())
    }

    /// Shares of samples stand in for shares of shingles.
    fn measures(&self, place: PartPlace, row: &StoredRow, keys: &[u64]) -> Result<Measures> {
        let (a, b) = self.sampled(row);
        let common = self.view.common(place, keys)?;
        Ok(Measures { a, b, common: common.min(a).min(b) })
    }

    fn estimate(&mut self, place: PartPlace, row: &StoredRow, keys: &[u64]) -> Result<()> {
        let measures = self.measures(place, row, keys)?;
        let judgement = classic(self.judge.policy, measures, (self.row.tokens, row.tokens));
        if let Some(judgement) = judgement {
            let is_version = identity(self.row).is_version_of(&identity(row));
            let relation = if is_version { Directed::Update } else { judgement.from_a() };
            self.push(place, row, relation, (measures, judgement.score), (None, Vec::new()))?;
        }
        Ok(())
    }

    /// Describes the copies among the matches of a copy, so that it can be said who had it first.
    fn describe(&mut self, batch: &Batch<'_>) -> Result<()> {
        if !self.found.first().is_some_and(|best| best.found.relation.is_copy()) {
            return Ok(());
        }
        let LookMemory { unpacker, .. } = &mut *self.worker;
        for matched in self.found.iter_mut().filter(|matched| matched.found.relation.shares_cluster()) {
            if let Some(document) = batch.get(&matched.ordinal) {
                matched.copy = copy_of(&document.meta, &document.text);
            } else if let Some(place) = self.view.place(matched.ordinal)? {
                let row = self.view.row(place)?;
                let text = unpacker.unpack(self.view.text(place, &row)?, &row)?;
                matched.copy = copy_of(&self.view.said(place, &row)?.1, text);
            }
        }
        Ok(())
    }

    /// The version that the document replaces, before all others.
    fn update(&mut self, replaced: u32, keys: &[u64]) -> Result<()> {
        let Some(place) = self.view.place(replaced)? else { return Ok(()) };
        let row = self.view.row(place)?;
        self.found.retain(|matched| matched.ordinal != replaced);
        let verified = self.core.verifies() && row.packed > 0;
        let (measures, shown) = if verified {
            let judge = self.judge;
            let (memory, own, other) = self.pair(place, &row)?;
            let measures = judge.measures(own, other);
            let decided = judge.decide(memory, own, other);
            (measures, decided.map_or((None, Vec::new()), |(judgement, spans)| (judgement.overlap, spans)))
        } else {
            (self.measures(place, &row, keys)?, (None, Vec::new()))
        };
        let score = measures.containment();
        self.push(place, &row, Directed::Update, (measures, score), shown)?;
        self.found.rotate_right(1);
        Ok(())
    }
}
