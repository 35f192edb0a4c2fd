//! Chrome: what a site prints on many of its pages around whatever they say.
//!
//! A shingle is chrome of a site where several of its pages have it and few elsewhere do: counts of templates' lines
//! by site, as in Bar-Yossef and Rajagopalan, "Template detection via data mining and its applications", WWW 2002,
//! at the grain of shingles. Syndicated copy spreads over sites instead. A guard tells a story that grows on one site
//! from chrome: what its versions have besides is shared by the same documents.

use super::hashed::Hashes;
use crate::hash::avalanche;

/// Documents of one site that have a shingle of chrome, at least.
pub const LEAST: usize = 5;

/// Share of the documents with a shingle of chrome that are of sites with so many, at least. Copy spreads over sites
/// a page or two each; the phrases of one publisher's chrome stand on many pages of each of its sites.
const GATHERED: f64 = 0.8;

/// Tokens between two pieces of chrome that belong to it.
const CLOSED: usize = 3;

/// Tokens of a piece of chrome, at least.
const PIECE: usize = 8;

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
}

/// The bits of a shingle that postings keep.
const SHINGLE: u64 = (1 << 40) - 1;

fn key(site: u64, shingle: u64) -> u64 {
    avalanche((shingle & SHINGLE) ^ site.rotate_left(17))
}

impl Chrome {
    /// Adds a shingle of a site's chrome.
    pub fn insert(&mut self, site: u64, shingle: u64) {
        self.keys.insert(key(site, shingle));
        self.sites.insert(site);
    }

    /// Whether a shingle is chrome of a site, by the low 40 bits of it. Sites are hashes of their names.
    pub fn contains(&self, site: u64, shingle: u64) -> bool {
        self.keys.contains(&key(site, shingle))
    }

    /// Whether anything is chrome of a site.
    pub fn knows(&self, site: u64) -> bool {
        self.sites.contains(&site)
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

    pub(super) fn of(keys: Vec<u64>, sites: Vec<u64>) -> Chrome {
        Chrome { keys: keys.into_iter().collect(), sites: sites.into_iter().collect() }
    }

    /// Marks the chrome among a page's tokens, given its shingles of `k` tokens in order. Returns whether any is.
    /// `breaks` says of each token whether it begins a line.
    pub fn mark(&self, site: u64, k: usize, shingles: &[u64], breaks: &[bool], marks: &mut Vec<bool>) -> bool {
        marks.clear();
        marks.resize(breaks.len(), false);
        self.knows(site) && mark_pieces(k, shingles, breaks, |shingle| self.contains(site, shingle), marks)
    }
}

/// Marks tokens of shingles that are chrome, closes small gaps, and takes back what is too little, too much or too
/// scattered. `marks` holds false for every token. Returns whether any is marked.
fn mark_pieces(
    k: usize,
    shingles: &[u64],
    breaks: &[bool],
    is_chrome: impl Fn(u64) -> bool,
    marks: &mut [bool],
) -> bool {
    let tokens = marks.len();
    for (at, &shingle) in shingles.iter().enumerate() {
        if is_chrome(shingle) {
            marks[at..tokens.min(at + k)].fill(true);
        }
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
        let lines = breaks[piece.0] && breaks.get(piece.1).is_none_or(|&begins| begins);
        if len < PIECE && !lines {
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
pub struct Page {
    /// The hash of its site's name.
    pub site: u64,
    /// Whether its site is only guessed: then more of its pages have to agree.
    pub guessed: bool,
    /// Its shingles, in order.
    pub shingles: Vec<u64>,
    /// Of each token, whether it begins a line.
    pub breaks: Vec<bool>,
}

/// Share of the pages of a guessed site that has its chrome, at least.
const GUESSED: f64 = 0.25;

/// Documents of a site that a shingle outside chrome has at most, to count for the guard.
const SHARED: usize = 64;

/// Learns chrome from pages: those of all sites that share frequent shingles. Time is that of sorting all shingles.
pub fn learn(pages: &[Page], k: usize) -> Chrome {
    let mut postings: Vec<(u64, u32)> = Vec::with_capacity(pages.iter().map(|page| page.shingles.len()).sum());
    for (number, page) in pages.iter().enumerate() {
        postings.extend(page.shingles.iter().map(|&shingle| (shingle, number as u32)));
    }
    use rayon::prelude::*;
    postings.par_sort_unstable();
    postings.dedup();
    let mut of_site: std::collections::BTreeMap<u64, usize> = std::collections::BTreeMap::new();
    pages.iter().for_each(|page| *of_site.entry(page.site).or_default() += 1);
    let mut first = Chrome::default();
    let mut sites: Vec<u64> = Vec::new();
    let mut chosen: Vec<(u64, u64, &[(u64, u32)])> = Vec::new();
    for list in postings.chunk_by(|a, b| a.0 == b.0).filter(|list| list.len() >= LEAST) {
        sites.clear();
        sites.extend(list.iter().map(|posting| pages[posting.1 as usize].site));
        sites.sort_unstable();
        let groups = || sites.chunk_by(|a, b| a == b).filter(|same| same.len() >= LEAST);
        let gathered: usize = groups().map(<[u64]>::len).sum();
        if (gathered as f64) < GATHERED * list.len() as f64 {
            continue;
        }
        for same in groups() {
            let page = list.iter().map(|posting| &pages[posting.1 as usize]).find(|page| page.site == same[0]);
            let guessed = page.is_some_and(|page| page.guessed);
            if !guessed || same.len() as f64 >= GUESSED * of_site[&same[0]] as f64 {
                first.insert(same[0], list[0].0);
                chosen.push((same[0], list[0].0, list));
            }
        }
    }
    let guarded = guarded(pages, k, &first, &postings);
    let mut chrome = Chrome::default();
    for (site, shingle, list) in chosen {
        let own = list.iter().filter(|posting| pages[posting.1 as usize].site == site);
        let (all, kept) = own.fold((0, 0), |(all, kept), posting| {
            (all + 1, kept + usize::from(!guarded[posting.1 as usize]))
        });
        if 2 * kept >= all {
            chrome.insert(site, shingle);
        }
    }
    chrome
}

/// By page: whether what seems to be its chrome is a story that its site prints in several versions, or all of it.
fn guarded(pages: &[Page], k: usize, chrome: &Chrome, postings: &[(u64, u32)]) -> Vec<bool> {
    use rayon::prelude::*;
    let list_of = |shingle: u64| {
        let from = postings.partition_point(|posting| posting.0 < shingle);
        let list = &postings[from..];
        &list[..list.iter().take_while(|posting| posting.0 == shingle).count()]
    };
    pages
        .par_iter()
        .enumerate()
        .map_init(
            || (Vec::new(), Vec::new()),
            |(marks, partners), (number, page)| {
                if !chrome.knows(page.site) {
                    return false;
                }
                let seems = page.shingles.iter().any(|&shingle| chrome.contains(page.site, shingle));
                if !seems {
                    return false;
                }
                if !chrome.mark(page.site, k, &page.shingles, &page.breaks, marks) {
                    return true;
                }
                let (mut counts, mut seen) = (Vec::new(), Hashes::default());
                partners.clear();
                for &shingle in page.shingles.iter().filter(|&&shingle| seen.insert(shingle)) {
                    let list = list_of(shingle);
                    let own = list.iter().filter(|posting| pages[posting.1 as usize].site == page.site);
                    if chrome.contains(page.site, shingle) {
                        counts.push(own.count());
                    } else if (2..=SHARED).contains(&list.len()) {
                        partners.extend(own.map(|posting| posting.1).filter(|&other| other != number as u32));
                    }
                }
                counts.sort_unstable();
                partners.sort_unstable();
                let median = counts.get(counts.len() / 2).copied().unwrap_or_default();
                let with = partners.chunk_by(|a, b| a == b).filter(|same| same.len() >= 3).count();
                with as f64 >= 0.3 * (median as f64 - 1.0) && with > 0
            },
        )
        .collect()
}
