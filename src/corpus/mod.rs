//! Bytes in: where documents come from, and how they are read any number of times.
//!
//! A [`Corpus`] is a list of inputs, each the bytes of one file (copied out when they are wanted, or decompressed into an
//! unlinked file) and the [`Reader`] that cuts records out of them and finds a record's fields. Tables, crawls,
//! archives and pages cannot be read where they stand: `convert` makes them into one more input, the spool. Nothing
//! after this module knows where a document came from. It is read in [`InputPiece`]s of about a megabyte, in parallel and
//! in any order; what a piece gives does not depend on either.

#[cfg(feature = "cli")]
pub(crate) mod arriving;
mod asked;
mod convert;
mod inflate;
mod jsonl;
mod lines;
mod memory;
mod open;
mod outline;
mod plain;
mod preprocess;
mod record;
mod site;
mod spool;
mod store;
mod walk;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

pub use crate::calendar::{DateFormat, When};
pub(crate) use asked::FieldsSeen;
#[cfg(feature = "cli")]
pub(crate) use asked::are_asked;
use convert::FileKindOf;
#[cfg(feature = "cli")]
pub(crate) use convert::object_lines::{ObjectLines, in_one_line};
#[cfg(feature = "cli")]
pub(crate) use convert::objects::begin_objects;
pub(crate) use convert::objects::{copy_kept, kept as kept_objects};
pub(crate) use convert::replaced;
pub(crate) use convert::stretches::{Container, Part};
pub(crate) use inflate::{Compression, decompressed};
pub use jsonl::JsonLines;
use lines::{Stretch, stretch};
pub use memory::Document;
use open::kind;
pub use plain::PlainText;
pub use preprocess::Preprocessor;
pub use record::{Decoded, FieldNames, Fields, Scratch, Value};
pub use site::SitePattern;
use spool::Spooled;
use store::{InputBytes, Stamp};
pub use walk::WalkOptions;

use rayon::prelude::*;
use xxhash_rust::xxh3::Xxh3;

use crate::calendar::dated;
use crate::document::{Meta, site_of};
use crate::error::{Error, ErrorKind, Reason, Result};
use crate::html::{HtmlMode, PageHead, VisiblePage};
use crate::mmap::Access;
use crate::options::{Cancel, memory_of_machine};

/// Cuts records out of an input's bytes, and fields out of a record. The one thing that a new format brings.
pub trait Reader: Debug + Send + Sync {
    /// Whether the input may be cut into pieces between records.
    fn splits(&self) -> bool;

    /// Where the first record begins whose start is not before `at`.
    fn align(&self, bytes: &[u8], at: usize) -> usize;

    /// The first record from `at` on, where a record may begin, and how many blank lines stood before it;
    /// `None` at the end. The next search goes on behind the record's end.
    fn next(&self, bytes: &[u8], at: usize) -> Option<(Range<usize>, usize)>;

    /// The fields of one record.
    ///
    /// # Errors
    /// The reason why the record is no document.
    fn fields<'a>(&self, record: &'a [u8]) -> Result<Fields<'a>, Reason>;

    /// The record with another text, all else as it is; none for formats that are not written where they stand.
    fn with_text(&self, _record: &[u8], _text: &str) -> Option<Vec<u8>> {
        None
    }

    /// The record without these ranges of its text, in order and apart: every other byte as it is. None where that cannot be
    /// done byte for byte.
    fn without(&self, _record: &[u8], _ranges: &[Range<usize>]) -> Option<Vec<u8>> {
        None
    }

    /// What a page says of itself beside its text, for formats that know.
    fn page_head(&self, record: &[u8]) -> Option<PageHead> {
        self.page(record).map(|page| page.head)
    }

    /// All that is visible of a page, for formats that know.
    fn page(&self, _record: &[u8]) -> Option<VisiblePage> {
        None
    }
}

/// How paths become documents.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CorpusOptions {
    /// Names of the fields of a record.
    pub fields: FieldNames,
    /// What a walk enters and takes.
    pub walk: WalkOptions,
    /// How records are told on standard input and in files of unknown extension.
    pub format: Format,
    /// Larger records are unreadable; 64 MiB if `None`, and never 4 GiB or more. Reading one takes up to 27 times its bytes of
    /// memory; of large ones one is read at a time.
    pub max_record: Option<u64>,
    /// Which of an HTML page's text is wanted.
    pub html: HtmlMode,
    /// Whether nothing is kept of an HTML page but that text. Else all that is visible of it is kept too, for what stands more
    /// than once within it.
    pub text_only: bool,
    /// Whether nobody asks when pages were published of which all text is wanted: then their article is not looked for.
    pub undated: bool,
    /// What separates the fields of tables; what their header says if `None`.
    pub delimiter: Option<u8>,
    /// Where in a file's path its site is named, if neither the record nor its address tells it; elsewhere its directory does.
    pub site_from: Option<SitePattern>,
    /// How dates are written that could be read in two ways, tried in this order before what any date can be read by.
    pub date_formats: Vec<DateFormat>,
    /// Files and directories of a second set: the others are compared with these, and neither with one another.
    pub against: Vec<PathBuf>,
    /// What reads files that nothing here reads.
    pub command: Option<Preprocessor>,
    /// Whether JSON records of arrays and archives are kept as they stand, for whoever writes them on: see [`Fields::json`]. It
    /// takes their bytes once more of memory, or of the temporary file.
    pub keep_records: bool,
    /// Readers of formats of one's own, each with the extension of its files; see [`CorpusOptions::reader`].
    pub readers: Vec<(String, Arc<dyn Reader>)>,
}

impl CorpusOptions {
    /// The same, and files of this extension (`ext`, without a point) are read by this reader, before any other.
    pub fn reader(mut self, extension: impl Into<String>, reader: impl Reader + 'static) -> CorpusOptions {
        self.readers.push((extension.into(), Arc::new(reader)));
        self
    }

    /// Whether a command reads the file of this path.
    pub fn is_converted(&self, path: &Path) -> bool {
        self.command.as_ref().is_some_and(|command| command.takes(path))
    }
}

/// How an input is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// By extension; else by the first bytes: WARC, Parquet, Arrow, tar, zip, mail, XML and HTML have their marks, JSON begins with
    /// `{`, or with `[` and goes on as JSON; else plain text. How JSON is laid out, its first bytes say.
    #[default]
    Auto,
    /// JSON lines: one object a line.
    Jsonl,
    /// JSON objects in an array, or one after another, over any number of lines.
    Json,
    /// Plain text.
    Text,
    /// An HTML page.
    Html,
    /// Comma-separated values whose first row names the columns.
    Csv,
    /// The same, separated by tabs.
    Tsv,
    /// Parquet.
    Parquet,
    /// Arrow's own format (Feather 2): a file, or a stream.
    Arrow,
    /// A crawl in WARC or WET.
    Warc,
    /// A tar archive of files of these formats.
    Tar,
    /// A zip archive of them.
    Zip,
    /// XML, by its root: an RSS or Atom feed, or what OCR writes: ALTO, PAGE or hOCR.
    Xml,
    /// A message, or an mbox of them.
    Mail,
}

impl Format {
    /// Whether it is read where it stands, by a reader of its own.
    fn is_direct(self) -> bool {
        matches!(self, Format::Jsonl | Format::Text)
    }
}

/// Documents to be read, in an order that does not depend on that of the arguments.
///
/// A clone is another handle on the same documents.
#[derive(Debug, Clone)]
pub struct Corpus {
    opened: Arc<Opened>,
}

/// What was opened.
#[derive(Debug)]
struct Opened {
    inputs: Vec<Input>,
    readers: Vec<Arc<dyn Reader>>,
    fields: FieldNames,
    max_record: u64,
    site_from: Option<SitePattern>,
    date_formats: Vec<DateFormat>,
    skipped: BTreeMap<String, u64>,
    ignored: u64,
    problems: Vec<Problem>,
    against: Vec<PathBuf>,
    files: Vec<PathBuf>,
    /// Files that broke off, each with the bytes that it gave.
    cuts: BTreeMap<PathBuf, u64>,
    /// Files that were converted and may be written again without some of their documents, as they were.
    stamps: BTreeMap<PathBuf, Stamp>,
    /// Files that were converted: their paths below what was named, and what they hold.
    converted: BTreeMap<PathBuf, (String, FileKindOf)>,
    /// What separates the fields of tables, where somebody says it.
    delimiter: Option<u8>,
    /// The fields of records, where somebody named one.
    seen: FieldsSeen,
    /// Whether it is larger than memory, once somebody asked.
    is_large: OnceLock<bool>,
}

/// One part in so many of the machine's memory holds a corpus that is read again and again, about: the rest is the run's own.
const HELD: u64 = 2;

/// What one input is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct InputSum {
    pub name: String,
    pub bytes: u64,
    pub hash: u64,
}

/// Bytes of an input that are hashed at a time.
const SUMMED: usize = 1 << 20;

#[derive(Debug)]
struct Input {
    /// What ids are made of: the path relative to the root.
    name: String,
    /// What problems name.
    path: PathBuf,
    store: InputBytes,
    reader: usize,
    /// What stands in for a site where a record names none.
    directory: String,
    /// Where the input may be cut into pieces; anywhere if empty.
    cuts: Vec<u64>,
}

impl Input {
    /// Records of a spool.
    fn spooled(store: InputBytes, cuts: Vec<u64>) -> Input {
        Input {
            name: String::new(),
            path: PathBuf::new(),
            store,
            reader: SPOOLED,
            directory: String::new(),
            cuts,
        }
    }
}

/// Places in `Opened::readers`; those of one's own stand behind them.
const JSONL: usize = 0;
const TEXT: usize = 1;
const SPOOLED: usize = 2;
const OWN: usize = 3;

/// Something that could not be read, or not as it stood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Problem {
    /// The file.
    pub path: String,
    /// The record, where the file has several.
    pub record: Option<u32>,
    /// What is wrong.
    pub reason: String,
    /// Whether it gave no document, and so counts as unreadable.
    pub unreadable: bool,
}

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Location {
    /// The input's number.
    pub input: u32,
    /// Bytes of the record.
    pub len: u32,
    /// Its first byte.
    pub offset: u64,
}

/// A stretch of one input that starts and ends between records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputPiece {
    input: u32,
    range: Range<u64>,
}

/// About how many bytes one piece has.
const PIECE: u64 = 1 << 20;

impl Corpus {
    /// What could not be opened or was cut off.
    pub fn problems(&self) -> &[Problem] {
        &self.opened.problems
    }

    /// The names of the fields that records were asked for.
    pub fn field_names(&self) -> &FieldNames {
        &self.opened.fields
    }

    /// Files left out of a walk because nothing reads their kind, by extension.
    pub fn skipped(&self) -> &BTreeMap<String, u64> {
        &self.opened.skipped
    }

    /// Files and directories that walks left out because ignore files name them; what is in such a directory is not counted.
    pub fn ignored(&self) -> u64 {
        self.opened.ignored
    }

    /// How many inputs there are.
    pub fn inputs(&self) -> usize {
        self.opened.inputs.len()
    }

    /// The path of an input, as problems name it.
    pub fn path(&self, input: u32) -> &Path {
        &self.opened.inputs[input as usize].path
    }

    /// The files that are read: those that were named and those that were found.
    pub fn files(&self) -> &[PathBuf] {
        &self.opened.files
    }

    /// How many bytes a file gave before it broke off; none where it did not.
    pub fn cut_at(&self, path: &Path) -> Option<u64> {
        self.opened.cuts.get(path).copied()
    }

    /// Whether a file holds JSON objects in another layout than one a line.
    pub(crate) fn holds_objects(&self, path: &Path) -> bool {
        let is_json = |(_, kind): &(String, FileKindOf)| kind.format == Format::Json;
        self.opened.stamps.contains_key(path) && self.opened.converted.get(path).is_some_and(is_json)
    }

    /// The files that do.
    pub(crate) fn files_of_objects(&self) -> impl Iterator<Item = &Path> {
        self.converted().filter(|path| self.holds_objects(path))
    }

    /// Bytes of a record, at most.
    pub(crate) fn max_record(&self) -> u64 {
        self.opened.max_record
    }

    /// Files and directories of the second set; empty where there is one set.
    pub fn against(&self) -> &[PathBuf] {
        &self.opened.against
    }

    /// Whether a file, or an entry of an archive, is of the second set.
    pub fn is_against(&self, path: &Path) -> bool {
        self.opened.against.iter().any(|root| path.starts_with(root))
    }

    /// Whether another input has the name of this one, as files of two directories may.
    pub(crate) fn is_named_twice(&self, input: u32) -> bool {
        let name = &self.opened.inputs[input as usize].name;
        // Inputs are in the order of their names, those of streams before them.
        let beside = [input.checked_sub(1), input.checked_add(1)];
        let mut beside =
            beside.into_iter().flatten().filter_map(|other| self.opened.inputs.get(other as usize));
        beside.any(|other| other.name == *name)
    }

    /// The pieces of all inputs, in order.
    pub fn pieces(&self) -> Vec<InputPiece> {
        let mut pieces = Vec::new();
        for (number, input) in self.opened.inputs.iter().enumerate() {
            if !input.cuts.is_empty() {
                let range = |cut: &[u64]| InputPiece { input: number as u32, range: cut[0]..cut[1] };
                pieces.extend(input.cuts.windows(2).map(range));
                continue;
            }
            let len = input.store.len();
            let step = if self.opened.readers[input.reader].splits() { PIECE } else { u64::MAX };
            let mut start = 0u64;
            loop {
                let end = len.min(start.saturating_add(step));
                pieces.push(InputPiece { input: number as u32, range: start..end });
                if end == len {
                    break;
                }
                start = end;
            }
        }
        pieces
    }

    /// Visits every record that begins in `piece`, in order: where it stands, its line (from 0) within the
    /// piece, and its fields or the reason why it has none. Returns how many lines began in the piece.
    ///
    /// # Errors
    /// [`ErrorKind::Read`] or [`ErrorKind::Changed`]; what was visited before may then be wrong as well.
    pub fn read(
        &self,
        piece: &InputPiece,
        scratch: &mut Vec<u8>,
        mut visit: impl FnMut(Location, u32, Result<Fields<'_>, Reason>),
    ) -> Result<u32> {
        let input = &self.opened.inputs[piece.input as usize];
        let reader = &*self.opened.readers[input.reader];
        let most = self.opened.max_record;
        let too_large = || Err(Reason::TooLarge(most));
        if !reader.splits() && piece.bytes() > most {
            let len = u32::try_from(piece.bytes()).unwrap_or(u32::MAX);
            visit(Location { input: piece.input, len, offset: piece.range.start }, 0, too_large());
            return Ok(1);
        }
        let (bytes, base) = self.bytes_of(piece, scratch)?;
        let mut at = reader.align(bytes, (piece.range.start - base) as usize);
        let (mut lines, end) = (0, bytes.len());
        while at < end || (at == 0 && end == 0) {
            let Some((range, blank)) = reader.next(bytes, at) else { break };
            lines += blank as u32;
            let record = &bytes[range.clone()];
            // What was converted was measured then, and has grown by what is known of it.
            let is_large = record.len() as u64 > most && input.reader != SPOOLED;
            let fields = if is_large { too_large() } else { reader.fields(record) };
            let len = u32::try_from(record.len()).unwrap_or(u32::MAX);
            let offset = base + range.start as u64;
            visit(Location { input: piece.input, len, offset }, lines, fields);
            lines += 1;
            at = range.end + 1;
        }
        if !input.store.is_intact() {
            return Err(Error::new(ErrorKind::Changed).at(&input.path));
        }
        Ok(lines)
    }

    /// The bytes in which the records of a piece stand, to the end of the last of them, and where in the input they begin.
    fn bytes_of<'a>(&'a self, piece: &InputPiece, scratch: &'a mut Vec<u8>) -> Result<(&'a [u8], u64)> {
        let input = &self.opened.inputs[piece.input as usize];
        if input.reader == JSONL {
            let Stretch { bytes, base } =
                stretch(&input.store, &piece.range, self.opened.max_record, scratch)?;
            return Ok((bytes, base));
        }
        let reader = &*self.opened.readers[input.reader];
        let bytes = input.store.all(scratch)?;
        let end = match piece.range.end as usize {
            end if end == bytes.len() => end,
            end => reader.align(bytes, end),
        };
        Ok((&bytes[..end], 0))
    }

    /// Whether somebody else may write the bytes of an input while it is read: what is read twice need not be the same.
    pub(crate) fn is_shared(&self, input: u32) -> bool {
        self.opened.inputs[input as usize].store.is_shared()
    }

    /// The fields of a record that was visited before.
    ///
    /// # Errors
    /// The reason, where the record is no longer what it was.
    pub fn fields<'a>(&'a self, at: Location, scratch: &'a mut Vec<u8>) -> Result<Fields<'a>, Reason> {
        let input = &self.opened.inputs[at.input as usize];
        let range = at.offset..at.offset + u64::from(at.len);
        let record = input.store.range(range, scratch).map_err(|_| Reason::Changed)?;
        let fields = self.opened.readers[input.reader].fields(record);
        if input.store.is_intact() { fields } else { Err(Reason::Changed) }
    }

    /// Whether the system cannot hold all of what is mapped, so that what is read again comes from disk again. Linear in inputs
    /// the first time.
    pub(crate) fn is_larger_than_memory(&self) -> bool {
        *self.opened.is_large.get_or_init(|| {
            let stores = self.opened.inputs.iter().map(|input| &input.store);
            let mapped: u64 = stores.filter(|store| store.is_mapped()).map(InputBytes::len).sum();
            memory_of_machine().is_some_and(|bytes| mapped > bytes / HELD)
        })
    }

    /// Says how records are read from here on.
    pub(crate) fn expect(&self, access: Access) {
        self.opened.inputs.iter().for_each(|input| input.store.expect(access));
    }

    /// Has the system read a record while others are worked on.
    pub(crate) fn prefetch(&self, at: Location) {
        self.opened.inputs[at.input as usize].store.prefetch(at.offset..at.offset + u64::from(at.len));
    }

    /// The bytes of a record with another text: what else it holds is as it was. None where its format is not written,
    /// or it is no longer what it was.
    pub fn with_text(&self, at: Location, text: &str) -> Option<Vec<u8>> {
        let input = &self.opened.inputs[at.input as usize];
        let mut scratch = Vec::new();
        let record = input.store.range(at.offset..at.offset + u64::from(at.len), &mut scratch).ok()?;
        let written = self.opened.readers[input.reader].with_text(record, text)?;
        input.store.is_intact().then_some(written)
    }

    /// The bytes of a record without these ranges of its text, which are in order and apart: every other byte is as it was,
    /// unless what it is written in does not allow that, and then the rest of the text is written anew. None where its format
    /// is not written, or it is no longer what it was.
    pub fn without(&self, at: Location, ranges: &[Range<usize>]) -> Option<Vec<u8>> {
        let input = &self.opened.inputs[at.input as usize];
        let mut scratch = Vec::new();
        let record = input.store.range(at.offset..at.offset + u64::from(at.len), &mut scratch).ok()?;
        let reader = &self.opened.readers[input.reader];
        let anew = || {
            let text = reader.fields(record).ok()?.text.to_text();
            reader.with_text(record, &left_of(&text, ranges)?)
        };
        let written = reader.without(record, ranges).or_else(anew)?;
        input.store.is_intact().then_some(written)
    }

    /// All that is visible of a page; none for text that is no page, where nobody wanted it, and for a record that is no longer
    /// what it was.
    pub fn page(&self, at: Location) -> Option<VisiblePage> {
        self.of_page(at, |reader, record| reader.page(record))
    }

    /// What a page says of itself beside its text; as [`Corpus::page`].
    pub fn page_head(&self, at: Location) -> Option<PageHead> {
        self.of_page(at, |reader, record| reader.page_head(record))
    }

    fn of_page<T>(&self, at: Location, read: impl FnOnce(&dyn Reader, &[u8]) -> Option<T>) -> Option<T> {
        let input = &self.opened.inputs[at.input as usize];
        if matches!(input.reader, JSONL | TEXT) {
            return None;
        }
        let mut scratch = Vec::new();
        let record = input.store.range(at.offset..at.offset + u64::from(at.len), &mut scratch).ok()?;
        read(&*self.opened.readers[input.reader], record)
    }

    /// The id of a record, which is number `record` of its input.
    ///
    /// # Errors
    /// The reason, where the record is no longer what it was.
    pub fn id(&self, at: Location, record: u32) -> Result<String, Reason> {
        let mut scratch = Vec::new();
        Ok(self.id_of(&self.fields(at, &mut scratch)?, at.input, record))
    }

    /// The id of a record of these fields, which is number `record` of its input.
    pub fn id_of(&self, fields: &Fields<'_>, input: u32, record: u32) -> String {
        fields.id.map_or_else(|| self.made_id(input, record), Value::to_text)
    }

    /// When a record says that it was published: by the formats of the corpus, or as [`When::of`] reads it.
    pub fn when(&self, fields: &Fields<'_>) -> Option<When> {
        let date = fields.date?.to_text();
        self.date_formats().iter().find_map(|format| format.read(&date)).or_else(|| When::of(&date))
    }

    /// How dates are written that could be read in two ways.
    pub fn date_formats(&self) -> &[DateFormat] {
        &self.opened.date_formats
    }

    /// What is known of a record besides its text; `record` is its number within its input.
    ///
    /// # Errors
    /// The reason, where the record is no longer what it was.
    pub fn meta(&self, at: Location, record: u32) -> Result<Meta, Reason> {
        let mut scratch = Vec::new();
        let fields = self.fields(at, &mut scratch)?;
        let text = |value: Option<Value<'_>>| value.map(Value::to_text);
        let mut meta = Meta {
            id: self.id_of(&fields, at.input, record),
            title: text(fields.title),
            url: text(fields.url),
            canonical_url: text(fields.canonical_url),
            // What is read by a format only is handed on as everyone reads it.
            date: text(fields.date).map(|date| dated(date, self.date_formats())),
            source: text(fields.source),
            site: String::new(),
        };
        let as_str = Option::as_deref;
        let inside = text(fields.directory);
        meta.site = site_of(
            as_str(&meta.source),
            as_str(&meta.url),
            as_str(&inside).unwrap_or_else(|| self.directory(at.input)),
        )
        .to_owned();
        Ok(meta)
    }

    /// What problems name: the file that a record came from, with the entry where that is an archive, and its number
    /// there where it holds several. `record` is its number within its input.
    pub fn place(&self, at: Location, record: u32) -> (String, Option<u32>) {
        let input = &self.opened.inputs[at.input as usize];
        if input.reader == SPOOLED {
            let range = at.offset..at.offset + u64::from(at.len);
            let mut scratch = Vec::new();
            let place = input.store.range(range, &mut scratch).ok().and_then(Spooled::place);
            return place.unwrap_or_default();
        }
        (input.path.display().to_string(), self.holds_several(at.input).then_some(record))
    }

    /// Where a document stands below the path that was named: the file, and within an archive the entry. The same wherever the
    /// corpus lies.
    pub fn place_below(&self, at: Location, record: u32) -> String {
        let input = &self.opened.inputs[at.input as usize];
        if input.reader != SPOOLED {
            return input.name.clone();
        }
        let (place, _) = self.place(at, record);
        let named = Path::new(&place).ancestors().find_map(|file| {
            let (name, entry) =
                (&self.opened.converted.get(file)?.0, Path::new(&place).strip_prefix(file).ok()?);
            Some(if entry.as_os_str().is_empty() {
                name.clone()
            } else {
                format!("{name}/{}", entry.display())
            })
        });
        named.unwrap_or(place)
    }

    /// The id of a record that has none: its input's name, with `#N` where the input holds several.
    pub fn made_id(&self, input: u32, record: u32) -> String {
        let input = &self.opened.inputs[input as usize];
        if self.opened.readers[input.reader].splits() {
            format!("{}#{record}", input.name)
        } else {
            input.name.clone()
        }
    }

    /// A record that is a JSON object, as it stands.
    ///
    /// # Errors
    /// The reason, where it is no longer what it was.
    pub fn json<'a>(&'a self, at: Location, scratch: &'a mut Vec<u8>) -> Result<Option<&'a [u8]>, Reason> {
        let input = &self.opened.inputs[at.input as usize];
        if input.reader != JSONL {
            return Ok(None);
        }
        let range = at.offset..at.offset + u64::from(at.len);
        let record = input.store.range(range, scratch).map_err(|_| Reason::Changed)?;
        Ok(Some(record.trim_ascii()))
    }

    /// Whether an input holds what was converted, of any number of files.
    pub(crate) fn is_spooled(&self, input: u32) -> bool {
        self.opened.inputs[input as usize].reader == SPOOLED
    }

    /// The directory that stands in for a site where a record names none.
    pub fn directory(&self, input: u32) -> &str {
        &self.opened.inputs[input as usize].directory
    }

    /// Whether an input may hold several records.
    pub(crate) fn holds_several(&self, input: u32) -> bool {
        self.opened.readers[self.opened.inputs[input as usize].reader].splits()
    }

    /// The name, the length and a hash of every input as it is read, in order: what a run over the same has too. Runs on the
    /// current thread pool; linear in bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Read`](crate::error::ErrorKind::Read), or cancellation.
    pub(crate) fn sums(&self, cancel: &Cancel) -> Result<Vec<InputSum>> {
        (0..self.inputs() as u32).into_par_iter().map(|input| self.sum(input, cancel)).collect()
    }

    /// What an input is known by, as it is now.
    ///
    /// # Errors
    /// [`ErrorKind::Read`], [`ErrorKind::Changed`], or cancellation.
    pub(crate) fn sum(&self, input: u32, cancel: &Cancel) -> Result<InputSum> {
        let input = &self.opened.inputs[input as usize];
        let (mut hash, mut bytes, len) = (Xxh3::new(), Vec::new(), input.store.len());
        for start in (0..len).step_by(SUMMED) {
            cancel.check()?;
            hash.update(input.store.range(start..len.min(start + SUMMED as u64), &mut bytes)?);
        }
        Ok(InputSum { name: input.name.clone(), bytes: len, hash: hash.digest() })
    }

    /// The name of an input, its path relative to the root; empty where documents were converted or given.
    pub(crate) fn name(&self, input: u32) -> &str {
        &self.opened.inputs[input as usize].name
    }

    /// Bytes of an input.
    pub(crate) fn input_bytes(&self, input: u32) -> u64 {
        self.opened.inputs[input as usize].store.len()
    }

    /// How records are read, in a form that says which of two runs reads them otherwise.
    pub(crate) fn reading(&self) -> String {
        let Opened { fields, max_record, site_from, date_formats, against, delimiter, .. } = &*self.opened;
        format!("{fields:?} {max_record} {site_from:?} {date_formats:?} {against:?} {delimiter:?}")
    }

    /// Inputs that are no longer what they were when they were opened.
    pub fn changed(&self) -> Vec<Problem> {
        let inputs = self.opened.inputs.iter().filter(|input| !input.store.is_unchanged());
        let converted = self.opened.stamps.iter().filter(|(_, stamp)| !stamp.holds());
        let problem = |path: &Path| Problem {
            path: path.display().to_string(),
            record: None,
            reason: Error::new(ErrorKind::Changed).reason(),
            unreadable: false,
        };
        let changed = inputs.map(|input| &*input.path).chain(converted.map(|(path, _)| &**path));
        changed.map(problem).collect()
    }
}

impl InputPiece {
    /// The input's number.
    pub fn input(&self) -> u32 {
        self.input
    }

    /// Its first byte in the input.
    pub(crate) fn start(&self) -> u64 {
        self.range.start
    }

    /// Bytes in the piece.
    pub fn bytes(&self) -> u64 {
        self.range.end - self.range.start
    }
}

/// What is left of a text without these ranges, in order and apart; none where it has not all of them.
fn left_of(text: &str, ranges: &[Range<usize>]) -> Option<String> {
    let mut left = String::new();
    let mut at = 0;
    for range in ranges {
        left.push_str(text.get(at..range.start)?);
        at = range.end;
    }
    left.push_str(text.get(at..)?);
    Some(left)
}

/// Bytes from which on a text is large: it is read while no other large one is, whatever the number of threads.
const LARGE: usize = 8 << 20;

/// The turn of a large text, until it is dropped; none is needed for others. Whoever holds it waits for nobody.
pub(crate) fn turn(bytes: usize) -> Option<MutexGuard<'static, ()>> {
    static TURN: Mutex<()> = Mutex::new(());
    (bytes > LARGE).then(|| TURN.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Whether the current thread runs a decoder of other people's whose panics become problems of the file that it reads.
/// A program's panic hook may ask, and keep quiet; nothing is lost, and the library sets no hook itself.
pub fn panics_are_problems() -> bool {
    crate::guard::is_guarded()
}
