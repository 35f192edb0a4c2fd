//! zip: every entry that a reader knows, as if it were a file. Nothing is ever unpacked to a disk.
//!
//! The directory at the archive's end says what is in it, and an entry may be named by it more than once: so what comes out of
//! an archive, and of those in it, is bounded as a whole.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::rc::Rc;

use rawzip::{CompressionMethod, RECOMMENDED_BUFFER_SIZE, ZipArchive};

use super::archive::{DEPTH, clean, read_entry, wanted};
use super::{Sink, SourcePlace, Step, Stop};
use crate::charset;
use crate::corpus::inflate::{BOMB, Compression, MAX_RATIO, RATIO_FROM, decompressed};

pub(super) fn read(file: File, place: &SourcePlace, sink: &mut Sink<'_, '_>, depth: usize) -> Step {
    if depth == DEPTH {
        return Err(Stop::Input(format!("more than {DEPTH} archives in one another")));
    }
    let allowed = file.metadata()?.len().saturating_mul(MAX_RATIO).max(RATIO_FROM);
    // An archive in an archive has what is left of that.
    let outer = sink.zip_left.clone();
    let left = outer.clone().unwrap_or_else(|| Rc::new(Cell::new(allowed)));
    sink.zip_left = Some(left.clone());
    let done = entries(file, place, sink, depth, &left);
    sink.zip_left = outer;
    done
}

fn entries(
    file: File,
    place: &SourcePlace,
    sink: &mut Sink<'_, '_>,
    depth: usize,
    left: &Rc<Cell<u64>>,
) -> Step {
    let broken = |e: rawzip::Error| Stop::Input(format!("no whole zip archive: {e}"));
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_file(file, &mut buffer).map_err(broken)?;
    let mut entries = archive.entries(&mut buffer);
    let mut count = 0u64;
    while let Some(header) = entries.next_entry().map_err(broken)? {
        sink.resources.cancel.check()?;
        count += 1;
        if header.is_dir() {
            continue;
        }
        let name = named(header.file_path().as_bytes());
        let inside = place.entry(&name);
        if header.mode().is_symlink() {
            sink.passed(&inside, "skipped: a symbolic link".to_owned());
            continue;
        }
        let size = header.uncompressed_size_hint();
        let Some(kind) = wanted(&name, size, &inside, sink) else { continue };
        if header.flags().is_encrypted() {
            sink.lost(&inside, None, "encrypted".to_owned());
            continue;
        }
        let entry = match archive.get_entry(header.wayfinder()) {
            Ok(entry) => entry,
            Err(e) => {
                sink.lost(&inside, None, format!("not where the archive says that it is: {e}"));
                continue;
            }
        };
        let Some(compression) = compression(header.compression_method()) else {
            let method = header.compression_method().as_u16();
            sink.lost(&inside, None, format!("compressed by method {method} of zip, which is not read"));
            continue;
        };
        let from: Box<dyn Read + '_> = match compression {
            None => Box::new(entry.reader()),
            Some(how) => decompressed(entry.reader(), how)?,
        };
        let whole = Bounded { from: entry.verifying_reader(from), left };
        match read_entry(whole, kind, &inside, sink, depth + 1) {
            Err(Stop::Input(reason)) => sink.lost(&inside, None, reason),
            done => done?,
        }
        if left.get() == 0 {
            return Err(Stop::Input("a decompression bomb: what is behind it was not read".to_owned()));
        }
    }
    let said = archive.entries_hint();
    // Without its longer form a directory counts to 65,535 and begins again.
    if said > count || (said < count && said != count & 0xFFFF) {
        sink.lost(place, None, format!("its directory has {count} entries, and says {said}"));
    }
    Ok(())
}

/// An entry's name as part of an id. What is no UTF-8 is of whatever machine packed it.
fn named(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(_) => clean(name),
        Err(_) => clean(
            charset::decode(name, None, false)
                .map_or_else(|_| String::from_utf8_lossy(name), |name| name.text)
                .as_bytes(),
        ),
    }
}

/// How an entry is compressed: `None` where no reader knows its method.
fn compression(method: CompressionMethod) -> Option<Option<Compression>> {
    match method {
        CompressionMethod::STORE => Some(None),
        CompressionMethod::DEFLATE => Some(Some(Compression::Deflate)),
        CompressionMethod::BZIP2 => Some(Some(Compression::Bzip2)),
        CompressionMethod::ZSTD => Some(Some(Compression::Zstd)),
        CompressionMethod::XZ => Some(Some(Compression::Xz)),
        _ => None,
    }
}

/// An entry, as long as its archive gives no more than any text would grow to.
struct Bounded<'a, R> {
    from: R,
    left: &'a Cell<u64>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(buffer)?;
        match self.left.get().checked_sub(n as u64) {
            Some(left) => self.left.set(left),
            None => {
                self.left.set(0);
                return Err(io::Error::new(
                    BOMB,
                    "more comes out of the archive than any text would grow to: a decompression bomb",
                ));
            }
        }
        Ok(n)
    }
}
