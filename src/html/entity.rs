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

/// Begins a mark of where in the file the text behind it stands.
const PLACE: char = '\u{fdd3}';

/// The first of the characters that a mark's number is written in: two, of sixteen bits each.
const DIGIT: u32 = 0x1_0000;

/// A mark of a place in the file, in bytes. It goes through the parser with the text.
pub(super) fn mark(place: usize) -> impl Iterator<Item = char> {
    let place = u32::try_from(place).unwrap_or(u32::MAX);
    let digit = |value: u32| char::from_u32(DIGIT + value).unwrap_or(PLACE);
    [PLACE, digit(place >> 16), digit(place & 0xFFFF)].into_iter()
}

/// A text up to its first mark, and what the mark says with the text behind it.
pub(super) fn up_to_mark(text: &str) -> (&str, Option<(u32, &str)>) {
    let Some((before, behind)) = text.split_once(PLACE) else { return (text, None) };
    let digit = |c: char| (c as u32).checked_sub(DIGIT).filter(|value| *value <= 0xFFFF);
    let mut rest = behind.chars();
    let place = rest.next().and_then(digit).zip(rest.next().and_then(digit));
    match place {
        Some((high, low)) => (before, Some((high << 16 | low, rest.as_str()))),
        None => (before, Some((0, behind))),
    }
}

/// A text without the marks in it.
pub(super) fn unmarked(text: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed("");
    let mut rest = text;
    loop {
        let (before, mark) = up_to_mark(rest);
        out += before;
        match mark {
            Some((_, behind)) => rest = behind,
            None => return out,
        }
    }
}

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
