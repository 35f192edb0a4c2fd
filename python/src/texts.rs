//! What is asked of single texts and pages.

use std::sync::Arc;

use arrow_array::builder::{FixedSizeListBuilder, UInt64Builder};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use serde::Serialize;
use wirecopy::corpus::FieldNames;
use wirecopy::html::{self, HtmlMode};
use wirecopy::judge::{Comparison, Side, Span, Test, compare_titled};
use wirecopy::options::Cancel;
use wirecopy::page::PageReader;
use wirecopy::report::RepeatRow;
use wirecopy::signature::minhash::{VALUES, fill};
use wirecopy::signature::simhash::SimHash;
use wirecopy::{Error, Recipe, Resources};

use crate::capsule::ArrowData;
use crate::error::Failure;
use crate::run::json;
use crate::settings::Judging;
use crate::source::Source;
use crate::work::{self, Watch};

#[derive(Serialize)]
struct Compared<'a> {
    relation: Option<&'static str>,
    inner: Option<&'a str>,
    same_site: bool,
    score: f64,
    jaccard: f64,
    containment_a_in_b: f64,
    containment_b_in_a: f64,
    coverage_a: Option<f64>,
    coverage_b: Option<f64>,
    identity: Option<f64>,
    tests: &'a [Test],
    spans: &'a [Span],
}

/// A comparison as JSON.
pub fn compared(comparison: &Comparison, a: &str, b: &str, same_site: bool) -> Result<Vec<u8>, Failure> {
    let judgement = comparison.judgement;
    let overlap = judgement.and_then(|judgement| judgement.overlap);
    let measures = comparison.measures;
    let shown = Compared {
        relation: comparison.relation().map(|relation| relation.name()),
        inner: judgement.and_then(|judgement| judgement.inner).map(|side| match side {
            Side::A => a,
            Side::B => b,
        }),
        same_site,
        score: comparison.score(),
        jaccard: measures.jaccard(),
        containment_a_in_b: measures.containment_a_in_b(),
        containment_b_in_a: measures.containment_b_in_a(),
        coverage_a: overlap.map(|overlap| overlap.coverage[0]),
        coverage_b: overlap.map(|overlap| overlap.coverage[1]),
        identity: overlap.map(|overlap| overlap.identity),
        tests: &comparison.tests,
        spans: &comparison.spans,
    };
    serde_json::to_vec(&shown).map_err(|error| Failure::Asked(error.to_string()))
}

/// A string with anything that is no character replaced.
fn own(text: &Bound<'_, PyString>) -> String {
    text.to_string_lossy().into_owned()
}

/// Two texts with their titles compared, as JSON.
#[pyfunction]
pub fn compare<'py>(
    py: Python<'py>,
    texts: (Bound<'py, PyString>, Bound<'py, PyString>),
    titles: (String, String),
    judging: Judging,
    shingle: usize,
) -> PyResult<Bound<'py, PyBytes>> {
    let (a, b) = (own(&texts.0), own(&texts.1));
    let work = move || {
        let (policy, recipe) = (judging.policy()?, Recipe::with_shingle(shingle)?);
        let comparison = compare_titled(&policy, recipe, (&titles.0, &a), (&titles.1, &b));
        compared(&comparison, "a", "b", false)
    };
    let bytes = py.detach(work).map_err(|failure| failure.raise(py))?;
    Ok(PyBytes::new(py, &bytes))
}

/// The tokens of a text.
#[pyfunction]
pub fn tokens(py: Python<'_>, text: &Bound<'_, PyString>) -> Vec<String> {
    let text = own(text);
    py.detach(|| wirecopy::tokens(&text))
}

/// The distinct hashes of a text's shingles, ascending.
#[pyfunction]
pub fn shingles(py: Python<'_>, text: &Bound<'_, PyString>, k: usize) -> PyResult<Vec<u64>> {
    let text = own(text);
    py.detach(|| Ok(wirecopy::shingles(Recipe::with_shingle(k)?, &text)))
        .map_err(|error: Error| Failure::from(error).raise(py))
}

/// A row for each text of a batch.
fn each(batch: &RecordBatch, name: &str, mut row: impl FnMut(Option<&str>)) -> Result<(), Failure> {
    let none = || Failure::Asked(format!("there is no column `{name}`"));
    let column = batch.column_by_name(name).ok_or_else(none)?;
    let mut all = |texts: &mut dyn Iterator<Item = Option<&str>>| texts.for_each(&mut row);
    match column.data_type() {
        DataType::Utf8 => all(&mut column.as_string::<i32>().iter()),
        DataType::LargeUtf8 => all(&mut column.as_string::<i64>().iter()),
        DataType::Utf8View => all(&mut column.as_string_view().iter()),
        DataType::Null => all(&mut StringArray::new_null(column.len()).iter()),
        other => return Err(Failure::Asked(format!("`{name}` is a column of {other}, not of strings"))),
    }
    Ok(())
}

/// A signature for each text, as a column.
fn signatures(
    py: Python<'_>,
    texts: &Bound<'_, PyAny>,
    shingle: usize,
    work: impl FnOnce(
        &mut dyn FnMut(&mut dyn FnMut(Option<Vec<u64>>)) -> Result<(), Failure>,
    ) -> Result<ArrayRef, Failure>
    + Send
    + 'static,
) -> PyResult<ArrowData> {
    let (names, cancel, mut feeds) = (FieldNames::default(), Cancel::default(), Vec::new());
    let Source::Rows(batches, _) = Source::of(texts, false, &names, &mut feeds)? else {
        return Err(Failure::Asked("texts are strings, and no paths".to_owned()).raise(py));
    };
    let until = cancel.clone();
    let mut batches = batches;
    work::run(py, &Watch::unseen(&cancel), feeds, move || {
        let recipe = Recipe::with_shingle(shingle)?;
        let array = work(&mut |sign| {
            for batch in &mut batches {
                until.check()?;
                let shingled = |text: &str| wirecopy::shingles(recipe, text);
                each(&batch?, &names.text, |text| sign(text.map(shingled)))?;
            }
            Ok(())
        })?;
        ArrowData::column("signature", array).map_err(|error: ArrowError| error.into())
    })
}

/// MinHash signatures: a list of `values` numbers for each text, null for one without tokens.
#[pyfunction]
pub fn minhash(
    py: Python<'_>,
    texts: &Bound<'_, PyAny>,
    values: usize,
    shingle: usize,
) -> PyResult<ArrowData> {
    if !(1..=VALUES).contains(&values) {
        let range = format!("`values` lies between 1 and {VALUES}, and is not {values}");
        return Err(Failure::Asked(range).raise(py));
    }
    signatures(py, texts, shingle, move |all| {
        let mut column = FixedSizeListBuilder::new(UInt64Builder::new(), values as i32);
        let mut one = vec![0; values];
        all(&mut |shingles| {
            let is_there = fill(&shingles.unwrap_or_default(), &mut one);
            column.values().append_slice(&one);
            column.append(is_there);
        })?;
        Ok(Arc::new(column.finish()))
    })
}

/// SimHash codes: a number for each text, null for one without tokens.
#[pyfunction]
pub fn simhash(py: Python<'_>, texts: &Bound<'_, PyAny>, shingle: usize) -> PyResult<ArrowData> {
    signatures(py, texts, shingle, |all| {
        let mut column = UInt64Builder::new();
        all(&mut |shingles| {
            column.append_option(SimHash::of(&shingles.unwrap_or_default()).map(|hash| hash.code()));
        })?;
        Ok(Arc::new(column.finish()))
    })
}

/// A page: its bytes, or a string.
#[derive(FromPyObject)]
pub enum Page<'py> {
    Text(Bound<'py, PyString>),
    Bytes(Vec<u8>),
}

impl Page<'_> {
    /// Its bytes, and their charset where that is known.
    fn bytes(self) -> (Vec<u8>, Option<&'static str>) {
        match self {
            Page::Text(text) => (own(&text).into_bytes(), Some("utf-8")),
            Page::Bytes(bytes) => (bytes, None),
        }
    }
}

/// What stands more than once within a text or a page, as JSON.
#[pyfunction]
pub fn repeats<'py>(py: Python<'py>, page: Page<'py>, is_html: bool) -> PyResult<Bound<'py, PyBytes>> {
    let (bytes, hint) = page.bytes();
    let work = move || -> Result<Vec<RepeatRow>, Failure> {
        let mut reader = PageReader::new(Resources::default().kernel);
        let found = if is_html {
            let (_, visible) =
                html::read_with_visible(&bytes, hint, HtmlMode::All, false).map_err(Error::from)?;
            reader.page_repeats(&visible)
        } else {
            reader.repeats(&String::from_utf8_lossy(&bytes), None)
        };
        Ok(found.iter().map(RepeatRow::from).collect())
    };
    json(py, &py.detach(work).map_err(|failure| failure.raise(py))?)
}

#[derive(Serialize)]
struct Extracted {
    text: String,
    title: Option<String>,
    headings: Vec<(u8, String)>,
    canonical_url: Option<String>,
    date: Option<String>,
    site_name: Option<String>,
    author: Option<String>,
    language: Option<String>,
    encoding: &'static str,
}

/// The article of a page, as JSON.
#[pyfunction]
pub fn extract<'py>(py: Python<'py>, page: Page<'py>) -> PyResult<Bound<'py, PyBytes>> {
    let (bytes, hint) = page.bytes();
    let work = move || -> Result<Extracted, Failure> {
        let page = html::read(&bytes, hint, HtmlMode::Main).map_err(Error::from)?;
        Ok(Extracted {
            text: page.text,
            title: page.title,
            headings: page.headings.into_iter().map(|heading| (heading.level, heading.text)).collect(),
            canonical_url: page.canonical_url,
            date: page.date,
            site_name: page.site_name,
            author: page.author,
            language: page.language,
            encoding: page.encoding,
        })
    };
    json(py, &py.detach(work).map_err(|failure| failure.raise(py))?)
}
