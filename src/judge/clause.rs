//! Tests, and clauses of them: one ordered list both decides and explains.

use serde::Serialize;

use super::relation::Relation;

/// One test of a relation: a figure, and the bound it is held against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Test {
    /// The relation that it is a test of; `any` for a test of all of them.
    pub relation: &'static str,
    /// The name of the figure; it ends in "at most" or "fewer than" where the bound is an upper one.
    pub what: &'static str,
    /// The figure.
    pub figure: f64,
    /// The bound: the least figure that holds, where `what` does not say otherwise.
    pub least: f64,
    /// Whether it holds.
    pub holds: bool,
}

impl Test {
    pub(super) fn least(what: &'static str, figure: impl Into<f64>, least: impl Into<f64>) -> Test {
        let (figure, least) = (figure.into(), least.into());
        Test { relation: "", what, figure, least, holds: figure >= least }
    }

    pub(super) fn most(what: &'static str, figure: f64, most: f64) -> Test {
        Test { relation: "", what, figure, least: most, holds: figure <= most }
    }

    pub(super) fn fewer(what: &'static str, figure: u32, than: u32) -> Test {
        let holds = figure < than;
        Test { relation: "", what, figure: f64::from(figure), least: f64::from(than), holds }
    }

    pub(super) fn is_true(what: &'static str, holds: bool) -> Test {
        Test { relation: "", what, figure: f64::from(u8::from(holds)), least: 1.0, holds }
    }

    /// The test of documents with equal token sequences.
    pub(super) fn exact() -> Test {
        Test { relation: Relation::Exact.name(), ..Test::is_true("equal token sequences", true) }
    }
}

pub(super) fn all_hold(tests: &[Test]) -> bool {
    tests.iter().all(|test| test.holds)
}

/// Appends tests about a case.
pub(super) type Ask<C> = fn(&C, &mut Vec<Test>);

/// The relation of the first clause whose tests all hold; none where a test that `tests` has already fails. The tests of
/// all clauses up to that one are appended.
pub(super) fn first<C>(case: &C, clauses: &[(Relation, Ask<C>)], tests: &mut Vec<Test>) -> Option<Relation> {
    let open = all_hold(tests);
    for &(relation, ask) in clauses {
        let from = tests.len();
        ask(case, tests);
        tests[from..].iter_mut().for_each(|test| test.relation = relation.name());
        if open && all_hold(&tests[from..]) {
            return Some(relation);
        }
    }
    None
}

/// Appends the tests of the first of several ways that hold, or where none does those of the first.
pub(super) fn first_way<C>(case: &C, ways: &[Ask<C>], tests: &mut Vec<Test>) {
    let start = tests.len();
    for (number, way) in ways.iter().enumerate() {
        let from = tests.len();
        way(case, tests);
        if all_hold(&tests[from..]) {
            tests.drain(start..from);
            return;
        }
        if number > 0 {
            tests.truncate(from);
        }
    }
}
