//! The model of a run: what its corpus teaches before any pair is judged, but for standing text, which
//! candidates tell of, and the slots of templates.

use std::collections::BTreeMap;

use bitvec::prelude::*;
use rayon::prelude::*;

use super::read::DocumentEntry;
use super::texts::Texts;
use crate::candidates::Postings;
use crate::corpus::When;
use crate::error::Result;
use crate::hash::avalanche;
use crate::model::boilerplate::Boilerplate;
use crate::model::chrome::{self, ChromePages, ChromeSite, ChromeText};
use crate::model::facts::Vocabulary;
use crate::model::noise::{Letters, SeenTokens};
use crate::model::{ContentReader, Model};
use crate::options::Cancel;
use crate::recipe::Recipe;
use crate::sketch::Sketcher;

/// Documents that token statistics are taken from, at most.
const SAMPLE: usize = 1024;

/// Share of those documents that are noisy, from which noisy documents are looked for among all; where there are fewer,
/// the few are met by words.
const NOISY: f64 = 0.005;

/// Times that each of them is read, at most.
const READINGS: u64 = 2;

/// Pages of one site that chrome is learned from, at most.
const PAGES: usize = 400;

/// What candidates are found by besides texts.
#[derive(Clone, Copy)]
pub(crate) struct Learned<'a> {
    pub recipe: Recipe,
    pub model: &'a Model,
    /// By number of the site: its hash.
    pub sites: &'a [u64],
}

/// Learns a model from a corpus.
pub(super) struct Learner<'a> {
    pub texts: &'a Texts<'a>,
    pub recipe: Recipe,
    pub removed: &'a BitSlice,
    /// Chrome that was given.
    pub given: Option<&'a Boilerplate>,
    pub cancel: &'a Cancel,
}

impl Learner<'_> {
    /// The model, but for standing text and template slots.
    pub fn learn(&self, postings: &Postings, mut seen: SeenTokens) -> Result<Model> {
        let sites = self.texts.documents.site_hashes();
        let all = (0..self.entries().len() as u32).filter(|&d| !self.removed[d as usize]).collect();
        let sample = self.sample(all, SAMPLE);
        let (vocabulary, noisy) = self.vocabulary(&sample, &seen)?;
        seen.know(self.letters(&sample, &seen, &vocabulary)?);
        Ok(Model { chrome: self.chrome(postings, &sites)?, vocabulary, seen, noisy, ..Model::default() })
    }

    fn entries(&self) -> &[DocumentEntry] {
        &self.texts.documents.entries
    }

    /// The documents of the smallest sequence hashes, which is a sample that order does not change.
    fn sample(&self, mut documents: Vec<u32>, most: usize) -> Vec<u32> {
        if documents.len() > most {
            let key = |d: &u32| (avalanche(self.entries()[*d as usize].sequence), *d);
            documents.select_nth_unstable_by_key(most, key);
            documents.truncate(most);
            documents.sort_unstable();
        }
        documents
    }

    /// Token statistics of a sample, and whether enough of it is noisy.
    fn vocabulary(&self, sample: &[u32], seen: &SeenTokens) -> Result<(Vocabulary, bool)> {
        let parts: Vec<(Vocabulary, usize)> = sample
            .par_chunks(sample.len().div_ceil(rayon::current_num_threads()).max(1))
            .map(|documents| {
                let (mut vocabulary, mut noisy) = (Vocabulary::default(), 0);
                let mut reader = ContentReader::new(self.recipe, self.texts.kernel);
                for &document in documents {
                    self.cancel.check()?;
                    // A document that changed is reported where it is judged.
                    let _ = self.texts.get(document, |text| {
                        reader.read_plainly(text);
                        reader.letters(text);
                        vocabulary.add(reader.hashes().iter().copied().zip(reader.last_letters()));
                        noisy += usize::from(reader.is_noisy(seen));
                    });
                }
                Ok((vocabulary, noisy))
            })
            .collect::<Result<_>>()?;
        let (mut all, mut noisy) = (Vocabulary::default(), 0);
        for (part, count) in parts {
            all.merge(part);
            noisy += count;
        }
        Ok((all, noisy as f64 >= NOISY * sample.len() as f64 && noisy > 0))
    }

    /// The letters of words that several documents of a sample have, of its clean documents.
    fn letters(&self, sample: &[u32], seen: &SeenTokens, vocabulary: &Vocabulary) -> Result<Letters> {
        let parts: Vec<Letters> = sample
            .par_chunks(sample.len().div_ceil(rayon::current_num_threads()).max(1))
            .map(|documents| {
                let (mut letters, mut reader) =
                    (Letters::default(), ContentReader::new(self.recipe, self.texts.kernel));
                for &document in documents {
                    self.cancel.check()?;
                    // A document that changed is reported where it is judged.
                    let _ = self.texts.get(document, |text| {
                        reader.read_plainly(text);
                        if !reader.is_noisy(seen) {
                            reader.add_letters(|hash| vocabulary.count(hash).documents > 1, &mut letters);
                        }
                    });
                }
                Ok(letters)
            })
            .collect::<Result<_>>()?;
        Ok(parts.iter().fold(Letters::default(), |mut all, part| {
            all.merge(part);
            all
        }))
    }

    fn chrome(&self, postings: &Postings, sites: &[u64]) -> Result<chrome::Chrome> {
        let pages = SuspectPages { learner: self, sites: self.suspects(postings, sites) };
        let count: usize = pages.sites.iter().map(|site| site.pages.len()).sum();
        self.texts.progress.plan(READINGS * count as u64);
        let mut chrome = chrome::learn(&pages, self.recipe.shingle())?;
        if let Some(given) = self.given {
            given.add_to(&mut chrome, self.recipe);
        }
        Ok(chrome)
    }

    /// Documents that share a sample with several of one site, some of each site.
    fn suspects(&self, postings: &Postings, hashes: &[u64]) -> Vec<ChromeSite> {
        let entries = self.entries();
        let mut marked: BitVec = bitvec![0; entries.len()];
        let site_of = |posting: u64| entries[posting as u32 as usize].site;
        let lists: Vec<&[u64]> = postings
            .lists()
            .filter(|list| {
                if list.len() < chrome::LEAST {
                    return false;
                }
                let mut sites: Vec<u32> = list.iter().map(|&posting| site_of(posting)).collect();
                sites.sort_unstable();
                sites.chunk_by(|a, b| a == b).any(|same| same.len() >= chrome::LEAST)
            })
            .collect();
        for &posting in lists.into_iter().flatten() {
            marked.set(posting as u32 as usize, true);
        }
        let mut by_site: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let sites = &self.texts.documents.sites;
        let learns = |site: u32| self.given.is_none_or(|given| !given.names(&sites[site as usize]));
        for document in marked.iter_ones().filter(|&d| learns(entries[d].site)) {
            by_site.entry(entries[document].site).or_default().push(document as u32);
        }
        let of_site = |(site, documents): (u32, Vec<u32>)| {
            let pages = self.sample(documents, PAGES);
            let tokens = pages.iter().map(|&page| u64::from(entries[page as usize].tokens)).sum();
            ChromeSite {
                hash: hashes[site as usize],
                guessed: sites[site as usize].is_empty(),
                pages,
                tokens,
            }
        };
        by_site.into_iter().map(of_site).collect()
    }
}

/// Memory of one thread that reads pages.
struct SuspectReader {
    whole: ContentReader,
    sketcher: Sketcher,
    shingles: Vec<u64>,
}

/// The documents of a run that may have chrome.
struct SuspectPages<'a> {
    learner: &'a Learner<'a>,
    sites: Vec<ChromeSite>,
}

impl ChromePages for SuspectPages<'_> {
    type Reader = SuspectReader;

    fn sites(&self) -> &[ChromeSite] {
        &self.sites
    }

    fn ahead(&self, pages: &[u32]) {
        self.learner.texts.prefetch(pages.iter().copied());
    }

    fn reader(&self) -> SuspectReader {
        let (recipe, kernel) = (self.learner.recipe, self.learner.texts.kernel);
        let (whole, sketcher) = (ContentReader::new(recipe, kernel), Sketcher::new(recipe, kernel));
        SuspectReader { whole, sketcher, shingles: Vec::new() }
    }

    fn read<'r>(&'r self, reader: &'r mut SuspectReader, page: u32) -> Result<Option<ChromeText<'r>>> {
        let (texts, reader) = (self.learner.texts, &mut reader.whole);
        self.learner.cancel.check()?;
        texts.progress.did(1);
        let day = texts.get_with_fields(page, |text, fields| {
            reader.read(text);
            reader.breaks(text);
            texts.corpus.when(fields).map(When::day)
        });
        // A document that changed is reported where it is judged.
        let Ok(day) = day else { return Ok(None) };
        Ok(Some(ChromeText { shingles: reader.shingles(), breaks: reader.last_breaks(), day }))
    }

    fn shingles<'r>(&'r self, reader: &'r mut SuspectReader, page: u32) -> Result<&'r [u64]> {
        let SuspectReader { sketcher, shingles, .. } = reader;
        self.learner.cancel.check()?;
        self.learner.texts.progress.did(1);
        shingles.clear();
        // As above of one that changed.
        let _ = self.learner.texts.get(page, |text| shingles.extend_from_slice(sketcher.shingles(text).0));
        Ok(shingles)
    }
}
