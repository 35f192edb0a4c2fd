//! Bringing an older index over to what this program writes.

use super::format::Keep;
use super::rebuild::{Rebuild, Remaker, is_old, makes_anew, recipe_of, remake};
use super::store::Store;
use super::verify::verify;
use super::writer::lock;
use super::{corrupt, now, read_any_manifest};
use crate::error::{Error, ErrorKind, Result};

/// What an upgrade did.
#[derive(Debug)]
pub struct Upgraded {
    /// Documents that were written anew; none where there was nothing to do.
    pub documents: Option<u64>,
    /// What else is to be said.
    pub notes: Vec<String>,
}

/// Brings an index of an older format or recipe over, with the verdicts and the times that its documents had: every document
/// is made anew from its text, where format or recipe ask for that. Nothing is changed before all is written; then the older
/// files are given up.
///
/// # Errors
/// [`ErrorKind::Setting`] where texts are asked for and not kept, [`ErrorKind::Corrupt`] where anything is damaged,
/// [`ErrorKind::Version`] and [`ErrorKind::Mismatch`] of a later version, [`ErrorKind::Locked`], [`ErrorKind::Write`], or
/// the store's.
pub fn upgrade(store: &dyn Store, remaker: &Remaker) -> Result<Upgraded> {
    let _held = lock(store)?;
    let mut manifest = read_any_manifest(store)?;
    recipe_of(store, &manifest)?;
    if !is_old(&manifest) {
        return Ok(Upgraded { documents: None, notes: Vec::new() });
    }
    let renew = makes_anew(&manifest);
    if renew && manifest.keep == Keep::Signatures {
        let what = "it keeps no texts that a newer one could be made of: build it anew from the documents, with \
                    `wirecopy index build`";
        return Err(Error::new(ErrorKind::Setting).at(store.place()).because(what));
    }
    if let Some(fault) = verify(store)?.faults.first() {
        let what = format!("{fault}; `wirecopy index repair` keeps what is whole, and brings it over");
        return Err(corrupt(store, super::MANIFEST, what));
    }
    let mut notes = Vec::new();
    let mut remake = remake(store, &mut manifest, remaker, &mut notes)?;
    if manifest.readings.is_empty() {
        let last = manifest.segments.iter().map(|segment| segment.seen.1).max();
        manifest.readings = vec![last.unwrap_or_else(now)];
    }
    let mut rebuild = Rebuild::new(store, manifest, &mut *remake, renew)?;
    rebuild.strict = true;
    let documents = rebuild.run()?;
    notes.append(&mut rebuild.notes);
    Ok(Upgraded { documents: Some(documents), notes })
}
