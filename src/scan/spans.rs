//! Where the spans of reported pairs stand: byte ranges in both texts, computed only for a report that shows them.

use super::aligned::{Aligned, Loaded, Worker};
use super::measure::Judge;
use crate::align::{Alignment, Run, SlotKind, Words};
use crate::corpus::Fields;
use crate::relation::{Evidence, OPEN, spans};
use crate::report::SpanRow;
use crate::text::Tokens;

/// Gives the spans of pairs, as the mode that judged them aligned them.
pub(super) struct Shown<'a>(pub Aligned<'a>);

impl Judge for Shown<'_> {
    type Worker = Worker;
    type Document = (Loaded, TokenBytes);
    type Verdict = Vec<SpanRow>;

    fn worker(&self) -> Worker {
        self.0.worker()
    }

    fn document(&self) -> Self::Document {
        (self.0.document(), TokenBytes::default())
    }

    fn load(
        &self,
        worker: &mut Worker,
        number: u32,
        text: &str,
        fields: &Fields<'_>,
        (loaded, bytes): &mut Self::Document,
    ) -> u64 {
        let sequence = self.0.load(worker, number, text, fields, loaded);
        bytes.fill(worker.reader.tokens());
        sequence
    }

    fn judge(&self, worker: &mut Worker, a: &Self::Document, b: &Self::Document) -> Vec<SpanRow> {
        let (left, right) = (&a.0.content.words, &b.0.content.words);
        let evidence = self.0.evidence(worker, &a.0, &b.0);
        let rows = |pieces: &[Piece]| rows(pieces, (&a.1, left), (&b.1, right));
        if evidence.noisy().is_some() {
            return rows(&noisy_pieces(worker, &a.0, &b.0, evidence));
        }
        // What stands for a fact in a template is no part of what the texts share.
        let open = if self.0.by_facts(&a.0, &b.0, &evidence) { 0 } else { OPEN };
        rows(&pieces(worker.aligner.last(), left, right, open))
    }
}

/// Where in a text its tokens stand: the first byte of each, and that behind its last.
#[derive(Debug, Default)]
pub(crate) struct TokenBytes(Vec<(u32, u32)>);

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
pub(crate) fn rows(
    pieces: &[Piece],
    (bytes_a, a): (&TokenBytes, &Words),
    (bytes_b, b): (&TokenBytes, &Words),
) -> Vec<SpanRow> {
    let row = |piece: &Piece| SpanRow {
        a: bytes_a.of(a, piece.a),
        b: bytes_b.of(b, piece.b),
        tokens: piece.tokens,
        identity: piece.identity,
    };
    let mut rows: Vec<SpanRow> = pieces.iter().map(row).collect();
    rows.sort_unstable_by_key(|row| (row.a, row.b));
    rows
}

/// A span in content tokens.
pub(crate) struct Piece {
    pub a: (u32, u32),
    pub b: (u32, u32),
    /// Matched tokens.
    pub tokens: u32,
    /// Their share of the longer side.
    pub identity: f64,
}

/// The spans of an alignment, parted where chrome stands in between.
pub(crate) fn pieces(alignment: &Alignment, a: &Words, b: &Words, open: u32) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (of_a, of_b) in spans(alignment, open) {
        let mut from = (of_a.0, of_b.0);
        for cut in cuts(alignment, a, b, of_a, of_b).into_iter().chain([(of_a.1, of_b.1)]) {
            if from.0 < cut.0 && from.1 < cut.1 {
                let tokens = matched(alignment, (from.0, cut.0));
                let longer = (cut.0 - from.0).max(cut.1 - from.1);
                let identity = f64::from(tokens.min(longer)) / f64::from(longer);
                pieces.push(Piece { a: (from.0, cut.0), b: (from.1, cut.1), tokens, identity });
            }
            from = cut;
        }
    }
    pieces
}

/// Tokens of chrome in the middle of a story that a span goes over.
const BRIDGED: u32 = 12;

/// Where a span is interrupted by what is no content, on either side, as tokens of both.
fn cuts(alignment: &Alignment, a: &Words, b: &Words, of_a: (u32, u32), of_b: (u32, u32)) -> Vec<(u32, u32)> {
    let jumps = |words: &Words, i: u32| words.place(i as usize) > words.place(i as usize - 1) + 1 + BRIDGED;
    let inside =
        |run: &&Run| run.a >= of_a.0 && run.end_a() <= of_a.1 && run.b >= of_b.0 && run.end_b() <= of_b.1;
    let mut cuts = Vec::new();
    let mut at = (of_a.0, of_b.0);
    for run in alignment.runs.iter().filter(inside) {
        let gap = (at.0..=run.a).any(|i| i > of_a.0 && jumps(a, i))
            || (at.1..=run.b).any(|i| i > of_b.0 && jumps(b, i));
        if gap {
            cuts.push((run.a, run.b));
        }
        let within = (1..run.len).filter(|i| jumps(a, run.a + i) || jumps(b, run.b + i));
        cuts.extend(within.map(|i| (run.a + i, run.b + i)));
        at = (run.end_a(), run.end_b());
    }
    cuts
}

/// Tokens of `a[from..to]` that are matched.
fn matched(alignment: &Alignment, (from, to): (u32, u32)) -> u32 {
    let inside = |start: u32, end: u32| end.min(to).saturating_sub(start.max(from));
    let equal: u32 = alignment.runs.iter().map(|run| inside(run.a, run.end_a())).sum();
    let fuzzy = alignment.slots.iter().filter(|slot| slot.kind == SlotKind::Fuzzy);
    equal + fuzzy.map(|slot| inside(slot.a.0, slot.a.1)).sum::<u32>()
}

/// The chains of characters as whole tokens.
fn noisy_pieces(worker: &Worker, a: &Loaded, b: &Loaded, evidence: Evidence) -> Vec<Piece> {
    let identity = evidence.noise.map_or(0.0, |noise| noise.identity());
    let swapped = super::aligned::index_second(a, b);
    let mut pieces: Vec<Piece> = worker
        .characters
        .chains()
        .iter()
        .map(|&(first, second)| if swapped { (second, first) } else { (first, second) })
        .map(|(of_a, of_b)| {
            let (of_a, of_b) = (a.content.words.tokens_of(of_a), b.content.words.tokens_of(of_b));
            let tokens = f64::from((of_a.1 - of_a.0).min(of_b.1 - of_b.0)) * identity;
            Piece { a: of_a, b: of_b, tokens: tokens as u32, identity }
        })
        .collect();
    pieces.sort_unstable_by_key(|piece| piece.a);
    pieces
}
