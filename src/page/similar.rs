//! Paragraphs of which nine words in ten are the same, with what differs.
//!
//! Thresholds were measured on 150 real and 200 made pages (page-repeats); docs/decisions.md says what moves with each.

use std::collections::HashMap;
use std::ops::Range;

use super::{Change, PageReader, Repeat, RepeatKind, UnitForm, VisiblePage};
use crate::align::{TokenKind, Tokenised};
use crate::hash::shingle_hash;

/// Tokens of a paragraph, at least, of which one may differ.
const LEAST: usize = 10;

/// Tokens that two such paragraphs have in a row somewhere: of ten with one other, one side has five.
const RUN: usize = 5;

/// Of ten tokens of the longer paragraph, those that stand in the other in the same order, at least.
const EQUAL: usize = 9;

/// Paragraphs that one is compared with, those that share most runs with it.
const COMPARED: usize = 2;

impl PageReader {
    /// Compares each paragraph that no repeat covers with those before it. Linear but for alignment.
    pub(super) fn find_similar(&mut self, text: &str, page: Option<&VisiblePage>, repeats: &mut Vec<Repeat>) {
        let mut last = std::mem::take(&mut self.runs);
        last.clear();
        let mut votes: HashMap<usize, u32> = HashMap::new();
        let mut paired: Vec<(usize, usize)> = Vec::new();
        for at in 0..self.units.len() {
            let unit = &self.units[at];
            let is_paragraph = unit.form == UnitForm::Block && unit.tokens.len() >= LEAST;
            if !is_paragraph || !self.is_free(at) {
                continue;
            }
            votes.clear();
            for run in self.hashes[unit.token_range()].windows(RUN) {
                if let Some(other) = last.insert(shingle_hash(run), at)
                    && other != at
                {
                    *votes.entry(other).or_default() += 1;
                }
            }
            let mut most: Vec<(u32, usize)> = votes.iter().map(|(&other, &count)| (count, other)).collect();
            most.sort_unstable_by(|a, b| b.cmp(a));
            let similar = most.into_iter().take(COMPARED).find(|&(_, other)| self.are_similar(other, at));
            paired.extend(similar.map(|(_, other)| (other, at)));
        }
        self.runs = last;
        for (a, b) in paired {
            let places = vec![self.unit_place(text, page, a), self.unit_place(text, page, b)];
            self.are_similar(a, b);
            let changes = self.changes([&self.units[a].token_range(), &self.units[b].token_range()]);
            repeats.push(Repeat { changes, ..Repeat::new(RepeatKind::Similar, text, places) });
        }
    }

    /// Aligns two units, and says whether nearly all of the longer one stands in the other.
    fn are_similar(&mut self, a: usize, b: usize) -> bool {
        let longest = self.units[a].tokens.len().max(self.units[b].tokens.len());
        let shortest = self.units[a].tokens.len().min(self.units[b].tokens.len());
        if shortest * 10 < longest * EQUAL {
            return false;
        }
        let kinds = vec![TokenKind::PLAIN; longest];
        let (folded, starts, ends) = self.tokens.folded();
        for (words, at) in self.words.iter_mut().zip([a, b]) {
            let range = self.units[at].token_range();
            let tokens = Tokenised {
                hashes: &self.hashes[range.clone()],
                kinds: &kinds[..range.len()],
                folded,
                bounds: (&starts[range.clone()], &ends[range]),
                caseless: true,
            };
            words.fill(tokens, None);
        }
        let [a, b] = &self.words;
        self.aligner.align(a, b).equal() as usize * 10 >= longest * EQUAL
    }

    /// What differs between the two texts that were aligned last, whose tokens these are.
    fn changes(&self, [a, b]: [&Range<usize>; 2]) -> Vec<Change> {
        let mut runs: Vec<_> = self.aligner.last().runs.clone();
        runs.sort_unstable_by_key(|run| run.a);
        let mut changes = Vec::new();
        let mut at = (0, 0);
        let ends = (a.len() as u32, b.len() as u32);
        let bounds = runs.iter().map(|run| ((run.a, run.b), (run.end_a(), run.end_b())));
        for ((to_a, to_b), next) in bounds.chain([(ends, ends)]) {
            if to_a > at.0 || to_b > at.1 {
                changes.push(Change {
                    a: self.bytes_of(a.start + at.0 as usize..a.start + to_a as usize),
                    b: self.bytes_of(b.start + at.1 as usize..b.start + to_b.max(at.1) as usize),
                });
            }
            at = (next.0.max(at.0), next.1.max(at.1));
        }
        changes
    }

    /// The bytes of tokens; of none, the place before the next.
    fn bytes_of(&self, tokens: Range<usize>) -> Range<usize> {
        let start = self.place(tokens.start).map_or(0, |place| place.start);
        let last = tokens.end.checked_sub(1).filter(|&last| last >= tokens.start);
        start..last.and_then(|last| self.place(last)).map_or(start, |place| place.end)
    }
}
