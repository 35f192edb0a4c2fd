//! The recipe: every setting that changes a token, a shingle or a signature.
//!
//! Two runs with the same recipe give the same bits for the same text, on any platform. Whatever is kept on
//! disk names its recipe, so that bits of two recipes are never compared.

use crate::error::{Error, ErrorKind, Result};
use crate::hash::MAX_SHINGLE;

/// The version of the token definition, its spelling and the hash. It rises when any of them gives other bits.
///
/// From 2 on texts are found and aligned by the spelling of their tokens.
///
/// An index names it: one of an older version is refused, and brought over by [`crate::index::upgrade()`], which makes
/// everything anew that a recipe decides. So nothing but this number need change for an index.
pub const RECIPE_VERSION: u32 = 2;

/// The version of the extraction: it changes whenever some page gives another text.
///
/// From 2 on the article is what the page's own structure says, and names are believed where form bears them out.
pub const EXTRACTION_VERSION: u32 = 2;

/// What decides the bits of tokens, shingles and signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Recipe {
    shingle: usize,
    /// [`EXTRACTION_VERSION`]: the text of a page decides its tokens.
    extraction: u32,
}

impl Default for Recipe {
    /// Shingles of five tokens.
    fn default() -> Recipe {
        Recipe { shingle: 5, extraction: EXTRACTION_VERSION }
    }
}

impl Recipe {
    /// A recipe with shingles of `tokens` tokens, 1 to 16.
    ///
    /// Five suits text whose words stand between spaces. In scripts without spaces a token is one character
    /// and 8 to 10 of them carry what five words do.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] outside that range.
    pub fn with_shingle(tokens: usize) -> Result<Recipe> {
        if !(1..=MAX_SHINGLE).contains(&tokens) {
            let range = format!("a shingle has 1 to {MAX_SHINGLE} tokens, not {tokens}");
            return Err(Error::new(ErrorKind::Setting).because(range));
        }
        Ok(Recipe { shingle: tokens, ..Recipe::default() })
    }

    /// Tokens in a shingle.
    pub fn shingle(&self) -> usize {
        self.shingle
    }

    /// Names the recipe in files: equal exactly where every bit it decides is equal.
    pub fn fingerprint(&self) -> String {
        format!("wirecopy-recipe-{RECIPE_VERSION}-k{}-html{}", self.shingle, self.extraction)
    }

    /// Whether a fingerprint is of an older version than this program has, and of no later one in any part.
    pub fn is_older(fingerprint: &str) -> bool {
        let versions = || {
            let mut parts = fingerprint.strip_prefix("wirecopy-recipe-")?.split('-');
            let version = parts.next()?.parse::<u32>().ok()?;
            let extraction = parts.nth(1)?.strip_prefix("html")?.parse::<u32>().ok()?;
            Some((version, extraction))
        };
        let own = (RECIPE_VERSION, EXTRACTION_VERSION);
        versions().is_some_and(|found| found != own && found.0 <= own.0 && found.1 <= own.1)
    }
}
