//! The spelling of a token: one form for what readers do not tell apart.
//!
//! A reader takes `Brezova` for `Březová`, a Hebrew text with points for the same text without them, and an Arabic ye for
//! a Persian one. Tokens stay as they are printed. What finds and aligns texts uses the hash of their spelling instead,
//! and that is another one only for tokens with such letters.
//!
//! Marks go from letters of Latin, Greek, Cyrillic, Hebrew and Arabic script alone. In scripts of India and south-east
//! Asia the marks are vowels, and in kana they make another letter.

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, Script};

use super::Tokens;
use super::pages::Pages;
use crate::hash::token_hash;

/// Letters that do not decompose, and what readers write for them.
///
/// Those of Latin script are the letters of alphabets among CLDR's `Latin-ASCII`. That has no schwa and no open o, which
/// Azerbaijani and West African readers type as `e` and `o` (Lucene's ASCIIFoldingFilter has the latter). Those of Arabic
/// script are letters of one sound and another keyboard: Lucene's ArabicNormalizer and PersianNormalizer, with Urdu's teh
/// marbuta, Kurdish ae, which is all that is left of a Persian heh with hamza, and the alef of pointed texts. Lucene's ye
/// takes in Urdu's barree, which makes another word and is not here.
const LETTERS: &[(char, &str)] = &[
    ('\u{e6}', "ae"),
    ('\u{f0}', "d"),
    ('\u{f8}', "o"),
    ('\u{fe}', "th"),
    ('\u{111}', "d"),
    ('\u{127}', "h"),
    ('\u{131}', "i"),
    ('\u{138}', "q"),
    ('\u{142}', "l"),
    ('\u{14b}', "n"),
    ('\u{153}', "oe"),
    ('\u{167}', "t"),
    ('\u{180}', "b"),
    ('\u{183}', "b"),
    ('\u{188}', "c"),
    ('\u{18c}', "d"),
    ('\u{192}', "f"),
    ('\u{199}', "k"),
    ('\u{19a}', "l"),
    ('\u{19e}', "n"),
    ('\u{1a5}', "p"),
    ('\u{1ad}', "t"),
    ('\u{1b4}', "y"),
    ('\u{1b6}', "z"),
    ('\u{1e5}', "g"),
    ('\u{23c}', "c"),
    ('\u{247}', "e"),
    ('\u{249}', "j"),
    ('\u{24d}', "r"),
    ('\u{24f}', "y"),
    ('\u{253}', "b"),
    ('\u{254}', "o"),
    ('\u{256}', "d"),
    ('\u{257}', "d"),
    ('\u{259}', "e"),
    ('\u{25b}', "e"),
    ('\u{260}', "g"),
    ('\u{268}', "i"),
    ('\u{272}', "n"),
    ('\u{289}', "u"),
    ('\u{28b}', "v"),
    ('\u{629}', "\u{647}"),
    ('\u{649}', "\u{64a}"),
    ('\u{671}', "\u{627}"),
    ('\u{6a9}', "\u{643}"),
    ('\u{6c1}', "\u{647}"),
    ('\u{6c3}', "\u{647}"),
    ('\u{6cc}', "\u{64a}"),
    ('\u{6d5}', "\u{647}"),
];

/// It makes an Arabic word longer and says nothing.
const TATWEEL: char = '\u{640}';

/// The zeros of decimal digits (Unicode Nd) that a normal form keeps; nine more of each follow it.
const ZEROS: [u32; 47] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136,
    0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730,
];

/// What a character does to the spelling of its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
enum SpellingKind {
    /// It stays, and so does a mark behind it.
    Other,
    /// A letter that stays and loses its marks.
    Letter,
    /// A letter that another stands for.
    Respelled,
    /// A letter that several stand for, by [`images`].
    Several,
    /// A digit that an ASCII digit stands for.
    Digit,
    /// It goes where it stands behind a letter of those scripts.
    Mark,
}

const KINDS: [SpellingKind; 6] = [
    SpellingKind::Other,
    SpellingKind::Letter,
    SpellingKind::Respelled,
    SpellingKind::Several,
    SpellingKind::Digit,
    SpellingKind::Mark,
];

/// Kind in the low 3 bits, the image above.
#[derive(Debug, Clone, Copy)]
struct SpelledPart(u32);

impl SpelledPart {
    fn new(kind: SpellingKind, image: char) -> SpelledPart {
        SpelledPart(kind as u32 | u32::from(image) << 3)
    }

    fn kind(self) -> SpellingKind {
        KINDS[(self.0 & 7) as usize % KINDS.len()]
    }

    fn image(self) -> char {
        char::from_u32(self.0 >> 3).unwrap_or_default()
    }
}

/// 256 characters, filled when the first of them is met, as the tokeniser's are.
struct SpellingPage {
    parts: [SpelledPart; 256],
    /// The images of [`SpellingKind::Several`], by place in the page.
    several: Vec<(u8, String)>,
}

static PAGES: Pages<SpellingPage> = Pages::new();

#[inline]
fn page(c: char) -> &'static SpellingPage {
    PAGES.of(c, fill)
}

#[inline]
fn part(c: char) -> SpelledPart {
    page(c).parts[c as usize & 255]
}

fn images(c: char) -> &'static str {
    let several = &page(c).several;
    let found = several.binary_search_by_key(&(c as u32 as u8), |(place, _)| *place);
    found.map_or("", |i| &several[i].1)
}

fn fill(number: u32) -> SpellingPage {
    let mut page =
        SpellingPage { parts: [SpelledPart::new(SpellingKind::Other, '\0'); 256], several: Vec::new() };
    for place in 0..=255u8 {
        if let Some(c) = char::from_u32(number << 8 | u32::from(place)) {
            let (part, image) = classify(c);
            if part.kind() == SpellingKind::Several {
                page.several.push((place, image));
            }
            page.parts[place as usize] = part;
        }
    }
    page
}

/// What a character does, and its image.
fn classify(c: char) -> (SpelledPart, String) {
    let script = CodePointMapData::<Script>::new().get(c);
    let is_ours =
        matches!(script, Script::Latin | Script::Greek | Script::Cyrillic | Script::Hebrew | Script::Arabic);
    if let Some(digit) = plain_digit(c) {
        return (SpelledPart::new(SpellingKind::Digit, digit), String::new());
    }
    if c == TATWEEL || (is_nonspacing(c) && (is_ours || script == Script::Inherited)) {
        return (SpelledPart::new(SpellingKind::Mark, c), String::new());
    }
    if !is_ours {
        return (SpelledPart::new(SpellingKind::Other, c), String::new());
    }
    let mut image = String::new();
    let plain = DecomposingNormalizerBorrowed::new_nfd().normalize(c.encode_utf8(&mut [0; 4])).into_owned();
    for c in plain.chars().filter(|&c| !is_nonspacing(c)) {
        match LETTERS.iter().find(|(letter, _)| *letter == c) {
            Some((_, written)) => image.push_str(written),
            None => image.push(c),
        }
    }
    let mut all = image.chars();
    let part = match (all.next(), all.next()) {
        (Some(one), None) if one == c => SpelledPart::new(SpellingKind::Letter, c),
        (Some(one), None) => SpelledPart::new(SpellingKind::Respelled, one),
        _ => SpelledPart::new(SpellingKind::Several, c),
    };
    (part, image)
}

fn is_nonspacing(c: char) -> bool {
    CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::NonspacingMark
}

/// The ASCII digit of another decimal digit's value.
fn plain_digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let zero = ZEROS[..ZEROS.partition_point(|&zero| zero <= code)].last()?;
    let value = Some(code - zero).filter(|&value| value < 10)?;
    char::from_digit(value, 10)
}

/// Whether a token with this character may be spelled otherwise than it is printed. One load.
#[inline]
pub(super) fn may_change(c: char) -> bool {
    !matches!(part(c).kind(), SpellingKind::Other | SpellingKind::Letter)
}

/// Appends the spelling of a token, given in normal form, to `out`. Linear in its length.
fn spell(token: &str, out: &mut String) {
    // Whether the last character that is no mark is a letter that loses its marks.
    let mut loses = false;
    for c in token.chars() {
        if c.is_ascii() {
            loses = c.is_ascii_alphabetic();
            out.push(c);
            continue;
        }
        let part = part(c);
        match part.kind() {
            SpellingKind::Mark if loses => continue,
            SpellingKind::Other | SpellingKind::Letter | SpellingKind::Mark => out.push(c),
            SpellingKind::Respelled | SpellingKind::Digit => out.push(part.image()),
            SpellingKind::Several => out.push_str(images(c)),
        }
        loses = matches!(part.kind(), SpellingKind::Letter | SpellingKind::Respelled | SpellingKind::Several);
    }
}

/// The spelling of a token, given in normal form: `brezova` of `březová`.
pub fn spelling(token: &str) -> String {
    let mut spelled = String::with_capacity(token.len());
    spell(token, &mut spelled);
    spelled
}

/// The tokens of one text as they are spelled. Made for reuse; where all are spelled as they are printed it holds nothing.
#[derive(Debug, Default)]
pub struct Spelled {
    differs: bool,
    /// By token.
    hashes: Vec<u64>,
    /// The characters of all tokens as printed, and behind them those of tokens that are spelled otherwise.
    folded: Vec<u8>,
    /// By token: where in them it stands.
    starts: Vec<u32>,
    ends: Vec<u32>,
    token: String,
}

impl Spelled {
    /// Spells the tokens of a text, whose hashes as printed are `printed`. Costs nothing where no token has a letter to be
    /// spelled otherwise.
    pub fn read(&mut self, tokens: &Tokens, printed: &[u64]) {
        self.differs = false;
        for &number in tokens.respelled() {
            let number = number as usize;
            self.token.clear();
            spell(tokens.get(number), &mut self.token);
            if self.token.as_bytes() == tokens.bytes(number) {
                continue;
            }
            if !self.differs {
                self.start(tokens, printed);
            }
            self.starts[number] = self.folded.len() as u32;
            self.folded.extend_from_slice(self.token.as_bytes());
            self.ends[number] = self.folded.len() as u32;
            self.hashes[number] = token_hash(self.token.as_bytes());
        }
    }

    /// Takes all tokens as printed.
    fn start(&mut self, tokens: &Tokens, printed: &[u64]) {
        self.differs = true;
        let (folded, starts, ends) = tokens.folded();
        replace(&mut self.folded, folded);
        replace(&mut self.starts, starts);
        replace(&mut self.ends, ends);
        replace(&mut self.hashes, printed);
    }

    /// Whether any token is spelled otherwise than it is printed.
    pub fn differs(&self) -> bool {
        self.differs
    }

    /// The hashes of the tokens as they are spelled; `printed` are those as printed.
    pub fn hashes<'a>(&'a self, printed: &'a [u64]) -> &'a [u64] {
        if self.differs { &self.hashes } else { printed }
    }

    /// The characters of token `i` of those that were read.
    pub fn bytes<'a>(&'a self, tokens: &'a Tokens, i: usize) -> &'a [u8] {
        if self.differs {
            &self.folded[self.starts[i] as usize..self.ends[i] as usize]
        } else {
            tokens.bytes(i)
        }
    }

    /// The characters of all tokens, without anything between them.
    pub fn joined(&self, tokens: &Tokens) -> Vec<u8> {
        let mut all = Vec::with_capacity(self.folded(tokens).0.len());
        (0..tokens.len()).for_each(|i| all.extend_from_slice(self.bytes(tokens, i)));
        all
    }

    /// Characters, and where in them each token starts and ends.
    pub(crate) fn folded<'a>(&'a self, tokens: &'a Tokens) -> (&'a [u8], &'a [u32], &'a [u32]) {
        if self.differs { (&self.folded, &self.starts, &self.ends) } else { tokens.folded() }
    }
}

fn replace<T: Copy>(vec: &mut Vec<T>, by: &[T]) {
    vec.clear();
    vec.extend_from_slice(by);
}

#[cfg(test)]
mod tests {
    use super::super::reference::{is_mark, is_single, normal_form, tokens};
    use super::*;
    use crate::kernel::Kernel;
    use icu_normalizer::ComposingNormalizerBorrowed;
    use proptest::prelude::*;

    fn spelled(text: &str) -> String {
        tokens(text).iter().map(|token| spelling(token)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_readers_do_not_tell_apart_is_spelled_alike() {
        for (one, other) in [
            ("Obec B\u{159}ezov\u{e1}, \u{17d}\u{10f}\u{e1}rek", "obec brezova zdarek"),
            ("Za\u{17c}\u{f3}\u{142}\u{107} g\u{119}\u{15b}l\u{105} ja\u{17a}\u{144}", "zazolc gesla jazn"),
            ("I\u{15f}\u{131}ks\u{131}z \u{130}STANBUL \u{c7}\u{131}narl\u{131}", "isiksiz istanbul cinarli"),
            ("\u{110}\u{1b0}\u{1edd}ng ph\u{1ed1} Vi\u{1ec7}t Nam", "duong pho viet nam"),
            (
                "R\u{f8}dgr\u{f8}d bl\u{e5}b\u{e6}r \u{fe}\u{f3}r\u{f0}ur \u{153}uvre",
                "rodgrod blabaer thordur oeuvre",
            ),
            ("\u{1b3}ancin Az\u{259}rbaycan \u{1e62}\u{1ecd}\u{301}", "yancin azerbaycan so"),
            (
                "\u{3a4}\u{3bf} \u{3b4}\u{3b7}\u{3bc}\u{3bf}\u{3c4}\u{3b9}\u{3ba}\u{3cc} \u{3c0}\u{3c1}\u{3ce}\u{3c4}\u{3bf}\u{3c2}",
                "\u{3a4}\u{39f} \u{394}\u{397}\u{39c}\u{39f}\u{3a4}\u{399}\u{39a}\u{39f} \u{3a0}\u{3a1}\u{3a9}\u{3a4}\u{39f}\u{3a3}",
            ),
            (
                "\u{432}\u{441}\u{451} \u{437}\u{430}\u{301}\u{43c}\u{43e}\u{43a}",
                "\u{432}\u{441}\u{435} \u{437}\u{430}\u{43c}\u{43e}\u{43a}",
            ),
            ("\u{5d1}\u{5b0}\u{5bc}\u{5db}\u{5b0}\u{5e4}\u{5b8}\u{5e8}", "\u{5d1}\u{5db}\u{5e4}\u{5e8}"),
            (
                "\u{6a9}\u{627}\u{631}\u{648}\u{627}\u{646}\u{6cc} \u{62e}\u{627}\u{646}\u{6c0}",
                "\u{643}\u{627}\u{631}\u{648}\u{627}\u{646}\u{64a} \u{62e}\u{627}\u{646}\u{647}",
            ),
            (
                "\u{627}\u{644}\u{652}\u{623}\u{64e}\u{637}\u{652}\u{640}\u{641}\u{64e}\u{627}\u{644}\u{64f} \u{642}\u{631}\u{64a}\u{629}",
                "\u{627}\u{644}\u{627}\u{637}\u{641}\u{627}\u{644} \u{642}\u{631}\u{64a}\u{647}",
            ),
            ("\u{6f1}\u{6f2} \u{661}\u{662} \u{967}\u{968}", "12 12 12"),
        ] {
            assert_eq!(spelled(one), spelled(other), "{one}");
        }
    }

    #[test]
    fn what_readers_tell_apart_is_not() {
        // Hindi and Bengali vowels, Thai tones, kana with and without dakuten, Urdu's two yes.
        for text in [
            "\u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940} \u{995}\u{9cb}",
            "\u{e19}\u{e49}\u{e33} \u{e17}\u{e35}\u{e48}",
            "\u{30ac}\u{30d1} \u{304c}\u{306f}\u{3099}",
            "\u{1780}\u{17c5} \u{b95}\u{bca} \u{10e5}",
            "\u{644}\u{691}\u{6d2}",
            "\u{4e2d}\u{6587} \u{d55c}\u{ad6d}\u{c5b4}",
        ] {
            let printed = tokens(text).join(" ");
            assert_eq!(spelled(text), printed);
        }
        assert_eq!(spelling("\u{301}"), "\u{301}", "a mark alone stays: no token is empty");
        assert_eq!(spelling("1\u{338}"), "1\u{338}");
    }

    fn word() -> impl Strategy<Value = String> {
        let of = |from: char, to: char| proptest::char::range(from, to);
        let character = prop_oneof![
            of('a', 'z'),
            of('\u{c0}', '\u{24f}'),
            of('\u{300}', '\u{36f}'),
            of('\u{370}', '\u{52f}'),
            of('\u{591}', '\u{6ff}'),
            of('\u{900}', '\u{9ff}'),
            of('\u{e00}', '\u{e7f}'),
            of('\u{1e00}', '\u{1fff}'),
            of('\u{3040}', '\u{30ff}'),
            any::<char>(),
        ];
        proptest::collection::vec(character, 1..12).prop_map(|all| all.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_spelling_is_its_own(word in word()) {
            for token in tokens(&word) {
                let once = spelling(&token);
                prop_assert!(!once.is_empty());
                prop_assert_eq!(spelling(&once), once);
            }
        }

        #[test]
        fn composed_or_not_it_is_the_same(word in word()) {
            let nfd = DecomposingNormalizerBorrowed::new_nfd().normalize(&word).into_owned();
            let nfc = ComposingNormalizerBorrowed::new_nfc().normalize(&word).into_owned();
            prop_assert_eq!(spelled(&nfd), spelled(&nfc));
        }

        #[test]
        fn ascii_stays(token in "[a-z0-9]{1,20}") { prop_assert_eq!(spelling(&token), token); }

        /// What is kept of a text is the spelling of each of its tokens.
        #[test]
        fn a_text_is_spelled_token_by_token(words in proptest::collection::vec(word(), 0..8)) {
            let text = words.join(" and ");
            let (mut read, mut hashes, mut all) = (Tokens::new(Kernel::PORTABLE), Vec::new(), Spelled::default());
            read.read(&text);
            let printed = read.hashes(&mut hashes);
            all.read(&read, printed);
            let truth: Vec<String> = read.iter().map(spelling).collect();
            prop_assert_eq!(all.differs(), read.iter().zip(&truth).any(|(token, spelled)| token != spelled));
            for (i, token) in truth.iter().enumerate() {
                prop_assert_eq!(all.bytes(&read, i), token.as_bytes());
                prop_assert_eq!(all.hashes(printed)[i], token_hash(token.as_bytes()));
            }
        }
    }

    #[test]
    fn marks_of_other_scripts_stay() {
        let scripts = CodePointMapData::<Script>::new();
        let ours = [Script::Latin, Script::Greek, Script::Cyrillic, Script::Hebrew, Script::Arabic];
        for c in ('\0'..=char::MAX).filter(|&c| is_mark(c)) {
            let script = scripts.get(c);
            if !ours.contains(&script) && script != Script::Inherited {
                assert_eq!(part(c).kind(), SpellingKind::Other, "{:x}", c as u32);
            }
        }
        for c in ('\0'..=char::MAX).filter(|&c| is_single(c) && plain_digit(c).is_none()) {
            assert_eq!(part(c).kind(), SpellingKind::Other, "{:x}", c as u32);
        }
    }

    #[test]
    fn images_are_letters_that_stay() {
        for c in ('\0'..=char::MAX).filter(|&c| may_change(c) && part(c).kind() != SpellingKind::Mark) {
            let once = spelling(c.encode_utf8(&mut [0; 4]));
            assert_eq!(spelling(&once), once, "{:x}", c as u32);
        }
        for (letter, _) in LETTERS {
            assert_eq!(normal_form(&letter.to_string()), letter.to_string(), "it never stands in a token");
        }
    }
}
