//! Files that hold several documents and are small enough to be held whole: read where they are converted, in parallel.

use std::borrow::Cow;
use std::ops::Range;

use super::{Done, SourcePlace, feed, made_id, mail, ocr, replaced};
use crate::charset;
use crate::corpus::spool::Draft;
use crate::html;

/// The bytes of a file, or of a part of it, and what is in it.
pub(super) struct Parcel {
    pub place: SourcePlace,
    pub kind: ParcelKind,
    /// Its bytes among its batch's bodies.
    pub body: Range<usize>,
    /// The number of its document where it holds one of a file's; of its first one elsewhere.
    pub record: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParcelKind {
    /// RSS or Atom.
    Feed,
    /// ALTO, PAGE or hOCR.
    Ocr(ocr::OcrKind),
    /// One message.
    Message,
}

/// A document of a parcel.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    pub id: Option<Cow<'a, str>>,
    /// What its id ends with where it names none, in place of its number.
    pub part: Option<String>,
    /// Its number in its file, where that is not the parcel's, or the next one.
    pub number: Option<u32>,
    pub url: Option<Cow<'a, str>>,
    pub title: Option<Cow<'a, str>>,
    pub date: Option<Cow<'a, str>>,
    pub source: Option<Cow<'a, str>>,
    pub text: Cow<'a, str>,
    /// Whether the text is a fragment of HTML.
    pub is_html: bool,
}

/// Takes the documents of a parcel.
pub(super) struct Unpacked<'a> {
    place: &'a SourcePlace,
    done: &'a mut Done,
    record: Option<u32>,
    /// Whether there was anything in it.
    has_any: bool,
}

impl Parcel {
    pub(super) fn convert(self, bodies: &[u8], done: &mut Done) {
        let bytes = &bodies[self.body];
        let mut unpacked = Unpacked { place: &self.place, done, record: self.record, has_any: false };
        if self.kind == ParcelKind::Message {
            return mail::unpack(bytes, &mut unpacked);
        }
        // What a page says of its charset, XML says in the same place.
        let text = match charset::decode(bytes, None, true) {
            Ok(text) => text,
            Err(reason) => return unpacked.lost(reason.to_string()),
        };
        if text.replaced > 0 {
            unpacked.done.problem(&self.place.path, None, replaced(text.replaced), false);
        }
        match self.kind {
            ParcelKind::Feed => feed::unpack(&text.text, &mut unpacked),
            ParcelKind::Ocr(kind) => ocr::unpack(&text.text, kind, &mut unpacked),
            ParcelKind::Message => {}
        }
        if !unpacked.has_any {
            let none = if self.kind == ParcelKind::Feed { "no entry in it" } else { "no text in it" };
            unpacked.done.problem(&self.place.path, None, none.to_owned(), false);
        }
    }
}

impl Unpacked<'_> {
    /// Takes the next document.
    pub(super) fn take(&mut self, found: &Found<'_>) {
        let text = if found.is_html { text_of(&found.text) } else { Cow::Borrowed(&*found.text) };
        let name = &self.place.name;
        let id = match (&found.id, &found.part) {
            (Some(id), _) => id.to_string(),
            (None, Some(part)) => format!("{name}#{part}"),
            (None, None) => made_id(name, self.record),
        };
        let [url, title, date, source] = [&found.url, &found.title, &found.date, &found.source]
            .map(|part| part.as_deref().map(str::as_bytes));
        self.done.write(&Draft {
            id: id.as_bytes(),
            is_named: found.id.is_some(),
            title,
            url,
            canonical_url: None,
            date,
            source,
            directory: &self.place.directory,
            path: &self.place.path,
            record: found.number.or(self.record),
            page: &[],
            json: None,
            text: &text,
        });
        self.passed_one();
    }

    /// The number of the next document, where its file holds several.
    pub(super) fn record(&self) -> Option<u32> {
        self.record
    }

    /// Something of this kind is left out.
    pub(super) fn skip(&mut self, kind: String) {
        *self.done.skipped.entry(kind).or_default() += 1;
    }

    /// The next document, or the rest of the parcel, is lost.
    pub(super) fn lost(&mut self, reason: String) {
        self.done.problem(&self.place.path, self.record, reason, true);
        self.passed_one();
    }

    fn passed_one(&mut self) {
        self.has_any = true;
        self.record = self.record.map(|record| record.saturating_add(1));
    }
}

/// What a fragment of HTML says.
pub(super) fn text_of(fragment: &str) -> Cow<'_, str> {
    if !fragment.contains(['<', '&']) {
        return Cow::Borrowed(fragment);
    }
    // What is not even a page is what it is.
    html::text_of_fragment(fragment).map_or(Cow::Borrowed(fragment), Cow::Owned)
}
