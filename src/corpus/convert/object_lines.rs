//! JSON objects of any layout as JSON lines, for whoever answers line by line.

use std::io::{self, Read};

use super::objects::{CutKind, Objects};
use crate::kernel::{self, Kernel, StringEnd};

/// The objects of a stream as JSON lines: each in one line, else as it stood.
pub(crate) struct ObjectLines<'a> {
    objects: Objects<'a>,
    line: Vec<u8>,
    at: usize,
}

impl<'a> ObjectLines<'a> {
    /// Of a stream in UTF-8, none of the objects longer than `limit`.
    pub fn new(from: &'a mut dyn Read, limit: u64) -> ObjectLines<'a> {
        ObjectLines { objects: Objects::new(from, limit), line: Vec::new(), at: 0 }
    }
}

impl Read for ObjectLines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.line.len() {
            let Some(cut) = self.objects.next()? else { return Ok(0) };
            self.at = 0;
            self.line.clear();
            match cut.what {
                CutKind::Object => in_one_line(self.objects.bytes(), &mut self.line),
                // Whoever reads records says of it that it is none.
                CutKind::Others => self.line.extend_from_slice(b"null"),
                CutKind::TooLarge | CutKind::Rest => {
                    let bytes = cut.range.end - cut.range.start;
                    let what = format!(
                        "line {}: an object of {bytes} bytes that is too large, or has no end",
                        cut.line
                    );
                    return Err(io::Error::new(io::ErrorKind::InvalidData, what));
                }
            }
            self.line.push(b'\n');
        }
        let length = buffer.len().min(self.line.len() - self.at);
        buffer[..length].copy_from_slice(&self.line[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// Writes an object as it stands, but for the ends of its lines, which become spaces, and within a string an escape.
pub(crate) fn in_one_line(object: &[u8], out: &mut Vec<u8>) {
    if memchr::memchr(b'\n', object).is_none() {
        return out.extend_from_slice(object);
    }
    let mut at = 0;
    while at < object.len() {
        let quote = memchr::memchr(b'"', &object[at..]).map_or(object.len(), |quote| at + quote);
        out.extend(object[at..quote].iter().map(|&b| if matches!(b, b'\n' | b'\r') { b' ' } else { b }));
        let end = match kernel::string_end(Kernel::PORTABLE, object, (quote + 1).min(object.len())) {
            StringEnd::Quote(end, _) => end + 1,
            StringEnd::Missing | StringEnd::BadEscape(_) => object.len(),
        };
        for &byte in object.get(quote..end).unwrap_or_default() {
            match byte {
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                byte => out.push(byte),
            }
        }
        at = end.max(quote + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_in_one_line_says_the_same() {
        let mut out = Vec::new();
        in_one_line(b"{\r\n  \"a\\\"\": \"x\ny\",\n \"b\": [1,\n2] }", &mut out);
        assert_eq!(String::from_utf8_lossy(&out), "{    \"a\\\"\": \"x\\ny\",  \"b\": [1, 2] }");
        let mut broken = Vec::new();
        in_one_line(b"{\"a\n", &mut broken);
        assert_eq!(broken, b"{\"a\\n");
    }
}
