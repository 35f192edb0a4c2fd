//! The batch run: corpus to verified pairs and clusters.
//!
//! [`Scan`] holds the settings, [`Scan::run`] goes through the stages, and the [`Run`] that comes out holds all that it
//! was made of: what is read out of it ([`crate::findings`]) cannot be asked of another corpus or by another recipe.

mod clusters;
pub(crate) mod each_pair;
mod equals;
mod flow;
mod grams;
mod groups;
mod ids;
pub(crate) mod judging;
pub(crate) mod known;
pub(crate) mod learn;
mod masked;
mod noisy;
mod parts;
mod read;
mod run;
mod scope;
mod shelf;
mod slices;
mod stage;
mod standing;
mod steps;
pub(crate) mod texts;
pub(crate) mod titles;

use std::sync::Arc;

use bitvec::prelude::*;

use crate::corpus::{Corpus, Problem};
use crate::document::DocId;
use crate::error::Reason;
use crate::error::{Error, ErrorKind, Result};
use crate::judge::{Judge, Judgement};
use crate::mmap::Access;
use crate::model::Model;
use crate::model::boilerplate::Boilerplate;
use crate::options::{Method, Mode, Policy, Resources};
use crate::recipe::Recipe;
use clusters::copies_shingles;
use flow::{FirstPass, Flow, Outcome};
use groups::Group;
use ids::{problem, repeated_ids};
use parts::PartReader;
pub use read::{DocumentEntry, Documents};
pub use run::Run;
use scope::Scope;
pub use stage::{Stage, StageOutcome};
pub use steps::{Reuse, Shard};
use steps::{Step, Steps};
use texts::Texts;
use titles::Parted;

/// Groups of more documents than this that are pairwise the same are reported as a star.
pub const STAR: usize = 100;

/// A verified pair. `a` has the lower id.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The document whose id sorts first.
    pub a: DocId,
    /// The other.
    pub b: DocId,
    /// What they are to each other, and why.
    pub judgement: Judgement,
}

/// Documents that verify against one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// The one that the others belong to.
    pub representative: DocId,
    /// The others, by id, each with its relation to the representative, seen from the member.
    pub members: Vec<(DocId, Judgement)>,
}

impl Cluster {
    /// All its documents, the representative first.
    pub fn documents(&self) -> impl Iterator<Item = DocId> + '_ {
        std::iter::once(self.representative).chain(self.members.iter().map(|(document, _)| *document))
    }
}

/// The settings of a run.
///
/// ```
/// # fn main() -> wirecopy::Result<()> {
/// use wirecopy::{Corpus, Policy, Scan};
/// let corpus = Corpus::from_texts(["The quay is closed until the crane is mended, the harbour master said."; 2])?;
/// let mut policy = Policy::default();
/// policy.threshold = 0.8;
/// let run = Scan::new().policy(policy).threads(1).run(&corpus)?;
/// assert_eq!(run.clusters.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Scan {
    recipe: Recipe,
    policy: Policy,
    resources: Resources,
    given: Given,
    keeps_spans: bool,
}

/// What is known once documents are read and equal ones are grouped, and what came of the rest.
struct Begun<T> {
    documents: Documents,
    scope: Scope,
    groups: Vec<Group>,
    reuse: Option<Reuse>,
    rest: T,
}

/// What a run need not learn.
#[derive(Debug, Clone, Default)]
enum Given {
    #[default]
    Nothing,
    Boilerplate(Arc<Boilerplate>),
    Model(Arc<Model>),
}

impl Given {
    /// The whole model: the one that was given, or that an earlier run learned; none where there is none yet.
    ///
    /// # Errors
    /// As of [`Steps::model`].
    fn or_kept(&self, steps: Option<&Steps>) -> Result<Option<Model>> {
        match (self, steps) {
            (Given::Model(model), _) => Ok(Some(Model::clone(model))),
            (Given::Boilerplate(_) | Given::Nothing, Some(steps)) => steps.model(Step::Model),
            (Given::Boilerplate(_) | Given::Nothing, None) => Ok(None),
        }
    }
}

impl Scan {
    /// The default settings.
    pub fn new() -> Scan {
        Scan::default()
    }

    /// By this recipe.
    pub fn recipe(self, recipe: Recipe) -> Scan {
        Scan { recipe, ..self }
    }

    /// By this policy.
    pub fn policy(self, policy: Policy) -> Scan {
        Scan { policy, ..self }
    }

    /// With these resources.
    pub fn resources(self, resources: Resources) -> Scan {
        Scan { resources, ..self }
    }

    /// On so many threads; 0 for as many as the machine has.
    pub fn threads(mut self, threads: usize) -> Scan {
        self.resources.threads = threads;
        self
    }

    /// With the chrome of some sites given: it is not learned of these.
    pub fn boilerplate(self, boilerplate: Boilerplate) -> Scan {
        Scan { given: Given::Boilerplate(Arc::new(boilerplate)), ..self }
    }

    /// Under a model that was learned before: the corpus teaches nothing.
    pub fn model(self, model: Model) -> Scan {
        Scan { given: Given::Model(Arc::new(model)), ..self }
    }

    /// Keeps the spans of pairs as they are judged: about 60 bytes each, where [`Run::spans`] would else align every pair
    /// again.
    pub fn keeping_spans(self, keeps_spans: bool) -> Scan {
        Scan { keeps_spans, ..self }
    }

    /// Finds all pairs and clusters of a corpus, on a thread pool that the run keeps.
    ///
    /// Time is linear in bytes, postings and candidates; memory beyond the mapped input is about 70 bytes and 100
    /// samples of 8 bytes a document.
    ///
    /// # Errors
    /// Settings out of range, cancellation, or [`ErrorKind::NothingReadable`].
    pub fn run(&self, corpus: &Corpus) -> Result<Run> {
        self.policy.validate()?;
        let pool = self.resources.pool()?;
        let mut run = pool.install(|| self.found(corpus))?;
        run.pool = Some(Arc::new(pool));
        Ok(run)
    }

    /// Reads a corpus as [`Scan::run`] does and looks for no pairs: documents, texts, metadata and repeats.
    ///
    /// # Errors
    /// As [`Scan::run`].
    pub fn read(&self, corpus: &Corpus) -> Result<Run> {
        let pool = self.resources.pool()?;
        let (mut documents, ..) = pool.install(|| self.first_pass(corpus, read::Wanted::default(), None))?;
        let mut problems = Vec::new();
        let repeated = repeated_ids(corpus, &documents, &mut problems);
        documents.problems.append(&mut problems);
        Ok(Run { repeated, pool: Some(Arc::new(pool)), ..Run::new(self, corpus, documents) })
    }

    /// Reads the corpus and groups equal documents, then does the rest with what they need; on the current thread pool.
    fn with_flow<T>(
        &self,
        corpus: &Corpus,
        rest: impl FnOnce(&Flow<'_>, FirstPass<'_>) -> Result<T>,
    ) -> Result<Begun<T>> {
        let (policy, recipe, resources) = (&self.policy, self.recipe, &self.resources);
        resources.progress.begin("read");
        let steps = Steps::open(self, corpus)?;
        let (documents, first) = match &steps {
            Some(steps) if self.goes_on(steps) => (documents_of(steps, corpus)?, FirstPass::Kept(steps)),
            _ => {
                let (documents, samples, seen) = self.first_pass(corpus, self.wanted(), steps.as_ref())?;
                (documents, FirstPass::Read(samples, seen))
            }
        };
        let texts = Texts::new(corpus, &documents, resources);
        texts.expect(Access::Scattered);
        resources.begin("copies")?;
        let mut scope = Scope::new(policy.within);
        let groups = scope.part(&documents, groups::exact(&texts, &documents, &resources.cancel)?, |group| {
            lead_by_site(&documents, group);
        });
        let mut removed = bitvec![0; documents.entries.len()];
        for &copy in groups.iter().flat_map(|group| &group[1..]) {
            removed.set(copy as usize, true);
        }
        let flow = Flow {
            texts: &texts,
            recipe,
            policy,
            resources,
            removed: &removed,
            scope: &scope,
            steps: steps.as_ref(),
            keeps_spans: self.keeps_spans,
        };
        let rest = rest(&flow, first)?;
        let reuse = steps.map(|steps| steps.reuse());
        Ok(Begun { documents, scope, groups, reuse, rest })
    }

    /// All stages, on the current thread pool.
    fn found(&self, corpus: &Corpus) -> Result<Run> {
        let (policy, recipe) = (&self.policy, self.recipe);
        let Resources { cancel, progress, kernel, .. } = &self.resources;
        let begun = self.with_flow(corpus, |flow, first| flow.outcome(first, &self.given))?;
        let Begun { mut documents, scope, groups, reuse, rest } = begun;
        let Outcome { found, mut changed, unsettled, model, spans } = rest;
        self.resources.begin("clusters")?;
        changed.sort_unstable();
        changed.dedup();
        let none = Model::default();
        let judge =
            Judge { recipe, kernel: *kernel, policy, model: model.as_ref().unwrap_or(&none), learns: false };
        let texts = Texts::new(corpus, &documents, &self.resources);
        let parted = titles::part(&texts, judge, groups, &scope.twins(), found, cancel)?;
        let Parted { groups, found, texts: titled } = parted;
        let shingles = copies_shingles(&texts, recipe, &groups);
        let mut problems: Vec<Problem> =
            changed.iter().map(|&d| problem(corpus, &documents, d, Reason::Changed.to_string())).collect();
        problems.extend(corpus.changed());
        let repeated = repeated_ids(corpus, &documents, &mut problems);
        documents.problems.append(&mut problems);
        documents.problems.sort();
        let new = Run::new(self, corpus, documents);
        let mut run = Run { unsettled, repeated, model, scope, reuse, kept: spans, ..new };
        run.name(&groups, &found);
        run.group(&groups, shingles, &found);
        run.equals.are_titled(&titled);
        progress.begin("reports");
        Ok(run)
    }

    /// What the first pass is to give.
    fn wanted(&self) -> read::Wanted {
        let policy = &self.policy;
        read::Wanted {
            // What a corpus teaches does not depend on how candidates are found.
            samples: policy.method == Method::Join || policy.mode == Mode::Aligned,
            as_printed: policy.mode == Mode::Classic,
            addresses: policy.mode == Mode::Aligned,
            tokens: policy.mode == Mode::Aligned && !matches!(self.given, Given::Model(_)),
            dates: policy.within.is_some(),
        }
    }

    /// Whether finished steps are such that the corpus need not be read anew.
    fn goes_on(&self, steps: &Steps) -> bool {
        let has_postings = self.policy.mode == Mode::Aligned && steps.has(Step::Postings);
        steps.has(Step::Documents) && (has_postings || steps.has(Step::Judged))
    }

    /// Reads all documents, on the current thread pool.
    ///
    /// # Errors
    /// [`ErrorKind::NothingReadable`] where no file is of a kind that is read, or no document can be. Files without
    /// records are no error.
    fn first_pass(
        &self,
        corpus: &Corpus,
        wanted: read::Wanted,
        steps: Option<&Steps>,
    ) -> Result<read::FirstRead> {
        let (recipe, resources) = (self.recipe, &self.resources);
        let read = match steps {
            None => read::read(corpus, recipe, wanted, resources)?,
            Some(steps) => PartReader { corpus, recipe, wanted, resources, steps }.read()?,
        };
        if !read.0.entries.is_empty() {
            return Ok(read);
        }
        let nothing = Error::new(ErrorKind::NothingReadable);
        match read.0.problems.first() {
            Some(first) => Err(nothing.because(format!("{}: {}", first.path, first.reason))),
            None if corpus.inputs() == 0 => {
                Err(nothing.because(format!("no file of a kind that wirecopy reads ({KINDS})")))
            }
            None => Ok(read),
        }
    }
}

/// Endings of files that are read in folders, as they are said; more of them are in the README.
const KINDS: &str = ".txt .md .html .jsonl .json .csv .tsv .parquet .warc .xml .mbox .tar .zip";

/// The documents of a corpus, as an earlier run read them.
fn documents_of(steps: &Steps, corpus: &Corpus) -> Result<Documents> {
    let documents = steps.get::<Documents>(Step::Documents)?;
    let mut documents = documents.ok_or_else(|| steps.damaged(Step::Documents, "it is not there"))?;
    documents.find_second_set(corpus);
    Ok(documents)
}

/// Finds all pairs and clusters of a corpus with the default settings: [`Scan::run`].
///
/// # Errors
/// Cancellation, or [`ErrorKind::NothingReadable`].
pub fn scan(corpus: &Corpus) -> Result<Run> {
    Scan::new().run(corpus)
}

/// Puts the document first that stands for a group: of the first site by name, whatever the order, since chrome depends
/// on sites.
fn lead_by_site(documents: &Documents, group: &mut Group) {
    let first = (0..group.len()).min_by_key(|&i| (documents.entries[group[i] as usize].site, group[i]));
    group.swap(0, first.unwrap_or_default());
}
