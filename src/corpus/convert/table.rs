//! Tables of delimited fields (RFC 4180): the first row names the columns, every other row is a document.

use std::io::Read;

use csv_core::{ReadRecordResult, ReaderBuilder};

use super::{Sink, SourcePlace, Step, Stop, made_id, replaced};
use crate::corpus::record::{FieldNames, Scratch, Value, is_blank};
use crate::corpus::spool::Draft;
use crate::error::Reason;

/// One row of a table: its fields' bytes one after another, and where each ends.
#[derive(Default)]
struct Row {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Filled so far.
    length: usize,
    fields: usize,
    too_large: bool,
}

impl Row {
    fn clear(&mut self) {
        (self.length, self.fields, self.too_large) = (0, 0, false);
    }

    /// More room for bytes; beyond `limit` the row is only passed.
    fn widen(&mut self, limit: u64) {
        if self.bytes.len() as u64 > limit {
            self.clear();
            self.too_large = true;
            return;
        }
        let length = (self.bytes.len() * 2).max(64 << 10);
        self.bytes.resize(length, 0);
    }

    fn widen_ends(&mut self) {
        // A row of so many fields is a file of one quote too few or none too many; its rest is passed.
        if self.ends.len() > 1 << 20 {
            self.clear();
            self.too_large = true;
            return;
        }
        self.ends.resize((self.ends.len() * 2).max(64), 0);
    }

    fn field(&self, number: usize) -> &[u8] {
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.bytes[start..self.ends[number]]
    }
}

/// Cuts rows out of a stream.
struct Rows<'a> {
    from: &'a mut dyn Read,
    parser: csv_core::Reader,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    over: bool,
    limit: u64,
}

impl Rows<'_> {
    /// The next row, and the line that it begins on or near; false at the end.
    fn next(&mut self, row: &mut Row) -> std::io::Result<bool> {
        row.clear();
        loop {
            if self.at == self.filled && !self.over {
                self.filled = self.from.read(&mut self.buffer)?;
                self.at = 0;
                self.over = self.filled == 0;
            }
            let input = &self.buffer[self.at..self.filled];
            let (result, taken, given, ends) =
                self.parser.read_record(input, &mut row.bytes[row.length..], &mut row.ends[row.fields..]);
            self.at += taken;
            row.length += given;
            row.fields += ends;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => row.widen(self.limit),
                ReadRecordResult::OutputEndsFull => row.widen_ends(),
                ReadRecordResult::Record => return Ok(true),
                ReadRecordResult::End => return Ok(false),
            }
        }
    }
}

/// Where the columns stand that matter.
struct Columns {
    text: usize,
    id: Option<usize>,
    title: Option<usize>,
    url: Option<usize>,
    canonical_url: Option<usize>,
    date: Option<usize>,
    source: Option<usize>,
    count: usize,
}

impl Columns {
    fn of(header: &Row, names: &FieldNames) -> Result<Columns, Reason> {
        let column = |name: &str| (0..header.fields).find(|&i| header.field(i) == name.as_bytes());
        Ok(Columns {
            text: column(&names.text).ok_or_else(|| Reason::NoText(names.text.clone(), Vec::new()))?,
            id: column(&names.id),
            title: column(&names.title),
            url: column(&names.url),
            canonical_url: column(&names.canonical_url),
            date: column(&names.date),
            source: column(&names.source),
            count: header.fields,
        })
    }
}

pub(super) fn read(from: &mut dyn Read, delimiter: u8, place: &SourcePlace, sink: &mut Sink<'_, '_>) -> Step {
    let limit = sink.rules.max_record;
    let mut rows = Rows {
        from,
        parser: ReaderBuilder::new().delimiter(delimiter).build(),
        buffer: vec![0; 256 << 10],
        at: 0,
        filled: 0,
        over: false,
        limit,
    };
    let mut row = Row::default();
    if !rows.next(&mut row)? {
        return Ok(());
    }
    if row.too_large {
        return Err(Stop::Input(format!("the header is {}", Reason::TooLarge(limit))));
    }
    let columns =
        Columns::of(&row, &sink.rules.names).map_err(|reason| Stop::Input(format!("header: {reason}")))?;
    let mut scratch = Scratch::new(sink.resources.kernel);
    for number in 0.. {
        let line = rows.parser.line();
        if !rows.next(&mut row)? {
            break;
        }
        // Blank lines before the row are passed within it, so that this is where it may begin.
        match (row.too_large, row.fields == columns.count) {
            (true, _) => sink.lost(place, Some(number), format!("line {line}: {}", Reason::TooLarge(limit))),
            (false, false) => {
                let ragged = format!("line {line}: {} fields, the header has {}", row.fields, columns.count);
                sink.lost(place, Some(number), ragged);
            }
            (false, true) => document(&row, &columns, number, line, place, &mut scratch, sink)?,
        }
    }
    Ok(())
}

fn document(
    row: &Row,
    columns: &Columns,
    number: u32,
    line: u64,
    place: &SourcePlace,
    scratch: &mut Scratch,
    sink: &mut Sink<'_, '_>,
) -> Step {
    let field = |column: Option<usize>| column.map(|c| row.field(c)).filter(|field| !field.is_empty());
    let made = made_id(&place.name, Some(number));
    let text = Value::Plain(row.field(columns.text)).decode(scratch);
    if text.replaced > 0 {
        sink.problem(&place.path, Some(number), format!("line {line}: {}", replaced(text.replaced)), false);
    }
    sink.document(&Draft {
        places: &[],
        id: field(columns.id).filter(|id| !is_blank(id)).unwrap_or(made.as_bytes()),
        title: field(columns.title),
        url: field(columns.url),
        canonical_url: field(columns.canonical_url),
        date: field(columns.date),
        source: field(columns.source),
        directory: &place.directory,
        path: &place.path,
        record: Some(number),
        text: text.text,
    })
}
