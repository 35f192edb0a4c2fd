//! What two documents have besides standing text, in numbers.

use super::around::{goes_on, opens_sentence};
use super::decide::WIDE;
use super::evidence::share;
use super::form::FORM_OWN;
use crate::align::{Alignment, Slot, SlotKind, TokenKind, Words};
use crate::model::Content;
use crate::model::hashed::Hashes;
use crate::model::standing::{Stand, Stands};

/// Own tokens of the inner side that are its beginning.
const BEGINNING: u32 = 60;

/// Tokens of a filled slot on either side, at most.
const SLOT: u32 = 6;

/// Unmatched own tokens that are looked at for facts, at most: more of them are no small matter whatever they are.
const LACKS: u32 = 2;

/// Characters of a token of letters and digits from which it is an address, a hash or a number of a file; and of one of
/// letters alone. Those differ between two prints of one text.
const MIXED: usize = 6;
const LONG: usize = 20;

/// Words of a subject at the front of a text, at most.
pub(super) const SUBJECT: u32 = 8;

/// Tokens of a text that are looked through, at most: of a longer one a set is made.
const SCANNED: usize = 2048;

/// What two aligned documents have besides standing text.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Own {
    /// Whether anything stands in either.
    pub stands: bool,
    /// Own tokens of both: content that does not stand.
    pub tokens: [u32; 2],
    /// Matched tokens that are own on both sides.
    pub matched: u32,
    /// Matched tokens that stand for good on neither side.
    pub kept: u32,
    /// Places where each side has a fact that the other document lacks, each filling once; counted where they tell.
    pub filled: u32,
    /// Share of the first own tokens of the side that has fewer which are matched, 0 to 1.
    pub beginning: f64,
    /// Own tokens of that side that are not matched.
    pub lacks: u32,
    /// Whether there is a fact among them, where they are few.
    pub lacks_fact: bool,
    /// Whether each begins with a subject of its own in the midst of an equal sentence.
    pub subject: bool,
    /// Whether either is mostly of characters that are tokens by themselves.
    pub wide: bool,
    /// Whether both are cased, so that names are told by their capitals.
    pub cased: bool,
    /// Whether the sites of both are known.
    pub known: bool,
    /// Whether they are of one known site.
    pub same_site: bool,
}

impl Own {
    /// Of two aligned documents. Linear in their length.
    pub fn of(alignment: &Alignment, a: &Content, b: &Content) -> Own {
        let sides = [a, b];
        let stands = a.stands.any() || b.stands.any();
        let tokens = sides.map(|content| content.stands.own());
        // Of two that have equally many, one is chosen by what it is, and not by its place.
        let inner = usize::from((tokens[0], a.words.key()) > (tokens[1], b.words.key()));
        let of_inner = Inner::of(alignment, sides[inner], inner);
        let matches = |counts: fn(Stand) -> bool| matched(alignment, [&a.stands, &b.stands], counts);
        let mut own = Own {
            stands,
            tokens,
            matched: matches(|stand| stand == Stand::Own),
            kept: matches(|stand| stand < Stand::Good),
            beginning: of_inner.beginning,
            // Two chains may end on the same words.
            lacks: tokens[inner].saturating_sub(of_inner.matched),
            wide: stands && (is_wide(&a.words) || is_wide(&b.words)),
            cased: a.cased && b.cased,
            known: a.site.is_some() && b.site.is_some(),
            same_site: a.site.is_some() && a.site == b.site,
            ..Own::default()
        };
        let facts = Facts { words: [&a.words, &b.words], tokens: Default::default() };
        if own.asks_slots(alignment) {
            own.filled = facts.filled(alignment);
        }
        own.subject = own.cased && facts.subject(alignment, sides);
        if stands && (1..=LACKS).contains(&own.lacks) {
            own.lacks_fact = facts.among_unmatched(alignment, &sides[inner].stands, inner);
        }
        own
    }

    /// Whether filled slots tell a form from a story: enough is matched, and a good part of it stands, or facts differ in
    /// several places of a longer text.
    fn asks_slots(&self, alignment: &Alignment) -> bool {
        let has_facts = |slot: &&Slot| matches!(slot.kind, SlotKind::Typed | SlotKind::Semi);
        let is_long = self.cased && self.fewer() >= BEGINNING;
        f64::from(self.matched) >= FORM_OWN * f64::from(self.fewer())
            && (self.stands || (is_long && alignment.slots.iter().filter(has_facts).count() > 1))
    }

    /// Own tokens of the side that has fewer.
    pub fn fewer(&self) -> u32 {
        self.tokens[0].min(self.tokens[1])
    }

    /// Own tokens of the other side.
    pub fn more(&self) -> u32 {
        self.tokens[0].max(self.tokens[1])
    }

    /// Filled slots for a hundred own tokens of the side that has fewer.
    pub fn density(&self) -> f64 {
        100.0 * share(self.filled, self.fewer())
    }
}

/// The stretches of both sides that are matched, in no order.
fn stretches(alignment: &Alignment) -> impl Iterator<Item = [(u32, u32); 2]> + '_ {
    let runs = alignment.runs.iter().map(|run| [(run.a, run.end_a()), (run.b, run.end_b())]);
    let respelled = alignment.slots.iter().filter(|slot| slot.kind == SlotKind::Fuzzy);
    runs.chain(respelled.map(|slot| [slot.a, slot.b]))
}

/// Matched tokens that count on both sides; own tokens always count.
fn matched(alignment: &Alignment, [a, b]: [&Stands; 2], counts: fn(Stand) -> bool) -> u32 {
    let of = |[of_a, of_b]: [(u32, u32); 2]| {
        let len = (of_a.1 - of_a.0).min(of_b.1 - of_b.0);
        let is_own = |stands: &Stands, (start, end): (u32, u32)| stands.own_in(start, end) == end - start;
        if is_own(a, of_a) && is_own(b, of_b) {
            return len;
        }
        (0..len).filter(|i| counts(a.of(of_a.0 + i)) && counts(b.of(of_b.0 + i))).count() as u32
    };
    stretches(alignment).map(of).sum()
}

/// What is matched of one side's own tokens, whatever stands on the other.
struct Inner {
    matched: u32,
    beginning: f64,
}

impl Inner {
    fn of(alignment: &Alignment, content: &Content, side: usize) -> Inner {
        let stands = &content.stands;
        let end = stands.first(BEGINNING);
        let (mut matched, mut first) = (0, 0);
        for stretch in stretches(alignment) {
            let (start, stop) = stretch[side];
            matched += stands.own_in(start, stop);
            first += if start < end { stands.own_in(start, stop.min(end)) } else { 0 };
        }
        Inner { matched, beginning: share(first, stands.own().min(BEGINNING)) }
    }
}

/// Whether a token is one character, and no letter of an alphabet.
fn is_ideograph(characters: &[u8]) -> bool {
    // The first byte says how many bytes a character has.
    matches!((characters.first(), characters.len()), (Some(0xe0..=0xef), 3) | (Some(0xf0..), 4))
}

/// Whether half of the tokens are characters of scripts that put no spaces between words.
fn is_wide(words: &Words) -> bool {
    word_tokens(words) > 1
}

/// The most that [`word_tokens`] gives.
pub(super) const MOST_WORD_TOKENS: u32 = 2 * WIDE;

/// Tokens for a word where half of the tokens are characters of scripts that put no spaces between words; else one. Such a
/// word is two ideographs or kana, or four letters with their marks.
pub(super) fn word_tokens(words: &Words) -> u32 {
    let (mut letters, mut ideographs) = (0, 0);
    for i in 0..words.len() {
        let characters = words.characters(i);
        let is_far = characters.first().is_some_and(|&byte| byte >= 0xe0);
        let text = if is_far { std::str::from_utf8(characters).ok() } else { None };
        match text.and_then(|text| text.chars().next()) {
            Some('\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}') => letters += 1,
            Some('\u{3041}'..='\u{9fff}') => ideographs += 1,
            _ => {}
        }
    }
    if 2 * (letters + ideographs) <= words.len() {
        1
    } else if letters > ideographs {
        MOST_WORD_TOKENS
    } else {
        WIDE
    }
}

/// Which tokens of two texts are facts that the other text lacks.
struct Facts<'a> {
    words: [&'a Words; 2],
    /// By side: the tokens of a long text, once they are asked for.
    tokens: [std::cell::OnceCell<Hashes>; 2],
}

impl Facts<'_> {
    /// Whether a token is a number, a name or an ideograph.
    fn may_be(&self, side: usize, i: usize) -> bool {
        let words = self.words[side];
        let kind = words.kinds()[i];
        let is_fact = kind.is(TokenKind::NUMERIC)
            || (kind.is(TokenKind::FACT) && !words.is_caseless())
            || is_ideograph(words.characters(i));
        is_fact && !is_address(words.characters(i))
    }

    /// Whether it is one that stands nowhere in the other text.
    fn is_new(&self, side: usize, i: usize) -> bool {
        self.may_be(side, i) && !self.has(1 - side, self.words[side].hashes()[i])
    }

    /// Whether a text has a token.
    fn has(&self, side: usize, hash: u64) -> bool {
        let hashes = self.words[side].hashes();
        if hashes.len() <= SCANNED {
            // A few at a time without a branch: the compiler compares them at once.
            let any_of = |few: &[u64]| few.iter().fold(false, |found, &one| found | (one == hash));
            return hashes.chunks(16).any(any_of);
        }
        self.tokens[side].get_or_init(|| hashes.iter().copied().collect()).contains(&hash)
    }

    /// The facts of a stretch that the other text lacks, by hash.
    fn of(&self, side: usize, (start, end): (u32, u32)) -> Vec<u64> {
        let places = start as usize..end as usize;
        places.filter(|&i| self.is_new(side, i)).map(|i| self.words[side].hashes()[i]).collect()
    }

    /// How many slots each side fills with facts that the other text lacks. Fillings that say nothing new count once.
    fn filled(&self, alignment: &Alignment) -> u32 {
        let mut fillings: Vec<[Vec<u64>; 2]> = Vec::new();
        for chain in &alignment.chains {
            let slots = &alignment.slots[chain.slots.start as usize..chain.slots.end as usize];
            for place in slots.chunk_by(|x, y| x.a.1 == y.a.0 && x.b.1 == y.b.0) {
                let filling =
                    self.filling(place).filter(|filling| filling.iter().all(|side| !side.is_empty()));
                fillings.extend(filling);
            }
        }
        fillings.sort_unstable_by(|x, y| {
            (x[0].len() + x[1].len()).cmp(&(y[0].len() + y[1].len())).then_with(|| x.cmp(y))
        });
        let mut known = Hashes::default();
        let mut count = 0;
        for filling in fillings {
            if filling.iter().any(|side| side.iter().all(|fact| known.contains(fact))) {
                continue;
            }
            known.extend(filling.into_iter().flatten());
            count += 1;
        }
        count
    }

    /// The facts of a place that is parted into several slots by respelled words; none where that is all there is, and
    /// where it is too long for one.
    fn filling(&self, place: &[Slot]) -> Option<[Vec<u64>; 2]> {
        let (first, last) = (place.first()?, place.last()?);
        let (of_a, of_b) = ((first.a.0, last.a.1), (first.b.0, last.b.1));
        let is_short = of_a.1 - of_a.0 <= SLOT && of_b.1 - of_b.0 <= SLOT;
        let is_other = place.iter().any(|slot| slot.kind != SlotKind::Fuzzy);
        let may_be = |side: usize, (start, end): (u32, u32)| {
            (start as usize..end as usize).any(|i| self.may_be(side, i))
        };
        (is_short && is_other && may_be(0, of_a) && may_be(1, of_b))
            .then(|| [self.of(0, of_a), self.of(1, of_b)])
    }

    /// Whether each text begins with a few words before a sentence goes on that is the same in both, and with a fact among them
    /// that the other text lacks.
    fn subject(&self, alignment: &Alignment, sides: [&Content; 2]) -> bool {
        let Some(first) = alignment.runs.iter().min_by_key(|run| run.a) else { return false };
        let is_first = alignment.runs.iter().all(|run| run.b >= first.b);
        let starts = [first.a, first.b];
        let is_subject = |side: usize| {
            let end = starts[side];
            let mut words = (0..end).filter(|&i| !opens_sentence(sides[side], i));
            (1..=SUBJECT).contains(&end)
                && goes_on(sides[side], end)
                && words.any(|i| self.is_new(side, i as usize))
        };
        is_first && is_subject(0) && is_subject(1)
    }

    /// Whether there is a fact among the own tokens of a side that are not matched.
    fn among_unmatched(&self, alignment: &Alignment, stands: &Stands, side: usize) -> bool {
        let mut open: Vec<bool> =
            (0..self.words[side].len() as u32).map(|i| stands.of(i) == Stand::Own).collect();
        for stretch in stretches(alignment) {
            let (start, end) = stretch[side];
            open[start as usize..end as usize].fill(false);
        }
        open.iter().enumerate().any(|(i, &is_open)| is_open && self.is_new(side, i))
    }
}

/// Whether a token is of an address, a hash or a file's number.
pub(super) fn is_address(characters: &[u8]) -> bool {
    // Bytes within a character begin with the bits 10.
    let len = characters.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
    let digits = characters.iter().filter(|byte| byte.is_ascii_digit()).count();
    len >= LONG || (len >= MIXED && digits > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_facts() {
        assert!(
            ["a1b2c3", "20240131", "123456", "abcdefghijklmnopqrstuvwxyz"]
                .iter()
                .all(|w| is_address(w.as_bytes()))
        );
        assert!(
            ["2024", "a1b2", "12345", "warszawa", "straßenbahn"].iter().all(|w| !is_address(w.as_bytes()))
        );
    }
}
