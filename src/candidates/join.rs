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
use super::runs::{PARTITIONS, Partition};
use super::{Candidate, Crowd, Gate, HEAVY, Runs, Sampled};
use crate::error::{Error, Result};
use crate::kernel::prefetch;
use crate::leb128;
use crate::options::{Cancel, Resources};
use crate::rows::Grouped;
use crate::signature::winnow::LEVELS;

/// Set on the last member of a list.
const LAST: u32 = 1 << 31;

/// Documents of one join, at most: [`LAST`] is no part of a number.
pub const MOST_DOCUMENTS: usize = LAST as usize;

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
    resources: &Resources,
) -> Result<Join> {
    let (partitions, numbers) = by_partition(runs);
    let lists: Vec<Lists> = partitions
        .into_par_iter()
        .map_init(Vec::new, |buffer, partitions| {
            resources.cancel.check()?;
            shared(partitions, &numbers, removed, buffer);
            Ok(Lists::of(buffer, |_| false))
        })
        .collect::<Result<_>>()?;
    join_lists(&lists, documents, removed.len(), (gate, Gate::new(0.0)), resources)
}

fn join_lists(
    lists: &[Lists],
    documents: &impl Sampled,
    count: usize,
    (gate, forms): (&Gate, Gate),
    resources: &Resources,
) -> Result<Join> {
    let heavy = heavy(lists, count);
    let met = |found: Vec<Candidate>, slight: Vec<Candidate>| (found, slight);
    let met = count_pairs((lists, &heavy), documents, count, (gate, &forms), met, resources)?;
    let (candidates, slight): (Vec<_>, Vec<_>) = met.into_iter().unzip();
    let (candidates, slight) = (in_one(candidates), in_one(slight));
    Ok(Join { candidates, slight, crowd: Crowd::new(heavy, documents, (gate, forms)) })
}

/// Lists one behind the other; each is let go once it is there.
fn in_one(lists: Vec<Vec<Candidate>>) -> Vec<Candidate> {
    let mut all = Vec::new();
    lists.into_iter().for_each(|list| all.extend_from_slice(&list));
    all
}

/// The heavy lists of all partitions.
fn heavy(lists: &[Lists], count: usize) -> Heavy {
    let heavy_of = |of: fn(&Lists) -> &ListsOf| lists.iter().flat_map(move |lists| &of(lists).heavy);
    Heavy::new(
        heavy_of(|lists| &lists.own).map(|list| &**list),
        heavy_of(|lists| &lists.standing).map(|list| &**list),
        count,
    )
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
        let (partitions, numbers) = by_partition(runs);
        let partitions = partitions
            .into_par_iter()
            .map_init(Vec::new, |buffer, partitions| {
                cancel.check()?;
                shared(partitions, &numbers, removed, buffer);
                // No more memory than they take.
                Ok(buffer.to_vec())
            })
            .collect::<Result<_>>()?;
        Ok(Postings { partitions, documents: removed.len() })
    }

    /// Them as numbers that are small: by partition, each posting less the one before it.
    pub fn differences(&self) -> Vec<Vec<u64>> {
        let of = |postings: &Vec<u64>| {
            let mut before = 0;
            postings.iter().map(|&posting| posting - std::mem::replace(&mut before, posting)).collect()
        };
        self.partitions.par_iter().map(of).collect()
    }

    /// Of what [`Postings::differences`] gave of so many documents; none where it is something else.
    pub fn of_differences(mut partitions: Vec<Vec<u64>>, documents: usize) -> Option<Postings> {
        let mut are_whole = partitions.len() == PARTITIONS;
        for postings in &mut partitions {
            let mut sum = 0u64;
            for posting in postings {
                sum = sum.checked_add(*posting)?;
                are_whole &= (sum as u32 as usize) < documents;
                *posting = sum;
            }
        }
        are_whole.then_some(Postings { partitions, documents })
    }

    /// The same in half of the memory, to be looked at later. Linear.
    pub fn packed(self) -> PackedPostings {
        let pack = |postings: Vec<u64>| {
            let (mut bytes, mut hash) = (Vec::new(), 0);
            for list in postings.chunk_by(|a, b| a >> 32 == b >> 32) {
                let of_list = (list[0] >> 32) as u32;
                leb128::write(of_list - std::mem::replace(&mut hash, of_list), &mut bytes);
                leb128::write(list.len() as u32, &mut bytes);
                let mut before = 0;
                for document in list.iter().map(|&posting| posting as u32) {
                    leb128::write(document - std::mem::replace(&mut before, document), &mut bytes);
                }
            }
            bytes.shrink_to_fit();
            bytes
        };
        let partitions = self.partitions.into_par_iter().map(pack).collect();
        PackedPostings { partitions, documents: self.documents }
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
            postings.retain(|&posting| keep(hash(posting, number), posting as u32));
        });
    }

    /// Joins what is left, as [`join`] does. A pair whose common samples all stand for good, as `stands` says of the low 40
    /// bits of a hash, is a candidate only where they are the share `form` of the smaller document's, so that the two may be
    /// one form.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`](crate::error::ErrorKind::Cancelled).
    pub fn join(
        &self,
        documents: &impl Sampled,
        gate: &Gate,
        (stands, form): (impl Fn(u64) -> bool + Sync, f64),
        resources: &Resources,
    ) -> Result<Join> {
        let lists = self.partitions.par_iter().enumerate();
        let lists: Vec<Lists> = lists
            .map(|(number, postings)| Lists::of(postings, |posting| stands(hash(posting, number))))
            .collect();
        join_lists(&lists, documents, self.documents, (gate, Gate::new(form)), resources)
    }

    /// Calls `met` with the pairs that [`Postings::join`] would give where nothing stands for good, some at a time and in no
    /// order, and keeps none of them; returns the documents of the crowd.
    ///
    /// # Errors
    /// As of [`Postings::join`].
    pub fn meet(
        &self,
        documents: &impl Sampled,
        gate: &Gate,
        met: impl Fn(&[Candidate]) + Sync,
        resources: &Resources,
    ) -> Result<Vec<u32>> {
        let lists: Vec<Lists> =
            self.partitions.par_iter().map(|postings| Lists::of(postings, |_| false)).collect();
        let heavy = heavy(&lists, self.documents);
        let met = |found: Vec<Candidate>, slight: Vec<Candidate>| {
            met(&found);
            met(&slight);
        };
        let forms = Gate::new(0.0);
        count_pairs((&lists, &heavy), documents, self.documents, (gate, &forms), met, resources)?;
        Ok(Crowd::new(heavy, documents, (gate, forms)).documents().collect())
    }
}

/// Postings that nobody looks at: of each list the difference from the hash before it, its length, and of its documents the differences.
#[derive(Debug)]
pub struct PackedPostings {
    partitions: Vec<Vec<u8>>,
    documents: usize,
}

impl PackedPostings {
    /// The postings. Linear.
    pub fn unpacked(self) -> Postings {
        let unpack = |bytes: Vec<u8>| {
            let (mut rest, mut hash, mut postings) = (&bytes[..], 0u32, Vec::new());
            while let Some((more, length)) = leb128::read(&mut rest).zip(leb128::read(&mut rest)) {
                hash += more;
                let mut document = 0;
                postings.extend((0..length).map_while(|_| {
                    document += leb128::read(&mut rest)?;
                    Some(u64::from(hash) << 32 | u64::from(document))
                }));
            }
            postings.shrink_to_fit();
            postings
        };
        let partitions = self.partitions.into_par_iter().map(unpack).collect();
        Postings { partitions, documents: self.documents }
    }
}

/// The low 40 bits of the hash of a posting in a partition.
fn hash(posting: u64, partition: usize) -> u64 {
    posting >> 32 << 8 | partition as u64
}

/// The partitions of several workers: for each number those of all of them; and of each worker the documents.
fn by_partition(runs: Vec<(Runs, Vec<u32>)>) -> (Vec<Vec<Partition>>, Vec<Vec<u32>>) {
    let mut partitions: Vec<Vec<Partition>> = (0..PARTITIONS).map(|_| Vec::new()).collect();
    let mut numbers = Vec::new();
    for (runs, of_worker) in runs {
        partitions.iter_mut().zip(runs.into_partitions()).for_each(|(all, partition)| all.push(partition));
        numbers.push(of_worker);
    }
    (partitions, numbers)
}

/// Fills `out` with the postings of one partition whose hash several documents have, sorted and without repeats; what the
/// workers have of it is no longer needed then.
fn shared(partitions: Vec<Partition>, numbers: &[Vec<u32>], removed: &BitSlice, out: &mut Vec<u64>) {
    gather(partitions, numbers, removed, out);
    keep_shared(out);
    out.sort_unstable();
    out.dedup();
}

/// The postings of one partition, documents renumbered.
fn gather(partitions: Vec<Partition>, numbers: &[Vec<u32>], removed: &BitSlice, out: &mut Vec<u64>) {
    out.clear();
    out.reserve(partitions.iter().map(Partition::len).sum());
    for (partition, numbers) in partitions.iter().zip(numbers) {
        for posting in partition.postings() {
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
    own: ListsOf,
    /// Of samples that stand for good.
    standing: ListsOf,
}

/// Posting lists of one kind.
#[derive(Debug, Default)]
struct ListsOf {
    /// Lists of 2 to [`HEAVY`] members, ascending, one behind the other, the last member of each marked.
    light: Vec<u32>,
    heavy: Vec<Box<[u32]>>,
}

impl Lists {
    /// Of sorted postings without repeats; `stands` is asked of one posting of each list.
    fn of(postings: &[u64], stands: impl Fn(u64) -> bool) -> Lists {
        let mut lists = Lists::default();
        for list in postings.chunk_by(|a, b| a >> 32 == b >> 32) {
            if list.len() == 1 {
                continue;
            }
            let of = if stands(list[0]) { &mut lists.standing } else { &mut lists.own };
            let members = list.iter().map(|&posting| posting as u32);
            if list.len() > HEAVY {
                of.heavy.push(members.collect());
                continue;
            }
            of.light.extend(members);
            if let Some(last) = of.light.last_mut() {
                *last |= LAST;
            }
        }
        lists
    }
}

/// The light lists of all partitions, one behind the other, and where in them each document stands.
struct Places {
    members: Vec<u32>,
    /// From here on the lists stand for good.
    standing: u32,
    of: Grouped,
}

impl Places {
    /// # Errors
    /// [`Error::beyond_one_run`] where 32 bits do not number all places.
    fn new(lists: &[Lists], documents: usize) -> Result<Places> {
        let light =
            |of: fn(&Lists) -> &ListsOf| lists.iter().flat_map(move |lists| &of(lists).light).copied();
        let count =
            |of: fn(&Lists) -> &ListsOf| lists.iter().map(|lists| of(lists).light.len()).sum::<usize>();
        let (own, standing) = (count(|lists| &lists.own), count(|lists| &lists.standing));
        are_numbered(own + standing)?;
        let mut members: Vec<u32> = Vec::with_capacity(own + standing);
        members.extend(light(|lists| &lists.own));
        let standing = members.len() as u32;
        members.extend(light(|lists| &lists.standing));
        let of =
            Grouped::new(documents, members.iter().zip(0..).map(|(member, place)| (member & !LAST, place)));
        Ok(Places { members, standing, of })
    }
}

/// Whether 32 bits number so many places of documents in lists.
///
/// # Errors
/// [`Error::beyond_one_run`] where they do not.
fn are_numbered(places: usize) -> Result<()> {
    if u32::try_from(places).is_ok() {
        return Ok(());
    }
    Err(Error::beyond_one_run(&format!(
        "the documents share {places} samples, and one run joins {}",
        u32::MAX
    )))
}

/// Samples that two documents have in common in light lists, and of those the ones that do not stand for good.
#[derive(Debug, Clone, Copy, Default)]
struct InCommon {
    all: u16,
    own: u16,
}

/// How many lists ahead memory is asked for.
const AHEAD: usize = 8;

/// Documents that one task counts for.
const BATCH: usize = 1024;

/// Memory of one thread.
struct Counter {
    /// By document: what it has in common with the one that is counted for.
    shared: Vec<InCommon>,
    /// The documents that have anything.
    met: Vec<u32>,
    marks: Vec<bool>,
    /// Documents, and how many heavy lists they have to share.
    wanted: Vec<(u32, u32)>,
    passed: Vec<u32>,
}

/// Counts what documents have in common; `met` is given those of some documents in a row that pass the gates, and those of them
/// that are slight. Returns what it gave, in order.
fn count_pairs<T: Send>(
    (lists, heavy): (&[Lists], &Heavy),
    documents: &impl Sampled,
    count: usize,
    (gate, forms): (&Gate, &Gate),
    met: impl Fn(Vec<Candidate>, Vec<Candidate>) -> T + Sync,
    resources: &Resources,
) -> Result<Vec<T>> {
    let places = Places::new(lists, count)?;
    resources.progress.plan(count as u64);
    // Beside one another: looked up for every pair met, in no order.
    let counts: Vec<[u16; LEVELS]> = (0..count as u32).map(|d| documents.counts(d)).collect();
    let counter = || Counter {
        shared: vec![InCommon::default(); count],
        met: Vec::new(),
        marks: vec![false; heavy.count()],
        wanted: Vec::new(),
        passed: Vec::new(),
    };
    (0..count.div_ceil(BATCH))
        .into_par_iter()
        .map_init(counter, |counter, batch| {
            resources.cancel.check()?;
            resources.progress.did(BATCH as u64);
            let (mut found, mut slight) = (Vec::new(), Vec::new());
            let Counter { shared, met: partners, marks, wanted, passed } = counter;
            for a in batch * BATCH..count.min((batch + 1) * BATCH) {
                count_later(&places, a, shared, partners);
                let of_a = &counts[a];
                for &b in &*partners {
                    let least = gate.between(of_a, &counts[b as usize]);
                    match u32::from(shared[b as usize].all) {
                        common if common >= least => passed.push(b),
                        common => wanted.push((b, least - common)),
                    }
                }
                heavy.sharing(a as u32, marks, wanted);
                passed.extend(wanted.drain(..).map(|(b, _)| b));
                // Of what is in common something is their own, or it is enough for a form.
                passed.retain(|&b| {
                    let InCommon { all, own } = shared[b as usize];
                    let least = forms.between(of_a, &counts[b as usize]);
                    let is_sure = own > 0 || u32::from(all) >= least;
                    if !is_sure {
                        wanted.push((b, least - u32::from(all)));
                    }
                    is_sure
                });
                heavy.sharing_own(a as u32, marks, wanted);
                passed.extend(wanted.drain(..).map(|(b, _)| b));
                let first = (found.len(), slight.len());
                for b in passed.drain(..) {
                    let of_b = &counts[b as usize];
                    // Where heavy lists count, they have just enough in common, or a little more of what is frequent.
                    let common = u32::from(shared[b as usize].all).max(gate.between(of_a, of_b));
                    let is_slight = gate.is_slight(common, of_a, of_b);
                    if is_slight { &mut slight } else { &mut found }.push((a as u32, b));
                }
                found[first.0..].sort_unstable();
                slight[first.1..].sort_unstable();
                partners.drain(..).for_each(|b| shared[b as usize] = InCommon::default());
            }
            Ok(met(found, slight))
        })
        .collect()
}

/// Counts what document `a` has in common with each later one, and notes which those are.
fn count_later(places: &Places, a: usize, shared: &mut [InCommon], met: &mut Vec<u32>) {
    let own = places.of.of(a as u32);
    for (i, &place) in own.iter().enumerate() {
        if let Some(&ahead) = own.get(i + AHEAD) {
            prefetch(places.members.get(ahead as usize));
        }
        let is_own = u16::from(place < places.standing);
        let mut at = place as usize;
        while places.members[at] & LAST == 0 {
            at += 1;
            let b = places.members[at] & !LAST;
            let common = &mut shared[b as usize];
            if common.all == 0 {
                met.push(b);
            }
            common.all = common.all.saturating_add(1);
            common.own = common.own.saturating_add(is_own);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn more_places_than_32_bits_number_are_an_error_that_says_so() {
        assert!(are_numbered(u32::MAX as usize).is_ok());
        let error = are_numbered(u32::MAX as usize + 1).expect_err("too many");
        assert!(
            error.kind() == ErrorKind::TooLarge && error.to_string().contains("4294967295 at most"),
            "{error}"
        );
    }

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
            let found = join(workers.into(), &sets, &gone, &gate, &Resources::default()).expect("not cancelled");
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

        /// Of pairs that share standing samples alone those stay that share as many as a form does.
        #[test]
        fn what_stands_makes_a_pair_only_where_it_is_much(
            sets in proptest::collection::vec(proptest::collection::btree_set(0u64..60, 0..40), 0..30), stands in 0u64..60,
        ) {
            let hash = |value: u64| crate::hash::avalanche(value + 1);
            let sets = Sets(sets);
            let count = sets.0.len();
            let mut runs = Runs::default();
            for (d, set) in sets.0.iter().enumerate() {
                set.iter().for_each(|&value| runs.push(hash(value), d as u32));
            }
            let numbers = (0..count as u32).collect();
            let gone = bitvec![0; count];
            let postings = Postings::gather(vec![(runs, numbers)], &gone, &Cancel::default()).expect("not cancelled");
            let wanted = postings.partitions.clone();
            let postings = postings.packed().unpacked();
            prop_assert_eq!(&postings.partitions, &wanted);
            let standing: BTreeSet<u64> = (0..stands).map(|value| hash(value) & ((1 << 40) - 1)).collect();
            let (gate, forms) = (Gate::at_most(0.7, 2), Gate::new(0.2));
            let is_standing = |hash: u64| standing.contains(&hash);
            let found = postings.join(&sets, &gate, (is_standing, 0.2), &Resources::default());
            let found = found.expect("not cancelled");
            let mut all = [found.candidates, found.slight].concat();
            all.sort_unstable();
            let mut truth = Vec::new();
            for a in 0..count {
                for b in a + 1..count {
                    let common: Vec<&u64> = sets.0[a].intersection(&sets.0[b]).collect();
                    let least = |gate: &Gate| gate.between(&sets.counts(a as u32), &sets.counts(b as u32)) as usize;
                    let is_own = common.iter().any(|&&value| value >= stands);
                    let passes = !common.is_empty() && common.len() >= least(&gate);
                    if passes && (is_own || common.len() >= least(&forms)) {
                        truth.push((a as u32, b as u32));
                    }
                }
            }
            prop_assert_eq!(all, truth);
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
