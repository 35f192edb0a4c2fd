//! Stages of one run that several processes share, over a folder that all of them see.

use super::flow::KeptCandidates;
use super::parts::PartReader;
use super::slices::Slices;
use super::steps::{Shard, Step, Steps};
use super::texts::Texts;
use super::{Scan, documents_of};
use crate::corpus::Corpus;
use crate::error::{Error, ErrorKind, Result};
use crate::judge::Judge;
use crate::mmap::Access;
use crate::options::KeptSteps;

/// A stage that several processes share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading, of these parts of the corpus.
    Read(Shard),
    /// Learning and finding pairs: one process for all.
    Candidates,
    /// Judging, of these slices of the pairs.
    Judge(Shard),
}

/// What a process did of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageOutcome {
    /// Parts that are there now, of this process.
    pub done: usize,
    /// Parts of all processes.
    pub of: usize,
}

impl Scan {
    /// Does one stage of a run of whose work several processes share a folder, on a thread pool of its own. The folder is
    /// `work_dir`, and [`Resources::steps`](crate::Resources) says nothing here: what is done stays. [`Scan::run`] then goes on after it, with
    /// [`KeptSteps::Resumed`] and the same settings.
    ///
    /// # Errors
    /// As of [`Scan::run`]; [`ErrorKind::Setting`] where no folder is named, or the stage before this one is not done;
    /// [`ErrorKind::Mismatch`] where the folder is of another run.
    pub fn stage(&self, corpus: &Corpus, stage: Stage) -> Result<StageOutcome> {
        self.policy.validate()?;
        self.resources.pool()?.install(|| match stage {
            Stage::Read(shard) => {
                self.resources.progress.begin("read");
                let steps = Steps::open_for_parts(self, corpus)?;
                let (recipe, wanted, resources) = (self.recipe, self.wanted(), &self.resources);
                let reader = PartReader { corpus, recipe, wanted, resources, steps: &steps };
                let (done, of) = reader.read_shard(shard)?;
                Ok(StageOutcome { done, of })
            }
            Stage::Candidates => {
                let mut kept = self.clone();
                kept.resources.steps = KeptSteps::Resumed;
                kept.with_flow(corpus, |flow, first| {
                    let sites = flow.texts.documents.site_hashes();
                    match flow.kept_candidates(&self.given)? {
                        Some(_) => Ok(()),
                        None => flow.candidates(first, &self.given, &sites).map(drop),
                    }
                })?;
                Ok(StageOutcome { done: 1, of: 1 })
            }
            Stage::Judge(shard) => self.judge_shard(corpus, shard),
        })
    }

    /// Judges the slices of candidates of one of several processes.
    fn judge_shard(&self, corpus: &Corpus, shard: Shard) -> Result<StageOutcome> {
        let (policy, recipe, resources) = (&self.policy, self.recipe, &self.resources);
        resources.begin("align")?;
        let steps = Steps::open_for_parts(self, corpus)?;
        let before = || {
            let why =
                "there are no candidates of these documents to judge: `wirecopy stage candidates` makes them";
            Error::new(ErrorKind::Setting).because(why)
        };
        let documents =
            if steps.has(Step::Documents) { documents_of(&steps, corpus)? } else { return Err(before()) };
        let (candidates, slight, _) = steps.get::<KeptCandidates>(Step::Candidates)?.ok_or_else(before)?;
        let model = self.given.or_kept(Some(&steps))?.ok_or_else(before)?;
        let texts = &Texts::new(corpus, &documents, resources);
        let judge = Judge { recipe, kernel: resources.kernel, policy, model: &model, learns: false };
        texts.expect(Access::Scattered);
        let judge = (judge, &*documents.site_hashes());
        let slices =
            Slices { texts, judge, candidates: &candidates, slight: &slight, steps: &steps, resources };
        let (done, of) = slices.shard(shard)?;
        Ok(StageOutcome { done, of })
    }
}
