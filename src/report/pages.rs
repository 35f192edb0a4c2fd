//! What stands more than once within pages, for people (a screen a page at most), as csv and as SARIF. Pages come one by one.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::csv::quoted;
use super::terminal::{Look, clipped, named};
use super::{FaultRow, PageRow, PlaceRow, RepeatRow};
use crate::printable::printable;

/// Repeats of one page that are shown where not all are wanted: with the line of their places, a screen.
const SHOWN: usize = 9;

/// Places of one repeat that are named, at most.
const PLACES: usize = 8;

/// Bytes of a repeated text in a message, at most.
const MESSAGE: usize = 200;

/// What a place is in words.
fn role(name: &str) -> &str {
    match name {
        "body" => "text",
        "aside" => "sidebar",
        "self" => "link to this page",
        name => name,
    }
}

/// In what form it has the headline, in words; nothing where it is the same.
fn form(name: &str) -> &'static str {
    match name {
        "labelled" => " behind a label",
        "sited" => " beside a site's name",
        "cut" => " cut short",
        _ => "",
    }
}

/// What is wrong, in words.
fn fault(row: &FaultRow) -> String {
    let quoted: Vec<String> = row.texts.iter().map(|text| format!("\"{text}\"")).collect();
    let texts = quoted.join(", ");
    let pages = row.pages.unwrap_or_default();
    match &*row.kind {
        "no-title" => "it has no title".to_owned(),
        "titles-differ" => format!("its titles differ: {texts}"),
        "several-headlines" => format!("{} first headings: {texts}", row.texts.len()),
        "description-is-title" => format!("its description is its title: {texts}"),
        "title-shared" => format!("{pages} pages of the site have this title: {texts}"),
        "description-shared" => format!("{pages} pages of the site have this description: {texts}"),
        kind => format!("{kind}: {texts}"),
    }
}

/// A text on one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// "headline, line 214; teaser cut short, line 871".
pub(super) fn places(repeat: &RepeatRow) -> String {
    let place = |place: &PlaceRow| format!("{}{}, line {}", role(&place.role), form(&place.form), place.line);
    let mut said: Vec<String> = repeat.places.iter().take(PLACES).map(place).collect();
    if repeat.places.len() > PLACES {
        said.push(format!("{} more", repeat.places.len() - PLACES));
    }
    said.join("; ")
}

/// A page for people: nothing of one that repeats nothing and has no fault. Furniture and similar paragraphs are told where all is
/// wanted. One screen at most, unless all is wanted.
pub fn page_summary(page: &PageRow, Look { all, width }: Look) -> String {
    let mut out = String::new();
    let told: Vec<&RepeatRow> = page.repeats.iter().filter(|repeat| all || !repeat.furniture).collect();
    if told.is_empty() && page.faults.is_empty() {
        return out;
    }
    let most = if all { usize::MAX } else { SHOWN };
    // Writing to a string does not fail.
    let _ = writeln!(out, "{}", named(&page.id));
    for repeat in told.iter().take(most) {
        let count = match &*repeat.kind {
            "similar" => "similar paragraphs".to_owned(),
            kind => {
                format!("{kind} {} times{}", repeat.count, if repeat.furniture { ", furniture" } else { "" })
            }
        };
        let room = width.saturating_sub(count.len() + 4);
        let _ = writeln!(out, "  {count}: {}", clipped(&one_line(&repeat.text), room));
        let _ = writeln!(out, "      {}", clipped(&printable(&places(repeat)), width.saturating_sub(6)));
    }
    if told.len() > most {
        let _ = writeln!(out, "  and {} more; --all shows them", told.len() - most);
    }
    for row in page.faults.iter().take(most) {
        let _ = writeln!(out, "  {}", clipped(&one_line(&fault(row)), width.saturating_sub(2)));
    }
    out
}

/// The header of the pages' csv.
pub const PAGES_CSV: &str = "id,path,what,count,furniture,line,places,text";

/// A line for each repeat and each fault of a page, as RFC 4180 has it.
///
/// # Errors
/// Those of `out`.
pub fn write_page_csv(page: &PageRow, out: &mut dyn Write) -> io::Result<()> {
    for repeat in &page.repeats {
        writeln!(
            out,
            "{},{},{},{},{},{},{},{}",
            quoted(&page.id),
            quoted(&page.path),
            repeat.kind,
            repeat.count,
            if repeat.furniture { "yes" } else { "" },
            repeat.places.first().map_or(0, |place| place.line),
            quoted(&places(repeat)),
            quoted(&one_line(&repeat.text)),
        )?;
    }
    for row in &page.faults {
        writeln!(
            out,
            "{},{},{},{},,,,{}",
            quoted(&page.id),
            quoted(&page.path),
            row.kind,
            row.count(),
            quoted(&row.text())
        )?;
    }
    Ok(())
}

/// Rules of the SARIF report, each with what it says.
const RULES: [(&str, &str); 12] = [
    ("block", "Several parts of the page stand more than once in one order."),
    ("title", "The page's headline stands more than once."),
    ("heading", "A heading stands more than once."),
    ("paragraph", "A paragraph stands more than once."),
    ("line", "A line stands more than once."),
    ("similar", "Two paragraphs are nearly equal."),
    ("no-title", "The page has no title."),
    ("titles-differ", "The title, og:title and headline of the page are not one title."),
    ("several-headlines", "The page has several first headings."),
    ("description-is-title", "The page's description is its title."),
    ("title-shared", "Other pages of the site have the same title."),
    ("description-shared", "Other pages of the site have the same description."),
];

/// What a SARIF report begins with; the mark by which we know our own stands first.
pub const SARIF: &str = "{\"properties\":{\"tags\":[\"wirecopy\"]},\"version\":\"2.1.0\",";

/// Writes SARIF, a page at a time.
#[derive(Debug)]
pub struct SarifWriter<W: Write> {
    out: W,
    has_results: bool,
}

impl<W: Write> SarifWriter<W> {
    /// Begins a report.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(mut out: W) -> io::Result<SarifWriter<W>> {
        let rule = |(id, says): &(&str, &str)| json!({"id": id, "shortDescription": {"text": says}});
        let driver = json!({
            "name": "wirecopy",
            "version": env!("CARGO_PKG_VERSION"),
            "rules": RULES.iter().map(rule).collect::<Vec<_>>(),
        });
        write!(
            out,
            "{SARIF}\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"runs\":[{{\"tool\":{{\"driver\":{driver}}},\
             \"columnKind\":\"unicodeCodePoints\",\"results\":["
        )?;
        Ok(SarifWriter { out, has_results: false })
    }

    /// Writes what a page repeats and what is wrong with it: a warning each, furniture and similar paragraphs a note.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn page(&mut self, page: &PageRow) -> io::Result<()> {
        for repeat in &page.repeats {
            let location = |place: &PlaceRow| {
                json!({
                    "physicalLocation": {
                        "artifactLocation": {"uri": uri(&page.path)},
                        "region": {"startLine": place.line.max(1), "startColumn": place.column.max(1)},
                    },
                    "message": {"text": format!("{}{}", role(&place.role), form(&place.form))},
                })
            };
            let end = repeat.text.floor_char_boundary(MESSAGE);
            let said =
                format!("{} stands {} times: {}", repeat.kind, repeat.count, one_line(&repeat.text[..end]));
            // The first is where it belongs; the next is one too many.
            let (first, others) = match repeat.places.split_first() {
                Some((first, [second, rest @ ..])) => (Some(second), [std::slice::from_ref(first), rest]),
                _ => (repeat.places.first(), [&[][..], &[]]),
            };
            self.result(json!({
                "ruleId": repeat.kind,
                "level": if repeat.is_own() { "warning" } else { "note" },
                "message": {"text": said},
                "locations": first.map(location).into_iter().collect::<Vec<_>>(),
                "relatedLocations": others.into_iter().flatten().map(location).collect::<Vec<_>>(),
            }))?;
        }
        for row in &page.faults {
            let location = json!({"physicalLocation": {"artifactLocation": {"uri": uri(&page.path)},
                "region": {"startLine": 1, "startColumn": 1}}});
            self.result(json!({
                "ruleId": row.kind,
                "level": "warning",
                "message": {"text": one_line(&fault(row))},
                "locations": [location],
            }))?;
        }
        Ok(())
    }

    fn result(&mut self, result: Value) -> io::Result<()> {
        let comma = if std::mem::replace(&mut self.has_results, true) { "," } else { "" };
        write!(self.out, "{comma}\n{result}")
    }

    /// Ends the report.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<()> {
        writeln!(self.out, "\n]}}]}}")
    }
}

/// A path as SARIF has it: relative, or absolute with its scheme.
fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_an_address_of_a_file() {
        assert_eq!(uri("site/a b.html"), "site/a%20b.html");
        assert_eq!(uri("/srv/\u{e9}.html"), "file:///srv/%C3%A9.html");
    }
}
