//! The site of a document, taken out of where its file lies.

use regex::Regex;

use crate::document::named_part;
use crate::error::{Error, ErrorKind, Result};

/// A pattern over paths whose first group is the site.
///
/// ```
/// use wirecopy::corpus::SitePattern;
///
/// # fn main() -> wirecopy::Result<()> {
/// let pattern = SitePattern::new(r"^crawl/([^/]+)/")?;
/// assert_eq!(pattern.site("crawl/courier.example/2026/quay.html"), Some("courier.example"));
/// assert_eq!(pattern.site("notes.txt"), None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SitePattern(Regex);

impl SitePattern {
    /// Of a regular expression (the `regex` crate's syntax) with one group at least.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where it is none, or has no group.
    pub fn new(pattern: &str) -> Result<SitePattern> {
        let wrong = |why: String| Error::new(ErrorKind::Setting).because(why);
        let regex = Regex::new(pattern).map_err(|e| wrong(format!("no regular expression: {e}")))?;
        if regex.captures_len() < 2 {
            return Err(wrong(format!(
                "no group in {pattern}: the site is what the first one matches, as in ^([^/]+)/"
            )));
        }
        Ok(SitePattern(regex))
    }

    /// The site of a file of this path below the scanned root; none where the pattern does not match, or its group is empty.
    /// Linear in the path.
    pub fn site<'a>(&self, path: &'a str) -> Option<&'a str> {
        let group = self.0.captures(path)?.get(1)?;
        Some(group.as_str()).filter(|site| !site.is_empty())
    }
}

/// What stands in for a site where a document names none: what the pattern finds in its path, else its directory.
pub(super) fn site_of_path<'a>(pattern: Option<&SitePattern>, path: &'a str) -> &'a str {
    let directory = || path.rsplit_once('/').map_or("", |(directory, _)| named_part(directory));
    pattern.and_then(|pattern| pattern.site(path)).unwrap_or_else(directory)
}
