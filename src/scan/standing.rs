//! The pages of a run, as standing text is learned from them: all of them, and no sample.

use super::read::Entry;
use super::texts::Texts;
use crate::calendar::day;
use crate::document::is_known;
use crate::error::Result;
use crate::model::Reader;
use crate::model::noise::Seen;
use crate::model::standing::{Page, Pages, Standing, Text, Weeks, learn};
use crate::options::Cancel;
use crate::recipe::Recipe;

/// The documents of a run as pages. Equal texts count one by one: each is a document that prints what it prints.
pub(super) struct Corpus<'a> {
    pub texts: &'a Texts<'a>,
    pub recipe: Recipe,
    /// By number of the site: its hash.
    pub sites: &'a [u64],
    /// Where noisy documents are looked for: how often each token stands.
    pub noise: Option<&'a Seen>,
    pub cancel: &'a Cancel,
}

impl Corpus<'_> {
    /// What stands in the run's documents.
    ///
    /// # Errors
    /// Cancellation.
    pub fn learn(&self) -> Result<Standing> {
        learn(self, self.recipe.shingle(), Weeks::Counted)
    }

    fn entries(&self) -> &[Entry] {
        &self.texts.documents.entries
    }
}

impl Pages for Corpus<'_> {
    type Reader = Reader;

    fn len(&self) -> u32 {
        self.entries().len() as u32
    }

    fn page(&self, number: u32) -> Option<Page> {
        let entry = &self.entries()[number as usize];
        let site = self.sites[entry.site as usize];
        Some(Page { site, known: is_known(site), tokens: entry.tokens })
    }

    fn reader(&self) -> Reader {
        Reader::new(self.recipe, self.texts.kernel)
    }

    fn read<'r>(&'r self, reader: &'r mut Reader, number: u32) -> Result<Text<'r>> {
        self.cancel.check()?;
        let date = self.texts.get_with_fields(number, |text, fields| {
            reader.read(text);
            fields.date.and_then(|date| day(&date.to_text()))
        });
        // A document that changed is reported where it is judged.
        let Ok(day) = date else { return Ok(Text::default()) };
        let noisy = self.noise.is_some_and(|seen| reader.is_noisy(seen));
        Ok(Text { shingles: reader.shingles(), noisy, day })
    }
}
