//! The `html` report: one self-contained file that needs no network and opens from disk.
//!
//! Everything a reader sees is data in one JSON block, and the page's script shows it as text: nothing from a
//! document is ever markup, a style or a script. The policy inside the page lets nothing else run and nothing load.
//! The same report gives the same bytes.
//!
//! # What is left out
//!
//! The file stays under [`LIMIT`] bytes, up to some hundred thousand clusters. No cluster and no page repeat is ever left out. What is, in this order:
//!
//! 1. **Texts**, by [`rounds`]: first all documents of the largest clusters, which readers open, as far as a quarter of the room
//!    reaches; then every other cluster's representative with its least similar copy, the largest cluster first; then every
//!    cluster's next copy; and so on, exact copies after all others. A document whose text does not
//!    fit any more, or that has more than [`TEXT`] bytes, is shown by its excerpts, and then without text.
//! 2. Addresses and paths of copies, then titles of copies and whom they have their text from, in all clusters alike.
//! 3. Copies of a cluster beyond the first hundred, thirty, ten, three; their number stays.
//!
//! Ids, titles, addresses and other names are shown up to [`NAME`] bytes, or [`SHORT_NAME`] where that is too much for all of
//! them, and passages up to ten times as much.
//!
//! Of related pairs, templates, sites and missed pairs the first are shown, as many as a reader goes through, of related pairs
//! those of each relation alike; the texts of related documents that are in no cluster have an eighth of the room. The page says
//! what was left out of it. Of absolute paths it has what is below their common folder: whom it is mailed to need not know where
//! it lay.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::short::shortened;
pub use super::short::{NAME, SHORT_NAME};
use super::{
    AuditRow, ClusterRow, ExcerptRow, MemberRow, MissedRow, OriginRow, ParentRow, RelatedRow, Report,
    SitePairRow, SlotRow, SourceRow, Span, TemplateRow,
};

/// Bytes of a page, at most.
pub const LIMIT: usize = 29_000_000;

/// Bytes of one text that is shown whole, at most.
pub const TEXT: usize = 400_000;

/// Bytes kept for texts before addresses and titles are left out for them.
const TEXTS_AT_LEAST: usize = 4_000_000;

/// Documents in a row that do not fit, after which no other is tried.
const FULL: usize = 500;

/// The share of the room for texts that those of pages that repeat something have, as its inverse: the clusters need the rest.
const PAGES: usize = 4;

/// Rows shown of related pairs, problems, titles and sources; the json report has all.
const ROWS: usize = 2_000;

/// Templates shown, documents of each with their values, and bytes of all of them.
const TEMPLATES: usize = 200;
const VALUES: usize = 300;
const FORMS: usize = 2_000_000;

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// Clusters at the top of the list, whose documents come before those of all others, and the share of the room for texts that they
/// have, as its inverse.
const TOP: usize = 100;
const TOP_SHARE: usize = 4;

/// Documents whose texts the page shows, by cluster and place in it (0 is the representative), most wanted first: as many as have
/// about `budget` bytes.
pub fn rounds(report: &Report, budget: usize) -> Vec<(usize, usize)> {
    ordered(report, budget, budget / TOP_SHARE)
}

/// Documents by how much a reader wants their texts, as far as `budget` bytes reach, of which `top` are for all of the largest
/// clusters.
fn ordered(report: &Report, budget: usize, top: usize) -> Vec<(usize, usize)> {
    let mut orders: Vec<Vec<usize>> = report.clusters.iter().map(order).collect();
    let size = |cluster: usize, place: usize| {
        document(&report.clusters[cluster], place).map_or(0, |row| row.bytes as usize)
    };
    let mut chosen = Vec::new();
    let mut bytes = 0;
    for (cluster, places) in orders.iter_mut().enumerate().take(TOP) {
        let is_exact = |place: usize| {
            document(&report.clusters[cluster], place)
                .is_some_and(|row| row.relation.as_deref() == Some("exact"))
        };
        let own: Vec<usize> = places
            .iter()
            .copied()
            .filter(|&place| !is_exact(place) && size(cluster, place) <= TEXT)
            .collect();
        let all: usize = own.iter().map(|&place| size(cluster, place)).sum();
        // A cluster that is larger than what is left is shown as all others are.
        if bytes + all > top || own.len() < 2 {
            continue;
        }
        bytes += all;
        chosen.extend(own.iter().map(|&place| (cluster, place)));
        places.retain(|place| !own.contains(place) || *place == 0);
    }
    let longest = orders.iter().map(Vec::len).max().unwrap_or_default();
    let mut open: Vec<usize> = (0..orders.len()).collect();
    for round in 1..longest {
        open.retain(|&cluster| orders[cluster].len() > round);
        for &cluster in &open {
            let new = if round == 1 { &orders[cluster][..2] } else { &orders[cluster][round..=round] };
            for &place in new {
                let size = document(&report.clusters[cluster], place).map_or(0, |row| row.bytes as usize);
                if size > TEXT {
                    continue;
                }
                bytes += size;
                if bytes > budget {
                    return chosen;
                }
                chosen.push((cluster, place));
            }
        }
    }
    chosen
}

/// Of the first so many of [`Report::others`] the page may show the text, where the texts of all are to take `budget` bytes.
pub fn related_texts(report: &Report, budget: usize) -> usize {
    let mut room = budget / OTHERS;
    let fits = |other: &&MemberRow| {
        let left = room.checked_sub(other.bytes as usize);
        room = left.unwrap_or_default();
        left.is_some()
    };
    report.others.iter().take_while(fits).count()
}

/// The share of the room for texts that those of documents in no cluster have, as its inverse.
const OTHERS: usize = 8;

/// Places of a cluster's documents, the representative first, then the lead, which copies are shown beside, then what
/// differs most from the representative.
fn order(cluster: &ClusterRow) -> Vec<usize> {
    let mut places: Vec<usize> = (0..=cluster.members.len()).collect();
    let leads = |member: &MemberRow| member.id == cluster.lead;
    places[1..].sort_by(|&x, &y| {
        let (x, y) = (&cluster.members[x - 1], &cluster.members[y - 1]);
        let by_lead = leads(y).cmp(&leads(x));
        let exact = |member: &MemberRow| member.relation.as_deref() == Some("exact");
        let score = |member: &MemberRow| member.score.unwrap_or_default();
        let by_score = exact(x).cmp(&exact(y)).then(score(x).total_cmp(&score(y)));
        by_lead.then(by_score).then_with(|| x.id.cmp(&y.id))
    });
    places
}

fn document(cluster: &ClusterRow, place: usize) -> Option<&MemberRow> {
    cluster.documents().nth(place)
}

/// Writes the page.
///
/// # Errors
/// Those of `out`.
pub fn write_html(report: &Report, mut out: impl Write) -> io::Result<()> {
    let mut data = String::new();
    for most in [NAME, SHORT_NAME] {
        let short = shortened(report, most)?;
        data = self::data(short.as_ref().unwrap_or(report), false)?;
        if data.len() <= LIMIT {
            break;
        }
    }
    write_page(PAGE, [STYLE, SCRIPT], data, &mut out)
}

/// Writes the page of a report that is one cluster: what an editor attaches to a letter. It shows every text as far as the report has
/// it, with its hash.
///
/// # Errors
/// Those of `out`.
pub fn write_evidence(report: &Report, out: impl Write) -> io::Result<()> {
    write_page(PAGE, [STYLE, SCRIPT], data(report, true)?, out)
}

/// Writes a page with a style, a script and its data, and a policy that lets nothing else run.
pub(super) fn write_page(
    page: &str,
    [style, script]: [&str; 2],
    data: String,
    mut out: impl Write,
) -> io::Result<()> {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    let parts = [
        ("{{SCRIPT_HASH}}", hash(script)),
        ("{{STYLE_HASH}}", hash(style)),
        ("{{STYLE}}", style.to_owned()),
        ("{{DATA}}", data),
        ("{{SCRIPT}}", script.to_owned()),
    ];
    // One pass from left to right: what is put in is not looked at again.
    let mut rest = page;
    for (name, part) in &parts {
        let Some((before, after)) = rest.split_once(name) else { continue };
        out.write_all(before.as_bytes())?;
        out.write_all(part.as_bytes())?;
        rest = after;
    }
    out.write_all(rest.as_bytes())?;
    out.flush()
}

/// What is left out of the rows of copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Thin {
    /// Addresses and paths.
    addresses: bool,
    /// Titles and parents.
    titles: bool,
    /// Copies of a cluster beyond so many; none if `None`.
    copies: Option<usize>,
}

/// Ever less, until it fits.
const THIN: [Thin; 7] = {
    const fn beyond(copies: usize) -> Thin {
        Thin { addresses: true, titles: true, copies: Some(copies) }
    }
    [
        Thin { addresses: false, titles: false, copies: None },
        Thin { addresses: true, titles: false, copies: None },
        Thin { addresses: true, titles: true, copies: None },
        beyond(100),
        beyond(30),
        beyond(10),
        beyond(3),
    ]
};

/// The page's data, escaped for the inside of a script element; `is_story`, whether it is one cluster's.
fn data(report: &Report, is_story: bool) -> io::Result<String> {
    let page = PageData { is_story, ..PageData::new(report) };
    let mut core = String::new();
    for thin in THIN {
        core = escaped(&serde_json::to_string(&page.core(thin))?);
        if core.len() + TEXTS_AT_LEAST <= LIMIT {
            break;
        }
    }
    let room = LIMIT.saturating_sub(core.len() + STYLE.len() + SCRIPT.len() + PAGE.len() + 1024);
    let visible = page.visible(room / PAGES)?;
    let evidence = page.evidence(room - visible.len())?;
    Ok(format!("{{\"core\":{core},\"evidence\":{evidence},\"visible\":{visible}}}"))
}

/// Escapes what could end a script element or a line of script; all of it stands inside JSON strings only.
pub(super) fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 64);
    let mut from = 0;
    for (at, found) in json.match_indices(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        out.push_str(&json[from..at]);
        out.push_str(match found {
            "<" => "\\u003c",
            ">" => "\\u003e",
            "&" => "\\u0026",
            "\u{2028}" => "\\u2028",
            _ => "\\u2029",
        });
        from = at + found.len();
    }
    out.push_str(&json[from..]);
    out
}

struct PageData<'a> {
    report: &'a Report,
    /// Related pairs that are shown.
    related: Vec<&'a RelatedRow>,
    /// Whether the page is one cluster's.
    is_story: bool,
    /// The folder that all absolute paths are below; empty if none is.
    root: String,
    /// Their documents that are in no cluster.
    others: Vec<&'a MemberRow>,
    sites: Vec<&'a str>,
    number_of: HashMap<&'a str, usize>,
}

#[derive(Serialize)]
struct ReportData<'a> {
    settings: super::Settings,
    threshold: Option<f64>,
    accounting: &'a super::Accounting,
    sources: Vec<SourceRow>,
    sources_in_all: usize,
    sources_sha256: String,
    pages: Vec<Cow<'a, super::PageRow>>,
    titles: &'a [super::TitleRow],
    titles_in_all: usize,
    site_pairs: Vec<&'a SitePairRow>,
    site_pairs_in_all: usize,
    templates: Vec<TemplateItem<'a>>,
    templates_in_all: usize,
    recovery: Option<&'a super::RecoveryRow>,
    audit: Option<Recall<'a>>,
    boilerplate: &'a [super::BoilerplateRow],
    boilerplate_in_all: usize,
    problems: Vec<super::ProblemRow>,
    problems_in_all: usize,
    sites: &'a [&'a str],
    left_out: Thin,
    clusters: Vec<ClusterItem<'a>>,
    related: Vec<PairItem<'a>>,
    related_in_all: usize,
    /// How many there are of each relation, shown or not.
    related_by: BTreeMap<&'a str, usize>,
    others: Vec<DocumentItem<'a>>,
    /// Of a page that is one cluster's: the SHA-256 of each text that it has, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    story: Option<BTreeMap<&'a str, String>>,
}

/// A related pair: both ids, what the first is to the second, its measures as a document's, and its passages.
#[derive(Serialize)]
struct PairItem<'a>(&'a str, &'a str, &'a str, [f64; 3], Vec<Marked>);

/// A cluster: id, documents in all, its documents, what it touches, its origin, its lead's place among the documents.
#[derive(Serialize)]
struct ClusterItem<'a>(
    &'a str,
    usize,
    Vec<DocumentItem<'a>>,
    &'a [super::TouchRow],
    Option<&'a OriginRow>,
    usize,
);

/// A template: its kinds of slots, and by document its id and what fills each slot.
#[derive(Serialize)]
struct TemplateItem<'a> {
    skeleton: &'a str,
    kinds: Vec<&'a str>,
    rows: Vec<(&'a str, Vec<Option<&'a str>>)>,
    documents_in_all: usize,
    share: f64,
    bits_saved: f64,
}

impl<'a> TemplateItem<'a> {
    /// As much of it as there is room for; none where there is not enough for the skeleton.
    fn new(template: &'a TemplateRow, room: &mut usize) -> Option<TemplateItem<'a>> {
        *room = room.checked_sub(template.skeleton.len())?;
        let value = |slot: &'a SlotRow, place: usize| slot.values.get(place).and_then(Option::as_deref);
        let row = |(place, id): (usize, &'a String)| {
            let values: Vec<Option<&str>> = template.slots.iter().map(|slot| value(slot, place)).collect();
            let bytes: usize = values.iter().map(|value| 5 + value.map_or(0, str::len)).sum();
            *room = room.checked_sub(id.len() + bytes)?;
            Some((&**id, values))
        };
        Some(TemplateItem {
            skeleton: &template.skeleton,
            kinds: template.slots.iter().map(|slot| &*slot.kind).collect(),
            rows: template.documents.iter().take(VALUES).enumerate().map_while(row).collect(),
            documents_in_all: template.documents.len(),
            share: rounded(template.share),
            bits_saved: template.bits_saved.round(),
        })
    }
}

/// What an audit says, with the first missed pairs.
#[derive(Serialize)]
struct Recall<'a> {
    #[serde(flatten)]
    audit: AuditRow,
    missed_first: &'a [MissedRow],
    missed_in_all: usize,
}

impl<'a> Recall<'a> {
    fn new(audit: &'a AuditRow) -> Recall<'a> {
        let without = AuditRow { missed: Vec::new(), ..audit.clone() };
        Recall { audit: without, missed_first: first(&audit.missed), missed_in_all: audit.missed.len() }
    }
}

/// A document as a list: id, site's number, title (0 if it is the representative's, or a list of the first words where there is none), date, tokens, bytes, relation (its
/// place in [`RELATIONS`], or its name), measures ([score, jaccard, containment], or 1 where all are), parent (id, way,
/// lag in seconds, verbatim, lag in days where no more is known), url, canonical url, path, record. What is null at the end of the list is left out.
struct DocumentItem<'a>(Vec<ItemCell<'a>>);

/// Relations that have a number in the page's data.
const RELATIONS: [&str; 4] = ["exact", "near", "contained", "contains"];

#[derive(Serialize)]
#[serde(untagged)]
enum ItemCell<'a> {
    None,
    Number(u64),
    Text(&'a str),
    Opening([&'a str; 1]),
    Measures([Option<f64>; 3]),
    Parent(&'a str, &'a str, Option<i64>, f64, Option<i64>),
}

impl<'a> ItemCell<'a> {
    fn text(text: Option<&'a str>) -> ItemCell<'a> {
        text.map_or(ItemCell::None, ItemCell::Text)
    }

    fn parent(parent: &'a ParentRow) -> ItemCell<'a> {
        ItemCell::Parent(&parent.id, &parent.way, parent.lag, rounded(parent.verbatim), parent.lag_days)
    }
}

impl Serialize for DocumentItem<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let filled =
            self.0.iter().rposition(|cell| !matches!(cell, ItemCell::None)).map_or(0, |last| last + 1);
        self.0[..filled].serialize(serializer)
    }
}

/// What the page shows of a document's text: all of it, or pieces; and what it shares with the representative.
#[derive(Serialize)]
struct EvidenceItem<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<Vec<(usize, &'a str)>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    s: Vec<Marked>,
}

/// A shared passage: bytes here, bytes in the representative, tokens, identity.
#[derive(Serialize)]
struct Marked(usize, usize, usize, usize, u32, f64);

impl<'a> PageData<'a> {
    fn new(report: &'a Report) -> PageData<'a> {
        let documents = report.clusters.iter().flat_map(ClusterRow::documents);
        let related = of_each_relation(&report.related, ROWS);
        let ids: HashSet<&str> = related.iter().flat_map(|pair| [&*pair.a, &*pair.b]).collect();
        let others: Vec<&MemberRow> = report.others.iter().filter(|other| ids.contains(&*other.id)).collect();
        let mut sites: Vec<&str> =
            documents.chain(others.iter().copied()).map(|document| &*document.site).collect();
        sites.sort_unstable();
        sites.dedup();
        let number_of = sites.iter().enumerate().map(|(number, site)| (*site, number)).collect();
        PageData { report, related, is_story: false, root: common_folder(report), others, sites, number_of }
    }

    fn core(&self, thin: Thin) -> ReportData<'_> {
        let report = self.report;
        let mut hash = Sha256::new();
        for source in &report.sources {
            hash.update(format!(
                "{}  {}\n",
                source.sha256.as_deref().unwrap_or("-"),
                self.local(&source.path)
            ));
        }
        let mut site_pairs: Vec<&SitePairRow> = report.site_pairs.iter().collect();
        site_pairs.sort_by_key(|pair| std::cmp::Reverse(pair.copies));
        site_pairs.truncate(ROWS);
        let mut room = FORMS;
        let templates = report.templates.iter().take(TEMPLATES);
        ReportData {
            settings: self.settings(),
            threshold: report.settings.threshold(),
            accounting: &report.accounting,
            sources: first(&report.sources).iter().map(|source| self.source(source)).collect(),
            sources_in_all: report.sources.len(),
            sources_sha256: hexadecimal(&hash.finalize()),
            pages: report.pages.iter().map(|page| self.page(page)).collect(),
            titles: first(&report.titles),
            titles_in_all: report.titles.len(),
            site_pairs,
            site_pairs_in_all: report.site_pairs.len(),
            templates: templates.map_while(|template| TemplateItem::new(template, &mut room)).collect(),
            templates_in_all: report.templates.len(),
            recovery: report.recovery.as_ref(),
            audit: report.audit.as_ref().map(Recall::new),
            boilerplate: first(&report.boilerplate),
            boilerplate_in_all: report.boilerplate.len(),
            problems: first(&report.problems).iter().map(|problem| self.problem(problem)).collect(),
            problems_in_all: report.problems.len(),
            sites: &self.sites,
            left_out: thin,
            clusters: report.clusters.iter().map(|cluster| self.row(cluster, thin)).collect(),
            related: self.related.iter().map(|row| pair(row)).collect(),
            related_in_all: report.related.len(),
            related_by: report.related.iter().fold(BTreeMap::new(), |mut counts, row| {
                *counts.entry(&*row.relation).or_default() += 1;
                counts
            }),
            others: self.others.iter().map(|other| self.document(other, other, 0, thin)).collect(),
            story: self
                .is_story
                .then(|| report.texts.iter().map(|(id, text)| (&**id, sha256(text))).collect()),
        }
    }

    /// A path as the page shows it.
    fn local<'p>(&self, path: &'p str) -> &'p str {
        if self.root.is_empty() { path } else { path.strip_prefix(&*self.root).unwrap_or(path) }
    }

    fn settings(&self) -> super::Settings {
        let against = self.report.settings.against.iter().map(|path| self.local(path).to_owned()).collect();
        super::Settings { against, ..self.report.settings.clone() }
    }

    fn source(&self, source: &SourceRow) -> SourceRow {
        SourceRow { path: self.local(&source.path).to_owned(), ..source.clone() }
    }

    fn page<'p>(&self, page: &'p super::PageRow) -> Cow<'p, super::PageRow> {
        let path = self.local(&page.path);
        if path.len() == page.path.len() {
            return Cow::Borrowed(page);
        }
        Cow::Owned(super::PageRow { path: path.to_owned(), ..page.clone() })
    }

    fn problem(&self, problem: &super::ProblemRow) -> super::ProblemRow {
        let reason = match &*self.root {
            "" => problem.reason.clone(),
            root => problem.reason.replace(root, ""),
        };
        super::ProblemRow { path: self.local(&problem.path).to_owned(), reason, ..problem.clone() }
    }

    fn row(&self, cluster: &'a ClusterRow, thin: Thin) -> ClusterItem<'_> {
        let shown = thin.copies.map_or(usize::MAX, |copies| 1 + copies);
        let representative = &cluster.representative;
        let lead = cluster.lead();
        let mut documents: Vec<&MemberRow> = cluster.documents().take(shown).collect();
        // Of a cluster that is cut the lead is shown too.
        let place =
            documents.iter().position(|document| std::ptr::eq(*document, lead)).unwrap_or_else(|| {
                documents.push(lead);
                documents.len() - 1
            });
        let documents = documents.into_iter().enumerate();
        let rows = documents.map(|(place, document)| self.document(document, representative, place, thin));
        ClusterItem(
            &cluster.id,
            cluster.members.len() + 1,
            rows.collect(),
            &cluster.touches,
            cluster.origin.as_ref(),
            place,
        )
    }

    fn document(
        &self,
        row: &'a MemberRow,
        first: &'a MemberRow,
        place: usize,
        thin: Thin,
    ) -> DocumentItem<'a> {
        let is_copy = place > 0;
        let site = self.number_of.get(&*row.site).copied().unwrap_or_default();
        let title = match (row.title.as_deref(), row.opening.as_deref()) {
            (None, None) => ItemCell::None,
            title if is_copy && title == (first.title.as_deref(), first.opening.as_deref()) => {
                ItemCell::Number(0)
            }
            _ if is_copy && thin.titles => ItemCell::None,
            (None, Some(opening)) => ItemCell::Opening([opening]),
            (title, _) => ItemCell::text(title),
        };
        let relation = row.relation.as_deref().map(|relation| {
            let number = RELATIONS.iter().position(|&known| known == relation);
            number.map_or(ItemCell::Text(relation), |number| ItemCell::Number(number as u64))
        });
        let measures = match [row.score, row.jaccard, row.containment].map(|measure| measure.map(rounded)) {
            [None, None, None] => ItemCell::None,
            [Some(1.0), Some(1.0), Some(1.0)] => ItemCell::Number(1),
            measures => ItemCell::Measures(measures),
        };
        let mut cells = vec![
            ItemCell::Text(&row.id),
            ItemCell::Number(site as u64),
            title,
            ItemCell::text(row.date.as_deref()),
            ItemCell::Number(row.tokens.into()),
            ItemCell::Number(row.bytes.into()),
            relation.unwrap_or(ItemCell::None),
            measures,
            row.parent.as_ref().filter(|_| !thin.titles).map_or(ItemCell::None, ItemCell::parent),
        ];
        if !(is_copy && thin.addresses) {
            cells.extend([
                ItemCell::text(row.url.as_deref()),
                ItemCell::text(row.canonical_url.as_deref()),
                ItemCell::Text(self.local(&row.path)),
                row.record.map_or(ItemCell::None, |record| ItemCell::Number(record.into())),
            ]);
        }
        DocumentItem(cells)
    }

    /// Texts and excerpts by id, as an escaped object of at most `room` bytes, but for a page's own.
    fn evidence(&self, room: usize) -> io::Result<String> {
        let mut held = TextsHeld { room, out: String::from("{"), ids: HashSet::new() };
        let documents = self.report.clusters.iter().flat_map(ClusterRow::documents);
        let repeating: HashSet<&str> = self.report.pages.iter().map(|page| &*page.id).collect();
        let spans: HashMap<&str, &[Span]> = documents
            .filter(|document| repeating.contains(&*document.id))
            .map(|document| (&*document.id, &*document.spans))
            .collect();
        let others = self.report.pages.iter().filter(|page| !self.report.visible.contains_key(&page.id));
        for page in others {
            if let Some(text) = self.text(&page.id).filter(|text| held.out.len() + text.len() < room / PAGES)
            {
                held.add(&page.id, Some(text), &[], spans.get(&*page.id).copied().unwrap_or_default())?;
            }
        }
        let end = held.out.len() + room / OTHERS;
        for other in &self.others {
            let text = self.text(&other.id).filter(|text| held.out.len() + text.len() < end);
            let size: usize = other.excerpts.iter().map(|piece| piece.text.len()).sum();
            if text.is_some() || held.out.len() + size < end {
                held.add(&other.id, text, &other.excerpts, &[])?;
            }
        }
        // Those of pairs whose documents are in clusters: shown side by side they are nothing without text.
        let paired: HashSet<&str> = self.related.iter().flat_map(|pair| [&*pair.a, &*pair.b]).collect();
        let documents = self.report.clusters.iter().flat_map(ClusterRow::documents);
        for row in documents.filter(|document| paired.contains(&*document.id)) {
            let text = self.text(&row.id).filter(|text| held.out.len() + text.len() < end);
            let size: usize = row.excerpts.iter().map(|piece| piece.text.len()).sum();
            if text.is_some() || held.out.len() + size < end {
                held.add(&row.id, text, &row.excerpts, &row.spans)?;
            }
        }
        let mut failed = 0;
        for (cluster, place) in ordered(self.report, usize::MAX, room / TOP_SHARE) {
            let Some(row) = document(&self.report.clusters[cluster], place) else { continue };
            let text = self.text(&row.id);
            let is_shown = text.is_some() && held.add(&row.id, text, &[], &row.spans)?;
            let has_pieces = !row.excerpts.is_empty() || !row.spans.is_empty();
            if !is_shown && has_pieces && !held.add(&row.id, None, &row.excerpts, &row.spans)? {
                failed += 1;
                if failed == FULL {
                    break;
                }
            }
        }
        held.out.push('}');
        Ok(held.out)
    }

    /// What is visible of HTML pages that repeat something, by id, as an escaped object of at most `room` bytes.
    fn visible(&self, room: usize) -> io::Result<String> {
        let mut held = TextsHeld { room, out: String::from("{"), ids: HashSet::new() };
        for page in &self.report.pages {
            let text = self.report.visible.get(&page.id).filter(|text| text.len() <= TEXT);
            if let Some(text) = text.filter(|text| held.out.len() + text.len() < room) {
                held.put(&page.id, &serde_json::to_string(text)?)?;
            }
        }
        held.out.push('}');
        Ok(held.out)
    }

    fn text(&self, id: &str) -> Option<&'a str> {
        self.report.texts.get(id).map(|text| &**text).filter(|text| text.len() <= TEXT)
    }
}

/// What the page has of texts so far.
struct TextsHeld<'a> {
    room: usize,
    out: String,
    ids: HashSet<&'a str>,
}

impl<'a> TextsHeld<'a> {
    /// Adds a document unless it is there already; false where it does not fit.
    fn add(
        &mut self,
        id: &'a str,
        t: Option<&str>,
        pieces: &[ExcerptRow],
        spans: &[Span],
    ) -> io::Result<bool> {
        if self.ids.contains(id) {
            return Ok(true);
        }
        let e =
            t.is_none().then(|| pieces.iter().map(|ExcerptRow { start, text }| (*start, &**text)).collect());
        let evidence = EvidenceItem { t, e, s: spans.iter().map(marked).collect() };
        self.put(id, &serde_json::to_string(&evidence)?)
    }

    /// Adds what is json of a document; false where it does not fit.
    fn put(&mut self, id: &'a str, json: &str) -> io::Result<bool> {
        let entry = escaped(&format!("{}:{json}", serde_json::to_string(id)?));
        if self.out.len() + entry.len() + 2 > self.room {
            return Ok(false);
        }
        if self.out.len() > 1 {
            self.out.push(',');
        }
        self.out.push_str(&entry);
        self.ids.insert(id);
        Ok(true)
    }
}

/// So many related pairs, of each relation alike as far as it has some, of each those of the highest scores. Shared passages come
/// first: nothing else of the page tells of them.
fn of_each_relation(rows: &[RelatedRow], most: usize) -> Vec<&RelatedRow> {
    let mut by_relation: BTreeMap<(bool, &str), Vec<&RelatedRow>> = BTreeMap::new();
    for row in rows {
        by_relation.entry((row.relation != "partial", &row.relation)).or_default().push(row);
    }
    // What the smaller ones leave goes to the larger.
    let mut sizes: Vec<usize> = by_relation.values().map(Vec::len).collect();
    sizes.sort_unstable();
    let (mut left, mut share) = (most, 0);
    for (place, size) in sizes.iter().enumerate() {
        share = left / (sizes.len() - place);
        left -= share.min(*size);
    }
    by_relation.into_values().flat_map(|rows| rows.into_iter().take(share)).collect()
}

/// The folder, with a slash at its end, that all files with absolute paths are in; empty where there are none.
fn common_folder(report: &Report) -> String {
    let sources = report.sources.iter().map(|source| &*source.path);
    let documents = report.clusters.iter().flat_map(ClusterRow::documents).map(|document| &*document.path);
    let pages = report.pages.iter().map(|page| &*page.path);
    let problems = report.problems.iter().map(|problem| &*problem.path);
    let mut common: Option<&str> = None;
    for path in sources.chain(documents).chain(pages).chain(problems).filter(|path| path.starts_with('/')) {
        let folder = &path[..path.rfind('/').map_or(0, |slash| slash + 1)];
        let shared = common.map_or(folder.len(), |common| {
            let same = common.bytes().zip(folder.bytes()).take_while(|(a, b)| a == b).count();
            folder.as_bytes()[..same].iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1)
        });
        common = Some(&folder[..shared]);
    }
    common.unwrap_or_default().to_owned()
}

fn sha256(text: &str) -> String {
    hexadecimal(&Sha256::digest(text))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn first<T>(rows: &[T]) -> &[T] {
    &rows[..rows.len().min(ROWS)]
}

fn pair(row: &RelatedRow) -> PairItem<'_> {
    let measures = [row.score, row.jaccard, row.containment].map(rounded);
    PairItem(&row.a, &row.b, &row.relation, measures, row.spans.iter().map(marked).collect())
}

fn marked(row: &Span) -> Marked {
    Marked(row.a[0], row.a[1], row.b[0], row.b[1], row.tokens, rounded(row.identity))
}

/// Four decimals: what a page shows of a measure, and more.
fn rounded(measure: f64) -> f64 {
    (measure * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::FieldNames;
    use crate::options::Policy;
    use crate::recipe::Recipe;
    use crate::report::{Accounting, SCHEMA_VERSION, Settings};

    #[test]
    fn nothing_ends_a_script_element() {
        let text = "</script><!-- & \u{2028}\u{2029} <img onerror=x>";
        let json = escaped(&serde_json::to_string(text).expect("a string"));
        assert!(!json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
        assert_eq!(serde_json::from_str::<String>(&json).expect("still JSON"), text);
    }

    #[test]
    fn the_largest_stories_have_all_their_texts_before_others_have_two() {
        let member = |id: String| MemberRow { id, bytes: 1000, ..MemberRow::default() };
        let cluster = |number: usize, copies: usize| ClusterRow {
            id: number.to_string(),
            lead: String::new(),
            representative: member(format!("{number}")),
            members: (0..copies).map(|copy| member(format!("{number}-{copy}"))).collect(),
            origin: None,
            touches: Vec::new(),
        };
        let settings = Settings::new(Recipe::default(), &Policy::default(), &FieldNames::default(), &[]);
        let mut report = Report::empty(SCHEMA_VERSION, settings, Accounting::default());
        report.clusters = (0..200).map(|number| cluster(number, if number == 0 { 11 } else { 1 })).collect();
        let chosen = rounds(&report, 100_000);
        let first: HashSet<(usize, usize)> = chosen.iter().take(12).copied().collect();
        assert_eq!(first, (0..12).map(|place| (0, place)).collect());
        // The top has a quarter of the room, and the rest goes round.
        let documents: HashSet<(usize, usize)> = chosen.iter().copied().collect();
        assert!((90..=100).contains(&documents.len()), "{}", documents.len());
        assert!((1..40).all(|cluster| documents.contains(&(cluster, 1))));
    }

    #[test]
    fn the_template_has_every_part_once_and_in_order() {
        let names = ["{{SCRIPT_HASH}}", "{{STYLE_HASH}}", "{{STYLE}}", "{{DATA}}", "{{SCRIPT}}"];
        let found: Vec<&str> = PAGE
            .match_indices("{{")
            .map(|(at, _)| PAGE[at..].split_inclusive("}}").next().unwrap_or_default())
            .collect();
        assert_eq!(found, names);
    }
}
