//! A stream seen through a window that slides forward and is no wider than what is asked for.

use std::io::{self, Read};

/// What is read at once, at least.
const STEP: usize = 256 << 10;

pub(super) struct Window<'a> {
    from: &'a mut dyn Read,
    bytes: Vec<u8>,
    at: usize,
    /// Bytes of the stream before the window's first.
    before: u64,
    over: bool,
    /// What broke behind the window's last byte.
    damage: Option<io::Error>,
}

impl<'a> Window<'a> {
    pub fn new(from: &'a mut dyn Read) -> Window<'a> {
        Window { from, bytes: Vec::new(), at: 0, before: 0, over: false, damage: None }
    }

    /// Bytes of the stream that were consumed.
    pub fn offset(&self) -> u64 {
        self.before + self.at as u64
    }

    /// What stands in the window.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// Widens the window to `wanted` bytes, or fewer at the end. After an error the next call goes on behind what
    /// was lost, if the stream can.
    pub fn fill(&mut self, wanted: usize) -> io::Result<&[u8]> {
        let missing = wanted.saturating_sub(self.bytes.len() - self.at);
        if missing > 0
            && let Some(damage) = self.damage.take()
        {
            return Err(damage);
        }
        if missing > 0 && !self.over {
            self.before += self.at as u64;
            self.bytes.drain(..self.at);
            self.at = 0;
            let step = missing.max(STEP) as u64;
            match (&mut *self.from).take(step).read_to_end(&mut self.bytes) {
                Ok(read) => self.over = read < step as usize,
                Err(damage) => {
                    let enough = self.bytes.len() >= wanted;
                    // What a device cannot read, it cannot read the next time either.
                    self.over = damage.raw_os_error().is_some();
                    // Ends the line that the damage cut: what comes next may begin a record.
                    self.bytes.push(b'\n');
                    if !enough {
                        return Err(damage);
                    }
                    self.damage = Some(damage);
                }
            }
        }
        let length = wanted.min(self.bytes.len() - self.at);
        Ok(&self.bytes[self.at..self.at + length])
    }

    /// As [`Window::fill`], but what breaks is said only to whoever wants what stands behind it.
    pub fn peek(&mut self, wanted: usize) -> &[u8] {
        if let Err(damage) = self.fill(wanted) {
            self.damage = Some(damage);
        }
        &self.bytes[self.at..self.bytes.len().min(self.at + wanted)]
    }

    /// What is wrong with the bytes of which the next `count` are the last: a checksum, as a rule.
    pub fn damage_of(&mut self, count: usize) -> Option<io::Error> {
        // The line end that stands for the damage counts too.
        let last = self.bytes().len() <= count + 1;
        self.damage.take_if(|damage| last && damage.kind() == io::ErrorKind::InvalidData)
    }

    /// Passes bytes of the window.
    pub fn consume(&mut self, count: usize) {
        self.at = (self.at + count).min(self.bytes.len());
    }

    /// Passes bytes, also those that are not in the window yet. How many there were.
    pub fn skip(&mut self, count: u64) -> io::Result<u64> {
        let mut left = count;
        loop {
            let passed = left.min(self.bytes().len() as u64);
            self.consume(passed as usize);
            left -= passed;
            if left == 0 || self.fill(1)?.is_empty() {
                return Ok(count - left);
            }
        }
    }

    /// The length of the next line with its end, up to `limit` bytes; more where it is longer than that, 0 at the end.
    pub fn line(&mut self, limit: usize) -> io::Result<usize> {
        let mut wanted = 512.min(limit);
        loop {
            if let Some(end) = memchr::memchr(b'\n', self.peek(wanted)) {
                return Ok(end + 1);
            }
            let there = self.fill(wanted)?.len();
            if there < wanted {
                return Ok(there);
            }
            if wanted >= limit {
                return Ok(limit + 1);
            }
            wanted = (wanted * 8).min(limit);
        }
    }

    /// Passes everything up to the first line that starts with `start`, through any damage. Whether there is one.
    pub fn seek(&mut self, start: &[u8]) -> bool {
        let finder = memchr::memmem::Finder::new(start);
        loop {
            self.peek(STEP);
            let bytes = self.bytes();
            if let Some(found) = finder.find_iter(bytes).find(|&at| at == 0 || bytes[at - 1] == b'\n') {
                self.consume(found);
                return true;
            }
            let length = bytes.len();
            if length < STEP && self.damage.take().is_none() {
                self.consume(length);
                return false;
            }
            // What may be the beginning of a find, and the byte before it, stay.
            self.consume(length.saturating_sub(start.len() + 1));
        }
    }
}

/// A window on a stream that ends where it breaks: what broke is said behind all that came before.
pub(super) struct CutWindow<'a> {
    window: Window<'a>,
    damage: Option<io::Error>,
}

impl<'a> CutWindow<'a> {
    pub fn new(from: &'a mut dyn Read) -> CutWindow<'a> {
        CutWindow { window: Window::new(from), damage: None }
    }

    /// As [`Window::offset`].
    pub fn offset(&self) -> u64 {
        self.window.offset()
    }

    /// Widens the window to `wanted` bytes; whether the stream ends within them.
    pub fn fill(&mut self, wanted: usize) -> bool {
        if self.damage.is_some() {
            return true;
        }
        match self.window.fill(wanted) {
            Ok(bytes) => bytes.len() < wanted,
            Err(damage) => {
                self.damage = Some(damage);
                true
            }
        }
    }

    /// What stands in the window, up to `wanted` bytes.
    pub fn seen(&self, wanted: usize) -> &[u8] {
        let bytes = self.window.bytes();
        &bytes[..bytes.len().min(wanted)]
    }

    /// Passes bytes of the window.
    pub fn consume(&mut self, count: usize) {
        self.window.consume(count);
    }

    /// Whether the stream broke off.
    pub fn is_broken(&self) -> bool {
        self.damage.is_some()
    }

    /// The end of the stream, once all before it was passed: nothing, or what broke it off.
    pub fn end<T>(&mut self) -> io::Result<Option<T>> {
        self.damage.take().map_or(Ok(None), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its parts, and an error between each two.
    struct Broken(Vec<&'static [u8]>, bool);

    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.0.is_empty() {
                return Ok(0);
            }
            if !self.1 {
                return Err(io::Error::other("broken"));
            }
            let part = self.0.remove(0);
            buffer[..part.len()].copy_from_slice(part);
            Ok(part.len())
        }
    }

    #[test]
    fn what_stands_before_damage_is_seen_before_it() {
        let mut from = Broken(vec![b"one\ntw", b"WARC/1.0 x", b"\nlast\n"], false);
        let mut window = Window::new(&mut from);
        assert_eq!(window.line(100).expect("a line"), 4);
        window.consume(4);
        assert_eq!(window.fill(2).expect("two bytes"), b"tw");
        assert!(window.fill(20).is_err());
        assert!(window.seek(b"WARC/1."));
        assert_eq!(window.line(100).expect("a line"), 11, "damage ends a line");
        window.consume(11);
        assert!(!window.seek(b"WARC/1."));
        assert_eq!(window.fill(1).expect("the end"), b"");
    }

    #[test]
    fn long_lines_and_skips_are_bounded() {
        let bytes = [vec![b'x'; 3 * STEP], b"\nshort\n".to_vec()].concat();
        let mut from = &bytes[..];
        let mut window = Window::new(&mut from);
        assert_eq!(window.line(1000).expect("a line"), 1001);
        assert_eq!(window.skip(3 * STEP as u64 + 1).expect("skipped"), 3 * STEP as u64 + 1);
        assert_eq!((window.line(1000).expect("a line"), window.offset()), (6, 3 * STEP as u64 + 1));
        assert_eq!(window.skip(100).expect("skipped"), 6);
    }
}
