//! Checking an index, and keeping what is intact of a damaged one.

use super::format::{Keep, Manifest, Row, SegmentEntry, decode_log_header};
use super::log::{Log, Salvaged, log_number, read_logs, salvage_log};
use super::segment::{Each, Segment, Source, segment_name, write_segment};
use super::store::Store;
use super::view::Deaths;
use super::writer::{lock, remove};
use super::{publish, read_manifest, read_model};
use crate::error::{Error, ErrorKind, Result};
use crate::recipe::Recipe;

/// Reads every byte of an index and says what is not what was written: a line for each file and place. Empty for an
/// index that is well. Needs no lock; a writer at work may move files away under it.
///
/// # Errors
/// The store's, where not even the directory can be read.
pub fn verify(store: &dyn Store) -> Result<Vec<String>> {
    let manifest = match read_manifest(store) {
        Ok(manifest) => manifest,
        Err(error) if error.kind() == ErrorKind::Corrupt => return Ok(vec![error.to_string()]),
        Err(error) => return Err(error),
    };
    let mut faults = Vec::new();
    let mut note = |error: Error| faults.push(error.to_string());
    if let Err(error) = read_model(store, &manifest) {
        note(error);
    }
    for entry in &manifest.segments {
        match Segment::open(store, entry) {
            Ok(segment) => {
                let place = store.place().join(segment_name(entry.number));
                segment.damage().into_iter().for_each(|damage| {
                    note(Error::new(ErrorKind::Corrupt).at(&place).because(damage));
                });
            }
            Err(error) => note(error),
        }
    }
    if let Err(error) = read_logs(store, &manifest, |_, _| Ok(())) {
        note(error);
    }
    Ok(faults)
}

/// What a repair did.
#[derive(Debug, Default)]
pub struct Repaired {
    /// What was found damaged; empty where nothing was, and then nothing was done.
    pub faults: Vec<String>,
    /// Documents that are kept.
    pub kept: u64,
    /// Ids that are gone; of documents whose id cannot be read, where they stood.
    pub gone: Vec<String>,
}

/// Makes the sample of a document anew from its row and compressed text, where its postings are damaged.
pub type Resample<'a> = dyn FnMut(&Row, &[u8]) -> Result<Vec<u64>> + 'a;

/// What makes samples by a recipe.
pub type Resampler = dyn Fn(Recipe) -> Result<Box<Resample<'static>>>;

/// Keeps everything that is intact and names what is gone.
///
/// `resampler` is asked for samples where postings are damaged and texts are kept; without texts such documents are found
/// by the postings that are left. Where `MANIFEST` itself is damaged, segments and logs say by which recipe the index was
/// built; what was deleted before is then back.
///
/// # Errors
/// [`ErrorKind::Locked`], [`ErrorKind::Write`], [`ErrorKind::Setting`] for a recipe that this program has not, or the
/// store's.
pub fn repair(store: &dyn Store, resampler: &Resampler) -> Result<Repaired> {
    let _held = lock(store)?;
    let mut repaired = Repaired { faults: verify(store)?, ..Repaired::default() };
    if repaired.faults.is_empty() {
        return Ok(repaired);
    }
    let manifest = match read_manifest(store) {
        Ok(manifest) => manifest,
        Err(_) => guess(store, &mut repaired.faults)?,
    };
    let resample = &mut *resampler(Recipe::with_shingle(manifest.shingle as usize)?)?;
    let mut file = manifest.file;
    for name in list(store)? {
        let number = log_number(&name).or_else(|| segment_number(&name));
        file = file.max(number.map_or(0, |number| number + 1));
    }
    let mut number = || {
        file += 1;
        file - 1
    };
    let mut segments = Vec::new();
    let mut next = manifest.next;
    for entry in &manifest.segments {
        next = next.max(entry.last.saturating_add(1));
        let kept = salvage_segment(store, entry, manifest.keep, &mut number, resample, &mut repaired)?;
        repaired.kept += kept.map_or(0, |entry| u64::from(entry.documents));
        segments.extend(kept);
    }
    let mut left = Salvaged::default();
    for log in list(store)?.iter().filter_map(|name| log_number(name)).filter(|log| *log >= manifest.log_from)
    {
        salvage_log(store, log, &mut left)?;
    }
    left.documents.retain(|one| one.row.ordinal >= next);
    left.documents.sort_unstable_by_key(|one| one.row.ordinal);
    left.documents.dedup_by_key(|one| one.row.ordinal);
    next = left.documents.last().map_or(next, |one| one.row.ordinal + 1);
    let mut deaths: Deaths = manifest.deaths.iter().copied().collect();
    deaths.extend(left.deaths.iter().copied());
    repaired.gone.append(&mut left.gone);
    repaired.kept += left.documents.len() as u64;
    if let Some(segment) = write_segment(store, number(), manifest.shingle, &left, &|| true)? {
        segments.push(segment.entry);
    }
    let log = Log::create(store, number(), next, manifest.shingle)?;
    let mut deaths: Vec<_> = deaths.into_iter().filter(|(ordinal, _)| *ordinal < next).collect();
    deaths.sort_unstable_by_key(|death| death.0);
    let model = if read_model(store, &manifest).is_ok() { manifest.model } else { 0 };
    let generation = manifest.generation + 1;
    let manifest = Manifest {
        generation,
        next,
        log_from: log.number(),
        log: log.number(),
        log_len: log.synced(),
        file: number(),
        segments,
        deaths,
        model,
        ..manifest
    };
    publish(store, &manifest)?;
    for name in list(store)? {
        let old_log = log_number(&name).is_some_and(|number| number < log.number());
        let stray = segment_number(&name)
            .is_some_and(|number| manifest.segments.iter().all(|segment| segment.number != number));
        if old_log || stray {
            remove(store, &name)?;
        }
    }
    Ok(repaired)
}

fn list(store: &dyn Store) -> Result<Vec<String>> {
    store.list().map_err(|e| Error::io(ErrorKind::NotReadable, store.place(), e))
}

fn segment_number(name: &str) -> Option<u64> {
    name.strip_prefix("seg-")?.parse().ok()
}

/// What `MANIFEST` may have said, from the files that are there.
fn guess(store: &dyn Store, faults: &mut Vec<String>) -> Result<Manifest> {
    let names = list(store)?;
    let opened = names.iter().filter_map(|name| segment_number(name));
    let mut all: Vec<SegmentEntry> =
        opened.filter_map(|number| Segment::open_damaged(store, number).ok()).map(|s| s.entry).collect();
    // A merged segment is younger than those it was made of.
    all.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.number));
    let mut segments: Vec<SegmentEntry> = Vec::new();
    for entry in all {
        if segments.iter().all(|kept| entry.last < kept.first || kept.last < entry.first) {
            segments.push(entry);
        }
    }
    segments.sort_unstable_by_key(|entry| entry.first);
    let has_text = |entry: &SegmentEntry| {
        let segment = Segment::open_damaged(store, entry.number).ok()?;
        (0..segment.len()).find_map(|local| segment.row(local).ok().map(|row| row.packed > 0))
    };
    let keep = match segments.iter().find_map(has_text) {
        Some(false) => Keep::Signatures,
        Some(true) | None => Keep::Text,
    };
    let recipe = match shingle(store, &names, &segments) {
        Some(shingle) => Recipe::with_shingle(shingle as usize)?,
        None => {
            faults.push(
                "no file says by which recipe the index was built: the default one is taken".to_owned(),
            );
            Recipe::default()
        }
    };
    let model = names.iter().find_map(|name| u64::from_str_radix(name.strip_prefix("model-")?, 16).ok());
    Ok(Manifest {
        generation: 0,
        keep,
        shingle: recipe.shingle() as u32,
        recipe: recipe.fingerprint(),
        model: model.unwrap_or(0),
        window: 0,
        next: 0,
        log_from: 0,
        log: 0,
        log_len: 0,
        file: 0,
        segments,
        deaths: Vec::new(),
    })
}

/// Tokens in a shingle, as a segment or a log says.
fn shingle(store: &dyn Store, names: &[String], segments: &[SegmentEntry]) -> Option<u32> {
    let of_segment = |entry: &SegmentEntry| Some(Segment::open_damaged(store, entry.number).ok()?.shingle());
    let of_log = |name: &String| {
        let number = log_number(name)?;
        let (found, _, shingle) = decode_log_header(&store.read(name).ok()?)?;
        (found == number).then_some(shingle)
    };
    segments.iter().find_map(of_segment).or_else(|| names.iter().find_map(of_log))
}

/// The entry of a segment with what is intact of this one: the same where all is. `None` where nothing is.
fn salvage_segment(
    store: &dyn Store,
    entry: &SegmentEntry,
    keep: Keep,
    number: &mut impl FnMut() -> u64,
    resample: &mut Resample<'_>,
    repaired: &mut Repaired,
) -> Result<Option<SegmentEntry>> {
    let name = segment_name(entry.number);
    match Segment::open(store, entry) {
        Ok(segment) if segment.damage().is_empty() => return Ok(Some(*entry)),
        _ => {}
    }
    let Ok(segment) = Segment::open_damaged(store, entry.number) else {
        repaired.gone.push(format!("all {} documents of {name}", entry.documents));
        return Ok(None);
    };
    let mut salvage = Salvage { segment: &segment, places: Vec::new(), documents: 0, postings: Vec::new() };
    for local in 0..segment.len() {
        match segment.row(local).and_then(|row| segment.text(&row).and_then(|_| segment.more(&row))) {
            Ok(_) => {
                salvage.places.push(Some(salvage.documents));
                salvage.documents += 1;
            }
            Err(_) => {
                salvage.places.push(None);
                let id = segment
                    .row(local)
                    .and_then(|row| Ok(segment.more(&row)?[..usize::from(row.id)].to_vec()));
                let id = id.ok().and_then(|id| String::from_utf8(id).ok());
                repaired.gone.push(id.unwrap_or_else(|| format!("document {local} of {name}")));
            }
        }
    }
    salvage.gather(keep, resample)?;
    let written = write_segment(store, number(), segment.shingle(), &salvage, &|| true)?;
    Ok(written.map(|segment| segment.entry))
}

/// The intact documents of a segment.
struct Salvage<'a> {
    segment: &'a Segment,
    places: Vec<Option<u32>>,
    documents: u32,
    postings: Vec<(u64, u32)>,
}

impl Salvage<'_> {
    /// The postings of all documents that are kept: those that are there, or made anew where some are damaged.
    fn gather(&mut self, keep: Keep, resample: &mut Resample<'_>) -> Result<()> {
        let (mut whole, mut found) = (true, Vec::new());
        for posting in self.segment.intact_postings() {
            match posting {
                Ok((key, local)) => {
                    found
                        .extend(self.places.get(local as usize).copied().flatten().map(|place| (key, place)));
                }
                Err(_) => whole = false,
            }
        }
        if !whole && keep == Keep::Text {
            found.clear();
            for (local, place) in (0..).zip(&self.places) {
                let Some(place) = *place else { continue };
                let row = self.segment.row(local)?;
                let text = self.segment.text(&row)?;
                if row.packed > 0 {
                    found.extend(resample(&row, text)?.into_iter().map(|key| (key, place)));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        self.postings = found;
        Ok(())
    }
}

impl Source for Salvage<'_> {
    fn posting_count(&self) -> u64 {
        self.postings.len() as u64
    }

    fn each(&self, each: &mut Each<'_>) -> Result<()> {
        for (local, place) in (0..).zip(&self.places) {
            if place.is_some() {
                let row = self.segment.row(local)?;
                each(&row, self.segment.more(&row)?, self.segment.text(&row)?)?;
            }
        }
        Ok(())
    }

    fn postings(&self) -> Box<dyn Iterator<Item = Result<(u64, u32)>> + '_> {
        Box::new(self.postings.iter().copied().map(Ok))
    }
}

impl Source for Salvaged {
    fn posting_count(&self) -> u64 {
        self.documents.iter().map(|one| one.keys.len() as u64).sum()
    }

    fn each(&self, each: &mut Each<'_>) -> Result<()> {
        self.documents.iter().try_for_each(|one| each(&one.row, &one.more, &one.text))
    }

    fn postings(&self) -> Box<dyn Iterator<Item = Result<(u64, u32)>> + '_> {
        let documents = (0..).zip(&self.documents);
        let mut all: Vec<(u64, u32)> =
            documents.flat_map(|(place, one)| one.keys.iter().map(move |&key| (key, place))).collect();
        all.sort_unstable();
        all.dedup();
        Box::new(all.into_iter().map(Ok))
    }
}
