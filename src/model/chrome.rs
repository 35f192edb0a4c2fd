//! Chrome: what a site prints on many of its pages around whatever they say.
//!
//! A shingle is chrome of a site where several of its pages have it and few elsewhere do: counts of templates' lines
//! by site, as in Bar-Yossef and Rajagopalan, "Template detection via data mining and its applications", WWW 2002,
//! at the grain of shingles. Syndicated copy spreads over sites instead. A guard tells a story that grows on one site
//! from chrome: what its versions have besides is shared by the same documents, and those are of the same days.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::EVERY_SITE;
use super::hashed::Hashes;
use crate::hash::{MULTIPLIERS, avalanche, shingle_hash};

/// Documents of one site that have a shingle of chrome, at least.
pub const LEAST: usize = 5;

/// Share of the documents with a shingle of chrome that are of sites with so many, at least. Copy spreads over sites
/// a page or two each; the phrases of one publisher's chrome stand on many pages of each of its sites.
const GATHERED: f64 = 0.8;

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

    pub(super) fn may_contain(&self, at: u64, key: u64) -> bool {
        let word = self.0.get(at as usize & self.0.len().wrapping_sub(1));
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
        mark_pieces(k, shingles, breaks, |shingle| self.contains(site, shingle), marks)
    }
}

/// Marks tokens of shingles that are chrome, closes small gaps, and takes back what is too little, too much or too
/// scattered. `marks` holds what is chrome already. Returns whether any is marked.
fn mark_pieces(
    k: usize,
    shingles: &[u64],
    breaks: &[bool],
    is_chrome: impl Fn(u64) -> bool,
    marks: &mut [bool],
) -> bool {
    let tokens = marks.len();
    let mut any = marks.contains(&true);
    for (at, &shingle) in shingles.iter().enumerate() {
        if is_chrome(shingle) {
            marks[at..tokens.min(at + k)].fill(true);
            any = true;
        }
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

/// A page to learn chrome from.
#[derive(Debug, Clone)]
pub struct ChromePage {
    /// The hash of its site's name.
    pub site: u64,
    /// Whether its site is only guessed: then more of its pages have to agree.
    pub guessed: bool,
    /// Its shingles, in order.
    pub shingles: Vec<u64>,
    /// Of each token, whether it begins a line.
    pub breaks: Vec<bool>,
    /// The day of its date, counted from 1970, where it has one.
    pub day: Option<i64>,
}

/// Share of the pages of a guessed site that has its chrome, at least.
const GUESSED: f64 = 0.25;

/// Shingles outside chrome that two versions of one story share, at least.
const VERSION: usize = 3;

/// A page is one of several versions where it shares such shingles with this share of the pages that have its chrome.
const VERSIONS: f64 = 0.3;

/// Documents that a shingle outside chrome has at most, to count for the guard.
const SHARED: usize = 64;

/// Days between two versions of one story, at most. What a site prints for longer is no story.
const DAYS: i64 = 30;

/// A shingle and a page that has it, by its number among those of its site.
type Posting = (u64, u32);

/// The pages of one site, and what several of them have.
struct SitePages<'a> {
    /// Those without a date first, then by date.
    pages: Vec<&'a ChromePage>,
    /// Sorted and without repeats.
    postings: Vec<Posting>,
}

impl<'a> SitePages<'a> {
    fn new(mut pages: Vec<&'a ChromePage>) -> SitePages<'a> {
        pages.sort_by_key(|page| page.day);
        let postings = shared(&pages);
        SitePages { pages, postings }
    }

    /// The shingles that several pages have, each with those pages.
    fn lists(&self) -> impl Iterator<Item = &[Posting]> {
        self.postings.chunk_by(|a, b| a.0 == b.0).filter(|list| list.len() > 1)
    }

    /// Those that so many pages have that they may be chrome.
    fn frequent(&self) -> impl Iterator<Item = &[Posting]> {
        let guessed = self.pages.first().is_some_and(|page| page.guessed);
        let least = if guessed { GUESSED * self.pages.len() as f64 } else { 0.0 };
        self.lists().filter(move |list| list.len() >= LEAST && list.len() as f64 >= least)
    }

    fn hash(&self) -> u64 {
        self.pages.first().map_or(0, |page| page.site)
    }

    /// Of each page, which others may be versions of the same story by their dates.
    fn of_one_time(&self) -> Vec<OfOneTime> {
        let before =
            |day: i64| self.pages.partition_point(|page| page.day.is_none_or(|other| other < day)) as u32;
        let (undated, all) = (before(i64::MIN), self.pages.len() as u32);
        let of_page = |page: &&ChromePage| match page.day {
            None => OfOneTime { undated, dated: undated..all },
            Some(day) => OfOneTime {
                undated,
                dated: before(day.saturating_sub(DAYS))..before(day.saturating_add(DAYS + 1)),
            },
        };
        self.pages.iter().map(of_page).collect()
    }
}

/// Pages of a site, by their numbers: those without a date, and a range of those with one.
#[derive(Debug, Clone)]
struct OfOneTime {
    undated: u32,
    dated: Range<u32>,
}

impl OfOneTime {
    /// The ends of the two parts of a list that are among them.
    fn parts(&self, list: &[Posting]) -> (usize, Range<usize>) {
        let before = |page: u32| list.partition_point(|posting| posting.1 < page);
        (before(self.undated), before(self.dated.start)..before(self.dated.end))
    }

    /// How many of a list are among them. Logarithmic in the list.
    fn count(&self, list: &[Posting]) -> u32 {
        let (undated, dated) = self.parts(list);
        (undated + dated.len()) as u32
    }

    /// Those of a list that are among them.
    fn of<'l>(&self, list: &'l [Posting]) -> impl Iterator<Item = u32> + use<'l> {
        let (undated, dated) = self.parts(list);
        list[..undated].iter().chain(&list[dated]).map(|posting| posting.1)
    }
}

/// Learns chrome from pages: those of all sites that share frequent shingles. Time is that of sorting the shingles that
/// several pages of a site share.
pub fn learn(pages: &[ChromePage], k: usize) -> Chrome {
    let mut of_site: BTreeMap<u64, Vec<&ChromePage>> = BTreeMap::new();
    pages.iter().for_each(|page| of_site.entry(page.site).or_default().push(page));
    let sites: Vec<Vec<&ChromePage>> = of_site.into_values().collect();
    let sites: Vec<SitePages<'_>> = sites.into_par_iter().map(SitePages::new).collect();
    let gathered = gathered(pages, &sites);
    let mut first = Chrome::default();
    for site in &sites {
        let chosen = site.frequent().filter(|list| gathered.contains(&list[0].0));
        chosen.for_each(|list| first.insert(site.hash(), list[0].0));
    }
    let guarded: Vec<Vec<bool>> = sites.par_iter().map(|site| guarded(site, k, &first)).collect();
    let mut chrome = Chrome::default();
    for (site, guarded) in sites.iter().zip(&guarded) {
        for list in site.frequent().filter(|list| first.contains(site.hash(), list[0].0)) {
            let kept = list.iter().filter(|posting| !guarded[posting.1 as usize]).count();
            if 2 * kept >= list.len() {
                chrome.insert(site.hash(), list[0].0);
            }
        }
    }
    chrome
}

/// The shingles that several of these pages have, and few others, sorted and without repeats.
fn shared(pages: &[&ChromePage]) -> Vec<Posting> {
    let all: usize = pages.iter().map(|page| page.shingles.len()).sum();
    let slots = (all * 4).next_power_of_two().max(64);
    let slot = |shingle: u64| (shingle >> 8) as usize & (slots - 1);
    // By slot: the last page that had a shingle there, as few bits, and whether another had one before.
    let mut last = vec![0u8; slots];
    for (number, page) in pages.iter().enumerate() {
        let tag = (number % 127) as u8 + 1;
        for &shingle in &page.shingles {
            let seen = &mut last[slot(shingle)];
            if *seen == 0 {
                *seen = tag;
            } else if *seen != tag {
                *seen |= 128;
            }
        }
    }
    let mut postings: Vec<Posting> = Vec::new();
    for (number, page) in pages.iter().enumerate() {
        let of_page = page.shingles.iter().filter(|&&shingle| last[slot(shingle)] & 128 != 0);
        postings.extend(of_page.map(|&shingle| (shingle, number as u32)));
    }
    postings.sort_unstable();
    postings.dedup();
    postings
}

/// Frequent shingles that stand mostly on pages of sites where they are frequent.
fn gathered(pages: &[ChromePage], sites: &[SitePages<'_>]) -> Hashes {
    let mut frequent: Vec<(u64, u32)> =
        sites.iter().flat_map(SitePages::frequent).map(|list| (list[0].0, list.len() as u32)).collect();
    frequent.sort_unstable();
    let mut outline = Outline::for_keys(frequent.len());
    frequent.iter().for_each(|&(shingle, _)| outline.insert(shingle >> 6, shingle));
    let known: Vec<u64> = frequent.chunk_by(|a, b| a.0 == b.0).map(|same| same[0].0).collect();
    let of_page = |page: &ChromePage| {
        let mut own: Vec<u32> = page
            .shingles
            .iter()
            .filter(|&&shingle| outline.may_contain(shingle >> 6, shingle))
            .filter_map(|shingle| known.binary_search(shingle).ok().map(|at| at as u32))
            .collect();
        own.sort_unstable();
        own.dedup();
        own
    };
    let of_pages: Vec<Vec<u32>> = pages.par_iter().map(of_page).collect();
    let mut all = vec![0u32; known.len()];
    of_pages.iter().flatten().for_each(|&at| all[at as usize] += 1);
    let lists = frequent.chunk_by(|a, b| a.0 == b.0).zip(all);
    let gathered = lists.filter(|(same, all)| {
        let own: u32 = same.iter().map(|list| list.1).sum();
        f64::from(own) >= GATHERED * f64::from(*all)
    });
    gathered.map(|(same, _)| same[0].0).collect()
}

/// By page of a site: whether what seems to be its chrome is a story that the site prints in several versions, or all
/// of it.
fn guarded(site: &SitePages<'_>, k: usize, chrome: &Chrome) -> Vec<bool> {
    let (hash, pages) = (site.hash(), &site.pages);
    if !chrome.knows(hash) {
        return vec![false; pages.len()];
    }
    let mut marks = Vec::new();
    // Of each page: whether all of it seems to be chrome, whether some of it is, and its shingles there that go over the
    // end of a line. Where a line is missing here and there they are rare, and chrome all the same.
    let mut mark = |page: &&ChromePage| {
        let seems = page.shingles.iter().any(|&shingle| chrome.contains(hash, shingle));
        let marked = seems && chrome.mark((hash, k), &[], &page.shingles, &page.breaks, &mut marks);
        let mut over: Vec<u64> = Vec::new();
        if marked {
            let places = page.shingles.iter().zip(marks.windows(k).zip(page.breaks.windows(k)));
            let goes_over =
                |marks: &[bool], breaks: &[bool]| !marks.contains(&false) && breaks[1..].contains(&true);
            over.extend(
                places.filter(|(_, (marks, breaks))| goes_over(marks, breaks)).map(|(&shingle, _)| shingle),
            );
            over.sort_unstable();
        }
        (seems && !marked, (marked, over))
    };
    let (all, some): (Vec<bool>, Vec<(bool, Vec<u64>)>) = pages.iter().map(&mut mark).unzip();
    let of_one_time = site.of_one_time();
    // By page, among those of its time: in how many each of its shingles of chrome is, and with which it shares others.
    let mut counts: Vec<Vec<u32>> = vec![Vec::new(); pages.len()];
    let mut partners: Vec<Vec<u32>> = vec![Vec::new(); pages.len()];
    for list in site.lists() {
        let is_chrome = chrome.contains(hash, list[0].0);
        for &(shingle, page) in list.iter().filter(|posting| some[posting.1 as usize].0) {
            let over = || some[page as usize].1.binary_search(&shingle).is_ok();
            let of_one_time = &of_one_time[page as usize];
            if is_chrome {
                counts[page as usize].push(of_one_time.count(list));
            } else if list.len() <= SHARED && !over() {
                partners[page as usize].extend(of_one_time.of(list).filter(|&other| other != page));
            }
        }
    }
    let of_versions = |(counts, partners): (&mut Vec<u32>, &mut Vec<u32>)| {
        counts.sort_unstable();
        partners.sort_unstable();
        let median = f64::from(counts.get(counts.len() / 2).copied().unwrap_or_default());
        let with = partners.chunk_by(|a, b| a == b).filter(|same| same.len() >= VERSION).count();
        with > 0 && with as f64 >= VERSIONS * (median - 1.0)
    };
    let versions = counts.iter_mut().zip(&mut partners).map(of_versions);
    versions.zip(all).map(|(versions, all)| versions || all).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let chrome = learn(&pages, 5);
        assert_eq!(marked(&chrome, &pages[0]), 27);
        assert!(pages[8..].iter().all(|page| marked(&chrome, page) == 0));
    }

    #[test]
    fn a_title_in_the_midst_of_a_line_is_no_chrome_and_a_line_as_short_is() {
        let own = |n: u64, from: u64, len: u64| line(10_000 * (n + 1) + from, len);
        let amidst = |n: u64| [own(n, 0, 20), line(0, 9), own(n, 50, 20)].concat();
        let pages: Vec<ChromePage> = (0..8).map(|n| page(1, &[amidst(n), line(500, 9)])).collect();
        let chrome = learn(&pages, 5);
        assert!(pages.iter().all(|page| marked(&chrome, page) == 9));
    }

    #[test]
    fn a_story_that_grows_on_one_site_is_no_chrome() {
        let version =
            |n: u64| page(1, &(0..=n).map(|part| line(10_000 * (part + 1), 40)).collect::<Vec<_>>());
        let pages: Vec<ChromePage> = (0..9).map(version).collect();
        let chrome = learn(&pages, 5);
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
        let chrome = learn(&pages, 5);
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
        let learned = |day: fn(u64) -> Option<i64>| {
            let pages: Vec<ChromePage> = (0..5).map(|n| version(n, day(n))).collect();
            let chrome = learn(&pages, 5);
            pages.iter().filter(|page| marked(&chrome, page) >= 12).count()
        };
        assert_eq!(learned(|n| Some(20_000 + 3 * n as i64)), 0, "days apart");
        assert_eq!(learned(|_| None), 0, "at no known time");
        assert_eq!(learned(|n| Some(20_000 + 60 * n as i64)), 5, "months apart");
        assert_eq!(learned(|n| (n > 1).then_some(20_000 + 60 * n as i64)), 0, "some at no known time");
    }

    #[test]
    fn kept_chrome_is_the_same() {
        let pages: Vec<ChromePage> =
            (0..6).map(|n| page(7, &[line(0, 30), line(10_000 * (n + 1), 50)])).collect();
        let chrome = learn(&pages, 5);
        let (keys, sites) = chrome.sorted();
        let again = Chrome::of(keys, sites, false);
        assert!(!chrome.is_empty() && pages.iter().all(|page| marked(&again, page) == marked(&chrome, page)));
    }
}
