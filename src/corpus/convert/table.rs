//! Tables of delimited fields: the first row names the columns, every other row is a document.
//!
//! What RFC 4180 says, and what spreadsheets and databases write besides: other separators, a first line that names the
//! separator, spaces before a quotation mark, and quotation marks that a backslash escapes. Which of these a table has is told
//! by its header and by which of them makes its rows as long as the header. A parser of our own, since the one that there is
//! does not say where a row breaks these rules: there a piece of text becomes another document's id.

use std::io::{self, Read};
use std::ops::Range;

use super::row::RowFields;
use super::window::CutWindow;
use super::{Sink, SourcePlace, Step, Stop};
use crate::corpus::record::{FieldNames, Scratch};
use crate::error::Reason;

/// What separates the fields of a table.
#[derive(Debug, Clone, Copy)]
pub(super) enum Separator {
    /// As its kind has it, unless the header says otherwise.
    Usual(u8),
    /// As somebody said it.
    Said(u8),
}

impl Separator {
    pub fn of(usual: u8, said: Option<u8>) -> Separator {
        said.map_or(Separator::Usual(usual), Separator::Said)
    }
}

/// What tables are separated by, in order.
const SEPARATORS: [u8; 4] = *b",;\t|";

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Dialect {
    separator: u8,
    /// Spaces may stand before the mark that begins a quoted field.
    spaced: bool,
    /// A backslash escapes a mark within a quoted field.
    escaped: bool,
}

impl Dialect {
    fn plain(separator: u8) -> Dialect {
        Dialect { separator, spaced: false, escaped: false }
    }
}

/// One row of a table: its fields' bytes one after another, and where each ends.
#[derive(Default)]
struct Row {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// A quoted field goes on behind its closing mark, or has none.
    broken: bool,
    /// The mark that it goes on behind follows a backslash.
    foreign: bool,
    /// A mark stands within a field that is not quoted.
    stray: bool,
    /// Several lines.
    long: bool,
    too_large: bool,
}

/// Fields of a row, at most: more are those of a file of one quotation mark too few or none too many.
const FIELDS: usize = 1 << 20;

impl Row {
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        (self.broken, self.foreign, self.stray, self.long, self.too_large) = Default::default();
    }

    fn field(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(number).and_then(|&end| self.bytes.get(start..end)).unwrap_or_default()
    }

    fn is_blank(&self) -> bool {
        self.ends.len() == 1 && self.bytes.is_empty() && !self.broken
    }

    /// Whether it is a row of so many fields. What breaks the rules within its line is read as it was meant, as far as
    /// anybody can tell; over several lines nobody can.
    fn is_of(&self, fields: usize) -> bool {
        self.ends.len() == fields && !(self.broken && self.long)
    }

    /// Parses the row that bytes begin with, and says where it ends; none where that takes more bytes.
    fn parse(&mut self, bytes: &[u8], is_over: bool, dialect: Dialect) -> Option<usize> {
        self.clear();
        let mut at = 0;
        loop {
            let spaces = bytes[at..].iter().take_while(|&&b| dialect.spaced && b == b' ').count();
            if bytes.get(at + spaces) == Some(&b'"') {
                at = self.quoted(bytes, at + spaces + 1, is_over, dialect)?;
            } else {
                let end = end_of_field(bytes, at, is_over, dialect)?;
                self.stray |= memchr::memchr(b'"', &bytes[at..end]).is_some();
                self.bytes.extend_from_slice(&bytes[at..end]);
                at = end;
            }
            if self.ends.len() == FIELDS {
                self.too_large = true;
            } else {
                self.ends.push(self.bytes.len());
            }
            match bytes.get(at..).unwrap_or_default() {
                [separator, ..] if *separator == dialect.separator => at += 1,
                [b'\r', b'\n', ..] => return Some(at + 2),
                [b'\r'] if !is_over => return None,
                rest => return Some(at + rest.len().min(1)),
            }
        }
    }

    /// Takes a quoted field from behind its mark. The place behind it.
    fn quoted(&mut self, bytes: &[u8], from: usize, is_over: bool, dialect: Dialect) -> Option<usize> {
        let mut at = from;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let found =
                if dialect.escaped { memchr::memchr2(b'"', b'\\', rest) } else { memchr::memchr(b'"', rest) };
            let Some(found) = found else {
                self.bytes.extend_from_slice(rest);
                self.broken = true;
                self.long = true;
                return is_over.then_some(bytes.len());
            };
            let text = &rest[..found];
            self.long |= memchr::memchr(b'\n', text).is_some();
            self.bytes.extend_from_slice(text);
            match &rest[found..] {
                [_] if !is_over => return None,
                [b'\\', escaped @ (b'"' | b'\\'), ..] => {
                    // Other escapes are the text's: what they stand for is told by nobody.
                    let kept = if *escaped == b'"' { &b"\""[..] } else { b"\\\\" };
                    self.bytes.extend_from_slice(kept);
                    at += found + 2;
                }
                [b'\\', ..] => {
                    self.bytes.push(b'\\');
                    at += found + 1;
                }
                [_, b'"', ..] => {
                    self.bytes.push(b'"');
                    at += found + 2;
                }
                _ => {
                    at += found + 1;
                    break;
                }
            }
        }
        let end = end_of_field(bytes, at, is_over, dialect)?;
        let behind = &bytes[at..end];
        if behind.iter().any(|&b| b != b' ') {
            self.broken = true;
            self.foreign |= bytes[..at - 1].ends_with(b"\\");
            self.bytes.extend_from_slice(behind);
        }
        Some(end)
    }
}

/// Where the next separator or end of a line is.
fn end_of_field(bytes: &[u8], at: usize, is_over: bool, dialect: Dialect) -> Option<usize> {
    let rest = bytes.get(at..).unwrap_or_default();
    let found = memchr::memchr3(dialect.separator, b'\n', b'\r', rest).map(|end| at + end);
    found.or(is_over.then_some(bytes.len()))
}

/// Bytes that are looked at to tell how a table is written.
const SAMPLE: usize = 256 << 10;

/// Rows that are read twice, at most, to see whether marks are escaped in them: what looks so and is not costs time.
const DOUBTS: u32 = 100;

/// Bytes that are looked at first for a row's end; each time twice as many.
const FIRST: usize = 64 << 10;

/// Cuts rows out of a stream.
struct Rows<'a> {
    window: CutWindow<'a>,
    dialect: Dialect,
    /// Lines before the window.
    lines: u64,
    /// Where the row that was read last begins.
    start: u64,
    limit: usize,
    /// Fields of the header.
    fields: usize,
    /// How many rows may still be read twice, to see whether marks are escaped.
    doubts: u32,
}

impl<'a> Rows<'a> {
    /// The rows of a table from behind a line that names its separator, and its columns.
    ///
    /// # Errors
    /// What is wrong with its header.
    fn begin(
        from: &'a mut dyn Read,
        separator: Separator,
        names: &FieldNames,
        limit: u64,
    ) -> Result<(Rows<'a>, Option<Columns>), Stop> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let dialect = Dialect::plain(b',');
        let window = CutWindow::new(from);
        let mut rows = Rows { window, dialect, lines: 0, start: 0, limit, fields: 0, doubts: 0 };
        let is_over = rows.window.fill(SAMPLE);
        let sample = rows.window.seen(SAMPLE);
        let (named, behind) =
            named_separator(sample).map_or((None, 0), |(named, behind)| (Some(named), behind));
        let candidates = match (separator, named) {
            (Separator::Said(one), _) | (_, Some(one)) => vec![one],
            (Separator::Usual(usual), None) => {
                let others = SEPARATORS.into_iter().filter(|&other| other != usual);
                std::iter::once(usual).chain(others).collect()
            }
        };
        let sample = &sample[behind..];
        let found = match Columns::of_sample(sample, is_over, &candidates, names) {
            Some(Ok((columns, dialect))) => Ok((dialect, columns)),
            Some(Err(reason)) => Err(Stop::Input(format!("header: {reason}"))),
            None if sample.is_empty() => {
                let none = rows.window.end()?;
                return Ok((rows, none));
            }
            None => {
                // It is longer than the sample.
                let header = Dialect { spaced: true, ..Dialect::plain(candidates[0]) };
                rows.consume(behind);
                rows.dialect = header;
                let mut row = Row::default();
                if rows.next(&mut row)?.is_none() || row.too_large {
                    return Err(Stop::Input(format!("the header is {}", Reason::TooLarge(limit as u64))));
                }
                let columns = Columns::of(&row, names, header)
                    .map_err(|reason| Stop::Input(format!("header: {reason}")))?;
                return Ok((rows, Some(columns)));
            }
        };
        let (dialect, columns) = found?;
        rows.consume(behind + columns.header);
        (rows.dialect, rows.fields) = (dialect, columns.count);
        rows.doubts = if dialect.escaped { 0 } else { DOUBTS };
        Ok((rows, Some(columns)))
    }

    fn consume(&mut self, count: usize) {
        self.lines += memchr::memchr_iter(b'\n', self.window.seen(count)).count() as u64;
        self.window.consume(count);
    }

    /// The next row that is not blank, and the line that it begins in; none at the end. One that is too large is passed.
    fn next(&mut self, row: &mut Row) -> io::Result<Option<u64>> {
        loop {
            self.start = self.window.offset();
            let mut wanted = FIRST;
            let end = loop {
                let is_over = self.window.fill(wanted);
                let bytes = self.window.seen(wanted);
                if bytes.is_empty() && is_over {
                    return self.window.end();
                }
                let mut end = row.parse(bytes, is_over, self.dialect);
                if row.foreign && self.doubts > 0 {
                    // A table may show by a late row that marks are escaped in it.
                    let escaped = Dialect { escaped: true, ..self.dialect };
                    let again = row.parse(bytes, is_over, escaped);
                    if again.is_some() && row.ends.len() == self.fields && !row.broken {
                        (self.dialect, end) = (escaped, again);
                    } else if again.is_none() && wanted <= SAMPLE {
                        end = None;
                    } else {
                        end = row.parse(bytes, is_over, self.dialect);
                        self.doubts -= 1;
                    }
                }
                let length = self.window.seen(wanted).len();
                match end {
                    // The row that damage cut is not what it was.
                    Some(end) if end == length && is_over && self.window.is_broken() => {
                        return self.window.end();
                    }
                    Some(end) => break end,
                    None if wanted > self.limit => {
                        let line = self.lines + 1;
                        self.pass_row();
                        row.clear();
                        row.too_large = true;
                        return Ok(Some(line));
                    }
                    None => wanted = wanted.saturating_mul(2),
                }
            };
            let line = self.lines + 1;
            row.too_large |= row.bytes.len() > self.limit;
            self.consume(end);
            if !row.is_blank() {
                return Ok(Some(line));
            }
        }
    }

    /// Passes a row without holding it.
    fn pass_row(&mut self) {
        let mut in_quotes = false;
        loop {
            let is_over = self.window.fill(FIRST);
            let bytes = self.window.seen(FIRST);
            let length = bytes.len();
            let end = bytes.iter().position(|&byte| {
                in_quotes ^= byte == b'"';
                byte == b'\n' && !in_quotes
            });
            self.consume(end.map_or(length, |end| end + 1));
            if end.is_some() || is_over {
                return;
            }
        }
    }
}

/// The separator that a first line names, as spreadsheets write it, and where the table begins behind it.
fn named_separator(bytes: &[u8]) -> Option<(u8, usize)> {
    let line = &bytes[..memchr::memchr(b'\n', bytes)?];
    let inside = line.trim_ascii_end();
    let inside = inside.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(inside);
    let is_named = inside.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"sep="));
    match inside.get(4..).filter(|_| is_named)? {
        [separator] => Some((*separator, line.len() + 1)),
        // White space at the end of a line is a tab where nothing else is named.
        [] => line.contains(&b'\t').then_some((b'\t', line.len() + 1)),
        _ => None,
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
    /// The names of all of them, as many as a message lists.
    there: Vec<String>,
    /// Bytes of the header.
    header: usize,
}

/// How near the name of a column must be to what it is looked up by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Likeness {
    Same,
    /// But for spaces around it and for case.
    Alike,
}

impl Columns {
    /// The columns of the header that a sample begins with, and how the table is written: that one of these separators counts
    /// under which the header names the text; a name as it stands goes before one that is alike. None where the sample has
    /// not all of the header.
    fn of_sample(
        sample: &[u8],
        is_over: bool,
        separators: &[u8],
        names: &FieldNames,
    ) -> Option<Result<(Columns, Dialect), String>> {
        let mut headers = Vec::new();
        for &separator in separators {
            let dialect = Dialect { spaced: true, ..Dialect::plain(separator) };
            let (mut header, mut at) = (Row::default(), 0);
            loop {
                let rest = sample.get(at..).filter(|rest| !rest.is_empty())?;
                at += header.parse(rest, is_over, dialect)?;
                if !header.is_blank() {
                    break;
                }
            }
            headers.push((header, at, dialect));
        }
        for likeness in [Likeness::Same, Likeness::Alike] {
            for (header, at, dialect) in &headers {
                if column(header, &names.text, likeness).is_some() {
                    let columns = Columns { header: *at, ..Columns::of(header, names, *dialect).ok()? };
                    let dialect = dialect_of(&sample[*at..], is_over, *dialect, columns.count);
                    return Some(Ok((columns, dialect)));
                }
            }
        }
        let (header, _, dialect) = headers.iter().rev().max_by_key(|(header, ..)| header.ends.len())?;
        Columns::of(header, names, *dialect).err().map(Err)
    }

    fn of(header: &Row, names: &FieldNames, dialect: Dialect) -> Result<Columns, String> {
        let column = |name: &str| {
            column(header, name, Likeness::Same).or_else(|| column(header, name, Likeness::Alike))
        };
        let there = || -> Vec<String> {
            let names = (0..header.ends.len().min(NAMED)).map(|i| {
                let name = String::from_utf8_lossy(header.field(i));
                name.chars().take(NAME).collect()
            });
            names.collect()
        };
        let none = || {
            let separator = match dialect.separator {
                b'\t' => "a tab".to_owned(),
                other => format!("`{}`", char::from(other)),
            };
            let reason = Reason::NoText(names.text.clone(), there());
            format!("{reason}, separated by {separator} (--delimiter names another separator)")
        };
        Ok(Columns {
            text: column(&names.text).ok_or_else(none)?,
            id: column(&names.id),
            title: column(&names.title),
            url: column(&names.url),
            canonical_url: column(&names.canonical_url),
            date: column(&names.date),
            source: column(&names.source),
            count: header.ends.len(),
            there: there(),
            header: 0,
        })
    }
}

/// Columns that a message lists, and characters of each.
const NAMED: usize = 20;
const NAME: usize = 60;

fn column(header: &Row, name: &str, likeness: Likeness) -> Option<usize> {
    let lower = name.trim().to_lowercase();
    (0..header.ends.len()).find(|&i| match likeness {
        Likeness::Same => header.field(i) == name.as_bytes(),
        Likeness::Alike => String::from_utf8_lossy(header.field(i)).trim().to_lowercase() == lower,
    })
}

/// How the rows of a sample are written: plainly, unless fewer of them break the rules or differ from the header otherwise.
fn dialect_of(sample: &[u8], is_over: bool, header: Dialect, fields: usize) -> Dialect {
    let dialect = |spaced, escaped| Dialect { spaced, escaped, ..header };
    let wrong = |&dialect: &Dialect| {
        let (mut row, mut at, mut wrong) = (Row::default(), 0, 0);
        while let Some(rest) = sample.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(end) = row.parse(rest, is_over, dialect) else { break };
            wrong += usize::from(!row.is_blank() && (row.broken || row.ends.len() != fields));
            at += end;
        }
        wrong
    };
    let plain = dialect(false, false);
    if wrong(&plain) == 0 {
        return plain;
    }
    let all = [plain, dialect(true, false), dialect(false, true), dialect(true, true)];
    all.into_iter().min_by_key(wrong).unwrap_or(plain)
}

pub(super) fn read(
    from: &mut dyn Read,
    separator: Separator,
    place: &SourcePlace,
    sink: &mut Sink<'_, '_>,
) -> Step {
    let limit = sink.rules.max_record;
    let (mut rows, columns) = Rows::begin(from, separator, &sink.rules.names, limit)?;
    let Some(mut columns) = columns else { return Ok(()) };
    let Columns { id, title, url, canonical_url, date, source, .. } = &columns;
    let has = [id, title, url, canonical_url, date, source].map(Option::is_some);
    sink.seen.table(has, std::mem::take(&mut columns.there));
    let mut scratch = Scratch::new(sink.resources.kernel);
    let mut row = Row::default();
    let mut was_broken = false;
    for number in 0.. {
        let Some(line) = rows.next(&mut row)? else { break };
        if row.too_large {
            sink.lost(place, Some(number), format!("line {line}: {}", Reason::TooLarge(limit)));
        } else if row.broken && row.long || was_broken && row.stray {
            // What follows may be more of its text, where a mark that stands in no field's beginning ends it.
            let what = "a quotation mark within a quoted field is neither doubled nor escaped";
            sink.lost(place, Some(number), format!("line {line}: {what}"));
            was_broken = true;
        } else if !row.is_of(columns.count) {
            let ragged = format!("line {line}: {} fields, the header has {}", row.ends.len(), columns.count);
            sink.lost(place, Some(number), ragged);
            was_broken |= row.broken;
        } else {
            was_broken = false;
            document(&row, &columns, number, line, place, &mut scratch, sink)?;
        }
    }
    Ok(())
}

/// Where each row of a table stands, with the end of its line, by the numbers that [`read`] gives them.
pub(super) fn stretches(
    from: &mut dyn Read,
    separator: Separator,
    names: &FieldNames,
    limit: u64,
) -> Result<Vec<Range<u64>>, Stop> {
    let (mut rows, columns) = Rows::begin(from, separator, names, limit)?;
    let (mut row, mut stretches) = (Row::default(), Vec::new());
    while columns.is_some() && rows.next(&mut row)?.is_some() {
        stretches.push(rows.start..rows.window.offset());
    }
    Ok(stretches)
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
    let cells = RowFields {
        text: row.field(columns.text),
        id: field(columns.id),
        title: field(columns.title),
        url: field(columns.url),
        canonical_url: field(columns.canonical_url),
        date: field(columns.date),
        source: field(columns.source),
    };
    cells.hand_on((number, Some(line)), place, scratch, sink)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of a table, each field in brackets; what is wrong with a row in its place.
    fn rows(table: &str, usual: u8) -> Result<Vec<String>, String> {
        let mut from = table.as_bytes();
        let names = FieldNames::default();
        let begun = Rows::begin(&mut from, Separator::Usual(usual), &names, 1 << 20);
        let (mut rows, columns) = match begun {
            Ok((rows, Some(columns))) => (rows, columns),
            Ok((_, None)) => return Ok(Vec::new()),
            Err(Stop::Input(reason)) => return Err(reason),
            Err(Stop::Run(error)) => return Err(error.to_string()),
        };
        let (mut row, mut all) = (Row::default(), Vec::new());
        while rows.next(&mut row).expect("memory").is_some() {
            let field = |i| format!("[{}]", String::from_utf8_lossy(row.field(i)));
            all.push(if row.is_of(columns.count) {
                (0..row.ends.len()).map(field).collect()
            } else {
                format!("{} fields", row.ends.len())
            });
        }
        Ok(all)
    }

    #[test]
    fn the_header_tells_the_separator() {
        for (separator, other) in [(',', ';'), (';', ','), ('\t', ','), ('|', ';')] {
            let table = format!(
                "id{separator}text\n1{separator}\"a{separator} b\"\n2{separator}c{other} d{other} e\n"
            );
            let want = [format!("[1][a{separator} b]"), format!("[2][c{other} d{other} e]")];
            assert_eq!(rows(&table, b',').as_deref(), Ok(&want[..]));
            assert_eq!(rows(&table, b'\t').as_deref(), Ok(&want[..]));
        }
        assert_eq!(rows("sep=;\r\nid;text\r\n1;a\r\n", b',').as_deref(), Ok(&["[1][a]".to_owned()][..]));
        assert_eq!(rows("\"sep=,\"\nid,text\n1,a", b'\t').as_deref(), Ok(&["[1][a]".to_owned()][..]));
        assert_eq!(rows("text\na; b | c\n", b',').as_deref(), Ok(&["[a; b | c]".to_owned()][..]));
        assert_eq!(rows("id, TEXT \n1, \"a, b\"\n", b',').as_deref(), Ok(&["[1][a, b]".to_owned()][..]));
        // A name as it stands goes before one that is alike.
        assert_eq!(rows("Text;x,text\n1,2\n", b',').as_deref(), Ok(&["[1][2]".to_owned()][..]));
        let missing = rows("id;Body;Datum\n1;2;3\n", b',').expect_err("no text");
        assert!(
            missing.contains("`id`, `Body`, `Datum`") && missing.contains("separated by `;`"),
            "{missing}"
        );
        assert_eq!(rows("", b','), Ok(Vec::new()));
    }

    #[test]
    fn rows_as_rfc_4180_has_them() {
        let table = "id,text\r\n1,\"a\n\"\"b\"\"\"\r\n\r\n2\n3,c,d\n4,5\" pipe\n,\"\"\r5,e";
        let want = ["[1][a\n\"b\"]", "1 fields", "3 fields", "[4][5\" pipe]", "[][]", "[5][e]"];
        assert_eq!(rows(table, b',').expect("a table"), want);
    }

    #[test]
    fn marks_that_a_backslash_escapes() {
        let escaped = "id,text,n\na,\"He said \\\"no,\\\" and\nwent, \\\"at once\\\".\",1\nb,\"C:\\\\\",2\n";
        assert_eq!(
            rows(escaped, b',').expect("a table"),
            ["[a][He said \"no,\" and\nwent, \"at once\".][1]", "[b][C:\\\\][2]"]
        );
        // A field that ends in a backslash escapes nothing where nothing else says so.
        let plain = "id,text\na,\"C:\\\"\nb,\"D:\\\"\n";
        assert_eq!(rows(plain, b',').expect("a table"), ["[a][C:\\]", "[b][D:\\]"]);
        // The first mark that is escaped may stand far behind the beginning.
        let late = format!("id,text\n{}z,\"so \\\"it\\\", is\"\n", "a,\"word word word\"\n".repeat(20_000));
        assert_eq!(
            rows(&late, b',').expect("a table").last().map(String::as_str),
            Some("[z][so \"it\", is]")
        );
    }

    #[test]
    fn a_row_that_breaks_the_rules_is_none() {
        let within = rows("id,text\na,\"the \"blue\" door\"\nb,c\n", b',').expect("a table");
        assert_eq!(within, ["[a][the blue\" door\"]", "[b][c]"]);
        let open = rows("id,text\na,\"never closed\nb,c\n", b',').expect("a table");
        assert_eq!(open, ["2 fields"]);
    }

    #[test]
    fn what_is_too_large_is_passed() {
        let table = format!("id,text\na,\"{}\"\nb,c\n", "x,\n".repeat(2_000_000));
        assert_eq!(rows(&table, b',').expect("a table").last().map(String::as_str), Some("[b][c]"));
        let wide = format!("id,text\n{}\nb,c\n", ",".repeat((1 << 20) + 5));
        assert_eq!(rows(&wide, b',').expect("a table").len(), 2);
    }
}
