//! How much of what stands in each part of a page: by its form a part is known, more than by its name.

use super::BlockKind;
use super::cut::{Pieces, TextPiece};
use super::meta;
use super::tree::{Items, NodeRole};

/// Bytes of unlinked text from which on a piece counts as prose.
pub(super) const PROSE: usize = 80;

/// Bytes of a sentence, at least, where it counts by itself.
pub(super) const SENTENCE: usize = 25;

/// Bytes of a link that leads to another text, at least: shorter ones are signs and numbers.
const POINTER: usize = 4;

/// What stands in a part of a page.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Bytes of text.
    pub text: u32,
    /// Those of them that are in links.
    pub linked: u32,
    /// Bytes of prose.
    pub prose: u32,
    /// Pieces of prose.
    pub paragraphs: u32,
    /// Pieces that are a link and nothing else.
    pub pointers: u32,
    /// Pieces that are the page's headline.
    pub headlines: u32,
    /// Pieces that end as sentences do.
    pub sentences: u32,
    /// Buttons and fields.
    pub controls: u32,
}

impl Shape {
    fn of(pieces: &Pieces, at: usize, headlines: &Headlines) -> Shape {
        let piece = &pieces.list[at];
        let prose = is_prose(piece, PROSE);
        Shape {
            text: piece.len() as u32,
            linked: piece.linked as u32,
            prose: if prose { piece.len() as u32 } else { 0 },
            paragraphs: u32::from(prose),
            pointers: u32::from(piece.len() >= POINTER && piece.linked == piece.len()),
            headlines: u32::from(headlines.contains(piece)),
            sentences: u32::from(piece.linked * 2 <= piece.len() && is_sentence(pieces.text_of(piece))),
            controls: 0,
        }
    }

    fn combined(self, other: Shape, with: impl Fn(u32, u32) -> u32) -> Shape {
        Shape {
            text: with(self.text, other.text),
            linked: with(self.linked, other.linked),
            prose: with(self.prose, other.prose),
            paragraphs: with(self.paragraphs, other.paragraphs),
            pointers: with(self.pointers, other.pointers),
            headlines: with(self.headlines, other.headlines),
            sentences: with(self.sentences, other.sentences),
            controls: with(self.controls, other.controls),
        }
    }

    pub fn and(self, other: Shape) -> Shape {
        self.combined(other, u32::saturating_add)
    }

    pub fn without(self, other: Shape) -> Shape {
        self.combined(other, u32::saturating_sub)
    }

    /// Whether there is a link for every paragraph, as where each says where it leads.
    pub fn is_row_of_teasers(self) -> bool {
        self.pointers > 1 && self.has_links_for_paragraphs()
    }

    /// Whether there are as many links as paragraphs, and those are as short as a word on a link is.
    pub fn has_links_for_paragraphs(self) -> bool {
        const SHORT: u32 = 250;
        self.pointers > 0 && self.pointers >= self.paragraphs && self.prose <= SHORT * self.paragraphs
    }

    /// Whether links are two fifths of it.
    pub fn is_linked(self) -> bool {
        u64::from(self.linked) * 5 > u64::from(self.text) * 2
    }
}

/// The headings that are the page's headline: those that are its title, or else its first `<h1>` that is no link.
#[derive(Debug, Default)]
pub(super) struct Headlines {
    /// The first texts of them, sorted.
    first: Vec<u32>,
}

impl Headlines {
    pub fn of(pieces: &Pieces, title: Option<&str>) -> Headlines {
        let heading = |piece: &&TextPiece| matches!(piece.kind, BlockKind::Heading(_));
        let is_title = |piece: &&TextPiece| {
            title.is_some_and(|title| meta::is_title(title, pieces.text_of(piece), None))
        };
        let mut first: Vec<u32> =
            pieces.list.iter().filter(heading).filter(is_title).map(|piece| piece.first).collect();
        if first.is_empty() {
            let mut main =
                pieces.list.iter().filter(|piece| piece.kind == BlockKind::Heading(1) && piece.linked == 0);
            first.extend(main.next().map(|piece| piece.first));
        }
        Headlines { first }
    }

    pub fn contains(&self, piece: &TextPiece) -> bool {
        self.first.binary_search(&piece.first).is_ok()
    }

    /// The last one that stands before an item.
    pub fn before(&self, at: u32) -> Option<u32> {
        let behind = self.first.partition_point(|&first| first < at);
        behind.checked_sub(1).map(|place| self.first[place])
    }
}

/// The shapes of all parts of a page.
pub(super) struct Shapes {
    /// For each item what stands in the items before it.
    before: Vec<Shape>,
}

impl Shapes {
    /// Linear.
    pub fn of(items: &Items, pieces: &Pieces, headlines: &Headlines) -> Shapes {
        let mut before = vec![Shape::default(); items.list.len() + 1];
        for (number, piece) in pieces.list.iter().enumerate() {
            let at = piece.first as usize + 1;
            before[at] = before[at].and(Shape::of(pieces, number, headlines));
        }
        for (at, item) in items.list.iter().enumerate() {
            let control = Shape { controls: u32::from(item.kind == NodeRole::Control), ..Shape::default() };
            before[at + 1] = before[at + 1].and(before[at]).and(control);
        }
        Shapes { before }
    }

    /// What stands from one item on, before another.
    pub fn between(&self, from: usize, to: usize) -> Shape {
        self.before[to].without(self.before[from])
    }

    /// What stands in an item.
    pub fn within(&self, items: &Items, at: usize) -> Shape {
        self.between(at, items.list[at].end as usize)
    }
}

/// Whether a piece is text of this many bytes that few links stand in.
pub(super) fn is_prose(piece: &TextPiece, least: usize) -> bool {
    piece.len() >= least && piece.linked * 5 <= piece.len() * 2
}

/// Whether a piece is a sentence that counts by itself.
pub(super) fn stands_alone(pieces: &Pieces, piece: &TextPiece) -> bool {
    piece.linked == 0 && piece.len() >= SENTENCE && is_sentence(pieces.text_of(piece))
}

/// Whether a text ends as sentences do.
pub(super) fn is_sentence(text: &str) -> bool {
    const CLOSING: [char; 9] =
        ['"', '\'', ')', ']', '\u{201d}', '\u{2019}', '\u{bb}', '\u{300d}', '\u{ff09}'];
    let text = text.trim_end_matches(CLOSING);
    text.ends_with([
        '.', '?', '!', ':', '\u{2026}', '\u{3002}', '\u{ff01}', '\u{ff1f}', '\u{964}', '\u{61f}', '\u{6d4}',
    ])
}
