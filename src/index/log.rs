//! Write-ahead logs: what was acknowledged and is in no segment yet.

use std::sync::Arc;

use memchr::memmem;

use super::format::{
    Death, DeathKind, FormatError, LOG_HEADER, LogHeader, Manifest, RECORD, RECORD_HEADER, ROW, Record,
    StoredRow, claimed, decode_log_header, decode_record, encode_record, log_header,
};
use super::job::BackgroundJob;
use super::memory::MemoryPart;
use super::mend::{self, mended};
use super::store::{Store, append_all};
use super::{bad, corrupt, failed, write_whole};
use crate::error::{Error, ErrorKind, Result};

/// The name of a log.
pub fn log_name(number: u64) -> String {
    format!("log-{number:012}")
}

/// The number of a log of that name, which is the one name that this number has.
pub fn log_number(name: &str) -> Option<u64> {
    let number = name.strip_prefix("log-")?.parse().ok()?;
    (log_name(number) == name).then_some(number)
}

/// A log that is written.
#[derive(Debug)]
pub struct Log {
    number: u64,
    len: u64,
    synced: u64,
    /// The ordinal behind the last document that is synced.
    safe: u32,
    /// What those two are once what was begun is written.
    begun: (u64, u32),
    buffer: Vec<u8>,
}

impl Log {
    /// Creates log `number`, for documents from ordinal `first` on, and makes it and its name safe.
    ///
    /// # Errors
    /// [`ErrorKind::Write`].
    pub fn create(store: &dyn Store, number: u64, first: u32, shingle: u32) -> Result<Log> {
        let name = log_name(number);
        write_whole(store, &name, &log_header(number, first, shingle))?;
        store.sync_directory().map_err(|e| failed(store, &name, ErrorKind::Write, e))?;
        Ok(Log::at(number, LOG_HEADER as u64, first))
    }

    /// Log `number`, which is not there yet: nothing can be written to it.
    pub(super) fn planned(number: u64, first: u32) -> Log {
        Log::at(number, 0, first)
    }

    /// Goes on with a log that was read, behind its last record. What a crash tore is cut off. The rest is synced: who
    /// wrote it may have been killed before it was, and whoever reads it now goes by it.
    ///
    /// # Errors
    /// [`ErrorKind::Write`].
    pub fn resume(store: &dyn Store, number: u64, read: &Read) -> Result<Log> {
        let name = log_name(number);
        let cut = if read.torn() > 0 { store.truncate(&name, read.len) } else { Ok(()) };
        cut.and_then(|()| store.sync(&name)).map_err(|e| failed(store, &name, ErrorKind::Write, e))?;
        Ok(Log::at(number, read.len, read.memory.next()))
    }

    fn at(number: u64, len: u64, safe: u32) -> Log {
        Log { number, len, synced: len, safe, begun: (len, safe), buffer: Vec::new() }
    }

    /// Its number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Bytes that are synced.
    pub fn synced(&self) -> u64 {
        self.synced
    }

    /// The ordinal behind the last document that is synced.
    pub fn safe(&self) -> u32 {
        self.safe
    }

    /// Takes a record; it is written when the writer next begins to.
    pub fn push(&mut self, record: &Record<'_>) {
        encode_record(record, self.number, self.synced, &mut self.buffer);
    }

    /// Begins to write all records taken since the last time, and to sync, in the background; nothing where there are
    /// none. `next` is the ordinal behind their last document. Nothing else must be pushed before [`Log::written`] was told
    /// what came of it.
    ///
    /// # Errors
    /// The work's: [`ErrorKind::Write`]. The log is then as the system left it, and must not be written again.
    pub(super) fn begin(&mut self, store: &Arc<dyn Store>, next: u32) -> Option<BackgroundJob<Vec<u8>>> {
        if self.buffer.is_empty() {
            return None;
        }
        self.begun = (self.len + self.buffer.len() as u64, next);
        let mut mark = Vec::new();
        encode_record(&Record::Mark(next), self.number, self.begun.0, &mut mark);
        self.len = self.begun.0 + mark.len() as u64;
        let (store, name, mut records) =
            (store.clone(), log_name(self.number), std::mem::take(&mut self.buffer));
        Some(BackgroundJob::spawn("writing to the log", move |_| {
            let write = append_all(&*store, &name, &records)
                .and_then(|()| store.sync(&name))
                .and_then(|()| append_all(&*store, &name, &mark));
            write.map_err(|e| failed(&*store, &name, ErrorKind::Write, e))?;
            records.clear();
            Ok(records)
        }))
    }

    /// What was begun is safe; `buffer` is what it gave.
    pub(super) fn written(&mut self, buffer: Vec<u8>) {
        (self.buffer, (self.synced, self.safe)) = (buffer, self.begun);
    }

    /// Makes the last mark safe too, at the end of a session.
    ///
    /// # Errors
    /// [`ErrorKind::Write`].
    pub(super) fn close(&mut self, store: &dyn Store) -> Result<()> {
        if self.synced < self.len {
            let name = log_name(self.number);
            store.sync(&name).map_err(|e| failed(store, &name, ErrorKind::Write, e))?;
            self.synced = self.len;
        }
        Ok(())
    }
}

/// A log, read.
#[derive(Debug)]
pub struct Read {
    /// Its documents.
    pub memory: MemoryPart,
    /// What died in it, in order.
    pub deaths: Vec<(u32, Death)>,
    /// Its bytes up to the end of the last record.
    pub len: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

impl Read {
    /// How many bytes at its end are no record: what a crash tore.
    pub fn torn(&self) -> u64 {
        self.bytes - self.len
    }
}

/// What is known of a log before it is read.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// Its number.
    pub number: u64,
    /// The ordinal of its first document.
    pub first: u32,
    /// Bytes of it that were synced.
    pub synced: u64,
    /// Documents that were seen before this have expired, for those who only read.
    pub oldest: u64,
}

/// Reads a log to its end. What has the name of one may be none: a crash came before its header was safe, or somebody put a file
/// there. It holds no document.
///
/// # Errors
/// [`ErrorKind::Corrupt`], [`ErrorKind::Version`], or the store's.
pub fn read_log(store: &dyn Store, expected: &Expected) -> Result<Option<Read>> {
    let Expected { number, first, synced, oldest } = *expected;
    let name = log_name(number);
    let bytes = store.read(&name).map_err(|e| failed(store, &name, ErrorKind::Read, e))?;
    match decode_log_header(&bytes) {
        Ok(header) if (header.number, header.first) == (number, first) => {}
        Ok(LogHeader { number: found, first: begins, .. }) => {
            let what = format!(
                "its header is of {} from document {begins} on, and document {first} is expected",
                log_name(found)
            );
            return Err(corrupt(store, &name, what));
        }
        // A header is synced before anything is written behind it.
        Err(FormatError::Damaged) if synced == 0 && later(&bytes, 0, number) == Later::Nothing => {
            return Ok(None);
        }
        Err(FormatError::Damaged) => return Err(corrupt(store, &name, "its header is not what was written")),
        Err(version) => return Err(bad(store, &name, version)),
    }
    let (memory, len) = (MemoryPart::new(first), LOG_HEADER as u64);
    let mut read = Read { memory, deaths: Vec::new(), len, bytes: bytes.len() as u64 };
    while let Some((len, _, record)) = decode_record(&bytes[read.len as usize..], number) {
        read.take(record, oldest)
            .map_err(|what| corrupt(store, &name, format!("byte {}: {what}", read.len)))?;
        read.len += len as u64;
    }
    let place = read.len;
    let what = match later(&bytes, read.len as usize, number) {
        _ if place < synced => format!("no record at byte {place}, and {synced} bytes were safe"),
        Later::Nothing => return Ok(Some(read)),
        Later::Record(later) => {
            format!("no record at byte {place}, and one at byte {later} says that it was safe")
        }
        Later::Unknown => {
            format!("no record at byte {place}, and more behind it looks like records than can be looked at")
        }
    };
    Err(corrupt(store, &name, what))
}

impl Read {
    fn take(&mut self, record: Record<'_>, oldest: u64) -> Result<(), &'static str> {
        match record {
            Record::Document(arrival) => {
                if arrival.row.ordinal != self.memory.next() {
                    return Err("a document out of order");
                }
                if let Some(replaced) = arrival.replaces {
                    let kind = DeathKind::Replaced;
                    self.deaths.push((replaced, Death { from: arrival.row.ordinal, kind }));
                }
                if arrival.row.seen < oldest {
                    self.memory.push_expired(arrival.row, arrival.more, arrival.text);
                } else {
                    self.memory.push(arrival.row, &arrival.keys, arrival.more, arrival.text);
                }
            }
            Record::Death(ordinal, death) => self.deaths.push((ordinal, death)),
            Record::Mark(next) if next == self.memory.next() => {}
            Record::Mark(_) => return Err("documents before it are missing"),
        }
        Ok(())
    }
}

/// What stands behind a place of a log where no record is.
#[derive(Debug, PartialEq, Eq)]
enum Later {
    /// Nothing that says that the place was safe: a crash tore it.
    Nothing,
    /// A record here says that the place was safe.
    Record(usize),
    /// Too much looks like records.
    Unknown,
}

/// Bytes that are hashed in vain, at most, in looking for records, as a multiple of the log's: text can be made to look
/// like the beginning of many long records, and then this would be quadratic.
const IN_VAIN: usize = 64;

/// Looks for a record behind `at` that says that byte `at` was synced before it was written. Whole records are passed by
/// their length; linear.
fn later(bytes: &[u8], at: usize, number: u64) -> Later {
    let mut budget = bytes.len().saturating_mul(IN_VAIN);
    let mut from = at;
    while let Some(place) = next_magic(bytes, from) {
        let rest = &bytes[place..];
        match decode_record(rest, number) {
            Some((_, synced, _)) if synced > at as u64 => return Later::Record(place),
            Some((len, ..)) => from = place + len,
            None => {
                from = place + 1;
                let Some(left) = budget.checked_sub(claimed(rest).unwrap_or(0)) else {
                    return Later::Unknown;
                };
                budget = left;
            }
        }
    }
    Later::Nothing
}

/// The next place from `from` on where a record may begin.
fn next_magic(bytes: &[u8], from: usize) -> Option<usize> {
    memmem::find(bytes.get(from..)?, &RECORD.to_le_bytes()).map(|place| from + place)
}

/// Reads all logs that a manifest leaves to be read, in order, and calls `each` with every one and its number; those that
/// are none come last. There is no log where the manifest says that its log was not created yet. What was seen before `oldest` (milliseconds since 1970) is found by its id only.
///
/// # Errors
/// [`ErrorKind::Corrupt`] where one is missing or damaged, what `each` returns, or the store's.
pub fn read_logs(
    store: &dyn Store,
    manifest: &Manifest,
    oldest: u64,
    mut each: impl FnMut(u64, Option<Read>) -> Result<()>,
) -> Result<()> {
    let numbers = logs_from(store, manifest.log_from)?;
    // Of a log that was not created yet no byte was synced.
    let begun = manifest.log_len > 0;
    if begun && (numbers.first() != Some(&manifest.log_from) || !numbers.contains(&manifest.log)) {
        let missing = if numbers.contains(&manifest.log) { manifest.log_from } else { manifest.log };
        return Err(corrupt(store, &log_name(missing), "is missing"));
    }
    let (mut first, mut none) = (manifest.next, Vec::new());
    let mut before: Option<(u64, Read)> = None;
    for number in numbers {
        let synced = if number == manifest.log { manifest.log_len } else { 0 };
        let Some(read) = read_log(store, &Expected { number, first, synced, oldest })? else {
            none.push(number);
            continue;
        };
        first = read.memory.next();
        if let Some((number, read)) = before.replace((number, read)) {
            if read.torn() > 0 {
                let what = format!("no record at byte {}, and another log follows", read.len);
                return Err(corrupt(store, &log_name(number), what));
            }
            each(number, Some(read))?;
        }
    }
    let Some((number, read)) = before else {
        let what = "its header is not what was written";
        if begun {
            return Err(corrupt(store, &log_name(manifest.log_from), what));
        }
        return none.into_iter().try_for_each(|number| each(number, None));
    };
    if first < manifest.safe {
        let what = format!("document {first} is missing, and those before {} were safe", manifest.safe);
        return Err(corrupt(store, &log_name(number), what));
    }
    each(number, Some(read))?;
    none.into_iter().try_for_each(|number| each(number, None))
}

/// The numbers of all logs from `from` on, in order.
fn logs_from(store: &dyn Store, from: u64) -> Result<Vec<u64>> {
    let names = store.list().map_err(|e| Error::io(ErrorKind::NotReadable, store.place(), e))?;
    let mut numbers: Vec<u64> =
        names.iter().filter_map(|name| log_number(name)).filter(|number| *number >= from).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// A document that is intact.
#[derive(Debug)]
pub(super) struct SalvagedDocument {
    pub row: StoredRow,
    pub keys: Vec<u64>,
    pub more: Vec<u8>,
    pub text: Vec<u8>,
}

/// What is left of a damaged index outside of the segments that are whole.
#[derive(Debug, Default)]
pub(super) struct Salvaged {
    /// Documents that are intact.
    pub documents: Vec<SalvagedDocument>,
    /// Deaths that are intact.
    pub deaths: Vec<(u32, Death)>,
    /// The ids of some that are gone: those that can still be read.
    pub named: Vec<String>,
    /// The ordinal behind the last document that was ever synced, as far as a mark or a later log says.
    pub safe: u32,
    /// What was looked at and is gone, and may have been a document or a deletion.
    pub holes: Vec<String>,
}

impl Salvaged {
    fn take(&mut self, record: Record<'_>) {
        match record {
            Record::Document(a) => {
                if let Some(replaced) = a.replaces {
                    let death = Death { from: a.row.ordinal, kind: DeathKind::Replaced };
                    self.deaths.push((replaced, death));
                }
                let (more, text) = (a.more.to_vec(), a.text.to_vec());
                self.documents.push(SalvagedDocument { row: a.row, keys: a.keys, more, text });
            }
            Record::Death(ordinal, death) => self.deaths.push((ordinal, death)),
            Record::Mark(next) => self.safe = self.safe.max(next),
        }
    }

    /// Puts documents in order, each once.
    pub fn order(&mut self) {
        self.documents.sort_by_key(|one| one.row.ordinal);
        self.documents.dedup_by_key(|one| one.row.ordinal);
    }
}

/// Reads all records of log `number` that are intact, or were but for one bit.
///
/// # Errors
/// The store's.
pub(super) fn salvage_log(store: &dyn Store, number: u64, out: &mut Salvaged) -> Result<()> {
    let name = log_name(number);
    let bytes = store.read(&name).map_err(|e| failed(store, &name, ErrorKind::Read, e))?;
    let header = mended(bytes.get(..LOG_HEADER).unwrap_or_default(), |b| decode_log_header(b).ok());
    if let Some(header) = header.filter(|header| header.number == number) {
        out.safe = out.safe.max(header.first);
    }
    let mut at = LOG_HEADER.min(bytes.len());
    while at < bytes.len() {
        if let Some((len, _, record)) = decode_record(&bytes[at..], number) {
            out.take(record);
            at += len;
        } else if let Some(record) = mended_record(&bytes[at..], number) {
            let Some((len, _, record)) = decode_record(&record, number) else { break };
            out.take(record);
            at += len;
        } else {
            let end = next_record(&bytes, at + 1, number);
            out.named.extend(damaged_id(&bytes[at..end]));
            out.holes.push(format!("what stood in {name} at bytes {at} to {end}"));
            at = end;
        }
    }
    Ok(())
}

/// Where the next record begins; the end where none does.
fn next_record(bytes: &[u8], mut from: usize, number: u64) -> usize {
    while let Some(place) = next_magic(bytes, from) {
        if decode_record(&bytes[place..], number).is_some() {
            return place;
        }
        from = place + 1;
    }
    bytes.len()
}

/// The record that `bytes` began with before one of its bits flipped.
fn mended_record(bytes: &[u8], number: u64) -> Option<Vec<u8>> {
    let is_record = |bytes: &[u8]| decode_record(bytes, number).map(|(len, ..)| len);
    let mut record = bytes[..bytes.len().min(mend::MOST)].to_vec();
    // A bit of the head decides how long it is.
    let head = RECORD_HEADER.min(record.len());
    let len = mend::flip(&mut record, 0..head, &is_record).or_else(|| {
        let end = RECORD_HEADER + claimed(&record)?;
        record.truncate(end);
        mend::flip(&mut record, RECORD_HEADER..end, &is_record)
    })?;
    record.truncate(len);
    Some(record)
}

/// The id in a record that is not what was written, where that part can be read.
fn damaged_id(record: &[u8]) -> Option<String> {
    let payload = record.get(RECORD_HEADER..)?;
    let row = StoredRow::decode(payload.get(..ROW)?)?;
    let keys = usize::from(u16::from_le_bytes(payload.get(ROW + 4..ROW + 6)?.try_into().ok()?));
    let more = payload.get(ROW + 6 + keys * 5..)?;
    let id = std::str::from_utf8(more.get(..usize::from(row.id))?).ok()?;
    (xxhash_rust::xxh3::xxh3_64(id.as_bytes()).max(1) == row.id_hash).then(|| id.to_owned())
}
