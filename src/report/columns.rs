//! The columns of tables: one description for each, of which the Parquet report and Arrow batches are made.
//!
//! Columns have a type and may be null; what the csv report leaves empty is null.

use super::{ClusterRow, DocumentRow, FaultRow, MemberRow, PageRow, PairRow, PlaceRow, RepeatRow, Span};

/// A table: its name, and its columns in order.
pub(super) struct Columns<R> {
    pub name: &'static str,
    pub columns: Vec<Column<R>>,
}

/// A column: its name, and what a row has in it.
pub(super) struct Column<R> {
    pub name: &'static str,
    pub cell: Cell<R>,
}

pub(super) enum Cell<R> {
    Text(fn(&R) -> Option<&str>),
    Number(fn(&R) -> Option<f64>),
    Count(fn(&R) -> Option<i64>),
    Flag(fn(&R) -> Option<bool>),
    Spans(fn(&R) -> Option<&[Span]>),
    Places(fn(&R) -> Option<&[PlaceRow]>),
}

/// A field of what a list holds. None of them is null.
pub(super) struct Part<E: 'static> {
    pub name: &'static str,
    pub value: PartOf<E>,
}

pub(super) enum PartOf<E: 'static> {
    Text(fn(&E) -> &str),
    Number(fn(&E) -> f64),
    Count(fn(&E) -> i64),
}

/// The fields of a span.
pub(super) const SPAN: [Part<Span>; 6] = [
    Part { name: "a_start", value: PartOf::Count(|span| span.a[0] as i64) },
    Part { name: "a_end", value: PartOf::Count(|span| span.a[1] as i64) },
    Part { name: "b_start", value: PartOf::Count(|span| span.b[0] as i64) },
    Part { name: "b_end", value: PartOf::Count(|span| span.b[1] as i64) },
    Part { name: "tokens", value: PartOf::Count(|span| i64::from(span.tokens)) },
    Part { name: "identity", value: PartOf::Number(|span| span.identity) },
];

/// The fields of a place.
pub(super) const PLACE: [Part<PlaceRow>; 7] = [
    Part { name: "start", value: PartOf::Count(|place| place.start as i64) },
    Part { name: "end", value: PartOf::Count(|place| place.end as i64) },
    Part { name: "role", value: PartOf::Text(|place| &place.role) },
    Part { name: "as", value: PartOf::Text(|place| &place.form) },
    Part { name: "line", value: PartOf::Count(|place| i64::from(place.line)) },
    Part { name: "column", value: PartOf::Count(|place| i64::from(place.column)) },
    Part { name: "path", value: PartOf::Text(|place| &place.path) },
];

fn column<R>(name: &'static str, cell: Cell<R>) -> Column<R> {
    Column { name, cell }
}

/// A row for every document: the columns of the `csv` report.
pub(super) fn documents() -> Columns<DocumentRow> {
    let columns = vec![
        column("id", Cell::Text(|row: &DocumentRow| Some(&row.id))),
        column("cluster", Cell::Text(|row| filled(&row.cluster))),
        column("relation", Cell::Text(|row| filled(row.relation))),
        column("representative", Cell::Text(|row| filled(&row.representative))),
        column("lead", Cell::Text(|row| row.is_lead.then_some("yes"))),
        column("title", Cell::Text(|row| filled(&row.title))),
        column("url", Cell::Text(|row| filled(&row.url))),
        column("site", Cell::Text(|row| filled(&row.site))),
        column("date", Cell::Text(|row| filled(&row.date))),
        column("path", Cell::Text(|row| filled(&row.path))),
        column("jaccard", Cell::Number(|row| row.measures.map(|[jaccard, ..]| jaccard))),
        column("containment", Cell::Number(|row| row.measures.map(|[_, containment, _]| containment))),
        column("score", Cell::Number(|row| row.measures.map(|[.., score]| score))),
        column("origin", Cell::Text(|row| filled(&row.origin))),
        column("parent", Cell::Text(|row| filled(&row.parent))),
        column("repeats", Cell::Count(|row| Some(row.repeats as i64))),
    ];
    Columns { name: "documents", columns }
}

/// A row for every pair: the members of the `pairs` report.
pub(super) fn pairs<'a>() -> Columns<PairRow<'a>> {
    let columns = vec![
        column("a", Cell::Text(|row: &PairRow<'_>| Some(row.a))),
        column("b", Cell::Text(|row| Some(row.b))),
        column("relation", Cell::Text(|row| Some(row.relation))),
        column("inner", Cell::Text(|row| row.inner)),
        column("same_site", Cell::Flag(|row| Some(row.same_site))),
        column("jaccard", Cell::Number(|row| Some(row.jaccard))),
        column("containment_a_in_b", Cell::Number(|row| Some(row.containment_a_in_b))),
        column("containment_b_in_a", Cell::Number(|row| Some(row.containment_b_in_a))),
        column("score", Cell::Number(|row| Some(row.score))),
        column("coverage_a", Cell::Number(|row| row.coverage_a)),
        column("coverage_b", Cell::Number(|row| row.coverage_b)),
        column("identity", Cell::Number(|row| row.identity)),
        column("indexed", Cell::Text(|row| row.indexed)),
        column("spans", Cell::Spans(|row| row.spans)),
    ];
    Columns { name: "pairs", columns }
}

/// A document in a cluster.
pub(super) type MemberOf<'a> = (&'a ClusterRow, &'a MemberRow);

/// A row for every document in a cluster, the lead first: the `json` report's members, without their passages.
pub(super) fn clusters<'a>() -> Columns<MemberOf<'a>> {
    let columns = vec![
        column("cluster", Cell::Text(|(cluster, _): &MemberOf<'_>| Some(&cluster.id))),
        column("representative", Cell::Text(|(cluster, _)| Some(&cluster.representative.id))),
        column("lead", Cell::Text(|(cluster, _)| Some(&cluster.lead().id))),
        column("id", Cell::Text(|(_, member)| Some(&member.id))),
        column("title", Cell::Text(|(_, member)| member.title.as_deref())),
        column("url", Cell::Text(|(_, member)| member.url.as_deref())),
        column("canonical_url", Cell::Text(|(_, member)| member.canonical_url.as_deref())),
        column("date", Cell::Text(|(_, member)| member.date.as_deref())),
        column("site", Cell::Text(|(_, member)| filled(&member.site))),
        column("path", Cell::Text(|(_, member)| filled(&member.path))),
        column("record", Cell::Count(|(_, member)| member.record.map(i64::from))),
        column("tokens", Cell::Count(|(_, member)| Some(i64::from(member.tokens)))),
        column("relation", Cell::Text(|(_, member)| member.relation.as_deref())),
        column("jaccard", Cell::Number(|(_, member)| member.jaccard)),
        column("containment", Cell::Number(|(_, member)| member.containment)),
        column("score", Cell::Number(|(_, member)| member.score)),
        column("origin", Cell::Text(|(cluster, _)| cluster.origin.as_ref().map(|origin| &*origin.id))),
        column(
            "origin_order",
            Cell::Text(|(cluster, _)| cluster.origin.as_ref().map(|origin| &*origin.order)),
        ),
        column("origin_confidence", Cell::Number(|(cluster, _)| Some(cluster.origin.as_ref()?.confidence))),
        column("parent", Cell::Text(|(_, member)| member.parent.as_ref().map(|parent| &*parent.id))),
        column("parent_way", Cell::Text(|(_, member)| member.parent.as_ref().map(|parent| &*parent.way))),
        column("parent_lag", Cell::Count(|(_, member)| member.parent.as_ref()?.lag)),
        column("parent_lag_days", Cell::Count(|(_, member)| member.parent.as_ref()?.lag_days)),
        column("parent_verbatim", Cell::Number(|(_, member)| Some(member.parent.as_ref()?.verbatim))),
    ];
    Columns { name: "clusters", columns }
}

/// The rows of clusters.
pub(super) fn members(clusters: &[ClusterRow]) -> impl Iterator<Item = MemberOf<'_>> {
    clusters.iter().flat_map(|cluster| cluster.led().map(move |member| (cluster, member)))
}

/// Something of a page: a repeat, or a fault with its texts in one.
pub(super) struct PageEntry<'a> {
    page: &'a PageRow,
    what: Entry<'a>,
}

enum Entry<'a> {
    Repeat(&'a RepeatRow),
    Fault(&'a FaultRow, String),
}

impl PageEntry<'_> {
    fn repeat(&self) -> Option<&RepeatRow> {
        match self.what {
            Entry::Repeat(repeat) => Some(repeat),
            Entry::Fault(..) => None,
        }
    }

    fn kind(&self) -> &str {
        match self.what {
            Entry::Repeat(repeat) => &repeat.kind,
            Entry::Fault(fault, _) => &fault.kind,
        }
    }

    fn text(&self) -> &str {
        match &self.what {
            Entry::Repeat(repeat) => &repeat.text,
            Entry::Fault(_, text) => text,
        }
    }

    fn count(&self) -> i64 {
        match self.what {
            Entry::Repeat(repeat) => i64::from(repeat.count),
            Entry::Fault(fault, _) => fault.count() as i64,
        }
    }
}

/// A row for every repeat within a page and every fault of its head: the `json` report's `pages`. A fault has neither
/// `furniture` nor `places`.
pub(super) fn pages<'a>() -> Columns<PageEntry<'a>> {
    let columns = vec![
        column("id", Cell::Text(|entry: &PageEntry<'_>| Some(&entry.page.id))),
        column("path", Cell::Text(|entry| filled(&entry.page.path))),
        column("kind", Cell::Text(|entry| Some(entry.kind()))),
        column("text", Cell::Text(|entry| Some(entry.text()))),
        column("count", Cell::Count(|entry| Some(entry.count()))),
        column("furniture", Cell::Flag(|entry| entry.repeat().map(|repeat| repeat.furniture))),
        column("places", Cell::Places(|entry| entry.repeat().map(|repeat| &*repeat.places))),
    ];
    Columns { name: "pages", columns }
}

/// The rows of pages.
pub(super) fn entries<'a>(pages: &'a [PageRow]) -> impl Iterator<Item = PageEntry<'a>> {
    let of = |page: &'a PageRow| {
        let PageRow { repeats, faults, .. } = page;
        let repeats = repeats.iter().map(Entry::Repeat);
        let faults = faults.iter().map(|fault| Entry::Fault(fault, fault.text()));
        repeats.chain(faults).map(move |what| PageEntry { page, what })
    };
    pages.iter().flat_map(of)
}

/// What csv leaves empty is null here.
fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
