//! tar: every entry that a reader knows, as if it were a file. Nothing is ever unpacked.

use std::cell::Cell;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use super::objects::{self, PEEKED};
use super::sparse::{Dense, Sparse};
use super::{FileKindOf, Sink, SourcePlace, Step, Stop};
use crate::corpus::Format;
use crate::corpus::inflate::{bounded, decompressed};
use crate::corpus::kind as kind_of;
use crate::corpus::walk::kind_of_name;
use crate::error::{Error, ErrorKind};

/// Archives in archives, so deep.
pub(super) const DEPTH: usize = 4;

pub(super) fn read(from: &mut dyn Read, place: &SourcePlace, sink: &mut Sink<'_, '_>, depth: usize) -> Step {
    if depth == DEPTH {
        return Err(Stop::Input(format!("more than {DEPTH} archives in one another")));
    }
    let left = Cell::new(HEADERS);
    let mut archive = tar::Archive::new(Budgeted { from, left: &left });
    for entry in archive.entries()? {
        sink.resources.cancel.check()?;
        let mut entry = entry?;
        // Enough for what this entry holds, read here or passed by the library, and for the next one's headers.
        left.set(entry.size().saturating_add(HEADERS));
        let sparse = Sparse::of(&mut entry).map_err(|reason| Stop::Input(format!("a sparse file: {reason}")));
        let (sparse, damage) = match sparse {
            Ok(sparse) => (sparse, None),
            Err(damage) => (None, Some(damage)),
        };
        let named = sparse.as_ref().and_then(|sparse| sparse.name.as_deref());
        let name = clean(named.unwrap_or(&entry.path_bytes()));
        let inside = place.entry(&name);
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        if !(kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) {
            sink.passed(&inside, format!("skipped: {}", described(kind)));
            continue;
        }
        let stored_size = entry.size();
        let size = sparse.as_ref().map_or(stored_size, |sparse| sparse.size);
        let Some(kind) = wanted(&name, size, &inside, sink) else { continue };
        if let Some(Stop::Input(reason)) = damage {
            sink.lost(&inside, None, reason);
            continue;
        }
        let stored = entry.header().entry_size().unwrap_or_default();
        let mut whole = Whole { from: &mut entry, left: stored_size, broken: false };
        // A sparse entry says how long its holes are: what comes out of it is no longer than what is in it.
        let done = match sparse {
            Some(sparse) => match Dense::new(&mut whole, sparse) {
                Ok(dense) => read_entry(bounded(dense, stored), kind, &inside, sink, depth + 1),
                Err(e) => Err(Stop::Input(format!("a sparse file: {e}"))),
            },
            None => read_entry(bounded(&mut whole, stored), kind, &inside, sink, depth + 1),
        };
        match done {
            Err(Stop::Input(reason)) => sink.lost(&inside, None, reason),
            done => done?,
        }
        if whole.broken {
            // The entry said so; nothing comes after it.
            return Ok(());
        }
    }
    Ok(())
}

/// Where each entry of an archive stands, with the headers before it, and its name as [`read`] has it.
pub(super) fn stretches(from: &mut dyn Read) -> std::result::Result<Vec<(String, Range<u64>)>, Stop> {
    let left = Cell::new(HEADERS);
    let mut archive = tar::Archive::new(Budgeted { from, left: &left });
    let (mut stretches, mut start) = (Vec::new(), 0);
    for entry in archive.entries()? {
        let mut entry = entry?;
        left.set(entry.size().saturating_add(HEADERS));
        if entry.header().entry_type().is_gnu_sparse() {
            // More headers may stand behind the first one, and nothing says how many.
            return Err(Stop::Input("a sparse file".to_owned()));
        }
        let sparse = Sparse::of(&mut entry).map_err(|e| Stop::Input(format!("a sparse file: {e}")))?;
        let named = sparse.as_ref().and_then(|sparse| sparse.name.as_deref());
        let name = clean(named.unwrap_or(&entry.path_bytes()));
        let end = entry.raw_file_position() + entry.size().next_multiple_of(BLOCK);
        stretches.push((name, start..end));
        start = end;
    }
    Ok(stretches)
}

/// What an archive is made of.
const BLOCK: u64 = 512;

/// Reads an entry. Of JSON, only what holds records is read: nobody named it.
pub(super) fn read_entry(
    from: impl Read,
    kind: FileKindOf,
    place: &SourcePlace,
    sink: &mut Sink<'_, '_>,
    depth: usize,
) -> Step {
    if kind.format != Format::Json {
        return sink.stream(from, kind, place, depth);
    }
    let mut from: Box<dyn Read + '_> = match kind.compression {
        Some(how) => decompressed(from, how)?,
        None => Box::new(from),
    };
    let mut head = Vec::new();
    let read = from.by_ref().take(PEEKED).read_to_end(&mut head);
    if read.is_ok() && !objects::hold_a_text(&head, &sink.rules.names) {
        sink.skip(kind_of_name(Path::new(&*place.name)));
        return Ok(());
    }
    let whole = FileKindOf { compression: None, ..kind };
    let done = sink.stream(std::io::Cursor::new(head).chain(from), whole, place, depth);
    read.map_or_else(|damage| Err(damage.into()), |_| done)
}

/// What an entry is read as; `None` where it is left out, which is counted or said.
pub(super) fn wanted(
    name: &str,
    size: u64,
    inside: &SourcePlace,
    sink: &mut Sink<'_, '_>,
) -> Option<FileKindOf> {
    if !sink.rules.hidden && name.split('/').any(|part| part.starts_with('.')) {
        return None;
    }
    let Some(kind) = kind_of(Path::new(name)) else {
        sink.skip(kind_of_name(Path::new(name)));
        return None;
    };
    if let Some(limit) = sink.rules.max_filesize.filter(|&limit| size > limit) {
        let large = Error::new(ErrorKind::TooLarge).because(format!("{size} bytes, --max-filesize {limit}"));
        sink.lost(inside, None, large.reason());
        return None;
    }
    Some(kind)
}

/// Bytes of headers before an entry: long names and extensions, which the library holds in memory.
const HEADERS: u64 = 1 << 20;

/// A stream of which only so much is left to be read.
struct Budgeted<'a> {
    from: &'a mut dyn Read,
    left: &'a Cell<u64>,
}

impl Read for Budgeted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.from.read(buffer)?;
        let left = self.left.get().checked_sub(n as u64);
        let large = || std::io::Error::other(format!("headers of more than {HEADERS} bytes before an entry"));
        self.left.set(left.ok_or_else(large)?);
        Ok(n)
    }
}

fn described(kind: tar::EntryType) -> &'static str {
    match kind {
        tar::EntryType::Symlink => "a symbolic link",
        tar::EntryType::Link => "a hard link",
        tar::EntryType::Char | tar::EntryType::Block => "a device",
        tar::EntryType::Fifo => "a pipe",
        _ => "neither a file nor a directory",
    }
}

/// An entry that says so where it ends too early.
struct Whole<'a, R> {
    from: &'a mut R,
    left: u64,
    broken: bool,
}

impl<R: Read> Read for Whole<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.from.read(buffer).inspect_err(|_| self.broken = true)?;
        if n == 0 && !buffer.is_empty() && self.left > 0 {
            self.broken = true;
            let missing = std::mem::take(&mut self.left);
            return Err(std::io::Error::other(format!(
                "the archive is cut off, {missing} bytes are missing"
            )));
        }
        self.left = self.left.saturating_sub(n as u64);
        Ok(n)
    }
}

/// An entry's name as part of an id: `/` between parts, none of them `.` or `..`, no control characters.
pub(super) fn clean(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let parts = name.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".."));
    let clean = parts.collect::<Vec<_>>().join("/");
    clean.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn names_never_lead_out() {
        assert_eq!(clean(b"../../etc/./passwd"), "etc/passwd");
        assert_eq!(clean(b"/abs//a.txt"), "abs/a.txt");
        assert_eq!(clean(b"..\\..\\a\x1b[31m.txt"), "a\u{fffd}[31m.txt");
    }
}
