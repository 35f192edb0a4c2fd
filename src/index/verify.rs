//! Reading every byte of an index.

use super::log::{log_name, read_logs};
use super::segment::{Segment, segment_name};
use super::store::Store;
use super::{read_any_manifest, read_model};
use crate::error::{Error, ErrorKind, Result};
use crate::options::Progress;

/// What was found in an index of which every byte was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// What is not what was written: a line for each file and place. Empty for an index that is well.
    pub faults: Vec<String>,
    /// What a crash left of what was never acknowledged, and files that are none of the index's: no harm.
    pub left: Vec<String>,
}

/// Reads every byte of an index and says what is not what was written. Needs no lock; a writer at work may move files away
/// under it.
///
/// # Errors
/// The store's, where not even the directory can be read.
pub fn verify(store: &dyn Store) -> Result<Verification> {
    verify_watched(store, &Progress::default())
}

/// As [`verify`], counting the bytes of segments as they are read.
///
/// # Errors
/// As of [`verify`].
pub fn verify_watched(store: &dyn Store, progress: &Progress) -> Result<Verification> {
    let mut found = Verification::default();
    let manifest = match read_any_manifest(store) {
        Ok(manifest) => manifest,
        Err(error) if error.kind() == ErrorKind::Corrupt => {
            found.faults.push(error.to_string());
            return Ok(found);
        }
        Err(error) => return Err(error),
    };
    progress.begin("index");
    progress.plan(manifest.segments.iter().map(|segment| segment.bytes).sum());
    let mut note = |error: Error| found.faults.push(error.to_string());
    if let Err(error) = read_model(store, &manifest) {
        note(error);
    }
    for entry in &manifest.segments {
        match Segment::open(store, entry) {
            Ok(segment) => {
                let place = store.place().join(segment_name(entry.number));
                segment.damage(|bytes| progress.did(bytes)).into_iter().for_each(|damage| {
                    note(Error::new(ErrorKind::Corrupt).at(&place).because(damage));
                });
            }
            Err(error) => note(error),
        }
    }
    let left = &mut found.left;
    let read = read_logs(store, &manifest, 0, |number, logged| {
        let place = store.place().join(log_name(number)).display().to_string();
        match logged {
            Some(read) if read.torn() > 0 => left.push(format!(
                "{place}: a crash tore what stands at bytes {} to {}, and nothing of that was acknowledged",
                read.len, read.bytes
            )),
            Some(_) => {}
            None => left.push(format!("{place}: no log of this index, and passed over")),
        }
        Ok(())
    });
    found.faults.extend(read.err().map(|error| error.to_string()));
    Ok(found)
}
