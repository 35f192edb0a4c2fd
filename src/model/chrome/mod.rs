//! Chrome: what a site prints on many of its pages around whatever they say.
//!
//! A shingle is chrome of a site where several of its pages have it and few elsewhere do: counts of templates' lines
//! by site, as in Bar-Yossef and Rajagopalan, "Template detection via data mining and its applications", WWW 2002,
//! at the grain of shingles. Syndicated copy spreads over sites instead. A guard tells a story that grows on one site
//! from chrome: what its versions have besides is shared by the same documents, and those are of the same days.

mod learn;
#[cfg(test)]
mod oracle;

pub use learn::{ChromePages, ChromeSite, ChromeText, learn};

use super::EVERY_SITE;
use super::hashed::Hashes;
use crate::hash::{MULTIPLIERS, avalanche, shingle_hash};
use crate::kernel::prefetch;

/// Documents of one site that have a shingle of chrome, at least.
pub const LEAST: usize = 5;

/// Tokens between two pieces of chrome that belong to it.
const CLOSED: usize = 3;

/// Tokens of a piece of chrome, at least; and of one that stands in the midst of a line. There a shorter one is how people
/// write a title with its name (a king's has nine words on many pages of an Arabic paper).
const PIECE: usize = 8;
const AMIDST: usize = 12;

/// Tokens that a page has besides its chrome, at least; or else nothing of it is.
const REST: usize = 15;

/// More pieces within lines than this, with fewer tokens on average than [`AVERAGE`], are no chrome.
const PIECES: usize = 6;
const AVERAGE: usize = 20;

/// Shingles of chrome, by site.
#[derive(Debug, Clone, Default)]
pub struct Chrome {
    keys: Hashes,
    sites: Hashes,
    outline: Outline,
    /// Whether anything is chrome of every site.
    everywhere: bool,
    /// Whether lines of fewer tokens than a shingle were given.
    short_lines: bool,
}

/// A bit for each key: most shingles are none, and this says so at once.
#[derive(Debug, Clone, Default)]
pub(super) struct Outline(Vec<u64>);

impl Outline {
    /// A word for each so many keys, so that nine bits in ten are 0.
    const KEYS: usize = 4;
    const LEAST: usize = 2048;

    pub(super) fn for_keys(keys: usize) -> Outline {
        Outline(vec![0; (keys / Self::KEYS).next_power_of_two().max(Self::LEAST)])
    }

    /// Whether so many keys are as many as it is for.
    fn is_full(&self, keys: usize) -> bool {
        keys > self.0.len() * Self::KEYS
    }

    /// The bit of a key is in word `at`, counted around.
    pub(super) fn insert(&mut self, at: u64, key: u64) {
        let words = self.0.len();
        if let Some(word) = self.0.get_mut(at as usize & words.wrapping_sub(1)) {
            *word |= 1 << (key & 63);
        }
    }

    /// Asks for the memory of a key that comes soon.
    #[inline]
    pub(super) fn prefetch(&self, at: u64) {
        prefetch(self.word(at));
    }

    fn word(&self, at: u64) -> Option<&u64> {
        self.0.get(at as usize & self.0.len().wrapping_sub(1))
    }

    pub(super) fn may_contain(&self, at: u64, key: u64) -> bool {
        let word = self.word(at);
        word.is_some_and(|word| word & 1 << (key & 63) != 0)
    }
}

/// The bits of a shingle that postings keep.
pub(super) const SHINGLE: u64 = (1 << 40) - 1;

fn key(site: u64, shingle: u64) -> u64 {
    ((shingle & SHINGLE) ^ avalanche(site)).wrapping_mul(MULTIPLIERS[0]).rotate_left(32)
}

/// The number whose product with the first multiplier is 1, by Newton's method: each step doubles the bits that are right.
const INVERSE: u64 = {
    let mut inverse = MULTIPLIERS[0];
    let mut step = 0;
    while step < 5 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(MULTIPLIERS[0].wrapping_mul(inverse)));
        step += 1;
    }
    inverse
};

/// The word of a key in an outline: those of one site are beside one another, so that a document, which asks for one
/// site only, finds them near the processor.
fn word(key: u64) -> u64 {
    let site = key.rotate_right(32).wrapping_mul(INVERSE) >> 40;
    (site << 3) + (key >> 6 & 63)
}

impl Chrome {
    /// Adds a shingle of a site's chrome.
    pub fn insert(&mut self, site: u64, shingle: u64) {
        let key = key(site, shingle);
        self.keys.insert(key);
        self.sites.insert(site);
        if self.outline.is_full(self.keys.len()) {
            self.outline = Self::outline(&self.keys);
        } else {
            self.outline.insert(word(key), key);
        }
        self.everywhere |= site == EVERY_SITE;
    }

    /// Notes that some of what was added are lines of fewer tokens than a shingle, each as one shingle of all its tokens.
    pub(super) fn has_short_lines(&mut self) {
        self.short_lines = true;
    }

    pub(super) fn short_lines(&self) -> bool {
        self.short_lines
    }

    /// Whether a shingle is chrome of a site, by the low 40 bits of it. Sites are hashes of their names.
    pub fn contains(&self, site: u64, shingle: u64) -> bool {
        let holds = |key: u64| self.outline.may_contain(word(key), key) && self.keys.contains(&key);
        holds(key(site, shingle)) || (self.everywhere && holds(key(EVERY_SITE, shingle)))
    }

    /// Whether anything is chrome of a site.
    pub fn knows(&self, site: u64) -> bool {
        self.everywhere || self.sites.contains(&site)
    }

    /// How many shingles there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// All keys and sites, in order.
    pub(super) fn sorted(&self) -> (Vec<u64>, Vec<u64>) {
        let sorted = |set: &Hashes| {
            let mut all: Vec<u64> = set.iter().copied().collect();
            all.sort_unstable();
            all
        };
        (sorted(&self.keys), sorted(&self.sites))
    }

    pub(super) fn of(keys: Vec<u64>, sites: Vec<u64>, short_lines: bool) -> Chrome {
        let (keys, sites): (Hashes, Hashes) = (keys.into_iter().collect(), sites.into_iter().collect());
        let (outline, everywhere) = (Self::outline(&keys), sites.contains(&EVERY_SITE));
        Chrome { keys, sites, outline, everywhere, short_lines }
    }

    /// Of these keys, with room for as many again.
    fn outline(keys: &Hashes) -> Outline {
        let mut outline = Outline::for_keys(2 * keys.len());
        keys.iter().for_each(|&key| outline.insert(word(key), key));
        outline
    }

    /// Marks the chrome among a page's tokens, given their hashes and its shingles of `k` tokens in order. Returns whether
    /// any is. `breaks` says of each token whether it begins a line.
    pub fn mark(
        &self,
        (site, k): (u64, usize),
        hashes: &[u64],
        shingles: &[u64],
        breaks: &[bool],
        marks: &mut Vec<bool>,
    ) -> bool {
        marks.clear();
        marks.resize(breaks.len(), false);
        if !self.knows(site) {
            return false;
        }
        if self.short_lines {
            let starts: Vec<usize> = (0..breaks.len()).filter(|&i| breaks[i]).chain([breaks.len()]).collect();
            for line in starts.windows(2).filter(|line| line[1] - line[0] < k) {
                let tokens = hashes.get(line[0]..line[1]).unwrap_or_default();
                let is_chrome = self.contains(site, shingle_hash(tokens));
                marks[line[0]..line[1]].fill(is_chrome);
            }
        }
        let places = (0..shingles.len()).filter(|&at| self.contains(site, shingles[at]));
        mark_pieces(k, places, breaks, marks)
    }
}

/// Marks tokens of shingles that are chrome, given their places, closes small gaps, and takes back what is too little, too
/// much or too scattered. `marks` holds what is chrome already. Returns whether any is marked.
fn mark_pieces(k: usize, places: impl Iterator<Item = usize>, breaks: &[bool], marks: &mut [bool]) -> bool {
    let tokens = marks.len();
    let mut any = marks.contains(&true);
    for at in places {
        marks[at..tokens.min(at + k)].fill(true);
        any = true;
    }
    if !any {
        return false;
    }
    for gap in runs(marks, false) {
        if gap.0 > 0 && gap.1 < tokens && gap.1 - gap.0 <= CLOSED {
            marks[gap.0..gap.1].fill(true);
        }
    }
    let (mut marked, mut pieces, mut in_pieces) = (0, 0, 0);
    for piece in runs(marks, true) {
        let len = piece.1 - piece.0;
        // Chrome is printed in lines of its own; the fixed text of a form stands between its slots.
        let edges = [breaks[piece.0], breaks.get(piece.1).is_none_or(|&begins| begins)];
        let lines = edges == [true; 2];
        let least = if edges == [false; 2] { AMIDST } else { PIECE };
        if len < least && !lines {
            marks[piece.0..piece.1].fill(false);
            continue;
        }
        marked += len;
        if !lines {
            pieces += 1;
            in_pieces += len;
        }
    }
    let rest = tokens - marked;
    let scattered = pieces > PIECES && in_pieces < AVERAGE * pieces;
    if marked > 0 && (rest < REST || 10 * rest < tokens || scattered) {
        marks.fill(false);
        return false;
    }
    marked > 0
}

/// Stretches of equal marks of one kind: start and end.
fn runs(marks: &[bool], kind: bool) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut at = 0;
    for stretch in marks.chunk_by(|a, b| a == b) {
        if stretch[0] == kind {
            runs.push((at, at + stretch.len()));
        }
        at += stretch.len();
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::oracle::{ChromePage, learned};
    use super::*;
    use proptest::prelude::*;

    fn page(site: u64, lines: &[Vec<u64>]) -> ChromePage {
        let tokens: Vec<u64> = lines.concat();
        let shingles = tokens.windows(5).map(crate::hash::shingle_hash).collect();
        let breaks = lines.iter().flat_map(|line| (0..line.len()).map(|i| i == 0)).collect();
        ChromePage { site, guessed: false, shingles, breaks, day: None }
    }

    fn line(from: u64, tokens: u64) -> Vec<u64> {
        (from..from + tokens).map(|token| avalanche(token + 1)).collect()
    }

    fn marked(chrome: &Chrome, page: &ChromePage) -> usize {
        let mut marks = Vec::new();
        chrome.mark((page.site, 5), &[], &page.shingles, &page.breaks, &mut marks);
        marks.iter().filter(|&&mark| mark).count()
    }

    #[test]
    fn what_many_pages_of_a_site_have_is_chrome_and_syndicated_copy_is_not() {
        let story = line(1_000_000, 80);
        let own = |n: u64| page(1, &[line(0, 12), line(10_000 * (n + 1), 60), line(500, 15)]);
        let mut pages: Vec<ChromePage> = (0..8).map(own).collect();
        pages.extend((2..12).map(|site| page(site, &[line(900_000 * site, 30), story.clone()])));
        let chrome = learned(&pages, 5);
        assert_eq!(marked(&chrome, &pages[0]), 27);
        assert!(pages[8..].iter().all(|page| marked(&chrome, page) == 0));
    }

    #[test]
    fn a_title_in_the_midst_of_a_line_is_no_chrome_and_a_line_as_short_is() {
        let own = |n: u64, from: u64, len: u64| line(10_000 * (n + 1) + from, len);
        let amidst = |n: u64| [own(n, 0, 20), line(0, 9), own(n, 50, 20)].concat();
        let pages: Vec<ChromePage> = (0..8).map(|n| page(1, &[amidst(n), line(500, 9)])).collect();
        let chrome = learned(&pages, 5);
        assert!(pages.iter().all(|page| marked(&chrome, page) == 9));
    }

    #[test]
    fn a_story_that_grows_on_one_site_is_no_chrome() {
        let version =
            |n: u64| page(1, &(0..=n).map(|part| line(10_000 * (part + 1), 40)).collect::<Vec<_>>());
        let pages: Vec<ChromePage> = (0..9).map(version).collect();
        let chrome = learned(&pages, 5);
        assert!(pages.iter().all(|page| marked(&chrome, page) == 0), "{}", chrome.len());
    }

    #[test]
    fn chrome_of_which_lines_are_missing_here_and_there_is_chrome() {
        // Of twelve lines each page lacks two, so that many pages share the shingles over the same gap.
        let version = |n: u64| {
            let lines = (0..12).filter(|line| !(n + line).is_multiple_of(6)).map(|i| line(1000 * (i + 1), 8));
            page(1, &[vec![line(100_000 * (n + 1), 30)], lines.collect()].concat())
        };
        let pages: Vec<ChromePage> = (0..18).map(version).collect();
        let chrome = learned(&pages, 5);
        assert!(pages.iter().all(|page| marked(&chrome, page) == 80));
    }

    #[test]
    fn versions_of_a_story_are_of_one_month() {
        // Of eleven lines the first is on all five pages and each page lacks two others: too few have those, and they
        // are what versions of one story would share.
        let version = |n: u64, day: Option<i64>| {
            let lines = (0..11)
                .filter(|line| *line == 0 || !(line + n).is_multiple_of(5))
                .map(|i| line(1000 * (i + 1), 12));
            ChromePage { day, ..page(1, &[lines.collect(), vec![line(100_000 * (n + 1), 30)]].concat()) }
        };
        let of_days = |day: fn(u64) -> Option<i64>| {
            let pages: Vec<ChromePage> = (0..5).map(|n| version(n, day(n))).collect();
            let chrome = learned(&pages, 5);
            pages.iter().filter(|page| marked(&chrome, page) >= 12).count()
        };
        assert_eq!(of_days(|n| Some(20_000 + 3 * n as i64)), 0, "days apart");
        assert_eq!(of_days(|_| None), 0, "at no known time");
        assert_eq!(of_days(|n| Some(20_000 + 60 * n as i64)), 5, "months apart");
        assert_eq!(of_days(|n| (n > 1).then_some(20_000 + 60 * n as i64)), 0, "some at no known time");
    }

    #[test]
    fn kept_chrome_is_the_same() {
        let pages: Vec<ChromePage> =
            (0..6).map(|n| page(7, &[line(0, 30), line(10_000 * (n + 1), 50)])).collect();
        let chrome = learned(&pages, 5);
        let (keys, sites) = chrome.sorted();
        let again = Chrome::of(keys, sites, false);
        assert!(!chrome.is_empty() && pages.iter().all(|page| marked(&again, page) == marked(&chrome, page)));
    }

    proptest! {
        /// Whatever pages print: learning a site at a time gives what the plain version gives.
        #[test]
        fn a_site_at_a_time_is_learned_what_all_together_teach(
            printed in proptest::collection::vec(
                (0u64..3, proptest::option::of(0i64..90), proptest::collection::vec((0u64..14, 4u64..20), 1..7)), 0..60,
            ),
            guessed in any::<bool>(),
        ) {
            let pages: Vec<ChromePage> = printed.iter().zip(0u64..).map(|((site, day, lines), number)| {
                let lines = lines.iter().map(|&(from, tokens)| line(1000 * (from + 1), tokens));
                let lines: Vec<Vec<u64>> = lines.chain([line(1_000_000 * (number + 1), 25)]).collect();
                ChromePage { day: *day, guessed: guessed && *site == 0, ..page(*site, &lines) }
            }).collect();
            learned(&pages, 5);
        }
    }
}
