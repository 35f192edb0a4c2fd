//! Parquet: a few columns, row group after row group, some rows at a time.

use std::fs::File;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, ByteArrayType, DataType};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::FileReader;
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

use super::columns::{Field, Given, NAMED, decimal, present, record, uuid, wanted};
use super::row::RowFields;
use super::{Sink, SourcePlace, Step, Stop};
use crate::calendar::{written_day, written_second};
use crate::columnar::{Columnar, guarded, rows as promised};
use crate::corpus::record::{FieldNames, PARAGRAPH, Scratch};
use crate::error::Reason;

/// Rows read at once.
const ROWS: usize = 256;

/// Rows read at once where a value may begin with all of the value before it: together they may be so many times as large as
/// their page.
const BUILDING_ROWS: usize = 8;

pub(super) fn read(file: File, place: &SourcePlace, sink: &mut Sink<'_, '_>) -> Step {
    let broken = |e: ParquetError| Stop::Input(format!("not a Parquet file: {e}"));
    let file = Columnar::open(file).map_err(broken)?;
    let metadata = file.reader().metadata();
    let columns = ColumnChoice::of(metadata.file_metadata().schema_descr(), &sink.rules.names)
        .map_err(|reason| Stop::Input(reason.to_string()))?;
    let leaves = metadata.file_metadata().schema_descr().columns();
    let there = leaves.iter().take(NAMED).map(|leaf| leaf.path().string()).collect();
    sink.seen.table(present(columns.0.iter().map(|column| column.field)), there);
    let mut given = Given { bytes: 0, of: file.len() };
    let mut first = 0u64;
    for (number, group) in metadata.row_groups().iter().enumerate() {
        sink.resources.cancel.check()?;
        let rows = promised(group);
        let most = sink.rules.max_record.saturating_mul(2);
        let opened = guarded(|| columns.0.iter().map(|column| column.reader(&file, number, most)).collect());
        let mut read = |cells| rows_of(cells, &columns, first, rows, &mut given, place, sink);
        match opened.map_err(Stop::from).and_then(&mut read) {
            Err(Stop::Input(reason)) => {
                sink.lost(place, Some(record(first)), format!("row group {number}: {reason}"));
            }
            done => done?,
        }
        if given.is_too_much() {
            return Ok(());
        }
        first = first.saturating_add(rows);
    }
    Ok(())
}

impl From<ParquetError> for Stop {
    fn from(error: ParquetError) -> Stop {
        Stop::Input(error.to_string())
    }
}

/// The documents of a row group, some rows of all columns at a time.
fn rows_of(
    mut group: Vec<Cells>,
    columns: &ColumnChoice,
    first: u64,
    rows: u64,
    given_in_all: &mut Given,
    place: &SourcePlace,
    sink: &mut Sink<'_, '_>,
) -> Step {
    let mut scratch = Scratch::new(sink.resources.kernel);
    let mut read = 0;
    let at_once = if group.iter().any(|cells| cells.builds_on_others) { BUILDING_ROWS } else { ROWS };
    while read < rows {
        let wanted = (rows - read).min(at_once as u64) as usize;
        let cells: Vec<_> = guarded(|| group.iter_mut().map(|column| column.cells(wanted)).collect())?;
        let given = cells.iter().map(Vec::len).max().unwrap_or_default();
        if given == 0 || cells.iter().any(|cells| cells.len() != given) {
            return Err(Stop::Input(format!("{rows} rows promised, {read} are there")));
        }
        for row in 0..given {
            let number = record(first.saturating_add(read));
            given_in_all.add(cells.iter().filter_map(|cells| cells[row].as_ref()).map(Cell::len).sum(), 1)?;
            document(columns, &cells, row, number, place, &mut scratch, sink)?;
            read += 1;
        }
    }
    Ok(())
}

/// One row to a document.
fn document(
    columns: &ColumnChoice,
    cells: &[Vec<Option<Cell>>],
    row: usize,
    number: u32,
    place: &SourcePlace,
    scratch: &mut Scratch,
    sink: &mut Sink<'_, '_>,
) -> Step {
    let cell = |field: Field| {
        let column = columns.0.iter().position(|column| column.field == field)?;
        cells[column][row].as_ref().map(Cell::bytes)
    };
    let Some(text) = cell(Field::Text) else {
        sink.lost(place, Some(number), Reason::NoText(sink.rules.names.text.clone(), Vec::new()).to_string());
        return Ok(());
    };
    let row = RowFields {
        text,
        id: cell(Field::Id),
        title: cell(Field::Title),
        url: cell(Field::Url),
        canonical_url: cell(Field::CanonicalUrl),
        date: cell(Field::Date),
        source: cell(Field::Source),
    };
    row.hand_on((number, None), place, scratch, sink)
}

/// The columns that matter, the text first.
struct ColumnChoice(Vec<Column>);

struct Column {
    field: Field,
    number: usize,
    /// The definition level of a value that is there.
    present: i16,
    unit: Unit,
    /// The definition level of a list that is there, where the column is of the strings of one.
    list: Option<i16>,
}

/// Values of lists in a row group, at most: any number of them may be in one row, which is read at once. A value takes some
/// forty bytes.
const LISTED: u64 = 1 << 24;

/// What a number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Number,
    Unsigned,
    Days,
    /// Since 1970, so many to a second.
    Time(i64),
    /// Of a decimal number: so many digits stand behind its point.
    Decimal(i32),
    Uuid,
}

impl ColumnChoice {
    fn of(schema: &SchemaDescriptor, names: &FieldNames) -> std::result::Result<ColumnChoice, Reason> {
        let leaves = schema.columns();
        let path = |leaf: &ColumnDescriptor| leaf.path().parts().join(".");
        // What has the name as it stands goes before what a path leads to.
        let find = |name: &str| {
            let is_flat = |leaf: &ColumnDescriptor| leaf.max_rep_level() == 0;
            let own = leaves.iter().position(|leaf| leaf.path().parts() == [name] && is_flat(leaf));
            own.or_else(|| leaves.iter().position(|leaf| path(leaf) == name && is_flat(leaf)))
        };
        let mut columns: Vec<Column> = wanted(names)
            .into_iter()
            .filter_map(|(field, name)| Some((field, find(name)?)))
            .map(|(field, number)| Column::of(field, number, &schema.column(number)))
            .collect();
        let is_no_string = |what| Err(Reason::TextIsNoString(names.text.clone(), what));
        let is_text = |number: usize| schema.column(number).physical_type() == Type::BYTE_ARRAY;
        match columns.first() {
            Some(text) if text.field == Field::Text => {
                if !is_text(text.number) || text.unit != Unit::Number {
                    return is_no_string("of another type");
                }
            }
            _ => {
                let below = format!("{}.", names.text);
                let mut inner = (0..leaves.len()).filter(|&leaf| {
                    path(&leaves[leaf]) == names.text || path(&leaves[leaf]).starts_with(&below)
                });
                match (inner.next(), inner.next()) {
                    (None, _) => {
                        let there = leaves.iter().take(NAMED).map(|leaf| path(leaf)).collect();
                        return Err(Reason::NoText(names.text.clone(), there));
                    }
                    (Some(only), None) if is_text(only) && is_list(&leaves[only], &names.text) => {
                        columns.insert(0, Column::of(Field::Text, only, &schema.column(only)));
                    }
                    (Some(first), _) if leaves[first].max_rep_level() > 0 => {
                        return is_no_string("a list, and holds more than strings");
                    }
                    _ => return is_no_string("a struct, with fields of its own"),
                }
            }
        }
        Ok(ColumnChoice(columns))
    }
}

/// Whether a column is of the values of the list of this path: below it stand the names that writers give to those of a list.
fn is_list(leaf: &ColumnDescriptor, list: &str) -> bool {
    let inside = leaf.path().parts().len().saturating_sub(list.split('.').count());
    leaf.max_rep_level() == 1 && inside <= 2
}

impl Column {
    fn of(field: Field, number: usize, column: &ColumnDescriptor) -> Column {
        let present = column.max_def_level();
        // A value that may be null adds a level, and so does that a list has one.
        let inside = 1 + i16::from(column.self_type().is_optional());
        let list = (column.max_rep_level() > 0).then_some(present - inside);
        Column { field, number, present, unit: Unit::of(column), list }
    }

    fn reader(&self, file: &Columnar, group: usize, most: u64) -> Result<Cells> {
        let (reader, shape) = file.column(group, self.number, most)?;
        if self.list.is_some() && shape.values > LISTED {
            let what = format!("{} values in lists, and {LISTED} are read", shape.values);
            return Err(ParquetError::General(what));
        }
        let builds_on_others = shape.builds_on_others;
        Ok(Cells { reader, present: self.present, unit: self.unit, list: self.list, builds_on_others })
    }
}

impl Unit {
    fn of(column: &ColumnDescriptor) -> Unit {
        match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => Unit::Days,
            (Some(LogicalType::Timestamp(time)), _) => Unit::Time(match time.unit {
                TimeUnit::MILLIS => 1_000,
                TimeUnit::MICROS => 1_000_000,
                TimeUnit::NANOS => 1_000_000_000,
            }),
            (None, ConvertedType::TIMESTAMP_MILLIS) => Unit::Time(1_000),
            (None, ConvertedType::TIMESTAMP_MICROS) => Unit::Time(1_000_000),
            (Some(LogicalType::Decimal(_)), _) | (None, ConvertedType::DECIMAL) => {
                Unit::Decimal(column.type_scale())
            }
            (Some(LogicalType::Uuid), _) => Unit::Uuid,
            (
                _,
                ConvertedType::UINT_8
                | ConvertedType::UINT_16
                | ConvertedType::UINT_32
                | ConvertedType::UINT_64,
            ) => Unit::Unsigned,
            _ => Unit::Number,
        }
    }

    fn write32(self, value: i32) -> String {
        match self {
            Unit::Days => written_day(i64::from(value)),
            Unit::Unsigned => (value as u32).to_string(),
            Unit::Decimal(_) => self.write64(i64::from(value)),
            Unit::Number | Unit::Time(_) | Unit::Uuid => value.to_string(),
        }
    }

    fn write64(self, value: i64) -> String {
        match self {
            Unit::Time(per_second) => written_second(value.div_euclid(per_second)),
            Unit::Unsigned => (value as u64).to_string(),
            Unit::Decimal(scale) => decimal(&value.to_be_bytes(), scale).unwrap_or_default(),
            Unit::Number | Unit::Days | Unit::Uuid => value.to_string(),
        }
    }

    /// Bytes that are text, or a number in as many bytes as it takes.
    fn cell(self, bytes: ByteArray) -> Option<Cell> {
        match self {
            Unit::Decimal(scale) => decimal(bytes.data(), scale).map(Cell::Written),
            Unit::Uuid => uuid(bytes.data()).map(Cell::Written).or(Some(Cell::Bytes(bytes))),
            Unit::Number | Unit::Unsigned | Unit::Days | Unit::Time(_) => Some(Cell::Bytes(bytes)),
        }
    }
}

/// A value that is there.
enum Cell {
    Bytes(ByteArray),
    Written(String),
}

impl Cell {
    fn bytes(&self) -> &[u8] {
        match self {
            Cell::Bytes(bytes) => bytes.data(),
            Cell::Written(text) => text.as_bytes(),
        }
    }

    fn len(&self) -> usize {
        self.bytes().len()
    }
}

/// One column of one row group.
struct Cells {
    reader: ColumnReader,
    present: i16,
    unit: Unit,
    list: Option<i16>,
    /// Whether a value may be as large as its page, and the next one too.
    builds_on_others: bool,
}

impl Cells {
    /// The next rows, up to `wanted`; fewer at the end.
    fn cells(&mut self, wanted: usize) -> Result<Vec<Option<Cell>>> {
        let (present, unit) = (self.present, self.unit);
        let written = |text: String| Some(Cell::Written(text));
        match &mut self.reader {
            ColumnReader::ByteArrayColumnReader(r) if self.list.is_some() => {
                lists(r, present, self.list.unwrap_or_default(), wanted)
            }
            ColumnReader::ByteArrayColumnReader(r) => rows(r, present, wanted, |v| unit.cell(v)),
            ColumnReader::FixedLenByteArrayColumnReader(r) => {
                rows(r, present, wanted, |v| unit.cell(v.into()))
            }
            ColumnReader::Int32ColumnReader(r) => rows(r, present, wanted, |v| written(unit.write32(v))),
            ColumnReader::Int64ColumnReader(r) => rows(r, present, wanted, |v| written(unit.write64(v))),
            ColumnReader::DoubleColumnReader(r) => rows(r, present, wanted, |v| written(v.to_string())),
            ColumnReader::FloatColumnReader(r) => rows(r, present, wanted, |v| written(v.to_string())),
            ColumnReader::BoolColumnReader(r) => rows(r, present, wanted, |v| written(v.to_string())),
            // A time of twelve bytes, a day and its nanoseconds, which was deprecated in 2016 and is written to this day.
            ColumnReader::Int96ColumnReader(r) => {
                rows(r, present, wanted, |v| written(written_second(v.to_seconds())))
            }
        }
    }
}

/// Rows whose value is a list of strings: they are paragraphs, with an empty line between them. A list that is there has the
/// definition level `list`.
fn lists(
    reader: &mut ColumnReaderImpl<ByteArrayType>,
    present: i16,
    list: i16,
    wanted: usize,
) -> Result<Vec<Option<Cell>>> {
    let (mut defined, mut repeated, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let mut rows: Vec<Option<Vec<u8>>> = Vec::new();
    while rows.len() < wanted {
        defined.clear();
        repeated.clear();
        values.clear();
        let wanted = wanted - rows.len();
        let (records, ..) =
            reader.read_records(wanted, Some(&mut defined), Some(&mut repeated), &mut values)?;
        if records == 0 {
            break;
        }
        let mut values = values.drain(..);
        for (row, &level) in repeated.iter().enumerate() {
            if level == 0 {
                rows.push(None);
            }
            // Where no value can be missing there are no levels.
            let level = defined.get(row).copied().unwrap_or(present);
            let Some(text) = rows.last_mut() else { continue };
            let value = if level == present { values.next() } else { None };
            match (value, text) {
                (Some(value), Some(text)) if !text.is_empty() => {
                    text.extend_from_slice(PARAGRAPH.as_bytes());
                    text.extend_from_slice(value.data());
                }
                (Some(value), text) => *text = Some(value.data().to_vec()),
                (None, text) if level >= list => drop(text.get_or_insert_default()),
                (None, _) => {}
            }
        }
    }
    Ok(rows.into_iter().map(|row| Some(Cell::Bytes(ByteArray::from(row?)))).collect())
}

/// Rows of a column reader; a row whose value is absent has none.
fn rows<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    present: i16,
    wanted: usize,
    cell: impl Fn(T::T) -> Option<Cell>,
) -> Result<Vec<Option<Cell>>> {
    let (mut levels, mut values, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    while rows.len() < wanted {
        levels.clear();
        values.clear();
        let (records, ..) = reader.read_records(wanted - rows.len(), Some(&mut levels), None, &mut values)?;
        if records == 0 {
            break;
        }
        let mut values = values.drain(..);
        let level = |row: usize| if present == 0 { 0 } else { levels.get(row).copied().unwrap_or(-1) };
        rows.extend(
            (0..records).map(|row| if level(row) == present { values.next().and_then(&cell) } else { None }),
        );
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times() {
        assert_eq!(Unit::Days.write32(19_782), "2024-02-29");
        assert_eq!(Unit::Days.write32(-1), "1969-12-31");
        assert_eq!(Unit::Time(1000).write64(1_700_000_000_123), "2023-11-14T22:13:20Z");
        assert_eq!(Unit::Time(1_000_000_000).write64(-1), "1969-12-31T23:59:59Z");
        assert_eq!(Unit::Time(1000).write64(i64::MIN), "-292275055-05-16T16:47:04Z");
        assert_eq!(Unit::Decimal(2).write32(-1250), "-12.50");
        assert_eq!(Unit::Decimal(0).write64(i64::MIN), i64::MIN.to_string());
    }
}
