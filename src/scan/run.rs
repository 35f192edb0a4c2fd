//! A finished run, and all that it was made of.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::each_pair::{classically, each_pair};
use super::equals::Equals;
use super::groups::Group;
use super::ids::Ids;
use super::judging::{Asking, PairSpans};
use super::scope::Scope;
use super::texts::Texts;
use super::titles::judge_equal;
use super::{Cluster, Documents, Pair, Reuse, Scan};
use crate::candidates::Candidate;
use crate::corpus::Corpus;
use crate::document::{DocId, Meta};
use crate::error::Reason;
use crate::error::Result;
use crate::judge::{Judge, Judgement, Loaded, Memory, Relation, Span, swapped};
use crate::model::Model;
use crate::options::{Cancel, Policy};
use crate::recipe::Recipe;

/// What [`Scan::run`] found in a corpus.
///
/// It holds the corpus, the recipe, the policy, the model and one thread pool; its methods read out of these what
/// reports show ([`crate::findings`]).
#[derive(Debug)]
pub struct Run {
    /// The documents, by number.
    pub documents: Documents,
    /// Verified pairs by the ids of `a`, then `b`. Of more than [`STAR`](super::STAR) equal documents only the pairs with
    /// the lowest id.
    pub pairs: Vec<Pair>,
    /// Clusters by size, then by the representative's id.
    pub clusters: Vec<Cluster>,
    /// Documents of crowds that were compared with some leaders only; see `candidates`.
    pub unsettled: usize,
    /// How much was kept of an earlier run; none where steps are not kept.
    pub reuse: Option<Reuse>,
    /// What the corpus taught, or what was given; none in classic mode.
    pub model: Option<Model>,
    pub(crate) corpus: Corpus,
    pub(crate) scan: Scan,
    /// None while the run is on it.
    pub(super) pool: Option<Arc<rayon::ThreadPool>>,
    pub(crate) equals: Equals,
    /// Ids of all documents in pairs and groups.
    pub(crate) ids: Ids,
    /// Which of several records of one id this is, from 2; the first has no entry.
    pub(super) repeated: HashMap<DocId, u32>,
    pub(super) scope: Scope,
    /// Spans of pairs, where the scan keeps them.
    pub(super) kept: PairSpans,
}

impl Run {
    pub(super) fn new(scan: &Scan, corpus: &Corpus, documents: Documents) -> Run {
        Run {
            documents,
            pairs: Vec::new(),
            clusters: Vec::new(),
            unsettled: 0,
            model: None,
            corpus: corpus.clone(),
            scan: scan.clone(),
            pool: None,
            equals: Equals::default(),
            ids: Ids::default(),
            repeated: HashMap::new(),
            scope: Scope::default(),
            reuse: None,
            kept: PairSpans::default(),
        }
    }

    /// The corpus that was read.
    pub fn corpus(&self) -> &Corpus {
        &self.corpus
    }

    /// The recipe of tokens and shingles.
    pub fn recipe(&self) -> Recipe {
        self.scan.recipe
    }

    /// The policy that decided.
    pub fn policy(&self) -> &Policy {
        &self.scan.policy
    }

    pub(crate) fn cancel(&self) -> &Cancel {
        &self.scan.resources.cancel
    }

    /// The texts of the run's documents.
    pub(crate) fn texts(&self) -> Texts<'_> {
        Texts::new(&self.corpus, &self.documents, &self.scan.resources)
    }

    /// Runs `work` on the run's threads.
    pub(crate) fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// Who judged the run's pairs; `model` is the run's, or an empty one where it has none.
    pub(crate) fn judge<'a>(&'a self, model: &'a Model) -> Judge<'a> {
        let kernel = self.scan.resources.kernel;
        Judge { recipe: self.scan.recipe, kernel, policy: &self.scan.policy, model, learns: false }
    }

    /// What the judge says of pairs, in order; none where a document is no longer what it was. `ask` is given the place of
    /// the pair. Reads and loads each document about once.
    pub(crate) fn ask<V: Send>(
        &self,
        model: &Model,
        pairs: &[Candidate],
        ask: impl Fn(&Judge<'_>, &mut Memory, usize, (&Loaded, &Loaded)) -> V + Sync,
    ) -> Result<Vec<Option<V>>> {
        let sites = self.documents.site_hashes();
        let asking = Asking { judge: self.judge(model), documents: &self.documents, sites: &sites, ask };
        let judged = || each_pair(&self.texts(), &asking, pairs, self.cancel());
        Ok(self.install(judged)?.0)
    }

    /// What pairs are under the run's policy and model, in order, as its own pairs were judged; none for nothing, and where a
    /// document is no longer what it was.
    pub(crate) fn judged(&self, pairs: &[Candidate]) -> Result<Vec<Option<Judgement>>> {
        if let Some(model) = &self.model {
            let ask = |judge: &Judge<'_>, memory: &mut Memory, _: usize, (a, b): (&Loaded, &Loaded)| {
                judge.decide(memory, a, b).map(|(judgement, _)| judgement)
            };
            let (equal, others): (Vec<Candidate>, Vec<Candidate>) =
                pairs.iter().partition(|&&pair| self.are_equal(pair));
            let mut equal_judged = self.judge_equal(model, &equal).into_iter().map(Some);
            let mut others_judged = self.ask(model, &others, ask)?.into_iter().map(Option::flatten);
            let judged = pairs.iter().map(|&pair| {
                let next = if self.are_equal(pair) { equal_judged.next() } else { others_judged.next() };
                next.flatten()
            });
            return Ok(judged.collect());
        }
        let rules = (self.scan.recipe, self.policy());
        Ok(self.install(|| classically(&self.texts(), rules, pairs, self.cancel()))?.0)
    }

    /// Whether two documents have equal token sequences.
    pub(crate) fn are_equal(&self, (a, b): Candidate) -> bool {
        let [a, b] = [a, b].map(|document| &self.documents.entries[document as usize]);
        a.sequence == b.sequence && a.tokens == b.tokens
    }

    /// What pairs of equal token sequences are under the run's policy and a model, in order.
    pub(crate) fn judge_equal(&self, model: &Model, pairs: &[Candidate]) -> Vec<Judgement> {
        self.install(|| judge_equal(&self.texts(), self.judge(model), pairs))
    }

    /// What is known of a document besides its text.
    pub fn meta(&self, document: DocId) -> Meta {
        let entry = &self.documents.entries[document.index()];
        let mut meta = self.corpus.meta(entry.location, entry.record).unwrap_or_else(|_| Meta {
            id: self.corpus.made_id(entry.location.input, entry.record),
            site: self.site(document).to_owned(),
            ..Meta::default()
        });
        meta.id = self.told_apart(document, meta.id);
        meta
    }

    /// The id of any document, as reports print it, read from its record.
    pub fn read_id(&self, document: DocId) -> String {
        let entry = &self.documents.entries[document.index()];
        let id = self.corpus.id(entry.location, entry.record);
        let made = |_| self.corpus.made_id(entry.location.input, entry.record);
        self.told_apart(document, id.unwrap_or_else(made))
    }

    fn told_apart(&self, document: DocId, id: String) -> String {
        match self.repeated.get(&document) {
            Some(number) => format!("{id}#{number}"),
            None => id,
        }
    }

    /// The title of a document; empty where it has none.
    pub(crate) fn title_of(&self, document: DocId) -> String {
        self.meta(document).title.unwrap_or_default()
    }

    /// The text of a document.
    ///
    /// # Errors
    /// The reason, where the record is no longer what it was.
    pub fn text(&self, document: DocId) -> Result<String, Reason> {
        let entry = &self.documents.entries[document.index()];
        let mut bytes = Vec::new();
        let text = self.corpus.fields(entry.location, &mut bytes)?.text.to_text();
        if entry.is_of(&text, &self.corpus) { Ok(text) } else { Err(Reason::Changed) }
    }

    /// The id of a document that is in a pair; empty for others ([`Run::read_id`] knows them).
    pub fn id(&self, document: DocId) -> &str {
        self.ids.get(document)
    }

    /// The site of a document.
    pub fn site(&self, document: DocId) -> &str {
        &self.documents.sites[self.documents.entries[document.index()].site as usize]
    }

    /// By document: the number of its cluster.
    pub(crate) fn cluster_of(&self) -> HashMap<DocId, usize> {
        let mut cluster_of: HashMap<DocId, usize> = HashMap::new();
        for (number, cluster) in self.clusters.iter().enumerate() {
            cluster_of.extend(cluster.documents().map(|d| (d, number)));
        }
        cluster_of
    }

    /// Whether two documents are of one site.
    pub fn same_site(&self, a: DocId, b: DocId) -> bool {
        self.documents.entries[a.index()].site == self.documents.entries[b.index()].site
    }

    /// Documents of at least one token and fewer than the policy's `min_words`.
    pub fn is_short(&self, document: DocId) -> bool {
        let tokens = self.documents.entries[document.index()].tokens;
        (1..self.scan.policy.min_words).contains(&tokens)
    }

    /// The spans of all pairs, in order; `None` where nothing was aligned. Aligns those again that were not kept
    /// ([`Scan::keeping_spans`]).
    ///
    /// # Errors
    /// Cancellation.
    pub fn spans(&self) -> Result<Option<Vec<Vec<Span>>>> {
        if self.model.is_none() {
            return Ok(None);
        }
        let pairs: Vec<(Candidate, Relation)> =
            self.pairs.iter().map(|pair| ((pair.a.0, pair.b.0), pair.judgement.relation)).collect();
        self.spans_of(&pairs).map(Some)
    }

    /// The spans of some pairs of these relations, in order, from the side of the first of each; none where a document is
    /// no longer what it was. Where there is no model, nothing is chrome.
    pub(crate) fn spans_of(&self, related: &[(Candidate, Relation)]) -> Result<Vec<Vec<Span>>> {
        let none = Model::default();
        let model = self.model.as_ref().unwrap_or(&none);
        let mut all: Vec<Option<Vec<Span>>> =
            related.iter().map(|(pair, _)| self.kept_spans(*pair)).collect();
        let missing: Vec<usize> = (0..related.len()).filter(|&number| all[number].is_none()).collect();
        let pairs: Vec<Candidate> = missing.iter().map(|&number| related[number].0).collect();
        let spans = self.ask(model, &pairs, |judge, memory, number, (a, b)| {
            judge.spans(memory, a, b, related[missing[number]].1)
        })?;
        for (&number, spans) in missing.iter().zip(spans) {
            all[number] = spans;
        }
        Ok(all.into_iter().map(Option::unwrap_or_default).collect())
    }

    /// The spans of a pair, where they were kept.
    fn kept_spans(&self, (a, b): Candidate) -> Option<Vec<Span>> {
        let spans = self.kept.get((a.min(b), a.max(b)))?.to_vec();
        Some(if a <= b { spans } else { swapped(spans) })
    }

    /// Reads the ids of all documents in groups and pairs.
    pub(super) fn name(&mut self, groups: &[Group], found: &[(Candidate, Judgement)]) {
        let in_pairs = found.iter().flat_map(|((a, b), _)| [*a, *b]);
        let mut wanted: Vec<u32> = groups.iter().flatten().copied().chain(in_pairs).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let named = wanted.par_iter().map(|&d| (self.read_id(DocId(d)), DocId(d)));
        self.ids = Ids::new(named.collect(), self.documents.entries.len());
    }
}
