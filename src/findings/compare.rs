//! Two documents of a run, compared.

use crate::document::DocId;
use crate::error::{Error, ErrorKind, Result};
use crate::judge::{Comparison, compare_raw, measure};
use crate::model::Model;
use crate::options::Mode;
use crate::scan::Run;

impl Run {
    /// Compares two documents of this run under what it taught, and says why they are what they are.
    ///
    /// # Errors
    /// [`ErrorKind::Changed`] where a document is no longer what it was.
    pub fn compare(&self, a: DocId, b: DocId) -> Result<Comparison> {
        let entries = [a, b].map(|document| self.documents.entries[document.index()]);
        let tokens = (entries[0].tokens, entries[1].tokens);
        let are_equal = entries[0].sequence == entries[1].sequence && tokens.0 > 0;
        let none = Model::default();
        let model = match &self.model {
            Some(model) if self.policy().mode == Mode::Aligned => model,
            _ if are_equal => &none,
            _ => {
                let measures = measure(self.recipe(), &self.text(a)?, &self.text(b)?);
                return Ok(compare_raw(self.policy(), measures, tokens));
            }
        };
        let mut compared = self.ask(model, &[(a.0, b.0)], |judge, memory, _, (a, b)| {
            if are_equal { judge.explain_equal(memory, a, b) } else { judge.explain(memory, a, b) }
        })?;
        compared.pop().flatten().ok_or_else(|| Error::new(ErrorKind::Changed))
    }
}
