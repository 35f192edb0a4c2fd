//! The words around where passages begin and end: what a report has of a text.

use std::ops::Range;

use crate::report::ExcerptRow;
use crate::text::Tokens;

/// Words of context on each side of a passage's ends.
const CONTEXT: usize = 40;

/// The pieces of `text`, which `tokens` were read from with ranges, around the ends of these passages and, if `beginning`
/// says so, at its start; in order, joined where they meet. Passages are in bytes.
pub(super) fn excerpts(
    text: &str,
    tokens: &Tokens,
    passages: impl IntoIterator<Item = [usize; 2]>,
    beginning: bool,
) -> Vec<ExcerptRow> {
    let (starts, ends) = tokens.all_ranges();
    let around = |end: usize| end.saturating_sub(CONTEXT)..(end + CONTEXT).min(starts.len());
    let of_passage = |[start, end]: [usize; 2]| {
        let first = starts.partition_point(|&token| (token as usize) < start);
        let last = ends.partition_point(|&token| token as usize <= end);
        [around(first), around(last)]
    };
    let beginning = beginning.then_some(0..(2 * CONTEXT).min(starts.len()));
    let mut wanted: Vec<Range<usize>> = passages
        .into_iter()
        .flat_map(of_passage)
        .chain(beginning)
        .filter(|range| !range.is_empty())
        .collect();
    wanted.sort_unstable_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in wanted {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    // What stands before the first and behind the last token goes with them.
    let piece = |range: &Range<usize>| {
        let start = if range.start == 0 { 0 } else { starts[range.start] as usize };
        let end = if range.end == ends.len() { text.len() } else { ends[range.end - 1] as usize };
        Some(ExcerptRow { start, text: text.get(start..end)?.to_owned() })
    };
    joined.iter().filter_map(piece).collect()
}

/// Words, and bytes, of a text that stand for its headline: as many as a headline has.
const OPENING: usize = 12;
const OPENING_BYTES: usize = 90;

/// How a text begins, on one line; none where it has no word.
pub(super) fn opening(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let mut opening = words.by_ref().take(OPENING).collect::<Vec<_>>().join(" ");
    let end = opening.floor_char_boundary(OPENING_BYTES);
    let is_cut = end < opening.len() || words.next().is_some();
    opening.truncate(end);
    if is_cut {
        opening.push('\u{2026}');
    }
    (!opening.is_empty()).then_some(opening)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Kernel;

    fn cut(text: &str, passages: &[[usize; 2]], beginning: bool) -> Vec<String> {
        let mut tokens = Tokens::with_ranges(Kernel::PORTABLE);
        tokens.read(text);
        let pieces = excerpts(text, &tokens, passages.iter().copied(), beginning);
        assert!(pieces.iter().all(|piece| text[piece.start..].starts_with(&piece.text)));
        pieces.into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn excerpts_hold_forty_words_on_each_side() {
        let words: Vec<String> = (0..300).map(|i| format!("w{i}")).collect();
        let text = format!("({})", words.join(" "));
        let start = |word: usize| text.find(&format!("w{word} ")).unwrap_or_default();
        let passage = [start(100), start(200) - 1];
        assert_eq!(cut(&text, &[passage], false), [words[60..140].join(" "), words[160..240].join(" ")]);
        let to_the_end = [start(100), text.len() - 1];
        assert_eq!(
            cut(&text, &[to_the_end], true),
            [format!("({}", words[..140].join(" ")), format!("{})", words[260..].join(" "))]
        );
        assert!(cut("", &[[0, 0]], true).is_empty());
    }
}
