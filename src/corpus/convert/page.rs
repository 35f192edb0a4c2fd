//! A page's bytes to its text.

use std::borrow::Cow;

use super::ReadingRules;
use crate::charset;
use crate::corpus::outline;
use crate::error::Reason;
use crate::html;

/// What a page says.
#[derive(Debug, Default)]
pub(super) struct Said<'a> {
    pub text: Cow<'a, str>,
    pub title: Option<String>,
    pub canonical_url: Option<String>,
    pub date: Option<String>,
    pub source: Option<String>,
    /// Sequences that became U+FFFD.
    pub replaced: u32,
    /// All that is visible of it, as `outline` writes it.
    pub page: Vec<u8>,
}

/// The text of an HTML page, and all that is visible of it where the rules want that. `charset` is what its protocol says.
pub(super) fn html<'a>(
    bytes: &'a [u8],
    charset: Option<&str>,
    rules: &ReadingRules,
) -> Result<Said<'a>, Reason> {
    let (page, visible) = if rules.text_only {
        (html::read(bytes, charset, rules.html)?, None)
    } else {
        let (page, visible) = html::read_with_visible(bytes, charset, rules.html, !rules.undated)?;
        (page, Some(visible))
    };
    Ok(Said {
        page: visible.map(|visible| outline::written(&visible, &page.text)).unwrap_or_default(),
        text: page.text.into(),
        title: page.title,
        canonical_url: page.canonical_url,
        date: page.date,
        source: page.site_name,
        replaced: page.replaced,
    })
}

/// Plain text. `charset` is what its protocol says.
pub(super) fn text<'a>(bytes: &'a [u8], charset: Option<&str>) -> Result<Said<'a>, Reason> {
    let decoded = charset::decode(bytes, charset, false)?;
    Ok(Said { text: decoded.text, replaced: decoded.replaced, ..Said::default() })
}
