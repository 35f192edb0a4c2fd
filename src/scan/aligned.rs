//! The default mode: pairs judged by alignment under a model of the corpus.

use std::collections::HashMap;

use bitvec::prelude::*;
use rayon::prelude::*;

use super::measure::{Judge, judge_all};
use super::read::{Documents, Entry};
use super::texts::Texts;
use crate::align::characters::{CharacterAligner, Characters, Noise};
use crate::align::{Aligner, Alignment, Kind, SlotKind, Words};
use crate::calendar::day;
use crate::candidates::{Candidate, Postings};
use crate::corpus::Fields;
use crate::error::Result;
use crate::hash::avalanche;
use crate::kernel::Kernel;
use crate::model::boilerplate::Boilerplate;
use crate::model::chrome::{self, Page};
use crate::model::facts::Vocabulary;
use crate::model::noise::Seen;
use crate::model::{Content, Model, Reader};
use crate::options::{Cancel, Policy};
use crate::recipe::Recipe;
use crate::relation::{Evidence, Judgement, Relation, Verdict, judge, shares_too_little};
use crate::verify::{Measures, ShingleSet};

/// Documents that token statistics are taken from, at most.
const SAMPLE: usize = 1024;

/// Share of those documents that are noisy, from which noisy documents are looked for among all; where there are fewer,
/// the few are met by words.
const NOISY: f64 = 0.005;

/// Pages of one site that chrome is learned from, at most.
const PAGES: usize = 400;

/// Learns a model from a corpus.
pub(super) struct Learner<'a> {
    pub texts: &'a Texts<'a>,
    pub recipe: Recipe,
    pub removed: &'a BitSlice,
    /// Chrome that was given.
    pub given: Option<&'a Boilerplate>,
    pub cancel: &'a Cancel,
}

impl Learner<'_> {
    /// The model, but for template slots.
    pub fn learn(&self, postings: &Postings, seen: Seen) -> Result<Model> {
        let sites = self.texts.documents.site_hashes();
        let (vocabulary, noisy) = self.vocabulary(&seen)?;
        Ok(Model { chrome: self.chrome(postings, &sites)?, vocabulary, seen, noisy, ..Model::default() })
    }

    fn entries(&self) -> &[Entry] {
        &self.texts.documents.entries
    }

    /// The documents of the smallest sequence hashes, which is a sample that order does not change.
    fn sample(&self, mut documents: Vec<u32>, most: usize) -> Vec<u32> {
        if documents.len() > most {
            let key = |d: &u32| (avalanche(self.entries()[*d as usize].sequence), *d);
            documents.select_nth_unstable_by_key(most, key);
            documents.truncate(most);
            documents.sort_unstable();
        }
        documents
    }

    /// Token statistics of a sample, and whether enough of it is noisy.
    fn vocabulary(&self, seen: &Seen) -> Result<(Vocabulary, bool)> {
        let all = (0..self.entries().len() as u32).filter(|&d| !self.removed[d as usize]).collect();
        let sample = self.sample(all, SAMPLE);
        let parts: Vec<(Vocabulary, usize)> = sample
            .par_chunks(sample.len().div_ceil(rayon::current_num_threads()).max(1))
            .map(|documents| {
                let (mut vocabulary, mut noisy) = (Vocabulary::default(), 0);
                let mut reader = Reader::new(self.recipe, self.texts.kernel);
                for &document in documents {
                    self.cancel.check()?;
                    // A document that changed is reported where it is judged.
                    let _ = self.texts.get(document, |text| {
                        reader.read_plainly(text);
                        reader.letters(text);
                        vocabulary.add(reader.hashes().iter().copied().zip(reader.last_letters()));
                        noisy += usize::from(reader.is_noisy(seen));
                    });
                }
                Ok((vocabulary, noisy))
            })
            .collect::<Result<_>>()?;
        let (mut all, mut noisy) = (Vocabulary::default(), 0);
        for (part, count) in parts {
            all.merge(part);
            noisy += count;
        }
        Ok((all, noisy as f64 >= NOISY * sample.len() as f64 && noisy > 0))
    }

    fn chrome(&self, postings: &Postings, sites: &[u64]) -> Result<chrome::Chrome> {
        let suspects = self.suspects(postings);
        let pages: Vec<Option<Page>> = suspects
            .par_iter()
            .map_init(
                || Reader::new(self.recipe, self.texts.kernel),
                |reader, &document| {
                    self.cancel.check()?;
                    let site = self.entries()[document as usize].site as usize;
                    let page = self.texts.get_with_fields(document, |text, fields| {
                        reader.read(text);
                        Page {
                            site: sites[site],
                            guessed: self.texts.documents.sites[site].is_empty(),
                            shingles: reader.shingles().to_vec(),
                            breaks: reader.breaks(text).to_vec(),
                            day: fields.date.and_then(|date| day(&date.to_text())),
                        }
                    });
                    Ok(page.ok())
                },
            )
            .collect::<Result<_>>()?;
        let pages: Vec<Page> = pages.into_iter().flatten().collect();
        let mut chrome = chrome::learn(&pages, self.recipe.shingle());
        if let Some(given) = self.given {
            given.add_to(&mut chrome, self.recipe);
        }
        Ok(chrome)
    }

    /// Documents that share a sample with several of one site, some of each site.
    fn suspects(&self, postings: &Postings) -> Vec<u32> {
        let entries = self.entries();
        let mut marked: BitVec = bitvec![0; entries.len()];
        let site_of = |posting: u64| entries[posting as u32 as usize].site;
        let lists: Vec<&[u64]> = postings
            .lists()
            .filter(|list| {
                if list.len() < chrome::LEAST {
                    return false;
                }
                let mut sites: Vec<u32> = list.iter().map(|&posting| site_of(posting)).collect();
                sites.sort_unstable();
                sites.chunk_by(|a, b| a == b).any(|same| same.len() >= chrome::LEAST)
            })
            .collect();
        for &posting in lists.into_iter().flatten() {
            marked.set(posting as u32 as usize, true);
        }
        let mut by_site: HashMap<u32, Vec<u32>> = HashMap::new();
        let sites = &self.texts.documents.sites;
        let learns = |site: u32| self.given.is_none_or(|given| !given.names(&sites[site as usize]));
        for document in marked.iter_ones().filter(|&d| learns(entries[d].site)) {
            by_site.entry(entries[document].site).or_default().push(document as u32);
        }
        let mut suspects: Vec<u32> =
            by_site.into_values().flat_map(|documents| self.sample(documents, PAGES)).collect();
        suspects.sort_unstable();
        suspects
    }
}

/// Judges pairs by alignment under a model.
pub(super) struct Aligned<'a> {
    pub documents: &'a Documents,
    pub recipe: Recipe,
    pub kernel: Kernel,
    pub policy: &'a Policy,
    pub model: &'a Model,
    pub sites: &'a [u64],
}

pub(super) struct Worker {
    pub reader: Reader,
    pub aligner: Aligner,
    pub characters: CharacterAligner,
}

pub(super) struct Loaded {
    pub set: ShingleSet,
    pub content: Content,
    /// Its number.
    number: u32,
    /// Of noisy documents.
    characters: Characters,
}

/// What a pair gives: the verdict, and the places of replaced facts where these may matter.
pub(super) struct Found {
    pub verdict: Verdict,
    pub slots: Vec<Place>,
}

/// A place where facts differ: a key on each side for what stands around it, and what fills it there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    keys: [u64; 2],
    fillers: [u64; 2],
}

impl Judge for Aligned<'_> {
    type Worker = Worker;
    type Document = Loaded;
    type Verdict = Found;

    fn worker(&self) -> Worker {
        Worker {
            reader: Reader::new(self.recipe, self.kernel),
            aligner: Aligner::default(),
            characters: CharacterAligner::default(),
        }
    }

    fn document(&self) -> Loaded {
        Loaded {
            set: ShingleSet::new(self.kernel),
            content: Content::default(),
            number: 0,
            characters: Characters::default(),
        }
    }

    fn load(&self, worker: &mut Worker, number: u32, text: &str, _: &Fields<'_>, out: &mut Loaded) -> u64 {
        let entry = &self.documents.entries[number as usize];
        let reader = &mut worker.reader;
        reader.read(text);
        out.set.fill(reader.shingles());
        reader.content(text, self.sites[entry.site as usize], self.model, &mut out.content);
        out.number = number;
        if out.content.noisy {
            out.characters.fill(&out.content.words);
        }
        crate::sketch::sequence(reader.len(), reader.shingles())
    }

    fn judge(&self, worker: &mut Worker, a: &Loaded, b: &Loaded) -> Found {
        let measures = a.set.measure(&b.set);
        if shares_too_little(measures, self.model.is_noisy_pair(&a.content, &b.content)) {
            return Found { verdict: Verdict::Decided(None), slots: Vec::new() };
        }
        self.judge_in_full(worker, a, b, measures)
    }
}

impl Aligned<'_> {
    /// As [`Judge::judge`], aligning also what shares next to nothing.
    pub(super) fn judge_in_full(
        &self,
        worker: &mut Worker,
        a: &Loaded,
        b: &Loaded,
        measures: Measures,
    ) -> Found {
        let (left, right) = (&a.content.words, &b.content.words);
        let evidence = self.evidence(worker, a, b);
        let alignment = worker.aligner.last();
        let verdict = judge(self.policy, measures, &evidence, self.same_page(a, b));
        let slots = match verdict {
            Verdict::Weak(..) => places(alignment, left, right),
            Verdict::Decided(Some(j)) if j.relation == Relation::Templated => places(alignment, left, right),
            Verdict::Decided(_) => Vec::new(),
        };
        Found { verdict, slots }
    }

    /// Whether two documents are versions of one page.
    pub(super) fn same_page(&self, a: &Loaded, b: &Loaded) -> bool {
        let entry = |loaded: &Loaded| &self.documents.entries[loaded.number as usize];
        entry(a).is_page_of(entry(b))
    }

    /// Aligns two documents.
    pub(super) fn evidence(&self, worker: &mut Worker, a: &Loaded, b: &Loaded) -> Evidence {
        let (left, right) = (&a.content.words, &b.content.words);
        let mut evidence = Evidence::of(worker.aligner.align(left, right), left, right);
        if a.content.noisy || b.content.noisy {
            evidence.noise = Some(noise(&mut worker.characters, a, b));
        }
        evidence
    }
}

impl Aligned<'_> {
    /// Whether two documents differ, or may differ, as two fillings of one form do.
    pub(super) fn by_facts(&self, a: &Loaded, b: &Loaded, evidence: &Evidence) -> bool {
        match judge(self.policy, a.set.measure(&b.set), evidence, self.same_page(a, b)) {
            Verdict::Weak(..) => true,
            Verdict::Decided(judgement) => judgement.is_some_and(|j| j.relation == Relation::Templated),
        }
    }
}

/// Of two documents of which one at least is noisy: whether the second is the one that is indexed.
pub(super) fn index_second(a: &Loaded, b: &Loaded) -> bool {
    let of = |loaded: &Loaded| (!loaded.content.noisy, loaded.content.words.key());
    of(a) > of(b)
}

/// The alignment by characters of two documents of which one at least is noisy.
fn noise(aligner: &mut CharacterAligner, a: &Loaded, b: &Loaded) -> Noise {
    if !index_second(a, b) {
        aligner.align(&a.characters, &b.content.words)
    } else {
        aligner.align(&b.characters, &a.content.words).swapped()
    }
}

/// Tokens on each side of a slot that name it.
const AROUND: usize = 3;

pub(crate) fn places(alignment: &Alignment, a: &Words, b: &Words) -> Vec<Place> {
    let typed = alignment.slots.iter().filter(|slot| slot.kind == SlotKind::Typed);
    typed
        .map(|slot| Place {
            keys: [around(a, slot.a), around(b, slot.b)],
            fillers: [filler(a, slot.a), filler(b, slot.b)],
        })
        .collect()
}

/// What stands around a slot, with facts as one symbol.
fn around(words: &Words, (start, end): (u32, u32)) -> u64 {
    let (start, end) = (start as usize, end as usize);
    let symbol = |i: usize| match words.kinds()[i].is(Kind::FACT) {
        true => 1,
        false => words.hashes()[i],
    };
    let before = (start.saturating_sub(AROUND)..start).map(symbol);
    let after = (end..words.len().min(end + AROUND)).map(symbol);
    before.chain([2]).chain(after).fold(0, |key: u64, hash| avalanche(key.rotate_left(7) ^ hash))
}

fn filler(words: &Words, (start, end): (u32, u32)) -> u64 {
    let hashes = &words.hashes()[start as usize..end as usize];
    hashes.iter().fold(1, |key: u64, &hash| avalanche(key.rotate_left(7) ^ hash))
}

/// Whether the model knows most of these places as slots of templates.
pub(crate) fn is_family(model: &Model, places: &[Place]) -> bool {
    let is_slot = |place: &&Place| place.keys.iter().any(|key| model.slots.contains(key));
    let known = places.iter().filter(is_slot).count();
    known >= 2 && 2 * known >= places.len()
}

/// Different fillings that make a place a template's slot.
const FILLINGS: usize = 3;

/// Judges pairs; those that only a family decides are left for [`Judging::settle`].
#[derive(Default)]
pub(super) struct Judging {
    pub decided: Vec<(Candidate, Judgement)>,
    weak: Vec<(Candidate, Judgement, Option<Judgement>, Vec<Place>)>,
    fillings: Vec<(u64, u64)>,
    pub changed: Vec<u32>,
}

impl Judging {
    /// Judges pairs; calls `belongs` for those that are or may be something to each other.
    pub fn judge(
        &mut self,
        texts: &Texts<'_>,
        aligned: &Aligned<'_>,
        pairs: &[Candidate],
        cancel: &Cancel,
        mut belongs: impl FnMut(Candidate),
    ) -> Result<()> {
        let (found, changed) = judge_all(texts, aligned, pairs, cancel)?;
        self.changed.extend(changed);
        for (&pair, found) in pairs.iter().zip(found) {
            let Some(Found { verdict, slots }) = found else { continue };
            for place in &slots {
                for key in place.keys {
                    self.fillings.extend(place.fillers.map(|filler| (key, filler)));
                }
            }
            match verdict {
                Verdict::Decided(None) => continue,
                Verdict::Decided(Some(judgement)) => self.decided.push((pair, judgement)),
                Verdict::Weak(family, otherwise) => self.weak.push((pair, family, otherwise, slots)),
            }
            belongs(pair);
        }
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
        for (pair, family, otherwise, places) in self.weak.drain(..) {
            let judgement = if is_family(model, &places) { Some(family) } else { otherwise };
            self.decided.extend(judgement.map(|judgement| (pair, judgement)));
        }
    }
}
