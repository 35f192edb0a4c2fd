//! The renderings that are made of a [`Report`] alone.

use std::io::{self, Write};

use super::alerts::Alerts;
use super::html::{LIMIT, write_html};
use super::junit::write_junit;
use super::sarif::write_sarif;
use super::{BoilerplateKind, Report, write_json, write_markdown, write_sites};
use crate::model::boilerplate::write_boilerplate;

/// A report that is made of a [`Report`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rendering {
    /// `json`.
    Json,
    /// `json+text`: with the texts of all documents that it names.
    JsonWithTexts,
    /// `html`: a page.
    Html,
    /// `markdown`.
    Markdown,
    /// `boilerplate`: each site's chrome.
    Boilerplate,
    /// `sites`: who carries whose text.
    Sites,
    /// `sarif`: stories that are there more than once, and repeats of pages, for editors and code hosts.
    Sarif,
    /// `junit`: the same for continuous integration.
    Junit,
}

impl Rendering {
    /// All of them, by name.
    pub const ALL: [(&str, Rendering); 8] = [
        ("json", Rendering::Json),
        ("json+text", Rendering::JsonWithTexts),
        ("html", Rendering::Html),
        ("markdown", Rendering::Markdown),
        ("boilerplate", Rendering::Boilerplate),
        ("sites", Rendering::Sites),
        ("sarif", Rendering::Sarif),
        ("junit", Rendering::Junit),
    ];

    /// Bytes of texts that it shows, at most.
    pub fn texts(self) -> usize {
        match self {
            Rendering::JsonWithTexts => usize::MAX,
            Rendering::Html => LIMIT,
            Rendering::Json
            | Rendering::Markdown
            | Rendering::Boilerplate
            | Rendering::Sites
            | Rendering::Sarif
            | Rendering::Junit => 0,
        }
    }

    /// Writes a report that has the parts that it shows.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        self.write_beside(None, report, out)
    }

    /// The same beside an earlier report: `sarif` and `junit` tell only what that one does not have. The others are of all that the
    /// report has.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_beside(
        self,
        earlier: Option<&Report>,
        report: &Report,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match self {
            Rendering::Sarif => write_sarif(&Alerts::of(report, earlier), out),
            Rendering::Junit => write_junit(&Alerts::of(report, earlier), out),
            Rendering::Html => write_html(report, out),
            Rendering::Markdown => write_markdown(report, out),
            Rendering::Boilerplate => {
                // Given back it would be chrome, and stories that quote it would lose it.
                let chrome = report.boilerplate.iter().filter(|row| row.kind == BoilerplateKind::Chrome);
                write_boilerplate(chrome.map(|row| (&*row.source, &*row.text)), out)
            }
            Rendering::Sites => write_sites(&report.site_pairs, out),
            Rendering::Json if !report.texts.is_empty() => write_json(&report.without_texts(), out),
            Rendering::Json | Rendering::JsonWithTexts => write_json(report, out),
        }
    }
}
