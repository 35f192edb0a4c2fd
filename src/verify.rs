//! Exact measures of a pair, from its real shingle sets.

use crate::kernel::Kernel;

/// The distinct shingles of one document, to be intersected with others.
///
/// A hash set of lines of eight values, one cache line each: a probe looks at one line nearly always, and the
/// compiler compares it whole.
#[derive(Debug, Default)]
pub struct ShingleSet {
    lines: Vec<Line>,
    /// The distinct values, in order of first occurrence.
    distinct: Vec<u64>,
    mask: usize,
    has_zero: bool,
}

#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Line([u64; 8]);

impl ShingleSet {
    /// Makes this the set of `shingles`, which may repeat. Linear.
    pub fn fill(&mut self, shingles: &[u64]) {
        // Half full at most, so that a line overflows rarely.
        let lines = (shingles.len() / 4).next_power_of_two().max(1);
        self.lines.clear();
        self.lines.resize(lines, Line::default());
        self.mask = lines - 1;
        self.has_zero = false;
        self.distinct.clear();
        for &shingle in shingles {
            if self.insert(shingle) {
                self.distinct.push(shingle);
            }
        }
    }

    /// Zero marks a free place, so the value zero itself is kept apart.
    fn insert(&mut self, value: u64) -> bool {
        if value == 0 {
            return !std::mem::replace(&mut self.has_zero, true);
        }
        let mut at = line_of(value) & self.mask;
        loop {
            let line = &mut self.lines[at].0;
            if line.contains(&value) {
                return false;
            }
            if let Some(free) = line.iter_mut().find(|place| **place == 0) {
                *free = value;
                return true;
            }
            at = (at + 1) & self.mask;
        }
    }

    /// Whether the set holds `value`.
    pub fn contains(&self, value: u64) -> bool {
        if value == 0 {
            return self.has_zero;
        }
        let mut at = line_of(value) & self.mask;
        loop {
            let line = &self.lines[at].0;
            // Unconditional over the whole line: eight comparisons and no branch, which vectorises.
            let found = line.iter().fold(false, |found, &place| found | (place == value));
            if found {
                return true;
            }
            if line[7] == 0 {
                return false;
            }
            at = (at + 1) & self.mask;
        }
    }

    /// How many distinct shingles there are.
    pub fn len(&self) -> usize {
        self.distinct.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.distinct.is_empty()
    }

    /// How many both sets hold. Linear in the smaller.
    pub fn common(&self, other: &ShingleSet) -> usize {
        let (small, large) = if self.len() <= other.len() { (self, other) } else { (other, self) };
        small.distinct.iter().filter(|&&value| large.contains(value)).count()
    }

    /// The exact measures of two sets.
    pub fn measure(&self, other: &ShingleSet) -> Measures {
        Measures::new(self.len(), other.len(), self.common(other))
    }
}

/// Shingle hashes are uniform in every bit; these are not those that the winnowing orders by.
fn line_of(value: u64) -> usize {
    (value >> 8) as usize
}

/// How much two sets have in common; exact counts, so that every ratio is one division.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    /// Distinct shingles of the first.
    pub a: u32,
    /// Distinct shingles of the second.
    pub b: u32,
    /// Distinct shingles of both.
    pub common: u32,
}

impl Measures {
    fn new(a: usize, b: usize, common: usize) -> Measures {
        Measures { a: a as u32, b: b as u32, common: common as u32 }
    }

    /// Of two documents with equal token sequences, of `shingles` distinct shingles each.
    pub fn of_equal(shingles: u32) -> Measures {
        Measures { a: shingles, b: shingles, common: shingles }
    }

    /// The same seen from the other side.
    pub fn swapped(self) -> Measures {
        Measures { a: self.b, b: self.a, common: self.common }
    }

    /// Share of the union that both have.
    pub fn jaccard(&self) -> f64 {
        ratio(self.common, self.a + self.b - self.common)
    }

    /// Share of the first that the second has.
    pub fn containment_a_in_b(&self) -> f64 {
        ratio(self.common, self.a)
    }

    /// Share of the second that the first has.
    pub fn containment_b_in_a(&self) -> f64 {
        ratio(self.common, self.b)
    }

    /// The larger containment.
    pub fn containment(&self) -> f64 {
        ratio(self.common, self.a.min(self.b))
    }
}

fn ratio(part: u32, whole: u32) -> f64 {
    if whole == 0 { 0.0 } else { f64::from(part) / f64::from(whole) }
}

/// The measures of two texts, for one pair; a run verifies many at once.
pub fn measure(recipe: crate::recipe::Recipe, a: &str, b: &str) -> Measures {
    let mut sketcher = crate::sketch::Sketcher::new(recipe, Kernel::detect());
    let mut set = |text: &str| {
        let mut set = ShingleSet::default();
        set.fill(sketcher.shingles(text).0);
        set
    };
    set(a).measure(&set(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn counts_what_plain_sets_count(
            a in proptest::collection::vec(0u64..300, 0..400), b in proptest::collection::vec(0u64..300, 0..400),
            spread in any::<bool>(),
        ) {
            let hash = |&value: &u64| if spread { crate::hash::avalanche(value) } else { value };
            let (a, b): (Vec<u64>, Vec<u64>) = (a.iter().map(hash).collect(), b.iter().map(hash).collect());
            let (mut left, mut right) = (ShingleSet::default(), ShingleSet::default());
            left.fill(&a);
            right.fill(&b);
            let (a, b): (BTreeSet<u64>, BTreeSet<u64>) = (a.into_iter().collect(), b.into_iter().collect());
            let measures = left.measure(&right);
            prop_assert_eq!(measures, Measures::new(a.len(), b.len(), a.intersection(&b).count()));
            prop_assert_eq!(right.measure(&left), measures.swapped());
            prop_assert!(a.iter().all(|&value| left.contains(value)));
        }
    }

    #[test]
    fn a_text_measured_with_itself_is_one() {
        let recipe = crate::recipe::Recipe::default();
        let measures = measure(recipe, "one line of text ".repeat(90).as_str(), &"One line, of text. ".repeat(90));
        assert_eq!((measures.jaccard(), measures.containment()), (1.0, 1.0));
        assert_eq!(measure(recipe, "cat", "dog").jaccard(), 0.0);
        assert_eq!(measure(recipe, "", "").jaccard(), 0.0);
    }
}
