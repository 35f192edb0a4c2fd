//! Which pieces of a page are its article.
//!
//! First the page's own word: the element that it names as its article, or else the page (`region`). What stands in it and
//! is not of it by its form goes (`parts`). The element where the prose stands together is the article's core; the lead,
//! and paragraphs around it, are taken in, and lines that are in it and not of it are taken out (`lines`).

use std::collections::HashSet;
use std::ops::Range;

use dom_query::Document;

use super::BlockKind;
use super::cut::{Pieces, TextPiece, View, cut};
use super::lines::{drop_dangling, drop_datelines, take_out};
use super::parts::left_out;
use super::region::{self, Region};
use super::shape::{Headlines, PROSE, SENTENCE, Shapes, is_prose, is_sentence, stands_alone};
use super::tree::{Items, NodeRole};

/// Bytes of an article, at least, where the page has prose for several.
const LITTLE: usize = 250;

/// Bytes of a lead, at least: it is short, and stands where little else does.
const LEAD: usize = 60;

/// Bytes of a paragraph behind the core, at least.
const BEHIND: usize = 100;

/// The article of a page.
pub(super) struct MainText {
    pub pieces: Pieces,
    /// What stands above its text and is of it, in items: from the headline, or from where the article's element begins.
    pub head: Range<u32>,
    /// Where its element ends.
    pub end: u32,
}

/// A page as it was read, with all of its text.
pub(super) struct Page<'a> {
    pub document: &'a Document,
    pub items: &'a Items,
    pub pieces: &'a Pieces,
    pub shapes: Shapes,
    pub headlines: Headlines,
}

/// The article out of all the `pieces` of a page; no pieces where nothing could be one.
pub(super) fn main_text(
    document: &Document,
    items: &Items,
    pieces: &Pieces,
    title: Option<&str>,
) -> MainText {
    let headlines = Headlines::of(pieces, title);
    let shapes = Shapes::of(items, pieces, &headlines);
    let page = Page { document, items, pieces, shapes, headlines };
    let declared = Region::declared(&page);
    for region in declared.into_iter().chain([Region::page(items)]) {
        let has_prose = page.shapes.within(items, region.root as usize).paragraphs > 0;
        let mut found = article(&page, &region, true);
        // Names that leave nothing belie themselves.
        if has_prose && !found.list.iter().any(|piece| is_prose(piece, PROSE)) {
            let unnamed = article(&page, &region, false);
            if unnamed.list.iter().any(|piece| is_prose(piece, PROSE)) {
                found = unnamed;
            }
        }
        if let Some(found) = MainText::of(&page, &region, found) {
            return found;
        }
    }
    MainText { pieces: Pieces::default(), head: 0..0, end: 0 }
}

impl MainText {
    fn of(page: &Page<'_>, region: &Region, pieces: Pieces) -> Option<MainText> {
        let (first, last) = (pieces.list.first()?.first, pieces.list.last()?.first);
        let text = pieces.list.iter().find(|piece| is_prose(piece, PROSE)).map_or(last, |piece| piece.first);
        let (start, end) = match region.named {
            Some(_) => (region.range.start, region.range.end),
            None => (page.headlines.before(text).unwrap_or(text), last + 1),
        };
        Some(MainText { pieces, head: start.min(first)..text, end })
    }
}

/// The pieces of the article in a region of the page; the whole page is the region of the first item.
fn article(page: &Page<'_>, region: &Region, by_name: bool) -> Pieces {
    let items = page.items;
    let out = left_out(page, region, by_name);
    let mut pieces = cut(page.document, items, View::Article, &out);
    pieces.list.retain(|piece| region.range.contains(&piece.first));
    let shapes = Shapes::of(items, &pieces, &page.headlines);
    let within = region.named.unwrap_or(region.root);
    let core = if items.list[within as usize].kind == NodeRole::Article {
        Some(region::core(items, &shapes, within))
    } else {
        region::densest(items, &shapes, &pieces, &page.headlines, within)
    };
    let core = core.map(|core| region::widened(items, &shapes, &page.headlines, core, within));
    let mut keep = decide(page, &pieces, &shapes, core, region).into_iter();
    pieces.list.retain(|_| keep.next().unwrap_or(false));
    pieces
}

/// Which pieces are kept.
fn decide(
    page: &Page<'_>,
    pieces: &Pieces,
    shapes: &Shapes,
    core: Option<u32>,
    region: &Region,
) -> Vec<bool> {
    let (items, headlines) = (page.items, &page.headlines);
    let declared = region.named.is_some();
    let list = &pieces.list;
    let within = core.map_or(0..0, |core| core..items.list[core as usize].end);
    let blocks: HashSet<u32> =
        list.iter().filter(|piece| is_prose(piece, PROSE)).map(|piece| piece.item).collect();
    let mut keep: Vec<bool> = (0..list.len())
        .map(|at| within.contains(&list[at].first) && is_text(items, pieces, &blocks, at))
        .collect();
    let (Some(first), Some(last)) = (keep.iter().position(|&k| k), keep.iter().rposition(|&k| k)) else {
        return list.iter().map(|piece| is_prose(piece, if declared { SENTENCE } else { PROSE })).collect();
    };
    let container = region::container(items, shapes, headlines, core.unwrap_or(region.root), region);
    take_in(items, pieces, headlines, &container, first, last, &mut keep);
    take_out(page, pieces, &mut keep);
    drop_datelines(pieces, &mut keep);
    drop_dangling(list, &mut keep);
    let prose: Vec<bool> = list.iter().map(|piece| is_prose(piece, PROSE)).collect();
    let bytes = |flags: &[bool]| {
        list.iter().zip(flags).filter(|(_, flag)| **flag).map(|(piece, _)| piece.len()).sum()
    };
    let (kept, all): (usize, usize) = (bytes(&keep), bytes(&prose));
    if !declared && kept < LITTLE && kept * 4 < all { prose } else { keep }
}

/// Whether a piece in the article's core is text: all but short lines that stand in no paragraph, list or table.
fn is_text(items: &Items, pieces: &Pieces, blocks: &HashSet<u32>, at: usize) -> bool {
    let piece = &pieces.list[at];
    if piece.kind != BlockKind::Paragraph {
        return true;
    }
    if piece.linked * 5 > piece.len() * 3 {
        return false;
    }
    is_prose(piece, PROSE)
        || is_sentence(pieces.text_of(piece))
        || items.list[piece.item as usize].kind == NodeRole::Paragraph
        || blocks.contains(&piece.item)
}

/// Takes in what stands in the article's element beside the core, which goes from `first` to `last`: the
/// headline and the lead before it, sentences within it, paragraphs behind it up to the first line of links.
fn take_in(
    items: &Items,
    pieces: &Pieces,
    headlines: &Headlines,
    container: &Range<u32>,
    first: usize,
    last: usize,
    keep: &mut [bool],
) {
    let list = &pieces.list;
    let within = |at: usize| container.contains(&list[at].first);
    let headline = (0..first).rev().find(|&at| within(at) && headlines.contains(&list[at]));
    for at in headline.unwrap_or(0)..first {
        keep[at] = within(at) && (Some(at) == headline || is_prose(&list[at], LEAD));
    }
    let sentence = |at: usize| stands_alone(pieces, &list[at]);
    let inner = (first..last).find(|&at| headlines.contains(&list[at]));
    for at in first..inner.unwrap_or(first) {
        keep[at] &= is_prose(&list[at], PROSE) && is_sentence(pieces.text_of(&list[at]));
    }
    for at in inner.unwrap_or(first)..last {
        keep[at] |= within(at) && (is_prose(&list[at], PROSE) || sentence(at));
    }
    let links = |piece: &TextPiece| piece.len() >= SENTENCE && piece.linked * 2 > piece.len();
    let parent = |at: usize| items.list[list[at].item as usize].parent;
    let beside = |at: usize| {
        items.list[list[at].item as usize].kind == NodeRole::Paragraph
            && items.above(list[last].item).any(|above| above == parent(at))
    };
    for at in (last + 1..list.len()).take_while(|&at| within(at) && !links(&list[at])) {
        keep[at] |= is_prose(&list[at], BEHIND) || (beside(at) && sentence(at));
    }
}
