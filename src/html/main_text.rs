//! Which pieces of a page are its article.
//!
//! `dom_smoothie`, a port of Mozilla's Readability, finds the element that holds the article. Around it this
//! module leaves out beforehand what the page itself names as something else, takes the lead and stray
//! paragraphs back in, and takes out lines that are in the article's element and not of it.

use dom_query::{Document, NodeRef};
use dom_smoothie::{Config, Readability};

use super::BlockKind;
use super::cut::{Pieces, TextPiece, cut};
use super::marks::Mark;
use super::tree::{Item, Items, NodeRole};

/// Bytes of unlinked text from which on a piece counts as prose.
const PROSE: usize = 80;

/// More items than any page has that was written for people; `dom_smoothie` is not asked about them.
const MAX_ITEMS: usize = 300_000;

/// The pieces of the article out of those of `everything`, and the document, without what was left out.
pub(super) fn main_text(document: Document, items: &Items, everything: Pieces) -> (Document, Pieces) {
    let dropped = drops(items, &everything);
    for (item, &dropped) in items.list.iter().zip(&dropped) {
        if dropped {
            NodeRef::new(item.id, &document.tree).remove_from_parent();
        }
    }
    let (document, selected) = select(document, items);
    let mut pieces = cut(&document, items, &dropped, &selected);
    let mut keep = decide(items, &pieces).into_iter();
    pieces.list.retain(|_| keep.next().unwrap_or(false));
    if pieces.list.is_empty() { (document, everything) } else { (document, pieces) }
}

/// Bytes of an article, at least, where the page has prose for several.
const LITTLE: usize = 250;

/// Bytes of a lead, at least: it is short, and stands where little else does.
const LEAD: usize = 60;

/// Bytes of a paragraph behind the selection, at least.
const BEHIND: usize = 100;

/// Bytes of a sentence within the selection, at least.
const SENTENCE: usize = 25;

/// For each item the prose in the items before it, and the text.
struct ProseSums {
    prose: Vec<usize>,
    text: Vec<usize>,
    linked: Vec<usize>,
}

impl ProseSums {
    fn of(items: &Items, pieces: &Pieces) -> ProseSums {
        let length = items.list.len() + 1;
        let mut sums = ProseSums { prose: vec![0; length], text: vec![0; length], linked: vec![0; length] };
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

fn is_prose(piece: &TextPiece, least: usize) -> bool {
    piece.len() >= least && piece.linked * 10 <= piece.len() * 4
}

/// The items that are left out before anything is looked for: what readers wrote, and then what is small beside
/// the rest.
fn drops(items: &Items, pieces: &Pieces) -> Vec<bool> {
    let sums = ProseSums::of(items, pieces);
    let mut dropped = vec![false; items.list.len()];
    let all = sums.prose[items.list.len()];
    let comments = drop_where(items, &mut dropped, |at| {
        let prose = ProseSums::within(&sums.prose, items, at);
        let comments = items.list[at].mark == Some(Mark::Comments) && prose * 10 <= all * 9;
        comments.then_some(prose)
    });
    drop_where(items, &mut dropped, |at| {
        let prose = ProseSums::within(&sums.prose, items, at);
        let text = ProseSums::within(&sums.text, items, at);
        is_dropped(&items.list[at], prose, text, all.saturating_sub(comments)).then_some(prose)
    });
    dropped
}

/// Drops every item for which `prose` says that it goes, and how much prose with it; how much that was.
fn drop_where(items: &Items, dropped: &mut [bool], prose: impl Fn(usize) -> Option<usize>) -> usize {
    let (mut at, mut sum) = (0, 0);
    while at < items.list.len() {
        let item = &items.list[at];
        let gone = if item.kind == NodeRole::Text || dropped[at] { None } else { prose(at) };
        dropped[at] |= gone.is_some();
        sum += gone.unwrap_or(0);
        at = if dropped[at] { item.end as usize } else { at + 1 };
    }
    sum
}

/// Whether an item with this much prose and text is not of the article, on a page with `all` the prose.
fn is_dropped(item: &Item, prose: usize, text: usize, all: usize) -> bool {
    if matches!(item.kind, NodeRole::Body | NodeRole::Main) {
        return false;
    }
    let at_most = |share: usize| prose * share <= all;
    let by_kind = match item.kind {
        _ if item.hidden => at_most(3),
        NodeRole::Chrome => at_most(3),
        NodeRole::Aside | NodeRole::Form => at_most(4),
        NodeRole::Figure => at_most(5),
        NodeRole::Caption => text <= 500,
        _ => false,
    };
    let least = if item.kind == NodeRole::Article { 5 } else { 2 };
    let by_mark = match item.mark {
        Some(Mark::Elsewhere | Mark::Offer) => at_most(least),
        Some(Mark::Byline) => text <= 1000 && at_most(least),
        Some(Mark::Caption) => text <= 400 && at_most(3),
        Some(Mark::Comments | Mark::Body) | None => false,
    };
    by_kind || by_mark
}

/// What `dom_smoothie` selects, as a flag an item, and the document that it leaves.
fn select(document: Document, items: &Items) -> (Document, Vec<bool>) {
    let mut selected = vec![false; items.list.len()];
    if items.list.len() > MAX_ITEMS {
        return (document, selected);
    }
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
    take_in(items, pieces, first, last, &mut keep);
    take_out(pieces, &mut keep);
    drop_datelines(pieces, &mut keep);
    drop_dangling(list, &mut keep);
    let prose: Vec<bool> = list.iter().map(|piece| is_prose(piece, PROSE)).collect();
    let bytes = |flags: &[bool]| {
        list.iter().zip(flags).filter(|(_, flag)| **flag).map(|(piece, _)| piece.len()).sum()
    };
    let (kept, all): (usize, usize) = (bytes(&keep), bytes(&prose));
    if kept < LITTLE && kept * 4 < all { prose } else { keep }
}

/// Takes in what stands in the article's element beside the selection, which goes from `first` to `last`: the
/// headline and the lead before it, sentences within it, paragraphs behind it up to the first line of links.
fn take_in(items: &Items, pieces: &Pieces, first: usize, last: usize, keep: &mut [bool]) {
    let list = &pieces.list;
    let container = container(items, pieces, list[first].first, list[last].first);
    let within = |at: usize| container.contains(&(list[at].first as usize));
    let headline = (0..first).rev().find(|&at| within(at) && list[at].kind == BlockKind::Heading(1));
    for at in headline.unwrap_or(0)..first {
        keep[at] = within(at) && (Some(at) == headline || is_prose(&list[at], LEAD));
    }
    for at in first..last {
        keep[at] |= within(at) && (is_prose(&list[at], PROSE) || is_sentence(pieces, at));
    }
    let links = |piece: &TextPiece| piece.len() >= SENTENCE && piece.linked * 2 > piece.len();
    for at in (last + 1..list.len()).take_while(|&at| within(at) && !links(&list[at])) {
        keep[at] |= is_prose(&list[at], BEHIND);
    }
}

/// Takes out lines that are in the article and not of it: pointers to other pages with the label above them,
/// and credits.
fn take_out(pieces: &Pieces, keep: &mut [bool]) {
    let pointers: Vec<bool> = (0..keep.len()).map(|at| is_pointer(pieces, at)).collect();
    for (at, keep) in keep.iter_mut().enumerate() {
        let points = pointers[at] || (pointers.get(at + 1) == Some(&true) && is_label(pieces, at));
        *keep &= !points && !is_credit(pieces, at);
    }
}

fn text_of(pieces: &Pieces, at: usize) -> &str {
    &pieces.text[pieces.list[at].range.clone()]
}

fn is_sentence(pieces: &Pieces, at: usize) -> bool {
    let piece = &pieces.list[at];
    piece.linked == 0
        && piece.len() >= SENTENCE
        && text_of(pieces, at).ends_with(['.', '?', '!', ':', '\u{2026}', '\u{3002}', '"', '\u{201d}'])
}

/// Whether a piece is the kind of line that stands over a list of links.
fn is_label(pieces: &Pieces, at: usize) -> bool {
    let piece = &pieces.list[at];
    piece.len() <= 60
        && !text_of(pieces, at).ends_with(['.', '"', '\u{201d}', '\u{201c}', '\u{bb}', '\u{ab}', '\u{3002}'])
        && matches!(piece.kind, BlockKind::Heading(2..) | BlockKind::Paragraph)
}

/// Whether a piece says who made a picture, in front or at its end.
fn is_credit(pieces: &Pieces, at: usize) -> bool {
    const WORDS: [&str; 20] = [
        "foto",
        "fotos",
        "photo",
        "photos",
        "bild",
        "bilder",
        "image",
        "images",
        "imagen",
        "credit",
        "credits",
        "cr\u{e9}dit",
        "cr\u{e9}dits",
        "cr\u{e9}dito",
        "cr\u{e9}ditos",
        "quelle",
        "fot",
        "fotograf",
        "copyright",
        "bildquelle",
    ];
    let piece = &pieces.list[at];
    if piece.len() > 250 || matches!(piece.kind, BlockKind::Heading(_)) {
        return false;
    }
    let text = text_of(pieces, at).trim_start_matches(['(', '[', ' ']);
    if text.starts_with('\u{a9}') {
        return piece.len() <= 120;
    }
    let Some((label, name)) = text.rsplit_once(':') else { return false };
    let word =
        label.trim_end().rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
    let first = label.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
    let known = |word: &str| WORDS.contains(&word);
    name.len() <= 60 && (known(&word) || (label.len() <= 30 && known(&first)))
}

/// Drops lines of a date and little else at the article's ends.
fn drop_datelines(pieces: &Pieces, keep: &mut [bool]) {
    let prose = |&at: &usize| keep[at] && is_prose(&pieces.list[at], PROSE);
    let first = (0..keep.len()).find(prose).unwrap_or(0);
    let last = (0..keep.len()).rev().find(prose).unwrap_or(keep.len());
    for at in (0..first).chain(last + 1..keep.len()) {
        keep[at] &=
            !is_dateline(text_of(pieces, at)) || matches!(pieces.list[at].kind, BlockKind::Heading(_));
    }
}

fn is_dateline(text: &str) -> bool {
    let is_year = |run: &str| run.len() == 4 && (run.starts_with("19") || run.starts_with("20"));
    text.len() <= 70
        && !text.ends_with(['.', '!', '?'])
        && text.split(|c: char| !c.is_ascii_digit()).any(is_year)
        && text.chars().filter(|c| c.is_alphabetic()).count() <= 40
}

/// The element that holds the article: the closest around both pieces that says so, or else the closest that
/// has half of the prose.
fn container(items: &Items, pieces: &Pieces, first: u32, last: u32) -> std::ops::Range<usize> {
    let sums = ProseSums::of(items, pieces);
    let all = sums.prose[items.list.len()];
    let holds = |&at: &u32| items.list[at as usize].end > last;
    let closest = items.above(first).find(holds).unwrap_or(0);
    let around = |at: u32| std::iter::once(at).chain(items.above(at));
    let most = |&at: &u32| ProseSums::within(&sums.prose, items, at as usize) * 2 >= all;
    let most = around(closest).find(most).unwrap_or(closest);
    let says = |&at: &u32| matches!(items.list[at as usize].kind, NodeRole::Article | NodeRole::Main);
    let at = around(most).find(says).unwrap_or(most);
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

/// Drops headings with nothing under them, or with something under them that was left out and then another.
fn drop_dangling(list: &[TextPiece], keep: &mut [bool]) {
    let mut below: Option<usize> = None;
    for at in (0..list.len()).rev() {
        if !keep[at] {
            continue;
        }
        if let BlockKind::Heading(level @ 2..) = list[at].kind {
            let dangles = below.is_none_or(|below| {
                below > at + 1 && matches!(list[below].kind, BlockKind::Heading(other) if other <= level)
            });
            if dangles {
                keep[at] = false;
                continue;
            }
        }
        below = Some(at);
    }
}
