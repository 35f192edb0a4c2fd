//! Sealed segments: written once in order, then mapped and never changed.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::format::{
    FOOTER, FileKind, Footer, FormatError, HEADER, NAMED, OLDEST, ROW, SegmentEntry, StoredRow, TableEntry,
    VERSION, header, key, version,
};
use super::mend::mended;
use super::pages::{PAGE, PageSums, PagedFile};
use super::store::{Blob, Store, append_all};
use super::table::{Entries, NumberedKey, Table, TableWriter};
use super::{bad, corrupt, failed};
use crate::error::{Error, ErrorKind, Result};
use crate::signature::winnow::LEVELS;

/// The name of a segment's file.
pub fn segment_name(number: u64) -> String {
    format!("seg-{number:012}")
}

/// The number of a segment of that name, which is the one name that this number has.
pub fn segment_number(name: &str) -> Option<u64> {
    let number = name.strip_prefix("seg-")?.parse().ok()?;
    (segment_name(number) == name).then_some(number)
}

/// What a segment begins with.
pub(super) fn segment_header(number: u64) -> Vec<u8> {
    let mut out = header(FileKind::Segment);
    out.extend_from_slice(&number.to_le_bytes());
    out
}

/// A sealed segment.
#[derive(Debug)]
pub struct Segment {
    /// What the manifest says of it.
    pub entry: SegmentEntry,
    pages: PagedFile,
    footer: Footer,
}

/// Which table of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Keys of samples.
    Postings,
    /// Keys of the hashes of ids, and [`StoredRow::again_key`].
    Ids,
    /// Keys of the hashes of token sequences.
    Sequences,
}

impl Which {
    /// In their order in a segment.
    pub const ALL: [Which; 3] = [Which::Postings, Which::Ids, Which::Sequences];
}

impl Segment {
    /// Opens a segment and checks footer and sums. Linear in the sums, which are a five-hundredth of the file.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`], [`ErrorKind::Version`], or the store's.
    pub fn open(store: &dyn Store, entry: &SegmentEntry) -> Result<Segment> {
        let segment = Segment::open_any(store, entry.number)?;
        if (segment.entry.check, segment.entry.bytes) != (entry.check, entry.bytes) {
            return Err(corrupt(store, &segment_name(entry.number), "not the file that MANIFEST names"));
        }
        Ok(segment)
    }

    /// Opens whatever segment has this number.
    ///
    /// # Errors
    /// As [`Segment::open`].
    pub fn open_any(store: &dyn Store, number: u64) -> Result<Segment> {
        let name = segment_name(number);
        let blob = store.map(&name).map_err(|e| failed(store, &name, ErrorKind::Read, e))?;
        let Some((footer, check)) = Footer::decode(blob.as_ref(), number, blob.as_ref().len() as u64) else {
            return Err(corrupt(store, &name, "its footer is not what was written"));
        };
        let segment = Segment::of(store, number, blob, (footer, check));
        let (at, len) = (segment.footer.sums as usize, segment.footer.sums_len() as usize);
        let blob = segment.pages.blob().as_ref();
        if blob.get(at..at + len).map(xxh3_64) != Some(segment.footer.sums_hash) {
            return Err(corrupt(store, &name, "its sums are not what was written"));
        }
        let blob = segment.pages.blob().as_ref();
        match version(FileKind::Segment, blob) {
            Some(OLDEST..=VERSION) => Ok(segment),
            // Of another version, or damaged: its page says which.
            Some(other) if segment.pages.is_intact(0) => Err(bad(store, &name, FormatError::Version(other))),
            Some(_) | None => Err(corrupt(store, &name, "its header is not what was written")),
        }
    }

    /// Opens a segment of which anything but the footer may be damaged or missing: a page whose sum does not hold, or is not
    /// there, counts as damaged. `footer` is another copy of the footer, where there is one.
    ///
    /// # Errors
    /// The store's, or [`ErrorKind::Corrupt`] where there is no footer.
    pub fn open_damaged(store: &dyn Store, number: u64, footer: Option<Footer>) -> Result<Segment> {
        let name = segment_name(number);
        let blob = store.map(&name).map_err(|e| failed(store, &name, ErrorKind::Read, e))?;
        let own = Footer::decode(blob.as_ref(), number, blob.as_ref().len() as u64);
        let given = || footer.map(|footer| (footer, footer.encode(number).1));
        let mended = || {
            let tail = blob.as_ref().get(blob.as_ref().len().checked_sub(FOOTER)?..)?;
            mended(tail, |bytes| Footer::decode(bytes, number, blob.as_ref().len() as u64))
        };
        let Some((footer, check)) = own.or_else(given).or_else(mended) else {
            return Err(corrupt(store, &name, "its footer is not what was written"));
        };
        Ok(Segment::of(store, number, blob, (footer, check)))
    }

    fn of(store: &dyn Store, number: u64, blob: Blob, (footer, check): (Footer, u64)) -> Segment {
        let entry = SegmentEntry::of(number, footer, check);
        let place = store.place().join(segment_name(number)).display().to_string();
        Segment { entry, pages: PagedFile::new(blob, place, footer.sums as usize), footer }
    }

    /// Documents in it, found or not.
    pub fn len(&self) -> u32 {
        self.footer.documents
    }

    /// Whether there is none: never, in a segment that was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tokens in a shingle of the index that it belongs to.
    pub fn shingle(&self) -> u32 {
        self.footer.shingle
    }

    /// A document's row.
    ///
    /// # Errors
    /// Damage.
    pub fn row(&self, local: u32) -> Result<StoredRow> {
        let bytes = self.pages.get(self.footer.stretches[2].0 as usize + local as usize * ROW, ROW)?;
        StoredRow::decode(bytes).ok_or_else(|| self.pages.corrupt(format!("row {local} is none")))
    }

    /// Asks for the memory of a document's row.
    pub fn prefetch(&self, local: u32) {
        self.pages.prefetch(self.footer.stretches[2].0 as usize + local as usize * ROW + StoredRow::COUNTS.0);
    }

    /// A document's sample sizes, without the rest of its row.
    ///
    /// # Errors
    /// Damage.
    pub fn counts(&self, local: u32) -> Result<[u16; LEVELS]> {
        let (at, len) = StoredRow::COUNTS;
        let bytes = self.pages.get(self.footer.stretches[2].0 as usize + local as usize * ROW + at, len)?;
        StoredRow::decode_counts(bytes).ok_or_else(|| self.pages.corrupt(format!("row {local} is none")))
    }

    /// A document's id and verdict.
    ///
    /// # Errors
    /// Damage.
    pub fn more(&self, row: &StoredRow) -> Result<&[u8]> {
        self.stretch(1, row.more_at, row.more)
    }

    /// A document's compressed text.
    ///
    /// # Errors
    /// Damage.
    pub fn text(&self, row: &StoredRow) -> Result<&[u8]> {
        self.stretch(0, row.text_at, row.packed)
    }

    fn stretch(&self, which: usize, at: u64, len: u32) -> Result<&[u8]> {
        self.pages.get(self.place(which, at, len)?, len as usize)
    }

    fn place(&self, which: usize, at: u64, len: u32) -> Result<usize> {
        let (begin, size) = self.footer.stretches[which];
        match at.checked_add(u64::from(len)) {
            Some(end) if end <= size => Ok((begin + at) as usize),
            _ => Err(self.pages.corrupt(format!("a row names bytes {at} and {len} more of {size}"))),
        }
    }

    /// A document's row, id and verdict, and compressed text, whatever the sums say: who asks must have other proof.
    pub(super) fn unproven(&self, local: u32) -> Option<(StoredRow, &[u8], &[u8])> {
        let bytes = self.pages.blob().as_ref();
        let at = self.footer.stretches[2].0 as usize + local as usize * ROW;
        let row = StoredRow::decode(bytes.get(at..at + ROW)?)?;
        let more = self.place(1, row.more_at, row.more).ok()?;
        let text = self.place(0, row.text_at, row.packed).ok()?;
        Some((row, bytes.get(more..more + row.more as usize)?, bytes.get(text..text + row.packed as usize)?))
    }

    fn table(&self, which: Which) -> Table {
        Table(self.footer.tables[which as usize])
    }

    /// Calls `each` with the documents of a key, in order, until it returns false.
    ///
    /// # Errors
    /// Damage.
    #[inline]
    pub fn find(&self, which: Which, key: u64, mut each: impl FnMut(u32) -> bool) -> Result<()> {
        let documents = self.len();
        let mut outside = false;
        self.table(which).find(&self.pages, key, |local| {
            outside |= local >= documents;
            !outside && each(local)
        })?;
        if outside { Err(self.outside()) } else { Ok(()) }
    }

    /// As [`Segment::find`], the last document first.
    ///
    /// # Errors
    /// Damage.
    pub fn find_back(&self, which: Which, key: u64, mut each: impl FnMut(u32) -> bool) -> Result<()> {
        let documents = self.len();
        let mut outside = false;
        self.table(which).find_back(&self.pages, key, |local| {
            outside |= local >= documents;
            !outside && each(local)
        })?;
        if outside { Err(self.outside()) } else { Ok(()) }
    }

    /// Calls `each` with the number of each key and the documents that have it in their samples, in order, until it
    /// returns false for that key.
    ///
    /// # Errors
    /// Damage.
    pub fn find_all(&self, keys: &[NumberedKey], mut each: impl FnMut(usize, u32) -> bool) -> Result<()> {
        let documents = self.len();
        let mut outside = false;
        self.table(Which::Postings).find_all(&self.pages, keys, |number, local| {
            outside |= local >= documents;
            !outside && each(number, local)
        })?;
        if outside { Err(self.outside()) } else { Ok(()) }
    }

    fn outside(&self) -> Error {
        self.pages.corrupt("a table names a document that is none")
    }

    /// Whether a document has a key in its sample.
    ///
    /// # Errors
    /// Damage.
    pub fn has(&self, key: u64, local: u32) -> Result<bool> {
        self.table(Which::Postings).has(&self.pages, key, local)
    }

    /// All keys of a table, in order.
    pub fn entries(&self, which: Which) -> Entries<'_> {
        self.table(which).iter(&self.pages)
    }

    /// All keys of samples, in order.
    pub fn postings(&self) -> Entries<'_> {
        self.entries(Which::Postings)
    }

    /// All keys of samples that can be read, in order, and an error for every bucket that cannot.
    pub fn intact_postings(&self) -> impl Iterator<Item = Result<(u64, u32)>> + '_ {
        self.postings().skipping_damage()
    }

    /// How many postings there are.
    pub fn posting_count(&self) -> u64 {
        self.footer.tables[0].count
    }

    /// How many entries all tables have.
    pub fn key_count(&self) -> u64 {
        self.footer.tables.iter().map(|table| table.count).sum()
    }

    /// The place of the document of an ordinal.
    ///
    /// # Errors
    /// Damage.
    pub fn local(&self, ordinal: u32) -> Result<Option<u32>> {
        let (mut from, mut to) = (0, self.len());
        if !(self.footer.first..=self.footer.last).contains(&ordinal) {
            return Ok(None);
        }
        // No ordinal missing: it stands where it says.
        if self.footer.last - self.footer.first + 1 == to {
            return Ok(Some(ordinal - self.footer.first));
        }
        while from < to {
            let middle = from + (to - from) / 2;
            match self.row(middle)?.ordinal.cmp(&ordinal) {
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Equal => return Ok(Some(middle)),
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        Ok(None)
    }

    /// The part of the file that is under sums, and the sums.
    pub(super) fn pages(&self) -> &PagedFile {
        &self.pages
    }

    /// Its last bytes.
    pub(super) fn footer(&self) -> &Footer {
        &self.footer
    }

    /// Reads everything, and names what is not what was written. `read` is told of bytes as they are read.
    pub fn damage(&self, read: impl FnMut(u64)) -> Vec<String> {
        let part = |at: usize| {
            let at = at as u64;
            let within = |&(begin, len): &(u64, u64)| (begin..begin + len).contains(&at);
            match self.footer.stretches.iter().position(within) {
                Some(0) => "texts",
                Some(1) => "ids and verdicts",
                Some(_) => "rows",
                None if at < HEADER as u64 => "header",
                None => "tables",
            }
        };
        let damage = self.pages.damage(read);
        damage.iter().map(|r| format!("bytes {} to {} ({})", r.start, r.end, part(r.start))).collect()
    }
}

/// Where a segment's documents come from. It is gone through several times.
pub trait Source {
    /// Postings, at most.
    fn posting_count(&self) -> u64;

    /// Calls `each` with row, more bytes and compressed text of every document, by ordinal.
    ///
    /// # Errors
    /// Damage, or what `each` returns.
    fn each(&self, each: &mut Each<'_>) -> Result<()>;

    /// Keys and places among those documents, in order.
    fn postings(&self) -> Box<dyn Iterator<Item = Result<(u64, u32)>> + '_>;
}

/// What [`Source::each`] calls: with a row, the more bytes and the compressed text.
pub type Each<'a> = dyn FnMut(&StoredRow, &[u8], &[u8]) -> Result<()> + 'a;

/// Bytes that are written and synced at once: so that no merge leaves the disk a mountain to sync, behind which a
/// log would wait.
const CHUNK: usize = 4 << 20;

struct SegmentFile<'a> {
    store: &'a dyn Store,
    name: &'a str,
    buffer: Vec<u8>,
    sums: PageSums,
    at: u64,
    /// Asked before every chunk.
    go_on: &'a dyn Fn() -> bool,
}

impl SegmentFile<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.buffer.extend_from_slice(bytes);
        self.at += bytes.len() as u64;
        if self.buffer.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        if !(self.go_on)() {
            return Err(Error::new(ErrorKind::Cancelled));
        }
        self.sums.add(&self.buffer);
        self.write()
    }

    fn write(&mut self) -> Result<()> {
        let write = append_all(self.store, self.name, &self.buffer).and_then(|()| self.store.sync(self.name));
        self.buffer.clear();
        write.map_err(|e| failed(self.store, self.name, ErrorKind::Write, e))
    }

    fn table(
        &mut self,
        count: u64,
        documents: u32,
        entries: impl Iterator<Item = Result<(u64, u32)>>,
    ) -> Result<TableEntry> {
        let mut table = TableWriter::new(self.at, count, documents);
        let mut bytes = Vec::with_capacity(64 << 10);
        for entry in entries {
            let (key, local) = entry?;
            table.push(key, local, &mut bytes);
            if bytes.len() >= 60 << 10 {
                self.put(&bytes)?;
                bytes.clear();
            }
        }
        self.put(&bytes)?;
        let (directory, entry) = table.finish(self.at);
        self.put(&directory)?;
        Ok(entry)
    }
}

/// Writes segment `number` of an index of `shingle` tokens in a shingle and syncs it; the directory is not synced. Nothing is written where there is no document.
/// `go_on` is asked every few megabytes.
///
/// # Errors
/// [`ErrorKind::Write`], [`ErrorKind::Cancelled`], or damage of the source.
pub fn write_segment(
    store: &dyn Store,
    number: u64,
    shingle: u32,
    source: &dyn Source,
    go_on: &dyn Fn() -> bool,
) -> Result<Option<Arc<Segment>>> {
    let written = write_parts(store, number, shingle, source, go_on);
    if !matches!(written, Ok(true)) {
        // What it leaves behind otherwise, the next writer removes.
        let _ = store.remove(&segment_name(number));
    }
    if written? { Segment::open_any(store, number).map(|segment| Some(Arc::new(segment))) } else { Ok(None) }
}

/// The hash of the id that `more` begins with.
pub(super) fn id_hash(more: &[u8], row: &StoredRow) -> u64 {
    xxh3_64(more.get(..usize::from(row.id)).unwrap_or_default()).max(1)
}

/// Whether there was a document to write.
fn write_parts(
    store: &dyn Store,
    number: u64,
    shingle: u32,
    source: &dyn Source,
    go_on: &dyn Fn() -> bool,
) -> Result<bool> {
    let name = segment_name(number);
    store.create(&name).map_err(|e| failed(store, &name, ErrorKind::Write, e))?;
    let mut out = SegmentFile {
        store,
        name: &name,
        buffer: Vec::with_capacity(CHUNK),
        sums: PageSums::default(),
        at: 0,
        go_on,
    };
    out.put(&segment_header(number))?;
    let mut footer = Footer { seen: (u64::MAX, 0), first: u32::MAX, shingle, ..Footer::default() };
    footer.stretches[0].0 = out.at;
    source.each(&mut |_, _, text| out.put(text))?;
    footer.stretches[0].1 = out.at - footer.stretches[0].0;
    footer.stretches[1].0 = out.at;
    source.each(&mut |_, more, _| out.put(more))?;
    footer.stretches[1].1 = out.at - footer.stretches[1].0;
    footer.stretches[2].0 = out.at;
    let (mut text_at, mut more_at) = (0, 0);
    let (mut ids, mut sequences) = (Vec::new(), Vec::new());
    let mut bytes = Vec::with_capacity(ROW);
    source.each(&mut |row, more, text| {
        let row = StoredRow { text_at, more_at, packed: text.len() as u32, more: more.len() as u32, ..*row };
        text_at += text.len() as u64;
        more_at += more.len() as u64;
        // A row of a named id has the hash of it.
        let id = if row.flags & NAMED != 0 { row.id_hash } else { id_hash(more, &row) };
        ids.extend([key(id), row.again_key()].map(|key| (key, footer.documents)));
        // Rows that are kept for their verdict only are no one's copies.
        if !text.is_empty() || row.counts != [0; 4] {
            sequences.extend(row.copy_keys(more).map(|key| (key, footer.documents)));
        }
        footer.documents += 1;
        footer.first = footer.first.min(row.ordinal);
        footer.last = row.ordinal;
        footer.seen = (footer.seen.0.min(row.seen), footer.seen.1.max(row.seen));
        bytes.clear();
        row.encode(&mut bytes);
        out.put(&bytes)
    })?;
    footer.stretches[2].1 = out.at - footer.stretches[2].0;
    let documents = footer.documents;
    if documents == 0 {
        return Ok(false);
    }
    footer.tables[0] = out.table(source.posting_count(), documents, source.postings())?;
    for (table, mut entries) in footer.tables[1..].iter_mut().zip([ids, sequences]) {
        entries.sort_unstable();
        *table = out.table(entries.len() as u64, documents, entries.into_iter().map(Ok))?;
    }
    out.flush()?;
    footer.sums = out.at;
    out.buffer = std::mem::take(&mut out.sums).finish();
    debug_assert_eq!(out.buffer.len() as u64, footer.sums.div_ceil(PAGE as u64) * 8);
    footer.sums_hash = xxh3_64(&out.buffer);
    out.buffer.extend_from_slice(&footer.encode(number).0);
    out.write()?;
    Ok(true)
}
