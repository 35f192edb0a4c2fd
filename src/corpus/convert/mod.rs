//! Tables, crawls, archives and pages, converted once into records of the [`Spool`].
//!
//! A reader here pushes what it finds into a [`Sink`]: documents that are UTF-8 already as [`Draft`]s, pages and lines
//! as bytes that still have work in them. The sink collects them into batches of a few megabytes; a second thread
//! converts the items of a batch in parallel and appends them in order, while the reader goes on. So memory holds
//! three batches and one record, whatever the size of the input, and the order does not depend on threads.

mod archive;
#[cfg(feature = "arrow")]
mod arrow;
#[cfg(any(feature = "arrow", feature = "parquet"))]
mod columns;
mod feed;
mod http;
#[cfg(feature = "arrow")]
mod ipc;
mod lines;
mod mail;
#[cfg(feature = "cli")]
pub(crate) mod object_lines;
pub(crate) mod objects;
mod ocr;
mod page;
mod parcel;
#[cfg(feature = "parquet")]
mod parquet;
mod row;
mod sparse;
pub(crate) mod stretches;
mod table;
mod warc;
mod window;
mod xml;
mod zip;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SendError, SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use rayon::prelude::*;

use super::asked::{FieldsSeen, are_asked};
use super::inflate::{Compression, decompressed};
use super::open::{SNIFFED, sniff};
use super::record::{FieldNames, Fields, Scratch, Value};
use super::spool::{Draft, Spool};
use super::store::{InputBytes, unnamed_file};
use super::{Format, JsonLines, Preprocessor, Problem, Reader as _, turn};
use crate::charset::{Utf8Stream, narrowed};
use crate::corpus::site::{SitePattern, site_of_path};
use crate::error::Reason;
use crate::error::{Error, ErrorKind, Result};
use crate::html::HtmlMode;
use crate::options::Resources;
use crate::options::not_spilled;
use crate::output::open_regular;
pub(super) use mail::is_mail;
use ocr::OcrKind;
use parcel::{Parcel, ParcelKind};
pub(super) use xml::is_xml;

/// What to convert.
#[derive(Debug)]
pub(super) struct Job {
    /// What ids are made of: the path relative to the root.
    pub name: String,
    /// What problems name.
    pub path: PathBuf,
    pub kind: FileKindOf,
    /// The bytes, where they are not in the file of this path.
    pub store: Option<Box<InputBytes>>,
    /// Whether a command reads the file.
    pub by_command: bool,
}

impl Job {
    /// A file of this kind.
    pub fn of_file(name: String, path: PathBuf, kind: FileKindOf) -> Job {
        Job { name, path, kind, store: None, by_command: false }
    }
}

/// How a file or an entry is compressed, and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileKindOf {
    pub compression: Option<Compression>,
    pub format: Format,
}

/// What readers heed.
#[derive(Debug, Clone)]
pub(super) struct ReadingRules {
    pub names: FieldNames,
    pub max_record: u64,
    /// Larger entries of archives are problems.
    pub max_filesize: Option<u64>,
    /// Hidden entries of archives too.
    pub hidden: bool,
    /// Which of a page's text is wanted.
    pub html: HtmlMode,
    /// Whether nothing else of a page is kept.
    pub text_only: bool,
    /// Whether nobody asks when pages were published of which all text is wanted.
    pub undated: bool,
    /// Where in a path the site is named.
    pub site_from: Option<SitePattern>,
    /// What separates the fields of tables, where somebody says it.
    pub delimiter: Option<u8>,
    /// What reads files that nothing here reads.
    pub command: Option<Preprocessor>,
    /// Whether JSON records are kept as they stand.
    pub keep_records: bool,
}

/// What was converted.
#[derive(Debug)]
pub(super) struct Converted {
    pub spool: Spool,
    pub problems: Vec<Problem>,
    /// What no reader reads: entries by extension, bodies and attachments by content type.
    pub skipped: BTreeMap<String, u64>,
    /// The fields of records and tables, where somebody named one.
    pub seen: FieldsSeen,
}

/// Converts everything, in order.
///
/// # Errors
/// [`ErrorKind::Write`] where nothing can be spilled, cancellation. What is wrong with the input is a problem.
pub(super) fn convert(jobs: &[Job], rules: &ReadingRules, resources: &Resources) -> Result<Converted> {
    converted(rules, resources, |sink| {
        for job in jobs {
            let path = job.path.display().to_string();
            let place = SourcePlace::new(job.name.clone(), path, rules.site_from.clone());
            match sink.job(job, &place) {
                Ok(()) => {}
                Err(Stop::Run(error)) => return Err(error),
                Err(Stop::Input(reason)) => sink.lost(&place, None, reason),
            }
        }
        Ok(())
    })
}

/// Converts the rows of batches, which are no file's.
///
/// # Errors
/// As [`convert`]; those of whoever gives the batches, and [`ErrorKind::Setting`] where they have no column for the text.
#[cfg(feature = "arrow")]
pub(super) fn convert_batches(
    batches: impl IntoIterator<Item = std::result::Result<arrow_array::RecordBatch, arrow_schema::ArrowError>>,
    path: &str,
    rules: &ReadingRules,
    resources: &Resources,
) -> Result<Converted> {
    converted(rules, resources, |sink| match arrow::rows_of_all(batches, path, sink) {
        Ok(()) => Ok(()),
        Err(Stop::Run(error)) => Err(error),
        Err(Stop::Input(reason)) => Err(Error::new(ErrorKind::Setting).because(reason)),
    })
}

/// What a reader hands to a sink, converted.
fn converted<'env>(
    rules: &'env ReadingRules,
    resources: &'env Resources,
    read: impl for<'scope> FnOnce(&mut Sink<'scope, 'env>) -> Result<()>,
) -> Result<Converted> {
    let converter = Converter {
        rules,
        resources,
        lines: JsonLines::new(rules.names.clone(), resources.kernel),
        spool: Spool::new(resources.work_dir.clone()),
        problems: Vec::new(),
        skipped: BTreeMap::new(),
        seen: FieldsSeen::default(),
        pool: None,
    };
    std::thread::scope(|scope| {
        let mut sink = Sink {
            rules,
            resources,
            batch: Batch::default(),
            line: BatchLine::Here(Box::new(converter)),
            scope,
            problems: Vec::new(),
            skipped: BTreeMap::new(),
            seen: FieldsSeen::default(),
            zip_left: None,
        };
        read(&mut sink)?;
        sink.finish()
    })
}

/// Why a reader stops.
enum Stop {
    /// The whole run ends.
    Run(Error),
    /// The rest of this file or entry is lost.
    Input(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Input(format!("broke off: {error}"))
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        match error.kind() {
            ErrorKind::Write | ErrorKind::Cancelled | ErrorKind::Setting => Stop::Run(error),
            _ => Stop::Input(error.reason()),
        }
    }
}

type Step = std::result::Result<(), Stop>;

/// A file, or an entry of an archive.
#[derive(Debug, Clone)]
struct SourcePlace {
    /// What ids are made of.
    name: Arc<str>,
    /// What problems name.
    path: Arc<str>,
    /// What stands in for a site where a record or page names none.
    directory: Arc<str>,
    site_from: Option<SitePattern>,
}

impl SourcePlace {
    fn new(name: String, path: String, site_from: Option<SitePattern>) -> SourcePlace {
        let directory = site_of_path(site_from.as_ref(), &name).into();
        SourcePlace { name: name.into(), path: path.into(), directory, site_from }
    }

    fn entry(&self, name: &str) -> SourcePlace {
        let below = |path: &str| format!("{path}/{name}");
        SourcePlace::new(below(&self.name), below(&self.path), self.site_from.clone())
    }
}

/// The document of an unconverted record.
struct Page {
    place: SourcePlace,
    record: Option<u32>,
    id: Option<String>,
    url: Option<String>,
    date: Option<String>,
    is_html: bool,
    /// The charset that a protocol names, or a content type with it.
    charset: Option<String>,
    body: Body,
}

enum Body {
    /// These bytes of its batch's bodies.
    Held(Range<usize>),
    /// A file of its own, read where it is converted.
    File(PathBuf, u64),
    /// What a command makes of a file, asked where it is converted: text, or a page where it looks like one.
    Command(PathBuf),
}

enum BatchItem {
    /// Records as the spool has them.
    Ready(Vec<u8>),
    Page(Box<Page>),
    Lines(lines::LineChunk),
    Objects(objects::ObjectChunk),
    Parcel(Box<Parcel>),
}

/// Bytes after which a batch is handed on.
const BATCH: u64 = 4 << 20;

#[derive(Default)]
struct Batch {
    items: Vec<BatchItem>,
    /// The bodies of all its pages, so that threads do not hand one another thousands of small allocations.
    bodies: Vec<u8>,
    bytes: u64,
}

/// Takes what readers find.
struct Sink<'scope, 'env> {
    rules: &'env ReadingRules,
    resources: &'env Resources,
    batch: Batch,
    line: BatchLine<'scope, 'env>,
    scope: &'scope Scope<'scope, 'env>,
    problems: Vec<Problem>,
    skipped: BTreeMap<String, u64>,
    seen: FieldsSeen,
    /// Bytes that may still come out of the zip archive that is being read, and of those in it.
    zip_left: Option<Rc<Cell<u64>>>,
}

/// Where batches go.
enum BatchLine<'scope, 'env> {
    /// Nowhere yet: most runs have no second batch, and need no second thread.
    Here(Box<Converter<'env>>),
    Thread(SyncSender<Batch>, ScopedJoinHandle<'scope, Result<Box<Converter<'env>>>>),
    Closed,
}

impl<'scope, 'env> Sink<'scope, 'env> {
    fn job(&mut self, job: &Job, place: &SourcePlace) -> Step {
        if job.by_command {
            return self.whole(place, false, Body::Command(job.path.clone()));
        }
        let mut scratch = Vec::new();
        match &job.store {
            Some(store) => self.stream(store.all(&mut scratch)?, job.kind, place, 0),
            None => self.file(&job.path, job.kind, place),
        }
    }

    fn file(&mut self, path: &Path, kind: FileKindOf, place: &SourcePlace) -> Step {
        let failed = |e| Stop::Input(Error::io(ErrorKind::NotReadable, path, e).reason());
        let file = open_regular(path).map_err(failed)?;
        match kind {
            FileKindOf { compression: None, format: Format::Html } => {
                let length = file.metadata().map_err(failed)?.len();
                self.whole(place, true, Body::File(path.to_owned(), length))
            }
            #[cfg(feature = "parquet")]
            FileKindOf { compression: None, format: Format::Parquet } => parquet::read(file, place, self),
            #[cfg(feature = "arrow")]
            FileKindOf { compression: None, format: Format::Arrow } => ipc::read_file(file, place, self),
            FileKindOf { compression: None, format: Format::Zip } => zip::read(file, place, self, 0),
            _ => self.stream(file, kind, place, 0),
        }
    }

    /// Reads bytes of this kind that come one after another. `depth` counts what they are wrapped in.
    fn stream(&mut self, from: impl Read, kind: FileKindOf, place: &SourcePlace, depth: usize) -> Step {
        match kind.compression {
            Some(how) => self.plain(&mut decompressed(from, how)?, kind.format, place, depth),
            None => self.plain(&mut { from }, kind.format, place, depth),
        }
    }

    fn plain(&mut self, from: &mut dyn Read, format: Format, place: &SourcePlace, depth: usize) -> Step {
        match format {
            Format::Jsonl => lines::read(&mut narrowed(from)?, place, self),
            Format::Json => objects::read(&mut narrowed(from)?, place, self),
            Format::Csv => self.table(from, b',', place),
            Format::Tsv => self.table(from, b'\t', place),
            Format::Warc => warc::read(from, place, self),
            Format::Tar => archive::read(from, place, self, depth),
            Format::Zip => {
                let file = self.spilled(from)?;
                zip::read(file, place, self, depth)
            }
            Format::Xml => xml::read(from, place, self),
            Format::Mail => mail::read(from, place, self),
            Format::Parquet => self.parquet(from, place),
            Format::Arrow => self.arrow(from, place),
            Format::Html => self.body(from, true, place),
            Format::Text | Format::Auto => self.body(from, false, place),
        }
    }

    fn table(&mut self, from: &mut dyn Read, delimiter: u8, place: &SourcePlace) -> Step {
        let mut from = Utf8Stream::new(from);
        let done = table::read(&mut from, table::Separator::of(delimiter, self.rules.delimiter), place, self);
        if from.replaced > 0 {
            let reason = format!("{} sequences that its charset does not have became U+FFFD", from.replaced);
            self.problem(&place.path, None, reason, false);
        }
        done
    }

    /// What cannot be read as it comes, since its directory stands at its end, as a file without a name.
    fn spilled(&self, from: &mut dyn Read) -> std::result::Result<File, Stop> {
        let work_dir = self.resources.work_dir.as_deref();
        let write = |e| Stop::Run(not_spilled(work_dir, e));
        let mut file = unnamed_file(work_dir).map_err(write)?;
        let mut buffer = vec![0; 256 << 10];
        loop {
            match from.read(&mut buffer)? {
                0 => break,
                n => io::Write::write_all(&mut file, &buffer[..n]).map_err(write)?,
            }
        }
        io::Seek::rewind(&mut file).map_err(write)?;
        Ok(file)
    }

    #[cfg(feature = "parquet")]
    fn parquet(&mut self, from: &mut dyn Read, place: &SourcePlace) -> Step {
        let file = self.spilled(from)?;
        parquet::read(file, place, self)
    }

    #[cfg(not(feature = "parquet"))]
    fn parquet(&mut self, _from: &mut dyn Read, _place: &SourcePlace) -> Step {
        Err(Stop::Input("this build reads no Parquet: build it with the feature `parquet`".to_owned()))
    }

    #[cfg(feature = "arrow")]
    fn arrow(&mut self, from: &mut dyn Read, place: &SourcePlace) -> Step {
        ipc::read(from, place, self)
    }

    #[cfg(not(feature = "arrow"))]
    fn arrow(&mut self, _from: &mut dyn Read, _place: &SourcePlace) -> Step {
        Err(Stop::Input("this build reads no Arrow: build it with the feature `arrow`".to_owned()))
    }

    /// One document that is all of its bytes.
    fn body(&mut self, from: &mut dyn Read, is_html: bool, place: &SourcePlace) -> Step {
        let start = self.batch.bodies.len();
        if let Err(broken) = from.take(self.rules.max_record + 1).read_to_end(&mut self.batch.bodies) {
            self.batch.bodies.truncate(start);
            return Err(broken.into());
        }
        self.whole(place, is_html, Body::Held(start..self.batch.bodies.len()))
    }

    /// Bytes kept until the page that is handed in next is converted.
    fn hold(&mut self, body: &[u8]) -> Body {
        let start = self.batch.bodies.len();
        self.batch.bodies.extend_from_slice(body);
        Body::Held(start..self.batch.bodies.len())
    }

    fn whole(&mut self, place: &SourcePlace, is_html: bool, body: Body) -> Step {
        let page = Page {
            place: place.clone(),
            record: None,
            id: None,
            url: None,
            date: None,
            is_html,
            // Nothing but its name says that a file is XHTML, if it does not itself.
            charset: is_xhtml(&place.name).then(|| "application/xhtml+xml".to_owned()),
            body,
        };
        self.page(page)
    }

    /// A document that still has to be decoded or extracted.
    fn page(&mut self, page: Page) -> Step {
        let bytes = match &page.body {
            Body::Held(range) => range.len() as u64,
            Body::File(_, length) => *length,
            // Nobody knows yet.
            Body::Command(_) => 0,
        };
        if bytes > self.rules.max_record {
            if let Body::Held(range) = page.body {
                self.batch.bodies.truncate(range.start);
            }
            let large = Reason::TooLarge(self.rules.max_record).to_string();
            self.lost(&page.place, page.record, large);
            return Ok(());
        }
        self.push(BatchItem::Page(Box::new(page)), bytes)
    }

    /// A document as it is.
    fn document(&mut self, draft: &Draft<'_>) -> Step {
        let limit = self.rules.max_record;
        let bytes = draft.bytes();
        if draft.text.len() as u64 > limit || bytes > u64::from(u32::MAX) {
            self.problem(draft.path, draft.record, Reason::TooLarge(limit).to_string(), true);
            return Ok(());
        }
        match self.batch.items.last_mut() {
            Some(BatchItem::Ready(records)) => draft.write(records),
            _ => {
                let mut records = Vec::new();
                draft.write(&mut records);
                self.batch.items.push(BatchItem::Ready(records));
            }
        }
        self.grow(bytes)
    }

    fn push(&mut self, item: BatchItem, bytes: u64) -> Step {
        self.batch.items.push(item);
        // An item costs something even where it is empty.
        self.grow(bytes + 256)
    }

    fn grow(&mut self, bytes: u64) -> Step {
        self.batch.bytes += bytes;
        if self.batch.bytes < BATCH {
            return Ok(());
        }
        self.resources.cancel.check()?;
        let batch = std::mem::take(&mut self.batch);
        self.line = match std::mem::replace(&mut self.line, BatchLine::Closed) {
            BatchLine::Here(converter) => self.begun(converter),
            line => line,
        };
        match &mut self.line {
            BatchLine::Here(converter) => Ok(converter.convert(batch)?),
            BatchLine::Thread(send, _) if send.send(batch).is_ok() => Ok(()),
            // The thread ended early: it says why.
            _ => Err(Stop::Run(self.close().err().unwrap_or_else(|| Error::new(ErrorKind::Write)))),
        }
    }

    /// A thread for the converter, or where the system has none to give, this one.
    fn begun(&self, converter: Box<Converter<'env>>) -> BatchLine<'scope, 'env> {
        let (send, receive) = sync_channel(1);
        // Handed over once the thread is there: what a thread was to have that is not, is gone.
        let (give, given) = sync_channel::<Box<Converter<'env>>>(1);
        let work = move || match given.recv() {
            Ok(converter) => converter.follow(&receive),
            Err(_) => Err(Error::new(ErrorKind::Write)),
        };
        match std::thread::Builder::new().spawn_scoped(self.scope, work) {
            Ok(thread) => match give.send(converter) {
                Ok(()) => BatchLine::Thread(send, thread),
                Err(SendError(converter)) => BatchLine::Here(converter),
            },
            Err(_) => BatchLine::Here(converter),
        }
    }

    /// Something that gave no document.
    fn lost(&mut self, place: &SourcePlace, record: Option<u32>, reason: String) {
        self.problem(&place.path, record, reason, true);
    }

    /// Something that is no document.
    fn passed(&mut self, place: &SourcePlace, reason: String) {
        self.problem(&place.path, None, reason, false);
    }

    fn problem(&mut self, path: &str, record: Option<u32>, reason: String, unreadable: bool) {
        self.problems.push(Problem { path: path.to_owned(), record, reason, unreadable });
    }

    fn skip(&mut self, kind: String) {
        *self.skipped.entry(kind).or_default() += 1;
    }

    fn close(&mut self) -> Result<Box<Converter<'env>>> {
        match std::mem::replace(&mut self.line, BatchLine::Closed) {
            BatchLine::Here(converter) => Ok(converter),
            BatchLine::Thread(send, thread) => {
                drop(send);
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }
            BatchLine::Closed => Err(Error::new(ErrorKind::Write)),
        }
    }

    fn finish(mut self) -> Result<Converted> {
        let mut converter = self.close()?;
        converter.convert(std::mem::take(&mut self.batch))?;
        let mut problems = self.problems;
        problems.append(&mut converter.problems);
        let mut skipped = self.skipped;
        converter.skipped.iter().for_each(|(kind, count)| *skipped.entry(kind.clone()).or_default() += count);
        let mut seen = self.seen;
        seen.merge(converter.seen);
        Ok(Converted { spool: converter.spool, problems, skipped, seen })
    }
}

/// Converts batches and appends them to the spool.
struct Converter<'env> {
    rules: &'env ReadingRules,
    resources: &'env Resources,
    lines: JsonLines,
    spool: Spool,
    problems: Vec<Problem>,
    skipped: BTreeMap<String, u64>,
    seen: FieldsSeen,
    /// Made when there is something to share out.
    pool: Option<rayon::ThreadPool>,
}

impl Converter<'_> {
    fn follow(mut self: Box<Self>, batches: &Receiver<Batch>) -> Result<Box<Self>> {
        for batch in batches {
            self.convert(batch)?;
        }
        Ok(self)
    }

    fn convert(&mut self, batch: Batch) -> Result<()> {
        let Batch { items, bodies, .. } = batch;
        let unready = items.iter().filter(|item| !matches!(item, BatchItem::Ready(_))).count();
        let all: Vec<Done> = if unready > 1 {
            if self.pool.is_none() {
                self.pool = Some(self.resources.pool()?);
            }
            // Folded in runs of neighbours, so that a run's records are one piece; runs stay in order.
            let add = |done, item| self.done(done, item, &bodies);
            let work = || items.into_par_iter().fold(Done::default, add).collect();
            match &self.pool {
                Some(pool) => pool.install(work),
                None => work(),
            }
        } else {
            vec![items.into_iter().fold(Done::default(), |done, item| self.done(done, item, &bodies))]
        };
        for Done { records, problems, skipped, seen } in all {
            self.seen.merge(seen);
            self.spool.append(&records)?;
            self.problems.extend(problems);
            skipped.into_iter().for_each(|(kind, count)| *self.skipped.entry(kind).or_default() += count);
        }
        Ok(())
    }

    fn done(&self, mut done: Done, item: BatchItem, bodies: &[u8]) -> Done {
        match item {
            BatchItem::Ready(records) if done.records.is_empty() => done.records = records,
            BatchItem::Ready(records) => done.records.extend_from_slice(&records),
            BatchItem::Page(page) => done.page(*page, bodies, self.rules),
            BatchItem::Lines(chunk) => {
                chunk.convert(&self.lines, self.rules, self.resources.kernel, &mut done)
            }
            BatchItem::Objects(chunk) => {
                chunk.convert(&self.lines, self.rules, self.resources.kernel, &mut done)
            }
            BatchItem::Parcel(parcel) => parcel.convert(bodies, &mut done),
        }
        done
    }
}

/// What became of items that follow one another.
#[derive(Default)]
struct Done {
    records: Vec<u8>,
    problems: Vec<Problem>,
    /// What no reader reads, by kind.
    skipped: BTreeMap<String, u64>,
    seen: FieldsSeen,
}

/// Whether a file is named as XHTML, compressed or not.
fn is_xhtml(name: &str) -> bool {
    let name = Path::new(name);
    let named =
        |path: &Path| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xhtml"));
    named(name) || name.file_stem().is_some_and(|stem| named(Path::new(stem)))
}

impl Done {
    fn problem(&mut self, path: &str, record: Option<u32>, reason: String, unreadable: bool) {
        self.problems.push(Problem { path: path.to_owned(), record, reason, unreadable });
    }

    fn page(&mut self, page: Page, bodies: &[u8], rules: &ReadingRules) {
        let mut is_html = page.is_html;
        let bytes = match page.body {
            Body::Held(range) => Ok(Cow::Borrowed(&bodies[range])),
            Body::File(path, _) => read_at_most(&path, rules.max_record).map(Cow::Owned),
            Body::Command(path) => {
                let made = rules.command.as_ref().map(|command| command.read(&path, rules.max_record));
                let made = made.unwrap_or_else(|| Ok(Vec::new()));
                is_html = made.as_ref().is_ok_and(|made| is_page(made));
                made.map(Cow::Owned)
            }
        };
        let path = &*page.place.path;
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(e) => {
                let reason = Error::io(ErrorKind::Read, path, e).reason();
                return self.problem(path, page.record, reason, true);
            }
        };
        let _turn = turn(bytes.len());
        if is_html && page.record.is_none() && xml::is_hocr(&bytes) && bytes.len() as u64 <= rules.max_record
        {
            let kind = ParcelKind::Ocr(OcrKind::Hocr);
            let parcel = Parcel { place: page.place, kind, body: 0..bytes.len(), record: Some(0) };
            return parcel.convert(&bytes, self);
        }
        let charset = page.charset.as_deref();
        let read = if bytes.len() as u64 > rules.max_record {
            Err(Reason::TooLarge(rules.max_record))
        } else if is_html {
            page::html(&bytes, charset, rules)
        } else {
            page::text(&bytes, charset)
        };
        let said = match read {
            Ok(said) => said,
            Err(reason) => return self.problem(path, page.record, reason.to_string(), true),
        };
        if said.replaced > 0 {
            self.problem(path, page.record, replaced(said.replaced), false);
        }
        let is_named = page.id.is_some();
        let id = page.id.unwrap_or_else(|| made_id(&page.place.name, page.record));
        let (url, date) = (page.url, said.date.or(page.date));
        let draft = Draft {
            id: id.as_bytes(),
            is_named,
            title: said.title.as_deref().map(str::as_bytes),
            url: url.as_deref().map(str::as_bytes),
            canonical_url: said.canonical_url.as_deref().map(str::as_bytes),
            date: date.as_deref().map(str::as_bytes),
            source: said.source.as_deref().map(str::as_bytes),
            directory: &page.place.directory,
            path,
            record: page.record,
            page: &said.page,
            json: None,
            text: &said.text,
        };
        self.write(&draft);
    }

    fn write(&mut self, draft: &Draft<'_>) {
        let most = u64::from(u32::MAX);
        if draft.bytes() > most {
            return self.problem(draft.path, draft.record, Reason::TooLarge(most).to_string(), true);
        }
        draft.write(&mut self.records);
    }

    /// A record of JSON, on this line from 1.
    fn json(
        &mut self,
        place: &SourcePlace,
        (record, line): (u32, u32),
        bytes: &[u8],
        (reader, rules): (&JsonLines, &ReadingRules),
        scratch: &mut Scratch,
    ) {
        let fields = if bytes.len() as u64 > rules.max_record {
            Err(Reason::TooLarge(rules.max_record))
        } else {
            reader.fields(bytes)
        };
        match fields {
            Ok(fields) => {
                if are_asked(&rules.names) {
                    self.seen.record(&fields, || reader.names(bytes));
                }
                self.fields(place, (record, line), &fields, rules.keep_records, scratch);
            }
            Err(reason) => {
                self.problem(&place.path, Some(record), format!("line {line}: {reason}"), true);
            }
        }
    }

    /// A record of fields as a reader found them, on this line from 1.
    fn fields(
        &mut self,
        place: &SourcePlace,
        (record, line): (u32, u32),
        fields: &Fields<'_>,
        keeps_json: bool,
        scratch: &mut Scratch,
    ) {
        let plain = |value: Option<Value<'_>>| value.map(Value::to_text);
        let named = plain(fields.named_id());
        let is_named = named.is_some();
        let id = named.unwrap_or_else(|| made_id(&place.name, Some(record)));
        let [title, url, canonical_url, date, source] =
            [fields.title, fields.url, fields.canonical_url, fields.date, fields.source].map(plain);
        let decoded = fields.text.decode(scratch);
        if decoded.replaced > 0 {
            self.problem(
                &place.path,
                Some(record),
                format!("line {line}: {}", replaced(decoded.replaced)),
                false,
            );
        }
        let draft = Draft {
            id: id.as_bytes(),
            is_named,
            title: title.as_deref().map(str::as_bytes),
            url: url.as_deref().map(str::as_bytes),
            canonical_url: canonical_url.as_deref().map(str::as_bytes),
            date: date.as_deref().map(str::as_bytes),
            source: source.as_deref().map(str::as_bytes),
            directory: &place.directory,
            path: &place.path,
            record: Some(record),
            page: &[],
            json: fields.json.filter(|_| keeps_json),
            text: decoded.text,
        };
        self.write(&draft);
    }
}

/// Whether bytes that somebody made look like a page.
fn is_page(bytes: &[u8]) -> bool {
    sniff(&bytes[..bytes.len().min(SNIFFED as usize)]) == Format::Html
}

pub(crate) fn replaced(count: u32) -> String {
    match count {
        1 => "1 invalid character was replaced (U+FFFD)".to_owned(),
        _ => format!("{count} invalid characters were replaced (U+FFFD)"),
    }
}

/// The id of what names none: the file or entry that it stands in, and its number there; of what stands in none its number.
fn made_id(name: &str, record: Option<u32>) -> String {
    match record {
        None => name.to_owned(),
        Some(record) if name.is_empty() => record.to_string(),
        Some(record) => format!("{name}#{record}"),
    }
}

/// The file's bytes, or one more than `limit` where it has more.
fn read_at_most(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
