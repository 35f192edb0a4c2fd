//! Plain text and Markdown: one file, one document.

use std::ops::Range;

use super::Reader;
use super::record::{Fields, Reason, Value};

/// Reads a file as one document that is its text.
#[derive(Debug)]
pub struct PlainText;

/// How much of a file tells whether it is text.
const SNIFFED: usize = 8192;

impl Reader for PlainText {
    fn splits(&self) -> bool {
        false
    }

    fn align(&self, bytes: &[u8], at: usize) -> usize {
        if at == 0 { 0 } else { bytes.len() }
    }

    fn next(&self, bytes: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
        // An empty file is a document too, an empty one; behind a file's end there is none.
        (at == 0).then_some((0..bytes.len(), 0))
    }

    fn fields<'a>(&self, record: &'a [u8]) -> Result<Fields<'a>, Reason> {
        let head = &record[..record.len().min(SNIFFED)];
        // A character cut by the end of the head has no `error_len`.
        let broken = std::str::from_utf8(head).err().is_some_and(|e| e.error_len().is_some());
        if broken && memchr::memchr(0, head).is_some() {
            return Err(Reason::Binary);
        }
        let text = record.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(record);
        Ok(Fields::of_text(Value::Plain(text)))
    }
}
