//! Pairs that share rare grams of another kind than shingles: the join of [`super::noisy`] and [`super::masked`].

use bitvec::prelude::*;

use crate::candidates::{Candidate, Gate, Postings, Runs, Sampled};
use crate::error::Result;
use crate::hash::avalanche;
use crate::options::Resources;
use crate::signature::winnow::LEVELS;

/// Grams of documents, and how many each has.
pub(super) struct Grams {
    runs: Runs,
    counts: Vec<u16>,
}

impl Sampled for Grams {
    fn counts(&self, document: u32) -> [u16; LEVELS] {
        [self.counts[document as usize]; LEVELS]
    }

    fn sequence(&self, document: u32) -> u64 {
        avalanche(u64::from(document))
    }
}

impl Grams {
    pub fn new(documents: usize) -> Grams {
        Grams { runs: Runs::default(), counts: vec![0; documents] }
    }

    /// Adds grams of a document that has `all` of them.
    pub fn add(&mut self, document: u32, all: usize, grams: impl IntoIterator<Item = u64>) {
        self.counts[document as usize] = u16::try_from(all).unwrap_or(u16::MAX);
        grams.into_iter().for_each(|gram| self.runs.push(gram, document));
    }

    /// Pairs of documents that share enough grams, of those that at most `most` documents have.
    pub fn join(
        mut self,
        most: usize,
        gate: &Gate,
        removed: &BitSlice,
        resources: &Resources,
    ) -> Result<Vec<Candidate>> {
        let runs = std::mem::take(&mut self.runs);
        let numbers = (0..removed.len() as u32).collect();
        let mut postings = Postings::gather(vec![(runs, numbers)], removed, &resources.cancel)?;
        postings.keep_lists(|list| list.len() <= most);
        Ok(postings.join(&self, gate, (|_| false, 0.0), resources)?.candidates)
    }
}
