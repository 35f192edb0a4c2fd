//! An HTTP response as a crawl keeps it: head, transfer coding, content coding.

use std::borrow::Cow;
use std::io::Read;

use crate::corpus::inflate::{BOMB, Compression, decompressed};

/// A response's head, and its body as it was sent.
pub(super) struct Response<'a> {
    pub status: Option<u16>,
    pub content_type: Option<&'a str>,
    content_encoding: Option<&'a str>,
    chunked: bool,
    body: &'a [u8],
}

impl<'a> Response<'a> {
    /// Cuts a response; `None` where it does not begin as one.
    pub fn of(bytes: &'a [u8]) -> Option<Response<'a>> {
        let mut lines = Lines { bytes, at: 0 };
        let status = lines.next()?;
        if !status.starts_with("HTTP/") {
            return None;
        }
        let status = status.split_ascii_whitespace().nth(1).and_then(|code| code.parse().ok());
        let (mut content_type, mut content_encoding, mut chunked) = (None, None, false);
        for line in lines.by_ref() {
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-type") {
                content_type = Some(value);
            } else if name.eq_ignore_ascii_case("content-encoding") {
                content_encoding = Some(value);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = value.to_ascii_lowercase().contains("chunked");
            }
        }
        Some(Response { status, content_type, content_encoding, chunked, body: &bytes[lines.at..] })
    }

    /// The body without its codings, at most `limit` bytes and one.
    ///
    /// # Errors
    /// What is wrong with it. Many crawlers undo codings and keep the header, so that a body which does not begin as
    /// its coding would is taken as it is.
    pub fn body(&self, limit: u64) -> Result<Cow<'a, [u8]>, String> {
        let body = match self.chunked.then(|| unchunked(self.body)).flatten() {
            Some(body) => Cow::Owned(body),
            None => Cow::Borrowed(self.body),
        };
        let coding = self.content_encoding.unwrap_or_default().to_ascii_lowercase();
        let from: Box<dyn Read + '_> = match (coding.as_str(), Compression::of(&body)) {
            ("gzip" | "x-gzip", Some(how @ Compression::Gzip)) | ("zstd", Some(how @ Compression::Zstd)) => {
                decompressed(&body[..], how).map_err(|e| e.to_string())?
            }
            ("deflate", _) => {
                let wrapped = body.first().is_some_and(|b| b & 0x0F == 8);
                let how = if wrapped { Compression::Zlib } else { Compression::Deflate };
                decompressed(&body[..], how).map_err(|e| e.to_string())?
            }
            ("" | "identity" | "gzip" | "x-gzip" | "zstd", _) => return Ok(body),
            (other, _) => return Err(format!("content encoding `{other}` is not read")),
        };
        let mut decoded = Vec::new();
        match from.take(limit + 1).read_to_end(&mut decoded) {
            Ok(_) => Ok(decoded.into()),
            // A crawl cuts long bodies; what came before the cut is text all the same.
            Err(e) if !decoded.is_empty() && e.kind() != BOMB => Ok(decoded.into()),
            Err(e) => Err(format!("content encoding `{coding}`: {e}")),
        }
    }
}

/// The lines of a head, without the empty one that ends it. Bytes that are no UTF-8 end a line's use, not the head.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = &self.bytes[self.at..];
        let end = memchr::memchr(b'\n', rest)?;
        self.at += end + 1;
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        (!line.is_empty()).then(|| std::str::from_utf8(line).unwrap_or_default())
    }
}

/// The chunks' bytes; `None` where the body is not chunked, whatever its head says. A cut ends it.
fn unchunked(body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    let mut rest = body;
    loop {
        let Some(end) = memchr::memchr(b'\n', rest) else { return (!whole.is_empty()).then_some(whole) };
        let line = std::str::from_utf8(&rest[..end]).ok()?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let length = usize::from_str_radix(digits, 16).ok()?;
        rest = &rest[end + 1..];
        let taken = length.min(rest.len());
        whole.extend_from_slice(&rest[..taken]);
        if length == 0 || taken < length {
            return Some(whole);
        }
        rest = &rest[length..];
        rest = rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n")).unwrap_or(rest);
    }
}

/// A content type without its parameters, in lower case, and the charset among them.
pub(super) fn content_type(value: &str) -> (String, Option<String>) {
    let mut parts = value.split(';');
    let kind = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    });
    (kind, charset.filter(|charset| !charset.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn body(head: &str, body: &[u8]) -> Result<Vec<u8>, String> {
        let bytes = [b"HTTP/1.1 200 OK\r\n", head.as_bytes(), b"\r\n\r\n", body].concat();
        Ok(Response::of(&bytes).ok_or("no response")?.body(1000)?.into_owned())
    }

    #[test]
    fn codings_are_undone_where_they_are_there() {
        let chunked = b"4\r\nWiki\r\n6;x=y\r\npedia \r\n3\r\nin \r\n0\r\n\r\n";
        let head = "Transfer-Encoding: chunked";
        assert_eq!(body(head, chunked), Ok(b"Wikipedia in ".to_vec()));
        assert_eq!(body(head, b"already whole\nmore"), Ok(b"already whole\nmore".to_vec()));
        assert_eq!(body(head, b"ff\r\ncut here"), Ok(b"cut here".to_vec()));
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(b"zipped").expect("written");
        let gzip = gzip.finish().expect("finished");
        assert_eq!(body("content-encoding: gzip", &gzip), Ok(b"zipped".to_vec()));
        assert_eq!(body("Content-Encoding: gzip", b"plain"), Ok(b"plain".to_vec()));
        assert!(body("Content-Encoding: br", b"?").is_err());
        assert!(Response::of(b"no response\r\n\r\n").is_none());
    }

    #[test]
    fn content_types() {
        assert_eq!(
            content_type("Text/HTML; a=b; Charset=\"utf-8\""),
            ("text/html".into(), Some("utf-8".into()))
        );
        assert_eq!(content_type("text/plain"), ("text/plain".into(), None));
    }
}
