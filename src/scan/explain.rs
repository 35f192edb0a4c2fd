//! One pair of a run, explained.

use super::blocks::each_pair;
use super::judging::Asking;
use super::texts::Texts;
use super::{Mode, Scan};
use crate::corpus::Corpus;
use crate::document::DocId;
use crate::error::{Error, ErrorKind, Result};
use crate::judge::{Comparison, Judge, Loaded, Memory, compare_raw, measure};
use crate::model::Model;
use crate::options::{Policy, Resources};
use crate::recipe::Recipe;

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
    ) -> Result<Comparison> {
        let entries = [a, b].map(|document| self.documents.entries[document.index()]);
        let tokens = (entries[0].tokens, entries[1].tokens);
        let are_equal = entries[0].sequence == entries[1].sequence && tokens.0 > 0;
        let none = Model::default();
        let model = match &self.model {
            Some(model) if policy.mode == Mode::Aligned => model,
            _ if are_equal => &none,
            _ => {
                let texts = [a, b].map(|document| self.text(corpus, document));
                let [Ok(text_a), Ok(text_b)] = &texts else { return Err(Error::new(ErrorKind::Changed)) };
                return Ok(compare_raw(policy, measure(recipe, text_a, text_b), tokens));
            }
        };
        let (documents, kernel) = (&self.documents, resources.kernel);
        let ask = |judge: &Judge<'_>, memory: &mut Memory, _: usize, (a, b): (&Loaded, &Loaded)| {
            if are_equal { judge.explain_equal(memory, a, b) } else { judge.explain(memory, a, b) }
        };
        let judge = Judge { recipe, kernel, policy, model };
        let asking = Asking { judge, documents, sites: &documents.site_hashes(), ask };
        let texts = Texts { corpus, documents, kernel };
        let (mut found, _) = each_pair(&texts, &asking, &[(a.0, b.0)], &resources.cancel)?;
        found.pop().flatten().ok_or_else(|| Error::new(ErrorKind::Changed))
    }
}
