//! The pages of a run, as standing text is learned from them: all that may have any, and no sample.
//!
//! Text that stands is shared with several other documents, so that a document which has any is a candidate with each of
//! them. Documents of fewer partners print what the counts need not know of, and are not read again.

use std::sync::atomic::{AtomicU32, Ordering};

use super::read::DocumentEntry;
use super::texts::Texts;
use crate::candidates::{Candidate, Gate, Postings};
use crate::corpus::When;
use crate::document::is_known;
use crate::error::Result;
use crate::model::ContentReader;
use crate::model::noise::SeenTokens;
use crate::model::standing::{
    ALL, COPY, GOOD, ITEM, PageInfo, PageText, Pages, SMALL, Standing, Weeks, learn,
};
use crate::options::{Cancel, Resources};
use crate::recipe::Recipe;

/// Times that each page is read, at most.
const READINGS: u64 = 2;

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

    /// The same, where documents that have partners enough to share standing text with are read, and those of crowds, whose
    /// partners are not counted. The pairs of all samples tell, of which there are many, so that they are counted and not kept.
    ///
    /// # Errors
    /// As of [`Postings::meet`].
    pub fn of_partners(
        mut self,
        postings: &Postings,
        gate: &Gate,
        resources: &Resources,
    ) -> Result<RunPages<'a>> {
        let entries = self.entries();
        let mut pages = vec![0u32; self.sites.len()];
        entries.iter().for_each(|entry| pages[entry.site as usize] += 1);
        // On its site, and in all.
        let partners: Vec<[AtomicU32; 2]> = entries.iter().map(|_| Default::default()).collect();
        let count = |pairs: &[Candidate]| {
            for &(a, b) in pairs {
                let same = u32::from(entries[a as usize].site == entries[b as usize].site);
                for document in [a, b] {
                    let [on_site, all] = &partners[document as usize];
                    on_site.fetch_add(same, Ordering::Relaxed);
                    all.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        let crowd = postings.meet(self.texts.documents, gate, count, resources)?;
        let least = |entry: &DocumentEntry| {
            let items = match (is_known(self.sites[entry.site as usize]), pages[entry.site as usize]) {
                (false, _) => GOOD,
                (true, ..=SMALL_SITE) => SMALL,
                (true, _) => COPY,
            };
            (items / ITEM) as u32 - 1
        };
        let is_wanted = |(entry, [on_site, all]): (&DocumentEntry, [AtomicU32; 2])| {
            on_site.into_inner() >= least(entry) || all.into_inner() >= (ALL / ITEM) as u32 - 1
        };
        let mut wanted: Vec<bool> = entries.iter().zip(partners).map(is_wanted).collect();
        crowd.into_iter().for_each(|document| wanted[document as usize] = true);
        self.texts.progress.plan(READINGS * wanted.iter().filter(|wanted| **wanted).count() as u64);
        self.wanted = wanted;
        Ok(self)
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
        self.texts.progress.did(1);
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
