//! What a corpus teaches before any pair is judged: chrome, standing text, token statistics, which texts are noisy, and
//! where templates have their slots.
//!
//! A model is built by a first pass and frozen; a relation is a function of two documents and the model. It can be
//! kept ([`Model::write`]) and given to another run, which then judges any pair as the first did.

pub mod boilerplate;
pub mod chrome;
mod content;
pub mod facts;
pub mod hashed;
pub mod noise;
pub mod standing;

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::recipe::Recipe;
use chrome::Chrome;
pub use content::{Content, ContentReader};
use facts::{TokenCount, Vocabulary};
use hashed::Hashes;
use noise::SeenTokens;
use standing::{Standing, StandingRow};

/// The version of the form in which models are kept; it rises when a model of before would be read wrongly.
pub const MODEL_VERSION: u32 = 2;

/// What a corpus taught.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Chrome by site.
    pub chrome: Chrome,
    /// Standing text.
    pub standing: Standing,
    /// Token statistics.
    pub vocabulary: Vocabulary,
    /// How often each token stands in the corpus, for noisy texts.
    pub seen: SeenTokens,
    /// Whether so many texts are noisy that they are looked for among all.
    pub noisy: bool,
    /// Places where templates have their slots: what stands around them, with facts as one symbol.
    pub slots: Hashes,
}

/// A model as it is kept: JSON, all lists ascending, so that one model has one form.
#[derive(Serialize, Deserialize)]
struct SavedModel {
    format: String,
    version: u32,
    /// [`Recipe::fingerprint`].
    recipe: String,
    chrome: Vec<u64>,
    sites: Vec<u64>,
    /// Whether lines of fewer tokens than a shingle are among them.
    #[serde(default)]
    short_lines: bool,
    /// Shingle, site, documents, items.
    standing: Vec<(u64, u64, u32, u64)>,
    documents: u32,
    /// Hash, documents, times with a capital, times without.
    tokens: Vec<(u64, u32, u32, u32)>,
    seen: Vec<u64>,
    letters: Vec<u64>,
    noisy: bool,
    slots: Vec<u64>,
}

const FORMAT: &str = "wirecopy-model";

impl Model {
    /// Writes the model, learned under `recipe`.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, recipe: Recipe, out: impl Write) -> io::Result<()> {
        let (chrome, sites) = self.chrome.sorted();
        let standing = self.standing.rows().iter();
        let tokens = self.vocabulary.sorted().into_iter();
        let mut slots: Vec<u64> = self.slots.iter().copied().collect();
        slots.sort_unstable();
        let (seen, letters) = self.seen.words();
        let kept = SavedModel {
            format: FORMAT.to_owned(),
            version: MODEL_VERSION,
            recipe: recipe.fingerprint(),
            chrome,
            sites,
            short_lines: self.chrome.short_lines(),
            standing: standing.map(|row| (row.shingle, row.site, row.documents, row.items)).collect(),
            documents: self.vocabulary.documents,
            tokens: tokens.map(|(hash, c)| (hash, c.documents, c.capital, c.small)).collect(),
            seen: seen.to_vec(),
            letters: letters.to_vec(),
            noisy: self.noisy,
            slots,
        };
        serde_json::to_writer(out, &kept)?;
        Ok(())
    }

    /// Reads a model that was written under the same recipe.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where it is no model, of another version, or of another recipe.
    pub fn read(recipe: Recipe, input: impl Read) -> Result<Model> {
        let wrong = |why: String| Error::new(ErrorKind::Setting).because(why);
        let kept: SavedModel =
            serde_json::from_reader(input).map_err(|error| wrong(format!("this is no model: {error}")))?;
        if kept.format != FORMAT || kept.version != MODEL_VERSION {
            return Err(wrong(format!("a model of version {MODEL_VERSION} is wanted, not {}", kept.version)));
        }
        if kept.recipe != recipe.fingerprint() {
            let (own, wanted) = (kept.recipe, recipe.fingerprint());
            return Err(wrong(format!("the model was learned under {own}, and this run is under {wanted}")));
        }
        let count = |(hash, documents, capital, small)| (hash, TokenCount { documents, capital, small });
        let row = |(shingle, site, documents, items)| StandingRow { shingle, site, documents, items };
        Ok(Model {
            standing: Standing::of(kept.standing.into_iter().map(row).collect()),
            chrome: Chrome::of(kept.chrome, kept.sites, kept.short_lines),
            vocabulary: Vocabulary::of(kept.documents, kept.tokens.into_iter().map(count).collect()),
            seen: SeenTokens::of(kept.seen, kept.letters)
                .ok_or_else(|| wrong("the model's table is cut off".to_owned()))?,
            noisy: kept.noisy,
            slots: kept.slots.into_iter().collect(),
        })
    }
}

/// Every site, where chrome was given for all: the hash of no name ([`crate::document::site_hash`]), but by a chance of
/// 2^-64.
pub const EVERY_SITE: u64 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_model_is_read_under_its_own_recipe_only() {
        let mut model = Model { noisy: true, seen: SeenTokens::new(0), ..Model::default() };
        model.chrome.insert(1, 2);
        model.slots.insert(3);
        model.standing =
            Standing::of(vec![StandingRow { shingle: 4, site: 1, documents: 9, items: standing::GOOD }]);
        let mut kept = Vec::new();
        let recipe = Recipe::default();
        model.write(recipe, &mut kept).expect("memory takes it");
        let again = Model::read(recipe, &kept[..]).expect("it was just written");
        let mut other = Vec::new();
        again.write(recipe, &mut other).expect("memory takes it");
        assert_eq!(kept, other);
        assert_eq!(again.standing.rows(), model.standing.rows());
        let eight = Recipe::with_shingle(8).expect("a shingle may have eight tokens");
        assert!(Model::read(eight, &kept[..]).is_err());
        assert!(Model::read(recipe, &b"{}"[..]).is_err());
        assert!(Model::read(recipe, &kept[..kept.len() / 2]).is_err());
    }
}
