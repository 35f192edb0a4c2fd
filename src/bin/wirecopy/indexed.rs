//! `scan --index`: what of a corpus an index knows.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use wirecopy::corpus::Corpus;
use wirecopy::document::DocId;
use wirecopy::filter::{Filter, Known};
use wirecopy::index::Reader;
use wirecopy::index::store::{Disk, Store};
use wirecopy::index::verdict::{Finding, Match};
use wirecopy::model::Model;
use wirecopy::report::{DocumentRow, PairRow};
use wirecopy::scan::Scan;

use crate::settings::Settings;

/// An index that a corpus is compared with, as it was when it was opened.
pub struct Indexed {
    filter: Filter,
    model: Model,
}

impl Indexed {
    pub fn open(directory: &Path, settings: &Settings) -> Result<Indexed> {
        let store: Arc<dyn Store> = Arc::new(Disk::new(directory));
        let reader = Reader::open(&store, Some(settings.recipe), None)?;
        let model = reader.model().map(|bytes| Model::read(settings.recipe, bytes)).transpose()?;
        let filter = Filter::reading(reader, settings.policy, &settings.resources)?;
        Ok(Indexed { filter, model: model.unwrap_or_default() })
    }

    /// The model that pairs are judged under.
    pub fn model(&self) -> Model {
        self.model.clone()
    }

    /// What documents are to those of the index.
    pub fn partners(&self, corpus: &Corpus, found: &Scan, settings: &Settings) -> Result<Partners> {
        let known = self.filter.known(corpus, found, &settings.resources)?;
        let partner = |known: Known| Partner { id: found.read_id(corpus, known.document), known };
        Ok(Partners {
            all: known.into_iter().map(partner).collect(),
            documents: found.documents.entries.len(),
        })
    }
}

struct Partner {
    /// The document's id.
    id: String,
    known: Known,
}

/// What documents are to those of an index: a few matches each, the best first.
pub struct Partners {
    all: Vec<Partner>,
    documents: usize,
}

impl Partners {
    /// Rows of the `pairs` report.
    pub fn pair_rows(&self) -> impl Iterator<Item = PairRow<'_>> {
        self.all.iter().map(|Partner { id, known }| {
            let Match { id: indexed, finding, measures, score, .. } = &known.found;
            let first = id <= indexed;
            let (a, b, measures) = match first {
                true => (id, indexed, *measures),
                false => (indexed, id, measures.swapped()),
            };
            let (relation, inner) = match finding {
                Finding::Contained => ("contained", Some(id)),
                Finding::Contains => ("contained", Some(indexed)),
                other => (other.name(), None),
            };
            PairRow {
                a,
                b,
                relation,
                inner: inner.map(String::as_str),
                same_site: known.same_site,
                jaccard: measures.jaccard(),
                containment_a_in_b: measures.containment_a_in_b(),
                containment_b_in_a: measures.containment_b_in_a(),
                score: f64::from(*score),
                coverage_a: None,
                coverage_b: None,
                identity: None,
                indexed: Some(indexed),
                spans: None,
            }
        })
    }

    /// The best match of each document that the index has a copy of.
    fn copies(&self) -> HashMap<DocId, &Known> {
        let copies = self.all.iter().rev().filter(|partner| partner.known.found.finding.is_copy());
        copies.map(|partner| (partner.known.document, &partner.known)).collect()
    }

    /// Fills in the lines of documents, which are by number, that are nobody's copies but the index's.
    pub fn complete(&self, rows: &mut [DocumentRow]) {
        let copies = self.copies();
        for (row, document) in rows.iter_mut().zip(0..) {
            let Some(known) = copies.get(&DocId(document)).filter(|_| row.relation.is_empty()) else {
                continue;
            };
            let Match { id, finding, measures, score, .. } = &known.found;
            if row.cluster.is_empty() {
                row.cluster = format!("{:016x}", known.cluster);
            }
            row.relation = finding.name();
            row.representative.clone_from(id);
            row.measures = Some([measures.jaccard(), measures.containment(), f64::from(*score)]);
        }
    }

    /// Whether the index has a copy of any document.
    pub fn has_copies(&self) -> bool {
        !self.copies().is_empty()
    }

    /// How many documents the index has copies of, in words.
    pub fn summary(&self) -> String {
        let copies = self.copies();
        let count = |finding| copies.values().filter(|known| known.found.finding == finding).count();
        let kinds = [Finding::Exact, Finding::Near, Finding::Contained];
        let kinds = kinds.map(|finding| format!("{} {}", count(finding), finding.name())).join(", ");
        format!("{} of {} documents are in the index: {kinds}", copies.len(), self.documents)
    }
}
