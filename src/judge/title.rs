//! What the titles of two short documents say: whether these are one note or two.
//!
//! Two companies send one note of a dividend, word for word or nearly, and nothing but its title names either. They are two notes where each title
//! names a fact that the other page, its title and its text, lacks. Numbers are facts. A name is told by its capital, where
//! the title has words without one too; then by how the corpus writes the word. What nothing tells of may be a name where it
//! opens both titles: a title says first whom it is about.

use super::around::TEXT;
use super::clause::Test;
use super::front::{LABEL, margin};
use super::own::{is_address, word_tokens};
use super::pair::{Judge, Memory};
use super::relation::{Judgement, Relation};
use crate::align::{Alignment, Slot, SlotKind, TokenKind};
use crate::model::Content;
use crate::model::facts::{Letter, known};
use crate::options::Mode;

/// Share of the words behind a title's first that have a capital, up to which capitals tell names: beyond, every word of a
/// headline has one.
const CAPITALS: f64 = 0.5;

/// Bytes of a title that are read, at most: a longer one is a text.
const TITLE_BYTES: usize = 1024;

/// What tells whether a word of a title is a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It is a number, or a name.
    Fact,
    /// It is none.
    Word,
    /// Nothing does.
    Not,
}

/// What the capitals of a title say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Capitals {
    /// Which words are names.
    Tell,
    /// Nothing: most words have one.
    Everywhere,
    /// Nothing: none has one.
    Nowhere,
}

impl Capitals {
    fn of(letters: &[Letter]) -> Capitals {
        let count = |letter: Letter| letters.iter().skip(1).filter(|&&of| of == letter).count();
        let (capital, small, initial) =
            (count(Letter::Capital), count(Letter::Small), count(Letter::Initial));
        if !letters.iter().any(|letter| matches!(letter, Letter::Capital | Letter::Initial)) {
            Capitals::Nowhere
        } else if capital as f64 <= CAPITALS * (capital + small + initial) as f64 {
            Capitals::Tell
        } else {
            Capitals::Everywhere
        }
    }
}

/// A title, ready to be compared.
#[derive(Debug, Default)]
pub(crate) struct Title {
    content: Content,
    /// By token of the content.
    told: Vec<Told>,
    /// Whether any of its letters has a case.
    has_case: bool,
}

/// The text of documents that titles tell apart.
#[derive(Debug, Default)]
pub(crate) struct Note {
    /// Its tokens, one for all house styles of a word.
    hashes: Vec<u64>,
    /// Whether capitals would tell names in it, and there are none.
    names_nobody: bool,
}

/// The part of a title that is read: without the name of its site, and no longer than a title is.
pub(crate) fn head(title: &str) -> &str {
    // What stands behind a bar is the name of its site.
    let own = title.rsplit_once(" | ").map_or(title, |(own, _)| own).trim();
    &own[..own.floor_char_boundary(TITLE_BYTES)]
}

/// Whether a title is part of a text of so many tokens.
pub(crate) fn is_part_of(tokens: u32) -> bool {
    (1..TEXT).contains(&tokens)
}

/// The tests of two documents of which the longer has so many tokens.
pub(super) fn title_tests(tokens: u32, are_two: bool) -> [Test; 2] {
    [
        Test::fewer("tokens of the longer text, fewer than", tokens, TEXT),
        Test::is_true("titles that each name a fact that the other page lacks", are_two),
    ]
}

impl Judge<'_> {
    /// Whether titles tell equal texts of so many tokens apart. By raw measures they say nothing.
    pub fn asks_titles(&self, tokens: u32) -> bool {
        self.policy.mode == Mode::Aligned && is_part_of(tokens)
    }

    /// A text that titles tell apart.
    pub fn note(&self, memory: &mut Memory, text: &str) -> Note {
        let reader = &mut memory.reader;
        reader.read_plainly(text);
        let hashes = reader.styled().to_vec();
        let letters = reader.letters(text);
        let is_cased = letters.contains(&Letter::Small);
        let is_date = |hash: u64| known().is_date(hash) || known().in_style(hash).1;
        let is_name = |(letter, &hash): (&Letter, &u64)| *letter == Letter::Capital && !is_date(hash);
        Note { names_nobody: is_cased && !letters.iter().zip(&hashes).any(is_name), hashes }
    }

    /// A title, of which [`head`] is read.
    pub fn title(&self, memory: &mut Memory, title: &str) -> Title {
        let title = head(title);
        let reader = &mut memory.reader;
        reader.read(title);
        let mut content = Content::default();
        reader.content(title, 0, self.model, &mut content);
        let letters = reader.letters(title).to_vec();
        let capitals = Capitals::of(&letters);
        let hashes = reader.hashes();
        let told = |(i, kind): (usize, &TokenKind)| {
            let place = content.words.place(i) as usize;
            match letters[place] {
                _ if is_address(content.words.characters(i)) => Told::Word,
                _ if kind.is(TokenKind::NUMERIC) => Told::Fact,
                letter => self.told(hashes[place], letter, capitals),
            }
        };
        let told = content.words.kinds().iter().enumerate().map(told).collect();
        let is_cased = |letter: &Letter| matches!(letter, Letter::Capital | Letter::Initial | Letter::Small);
        Title { has_case: letters.iter().any(is_cased), told, content }
    }

    /// What tells whether a word is a name.
    fn told(&self, hash: u64, letter: Letter, capitals: Capitals) -> Told {
        let count = self.model.vocabulary.count(hash);
        match (letter, capitals) {
            (Letter::Capital, Capitals::Tell) => Told::Fact,
            (Letter::Small, Capitals::Tell | Capitals::Everywhere) => Told::Word,
            _ if count.capital + count.small == 0 => Told::Not,
            _ if count.capital >= count.small => Told::Fact,
            _ => Told::Word,
        }
    }

    /// Whether two short texts are two notes: each title names a fact that the other page lacks.
    pub fn are_two(&self, memory: &mut Memory, [a, b]: [(&Note, &Title); 2]) -> bool {
        let alignment = memory.titles.align_whole(&a.1.content.words, &b.1.content.words);
        let titles = Titles { notes: [a.0, b.0], sides: [a.1, b.1], alignment };
        let opening = titles.opening();
        titles.name_fact(0, opening) && titles.name_fact(1, opening)
    }

    /// What two documents of this text, of so many distinct shingles, are to each other by their titles.
    pub fn equal(&self, memory: &mut Memory, note: &Note, [a, b]: [&Title; 2], shingles: u32) -> Judgement {
        let exact = Judgement::exact(shingles);
        let are_two = self.are_two(memory, [(note, a), (note, b)]);
        if are_two { Judgement { relation: Relation::Templated, ..exact } } else { exact }
    }
}

/// The titles of two documents of short texts, aligned.
struct Titles<'a> {
    notes: [&'a Note; 2],
    sides: [&'a Title; 2],
    alignment: &'a Alignment,
}

impl Titles<'_> {
    /// Places where the titles differ, and not in spelling alone.
    fn places(&self) -> impl Iterator<Item = Slot> + '_ {
        self.alignment.slots.iter().copied().filter(|slot| slot.kind != SlotKind::Fuzzy)
    }

    /// Whether the other page lacks a word of a title.
    fn is_new(&self, side: usize, i: u32) -> bool {
        let hash = self.sides[side].content.words.hashes()[i as usize];
        !self.notes[1 - side].hashes.contains(&hash)
            && !self.sides[1 - side].content.words.hashes().contains(&hash)
    }

    /// The place where other words open both titles, and may be whom each is about: the titles go on alike, or the texts
    /// name nobody, or no word of either title is of the other page.
    fn opening(&self) -> Option<Slot> {
        let first = self.places().next()?;
        let [a, b] = self.sides.map(|title| &title.content);
        let word = word_tokens(&a.words).max(word_tokens(&b.words));
        // Where no letter has a case, verbs come first in some languages: the death of, the bride is.
        let before = if self.sides.iter().any(|title| title.has_case) { 0 } else { LABEL * word };
        let starts = [(a, first.a), (b, first.b)];
        let opens = |&(content, (start, end)): &(&Content, (u32, u32))| {
            start < end && start.saturating_sub(margin(content, word)) <= before
        };
        let are_alike = || {
            let is_word = |len: u32| len >= word;
            let fuzzy = |slot: &Slot| slot.kind == SlotKind::Fuzzy && is_word(slot.a.1 - slot.a.0);
            self.alignment.runs.iter().any(|run| is_word(run.len)) || self.alignment.slots.iter().any(fuzzy)
        };
        let are_new = || {
            [0, 1].iter().all(|&side| {
                let len = self.sides[side].content.words.len() as u32;
                (0..len).all(|i| self.is_new(side, i))
            })
        };
        let may_name = || are_alike() || self.notes.iter().all(|note| note.names_nobody) || are_new();
        // Of a name that is misspelt one character differs, where each is a token.
        let is_word = (first.a.1 - first.a.0).max(first.b.1 - first.b.0) >= word;
        (is_word && starts.iter().all(opens) && may_name()).then_some(first)
    }

    /// Whether a title names a fact that the other page lacks.
    fn name_fact(&self, side: usize, opening: Option<Slot>) -> bool {
        self.places().any(|place| {
            let (start, end) = if side == 0 { place.a } else { place.b };
            let is_fact = |i: u32| match self.sides[side].told[i as usize] {
                Told::Fact => true,
                Told::Word => false,
                Told::Not => opening == Some(place),
            };
            (start..end).any(|i| is_fact(i) && self.is_new(side, i))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Kernel;
    use crate::model::Model;
    use crate::options::Policy;
    use crate::recipe::Recipe;

    fn are_two(text: &str, a: &str, b: &str) -> bool {
        let (policy, model) = (Policy::default(), Model::default());
        let (recipe, kernel) = (Recipe::default(), Kernel::detect());
        let judge = Judge { recipe, kernel, policy: &policy, model: &model, learns: false };
        let mut memory = judge.memory();
        let note = judge.note(&mut memory, text);
        let [left, right] = [a, b].map(|title| judge.title(&mut memory, title));
        let are_two = judge.are_two(&mut memory, [(&note, &left), (&note, &right)]);
        assert_eq!(are_two, judge.are_two(&mut memory, [(&note, &right), (&note, &left)]), "{a} and {b}");
        are_two
    }

    const DIVIDEND: &str = "Qtly div four cts vs four cts prior\nPay April 15\nRecord March 31";

    #[test]
    fn titles_of_two_companies_are_two_notes() {
        for (a, b) in [
            ("KENAN TRANSPORT CO <KTCO> SETS QUARTERLY", "AUTOCLAVE ENGINEERS INC <ACLV> QTLY DIVIDEND"),
            ("CENTRAL HOLDING CO <CHOL.O> SETS QUARTERLY", "UNIVERSITY BANK AND TRUST CO <UBTC.O> DIVIDEND"),
            ("QUAKER OATS CO <OAT> REGULAR DIVIDEND", "UNIBANCORP INC <UBCP> REGULAR DIVIDEND SET"),
            ("Acme declares dividend", "Bolt declares dividend"),
            ("Dividend of Acme", "Dividend of Bolt"),
            ("acme declares dividend", "bolt declares dividend"),
            ("Acme Corp: Regular Dividend", "Bolt Inc: Regular Dividend"),
            ("Acme | Norwire", "Bolt | Norwire"),
            ("Dividend of 2025", "Dividend of 2024"),
        ] {
            assert!(are_two(DIVIDEND, a, b), "{a} and {b}");
        }
        let service = "A service will be held in the parish church at Oxley on Saturday at eleven.";
        assert!(are_two(service, "Edith Marlow", "Walter Finch"));
        assert!(are_two(service, "Obituary: Edith Marlow", "Obituary: Walter Finch"));
    }

    #[test]
    fn other_titles_of_one_note_are_not() {
        for (a, b) in [
            ("METRO MOBILE <MMCT> DECLARES STCOK DIVIDEND", "METRO MOBILE <MMCT> DECLARES STOCK DIVIDEND"),
            ("SVEECO INSTRUMENTS INC <VEE> SETS QUARTERLY", "VEECO INSTRUMENTS INC <VEE> SETS QUARTERLY"),
            ("SOUTHEAST BANKING CORP <STB> SETS QUARTERLY", "SOUTHEAST BANKING CORP <STB> DECLARES QTLY DIV"),
            ("MILTON ROY CO <MRC> SETS QUARTERLY", "MILTON ROY CO <MRC> SETS REGULAR DIVIDEND"),
            ("PARK COMMUNICATIONS INC <PARC> 1ST QTR NET", "PARK COMMUNICATIONS INC <PARC.O> 1ST QTR MAR 31"),
            ("Acme declares dividend", "Acme sets payout"),
            ("Acme declares dividend", "ACME DECLARES DIVIDEND"),
            ("Acme declares dividend", "Dividend declared"),
            ("Acme declares dividend", ""),
            ("Acme declares dividend", "Acme declares divident"),
            ("Acme Corp Declares Dividend", "Acme Corp Sets Quarterly Payout"),
            ("Acme declares dividend | Norwire", "Acme declares dividend | Lowland Press"),
        ] {
            assert!(!are_two(DIVIDEND, a, b), "{a} and {b}");
        }
        let lead =
            "A storm with winds of 90 miles an hour reached Florida on Tuesday, and three people died.";
        assert!(!are_two(lead, "Storm reaches Florida", "Three dead in storm in Florida"));
        assert!(!are_two(lead, "Deadly winds in the south", "Three people killed as storm comes ashore"));
    }

    #[test]
    fn a_title_is_read_without_its_site() {
        assert_eq!(head(" Acme | News | Norwire "), "Acme | News");
        assert_eq!(head(&"\u{e9}".repeat(TITLE_BYTES)).len(), TITLE_BYTES);
    }
}
