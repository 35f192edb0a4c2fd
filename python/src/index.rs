//! A persistent index: what the filter does, for documents of a program.

use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::{Map, Value, json};
use wirecopy::amounts::duration;
use wirecopy::corpus::{FieldNames, Scratch};
use wirecopy::filter::{line, lookup, open_or_create, unpack};
use wirecopy::index::{Disk, Keep, Limits, Setup, Snapshot, Stats, Store, View, exists, model_hash};
use wirecopy::options::{Cancel, Progress};
use wirecopy::{
    Answer, Corpus, CorpusOptions, Error, ErrorKind, Filter, Incoming, Lookup, Recipe, Resources,
};

use crate::error::Failure;
use crate::settings::{Fields, Judging, Means, Reading, not_readable, refused};
use crate::source::Source;
use crate::work::{self, Watch};

/// Documents that are answered together; between two lots an interrupt is heard.
const BATCH: usize = 256;

/// An index that is open.
#[pyclass(frozen, module = "wirecopy._wirecopy")]
pub struct Index {
    open: Shared,
    directory: PathBuf,
    names: FieldNames,
    options: CorpusOptions,
    resources: Resources,
}

/// None once it is closed. Whoever asks shares it, and whoever adds has it alone.
type Shared = Arc<RwLock<Option<Open>>>;

enum Open {
    Writing(Box<Filter>),
    Reading(Box<Lookup>),
}

/// How an index is created.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Creation {
    store: String,
    window: Option<String>,
    shingle: Option<usize>,
    model: Option<PathBuf>,
}

impl Creation {
    fn setup(&self) -> Result<Setup, Failure> {
        let window = self.window.as_deref();
        let window = window.map(|time| duration(time).map_err(|wanted| refused("window", time, &wanted)));
        let model = self.model.as_deref();
        let model = model.map(|file| std::fs::read(file).map_err(|error| not_readable(file, error)));
        Ok(Setup {
            keep: match &*self.store {
                "text" => Keep::Text,
                "signatures" => Keep::Signatures,
                other => return Err(refused("store", other, "text or signatures")),
            },
            recipe: self.recipe()?.unwrap_or_default(),
            model: model.transpose()?,
            window: window.transpose()?.unwrap_or(0),
        })
    }

    fn recipe(&self) -> Result<Option<Recipe>, Error> {
        self.shingle.map(Recipe::with_shingle).transpose()
    }
}

#[pymethods]
impl Index {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "settings in the groups that they are used in")]
    #[pyo3(signature = (directory, mode, *, fields, judging, reading, means, creation))]
    fn new(
        py: Python<'_>,
        directory: PathBuf,
        mode: String,
        fields: Fields,
        judging: Judging,
        reading: Reading,
        means: Means,
        creation: Creation,
    ) -> PyResult<Index> {
        let (cancel, names) = (Cancel::default(), fields.names());
        let options = reading.options(names.clone()).map_err(|failure| failure.raise(py))?;
        let resources =
            means.resources(&cancel, &Progress::default()).map_err(|failure| failure.raise(py))?;
        let (at, means) = (directory.clone(), resources.clone());
        let open = work::run(py, &Watch::unseen(&cancel), Vec::new(), move || {
            opened(at, &mode, &creation, judging.policy()?, &means)
        })?;
        Ok(Index { open: Arc::new(RwLock::new(Some(open))), directory, names, options, resources })
    }

    /// Takes documents; what is said of each, as JSON.
    fn add<'py>(
        &self,
        py: Python<'py>,
        batch: &Bound<'py, PyAny>,
        paths: bool,
    ) -> PyResult<Bound<'py, PyBytes>> {
        self.answers(py, batch, paths, true)
    }

    /// What would be said of each document, as JSON.
    fn check<'py>(
        &self,
        py: Python<'py>,
        batch: &Bound<'py, PyAny>,
        paths: bool,
    ) -> PyResult<Bound<'py, PyBytes>> {
        self.answers(py, batch, paths, false)
    }

    /// Deletes all versions of ids; how many documents those were.
    fn delete(&self, py: Python<'_>, ids: Vec<String>) -> PyResult<usize> {
        self.ask(py, move |open| match open.write().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(Open::Writing(filter)) => Ok(filter.delete(&ids)?),
            other => Err(not_written(other.is_some())),
        })
    }

    /// The last version of each id, null for one that is not there, as JSON.
    fn get<'py>(&self, py: Python<'py>, ids: Vec<String>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.ask(py, move |open| {
            with(&open, |open| {
                let found =
                    ids.iter().map(|id| open.document(id)).collect::<Result<Vec<Value>, Failure>>()?;
                serde_json::to_vec(&found).map_err(|error| Failure::Asked(error.to_string()))
            })
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Whether an id is there.
    fn holds(&self, py: Python<'_>, id: String) -> PyResult<bool> {
        self.ask(py, move |open| with(&open, |open| Ok(!lookup(&open.view(), &id)?.is_empty())))
    }

    /// Figures, as JSON.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let directory = self.directory.clone();
        let stats = self.ask(py, move |open| {
            // The writer's files are its own affair; a snapshot beside it sees what is acknowledged.
            with(&open, |open| match open {
                Open::Reading(lookup) => {
                    let snapshot = lookup.snapshot();
                    Ok(Stats::of(&snapshot.view(), snapshot.manifest(), &Disk::new(&directory))?)
                }
                Open::Writing(_) => {
                    let store: Arc<dyn Store> = Arc::new(Disk::new(&directory));
                    let snapshot = Snapshot::open(&store, None, None)?;
                    Ok(Stats::of(&snapshot.view(), snapshot.manifest(), &*store)?)
                }
            })
        })?;
        crate::run::json(py, &stats)
    }

    /// How many documents are found.
    fn count(&self, py: Python<'_>) -> PyResult<usize> {
        self.ask(py, move |open| {
            with(&open, |open| {
                let mut count = 0;
                open.view().each(|_, _, is_found| {
                    count += usize::from(is_found);
                    Ok(())
                })?;
                Ok(count)
            })
        })
    }

    /// Ends the session well; a second time there is nothing to do.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.ask(py, move |open| match open.write().unwrap_or_else(PoisonError::into_inner).take() {
            Some(Open::Writing(filter)) => Ok(filter.close()?),
            _ => Ok(()),
        })
    }

    /// Whether it was closed.
    fn is_closed(&self, py: Python<'_>) -> bool {
        let open = self.open.clone();
        py.detach(move || open.read().unwrap_or_else(PoisonError::into_inner).is_none())
    }
}

impl Index {
    fn ask<T: Send + 'static>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(Shared) -> Result<T, Failure> + Send + 'static,
    ) -> PyResult<T> {
        let open = self.open.clone();
        work::run(py, &Watch::unseen(&Cancel::default()), Vec::new(), move || work(open))
    }

    fn answers<'py>(
        &self,
        py: Python<'py>,
        batch: &Bound<'py, PyAny>,
        paths: bool,
        takes: bool,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let mut feeds = Vec::new();
        let source = Source::of(batch, paths, &self.names, &mut feeds)?;
        let (open, options) = (self.open.clone(), self.options.clone());
        let mut resources = self.resources.clone();
        resources.cancel = Cancel::default();
        let watch = Watch::unseen(&resources.cancel);
        let bytes = work::run(py, &watch, feeds, move || {
            let rows = source.rows();
            let corpus = source.open(None, options, &resources)?;
            let rows = rows.map(|rows| rows.load(std::sync::atomic::Ordering::Relaxed) as usize);
            let answers = if takes {
                let mut open = open.write().unwrap_or_else(PoisonError::into_inner);
                let filter = match open.as_mut() {
                    Some(Open::Writing(filter)) => filter,
                    other => return Err(not_written(other.is_some())),
                };
                let documents = documents(&corpus, rows, u64::from(filter.writer().next()), &resources)?;
                answered(documents, |documents| added(filter, documents, &resources.cancel))?
            } else {
                with(&open, |open| {
                    let documents = documents(&corpus, rows, 0, &resources)?;
                    answered(documents, |documents| {
                        checked(documents, &resources.cancel, |lot| match open {
                            Open::Writing(filter) => filter.check(lot),
                            Open::Reading(lookup) => lookup.check(lot),
                        })
                    })
                })?
            };
            Ok(written(&answers))
        })?;
        Ok(PyBytes::new(py, &bytes))
    }
}

/// Opens an index: `r` to ask it, `a` to add to it, created where there is none, `x` to create it.
fn opened(
    directory: PathBuf,
    mode: &str,
    creation: &Creation,
    policy: wirecopy::Policy,
    resources: &Resources,
) -> Result<Open, Failure> {
    let disk = Disk::new(&directory);
    let setup = creation.setup()?;
    let recipe = creation.recipe()?;
    if mode == "r" {
        let store: Arc<dyn Store> = Arc::new(disk);
        let model = setup.model.as_deref().map(model_hash);
        let lookup = Lookup::new(Snapshot::open(&store, recipe, model)?, policy, resources)?;
        return Ok(Open::Reading(Box::new(lookup)));
    }
    if !matches!(mode, "a" | "x") {
        return Err(refused("mode", mode, "r to read, a to add or x to create"));
    }
    if mode == "x" && exists(&disk)? {
        return Err(Error::new(ErrorKind::Taken).at(&directory).because("an index is there").into());
    }
    disk.create_directory().map_err(|error| Error::io(ErrorKind::Write, &directory, error))?;
    let writer = open_or_create(Arc::new(disk), &setup, recipe, Limits::default())?;
    Ok(Open::Writing(Box::new(Filter::new(writer, policy, resources)?)))
}

fn not_written(is_open: bool) -> Failure {
    let why = if is_open { "the index was opened for reading: mode=\"a\" adds" } else { CLOSED };
    Failure::Asked(why.to_owned())
}

const CLOSED: &str = "the index is closed";

fn with<T>(open: &Shared, ask: impl FnOnce(&Open) -> Result<T, Failure>) -> Result<T, Failure> {
    match open.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
        Some(open) => ask(open),
        None => Err(Failure::Asked(CLOSED.to_owned())),
    }
}

/// The documents of a corpus in order; none for a row that gave none. Those without an id are numbered on from `first`.
fn documents(
    corpus: &Corpus,
    rows: Option<usize>,
    first: u64,
    resources: &Resources,
) -> Result<Vec<Option<Incoming>>, Failure> {
    let mut documents: Vec<Option<Incoming>> = Vec::new();
    let is_whole = corpus.problems().iter().all(|problem| !problem.unreadable);
    let (mut bytes, mut scratch) = (Vec::new(), Scratch::new(resources.kernel));
    let mut records = (0, 0);
    for piece in corpus.pieces() {
        resources.cancel.check()?;
        if records.0 != piece.input() {
            records = (piece.input(), 0);
        }
        corpus.read(&piece, &mut bytes, |location, _, fields| {
            let record = records.1;
            records.1 += 1;
            let Ok(fields) = fields else { return documents.push(None) };
            let row = match rows {
                // Rows without a text are not in the spool.
                Some(_) if !is_whole => {
                    corpus.place(location, record).1.map_or(documents.len(), |row| row as usize)
                }
                _ => documents.len(),
            };
            documents.resize_with(row.max(documents.len()), || None);
            let text = fields.text.decode(&mut scratch).text.to_owned();
            let named = rows.is_none() || fields.named_id().is_some();
            let id = if named {
                corpus.id_of(&fields, location.input, record)
            } else {
                (first + row as u64).to_string()
            };
            let rules = (corpus.directory(location.input), corpus.date_formats());
            let document = Incoming::of_record(&fields, id, text, rules);
            documents.push(Some(if named { document } else { document.unnamed(0) }));
        })?;
    }
    documents.resize_with(rows.unwrap_or(documents.len()), || None);
    Ok(documents)
}

/// Answers documents in lots, and puts none where there is none.
fn answered(
    documents: Vec<Option<Incoming>>,
    answer: impl FnOnce(&[Incoming]) -> Result<Vec<Answer>, Error>,
) -> Result<Vec<Option<Answer>>, Failure> {
    let is_there: Vec<bool> = documents.iter().map(Option::is_some).collect();
    let documents: Vec<Incoming> = documents.into_iter().flatten().collect();
    let mut answers = answer(&documents)?.into_iter();
    Ok(is_there.into_iter().map(|is_there| if is_there { answers.next() } else { None }).collect())
}

/// Takes documents. While one lot is looked for, the next is prepared.
fn added(filter: &mut Filter, documents: &[Incoming], cancel: &Cancel) -> Result<Vec<Answer>, Error> {
    if documents.len() <= BATCH {
        return filter.batch(documents);
    }
    let preparer = filter.preparer();
    let mut answers = Vec::with_capacity(documents.len());
    thread::scope(|scope| {
        let (to, from) = sync_channel(1);
        scope.spawn(move || {
            documents.chunks(BATCH).map(|lot| preparer.prepare(lot)).all(|prepared| to.send(prepared).is_ok())
        });
        let taken = documents.chunks(BATCH).zip(from).try_for_each(|(lot, prepared)| {
            cancel.check()?;
            answers.extend(filter.begin(lot, prepared?)?);
            Ok(())
        });
        // What was begun is safe, whatever ended it.
        filter.finish().and(taken)
    })?;
    Ok(answers)
}

fn checked(
    documents: &[Incoming],
    cancel: &Cancel,
    check: impl Fn(&[Incoming]) -> Result<Vec<Answer>, Error>,
) -> Result<Vec<Answer>, Error> {
    let mut answers = Vec::with_capacity(documents.len());
    for lot in documents.chunks(BATCH) {
        cancel.check()?;
        answers.extend(check(lot)?);
    }
    Ok(answers)
}

/// Answers as JSON.
fn written(answers: &[Option<Answer>]) -> Vec<u8> {
    let mut out = vec![b'['];
    for (place, answer) in answers.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        match answer {
            Some(answer) => line::write_verdict(&answer.verdict, &mut out),
            None => out.extend_from_slice(b"null"),
        }
    }
    out.push(b']');
    out
}

impl Open {
    fn view(&self) -> View<'_> {
        match self {
            Open::Writing(filter) => filter.view(),
            Open::Reading(lookup) => lookup.view(),
        }
    }

    /// The last version of an id: its text where that is kept, what its record said, and what was said of it.
    fn document(&self, id: &str) -> Result<Value, Failure> {
        let view = self.view();
        let Some((place, row)) = lookup(&view, id)?.into_iter().next_back() else { return Ok(Value::Null) };
        let text = if row.packed == 0 { None } else { Some(unpack(view.text(place, &row)?, &row)?) };
        let (verdict, meta) = view.said(place, &row)?;
        let mut said = Vec::new();
        line::write_verdict(&verdict, &mut said);
        let said: Value = serde_json::from_slice(&said).map_err(|error| Failure::Asked(error.to_string()))?;
        let mut document = Map::new();
        document.insert("id".to_owned(), view.id(place, &row)?.into());
        let fields = [
            ("title", meta.title),
            ("url", meta.url),
            ("canonical_url", meta.canonical_url),
            ("date", meta.date),
            ("source", Some(meta.site).filter(|site| !site.is_empty())),
            ("text", text),
        ];
        document
            .extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))));
        document.insert(line::MEMBER.to_owned(), said);
        Ok(Value::Object(document))
    }
}
