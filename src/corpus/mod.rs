//! Bytes in: where documents come from, and how they are read any number of times.
//!
//! A [`Corpus`] is a list of inputs, each the bytes of one file (mapped, small, or decompressed into an
//! unlinked file) and the [`Reader`] that cuts records out of them and finds a record's fields. Nothing after
//! this module knows where a document came from. It is read in [`Piece`]s of about a megabyte, in parallel and
//! in any order; what a piece gives does not depend on either.

pub mod charset;
mod jsonl;
mod plain;
mod record;
mod store;
mod walk;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

pub use jsonl::JsonLines;
pub use plain::PlainText;
pub use record::{Decoded, FieldNames, Fields, Reason, Scratch, Value};
use store::{Compression, Store};
pub use walk::WalkOptions;

use crate::document::{Meta, site_of};
use crate::error::{Error, ErrorKind, Result};
use crate::options::Resources;

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
}

/// How paths become documents.
#[derive(Debug, Clone, Default)]
pub struct CorpusOptions {
    /// Names of the fields of a record.
    pub fields: FieldNames,
    /// What a walk enters and takes.
    pub walk: WalkOptions,
    /// How records are told on standard input and in files of unknown extension.
    pub format: Format,
    /// Larger records are unreadable; 1 GiB if `None`, and never 4 GiB or more.
    pub max_record: Option<u64>,
}

/// How an input is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// By extension; else JSON lines where the first byte that is no white space is `{`, else plain text.
    #[default]
    Auto,
    /// JSON lines.
    Jsonl,
    /// Plain text.
    Text,
}

/// Documents to be read, in an order that does not depend on that of the arguments.
#[derive(Debug)]
pub struct Corpus {
    inputs: Vec<Input>,
    readers: [Box<dyn Reader>; 2],
    max_record: u64,
    skipped: BTreeMap<String, u64>,
    problems: Vec<Problem>,
}

#[derive(Debug)]
struct Input {
    /// What ids are made of: the path relative to the root.
    name: String,
    /// What problems name.
    path: PathBuf,
    store: Store,
    reader: usize,
}

/// Something that could not be read, or not as it stood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
pub struct Piece {
    input: u32,
    range: Range<u64>,
}

/// About how many bytes one piece has.
const PIECE: u64 = 1 << 20;

/// The name of standard input among paths.
const STDIN: &str = "-";

/// Bytes of a decompressed input, at most.
const MAX_DECOMPRESSED: u64 = 1 << 40;

impl Corpus {
    /// Opens files, directories and standard input (`-`). What cannot be opened is a problem, not an error.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] for a glob that is none; [`ErrorKind::Write`] where nothing can be spilled.
    pub fn open(paths: &[PathBuf], options: &CorpusOptions, resources: &Resources) -> Result<Corpus> {
        let mut corpus = Corpus {
            inputs: Vec::new(),
            readers: [
                Box::new(JsonLines::new(options.fields.clone(), resources.kernel)),
                Box::new(PlainText),
            ],
            max_record: options.max_record.unwrap_or(1 << 30).min(u64::from(u32::MAX)),
            skipped: BTreeMap::new(),
            problems: Vec::new(),
        };
        let work_dir = resources.work_dir.as_deref();
        let (stdin, files): (Vec<_>, Vec<_>) = paths.iter().cloned().partition(|p| p.as_os_str() == STDIN);
        if !stdin.is_empty() {
            corpus.add(STDIN.to_owned(), PathBuf::from(STDIN), options, |_| {
                Store::of_stream(io::stdin().lock(), work_dir, MAX_DECOMPRESSED)
            })?;
        }
        let walked = walk::walk(&files, &options.walk, |path| kind(path).1.is_some())?;
        corpus.skipped = walked.skipped;
        for error in walked.problems {
            corpus.problem(&error);
        }
        for found in walked.files {
            resources.cancel.check()?;
            corpus.add(found.name, found.path, options, |path| match kind(path).0 {
                Some(how) => Store::of_stream(store::decompressor(path, how)?, work_dir, MAX_DECOMPRESSED),
                None => Ok((Store::of_file(path)?, None)),
            })?;
        }
        Ok(corpus)
    }

    fn add(
        &mut self,
        name: String,
        path: PathBuf,
        options: &CorpusOptions,
        open: impl FnOnce(&Path) -> Result<(Store, Option<io::Error>)>,
    ) -> Result<()> {
        let (store, damage) = match open(&path) {
            Ok(opened) => opened,
            Err(error) if error.kind() == ErrorKind::Write => return Err(error),
            Err(error) => {
                self.problem(&error);
                return Ok(());
            }
        };
        if let Some(damage) = &damage {
            self.problems.push(Problem {
                path: path.display().to_string(),
                record: None,
                reason: format!("broke off after {} bytes: {damage}", store.len()),
                unreadable: store.len() == 0,
            });
            if store.len() == 0 {
                return Ok(());
            }
        }
        let reader = match (options.format, kind(&path).1) {
            (Format::Jsonl, _) | (Format::Auto, Some(Format::Jsonl)) => 0,
            (Format::Text, _) | (Format::Auto, Some(_)) => 1,
            (Format::Auto, None) => usize::from(!looks_like_json(&store)),
        };
        self.inputs.push(Input { name, path, store, reader });
        Ok(())
    }

    fn problem(&mut self, error: &Error) {
        let path = error.place().map_or(String::new(), |place| place.display().to_string());
        self.problems.push(Problem { path, record: None, reason: error.reason(), unreadable: true });
    }

    /// What could not be opened or was cut off.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Files left out of a walk because nothing reads their kind, by extension.
    pub fn skipped(&self) -> &BTreeMap<String, u64> {
        &self.skipped
    }

    /// How many inputs there are.
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// The path of an input, as problems name it.
    pub fn path(&self, input: u32) -> &Path {
        &self.inputs[input as usize].path
    }

    /// The pieces of all inputs, in order.
    pub fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (number, input) in self.inputs.iter().enumerate() {
            let len = input.store.len();
            let step = if self.readers[input.reader].splits() { PIECE } else { u64::MAX };
            let mut start = 0u64;
            loop {
                let end = len.min(start.saturating_add(step));
                pieces.push(Piece { input: number as u32, range: start..end });
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
        piece: &Piece,
        scratch: &mut Vec<u8>,
        mut visit: impl FnMut(Location, u32, Result<Fields<'_>, Reason>),
    ) -> Result<u32> {
        let input = &self.inputs[piece.input as usize];
        let reader = &*self.readers[input.reader];
        let bytes = input.store.all(scratch)?;
        let end = match piece.range.end as usize {
            end if end == bytes.len() => end,
            end => reader.align(bytes, end),
        };
        let mut at = reader.align(bytes, piece.range.start as usize);
        let bytes = &bytes[..end];
        let mut lines = 0;
        while at < end || (at == 0 && end == 0) {
            let Some((range, blank)) = reader.next(bytes, at) else { break };
            lines += blank as u32;
            let record = &bytes[range.clone()];
            let fields = if record.len() as u64 > self.max_record {
                Err(Reason::TooLarge(self.max_record))
            } else {
                reader.fields(record)
            };
            let len = u32::try_from(record.len()).unwrap_or(u32::MAX);
            visit(Location { input: piece.input, len, offset: range.start as u64 }, lines, fields);
            lines += 1;
            at = range.end + 1;
        }
        if !input.store.is_intact() {
            return Err(Error::new(ErrorKind::Changed).at(&input.path));
        }
        Ok(lines)
    }

    /// The fields of a record that was visited before.
    ///
    /// # Errors
    /// The reason, where the record is no longer what it was.
    pub fn fields<'a>(&'a self, at: Location, scratch: &'a mut Vec<u8>) -> Result<Fields<'a>, Reason> {
        let input = &self.inputs[at.input as usize];
        let range = at.offset..at.offset + u64::from(at.len);
        let record = input.store.range(range, scratch).map_err(|_| Reason::Changed)?;
        let fields = self.readers[input.reader].fields(record);
        if input.store.is_intact() { fields } else { Err(Reason::Changed) }
    }

    /// The id of a record, which is number `record` of its input.
    ///
    /// # Errors
    /// The reason, where the record is no longer what it was.
    pub fn id(&self, at: Location, record: u32) -> Result<String, Reason> {
        let mut scratch = Vec::new();
        Ok(self.id_of(&self.fields(at, &mut scratch)?, at.input, record))
    }

    fn id_of(&self, fields: &Fields<'_>, input: u32, record: u32) -> String {
        fields.id.map_or_else(|| self.made_id(input, record), Value::to_text)
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
            date: text(fields.date),
            source: text(fields.source),
            site: String::new(),
        };
        let as_str = Option::as_deref;
        meta.site = site_of(
            as_str(&meta.source),
            as_str(&meta.canonical_url),
            as_str(&meta.url),
            self.directory(at.input),
        )
        .to_owned();
        Ok(meta)
    }

    /// The id of a record that has none: its input's name, with `#N` where the input holds several.
    pub fn made_id(&self, input: u32, record: u32) -> String {
        let input = &self.inputs[input as usize];
        if self.readers[input.reader].splits() {
            format!("{}#{record}", input.name)
        } else {
            input.name.clone()
        }
    }

    /// The directory that stands in for a site where a record names none.
    pub fn directory(&self, input: u32) -> &str {
        let name = &self.inputs[input as usize].name;
        name.rsplit_once('/').map_or("", |(directory, _)| directory)
    }

    /// Whether an input may hold several records.
    pub(crate) fn holds_several(&self, input: u32) -> bool {
        self.readers[self.inputs[input as usize].reader].splits()
    }

    /// Inputs that are no longer what they were when they were opened.
    pub fn changed(&self) -> Vec<Problem> {
        let changed = self.inputs.iter().filter(|input| !input.store.is_unchanged());
        let problem = |input: &Input| Problem {
            path: input.path.display().to_string(),
            record: None,
            reason: Error::new(ErrorKind::Changed).reason(),
            unreadable: false,
        };
        changed.map(problem).collect()
    }
}

impl Piece {
    /// The input's number.
    pub fn input(&self) -> u32 {
        self.input
    }

    /// Bytes in the piece.
    pub fn bytes(&self) -> u64 {
        self.range.end - self.range.start
    }
}

/// How a file is compressed, and how it is read, by its name.
fn kind(path: &Path) -> (Option<Compression>, Option<Format>) {
    let extension = |path: &Path| path.extension().map(|e| e.to_string_lossy().to_lowercase());
    let compression = match extension(path).as_deref() {
        Some("gz") => Some(Compression::Gzip),
        Some("zst") => Some(Compression::Zstd),
        _ => None,
    };
    let inner = if compression.is_some() { path.with_extension("") } else { path.to_owned() };
    let format = match extension(&inner).as_deref() {
        Some("jsonl" | "ndjson") => Some(Format::Jsonl),
        Some("txt" | "md") => Some(Format::Text),
        _ => None,
    };
    (compression, format)
}

fn looks_like_json(store: &Store) -> bool {
    let head = store.range(0..store.len().min(4096), &mut Vec::new()).map(<[u8]>::to_vec).unwrap_or_default();
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
    head.trim_ascii_start().first() == Some(&b'{')
}
