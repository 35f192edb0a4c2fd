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
use super::{ITEM, SMALL, Weeks};
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

/// What a group has of a shingle that [`FEWEST`] of its documents have.
#[derive(Debug, Default)]
struct Tally {
    items: AtomicU64,
    /// Documents without news of their own.
    bare: AtomicU32,
}

/// Documents of a shingle, at least, whose items are counted: in fewer none stands.
const FEWEST: u32 = (SMALL / ITEM) as u32;

/// A shingle's counts within one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub shingle: u64,
    pub documents: u32,
    /// Each of them [`ITEM`].
    pub items: u64,
    pub bare: u32,
}

/// How many documents have each shingle that several have, or seem to: open addressing by shingle.
struct CountTable {
    /// The shingle of each slot, or 0 where there is none; a shingle of hash 0 is counted as 1. A power of two of them.
    shingles: Vec<AtomicU64>,
    documents: Vec<AtomicU32>,
    full: AtomicBool,
}

impl CountTable {
    fn new(candidates: usize) -> CountTable {
        let slots = (2 * candidates).next_power_of_two().max(64);
        CountTable {
            shingles: (0..slots).map(|_| AtomicU64::new(0)).collect(),
            documents: (0..slots).map(|_| AtomicU32::new(0)).collect(),
            full: AtomicBool::new(false),
        }
    }

    /// How many documents have the shingle of a slot.
    #[inline]
    fn count(&self, slot: u32) -> u32 {
        self.documents[slot as usize].load(Relaxed)
    }

    #[inline]
    fn start(&self, shingle: u64) -> usize {
        (shingle.wrapping_mul(MULTIPLIERS[0]) >> 24) as usize & (self.shingles.len() - 1)
    }

    #[inline]
    fn prefetch(&self, shingle: Option<&(u32, u64)>) {
        if let Some(&(_, shingle)) = shingle {
            prefetch(self.shingles.get(self.start(shingle)));
            prefetch(self.documents.get(self.start(shingle)));
        }
    }

    /// The slot of a shingle, which is made if there is none.
    #[inline]
    fn slot(&self, shingle: u64) -> Option<u32> {
        let shingle = shingle.max(1);
        let mut at = self.start(shingle);
        for _ in 0..PROBES {
            let mut found = self.shingles[at].load(Relaxed);
            if found == 0 {
                let taken = self.shingles[at].compare_exchange(0, shingle, Relaxed, Relaxed);
                found = taken.map_or_else(|other| other, |_| shingle);
            }
            if found == shingle {
                return Some(at as u32);
            }
            at = (at + 1) & (self.shingles.len() - 1);
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
struct Posted<'a> {
    tokens: usize,
    day: Option<i64>,
    /// Place and slot of each shingle that several documents seem to have.
    slots: &'a [(u32, u32)],
}

/// Documents that are posted side by side: a list for each would take as much memory again.
const BUNDLE: usize = 64;

/// What is kept of such documents.
#[derive(Default)]
struct PostedBundle {
    /// Of each: its tokens, its day, and where its slots end.
    documents: Vec<(usize, Option<i64>, usize)>,
    slots: Vec<(u32, u32)>,
}

impl PostedBundle {
    fn documents(&self) -> impl Iterator<Item = Posted<'_>> {
        let starts = std::iter::once(0).chain(self.documents.iter().map(|&(.., end)| end));
        let of = |(start, &(tokens, day, end)): (usize, &(usize, Option<i64>, usize))| Posted {
            tokens,
            day,
            slots: &self.slots[start..end],
        };
        starts.zip(&self.documents).map(of)
    }
}

impl Posted<'_> {
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
        candidates = 2 * table.shingles.len();
    };
    drop(look);
    let tallied = Tallied::of(&table);
    let (add, weeks) = (|| add_items(k, &table, &tallied, &posted), || weeks(group.weeks, &tallied, &posted));
    let all = rayon::join(add, weeks).1;
    drop(posted);
    let counts = |(number, &slot): (usize, &u32)| {
        let tally = &tallied.tallies[number];
        let weeks = all.get(number).map_or(0, |weeks| weeks.load(Relaxed));
        let of_weeks = if weeks >= FEWEST_WEEKS { u64::from(weeks) * ITEM / 2 } else { 0 };
        keep(Counts {
            shingle: table.shingles[slot as usize].load(Relaxed),
            documents: table.count(slot),
            items: tally.items.load(Relaxed).max(of_weeks),
            bare: tally.bare.load(Relaxed),
        })
    };
    Ok(tallied.slots.par_iter().enumerate().filter_map(counts).collect())
}

/// The slots of a table whose items are counted.
struct Tallied {
    /// They, ascending.
    slots: Vec<u32>,
    /// A bit for each slot of the table, and for each word how many are set before it.
    bits: Vec<(u64, u32)>,
    /// By number.
    tallies: Vec<Tally>,
}

impl Tallied {
    fn of(table: &CountTable) -> Tallied {
        let (mut slots, mut bits) = (Vec::new(), Vec::with_capacity(table.documents.len().div_ceil(64)));
        for (documents, first) in table.documents.chunks(64).zip((0u32..).step_by(64)) {
            let before = slots.len() as u32;
            let mut word = 0;
            for (documents, bit) in documents.iter().zip(0..) {
                if documents.load(Relaxed) >= FEWEST {
                    word |= 1 << bit;
                    slots.push(first + bit);
                }
            }
            bits.push((word, before));
        }
        let tallies = slots.iter().map(|_| Tally::default()).collect();
        Tallied { slots, bits, tallies }
    }

    /// The number of a slot, where its items are counted.
    #[inline]
    fn number(&self, slot: u32) -> Option<usize> {
        let (word, before) = self.bits[slot as usize / 64];
        let bit = 1u64 << (slot % 64);
        (word & bit != 0).then(|| before as usize + (word & (bit - 1)).count_ones() as usize)
    }
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
) -> Result<Vec<PostedBundle>> {
    let worker = || Counter { reader: pages.reader(), again: Vec::new(), distinct: Distinct::default() };
    let posted = group.numbers.par_chunks(BUNDLE).map_init(worker, |worker, numbers| {
        let mut bundle = PostedBundle::default();
        for &number in numbers {
            let text = pages.read(&mut worker.reader, number)?;
            if text.shingles.is_empty() || (text.noisy && !group.noisy) {
                continue;
            }
            worker.again.clear();
            for (i, (at, shingle)) in text.placed().enumerate() {
                look.prefetch(text.shingles.get(i + AHEAD));
                if look.again(shingle) {
                    worker.again.push((at, shingle));
                }
            }
            table.post(&worker.again, &mut worker.distinct, &mut bundle.slots);
            let tokens = pages.page(number).map_or(0, |page| page.tokens as usize);
            bundle.documents.push((tokens, text.day, bundle.slots.len()));
        }
        bundle.slots.shrink_to_fit();
        Ok(bundle)
    });
    posted.collect()
}

impl CountTable {
    /// Counts one document for each of its shingles, given with their places; appends places and slots.
    fn post(&self, shingles: &[(u32, u64)], distinct: &mut Distinct, slots: &mut Vec<(u32, u32)>) {
        distinct.clear(shingles.len());
        for (i, &(at, shingle)) in shingles.iter().enumerate() {
            self.prefetch(shingles.get(i + AHEAD));
            let Some(slot) = self.slot(shingle) else { break };
            if distinct.insert(slot) {
                self.documents[slot as usize].fetch_add(1, Relaxed);
                slots.push((at, slot));
            } else {
                slots.push((at | REPEAT, slot));
            }
        }
    }
}

/// Adds what each document gives to the items of its shingles.
fn add_items(k: usize, table: &CountTable, tallied: &Tallied, posted: &[PostedBundle]) {
    let documents = posted.par_iter().flat_map_iter(PostedBundle::documents);
    documents.for_each_init(Heights::default, |heights, document| {
        heights.clear(document.tokens);
        for (i, &(at, slot)) in document.slots.iter().enumerate() {
            let ahead = document.slots.get(i + AHEAD).map(|&(_, slot)| slot as usize);
            prefetch(ahead.and_then(|slot| table.documents.get(slot)));
            let documents = table.count(slot);
            if documents > 1 {
                heights.cover((at & !REPEAT) as usize, k, level(documents));
            }
        }
        let printed = heights.printed();
        for slot in document.distinct() {
            let Some(number) = tallied.number(slot) else { continue };
            let tally = &tallied.tallies[number];
            match printed {
                Some(others) if 2 * others <= table.count(slot) => {
                    tally.items.fetch_add(ITEM / u64::from(others), Relaxed);
                }
                _ => {
                    tally.bare.fetch_add(1, Relaxed);
                }
            }
        }
    });
}

/// By number of a slot whose items are counted: in how many different weeks documents with a date have the shingle; empty
/// where that says nothing.
fn weeks(wanted: Weeks, tallied: &Tallied, posted: &[PostedBundle]) -> Vec<AtomicU32> {
    let mut of_week: BTreeMap<i64, Vec<Posted<'_>>> = BTreeMap::new();
    if wanted == Weeks::Counted {
        let documents = posted.iter().flat_map(PostedBundle::documents);
        let dated = documents.filter_map(|document| Some((document.day?, document)));
        dated.for_each(|(day, document)| of_week.entry(day.div_euclid(7)).or_default().push(document));
    }
    if of_week.len() < FEWEST_WEEKS as usize {
        return Vec::new();
    }
    let weeks: Vec<AtomicU32> = tallied.slots.iter().map(|_| AtomicU32::new(0)).collect();
    let of_week: Vec<Vec<Posted<'_>>> = of_week.into_values().collect();
    of_week.par_iter().for_each_init(Vec::new, |numbers: &mut Vec<usize>, documents| {
        numbers.clear();
        let slots = documents.iter().flat_map(Posted::distinct);
        numbers.extend(slots.filter_map(|slot| tallied.number(slot)));
        numbers.sort_unstable();
        numbers.dedup();
        for &number in &*numbers {
            weeks[number].fetch_add(1, Relaxed);
        }
    });
    weeks
}
