//! Records to documents, and answers to lines: what the filter does on standard input and the service over HTTP.
//!
//! A line waits with its document ([`WaitingLine`]) until that is answered; [`AskedLine::write`] is then what goes out.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::lines::{Chunk, LinePart};
use super::{Answer, Incoming, Prepared, Preparer, line};
use crate::charset::unmarked;
use crate::corpus::{
    Corpus, DateFormat, FieldNames, Fields, FieldsSeen, InputPiece, JsonLines, Location, Problem,
    Reader as _, Scratch, SitePattern, Value, in_one_line,
};
use crate::error::{Reason, Result};
use crate::kernel::Kernel;

/// How records are read.
#[derive(Debug, Clone)]
pub struct RecordRules {
    /// Names of the fields of a record.
    pub names: FieldNames,
    /// What in the name of an input is the site of records that name none.
    pub site_from: Option<SitePattern>,
    /// How dates may be written.
    pub date_formats: Vec<DateFormat>,
    /// Bytes that a record may have.
    pub max: u64,
}

/// Records to documents, ahead of those that are being answered.
#[derive(Debug)]
pub struct Records {
    reader: JsonLines,
    /// Which fields lines have, where somebody named one.
    seen: Option<Arc<Mutex<FieldsSeen>>>,
    paths: Vec<PathBuf>,
    rules: RecordRules,
    scratch: Scratch,
    preparer: Preparer,
    /// The input that was read last, and the hash of its name and of all of its records without ids so far.
    before: (Option<usize>, u64),
    /// The part of an input that was read last, and how many records of it.
    counted: (Option<(usize, u32)>, u32),
    /// Whether what is read is a stream, whose name says nothing.
    is_stream: bool,
}

impl Records {
    /// Of these inputs, or of a stream that has no name where there are none. What is read is made ready by `preparer`.
    pub fn new(rules: RecordRules, paths: Vec<PathBuf>, preparer: Preparer) -> Records {
        Records {
            reader: JsonLines::new(rules.names.clone(), Kernel::detect()),
            seen: None,
            paths,
            rules,
            scratch: Scratch::new(Kernel::detect()),
            preparer,
            before: (None, 0),
            counted: (None, 0),
            is_stream: false,
        }
    }

    /// The same, which takes note of the fields that lines have.
    pub(crate) fn noting(self, seen: Option<Arc<Mutex<FieldsSeen>>>) -> Records {
        Records { seen, ..self }
    }

    fn name(&self, input: usize) -> String {
        self.paths.get(input).map_or_else(|| "-".to_owned(), |path| path.display().to_string())
    }

    /// Names the place of a record without an id by all such records of its input up to it. The same input given again has
    /// the same places; of another input no record has one of them, unless the same ones come before it.
    fn place(&mut self, record: &[u8], input: usize) -> u64 {
        if self.before.0 != Some(input) {
            self.before = (Some(input), xxh3_64(self.name(input).as_bytes()));
        }
        self.before.1 = xxh3_64_with_seed(record, self.before.1).max(1);
        self.before.1
    }

    /// The document of a record that is a JSON object; `number` is the record's in its input, from 0.
    ///
    /// # Errors
    /// Why it gives no document.
    pub fn document(&mut self, record: &[u8], input: usize, number: u64) -> Result<Incoming, Reason> {
        if record.len() as u64 > self.rules.max {
            return Err(Reason::TooLarge(self.rules.max));
        }
        let fields = self.reader.fields(record)?;
        if let Some(seen) = &self.seen {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.record(&fields, || self.reader.names(record));
        }
        let text = fields.text.decode(&mut self.scratch).text.to_owned();
        let named = fields.id.map(Value::to_text);
        let rules = (self.directory(input), &*self.rules.date_formats);
        if let Some(id) = named {
            return Ok(Incoming::of_record(&fields, id, text, rules));
        }
        let document = Incoming::of_record(&fields, format!("{}#{number}", self.name(input)), text, rules);
        Ok(document.unnamed(self.place(record, input)))
    }

    /// What stands in for the site of a line that names none.
    fn directory(&self, input: usize) -> &str {
        let name = self.paths.get(input).and_then(|path| path.file_name()?.to_str());
        let site = |pattern: &SitePattern| pattern.site(name.unwrap_or("-"));
        // Of a file that was named nothing is known but its name.
        self.rules.site_from.as_ref().and_then(site).unwrap_or_default()
    }
}

impl Records {
    /// What of an input gives no document, as a line that waits.
    ///
    /// # Errors
    /// No memory to prepare documents with.
    pub fn unreadable(&mut self, input: usize, problem: &Problem) -> Result<Vec<WaitingLine>> {
        let mut made = MadeLines::default();
        made.reject(problem, None);
        self.made(input, made)
    }

    /// The lines of a chunk, but for blank ones.
    ///
    /// # Errors
    /// As [`Records::unreadable`].
    pub fn lines(&mut self, chunk: Chunk) -> Result<Vec<WaitingLine>> {
        let chunk = Arc::new(chunk);
        if chunk.part != LinePart::Whole {
            return Ok(vec![self.part_of_line(chunk)]);
        }
        let bytes = &chunk.bytes;
        let (mut at, mut number) = (0, chunk.line);
        let (mut lines, mut documents) = (Vec::new(), Vec::new());
        while at < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1);
            let trimmed = bytes[at..end].trim_ascii_end();
            let record = at..at + trimmed.len();
            // Files that were joined have marks in their middle.
            let json = unmarked(trimmed);
            if !json.is_empty() {
                let document = self.document(json, chunk.input, number);
                let rejected = document.map(|document| documents.push(document)).err();
                let place = || format!("{}: line {}", self.name(chunk.input), number + 1);
                let rejected = rejected.map(|reason| format!("{}: {reason}", place()));
                lines.push(AskedLine { chunk: chunk.clone(), record, end, rejected });
            }
            number += 1;
            at = end;
        }
        self.waiting(lines, documents)
    }

    /// Lines that wait with their documents: each that was not rejected has one.
    fn waiting(&self, lines: Vec<AskedLine>, documents: Vec<Incoming>) -> Result<Vec<WaitingLine>> {
        let prepared = self.preparer.prepare(&documents)?;
        let mut documents = documents.into_iter().zip(prepared);
        let waiting = |line: AskedLine| {
            let document = if line.rejected.is_none() { documents.next() } else { None };
            WaitingLine { line, document }
        };
        Ok(lines.into_iter().map(waiting).collect())
    }

    /// The documents of a piece of an input, each with the line that stands for it. `is_stream` says whether the input is one,
    /// whose name says nothing.
    ///
    /// # Errors
    /// As [`Records::unreadable`].
    pub fn documents(
        &mut self,
        input: usize,
        corpus: &Corpus,
        piece: &InputPiece,
        is_stream: bool,
    ) -> Result<Vec<WaitingLine>> {
        self.is_stream = is_stream;
        // Records are counted through all pieces of a part of an input.
        if self.counted.0 != Some((input, piece.input())) {
            self.counted = (Some((input, piece.input())), 0);
        }
        let mut made = MadeLines::default();
        let (mut bytes, mut scratch) = (Vec::new(), Vec::new());
        let mut record = self.counted.1;
        let read = corpus.read(piece, &mut bytes, |at, _, fields| {
            match fields.and_then(|fields| self.arrived(input, corpus, at, record, &fields)) {
                Ok((line, document)) => made.take(&line, document),
                Err(reason) => {
                    let (path, record) = corpus.place(at, record);
                    let is_held = reason != Reason::TooLarge(self.rules.max);
                    let json = if is_held { corpus.json(at, &mut scratch).ok().flatten() } else { None };
                    let reason = reason.to_string();
                    made.reject(&Problem { path, record, reason, unreadable: true }, json);
                }
            }
            record += 1;
        });
        self.counted.1 = record;
        if let Err(error) = read {
            let path = corpus.path(piece.input()).display().to_string();
            made.reject(&Problem { path, record: None, reason: error.reason(), unreadable: true }, None);
        }
        self.made(input, made)
    }

    /// A document of a corpus, and the line that stands for it: its own, where it is JSON.
    fn arrived(
        &mut self,
        input: usize,
        corpus: &Corpus,
        at: Location,
        record: u32,
        fields: &Fields<'_>,
    ) -> Result<(Vec<u8>, Incoming), Reason> {
        let text = fields.text.decode(&mut self.scratch).text.to_owned();
        let id = corpus.id_of(fields, at.input, record);
        let (path, number) = corpus.place(at, record);
        let rules = (corpus.directory(at.input), corpus.date_formats());
        let document = Incoming::of_record(fields, id, text, rules);
        let mut line = Vec::new();
        match fields.json {
            Some(json) => in_one_line(json, &mut line),
            None => {
                let own = |field: Option<Value<'_>>| field.map(Value::to_text);
                let (url, title, date) = (own(fields.url), own(fields.title), own(fields.date));
                let shown = line::DocumentLine {
                    id: &document.id,
                    url: url.as_deref(),
                    title: title.as_deref(),
                    date: date.as_deref(),
                    path: &path,
                    record: number,
                };
                line::write_json(&shown, &mut line);
            }
        }
        // A file is what its path says, whatever stands in it later; what came without a name is what it holds.
        let is_file = number.is_none() && !self.is_stream;
        if is_file || fields.named_id().is_some() {
            return Ok((line, document));
        }
        let place = self.place(document.text.as_bytes(), input);
        Ok((line, document.unnamed(place)))
    }

    /// Lines that were made, with their documents.
    fn made(&self, input: usize, made: MadeLines) -> Result<Vec<WaitingLine>> {
        let MadeLines { bytes, lines, documents } = made;
        let chunk = Arc::new(Chunk { input, line: 0, bytes: bytes.into(), part: LinePart::Whole });
        let line = |(range, rejected): (Range<usize>, Option<String>)| {
            let end = range.end + 1;
            AskedLine { chunk: chunk.clone(), record: range, end, rejected }
        };
        self.waiting(lines.into_iter().map(line).collect(), documents)
    }
}

/// Lines that stand for what came otherwise than in lines.
#[derive(Default)]
struct MadeLines {
    bytes: Vec<u8>,
    /// Each without its end, and why it gave no document, if it did not.
    lines: Vec<(Range<usize>, Option<String>)>,
    /// Of all lines that were not rejected.
    documents: Vec<Incoming>,
}

impl MadeLines {
    /// Takes the line of a document.
    fn take(&mut self, line: &[u8], document: Incoming) {
        self.line(line, None);
        self.documents.push(document);
    }

    /// Takes what gave no document: the record itself, where it is a line.
    fn reject(&mut self, problem: &Problem, record: Option<&[u8]>) {
        let reason = Some(described(problem));
        if let Some(record) = record {
            return self.line(record, reason);
        }
        let Problem { path, record, reason: why, .. } = problem;
        let mut line = Vec::new();
        line::write_json(&line::RejectedLine { path, record: *record, reason: why }, &mut line);
        self.line(&line, reason);
    }

    fn line(&mut self, line: &[u8], rejected: Option<String>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(line);
        self.lines.push((start..self.bytes.len(), rejected));
        self.bytes.push(b'\n');
    }
}

impl Records {
    /// A part of a line that is too long to be held: no document.
    fn part_of_line(&self, chunk: Arc<Chunk>) -> WaitingLine {
        let place = format!("{}: line {}", self.name(chunk.input), chunk.line + 1);
        let end = chunk.bytes.len();
        let rejected = Some(format!("{place}: {}", Reason::TooLarge(self.rules.max)));
        WaitingLine { line: AskedLine { chunk, record: 0..end, end, rejected }, document: None }
    }
}

/// A problem and its place.
pub fn described(problem: &Problem) -> String {
    match problem.record {
        Some(record) => format!("{}: record {record}: {}", problem.path, problem.reason),
        None => format!("{}: {}", problem.path, problem.reason),
    }
}

/// A line that is asked about, or a part of one that is too long.
#[derive(Debug)]
pub struct AskedLine {
    chunk: Arc<Chunk>,
    record: Range<usize>,
    end: usize,
    rejected: Option<String>,
}

impl AskedLine {
    /// Why it gave no document, if it did not.
    pub fn rejected(&self) -> Option<&str> {
        self.rejected.as_deref()
    }

    /// Whether it is a whole line or the beginning of one.
    pub fn begins(&self) -> bool {
        self.chunk.part.begins()
    }

    /// Its bytes as they came, with an end behind what ends.
    pub fn raw(&self) -> (&[u8], &'static [u8]) {
        let bytes = &self.chunk.bytes[self.record.start..self.end];
        let is_open = self.chunk.part.ends() && !self.chunk.bytes[..self.end].ends_with(b"\n");
        (bytes, if is_open { b"\n" } else { b"" })
    }

    /// Appends the line with its answer, and its end.
    pub fn write(&self, answer: &Answer, out: &mut Vec<u8>) {
        line::write_line(&self.chunk.bytes[self.record.clone()], &answer.verdict, out);
        out.extend_from_slice(&self.chunk.bytes[self.record.end..self.end]);
        if out.last() != Some(&b'\n') {
            out.push(b'\n');
        }
    }
}

/// A line that waits for its answer, with its document.
#[derive(Debug)]
pub struct WaitingLine {
    line: AskedLine,
    document: Option<(Incoming, Prepared)>,
}

impl WaitingLine {
    /// Bytes that wait with it, about.
    pub fn bytes(&self) -> usize {
        let text = self.document.as_ref().map_or(0, |(document, _)| document.text.len());
        self.line.record.len().max(text)
    }
}

/// Lines that are answered together.
#[derive(Debug, Default)]
pub struct AskedLines {
    /// The lines.
    pub lines: Vec<AskedLine>,
    /// The documents of those that were not rejected, in order.
    pub documents: Vec<Incoming>,
    /// The same, ready.
    pub prepared: Vec<Prepared>,
}

impl Extend<WaitingLine> for AskedLines {
    fn extend<T: IntoIterator<Item = WaitingLine>>(&mut self, waiting: T) {
        for WaitingLine { line, document } in waiting {
            if let Some((document, made)) = document {
                self.documents.push(document);
                self.prepared.push(made);
            }
            self.lines.push(line);
        }
    }
}
