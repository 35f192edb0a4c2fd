//! A text as alignment sees it: tokens by hash, with what kind each is and its characters.

/// What kind of token it is, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenKind(u8);

impl TokenKind {
    /// An ordinary word.
    pub const PLAIN: TokenKind = TokenKind(0);
    /// A number, a name or a date: what the next note of a series has another of.
    pub const FACT: TokenKind = TokenKind(1);
    /// A fact of digits, or a number word, month or weekday: nearly equal ones are different ones.
    pub const NUMERIC: TokenKind = TokenKind(2);
    /// A sentence ended before it.
    pub const AFTER_END: TokenKind = TokenKind(4);
    /// A bracket or a dash stands before it.
    pub const APART: TokenKind = TokenKind(8);
    /// It begins a line.
    pub const LINE: TokenKind = TokenKind(16);
    /// A colon stands before it.
    pub const LABELLED: TokenKind = TokenKind(32);
    /// A blank stands before it, between characters of a script that puts none between words.
    pub const SPACED: TokenKind = TokenKind(64);

    /// Both kinds.
    pub fn and(self, other: TokenKind) -> TokenKind {
        TokenKind(self.0 | other.0)
    }

    /// Whether it is of any of those kinds.
    pub fn is(self, kind: TokenKind) -> bool {
        self.0 & kind.0 != 0
    }
}

/// Tokens in a seed of two longer texts, and in one where a text is short.
pub(super) const SEED: usize = 4;
pub(super) const SHORT_SEED: usize = 3;

/// A shorter text than this is aligned by shorter seeds.
pub(super) const SHORT: usize = 80;

/// The tokens of a whole text, side by side.
#[derive(Debug, Clone, Copy)]
pub struct Tokenised<'a> {
    /// By token: the hash of its spelling, or of what stands for it in any house style.
    pub hashes: &'a [u64],
    /// By token: what kind it is.
    pub kinds: &'a [TokenKind],
    /// Characters of spellings.
    pub folded: &'a [u8],
    /// By token: where its characters start and end.
    pub bounds: (&'a [u32], &'a [u32]),
    /// Whether names are not told by capitals: rare words stand in for them, and one fact among other words then says
    /// little.
    pub caseless: bool,
}

/// The tokens of one text that are compared, and an index of their seeds. Made for reuse.
#[derive(Debug, Clone, Default)]
pub struct Words {
    hashes: Vec<u64>,
    kinds: Vec<TokenKind>,
    /// Characters of the whole text as it is spelled.
    folded: Vec<u8>,
    /// By token: where in them it stands.
    bounds: Vec<(u32, u32)>,
    /// By token: its number in the whole text.
    places: Vec<u32>,
    key: u64,
    caseless: bool,
    seeds: Seeds,
}

impl Words {
    /// Makes this the tokens of `text`, but for those that are marked, if there are marks. Linear.
    pub fn fill(&mut self, text: Tokenised<'_>, marks: Option<&[bool]>) {
        self.folded.clear();
        self.folded.extend_from_slice(text.folded);
        self.caseless = text.caseless;
        self.hashes.clear();
        self.kinds.clear();
        self.bounds.clear();
        self.places.clear();
        let bounds = text.bounds.0.iter().copied().zip(text.bounds.1.iter().copied());
        match marks {
            None => {
                self.hashes.extend_from_slice(text.hashes);
                self.kinds.extend_from_slice(text.kinds);
                self.bounds.extend(bounds);
                self.places.extend(0..text.hashes.len() as u32);
            }
            Some(marks) => {
                let kept = |place: &u32| !marks[*place as usize];
                self.places.extend((0..text.hashes.len() as u32).filter(kept));
                let places = self.places.iter().map(|&place| place as usize);
                self.hashes.extend(places.clone().map(|place| text.hashes[place]));
                self.kinds.extend(places.clone().map(|place| text.kinds[place]));
                self.bounds.extend(places.map(|place| (text.bounds.0[place], text.bounds.1[place])));
            }
        }
        self.key = self
            .hashes
            .iter()
            .fold(1, |key: u64, hash| key.wrapping_mul(crate::hash::MULTIPLIERS[0]).wrapping_add(*hash));
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
    pub fn kinds(&self) -> &[TokenKind] {
        &self.kinds
    }

    /// The characters of a token as it is spelled.
    pub fn characters(&self, i: usize) -> &[u8] {
        let (start, end) = self.bounds[i];
        &self.folded[start as usize..end as usize]
    }

    /// Appends the characters of tokens `from..to` to `out`, without anything between them.
    pub fn join(&self, from: usize, to: usize, out: &mut Vec<u8>) {
        (from..to).for_each(|i| out.extend_from_slice(self.characters(i)));
    }

    /// The tokens that hold the joined characters `from..to`, as start and end. Linear.
    pub fn tokens_of(&self, (from, to): (u32, u32)) -> (u32, u32) {
        let mut end = 0;
        let ends = self.bounds.iter().map(|(start, stop)| {
            end += stop - start;
            end
        });
        let ends: Vec<u32> = ends.collect();
        let first = ends.partition_point(|&end| end <= from);
        let last = ends.partition_point(|&end| end < to);
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
    /// By place: the hash of the seed there.
    keys: Vec<u32>,
    slots: Vec<u32>,
    next: Vec<u32>,
}

impl Seeds {
    pub fn fill(&mut self, hashes: &[u64], k: usize) {
        self.k = k;
        let seeds = (hashes.len() + 1).saturating_sub(k);
        self.keys.clear();
        self.keys.extend(hashes.windows(k).map(key_of));
        let size = (2 * seeds).next_power_of_two().max(4);
        self.slots.clear();
        self.slots.resize(size, NONE);
        self.next.clear();
        self.next.resize(seeds, NONE);
        // From the end, so that a chain runs forwards.
        for (at, &key) in self.keys.iter().enumerate().rev() {
            let slot = &mut self.slots[key as usize & (size - 1)];
            self.next[at] = *slot;
            *slot = at as u32;
        }
    }

    /// By place: the hashes of this text's seeds of `k` tokens, where it has them.
    pub fn keys(&self, k: usize) -> Option<&[u32]> {
        (self.k == k).then_some(&self.keys)
    }

    /// Places whose seed equals `seed`, the first few in order; `hashes` are those that were indexed, `key` is the seed's.
    #[inline]
    pub fn of<'a>(
        &'a self,
        hashes: &'a [u64],
        seed: &'a [u64],
        key: u32,
    ) -> impl Iterator<Item = usize> + 'a {
        let mut at = self.slots[key as usize & (self.slots.len() - 1)];
        let places = std::iter::from_fn(move || {
            let place = at;
            (place != NONE).then(|| {
                at = self.next[place as usize];
                place as usize
            })
        });
        // Chains mix a few seeds; a very long one is of one that repeats.
        let is_equal = move |&i: &usize| self.keys[i] == key && hashes[i..i + self.k] == *seed;
        places.take(4 * OCCURRENCES).filter(is_equal).take(OCCURRENCES)
    }
}

/// The hash of a seed.
#[inline]
pub(super) fn seed_hash(seed: &[u64]) -> u64 {
    let mut sum = 0u64;
    for (hash, by) in seed.iter().zip(crate::hash::MULTIPLIERS) {
        sum = sum.wrapping_add(hash.wrapping_mul(by));
    }
    sum
}

/// Its better half.
#[inline]
pub(super) fn key_of(seed: &[u64]) -> u32 {
    (seed_hash(seed) >> 32) as u32
}
