//! Exact measures of a pair, from its real shingle sets.

use crate::kernel::{self, CacheLine, Found, Kernel};

/// The distinct shingles of one document, to be intersected with others.
#[derive(Debug)]
pub struct ShingleSet {
    kernel: Kernel,
    lines: Vec<CacheLine>,
    /// The distinct values but zero, in order of first occurrence; what stands behind `count` of them is left over.
    distinct: Vec<u64>,
    count: usize,
    has_zero: bool,
}

impl ShingleSet {
    /// An empty set. `kernel` changes only the speed.
    pub fn new(kernel: Kernel) -> ShingleSet {
        ShingleSet { kernel, lines: Vec::new(), distinct: Vec::new(), count: 0, has_zero: false }
    }

    /// Makes this the set of `shingles`, which may repeat. Linear.
    pub fn fill(&mut self, shingles: &[u64]) {
        (self.count, self.has_zero) =
            kernel::fill_lines(self.kernel, shingles, &mut self.lines, &mut self.distinct);
    }

    /// How many distinct shingles there are.
    pub fn count(&self) -> usize {
        self.count + usize::from(self.has_zero)
    }

    /// How many both sets hold. Linear in the smaller.
    pub fn common(&self, other: &ShingleSet) -> usize {
        self.found(other).count + usize::from(self.has_zero && other.has_zero)
    }

    /// What the larger set has of the smaller one, zero aside.
    fn found(&self, other: &ShingleSet) -> Found {
        let (small, large) = if self.count() <= other.count() { (self, other) } else { (other, self) };
        kernel::count_in_lines(self.kernel, &small.distinct[..small.count], &large.lines)
    }

    /// The exact measures of two sets.
    pub fn measure(&self, other: &ShingleSet) -> Measures {
        self.measured(other).0
    }

    /// The exact measures of two sets, and in how many runs their common shingles stand in the smaller one.
    pub(crate) fn measured(&self, other: &ShingleSet) -> (Measures, u32) {
        let found = self.found(other);
        let common = found.count + usize::from(self.has_zero && other.has_zero);
        (Measures::new(self.count(), other.count(), common), found.runs as u32)
    }
}

/// How much two sets have in common; exact counts, so that every ratio is one division.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
    let mut sketcher = crate::sketch::Sketcher::as_printed(recipe, Kernel::detect());
    let mut set = |text: &str| {
        let mut set = ShingleSet::new(Kernel::detect());
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
            let sets: [BTreeSet<u64>; 2] = [&a, &b].map(|values| values.iter().copied().collect());
            let common = sets[0].intersection(&sets[1]).count();
            let (smaller, larger) =
                if sets[0].len() <= sets[1].len() { (&a, &sets[1]) } else { (&b, &sets[0]) };
            let mut first = BTreeSet::from([0]);
            let distinct = smaller.iter().filter(|&&value| first.insert(value));
            let held: Vec<bool> = distinct.map(|value| larger.contains(value)).collect();
            let runs = held.chunk_by(|a, b| a == b).filter(|run| run[0]).count();
            for kernel in Kernel::available() {
                let (mut left, mut right) = (ShingleSet::new(kernel), ShingleSet::new(kernel));
                left.fill(&a);
                right.fill(&b);
                let measures = left.measure(&right);
                prop_assert_eq!(left.measured(&right).1 as usize, runs);
                prop_assert_eq!(measures, Measures::new(sets[0].len(), sets[1].len(), common));
                prop_assert_eq!(right.measure(&left), measures.swapped());
            }
        }
    }

    #[test]
    fn a_text_measured_with_itself_is_one() {
        let recipe = crate::recipe::Recipe::default();
        let measures =
            measure(recipe, "one line of text ".repeat(90).as_str(), &"One line, of text. ".repeat(90));
        assert_eq!((measures.jaccard(), measures.containment()), (1.0, 1.0));
        assert_eq!(measure(recipe, "cat", "dog").jaccard(), 0.0);
        assert_eq!(measure(recipe, "", "").jaccard(), 0.0);
    }
}
