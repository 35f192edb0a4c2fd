//! The bytes of an index: constants, and encoding and decoding without any input or output.
//!
//! docs/index-format.md is the definition. Whatever is decoded may be anything: everything here checks bounds and
//! answers `None` where bytes are not what they should be.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::verdict::{Match, Verdict};
use crate::document::Meta;
use crate::hash::avalanche;
use crate::judge::{Directed, Measures};
use crate::signature::winnow::LEVELS;

/// The version of the format that is written.
pub const VERSION: u32 = 3;

/// The oldest version that [`upgrade`](super::upgrade()) and [`repair`](super::repair()) read.
pub const OLDEST: u32 = 1;

const MAGIC: &[u8; 8] = b"wirecopy";

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// What belongs to the index.
    Manifest,
    /// A write-ahead log.
    Log,
    /// A sealed segment.
    Segment,
}

impl FileKind {
    fn tag(self) -> &'static [u8; 4] {
        match self {
            FileKind::Manifest => b"MANI",
            FileKind::Log => b"LOG ",
            FileKind::Segment => b"SEGM",
        }
    }
}

/// Bytes of the header that all files begin with: magic, kind, version.
pub const HEADER: usize = 16;

/// Why a file is none of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatError {
    /// Not what was written.
    Damaged,
    /// Whole, and of a version that is not read.
    Version(u32),
}

/// The header of a file.
pub fn header(kind: FileKind) -> Vec<u8> {
    [MAGIC.as_slice(), kind.tag(), &VERSION.to_le_bytes()].concat()
}

/// The version of a file that begins as one of this kind does, read or not.
pub fn version(kind: FileKind, bytes: &[u8]) -> Option<u32> {
    let mut c = Cursor(bytes);
    let is_kind = c.bytes(8)? == MAGIC && c.bytes(4)? == kind.tag();
    c.u32().filter(|_| is_kind)
}

/// The version of a file of this kind whose sums hold.
fn known_version(kind: FileKind, bytes: &[u8]) -> Result<u32, FormatError> {
    match version(kind, bytes) {
        Some(version @ OLDEST..=VERSION) => Ok(version),
        Some(other) => Err(FormatError::Version(other)),
        None => Err(FormatError::Damaged),
    }
}

/// The 40 bits of a hash that tables keep: the lowest, as in the join of a scan. The highest say little, for samples are
/// the smallest hashes.
pub fn key(hash: u64) -> u64 {
    hash & ((1 << KEY_BITS) - 1)
}

/// Bits of a key.
pub const KEY_BITS: u32 = 40;

/// Bytes of a key in a log.
const KEY_BYTES: usize = 5;

/// Decodes numbers one behind the other.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    /// The next so many bytes.
    #[inline]
    pub fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    /// The next byte.
    #[inline]
    pub fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    /// The next two bytes.
    #[inline]
    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    /// The next four bytes.
    #[inline]
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// The next eight bytes.
    #[inline]
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A string behind its length.
    pub fn string(&mut self) -> Option<&'a str> {
        let len = self.u16()?;
        std::str::from_utf8(self.bytes(usize::from(len))?).ok()
    }
}

fn put_string(out: &mut Vec<u8>, text: &str) {
    let mut len = text.len().min(usize::from(u16::MAX));
    while !text.is_char_boundary(len) {
        len -= 1;
    }
    out.extend_from_slice(&(len as u16).to_le_bytes());
    out.extend_from_slice(&text.as_bytes()[..len]);
}

/// Bytes of a row.
pub const ROW: usize = 112;

/// The longest id that is kept, in bytes.
pub const MAX_ID: usize = u16::MAX as usize;

/// What is kept of a document at a fixed place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoredRow {
    /// Its number in the order of arrival.
    pub ordinal: u32,
    /// Tokens.
    pub tokens: u32,
    /// Bytes of the text.
    pub bytes: u32,
    /// Bytes of the compressed text.
    pub packed: u32,
    /// Where that begins.
    pub text_at: u64,
    /// Where its more bytes begin.
    pub more_at: u64,
    /// How many those are.
    pub more: u32,
    /// How many of those are the id.
    pub id: u16,
    /// [`NAMED`], [`TITLED`], both or none.
    pub flags: u16,
    /// Hash of the token sequence: of the tokens' hashes, in order.
    pub sequence: u64,
    /// Hash of the text.
    pub text_hash: u64,
    /// Sample sizes by level.
    pub counts: [u16; LEVELS],
    /// Hash of the site's name.
    pub site: u64,
    /// Hash of the URL, 0 if there is none.
    pub url: u64,
    /// Hash of the canonical URL, 0 if there is none.
    pub canonical: u64,
    /// What it answers to: the hash of its id; where the record named none, of all such of its input up to itself.
    pub id_hash: u64,
    /// Milliseconds since 1970.
    pub seen: u64,
    /// Its cluster.
    pub cluster: u64,
}

/// The record named its id.
pub const NAMED: u16 = 1;

/// A title stands behind the id: of a short text, of which it is part.
pub const TITLED: u16 = 2;

/// The more bytes of a document, parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct More<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its title; empty where it has none, or its text is not short.
    pub title: &'a str,
    /// What is said of it, which is empty as long as it has no verdict.
    pub said: &'a [u8],
}

impl<'a> More<'a> {
    /// Of a row with these more bytes.
    pub fn decode(bytes: &'a [u8], row: &StoredRow) -> Option<More<'a>> {
        let mut c = Cursor(bytes);
        let id = std::str::from_utf8(c.bytes(usize::from(row.id))?).ok()?;
        let title = if row.flags & TITLED != 0 { c.string()? } else { "" };
        Some(More { id, title, said: c.0 })
    }

    /// Appends what the bytes of a document begin with before it has a verdict; a title that is not empty asks for
    /// [`TITLED`].
    pub fn begin(id: &str, title: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(id.as_bytes());
        if !title.is_empty() {
            put_string(out, title);
        }
    }
}

impl StoredRow {
    /// Names what is asked again: whoever comes with the same id, or from the same place, and the same text. A table
    /// finds documents by it, so that versions of one id need not be gone through.
    pub fn again_key(&self) -> u64 {
        key(avalanche(self.id_hash ^ self.text_hash.rotate_left(23) ^ u64::from(self.bytes)))
    }

    /// Names documents of the same words and, where titles are part of them, of the same title.
    pub fn copy_key(&self, title: &str) -> u64 {
        if title.is_empty() {
            key(self.sequence)
        } else {
            key(avalanche(self.sequence ^ xxh3_64(title.as_bytes())))
        }
    }

    /// The keys that a document with these more bytes is met under by others of its words: that of all, and that of its
    /// title.
    pub fn copy_keys(&self, more: &[u8]) -> impl Iterator<Item = u64> {
        let title = More::decode(more, self).map_or("", |more| more.title);
        [key(self.sequence), self.copy_key(title)].into_iter().take(if title.is_empty() { 1 } else { 2 })
    }

    /// Whether the two came under the same id, or from the same place, and with the same text.
    pub fn is_again(&self, other: &StoredRow) -> bool {
        let of = |row: &StoredRow| (row.id_hash, row.text_hash, row.bytes, row.flags & NAMED);
        of(self) == of(other)
    }

    /// Appends the row.
    pub fn encode(&self, out: &mut Vec<u8>) {
        for number in [self.ordinal, self.tokens, self.bytes, self.packed] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.text_at.to_le_bytes());
        out.extend_from_slice(&self.more_at.to_le_bytes());
        out.extend_from_slice(&self.more.to_le_bytes());
        out.extend_from_slice(&self.id.to_le_bytes());
        out.extend_from_slice(&self.flags.to_le_bytes());
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&self.text_hash.to_le_bytes());
        for count in self.counts {
            out.extend_from_slice(&count.to_le_bytes());
        }
        for number in [self.site, self.url, self.canonical, self.id_hash, self.seen, self.cluster] {
            out.extend_from_slice(&number.to_le_bytes());
        }
    }

    /// Where a row's sample sizes stand, and in how many bytes.
    pub const COUNTS: (usize, usize) = (56, 2 * LEVELS);

    /// Sample sizes as they stand in a row.
    pub fn decode_counts(bytes: &[u8]) -> Option<[u16; LEVELS]> {
        let mut c = Cursor(bytes);
        Some([c.u16()?, c.u16()?, c.u16()?, c.u16()?])
    }

    /// A row of [`ROW`] bytes.
    pub fn decode(bytes: &[u8]) -> Option<StoredRow> {
        let bytes: &[u8; ROW] = bytes.try_into().ok()?;
        let mut c = Cursor(bytes);
        let row = StoredRow {
            ordinal: c.u32()?,
            tokens: c.u32()?,
            bytes: c.u32()?,
            packed: c.u32()?,
            text_at: c.u64()?,
            more_at: c.u64()?,
            more: c.u32()?,
            id: c.u16()?,
            flags: c.u16()?,
            sequence: c.u64()?,
            text_hash: c.u64()?,
            counts: [c.u16()?, c.u16()?, c.u16()?, c.u16()?],
            site: c.u64()?,
            url: c.u64()?,
            canonical: c.u64()?,
            id_hash: c.u64()?,
            seen: c.u64()?,
            cluster: c.u64()?,
        };
        (u32::from(row.id) <= row.more).then_some(row)
    }
}

/// Most matches that a verdict keeps.
pub const MATCHES: usize = 8;

/// Most spans that a match keeps.
pub const SPANS: usize = 8;

/// Bits of a verdict's flags: that it is verified, and from the second on the place among the matches of whom it is a copy
/// of.
const VERIFIED: u8 = 1;
const OF_SHIFT: u32 = 1;

/// Appends what is said of a document: the verdict, but for its cluster and time, which are in the row, and what the
/// document's record says of it.
pub fn encode_said(verdict: &Verdict, meta: &Meta, out: &mut Vec<u8>) {
    out.push(verdict.relation as u8);
    let of = verdict.of.min(MATCHES - 1) as u8;
    out.push((u8::from(verdict.verified) * VERIFIED) | (of << OF_SHIFT));
    let matches = &verdict.matches[..verdict.matches.len().min(MATCHES)];
    out.push(matches.len() as u8);
    for one in matches {
        put_string(out, &one.id);
        out.push(one.relation as u8);
        for count in [one.measures.a, one.measures.b, one.measures.common] {
            out.extend_from_slice(&count.to_le_bytes());
        }
        out.extend_from_slice(&one.score.to_bits().to_le_bytes());
        let spans = &one.spans[..one.spans.len().min(SPANS)];
        out.push(spans.len() as u8);
        for place in spans.iter().flatten() {
            out.extend_from_slice(&place.to_le_bytes());
        }
    }
    for field in [&meta.title, &meta.url, &meta.canonical_url, &meta.date] {
        put_string(out, field.as_deref().unwrap_or_default());
    }
    put_string(out, &meta.site);
}

/// What these bytes say of the document of a row: its verdict, and what its record says of it, but for its id. Versions
/// before 3 kept nothing of the record.
pub fn decode_said(bytes: &[u8], row: &StoredRow) -> Option<(Verdict, Meta)> {
    let mut c = Cursor(bytes);
    let verdict = decode_verdict(&mut c, row)?;
    let mut meta = Meta::default();
    if !c.0.is_empty() {
        for field in [&mut meta.title, &mut meta.url, &mut meta.canonical_url, &mut meta.date] {
            *field = Some(c.string()?.to_owned()).filter(|value| !value.is_empty());
        }
        meta.site = c.string()?.to_owned();
    }
    c.0.is_empty().then_some((verdict, meta))
}

fn decode_verdict(c: &mut Cursor<'_>, row: &StoredRow) -> Option<Verdict> {
    let relation = |number: u8| Directed::ALL.get(usize::from(number)).copied();
    let (kind, flags, count) = (relation(c.u8()?)?, c.u8()?, c.u8()?);
    let mut matches = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let id = c.string()?.to_owned();
        let relation = relation(c.u8()?)?;
        let measures = Measures { a: c.u32()?, b: c.u32()?, common: c.u32()? };
        let score = f32::from_bits(c.u32()?);
        let spans = c.u8()?;
        let spans: Option<Vec<[u32; 4]>> =
            (0..spans).map(|_| Some([c.u32()?, c.u32()?, c.u32()?, c.u32()?])).collect();
        matches.push(Match { id, relation, measures, score, spans: spans? });
    }
    let of = usize::from(flags >> OF_SHIFT);
    (of == 0 || of < matches.len()).then_some(Verdict {
        relation: kind,
        verified: flags & VERIFIED != 0,
        of,
        matches,
        cluster: row.cluster,
        seen: row.seen,
    })
}

/// Why a document is no longer found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeathKind {
    /// It was deleted.
    Deleted,
    /// A later version of it came.
    Replaced,
}

/// From which arrival on a document is no longer found, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Death {
    /// The ordinal of the first arrival that does not find it.
    pub from: u32,
    /// Why.
    pub kind: DeathKind,
}

fn encode_death(ordinal: u32, death: Death, out: &mut Vec<u8>) {
    out.extend_from_slice(&ordinal.to_le_bytes());
    out.extend_from_slice(&death.from.to_le_bytes());
    out.push(match death.kind {
        DeathKind::Deleted => 1,
        DeathKind::Replaced => 2,
    });
}

fn decode_death(c: &mut Cursor<'_>) -> Option<(u32, Death)> {
    let (ordinal, from) = (c.u32()?, c.u32()?);
    let kind = match c.u8()? {
        1 => DeathKind::Deleted,
        2 => DeathKind::Replaced,
        _ => return None,
    };
    Some((ordinal, Death { from, kind }))
}

/// What an index keeps of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// The text, compressed: pairs are verified.
    #[default]
    Text,
    /// Samples only: pairs are estimated.
    Signatures,
}

/// A segment, as the manifest names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SegmentEntry {
    /// The number of its file.
    pub number: u64,
    /// Documents.
    pub documents: u32,
    /// Its first ordinal.
    pub first: u32,
    /// Its last ordinal.
    pub last: u32,
    /// Bytes of the file.
    pub bytes: u64,
    /// When its first and its last document was seen.
    pub seen: (u64, u64),
    /// The hash of its footer.
    pub check: u64,
    /// Its footer, which says where everything stands; none in manifests of version 1.
    pub footer: Option<Footer>,
}

impl SegmentEntry {
    /// Of segment `number`, a file that ends with this footer.
    pub fn of(number: u64, footer: Footer, check: u64) -> SegmentEntry {
        SegmentEntry {
            number,
            documents: footer.documents,
            first: footer.first,
            last: footer.last,
            bytes: footer.file_len(),
            seen: footer.seen,
            check,
            footer: Some(footer),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.number.to_le_bytes());
        for number in [self.documents, self.first, self.last] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for number in [self.bytes, self.seen.0, self.seen.1, self.check] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.footer.unwrap_or_default().encode(self.number).0);
    }

    fn decode(c: &mut Cursor<'_>, version: u32) -> Option<SegmentEntry> {
        let mut entry = SegmentEntry {
            number: c.u64()?,
            documents: c.u32()?,
            first: c.u32()?,
            last: c.u32()?,
            bytes: c.u64()?,
            seen: (c.u64()?, c.u64()?),
            check: c.u64()?,
            footer: None,
        };
        if version > 1 {
            entry.footer =
                Footer::decode(c.bytes(FOOTER)?, entry.number, entry.bytes).map(|(footer, _)| footer);
        }
        Some(entry)
    }
}

/// Readings of the clock that a manifest keeps: so many sessions must have had a clock that was ahead before anything is
/// removed on its word.
pub const READINGS: usize = 8;

/// What belongs to an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The version of the format that it was read as; what is written is of [`VERSION`].
    pub version: u32,
    /// Rises with every manifest.
    pub generation: u64,
    /// What is kept of texts.
    pub keep: Keep,
    /// Tokens in a shingle.
    pub shingle: u32,
    /// The recipe's fingerprint.
    pub recipe: String,
    /// The hash of the model, 0 if there is none.
    pub model: u64,
    /// After so many milliseconds documents expire; 0 if they never do.
    pub window: u64,
    /// The first ordinal that is in no segment.
    pub next: u32,
    /// The first log that is not in segments.
    pub log_from: u64,
    /// The log that was written to at that time.
    pub log: u64,
    /// How many of that log's bytes were synced.
    pub log_len: u64,
    /// The ordinal behind the last document of those bytes, or of segments; 0 in manifests of version 1.
    pub safe: u32,
    /// The next file number.
    pub file: u64,
    /// What the clock said when the last few sessions began, the latest last: milliseconds since 1970, [`READINGS`] at
    /// most.
    pub readings: Vec<u64>,
    /// The segments, by ordinal.
    pub segments: Vec<SegmentEntry>,
    /// Documents of segments that are no longer found, by ordinal.
    pub deaths: Vec<(u32, Death)>,
}

impl Manifest {
    /// The manifest as a file.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = header(FileKind::Manifest);
        out.extend_from_slice(&self.generation.to_le_bytes());
        out.push(match self.keep {
            Keep::Text => 0,
            Keep::Signatures => 1,
        });
        out.extend_from_slice(&self.shingle.to_le_bytes());
        put_string(&mut out, &self.recipe);
        out.extend_from_slice(&self.model.to_le_bytes());
        out.extend_from_slice(&self.window.to_le_bytes());
        out.extend_from_slice(&self.next.to_le_bytes());
        out.extend_from_slice(&self.log_from.to_le_bytes());
        out.extend_from_slice(&self.log.to_le_bytes());
        out.extend_from_slice(&self.log_len.to_le_bytes());
        out.extend_from_slice(&self.safe.to_le_bytes());
        out.extend_from_slice(&self.file.to_le_bytes());
        let readings = &self.readings[self.readings.len().saturating_sub(READINGS)..];
        out.push(readings.len() as u8);
        readings.iter().for_each(|reading| out.extend_from_slice(&reading.to_le_bytes()));
        out.extend_from_slice(&(self.segments.len() as u32).to_le_bytes());
        self.segments.iter().for_each(|segment| segment.encode(&mut out));
        out.extend_from_slice(&(self.deaths.len() as u32).to_le_bytes());
        for &(ordinal, death) in &self.deaths {
            encode_death(ordinal, death, &mut out);
        }
        let sum = xxh3_64(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }

    /// The manifest in a file.
    ///
    /// Every version ends with the hash of everything before it: what has another version is whole, or is damaged.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Manifest, FormatError> {
        let split = bytes.len().checked_sub(8).and_then(|at| bytes.split_at_checked(at));
        let Some((body, _)) = split.filter(|(body, sum)| xxh3_64(body).to_le_bytes() == *sum) else {
            return Err(FormatError::Damaged);
        };
        let version = known_version(FileKind::Manifest, body)?;
        Manifest::decode_body(body.get(HEADER..).unwrap_or_default(), version).ok_or(FormatError::Damaged)
    }

    fn decode_body(body: &[u8], version: u32) -> Option<Manifest> {
        let mut c = Cursor(body);
        let mut manifest = Manifest {
            version,
            generation: c.u64()?,
            keep: match c.u8()? {
                0 => Keep::Text,
                1 => Keep::Signatures,
                _ => return None,
            },
            shingle: c.u32()?,
            recipe: c.string()?.to_owned(),
            model: c.u64()?,
            window: c.u64()?,
            next: c.u32()?,
            log_from: c.u64()?,
            log: c.u64()?,
            log_len: c.u64()?,
            safe: if version > 1 { c.u32()? } else { 0 },
            file: c.u64()?,
            readings: Vec::new(),
            segments: Vec::new(),
            deaths: Vec::new(),
        };
        if version > 1 {
            manifest.readings = (0..c.u8()?).map(|_| c.u64()).collect::<Option<_>>()?;
        }
        for _ in 0..c.u32()? {
            manifest.segments.push(SegmentEntry::decode(&mut c, version)?);
        }
        for _ in 0..c.u32()? {
            manifest.deaths.push(decode_death(&mut c)?);
        }
        c.0.is_empty().then_some(manifest)
    }
}

/// Bytes of a log's header.
pub const LOG_HEADER: usize = 40;

/// The header of a log of an index of `shingle` tokens in a shingle, which begins with ordinal `first`.
pub fn log_header(number: u64, first: u32, shingle: u32) -> Vec<u8> {
    let mut out = header(FileKind::Log);
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&first.to_le_bytes());
    out.extend_from_slice(&shingle.to_le_bytes());
    let sum = xxh3_64(&out);
    out.extend_from_slice(&sum.to_le_bytes());
    out
}

/// What the header of a log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogHeader {
    /// Its number.
    pub number: u64,
    /// The ordinal of its first document.
    pub first: u32,
    /// Tokens in a shingle of its index.
    pub shingle: u32,
}

/// The header that a log begins with. It is as long, and under a hash of its own, in every version.
///
/// # Errors
/// What is wrong with it.
pub fn decode_log_header(bytes: &[u8]) -> Result<LogHeader, FormatError> {
    let (body, sum) = bytes.get(..LOG_HEADER).ok_or(FormatError::Damaged)?.split_at(LOG_HEADER - 8);
    if xxh3_64(body).to_le_bytes() != sum {
        return Err(FormatError::Damaged);
    }
    known_version(FileKind::Log, body)?;
    let mut c = Cursor(&body[HEADER..]);
    let mut header = || Some(LogHeader { number: c.u64()?, first: c.u32()?, shingle: c.u32()? });
    header().ok_or(FormatError::Damaged)
}

/// The first bytes of every record.
pub const RECORD: u32 = 0x5243_4157;

/// Bytes of a record before its payload.
pub const RECORD_HEADER: usize = 28;

/// The longest payload.
const MAX_PAYLOAD: usize = 1 << 31;

/// A record of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record<'a> {
    /// A document came.
    Document(Arrival<'a>),
    /// A document is no longer found.
    Death(u32, Death),
    /// Everything before was synced, and all documents below this ordinal with it. Written behind every batch before it is
    /// acknowledged, and not synced: it tells what was safe from what a crash tore.
    Mark(u32),
}

/// A document as logs have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival<'a> {
    /// Its row; places are 0.
    pub row: StoredRow,
    /// The version it replaces.
    pub replaces: Option<u32>,
    /// Its sample.
    pub keys: Vec<u64>,
    /// Id and verdict.
    pub more: &'a [u8],
    /// The compressed text.
    pub text: &'a [u8],
}

/// Appends a record of log `number`, of which `synced` bytes are synced.
pub fn encode_record(record: &Record<'_>, number: u64, synced: u64, out: &mut Vec<u8>) {
    let begin = out.len();
    out.extend_from_slice(&RECORD.to_le_bytes());
    let kind: u32 = match record {
        Record::Document(_) => 1,
        Record::Death(..) => 2,
        Record::Mark(_) => 3,
    };
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&synced.to_le_bytes());
    out.extend_from_slice(&[0; 8]);
    match record {
        Record::Document(arrival) => {
            StoredRow { text_at: 0, more_at: 0, ..arrival.row }.encode(out);
            out.extend_from_slice(&arrival.replaces.map_or(0, |ordinal| ordinal + 1).to_le_bytes());
            out.extend_from_slice(&(arrival.keys.len() as u16).to_le_bytes());
            for key in &arrival.keys {
                out.extend_from_slice(&key.to_le_bytes()[..KEY_BYTES]);
            }
            out.extend_from_slice(arrival.more);
            out.extend_from_slice(arrival.text);
        }
        Record::Death(ordinal, death) => encode_death(*ordinal, *death, out),
        Record::Mark(next) => out.extend_from_slice(&next.to_le_bytes()),
    }
    let len = (out.len() - begin - RECORD_HEADER) as u32;
    out[begin + 8..begin + 12].copy_from_slice(&len.to_le_bytes());
    let sum = record_sum(&out[begin..begin + 20], &out[begin + RECORD_HEADER..], number);
    out[begin + 20..begin + 28].copy_from_slice(&sum.to_le_bytes());
}

fn record_sum(head: &[u8], payload: &[u8], number: u64) -> u64 {
    xxh3_64_with_seed(payload, xxh3_64_with_seed(head, number))
}

/// The record of log `number` that `bytes` begin with: how many bytes it takes, how many bytes of the log it says were
/// synced, and what it holds. `None` where there is none.
pub fn decode_record(bytes: &[u8], number: u64) -> Option<(usize, u64, Record<'_>)> {
    let mut c = Cursor(bytes);
    let head = c.bytes(20)?;
    let sum = c.u64()?;
    let mut h = Cursor(head);
    let (magic, kind, len, synced) = (h.u32()?, h.u32()?, h.u32()? as usize, h.u64()?);
    if magic != RECORD || len > MAX_PAYLOAD {
        return None;
    }
    let payload = c.bytes(len)?;
    if record_sum(head, payload, number) != sum {
        return None;
    }
    let mut c = Cursor(payload);
    let record = match kind {
        1 => Record::Document(decode_arrival(c)?),
        2 => {
            let (ordinal, death) = decode_death(&mut c)?;
            Record::Death(ordinal, death)
        }
        3 => Record::Mark(c.u32()?),
        _ => return None,
    };
    Some((RECORD_HEADER + len, synced, record))
}

/// How many bytes of payload the record claims that `bytes` begin with; none where no record begins so. Nothing is hashed.
pub fn claimed(bytes: &[u8]) -> Option<usize> {
    let mut c = Cursor(bytes);
    let (magic, kind, len) = (c.u32()?, c.u32()?, c.u32()? as usize);
    let least = match kind {
        1 => ROW + 6,
        2 => 9,
        3 => 4,
        _ => return None,
    };
    let is_there = bytes.len() >= RECORD_HEADER && (least..=bytes.len() - RECORD_HEADER).contains(&len);
    (magic == RECORD && is_there).then_some(len)
}

fn decode_arrival(mut c: Cursor<'_>) -> Option<Arrival<'_>> {
    let row = StoredRow::decode(c.bytes(ROW)?)?;
    let replaces = c.u32()?.checked_sub(1);
    let count = usize::from(c.u16()?);
    let keys = c.bytes(count * KEY_BYTES)?;
    let number = |key: &[u8]| key.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte));
    let keys = keys.chunks_exact(KEY_BYTES).map(number).collect();
    let (more, text) = (c.bytes(row.more as usize)?, c.bytes(row.packed as usize)?);
    c.0.is_empty().then_some(Arrival { row, replaces, keys, more, text })
}

/// Where a table stands in a segment, and how its entries are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TableEntry {
    /// Where the entries begin.
    pub entries: u64,
    /// How many there are.
    pub count: u64,
    /// Where the directory begins.
    pub directory: u64,
    /// There are 2^bits buckets.
    pub bits: u8,
    /// Bytes of an entry.
    pub width: u8,
    /// Bits of an entry that are the document.
    pub document_bits: u8,
}

/// The last bytes of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Footer {
    /// Documents.
    pub documents: u32,
    /// The first ordinal.
    pub first: u32,
    /// The last ordinal.
    pub last: u32,
    /// Tokens in a shingle.
    pub shingle: u32,
    /// When the first and the last document was seen.
    pub seen: (u64, u64),
    /// Begin and length of texts, more bytes and rows.
    pub stretches: [(u64, u64); 3],
    /// Postings, ids, sequences.
    pub tables: [TableEntry; 3],
    /// Where the sums begin.
    pub sums: u64,
    /// The hash of the sums.
    pub sums_hash: u64,
}

/// Bytes of a footer.
pub const FOOTER: usize = 4 * 4 + 2 * 8 + 6 * 8 + 3 * (3 * 8 + 8) + 2 * 8 + 8 + 8;

const FOOTER_MAGIC: &[u8; 4] = b"WSEG";

impl Footer {
    /// The footer of segment `number`, and its hash.
    pub fn encode(&self, number: u64) -> (Vec<u8>, u64) {
        let mut out = Vec::with_capacity(FOOTER);
        for field in [self.documents, self.first, self.last, self.shingle] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        out.extend_from_slice(&self.seen.0.to_le_bytes());
        out.extend_from_slice(&self.seen.1.to_le_bytes());
        for (at, len) in self.stretches {
            out.extend_from_slice(&at.to_le_bytes());
            out.extend_from_slice(&len.to_le_bytes());
        }
        for table in self.tables {
            for field in [table.entries, table.count, table.directory] {
                out.extend_from_slice(&field.to_le_bytes());
            }
            out.extend_from_slice(&[table.bits, table.width, table.document_bits, 0, 0, 0, 0, 0]);
        }
        out.extend_from_slice(&self.sums.to_le_bytes());
        out.extend_from_slice(&self.sums_hash.to_le_bytes());
        let hash = xxh3_64_with_seed(&out, number);
        out.extend_from_slice(&hash.to_le_bytes());
        out.extend_from_slice(&(FOOTER as u32).to_le_bytes());
        out.extend_from_slice(FOOTER_MAGIC);
        (out, hash)
    }

    /// Bytes of the file that ends with this footer.
    pub fn file_len(&self) -> u64 {
        self.sums.saturating_add(self.sums_len()).saturating_add(FOOTER as u64)
    }

    /// Bytes of the sums.
    pub fn sums_len(&self) -> u64 {
        self.sums.div_ceil(super::pages::PAGE as u64).saturating_mul(8)
    }

    /// The footer that `bytes` end with, of segment `number`, a file of `len` bytes; and its hash.
    pub fn decode(bytes: &[u8], number: u64, len: u64) -> Option<(Footer, u64)> {
        let bytes = bytes.get(bytes.len().checked_sub(FOOTER)?..)?;
        let (body, tail) = bytes.split_at(FOOTER - 16);
        let hash = xxh3_64_with_seed(body, number);
        let mut t = Cursor(tail);
        if t.u64()? != hash || t.u32()? != FOOTER as u32 || t.bytes(4)? != FOOTER_MAGIC {
            return None;
        }
        let mut c = Cursor(body);
        let (documents, first, last, shingle) = (c.u32()?, c.u32()?, c.u32()?, c.u32()?);
        let seen = (c.u64()?, c.u64()?);
        let mut footer = Footer { documents, first, last, shingle, seen, ..Footer::default() };
        for stretch in &mut footer.stretches {
            *stretch = (c.u64()?, c.u64()?);
        }
        for table in &mut footer.tables {
            (table.entries, table.count, table.directory) = (c.u64()?, c.u64()?, c.u64()?);
            (table.bits, table.width, table.document_bits) = (c.u8()?, c.u8()?, c.u8()?);
            c.bytes(5)?;
        }
        (footer.sums, footer.sums_hash) = (c.u64()?, c.u64()?);
        footer.is_sound(len).then_some((footer, hash))
    }

    /// Whether all it names lies within a file of that length, so that nobody who reads need check again.
    fn is_sound(&self, len: u64) -> bool {
        let within = |at: u64, len: u64| at.checked_add(len).is_some_and(|end| end <= self.sums);
        let table = |t: &TableEntry| {
            (1..=8).contains(&t.width)
                && u32::from(t.bits) <= KEY_BITS
                && t.document_bits <= 32
                && t.count <= u64::from(u32::MAX)
                && u64::from(t.width) * 8
                    >= u64::from(KEY_BITS) - u64::from(t.bits) + u64::from(t.document_bits)
                && within(t.entries, t.count * u64::from(t.width))
                && within(t.directory, ((1u64 << t.bits) + 1) * 4)
        };
        self.stretches.iter().all(|&(at, len)| within(at, len))
            && self.stretches[2].1 == u64::from(self.documents) * ROW as u64
            && self.tables.iter().all(table)
            && self.file_len() == len
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row() -> impl Strategy<Value = StoredRow> {
        (any::<[u32; 4]>(), any::<[u64; 8]>(), any::<[u16; 4]>(), 0u16..40).prop_map(|(a, b, counts, id)| {
            StoredRow {
                ordinal: a[0],
                tokens: a[1],
                bytes: a[2],
                packed: a[3],
                id,
                more: u32::from(id) + 3,
                flags: NAMED,
                sequence: b[0],
                text_hash: b[1],
                counts,
                site: b[2],
                url: b[3],
                canonical: b[4],
                id_hash: b[5],
                seen: b[6],
                cluster: b[7],
                ..StoredRow::default()
            }
        })
    }

    proptest! {
        #[test]
        fn rows_and_records_come_back(row in row(), keys in proptest::collection::vec(0u64..1 << 40, 0..20), replaces in proptest::option::of(0u32..9)) {
            let (more, text) = (vec![7; row.more as usize], b"packed".to_vec());
            let row = StoredRow { packed: text.len() as u32, ..row };
            let arrival = Arrival { row, replaces, keys, more: &more, text: &text };
            for record in [Record::Document(arrival), Record::Death(4, Death { from: 9, kind: DeathKind::Replaced }), Record::Mark(8)] {
                let mut bytes = Vec::new();
                encode_record(&record, 3, 77, &mut bytes);
                prop_assert_eq!(decode_record(&bytes, 3), Some((bytes.len(), 77, record)));
                prop_assert_eq!(decode_record(&bytes, 4), None);
                prop_assert_eq!(decode_record(&bytes[..bytes.len() - 1], 3), None);
            }
        }

        #[test]
        fn no_byte_flips_unseen(at in 0usize..300, bit in 0u32..8) {
            let death = Death { from: 3, kind: DeathKind::Deleted };
            let entry = SegmentEntry { number: 4, documents: 5, last: 4, bytes: 999, ..SegmentEntry::default() };
            let manifest = Manifest {
                version: VERSION, generation: 7, keep: Keep::Text, shingle: 5, recipe: "r".into(), model: 0, window: 0,
                next: 5, log_from: 3, log: 3, log_len: 40, safe: 6, file: 9, readings: vec![1, 2],
                segments: vec![entry], deaths: vec![(1, death)],
            };
            let mut bytes = manifest.encode();
            prop_assert_eq!(Manifest::decode(&bytes), Ok(manifest));
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            // A flipped version is damage, and no other version.
            prop_assert_eq!(Manifest::decode(&bytes), Err(FormatError::Damaged));
        }

        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Manifest::decode(&bytes);
            let _ = decode_record(&bytes, 0);
            let _ = Footer::decode(&bytes, 0, bytes.len() as u64);
            let _ = decode_log_header(&bytes);
            let _ = claimed(&bytes);
            let _ = decode_said(&bytes, &StoredRow::default());
        }
    }

    #[test]
    fn verdicts_come_back() {
        let one = Match {
            id: "caf\u{e9}".into(),
            relation: Directed::Contains,
            measures: Measures { a: 3, b: 2, common: 2 },
            score: 0.75,
            spans: vec![[1, 2, 3, 4]],
        };
        let row = StoredRow { cluster: 5, seen: 6, ..StoredRow::default() };
        let verdict = Verdict {
            relation: Directed::Contains,
            verified: true,
            matches: vec![one.clone(), one],
            of: 1,
            cluster: 5,
            seen: 6,
        };
        let meta = Meta { title: Some("Br\u{fc}cke".into()), site: "post.example".into(), ..Meta::default() };
        let mut bytes = Vec::new();
        encode_said(&verdict, &meta, &mut bytes);
        assert_eq!(decode_said(&bytes, &row), Some((verdict.clone(), meta)));
        // Before version 3 nothing stood behind the verdict.
        let before = bytes.len() - (2 + 7) - 3 * 2 - (2 + 12);
        assert_eq!(decode_said(&bytes[..before], &row), Some((verdict, Meta::default())));
        bytes[1] = 2 << OF_SHIFT;
        assert_eq!(decode_said(&bytes, &row), None, "a copy of none of its matches");
    }
}
