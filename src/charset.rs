//! Bytes to text, whatever charset they are in.
//!
//! What says which charset it is, first word wins: a byte order mark, the transport's word (a `Content-Type`
//! header), the page's own (`<meta charset>`, an XML declaration), bytes that are valid UTF-8, then the guess
//! of `chardetng`, which is Firefox's. Valid UTF-8 with several characters beyond ASCII is UTF-8 whatever a label says:
//! crawlers decode pages and leave the label where it was. Labels are those of the WHATWG's Encoding Standard, decoders
//! those of `encoding_rs`; UTF-32, which the standard has not, is our own. Text of two or four bytes a character tells
//! itself: its bytes hold control characters that no other text has, and as characters they are text.

use std::borrow::Cow;
use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

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

/// What files of UTF-8 may begin with, and those that were joined have in their middle.
pub(crate) const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Bytes without the marks that they begin with.
pub(crate) fn unmarked(mut bytes: &[u8]) -> &[u8] {
    while let Some(rest) = bytes.strip_prefix(MARK) {
        bytes = rest;
    }
    bytes
}

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
/// [`Reason::Binary`] where the bytes hold NUL and are text in no charset; [`Reason::Unsupported`] where their charset is known
/// and not read.
pub fn decode<'a>(bytes: &'a [u8], hint: Option<&str>, html: bool) -> Result<Transcoded<'a>, Reason> {
    let head = &bytes[..bytes.len().min(SNIFFED)];
    match Wide::of(head) {
        Some((Wide::Utf16(encoding), mark)) => return Ok(decode_as(encoding, &bytes[mark..])),
        Some((Wide::Utf32(order), mark)) => return Ok(decode_utf_32(order, &bytes[mark..])),
        None => {}
    }
    if let Some(text) = bytes.strip_prefix(MARK) {
        return Ok(decode_as(UTF_8, text));
    }
    if memchr::memchr(0, head).is_some() {
        return decode_with_nul(bytes, head);
    }
    let named = hint.and_then(of_hint).or_else(|| if html { of_page(bytes) } else { None });
    let valid = std::str::from_utf8(bytes);
    if let Some(encoding) = named.filter(|&encoding| encoding != UTF_8 && !valid.is_ok_and(is_plainly_utf8)) {
        return Ok(decode_as(encoding, bytes));
    }
    match escaped(bytes) {
        Some(Escaped::Japanese) => return Ok(decode_as(ISO_2022_JP, bytes)),
        Some(Escaped::Unread(name)) => return Err(Reason::Unsupported(name)),
        None => {}
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

/// Bytes with NUL among them that are no wide characters: UTF-8 with stray NULs, or no text.
fn decode_with_nul<'a>(bytes: &'a [u8], head: &[u8]) -> Result<Transcoded<'a>, Reason> {
    // A character cut by the end of the head has no `error_len`.
    if std::str::from_utf8(head).err().is_some_and(|error| error.error_len().is_some()) {
        return Err(Reason::Binary);
    }
    Ok(decode_as(UTF_8, bytes))
}

/// Whether text is UTF-8 as it stands, and no other charset that looks like it: what is wide, or in escapes, often does.
pub(super) fn is_utf_8(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(SNIFFED)];
    std::str::from_utf8(bytes).is_ok() && !head.iter().any(is_control) && escaped(bytes).is_none()
}

/// A control character that stands in no text, but in logs: escapes begin colours there.
fn is_control(byte: &u8) -> bool {
    matches!(byte, 0..=8 | 14..=26 | 28..=31)
}

/// The order of the bytes of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

/// Charsets of two or four bytes a character.
enum Wide {
    Utf16(&'static Encoding),
    Utf32(Order),
}

impl Wide {
    /// What text that begins so is in, and the bytes of its mark.
    fn of(head: &[u8]) -> Option<(Wide, usize)> {
        match head {
            [0xFF, 0xFE, 0, 0, ..] => return Some((Wide::Utf32(Order::Little), 4)),
            [0, 0, 0xFE, 0xFF, ..] => return Some((Wide::Utf32(Order::Big), 4)),
            [0xFF, 0xFE, ..] => return Some((Wide::Utf16(UTF_16LE), 2)),
            [0xFE, 0xFF, ..] => return Some((Wide::Utf16(UTF_16BE), 2)),
            _ => {}
        }
        // Without a mark: text of one byte a character, or of several, holds none of these.
        if !head.iter().any(is_control) {
            return None;
        }
        let utf_32 = |order| is_utf_32(head, order).then_some((Wide::Utf32(order), 0));
        let utf_16 = || utf_16(head).filter(|_| has_halves(head)).map(|encoding| (Wide::Utf16(encoding), 0));
        utf_32(Order::Little).or_else(|| utf_32(Order::Big)).or_else(utf_16)
    }
}

/// The character of four bytes.
fn utf_32(bytes: [u8; 4], order: Order) -> Option<char> {
    char::from_u32(match order {
        Order::Little => u32::from_le_bytes(bytes),
        Order::Big => u32::from_be_bytes(bytes),
    })
}

/// Characters that tell a charset, at least.
const TELLING: usize = 4;

fn is_utf_32(head: &[u8], order: Order) -> bool {
    let (characters, rest) = head.as_chunks();
    let is_text = |&bytes: &[u8; 4]| utf_32(bytes, order).is_some_and(is_text);
    let whole = rest.is_empty() || head.len() == SNIFFED;
    characters.len() >= TELLING && whole && characters.iter().all(is_text)
}

fn decode_utf_32<'a>(order: Order, bytes: &[u8]) -> Transcoded<'a> {
    let (mut text, mut replaced) = (String::with_capacity(bytes.len() / 3), 0);
    for character in bytes.chunks(4) {
        let known = character.try_into().ok().and_then(|bytes| utf_32(bytes, order));
        replaced += u32::from(known.is_none());
        text.push(known.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    let encoding = if order == Order::Little { "UTF-32LE" } else { "UTF-32BE" };
    Transcoded { text: Cow::Owned(text), encoding, replaced }
}

/// Whether text has such characters.
fn is_text(c: char) -> bool {
    use GeneralCategory::{Control, PrivateUse, Surrogate, Unassigned};
    let category = || CodePointMapData::<GeneralCategory>::new().get(c);
    matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}' | ' '..='~')
        || !matches!(category(), Control | PrivateUse | Surrogate | Unassigned)
}

/// Whether bytes at even and at odd places are unlike one another, as the halves of characters are: one half names one of few
/// pages, the other what stands on it. A text with a stray control character, read in pairs, is characters too.
fn has_halves(head: &[u8]) -> bool {
    let share = |place: usize, is_in: fn(u8) -> bool| {
        let half = head.iter().skip(place).step_by(2);
        half.clone().filter(|&&b| is_in(b)).count() as f64 / half.count().max(1) as f64
    };
    let differs = |is_in| (share(0, is_in) - share(1, is_in)).abs();
    let is_utf_8 = std::str::from_utf8(head).err().is_none_or(|error| error.error_len().is_none());
    // Alphabets stand on pages below 32, with the space; ideographs, kana and hangul on those of the second set.
    let low = differs(|b| b < 32);
    let of_the_east = |b| matches!(b, 0 | 0x30 | 0x4E..=0x9F | 0xAC..=0xD7 | 0xFF);
    let is_long = head.len() >= 32;
    if is_utf_8 {
        // Characters of several bytes are no accident.
        head.is_ascii() && low >= 0.5
    } else {
        low >= 0.5 || is_long && (low >= 0.2 || differs(of_the_east) >= 0.25)
    }
}

/// UTF-16 of one of the two orders: every character must be one that text has, and most of them letters or ASCII. Where both orders
/// are text, it is the one with more of ASCII, which the other has as rare signs, and with more neighbours of one alphabet.
fn utf_16(head: &[u8]) -> Option<&'static Encoding> {
    let even = &head[..head.len() / 2 * 2];
    let score = |encoding: &'static Encoding| {
        let (text, broken) = encoding.decode_without_bom_handling(even);
        // A pair that the end of the head cuts is no fault of the text.
        let text = if broken && head.len() == SNIFFED { text.strip_suffix('\u{fffd}')? } else { &text };
        let count = text.chars().count();
        let words = text.chars().filter(|c| c.is_alphabetic() || c.is_ascii()).count();
        let is_sound = count >= TELLING
            && 10 * words >= 7 * count
            && text.chars().all(|c| is_text(c) && c != '\u{fffd}');
        let block = |c: char| u32::from(c) >> 8;
        let neighbours =
            text.chars().zip(text.chars().skip(1)).filter(|&(a, b)| block(a) == block(b)).count();
        is_sound.then(|| 2 * text.chars().filter(char::is_ascii).count() + neighbours)
    };
    match (score(UTF_16LE), score(UTF_16BE)) {
        (None, None) => None,
        (little, big) => Some(if little >= big { UTF_16LE } else { UTF_16BE }),
    }
}

/// Charsets that are ASCII with escapes.
enum Escaped {
    Japanese,
    /// One that is not read, by its name.
    Unread(&'static str),
}

/// What text of escapes is in: of a log the escapes choose colours, and no characters.
fn escaped(bytes: &[u8]) -> Option<Escaped> {
    let first = memchr::memchr(0x1B, bytes)?;
    if !bytes.is_ascii() {
        return None;
    }
    let chosen = memchr::memmem::find_iter(&bytes[first..], b"\x1B$").map(|at| &bytes[first + at + 2..]);
    for behind in chosen {
        match behind {
            [b')', b'C', ..] => return Some(Escaped::Unread("text in ISO-2022-KR")),
            [b')', b'A' | b'G' | b'E', ..] => return Some(Escaped::Unread("text in ISO-2022-CN")),
            [b'B' | b'@', ..] => {
                let (_, broken) = ISO_2022_JP.decode_without_bom_handling(bytes);
                return (!broken).then_some(Escaped::Japanese);
            }
            _ => {}
        }
    }
    None
}

/// Bytes that tell whether a stream is of wide characters, where what it holds begins with ASCII.
const ASCII_TOLD: u64 = 4;

/// A stream of what begins with ASCII, JSON say, in UTF-8: as it stands, but for what has two or four bytes a character.
///
/// # Errors
/// Those of reading its beginning.
pub(super) fn narrowed<'a>(mut from: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut head = Vec::new();
    from.by_ref().take(ASCII_TOLD).read_to_end(&mut head)?;
    let is_wide = is_wide(&head);
    let whole = io::Cursor::new(head).chain(from);
    Ok(if is_wide { Box::new(Utf8Stream::new(whole)) } else { Box::new(whole) })
}

/// Whether what begins with ASCII has two or four bytes a character.
pub(super) fn is_wide(head: &[u8]) -> bool {
    let told = &head[..head.len().min(ASCII_TOLD as usize)];
    matches!(told, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) || told.contains(&0)
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
    /// Bytes of the mark that the stream begins with.
    mark: u64,
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
    Utf32(Order),
}

impl<R: Read> Utf8Stream<R> {
    /// A stream that was not read yet.
    pub fn new(from: R) -> Utf8Stream<R> {
        Utf8Stream {
            from,
            charset: Charset::Unread,
            ready: Vec::new(),
            at: 0,
            mark: 0,
            replaced: 0,
            over: false,
            broken: None,
        }
    }

    /// Of a stream that was read: how many bytes of a mark it passed, where all others went through as they were.
    pub fn untouched(&self) -> Option<u64> {
        match self.charset {
            Charset::Unread | Charset::Open | Charset::Utf8 => Some(self.mark),
            Charset::Other(_) | Charset::Utf32(_) => None,
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
            let head = &self.ready[..self.ready.len().min(SNIFFED)];
            (self.charset, self.at) = match Wide::of(head) {
                Some((Wide::Utf16(encoding), mark)) => (Charset::of(encoding), mark),
                Some((Wide::Utf32(order), mark)) => (Charset::Utf32(order), mark),
                None if head.starts_with(MARK) => (Charset::Utf8, MARK.len()),
                None => (Charset::Open, 0),
            };
            self.mark = self.at as u64;
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
        } else if let Charset::Utf32(order) = self.charset {
            // Nothing is cut: what is read at once, and a mark, are whole characters.
            let text = decode_utf_32(order, &self.ready[self.at..]);
            self.replaced = self.replaced.saturating_add(text.replaced);
            (self.ready, self.at) = (text.text.into_owned().into_bytes(), 0);
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

    /// Text in several scripts, with little or nothing in it that ASCII has.
    const SCRIPTS: [&str; 7] = [
        "Совет собрался во вторник и проголосовал за новый мост через реку.",
        "Το συμβούλιο συνεδρίασε την Τρίτη και ψήφισε υπέρ της νέας γέφυρας.",
        "המועצה התכנסה ביום שלישי והצביעה בעד הגשר החדש.",
        "اجتمع المجلس يوم الثلاثاء وصوت لصالح الجسر الجديد.",
        "市议会星期二开会，表决通过了在河上修建新桥的计划。港务局长说，旧桥今年春天已经关闭。",
        "市議会は火曜日に開かれ、川に新しい橋を架ける案を可決した。",
        "시의회는 화요일에 모여 강 위에 새 다리를 놓는 안을 통과시켰다.",
    ];

    #[test]
    fn wide_text_without_a_mark_in_any_script() {
        for text in SCRIPTS {
            let text = format!("{text}\n");
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(decoded(&little, None, false), of(&text, "UTF-16LE", 0));
            assert_eq!(decoded(&big, None, false), of(&text, "UTF-16BE", 0));
            let units = |order: fn(u32) -> [u8; 4]| -> Vec<u8> {
                text.chars().flat_map(|c| order(c.into())).collect()
            };
            let (little, big) = (units(u32::to_le_bytes), units(u32::to_be_bytes));
            assert_eq!(decoded(&little, None, false), of(&text, "UTF-32LE", 0));
            assert_eq!(decoded(&big, None, false), of(&text, "UTF-32BE", 0));
            assert_eq!(
                decoded(&[b"\xff\xfe\0\0", &little[..]].concat(), None, false),
                of(&text, "UTF-32LE", 0)
            );
            assert_eq!(decoded(&[b"\0\0\xfe\xff", &big[..]].concat(), None, false), of(&text, "UTF-32BE", 0));
            assert!(!is_utf_8(&little) && is_utf_8(text.as_bytes()));
            let long = text.repeat(5_000);
            let big: Vec<u8> = long.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
            assert_eq!(streamed(&big), (long.clone(), 0));
            let little: Vec<u8> = long.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(streamed(&little), (long, 0));
        }
    }

    /// What has two bytes a character in a charset of its country is none of two bytes a character everywhere.
    #[test]
    fn charsets_of_several_bytes_are_not_wide() {
        use encoding_rs::{BIG5, EUC_KR, GBK, SHIFT_JIS, WINDOWS_1251};
        let texts = [(GBK, 4), (BIG5, 5), (SHIFT_JIS, 5), (EUC_KR, 6), (WINDOWS_1251, 0)];
        for (encoding, script) in texts {
            let text = SCRIPTS[script].replace(|c: char| encoding.encode(&c.to_string()).2, "");
            let (bytes, _, _) = encoding.encode(&text);
            assert!(Wide::of(&bytes).is_none(), "{}", encoding.name());
        }
    }

    #[test]
    fn escapes_choose_characters_or_colours() {
        let text = SCRIPTS[5];
        let (bytes, _, broken) = ISO_2022_JP.encode(text);
        // The library encodes it as what can hold it; so by hand: kanji in, kanji out.
        let (bytes, broken) = if bytes.is_ascii() && !broken {
            (bytes.into_owned(), false)
        } else {
            (b"\x1B$B;T5D2q$O\x1B(B ASCII\n".to_vec(), false)
        };
        assert!(!broken && bytes.contains(&0x1B));
        assert_eq!(decoded(&bytes, None, false).1, "ISO-2022-JP");
        assert!(!is_utf_8(&bytes));
        for plain in ["\x1b[31mred\x1b[0m log", "\x1b$ no charset", "price: $B and (B"] {
            assert_eq!(decoded(plain.as_bytes(), None, false), of(plain, "UTF-8", 0));
            assert!(is_utf_8(plain.as_bytes()));
        }
        let korean = b"\x1B$)C\x0e;C\x0f text";
        assert_eq!(decode(korean, None, false), Err(Reason::Unsupported("text in ISO-2022-KR")));
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
        for stray in [
            "What a DOS editor wrote ends here.\u{1a}",
            "b\u{8}bo\u{8}ol\u{8}ld and the rest of it",
            "Ünï\u{1} code",
        ] {
            assert_eq!(decoded(stray.as_bytes(), None, false), of(stray, "UTF-8", 0));
        }
        let latin = b"Le caf\xe9 o\xf9 il \xe9tait all\xe9 est ferm\xe9 depuis l'\xe9t\xe9 dernier.\x1a";
        assert!(decoded(latin, None, false).0.starts_with("Le caf\u{e9} o\u{f9} il"));
        let samples: Vec<u8> =
            (0..2000u32).flat_map(|i| ((i * 37 % 400) as i16 - 200).to_le_bytes()).collect();
        assert_eq!(decode(&samples, None, false), Err(Reason::Binary));
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
