//! An HTTP response as a crawl keeps it: head, transfer coding, content coding.

use std::borrow::Cow;
use std::io::{ErrorKind, Read};

use encoding_rs::Encoding;

use crate::charset::{self, unmarked};
use crate::corpus::inflate::{BOMB, Compression, decompressed};

/// Content codings of one body, at most. A server has one; a body that decompresses to itself would never end.
const CODINGS: usize = 8;

/// Bytes of a body by which it is told what it is.
const SNIFFED: usize = 4096;

/// A response's head, and its body as it was sent.
pub(super) struct Response<'a> {
    pub status: Option<u16>,
    /// All that it says of its type, parted by commas.
    pub content_type: Option<String>,
    /// In the order in which they were applied.
    codings: Vec<&'a str>,
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
        let (mut content_type, mut codings, mut chunked) = (None::<String>, Vec::new(), false);
        for line in lines.by_ref() {
            let Some((name, value)) = line.split_once(':') else { continue };
            let (name, value) = (name.trim_end(), value.trim());
            if name.eq_ignore_ascii_case("content-type") {
                content_type =
                    Some(content_type.map_or_else(|| value.to_owned(), |before| before + ", " + value));
            } else if name.eq_ignore_ascii_case("content-encoding") {
                let all = value.split(',').map(|coding| coding.split(';').next().unwrap_or_default().trim());
                codings.extend(all.filter(|coding| !coding.is_empty()).take(CODINGS + 1 - codings.len()));
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = value.to_ascii_lowercase().contains("chunked");
            }
        }
        Some(Response { status, content_type, codings, chunked, body: &bytes[lines.at..] })
    }

    /// The body without its codings, at most `limit` bytes and one. Of a body that is known to be cut, what came before the
    /// cut is enough.
    ///
    /// Many crawlers undo codings and keep the header, so that a body which does not begin as its coding would is taken
    /// as it is. What names no coding is passed over, if the body is text; what may be a coding, if the body is a page.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn body(&self, limit: u64, is_cut: bool) -> Result<Cow<'a, [u8]>, String> {
        let mut body = match self.chunked.then(|| unchunked(self.body)).flatten() {
            Some(body) => Cow::Owned(body),
            None => Cow::Borrowed(self.body),
        };
        if self.codings.len() > CODINGS {
            return Err(format!("more than {CODINGS} content encodings"));
        }
        type IsPlain = fn(&[u8]) -> bool;
        let mut unknown = None;
        for coding in self.codings.iter().rev() {
            match compression(coding, &body) {
                Coded::As(how) => {
                    body = undone(&body, how, limit, is_cut)
                        .map_err(|e| format!("content encoding `{coding}`: {e}"))?
                        .into();
                }
                Coded::Not => {}
                Coded::Misnamed => unknown = unknown.or(Some((coding, is_text as IsPlain))),
                Coded::Unknown => unknown = Some((coding, is_page as IsPlain)),
            }
        }
        match unknown {
            Some((coding, is_plain)) if !is_plain(&body) => {
                Err(format!("content encoding `{coding}` is not read"))
            }
            _ => Ok(body),
        }
    }
}

/// What a content coding did to a body.
enum Coded {
    As(Compression),
    Not,
    /// It is the name of something else than a coding, and speaks of none where the body is text.
    Misnamed,
    /// It may be a coding whose bytes pass for text, but not for a page.
    Unknown,
}

/// What MIME calls a body that is not coded, and what servers do.
const NO_CODINGS: [&str; 4] = ["none", "binary", "8bit", "7bit"];

fn compression(coding: &str, body: &[u8]) -> Coded {
    let is = |name: &str| coding.eq_ignore_ascii_case(name);
    let begun = Compression::of(body);
    if is("gzip") || is("x-gzip") {
        return if begun == Some(Compression::Gzip) { Coded::As(Compression::Gzip) } else { Coded::Not };
    }
    if is("zstd") {
        return if begun == Some(Compression::Zstd) { Coded::As(Compression::Zstd) } else { Coded::Not };
    }
    // These two have no mark. But what they make is no text.
    if is("br") {
        return if is_text(body) { Coded::Not } else { Coded::As(Compression::Brotli) };
    }
    if is("deflate") {
        let is_wrapped =
            matches!(body, [a, b, ..] if a & 0x0F == 8 && (u16::from(*a) << 8 | u16::from(*b)) % 31 == 0);
        return match (is_wrapped, is_text(body)) {
            (true, _) => Coded::As(Compression::Zlib),
            (false, true) => Coded::Not,
            (false, false) => Coded::As(Compression::Deflate),
        };
    }
    if is("identity") {
        return Coded::Not;
    }
    // Some servers name a charset or a media type here.
    let is_other = Encoding::for_label(coding.as_bytes()).is_some() || coding.contains('/');
    if is_other || NO_CODINGS.iter().any(|name| is(name)) { Coded::Misnamed } else { Coded::Unknown }
}

fn undone(body: &[u8], how: Compression, limit: u64, is_cut: bool) -> std::io::Result<Vec<u8>> {
    let mut decoded = Vec::new();
    match decompressed(body, how)?.take(limit + 1).read_to_end(&mut decoded) {
        Ok(_) => Ok(decoded),
        // What a crawl says that it cut is text up to there.
        Err(e) if is_cut && !decoded.is_empty() && e.kind() != BOMB => Ok(decoded),
        // What stands behind a whole member is no member: browsers pass it over.
        Err(e)
            if how == Compression::Gzip
                && !decoded.is_empty()
                && !matches!(e.kind(), ErrorKind::InvalidData | BOMB) =>
        {
            Ok(decoded)
        }
        Err(e) => Err(e),
    }
}

/// Whether bytes are text in some charset, as far as their beginning tells.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(SNIFFED)];
    let control = |c: char| c.is_control() && !c.is_whitespace();
    charset::decode(head, None, true).is_ok_and(|decoded| !decoded.text.contains(control))
}

/// Whether bytes are a page, as browsers tell where nobody says what they are (WHATWG, MIME sniffing); or have a page's mark
/// further on.
pub(super) fn is_page(bytes: &[u8]) -> bool {
    const MARKS: [&str; 17] = [
        "<!doctype html",
        "<html",
        "<head",
        "<script",
        "<iframe",
        "<h1",
        "<div",
        "<font",
        "<table",
        "<a",
        "<style",
        "<title",
        "<b",
        "<body",
        "<br",
        "<p",
        "<!--",
    ];
    let head = bytes[..bytes.len().min(SNIFFED)].to_ascii_lowercase();
    let start = unmarked(&head).trim_ascii_start();
    let begins = |mark: &&str| {
        let rest = start.strip_prefix(mark.as_bytes());
        rest.is_some_and(|rest| mark.ends_with('-') || matches!(rest.first(), Some(b' ' | b'>')))
    };
    MARKS.iter().any(begins)
        || MARKS[..2].iter().any(|mark| memchr::memmem::find(&head, mark.as_bytes()).is_some())
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

/// Types of bodies that are documents.
const PAGES: [&str; 2] = ["text/html", "application/xhtml+xml"];
const PLAIN: &str = "text/plain";
/// Types by which servers say that they know none.
const NO_TYPES: [&str; 3] = ["unknown/unknown", "application/unknown", "*/*"];

/// A content type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ContentType {
    /// Without its parameters, in lower case; empty where none is named.
    pub kind: String,
    pub charset: Option<String>,
}

impl ContentType {
    /// Of a header, or of several that were joined to one: the first type that documents have, and the first charset.
    pub fn of(value: &str) -> ContentType {
        let kinds =
            value.split([',', ';']).map(|part| part.split_ascii_whitespace().next().unwrap_or_default());
        let kinds = kinds.filter(|kind| kind.contains('/') && !kind.contains('='));
        let mut kinds = kinds.map(str::to_ascii_lowercase).filter(|kind| !NO_TYPES.contains(&kind.as_str()));
        let first = kinds.next().unwrap_or_default();
        let is_known = |kind: &String| PAGES.contains(&kind.as_str()) || kind == PLAIN;
        let kind = if is_known(&first) { first } else { kinds.find(is_known).unwrap_or(first) };
        let charset = value.split([',', ';']).find_map(|part| {
            let (name, value) = part.split_once('=')?;
            let value = value.trim().trim_matches(['"', '\'']);
            (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_owned())
        });
        ContentType { kind, charset }
    }

    /// Whether it is a page, if it is that or plain text.
    pub fn is_page(&self) -> Option<bool> {
        match self.kind.as_str() {
            PLAIN => Some(false),
            kind => PAGES.contains(&kind).then_some(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn body(head: &str, body: &[u8]) -> Result<Vec<u8>, String> {
        body_of(head, body, false)
    }

    fn body_of(head: &str, body: &[u8], is_cut: bool) -> Result<Vec<u8>, String> {
        let bytes = [b"HTTP/1.1 200 OK\r\n", head.as_bytes(), b"\r\n\r\n", body].concat();
        Ok(Response::of(&bytes).ok_or("no response")?.body(100_000, is_cut)?.into_owned())
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(bytes).expect("written");
        gzip.finish().expect("finished")
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        deflate.write_all(bytes).expect("written");
        deflate.finish().expect("finished")
    }

    /// Words that compress to more than a block.
    fn story() -> Vec<u8> {
        (0..9000u32).flat_map(|i| format!("{} ", i.wrapping_mul(2_654_435_761)).into_bytes()).collect()
    }

    /// "The ferry waits." in brotli, not compressed.
    const BROTLI: &[u8] = b"\x8b\x07\x80The ferry waits.\x03";

    #[test]
    fn codings_are_undone_where_they_are_there() {
        let chunked = b"4\r\nWiki\r\n6;x=y\r\npedia \r\n3\r\nin \r\n0\r\n\r\n";
        let head = "Transfer-Encoding: chunked";
        assert_eq!(body(head, chunked), Ok(b"Wikipedia in ".to_vec()));
        assert_eq!(body(head, b"already whole\nmore"), Ok(b"already whole\nmore".to_vec()));
        assert_eq!(body(head, b"ff\r\ncut here"), Ok(b"cut here".to_vec()));
        assert_eq!(body("content-encoding: gzip", &gzip(b"zipped")), Ok(b"zipped".to_vec()));
        assert_eq!(body("Content-Encoding : GZip", &gzip(b"zipped")), Ok(b"zipped".to_vec()));
        let plain = b"plain <p>text".to_vec();
        for coding in [
            "gzip",
            "deflate",
            "br",
            "zstd",
            "none",
            "UTF-8",
            "binary",
            "",
            "text/html; charset=utf-8",
            "br, gzip",
        ] {
            assert_eq!(body(&format!("Content-Encoding: {coding}"), &plain), Ok(plain.clone()), "{coding}");
        }
        let page = b"<!doctype html><p>text".to_vec();
        assert_eq!(body("Content-Encoding: x-sealed", &page), Ok(page.clone()));
        assert!(body("Content-Encoding: x-sealed", b"qqqqqqqqqqqqqqqq").is_err());
        assert!(Response::of(b"no response\r\n\r\n").is_none());
    }

    #[test]
    fn several_codings_are_undone_from_the_last_to_the_first() {
        let text = b"twice wrapped".to_vec();
        assert_eq!(
            body("Content-Encoding: deflate, gzip, identity", &gzip(&deflate(&text))),
            Ok(text.clone())
        );
        assert_eq!(
            body("Content-Encoding: gzip\r\nContent-Encoding: none, gzip", &gzip(&gzip(&text))),
            Ok(text.clone())
        );
        assert_eq!(body("Content-Encoding: deflate", &deflate(&text)), Ok(text.clone()));
        assert_eq!(body("Content-Encoding: Br", BROTLI), Ok(b"The ferry waits.".to_vec()));
        assert_eq!(body("Content-Encoding: br, gzip", &gzip(BROTLI)), Ok(b"The ferry waits.".to_vec()));
        let many = format!("Content-Encoding: {}", ["gzip"; 9].join(", "));
        assert!(body(&many, &gzip(&text)).is_err_and(|e| e.contains("more than 8")));
    }

    #[test]
    fn what_cannot_be_decoded_is_no_body() {
        let whole = gzip(&story());
        let cut = &whole[..whole.len() / 2];
        let mut damaged = whole.clone();
        let middle = damaged.len() / 2;
        damaged[middle..middle + 50].fill(0xAA);
        for bytes in [cut, &damaged] {
            assert!(body("Content-Encoding: gzip", bytes).is_err_and(|e| e.contains("`gzip`")));
        }
        let kept = body_of("Content-Encoding: gzip", cut, true).expect("what came before the cut");
        assert!(kept.len() > 1000 && story().starts_with(&kept));
        let trailing = [&gzip(b"whole")[..], b"and a banner"].concat();
        assert_eq!(body("Content-Encoding: gzip", &trailing), Ok(b"whole".to_vec()));
        assert!(body("Content-Encoding: br", &BROTLI[..9]).is_err());
        for coding in ["x-sealed", "none", "br", "deflate"] {
            assert!(
                body(&format!("Content-Encoding: {coding}"), b"\x9f\x01\x02\xfe\x00\x13\xc8\x88\x07")
                    .is_err(),
                "{coding}"
            );
        }
    }

    #[test]
    fn content_types() {
        let of = |value: &str| {
            let ContentType { kind, charset } = ContentType::of(value);
            (kind, charset.unwrap_or_default())
        };
        let is = |kind: &str, charset: &str| (kind.to_owned(), charset.to_owned());
        assert_eq!(of("Text/HTML; a=b; Charset=\"utf-8\""), is("text/html", "utf-8"));
        assert_eq!(of("text/plain"), is("text/plain", ""));
        assert_eq!(of("text/html, text/html; charset=utf-8"), is("text/html", "utf-8"));
        assert_eq!(of("text/html;charset=UTF-8 ,TEXT/HTML"), is("text/html", "UTF-8"));
        assert_eq!(of("text/html;text/html;charset=koi8-r"), is("text/html", "koi8-r"));
        assert_eq!(of("application/x-httpd-php, application/xhtml+xml"), is("application/xhtml+xml", ""));
        assert_eq!(of("image/png, image/png"), is("image/png", ""));
        assert_eq!(of("unknown/unknown; charset=utf-8"), is("", "utf-8"));
        assert_eq!(["", ";", "html", ",,"].map(of), [is("", ""), is("", ""), is("", ""), is("", "")]);
    }

    #[test]
    fn pages_and_text_are_told_by_what_they_begin_with() {
        for page in [
            " <!DOCTYPE html><p>",
            "<P>x",
            "\u{feff}<html lang=en>",
            "<!-- x -->",
            "<?xml version=\"1.0\"?><html>",
        ] {
            assert!(is_page(page.as_bytes()), "{page}");
        }
        for other in ["", "<", "words <b>", "<pre>", "<?xml version=\"1.0\"?><rss>", "<svg>"] {
            assert!(!is_page(other.as_bytes()), "{other}");
        }
        assert!(
            is_text(b"")
                && is_text("caf\u{e9}\n".as_bytes())
                && is_text(b"caf\xe9 cr\xe8me")
                && is_text(b"a\0b\0c\0d\0")
        );
        assert!(
            !is_text(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
                && !is_text(b"GIF89a\x01\x02\x03")
                && !is_text(b"\xff\xd8\xff\xe0\x00\x10JFIF")
        );
    }
}
