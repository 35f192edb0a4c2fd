//! Converted documents, one after another: the one form of everything that cannot be read where it stands.
//!
//! A record is its length (four bytes, little endian), a payload of that length, and one byte that nobody reads. The
//! payload begins with its number in the file or entry that it came from, whether its id is named, and the lengths of its
//! parts, four bytes each and little endian; a part that is absent has the length `u32::MAX`. The parts follow in the order
//! of [`Draft`], the text last. The text is valid UTF-8; the other parts are what the input held.

use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;

use super::Reader;
use super::outline;
use super::record::{Fields, Value};
use super::store::{BIG, InputBytes, unnamed_file};
use crate::error::{Reason, Result};
use crate::html::{PageHead, VisiblePage};
use crate::mmap::Mapping;
use crate::options::not_spilled;

/// A document on its way into the spool.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Draft<'a> {
    pub id: &'a [u8],
    /// Whether its record names the id; else the id was made of where the record stands.
    pub is_named: bool,
    pub title: Option<&'a [u8]>,
    pub url: Option<&'a [u8]>,
    pub canonical_url: Option<&'a [u8]>,
    pub date: Option<&'a [u8]>,
    pub source: Option<&'a [u8]>,
    /// What stands in for a site where nothing else names one.
    pub directory: &'a str,
    /// What problems name: the file, and within an archive the entry.
    pub path: &'a str,
    /// Its number in the file or entry of `path`, where that holds several.
    pub record: Option<u32>,
    /// All that is visible of a page, as `outline` writes it; empty for what is no page.
    pub page: &'a [u8],
    /// The record as it stood, where it is a JSON object and somebody wants it.
    pub json: Option<&'a [u8]>,
    pub text: &'a str,
}

const PARTS: usize = 11;
const PATH: usize = PARTS - 4;
const PAGE: usize = PARTS - 3;
const JSON: usize = PARTS - 2;
const TEXT: usize = PARTS - 1;
/// Where a payload says whether its id is named, and the lengths of its parts.
const NAMED: usize = 4;
const LENGTHS: usize = 8;
const HEADER: usize = LENGTHS + 4 * PARTS;
const ABSENT: u32 = u32::MAX;

impl Draft<'_> {
    /// Appends the record to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let parts: [Option<&[u8]>; PARTS] = [
            Some(self.id),
            self.title,
            self.url,
            self.canonical_url,
            self.date,
            self.source,
            Some(self.directory.as_bytes()),
            Some(self.path.as_bytes()),
            (!self.page.is_empty()).then_some(self.page),
            self.json,
            Some(self.text.as_bytes()),
        ];
        let bytes: usize = parts.iter().flatten().map(|part| part.len()).sum();
        out.reserve(4 + HEADER + bytes + 1);
        out.extend_from_slice(&((HEADER + bytes) as u32).to_le_bytes());
        out.extend_from_slice(&self.record.unwrap_or(ABSENT).to_le_bytes());
        out.extend_from_slice(&u32::from(self.is_named).to_le_bytes());
        for part in parts {
            out.extend_from_slice(&part.map_or(ABSENT, |part| part.len() as u32).to_le_bytes());
        }
        for part in parts.into_iter().flatten() {
            out.extend_from_slice(part);
        }
        out.push(b'\n');
    }

    /// Bytes of the payload; what is larger than a `u32` cannot be written.
    pub fn bytes(&self) -> u64 {
        let parts = [self.title, self.url, self.canonical_url, self.date, self.source, self.json];
        let optional: usize = parts.iter().flatten().map(|part| part.len()).sum();
        let rest = self.id.len() + self.directory.len() + self.path.len() + self.text.len();
        (HEADER + optional + rest + self.page.len()) as u64
    }
}

/// Reads what [`Draft::write`] wrote.
#[derive(Debug)]
pub(super) struct Spooled;

impl Spooled {
    /// Which file or entry a record came from, and its number there where that holds several.
    pub fn place(record: &[u8]) -> Option<(String, Option<u32>)> {
        let parts = parts(record)?;
        let number = number(record, 0)?;
        let path = String::from_utf8_lossy(parts[PATH]?).into_owned();
        Some((path, (number != ABSENT).then_some(number)))
    }
}

impl Reader for Spooled {
    fn splits(&self) -> bool {
        true
    }

    /// Pieces of a spool are cut between records when it is written.
    fn align(&self, _bytes: &[u8], at: usize) -> usize {
        at
    }

    fn next(&self, bytes: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
        let start = at + 4;
        let end = start + number(bytes, at)? as usize;
        (end < bytes.len()).then_some((start..end, 0))
    }

    fn fields<'a>(&self, record: &'a [u8]) -> Result<Fields<'a>, Reason> {
        let parts = parts(record).ok_or(Reason::Changed)?;
        let is_id_made = number(record, NAMED) == Some(0);
        let [id, title, url, canonical_url, date, source, directory, _, _, _, text] =
            parts.map(|part| part.map(Value::Plain));
        let (text, json) = (text.ok_or(Reason::Changed)?, parts[JSON]);
        Ok(Fields { text, id, is_id_made, title, url, canonical_url, date, source, directory, json })
    }

    fn page_head(&self, record: &[u8]) -> Option<PageHead> {
        outline::read_head(parts(record)?[PAGE]?)
    }

    fn page(&self, record: &[u8]) -> Option<VisiblePage> {
        let parts = parts(record)?;
        outline::read(parts[PAGE]?, std::str::from_utf8(parts[TEXT]?).ok()?)
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

fn parts(record: &[u8]) -> Option<[Option<&[u8]>; PARTS]> {
    let mut parts = [None; PARTS];
    let mut start = HEADER;
    for (i, part) in parts.iter_mut().enumerate() {
        let length = number(record, LENGTHS + 4 * i)?;
        if length != ABSENT {
            let end = start + length as usize;
            *part = Some(record.get(start..end)?);
            start = end;
        }
    }
    Some(parts)
}

/// About how many bytes stand between two cuts.
const PIECE: u64 = 1 << 20;

/// Takes records, in memory while they are few, in an unlinked file once they are not.
#[derive(Debug)]
pub(super) struct Spool {
    directory: Option<PathBuf>,
    head: Vec<u8>,
    file: Option<File>,
    length: u64,
    cuts: Vec<u64>,
}

impl Spool {
    /// An empty spool whose file, if it needs one, is made in `directory`.
    pub fn new(directory: Option<PathBuf>) -> Spool {
        Spool { directory, head: Vec::new(), file: None, length: 0, cuts: vec![0] }
    }

    /// Appends whole records.
    ///
    /// # Errors
    /// [`ErrorKind::Write`].
    pub fn append(&mut self, records: &[u8]) -> Result<()> {
        self.cut(records);
        self.length += records.len() as u64;
        if self.file.is_none() && self.length < BIG {
            self.head.extend_from_slice(records);
            return Ok(());
        }
        self.write(records).map_err(|e| not_spilled(self.directory.as_deref(), e))
    }

    fn write(&mut self, records: &[u8]) -> std::io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = self.file.insert(unnamed_file(self.directory.as_deref())?);
                file.write_all(&std::mem::take(&mut self.head))?;
                file
            }
        };
        file.write_all(records)
    }

    /// Notes where records begin, a piece apart.
    fn cut(&mut self, records: &[u8]) {
        let mut at = 0;
        while let Some(length) = number(records, at) {
            let start = self.length + at as u64;
            if self.cuts.last().is_some_and(|last| start - last >= PIECE) {
                self.cuts.push(start);
            }
            at += 4 + length as usize + 1;
        }
    }

    /// All that was appended, and where it may be cut: ascending, the first cut 0, the last one the end.
    ///
    /// # Errors
    /// [`ErrorKind::Write`] where the file cannot be mapped.
    pub fn finish(mut self) -> Result<(InputBytes, Vec<u64>)> {
        self.cuts.push(self.length);
        let store = match self.file {
            None => InputBytes::Held(self.head.into()),
            Some(file) => {
                let mapping = Mapping::new(&file).map_err(|e| not_spilled(self.directory.as_deref(), e))?;
                InputBytes::Spilled(mapping)
            }
        };
        Ok((store, self.cuts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_as_they_were_written() {
        let mut bytes = Vec::new();
        let visible = VisiblePage { text: "all of it".into(), ..VisiblePage::default() };
        let page = outline::written(&visible, "t");
        let first = Draft {
            id: b"a",
            url: Some(b"u"),
            text: "t\n\u{e9}",
            path: "p",
            record: Some(7),
            page: &page,
            ..Draft::default()
        };
        first.write(&mut bytes);
        Draft { id: b"b", title: Some(b""), directory: "d", ..Draft::default() }.write(&mut bytes);
        let (one, _) = Spooled.next(&bytes, 0).expect("a record");
        assert_eq!(one.len() as u64, first.bytes());
        let fields = Spooled.fields(&bytes[one.clone()]).expect("fields");
        assert_eq!((fields.text.to_text(), fields.url), ("t\n\u{e9}".into(), Some(Value::Plain(b"u"))));
        assert_eq!(Spooled::place(&bytes[one.clone()]), Some(("p".into(), Some(7))));
        assert_eq!(Spooled.page(&bytes[one.clone()]), Some(visible));
        let (two, _) = Spooled.next(&bytes, one.end + 1).expect("another record");
        let fields = Spooled.fields(&bytes[two.clone()]).expect("fields");
        assert_eq!(
            (fields.title, fields.url, fields.text),
            (Some(Value::Plain(b"")), None, Value::Plain(b""))
        );
        assert_eq!(Spooled::place(&bytes[two.clone()]), Some((String::new(), None)));
        assert_eq!(Spooled.next(&bytes, two.end + 1), None);
    }

    #[test]
    fn bytes_that_are_no_records_are_refused() {
        let mut bytes = Vec::new();
        Draft { id: b"a", text: "text", ..Draft::default() }.write(&mut bytes);
        for cut in 0..bytes.len() {
            assert_eq!(Spooled.next(&bytes[..cut], 0), None);
            assert!(cut < 4 || Spooled.fields(&bytes[4..cut]).is_err() || cut == bytes.len() - 1);
        }
        assert_eq!(Spooled.fields(&[0x7F; 100]), Err(Reason::Changed));
    }

    #[test]
    fn cuts_stand_between_records_in_memory_and_in_a_file() {
        for count in [3usize, 3000] {
            let mut spool = Spool::new(None);
            let text = "word ".repeat(300);
            for _ in 0..count {
                let mut bytes = Vec::new();
                Draft { id: b"a", text: &text, ..Draft::default() }.write(&mut bytes);
                spool.append(&bytes).expect("written");
            }
            let (store, cuts) = spool.finish().expect("finished");
            let mut scratch = Vec::new();
            let bytes = store.all(&mut scratch).expect("read");
            let (mut at, mut seen, mut starts) = (0, 0, vec![]);
            while let Some((range, _)) = Spooled.next(bytes, at) {
                starts.push(at as u64);
                at = range.end + 1;
                seen += 1;
            }
            assert_eq!((seen, at), (count, bytes.len()));
            assert!(cuts[..cuts.len() - 1].iter().all(|cut| starts.binary_search(cut).is_ok()));
            assert_eq!((cuts[0], cuts[cuts.len() - 1]), (0, bytes.len() as u64));
        }
    }
}
