//! One record, before it is a document: where its fields stand, still as they were written.

use crate::charset;
use crate::kernel::{self, Kernel, StringEnd};

/// The names of the fields that a record of several fields is read by. A name with points is a path of names where no field
/// has it as it stands: `doc.text` is the member `text` of the object `doc`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FieldNames {
    /// The text that everything is measured on: a string, or a list of paragraphs.
    pub text: String,
    /// The id; a string or a number.
    pub id: String,
    /// The headline.
    pub title: String,
    /// Where it was read.
    pub url: String,
    /// Where the page says that it belongs.
    pub canonical_url: String,
    /// The date of publication.
    pub date: String,
    /// The publisher.
    pub source: String,
}

impl Default for FieldNames {
    fn default() -> FieldNames {
        FieldNames {
            text: "text".into(),
            id: "id".into(),
            title: "title".into(),
            url: "url".into(),
            canonical_url: "canonical_url".into(),
            date: "date".into(),
            source: "source".into(),
        }
    }
}

/// The fields of one record, borrowed from the input's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fields<'a> {
    /// The text.
    pub text: Value<'a>,
    /// The id, where the record has one.
    pub id: Option<Value<'a>>,
    /// Whether the id was made of where the record stands: it says nothing about versions.
    pub is_id_made: bool,
    /// The headline.
    pub title: Option<Value<'a>>,
    /// Where it was read.
    pub url: Option<Value<'a>>,
    /// Where it belongs.
    pub canonical_url: Option<Value<'a>>,
    /// The date.
    pub date: Option<Value<'a>>,
    /// The publisher.
    pub source: Option<Value<'a>>,
    /// The directory within an archive, where the record comes from one.
    pub directory: Option<Value<'a>>,
    /// The record as it stands, where it is a JSON object; of what was converted only where
    /// [`CorpusOptions::keep_records`](super::CorpusOptions::keep_records) asked for it.
    pub json: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    /// The id, where the record names it.
    pub fn named_id(&self) -> Option<Value<'a>> {
        self.id.filter(|_| !self.is_id_made)
    }

    /// A record that is its text and nothing else.
    pub fn of_text(text: Value<'a>) -> Fields<'a> {
        Fields {
            text,
            id: None,
            is_id_made: false,
            title: None,
            url: None,
            canonical_url: None,
            date: None,
            source: None,
            directory: None,
            json: None,
        }
    }
}

/// A field's value as it stands in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Bytes that mean themselves, UTF-8 if the input keeps its word.
    Plain(&'a [u8]),
    /// The inside of a JSON string that holds escapes.
    Escaped(&'a [u8]),
    /// A JSON list of strings and nulls: its strings are paragraphs, with an empty line between them.
    List(&'a [u8]),
    /// Text whose charset has to be found out; see `charset`.
    Coded(&'a [u8]),
}

/// A decoded value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The value as UTF-8.
    pub text: &'a str,
    /// How many invalid sequences became U+FFFD.
    pub replaced: u32,
}

impl<'a> Value<'a> {
    /// The value as UTF-8. `scratch` holds it where it is not valid UTF-8 as it stands.
    pub fn decode(self, scratch: &'a mut Scratch) -> Decoded<'a> {
        let bytes = match self {
            Value::Plain(bytes) => bytes,
            Value::Escaped(bytes) => {
                scratch.bytes.clear();
                unescape(scratch.kernel, bytes, &mut scratch.bytes);
                &scratch.bytes
            }
            Value::List(bytes) => {
                scratch.bytes.clear();
                join(scratch.kernel, bytes, &mut scratch.bytes);
                &scratch.bytes
            }
            Value::Coded(bytes) => {
                if let Ok(decoded) = charset::decode(bytes, None, false) {
                    scratch.text.clear();
                    scratch.text.push_str(&decoded.text);
                    return Decoded { text: &scratch.text, replaced: decoded.replaced };
                }
                bytes
            }
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => Decoded { text, replaced: 0 },
            Err(_) => {
                scratch.text.clear();
                let replaced = decode_lossily(bytes, &mut scratch.text);
                Decoded { text: &scratch.text, replaced }
            }
        }
    }

    /// Whether nothing but blanks stand in it: an id that is blank names nothing.
    pub fn is_blank(self) -> bool {
        match self {
            Value::Plain(bytes) => is_blank(bytes),
            Value::Escaped(_) | Value::List(_) | Value::Coded(_) => is_blank(self.to_text().as_bytes()),
        }
    }

    /// The value as an owned string.
    pub fn to_text(self) -> String {
        self.decode(&mut Scratch::default()).text.to_owned()
    }
}

/// Whether nothing but blanks stand in bytes of text.
pub(super) fn is_blank(bytes: &[u8]) -> bool {
    // Most are not, and say so with their first byte.
    bytes.first().is_none_or(|first| !first.is_ascii_graphic())
        && String::from_utf8_lossy(bytes).trim().is_empty()
}

/// Memory that [`Value::decode`] reuses.
#[derive(Debug)]
pub struct Scratch {
    kernel: Kernel,
    bytes: Vec<u8>,
    text: String,
}

impl Scratch {
    /// No memory yet. `kernel` changes only the speed.
    pub fn new(kernel: Kernel) -> Scratch {
        Scratch { kernel, bytes: Vec::new(), text: String::new() }
    }
}

impl Default for Scratch {
    fn default() -> Scratch {
        Scratch::new(Kernel::PORTABLE)
    }
}

fn decode_lossily(bytes: &[u8], out: &mut String) -> u32 {
    let mut replaced = 0;
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
            replaced += 1;
        }
    }
    replaced
}

/// What stands between paragraphs that were a list.
pub(super) const PARAGRAPH: &str = "\n\n";

/// Joins the strings of a JSON list that was read before.
fn join(kernel: Kernel, list: &[u8], out: &mut Vec<u8>) {
    let (mut at, mut is_first) = (0, true);
    while let Some(quote) = memchr::memchr(b'"', list.get(at..).unwrap_or_default()) {
        let start = at + quote + 1;
        let StringEnd::Quote(end, escaped) = kernel::string_end(kernel, list, start) else { return };
        if !std::mem::take(&mut is_first) {
            out.extend_from_slice(PARAGRAPH.as_bytes());
        }
        match list.get(start..end).unwrap_or_default() {
            string if escaped => unescape(kernel, string, out),
            string => out.extend_from_slice(string),
        }
        at = end + 1;
    }
}

/// Undoes the escapes of a JSON string's inside. A surrogate without its partner leaves the three bytes that
/// UTF-8 forbids, so that decoding counts it as replaced.
fn unescape(kernel: Kernel, bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len());
    let mut at = kernel::copy_until(kernel, bytes, 0, b'\\', out);
    while at < bytes.len() {
        let escape = bytes.get(at + 1).copied().unwrap_or(b'\\');
        at += 2;
        match escape {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'u' => {
                let (c, length) = unicode_escape(bytes.get(at..).unwrap_or_default());
                at += length;
                push_code_point(c, out);
            }
            other => out.push(other),
        }
        // Escapes come in pairs: a paragraph's end is two.
        if bytes.get(at) != Some(&b'\\') {
            at = kernel::copy_until(kernel, bytes, at.min(bytes.len()), b'\\', out);
        }
    }
}

/// The code point whose four digits (and perhaps a second escape, of the other surrogate) begin `rest`, and
/// how many bytes of `rest` that took.
pub(super) fn unicode_escape(rest: &[u8]) -> (u32, usize) {
    let Some(first) = four_digits(rest) else { return (0xFFFD, 0) };
    if (0xD800..0xDC00).contains(&first)
        && rest.get(4..6) == Some(b"\\u")
        && let Some(second @ 0xDC00..0xE000) = four_digits(&rest[6..])
    {
        return (0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00), 10);
    }
    (first, 4)
}

fn four_digits(bytes: &[u8]) -> Option<u32> {
    let digit = |&b: &u8| (b as char).to_digit(16);
    bytes.get(..4)?.iter().try_fold(0, |sum, b| Some(sum << 4 | digit(b)?))
}

fn push_code_point(c: u32, out: &mut Vec<u8>) {
    match char::from_u32(c) {
        Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.push(0xFF),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unescaped(text: &str) -> (String, u32) {
        let mut scratch = Scratch::default();
        let decoded = Value::Escaped(text.as_bytes()).decode(&mut scratch);
        (decoded.text.to_owned(), decoded.replaced)
    }

    #[test]
    fn escapes() {
        assert_eq!(unescaped(r#"a\n\t\"\\\/b"#), ("a\n\t\"\\/b".into(), 0));
        assert_eq!(unescaped(r"\u00e9\u2019\ud83d\ude00"), ("\u{e9}\u{2019}\u{1f600}".into(), 0));
        assert_eq!(unescaped(r"\ud83d x \ude00"), ("\u{fffd} x \u{fffd}".into(), 2));
    }

    #[test]
    fn a_list_is_its_paragraphs() {
        let joined = |list: &str| Value::List(list.as_bytes()).to_text();
        assert_eq!(joined(r#"["one, [two]", null, "thr\u00e9e \"x\""]"#), "one, [two]\n\nthr\u{e9}e \"x\"");
        assert_eq!(joined("[ null ]"), "");
    }

    #[test]
    fn invalid_utf8_is_replaced_and_counted() {
        let mut scratch = Scratch::default();
        let decoded = Value::Plain(b"caf\xe9 d\xe9j\xe0").decode(&mut scratch);
        assert_eq!(decoded, Decoded { text: "caf\u{fffd} d\u{fffd}j\u{fffd}", replaced: 3 });
    }
}
