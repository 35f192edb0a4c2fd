//! The `parquet` report: tables of documents, of pairs and of clusters, with typed columns that may be null.
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

use super::{ClusterRow, DocumentRow, MemberRow, PairRow, Span};
use crate::output::marks::PARQUET;

/// Rows of a group.
const GROUP: usize = 1 << 16;

/// Writes a row for every document: the columns of the `csv` report.
///
/// # Errors
/// Those of `out`.
pub fn write_documents(rows: impl Iterator<Item = DocumentRow>, out: impl Write + Send) -> io::Result<()> {
    let columns: [ColumnOf<DocumentRow>; 16] = [
        ("id", CellOf::Text(|row| Some(&row.id))),
        ("cluster", CellOf::Text(|row| filled(&row.cluster))),
        ("relation", CellOf::Text(|row| filled(row.relation))),
        ("representative", CellOf::Text(|row| filled(&row.representative))),
        ("lead", CellOf::Text(|row| row.is_lead.then_some("yes"))),
        ("title", CellOf::Text(|row| filled(&row.title))),
        ("url", CellOf::Text(|row| filled(&row.url))),
        ("site", CellOf::Text(|row| filled(&row.site))),
        ("date", CellOf::Text(|row| filled(&row.date))),
        ("path", CellOf::Text(|row| filled(&row.path))),
        ("jaccard", CellOf::Number(|row| row.measures.map(|[jaccard, ..]| jaccard))),
        ("containment", CellOf::Number(|row| row.measures.map(|[_, containment, _]| containment))),
        ("score", CellOf::Number(|row| row.measures.map(|[.., score]| score))),
        ("origin", CellOf::Text(|row| filled(&row.origin))),
        ("parent", CellOf::Text(|row| filled(&row.parent))),
        ("repeats", CellOf::Count(|row| Some(row.repeats as i64))),
    ];
    write("documents", &columns, rows, out)
}

/// Writes a row for every pair: the members of the `pairs` report. `spans` is a list of `a_start`, `a_end`,
/// `b_start`, `b_end`, `tokens` and `identity`.
///
/// # Errors
/// Those of `out`.
pub fn write_pairs<'a>(rows: impl Iterator<Item = PairRow<'a>>, out: impl Write + Send) -> io::Result<()> {
    let columns: [ColumnOf<PairRow<'a>>; 14] = [
        ("a", CellOf::Text(|row| Some(row.a))),
        ("b", CellOf::Text(|row| Some(row.b))),
        ("relation", CellOf::Text(|row| Some(row.relation))),
        ("inner", CellOf::Text(|row| row.inner)),
        ("same_site", CellOf::Flag(|row| row.same_site)),
        ("jaccard", CellOf::Number(|row| Some(row.jaccard))),
        ("containment_a_in_b", CellOf::Number(|row| Some(row.containment_a_in_b))),
        ("containment_b_in_a", CellOf::Number(|row| Some(row.containment_b_in_a))),
        ("score", CellOf::Number(|row| Some(row.score))),
        ("coverage_a", CellOf::Number(|row| row.coverage_a)),
        ("coverage_b", CellOf::Number(|row| row.coverage_b)),
        ("identity", CellOf::Number(|row| row.identity)),
        ("indexed", CellOf::Text(|row| row.indexed)),
        ("spans", CellOf::Spans(|row| row.spans)),
    ];
    write("pairs", &columns, rows, out)
}

/// Writes a row for every document in a cluster, the lead first: the `json` report's members, without
/// their passages.
///
/// # Errors
/// Those of `out`.
pub fn write_clusters(clusters: &[ClusterRow], out: impl Write + Send) -> io::Result<()> {
    type MemberOf<'a> = (&'a ClusterRow, &'a MemberRow);
    let columns: [ColumnOf<MemberOf<'_>>; 24] = [
        ("cluster", CellOf::Text(|(cluster, _)| Some(&cluster.id))),
        ("representative", CellOf::Text(|(cluster, _)| Some(&cluster.representative.id))),
        ("lead", CellOf::Text(|(cluster, _)| Some(&cluster.lead().id))),
        ("id", CellOf::Text(|(_, member)| Some(&member.id))),
        ("title", CellOf::Text(|(_, member)| member.title.as_deref())),
        ("url", CellOf::Text(|(_, member)| member.url.as_deref())),
        ("canonical_url", CellOf::Text(|(_, member)| member.canonical_url.as_deref())),
        ("date", CellOf::Text(|(_, member)| member.date.as_deref())),
        ("site", CellOf::Text(|(_, member)| filled(&member.site))),
        ("path", CellOf::Text(|(_, member)| filled(&member.path))),
        ("record", CellOf::Count(|(_, member)| member.record.map(i64::from))),
        ("tokens", CellOf::Count(|(_, member)| Some(i64::from(member.tokens)))),
        ("relation", CellOf::Text(|(_, member)| member.relation.as_deref())),
        ("jaccard", CellOf::Number(|(_, member)| member.jaccard)),
        ("containment", CellOf::Number(|(_, member)| member.containment)),
        ("score", CellOf::Number(|(_, member)| member.score)),
        ("origin", CellOf::Text(|(cluster, _)| cluster.origin.as_ref().map(|origin| &*origin.id))),
        ("origin_order", CellOf::Text(|(cluster, _)| cluster.origin.as_ref().map(|origin| &*origin.order))),
        ("origin_confidence", CellOf::Number(|(cluster, _)| Some(cluster.origin.as_ref()?.confidence))),
        ("parent", CellOf::Text(|(_, member)| member.parent.as_ref().map(|parent| &*parent.id))),
        ("parent_way", CellOf::Text(|(_, member)| member.parent.as_ref().map(|parent| &*parent.way))),
        ("parent_lag", CellOf::Count(|(_, member)| member.parent.as_ref()?.lag)),
        ("parent_lag_days", CellOf::Count(|(_, member)| member.parent.as_ref()?.lag_days)),
        ("parent_verbatim", CellOf::Number(|(_, member)| Some(member.parent.as_ref()?.verbatim))),
    ];
    let rows = clusters.iter().flat_map(|cluster| cluster.led().map(move |member| (cluster, member)));
    write("clusters", &columns, rows, out)
}

/// What csv leaves empty is null here.
fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// A column's name, and what a row has in it.
type ColumnOf<R> = (&'static str, CellOf<R>);

enum CellOf<R> {
    Text(fn(&R) -> Option<&str>),
    Number(fn(&R) -> Option<f64>),
    Count(fn(&R) -> Option<i64>),
    Flag(fn(&R) -> bool),
    Spans(fn(&R) -> Option<&[Span]>),
}

/// A figure of a span, by name.
type Figure = (&'static str, fn(&Span) -> i64);

const SPAN: [Figure; 5] = [
    ("a_start", |span| span.a[0] as i64),
    ("a_end", |span| span.a[1] as i64),
    ("b_start", |span| span.b[0] as i64),
    ("b_end", |span| span.b[1] as i64),
    ("tokens", |span| i64::from(span.tokens)),
];

impl<R> CellOf<R> {
    /// The column as a schema declares it.
    fn declared(&self, name: &str) -> String {
        match self {
            CellOf::Text(_) => format!("optional byte_array {name} (STRING);"),
            CellOf::Number(_) => format!("optional double {name};"),
            CellOf::Count(_) => format!("optional int64 {name};"),
            CellOf::Flag(_) => format!("optional boolean {name};"),
            CellOf::Spans(_) => {
                let counts: String = SPAN.iter().map(|(name, _)| format!("required int64 {name};")).collect();
                let element = format!("required group element {{ {counts} required double identity; }}");
                format!("optional group {name} (LIST) {{ repeated group list {{ {element} }} }}")
            }
        }
    }

    fn write<W: Write + Send>(&self, rows: &[R], group: &mut SerializedRowGroupWriter<'_, W>) -> Result<()> {
        match self {
            CellOf::Text(cell) => {
                put::<ByteArrayType, _>(group, rows.iter().map(|row| cell(row).map(Into::into)))
            }
            CellOf::Number(cell) => put::<DoubleType, _>(group, rows.iter().map(cell)),
            CellOf::Count(cell) => put::<Int64Type, _>(group, rows.iter().map(cell)),
            CellOf::Flag(cell) => put::<BoolType, _>(group, rows.iter().map(|row| Some(cell(row)))),
            CellOf::Spans(cell) => {
                for (_, figure) in SPAN {
                    put_lists::<Int64Type, _>(group, rows.iter().map(cell), figure)?;
                }
                put_lists::<DoubleType, _>(group, rows.iter().map(cell), |span| span.identity)
            }
        }
    }
}

fn write<R>(
    name: &str,
    columns: &[ColumnOf<R>],
    mut rows: impl Iterator<Item = R>,
    out: impl Write + Send,
) -> io::Result<()> {
    let declared: String = columns.iter().map(|(name, cell)| cell.declared(name)).collect();
    let schema = Arc::new(parse_message_type(&format!("message wirecopy {{ {declared} }}"))?);
    let mark = KeyValue::new(PARQUET.to_owned(), name.to_owned());
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
        for (_, cell) in columns {
            cell.write(&rows, &mut group)?;
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

/// The next column: of each row that has spans one figure of every span. Level 0 is no list, 1 an empty one.
fn put_lists<'a, T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    lists: impl Iterator<Item = Option<&'a [Span]>>,
    figure: fn(&Span) -> T::T,
) -> Result<()> {
    let (mut values, mut levels, mut repeats) = (Vec::new(), Vec::new(), Vec::new());
    for list in lists {
        let spans = list.unwrap_or_default();
        if spans.is_empty() {
            levels.push(i16::from(list.is_some()));
            repeats.push(0);
        }
        for (place, span) in spans.iter().enumerate() {
            levels.push(2);
            repeats.push(i16::from(place > 0));
            values.push(figure(span));
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
