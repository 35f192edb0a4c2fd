//! A run of documents whose pairs somebody has judged before.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::clusters::copies_shingles;
use super::groups;
use super::ids::repeated_ids;
use super::read::Wanted;
use super::scope::Scope;
use super::texts::Texts;
use super::{Given, Run, Scan, lead_by_site};
use crate::candidates::Candidate;
use crate::corpus::Corpus;
use crate::error::Result;
use crate::judge::Judgement;

/// What is known of a corpus before it is read.
#[derive(Debug, Default)]
pub(crate) struct KnownPairs {
    /// Pairs of documents, each once, and what they are to each other.
    pub pairs: Vec<(Candidate, Judgement)>,
    /// Documents that are of one story, whether all of them were compared or not.
    pub stories: Vec<Vec<u32>>,
}

impl Scan {
    /// A run of which these pairs are known: nothing is looked for. Documents of one story that were not compared with the one
    /// that most others were compared with are judged against it, and then cluster as in [`Scan::run`].
    ///
    /// Reads the corpus once, and aligns each document of a story once at most.
    ///
    /// # Errors
    /// As [`Scan::run`].
    pub(crate) fn run_known(&self, corpus: &Corpus, known: KnownPairs) -> Result<Run> {
        self.policy.validate()?;
        let pool = self.resources.pool()?;
        let mut run = pool.install(|| self.grouped(corpus, known))?;
        run.pool = Some(Arc::new(pool));
        Ok(run)
    }

    fn grouped(&self, corpus: &Corpus, known: KnownPairs) -> Result<Run> {
        let (documents, ..) =
            self.first_pass(corpus, Wanted { addresses: true, ..Wanted::default() }, None)?;
        let texts = Texts::new(corpus, &documents, &self.resources);
        let mut scope = Scope::new(None);
        let groups = groups::exact(&texts, &documents, &self.resources.cancel)?;
        let groups = scope.part(&documents, groups, |group| lead_by_site(&documents, group));
        let shingles = copies_shingles(&texts, self.recipe, &groups);
        let mut problems = Vec::new();
        let repeated = repeated_ids(corpus, &documents, &mut problems);
        let model = match &self.given {
            Given::Model(model) => (**model).clone(),
            Given::Nothing | Given::Boilerplate(_) => Default::default(),
        };
        let mut run = Run { repeated, model: Some(model), scope, ..Run::new(self, corpus, documents) };
        let leaders: HashMap<u32, u32> =
            groups.iter().flat_map(|group| group.iter().map(|&document| (document, group[0]))).collect();
        let leader = |document: u32| leaders.get(&document).copied().unwrap_or(document);
        let mut found: HashMap<Candidate, Judgement> = HashMap::new();
        for ((a, b), judgement) in known.pairs {
            let (a, b) = (leader(a), leader(b));
            if a != b {
                let judgement = if a < b { judgement } else { judgement.swapped() };
                found.entry((a.min(b), a.max(b))).or_insert(judgement);
            }
        }
        let open = open_pairs(&known.stories, leader, &found);
        let judged = run.judged(&open)?;
        found.extend(open.into_iter().zip(judged).filter_map(|(pair, judgement)| Some((pair, judgement?))));
        let mut found: Vec<(Candidate, Judgement)> = found.into_iter().collect();
        found.sort_unstable_by_key(|(pair, _)| *pair);
        run.documents.problems.append(&mut problems);
        run.name(&groups, &found);
        run.group(&groups, shingles, &found);
        Ok(run)
    }
}

/// The pairs that stories lack: of each document with the one that most others were compared with, the earlier of several.
fn open_pairs(
    stories: &[Vec<u32>],
    leader: impl Fn(u32) -> u32,
    found: &HashMap<Candidate, Judgement>,
) -> Vec<Candidate> {
    let mut degrees: HashMap<u32, usize> = HashMap::new();
    for (pair, _) in found.iter().filter(|(_, judgement)| judgement.relation.is_copy()) {
        [pair.0, pair.1].into_iter().for_each(|document| *degrees.entry(document).or_default() += 1);
    }
    let mut open: HashSet<Candidate> = HashSet::new();
    for story in stories {
        let documents: Vec<u32> = story.iter().map(|&document| leader(document)).collect();
        let degree = |document: u32| degrees.get(&document).copied().unwrap_or_default();
        let hub = documents.iter().copied().min_by_key(|&d| (std::cmp::Reverse(degree(d)), d));
        for (document, hub) in documents.iter().zip(std::iter::repeat(hub)) {
            let Some(hub) = hub.filter(|hub| hub != document) else { continue };
            let pair = (hub.min(*document), hub.max(*document));
            if !found.contains_key(&pair) {
                open.insert(pair);
            }
        }
    }
    let mut open: Vec<Candidate> = open.into_iter().collect();
    open.sort_unstable();
    open
}
