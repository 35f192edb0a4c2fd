//! Which lines within an article are not of it: ways to other pages, credits of pictures, the date alone.

use super::BlockKind;
use super::cut::{Pieces, TextPiece};
use super::main_text::Page;
use super::marks::Mark;
use super::shape::{PROSE, is_prose, is_sentence};
use super::tree::{Items, NodeRole};

/// Takes out lines that are in the article and not of it: pointers to other pages with the label above them,
/// and credits.
pub(super) fn take_out(page: &Page<'_>, pieces: &Pieces, keep: &mut [bool]) {
    let items = page.items;
    let mut pointers: Vec<bool> =
        (0..keep.len()).map(|at| is_pointer(pieces, at) && !has_text_below(pieces, keep, at)).collect();
    keep_mixed_lists(items, pieces, keep, &mut pointers);
    for (at, keep) in keep.iter_mut().enumerate() {
        let piece = &pieces.list[at];
        let leads = || {
            let next = pieces.list.get(at + 1);
            leads_to_pointer(page.pieces, piece, next, pointers.get(at + 1))
        };
        let points = pointers[at] || (is_label(pieces, at) && leads());
        *keep &= page.headlines.contains(piece) || (!points && !is_credit(items, pieces, at));
    }
}

/// Whether what stands below a line on the page is a pointer: the next piece, or one that was left out before it, with
/// nothing between them but a short line, a date perhaps.
fn leads_to_pointer(
    everything: &Pieces,
    piece: &TextPiece,
    next: Option<&TextPiece>,
    points: Option<&bool>,
) -> bool {
    let behind = everything.list.partition_point(|other| other.first <= piece.first);
    let below = everything.list.get(behind..).unwrap_or_default();
    let is_next = |other: &TextPiece| next.is_some_and(|next| next.first == other.first);
    match below {
        [first, second, ..]
            if first.len() <= 40 && first.linked == 0 && !is_sentence(everything.text_of(first)) =>
        {
            first.kind != BlockKind::ListItem && second.linked > 0 && is_pointer(everything, behind + 1)
        }
        [first, ..] if is_next(first) => points == Some(&true),
        [_, ..] => is_pointer(everything, behind),
        [] => false,
    }
}

/// The items of a list some of which plainly are the article's are no pointers, whatever links they are.
fn keep_mixed_lists(items: &Items, pieces: &Pieces, keep: &mut [bool], pointers: &mut [bool]) {
    let list_of = |at: usize| {
        let piece = &pieces.list[at];
        let list = |&above: &u32| items.list[above as usize].kind == NodeRole::List;
        (piece.kind == BlockKind::ListItem).then(|| items.above(piece.first).find(list)).flatten()
    };
    let mut at = 0;
    while at < pointers.len() {
        let Some(list) = list_of(at) else {
            at += 1;
            continue;
        };
        let end = items.list[list as usize].end;
        let behind = at + pieces.list[at..].partition_point(|piece| piece.first < end);
        let plain = |at: usize| keep[at] && pieces.list[at].linked == 0;
        if (at..behind).any(plain) {
            pointers[at..behind].fill(false);
            for (keep, piece) in keep[at..behind].iter_mut().zip(&pieces.list[at..behind]) {
                *keep |= piece.kind == BlockKind::ListItem;
            }
        }
        at = behind.max(at + 1);
    }
}

/// Whether a piece is the kind of line that stands over a list of links.
fn is_label(pieces: &Pieces, at: usize) -> bool {
    let piece = &pieces.list[at];
    piece.len() <= 60
        && !pieces
            .text_of(&pieces.list[at])
            .ends_with(['.', '"', '\u{201d}', '\u{201c}', '\u{bb}', '\u{ab}', '\u{3002}'])
        && matches!(piece.kind, BlockKind::Heading(2..) | BlockKind::Paragraph)
}

/// Whether a piece says who made a picture, in front or at its end: a word for pictures or rights, a colon, a name. A
/// sentence is none.
fn is_credit(items: &Items, pieces: &Pieces, at: usize) -> bool {
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
    let text = pieces.text_of(&pieces.list[at]).trim_start_matches(['(', '[', ' ']);
    let sign = |sign: &str| {
        text.strip_prefix(sign)
            .is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit()))
    };
    if piece.len() <= 150 && (text.starts_with('\u{a9}') || sign("c)") || sign("C)")) {
        return true;
    }
    let first = text.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
    let known = |word: &str| WORDS.contains(&word);
    if known(&first) && text.contains('\u{a9}') && piece.len() <= 150 {
        return true;
    }
    let Some((label, name)) = text.rsplit_once(':') else { return false };
    let word =
        label.trim_end().rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
    let in_front = label.len() <= 30 && known(&first);
    is_name(name) && !is_sentence(text) && (in_front || (known(&word) && !is_caption(items, pieces, at)))
}

/// Whether a piece stands with a picture; where captions are in the text at all, they are what it tells, whoever took the picture.
fn is_caption(items: &Items, pieces: &Pieces, at: usize) -> bool {
    items.above(pieces.list[at].first).any(|above| {
        let item = &items.list[above as usize];
        matches!(item.kind, NodeRole::Figure | NodeRole::Caption) || item.mark == Some(Mark::Caption)
    })
}

/// Whether a text may be whom a picture is by: one or two words, or several that are written as names are.
fn is_name(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let small = |word: &&&str| {
        word.chars().count() > 3 && word.starts_with(char::is_lowercase) && !word.contains(['/', '.'])
    };
    !words.is_empty() && text.len() <= 60 && (words.len() <= 2 || words.iter().filter(small).count() == 0)
}

/// Drops lines of a date and little else at the article's ends.
pub(super) fn drop_datelines(pieces: &Pieces, keep: &mut [bool]) {
    let prose = |&at: &usize| keep[at] && is_prose(&pieces.list[at], PROSE);
    let first = (0..keep.len()).find(prose).unwrap_or(0);
    let last = (0..keep.len()).rev().find(prose).unwrap_or(keep.len());
    for at in (0..first).chain(last + 1..keep.len()) {
        keep[at] &= !is_dateline(pieces.text_of(&pieces.list[at]))
            || matches!(pieces.list[at].kind, BlockKind::Heading(_));
    }
}

/// Whether a text is a date, with a few words around it at most: a year, a day beside it, and the month in digits or in one
/// word between or before them.
fn is_dateline(text: &str) -> bool {
    if text.len() > 90 || text.ends_with(['.', '!', '?']) && !text.ends_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let mut runs: Vec<&str> = Vec::new();
    let class = |c: char| (c.is_ascii_digit(), c.is_alphabetic());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| class(c) != class(first)).unwrap_or(rest.len());
        if first.is_alphanumeric() {
            runs.push(&rest[..end]);
        }
        rest = &rest[end..];
    }
    let is_year = |run: &str| run.len() == 4 && (run.starts_with("19") || run.starts_with("20"));
    let is_day = |run: &str| run.len() <= 2 && run.bytes().all(|b| b.is_ascii_digit());
    let is_word = |run: &&str| run.chars().count() > 2 && run.starts_with(char::is_alphabetic);
    let Some(year) = runs.iter().position(|run| is_year(run)) else { return false };
    let words = |range: &[&str]| range.iter().filter(|run| is_word(run)).count();
    let within = |day: usize| if day < year { &runs[day..year] } else { &runs[year..day] };
    let near = year.saturating_sub(4)..(year + 5).min(runs.len());
    let day =
        near.filter(|&at| is_day(runs[at]) && words(within(at)) <= 1).min_by_key(|&at| at.abs_diff(year));
    let all = words(&runs);
    match day {
        Some(_) => all <= 4,
        None => all == 0,
    }
}

/// Whether a piece is a heading of text that is kept, whatever it links to.
fn has_text_below(pieces: &Pieces, keep: &[bool], at: usize) -> bool {
    matches!(pieces.list[at].kind, BlockKind::Heading(_))
        && keep.get(at + 1) == Some(&true)
        && pieces.list.get(at + 1).is_some_and(|below| is_prose(below, PROSE))
}

/// Whether a piece only points elsewhere: a line that is a link, with or without a few words before it.
fn is_pointer(pieces: &Pieces, at: usize) -> bool {
    let piece = &pieces.list[at];
    let text = pieces.text_of(piece);
    if matches!(piece.kind, BlockKind::Heading(1)) || piece.linked == 0 || piece.len() > 300 {
        return false;
    }
    let unlinked = piece.len() - piece.linked;
    let label = text.split_once(':').map_or(0, |(label, _)| label.len());
    unlinked <= 3 || (label > 0 && label < 40 && unlinked <= label + 4)
}

/// Drops headings with nothing under them, or with something under them that was left out and then another.
pub(super) fn drop_dangling(list: &[TextPiece], keep: &mut [bool]) {
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
