//! What stands more than once, without any comparison of texts: within a page, and as the title or description of several.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::corpus::{Corpus, Fields, Location, Value, turn};
use crate::document::{DocId, registrable_host, site_hash};
use crate::error::Result;
use crate::hash::{avalanche, token_hash};
use crate::html::{PageHead, VisiblePage};
use crate::mmap::Access;
use crate::page::{Fault, NameCount, NamesSeen, PageReader, Repeat, SiteNames, faults};
use crate::report::{PageRow, TitleRow};
use crate::scan::Run;
use crate::text::Tokens;

/// What [`Run::repeats`] found.
#[derive(Debug, Default)]
pub struct Repeats {
    /// The documents within which something stands more than once, in order, each with what that is.
    pub pages: Vec<(DocId, Vec<Repeat>)>,
    /// Documents of one site with one title, two and more, in order of the first of them.
    pub titles: Vec<Vec<DocId>>,
    /// Those of one site with one description.
    pub descriptions: Vec<Vec<DocId>>,
}

/// A title or a description of fewer words says too little to be called the same.
const LEAST: usize = 2;

/// What one document adds.
#[derive(Default)]
struct PageRepeats {
    repeats: Vec<Repeat>,
    title: Option<SharedKey>,
    description: Option<SharedKey>,
}

/// A title or a description as it is compared, by site and tokens; and the page it stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SharedKey {
    pub key: u64,
    pub page: u64,
}

impl SharedKey {
    /// Of a text on a page of this site; none of one that says too little.
    pub fn of(text: &str, site: u64, page: u64, tokens: &mut Tokens) -> Option<SharedKey> {
        tokens.read(text);
        if tokens.len() < LEAST {
            return None;
        }
        let add = |key: u64, token: &str| avalanche(key ^ token_hash(token.as_bytes()));
        Some(SharedKey { key: tokens.iter().fold(avalanche(site.wrapping_add(1)), add), page })
    }
}

/// What tells a page from others: the address that it says is its own, or else that it was read under; a document without one is a
/// page of its own.
pub(super) fn page_key(fields: &Fields<'_>, own: u64) -> u64 {
    let address = fields.canonical_url.or(fields.url).map(Value::to_text);
    address.map_or(own, |address| xxh3_64(address.as_bytes()))
}

/// The pages that show one site's name: of one host, which they say themselves or were read from, else of one folder. Not of one
/// source, since for a file that is what it calls its site.
pub(super) fn host_key(corpus: &Corpus, location: Location, fields: &Fields<'_>) -> u64 {
    let address = fields.url.or(fields.canonical_url).map(Value::to_text);
    let inside = fields.directory.map(Value::to_text);
    let directory = || inside.as_deref().unwrap_or_else(|| corpus.directory(location.input));
    site_hash(address.as_deref().and_then(registrable_host).unwrap_or_else(directory))
}

/// Looks at one document by itself: at all that is visible of an HTML page, at the text of any other.
#[derive(Debug)]
pub(super) struct PageLook {
    reader: PageReader,
}

impl PageLook {
    pub fn new(kernel: crate::kernel::Kernel) -> PageLook {
        PageLook { reader: PageReader::new(kernel) }
    }

    /// What a page shows of the name of its site.
    pub fn site_names(&mut self, head: &PageHead, host: u64) -> Option<NamesSeen> {
        self.reader.site_names(head, host)
    }

    /// What stands more than once in it, on a page of this host, whose pages show names.
    pub fn repeats(
        &mut self,
        text: &str,
        fields: &Fields<'_>,
        page: Option<&VisiblePage>,
        (names, host): (&Arc<SiteNames>, u64),
    ) -> Vec<Repeat> {
        self.reader.at_site(names, host);
        match page {
            Some(page) => self.reader.page_repeats(page),
            None => self.reader.repeats(text, fields.title.map(Value::to_text).as_deref()),
        }
    }
}

impl Run {
    /// Reads all texts once more, in parallel on a pool of its own, and looks at each by itself.
    ///
    /// # Errors
    /// Cancellation.
    pub fn repeats(&self) -> Result<Repeats> {
        let texts = self.texts();
        texts.expect(Access::InOrder);
        let names = Arc::new(self.site_names()?);
        let pages: Vec<PageRepeats> = self.install(|| {
            (0..self.documents.entries.len() as u32)
                .into_par_iter()
                .map_init(
                    || (PageLook::new(texts.kernel), Tokens::new(texts.kernel)),
                    |(look, tokens), d| {
                        self.cancel().check()?;
                        let entry = &self.documents.entries[d as usize];
                        let page = self.corpus().page(entry.location);
                        let found = texts.get_with_fields(d, |text, fields| {
                            let turn = turn(text.len());
                            let title = fields.title.map(Value::to_text);
                            let description = page.as_ref().and_then(|page| page.head.description.as_deref());
                            let (site, key) = (u64::from(entry.site), page_key(fields, u64::from(d)));
                            let host = host_key(self.corpus(), entry.location, fields);
                            let mut shared = |text: Option<&str>| SharedKey::of(text?, site, key, tokens);
                            let found = PageRepeats {
                                title: shared(title.as_deref()),
                                description: shared(description),
                                repeats: look.repeats(text, fields, page.as_ref(), (&names, host)),
                            };
                            if turn.is_some() {
                                // Its memory is not kept by every thread that had a large text.
                                *look = PageLook::new(texts.kernel);
                            }
                            found
                        });
                        Ok(found.unwrap_or_default())
                    },
                )
                .collect::<Result<_>>()
        })?;
        texts.expect(Access::Scattered);
        let titles = shared(pages.iter().map(|page| page.title));
        let descriptions = shared(pages.iter().map(|page| page.description));
        let repeats = (0..).map(DocId).zip(pages).map(|(document, page)| (document, page.repeats));
        let pages = repeats.filter(|(_, repeats)| !repeats.is_empty()).collect();
        Ok(Repeats { pages, titles, descriptions })
    }

    /// The names that pages of sites show.
    fn site_names(&self) -> Result<SiteNames> {
        let kernel = self.texts().kernel;
        let empty = || (PageLook::new(kernel), NameCount::default());
        let count: Result<NameCount> = self.install(|| {
            let entries = self.documents.entries.par_iter();
            let counts = entries.try_fold(empty, |(mut look, mut count), entry| -> Result<_> {
                self.cancel().check()?;
                let seen = self.corpus().page_head(entry.location).and_then(|head| {
                    let mut bytes = Vec::new();
                    let fields = self.corpus().fields(entry.location, &mut bytes).ok()?;
                    look.site_names(&head, host_key(self.corpus(), entry.location, &fields))
                });
                seen.iter().for_each(|seen| count.add(seen));
                Ok((look, count))
            });
            counts.map(|counted| Ok(counted?.1)).try_reduce(NameCount::default, |a, b| Ok(a.merge(b)))
        });
        Ok(count?.names())
    }

    /// Rows of the json report's `titles`: most pages first, titles before descriptions, then by site and title.
    pub fn title_rows(&self, repeats: &Repeats) -> Vec<TitleRow> {
        let row = |kind: &'static str, documents: &Vec<DocId>, title: String| TitleRow {
            site: self.site(documents[0]).to_owned(),
            kind: kind.into(),
            title,
            documents: documents.iter().map(|&d| self.read_id(d)).collect(),
        };
        let title = |d: DocId| self.meta(d).title.unwrap_or_default();
        let description = |d: DocId| {
            let page = self.corpus().page(self.documents.entries[d.index()].location);
            page.and_then(|page| page.head.description).unwrap_or_default()
        };
        let titles = repeats.titles.iter().map(|documents| row("title", documents, title(documents[0])));
        let descriptions = repeats.descriptions.iter();
        let descriptions =
            descriptions.map(|documents| row("description", documents, description(documents[0])));
        let mut rows: Vec<TitleRow> = titles.chain(descriptions).collect();
        rows.iter_mut().for_each(|row| row.documents.sort_unstable());
        rows.sort_by(|a, b| {
            let key = |row: &TitleRow| {
                let most = std::cmp::Reverse(row.documents.len());
                (most, row.kind != "title", row.site.clone(), row.title.clone())
            };
            key(a).cmp(&key(b))
        });
        rows
    }

    /// Rows of the json report's `pages`.
    pub fn page_rows(&self, repeats: &[(DocId, Vec<Repeat>)]) -> Vec<PageRow> {
        repeats.iter().map(|(d, repeats)| self.page_row(*d, repeats)).collect()
    }

    /// One page with what stands more than once in it.
    pub fn page_row(&self, document: DocId, repeats: &[Repeat]) -> PageRow {
        let entry = &self.documents.entries[document.index()];
        let (path, _) = self.corpus().place(entry.location, entry.record);
        let page = self.corpus().page(entry.location);
        let faults: Vec<Fault> = page.as_ref().map(faults).unwrap_or_default();
        let row = PageRow::new(self.read_id(document), path, repeats);
        PageRow { faults: faults.into_iter().map(Into::into).collect(), ..row }
    }
}

/// Groups of documents whose keys are equal, on two different pages at least.
fn shared(keys: impl Iterator<Item = Option<SharedKey>>) -> Vec<Vec<DocId>> {
    let mut groups: BTreeMap<u64, (Vec<DocId>, BTreeSet<u64>)> = BTreeMap::new();
    for (document, key) in (0..).map(DocId).zip(keys) {
        if let Some(SharedKey { key, page }) = key {
            let (documents, pages) = groups.entry(key).or_default();
            documents.push(document);
            pages.insert(page);
        }
    }
    let shared = groups.into_values().filter(|(_, pages)| pages.len() > 1);
    let mut shared: Vec<Vec<DocId>> = shared.map(|(documents, _)| documents).collect();
    shared.sort_unstable();
    shared
}
