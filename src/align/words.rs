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

/// Tokens from which a text is indexed by one seed of a window, and seeds in that window: a run of seven tokens, or of
/// eleven, then still has one (law-codes: a book has 57,000 tokens, and every phrase of the law at many places).
const SPARSE: [(usize, usize); 2] = [(4_000, 4), (20_000, 8)];

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
        self.seeds.fill(&self.hashes, k, &SPARSE);
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

    /// By token: where its characters end, among those of all tokens, without anything between them.
    pub fn character_ends(&self) -> Vec<u32> {
        let mut end = 0;
        let ends = self.bounds.iter().map(|(start, stop)| {
            end += stop - start;
            end
        });
        ends.collect()
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

/// Occurrences of one seed that are tried; and where a text is so long that it is indexed by one seed of a window.
const OCCURRENCES: usize = 8;
const FEW_OCCURRENCES: usize = 2;

/// Where the seeds of one text stand: a table of places by seed, chained in order.
///
/// Of a long text one seed of every window is indexed, the one of the smallest hash, as in Schleimer, Wilkerson and Aiken,
/// "Winnowing: local algorithms for document fingerprinting", SIGMOD 2003: two texts select the same one in a run that
/// both have.
#[derive(Debug, Clone, Default)]
pub(super) struct Seeds {
    pub k: usize,
    /// By place: the hash of the seed there.
    keys: Vec<u32>,
    /// Seeds in a window; 1 where all are indexed.
    window: usize,
    /// The places of those that are indexed, where not all are.
    sparse: Vec<u32>,
    /// By hash: the number of the first seed, among those that are indexed.
    slots: Vec<u32>,
    /// By number: that of the next one.
    next: Vec<u32>,
}

impl Seeds {
    /// Makes this the seeds of `k` hashes; `sparse` says from how many seeds on one of how large a window is indexed. Linear.
    pub fn fill(&mut self, hashes: &[u64], k: usize, sparse: &[(usize, usize)]) {
        self.k = k;
        let seeds = (hashes.len() + 1).saturating_sub(k);
        self.keys.clear();
        self.keys.extend(hashes.windows(k).map(key_of));
        self.window = sparse.iter().rev().find(|(from, _)| seeds >= *from).map_or(1, |(_, window)| *window);
        self.sparse.clear();
        if self.window > 1 {
            winnow(&self.keys, self.window, &mut self.sparse);
        }
        let count = if self.window > 1 { self.sparse.len() } else { seeds };
        let size = (2 * count).next_power_of_two().max(4);
        self.slots.clear();
        self.slots.resize(size, NONE);
        self.next.clear();
        self.next.resize(count, NONE);
        // From the end, so that a chain runs forwards.
        for number in (0..count).rev() {
            let key = self.keys[self.place(number)];
            let slot = &mut self.slots[key as usize & (size - 1)];
            self.next[number] = *slot;
            *slot = number as u32;
        }
    }

    /// The place of an indexed seed.
    #[inline]
    fn place(&self, number: usize) -> usize {
        if self.window > 1 { self.sparse[number] as usize } else { number }
    }

    /// By place: the hashes of this text's seeds of `k` tokens, where it has them.
    pub fn keys(&self, k: usize) -> Option<&[u32]> {
        (self.k == k).then_some(&self.keys)
    }

    /// The places at which this text is looked up in another one's seeds, where these are not all.
    pub fn looked_up(&self, other: &Seeds) -> Option<&[u32]> {
        let same = self.window > 1 && (self.k, self.window) == (other.k, other.window);
        same.then_some(&self.sparse)
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
            let number = at;
            (number != NONE).then(|| {
                at = self.next[number as usize];
                self.place(number as usize)
            })
        });
        // Chains mix a few seeds; a very long one is of one that repeats.
        let is_equal = move |&i: &usize| self.keys[i] == key && hashes[i..i + self.k] == *seed;
        let most = if self.window > 1 { FEW_OCCURRENCES } else { OCCURRENCES };
        places.take(4 * OCCURRENCES).filter(is_equal).take(most)
    }
}

/// Appends the place of the smallest key of every window, the last of several, each once and in order. Linear, but for
/// windows whose smallest key has just left.
fn winnow(keys: &[u32], window: usize, out: &mut Vec<u32>) {
    let mut least = 0;
    for end in window.saturating_sub(1)..keys.len() {
        let start = end + 1 - window;
        if least < start || end + 1 == window {
            least = (start..=end).min_by_key(|&at| (keys[at], std::cmp::Reverse(at))).unwrap_or(end);
        } else if keys[end] <= keys[least] {
            least = end;
        }
        if out.last() != Some(&(least as u32)) {
            out.push(least as u32);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn two_texts_select_the_same_seed_in_a_run_that_both_have(
            run in proptest::collection::vec(0u32..30, 8), before in proptest::collection::vec(0u32..30, 0..40),
            after in proptest::collection::vec(0u32..30, 0..40),
        ) {
            let selected = |keys: &[u32], from: usize| -> Vec<usize> {
                let mut places = Vec::new();
                winnow(keys, 8, &mut places);
                assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
                places.iter().map(|&at| at as usize).filter(|at| (from..from + 8).contains(at)).map(|at| at - from).collect()
            };
            let alone = selected(&run, 0);
            let keys = [before.clone(), run, after].concat();
            let within = selected(&keys, before.len());
            prop_assert_eq!(alone.len(), 1);
            prop_assert!(within.contains(&alone[0]));
        }
    }

    #[test]
    fn a_long_text_is_found_in_another_by_a_run_of_eleven_tokens() {
        let number = |i: u64| crate::hash::avalanche(i + 1);
        let text = |from: u64| -> Vec<u64> { (from..from + 30_000).map(number).collect() };
        let (mut a, mut b) = (Seeds::default(), Seeds::default());
        let (one, mut other) = (text(0), text(100_000));
        other[20_000..20_011].copy_from_slice(&one[7_000..7_011]);
        a.fill(&one, SEED, &SPARSE);
        b.fill(&other, SEED, &SPARSE);
        assert!(a.next.len() < 30_000 / 4, "{}", a.next.len());
        let places = b.looked_up(&a).expect("both are long");
        let found: Vec<(usize, u32)> = places
            .iter()
            .flat_map(|&at| {
                let seed = &other[at as usize..at as usize + SEED];
                a.of(&one, seed, key_of(seed)).map(move |place| (place, at)).collect::<Vec<_>>()
            })
            .collect();
        assert!(
            !found.is_empty() && found.iter().all(|&(place, at)| place + 13_000 == at as usize),
            "{found:?}"
        );
    }
}
