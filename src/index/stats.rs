//! What is in an index, in figures.

use serde::Serialize;

use super::failed;
use super::format::{DeathKind, Keep, Manifest};
use super::store::Store;
use super::view::View;
use crate::error::{ErrorKind, Result};

/// Figures of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Documents that are found.
    pub documents: u64,
    /// Those that have expired and still take space.
    pub expired: u64,
    /// Those that were deleted and still do.
    pub deleted: u64,
    /// Those that a later version replaced and still do.
    pub replaced: u64,
    /// How many segments there are.
    pub segments: usize,
    /// Their bytes.
    pub segment_bytes: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// How often what belongs to it was written down anew.
    pub generation: u64,
    /// `text`, or `signatures` where no texts are kept.
    pub store: &'static str,
    /// The recipe that it was built by.
    pub recipe: String,
    /// The model that it was built under, if any.
    pub model: Option<String>,
    /// Seconds after which documents expire; 0 if they never do.
    pub window_seconds: u64,
}

impl Stats {
    /// Of an index. Looks at every document.
    ///
    /// # Errors
    /// Damage, or the store's.
    pub fn of(view: &View<'_>, manifest: &Manifest, store: &dyn Store) -> Result<Stats> {
        let (mut documents, mut expired, mut deleted, mut replaced) = (0, 0, 0, 0);
        view.each(|_, row, is_found| {
            match view.deaths.get(&row.ordinal).map(|death| death.kind) {
                None if is_found => documents += 1,
                None => expired += 1,
                Some(DeathKind::Deleted) => deleted += 1,
                Some(DeathKind::Replaced) => replaced += 1,
            }
            Ok(())
        })?;
        let names = store.list().map_err(|e| failed(store, "", ErrorKind::NotReadable, e))?;
        Ok(Stats {
            documents,
            expired,
            deleted,
            replaced,
            segments: manifest.segments.len(),
            segment_bytes: manifest.segments.iter().map(|segment| segment.bytes).sum(),
            bytes: names.iter().map(|name| store.len(name).unwrap_or(0)).sum(),
            generation: manifest.generation,
            store: match manifest.keep {
                Keep::Text => "text",
                Keep::Signatures => "signatures",
            },
            recipe: manifest.recipe.clone(),
            model: (manifest.model != 0).then(|| format!("{:016x}", manifest.model)),
            window_seconds: manifest.window / 1000,
        })
    }
}
