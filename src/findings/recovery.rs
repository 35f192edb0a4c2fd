//! Every run's small check of itself: copies that are planted, in thought, beside some documents, and whether they would
//! have become candidates.
//!
//! Spiked recovery, as a laboratory tests its assay. It costs what sketching a few documents costs, and looks at this
//! corpus, its language and its chrome; but only at copies of three kinds, and not at what very frequent text loses. For
//! real pairs of all kinds there is [`Run::audit`].

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::audit::Draws;
use crate::candidates::{Gate, bands};
use crate::document::site_hash;
use crate::error::Result;
use crate::hash::avalanche;
use crate::model::ContentReader;
use crate::model::hashed::Hashes;
use crate::options::{Method, Mode};
use crate::report::{PlantedRow, RecoveryRow};
use crate::scan::Run;
use crate::scan::texts::Texts;
use crate::shingle::shingles;
use crate::signature::minhash::MinHash;
use crate::signature::simhash::SimHash;
use crate::signature::winnow::{LEVELS, WINDOWS, Winnow, level};

/// One document in so many is drawn, and so many at most: a hundredth of a run's sketches, three times over.
const ONE_IN: usize = 200;
const MOST: usize = 64;

/// Tokens of a document that copies are planted of, at least.
const LEAST: usize = 60;

/// What the check says of itself.
const SHOWS: &str = "whether copies of these kinds would have been compared; not what text in more than 100 documents \
    loses, nor other kinds of copies: --audit N looks at all pairs of N documents";

/// Kinds of planted copies.
const KINDS: [(&str, Plant); 3] = [
    ("first 60 % of the words", cut),
    ("one word in 20 replaced", edited),
    ("60 words in another text", excerpt),
];

/// Makes a copy of a document's token hashes; `fresh` are hashes of no token.
type Plant = fn(&[u64], fresh: &mut dyn FnMut() -> u64) -> Vec<u64>;

fn cut(tokens: &[u64], _: &mut dyn FnMut() -> u64) -> Vec<u64> {
    tokens[..tokens.len() * 3 / 5].to_vec()
}

fn edited(tokens: &[u64], fresh: &mut dyn FnMut() -> u64) -> Vec<u64> {
    tokens.iter().enumerate().map(|(i, &token)| if i % 20 == 19 { fresh() } else { token }).collect()
}

fn excerpt(tokens: &[u64], fresh: &mut dyn FnMut() -> u64) -> Vec<u64> {
    let start = (tokens.len() - LEAST) / 2;
    let mut text: Vec<u64> = (0..2 * LEAST).map(|_| fresh()).collect();
    text.splice(LEAST..LEAST, tokens[start..start + LEAST].iter().copied());
    text
}

impl Run {
    /// Plants copies of some documents, in thought, and says how many of them would have been compared.
    ///
    /// # Errors
    /// Cancellation, or [`crate::error::ErrorKind::Setting`] where there can be no thread pool.
    pub fn recovery(&self) -> Result<RecoveryRow> {
        let long: Vec<u32> = (0..self.documents.entries.len() as u32)
            .filter(|&document| self.documents.entries[document as usize].tokens as usize >= LEAST)
            .collect();
        let count = (self.documents.entries.len() / ONE_IN).clamp(1, MOST);
        let drawn = Draws::new(1).choose(count, long.len());
        let texts = self.texts();
        let planter = Planter { run: self, texts: &texts, gate: Gate::of(self.policy()) };
        let met: Vec<[bool; KINDS.len()]> = self.install(|| {
            let met = drawn.par_iter().map(|&place| {
                self.cancel().check()?;
                Ok(planter.met(long[place]))
            });
            met.collect::<Result<Vec<_>>>()
        })?;
        let row = |kind: usize| PlantedRow {
            planted: met.len() as u64,
            met: met.iter().filter(|met| met[kind]).count() as u64,
        };
        let by_kind: BTreeMap<_, _> =
            KINDS.iter().enumerate().map(|(kind, (name, _))| ((*name).into(), row(kind))).collect();
        Ok(RecoveryRow { documents: met.len() as u64, by_kind, shows: SHOWS.into() })
    }
}

struct Planter<'a> {
    run: &'a Run,
    texts: &'a Texts<'a>,
    gate: Gate,
}

impl Planter<'_> {
    /// By kind, whether a copy of this document would have been compared with it.
    fn met(&self, document: u32) -> [bool; KINDS.len()] {
        let is_classic = self.run.policy().mode == Mode::Classic;
        let mut reader = ContentReader::of(self.run.recipe(), self.texts.kernel, is_classic);
        let site =
            site_hash(&self.run.documents.sites[self.run.documents.entries[document as usize].site as usize]);
        let read = self.texts.get(document, |text| reader.read(text));
        if read.is_err() || reader.hashes().len() < LEAST {
            return [false; KINDS.len()];
        }
        let chrome = self.run.model.as_ref().map(|model| &model.chrome);
        let is_content = |shingle: &u64| chrome.is_none_or(|chrome| !chrome.contains(site, *shingle));
        let tokens = reader.hashes().to_vec();
        let own = reader.shingles().to_vec();
        let mut number = u64::from(document);
        let mut fresh = || {
            number = number.wrapping_add(1);
            avalanche(number)
        };
        KINDS.map(|(_, plant)| {
            let mut planted = Vec::new();
            let copy = plant(&tokens, &mut fresh);
            let count = shingles(self.texts.kernel, self.run.recipe().shingle(), &copy, &mut planted).len();
            planted.truncate(count);
            match self.run.policy().method {
                Method::Join => self.joined(&own, &planted, is_content),
                Method::Minhash => {
                    !bands::minhash(&[own.clone(), planted].map(|s| MinHash::of(&distinct(s)))).is_empty()
                }
                Method::Simhash => {
                    !bands::simhash(&[own.clone(), planted].map(|s| SimHash::of(&distinct(s)))).is_empty()
                }
            }
        })
    }

    fn joined(&self, a: &[u64], b: &[u64], is_content: impl Fn(&u64) -> bool) -> bool {
        let level = level(a.len()).max(level(b.len()));
        let mut winnow = Winnow::default();
        let mut sample = |of: &[u64]| -> (Hashes, [u16; LEVELS]) {
            let mut counts = [0; LEVELS];
            // A text shorter than a window selects one shingle or none.
            let selected = winnow.select(self.texts.kernel, of, level);
            let short = level > 0 && of.len() < WINDOWS[level];
            counts[level] = if short { 1 } else { u16::try_from(selected.len()).unwrap_or(u16::MAX) };
            (selected.iter().copied().filter(&is_content).collect(), counts)
        };
        let ((of_a, a), (of_b, b)) = (sample(a), sample(b));
        of_a.intersection(&of_b).count() as u32 >= self.gate.between(&a, &b)
    }
}

fn distinct(mut shingles: Vec<u64>) -> Vec<u64> {
    shingles.sort_unstable();
    shingles.dedup();
    shingles
}
