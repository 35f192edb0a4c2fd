//! XML: what its root says it is, and its events one by one.
//!
//! No entity is expanded but those of HTML, each of which is a character or two, and nothing refers to another file: so what
//! comes out is no more than what is in. Nobody follows elements into one another: however deep they are, it costs nothing.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::ocr::OcrKind;
use super::parcel::{Parcel, ParcelKind};
use super::{BatchItem, Body, Sink, SourcePlace, Step};
use crate::charset;
use crate::corpus::open::SNIFFED;
use crate::error::Reason;

/// Bytes in which the root stands: before it are a declaration and comments, of licences as a rule.
const PROLOGUE: usize = 64 << 10;

/// Whether text that begins with `<` is XML and no page.
pub(in crate::corpus) fn is_xml(text: &[u8]) -> bool {
    const ROOTS: [&[u8]; 6] = [b"<?xml", b"<rss", b"<feed", b"<rdf:RDF", b"<alto", b"<PcGts"];
    ROOTS.iter().any(|root| text.starts_with(root))
}

/// Whether a page is what OCR writes (hOCR): it must name the program in its head.
pub(super) fn is_hocr(page: &[u8]) -> bool {
    let head = &page[..page.len().min(SNIFFED as usize)];
    let holds = |bytes: &[u8], what: &[u8]| memchr::memmem::find(bytes, what).is_some();
    (holds(head, b"\"ocr-system\"") || holds(head, b"'ocr-system'")) && holds(page, b"ocr_page")
}

/// Reads XML that its root says to be of a kind that is known; else it is counted as left out.
pub(super) fn read(from: &mut dyn Read, place: &SourcePlace, sink: &mut Sink<'_, '_>) -> Step {
    let start = sink.batch.bodies.len();
    let limit = sink.rules.max_record;
    if let Err(broken) = from.take(limit.saturating_add(1)).read_to_end(&mut sink.batch.bodies) {
        sink.batch.bodies.truncate(start);
        return Err(broken.into());
    }
    let body = start..sink.batch.bodies.len();
    if body.len() as u64 > limit {
        sink.batch.bodies.truncate(start);
        sink.lost(place, None, Reason::TooLarge(limit).to_string());
        return Ok(());
    }
    let bytes = &sink.batch.bodies[body.clone()];
    let root = root(bytes);
    let kind = match root.as_deref() {
        Some("rss" | "feed" | "RDF") => ParcelKind::Feed,
        Some("alto") => ParcelKind::Ocr(OcrKind::Alto),
        Some("PcGts") => ParcelKind::Ocr(OcrKind::Page),
        Some("html") if memchr::memmem::find(bytes, b"ocr_page").is_some() => ParcelKind::Ocr(OcrKind::Hocr),
        Some("html") => return sink.whole(place, true, Body::Held(body)),
        other => {
            sink.batch.bodies.truncate(start);
            sink.skip(other.map_or_else(|| "xml".to_owned(), |root| format!("xml <{root}>")));
            return Ok(());
        }
    };
    let bytes = body.len() as u64;
    let parcel = Parcel { place: place.clone(), kind, body, record: Some(0) };
    sink.push(BatchItem::Parcel(Box::new(parcel)), bytes)
}

/// Elements that are open, innermost last, each with what is known of it. An end tag costs what it closes, and one that closes
/// nothing costs nothing.
pub(super) struct OpenElements<T> {
    list: Vec<(String, T)>,
    /// How many of each name are open.
    counts: HashMap<String, usize>,
}

impl<T> OpenElements<T> {
    pub fn new() -> OpenElements<T> {
        OpenElements { list: Vec::new(), counts: HashMap::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn clear(&mut self) {
        self.list.clear();
        self.counts.clear();
    }

    pub fn push(&mut self, name: String, known: T) {
        *self.counts.entry(name.clone()).or_default() += 1;
        self.list.push((name, known));
    }

    /// What an end tag closes, innermost first: the last element of its name and all within it; nothing where none is open.
    pub fn close(&mut self, name: &str) -> Vec<T> {
        let mut closed = Vec::new();
        while self.counts.contains_key(name)
            && let Some((own, known)) = self.list.pop()
        {
            closed.push(known);
            if let Some(count) = self.counts.get_mut(&own) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&own);
                }
            }
            if own == name {
                break;
            }
        }
        closed
    }
}

/// The name of the first element, without its prefix.
fn root(bytes: &[u8]) -> Option<String> {
    let head = charset::decode(&bytes[..bytes.len().min(PROLOGUE)], None, true).ok()?;
    let mut events = Events::new(&head.text);
    loop {
        match events.next() {
            Ok(Some(XmlEvent::Start { element, .. })) => {
                return Some(element.local_name().as_ref().to_owned());
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return None,
        }
    }
}

/// What comes next in XML.
pub(super) enum XmlEvent<'a> {
    /// An element begins; one that is empty does not end.
    Start { element: BytesStart<'a>, is_empty: bool },
    /// An element of this name ends.
    End(Cow<'a, str>),
    /// Text.
    Text(Cow<'a, str>),
}

/// The events of XML, of which comments and the like are none.
pub(super) struct Events<'a> {
    reader: Reader<&'a [u8]>,
}

impl<'a> Events<'a> {
    pub(super) fn new(text: &'a str) -> Events<'a> {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        // What people's feeds are: not always well formed.
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        Events { reader }
    }

    /// The next event; `None` at the end.
    ///
    /// # Errors
    /// Why nothing more can be read.
    pub(super) fn next(&mut self) -> Result<Option<XmlEvent<'a>>, String> {
        loop {
            let event = self.reader.read_event();
            let event =
                event.map_err(|e| format!("no XML from byte {} on: {e}", self.reader.error_position()))?;
            return Ok(Some(match event {
                Event::Start(element) => XmlEvent::Start { element, is_empty: false },
                Event::Empty(element) => XmlEvent::Start { element, is_empty: true },
                Event::End(element) => XmlEvent::End(Cow::Owned(element.name().as_ref().to_owned())),
                Event::Text(text) => XmlEvent::Text(text.into_inner()),
                Event::CData(text) => XmlEvent::Text(text.into_inner()),
                Event::GeneralRef(name) => XmlEvent::Text(resolved(&name)),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
                Event::Eof => return Ok(None),
            }));
        }
    }
}

/// The character that a reference means; what means none stays as it stands.
fn resolved(name: &str) -> Cow<'static, str> {
    let whole = format!("&{name};");
    Cow::Owned(html_escape::decode_html_entities(&whole).into_owned())
}

/// The value of an element's attribute of this name, whatever its prefix.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.html_attributes();
    let attributes = attributes.with_checks(false);
    let found = attributes.flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(html_escape::decode_html_entities(&*found.value).into_owned())
}
