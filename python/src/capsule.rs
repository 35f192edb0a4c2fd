//! Arrow data across the border, by the Arrow PyCapsule interface: nothing is copied. All that is unsafe is here.
#![allow(unsafe_code, reason = "capsules hold pointers to structures of C")]

use std::ffi::CStr;
use std::io::Cursor;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::types::{Float64Type, Int64Type, UInt64Type};
use arrow_array::{
    Array, ArrayReader, ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchOptions, StructArray,
    make_array,
};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema, SchemaRef};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyDict, PyList, PyTuple};
use wirecopy::report::arrow::ArrowTable;

use crate::error::Failure;

const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";
const STREAM: &CStr = c"arrow_array_stream";

/// Batches that somebody gives.
pub type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// The batches of what has `__arrow_c_stream__` or `__arrow_c_array__`; none of what has neither. A column that stands alone
/// is the one of this name.
///
/// # Errors
/// What the object raises, and what is no Arrow data.
pub fn batches(data: &Bound<'_, PyAny>, name: &str) -> PyResult<Option<Batches>> {
    if data.hasattr("__arrow_c_stream__")? {
        let capsule = data.call_method0("__arrow_c_stream__")?.cast_into::<PyCapsule>()?;
        let stream = capsule.pointer_checked(Some(STREAM))?.cast::<FFI_ArrowArrayStream>();
        // SAFETY: a capsule of this name holds a pointer to such a structure, valid as long as the capsule is, which is held
        // here; by its interface whoever asked for it moves it out, and what is left behind is marked as released.
        let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream.as_ptr()) };
        let reader = ArrayStreamReader::try_new(stream).map_err(|error| broken(&error))?;
        let field = named(reader.field(), name);
        return Ok(Some(Box::new(reader.map(move |array| batch(&array?, &field)))));
    }
    if data.hasattr("__arrow_c_array__")? {
        let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) =
            data.call_method0("__arrow_c_array__")?.cast_into::<PyTuple>()?.extract()?;
        let schema = schema.pointer_checked(Some(SCHEMA))?.cast::<FFI_ArrowSchema>();
        let array = array.pointer_checked(Some(ARRAY))?.cast::<FFI_ArrowArray>();
        // SAFETY: as above: both capsules are held, have these names, and are moved out of.
        let (schema, array) =
            unsafe { (FFI_ArrowSchema::from_raw(schema.as_ptr()), FFI_ArrowArray::from_raw(array.as_ptr())) };
        let field = Arc::new(Field::try_from(&schema).map_err(|error| broken(&error))?);
        // SAFETY: the two come from one call, so that the array is of the type that the schema says.
        let array = make_array(unsafe { from_ffi(array, &schema) }.map_err(|error| broken(&error))?);
        return Ok(Some(Box::new(std::iter::once(batch(&array, &named(&field, name))))));
    }
    Ok(None)
}

fn broken(error: &ArrowError) -> PyErr {
    Python::attach(|py| Failure::Asked(format!("no Arrow data: {error}")).raise(py))
}

/// What columns are in: the field itself where it is a struct, else one of that name.
fn named(field: &FieldRef, name: &str) -> FieldRef {
    match field.data_type() {
        DataType::Struct(_) => field.clone(),
        _ => Arc::new(field.as_ref().clone().with_name(name)),
    }
}

/// An array as a batch: the members of a struct are its columns, and another array is the only one.
fn batch(array: &ArrayRef, field: &FieldRef) -> Result<RecordBatch, ArrowError> {
    let rows = RecordBatchOptions::new().with_row_count(Some(array.len()));
    let DataType::Struct(fields) = field.data_type() else {
        return RecordBatch::try_new(Arc::new(Schema::new(vec![field.clone()])), vec![array.clone()]);
    };
    let columns = array.as_struct().columns().to_vec();
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields.clone())), columns, &rows)
}

/// A table, or a single column, for Python to read.
#[pyclass(frozen, module = "wirecopy._wirecopy")]
#[derive(Debug, Clone)]
pub struct ArrowData {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    is_column: bool,
}

impl From<ArrowTable> for ArrowData {
    fn from(ArrowTable { schema, batches }: ArrowTable) -> ArrowData {
        ArrowData { schema, batches, is_column: false }
    }
}

impl ArrowData {
    /// A single column.
    pub fn column(name: &str, array: ArrayRef) -> Result<ArrowData, ArrowError> {
        let batch = RecordBatch::try_from_iter([(name, array)])?;
        Ok(ArrowData { schema: batch.schema(), batches: vec![batch], is_column: true })
    }
}

fn raised(py: Python<'_>, error: ArrowError) -> PyErr {
    Failure::from(error).raise(py)
}

#[pymethods]
impl ArrowData {
    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The names of the columns.
    fn names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// A capsule with the schema.
    fn schema<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(self.schema.as_ref()).map_err(|error| raised(py, error))?;
        PyCapsule::new_with_value(py, schema, SCHEMA)
    }

    /// A capsule with a stream of the batches.
    fn stream<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let batches = self.batches.clone().into_iter().map(Ok);
        let reader = RecordBatchIterator::new(batches, self.schema.clone());
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), STREAM)
    }

    /// Capsules with the schema and the array of a single column.
    fn array<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        let [batch] = &self.batches[..] else {
            return Err(PyTypeError::new_err("a table is no single array"));
        };
        let data = match (self.is_column, batch.columns()) {
            (true, [column]) => column.to_data(),
            _ => StructArray::from(batch.clone()).to_data(),
        };
        let (array, schema) = to_ffi(&data).map_err(|error| raised(py, error))?;
        Ok((PyCapsule::new_with_value(py, schema, SCHEMA)?, PyCapsule::new_with_value(py, array, ARRAY)?))
    }

    /// Rows from `start` on, `count` at most, as dicts; of a single column its values.
    fn rows<'py>(&self, py: Python<'py>, start: usize, count: usize) -> PyResult<Bound<'py, PyList>> {
        let rows = PyList::empty(py);
        let mut before = 0;
        for batch in &self.batches {
            let from = start.saturating_sub(before).min(batch.num_rows());
            let to = start.saturating_add(count).saturating_sub(before).min(batch.num_rows());
            for row in from..to {
                if self.is_column {
                    rows.append(value(py, batch.column(0), row)?)?;
                } else {
                    rows.append(members(py, self.schema.fields(), batch.columns(), row)?)?;
                }
            }
            before += batch.num_rows();
        }
        Ok(rows)
    }

    /// The table as an Arrow stream in bytes.
    fn to_ipc<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let write = || -> Result<Vec<u8>, ArrowError> {
            let mut writer = StreamWriter::try_new(Vec::new(), &self.schema)?;
            self.batches.iter().try_for_each(|batch| writer.write(batch))?;
            writer.into_inner()
        };
        Ok(PyBytes::new(py, &py.detach(write).map_err(|error| raised(py, error))?))
    }

    /// What [`ArrowData::to_ipc`] wrote.
    #[staticmethod]
    fn of_ipc(py: Python<'_>, bytes: &[u8], is_column: bool) -> PyResult<ArrowData> {
        let read = || -> Result<ArrowData, ArrowError> {
            let reader = StreamReader::try_new(Cursor::new(bytes), None)?;
            let schema = reader.schema();
            Ok(ArrowData { schema, batches: reader.collect::<Result<_, _>>()?, is_column })
        };
        read().map_err(|error| raised(py, error))
    }

    /// Whether it is a single column.
    fn is_column(&self) -> bool {
        self.is_column
    }
}

fn members<'py>(
    py: Python<'py>,
    fields: &arrow_schema::Fields,
    columns: &[ArrayRef],
    row: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (field, column) in fields.iter().zip(columns) {
        dict.set_item(field.name(), value(py, column, row)?)?;
    }
    Ok(dict)
}

/// A value of one of the types that our tables have.
fn value<'py>(py: Python<'py>, array: &ArrayRef, row: usize) -> PyResult<Bound<'py, PyAny>> {
    if array.is_null(row) {
        return Ok(py.None().into_bound(py));
    }
    Ok(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).into_pyobject(py)?.into_any(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).into_pyobject(py)?.into_any(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into_pyobject(py)?.into_any(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).into_pyobject(py)?.into_any(),
        DataType::Boolean => array.as_boolean().value(row).into_pyobject(py)?.to_owned().into_any(),
        DataType::Struct(fields) => members(py, fields, array.as_struct().columns(), row)?.into_any(),
        DataType::List(_) => list(py, &array.as_list::<i32>().value(row))?,
        DataType::FixedSizeList(..) => list(py, &array.as_fixed_size_list().value(row))?,
        other => return Err(PyTypeError::new_err(format!("no table of ours has a {other}"))),
    })
}

fn list<'py>(py: Python<'py>, values: &ArrayRef) -> PyResult<Bound<'py, PyAny>> {
    let list = PyList::empty(py);
    for at in 0..values.len() {
        list.append(value(py, values, at)?)?;
    }
    Ok(list.into_any())
}
