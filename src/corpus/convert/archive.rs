//! tar: every entry that a reader knows, as if it were a file. Nothing is ever unpacked.

use std::cell::Cell;
use std::io::Read;
use std::path::Path;

use super::{FileKindOf, Sink, SourcePlace, Step, Stop};
use crate::corpus::inflate::bounded;
use crate::corpus::kind as kind_of;
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
        let name = clean(&entry.path_bytes());
        let inside = place.entry(&name);
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        if !(kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) {
            sink.passed(&inside, format!("skipped: {}", described(kind)));
            continue;
        }
        let size = entry.size();
        let Some(kind) = wanted(&name, size, &inside, sink) else { continue };
        let stored = entry.header().entry_size().unwrap_or_default();
        let mut whole = Whole { from: &mut entry, left: size, broken: false };
        // A sparse entry says how long its holes are: what comes out of it is no longer than what is in it.
        let dense = bounded(&mut whole, stored);
        match sink.stream(dense, kind, &inside, depth + 1) {
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
        let extension = name.rsplit('/').next().and_then(|name| name.rsplit_once('.'));
        sink.skip(extension.map_or(String::new(), |(_, extension)| extension.to_lowercase()));
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
