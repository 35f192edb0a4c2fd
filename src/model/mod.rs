//! What a corpus teaches before any pair is judged: chrome, token statistics, which texts are noisy, and where
//! templates have their slots.
//!
//! A model is built by a first pass and frozen; a relation is a function of two documents and the model. It can be
//! kept ([`Model::write`]) and given to another run, which then judges any pair as the first did.

pub mod chrome;
mod content;
pub mod facts;
mod file;
pub mod hashed;
pub mod noise;

use chrome::Chrome;
pub use content::{Content, Reader};
use facts::Vocabulary;
use hashed::Hashes;
use noise::Seen;
use xxhash_rust::xxh3::xxh3_64;

/// What a corpus taught.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Chrome by site.
    pub chrome: Chrome,
    /// Token statistics.
    pub vocabulary: Vocabulary,
    /// How often each token stands in the corpus, for noisy texts.
    pub seen: Seen,
    /// Whether so many texts are noisy that they are looked for among all.
    pub noisy: bool,
    /// Places where templates have their slots: what stands around them, with facts as one symbol.
    pub slots: Hashes,
}

/// A site as the model knows it: the hash of its name.
pub fn site_hash(name: &str) -> u64 {
    xxh3_64(name.as_bytes())
}
