//! Alignment: which tokens of two texts stand for one another, and what differs between them.
//!
//! Seeds grow to maximal runs of equal tokens (`anchors`), runs become local chains (`chain`), small gaps in chains
//! are aligned exhaustively (`gaps`), and what then differs is told apart by kind ([`SlotKind`]): respelled words,
//! other facts, other words, or nothing on one side. The answer does not depend on which text comes first.

mod anchors;
mod chain;
pub mod characters;
mod gaps;
mod glance;
pub mod numerals;
mod similar;
mod words;

use std::ops::Range;

pub use anchors::Anchor;
use chain::{Chainer, Costs};
use gaps::Gaps;
pub use glance::Glance;
pub use similar::similar;
pub use words::{TokenKind, Tokenised, Words};

/// Most tokens between two runs of one chain.
pub const GAP: u32 = 30;

const COSTS: Costs = Costs { gap: GAP, drift: 10, between: 3 };

/// Similarity from which two unequal tokens are one respelled.
const RESPELLED: f64 = 0.6;

/// Most tokens of a slot, both sides together, that are compared joined.
const JOINED: u32 = 8;

/// Tokens of a short text.
const TINY: usize = 40;

/// A local chain: where it stands in both texts, and which of the alignment's runs and slots are its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Tokens of the first text.
    pub a: Range<u32>,
    /// Tokens of the second.
    pub b: Range<u32>,
    /// Its runs.
    pub runs: Range<u32>,
    /// Its slots.
    pub slots: Range<u32>,
}

/// What differs at one place of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Tokens of the first text: start and end.
    pub a: (u32, u32),
    /// Tokens of the second.
    pub b: (u32, u32),
    /// What kind of difference it is.
    pub kind: SlotKind,
}

impl Slot {
    fn swapped(self) -> Slot {
        Slot { a: self.b, b: self.a, kind: self.kind }
    }
}

/// Kinds of differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotKind {
    /// The same words respelled; they count as matched.
    Fuzzy,
    /// Facts on both sides and nothing else.
    Typed,
    /// Half facts.
    Semi,
    /// Other words on both sides.
    Mixed,
    /// Words on one side only.
    Indel,
}

/// Two texts, aligned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alignment {
    /// Runs of equal tokens, by chain, in order.
    pub runs: Vec<Anchor>,
    /// What differs within chains, by chain, in order.
    pub slots: Vec<Slot>,
    /// The best first; no two overlap on either side.
    pub chains: Vec<Chain>,
}

impl Alignment {
    /// Equal tokens in all.
    pub fn equal(&self) -> u32 {
        self.runs.iter().map(|run| run.len).sum()
    }

    /// Tokens of the first and of the second text that are matched: equal or respelled.
    pub fn matched(&self) -> [u32; 2] {
        let equal = self.equal();
        let fuzzy = self.slots.iter().filter(|slot| slot.kind == SlotKind::Fuzzy);
        fuzzy.fold([equal; 2], |[a, b], slot| [a + slot.a.1 - slot.a.0, b + slot.b.1 - slot.b.0])
    }

    fn clear(&mut self) {
        self.runs.clear();
        self.slots.clear();
        self.chains.clear();
    }

    fn swap(&mut self) {
        for run in &mut self.runs {
            *run = Anchor { a: run.b, b: run.a, len: run.len };
        }
        for slot in &mut self.slots {
            *slot = slot.swapped();
        }
        for chain in &mut self.chains {
            std::mem::swap(&mut chain.a, &mut chain.b);
        }
    }
}

/// Aligns pairs of texts one after the other, reusing its memory.
#[derive(Debug, Default)]
pub struct Aligner {
    runs: Vec<Anchor>,
    chainer: Chainer,
    gaps: Gaps,
    alignment: Alignment,
    joined: [Vec<u8>; 2],
}

impl Aligner {
    /// Aligns two texts. Linear in their length where little repeats, and in the square of what differs.
    pub fn align(&mut self, a: &Words, b: &Words) -> &Alignment {
        let swap = a.key() > b.key();
        let (left, right) = if swap { (b, a) } else { (a, b) };
        anchors::find(left, right, &mut self.runs);
        self.chain(left, right);
        self.fill_slots(left, right);
        if swap {
            self.alignment.swap();
        }
        &self.alignment
    }

    /// Aligns two short texts from end to end, whether or not they have anything in common. Time and memory are the product
    /// of their lengths.
    pub fn align_whole(&mut self, a: &Words, b: &Words) -> &Alignment {
        let swap = a.key() > b.key();
        let (left, right) = if swap { (b, a) } else { (a, b) };
        let (len_a, len_b) = (left.len() as u32, right.len() as u32);
        let Aligner { gaps, alignment, .. } = &mut *self;
        alignment.clear();
        let is_equal = |i: usize, j: usize| left.hashes()[i] == right.hashes()[j];
        gaps.align((0, 0), (len_a, len_b), is_equal, &mut alignment.runs);
        let runs = 0..alignment.runs.len() as u32;
        alignment.chains.push(Chain { a: 0..len_a, b: 0..len_b, runs, slots: 0..0 });
        self.fill_slots(left, right);
        if swap {
            self.alignment.swap();
        }
        &self.alignment
    }

    /// What was aligned last.
    pub fn last(&self) -> &Alignment {
        &self.alignment
    }

    fn chain(&mut self, a: &Words, b: &Words) {
        let Aligner { runs, chainer, gaps, alignment, .. } = self;
        alignment.clear();
        let tiny = a.len().min(b.len()) < TINY;
        let (least, edge) = if tiny { (4, 12) } else { (8, 4) };
        let (left, right) = (a.hashes(), b.hashes());
        let ends = (a.len() as u32, b.len() as u32);
        chainer.chains(runs, [a.len(), b.len()], COSTS, least, |chain, used| {
            let first = alignment.runs.len() as u32;
            let best = alignment.chains.is_empty();
            let (head, tail) = (chain[0], chain[chain.len() - 1]);
            let near_start = best && head.a <= edge && head.b <= edge;
            let near_end = best && ends.0 - tail.end_a() <= edge && ends.1 - tail.end_b() <= edge;
            let from = if near_start { (0, 0) } else { (head.a, head.b) };
            let to = if near_end { ends } else { (tail.end_a(), tail.end_b()) };
            let mut at = from;
            for &run in chain {
                fill(gaps, used, left, right, at, (run.a, run.b), &mut alignment.runs);
                alignment.runs.push(run);
                at = (run.end_a(), run.end_b());
            }
            fill(gaps, used, left, right, at, to, &mut alignment.runs);
            let runs = first..alignment.runs.len() as u32;
            alignment.chains.push(Chain { a: from.0..to.0, b: from.1..to.1, runs, slots: 0..0 });
        });
    }

    fn fill_slots(&mut self, a: &Words, b: &Words) {
        let Aligner { alignment: Alignment { runs, slots, chains }, joined, .. } = self;
        for chain in chains {
            let first = slots.len() as u32;
            let mut at = (chain.a.start, chain.b.start);
            let last = Anchor { a: chain.a.end, b: chain.b.end, len: 0 };
            let of_chain = &runs[chain.runs.start as usize..chain.runs.end as usize];
            for run in of_chain.iter().chain([&last]) {
                push_slots(a, b, (at.0, run.a), (at.1, run.b), joined, slots);
                at = (run.end_a(), run.end_b());
            }
            chain.slots = first..slots.len() as u32;
        }
    }
}

/// Appends the equal tokens of one gap, and marks them as used.
fn fill(
    gaps: &mut Gaps,
    used: &mut [Vec<bool>; 2],
    a: &[u64],
    b: &[u64],
    from: (u32, u32),
    to: (u32, u32),
    out: &mut Vec<Anchor>,
) {
    let first = out.len();
    gaps.align(from, to, |i, j| a[i] == b[j] && !used[0][i] && !used[1][j], out);
    for run in &out[first..] {
        used[0][run.a as usize..run.end_a() as usize].fill(true);
        used[1][run.b as usize..run.end_b() as usize].fill(true);
    }
}

/// Appends what differs between two runs: token by token where both sides have equally many, else as a whole.
fn push_slots(
    a: &Words,
    b: &Words,
    of_a: (u32, u32),
    of_b: (u32, u32),
    joined: &mut [Vec<u8>; 2],
    slots: &mut Vec<Slot>,
) {
    let (len_a, len_b) = (of_a.1 - of_a.0, of_b.1 - of_b.0);
    if len_a == 0 && len_b == 0 {
        return;
    }
    if len_a == len_b {
        let mut open = (of_a.0, of_b.0);
        for i in 0..len_a {
            let (x, y) = ((of_a.0 + i, of_a.0 + i + 1), (of_b.0 + i, of_b.0 + i + 1));
            if respelled(a, b, x, y, joined) {
                if open.0 < x.0 {
                    slots.push(classified(a, b, (open.0, x.0), (open.1, y.0)));
                }
                slots.push(Slot { a: x, b: y, kind: SlotKind::Fuzzy });
                open = (x.1, y.1);
            }
        }
        if open.0 < of_a.1 {
            slots.push(classified(a, b, (open.0, of_a.1), (open.1, of_b.1)));
        }
    } else if len_a > 0 && len_b > 0 && len_a + len_b <= JOINED && respelled(a, b, of_a, of_b, joined) {
        slots.push(Slot { a: of_a, b: of_b, kind: SlotKind::Fuzzy });
    } else {
        slots.push(classified(a, b, of_a, of_b));
    }
}

/// Whether the words are the same but for spelling, hyphens and the like. Numbers that differ are other numbers, and the
/// same in characters and in digits is one.
fn respelled(a: &Words, b: &Words, of_a: (u32, u32), of_b: (u32, u32), joined: &mut [Vec<u8>; 2]) -> bool {
    let [x, y] = joined;
    for (words, of, out) in [(a, of_a, &mut *x), (b, of_b, &mut *y)] {
        out.clear();
        words.join(of.0 as usize, of.1 as usize, out);
    }
    if x == y {
        return true;
    }
    let numeric = |kinds: &[TokenKind]| kinds.iter().any(|kind| kind.is(TokenKind::NUMERIC));
    let [is_a, is_b] = [(a, of_a), (b, of_b)]
        .map(|(words, (start, end))| numeric(&words.kinds()[start as usize..end as usize]));
    if is_a && is_b { same_number(x, y) } else { !is_a && !is_b && similar(x, y, RESPELLED) }
}

/// Whether one number is written in two ways.
fn same_number(x: &[u8], y: &[u8]) -> bool {
    let number = |text| std::str::from_utf8(text).ok().and_then(numerals::number);
    x.is_ascii() != y.is_ascii() && number(x).is_some_and(|x| number(y) == Some(x))
}

fn classified(a: &Words, b: &Words, of_a: (u32, u32), of_b: (u32, u32)) -> Slot {
    let slot = |kind| Slot { a: of_a, b: of_b, kind };
    let kinds_a = &a.kinds()[of_a.0 as usize..of_a.1 as usize];
    let kinds_b = &b.kinds()[of_b.0 as usize..of_b.1 as usize];
    if kinds_a.is_empty() || kinds_b.is_empty() {
        return slot(SlotKind::Indel);
    }
    let all = || kinds_a.iter().chain(kinds_b);
    let facts = all().filter(|kind| kind.is(TokenKind::FACT)).count();
    let total = kinds_a.len() + kinds_b.len();
    if facts == total {
        slot(SlotKind::Typed)
    } else if a.is_caseless() || b.is_caseless() {
        slot(SlotKind::Mixed)
    } else if 2 * facts >= total {
        slot(SlotKind::Semi)
    } else {
        slot(SlotKind::Mixed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Words of numbers: each its own characters and hash.
    fn words(numbers: &[u32]) -> Words {
        let (mut folded, mut starts, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        let mut hashes = Vec::new();
        for number in numbers {
            let token: String = format!("{number:06}").bytes().map(|b| char::from(b - b'0' + b'a')).collect();
            hashes.push(crate::hash::token_hash(token.as_bytes()));
            starts.push(folded.len() as u32);
            folded.extend_from_slice(token.as_bytes());
            ends.push(folded.len() as u32);
        }
        let kinds = vec![TokenKind::NUMERIC; numbers.len()];
        let text = Tokenised {
            hashes: &hashes,
            kinds: &kinds,
            folded: &folded,
            bounds: (&starts, &ends),
            caseless: false,
        };
        let mut words = Words::default();
        words.fill(text, None);
        words
    }

    /// The slow aligner that tries everything: the most tokens that can be matched in one order.
    fn longest_common(a: &[u32], b: &[u32]) -> u32 {
        let mut row = vec![0u32; b.len() + 1];
        for x in a {
            let mut corner = 0;
            for (j, y) in b.iter().enumerate() {
                let above = row[j + 1];
                row[j + 1] = if x == y { corner + 1 } else { above.max(row[j]) };
                corner = above;
            }
        }
        row.last().copied().unwrap_or_default()
    }

    /// A text, and the same with some tokens replaced, inserted and dropped.
    fn edited() -> impl Strategy<Value = (Vec<u32>, Vec<u32>)> {
        let edits = proptest::collection::vec((0usize..400, 0u8..3, 5000u32..9000), 0..24);
        (proptest::collection::vec(0u32..4000, 1..400), edits).prop_map(|(text, edits)| {
            let mut other = text.clone();
            for (at, kind, token) in edits {
                let at = at % other.len().max(1);
                match kind {
                    0 if !other.is_empty() => other[at] = token,
                    1 => other.insert(at, token),
                    2 if other.len() > 1 => drop(other.remove(at)),
                    _ => {}
                }
            }
            (text, other)
        })
    }

    fn check(a: &[u32], b: &[u32], alignment: &Alignment) -> Result<(), TestCaseError> {
        let (mut used_a, mut used_b) = (vec![false; a.len()], vec![false; b.len()]);
        for run in &alignment.runs {
            for i in 0..run.len as usize {
                let (i, j) = (run.a as usize + i, run.b as usize + i);
                prop_assert_eq!(a[i], b[j]);
                prop_assert!(!std::mem::replace(&mut used_a[i], true), "token {} of a twice", i);
                prop_assert!(!std::mem::replace(&mut used_b[j], true), "token {} of b twice", j);
            }
        }
        for chain in &alignment.chains {
            let runs = &alignment.runs[chain.runs.start as usize..chain.runs.end as usize];
            prop_assert!(runs.windows(2).all(|w| w[0].end_a() <= w[1].a && w[0].end_b() <= w[1].b));
            prop_assert!(runs.iter().all(|run| chain.a.start <= run.a && run.end_a() <= chain.a.end));
            prop_assert!(runs.iter().all(|run| chain.b.start <= run.b && run.end_b() <= chain.b.end));
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn finds_nearly_what_trying_everything_finds((a, b) in edited()) {
            let (left, right) = (words(&a), words(&b));
            let mut aligner = Aligner::default();
            let alignment = aligner.align(&left, &right).clone();
            check(&a, &b, &alignment)?;
            let all = longest_common(&a, &b);
            // What no seed reaches: a few tokens beside each of 24 edits, at the worst.
            let missed = all.saturating_sub(alignment.equal());
            prop_assert!(missed <= 24 * 4, "{} of {}", missed, all);
            prop_assert!(a.len() < 300 || missed * 10 <= all, "{} of {}", missed, all);
        }

        #[test]
        fn a_glance_promises_no_less_than_is_found((a, b) in edited(), shared in 0usize..60) {
            // Texts that share a phrase, and such that share nearly everything.
            let other: Vec<u32> = b.iter().map(|token| token + 10_000).collect();
            let phrase = [&a[..shared.min(a.len())], &other].concat();
            for b in [b, phrase] {
                let (left, right) = (words(&a), words(&b));
                if left.len().min(right.len()) < Glance::SHORTEST as usize {
                    continue;
                }
                let mut glance = Glance::default();
                glance.fill(left.hashes());
                let matched = Aligner::default().align(&left, &right).matched();
                prop_assert!(glance.most(right.hashes()) >= matched[0].max(matched[1]));
            }
        }

        #[test]
        fn has_no_order((a, b) in edited(), cut in 0usize..400) {
            // Reordered as well.
            let mut b = b;
            let cut = cut.min(b.len());
            b.rotate_left(cut);
            let (left, right) = (words(&a), words(&b));
            let mut aligner = Aligner::default();
            let mut one = aligner.align(&left, &right).clone();
            let other = aligner.align(&right, &left).clone();
            one.swap();
            prop_assert_eq!(one, other);
        }

        #[test]
        fn any_two_texts_give_valid_runs(
            a in proptest::collection::vec(0u32..5, 0..120), b in proptest::collection::vec(0u32..5, 0..120),
        ) {
            check(&a, &b, Aligner::default().align(&words(&a), &words(&b)))?;
        }
    }

    /// The texts of the bundled corpus that are JSON lines, by id, as numbers of their words.
    fn bundled() -> std::collections::HashMap<String, Vec<u32>> {
        let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        let mut numbers: std::collections::HashMap<String, u32> = std::collections::HashMap::new();
        let mut texts = std::collections::HashMap::new();
        for folder in std::fs::read_dir(corpus).expect("the bundled corpus") {
            let path = folder.expect("an entry").path().join("wire.jsonl");
            for line in std::fs::read_to_string(path).unwrap_or_default().lines() {
                let record: serde_json::Value = serde_json::from_str(line).expect("a record");
                let field = |name: &str| record[name].as_str().unwrap_or_default();
                let mut number = |token: String| {
                    let next = numbers.len() as u32;
                    *numbers.entry(token).or_insert(next)
                };
                let text = crate::text::reference::tokens(field("text")).into_iter().map(&mut number);
                texts.insert(field("id").to_owned(), text.collect());
            }
        }
        texts
    }

    #[test]
    fn every_bundled_label_is_aligned_as_trying_everything_aligns_it() {
        let texts = bundled();
        let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/labels.tsv");
        let labels = std::fs::read_to_string(corpus).expect("the labels");
        let mut aligner = Aligner::default();
        // Matched tokens of all copies together, and what trying everything matches: that counts stray words in parts that
        // have nothing to do with one another too, as in the chrome of two sites, where no alignment should be.
        let (mut copies, mut found, mut all) = (0, 0, 0);
        for label in labels.lines().skip(1) {
            let fields: Vec<&str> = label.split('\t').collect();
            let (Some(a), Some(b)) = (texts.get(fields[0]), texts.get(fields[1])) else { continue };
            let alignment = aligner.align(&words(a), &words(b)).clone();
            check(a, b, &alignment).expect(label);
            if ["exact", "near", "contained", "update"].contains(&fields[2]) {
                let (own, every) = (alignment.equal(), longest_common(a, b));
                assert!(2 * own >= every, "{label}: {own} of {every}");
                (copies, found, all) = (copies + 1, found + own, all + every);
            }
        }
        println!("{found} of {all} tokens in {copies} pairs");
        assert!(10 * found >= 9 * all, "{found} of {all}");
        assert!(copies > 100, "{copies}");
    }

    #[test]
    fn moved_blocks_are_chains_of_their_own() {
        let text: Vec<u32> = (0..200).collect();
        let moved: Vec<u32> = (120..200).chain(0..120).collect();
        let mut aligner = Aligner::default();
        let alignment = aligner.align(&words(&text), &words(&moved));
        assert_eq!((alignment.equal(), alignment.chains.len()), (200, 2));
    }
}
