//! The pages of a column: their headers before anything is decompressed, and their values before anything is decoded.

use std::io::Read;
use std::ops::Range;

use parquet::basic::{Compression, Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::schema::types::ColumnDescriptor;

use super::thrift::{Checked as Parsed, I32, STRUCT, TRUE, ThriftField, ThriftInput};
use super::{Chunks, wrong};

/// Bytes that any page may become. Above, it may grow so many times when decompressed, ...
const FREE: u64 = 16 << 20;
/// ... which no honest text reaches.
const RATIO: u64 = 1000;

/// Bytes that LZ4 in frames makes of one, at most. Its decoder has no bound, the format is out of use, and pages have about a
/// megabyte.
const LZ4_GROWS: u64 = 255;

/// Bytes of a page's header, at most: statistics in it hold two values of the page.
const HEADER: u64 = 16 << 20;

/// Values of a page in a delta encoding, at most: their lengths are decoded at once. Writers end a page after 20,000 rows or
/// a megabyte.
const DELTAS: u64 = 1 << 24;

/// What a column's pages look like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Whether a value may begin with all of the value before it, so that many together are larger than their page.
    pub builds_on_others: bool,
    /// Values that its pages promise, nulls among them.
    pub values: u64,
}

/// A page's header.
#[derive(Debug, Default)]
struct PageHeader {
    uncompressed: u64,
    compressed: u64,
    encoding: u32,
    values: u64,
    /// Bytes before what is compressed.
    levels: u64,
    plain: bool,
}

/// The fields of a page's header, and of those within it.
const UNCOMPRESSED: i16 = 2;
const COMPRESSED: i16 = 3;
const DATA: i16 = 5;
const DATA_2: i16 = 8;
const VALUES: i16 = 1;
const ENCODING: i16 = 2;
const ENCODING_2: i16 = 4;
const LEVELS_2: [i16; 2] = [5, 6];
const IS_COMPRESSED_2: i16 = 7;
/// The number of an encoding in which values build on one another.
const DELTA_BYTE_ARRAY: u32 = 7;

impl PageHeader {
    fn parse(input: &mut ThriftInput<'_>) -> Parsed<PageHeader> {
        let mut header = PageHeader::default();
        input.fields(0, |field, input| {
            match field {
                ThriftField { id: UNCOMPRESSED, kind: I32 } => {
                    header.uncompressed = u64::from(input.count()?)
                }
                ThriftField { id: COMPRESSED, kind: I32 } => header.compressed = u64::from(input.count()?),
                ThriftField { id: DATA, kind: STRUCT } => input.fields(1, |field, input| {
                    match field {
                        ThriftField { id: ENCODING, kind: I32 } => header.encoding = input.count()?,
                        ThriftField { id: VALUES, kind: I32 } => header.values = u64::from(input.count()?),
                        _ => return Ok(false),
                    }
                    Ok(true)
                })?,
                ThriftField { id: DATA_2, kind: STRUCT } => input.fields(1, |field, input| {
                    match field {
                        ThriftField { id: ENCODING_2, kind: I32 } => header.encoding = input.count()?,
                        ThriftField { id: VALUES, kind: I32 } => header.values = u64::from(input.count()?),
                        ThriftField { id, kind: I32 } if LEVELS_2.contains(&id) => {
                            header.levels += u64::from(input.count()?);
                        }
                        ThriftField { id: IS_COMPRESSED_2, kind } => header.plain = kind != TRUE,
                        _ => return Ok(false),
                    }
                    Ok(true)
                })?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(header)
    }
}

/// Goes through the headers of a column's pages, which stand in this range of the file. A page may become as large as `most`
/// bytes.
pub(super) fn check(
    chunks: &Chunks,
    chunk: &ColumnChunkMetaData,
    range: Range<u64>,
    most: u64,
) -> Result<Shape> {
    let (mut at, mut shape) = (range.start, Shape::default());
    while at < range.end {
        let (header, length) = header(chunks, at..range.end)?;
        let body = at + length;
        at = body.saturating_add(header.compressed);
        if at > range.end {
            return Err(wrong(format!("a page at byte {body} goes on behind its column")));
        }
        let large = header.uncompressed > FREE
            && (header.uncompressed / header.compressed.max(1) > RATIO || header.uncompressed > most);
        if large {
            let (bytes, of) = (header.uncompressed, header.compressed);
            return Err(wrong(format!("a page of {of} bytes says that it becomes {bytes}")));
        }
        comes_out(chunks, chunk.compression(), &header, body)?;
        shape.values = shape.values.saturating_add(header.values);
        shape.builds_on_others |= header.encoding == DELTA_BYTE_ARRAY;
    }
    Ok(shape)
}

/// The header at the beginning of a range, and its length.
fn header(chunks: &Chunks, range: Range<u64>) -> Result<(PageHeader, u64)> {
    let most = HEADER.min(range.end - range.start);
    let mut wanted = most.min(1 << 10);
    loop {
        let bytes = chunks.at(range.start, wanted)?;
        let mut input = ThriftInput::new(&bytes);
        match PageHeader::parse(&mut input) {
            Ok(header) => return Ok((header, input.at() as u64)),
            Err(what) if wanted == most => return Err(wrong(what)),
            Err(_) => wanted = most.min(wanted * 16),
        }
    }
}

/// Whether no more comes out of a page than its header says, where the library would find out too late.
fn comes_out(chunks: &Chunks, codec: Compression, header: &PageHeader, body: u64) -> Result<()> {
    let grows = match codec {
        Compression::LZ4 if header.compressed * LZ4_GROWS > 8 * FREE.max(header.uncompressed) => {
            return Err(wrong(format!("a page of {} bytes in LZ4, which is too large", header.compressed)));
        }
        Compression::GZIP(_) => header.compressed * RATIO > FREE,
        Compression::BROTLI(_) => true,
        _ => false,
    };
    if !grows || header.plain {
        return Ok(());
    }
    let bytes = chunks.at(body, header.compressed)?;
    let bytes = bytes.get(header.levels as usize..).unwrap_or_default();
    let limit = (header.uncompressed + 1).saturating_sub(header.levels);
    let from: &mut dyn Read = match codec {
        Compression::GZIP(_) => &mut flate2::read::MultiGzDecoder::new(bytes),
        _ => &mut brotli_decompressor::Decompressor::new(bytes, 4096),
    };
    // What is damaged is said by whoever decompresses it to use it.
    let given = std::io::copy(&mut from.take(limit), &mut std::io::sink()).unwrap_or_default();
    if given == limit {
        Err(wrong(format!("more comes out of a page than the {} bytes it says", header.uncompressed)))
    } else {
        Ok(())
    }
}

/// Pages whose values can be in their bytes.
pub(super) struct Checked {
    pages: Box<dyn PageReader>,
    /// Bytes of a value in a dictionary, at least.
    width: usize,
    repeats: bool,
    defines: bool,
}

impl Checked {
    pub fn new(pages: Box<dyn PageReader>, column: &ColumnDescriptor) -> Checked {
        let width = match column.physical_type() {
            Type::BOOLEAN => 1,
            Type::INT32 | Type::FLOAT | Type::BYTE_ARRAY => 4,
            Type::INT64 | Type::DOUBLE => 8,
            Type::INT96 => 12,
            Type::FIXED_LEN_BYTE_ARRAY => usize::try_from(column.type_length()).unwrap_or_default().max(1),
        };
        let (repeats, defines) = (column.max_rep_level() > 0, column.max_def_level() > 0);
        Checked { pages, width, repeats, defines }
    }

    fn check(&self, page: &Page) -> Result<()> {
        let values = u64::from(page.num_values());
        let (skipped, encoding) = match page {
            Page::DictionaryPage { buf, .. } => {
                return if values <= (buf.len() / self.width) as u64 {
                    Ok(())
                } else {
                    Err(wrong(format!("{values} values in a dictionary of {} bytes", buf.len())))
                };
            }
            Page::DataPage { buf, encoding, .. } => (self.levels(buf), *encoding),
            Page::DataPageV2 { encoding, def_levels_byte_len, rep_levels_byte_len, .. } => {
                (Some(*def_levels_byte_len as usize + *rep_levels_byte_len as usize), *encoding)
            }
        };
        let streams = match encoding {
            Encoding::DELTA_BINARY_PACKED | Encoding::DELTA_LENGTH_BYTE_ARRAY => 1,
            Encoding::DELTA_BYTE_ARRAY => 2,
            _ => return Ok(()),
        };
        let bytes = skipped.and_then(|skipped| page.buffer().get(skipped..)).unwrap_or_default();
        let mut input = ThriftInput::new(bytes);
        for _ in 0..streams {
            let most = values.min(DELTAS);
            // Of no values there need be no bytes.
            if bytes.is_empty() || deltas(&mut input, most).map_err(wrong)? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Bytes of a page's levels, which stand before its values, each with its length in four bytes.
    fn levels(&self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0usize;
        for _ in 0..usize::from(self.repeats) + usize::from(self.defines) {
            let (length, _) = bytes.get(at..)?.split_first_chunk()?;
            at = at.checked_add(4)?.checked_add(u32::from_le_bytes(*length) as usize)?;
        }
        Some(at)
    }
}

/// Passes a stream of deltas; how many values it has, which are `most` or fewer.
fn deltas(input: &mut ThriftInput<'_>, most: u64) -> Parsed<u64> {
    const MANY: &str = "a page has more values than it says";
    const BLOCK: &str = "a page of deltas whose blocks are none";
    let (block, minis, count) = (input.varint()?, input.varint()?, input.varint()?);
    input.zigzag()?;
    if count > most {
        return Err(MANY);
    }
    let per_mini = block.checked_div(minis).filter(|per| *per > 0 && per * minis == block).ok_or(BLOCK)?;
    let mut left = count.saturating_sub(1);
    while left > 0 {
        input.zigzag()?;
        let mut widths = ThriftInput::clone(input);
        input.pass(usize::try_from(minis).map_err(|_| BLOCK)?)?;
        for _ in 0..minis {
            let width = u64::from(widths.take()?);
            if left == 0 {
                break;
            }
            let bits = per_mini.checked_mul(width).ok_or(BLOCK)?;
            input.pass(usize::try_from(bits.div_ceil(8)).map_err(|_| BLOCK)?)?;
            left = left.saturating_sub(per_mini);
        }
    }
    Ok(count)
}

impl Iterator for Checked {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Result<Page>> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Checked {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        page.iter().try_for_each(|page| self.check(page))?;
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}
