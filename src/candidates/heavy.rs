//! Which documents are in which heavy lists: those of shingles that stand in more than
//! [`HEAVY`](super::HEAVY) documents.

use crate::kernel::prefetch;
use crate::rows::Grouped;

/// Words of a document's outline.
const WORDS: usize = 8;

/// How many documents ahead memory is asked for.
const AHEAD: usize = 8;

/// Lists in a cache line.
const LINE: usize = 16;

/// For each document, the heavy lists it is in.
#[derive(Debug)]
pub(super) struct Heavy {
    /// The lists of a document, ascending.
    lists: Grouped,
    /// Members of each list.
    sizes: Vec<u32>,
    /// How many of the lists, the first, do not stand for good.
    own: usize,
    /// A bit for each list a document is in, folded into [`WORDS`] words; empty where no list is heavy.
    outlines: Vec<[u64; WORDS]>,
}

impl Heavy {
    /// Of the members of the lists that do not stand for good, and of those that do.
    pub fn new<'a>(
        own: impl Iterator<Item = &'a [u32]> + Clone,
        standing: impl Iterator<Item = &'a [u32]> + Clone,
        documents: usize,
    ) -> Heavy {
        let count = own.clone().count();
        let lists = own.chain(standing);
        let numbered = lists.clone().zip(0u32..);
        let memberships =
            numbered.flat_map(|(list, number)| list.iter().map(move |&member| (member, number)));
        let sizes: Vec<u32> = lists.map(|list| list.len() as u32).collect();
        let mut outlines = vec![[0; WORDS]; if sizes.is_empty() { 0 } else { documents }];
        for (member, number) in memberships.clone() {
            outlines[member as usize][number as usize / 64 % WORDS] |= 1 << (number % 64);
        }
        Heavy { lists: Grouped::new(documents, memberships), sizes, own: count, outlines }
    }

    /// The members of its lists, ascending: of those that do not stand for good, and of those that do.
    pub fn members(&self) -> [Vec<Vec<u32>>; 2] {
        let mut all: Vec<Vec<u32>> =
            self.sizes.iter().map(|&size| Vec::with_capacity(size as usize)).collect();
        for document in 0..self.lists.keys() as u32 {
            self.lists.of(document).iter().for_each(|&list| all[list as usize].push(document));
        }
        let standing = all.split_off(self.own);
        [all, standing]
    }

    /// Documents in all.
    pub fn documents(&self) -> usize {
        self.lists.keys()
    }

    /// Heavy lists in all.
    pub fn count(&self) -> usize {
        self.sizes.len()
    }

    /// The lists of a document, ascending.
    pub fn of(&self, document: u32) -> &[u32] {
        self.lists.of(document)
    }

    /// How many members a list has.
    pub fn size(&self, list: u32) -> u32 {
        self.sizes[list as usize]
    }

    /// The lists of a document that do not stand for good.
    fn own(&self, document: u32) -> &[u32] {
        let lists = self.of(document);
        &lists[..lists.partition_point(|&list| (list as usize) < self.own)]
    }

    /// Keeps those of `wanted`, documents each with a least number, that are in so many of the lists of `a`. `marks` has a
    /// place for every list, all false.
    pub fn sharing(&self, a: u32, marks: &mut [bool], wanted: &mut Vec<(u32, u32)>) {
        self.marked(self.of(a), marks, |marks| self.keep_sharing(a, marks, wanted));
    }

    /// As [`Heavy::sharing`], of documents that share some list with `a`: keeps those that are in one of its lists that do
    /// not stand for good, or in so many of all.
    pub fn sharing_own(&self, a: u32, marks: &mut [bool], wanted: &mut Vec<(u32, u32)>) {
        if self.own == self.count() || wanted.is_empty() {
            return;
        }
        let mut own: Vec<(u32, u32)> = wanted.iter().map(|&(b, _)| (b, 1)).collect();
        self.marked(self.own(a), marks, |marks| self.keep_sharing(a, marks, &mut own));
        // Both are in the order of what was wanted.
        let mut rest = own.iter().peekable();
        wanted.retain(|&(b, _)| rest.next_if(|&&(one, _)| one == b).is_none());
        self.sharing(a, marks, wanted);
        wanted.extend(own);
    }

    /// Calls `then` with some lists marked, to compare documents with the one that has them.
    fn marked(&self, lists: &[u32], marks: &mut [bool], then: impl FnOnce(&[bool])) {
        lists.iter().for_each(|&list| marks[list as usize] = true);
        then(marks);
        lists.iter().for_each(|&list| marks[list as usize] = false);
    }

    /// Keeps those of `wanted` that are in so many of the marked lists, which are lists of `a`.
    ///
    /// Two passes, each asking for memory some documents ahead: where much is heavy, this is most of a join, and
    /// all of it is waiting.
    fn keep_sharing(&self, a: u32, marks: &[bool], wanted: &mut Vec<(u32, u32)>) {
        let of_a = self.of(a).len();
        // Most documents are in few: that alone says no for nearly all pairs of natural text.
        wanted.retain(|&(b, least)| of_a.min(self.of(b).len()) >= least as usize);
        let mut kept = 0;
        for i in 0..wanted.len() {
            if let Some(&(ahead, _)) = wanted.get(i + AHEAD) {
                prefetch(self.outlines.get(ahead as usize));
            }
            let (b, least) = wanted[i];
            wanted[kept] = (b, least);
            kept += usize::from(self.at_most(a, b) >= least);
        }
        wanted.truncate(kept);
        kept = 0;
        for i in 0..wanted.len() {
            if let Some(&(ahead, _)) = wanted.get(i + AHEAD) {
                let lists = self.of(ahead);
                lists.chunks(LINE).for_each(|line| prefetch(line.first()));
            }
            let (b, least) = wanted[i];
            let common: u32 = self.of(b).iter().map(|&list| u32::from(marks[list as usize])).sum();
            wanted[kept] = (b, least);
            kept += usize::from(common >= least);
        }
        wanted.truncate(kept);
    }

    /// No fewer than the lists both are in: those fall on bits that both outlines have, one a bit and as many
    /// more as the lists of one document share bits.
    fn at_most(&self, a: u32, b: u32) -> u32 {
        let (bits_a, bits_b) = (&self.outlines[a as usize], &self.outlines[b as usize]);
        let (mut both, mut only_a, mut only_b) = (0, 0, 0);
        for (x, y) in bits_a.iter().zip(bits_b) {
            both += (x & y).count_ones();
            only_a += x.count_ones();
            only_b += y.count_ones();
        }
        let folded = (self.of(a).len() as u32 - only_a).min(self.of(b).len() as u32 - only_b);
        both + folded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn sharing_is_what_plain_sets_share(
            lists in proptest::collection::vec(proptest::collection::btree_set(0u32..6, 1..6), 0..700),
            least in 0u32..500, own in 0usize..700,
        ) {
            let members: Vec<Vec<u32>> = lists.iter().map(|list| list.iter().copied().collect()).collect();
            let (own, standing) = members.split_at(own.min(members.len()));
            let heavy = Heavy::new(own.iter().map(Vec::as_slice), standing.iter().map(Vec::as_slice), 6);
            let of = |d: u32, lists: std::ops::Range<usize>| -> BTreeSet<usize> {
                lists.filter(|&list| members[list].contains(&d)).collect()
            };
            let common = |a: u32, b: u32, lists: std::ops::Range<usize>| {
                of(a, lists.clone()).intersection(&of(b, lists)).count() as u32
            };
            let pairs: &[(u32, u32)] = if members.is_empty() { &[] } else { &[(0, 1), (2, 5), (4, 3)] };
            for &(a, b) in pairs {
                let (all, of_own) = (common(a, b, 0..members.len()), common(a, b, 0..own.len()));
                let mut marks = vec![false; members.len()];
                for least in [least, all, all + 1] {
                    let mut wanted = vec![(b, least), (a, 0), (b, least)];
                    heavy.sharing(a, &mut marks, &mut wanted);
                    prop_assert_eq!(wanted.len(), if all >= least { 3 } else { 1 });
                    let mut wanted = vec![(b, least)];
                    if all > 0 {
                        heavy.sharing_own(a, &mut marks, &mut wanted);
                        prop_assert_eq!(wanted.len(), usize::from(of_own > 0 || all >= least));
                    }
                }
                prop_assert!(marks.iter().all(|mark| !mark));
            }
        }
    }
}
