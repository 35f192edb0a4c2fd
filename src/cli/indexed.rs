//! `scan --index`: what of a corpus an index knows.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::document::DocId;
use crate::filter::{KnownDocument, Lookup};
use crate::index::Snapshot;
use crate::index::store::{Disk, Store};
use crate::index::verdict::Match;
use crate::judge::{Directed, Span};
use crate::model::Model;
use crate::report::{DocumentRow, PairRow};
use crate::scan::Run;
use anyhow::Result;

use crate::cli::settings::ScanSettings;

/// An index that a corpus is compared with, as it was when it was opened.
pub struct Indexed {
    lookup: Lookup,
    model: Model,
}

impl Indexed {
    pub fn open(directory: &Path, settings: &ScanSettings) -> Result<Indexed> {
        let store: Arc<dyn Store> = Arc::new(Disk::new(directory));
        let reader = Snapshot::open(&store, Some(settings.recipe), None)?;
        let model = reader.model().map(|bytes| Model::read(settings.recipe, bytes)).transpose()?;
        let lookup = Lookup::new(reader, settings.policy, &settings.resources)?;
        Ok(Indexed { lookup, model: model.unwrap_or_default() })
    }

    /// The model that pairs are judged under.
    pub fn model(&self) -> Model {
        self.model.clone()
    }

    /// What documents are to those of the index.
    pub fn partners(&self, run: &Run) -> Result<Partners> {
        let known = self.lookup.known(run)?;
        let partner = |mut known: KnownDocument| {
            let id = run.read_id(known.document);
            let mut spans = std::mem::take(&mut known.spans);
            if id > known.found.id {
                spans.iter_mut().for_each(|span| std::mem::swap(&mut span.a, &mut span.b));
                spans.sort_unstable_by_key(|span| (span.a, span.b));
            }
            PartnerRow { id, known, spans }
        };
        Ok(Partners {
            all: known.into_iter().map(partner).collect(),
            documents: run.documents.entries.len(),
            verified: self.lookup.verifies(),
        })
    }
}

struct PartnerRow {
    /// The document's id.
    id: String,
    known: KnownDocument,
    /// Where the two are the same, the one whose id sorts first as `a`.
    spans: Vec<Span>,
}

/// What documents are to those of an index: a few matches each, the best first.
pub struct Partners {
    all: Vec<PartnerRow>,
    documents: usize,
    /// Whether texts were compared, and not only samples.
    verified: bool,
}

impl Partners {
    /// Rows of the `pairs` report.
    pub fn pair_rows(&self) -> impl Iterator<Item = PairRow<'_>> {
        self.all.iter().map(|PartnerRow { id, known, spans }| {
            let Match { id: indexed, relation, measures, score, .. } = &known.found;
            let first = id <= indexed;
            let (a, b, measures) =
                if first { (id, indexed, *measures) } else { (indexed, id, measures.swapped()) };
            let [own, other] = if first { [0, 1] } else { [1, 0] };
            let (relation, inner) = match relation {
                Directed::Contained => ("contained", Some(id)),
                Directed::Contains => ("contained", Some(indexed)),
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
                coverage_a: known.overlap.map(|overlap| overlap.coverage[own]),
                coverage_b: known.overlap.map(|overlap| overlap.coverage[other]),
                identity: known.overlap.map(|overlap| overlap.identity),
                indexed: Some(indexed),
                spans: self.verified.then_some(spans),
            }
        })
    }

    /// The best match of each document that the index has a copy of.
    fn copies(&self) -> HashMap<DocId, &KnownDocument> {
        let copies = self.all.iter().rev().filter(|partner| partner.known.found.relation.is_copy());
        copies.map(|partner| (partner.known.document, &partner.known)).collect()
    }

    /// Fills in the lines of documents, which are by number, that are nobody's copies but the index's.
    pub fn complete(&self, rows: &mut [DocumentRow]) {
        let copies = self.copies();
        for (row, document) in rows.iter_mut().zip(0..) {
            let Some(known) = copies.get(&DocId(document)).filter(|_| row.relation.is_empty()) else {
                continue;
            };
            let Match { id, relation, measures, score, .. } = &known.found;
            if row.cluster.is_empty() {
                row.cluster = format!("{:016x}", known.cluster);
            }
            row.relation = relation.name();
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
        let count = |relation| copies.values().filter(|known| known.found.relation == relation).count();
        let kinds = [Directed::Exact, Directed::Near, Directed::Contained];
        let kinds = kinds.map(|relation| format!("{} {}", count(relation), relation.name())).join(", ");
        format!("{} of {} documents are in the index: {kinds}", copies.len(), self.documents)
    }
}
