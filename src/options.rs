//! Policy (what counts as what) and resources (threads, memory), kept apart: resources never change output.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};
use crate::kernel::Kernel;
use crate::mmap::heap::{self, HeapBounds};
use crate::priority::give_way;

/// How candidate pairs are found. Every candidate is verified exactly, whichever it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// A join on winnowed shingles: finds what `candidates` guarantees.
    #[default]
    Join,
    /// Banded MinHash, as most peers do it; for comparison.
    Minhash,
    /// SimHash within Hamming distance 3; for comparison.
    Simhash,
}

/// How pairs are judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// By alignment under a model of the corpus.
    #[default]
    Aligned,
    /// By raw exact Jaccard and containment alone.
    Classic,
}

/// What counts as a duplicate. Changes decisions, never bits.
///
/// ```
/// let mut policy = wirecopy::Policy::default();
/// policy.threshold = 0.8;
/// assert!(policy.validate().is_ok());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Policy {
    /// How pairs are judged.
    pub mode: Mode,
    /// Score from which a pair is `near`.
    pub threshold: f64,
    /// Raw Jaccard from which a pair is `near` in classic mode.
    pub jaccard: f64,
    /// Share of the inner document from which it is `contained`: matched tokens, or in classic mode shingles.
    pub containment: f64,
    /// Matched tokens from which a pair is `partial`.
    pub partial_words: u32,
    /// Tokens that the smaller side of `contained` has at least.
    pub min_words: u32,
    /// How candidates are found.
    pub method: Method,
    /// Seconds that two documents are apart at most, by their dates; one without a date is close to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<u64>,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            mode: Mode::Aligned,
            threshold: 0.7,
            jaccard: 0.8,
            containment: 0.7,
            partial_words: 50,
            min_words: 20,
            method: Method::Join,
            within: None,
        }
    }
}

impl Policy {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where a threshold is not in (0, 1].
    pub fn validate(&self) -> Result<()> {
        let shares =
            [("threshold", self.threshold), ("jaccard", self.jaccard), ("containment", self.containment)];
        for (name, value) in shares {
            if !(value > 0.0 && value <= 1.0) {
                let meant = if value > 1.0 && value <= 100.0 {
                    format!("; did you mean {}?", value / 100.0)
                } else {
                    String::new()
                };
                let range = format!("{name} must be above 0 and at most 1, and {value} was given{meant}");
                return Err(Error::new(ErrorKind::Setting).because(range));
            }
        }
        Ok(())
    }

    /// The least share of the smaller shingle set that a reportable pair has in common: both thresholds
    /// imply it, since `|A and B| >= jaccard * |A or B| >= jaccard * min(|A|, |B|)`.
    pub fn least_overlap(&self) -> f64 {
        self.jaccard.min(self.containment)
    }
}

/// Threads, at most: each takes some megabytes, and tens of thousands of them wait for one another without end.
const MOST_THREADS: usize = 1024;

/// Whether finished steps of a run stay in its work directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeptSteps {
    /// No.
    #[default]
    None,
    /// They stay, and those of an earlier run are replaced.
    Kept,
    /// They stay, and the run goes on after those of an earlier run of the same; where there are none, it starts.
    Resumed,
}

/// Threads, memory and where to spill. Never changes what comes out.
///
/// A clone shares the token and the counters: once cancelled, a run with either is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Resources {
    /// Worker threads; 0 for as many as the machine has.
    pub threads: usize,
    /// Where decompressed input and spilled runs go; the system's temporary directory if `None`.
    pub work_dir: Option<PathBuf>,
    /// Bytes that a run holds in memory beyond mapped input, about; half of what the machine or its control group has if `None`. What
    /// does not fit goes to the work directory, where the program's allocator is [`crate::BoundedHeap`], and documents that are
    /// loaded to be compared are fewer at a time. See [`Resources::bound`].
    pub memory: Option<u64>,
    /// Whether finished steps of a run stay in the work directory, for another run to go on after them.
    pub steps: KeptSteps,
    /// The instruction set of the inner loops.
    pub kernel: Kernel,
    /// Whether the threads give way to others of the process, as those that take documents do to those that answer questions.
    pub behind: bool,
    /// Checked once a batch.
    pub cancel: Cancel,
    /// Counts what was done so far.
    pub progress: Progress,
}

impl Default for Resources {
    fn default() -> Resources {
        Resources {
            threads: 0,
            work_dir: None,
            memory: None,
            steps: KeptSteps::default(),
            kernel: Kernel::detect(),
            behind: false,
            cancel: Cancel::default(),
            progress: Progress::default(),
        }
    }
}

impl Resources {
    /// The same with so many threads; 0 for as many as the machine has.
    pub fn with_threads(self, threads: usize) -> Resources {
        Resources { threads, ..self }
    }

    /// The same with temporary files in this directory.
    pub fn with_work_dir(self, directory: impl Into<PathBuf>) -> Resources {
        Resources { work_dir: Some(directory.into()), ..self }
    }

    /// Bounds the memory of this process as [`Resources::memory`] says; whatever runs in it is bounded together. Returns whether
    /// it is: it is not where the program has another allocator than [`crate::BoundedHeap`].
    ///
    /// # Errors
    /// [`ErrorKind::Write`] where the work directory takes no file, and [`Resources::memory`] is given.
    pub fn bound(&self) -> Result<bool> {
        let Some(bytes) = self.memory.or_else(|| Some(memory_of_machine()? / 2)) else { return Ok(false) };
        let cached = memory_of_machine().unwrap_or(u64::MAX) / CACHED;
        let tables = bytes / 8 * TABLES;
        let large = bytes.saturating_sub(SMALL_BLOCKS).clamp(bytes / 4, bytes / LARGE_BLOCKS);
        let beside_table = tables.saturating_sub(cached.saturating_mul(2)).max(bytes / FEW_LARGE_BLOCKS);
        let large = if large > cached { large.min(beside_table) } else { large };
        let [large, tables, cached] =
            [large, tables, cached].map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        match heap::bound(
            HeapBounds { large, tables, cached },
            self.work_dir.as_deref(),
            self.memory.is_some(),
        ) {
            Err(e) if self.memory.is_some() => Err(not_spilled(self.work_dir.as_deref(), e)),
            // Nobody asked for it. Its file is made when it is needed.
            bounded => Ok(bounded.unwrap_or(false)),
        }
    }

    /// Begins a stage: gives back the memory of the one before, where that may be much.
    ///
    /// # Errors
    /// [`ErrorKind::Write`] where the disk had no room for what memory may not hold.
    pub(crate) fn begin(&self, stage: &'static str) -> Result<()> {
        self.progress.begin(stage);
        let (.., bytes, _) = self.progress.read();
        if bytes >= TRIMMED {
            heap::trim();
        }
        if !heap::overflowed() {
            return Ok(());
        }
        Err(not_spilled(self.work_dir.as_deref(), io::ErrorKind::StorageFull.into()))
    }

    /// A thread pool of this size, of the run's own: the global one is never touched.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] for more threads than any machine has use for, or than the system gives.
    pub fn pool(&self) -> Result<rayon::ThreadPool> {
        if self.threads > MOST_THREADS {
            let many = format!("{} threads, and there are {MOST_THREADS} at most", self.threads);
            return Err(Error::new(ErrorKind::Setting).because(many));
        }
        let behind = self.behind;
        rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .thread_name(|i| format!("wirecopy-{i}"))
            .start_handler(move |_| {
                if behind {
                    give_way();
                }
            })
            .build()
            .map_err(|e| {
                Error::new(ErrorKind::Setting).because(format!("no pool of {} threads: {e}", self.threads))
            })
    }
}

/// Bytes that were read, at least, before freed memory is given back: of less there is little to give, and looking for it takes as
/// long as the heap of the whole process is large.
const TRIMMED: u64 = 16 << 20;

/// That something could not be written into a file without a name.
pub(crate) fn not_spilled(work_dir: Option<&Path>, error: io::Error) -> Error {
    Error::io(ErrorKind::Write, work_dir.map_or_else(std::env::temp_dir, Path::to_owned), error)
}

/// Bytes of small blocks, of the program itself and of stacks, of a bounded run, about: they stay in memory.
const SMALL_BLOCKS: u64 = 40 << 20;

/// One part in so many of a bounded run's memory is for large blocks, at most: small ones grow with the run, and what is free
/// between them (a million generated documents under 384M had 250 MB of them).
const LARGE_BLOCKS: u64 = 2;

/// The same at least, where they leave room to a table that no file should hold, of twice what the system keeps in memory: it writes
/// a list once. Ten million generated documents have a table of 2.8 GB, which did not fit under 4G beside lists of a quarter.
const FEW_LARGE_BLOCKS: u64 = 6;

/// Eighths of a bounded run's memory that are for large blocks with a table among them, which is written here and there.
const TABLES: u64 = 7;

/// One part in so many of the machine's memory may be a table in a file before the system writes it again and again: Linux begins
/// to write when a tenth of its memory is changed.
const CACHED: u64 = 16;

/// Bytes of memory of the machine, or of its control group where that has fewer.
pub(crate) fn memory_of_machine() -> Option<u64> {
    let text = |path: &str| std::fs::read_to_string(path).ok();
    let machine = text("/proc/meminfo").and_then(|all| {
        let line = all.lines().find(|line| line.starts_with("MemTotal:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()?.checked_mul(1024)
    });
    let group = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let group = group.into_iter().find_map(|path| text(path)?.trim().parse::<u64>().ok());
    machine.into_iter().chain(group).min()
}

/// A token to end a run early: clone it, give one to the run, call [`Cancel::cancel`] on the other.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the run to end at its next batch.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Takes the wish back, so that what was found before can be asked again. Nothing may still be ending for it.
    pub fn renew(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether the run should end.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// # Errors
    /// [`ErrorKind::Cancelled`] once [`Cancel::cancel`] was called.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::new(ErrorKind::Cancelled)) } else { Ok(()) }
    }
}

/// Counters and stages that a run moves and an observer reads.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    total_bytes: AtomicU64,
    bytes: AtomicU64,
    documents: AtomicU64,
    planned: AtomicU64,
    done: AtomicU64,
    stages: Mutex<Vec<(&'static str, Instant)>>,
    work: Mutex<Work>,
}

/// The counts that a run's time is proportional to, after its first pass. No report has them: each thread keeps documents of
/// its own, so that they depend on the number of threads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Times that a document was read again.
    pub documents: u64,
    /// Tokens of these.
    pub tokens: u64,
    /// Pairs that were compared by their shingles, to see whether they are worth aligning.
    pub compared: u64,
    /// Pairs that were aligned.
    pub aligned: u64,
    /// Tokens of both documents of these.
    pub aligned_tokens: u64,
}

impl std::ops::AddAssign for Work {
    fn add_assign(&mut self, other: Work) {
        self.documents += other.documents;
        self.tokens += other.tokens;
        self.compared += other.compared;
        self.aligned += other.aligned;
        self.aligned_tokens += other.aligned_tokens;
    }
}

impl Progress {
    pub(crate) fn begin(&self, stage: &'static str) {
        if let Ok(mut stages) = self.0.stages.lock() {
            stages.push((stage, Instant::now()));
        }
        self.0.planned.store(0, Ordering::Relaxed);
        self.0.done.store(0, Ordering::Relaxed);
    }

    /// The stage has so many more parts before it.
    pub(crate) fn plan(&self, parts: u64) {
        self.0.planned.fetch_add(parts, Ordering::Relaxed);
    }

    /// So many more of them are done.
    pub(crate) fn did(&self, parts: u64) {
        self.0.done.fetch_add(parts, Ordering::Relaxed);
    }

    /// The stage that goes on and how long it has, none before the first; and its parts: those that are done, of those that
    /// are known of. Parts are documents, pairs or bytes.
    pub fn stage(&self) -> (Option<(&'static str, Duration)>, [u64; 2]) {
        let stage = self.0.stages.lock().ok().and_then(|stages| stages.last().copied());
        let [done, planned] = [&self.0.done, &self.0.planned].map(|count| count.load(Ordering::Relaxed));
        (stage.map(|(name, begun)| (name, begun.elapsed())), [done.min(planned), planned])
    }

    /// The stages begun so far and how long each took; the last one until now.
    pub fn stages(&self) -> Vec<(&'static str, Duration)> {
        let stages = self.0.stages.lock().map(|stages| stages.clone()).unwrap_or_default();
        let ends = stages.iter().skip(1).map(|(_, begun)| *begun).chain([Instant::now()]);
        stages.iter().zip(ends).map(|((name, begun), end)| (*name, end - *begun)).collect()
    }

    pub(crate) fn add(&self, work: Work) {
        *self.0.work.lock().unwrap_or_else(PoisonError::into_inner) += work;
    }

    /// What was done so far.
    pub fn work(&self) -> Work {
        *self.0.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn expect(&self, bytes: u64) {
        self.0.total_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn advance(&self, bytes: u64, documents: u64) {
        self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.0.documents.fetch_add(documents, Ordering::Relaxed);
    }

    /// Bytes of input in all, bytes read, documents read.
    pub fn read(&self) -> (u64, u64, u64) {
        let counters = &self.0;
        (
            counters.total_bytes.load(Ordering::Relaxed),
            counters.bytes.load(Ordering::Relaxed),
            counters.documents.load(Ordering::Relaxed),
        )
    }
}
