//! Questions over all parts of an index as it was at one moment.

use std::collections::HashMap;

use super::format::{Death, DeathKind, More, NAMED, StoredRow, TITLED, decode_said, key};
use super::memory::MemoryPart;
use super::segment::{Segment, Which};
use super::sieve::Sieved;
use super::table::NumberedKey;
use super::verdict::Verdict;
use crate::candidates::{Gate, HEAVY};
use crate::document::Meta;
use crate::error::{Error, ErrorKind, Result};
use crate::signature::winnow::LEVELS;

/// Documents that are no longer found, by ordinal.
pub type Deaths = HashMap<u32, Death>;

/// A part of an index: documents of ascending ordinals.
#[derive(Debug, Clone, Copy)]
pub enum IndexPart<'a> {
    /// Sealed.
    Segment(&'a Segment),
    /// In a log.
    Memory(&'a MemoryPart),
}

/// An index at one moment.
#[derive(Debug)]
pub struct View<'a> {
    /// By ordinal.
    pub parts: Vec<IndexPart<'a>>,
    /// What is no longer found.
    pub deaths: &'a Deaths,
    /// So many milliseconds after it was seen a document is no longer found; 0 where that is never.
    pub window: u64,
    /// What says which keys the first parts do not have.
    pub sieved: Option<Sieved<'a>>,
    /// Documents from this ordinal on are not found, nor is what they replace gone: they may not be safe yet.
    pub safe: u32,
}

/// When something arrives.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The first ordinal that it does not find.
    pub before: u32,
    /// Milliseconds since 1970.
    pub now: u64,
}

impl Moment {
    /// When the document of a row arrives.
    pub fn of(row: &StoredRow) -> Moment {
        Moment { before: row.ordinal, now: row.seen }
    }
}

/// What came before under the id of an arrival.
#[derive(Debug, Clone, Copy, Default)]
pub struct Earlier {
    /// The document that came with the same text: what was said of it is said again.
    pub again: Option<u32>,
    /// The last version.
    pub last: Option<u32>,
}

/// Whether documents of a part have expired.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    None,
    Some,
    All,
}

/// Where a document is: its part, and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartPlace {
    part: u32,
    local: u32,
}

/// A document worth a look.
#[derive(Debug, Clone, Copy)]
pub struct Near {
    /// Where it is.
    pub place: PartPlace,
    /// Its row.
    pub row: StoredRow,
    /// Keys in common as a share of the smaller sample, of ten thousand.
    pub share: u32,
}

/// What an arriving document is looked for by.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Its sample, each key once.
    pub keys: &'a [u64],
    /// Sample sizes by level.
    pub counts: [u16; LEVELS],
    /// When it arrives.
    pub at: Moment,
}

/// Memory of one thread for looking.
#[derive(Debug, Default)]
pub struct ViewMemory {
    /// All keys that are looked for, and those that sieved parts may have.
    keys: Vec<NumberedKey>,
    passed: Vec<NumberedKey>,
    /// Documents that have the keys, each with the number of the key; of a frequent one some more than [`HEAVY`], with the oldest.
    holders: Vec<(u32, PartPlace)>,
    /// How many of them each key has.
    counts: Vec<u32>,
    /// The same before a memory was asked.
    earlier: Vec<u32>,
    light: Vec<PartPlace>,
    crowd: Vec<PartPlace>,
    shares: Vec<(u32, PartPlace)>,
}

/// Documents of crowds that are compared, at most: those who share most of the frequent keys.
const CROWD: usize = 8;

impl<'a> View<'a> {
    /// The row of a document.
    ///
    /// # Errors
    /// Damage.
    pub fn row(&self, place: PartPlace) -> Result<StoredRow> {
        match self.parts[place.part as usize] {
            IndexPart::Segment(segment) => segment.row(place.local),
            IndexPart::Memory(memory) => Ok(memory.row(place.local)),
        }
    }

    /// The compressed text of a document.
    ///
    /// # Errors
    /// Damage.
    pub fn text(&self, place: PartPlace, row: &StoredRow) -> Result<&'a [u8]> {
        match self.parts[place.part as usize] {
            IndexPart::Segment(segment) => segment.text(row),
            IndexPart::Memory(memory) => Ok(memory.text(row)),
        }
    }

    fn more(&self, place: PartPlace, row: &StoredRow) -> Result<&'a [u8]> {
        match self.parts[place.part as usize] {
            IndexPart::Segment(segment) => segment.more(row),
            IndexPart::Memory(memory) => Ok(memory.more(row)),
        }
    }

    /// The id of a document.
    ///
    /// # Errors
    /// Damage.
    pub fn id(&self, place: PartPlace, row: &StoredRow) -> Result<&'a str> {
        let more = self.more(place, row)?;
        let id = more.get(..usize::from(row.id)).and_then(|id| std::str::from_utf8(id).ok());
        id.ok_or_else(|| no_document(row))
    }

    /// The title of a document of a short text; empty where it has none, and of other texts.
    ///
    /// # Errors
    /// Damage.
    pub fn title(&self, place: PartPlace, row: &StoredRow) -> Result<&'a str> {
        if row.flags & TITLED == 0 {
            return Ok("");
        }
        let more = More::decode(self.more(place, row)?, row);
        more.map(|more| more.title).ok_or_else(|| no_document(row))
    }

    /// What was said of a document when it came.
    ///
    /// # Errors
    /// Damage.
    pub fn verdict(&self, place: PartPlace, row: &StoredRow) -> Result<Verdict> {
        Ok(self.said(place, row)?.0)
    }

    /// What was said of a document when it came, and what its record says of it.
    ///
    /// # Errors
    /// Damage.
    pub fn said(&self, place: PartPlace, row: &StoredRow) -> Result<(Verdict, Meta)> {
        let more = self.more(place, row)?;
        let said = More::decode(more, row).and_then(|more| decode_said(more.said, row));
        let (verdict, meta) = said.ok_or_else(|| no_document(row))?;
        Ok((verdict, Meta { id: self.id(place, row)?.to_owned(), ..meta }))
    }

    /// The last document of this id that an arrival finds; `id_hash` is its hash.
    ///
    /// # Errors
    /// Damage.
    pub fn last_of(&self, id: &str, id_hash: u64, at: Moment) -> Result<Option<(PartPlace, StoredRow)>> {
        let mut last = None;
        self.first((Which::Ids, key(id_hash)), (at.now, true), |place, row| {
            let is_it = self.is_alive(row, at) && self.id(place, row)? == id;
            last = is_it.then_some((place, *row));
            Ok(is_it)
        })?;
        Ok(last)
    }

    /// Whether an arrival finds a document.
    pub fn is_alive(&self, row: &StoredRow, at: Moment) -> bool {
        let is_safe = |death: &Death| death.kind == DeathKind::Deleted || death.from < self.safe;
        let is_dead =
            self.deaths.get(&row.ordinal).is_some_and(|death| at.before >= death.from && is_safe(death));
        row.ordinal < at.before.min(self.safe) && !is_dead && !self.has_expired(row.seen, at.now)
    }

    fn has_expired(&self, seen: u64, now: u64) -> bool {
        self.window > 0 && seen.saturating_add(self.window) < now
    }

    fn age(&self, part: IndexPart<'_>, now: u64) -> Age {
        let seen = match part {
            IndexPart::Segment(segment) => Some(segment.entry.seen),
            IndexPart::Memory(memory) => memory.seen(),
        };
        let has_expired = |seen| self.has_expired(seen, now);
        match seen {
            Some((_, last)) if has_expired(last) => Age::All,
            Some((first, _)) if has_expired(first) => Age::Some,
            Some(_) | None => Age::None,
        }
    }

    fn is_deleted(&self, row: &StoredRow) -> bool {
        self.deaths.get(&row.ordinal).is_some_and(|death| death.kind == DeathKind::Deleted)
    }

    /// The document of an ordinal, found or not.
    ///
    /// # Errors
    /// Damage.
    pub fn place(&self, ordinal: u32) -> Result<Option<PartPlace>> {
        for (part, number) in self.parts.iter().zip(0..) {
            let local = match part {
                IndexPart::Segment(segment) => segment.local(ordinal)?,
                IndexPart::Memory(memory) => memory.local(ordinal),
            };
            if let Some(local) = local {
                return Ok(Some(PartPlace { part: number, local }));
            }
        }
        Ok(None)
    }

    /// Documents of a key in one part, in order, until `each` returns false.
    fn find(&self, part: usize, which: Which, key: u64, each: &mut impl FnMut(u32) -> bool) -> Result<()> {
        match self.parts[part] {
            IndexPart::Segment(segment) => segment.find(which, key, each),
            IndexPart::Memory(memory) => {
                let found: Vec<u32> = memory.find(which, key).collect();
                let _ = found.into_iter().rev().try_for_each(|local| each(local).then_some(()));
                Ok(())
            }
        }
    }

    /// As [`View::find`], the last document first.
    fn find_back(
        &self,
        part: usize,
        which: Which,
        key: u64,
        each: &mut impl FnMut(u32) -> bool,
    ) -> Result<()> {
        match self.parts[part] {
            IndexPart::Segment(segment) => segment.find_back(which, key, each),
            IndexPart::Memory(memory) => {
                let _ = memory.find(which, key).try_for_each(|local| each(local).then_some(()));
                Ok(())
            }
        }
    }

    /// The first document of a key, or the last where `back` says so, that `is_it`. Parts that have expired are passed over.
    fn first(
        &self,
        (which, key): (Which, u64),
        (now, back): (u64, bool),
        mut is_it: impl FnMut(PartPlace, &StoredRow) -> Result<bool>,
    ) -> Result<Option<u32>> {
        let count = self.parts.len();
        // Of most keys the sieve knows that no segment has them.
        let without = self.sieved.filter(|sieved| !sieved.sieve.may_have(which, key));
        let from = without.map_or(0, |sieved| sieved.parts.min(count));
        for part in (from..count).map(|part| if back { count - 1 - (part - from) } else { part }) {
            if self.age(self.parts[part], now) == Age::All {
                continue;
            }
            let mut found = Ok(None);
            let mut each = |local| {
                let place = PartPlace { part: part as u32, local };
                let looked = self.row(place).and_then(|row| Ok((row, is_it(place, &row)?)));
                found = looked.map(|(row, is_it)| is_it.then_some(row.ordinal));
                matches!(found, Ok(None))
            };
            if back {
                self.find_back(part, which, key, &mut each)?;
            } else {
                self.find(part, which, key, &mut each)?;
            }
            if let Some(ordinal) = found? {
                return Ok(Some(ordinal));
            }
        }
        Ok(None)
    }

    /// What came before under the id of an arrival, or from where it comes, however many versions there are.
    ///
    /// # Errors
    /// Damage.
    pub fn earlier(&self, id: &str, row: &StoredRow) -> Result<Earlier> {
        let named = row.flags & NAMED != 0;
        // Another site's record of the same number is another document; older versions wrote 0 where there was no site.
        let is_there = |old: &StoredRow| {
            (old.site == row.site || old.site == 0)
                && old.ordinal < self.safe
                && !self.is_deleted(old)
                && !self.has_expired(old.seen, row.seen)
        };
        let version = || {
            self.first((Which::Ids, key(row.id_hash)), (row.seen, true), |place, old| {
                let is_version = old.flags & NAMED != 0 && old.id_hash == row.id_hash;
                Ok(is_version && is_there(old) && self.id(place, old)? == id)
            })
        };
        let last = if named { version()? } else { None };
        // Of most ids nothing came before, and then nothing with this text either.
        if named && last.is_none() {
            return Ok(Earlier::default());
        }
        let again = self.first((Which::Ids, row.again_key()), (row.seen, false), |place, old| {
            Ok(is_there(old) && row.is_again(old) && (!named || self.id(place, old)? == id))
        })?;
        Ok(Earlier { again, last })
    }

    /// Whether a document that is found has this id; `id_hash` is its hash.
    ///
    /// # Errors
    /// Damage.
    pub fn has_id(&self, id: &str, id_hash: u64, at: Moment) -> Result<bool> {
        let found = self.first((Which::Ids, key(id_hash)), (at.now, false), |place, row| {
            let is_there =
                row.ordinal < self.safe && !self.is_deleted(row) && !self.has_expired(row.seen, at.now);
            Ok(is_there && self.id(place, row)? == id)
        })?;
        Ok(found.is_some())
    }

    /// All that came under an id and were not deleted and have not expired, the oldest first; `id_hash` is its hash, and
    /// `now` in milliseconds since 1970, 0 where nothing is to have expired.
    ///
    /// # Errors
    /// Damage.
    pub fn versions(&self, id: &str, id_hash: u64, now: u64) -> Result<Vec<(PartPlace, StoredRow)>> {
        let mut versions = Vec::new();
        self.first((Which::Ids, key(id_hash)), (now, false), |place, row| {
            let is_there =
                row.ordinal < self.safe && !self.is_deleted(row) && !self.has_expired(row.seen, now);
            if is_there && self.id(place, row)? == id {
                versions.push((place, *row));
            }
            Ok(false)
        })?;
        // Two tables' keys may be the same.
        versions.dedup_by_key(|(_, row)| row.ordinal);
        Ok(versions)
    }

    /// Calls `each` with the documents of the same token sequence that an arrival finds, those of its title first, if it has
    /// one, then the oldest first, until it returns false.
    ///
    /// # Errors
    /// Damage, or what `each` returns.
    pub fn copies(
        &self,
        of: &StoredRow,
        title: &str,
        mut each: impl FnMut(PartPlace, &StoredRow) -> Result<bool>,
    ) -> Result<()> {
        let at = Moment::of(of);
        let mut stops = |place, row: &StoredRow, of_title: bool| {
            let same = row.sequence == of.sequence && row.tokens == of.tokens && self.is_alive(row, at);
            let is_met = same && (title.is_empty() || (self.title(place, row)? == title) == of_title);
            Ok(is_met && !each(place, row)?)
        };
        if !title.is_empty() {
            let key = (Which::Sequences, of.copy_key(title));
            if self.first(key, (at.now, false), |place, row| stops(place, row, true))?.is_some() {
                return Ok(());
            }
        }
        let key = (Which::Sequences, of.copy_key(""));
        self.first(key, (at.now, false), |place, row| stops(place, row, false)).map(drop)
    }

    /// Documents that have enough of a sample in common, the largest share first, then the oldest; at most `most`.
    ///
    /// As in the join of a scan, a key that stands in more than `HEAVY` documents makes no pair by itself: of the
    /// documents that share such keys, the few oldest that share most of them are given.
    ///
    /// # Errors
    /// Damage.
    pub fn near(
        &self,
        wanted: &Query<'_>,
        gate: &Gate,
        most: usize,
        memory: &mut ViewMemory,
    ) -> Result<Vec<Near>> {
        self.hold(wanted, memory)?;
        let ViewMemory { holders, counts, light, crowd, shares, .. } = memory;
        let is_heavy = |key: u32| counts[key as usize] as usize > HEAVY;
        light.clear();
        light.extend(holders.iter().filter(|(key, _)| !is_heavy(*key)).map(|(_, place)| *place));
        self.gated(wanted, gate, light, shares)?;
        let mut near = self.alive(shares, wanted.at, most)?;
        let heavy = counts.iter().filter(|count| **count as usize > HEAVY).count() as u32;
        if heavy >= gate.between(&wanted.counts, &wanted.counts) {
            crowd.clear();
            crowd.extend(holders.iter().filter(|(key, _)| is_heavy(*key)).map(|(_, place)| *place));
            self.gated(wanted, gate, crowd, shares)?;
            shares.retain(|(_, place)| near.iter().all(|one| one.place != *place));
            near.extend(self.alive(shares, wanted.at, CROWD)?);
        }
        Ok(near)
    }

    /// Leaves of documents that [`View::near`] gave, and whose memory this is, those that have a key other than `without`, or so
    /// large a share of all as `enough`.
    pub fn retain(
        wanted: &Query<'_>,
        without: impl Fn(u64) -> bool,
        enough: u32,
        (near, memory): (&mut Vec<Near>, &mut ViewMemory),
    ) {
        let ViewMemory { holders, light: places, .. } = memory;
        let is_asked = |key: u32| wanted.keys.get(key as usize).is_some_and(|key| !without(*key));
        places.clear();
        places.extend(holders.iter().filter(|(key, _)| is_asked(*key)).map(|(_, place)| *place));
        places.sort_unstable();
        near.retain(|one| one.share >= enough || places.binary_search(&one.place).is_ok());
    }

    /// Finds the documents before an arrival that have its keys.
    fn hold(&self, wanted: &Query<'_>, memory: &mut ViewMemory) -> Result<()> {
        let ViewMemory { keys, passed, holders, counts, earlier, .. } = memory;
        keys.clear();
        keys.extend((0..).zip(wanted.keys.iter().copied()));
        passed.clear();
        if let Some(Sieved { sieve, .. }) = self.sieved {
            keys.iter().for_each(|&(_, key)| sieve.prefetch(Which::Postings, key));
            passed.extend(keys.iter().filter(|(_, key)| sieve.may_have(Which::Postings, *key)));
        }
        let sieved = self.sieved.map_or(0, |sieved| sieved.parts);
        holders.clear();
        counts.clear();
        counts.resize(keys.len(), 0);
        for (part, number) in self.parts.iter().zip(0u32..) {
            let age = self.age(*part, wanted.at.now);
            if age == Age::All {
                continue;
            }
            // What has expired must not stand before what has not.
            let is_gone =
                |local| age == Age::Some && self.is_gone(PartPlace { part: number, local }, wanted.at.now);
            let takes = |count: u32| count as usize <= HEAVY;
            match part {
                IndexPart::Segment(segment) => {
                    let keys = if (number as usize) < sieved { &*passed } else { &*keys };
                    segment.find_all(keys, |key, local| {
                        let takes = takes(counts[key]);
                        if takes && !is_gone(local) {
                            holders.push((key as u32, PartPlace { part: number, local }));
                            counts[key] += 1;
                        }
                        takes
                    })?;
                }
                IndexPart::Memory(memory) => {
                    let before = wanted.at.before.saturating_sub(memory.first());
                    earlier.clone_from(counts);
                    memory.find_all(wanted.keys, |key, local| {
                        if takes(earlier[key]) && local < before && !is_gone(local) {
                            holders.push((key as u32, PartPlace { part: number, local }));
                            counts[key] += 1;
                        }
                        takes(earlier[key])
                    });
                }
            }
        }
        Ok(())
    }

    /// Whether a document has expired; damage is met where its row is needed.
    fn is_gone(&self, place: PartPlace, now: u64) -> bool {
        self.row(place).is_ok_and(|row| self.has_expired(row.seen, now))
    }

    /// Counts places that stand several times; those that pass the gate, the largest share first.
    fn gated(
        &self,
        wanted: &Query<'_>,
        gate: &Gate,
        places: &mut [PartPlace],
        shares: &mut Vec<(u32, PartPlace)>,
    ) -> Result<()> {
        places.sort_unstable();
        places.iter().for_each(|place| match self.parts[place.part as usize] {
            IndexPart::Segment(segment) => segment.prefetch(place.local),
            IndexPart::Memory(memory) => memory.prefetch(place.local),
        });
        shares.clear();
        for same in places.chunk_by(|a, b| a == b) {
            let (common, place) = (same.len() as u32, same[0]);
            let counts = self.counts(place)?;
            if common >= gate.between(&wanted.counts, &counts) {
                shares.push((share(common, &wanted.counts, &counts), place));
            }
        }
        // Places are in the order of arrival.
        shares.sort_unstable_by_key(|&(share, place)| (std::cmp::Reverse(share), place));
        Ok(())
    }

    /// The first `most` of these that an arrival finds.
    fn alive(&self, shares: &[(u32, PartPlace)], at: Moment, most: usize) -> Result<Vec<Near>> {
        let mut near = Vec::new();
        for &(share, place) in shares {
            if near.len() == most {
                break;
            }
            let row = self.row(place)?;
            if self.is_alive(&row, at) {
                near.push(Near { place, row, share });
            }
        }
        Ok(near)
    }

    /// The sample sizes of a document.
    fn counts(&self, place: PartPlace) -> Result<[u16; LEVELS]> {
        match self.parts[place.part as usize] {
            IndexPart::Segment(segment) => segment.counts(place.local),
            IndexPart::Memory(memory) => Ok(memory.counts(place.local)),
        }
    }

    fn has(&self, place: PartPlace, key: u64) -> Result<bool> {
        match self.parts[place.part as usize] {
            IndexPart::Segment(segment) => segment.has(key, place.local),
            IndexPart::Memory(memory) => Ok(memory.has(key, place.local)),
        }
    }

    /// How many of these keys a document has in its sample.
    ///
    /// # Errors
    /// Damage.
    pub fn common(&self, place: PartPlace, keys: &[u64]) -> Result<u32> {
        keys.iter().try_fold(0, |common, &key| Ok(common + u32::from(self.has(place, key)?)))
    }

    /// Documents in all parts, found or not.
    pub fn held(&self) -> u64 {
        let len = |part: &IndexPart<'_>| match part {
            IndexPart::Segment(segment) => u64::from(segment.len()),
            IndexPart::Memory(memory) => u64::from(memory.len()),
        };
        self.parts.iter().map(len).sum()
    }

    /// Calls `each` with every document, by ordinal, and whether it is found now.
    ///
    /// # Errors
    /// Damage, or what `each` returns.
    pub fn each(&self, mut each: impl FnMut(PartPlace, &StoredRow, bool) -> Result<()>) -> Result<()> {
        let now = super::now();
        for (part, number) in self.parts.iter().zip(0..) {
            let len = match part {
                IndexPart::Segment(segment) => segment.len(),
                IndexPart::Memory(memory) => memory.len(),
            };
            for local in 0..len {
                let place = PartPlace { part: number, local };
                let row = self.row(place)?;
                let is_found = !self.deaths.contains_key(&row.ordinal) && !self.has_expired(row.seen, now);
                each(place, &row, is_found)?;
            }
        }
        Ok(())
    }
}

/// Keys in common as a share of the smaller sample, at the coarser of two levels; of ten thousand.
fn share(common: u32, a: &[u16; LEVELS], b: &[u16; LEVELS]) -> u32 {
    let level = (0..LEVELS).find(|&level| a[level] > 0 && b[level] > 0);
    let smaller = level.map_or(1, |level| u32::from(a[level].min(b[level])));
    (common * 10_000 / smaller).min(10_000)
}

fn no_document(row: &StoredRow) -> Error {
    Error::new(ErrorKind::Corrupt).because(format!("document {} has no id and verdict", row.ordinal))
}
