//! Facts: the tokens of which the next note of a series has others. Numbers, names and dates.
//!
//! Digits, numerals, number words, months and weekdays are facts by themselves. A name is told by its capital: in the middle
//! of a sentence, or at its start where the corpus writes the word with a capital at least as often as without. In
//! text without case, and where capitals say little (headlines in capitals, nouns in German), rare tokens stand in.

use std::sync::OnceLock;

use super::hashed::{ByHash, Hashes};
use crate::align::numerals::is_numeral;
use crate::hash::token_hash;
use crate::text::pages::Pages;
use crate::text::spelling::spelling;

/// How one token stands in the corpus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenCount {
    /// Documents that have it.
    pub documents: u32,
    /// How often it stands with a capital in the middle of a sentence.
    pub capital: u32,
    /// How often without a capital.
    pub small: u32,
}

/// Documents that have to be counted for a token to be called rare.
const TELLING: u32 = 500;

/// Token statistics of a sample of the corpus.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    /// Documents counted.
    pub documents: u32,
    /// By token, with the number of the last document that had it.
    counts: ByHash<(TokenCount, u32)>,
}

impl Vocabulary {
    /// Counts one document: its tokens, each with how it begins.
    pub fn add(&mut self, tokens: impl Iterator<Item = (u64, Letter)>) {
        self.documents += 1;
        for (hash, letter) in tokens {
            let (count, last) = self.counts.entry(hash).or_default();
            count.capital += u32::from(letter == Letter::Capital);
            count.small += u32::from(letter == Letter::Small);
            count.documents += u32::from(std::mem::replace(last, self.documents) != self.documents);
        }
    }

    /// Adds the counts of other documents.
    pub fn merge(&mut self, other: Vocabulary) {
        if self.counts.len() < other.counts.len() {
            let small = std::mem::replace(self, other);
            return self.merge(small);
        }
        self.documents += other.documents;
        for (hash, (more, _)) in other.counts {
            let (count, _) = self.counts.entry(hash).or_default();
            count.documents += more.documents;
            count.capital += more.capital;
            count.small += more.small;
        }
    }

    /// How a token stands in the corpus.
    pub fn count(&self, hash: u64) -> TokenCount {
        self.counts.get(&hash).map_or(TokenCount::default(), |count| count.0)
    }

    /// Documents that a rare token has at most; none where too few were counted to tell.
    pub fn rare(&self) -> Option<u32> {
        (self.documents >= TELLING).then(|| (self.documents * 3 / 1000).max(3))
    }

    /// Every token's counts, by hash.
    pub fn sorted(&self) -> Vec<(u64, TokenCount)> {
        let mut all: Vec<(u64, TokenCount)> =
            self.counts.iter().map(|(&hash, count)| (hash, count.0)).collect();
        all.sort_unstable_by_key(|entry| entry.0);
        all
    }

    /// Of counts by hash.
    pub fn of(documents: u32, counts: Vec<(u64, TokenCount)>) -> Vocabulary {
        let with_last = counts.into_iter().map(|(hash, count)| (hash, (count, 0)));
        Vocabulary { documents, counts: with_last.collect() }
    }
}

/// How a token begins, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter {
    /// With a capital, in the middle of a sentence.
    Capital,
    /// With a capital, where every word has one.
    Initial,
    /// With a small letter.
    Small,
    /// With a digit, or a numeral of Han script.
    Digit,
    /// With something that has no case.
    Caseless,
}

impl Letter {
    /// Of the token that stands at `start` in `text`; the one before it ended at `before`.
    pub fn of(text: &str, before: usize, start: usize) -> Letter {
        let bytes = text.as_bytes();
        let first = match bytes[start] {
            byte if byte.is_ascii() => char::from(byte),
            _ => text.get(start..).and_then(|rest| rest.chars().next()).unwrap_or(' '),
        };
        let letter = letter(first);
        if letter != Letter::Capital {
            return letter;
        }
        let between = bytes.get(before..start).unwrap_or_default();
        let ends = |b: &u8| matches!(b, b'.' | b'!' | b'?' | b':' | b'\n' | b'"' | b'|' | b'*');
        let opens = before == 0 || between.iter().any(ends) || (between.len() > 2 && !between.is_ascii());
        if opens { Letter::Initial } else { Letter::Capital }
    }
}

/// How characters begin a token, in the middle of a sentence: the standard library looks one beyond ASCII up in three tables,
/// one after the other.
static PAGES: Pages<[Letter; 256]> = Pages::new();

/// How a character begins a token in the middle of a sentence.
#[inline]
fn letter(c: char) -> Letter {
    let page = PAGES.of(c, |number| {
        let of = |place: usize| char::from_u32(number << 8 | place as u32).map_or(Letter::Caseless, classify);
        std::array::from_fn(of)
    });
    page[c as usize & 255]
}

fn classify(c: char) -> Letter {
    match c {
        c if c.is_lowercase() => Letter::Small,
        c if c.is_uppercase() => Letter::Capital,
        c if c.is_numeric() || is_numeral(c) => Letter::Digit,
        _ => Letter::Caseless,
    }
}

/// Months and weekdays as news writes them, and what each stands for where two house styles differ.
const DATES: &str = "january jan|february feb|march|april apr|may|june jun|july jul|august aug|september sept sep|\
    october oct|november nov|december dec|monday mon|tuesday tues tue|wednesday wed|thursday thurs thur thu|friday fri|\
    saturday sat|sunday sun|\
    januar|februar|m\u{e4}rz|mai|juni|juli|oktober|dezember|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|\
    janvier|f\u{e9}vrier|mars|avril|juin|juillet|ao\u{fb}t|septembre|octobre|novembre|d\u{e9}cembre|\
    lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|\
    enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|\
    lunes|martes|mi\u{e9}rcoles|jueves|viernes|s\u{e1}bado|domingo";

/// Number words, and what each stands for.
const NUMBERS: &str = "1 one|2 two|3 three|4 four|5 five|6 six|7 seven|8 eight|9 nine|10 ten|11 eleven|12 twelve|\
    13 thirteen|14 fourteen|15 fifteen|16 sixteen|17 seventeen|18 eighteen|19 nineteen|20 twenty|30 thirty|40 forty|\
    50 fifty|60 sixty|70 seventy|80 eighty|90 ninety|100 hundred|1000 thousand|million mln|billion bln|trillion|\
    first 1st|second 2nd|third 3rd|fourth 4th|fifth 5th|sixth 6th|seventh 7th|eighth 8th|ninth 9th|tenth 10th|\
    today|tomorrow|yesterday|tonight|dozen|half|quarter|twice";

/// Those that are no fact by themselves: they stand beside one.
const PLAIN: &str = "million mln billion bln trillion first second third half quarter today tomorrow yesterday tonight \
    twice may march mars mai";

/// What is the same in two house styles.
const STYLES: &str = "percent pct|mr mister|dollars dollar dlrs dlr|government govt|company co|corporation corp|\
    limited ltd|incorporated inc|versus vs|street st|avenue ave|doctor dr|general gen|senator sen|professor prof|\
    governor gov|saint";

/// Number words, months, weekdays, and words that two house styles write differently.
#[derive(Debug)]
pub struct KnownWords {
    /// A bit for each known token, by some bits of its hash: nearly all tokens are none, and this says so at once.
    outline: [u64; OUTLINE],
    /// By token: the token that stands for it.
    same: ByHash<u64>,
    numeric: Hashes,
    dates: Hashes,
}

const OUTLINE: usize = 128;

fn outlined(hash: u64) -> (usize, u64) {
    ((hash >> 6) as usize % OUTLINE, 1 << (hash & 63))
}

/// The known words.
pub fn known() -> &'static KnownWords {
    static KNOWN: OnceLock<KnownWords> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let hash = |word: &str| token_hash(spelling(word).as_bytes());
        let mut known = KnownWords {
            outline: [0; OUTLINE],
            same: ByHash::default(),
            numeric: Hashes::default(),
            dates: DATES.split(['|', ' ']).map(hash).collect(),
        };
        for group in DATES.split('|').chain(NUMBERS.split('|')).chain(STYLES.split('|')) {
            let mut words = group.split_whitespace();
            let first = words.next().map(hash).unwrap_or_default();
            known.same.extend(words.map(|word| (hash(word), first)));
        }
        let plain: Vec<u64> = PLAIN.split_whitespace().map(hash).collect();
        let words = DATES.split(['|', ' ']).chain(NUMBERS.split(['|', ' '])).map(hash);
        known.numeric.extend(words.filter(|word| !plain.contains(word)));
        for &hash in known.same.keys().chain(&known.numeric) {
            let (word, bit) = outlined(hash);
            known.outline[word] |= bit;
        }
        known
    })
}

impl KnownWords {
    /// Whether the token may be one of the known words, by the hash of its spelling; nearly all others are not.
    #[inline]
    pub fn may_be(&self, hash: u64) -> bool {
        let (word, bit) = outlined(hash);
        self.outline[word] & bit != 0
    }

    /// Whether the token is a month or a weekday.
    pub fn is_date(&self, hash: u64) -> bool {
        self.dates.contains(&hash)
    }

    /// The token that stands for this one in every house style, itself mostly; and whether it is a number word, a month
    /// or a weekday.
    pub fn in_style(&self, hash: u64) -> (u64, bool) {
        (self.same.get(&hash).copied().unwrap_or(hash), self.numeric.contains(&hash))
    }
}
