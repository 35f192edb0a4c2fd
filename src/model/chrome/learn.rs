//! Learning chrome: a site at a time, so that memory grows with what the pages of a site share, and not with their texts.

use std::ops::Range;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use bitvec::prelude::*;
use rayon::prelude::*;

use super::{Chrome, LEAST, Outline, mark_pieces};
use crate::error::Result;
use crate::model::hashed::{ByHash, Hashes};
use crate::rows::Grouped;

/// Share of the documents with a shingle of chrome that are of sites with so many, at least. Copy spreads over sites
/// a page or two each; the phrases of one publisher's chrome stand on many pages of each of its sites.
pub(super) const GATHERED: f64 = 0.8;

/// Share of the pages of a guessed site that has its chrome, at least.
pub(super) const GUESSED: f64 = 0.25;

/// Shingles outside chrome that two versions of one story share, at least.
pub(super) const VERSION: usize = 3;

/// A page is one of several versions where it shares such shingles with this share of the pages that have its chrome.
pub(super) const VERSIONS: f64 = 0.3;

/// Documents that a shingle outside chrome has at most, to count for the guard.
pub(super) const SHARED: usize = 64;

/// Days between two versions of one story, at most. What a site prints for longer is no story.
pub(super) const DAYS: i64 = 30;

/// Tokens of all pages up to which their texts are kept while chrome is learned, as 9 bytes each: other pages are read
/// a second time.
const HELD: u64 = 1 << 21;

/// Tokens of a site from which its pages are read by all threads; smaller sites are read side by side.
const LARGE: u64 = 1 << 18;

/// A site, and the pages of it that chrome is learned from.
#[derive(Debug, Clone)]
pub struct ChromeSite {
    /// The hash of its name.
    pub hash: u64,
    /// Whether it is only guessed that these pages are of one site: then more of them have to agree.
    pub guessed: bool,
    /// Their numbers.
    pub pages: Vec<u32>,
    /// Tokens of them all.
    pub tokens: u64,
}

/// A page that was read.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChromeText<'a> {
    /// Its shingles, in order.
    pub shingles: &'a [u64],
    /// Of each token, whether it begins a line.
    pub breaks: &'a [bool],
    /// The day of its date, counted from 1970, where it has one.
    pub day: Option<i64>,
}

/// The pages that chrome is learned from, which may be read several times, in any order, by many threads.
pub trait ChromePages: Sync {
    /// Memory of one thread.
    type Reader;

    /// The sites, each once.
    fn sites(&self) -> &[ChromeSite];

    /// Memory to read with.
    fn reader(&self) -> Self::Reader;

    /// Says that these pages are read next.
    fn ahead(&self, _pages: &[u32]) {}

    /// Reads a page; none where it is no longer what it was.
    ///
    /// # Errors
    /// Those that end the run, such as its being cancelled.
    fn read<'r>(&'r self, reader: &'r mut Self::Reader, page: u32) -> Result<Option<ChromeText<'r>>>;

    /// The shingles of a page alone; none where it is no longer what it was.
    ///
    /// # Errors
    /// As of [`ChromePages::read`].
    fn shingles<'r>(&'r self, reader: &'r mut Self::Reader, page: u32) -> Result<&'r [u64]>;
}

/// Learns chrome from pages, whose shingles have `k` tokens. Reads each page once or twice. Time is linear in tokens; memory
/// is that of the pages of one site for each thread, and 12 bytes for each stretch of text that several pages of a site
/// share. The answer depends neither on the order of sites nor on the number of threads; it runs on the current pool.
///
/// # Errors
/// Those of `pages`.
pub fn learn<P: ChromePages>(pages: &P, k: usize) -> Result<Chrome> {
    if pages.sites().iter().map(|site| site.tokens).sum::<u64>() > HELD {
        return learn_from(pages, k);
    }
    learn_from(&Held::of(pages)?, k)
}

pub(super) fn learn_from<P: ChromePages>(pages: &P, k: usize) -> Result<Chrome> {
    let sites = sites(pages)?;
    let gathered = gathered(pages, &sites)?;
    let kept = |site: &SiteLists| -> Vec<u64> {
        let mut chosen = vec![false; site.lists.len()];
        let frequent = site.frequent().filter(|&list| gathered.contains(&site.lists[list].shingle));
        frequent.for_each(|list| chosen[list] = true);
        if !chosen.contains(&true) {
            return Vec::new();
        }
        let of_lists = site.pages_of_lists();
        let guarded = guarded(site, (k, &of_lists), &chosen);
        let is_kept = |list: &usize| {
            let pages = of_lists.of(*list as u32);
            2 * pages.iter().filter(|&&page| !guarded[page as usize]).count() >= pages.len()
        };
        let kept = (0..chosen.len()).filter(|&list| chosen[list]).filter(is_kept);
        kept.map(|list| site.lists[list].shingle).collect()
    };
    let kept: Vec<Vec<u64>> = sites.par_iter().map(kept).collect();
    let mut chrome = Chrome::default();
    for (site, shingles) in sites.iter().zip(kept) {
        shingles.into_iter().for_each(|shingle| chrome.insert(site.hash, shingle));
    }
    Ok(chrome)
}

/// What several pages of one site have.
struct SiteLists {
    hash: u64,
    guessed: bool,
    /// Those without a date first, then by date.
    pages: Vec<SitePage>,
    /// Of each token of a page, whether it begins a line: page after page.
    breaks: BitVec,
    /// What each page shares with others: page after page.
    shared: Vec<Stretch>,
    /// The shingles that several pages have, in the order in which the pages have them.
    lists: Vec<List>,
}

/// A shingle that several pages have.
struct List {
    shingle: u64,
    /// How many.
    pages: u32,
}

/// What is kept of a page.
struct SitePage {
    day: Option<i64>,
    /// Where its tokens and its stretches stand among those of the site.
    breaks: Range<usize>,
    shared: Range<usize>,
}

/// Shingles in a row, from place `at` on, that are those of lists in a row.
#[derive(Clone, Copy)]
struct Stretch {
    at: u32,
    list: u32,
    len: u32,
}

/// Day, breaks and shingles of a page.
type PageText = (Option<i64>, Box<[bool]>, Box<[u64]>);

impl SiteLists {
    /// Of the texts of its pages.
    fn new(site: &ChromeSite, mut pages: Vec<PageText>) -> SiteLists {
        pages.sort_by_key(|(day, ..)| *day);
        let again = SharedShingles::of(pages.iter().map(|(.., shingles)| &**shingles));
        // By shingle that may be shared: its number. By number: the shingle, how many pages have it, and the last one.
        let mut numbers: ByHash<u32> = ByHash::default();
        let mut counted: Vec<(List, usize)> = Vec::new();
        for (page, (.., shingles)) in pages.iter().enumerate() {
            for &shingle in shingles.iter().filter(|&&shingle| again.may_contain(shingle)) {
                let number = *numbers.entry(shingle).or_insert(counted.len() as u32) as usize;
                match counted.get_mut(number) {
                    None => counted.push((List { shingle, pages: 1 }, page)),
                    Some((_, last)) if *last == page => {}
                    Some((list, last)) => (list.pages, *last) = (list.pages + 1, page),
                }
            }
        }
        // Those that one page has alone are none.
        let mut kept = 0;
        let renumbered: Vec<Option<u32>> = counted
            .iter()
            .map(|(list, _)| {
                (list.pages > 1).then(|| {
                    kept += 1;
                    kept - 1
                })
            })
            .collect();
        let (mut breaks, mut stretches) = (BitVec::new(), Vec::<Stretch>::new());
        let mut page = |(day, of_tokens, shingles): PageText| {
            let first = (breaks.len(), stretches.len());
            breaks.extend(of_tokens.iter().copied());
            for (at, shingle) in
                shingles.iter().enumerate().filter(|(_, shingle)| again.may_contain(**shingle))
            {
                let number = numbers.get(shingle).and_then(|&number| renumbered[number as usize]);
                let Some(list) = number else { continue };
                match stretches[first.1..].last_mut() {
                    Some(Stretch { at: start, list: first, len })
                        if *start + *len == at as u32 && *first + *len == list =>
                    {
                        *len += 1;
                    }
                    _ => stretches.push(Stretch { at: at as u32, list, len: 1 }),
                }
            }
            SitePage { day, breaks: first.0..breaks.len(), shared: first.1..stretches.len() }
        };
        let pages = pages.into_iter().map(&mut page).collect();
        let mut lists: Vec<List> =
            counted.into_iter().map(|(list, _)| list).filter(|list| list.pages > 1).collect();
        // All sites are held together: no more memory than they take.
        lists.shrink_to_fit();
        stretches.shrink_to_fit();
        breaks.shrink_to_fit();
        let (hash, guessed) = (site.hash, site.guessed);
        SiteLists { hash, guessed, pages, breaks, shared: stretches, lists }
    }

    /// Places of a page's shingles that other pages have, with their lists.
    fn places(&self, page: &SitePage) -> impl Iterator<Item = (usize, usize)> + '_ {
        let of = |stretch: &Stretch| {
            let (at, list) = (stretch.at as usize, stretch.list as usize);
            (0..stretch.len as usize).map(move |i| (at + i, list + i))
        };
        self.shared[page.shared.clone()].iter().flat_map(of)
    }

    /// The numbers of lists that so many pages have that they may be chrome.
    fn frequent(&self) -> impl Iterator<Item = usize> + '_ {
        let of_guessed = if self.guessed { GUESSED * self.pages.len() as f64 } else { 0.0 };
        let least = (LEAST as f64).max(of_guessed);
        (0..self.lists.len()).filter(move |&list| f64::from(self.lists[list].pages) >= least)
    }

    /// The pages of each list, ascending.
    fn pages_of_lists(&self) -> Grouped {
        let mut had = vec![u32::MAX; self.lists.len()];
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for (page, number) in self.pages.iter().zip(0u32..) {
            for (_, list) in self.places(page) {
                if std::mem::replace(&mut had[list], number) != number {
                    pairs.push((list as u32, number));
                }
            }
        }
        Grouped::new(self.lists.len(), pairs.iter().copied())
    }

    /// Of each page, which others may be versions of the same story by their dates.
    fn of_one_time(&self) -> Vec<OfOneTime> {
        let before =
            |day: i64| self.pages.partition_point(|page| page.day.is_none_or(|other| other < day)) as u32;
        let (undated, all) = (before(i64::MIN), self.pages.len() as u32);
        let of_page = |page: &SitePage| match page.day {
            None => OfOneTime { undated, dated: undated..all },
            Some(day) => OfOneTime {
                undated,
                dated: before(day.saturating_sub(DAYS))..before(day.saturating_add(DAYS + 1)),
            },
        };
        self.pages.iter().map(of_page).collect()
    }
}

/// Which shingles several of some pages have: all that do, and by chance a few others.
struct SharedShingles {
    /// By slot: the last page that had a shingle there, as few bits, and whether another had one before. A power of two.
    last: Vec<u8>,
}

impl SharedShingles {
    fn of<'a>(pages: impl Iterator<Item = &'a [u64]> + Clone) -> SharedShingles {
        let all: usize = pages.clone().map(<[u64]>::len).sum();
        let mut shared = SharedShingles { last: vec![0; (all * 4).next_power_of_two().max(64)] };
        for (number, shingles) in pages.enumerate() {
            let tag = (number % 127) as u8 + 1;
            for &shingle in shingles {
                let slot = shared.slot(shingle);
                let seen = &mut shared.last[slot];
                if *seen == 0 {
                    *seen = tag;
                } else if *seen != tag {
                    *seen |= 128;
                }
            }
        }
        shared
    }

    fn slot(&self, shingle: u64) -> usize {
        (shingle >> 8) as usize & (self.last.len() - 1)
    }

    fn may_contain(&self, shingle: u64) -> bool {
        self.last[self.slot(shingle)] & 128 != 0
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
    fn parts(&self, list: &[u32]) -> (usize, Range<usize>) {
        let before = |page: u32| list.partition_point(|&other| other < page);
        (before(self.undated), before(self.dated.start)..before(self.dated.end))
    }

    /// How many of a list are among them. Logarithmic in the list.
    fn count(&self, list: &[u32]) -> u32 {
        let (undated, dated) = self.parts(list);
        (undated + dated.len()) as u32
    }

    /// Those of a list that are among them.
    fn of<'l>(&self, list: &'l [u32]) -> impl Iterator<Item = u32> + use<'l> {
        let (undated, dated) = self.parts(list);
        list[..undated].iter().chain(&list[dated]).copied()
    }
}

/// What the pages of each site share: of large sites one after the other, of others side by side.
fn sites<P: ChromePages>(pages: &P) -> Result<Vec<SiteLists>> {
    let is_large = |site: &&ChromeSite| site.tokens >= LARGE;
    let mut all = Vec::new();
    for site in pages.sites().iter().filter(is_large) {
        let read = |reader: &mut P::Reader, &page: &u32| read(pages, reader, page);
        pages.ahead(&site.pages);
        let texts: Vec<_> = site.pages.par_iter().map_init(|| pages.reader(), read).collect::<Result<_>>()?;
        all.push(SiteLists::new(site, texts.into_iter().flatten().collect()));
    }
    let small: Vec<&ChromeSite> = pages.sites().iter().filter(|site| !is_large(site)).collect();
    let of_site = |reader: &mut P::Reader, site: &&ChromeSite| {
        pages.ahead(&site.pages);
        let texts = site.pages.iter().map(|&page| read(pages, reader, page));
        let texts: Vec<_> = texts.collect::<Result<_>>()?;
        Ok(SiteLists::new(site, texts.into_iter().flatten().collect()))
    };
    let small = small.par_iter().map_init(|| pages.reader(), of_site);
    all.extend(small.collect::<Result<Vec<SiteLists>>>()?);
    all.sort_by_key(|site| site.hash);
    Ok(all)
}

fn read<P: ChromePages>(pages: &P, reader: &mut P::Reader, page: u32) -> Result<Option<PageText>> {
    let text = pages.read(reader, page)?;
    Ok(text.map(|text| (text.day, text.breaks.into(), text.shingles.into())))
}

/// Pages that are asked for together.
const TOGETHER: usize = 64;

/// Frequent shingles that stand mostly on pages of sites where they are frequent.
fn gathered<P: ChromePages>(pages: &P, sites: &[SiteLists]) -> Result<Hashes> {
    let frequent = || {
        sites
            .iter()
            .flat_map(|site| site.frequent().map(|list| (site.lists[list].shingle, site.lists[list].pages)))
    };
    if sites.len() == 1 {
        return Ok(frequent().map(|(shingle, _)| shingle).collect());
    }
    // By shingle: its number, and by that on how many pages of sites where it is frequent.
    let mut known: ByHash<u32> = ByHash::default();
    let mut own: Vec<u32> = Vec::new();
    for (shingle, pages) in frequent() {
        let number = *known.entry(shingle).or_insert(own.len() as u32) as usize;
        match own.get_mut(number) {
            None => own.push(pages),
            Some(own) => *own += pages,
        }
    }
    let mut outline = Outline::for_keys(known.len());
    known.keys().for_each(|&shingle| outline.insert(shingle >> 6, shingle));
    let all: Vec<AtomicU32> = own.iter().map(|_| AtomicU32::new(0)).collect();
    let mut numbers: Vec<u32> = pages.sites().iter().flat_map(|site| &site.pages).copied().collect();
    // As they stand on disk.
    numbers.sort_unstable();
    numbers.par_chunks(TOGETHER).try_for_each_init(
        || (pages.reader(), Vec::new()),
        |(reader, of_page), together| -> Result<()> {
            pages.ahead(together);
            for &page in together {
                let shingles = pages.shingles(reader, page)?.iter();
                of_page.clear();
                let may_be = shingles.filter(|&&shingle| outline.may_contain(shingle >> 6, shingle));
                of_page.extend(may_be.filter_map(|shingle| known.get(shingle).copied()));
                of_page.sort_unstable();
                of_page.dedup();
                of_page.iter().for_each(|&number| {
                    all[number as usize].fetch_add(1, Relaxed);
                });
            }
            Ok(())
        },
    )?;
    let is_gathered = |&(_, &number): &(&u64, &u32)| {
        let (own, all) = (own[number as usize], all[number as usize].load(Relaxed));
        f64::from(own) >= GATHERED * f64::from(all)
    };
    Ok(known.iter().filter(is_gathered).map(|(&shingle, _)| shingle).collect())
}

/// By page of a site: whether what seems to be its chrome, given by list, is a story that the site prints in several
/// versions, or all of it.
fn guarded(site: &SiteLists, (k, of_lists): (usize, &Grouped), chrome: &[bool]) -> Vec<bool> {
    let (mut marks, mut breaks) = (Vec::new(), Vec::new());
    // Of each page: whether all of it seems to be chrome, whether some of it is, and its lists there that go over the end
    // of a line. Where a line is missing here and there they are rare, and chrome all the same.
    let mut mark = |page: &SitePage| {
        let mut places = site.places(page).filter(|&(_, list)| chrome[list]).map(|(at, _)| at).peekable();
        let seems = places.peek().is_some();
        breaks.clear();
        breaks.extend(site.breaks[page.breaks.clone()].iter().by_vals());
        marks.clear();
        marks.resize(breaks.len(), false);
        let marked = seems && mark_pieces(k, places, &breaks, &mut marks);
        let mut over: Vec<u32> = Vec::new();
        if marked {
            let goes_over = |&(at, _): &(usize, usize)| {
                let (marks, breaks) = (marks.get(at..at + k), breaks.get(at + 1..at + k));
                marks.is_some_and(|marks| !marks.contains(&false))
                    && breaks.is_some_and(|breaks| breaks.contains(&true))
            };
            over.extend(site.places(page).filter(goes_over).map(|(_, list)| list as u32));
            over.sort_unstable();
        }
        (seems && !marked, (marked, over))
    };
    let (all, some): (Vec<bool>, Vec<(bool, Vec<u32>)>) = site.pages.iter().map(&mut mark).unzip();
    let of_one_time = site.of_one_time();
    // By page, among those of its time: in how many each of its shingles of chrome is, and with which it shares others.
    let mut counts: Vec<Vec<u32>> = vec![Vec::new(); site.pages.len()];
    let mut partners: Vec<Vec<u32>> = vec![Vec::new(); site.pages.len()];
    for (number, &is_chrome) in chrome.iter().enumerate() {
        let list = of_lists.of(number as u32);
        for &page in list.iter().filter(|&&page| some[page as usize].0) {
            let over = || some[page as usize].1.binary_search(&(number as u32)).is_ok();
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

/// Pages in memory.
struct Held {
    sites: Vec<ChromeSite>,
    /// By number.
    pages: Vec<Option<PageText>>,
}

impl Held {
    fn of<P: ChromePages>(pages: &P) -> Result<Held> {
        let wanted: Vec<u32> = pages.sites().iter().flat_map(|site| &site.pages).copied().collect();
        let read = |reader: &mut P::Reader, &page: &u32| read(pages, reader, page);
        let texts: Vec<Option<PageText>> =
            wanted.par_iter().map_init(|| pages.reader(), read).collect::<Result<_>>()?;
        let mut number = 0u32;
        let mut renumbered = |site: &ChromeSite| {
            let first = number;
            number += site.pages.len() as u32;
            ChromeSite { pages: (first..number).collect(), ..site.clone() }
        };
        Ok(Held { sites: pages.sites().iter().map(&mut renumbered).collect(), pages: texts })
    }
}

impl ChromePages for Held {
    type Reader = ();

    fn sites(&self) -> &[ChromeSite] {
        &self.sites
    }

    fn reader(&self) {}

    fn read<'r>(&'r self, (): &'r mut (), page: u32) -> Result<Option<ChromeText<'r>>> {
        let of = |(day, breaks, shingles): &'r PageText| ChromeText { shingles, breaks, day: *day };
        Ok(self.pages[page as usize].as_ref().map(of))
    }

    fn shingles<'r>(&'r self, reader: &'r mut (), page: u32) -> Result<&'r [u64]> {
        Ok(self.read(reader, page)?.unwrap_or_default().shingles)
    }
}
