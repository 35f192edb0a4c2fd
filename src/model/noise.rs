//! Which texts are noisy: read by a machine, with letters wrong, so that many of their words stand nowhere else.
//!
//! A later week has names that a table of this week lacks. They are made of the letters of the language; a misread word has
//! letters in a row that no word of the corpus has. So a word that the table lacks counts only where it has such letters.

use crate::hash::MULTIPLIERS;

/// Share of a text's words that are odd ([`SeenTokens::is_noisy`]), from which it is noisy.
const SHARE: f64 = 0.04;

/// Words that nobody else has, at least: in a short text one or two are names (teasers of 25 words).
const ODD: usize = 3;

/// Words of a text, at least, for it to be called noisy.
const WORDS: usize = 20;

/// Tokens of a text that are looked at, about.
const LOOKED_AT: usize = 250;

/// Bytes of the shortest word that counts.
const SHORTEST: usize = 3;

/// How often each token stands in the corpus: never, once, or more often. A table by hash, two bits a slot, so that a
/// rare token may look more frequent than it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenTokens {
    /// 32 slots a word; a power of two.
    words: Vec<u64>,
    letters: Letters,
}

/// Slots of the largest table.
const MOST_SLOTS: u64 = 1 << 28;

/// Which letters stand in a row, three at a time, in words that several clean documents of the corpus have. A table by
/// hash, one bit for each three bytes of normal form, the ends of a word being bytes of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letters {
    /// [`BITS`] bits, or none where no word was added.
    bits: Vec<u64>,
}

/// Bits of the table of letters: news of one language fills a sixteenth of them.
const BITS: usize = 1 << 17;

impl Letters {
    fn places(word: &[u8]) -> impl Iterator<Item = usize> + '_ {
        let at = |i: usize| i.checked_sub(1).and_then(|i| word.get(i)).copied().unwrap_or(b' ');
        (0..word.len()).map(move |i| {
            let three = u64::from_le_bytes([at(i), at(i + 1), at(i + 2), 0, 0, 0, 0, 0]);
            (three.wrapping_mul(MULTIPLIERS[0]) >> (64 - BITS.trailing_zeros())) as usize
        })
    }

    /// Adds the letters of a word.
    pub fn add(&mut self, word: &[u8]) {
        self.bits.resize(BITS / 64, 0);
        Letters::places(word).for_each(|place| self.bits[place / 64] |= 1 << (place % 64));
    }

    /// Adds those of another table.
    pub fn merge(&mut self, other: &Letters) {
        if self.bits.is_empty() {
            self.bits.clone_from(&other.bits);
        }
        self.bits.iter_mut().zip(&other.bits).for_each(|(word, more)| *word |= more);
    }

    /// Whether all letters of a word stand so in words of the corpus.
    fn has(&self, word: &[u8]) -> bool {
        !self.bits.is_empty()
            && Letters::places(word).all(|place| self.bits[place / 64] & 1 << (place % 64) != 0)
    }
}

impl SeenTokens {
    /// An empty table for texts of so many bytes.
    pub fn new(bytes: u64) -> SeenTokens {
        SeenTokens { words: vec![0; SeenTokens::words_of(bytes)], letters: Letters::default() }
    }

    /// Words of the table for texts of so many bytes.
    fn words_of(bytes: u64) -> usize {
        (bytes / 16).next_power_of_two().clamp(1 << 16, MOST_SLOTS) as usize / 32
    }

    /// The table as if it had been made for texts of so many bytes, and no more than it was made for: what a token's slot says
    /// then depends on the texts, and not on what they came in.
    pub fn fit(&mut self, bytes: u64) {
        while self.words.len() > SeenTokens::words_of(bytes) {
            let upper = self.words.split_off(self.words.len() / 2);
            add_counts(&mut self.words, &upper);
        }
        self.words.shrink_to_fit();
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

    /// The slot of a token in the largest table, whose low bits are its slot in any.
    pub fn slot(hash: u64) -> u32 {
        (hash >> 20) as u32 & (MOST_SLOTS as u32 - 1)
    }

    /// Counts a token of this slot, once or, where `again`, more often.
    pub fn add_slot(&mut self, slot: u32, again: bool) {
        (0..1 + usize::from(again)).for_each(|_| self.add(u64::from(slot) << 20));
    }

    /// Adds what another table of the same size counted.
    pub fn merge(&mut self, other: &SeenTokens) {
        add_counts(&mut self.words, &other.words);
    }

    /// How often a token stands in the corpus: 0, 1, or 2 for more often; 2 of an empty table.
    #[inline]
    fn count(&self, hash: u64) -> u64 {
        if self.words.is_empty() {
            return 2;
        }
        let (word, shift) = self.place(hash);
        (self.words[word] >> shift & 3).min(2)
    }

    /// Gives the table the letters of the corpus' words.
    pub fn know(&mut self, letters: Letters) {
        self.letters = letters;
    }

    /// Whether a token is one that noise makes: no other document has it, and it is no new word of the language.
    #[inline]
    fn is_odd(&self, hash: u64, token: &[u8]) -> bool {
        let odd = match self.count(hash) {
            0 => !self.letters.has(token),
            count => count == 1,
        };
        odd && !token.iter().any(u8::is_ascii_digit)
    }

    /// Whether a text of so many tokens is noisy; `token` gives the hash and the characters of each. Of a long text some
    /// hundred tokens are looked at, spread evenly.
    pub fn is_noisy<'a>(&self, tokens: usize, token: impl Fn(usize) -> (u64, &'a [u8])) -> bool {
        let (mut words, mut odd) = (0usize, 0usize);
        for (hash, token) in (0..tokens).step_by(1 + tokens / LOOKED_AT).map(token) {
            if token.len() >= SHORTEST {
                words += 1;
                odd += usize::from(self.is_odd(hash, token));
            }
        }
        words >= WORDS && odd >= ODD && odd as f64 >= SHARE * words as f64
    }

    /// The table and the letters, to be kept.
    pub fn words(&self) -> (&[u64], &[u64]) {
        (&self.words, &self.letters.bits)
    }

    /// A table that was kept: a power of two of words, or none; and its letters, if it has any.
    pub fn of(words: Vec<u64>, letters: Vec<u64>) -> Option<SeenTokens> {
        let are_whole = letters.is_empty() || letters.len() == BITS / 64;
        let is_table = words.is_empty() || words.len().is_power_of_two();
        (is_table && are_whole).then_some(SeenTokens { words, letters: Letters { bits: letters } })
    }
}

/// Adds counts of two bits each, slot by slot.
fn add_counts(words: &mut [u64], more: &[u64]) {
    const ONCE: u64 = 0x5555_5555_5555_5555;
    for (word, more) in words.iter_mut().zip(more) {
        let twice = (*word & more & ONCE) << 1;
        *word |= more | twice;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::avalanche;

    #[test]
    fn a_table_made_for_more_and_fitted_is_the_one_made_for_the_texts() {
        let (mut large, mut own) = (SeenTokens::new(1 << 26), SeenTokens::new(1 << 21));
        for token in (0..90_000u64).chain(0..30_000) {
            large.add(avalanche(token));
            own.add(avalanche(token));
        }
        large.fit(1 << 21);
        assert_eq!(large, own);
        large.fit(1 << 26);
        assert_eq!(large, own, "it does not grow");
    }

    #[test]
    fn counts_to_two_and_merges_in_any_order() {
        let (mut left, mut right) = (SeenTokens::new(0), SeenTokens::new(0));
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
        assert!((0..3000).step_by(3).all(|token| left.count(avalanche(token)) == 2));
        let single = (0..3000).filter(|&token| left.count(avalanche(token)) == 1).count();
        assert!((1800..=2000).contains(&single), "{single}");
    }

    #[test]
    fn a_new_word_of_the_language_is_not_odd_and_a_misread_one_is() {
        let mut seen = SeenTokens::new(0);
        let mut letters = Letters::default();
        for word in ["harbour", "master", "closed", "boarding", "remastered", "enclosure"] {
            seen.add(crate::hash::token_hash(word.as_bytes()));
            seen.add(crate::hash::token_hash(word.as_bytes()));
            letters.add(word.as_bytes());
        }
        let odd = |seen: &SeenTokens, word: &str| {
            seen.is_odd(crate::hash::token_hash(word.as_bytes()), word.as_bytes())
        };
        assert!(odd(&seen, "boarded"), "without letters every word that the table lacks is odd");
        seen.know(letters);
        assert!(!odd(&seen, "mastered") && !odd(&seen, "harbour"));
        assert!(odd(&seen, "harhour") && odd(&seen, "mastcr"));
    }
}
