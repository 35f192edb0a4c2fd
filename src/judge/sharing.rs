//! What two documents share as shingles: most pairs share a phrase or two, or a passage that stands under many items,
//! and are seen to be nothing to each other before they are aligned.

use super::clause::Test;
use super::decide::VERBATIM;
use super::form::MASKED;
use super::measures::{Measures, ShingleSet};
use crate::align::GAP;
use crate::kernel::Kernel;
use crate::model::standing::{Stand, Standing};

/// Common shingles that do not stand for good, from which two documents share more than standing text: that many make a
/// run of nine tokens. With fewer, one pair in 60 has a relation (press-releases, prosecutors, transcripts), and its
/// passage is standing text but for a few words.
pub(super) const KEPT_COMMON: u32 = 5;

/// Share of the smaller set that two fillings of one form have in common, at least, though all of it stands for good
/// (wire-week: 19,199 of 19,199 pairs have .10, nineteen in twenty .175).
pub(crate) const FORM_COMMON: f64 = 0.12;

/// Common shingles below which two documents are nothing to each other, where the smaller set has this many: a phrase
/// or two, and less than two fillings of the shortest form share.
pub(super) fn least_common(smaller: u32) -> u32 {
    (smaller / 10 + 1).min(12)
}

/// The shingles of a document, as they are spelled.
#[derive(Debug)]
pub(crate) struct Shingled {
    all: ShingleSet,
    /// Whether some stand for good, and those that do not.
    stands: bool,
    own: ShingleSet,
    kept: Vec<u64>,
    /// Content tokens.
    content: u32,
    /// Whether it shares few shingles with its copies, since a machine read it.
    noisy: bool,
}

impl Shingled {
    /// No document.
    pub fn new(kernel: Kernel) -> Shingled {
        let [all, own] = [(); 2].map(|()| ShingleSet::new(kernel));
        Shingled { all, stands: false, own, kept: Vec::new(), content: 0, noisy: false }
    }

    /// Makes this a document of so many content tokens, given its shingles in order. Linear.
    pub fn fill(&mut self, shingles: &[u64], (content, noisy): (u32, bool)) {
        self.all.fill(shingles);
        (self.content, self.noisy, self.stands) = (content, noisy, false);
    }

    /// Sets apart those of its shingles that stand for good. Linear.
    pub fn set_apart(&mut self, shingles: &[u64], standing: &Standing) {
        self.stands = false;
        if standing.is_empty() {
            return;
        }
        self.kept.clear();
        let own = |&shingle: &u64| standing.stand(shingle) < Stand::Good;
        self.kept.extend(shingles.iter().copied().filter(own));
        self.stands = self.kept.len() < shingles.len();
        if self.stands {
            self.own.fill(&self.kept);
        }
    }

    /// Says that none of its shingles stands for good.
    pub fn keep_all(&mut self) {
        self.stands = false;
    }

    /// All of them.
    pub fn all(&self) -> &ShingleSet {
        &self.all
    }

    /// What two documents share.
    pub fn with(&self, other: &Shingled) -> Sharing {
        let (measures, runs) = self.all.measured(&other.all);
        let kept = (self.stands || other.stands).then(|| {
            let [a, b] = [self, other].map(|of| if of.stands { &of.own } else { &of.all });
            a.common(b) as u32
        });
        let (shorter, noisy) = (self.content.min(other.content), self.noisy || other.noisy);
        Sharing { measures, runs, kept, shorter, noisy }
    }
}

/// What two documents share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sharing {
    pub measures: Measures,
    /// Runs of common shingles in the smaller of the two sets.
    pub runs: u32,
    /// Common shingles that do not stand for good; none where none stands in either.
    pub kept: Option<u32>,
    /// Content tokens of the shorter text.
    pub shorter: u32,
    /// Whether one of them is noisy: then shingles say nothing.
    pub noisy: bool,
}

impl Sharing {
    /// The tests that are asked of all relations: where one does not hold, aligning the two would show none.
    pub fn tests(&self) -> [Option<Test>; 2] {
        if self.noisy { [None; 2] } else { [Some(self.common()), self.more_than_stands()] }
    }

    /// The same, of an audit: it also aligns what shares a phrase or two.
    pub fn but_for_phrases(&self) -> [Option<Test>; 2] {
        let [_, stands] = self.tests();
        [None, stands]
    }

    /// Whether aligning the two may show a relation.
    pub fn is_enough(&self) -> bool {
        self.tests().into_iter().flatten().all(|test| test.holds)
    }

    /// So much is verbatim in both that aligning them is worth while.
    fn common(&self) -> Test {
        let Measures { a, b, common } = self.measures;
        Test { relation: "any", ..Test::least("common shingles", common, least_common(a.min(b))) }
    }

    /// Where text stands: more than it is shared, or it is so much, and so spread, that the two may be one form. Others
    /// share a passage that is listed once.
    fn more_than_stands(&self) -> Option<Test> {
        let Measures { a, b, common } = self.measures;
        let kept = Test::least("common shingles that do not stand for good", self.kept?, KEPT_COMMON);
        let may_be_form = f64::from(common) >= FORM_COMMON * f64::from(a.min(b));
        let test = if kept.holds || !may_be_form {
            kept
        } else {
            // Each run of shingles has four tokens more than shingles, and a chain goes on from it over a gap.
            let reached = common + self.runs * (VERBATIM - 1) + (self.runs + 1) * GAP;
            Test::least("tokens that may be matched", reached, MASKED * f64::from(self.shorter))
        };
        Some(Test { relation: "any", ..test })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::hash::avalanche;

    pub fn shingles(numbers: impl IntoIterator<Item = u64>) -> Vec<u64> {
        numbers.into_iter().map(|number| avalanche(number + 1)).collect()
    }

    pub fn sharing(a: &[u64], b: &[u64], stands: u64) -> Sharing {
        use crate::model::standing::{GOOD, StandingRow};
        let row =
            |number: u64| StandingRow { shingle: avalanche(number + 1), site: 7, documents: 9, items: GOOD };
        let standing = Standing::of((0..stands).map(row).collect());
        let [a, b] = [a, b].map(|of| {
            let mut shingled = Shingled::new(Kernel::detect());
            shingled.fill(of, (of.len() as u32 + 4, false));
            shingled.set_apart(of, &standing);
            shingled
        });
        a.with(&b)
    }

    #[test]
    fn a_passage_that_stands_is_not_enough_and_a_form_is() {
        let text = |own: u64| shingles((0..100).chain(own..own + 500));
        let one_passage = sharing(&text(1000), &text(2000), 100);
        assert_eq!((one_passage.measures.common, one_passage.kept, one_passage.runs), (100, Some(0), 1));
        assert!(!one_passage.is_enough());
        // The same shingles in twenty runs.
        let form =
            |own: u64| shingles((0..600).map(|i| if i % 30 < 5 { i / 30 * 5 + i % 30 } else { own + i }));
        let filled = sharing(&form(1000), &form(2000), 100);
        assert_eq!((filled.measures.common, filled.kept, filled.runs), (100, Some(0), 20));
        assert!(filled.is_enough());
        // Nothing stands, and beside what stands nine tokens are shared.
        assert!(sharing(&text(1000), &text(2000), 0).is_enough());
        assert!(!sharing(&text(1000), &text(2000), 96).is_enough());
        assert!(sharing(&text(1000), &text(2000), 95).is_enough());
    }

    #[test]
    fn a_phrase_is_not_enough() {
        let text = |own: u64, common: u64| shingles((0..common).chain(own..own + 200 - common));
        assert!(!sharing(&text(1000, 11), &text(2000, 11), 0).is_enough());
        assert!(sharing(&text(1000, 12), &text(2000, 12), 0).is_enough());
        let noisy = Sharing { noisy: true, ..sharing(&text(1000, 1), &text(2000, 1), 0) };
        assert!(noisy.is_enough());
    }
}
