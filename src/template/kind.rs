//! What kind of thing fills a slot.

use std::sync::OnceLock;

use crate::align::TokenKind as Word;
use crate::hash::token_hash;
use crate::model::facts::known;
use crate::model::hashed::Hashes;

/// What fills a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FillingKind {
    /// An amount of a currency.
    Money,
    /// A month, a weekday, a day or a time of day.
    Date,
    /// A number.
    Number,
    /// Names.
    Name,
    /// Anything else, or different things.
    Text,
}

impl FillingKind {
    /// The kind's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            FillingKind::Money => "money",
            FillingKind::Date => "date",
            FillingKind::Number => "number",
            FillingKind::Name => "name",
            FillingKind::Text => "text",
        }
    }
}

/// Currencies as words, in all that news calls them; `dollars` stands for its short forms.
const CURRENCIES: &str = "dollars cts cent cents euro euros eur usd gbp chf pounds pound stg sterling francs franc marks mark \
    dmarks yen yuan rupees rupee roubles rubles pesos peso lire crowns kronor kroner zloty riyals reais real won \
    rand pence pfennig";

/// Words of size between an amount and its currency.
const SIZES: &str =
    "million billion trillion thousand hundred millionen milliarden millions milliards millones mio mrd";

const SIGNS: [char; 9] =
    ['$', '\u{20ac}', '\u{a3}', '\u{a5}', '\u{20b9}', '\u{20bd}', '\u{20a9}', '\u{20ba}', '\u{20bf}'];

fn words(list: &str, of: &'static OnceLock<Hashes>) -> &'static Hashes {
    of.get_or_init(|| list.split_whitespace().map(|word| token_hash(word.as_bytes())).collect())
}

/// Whether the token is the name of a currency.
pub(super) fn is_currency(hash: u64) -> bool {
    static HASHES: OnceLock<Hashes> = OnceLock::new();
    words(CURRENCIES, &HASHES).contains(&hash)
}

/// Whether the token says how large a number is.
pub(super) fn is_size(hash: u64) -> bool {
    static HASHES: OnceLock<Hashes> = OnceLock::new();
    words(SIZES, &HASHES).contains(&hash)
}

/// Whether this is the sign of a currency.
pub(super) fn is_sign(c: char) -> bool {
    SIGNS.contains(&c)
}

/// One filling: its tokens, what they are, and the text with what stands before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filling<'a> {
    pub hashes: &'a [u64],
    pub kinds: &'a [Word],
    pub text: &'a str,
    pub before: &'a str,
    /// The token behind it.
    pub next: Option<u64>,
}

impl Filling<'_> {
    /// What it is by itself.
    pub fn kind(&self) -> FillingKind {
        let numeric = |i: usize| self.kinds[i].is(Word::NUMERIC);
        let all = 0..self.hashes.len();
        let sized = |i: usize| numeric(i) || is_size(self.hashes[i]);
        let dated = |i: usize| known().is_date(self.hashes[i]);
        let currency = |i: usize| is_currency(self.hashes[i]);
        let digits = all.clone().any(numeric);
        let with_sign = self.before.trim_end().ends_with(is_sign) || self.text.contains(is_sign);
        let with_word = all.clone().any(currency) || self.next.is_some_and(is_currency);
        if digits && (with_sign || with_word) && all.clone().all(|i| sized(i) || currency(i)) {
            FillingKind::Money
        } else if all.clone().any(dated) && all.clone().all(|i| dated(i) || numeric(i)) || is_clock(self.text)
        {
            FillingKind::Date
        } else if digits && all.clone().all(sized) {
            FillingKind::Number
        } else if all.clone().all(|i| self.kinds[i].is(Word::FACT)) || self.is_capitalised() {
            FillingKind::Name
        } else {
            FillingKind::Text
        }
    }
}

impl Filling<'_> {
    /// Whether these are several words, each with a capital: at the start of a sentence one says nothing.
    fn is_capitalised(&self) -> bool {
        let capital = |word: &str| word.starts_with(char::is_uppercase);
        self.hashes.len() > 1 && self.text.split_whitespace().all(capital)
    }
}

/// Whether the text is of digits as a day or a time of day is written: `2024-05-02`, `2.5.2024`, `10:30`.
fn is_clock(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['-', '/', '.', ':']).collect();
    let digits =
        parts.iter().all(|part| matches!(part.len(), 1..=4) && part.bytes().all(|b| b.is_ascii_digit()));
    digits && (parts.len() == 3 || (parts.len() == 2 && text.contains(':')))
}

/// Share of the fillings that are of one kind for the slot to be.
const MOST: f64 = 0.7;

/// What a slot is by what its fillings are.
pub(super) fn of_slot(kinds: impl Iterator<Item = FillingKind> + Clone) -> FillingKind {
    let all = kinds.clone().count();
    if all == 0 {
        return FillingKind::Text;
    }
    let is_most =
        |kind: FillingKind| kinds.clone().filter(|&of| of == kind).count() as f64 >= MOST * all as f64;
    // The same amount is written with and without its currency.
    let amounts =
        kinds.clone().filter(|kind| matches!(kind, FillingKind::Money | FillingKind::Number)).count();
    let own = [FillingKind::Money, FillingKind::Date, FillingKind::Number, FillingKind::Name]
        .into_iter()
        .find(|&kind| is_most(kind));
    own.unwrap_or(if amounts as f64 >= MOST * all as f64 { FillingKind::Number } else { FillingKind::Text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_fillings() {
        let kind = |text: &str, before: &str| {
            let words: Vec<&str> = text.split(' ').collect();
            let hashes: Vec<u64> =
                words.iter().map(|word| token_hash(word.to_lowercase().as_bytes())).collect();
            let of = |word: &&str| match word.chars().next() {
                Some(c) if c.is_ascii_digit() => Word::FACT.and(Word::NUMERIC),
                Some(c) if c.is_uppercase() => Word::FACT,
                _ => Word::PLAIN,
            };
            let kinds: Vec<Word> = words.iter().map(of).collect();
            Filling { hashes: &hashes, kinds: &kinds, text, before, next: None }.kind()
        };
        assert_eq!(kind("36", "$"), FillingKind::Money);
        assert_eq!(kind("36 million dollars", ""), FillingKind::Money);
        assert_eq!(kind("36 million", ""), FillingKind::Number);
        assert_eq!(kind("October 27", ""), FillingKind::Date);
        assert_eq!(kind("10:30", ""), FillingKind::Date);
        assert_eq!(kind("2024-05-02", ""), FillingKind::Date);
        assert_eq!(kind("10.5", ""), FillingKind::Number);
        assert_eq!(kind("Vernon Foods", ""), FillingKind::Name);
        assert_eq!(kind("net loss", ""), FillingKind::Text);
    }

    #[test]
    fn a_slot_is_what_most_of_its_fillings_are() {
        let of = |kinds: &[FillingKind]| of_slot(kinds.iter().copied());
        assert_eq!(
            of(&[FillingKind::Name, FillingKind::Name, FillingKind::Name, FillingKind::Text]),
            FillingKind::Name
        );
        assert_eq!(of(&[FillingKind::Name, FillingKind::Text]), FillingKind::Text);
        assert_eq!(of(&[FillingKind::Money, FillingKind::Number]), FillingKind::Number);
        assert_eq!(of(&[]), FillingKind::Text);
    }
}
