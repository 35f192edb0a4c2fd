//! The stories of an index: what came in, who carried it and who had it first, from what was said of each document when it
//! came.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Lookup;
use super::unpack::Unpacker;
use crate::candidates::Candidate;
use crate::corpus::{Corpus, Document};
use crate::document::DocId;
use crate::error::{Error, ErrorKind, Result};
use crate::findings::Parts;
use crate::index::format::StoredRow;
use crate::index::verdict::Match;
use crate::index::view::PartPlace;
use crate::judge::{Directed, Judgement, Relation, Side};
use crate::model::Model;
use crate::options::Resources;
use crate::report::stories::rename;
use crate::report::{ClusterRow, Report};
use crate::scan::known::KnownPairs;
use crate::scan::{Cluster, Run, Scan};

/// A document of the report.
struct Told {
    place: PartPlace,
    row: StoredRow,
}

impl Lookup {
    /// A report of what came since a time, in milliseconds since 1970, or of all that is found: every story of which a document
    /// came since, with all of its documents, and the documents that are of no story. What was said of documents when they came
    /// is what they are; where two of a story were never compared, they are now. Parts are as of a scan's report, whose ids of
    /// clusters are those of the verdicts.
    ///
    /// Linear in the texts of these documents, which are copied; nothing is looked for.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where no texts are kept, damage that was met, a disk that fails, or cancellation.
    pub fn report(&self, since: Option<u64>, parts: &Parts, resources: &Resources) -> Result<Report> {
        if !self.verifies() {
            let what =
                "the index keeps samples and no texts, and a report shows texts (--store text keeps them)";
            return Err(Error::new(ErrorKind::Setting).because(what));
        }
        let told = self.told(since.unwrap_or_default())?;
        let corpus = Corpus::from_documents_with(&self.documents(&told)?, resources)?;
        let known = self.known_pairs(&told)?;
        let judge = self.core.judge();
        let model: &Model = judge.model;
        let scan = Scan::new().recipe(judge.recipe).policy(*judge.policy).resources(resources.clone());
        let run = scan.model(model.clone()).run_known(&corpus, known)?;
        let mut report = run.report(parts)?;
        // Nothing was looked for, so that nothing can have been missed.
        report.recovery = None;
        let ids = ids(&run, &told, &report);
        rename(&mut report, ids);
        Ok(report)
    }

    /// What came since a time, with all of the stories that it is of, in the order of arrival.
    fn told(&self, since: u64) -> Result<Vec<Told>> {
        let mut all = Vec::new();
        let mut touched: HashSet<u64> = HashSet::new();
        self.view().each(|place, row, is_found| {
            if is_found {
                all.push(Told { place, row: *row });
                if row.seen >= since {
                    touched.insert(row.cluster);
                }
            }
            Ok(())
        })?;
        all.retain(|one| touched.contains(&one.row.cluster));
        Ok(all)
    }

    fn documents(&self, told: &[Told]) -> Result<Vec<Document>> {
        let view = self.view();
        let mut unpacker = Unpacker::new()?;
        let document = |Told { place, row }: &Told| {
            let text = unpacker.unpack(view.text(*place, row)?, row)?;
            let meta = view.said(*place, row)?.1;
            let mut document = Document::new(meta.id, text).source(meta.site);
            if let Some(title) = meta.title {
                document = document.title(title);
            }
            if let Some(url) = meta.url {
                document = document.url(url);
            }
            if let Some(url) = meta.canonical_url {
                document = document.canonical_url(url);
            }
            if let Some(date) = meta.date {
                document = document.date(date);
            }
            Ok(document)
        };
        told.iter().map(document).collect()
    }

    /// What was said of documents, and which are of one story.
    fn known_pairs(&self, told: &[Told]) -> Result<KnownPairs> {
        let view = self.view();
        let mut known = KnownPairs::default();
        let mut stories: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        // By id: the last document of it so far.
        let mut last: HashMap<String, u32> = HashMap::new();
        let mut pairs: HashSet<Candidate> = HashSet::new();
        for (Told { place, row }, number) in told.iter().zip(0..) {
            stories.entry(row.cluster).or_default().push(number);
            let (verdict, meta) = view.said(*place, row)?;
            for matched in &verdict.matches {
                if let Some(&other) = last.get(&matched.id)
                    && pairs.insert((other, number))
                    && let Some(judgement) = judgement(matched)
                {
                    known.pairs.push(((number, other), judgement));
                }
            }
            last.insert(meta.id, number);
        }
        known.stories = stories.into_values().filter(|story| story.len() > 1).collect();
        Ok(known)
    }
}

/// What a match says of the document and it.
fn judgement(matched: &Match) -> Option<Judgement> {
    let (relation, inner) = match matched.relation {
        Directed::New => return None,
        Directed::Exact => (Relation::Exact, None),
        Directed::Update => (Relation::Update, None),
        Directed::Templated => (Relation::Templated, None),
        Directed::Near => (Relation::Near, None),
        Directed::Contained => (Relation::Contained, Some(Side::A)),
        Directed::Contains => (Relation::Contained, Some(Side::B)),
        Directed::Partial => (Relation::Partial, None),
    };
    let (measures, score) = (matched.measures, f64::from(matched.score));
    Some(Judgement { relation, inner, score, measures, overlap: None, apart: None })
}

/// The ids that verdicts have for clusters: of each that of its first document whose id no other has, else its own.
fn ids(run: &Run, told: &[Told], report: &Report) -> Vec<String> {
    let mut used: HashSet<u64> = HashSet::new();
    let id = |(cluster, row): (&Cluster, &ClusterRow)| {
        let mut documents: Vec<DocId> = cluster.documents().collect();
        documents.sort_unstable();
        let of_verdict = |document: &DocId| told.get(document.index()).map(|one| one.row.cluster);
        let id = documents.iter().filter_map(of_verdict).find(|id| used.insert(*id));
        id.map_or_else(|| row.id.clone(), |id| format!("{id:016x}"))
    };
    run.clusters.iter().zip(&report.clusters).map(id).collect()
}
