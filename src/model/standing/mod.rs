//! Standing text: what several items of one site have beside news of their own.
//!
//! A company's "About" text, a law firm's disclaimer and a programme's introduction stand under many items that are
//! different news. They say nothing about whether two documents are the same, and a pair that shares nothing else is
//! no find. What is standing text follows from counts alone, over all pages and before any pair is judged:
//!
//! - A document's **own news** is the text that it shares with hardly any other. `c` is the number of documents that
//!   print it: the least of [`LEVELS`] for which enough of its tokens stand in runs of which no shingle is in more
//!   than `c` documents of the group.
//! - The **items** of a shingle in a group are the sum of `1 / c` over the documents that have it, of those with news
//!   of their own beside it (`c` is at most half of the documents that have the shingle). Three posts of one item
//!   count one; a body that is printed bare counts none; five releases above one company text count five.
//! - A group is a site, or all pages together. `c` is counted within the group: over all sites a company's text on
//!   one wire would look rarer than an item that three wires carry.
//!
//! A shingle **stands against a copy** with enough items on one site, and then on every site; or with more over all
//! sites, where hardly any document prints it bare. It **stands for good** with more items on one site, and never by
//! what only many sites have together: one body under the leads of several papers is a copy of a kind, too.
//!
//! Counts of templates' lines by site go back to Bar-Yossef and Rajagopalan, "Template detection via data mining and
//! its applications", WWW 2002; here a line counts by the items above it and not by its pages.
//!
//! [`learn`] counts a whole corpus. [`Few`] counts some documents of one site, for an index that was given no model.

mod count;
mod few;
mod held;
mod learn;
mod news;
#[cfg(test)]
mod oracle;
mod own;

pub use few::{Few, FewPage};
pub use learn::{PageInfo, PageText, Pages, Weeks, learn};
pub use own::Stands;

use super::EVERY_SITE;
use super::chrome::{Outline, SHINGLE as SAMPLE};
use super::hashed::{ByHash, Hashes};

/// How many documents may print a document's own news, by step.
pub const LEVELS: [u32; 10] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];

/// What one item is in counts: every one of [`LEVELS`] divides it, so that sums are exact in any order.
pub const ITEM: u64 = 96;

/// Items of one site from which a shingle stands against a copy. With three, a business site's story that was reworked
/// three times in a day stands (press-releases: .991 of what is the same found with four, .936 with three).
pub const COPY: u64 = 4 * ITEM;

/// Items of one site from which a shingle stands for good; and against a copy, where the site is not known: pages of
/// many publishers reach four by phrases (agency-notes: .787 with four, .816 with five).
pub const GOOD: u64 = 5 * ITEM;

/// Items of a small site that stand against a copy, where three quarters of its pages have them.
pub const SMALL: u64 = 3 * ITEM;

/// Share of a small site's pages, as a fraction.
const MOST_PAGES: (u64, u64) = (3, 4);

/// Items over all sites from which a shingle stands against a copy. With five, wire-week's papers' own leads above one
/// agency text make that text stand.
pub const ALL: u64 = 8 * ITEM;

/// Of so many documents that have such a shingle at most one prints it without news of its own.
const BARE: u64 = 10;

/// Tokens of a run that stands, at least: fewer are a phrase of the language.
pub const RUN: usize = 8;

/// How a token or a shingle stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Stand {
    /// Not: it is a document's own.
    #[default]
    Own,
    /// Against a copy: what it shares does not speak for one.
    Copy,
    /// For good: nothing is reported for it either.
    Good,
}

/// A shingle that stands on a site, or on all sites together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StandingRow {
    /// The shingle.
    pub shingle: u64,
    /// The hash of the site's name; [`EVERY_SITE`] for all sites together.
    pub site: u64,
    /// Documents of the site that have it.
    pub documents: u32,
    /// Its items there, each of them [`ITEM`].
    pub items: u64,
}

impl StandingRow {
    /// How it stands by this row.
    pub fn stand(&self) -> Stand {
        if self.site != EVERY_SITE && self.items >= GOOD { Stand::Good } else { Stand::Copy }
    }
}

/// What stands in a corpus. Frozen: made by [`learn`] or read with a model.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Ascending.
    rows: Vec<StandingRow>,
    /// The most that each shingle stands.
    stands: ByHash<Stand>,
    outline: Outline,
}

impl Standing {
    /// Of rows in any order; of two of one shingle and site the larger is kept. Time is that of sorting.
    pub fn of(mut rows: Vec<StandingRow>) -> Standing {
        rows.sort_unstable_by(|a, b| b.cmp(a));
        rows.dedup_by_key(|row| (row.shingle, row.site));
        rows.reverse();
        let mut stands = ByHash::default();
        let mut outline = Outline::for_keys(2 * rows.len());
        for row in &rows {
            let stand: &mut Stand = stands.entry(row.shingle).or_default();
            *stand = row.stand().max(*stand);
            outline.insert(row.shingle >> 6, row.shingle);
        }
        Standing { rows, stands, outline }
    }

    /// All rows, by shingle and then by site.
    pub fn rows(&self) -> &[StandingRow] {
        &self.rows
    }

    /// Where a shingle stands, by site: none where it does not. Logarithmic.
    pub fn rows_of(&self, shingle: u64) -> &[StandingRow] {
        let start = self.rows.partition_point(|row| row.shingle < shingle);
        let rows = &self.rows[start..];
        &rows[..rows.partition_point(|row| row.shingle == shingle)]
    }

    /// Whether nothing stands.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How a shingle stands, on any site.
    #[inline]
    pub fn stand(&self, shingle: u64) -> Stand {
        if self.outline.may_contain(shingle >> 6, shingle) {
            self.stands.get(&shingle).copied().unwrap_or_default()
        } else {
            Stand::Own
        }
    }

    /// Asks for the memory of a shingle that comes soon.
    #[inline]
    pub(crate) fn prefetch(&self, shingle: Option<&u64>) {
        if let Some(&shingle) = shingle {
            self.outline.prefetch(shingle >> 6);
        }
    }

    /// What stands for good, as the low 40 bits of each shingle, which is what postings keep of it. Linear.
    pub fn samples(&self) -> Hashes {
        let good = self.stands.iter().filter(|(_, stand)| **stand == Stand::Good);
        good.map(|(shingle, _)| shingle & SAMPLE).collect()
    }

    /// Says of each of a document's `tokens` tokens how it stands; `shingles` are its shingles of `k` tokens, in order.
    /// Returns whether any stands. Nothing is closed up between two runs: what is filled into a form is news. Linear.
    pub fn mark(&self, k: usize, tokens: usize, shingles: &[u64], marks: &mut Vec<Stand>) -> bool {
        mark_by(k, tokens, shingles, |shingle| self.stand(shingle), marks)
    }
}

/// [`Standing::mark`], given how each shingle stands.
fn mark_by(
    k: usize,
    tokens: usize,
    shingles: &[u64],
    stand: impl Fn(u64) -> Stand,
    marks: &mut Vec<Stand>,
) -> bool {
    marks.clear();
    marks.resize(tokens, Stand::Own);
    let stands = shingles.iter().map(|&shingle| stand(shingle)).enumerate();
    let hits: Vec<(usize, Stand)> = stands.filter(|hit| hit.1 > Stand::Own).collect();
    for least in [Stand::Copy, Stand::Good] {
        let mut run = 0..0;
        for at in hits.iter().filter(|hit| hit.1 >= least).map(|hit| hit.0).chain([usize::MAX]) {
            if at > run.end {
                if run.len() >= RUN {
                    marks[run].fill(least);
                }
                run = at..at;
            }
            run.end = tokens.min(at.saturating_add(k));
        }
    }
    marks.iter().any(|&mark| mark > Stand::Own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(shingle: u64, site: u64, items: u64) -> StandingRow {
        StandingRow { shingle, site, documents: 9, items }
    }

    /// How the tokens of a text stand, where shingles 1, 2, ... have five tokens each.
    fn marked(rows: Vec<StandingRow>, shingles: u64) -> Vec<Stand> {
        let shingles: Vec<u64> = (1..=shingles).collect();
        let mut marks = Vec::new();
        let any = Standing::of(rows).mark(5, shingles.len() + 4, &shingles, &mut marks);
        assert_eq!(any, marks.iter().any(|&mark| mark != Stand::Own));
        marks
    }

    #[test]
    fn a_run_of_eight_tokens_stands_and_a_phrase_does_not() {
        assert_eq!(marked((3..6).map(|shingle| row(shingle, 7, COPY)).collect(), 20), [Stand::Own; 24]);
        let marks = marked((3..7).map(|shingle| row(shingle, 7, COPY)).collect(), 20);
        let stands: Vec<usize> = (0..24).filter(|&token| marks[token] == Stand::Copy).collect();
        assert_eq!(stands, [2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn what_stands_for_good_is_within_what_stands_against_a_copy() {
        let rows = (3..12).map(|shingle| row(shingle, 7, if shingle < 7 { GOOD } else { COPY })).collect();
        let marks = marked(rows, 20);
        assert!(marks[2..10].iter().all(|&mark| mark == Stand::Good));
        assert!(marks[10..15].iter().all(|&mark| mark == Stand::Copy));
        assert!(marks[..2].iter().chain(&marks[15..]).all(|&mark| mark == Stand::Own));
    }

    #[test]
    fn two_runs_are_not_closed_up_over_a_filled_slot() {
        // Shingles 1 to 4 and 10 to 13 stand, and token 8, which is in neither, does not.
        let marks = marked([1..5, 10..14].into_iter().flatten().map(|s| row(s, 7, GOOD)).collect(), 13);
        let own: Vec<usize> = (0..17).filter(|&token| marks[token] == Stand::Own).collect();
        assert_eq!(own, [8]);
    }

    #[test]
    fn all_sites_together_stand_against_a_copy_only() {
        assert_eq!(row(1, EVERY_SITE, 100 * ITEM).stand(), Stand::Copy);
        let both = Standing::of(vec![row(1, EVERY_SITE, ALL), row(1, 9, GOOD), row(2, EVERY_SITE, ALL)]);
        assert_eq!([1, 2, 3].map(|shingle| both.stand(shingle)), [Stand::Good, Stand::Copy, Stand::Own]);
        assert_eq!([1, 2, 3].map(|shingle| both.rows_of(shingle).len()), [2, 1, 0]);
    }

    #[test]
    fn a_text_shorter_than_a_shingle_is_its_own() {
        let mut marks = Vec::new();
        assert!(!Standing::of(vec![row(1, 7, GOOD)]).mark(5, 3, &[1], &mut marks));
        assert!(!Standing::default().mark(5, 0, &[], &mut marks));
        assert!(marks.is_empty());
    }
}
