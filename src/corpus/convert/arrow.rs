//! Arrow: the rows of batches, whether a file, a stream or a program gives them.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch, downcast_dictionary_array, downcast_run_array};
use arrow_schema::{ArrowError, DataType, Fields, Schema, TimeUnit};

use super::columns::{Field, Given, NAMED, decimal, present, record, uuid, wanted};
use super::row::RowFields;
use super::{Sink, SourcePlace, Step, Stop};
use crate::calendar::{written_day, written_second};
use crate::corpus::record::{FieldNames, PARAGRAPH, Scratch};
use crate::error::{Error, ErrorKind, Reason};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// The name under which a column says that its sixteen bytes are a UUID.
const UUID: &str = "arrow.uuid";

/// The columns that matter, the text first.
pub(super) struct ArrowColumns(Vec<Column>);

struct Column {
    field: Field,
    /// The column of the batch, then which member of it, and so on.
    path: Vec<usize>,
    is_uuid: bool,
}

/// A field of a schema, or of a struct in it.
struct Found<'a> {
    path: Vec<usize>,
    field: &'a arrow_schema::Field,
}

impl ArrowColumns {
    /// Tells of the columns that are there.
    pub fn tell(&self, schema: &Schema, sink: &mut Sink<'_, '_>) {
        sink.seen.table(present(self.0.iter().map(|column| column.field)), there(schema));
    }

    /// Those of a schema.
    ///
    /// # Errors
    /// Where it has no text.
    pub fn of(schema: &Schema, names: &FieldNames) -> Result<ArrowColumns, Reason> {
        let mut columns = Vec::new();
        for (field, name) in wanted(names) {
            let found = find(schema.fields(), name);
            if field == Field::Text {
                let what = match found.as_ref().map(|found| found.field.data_type()) {
                    None => return Err(Reason::NoText(name.to_owned(), there(schema))),
                    Some(kind) if is_text(kind) || list_of(kind).is_some_and(is_text) => None,
                    Some(DataType::Struct(_)) => Some("a struct, with fields of its own"),
                    Some(kind) if list_of(kind).is_some() => Some("a list, and holds more than strings"),
                    Some(_) => Some("of another type"),
                };
                if let Some(what) = what {
                    return Err(Reason::TextIsNoString(name.to_owned(), what));
                }
            }
            if let Some(Found { path, field: column }) = found {
                let is_uuid = column.extension_type_name() == Some(UUID);
                columns.push(Column { field, path, is_uuid });
            }
        }
        Ok(ArrowColumns(columns))
    }

    /// The columns of a batch that they are in, each once and in order; they are then looked up among these.
    pub fn project(&mut self) -> Vec<usize> {
        let mut tops: Vec<usize> = self.0.iter().filter_map(|column| column.path.first().copied()).collect();
        tops.sort_unstable();
        tops.dedup();
        for top in self.0.iter_mut().filter_map(|column| column.path.first_mut()) {
            *top = tops.binary_search(top).unwrap_or_default();
        }
        tops
    }

    /// The rows of a batch to documents; the first of them is number `first` of the place.
    pub fn rows_of(
        &self,
        batch: &RecordBatch,
        first: u64,
        given: &mut Given,
        place: &SourcePlace,
        sink: &mut Sink<'_, '_>,
    ) -> Step {
        let mut scratch = Scratch::new(sink.resources.kernel);
        let most = usize::try_from(sink.rules.max_record).unwrap_or(usize::MAX);
        let arrays: Vec<_> = self.0.iter().map(|column| column.of(batch)).collect();
        for row in 0..batch.num_rows() {
            let number = record(first.saturating_add(row as u64));
            let (mut fields, mut text) = (RowFields::default(), None);
            let cells: Vec<_> = arrays.iter().map(|array| array.cell(row, most)).collect();
            let mut pieces = 1;
            for (column, cell) in self.0.iter().zip(&cells) {
                pieces += cell.pieces;
                let bytes = cell.bytes.as_deref();
                match column.field {
                    Field::Text => text = bytes,
                    Field::Id => fields.id = bytes,
                    Field::Title => fields.title = bytes,
                    Field::Url => fields.url = bytes,
                    Field::CanonicalUrl => fields.canonical_url = bytes,
                    Field::Date => fields.date = bytes,
                    Field::Source => fields.source = bytes,
                }
            }
            given
                .add(cells.iter().filter_map(|cell| cell.bytes.as_deref()).map(<[u8]>::len).sum(), pieces)?;
            let Some(text) = text else {
                let none = Reason::NoText(sink.rules.names.text.clone(), Vec::new());
                sink.lost(place, Some(number), none.to_string());
                continue;
            };
            RowFields { text, ..fields }.hand_on((number, None), place, &mut scratch, sink)?;
        }
        Ok(())
    }
}

/// The rows of all batches of a program, which are of no file; `path` is what problems name.
pub(super) fn rows_of_all(
    batches: impl IntoIterator<Item = Result<RecordBatch, ArrowError>>,
    path: &str,
    sink: &mut Sink<'_, '_>,
) -> Step {
    let place = SourcePlace::new(String::new(), path.to_owned(), None);
    // What a program holds already is no bomb.
    let mut given = Given { bytes: 0, of: u64::MAX };
    let mut first = 0u64;
    for batch in batches {
        sink.resources.cancel.check()?;
        let batch = batch.map_err(|e| Error::new(ErrorKind::Read).because(e.to_string()))?;
        let columns = ArrowColumns::of(batch.schema_ref(), &sink.rules.names)
            .map_err(|reason| Stop::Input(reason.to_string()))?;
        columns.tell(batch.schema_ref(), sink);
        columns.rows_of(&batch, first, &mut given, &place, sink)?;
        first = first.saturating_add(batch.num_rows() as u64);
    }
    Ok(())
}

/// The field that a name, or a path of names, leads to: what has the name as it stands goes first, then of names with points
/// the longest.
fn find<'a>(fields: &'a Fields, name: &str) -> Option<Found<'a>> {
    if let Some((at, field)) = fields.find(name) {
        return Some(Found { path: vec![at], field });
    }
    let below = |(at, field): (usize, &'a std::sync::Arc<arrow_schema::Field>)| match field.data_type() {
        DataType::Struct(inner) => {
            let rest = name.strip_prefix(field.name().as_str())?.strip_prefix('.')?;
            Some((at, inner, rest.len()))
        }
        _ => None,
    };
    let (at, inner, rest) = fields.iter().enumerate().filter_map(below).min_by_key(|(.., rest)| *rest)?;
    let mut found = find(inner, &name[name.len() - rest..])?;
    found.path.insert(0, at);
    Some(found)
}

/// The names of columns, with those one level down, as many as a message holds.
fn there(schema: &Schema) -> Vec<String> {
    let names = |field: &std::sync::Arc<arrow_schema::Field>| match field.data_type() {
        DataType::Struct(inner) => {
            inner.iter().map(|below| format!("{}.{}", field.name(), below.name())).collect()
        }
        _ => vec![field.name().clone()],
    };
    schema.fields().iter().flat_map(names).take(NAMED).collect()
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView => true,
        DataType::Dictionary(_, values) => is_text(values),
        DataType::RunEndEncoded(_, values) => is_text(values.data_type()),
        _ => false,
    }
}

/// What a list is of; none where it is none.
fn list_of(kind: &DataType) -> Option<&DataType> {
    match kind {
        DataType::List(of)
        | DataType::LargeList(of)
        | DataType::ListView(of)
        | DataType::LargeListView(of)
        | DataType::FixedSizeList(of, _) => Some(of.data_type()),
        _ => None,
    }
}

impl Column {
    fn of<'a>(&self, batch: &'a RecordBatch) -> Cells<'a> {
        let (mut within, mut array) = (Vec::new(), None);
        for &number in &self.path {
            array = match array {
                None => batch.columns().get(number),
                Some(outer) => {
                    within.push(outer);
                    outer.as_struct_opt().and_then(|members| members.columns().get(number))
                }
            };
        }
        Cells { within, array, is_uuid: self.is_uuid }
    }
}

/// One column of one batch.
struct Cells<'a> {
    /// The structs that it is in, the outermost first: where one is null, all within it is.
    within: Vec<&'a ArrayRef>,
    array: Option<&'a ArrayRef>,
    is_uuid: bool,
}

/// A value, and how many values of a list it was.
struct Cell<'a> {
    bytes: Option<Cow<'a, [u8]>>,
    pieces: usize,
}

impl<'a> Cells<'a> {
    /// The value of a row. One that is longer than `most` is no longer than it takes to see that.
    fn cell(&self, row: usize, most: usize) -> Cell<'a> {
        let is_null = self.within.iter().any(|outer| outer.is_null(row));
        let Some(array) = self.array.filter(|array| !is_null && !array.is_null(row)) else {
            return Cell { bytes: None, pieces: 0 };
        };
        let values = match array.data_type() {
            DataType::List(_) => array.as_list::<i32>().value(row),
            DataType::LargeList(_) => array.as_list::<i64>().value(row),
            DataType::ListView(_) => array.as_list_view::<i32>().value(row),
            DataType::LargeListView(_) => array.as_list_view::<i64>().value(row),
            DataType::FixedSizeList(..) => array.as_fixed_size_list().value(row),
            DataType::FixedSizeBinary(_) if self.is_uuid => {
                let bytes = array.as_fixed_size_binary().value(row);
                let written = uuid(bytes).map(|text| Cow::Owned(text.into_bytes()));
                return Cell { bytes: written.or(Some(Cow::Borrowed(bytes))), pieces: 0 };
            }
            _ => return Cell { bytes: value(array, row), pieces: 0 },
        };
        let (joined, pieces) = paragraphs(&values, most);
        Cell { bytes: Some(Cow::Owned(joined)), pieces }
    }
}

/// The strings of a list, which are paragraphs, with an empty line between them; and how many values were looked at.
fn paragraphs(values: &ArrayRef, most: usize) -> (Vec<u8>, usize) {
    let (mut joined, mut is_first) = (Vec::new(), true);
    for at in 0..values.len() {
        let Some(paragraph) = value(values, at) else { continue };
        if !std::mem::take(&mut is_first) {
            joined.extend_from_slice(PARAGRAPH.as_bytes());
        }
        joined.extend_from_slice(&paragraph);
        // Views may give one long value to any number of rows.
        if joined.len() > most {
            return (joined, at + 1);
        }
    }
    (joined, values.len())
}

/// A value as text; none where it is null, or of a type that is neither text nor a number nor a time.
fn value(array: &dyn Array, row: usize) -> Option<Cow<'_, [u8]>> {
    fn number<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> T::Native {
        array.as_primitive::<T>().value(row)
    }
    if array.is_null(row) {
        return None;
    }
    let written = match array.data_type() {
        DataType::Utf8 => return Some(array.as_string::<i32>().value(row).as_bytes().into()),
        DataType::LargeUtf8 => return Some(array.as_string::<i64>().value(row).as_bytes().into()),
        DataType::Utf8View => return Some(array.as_string_view().value(row).as_bytes().into()),
        DataType::Binary => return Some(array.as_binary::<i32>().value(row).into()),
        DataType::LargeBinary => return Some(array.as_binary::<i64>().value(row).into()),
        DataType::BinaryView => return Some(array.as_binary_view().value(row).into()),
        DataType::FixedSizeBinary(_) => return Some(array.as_fixed_size_binary().value(row).into()),
        DataType::Dictionary(..) => {
            return downcast_dictionary_array!(
                array => value(array.values().as_ref(), array.key(row)?),
                _ => None
            );
        }
        DataType::RunEndEncoded(..) => {
            return downcast_run_array!(
                array => value(array.values().as_ref(), array.get_physical_index(row)),
                _ => None
            );
        }
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Int8 => number::<Int8Type>(array, row).to_string(),
        DataType::Int16 => number::<Int16Type>(array, row).to_string(),
        DataType::Int32 => number::<Int32Type>(array, row).to_string(),
        DataType::Int64 => number::<Int64Type>(array, row).to_string(),
        DataType::UInt8 => number::<UInt8Type>(array, row).to_string(),
        DataType::UInt16 => number::<UInt16Type>(array, row).to_string(),
        DataType::UInt32 => number::<UInt32Type>(array, row).to_string(),
        DataType::UInt64 => number::<UInt64Type>(array, row).to_string(),
        DataType::Float16 => number::<Float16Type>(array, row).to_f32().to_string(),
        DataType::Float32 => number::<Float32Type>(array, row).to_string(),
        DataType::Float64 => number::<Float64Type>(array, row).to_string(),
        DataType::Decimal32(_, scale) => {
            decimal(&number::<Decimal32Type>(array, row).to_be_bytes(), i32::from(*scale))?
        }
        DataType::Decimal64(_, scale) => {
            decimal(&number::<Decimal64Type>(array, row).to_be_bytes(), i32::from(*scale))?
        }
        DataType::Decimal128(_, scale) => {
            decimal(&number::<Decimal128Type>(array, row).to_be_bytes(), i32::from(*scale))?
        }
        DataType::Decimal256(_, scale) => {
            decimal(&number::<Decimal256Type>(array, row).to_be_bytes(), i32::from(*scale))?
        }
        DataType::Date32 => written_day(i64::from(number::<Date32Type>(array, row))),
        DataType::Date64 => written_day(number::<Date64Type>(array, row).div_euclid(DAY)),
        DataType::Timestamp(unit, _) => written_second(match unit {
            TimeUnit::Second => number::<TimestampSecondType>(array, row),
            TimeUnit::Millisecond => number::<TimestampMillisecondType>(array, row).div_euclid(1_000),
            TimeUnit::Microsecond => number::<TimestampMicrosecondType>(array, row).div_euclid(1_000_000),
            TimeUnit::Nanosecond => number::<TimestampNanosecondType>(array, row).div_euclid(1_000_000_000),
        }),
        _ => return None,
    };
    Some(Cow::Owned(written.into_bytes()))
}
