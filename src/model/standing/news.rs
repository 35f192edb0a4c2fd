//! A document's own news: its tokens in runs that hardly any other document has.

use super::LEVELS;

/// What is asked of a document's own news, by how long it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewsAsked {
    /// Tokens of a run, at least.
    run: usize,
    /// Tokens of all such runs, at least.
    own: usize,
}

impl NewsAsked {
    /// Of a text of so many tokens. A short one needs less: with 20 tokens of any text, a shop's disclaimer below a
    /// line of news was never learned (teasers).
    pub fn of(tokens: usize) -> NewsAsked {
        NewsAsked { run: (tokens / 8).clamp(5, 12), own: (tokens / 5).clamp(6, 20) }
    }
}

/// The last of [`LEVELS`].
const LAST: u32 = LEVELS[LEVELS.len() - 1];

/// By a number of documents up to one more than the last level: the place in [`LEVELS`] of the least that is no less.
const LEVEL_OF: [u8; LAST as usize + 2] = {
    let mut of = [0; LAST as usize + 2];
    let mut documents = 0;
    while documents < of.len() {
        while (of[documents] as usize) < LEVELS.len() && LEVELS[of[documents] as usize] < documents as u32 {
            of[documents] += 1;
        }
        documents += 1;
    }
    of
};

/// The place in [`LEVELS`] of the least that is no less than so many documents; their number where none is.
#[inline]
pub(super) fn level(documents: u32) -> u8 {
    LEVEL_OF[documents.min(LAST + 1) as usize]
}

/// Of each token of a text, the highest level of the shingles that cover it; made for reuse.
#[derive(Debug, Default)]
pub(super) struct Heights(Vec<u8>);

impl Heights {
    /// Of a text of so many tokens, all at the lowest.
    pub fn clear(&mut self, tokens: usize) {
        self.0.clear();
        self.0.resize(tokens, 0);
    }

    /// Notes so many tokens of shingles of one level.
    #[inline]
    pub fn cover(&mut self, at: usize, tokens: usize, level: u8) {
        let end = self.0.len().min(at + tokens);
        if let Some(covered) = self.0.get_mut(at..end) {
            covered.iter_mut().for_each(|height| *height = level.max(*height));
        }
    }

    /// Whether the text has news of its own at a level. Linear.
    fn has_news(&self, most: u8, wanted: NewsAsked) -> bool {
        let (mut run, mut own) = (0, 0);
        for &height in &self.0 {
            run = if height <= most { run + 1 } else { 0 };
            if run == wanted.run {
                own += run;
            } else if run > wanted.run {
                own += 1;
            }
        }
        own >= wanted.own
    }

    /// How many documents print the text's own news, one of [`LEVELS`]; none where it has none. Linear, and rarely more
    /// than one look at the text.
    pub fn printed(&self) -> Option<u32> {
        let wanted = NewsAsked::of(self.0.len());
        (0..).zip(LEVELS).find(|&(most, _)| self.has_news(most, wanted)).map(|(_, documents)| documents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ends_of_ranges() {
        let of = |documents: [u32; 8]| documents.map(level);
        assert_eq!(of([0, 1, 2, 3, 4, 5, 6, 7]), [0, 0, 1, 2, 3, 4, 4, 5]);
        assert_eq!(of([8, 9, 16, 17, 24, 25, 32, 33]), [5, 6, 7, 8, 8, 9, 9, 10]);
    }

    #[test]
    fn runs_count_from_their_length() {
        // 100 tokens: runs of 12, 20 tokens in all.
        let mut heights = Heights::default();
        let mut printed = |hot: &[std::ops::Range<usize>]| {
            heights.clear(100);
            hot.iter().cloned().flatten().for_each(|at| heights.cover(at, 1, 3));
            heights.printed()
        };
        assert_eq!(printed(&[]), Some(1));
        assert_eq!(printed(std::slice::from_ref(&(19..100))), Some(4), "one token is missing");
        assert_eq!(printed(std::slice::from_ref(&(20..100))), Some(1));
        assert_eq!(printed(&[0..77, 89..90]), Some(4), "a run of 12 and one of 10");
        assert_eq!(printed(&[0..75, 87..88]), Some(1), "two runs of 12");
    }

    #[test]
    fn what_more_documents_have_than_the_last_level_is_no_news() {
        let mut heights = Heights::default();
        heights.clear(50);
        (0..50).for_each(|at| heights.cover(at, 5, level(33)));
        assert_eq!(heights.printed(), None);
    }
}
