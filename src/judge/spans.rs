//! Spans: the passages that two documents share, as bytes of both texts.
//!
//! A span is a chain of the alignment, parted where more than a few tokens stand unmatched and where chrome stands in
//! between. In noisy text it is a chain of characters, widened to whole tokens.

use serde::{Deserialize, Serialize};

use super::evidence::{OPEN, slots_of, spans_of};
use super::pair::{Loaded, Memory};
use super::relation::Relation;
use crate::align::{Alignment, Anchor, Chain, Slot, SlotKind, Words};
use crate::text::Tokens;

/// A passage of both texts that is the same but for small differences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Bytes of the text of `a`: start and end, at whole tokens.
    pub a: [usize; 2],
    /// Bytes of the text of `b`.
    pub b: [usize; 2],
    /// Matched tokens.
    pub tokens: u32,
    /// Their share of the longer side, 0 to 1.
    pub identity: f64,
}

/// Spans from the other side, in order of place there.
pub(crate) fn swapped(spans: Vec<Span>) -> Vec<Span> {
    let mut spans: Vec<Span> = spans.into_iter().map(|span| Span { a: span.b, b: span.a, ..span }).collect();
    spans.sort_unstable_by_key(|span| (span.a, span.b));
    spans
}

/// The spans of two documents that were aligned last in this memory and have this relation, in order of `a`; `identity`
/// is that of their characters, where these count.
pub(super) fn of_aligned(
    memory: &Memory,
    (a, b): (&Loaded, &Loaded),
    relation: Relation,
    identity: Option<f64>,
) -> Vec<Span> {
    let (left, right) = (&a.content.words, &b.content.words);
    let pieces = match identity {
        Some(identity) => noisy_pieces(memory, a, b, identity),
        None => {
            // What stands for a fact in a template is no part of what the texts share.
            let open = if relation == Relation::Templated { 0 } else { OPEN };
            pieces(memory.aligner.last(), left, right, open)
        }
    };
    rows(&pieces, (&a.bytes, left), (&b.bytes, right))
}

/// The spans of two documents whose content tokens are equal: the whole, parted where chrome stands in between.
pub(super) fn of_equal(a: &Loaded, b: &Loaded) -> Vec<Span> {
    let (left, right) = (&a.content.words, &b.content.words);
    let len = left.len() as u32;
    let chain = Chain { a: 0..len, b: 0..len, runs: 0..1, slots: 0..0 };
    let alignment =
        Alignment { runs: vec![Anchor { a: 0, b: 0, len }], slots: Vec::new(), chains: vec![chain] };
    rows(&pieces(&alignment, left, right, OPEN), (&a.bytes, left), (&b.bytes, right))
}

/// Where in a text its tokens stand: the first byte of each, and that behind its last.
#[derive(Debug, Default)]
pub(super) struct TokenBytes(Vec<(u32, u32)>);

impl TokenBytes {
    /// Those of a text that was read with ranges.
    pub fn fill(&mut self, tokens: &Tokens) {
        let (starts, ends) = tokens.all_ranges();
        self.0.clear();
        self.0.extend(starts.iter().copied().zip(ends.iter().copied()));
    }

    /// Start and end byte of a stretch of content tokens.
    fn of(&self, words: &Words, (start, end): (u32, u32)) -> [usize; 2] {
        let bytes = |i: u32| self.0[words.place(i as usize) as usize];
        [bytes(start).0 as usize, bytes(end - 1).1 as usize]
    }
}

/// Pieces as bytes of both texts, in order.
fn rows(
    pieces: &[Piece],
    (bytes_a, a): (&TokenBytes, &Words),
    (bytes_b, b): (&TokenBytes, &Words),
) -> Vec<Span> {
    let row = |piece: &Piece| Span {
        a: bytes_a.of(a, piece.a),
        b: bytes_b.of(b, piece.b),
        tokens: piece.tokens,
        identity: piece.identity,
    };
    let mut rows: Vec<Span> = pieces.iter().map(row).collect();
    rows.sort_unstable_by_key(|row| (row.a, row.b));
    rows
}

/// A span in content tokens.
struct Piece {
    a: (u32, u32),
    b: (u32, u32),
    /// Matched tokens.
    tokens: u32,
    /// Their share of the longer side.
    identity: f64,
}

/// The spans of an alignment, parted where chrome stands in between. Linear.
fn pieces(alignment: &Alignment, a: &Words, b: &Words, open: u32) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for chain in &alignment.chains {
        let slots = slots_of(alignment, chain);
        let mut rest = &alignment.runs[chain.runs.start as usize..chain.runs.end as usize];
        for (of_a, of_b) in spans_of(chain, slots, open) {
            // Runs of a chain and its spans are in one order, and a run is within one span.
            let runs = &rest[..rest.partition_point(|run| run.end_a() <= of_a.1)];
            rest = &rest[runs.len()..];
            let mut from = (of_a.0, of_b.0);
            for cut in cuts(runs, a, b, from).into_iter().chain([(of_a.1, of_b.1)]) {
                if from.0 < cut.0 && from.1 < cut.1 {
                    let (equal, tokens) = matched(runs, slots, (from.0, cut.0));
                    let longer = (cut.0 - from.0).max(cut.1 - from.1);
                    let identity = f64::from(tokens.min(longer)) / f64::from(longer);
                    // Words that are only like one another ("south", "north") are no passage.
                    if equal > 0 {
                        pieces.push(Piece { a: (from.0, cut.0), b: (from.1, cut.1), tokens, identity });
                    }
                }
                from = cut;
            }
        }
    }
    pieces
}

/// Tokens of chrome in the middle of a story that a span goes over.
const BRIDGED: u32 = 12;

/// Where a span with these runs, which begins at `from`, is interrupted by what is no content, on either side, as tokens
/// of both.
fn cuts(runs: &[Anchor], a: &Words, b: &Words, from: (u32, u32)) -> Vec<(u32, u32)> {
    let jumps = |words: &Words, i: u32| words.place(i as usize) > words.place(i as usize - 1) + 1 + BRIDGED;
    let mut cuts = Vec::new();
    let mut at = from;
    for run in runs {
        let gap = (at.0..=run.a).any(|i| i > from.0 && jumps(a, i))
            || (at.1..=run.b).any(|i| i > from.1 && jumps(b, i));
        if gap {
            cuts.push((run.a, run.b));
        }
        let within = (1..run.len).filter(|i| jumps(a, run.a + i) || jumps(b, run.b + i));
        cuts.extend(within.map(|i| (run.a + i, run.b + i)));
        at = (run.end_a(), run.end_b());
    }
    cuts
}

/// Tokens of `a[from..to]` that are equal, and that are matched: equal or respelled, on the side that has fewer. What is
/// given is in order.
fn matched(runs: &[Anchor], slots: &[Slot], (from, to): (u32, u32)) -> (u32, u32) {
    let inside = |start: u32, end: u32| end.min(to).saturating_sub(start.max(from));
    let runs = &runs[runs.partition_point(|run| run.end_a() <= from)..];
    let equal: u32 = runs.iter().take_while(|run| run.a < to).map(|run| inside(run.a, run.end_a())).sum();
    let slots = &slots[slots.partition_point(|slot| slot.a.1 <= from)..];
    let fuzzy = slots.iter().take_while(|slot| slot.a.0 < to).filter(|slot| slot.kind == SlotKind::Fuzzy);
    let respelled = fuzzy.map(|slot| inside(slot.a.0, slot.a.1).min(slot.b.1 - slot.b.0));
    (equal, equal + respelled.sum::<u32>())
}

/// The chains of characters as whole tokens.
fn noisy_pieces(memory: &Memory, a: &Loaded, b: &Loaded, identity: f64) -> Vec<Piece> {
    let swapped = a.is_indexed_after(b);
    let [ends_a, ends_b] = [a, b].map(|of| of.content.words.character_ends());
    let mut pieces: Vec<Piece> = memory
        .characters
        .chains()
        .iter()
        .map(|&(first, second)| if swapped { (second, first) } else { (first, second) })
        .map(|(of_a, of_b)| {
            let (of_a, of_b) = (tokens_of(&ends_a, of_a), tokens_of(&ends_b, of_b));
            let tokens = f64::from((of_a.1 - of_a.0).min(of_b.1 - of_b.0)) * identity;
            Piece { a: of_a, b: of_b, tokens: tokens as u32, identity }
        })
        .collect();
    pieces.sort_unstable_by_key(|piece| piece.a);
    pieces
}

/// The tokens that hold the joined characters `from..to`, as start and end, given where each token's characters end.
/// Logarithmic.
fn tokens_of(ends: &[u32], (from, to): (u32, u32)) -> (u32, u32) {
    let first = ends.partition_point(|&end| end <= from);
    let last = ends.partition_point(|&end| end < to);
    (first as u32, (last + 1).min(ends.len()) as u32)
}
