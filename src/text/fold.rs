//! What the tokeniser's state machine needs to know of a character, in one 32-bit load.
//!
//! The table is filled a page of 256 characters at a time, when the first character of a page is met, from the
//! plain definition itself: there is no generated data to go stale, and a run over English fills three or four
//! pages (about a tenth of a millisecond each).
//!
//! The quick check of UAX #15 is what makes a character-wise image right: where every character's image is a
//! starter that composes with nothing before it, or a mark that never composes and stands in canonical order,
//! the images joined are the normal form. Everything else is [`CharClass::Normalise`].

use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

use super::pages::Pages;
use super::reference::{is_mark, is_single, is_word, normal_form};

/// What a character does to the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum CharClass {
    /// Ends the open token.
    Separator,
    /// A letter or number, by its image.
    Word,
    /// Several letters or numbers, by [`images`].
    Words,
    /// A token of its own.
    Single,
    /// A mark: joins the open token, or starts one.
    Mark,
    /// A mark of a script without spaces: joins a single, or is one.
    SingleMark,
    /// Not there.
    Ignored,
    /// Its image depends on its neighbours.
    Normalise,
}

const KINDS: [CharClass; 8] = [
    CharClass::Separator,
    CharClass::Word,
    CharClass::Words,
    CharClass::Single,
    CharClass::Mark,
    CharClass::SingleMark,
    CharClass::Ignored,
    CharClass::Normalise,
];

/// Kind in the low 3 bits, combining class in the next 8, the image above; image 0 for the character itself.
#[derive(Clone, Copy)]
pub(super) struct Class(u32);

impl Class {
    fn new(kind: CharClass, combining: u8, image: u32) -> Class {
        Class(kind as u32 | u32::from(combining) << 3 | image << 11)
    }

    #[inline]
    pub fn kind(self) -> CharClass {
        KINDS[(self.0 & 7) as usize]
    }

    #[inline]
    pub fn combining(self) -> u8 {
        (self.0 >> 3) as u8
    }

    #[inline]
    pub fn image(self, c: char) -> char {
        char::from_u32(self.0 >> 11).filter(|&image| image != '\0').unwrap_or(c)
    }

    /// Whether nothing before the character can combine with it.
    pub fn is_boundary(self) -> bool {
        matches!(self.kind(), CharClass::Separator | CharClass::Word | CharClass::Words | CharClass::Single)
    }
}

struct UnicodePage {
    classes: [Class; 256],
    /// The images of [`CharClass::Words`], by place in the page.
    words: Vec<(u8, String)>,
}

static PAGES: Pages<UnicodePage> = Pages::new();

#[inline]
fn page(c: char) -> &'static UnicodePage {
    PAGES.of(c, fill)
}

/// What the character does, by the table.
#[inline]
pub(super) fn class(c: char) -> Class {
    page(c).classes[c as usize & 255]
}

/// The image of a character of [`CharClass::Words`].
pub(super) fn images(c: char) -> &'static str {
    let words = &page(c).words;
    let found = words.binary_search_by_key(&(c as u32 as u8), |(place, _)| *place);
    found.map_or("", |i| &words[i].1)
}

/// What a character of a text that is in normal form does.
pub(super) fn plain_class(c: char) -> Class {
    let kind = match (is_single(c), is_mark(c), is_word(c)) {
        (true, true, _) => CharClass::SingleMark,
        (true, false, _) => CharClass::Single,
        (false, true, _) => CharClass::Mark,
        (false, false, true) => CharClass::Word,
        (false, false, false) => CharClass::Separator,
    };
    Class::new(kind, 0, 0)
}

fn fill(number: u32) -> UnicodePage {
    let mut page = UnicodePage { classes: [Class::new(CharClass::Separator, 0, 0); 256], words: Vec::new() };
    for place in 0..=255u8 {
        if let Some(c) = char::from_u32(number << 8 | u32::from(place)) {
            let image = normal_form(c.encode_utf8(&mut [0; 4]));
            let class = classify(c, &image);
            if class.kind() == CharClass::Words {
                page.words.push((place, image));
            }
            page.classes[place as usize] = class;
        }
    }
    page
}

fn classify(c: char, image: &str) -> Class {
    let combining = |c| CanonicalCombiningClassMapBorrowed::new().get_u8(c);
    if image.is_empty() {
        return Class::new(CharClass::Ignored, 0, 0);
    }
    let depends = |c: char| composes_backwards(c) || (combining(c) != 0 && !is_mark(c));
    // In the combining class of these: whether normalisation reaches back to the character before.
    let reaches_back = depends(c)
        || combining(c) != 0
        || image.chars().next().is_some_and(|c| depends(c) || combining(c) != 0);
    let normalise = Class::new(CharClass::Normalise, u8::from(reaches_back), 0);
    if depends(c) || image.chars().any(depends) {
        return normalise;
    }
    let mut characters = image.chars();
    if let (Some(first), None) = (characters.next(), characters.next()) {
        let kind = plain_class(first).kind();
        let marks = matches!(kind, CharClass::Mark | CharClass::SingleMark);
        return match (marks, combining(first) == combining(c)) {
            (true, true) if first == c => Class::new(kind, combining(c), 0),
            (false, true) => Class::new(kind, 0, if first == c { 0 } else { first as u32 }),
            _ => normalise,
        };
    }
    // Several characters: the common cases are all letters (ss, fi) or all separators (an ellipsis).
    let starters = image.chars().all(|c| combining(c) == 0);
    let kinds = |kind| image.chars().all(|c| plain_class(c).kind() == kind);
    match (starters && combining(c) == 0, kinds(CharClass::Word), kinds(CharClass::Separator)) {
        (true, true, _) => Class::new(CharClass::Words, 0, 0),
        (true, _, true) => Class::new(CharClass::Separator, 0, 0),
        _ => normalise,
    }
}

/// Whether the character may compose with one before it: NFC_Quick_Check=Maybe, by blocks where they are
/// dense. More than needed costs speed only; a test proves that it is not less.
fn composes_backwards(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36F}' | '\u{653}'..='\u{655}' | '\u{93C}' | '\u{9BE}' | '\u{9D7}'
        | '\u{B3E}' | '\u{B56}'..='\u{B57}' | '\u{BBE}' | '\u{BD7}' | '\u{C56}' | '\u{CC2}'
        | '\u{CD5}'..='\u{CD6}' | '\u{D3E}' | '\u{D57}' | '\u{DCA}' | '\u{DCF}' | '\u{DDF}' | '\u{102E}'
        | '\u{1161}'..='\u{1175}' | '\u{11A8}'..='\u{11C2}' | '\u{1B35}' | '\u{3099}'..='\u{309A}'
        | '\u{110BA}' | '\u{11127}' | '\u{1133E}' | '\u{11357}' | '\u{113B8}'..='\u{113C9}'
        | '\u{114B0}' | '\u{114BA}' | '\u{114BD}' | '\u{115AF}' | '\u{11930}' | '\u{1611E}'..='\u{16129}'
        | '\u{16D67}'..='\u{16D68}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use icu_normalizer::properties::{
        CanonicalCompositionBorrowed, CanonicalDecompositionBorrowed, Decomposed,
    };

    #[test]
    fn every_character_that_composes_backwards_is_known() {
        let decomposition = CanonicalDecompositionBorrowed::new();
        let composition = CanonicalCompositionBorrowed::new();
        for c in '\0'..=char::MAX {
            if let Decomposed::Expansion(first, second) = decomposition.decompose(c)
                && composition.compose(first, second) == Some(c)
            {
                assert!(composes_backwards(second), "{:x} in {:x}", second as u32, c as u32);
            }
        }
    }
}
