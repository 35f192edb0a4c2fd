//! Arrow's own format, a file (Feather 2) or a stream, message by message.
//!
//! Both are the same messages: a table of contents, whose sizes the library takes as they are said, and a body of
//! buffers. So the table is verified and its sizes are held against the body before the library is let near: where buffers
//! stand, and how large they become. A body stays where it is small; a large one is spilled, so that memory holds
//! no more than what is decompressed of one. In a file a directory at the end says where the messages stand; one that was cut
//! off has none, and is read as the stream that it was.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{read_dictionary, read_record_batch};
use arrow_ipc::{
    Block, Endianness, Message, MessageHeader, MetadataVersion, root_as_footer, root_as_message,
};
use arrow_schema::{ArrowError, Schema, SchemaRef};

use super::arrow::ArrowColumns;
use super::columns::{Given, record};
use super::{Sink, SourcePlace, Step, Stop};
use crate::corpus::inflate::{MAX_RATIO, RATIO_FROM};
use crate::corpus::store::InputBytes;
use crate::guard::{DAMAGED, guarded};

/// What a file begins and ends with.
const MAGIC: &[u8] = b"ARROW1";
/// Bytes before the first message of a file, and behind its directory: that one's length, and the mark.
const BEFORE: u64 = 8;
const BEHIND: u64 = 10;
/// Bytes of zeros before a file's first message, at most, where no directory says where that stands.
const PADDED: usize = 512;
/// What the format before it begins with.
const FEATHER_1: &[u8] = b"FEA1";
/// What a message begins with, but for those of writers of before 2019.
const CONTINUED: [u8; 4] = [0xFF; 4];

/// Bytes of a message's table of contents, at most: that of a million buffers.
const CONTENTS: u64 = 64 << 20;

/// Bytes of a body that is held in memory; a larger one is spilled.
const HELD: u64 = 64 << 20;

type Checked<T> = Result<T, String>;

/// Reads a file or a stream as it comes.
pub(super) fn read(from: &mut dyn Read, place: &SourcePlace, sink: &mut Sink<'_, '_>) -> Step {
    let mut head = Vec::new();
    (&mut *from).take(MAGIC.len() as u64).read_to_end(&mut head)?;
    let is_file = head == MAGIC;
    let mut whole = io::Cursor::new(head).chain(from);
    if is_file {
        let file = sink.spilled(&mut whole)?;
        return blocks(&file, place, sink);
    }
    stream(&mut whole, place, sink)
}

/// Reads a file or a stream in a file.
pub(super) fn read_file(file: File, place: &SourcePlace, sink: &mut Sink<'_, '_>) -> Step {
    let mut head = [0; MAGIC.len()];
    if file.read_exact_at(&mut head, 0).is_ok() && head == MAGIC {
        return blocks(&file, place, sink);
    }
    stream(&mut io::BufReader::new(file), place, sink)
}

/// A file, by its directory.
fn blocks(file: &File, place: &SourcePlace, sink: &mut Sink<'_, '_>) -> Step {
    let length = file.metadata()?.len();
    let Some(footer) = footer(file, length)? else {
        stream(&mut At { file, at: first_message(file)? }, place, sink)?;
        sink.passed(place, "it has no directory at its end: what stands before the cut was read".to_owned());
        return Ok(());
    };
    let broken = |what: String| Stop::Input(format!("not an Arrow file: {what}"));
    let footer = root_as_footer(&footer).map_err(|e| broken(format!("its directory: {e}")))?;
    let schema = footer.schema().ok_or_else(|| broken("it has no schema".to_owned()))?;
    let mut batches = Batches::begin(schema, footer.version(), place, sink).map_err(Stop::Input)?;
    batches.given.of = length;
    let mut passed = 0u64;
    // A batch may need a dictionary that stands behind it.
    for block in [footer.dictionaries(), footer.recordBatches()].into_iter().flatten().flatten() {
        let at = u64::try_from(Block::offset(block)).unwrap_or(u64::MAX);
        let mut from = At { file, at };
        let message = message(&mut from).and_then(|message| message.ok_or_else(|| nothing(at)));
        let message = message.map_err(|stop| of(stop, "not an Arrow file"))?;
        passed = passed.saturating_add(message.len());
        if passed > length {
            return Err(broken("its directory names more than there is in it".to_owned()));
        }
        batches.message(&message, &mut from, sink)?;
    }
    Ok(())
}

/// Where the first message of a file stands: writers leave zeros before it, each as many as it likes.
fn first_message(file: &File) -> io::Result<u64> {
    let mut head = vec![0; PADDED];
    let read = file.read_at(&mut head, BEFORE)?;
    let zeros = head[..read].iter().take_while(|&&byte| byte == 0).count();
    Ok(BEFORE + (zeros as u64 & !7))
}

fn nothing(at: u64) -> Stop {
    Stop::Input(format!("no message at byte {at}"))
}

/// The bytes of a file's directory; none where it has none.
fn footer(file: &File, length: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(end) = length.checked_sub(BEHIND).filter(|&end| end >= BEFORE) else { return Ok(None) };
    let mut behind = [0; BEHIND as usize];
    file.read_exact_at(&mut behind, end)?;
    let (bytes, mark) = behind.split_at(4);
    let bytes = bytes.try_into().map_or(0, i32::from_le_bytes);
    let start = u64::try_from(bytes).ok().and_then(|bytes| end.checked_sub(bytes));
    let Some(start) = start.filter(|&start| mark == MAGIC && start >= BEFORE && end - start <= CONTENTS)
    else {
        return Ok(None);
    };
    let mut footer = vec![0; (end - start) as usize];
    file.read_exact_at(&mut footer, start)?;
    Ok(Some(footer))
}

/// A stream, to its end.
fn stream(from: &mut dyn Read, place: &SourcePlace, sink: &mut Sink<'_, '_>) -> Step {
    let broken = |what: String| Stop::Input(format!("not an Arrow stream: {what}"));
    let first = message(from).map_err(|stop| of(stop, "not an Arrow stream"))?;
    let Some(first) = first else { return Err(broken("it is empty".to_owned())) };
    let contents = first.contents().map_err(broken)?;
    let schema = contents.header_as_schema().ok_or_else(|| broken("it begins with no schema".to_owned()))?;
    let mut batches = Batches::begin(schema, contents.version(), place, sink).map_err(Stop::Input)?;
    batches.given.of = first.len();
    first.body(from, sink)?;
    while let Some(message) = message(from)? {
        batches.given.of = batches.given.of.saturating_add(message.len());
        batches.message(&message, from, sink)?;
    }
    Ok(())
}

/// The same end of a file, said of what it is.
fn of(stop: Stop, what: &str) -> Stop {
    match stop {
        Stop::Input(reason) => Stop::Input(format!("{what}: {reason}")),
        run => run,
    }
}

/// The bytes of a file from one on.
struct At<'a> {
    file: &'a File,
    at: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at = self.at.saturating_add(read as u64);
        Ok(read)
    }
}

/// A message without its body.
struct MessageHead {
    contents: Vec<u8>,
    /// Bytes of the body.
    body: u64,
}

/// The next message, up to its body; none at the end of the stream.
fn message(from: &mut dyn Read) -> Result<Option<MessageHead>, Stop> {
    let Some(mut length) = four(from)? else { return Ok(None) };
    if length.to_le_bytes() == CONTINUED {
        length = four(from)?.ok_or_else(cut_off)?;
    } else if length.to_le_bytes() == FEATHER_1 {
        return Err(Stop::Input("Feather 1, which is not read: write it as Feather 2".to_owned()));
    }
    if length == 0 {
        return Ok(None);
    }
    let length = u64::from(length);
    if length > CONTENTS {
        let what = format!("a message whose contents take {length} bytes, and {CONTENTS} are read");
        return Err(Stop::Input(what));
    }
    let mut contents = Vec::new();
    from.take(length).read_to_end(&mut contents)?;
    if (contents.len() as u64) < length {
        return Err(cut_off());
    }
    let body = contents_of(&contents).map_err(Stop::Input)?.bodyLength();
    let body = u64::try_from(body).map_err(|_| Stop::Input(format!("a message of {body} bytes")))?;
    Ok(Some(MessageHead { contents, body }))
}

fn contents_of(bytes: &[u8]) -> Checked<Message<'_>> {
    root_as_message(bytes).map_err(|e| format!("the contents of a message: {e}"))
}

fn cut_off() -> Stop {
    Stop::Input("it is cut off within a message".to_owned())
}

/// A number of four bytes; none at the end.
fn four(from: &mut dyn Read) -> Result<Option<u32>, Stop> {
    let mut bytes = Vec::new();
    from.take(4).read_to_end(&mut bytes)?;
    match <[u8; 4]>::try_from(&bytes[..]) {
        Ok(bytes) => Ok(Some(u32::from_le_bytes(bytes))),
        Err(_) if bytes.is_empty() => Ok(None),
        Err(_) => Err(cut_off()),
    }
}

impl MessageHead {
    fn contents(&self) -> Checked<Message<'_>> {
        contents_of(&self.contents)
    }

    /// Bytes of the message.
    fn len(&self) -> u64 {
        self.body.saturating_add(self.contents.len() as u64)
    }

    /// Reads the body, which comes next.
    fn body(&self, from: &mut dyn Read, sink: &Sink<'_, '_>) -> Result<Buffer, Stop> {
        let mut from = from.take(self.body);
        let buffer = if self.body <= HELD {
            let mut held = Vec::new();
            from.read_to_end(&mut held)?;
            Buffer::from_vec(held)
        } else {
            let (spilled, damage) = InputBytes::of_stream(from, sink.resources.work_dir.as_deref())?;
            if let Some(damage) = damage {
                return Err(damage.into());
            }
            bytes::Bytes::from_owner(Body(spilled)).into()
        };
        if (buffer.len() as u64) < self.body { Err(cut_off()) } else { Ok(buffer) }
    }
}

/// A body that was spilled.
struct Body(InputBytes);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        self.0.in_memory().unwrap_or_default()
    }
}

/// What batches are read by.
struct Batches<'a> {
    schema: SchemaRef,
    columns: ArrowColumns,
    /// The columns of a batch that are decoded.
    projection: Vec<usize>,
    dictionaries: HashMap<i64, ArrayRef>,
    given: Given,
    /// Rows and batches before the next one.
    first: u64,
    number: u64,
    place: &'a SourcePlace,
}

impl<'a> Batches<'a> {
    fn begin(
        schema: arrow_ipc::Schema<'_>,
        version: MetadataVersion,
        place: &'a SourcePlace,
        sink: &mut Sink<'_, '_>,
    ) -> Checked<Batches<'a>> {
        if version < MetadataVersion::V4 {
            return Err("Arrow of before 2017, which is not read".to_owned());
        }
        if schema.endianness() != Endianness::Little {
            return Err("Arrow of a big-endian machine, which is not read".to_owned());
        }
        let schema: Schema = decoded(|| try_fb_to_schema(schema))?;
        let mut columns =
            ArrowColumns::of(&schema, &sink.rules.names).map_err(|reason| reason.to_string())?;
        columns.tell(&schema, sink);
        Ok(Batches {
            schema: Arc::new(schema),
            projection: columns.project(),
            columns,
            dictionaries: HashMap::new(),
            given: Given::default(),
            first: 0,
            number: 0,
            place,
        })
    }

    /// Reads the rest of a message, and what it holds.
    fn message(&mut self, message: &MessageHead, from: &mut dyn Read, sink: &mut Sink<'_, '_>) -> Step {
        sink.resources.cancel.check()?;
        let contents = message.contents().map_err(Stop::Input)?;
        let body = message.body(from, sink)?;
        match contents.header_type() {
            MessageHeader::DictionaryBatch => self.dictionary(contents, &body),
            MessageHeader::RecordBatch => {
                let number = self.number;
                self.number += 1;
                let (place, first) = (self.place, self.first);
                match self.batch(contents, &body, sink) {
                    // What comes behind it may be whole, unless it is a bomb.
                    Err(Stop::Input(reason)) if !self.given.is_too_much() => {
                        sink.lost(place, Some(record(first)), format!("batch {number}: {reason}"));
                        Ok(())
                    }
                    done => done,
                }
            }
            MessageHeader::Schema => Err(Stop::Input("a second schema".to_owned())),
            other => Err(Stop::Input(format!("a message that is no batch: {other:?}"))),
        }
    }

    fn dictionary(&mut self, contents: Message<'_>, body: &Buffer) -> Step {
        let damaged = |reason: String| Stop::Input(format!("a dictionary: {reason}"));
        let none = || damaged("it is empty".to_owned());
        let dictionary = contents.header_as_dictionary_batch().ok_or_else(none)?;
        check_sizes(dictionary.data().ok_or_else(none)?, body).map_err(damaged)?;
        let (id, is_delta) = (dictionary.id(), dictionary.isDelta());
        let Batches { schema, dictionaries, .. } = self;
        decoded(|| read_dictionary(body, dictionary, schema, dictionaries, &contents.version()))
            .map_err(damaged)?;
        // One that grows is copied whole each time.
        let copied = self.dictionaries.get(&id).filter(|_| is_delta);
        self.given.add(copied.map_or(0, |values| values.get_buffer_memory_size()), 1)
    }

    fn batch(&mut self, contents: Message<'_>, body: &Buffer, sink: &mut Sink<'_, '_>) -> Step {
        let batch = contents.header_as_record_batch().ok_or_else(|| Stop::Input("it is empty".to_owned()))?;
        let first = self.first;
        let rows = u64::try_from(batch.length()).map_err(|_| Stop::Input("less than no rows".to_owned()))?;
        self.first = first.saturating_add(rows);
        check_sizes(batch, body).map_err(Stop::Input)?;
        let (schema, projection, dictionaries) =
            (self.schema.clone(), Some(&self.projection[..]), &self.dictionaries);
        let version = contents.version();
        let read = || read_record_batch(body, batch, schema, dictionaries, projection, &version);
        let batch: RecordBatch = decoded(read).map_err(Stop::Input)?;
        self.columns.rows_of(&batch, first, &mut self.given, self.place, sink)
    }
}

/// What the library makes of bytes that may be anything.
fn decoded<T>(read: impl FnOnce() -> Result<T, ArrowError>) -> Checked<T> {
    guarded(read)
        .unwrap_or_else(|| Err(ArrowError::ParseError(DAMAGED.to_owned())))
        .map_err(|e| e.to_string())
}

/// Holds what a batch says of its buffers against its body: where they stand, and how large they become. The library cuts them
/// out, copies them where they are not aligned, and makes room for what they say that they hold.
fn check_sizes(batch: arrow_ipc::RecordBatch<'_>, body: &Buffer) -> Checked<()> {
    let (mut taken, mut larger) = (0u64, 0u64);
    for buffer in batch.buffers().into_iter().flatten() {
        let range = usize::try_from(buffer.offset()).ok().zip(usize::try_from(buffer.length()).ok());
        let range = range.and_then(|(start, length)| Some(start..start.checked_add(length)?));
        let Some(bytes) = range.and_then(|range| body.get(range)) else {
            return Err(format!("a buffer of {} bytes at {} is not in it", buffer.length(), buffer.offset()));
        };
        taken += bytes.len() as u64;
        if batch.compression().is_some()
            && let Some((said, _)) = bytes.split_first_chunk()
        {
            // What is less than nothing says that the buffer is not compressed.
            larger = larger.saturating_add(u64::try_from(i64::from_le_bytes(*said)).unwrap_or_default());
        }
    }
    let there = body.len() as u64;
    if taken > there {
        return Err(format!("its buffers have {taken} bytes, and {there} are there"));
    }
    if larger > RATIO_FROM && larger / there.max(1) > MAX_RATIO {
        return Err(format!("{larger} bytes out of {there}: a decompression bomb"));
    }
    // What cannot be had is said before the library asks for it, which would end the process.
    let room = usize::try_from(larger).ok().map(|bytes| Vec::<u8>::new().try_reserve_exact(bytes));
    match room {
        Some(Ok(())) => Ok(()),
        _ => Err(format!("it takes {larger} bytes of memory, which are not to be had")),
    }
}
