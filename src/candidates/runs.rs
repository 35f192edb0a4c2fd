//! What the stages hand each other: postings in partitions by hash.

/// Partitions of a run: by the low bits of the hash, since minima of windows crowd the high ones.
pub(super) const PARTITIONS: usize = 256;

/// Postings in a block. Small enough that 256 open blocks fit the second-level cache.
const BLOCK: usize = 512;

/// The postings of one worker: (hash, document) pairs, partitioned by hash.
///
/// A posting is 32 bits of the hash over 32 of the document; with the partition's 8 that is 40 bits of hash,
/// and two shingles that agree in 40 bits only make a candidate more likely that verification then refuses.
/// Blocks are filled once and read once, partition by partition, so a run can go to disk block by block.
#[derive(Debug)]
pub struct Runs {
    partitions: Vec<Partition>,
}

#[derive(Debug, Default)]
pub(super) struct Partition {
    full: Vec<Box<[u64]>>,
    open: Vec<u64>,
}

impl Default for Runs {
    fn default() -> Runs {
        Runs { partitions: (0..PARTITIONS).map(|_| Partition::default()).collect() }
    }
}

impl Runs {
    /// Adds a posting.
    #[inline]
    pub fn push(&mut self, hash: u64, document: u32) {
        let partition = &mut self.partitions[hash as usize % PARTITIONS];
        if partition.open.len() == partition.open.capacity() {
            let full = std::mem::replace(&mut partition.open, Vec::with_capacity(BLOCK));
            if !full.is_empty() {
                partition.full.push(full.into_boxed_slice());
            }
        }
        partition.open.push((hash >> 8) << 32 | u64::from(document));
    }

    /// Its postings as numbers that are small, by partition: how far the document is from the one before it, over 32 bits of
    /// the hash. Documents were pushed in order.
    pub fn differences(&self) -> Vec<Vec<u64>> {
        let of = |partition: &Partition| {
            let mut before = 0;
            let further = |posting: u64| {
                let document = posting as u32;
                let by = document - std::mem::replace(&mut before, document);
                u64::from(by) << 32 | posting >> 32
            };
            partition.postings().map(further).collect()
        };
        self.partitions.iter().map(of).collect()
    }

    /// Of what [`Runs::differences`] gave of fewer documents than `documents`; none where it is something else.
    pub fn of_differences(partitions: Vec<Vec<u64>>, documents: usize) -> Option<Runs> {
        let is_whole = partitions.len() == PARTITIONS;
        let of = |mut postings: Vec<u64>| {
            let mut document = 0u64;
            for posting in &mut postings {
                document = document.checked_add(*posting >> 32)?;
                *posting = *posting << 32 | document;
            }
            (document < documents.max(1) as u64).then_some(Partition { full: Vec::new(), open: postings })
        };
        let partitions = partitions.into_iter().map(of).collect::<Option<_>>()?;
        is_whole.then_some(Runs { partitions })
    }

    /// Its partitions, in order.
    pub(super) fn into_partitions(self) -> Vec<Partition> {
        self.partitions
    }
}

impl Partition {
    /// The postings, as 32 bits of hash over 32 of document.
    pub fn postings(&self) -> impl Iterator<Item = u64> + '_ {
        self.full.iter().flatten().chain(&self.open).copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.full.iter().map(|block| block.len()).sum::<usize>() + self.open.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::avalanche;

    #[test]
    fn kept_postings_are_the_same() {
        let mut runs = Runs::default();
        for n in 0..9000u64 {
            runs.push(avalanche(n), (n / 7) as u32);
        }
        let kept = runs.differences();
        assert!(Runs::of_differences(kept.clone(), 1285).is_none(), "of fewer documents");
        assert!(Runs::of_differences(kept[1..].to_vec(), 1286).is_none(), "of fewer partitions");
        let back = Runs::of_differences(kept, 1286).expect("whole");
        let postings = |runs: Runs| -> Vec<Vec<u64>> {
            runs.into_partitions().iter().map(|partition| partition.postings().collect()).collect()
        };
        assert_eq!(postings(back), postings(runs));
    }
}
