//! Loaded documents that one thread keeps, within a bound.
//!
//! A hand that passes over all of them tells which one goes, as in Corbató, "A paging experiment with the Multics system"
//! (1969): a document that was asked for since the hand passed it stays for one more round.

use std::collections::HashMap;

/// Memory for a document, and the document that is in it.
#[derive(Debug)]
struct Slot<D> {
    document: Option<u32>,
    /// Tokens of the longest document that it held since it was made: what it takes up.
    held: usize,
    /// Whether the document is what it was when it was first read.
    intact: bool,
    /// Whether it was asked for since the hand passed it.
    recent: bool,
    value: D,
}

/// Memory is used for a document that is up to so many times as short as one that it held before.
const WASTE: usize = 8;

/// The documents that are loaded.
#[derive(Debug)]
pub(super) struct Shelf<D, N> {
    /// Tokens of all of them together, at most.
    most: usize,
    /// Makes memory for a document.
    new: N,
    held: usize,
    slots: Vec<Slot<D>>,
    /// By document: its slot.
    places: HashMap<u32, usize>,
    free: Vec<usize>,
    hand: usize,
}

impl<D, N: Fn() -> D> Shelf<D, N> {
    /// An empty shelf for documents of `most` tokens together, and for two documents however long they are.
    pub fn new(most: usize, new: N) -> Shelf<D, N> {
        Shelf { most, new, held: 0, slots: Vec::new(), places: HashMap::new(), free: Vec::new(), hand: 0 }
    }

    /// Puts a document of so many tokens on the shelf if it is not there, and leaves `other` where it is. `load` makes it, and
    /// says whether it is what it was; returns false where it was made now and is not.
    pub fn put(
        &mut self,
        (document, tokens): (u32, usize),
        other: u32,
        load: impl FnOnce(&mut D) -> bool,
    ) -> bool {
        if let Some(&place) = self.places.get(&document) {
            self.slots[place].recent = true;
            return true;
        }
        let place = self.room(tokens, other);
        self.places.insert(document, place);
        let slot = &mut self.slots[place];
        self.held += tokens.saturating_sub(slot.held);
        slot.held = slot.held.max(tokens);
        slot.document = Some(document);
        slot.recent = true;
        slot.intact = load(&mut slot.value);
        slot.intact
    }

    /// Whether a document is there.
    pub fn has(&self, document: u32) -> bool {
        self.places.contains_key(&document)
    }

    /// A document that was put there; none where it is no longer what it was.
    pub fn get(&self, document: u32) -> Option<&D> {
        let slot = &self.slots[*self.places.get(&document)?];
        slot.intact.then_some(&slot.value)
    }

    /// A slot for a document of so many tokens.
    fn room(&mut self, tokens: usize, other: u32) -> usize {
        let mut used: Option<usize> = None;
        loop {
            let of_used = used.map_or(0, |place| self.slots[place].held);
            if self.held + tokens.saturating_sub(of_used) <= self.most {
                break;
            }
            let Some(place) = self.next_to_go(other) else { break };
            let slot = &mut self.slots[place];
            if let Some(document) = slot.document.take() {
                self.places.remove(&document);
            }
            if used.is_none() && slot.held <= WASTE * tokens {
                used = Some(place);
            } else {
                self.held -= std::mem::take(&mut slot.held);
                slot.value = (self.new)();
                self.free.push(place);
            }
        }
        used.or_else(|| self.free.pop()).unwrap_or_else(|| {
            let value = (self.new)();
            self.slots.push(Slot { document: None, held: 0, intact: false, recent: false, value });
            self.slots.len() - 1
        })
    }

    /// Where the hand stops; none where nothing but `other` is there.
    fn next_to_go(&mut self, other: u32) -> Option<usize> {
        for _ in 0..2 * self.slots.len() {
            let place = self.hand;
            self.hand = (place + 1) % self.slots.len();
            let slot = &mut self.slots[place];
            match slot.document {
                Some(document) if document != other && !slot.recent => return Some(place),
                _ => slot.recent = false,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is asked for: both documents of a pair are there, what is there is what was loaded, and the rest is
        /// within the bound.
        #[test]
        fn both_of_a_pair_are_there_and_memory_is_bounded(pairs in proptest::collection::vec((0u32..40, 0u32..40), 1..200)) {
            const MOST: usize = 500;
            let tokens = |document: u32| 1 + (document as usize * 37) % 200;
            let mut shelf = Shelf::new(MOST, Vec::new);
            let mut loads = 0;
            for (a, b) in pairs.into_iter().filter(|(a, b)| a != b) {
                for (document, other) in [(a, b), (b, a)] {
                    let intact = shelf.put((document, tokens(document)), other, |out: &mut Vec<u32>| {
                        out.clear();
                        out.resize(tokens(document), document);
                        loads += 1;
                        document != 7
                    });
                    prop_assert!(intact || document == 7);
                }
                for document in [a, b] {
                    let expected = vec![document; tokens(document)];
                    prop_assert_eq!(shelf.get(document), (document != 7).then_some(&expected));
                }
                let held: usize = shelf.slots.iter().map(|slot| slot.held).sum();
                prop_assert_eq!(held, shelf.held);
                prop_assert!(held <= MOST.max(tokens(a) + tokens(b)) + WASTE * 200, "{}", held);
                prop_assert_eq!(shelf.places.len() + shelf.slots.iter().filter(|slot| slot.document.is_none()).count(), shelf.slots.len());
            }
        }
    }

    #[test]
    fn what_is_asked_for_again_and_again_is_loaded_once() {
        let mut shelf = Shelf::new(100, String::new);
        let mut loads = 0;
        for other in 1..50 {
            for (document, beside) in [(0, other), (other, 0)] {
                shelf.put((document, 20), beside, |_| {
                    loads += usize::from(document == 0);
                    true
                });
            }
        }
        assert_eq!(loads, 1);
    }
}
