//! Documents that have little but frequent shingles: a template's members, or pages that are mostly chrome.
//!
//! Comparing each with each is quadratic, and leaving frequent shingles out loses them. Leaders instead
//! (Hartigan's leader algorithm; stars as in Aslam, Pelekhov and Rus, "The star clustering algorithm", 2004): in
//! every heavy list the document with the smallest text hash leads, each other member is compared with it,
//! and whoever is found to belong to it is settled. Lists of one template agree on their leader, so a template
//! of 50,000 members takes one round. Rounds go on until all are settled, or [`ROUNDS`] are over.

use bitvec::prelude::*;

use super::{Candidate, Gate, Sampled};

/// Leaders that a document is compared with, at most, in each of its heavy lists.
const ROUNDS: usize = 8;

/// The documents of heavy lists that are not settled yet.
#[derive(Debug)]
pub struct Crowd {
    /// Members that may find a partner here, the lowest sequence first.
    lists: Vec<Vec<u32>>,
    /// By document: samples in common with a leader that make a candidate.
    least: Vec<u32>,
    settled: BitVec,
    rounds: usize,
}

impl Crowd {
    pub(super) fn new(
        lists: Vec<Box<[u32]>>,
        heavy: Vec<u32>,
        documents: &impl Sampled,
        gate: &Gate,
    ) -> Crowd {
        if lists.is_empty() {
            return Crowd { lists: Vec::new(), least: Vec::new(), settled: BitVec::new(), rounds: 0 };
        }
        // Only where its heavy samples alone could pass the gate can a document have a partner that shares
        // nothing rarer with it.
        let least: Vec<u32> = (0..heavy.len() as u32)
            .map(|d| gate.between(&documents.counts(d), &documents.counts(d)))
            .collect();
        let settled = heavy.iter().zip(&least).map(|(heavy, least)| heavy < least).collect();
        let mut crowd = Crowd { lists: Vec::new(), least, settled, rounds: 0 };
        for list in lists {
            let mut members: Vec<u32> =
                list.iter().copied().filter(|&d| !crowd.settled[d as usize]).collect();
            if members.len() > 1 {
                members.sort_unstable_by_key(|&d| documents.sequence(d));
                crowd.lists.push(members);
            }
        }
        crowd
    }

    /// The pairs of leaders and members to verify now; none once the crowd is settled.
    pub fn round(&mut self) -> Vec<Candidate> {
        if self.rounds == ROUNDS {
            return Vec::new();
        }
        self.rounds += 1;
        let mut leaders = Vec::new();
        let mut met: Vec<u64> = Vec::new();
        for list in &mut self.lists {
            list.retain(|&d| !self.settled[d as usize]);
            let Some((&leader, others)) = list.split_first() else { continue };
            leaders.push(leader);
            met.extend(others.iter().map(|&d| u64::from(leader.min(d)) << 32 | u64::from(leader.max(d))));
        }
        met.sort_unstable();
        let common = met.chunk_by(|a, b| a == b).filter_map(|same| {
            let (a, b) = ((same[0] >> 32) as u32, same[0] as u32);
            let least = self.least[a as usize].min(self.least[b as usize]);
            (same.len() as u32 >= least).then_some((a, b))
        });
        let pairs = common.collect();
        for leader in leaders {
            self.settled.set(leader as usize, true);
        }
        pairs
    }

    /// Takes note that this pair of the last round belongs together.
    pub fn settle(&mut self, (a, b): Candidate) {
        self.settled.set(a as usize, true);
        self.settled.set(b as usize, true);
    }

    /// Documents that were compared with eight leaders of each crowd and belong to none.
    pub fn unsettled(&mut self) -> usize {
        let mut left: Vec<u32> = Vec::new();
        for list in &self.lists {
            let open = list.iter().copied().filter(|&d| !self.settled[d as usize]);
            left.extend(open);
        }
        left.sort_unstable();
        left.dedup();
        left.len()
    }
}
