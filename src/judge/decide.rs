//! The decision: what two documents are to each other, given the numbers of their alignment.
//!
//! One ordered list of clauses (`clauses`, and `classic_clauses` for raw measures) both decides and explains: the relation
//! of a pair is that of the first clause whose tests all hold, and `compare` prints those very tests. docs/decisions.md
//! says of every threshold which set it was measured on and what moves if it moves.

use super::clause::{Ask, Test, all_hold, first, first_way};
use super::evidence::{Evidence, share};
use super::form::MASKED;
use super::measures::Measures;
use super::own::Own;
use super::relation::{Judgement, Overlap, Relation, Side};
use crate::align::characters::Noise;
use crate::options::Policy;

/// Content tokens below which a text is short: a few other words make it other news.
pub(super) const SHORT: u32 = 60;

/// Score that two short texts need to be `near`, at least: at 0.7 short notes of one agency with other news pass.
const NEAR_SHORT: f64 = 0.8;

/// Content tokens of the shortest text that is `near` another: fewer are a headline.
const NEAR_TOKENS: u32 = 8;

/// Content tokens of an inner side below which more of it has to be matched, and how much more.
const INNER_SHORT: u32 = 100;
const CONTAINED_SHORT: f64 = 0.8;

/// Characters that stand for a word of a passage in noisy text.
const CHARACTERS: u32 = 6;

/// Tokens of a shingle within a run of equal tokens.
pub(super) const VERBATIM: u32 = 5;

/// Share of the larger own text that is matched, from which two texts that share standing text besides are `near`; and
/// where little is left of either, or a site is not known. From .7 on, one firm's several wordings of one case are no
/// longer the same (press-releases: .964 of them are found, .991 with .6).
const NEAR_OWN: f64 = 0.6;
const NEAR_OWN_SHORT: f64 = 0.7;

/// Share of the smaller own text that is matched, from which it is `contained`, and where it is short. With .6 a
/// fourteenth of the copies of press-releases are other news.
const CONTAINED_OWN: f64 = 0.7;
const CONTAINED_OWN_SHORT: f64 = 0.8;

/// Own tokens below which hardly anything is left of a text: it is judged by the whole.
pub(super) const BARE: u32 = 12;

/// Tokens without a match that two such texts have at most to be what they are without standing text.
pub(super) const BARE_LACKS: u32 = 2;

/// Own tokens of an inner side, at least. With 12 characters of Chinese, transcripts have 11 wrong copies of 12.
const INNER_OWN: u32 = 20;

/// Tokens of scripts without spaces that stand for one word.
pub(super) const WIDE: u32 = 2;

/// Own tokens of a short item that stands in another document whole, or nearly: so many are no phrase, and from
/// [`INNER_OWN`] on it is judged by its share (excerpt-grid's page of 25 words).
const ITEM: u32 = 8;

/// Share of the beginning of an inner side that is matched, at least: a text whose second half stands in another is an
/// account of its own (of what is the same in press-releases all have .6, of other news half have less than .5).
const BEGINS: f64 = 0.5;

/// Share of what is matched that stands, from which an inner side has to begin in the other; and own tokens of an inner
/// side that has to where nothing stands.
const BEGINS_STANDING: f64 = 0.05;
const BEGINS_TOKENS: u32 = 60;

/// Matched tokens of a passage that stand for good on neither side, at least: a passage of standing text is listed once,
/// and not with each pair that has it.
const PASSAGE_OWN: u32 = 25;

/// Tokens that two texts must match, facts included, to have a relation; `shorter` is the content of the shorter one.
/// Where fewer match, [`decision`] finds none, unless one is noisy.
pub(super) fn least_matched(policy: &Policy, shorter: u32) -> u32 {
    let share = policy.threshold.min(policy.containment).min(MASKED);
    policy.partial_words.min((share * f64::from(shorter.saturating_sub(VERBATIM - 1))) as u32)
}

/// All that a decision about two documents of different token sequences depends on, but for the model's families.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub policy: &'a Policy,
    /// Of shingles as printed, for the report.
    pub measures: Measures,
    /// Tests of all relations, by what they share as shingles.
    pub shared: [Option<Test>; 2],
    pub evidence: &'a Evidence,
    /// Whether the documents are versions of one page.
    pub same_page: bool,
    /// Whether both are short, and their titles say that they are two notes.
    pub two_notes: bool,
}

/// What the tests say of a pair.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Decision {
    /// The judgement where the slots are those of a family of the model; none where the two have no relation.
    pub family: Option<Judgement>,
    /// The judgement where they are not.
    pub otherwise: Option<Judgement>,
}

impl Decision {
    /// No relation.
    pub(super) const NONE: Decision = Decision { family: None, otherwise: None };

    /// Whether only the model's families tell. Facts then differ as between two notes of a series, or two versions of
    /// one: pairwise they are the same.
    pub fn is_open(&self) -> bool {
        self.family != self.otherwise
    }

    /// The decision, given whether the slots are those of a family.
    pub fn decided(self, is_family: impl FnOnce() -> bool) -> Option<Judgement> {
        if self.is_open() && is_family() { self.family } else { self.otherwise }
    }
}

/// The relation of two documents whose token sequences differ. `tests` is memory.
pub(super) fn decision(case: Case<'_>, tests: &mut Vec<Test>) -> Decision {
    let asked = Asked::new(case, false);
    let otherwise = asked.decide(tests);
    let is_templated = otherwise.is_some_and(|judgement| judgement.relation == Relation::Templated);
    if case.same_page || is_templated || !asked.may_be_family {
        return Decision { family: otherwise, otherwise };
    }
    Decision { family: Asked::new(case, true).decide(tests), otherwise }
}

/// The decision with its tests, given whether the slots are those of a family.
pub(super) fn explained(case: Case<'_>, family: bool) -> (Option<Judgement>, Vec<Test>) {
    let mut tests = Vec::new();
    let judgement = Asked::new(case, family).decide(&mut tests);
    (judgement, tests)
}

/// The clauses, in order of decision.
fn clauses<'a>() -> [(Relation, Ask<Asked<'a>>); 5] {
    let [near, contained, partial] = copies();
    [(Relation::Update, Asked::update), (Relation::Templated, Asked::templated), near, contained, partial]
}

/// Those of two texts by themselves, whatever page they are of and whether or not facts were replaced.
fn copies<'a>() -> [(Relation, Ask<Asked<'a>>); 3] {
    [
        (Relation::Near, Asked::near),
        (Relation::Contained, Asked::contained),
        (Relation::Partial, Asked::partial),
    ]
}

/// A case with the figures that several tests hold against bounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) case: Case<'a>,
    overlap: Overlap,
    /// The alignment by characters, where that is what counts.
    pub(super) noise: Option<Noise>,
    /// Content tokens of the shorter text.
    pub(super) shorter: u32,
    /// The side of which the larger share is matched, its content tokens, and that share.
    inner: (Side, u32, f64),
    /// Shares of the facts and of the other words of the better covered side that are matched.
    pub(super) facts: f64,
    pub(super) others: f64,
    /// Facts of that side that are not.
    pub(super) lost: u32,
    /// Whether facts were replaced and hardly anything else, in so many slots that a family of the model tells.
    pub(super) may_be_family: bool,
    /// Whether the model knows the slots as those of a family.
    pub(super) family: bool,
    /// Whether standing text is set aside. Noise leaves no shingles to tell it by.
    pub(super) stands: bool,
}

impl<'a> Asked<'a> {
    fn new(case: Case<'a>, family: bool) -> Asked<'a> {
        let e = case.evidence;
        let noise = e.noisy();
        let [share_a, share_b] = noise.map_or(e.shares(), |noise| noise.coverage());
        let a_is_inner = (share_a, e.content[1]) > (share_b, e.content[0]);
        let inner =
            if a_is_inner { (Side::A, e.content[0], share_a) } else { (Side::B, e.content[1], share_b) };
        let mut asked = Asked {
            case,
            overlap: e.overlap(),
            noise,
            shorter: e.shorter(),
            inner,
            facts: share(e.facts.0, e.facts.1),
            others: share(e.others.0, e.others.1),
            lost: e.facts.1 - e.facts.0,
            may_be_family: false,
            family,
            stands: e.own.stands && noise.is_none(),
        };
        let mut tests = [asked.replaced_share(), asked.form()];
        tests[0].holds &= noise.is_none() && e.typed > 0 && e.typed >= asked.family_slots();
        asked.may_be_family = all_hold(&tests);
        asked
    }

    /// The judgement of the first clause whose tests all hold.
    fn decide(&self, tests: &mut Vec<Test>) -> Option<Judgement> {
        tests.clear();
        tests.extend(self.case.shared.into_iter().flatten());
        let relation = first(self, &clauses(), tests)?;
        if relation != Relation::Update {
            return Some(self.judgement(relation));
        }
        let apart = first(self, &copies(), &mut Vec::new())?;
        Some(self.judgement(apart).of_versions())
    }

    fn judgement(&self, relation: Relation) -> Judgement {
        let score = match relation {
            Relation::Templated | Relation::Near => self.overlap.least(),
            _ => self.overlap.most(),
        };
        Judgement {
            relation,
            inner: (relation == Relation::Contained).then_some(self.inner.0),
            score,
            measures: self.case.measures,
            overlap: Some(self.overlap),
            apart: None,
        }
    }

    fn update(&self, tests: &mut Vec<Test>) {
        tests.push(Test::is_true("versions of one page", self.case.same_page));
        if self.case.same_page {
            first_way(self, &[Asked::near, Asked::contained, Asked::partial], tests);
        }
    }

    pub(super) fn own(&self) -> &Own {
        &self.case.evidence.own
    }

    /// Matched shares of the larger and of the smaller own text.
    pub(super) fn own_shares(&self) -> (f64, f64) {
        let own = self.own();
        (share(own.matched, own.more()), share(own.matched, own.fewer()))
    }

    /// The share of what is matched that stands on either side.
    pub(super) fn standing_share(&self) -> f64 {
        let [a, b] = self.case.evidence.matched;
        let matched = a.min(b);
        1.0 - share(self.own().matched.min(matched), matched.max(1))
    }

    /// Tokens of the side that has more of them without a match.
    pub(super) fn lacks(&self) -> u32 {
        let e = self.case.evidence;
        let [a, b] = [0, 1].map(|side| e.content[side].saturating_sub(e.matched[side]));
        a.max(b)
    }

    /// How many tokens say as much as a number of words.
    fn tokens_for(&self, words: u32) -> u32 {
        if self.own().wide { WIDE * words } else { words }
    }

    fn near(&self, tests: &mut Vec<Test>) {
        self.near_by_all(tests);
        if self.stands {
            first_way(self, &[Asked::near_by_own, Asked::bare_alike], tests);
        }
    }

    pub(super) fn near_by_all(&self, tests: &mut Vec<Test>) {
        tests.push(Test::least("score", self.overlap.least(), least_score(self.case.policy, self.shorter)));
        tests.push(Test::least("content tokens of the shorter text", self.shorter, NEAR_TOKENS));
    }

    pub(super) fn near_by_own(&self, tests: &mut Vec<Test>) {
        let own = self.own();
        let is_short = own.fewer() < self.tokens_for(SHORT);
        let least = if is_short || !own.known { NEAR_OWN_SHORT } else { NEAR_OWN };
        tests.push(Test::least("matched share of the larger own text", self.own_shares().0, least));
        tests.push(Test::least("own tokens of the smaller own text", own.fewer(), BARE));
    }

    /// Hardly anything is left of either, and the whole is the same.
    fn bare_alike(&self, tests: &mut Vec<Test>) {
        tests.push(Test::fewer("own tokens of the larger own text, fewer than", self.own().more(), BARE));
        let lacks = f64::from(self.lacks());
        tests.push(Test::most("tokens without a match, at most", lacks, f64::from(BARE_LACKS)));
    }

    fn contained(&self, tests: &mut Vec<Test>) {
        if self.stands {
            first_way(self, &[Asked::contained_by_all, Asked::near_by_all], tests);
            first_way(self, &[Asked::inner_own, Asked::short_item, Asked::bare_inner], tests);
        } else {
            self.contained_by_all(tests);
            let begins = self.begins();
            tests.extend((self.is_account() && !begins.holds).then_some(begins));
        }
    }

    pub(super) fn contained_by_all(&self, tests: &mut Vec<Test>) {
        first_way(self, &[Asked::inner_share, Asked::inner_verbatim], tests);
        tests.push(Test::least("content tokens of the inner side", self.inner.1, self.case.policy.min_words));
    }

    fn begins(&self) -> Test {
        Test::least("matched share of the inner side's beginning", self.own().beginning, BEGINS)
    }

    /// Where nothing stands: whether an inner side is so long that it has to begin in the other, which its site prints too.
    fn is_account(&self) -> bool {
        let own = self.own();
        !self.stands && self.noise.is_none() && own.same_site && own.fewer() >= BEGINS_TOKENS
    }

    fn inner_own(&self, tests: &mut Vec<Test>) {
        let own = self.own();
        let is_short = own.fewer() < self.tokens_for(INNER_SHORT);
        let least = if is_short { CONTAINED_OWN_SHORT } else { CONTAINED_OWN };
        tests.push(Test::least("matched share of the smaller own text", self.own_shares().1, least));
        let tokens = self.tokens_for(INNER_OWN);
        tests.push(Test::least("own tokens of the smaller own text", own.fewer(), tokens));
        // Across sites a growing agency story would be taken for a form (standing text of newspapers).
        if own.same_site && self.standing_share() >= BEGINS_STANDING {
            tests.push(self.begins());
        }
    }

    /// A short item of its own that stands in the other, but for two words.
    fn short_item(&self, tests: &mut Vec<Test>) {
        let own = self.own();
        tests.push(Test::least("own tokens of the smaller own text", own.fewer(), ITEM));
        let tokens = f64::from(own.fewer());
        tests.push(Test::most("own tokens of the smaller own text, at most", tokens, f64::from(INNER_OWN)));
        let lacks = f64::from(own.lacks);
        tests.push(Test::most("own tokens of it without a match, at most", lacks, f64::from(BARE_LACKS)));
        tests.push(Test::is_true("no fact among them", !own.lacks_fact));
        tests.push(Test::is_true("words with spaces between them", !own.wide));
    }

    /// As [`Asked::bare_alike`], of what stands in the other.
    fn bare_inner(&self, tests: &mut Vec<Test>) {
        self.contained_by_all(tests);
        self.bare_alike(tests);
    }

    fn inner_share(&self, tests: &mut Vec<Test>) {
        let (_, tokens, share) = self.inner;
        let is_short = tokens < INNER_SHORT && self.noise.is_none();
        let containment = self.case.policy.containment;
        let least = if is_short { containment.max(CONTAINED_SHORT) } else { containment };
        tests.push(Test::least("matched share of the inner side", share, least));
    }

    fn inner_verbatim(&self, tests: &mut Vec<Test>) {
        let shingles = self.inner.1.saturating_sub(VERBATIM - 1).max(1);
        let verbatim = share(self.case.evidence.verbatim, shingles);
        tests.push(Test::least("verbatim share of the inner side", verbatim, self.case.policy.containment));
    }

    fn partial(&self, tests: &mut Vec<Test>) {
        if self.stands || self.is_account() {
            first_way(
                self,
                &[Asked::passage, Asked::noisy_passage, Asked::near_by_all, Asked::contained_by_all],
                tests,
            );
        } else {
            first_way(self, &[Asked::passage, Asked::noisy_passage], tests);
        }
        if self.stands {
            tests.push(Test::least(
                "matched tokens that do not stand for good",
                self.own().kept,
                PASSAGE_OWN,
            ));
        }
    }

    fn passage(&self, tests: &mut Vec<Test>) {
        let [a, b] = self.case.evidence.matched;
        tests.push(Test::least("matched tokens", a.min(b), self.case.policy.partial_words));
    }

    fn noisy_passage(&self, tests: &mut Vec<Test>) {
        tests.push(Test::is_true("differences that are noise", self.noise.is_some()));
        let matched = self.noise.map_or(0, |noise| noise.matched);
        tests.push(Test::least("equal characters", matched, CHARACTERS * self.case.policy.partial_words));
    }
}

/// The score from which a pair is `near`, where the shorter text has this many content tokens.
fn least_score(policy: &Policy, shorter: u32) -> f64 {
    if shorter < SHORT { policy.threshold.max(NEAR_SHORT) } else { policy.threshold }
}

/// Whether two longer texts are copies by the figures that are saved of a pair: its score, and the larger share of one
/// in the other.
pub(crate) fn are_copies(score: f64, containment: f64, policy: &Policy) -> bool {
    score >= least_score(policy, u32::MAX) || containment >= policy.containment
}

/// What decides by raw measures alone.
struct Raw<'a> {
    policy: &'a Policy,
    measures: Measures,
    /// The side of which the larger share stands in the other, that share, and its tokens.
    inner: (Side, f64, u32),
}

/// The clauses of classic mode, in order of decision.
fn classic_clauses<'a>() -> [(Relation, Ask<Raw<'a>>); 2] {
    [(Relation::Near, Raw::near), (Relation::Contained, Raw::contained)]
}

impl Raw<'_> {
    fn near(&self, tests: &mut Vec<Test>) {
        tests.push(Test::least("Jaccard", self.measures.jaccard(), self.policy.jaccard));
    }

    fn contained(&self, tests: &mut Vec<Test>) {
        tests.push(Test::least("containment", self.inner.1, self.policy.containment));
        tests.push(Test::least("tokens of the inner side", self.inner.2, self.policy.min_words));
    }
}

/// The relation by raw exact measures alone, for documents whose token sequences differ; `tokens` are their
/// lengths. `None` where they reach neither threshold.
pub fn classic(policy: &Policy, measures: Measures, tokens: (u32, u32)) -> Option<Judgement> {
    explained_classic(policy, measures, tokens).0
}

/// As [`classic`], with its tests.
pub(super) fn explained_classic(
    policy: &Policy,
    measures: Measures,
    tokens: (u32, u32),
) -> (Option<Judgement>, Vec<Test>) {
    let (a, b) = (measures.containment_a_in_b(), measures.containment_b_in_a());
    let a_is_inner = (a, tokens.1) > (b, tokens.0);
    let inner = if a_is_inner { (Side::A, a, tokens.0) } else { (Side::B, b, tokens.1) };
    let raw = Raw { policy, measures, inner };
    let mut tests = Vec::new();
    let judgement = first(&raw, &classic_clauses(), &mut tests).map(|relation| {
        let is_near = relation == Relation::Near;
        let (inner, score) =
            if is_near { (None, measures.jaccard()) } else { (Some(raw.inner.0), raw.inner.1) };
        Judgement { relation, inner, score, measures, overlap: None, apart: None }
    });
    (judgement, tests)
}

#[cfg(test)]
mod tests {
    use super::super::sharing::Sharing;
    use super::*;
    use proptest::prelude::*;

    fn judged(a: u32, b: u32, common: u32) -> Option<(Relation, Option<Side>)> {
        let tokens = (a + 4, b + 4);
        let judgement = classic(&Policy::default(), Measures { a, b, common }, tokens);
        let swapped = classic(&Policy::default(), Measures { a: b, b: a, common }, (tokens.1, tokens.0));
        if a != b {
            assert_eq!(judgement.map(Judgement::swapped), swapped, "a relation has no order");
        }
        judgement.map(|j| (j.relation, j.inner))
    }

    /// Figures of an alignment, standing text among them.
    fn any_evidence() -> impl Strategy<Value = Evidence> {
        let side = (0u32..150, 0.0..=1.0f64, 0.0..=1.0f64, 0.0..=1.0f64);
        let slots = (0u32..6, 0u32..6, 0u32..20, 0u32..8);
        (side.clone(), side, slots, any::<[bool; 8]>(), 0.0..=1.0f64).prop_map(
            |(a, b, slots, flags, beginning)| {
                let part = |whole: u32, share: f64| (f64::from(whole) * share) as u32;
                let content = [a.0, b.0];
                let most = a.0.min(b.0);
                let matched = [part(most, a.1); 2];
                let tokens = [part(a.0, a.3), part(b.0, b.3)];
                let own = Own {
                    stands: flags[0],
                    tokens: if flags[0] { tokens } else { content },
                    matched: part(matched[0].min(tokens[0]).min(tokens[1]), b.1),
                    kept: part(matched[0], b.2),
                    filled: slots.0,
                    beginning,
                    lacks: slots.1,
                    lacks_fact: flags[1],
                    subject: flags[3] && flags[7],
                    wide: flags[2],
                    cased: flags[3],
                    known: flags[4],
                    same_site: flags[4] && flags[5],
                };
                let (typed, semi, differing, lost) = slots;
                let facts = (part(20, a.2), 20);
                Evidence {
                    content,
                    matched,
                    spans: matched,
                    verbatim: part(most, a.2),
                    typed,
                    typed_tokens: [typed, typed],
                    changes: typed,
                    semi,
                    semi_tokens: 2 * semi,
                    differing,
                    facts: (facts.0.saturating_sub(lost), facts.1),
                    others: (part(80, b.2), 80),
                    own,
                    ..Evidence::default()
                }
            },
        )
    }

    proptest! {
        /// What `compare` prints: the relation is that of the first of the tests' relations all of whose tests hold.
        #[test]
        fn the_printed_tests_say_what_was_decided(
            evidence in any_evidence(), common in 0u32..200, runs in 0u32..20, same_page in any::<bool>(),
            family in any::<bool>(),
        ) {
            let policy = Policy::default();
            let measures = Measures { a: 200, b: 200, common };
            let kept = evidence.own.stands.then_some(evidence.own.kept);
            let shared = Sharing { measures, runs, kept, shorter: evidence.shorter(), noisy: false }.tests();
            let (evidence, two_notes) = (&evidence, !family);
            let case = Case { policy: &policy, measures, shared, evidence, same_page, two_notes };
            let (judgement, tests) = explained(case, family);
            let mut relations: Vec<&str> = tests.iter().map(|test| test.relation).collect();
            relations.dedup();
            let all_of = |relation: &&str| tests.iter().filter(|t| t.relation == *relation).all(|t| t.holds);
            let first = relations.iter().find(|relation| **relation != "any" && all_of(relation));
            let first = first.filter(|_| all_of(&"any"));
            prop_assert_eq!(first.copied(), judgement.map(|judgement| judgement.relation.name()), "{:?}", tests);
            let memory = &mut Vec::new();
            prop_assert_eq!(decision(case, memory).decided(|| family).map(|j| j.relation), judgement.map(|j| j.relation));
        }
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
