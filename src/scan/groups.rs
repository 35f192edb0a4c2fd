//! Documents with equal token sequences, found by hash and verified token by token.

use bitvec::prelude::*;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::read::Documents;
use super::texts::Texts;
use crate::error::Result;
use crate::options::Cancel;
use crate::text::Tokens;

/// Documents whose token sequences are equal, two and more, in order.
pub(super) type Group = Vec<u32>;

/// All groups, ordered by their first members. Documents without tokens are in none.
pub(super) fn exact(texts: &Texts<'_>, documents: &Documents, cancel: &Cancel) -> Result<Vec<Group>> {
    let mut alike = shared_keys(&documents.entries, |entry| (entry.tokens > 0).then_some(entry.sequence));
    alike.sort_unstable_by_key(|&d| (documents.entries[d as usize].sequence, d));
    let candidates: Vec<&[u32]> = alike
        .chunk_by(|&a, &b| documents.entries[a as usize].sequence == documents.entries[b as usize].sequence)
        .filter(|group| group.len() > 1)
        .collect();
    let mut groups = Vec::new();
    for candidates in candidates {
        cancel.check()?;
        // Usually all are equal to the first. Those that are not may be equal to one another.
        let (same, others) = split(texts, candidates);
        let further = by_digest(texts, &others).into_iter().map(|alike| split(texts, &alike).0);
        groups.extend([same].into_iter().chain(further).filter(|group| group.len() > 1));
    }
    groups.sort_unstable_by_key(|group| group[0]);
    Ok(groups)
}

/// Documents by the SHA-256 of their token sequences, those whose is another's too, in order: of one sequence hash there may
/// be any number that are all different, and nobody makes two of one SHA-256.
fn by_digest(texts: &Texts<'_>, documents: &[u32]) -> Vec<Vec<u32>> {
    if documents.len() < 2 {
        return Vec::new();
    }
    let digest = |tokens: &mut Tokens, d: u32| {
        let of = |text: &str| {
            tokens.read(text);
            let mut hash = Sha256::new();
            for token in tokens.iter() {
                hash.update((token.len() as u32).to_le_bytes());
                hash.update(token);
            }
            hash.finalize()
        };
        texts.get(d, of).ok().map(|digest| (digest, d))
    };
    let digests = documents.par_iter().map_init(|| Tokens::new(texts.kernel), |tokens, &d| digest(tokens, d));
    let mut digests: Vec<_> = digests.flatten().collect();
    digests.sort_unstable();
    let alike = digests.chunk_by(|(a, _), (b, _)| a == b).filter(|alike| alike.len() > 1);
    alike.map(|alike| alike.iter().map(|&(_, d)| d).collect()).collect()
}

/// Documents whose key another has as well, and few others.
pub(super) fn shared_keys<T>(entries: &[T], key: impl Fn(&T) -> Option<u64>) -> Vec<u32> {
    let slots = (entries.len() * 16).next_power_of_two();
    let slot = |key: u64| key as usize & (slots - 1);
    let mut once: BitVec = bitvec![0; slots];
    let mut again: BitVec = bitvec![0; slots];
    for key in entries.iter().filter_map(&key) {
        if once.replace(slot(key), true) {
            again.set(slot(key), true);
        }
    }
    let shared = |entry: &T| key(entry).is_some_and(|key| again[slot(key)]);
    (0..entries.len() as u32).filter(|&d| shared(&entries[d as usize])).collect()
}

/// Members of `group` that equal its first, and the others.
fn split(texts: &Texts<'_>, group: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let first = texts.get(group[0], |text| text.to_owned()).unwrap_or_default();
    let same: Vec<bool> = group[1..]
        .par_iter()
        .map_init(
            || (Tokens::new(texts.kernel), Tokens::new(texts.kernel), false),
            |(left, right, read), &d| {
                let equal = texts.get(d, |text| {
                    text == first || {
                        if !std::mem::replace(read, true) {
                            left.read(&first);
                        }
                        right.read(text);
                        left.same_as(right)
                    }
                });
                equal.unwrap_or(false)
            },
        )
        .collect();
    let (mut equal, mut others) = (vec![group[0]], Vec::new());
    for (&d, same) in group[1..].iter().zip(same) {
        if same { equal.push(d) } else { others.push(d) }
    }
    (equal, others)
}
