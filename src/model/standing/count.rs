//! Counts of one group of documents: of each shingle that several have, its documents and its items.
//!
//! Pages are runs of numbers ([`super::held`]), so that counts are lists by number that are gone along, and no table of shingles.
//! What is added is whole numbers, so that the sums depend neither on the number of threads nor on who came first.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64};

use rayon::prelude::*;

use super::held::{Held, HeldPage};
use super::news::{Heights, level};
use super::{ITEM, LEVELS, SMALL, Weeks};
use crate::mmap::heap;

/// Different weeks from which half of them count as items: as many as a site that is known needs.
const FEWEST_WEEKS: u32 = 8;

/// A group of documents that are counted together.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountGroup<'a> {
    /// Their numbers.
    pub numbers: &'a [u32],
    /// Whether noisy ones count: in a mix of sites each noisy print of one story has news of its own.
    pub noisy: bool,
    /// Whether weeks count.
    pub weeks: Weeks,
}

impl<'a> CountGroup<'a> {
    /// Its pages that count.
    fn pages(self, held: &'a Held) -> impl ParallelIterator<Item = HeldPage<'a>> {
        self.numbers.par_iter().map(|&number| held.page(number)).filter(move |page| self.counts(page))
    }

    fn counts(&self, page: &HeldPage<'_>) -> bool {
        self.noisy || !page.noisy
    }
}

/// Documents of a shingle, as far as they are counted before its items are: no level is so high, nor twice one.
const MANY: u8 = u8::MAX;
const _: () = assert!(2 * LEVELS[LEVELS.len() - 1] <= MANY as u32);

/// What a group has of a shingle that [`FEWEST`] of its documents have.
#[derive(Debug, Default)]
struct Tally {
    items: AtomicU64,
    /// Its documents, where they are [`MANY`] or more.
    documents: AtomicU32,
    /// Documents without news of their own.
    bare: AtomicU32,
}

/// Documents of a shingle, at least, whose items are counted: in fewer none stands.
const FEWEST: u8 = (SMALL / ITEM) as u8;

/// A shingle's counts within one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub shingle: u64,
    pub documents: u32,
    /// Each of them [`ITEM`].
    pub items: u64,
    pub bare: u32,
}

/// A group that has one in so many of all numbers counts by these themselves: to close them up would take longer.
const GOOD_PART: u64 = 4;

/// The numbers that a group has, closed up: its ranks. Those of a run stay in a row.
struct Ranks {
    /// Of each stretch of numbers in a row that the group has: its first number, and the rank of that; ascending.
    stretches: Vec<(u32, u32)>,
    count: u32,
}

impl Ranks {
    fn of(held: &Held, group: CountGroup<'_>) -> Ranks {
        let places: u64 = group.pages(held).map(|page| page.places()).sum();
        if places >= u64::from(held.numbers()) / GOOD_PART {
            return Ranks { stretches: vec![(0, 0)], count: held.numbers() };
        }
        let runs = group.pages(held).flat_map_iter(|page| page.runs());
        let mut all: Vec<Range<u32>> = runs.map(|run| run.numbers()).collect();
        join_ranges(&mut all);
        let mut count = 0;
        let ranked = |range: Range<u32>| {
            let first = (range.start, count);
            count += range.len() as u32;
            first
        };
        Ranks { stretches: all.into_iter().map(ranked).collect(), count }
    }

    /// The rank of a number that the group has.
    #[inline]
    fn rank(&self, number: u32) -> u32 {
        let (first, rank) = self.stretches[self.stretches.partition_point(|of| of.0 <= number) - 1];
        rank + (number - first)
    }

    /// The number of a rank.
    fn number(&self, rank: u32) -> u32 {
        let (first, of_first) = self.stretches[self.stretches.partition_point(|of| of.1 <= rank) - 1];
        first + (rank - of_first)
    }

    /// Fills `out` with the ranks that a page has, each once.
    fn distinct(&self, page: &HeldPage<'_>, out: &mut Vec<Range<u32>>) {
        out.clear();
        out.extend(page.runs().map(|run| {
            let rank = self.rank(run.first);
            rank..rank + run.count
        }));
        if page.repeats {
            join_ranges(out);
        }
    }
}

/// Puts ranges in order and makes one of those that overlap or touch.
fn join_ranges(ranges: &mut Vec<Range<u32>>) {
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, range| {
        let touches = next.start <= range.end;
        if touches {
            range.end = range.end.max(next.end);
        }
        touches
    });
}

/// Counts a group, and calls `keep` with what it has of every shingle that several of its documents have; what `keep`
/// returns comes in no order. Time is linear in what pages may have in common, but for putting runs in order. Memory is a byte a
/// shingle of the group, 16 for each that three of its documents have, and 8 a run; and where weeks count, 8 bytes a place that the
/// pages of one week have of these, for each thread.
pub(super) fn count<T: Send>(
    held: &Held,
    k: usize,
    group: CountGroup<'_>,
    keep: impl Fn(Counts) -> Option<T> + Sync,
) -> Vec<T> {
    let ranks = Ranks::of(held, group);
    let documents: Vec<AtomicU8> =
        heap::table(ranks.count as usize, || (0..ranks.count).map(|_| AtomicU8::new(0)).collect());
    group.pages(held).for_each_init(Vec::new, |own, page| {
        ranks.distinct(&page, own);
        for range in &*own {
            let counted = &documents[range.start as usize..range.end as usize];
            counted.iter().for_each(|documents| {
                let more = |documents| (documents < MANY).then(|| documents + 1);
                // An error says that it stays as it is.
                let _ = documents.fetch_update(Relaxed, Relaxed, more);
            });
        }
    });
    let tallied = Tallied::of(&documents);
    let counted = Counted { held, group, ranks: &ranks, documents: &documents, tallied: &tallied };
    let weeks = rayon::join(|| counted.add_items(k), || counted.weeks()).1;
    let counts = |(number, rank): (usize, u32)| {
        let tally = &tallied.tallies[number];
        let weeks = weeks.get(number).map_or(0, |weeks| weeks.load(Relaxed));
        let of_weeks = if weeks >= FEWEST_WEEKS { u64::from(weeks) * ITEM / 2 } else { 0 };
        keep(Counts {
            shingle: held.shingle(ranks.number(rank)),
            documents: match documents[rank as usize].load(Relaxed) {
                MANY => tally.documents.load(Relaxed),
                fewer => fewer.into(),
            },
            items: tally.items.load(Relaxed).max(of_weeks),
            bare: tally.bare.load(Relaxed),
        })
    };
    tallied.ranks().filter_map(counts).collect()
}

/// The ranks whose items are counted.
struct Tallied {
    /// A bit for each rank, and for each word how many are set before it.
    bits: Vec<(u64, u32)>,
    /// By number.
    tallies: Vec<Tally>,
}

impl Tallied {
    fn of(documents: &[AtomicU8]) -> Tallied {
        let mut bits = Vec::with_capacity(documents.len().div_ceil(64));
        let mut count = 0;
        for documents in documents.chunks(64) {
            let are_counted = documents.iter().map(|documents| documents.load(Relaxed) >= FEWEST);
            let word =
                are_counted.zip(0..).fold(0, |word, (is_counted, bit)| word | u64::from(is_counted) << bit);
            bits.push((word, count));
            count += word.count_ones();
        }
        Tallied { bits, tallies: (0..count).map(|_| Tally::default()).collect() }
    }

    /// All of them, each behind its number.
    fn ranks(&self) -> impl ParallelIterator<Item = (usize, u32)> {
        self.bits.par_iter().enumerate().flat_map_iter(|(place, &(word, before))| {
            let bits = (0..64).filter(move |bit| word >> bit & 1 == 1);
            (before as usize..).zip(bits.map(move |bit| 64 * place as u32 + bit))
        })
    }

    /// The number of a rank, where its items are counted.
    #[inline]
    fn number(&self, rank: u32) -> Option<usize> {
        let (word, before) = self.bits[rank as usize / 64];
        let bit = 1u64 << (rank % 64);
        (word & bit != 0).then(|| before as usize + (word & (bit - 1)).count_ones() as usize)
    }
}

/// A group whose documents are counted.
struct Counted<'a> {
    held: &'a Held,
    group: CountGroup<'a>,
    ranks: &'a Ranks,
    /// By rank: how many documents have it, [`MANY`] at most.
    documents: &'a [AtomicU8],
    tallied: &'a Tallied,
}

impl Counted<'_> {
    /// Adds what each document gives to the items of its shingles.
    fn add_items(&self, k: usize) {
        let memory = || (Heights::default(), Vec::new());
        self.group.pages(self.held).for_each_init(memory, |(heights, own), page| {
            heights.clear(page.tokens as usize);
            for run in page.runs() {
                let rank = self.ranks.rank(run.first) as usize;
                let counts = self.documents[rank..rank + run.count as usize].iter();
                // Shingles beside one another are in as many documents, mostly.
                let mut same = (run.at as usize, 0, 0);
                let levels = counts.map(|documents| level(documents.load(Relaxed).into()));
                for (at, height) in (run.at as usize..).zip(levels) {
                    if height != same.2 {
                        heights.cover(same.0, same.1 + k - 1, same.2);
                        same = (at, 0, height);
                    }
                    same.1 += 1;
                }
                heights.cover(same.0, same.1 + k - 1, same.2);
            }
            let printed = heights.printed();
            self.ranks.distinct(&page, own);
            for rank in own.iter().cloned().flatten() {
                let Some(number) = self.tallied.number(rank) else { continue };
                let tally = &self.tallied.tallies[number];
                let documents = self.documents[rank as usize].load(Relaxed);
                if documents == MANY {
                    tally.documents.fetch_add(1, Relaxed);
                }
                match printed {
                    Some(others) if 2 * others <= documents.into() => {
                        tally.items.fetch_add(ITEM / u64::from(others), Relaxed);
                    }
                    _ => {
                        tally.bare.fetch_add(1, Relaxed);
                    }
                }
            }
        });
    }

    /// By number of a rank whose items are counted: in how many different weeks documents with a date have the shingle; empty
    /// where that says nothing.
    fn weeks(&self) -> Vec<AtomicU32> {
        let mut of_week: BTreeMap<i32, Vec<HeldPage<'_>>> = BTreeMap::new();
        if self.group.weeks == Weeks::Counted {
            let pages = self.group.numbers.iter().map(|&number| self.held.page(number));
            for page in pages.filter(|page| self.group.counts(page)) {
                let Some(day) = page.day else { continue };
                of_week.entry(day.div_euclid(7)).or_default().push(page);
            }
        }
        if of_week.len() < FEWEST_WEEKS as usize {
            return Vec::new();
        }
        let weeks: Vec<AtomicU32> = self.tallied.tallies.iter().map(|_| AtomicU32::new(0)).collect();
        let of_week: Vec<Vec<HeldPage<'_>>> = of_week.into_values().collect();
        let memory = || (Vec::new(), Vec::new());
        of_week.par_iter().for_each_init(memory, |(numbers, own): &mut (Vec<usize>, _), pages| {
            numbers.clear();
            for page in pages {
                self.ranks.distinct(page, own);
                numbers.extend(own.iter().cloned().flatten().filter_map(|rank| self.tallied.number(rank)));
            }
            numbers.sort_unstable();
            numbers.dedup();
            for &number in &*numbers {
                weeks[number].fetch_add(1, Relaxed);
            }
        });
        weeks
    }
}
