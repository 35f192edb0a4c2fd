//! The join: which documents have how many samples in common.
//!
//! The prefix of any inverted-index join (Chaudhuri, Ganti and Kaushik, ICDE 2006; Mann, Augsten and Bouros,
//! PVLDB 9, 2016), without a hash map of the corpus: postings are partitioned by hash, hashes of one document
//! only are filtered out by two bits each, what is left is sorted into lists, and each document then counts
//! its lists' later members. Time is linear in postings plus pairs met; a list of at most [`HEAVY`] members
//! meets at most (HEAVY - 1) / 2 pairs a posting.

use bitvec::prelude::*;
use rayon::prelude::*;

use super::heavy::Heavy;
use super::runs::PARTITIONS;
use super::{Candidate, Crowd, Gate, HEAVY, Runs, Sampled};
use crate::error::Result;
use crate::kernel::prefetch;
use crate::options::Cancel;
use crate::rows::Grouped;
use crate::signature::winnow::LEVELS;

/// Set on the last member of a list.
const LAST: u32 = 1 << 31;

/// What the join found.
#[derive(Debug)]
pub struct Join {
    /// Pairs that passed the gate, in order.
    pub candidates: Vec<Candidate>,
    /// Pairs that passed only because they may share a passage, and have hardly more than a phrase or two in common as
    /// far as samples tell; in order. None where the gate does not ask for passages.
    pub slight: Vec<Candidate>,
    /// Documents that have little but frequent shingles.
    pub crowd: Crowd,
}

/// Joins the postings of several workers. `numbers[w][d]` is the document that worker `w` called `d`;
/// documents in `removed` are left out. Runs on the current thread pool.
///
/// # Errors
/// [`ErrorKind::Cancelled`](crate::error::ErrorKind::Cancelled).
pub fn join(
    runs: Vec<(Runs, Vec<u32>)>,
    documents: &impl Sampled,
    removed: &BitSlice,
    gate: &Gate,
    cancel: &Cancel,
) -> Result<Join> {
    let lists: Vec<Lists> = (0..PARTITIONS)
        .into_par_iter()
        .map_init(Vec::new, |buffer, number| {
            cancel.check()?;
            shared(&runs, number, removed, buffer);
            Ok(Lists::of(buffer))
        })
        .collect::<Result<_>>()?;
    drop(runs);
    join_lists(&lists, documents, removed.len(), gate, cancel)
}

fn join_lists(
    lists: &[Lists],
    documents: &impl Sampled,
    count: usize,
    gate: &Gate,
    cancel: &Cancel,
) -> Result<Join> {
    let heavy = Heavy::new(lists.iter().flat_map(|lists| &lists.heavy).map(|list| &**list), count);
    let (candidates, slight) = count_pairs(lists, documents, count, &heavy, gate, cancel)?;
    Ok(Join { candidates, slight, crowd: Crowd::new(heavy, documents, gate) })
}

/// The shared samples of a corpus, before they are joined: to learn from, and to leave some out.
#[derive(Debug)]
pub struct Postings {
    /// By the low 8 bits of the hash: 32 further bits over 32 of the document, sorted.
    partitions: Vec<Vec<u64>>,
    documents: usize,
}

impl Postings {
    /// Of several workers, as [`join`] takes them.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`](crate::error::ErrorKind::Cancelled).
    pub fn gather(runs: Vec<(Runs, Vec<u32>)>, removed: &BitSlice, cancel: &Cancel) -> Result<Postings> {
        let partitions = (0..PARTITIONS)
            .into_par_iter()
            .map(|number| {
                cancel.check()?;
                let mut postings = Vec::new();
                shared(&runs, number, removed, &mut postings);
                Ok(postings)
            })
            .collect::<Result<_>>()?;
        Ok(Postings { partitions, documents: removed.len() })
    }

    /// The documents of every shared sample, each list in order: as the low halves of its numbers.
    pub fn lists(&self) -> impl ParallelIterator<Item = &[u64]> {
        self.partitions.par_iter().flat_map_iter(|postings| postings.chunk_by(|a, b| a >> 32 == b >> 32))
    }

    /// Keeps the samples for which `keep` says so, given their documents as [`Postings::lists`] has them.
    pub fn keep_lists(&mut self, keep: impl Fn(&[u64]) -> bool + Sync) {
        self.partitions.par_iter_mut().for_each(|postings| {
            let lists = postings.chunk_by(|a, b| a >> 32 == b >> 32).filter(|list| keep(list));
            *postings = lists.flatten().copied().collect();
        });
    }

    /// Keeps the postings for which `keep` says so, given the low 40 bits of the hash and the document.
    pub fn retain(&mut self, keep: impl Fn(u64, u32) -> bool + Sync) {
        self.partitions.par_iter_mut().enumerate().for_each(|(number, postings)| {
            postings.retain(|posting| keep(posting >> 32 << 8 | number as u64, *posting as u32));
        });
    }

    /// Joins what is left, as [`join`] does.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`](crate::error::ErrorKind::Cancelled).
    pub fn join(self, documents: &impl Sampled, gate: &Gate, cancel: &Cancel) -> Result<Join> {
        let lists: Vec<Lists> =
            self.partitions.into_par_iter().map(|postings| Lists::of(&postings)).collect();
        join_lists(&lists, documents, self.documents, gate, cancel)
    }
}

/// Fills `out` with the postings of one partition whose hash several documents have, sorted and without repeats.
fn shared(runs: &[(Runs, Vec<u32>)], number: usize, removed: &BitSlice, out: &mut Vec<u64>) {
    gather(runs, number, removed, out);
    keep_shared(out);
    out.sort_unstable();
    out.dedup();
}

/// The postings of one partition, documents renumbered.
fn gather(runs: &[(Runs, Vec<u32>)], number: usize, removed: &BitSlice, out: &mut Vec<u64>) {
    out.clear();
    out.reserve(runs.iter().map(|(run, _)| run.len(number)).sum());
    for (run, numbers) in runs {
        for posting in run.partition(number) {
            let document = numbers[posting as u32 as usize];
            if !removed[document as usize] {
                out.push(posting >> 32 << 32 | u64::from(document));
            }
        }
    }
}

/// Drops most postings whose hash stands once: nine in ten do, and sorting them is what a join costs most.
fn keep_shared(postings: &mut Vec<u64>) {
    // Two bits a slot side by side, so that one look decides: seen once, seen again.
    let slots = (postings.len() * 8).next_power_of_two().max(16);
    let mut seen = vec![0u32; slots / 16];
    let place = |posting: u64| {
        let slot = (posting >> 32) as usize & (slots - 1);
        (slot / 16, 2 * (slot % 16))
    };
    for &posting in &*postings {
        let (word, shift) = place(posting);
        let before = seen[word] >> shift & 1;
        seen[word] |= (1 + before) << shift;
    }
    postings.retain(|&posting| {
        let (word, shift) = place(posting);
        seen[word] >> shift & 2 != 0
    });
}

/// The posting lists of one partition.
#[derive(Debug, Default)]
struct Lists {
    /// Lists of 2 to [`HEAVY`] members, ascending, one behind the other, the last member of each marked.
    light: Vec<u32>,
    heavy: Vec<Box<[u32]>>,
}

impl Lists {
    /// Of sorted postings without repeats.
    fn of(postings: &[u64]) -> Lists {
        let mut lists = Lists::default();
        for list in postings.chunk_by(|a, b| a >> 32 == b >> 32) {
            let members = list.iter().map(|&posting| posting as u32);
            match list.len() {
                1 => {}
                2..=HEAVY => {
                    lists.light.extend(members);
                    if let Some(last) = lists.light.last_mut() {
                        *last |= LAST;
                    }
                }
                _ => lists.heavy.push(members.collect()),
            }
        }
        lists
    }
}

/// The light lists of all partitions, one behind the other, and where in them each document stands.
struct Places {
    members: Vec<u32>,
    of: Grouped,
}

impl Places {
    fn new(lists: &[Lists], documents: usize) -> Places {
        let members: Vec<u32> = lists.iter().flat_map(|lists| &lists.light).copied().collect();
        let of =
            Grouped::new(documents, members.iter().zip(0..).map(|(member, place)| (member & !LAST, place)));
        Places { members, of }
    }
}

/// How many lists ahead memory is asked for.
const AHEAD: usize = 8;

/// Documents that one task counts for.
const BATCH: usize = 1024;

fn count_pairs(
    lists: &[Lists],
    documents: &impl Sampled,
    count: usize,
    heavy: &Heavy,
    gate: &Gate,
    cancel: &Cancel,
) -> Result<(Vec<Candidate>, Vec<Candidate>)> {
    let places = Places::new(lists, count);
    // Beside one another: looked up for every pair met, in no order.
    let counts: Vec<[u16; LEVELS]> = (0..count as u32).map(|d| documents.counts(d)).collect();
    let batches: Vec<(Vec<Candidate>, Vec<Candidate>)> = (0..count.div_ceil(BATCH))
        .into_par_iter()
        .map_init(
            || (vec![0u16; count], Vec::new(), vec![false; heavy.count()], Vec::new()),
            |(shared, met, marks, wanted), batch| {
                cancel.check()?;
                let (mut found, mut slight) = (Vec::new(), Vec::new());
                for a in batch * BATCH..count.min((batch + 1) * BATCH) {
                    count_later(&places, a, shared, met);
                    let of_a = &counts[a];
                    let first = (found.len(), slight.len());
                    wanted.clear();
                    for b in met.drain(..) {
                        let common = u32::from(std::mem::take(&mut shared[b as usize]));
                        let of_b = &counts[b as usize];
                        match gate.between(of_a, of_b) {
                            least if common >= least && gate.is_slight(common, of_a, of_b) => {
                                slight.push((a as u32, b));
                            }
                            least if common >= least => found.push((a as u32, b)),
                            least => wanted.push((b, least - common)),
                        }
                    }
                    heavy.mark(a as u32, marks);
                    heavy.keep_sharing(a as u32, marks, wanted);
                    heavy.unmark(a as u32, marks);
                    // They have just enough in common, or a little more of what is frequent.
                    for (b, _) in wanted.drain(..) {
                        let of_b = &counts[b as usize];
                        let is_slight = gate.is_slight(gate.between(of_a, of_b), of_a, of_b);
                        if is_slight { &mut slight } else { &mut found }.push((a as u32, b));
                    }
                    found[first.0..].sort_unstable();
                    slight[first.1..].sort_unstable();
                }
                Ok((found, slight))
            },
        )
        .collect::<Result<_>>()?;
    let (found, slight): (Vec<_>, Vec<_>) = batches.into_iter().unzip();
    Ok((found.concat(), slight.concat()))
}

/// Counts what document `a` has in common with each later one, and notes which those are.
fn count_later(places: &Places, a: usize, shared: &mut [u16], met: &mut Vec<u32>) {
    let own = places.of.of(a as u32);
    for (i, &place) in own.iter().enumerate() {
        if let Some(&ahead) = own.get(i + AHEAD) {
            prefetch(places.members.get(ahead as usize));
        }
        let mut at = place as usize;
        while places.members[at] & LAST == 0 {
            at += 1;
            let b = places.members[at] & !LAST;
            let count = &mut shared[b as usize];
            if *count == 0 {
                met.push(b);
            }
            *count = count.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    struct Sets(Vec<BTreeSet<u64>>);

    impl Sampled for Sets {
        fn counts(&self, document: u32) -> [u16; LEVELS] {
            [self.0[document as usize].len() as u16; LEVELS]
        }

        fn sequence(&self, document: u32) -> u64 {
            crate::hash::avalanche(u64::from(document) + 1)
        }
    }

    proptest! {
        #[test]
        fn finds_what_counting_all_pairs_finds(
            sets in proptest::collection::vec(proptest::collection::btree_set(0u64..80, 0..30), 0..40),
            cut in 0usize..40, removed in proptest::collection::btree_set(0usize..40, 0..5),
        ) {
            let hash = |value: u64| crate::hash::avalanche(value + 1);
            let sets = Sets(sets);
            let count = sets.0.len();
            let mut gone = bitvec![0; count];
            removed.iter().filter(|&&d| d < count).for_each(|&d| gone.set(d, true));
            // Two workers that number their documents from 0, with a repeated posting each.
            let cut = cut.min(count);
            let workers = [0..cut, cut..count].map(|range| {
                let mut runs = Runs::default();
                for (local, d) in range.clone().enumerate() {
                    for &value in sets.0[d].iter().chain(sets.0[d].first()) {
                        runs.push(hash(value), local as u32);
                    }
                }
                (runs, range.map(|d| d as u32).collect::<Vec<u32>>())
            });
            let gate = Gate::new(0.7);
            let found = join(workers.into(), &sets, &gone, &gate, &Cancel::default()).expect("not cancelled");
            let mut truth = Vec::new();
            for a in 0..count {
                for b in a + 1..count {
                    let common = sets.0[a].intersection(&sets.0[b]).count() as u32;
                    let least = gate.between(&sets.counts(a as u32), &sets.counts(b as u32));
                    if common > 0 && common >= least && !gone[a] && !gone[b] {
                        truth.push((a as u32, b as u32));
                    }
                }
            }
            prop_assert_eq!(found.candidates, truth);
        }

        #[test]
        fn only_hashes_of_one_posting_are_filtered_out(hashes in proptest::collection::vec(0u64..50, 0..200)) {
            let mut postings: Vec<u64> = hashes.iter().enumerate().map(|(d, h)| h << 32 | d as u64).collect();
            let mut times = BTreeMap::new();
            hashes.iter().for_each(|h| *times.entry(h).or_insert(0) += 1);
            let shared: Vec<u64> = postings.iter().copied().filter(|p| times[&(p >> 32)] > 1).collect();
            keep_shared(&mut postings);
            prop_assert!(shared.iter().all(|p| postings.contains(p)));
        }
    }
}
