//! One pair explained: its relation, the tests it passed and failed, and what both texts share.

use super::aligned::{Aligned, is_family, places};
use super::measure::{Judge, judge_all};
use super::spans::Shown;
use super::texts::Texts;
use super::{Mode, Scan};
use crate::corpus::{Corpus, Fields};
use crate::document::DocId;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Policy, Resources};
use crate::recipe::Recipe;
use crate::relation::{Evidence, Judgement, Test, classic, judge, shares_too_little, tests};
use crate::report::SpanRow;
use crate::verify::Measures;

/// Why two documents are to each other what they are.
#[derive(Debug, Clone)]
pub struct Explained {
    /// What they are; none where they are nothing to each other.
    pub judgement: Option<Judgement>,
    /// The exact measures.
    pub measures: Measures,
    /// What the alignment shows; none in classic mode.
    pub evidence: Option<Evidence>,
    /// The tests in their order, up to the one that decided, or all.
    pub tests: Vec<Test>,
    /// What stands in both.
    pub spans: Vec<SpanRow>,
}

struct Explain<'a>(Shown<'a>);

impl<'a> Judge for Explain<'a> {
    type Worker = <Shown<'a> as Judge>::Worker;
    type Document = <Shown<'a> as Judge>::Document;
    type Verdict = Explained;

    fn worker(&self) -> Self::Worker {
        self.0.worker()
    }

    fn document(&self) -> Self::Document {
        self.0.document()
    }

    fn load(
        &self,
        worker: &mut Self::Worker,
        number: u32,
        text: &str,
        fields: &Fields<'_>,
        out: &mut Self::Document,
    ) -> u64 {
        self.0.load(worker, number, text, fields, out)
    }

    fn judge(&self, worker: &mut Self::Worker, a: &Self::Document, b: &Self::Document) -> Explained {
        let Aligned { policy, model, .. } = &(self.0).0;
        let spans = self.0.judge(worker, a, b);
        let evidence = (self.0).0.evidence(worker, &a.0, &b.0);
        let (left, right) = (&a.0.content.words, &b.0.content.words);
        let measures = a.0.set.measure(&b.0.set);
        let same_page = (self.0).0.same_page(&a.0, &b.0);
        let family = is_family(model, &places(worker.aligner.last(), left, right));
        let noisy_pair = model.is_noisy_pair(&a.0.content, &b.0.content);
        let judgement = match shares_too_little(measures, noisy_pair) {
            true => None,
            false => judge(policy, measures, &evidence, same_page).decided(|| family),
        };
        let tests = tests(policy, measures, noisy_pair, &evidence, same_page, family);
        Explained { judgement, measures, evidence: Some(evidence), tests, spans }
    }
}

impl Scan {
    /// Explains a pair of this run's documents.
    ///
    /// # Errors
    /// [`ErrorKind::Changed`] where a document is no longer what it was.
    pub fn explain(
        &self,
        corpus: &Corpus,
        recipe: Recipe,
        policy: &Policy,
        resources: &Resources,
        (a, b): (DocId, DocId),
    ) -> Result<Explained> {
        let texts = [a, b].map(|document| self.text(corpus, document));
        let [Ok(text_a), Ok(text_b)] = &texts else { return Err(Error::new(ErrorKind::Changed)) };
        let measures = crate::verify::measure(recipe, text_a, text_b);
        let entries = [a, b].map(|document| self.documents.entries[document.index()]);
        let tokens = (entries[0].tokens, entries[1].tokens);
        if entries[0].sequence == entries[1].sequence && tokens.0 > 0 {
            let judgement = Some(Judgement::exact(measures.a));
            let tests = vec![Test::passed("exact", "equal token sequences", 1.0, 1.0)];
            return Ok(Explained { judgement, measures, evidence: None, tests, spans: Vec::new() });
        }
        let (Some(model), Mode::Aligned) = (&self.model, policy.mode) else {
            let judgement = classic(policy, measures, tokens);
            let tests = vec![
                Test::new("near", "Jaccard", measures.jaccard(), policy.jaccard),
                Test::new("contained", "containment", measures.containment(), policy.containment),
            ];
            return Ok(Explained { judgement, measures, evidence: None, tests, spans: Vec::new() });
        };
        let sites = self.documents.site_hashes();
        let documents = &self.documents;
        let kernel = resources.kernel;
        let explain = Explain(Shown(Aligned { documents, recipe, kernel, policy, model, sites: &sites }));
        let texts = Texts { corpus, documents, kernel };
        let (mut found, _) = judge_all(&texts, &explain, &[(a.0, b.0)], &resources.cancel)?;
        found.pop().flatten().ok_or_else(|| Error::new(ErrorKind::Changed))
    }
}
