//! A filter that answers questions while it takes documents.
//!
//! [`Filter`] has one owner at a time. Here several threads ask while one takes: the lock is held for as long as documents are put
//! into memory or given their verdicts, and not while a batch is synced or a segment is written; only a deletion, and the log that
//! follows a full one, are synced under it. Whoever asks sees what is safe on disk, and nothing of what was begun after it.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};
use std::time::Duration;

use super::core::Core;
use super::{Answer, Filter, Incoming, Prepared, Preparer, Settling, lookup};
use crate::document::{Identity, id_hash};
use crate::error::Result;
use crate::index::verdict::Verdict;
use crate::index::view::View;
use crate::judge::{Comparison, Judge, Names, compare_named};
use crate::options::{Policy, Resources};

/// How long what takes documents sleeps while the disk works: much shorter than a sync.
const NAP: Duration = Duration::from_micros(200);

/// Documents that are given their verdicts before others are let in: a fraction of a millisecond.
const SETTLED: usize = 8;

/// How often the processor is given up for those that wait, at most: they need it once or twice, and must not keep documents
/// from being taken.
const YIELDS: usize = 64;

/// A filter that several threads ask while one takes documents.
#[derive(Debug)]
pub struct SharedFilter {
    filter: RwLock<Filter>,
    /// Held by the one that takes documents or deletes.
    taking: Mutex<()>,
    /// Documents from this ordinal on may not be safe.
    safe: AtomicU32,
    /// What judges for those that ask, each with a thread's memory.
    askers: Vec<Mutex<Core>>,
    /// Whose turn it is where all are busy.
    turn: AtomicUsize,
    /// How many wait for the lock, to ask.
    waiting: AtomicUsize,
}

/// A document of an index.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexedDocument {
    /// The document as it came; its text is empty where none is kept.
    pub document: Incoming,
    /// Whether its text is kept.
    pub has_text: bool,
    /// What was said of it when it came.
    pub verdict: Verdict,
}

/// An index in figures that cost no look at its documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexFigures {
    /// Documents that were neither deleted nor replaced; those that have expired count until they are dropped.
    pub documents: u64,
    /// Segments.
    pub segments: usize,
    /// Bytes of segments.
    pub segment_bytes: u64,
}

impl SharedFilter {
    /// Shares a filter among as many that ask at a time as `resources` have threads; `policy` is the filter's own.
    ///
    /// # Errors
    /// Damage of the model, or no threads.
    pub fn new(filter: Filter, policy: Policy, resources: &Resources) -> Result<SharedFilter> {
        let (settings, model) =
            ((filter.writer.recipe(), filter.writer.manifest().keep), filter.writer.model()?);
        let own = Resources { threads: 1, ..resources.clone() };
        let asker = |_| Ok(Mutex::new(Core::new(settings, model.as_deref(), policy, &own, false)?));
        let askers = (0..filter.preparer().pool.threads().max(1)).map(asker).collect::<Result<_>>()?;
        let safe = AtomicU32::new(filter.writer.next());
        let (taking, turn, waiting) = (Mutex::new(()), AtomicUsize::new(0), AtomicUsize::new(0));
        Ok(SharedFilter { filter: RwLock::new(filter), taking, safe, askers, turn, waiting })
    }

    /// What prepares documents for [`SharedFilter::begin`], from any thread.
    pub fn preparer(&self) -> Preparer {
        self.read().preparer()
    }

    /// As [`Filter::begin`].
    ///
    /// # Errors
    /// As [`Filter::begin`].
    ///
    /// # Panics
    /// Where `prepared` is shorter.
    pub fn begin(&self, documents: &[Incoming], prepared: Vec<Prepared>) -> Result<Vec<Answer>> {
        let _taking = held(&self.taking);
        self.nap();
        self.write().writer.keep()?;
        let first = self.read().writer.next();
        let begun = self.begin_from(documents, prepared);
        match &begun {
            // What was begun before is safe by now.
            Ok(_) => self.safe.store(first, Ordering::Release),
            Err(_) => {
                let mut filter = self.write();
                filter.writer.take_back(first);
                filter.core.forget(first);
            }
        }
        begun
    }

    fn begin_from(&self, documents: &[Incoming], prepared: Vec<Prepared>) -> Result<Vec<Answer>> {
        let earlier = {
            let filter = self.read();
            filter.core.earlier(&filter.writer.view(), documents, &prepared)?
        };
        let (arrived, admitted) = self.write().admit(documents, prepared, earlier)?;
        let found = {
            let filter = self.read();
            filter.core.look(&filter.writer.view(), &arrived)?
        };
        let mut settling = Settling::of(&admitted);
        let mut answers = Vec::with_capacity(arrived.len());
        let mut each = arrived.into_iter().zip(found).peekable();
        while each.peek().is_some() {
            let mut filter = self.write();
            for (arrived, found) in each.by_ref().take(SETTLED) {
                answers.push(filter.settle(&arrived, found, &mut settling)?);
            }
            drop(filter);
            self.let_in();
        }
        self.nap();
        self.write().writer.begin(admitted)?;
        Ok(answers)
    }

    /// Lets those in that wait: what gives the lock back and takes it again at once is there before they wake.
    fn let_in(&self) {
        for _ in 0..YIELDS {
            if self.waiting.load(Ordering::Acquire) == 0 {
                return;
            }
            std::thread::yield_now();
        }
    }

    /// As [`Filter::finish`].
    ///
    /// # Errors
    /// As [`Filter::finish`].
    pub fn finish(&self) -> Result<()> {
        let _taking = held(&self.taking);
        self.nap();
        let mut filter = self.write();
        filter.finish()?;
        self.safe.store(filter.writer.next(), Ordering::Release);
        Ok(())
    }

    /// As [`Filter::delete`]; of one site's documents alone, where one is named.
    ///
    /// # Errors
    /// As [`Filter::delete`].
    pub fn delete(&self, ids: &[String], site: Option<&str>) -> Result<usize> {
        let _taking = held(&self.taking);
        self.nap();
        let mut filter = self.write();
        let deleted = filter.delete_of(ids, site)?;
        self.safe.store(filter.writer.next(), Ordering::Release);
        Ok(deleted)
    }

    /// Waits for the disk while others ask.
    fn nap(&self) {
        while self.read().writer.would_wait() {
            std::thread::sleep(NAP);
        }
    }

    /// The answer that each document would be given by what is safe, each for itself; takes none.
    ///
    /// # Errors
    /// Damage that was met.
    pub fn check(&self, documents: &[Incoming]) -> Result<Vec<Answer>> {
        let prepared = self.asker().preparer.prepare(documents)?;
        self.answer(documents, prepared)
    }

    /// As [`SharedFilter::check`], of documents that a [`Preparer`] of this filter made ready.
    ///
    /// # Errors
    /// Damage that was met.
    ///
    /// # Panics
    /// Where `prepared` is shorter.
    pub fn answer(&self, documents: &[Incoming], prepared: Vec<Prepared>) -> Result<Vec<Answer>> {
        let asker = self.asker();
        self.ask(|view| asker.check((view, view.safe), documents, prepared))
    }

    /// The last version of every document of an id that is safe, one for each site that has one; of one site alone, where
    /// one is named.
    ///
    /// # Errors
    /// Damage.
    pub fn documents(&self, id: &str, site: Option<&str>) -> Result<Vec<IndexedDocument>> {
        self.ask(|view| {
            let mut found: Vec<IndexedDocument> = Vec::new();
            for (place, row) in lookup(view, id)? {
                let (verdict, meta) = view.said(place, &row)?;
                if site.is_some_and(|site| site != meta.site) {
                    continue;
                }
                let has_text = row.packed > 0;
                let text =
                    if has_text { super::unpack(view.text(place, &row)?, &row)? } else { String::new() };
                let given = |value: &Option<String>| value.clone().unwrap_or_default();
                let title =
                    meta.title.clone().map_or_else(|| view.title(place, &row).map(str::to_owned), Ok)?;
                let document = Incoming::new(&meta.id, text)
                    .site(&meta.site)
                    .url(&given(&meta.url))
                    .canonical_url(&given(&meta.canonical_url))
                    .title(&title)
                    .date(&given(&meta.date));
                found.retain(|one| one.document.meta.site != meta.site);
                found.push(IndexedDocument { document, has_text, verdict });
            }
            Ok(found)
        })
    }

    /// Two documents compared by themselves, under the model of the index.
    pub fn compare(&self, a: &Incoming, b: &Incoming) -> Comparison {
        let asker = self.asker();
        let judge = Judge { learns: false, ..asker.judge() };
        compare_named(judge, [(names(a), &a.text), (names(b), &b.text)])
    }

    /// Asks of what is safe.
    fn ask<T>(&self, ask: impl FnOnce(&View<'_>) -> Result<T>) -> Result<T> {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        let filter = self.read();
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        ask(&View { safe: self.safe.load(Ordering::Acquire), ..filter.writer.view() })
    }

    /// How much there is.
    pub fn figures(&self) -> IndexFigures {
        let filter = self.read();
        let manifest = filter.writer.manifest();
        let view = filter.writer.view();
        IndexFigures {
            documents: view.held().saturating_sub(view.deaths.len() as u64),
            segments: manifest.segments.len(),
            segment_bytes: manifest.segments.iter().map(|segment| segment.bytes).sum(),
        }
    }

    /// Whether the disk takes what is written.
    pub fn is_well(&self) -> bool {
        self.read().writer.is_well()
    }

    /// As [`Filter::close`].
    ///
    /// # Errors
    /// As [`Filter::close`].
    pub fn close(self) -> Result<()> {
        self.filter.into_inner().unwrap_or_else(PoisonError::into_inner).close()
    }

    /// One that judges, as soon as one is free.
    fn asker(&self) -> MutexGuard<'_, Core> {
        for asker in &self.askers {
            match asker.try_lock() {
                Ok(free) => return free,
                Err(TryLockError::Poisoned(free)) => return free.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        held(&self.askers[turn % self.askers.len()])
    }

    fn read(&self) -> RwLockReadGuard<'_, Filter> {
        self.filter.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Filter> {
        self.filter.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn names(document: &Incoming) -> Names<'_> {
    let id = if document.named { id_hash(document.id.as_bytes()) } else { 0 };
    let title = document.meta.title.as_deref().unwrap_or_default();
    Names { title, identity: Identity { id, ..document.identity } }
}
