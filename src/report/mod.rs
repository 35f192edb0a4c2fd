//! What a reader sees: plain data, and its renderings. Nothing here opens a corpus.

mod csv;
mod pairs;
pub mod terminal;

use std::collections::BTreeMap;

use serde::Serialize;

pub use csv::{DocumentRow, write_csv};
pub use pairs::{PairRow, SpanRow, write_pairs};

use crate::corpus::{FieldNames, Problem};
use crate::options::Policy;
use crate::page::Repeat;
use crate::recipe::Recipe;

/// The version of the json report's shape; it rises when a field goes or changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// A whole run, as `--report json` writes it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What the run was asked for, resolved.
    pub settings: Settings,
    /// What became of every document.
    pub accounting: Accounting,
    /// Largest first.
    pub clusters: Vec<ClusterRow>,
    /// Pages that repeat something.
    pub pages: Vec<PageRow>,
    /// Learned chrome; empty in classic mode.
    pub boilerplate: Vec<BoilerplateRow>,
    /// Learned templates; empty in classic mode.
    pub templates: Vec<Never>,
    /// The audit, where one was asked for.
    pub audit: Option<Never>,
    /// What could not be read, or not as it stood.
    pub problems: Vec<ProblemRow>,
}

/// A line that a site prints on many of its pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BoilerplateRow {
    /// The site.
    pub source: String,
    /// The line, as it stands first.
    pub text: String,
    /// Documents that have it.
    pub documents: u32,
}

/// The entry of a list that this version never fills.
#[derive(Debug, Clone, Serialize)]
pub enum Never {}

/// Settings that decide what comes out.
#[derive(Debug, Clone, Serialize)]
pub struct Settings {
    /// The program's version.
    pub version: &'static str,
    /// `aligned` or `classic`.
    pub mode: &'static str,
    /// Tokens of a shingle.
    pub recipe: Recipe,
    /// Thresholds.
    pub policy: Policy,
    /// Names of fields.
    pub fields: FieldNames,
}

/// documents = unique + duplicates + empty + unreadable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Accounting {
    /// All that was met.
    pub documents: u64,
    /// Members of no cluster, and representatives.
    pub unique: u64,
    /// Members of clusters that are not the representative.
    pub duplicates: u64,
    /// Documents without a token.
    pub empty: u64,
    /// Records and files that gave no document.
    pub unreadable: u64,
    /// Of the unique and duplicates, those of fewer tokens than `--min-words`.
    pub short: u64,
    /// Bytes of text.
    pub bytes: u64,
    /// Pairs by relation.
    pub pairs: BTreeMap<&'static str, u64>,
    /// Documents that share only very frequent text with others, and were compared with some of those only.
    pub unsettled: u64,
    /// Files of a kind that nothing reads, by extension.
    pub skipped: BTreeMap<String, u64>,
    /// By site, in order of name.
    pub sites: Vec<SiteRow>,
}

/// What became of one site's documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SiteRow {
    /// The site.
    pub site: String,
    /// Its documents.
    pub documents: u64,
    /// Bytes of their texts.
    pub bytes: u64,
    /// Those that are duplicates.
    pub duplicates: u64,
}

/// One cluster.
#[derive(Debug, Clone, Serialize)]
pub struct ClusterRow {
    /// 16 hex digits, stable as long as the representative and its text are.
    pub id: String,
    /// The member that the others belong to.
    pub representative: MemberRow,
    /// The others, by id.
    pub members: Vec<MemberRow>,
}

/// A document in a cluster.
#[derive(Debug, Clone, Serialize)]
pub struct MemberRow {
    /// Its id.
    pub id: String,
    /// Its headline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Its site.
    pub site: String,
    /// Tokens of its text.
    pub tokens: u32,
    /// To the representative, from this document's side; none for the representative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<&'static str>,
    /// Raw Jaccard with the representative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jaccard: Option<f64>,
    /// Share of the smaller of the two that stands in the larger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub containment: Option<f64>,
    /// The relation's score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

/// A page and what stands more than once in it.
#[derive(Debug, Clone, Serialize)]
pub struct PageRow {
    /// The document's id.
    pub id: String,
    /// Its repeats, in order of place.
    pub repeats: Vec<RepeatRow>,
}

/// One repeat.
#[derive(Debug, Clone, Serialize)]
pub struct RepeatRow {
    /// `title`, `heading`, `paragraph` or `line`.
    pub kind: &'static str,
    /// What is repeated, as it stands first.
    pub text: String,
    /// How often it stands there.
    pub count: u32,
    /// Bytes of the text: start and end of each occurrence.
    pub spans: Vec<[usize; 2]>,
}

impl PageRow {
    /// The page `id` with its repeats.
    pub fn new(id: String, repeats: &[Repeat]) -> PageRow {
        let row = |repeat: &Repeat| RepeatRow {
            kind: repeat.kind.as_str(),
            text: repeat.text.clone(),
            count: repeat.count,
            spans: repeat.spans.iter().map(|span| [span.start, span.end]).collect(),
        };
        PageRow { id, repeats: repeats.iter().map(row).collect() }
    }
}

/// Something that could not be read, or not as it stood.
#[derive(Debug, Clone, Serialize)]
pub struct ProblemRow {
    /// The file.
    pub path: String,
    /// The record in it, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<u32>,
    /// What is wrong.
    pub reason: String,
}

impl From<&Problem> for ProblemRow {
    fn from(problem: &Problem) -> ProblemRow {
        ProblemRow { path: problem.path.clone(), record: problem.record, reason: problem.reason.clone() }
    }
}
