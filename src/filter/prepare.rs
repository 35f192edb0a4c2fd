//! What a document is before anyone looks at others: its sample, its row, its compressed text.
//!
//! None of it needs the index. So documents are prepared while those before them are compared, written and
//! acknowledged, on the same threads.

use std::sync::{Arc, Mutex};

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::core::Under;
use super::pool::Pool;
use super::{Incoming, cut, keys};
use crate::document::{Identity, id_hash};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::avalanche;
use crate::index::format::{NAMED, StoredRow, TITLED, key};
use crate::index::{Remade, now};
use crate::model::Model;
use crate::signature::grams::grams;
use crate::signature::winnow::LEVELS;
use crate::sketch::Sketcher;

/// How hard texts are compressed: light, since it is done while the sender waits.
const LEVEL: i32 = 1;

/// Bytes that a thread holds on to for compressing, at most: enough for texts of a megabyte.
const HELD: usize = 2 << 20;

/// Prepares documents for a [`Filter`](super::Filter), from any thread.
#[derive(Debug, Clone)]
pub struct Preparer {
    pub(super) pool: Pool,
    under: Arc<Under>,
    makers: Arc<[Mutex<Maker>]>,
    packs: bool,
}

/// A document that was prepared.
#[derive(Debug)]
pub struct Prepared {
    /// Its row; ordinal and places are filled in where it is taken.
    pub(super) row: StoredRow,
    /// Its sample, each key once.
    pub(super) keys: Vec<u64>,
    /// Keys of its characters in a row, by which noisy texts are met.
    pub(super) grams: GramKeys,
    /// Its compressed text; empty where none is kept.
    pub(super) packed: Vec<u8>,
}

/// Memory of one thread.
#[derive(Debug)]
struct Maker {
    sketcher: Sketcher,
    compressor: Compressor,
}

struct Compressor {
    zstd: zstd::bulk::Compressor<'static>,
    /// Room for what any text becomes: a document keeps no more than it needs.
    packed: Vec<u8>,
}

impl Compressor {
    fn new() -> Result<Compressor> {
        let zstd = zstd::bulk::Compressor::new(LEVEL);
        let zstd = zstd.map_err(|e| Error::io(ErrorKind::Setting, "zstd", e))?;
        Ok(Compressor { zstd, packed: Vec::new() })
    }

    fn pack(&mut self, text: &str) -> Result<Vec<u8>> {
        let Compressor { zstd, packed } = self;
        packed.clear();
        packed.reserve(zstd::zstd_safe::compress_bound(text.len()));
        zstd.compress_to_buffer(text.as_bytes(), packed)
            .map_err(|e| Error::io(ErrorKind::Write, "zstd", e))?;
        let kept = packed.as_slice().to_vec();
        // One long text is no reason to hold so much for ever.
        if packed.capacity() > HELD {
            *packed = Vec::new();
        }
        Ok(kept)
    }
}

impl std::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Compressor")
    }
}

impl Preparer {
    /// `packs` says whether texts are kept.
    pub(super) fn new(pool: Pool, under: Arc<Under>, packs: bool) -> Result<Preparer> {
        let maker = || {
            let sketcher = Sketcher::new(under.recipe, under.kernel);
            Ok(Mutex::new(Maker { sketcher, compressor: Compressor::new()? }))
        };
        let makers = (0..pool.threads()).map(|_| maker()).collect::<Result<_>>()?;
        Ok(Preparer { pool, under, makers, packs })
    }

    /// Prepares documents, in order. Linear in their texts.
    ///
    /// # Errors
    /// A text that cannot be compressed, for want of memory.
    pub fn prepare(&self, documents: &[Incoming]) -> Result<Vec<Prepared>> {
        let seen = now();
        self.pool.each(&self.makers, documents.len(), |maker, i| self.one(maker, &documents[i], seen))
    }

    fn one(&self, maker: &mut Maker, document: &Incoming, seen: u64) -> Result<Prepared> {
        let Maker { sketcher, compressor } = maker;
        let (model, id) = (&self.under.model, cut(&document.id));
        let Identity { site, url, canonical, .. } = document.identity;
        let Sketched { tokens, counts, keys, grams } = Sketched::of(sketcher, model, site, &document.text);
        let row = StoredRow {
            tokens,
            bytes: document.text.len() as u32,
            id: id.len() as u16,
            sequence: sequence(sketcher.token_hashes()),
            text_hash: xxh3_64(document.text.as_bytes()),
            counts,
            site,
            url,
            canonical,
            id_hash: if document.named || document.place == 0 {
                id_hash(id.as_bytes())
            } else {
                document.place
            },
            seen,
            ..StoredRow::default()
        };
        let named = if document.named { NAMED } else { 0 };
        let titled = if document.own_title(tokens).is_empty() { 0 } else { TITLED };
        let packed = if self.packs { compressor.pack(&document.text)? } else { Vec::new() };
        Ok(Prepared { row: StoredRow { flags: named | titled, ..row }, keys, grams, packed })
    }
}

/// What the recipe and the model decide of a text.
struct Sketched {
    tokens: u32,
    counts: [u16; LEVELS],
    keys: Vec<u64>,
    grams: GramKeys,
}

impl Sketched {
    fn of(sketcher: &mut Sketcher, model: &Model, site: u64, text: &str) -> Sketched {
        let sketch = sketcher.sketch(text);
        let content = sketch.sample.iter().filter(|hash| !model.chrome.contains(site, **hash));
        let keys = keys(content.map(|hash| key(*hash)));
        let (tokens, counts) = (sketch.tokens, sketch.counts);
        let grams = if model.noisy { GramKeys::of(sketcher, model) } else { GramKeys::default() };
        Sketched { tokens, counts, keys, grams }
    }
}

/// What is kept of a text beside the text itself, made anew.
pub(super) fn remade(sketcher: &mut Sketcher, model: &Model, site: u64, text: &str) -> Remade {
    let Sketched { tokens, counts, keys, grams } = Sketched::of(sketcher, model, site, text);
    let sequence = sequence(sketcher.token_hashes());
    Remade { tokens, counts, keys: kept_keys(&keys, &grams.kept), sequence }
}

impl Prepared {
    /// All keys that the document is kept under.
    pub(super) fn kept_keys(&self) -> Vec<u64> {
        kept_keys(&self.keys, &self.grams.kept)
    }
}

/// The keys that a document of this sample and these grams is kept under.
fn kept_keys(sample: &[u64], grams: &[u64]) -> Vec<u64> {
    if grams.is_empty() { sample.to_vec() } else { keys(sample.iter().chain(grams).copied()) }
}

/// One gram in so many is a key. At one letter in twelve misread on both sides a copy of 160 words shares two dozen, and one
/// of 50 words some (noise-grid: of one in sixteen 14 of 650 copies are not met).
const RATE: u64 = 8;

/// The keys of a text's characters in a row; none where the model knows no noise.
///
/// Noisy and clean texts are kept under different keys of the same characters. A clean text looks for noisy ones only, of
/// which there are few, and a noisy one for both: clean texts of one language share characters without end.
#[derive(Debug, Default)]
pub(super) struct GramKeys {
    /// Those that the text is kept under.
    pub kept: Vec<u64>,
    /// Those by which it looks for others.
    pub sought: Vec<u64>,
}

impl GramKeys {
    /// Of the text that was sketched last.
    fn of(sketcher: &Sketcher, model: &Model) -> GramKeys {
        let hashes = sketcher.found_by();
        let is_noisy = model.seen.is_noisy(sketcher.count(), |i| (hashes[i], sketcher.bytes(i)));
        let grams: Vec<u64> = grams(&sketcher.joined(), RATE).collect();
        let of_noisy = || grams.iter().map(|&gram| key(gram));
        let of_clean = || grams.iter().map(|&gram| key(avalanche(gram)));
        if is_noisy {
            GramKeys { kept: keys(of_noisy()), sought: keys(of_noisy().chain(of_clean())) }
        } else {
            GramKeys { kept: keys(of_clean()), sought: keys(of_noisy()) }
        }
    }
}

/// The hash of a token sequence, given as the hashes of its tokens: of another order it is another one.
pub(super) fn sequence(tokens: &[u64]) -> u64 {
    let mut hash = Xxh3::new();
    // Many at once: a call for each would cost more than the hashing.
    let mut bytes = [0; 512];
    for some in tokens.chunks(bytes.len() / 8) {
        let places = bytes.chunks_exact_mut(8);
        places.zip(some).for_each(|(place, token)| place.copy_from_slice(&token.to_le_bytes()));
        hash.update(&bytes[..some.len() * 8]);
    }
    hash.digest()
}
