//! Filled slots: the places where two fillings of one form have different facts.

use crate::align::{Alignment, Slot, SlotKind, TokenKind, Words};
use crate::hash::avalanche;
use crate::model::Model;

/// Tokens on each side of a slot that name it.
const AROUND: usize = 3;

/// Slots of a family that a pair shares, at least; and one in so many of its own.
const KNOWN: usize = 2;
const KNOWN_IN: usize = 2;

/// A place where facts differ: a key on each side for the words around it, and one for its filling there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FilledSlot {
    pub keys: [u64; 2],
    pub fillings: [u64; 2],
}

/// The filled slots of an alignment of `a` and `b`, in order.
pub(super) fn filled(alignment: &Alignment, a: &Words, b: &Words) -> Vec<FilledSlot> {
    let typed = alignment.slots.iter().filter(|slot| slot.kind == SlotKind::Typed);
    typed
        .map(|slot: &Slot| FilledSlot {
            keys: [around(a, slot.a), around(b, slot.b)],
            fillings: [filling(a, slot.a), filling(b, slot.b)],
        })
        .collect()
}

/// The words around a slot, with facts as one symbol.
fn around(words: &Words, (start, end): (u32, u32)) -> u64 {
    let (start, end) = (start as usize, end as usize);
    let symbol = |i: usize| if words.kinds()[i].is(TokenKind::FACT) { 1 } else { words.hashes()[i] };
    let before = (start.saturating_sub(AROUND)..start).map(symbol);
    let after = (end..words.len().min(end + AROUND)).map(symbol);
    before.chain([2]).chain(after).fold(0, |key: u64, hash| avalanche(key.rotate_left(7) ^ hash))
}

fn filling(words: &Words, (start, end): (u32, u32)) -> u64 {
    let hashes = &words.hashes()[start as usize..end as usize];
    hashes.iter().fold(1, |key: u64, &hash| avalanche(key.rotate_left(7) ^ hash))
}

/// Whether the model knows most of these slots, given by their keys, as those of templates.
pub(crate) fn is_family(model: &Model, slots: impl ExactSizeIterator<Item = [u64; 2]>) -> bool {
    let all = slots.len();
    let known = slots.filter(|keys| keys.iter().any(|key| model.slots.contains(key))).count();
    known >= KNOWN && KNOWN_IN * known >= all
}
