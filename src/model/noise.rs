//! Which texts are noisy: read by a machine, with letters wrong, so that many of their words stand nowhere else.

/// Share of its words that nobody else has, from which a text may be noisy.
const SHARE: f64 = 0.04;

/// Words that nobody else has, at least: in a short text one or two are names (teasers of 25 words).
const SINGLE: usize = 3;

/// Words of a text, at least, for it to be called noisy.
const WORDS: usize = 20;

/// Tokens of a text that are looked at, about.
const LOOKED_AT: usize = 250;

/// Bytes of the shortest word that counts.
const SHORTEST: usize = 3;

/// How often each token stands in the corpus: never, once, or more often. A table by hash, two bits a slot, so that a
/// rare token may look more frequent than it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// 32 slots a word; a power of two.
    words: Vec<u64>,
}

impl Seen {
    /// An empty table for a corpus of so many bytes.
    pub fn new(bytes: u64) -> Seen {
        let slots = (bytes / 16).next_power_of_two().clamp(1 << 16, 1 << 28);
        Seen { words: vec![0; slots as usize / 32] }
    }

    fn place(&self, hash: u64) -> (usize, u32) {
        let slot = hash >> 20;
        ((slot >> 5) as usize & (self.words.len() - 1), 2 * (slot & 31) as u32)
    }

    /// Counts a token.
    #[inline]
    pub fn add(&mut self, hash: u64) {
        let (word, shift) = self.place(hash);
        let before = self.words[word] >> shift & 3;
        // Most tokens were seen twice long ago; not writing then is what makes this cheap.
        if before < 2 {
            self.words[word] |= (1 + before) << shift;
        }
    }

    /// Adds what another table of the same size counted.
    pub fn merge(&mut self, other: &Seen) {
        const ONCE: u64 = 0x5555_5555_5555_5555;
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            let twice = (*word & more & ONCE) << 1;
            *word |= more | twice;
        }
    }

    /// Whether a token stands in the corpus at most once.
    #[inline]
    pub fn is_single(&self, hash: u64) -> bool {
        if self.words.is_empty() {
            return false;
        }
        let (word, shift) = self.place(hash);
        self.words[word] >> shift & 2 == 0
    }

    /// Whether a text of so many tokens is noisy; `token` gives the hash and the characters of each. Of a long text some
    /// hundred tokens are looked at, spread evenly.
    pub fn is_noisy<'a>(&self, tokens: usize, token: impl Fn(usize) -> (u64, &'a [u8])) -> bool {
        let (mut words, mut single) = (0usize, 0usize);
        for (hash, token) in (0..tokens).step_by(1 + tokens / LOOKED_AT).map(token) {
            if token.len() >= SHORTEST {
                words += 1;
                single += usize::from(self.is_single(hash) && !token.iter().any(u8::is_ascii_digit));
            }
        }
        words >= WORDS && single >= SINGLE && single as f64 >= SHARE * words as f64
    }

    /// The table, to be kept.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// A table that was kept: a power of two of words, or none.
    pub fn of(words: Vec<u64>) -> Option<Seen> {
        (words.is_empty() || words.len().is_power_of_two()).then_some(Seen { words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::avalanche;

    #[test]
    fn counts_to_two_and_merges_in_any_order() {
        let (mut left, mut right) = (Seen::new(0), Seen::new(0));
        for token in 0..3000u64 {
            left.add(avalanche(token));
            if token % 3 == 0 {
                right.add(avalanche(token));
            }
        }
        let mut other = right.clone();
        other.merge(&left);
        left.merge(&right);
        assert_eq!(left, other);
        assert!((0..3000).step_by(3).all(|token| !left.is_single(avalanche(token))));
        let single = (0..3000).filter(|&token| left.is_single(avalanche(token))).count();
        assert!((1800..=2000).contains(&single), "{single}");
    }
}
