//! Candidates judged slice by slice, each kept as a part: what a run judged before it ended is not judged again, and several
//! processes may judge slices at a time.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::judging::{Judging, PairSpans, sharing_enough};
use super::steps::{PartKind, Shard, Step, Steps};
use super::texts::Texts;
use crate::candidates::Candidate;
use crate::error::Result;
use crate::judge::{Decision, Judge, Judgement, Span};
use crate::options::Resources;

/// Pairs of a slice, at least: a tenth of a second of work.
const SLICE: usize = 1 << 12;

/// Slices, at most.
const SLICES: usize = 256;

/// Candidates that are judged in slices.
pub(super) struct Slices<'a> {
    pub texts: &'a Texts<'a>,
    /// The judge, and by number of the site: its hash.
    pub judge: (Judge<'a>, &'a [u64]),
    pub candidates: &'a [Candidate],
    /// Pairs of which those are judged that share enough, in slices of their own: each share of the work finds out itself.
    pub slight: &'a [Candidate],
    pub steps: &'a Steps,
    pub resources: &'a Resources,
}

/// Pairs of a slice.
#[derive(Clone, Copy)]
enum Slice<'a> {
    Sure(&'a [Candidate]),
    Slight(&'a [Candidate]),
}

/// A slice as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptSlice {
    decided: Vec<(Candidate, Judgement)>,
    open: Vec<(Candidate, Decision, u32)>,
    open_keys: Vec<[u64; 2]>,
    fillings: Vec<(u64, u64)>,
    changed: Vec<u32>,
    /// In order. They are kept whether this run wants them or not: the one that goes on may.
    spans: Vec<(Candidate, Vec<Span>)>,
}

impl Slices<'_> {
    /// All of them, those that are not there being judged and kept; with their spans if these are wanted.
    ///
    /// # Errors
    /// Those of steps, and cancellation.
    pub fn all(&self, keeps_spans: bool) -> Result<Judging> {
        let mut all = Judging::new(keeps_spans);
        for (number, slice) in self.slices() {
            let KeptSlice { decided, open, open_keys, fillings, changed, spans } =
                self.slice(number, slice)?;
            all.decided.extend(decided);
            all.open.extend(open);
            all.open_keys.extend(open_keys);
            all.fillings.extend(fillings);
            all.changed.extend(changed);
            if let Some(kept) = &mut all.spans {
                spans.iter().for_each(|(pair, spans)| kept.insert(*pair, spans));
            }
        }
        Ok(all)
    }

    /// Judges and keeps those of one of several processes; returns how many these are, of how many.
    ///
    /// # Errors
    /// As of [`Slices::all`].
    pub fn shard(&self, shard: Shard) -> Result<(usize, usize)> {
        let slices: Vec<(usize, Slice<'_>)> = self.slices().collect();
        let mut count = 0;
        for &(number, slice) in shard.of(&slices) {
            self.slice(number, slice)?;
            count += 1;
        }
        Ok((count, slices.len()))
    }

    fn slices(&self) -> impl Iterator<Item = (usize, Slice<'_>)> {
        let of = |pairs: &[Candidate]| pairs.len().div_ceil(SLICES).max(SLICE);
        let sure = self.candidates.chunks(of(self.candidates)).map(Slice::Sure);
        sure.chain(self.slight.chunks(of(self.slight)).map(Slice::Slight)).enumerate()
    }

    fn slice(&self, number: usize, slice: Slice<'_>) -> Result<KeptSlice> {
        self.resources.cancel.check()?;
        let of = self.steps.hash(Step::Candidates).unwrap_or_default();
        let key = xxh3_64(format!("{of:x} {number}").as_bytes());
        if let Some(kept) = self.steps.part(PartKind::Judged, key)? {
            return Ok(kept);
        }
        let cancel = &self.resources.cancel;
        let pairs = match slice {
            Slice::Sure(pairs) => Cow::Borrowed(pairs),
            Slice::Slight(pairs) => {
                Cow::Owned(sharing_enough(self.texts, self.judge, pairs.to_vec(), cancel)?)
            }
        };
        let mut judging = Judging::new(true);
        judging.judge(self.texts, self.judge, &pairs, cancel, |_| {})?;
        let Judging { decided, open, open_keys, fillings, changed, spans } = judging;
        let kept = KeptSlice {
            decided,
            open,
            open_keys,
            fillings,
            changed,
            spans: owned(&spans.unwrap_or_default()),
        };
        self.steps.put_part(PartKind::Judged, key, &kept)?;
        Ok(kept)
    }
}

/// Spans by pair, in order.
fn owned(spans: &PairSpans) -> Vec<(Candidate, Vec<Span>)> {
    spans.in_order().into_iter().map(|(pair, spans)| (pair, spans.to_vec())).collect()
}
