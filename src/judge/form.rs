//! Whether two texts are one form filled in with other facts.

use super::clause::{Test, all_hold, first_way};
use super::decide::{Asked, BARE, BARE_LACKS, SHORT};
use super::evidence::share;
use super::title::title_tests;

/// Share of the shorter text that the fillings of one form match at the least, facts included.
pub(super) const MASKED: f64 = 0.5;

/// Share of the better covered text from which a form is matched whatever its facts are.
const FORM: f64 = 0.7;

/// Share of the differing tokens that are facts, where only facts were replaced.
const BY_FACTS: f64 = 0.6;

/// How much a slot of facts and other words says of replaced facts, beside one of facts only.
const HALF: f64 = 0.5;

/// Slots of replaced facts, at least, where facts decide in a longer text; and the share of its facts that is kept, at
/// most. A correction of one to three facts keeps more.
const SLOTS: u32 = 2;
const KEPT: f64 = 0.8;

/// Different replacements from which a text is another filling even if it keeps more facts; and how many it keeps, at
/// most. A name that is respelled all through is one replacement.
const CHANGES: u32 = 5;
const KEPT_BY_CHANGES: f64 = 0.93;

/// Slots of replaced facts for each content token, from which a family of the model decides.
const FAMILY_RATE: f64 = 0.004;

/// Facts kept for each other word kept, at most, and facts lost, at least: other facts in the same connecting words.
const FEWER: [(f64, f64, u32); 2] = [(0.8, 1.0, 2), (0.9, 0.85, 3)];

/// Share of the matched tokens that other words replace, from which a rewording is more than a touch; the share of facts
/// that is kept then, at most; and the facts lost, at least.
const REWORDED: f64 = 0.12;
const KEPT_REWORDED: f64 = 0.9;
const LOST_REWORDED: u32 = 2;

/// Share of what is matched that stands, from which two texts may be a form filled in; the share of the smaller own text
/// that is then matched; filled slots, at least, and for a hundred own tokens. With three slots whatever the length, 23
/// of 24 copies of transcripts are wrong.
const FORM_STANDING: f64 = 0.2;
pub(super) const FORM_OWN: f64 = 0.6;
const FORM_SLOTS: u32 = 2;
const FORM_DENSITY: f64 = 2.0;

/// Filled slots for a hundred own tokens, below which two long texts are no form: one case charged, tried and sentenced
/// in the same words (prosecutors: .90 of what is the same is found without, all with it). With 1, stress-pairs' forms
/// are copies.
const STORY_DENSITY: f64 = 0.6;

/// Figures that are all that differs between two texts of so many tokens, at most, where one corrects the other: a form
/// has other names and days too, or more figures (of stress-pairs' 1,640 pairs of forms one has no more than these).
const CORRECTED: u32 = 3;
const CORRECTED_TOKENS: u32 = 100;

/// Own tokens of the shorter of two such texts.
const STORY_TOKENS: u32 = 60;

/// Words that others replace at the front of a text without capitals, at least. From 2 to 3 hardly anything moves
/// (forms and edited texts in twelve languages, `tests/forms`).
const FRONT: f64 = 2.5;

impl Asked<'_> {
    pub(super) fn templated(&self, tests: &mut Vec<Test>) {
        tests.push(Test::is_true("pages of their own", !self.case.same_page));
        tests.push(Test::is_true("differences that are no noise", self.noise.is_none()));
        if self.stands {
            first_way(self, &[Asked::by_facts, Asked::form_of_own, Asked::bare_others], tests);
        } else {
            self.by_facts(tests);
        }
    }

    /// Other facts in the same connecting words, and no story told again in its own.
    fn by_facts(&self, tests: &mut Vec<Test>) {
        let from = tests.len();
        first_way(
            self,
            &[
                Asked::slots_replaced,
                Asked::short_replaced,
                Asked::many_changes,
                Asked::slots_of_family,
                Asked::short_other_fact,
                Asked::short_other_subject,
                Asked::short_other_front,
                Asked::short_other_words,
                Asked::short_other_title,
                Asked::fewer_facts,
                Asked::fewer_facts_of_many,
                Asked::fewer_facts_reworded,
            ],
            tests,
        );
        if all_hold(&tests[from..]) && self.case.evidence.around {
            tests.push(Test::is_true("other facts within the text, and not around it", false));
        }
        if all_hold(&tests[from..]) && self.may_be_story() {
            let density = self.own().density();
            tests.push(Test::least("filled slots for a hundred own tokens", density, STORY_DENSITY));
        }
        if all_hold(&tests[from..]) && self.may_be_corrected() {
            tests.push(Test::least("replaced figures", self.case.evidence.typed, CORRECTED + 1));
        }
    }

    /// Whether a few figures are all that differs between two longer texts.
    fn may_be_corrected(&self) -> bool {
        let e = self.case.evidence;
        let only_figures = e.figures == e.typed && e.differing == e.typed_tokens[0] + e.typed_tokens[1];
        self.shorter >= CORRECTED_TOKENS && (1..=CORRECTED).contains(&e.typed) && only_figures
    }

    /// Whether hardly any filled slot would make two long texts one story.
    fn may_be_story(&self) -> bool {
        let own = self.own();
        let is_long = own.cased && own.fewer() >= STORY_TOKENS;
        let mut near = Vec::new();
        if is_long {
            self.near_by_all(&mut near);
            self.near_by_own(&mut near);
        }
        is_long && all_hold(&near)
    }

    /// A good part of what is matched stands, and what is left has slots filled with other facts.
    fn form_of_own(&self, tests: &mut Vec<Test>) {
        let own = self.own();
        first_way(self, &[Asked::near_by_all, Asked::contained_by_all], tests);
        tests.push(Test::least("own tokens of the smaller own text", own.fewer(), BARE));
        tests.push(Test::least("standing share of the matched tokens", self.standing_share(), FORM_STANDING));
        let matched = Test::least("matched share of the smaller own text", self.own_shares().1, FORM_OWN);
        tests.push(matched);
        if matched.holds {
            tests.push(Test::least("filled slots", own.filled, FORM_SLOTS));
            tests.push(Test::least("filled slots for a hundred own tokens", own.density(), FORM_DENSITY));
        }
    }

    /// Hardly anything is left of either, and the whole differs.
    fn bare_others(&self, tests: &mut Vec<Test>) {
        first_way(self, &[Asked::near_by_all, Asked::contained_by_all], tests);
        tests.push(Test::fewer("own tokens of the larger own text, fewer than", self.own().more(), BARE));
        tests.push(Test::least("tokens without a match", self.lacks(), BARE_LACKS + 1));
    }

    /// Facts were replaced and hardly anything else was.
    fn replaced(&self, least: u32, tests: &mut Vec<Test>) {
        tests.push(Test::least("slots of replaced facts", self.case.evidence.typed, least));
        tests.push(self.replaced_share());
        tests.push(self.form());
    }

    pub(super) fn replaced_share(&self) -> Test {
        let e = self.case.evidence;
        let replaced = f64::from(e.typed_tokens[0] + e.typed_tokens[1]) + HALF * f64::from(e.semi_tokens);
        let differing = f64::from(e.differing);
        let figure = if differing > 0.0 { replaced / differing } else { 1.0 };
        let holds = replaced >= BY_FACTS * differing;
        Test { holds, ..Test::least("share of facts in the differing words", figure, BY_FACTS) }
    }

    /// Enough of the form is there, with its facts counted as matched or without.
    pub(super) fn form(&self) -> Test {
        let e = self.case.evidence;
        let masked = [0, 1].map(|side| share(e.matched[side] + e.typed_tokens[side], e.content[side]));
        let whole =
            Test::least("matched share of both sides, facts included", masked[0].min(masked[1]), MASKED);
        if whole.holds { whole } else { self.covered() }
    }

    /// Most of the better covered text is matched.
    fn covered(&self) -> Test {
        let [a, b] = self.case.evidence.shares();
        Test::least("matched share of the better covered side", a.max(b), FORM)
    }

    pub(super) fn family_slots(&self) -> u32 {
        ((FAMILY_RATE * f64::from(self.shorter)).ceil() as u32).max(SLOTS)
    }

    fn slots_replaced(&self, tests: &mut Vec<Test>) {
        self.replaced(SLOTS, tests);
        tests.push(Test::most("share of the facts that is kept, at most", self.facts, KEPT));
    }

    fn short_replaced(&self, tests: &mut Vec<Test>) {
        self.replaced(1, tests);
        tests.push(Test::fewer("content tokens of the shorter text, fewer than", self.shorter, SHORT));
    }

    fn many_changes(&self, tests: &mut Vec<Test>) {
        self.replaced(1, tests);
        tests.push(Test::least("different replacements", self.case.evidence.changes, CHANGES));
        tests.push(Test::most("share of the facts that is kept, at most", self.facts, KEPT_BY_CHANGES));
    }

    fn slots_of_family(&self, tests: &mut Vec<Test>) {
        self.replaced(self.family_slots(), tests);
        tests.push(Test::is_true("slots that the model knows of a template", self.family));
    }

    /// What is asked where other words than facts differ too: the form is there, and no family is to tell.
    fn reworded(&self, tests: &mut Vec<Test>) {
        tests.push(self.covered());
        tests.push(Test::is_true("slots that no template of the model tells of", !self.may_be_family));
    }

    fn short_other_fact(&self, tests: &mut Vec<Test>) {
        self.reworded(tests);
        tests.push(Test::fewer("content tokens of the shorter text, fewer than", self.shorter, SHORT));
        tests.push(Test::least("slots of replaced facts", self.case.evidence.typed, 1));
    }

    /// Whom a short text is about stands at its front, and the rest is the same.
    fn short_other_subject(&self, tests: &mut Vec<Test>) {
        tests.push(self.covered());
        tests.push(Test::fewer("content tokens of the shorter text, fewer than", self.shorter, SHORT));
        tests.push(Test::is_true("subjects of their own at the front", self.own().subject));
    }

    /// The same where no capitals tell names: other words at several places at its front.
    fn short_other_front(&self, tests: &mut Vec<Test>) {
        tests.push(self.covered());
        let words = self.case.evidence.front.words;
        tests.push(Test::least("words replaced at the front of a text without capitals", words, FRONT));
    }

    /// The same where nothing else differs.
    fn short_other_words(&self, tests: &mut Vec<Test>) {
        tests.push(self.covered());
        let alone = self.case.evidence.front.alone;
        tests.push(Test::is_true(
            "other words at the front of a short text without capitals, and the rest the same",
            alone,
        ));
    }

    /// Two texts that are nearly the same, and so short that their titles are part of them.
    fn short_other_title(&self, tests: &mut Vec<Test>) {
        self.near_by_all(tests);
        let [a, b] = self.case.evidence.content;
        tests.extend(title_tests(a.max(b), self.case.two_notes));
    }

    /// Slots of facts are several, or the text is short.
    fn has_slots(&self, tests: &mut Vec<Test>) {
        let e = self.case.evidence;
        let least = if self.shorter < SHORT { 0 } else { SLOTS };
        tests.push(Test::least("slots with replaced facts", e.typed + e.semi, least));
    }

    fn loses(&self, (rate, kept, lost): (f64, f64, u32), tests: &mut Vec<Test>) {
        self.reworded(tests);
        self.has_slots(tests);
        let bound = rate * self.others;
        tests.push(Test::most("share of the facts that is kept, at most", self.facts, bound));
        if kept < 1.0 {
            let holds = self.facts < kept;
            tests.push(Test {
                holds,
                ..Test::most("share of the facts that is kept, less than", self.facts, kept)
            });
        }
        tests.push(Test::least("facts that are lost", self.lost, lost));
    }

    fn fewer_facts(&self, tests: &mut Vec<Test>) {
        self.loses(FEWER[0], tests);
    }

    fn fewer_facts_of_many(&self, tests: &mut Vec<Test>) {
        self.loses(FEWER[1], tests);
    }

    fn fewer_facts_reworded(&self, tests: &mut Vec<Test>) {
        let e = self.case.evidence;
        self.reworded(tests);
        self.has_slots(tests);
        let matched = f64::from(e.matched[0].min(e.matched[1]));
        tests.push(Test::least("words replaced", e.substitutions, REWORDED * matched));
        let holds = self.facts < KEPT_REWORDED;
        let kept = Test::most("share of the facts that is kept, less than", self.facts, KEPT_REWORDED);
        tests.push(Test { holds, ..kept });
        tests.push(Test::least("facts that are lost", self.lost, LOST_REWORDED));
    }
}
