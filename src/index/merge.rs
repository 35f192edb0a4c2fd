//! Merges: several neighbouring segments as the source of one.

use std::sync::Arc;

use super::format::{DeathKind, StoredRow};
use super::job::BackgroundJob;
use super::memory::MemoryPart;
use super::segment::{Each, Segment, Source, write_segment};
use super::store::Store;
use super::view::Deaths;
use crate::error::Result;
use crate::signature::winnow::LEVELS;

/// No place: the document is left out.
const GONE: u32 = u32::MAX;

/// Neighbouring segments without what is dead.
#[derive(Debug)]
pub(super) struct Merged {
    segments: Vec<Arc<Segment>>,
    /// By segment and place: the place in the merged one, or [`GONE`]; with [`GHOST`] set where only row and verdict
    /// are kept.
    places: Vec<Vec<u32>>,
    documents: u32,
    /// Ordinals that are left out.
    pub dropped: Vec<u32>,
}

/// Set on places of documents that were replaced.
const GHOST: u32 = 1 << 31;

impl Merged {
    /// Of segments, by ordinal. Deleted documents are left out; those that were replaced keep row and verdict, unless
    /// `all` says that they go too.
    ///
    /// # Errors
    /// Damage.
    pub fn new(segments: Vec<Arc<Segment>>, deaths: &Deaths, all: bool) -> Result<Merged> {
        let mut merged = Merged { segments, places: Vec::new(), documents: 0, dropped: Vec::new() };
        for segment in &merged.segments {
            let mut places = Vec::with_capacity(segment.len() as usize);
            for local in 0..segment.len() {
                let ordinal = segment.row(local)?.ordinal;
                let place = match deaths.get(&ordinal).map(|death| death.kind) {
                    Some(DeathKind::Replaced) if !all => merged.documents | GHOST,
                    None => merged.documents,
                    Some(DeathKind::Deleted | DeathKind::Replaced) => {
                        merged.dropped.push(ordinal);
                        places.push(GONE);
                        continue;
                    }
                };
                places.push(place);
                merged.documents += 1;
            }
            merged.places.push(places);
        }
        Ok(merged)
    }
}

impl Source for Merged {
    fn posting_count(&self) -> u64 {
        self.segments.iter().map(|segment| segment.posting_count()).sum()
    }

    fn each(&self, each: &mut Each<'_>) -> Result<()> {
        for (segment, places) in self.segments.iter().zip(&self.places) {
            for (local, place) in (0..).zip(places) {
                let row = segment.row(local)?;
                match *place {
                    GONE => {}
                    place if place & GHOST != 0 => {
                        each(&StoredRow { counts: [0; LEVELS], ..row }, segment.more(&row)?, &[])?;
                    }
                    _ => each(&row, segment.more(&row)?, segment.text(&row)?)?,
                }
            }
        }
        Ok(())
    }

    fn postings(&self) -> Box<dyn Iterator<Item = Result<(u64, u32)>> + '_> {
        let mut sources: Vec<_> = self.segments.iter().map(|segment| segment.postings().peekable()).collect();
        Box::new(std::iter::from_fn(move || {
            loop {
                let mut least: Option<(u64, usize)> = None;
                for (number, source) in sources.iter_mut().enumerate() {
                    match source.peek() {
                        Some(Ok((key, _))) if least.is_none_or(|(smallest, _)| *key < smallest) => {
                            least = Some((*key, number));
                        }
                        Some(Err(_)) => return source.next(),
                        Some(Ok(_)) | None => {}
                    }
                }
                let (_, number) = least?;
                let Some(Ok((key, local))) = sources[number].next() else { return None };
                match self.places[number].get(local as usize) {
                    Some(&place) if place & GHOST == 0 => return Some(Ok((key, place))),
                    _ => {}
                }
            }
        }))
    }
}

/// What was written.
#[derive(Debug)]
pub(super) struct Built {
    /// The segment; none where no document was left.
    pub segment: Option<Arc<Segment>>,
    /// The numbers of the segments that it replaces.
    pub replaces: Vec<u64>,
    /// Ordinals that were left out.
    pub dropped: Vec<u32>,
}

impl BackgroundJob<Built> {
    /// Seals a memory as segment `number`.
    pub fn seal(
        store: Arc<dyn Store>,
        number: u64,
        shingle: u32,
        memory: Arc<MemoryPart>,
    ) -> BackgroundJob<Built> {
        BackgroundJob::spawn("writing a segment", move |go_on| {
            let segment = write_segment(&*store, number, shingle, &*memory, go_on)?;
            Ok(Built { segment, replaces: Vec::new(), dropped: Vec::new() })
        })
    }

    /// Merges segments into segment `number`. `all` says that nothing dead is kept; then it is waited for.
    pub fn merge(
        store: Arc<dyn Store>,
        number: u64,
        shingle: u32,
        segments: Vec<Arc<Segment>>,
        deaths: Deaths,
        all: bool,
    ) -> BackgroundJob<Built> {
        let work = move |go_on: &dyn Fn() -> bool| {
            let replaces = segments.iter().map(|segment| segment.entry.number).collect();
            let merged = Merged::new(segments, &deaths, all)?;
            let segment = write_segment(&*store, number, shingle, &merged, go_on)?;
            Ok(Built { segment, replaces, dropped: merged.dropped })
        };
        if all {
            BackgroundJob::spawn("writing a segment", work)
        } else {
            BackgroundJob::spawn_behind("writing a segment", work)
        }
    }
}
