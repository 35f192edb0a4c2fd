//! Chrome as people write it: a text file of sites and of what they print around their stories.
//!
//! ```text
//! # A comment. A site's name begins its line; what is below it, with a space or a tab in front, is its chrome.
//! Courier
//!     Sign in | Subscribe | Newsletters from the Courier
//!     Advertisement
//! *
//!     All rights reserved. Reproduction needs our permission in writing.
//! ```
//!
//! `*` is every site. A name that is empty, is `*`, or begins with a quote, `#` or white space, stands in quotes as in JSON:
//! `"*"` is a site of that name.
//! A site that is named has the chrome below its name and that of `*`, and none is learned for it; so a line that is
//! taken out stays out.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::EVERY_SITE;
use super::chrome::Chrome;
use crate::document::site_hash;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::Kernel;
use crate::recipe::Recipe;
use crate::sketch::Sketcher;
use crate::text::Tokens;

/// The name that stands for every site.
const EVERYWHERE: &str = "*";

/// Lines of chrome by site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Boilerplate {
    sites: BTreeMap<String, Vec<String>>,
    /// Of every site.
    everywhere: Vec<String>,
}

impl Boilerplate {
    /// Reads a file's text. Linear in its length.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`], with the number of the line, for text of no site, text without a word, and a name that
    /// is not in quotes as it should be.
    pub fn parse(text: &str) -> Result<Boilerplate> {
        let mut boilerplate = Boilerplate::default();
        let mut of_site: Option<&mut Vec<String>> = None;
        let mut tokens = Tokens::new(Kernel::PORTABLE);
        for (number, line) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
            let wrong =
                |what: &str| Error::new(ErrorKind::Setting).because(format!("line {}: {what}", number + 1));
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if !line.starts_with([' ', '\t']) {
                let name = line.trim_end();
                of_site = Some(match (name, name.starts_with('"')) {
                    (EVERYWHERE, _) => &mut boilerplate.everywhere,
                    (name, false) => boilerplate.sites.entry(name.to_owned()).or_default(),
                    (name, true) => {
                        let name = serde_json::from_str(name)
                            .map_err(|_| wrong("a name that begins with a quote is a JSON string"))?;
                        boilerplate.sites.entry(name).or_default()
                    }
                });
                continue;
            }
            let Some(lines) = &mut of_site else {
                return Err(wrong(
                    "text of no site; a site's name stands above it, without a space in front",
                ));
            };
            tokens.read(line);
            if tokens.is_empty() {
                return Err(wrong("there is no word in it"));
            }
            lines.push(line.trim().to_owned());
        }
        Ok(boilerplate)
    }

    /// Whether a site is named, so that nothing is learned for it.
    pub(crate) fn names(&self, site: &str) -> bool {
        self.sites.contains_key(site)
    }

    /// Adds all lines to what is chrome.
    pub(crate) fn add_to(&self, chrome: &mut Chrome, recipe: Recipe) {
        let mut sketcher = Sketcher::new(recipe, Kernel::PORTABLE);
        let of_sites = self.sites.iter().map(|(name, lines)| (site_hash(name), lines));
        for (site, lines) in of_sites.chain([(EVERY_SITE, &self.everywhere)]) {
            for line in lines {
                let found = sketcher.shingles(line).0;
                found.iter().for_each(|&shingle| chrome.insert(site, shingle));
                if sketcher.count() < recipe.shingle() {
                    chrome.has_short_lines();
                }
            }
        }
    }
}

/// Writes lines by site, in order, as [`Boilerplate::parse`] reads them.
///
/// # Errors
/// Those of `out`.
pub fn write_boilerplate<'a>(
    lines: impl Iterator<Item = (&'a str, &'a str)>,
    mut out: impl Write,
) -> io::Result<()> {
    writeln!(out, "# What sites print around their stories. Edit, and give back with scan --boilerplate.")?;
    writeln!(
        out,
        "# A site's name begins its line, * for every site; its text is below, with a space in front."
    )?;
    let mut of = None;
    for (site, text) in lines {
        if of != Some(site) {
            let is_odd =
                site.is_empty() || site == EVERYWHERE || site.starts_with(['"', '#']) || site.trim() != site;
            if is_odd || site.contains(['\n', '\r']) {
                writeln!(out, "\n{}", serde_json::to_string(site)?)?
            } else {
                writeln!(out, "\n{site}")?
            }
            of = Some(site);
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        writeln!(out, "    {}", words.join(" "))?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let lines = [
            ("", "one two"),
            ("# a", "three"),
            ("*", "seven"),
            ("Courier", "# four\n five"),
            ("Courier", "[six]"),
        ];
        let mut written = Vec::new();
        write_boilerplate(lines.into_iter(), &mut written).expect("memory takes it");
        let read =
            Boilerplate::parse(std::str::from_utf8(&written).expect("UTF-8")).expect("as it was written");
        let sites: Vec<(&str, Vec<&str>)> = read
            .sites
            .iter()
            .map(|(site, lines)| (&**site, lines.iter().map(|line| &**line).collect()))
            .collect();
        assert_eq!(
            sites,
            [
                ("", vec!["one two"]),
                ("# a", vec!["three"]),
                ("*", vec!["seven"]),
                ("Courier", vec!["# four five", "[six]"])
            ]
        );
    }

    /// Finding 38: a site named `*` was written as every site.
    #[test]
    fn a_site_may_be_named_as_every_site_is() {
        let mut written = Vec::new();
        write_boilerplate([("*", "one two three four five six")].into_iter(), &mut written)
            .expect("memory takes it");
        let read =
            Boilerplate::parse(std::str::from_utf8(&written).expect("UTF-8")).expect("as it was written");
        assert!(read.names("*") && read.everywhere.is_empty());
        let mut chrome = Chrome::default();
        read.add_to(&mut chrome, Recipe::default());
        let mut reader = super::super::ContentReader::new(Recipe::default(), Kernel::PORTABLE);
        let story: Vec<String> = (0..30).map(|i| format!("w{i}")).collect();
        let text = format!("One, two, three, four, five, six.\n{}\n", story.join(" "));
        reader.read(&text);
        let model = super::super::Model { chrome, ..Default::default() };
        assert_eq!(reader.chrome(&text, site_hash("*"), &model), vec![0..6]);
        assert!(reader.chrome(&text, site_hash("Courier"), &model).is_empty());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, line) in [
            ("# comment\n\n text", "line 3: text of no site"),
            ("site\n\t--", "line 2: there is no word"),
            ("\"site\n text", "line 1: a name that begins with a quote"),
        ] {
            let error = Boilerplate::parse(text).expect_err("it is malformed").to_string();
            assert!(error.contains(line), "{error}");
        }
    }

    #[test]
    fn lines_are_chrome_of_their_site_and_short_ones_where_they_are_lines() {
        let given =
            Boilerplate::parse("Courier\n one two three four five six\n*\n Read more\n").expect("it is");
        let mut chrome = Chrome::default();
        given.add_to(&mut chrome, Recipe::default());
        let story: Vec<String> = (0..30).map(|i| format!("w{i}")).collect();
        let text = format!("One, two, three, four, five, six.\n{} read more\nREAD MORE\n", story.join(" "));
        let marked = |site: &str| {
            let mut reader = super::super::ContentReader::new(Recipe::default(), Kernel::PORTABLE);
            reader.read(&text);
            let model = super::super::Model { chrome: chrome.clone(), ..Default::default() };
            reader.chrome(&text, site_hash(site), &model)
        };
        assert_eq!(marked("Courier"), [0..6, 38..40]);
        assert_eq!(marked("Post"), vec![38..40]);
    }
}
