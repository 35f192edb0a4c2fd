//! The `parquet` report: tables of documents, of pairs, of clusters and of pages, with the columns of `columns`.
//!
//! Rows are written in groups as they come, so that no more than a group is in memory; pages are compressed by zstd.
//! The same rows give the same bytes.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::columns::{self, Cell, Column, Columns, PLACE, Part, PartOf, SPAN};
use super::{ClusterRow, DocumentRow, PageRow, PairRow};
use crate::output::marks::PARQUET;

/// Rows of a group.
const GROUP: usize = 1 << 16;

/// Writes a row for every document: the columns of the `csv` report.
///
/// # Errors
/// Those of `out`.
pub fn write_documents(rows: impl Iterator<Item = DocumentRow>, out: impl Write + Send) -> io::Result<()> {
    write(&columns::documents(), rows, out)
}

/// Writes a row for every pair: the members of the `pairs` report. `spans` is a list of `a_start`, `a_end`,
/// `b_start`, `b_end`, `tokens` and `identity`.
///
/// # Errors
/// Those of `out`.
pub fn write_pairs<'a>(rows: impl Iterator<Item = PairRow<'a>>, out: impl Write + Send) -> io::Result<()> {
    write(&columns::pairs(), rows, out)
}

/// Writes a row for every document in a cluster, the lead first: the `json` report's members, without
/// their passages.
///
/// # Errors
/// Those of `out`.
pub fn write_clusters(clusters: &[ClusterRow], out: impl Write + Send) -> io::Result<()> {
    write(&columns::clusters(), columns::members(clusters), out)
}

/// Writes a row for every repeat within a page and every fault of its head. `places` is a list of `start`, `end`, `role`,
/// `as`, `line`, `column` and `path`.
///
/// # Errors
/// Those of `out`.
pub fn write_pages(pages: &[PageRow], out: impl Write + Send) -> io::Result<()> {
    write(&columns::pages(), columns::entries(pages), out)
}

/// A column as a schema declares it.
fn declared<R>(Column { name, cell }: &Column<R>) -> String {
    match cell {
        Cell::Text(_) => format!("optional byte_array {name} (STRING);"),
        Cell::Number(_) => format!("optional double {name};"),
        Cell::Count(_) => format!("optional int64 {name};"),
        Cell::Flag(_) => format!("optional boolean {name};"),
        Cell::Spans(_) => declared_list(name, &SPAN),
        Cell::Places(_) => declared_list(name, &PLACE),
    }
}

fn declared_list<E>(name: &str, parts: &[Part<E>]) -> String {
    let declared = |Part { name, value }: &Part<E>| match value {
        PartOf::Text(_) => format!("required byte_array {name} (STRING);"),
        PartOf::Number(_) => format!("required double {name};"),
        PartOf::Count(_) => format!("required int64 {name};"),
    };
    let parts: String = parts.iter().map(declared).collect();
    format!(
        "optional group {name} (LIST) {{ repeated group list {{ required group element {{ {parts} }} }} }}"
    )
}

fn write_cells<R, W: Write + Send>(
    cell: &Cell<R>,
    rows: &[R],
    group: &mut SerializedRowGroupWriter<'_, W>,
) -> Result<()> {
    match cell {
        Cell::Text(cell) => put::<ByteArrayType, _>(group, rows.iter().map(|row| cell(row).map(Into::into))),
        Cell::Number(cell) => put::<DoubleType, _>(group, rows.iter().map(cell)),
        Cell::Count(cell) => put::<Int64Type, _>(group, rows.iter().map(cell)),
        Cell::Flag(cell) => put::<BoolType, _>(group, rows.iter().map(cell)),
        Cell::Spans(cell) => write_lists(&SPAN, rows.iter().map(cell), group),
        Cell::Places(cell) => write_lists(&PLACE, rows.iter().map(cell), group),
    }
}

fn write_lists<'a, E: 'a, W: Write + Send>(
    parts: &[Part<E>],
    lists: impl Iterator<Item = Option<&'a [E]>> + Clone,
    group: &mut SerializedRowGroupWriter<'_, W>,
) -> Result<()> {
    for part in parts {
        match part.value {
            PartOf::Text(text) => {
                put_lists::<ByteArrayType, _, _>(group, lists.clone(), |one| text(one).into())?
            }
            PartOf::Number(number) => put_lists::<DoubleType, _, _>(group, lists.clone(), number)?,
            PartOf::Count(count) => put_lists::<Int64Type, _, _>(group, lists.clone(), count)?,
        }
    }
    Ok(())
}

fn write<R>(
    Columns { name, columns }: &Columns<R>,
    mut rows: impl Iterator<Item = R>,
    out: impl Write + Send,
) -> io::Result<()> {
    let declared: String = columns.iter().map(declared).collect();
    let schema = Arc::new(parse_message_type(&format!("message wirecopy {{ {declared} }}"))?);
    let mark = KeyValue::new(PARQUET.to_owned(), (*name).to_owned());
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(Default::default()))
        .set_key_value_metadata(Some(vec![mark]));
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties.build()))?;
    loop {
        let rows: Vec<R> = rows.by_ref().take(GROUP).collect();
        if rows.is_empty() {
            break;
        }
        let mut group = file.next_row_group()?;
        for column in columns {
            write_cells(&column.cell, &rows, &mut group)?;
        }
        group.close()?;
    }
    file.close()?;
    Ok(())
}

/// The next column: a value for each row that has one.
fn put<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    cells: impl Iterator<Item = Option<T::T>>,
) -> Result<()> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        levels.push(i16::from(cell.is_some()));
        values.extend(cell);
    }
    put_column::<T, W>(group, &values, &levels, None)
}

/// The next column: of each row that has a list one field of all that is in it. Level 0 is no list, 1 an empty one.
fn put_lists<'a, T: DataType, E: 'a, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    lists: impl Iterator<Item = Option<&'a [E]>>,
    value: impl Fn(&E) -> T::T,
) -> Result<()> {
    let (mut values, mut levels, mut repeats) = (Vec::new(), Vec::new(), Vec::new());
    for list in lists {
        let all = list.unwrap_or_default();
        if all.is_empty() {
            levels.push(i16::from(list.is_some()));
            repeats.push(0);
        }
        for (place, one) in all.iter().enumerate() {
            levels.push(2);
            repeats.push(i16::from(place > 0));
            values.push(value(one));
        }
    }
    put_column::<T, W>(group, &values, &levels, Some(&repeats))
}

fn put_column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    levels: &[i16],
    repeats: Option<&[i16]>,
) -> Result<()> {
    let missing = || ParquetError::General("more columns than the schema has".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    column.typed::<T>().write_batch(values, Some(levels), repeats)?;
    column.close()
}
