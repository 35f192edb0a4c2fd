//! The persistent index: documents on disk, found by what they share, whatever happened before.
//!
//! docs/index-format.md says what every byte is and in which order things are written. From the bottom up:
//! [`store`] is what is asked of a disk, [`mod@format`] the bytes, [`pages`] checks them, [`segment`] and [`log`] are the
//! two kinds of files, [`memory`] what is not sealed yet, [`view`] answers questions over all of them, [`Writer`]
//! and [`Reader`] are how an index is opened. What a document is to those that are indexed is decided in
//! [`crate::filter`].

pub mod format;
mod job;
mod log;
mod memory;
mod merge;
mod pages;
mod reader;
mod repair;

mod segment;
pub mod store;
mod table;
pub mod verdict;
pub mod view;
mod writer;

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use xxhash_rust::xxh3::xxh3_64;

pub use format::Keep;
use format::{BadHeader, FileKind, Manifest, OLDEST, VERSION, check_header};
pub use reader::Reader;
pub use repair::{Repaired, Resample, Resampler, repair, verify};

use store::{Store, append_all};
pub use writer::{Admitted, Arriving, Limits, Writer};

use crate::error::{Error, ErrorKind, Result};
use crate::recipe::Recipe;

/// The file that names what belongs to the index.
pub const MANIFEST: &str = "MANIFEST";

/// The file that the writer holds.
pub const LOCK: &str = "LOCK";

const MANIFEST_TMP: &str = "MANIFEST.tmp";

/// What an index is created with.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// What is kept of texts.
    pub keep: Keep,
    /// How texts become samples.
    pub recipe: Recipe,
    /// The model that pairs are judged under, as it is on disk.
    pub model: Option<Vec<u8>>,
    /// After so many milliseconds documents expire; 0 if they never do.
    pub window: u64,
}

/// The name of a model's file.
fn model_name(hash: u64) -> String {
    format!("model-{hash:016x}")
}

/// What names a model: never 0, which says that there is none.
pub fn model_hash(bytes: &[u8]) -> u64 {
    xxh3_64(bytes).max(1)
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
}

/// Whether there is an index.
///
/// # Errors
/// The store's.
pub fn exists(store: &dyn Store) -> Result<bool> {
    match store.len(MANIFEST) {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(failed(store, MANIFEST, ErrorKind::NotReadable, e)),
    }
}

fn failed(store: &dyn Store, name: &str, kind: ErrorKind, error: io::Error) -> Error {
    Error::io(kind, store.place().join(name), error)
}

fn corrupt(store: &dyn Store, name: &str, what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Corrupt).at(store.place().join(name)).because(what)
}

fn bad_header(store: &dyn Store, name: &str, bad: BadHeader) -> Error {
    match bad {
        BadHeader::Magic => corrupt(store, name, "its first bytes are not what was written"),
        BadHeader::Version(found) => {
            let versions = format!(
                "written as version {found}, and this program reads {OLDEST} to {VERSION}: use a later one, or \
                 build the index anew"
            );
            Error::new(ErrorKind::Version).at(store.place().join(name)).because(versions)
        }
    }
}

fn read_manifest(store: &dyn Store) -> Result<Manifest> {
    let bytes = store.read(MANIFEST).map_err(|e| failed(store, MANIFEST, ErrorKind::NotReadable, e))?;
    check_header(FileKind::Manifest, &bytes).map_err(|bad| bad_header(store, MANIFEST, bad))?;
    Manifest::decode(&bytes).ok_or_else(|| corrupt(store, MANIFEST, "not what was written"))
}

/// Writes a manifest so that either it or the one before is there, whatever happens.
fn publish(store: &dyn Store, manifest: &Manifest) -> Result<()> {
    write_whole(store, MANIFEST_TMP, &manifest.encode())?;
    let rename = store.rename(MANIFEST_TMP, MANIFEST).and_then(|()| store.sync_directory());
    rename.map_err(|e| failed(store, MANIFEST, ErrorKind::Write, e))
}

/// Creates a file with these bytes and syncs it; the directory is not synced.
fn write_whole(store: &dyn Store, name: &str, bytes: &[u8]) -> Result<()> {
    let write =
        store.create(name).and_then(|()| append_all(store, name, bytes)).and_then(|()| store.sync(name));
    write.map_err(|e| failed(store, name, ErrorKind::Write, e))
}

/// The model that a manifest names, as it is on disk.
fn read_model(store: &dyn Store, manifest: &Manifest) -> Result<Option<Vec<u8>>> {
    if manifest.model == 0 {
        return Ok(None);
    }
    let name = model_name(manifest.model);
    let bytes = store.read(&name).map_err(|e| failed(store, &name, ErrorKind::NotReadable, e))?;
    if model_hash(&bytes) != manifest.model {
        return Err(corrupt(store, &name, "not what was written"));
    }
    Ok(Some(bytes))
}

/// Refuses an index of another recipe or model than is asked for, naming both.
fn check_setup(
    store: &dyn Store,
    manifest: &Manifest,
    recipe: Option<Recipe>,
    model: Option<u64>,
) -> Result<Recipe> {
    let mismatch = |what: String| Err(Error::new(ErrorKind::Mismatch).at(store.place()).because(what));
    let stored = Recipe::with_shingle(manifest.shingle as usize)?;
    if stored.fingerprint() != manifest.recipe {
        return mismatch(format!(
            "built by recipe {}, and this program has {}",
            manifest.recipe,
            stored.fingerprint()
        ));
    }
    match (recipe, model) {
        (Some(asked), _) if asked != stored => {
            mismatch(format!("built by recipe {}, not by {}", manifest.recipe, asked.fingerprint()))
        }
        (_, Some(asked)) if asked != manifest.model && manifest.model == 0 => {
            mismatch(format!("built without a model, not under model {asked:016x}"))
        }
        (_, Some(asked)) if asked != manifest.model => {
            mismatch(format!("built under model {:016x}, not under {asked:016x}", manifest.model))
        }
        _ => Ok(stored),
    }
}
