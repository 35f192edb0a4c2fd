//! A row of columns, whatever file or program it is of, to a document.

use super::{Sink, SourcePlace, Step, made_id, replaced};
use crate::corpus::record::{Scratch, Value, is_blank};
use crate::corpus::spool::Draft;

/// The fields of a row, as bytes of text; those that are absent or null are none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RowFields<'a> {
    pub text: &'a [u8],
    pub id: Option<&'a [u8]>,
    pub title: Option<&'a [u8]>,
    pub url: Option<&'a [u8]>,
    pub canonical_url: Option<&'a [u8]>,
    pub date: Option<&'a [u8]>,
    pub source: Option<&'a [u8]>,
}

impl RowFields<'_> {
    /// Hands on the document of row `number`, which begins in this line where it stands in lines.
    pub fn hand_on(
        &self,
        (number, line): (u32, Option<u64>),
        place: &SourcePlace,
        scratch: &mut Scratch,
        sink: &mut Sink<'_, '_>,
    ) -> Step {
        let text = Value::Plain(self.text).decode(scratch);
        if text.replaced > 0 {
            let line = line.map_or(String::new(), |line| format!("line {line}: "));
            let reason = format!("{line}{}", replaced(text.replaced));
            sink.problem(&place.path, Some(number), reason, false);
        }
        let named = self.id.filter(|id| !is_blank(id));
        let made = made_id(&place.name, Some(number));
        sink.document(&Draft {
            id: named.unwrap_or(made.as_bytes()),
            is_named: named.is_some(),
            title: self.title,
            url: self.url,
            canonical_url: self.canonical_url,
            date: self.date,
            source: self.source,
            directory: &place.directory,
            path: &place.path,
            record: Some(number),
            page: &[],
            json: None,
            text: text.text,
        })
    }
}
