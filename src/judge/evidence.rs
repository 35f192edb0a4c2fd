//! The numbers of an alignment on which a relation depends, besides the raw measures.

use super::around::differs_around;
use super::decide::VERBATIM;
use super::front::Front;
use super::own::Own;
use super::relation::Overlap;
use crate::align::characters::Noise;
use crate::align::{Alignment, Chain, Slot, SlotKind, TokenKind, Words};
use crate::model::Content;

/// Tokens that a span leaves unmatched at one place, at most.
pub const OPEN: u32 = 8;

/// Share of a text that the alignment by characters has to cover beyond the one by words, to count in its place: less is
/// the spread of a few respelled words (noise-grid, where the two differ by 0.1 and more).
const GAINED: f64 = 0.02;

/// What an alignment shows, in numbers: all that the relation depends on besides the raw measures.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Evidence {
    /// Content tokens of both.
    pub content: [u32; 2],
    /// Tokens matched: equal or respelled.
    pub matched: [u32; 2],
    /// Tokens in spans.
    pub spans: [u32; 2],
    /// Where the spans begin and end.
    pub extent: [(u32, u32); 2],
    /// Shingles within runs of equal tokens.
    pub verbatim: u32,
    /// Slots whose facts were replaced.
    pub typed: u32,
    /// Tokens in those.
    pub typed_tokens: [u32; 2],
    /// Different replacements among them, up to a few: a name that is respelled all through is one.
    pub changes: u32,
    /// Slots of one figure for another among them.
    pub figures: u32,
    /// Slots of facts and other words.
    pub semi: u32,
    /// Tokens in those, both sides together.
    pub semi_tokens: u32,
    /// Unmatched tokens in chains, both sides together, but for whole phrases that one side has besides.
    pub differing: u32,
    /// Slots with unmatched words on both sides.
    pub replaced: u32,
    /// Tokens in those, on the side that has fewer.
    pub substitutions: u32,
    /// Slots of respelled words.
    pub fuzzy: u32,
    /// Facts of the better covered side within chains: matched, and all.
    pub facts: (u32, u32),
    /// Its other words: matched, and all.
    pub others: (u32, u32),
    /// Whether all that differs stands around the text and not within it.
    pub around: bool,
    /// Other words at the front, where neither text is cased.
    pub front: Front,
    /// What the characters show, where one text is noisy.
    pub noise: Option<Noise>,
    /// What they have besides standing text.
    pub own: Own,
}

impl Evidence {
    /// Of an alignment of two documents.
    pub fn of(alignment: &Alignment, left: &Content, right: &Content) -> Evidence {
        let (a, b) = (&left.words, &right.words);
        let mut evidence = Evidence {
            content: [a.len() as u32, b.len() as u32],
            matched: alignment.matched(),
            verbatim: alignment.runs.iter().map(|run| run.len.saturating_sub(VERBATIM - 1)).sum(),
            own: Own::of(alignment, left, right),
            ..Evidence::default()
        };
        evidence.changes = changes(alignment, a, b);
        evidence.figures = figures(alignment, a, b);
        for slot in &alignment.slots {
            evidence.count(slot.kind, [slot.a.1 - slot.a.0, slot.b.1 - slot.b.0]);
        }
        let replaces_facts = evidence.typed + evidence.semi > 0;
        evidence.around = replaces_facts && differs_around(alignment, left, right);
        if !left.cased && !right.cased {
            evidence.front = Front::of(alignment, left, right);
        }
        let chains = &alignment.chains;
        let start = |of: fn(&Chain) -> u32| chains.iter().map(of).min().unwrap_or_default();
        let end = |of: fn(&Chain) -> u32| chains.iter().map(of).max().unwrap_or_default();
        evidence.extent = [
            (start(|chain| chain.a.start), end(|chain| chain.a.end)),
            (start(|chain| chain.b.start), end(|chain| chain.b.end)),
        ];
        let all: Vec<Stretch> = spans(alignment, OPEN).collect();
        evidence.spans = [
            covered(all.iter().map(|span| span.0).collect()),
            covered(all.iter().map(|span| span.1).collect()),
        ];
        let [share_a, share_b] = evidence.shares();
        // Of two that are covered alike, one is chosen by what it is, and not by its place.
        if (share_a, a.key()) >= (share_b, b.key()) {
            evidence.count_kinds(a, alignment, 0);
        } else {
            evidence.count_kinds(b, alignment, 1);
        }
        evidence
    }

    fn count(&mut self, kind: SlotKind, [a, b]: [u32; 2]) {
        match kind {
            SlotKind::Fuzzy => {
                self.fuzzy += 1;
                return;
            }
            SlotKind::Typed => {
                self.typed += 1;
                self.typed_tokens[0] += a;
                self.typed_tokens[1] += b;
            }
            SlotKind::Semi => {
                self.semi += 1;
                self.semi_tokens += a + b;
            }
            SlotKind::Mixed | SlotKind::Indel => {}
        }
        if kind != SlotKind::Indel || a + b <= OPEN {
            self.differing += a + b;
        }
        self.substitutions += a.min(b);
        self.replaced += u32::from(kind != SlotKind::Indel);
    }

    fn count_kinds(&mut self, words: &Words, alignment: &Alignment, side: usize) {
        let kinds = words.kinds();
        let mut count = |from: u32, to: u32, matched: bool| {
            for kind in &kinds[from as usize..to as usize] {
                let of = if kind.is(TokenKind::FACT) { &mut self.facts } else { &mut self.others };
                of.0 += u32::from(matched);
                of.1 += 1;
            }
        };
        for run in &alignment.runs {
            let start = [run.a, run.b][side];
            count(start, start + run.len, true);
        }
        for slot in &alignment.slots {
            let (start, end) = [slot.a, slot.b][side];
            count(start, end, slot.kind == SlotKind::Fuzzy);
        }
    }

    /// Content tokens of the shorter.
    pub fn shorter(&self) -> u32 {
        self.content[0].min(self.content[1])
    }

    /// Matched shares of both.
    pub fn shares(&self) -> [f64; 2] {
        [0, 1].map(|side| share(self.matched[side], self.content[side]))
    }

    /// The alignment by characters, where the texts differ as noise makes them differ and it shows more than the one
    /// by words.
    pub fn noisy(&self) -> Option<Noise> {
        let noise = self.noise.filter(Noise::is_noise)?;
        let [a, b] = self.shares();
        let [more_a, more_b] = noise.coverage();
        let few_respelled = self.fuzzy < self.replaced;
        let by_words = 2 * self.matched[0].min(self.matched[1]) >= self.shorter() && few_respelled;
        (more_a.max(more_b) > a.max(b) + GAINED && !by_words).then_some(noise)
    }

    /// Coverage, identity and extent, of characters where these count.
    pub(super) fn overlap(&self) -> Overlap {
        if let Some(noise) = self.noisy() {
            let (coverage, extent) = (noise.coverage(), noise.extent());
            return Overlap { coverage, identity: noise.identity(), extent };
        }
        let coverage = [0, 1].map(|side| share(self.spans[side], self.content[side]));
        let identity = share(self.matched[0] + self.matched[1], self.spans[0] + self.spans[1]).min(1.0);
        let extent = [0, 1].map(|side| {
            let (start, end) = self.extent[side];
            (share(start, self.content[side]), share(end, self.content[side]))
        });
        Overlap { coverage, identity, extent }
    }
}

/// Slots in which one token of digits stands for another.
fn figures(alignment: &Alignment, a: &Words, b: &Words) -> u32 {
    let is_figure = |words: &Words, (start, end): (u32, u32)| {
        let text = || std::str::from_utf8(words.characters(start as usize)).ok();
        end == start + 1 && text().is_some_and(|text| text.starts_with(char::is_numeric))
    };
    let typed = alignment.slots.iter().filter(|slot| slot.kind == SlotKind::Typed);
    typed.filter(|slot| is_figure(a, slot.a) && is_figure(b, slot.b)).count() as u32
}

/// Different replacements of facts that are told apart.
const TOLD: usize = 8;

fn changes(alignment: &Alignment, a: &Words, b: &Words) -> u32 {
    let mut known = [0u64; TOLD];
    let mut count = 0;
    for slot in alignment.slots.iter().filter(|slot| slot.kind == SlotKind::Typed) {
        let of = |words: &Words, (start, end): (u32, u32)| {
            let hashes = &words.hashes()[start as usize..end as usize];
            hashes.iter().fold(0u64, |sum, hash| sum.rotate_left(5) ^ hash)
        };
        let change = of(a, slot.a) ^ of(b, slot.b);
        if count < TOLD && !known[..count].contains(&change) {
            known[count] = change;
            count += 1;
        }
    }
    count as u32
}

pub(super) fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 0.0 } else { f64::from(part) / f64::from(whole) }
}

/// Tokens in these stretches of one text: a chain may stand in what another leaves open.
fn covered(mut stretches: Vec<(u32, u32)>) -> u32 {
    stretches.sort_unstable();
    let (mut tokens, mut at) = (0, 0);
    for (start, end) in stretches {
        tokens += end.saturating_sub(start.max(at));
        at = at.max(end);
    }
    tokens
}

/// Stretches of both texts: start and end in tokens.
pub type Stretch = ((u32, u32), (u32, u32));

/// The spans of an alignment: its chains, parted where more than `open` tokens stand unmatched on a side.
pub fn spans(alignment: &Alignment, open: u32) -> impl Iterator<Item = Stretch> + '_ {
    alignment.chains.iter().flat_map(move |chain| spans_of(chain, slots_of(alignment, chain), open))
}

/// The spans of one chain with these slots, in order.
pub fn spans_of<'a>(chain: &Chain, slots: &'a [Slot], open: u32) -> impl Iterator<Item = Stretch> + 'a {
    let open = slots.iter().filter(move |slot| {
        slot.kind != SlotKind::Fuzzy && (slot.a.1 - slot.a.0).max(slot.b.1 - slot.b.0) > open
    });
    let starts = std::iter::once((chain.a.start, chain.b.start)).chain(open.clone().map(|s| (s.a.1, s.b.1)));
    let ends = open.map(|s| (s.a.0, s.b.0)).chain([(chain.a.end, chain.b.end)]);
    starts
        .zip(ends)
        .map(|(from, to)| ((from.0, to.0), (from.1, to.1)))
        .filter(|(a, b)| a.0 < a.1 && b.0 < b.1)
}

/// What differs within a chain, in order.
pub fn slots_of<'a>(alignment: &'a Alignment, chain: &Chain) -> &'a [Slot] {
    &alignment.slots[chain.slots.start as usize..chain.slots.end as usize]
}
