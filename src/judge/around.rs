//! What stands around a text on its page: a credit, a byline, a time, a counter.

use crate::align::{Alignment, Anchor, TokenKind};
use crate::model::Content;

/// Equal tokens of one run that are the text, at least: below, a title may be all that tells two notes apart.
const TEXT: u32 = 30;

/// Tokens around it on either page, at most: several such lines, and less than a paragraph.
const AROUND: u32 = 16;

/// Facts within it, at least: a form without its fillings has hardly any, and what stands before it is whom it is about.
const NEWS: usize = 2;

/// Whether one run of equal tokens is the text of both documents, and all that differs stands around it, by itself: before it
/// on a line of its own, in brackets or before a dash, and behind it likewise, and never as a sentence.
pub(super) fn differs_around(alignment: &Alignment, a: &Content, b: &Content) -> bool {
    let Some(run) = alignment.runs.iter().max_by_key(|run| run.len) else { return false };
    let sides = [(a, run.a), (b, run.b)];
    run.len >= TEXT
        && sides.into_iter().all(|(content, start)| stands_apart(content, start, start + run.len))
        && facts(run, a, b) >= NEWS
}

/// Whether what is around tokens `start..end` is short and stands by itself.
fn stands_apart(content: &Content, start: u32, end: u32) -> bool {
    let len = content.words.len() as u32;
    let before = |at: u32, kind: TokenKind| content.words.kinds()[at as usize].is(kind);
    let front = start == 0 || (before(start, TokenKind::APART) && !before(start, TokenKind::AFTER_END));
    // The text may end as a sentence does, and what is behind it may not.
    let back = end == len || (before(end, TokenKind::APART) && !content.ended);
    front && back && start <= AROUND && len - end <= AROUND
}

fn facts(run: &Anchor, a: &Content, b: &Content) -> usize {
    let kinds = |content: &Content, start: u32| {
        let kinds = &content.words.kinds()[start as usize..(start + run.len) as usize];
        kinds.iter().map(|kind| kind.is(TokenKind::FACT)).collect::<Vec<_>>()
    };
    std::iter::zip(kinds(a, run.a), kinds(b, run.b)).filter(|&(a, b)| a && b).count()
}
