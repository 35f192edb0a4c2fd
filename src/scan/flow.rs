//! The stages between the first pass and the clusters: candidates, and what they are.

use std::borrow::Cow;

use bitvec::prelude::*;
use rayon::prelude::*;

use super::each_pair::classically;
use super::judging::{Judging, PairSpans, sharing_enough};
use super::learn::{Learned, Learner};
use super::scope::Scope;
use super::slices::Slices;
use super::steps::{PartKind, Step, Steps};
use super::texts::Texts;
use super::{Given, masked, noisy, read, standing};
use crate::candidates::{Candidate, Crowd, Gate, Postings, bands, join};
use crate::document::DocId;
use crate::error::Result;
use crate::judge::{FORM_COMMON, Judge, Judgement, Span};
use crate::mmap::Access;
use crate::model::Model;
use crate::model::noise::SeenTokens;
use crate::model::standing::Standing;
use crate::options::{Method, Mode, Policy, Resources};
use crate::recipe::Recipe;
use crate::signature::minhash::MinHash;
use crate::signature::simhash::SimHash;
use crate::sketch::Sketcher;

/// What the stages between the first pass and the clusters need.
pub(super) struct Flow<'a> {
    pub texts: &'a Texts<'a>,
    pub recipe: Recipe,
    pub policy: &'a Policy,
    pub resources: &'a Resources,
    pub removed: &'a BitSlice,
    pub scope: &'a Scope,
    /// Where finished steps are kept.
    pub steps: Option<&'a Steps>,
    pub keeps_spans: bool,
}

/// What the first pass gives besides documents.
pub(super) enum FirstPass<'a> {
    /// Samples, and how often each token stands.
    Read(Vec<read::Samples>, SeenTokens),
    /// An earlier run read it, and these are its steps.
    Kept(&'a Steps),
}

/// What they give, as it is kept.
#[derive(serde::Serialize, serde::Deserialize)]
struct KeptOutcome<'a> {
    found: Cow<'a, [(Candidate, Judgement)]>,
    changed: Cow<'a, [u32]>,
    unsettled: usize,
    /// Slots of templates that judging taught, in order.
    slots: Vec<u64>,
    /// In order.
    spans: Vec<(Candidate, Cow<'a, [Span]>)>,
}

/// What is worth a look.
pub(super) struct Nominated {
    /// All of a model but the slots.
    pub model: Model,
    /// Pairs that are judged.
    pub candidates: Vec<Candidate>,
    /// Pairs that share little: those are judged that share enough at a glimpse.
    pub slight: Vec<Candidate>,
    pub crowd: Option<Crowd>,
}

/// Pairs, slight ones, and a crowd's lists, as they are kept.
pub(super) type KeptCandidates = (Vec<Candidate>, Vec<Candidate>, Option<[Vec<Vec<u32>>; 2]>);

/// What they give.
pub(super) struct Outcome {
    pub found: Vec<(Candidate, Judgement)>,
    pub changed: Vec<u32>,
    pub unsettled: usize,
    pub model: Option<Model>,
    /// The spans of pairs that were aligned, where these are kept.
    pub spans: PairSpans,
}

impl Flow<'_> {
    /// All of it, by the policy's mode.
    pub fn outcome(&self, first: FirstPass<'_>, given: &Given) -> Result<Outcome> {
        if let Some(outcome) = self.kept_outcome(given)? {
            return Ok(outcome);
        }
        let outcome = match self.policy.mode {
            Mode::Classic => {
                let outcome = self.classic(first)?;
                self.keep(|steps| steps.put(Step::Documents, self.texts.documents))?;
                outcome
            }
            Mode::Aligned => self.aligned(first, given)?,
        };
        self.keep(|steps| {
            steps.put(Step::Judged, &KeptOutcome::of(&outcome))?;
            steps.keep_parts(PartKind::Judged, &[])
        })?;
        Ok(outcome)
    }

    /// What an earlier run gave, if it came so far.
    fn kept_outcome(&self, given: &Given) -> Result<Option<Outcome>> {
        let Some(steps) = self.steps else { return Ok(None) };
        let Some(kept) = steps.get::<KeptOutcome<'_>>(Step::Judged)? else { return Ok(None) };
        // The run that judged them may have been ended before it removed its slices.
        steps.keep_parts(PartKind::Judged, &[])?;
        let model = match self.policy.mode {
            Mode::Classic => None,
            Mode::Aligned => {
                let model = given.or_kept(Some(steps))?;
                let model = model.ok_or_else(|| steps.damaged(Step::Model, "it is not there"))?;
                let taught = matches!(given, Given::Boilerplate(_) | Given::Nothing);
                let slots = if taught { kept.slots.into_iter().collect() } else { model.slots };
                Some(Model { slots, ..model })
            }
        };
        let KeptOutcome { found, changed, unsettled, .. } = kept;
        let mut spans = PairSpans::default();
        kept.spans.iter().for_each(|(pair, of_pair)| spans.insert(*pair, of_pair));
        Ok(Some(Outcome {
            found: found.into_owned(),
            changed: changed.into_owned(),
            unsettled,
            model,
            spans,
        }))
    }

    /// Keeps a step, where steps are kept.
    fn keep(&self, step: impl FnOnce(&Steps) -> Result<()>) -> Result<()> {
        self.steps.map_or(Ok(()), step)
    }

    fn classic(&self, first: FirstPass<'_>) -> Result<Outcome> {
        let samples = match first {
            FirstPass::Read(samples, _) => samples,
            FirstPass::Kept(steps) => return Err(steps.damaged(Step::Judged, "it is not there")),
        };
        let mut verifier = Verifier { flow: self, found: Vec::new(), changed: Vec::new() };
        let mut unsettled = 0;
        if self.policy.method == Method::Join {
            let gate = Gate::of(self.policy);
            self.resources.begin("join")?;
            let mut joined = join(samples, self.texts.documents, self.removed, &gate, self.resources)?;
            self.resources.begin("verify")?;
            self.scope.keep(self.texts.documents, &mut joined.candidates);
            verifier.verify(&joined.candidates, |_| {})?;
            unsettled = self.settle_crowd(joined.crowd, |pairs, crowd| {
                verifier.verify(pairs, |pair| crowd.settle(pair))
            })?;
        } else {
            verifier.verify(&self.by_signature(), |_| {})?;
        }
        Ok(Outcome {
            found: verifier.found,
            changed: verifier.changed,
            unsettled,
            model: None,
            spans: PairSpans::default(),
        })
    }

    fn aligned(&self, first: FirstPass<'_>, given: &Given) -> Result<Outcome> {
        let cancel = &self.resources.cancel;
        let sites = self.texts.documents.site_hashes();
        let Nominated { mut model, mut candidates, slight, crowd } = match self.kept_candidates(given)? {
            Some(kept) => kept,
            None => self.candidates(first, given, &sites)?,
        };
        let judge = (self.judge(&model), &*sites);
        let (texts, resources, keeps_spans) = (self.texts, self.resources, self.keeps_spans);
        let mut judging = match self.steps {
            Some(steps) => {
                resources.begin("align")?;
                let (candidates, slight) = (&*candidates, &*slight);
                Slices { texts, judge, candidates, slight, steps, resources }.all(keeps_spans)?
            }
            None => {
                resources.begin("glimpse")?;
                candidates.extend(sharing_enough(texts, judge, slight, cancel)?);
                candidates.sort_unstable();
                resources.begin("align")?;
                let mut judging = Judging::new(keeps_spans);
                judging.judge(texts, judge, &candidates, cancel, |_| {})?;
                judging
            }
        };
        let unsettled = match crowd {
            None => 0,
            Some(crowd) => self.settle_crowd(crowd, |pairs, crowd| {
                judging.judge(self.texts, judge, pairs, cancel, |pair| crowd.settle(pair))
            })?,
        };
        if !matches!(given, Given::Model(_)) {
            judging.learn(&mut model);
        }
        judging.settle(&model);
        let Judging { decided: found, changed, spans, .. } = judging;
        Ok(Outcome { found, changed, unsettled, model: Some(model), spans: spans.unwrap_or_default() })
    }

    /// What is worth a look.
    pub fn candidates(&self, first: FirstPass<'_>, given: &Given, sites: &[u64]) -> Result<Nominated> {
        let documents = self.texts.documents;
        self.resources.begin("postings")?;
        let (postings, seen) = self.postings(first)?;
        self.resources.begin("learn")?;
        let whole = given.or_kept(self.steps)?;
        let is_whole = whole.is_some();
        let mut model = match whole {
            Some(model) => model,
            None => self.learned(&postings, seen, given)?,
        };
        let mut postings = self.content(postings, &model, sites);
        if !is_whole {
            (model.standing, postings) = self.standing(postings, &model, sites)?;
            self.keep(|steps| steps.put_model(Step::Model, &model))?;
        }
        let (mut candidates, mut slight, crowd) = match self.policy.method {
            Method::Join => self.joined(postings, &model, sites)?,
            Method::Minhash | Method::Simhash => (self.by_signature(), Vec::new(), None),
        };
        self.scope.keep(documents, &mut candidates);
        self.scope.keep(documents, &mut slight);
        let lists = crowd.as_ref().map(Crowd::lists);
        self.keep(|steps| steps.put(Step::Candidates, &(&candidates, &slight, lists)))?;
        Ok(Nominated { model, candidates, slight, crowd })
    }

    /// What an earlier run nominated, if it came so far.
    pub fn kept_candidates(&self, given: &Given) -> Result<Option<Nominated>> {
        let Some(steps) = self.steps else { return Ok(None) };
        let Some((candidates, slight, lists)) = steps.get::<KeptCandidates>(Step::Candidates)? else {
            return Ok(None);
        };
        let Some(model) = given.or_kept(Some(steps))? else { return Ok(None) };
        let gate = Gate::of(self.policy);
        let crowd = |lists| {
            let count = self.removed.len();
            let crowd = Crowd::of_lists(&lists, self.texts.documents, count, (&gate, FORM_COMMON));
            crowd.ok_or_else(|| steps.damaged(Step::Candidates, "it is of other documents"))
        };
        Ok(Some(Nominated { model, candidates, slight, crowd: lists.map(crowd).transpose()? }))
    }

    /// What the corpus teaches before pairs are known.
    fn learned(&self, postings: &Postings, seen: SeenTokens, given: &Given) -> Result<Model> {
        let kept = self.steps.map(|steps| steps.model(Step::Learned)).transpose()?;
        if let Some(model) = kept.flatten() {
            return Ok(model);
        }
        let given = match given {
            Given::Boilerplate(boilerplate) => Some(&**boilerplate),
            Given::Nothing | Given::Model(_) => None,
        };
        let (texts, recipe, removed, cancel) =
            (self.texts, self.recipe, self.removed, &self.resources.cancel);
        let model = Learner { texts, recipe, removed, given, cancel }.learn(postings, seen)?;
        self.keep(|steps| steps.put_model(Step::Learned, &model))?;
        Ok(model)
    }

    /// What stands in the corpus, as the pairs of all samples tell; and these samples.
    fn standing(&self, postings: Postings, model: &Model, sites: &[u64]) -> Result<(Standing, Postings)> {
        self.resources.begin("standing text")?;
        let noise = model.noisy.then_some(&model.seen);
        let pages = standing::RunPages::new(self.texts, self.recipe, sites, noise, &self.resources.cancel);
        let pages = pages.of_partners(&postings, &Gate::of(self.policy), self.resources)?;
        // No stage takes more memory than this one, which has no use for them.
        let postings = postings.packed();
        // Nearly all of a corpus that does not fit into memory, twice.
        self.texts.expect(Access::InOrder);
        let standing = pages.learn();
        self.texts.expect(Access::Scattered);
        Ok((standing?, postings.unpacked()))
    }

    /// The shared samples, and how often each token stands: of the first pass, or as an earlier run kept them.
    fn postings(&self, first: FirstPass<'_>) -> Result<(Postings, SeenTokens)> {
        let steps = match first {
            FirstPass::Kept(steps) => steps,
            FirstPass::Read(samples, seen) => {
                let postings = Postings::gather(samples, self.removed, &self.resources.cancel)?;
                self.keep(|steps| {
                    steps.put(Step::Postings, &(postings.differences(), seen.words()))?;
                    steps.put(Step::Documents, self.texts.documents)
                })?;
                return Ok((postings, seen));
            }
        };
        let damaged = || steps.damaged(Step::Postings, "it is cut off");
        let (differences, (words, letters)) =
            steps.get::<(Vec<Vec<u64>>, (Vec<u64>, Vec<u64>))>(Step::Postings)?.ok_or_else(damaged)?;
        let postings = Postings::of_differences(differences, self.removed.len());
        postings.zip(SeenTokens::of(words, letters)).ok_or_else(damaged)
    }

    /// The postings of content that may make a pair.
    fn content(&self, mut postings: Postings, model: &Model, sites: &[u64]) -> Postings {
        let documents = self.texts.documents;
        if !documents.against.is_empty() {
            // What only one set has pairs none of it with the other.
            postings.keep_lists(|list| {
                let of_second = |posting: &u64| documents.is_against(DocId(*posting as u32));
                list.iter().any(of_second) && !list.iter().all(of_second)
            });
        }
        postings.retain(|hash, d| {
            !model.chrome.contains(sites[documents.entries[d as usize].site as usize], hash)
        });
        postings
    }

    /// Candidates by shared samples, by characters and by the words around facts; slight pairs, which are others; and the crowd.
    fn joined(
        &self,
        postings: Postings,
        model: &Model,
        sites: &[u64],
    ) -> Result<(Vec<Candidate>, Vec<Candidate>, Option<Crowd>)> {
        let documents = self.texts.documents;
        self.resources.begin("join")?;
        let gate = Gate::of(self.policy);
        let standing = model.standing.samples();
        let joined = postings.join(
            documents,
            &gate,
            (|hash| standing.contains(&hash), FORM_COMMON),
            self.resources,
        )?;
        drop(standing);
        let (mut candidates, mut slight) = (joined.candidates, joined.slight);
        let learned = Learned { recipe: self.recipe, model, sites };
        self.texts.expect(Access::InOrder);
        self.resources.begin("noise")?;
        candidates.extend(noisy::candidates(self.texts, &learned, self.removed, self.resources)?);
        self.resources.begin("forms")?;
        candidates.extend(masked::candidates(self.texts, &learned, self.removed, self.resources)?);
        self.texts.expect(Access::Scattered);
        candidates.sort_unstable();
        candidates.dedup();
        slight.retain(|pair| candidates.binary_search(pair).is_err());
        Ok((candidates, slight, Some(joined.crowd)))
    }

    /// Compares the documents of a crowd with their leaders, round after round; returns how many stay unsettled. `compare`
    /// settles those of a round that belong to their leader.
    fn settle_crowd(
        &self,
        mut crowd: Crowd,
        mut compare: impl FnMut(&[Candidate], &mut Crowd) -> Result<()>,
    ) -> Result<usize> {
        let documents = self.texts.documents;
        loop {
            let mut pairs = crowd.round(documents);
            if pairs.is_empty() {
                return Ok(crowd.unsettled());
            }
            self.scope.keep(documents, &mut pairs);
            compare(&pairs, &mut crowd)?;
        }
    }

    /// What judges the pairs of the run.
    fn judge<'m>(&'m self, model: &'m Model) -> Judge<'m> {
        Judge {
            recipe: self.recipe,
            kernel: self.resources.kernel,
            policy: self.policy,
            model,
            learns: false,
        }
    }

    /// Candidates as peers find them.
    fn by_signature(&self) -> Vec<Candidate> {
        self.resources.progress.begin("signatures");
        let mut pairs = match self.policy.method {
            Method::Simhash => bands::simhash(&self.signatures(SimHash::of)),
            Method::Join | Method::Minhash => bands::minhash(&self.signatures(MinHash::of)),
        };
        self.scope.keep(self.texts.documents, &mut pairs);
        pairs
    }

    fn signatures<S: Send>(&self, of: impl Fn(&[u64]) -> Option<S> + Sync) -> Vec<Option<S>> {
        let as_printed = self.policy.mode == Mode::Classic;
        (0..self.removed.len())
            .into_par_iter()
            .map_init(
                || Sketcher::of(self.recipe, self.texts.kernel, as_printed),
                |sketcher, d| {
                    if self.removed[d] {
                        return None;
                    }
                    let signature = self.texts.get(d as u32, |text| {
                        let mut distinct = sketcher.shingles(text).0.to_vec();
                        distinct.sort_unstable();
                        distinct.dedup();
                        of(&distinct)
                    });
                    signature.ok().flatten()
                },
            )
            .collect()
    }
}

impl KeptOutcome<'_> {
    fn of(outcome: &Outcome) -> KeptOutcome<'_> {
        let Outcome { found, changed, unsettled, model, spans } = outcome;
        let mut slots: Vec<u64> = model.iter().flat_map(|model| &model.slots).copied().collect();
        slots.sort_unstable();
        let spans = spans.in_order().into_iter().map(|(pair, spans)| (pair, spans.into())).collect();
        KeptOutcome { found: found.into(), changed: changed.into(), unsettled: *unsettled, slots, spans }
    }
}

/// Verifies candidates and keeps those that are something to each other by raw measures.
struct Verifier<'a> {
    flow: &'a Flow<'a>,
    found: Vec<(Candidate, Judgement)>,
    changed: Vec<u32>,
}

impl Verifier<'_> {
    fn verify(&mut self, pairs: &[Candidate], mut belongs: impl FnMut(Candidate)) -> Result<()> {
        let Flow { texts, recipe, policy, resources, .. } = *self.flow;
        let (judged, changed) = classically(texts, (recipe, policy), pairs, &resources.cancel)?;
        self.changed.extend(changed);
        for (&pair, judgement) in pairs.iter().zip(judged) {
            if let Some(judgement) = judgement {
                self.found.push((pair, judgement));
                belongs(pair);
            }
        }
        Ok(())
    }
}
