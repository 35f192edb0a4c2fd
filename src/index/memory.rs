//! Documents that are in no segment yet: the logs' content, in memory, with the same questions answered.

use std::collections::HashSet;

use super::format::{Arrival, NAMED, StoredRow, key};
use super::segment::{Each, Source, Which, id_hash};
use super::table::TOGETHER;
use crate::candidates::HEAVY;
use crate::error::Result;
use crate::hash::MULTIPLIERS;
use crate::kernel::prefetch;
use crate::signature::winnow::LEVELS;

/// No entry.
const NONE: u32 = u32::MAX;

/// Which documents have a key: chains in one array, the youngest first.
#[derive(Debug, Default)]
struct Chains {
    /// Open addressing by key: 32 bits of it over one more than the place of its youngest entry; 0 where there is none.
    slots: Vec<u64>,
    entries: Vec<MemoryEntry>,
    /// Keys and documents beyond the first [`CHAIN`] of a key: nobody goes through those.
    beyond: Vec<(u64, u32)>,
    in_beyond: HashSet<(u64, u32)>,
}

/// An empty one with room for as much as `other` has and an eighth more: two memories are never quite alike.
fn with_room<T>(other: &[T]) -> Vec<T> {
    Vec::with_capacity(other.len() + other.len() / 8)
}

/// Documents of one key that are chained, at most: one more than makes a key a frequent one.
const CHAIN: u32 = HEAVY as u32 + 1;

#[derive(Debug, Clone, Copy)]
struct MemoryEntry {
    key: u64,
    local: u32,
    /// The entry of its key before it.
    next: u32,
    /// How many of its key were before it.
    nth: u32,
}

impl Chains {
    fn home(&self, key: u64) -> usize {
        (key.wrapping_mul(MULTIPLIERS[0]) >> 32) as usize & (self.slots.len() - 1)
    }

    /// Asks for the memory that looking for a key begins with.
    fn prefetch(&self, key: u64) {
        if !self.slots.is_empty() {
            prefetch(self.slots.get(self.home(key)));
        }
    }

    /// The slot of a key, or the empty one where it would stand.
    fn slot(&self, key: u64) -> usize {
        let mut at = self.home(key);
        loop {
            let slot = self.slots[at];
            let is_it = || self.entries[slot as u32 as usize - 1].key == key;
            if slot == 0 || (slot >> 32 == u64::from(key as u32) && is_it()) {
                return at;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// The youngest entry of a key.
    fn youngest(&self, key: u64) -> u32 {
        if self.slots.is_empty() { NONE } else { (self.slots[self.slot(key)] as u32).wrapping_sub(1) }
    }

    fn push(&mut self, key: u64, local: u32, most: u32) {
        if 2 * self.entries.len() >= self.slots.len() {
            self.index((self.slots.len() * 2).max(1024));
        }
        let at = self.slot(key);
        let next = (self.slots[at] as u32).wrapping_sub(1);
        let nth = self.entries.get(next as usize).map_or(0, |youngest| youngest.nth + 1);
        if nth >= most {
            self.beyond.push((key, local));
            self.in_beyond.insert((key, local));
            return;
        }
        self.entries.push(MemoryEntry { key, local, next, nth });
        self.slots[at] = u64::from(key as u32) << 32 | self.entries.len() as u64;
    }

    /// Gives every key its slot, one of `slots`.
    fn index(&mut self, slots: usize) {
        self.slots.clear();
        self.slots.resize(slots, 0);
        for (entry, place) in (0..self.entries.len()).zip(1u64..) {
            let key = self.entries[entry].key;
            let at = self.slot(key);
            self.slots[at] = u64::from(key as u32) << 32 | place;
        }
    }

    /// The entries of a key, the youngest first.
    fn of(&self, key: u64) -> impl Iterator<Item = MemoryEntry> + '_ {
        self.from(self.youngest(key))
    }

    /// An entry and those of its key before it.
    fn from(&self, mut at: u32) -> impl Iterator<Item = MemoryEntry> + '_ {
        std::iter::from_fn(move || {
            let entry = self.entries.get(at as usize).copied()?;
            at = entry.next;
            Some(entry)
        })
    }

    /// Empty, with room for as much as `other` has: what grows is copied, and every key given its slot, time and again.
    fn like(other: &Chains) -> Chains {
        Chains { slots: vec![0; other.slots.len()], entries: with_room(&other.entries), ..Chains::default() }
    }

    fn truncate(&mut self, documents: u32) {
        self.entries.truncate(self.entries.partition_point(|entry| entry.local < documents));
        self.index(self.slots.len());
        while self.beyond.last().is_some_and(|(_, local)| *local >= documents) {
            if let Some(posting) = self.beyond.pop() {
                self.in_beyond.remove(&posting);
            }
        }
    }
}

/// Documents of consecutive ordinals.
#[derive(Debug, Default)]
pub struct MemoryPart {
    first: u32,
    /// When the first and the last of its documents was seen; of some that were taken back too.
    seen: Option<(u64, u64)>,
    rows: Vec<StoredRow>,
    more: Vec<u8>,
    texts: Vec<u8>,
    tables: [Chains; 3],
}

impl MemoryPart {
    /// Of documents from this ordinal on.
    pub fn new(first: u32) -> MemoryPart {
        MemoryPart { first, ..MemoryPart::default() }
    }

    /// Of the documents behind those of `full`, with room for as many as that has.
    pub fn after(full: &MemoryPart) -> MemoryPart {
        MemoryPart {
            first: full.next(),
            seen: None,
            rows: with_room(&full.rows),
            more: with_room(&full.more),
            texts: with_room(&full.texts),
            tables: full.tables.each_ref().map(Chains::like),
        }
    }

    /// The first ordinal.
    pub fn first(&self) -> u32 {
        self.first
    }

    /// The ordinal of the next document.
    pub fn next(&self) -> u32 {
        self.first + self.len()
    }

    /// Documents in it, found or not.
    pub fn len(&self) -> u32 {
        self.rows.len() as u32
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// When the first and the last document was seen, at the latest and at the earliest; none where there is none.
    pub fn seen(&self) -> Option<(u64, u64)> {
        self.seen
    }

    /// Bytes of texts, ids and verdicts.
    pub fn bytes(&self) -> usize {
        self.texts.len() + self.more.len()
    }

    /// Appends a document. Its ordinal is [`MemoryPart::next`], whatever its row says.
    pub fn push(&mut self, row: StoredRow, keys: &[u64], more: &[u8], text: &[u8]) {
        let local = self.push_expired(row, more, text);
        let sequences = &mut self.tables[Which::Sequences as usize];
        row.copy_keys(more).for_each(|key| sequences.push(key, local, CHAIN));
        let postings = &mut self.tables[Which::Postings as usize];
        keys.iter().for_each(|&key| postings.prefetch(key));
        keys.iter().for_each(|&key| postings.push(key, local, CHAIN));
    }

    /// As [`MemoryPart::push`] of a document that nothing is a copy of any more, and that takes no other's place; returns its own.
    pub fn push_expired(&mut self, row: StoredRow, more: &[u8], text: &[u8]) -> u32 {
        let local = self.len();
        let row = StoredRow {
            ordinal: self.first + local,
            text_at: self.texts.len() as u64,
            packed: text.len() as u32,
            more_at: 0,
            more: 0,
            ..row
        };
        self.texts.extend_from_slice(text);
        let id = if row.flags & NAMED != 0 { row.id_hash } else { id_hash(more, &row) };
        let ids = &mut self.tables[Which::Ids as usize];
        [key(id), row.again_key()].into_iter().for_each(|key| ids.push(key, local, NONE));
        let (first, last) = self.seen.unwrap_or((row.seen, row.seen));
        self.seen = Some((first.min(row.seen), last.max(row.seen)));
        self.rows.push(row);
        self.set_more(local, row.id, more);
        local
    }

    /// Gives a document its id and verdict; the first `id` bytes are the id.
    pub fn set_more(&mut self, local: u32, id: u16, more: &[u8]) {
        if let Some(row) = self.rows.get_mut(local as usize) {
            (row.more_at, row.more, row.id) = (self.more.len() as u64, more.len() as u32, id);
            self.more.extend_from_slice(more);
        }
    }

    /// Gives a document its cluster.
    pub fn set_cluster(&mut self, local: u32, cluster: u64) {
        if let Some(row) = self.rows.get_mut(local as usize) {
            row.cluster = cluster;
        }
    }

    /// Takes back all documents from place `local` on.
    pub fn truncate(&mut self, local: u32) {
        if let Some(row) = self.rows.get(local as usize) {
            self.texts.truncate(row.text_at as usize);
            self.rows.truncate(local as usize);
            self.tables.iter_mut().for_each(|chains| chains.truncate(local));
        }
    }

    /// A document's row.
    pub fn row(&self, local: u32) -> StoredRow {
        self.rows[local as usize]
    }

    /// Asks for the memory of a document's row.
    pub fn prefetch(&self, local: u32) {
        prefetch(self.rows.get(local as usize).map(|row| &row.counts));
    }

    /// A document's sample sizes.
    pub fn counts(&self, local: u32) -> [u16; LEVELS] {
        self.rows[local as usize].counts
    }

    /// A document's id and verdict.
    pub fn more(&self, row: &StoredRow) -> &[u8] {
        &self.more[row.more_at as usize..][..row.more as usize]
    }

    /// A document's compressed text.
    pub fn text(&self, row: &StoredRow) -> &[u8] {
        &self.texts[row.text_at as usize..][..row.packed as usize]
    }

    /// The documents of a key, the last first; of a frequent key only so many of the first that it shows.
    #[inline]
    pub fn find(&self, which: Which, key: u64) -> impl Iterator<Item = u32> + '_ {
        self.tables[which as usize].of(key).map(|entry| entry.local)
    }

    /// Calls `each` with the number of each key and the documents that have it in their samples, as [`MemoryPart::find`]
    /// gives them, until it returns false.
    pub fn find_all(&self, keys: &[u64], mut each: impl FnMut(usize, u32) -> bool) {
        let postings = &self.tables[Which::Postings as usize];
        keys.iter().for_each(|&key| postings.prefetch(key));
        for (chunk, keys) in keys.chunks(TOGETHER).enumerate() {
            let mut youngest = [NONE; TOGETHER];
            for (youngest, &key) in youngest.iter_mut().zip(keys) {
                *youngest = postings.youngest(key);
                prefetch(postings.entries.get(*youngest as usize));
            }
            for (nth, at) in youngest.into_iter().enumerate() {
                let number = chunk * TOGETHER + nth;
                let _ = postings.from(at).try_for_each(|entry| each(number, entry.local).then_some(()));
            }
        }
    }

    /// Whether a document has a key in its sample.
    pub fn has(&self, key: u64, local: u32) -> bool {
        let postings = &self.tables[Which::Postings as usize];
        postings.of(key).any(|entry| entry.local == local) || postings.in_beyond.contains(&(key, local))
    }

    /// The place of the document of an ordinal.
    pub fn local(&self, ordinal: u32) -> Option<u32> {
        ordinal.checked_sub(self.first).filter(|local| *local < self.len())
    }

    /// A document as logs have it.
    pub fn arrival(&self, local: u32, keys: Vec<u64>, replaces: Option<u32>) -> Arrival<'_> {
        let row = self.row(local);
        Arrival { row, replaces, keys, more: self.more(&row), text: self.text(&row) }
    }
}

impl Source for MemoryPart {
    fn posting_count(&self) -> u64 {
        let postings = &self.tables[Which::Postings as usize];
        (postings.entries.len() + postings.beyond.len()) as u64
    }

    fn each(&self, each: &mut Each<'_>) -> Result<()> {
        self.rows.iter().try_for_each(|row| each(row, self.more(row), self.text(row)))
    }

    fn postings(&self) -> Box<dyn Iterator<Item = Result<(u64, u32)>> + '_> {
        let postings = &self.tables[Which::Postings as usize];
        let mut all: Vec<(u64, u32)> =
            postings.entries.iter().map(|entry| (entry.key, entry.local)).collect();
        all.extend_from_slice(&postings.beyond);
        all.sort_unstable();
        all.dedup();
        Box::new(all.into_iter().map(Ok))
    }
}
