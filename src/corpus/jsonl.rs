//! JSON lines: one object a line.
//!
//! A scanner of our own, because a record's fields are wanted where they stand: nothing is copied, and only
//! the seven fields that matter are looked at. It accepts what RFC 8259 does, and raw control characters inside
//! strings, which real exports hold. `serde_json` is its oracle in a property test.

use std::ops::Range;

use super::Reader;
use crate::kernel::{self, Kernel, StringEnd};

use super::record::{FieldNames, Fields, Value};
use crate::error::Reason;

/// Reads JSON lines by these field names.
#[derive(Debug)]
pub struct JsonLines {
    names: FieldNames,
    kernel: Kernel,
}

impl JsonLines {
    /// A reader by these names. `kernel` changes only the speed.
    pub fn new(names: FieldNames, kernel: Kernel) -> JsonLines {
        JsonLines { names, kernel }
    }
}

impl Reader for JsonLines {
    fn splits(&self) -> bool {
        true
    }

    fn align(&self, bytes: &[u8], at: usize) -> usize {
        match at {
            0 if bytes.starts_with(b"\xEF\xBB\xBF") => 3,
            0 => 0,
            _ => memchr::memchr(b'\n', &bytes[at - 1..]).map_or(bytes.len(), |end| at + end),
        }
    }

    fn next(&self, bytes: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
        let (mut at, mut blank) = (at, 0);
        while at < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
            let line = &bytes[at..end];
            if !line.iter().all(u8::is_ascii_whitespace) {
                let kept = line.len() - line.iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
                return Some((at..at + kept, blank));
            }
            at = end + 1;
            blank += 1;
        }
        None
    }

    fn fields<'a>(&self, record: &'a [u8]) -> Result<Fields<'a>, Reason> {
        Scanner { bytes: record, at: 0, kernel: self.kernel }.record(&self.names)
    }

    fn with_text(&self, record: &[u8], text: &str) -> Option<Vec<u8>> {
        let old = match self.fields(record).ok()?.text {
            Value::Plain(old) | Value::Escaped(old) => old,
            Value::Coded(_) => return None,
        };
        let start = old.as_ptr().addr().checked_sub(record.as_ptr().addr())?;
        let (before, rest) = record.split_at_checked(start)?;
        let behind = rest.get(old.len()..)?;
        let quoted = serde_json::to_string(text).ok()?;
        Some([before, &quoted.as_bytes()[1..quoted.len() - 1], behind].concat())
    }
}

/// How deep values may be nested: what `serde_json` allows too.
const MAX_DEPTH: usize = 128;

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    kernel: Kernel,
}

/// A value that the scanner passed.
enum Passed<'a> {
    String(Value<'a>),
    Number(&'a [u8]),
    Null,
    Other,
}

type Scanned<T> = Result<T, Reason>;

impl<'a> Scanner<'a> {
    fn record(mut self, names: &FieldNames) -> Scanned<Fields<'a>> {
        self.space();
        if self.peek() != Some(b'{') {
            self.value(0)?;
            self.end()?;
            return Err(Reason::NotAnObject);
        }
        self.at += 1;
        let mut text = None;
        let mut fields = Fields::of_text(Value::Plain(b""));
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
        } else {
            loop {
                let key = self.key()?;
                let value = self.value(0)?;
                // As most parsers have it, the last of several fields of one name counts.
                if is(key, &names.text) {
                    text = Some(value);
                } else if let Some(field) = self::field(&mut fields, names, key) {
                    *field = match value {
                        Passed::String(value) => Some(value),
                        Passed::Number(digits) => Some(Value::Plain(digits)),
                        Passed::Null | Passed::Other => None,
                    };
                }
                if !self.goes_on(b'}')? {
                    break;
                }
            }
        }
        self.end()?;
        fields.id = fields.id.filter(|id| !id.is_blank());
        match text {
            Some(Passed::String(value)) => Ok(Fields { text: value, ..fields }),
            None | Some(Passed::Null) => Err(Reason::NoText(names.text.clone())),
            Some(_) => Err(Reason::TextIsNoString(names.text.clone())),
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
        if self.at == self.bytes.len() { Ok(()) } else { self.expected("the end of the line") }
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
            Some(b'-' | b'0'..=b'9') => Ok(Passed::Number(self.number()?)),
            Some(b't') => self.literal(b"true", Passed::Other),
            Some(b'f') => self.literal(b"false", Passed::Other),
            Some(b'n') => self.literal(b"null", Passed::Null),
            Some(b'[' | b'{') if depth == MAX_DEPTH => self.expected("fewer than 128 levels"),
            Some(b'[') => self.container(b']', depth),
            Some(b'{') => self.container(b'}', depth),
            _ => self.expected("a value"),
        }
    }

    fn container(&mut self, close: u8, depth: usize) -> Scanned<Passed<'a>> {
        self.at += 1;
        self.space();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(Passed::Other);
        }
        loop {
            if close == b'}' {
                self.key()?;
            }
            self.value(depth + 1)?;
            if !self.goes_on(close)? {
                return Ok(Passed::Other);
            }
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

fn is(key: Value<'_>, name: &str) -> bool {
    match key {
        Value::Plain(key) => key == name.as_bytes(),
        Value::Escaped(_) | Value::Coded(_) => key.to_text() == name,
    }
}

/// The place in `fields` of this key, if it is one of the names. The text field is not among them.
fn field<'f, 'a>(
    fields: &'f mut Fields<'a>,
    names: &FieldNames,
    key: Value<'_>,
) -> Option<&'f mut Option<Value<'a>>> {
    let places = [
        (&names.id, &mut fields.id),
        (&names.title, &mut fields.title),
        (&names.url, &mut fields.url),
        (&names.canonical_url, &mut fields.canonical_url),
        (&names.date, &mut fields.date),
        (&names.source, &mut fields.source),
    ];
    places.into_iter().find(|(name, _)| is(key, name)).map(|(_, place)| place)
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
        assert_eq!(read(r#"{"id":"c"}"#), Err(Reason::NoText("text".into())));
        assert_eq!(read(r#"{"text":5}"#), Err(Reason::TextIsNoString("text".into())));
        assert_eq!(read(r#"{"id":"b","text":"#), Err(Reason::Malformed("a value", 17)));
        assert_eq!(read(r#"{"text":"cut"#), Err(Reason::Malformed("`\"`", 12)));
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
                    None | Some(serde_json::Value::Null) => prop_assert_eq!(ours, Err(Reason::NoText("text".into()))),
                    Some(_) => prop_assert_eq!(ours, Err(Reason::TextIsNoString("text".into()))),
                },
                Ok(_) => prop_assert_eq!(ours, Err(Reason::NotAnObject)),
                // A number too large for f64 is still JSON.
                Err(e) if e.to_string().starts_with("number out of range") => {}
                Err(e) => prop_assert!(matches!(ours, Err(Reason::Malformed(..))), "{} {:?} {}", line, ours, e),
            }
        }
    }
}
