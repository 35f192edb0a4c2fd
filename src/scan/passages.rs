//! What two texts share, as a reader is shown it: runs of equal tokens, joined over small differences, and the words
//! around where they begin and end. All tokens count here, chrome too: the page shows texts as they stand.

use std::collections::HashMap;
use std::ops::Range;

use crate::kernel::Kernel;
use crate::report::{ExcerptRow, SpanRow};
use crate::text::Tokens;

/// Tokens of a seed.
const SEED: usize = 5;

/// Places of one seed that are tried.
const PLACES: usize = 8;

/// Tokens that differ between two runs of one span, at most, on either side.
const GAP: usize = 10;

/// Equal tokens of a span, at least; a shorter one is a phrase that any two texts may share.
const LEAST: usize = 8;

/// Texts of fewer tokens are shown with all that they share.
const SHORT: usize = 40;

/// Words of context on each side of a span's ends.
pub(super) const CONTEXT: usize = 40;

/// A text's tokens and where they stand.
#[derive(Debug)]
pub(super) struct Reading {
    tokens: Tokens,
    hashes: Vec<u64>,
    bytes: usize,
}

impl Reading {
    pub fn new(kernel: Kernel) -> Reading {
        Reading { tokens: Tokens::with_ranges(kernel), hashes: Vec::new(), bytes: 0 }
    }

    pub fn read(&mut self, text: &str) {
        self.tokens.read(text);
        let count = self.tokens.hashes(&mut self.hashes).len();
        self.hashes.truncate(count);
        self.bytes = text.len();
    }

    /// Bytes of tokens, with what stands before the first and behind the last one of the text.
    fn bytes(&self, tokens: &Range<usize>) -> Range<usize> {
        let start = if tokens.start == 0 { 0 } else { self.start(tokens.start) };
        let end = if tokens.end >= self.hashes.len() { self.bytes } else { self.end(tokens.end) };
        start..end.max(start)
    }

    fn start(&self, token: usize) -> usize {
        self.tokens.range(token).map_or(0, |range| range.start)
    }

    /// Where the token before `token` ends.
    fn end(&self, token: usize) -> usize {
        token.checked_sub(1).and_then(|last| self.tokens.range(last)).map_or(0, |range| range.end)
    }
}

/// A span in tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shared {
    a: Range<usize>,
    b: Range<usize>,
    equal: usize,
}

/// The representative's text, indexed once for all members.
pub(super) struct Index {
    reading: Reading,
    seeds: HashMap<u64, Vec<u32>>,
}

impl Index {
    pub fn new(text: &str, kernel: Kernel) -> Index {
        let mut reading = Reading::new(kernel);
        reading.read(text);
        let mut seeds: HashMap<u64, Vec<u32>> = HashMap::new();
        for (at, seed) in reading.hashes.windows(SEED).enumerate() {
            let places = seeds.entry(key(seed)).or_default();
            if places.len() < PLACES {
                places.push(at as u32);
            }
        }
        Index { reading, seeds }
    }

    /// What `text` shares with the representative, in order of place in `text`; no token of it counts twice.
    pub fn shared(&self, text: &Reading) -> Vec<Shared> {
        let (a, b) = (&text.hashes, &self.reading.hashes);
        if a == b {
            return if a.is_empty() {
                Vec::new()
            } else {
                vec![Shared { a: 0..a.len(), b: 0..b.len(), equal: a.len() }]
            };
        }
        let mut spans: Vec<Shared> = Vec::new();
        let mut at = 0;
        while at + SEED <= a.len() {
            let Some(run) = self.longest(a, at, spans.last()) else {
                at += 1;
                continue;
            };
            at = run.a.end;
            match spans.last_mut() {
                Some(last) if follows(last, &run) => {
                    *last = Shared {
                        a: last.a.start..run.a.end,
                        b: last.b.start..run.b.end,
                        equal: last.equal + run.equal,
                    };
                }
                _ => spans.push(run),
            }
        }
        let least = if a.len().min(b.len()) < SHORT { SEED } else { LEAST };
        spans.retain(|span| span.equal >= least);
        spans
    }

    /// The longest run from `at` on; of equally long ones that which goes on where the last span ends, then the first.
    fn longest(&self, a: &[u64], at: usize, last: Option<&Shared>) -> Option<Shared> {
        let b = &self.reading.hashes;
        let places = self.seeds.get(&key(&a[at..at + SEED]))?;
        let run = |&place: &u32| {
            let start = place as usize;
            let len = a[at..].iter().zip(&b[start..]).take_while(|(x, y)| x == y).count();
            Shared { a: at..at + len, b: start..start + len, equal: len }
        };
        let runs = places.iter().map(run).filter(|run| run.equal >= SEED);
        runs.min_by_key(|run| {
            (!last.is_some_and(|last| follows(last, run)), std::cmp::Reverse(run.equal), run.b.start)
        })
    }

    pub fn rows(&self, text: &Reading, spans: &[Shared]) -> Vec<SpanRow> {
        let row = |span: &Shared| {
            let both = span.a.len() + span.b.len();
            SpanRow {
                a: [text.start(span.a.start), text.end(span.a.end)],
                b: [self.reading.start(span.b.start), self.reading.end(span.b.end)],
                tokens: span.a.len() as u32,
                identity: 2.0 * span.equal as f64 / both.max(1) as f64,
            }
        };
        spans.iter().map(row).collect()
    }

    /// The representative's pieces: its beginning, and what is around the ends of all members' spans.
    pub fn excerpts(&self, text: &str, around: Vec<Range<usize>>) -> Vec<ExcerptRow> {
        let beginning = 0..(2 * CONTEXT).min(self.reading.hashes.len());
        excerpts(text, &self.reading, around.into_iter().chain([beginning]).collect())
    }
}

fn key(seed: &[u64]) -> u64 {
    seed.iter().fold(0, |key: u64, hash| crate::hash::avalanche(key.rotate_left(7) ^ hash))
}

fn follows(last: &Shared, run: &Shared) -> bool {
    let near = |end: usize, start: usize| start >= end && start - end <= GAP;
    near(last.a.end, run.a.start) && near(last.b.end, run.b.start)
}

/// Tokens around the ends of spans, on the member's side and on the representative's.
pub(super) fn around(spans: &[Shared]) -> [Vec<Range<usize>>; 2] {
    let ends =
        |span: &Range<usize>| [span.start, span.end].map(|end| end.saturating_sub(CONTEXT)..end + CONTEXT);
    [
        spans.iter().flat_map(|span| ends(&span.a)).collect(),
        spans.iter().flat_map(|span| ends(&span.b)).collect(),
    ]
}

/// The pieces of a text that hold these tokens, in order, joined where they meet.
pub(super) fn excerpts(text: &str, reading: &Reading, mut wanted: Vec<Range<usize>>) -> Vec<ExcerptRow> {
    wanted.sort_unstable_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in wanted {
        let range = range.start..range.end.min(reading.hashes.len());
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ if range.is_empty() => {}
            _ => joined.push(range),
        }
    }
    let piece = |range: &Range<usize>| {
        let bytes = reading.bytes(range);
        Some(ExcerptRow { start: bytes.start, text: text.get(bytes)?.to_owned() })
    };
    joined.iter().filter_map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(a: &str, b: &str) -> Vec<(String, String)> {
        let index = Index::new(b, Kernel::PORTABLE);
        let mut reading = Reading::new(Kernel::PORTABLE);
        reading.read(a);
        let spans = index.shared(&reading);
        let rows = index.rows(&reading, &spans);
        rows.iter().map(|row| (a[row.a[0]..row.a[1]].to_owned(), b[row.b[0]..row.b[1]].to_owned())).collect()
    }

    #[test]
    fn spans_go_over_small_differences_and_end_at_large_ones() {
        let story = "The lamp at Vessa Head is to be replaced before winter, the harbour board said";
        let changed = "The lamp at Vessa Head is to be mended before winter, the harbour board said";
        assert_eq!(shared(story, changed), [(story.to_owned(), changed.to_owned())]);
        let words: Vec<String> = (0..60).map(|i| format!("word{i}")).collect();
        let (head, tail) = (words[..30].join(" "), words[30..].join(" "));
        let other: Vec<String> = (0..20).map(|i| format!("other{i}")).collect();
        let a = format!("{head} {} {tail}", other.join(" "));
        let b = format!("{tail}. {head}");
        assert_eq!(shared(&a, &b), [(head.clone(), head), (tail.clone(), tail)]);
        assert!(shared("nothing of all this stands there at all", story).is_empty());
    }

    #[test]
    fn excerpts_hold_forty_words_on_each_side() {
        let words: Vec<String> = (0..300).map(|i| format!("w{i}")).collect();
        let text = words.join(" ");
        let mut reading = Reading::new(Kernel::PORTABLE);
        reading.read(&text);
        let span = Shared { a: 100..200, b: 0..100, equal: 100 };
        let [of_a, _] = around(&[span]);
        let pieces = excerpts(&text, &reading, of_a);
        let texts: Vec<String> = pieces.iter().map(|piece| piece.text.clone()).collect();
        assert_eq!(texts, [words[60..140].join(" "), words[160..240].join(" ")]);
        assert!(pieces.iter().all(|piece| text[piece.start..].starts_with(&piece.text)));
    }
}
