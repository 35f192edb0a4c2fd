//! What repeats in a row: an article that stands twice in its page, a post that is quoted whole, a menu for phones beside one for
//! desks. One block each, however many parts it has.
//!
//! First paragraphs are looked at alone, since copies of an article differ in what stands between them: advertisements, buttons.
//! Then all that is left, without gaps: rows of short parts, and a heading with the paragraph below it.
//!
//! Thresholds were measured on 150 real and 200 made pages (page-repeats); docs/decisions.md says what moves with each.

use std::ops::Range;

use super::{NEWS, PageReader, PageUnit, Repeat, RepeatKind, UnitForm, VisiblePage, ends_sentence};

/// Parts that are no paragraphs and make a block, at least.
const SHORT_PARTS: usize = 3;

/// Paragraphs that make a block, at least.
const PARAGRAPHS: usize = 2;

/// Thirds of a copy's bytes that are its paragraphs, at least: what stands between them differs from copy to copy.
const MOSTLY: usize = 2;

/// Later places of a part at which a block is looked for, at most: what stands more often is a part of a row, and no beginning.
const PLACES: usize = 32;

/// One copy of a block: its first and last unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockCopy {
    first: usize,
    last: usize,
    /// Its bytes.
    pub start: usize,
    pub end: usize,
}

impl PageReader {
    /// The units of which blocks are made: a line that shares its block with others is a part of that.
    pub(super) fn block_parts(&self) -> Vec<usize> {
        let mut parts: Vec<usize> = Vec::with_capacity(self.units.len());
        for (at, unit) in self.units.iter().enumerate() {
            while parts.last().is_some_and(|&last| last >= unit.parts as usize) {
                parts.pop();
            }
            parts.push(at);
        }
        parts
    }

    /// The copies of what has several paragraphs, whose units are covered from then on.
    pub(super) fn find_copies(&mut self, text: &str, parts: &[usize]) -> Vec<Vec<BlockCopy>> {
        // A short sentence is what somebody said: with it between them, two paragraphs do not follow one another.
        let speaks = |unit: &PageUnit| {
            ends_sentence(&text[unit.byte_range()])
                && self.weight(text, unit.token_range(), NEWS, true) >= NEWS
        };
        let is_paragraph = |&at: &usize| {
            let unit = &self.units[at];
            unit.form != UnitForm::Marked && (self.is_sentence(text, unit) || speaks(unit))
        };
        let paragraphs: Vec<usize> = parts.iter().copied().filter(is_paragraph).collect();
        let mut found = Vec::new();
        for copies in self.rows(&paragraphs, |row| row.len() >= PARAGRAPHS) {
            let copies: Vec<BlockCopy> = copies.into_iter().map(|copy| self.copy(copy)).collect();
            if copies.iter().all(|copy| self.is_mostly(text, copy, &paragraphs)) {
                found.push(self.with_headings(copies, parts));
            }
        }
        for copies in &found {
            self.cover_copies(copies);
        }
        found
    }

    /// The copies of rows of short parts and of entries, whose units are covered from then on.
    pub(super) fn find_rows(&mut self, text: &str, parts: &[usize]) -> Vec<Vec<BlockCopy>> {
        // An entry of a live blog: a heading, and below it a paragraph.
        let is_entry = |row: &[usize]| {
            let units: Vec<&PageUnit> = row.iter().map(|&at| &self.units[at]).collect();
            matches!(*units, [heading, below] if heading.form == UnitForm::Marked
                && below.form == UnitForm::Block && self.is_sentence(text, below))
        };
        let rows = self.rows(parts, |row| row.len() >= SHORT_PARTS || is_entry(row)).into_iter();
        let found: Vec<Vec<BlockCopy>> =
            rows.map(|copies| copies.into_iter().map(|copy| self.copy(copy)).collect()).collect();
        for copies in &found {
            self.cover_copies(copies);
        }
        found
    }

    fn cover_copies(&mut self, copies: &[BlockCopy]) {
        for copy in copies {
            self.covered[copy.first..=copy.last].fill(true);
        }
    }

    fn copy(&self, units: Range<usize>) -> BlockCopy {
        let (first, last) = (units.start, units.end);
        let (start, end) = (self.units[first].bytes.start as usize, self.units[last].bytes.end as usize);
        BlockCopy { first, last, start, end }
    }

    /// Rows of these units, of those that are enough, that stand twice and more in one order: the first and last unit of each copy. No two
    /// copies overlap, and none holds what is covered.
    fn rows(&self, units: &[usize], is_enough: impl Fn(&[usize]) -> bool) -> Vec<Vec<Range<usize>>> {
        let free = units.iter().enumerate().filter(|&(_, &at)| self.is_free(at));
        let mut places: Vec<(u64, usize)> = free.map(|(place, &at)| (self.units[at].hash, place)).collect();
        places.sort_unstable();
        // Most stand once, and begin no row.
        let follows = |[(one, _), (next, _)]: &&[(u64, usize); 2]| one == next;
        let mut again: Vec<usize> =
            places.array_windows().filter(follows).map(|[(_, place), _]| *place).collect();
        again.sort_unstable();
        let mut taken = vec![false; units.len()];
        let mut found = Vec::new();
        for start in again {
            if taken[start] {
                continue;
            }
            let hash = self.units[units[start]].hash;
            let others = &places[places.partition_point(|place| *place <= (hash, start))..];
            let others = &others[..others.partition_point(|(other, _)| *other == hash)];
            let row = |from: usize, to: usize, most: usize, taken: &[bool]| {
                let equal = |step: &usize| {
                    let (a, b) = (from + step, to + step);
                    a < to
                        && b < units.len()
                        && !taken[a]
                        && !taken[b]
                        && self.is_free(units[a])
                        && self.is_free(units[b])
                        && self.same(&self.units[units[a]], &self.units[units[b]])
                };
                (0..most).take_while(equal).count()
            };
            let near = others.iter().take(PLACES);
            let length =
                near.map(|&(_, place)| row(start, place, usize::MAX, &taken)).max().unwrap_or_default();
            let length = self.period(&units[start..start + length]);
            if !is_enough(&units[start..start + length]) {
                continue;
            }
            let mut copies = vec![start];
            for &(_, place) in others {
                if copies.last().is_some_and(|last| last + length <= place)
                    && row(start, place, length, &taken) == length
                {
                    copies.push(place);
                }
            }
            for &copy in &copies {
                taken[copy..copy + length].fill(true);
            }
            found.push(copies.into_iter().map(|copy| units[copy]..units[copy + length - 1]).collect());
        }
        found
    }

    /// After how many of these units they begin again, or all: a headline that stands four times is no row of two.
    fn period(&self, units: &[usize]) -> usize {
        let equal = |(&a, &b): (&usize, &usize)| self.same(&self.units[a], &self.units[b]);
        (1..units.len()).find(|&by| units.iter().zip(&units[by..]).all(equal)).unwrap_or(units.len())
    }

    /// Whether paragraphs are most of what stands in a copy, and several of them are long enough.
    fn is_mostly(&self, text: &str, copy: &BlockCopy, paragraphs: &[usize]) -> bool {
        let from = paragraphs.partition_point(|&at| at < copy.first);
        let within = paragraphs[from..].iter().take_while(|&&at| at <= copy.last).map(|&at| &self.units[at]);
        let bytes: usize = within.clone().map(|unit| unit.bytes.len()).sum();
        bytes * 3 >= (copy.end - copy.start) * MOSTLY
            && within.filter(|unit| self.is_sentence(text, unit)).count() >= PARAGRAPHS
    }

    /// The same with the headings that stand above each of the copies.
    fn with_headings(&self, mut copies: Vec<BlockCopy>, parts: &[usize]) -> Vec<BlockCopy> {
        loop {
            let above = |copy: &BlockCopy| {
                let place = parts.partition_point(|&at| at < copy.first).checked_sub(1)?;
                let at = parts[place];
                (self.units[at].form == UnitForm::Marked && self.is_free(at)).then_some(at)
            };
            let headings: Option<Vec<usize>> = copies.iter().map(above).collect();
            let Some(headings) = headings else { return copies };
            let first = &self.units[headings[0]];
            if !headings.iter().all(|&at| self.same(first, &self.units[at])) {
                return copies;
            }
            for (copy, at) in copies.iter_mut().zip(headings) {
                *copy = self.copy(at..copy.last);
            }
        }
    }

    pub(super) fn block_repeat(
        &self,
        text: &str,
        page: Option<&VisiblePage>,
        copies: &[BlockCopy],
    ) -> Repeat {
        let place = |copy: &BlockCopy| {
            let mut place = self.unit_place(text, page, copy.first);
            place.range = copy.start..copy.end;
            place
        };
        let mut repeat = Repeat::new(RepeatKind::Block, text, copies.iter().map(place).collect());
        if let Some(common) = self.common(copies) {
            // Copies may differ in what stands between their paragraphs: then it is told how all of them begin.
            repeat.text = format!("{}\u{2026}", text[common].trim_end());
        }
        repeat
    }

    /// How all of the copies begin, where they are not equal; it has the first paragraph at least.
    fn common(&self, copies: &[BlockCopy]) -> Option<Range<usize>> {
        let tokens = |copy: &BlockCopy| {
            let (first, last) = (&self.units[copy.first], &self.units[copy.last]);
            &self.hashes[first.tokens.start as usize..last.tokens.end as usize]
        };
        let (first, others) = copies.split_first()?;
        let own = tokens(first);
        let equal = |other: &BlockCopy| own.iter().zip(tokens(other)).take_while(|(a, b)| a == b).count();
        let least = others.iter().map(equal).min()?;
        if least == own.len() && others.iter().all(|other| tokens(other).len() == least) {
            return None;
        }
        let last = self.units[first.first].tokens.start as usize + least.checked_sub(1)?;
        Some(first.start..self.place(last)?.end)
    }
}
