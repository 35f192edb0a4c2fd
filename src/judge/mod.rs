//! The judge: what two documents are to each other, and why.
//!
//! Scan, filter, index, audit and [`compare`] ask the same judge. It loads a document once (`pair`), measures raw
//! shingle sets exactly (`measures`), sees whether they share enough (`sharing`), aligns what is left without chrome, puts what the alignment shows into numbers
//! (`evidence`), and asks one ordered list of clauses for the relation (`decide`). The same list explains it.
//!
//! A judgement depends on two documents, the policy and the model, and on nothing else.

mod around;
mod clause;
mod decide;
mod evidence;
mod form;
mod front;
mod glimpse;
mod measures;
mod own;
mod pair;
mod relation;
mod sharing;
mod slots;
mod spans;
mod title;

pub use clause::Test;
pub(crate) use decide::are_copies;
pub use decide::{Decision, classic};
pub(crate) use glimpse::{Glimpsed, Seen};
pub use measures::{Measures, ShingleSet, measure};
pub(crate) use pair::{Depth, Judge, Judged, Loaded, Memory, Names};
pub use relation::{Directed, Judgement, Overlap, Relation, Side};
pub(crate) use sharing::{FORM_COMMON, Shingled};
pub(crate) use slots::is_family;
pub use spans::Span;
pub(crate) use spans::swapped;
pub(crate) use title::{Note, Title, head, is_part_of};

use crate::kernel::Kernel;
use crate::model::Model;
use crate::options::{Mode, Policy};
use crate::recipe::Recipe;

/// Two documents compared: their relation, the measures and tests that it rests on, and the passages that both have.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Comparison {
    /// Their relation with its score; none where they have none.
    pub judgement: Option<Judgement>,
    /// The exact measures of the raw shingle sets.
    pub measures: Measures,
    /// The tests in their order, up to those of the relation, or all where there is none. The relation is the first
    /// whose tests all hold, along with those of `any`.
    pub tests: Vec<Test>,
    /// The passages of both, in order of the first text.
    pub spans: Vec<Span>,
}

impl Comparison {
    /// The relation; none where the documents have none.
    pub fn relation(&self) -> Option<Relation> {
        self.judgement.map(|judgement| judgement.relation)
    }

    /// How strong the relation is, 0 to 1; 0 where there is none.
    pub fn score(&self) -> f64 {
        self.judgement.map_or(0.0, |judgement| judgement.score)
    }
}

/// Compares two texts with the default settings. Linear in their length where little repeats.
///
/// A corpus teaches more than two texts do: its sites' chrome and its templates. [`Run::compare`](crate::Run::compare) judges
/// two documents of a corpus under what it taught.
///
/// ```
/// let first = "The harbour master closed the outer quay on Tuesday after a crane had failed twice within one week.";
/// let second = first.replace("on Tuesday", "this week");
/// let found = wirecopy::compare(first, &second);
/// assert_eq!(found.relation(), Some(wirecopy::Relation::Near));
/// assert!(found.score() > 0.8);
/// assert_eq!(&first[found.spans[0].a[0]..found.spans[0].a[1]], first.trim_end_matches('.'));
/// ```
pub fn compare(a: &str, b: &str) -> Comparison {
    compare_with(&Policy::default(), Recipe::default(), a, b)
}

/// As [`compare`], by this policy and recipe.
pub fn compare_with(policy: &Policy, recipe: Recipe, a: &str, b: &str) -> Comparison {
    compare_titled(policy, recipe, ("", a), ("", b))
}

/// As [`compare_with`], of documents that have titles: each is its title, or nothing, and its text. Titles tell two short notes
/// of the same words apart.
///
/// ```
/// use wirecopy::judge::compare_titled;
/// use wirecopy::{Policy, Recipe, Relation};
/// let note = "Quarterly dividend of ten cents, payable on April 2 to holders of record on March 5.";
/// let titles = ["Acme declares dividend", "Bolt declares dividend"];
/// let found = compare_titled(&Policy::default(), Recipe::default(), (titles[0], note), (titles[1], note));
/// assert_eq!(found.relation(), Some(Relation::Templated));
/// ```
pub fn compare_titled(
    policy: &Policy,
    recipe: Recipe,
    (title_a, a): (&str, &str),
    (title_b, b): (&str, &str),
) -> Comparison {
    let (kernel, model) = (Kernel::detect(), Model::default());
    let judge = Judge { recipe, kernel, policy, model: &model, learns: false };
    let names = |title| Names { title, ..Names::default() };
    compare_named(judge, [(names(title_a), a), (names(title_b), b)])
}

/// Two documents by themselves, each its names and its text, under what a judge knows.
pub(crate) fn compare_named(
    judge: Judge<'_>,
    [(names_a, a), (names_b, b)]: [(Names<'_>, &str); 2],
) -> Comparison {
    let policy = judge.policy;
    let mut memory = judge.memory();
    let [mut left, mut right] = [judge.document(), judge.document()];
    let tokens = [(names_a, a, &mut left), (names_b, b, &mut right)].map(|(names, text, out)| {
        judge.load(&mut memory, text, names, out);
        out.content.tokens
    });
    if tokens[0] > 0 && judge.are_equal(&mut memory, a, b) {
        return judge.explain_equal(&mut memory, &left, &right);
    }
    if policy.mode == Mode::Aligned {
        return judge.explain(&mut memory, &left, &right);
    }
    compare_raw(policy, judge.measures(&left, &right), (tokens[0], tokens[1]))
}

/// Two documents of different token sequences, compared by raw measures alone.
pub(crate) fn compare_raw(policy: &Policy, measures: Measures, tokens: (u32, u32)) -> Comparison {
    let (judgement, tests) = decide::explained_classic(policy, measures, tokens);
    Comparison { judgement, measures, tests, spans: Vec::new() }
}
