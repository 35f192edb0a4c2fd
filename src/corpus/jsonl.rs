//! JSON lines: one object a line.
//!
//! A scanner of our own, because a record's fields are wanted where they stand: nothing is copied, and only
//! the seven fields that matter are looked at. It accepts what RFC 8259 does, and what real exports hold: raw control
//! characters inside strings, NaN and Infinity where a number stands, and a byte order mark before any record.
//! `serde_json` is its oracle in a property test.

use std::ops::Range;

use super::Reader;
use crate::charset::{MARK, unmarked};
use crate::kernel::{self, Kernel, StringEnd};

use super::record::{FieldNames, Fields, PARAGRAPH, Value, unicode_escape};
use crate::error::Reason;

/// Reads JSON lines by these field names.
#[derive(Debug)]
pub struct JsonLines {
    names: FieldNames,
    /// Whether one of them may be a path.
    has_paths: bool,
    kernel: Kernel,
}

impl JsonLines {
    /// A reader by these names. `kernel` changes only the speed.
    pub fn new(names: FieldNames, kernel: Kernel) -> JsonLines {
        let FieldNames { text, id, title, url, canonical_url, date, source } = &names;
        let has_paths =
            [text, id, title, url, canonical_url, date, source].iter().any(|name| name.contains('.'));
        JsonLines { names, has_paths, kernel }
    }

    /// Whether an object that goes on behind `bytes` has a text among its members in them.
    pub(super) fn begins_with_text(&self, bytes: &[u8]) -> bool {
        let mut has_text = false;
        let mut scanner = Scanner { bytes, at: 0, kernel: self.kernel };
        // It ends in an error, where the bytes do.
        let _ = scanner.members(0, |key, value| {
            has_text |= is(key, &self.names.text) && matches!(value, Passed::String(_) | Passed::Strings(_));
        });
        has_text
    }
}

/// The value that begins `bytes`: where it ends.
///
/// # Errors
/// What is wrong with it, and where. At the end of `bytes` more of them may mend it.
pub(super) fn value_end(kernel: Kernel, bytes: &[u8]) -> Result<usize, Reason> {
    let mut scanner = Scanner { bytes, at: 0, kernel };
    scanner.value(0).map(|_| scanner.at)
}

impl Reader for JsonLines {
    fn splits(&self) -> bool {
        true
    }

    fn align(&self, bytes: &[u8], at: usize) -> usize {
        match at {
            0 if bytes.starts_with(MARK) => MARK.len(),
            0 => 0,
            _ => memchr::memchr(b'\n', &bytes[at - 1..]).map_or(bytes.len(), |end| at + end),
        }
    }

    fn next(&self, bytes: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
        let (mut at, mut blank) = (at, 0);
        while at < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
            let line = &bytes[at..end];
            if !unmarked(line).iter().all(u8::is_ascii_whitespace) {
                let kept = line.len() - line.iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
                return Some((at..at + kept, blank));
            }
            at = end + 1;
            blank += 1;
        }
        None
    }

    fn fields<'a>(&self, record: &'a [u8]) -> Result<Fields<'a>, Reason> {
        Scanner { bytes: record, at: 0, kernel: self.kernel }.record(&self.names, self.has_paths)
    }

    fn without(&self, record: &[u8], ranges: &[Range<usize>]) -> Option<Vec<u8>> {
        let (Value::Plain(text) | Value::Escaped(text)) = self.fields(record).ok()?.text else { return None };
        let start = text.as_ptr().addr().checked_sub(record.as_ptr().addr())?;
        let places = written_at(text, ranges.iter().flat_map(|range| [range.start, range.end]))?;
        let (mut left, mut at) = (Vec::with_capacity(record.len()), 0);
        for place in places.chunks_exact(2) {
            left.extend_from_slice(record.get(at..start + place[0])?);
            at = start + place[1];
        }
        left.extend_from_slice(record.get(at..)?);
        Some(left)
    }

    fn with_text(&self, record: &[u8], text: &str) -> Option<Vec<u8>> {
        let (old, written) = match self.fields(record).ok()?.text {
            Value::Plain(old) | Value::Escaped(old) => {
                let quoted = serde_json::to_string(text).ok()?;
                (old, quoted.get(1..quoted.len() - 1)?.to_owned())
            }
            Value::List(old) => {
                (old, serde_json::to_string(&text.split(PARAGRAPH).collect::<Vec<_>>()).ok()?)
            }
            Value::Coded(_) => return None,
        };
        let start = old.as_ptr().addr().checked_sub(record.as_ptr().addr())?;
        let (before, rest) = record.split_at_checked(start)?;
        let behind = rest.get(old.len()..)?;
        Some([before, written.as_bytes(), behind].concat())
    }
}

/// Where bytes of a text stand in the inside of the JSON string that it is written as; `places` ascend. None where it is not
/// written character by character: a character of it is broken.
fn written_at(written: &[u8], places: impl Iterator<Item = usize>) -> Option<Vec<usize>> {
    let (mut at, mut bytes) = (0, 0);
    let mut found = Vec::new();
    for place in places {
        while bytes < place {
            let rest = written.get(at..)?;
            let (taken, gives) = match rest {
                [b'\\', b'u', ..] => {
                    let (c, digits) = unicode_escape(rest.get(2..)?);
                    (2 + digits, char::from_u32(c)?.len_utf8())
                }
                [b'\\', _, ..] => (2, 1),
                // A byte of UTF-8 is a byte of the text.
                [_, ..] => (1, 1),
                [] => return None,
            };
            at += taken;
            bytes += gives;
        }
        found.push(at);
    }
    let is_whole = std::str::from_utf8(written).is_ok() && found.iter().all(|&at| is_boundary(written, at));
    is_whole.then_some(found)
}

/// Whether a character begins or the text ends there.
fn is_boundary(text: &[u8], at: usize) -> bool {
    text.get(at).is_none_or(|byte| !(0x80..0xC0).contains(byte))
}

/// How deep values may be nested: what `serde_json` allows too.
const MAX_DEPTH: usize = 128;

/// Names that a message lists, and characters of each.
const NAMES: usize = 12;
const NAME: usize = 60;

impl JsonLines {
    /// The names of fields of a record that was read, with those one level down, as many as a message holds.
    pub(crate) fn names(&self, record: &[u8]) -> Vec<String> {
        Scanner { bytes: record, at: 0, kernel: self.kernel }.names()
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    kernel: Kernel,
}

/// A value that the scanner passed.
enum Passed<'a> {
    String(Value<'a>),
    Number(&'a [u8]),
    /// Strings and nulls.
    Strings(&'a [u8]),
    Object(&'a [u8]),
    Null,
    /// What it is in words.
    Other(&'static str),
}

/// A member of an object whose value is an object.
type Inner<'a> = (Value<'a>, &'a [u8]);

type Scanned<T> = Result<T, Reason>;

impl<'a> Scanner<'a> {
    fn record(mut self, names: &FieldNames, has_paths: bool) -> Scanned<Fields<'a>> {
        self.at = self.bytes.len() - unmarked(self.bytes).len();
        self.space();
        if self.peek() != Some(b'{') {
            self.value(0)?;
            self.end()?;
            return Err(Reason::NotAnObject);
        }
        let mut text = None;
        let json = Some(self.bytes[self.at..].trim_ascii_end());
        let mut fields = Fields { json, ..Fields::of_text(Value::Plain(b"")) };
        let mut inner: Vec<Inner<'a>> = Vec::new();
        self.members(0, |key, value| {
            // As most parsers have it, the last of several fields of one name counts.
            if is(key, &names.text) {
                text = Some(value);
            } else if let Some((_, field)) =
                places(&mut fields, names).into_iter().find(|(name, _)| is(key, name))
            {
                *field = value.said();
            } else if let Passed::Object(object) = value
                && has_paths
            {
                inner.push((key, object));
            }
        })?;
        self.end()?;
        if !inner.is_empty() {
            // A field that has the name as it stands goes first.
            text = text.or_else(|| self.inside(&inner, &names.text));
            for (name, field) in places(&mut fields, names).into_iter().filter(|(_, field)| field.is_none()) {
                *field = self.inside(&inner, name).and_then(Passed::said);
            }
        }
        fields.id = fields.id.filter(|id| !id.is_blank());
        let is_no_string = |what| Err(Reason::TextIsNoString(names.text.clone(), what));
        match text {
            Some(Passed::String(value)) => Ok(Fields { text: value, ..fields }),
            Some(Passed::Strings(list)) => Ok(Fields { text: Value::List(list), ..fields }),
            Some(Passed::Number(_)) => is_no_string("a number"),
            Some(Passed::Object(_)) => is_no_string("an object, with fields of its own"),
            Some(Passed::Other(what)) => is_no_string(what),
            None | Some(Passed::Null) => Err(Reason::NoText(names.text.clone(), self.names())),
        }
    }

    /// The value that a path leads to from these members; of names with points the longest goes first.
    fn inside(&self, inner: &[Inner<'a>], path: &str) -> Option<Passed<'a>> {
        let below = |(key, object): &Inner<'a>| {
            let rest = path.strip_prefix(&key.to_text())?.strip_prefix('.')?;
            Some((rest, *object))
        };
        let (rest, bytes) = inner.iter().filter_map(below).rev().min_by_key(|(rest, _)| rest.len())?;
        let mut scanner = Scanner { bytes, at: 0, kernel: self.kernel };
        let (mut own, mut inner) = (None, Vec::new());
        let visit = |key: Value<'a>, value| match value {
            value if is(key, rest) => own = Some(value),
            Passed::Object(object) => inner.push((key, object)),
            _ => {}
        };
        scanner.members(0, visit).ok()?;
        own.or_else(|| self.inside(&inner, rest))
    }

    /// The names of fields that are not null, with those one level down, as many as a message holds.
    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut add = |name: String| {
            if names.len() < NAMES {
                names.push(name.chars().take(NAME).collect());
            }
        };
        let at = self.bytes.len() - unmarked(self.bytes).len();
        let mut scanner = Scanner { bytes: self.bytes, at, kernel: self.kernel };
        scanner.space();
        // It was read before, so that nothing is wrong with it.
        let _ = scanner.members(0, |key, value| match value {
            Passed::Null => {}
            Passed::Object(bytes) => {
                let mut below = Scanner { bytes, at: 0, kernel: self.kernel };
                let _ = below.members(0, |inner, _| add(format!("{}.{}", key.to_text(), inner.to_text())));
            }
            _ => add(key.to_text()),
        });
        names
    }

    /// Visits the members of the object that begins here.
    fn members(&mut self, depth: usize, mut visit: impl FnMut(Value<'a>, Passed<'a>)) -> Scanned<()> {
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = self.key()?;
            let value = self.value(depth)?;
            visit(key, value);
            if !self.goes_on(b'}')? {
                return Ok(());
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn expected<T>(&self, what: &'static str) -> Scanned<T> {
        Err(Reason::Malformed(what, self.at))
    }

    fn end(&mut self) -> Scanned<()> {
        self.space();
        match self.bytes.get(self.at..) {
            None | Some([]) => Ok(()),
            Some(rest) if rest.starts_with(MARK) => self.expected(
                "the end of the line, and not the byte order mark of another file that was joined to it,",
            ),
            Some(_) => self.expected("the end of the line"),
        }
    }

    /// A key and the colon after it.
    fn key(&mut self) -> Scanned<Value<'a>> {
        self.space();
        if self.peek() != Some(b'"') {
            return self.expected("a field name");
        }
        let key = self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return self.expected("`:`");
        }
        self.at += 1;
        Ok(key)
    }

    /// After a member: whether a comma promises another one, or `close` ends the container.
    fn goes_on(&mut self, close: u8) -> Scanned<bool> {
        self.space();
        match self.peek() {
            Some(b',') => self.at += 1,
            Some(byte) if byte == close => {
                self.at += 1;
                return Ok(false);
            }
            _ => return self.expected(if close == b'}' { "`,` or `}`" } else { "`,` or `]`" }),
        }
        Ok(true)
    }

    fn value(&mut self, depth: usize) -> Scanned<Passed<'a>> {
        self.space();
        match self.peek() {
            Some(b'"') => Ok(Passed::String(self.string()?)),
            Some(b'-') if self.bytes.get(self.at + 1) == Some(&b'I') => {
                self.literal(b"-Infinity", Passed::Other("-Infinity"))
            }
            Some(b'-' | b'0'..=b'9') => Ok(Passed::Number(self.number()?)),
            Some(b't') => self.literal(b"true", Passed::Other("true")),
            Some(b'f') => self.literal(b"false", Passed::Other("false")),
            Some(b'n') => self.literal(b"null", Passed::Null),
            // No JSON, and what Python and others write for numbers that are none.
            Some(b'N') => self.literal(b"NaN", Passed::Other("NaN")),
            Some(b'I') => self.literal(b"Infinity", Passed::Other("Infinity")),
            Some(b'[' | b'{') if depth == MAX_DEPTH => self.expected("fewer than 128 levels"),
            Some(b'[') => self.list(depth),
            Some(b'{') => {
                let start = self.at;
                self.members(depth + 1, |_, _| {})?;
                Ok(Passed::Object(&self.bytes[start..self.at]))
            }
            _ => self.expected("a value"),
        }
    }

    fn list(&mut self, depth: usize) -> Scanned<Passed<'a>> {
        let start = self.at;
        let mut of_strings = true;
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
        } else {
            loop {
                of_strings &= matches!(self.value(depth + 1)?, Passed::String(_) | Passed::Null);
                if !self.goes_on(b']')? {
                    break;
                }
            }
        }
        if of_strings {
            Ok(Passed::Strings(&self.bytes[start..self.at]))
        } else {
            Ok(Passed::Other("a list, and holds more than strings"))
        }
    }

    fn literal(&mut self, word: &'static [u8], passed: Passed<'a>) -> Scanned<Passed<'a>> {
        if !self.bytes[self.at..].starts_with(word) {
            return self.expected("a value");
        }
        self.at += word.len();
        Ok(passed)
    }

    /// A string, from its opening quote to behind its closing one.
    fn string(&mut self) -> Scanned<Value<'a>> {
        let start = self.at + 1;
        let (at, escaped) = match kernel::string_end(self.kernel, self.bytes, start) {
            StringEnd::Quote(at, escaped) => (at, escaped),
            StringEnd::Missing => {
                self.at = self.bytes.len();
                return self.expected("`\"`");
            }
            StringEnd::BadEscape(at) => {
                self.at = at;
                return self.expected("an escape that JSON knows");
            }
        };
        self.at = at + 1;
        let inside = &self.bytes[start..at];
        Ok(if escaped { Value::Escaped(inside) } else { Value::Plain(inside) })
    }

    fn number(&mut self) -> Scanned<&'a [u8]> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(&self.bytes[start..self.at])
    }

    fn digits(&mut self) -> Scanned<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { self.expected("a digit") } else { Ok(()) }
    }
}

impl<'a> Passed<'a> {
    /// What it says as a field that is a string or a number.
    fn said(self) -> Option<Value<'a>> {
        match self {
            Passed::String(value) => Some(value),
            Passed::Number(digits) => Some(Value::Plain(digits)),
            Passed::Strings(_) | Passed::Object(_) | Passed::Null | Passed::Other(_) => None,
        }
    }
}

fn is(key: Value<'_>, name: &str) -> bool {
    match key {
        Value::Plain(key) => key == name.as_bytes(),
        Value::Escaped(_) | Value::List(_) | Value::Coded(_) => key.to_text() == name,
    }
}

/// The fields by their names, but for the text.
fn places<'f, 'a>(
    fields: &'f mut Fields<'a>,
    names: &'f FieldNames,
) -> [(&'f str, &'f mut Option<Value<'a>>); 6] {
    [
        (&names.id, &mut fields.id),
        (&names.title, &mut fields.title),
        (&names.url, &mut fields.url),
        (&names.canonical_url, &mut fields.canonical_url),
        (&names.date, &mut fields.date),
        (&names.source, &mut fields.source),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(line: &str) -> Result<(String, Option<String>), Reason> {
        let reader = JsonLines::new(FieldNames::default(), Kernel::detect());
        let fields = reader.fields(line.as_bytes())?;
        Ok((fields.text.to_text(), fields.id.map(Value::to_text)))
    }

    #[test]
    fn records() {
        assert_eq!(read(r#"{"id":"a","text":"b"}"#), Ok(("b".into(), Some("a".into()))));
        assert_eq!(read(r#" { "text" : "x\ny" , "id" : 5 } "#), Ok(("x\ny".into(), Some("5".into()))));
        assert_eq!(read(r#"{"id":"","text":"b"}"#), Ok(("b".into(), None)));
        assert_eq!(read(r#"{"id":"  	","text":"b"}"#), Ok(("b".into(), None)));
        assert_eq!(read(r#"{"id":null,"text":"b"}"#), Ok(("b".into(), None)));
        assert_eq!(read(r#"{"id":" a","text":"b"}"#), Ok(("b".into(), Some(" a".into()))));
        assert_eq!(read(r#"{"meta":{"text":"no"},"text":"yes"}"#), Ok(("yes".into(), None)));
        assert_eq!(read(r#"{"text":"first","text":"last"}"#), Ok(("last".into(), None)));
        assert_eq!(read(r#"{"te\u0078t":"by an escaped key"}"#), Ok(("by an escaped key".into(), None)));
        assert_eq!(read("{\"text\":\"raw\ttab\"}"), Ok(("raw\ttab".into(), None)));
        assert_eq!(read("null"), Err(Reason::NotAnObject));
        assert_eq!(read("[]"), Err(Reason::NotAnObject));
        let missing = Reason::NoText("text".into(), vec!["id".into(), "doc.text".into(), "doc.n".into()]);
        assert_eq!(read(r#"{"id":"c","doc":{"text":"x","n":{}},"no":null}"#), Err(missing));
        assert_eq!(read(r#"{"text":5}"#), Err(Reason::TextIsNoString("text".into(), "a number")));
        assert_eq!(read(r#"{"id":"b","text":"#), Err(Reason::Malformed("a value", 17)));
        assert_eq!(read(r#"{"text":"cut"#), Err(Reason::Malformed("`\"`", 12)));
    }

    #[test]
    fn a_path_leads_to_a_member_of_a_member() {
        let read = |line: &str, text: &str| {
            let names = FieldNames { text: text.into(), id: "head.id".into(), ..FieldNames::default() };
            let reader = JsonLines::new(names, Kernel::detect());
            let fields = reader.fields(line.as_bytes())?;
            Ok((fields.text.to_text(), fields.id.map(Value::to_text)))
        };
        let line =
            r#"{"head":{"id":7},"a":{"b":{"c":"deep","d":["one",null,"two"]},"b.c":"near"},"a.b.d":"flat"}"#;
        let id = || Some("7".to_owned());
        assert_eq!(read(line, "a.b.d"), Ok(("flat".into(), id())));
        assert_eq!(read(line, "a.b.c"), Ok(("near".into(), id())));
        assert_eq!(read(&line.replace("\"b.c\"", "\"x\""), "a.b.c"), Ok(("deep".into(), id())));
        assert_eq!(read(&line.replace("a.b.d", "x"), "a.b.d"), Ok(("one\n\ntwo".into(), id())));
        assert_eq!(read(&line.replace("\"a\"", "\"\\u0061\""), "a.b.c"), Ok(("near".into(), id())));
        assert_eq!(
            read(line, "a.b"),
            Err(Reason::TextIsNoString("a.b".into(), "an object, with fields of its own"))
        );
        assert!(matches!(read(line, "a.x"), Err(Reason::NoText(..))));
        assert!(matches!(read(line, "a.b.d.e"), Err(Reason::NoText(..))));
    }

    #[test]
    fn a_text_that_was_a_list_is_written_as_one() {
        let reader = JsonLines::new(FieldNames::default(), Kernel::detect());
        let written = reader.with_text(br#"{"text":["a",null,"b"],"n":NaN}"#, "a\n\nc");
        assert_eq!(written.as_deref(), Some(&br#"{"text":["a","c"],"n":NaN}"#[..]));
    }

    #[test]
    fn what_is_no_json_and_is_written_all_the_same() {
        assert_eq!(
            read(r#"{"a":NaN,"b":[-Infinity,{"c":Infinity}],"text":"b","id":NaN}"#),
            Ok(("b".into(), None))
        );
        assert_eq!(read("\u{feff}\u{feff} {\"text\":\"b\"}"), Ok(("b".into(), None)));
        for broken in [r#"{"a":Nan,"text":"b"}"#, r#"{"a":-Inf,"text":"b"}"#, r#"{"text":"a"}{"text":"b"}"#] {
            assert!(matches!(read(broken), Err(Reason::Malformed(..))), "{broken}");
        }
        assert_eq!(read(r#"{"text":NaN}"#), Err(Reason::TextIsNoString("text".into(), "NaN")));
        let joined = read("{\"text\":\"a\"}\u{feff}{\"text\":\"b\"}").expect_err("two records").to_string();
        assert!(joined.contains("byte order mark"), "{joined}");
    }

    #[test]
    fn deep_nesting_is_refused_without_recursing_far() {
        let line = format!(r#"{{"text":"a","deep":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(read(&line), Err(Reason::Malformed("fewer than 128 levels", _))));
    }

    #[test]
    fn framing_skips_blank_lines_and_counts_them() {
        let reader = JsonLines::new(FieldNames::default(), Kernel::detect());
        let bytes = b"\xEF\xBB\xBF{}\r\n\n  \n[1]";
        let start = reader.align(bytes, 0);
        assert_eq!(reader.next(bytes, start), Some((3..5, 0)));
        assert_eq!(reader.next(bytes, 7), Some((11..14, 2)));
        assert_eq!(reader.next(bytes, 14), None);
        assert_eq!(reader.align(bytes, 1), 7);
        assert_eq!(reader.align(bytes, 7), 7);
        assert_eq!(reader.align(bytes, 12), 14);
    }

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            "-?[0-9]{1,3}(\\.[0-9]{1,2})?([eE][+-]?[0-9])?",
            "\"([a-z \u{e9}]|\\\\[nrtbf\"/\\\\]|\\\\u[0-9a-c][0-9a-f]{3}){0,6}\"",
        ];
        let key = prop_oneof![Just("\"text\""), Just("\"id\""), Just("\"other\"")];
        leaf.prop_recursive(3, 12, 4, move |inner| {
            let pair = (key.clone(), inner.clone()).prop_map(|(k, v)| format!("{k} :{v}"));
            prop_oneof![
                proptest::collection::vec(pair, 0..4).prop_map(|m| format!("{{{}}}", m.join(", "))),
                proptest::collection::vec(inner, 0..3).prop_map(|m| format!("[{}]", m.join(","))),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn agrees_with_serde_json(valid in json(), cut in 0usize..80, extra in "[\\[\\]{}\",:0e\\\\ ]{0,2}") {
            let mut line = valid;
            if cut < line.len() && line.is_char_boundary(cut) {
                line.insert_str(cut, &extra);
            }
            let ours = read(&line);
            match serde_json::from_str::<serde_json::Value>(&line) {
                Ok(serde_json::Value::Object(map)) => match map.get("text") {
                    Some(serde_json::Value::String(text)) => {
                        prop_assert_eq!(&ours.as_ref().map(|o| &o.0), &Ok(text), "{}", line);
                        if let Some(serde_json::Value::String(id)) = map.get("id") {
                            // An id that says nothing is none.
                            let id = Some(id).filter(|id| !id.trim().is_empty());
                            prop_assert_eq!(&ours.as_ref().map(|o| o.1.as_ref()), &Ok(id), "{}", line);
                        }
                    }
                    None | Some(serde_json::Value::Null) => prop_assert!(matches!(ours, Err(Reason::NoText(..)))),
                    Some(serde_json::Value::Array(list)) if list.iter().all(|one| one.is_string() || one.is_null()) => {
                        let paragraphs: Vec<_> = list.iter().filter_map(|one| one.as_str()).collect();
                        prop_assert_eq!(ours.map(|ours| ours.0), Ok(paragraphs.join("\n\n")));
                    }
                    Some(_) => prop_assert!(matches!(ours, Err(Reason::TextIsNoString(..)))),
                },
                Ok(_) => prop_assert_eq!(ours, Err(Reason::NotAnObject)),
                // A number too large for f64 is still JSON.
                Err(e) if e.to_string().starts_with("number out of range") => {}
                Err(e) => prop_assert!(matches!(ours, Err(Reason::Malformed(..))), "{} {:?} {}", line, ours, e),
            }
        }
    }
}
