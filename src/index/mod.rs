//! The persistent index: documents on disk, found by what they share, whatever happened before.
//!
//! docs/index-format.md says what every byte is and in which order things are written. From the bottom up:
//! `store` is what is asked of a disk, `format` the bytes, `pages` checks them, `segment` and `log` are the
//! two kinds of files, `memory` what is not sealed yet, `view` answers questions over all of them, [`Writer`]
//! and [`Snapshot`] are how an index is opened. What a document is to those that are indexed is decided in
//! [`crate::filter`].

pub(crate) mod format;
mod job;
mod log;
mod memory;
mod mend;
mod merge;
mod pages;
mod reader;
mod rebuild;
mod repair;
mod restore;
mod segment;
mod sieve;
mod stats;
pub(crate) mod store;
mod table;
mod upgrade;
pub(crate) mod verdict;
mod verify;
pub(crate) mod view;
mod writer;

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use xxhash_rust::xxh3::xxh3_64;

pub use format::Keep;
use format::{FormatError, LOG_HEADER, Manifest, OLDEST, VERSION};
use log::log_number;
pub use reader::Snapshot;
pub use rebuild::{Remade, Remake, Remaker};
pub use repair::{Repaired, repair};
use segment::segment_number;
pub use stats::Stats;
use store::append_all;
pub use store::{Disk, Store};
pub use upgrade::{Upgraded, upgrade};
pub use verify::{Verification, verify, verify_watched};
pub use view::View;
pub use writer::{Admitted, Limits, NewDocument, Writer};

use crate::error::{Error, ErrorKind, Result};
use crate::recipe::Recipe;

/// The file that names what belongs to the index.
pub const MANIFEST: &str = "MANIFEST";

/// The file that the writer holds.
pub const LOCK: &str = "LOCK";

/// The file with the hashes of the keys of the service, which is no part of what is indexed.
pub const KEYS: &str = "KEYS";

/// The file that whoever changes the keys of an index holds.
pub const KEYS_LOCK: &str = "KEYS.LOCK";

const MANIFEST_TMP: &str = "MANIFEST.tmp";

const SEGMENT_TMP: &str = "seg.tmp";

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

/// What the name of a model's file begins with.
const MODEL_PREFIX: &str = "model-";

/// The name of a model's file.
fn model_name(hash: u64) -> String {
    format!("{MODEL_PREFIX}{hash:016x}")
}

/// What names a model: never 0, which says that there is none.
pub fn model_hash(bytes: &[u8]) -> u64 {
    xxh3_64(bytes).max(1)
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
}

/// Whether there is an index, whole or not: a directory that holds parts of one is none that a new one is begun in.
///
/// # Errors
/// The store's.
pub fn exists(store: &dyn Store) -> Result<bool> {
    match store.len(MANIFEST) {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => has_parts(store),
        Err(e) => Err(failed(store, MANIFEST, ErrorKind::NotReadable, e)),
    }
}

/// Whether there are files that may hold documents. A log that is no longer than its header holds none: creating an index
/// may have ended there.
fn has_parts(store: &dyn Store) -> Result<bool> {
    let names = match store.list() {
        Ok(names) => names,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(Error::io(ErrorKind::NotReadable, store.place(), e)),
    };
    let holds = |name: &String| store.len(name).is_ok_and(|len| len > LOG_HEADER as u64);
    let is_part = |name: &String| segment_number(name).is_some() || log_number(name).is_some() && holds(name);
    Ok(names.iter().any(is_part))
}

/// Refuses a directory in which neither an index is nor one could be made.
///
/// # Errors
/// [`ErrorKind::Taken`], or the store's.
#[cfg(feature = "serve")]
pub(crate) fn check_place(store: &dyn Store) -> Result<()> {
    if exists(store)? { Ok(()) } else { check_empty(store) }
}

/// Refuses to begin an index among files of somebody's: they are not to be mixed. What a creation that ended early leaves is
/// ours.
fn check_empty(store: &dyn Store) -> Result<()> {
    let unreadable = |e| Error::io(ErrorKind::NotReadable, store.place(), e);
    let names = match store.list() {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        names => names.map_err(unreadable)?,
    };
    let is_ours = |name: &str| {
        [KEYS, KEYS_LOCK, LOCK, MANIFEST, MANIFEST_TMP, SEGMENT_TMP].contains(&name)
            || segment_number(name).is_some()
            || log_number(name).is_some()
            || name.starts_with(MODEL_PREFIX)
    };
    let other = match names.into_iter().find(|name| !is_ours(name)) {
        Some(name) => Some(name),
        None => store.other().map_err(unreadable)?,
    };
    match other {
        None => Ok(()),
        Some(name) => Err(Error::new(ErrorKind::Taken).at(store.place()).because(format!(
            "the folder holds `{name}` and no index; an index is made in a new or an empty folder"
        ))),
    }
}

fn failed(store: &dyn Store, name: &str, kind: ErrorKind, error: io::Error) -> Error {
    Error::io(kind, store.place().join(name), error)
}

fn corrupt(store: &dyn Store, name: &str, what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Corrupt).at(store.place().join(name)).because(what)
}

fn bad(store: &dyn Store, name: &str, bad: FormatError) -> Error {
    let found = match bad {
        FormatError::Damaged => return corrupt(store, name, "not what was written"),
        FormatError::Version(found) => found,
    };
    let what = if found < VERSION {
        format!(
            "written as version {found}, and this program writes {VERSION}: `wirecopy index upgrade` brings it over"
        )
    } else {
        format!("written as version {found}, and this program reads {OLDEST} to {VERSION}: use a later one")
    };
    Error::new(ErrorKind::Version).at(store.place().join(name)).because(what)
}

/// The manifest of an index that can be read and written.
fn read_manifest(store: &dyn Store) -> Result<Manifest> {
    let manifest = read_any_manifest(store)?;
    if manifest.version < VERSION {
        return Err(bad(store, MANIFEST, FormatError::Version(manifest.version)));
    }
    Ok(manifest)
}

/// The manifest of an index of this or of an older version.
fn read_any_manifest(store: &dyn Store) -> Result<Manifest> {
    match store.read(MANIFEST) {
        Ok(bytes) => Manifest::decode(&bytes).map_err(|why| bad(store, MANIFEST, why)),
        Err(e) if e.kind() == io::ErrorKind::NotFound && !has_parts(store)? => {
            Err(Error::new(ErrorKind::NotReadable).at(store.place()).because("no index is there"))
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let what =
                "is missing, and there are logs or segments: `wirecopy index repair` makes it anew of them";
            Err(corrupt(store, MANIFEST, what))
        }
        Err(e) => Err(failed(store, MANIFEST, ErrorKind::NotReadable, e)),
    }
}

/// Writes a manifest so that either it or the one before is there, whatever happens: with all files that it names, since
/// their names are made safe before it has its own.
fn publish(store: &dyn Store, manifest: &Manifest) -> Result<()> {
    write_whole(store, MANIFEST_TMP, &manifest.encode())?;
    let named = store
        .sync_directory()
        .and_then(|()| store.rename(MANIFEST_TMP, MANIFEST))
        .and_then(|()| store.sync_directory());
    named.map_err(|e| failed(store, MANIFEST, ErrorKind::Write, e))
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
        let what_to_do = if Recipe::is_older(&manifest.recipe) {
            "`wirecopy index upgrade` brings it over"
        } else {
            "use a later one"
        };
        let (built, own) = (&manifest.recipe, stored.fingerprint());
        return mismatch(format!("built by recipe {built}, and this program has {own}: {what_to_do}"));
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
