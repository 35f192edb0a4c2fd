//! Plain text and Markdown, in any charset: one file, one document.

use std::ops::Range;

use super::Reader;
use super::record::{Fields, Value};
use crate::charset;
use crate::error::Reason;

/// Reads a file as one document that is its text.
#[derive(Debug)]
pub struct PlainText;

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
        if !charset::is_utf_8(record) {
            let head = &record[..record.len().min(charset::SNIFFED)];
            charset::decode(head, None, false)?;
            return Ok(Fields::of_text(Value::Coded(record)));
        }
        let text = charset::unmarked(record);
        Ok(Fields::of_text(Value::Plain(text)))
    }

    /// In UTF-8, whatever the record was in.
    fn with_text(&self, _record: &[u8], text: &str) -> Option<Vec<u8>> {
        Some(text.as_bytes().to_vec())
    }
}
