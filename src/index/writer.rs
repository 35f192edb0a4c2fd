//! The one that writes: takes documents, acknowledges them, seals, merges, deletes.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use super::format::{
    Death, DeathKind, LOG_HEADER, Manifest, READINGS, Record, SegmentEntry, StoredRow, VERSION,
};
use super::job::BackgroundJob;
use super::log::{Log, log_name, log_number, read_logs};
use super::memory::MemoryPart;
use super::merge::Built;
use super::segment::{Segment, segment_name, segment_number};
use super::sieve::Sieving;
use super::store::{Lock, Store};
use super::view::{Deaths, IndexPart, View};
use super::{
    LOCK, MANIFEST, MANIFEST_TMP, SEGMENT_TMP, Setup, check_empty, check_setup, exists, failed, model_hash,
    model_name, now, publish, read_manifest, read_model, write_whole,
};
use crate::error::{Error, ErrorKind, Result};
use crate::recipe::Recipe;

/// When a memory is full, and how many segments are merged.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Documents of a memory.
    pub documents: u32,
    /// Bytes of a memory's texts, ids and verdicts.
    pub bytes: usize,
    /// Segments of about one size that are merged into one.
    pub fan: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { documents: 16_384, bytes: 32 << 20, fan: 4 }
    }
}

/// A document that was taken and is not acknowledged yet.
#[derive(Debug)]
pub struct Admitted {
    /// Its place in the writer's memory.
    pub local: u32,
    /// Its sample.
    pub keys: Vec<u64>,
    /// The version it replaces.
    pub replaces: Option<u32>,
}

/// A document to take: all but its verdict.
#[derive(Debug)]
pub struct NewDocument<'a> {
    /// Its row; ordinal and places are filled in.
    pub row: StoredRow,
    /// Its id, of as many bytes as the row says, its title where the row says that it has one, and its verdict where that is
    /// known.
    pub more: &'a [u8],
    /// Its sample, each key once.
    pub keys: Vec<u64>,
    /// Its compressed text; empty where none is kept.
    pub text: Vec<u8>,
    /// The version it replaces.
    pub replaces: Option<u32>,
}

/// An index, open for writing.
///
/// Documents are taken ([`Writer::admit`]), compared with what is there, given their verdicts
/// ([`Writer::settle`]) and written together ([`Writer::begin`]); others are compared while the disk is busy, and what was
/// begun is acknowledged once it is safe ([`Writer::committed`]). After an error of the disk nothing more is
/// written: open the index again.
#[derive(Debug)]
pub struct Writer {
    store: Arc<dyn Store>,
    recipe: Recipe,
    limits: Limits,
    manifest: Manifest,
    segments: Vec<Arc<Segment>>,
    /// Full memories and their logs, the oldest being sealed.
    full: VecDeque<(Arc<MemoryPart>, u64)>,
    memory: MemoryPart,
    log: Log,
    writing: Option<Pending>,
    deaths: Deaths,
    seal: Option<BackgroundJob<Built>>,
    merge: Option<BackgroundJob<Built>>,
    sieving: Sieving,
    publication: Option<Publication>,
    /// Files that nobody needs any more: giving up a large one takes longer than a batch of documents may wait.
    removals: Vec<BackgroundJob<()>>,
    broken: bool,
    /// Whether documents were loaded and are nowhere yet.
    loading: bool,
    clock: Clock,
    _lock: Lock,
}

/// The time that files are given up by: not the clock's, which may be ahead once, but the earliest that it said when the
/// last few sessions began, and as much more as this session has lasted. What is found goes by the clock.
#[derive(Debug, Clone, Copy)]
struct Clock {
    began: Instant,
    trusted: u64,
}

impl Clock {
    /// Of a session that begins now; takes note of what the clock says.
    fn begin(readings: &mut Vec<u64>) -> Clock {
        readings.push(now());
        readings.drain(..readings.len().saturating_sub(READINGS));
        Clock { began: Instant::now(), trusted: readings.iter().copied().min().unwrap_or(0) }
    }

    fn trusted(&self) -> u64 {
        self.trusted.saturating_add(self.began.elapsed().as_millis() as u64)
    }
}

/// Segments hold documents of a part of the window only, since they expire as a whole: this is how many parts there are.
const WITHIN: u64 = 4;

/// Documents on their way to the log.
#[derive(Debug)]
struct Pending {
    job: BackgroundJob<Vec<u8>>,
    /// The ordinal of the first of them.
    first: u32,
}

/// What nobody needs any more once a manifest without it is published.
#[derive(Debug, Default)]
struct Outdated {
    /// Files.
    names: Vec<String>,
    memory: Option<Arc<MemoryPart>>,
    /// Dropping the last hold on a segment takes its time, too.
    segments: Vec<Arc<Segment>>,
}

impl Outdated {
    fn segments(numbers: impl IntoIterator<Item = u64>) -> Outdated {
        Outdated { names: numbers.into_iter().map(segment_name).collect(), ..Outdated::default() }
    }
}

/// A manifest that is being published while documents are answered, whose logs have them until then.
#[derive(Debug)]
struct Publication {
    job: BackgroundJob<()>,
    outdated: Outdated,
}

/// Who holds the lock, for whoever does not get it.
fn holder() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("process {} on {}", std::process::id(), host.trim())
}

pub(super) fn lock(store: &dyn Store) -> Result<Lock> {
    let taken = store.lock(LOCK, &holder()).map_err(|e| failed(store, LOCK, ErrorKind::Write, e))?;
    taken.map_err(|holder| {
        Error::new(ErrorKind::Locked).at(store.place()).because(format!("{holder} is writing to it"))
    })
}

/// What logs hold that go on.
struct Resumed {
    logs: VecDeque<(Log, MemoryPart)>,
    deaths: Deaths,
}

/// Reads all logs, and then makes safe what they hold, and all names with it: whoever wrote them may have been killed
/// before that, and the answers of this session rest on it.
fn resume(store: &dyn Store, manifest: &Manifest) -> Result<Resumed> {
    let mut deaths: Deaths = manifest.deaths.iter().copied().collect();
    let mut read = Vec::new();
    read_logs(store, manifest, 0, |number, logged| {
        read.push((number, logged));
        Ok(())
    })?;
    let mut logs = VecDeque::new();
    for (number, logged) in read {
        match logged {
            Some(read) => {
                deaths.extend(read.deaths.iter().copied());
                logs.push_back((Log::resume(store, number, &read)?, read.memory));
            }
            None => give_up_nothing(store, number)?,
        }
    }
    store.sync_directory().map_err(|e| failed(store, MANIFEST, ErrorKind::Write, e))?;
    Ok(Resumed { logs, deaths })
}

/// Creates the log that a manifest names and that was not created before a crash.
fn begin_log(store: &dyn Store, manifest: &mut Manifest) -> Result<(Log, MemoryPart)> {
    let log = Log::create(store, manifest.log, manifest.next, manifest.shingle)?;
    manifest.generation += 1;
    manifest.log_len = log.synced();
    publish(store, manifest)?;
    Ok((log, MemoryPart::new(manifest.next)))
}

/// Removes a log that a crash left before its header was safe. What is longer than a header is none: it stays.
fn give_up_nothing(store: &dyn Store, number: u64) -> Result<()> {
    let name = log_name(number);
    let len = store.len(&name).map_err(|e| failed(store, &name, ErrorKind::Read, e))?;
    if len > LOG_HEADER as u64 { Ok(()) } else { remove(store, &name) }
}

impl Writer {
    /// Creates an empty index.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where there is one, [`ErrorKind::Locked`], [`ErrorKind::Write`].
    pub fn create(store: Arc<dyn Store>, setup: &Setup, limits: Limits) -> Result<Writer> {
        if !exists(&*store)? {
            check_empty(&*store)?;
        }
        let held = lock(&*store)?;
        if exists(&*store)? {
            // Parts of one are no place for another.
            let why = match store.len(MANIFEST) {
                Ok(_) => {
                    Error::new(ErrorKind::Setting).at(store.place()).because("there is an index already")
                }
                Err(_) => read_manifest(&*store).err().unwrap_or(Error::new(ErrorKind::Setting)),
            };
            return Err(why);
        }
        let mut readings = Vec::new();
        let clock = Clock::begin(&mut readings);
        let mut manifest = Manifest {
            version: VERSION,
            generation: 1,
            keep: setup.keep,
            shingle: setup.recipe.shingle() as u32,
            recipe: setup.recipe.fingerprint(),
            model: 0,
            window: setup.window,
            next: 0,
            log_from: 1,
            log: 1,
            log_len: 0,
            safe: 0,
            file: 2,
            readings,
            segments: Vec::new(),
            deaths: Vec::new(),
        };
        if let Some(model) = &setup.model {
            manifest.model = model_hash(model);
            write_whole(&*store, &model_name(manifest.model), model)?;
        }
        let log = Log::create(&*store, 1, 0, manifest.shingle)?;
        manifest.log_len = log.synced();
        publish(&*store, &manifest).inspect_err(|_| {
            // It may be there. Nothing is in it yet, and it would be in the way of whoever was told that there is none.
            let _ = store.remove(MANIFEST);
        })?;
        Ok(Writer {
            store,
            recipe: setup.recipe,
            limits,
            manifest,
            segments: Vec::new(),
            full: VecDeque::new(),
            memory: MemoryPart::new(0),
            log,
            writing: None,
            deaths: Deaths::new(),
            seal: None,
            merge: None,
            sieving: Sieving::default(),
            publication: None,
            removals: Vec::new(),
            broken: false,
            loading: false,
            clock,
            _lock: held,
        })
    }

    /// Opens an index. `recipe` and `model` are what it must have been built by, where that matters.
    ///
    /// What a crash tore is cut off and what it left behind removed: nothing of that was acknowledged.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`], [`ErrorKind::Mismatch`], [`ErrorKind::Version`], [`ErrorKind::Corrupt`], or the store's.
    pub fn open(
        store: Arc<dyn Store>,
        recipe: Option<Recipe>,
        model: Option<u64>,
        limits: Limits,
    ) -> Result<Writer> {
        let held = lock(&*store)?;
        let mut manifest = read_manifest(&*store)?;
        let recipe = check_setup(&*store, &manifest, recipe, model)?;
        let segments: Result<Vec<_>> =
            manifest.segments.iter().map(|entry| Segment::open(&*store, entry).map(Arc::new)).collect();
        let segments = segments?;
        let Resumed { mut logs, deaths } = resume(&*store, &manifest)?;
        let (log, memory) = match logs.pop_back() {
            Some(last) => last,
            None => begin_log(&*store, &mut manifest)?,
        };
        // Logs are read in the order of their numbers.
        manifest.file = manifest.file.max(log.number() + 1);
        let clock = Clock::begin(&mut manifest.readings);
        let mut writer = Writer {
            store,
            recipe,
            limits,
            segments,
            full: logs.into_iter().map(|(log, memory)| (Arc::new(memory), log.number())).collect(),
            memory,
            log,
            writing: None,
            deaths,
            seal: None,
            merge: None,
            sieving: Sieving::default(),
            publication: None,
            removals: Vec::new(),
            broken: false,
            loading: false,
            clock,
            _lock: held,
            manifest,
        };
        writer.clean()?;
        let expired = writer.expire();
        if !expired.is_empty() {
            writer.publish()?;
            writer.sweep(Outdated::segments(expired));
        }
        if writer.is_stale() {
            writer.seal()?;
        }
        Ok(writer)
    }

    /// Removes what belongs to no index: a crash left it.
    fn clean(&self) -> Result<()> {
        let names =
            self.store.list().map_err(|e| Error::io(ErrorKind::NotReadable, self.store.place(), e))?;
        let is_ours = |number: u64| self.manifest.segments.iter().any(|segment| segment.number == number);
        for name in names {
            let old_log = log_number(&name).is_some_and(|number| number < self.manifest.log_from);
            let stray = segment_number(&name).is_some_and(|number| !is_ours(number));
            if old_log || stray || [MANIFEST_TMP, SEGMENT_TMP].contains(&name.as_str()) {
                remove(&*self.store, &name)?;
            }
        }
        Ok(())
    }

    /// The recipe it was built by.
    pub fn recipe(&self) -> Recipe {
        self.recipe
    }

    /// What the index was created with and holds, as of the last publication.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The model it was built under, as it is on disk.
    ///
    /// # Errors
    /// Damage.
    pub fn model(&self) -> Result<Option<Vec<u8>>> {
        read_model(&*self.store, &self.manifest)
    }

    /// Everything in it, with what was taken since the last commit.
    pub fn view(&self) -> View<'_> {
        let segments = self.segments.iter().map(|segment| IndexPart::Segment(segment));
        let full = self.full.iter().map(|(memory, _)| IndexPart::Memory(memory));
        View {
            parts: segments.chain(full).chain([IndexPart::Memory(&self.memory)]).collect(),
            deaths: &self.deaths,
            window: self.manifest.window,
            sieved: self.sieving.sieved(&self.segments),
            safe: u32::MAX,
        }
    }

    /// The ordinal of the next document.
    pub fn next(&self) -> u32 {
        self.memory.next()
    }

    /// Takes a document: it is found from now on, and not acknowledged yet.
    ///
    /// # Errors
    /// After an error of the disk; where there are no ordinals left.
    pub fn admit(&mut self, arriving: NewDocument<'_>) -> Result<Admitted> {
        self.check()?;
        self.sieving.asks(arriving.keys.len());
        let (local, ordinal) = (self.memory.len(), self.memory.next());
        if ordinal >= u32::MAX - 1 {
            return Err(Error::new(ErrorKind::TooLarge).at(self.store.place()).because("no ordinals left"));
        }
        let NewDocument { row, more, keys, text, replaces } = arriving;
        self.memory.push(row, &keys, more, &text);
        if let Some(replaced) = replaces {
            self.deaths.insert(replaced, Death { from: ordinal, kind: DeathKind::Replaced });
        }
        Ok(Admitted { local, keys, replaces })
    }

    /// Gives a document its id, verdict and cluster; `more` begins with `id` bytes of id.
    pub fn settle(&mut self, local: u32, id: u16, more: &[u8], cluster: u64) {
        self.memory.set_more(local, id, more);
        self.memory.set_cluster(local, cluster);
    }

    /// Begins to make everything taken since the last time safe, with one sync, without waiting for the disk: it is once
    /// [`Writer::committed`] or another [`Writer::begin`] returns. That waits for what was begun before.
    ///
    /// # Errors
    /// [`ErrorKind::Write`], of what was begun before. Then nothing of either is acknowledged, and both are taken back.
    pub fn begin(&mut self, admitted: Vec<Admitted>) -> Result<()> {
        self.wait()?;
        let first = admitted.first().map_or(self.next(), |one| self.memory.first() + one.local);
        for one in admitted {
            self.log.push(&Record::Document(self.memory.arrival(one.local, one.keys, one.replaces)));
        }
        let job = self.log.begin(&self.store, self.memory.next());
        self.writing = job.map(|job| Pending { job, first });
        Ok(())
    }

    /// Waits until what was begun is safe, and keeps the index in order. What was taken must have been begun.
    ///
    /// # Errors
    /// As [`Writer::begin`].
    pub fn committed(&mut self) -> Result<()> {
        self.wait()?;
        self.tend(false)
    }

    /// As [`Writer::committed`] where there is something to put in order, and nothing otherwise.
    ///
    /// # Errors
    /// As [`Writer::begin`].
    pub fn keep(&mut self) -> Result<()> {
        let is_done = |job: &Option<BackgroundJob<Built>>| job.as_ref().is_some_and(BackgroundJob::is_done);
        if self.is_stale() {
            return self.seal();
        }
        // What was built waits for what is being published, and nothing else for that.
        let is_due = match &self.publication {
            Some(publication) => publication.job.is_done(),
            None => is_done(&self.seal) || is_done(&self.merge),
        };
        if self.is_full() || is_due {
            return self.committed();
        }
        self.sieving.tend(&self.segments);
        self.check()
    }

    /// Whether [`Writer::begin`], [`Writer::keep`] or [`Writer::committed`] would wait for what goes on in the background.
    pub fn would_wait(&self) -> bool {
        let is_writing = self.writing.as_ref().is_some_and(|pending| !pending.job.is_done());
        let is_sealing = || self.seal.as_ref().is_some_and(|job| !job.is_done());
        let is_publishing =
            || self.publication.as_ref().is_some_and(|publication| !publication.job.is_done());
        // Two full memories wait at most: see `try_tend`.
        is_writing || self.is_full() && self.full.len() > 1 && (is_sealing() || is_publishing())
    }

    /// Takes back what was taken from this ordinal on and is not safe.
    pub fn take_back(&mut self, first: u32) {
        self.memory.truncate(first.saturating_sub(self.memory.first()));
        self.deaths.retain(|_, death| death.kind != DeathKind::Replaced || death.from < first);
    }

    /// Waits until what was begun is safe.
    fn wait(&mut self) -> Result<()> {
        self.check()?;
        let Some(Pending { job, first }) = self.writing.take() else { return Ok(()) };
        let written = job.wait();
        match written {
            Ok(buffer) => self.log.written(buffer),
            Err(error) => {
                self.broken = true;
                self.take_back(first);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Deletes documents by ordinal; those that no document has are passed over.
    ///
    /// # Errors
    /// [`ErrorKind::Write`].
    pub fn delete(&mut self, ordinals: &[u32]) -> Result<()> {
        self.wait()?;
        let first = self.memory.next();
        let death = Death { from: first, kind: DeathKind::Deleted };
        for &ordinal in ordinals {
            self.log.push(&Record::Death(ordinal, death));
        }
        self.writing = self.log.begin(&self.store, first).map(|job| Pending { job, first });
        self.wait()?;
        self.deaths.extend(ordinals.iter().map(|&ordinal| (ordinal, death)));
        self.tend(false)
    }

    /// Takes a document into an index that has none, past the log: nothing of what is loaded is there before
    /// [`Writer::loaded`]. `more` begins with the id. Linear in the document.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where documents came in another way, [`ErrorKind::Write`].
    pub fn load(&mut self, arriving: NewDocument<'_>, cluster: u64) -> Result<()> {
        if !self.loading {
            self.check()?;
            if self.next() > 0 {
                let why = "documents are loaded into an empty index only";
                return Err(Error::new(ErrorKind::Setting).at(self.store.place()).because(why));
            }
            self.loading = true;
        }
        let NewDocument { row, more, keys, text, .. } = arriving;
        self.memory.push(StoredRow { cluster, ..row }, &keys, more, &text);
        if self.is_full() {
            let next = self.memory.next();
            let memory = std::mem::replace(&mut self.memory, MemoryPart::new(next));
            self.seal_loaded(memory)?;
        }
        Ok(())
    }

    /// Has a memory of loaded documents written in the background, once the one before is.
    fn seal_loaded(&mut self, memory: MemoryPart) -> Result<()> {
        if let Some(job) = self.seal.take() {
            self.segments.extend(job.wait()?.segment);
        }
        let number = self.file();
        let (store, shingle) = (self.store.clone(), self.manifest.shingle);
        self.seal = Some(BackgroundJob::seal(store, number, shingle, Arc::new(memory)));
        Ok(())
    }

    /// Makes everything that was loaded safe at once, and merges what is due.
    ///
    /// # Errors
    /// [`ErrorKind::Write`]: then nothing of it is there once the index is opened again.
    pub fn loaded(&mut self) -> Result<()> {
        let published = self.publish_loaded();
        self.broken |= published.is_err();
        published?;
        self.loading = false;
        while self.merge.is_none() {
            self.begin_merge();
            let Some(job) = self.merge.take() else { break };
            let merged = job.wait().and_then(|built| self.merged(built)).and_then(|()| self.published(true));
            self.broken |= merged.is_err();
            merged?;
        }
        Ok(())
    }

    fn publish_loaded(&mut self) -> Result<()> {
        let next = self.memory.next();
        let memory = std::mem::replace(&mut self.memory, MemoryPart::new(next));
        self.seal_loaded(memory)?;
        if let Some(job) = self.seal.take() {
            self.segments.extend(job.wait()?.segment);
        }
        // Nothing is loaded before the manifest says so, nor is a log there that begins behind it; and it is known that there
        // is one before anything is in it.
        let old = self.log.number();
        self.log = Log::planned(self.file(), next);
        (self.manifest.next, self.manifest.log_from) = (next, self.log.number());
        self.publish()?;
        self.log = Log::create(&*self.store, self.log.number(), next, self.manifest.shingle)?;
        self.publish()?;
        remove(&*self.store, &log_name(old))
    }

    /// Whether no write failed.
    pub fn is_well(&self) -> bool {
        !self.broken
    }

    fn check(&self) -> Result<()> {
        if self.loading {
            let why = "documents were loaded and are not safe yet";
            return Err(Error::new(ErrorKind::Setting).at(self.store.place()).because(why));
        }
        if self.broken {
            let why = "a write failed before: what the disk has is unknown until the index is opened again";
            Err(Error::new(ErrorKind::Write).at(self.store.place()).because(why))
        } else {
            Ok(())
        }
    }

    /// Publishes what was built in the background, and has built what is due. Waits for it if `wait` says so.
    fn tend(&mut self, wait: bool) -> Result<()> {
        let tended = self.try_tend(wait);
        self.broken |= tended.is_err();
        tended
    }

    fn try_tend(&mut self, wait: bool) -> Result<()> {
        if self.is_full() {
            self.fill()?;
        }
        self.begin_seal()?;
        self.published(wait)?;
        // Two memories wait at most: who writes faster than segments can be written waits here.
        while let Some(job) = self
            .seal
            .take_if(|job| wait || self.full.len() > 2 || job.is_done() && self.publication.is_none())
        {
            self.sealed(job.wait()?)?;
            self.begin_seal()?;
        }
        if let Some(job) = self.merge.take_if(|job| wait || job.is_done() && self.publication.is_none()) {
            self.merged(job.wait()?)?;
        }
        if !wait {
            self.begin_merge();
            self.sieving.tend(&self.segments);
        }
        self.published(wait)?;
        self.swept(wait)
    }

    /// Has files removed that are in no manifest any more, and drops what was made of them.
    fn sweep(&mut self, outdated: Outdated) {
        let store = self.store.clone();
        self.removals.push(BackgroundJob::spawn("removing a file", move |_| {
            let Outdated { names, memory, segments } = outdated;
            drop((memory, segments));
            names.iter().try_for_each(|name| remove(&*store, name))
        }));
    }

    /// Says how removals went that have ended, or all if `wait` says so.
    fn swept(&mut self, wait: bool) -> Result<()> {
        self.removals.extract_if(.., |removal| wait || removal.is_done()).try_for_each(BackgroundJob::wait)
    }

    fn is_full(&self) -> bool {
        self.memory.len() >= self.limits.documents || self.memory.bytes() >= self.limits.bytes
    }

    /// Whether a memory holds what will expire long before the rest of it. Of a frequent key it shows only the first few,
    /// which must not be the ones that are gone.
    fn is_stale(&self) -> bool {
        let window = self.manifest.window;
        let first = self.memory.seen().map(|seen| seen.0);
        window > 0 && first.is_some_and(|first| first.saturating_add(window / WITHIN) < now())
    }

    /// Begins the next log and memory. The old log is whole from now on, to its last mark.
    fn fill(&mut self) -> Result<()> {
        self.log.close(&*self.store)?;
        let (number, next) = (self.file(), self.memory.next());
        let log = Log::create(&*self.store, number, next, self.manifest.shingle)?;
        let empty = MemoryPart::after(&self.memory);
        let memory = std::mem::replace(&mut self.memory, empty);
        let number = std::mem::replace(&mut self.log, log).number();
        self.full.push_back((Arc::new(memory), number));
        Ok(())
    }

    /// The number of a new file: one that no file has, whoever put it there.
    fn file(&mut self) -> u64 {
        let is_taken =
            |number| [log_name(number), segment_name(number)].iter().any(|name| self.store.len(name).is_ok());
        let mut number = self.manifest.file;
        while is_taken(number) {
            number += 1;
        }
        self.manifest.file = number + 1;
        number
    }

    fn begin_seal(&mut self) -> Result<()> {
        if self.seal.is_some() {
            return Ok(());
        }
        while self.full.front().is_some_and(|(memory, _)| memory.is_empty()) {
            self.sealed(Built { segment: None, replaces: Vec::new(), dropped: Vec::new() })?;
        }
        if let Some((memory, _)) = self.full.front().cloned() {
            let number = self.file();
            self.seal = Some(BackgroundJob::seal(self.store.clone(), number, self.manifest.shingle, memory));
        }
        Ok(())
    }

    fn sealed(&mut self, built: Built) -> Result<()> {
        let Some((memory, number)) = self.full.pop_front() else { return Ok(()) };
        self.segments.extend(built.segment);
        self.manifest.next = memory.next();
        self.manifest.log_from = self.full.front().map_or(self.log.number(), |(_, number)| *number);
        let mut outdated = Outdated::segments(self.expire());
        outdated.names.push(log_name(number));
        outdated.memory = Some(memory);
        self.begin_publishing(outdated)
    }

    /// Takes out segments of which every document has been older than the window for some time: see [`Clock`].
    fn expire(&mut self) -> Vec<u64> {
        if self.manifest.window == 0 {
            return Vec::new();
        }
        let oldest = self.clock.trusted().saturating_sub(self.manifest.window);
        let gone: Vec<SegmentEntry> =
            self.segments.iter().map(|segment| segment.entry).filter(|entry| entry.seen.1 < oldest).collect();
        self.segments.retain(|segment| segment.entry.seen.1 >= oldest);
        self.deaths
            .retain(|ordinal, _| gone.iter().all(|entry| !(entry.first..=entry.last).contains(ordinal)));
        gone.iter().map(|entry| entry.number).collect()
    }

    /// Publishes what is there now, once what was begun before is published.
    fn publish(&mut self) -> Result<()> {
        self.published(true)?;
        self.describe();
        publish(&*self.store, &self.manifest)
    }

    /// As [`Writer::publish`], in the background; what is outdated then is removed.
    fn begin_publishing(&mut self, outdated: Outdated) -> Result<()> {
        self.published(true)?;
        self.describe();
        let (store, manifest) = (self.store.clone(), self.manifest.clone());
        let job = BackgroundJob::spawn("publishing a manifest", move |_| publish(&*store, &manifest));
        self.publication = Some(Publication { job, outdated });
        Ok(())
    }

    /// Takes note that what was begun is published, if it is or if `wait` says so.
    fn published(&mut self, wait: bool) -> Result<()> {
        if let Some(Publication { job, outdated }) =
            self.publication.take_if(|publication| wait || publication.job.is_done())
        {
            job.wait()?;
            self.sweep(outdated);
        }
        Ok(())
    }

    /// Makes the manifest say what is there now.
    fn describe(&mut self) {
        self.manifest.generation += 1;
        (self.manifest.log, self.manifest.log_len) = (self.log.number(), self.log.synced());
        self.manifest.safe = self.log.safe();
        self.manifest.segments = self.segments.iter().map(|segment| segment.entry).collect();
        let sealed = self.deaths.iter().filter(|(ordinal, _)| **ordinal < self.manifest.next);
        self.manifest.deaths = sealed.map(|(&ordinal, &death)| (ordinal, death)).collect();
        self.manifest.deaths.sort_unstable_by_key(|death| death.0);
    }

    fn begin_merge(&mut self) {
        if self.merge.is_some() {
            return;
        }
        let Some(range) = self.mergeable() else { return };
        let (number, segments) = (self.file(), self.segments[range].to_vec());
        let (store, shingle) = (self.store.clone(), self.manifest.shingle);
        self.merge = Some(BackgroundJob::merge(store, number, shingle, segments, self.deaths.clone(), false));
    }

    /// The youngest neighbouring segments of about one size, where there are enough.
    fn mergeable(&self) -> Option<Range<usize>> {
        let full = u64::from(self.limits.documents);
        let tier =
            |segment: &Segment| (u64::from(segment.len()) / full).max(1).ilog(self.limits.fan.max(2) as u64);
        let mut end = self.segments.len();
        while end > 0 {
            let size = tier(&self.segments[end - 1]);
            let from =
                self.segments[..end].iter().rposition(|segment| tier(segment) > size).map_or(0, |at| at + 1);
            if end - from >= self.limits.fan.max(2) && self.is_within_window(from..end) {
                return Some(from..end);
            }
            end = from;
        }
        None
    }

    /// Whether segments were seen at one time, compared with the window: whole segments expire.
    fn is_within_window(&self, range: Range<usize>) -> bool {
        let entries = || self.segments[range.clone()].iter().map(|segment| segment.entry.seen);
        let first = entries().map(|seen| seen.0).min().unwrap_or_default();
        let last = entries().map(|seen| seen.1).max().unwrap_or_default();
        self.manifest.window == 0 || last.saturating_sub(first) <= self.manifest.window / WITHIN
    }

    fn merged(&mut self, built: Built) -> Result<()> {
        let numbers: Vec<u64> = self.segments.iter().map(|segment| segment.entry.number).collect();
        let at = numbers.windows(built.replaces.len().max(1)).position(|some| *some == built.replaces[..]);
        let Some(at) = at else {
            // One of them expired meanwhile.
            let number = built.segment.as_ref().map(|segment| segment.entry.number);
            let segments = built.segment.into_iter().collect();
            self.sweep(Outdated { segments, ..Outdated::segments(number) });
            return Ok(());
        };
        self.sieving.merged(&built.replaces, built.segment.as_deref());
        let replaced: Vec<_> = self.segments.splice(at..at + built.replaces.len(), built.segment).collect();
        built.dropped.iter().for_each(|ordinal| {
            self.deaths.remove(ordinal);
        });
        self.begin_publishing(Outdated { segments: replaced, ..Outdated::segments(built.replaces) })
    }

    /// Seals everything, and merges all segments into one without anything dead.
    ///
    /// # Errors
    /// [`ErrorKind::Write`], or damage.
    pub fn compact(&mut self) -> Result<()> {
        self.seal()?;
        if let Some(job) = self.merge.take() {
            job.stop();
            // Whatever it says: its file is removed with the next cleaning.
            let _ = job.wait();
        }
        if self.segments.is_empty() {
            return Ok(());
        }
        let (segments, deaths) = (self.segments.clone(), self.deaths.clone());
        let number = self.file();
        let (store, shingle) = (self.store.clone(), self.manifest.shingle);
        let job = BackgroundJob::merge(store, number, shingle, segments, deaths, true);
        let merged = job.wait().and_then(|built| self.merged(built)).and_then(|()| self.published(true));
        self.broken |= merged.is_err();
        merged?;
        self.swept(true)?;
        self.clean()
    }

    /// Seals everything that is in memory, and waits for what is built in the background.
    ///
    /// # Errors
    /// [`ErrorKind::Write`].
    pub fn seal(&mut self) -> Result<()> {
        self.wait()?;
        if !self.memory.is_empty() {
            self.fill().inspect_err(|_| self.broken = true)?;
        }
        self.tend(true)
    }

    /// Ends the session well: waits for what is built in the background, and writes down how long the log is.
    ///
    /// # Errors
    /// [`ErrorKind::Write`].
    pub fn close(mut self) -> Result<()> {
        self.wait()?;
        self.tend(true)?;
        self.log.close(&*self.store)?;
        if (self.manifest.log, self.manifest.log_len) == (self.log.number(), self.log.synced()) {
            return Ok(());
        }
        self.publish()
    }
}

impl Drop for Writer {
    /// What is built in the background is given up: the next session builds it again.
    fn drop(&mut self) {
        if let Some(writing) = self.writing.take() {
            let _ = writing.job.wait();
        }
        for job in [self.seal.take(), self.merge.take()].into_iter().flatten() {
            job.stop();
            let _ = job.wait();
        }
        self.sieving.stop();
        // What was begun is there or not, as after a crash.
        let _ = self.published(true);
        // A file that stays is removed by the next session.
        let _ = self.swept(true);
    }
}

/// Removes a file that nobody needs; that it is gone already is well.
pub(super) fn remove(store: &dyn Store, name: &str) -> Result<()> {
    match store.remove(name) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed(store, name, ErrorKind::Write, e)),
        Ok(()) | Err(_) => Ok(()),
    }
}
