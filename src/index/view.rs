//! Questions over all parts of an index as it was at one moment.

use std::collections::HashMap;

use super::format::{Death, DeathKind, Row, decode_verdict, key};
use super::memory::Memory;
use super::segment::{Segment, Which};
use super::verdict::Verdict;
use crate::candidates::{Gate, HEAVY};
use crate::error::{Error, ErrorKind, Result};
use crate::signature::winnow::LEVELS;

/// Documents that are no longer found, by ordinal.
pub type Deaths = HashMap<u32, Death>;

/// A part of an index: documents of ascending ordinals.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// Sealed.
    Segment(&'a Segment),
    /// In a log.
    Memory(&'a Memory),
}

/// An index at one moment.
#[derive(Debug)]
pub struct View<'a> {
    /// By ordinal.
    pub parts: Vec<Part<'a>>,
    /// What is no longer found.
    pub deaths: &'a Deaths,
}

/// Where a document is: its part, and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    part: u32,
    local: u32,
}

/// A document worth a look.
#[derive(Debug, Clone, Copy)]
pub struct Near {
    /// Where it is.
    pub place: Place,
    /// Its row.
    pub row: Row,
    /// Keys in common, of ten thousand that the smaller sample has.
    pub share: u32,
}

/// What an arriving document is looked for by.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Its sample, each key once.
    pub keys: &'a [u64],
    /// Sample sizes by level.
    pub counts: [u16; LEVELS],
    /// The first ordinal that it does not find.
    pub before: u32,
}

/// Documents of crowds that are compared, at most: those who share most of the frequent keys.
const CROWD: usize = 8;

impl<'a> View<'a> {
    /// The row of a document.
    ///
    /// # Errors
    /// Damage.
    pub fn row(&self, place: Place) -> Result<Row> {
        match self.parts[place.part as usize] {
            Part::Segment(segment) => segment.row(place.local),
            Part::Memory(memory) => Ok(memory.row(place.local)),
        }
    }

    /// The compressed text of a document.
    ///
    /// # Errors
    /// Damage.
    pub fn text(&self, place: Place, row: &Row) -> Result<&'a [u8]> {
        match self.parts[place.part as usize] {
            Part::Segment(segment) => segment.text(row),
            Part::Memory(memory) => Ok(memory.text(row)),
        }
    }

    fn more(&self, place: Place, row: &Row) -> Result<&'a [u8]> {
        match self.parts[place.part as usize] {
            Part::Segment(segment) => segment.more(row),
            Part::Memory(memory) => Ok(memory.more(row)),
        }
    }

    /// The id of a document.
    ///
    /// # Errors
    /// Damage.
    pub fn id(&self, place: Place, row: &Row) -> Result<&'a str> {
        let more = self.more(place, row)?;
        let id = more.get(..usize::from(row.id)).and_then(|id| std::str::from_utf8(id).ok());
        id.ok_or_else(|| no_document(row))
    }

    /// What was said of a document when it came.
    ///
    /// # Errors
    /// Damage.
    pub fn verdict(&self, place: Place, row: &Row) -> Result<Verdict> {
        let more = self.more(place, row)?;
        let verdict = more.get(usize::from(row.id)..).and_then(|bytes| decode_verdict(bytes, row));
        verdict.ok_or_else(|| no_document(row))
    }

    /// Whether the arrival of ordinal `at` finds a document.
    pub fn is_alive(&self, row: &Row, at: u32) -> bool {
        row.ordinal < at && self.deaths.get(&row.ordinal).is_none_or(|death| at < death.from)
    }

    /// The document of an ordinal, found or not.
    ///
    /// # Errors
    /// Damage.
    pub fn place(&self, ordinal: u32) -> Result<Option<Place>> {
        for (part, number) in self.parts.iter().zip(0..) {
            let local = match part {
                Part::Segment(segment) => segment.local(ordinal)?,
                Part::Memory(memory) => memory.local(ordinal),
            };
            if let Some(local) = local {
                return Ok(Some(Place { part: number, local }));
            }
        }
        Ok(None)
    }

    /// Documents of a key in one part, in order, until `each` returns false.
    fn find(&self, part: usize, which: Which, key: u64, each: &mut impl FnMut(u32) -> bool) -> Result<()> {
        match self.parts[part] {
            Part::Segment(segment) => segment.find(which, key, each),
            Part::Memory(memory) => {
                let found: Vec<u32> = memory.find(which, key).collect();
                for local in found.into_iter().rev() {
                    if !each(local) {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    /// All that came under an id and were not deleted, the oldest first; `id_hash` is its hash.
    ///
    /// # Errors
    /// Damage.
    pub fn versions(&self, id: &str, id_hash: u64) -> Result<Vec<(Place, Row)>> {
        let mut versions = Vec::new();
        for part in 0..self.parts.len() {
            let mut found = Vec::new();
            self.find(part, Which::Ids, key(id_hash), &mut |local| {
                found.push(local);
                true
            })?;
            for local in found {
                let place = Place { part: part as u32, local };
                let row = self.row(place)?;
                let deleted =
                    self.deaths.get(&row.ordinal).is_some_and(|death| death.kind == DeathKind::Deleted);
                if row.id_hash == id_hash && !deleted && self.id(place, &row)? == id {
                    versions.push((place, row));
                }
            }
        }
        Ok(versions)
    }

    /// The first few documents of a token sequence that the arrival of ordinal `at` finds.
    ///
    /// # Errors
    /// Damage.
    pub fn copies(&self, sequence: u64, tokens: u32, at: u32, most: usize) -> Result<Vec<(Place, Row)>> {
        let mut copies = Vec::new();
        for part in 0..self.parts.len() {
            let mut error = None;
            self.find(part, Which::Sequences, key(sequence), &mut |local| {
                let place = Place { part: part as u32, local };
                match self.row(place) {
                    Ok(row) => {
                        if row.sequence == sequence && row.tokens == tokens && self.is_alive(&row, at) {
                            copies.push((place, row));
                        }
                        copies.len() < most
                    }
                    Err(damage) => {
                        error = Some(damage);
                        false
                    }
                }
            })?;
            match error {
                Some(error) => return Err(error),
                None if copies.len() >= most => break,
                None => {}
            }
        }
        Ok(copies)
    }

    /// Documents that have enough of a sample in common, the largest share first, then the oldest.
    ///
    /// As in the join of a scan, a key that stands in more than [`HEAVY`] documents makes no pair by itself: it counts
    /// for those that share a rarer one, and of the rest the few oldest that share most such keys are given.
    ///
    /// # Errors
    /// Damage.
    pub fn near(&self, wanted: &Wanted<'_>, gate: &Gate) -> Result<Vec<Near>> {
        let (mut light, mut crowd, mut heavy) = (Vec::new(), Vec::new(), Vec::new());
        let mut found = Vec::new();
        for &key in wanted.keys {
            found.clear();
            for part in 0..self.parts.len() {
                let before = match self.parts[part] {
                    Part::Memory(memory) => wanted.before.saturating_sub(memory.first()),
                    Part::Segment(_) => u32::MAX,
                };
                self.find(part, Which::Postings, key, &mut |local| {
                    if local < before {
                        found.push((part as u64) << 32 | u64::from(local));
                    }
                    found.len() <= HEAVY
                })?;
                if found.len() > HEAVY {
                    break;
                }
            }
            if found.len() > HEAVY {
                crowd.extend_from_slice(&found);
                heavy.push(key);
            } else {
                light.extend_from_slice(&found);
            }
        }
        let mut near = self.gated(wanted, gate, &mut light, |place, common, least| {
            self.plus_heavy(place, &heavy, common, least)
        })?;
        let own = gate.between(&wanted.counts, &wanted.counts);
        if heavy.len() as u32 >= own {
            let mut more = self.gated(wanted, gate, &mut crowd, |_, common, _| Ok(common))?;
            more.retain(|one| near.iter().all(|other| other.place != one.place));
            sort(&mut more);
            more.truncate(CROWD);
            near.extend(more);
        }
        sort(&mut near);
        Ok(near)
    }

    /// Counts places that stand several times, and keeps those that pass the gate.
    fn gated(
        &self,
        wanted: &Wanted<'_>,
        gate: &Gate,
        places: &mut [u64],
        count: impl Fn(Place, u32, u32) -> Result<u32>,
    ) -> Result<Vec<Near>> {
        places.sort_unstable();
        let mut near = Vec::new();
        for same in places.chunk_by(|a, b| a == b) {
            let place = Place { part: (same[0] >> 32) as u32, local: same[0] as u32 };
            let row = self.row(place)?;
            let least = gate.between(&wanted.counts, &row.counts);
            let mut common = same.len() as u32;
            if common < least {
                common = count(place, common, least)?;
            }
            if common >= least && self.is_alive(&row, wanted.before) {
                near.push(Near { place, row, share: share(common, &wanted.counts, &row.counts) });
            }
        }
        Ok(near)
    }

    fn plus_heavy(&self, place: Place, heavy: &[u64], mut common: u32, least: u32) -> Result<u32> {
        for &key in heavy {
            if common >= least {
                break;
            }
            let has = match self.parts[place.part as usize] {
                Part::Segment(segment) => segment.has(key, place.local)?,
                Part::Memory(memory) => memory.has(key, place.local),
            };
            common += u32::from(has);
        }
        Ok(common)
    }

    /// How many of these keys a document has in its sample.
    ///
    /// # Errors
    /// Damage.
    pub fn common(&self, place: Place, keys: &[u64]) -> Result<u32> {
        self.plus_heavy(place, keys, 0, u32::MAX)
    }

    /// Calls `each` with every document, by ordinal, and whether it is found.
    ///
    /// # Errors
    /// Damage, or what `each` returns.
    pub fn each(&self, mut each: impl FnMut(Place, &Row, bool) -> Result<()>) -> Result<()> {
        for (part, number) in self.parts.iter().zip(0..) {
            let len = match part {
                Part::Segment(segment) => segment.len(),
                Part::Memory(memory) => memory.len(),
            };
            for local in 0..len {
                let place = Place { part: number, local };
                let row = self.row(place)?;
                each(place, &row, !self.deaths.contains_key(&row.ordinal))?;
            }
        }
        Ok(())
    }
}

fn sort(near: &mut [Near]) {
    near.sort_unstable_by_key(|one| (std::cmp::Reverse(one.share), one.row.ordinal));
}

/// Keys in common as a share of the smaller sample, at the coarser of two levels.
fn share(common: u32, a: &[u16; LEVELS], b: &[u16; LEVELS]) -> u32 {
    let level = (0..LEVELS).find(|&level| a[level] > 0 && b[level] > 0);
    let smaller = level.map_or(1, |level| u32::from(a[level].min(b[level])));
    (common * 10_000 / smaller).min(10_000)
}

fn no_document(row: &Row) -> Error {
    Error::new(ErrorKind::Corrupt).because(format!("document {} has no id and verdict", row.ordinal))
}
