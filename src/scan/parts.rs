//! Parts of a corpus that are read by themselves and kept, so that a run that goes on, one over a corpus of which little
//! changed, and one that many machines read together, all read a part once.
//!
//! A part is some pieces in a row. Its key is a hash of the bytes of its inputs and of how they are read, and of nothing else:
//! wherever the part stands in a corpus, whatever else is in it, it gives the same.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::read::{DocumentEntry, FirstRead, PieceOutcome, PieceReader, ReadPart, ReadTokens, Wanted, merge};
use super::steps::{PartKind, Shard, Steps};
use crate::candidates::Runs;
use crate::corpus::{Corpus, InputPiece, InputSum};
use crate::error::Result;
use crate::model::noise::SeenTokens;
use crate::options::Resources;
use crate::recipe::Recipe;

/// Bytes of a part, about.
const PART: u64 = 64 << 20;

/// Parts that a corpus of many files has, about: one file that changed costs the reading of its part.
const PARTS: usize = 4096;

/// How a corpus is read in parts.
#[derive(Clone, Copy)]
pub(super) struct PartReader<'a> {
    pub corpus: &'a Corpus,
    pub recipe: Recipe,
    pub wanted: Wanted,
    pub resources: &'a Resources,
    pub steps: &'a Steps,
}

/// A part as it is kept. Numbers of inputs and pieces count from its first.
#[derive(Serialize, Deserialize)]
struct KeptPart {
    entries: Vec<DocumentEntry>,
    /// [`Runs::differences`].
    samples: Vec<Vec<u64>>,
    sites: Vec<String>,
    /// The slots of its tokens, each less the one before it, in order: twice the slot, and one more where several have it.
    tokens: Vec<u32>,
    dates: Option<Vec<Option<i64>>>,
    outcomes: Vec<PieceOutcome>,
}

impl PartReader<'_> {
    /// Reads the whole corpus, but for parts that were kept, and keeps the others.
    ///
    /// # Errors
    /// Those of reading and of steps, and cancellation.
    pub fn read(&self) -> Result<FirstRead> {
        let pieces = self.corpus.pieces();
        self.resources.progress.expect(pieces.iter().map(InputPiece::bytes).sum());
        let parts = self.parts(&pieces)?;
        let anew = AtomicUsize::new(0);
        let read = |part: &(Range<usize>, u64)| {
            let (part, is_new) = self.part(&pieces, part)?;
            anew.fetch_add(usize::from(is_new), Ordering::Relaxed);
            Ok(part)
        };
        let mut workers: Vec<ReadPart> = parts.par_iter().map(read).collect::<Result<_>>()?;
        self.steps.keep_parts(PartKind::Read, &parts.iter().map(|(_, key)| *key).collect::<Vec<_>>())?;
        self.steps.was_read(anew.into_inner(), parts.len());
        let tokens: Vec<ReadTokens> =
            workers.iter_mut().map(|worker| std::mem::take(&mut worker.tokens)).collect();
        let (documents, samples) = merge(self.corpus, &pieces, workers)?;
        let mut seen = SeenTokens::default();
        if self.wanted.tokens {
            seen = SeenTokens::new(documents.text_bytes());
            for tokens in tokens {
                if let ReadTokens::Slots(counted) = tokens {
                    counted.iter().for_each(|&slot| seen.add_slot(slot >> 1, slot & 1 != 0));
                }
            }
        }
        Ok((documents, samples, seen))
    }

    /// Reads and keeps the parts of one of several readers; returns how many these are, of how many.
    ///
    /// # Errors
    /// As of [`PartReader::read`].
    pub fn read_shard(&self, shard: Shard) -> Result<(usize, usize)> {
        let pieces = self.corpus.pieces();
        let parts: Vec<Range<usize>> = self.divide(&pieces);
        let own: Vec<&Range<usize>> = shard.of(&parts).collect();
        let bytes = own.iter().flat_map(|part| &pieces[(*part).clone()]).map(InputPiece::bytes).sum();
        self.resources.progress.expect(bytes);
        own.par_iter().try_for_each(|part| {
            let key = self.key(&pieces, part)?;
            self.part(&pieces, &((*part).clone(), key)).map(drop)
        })?;
        Ok((own.len(), parts.len()))
    }

    /// The parts of a corpus: pieces, and their key.
    fn parts(&self, pieces: &[InputPiece]) -> Result<Vec<(Range<usize>, u64)>> {
        let with_key = |part: Range<usize>| Ok((part.clone(), self.key(pieces, &part)?));
        self.divide(pieces).into_par_iter().map(with_key).collect()
    }

    /// Cuts pieces into parts. Of many files the names say which of them is the last of a part, so that one file more moves no
    /// other's.
    fn divide(&self, pieces: &[InputPiece]) -> Vec<Range<usize>> {
        let files = (self.corpus.inputs() / PARTS).next_power_of_two() as u64;
        let is_last = |name: &str| xxh3_64(name.as_bytes()).is_multiple_of(files);
        let (mut parts, mut start, mut bytes) = (Vec::new(), 0, 0);
        for (number, piece) in pieces.iter().enumerate() {
            bytes += piece.bytes();
            let ends_input = pieces.get(number + 1).is_none_or(|next| next.input() != piece.input());
            if bytes >= PART || (ends_input && is_last(self.corpus.name(piece.input()))) {
                parts.push(start..number + 1);
                (start, bytes) = (number + 1, 0);
            }
        }
        if start < pieces.len() {
            parts.push(start..pieces.len());
        }
        parts
    }

    fn key(&self, pieces: &[InputPiece], part: &Range<usize>) -> Result<u64> {
        let mut key = Xxh3::new();
        key.update(self.steps.reading(self.wanted).as_bytes());
        let mut last: Option<u32> = None;
        for piece in &pieces[part.clone()] {
            if last.replace(piece.input()) != Some(piece.input()) {
                let InputSum { name, bytes, hash } =
                    self.steps.sum(self.corpus, piece.input(), &self.resources.cancel)?;
                key.update(&(name.len() as u64).to_le_bytes());
                key.update(name.as_bytes());
                [bytes, hash].iter().for_each(|number| key.update(&number.to_le_bytes()));
            }
            [piece.start(), piece.bytes()].iter().for_each(|number| key.update(&number.to_le_bytes()));
        }
        Ok(key.digest())
    }

    /// A part as it was kept; or read, and kept now: then also true.
    fn part(&self, pieces: &[InputPiece], (part, key): &(Range<usize>, u64)) -> Result<(ReadPart, bool)> {
        self.resources.cancel.check()?;
        let own = &pieces[part.clone()];
        let first_input = own.first().map_or(0, InputPiece::input);
        if let Some(kept) = self.steps.part::<KeptPart>(PartKind::Read, *key)? {
            let restored = kept.restored(first_input, part.start);
            let restored = restored.ok_or_else(|| self.steps.damaged_part(PartKind::Read, *key))?;
            let bytes = own.iter().map(InputPiece::bytes).sum();
            self.resources.progress.advance(bytes, restored.entries.len() as u64);
            return Ok((restored, false));
        }
        let mut reader = PieceReader::new(self.recipe, self.wanted, self.resources);
        if self.wanted.tokens {
            reader.tokens = ReadTokens::Slots(Vec::new());
        }
        for (number, piece) in part.clone().zip(own) {
            self.resources.cancel.check()?;
            reader.read(self.corpus, number, piece);
            self.resources.progress.advance(piece.bytes(), reader.last_count());
        }
        let mut read = reader.into_part();
        if let ReadTokens::Slots(slots) = &mut read.tokens {
            *slots = counted(std::mem::take(slots));
        }
        // What could not be read now may be read the next time.
        if read.outcomes.iter().any(|outcome| outcome.failed.is_some()) {
            return Ok((read, true));
        }
        let kept = KeptPart::of(read, first_input, part.start);
        self.steps.put_part(PartKind::Read, *key, &kept)?;
        let restored = kept.restored(first_input, part.start);
        Ok((restored.ok_or_else(|| self.steps.damaged_part(PartKind::Read, *key))?, true))
    }
}

/// The distinct ones of some slots, in order: twice the slot, and one more where it stands several times.
fn counted(mut slots: Vec<u32>) -> Vec<u32> {
    slots.sort_unstable();
    slots.chunk_by(|a, b| a == b).map(|same| same[0] << 1 | u32::from(same.len() > 1)).collect()
}

impl KeptPart {
    /// What was read, the numbers of its first input and piece being these.
    fn of(read: ReadPart, first_input: u32, first_piece: usize) -> KeptPart {
        let ReadPart { mut entries, runs, sites, tokens, dates, mut outcomes } = read;
        entries.iter_mut().for_each(|entry| entry.location.input -= first_input);
        outcomes.iter_mut().for_each(|outcome| outcome.piece -= first_piece);
        let mut before = 0;
        let tokens = match tokens {
            ReadTokens::Slots(slots) => {
                slots.into_iter().map(|slot| slot - std::mem::replace(&mut before, slot)).collect()
            }
            ReadTokens::None | ReadTokens::Table(_) => Vec::new(),
        };
        KeptPart { entries, samples: runs.differences(), sites, tokens, dates, outcomes }
    }

    /// The part in its place; none where it is something else.
    fn restored(self, first_input: u32, first_piece: usize) -> Option<ReadPart> {
        let KeptPart { mut entries, samples, sites, tokens, dates, mut outcomes } = self;
        for entry in &mut entries {
            entry.location.input = entry.location.input.checked_add(first_input)?;
        }
        for outcome in &mut outcomes {
            outcome.piece = outcome.piece.checked_add(first_piece)?;
        }
        let mut slot = 0u32;
        let add = |by: u32| {
            slot = slot.checked_add(by)?;
            Some(slot)
        };
        Some(ReadPart {
            runs: Runs::of_differences(samples, entries.len())?,
            sites,
            tokens: ReadTokens::Slots(tokens.into_iter().map(add).collect::<Option<_>>()?),
            dates,
            outcomes,
            entries,
        })
    }
}
