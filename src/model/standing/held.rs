//! What several pages of a corpus print, in memory: their shingles by number.
//!
//! Shingles are numbered as they come. What is printed again was numbered in a row when it first came, so that a page is a few
//! runs of numbers that follow one another, however long the passages are that it shares: some 5 bytes a run, where each shingle
//! and its place would take 12. It is the dictionary of Ziv and Lempel, "Compression of individual sequences via variable-rate
//! coding" (1978), over shingles. Which number a shingle gets depends on who came first; nothing that is counted does.

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::atomic::{
    AtomicBool, AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use rayon::prelude::*;

use super::learn::{PageText, Pages};
use crate::error::{Error, Result};
use crate::kernel::prefetch;
use crate::leb128;
use crate::mmap::heap;
use crate::model::hashed::CameAgain;

/// Tokens of a corpus up to which every shingle is numbered, which takes 14 bytes each: its pages are read once. Of larger corpora
/// those are numbered that seem to come again, and pages are read twice.
const ALL_NUMBERED: u64 = 1 << 20;

/// Pages whose runs stand side by side: a list for each page would take as much memory again.
const BUNDLE: u32 = 256;

/// Numbers that a thread takes at once: what it numbers then stands in a row whatever others do meanwhile.
const BLOCK: u32 = 128;

/// An odd number that moves the lower bits of a shingle to its higher ones: 2^64 over the golden ratio.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// How many shingles ahead memory is asked for.
const AHEAD: usize = 16;

/// Shingles of a page in a row whose numbers follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Where the first of them stands in the page.
    pub at: u32,
    /// Its number.
    pub first: u32,
    /// How many they are.
    pub count: u32,
}

impl Run {
    /// The numbers of its shingles.
    pub fn numbers(&self) -> Range<u32> {
        self.first..self.first + self.count
    }
}

/// A page that is held.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeldPage<'a> {
    pub tokens: u32,
    pub noisy: bool,
    /// The day of its date, where it has one.
    pub day: Option<i32>,
    /// Whether some of its shingles that are held stand in it more than once.
    pub repeats: bool,
    /// Its runs as they are kept.
    kept: KeptRuns<'a>,
}

impl<'a> HeldPage<'a> {
    /// What it may have in common with others, in order.
    pub fn runs(&self) -> impl Iterator<Item = Run> + use<'a> {
        self.kept
    }

    /// How many of its shingles are held.
    pub fn places(&self) -> u64 {
        self.runs().map(|run| u64::from(run.count)).sum()
    }
}

/// Runs of a page as they are kept, three numbers each: how far behind the one before it a run stands, how far from the number that
/// would follow its first one is, and its shingles.
#[derive(Debug, Clone, Copy)]
struct KeptRuns<'a> {
    bytes: &'a [u8],
    /// Behind the run before.
    at: u32,
    number: u32,
}

impl Iterator for KeptRuns<'_> {
    type Item = Run;

    #[inline]
    fn next(&mut self) -> Option<Run> {
        let at = self.at + leb128::read(&mut self.bytes)?;
        let apart = leb128::read(&mut self.bytes)?;
        // The lowest bit says which way ("zigzag").
        let first = self.number.wrapping_add(apart >> 1 ^ (apart & 1).wrapping_neg());
        let count = leb128::read(&mut self.bytes)?;
        (self.at, self.number) = (at + count, first.wrapping_add(count));
        Some(Run { at, first, count })
    }
}

/// Appends runs of a page, as [`KeptRuns`] reads them.
fn keep(runs: &[Run], bytes: &mut Vec<u8>) {
    let (mut at, mut number) = (0, 0u32);
    for run in runs {
        let apart = run.first.wrapping_sub(number) as i32;
        leb128::write(run.at - at, bytes);
        leb128::write((apart << 1 ^ apart >> 31) as u32, bytes);
        leb128::write(run.count, bytes);
        (at, number) = (run.at + run.count, run.first.wrapping_add(run.count));
    }
}

/// The pages of a corpus, and their shingles that several of them may have.
pub(super) struct Held {
    /// [`BUNDLE`] pages each, in order.
    bundles: Vec<Bundle>,
    /// By number; 0 is no shingle's.
    shingles: Vec<AtomicU64>,
}

#[derive(Default)]
struct Bundle {
    /// Runs of all pages, as they are kept.
    runs: Vec<u8>,
    pages: Vec<BundledPage>,
}

struct BundledPage {
    tokens: u32,
    noisy: bool,
    repeats: bool,
    day: Option<i32>,
    /// Where its runs end among those of its bundle; they begin where those of the page before it end.
    end: u32,
}

impl Held {
    /// Reads all pages, once or twice; more often where the memory of the first time is too large and they are read for a part of it at
    /// a time. Memory is 8 bits a token then, 4 at most the next time, 13 bytes a shingle that several pages have (or, by chance, one
    /// alone), and some 5 bytes a run.
    ///
    /// # Errors
    /// Those of `pages`; [`Error::beyond_one_run`] for more shingles than 32 bits number.
    pub fn of<P: Pages>(pages: &P) -> Result<Held> {
        let infos = (0..pages.count()).filter_map(|number| pages.page(number));
        let tokens: u64 = infos.map(|page| u64::from(page.tokens)).sum();
        if tokens <= ALL_NUMBERED { Held::of_all(pages, tokens) } else { Held::of_repeated(pages, tokens) }
    }

    /// With every shingle of them.
    fn of_all<P: Pages>(pages: &P, tokens: u64) -> Result<Held> {
        Held::numbered(pages, None, tokens)
    }

    /// With those that seem to come again.
    pub(super) fn of_repeated<P: Pages>(pages: &P, tokens: u64) -> Result<Held> {
        let again = CameAgain::of(tokens, |seen| {
            let look = |reader: &mut P::Reader, number: u32| -> Result<()> {
                if is_read(pages, number) {
                    seen.look(pages.read(reader, number)?.shingles);
                }
                Ok(())
            };
            (0..pages.count()).into_par_iter().try_for_each_init(|| pages.reader(), look)
        })?;
        let shingles = again.candidates();
        Held::numbered(pages, Some(again), shingles)
    }

    /// Of about so many shingles: of those that came `again`, or of all.
    fn numbered<P: Pages>(pages: &P, again: Option<CameAgain>, mut shingles: u64) -> Result<Held> {
        let bundles = pages.count().div_ceil(BUNDLE);
        loop {
            // A thread may leave a part of its block.
            let numbers = Numbers::new(shingles + u64::from(BLOCK) * (u64::from(bundles) + 1))?;
            let worker = || Worker {
                reader: pages.reader(),
                places: Vec::new(),
                runs: Vec::new(),
                ranges: Vec::new(),
                block: 0..0,
            };
            let bundle = |worker: &mut Worker<P::Reader>, bundle: u32| {
                let numbers_of = bundle * BUNDLE..pages.count().min((bundle + 1) * BUNDLE);
                worker.bundle(pages, numbers_of, again.as_ref(), &numbers)
            };
            let held = (0..bundles).into_par_iter().map_init(worker, bundle);
            let held = held.collect::<Result<Vec<Bundle>>>()?;
            if !numbers.full.load(Relaxed) {
                return Ok(Held { bundles: held, shingles: numbers.into_shingles() });
            }
            // No more than can be numbered, as long as that may do.
            let most = u64::from(u32::MAX) - 1 - u64::from(BLOCK) * (u64::from(bundles) + 1);
            shingles = if shingles < most { (shingles.max(1) * 2).min(most) } else { u64::from(u32::MAX) };
        }
    }

    /// Page `number`.
    pub fn page(&self, number: u32) -> HeldPage<'_> {
        let Bundle { runs, pages } = &self.bundles[(number / BUNDLE) as usize];
        let at = (number % BUNDLE) as usize;
        let start = at.checked_sub(1).map_or(0, |before| pages[before].end);
        let BundledPage { tokens, noisy, repeats, day, end } = pages[at];
        let kept = KeptRuns { bytes: &runs[start as usize..end as usize], at: 0, number: 0 };
        HeldPage { tokens, noisy, day, repeats, kept }
    }

    /// Numbers of shingles are below this.
    pub fn numbers(&self) -> u32 {
        self.shingles.len() as u32
    }

    /// The shingle of a number.
    pub fn shingle(&self, number: u32) -> u64 {
        self.shingles[number as usize].load(Relaxed)
    }
}

/// Whether a page has anything to be read.
fn is_read<P: Pages>(pages: &P, number: u32) -> bool {
    pages.page(number).is_some_and(|page| page.tokens > 0)
}

/// Memory of one thread.
struct Worker<R> {
    reader: R,
    /// Places of a page's shingles that are numbered.
    places: Vec<u32>,
    /// Its runs.
    runs: Vec<Run>,
    /// The numbers of a page.
    ranges: Vec<Range<u32>>,
    /// Numbers that are its to give.
    block: Range<u32>,
}

impl<R> Worker<R> {
    fn bundle<P: Pages<Reader = R>>(
        &mut self,
        pages: &P,
        numbers_of: Range<u32>,
        again: Option<&CameAgain>,
        numbers: &Numbers,
    ) -> Result<Bundle> {
        let Worker { reader, places, runs, ranges, block } = self;
        let mut bundle = Bundle::default();
        for number in numbers_of {
            let tokens = pages.page(number).map_or(0, |page| page.tokens);
            let mut page = BundledPage { tokens, noisy: false, repeats: false, day: None, end: 0 };
            if is_read(pages, number) {
                let text = pages.read(reader, number)?;
                hold(text, again, numbers, (places, block), runs);
                keep(runs, &mut bundle.runs);
                ranges.clear();
                ranges.extend(runs.iter().map(Run::numbers));
                ranges.sort_unstable_by_key(|range| range.start);
                page.repeats = ranges.windows(2).any(|two| two[1].start < two[0].end);
                page.noisy = text.noisy;
                page.day = text.day.and_then(|day| i32::try_from(day).ok());
            }
            page.end = bundle.runs.len() as u32;
            bundle.pages.push(page);
        }
        bundle.runs.shrink_to_fit();
        Ok(bundle)
    }
}

/// Fills `runs` with those of one page.
fn hold(
    text: PageText<'_>,
    again: Option<&CameAgain>,
    numbers: &Numbers,
    (places, block): (&mut Vec<u32>, &mut Range<u32>),
    runs: &mut Vec<Run>,
) {
    let shingles = text.shingles;
    places.clear();
    match again {
        None => places.extend(0..shingles.len() as u32),
        Some(again) => places.extend((0..).zip(shingles).filter_map(|(at, &shingle): (u32, _)| {
            again.prefetch(shingles.get(at as usize + AHEAD));
            again.again(shingle).then_some(at)
        })),
    }
    runs.clear();
    for (i, &at) in places.iter().enumerate() {
        numbers.prefetch(places.get(i + AHEAD).map(|&at| shingles[at as usize]));
        let shingle = shingles[at as usize].max(1);
        let last = runs.last().copied().filter(|run| run.at + run.count == at);
        // Behind a shingle stands what stood behind it before, mostly.
        let next = last.map(|run| run.first + run.count).filter(|&next| numbers.is(next, shingle));
        let Some(number) = next.or_else(|| numbers.number(shingle, block)) else { return };
        match runs.last_mut() {
            Some(run) if last.is_some() && run.first + run.count == number => run.count += 1,
            _ => runs.push(Run { at, first: number, count: 1 }),
        }
    }
}

/// Numbers of shingles, which several threads give at the same time: open addressing by shingle. A shingle is never 0 here.
struct Numbers {
    /// Of each slot one more than a number; 0 where it is free. They are a quarter more than numbers, so that some are.
    slots: Vec<AtomicU32>,
    /// The shingle of each number; 0 as long as it has none.
    shingles: Vec<AtomicU64>,
    /// The first number that no thread has taken.
    next: AtomicU64,
    /// Whether there were more shingles than numbers.
    full: AtomicBool,
    /// Of this table alone, so that nobody writes texts whose shingles have their slots beside one another.
    seed: u64,
}

impl Numbers {
    fn new(most: u64) -> Result<Numbers> {
        if most >= u64::from(u32::MAX) {
            return Err(Error::beyond_one_run(&format!(
                "the documents have about {most} different runs of words in common, and one run numbers {}",
                u32::MAX - 1
            )));
        }
        let slots = most + most / 4 + 1;
        Ok(Numbers {
            slots: heap::table(4 * slots as usize, || (0..slots).map(|_| AtomicU32::new(0)).collect()),
            shingles: (0..most).map(|_| AtomicU64::new(0)).collect(),
            next: AtomicU64::new(0),
            full: AtomicBool::new(false),
            seed: RandomState::new().hash_one(0),
        })
    }

    /// The slot where a shingle is looked for first.
    #[inline]
    fn start(&self, shingle: u64) -> usize {
        let spread = (shingle ^ self.seed).wrapping_mul(SPREAD);
        ((u128::from(spread) * self.slots.len() as u128) >> 64) as usize
    }

    #[inline]
    fn prefetch(&self, shingle: Option<u64>) {
        if let Some(shingle) = shingle {
            prefetch(self.slots.get(self.start(shingle)));
        }
    }

    /// Whether this is the number of a shingle.
    #[inline]
    fn is(&self, number: u32, shingle: u64) -> bool {
        self.shingles.get(number as usize).is_some_and(|known| known.load(Acquire) == shingle)
    }

    /// The number of a shingle: one that it has, or the next of the block. None where there are no more.
    #[inline]
    fn number(&self, shingle: u64, block: &mut Range<u32>) -> Option<u32> {
        let mut at = self.start(shingle);
        loop {
            let mut taken = self.slots[at].load(Acquire);
            if taken == 0 {
                let number = self.next_of(block)?;
                match self.slots[at].compare_exchange(0, number + 1, AcqRel, Acquire) {
                    Ok(_) => {
                        block.start += 1;
                        self.shingles[number as usize].store(shingle, Release);
                        return Some(number);
                    }
                    Err(other) => taken = other,
                }
            }
            if self.known(taken - 1) == shingle {
                return Some(taken - 1);
            }
            at = if at + 1 < self.slots.len() { at + 1 } else { 0 };
        }
    }

    /// The next number of a block, which stays there; another block where none is left.
    fn next_of(&self, block: &mut Range<u32>) -> Option<u32> {
        if block.start == block.end {
            let start = self.next.fetch_add(u64::from(BLOCK), Relaxed);
            if start + u64::from(BLOCK) > self.shingles.len() as u64 {
                self.full.store(true, Relaxed);
                return None;
            }
            *block = start as u32..start as u32 + BLOCK;
        }
        Some(block.start)
    }

    /// The shingle of a number that stands in a slot: whoever put it there says at once which it is.
    #[inline]
    fn known(&self, number: u32) -> u64 {
        loop {
            match self.shingles[number as usize].load(Acquire) {
                0 => std::thread::yield_now(),
                shingle => return shingle,
            }
        }
    }

    /// The shingles of all numbers that were given out.
    fn into_shingles(self) -> Vec<AtomicU64> {
        let mut shingles = self.shingles;
        shingles.truncate(self.next.into_inner() as usize);
        shingles.shrink_to_fit();
        shingles
    }
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{OracleCorpus, any_corpus, document, text};
    use super::*;
    use proptest::prelude::*;

    /// The shingles of a page by their places, as its runs say.
    fn of_runs(held: &Held, number: u32) -> Vec<(u32, u64)> {
        let runs = held.page(number).runs();
        runs.flat_map(|run| (0..run.count).map(move |i| (run.at + i, held.shingle(run.first + i)))).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn runs_say_what_pages_say(corpus in any_corpus(60)) {
            let all = Held::of_all(&corpus, 10).expect("read");
            let repeated = Held::of_repeated(&corpus, 5000).expect("read");
            let mut pages = std::collections::BTreeMap::<u64, u32>::new();
            for document in &corpus.documents {
                document.shingles().into_iter().for_each(|shingle| *pages.entry(shingle).or_default() += 1);
            }
            for (number, document) in (0..).zip(&corpus.documents) {
                let placed: Vec<(u32, u64)> = (0..).zip(document.shingles()).collect();
                prop_assert_eq!(of_runs(&all, number), placed.clone(), "numbers were too few at first");
                let held = of_runs(&repeated, number);
                prop_assert!(held.iter().all(|placed_shingle| placed.contains(placed_shingle)));
                prop_assert!(placed.iter().all(|of| pages[&of.1] < 2 || held.contains(of)));
                let page = all.page(number);
                prop_assert_eq!(page.tokens as usize, document.tokens.len());
                let of_text = (page.noisy, page.day.map(i64::from));
                // A page without tokens is not read.
                prop_assert!(placed.is_empty() || of_text == (document.noisy, document.day));
            }
        }
    }

    #[test]
    fn what_is_printed_again_is_one_run() {
        let about = text(1, 60);
        let pages = (0..200).map(|n| document(n % 3, &[text(100 + n, 45), about.clone()])).collect();
        let held = Held::of_repeated(&OracleCorpus::new(pages), 20_000).expect("read");
        let runs: usize =
            (100..200).map(|number| held.page(number).runs().filter(|run| run.count > 50).count()).sum();
        assert_eq!(runs, 100);
    }

    #[test]
    fn threads_give_each_shingle_one_number() {
        let shingles: Vec<u64> = (1..5000u64).map(crate::hash::avalanche).collect();
        let numbers = Numbers::new(20_000).expect("few");
        let of_thread = |turn: usize| {
            let (mut block, mut own) = (0..0, Vec::new());
            let turned = shingles[turn * 600..].iter().chain(&shingles[..turn * 600]);
            turned
                .for_each(|&shingle| own.push((shingle, numbers.number(shingle, &mut block).expect("free"))));
            own.sort_unstable();
            own
        };
        let of_all: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|turn| scope.spawn(move || of_thread(turn))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert!(of_all.iter().all(|own| *own == of_all[0]));
        assert!(of_all[0].iter().all(|&(shingle, number)| numbers.is(number, shingle)));
    }

    #[test]
    fn more_shingles_than_32_bits_number_are_an_error_that_says_so() {
        let error = Numbers::new(1 << 32).err().expect("too many").to_string();
        assert!(error.contains("4294967296 different runs of words"), "{error}");
    }
}
