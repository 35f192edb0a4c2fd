//! The pre-ingest filter: a document arrives, and something says whether it is new.
//!
//! The second flow beside [`crate::scan`], over the same sample, gate, exact measures and relation; under one model
//! both say the same of a pair. [`Filter::batch`] takes documents in parallel and answers as if they had come one by
//! one: a document finds those before it, in the index and in its batch, and none behind it.
//!
//! What was said is kept with the document. So whoever asks again with the same id and text is given the same answer,
//! whatever came since.

mod corpus;
mod incoming;
pub mod line;
mod pool;
mod prepare;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use crate::candidates::Gate;
use crate::document::{Identity, id_hash};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::avalanche;
use crate::index::format::{MATCHES, NAMED, Row, encode_verdict, key};
use crate::index::store::Store;
use crate::index::verdict::{Match, Verdict};
use crate::index::view::{Near, Place, View, Wanted};
use crate::index::{Arriving, Keep, Limits, Reader, Writer, model_hash};
use crate::judge::{Directed, Judge, Loaded, Measures, Memory, Overlap, Relation, Span, classic};
use crate::kernel::Kernel;
use crate::model::Model;
use crate::options::{Policy, Resources};
use crate::recipe::Recipe;
use crate::signature::winnow::LEVELS;
use crate::sketch::Sketcher;
pub use corpus::Known;
use corpus::longest;
pub use incoming::Incoming;
use pool::Pool;
pub use prepare::{Prepared, Preparer};

/// What is said of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether it was given before, to the same id and text.
    pub again: bool,
}

/// Candidates that are judged for one document, at most.
const JUDGED: usize = 32;

/// Loaded documents that a thread keeps, by ordinal modulo this: families arrive together.
const LOADED: usize = 128;

/// An index with what is needed to judge.
#[derive(Debug)]
pub struct Filter {
    index: Index,
    preparer: Preparer,
    under: Arc<Under>,
    gate: Gate,
    keep: Keep,
    workers: Vec<Mutex<Worker>>,
}

/// What pairs are judged under.
#[derive(Debug)]
struct Under {
    recipe: Recipe,
    kernel: Kernel,
    policy: Policy,
    model: Model,
}

impl Under {
    fn judge(&self) -> Judge<'_> {
        Judge { recipe: self.recipe, kernel: self.kernel, policy: &self.policy, model: &self.model }
    }
}

#[derive(Debug)]
enum Index {
    Writing(Box<Writer>),
    Reading(Box<Reader>),
}

impl Index {
    fn view(&self) -> View<'_> {
        match self {
            Index::Writing(writer) => writer.view(),
            Index::Reading(reader) => reader.view(),
        }
    }

    fn next(&self) -> u32 {
        match self {
            Index::Writing(writer) => writer.next(),
            Index::Reading(reader) => reader.next(),
        }
    }
}

/// Memory of one thread.
#[derive(Debug)]
struct Worker {
    unpacker: Unpacker,
    memory: Memory,
    /// The document that arrives.
    own: Loaded,
    /// Others, each with its ordinal.
    others: Vec<Option<(u32, Loaded)>>,
}

impl Worker {
    /// The place of an indexed document among the others, if it is loaded.
    fn loaded(&self, row: &Row) -> Option<usize> {
        let at = row.ordinal as usize % LOADED;
        self.others[at].as_ref().is_some_and(|(ordinal, _)| *ordinal == row.ordinal).then_some(at)
    }

    /// Memory for an indexed document, and its place among the others.
    fn slot<'a>(
        others: &'a mut [Option<(u32, Loaded)>],
        judge: Judge<'_>,
        row: &Row,
    ) -> (usize, &'a mut Loaded) {
        let at = row.ordinal as usize % LOADED;
        let (ordinal, document) = others[at].get_or_insert_with(|| (0, judge.document()));
        *ordinal = row.ordinal;
        (at, document)
    }
}

/// Decompresses texts, reusing its memory.
struct Unpacker {
    zstd: zstd::bulk::Decompressor<'static>,
    text: Vec<u8>,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unpacker")
    }
}

impl Unpacker {
    fn new() -> Result<Unpacker> {
        let zstd = zstd::bulk::Decompressor::new();
        let zstd = zstd.map_err(|e| Error::io(ErrorKind::Setting, "zstd", e))?;
        Ok(Unpacker { zstd, text: Vec::new() })
    }

    fn unpack(&mut self, packed: &[u8], row: &Row) -> Result<&str> {
        let no_text =
            || Error::new(ErrorKind::Corrupt).because(format!("the text of document {}", row.ordinal));
        // What a damaged row says is no reason to ask for more than the text can have.
        let most = zstd::bulk::Decompressor::upper_bound(packed).unwrap_or(usize::MAX);
        self.text.clear();
        self.text.reserve(most.min(row.bytes as usize));
        self.zstd.decompress_to_buffer(packed, &mut self.text).map_err(|_| no_text())?;
        let text = std::str::from_utf8(&self.text).ok();
        text.filter(|text| text.len() == row.bytes as usize).ok_or_else(no_text)
    }
}

/// The text of a document as it is kept.
///
/// # Errors
/// [`ErrorKind::Corrupt`] where it is none.
pub fn unpack(packed: &[u8], row: &Row) -> Result<String> {
    Ok(Unpacker::new()?.unpack(packed, row)?.to_owned())
}

/// How a document of a batch stands to those before it.
enum Standing {
    /// The document of this ordinal has the same id and text.
    Again(u32),
    /// Nobody has; perhaps it replaces the document of an ordinal.
    Fresh { replaces: Option<u32> },
}

impl Filter {
    /// Over an index that takes documents.
    ///
    /// # Errors
    /// A model that cannot be read, or no threads.
    pub fn writing(writer: Writer, policy: Policy, resources: &Resources) -> Result<Filter> {
        let (recipe, keep, model) = (writer.recipe(), writer.manifest().keep, writer.model()?);
        Filter::new(Index::Writing(Box::new(writer)), recipe, keep, model.as_deref(), policy, resources)
    }

    /// Over an index that is only asked: [`Filter::check`].
    ///
    /// # Errors
    /// A model that cannot be read, or no threads.
    pub fn reading(reader: Reader, policy: Policy, resources: &Resources) -> Result<Filter> {
        let (recipe, keep) = (reader.recipe(), reader.manifest().keep);
        let model = reader.model().map(<[u8]>::to_vec);
        Filter::new(Index::Reading(Box::new(reader)), recipe, keep, model.as_deref(), policy, resources)
    }

    fn new(
        index: Index,
        recipe: Recipe,
        keep: Keep,
        model: Option<&[u8]>,
        policy: Policy,
        resources: &Resources,
    ) -> Result<Filter> {
        policy.validate()?;
        let model = match model {
            Some(bytes) => Model::read(recipe, bytes)?,
            None => Model::default(),
        };
        let under = Arc::new(Under { recipe, kernel: resources.kernel, policy, model });
        let judge = under.judge();
        let pool = Pool::new(resources.pool()?);
        let workers = (0..pool.threads())
            .map(|_| {
                Ok(Mutex::new(Worker {
                    unpacker: Unpacker::new()?,
                    memory: judge.memory(),
                    own: judge.document(),
                    others: (0..LOADED).map(|_| None).collect(),
                }))
            })
            .collect::<Result<_>>()?;
        // Samples alone give raw measures only: what shares a passage and no more would be nothing.
        let gate = match keep {
            Keep::Text => Gate::of_passages(&policy),
            Keep::Signatures => Gate::new(policy.least_overlap()),
        };
        let packs = keep == Keep::Text && matches!(index, Index::Writing(_));
        let preparer = Preparer::new(pool, under.clone(), packs)?;
        Ok(Filter { index, preparer, under, gate, keep, workers })
    }

    /// Everything in the index.
    pub fn view(&self) -> View<'_> {
        self.index.view()
    }

    /// Whether texts are compared, and not only samples.
    pub fn verifies(&self) -> bool {
        self.keep == Keep::Text
    }

    /// What prepares documents for [`Filter::take`] and [`Filter::answer`], while the filter is busy with others.
    pub fn preparer(&self) -> Preparer {
        self.preparer.clone()
    }

    /// Takes documents, as if one by one. Once it returns, what it says is safe on disk.
    ///
    /// # Errors
    /// Damage that was met, or a disk that fails: nothing of the batch is then acknowledged.
    ///
    /// # Panics
    /// Never on documents; on a filter that only reads it answers as [`Filter::check`].
    pub fn batch(&mut self, documents: &[Incoming]) -> Result<Vec<Answer>> {
        self.take(documents, self.preparer.prepare(documents)?)
    }

    /// As [`Filter::batch`], of documents that this filter's [`Preparer`] made ready: `prepared` is what it gave of these.
    ///
    /// # Errors
    /// As [`Filter::batch`].
    ///
    /// # Panics
    /// Where `prepared` is shorter.
    pub fn take(&mut self, documents: &[Incoming], prepared: Vec<Prepared>) -> Result<Vec<Answer>> {
        let answers = self.begin(documents, prepared)?;
        self.finish()?;
        Ok(answers)
    }

    /// As [`Filter::take`], without waiting for the disk: the answers hold once [`Filter::finish`] or another
    /// [`Filter::begin`] returns well.
    ///
    /// # Errors
    /// As [`Filter::batch`], of these documents or of those that were begun before.
    ///
    /// # Panics
    /// Where `prepared` is shorter.
    pub fn begin(&mut self, documents: &[Incoming], prepared: Vec<Prepared>) -> Result<Vec<Answer>> {
        let Index::Writing(writer) = &mut self.index else { return self.answer(documents, prepared) };
        writer.keep()?;
        let first = writer.next();
        let begun = self.begin_from(documents, prepared);
        if let (Err(_), Index::Writing(writer)) = (&begun, &mut self.index) {
            writer.take_back(first);
            // Others will come under these ordinals.
            for worker in &mut self.workers {
                let worker = worker.get_mut().unwrap_or_else(PoisonError::into_inner);
                let is_gone =
                    |one: &&mut Option<(u32, Loaded)>| one.as_ref().is_some_and(|one| one.0 >= first);
                worker.others.iter_mut().filter(is_gone).for_each(|one| *one = None);
            }
        }
        begun
    }

    fn begin_from(&mut self, documents: &[Incoming], prepared: Vec<Prepared>) -> Result<Vec<Answer>> {
        let versions = self.versions(documents, &prepared)?;
        let Index::Writing(writer) = &mut self.index else { return self.answer(documents, prepared) };
        let (standing, admitted) = admit(writer, documents, prepared, versions)?;
        let found = self.look(documents, &standing)?;
        self.acknowledge(documents, standing, admitted, found)
    }

    /// Waits until what was begun is safe.
    ///
    /// # Errors
    /// A disk that fails: nothing that was begun and not yet safe is then acknowledged.
    pub fn finish(&mut self) -> Result<()> {
        match &mut self.index {
            Index::Writing(writer) => writer.committed(),
            Index::Reading(_) => Ok(()),
        }
    }

    /// Says what would be said of documents, each for itself, and takes none.
    ///
    /// # Errors
    /// Damage that was met.
    pub fn check(&self, documents: &[Incoming]) -> Result<Vec<Answer>> {
        self.answer(documents, self.preparer.prepare(documents)?)
    }

    /// As [`Filter::check`], of documents that this filter's [`Preparer`] made ready: `prepared` is what it gave of these.
    ///
    /// # Errors
    /// Damage that was met.
    ///
    /// # Panics
    /// Where `prepared` is shorter.
    pub fn answer(&self, documents: &[Incoming], mut prepared: Vec<Prepared>) -> Result<Vec<Answer>> {
        let versions = self.versions(documents, &prepared)?;
        let view = self.index.view();
        let next = self.index.next();
        prepared.iter_mut().for_each(|prepared| prepared.row.ordinal = next);
        let standing: Vec<Standing> = prepared
            .iter()
            .zip(&versions)
            .zip(documents)
            .map(|((prepared, versions), document)| stand(versions, &prepared.row, document.named))
            .collect();
        let looked = self.each(documents.len(), |worker, i| match standing[i] {
            Standing::Again(_) => Ok(Vec::new()),
            Standing::Fresh { replaces } => {
                self.matches(&view, worker, &documents[i], &prepared[i].row, &prepared[i].keys, replaces)
            }
        })?;
        let mut answers = Vec::with_capacity(documents.len());
        for (((standing, found), prepared), document) in
            standing.iter().zip(looked).zip(&prepared).zip(documents)
        {
            answers.push(match standing {
                Standing::Again(ordinal) => again(&view, *ordinal)?,
                Standing::Fresh { .. } => {
                    let cluster =
                        cluster(&view, &found)?.unwrap_or_else(|| own_cluster(document, &prepared.row));
                    Answer { verdict: self.verdict(found, cluster, prepared.row.seen), again: false }
                }
            });
        }
        Ok(answers)
    }

    /// Deletes all versions of these ids; returns how many documents that were.
    ///
    /// # Errors
    /// Damage, a disk that fails, or [`ErrorKind::Setting`] on a filter that only reads.
    pub fn delete(&mut self, ids: &[String]) -> Result<usize> {
        let view = self.index.view();
        let mut gone = Vec::new();
        for id in ids {
            let id = cut(id);
            gone.extend(view.versions(id, id_hash(id.as_bytes()))?.iter().map(|(_, row)| row.ordinal));
        }
        match &mut self.index {
            Index::Writing(writer) => writer.delete(&gone)?,
            Index::Reading(_) => return Err(Error::new(ErrorKind::Setting).because("open for reading only")),
        }
        Ok(gone.len())
    }

    /// Ends the session well.
    ///
    /// # Errors
    /// A disk that fails.
    pub fn close(self) -> Result<()> {
        match self.index {
            Index::Writing(writer) => writer.close(),
            Index::Reading(_) => Ok(()),
        }
    }

    /// The index, to be kept in order.
    pub fn writer(&mut self) -> Option<&mut Writer> {
        match &mut self.index {
            Index::Writing(writer) => Some(writer),
            Index::Reading(_) => None,
        }
    }

    /// Calls `work` for 0 to `count`, on all threads; results are in order.
    fn each<T: Send>(
        &self,
        count: usize,
        work: impl Fn(&mut Worker, usize) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        self.preparer.pool.each(&self.workers, count, work)
    }

    /// Of every document: its versions in the index, the oldest first.
    fn versions(&self, documents: &[Incoming], prepared: &[Prepared]) -> Result<Vec<Vec<Row>>> {
        let view = self.index.view();
        self.each(documents.len(), |_, i| {
            let (own, id) = (&prepared[i].row, cut(&documents[i].id));
            // Another site's record of the same number is another document; indexes of before have 0 where there was none.
            let of_any = view.versions(id, own.id_hash)?.into_iter().map(|(_, row)| row);
            Ok(of_any.filter(|row| row.site == own.site || row.site == 0).collect())
        })
    }

    /// The matches of every fresh document.
    fn look(
        &self,
        documents: &[Incoming],
        standing: &[(Standing, Row, Vec<u64>)],
    ) -> Result<Vec<Vec<Matched>>> {
        let view = self.index.view();
        self.each(documents.len(), |worker, i| match &standing[i] {
            (Standing::Again(_), ..) => Ok(Vec::new()),
            (Standing::Fresh { replaces }, row, keys) => {
                self.matches(&view, worker, &documents[i], row, keys, *replaces)
            }
        })
    }

    /// Gives documents their verdicts, and begins to write them down.
    fn acknowledge(
        &mut self,
        documents: &[Incoming],
        standing: Vec<(Standing, Row, Vec<u64>)>,
        mut admitted: Vec<crate::index::Admitted>,
        found: Vec<Vec<Matched>>,
    ) -> Result<Vec<Answer>> {
        let mut answers = Vec::with_capacity(documents.len());
        let mut pending = admitted.iter_mut();
        let mut more = Vec::new();
        for (((standing, row, keys), found), document) in standing.into_iter().zip(found).zip(documents) {
            match standing {
                Standing::Again(ordinal) => answers.push(again(&self.index.view(), ordinal)?),
                Standing::Fresh { .. } => {
                    let joined = cluster(&self.index.view(), &found)?;
                    let cluster = joined.unwrap_or_else(|| own_cluster(document, &row));
                    let verdict = self.verdict(found, cluster, row.seen);
                    more.clear();
                    more.extend_from_slice(cut(&document.id).as_bytes());
                    encode_verdict(&verdict, &mut more);
                    if let (Some(one), Index::Writing(writer)) = (pending.next(), &mut self.index) {
                        one.keys = keys;
                        writer.settle(one.local, row.id, &more, cluster);
                    }
                    answers.push(Answer { verdict, again: false });
                }
            }
        }
        if let Index::Writing(writer) = &mut self.index {
            writer.begin(admitted)?;
        }
        Ok(answers)
    }

    fn verdict(&self, found: Vec<Matched>, cluster: u64, seen: u64) -> Verdict {
        let relation = found.first().map_or(Directed::New, |best| best.found.relation);
        let matches = found.into_iter().map(|matched| matched.found).collect();
        Verdict { relation, verified: self.verifies(), matches, cluster, seen }
    }

    /// Whom a document matches, the best first.
    fn matches(
        &self,
        view: &View<'_>,
        worker: &mut Worker,
        document: &Incoming,
        row: &Row,
        keys: &[u64],
        replaces: Option<u32>,
    ) -> Result<Vec<Matched>> {
        let mut looking = Looking {
            filter: self,
            judge: self.under.judge(),
            view,
            worker,
            document,
            row,
            is_loaded: false,
            glances: false,
            found: Vec::new(),
        };
        if row.tokens == 0 {
            return Ok(Vec::new());
        }
        looking.copies()?;
        // A copy's other matches are those of what it is a copy of.
        if looking.found.is_empty() {
            let wanted = Wanted { keys, counts: row.counts, before: row.ordinal };
            looking.near(view.near(&wanted, &self.gate, 4 * JUDGED)?, keys)?;
        }
        order(&mut looking.found);
        if let Some(replaced) = replaces {
            looking.update(replaced, keys)?;
        }
        looking.found.truncate(MATCHES);
        Ok(looking.found)
    }
}

/// A match, and the document it is.
struct Matched {
    ordinal: u32,
    found: Match,
    /// What the alignment says, and where; nothing where nothing was aligned.
    overlap: Option<Overlap>,
    spans: Vec<Span>,
}

/// The best first, then the oldest.
fn order(matches: &mut [Matched]) {
    matches.sort_by(|a, b| {
        let by_score = b.found.score.total_cmp(&a.found.score);
        a.found.relation.rank().cmp(&b.found.relation.rank()).then(by_score).then(a.ordinal.cmp(&b.ordinal))
    });
}

/// Decides how documents stand to those before them, and takes what is fresh.
#[expect(clippy::type_complexity, reason = "two lists that are used side by side at once")]
fn admit(
    writer: &mut Writer,
    documents: &[Incoming],
    prepared: Vec<Prepared>,
    versions: Vec<Vec<Row>>,
) -> Result<(Vec<(Standing, Row, Vec<u64>)>, Vec<crate::index::Admitted>)> {
    let mut standing = Vec::with_capacity(documents.len());
    let mut admitted = Vec::new();
    // Versions of ids of one site that came in this batch.
    let mut came: HashMap<(&str, u64), Vec<Row>> = HashMap::new();
    for ((document, prepared), mut versions) in documents.iter().zip(prepared).zip(versions) {
        let Prepared { mut row, keys, packed } = prepared;
        row.ordinal = writer.next();
        let own = came.entry((cut(&document.id), row.site)).or_default();
        versions.extend_from_slice(own);
        let stands = stand(&versions, &row, document.named);
        if let Standing::Fresh { replaces } = stands {
            let one = writer.admit(Arriving {
                row,
                id: cut(&document.id),
                keys: keys.clone(),
                text: packed,
                replaces,
            })?;
            own.push(row);
            admitted.push(one);
        }
        standing.push((stands, row, keys));
    }
    Ok((standing, admitted))
}

fn stand(versions: &[Row], row: &Row, named: bool) -> Standing {
    let same = versions.iter().find(|v| v.text_hash == row.text_hash && v.bytes == row.bytes);
    match same {
        Some(same) => Standing::Again(same.ordinal),
        None => {
            let last = versions.iter().rfind(|version| version.flags & NAMED != 0);
            Standing::Fresh { replaces: last.filter(|_| named).map(|last| last.ordinal) }
        }
    }
}

fn again(view: &View<'_>, ordinal: u32) -> Result<Answer> {
    let gone = || Error::new(ErrorKind::Corrupt).because(format!("document {ordinal} is not where it was"));
    let place = view.place(ordinal)?.ok_or_else(gone)?;
    let row = view.row(place)?;
    Ok(Answer { verdict: view.verdict(place, &row)?, again: true })
}

/// The cluster of the first match that the document shares one with.
fn cluster(view: &View<'_>, found: &[Matched]) -> Result<Option<u64>> {
    let Some(best) = found.iter().find(|matched| matched.found.relation.shares_cluster()) else {
        return Ok(None);
    };
    match view.place(best.ordinal)? {
        Some(place) => Ok(Some(view.row(place)?.cluster)),
        None => Ok(None),
    }
}

fn own_cluster(document: &Incoming, row: &Row) -> u64 {
    avalanche(xxh3_64(document.id.as_bytes()) ^ row.text_hash.rotate_left(32))
}

/// An id, no longer than is kept.
fn cut(id: &str) -> &str {
    let mut end = id.len().min(crate::index::format::MAX_ID);
    while !id.is_char_boundary(end) {
        end -= 1;
    }
    &id[..end]
}

fn identity(row: &Row) -> Identity {
    let id = if row.flags & NAMED != 0 { row.id_hash } else { 0 };
    Identity { id, url: row.url, canonical: row.canonical, site: row.site }
}

/// One document, looking for others.
struct Looking<'a> {
    filter: &'a Filter,
    judge: Judge<'a>,
    view: &'a View<'a>,
    worker: &'a mut Worker,
    document: &'a Incoming,
    row: &'a Row,
    is_loaded: bool,
    /// Whether the worker's memory looks from it.
    glances: bool,
    found: Vec<Matched>,
}

impl Looking<'_> {
    /// Loads the document itself, once that is needed.
    fn load(&mut self) {
        if !self.is_loaded {
            let Worker { memory, own, .. } = &mut *self.worker;
            self.judge.load(memory, &self.document.text, identity(self.row), own);
            self.is_loaded = true;
        }
    }

    /// The document itself and an indexed one, loaded, and memory to compare them.
    fn pair(&mut self, place: Place, row: &Row) -> Result<(&mut Memory, &Loaded, &Loaded)> {
        let at = match self.worker.loaded(row) {
            Some(at) => at,
            None => {
                let Worker { unpacker, memory, others, .. } = &mut *self.worker;
                let text = unpacker.unpack(self.view.text(place, row)?, row)?;
                let (at, other) = Worker::slot(others, self.judge, row);
                self.judge.load(memory, text, identity(row), other);
                at
            }
        };
        Ok(self.with(at))
    }

    /// The document itself and one of the others, loaded.
    fn with(&mut self, at: usize) -> (&mut Memory, &Loaded, &Loaded) {
        self.load();
        let Worker { memory, own, others, .. } = &mut *self.worker;
        let other = others[at].as_ref().map_or(&*own, |(_, other)| other);
        (memory, own, other)
    }

    /// As [`Looking::pair`], where the two can be anything to each other: most share a phrase or two, and that is seen
    /// without loading either.
    fn hopeful(&mut self, place: Place, row: &Row) -> Result<Option<(&mut Memory, &Loaded, &Loaded)>> {
        let judge = self.judge;
        let plain = [self.row, row].iter().all(|row| judge.is_plain(row.tokens, row.site));
        if !plain || self.worker.loaded(row).is_some() {
            return self.pair(place, row).map(Some);
        }
        let Worker { unpacker, memory, others, .. } = &mut *self.worker;
        let text = unpacker.unpack(self.view.text(place, row)?, row)?;
        if !self.glances {
            judge.look_from(memory, &self.document.text);
            self.glances = true;
        }
        if !judge.is_hopeful(memory, text, self.row.tokens.min(row.tokens)) {
            return Ok(None);
        }
        let (at, other) = Worker::slot(others, judge, row);
        judge.load_seen(memory, text, identity(row), other);
        Ok(Some(self.with(at)))
    }

    fn push(
        &mut self,
        place: Place,
        row: &Row,
        relation: Directed,
        (measures, score): (Measures, f64),
        (overlap, spans): (Option<Overlap>, Vec<Span>),
    ) -> Result<()> {
        let id = self.view.id(place, row)?.to_owned();
        let kept = longest(&spans, false);
        let found = Match { id, relation, measures, score: score as f32, spans: kept };
        self.found.push(Matched { ordinal: row.ordinal, found, overlap, spans });
        Ok(())
    }

    /// Documents of the same token sequence.
    fn copies(&mut self) -> Result<()> {
        let copies = self.view.copies(self.row.sequence, self.row.tokens, self.row.ordinal, MATCHES)?;
        for (place, row) in copies {
            if !self.filter.verifies() {
                let measures = Measures::of_equal(self.sampled(&row).0);
                self.push(place, &row, Directed::Exact, (measures, 1.0), (None, Vec::new()))?;
            } else if self.is_equal(place, &row)? {
                let judge = self.judge;
                let (memory, own, other) = self.pair(place, &row)?;
                let measures = judge.measures(own, own);
                let spans = judge.spans(memory, own, other, Relation::Exact);
                self.push(place, &row, Directed::Exact, (measures, 1.0), (None, spans))?;
            }
        }
        Ok(())
    }

    /// Whether an indexed document has the same tokens in the same order.
    fn is_equal(&mut self, place: Place, row: &Row) -> Result<bool> {
        if row.text_hash == self.row.text_hash && row.bytes == self.row.bytes {
            return Ok(true);
        }
        let Worker { unpacker, memory, .. } = &mut *self.worker;
        let text = unpacker.unpack(self.view.text(place, row)?, row)?;
        Ok(self.judge.are_equal(memory, text, &self.document.text))
    }

    /// Sample sizes at the coarser of two levels.
    fn sampled(&self, other: &Row) -> (u32, u32) {
        let (a, b) = (self.row.counts, other.counts);
        let level = (0..LEVELS).find(|&level| a[level] > 0 && b[level] > 0);
        level.map_or((0, 0), |level| (u32::from(a[level]), u32::from(b[level])))
    }

    fn near(&mut self, near: Vec<Near>, keys: &[u64]) -> Result<()> {
        // Of copies of one text the oldest stands for all, but for those that share a page with the document.
        let mut texts: Vec<(u64, bool)> = Vec::new();
        let mut judged = 0;
        for Near { place, row } in near {
            let text = (row.sequence, identity(self.row).is_version_of(&identity(&row)));
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
            if self.filter.verifies() {
                self.judge(place, &row)?;
            } else {
                self.estimate(place, &row, keys)?;
            }
        }
        Ok(())
    }

    fn judge(&mut self, place: Place, row: &Row) -> Result<()> {
        let judge = self.judge;
        let Some((memory, own, other)) = self.hopeful(place, row)? else { return Ok(()) };
        if let Some((judgement, spans)) = judge.decide(memory, own, other) {
            let figures = (judgement.measures, judgement.score);
            self.push(place, row, judgement.from_a(), figures, (judgement.overlap, spans))?;
        }
        Ok(())
    }

    /// Shares of samples stand in for shares of shingles.
    fn measures(&self, place: Place, row: &Row, keys: &[u64]) -> Result<Measures> {
        let (a, b) = self.sampled(row);
        let common = self.view.common(place, keys)?;
        Ok(Measures { a, b, common: common.min(a).min(b) })
    }

    fn estimate(&mut self, place: Place, row: &Row, keys: &[u64]) -> Result<()> {
        let measures = self.measures(place, row, keys)?;
        let judgement = classic(self.judge.policy, measures, (self.row.tokens, row.tokens));
        if let Some(judgement) = judgement {
            let is_version = identity(self.row).is_version_of(&identity(row));
            let relation = if is_version { Directed::Update } else { judgement.from_a() };
            self.push(place, row, relation, (measures, judgement.score), (None, Vec::new()))?;
        }
        Ok(())
    }

    /// The version that the document replaces, before all others.
    fn update(&mut self, replaced: u32, keys: &[u64]) -> Result<()> {
        let Some(place) = self.view.place(replaced)? else { return Ok(()) };
        let row = self.view.row(place)?;
        self.found.retain(|matched| matched.ordinal != replaced);
        let verified = self.filter.verifies() && row.packed > 0;
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

/// Opens an index for a filter, creating it as `setup` says where there is none.
///
/// # Errors
/// As [`Writer::create`] and [`Writer::open`].
pub fn open_or_create(
    store: Arc<dyn Store>,
    setup: &crate::index::Setup,
    recipe: Option<Recipe>,
    limits: Limits,
) -> Result<Writer> {
    if crate::index::exists(&*store)? {
        let model = setup.model.as_deref().map(model_hash);
        return Writer::open(store, recipe, model, limits);
    }
    Writer::create(store, setup, limits)
}

/// All versions of an id that were not deleted, the oldest first.
///
/// # Errors
/// Damage.
pub fn lookup(view: &View<'_>, id: &str) -> Result<Vec<(Place, Row)>> {
    let id = cut(id);
    view.versions(id, id_hash(id.as_bytes()))
}

/// Makes samples anew from kept texts, for [`crate::index::repair`].
///
/// # Errors
/// No memory for a decompressor.
pub fn resampler(recipe: Recipe) -> Result<Box<crate::index::Resample<'static>>> {
    let mut unpacker = Unpacker::new()?;
    let mut sketcher = Sketcher::new(recipe, crate::kernel::Kernel::detect());
    Ok(Box::new(move |row, packed| {
        let text = unpacker.unpack(packed, row)?;
        Ok(keys(sketcher.sketch(text).sample.iter().map(|hash| key(*hash))))
    }))
}

/// Keys in order, each once.
fn keys(sample: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut keys: Vec<u64> = sample.collect();
    keys.sort_unstable();
    keys.dedup();
    keys.truncate(usize::from(u16::MAX));
    keys
}
