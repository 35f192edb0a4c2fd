//! A document as it is judged: its content tokens, with what each is.

use std::ops::Range;

use super::Model;
use super::facts::{Letter, known};
use super::noise::{Letters, SeenTokens};
use super::standing::{Stand, Stands};
use crate::align::{TokenKind, Tokenised, Words};
use crate::document::is_known;
use crate::kernel::Kernel;
use crate::recipe::Recipe;
use crate::shingle::shingles;
use crate::text::Tokens;
use crate::text::spelling::Spelled;

/// Share of tokens with a capital in the middle of sentences, beyond which capitals say little.
const MANY_CAPITALS: f64 = 0.35;

/// Share below which a text is written without capitals.
const FEW_CAPITALS: f64 = 0.01;

/// First bytes of kana and ideographs, which stand without spaces.
const IDEOGRAPHS: std::ops::RangeInclusive<u8> = 0xe3..=0xe9;

/// A document's content: all tokens that are not chrome under the model.
#[derive(Debug, Clone, Default)]
pub struct Content {
    /// The tokens.
    pub words: Words,
    /// Tokens of the whole text.
    pub tokens: u32,
    /// Whether the text looks as if a machine had read it.
    pub noisy: bool,
    /// Whether the text ends as a sentence does.
    pub ended: bool,
    /// Whether the text is cased, so that names are told by their capitals.
    pub cased: bool,
    /// How the tokens stand.
    pub stands: Stands,
    /// The hash of its site's name, where its site is known.
    pub site: Option<u64>,
}

/// Reads documents one after the other, reusing its memory. Hashes, shingles and characters are those of tokens as they are
/// spelled, but where it is said that they are as printed.
#[derive(Debug)]
pub struct ContentReader {
    recipe: Recipe,
    kernel: Kernel,
    tokens: Tokens,
    /// Of tokens as printed.
    printed: Vec<u64>,
    spelled: Spelled,
    /// Whether all tokens are taken as they are printed.
    as_printed: bool,
    shingles: Vec<u64>,
    /// Shingles of tokens as printed, where they are asked for and others.
    printed_shingles: Vec<u64>,
    letters: Vec<Letter>,
    breaks: Vec<bool>,
    marks: Vec<bool>,
    standing: Vec<Stand>,
    styled: Vec<u64>,
    kinds: Vec<TokenKind>,
}

impl ContentReader {
    /// A reader by this recipe; `kernel` changes only the speed.
    pub fn new(recipe: Recipe, kernel: Kernel) -> ContentReader {
        ContentReader::of(recipe, kernel, false)
    }

    /// The same, or a reader that takes all tokens as they are printed.
    pub(crate) fn of(recipe: Recipe, kernel: Kernel, as_printed: bool) -> ContentReader {
        ContentReader {
            recipe,
            kernel,
            tokens: Tokens::with_ranges(kernel),
            printed: Vec::new(),
            spelled: Spelled::default(),
            as_printed,
            shingles: Vec::new(),
            printed_shingles: Vec::new(),
            letters: Vec::new(),
            breaks: Vec::new(),
            marks: Vec::new(),
            standing: Vec::new(),
            styled: Vec::new(),
            kinds: Vec::new(),
        }
    }

    /// How many tokens a shingle has.
    pub fn shingle(&self) -> usize {
        self.recipe.shingle()
    }

    /// Tokenises a text: everything below is about the last one.
    pub fn read(&mut self, text: &str) {
        self.read_plainly(text);
        self.read_on();
    }

    /// As [`ContentReader::read`], without shingles.
    pub fn read_plainly(&mut self, text: &str) {
        self.tokens.read(text);
        let printed = self.tokens.hashes(&mut self.printed);
        if !self.as_printed {
            self.spelled.read(&self.tokens, printed);
        }
        let count = printed.len();
        self.printed.truncate(count.max(1));
        self.shingles.clear();
        self.letters.clear();
    }

    /// Adds the shingles of what was read plainly, so that it is read as by [`ContentReader::read`].
    pub fn read_on(&mut self) {
        let hashes = self.spelled.hashes(&self.printed[..self.tokens.len()]);
        let count = shingles(self.kernel, self.recipe.shingle(), hashes, &mut self.shingles).len();
        self.shingles.truncate(count);
    }

    /// Whether any of its tokens is spelled otherwise than it is printed.
    pub fn is_respelled(&self) -> bool {
        self.spelled.differs()
    }

    /// Its shingles as printed, in order.
    pub fn printed_shingles(&mut self) -> &[u64] {
        if !self.is_respelled() {
            return &self.shingles;
        }
        let printed = &self.printed[..self.tokens.len()];
        shingles(self.kernel, self.recipe.shingle(), printed, &mut self.printed_shingles)
    }

    /// How many tokens it has.
    pub fn count(&self) -> usize {
        self.tokens.len()
    }

    /// Its shingles, in order.
    pub fn shingles(&self) -> &[u64] {
        &self.shingles
    }

    /// Its tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// The bytes of a stretch of its tokens, which are one at least.
    pub fn bytes_of(&self, tokens: &Range<usize>) -> Range<usize> {
        let bytes = |token: usize| self.tokens.range(token).unwrap_or_default();
        bytes(tokens.start).start..bytes(tokens.end.saturating_sub(1)).end
    }

    /// Its tokens' hashes.
    pub fn hashes(&self) -> &[u64] {
        self.spelled.hashes(&self.printed[..self.count()])
    }

    /// The characters of all its tokens, without anything between them.
    pub fn joined(&self) -> Vec<u8> {
        self.spelled.joined(&self.tokens)
    }

    /// Its tokens' hashes as they are aligned: one for all house styles of a word.
    pub fn styled(&mut self) -> &[u64] {
        let known = known();
        let style = |&hash: &u64| if known.may_be(hash) { known.in_style(hash).0 } else { hash };
        self.styled.clear();
        let hashes = self.spelled.hashes(&self.printed[..self.tokens.len()]);
        self.styled.extend(hashes.iter().map(style));
        &self.styled
    }

    /// How each of its tokens is written; `text` is what was read.
    pub fn letters(&mut self, text: &str) -> &[Letter] {
        if self.letters.len() != self.count() {
            self.letters.clear();
            let (starts, ends) = self.tokens.all_ranges();
            let bytes = text.as_bytes();
            let mut before = 0;
            self.letters.extend(starts.iter().zip(ends).map(|(&start, &end)| {
                let small = bytes[start as usize].is_ascii_lowercase();
                let letter = if small { Letter::Small } else { Letter::of(text, before, start as usize) };
                before = end as usize;
                letter
            }));
        }
        &self.letters
    }

    /// What [`ContentReader::letters`] gave.
    pub fn last_letters(&self) -> impl Iterator<Item = Letter> + '_ {
        self.letters.iter().copied()
    }

    /// Of each of its tokens, whether it begins a line; `text` is what was read.
    pub fn breaks(&mut self, text: &str) -> &[bool] {
        self.breaks.clear();
        let (starts, ends) = self.tokens.all_ranges();
        let bytes = text.as_bytes();
        let mut before = 0;
        self.breaks.extend(starts.iter().zip(ends).map(|(&start, &end)| {
            let between = bytes.get(before..start as usize).unwrap_or_default();
            before = end as usize;
            // One space mostly.
            between != b" " && between.contains(&b'\n')
        }));
        if let Some(first) = self.breaks.first_mut() {
            *first = true;
        }
        &self.breaks
    }

    /// What [`ContentReader::breaks`] gave.
    pub fn last_breaks(&self) -> &[bool] {
        &self.breaks
    }

    /// The lines of chrome in `text`, which was read, as ranges of tokens.
    pub fn chrome(&mut self, text: &str, site: u64, model: &Model) -> Vec<Range<usize>> {
        self.breaks(text);
        let ContentReader { tokens, printed, spelled, shingles, breaks, marks, recipe, .. } = self;
        let mut lines: Vec<Range<usize>> = Vec::new();
        let hashes = spelled.hashes(&printed[..tokens.len()]);
        if !model.chrome.mark((site, recipe.shingle()), hashes, shingles, breaks, marks) {
            return lines;
        }
        for i in (0..marks.len()).filter(|&i| marks[i]) {
            match lines.last_mut() {
                Some(line) if line.end == i && !breaks[i] => line.end = i + 1,
                _ => lines.push(i..i + 1),
            }
        }
        lines
    }

    /// Whether what was read looks as if a machine had read it before.
    pub fn is_noisy(&self, seen: &SeenTokens) -> bool {
        let hashes = self.hashes();
        seen.is_noisy(self.count(), |i| (hashes[i], self.spelled.bytes(&self.tokens, i)))
    }

    /// Adds the letters of those of its tokens for which `wanted` says so, given the token's hash.
    pub fn add_letters(&self, wanted: impl Fn(u64) -> bool, letters: &mut Letters) {
        let hashes = self.hashes();
        let tokens = (0..self.count()).filter(|&i| wanted(hashes[i]));
        tokens.for_each(|i| letters.add(self.spelled.bytes(&self.tokens, i)));
    }

    /// The content of `text`, which was read, under a model.
    pub fn content(&mut self, text: &str, site: u64, model: &Model, out: &mut Content) {
        self.letters(text);
        let knows = model.chrome.knows(site);
        if knows {
            self.breaks(text);
        }
        let ContentReader {
            tokens,
            printed,
            spelled,
            shingles,
            letters,
            breaks,
            marks,
            recipe,
            styled,
            kinds,
            standing,
            ..
        } = self;
        let hashes = spelled.hashes(&printed[..tokens.len()]);
        let chrome = knows && model.chrome.mark((site, recipe.shingle()), hashes, shingles, breaks, marks);
        let capitals = letters.iter().filter(|&&letter| letter == Letter::Capital).count();
        let capitals = capitals as f64 / letters.len().max(1) as f64;
        out.cased = (FEW_CAPITALS..MANY_CAPITALS).contains(&capitals);
        out.tokens = tokens.len() as u32;
        out.noisy = model.seen.is_noisy(tokens.len(), |i| (hashes[i], spelled.bytes(tokens, i)));
        styled.clear();
        styled.extend_from_slice(hashes);
        kinds.clear();
        kinds.extend(letters.iter().map(|&letter| match letter {
            Letter::Digit => TokenKind::FACT.and(TokenKind::NUMERIC),
            Letter::Capital => TokenKind::FACT,
            Letter::Initial | Letter::Small | Letter::Caseless => TokenKind::PLAIN,
        }));
        let known = known();
        for i in 0..hashes.len() {
            if known.may_be(hashes[i]) {
                let (same, numeric) = known.in_style(hashes[i]);
                styled[i] = same;
                if numeric {
                    kinds[i] = TokenKind::FACT.and(TokenKind::NUMERIC);
                }
            }
        }
        let numeric = |kind: TokenKind| kind.is(TokenKind::NUMERIC);
        for i in 0..hashes.len() {
            if (!out.cased || letters[i] == Letter::Initial) && !numeric(kinds[i]) {
                kinds[i] = kind(model, hashes[i], out.cased);
            }
        }
        let (starts, ends) = tokens.all_ranges();
        let bytes = text.as_bytes();
        let (mut before, mut last_is_ideograph) = (0, false);
        for (kind, (&start, &end)) in kinds.iter_mut().zip(starts.iter().zip(ends)) {
            let between = bytes.get(before..start as usize).unwrap_or_default();
            // One space mostly.
            if between.len() > 1 || between == b"\n" {
                *kind = kind.and(gap(between));
            }
            let is_ideograph = IDEOGRAPHS.contains(&bytes[start as usize]);
            if is_ideograph && last_is_ideograph && is_blank(between) {
                *kind = kind.and(TokenKind::SPACED);
            }
            (before, last_is_ideograph) = (end as usize, is_ideograph);
        }
        out.ended = gap(bytes.get(before..).unwrap_or_default()).is(TokenKind::AFTER_END);
        let (folded, starts, ends) = spelled.folded(tokens);
        let text = Tokenised { hashes: styled, kinds, folded, bounds: (starts, ends), caseless: !out.cased };
        out.words.fill(text, chrome.then_some(&**marks));
        let (k, len) = (recipe.shingle(), tokens.len());
        let stands = !model.standing.is_empty() && model.standing.mark(k, len, shingles, standing);
        out.stands.fill(&out.words, stands.then_some(&**standing));
        out.site = is_known(site).then_some(site);
    }
}

/// Whether blanks and nothing else stand between two tokens of one line.
fn is_blank(between: &[u8]) -> bool {
    matches!(between, b" " | b"  " | b"\xe3\x80\x80" | b"\xe3\x80\x80\xe3\x80\x80" | b"\xc2\xa0")
}

/// What stands between two tokens.
fn gap(between: &[u8]) -> TokenKind {
    let mut gap = TokenKind::PLAIN;
    let mut dash = false;
    for c in String::from_utf8_lossy(between).chars() {
        let kind = match c {
            '.' | '!' | '?' | '\u{3002}' | '\u{ff01}' | '\u{ff1f}' | '\u{964}' | '\u{6d4}' | '\u{61f}' => {
                TokenKind::AFTER_END
            }
            '\n' => TokenKind::LINE,
            ':' | '\u{ff1a}' => TokenKind::LABELLED,
            '(' | ')' | '[' | ']' | '|' | '\u{2013}' | '\u{2014}' | '\u{ff08}' | '\u{ff09}' | '\u{3010}'
            | '\u{3011}' => TokenKind::APART,
            // A hyphen between spaces is a dash.
            ' ' if dash => TokenKind::APART,
            _ => TokenKind::PLAIN,
        };
        dash = c == '-';
        gap = gap.and(kind);
    }
    gap
}

/// What a word is by how it stands in the corpus: a name, where it is mostly written as one; in a text without case,
/// where it is rare.
fn kind(model: &Model, hash: u64, cased: bool) -> TokenKind {
    let count = model.vocabulary.count(hash);
    let is_name = if cased {
        count.capital >= count.small
    } else {
        model.vocabulary.rare().is_some_and(|rare| count.documents <= rare)
    };
    if is_name { TokenKind::FACT } else { TokenKind::PLAIN }
}
