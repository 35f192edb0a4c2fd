//! What all stories of a corpus are written in.

use crate::facts::Facts;
use crate::grammar::Grammar;
use crate::lexicon::Lexicon;
use crate::random::{Purpose, Rng, Zipf};

/// Stock phrases in circulation, and how many of them are about equally common. Both grow with the corpus, as
/// they do when a newswire is read for longer.
const STOCK_PER_DOCUMENT: f64 = 14.0;
const STOCK_HEAD_PER_DOCUMENT: f64 = 2.5;

pub struct Language {
    pub seed: u64,
    pub lexicon: Lexicon,
    pub grammar: Grammar,
    /// Ranks of stock phrases.
    pub stock: Zipf,
    /// With `--pool`, all the sentences that there are.
    pub pool: Vec<String>,
}

impl Language {
    pub fn new(seed: u64, documents: usize) -> Language {
        let n = documents as f64;
        Language {
            seed,
            lexicon: Lexicon::new(seed),
            grammar: Grammar::new(),
            stock: Zipf::new(STOCK_HEAD_PER_DOCUMENT * n, (STOCK_PER_DOCUMENT * n) as usize),
            pool: Vec::new(),
        }
    }

    pub fn facts(&self, purpose: Purpose, index: u64) -> Facts {
        Facts::new(Rng::new(self.seed, Purpose::Facts, index | (purpose as u64) << 56), &self.lexicon)
    }
}
