//! A scan, and what is read out of it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Serialize;
use wirecopy::act::Removable;
use wirecopy::act::dedup::decide;
use wirecopy::act::keep::Rules;
use wirecopy::options::{Cancel, Progress};
use wirecopy::output::Outputs;
use wirecopy::report::arrow::{cluster_table, document_table, page_table, pair_table};
use wirecopy::report::parquet::{write_clusters, write_documents, write_pages, write_pairs};
use wirecopy::report::{self, ProblemRow, Rendering, write_csv};
use wirecopy::{DocId, Error, ErrorKind, Parts};

use crate::capsule::ArrowData;
use crate::error::Failure;
use crate::settings::{Fields, Given, Judging, Means, Reading};
use crate::source::Source;
use crate::texts::compared;
use crate::work::{self, Watch};

/// A finished scan.
#[pyclass(frozen, module = "wirecopy._wirecopy")]
pub struct Run {
    found: Arc<Found>,
    cancel: Cancel,
}

struct Found {
    run: wirecopy::Run,
    /// Rows that a program gave; none where documents came from files.
    rows: Option<u64>,
    tables: Mutex<HashMap<String, ArrowData>>,
    /// As JSON, once it is known who had what first.
    accounting: OnceLock<Vec<u8>>,
    places: OnceLock<HashMap<String, DocId>>,
}

/// Scans documents. `paths` says of the source and of the second set whether they are lists of paths.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "settings in the groups that they are used in")]
#[pyo3(signature = (source, against, paths, *, fields, judging, reading, means, given, told))]
pub fn scan(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    against: Option<&Bound<'_, PyAny>>,
    paths: (bool, bool),
    fields: Fields,
    judging: Judging,
    reading: Reading,
    means: Means,
    given: Given,
    told: Option<Py<PyAny>>,
) -> PyResult<Run> {
    let (cancel, progress) = (Cancel::default(), Progress::default());
    let names = fields.names();
    let policy = judging.policy().map_err(|failure| failure.raise(py))?;
    let options = reading.options(names.clone()).map_err(|failure| failure.raise(py))?;
    let resources = means.resources(&cancel, &progress).map_err(|failure| failure.raise(py))?;
    let scan = given.scan(policy, resources.clone()).map_err(|failure| failure.raise(py))?;
    let mut feeds = Vec::new();
    let source = Source::of(source, paths.0, &names, &mut feeds)?;
    let against = against.map(|against| Source::of(against, paths.1, &names, &mut feeds)).transpose()?;
    let watch = Watch { cancel: cancel.clone(), progress, told };
    let found = work::run(py, &watch, feeds, move || {
        let rows = source.rows();
        let run = scan.run(&source.open(against, options, &resources)?)?;
        let rows = rows.map(|rows: Arc<AtomicU64>| rows.load(Ordering::Relaxed));
        Ok(Found {
            run,
            rows,
            tables: Mutex::default(),
            accounting: OnceLock::new(),
            places: OnceLock::new(),
        })
    })?;
    Ok(Run { found: Arc::new(found), cancel })
}

#[pymethods]
impl Run {
    /// A table by its name.
    fn table(&self, py: Python<'_>, name: String) -> PyResult<ArrowData> {
        let found = self.found.clone();
        self.ask(py, move || found.table(&name))
    }

    /// What became of every document, as JSON. Each site's duplicates are those that it carries, by who had it first.
    fn accounting<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let found = self.found.clone();
        let bytes = self.ask(py, move || {
            found.table("documents")?;
            found.accounting.get().cloned().ok_or_else(|| Failure::Asked("nothing was counted".to_owned()))
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The sums of it, as JSON.
    fn totals<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let found = self.found.clone();
        let mut accounting = py.detach(move || found.run.accounting());
        accounting.sites.clear();
        json(py, &accounting)
    }

    /// What could not be read, or not as it stood, as JSON.
    fn problems<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        json(py, &self.found.run.documents.problems.iter().map(ProblemRow::from).collect::<Vec<_>>())
    }

    /// The largest clusters, as JSON: how many documents, and who represents them.
    fn stories<'py>(&self, py: Python<'py>, count: usize) -> PyResult<Bound<'py, PyBytes>> {
        let clusters = self.found.run.clusters.iter().take(count);
        let story = |cluster: &wirecopy::Cluster| {
            let meta = self.found.run.meta(cluster.representative);
            let mut sites: Vec<&str> =
                cluster.documents().map(|document| self.found.run.site(document)).collect();
            sites.sort_unstable();
            sites.dedup();
            let sites = sites.len();
            Story {
                documents: 1 + cluster.members.len(),
                sites,
                id: meta.id,
                title: meta.title,
                site: meta.site,
            }
        };
        json(py, &clusters.map(story).collect::<Vec<_>>())
    }

    /// How many clusters and pairs there are.
    fn counts(&self) -> (usize, usize) {
        (self.found.run.clusters.len(), self.found.run.pairs.len())
    }

    /// Writes a report to a path; without one gives its bytes.
    #[pyo3(signature = (format, path, force))]
    fn report<'py>(
        &self,
        py: Python<'py>,
        format: String,
        path: Option<PathBuf>,
        force: bool,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let found = self.found.clone();
        let bytes = self.ask(py, move || found.report(&format, path, force))?;
        Ok(bytes.map(|bytes| PyBytes::new(py, &bytes)))
    }

    /// Two documents compared by their ids, as JSON.
    fn compare<'py>(&self, py: Python<'py>, a: String, b: String) -> PyResult<Bound<'py, PyBytes>> {
        let found = self.found.clone();
        let bytes = self.ask(py, move || {
            let [left, right] = [found.place(&a)?, found.place(&b)?];
            let comparison = found.run.compare(left, right)?;
            compared(&comparison, &a, &b, found.run.same_site(left, right))
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The text of a document by its id.
    fn text(&self, py: Python<'_>, id: String) -> PyResult<String> {
        let found = self.found.clone();
        self.ask(py, move || {
            let place = found.place(&id)?;
            Ok(found.run.text(place).map_err(Error::from)?)
        })
    }

    /// Of each document, whether `dedup` would keep it.
    fn keep(&self, py: Python<'_>, rules: Option<String>, remove: String) -> PyResult<Vec<bool>> {
        let found = self.found.clone();
        self.ask(py, move || found.keep(rules.as_deref(), &remove))
    }

    /// Writes what the corpus taught.
    fn save_model(&self, py: Python<'_>, path: PathBuf, force: bool) -> PyResult<()> {
        let found = self.found.clone();
        self.ask(py, move || {
            let none = || Failure::Asked("classic has no model to save".to_owned());
            let model = found.run.model.as_ref().ok_or_else(none)?;
            let place = found.outputs(force).file(&path)?;
            Ok(place.write(|out| model.write(found.run.recipe(), out))?)
        })
    }
}

impl Run {
    fn ask<T: Send + 'static>(
        &self,
        py: Python<'_>,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> PyResult<T> {
        work::run(py, &Watch::unseen(&self.cancel), Vec::new(), work)
    }
}

/// A cluster in a line.
#[derive(Serialize)]
struct Story {
    documents: usize,
    sites: usize,
    id: String,
    title: Option<String>,
    site: String,
}

const TABLES: [&str; 4] = ["documents", "pairs", "clusters", "pages"];

impl Found {
    fn table(&self, name: &str) -> Result<ArrowData, Failure> {
        let known = || self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = known().get(name) {
            return Ok(table.clone());
        }
        let mut made: Vec<(&str, ArrowData)> = Vec::new();
        if name == "pairs" {
            let spans = self.run.spans()?;
            made.push(("pairs", pair_table(self.run.pair_rows(spans.as_deref()))?.into()));
        } else {
            let findings = self.run.findings(&tables())?;
            let counted = serde_json::to_vec(&findings.report.accounting);
            self.accounting.get_or_init(|| counted.unwrap_or_default());
            made.push(("documents", document_table(findings.document_rows())?.into()));
            made.push(("clusters", cluster_table(&findings.report.clusters)?.into()));
            made.push(("pages", page_table(&findings.report.pages)?.into()));
        }
        let mut tables = known();
        tables.extend(made.into_iter().map(|(name, table)| (name.to_owned(), table)));
        let none = || Failure::Asked(format!("no table is called `{name}`; there are {}", TABLES.join(", ")));
        tables.get(name).cloned().ok_or_else(none)
    }

    fn outputs(&self, force: bool) -> Outputs {
        let mut outputs = Outputs::new(force);
        outputs.reads(self.run.corpus().files());
        outputs
    }

    fn report(&self, format: &str, path: Option<PathBuf>, force: bool) -> Result<Option<Vec<u8>>, Failure> {
        if format == "parquet" {
            let Some(directory) = path else {
                return Err(Failure::Asked("parquet is several files: name a directory".to_owned()));
            };
            return self.write_tables(&directory, force).map(|()| None);
        }
        let known = || {
            let names: Vec<&str> = Rendering::ALL.into_iter().map(|(name, _)| name).collect();
            Failure::Asked(format!(
                "no report is called `{format}`; there are pairs, csv, parquet, {}",
                names.join(", ")
            ))
        };
        let rendering = Rendering::ALL.into_iter().find(|(name, _)| *name == format).map(|(_, of)| of);
        let place = path.map(|path| self.outputs(force).file(&path)).transpose()?;
        let mut bytes = Vec::new();
        let mut write = |text: &mut dyn FnMut(&mut dyn std::io::Write) -> std::io::Result<()>| match &place {
            Some(place) => place.write(|out| text(out)),
            None => text(&mut bytes).map_err(|error| Error::io(ErrorKind::Write, "memory", error)),
        };
        match (format, rendering) {
            ("pairs", _) => {
                let spans = self.run.spans()?;
                write(&mut |out| report::write_pairs(self.run.pair_rows(spans.as_deref()), out))?;
            }
            ("csv", _) => {
                let findings = self.run.findings(&tables())?;
                write(&mut |out| write_csv(findings.document_rows(), out))?;
            }
            (_, Some(rendering)) => {
                let report = self.run.report(&Parts::of(rendering))?;
                write(&mut |out| rendering.write(&report, out))?;
            }
            (_, None) => return Err(known()),
        }
        Ok(place.is_none().then_some(bytes))
    }

    fn write_tables(&self, directory: &std::path::Path, force: bool) -> Result<(), Failure> {
        let mut outputs = self.outputs(force);
        let mut place = |name: &str| outputs.below(directory, format!("{name}.parquet").as_ref());
        let [documents, pairs, clusters, pages] =
            [place(TABLES[0])?, place(TABLES[1])?, place(TABLES[2])?, place(TABLES[3])?];
        let findings = self.run.findings(&tables())?;
        let spans = self.run.spans()?;
        documents.write(|out| write_documents(findings.document_rows(), out))?;
        pairs.write(|out| write_pairs(self.run.pair_rows(spans.as_deref()), out))?;
        clusters.write(|out| write_clusters(&findings.report.clusters, out))?;
        Ok(pages.write(|out| write_pages(&findings.report.pages, out))?)
    }

    /// The document of an id, as tables have it.
    fn place(&self, id: &str) -> Result<DocId, Failure> {
        let places = self.places.get_or_init(|| {
            let all = (0..self.run.documents.entries.len() as u32).map(DocId);
            all.map(|document| (self.run.read_id(document), document)).collect()
        });
        let none = || Failure::Asked(format!("there is no document of id `{id}`"));
        places.get(id).copied().ok_or_else(none)
    }

    fn keep(&self, rules: Option<&str>, remove: &str) -> Result<Vec<bool>, Failure> {
        let run = &self.run;
        let rules = Rules::read(rules)?;
        let removable: Removable = remove.parse()?;
        if removable.takes_partial() && !run.documents.against.any() {
            let alone = "`remove` takes partial only with `against`: within one set a document that shares a passage has more to say";
            return Err(Failure::Asked(alone.to_owned()));
        }
        let mut clusters = run.cluster_rows();
        run.add_lineage(&run.lineage()?, &mut clusters)?;
        let removed = decide(run, &clusters, &rules, removable).removed;
        let own =
            (0..run.documents.entries.len() as u32).filter(|&place| !run.documents.is_against(DocId(place)));
        let Some(rows) = self.rows else {
            return Ok(own.map(|document| !removed.contains_key(&document)).collect());
        };
        // A row that gave no document is nobody's copy.
        let mut kept = vec![true; usize::try_from(rows).unwrap_or(usize::MAX)];
        let is_whole = run.documents.problems.iter().all(|problem| !problem.unreadable);
        for (number, document) in own.enumerate() {
            let entry = &run.documents.entries[document as usize];
            let row = if is_whole {
                Some(number)
            } else {
                run.corpus().place(entry.location, entry.record).1.map(|row| row as usize)
            };
            if let Some(kept) = row.and_then(|row| kept.get_mut(row)) {
                *kept = !removed.contains_key(&document);
            }
        }
        Ok(kept)
    }
}

/// What tables show.
fn tables() -> Parts {
    let mut parts = Parts::default();
    parts.lineage = true;
    parts
}

pub fn json<'py>(py: Python<'py>, shown: &impl Serialize) -> PyResult<Bound<'py, PyBytes>> {
    match serde_json::to_vec(shown) {
        Ok(bytes) => Ok(PyBytes::new(py, &bytes)),
        Err(error) => Err(Failure::Asked(error.to_string()).raise(py)),
    }
}
