//! WARC and WET: crawls, record by record (ISO 28500).
//!
//! `response` records give the page that was sent, `conversion` and `resource` records their block. Responses of
//! another status than 2xx and bodies of other types than HTML and plain text are counted as skipped, by status and by
//! content type; the rest of a crawl's book-keeping gives no documents.

use std::borrow::Cow;
use std::io::Read;

use super::http::{ContentType, Response, is_page, is_text};
use super::window::Window;
use super::{Page, Sink, SourcePlace, Step, Stop};
use crate::charset::unmarked;
use crate::error::Reason;

/// How every header begins.
const MAGIC: &[u8] = b"WARC/";
/// What is looked for where the last record did not end as it should.
const NEXT: &[u8] = b"WARC/1.";
/// Bytes of a header line, and of a whole header.
const LINE: usize = 64 << 10;
const HEADER: usize = 1 << 20;

/// What matters of a record's header.
#[derive(Debug, Default)]
struct Header {
    kind: String,
    length: Option<u64>,
    id: Option<String>,
    url: Option<String>,
    date: Option<String>,
    content_type: Option<String>,
    payload_type: Option<String>,
    /// Whether the crawl says that it cut the block.
    is_cut: bool,
}

/// What is wrong with a record, and how far the reader came.
enum Bad {
    /// The stream broke: the record is lost, and maybe more.
    Damaged(std::io::Error),
    Malformed(String),
}

impl From<std::io::Error> for Bad {
    fn from(error: std::io::Error) -> Bad {
        Bad::Damaged(error)
    }
}

/// What one record of a crawl is.
enum Met<'a> {
    /// One that may hold a document: its header and its block.
    Block(&'a Header, &'a [u8]),
    /// One that may, and is larger than what is read.
    TooLarge,
    /// The crawl's book-keeping.
    Other,
    /// One that is lost, and why.
    Lost(String),
}

pub(super) fn read(from: &mut dyn Read, place: &SourcePlace, sink: &mut Sink<'_, '_>) -> Step {
    let max_record = sink.rules.max_record;
    each(&mut Window::new(from), max_record, |number, _, met| {
        match met {
            Met::Block(header, block) => document(block, header, number, place, sink)?,
            Met::TooLarge => sink.lost(place, Some(number), Reason::TooLarge(max_record).to_string()),
            Met::Other => {}
            Met::Lost(reason) => sink.lost(place, Some(number), reason),
        }
        Ok(sink.resources.cancel.check()?)
    })
}

/// Where each record of a crawl begins, by the numbers that [`read`] gives them.
pub(super) fn starts(from: &mut dyn Read, max_record: u64) -> std::result::Result<Vec<u64>, Stop> {
    let mut starts = Vec::new();
    each(&mut Window::new(from), max_record, |number, start, _| {
        // One that is too large and broken is met twice.
        if starts.len() == number as usize {
            starts.push(start);
        }
        Ok(())
    })?;
    Ok(starts)
}

/// Visits every record with its number and its first byte.
fn each(window: &mut Window<'_>, max_record: u64, mut visit: impl FnMut(u32, u64, Met<'_>) -> Step) -> Step {
    for number in 0.. {
        while matches!(window.peek(1), [b'\r' | b'\n']) {
            window.consume(1);
        }
        let start = window.offset();
        let bad = match header(window) {
            Ok(None) => return Ok(()),
            Ok(Some(header)) => match block(window, &header, max_record, |met| visit(number, start, met)) {
                Ok(step) => {
                    step?;
                    None
                }
                Err(bad) => Some(bad),
            },
            Err(bad) => Some(bad),
        };
        if let Some(bad) = bad {
            let reason = match bad {
                Bad::Damaged(e) => format!("record at byte {start}: {e}"),
                Bad::Malformed(what) => format!("record at byte {start}: {what}"),
            };
            visit(number, start, Met::Lost(reason))?;
            if !window.seek(NEXT) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The header of the next record; `None` at the end.
fn header(window: &mut Window<'_>) -> Result<Option<Header>, Bad> {
    let start = window.fill(MAGIC.len())?;
    if start.is_empty() {
        return Ok(None);
    }
    if start != MAGIC {
        return Err(Bad::Malformed("no WARC header".to_owned()));
    }
    // Consumed, so that whoever looks for the next header does not find this one.
    window.consume(MAGIC.len());
    let mut header = Header::default();
    let mut field: Option<(HeaderField, String)> = None;
    let begun = window.offset();
    loop {
        let length = window.line(LINE)?;
        if length > LINE || window.offset() - begun > HEADER as u64 {
            return Err(Bad::Malformed("its header is too long".to_owned()));
        }
        let line = &window.bytes()[..length];
        if line.last() != Some(&b'\n') {
            return Err(Bad::Malformed("cut off in its header".to_owned()));
        }
        let line = String::from_utf8_lossy(line);
        let text = line.trim_end();
        if text.starts_with([' ', '\t']) {
            if let Some((_, value)) = &mut field {
                value.push(' ');
                value.push_str(text.trim_start());
            }
        } else {
            if let Some((field, value)) = field.take() {
                header.set(field, value);
            }
            let named = text.split_once(':');
            field = named.and_then(|(name, value)| Some((HeaderField::of(name)?, value.trim().to_owned())));
        }
        let over = text.is_empty();
        drop(line);
        window.consume(length);
        if over {
            return Ok(Some(header));
        }
    }
}

/// What matters of a header.
#[derive(Debug, Clone, Copy)]
enum HeaderField {
    Kind,
    Length,
    Id,
    Url,
    Date,
    ContentType,
    PayloadType,
    Truncated,
}

const FIELDS: [(&str, HeaderField); 8] = [
    ("WARC-Type", HeaderField::Kind),
    ("Content-Length", HeaderField::Length),
    ("WARC-Record-ID", HeaderField::Id),
    ("WARC-Target-URI", HeaderField::Url),
    ("WARC-Date", HeaderField::Date),
    ("Content-Type", HeaderField::ContentType),
    ("WARC-Identified-Payload-Type", HeaderField::PayloadType),
    ("WARC-Truncated", HeaderField::Truncated),
];

impl HeaderField {
    fn of(name: &str) -> Option<HeaderField> {
        FIELDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, field)| field)
    }
}

impl Header {
    fn set(&mut self, field: HeaderField, value: String) {
        let unwrapped = |value: &str| value.trim_start_matches('<').trim_end_matches('>').to_owned();
        match field {
            HeaderField::Kind => self.kind = value.to_ascii_lowercase(),
            HeaderField::Length => self.length = value.parse().ok(),
            HeaderField::Id => {
                let id = unwrapped(&value);
                self.id = Some(id.strip_prefix("urn:uuid:").map(str::to_owned).unwrap_or(id));
            }
            HeaderField::Url => self.url = Some(unwrapped(&value)),
            HeaderField::Date => self.date = Some(value),
            HeaderField::ContentType => self.content_type = Some(value),
            HeaderField::PayloadType => self.payload_type = Some(value),
            HeaderField::Truncated => self.is_cut = true,
        }
    }

    fn is_document(&self) -> bool {
        matches!(self.kind.as_str(), "response" | "resource" | "conversion")
    }
}

/// Passes a record's block, and visits what the record is.
fn block(
    window: &mut Window<'_>,
    header: &Header,
    max_record: u64,
    visit: impl FnOnce(Met<'_>) -> Step,
) -> Result<Step, Bad> {
    let Some(length) = header.length else {
        return Err(Bad::Malformed("no Content-Length".to_owned()));
    };
    // An HTTP head comes on top of the page.
    if length > max_record.saturating_add(LINE as u64) || !header.is_document() {
        let step = visit(if header.is_document() { Met::TooLarge } else { Met::Other });
        if step.is_err() {
            return Ok(step);
        }
        let passed = window.skip(length)?;
        return if passed < length { Err(cut(passed, length)) } else { ended(window).map(|()| Ok(())) };
    }
    let length = length as usize;
    let there = window.fill(length)?.len();
    if there < length {
        return Err(cut(there as u64, length as u64));
    }
    let (_, end) = window.peek(length + 4).split_at(length);
    if !end.is_empty() && !end.starts_with(b"\r\n") && !end.starts_with(b"\n") {
        return Err(Bad::Malformed(format!("its block does not end after {length} bytes")));
    }
    if let Some(damage) = window.damage_of(length + 4) {
        return Err(Bad::Damaged(damage));
    }
    let (bytes, _) = window.bytes().split_at(length);
    let step = visit(Met::Block(header, bytes));
    window.consume(length);
    Ok(step)
}

fn cut(there: u64, length: u64) -> Bad {
    Bad::Malformed(format!("cut off after {there} of {length} bytes"))
}

/// Whether a record ends here, as far as the next bytes tell.
fn ended(window: &mut Window<'_>) -> Result<(), Bad> {
    match window.peek(1) {
        [] | [b'\r' | b'\n'] => Ok(()),
        _ => Err(Bad::Malformed("its block does not end where it should".to_owned())),
    }
}

fn document(
    block: &[u8],
    header: &Header,
    number: u32,
    place: &SourcePlace,
    sink: &mut Sink<'_, '_>,
) -> Step {
    let is_http = |kind: &String| ContentType::of(kind).kind == "application/http";
    let is_http = header.content_type.as_ref().is_none_or(is_http);
    let response = if header.kind == "response" && is_http {
        match Response::of(block) {
            Some(response) => Some(response),
            None => {
                sink.lost(place, Some(number), "no HTTP response in its block".to_owned());
                return Ok(());
            }
        }
    } else {
        None
    };
    if let Some(status) =
        response.as_ref().and_then(|r| r.status).filter(|status| !(200..300).contains(status))
    {
        sink.skip(format!("HTTP {status}"));
        return Ok(());
    }
    let stated = match &response {
        Some(response) => response.content_type.as_deref(),
        None => header.content_type.as_deref(),
    };
    let mut content_type = ContentType::of(stated.unwrap_or_default());
    if content_type.kind.is_empty() {
        content_type.kind = ContentType::of(header.payload_type.as_deref().unwrap_or_default()).kind;
    }
    let is_page_by_type = content_type.is_page();
    if is_page_by_type.is_none() && !content_type.kind.is_empty() {
        sink.skip(content_type.kind);
        return Ok(());
    }
    let body = match response.map(|response| response.body(sink.rules.max_record, header.is_cut)) {
        None => Cow::Borrowed(block),
        Some(Ok(body)) => body,
        Some(Err(reason)) => {
            sink.lost(place, Some(number), reason);
            return Ok(());
        }
    };
    // Where nobody says what it is, it is what it begins as, once its codings are undone.
    let is_html = is_page_by_type.unwrap_or_else(|| is_page(&body));
    if is_page_by_type.is_none() && !is_html && (!is_text(&body) || is_markup(&body)) {
        sink.skip(String::new());
        return Ok(());
    }
    let body = sink.hold(&body);
    // An element that closes itself is whole in XHTML alone.
    let ContentType { kind, charset } = content_type;
    let charset = match charset {
        charset if kind != "application/xhtml+xml" => charset,
        Some(charset) => Some(format!("{kind}; charset={charset}")),
        None => Some(kind),
    };
    sink.page(Page {
        place: place.clone(),
        record: Some(number),
        id: header.id.clone().filter(|id| !id.is_empty()),
        url: header.url.clone(),
        date: header.date.clone(),
        is_html,
        charset,
        body,
    })
}

/// Whether bytes of no type are of a kind that is no prose: XML that is no page.
fn is_markup(bytes: &[u8]) -> bool {
    let start = unmarked(bytes).trim_ascii_start();
    [&b"<?xml"[..], b"<svg", b"<rss"].iter().any(|mark| start.starts_with(mark))
}
