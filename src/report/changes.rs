//! What differs within a passage that two texts share.

use std::ops::Range;

use super::Span;
use crate::kernel::Kernel;
use crate::text::Tokens;
use serde::Serialize;

/// A stretch that was changed; added where it is empty in `a`, dropped where it is empty in `b`.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Bytes of the text of `a`: start and end, at whole tokens.
    pub a: [usize; 2],
    /// Bytes of the text of `b`.
    pub b: [usize; 2],
}

/// Cells of the table that two stretches are compared by, at most; larger ones are one change.
const CELLS: usize = 1 << 24;

/// The changes within one span, in order. Time is the product of the lengths of what differs.
pub fn changes(texts: [&str; 2], span: &Span) -> Vec<Change> {
    let mut read = [Tokens::with_ranges(Kernel::detect()), Tokens::with_ranges(Kernel::detect())];
    let places = [span.a, span.b];
    for ((tokens, text), [start, end]) in read.iter_mut().zip(texts).zip(places) {
        tokens.read(text.get(start..end).unwrap_or_default());
    }
    let [a, b] = &read;
    let (of_a, of_b): (Vec<&str>, Vec<&str>) = (a.iter().collect(), b.iter().collect());
    let bytes = |tokens: &Tokens, start: usize, range: &Range<usize>| {
        let from = |i: usize| tokens.range(i).map(|range| range.start + start);
        let behind = |i: usize| tokens.range(i).map(|range| range.end + start);
        // What is nowhere stands behind the token before.
        let before = range.start.checked_sub(1).and_then(behind).unwrap_or(start);
        if range.is_empty() {
            [before; 2]
        } else {
            [from(range.start).unwrap_or(before), behind(range.end - 1).unwrap_or(before)]
        }
    };
    let change = |(in_a, in_b): &(Range<usize>, Range<usize>)| Change {
        a: bytes(a, span.a[0], in_a),
        b: bytes(b, span.b[0], in_b),
    };
    differing(&of_a, &of_b).iter().map(change).collect()
}

/// Where two sequences differ, by a longest common subsequence.
fn differing(a: &[&str], b: &[&str]) -> Vec<(Range<usize>, Range<usize>)> {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (&a[head..], &b[head..]);
    let tail = rest_a.iter().rev().zip(rest_b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (n, m) = (rest_a.len() - tail, rest_b.len() - tail);
    if n == 0 && m == 0 {
        return Vec::new();
    }
    if n == 0 || m == 0 || n * m > CELLS {
        return vec![(head..head + n, head..head + m)];
    }
    // By place in both: how many tokens from there on can be matched.
    let width = m + 1;
    let mut common = vec![0u32; (n + 1) * width];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            common[i * width + j] = if rest_a[i] == rest_b[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let (mut from, mut found) = ((0, 0), Vec::new());
    loop {
        let equal = i < n && j < m && rest_a[i] == rest_b[j];
        if (equal || (i == n && j == m)) && from != (i, j) {
            found.push((head + from.0..head + i, head + from.1..head + j));
        }
        if i == n && j == m {
            return found;
        } else if equal {
            (i, j) = (i + 1, j + 1);
            from = (i, j);
        } else if j == m || (i < n && common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            i += 1;
        } else {
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_dropped_and_changed_is_cut_out() {
        let a = "Intro. The old ferry ran aground on the second of May, its master said.";
        let b = "The ferry ran aground on the Third of May, the owner and its master said.";
        let span = Span { a: [7, a.len()], b: [0, b.len()], tokens: 12, identity: 0.8 };
        let found: Vec<(&str, &str)> = changes([a, b], &span)
            .iter()
            .map(|change| (&a[change.a[0]..change.a[1]], &b[change.b[0]..change.b[1]]))
            .collect();
        assert_eq!(found, [("old", ""), ("second", "Third"), ("", "the owner and")]);
        let same = Span { a: [7, a.len()], b: [7, a.len()], tokens: 12, identity: 1.0 };
        assert!(changes([a, a], &same).is_empty());
    }
}
