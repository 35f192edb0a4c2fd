//! Those that read: any number of them, each on the index as it was when it was opened.

use std::sync::Arc;

use super::format::Manifest;
use super::log::read_logs;
use super::memory::MemoryPart;
use super::segment::Segment;
use super::store::Store;
use super::view::{Deaths, IndexPart, View};
use super::{check_setup, now, read_manifest, read_model};
use crate::error::{Error, ErrorKind, Result};
use crate::recipe::Recipe;

/// How often opening is tried while a writer replaces what is being opened.
const TRIES: usize = 20;

/// An index, open for reading. Needs no lock and leaves no trace; what is written meanwhile is not seen.
#[derive(Debug)]
pub struct Snapshot {
    recipe: Recipe,
    manifest: Manifest,
    model: Option<Vec<u8>>,
    segments: Vec<Segment>,
    memories: Vec<MemoryPart>,
    deaths: Deaths,
}

impl Snapshot {
    /// Opens an index. `recipe` and `model` are what it must have been built by, where that matters. Time is that of
    /// reading the logs, which hold about two memories at most.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`], [`ErrorKind::Version`], [`ErrorKind::Corrupt`], or the store's.
    pub fn open(store: &Arc<dyn Store>, recipe: Option<Recipe>, model: Option<u64>) -> Result<Snapshot> {
        let mut tried = 0;
        loop {
            let manifest = read_manifest(&**store)?;
            let generation = manifest.generation;
            match Snapshot::at(&**store, manifest, recipe, model) {
                // A file may have been replaced by what a later manifest names.
                Err(error) if tried < TRIES && is_about_a_file(&error) => {
                    if read_manifest(&**store)?.generation == generation {
                        return Err(error);
                    }
                    tried += 1;
                }
                opened => return opened,
            }
        }
    }

    fn at(
        store: &dyn Store,
        manifest: Manifest,
        recipe: Option<Recipe>,
        model: Option<u64>,
    ) -> Result<Snapshot> {
        let recipe = check_setup(store, &manifest, recipe, model)?;
        let model = read_model(store, &manifest)?;
        let segments: Result<Vec<Segment>> =
            manifest.segments.iter().map(|entry| Segment::open(store, entry)).collect();
        let mut deaths: Deaths = manifest.deaths.iter().copied().collect();
        let mut memories = Vec::new();
        // A memory shows only the first of a frequent key: they must not be the ones that have expired.
        let oldest = if manifest.window > 0 { now().saturating_sub(manifest.window) } else { 0 };
        read_logs(store, &manifest, oldest, |_, logged| {
            if let Some(read) = logged {
                deaths.extend(read.deaths);
                memories.push(read.memory);
            }
            Ok(())
        })?;
        if memories.is_empty() {
            memories.push(MemoryPart::new(manifest.next));
        }
        Ok(Snapshot { recipe, model, segments: segments?, memories, deaths, manifest })
    }

    /// The recipe it was built by.
    pub fn recipe(&self) -> Recipe {
        self.recipe
    }

    /// The model it was built under, as it is on disk.
    pub fn model(&self) -> Option<&[u8]> {
        self.model.as_deref()
    }

    /// What belongs to it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Everything in it.
    pub fn view(&self) -> View<'_> {
        let segments = self.segments.iter().map(IndexPart::Segment);
        View {
            parts: segments.chain(self.memories.iter().map(IndexPart::Memory)).collect(),
            deaths: &self.deaths,
            window: self.manifest.window,
            sieved: None,
            safe: u32::MAX,
        }
    }

    /// The ordinal of the next document.
    pub fn next(&self) -> u32 {
        self.memories.last().map_or(self.manifest.next, MemoryPart::next)
    }
}

fn is_about_a_file(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Read | ErrorKind::NotReadable)
}
