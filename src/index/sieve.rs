//! Which keys no sealed document has: of an arrival's, four in five. Looked for one by one they would be waited for in every
//! segment; here all segments answer together, with one wait a key.
//!
//! A sieve is made in memory of what segments hold and is nowhere on disk: there is none that a crash could tear. It may say of
//! a key that nobody has that somebody may have it, and never the other way about. Segments that it does not know yet, or whose
//! keys cannot be read, are asked themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::format::KEY_BITS;
use super::job::BackgroundJob;
use super::segment::{Segment, Which};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::MULTIPLIERS;
use crate::kernel::prefetch;

/// Bits of a sieve for each key that it has room for. With eight, 2.6 % of the keys that nobody has pass; with six 5.8 %, and with
/// twelve 0.7 % (in `sieved_keys_pass_and_few_others`).
const BITS: u64 = 8;

/// Bits that a key sets in its line, of 512.
const MARKS: u32 = 4;

/// Bits that say which bit of a line one is.
const PLACE_BITS: u32 = 9;

/// Lines of a sieve, at most: half a gigabyte, for the keys of seven million articles. Beyond, more of the others pass.
const MOST_LINES: u64 = 1 << 23;

/// A new sieve has room for half as many keys more than there are: made anew so often, a key is put into three, and no more
/// than a third of a sieve is empty.
const fn with_room(keys: u64) -> u64 {
    keys + keys / 2
}

/// A sieve is made once so many keys times those that were looked for are all that it would hold: who asks for a few documents
/// goes without. Looking for a key in every segment costs thirty times what putting one into a sieve does (340 and 12 ns, 200,000
/// articles), so that half as much was then spent without a sieve as making it costs.
const CHEAPER: u64 = 64;

/// A cache line of bits.
#[derive(Debug, Default)]
#[repr(align(64))]
struct SieveLine([AtomicU64; 8]);

/// Keys, as bits: each sets a few in one cache line. Whoever adds to it is alone; others ask meanwhile.
#[derive(Debug)]
pub struct Sieve {
    lines: Vec<SieveLine>,
}

impl Sieve {
    /// An empty one, for so many keys.
    pub fn of(keys: u64) -> Sieve {
        let lines = (keys * BITS).div_ceil(512).clamp(1, MOST_LINES);
        Sieve { lines: (0..lines).map(|_| SieveLine::default()).collect() }
    }

    /// Keys of several tables stand in one sieve, each under a number of its own.
    fn mixed(which: Which, key: u64) -> u64 {
        const TABLES: [u64; 3] = [0, 0x5A_9B3D_71C6, 0xC3_17E5_2D8B];
        key ^ TABLES[which as usize]
    }

    /// Keys in order are in order of their lines: a table goes into a sieve from its front to its end.
    fn line(&self, mixed: u64) -> Option<&SieveLine> {
        self.lines.get(((mixed * self.lines.len() as u64) >> KEY_BITS) as usize)
    }

    /// The bits that a key sets, each as the word that it stands in and what is set there.
    fn marks(mixed: u64) -> impl Iterator<Item = (usize, u64)> {
        // Keys of one line have their first bits in common: a product's first bits depend on all of them.
        let hash = mixed.wrapping_mul(MULTIPLIERS[0]);
        (1..=MARKS).map(move |nth| {
            let place = (hash >> (64 - nth * PLACE_BITS)) as usize % 512;
            (place / 64, 1 << (place % 64))
        })
    }

    /// Asks for the memory of a key.
    pub fn prefetch(&self, which: Which, key: u64) {
        prefetch(self.line(Sieve::mixed(which, key)));
    }

    /// Whether a key may have been added; what was is never denied.
    pub fn may_have(&self, which: Which, key: u64) -> bool {
        let mixed = Sieve::mixed(which, key);
        let is_set =
            |line: &SieveLine, (word, bit): (usize, u64)| line.0[word].load(Ordering::Relaxed) & bit != 0;
        self.line(mixed).is_some_and(|line| Sieve::marks(mixed).all(|mark| is_set(line, mark)))
    }

    /// Adds a key.
    pub fn add(&self, which: Which, key: u64) {
        let mixed = Sieve::mixed(which, key);
        let Some(SieveLine(words)) = self.line(mixed) else { return };
        for (word, bit) in Sieve::marks(mixed) {
            // Nobody else writes.
            words[word].store(words[word].load(Ordering::Relaxed) | bit, Ordering::Relaxed);
        }
    }

    /// Adds all keys of a segment. `go_on` is asked now and then.
    ///
    /// # Errors
    /// Damage of its tables, or [`ErrorKind::Cancelled`].
    fn add_segment(&self, segment: &Segment, go_on: &dyn Fn() -> bool) -> Result<()> {
        for which in Which::ALL {
            for (nth, entry) in segment.entries(which).enumerate() {
                self.add(which, entry?.0);
                if nth % (1 << 16) == 0 && !go_on() {
                    return Err(Error::new(ErrorKind::Cancelled));
                }
            }
        }
        Ok(())
    }
}

/// A sieve, and the first parts of an index, all of whose keys it has.
#[derive(Debug, Clone, Copy)]
pub struct Sieved<'a> {
    /// It.
    pub sieve: &'a Sieve,
    /// How many parts.
    pub parts: usize,
}

/// The sieve of an index that is written to, kept true in the background.
#[derive(Debug, Default)]
pub(super) struct Sieving {
    sieve: Option<Arc<Sieve>>,
    /// Keys that it has room for, and keys that were added: more than there are once segments are gone.
    room: u64,
    added: u64,
    /// The numbers of segments all of whose keys it has.
    known: Vec<u64>,
    /// Those that cannot be read.
    damaged: Vec<u64>,
    job: Option<BackgroundJob<Gathered>>,
    /// Keys that were looked for.
    asked: u64,
}

/// What was gathered in the background.
#[derive(Debug)]
struct Gathered {
    sieve: Arc<Sieve>,
    /// Keys that the sieve was made for; none where it was there.
    room: Option<u64>,
    /// Keys that were added.
    added: u64,
    known: Vec<u64>,
    damaged: Vec<u64>,
}

impl Sieving {
    /// The sieve, where it knows the first of these segments.
    pub fn sieved(&self, segments: &[Arc<Segment>]) -> Option<Sieved<'_>> {
        let is_known = |segment: &&Arc<Segment>| self.known.contains(&segment.entry.number);
        let parts = segments.iter().take_while(is_known).count();
        self.sieve.as_deref().filter(|_| parts > 0).map(|sieve| Sieved { sieve, parts })
    }

    /// Takes note of keys that are looked for.
    pub fn asks(&mut self, keys: usize) {
        self.asked = self.asked.saturating_add(keys as u64);
    }

    /// Segments were merged: what the sieve knew of all, it knows of what they became.
    pub fn merged(&mut self, replaced: &[u64], into: Option<&Segment>) {
        let all = replaced.iter().all(|number| self.known.contains(number));
        self.known.extend(into.filter(|_| all).map(|segment| segment.entry.number));
    }

    /// Takes what was gathered, and has the keys gathered of segments that the sieve does not know, once that pays.
    pub fn tend(&mut self, segments: &[Arc<Segment>]) {
        if let Some(job) = self.job.take_if(|job| job.is_done()) {
            // A thread that ended in a panic has gathered nothing.
            if let Ok(gathered) = job.wait() {
                self.take(gathered);
            }
        }
        let is_there = |number: &u64| segments.iter().any(|segment| segment.entry.number == *number);
        self.known.retain(is_there);
        self.damaged.retain(is_there);
        if self.job.is_none() {
            self.begin(segments);
        }
    }

    fn take(&mut self, gathered: Gathered) {
        let Gathered { sieve, room, added, known, damaged } = gathered;
        if let Some(room) = room {
            (self.room, self.added) = (room, 0);
            self.known.clear();
        }
        self.sieve = Some(sieve);
        self.added += added;
        self.known.extend(known);
        self.damaged.extend(damaged);
    }

    /// Begins to gather what the sieve does not know.
    fn begin(&mut self, segments: &[Arc<Segment>]) {
        let readable = || segments.iter().filter(|segment| !self.damaged.contains(&segment.entry.number));
        let missing: Vec<_> =
            readable().filter(|segment| !self.known.contains(&segment.entry.number)).cloned().collect();
        let new: u64 = missing.iter().map(|segment| segment.key_count()).sum();
        let all: u64 = readable().map(|segment| segment.key_count()).sum();
        let has_room = self.added + new <= self.room;
        if missing.is_empty() {
            return;
        }
        match &self.sieve {
            Some(sieve) if has_room => self.gather(sieve.clone(), None, missing),
            _ if self.asked.saturating_mul(CHEAPER) < all => {}
            _ => {
                let (room, all) = (with_room(all), readable().cloned().collect());
                self.gather(Arc::new(Sieve::of(room)), Some(room), all);
            }
        }
    }

    fn gather(&mut self, sieve: Arc<Sieve>, room: Option<u64>, segments: Vec<Arc<Segment>>) {
        self.job = Some(BackgroundJob::spawn_behind("gathering keys", move |go_on| {
            let mut gathered = Gathered { sieve, room, added: 0, known: Vec::new(), damaged: Vec::new() };
            for segment in segments {
                match gathered.sieve.add_segment(&segment, go_on) {
                    Ok(()) => gathered.known.push(segment.entry.number),
                    Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
                    // Whoever needs it will meet the damage where it is.
                    Err(_) => gathered.damaged.push(segment.entry.number),
                }
                gathered.added += segment.key_count();
            }
            Ok(gathered)
        }));
    }

    /// Gives up what is being gathered.
    pub fn stop(&mut self) {
        if let Some(job) = self.job.take() {
            job.stop();
            let _ = job.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::avalanche;
    use crate::index::format::key;

    /// Of so many keys that nobody has, how many pass a sieve of so many bits for each that was added.
    fn passing(added: u64, room: u64) -> f64 {
        let sieve = Sieve::of(room);
        let keys = |from: u64| (from..from + added).map(|number| key(avalanche(number)));
        keys(1).for_each(|key| sieve.add(Which::Postings, key));
        assert!(keys(1).all(|key| sieve.may_have(Which::Postings, key)));
        let others = keys(1 << 32).filter(|&key| sieve.may_have(Which::Postings, key)).count();
        others as f64 / added as f64
    }

    #[test]
    fn sieved_keys_pass_and_few_others() {
        let shares = [6, 8, 12].map(|bits| passing(200_000, 200_000 * bits / BITS));
        println!("{shares:?}");
        assert!(shares[0] < 0.08 && shares[1] < 0.035 && shares[2] < 0.012, "{shares:?}");
        // Full far beyond its room it still denies nothing.
        passing(20_000, 10);
    }

    #[test]
    fn tables_are_told_apart() {
        let sieve = Sieve::of(10_000);
        (0..1000).for_each(|number| sieve.add(Which::Ids, key(avalanche(number))));
        for which in [Which::Postings, Which::Sequences] {
            let passed = (0..1000).filter(|&number| sieve.may_have(which, key(avalanche(number)))).count();
            assert!(passed < 50, "{passed} {which:?}");
        }
    }
}
