//! The `junit` report: what continuous integration lists as tests. Of pages each is a suite, which fails for what it repeats and for
//! what is wrong with its head; stories are one suite. What is only worth a note (furniture, similar paragraphs) is no test.

use std::io::{self, Write};

use quick_xml::escape::escape;

use super::PageRow;
use super::alerts::{Alerts, LISTED, StoryAlert};
use super::pages::{fault, one_line, places, told};
use crate::output::marks::JUNIT;
use crate::printable::printable;

/// Writes JUnit, a page at a time.
#[derive(Debug)]
pub struct JunitWriter<W: Write> {
    out: W,
}

/// A test that failed, or one that did not.
struct Case {
    name: String,
    file: String,
    line: u32,
    failure: Option<Failure>,
}

struct Failure {
    kind: String,
    details: String,
}

impl<W: Write> JunitWriter<W> {
    /// Begins a report.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(mut out: W) -> io::Result<JunitWriter<W>> {
        writeln!(out, "{JUNIT}>")?;
        Ok(JunitWriter { out })
    }

    /// Writes what a page repeats and what is wrong with it, each as a test that failed; a test that did not where there is nothing.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn page(&mut self, page: &PageRow) -> io::Result<()> {
        let case = |name, line, kind: &str, details| Case {
            name,
            file: page.path.clone(),
            line,
            failure: Some(Failure { kind: kind.to_owned(), details }),
        };
        let repeats = page.own_repeats().map(|repeat| {
            // The first is where it belongs; the next is one too many.
            let line = repeat.places.get(1).or(repeat.places.first()).map_or(1, |place| place.line.max(1));
            case(told(repeat), line, &repeat.kind, places(repeat))
        });
        let faults = page.faults.iter().map(|row| case(one_line(&fault(row)), 1, &row.kind, row.text()));
        let cases: Vec<Case> = repeats.chain(faults).collect();
        self.suite(&page.id, "nothing stands more than once", cases.len(), cases.into_iter())
    }

    /// Writes stories that are there more than once, each as a test that failed; a test that did not where there are none.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn stories(&mut self, alerts: &[StoryAlert<'_>]) -> io::Result<()> {
        let case = |alert: &StoryAlert<'_>| {
            let documents = std::iter::once(alert.copy()).chain(alert.others());
            let lines: Vec<String> = documents
                .take(LISTED)
                .map(|document| format!("{} in {}", alert.document(document), document.path))
                .collect();
            Case {
                name: alert.told(),
                file: alert.copy().path.clone(),
                line: 1,
                failure: Some(Failure { kind: "duplicate".to_owned(), details: lines.join("\n") }),
            }
        };
        self.suite("stories", "no story is there more than once", alerts.len(), alerts.iter().map(case))
    }

    /// A suite; where nothing failed, of one test, since what lists tests takes none for a mistake.
    fn suite(
        &mut self,
        name: &str,
        passed: &str,
        failures: usize,
        failed: impl Iterator<Item = Case>,
    ) -> io::Result<()> {
        let passes = || Case { name: passed.to_owned(), file: String::new(), line: 1, failure: None };
        let passes = (failures == 0).then(passes);
        let suite = text(name);
        writeln!(
            self.out,
            r#"<testsuite name="{suite}" tests="{}" failures="{failures}">"#,
            failures.max(1)
        )?;
        for Case { name, file, line, failure } in failed.chain(passes) {
            let name = text(&name);
            match failure {
                None => writeln!(self.out, r#"<testcase classname="{suite}" name="{name}"/>"#)?,
                Some(Failure { kind, details }) => {
                    let details: Vec<String> = details.lines().map(text).collect();
                    writeln!(
                        self.out,
                        r#"<testcase classname="{suite}" name="{name}" file="{}" line="{line}">"#,
                        text(&file)
                    )?;
                    writeln!(
                        self.out,
                        r#"<failure type="{}" message="{name}">{}</failure>"#,
                        text(&kind),
                        details.join("\n")
                    )?;
                    writeln!(self.out, "</testcase>")?;
                }
            }
        }
        writeln!(self.out, "</testsuite>")
    }

    /// Ends the report.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<()> {
        writeln!(self.out, "</testsuites>")
    }
}

/// Writes what a report tells of stories and pages.
///
/// # Errors
/// Those of `out`.
pub fn write_junit(alerts: &Alerts<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut junit = JunitWriter::new(out)?;
    junit.stories(&alerts.stories)?;
    alerts.pages.iter().try_for_each(|page| junit.page(page))?;
    junit.finish()
}

/// A text on one line, as XML may have it: markup is none, and what XML forbids is left out.
fn text(text: &str) -> String {
    let allowed: String = printable(text).replace(['\u{fffe}', '\u{ffff}'], "");
    escape(allowed).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup() {
        assert_eq!(text("a<b> & \"c\"\0\u{1b}\u{ffff}\nd"), "a&lt;b&gt; &amp; &quot;c&quot; d");
    }
}
