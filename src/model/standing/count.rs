//! Counts of one group of documents: of each shingle that several have, its documents and its items.
//!
//! Most shingles of news stand in one document. A first look, two bits a slot, leaves them out; the others get a place
//! in one table that all threads count in. What is added is whole numbers, so that the sums depend neither on the
//! number of threads nor on who came first.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

use rayon::prelude::*;

use super::learn::Pages;
use super::news::{Heights, level};
use super::{ITEM, Weeks};
use crate::error::Result;
use crate::hash::MULTIPLIERS;
use crate::kernel::prefetch;
use crate::model::hashed::SeenTwice;

/// How many shingles ahead memory is asked for.
const AHEAD: usize = 16;

/// Places that are tried for one shingle before a table counts as full.
const PROBES: usize = 256;

/// Different weeks from which half of them count as items: as many as a site that is known needs.
const FEWEST_WEEKS: u32 = 8;

/// A group of documents that are counted together.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountGroup<'a> {
    /// Their numbers.
    pub numbers: &'a [u32],
    /// Their shingles that are read, about.
    pub shingles: u64,
    /// Whether noisy ones count: in a mix of sites each noisy print of one story has news of its own.
    pub noisy: bool,
    /// Whether weeks count.
    pub weeks: Weeks,
}

/// What a group has of a shingle that several of its documents have, or seem to.
#[derive(Debug, Default)]
struct Tally {
    /// The shingle, or 0 where there is none; a shingle of hash 0 is counted as 1.
    shingle: AtomicU64,
    items: AtomicU64,
    documents: AtomicU32,
    /// Documents without news of their own.
    bare: AtomicU32,
}

/// A shingle's counts within one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub shingle: u64,
    pub documents: u32,
    /// Each of them [`ITEM`].
    pub items: u64,
    pub bare: u32,
}

/// Open addressing by shingle.
struct CountTable {
    /// A power of two of them.
    slots: Vec<Tally>,
    full: AtomicBool,
}

impl CountTable {
    fn new(candidates: usize) -> CountTable {
        let slots = (2 * candidates).next_power_of_two().max(64);
        CountTable { slots: (0..slots).map(|_| Tally::default()).collect(), full: AtomicBool::new(false) }
    }

    #[inline]
    fn start(&self, shingle: u64) -> usize {
        (shingle.wrapping_mul(MULTIPLIERS[0]) >> 24) as usize & (self.slots.len() - 1)
    }

    #[inline]
    fn prefetch(&self, shingle: Option<&(u32, u64)>) {
        if let Some(&(_, shingle)) = shingle {
            prefetch(self.slots.get(self.start(shingle)));
        }
    }

    /// The slot of a shingle, which is made if there is none.
    #[inline]
    fn slot(&self, shingle: u64) -> Option<u32> {
        let shingle = shingle.max(1);
        let mut at = self.start(shingle);
        for _ in 0..PROBES {
            let mut found = self.slots[at].shingle.load(Relaxed);
            if found == 0 {
                let taken = self.slots[at].shingle.compare_exchange(0, shingle, Relaxed, Relaxed);
                found = taken.map_or_else(|other| other, |_| shingle);
            }
            if found == shingle {
                return Some(at as u32);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.full.store(true, Relaxed);
        None
    }
}

/// Which slots one document has had already; made for reuse.
#[derive(Default)]
struct Distinct {
    /// The round in which a slot was put here, and the slot.
    places: Vec<(u32, u32)>,
    round: u32,
}

impl Distinct {
    /// Forgets all, and makes room for so many.
    fn clear(&mut self, slots: usize) {
        let places = (2 * slots).next_power_of_two().max(64);
        if places > self.places.len() || self.round == u32::MAX {
            self.places = vec![(0, 0); places];
            self.round = 0;
        }
        self.round += 1;
    }

    /// Whether the slot is there for the first time.
    #[inline]
    fn insert(&mut self, slot: u32) -> bool {
        let mask = self.places.len() - 1;
        let mut at = (u64::from(slot).wrapping_mul(MULTIPLIERS[1]) >> 32) as usize & mask;
        loop {
            let (round, other) = self.places[at];
            if round != self.round {
                self.places[at] = (self.round, slot);
                return true;
            }
            if other == slot {
                return false;
            }
            at = (at + 1) & mask;
        }
    }
}

/// Set on the place of a shingle that the document had before.
const REPEAT: u32 = 1 << 31;

/// What is kept of a document between the passes.
struct Posted {
    tokens: usize,
    day: Option<i64>,
    /// Place and slot of each shingle that several documents seem to have.
    slots: Box<[(u32, u32)]>,
}

impl Posted {
    /// Its slots, each once.
    fn distinct(&self) -> impl Iterator<Item = u32> + '_ {
        self.slots.iter().filter(|(at, _)| at & REPEAT == 0).map(|&(_, slot)| slot)
    }
}

/// Memory of one thread.
struct Counter<R> {
    reader: R,
    again: Vec<(u32, u64)>,
    distinct: Distinct,
}

/// Counts a group, and calls `keep` with what it has of every shingle that several of its documents have; what `keep`
/// returns comes in no order. Reads every document twice. Time is linear in tokens.
///
/// # Errors
/// Those of `pages`.
pub(super) fn count<P: Pages, T: Send>(
    pages: &P,
    k: usize,
    group: CountGroup<'_>,
    keep: impl Fn(Counts) -> Option<T> + Sync,
) -> Result<Vec<T>> {
    let look = look(pages, group)?;
    let mut candidates = look.candidates();
    let (table, posted) = loop {
        let table = CountTable::new(candidates);
        let posted = post(pages, group, &look, &table)?;
        if !table.full.load(Relaxed) {
            break (table, posted);
        }
        candidates = 2 * table.slots.len();
    };
    drop(look);
    let all = rayon::join(|| add_items(k, &table, &posted), || weeks(group.weeks, &table, &posted)).1;
    drop(posted);
    let counts = |(number, slot): (usize, &Tally)| {
        let documents = slot.documents.load(Relaxed);
        let weeks = all.get(number).map_or(0, |weeks| weeks.load(Relaxed));
        let of_weeks = if weeks >= FEWEST_WEEKS { u64::from(weeks) * ITEM / 2 } else { 0 };
        let items = slot.items.load(Relaxed).max(of_weeks);
        let counts =
            Counts { shingle: slot.shingle.load(Relaxed), documents, items, bare: slot.bare.load(Relaxed) };
        if documents > 1 { keep(counts) } else { None }
    };
    Ok(table.slots.par_iter().enumerate().filter_map(counts).collect())
}

/// The first look at all documents of a group.
fn look<P: Pages>(pages: &P, group: CountGroup<'_>) -> Result<SeenTwice> {
    let look = SeenTwice::new(group.shingles);
    group.numbers.par_iter().try_for_each_init(
        || pages.reader(),
        |reader, &number| -> Result<()> {
            let text = pages.read(reader, number)?;
            if text.noisy && !group.noisy {
                return Ok(());
            }
            look.look(text.shingles);
            Ok(())
        },
    )?;
    Ok(look)
}

/// Counts the documents of each shingle.
fn post<P: Pages>(
    pages: &P,
    group: CountGroup<'_>,
    look: &SeenTwice,
    table: &CountTable,
) -> Result<Vec<Posted>> {
    let worker = || Counter { reader: pages.reader(), again: Vec::new(), distinct: Distinct::default() };
    let posted = group.numbers.par_iter().map_init(worker, |worker, &number| {
        let text = pages.read(&mut worker.reader, number)?;
        if text.shingles.is_empty() || (text.noisy && !group.noisy) {
            return Ok(None);
        }
        worker.again.clear();
        for (i, (at, shingle)) in text.placed().enumerate() {
            look.prefetch(text.shingles.get(i + AHEAD));
            if look.again(shingle) {
                worker.again.push((at, shingle));
            }
        }
        let slots = table.post(&worker.again, &mut worker.distinct);
        let tokens = pages.page(number).map_or(0, |page| page.tokens as usize);
        Ok(Some(Posted { tokens, day: text.day, slots }))
    });
    let posted: Vec<Option<Posted>> = posted.collect::<Result<_>>()?;
    Ok(posted.into_iter().flatten().collect())
}

impl CountTable {
    /// Counts one document for each of its shingles, given with their places; returns places and slots.
    fn post(&self, shingles: &[(u32, u64)], distinct: &mut Distinct) -> Box<[(u32, u32)]> {
        distinct.clear(shingles.len());
        let mut slots = Vec::with_capacity(shingles.len());
        for (i, &(at, shingle)) in shingles.iter().enumerate() {
            self.prefetch(shingles.get(i + AHEAD));
            let Some(slot) = self.slot(shingle) else { break };
            if distinct.insert(slot) {
                self.slots[slot as usize].documents.fetch_add(1, Relaxed);
                slots.push((at, slot));
            } else {
                slots.push((at | REPEAT, slot));
            }
        }
        slots.into_boxed_slice()
    }
}

/// Adds what each document gives to the items of its shingles.
fn add_items(k: usize, table: &CountTable, posted: &[Posted]) {
    posted.par_iter().for_each_init(Heights::default, |heights, document| {
        heights.clear(document.tokens);
        for (i, &(at, slot)) in document.slots.iter().enumerate() {
            let ahead = document.slots.get(i + AHEAD).map(|&(_, slot)| slot as usize);
            prefetch(ahead.and_then(|slot| table.slots.get(slot)));
            let documents = table.slots[slot as usize].documents.load(Relaxed);
            if documents > 1 {
                heights.cover((at & !REPEAT) as usize, k, level(documents));
            }
        }
        let printed = heights.printed();
        for slot in document.distinct() {
            let slot = &table.slots[slot as usize];
            match printed {
                Some(others) if 2 * others <= slot.documents.load(Relaxed) => {
                    slot.items.fetch_add(ITEM / u64::from(others), Relaxed);
                }
                _ => {
                    slot.bare.fetch_add(1, Relaxed);
                }
            }
        }
    });
}

/// By slot: in how many different weeks documents with a date have the shingle; empty where that says nothing.
fn weeks(wanted: Weeks, table: &CountTable, posted: &[Posted]) -> Vec<AtomicU32> {
    let mut of_week: BTreeMap<i64, Vec<&Posted>> = BTreeMap::new();
    if wanted == Weeks::Counted {
        let dated = posted.iter().filter_map(|document| Some((document.day?, document)));
        dated.for_each(|(day, document)| of_week.entry(day.div_euclid(7)).or_default().push(document));
    }
    if of_week.len() < FEWEST_WEEKS as usize {
        return Vec::new();
    }
    let weeks: Vec<AtomicU32> = table.slots.iter().map(|_| AtomicU32::new(0)).collect();
    let often = |slot: &u32| table.slots[*slot as usize].documents.load(Relaxed) >= FEWEST_WEEKS;
    let of_week: Vec<Vec<&Posted>> = of_week.into_values().collect();
    of_week.par_iter().for_each_init(Vec::new, |slots, documents| {
        slots.clear();
        slots.extend(documents.iter().flat_map(|document| document.distinct()).filter(often));
        slots.sort_unstable();
        slots.dedup();
        for &slot in &*slots {
            weeks[slot as usize].fetch_add(1, Relaxed);
        }
    });
    weeks
}
