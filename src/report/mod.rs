//! What a reader sees: plain data, and its renderings. Nothing here opens a corpus.
//!
//! A [`Report`] is read back from its own json ([`Report::read`]), so that every rendering can be made later and
//! without the corpus.

pub mod alerts;
#[cfg(feature = "arrow")]
pub mod arrow;
mod changes;
#[cfg(any(feature = "arrow", feature = "parquet"))]
mod columns;
pub mod comparison;
mod csv;
pub mod diff;
pub mod html;
mod json;
pub mod junit;
mod markdown;
pub mod pages;
mod pairs;
#[cfg(feature = "parquet")]
pub mod parquet;
mod rendering;
pub mod sarif;
pub mod sheet;
mod short;
mod sites;
pub mod stories;
pub mod terminal;
mod values;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::judge::Span;
pub use csv::{DocumentRow, write_csv};
pub use json::write_json;
pub use markdown::write_markdown;
pub use pairs::{PairRow, write_pairs};
pub use rendering::Rendering;
pub use sites::{SitePairRow, write_sites};
pub use values::write_values;

use crate::corpus::{FieldNames, Problem};
use crate::options::{Mode, Policy};
use crate::page::{Fault, Place, Repeat};
use crate::recipe::Recipe;

/// The version of the json report's shape; it rises when a field goes or changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// The mode of a report in which pages stand and nothing is compared.
pub const PAGES_ONLY: &str = "pages";

/// A whole run, as `--report json` writes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What the run was asked for, resolved.
    pub settings: Settings,
    /// What became of every document.
    pub accounting: Accounting,
    /// The files that were read, by path.
    #[serde(default)]
    pub sources: Vec<SourceRow>,
    /// Largest first.
    pub clusters: Vec<ClusterRow>,
    /// Pairs whose documents are of no cluster together; the highest score first.
    #[serde(default)]
    pub related: Vec<RelatedRow>,
    /// The documents of these pairs that are in no cluster, by id.
    #[serde(default)]
    pub others: Vec<MemberRow>,
    /// Pages that repeat something.
    pub pages: Vec<PageRow>,
    /// Titles and descriptions that several pages of one site have; most pages first.
    #[serde(default)]
    pub titles: Vec<TitleRow>,
    /// Who carries whose text, by carrier and source.
    #[serde(default)]
    pub site_pairs: Vec<SitePairRow>,
    /// Learned chrome; empty in classic mode.
    pub boilerplate: Vec<BoilerplateRow>,
    /// Learned templates; empty in classic mode.
    pub templates: Vec<TemplateRow>,
    /// What the run found of copies planted in it, in thought.
    #[serde(default)]
    pub recovery: Option<RecoveryRow>,
    /// The audit, where one was asked for.
    pub audit: Option<AuditRow>,
    /// What could not be read, or not as it stood.
    pub problems: Vec<ProblemRow>,
    /// Texts by id, of documents in clusters and related pairs and of pages that repeat something; in `json+text` of all of them, in
    /// `json` of none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
    /// Of the HTML pages among [`Report::pages`] all that is visible, by id, where there are texts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub visible: BTreeMap<String, String>,
}

impl Report {
    /// Reads a report that `--report json` or `json+text` wrote, of this or an earlier version of the program.
    ///
    /// # Errors
    /// Those of `from`; [`io::ErrorKind::InvalidData`] where it is no report or one of a later shape.
    pub fn read(from: impl Read) -> io::Result<Report> {
        let report: Report = serde_json::from_reader(from)?;
        if report.schema_version > SCHEMA_VERSION {
            let version = report.schema_version;
            let message = format!("a report of shape {version}; this program reads up to {SCHEMA_VERSION}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(report)
    }

    /// A report in which nothing stands yet.
    pub fn empty(schema_version: u32, settings: Settings, accounting: Accounting) -> Report {
        Report {
            schema_version,
            settings,
            accounting,
            sources: Vec::new(),
            clusters: Vec::new(),
            related: Vec::new(),
            others: Vec::new(),
            pages: Vec::new(),
            titles: Vec::new(),
            site_pairs: Vec::new(),
            boilerplate: Vec::new(),
            templates: Vec::new(),
            recovery: None,
            audit: None,
            problems: Vec::new(),
            texts: BTreeMap::new(),
            visible: BTreeMap::new(),
        }
    }

    /// One of its clusters as a report of its own, by the cluster's id: its documents with their texts, the files that they are in, and
    /// the boilerplate of their sites. The accounting stays that of the whole run.
    pub fn of_cluster(&self, id: &str) -> Option<Report> {
        let cluster = self.clusters.iter().find(|cluster| cluster.id == id)?;
        let mut report = Report::empty(self.schema_version, self.settings.clone(), self.accounting.clone());
        let documents: Vec<&MemberRow> = cluster.documents().collect();
        let is_of = |path: &str| documents.iter().any(|document| document.path == path);
        let texts = documents.iter().filter_map(|document| self.texts.get_key_value(&document.id));
        report.texts = texts.map(|(id, text)| (id.clone(), text.clone())).collect();
        report.sources = self.sources.iter().filter(|source| is_of(&source.path)).cloned().collect();
        let is_site = |site: &str| documents.iter().any(|document| document.site == site);
        report.boilerplate = self.boilerplate.iter().filter(|row| is_site(&row.source)).cloned().collect();
        report.clusters = vec![cluster.clone()];
        Some(report)
    }

    /// Pages that repeat something which is no furniture.
    pub fn pages_with_own_repeats(&self) -> impl Iterator<Item = &PageRow> {
        self.pages.iter().filter(|page| page.own_repeats().next().is_some())
    }

    /// The same without texts, as `--report json` has it.
    pub fn without_texts(&self) -> Report {
        Report { texts: BTreeMap::new(), visible: BTreeMap::new(), ..self.clone() }
    }
}

/// What kind of boilerplate a passage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BoilerplateKind {
    /// The frame that a site prints around its stories: no score counts it.
    #[default]
    Chrome,
    /// Text that several different items have beside news of their own: it speaks for no copy.
    Standing,
}

impl BoilerplateKind {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            BoilerplateKind::Chrome => "chrome",
            BoilerplateKind::Standing => "standing",
        }
    }
}

/// A passage that stands in many documents which are other news.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoilerplateRow {
    /// The site; empty where many sites have it, or it is not known.
    pub source: String,
    /// What kind it is: of reports before there were two, chrome.
    #[serde(default)]
    pub kind: BoilerplateKind,
    /// The passage, as it stands first or longest.
    pub text: String,
    /// Documents that have it.
    pub documents: u32,
    /// Different items that have it, of standing text; 0 of chrome, where pages are counted.
    #[serde(default)]
    pub items: u32,
}

/// What a run would have found of copies planted beside some of its documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryRow {
    /// Documents that copies were planted of.
    pub documents: u64,
    /// By kind of copy.
    pub by_kind: BTreeMap<Cow<'static, str>, PlantedRow>,
    /// What this shows, and what it does not.
    pub shows: Cow<'static, str>,
}

/// Planted copies of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlantedRow {
    /// How many.
    pub planted: u64,
    /// Those that would have been compared with their original.
    pub met: u64,
}

/// What some documents' pairs with all others say of the run's recall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Documents that were drawn and compared with all others.
    pub sampled: u64,
    /// The seed that drew them.
    pub seed: u64,
    /// Those that have any pair.
    pub with_pairs: u64,
    /// Their pairs.
    pub pairs: u64,
    /// Those that the run found.
    pub found: u64,
    /// Mean over documents of the share of their pairs that was found; none where there are no pairs.
    pub recall: Option<f64>,
    /// Lower bound of the 95 % interval.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
    /// The same by relation.
    pub by_relation: BTreeMap<Cow<'static, str>, RecallRow>,
    /// Pairs that were missed.
    pub missed: Vec<MissedRow>,
}

/// The recall of one relation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecallRow {
    /// Documents that have such a pair.
    pub documents: u64,
    /// Pairs.
    pub pairs: u64,
    /// Those that the run found.
    pub found: u64,
    /// Mean over documents; none where there are no pairs.
    pub recall: Option<f64>,
    /// Lower bound of the 95 % interval.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// A pair that the run missed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissedRow {
    /// The id that sorts first.
    pub a: String,
    /// The other.
    pub b: String,
    /// What they are to each other.
    pub relation: Cow<'static, str>,
    /// What kept them from being compared.
    pub gate: Cow<'static, str>,
}

/// Settings that decide what comes out, resolved. Kept as they were written: those of another version are shown
/// and never interpreted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    /// The program's version.
    pub version: String,
    /// `aligned` or `classic`; of a report of `page`, [`PAGES_ONLY`].
    pub mode: String,
    /// Tokens of a shingle.
    pub recipe: Value,
    /// Thresholds.
    pub policy: Value,
    /// Names of fields.
    pub fields: Value,
    /// Files and directories of the second set, as they were named; empty where there is one set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<String>,
}

impl Settings {
    /// Those of a run of this program.
    pub fn new(recipe: Recipe, policy: &Policy, fields: &FieldNames, against: &[PathBuf]) -> Settings {
        // Plain structs of numbers and strings always have a value.
        let value = |value: serde_json::Result<Value>| value.unwrap_or_default();
        Settings {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            mode: match policy.mode {
                Mode::Aligned => "aligned".to_owned(),
                Mode::Classic => "classic".to_owned(),
            },
            recipe: value(serde_json::to_value(recipe)),
            policy: value(serde_json::to_value(policy)),
            fields: value(serde_json::to_value(fields)),
            against: against.iter().map(|path| path.display().to_string()).collect(),
        }
    }

    /// The score from which a pair is near, in (0, 1]; none where the report does not say.
    pub fn threshold(&self) -> Option<f64> {
        let name = if self.mode == "classic" { "jaccard" } else { "threshold" };
        self.policy.get(name)?.as_f64()
    }
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRow {
    /// Where it is, as it was given or found; `-` for standard input.
    pub path: String,
    /// Its size, as it is stored.
    pub bytes: u64,
    /// SHA-256 of those bytes, 64 hex digits; none where they can be read only once.
    pub sha256: Option<String>,
}

/// A form that documents fill in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateRow {
    /// What stays, with `{kind}` for each slot in order and optional sentences in brackets.
    pub skeleton: String,
    /// Places that are filled in, in order.
    pub slots: Vec<SlotRow>,
    /// Ids of the documents.
    pub documents: Vec<String>,
    /// Sentences that some of the documents leave out.
    #[serde(default)]
    pub optional: u64,
    /// Share of the documents' words that are skeleton, 0 to 1; chrome is not counted.
    #[serde(default)]
    pub share: f64,
    /// Bits that it saves to write the documents as fillings; see `template`.
    #[serde(default)]
    pub bits_saved: f64,
}

/// A place of a template that documents fill in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotRow {
    /// `number`, `date`, `money`, `name` or `text`.
    pub kind: Cow<'static, str>,
    /// By document, in their order: what fills it there; none where it is left out.
    pub values: Vec<Option<String>>,
}

/// documents = unique + duplicates + empty + unreadable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Of the unique and empty, those of the second set: never duplicates, whatever they are to one another.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub against: u64,
    /// With a limit in time, documents that have no date that can be read, and so are close to none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub undated: u64,
    /// Documents with a date that could not be read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unread_dates: u64,
    /// The first of these dates, or the beginning of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread_date: Option<String>,
    /// Bytes of text.
    pub bytes: u64,
    /// Pairs by relation.
    #[serde(default)]
    pub pairs: BTreeMap<Cow<'static, str>, u64>,
    /// Documents that share only very frequent text with others, and were compared with some of those only.
    pub unsettled: u64,
    /// Files of a kind that nothing reads, by extension.
    pub skipped: BTreeMap<String, u64>,
    /// By site, in order of name.
    pub sites: Vec<SiteRow>,
}

// Serde asks with a reference.
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What became of one site's documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClusterRow {
    /// 16 hex digits, stable as long as the representative and its text are.
    pub id: String,
    /// The id of the document that is shown first and kept: the original where it is known, else the representative.
    #[serde(default)]
    pub lead: String,
    /// The member that the others belong to.
    pub representative: MemberRow,
    /// The others, by id.
    pub members: Vec<MemberRow>,
    /// Who had it first, most likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginRow>,
    /// What it touches without being one with it; strongest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub touches: Vec<TouchRow>,
}

impl ClusterRow {
    /// All its documents, the representative first.
    pub fn documents(&self) -> impl Iterator<Item = &MemberRow> {
        std::iter::once(&self.representative).chain(&self.members)
    }

    /// All its documents, the representative first.
    pub(crate) fn documents_mut(&mut self) -> impl Iterator<Item = &mut MemberRow> {
        std::iter::once(&mut self.representative).chain(&mut self.members)
    }

    /// The document that is shown first and kept; reports of before there was one have the representative.
    pub fn lead(&self) -> &MemberRow {
        self.members.iter().find(|member| member.id == self.lead).unwrap_or(&self.representative)
    }

    /// The documents but for the lead, the representative first.
    pub fn others(&self) -> impl Iterator<Item = &MemberRow> {
        let lead: *const MemberRow = self.lead();
        self.documents().filter(move |document| !std::ptr::eq(*document, lead))
    }

    /// All its documents, the lead first, and then the representative.
    pub fn led(&self) -> impl Iterator<Item = &MemberRow> {
        std::iter::once(self.lead()).chain(self.others())
    }

    /// The id of the original, where it is known and one of the documents.
    pub fn original(&self) -> Option<&str> {
        let origin = self.origin.as_ref().filter(|origin| origin.id == self.lead && origin.is_known())?;
        Some(&origin.id)
    }
}

/// Who had a cluster's text first, most likely.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OriginRow {
    /// The document's id; of none of the cluster where an excerpt was printed before any page that has the whole.
    pub id: String,
    /// What decided: `canonical`, `credit`, `earliest`, `novel`, `edits` or `longest`.
    pub rule: Cow<'static, str>,
    /// How much speaks for it, 0 to 1.
    pub confidence: f64,
    /// `known`, or `unknown order` where neither dates nor names tell one.
    pub order: Cow<'static, str>,
    /// A name that at least half of the documents credit and that is no site of theirs: the text is from outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<String>,
}

impl OriginRow {
    /// Whether dates or names tell that it was first.
    pub fn is_known(&self) -> bool {
        self.order == "known"
    }
}

/// Whom a document has its text from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParentRow {
    /// The other document's id. One of the cluster, but for a version of a page that is in another or in none.
    pub id: String,
    /// Why: `canonical`, `credit`, `version` or `text`.
    pub way: Cow<'static, str>,
    /// Seconds from the parent's date to this document's; none where a date is missing, is a day, or contradicts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag: Option<i64>,
    /// Days between the two, where a date is a day: 0 for the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_days: Option<i64>,
    /// Share of this document's shingles that stand in the parent, 0 to 1.
    pub verbatim: f64,
    /// `known` where a name or dates tell that the parent was first, else `unknown order`: by their texts alone.
    #[serde(default = "unknown_order")]
    pub order: Cow<'static, str>,
}

fn unknown_order() -> Cow<'static, str> {
    "unknown order".into()
}

/// Something related to a cluster that is not of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TouchRow {
    /// The other cluster's id; none where the other document is in no cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The other document with the highest score.
    pub id: String,
    /// What this cluster's document is to it.
    pub relation: Cow<'static, str>,
    /// Their score.
    pub score: f64,
    /// How many pairs say so.
    pub pairs: u64,
}

/// Two documents that are something to each other and are of no cluster together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RelatedRow {
    /// The id that sorts first.
    pub a: String,
    /// The other.
    pub b: String,
    /// What the first is to the second.
    pub relation: Cow<'static, str>,
    /// Raw Jaccard.
    pub jaccard: f64,
    /// Share of the smaller of the two that stands in the larger.
    pub containment: f64,
    /// The relation's score.
    pub score: f64,
    /// What the two share.
    pub spans: Vec<Span>,
}

/// A document in a cluster, or one that is related to others.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct MemberRow {
    /// Its id.
    pub id: String,
    /// Its headline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its first words, where it has no headline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<String>,
    /// Where it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Where the page says that it belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical_url: Option<String>,
    /// Its site.
    pub site: String,
    /// The file that it is in.
    #[serde(default)]
    pub path: String,
    /// Its number in that file, from 0; none where the file is one document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<u32>,
    /// Tokens of its text.
    pub tokens: u32,
    /// Bytes of its text.
    #[serde(default)]
    pub bytes: u32,
    /// To the representative, from this document's side; none for the representative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<Cow<'static, str>>,
    /// To the lead, from this document's side, where that is not the representative and the two were verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_lead: Option<Cow<'static, str>>,
    /// Raw Jaccard with the representative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jaccard: Option<f64>,
    /// Share of the smaller of the two that stands in the larger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub containment: Option<f64>,
    /// The relation's score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Whom it has its text from; none for the origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ParentRow>,
    /// What its text (`a`) shares with the representative's (`b`), in order of place here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
    /// The text around where these spans and those of related pairs begin and end, in order; the whole of it where it
    /// is short. Exact copies have none: their words are the representative's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excerpts: Vec<ExcerptRow>,
}

impl MemberRow {
    /// What people call it: its headline, else its first words, else its id.
    pub fn name(&self) -> &str {
        self.title.as_deref().or(self.opening.as_deref()).unwrap_or(&self.id)
    }

    /// Where it was read, or else where it belongs.
    pub fn address(&self) -> Option<&str> {
        self.url.as_deref().or(self.canonical_url.as_deref())
    }
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcerptRow {
    /// Its first byte in the text.
    pub start: usize,
    /// The piece.
    pub text: String,
}

/// A page and what stands more than once in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PageRow {
    /// The document's id.
    pub id: String,
    /// Its repeats, in order of place.
    pub repeats: Vec<RepeatRow>,
    /// The file that it is in, and within an archive the entry.
    #[serde(default)]
    pub path: String,
    /// What is wrong with its head.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultRow>,
}

/// One repeat.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RepeatRow {
    /// `block`, `title`, `heading`, `paragraph` or `line`; `similar` for paragraphs that are nearly equal.
    pub kind: Cow<'static, str>,
    /// What is repeated, as it stands first.
    pub text: String,
    /// How often it stands there.
    pub count: u32,
    /// Whether all places but one are breadcrumbs, navigation or links to the page itself: every well-made page has those.
    #[serde(default, alias = "template")]
    pub furniture: bool,
    /// Bytes of the text: start and end of each occurrence. Of an HTML page the text is all that is visible.
    pub spans: Vec<[usize; 2]>,
    /// Where each occurrence stands.
    #[serde(default)]
    pub places: Vec<PlaceRow>,
    /// Of similar paragraphs, what differs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ChangeRow>,
}

/// Where in a page something stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceRow {
    /// Its first byte in the text.
    #[serde(default)]
    pub start: usize,
    /// The byte behind its last.
    #[serde(default)]
    pub end: usize,
    /// `headline`, `heading`, `body`, `teaser`, `breadcrumb`, `navigation`, `aside`, `footer`, or `self` for a link to the page
    /// itself.
    #[serde(default)]
    pub role: Cow<'static, str>,
    /// `same`, `labelled`, `sited` or `cut`.
    #[serde(default, rename = "as")]
    pub form: Cow<'static, str>,
    /// Its line from 1, of the file of an HTML page, else of the text.
    #[serde(default)]
    pub line: u32,
    /// Its column there in characters, from 1.
    #[serde(default)]
    pub column: u32,
    /// The element of an HTML page, as a selector that a browser takes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
}

/// What differs between two similar paragraphs: start and end of it in each, in bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRow {
    /// In the first.
    pub a: [usize; 2],
    /// In the second.
    pub b: [usize; 2],
}

/// Something about a page that whoever looks after its site wants to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRow {
    /// `no-title`, `titles-differ`, `several-headlines`, `description-is-title`; `title-shared` and `description-shared` where other
    /// pages of the site have it too.
    pub kind: Cow<'static, str>,
    /// What stands there.
    #[serde(default)]
    pub texts: Vec<String>,
    /// How many pages of the site share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
}

/// A title or a description that several pages of one site have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TitleRow {
    /// The site.
    pub site: String,
    /// `title`, which is not written, or `description`.
    #[serde(default = "title", skip_serializing_if = "is_title")]
    pub kind: Cow<'static, str>,
    /// The title, as the first of the documents has it; case and punctuation do not matter.
    pub title: String,
    /// The documents' ids, in order.
    pub documents: Vec<String>,
}

/// What reports knew before descriptions.
fn title() -> Cow<'static, str> {
    "title".into()
}

fn is_title(kind: &str) -> bool {
    kind == "title"
}

impl FaultRow {
    /// How many pages or texts it is about.
    pub(crate) fn count(&self) -> usize {
        self.pages.map_or(self.texts.len(), |pages| pages as usize)
    }

    /// Its texts on one line.
    pub(crate) fn text(&self) -> String {
        self.texts.join(" | ").split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl PageRow {
    /// The page `id` with its repeats.
    pub fn new(id: String, path: String, repeats: &[Repeat]) -> PageRow {
        PageRow { id, path, repeats: repeats.iter().map(RepeatRow::from).collect(), faults: Vec::new() }
    }

    /// The repeats that are no furniture and equal, which a page should not have.
    pub fn own_repeats(&self) -> impl Iterator<Item = &RepeatRow> {
        self.repeats.iter().filter(|repeat| repeat.is_own())
    }
}

impl RepeatRow {
    /// Whether it is equal text in places of which a page needs one.
    pub fn is_own(&self) -> bool {
        !self.furniture && self.kind != "similar"
    }
}

impl From<&Repeat> for RepeatRow {
    fn from(repeat: &Repeat) -> RepeatRow {
        let bounds = |range: &Range<usize>| [range.start, range.end];
        RepeatRow {
            kind: repeat.kind.as_str().into(),
            text: repeat.text.clone(),
            count: repeat.count(),
            furniture: repeat.furniture,
            spans: repeat.places.iter().map(|place| bounds(&place.range)).collect(),
            places: repeat.places.iter().map(PlaceRow::from).collect(),
            changes: repeat
                .changes
                .iter()
                .map(|change| ChangeRow { a: bounds(&change.a), b: bounds(&change.b) })
                .collect(),
        }
    }
}

impl From<&Place> for PlaceRow {
    fn from(place: &Place) -> PlaceRow {
        PlaceRow {
            start: place.range.start,
            end: place.range.end,
            role: place.role.as_str().into(),
            form: place.form.as_str().into(),
            line: place.line,
            column: place.column,
            path: place.selector.clone().unwrap_or_default(),
        }
    }
}

impl From<Fault> for FaultRow {
    fn from(fault: Fault) -> FaultRow {
        FaultRow { kind: fault.kind.as_str().into(), texts: fault.texts, pages: None }
    }
}

/// Something that could not be read, or not as it stood.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
