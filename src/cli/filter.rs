//! `wirecopy filter`: documents in, a line with a verdict out for each: the same line, where they came as lines.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::charset::unmarked;
use crate::corpus::{
    Corpus, CorpusOptions, DateFormat, Fields, FieldsSeen, InputPiece, JsonLines, Location, Problem,
    Reader as _, Scratch, SitePattern, Value, are_asked, in_one_line,
};
use crate::error::Reason;
use crate::filter::{Answer, Filter, Incoming, Lookup, Prepared, Preparer, line, open_or_create};
use crate::index::store::{Disk, Store};
use crate::index::{Keep, Limits, Setup, Snapshot};
use crate::judge::Directed;
use crate::kernel::Kernel;
use crate::options::{Policy, Resources};
use crate::output::OutputPlace;
use crate::recipe::Recipe;
use anyhow::{Context, Result, bail};
use serde::Serialize;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::{args, is_closed_pipe};
use crate::cli::arrivals::{self, Arrival, ArrivalRules, described};
use crate::cli::lines::{Chunk, LinePart};
use crate::cli::output::outputs;
use crate::cli::say::{self, say};

/// Documents that are answered together, at most.
const BATCH: usize = 256;

/// Bytes of lines that are answered together, about.
const BATCH_BYTES: usize = 4 << 20;

pub fn run(args: &args::Args, typed: &args::FilterArgs) -> Result<ExitCode> {
    let wanted = FilterOutputs::check(args, typed)?;
    let over = open(typed)?;
    // Whoever may not have the index leaves the files of the one that has it alone.
    let outputs = wanted.open()?;
    let paths = once_each(&typed.paths);
    let names = typed.reading.fields.names();
    let seen = are_asked(&names).then(|| Arc::new(Mutex::new(FieldsSeen::default())));
    let mut records = Records {
        seen: seen.clone(),
        reader: JsonLines::new(names.clone(), Kernel::detect()),
        paths: paths.clone(),
        site_from: typed.reading.site_from.clone(),
        date_formats: typed.reading.date_formats.clone(),
        max: typed.reading.max_record,
        scratch: Scratch::new(Kernel::detect()),
        preparer: over.preparer(),
        before: (None, 0),
        counted: (None, 0),
        is_stream: false,
    };
    let mut session = Session {
        typed,
        over,
        outputs,
        counts: LineOutcomes::default(),
        batch: Vec::new(),
        bytes: 0,
        answered: None,
        written: Vec::new(),
    };
    let rules = ArrivalRules {
        options: CorpusOptions { keep_records: true, ..typed.reading.options()? },
        resources: Resources {
            threads: typed.threads,
            work_dir: typed.work_dir.clone(),
            ..Resources::default()
        },
        most: typed.reading.max_record,
    };
    let arrivals = arrivals::read(&paths, rules, move |arrival| records.of(arrival))?;
    let result = session.all(&arrivals);
    let ended = if session.outputs.out.failed.is_some() { session.tell_rest() } else { Ok(()) };
    let counted = session.count(true);
    let absent = seen.map(|seen| seen.lock().unwrap_or_else(PoisonError::into_inner).problems(&names));
    absent.iter().flatten().for_each(|reason| say!("wirecopy: {reason}"));
    // Whatever ended it: what was acknowledged is safe, and the count says how far it came.
    if !args.quiet {
        say!("{}", session.counts.line(typed.check));
    }
    let undelivered = session.outputs.out.undelivered();
    if undelivered > 0 && !typed.check {
        say!(
            "wirecopy: {undelivered} records are in the index and were not delivered; the same input given again is \
             answered as before"
        );
    }
    let is_closed = result.as_ref().is_err_and(is_closed_pipe);
    if !is_closed {
        result?;
    }
    ended?;
    counted?;
    session.over.close()?;
    if is_closed {
        return Ok(ExitCode::from(CLOSED_PIPE));
    }
    if typed.strict && session.counts.rejected > 0 {
        say!("wirecopy: lines gave no document, and --strict was given");
        return Ok(ExitCode::from(2));
    }
    Ok(ExitCode::SUCCESS)
}

/// The paths, of those that lead to one file the first.
fn once_each(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut met = std::collections::HashSet::new();
    let is_first = |path: &&PathBuf| met.insert(path.canonicalize().unwrap_or_else(|_| path.to_path_buf()));
    paths.iter().filter(is_first).cloned().collect()
}

/// What a shell says of a process that a closed pipe ended: 128 and the signal's number.
const CLOSED_PIPE: u8 = 141;

/// The index that answers.
enum Over {
    /// Lines are taken.
    Taking(Filter),
    /// They are only asked for: `--check`.
    Asking(Lookup),
}

impl Over {
    fn preparer(&self) -> Preparer {
        match self {
            Over::Taking(filter) => filter.preparer(),
            Over::Asking(lookup) => lookup.preparer(),
        }
    }

    /// Answers that hold once [`Over::finish`] or another of these returns well.
    fn answer(&mut self, documents: &[Incoming], prepared: Vec<Prepared>) -> Result<Vec<Answer>> {
        Ok(match self {
            Over::Taking(filter) => filter.begin(documents, prepared)?,
            Over::Asking(lookup) => lookup.answer(documents, prepared)?,
        })
    }

    fn finish(&mut self) -> Result<()> {
        if let Over::Taking(filter) = self {
            filter.finish()?;
        }
        Ok(())
    }

    fn close(self) -> Result<()> {
        if let Over::Taking(filter) = self {
            filter.close()?;
        }
        Ok(())
    }
}

fn open(typed: &args::FilterArgs) -> Result<Over> {
    let policy = typed.judging.policy();
    let resources = Resources { threads: typed.threads, ..Resources::default() };
    if typed.check {
        let store: Arc<dyn Store> = Arc::new(Disk::new(&typed.index));
        let model = typed.model.as_ref().map(|path| read_model(path)).transpose()?;
        let model = model.as_deref().map(crate::index::model_hash);
        let reader = Snapshot::open(&store, typed.create.recipe()?, model)?;
        return Ok(Over::Asking(Lookup::new(reader, policy, &resources)?));
    }
    let mut limits = Limits::default();
    limits.documents = typed.memory_documents.unwrap_or(limits.documents).max(1);
    let filter = writing(&typed.index, &typed.create, typed.model.as_deref(), policy, &resources, limits)?;
    Ok(Over::Taking(filter))
}

/// A filter over the index of a directory, which is created where there is none.
pub fn writing(
    directory: &Path,
    create: &args::Creation,
    model: Option<&Path>,
    policy: Policy,
    resources: &Resources,
    limits: Limits,
) -> Result<Filter> {
    let disk = Disk::new(directory);
    disk.create_directory().with_context(|| format!("cannot create {}", directory.display()))?;
    let writer = open_or_create(Arc::new(disk), &create.setup(model)?, create.recipe()?, limits)?;
    Ok(Filter::new(writer, policy, resources)?)
}

fn read_model(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

impl args::Creation {
    /// The recipe that was asked for.
    pub fn recipe(&self) -> Result<Option<Recipe>> {
        Ok(self.shingle.map(Recipe::with_shingle).transpose()?)
    }

    /// What an index is created with.
    pub fn setup(&self, model: Option<&Path>) -> Result<Setup> {
        Ok(Setup {
            keep: match self.store {
                args::KeepArg::Text => Keep::Text,
                args::KeepArg::Signatures => Keep::Signatures,
            },
            recipe: self.recipe()?.unwrap_or_default(),
            model: model.map(read_model).transpose()?,
            window: self.window.unwrap_or(0),
        })
    }
}

/// Where lines are to go: nothing is opened yet.
struct FilterOutputs {
    duplicates: Duplicates<OutputPlace>,
    only: Vec<Directed>,
    rejects: Option<OutputPlace>,
    stats: Option<OutputPlace>,
}

/// Where lines go.
struct LineOutputs {
    out: Delivered,
    duplicates: Duplicates<Writing>,
    only: Vec<Directed>,
    rejects: Option<Writing>,
    stats: Option<Stats>,
}

enum Duplicates<F> {
    Tag,
    Drop,
    Divert(F),
}

/// A file that is written on, with its place for messages.
struct Writing {
    file: BufWriter<File>,
    place: OutputPlace,
}

impl Writing {
    fn open(place: OutputPlace) -> Result<Writing> {
        Ok(Writing { file: BufWriter::new(place.append()?), place })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).with_context(|| format!("cannot write {}", self.place.path().display()))
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush().with_context(|| format!("cannot write {}", self.place.path().display()))
    }
}

impl FilterOutputs {
    fn check(args: &args::Args, typed: &args::FilterArgs) -> Result<FilterOutputs> {
        let mut outputs = outputs(args);
        outputs.reads(typed.paths.iter().chain(&typed.model));
        outputs.index(&typed.index);
        outputs.standard_output()?;
        let duplicates = match typed.on_duplicate.split_once('=') {
            None if typed.on_duplicate == "tag" => Duplicates::Tag,
            None if typed.on_duplicate == "drop" => Duplicates::Drop,
            Some(("divert", file)) if !file.is_empty() => {
                Duplicates::Divert(outputs.appended(Path::new(file))?)
            }
            _ => bail!("--on-duplicate takes tag, drop or divert=FILE, not `{}`", typed.on_duplicate),
        };
        let relation = |name: &String| match Directed::named(name) {
            Some(relation) if relation != Directed::New => Ok(relation),
            _ => bail!("no relation is called `{name}`"),
        };
        let only = typed.only.iter().map(relation).collect::<Result<_>>()?;
        let rejects = typed.rejects.as_deref().map(|file| outputs.appended(file)).transpose()?;
        let stats = typed.stats.as_deref().map(|file| outputs.appended(file)).transpose()?;
        Ok(FilterOutputs { duplicates, only, rejects, stats })
    }

    fn open(self) -> Result<LineOutputs> {
        let duplicates = match self.duplicates {
            Duplicates::Tag => Duplicates::Tag,
            Duplicates::Drop => Duplicates::Drop,
            Duplicates::Divert(place) => Duplicates::Divert(Writing::open(place)?),
        };
        let rejects = self.rejects.map(Writing::open).transpose()?;
        let stats = self.stats.map(|place| Writing::open(place).map(Stats::new)).transpose()?;
        Ok(LineOutputs { out: Delivered::default(), duplicates, only: self.only, rejects, stats })
    }
}

impl LineOutputs {
    /// Writes what is held back. Where standard output takes nothing more, [`Delivered::check`] says so, and the other files
    /// are whole.
    fn flush(&mut self) -> Result<()> {
        self.out.flush();
        if let Duplicates::Divert(file) = &mut self.duplicates {
            file.flush()?;
        }
        if let Some(file) = &mut self.rejects {
            file.flush()?;
        }
        Ok(())
    }
}

/// Standard output, and how many of its lines went out whole.
#[derive(Default)]
struct Delivered {
    held: Vec<u8>,
    /// Lines that were held back at any time.
    lines: u64,
    delivered: u64,
    /// Why nothing goes out any more.
    failed: Option<io::ErrorKind>,
}

/// Bytes that are held back, about.
const HELD: usize = 1 << 20;

impl Delivered {
    /// Takes a line with its end.
    fn line(&mut self, line: &[u8]) {
        self.lines += 1;
        self.held.extend_from_slice(line);
        if self.held.len() >= HELD {
            self.flush();
        }
    }

    /// Lines that did not go out whole, once nothing is held back.
    fn undelivered(&self) -> u64 {
        self.lines - self.delivered
    }

    /// What made it fail, if it did.
    fn check(&self) -> Result<()> {
        match self.failed {
            Some(kind) => Err(io::Error::from(kind)).context("cannot write to standard output"),
            None => Ok(()),
        }
    }

    fn flush(&mut self) {
        let mut out = say::data();
        let mut at = 0;
        while self.failed.is_none() && at < self.held.len() {
            match out.write(&self.held[at..]) {
                Ok(0) => self.failed = Some(io::ErrorKind::WriteZero),
                Ok(bytes) => {
                    self.delivered += memchr::memchr_iter(b'\n', &self.held[at..at + bytes]).count() as u64;
                    at += bytes;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => self.failed = Some(e.kind()),
            }
        }
        self.held.clear();
        if self.failed.is_none() {
            self.failed = out.flush().err().map(|e| e.kind());
        }
    }
}

/// Where counts go for whoever watches.
struct Stats {
    to: Writing,
    began: Instant,
    /// When the next are due.
    next: Instant,
}

/// Time between two lines of counts.
const EVERY: Duration = Duration::from_secs(60);

/// A line of counts.
#[derive(Serialize)]
struct StatsLine {
    /// In UTC, as RFC 3339 has it.
    at: String,
    /// Since the start.
    seconds: u64,
    /// Whether it is the last of this run.
    ended: bool,
    lines: u64,
    passed: u64,
    dropped: u64,
    diverted: u64,
    rejected: u64,
    /// Lines that were answered before.
    again: u64,
    /// Documents by what they were.
    verdicts: BTreeMap<&'static str, u64>,
}

impl Stats {
    fn new(to: Writing) -> Stats {
        let began = Instant::now();
        Stats { to, began, next: began + EVERY }
    }

    /// Writes a line of counts.
    fn write(&mut self, counts: &LineOutcomes, ended: bool) -> Result<()> {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let verdicts = Directed::ALL.into_iter().map(Directed::name).zip(counts.relations);
        let line = StatsLine {
            at: line::time(since_1970.as_millis() as u64),
            seconds: self.began.elapsed().as_secs(),
            ended,
            lines: counts.lines(),
            passed: counts.passed,
            dropped: counts.dropped,
            diverted: counts.diverted,
            rejected: counts.rejected,
            again: counts.again,
            verdicts: verdicts.collect(),
        };
        self.to.write(&serde_json::to_vec(&line)?)?;
        self.to.write(b"\n")?;
        self.next = Instant::now() + EVERY;
        self.to.flush()
    }
}

/// Every line has one outcome.
#[derive(Default)]
struct LineOutcomes {
    passed: u64,
    dropped: u64,
    diverted: u64,
    rejected: u64,
    again: u64,
    relations: [u64; Directed::ALL.len()],
}

impl LineOutcomes {
    fn lines(&self) -> u64 {
        self.passed + self.dropped + self.diverted + self.rejected
    }

    fn line(&self, checked: bool) -> String {
        let lines = self.lines();
        let mut line = format!(
            "{lines} lines: {} passed, {} dropped, {} diverted, {} rejected",
            self.passed, self.dropped, self.diverted, self.rejected
        );
        let found: Vec<String> = Directed::ALL
            .into_iter()
            .zip(self.relations)
            .filter(|(_, count)| *count > 0)
            .map(|(relation, count)| format!("{count} {}", relation.name()))
            .collect();
        if !found.is_empty() {
            line = format!("{line}; {}", found.join(", "));
        }
        if self.again > 0 {
            line = format!("{line}; {} were answered before", self.again);
        }
        if checked { format!("{line}; checked only") } else { line }
    }
}

/// Lines to documents, ahead of those that are being answered.
struct Records {
    reader: JsonLines,
    /// Which fields lines have, where somebody named one.
    seen: Option<Arc<Mutex<FieldsSeen>>>,
    paths: Vec<PathBuf>,
    site_from: Option<SitePattern>,
    date_formats: Vec<DateFormat>,
    max: u64,
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

    /// The document of a line; `number` is the line's in its input, from 0.
    fn document(&mut self, record: &[u8], input: usize, number: u64) -> Result<Incoming, Reason> {
        if record.len() as u64 > self.max {
            return Err(Reason::TooLarge(self.max));
        }
        let fields = self.reader.fields(record)?;
        if let Some(seen) = &self.seen {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.record(&fields, || self.reader.names(record));
        }
        let text = fields.text.decode(&mut self.scratch).text.to_owned();
        let named = fields.id.map(Value::to_text);
        let rules = (self.directory(input), &*self.date_formats);
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
        self.site_from.as_ref().and_then(site).unwrap_or_default()
    }
}

impl Records {
    /// What arrived, as lines that wait.
    fn of(&mut self, arrival: Arrival<'_>) -> Result<Vec<Waiting>> {
        match arrival {
            Arrival::Lines(chunk) => self.lines(chunk),
            Arrival::Documents { input, corpus, piece, is_stream } => {
                self.is_stream = is_stream;
                self.documents(input, corpus, piece)
            }
            Arrival::Unreadable { input, problem } => {
                let mut made = MadeLines::default();
                made.reject(problem, None);
                self.made(input, made)
            }
        }
    }

    /// The lines of a chunk, but for blank ones.
    fn lines(&mut self, chunk: Chunk) -> Result<Vec<Waiting>> {
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
                lines.push(FilterLine { chunk: chunk.clone(), record, end, rejected });
            }
            number += 1;
            at = end;
        }
        self.waiting(lines, documents)
    }

    /// Lines that wait with their documents: each that was not rejected has one.
    fn waiting(&self, lines: Vec<FilterLine>, documents: Vec<Incoming>) -> Result<Vec<Waiting>> {
        let prepared = self.preparer.prepare(&documents)?;
        let mut documents = documents.into_iter().zip(prepared);
        let waiting = |line: FilterLine| {
            let document = if line.rejected.is_none() { documents.next() } else { None };
            Waiting { line, document }
        };
        Ok(lines.into_iter().map(waiting).collect())
    }

    /// The documents of a piece of an input, each with the line that stands for it.
    fn documents(&mut self, input: usize, corpus: &Corpus, piece: &InputPiece) -> Result<Vec<Waiting>> {
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
                    let is_held = reason != Reason::TooLarge(self.max);
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
    fn made(&self, input: usize, made: MadeLines) -> Result<Vec<Waiting>> {
        let MadeLines { bytes, lines, documents } = made;
        let chunk = Arc::new(Chunk { input, line: 0, bytes: bytes.into(), part: LinePart::Whole });
        let line = |(range, rejected): (std::ops::Range<usize>, Option<String>)| {
            let end = range.end + 1;
            FilterLine { chunk: chunk.clone(), record: range, end, rejected }
        };
        self.waiting(lines.into_iter().map(line).collect(), documents)
    }
}

/// Lines that stand for what came otherwise than in lines.
#[derive(Default)]
struct MadeLines {
    bytes: Vec<u8>,
    /// Each without its end, and why it gave no document, if it did not.
    lines: Vec<(std::ops::Range<usize>, Option<String>)>,
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
    fn part_of_line(&self, chunk: Arc<Chunk>) -> Waiting {
        let place = format!("{}: line {}", self.name(chunk.input), chunk.line + 1);
        let end = chunk.bytes.len();
        let rejected = Some(format!("{place}: {}", Reason::TooLarge(self.max)));
        Waiting { line: FilterLine { chunk, record: 0..end, end, rejected }, document: None }
    }
}

/// A line, and why it gave no document, if it did not; or a part of one that is too long.
struct FilterLine {
    chunk: Arc<Chunk>,
    record: std::ops::Range<usize>,
    end: usize,
    rejected: Option<String>,
}

/// A line that waits for its answer, with its document.
struct Waiting {
    line: FilterLine,
    document: Option<(Incoming, Prepared)>,
}

/// Lines that have their answers, which nobody was told yet.
struct Answered {
    lines: Vec<FilterLine>,
    answers: Vec<Answer>,
}

struct Session<'a> {
    typed: &'a args::FilterArgs,
    over: Over,
    outputs: LineOutputs,
    counts: LineOutcomes,
    batch: Vec<Waiting>,
    bytes: usize,
    /// What was answered last and may not be safe yet.
    answered: Option<Answered>,
    /// Memory for a line.
    written: Vec<u8>,
}

impl Session<'_> {
    /// As [`Session::finish`], where standard output takes nothing more: the other files have their lines all the same.
    fn tell_rest(&mut self) -> Result<()> {
        self.over.finish()?;
        self.answered.take().map_or(Ok(()), |answered| self.tell(answered))
    }

    /// Answers lines as they come: those that are there together, together.
    fn all(&mut self, chunks: &Receiver<Result<Vec<Waiting>>>) -> Result<()> {
        loop {
            match chunks.try_recv() {
                Ok(chunk) => self.arrived(chunk)?,
                Err(TryRecvError::Empty) => {
                    self.answer()?;
                    self.finish()?;
                    match self.wait(chunks)? {
                        Some(chunk) => self.arrived(chunk)?,
                        None => return Ok(()),
                    }
                }
                Err(TryRecvError::Disconnected) => {
                    self.answer()?;
                    return self.finish();
                }
            }
        }
    }

    /// The next lines, however long they take, and counts meanwhile; none at the end.
    fn wait(&mut self, chunks: &Receiver<Result<Vec<Waiting>>>) -> Result<Option<Result<Vec<Waiting>>>> {
        loop {
            let Some(stats) = &self.outputs.stats else { return Ok(chunks.recv().ok()) };
            match chunks.recv_timeout(stats.next.saturating_duration_since(Instant::now())) {
                Ok(chunk) => return Ok(Some(chunk)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => self.count(false)?,
            }
        }
    }

    /// Takes lines; where reading broke off, those before it are answered.
    fn arrived(&mut self, lines: Result<Vec<Waiting>>) -> Result<()> {
        match lines {
            Ok(lines) => self.take(lines),
            Err(broken) => {
                self.answer()?;
                self.finish()?;
                Err(broken)
            }
        }
    }

    /// Writes a line of counts, where somebody wants it and it is due.
    fn count(&mut self, ended: bool) -> Result<()> {
        match &mut self.outputs.stats {
            Some(stats) if ended || stats.next <= Instant::now() => stats.write(&self.counts, ended),
            _ => Ok(()),
        }
    }

    fn take(&mut self, lines: Vec<Waiting>) -> Result<()> {
        let most = if self.typed.durability == args::Durability::Always { 1 } else { BATCH };
        for waiting in lines {
            let text = waiting.document.as_ref().map_or(0, |(document, _)| document.text.len());
            self.bytes += waiting.line.record.len().max(text);
            self.batch.push(waiting);
            if self.batch.len() >= most || self.bytes >= BATCH_BYTES {
                self.answer()?;
            }
        }
        Ok(())
    }

    /// Answers what waits, and tells what was answered before: that is safe by then.
    fn answer(&mut self) -> Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let mut documents = Vec::with_capacity(self.batch.len());
        let mut prepared = Vec::with_capacity(self.batch.len());
        let mut lines = Vec::with_capacity(self.batch.len());
        for Waiting { line, document } in self.batch.drain(..) {
            if let Some((document, made)) = document {
                documents.push(document);
                prepared.push(made);
            }
            lines.push(line);
        }
        let answers = self.over.answer(&documents, prepared);
        if answers.is_err() {
            // What was answered before may be safe all the same. Where it is not, the first error says why.
            let _ = self.finish();
        }
        let before = self.answered.replace(Answered { lines, answers: answers? });
        before.map_or(Ok(()), |before| self.tell(before))?;
        self.outputs.out.check()
    }

    /// Waits until what was answered last is safe, and tells it.
    fn finish(&mut self) -> Result<()> {
        self.tell_rest()?;
        self.outputs.out.check()
    }

    fn tell(&mut self, Answered { lines, answers }: Answered) -> Result<()> {
        let mut answers = answers.iter();
        for FilterLine { chunk, record, end, rejected } in lines {
            match rejected {
                None => {
                    let answer = answers.next().context("every document has an answer")?;
                    self.write(&chunk.bytes[record.clone()], &chunk.bytes[record.end..end], answer)?;
                }
                Some(reason) => {
                    if chunk.part.begins() {
                        self.counts.rejected += 1;
                        say!("wirecopy: {reason}");
                    }
                    if let Some(file) = &mut self.outputs.rejects {
                        file.write(&chunk.bytes[record.start..end])?;
                        if chunk.part.ends() && !chunk.bytes[..end].ends_with(b"\n") {
                            file.write(b"\n")?;
                        }
                    }
                }
            }
        }
        self.outputs.flush()?;
        self.count(false)
    }

    fn write(&mut self, record: &[u8], rest: &[u8], answer: &Answer) -> Result<()> {
        let Session { written, .. } = self;
        written.clear();
        line::write_line(record, &answer.verdict, written);
        written.extend_from_slice(rest);
        if written.last() != Some(&b'\n') {
            written.push(b'\n');
        }
        self.counts.relations[answer.verdict.relation as usize] += 1;
        self.counts.again += u64::from(answer.again);
        let acts = self.outputs.only.contains(&answer.verdict.relation);
        match &mut self.outputs.duplicates {
            Duplicates::Drop if acts => self.counts.dropped += 1,
            Duplicates::Divert(file) if acts => {
                self.counts.diverted += 1;
                file.write(written)?;
            }
            Duplicates::Tag | Duplicates::Drop | Duplicates::Divert(_) => {
                self.counts.passed += 1;
                self.outputs.out.line(written);
            }
        }
        Ok(())
    }
}
