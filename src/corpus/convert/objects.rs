//! JSON that is not one object a line: an array of objects, or objects one after another, over any number of lines.
//!
//! A stream is cut into its objects as it comes: white space, commas, brackets and marks may stand between them, so that
//! arrays, joined arrays and pretty-printed objects are one format. An object is in memory while it is cut, and nothing else
//! is. What is broken ends where its brackets do, or where a line begins another object that stands no deeper; so one object
//! is lost, and said, and not what follows it.

use std::io::{self, Read, Write};
use std::ops::Range;

use super::window::CutWindow;
use super::{BatchItem, Done, ReadingRules, Sink, SourcePlace, Step};
use crate::charset::{MARK, narrowed, unmarked};
use crate::corpus::jsonl::value_end;
use crate::corpus::record::{FieldNames, Scratch};
use crate::corpus::{JsonLines, Reader};
use crate::error::Reason;
use crate::kernel::Kernel;

/// What was cut out of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Its bytes in the stream.
    pub range: Range<u64>,
    /// The line that it begins in, from 1.
    pub line: u64,
    pub what: CutKind,
}

/// What a cut is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CutKind {
    /// An object, or what is left of one that is broken: its bytes are there until the next cut.
    Object,
    /// Other values, all that follow one another.
    Others,
    /// An object of more bytes than a record may have.
    TooLarge,
    /// All that is left, since nothing tells where the next object begins.
    Rest,
}

/// Cuts objects out of a stream.
pub(crate) struct Objects<'a> {
    window: CutWindow<'a>,
    kernel: Kernel,
    limit: usize,
    /// Newlines before the window.
    lines: u64,
    /// White space before the first other byte of the line that the window begins in.
    indent: usize,
    /// Whether nothing but white space stands in that line before the window.
    is_indent: bool,
    /// Bytes of the window that were handed out.
    held: usize,
}

/// Bytes that are looked at first for an object's end; each time twice as many.
const FIRST: usize = 64 << 10;

/// Bytes at the end of what was read that may be a part of something: a literal, an escape.
const MARGIN: usize = 16;

impl<'a> Objects<'a> {
    /// The objects of a stream in UTF-8, none of them longer than `limit`.
    pub fn new(from: &'a mut dyn Read, limit: u64) -> Objects<'a> {
        Objects {
            window: CutWindow::new(from),
            kernel: Kernel::detect(),
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            lines: 0,
            indent: 0,
            is_indent: true,
            held: 0,
        }
    }

    /// The bytes of the object that was cut last.
    pub fn bytes(&self) -> &[u8] {
        self.window.seen(self.held)
    }

    /// The next cut; none at the end.
    ///
    /// # Errors
    /// What broke the stream off, behind all that came before.
    pub fn next(&mut self) -> io::Result<Option<Cut>> {
        self.consume(self.held);
        self.held = 0;
        let first = self.pass_between();
        let (start, line) = (self.window.offset(), self.lines + 1);
        let cut = |end: u64, what| Ok(Some(Cut { range: start..end, line, what }));
        match first {
            None => self.window.end(),
            Some(b'{') => {
                let what = self.object();
                match what {
                    CutKind::Object => cut(start + self.held as u64, what),
                    _ => cut(self.window.offset(), what),
                }
            }
            Some(_) => {
                let mut end = start;
                while let Some(other) = self.pass_between().filter(|&first| first != b'{') {
                    if !self.pass_value(other) {
                        if end > start {
                            break;
                        }
                        let what = self.broken(0);
                        let held = self.held as u64;
                        return cut(
                            if what == CutKind::Object { start + held } else { self.window.offset() },
                            what,
                        );
                    }
                    end = self.window.offset();
                }
                cut(end, CutKind::Others)
            }
        }
    }

    fn consume(&mut self, count: usize) {
        let bytes = self.window.seen(count);
        let space = |line: &[u8]| line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let (indent, is_indent) = match memchr::memrchr(b'\n', bytes) {
            Some(end) => {
                let line = &bytes[end + 1..];
                (space(line), space(line) == line.len())
            }
            None if self.is_indent => (self.indent + space(bytes), space(bytes) == bytes.len()),
            None => (self.indent, false),
        };
        self.lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
        (self.indent, self.is_indent) = (indent, is_indent);
        self.window.consume(count);
    }

    /// Passes what stands between values. The first byte of what follows.
    fn pass_between(&mut self) -> Option<u8> {
        loop {
            let is_over = self.window.fill(FIRST);
            let bytes = self.window.seen(FIRST);
            let mut at = 0;
            while let Some(&byte) = bytes.get(at) {
                match byte {
                    // Between the texts of a sequence stands a record separator (RFC 7464).
                    b' ' | b'\t' | b'\r' | b'\n' | b',' | b'[' | b']' | 0x1E => at += 1,
                    0xEF if bytes[at..].starts_with(MARK) => at += MARK.len(),
                    _ => break,
                }
            }
            let first = bytes.get(at).copied();
            // A mark that the end of the window cuts is looked at again.
            let is_cut = first == Some(0xEF) && bytes.len() - at < 3 && at > 0;
            self.consume(at);
            match first {
                Some(first) if !is_cut => return Some(first),
                None if is_over => return None,
                _ => {}
            }
        }
    }

    /// Finds the end of the object that the window begins with, and holds it, or passes it where it is too large.
    fn object(&mut self) -> CutKind {
        let mut wanted = FIRST;
        loop {
            let is_over = self.window.fill(wanted);
            let bytes = self.window.seen(wanted);
            match value_end(self.kernel, bytes) {
                Ok(end) if end > self.limit => {
                    self.consume(end);
                    return CutKind::TooLarge;
                }
                Ok(end) => {
                    self.held = end;
                    return CutKind::Object;
                }
                Err(Reason::Malformed(_, at)) if is_over || at + MARGIN < bytes.len() => {
                    return self.broken(at);
                }
                Err(_) if wanted > self.limit => return self.too_large(),
                Err(_) => wanted = wanted.saturating_mul(2).min(self.limit.saturating_add(1)),
            }
        }
    }

    /// Holds what is left of what the window begins with, and that is broken at a byte.
    fn broken(&mut self, at: usize) -> CutKind {
        let mut wanted = (at + MARGIN).next_power_of_two();
        loop {
            let is_over = self.window.fill(wanted);
            let bytes = self.window.seen(wanted);
            let other = next_line(bytes, self.indent);
            let mut brackets = Brackets::default();
            let is_object = bytes.starts_with(b"{");
            let end = brackets.end(&bytes[..other.unwrap_or(bytes.len())]).filter(|_| is_object);
            if let Some(end) = end.filter(|&end| is_followed(&bytes[end..])).or(other) {
                self.held = end;
                return CutKind::Object;
            }
            if is_over || wanted > self.limit {
                self.pass_rest();
                return CutKind::Rest;
            }
            wanted = wanted.saturating_mul(2);
        }
    }

    /// Passes an object without holding it.
    fn too_large(&mut self) -> CutKind {
        let mut brackets = Brackets::default();
        loop {
            let is_over = self.window.fill(FIRST);
            let bytes = self.window.seen(FIRST);
            let (length, end) = (bytes.len(), brackets.end(bytes));
            self.consume(end.unwrap_or(length));
            if end.is_some() || is_over {
                return CutKind::TooLarge;
            }
        }
    }

    /// Passes a value that is no object; whether it is one.
    fn pass_value(&mut self, first: u8) -> bool {
        let mut wanted = FIRST;
        loop {
            let is_over = self.window.fill(wanted);
            let bytes = self.window.seen(wanted);
            // What stands at the end may go on, but for strings.
            match value_end(self.kernel, bytes) {
                Ok(end) if is_over || first == b'"' || end < bytes.len() => {
                    self.consume(end);
                    return true;
                }
                _ if is_over || wanted > self.limit => return false,
                Err(Reason::Malformed(_, at)) if at + MARGIN < bytes.len() => return false,
                _ => wanted = wanted.saturating_mul(2),
            }
        }
    }

    fn pass_rest(&mut self) {
        loop {
            let is_over = self.window.fill(FIRST);
            let length = self.window.seen(FIRST).len();
            self.consume(length);
            if is_over {
                return;
            }
        }
    }
}

/// Brackets and strings of a stream, whatever else stands in it.
#[derive(Default)]
struct Brackets {
    depth: usize,
    in_string: bool,
    is_escaped: bool,
}

impl Brackets {
    /// Where the first bracket is closed.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, &byte) in bytes.iter().enumerate() {
            match byte {
                _ if std::mem::take(&mut self.is_escaped) => {}
                b'\\' if self.in_string => self.is_escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// Whether what may stand behind an object does.
fn is_followed(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start().first(), None | Some(b',' | b']' | b'{' | b'[' | 0xEF | 0x1E))
}

/// Where the next line begins an object that stands no deeper than `indent`.
fn next_line(bytes: &[u8], indent: usize) -> Option<usize> {
    let spaces = |bytes: &[u8]| bytes.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    memchr::memchr_iter(b'\n', bytes).find_map(|end| {
        let mut at = end + 1;
        let own = spaces(&bytes[at..]);
        // What stands before it closes the object before.
        for passed in [b'}', b','] {
            at += spaces(&bytes[at..]);
            at += usize::from(bytes.get(at) == Some(&passed));
        }
        at += spaces(&bytes[at..]);
        let inside = bytes.get(at..)?.strip_prefix(b"{")?.trim_ascii_start();
        (own <= indent && matches!(inside.first(), Some(b'"' | b'}'))).then_some(at)
    })
}

/// Whether bytes of a beginning, or of all, are of JSON in an array: of objects, or of anything that goes on being JSON.
pub(in crate::corpus) fn begin_an_array(head: &[u8], is_all: bool) -> bool {
    let head = unmarked(head).trim_ascii_start();
    if !head.starts_with(b"[") {
        return false;
    }
    if let Some(are_objects) = begin_an_array_of_objects(head) {
        return are_objects;
    }
    match value_end(Kernel::PORTABLE, head) {
        Ok(end) => head[end..].trim_ascii().is_empty(),
        Err(Reason::Malformed(_, at)) => !is_all && at + MARGIN >= head.len(),
        Err(_) => false,
    }
}

/// Of text that begins an array with `{`, whether that begins an object.
fn begin_an_array_of_objects(text: &[u8]) -> Option<bool> {
    let object = text.strip_prefix(b"[")?.trim_ascii_start().strip_prefix(b"{")?;
    Some(matches!(object.trim_ascii_start().first(), None | Some(b'"' | b'}')))
}

/// Whether what is called JSON lines begins as no line of it can: with an array of objects, or with a bracket alone.
pub(crate) fn begin_objects(head: &[u8]) -> bool {
    let text = unmarked(head).trim_ascii_start();
    let first = text.split(|&b| b == b'\n').next().unwrap_or_default().trim_ascii_end();
    first == b"{" && text.len() > first.len() || begin_an_array_of_objects(text) == Some(true)
}

/// Whether JSON that begins so is one object a line: the first line is an object, or goes on behind what is seen.
pub(in crate::corpus) fn are_lines(head: &[u8]) -> bool {
    let head = unmarked(head).trim_ascii_start();
    let Some(end) = memchr::memchr(b'\n', head) else {
        // Objects that follow one another in one line are no lines of it.
        let behind = value_end(Kernel::PORTABLE, head).map_or(0, |end| head[end..].trim_ascii().len());
        return head.starts_with(b"{") && behind == 0;
    };
    let line = head[..end].trim_ascii_end();
    value_end(Kernel::PORTABLE, line).is_ok_and(|end| line.starts_with(b"{") && end == line.len())
}

/// Bytes of a JSON file that tell whether it holds records.
pub(in crate::corpus) const PEEKED: u64 = 1 << 20;

/// Whether one of the objects that JSON begins with has a text. `head` is all of it, or its first [`PEEKED`] bytes.
pub(in crate::corpus) fn hold_a_text(head: &[u8], names: &FieldNames) -> bool {
    let json = JsonLines::new(names.clone(), Kernel::PORTABLE);
    let Ok(mut from) = narrowed(head) else { return false };
    let mut objects = Objects::new(&mut from, PEEKED);
    while let Ok(Some(cut)) = objects.next() {
        if cut.what == CutKind::Object && json.fields(objects.bytes()).is_ok() {
            return true;
        }
    }
    // Of an object that goes on behind the head what was seen of it must do.
    let start = memchr::memchr(b'{', head).unwrap_or(head.len());
    head.len() as u64 >= PEEKED && json.begins_with_text(&head[start..])
}

/// Objects on their way to be converted.
pub(super) struct ObjectChunk {
    place: SourcePlace,
    bytes: Vec<u8>,
    objects: Vec<ObjectPlace>,
}

struct ObjectPlace {
    range: Range<usize>,
    record: u32,
    line: u32,
}

/// About how many bytes a chunk has.
const CHUNK: usize = 1 << 20;

pub(super) fn read(from: &mut dyn Read, place: &SourcePlace, sink: &mut Sink<'_, '_>) -> Step {
    let limit = sink.rules.max_record;
    let mut objects = Objects::new(from, limit);
    let empty = || ObjectChunk { place: place.clone(), bytes: Vec::new(), objects: Vec::new() };
    let mut chunk = empty();
    for record in 0.. {
        let next = objects.next();
        let is_over = !matches!(next, Ok(Some(_)));
        if is_over || chunk.bytes.len() >= CHUNK {
            let full = std::mem::replace(&mut chunk, empty());
            let bytes = full.bytes.len() as u64;
            sink.push(BatchItem::Objects(full), bytes)?;
        }
        let Some(Cut { range, line, what }) = next? else { return Ok(()) };
        let reason = match what {
            CutKind::Object => {
                let start = chunk.bytes.len();
                chunk.bytes.extend_from_slice(objects.bytes());
                let line = u32::try_from(line).unwrap_or(u32::MAX);
                chunk.objects.push(ObjectPlace { range: start..chunk.bytes.len(), record, line });
                continue;
            }
            CutKind::Others => Reason::NotAnObject.to_string(),
            CutKind::TooLarge => Reason::TooLarge(limit).to_string(),
            CutKind::Rest => {
                format!(
                    "malformed JSON, and nothing tells where the next object begins: {} bytes are lost",
                    range.end - range.start
                )
            }
        };
        sink.lost(place, Some(record), format!("line {line}: {reason}"));
    }
    Ok(())
}

impl ObjectChunk {
    pub(super) fn convert(self, reader: &JsonLines, rules: &ReadingRules, kernel: Kernel, done: &mut Done) {
        let mut scratch = Scratch::new(kernel);
        for ObjectPlace { range, record, line } in self.objects {
            let bytes = &self.bytes[range];
            done.json(&self.place, (record, line), bytes, (reader, rules), &mut scratch);
        }
    }
}

/// The bytes of a stream that stay where objects of these numbers, which are in order, go: with an object goes what stands
/// between it and the one before it, so that an array stays one.
///
/// # Errors
/// Those of reading.
pub(crate) fn kept(from: &mut dyn Read, gone: &[u32], limit: u64) -> io::Result<Vec<Range<u64>>> {
    let mut objects = Objects::new(from, limit);
    let (mut kept, mut gone) = (Vec::new(), gone.iter().peekable());
    // What stands before the first object stays, and goes on to the first that stays.
    let (mut start, mut end, mut has_kept) = (0, 0, false);
    for number in 0.. {
        let Some(Cut { range, .. }) = objects.next()? else { break };
        if number == 0 {
            kept.push(0..range.start);
            start = range.start;
        }
        if gone.next_if(|&&gone| gone == number).is_some() {
            if has_kept {
                kept.push(start..end);
            }
            start = range.end;
        } else if !std::mem::replace(&mut has_kept, true) {
            start = range.start;
        }
        end = range.end;
    }
    if has_kept {
        kept.push(start..end);
    }
    kept.push(end..u64::MAX);
    kept.retain(|range| !range.is_empty());
    Ok(kept)
}

/// Copies these bytes of a stream, which are in order.
///
/// # Errors
/// Those of reading and writing.
pub(crate) fn copy_kept(mut from: impl Read, kept: &[Range<u64>], out: &mut dyn Write) -> io::Result<()> {
    let mut at = 0;
    for range in kept {
        io::copy(&mut from.by_ref().take(range.start - at), &mut io::sink())?;
        io::copy(&mut from.by_ref().take(range.end - range.start), out)?;
        at = range.end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is cut out of bytes that come as they like: the objects, other cuts by their kind, each with its line.
    fn cuts(bytes: &[u8], limit: u64) -> Vec<(String, u64)> {
        let mut from = bytes;
        let mut objects = Objects::new(&mut from, limit);
        let mut all = Vec::new();
        while let Some(cut) = objects.next().expect("memory") {
            let said = match cut.what {
                CutKind::Object => {
                    assert_eq!(objects.bytes(), &bytes[cut.range.start as usize..cut.range.end as usize]);
                    String::from_utf8_lossy(objects.bytes()).into_owned()
                }
                what => format!("{what:?}"),
            };
            all.push((said, cut.line));
        }
        all
    }

    fn texts(bytes: &str) -> Vec<String> {
        cuts(bytes.as_bytes(), 1 << 20).into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn arrays_and_what_else_holds_objects() {
        let two = [r#"{"a":"x]}{"}"#, r#"{"b":[{},{"c":1}]}"#];
        for (before, between, behind) in [
            ("[", ",", "]"),
            ("\u{feff} \r\n[\n  ", ",\n  ", "\n]\n"),
            ("", "", ""),
            ("", "\n", "\n"),
            ("[", "]\n[", "]"),
            ("[", " \u{feff}", ""),
            ("\u{1e}", "\n\u{1e}", "\n"),
        ] {
            assert_eq!(
                texts(&format!("{before}{}{between}{}{behind}", two[0], two[1])),
                two,
                "{before}{between}"
            );
        }
        assert_eq!(texts(" \n[ ] "), Vec::<String>::new());
        assert_eq!(texts(r#"[1, "{", null, {"a":1}, -Infinity]"#), ["Others", r#"{"a":1}"#, "Others"]);
        let long = format!(r#"{{"a":"{}"}}"#, "long ".repeat(50_000));
        assert_eq!(texts(&format!("[{long},{{}},{long}]")), [long.as_str(), "{}", &long]);
    }

    #[test]
    fn one_broken_object_does_not_take_the_next_with_it() {
        // Of the brackets that follow one another.
        assert_eq!(texts(r#"[{"a":b},{"c":1}]"#), [r#"{"a":b}"#, r#"{"c":1}"#]);
        // Of a string that does not end, where lines begin objects.
        let indented = "[\n  {\n    \"a\": \"x,\n    \"b\": [\n      {\n        \"c\": 1 }]\n  },\n  {\n    \"d\": 1\n  }\n]";
        assert_eq!(texts(indented).last().map(String::as_str), Some("{\n    \"d\": 1\n  }"));
        assert_eq!(texts(indented).len(), 2);
        assert_eq!(texts("{\"a\":\n{\"b\":1}\n{\"c\n{\"d\":1}").len(), 4);
        assert_eq!(
            texts("[{\"a\":\"x}, {\"b\":1},\n{\"c\":1}]").last().map(String::as_str),
            Some("{\"c\":1}")
        );
        // Where nothing tells, it is said.
        assert_eq!(texts(r#"[{"a":1},{"b":"x},{"c":1}]"#).last().map(String::as_str), Some("Rest"));
        assert_eq!(texts("{\"a\":1} and more"), ["{\"a\":1}", "Rest"]);
        assert_eq!(texts("{\"a\n7\nno }, record\n{\"b\":1}"), ["{\"a\n7\nno }, record\n", "{\"b\":1}"]);
        assert_eq!(
            texts("{\"a\":1}\n7\nno }, record\n{\"b\":1}"),
            ["{\"a\":1}", "Others", "no }, record\n", "{\"b\":1}"]
        );
    }

    #[test]
    fn what_is_too_large_is_passed_and_lines_are_counted() {
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(500_000));
        let found = cuts(format!("[\n{large},\n\n{{}}]").as_bytes(), 1000);
        assert_eq!(found, [("TooLarge".to_owned(), 2), ("{}".to_owned(), 4)]);
    }

    /// Each broken object costs what it is long, and not what is behind it.
    #[test]
    fn broken_objects_without_end_are_linear() {
        let many = "{\"a\":x\n".repeat(200_000);
        assert_eq!(texts(&many).len(), 200_000);
        let nested = "[".repeat(1 << 20);
        assert_eq!(texts(&nested), Vec::<String>::new());
        let open = "{\"a\":[".repeat(100_000);
        assert_eq!(texts(&open), ["Rest"]);
    }

    #[test]
    fn what_is_an_array_and_what_are_lines() {
        let array = |head: &str| begin_an_array(head.as_bytes(), true);
        for yes in ["[{\"a\":1}, ", "\u{feff}\n[\n {", "[]", " [1, 2]\n", "[\"a\", \"b\"]"] {
            assert!(array(yes), "{yes}");
        }
        for no in [
            "[Update] The council",
            "[1] Smith, J.",
            "[\"Quote\"] said",
            "{}",
            "",
            "[{{x}}]",
            "[[link]] text",
        ] {
            assert!(!array(no), "{no}");
        }
        for yes in ["{\"a\":1}\n{", "{\"a\":1}", "{\"a\":1", " \n{}\r\n\n"] {
            assert!(are_lines(yes.as_bytes()), "{yes}");
        }
        for no in ["{\n\"a\":1}", "[{\"a\":1}]", "{\"a\":1}{\"b\":1}\n", "{\"a\":1}{\"b\"", "{\"a\":\n1}"] {
            assert!(!are_lines(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn what_stays_of_an_array_is_one() {
        let left = |bytes: &str, gone: &[u32]| {
            let kept = kept(&mut bytes.as_bytes(), gone, 1 << 20).expect("memory");
            let mut out = Vec::new();
            copy_kept(bytes.as_bytes(), &kept, &mut out).expect("memory");
            String::from_utf8(out).expect("UTF-8")
        };
        let array = "[\n {\"a\":0},\n {\"a\":1} , {\"a\":2}\n]\n";
        assert_eq!(left(array, &[]), array);
        assert_eq!(left(array, &[0]), "[\n {\"a\":1} , {\"a\":2}\n]\n");
        assert_eq!(left(array, &[1]), "[\n {\"a\":0} , {\"a\":2}\n]\n");
        assert_eq!(left(array, &[2]), "[\n {\"a\":0},\n {\"a\":1}\n]\n");
        assert_eq!(left(array, &[0, 1]), "[\n {\"a\":2}\n]\n");
        assert_eq!(left(array, &[0, 1, 2]), "[\n \n]\n");
        assert_eq!(left("{}{\"a\":1}\n", &[0]), "{\"a\":1}\n");
    }
}
