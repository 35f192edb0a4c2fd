//! What is read out of a finished run: reports, lineage, templates, boilerplate, repeats, audits.
//!
//! All are methods of [`Run`]: it holds the corpus, the recipe and the policy that they need, and one thread pool.
//! [`Run::report`] is a whole report; [`Run::findings`] also keeps what its rows are made of.

mod audit;
mod boilerplate;
mod compare;
mod excerpts;
mod leads;
mod lineage;
mod pages;
mod passages;
mod recovery;
mod repeats;
mod review;
mod rows;
mod standing;
pub(crate) mod strip;
mod templates;

pub use audit::AuditOptions;
pub use lineage::{Lineage, Origin, Taken};
pub use pages::{Pages, SeenPage};
pub use passages::hash_file;
pub use repeats::Repeats;

use crate::document::DocId;
use crate::error::Result;
use crate::report::html::{related_texts, rounds};
use crate::report::{DocumentRow, Rendering, Report, SCHEMA_VERSION, Settings};
use crate::scan::Run;

/// The parts of a report that cost something beside the run. Accounting, clusters, problems and repeats within pages are
/// always there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parts {
    /// The files that were read, with their hashes. Reads all of them once more.
    pub sources: bool,
    /// Origins and parents.
    pub lineage: bool,
    /// Who carries whose text; with lineage.
    pub site_pairs: bool,
    /// Shared passages with the words around them, and related pairs.
    pub passages: bool,
    /// First words of documents that have no headline.
    pub openings: bool,
    /// Templates.
    pub templates: bool,
    /// Boilerplate.
    pub boilerplate: bool,
    /// Bytes of texts that are wanted, about; 0 for none.
    pub texts: usize,
    /// Documents that are compared with all others; none for no audit.
    pub audit: Option<AuditOptions>,
}

impl Parts {
    /// All parts but texts and an audit.
    pub const ALL: Parts = Parts {
        sources: true,
        lineage: true,
        site_pairs: true,
        passages: true,
        openings: true,
        templates: true,
        boilerplate: true,
        texts: 0,
        audit: None,
    };

    /// What a rendering shows.
    pub fn of(rendering: Rendering) -> Parts {
        let none = Parts::default();
        match rendering {
            Rendering::Json | Rendering::JsonWithTexts | Rendering::Html => {
                Parts::ALL.texts(rendering.texts())
            }
            Rendering::Markdown | Rendering::Sarif | Rendering::Junit => {
                Parts { lineage: true, openings: true, ..none }
            }
            Rendering::Sites => Parts { lineage: true, site_pairs: true, ..none },
            Rendering::Boilerplate => Parts { boilerplate: true, ..none },
        }
    }

    /// What both have.
    pub fn with(self, other: Parts) -> Parts {
        Parts {
            sources: self.sources || other.sources,
            lineage: self.lineage || other.lineage,
            site_pairs: self.site_pairs || other.site_pairs,
            passages: self.passages || other.passages,
            openings: self.openings || other.openings,
            templates: self.templates || other.templates,
            boilerplate: self.boilerplate || other.boilerplate,
            texts: self.texts.max(other.texts),
            audit: self.audit.or(other.audit),
        }
    }

    /// The same with about so many bytes of texts.
    pub fn texts(self, texts: usize) -> Parts {
        Parts { texts, ..self }
    }
}

/// A report of a run, and what its rows were made of.
#[derive(Debug)]
pub struct Findings<'a> {
    run: &'a Run,
    /// The report, as far as its parts were asked for.
    pub report: Report,
    /// What stands more than once within a page, and titles that pages share.
    pub repeats: Repeats,
    /// Origins and parents; empty where they were not asked for.
    pub lineage: Lineage,
}

impl Findings<'_> {
    /// Rows of the `csv` report: every document, in order.
    pub fn document_rows(&self) -> impl Iterator<Item = DocumentRow> + '_ {
        self.run.document_rows(&self.report.clusters, &self.lineage, &self.repeats.pages)
    }
}

impl Run {
    /// A report of this run with these parts.
    ///
    /// # Errors
    /// Cancellation.
    pub fn report(&self, parts: &Parts) -> Result<Report> {
        Ok(self.findings(parts)?.report)
    }

    /// As [`Run::report`], with what its rows were made of.
    ///
    /// # Errors
    /// Cancellation.
    pub fn findings(&self, parts: &Parts) -> Result<Findings<'_>> {
        let repeats = self.repeats()?;
        let report = self.plain_report(&repeats)?;
        let mut findings = Findings { run: self, report, repeats, lineage: Lineage::default() };
        std::thread::scope(|scope| {
            // One thread reads all files through, while the others do what takes several; where the system has no thread to
            // give, this one does so afterwards.
            let spawn = || std::thread::Builder::new().spawn_scoped(scope, || self.sources());
            let sources = parts.sources.then(spawn);
            self.complete(parts, &mut findings)?;
            findings.report.sources = match sources {
                None => Vec::new(),
                Some(Ok(thread)) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                Some(Err(_)) => self.sources(),
            };
            Ok(findings)
        })
    }

    /// The report without the parts that are asked for one by one.
    fn plain_report(&self, repeats: &Repeats) -> Result<Report> {
        let corpus = self.corpus();
        Ok(Report {
            schema_version: SCHEMA_VERSION,
            settings: Settings::new(self.recipe(), self.policy(), corpus.field_names(), corpus.against()),
            accounting: self.accounting(),
            sources: Vec::new(),
            clusters: self.cluster_rows(),
            related: Vec::new(),
            others: Vec::new(),
            pages: self.page_rows(&repeats.pages),
            titles: self.title_rows(repeats),
            site_pairs: Vec::new(),
            boilerplate: Vec::new(),
            templates: Vec::new(),
            recovery: Some(self.recovery()?),
            audit: None,
            problems: self.documents.problems.iter().map(Into::into).collect(),
            texts: Default::default(),
            visible: Default::default(),
        })
    }

    fn complete(&self, parts: &Parts, findings: &mut Findings<'_>) -> Result<()> {
        let Findings { report, repeats, lineage, .. } = findings;
        if parts.lineage || parts.site_pairs {
            *lineage = self.lineage()?;
            self.add_lineage(lineage, &mut report.clusters)?;
            self.count_carried(lineage, &mut report.accounting);
        }
        if parts.site_pairs {
            report.site_pairs = self.site_pairs(lineage);
        }
        if parts.passages {
            self.add_passages(report)?;
        }
        if parts.openings {
            self.add_openings(report)?;
        }
        if parts.templates {
            report.templates = self.templates()?;
        }
        if parts.boilerplate {
            report.boilerplate = self.boilerplate();
        }
        if parts.texts > 0 {
            let mut others: Vec<DocId> = repeats.pages.iter().map(|(document, _)| *document).collect();
            others.extend(self.others().into_iter().take(related_texts(report, parts.texts)));
            let wanted = rounds(report, parts.texts);
            self.add_texts(report, &wanted, &others);
            self.add_visible(report, &repeats.pages);
        }
        if let Some(options) = parts.audit {
            report.audit = Some(self.audit(options)?);
        }
        Ok(())
    }
}
