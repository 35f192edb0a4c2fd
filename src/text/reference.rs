//! The definition of a token, written the obvious way: slow, and what everything faster must equal.

use std::iter::Peekable;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, Script};
use icu_properties::{CodePointMapData, CodePointSetData};

/// NFKC_Casefold of `text`: default-ignorable characters dropped, then NFKC, full case folding, NFKC.
pub fn normal_form(text: &str) -> String {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    let kept: String = text.chars().filter(|&c| !ignorable.contains(c)).collect();
    let normal = nfkc.normalize(&kept).into_owned();
    let folded = CaseMapper::new().fold_string(&normal).into_owned();
    nfkc.normalize(&folded).into_owned()
}

/// The tokens of `text`: of its normal form, maximal runs of letters, marks and numbers, and single
/// characters with the marks that follow where the script has no spaces between words.
#[cfg_attr(
    not(any(test, feature = "internals")),
    allow(dead_code, reason = "the oracle of tests and benches")
)]
pub fn tokens(text: &str) -> Vec<String> {
    let normal = normal_form(text);
    let mut rest = normal.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(c) = rest.next() {
        let goes_on = match (is_single(c), is_word(c)) {
            (true, _) => is_mark,
            (false, true) => |c| is_word(c) && !is_single(c),
            (false, false) => continue,
        };
        let mut token = String::from(c);
        token.extend(while_true(&mut rest, goes_on));
        tokens.push(token);
    }
    tokens
}

#[cfg_attr(
    not(any(test, feature = "internals")),
    allow(dead_code, reason = "the oracle of tests and benches")
)]
fn while_true(
    rest: &mut Peekable<impl Iterator<Item = char>>,
    test: fn(char) -> bool,
) -> impl Iterator<Item = char> {
    std::iter::from_fn(move || rest.next_if(|&c| test(c)))
}

/// Whether the character is of a script without spaces between words, so that it is a token of its own.
pub(super) fn is_single(c: char) -> bool {
    matches!(
        CodePointMapData::<Script>::new().get(c),
        Script::Han
            | Script::Hiragana
            | Script::Katakana
            | Script::Thai
            | Script::Lao
            | Script::Khmer
            | Script::Myanmar
    )
}

/// Whether the character is a letter, mark or number.
pub(super) fn is_word(c: char) -> bool {
    use GeneralCategory as G;
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        G::UppercaseLetter
            | G::LowercaseLetter
            | G::TitlecaseLetter
            | G::ModifierLetter
            | G::OtherLetter
            | G::NonspacingMark
            | G::SpacingMark
            | G::EnclosingMark
            | G::DecimalNumber
            | G::LetterNumber
            | G::OtherNumber
    )
}

/// Whether the character is a mark.
pub(super) fn is_mark(c: char) -> bool {
    use GeneralCategory as G;
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        G::NonspacingMark | G::SpacingMark | G::EnclosingMark
    )
}
