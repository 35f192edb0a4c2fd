//! The plain version of learning chrome: all pages in memory, every list sorted.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::learn::{DAYS, GATHERED, GUESSED, SHARED, VERSION, VERSIONS, learn_from};
use super::{Chrome, ChromePages, ChromeSite, ChromeText, LEAST, Outline, learn};
use crate::error::Result;
use crate::model::hashed::Hashes;

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

/// Pages in memory, as sites.
struct Corpus<'a> {
    sites: Vec<ChromeSite>,
    pages: &'a [ChromePage],
}

impl Corpus<'_> {
    fn new(pages: &[ChromePage]) -> Corpus<'_> {
        let mut sites: BTreeMap<u64, ChromeSite> = BTreeMap::new();
        for (page, number) in pages.iter().zip(0..) {
            let new = ChromeSite { hash: page.site, guessed: page.guessed, pages: Vec::new(), tokens: 0 };
            let site = sites.entry(page.site).or_insert(new);
            site.pages.push(number);
            site.tokens += page.breaks.len() as u64;
        }
        Corpus { sites: sites.into_values().collect(), pages }
    }
}

impl ChromePages for Corpus<'_> {
    type Reader = ();

    fn sites(&self) -> &[ChromeSite] {
        &self.sites
    }

    fn reader(&self) {}

    fn read<'r>(&'r self, (): &'r mut (), page: u32) -> Result<Option<ChromeText<'r>>> {
        let ChromePage { shingles, breaks, day, .. } = &self.pages[page as usize];
        Ok(Some(ChromeText { shingles, breaks, day: *day }))
    }

    fn shingles<'r>(&'r self, (): &'r mut (), page: u32) -> Result<&'r [u64]> {
        Ok(&self.pages[page as usize].shingles)
    }
}

/// Chrome of shingles of `k` tokens, as all ways to learn it say.
pub fn learned(pages: &[ChromePage], k: usize) -> Chrome {
    let corpus = Corpus::new(pages);
    let slow = learn_slowly(pages, k);
    for chrome in [learn(&corpus, k), learn_from(&corpus, k)] {
        assert_eq!(chrome.expect("pages in memory are read").sorted(), slow.sorted());
    }
    slow
}

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
pub fn learn_slowly(pages: &[ChromePage], k: usize) -> Chrome {
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
