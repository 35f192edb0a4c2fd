//! Learning what stands in a corpus: a site at a time, then all sites together.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::count::{CountGroup, Counts, count};
use super::held::Held;
use super::{ALL, BARE, COPY, GOOD, MOST_PAGES, SMALL, Standing, StandingRow};
use crate::error::Result;
use crate::model::EVERY_SITE;

/// Pages of a site, at least: fewer have no three items.
const LEAST: usize = 3;

/// Shingles of a site's pages that they may have in common, from which they are counted by all threads; smaller sites are
/// counted side by side.
const LARGE: u64 = 1 << 20;

/// What is known of a page before it is read.
#[derive(Debug, Clone, Copy)]
pub struct PageInfo {
    /// The hash of its site's name.
    pub site: u64,
    /// Whether its site is known. Pages without one are one site, of which more is asked.
    pub known: bool,
    /// Its tokens; 0 of a page that is counted and not read, since it shares nothing that may stand.
    pub tokens: u32,
}

/// A page that was read.
#[derive(Debug, Clone, Copy, Default)]
pub struct PageText<'a> {
    /// Its shingles, in order. None where it is no longer what it was: such a page counts for nothing.
    pub shingles: &'a [u64],
    /// Whether a machine seems to have read it: then it looks like news of its own, and counts on its own site only.
    pub noisy: bool,
    /// The day of its date, counted from 1970, where it has one.
    pub day: Option<i64>,
}

/// The pages of a corpus, which may be read several times, in any order, by many threads.
pub trait Pages: Sync {
    /// Memory of one thread.
    type Reader;

    /// How many there are.
    fn count(&self) -> u32;

    /// What is known of page `number`; none where it is left out.
    fn page(&self, number: u32) -> Option<PageInfo>;

    /// Memory to read with.
    fn reader(&self) -> Self::Reader;

    /// Reads page `number`: the same at any time.
    ///
    /// # Errors
    /// Those that end the run, such as its being cancelled. A page that cannot be read is an empty text.
    fn read<'r>(&'r self, reader: &'r mut Self::Reader, number: u32) -> Result<PageText<'r>>;
}

/// Whether weeks count. A form that is filled with phrases which recur each year has no news of its own and would never
/// stand ("tomorrow we broadcast"): on a site with dates, half of the different weeks that print a shingle are its items
/// at least. All of the weeks are too many (prosecutors: .75 of what is the same is found).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weeks {
    /// Items are counted by news alone.
    #[default]
    Ignored,
    /// Half of the weeks are items.
    Counted,
}

/// Learns what stands in a corpus: shingles of `k` tokens, counted over every page. The answer does not depend on the
/// order of pages nor on the number of threads; it runs on the current thread pool. Time is linear in tokens, but for putting what
/// pages have in common in order. Memory is that of [`super::held`], and what `count` takes of a site at a time and then of all.
///
/// # Errors
/// Those of `pages`; [`ErrorKind::TooLarge`](crate::error::ErrorKind::TooLarge) where the pages have more shingles in common than
/// 32 bits number.
pub fn learn<P: Pages>(pages: &P, k: usize, weeks: Weeks) -> Result<Standing> {
    let rows = {
        // Let go before rows become an answer: the two together would be the peak of a run.
        let held = Held::of(pages)?;
        rows_of(pages, &held, k, weeks)
    };
    Ok(Standing::of(rows))
}

/// What stands in pages that are held.
fn rows_of<P: Pages>(pages: &P, held: &Held, k: usize, weeks: Weeks) -> Vec<StandingRow> {
    let sites = SiteDocuments::all(pages, held, k);
    let (large, small): (Vec<_>, Vec<_>) = sites
        .iter()
        .filter(|(_, site)| site.numbers.len() >= LEAST)
        .partition(|(_, site)| site.places >= LARGE);
    let of_site = |(hash, site): &(&u64, &SiteDocuments)| site.rows(held, k, **hash, weeks);
    let mut rows: Vec<StandingRow> = large.iter().flat_map(of_site).collect();
    let small: Vec<Vec<StandingRow>> = small.par_iter().map(of_site).collect();
    rows.extend(small.into_iter().flatten());
    // Of one site alone the counts over all would be the same again.
    if sites.len() > 1 {
        rows.extend(rows_of_all(held, k, &sites));
    }
    rows
}

/// Sites by the hash of their names.
type SiteMap = BTreeMap<u64, SiteDocuments>;

/// The pages of one site.
#[derive(Debug)]
struct SiteDocuments {
    known: bool,
    /// Pages that are no shorter than a shingle.
    numbers: Vec<u32>,
    /// All of its pages.
    pages: u64,
    /// Shingles of those with a number here that pages may have in common.
    places: u64,
}

impl SiteDocuments {
    fn all<P: Pages>(pages: &P, held: &Held, k: usize) -> SiteMap {
        let mut sites = SiteMap::new();
        for number in 0..pages.count() {
            let Some(page) = pages.page(number) else { continue };
            let site = sites.entry(page.site).or_insert(SiteDocuments {
                known: page.known,
                numbers: Vec::new(),
                pages: 0,
                places: 0,
            });
            site.pages += 1;
            if page.tokens as usize >= k {
                site.numbers.push(number);
                site.places += held.page(number).places();
            }
        }
        sites
    }

    /// What stands on this site.
    fn rows(&self, held: &Held, k: usize, hash: u64, weeks: Weeks) -> Vec<StandingRow> {
        count(held, k, CountGroup { numbers: &self.numbers, noisy: self.known, weeks }, |counts| {
            self.stands(counts).then_some(row(hash, counts))
        })
    }

    fn stands(&self, counts: Counts) -> bool {
        let (part, whole) = MOST_PAGES;
        let on_most = u64::from(counts.documents) * whole >= self.pages * part;
        let least = match (self.known, on_most) {
            (false, _) => GOOD,
            (true, false) => COPY,
            (true, true) => SMALL,
        };
        counts.items >= least
    }
}

/// What stands on all sites together.
fn rows_of_all(held: &Held, k: usize, sites: &SiteMap) -> Vec<StandingRow> {
    let mut numbers: Vec<u32> = sites.values().flat_map(|site| &site.numbers).copied().collect();
    numbers.sort_unstable();
    count(held, k, CountGroup { numbers: &numbers, noisy: false, weeks: Weeks::Ignored }, |counts| {
        let stands = counts.items >= ALL && u64::from(counts.bare) * BARE <= u64::from(counts.documents);
        stands.then_some(row(EVERY_SITE, counts))
    })
}

fn row(site: u64, counts: Counts) -> StandingRow {
    StandingRow { shingle: counts.shingle, site, documents: counts.documents, items: counts.items }
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{self, K, OracleCorpus, OracleDocument, any_corpus, document, text};
    use super::super::{ITEM, Stand};
    use super::*;
    use proptest::prelude::*;

    /// A company's text.
    fn about() -> Vec<u64> {
        text(1, 60)
    }

    /// An item of its own above that text.
    fn item(site: u64, number: u64) -> OracleDocument {
        document(site, &[text(100 + number, 45), about()])
    }

    fn learned(documents: Vec<OracleDocument>) -> Standing {
        learn(&OracleCorpus::new(documents), K, Weeks::Ignored).expect("pages in memory are read")
    }

    /// How the company's text stands.
    fn stand(documents: Vec<OracleDocument>) -> Stand {
        learned(documents).stand(item(1, 0).shingles()[60])
    }

    /// Other pages of a site, so that nothing is on most of it.
    fn others(site: u64) -> impl Iterator<Item = OracleDocument> {
        (0..9).map(move |number| document(site, &[text(5000 + 10 * site + number, 50)]))
    }

    #[test]
    fn what_stands_below_items_of_one_site_stands() {
        let of =
            |items: u64, site: u64| stand((0..items).map(|n| item(site, n)).chain(others(site)).collect());
        assert_eq!([3, 4, 5].map(|items| of(items, 1)), [Stand::Own, Stand::Copy, Stand::Good]);
        assert_eq!([3, 4, 5].map(|items| of(items, 0)), [Stand::Own, Stand::Own, Stand::Good]);
    }

    #[test]
    fn an_item_stays_its_own() {
        let standing = learned((0..8).map(|number| item(1, number)).collect());
        assert_eq!(standing.stand(item(1, 3).shingles()[10]), Stand::Own);
        assert_eq!(standing.rows_of(about_shingle()), [row_of(1, 8, 8)]);
    }

    fn about_shingle() -> u64 {
        item(1, 0).shingles()[60]
    }

    fn row_of(site: u64, documents: u32, items: u64) -> StandingRow {
        StandingRow { shingle: about_shingle(), site: item(site, 0).hash(), documents, items: items * ITEM }
    }

    #[test]
    fn posts_of_one_item_count_one() {
        // Four items, each on the site three times.
        let posts =
            |items: u64| (0..3 * items).map(|n| item(1, n % items)).chain(others(1)).collect::<Vec<_>>();
        assert_eq!([3, 4].map(|items| stand(posts(items))), [Stand::Own, Stand::Copy]);
        assert_eq!(learned(posts(4)).rows_of(about_shingle()), [row_of(1, 12, 4)]);
    }

    #[test]
    fn what_very_many_documents_have_is_counted_to_the_last() {
        let many = (0..700).map(|n| item(1, n));
        assert_eq!(learned(many.collect()).rows_of(about_shingle()), [row_of(1, 700, 700)]);
    }

    #[test]
    fn a_body_that_is_printed_bare_counts_nothing() {
        let bare = (0..20).map(|_| document(1, &[about()]));
        let three = bare.clone().chain((0..3).map(|n| item(1, n)));
        assert_eq!(stand(three.chain(others(1)).collect()), Stand::Own);
        let rows = learned(bare.chain((0..5).map(|n| item(1, n))).collect());
        assert_eq!(rows.rows_of(about_shingle()), [row_of(1, 25, 5)]);
    }

    #[test]
    fn three_items_are_enough_where_most_pages_have_them() {
        let small = |more: usize| stand((0..3).map(|n| item(1, n)).chain(others(1).take(more)).collect());
        assert_eq!([0, 1, 2].map(small), [Stand::Copy, Stand::Copy, Stand::Own]);
        assert_eq!(stand((0..3).map(|n| item(0, n)).collect()), Stand::Own, "where no site is known");
    }

    #[test]
    fn eight_items_of_all_sites_stand_unless_one_in_ten_is_bare() {
        let spread = |items: u64| (0..items).map(|n| item(1 + n, n));
        assert_eq!(stand(spread(7).collect()), Stand::Own);
        assert_eq!(stand(spread(8).collect()), Stand::Copy);
        let with_bare = |items| stand(spread(items).chain([document(99, &[about()])]).collect());
        assert_eq!([8, 9].map(with_bare), [Stand::Own, Stand::Copy]);
    }

    #[test]
    fn noisy_pages_count_on_their_own_site_only() {
        let noisy = |site: u64, number: u64| OracleDocument { noisy: true, ..item(site, number) };
        assert_eq!(stand((0..12).map(|n| noisy(1 + n, n)).collect()), Stand::Own);
        assert_eq!(stand((0..12).map(|n| noisy(0, n)).collect()), Stand::Own);
        assert_eq!(stand((0..12).map(|n| noisy(1, n)).collect()), Stand::Good);
    }

    #[test]
    fn half_of_the_weeks_are_items_of_a_form() {
        // Pages of three phrases each, which recur: no page has news of its own.
        let phrase = |n: u64| text(300 + n % 4, 20);
        let page = |week: u64| OracleDocument {
            day: Some(7 * week as i64),
            ..document(1, &[about(), phrase(week), phrase(week / 4), phrase(week / 16)])
        };
        let of = |weeks: u64, counted: Weeks| {
            let corpus = OracleCorpus::new((0..weeks).map(page).chain(others(1)).collect());
            learn(&corpus, K, counted).expect("pages in memory are read").stand(page(0).shingles()[30])
        };
        assert_eq!(of(64, Weeks::Ignored), Stand::Own);
        assert_eq!(of(64, Weeks::Counted), Stand::Good);
    }

    #[test]
    fn a_run_can_be_cancelled() {
        struct Cancelled(OracleCorpus);
        impl Pages for Cancelled {
            type Reader = ();
            fn count(&self) -> u32 {
                self.0.count()
            }
            fn page(&self, number: u32) -> Option<PageInfo> {
                self.0.page(number)
            }
            fn reader(&self) {}
            fn read<'r>(&'r self, (): &'r mut (), _: u32) -> Result<PageText<'r>> {
                Err(crate::error::Error::new(crate::error::ErrorKind::Cancelled))
            }
        }
        let pages = Cancelled(OracleCorpus::new((0..5).map(|n| item(1, n)).collect()));
        assert!(learn(&pages, K, Weeks::Ignored).is_err());
        assert!(Held::of_repeated(&pages, 1000).is_err());
    }

    /// Equal to what the slow version says.
    fn check(corpus: &OracleCorpus, weeks: Weeks) -> Result<(), TestCaseError> {
        let wanted = oracle::learn(corpus, weeks);
        let standing = learn(corpus, K, weeks).expect("pages in memory are read");
        let rows: Vec<(u64, u64, u32)> =
            standing.rows().iter().map(|row| (row.shingle, row.site, row.documents)).collect();
        let all: Vec<(u64, u64, u32)> =
            wanted.iter().map(|(&(shingle, site), &(documents, _))| (shingle, site, documents)).collect();
        prop_assert_eq!(rows, all);
        for (row, (_, items)) in standing.rows().iter().zip(wanted.values()) {
            prop_assert!((row.items as f64 - items * ITEM as f64).abs() < 1e-6);
        }
        let repeated = Held::of_repeated(corpus, 1000).expect("pages in memory are read");
        let repeated = Standing::of(rows_of(corpus, &repeated, K, weeks));
        prop_assert_eq!(standing.rows(), repeated.rows(), "read twice");
        let mut marks = Vec::new();
        for document in &corpus.documents {
            standing.mark(K, document.tokens.len(), &document.shingles(), &mut marks);
            let slow = oracle::marks(document, |shingle| {
                standing.rows_of(shingle).iter().map(StandingRow::stand).max().unwrap_or_default()
            });
            prop_assert_eq!(&marks, &slow);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn counts_as_the_slow_version_does(corpus in any_corpus(120), weeks in any::<bool>()) {
            check(&corpus, if weeks { Weeks::Counted } else { Weeks::Ignored })?;
        }
    }

    #[test]
    fn threads_and_order_change_nothing() {
        let part = |n: u64| text(10 + n % 40, 10 + n % 50);
        let page = |n: u64| document(n % 3, &[part(n), text(10_000 + n, n % 60), part(n / 5), part(n / 7)]);
        let pages: Vec<OracleDocument> = (0..4000).map(page).collect();
        let of = |pages: Vec<OracleDocument>, threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
            let corpus = OracleCorpus::new(pages);
            pool.install(|| learn(&corpus, K, Weeks::Counted)).expect("pages in memory are read")
        };
        let one = of(pages.clone(), 1);
        assert!(one.rows().len() > 500, "{}", one.rows().len());
        assert_eq!(one.rows(), of(pages.clone(), 4).rows());
        assert_eq!(one.rows(), of(pages.into_iter().rev().collect(), 3).rows());
    }
}
