//! What two documents are to each other: the only place that decides.

use serde::Serialize;

use crate::align::characters::Noise;
use crate::align::{Alignment, Chain, Kind, SlotKind, Words};
use crate::options::Policy;
use crate::verify::Measures;

/// The relation of two documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Relation {
    /// The same words.
    Exact,
    /// A new version of the same page.
    Update,
    /// The same form filled in with other facts.
    Templated,
    /// The same article.
    Near,
    /// One stands in the other.
    Contained,
    /// A passage is shared.
    Partial,
}

impl Relation {
    /// The relation's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Relation::Exact => "exact",
            Relation::Update => "update",
            Relation::Templated => "templated",
            Relation::Near => "near",
            Relation::Contained => "contained",
            Relation::Partial => "partial",
        }
    }

    /// Whether one of two such documents is a copy of the other, so that they may be of one cluster.
    pub fn is_copy(self) -> bool {
        matches!(self, Relation::Exact | Relation::Near | Relation::Contained)
    }
}

/// One of two documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

impl Side {
    /// The other one.
    pub fn other(self) -> Side {
        match self {
            Side::A => Side::B,
            Side::B => Side::A,
        }
    }
}

/// What an alignment says of two documents as wholes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// Share of the first and of the second document's content that stands in aligned spans, 0 to 1.
    pub coverage: [f64; 2],
    /// Share of the tokens in those spans that are the same on both sides, 0 to 1.
    pub identity: f64,
    /// Where the spans begin and end in each document's content, 0 to 1.
    pub extent: [(f64, f64); 2],
}

/// A relation with what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The relation.
    pub relation: Relation,
    /// The contained side, for [`Relation::Contained`].
    pub inner: Option<Side>,
    /// How strong it is, 0 to 1: the smaller coverage (of [`Relation::Contained`], [`Relation::Partial`] and
    /// [`Relation::Update`] the larger) times identity; by raw measures alone Jaccard or containment.
    pub score: f64,
    /// The exact measures.
    pub measures: Measures,
    /// What the alignment says; none where nothing was aligned.
    pub overlap: Option<Overlap>,
    /// Of an [`Relation::Update`]: what the texts alone would be to each other.
    pub apart: Option<(Relation, Option<Side>, f64)>,
}

impl Judgement {
    /// The same seen from the other side.
    pub fn swapped(self) -> Judgement {
        let swap = |overlap: Overlap| {
            let (mut coverage, mut extent) = (overlap.coverage, overlap.extent);
            coverage.reverse();
            extent.reverse();
            Overlap { coverage, extent, ..overlap }
        };
        Judgement {
            inner: self.inner.map(Side::other),
            measures: self.measures.swapped(),
            overlap: self.overlap.map(swap),
            apart: self.apart.map(|(relation, inner, score)| (relation, inner.map(Side::other), score)),
            ..self
        }
    }

    /// Of two documents with equal token sequences.
    pub fn exact(shingles: u32) -> Judgement {
        let measures = Measures::of_equal(shingles);
        Judgement { relation: Relation::Exact, inner: None, score: 1.0, measures, overlap: None, apart: None }
    }

    /// The same texts as versions of one page, if they are a copy or share a passage.
    pub fn of_versions(self) -> Judgement {
        match (self.relation, self.overlap) {
            (Relation::Near | Relation::Contained | Relation::Partial, Some(overlap)) => {
                let score = overlap.coverage[0].max(overlap.coverage[1]) * overlap.identity;
                let apart = Some((self.relation, self.inner, self.score));
                Judgement { relation: Relation::Update, inner: None, score, apart, ..self }
            }
            _ => self,
        }
    }

    /// The same texts on different pages.
    pub fn of_strangers(self) -> Judgement {
        match self.apart {
            Some((relation, inner, score)) => Judgement { relation, inner, score, apart: None, ..self },
            None => self,
        }
    }

    /// How much of the second stands in the first, and of the first in the second, 0 to 1.
    pub fn covers(&self) -> [f64; 2] {
        match self.overlap {
            Some(Overlap { coverage: [a, b], identity, .. }) => [b * identity, a * identity],
            None => [self.measures.containment_b_in_a(), self.measures.containment_a_in_b()],
        }
    }
}

/// The relation by raw exact measures alone, for documents whose token sequences differ; `tokens` are their
/// lengths. `None` where they reach neither threshold.
pub fn classic(policy: &Policy, measures: Measures, tokens: (u32, u32)) -> Option<Judgement> {
    let judgement = |relation, inner, score| {
        Some(Judgement { relation, inner, score, measures, overlap: None, apart: None })
    };
    let jaccard = measures.jaccard();
    if jaccard >= policy.jaccard {
        return judgement(Relation::Near, None, jaccard);
    }
    let (a, b) = (measures.containment_a_in_b(), measures.containment_b_in_a());
    let a_is_inner = (a, tokens.1) > (b, tokens.0);
    let (side, score, length) = if a_is_inner { (Side::A, a, tokens.0) } else { (Side::B, b, tokens.1) };
    if score >= policy.containment && length >= policy.min_words {
        return judgement(Relation::Contained, Some(side), score);
    }
    None
}

/// Tokens that a span leaves unmatched at one place, at most.
pub const OPEN: u32 = 8;

/// Characters that stand for a word of a passage.
const CHARACTERS: u32 = 6;

/// Tokens of a shingle within a run.
const VERBATIM: u32 = 5;

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
    /// What the characters show, where one text is noisy.
    pub noise: Option<Noise>,
}

impl Evidence {
    /// Of an alignment of two texts.
    pub fn of(alignment: &Alignment, a: &Words, b: &Words) -> Evidence {
        let mut evidence = Evidence {
            content: [a.len() as u32, b.len() as u32],
            matched: alignment.matched(),
            verbatim: alignment.runs.iter().map(|run| run.len.saturating_sub(VERBATIM - 1)).sum(),
            ..Evidence::default()
        };
        evidence.changes = changes(alignment, a, b);
        for slot in &alignment.slots {
            evidence.count(slot.kind, [slot.a.1 - slot.a.0, slot.b.1 - slot.b.0]);
        }
        let chains = &alignment.chains;
        let start = |of: fn(&Chain) -> u32| chains.iter().map(of).min().unwrap_or_default();
        let end = |of: fn(&Chain) -> u32| chains.iter().map(of).max().unwrap_or_default();
        evidence.extent = [
            (start(|chain| chain.a.start), end(|chain| chain.a.end)),
            (start(|chain| chain.b.start), end(|chain| chain.b.end)),
        ];
        evidence.spans = spans(alignment, OPEN)
            .fold([0; 2], |[a, b], (of_a, of_b)| [a + of_a.1 - of_a.0, b + of_b.1 - of_b.0]);
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
                let of = if kind.is(Kind::FACT) { &mut self.facts } else { &mut self.others };
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
        (more_a.max(more_b) > a.max(b) + 0.02 && !by_words).then_some(noise)
    }

    fn overlap(&self) -> Overlap {
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

/// Different replacements of facts that are told apart.
const CHANGES: usize = 8;

fn changes(alignment: &Alignment, a: &Words, b: &Words) -> u32 {
    let mut known = [0u64; CHANGES];
    let mut count = 0;
    for slot in alignment.slots.iter().filter(|slot| slot.kind == SlotKind::Typed) {
        let of = |words: &Words, (start, end): (u32, u32)| {
            let hashes = &words.hashes()[start as usize..end as usize];
            hashes.iter().fold(0u64, |sum, hash| sum.rotate_left(5) ^ hash)
        };
        let change = of(a, slot.a) ^ of(b, slot.b);
        if count < CHANGES && !known[..count].contains(&change) {
            known[count] = change;
            count += 1;
        }
    }
    count as u32
}

fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 0.0 } else { f64::from(part) / f64::from(whole) }
}

/// Stretches of both texts: start and end in tokens.
pub type Stretch = ((u32, u32), (u32, u32));

/// The spans of an alignment: its chains, parted where more than `open` tokens stand unmatched on a side.
pub fn spans(alignment: &Alignment, open: u32) -> impl Iterator<Item = Stretch> + '_ {
    alignment.chains.iter().flat_map(move |chain| {
        let slots = &alignment.slots[chain.slots.start as usize..chain.slots.end as usize];
        let open = slots.iter().filter(move |slot| {
            slot.kind != SlotKind::Fuzzy && (slot.a.1 - slot.a.0).max(slot.b.1 - slot.b.0) > open
        });
        let starts =
            std::iter::once((chain.a.start, chain.b.start)).chain(open.clone().map(|s| (s.a.1, s.b.1)));
        let ends = open.map(|s| (s.a.0, s.b.0)).chain([(chain.a.end, chain.b.end)]);
        starts
            .zip(ends)
            .map(|(from, to)| ((from.0, to.0), (from.1, to.1)))
            .filter(|(a, b)| a.0 < a.1 && b.0 < b.1)
    })
}

/// What the tests say of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// Decided; none where the documents are nothing to each other.
    Decided(Option<Judgement>),
    /// Facts differ as between two notes of a series, or two versions of one: the first if the slots are those of a
    /// family, or else the second.
    Weak(Judgement, Option<Judgement>),
}

impl Verdict {
    /// The decision, given whether the slots are those of a family.
    pub fn decided(self, is_family: impl FnOnce() -> bool) -> Option<Judgement> {
        match self {
            Verdict::Decided(judgement) => judgement,
            Verdict::Weak(family, otherwise) => {
                if is_family() {
                    Some(family)
                } else {
                    otherwise
                }
            }
        }
    }
}

/// Whether the documents are versions of one page, by id or address.
pub type SamePage = bool;

/// Common shingles below which two documents are nothing to each other, where the smaller set has this many: a phrase
/// or two, and not what two fillings of the shortest form share.
pub fn least_common(smaller: u32) -> u32 {
    (smaller / 10 + 1).min(12)
}

/// Whether so little is verbatim in both that they need not be aligned. `noisy` is what
/// [`Model::is_noisy_pair`](crate::model::Model::is_noisy_pair) says of them.
pub fn shares_too_little(measures: Measures, noisy: bool) -> bool {
    !noisy && measures.common < least_common(measures.a.min(measures.b))
}

/// The relation of two documents whose token sequences differ.
pub fn judge(policy: &Policy, measures: Measures, evidence: &Evidence, same_page: SamePage) -> Verdict {
    let copy = copied(policy, measures, evidence);
    if same_page {
        return Verdict::Decided(copy.map(Judgement::of_versions));
    }
    let overlap = evidence.overlap();
    let templated = Judgement {
        relation: Relation::Templated,
        inner: None,
        score: overlap.coverage[0].min(overlap.coverage[1]) * overlap.identity,
        measures,
        overlap: Some(overlap),
        apart: None,
    };
    match template(evidence) {
        Template::Yes => Verdict::Decided(Some(templated)),
        Template::Weak => Verdict::Weak(templated, copy),
        Template::No => Verdict::Decided(copy),
    }
}

/// Share of the shorter text that the fillings of one form match at the least, facts included.
const MASKED: f64 = 0.5;

/// Tokens that two texts must match, facts included, to be anything to each other; `shorter` is the content of the shorter
/// one. Where fewer match, [`judge`] says nothing of them, unless one is noisy.
pub fn least_matched(policy: &Policy, shorter: u32) -> u32 {
    let share = policy.threshold.min(policy.containment).min(MASKED);
    policy.partial_words.min((share * f64::from(shorter.saturating_sub(VERBATIM - 1))) as u32)
}

enum Template {
    Yes,
    Weak,
    No,
}

/// Whether what differs is what differs between two fillings of one form.
fn template(e: &Evidence) -> Template {
    if e.noisy().is_some() {
        return Template::No;
    }
    let n = e.shorter();
    let [share_a, share_b] = e.shares();
    let high = share_a.max(share_b);
    let masked = [0, 1].map(|side| share(e.matched[side] + e.typed_tokens[side], e.content[side]));
    let facts = share(e.facts.0, e.facts.1);
    let others = share(e.others.0, e.others.1);
    let lost = e.facts.1 - e.facts.0;
    let replaced = e.typed_tokens[0] + e.typed_tokens[1];
    let by_facts = f64::from(replaced) + 0.5 * f64::from(e.semi_tokens) >= 0.6 * f64::from(e.differing);
    if e.typed > 0 && by_facts && (masked[0].min(masked[1]) >= MASKED || high >= 0.7) {
        if n < 60 || (e.typed >= 2 && facts <= 0.8) || (e.changes >= 5 && facts <= 0.93) {
            return Template::Yes;
        }
        if f64::from(e.typed) >= (0.004 * f64::from(n)).max(2.0) {
            return Template::Weak;
        }
    }
    if high < 0.7 {
        return Template::No;
    }
    let many = f64::from(e.substitutions) >= 0.12 * f64::from(e.matched[0].min(e.matched[1]));
    let fewer_facts = (facts <= 0.8 * others && lost >= 2)
        || (facts <= 0.9 * others && facts < 0.85 && lost >= 3)
        || (many && facts < 0.9 && lost >= 2);
    if (n < 60 && e.typed >= 1) || ((e.typed + e.semi >= 2 || n < 60) && fewer_facts) {
        return Template::Yes;
    }
    Template::No
}

/// Whether one is a copy of the other or of a part of it.
fn copied(policy: &Policy, measures: Measures, e: &Evidence) -> Option<Judgement> {
    let overlap = e.overlap();
    let n = e.shorter();
    let judgement = |relation, inner, score| {
        Some(Judgement { relation, inner, score, measures, overlap: Some(overlap), apart: None })
    };
    let score = overlap.coverage[0].min(overlap.coverage[1]) * overlap.identity;
    let near = if n < 60 { policy.threshold.max(0.8) } else { policy.threshold };
    if score >= near && n >= 8 {
        return judgement(Relation::Near, None, score);
    }
    let noisy = e.noisy();
    let [share_a, share_b] = noisy.map_or(e.shares(), |noise| noise.coverage());
    let a_is_inner = (share_a, e.content[1]) > (share_b, e.content[0]);
    let (side, high, inner) =
        if a_is_inner { (Side::A, share_a, e.content[0]) } else { (Side::B, share_b, e.content[1]) };
    let contained =
        if inner < 100 && noisy.is_none() { policy.containment.max(0.8) } else { policy.containment };
    let largest = overlap.coverage[0].max(overlap.coverage[1]) * overlap.identity;
    let verbatim = share(e.verbatim, inner.saturating_sub(VERBATIM - 1).max(1));
    if (high >= contained || verbatim >= policy.containment) && inner >= policy.min_words {
        return judgement(Relation::Contained, Some(side), largest);
    }
    let passage = noisy.is_some_and(|noise| noise.matched >= CHARACTERS * policy.partial_words);
    if passage || e.matched[0].min(e.matched[1]) >= policy.partial_words {
        return judgement(Relation::Partial, None, largest);
    }
    None
}
/// One test of a relation: a figure, and the least it must be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Test {
    /// The relation that it is a test of; `any` for what all of them ask for.
    pub relation: &'static str,
    /// What is measured.
    pub what: &'static str,
    /// How much there is.
    pub figure: f64,
    /// How much is wanted at least.
    pub least: f64,
    /// Whether it holds.
    pub holds: bool,
}

impl Test {
    /// A test that holds where the figure reaches the least.
    pub fn new(relation: &'static str, what: &'static str, figure: f64, least: f64) -> Test {
        Test { relation, what, figure, least, holds: figure >= least }
    }

    /// A test that holds.
    pub fn passed(relation: &'static str, what: &'static str, figure: f64, least: f64) -> Test {
        Test { holds: true, ..Test::new(relation, what, figure, least) }
    }
}

/// The tests that a pair has to pass, in order: that of common shingles, but for a noisy pair
/// ([`shares_too_little`]), and those of [`judge`]. `family` says whether the model knows the slots as those of a template.
pub fn tests(
    policy: &Policy,
    measures: Measures,
    noisy_pair: bool,
    e: &Evidence,
    same_page: SamePage,
    family: bool,
) -> Vec<Test> {
    let overlap = e.overlap();
    let n = e.shorter();
    let score = overlap.coverage[0].min(overlap.coverage[1]) * overlap.identity;
    let noisy = e.noisy();
    let [share_a, share_b] = noisy.map_or(e.shares(), |noise| noise.coverage());
    let inner = if (share_a, e.content[1]) > (share_b, e.content[0]) { e.content[0] } else { e.content[1] };
    let contained =
        if inner < 100 && noisy.is_none() { policy.containment.max(0.8) } else { policy.containment };
    let matched = e.matched[0].min(e.matched[1]);
    let templated = match template(e) {
        Template::Yes => true,
        Template::Weak => family,
        Template::No => false,
    };
    let mut tests = vec![
        Test::new("update", "versions of one page", f64::from(u8::from(same_page)), 1.0),
        Test { holds: templated, ..Test::new("templated", "facts replaced", f64::from(e.typed), 1.0) },
        Test::new("near", "score", score, if n < 60 { policy.threshold.max(0.8) } else { policy.threshold }),
        Test::new("contained", "matched share of the inner side", share_a.max(share_b), contained),
        Test::new(
            "contained",
            "content tokens of the inner side",
            f64::from(inner),
            f64::from(policy.min_words),
        ),
        Test::new("partial", "matched tokens", f64::from(matched), f64::from(policy.partial_words)),
    ];
    if !noisy_pair {
        let least = least_common(measures.a.min(measures.b));
        tests.insert(0, Test::new("any", "common shingles", f64::from(measures.common), f64::from(least)));
    }
    if let Some(noise) = noisy {
        let least = f64::from(CHARACTERS * policy.partial_words);
        tests.push(Test::new("partial", "equal characters", f64::from(noise.matched), least));
    }
    tests
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(a: u32, b: u32, common: u32) -> Option<(Relation, Option<Side>)> {
        let tokens = (a + 4, b + 4);
        let judgement = classic(&Policy::default(), Measures { a, b, common }, tokens);
        let swapped = classic(&Policy::default(), Measures { a: b, b: a, common }, (tokens.1, tokens.0));
        if a != b {
            assert_eq!(judgement.map(Judgement::swapped), swapped, "a relation has no order");
        }
        judgement.map(|j| (j.relation, j.inner))
    }

    #[test]
    fn thresholds() {
        assert_eq!(judged(100, 100, 90), Some((Relation::Near, None)));
        assert_eq!(judged(100, 200, 70), Some((Relation::Contained, Some(Side::A))));
        assert_eq!(judged(200, 100, 70), Some((Relation::Contained, Some(Side::B))));
        assert_eq!(judged(100, 200, 69), None);
        assert_eq!(judged(15, 200, 15), None, "six words of a long text are a name, not a repost");
        assert_eq!(judged(16, 200, 16), Some((Relation::Contained, Some(Side::A))));
    }
}
