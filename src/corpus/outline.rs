//! All that is visible of a page, as a record of the spool holds it beside the page's text.
//!
//! Numbers are LEB128, texts stand behind their length, and what may be absent has a length that is one more. The visible text
//! comes last, unless it is the record's own.

use std::ops::Range;

use crate::html::{LinkTarget, PageElement, PageHead, PartKind, PlaceRole, VisiblePage, VisiblePart};
use crate::leb128;

const TARGETS: [LinkTarget; 5] =
    [LinkTarget::None, LinkTarget::Here, LinkTarget::Home, LinkTarget::Page, LinkTarget::Away];

/// Forms behind those of headings, whose numbers are their levels.
const KINDS: [PartKind; 4] = [PartKind::Block, PartKind::Item, PartKind::Line, PartKind::Link];

/// The first number of [`KINDS`].
const BEHIND_LEVELS: u32 = 8;

/// Writes a page; `own` is the text of the record that it is written beside.
pub(super) fn written(page: &VisiblePage, own: &str) -> Vec<u8> {
    let mut out = Writer(Vec::with_capacity(page.text.len() + 16 * page.parts.len()));
    let PageHead { title, og_title, description, headline, names, beside } = &page.head;
    for field in [title, og_title, description, headline] {
        out.field(field.as_deref());
    }
    for list in [names, beside] {
        out.number(list.len() as u32);
        list.iter().for_each(|text| out.text(text));
    }
    out.number(page.elements.len() as u32);
    for element in &page.elements {
        out.number(element.within.map_or(0, |within| within + 1));
        out.number(element.selector.len() as u32);
    }
    out.text(&page.selectors);
    out.number(page.parts.len() as u32);
    for part in &page.parts {
        let kind = match part.kind {
            PartKind::Heading(level) => u32::from(level),
            kind => BEHIND_LEVELS + place_in(&KINDS, &kind),
        };
        let numbers = [
            part.range.start,
            part.range.len() as u32,
            kind,
            place_in(&PlaceRole::ALL, &part.role),
            place_in(&TARGETS, &part.target),
            part.line,
            part.column,
            part.element,
        ];
        numbers.into_iter().for_each(|number| out.number(number));
    }
    out.field((page.text != own).then_some(&*page.text));
    out.0
}

/// Reads what a page says of itself out of what [`written`] wrote.
pub(super) fn read_head(bytes: &[u8]) -> Option<PageHead> {
    OutlineReader(bytes).head()
}

/// Reads what [`written`] wrote beside the same text.
pub(super) fn read(bytes: &[u8], own: &str) -> Option<VisiblePage> {
    let mut from = OutlineReader(bytes);
    let head = from.head()?;
    let mut start = 0u32;
    let elements = from.list(|from| {
        let within = from.number()?.checked_sub(1);
        let selector = start..start.checked_add(from.number()?)?;
        start = selector.end;
        Some(PageElement { within, selector })
    })?;
    let selectors = from.text()?;
    let parts = from.list(OutlineReader::part)?;
    let text = from.field()?.unwrap_or_else(|| own.to_owned());
    let is_whole = |part: &VisiblePart| {
        let Range { start, end } = part.range;
        text.get(start as usize..end as usize).is_some()
    };
    parts.iter().all(is_whole).then_some(VisiblePage { text, parts, elements, selectors, head })
}

fn place_in<T: PartialEq>(list: &[T], wanted: &T) -> u32 {
    list.iter().position(|one| one == wanted).unwrap_or_default() as u32
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: u32) {
        leb128::write(number, &mut self.0);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u32);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn field(&mut self, field: Option<&str>) {
        self.number(field.map_or(0, |field| field.len() as u32 + 1));
        self.0.extend_from_slice(field.unwrap_or_default().as_bytes());
    }
}

struct OutlineReader<'a>(&'a [u8]);

impl OutlineReader<'_> {
    fn head(&mut self) -> Option<PageHead> {
        let [title, og_title, description, headline] =
            [self.field()?, self.field()?, self.field()?, self.field()?];
        let [names, beside] = [self.list(|from| from.text())?, self.list(|from| from.text())?];
        Some(PageHead { title, og_title, description, headline, names, beside })
    }

    fn number(&mut self) -> Option<u32> {
        leb128::read(&mut self.0)
    }

    fn bytes(&mut self, length: u32) -> Option<String> {
        let (text, rest) = self.0.split_at_checked(length as usize)?;
        self.0 = rest;
        Some(std::str::from_utf8(text).ok()?.to_owned())
    }

    fn text(&mut self) -> Option<String> {
        let length = self.number()?;
        self.bytes(length)
    }

    /// A field that may be absent; `None` where the bytes are no page.
    fn field(&mut self) -> Option<Option<String>> {
        match self.number()? {
            0 => Some(None),
            length => self.bytes(length - 1).map(Some),
        }
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()? as usize;
        // What says that it is longer than the bytes that are left is no list.
        (count <= self.0.len()).then(|| (0..count).map(|_| one(self)).collect())?
    }

    fn part(&mut self) -> Option<VisiblePart> {
        let (start, length) = (self.number()?, self.number()?);
        let kind = match self.number()? {
            level @ 0..BEHIND_LEVELS => PartKind::Heading(level as u8),
            kind => *KINDS.get((kind - BEHIND_LEVELS) as usize)?,
        };
        Some(VisiblePart {
            range: start..start.checked_add(length)?,
            kind,
            role: *PlaceRole::ALL.get(self.number()? as usize)?,
            target: *TARGETS.get(self.number()? as usize)?,
            line: self.number()?,
            column: self.number()?,
            element: self.number()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::{HtmlMode, read_with_visible};

    #[test]
    fn a_page_comes_back_as_it_was_written() {
        let page = b"<title>Ferry | Courier</title><link rel=canonical href=https://c.example/f><nav><a href=/>Home</a></nav>\
            <h1>Ferry</h1><p>Ferry - Courier<p>It runs <a href=/clock>again</a>.<ul><li>one<li>two</ul><table><tr><td>x</table><p>a<br>b";
        let (_, visible) = read_with_visible(page, None, HtmlMode::Main, true).expect("is text");
        assert!(visible.parts.len() > 8);
        for own in ["", &*visible.text] {
            let bytes = written(&visible, own);
            assert_eq!(read(&bytes, own).as_ref(), Some(&visible));
            for cut in 0..bytes.len() {
                assert_eq!(read(&bytes[..cut], own), None);
            }
        }
        assert_eq!(read(&[0xFF; 100], ""), None);
    }
}
