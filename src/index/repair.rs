//! Keeping what is intact of a damaged index.

use std::collections::HashMap;

use super::format::{Death, DeathKind, Keep, LogHeader, Manifest, NAMED, SegmentEntry, VERSION};
use super::mend::mended;
use super::rebuild::{Rebuild, Remaker, list, log_header, logs, makes_anew, remake, segments};
use super::restore::restore;
use super::segment::Segment;
use super::store::Store;
use super::verify::verify;
use super::writer::lock;
use super::{MANIFEST, read_any_manifest};
use crate::error::{Error, ErrorKind, Result};
use crate::recipe::Recipe;

/// What a repair did.
#[derive(Debug, Default)]
pub struct Repaired {
    /// What was found damaged; empty where nothing was, and then nothing was done.
    pub faults: Vec<String>,
    /// Documents that are kept.
    pub kept: u64,
    /// Documents that are gone.
    pub gone: u64,
    /// What those are: ids; of documents whose id cannot be read, where they stood and how many there were.
    pub lost: Vec<String>,
    /// What else is to be said.
    pub notes: Vec<String>,
}

/// Keeps everything that is intact and says what is gone. A single bit that flipped is put back, wherever it stood.
///
/// `remaker` is asked for samples where segments are damaged and texts are kept; without texts such documents are found
/// by the postings that are left. An older index is brought over as [`super::upgrade()`] does. Where `MANIFEST` itself is
/// damaged or missing, segments and logs say what the index was; what was deleted before is then back.
///
/// # Errors
/// [`ErrorKind::Locked`], [`ErrorKind::Write`], [`ErrorKind::Setting`] for a recipe that this program has not, or the
/// store's.
pub fn repair(store: &dyn Store, remaker: &Remaker) -> Result<Repaired> {
    let _held = lock(store)?;
    let mut repaired = Repaired { faults: verify(store)?.faults, ..Repaired::default() };
    if repaired.faults.is_empty() {
        return Ok(repaired);
    }
    let mut manifest = manifest(store, &mut repaired.notes)?;
    let renew = makes_anew(&manifest);
    if renew && manifest.keep == Keep::Signatures {
        let what = "damaged, of an older version, and without texts: build it anew from the documents";
        return Err(Error::new(ErrorKind::Setting).at(store.place()).because(what));
    }
    let mut remake = remake(store, &mut manifest, remaker, &mut repaired.notes)?;
    manifest.segments.iter().try_for_each(|entry| restore(store, entry))?;
    let mut rebuild = Rebuild::new(store, manifest, &mut *remake, renew)?;
    repaired.kept = rebuild.run()?;
    repaired.notes.append(&mut rebuild.notes);
    (repaired.gone, repaired.lost) = (rebuild.gone.documents, rebuild.gone.lines);
    Ok(repaired)
}

/// The manifest, or what it must have been.
fn manifest(store: &dyn Store, notes: &mut Vec<String>) -> Result<Manifest> {
    match read_any_manifest(store) {
        Ok(manifest) => return Ok(manifest),
        Err(error) if error.kind() != ErrorKind::Corrupt => return Err(error),
        Err(_) => {}
    }
    let bytes = store.read(MANIFEST).unwrap_or_default();
    match mended(&bytes, |bytes| Manifest::decode(bytes).ok()) {
        Some(manifest) => Ok(manifest),
        None => guess(store, notes),
    }
}

/// What `MANIFEST` may have said, from the files that are there.
fn guess(store: &dyn Store, notes: &mut Vec<String>) -> Result<Manifest> {
    let segments = youngest(store)?;
    let headers: Vec<LogHeader> =
        logs(store)?.into_iter().filter_map(|number| log_header(store, number)).collect();
    let keep = match segments.iter().find_map(|entry| has_text(store, entry)) {
        Some(false) => Keep::Signatures,
        Some(true) | None => Keep::Text,
    };
    notes.push(
        "MANIFEST is made anew: documents that were deleted before may be back, and none expire".to_owned(),
    );
    let shingle = segments.iter().find_map(|entry| Some(entry.footer?.shingle));
    let recipe = match shingle.or_else(|| headers.first().map(|header| header.shingle)) {
        Some(shingle) => Recipe::with_shingle(shingle as usize)?,
        None => {
            notes.push(
                "no file says by which recipe the index was built: the default one is taken".to_owned(),
            );
            Recipe::default()
        }
    };
    let model =
        list(store)?.iter().find_map(|name| u64::from_str_radix(name.strip_prefix("model-")?, 16).ok());
    let sealed = segments.last().map_or(0, |entry| entry.last.saturating_add(1));
    let next = headers.iter().map(|header| header.first).filter(|first| *first >= sealed).min();
    let numbers = segments.iter().map(|entry| entry.number).chain(headers.iter().map(|header| header.number));
    Ok(Manifest {
        version: VERSION,
        generation: 0,
        keep,
        shingle: recipe.shingle() as u32,
        recipe: recipe.fingerprint(),
        model: model.unwrap_or(0),
        window: 0,
        next: next.unwrap_or(sealed),
        log_from: 0,
        log: 0,
        log_len: 0,
        safe: 0,
        file: numbers.max().map_or(1, |number| number.saturating_add(1)),
        readings: Vec::new(),
        deaths: replaced(store, &segments),
        segments,
    })
}

/// The segments that are there, by ordinal. Of those that hold the same documents the youngest: it was made of the others.
fn youngest(store: &dyn Store) -> Result<Vec<SegmentEntry>> {
    let open = |number| Segment::open_damaged(store, number, None).ok().map(|segment| segment.entry);
    let mut kept: Vec<SegmentEntry> = Vec::new();
    for entry in segments(store)?.into_iter().rev().filter_map(open) {
        if kept.iter().all(|kept| entry.last < kept.first || kept.last < entry.first) {
            kept.push(entry);
        }
    }
    kept.sort_unstable_by_key(|entry| entry.first);
    Ok(kept)
}

/// Documents of segments that a later one of their ids replaced.
fn replaced(store: &dyn Store, segments: &[SegmentEntry]) -> Vec<(u32, Death)> {
    let (mut last, mut deaths) = (HashMap::new(), Vec::new());
    for entry in segments {
        let Ok(segment) = Segment::open_damaged(store, entry.number, entry.footer) else { continue };
        for row in (0..segment.len()).filter_map(|local| segment.row(local).ok()) {
            if row.flags & NAMED != 0
                && let Some(before) = last.insert(row.id_hash, row.ordinal)
            {
                deaths.push((before, Death { from: row.ordinal, kind: DeathKind::Replaced }));
            }
        }
    }
    deaths.sort_unstable_by_key(|death| death.0);
    deaths
}

fn has_text(store: &dyn Store, entry: &SegmentEntry) -> Option<bool> {
    let segment = Segment::open_damaged(store, entry.number, entry.footer).ok()?;
    (0..segment.len()).find_map(|local| segment.row(local).ok().map(|row| row.packed > 0))
}
