//! Pairs of a run, judged under its model.

use std::collections::HashMap;

use rayon::prelude::*;

use super::each_pair::{PairWork, each_pair};
use super::read::Documents;
use super::texts::Texts;
use super::titles::title_of;
use crate::candidates::Candidate;
use crate::corpus::Fields;
use crate::error::Result;
use crate::judge::{
    Decision, Depth, Glimpsed, Judge, Judged, Judgement, Loaded, Memory, Names, Seen, Shingled, Span,
    is_family,
};
use crate::model::Model;
use crate::options::{Cancel, Work};

/// The documents of a run before its judge: what `ask` says of every pair, given the pair's place among those asked for.
pub(crate) struct Asking<'a, F> {
    pub judge: Judge<'a>,
    pub documents: &'a Documents,
    /// By number of the site: its hash.
    pub sites: &'a [u64],
    pub ask: F,
}

impl<V: Send, F: Fn(&Judge<'_>, &mut Memory, usize, (&Loaded, &Loaded)) -> V + Sync> PairWork
    for Asking<'_, F>
{
    type Memory = Memory;
    type Document = Loaded;
    type Given = V;

    /// To load a document costs about as much as to judge five pairs, and takes 110 bytes a token (press-releases: of 163,000
    /// loads for 171,000 pairs 7,000 are left).
    const KEPT: usize = 100_000;

    const BYTES: usize = 110;

    fn memory(&self) -> Memory {
        self.judge.memory()
    }

    fn document(&self) -> Loaded {
        self.judge.document()
    }

    fn load(
        &self,
        memory: &mut Memory,
        number: u32,
        (text, fields): (&str, &Fields<'_>),
        out: &mut Loaded,
    ) -> u64 {
        let identity = self.documents.identity(number, self.sites);
        let asks = self.judge.asks_titles(self.documents.entries[number as usize].tokens);
        let title = if asks { title_of(fields) } else { String::new() };
        self.judge.load(memory, text, Names { title: &title, identity }, out)
    }

    fn compare(&self, memory: &mut Memory, number: usize, pair: (&Loaded, &Loaded)) -> V {
        (self.ask)(&self.judge, memory, number, pair)
    }
}

/// The documents of a run before its judge, at a glimpse: whether the two of a pair share enough to be aligned.
pub(crate) struct Glimpses<'a> {
    pub judge: Judge<'a>,
}

impl PairWork for Glimpses<'_> {
    type Memory = Memory;
    type Document = Glimpsed;
    type Given = Seen;

    /// A glimpse takes 5 bytes a token, so that most documents are read once (press-releases: .9 s instead of 2.0 with whole
    /// sets, of 120,000 tokens).
    const KEPT: usize = 2_000_000;

    const BYTES: usize = 5;

    fn memory(&self) -> Memory {
        self.judge.memory()
    }

    fn document(&self) -> Glimpsed {
        Glimpsed::default()
    }

    fn load(&self, memory: &mut Memory, _: u32, (text, _): (&str, &Fields<'_>), out: &mut Glimpsed) -> u64 {
        self.judge.load_glimpse(memory, text, out)
    }

    fn compare(&self, _: &mut Memory, _: usize, (a, b): (&Glimpsed, &Glimpsed)) -> Seen {
        a.sees(b)
    }
}

/// The documents of a run before its judge: whether the two of a pair share enough to be aligned.
pub(crate) struct Sharings<'a> {
    pub judge: Judge<'a>,
    pub documents: &'a Documents,
    /// By number of the site: its hash.
    pub sites: &'a [u64],
}

impl PairWork for Sharings<'_> {
    type Memory = Memory;
    type Document = Shingled;
    type Given = bool;

    /// To read a document costs about as much as to compare ten pairs, and takes 40 bytes a token.
    const KEPT: usize = 120_000;

    const BYTES: usize = 40;

    fn memory(&self) -> Memory {
        self.judge.memory()
    }

    fn document(&self) -> Shingled {
        Shingled::new(self.judge.kernel)
    }

    fn load(
        &self,
        memory: &mut Memory,
        number: u32,
        (text, _): (&str, &Fields<'_>),
        out: &mut Shingled,
    ) -> u64 {
        let site = self.sites[self.documents.entries[number as usize].site as usize];
        self.judge.load_shingles(memory, text, site, out)
    }

    fn compare(&self, _: &mut Memory, _: usize, (a, b): (&Shingled, &Shingled)) -> bool {
        a.with(b).is_enough()
    }
}

/// Those of slight pairs that share more than a phrase or two, and more than stands for good: a glimpse says so of most. The others
/// would be nothing to each other.
///
/// # Errors
/// Cancellation.
pub(super) fn sharing_enough(
    texts: &Texts<'_>,
    (judge, sites): (Judge<'_>, &[u64]),
    slight: Vec<Candidate>,
    cancel: &Cancel,
) -> Result<Vec<Candidate>> {
    // Documents that changed stay: they are named where they are aligned.
    let (seen, _) = each_pair(texts, &Glimpses { judge }, &slight, cancel)?;
    let (mut enough, mut open) = (Vec::new(), Vec::new());
    for (pair, seen) in slight.into_iter().zip(seen) {
        match seen {
            Some(Seen::TooLittle) => {}
            Some(Seen::MayBeForm) => open.push(pair),
            Some(Seen::Enough) | None => enough.push(pair),
        }
    }
    let sharings = Sharings { judge, documents: texts.documents, sites };
    let (holds, _) = each_pair(texts, &sharings, &open, cancel)?;
    let forms = open.into_iter().zip(holds).filter(|(_, holds)| holds.unwrap_or(true));
    enough.extend(forms.map(|(pair, _)| pair));
    Ok(enough)
}

/// Bytes that a judged pair takes until it is put to the others, about: its slots and spans.
const JUDGED: u64 = 1000;

/// Different fillings that make a place the slot of a template (stress-pairs: two are two versions of one text).
const FILLINGS: usize = 3;

/// The spans of pairs, from the side of the document of the lower number. They stand one behind the other: a small block for each
/// pair would keep the memory around it from going back to the system.
#[derive(Debug, Default)]
pub(crate) struct PairSpans {
    of: HashMap<Candidate, (u64, u32)>,
    spans: Vec<Span>,
}

impl PairSpans {
    /// Adds those of a pair.
    pub fn insert(&mut self, pair: Candidate, spans: &[Span]) {
        self.of.insert(pair, (self.spans.len() as u64, spans.len() as u32));
        self.spans.extend_from_slice(spans);
    }

    /// Those of a pair, where they are kept.
    pub fn get(&self, pair: Candidate) -> Option<&[Span]> {
        let (start, count) = *self.of.get(&pair)?;
        let start = usize::try_from(start).ok()?;
        self.spans.get(start..start + count as usize)
    }

    /// All of them, pairs in order.
    pub fn in_order(&self) -> Vec<(Candidate, &[Span])> {
        let mut pairs: Vec<Candidate> = self.of.keys().copied().collect();
        pairs.sort_unstable();
        pairs.into_iter().map(|pair| (pair, self.get(pair).unwrap_or_default())).collect()
    }
}

/// Pairs judged; those that only a family decides wait for [`Judging::settle`].
#[derive(Default)]
pub(crate) struct Judging {
    pub decided: Vec<(Candidate, Judgement)>,
    /// Each with the number of its slots.
    pub(super) open: Vec<(Candidate, Decision, u32)>,
    /// The keys of the slots of open pairs, one pair behind the other.
    pub(super) open_keys: Vec<[u64; 2]>,
    /// Keys of slots, each with one of its fillings.
    pub(super) fillings: Vec<(u64, u64)>,
    pub changed: Vec<u32>,
    /// The spans of pairs that are decided, where these are kept.
    pub spans: Option<PairSpans>,
}

impl Judging {
    /// None judged. `keeps` says whether spans are kept, which else need another alignment.
    pub fn new(keeps: bool) -> Judging {
        Judging { spans: keeps.then(PairSpans::default), ..Judging::default() }
    }

    /// Judges pairs; calls `belongs` for those that have a relation, or may have one.
    pub fn judge(
        &mut self,
        texts: &Texts<'_>,
        (judge, sites): (Judge<'_>, &[u64]),
        pairs: &[Candidate],
        cancel: &Cancel,
        mut belongs: impl FnMut(Candidate),
    ) -> Result<()> {
        for pairs in pairs.chunks(texts.at_once(JUDGED)) {
            self.judge_at_once(texts, (judge, sites), pairs, cancel, &mut belongs)?;
        }
        Ok(())
    }

    fn judge_at_once(
        &mut self,
        texts: &Texts<'_>,
        (judge, sites): (Judge<'_>, &[u64]),
        pairs: &[Candidate],
        cancel: &Cancel,
        belongs: &mut impl FnMut(Candidate),
    ) -> Result<()> {
        let keeps = self.spans.is_some();
        let ask = |judge: &Judge<'_>, memory: &mut Memory, _: usize, (a, b): (&Loaded, &Loaded)| {
            let (Judged { decision, slots, aligned, .. }, spans) = if keeps {
                judge.judge_spans(memory, a, b)
            } else {
                (judge.judge(memory, a, b, Depth::Sharing), None)
            };
            (decision, slots.into_boxed_slice(), spans.map(Vec::into_boxed_slice), aligned)
        };
        let asking = Asking { judge, documents: texts.documents, sites, ask };
        let (judged, changed) = each_pair(texts, &asking, pairs, cancel)?;
        self.changed.extend(changed);
        let mut work = Work::default();
        for (&pair, judged) in pairs.iter().zip(judged) {
            let Some((decision, slots, spans, aligned)) = judged else { continue };
            work.aligned += u64::from(aligned > 0);
            work.aligned_tokens += u64::from(aligned);
            if let (Some(kept), Some(spans)) = (&mut self.spans, spans) {
                kept.insert(pair, &spans);
            }
            for slot in &slots {
                for key in slot.keys {
                    self.fillings.extend(slot.fillings.map(|filling| (key, filling)));
                }
            }
            match decision.otherwise {
                _ if decision.is_open() => {
                    self.open.push((pair, decision, slots.len() as u32));
                    self.open_keys.extend(slots.iter().map(|slot| slot.keys));
                }
                None => continue,
                Some(judgement) => self.decided.push((pair, judgement)),
            }
            belongs(pair);
        }
        texts.progress.add(work);
        Ok(())
    }

    /// Adds to the model the slots of all families met so far.
    pub fn learn(&mut self, model: &mut Model) {
        self.fillings.par_sort_unstable();
        self.fillings.dedup();
        let keys = self.fillings.chunk_by(|a, b| a.0 == b.0).filter(|fillings| fillings.len() >= FILLINGS);
        model.slots.extend(keys.map(|fillings| fillings[0].0));
    }

    /// Decides what only a family decides.
    pub fn settle(&mut self, model: &Model) {
        let mut keys = std::mem::take(&mut self.open_keys).into_iter();
        for (pair, decision, slots) in self.open.drain(..) {
            let slots: Vec<[u64; 2]> = keys.by_ref().take(slots as usize).collect();
            let judgement = decision.decided(|| is_family(model, slots.into_iter()));
            self.decided.extend(judgement.map(|judgement| (pair, judgement)));
        }
    }
}
