//! Bytes to text, whatever charset they are in.
//!
//! What says which charset it is, first word wins: a byte order mark, the transport's word (a `Content-Type`
//! header), the page's own (`<meta charset>`, an XML declaration), bytes that are valid UTF-8, then the guess
//! of `chardetng`, which is Firefox's. Valid UTF-8 with several characters beyond ASCII is UTF-8 whatever a label says:
//! crawlers decode pages and leave the label where it was. Labels are those of the WHATWG's Encoding Standard, decoders those of
//! `encoding_rs`.

use std::borrow::Cow;
use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::error::Reason;

/// Decoded bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcoded<'a> {
    /// The text, borrowed where the bytes are UTF-8 as they stand; without a byte order mark.
    pub text: Cow<'a, str>,
    /// The name of the charset, as the Encoding Standard spells it: `UTF-8`, `Shift_JIS`.
    pub encoding: &'static str,
    /// How many invalid sequences became U+FFFD.
    pub replaced: u32,
}

/// How much of a page is searched for its own word on its charset. Browsers search 1024 bytes; pages that put
/// a licence or a script first need more.
const PRESCANNED: usize = 4096;

/// How much tells whether bytes are text.
pub(super) const SNIFFED: usize = 8192;

/// How much is shown to the detector, which reads some 100 MB/s and has made up its mind long before.
const DETECTED: usize = 1 << 16;

/// Characters beyond ASCII in valid UTF-8 that outweigh a label for another charset. Single ones are valid by chance: a capital
/// with an accent before a closing quotation mark in windows-1252, one in seven words of two bytes in GBK. Several, with not
/// one invalid sequence beside them, are not.
const MULTI_BYTE: usize = 3;

/// The text of `bytes`. `hint` is a charset label, or a whole `Content-Type` value with a `charset=`, of
/// whoever handed the bytes over; `html` asks for the prescan of a page.
///
/// A word that the bytes belie is passed over: UTF-8 that is not, where something else explains all bytes.
/// Linear in the length of `bytes`.
///
/// # Errors
/// [`Reason::Binary`] where the bytes hold NUL and are text in no charset.
pub fn decode<'a>(bytes: &'a [u8], hint: Option<&str>, html: bool) -> Result<Transcoded<'a>, Reason> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Ok(decode_as(encoding, &bytes[mark..]));
    }
    let head = &bytes[..bytes.len().min(SNIFFED)];
    if memchr::memchr(0, head).is_some() {
        return decode_with_nul(bytes, head);
    }
    let named = hint.and_then(of_hint).or_else(|| if html { of_page(bytes) } else { None });
    let valid = std::str::from_utf8(bytes);
    if let Some(encoding) = named.filter(|&encoding| encoding != UTF_8 && !valid.is_ok_and(is_plainly_utf8)) {
        return Ok(decode_as(encoding, bytes));
    }
    match valid {
        Ok(text) => Ok(Transcoded { text: Cow::Borrowed(text), encoding: UTF_8.name(), replaced: 0 }),
        Err(error) => Ok(decode_as(of_unnamed(bytes, named.is_some(), error.valid_up_to()), bytes)),
    }
}

/// Whether text that is valid UTF-8 can be nothing else, whatever a label says: it holds characters beyond ASCII, and not
/// only one or two that another charset might explain as a pair of letters. ISO-2022-JP and its like are ASCII throughout.
fn is_plainly_utf8(text: &str) -> bool {
    text.chars().filter(|c| !c.is_ascii()).take(MULTI_BYTE).count() == MULTI_BYTE
}

/// The charset of bytes that are not valid UTF-8, from `broken` on. Where they claim to be, or nearly are, a few stray
/// bytes are the likelier story than another charset.
fn of_unnamed(bytes: &[u8], claims_utf8: bool, broken: usize) -> &'static Encoding {
    let lossy = decode_as(UTF_8, bytes);
    let non_ascii = lossy.text.chars().filter(|c| !c.is_ascii()).count();
    let sound = non_ascii.saturating_sub(lossy.replaced as usize);
    if sound > lossy.replaced as usize * if claims_utf8 { 1 } else { 4 } {
        return UTF_8;
    }
    let start = broken.saturating_sub(DETECTED / 2);
    let part = &bytes[start..bytes.len().min(start + DETECTED)];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(part, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// Bytes with NUL among them: UTF-16 without a mark, UTF-8 with stray NULs, or no text.
fn decode_with_nul<'a>(bytes: &'a [u8], head: &[u8]) -> Result<Transcoded<'a>, Reason> {
    if let Some(encoding) = utf_16(head) {
        return Ok(decode_as(encoding, bytes));
    }
    // A character cut by the end of the head has no `error_len`.
    if std::str::from_utf8(head).err().is_some_and(|error| error.error_len().is_some()) {
        return Err(Reason::Binary);
    }
    Ok(decode_as(UTF_8, bytes))
}

/// UTF-16 of one of the two orders, told by where the NULs of its ASCII stand; and every code unit must be
/// one that text has.
fn utf_16(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.len() / 2;
    let nuls = |at: usize| head.chunks_exact(2).filter(|pair| pair[at] == 0).count();
    let (even, odd) = (nuls(0), nuls(1));
    let encoding = match (even, odd) {
        _ if pairs < 4 => return None,
        (0, odd) if odd * 5 >= pairs => UTF_16LE,
        (even, 0) if even * 5 >= pairs => UTF_16BE,
        _ => return None,
    };
    let (text, broken) = encoding.decode_without_bom_handling(&head[..pairs * 2]);
    let control = |c: char| c.is_control() && !c.is_whitespace();
    (!broken && !text.contains(control)).then_some(encoding)
}

/// How much is read at once, and how much is looked at to tell a charset where the first byte beyond ASCII stands.
const STEP: usize = 256 << 10;

/// A stream in any charset as UTF-8: what cannot be held whole, and so is decided upon where it first leaves ASCII.
/// UTF-8 passes as it stands, invalid sequences with it.
pub(super) struct Utf8Stream<R> {
    from: R,
    charset: Charset,
    ready: Vec<u8>,
    at: usize,
    /// Invalid sequences that became U+FFFD.
    pub replaced: u32,
    over: bool,
    broken: Option<io::Error>,
}

enum Charset {
    /// Nothing read yet.
    Unread,
    /// ASCII so far.
    Open,
    Utf8,
    Other(Decoder),
}

impl<R: Read> Utf8Stream<R> {
    /// A stream that was not read yet.
    pub fn new(from: R) -> Utf8Stream<R> {
        Utf8Stream {
            from,
            charset: Charset::Unread,
            ready: Vec::new(),
            at: 0,
            replaced: 0,
            over: false,
            broken: None,
        }
    }

    fn refill(&mut self) {
        (self.at, self.over) = (0, true);
        self.ready.clear();
        match (&mut self.from).take(STEP as u64).read_to_end(&mut self.ready) {
            Ok(read) => self.over = read < STEP,
            Err(broken) => self.broken = Some(broken),
        }
        if matches!(self.charset, Charset::Unread) {
            self.charset = match Encoding::for_bom(&self.ready) {
                Some((encoding, mark)) => {
                    self.at = mark;
                    Charset::of(encoding)
                }
                None => {
                    utf_16(&self.ready[..self.ready.len().min(SNIFFED)]).map_or(Charset::Open, Charset::of)
                }
            };
        }
        if matches!(self.charset, Charset::Open) && !self.ready.is_ascii() {
            // A character that the end cuts must not speak for another charset.
            let cut = if self.over { None } else { memchr::memrchr(b'\n', &self.ready) };
            let whole = &self.ready[..cut.unwrap_or(self.ready.len())];
            let broken =
                std::str::from_utf8(whole).err().and_then(|e| Some((e.valid_up_to(), e.error_len()?)));
            self.charset = match broken {
                None => Charset::Utf8,
                Some((at, _)) => Charset::of(of_unnamed(whole, false, at)),
            };
        }
        if let Charset::Other(decoder) = &mut self.charset {
            let raw = &self.ready[self.at..];
            let longest = decoder.max_utf8_buffer_length(raw.len()).unwrap_or(4 * raw.len());
            let mut text = String::with_capacity(longest);
            let (_, _, broken) = decoder.decode_to_string(raw, &mut text, self.over);
            if broken {
                let count = text.chars().filter(|&c| c == char::REPLACEMENT_CHARACTER).count();
                self.replaced = self.replaced.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
            }
            (self.ready, self.at) = (text.into_bytes(), 0);
        }
    }
}

impl Charset {
    fn of(encoding: &'static Encoding) -> Charset {
        if encoding == UTF_8 {
            Charset::Utf8
        } else {
            Charset::Other(encoding.new_decoder_without_bom_handling())
        }
    }
}

impl<R: Read> Read for Utf8Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() {
            if let Some(broken) = self.broken.take() {
                return Err(broken);
            }
            if self.over {
                return Ok(0);
            }
            self.refill();
        }
        let length = buffer.len().min(self.ready.len() - self.at);
        buffer[..length].copy_from_slice(&self.ready[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

fn decode_as<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Transcoded<'a> {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    let count = || text.chars().filter(|&c| c == char::REPLACEMENT_CHARACTER).count();
    let replaced = if broken { u32::try_from(count()).unwrap_or(u32::MAX) } else { 0 };
    Transcoded { text, encoding: encoding.name(), replaced }
}

/// The charset of a label, or of a `Content-Type` value.
fn of_hint(hint: &str) -> Option<&'static Encoding> {
    let label = after_charset(hint.as_bytes()).unwrap_or(hint.as_bytes());
    Encoding::for_label_no_replacement(label)
}

/// What a page's beginning says its charset is. UTF-16 there is a lie: it could not have been read.
fn of_page(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(PRESCANNED)];
    let found = of_xml(head).or_else(|| of_meta(head))?;
    Some(match found.name() {
        "UTF-16LE" | "UTF-16BE" => UTF_8,
        "x-user-defined" => WINDOWS_1252,
        _ => found,
    })
}

fn of_xml(head: &[u8]) -> Option<&'static Encoding> {
    let head = head.trim_ascii_start().strip_prefix(b"<?xml")?;
    let declaration = &head[..memchr::memchr(b'>', head)?];
    let at = memchr::memmem::find(declaration, b"encoding")?;
    Encoding::for_label_no_replacement(value(&declaration[at + b"encoding".len()..])?)
}

/// The first `<meta` with a `charset` that is known, outside of comments.
fn of_meta(head: &[u8]) -> Option<&'static Encoding> {
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'<', &head[at..]) {
        let tag = &head[at + found..];
        at += found + 1;
        if tag.starts_with(b"<!--") {
            at += memchr::memmem::find(tag, b"-->")?;
        } else if tag.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"<meta")) {
            let tag = &tag[..memchr::memchr(b'>', tag).unwrap_or(tag.len())];
            if let Some(encoding) = after_charset(tag).and_then(Encoding::for_label_no_replacement) {
                return Some(encoding);
            }
        }
    }
    None
}

/// The label behind the first `charset=`.
fn after_charset(bytes: &[u8]) -> Option<&[u8]> {
    let name = b"charset";
    let at = bytes.windows(name.len()).position(|window| window.eq_ignore_ascii_case(name))?;
    value(&bytes[at + name.len()..])
}

/// The value behind an equals sign, quoted or not.
fn value(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let bytes = bytes.strip_prefix(b"\"").or_else(|| bytes.strip_prefix(b"'")).unwrap_or(bytes);
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b';' | b'>' | b'/' | b',');
    Some(&bytes[..bytes.iter().position(ends).unwrap_or(bytes.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], hint: Option<&str>, html: bool) -> (String, &'static str, u32) {
        let text = decode(bytes, hint, html).expect("is text");
        (text.text.into_owned(), text.encoding, text.replaced)
    }

    fn of(text: &str, encoding: &'static str, replaced: u32) -> (String, &'static str, u32) {
        (text.to_owned(), encoding, replaced)
    }

    #[test]
    fn the_first_word_wins() {
        assert_eq!(decoded(b"\xEF\xBB\xBFcaf\xC3\xA9", Some("latin1"), false), of("caf\u{e9}", "UTF-8", 0));
        assert_eq!(
            decoded(b"caf\xe9", Some("text/plain; charset=ISO-8859-1"), false),
            of("caf\u{e9}", "windows-1252", 0)
        );
        let page = b"<?xml version='1.0' encoding='windows-1251'?><meta charset=latin1>\xcc";
        assert!(decoded(page, None, true).0.ends_with('\u{41c}'));
        assert!(decoded(page, Some("koi8-r"), true).0.ends_with('\u{43b}'));
        let page =
            b"<!-- <meta charset=koi8-r> --><META http-equiv=x content='text/html;charset=windows-1251'>\xcc";
        assert!(decoded(page, None, true).0.ends_with('\u{41c}'));
        assert_eq!(decoded(b"<meta charset=utf-16le>a", None, true).1, "UTF-8");
        assert_eq!(decoded(b"<meta charset=nonsense>a", Some("more nonsense"), true).1, "UTF-8");
    }

    #[test]
    fn an_old_label_does_not_outweigh_utf_8() {
        let text = "Der Zug f\u{fc}hrt \u{fc}ber vier Br\u{fc}cken. \u{65b0}\u{6865}";
        for label in
            ["gb2312", "windows-1251", "shift_jis", "iso-8859-1", "big5", "euc-kr", "koi8-r", "utf-16"]
        {
            for page in [
                format!("<meta charset={label}><p>{text}"),
                format!("<meta http-equiv=content-type content='text/html; charset={label}'><p>{text}"),
                format!("<?xml version='1.0' encoding='{label}'?><p>{text}"),
            ] {
                assert_eq!(decoded(page.as_bytes(), None, true), of(&page, "UTF-8", 0));
                assert_eq!(decoded(page.as_bytes(), Some(label), true), of(&page, "UTF-8", 0));
            }
        }
        // What is true of the bytes is believed, of few of them too.
        assert_eq!(
            decoded(b"CAF\xc9\xbb x", Some("windows-1252"), false),
            of("CAF\u{c9}\u{bb} x", "windows-1252", 0)
        );
        assert_eq!(decoded(b"\x1b$B%F%9%H\x1b(B", Some("iso-2022-jp"), false).1, "ISO-2022-JP");
        let gbk =
            encoding_rs::GBK.encode("\u{65b0}\u{6865}\u{5c06}\u{4e8e}\u{6625}\u{5929}\u{901a}\u{8f66}").0;
        assert_eq!(decoded(&gbk, Some("gb2312"), false).1, "GBK");
    }

    #[test]
    fn utf_16_with_and_without_a_mark() {
        let text = "The quick brown fox. \u{dc}ber den Sund.\r\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decoded(&little, None, false), of(text, "UTF-16LE", 0));
        assert_eq!(decoded(&big, None, false), of(text, "UTF-16BE", 0));
        assert_eq!(decoded(&[b"\xff\xfe", &little[..]].concat(), None, false), of(text, "UTF-16LE", 0));
        assert_eq!(decoded(&[b"\xfe\xff", &big[..]].concat(), None, false), of(text, "UTF-16BE", 0));
    }

    #[test]
    fn a_few_stray_bytes_are_no_other_charset() {
        let text = "\u{c4}rger \u{fc}ber \u{d6}l, sch\u{f6}ne Gr\u{fc}\u{df}e";
        let mut bytes = text.as_bytes().to_vec();
        bytes.extend(b" caf\xe9 x");
        assert_eq!(decoded(&bytes, None, false), of(&format!("{text} caf\u{fffd} x"), "UTF-8", 1));
        assert_eq!(
            decoded(b"caf\xe9 d\xe9j\xe0 vu, \xe0 la carte", None, false).0,
            "caf\u{e9} d\u{e9}j\u{e0} vu, \u{e0} la carte"
        );
    }

    #[test]
    fn what_is_no_text() {
        assert_eq!(decode(b"\x7fELF\x02\x01\x01\0\0\0\xff\xd8\xff", None, false), Err(Reason::Binary));
        assert_eq!(decode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", Some("utf-8"), true), Err(Reason::Binary));
        assert_eq!(decoded(b"a\0b", None, false), of("a\0b", "UTF-8", 0));
        assert_eq!(decoded(b"", None, true), of("", "UTF-8", 0));
    }

    fn streamed(bytes: &[u8]) -> (String, u32) {
        let mut stream = Utf8Stream::new(bytes);
        let mut all = Vec::new();
        stream.read_to_end(&mut all).expect("read");
        (String::from_utf8_lossy(&all).into_owned(), stream.replaced)
    }

    #[test]
    fn a_stream_is_decided_upon_where_it_leaves_ascii() {
        let late = ["id,text\n".repeat(100_000), "7,Привет мир и добрый день всем\n".repeat(20_000)].concat();
        let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(&late);
        assert_eq!(streamed(&bytes), (late.clone(), 0));
        assert_eq!(streamed(late.as_bytes()), (late.clone(), 0));
        for mark in ["\u{feff}", ""] {
            let units = |c: u16| c.to_le_bytes();
            let text = format!("{mark}id,text\n1,some words that are ASCII, mostly: café\n");
            let bytes: Vec<u8> = text.encode_utf16().flat_map(units).collect();
            assert_eq!(streamed(&bytes), (text.trim_start_matches('\u{feff}').to_owned(), 0));
            assert_eq!(streamed(&bytes[..bytes.len() - 1]).1, 1);
        }
        // Stray bytes in UTF-8 are its reader's to replace and to count.
        let mut stray = "é".repeat(50).into_bytes();
        stray.push(0xff);
        assert_eq!(streamed(&stray), (format!("{}\u{fffd}", "é".repeat(50)), 0));
        assert_eq!(streamed(b""), (String::new(), 0));
    }
}
