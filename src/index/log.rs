//! Write-ahead logs: what was acknowledged and is in no segment yet.

use std::sync::Arc;

use memchr::memmem;

use super::format::{
    Death, FileKind, LOG_HEADER, Manifest, RECORD, RECORD_HEADER, ROW, Record, Row, check_header,
    decode_log_header, decode_record, encode_record, log_header,
};
use super::job::Job;
use super::memory::Memory;
use super::store::{Store, append_all};
use super::{bad_header, corrupt, failed, write_whole};
use crate::error::{Error, ErrorKind, Result};

/// The name of a log.
pub fn log_name(number: u64) -> String {
    format!("log-{number:012}")
}

/// The number of a log of that name.
pub fn log_number(name: &str) -> Option<u64> {
    name.strip_prefix("log-").filter(|digits| digits.len() == 12)?.parse().ok()
}

/// A log that is written.
#[derive(Debug)]
pub struct Log {
    number: u64,
    len: u64,
    synced: u64,
    buffer: Vec<u8>,
}

impl Log {
    /// Creates log `number`, for documents from ordinal `first` on, and makes it safe.
    ///
    /// # Errors
    /// [`ErrorKind::Write`].
    pub fn create(store: &dyn Store, number: u64, first: u32, shingle: u32) -> Result<Log> {
        let name = log_name(number);
        write_whole(store, &name, &log_header(number, first, shingle))?;
        store.sync_directory().map_err(|e| failed(store, &name, ErrorKind::Write, e))?;
        Ok(Log { number, len: LOG_HEADER as u64, synced: LOG_HEADER as u64, buffer: Vec::new() })
    }

    /// Goes on with a log that was read, behind its last record. What a crash tore is cut off.
    ///
    /// # Errors
    /// [`ErrorKind::Write`].
    pub fn resume(store: &dyn Store, number: u64, read: &Read) -> Result<Log> {
        let name = log_name(number);
        if read.torn {
            let cut = store.truncate(&name, read.len).and_then(|()| store.sync(&name));
            cut.map_err(|e| failed(store, &name, ErrorKind::Write, e))?;
        }
        Ok(Log { number, len: read.len, synced: read.len, buffer: Vec::new() })
    }

    /// Its number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Bytes that are synced.
    pub fn synced(&self) -> u64 {
        self.synced
    }

    /// Takes a record; it is written when the writer next begins to.
    pub fn push(&mut self, record: &Record<'_>) {
        encode_record(record, self.number, self.synced, &mut self.buffer);
    }

    /// Begins to write all records taken since the last time, and to sync, in the background; nothing where there are
    /// none. Nothing else must be pushed before [`Log::written`] was told what came of it.
    ///
    /// # Errors
    /// The work's: [`ErrorKind::Write`]. The log is then as the system left it, and must not be written again.
    pub(super) fn begin(&mut self, store: &Arc<dyn Store>) -> Option<Job<Vec<u8>>> {
        if self.buffer.is_empty() {
            return None;
        }
        self.len += self.buffer.len() as u64;
        let (store, name, mut records) =
            (store.clone(), log_name(self.number), std::mem::take(&mut self.buffer));
        Some(Job::spawn("writing to the log", move |_| {
            let write = append_all(&*store, &name, &records).and_then(|()| store.sync(&name));
            write.map_err(|e| failed(&*store, &name, ErrorKind::Write, e))?;
            records.clear();
            Ok(records)
        }))
    }

    /// What was begun is safe; `buffer` is what it gave.
    pub(super) fn written(&mut self, buffer: Vec<u8>) {
        (self.buffer, self.synced) = (buffer, self.len);
    }
}

/// A log, read.
#[derive(Debug)]
pub struct Read {
    /// Its documents.
    pub memory: Memory,
    /// What died in it, in order.
    pub deaths: Vec<(u32, Death)>,
    /// Its bytes up to the end of the last record.
    pub len: u64,
    /// Whether something that is no record follows: what a crash tore.
    pub torn: bool,
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
    /// Whether no other log follows.
    pub last: bool,
}

/// Reads a log. `None` where a crash came before its header was safe.
///
/// # Errors
/// [`ErrorKind::Corrupt`], [`ErrorKind::Version`], or the store's.
pub fn read_log(store: &dyn Store, expected: &Expected) -> Result<Option<Read>> {
    let Expected { number, first, synced, last } = *expected;
    let name = log_name(number);
    let bytes = store.read(&name).map_err(|e| failed(store, &name, ErrorKind::Read, e))?;
    let header = check_header(FileKind::Log, &bytes).map_err(|bad| bad_header(store, &name, bad));
    let header = header.and_then(|()| {
        let found = decode_log_header(&bytes).map(|(number, first, _)| (number, first));
        let expected = found == Some((number, first));
        if expected { Ok(()) } else { Err(corrupt(store, &name, "its header is not what was written")) }
    });
    match header {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::Version => return Err(error),
        Err(_) if last && synced == 0 && synced_beyond(&bytes, 0, number).is_none() => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut read =
        Read { memory: Memory::new(first), deaths: Vec::new(), len: LOG_HEADER as u64, torn: false };
    while let Some((len, _, record)) = decode_record(&bytes[read.len as usize..], number) {
        read.take(record).map_err(|what| corrupt(store, &name, format!("byte {}: {what}", read.len)))?;
        read.len += len as u64;
    }
    read.torn = read.len < bytes.len() as u64;
    if read.len < synced {
        return Err(corrupt(
            store,
            &name,
            format!("no record at byte {}, and {synced} bytes were safe", read.len),
        ));
    }
    if read.torn {
        let broken = |why: String| -> Result<Option<Read>> { Err(corrupt(store, &name, why)) };
        if let Some(later) = synced_beyond(&bytes, read.len as usize, number) {
            return broken(format!(
                "no record at byte {}, and there are later ones at byte {later}",
                read.len
            ));
        }
        if !last {
            return broken(format!("no record at byte {}, and another log follows", read.len));
        }
    }
    Ok(Some(read))
}

impl Read {
    fn take(&mut self, record: Record<'_>) -> Result<(), &'static str> {
        match record {
            Record::Document(arrival) => {
                if arrival.row.ordinal != self.memory.next() {
                    return Err("a document out of order");
                }
                if let Some(replaced) = arrival.replaces {
                    let kind = super::format::DeathKind::Replaced;
                    self.deaths.push((replaced, Death { from: arrival.row.ordinal, kind }));
                }
                self.memory.push(arrival.row, &arrival.keys, arrival.more, arrival.text);
            }
            Record::Death(ordinal, death) => self.deaths.push((ordinal, death)),
        }
        Ok(())
    }
}

/// The place of a record behind `at` that says that byte `at` was synced before it was written.
fn synced_beyond(bytes: &[u8], at: usize, number: u64) -> Option<usize> {
    // Bytes that are made to look like records would be hashed again and again: that ends somewhere.
    let mut budget = bytes.len().saturating_mul(16);
    for place in memmem::find_iter(bytes.get(at..)?, &RECORD.to_le_bytes()) {
        let rest = &bytes[at + place..];
        if let Some((_, synced, _)) = decode_record(rest, number)
            && synced > at as u64
        {
            return Some(at + place);
        }
        budget = budget.checked_sub(rest.len().min(1 << 20))?;
    }
    None
}

/// Reads all logs that a manifest leaves to be read, in order, and calls `each` with every one and its number.
///
/// # Errors
/// [`ErrorKind::Corrupt`] where one is missing or damaged, what `each` returns, or the store's.
pub fn read_logs(
    store: &dyn Store,
    manifest: &Manifest,
    mut each: impl FnMut(u64, Option<Read>) -> Result<()>,
) -> Result<()> {
    let numbers = logs_from(store, manifest.log_from)?;
    if !numbers.contains(&manifest.log) {
        return Err(corrupt(store, &log_name(manifest.log), "is missing"));
    }
    let mut first = manifest.next;
    for (&number, left) in numbers.iter().zip((0..numbers.len()).rev()) {
        let synced = if number == manifest.log { manifest.log_len } else { 0 };
        let read = read_log(store, &Expected { number, first, synced, last: left == 0 })?;
        first = read.as_ref().map_or(first, |read| read.memory.next());
        each(number, read)?;
    }
    Ok(())
}

/// The numbers of all logs from `from` on, in order.
fn logs_from(store: &dyn Store, from: u64) -> Result<Vec<u64>> {
    let names = store.list().map_err(|e| Error::io(ErrorKind::NotReadable, store.place(), e))?;
    let mut numbers: Vec<u64> =
        names.iter().filter_map(|name| log_number(name)).filter(|number| *number >= from).collect();
    numbers.sort_unstable();
    if numbers.first() != Some(&from) {
        return Err(corrupt(store, &log_name(from), "is missing"));
    }
    Ok(numbers)
}

/// A document that is intact.
#[derive(Debug)]
pub(super) struct SalvagedDocument {
    pub row: Row,
    pub keys: Vec<u64>,
    pub more: Vec<u8>,
    pub text: Vec<u8>,
}

/// What is left of a damaged log.
#[derive(Debug, Default)]
pub(super) struct Salvaged {
    /// Documents that are intact.
    pub documents: Vec<SalvagedDocument>,
    /// Deaths that are intact.
    pub deaths: Vec<(u32, Death)>,
    /// What is gone, by id where that can still be read.
    pub gone: Vec<String>,
}

/// Reads all records of log `number` that are intact.
///
/// # Errors
/// The store's.
pub(super) fn salvage_log(store: &dyn Store, number: u64, out: &mut Salvaged) -> Result<()> {
    let name = log_name(number);
    let bytes = store.read(&name).map_err(|e| failed(store, &name, ErrorKind::Read, e))?;
    let mut at = LOG_HEADER.min(bytes.len());
    while at < bytes.len() {
        match decode_record(&bytes[at..], number) {
            Some((len, _, record)) => {
                match record {
                    Record::Document(a) => {
                        if let Some(replaced) = a.replaces {
                            let kind = super::format::DeathKind::Replaced;
                            out.deaths.push((replaced, Death { from: a.row.ordinal, kind }));
                        }
                        let (more, text) = (a.more.to_vec(), a.text.to_vec());
                        out.documents.push(SalvagedDocument { row: a.row, keys: a.keys, more, text });
                    }
                    Record::Death(ordinal, death) => out.deaths.push((ordinal, death)),
                }
                at += len;
            }
            None => {
                let next = memmem::find_iter(&bytes[at + 1..], &RECORD.to_le_bytes())
                    .map(|place| at + 1 + place)
                    .find(|&place| decode_record(&bytes[place..], number).is_some());
                let end = next.unwrap_or(bytes.len());
                let id = damaged_id(&bytes[at..end]);
                out.gone.push(id.unwrap_or_else(|| format!("what stood in {name} at bytes {at} to {end}")));
                at = end;
            }
        }
    }
    Ok(())
}

/// The id in a record that is not what was written, where that part can be read.
fn damaged_id(record: &[u8]) -> Option<String> {
    let payload = record.get(RECORD_HEADER..)?;
    let row = Row::decode(payload.get(..ROW)?)?;
    let keys = usize::from(u16::from_le_bytes(payload.get(ROW + 4..ROW + 6)?.try_into().ok()?));
    let more = payload.get(ROW + 6 + keys * 5..)?;
    let id = std::str::from_utf8(more.get(..usize::from(row.id))?).ok()?;
    (xxhash_rust::xxh3::xxh3_64(id.as_bytes()).max(1) == row.id_hash).then(|| id.to_owned())
}
