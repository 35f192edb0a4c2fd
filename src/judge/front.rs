//! What differs at the front of two texts, where no capitals tell names.
//!
//! A notice says at its front whom and what it is about. Another filling of its form has other words there, at several
//! places close by one another, which have nothing in common, and the connecting words between them stay. Who edits a
//! text puts a word for a word here and there.

use super::around::{MARGIN, goes_on, is};
use super::decide::SHORT;
use super::own::{MOST_WORD_TOKENS, SUBJECT, word_tokens};
use crate::align::{Alignment, Anchor, SlotKind, TokenKind, Words, similar};
use crate::model::Content;

/// Words between two places that are close by one another, at most.
const CLOSE: u32 = 8;

/// Words of a place, at most: a longer one is a sentence of its own.
const PLACE: u32 = 12;

/// Similarity from which two fillings have something in common: an ending, or another form of one word.
const ALIKE: f64 = 0.5;

/// Equal tokens that are a connecting word, at least, where a token is a character: fewer are equal by chance.
const CONNECTS: u32 = 3;

/// Words that may stand before the first place of a notice: what kind it is.
pub(super) const LABEL: u32 = 2;

/// Words before a colon that are a credit, at most.
const CREDIT: u32 = 4;

/// Words of a text, fewer than: a longer one is a story, of which a lead that was told anew makes no other.
const NOTICE: u32 = 120;

/// Other words at the front of two texts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Front {
    /// Words that others replace, on the side that has fewer: at several places close by one another, at the very
    /// beginning, or at the only place that differs. In a text that is not short no other place differs.
    pub words: f64,
    /// Whether other words at the very beginning are all that differs.
    pub alone: bool,
}

/// A stretch of both texts between connecting words.
#[derive(Debug, Clone, Copy)]
struct Place {
    a: (u32, u32),
    b: (u32, u32),
}

impl Place {
    /// Tokens of the side that has fewer, and of the other.
    fn tokens(&self) -> (u32, u32) {
        let [a, b] = [self.a.1 - self.a.0, self.b.1 - self.b.0];
        (a.min(b), a.max(b))
    }

    /// Where it begins behind the margins, on the side where it begins later; none where it stands in one.
    fn start(&self, [a, b]: [u32; 2]) -> Option<u32> {
        let is_within = self.a.1 > a && self.b.1 > b;
        is_within.then(|| self.a.0.saturating_sub(a).max(self.b.0.saturating_sub(b)))
    }

    /// Tokens from here to a later place, on the side that has more.
    fn until(&self, later: &Place) -> u32 {
        (later.a.0 - self.a.1).max(later.b.0 - self.b.1)
    }
}

impl Front {
    /// Of two aligned texts.
    pub fn of(alignment: &Alignment, a: &Content, b: &Content) -> Front {
        let shorter = a.words.len().min(b.words.len()) as u32;
        if shorter >= NOTICE * MOST_WORD_TOKENS {
            return Front::default();
        }
        let word = word_tokens(if a.words.key() <= b.words.key() { &a.words } else { &b.words });
        if shorter >= NOTICE * word {
            return Front::default();
        }
        let is_short = shorter < SHORT * word;
        let places = places(alignment, a.words.len() as u32, b.words.len() as u32, word);
        let margins = [margin(a, word), margin(b, word)];
        let filled = places.iter().filter(|place| is_other(place, a, b, word));
        let filled: Vec<(Place, u32)> =
            filled.filter_map(|&place| Some((place, place.start(margins)?))).collect();
        let is_only = places.len() == 1;
        let counts = |count: usize| is_short || count == places.len();
        let begins = |start: u32| start <= LABEL * word;
        let alone = is_short && is_only && filled.iter().any(|&(_, start)| begins(start));
        let mut most = 0;
        let (mut at, mut sum, mut count) = (None::<Place>, 0, 0usize);
        for (place, start) in filled {
            let is_close = at.is_some_and(|before| before.until(&place) <= CLOSE * word);
            if !is_close {
                if start > SUBJECT * word {
                    break;
                }
                (sum, count) = (0, 0);
            }
            (sum, count) = (sum + place.tokens().0, count + 1);
            if (count > 1 || is_only || begins(start)) && counts(count) {
                most = most.max(sum);
            }
            at = Some(place);
        }
        Front { words: f64::from(most) / f64::from(word), alone }
    }
}

/// Tokens that stand before a text on its page: a line, what is in brackets, a few words before a colon, or before a blank
/// where the script puts none between words.
pub(super) fn margin(content: &Content, word: u32) -> u32 {
    let in_brackets = is(content, 0, TokenKind::APART);
    let ends = |&at: &u32| {
        is(content, at, TokenKind::LINE)
            || is(content, at, TokenKind::SPACED)
            || (in_brackets && is(content, at, TokenKind::APART))
            || (at <= CREDIT * word && is(content, at, TokenKind::LABELLED))
    };
    (1..=MARGIN * word).find(ends).unwrap_or_default()
}

/// What stands between the connecting words, from the front of both texts to their ends; nothing where these stand in
/// another order, which no form does. A long filling parts two chains. What is respelled, a number in digits for one in
/// numerals too, is the same on both sides and no place.
fn places(alignment: &Alignment, len_a: u32, len_b: u32, word: u32) -> Vec<Place> {
    let least = if word > 1 { CONNECTS } else { 1 };
    let connects = |run: &&Anchor| run.len >= least || (run.a, run.b) == (0, 0);
    let mut connecting: Vec<Anchor> = alignment.runs.iter().filter(connects).copied().collect();
    connecting.sort_unstable_by_key(|run| (run.a, run.b));
    let (mut places, mut at) = (Vec::new(), (0, 0));
    for run in connecting.into_iter().chain([Anchor { a: len_a, b: len_b, len: 0 }]) {
        if run.a < at.0 || run.b < at.1 {
            return Vec::new();
        }
        let place = Place { a: (at.0, run.a), b: (at.1, run.b) };
        let is_same = alignment
            .slots
            .iter()
            .any(|slot| slot.kind == SlotKind::Fuzzy && (slot.a, slot.b) == (place.a, place.b));
        places.extend((place.tokens().1 > 0 && !is_same).then_some(place));
        at = (run.end_a(), run.end_b());
    }
    places
}

/// Whether a place has other words on both sides, in the midst of a sentence.
fn is_other(place: &Place, a: &Content, b: &Content, word: u32) -> bool {
    let (fewer, more) = place.tokens();
    let text = |words: &Words, (start, end): (u32, u32)| {
        let mut joined = Vec::new();
        words.join(start as usize, end as usize, &mut joined);
        joined
    };
    fewer > 0
        && more <= PLACE * word
        && goes_on(a, place.a.1)
        && goes_on(b, place.b.1)
        && !similar(&text(&a.words, place.a), &text(&b.words, place.b), ALIKE)
}
