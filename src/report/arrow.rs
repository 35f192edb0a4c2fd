//! The tables of the `parquet` report as Arrow batches, for a program to read on in memory.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, ListArray, RecordBatch, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};

use super::columns::{self, Cell, Column, Columns, PLACE, Part, PartOf, SPAN};
use super::{ClusterRow, DocumentRow, PageRow, PairRow};

/// Rows of a batch, at most.
const ROWS: usize = 1 << 14;

/// Bytes of text in a column of a batch, at most: its offsets have 31 bits.
const TEXT: usize = i32::MAX as usize;

/// A table in memory.
#[derive(Debug, Clone)]
pub struct ArrowTable {
    /// Its columns.
    pub schema: SchemaRef,
    /// Its rows, in order.
    pub batches: Vec<RecordBatch>,
}

/// A row for every document: the columns of the `csv` report.
///
/// # Errors
/// Where a row has 2 GiB of text.
pub fn document_table(rows: impl Iterator<Item = DocumentRow>) -> Result<ArrowTable, ArrowError> {
    table(&columns::documents(), rows)
}

/// A row for every pair: the members of the `pairs` report.
///
/// # Errors
/// As [`document_table`].
pub fn pair_table<'a>(rows: impl Iterator<Item = PairRow<'a>>) -> Result<ArrowTable, ArrowError> {
    table(&columns::pairs(), rows)
}

/// A row for every document in a cluster, the lead first.
///
/// # Errors
/// As [`document_table`].
pub fn cluster_table(clusters: &[ClusterRow]) -> Result<ArrowTable, ArrowError> {
    table(&columns::clusters(), columns::members(clusters))
}

/// A row for every repeat within a page and every fault of its head.
///
/// # Errors
/// As [`document_table`].
pub fn page_table(pages: &[PageRow]) -> Result<ArrowTable, ArrowError> {
    table(&columns::pages(), columns::entries(pages))
}

fn table<R>(
    Columns { columns, .. }: &Columns<R>,
    mut rows: impl Iterator<Item = R>,
) -> Result<ArrowTable, ArrowError> {
    let field = |Column { name, cell }: &Column<R>| Field::new(*name, declared(cell), true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Fields>()));
    let mut batches = Vec::new();
    loop {
        let rows: Vec<R> = rows.by_ref().take(ROWS).collect();
        if rows.is_empty() {
            return Ok(ArrowTable { schema, batches });
        }
        add(&schema, columns, &rows, &mut batches)?;
    }
}

/// Adds rows in one batch, or where they have too much text in several.
fn add<R>(
    schema: &SchemaRef,
    columns: &[Column<R>],
    rows: &[R],
    batches: &mut Vec<RecordBatch>,
) -> Result<(), ArrowError> {
    let text = |Column { cell, .. }: &Column<R>| match cell {
        Cell::Text(cell) => rows.iter().filter_map(cell).map(str::len).sum(),
        Cell::Places(cell) => rows.iter().filter_map(cell).flatten().map(|place| place.path.len()).sum(),
        _ => 0usize,
    };
    if columns.iter().map(text).any(|bytes| bytes > TEXT) {
        if rows.len() > 1 {
            let (first, rest) = rows.split_at(rows.len() / 2);
            add(schema, columns, first, batches)?;
            return add(schema, columns, rest, batches);
        }
        return Err(ArrowError::InvalidArgumentError("a row has 2 GiB of text".to_owned()));
    }
    let arrays = columns.iter().map(|column| cells(&column.cell, rows)).collect::<Result<Vec<_>, _>>()?;
    batches.push(RecordBatch::try_new(schema.clone(), arrays)?);
    Ok(())
}

fn declared<R>(cell: &Cell<R>) -> DataType {
    match cell {
        Cell::Text(_) => DataType::Utf8,
        Cell::Number(_) => DataType::Float64,
        Cell::Count(_) => DataType::Int64,
        Cell::Flag(_) => DataType::Boolean,
        Cell::Spans(_) => DataType::List(element(&SPAN)),
        Cell::Places(_) => DataType::List(element(&PLACE)),
    }
}

/// What a list holds.
fn element<E>(parts: &[Part<E>]) -> Arc<Field> {
    let field = |Part { name, value }: &Part<E>| {
        let kind = match value {
            PartOf::Text(_) => DataType::Utf8,
            PartOf::Number(_) => DataType::Float64,
            PartOf::Count(_) => DataType::Int64,
        };
        Field::new(*name, kind, false)
    };
    Arc::new(Field::new("element", DataType::Struct(parts.iter().map(field).collect()), false))
}

fn cells<R>(cell: &Cell<R>, rows: &[R]) -> Result<ArrayRef, ArrowError> {
    Ok(match cell {
        Cell::Text(cell) => texts(rows.iter().map(cell)),
        Cell::Number(cell) => {
            let mut array = Float64Builder::with_capacity(rows.len());
            array.extend(rows.iter().map(cell));
            Arc::new(array.finish())
        }
        Cell::Count(cell) => {
            let mut array = Int64Builder::with_capacity(rows.len());
            array.extend(rows.iter().map(cell));
            Arc::new(array.finish())
        }
        Cell::Flag(cell) => {
            let mut array = BooleanBuilder::with_capacity(rows.len());
            array.extend(rows.iter().map(cell));
            Arc::new(array.finish())
        }
        Cell::Spans(cell) => lists(&SPAN, rows.iter().map(cell))?,
        Cell::Places(cell) => lists(&PLACE, rows.iter().map(cell))?,
    })
}

fn texts<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    let mut array = StringBuilder::new();
    array.extend(texts);
    Arc::new(array.finish())
}

fn lists<'a, E: 'a>(
    parts: &[Part<E>],
    lists: impl Iterator<Item = Option<&'a [E]>> + Clone,
) -> Result<ArrayRef, ArrowError> {
    let field = element(parts);
    let all = || lists.clone().flatten().flatten();
    let part = |part: &Part<E>| -> ArrayRef {
        match part.value {
            PartOf::Text(text) => texts(all().map(|one| Some(text(one)))),
            PartOf::Number(number) => {
                let mut array = Float64Builder::new();
                array.extend(all().map(|one| Some(number(one))));
                Arc::new(array.finish())
            }
            PartOf::Count(count) => {
                let mut array = Int64Builder::new();
                array.extend(all().map(|one| Some(count(one))));
                Arc::new(array.finish())
            }
        }
    };
    let DataType::Struct(fields) = field.data_type() else { unreachable!("an element is a struct") };
    let values = StructArray::try_new(fields.clone(), parts.iter().map(part).collect(), None)?;
    let offsets = OffsetBuffer::from_lengths(lists.clone().map(|list| list.map_or(0, <[E]>::len)));
    let nulls: NullBuffer = lists.map(|list| list.is_some()).collect::<Vec<bool>>().into();
    Ok(Arc::new(ListArray::try_new(field, offsets, Arc::new(values), Some(nulls))?))
}
