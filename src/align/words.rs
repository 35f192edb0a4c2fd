//! A text as alignment sees it: tokens by hash, with what kind each is and its characters.

/// What kind of token it is, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kind(u8);

impl Kind {
    /// An ordinary word.
    pub const PLAIN: Kind = Kind(0);
    /// A number, a name or a date: what the next note of a series has another of.
    pub const FACT: Kind = Kind(1);
    /// A fact of digits, or a number word, month or weekday: nearly equal ones are different ones.
    pub const NUMERIC: Kind = Kind(2);
    /// Of few documents.
    pub const RARE: Kind = Kind(4);

    /// Both kinds.
    pub fn and(self, other: Kind) -> Kind {
        Kind(self.0 | other.0)
    }

    /// Whether it is of any of those kinds.
    pub fn is(self, kind: Kind) -> bool {
        self.0 & kind.0 != 0
    }
}

/// Tokens in a seed of two longer texts, and in one where a text is short.
pub(super) const SEED: usize = 4;
pub(super) const SHORT_SEED: usize = 3;

/// A shorter text than this is aligned by shorter seeds.
pub(super) const SHORT: usize = 80;

/// The tokens of one text that are compared, and an index of their seeds. Made for reuse.
#[derive(Debug, Clone, Default)]
pub struct Words {
    hashes: Vec<u64>,
    kinds: Vec<Kind>,
    /// Normalised characters of all tokens, without anything between them.
    characters: Vec<u8>,
    /// Where each token's characters end.
    ends: Vec<u32>,
    /// By token: its number in the whole text.
    places: Vec<u32>,
    key: u64,
    caseless: bool,
    seeds: Seeds,
}

impl Words {
    /// Makes this a text without tokens.
    pub fn clear(&mut self) {
        self.hashes.clear();
        self.kinds.clear();
        self.characters.clear();
        self.ends.clear();
        self.places.clear();
        self.seeds.clear();
        self.key = 0;
    }

    /// Appends a token: its hash, its normalised characters, its kind and its number in the whole text.
    pub fn push(&mut self, hash: u64, characters: &[u8], kind: Kind, place: u32) {
        self.hashes.push(hash);
        self.kinds.push(kind);
        self.characters.extend_from_slice(characters);
        self.ends.push(self.characters.len() as u32);
        self.places.push(place);
        self.key = crate::hash::avalanche(self.key.rotate_left(9) ^ hash);
    }

    /// Indexes what was pushed. `caseless` says that names are not told by capitals here: rare words stand in for them,
    /// and one fact among other words then says little. Linear.
    pub fn finish(&mut self, caseless: bool) {
        self.caseless = caseless;
        let k = if self.len() < SHORT { SHORT_SEED } else { SEED };
        self.seeds.fill(&self.hashes, k);
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Whether names are not told by capitals.
    pub fn is_caseless(&self) -> bool {
        self.caseless
    }

    /// The tokens' hashes.
    pub fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// The tokens' kinds.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The characters of tokens `from..to`, joined.
    pub fn characters(&self, from: usize, to: usize) -> &[u8] {
        let start = if from == 0 { 0 } else { self.ends[from - 1] as usize };
        let end = if to == 0 { 0 } else { self.ends[to - 1] as usize };
        &self.characters[start.min(end)..end]
    }

    /// The characters of all tokens, joined.
    pub fn all_characters(&self) -> &[u8] {
        &self.characters
    }

    /// The tokens that hold the joined characters `from..to`, as start and end.
    pub fn tokens_of(&self, (from, to): (u32, u32)) -> (u32, u32) {
        let first = self.ends.partition_point(|&end| end <= from);
        let last = self.ends.partition_point(|&end| end < to);
        (first as u32, (last + 1).min(self.len()) as u32)
    }

    /// The number of token `i` in the whole text.
    pub fn place(&self, i: usize) -> u32 {
        self.places[i]
    }

    /// Orders texts by nothing but their tokens: the one of the lower key is aligned to the other.
    pub fn key(&self) -> (usize, u64) {
        (self.len(), self.key)
    }

    pub(super) fn seeds(&self) -> &Seeds {
        &self.seeds
    }
}

/// No place.
pub(super) const NONE: u32 = u32::MAX;

/// Occurrences of one seed that are tried.
const OCCURRENCES: usize = 8;

/// Where the seeds of one text stand: a table of places by seed, chained in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Seeds {
    pub k: usize,
    slots: Vec<u32>,
    next: Vec<u32>,
}

impl Seeds {
    fn clear(&mut self) {
        self.k = 0;
    }

    pub fn fill(&mut self, hashes: &[u64], k: usize) {
        self.k = k;
        let seeds = (hashes.len() + 1).saturating_sub(k);
        let size = (2 * seeds).next_power_of_two().max(4);
        self.slots.clear();
        self.slots.resize(size, NONE);
        self.next.clear();
        self.next.resize(seeds, NONE);
        // From the end, so that a chain runs forwards.
        for at in (0..seeds).rev() {
            let slot = &mut self.slots[slot_of(&hashes[at..at + k], size)];
            self.next[at] = *slot;
            *slot = at as u32;
        }
    }

    /// Places whose seed equals `seed`, the first few in order; `hashes` are those that were indexed.
    #[inline]
    pub fn of<'a>(&'a self, hashes: &'a [u64], seed: &'a [u64]) -> impl Iterator<Item = usize> + 'a {
        let mut at = self.slots[slot_of(seed, self.slots.len())];
        let places = std::iter::from_fn(move || {
            let place = at;
            (place != NONE).then(|| {
                at = self.next[place as usize];
                place as usize
            })
        });
        // Chains mix a few seeds; a very long one is of one that repeats.
        places.take(4 * OCCURRENCES).filter(|&i| hashes[i..i + self.k] == *seed).take(OCCURRENCES)
    }
}

#[inline]
fn slot_of(seed: &[u64], slots: usize) -> usize {
    let mut sum = 0u64;
    for (hash, by) in seed.iter().zip(crate::hash::MULTIPLIERS) {
        sum = sum.wrapping_add(hash.wrapping_mul(by));
    }
    (sum >> 32) as usize & (slots - 1)
}
