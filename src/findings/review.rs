//! Pairs of a run for a reader to judge.

use crate::document::{DocId, Meta};
use crate::report::sheet::{SheetRow, SheetSide};
use crate::review::{Drawable, Key, draw};
use crate::scan::{Pair, Run};

impl Run {
    /// So many of the run's pairs, or all, drawn by relation and score, in an order that tells nothing. The same seed gives the
    /// same pairs. Of groups of more than [`crate::scan::STAR`] equal documents the pairs with the first of them are drawn from.
    pub fn review(&self, count: usize, seed: u64) -> Vec<SheetRow> {
        let drawable = |pair: &Pair| {
            let [of_b, of_a] = pair.judgement.covers();
            Drawable {
                relation: pair.judgement.relation.name(),
                score: pair.judgement.score,
                containment: of_a.max(of_b),
            }
        };
        let pairs: Vec<Drawable> = self.pairs.iter().map(drawable).collect();
        let row = |((place, key), number): ((usize, Key), u64)| SheetRow {
            number,
            a: self.side(self.pairs[place].a),
            b: self.side(self.pairs[place].b),
            key: key.sealed(number),
        };
        draw(&pairs, count, seed).into_iter().zip(1..).map(row).collect()
    }

    fn side(&self, document: DocId) -> SheetSide {
        let Meta { id, title, url, date, site, .. } = self.meta(document);
        let given = Option::unwrap_or_default;
        // A document that changed since is among the problems.
        let text = self.text(document).unwrap_or_default();
        SheetSide { id, title: given(title), site, date: given(date), url: given(url), text }
    }
}
