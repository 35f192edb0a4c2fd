//! The pages of a run, as standing text is learned from them: all that may have any, and no sample.
//!
//! Of text that stands several documents have the same samples. Documents that share none with so many print what the
//! counts need not know of, and are not read again.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use rayon::prelude::*;

use super::read::DocumentEntry;
use super::texts::Texts;
use crate::candidates::Postings;
use crate::corpus::When;
use crate::document::is_known;
use crate::error::Result;
use crate::model::ContentReader;
use crate::model::noise::SeenTokens;
use crate::model::standing::{
    ALL, COPY, GOOD, ITEM, PageInfo, PageText, Pages, SMALL, Standing, Weeks, learn,
};
use crate::options::Cancel;
use crate::recipe::Recipe;

/// Pages of a site, at most, of which [`SMALL`] items can be three quarters.
const SMALL_SITE: u32 = 4;

/// The documents of a run as pages.
pub(super) struct RunPages<'a> {
    texts: &'a Texts<'a>,
    recipe: Recipe,
    /// By number of the site: its hash.
    sites: &'a [u64],
    /// Where noisy documents are looked for: how often each token stands.
    noise: Option<&'a SeenTokens>,
    cancel: &'a Cancel,
    /// By document: whether it is read.
    wanted: Vec<bool>,
}

impl<'a> RunPages<'a> {
    /// Of documents none of which is read.
    pub fn new(
        texts: &'a Texts<'a>,
        recipe: Recipe,
        sites: &'a [u64],
        noise: Option<&'a SeenTokens>,
        cancel: &'a Cancel,
    ) -> RunPages<'a> {
        let wanted = vec![false; texts.documents.entries.len()];
        RunPages { texts, recipe, sites, noise, cancel, wanted }
    }

    /// The same, where documents are read that share a sample with so many of their site, or with so many of all, that it
    /// may stand. Linear in postings.
    pub fn of_postings(mut self, postings: &Postings) -> RunPages<'a> {
        let entries = self.entries();
        let mut pages = vec![0u32; self.sites.len()];
        entries.iter().for_each(|entry| pages[entry.site as usize] += 1);
        let least = |site: u32| {
            let items = match (is_known(self.sites[site as usize]), pages[site as usize]) {
                (false, _) => GOOD,
                (true, ..=SMALL_SITE) => SMALL,
                (true, _) => COPY,
            };
            (items / ITEM) as usize
        };
        let wanted: Vec<AtomicBool> = entries.iter().map(|_| AtomicBool::new(false)).collect();
        let want = |document: u32| wanted[document as usize].store(true, Relaxed);
        let mark = |sites: &mut Vec<(u32, u32)>, list: &[u64]| {
            if list.len() >= (ALL / ITEM) as usize {
                return list.iter().for_each(|&posting| want(posting as u32));
            }
            sites.clear();
            let documents = list.iter().map(|&posting| posting as u32);
            sites.extend(documents.map(|document| (entries[document as usize].site, document)));
            sites.sort_unstable();
            let of_sites = sites.chunk_by(|a, b| a.0 == b.0);
            let standing = of_sites.filter(|of_site| of_site.len() >= least(of_site[0].0));
            standing.flatten().for_each(|&(_, document)| want(document));
        };
        postings.lists().filter(|list| list.len() >= (SMALL / ITEM) as usize).for_each_init(Vec::new, mark);
        self.wanted = wanted.into_iter().map(AtomicBool::into_inner).collect();
        self
    }

    /// What stands in the run's documents.
    ///
    /// # Errors
    /// Cancellation.
    pub fn learn(&self) -> Result<Standing> {
        learn(self, self.recipe.shingle(), Weeks::Counted)
    }

    fn entries(&self) -> &'a [DocumentEntry] {
        &self.texts.documents.entries
    }
}

impl Pages for RunPages<'_> {
    type Reader = ContentReader;

    fn count(&self) -> u32 {
        self.entries().len() as u32
    }

    fn page(&self, number: u32) -> Option<PageInfo> {
        let entry = &self.entries()[number as usize];
        let site = self.sites[entry.site as usize];
        let tokens = if self.wanted[number as usize] { entry.tokens } else { 0 };
        Some(PageInfo { site, known: is_known(site), tokens })
    }

    fn reader(&self) -> ContentReader {
        ContentReader::new(self.recipe, self.texts.kernel)
    }

    fn read<'r>(&'r self, reader: &'r mut ContentReader, number: u32) -> Result<PageText<'r>> {
        self.cancel.check()?;
        let date = self.texts.get_with_fields(number, |text, fields| {
            reader.read(text);
            self.texts.corpus.when(fields).map(When::day)
        });
        // A document that changed is reported where it is judged.
        let Ok(day) = date else { return Ok(PageText::default()) };
        let noisy = self.noise.is_some_and(|seen| reader.is_noisy(seen));
        Ok(PageText { shingles: reader.shingles(), noisy, day })
    }
}
