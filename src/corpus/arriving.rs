//! What arrives: lines that are read as they come, told from what needs a corpus.

use std::fs::File;
use std::io::{self, Chain, Cursor, Read};
use std::path::Path;

use super::Format;
use super::inflate::{Compression, decompressed};
use super::open::{SNIFFED, kind, sniff};
use crate::charset::unmarked;
use crate::options::Progress;

/// A stream of which the first bytes were looked at.
pub enum Arriving<R> {
    /// JSON, decompressed: each line is a record once its end has come, and so is each object of an array.
    Lines(Box<dyn Read>),
    /// Anything else, as it is.
    Other(Chain<Cursor<Vec<u8>>, R>),
}

/// A file whose bytes are counted as they are read.
pub struct CountedFile {
    file: File,
    progress: Progress,
}

impl Read for CountedFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(out)?;
        self.progress.did(count as u64);
        Ok(count)
    }
}

/// What arrives in a file. One that names no kind holds lines unless its first bytes say otherwise: a broken line is then a
/// line that gives no document, and no text.
///
/// # Errors
/// Where it cannot be opened, or breaks off before it told its kind.
pub fn of_file(path: &Path, format: Format, progress: &Progress) -> io::Result<Arriving<CountedFile>> {
    let file = CountedFile { file: File::open(path)?, progress: progress.clone() };
    let named = kind(path).map_or(Format::Auto, |kind| kind.format);
    match (format, named) {
        // Lines are often given names of text.
        (Format::Auto, Format::Text) => {
            of(file, |inside| matches!(sniff(inside), Format::Json | Format::Jsonl))
        }
        (Format::Auto, named) => of(file, |inside| holds_lines(named, inside)),
        (format, _) => of(file, |inside| holds_lines(format, inside)),
    }
}

/// What arrives in a stream.
///
/// # Errors
/// Those of the stream, before it gave as much as tells its kind.
pub fn of_stream<R: Read + 'static>(from: R, format: Format) -> io::Result<Arriving<R>> {
    of(from, |inside| holds_lines(format, inside))
}

fn holds_lines(format: Format, inside: &[u8]) -> bool {
    match format {
        Format::Json | Format::Jsonl => true,
        Format::Auto => matches!(sniff(inside), Format::Json | Format::Jsonl | Format::Text),
        _ => false,
    }
}

fn of<R: Read + 'static>(mut from: R, are_lines: impl Fn(&[u8]) -> bool) -> io::Result<Arriving<R>> {
    let head = head(&mut from)?;
    let how = Compression::of(&head);
    let is_lines = match how {
        None => are_lines(&head),
        Some(how) => are_lines(&inside(&head, how)?),
    };
    let whole = Cursor::new(head).chain(from);
    Ok(match (is_lines, how) {
        (true, Some(how)) => Arriving::Lines(decompressed(whole, how)?),
        (true, None) => Arriving::Lines(Box::new(whole)),
        (false, _) => Arriving::Other(whole),
    })
}

/// The first bytes, as many as tell the kind. Whoever writes lines and waits for answers has sent enough with the first one.
fn head(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut buffer = [0; SNIFFED as usize];
    while head.len() < SNIFFED as usize && !is_told(&head) {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => head.extend_from_slice(&buffer[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(head)
}

/// Whether more bytes say nothing new. A line that ends has no mark of a format in it, unless it begins with one.
fn is_told(head: &[u8]) -> bool {
    let text = unmarked(head).trim_ascii_start();
    match text.first() {
        Some(b'{') => true,
        // What a page or XML is stands behind its first line.
        Some(b'<') => false,
        Some(_) => text.contains(&b'\n') && !text.contains(&0),
        None => false,
    }
}

/// What the first bytes hold where they are compressed; as much as comes out of them.
fn inside(head: &[u8], how: Compression) -> io::Result<Vec<u8>> {
    let mut from = decompressed(head, how)?.take(SNIFFED);
    let mut inside = Vec::new();
    // What is cut off ends with an error, and what came before it is kept.
    let _ = from.read_to_end(&mut inside);
    Ok(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its parts one by one, and never ends.
    struct Waits(Vec<&'static [u8]>);

    impl Read for Waits {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            assert!(!self.0.is_empty(), "it was asked for more than it needs");
            let part = self.0.remove(0);
            buffer[..part.len()].copy_from_slice(part);
            Ok(part.len())
        }
    }

    #[test]
    fn the_first_line_is_enough() {
        for parts in [vec![&b"{\"text\":"[..]], vec![b" \n", b"\xEF\xBB\xBF", b"\n"], vec![b"no ", b"json\n"]]
        {
            let mut parts = parts;
            if parts.len() == 3 {
                parts.push(b"{");
            }
            assert!(matches!(of_stream(Waits(parts), Format::Auto), Ok(Arriving::Lines(_))));
        }
    }

    #[test]
    fn other_kinds_are_told_by_their_marks() {
        let mut tar = vec![b'a'; 512];
        tar[257..262].copy_from_slice(b"ustar");
        tar[1] = 0;
        for other in [b"WARC/1.0\r\n".to_vec(), b"<!doctype html>".to_vec(), b"PAR1".to_vec(), tar] {
            assert!(matches!(of_stream(Cursor::new(other), Format::Auto), Ok(Arriving::Other(_))));
        }
        assert!(matches!(of_stream(&b"{}"[..], Format::Csv), Ok(Arriving::Other(_))));
        let packed = zstd::encode_all(&b"{\"text\":1}\n"[..], 1).expect("packed");
        match of_stream(Cursor::new(packed), Format::Auto).expect("read") {
            Arriving::Lines(mut lines) => {
                let mut text = String::new();
                lines.read_to_string(&mut text).expect("decompressed");
                assert_eq!(text, "{\"text\":1}\n");
            }
            Arriving::Other(_) => panic!("lines, compressed"),
        }
    }
}
