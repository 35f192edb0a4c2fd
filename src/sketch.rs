//! Text to tokens, shingles and sample: the one place where they are chained.

use crate::kernel::Kernel;
use crate::recipe::Recipe;
use crate::shingle::shingles;
use crate::signature::winnow::{LEVELS, WINDOWS, Winnow, level};
use crate::text::Tokens;
use crate::text::spelling::Spelled;

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
    let mut distinct = Sketcher::as_printed(recipe, Kernel::detect()).shingles(text).0.to_vec();
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
    spelled: Spelled,
    /// Whether tokens are taken as they are printed.
    as_printed: bool,
    shingles: Vec<u64>,
    winnow: Winnow,
}

impl Sketcher {
    /// A sketcher by this recipe, of tokens as they are spelled; `kernel` changes only the speed.
    pub fn new(recipe: Recipe, kernel: Kernel) -> Sketcher {
        Sketcher::of(recipe, kernel, false)
    }

    /// As [`Sketcher::new`], of tokens as they are printed: what raw measures are made of.
    pub fn as_printed(recipe: Recipe, kernel: Kernel) -> Sketcher {
        Sketcher::of(recipe, kernel, true)
    }

    /// The one or the other.
    pub(crate) fn of(recipe: Recipe, kernel: Kernel, as_printed: bool) -> Sketcher {
        Sketcher {
            recipe,
            kernel,
            tokens: Tokens::new(kernel),
            hashes: Vec::new(),
            spelled: Spelled::default(),
            as_printed,
            shingles: Vec::new(),
            winnow: Winnow::default(),
        }
    }

    /// Reads a text: how many shingles are then at the front of `self.shingles`, and the hash of its token sequence as
    /// printed.
    fn read(&mut self, text: &str) -> (usize, u64) {
        let Sketcher { recipe, kernel, tokens, hashes, spelled, as_printed, shingles: out, .. } = self;
        tokens.read(text);
        let printed = tokens.hashes(hashes);
        let found = shingles(*kernel, recipe.shingle(), printed, out);
        let (count, sequence) = (found.len(), sequence(printed.len(), found));
        if !*as_printed {
            spelled.read(tokens, printed);
            if spelled.differs() {
                shingles(*kernel, recipe.shingle(), spelled.hashes(printed), out);
            }
        }
        (count, sequence)
    }

    /// The sketch of a text. Linear in its length.
    pub fn sketch(&mut self, text: &str) -> Sketch<'_> {
        let (count, sequence) = self.read(text);
        let shingles = &self.shingles[..count];
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
        // The last selection was at the text's own level.
        Sketch { tokens: self.tokens.len() as u32, sequence, sample: self.winnow.selected(), counts }
    }

    /// How many tokens the text sketched last has.
    pub fn count(&self) -> usize {
        self.tokens.len()
    }

    /// The hashes of the tokens of the text sketched last, as they are printed.
    pub fn token_hashes(&self) -> &[u64] {
        &self.hashes[..self.tokens.len()]
    }

    /// The hashes of the tokens of the text sketched last, by which texts are found.
    pub fn found_by(&self) -> &[u64] {
        self.spelled.hashes(self.token_hashes())
    }

    /// The characters of a token of the text sketched last.
    pub fn bytes(&self, i: usize) -> &[u8] {
        self.spelled.bytes(&self.tokens, i)
    }

    /// The characters of all its tokens, without anything between them.
    pub fn joined(&self) -> Vec<u8> {
        self.spelled.joined(&self.tokens)
    }

    /// Every shingle of a text, in order, and the hash of its token sequence as printed.
    pub fn shingles(&mut self, text: &str) -> (&[u64], u64) {
        let (count, sequence) = self.read(text);
        (&self.shingles[..count], sequence)
    }
}

/// The sum of the shingle hashes and the number of tokens: nearly free, and blind only to an order that keeps
/// every shingle. It groups texts that are then compared token by token.
pub(crate) fn sequence(tokens: usize, shingles: &[u64]) -> u64 {
    let sum = shingles.iter().fold(0u64, |sum, hash| sum.wrapping_add(*hash));
    crate::hash::avalanche(sum ^ (tokens as u64).rotate_right(20))
}
