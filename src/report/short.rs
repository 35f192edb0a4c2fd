//! A report whose names and passages have lengths that a page has room for: an id of a document may be a megabyte.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_64;

use super::{MemberRow, Report};

/// Bytes of a name, at most: an id, a title, an address, a path. Those that people and programs make are shorter.
pub const NAME: usize = 1_000;

/// The same where there are so many that a page has no room for them.
pub const SHORT_NAME: usize = 100;

/// How many times as long a passage may be that repeats, or is boilerplate, or a reason; texts have limits of their own.
const PASSAGE: usize = 10;

/// Members whose strings are passages, and those whose strings are left as they are.
const PASSAGES: [&str; 2] = ["text", "reason"];
const WHOLE: [&str; 3] = ["excerpts", "skeleton", "values"];

/// The report with long names and passages cut; none where nothing is long. Equal names stay equal and others differ, since
/// a cut one ends in the hash of all of it.
pub(super) fn shortened(report: &Report, most: usize) -> io::Result<Option<Report>> {
    if !has_long(report, most) {
        return Ok(None);
    }
    let value = cut(serde_json::to_value(report.without_texts())?, most, most);
    let short: Report = serde_json::from_value(value)?;
    let named = |texts: &BTreeMap<String, String>| -> BTreeMap<String, String> {
        texts.iter().map(|(id, text)| (name(id, most).into_owned(), text.clone())).collect()
    };
    Ok(Some(Report { texts: named(&report.texts), visible: named(&report.visible), ..short }))
}

/// Whether something is longer than it may be, wherever a report has text of documents.
fn has_long(report: &Report, most: usize) -> bool {
    let long = |name: &str| name.len() > most;
    let long_passage = |text: &str| text.len() > PASSAGE * most;
    let long_in = |name: &Option<String>| name.as_deref().is_some_and(long);
    let document = |row: &MemberRow| {
        let parent = row.parent.as_ref().is_some_and(|parent| long(&parent.id));
        let names = [&row.id, &row.site, &row.path].into_iter().any(|name| long(name));
        names || parent || [&row.title, &row.url, &row.canonical_url, &row.date].into_iter().any(long_in)
    };
    let mut documents = report.clusters.iter().flat_map(|cluster| cluster.documents()).chain(&report.others);
    documents.any(document)
        || report
            .pages
            .iter()
            .any(|page| long(&page.id) || page.repeats.iter().any(|repeat| long_passage(&repeat.text)))
        || report
            .titles
            .iter()
            .any(|row| long(&row.title) || long(&row.site) || row.documents.iter().any(|id| long(id)))
        || report.clusters.iter().any(|cluster| {
            let origin = cluster.origin.as_ref();
            origin.is_some_and(|origin| long(&origin.id) || long_in(&origin.outside))
                || cluster.touches.iter().any(|touch| long(&touch.id))
        })
        || report.related.iter().any(|pair| long(&pair.a) || long(&pair.b))
        || report.site_pairs.iter().any(|pair| long(&pair.carrier) || long(&pair.source))
        || report.accounting.sites.iter().any(|site| long(&site.site))
        || report.accounting.skipped.keys().any(|extension| long(extension))
        || report.sources.iter().any(|source| long(&source.path))
        || report.boilerplate.iter().any(|row| long(&row.source) || long_passage(&row.text))
        || report.templates.iter().any(|template| template.documents.iter().any(|id| long(id)))
        || report.problems.iter().any(|problem| long(&problem.path) || long_passage(&problem.reason))
        || report.audit.iter().any(|audit| audit.missed.iter().any(|pair| long(&pair.a) || long(&pair.b)))
}

/// A value whose strings have `own` bytes at most, and those of names within it `most`.
fn cut(value: Value, own: usize, most: usize) -> Value {
    match value {
        Value::String(text) => Value::String(name(&text, own).into_owned()),
        Value::Array(values) => values.into_iter().map(|value| cut(value, own, most)).collect(),
        Value::Object(members) => {
            let member = |(key, value): (String, Value)| {
                let value = match &*key {
                    key if WHOLE.contains(&key) => value,
                    key if PASSAGES.contains(&key) => cut(value, PASSAGE * most, most),
                    _ => cut(value, most, most),
                };
                (name(&key, most).into_owned(), value)
            };
            Value::Object(members.into_iter().map(member).collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// A name of at most so many bytes, and some for what tells it from others.
fn name(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(most);
    Cow::Owned(format!("{}\u{2026} ({:016x})", &text[..end], xxh3_64(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_and_stay_different() {
        let (a, b) = ("x".repeat(5_000), format!("{}y", "x".repeat(4_999)));
        assert_eq!(name("short", NAME), "short");
        assert!(name(&a, NAME).len() < NAME + 30 && name(&a, NAME) != name(&b, NAME));
        assert!(name(&"\u{e9}".repeat(600), NAME).starts_with("\u{e9}"));
    }
}
