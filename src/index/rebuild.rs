//! Writing documents of an index anew: what is left of a damaged one, or all of an older one.

use std::collections::HashSet;

use super::format::{
    DeathKind, Keep, LOG_HEADER, LogHeader, Manifest, More, NAMED, SegmentEntry, StoredRow, VERSION,
    decode_log_header, decode_said,
};
use super::log::{Log, Salvaged, SalvagedDocument, log_name, log_number, salvage_log};
use super::mend::mended;
use super::segment::{Each, Segment, Source, id_hash, segment_name, segment_number, write_segment};
use super::store::Store;
use super::view::Deaths;
use super::writer::remove;
use super::{publish, read_model};
use crate::error::{Error, ErrorKind, Result};
use crate::recipe::Recipe;
use crate::signature::winnow::LEVELS;

/// Documents that are written together, at most, and bytes of their texts: those of a memory.
const CHUNK: (usize, usize) = (16_384, 32 << 20);

/// What a recipe decides of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remade {
    /// Tokens.
    pub tokens: u32,
    /// The hash of the token sequence.
    pub sequence: u64,
    /// Sample sizes by level.
    pub counts: [u16; LEVELS],
    /// The sample, each key once.
    pub keys: Vec<u64>,
}

/// Makes anew what a recipe decides of a document, from its row and compressed text; an error where that is not its text.
pub type Remake<'a> = dyn FnMut(&StoredRow, &[u8]) -> Result<Remade> + 'a;

/// What does so by a recipe, under a model as it is on disk.
pub type Remaker = dyn Fn(Recipe, Option<&[u8]>) -> Result<Box<Remake<'static>>>;

/// Whether an index is of an older format or recipe than this program writes.
pub(super) fn is_old(manifest: &Manifest) -> bool {
    manifest.version < VERSION || Recipe::is_older(&manifest.recipe)
}

/// Whether documents of an index are made anew from their texts, and not its files alone: version 2 knew no titles, and is
/// otherwise as this one.
pub(super) fn makes_anew(manifest: &Manifest) -> bool {
    manifest.version < 2 || Recipe::is_older(&manifest.recipe)
}

/// The recipe that this program has for an index of an older one or of the same.
///
/// # Errors
/// [`ErrorKind::Mismatch`] where it is a later one or none.
pub(super) fn recipe_of(store: &dyn Store, manifest: &Manifest) -> Result<Recipe> {
    let recipe = Recipe::with_shingle(manifest.shingle as usize)?;
    if manifest.recipe == recipe.fingerprint() || Recipe::is_older(&manifest.recipe) {
        return Ok(recipe);
    }
    let (built, own) = (&manifest.recipe, recipe.fingerprint());
    let what = format!("built by recipe {built}, and this program has {own}: use a later one");
    Err(Error::new(ErrorKind::Mismatch).at(store.place()).because(what))
}

/// What makes documents anew by this program's recipe, under the index's model where that can still be read; else a note
/// says that it cannot.
pub(super) fn remake(
    store: &dyn Store,
    manifest: &mut Manifest,
    remaker: &Remaker,
    notes: &mut Vec<String>,
) -> Result<Box<Remake<'static>>> {
    let recipe = recipe_of(store, manifest)?;
    let model = read_model(store, manifest).ok().flatten();
    manifest.recipe = recipe.fingerprint();
    match remaker(recipe, model.as_deref()) {
        Err(error) if model.is_some() => {
            notes.push(format!("the index goes on without its model: {error}"));
            manifest.model = 0;
            remaker(recipe, None)
        }
        made => made,
    }
}

/// Lines that name documents that are gone, and how many those are.
#[derive(Debug, Default)]
pub(super) struct GoneLines {
    pub documents: u64,
    pub lines: Vec<String>,
}

impl GoneLines {
    /// Takes note of documents, of which some can be named.
    fn add(&mut self, documents: u64, mut names: Vec<String>, place: &str) {
        names.truncate(usize::try_from(documents).unwrap_or(usize::MAX));
        let rest = documents - names.len() as u64;
        self.documents += documents;
        self.lines.append(&mut names);
        match rest {
            0 => {}
            1 => self.lines.push(format!("a document of {place} whose id cannot be read")),
            _ => self.lines.push(format!("{rest} documents of {place} whose ids cannot be read")),
        }
    }
}

/// An index that is written anew.
pub(super) struct Rebuild<'a> {
    pub store: &'a dyn Store,
    pub manifest: Manifest,
    pub remake: &'a mut Remake<'static>,
    /// Whether everything is made anew that a recipe decides.
    pub renew: bool,
    /// Whether a document that cannot be made anew is an error, and not gone.
    pub strict: bool,
    /// The next file number.
    number: u64,
    /// What was written, and is whole.
    segments: Vec<SegmentEntry>,
    /// Ordinals that were written.
    written: HashSet<u32>,
    /// Ranges of ordinals that were written anew: what is not in `written` is gone.
    ranges: Vec<(u32, u32)>,
    chunk: Salvaged,
    bytes: usize,
    /// What files hold that do not belong to the index: it may be what is missing.
    others: Option<Vec<SalvagedDocument>>,
    pub gone: GoneLines,
    /// What else is to be said.
    pub notes: Vec<String>,
}

impl<'a> Rebuild<'a> {
    pub fn new(
        store: &'a dyn Store,
        manifest: Manifest,
        remake: &'a mut Remake<'static>,
        renew: bool,
    ) -> Result<Rebuild<'a>> {
        let younger = logs(store)?.into_iter().filter_map(|number| log_header(store, number));
        let number = younger.fold(manifest.file, |next, log| next.max(log.number.saturating_add(1)));
        Ok(Rebuild {
            store,
            manifest,
            remake,
            renew,
            strict: false,
            number,
            segments: Vec::new(),
            written: HashSet::new(),
            ranges: Vec::new(),
            chunk: Salvaged::default(),
            bytes: 0,
            others: None,
            gone: GoneLines::default(),
            notes: Vec::new(),
        })
    }

    /// Writes everything, publishes it, and gives up all other files; returns how many documents there are.
    pub fn run(&mut self) -> Result<u64> {
        for entry in self.manifest.segments.clone() {
            self.segment(&entry)?;
        }
        let (next, deaths) = self.logs()?;
        self.publish(next, deaths)
    }

    /// A number that no file has.
    fn file(&mut self) -> u64 {
        let is_taken =
            |number| [log_name(number), segment_name(number)].iter().any(|name| self.store.len(name).is_ok());
        while is_taken(self.number) {
            self.number += 1;
        }
        self.number += 1;
        self.number - 1
    }

    fn segment(&mut self, entry: &SegmentEntry) -> Result<()> {
        let is_whole =
            Segment::open(self.store, entry).is_ok_and(|segment| segment.damage(|_| ()).is_empty());
        if is_whole && !self.renew {
            self.segments.push(*entry);
            return Ok(());
        }
        let (before, mut names) = (self.written.len(), Vec::new());
        // Nothing is missing of one that is whole: what was left over may have been deleted since.
        let others = if is_whole { Vec::new() } else { self.others_of(entry.first..=entry.last)? };
        let mut others = others.into_iter().peekable();
        if let Ok(segment) = Segment::open_damaged(self.store, entry.number, entry.footer) {
            let mut sampled = KeptSamples::default();
            for local in 0..segment.len() {
                let found = self.document(&segment, local);
                let Some(mut document) = found else {
                    names.extend(name(&segment, local));
                    continue;
                };
                while let Some(other) = others.next_if(|other| other.row.ordinal < document.row.ordinal) {
                    self.push(other)?;
                }
                others.next_if(|other| other.row.ordinal == document.row.ordinal);
                document.keys = sampled.keys(&segment, local, &document, self.manifest.keep);
                self.push(document)?;
            }
        }
        others.try_for_each(|other| self.push(other))?;
        self.flush()?;
        self.ranges.push((entry.first, entry.last));
        let kept = (self.written.len() - before) as u64;
        let documents = u64::from(entry.documents);
        if kept > documents {
            self.notes.push("documents that were deleted before may be back".to_owned());
        }
        let missing = documents.saturating_sub(kept).saturating_sub(self.deleted(entry.first..=entry.last));
        self.gone.add(missing, names, &segment_name(entry.number));
        Ok(())
    }

    /// How many documents of a range were deleted and are not written.
    fn deleted(&self, range: std::ops::RangeInclusive<u32>) -> u64 {
        let is_lost = |&&(ordinal, death): &&(u32, super::format::Death)| {
            death.kind == DeathKind::Deleted && range.contains(&ordinal) && !self.written.contains(&ordinal)
        };
        self.manifest.deaths.iter().filter(is_lost).count() as u64
    }

    /// A document of a segment that is what was written.
    fn document(&mut self, segment: &Segment, local: u32) -> Option<SalvagedDocument> {
        let of = |row: StoredRow, more: &[u8], text: &[u8]| {
            let (more, text) = (more.to_vec(), text.to_vec());
            SalvagedDocument { row, keys: Vec::new(), more, text }
        };
        let proven = segment.row(local).and_then(|row| Ok((row, segment.more(&row)?)));
        let (row, more, text) = segment.unproven(local)?;
        if let Ok((row, more)) = proven
            && let Ok(text) = segment.text(&row)
        {
            return Some(of(row, more, text));
        }
        // The hash of a text is in its row: it proves what the sum of a page does not.
        let proves = row.packed > 0 && (self.remake)(&row, text).is_ok();
        let is_cut = (segment.pages().blob().as_ref().len() as u64) < segment.footer().file_len();
        let is_itself = || {
            let is_id = row.flags & NAMED == 0 || id_hash(more, &row) == row.id_hash;
            let more = More::decode(more, &row).filter(|_| is_id);
            more.is_some_and(|more| decode_said(more.said, &row).is_some())
        };
        // Where the sums were cut off, nothing says that what is left is anything else.
        let rest = proven.is_ok() || (is_cut && is_itself());
        (proves && rest).then(|| of(row, more, text))
    }

    /// Takes a document of files that are read in order of ordinals.
    fn push(&mut self, mut document: SalvagedDocument) -> Result<()> {
        if !self.written.insert(document.row.ordinal) {
            return Ok(());
        }
        if self.renew || document.keys.is_empty() {
            match self.renew(&mut document) {
                Err(error) if self.strict => return Err(error),
                // Its sums hold, and it is no text all the same: it is gone.
                Err(_) => {
                    self.written.remove(&document.row.ordinal);
                    return Ok(());
                }
                Ok(()) => {}
            }
        }
        self.bytes += document.text.len() + document.more.len();
        self.chunk.documents.push(document);
        if self.chunk.documents.len() >= CHUNK.0 || self.bytes >= CHUNK.1 { self.flush() } else { Ok(()) }
    }

    /// Makes anew what the recipe decides; of a document that is kept for its verdict only that is nothing.
    fn renew(&mut self, document: &mut SalvagedDocument) -> Result<()> {
        if document.row.packed > 0 {
            let Remade { tokens, sequence, counts, keys } = (self.remake)(&document.row, &document.text)?;
            document.row = StoredRow { tokens, sequence, counts, ..document.row };
            document.keys = keys;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let chunk = std::mem::take(&mut self.chunk);
        self.bytes = 0;
        if chunk.documents.is_empty() {
            return Ok(());
        }
        let number = self.file();
        let written = write_segment(self.store, number, self.manifest.shingle, &chunk, &|| true)?;
        self.segments.extend(written.map(|segment| segment.entry));
        Ok(())
    }

    /// Documents of files that do not belong to the index, in order, each once.
    fn others_of(&mut self, range: std::ops::RangeInclusive<u32>) -> Result<Vec<SalvagedDocument>> {
        if self.others.is_none() {
            self.others = Some(self.strays()?);
        }
        let others = self.others.get_or_insert_default();
        let (found, rest) =
            std::mem::take(others).into_iter().partition(|one| range.contains(&one.row.ordinal));
        *others = rest;
        Ok(found)
    }

    fn strays(&mut self) -> Result<Vec<SalvagedDocument>> {
        let mut found = Salvaged::default();
        for number in logs(self.store)?.into_iter().filter(|log| *log < self.manifest.log_from) {
            salvage_log(self.store, number, &mut found)?;
        }
        for number in segments(self.store)? {
            let is_ours = self.manifest.segments.iter().any(|segment| segment.number == number);
            let Ok(segment) = Segment::open_damaged(self.store, number, None) else { continue };
            if is_ours {
                continue;
            }
            let mut sampled = KeptSamples::default();
            for local in 0..segment.len() {
                if let Some(mut document) = self.document(&segment, local) {
                    document.keys = sampled.keys(&segment, local, &document, self.manifest.keep);
                    found.documents.push(document);
                }
            }
        }
        found.order();
        Ok(found.documents)
    }

    /// Writes what is left of the logs; returns the next ordinal, and what died.
    fn logs(&mut self) -> Result<(u32, Deaths)> {
        let mut left = Salvaged::default();
        for number in logs(self.store)?.into_iter().filter(|log| *log >= self.manifest.log_from) {
            salvage_log(self.store, number, &mut left)?;
        }
        let first = self.manifest.next;
        left.documents.retain(|one| one.row.ordinal >= first);
        left.order();
        let last = left.documents.last().map_or(first, |one| one.row.ordinal + 1);
        let next = last.max(left.safe).max(self.manifest.safe).max(first);
        if ((next - first) as usize) > left.documents.len() {
            left.documents.extend(self.others_of(first..=next - 1)?);
            left.order();
        }
        let before = self.written.len();
        std::mem::take(&mut left.documents).into_iter().try_for_each(|one| self.push(one))?;
        self.flush()?;
        let kept = (self.written.len() - before) as u64;
        self.ranges.extend((next > first).then(|| (first, next - 1)));
        let deleted = left.deaths.iter().filter(|(ordinal, death)| {
            death.kind == DeathKind::Deleted && *ordinal >= first && !self.written.contains(ordinal)
        });
        let missing = u64::from(next - first).saturating_sub(kept).saturating_sub(deleted.count() as u64);
        self.gone.add(missing, left.named, "the logs");
        if missing == 0 && !left.holes.is_empty() {
            let what = left
                .holes
                .iter()
                .map(|hole| format!("{hole} is gone: if it deleted a document, that is back"));
            self.notes.extend(what);
        }
        let deaths = self.manifest.deaths.iter().chain(&left.deaths).copied().collect();
        Ok((next, deaths))
    }

    fn publish(&mut self, next: u32, deaths: Deaths) -> Result<u64> {
        let is_gone = |ordinal: u32| {
            let anew = self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&ordinal));
            ordinal >= next || (anew && !self.written.contains(&ordinal))
        };
        let mut deaths: Vec<_> = deaths.into_iter().filter(|(ordinal, _)| !is_gone(*ordinal)).collect();
        deaths.sort_unstable_by_key(|death| death.0);
        let deleted = deaths.iter().filter(|(_, death)| death.kind == DeathKind::Deleted).count() as u64;
        self.segments.sort_unstable_by_key(|entry| entry.first);
        let documents: u64 = self.segments.iter().map(|entry| u64::from(entry.documents)).sum();
        let number = self.file();
        let log = Log::create(self.store, number, next, self.manifest.shingle)?;
        let manifest = Manifest {
            version: VERSION,
            generation: self.manifest.generation + 1,
            next,
            log_from: number,
            log: number,
            log_len: log.synced(),
            safe: next,
            file: number + 1,
            segments: self.segments.clone(),
            deaths,
            model: if read_model(self.store, &self.manifest).is_ok() { self.manifest.model } else { 0 },
            ..self.manifest.clone()
        };
        publish(self.store, &manifest)?;
        self.sweep(&manifest)?;
        Ok(documents.saturating_sub(deleted))
    }

    /// Removes all logs and segments that the new manifest does not name.
    fn sweep(&self, manifest: &Manifest) -> Result<()> {
        for name in list(self.store)? {
            let old_log = log_number(&name).is_some_and(|number| number != manifest.log);
            let is_ours = |number: u64| manifest.segments.iter().any(|segment| segment.number == number);
            if old_log || segment_number(&name).is_some_and(|number| !is_ours(number)) {
                remove(self.store, &name)?;
            }
        }
        Ok(())
    }
}

/// The samples of a segment's documents as its postings have them, for those whose texts are not kept.
#[derive(Default)]
struct KeptSamples(Option<Vec<(u32, u64)>>);

impl KeptSamples {
    fn keys(&mut self, segment: &Segment, local: u32, document: &SalvagedDocument, keep: Keep) -> Vec<u64> {
        if keep == Keep::Text || document.row.counts == [0; 4] {
            return Vec::new();
        }
        let all = self.0.get_or_insert_with(|| {
            let mut all: Vec<(u32, u64)> =
                segment.intact_postings().flatten().map(|(key, local)| (local, key)).collect();
            all.sort_unstable();
            all
        });
        let from = all.partition_point(|(of, _)| *of < local);
        all[from..].iter().take_while(|(of, _)| *of == local).map(|(_, key)| *key).collect()
    }
}

/// What a document that is gone is called, where that can be read.
fn name(segment: &Segment, local: u32) -> Option<String> {
    let row = segment.row(local).ok()?;
    let more = segment.more(&row).ok()?;
    String::from_utf8(more.get(..usize::from(row.id))?.to_vec()).ok()
}

pub(super) fn list(store: &dyn Store) -> Result<Vec<String>> {
    store.list().map_err(|e| Error::io(ErrorKind::NotReadable, store.place(), e))
}

/// The numbers of all files with the name of a log, in order.
pub(super) fn logs(store: &dyn Store) -> Result<Vec<u64>> {
    let mut numbers: Vec<u64> = list(store)?.iter().filter_map(|name| log_number(name)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// The header of a log, as it is or with one bit put back; none where it is another log's.
pub(super) fn log_header(store: &dyn Store, number: u64) -> Option<LogHeader> {
    let bytes = store.read(&log_name(number)).ok()?;
    let header = mended(bytes.get(..LOG_HEADER)?, |bytes| decode_log_header(bytes).ok())?;
    (header.number == number).then_some(header)
}

/// The numbers of all files with the name of a segment, in order.
pub(super) fn segments(store: &dyn Store) -> Result<Vec<u64>> {
    let mut numbers: Vec<u64> = list(store)?.iter().filter_map(|name| segment_number(name)).collect();
    numbers.sort_unstable();
    Ok(numbers)
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
