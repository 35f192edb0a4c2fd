//! Text to tokens, shingles and sample: the one place where they are chained.

use crate::kernel::Kernel;
use crate::recipe::Recipe;
use crate::shingle::shingles;
use crate::signature::winnow::{LEVELS, WINDOWS, Winnow, level};
use crate::text::Tokens;

/// What the first pass keeps of a text.
#[derive(Debug, Clone, Copy)]
pub struct Sketch<'a> {
    /// How many tokens.
    pub tokens: u32,
    /// A hash of the token sequence: equal sequences have equal ones, and only they are likely to.
    pub sequence: u64,
    /// The winnowed sample at the text's own level.
    pub sample: &'a [u64],
    /// How many hashes the sample of each level from the text's own on has; 0 before it.
    pub counts: [u16; LEVELS],
}

/// The distinct hashes of a text's shingles, ascending: a set as [`crate::signature::minhash::MinHash::of`] and
/// [`crate::signature::simhash::SimHash::of`] take it. Empty where the text has no token. O(n log n) in its tokens.
///
/// ```
/// let set = wirecopy::shingles(wirecopy::Recipe::default(), "The outer quay is closed until the crane is mended.");
/// assert_eq!(set.len(), 6);
/// ```
pub fn distinct_shingles(recipe: Recipe, text: &str) -> Vec<u64> {
    let mut distinct = Sketcher::new(recipe, Kernel::detect()).shingles(text).0.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

/// Sketches texts one after the other, reusing its memory.
#[derive(Debug)]
pub struct Sketcher {
    recipe: Recipe,
    kernel: Kernel,
    tokens: Tokens,
    hashes: Vec<u64>,
    shingles: Vec<u64>,
    winnow: Winnow,
}

impl Sketcher {
    /// A sketcher by this recipe; `kernel` changes only the speed.
    pub fn new(recipe: Recipe, kernel: Kernel) -> Sketcher {
        Sketcher {
            recipe,
            kernel,
            tokens: Tokens::new(kernel),
            hashes: Vec::new(),
            shingles: Vec::new(),
            winnow: Winnow::default(),
        }
    }

    /// The sketch of a text. Linear in its length.
    pub fn sketch(&mut self, text: &str) -> Sketch<'_> {
        self.tokens.read(text);
        let hashes = self.tokens.hashes(&mut self.hashes);
        let shingles = shingles(self.kernel, self.recipe.shingle(), hashes, &mut self.shingles);
        let own = level(shingles.len());
        let mut counts = [0; LEVELS];
        for level in (own..LEVELS).rev() {
            // Of a text shorter than a window, what is long enough selects one shingle or none.
            let selected = match shingles.len() {
                1.. if level > own && shingles.len() < WINDOWS[level] => 1,
                _ => self.winnow.select(self.kernel, shingles, level).len(),
            };
            counts[level] = u16::try_from(selected).unwrap_or(u16::MAX);
        }
        let sequence = sequence(hashes.len(), shingles);
        // The last selection was at the text's own level.
        Sketch { tokens: hashes.len() as u32, sequence, sample: self.winnow.selected(), counts }
    }

    /// The tokens of the text sketched last.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// The hashes of the tokens of the text sketched last.
    pub fn token_hashes(&self) -> &[u64] {
        &self.hashes[..self.tokens.len()]
    }

    /// Every shingle of a text, in order, and its sequence hash.
    pub fn shingles(&mut self, text: &str) -> (&[u64], u64) {
        self.tokens.read(text);
        let hashes = self.tokens.hashes(&mut self.hashes);
        let tokens = hashes.len();
        let shingles = shingles(self.kernel, self.recipe.shingle(), hashes, &mut self.shingles);
        (shingles, sequence(tokens, shingles))
    }
}

/// The sum of the shingle hashes and the number of tokens: nearly free, and blind only to an order that keeps
/// every shingle. It groups texts that are then compared token by token.
pub(crate) fn sequence(tokens: usize, shingles: &[u64]) -> u64 {
    let sum = shingles.iter().fold(0u64, |sum, hash| sum.wrapping_add(*hash));
    crate::hash::avalanche(sum ^ (tokens as u64).rotate_right(20))
}
