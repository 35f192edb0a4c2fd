//! A Parquet file without some of its rows: the same schema and metadata, row group for row group, and in every column the
//! values of the rows that stay, as they were.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type,
    Int96Type,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::FileReader;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};

use crate::columnar::{Columnar, guarded};
use crate::output::open_regular;

/// Rows of a column that are copied at once; few where a value may begin with all of the value before it.
const ROWS: usize = 4096;
const BUILDING_ROWS: usize = 8;

/// Bytes that a page may become: what a page can say.
const PAGE: u64 = i32::MAX as u64;

/// Rows of a row group, at most: each has a byte here. Writers make groups of a million, and of 67 million at most.
const ROWS_OF_GROUP: usize = 1 << 28;

/// Copies a file but for rows of these numbers, which are in order and counted over the whole file. Columns are compressed as
/// they were. Linear in the file; memory is that of one column of a row group, compressed.
///
/// # Errors
/// Those of reading and writing; [`io::ErrorKind::InvalidData`] for what the library does not read.
pub(super) fn copy_without(source: &Path, gone: &[u32], out: &mut (dyn Write + Send)) -> io::Result<()> {
    let file = open_regular(source)?;
    guarded(|| copy(file, gone, out)).map_err(|error| match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::new(io::ErrorKind::InvalidData, error),
        },
        error => io::Error::new(io::ErrorKind::InvalidData, error),
    })
}

fn copy(file: File, gone: &[u32], out: &mut (dyn Write + Send)) -> Result<()> {
    let file = Columnar::open(file)?;
    let reader = file.reader();
    let metadata = reader.metadata().file_metadata();
    let mut properties =
        WriterProperties::builder().set_key_value_metadata(metadata.key_value_metadata().cloned());
    for column in reader.metadata().row_groups().first().map(RowGroupMetaData::columns).unwrap_or_default() {
        properties =
            properties.set_column_compression(column.column_path().clone(), level_of(column.compression()));
    }
    let schema = metadata.schema_descr().root_schema_ptr();
    let mut writer = SerializedFileWriter::new(out, schema, Arc::new(properties.build()))?;
    let (mut first, mut gone) = (0u32, gone);
    for number in 0..reader.num_row_groups() {
        let group = reader.get_row_group(number)?;
        let rows = usize::try_from(group.metadata().num_rows()).map_err(|_| broken())?;
        if rows > ROWS_OF_GROUP {
            return Err(ParquetError::General(format!("{rows} rows in one row group")));
        }
        let mut stays = vec![true; rows];
        let (own, later) = gone.split_at(gone.partition_point(|&row| ((row - first) as usize) < rows));
        own.iter().for_each(|&row| stays[(row - first) as usize] = false);
        gone = later;
        first = first.saturating_add(rows as u32);
        let mut written = writer.next_row_group()?;
        for column in 0..group.num_columns() {
            let (column, shape) = file.column(number, column, PAGE)?;
            let at_once = if shape.builds_on_others { BUILDING_ROWS } else { ROWS };
            let mut to = written.next_column()?.ok_or_else(broken)?;
            match column {
                ColumnReader::BoolColumnReader(from) => {
                    copy_column::<BoolType>(from, &mut to, &stays, at_once)
                }
                ColumnReader::Int32ColumnReader(from) => {
                    copy_column::<Int32Type>(from, &mut to, &stays, at_once)
                }
                ColumnReader::Int64ColumnReader(from) => {
                    copy_column::<Int64Type>(from, &mut to, &stays, at_once)
                }
                ColumnReader::Int96ColumnReader(from) => {
                    copy_column::<Int96Type>(from, &mut to, &stays, at_once)
                }
                ColumnReader::FloatColumnReader(from) => {
                    copy_column::<FloatType>(from, &mut to, &stays, at_once)
                }
                ColumnReader::DoubleColumnReader(from) => {
                    copy_column::<DoubleType>(from, &mut to, &stays, at_once)
                }
                ColumnReader::ByteArrayColumnReader(from) => {
                    copy_column::<ByteArrayType>(from, &mut to, &stays, at_once)
                }
                ColumnReader::FixedLenByteArrayColumnReader(from) => {
                    copy_column::<FixedLenByteArrayType>(from, &mut to, &stays, at_once)
                }
            }?;
            to.close()?;
        }
        written.close()?;
    }
    writer.close().map(drop)
}

fn broken() -> ParquetError {
    ParquetError::General("not what its metadata says".to_owned())
}

/// As a file says it, which is without the level.
fn level_of(compression: parquet::basic::Compression) -> parquet::basic::Compression {
    use parquet::basic::{Compression, ZstdLevel};
    match compression {
        Compression::ZSTD(_) => Compression::ZSTD(ZstdLevel::default()),
        other => other,
    }
}

/// Copies the values of rows that stay.
fn copy_column<T: DataType>(
    mut from: ColumnReaderImpl<T>,
    to: &mut SerializedColumnWriter<'_>,
    stays: &[bool],
    at_once: usize,
) -> Result<()> {
    let to = to.typed::<T>();
    let most = to.get_descriptor().max_def_level();
    let repeats = to.get_descriptor().max_rep_level() > 0;
    let mut row = 0;
    while row < stays.len() {
        let (mut values, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
        let levels = (most > 0).then_some(&mut defined);
        let repeat_levels = repeats.then_some(&mut repeated);
        let (rows, ..) =
            from.read_records(at_once.min(stays.len() - row), levels, repeat_levels, &mut values)?;
        let of_these = stays.get(row..row + rows).filter(|rows| !rows.is_empty()).ok_or_else(broken)?;
        row += rows;
        let mut values = values.into_iter();
        let (mut kept, mut kept_defined, mut kept_repeated) = (Vec::new(), Vec::new(), Vec::new());
        let entries = if most > 0 || repeats { defined.len().max(repeated.len()) } else { rows };
        let mut before = 0;
        for entry in 0..entries {
            // A row begins where nothing is repeated.
            before += usize::from(repeated.get(entry).is_none_or(|&level| level == 0));
            let level = defined.get(entry).copied().unwrap_or(most);
            let value = if level == most { Some(values.next().ok_or_else(broken)?) } else { None };
            if *before.checked_sub(1).and_then(|row| of_these.get(row)).ok_or_else(broken)? {
                kept.extend(value);
                kept_defined.push(level);
                kept_repeated.extend(repeated.get(entry));
            }
        }
        to.write_batch(
            &kept,
            (most > 0).then_some(&kept_defined[..]),
            repeats.then_some(&kept_repeated[..]),
        )?;
    }
    Ok(())
}
