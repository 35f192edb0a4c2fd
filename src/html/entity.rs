//! Entities, outside of the parser.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// Stands for `&` and `<` between the guard and the text: written out they would be markup again, and as
/// entities they cost the parser far more than their length. Noncharacters are in no text.
pub(super) const AMPERSAND: char = '\u{fdd0}';
/// See [`AMPERSAND`].
pub(super) const LESS: char = '\u{fdd1}';
/// See [`AMPERSAND`].
pub(super) const GREATER: char = '\u{fdd2}';

/// The longest entity there is.
const LONGEST: usize = 34;

/// A text without its entities.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    match html_escape::decode_html_entities(text) {
        Cow::Owned(text) if text.contains(is_control) => Cow::Owned(text.chars().map(from_windows).collect()),
        decoded => decoded,
    }
}

/// What the entity that begins `text` means, and its length. `None` if there is none, or none that ends in a
/// semicolon.
pub(super) fn first(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let length = text.bytes().take(LONGEST).position(|b| b == b';')? + 1;
    let decoded = decode(&text[..length]);
    (decoded != text[..length]).then_some((decoded, length))
}

/// Undoes the stand-ins.
pub(super) fn restored(text: &str) -> Cow<'_, str> {
    // The first two bytes of all three.
    if memchr::memmem::find(text.as_bytes(), b"\xef\xb7").is_none() {
        return Cow::Borrowed(text);
    }
    let restore = |c| match c {
        AMPERSAND => '&',
        LESS => '<',
        GREATER => '>',
        c => c,
    };
    Cow::Owned(text.chars().map(restore).collect())
}

fn is_control(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}')
}

/// Numbers of C1 controls mean what Windows has in their place, as browsers have it.
fn from_windows(c: char) -> char {
    let byte = [c as u32 as u8];
    if is_control(c) {
        WINDOWS_1252.decode_without_bom_handling(&byte).0.chars().next().unwrap_or(c)
    } else {
        c
    }
}
