//! What stands more than once, without any comparison of texts: within a page, and as the title of several.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::corpus::{Value, turn};
use crate::document::DocId;
use crate::error::Result;
use crate::hash::{avalanche, token_hash};
use crate::page::{PageReader, Repeat};
use crate::report::TitleRow;
use crate::scan::Run;
use crate::text::Tokens;

/// What [`Run::repeats`] found.
#[derive(Debug, Default)]
pub struct Repeats {
    /// The documents within which something stands more than once, in order, each with what that is.
    pub pages: Vec<(DocId, Vec<Repeat>)>,
    /// Documents of one site with one title, two and more, in order of the first of them.
    pub titles: Vec<Vec<DocId>>,
}

/// A title of fewer words says too little to be called the same.
const TITLE: usize = 2;

/// What one document adds.
struct PageRepeats {
    document: DocId,
    repeats: Vec<Repeat>,
    title: Option<Title>,
}

/// A title as it is compared: by site and tokens; and the page it stands on.
#[derive(Clone, Copy)]
struct Title {
    key: u64,
    page: u64,
}

impl Run {
    /// Reads all texts once more, in parallel on a pool of its own, and looks at each by itself.
    ///
    /// # Errors
    /// Cancellation.
    pub fn repeats(&self) -> Result<Repeats> {
        let texts = self.texts();
        let pages: Vec<PageRepeats> = self.install(|| {
            (0..self.documents.entries.len() as u32)
                .into_par_iter()
                .map_init(
                    || (PageReader::new(texts.kernel), Tokens::new(texts.kernel)),
                    |(reader, tokens), d| {
                        self.cancel().check()?;
                        let page = texts.get_with_fields(d, |text, fields| {
                            let turn = turn(text.len());
                            let title = fields.title.map(Value::to_text);
                            let address = fields.canonical_url.or(fields.url).map(Value::to_text);
                            let page = PageRepeats {
                                document: DocId(d),
                                repeats: reader.repeats(text, title.as_deref()),
                                title: title.and_then(|title| self.title(d, &title, address, tokens)),
                            };
                            if turn.is_some() {
                                // Its memory is not kept by every thread that had a large text.
                                *reader = PageReader::new(texts.kernel);
                            }
                            page
                        });
                        Ok(page.unwrap_or(PageRepeats {
                            document: DocId(d),
                            repeats: Vec::new(),
                            title: None,
                        }))
                    },
                )
                .collect::<Result<_>>()
        })?;
        let titles = shared_titles(&pages);
        let repeats = pages.into_iter().map(|page| (page.document, page.repeats));
        Ok(Repeats { pages: repeats.filter(|(_, repeats)| !repeats.is_empty()).collect(), titles })
    }

    /// A document without an address is a page of its own.
    fn title(
        &self,
        document: u32,
        title: &str,
        address: Option<String>,
        tokens: &mut Tokens,
    ) -> Option<Title> {
        tokens.read(title);
        if tokens.len() < TITLE {
            return None;
        }
        let site = self.documents.entries[document as usize].site;
        let add = |key: u64, token: &str| avalanche(key ^ token_hash(token.as_bytes()));
        Some(Title {
            key: tokens.iter().fold(avalanche(u64::from(site) + 1), add),
            page: address.map_or(u64::from(document), |address| xxh3_64(address.as_bytes())),
        })
    }

    /// Rows of the json report's `titles`: most pages first, then by site and title.
    pub fn title_rows(&self, repeats: &Repeats) -> Vec<TitleRow> {
        let row = |documents: &Vec<DocId>| TitleRow {
            site: self.site(documents[0]).to_owned(),
            title: self.meta(documents[0]).title.unwrap_or_default(),
            documents: documents.iter().map(|&d| self.read_id(d)).collect(),
        };
        let mut rows: Vec<TitleRow> = repeats.titles.iter().map(row).collect();
        rows.iter_mut().for_each(|row| row.documents.sort_unstable());
        rows.sort_by(|a, b| {
            let key = |row: &TitleRow| {
                (std::cmp::Reverse(row.documents.len()), row.site.clone(), row.title.clone())
            };
            key(a).cmp(&key(b))
        });
        rows
    }
}

/// Groups of documents whose titles are equal, on two different pages at least.
fn shared_titles(pages: &[PageRepeats]) -> Vec<Vec<DocId>> {
    let mut groups: BTreeMap<u64, (Vec<DocId>, BTreeSet<u64>)> = BTreeMap::new();
    for page in pages {
        if let Some(title) = page.title {
            let (documents, addresses) = groups.entry(title.key).or_default();
            documents.push(page.document);
            addresses.insert(title.page);
        }
    }
    let shared = groups.into_values().filter(|(_, addresses)| addresses.len() > 1);
    let mut shared: Vec<Vec<DocId>> = shared.map(|(documents, _)| documents).collect();
    shared.sort_unstable();
    shared
}
