//! The `sarif` report: what editors and code hosts show beside the file that it is about. Pages and stories come one by one.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::alerts::{Alerts, LISTED, StoryAlert};
use super::pages::{fault, form, one_line, role, told};
use super::{MemberRow, PageRow, PlaceRow};
use crate::output::marks::SARIF;
use crate::printable::printable;

/// Rules of the SARIF report, each with what it says.
const RULES: [(&str, &str); 13] = [
    ("duplicate", "Several documents are one story."),
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
                    "message": {"text": message(&format!("{}{}", role(&place.role), form(&place.form)))},
                })
            };
            // The first is where it belongs; the next is one too many.
            let (first, others) = match repeat.places.split_first() {
                Some((first, [second, rest @ ..])) => (Some(second), [std::slice::from_ref(first), rest]),
                _ => (repeat.places.first(), [&[][..], &[]]),
            };
            self.result(json!({
                "ruleId": repeat.kind,
                "level": if repeat.is_own() { "warning" } else { "note" },
                "message": {"text": message(&told(repeat))},
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
                "message": {"text": message(&fault(row))},
                "locations": [location],
            }))?;
        }
        Ok(())
    }

    /// Writes a story that is there more than once, at the document that is one too many.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn story(&mut self, alert: &StoryAlert<'_>) -> io::Result<()> {
        let location = |document: &MemberRow| {
            json!({
                "physicalLocation": {
                    "artifactLocation": {"uri": uri(&document.path)},
                    "region": {"startLine": 1, "startColumn": 1},
                },
                "message": {"text": message(&alert.document(document))},
            })
        };
        self.result(json!({
            "ruleId": "duplicate",
            "level": "warning",
            "message": {"text": message(&alert.told())},
            "locations": [location(alert.copy())],
            "relatedLocations": alert.others().take(LISTED).map(location).collect::<Vec<_>>(),
            // By these a service knows the story again, wherever its documents stand; the second is the one that GitHub asks.
            "partialFingerprints": {"story/v1": alert.cluster.id, "primaryLocationLineHash": alert.cluster.id},
        }))
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

/// Writes what a report tells of stories and pages.
///
/// # Errors
/// Those of `out`.
pub fn write_sarif(alerts: &Alerts<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut sarif = SarifWriter::new(out)?;
    alerts.stories.iter().try_for_each(|story| sarif.story(story))?;
    alerts.pages.iter().try_for_each(|page| sarif.page(page))?;
    sarif.finish()
}

/// A text as SARIF's messages have it, on one line: no placeholder (section 3.11.5 of the standard), no link (3.11.6), and nothing that
/// hides.
fn message(text: &str) -> String {
    one_line(&printable(text)).replace('{', "{{").replace('}', "}}").replace("](", "] (")
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
    fn a_message_is_text_and_nothing_else() {
        assert_eq!(message("a {0} [b](https://c)\u{202e}\nd [e]"), "a {{0}} [b] (https://c) d [e]");
    }

    #[test]
    fn a_path_is_an_address_of_a_file() {
        assert_eq!(uri("site/a b.html"), "site/a%20b.html");
        assert_eq!(uri("/srv/\u{e9}.html"), "file:///srv/%C3%A9.html");
    }
}
