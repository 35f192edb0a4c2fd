//! How the content tokens of one document stand.

use super::Stand;
use crate::align::Words;

/// How the content tokens of a document stand. Made for reuse.
#[derive(Debug, Clone, Default)]
pub struct Stands {
    /// By content token; empty where none stands.
    marks: Vec<Stand>,
    /// Own tokens before each content token and behind the last; empty where none stands.
    before: Vec<u32>,
    tokens: u32,
}

impl Stands {
    /// Those of a document's words; `marks` are those of all its tokens, or none where none stands. Linear.
    pub fn fill(&mut self, words: &Words, marks: Option<&[Stand]>) {
        self.tokens = words.len() as u32;
        self.marks.clear();
        self.before.clear();
        let Some(marks) = marks else { return };
        self.marks.extend((0..words.len()).map(|i| marks[words.place(i) as usize]));
        if self.marks.iter().all(|&mark| mark == Stand::Own) {
            return self.marks.clear();
        }
        let mut own = 0;
        self.before.push(0);
        self.before.extend(self.marks.iter().map(|&mark| {
            own += u32::from(mark == Stand::Own);
            own
        }));
    }

    /// Whether any stands.
    pub fn any(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Tokens that do not stand.
    pub fn own(&self) -> u32 {
        self.before.last().copied().unwrap_or(self.tokens)
    }

    /// Those of tokens `start..end`.
    pub fn own_in(&self, start: u32, end: u32) -> u32 {
        if self.any() { self.before[end as usize] - self.before[start as usize] } else { end - start }
    }

    /// How token `i` stands.
    pub fn of(&self, i: u32) -> Stand {
        self.marks.get(i as usize).copied().unwrap_or_default()
    }

    /// The least number of tokens that has the first `own` own tokens, or all where there are fewer. Logarithmic.
    pub fn first(&self, own: u32) -> u32 {
        if self.any() {
            let end = self.before.partition_point(|&before| before < own) as u32;
            end.min(self.tokens)
        } else {
            own.min(self.tokens)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::Tokenised;

    fn words(hashes: &[u64], chrome: Option<&[bool]>) -> Words {
        let zeros = vec![0; hashes.len()];
        let kinds = vec![Default::default(); hashes.len()];
        let text =
            Tokenised { hashes, kinds: &kinds, folded: &[], bounds: (&zeros, &zeros), caseless: false };
        let mut words = Words::default();
        words.fill(text, chrome);
        words
    }

    #[test]
    fn chrome_is_left_out_and_own_tokens_are_counted() {
        // Tokens 0 and 1 are chrome, 3 to 5 stand.
        let chrome = [true, true, false, false, false, false, false, false];
        let words = words(&[1, 2, 3, 4, 5, 6, 7, 8], Some(&chrome));
        let mut marks = vec![Stand::Own; 8];
        marks[3..6].fill(Stand::Good);
        let mut stands = Stands::default();
        stands.fill(&words, Some(&marks));
        assert_eq!((stands.any(), stands.own()), (true, 3));
        assert_eq!([(0, 6), (1, 4), (0, 2)].map(|(start, end)| stands.own_in(start, end)), [3, 0, 1]);
        assert_eq!([0, 1, 2, 3, 9].map(|own| stands.first(own)), [0, 1, 5, 6, 6]);
        assert_eq!([0, 1, 3, 4].map(|i| stands.of(i)), [Stand::Own, Stand::Good, Stand::Good, Stand::Own]);
    }

    #[test]
    fn where_only_chrome_stands_nothing_does() {
        let words = words(&[1, 2, 3], Some(&[true, false, false]));
        let mut stands = Stands::default();
        for marks in [Some(&[Stand::Good, Stand::Own, Stand::Own][..]), None] {
            stands.fill(&words, marks);
            assert_eq!((stands.any(), stands.own(), stands.own_in(0, 2), stands.first(9)), (false, 2, 2, 2));
            assert_eq!(stands.of(0), Stand::Own);
        }
    }
}
