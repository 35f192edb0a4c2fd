//! The bits that it takes to write a text down, by itself and as the filling of a template.
//!
//! Rissanen, "A universal prior for integers and estimation by minimum description length", Annals of Statistics 11,
//! 1983; as in InfoShield (Lee et al., ICDE 2021) a word costs the logarithm of the vocabulary.

/// Bits of a whole number: the logarithm, its logarithm, and so on.
fn integer(n: usize) -> f64 {
    let steps = std::iter::successors(Some((n as f64 + 1.0).log2()), |bits| Some(bits.log2()));
    // What makes the code words sum to one.
    1.5 + steps.take_while(|&bits| bits > 0.0).sum::<f64>()
}

/// What is paid by all texts of one family.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prices {
    /// Bits of a word.
    word: f64,
    /// Bits of a place in the template.
    place: f64,
}

impl Prices {
    /// By the number of different words, and of words in the skeleton.
    pub fn new(vocabulary: usize, skeleton: usize) -> Prices {
        Prices { word: (vocabulary.max(2) as f64).log2(), place: (skeleton.max(2) as f64).log2() }
    }

    /// A text of so many words by itself, or a run of words at one place of a template.
    pub fn text(&self, words: usize) -> f64 {
        integer(words) + words as f64 * self.word
    }

    /// The template: its words, after each of which there is a slot or none, and its optional sentences.
    pub fn template(&self, words: usize, optional: usize) -> f64 {
        self.text(words) + words as f64 + 2.0 * optional as f64 * self.place
    }

    /// A filling: one bit an optional sentence, the fillings of slots, words of the skeleton that are missing and
    /// words where it has no slot, each with its place.
    pub fn filling(
        &self,
        optional: usize,
        slots: impl Iterator<Item = usize>,
        missing: usize,
        added: &[usize],
    ) -> f64 {
        let slots: f64 = slots.map(|words| self.text(words)).sum();
        let places = integer(missing) + integer(added.len()) + (missing + added.len()) as f64 * self.place;
        optional as f64 + slots + places + added.iter().map(|&words| self.text(words)).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_paid_once() {
        let prices = Prices::new(1000, 50);
        let alone = prices.text(60);
        let filling = prices.filling(0, [2, 3, 5].into_iter(), 0, &[]);
        assert!(filling < alone / 2.0);
        assert!(3.0 * (alone - filling) > prices.template(50, 0));
        assert!(prices.filling(0, std::iter::empty(), 40, &[50]) > alone, "another text is no filling");
    }
}
