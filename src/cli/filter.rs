//! `wirecopy filter`: documents in, a line with a verdict out for each: the same line, where they came as lines.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::corpus::{CorpusOptions, FieldsSeen, are_asked};
use crate::filter::records::{AskedLine, AskedLines, RecordRules, Records, WaitingLine};
use crate::filter::{Answer, Filter, Incoming, Lookup, Prepared, Preparer, line, open_or_create};
use crate::index::store::{Disk, Store};
use crate::index::{Keep, Limits, Setup, Snapshot};
use crate::judge::Directed;
use crate::mmap::heap;
use crate::options::{Policy, Progress, Resources};
use crate::output::OutputPlace;
use crate::recipe::Recipe;
use anyhow::{Context, Result, bail};
use serde::Serialize;

use super::{args, is_closed_pipe};
use crate::cli::arrivals::{self, Arrival, ArrivalRules};
use crate::cli::output::outputs;
use crate::cli::progress::Bar;
use crate::cli::say::{self, say};

/// Documents that are answered together, at most.
const BATCH: usize = 256;

/// Bytes of lines that are answered together, about.
const BATCH_BYTES: usize = 4 << 20;

/// Bytes of a freed block of one that writes an index from which it is given back to the system: memories of documents and sieves
/// are larger, and what a document needs for itself is not.
const GIVEN_BACK: usize = 1 << 20;

pub fn run(args: &args::Args, typed: &args::FilterArgs) -> Result<ExitCode> {
    let wanted = FilterOutputs::check(args, typed)?;
    let over = open(typed)?;
    // Whoever may not have the index leaves the files of the one that has it alone.
    let outputs = wanted.open()?;
    let paths = once_each(&typed.paths);
    let names = typed.reading.fields.names();
    let seen = are_asked(&names).then(|| Arc::new(Mutex::new(FieldsSeen::default())));
    let rules = RecordRules {
        names: names.clone(),
        site_from: typed.reading.site_from.clone(),
        date_formats: typed.reading.date_formats.clone(),
        max: typed.reading.max_record,
    };
    let mut records = Records::new(rules, paths.clone(), over.preparer()).noting(seen.clone());
    let progress = Progress::default();
    let mut session = Session {
        typed,
        progress: &progress,
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
        progress: progress.clone(),
    };
    let arrivals = arrivals::read(&paths, rules, move |arrival| match arrival {
        Arrival::Lines(chunk) => Ok(records.lines(chunk)?),
        Arrival::Documents { input, corpus, piece, is_stream } => {
            Ok(records.documents(input, corpus, piece, is_stream)?)
        }
        Arrival::Unreadable { input, problem } => Ok(records.unreadable(input, problem)?),
    })?;
    let bar = Bar::beside_output(&progress, args.quiet);
    let result = session.all(&arrivals);
    drop(bar);
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
    // Who writes an index may do so for months.
    heap::give_back_freed(GIVEN_BACK);
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

/// Lines that have their answers, which nobody was told yet.
struct Answered {
    lines: Vec<AskedLine>,
    answers: Vec<Answer>,
}

struct Session<'a> {
    typed: &'a args::FilterArgs,
    progress: &'a Progress,
    over: Over,
    outputs: LineOutputs,
    counts: LineOutcomes,
    batch: Vec<WaitingLine>,
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
    fn all(&mut self, chunks: &Receiver<Result<Vec<WaitingLine>>>) -> Result<()> {
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
    fn wait(
        &mut self,
        chunks: &Receiver<Result<Vec<WaitingLine>>>,
    ) -> Result<Option<Result<Vec<WaitingLine>>>> {
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
    fn arrived(&mut self, lines: Result<Vec<WaitingLine>>) -> Result<()> {
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

    fn take(&mut self, lines: Vec<WaitingLine>) -> Result<()> {
        let most = if self.typed.durability == args::Durability::Always { 1 } else { BATCH };
        for waiting in lines {
            self.bytes += waiting.bytes();
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
        let mut asked = AskedLines::default();
        asked.extend(self.batch.drain(..));
        let AskedLines { lines, documents, prepared } = asked;
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
        for line in lines {
            match line.rejected() {
                None => {
                    let answer = answers.next().context("every document has an answer")?;
                    self.write(&line, answer)?;
                }
                Some(reason) => {
                    if line.begins() {
                        self.counts.rejected += 1;
                        say!("wirecopy: {reason}");
                    }
                    if let Some(file) = &mut self.outputs.rejects {
                        let (bytes, end) = line.raw();
                        file.write(bytes)?;
                        file.write(end)?;
                    }
                }
            }
        }
        self.outputs.flush()?;
        self.count(false)
    }

    fn write(&mut self, line: &AskedLine, answer: &Answer) -> Result<()> {
        let Session { written, .. } = self;
        written.clear();
        line.write(answer, written);
        self.counts.relations[answer.verdict.relation as usize] += 1;
        self.counts.again += u64::from(answer.again);
        self.progress.advance(0, 1);
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
