//! Items to blocks: what a browser would set as one line of text or several, and where it stood.

use std::ops::Range;

use dom_query::{Document, NodeData, NodeRef};

use super::BlockKind;
use super::entity;
use super::tree::{Item, Items, NodeRole};

/// What parts two pieces of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    None,
    Space,
    Line,
    Paragraph,
}

/// A stretch of text that no element breaks.
#[derive(Debug, Clone)]
pub(super) struct TextPiece {
    /// Its bytes in the text of all pieces.
    pub range: Range<usize>,
    /// What parts it from the piece before.
    pub gap: Gap,
    pub kind: BlockKind,
    /// The element that makes it a block.
    pub item: u32,
    /// Its first text.
    pub first: u32,
    /// Its bytes that are in links.
    pub linked: usize,
    /// Where in the file it begins, if that was asked for.
    pub source: u32,
}

impl TextPiece {
    pub fn len(&self) -> usize {
        self.range.len()
    }
}

#[derive(Debug, Default)]
pub(super) struct Pieces {
    pub text: String,
    pub list: Vec<TextPiece>,
    /// The links that lead somewhere, in order, where all that is visible was asked for.
    pub links: Vec<LinkPiece>,
}

/// A link within one piece.
#[derive(Debug, Clone)]
pub(super) struct LinkPiece {
    /// Its bytes in the text of all pieces.
    pub range: Range<usize>,
    /// The element.
    pub item: u32,
    /// The piece's number.
    pub piece: usize,
    /// Where in the file it begins.
    pub source: u32,
}

/// What of a page is cut into pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// What may be of its article: what buttons say is not, and what is hidden at first may be.
    Article,
    /// What a reader sees.
    Visible,
}

impl Pieces {
    /// The text of one of them.
    pub fn text_of(&self, piece: &TextPiece) -> &str {
        &self.text[piece.range.clone()]
    }
}

struct Cutter<'a> {
    items: &'a Items,
    out: Pieces,
    gap: Gap,
    /// Open blocks and links, innermost last.
    open: Vec<(u32, Option<BlockKind>)>,
    links: usize,
    preformatted: usize,
    view: View,
    /// The open link that leads somewhere.
    link: Option<u32>,
    /// Where in the file the next text stands.
    source: u32,
    /// A stretch of the same text went before.
    goes_on: bool,
}

/// The pieces of a page, top to bottom, without the items that are `dropped`. Linear.
pub(super) fn cut(document: &Document, items: &Items, view: View, dropped: &[bool]) -> Pieces {
    let mut cutter = Cutter {
        items,
        out: Pieces::default(),
        gap: Gap::None,
        open: Vec::new(),
        links: 0,
        preformatted: 0,
        view,
        link: None,
        source: 0,
        goes_on: false,
    };
    let mut at = 0;
    while at < items.list.len() {
        cutter.close_up_to(at as u32);
        let item = &items.list[at];
        if view == View::Article && item.kind == NodeRole::Button {
            at = item.end as usize;
            continue;
        }
        let unseen = view == View::Visible && item.unseen;
        if unseen || dropped.get(at).is_some_and(|&dropped| dropped) {
            cutter.gap = cutter.gap.max(shape(item.kind).0);
            at = item.end as usize;
            continue;
        }
        cutter.enter(document, at as u32, item);
        at += 1;
    }
    cutter.out
}

impl Cutter<'_> {
    fn enter(&mut self, document: &Document, at: u32, item: &Item) {
        match item.kind {
            NodeRole::Text => {
                NodeRef::new(item.id, &document.tree).query(|node| {
                    if let NodeData::Text { contents } = &node.data {
                        self.text(at, contents);
                    }
                });
                return;
            }
            NodeRole::Break => return self.line_break(),
            NodeRole::Link => self.links += 1,
            NodeRole::Preformatted => self.preformatted += 1,
            NodeRole::Inline if self.view == View::Visible && item.link.is_some() => {}
            NodeRole::Inline | NodeRole::Control => return,
            _ => {}
        }
        if item.link.is_some() && self.view == View::Visible {
            self.link = Some(at);
        }
        let (gap, kind) = shape(item.kind);
        self.gap = self.gap.max(gap);
        self.open.push((at, kind.map(|kind| self.inherited(kind))));
    }

    /// Closes the elements that end before `at`.
    fn close_up_to(&mut self, at: u32) {
        while let Some(&(open, _)) = self.open.last() {
            let item = &self.items.list[open as usize];
            if item.end > at {
                return;
            }
            match item.kind {
                NodeRole::Link => self.links -= 1,
                NodeRole::Preformatted => self.preformatted -= 1,
                _ => {}
            }
            if self.link == Some(open) {
                self.link = None;
            }
            self.gap = self.gap.max(shape(item.kind).0);
            self.open.pop();
        }
    }

    /// A paragraph in a quotation is a quotation, one in an item an item.
    fn inherited(&self, kind: BlockKind) -> BlockKind {
        match (kind, self.block()) {
            (BlockKind::Paragraph, Some((_, outer))) => outer,
            _ => kind,
        }
    }

    fn block(&self) -> Option<(u32, BlockKind)> {
        self.open.iter().rev().find_map(|&(at, kind)| kind.map(|kind| (at, kind)))
    }

    /// One break ends a line, two a paragraph.
    fn line_break(&mut self) {
        self.gap = if self.gap >= Gap::Line { Gap::Paragraph } else { Gap::Line };
    }

    fn text(&mut self, at: u32, text: &str) {
        if self.preformatted > 0 {
            if let (_, Some((place, _))) = entity::up_to_mark(text) {
                self.source = place;
            }
            return self.preformatted(at, &entity::restored(&entity::unmarked(text)));
        }
        let mut rest = text;
        loop {
            let (stretch, mark) = entity::up_to_mark(rest);
            self.stretch(at, stretch);
            match mark {
                Some((place, behind)) => (self.source, rest) = (place, behind),
                None => break,
            }
        }
        self.goes_on = false;
    }

    /// A stretch of text that stands in one place of the file.
    fn stretch(&mut self, at: u32, text: &str) {
        let text = &*entity::restored(text);
        if text.starts_with(is_space) {
            self.gap = self.gap.max(Gap::Space);
        }
        let mut words = text.split(is_space).filter(|word| !word.is_empty());
        let Some(first) = words.next() else { return };
        let start = self.first_word(at, first);
        for word in words {
            self.out.text.push(' ');
            self.out.text.push_str(word);
        }
        self.count(start);
        self.goes_on = true;
        if text.ends_with(is_space) {
            self.gap = Gap::Space;
        }
    }

    fn preformatted(&mut self, at: u32, text: &str) {
        let (first, mut passed) = (self.source, 0);
        for (i, line) in text.split('\n').enumerate() {
            if i > 0 {
                self.line_break();
            }
            if first > 0 {
                // Where no entity is longer than what it stands for.
                self.source = first.saturating_add(passed);
            }
            passed += line.len() as u32 + 1;
            let line = line.trim_matches(is_space);
            if !line.is_empty() {
                let start = self.first_word(at, line);
                self.count(start);
            }
        }
    }

    /// Puts a word behind a gap; where it begins.
    fn first_word(&mut self, at: u32, word: &str) -> usize {
        let text = &mut self.out.text;
        let begins = text.is_empty() || self.gap >= Gap::Line;
        let before = text.len();
        match self.gap {
            Gap::None => {}
            _ if begins => text.push('\n'),
            _ => text.push(' '),
        }
        let start = text.len();
        text.push_str(word);
        if begins {
            let (item, kind) = self.block().unwrap_or((0, BlockKind::Paragraph));
            let (range, gap) = (start..start, self.gap);
            let source = self.source;
            self.out.list.push(TextPiece { range, gap, kind, item, first: at, linked: 0, source });
        }
        self.gap = Gap::None;
        // The space between two stretches of one text is of both.
        if self.goes_on && !begins { before } else { start }
    }

    /// Counts what was put from `start` on.
    fn count(&mut self, start: usize) {
        let Some(piece) = self.out.list.last_mut() else { return };
        let end = self.out.text.len();
        piece.range.end = end;
        if self.links > 0 {
            piece.linked += end - start;
        }
        let Some(item) = self.link else { return };
        let piece = self.out.list.len() - 1;
        match self.out.links.last_mut() {
            Some(link) if link.item == item && link.piece == piece => link.range.end = end,
            _ => self.out.links.push(LinkPiece { range: start..end, item, piece, source: self.source }),
        }
    }
}

/// White space as HTML has it, the no-break space with it.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\n' | '\t' | '\r' | '\u{c}' | '\u{a0}')
}

/// The gap around an element, and the kind of block that it makes.
fn shape(kind: NodeRole) -> (Gap, Option<BlockKind>) {
    let block = |kind| (Gap::Paragraph, Some(kind));
    match kind {
        NodeRole::Text | NodeRole::Inline | NodeRole::Link | NodeRole::Break | NodeRole::Control => {
            (Gap::None, None)
        }
        NodeRole::Cell | NodeRole::Button => (Gap::Space, None),
        NodeRole::Heading(level) => block(BlockKind::Heading(level)),
        NodeRole::Item => (Gap::Line, Some(BlockKind::ListItem)),
        NodeRole::Row => (Gap::Line, Some(BlockKind::TableRow)),
        NodeRole::Quote => block(BlockKind::Quote),
        NodeRole::Caption => block(BlockKind::Caption),
        NodeRole::Preformatted => block(BlockKind::Preformatted),
        _ => block(BlockKind::Paragraph),
    }
}
