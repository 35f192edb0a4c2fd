//! Which pieces of a page are its article.
//!
//! `dom_smoothie`, a port of Mozilla's Readability, finds the element that holds the article. Around it this
//! module leaves out beforehand what the page itself names as something else, takes the lead and stray
//! paragraphs back in, and takes out lines that are in the article's element and not of it.

use dom_query::{Document, NodeRef};
use dom_smoothie::{Config, Readability};

use super::BlockKind;
use super::cut::{Gap, Piece, Pieces, cut};
use super::marks::Mark;
use super::tree::{Items, Kind};

/// Bytes of unlinked text from which on a piece counts as prose.
const PROSE: usize = 80;

/// The pieces of the article, and all text that they are cut from. The document is used up.
pub(super) fn main_text(document: Document, items: &Items) -> Pieces {
    let everything = cut(&document, items, &[], &[]);
    let dropped = drops(items, &everything);
    for (item, &dropped) in items.list.iter().zip(&dropped) {
        if dropped {
            NodeRef::new(item.id, &document.tree).remove_from_parent();
        }
    }
    let (document, selected) = select(document, items);
    let mut pieces = cut(&document, items, &dropped, &selected);
    let keep = decide(items, &pieces);
    let mut keep = keep.into_iter();
    pieces.list.retain(|_| keep.next().unwrap_or(false));
    if pieces.list.is_empty() { everything } else { pieces }
}

/// For each item the prose in the items before it, and the text.
struct Sums {
    prose: Vec<usize>,
    text: Vec<usize>,
    linked: Vec<usize>,
}

impl Sums {
    fn of(items: &Items, pieces: &Pieces) -> Sums {
        let length = items.list.len() + 1;
        let mut sums = Sums { prose: vec![0; length], text: vec![0; length], linked: vec![0; length] };
        for piece in &pieces.list {
            let at = piece.first as usize + 1;
            sums.text[at] += piece.len();
            sums.linked[at] += piece.linked;
            if is_prose(piece, PROSE) {
                sums.prose[at] += piece.len();
            }
        }
        for list in [&mut sums.prose, &mut sums.text, &mut sums.linked] {
            for at in 1..length {
                list[at] += list[at - 1];
            }
        }
        sums
    }

    fn within(list: &[usize], items: &Items, at: usize) -> usize {
        list[items.list[at].end as usize] - list[at]
    }
}

fn is_prose(piece: &Piece, least: usize) -> bool {
    piece.len() >= least && piece.linked * 10 <= piece.len() * 4
}

/// The items that are left out before anything is looked for.
fn drops(items: &Items, pieces: &Pieces) -> Vec<bool> {
    let sums = Sums::of(items, pieces);
    let all = sums.prose[items.list.len()];
    let mut dropped = vec![false; items.list.len()];
    let mut at = 0;
    while at < items.list.len() {
        let item = &items.list[at];
        let prose = Sums::within(&sums.prose, items, at);
        let text = Sums::within(&sums.text, items, at);
        if item.kind != Kind::Text && is_dropped(items, at, prose, text, all) {
            dropped[at] = true;
            at = item.end as usize;
        } else {
            at += 1;
        }
    }
    dropped
}

fn is_dropped(items: &Items, at: usize, prose: usize, text: usize, all: usize) -> bool {
    let item = &items.list[at];
    if matches!(item.kind, Kind::Body | Kind::Main) {
        return false;
    }
    let minor = prose * 3 <= all;
    if item.hidden {
        return minor;
    }
    let by_kind = match item.kind {
        Kind::Chrome => minor,
        Kind::Figure => prose * 5 <= all,
        Kind::Caption => true,
        _ => false,
    };
    if by_kind {
        return true;
    }
    match item.mark {
        Some(Mark::Comments) => prose * 10 <= all * 9,
        Some(Mark::Elsewhere | Mark::Offer) => minor,
        Some(Mark::Byline) => text <= 400 && prose * 5 <= all,
        Some(Mark::Caption) => text <= 400 && minor,
        Some(Mark::Body) | None => false,
    }
}

/// What `dom_smoothie` selects, as a flag an item, and the document that it leaves.
fn select(document: Document, items: &Items) -> (Document, Vec<bool>) {
    let mut selected = vec![false; items.list.len()];
    let original = document.clone();
    let config = Config { disable_json_ld: true, ..Config::default() };
    let Ok(mut readability) = Readability::with_document(document, None, Some(config)) else {
        return (original, selected);
    };
    if readability.parse().is_ok() {
        let root = readability.doc.select_single("#readability-page-1");
        for node in root.nodes().iter().flat_map(|root| root.descendants_it()) {
            if let Some(place) = items.place(node.id) {
                selected[place] = true;
            }
        }
    }
    (original, selected)
}

/// Which pieces are kept.
fn decide(items: &Items, pieces: &Pieces) -> Vec<bool> {
    let list = &pieces.list;
    let mut keep: Vec<bool> = list.iter().map(|piece| piece.selected * 2 > piece.len()).collect();
    let (Some(first), Some(last)) = (keep.iter().position(|&k| k), keep.iter().rposition(|&k| k)) else {
        return list.iter().map(|piece| is_prose(piece, PROSE)).collect();
    };
    let container = container(items, list[first].first, list[last].first);
    let within = |piece: &Piece| (container.start..container.end).contains(&(piece.first as usize));
    let headline = list[..first].iter().rposition(|p| within(p) && p.kind == BlockKind::Heading(1));
    for at in headline.map_or(0, |at| at)..first {
        if within(&list[at]) && (Some(at) == headline || is_prose(&list[at], 60)) {
            keep[at] = true;
        }
    }
    for at in first..last {
        keep[at] |= within(&list[at]) && is_prose(&list[at], PROSE);
    }
    for at in last..list.len() {
        keep[at] |= within(&list[at]) && is_prose(&list[at], 100);
    }
    for at in 0..list.len() {
        keep[at] &= !is_pointer(pieces, at);
    }
    drop_dangling(list, &mut keep);
    keep
}

/// The element that holds the article: the closest around both pieces that says so, or else the closest.
fn container(items: &Items, first: u32, last: u32) -> std::ops::Range<usize> {
    let holds = |&at: &u32| items.list[at as usize].end > last;
    let closest = items.above(first).find(holds).unwrap_or(0);
    let says = |&at: &u32| matches!(items.list[at as usize].kind, Kind::Article | Kind::Main);
    let named = std::iter::once(closest).chain(items.above(closest)).find(says);
    let at = named.unwrap_or(closest);
    at as usize..items.list[at as usize].end as usize
}

/// Whether a piece only points elsewhere: a line that is a link, with or without a few words before it.
fn is_pointer(pieces: &Pieces, at: usize) -> bool {
    let piece = &pieces.list[at];
    let text = &pieces.text[piece.range.clone()];
    if matches!(piece.kind, BlockKind::Heading(1)) || piece.linked == 0 || piece.len() > 300 {
        return false;
    }
    let unlinked = piece.len() - piece.linked;
    let label = text.split_once(':').map_or(0, |(label, _)| label.len());
    unlinked <= 3 || (label > 0 && label < 40 && unlinked <= label + 4)
}

/// Headings with nothing under them.
fn drop_dangling(list: &[Piece], keep: &mut [bool]) {
    let mut level_below = Some(0);
    for at in (0..list.len()).rev().filter(|&at| keep[at]).collect::<Vec<_>>() {
        match list[at].kind {
            BlockKind::Heading(level) => {
                if level_below.is_some_and(|below| below <= level) && level > 1 {
                    keep[at] = false;
                } else {
                    level_below = Some(level);
                }
            }
            _ => level_below = None,
        }
    }
    let _ = Gap::None;
}
