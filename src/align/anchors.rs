//! Anchors: maximal runs of equal tokens, grown from short seeds.
//!
//! Seed and extend, as in Altschul et al., "Basic local alignment search tool", J. Mol. Biol. 215, 1990; maximal
//! matches as in Delcher et al., "Alignment of whole genomes", Nucleic Acids Research 27, 1999.

use super::words::{Words, key_of};

/// Equal tokens: `len` from `a` on in the one text, and from `b` on in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anchor {
    /// First token in the first text.
    pub a: u32,
    /// First token in the second.
    pub b: u32,
    /// Tokens.
    pub len: u32,
}

impl Anchor {
    /// Behind its last token in the first text.
    pub fn end_a(self) -> u32 {
        self.a + self.len
    }

    /// Behind its last token in the second.
    pub fn end_b(self) -> u32 {
        self.b + self.len
    }
}

/// Writes the maximal runs that seeds of the shorter text lead to, in order and without repeats. Linear in the longer
/// text where little repeats; each seed is tried at a few of its places.
pub(super) fn find(a: &Words, b: &Words, runs: &mut Vec<Anchor>) {
    runs.clear();
    match b.seeds().looked_up(a.seeds()) {
        Some(places) => grow(a, b, places.iter().map(|&at| at as usize), runs),
        None => grow(a, b, 0..(b.len() + 1).saturating_sub(a.seeds().k), runs),
    }
    runs.sort_unstable();
    runs.dedup();
}

/// Appends the runs that the seeds at these places of the longer text lead to.
fn grow(a: &Words, b: &Words, places: impl Iterator<Item = usize>, runs: &mut Vec<Anchor>) {
    let (left, right) = (a.hashes(), b.hashes());
    let seeds = a.seeds();
    let k = seeds.k;
    let keys = b.seeds().keys(k);
    let mut next = 0;
    for at in places {
        if at < next {
            continue;
        }
        let seed = &right[at..at + k];
        let key = keys.map_or_else(|| key_of(seed), |keys| keys[at]);
        for place in seeds.of(left, seed, key) {
            let before = common_suffix(&left[..place], &right[..at]);
            let after = common_prefix(&left[place + k..], &right[at + k..]);
            let len = (before + k + after) as u32;
            runs.push(Anchor { a: (place - before) as u32, b: (at - before) as u32, len });
            next = next.max(at + after + 1);
        }
    }
}

/// How much two texts begin with in common.
pub(super) fn common_prefix<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// How much two texts end with in common.
pub(super) fn common_suffix<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count()
}
