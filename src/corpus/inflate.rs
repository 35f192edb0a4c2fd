//! Decompression, one damaged gzip member at a time, and bounded in what it may grow to.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::GzDecoder;

/// How bytes are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zstd,
    /// Deflate in its wrapping, as HTTP has it.
    Zlib,
    /// Deflate without it, as some servers have it, and zip archives.
    Deflate,
    /// As browsers and servers have it.
    Brotli,
    Bzip2,
    Xz,
}

impl Compression {
    /// By a file's extension.
    pub fn of_name(path: &Path) -> Option<Compression> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "gz" | "tgz" => Some(Compression::Gzip),
            "zst" | "tzst" => Some(Compression::Zstd),
            "bz2" | "tbz" | "tbz2" => Some(Compression::Bzip2),
            "xz" | "txz" => Some(Compression::Xz),
            _ => None,
        }
    }

    /// By the first bytes.
    pub fn of(head: &[u8]) -> Option<Compression> {
        match head {
            [0x1F, 0x8B, 8, ..] => Some(Compression::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Compression::Zstd),
            // A block begins with digits of pi, and what has none with those of its root.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, ..] => Some(Compression::Bzip2),
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Some(Compression::Xz),
            _ => None,
        }
    }
}

/// Bytes of a decompressed input, at most.
pub(super) const MAX_DECOMPRESSED: u64 = 1 << 40;
/// What no honest text reaches: so many bytes out of one, ...
pub(super) const MAX_RATIO: u64 = 1000;
/// ... once so many came out.
pub(super) const RATIO_FROM: u64 = 64 << 20;

/// The largest window of a zstd frame, as a power of two: what `--long=31` makes, and the format's tools read at most. Memory
/// for it is asked for at once and taken as it is filled: as much as the frame gives, and never more than 2 GiB.
const WINDOW: u32 = 31;

/// Kilobytes of memory that an xz stream may ask for: that of the largest dictionary that `xz` makes, 64 MiB, twice.
const XZ_MEMORY: u32 = (128 << 10) + 1024;

/// Decompresses all gzip members, zstd frames, bzip2 or xz streams of `from`, or its one stream of deflate. A damaged gzip member is an error, of the kind
/// [`io::ErrorKind::InvalidData`] where some of it came out before, and the next read goes on with the member after it.
///
/// # Errors
/// Where zstd has no memory.
pub(crate) fn decompressed<'a>(from: impl Read + 'a, how: Compression) -> io::Result<Box<dyn Read + 'a>> {
    let taken = Arc::new(AtomicU64::new(0));
    let counted = taken.clone();
    fn once<'a>(from: impl Read + 'a, taken: Arc<AtomicU64>) -> Box<dyn Read + 'a> {
        Box::new(Bounded { from, resumes: false, taken, given: 0, over: false })
    }
    let from = BufReader::with_capacity(256 << 10, Counted { from, taken: counted });
    Ok(match how {
        Compression::Gzip => {
            Box::new(Bounded { from: Members::new(from), resumes: true, taken, given: 0, over: false })
        }
        Compression::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(from)?;
            decoder.window_log_max(WINDOW)?;
            once(decoder, taken)
        }
        Compression::Zlib => once(flate2::bufread::ZlibDecoder::new(from), taken),
        Compression::Brotli => once(brotli_decompressor::Decompressor::new(from, 4096), taken),
        Compression::Deflate => once(flate2::bufread::DeflateDecoder::new(from), taken),
        Compression::Bzip2 => once(bzip2::bufread::MultiBzDecoder::new(from), taken),
        Compression::Xz => once(Xz(lzma_rust2::XzReader::new_mem_limit(from, true, XZ_MEMORY)), taken),
    })
}

/// What `from` gives, as long as that is not more than any text would grow to out of so many bytes.
pub(super) fn bounded<'a>(from: impl Read + 'a, bytes: u64) -> impl Read + 'a {
    Bounded { from, resumes: false, taken: Arc::new(AtomicU64::new(bytes)), given: 0, over: false }
}

/// What tells a bomb from damage: what came before it is nobody's text.
pub(super) const BOMB: io::ErrorKind = io::ErrorKind::FileTooLarge;

fn bomb(what: String) -> io::Error {
    io::Error::new(BOMB, what)
}

/// Xz that says what its dictionary is.
struct Xz<R: Read>(lzma_rust2::XzReader<R>);

impl<R: Read> Read for Xz<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|e| match e.kind() {
            io::ErrorKind::OutOfMemory => {
                io::Error::other(format!("its dictionary takes more than {} MiB", XZ_MEMORY >> 10))
            }
            _ => e,
        })
    }
}

struct Counted<R> {
    from: R,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(buffer)?;
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Ends with an error where more comes out than any text would grow to.
struct Bounded<R> {
    from: R,
    /// Whether more may come after an error.
    resumes: bool,
    taken: Arc<AtomicU64>,
    given: u64,
    over: bool,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.over {
            return Ok(0);
        }
        let n = self.from.read(buffer).inspect_err(|_| self.over = !self.resumes)?;
        self.given += n as u64;
        let taken = self.taken.load(Ordering::Relaxed).max(1);
        if self.given > MAX_DECOMPRESSED {
            self.over = true;
            return Err(bomb(format!("more than {MAX_DECOMPRESSED} bytes when decompressed")));
        }
        if self.given > RATIO_FROM && self.given / taken > MAX_RATIO {
            self.over = true;
            return Err(bomb(format!("{} bytes out of {taken}: a decompression bomb", self.given)));
        }
        Ok(n)
    }
}

/// The members of a gzip stream.
struct Members<R: BufRead> {
    state: State<R>,
}

enum State<R: BufRead> {
    /// Before a member, or at the end; `lost` where the last one was damaged.
    Between {
        from: R,
        lost: bool,
    },
    /// In a member that gave something, or none yet.
    Inside {
        member: Box<GzDecoder<R>>,
        begun: bool,
    },
    Over,
}

impl<R: BufRead> Members<R> {
    fn new(from: R) -> Members<R> {
        Members { state: State::Between { from, lost: false } }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match std::mem::replace(&mut self.state, State::Over) {
                State::Over => return Ok(0),
                State::Between { mut from, lost } => {
                    let more = if lost { seek_member(&mut from) } else { skip_padding(&mut from) };
                    if more? {
                        self.state = State::Inside { member: Box::new(GzDecoder::new(from)), begun: false };
                    }
                }
                State::Inside { mut member, begun } => match member.read(buffer) {
                    Ok(0) => self.state = State::Between { from: member.into_inner(), lost: false },
                    Ok(n) => {
                        self.state = State::Inside { member, begun: true };
                        return Ok(n);
                    }
                    Err(e) => {
                        self.state = State::Between { from: member.into_inner(), lost: true };
                        return Err(if begun { io::Error::new(io::ErrorKind::InvalidData, e) } else { e });
                    }
                },
            }
        }
    }
}

/// Passes the zeros that may pad a file. Whether there is more.
fn skip_padding(from: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = from.fill_buf()?;
        if bytes.is_empty() {
            return Ok(false);
        }
        match bytes.iter().position(|&b| b != 0) {
            Some(zeros) => {
                from.consume(zeros);
                return Ok(true);
            }
            None => {
                let zeros = bytes.len();
                from.consume(zeros);
            }
        }
    }
}

/// Passes all bytes up to what looks like the start of a member. Whether there is one.
fn seek_member(from: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = from.fill_buf()?;
        if bytes.is_empty() {
            return Ok(false);
        }
        let length = bytes.len();
        // A start that the buffer's end cuts is tried: the decoder refuses it if it is none.
        let start = memchr::memchr_iter(0x1F, bytes)
            .find(|&at| b"\x1F\x8B\x08".starts_with(&bytes[at..length.min(at + 3)]));
        from.consume(start.unwrap_or(length));
        if start.is_some() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("written");
        encoder.finish().expect("finished")
    }

    /// Everything that comes out, and how many errors stood between.
    fn read(bytes: &[u8]) -> (Vec<u8>, usize) {
        let mut from = decompressed(bytes, Compression::Gzip).expect("a decoder");
        let (mut out, mut errors) = (Vec::new(), 0);
        while from.read_to_end(&mut out).is_err() {
            errors += 1;
        }
        (out, errors)
    }

    #[test]
    fn members_follow_one_another_and_padding_is_passed() {
        let bytes = [gzip(b"one "), gzip(b""), gzip(b"two"), vec![0; 1000]].concat();
        assert_eq!(read(&bytes), (b"one two".to_vec(), 0));
        assert_eq!(read(b""), (vec![], 0));
    }

    #[test]
    fn a_damaged_member_does_not_take_the_next_with_it() {
        let story: Vec<u8> =
            (0..50_000u32).map(|i| b'a' + (i.wrapping_mul(2_654_435_761) >> 28) as u8).collect();
        let mut damaged = gzip(&story);
        let middle = damaged.len() / 2;
        damaged[middle..middle + 40].fill(0xAA);
        let (out, errors) = read(&[gzip(b"one "), damaged, gzip(b" two")].concat());
        assert!(out.starts_with(b"one ") && out.ends_with(b" two") && errors > 0);
    }

    #[test]
    fn frames_with_a_window_of_any_size_are_read() {
        let text = b"The long ferry came in at dawn.".repeat(50);
        let frame = |window: u32, sized: bool| {
            let mut encoder = zstd::Encoder::new(Vec::new(), 3).expect("an encoder");
            encoder.window_log(window).expect("a window");
            encoder.include_contentsize(sized).expect("a size");
            encoder.set_pledged_src_size(sized.then_some(text.len() as u64)).expect("a size");
            encoder.write_all(&text).expect("written");
            encoder.finish().expect("finished")
        };
        // A header that says the window, where no size of the content stands in its place.
        let said = |window: u32| {
            let mut bytes = frame(20, false);
            assert_eq!(bytes[4] & 0x20, 0, "no single segment");
            bytes[5] = ((window - 10) << 3) as u8;
            bytes
        };
        for bytes in
            [frame(27, true), said(27), said(28), said(30), said(31), [said(31), said(20), said(29)].concat()]
        {
            let mut from = decompressed(&bytes[..], Compression::Zstd).expect("a decoder");
            let mut out = Vec::new();
            from.read_to_end(&mut out).expect("read");
            assert_eq!(out.len() % text.len(), 0);
            assert!(out.starts_with(&text));
        }
        let cut = &said(31)[..40];
        let mut out = Vec::new();
        assert!(decompressed(cut, Compression::Zstd).expect("a decoder").read_to_end(&mut out).is_err());
        let over = decompressed(&said(32)[..], Compression::Zstd).expect("a decoder").read_to_end(&mut out);
        assert!(over.is_err_and(|e| e.to_string().contains("too much memory")));
    }

    #[test]
    fn a_bomb_ends() {
        let zeros = vec![0u8; 1 << 20];
        let mut bomb = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
        (0..200).for_each(|_| bomb.write_all(&zeros).expect("written"));
        let bomb = bomb.finish().expect("finished");
        let mut from = decompressed(&bomb[..], Compression::Zstd).expect("a decoder");
        let (mut buffer, mut total) = (vec![0; 1 << 20], 0u64);
        let error = loop {
            match from.read(&mut buffer) {
                Ok(n) => total += n as u64,
                Err(e) => break e,
            }
        };
        assert!(error.to_string().contains("decompression bomb"), "{error}");
        assert!(total <= RATIO_FROM && matches!(from.read(&mut buffer), Ok(0)));
    }
}
