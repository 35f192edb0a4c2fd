//! Strings and dicts of Python to batches: each is looked at once.

use std::sync::Arc;

use arrow_array::builder::LargeStringBuilder;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::ArrowError;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyDict, PyFloat, PyInt, PyIterator, PyList, PyMapping, PyString, PyTuple,
};
use wirecopy::corpus::FieldNames;

use crate::error::Failure;

/// Documents of a batch, at most. Shorter ones cost more calls, longer ones hold the interpreter longer.
const ROWS: usize = 4096;

/// Bytes of text of a batch, about.
const BYTES: usize = 8 << 20;

/// What stands between the paragraphs of a text that is a list of them.
const PARAGRAPH: &str = "\n\n";

/// An iterator of strings or dicts.
pub struct Items {
    items: Py<PyIterator>,
    names: FieldNames,
    number: usize,
    is_over: bool,
}

impl Items {
    /// Of anything that can be iterated.
    ///
    /// # Errors
    /// `TypeError` for anything else.
    pub fn new(items: &Bound<'_, PyAny>, names: &FieldNames) -> PyResult<Items> {
        let items = items.try_iter()?.unbind();
        Ok(Items { items, names: names.clone(), number: 0, is_over: false })
    }

    /// The next batch; none at the end.
    ///
    /// # Errors
    /// What the iterator raises, and items that are no documents.
    pub fn next(&mut self, py: Python<'_>) -> PyResult<Option<RecordBatch>> {
        if self.is_over {
            return Ok(None);
        }
        let mut columns = Columns::new(&self.names);
        let mut items = self.items.bind(py).clone();
        let (mut rows, mut bytes) = (0, 0);
        while rows < ROWS && bytes < BYTES {
            let Some(item) = items.next() else {
                self.is_over = true;
                break;
            };
            bytes += columns.add(&item?, self.number)?;
            self.number += 1;
            rows += 1;
        }
        // Of no documents there is one batch without rows: it says that there are none.
        if rows == 0 && self.number > 0 {
            return Ok(None);
        }
        columns.finish().map(Some).map_err(|error| Failure::from(error).raise(py))
    }
}

/// The columns of a batch, the text first.
struct Columns<'a>([(&'a str, LargeStringBuilder); 7]);

impl<'a> Columns<'a> {
    fn new(names: &'a FieldNames) -> Columns<'a> {
        let FieldNames { text, id, title, url, canonical_url, date, source } = names;
        Columns(
            [text, id, title, url, canonical_url, date, source]
                .map(|name| (name.as_str(), LargeStringBuilder::new())),
        )
    }

    /// Adds a document; gives the bytes of its text.
    fn add(&mut self, item: &Bound<'_, PyAny>, number: usize) -> PyResult<usize> {
        let Columns([(text_name, text), rest @ ..]) = self;
        if let Ok(string) = item.cast::<PyString>() {
            let string = string.to_string_lossy();
            text.append_value(&string);
            rest.iter_mut().for_each(|(_, column)| column.append_null());
            return Ok(string.len());
        }
        let converted;
        let dict = match item.cast::<PyDict>() {
            Ok(dict) => dict,
            Err(_) if item.cast::<PyMapping>().is_ok() => {
                converted = PyDict::new(item.py());
                converted.update(item.cast::<PyMapping>()?)?;
                &converted
            }
            Err(_) => {
                let kind = item.get_type().name()?;
                return Err(PyTypeError::new_err(format!(
                    "document {number} is of type {kind}; a document is a str, or a dict with its text and what is known of it"
                )));
            }
        };
        let own = find(dict, text_name)?.filter(|value| !value.is_none());
        let own = own.map(|value| words(&value, text_name, number)).transpose()?;
        text.append_option(own.as_deref());
        for (name, column) in rest {
            column.append_option(find(dict, name)?.map(|value| said(&value)).transpose()?.flatten());
        }
        Ok(own.map_or(0, |text| text.len()))
    }

    fn finish(self) -> Result<RecordBatch, ArrowError> {
        let Columns(columns) = self;
        let mut named: Vec<(&str, ArrayRef)> = Vec::new();
        for (name, mut column) in columns {
            // Two fields may be asked for by one name.
            if named.iter().all(|(other, _)| *other != name) {
                named.push((name, Arc::new(column.finish())));
            }
        }
        RecordBatch::try_from_iter_with_nullable(named.into_iter().map(|(name, array)| (name, array, true)))
    }
}

/// The value of a name, or of a path of names: what has the name as it stands goes first, then of names with points the
/// longest.
fn find<'py>(dict: &Bound<'py, PyDict>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Some(value) = dict.get_item(name)? {
        return Ok(Some(value));
    }
    for (at, _) in name.rmatch_indices('.') {
        if let Some(inner) = dict.get_item(&name[..at])?
            && let Ok(inner) = inner.cast::<PyDict>()
            && let Some(value) = find(inner, &name[at + 1..])?
        {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// A text: a string, or a list of paragraphs.
fn words(value: &Bound<'_, PyAny>, name: &str, number: usize) -> PyResult<String> {
    if let Ok(string) = value.cast::<PyString>() {
        return Ok(string.to_string_lossy().into_owned());
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(String::from_utf8_lossy(bytes.as_bytes()).into_owned());
    }
    let paragraphs = match value.cast::<PyList>() {
        Ok(list) => Some(list.clone().into_any()),
        Err(_) => value.cast::<PyTuple>().ok().map(|tuple| tuple.clone().into_any()),
    };
    let refused = || {
        let kind =
            value.get_type().name().map_or_else(|_| "another type".to_owned(), |name| name.to_string());
        let what = format!("document {number}: `{name}` is of type {kind}, not a str or a list of them");
        Failure::Asked(what).raise(value.py())
    };
    let Some(paragraphs) = paragraphs else { return Err(refused()) };
    let mut joined: Vec<String> = Vec::new();
    for paragraph in paragraphs.try_iter()? {
        let paragraph = paragraph?;
        if paragraph.is_none() {
            continue;
        }
        joined.push(paragraph.cast::<PyString>().map_err(|_| refused())?.to_string_lossy().into_owned());
    }
    Ok(joined.join(PARAGRAPH))
}

/// A field beside the text; none for what is no single value.
fn said(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if let Ok(string) = value.cast::<PyString>() {
        return Ok(Some(string.to_string_lossy().into_owned()));
    }
    if value.is_none() || value.cast::<PyList>().is_ok() || value.cast::<PyDict>().is_ok() {
        return Ok(None);
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(Some(flag.is_true().to_string()));
    }
    if let Ok(number) = value.cast::<PyFloat>()
        && number.value().is_nan()
    {
        // What pandas has where nothing is.
        return Ok(None);
    }
    if value.cast::<PyInt>().is_err() && value.hasattr("isoformat")? {
        let written = value.call_method0("isoformat")?.str()?.to_string_lossy().into_owned();
        return Ok(Some(written).filter(|written| written != "NaT"));
    }
    Ok(Some(value.str()?.to_string_lossy().into_owned()).filter(|text| text != "<NA>"))
}
