//! What a document is before anyone looks at others: its sample, its row, its compressed text.
//!
//! None of it needs the index. So documents are prepared while those before them are compared, written and
//! acknowledged, on the same threads.

use std::sync::{Arc, Mutex};

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::judge::PairJudge;
use super::{Incoming, Pool, cut, id_hash, keys};
use crate::error::{Error, ErrorKind, Result};
use crate::index::format::{NAMED, Row, key};
use crate::index::now;
use crate::sketch::Sketcher;

/// How hard texts are compressed: light, since it is done while the sender waits.
const LEVEL: i32 = 1;

/// Prepares documents for a [`Filter`](super::Filter), from any thread.
#[derive(Debug, Clone)]
pub struct Preparer {
    pub(super) pool: Pool,
    judge: Arc<PairJudge>,
    makers: Arc<[Mutex<Maker>]>,
    packs: bool,
}

/// A document that was prepared.
#[derive(Debug)]
pub struct Prepared {
    /// Its row; ordinal and places are filled in where it is taken.
    pub(super) row: Row,
    /// Its sample, each key once.
    pub(super) keys: Vec<u64>,
    /// Its compressed text; empty where none is kept.
    pub(super) packed: Vec<u8>,
}

/// Memory of one thread.
#[derive(Debug)]
struct Maker {
    sketcher: Sketcher,
    compressor: Compressor,
}

struct Compressor(zstd::bulk::Compressor<'static>);

impl std::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Compressor")
    }
}

impl Preparer {
    /// `packs` says whether texts are kept.
    pub(super) fn new(pool: Pool, judge: Arc<PairJudge>, packs: bool) -> Result<Preparer> {
        let maker = || {
            let compressor = zstd::bulk::Compressor::new(LEVEL);
            let compressor = compressor.map_err(|e| Error::io(ErrorKind::Setting, "zstd", e))?;
            let sketcher = Sketcher::new(judge.recipe, judge.kernel);
            Ok(Mutex::new(Maker { sketcher, compressor: Compressor(compressor) }))
        };
        let makers = (0..pool.threads()).map(|_| maker()).collect::<Result<_>>()?;
        Ok(Preparer { pool, judge, makers, packs })
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
        let chrome = &self.judge.model.chrome;
        let id = cut(&document.id);
        let sketch = maker.sketcher.sketch(&document.text);
        let content = sketch.sample.iter().filter(|hash| !chrome.contains(document.site, **hash));
        let keys = keys(content.map(|hash| key(*hash)));
        let (tokens, counts) = (sketch.tokens, sketch.counts);
        let row = Row {
            tokens,
            bytes: document.text.len() as u32,
            id: id.len() as u16,
            flags: if document.named { NAMED } else { 0 },
            sequence: sequence(maker.sketcher.token_hashes()),
            text_hash: xxh3_64(document.text.as_bytes()),
            counts,
            site: document.site,
            url: document.url,
            canonical: document.canonical,
            id_hash: if document.named || document.place == 0 { id_hash(id) } else { document.place },
            seen,
            ..Row::default()
        };
        let packed = match self.packs {
            true => {
                let packed = maker.compressor.0.compress(document.text.as_bytes());
                packed.map_err(|e| Error::io(ErrorKind::Write, "zstd", e))?
            }
            false => Vec::new(),
        };
        Ok(Prepared { row, keys, packed })
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
