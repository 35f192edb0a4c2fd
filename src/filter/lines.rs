//! Lines of a stream, cut into chunks.

use std::io::{self, Read};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use crate::charset::narrowed;
use crate::corpus::{ObjectLines, begin_objects};

/// Lines that were there at once, or a part of one that is too long to be held.
#[derive(Debug)]
pub struct Chunk {
    /// The number of the input.
    pub input: usize,
    /// The number of the first line in it, from 0.
    pub line: u64,
    /// Lines, each but perhaps the last with its end; nothing at the end of a line that was too long.
    pub bytes: ChunkBytes,
    /// What of lines it is.
    pub part: LinePart,
}

/// Bytes that go back to where they were read once nobody needs them: the system gives a new megabyte page by page, which takes
/// longer than filling it.
#[derive(Debug)]
pub struct ChunkBytes {
    bytes: Vec<u8>,
    /// Where they go back to.
    spare: Option<Arc<SpareBytes>>,
}

/// Bytes that nobody needs, to be filled again.
type SpareBytes = Mutex<Vec<Vec<u8>>>;

/// Buffers that wait to be filled, at most: chunks that are read ahead, answered and written out at one time.
const SPARE: usize = 8;

impl ChunkBytes {
    /// A copy of these bytes, in spare ones where there are some.
    fn copy(bytes: &[u8], spare: &Arc<SpareBytes>) -> ChunkBytes {
        let mut own = spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        own.clear();
        own.extend_from_slice(bytes);
        ChunkBytes { bytes: own, spare: Some(spare.clone()) }
    }
}

impl From<Vec<u8>> for ChunkBytes {
    fn from(bytes: Vec<u8>) -> ChunkBytes {
        ChunkBytes { bytes, spare: None }
    }
}

impl Deref for ChunkBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for ChunkBytes {
    fn drop(&mut self) {
        if let Some(spare) = &self.spare
            && self.bytes.capacity() <= 2 * READ
        {
            let mut spare = spare.lock().unwrap_or_else(PoisonError::into_inner);
            if spare.len() < SPARE {
                spare.push(std::mem::take(&mut self.bytes));
            }
        }
    }
}

/// Whole lines, or what of a line that is too long: such a line goes by in parts, and is never in memory as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinePart {
    /// Lines that are whole.
    Whole,
    /// What a line that is too long begins with.
    Beginning,
    /// More of it.
    Middle,
    /// The rest of it.
    End,
}

impl LinePart {
    /// Whether the first byte begins a line.
    pub fn begins(self) -> bool {
        matches!(self, LinePart::Whole | LinePart::Beginning)
    }

    /// Whether a line ends with the last byte.
    pub fn ends(self) -> bool {
        matches!(self, LinePart::Whole | LinePart::End)
    }
}

/// Bytes asked for at once.
const READ: usize = 1 << 20;

/// Bytes that tell how JSON is laid out, at most.
const HEAD: usize = 4096;

/// Hands chunks of lines on until the end, whatever the layout: what has two bytes a character is read in UTF-8, and the
/// objects of an array are a line each. Lines of more than `most` bytes come in parts. False where nobody listens any more.
///
/// # Errors
/// Those of the stream.
pub fn send_lines(
    from: impl Read,
    input: usize,
    most: usize,
    hand_on: impl FnMut(Chunk) -> bool,
) -> io::Result<bool> {
    let mut from = narrowed(from)?;
    let head = head(&mut from)?;
    let holds_objects = begin_objects(&head);
    let mut whole = io::Cursor::new(head).chain(from);
    if holds_objects {
        send(ObjectLines::new(&mut whole, most as u64), input, most, hand_on)
    } else {
        send(whole, input, most, hand_on)
    }
}

/// What a stream begins with. Of what comes slowly no more is waited for than tells its layout.
fn head(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = vec![0; HEAD];
    let mut filled = 0;
    let told = |head: &[u8]| head.iter().filter(|b| b.is_ascii() && !b.is_ascii_whitespace()).count() > 1;
    while filled < HEAD && !told(&head[..filled]) {
        match from.read(&mut head[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    head.truncate(filled);
    Ok(head)
}

/// Hands chunks of lines on until the end; false where nobody listens any more.
fn send(
    mut from: impl Read,
    input: usize,
    most: usize,
    mut hand_on: impl FnMut(Chunk) -> bool,
) -> io::Result<bool> {
    let mut cutter = LineCutter { line: 0, rest: Vec::new(), searched: 0, is_long: false, most };
    let spare = Arc::default();
    loop {
        let begun = cutter.rest.len();
        cutter.rest.resize(begun + READ, 0);
        let read = loop {
            match from.read(&mut cutter.rest[begun..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        cutter.rest.truncate(begun + read);
        while let Some((part, end)) = cutter.cut(read == 0) {
            let line = cutter.line;
            let bytes = ChunkBytes::copy(&cutter.rest[..end], &spare);
            cutter.rest.drain(..end);
            cutter.passed(&bytes, part);
            if !hand_on(Chunk { input, line, bytes, part }) {
                return Ok(false);
            }
        }
        if read == 0 {
            return Ok(true);
        }
    }
}

/// Cuts what was read into chunks.
struct LineCutter {
    /// The number of the line that `rest` begins in.
    line: u64,
    rest: Vec<u8>,
    /// Bytes of `rest` in which no line ends.
    searched: usize,
    /// Whether `rest` begins within a line that is too long.
    is_long: bool,
    most: usize,
}

impl LineCutter {
    /// What is to be handed on, and up to which byte; none while more must be read first.
    fn cut(&mut self, is_over: bool) -> Option<(LinePart, usize)> {
        let all = self.rest.len();
        if self.is_long {
            let end = memchr::memchr(b'\n', &self.rest);
            return match end {
                Some(end) => Some((LinePart::End, end + 1)),
                None if is_over => Some((LinePart::End, all)),
                None => (all > 0).then_some((LinePart::Middle, all)),
            };
        }
        if let Some(end) = memchr::memrchr(b'\n', &self.rest[self.searched..]) {
            return Some((LinePart::Whole, self.searched + end + 1));
        }
        self.searched = all;
        if is_over {
            (all > 0).then_some((LinePart::Whole, all))
        } else {
            (all > self.most).then_some((LinePart::Beginning, all))
        }
    }

    /// Notes that these bytes were handed on.
    fn passed(&mut self, bytes: &[u8], part: LinePart) {
        self.line += memchr::memchr_iter(b'\n', bytes).count() as u64;
        self.is_long = !part.ends();
        // Behind whole lines stands the beginning of one, in which no line ends; behind the end of a long one anything.
        self.searched = if part == LinePart::Whole { self.rest.len() } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let (some, rest) = self.0.split_at(self.0.len().min(self.1).min(buffer.len()));
            buffer[..some.len()].copy_from_slice(some);
            self.0 = rest;
            Ok(some.len())
        }
    }

    #[test]
    fn bytes_go_back_and_are_filled_again() {
        let spare = Arc::default();
        let first = ChunkBytes::copy(b"the first line\n", &spare);
        let place = first.as_ptr();
        drop(first);
        let second = ChunkBytes::copy(b"a second", &spare);
        assert_eq!((second.as_ptr(), &*second), (place, &b"a second"[..]));
        drop((0..3 * SPARE).map(|_| ChunkBytes::copy(b"more", &spare)).collect::<Vec<_>>());
        drop(ChunkBytes::copy(&vec![b'x'; 4 * READ], &spare));
        let spare = spare.lock().expect("nobody panicked");
        // The one that became large does not come back.
        assert_eq!(spare.len(), SPARE - 1);
        assert!(spare.iter().all(|bytes| bytes.capacity() <= 2 * READ));
    }

    /// Finding 27.
    #[test]
    fn a_line_that_is_too_long_goes_by_in_parts() {
        let long = "x".repeat(100);
        for text in [format!("a\nb\n{long}\nc\n"), format!("{long}{long}\n{long}"), "a\n\nb".to_owned()] {
            for at_once in [1, 3, 64, 1000] {
                let mut chunks: Vec<Chunk> = Vec::new();
                let sent = send(Trickle(text.as_bytes(), at_once), 0, 10, |chunk| {
                    chunks.push(chunk);
                    true
                });
                assert!(sent.is_ok_and(|all| all));
                let whole: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.bytes.to_vec()).collect();
                assert_eq!(whole, text.as_bytes(), "nothing is lost");
                let mut is_long = false;
                let mut lines = 0;
                for Chunk { line, bytes, part, .. } in &chunks {
                    assert_eq!((part.begins(), *line), (!is_long, lines), "{text} by {at_once}");
                    assert!(*part == LinePart::Whole || bytes.len() <= 10 + at_once, "{text} by {at_once}");
                    is_long = !part.ends();
                    lines += bytes.iter().filter(|&&b| b == b'\n').count() as u64;
                }
                assert!(!is_long);
            }
        }
    }
}
