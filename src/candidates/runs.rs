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
