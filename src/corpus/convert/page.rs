//! A page's bytes to its text.

use std::borrow::Cow;

use crate::charset;
use crate::corpus::PagePlace;
use crate::error::Reason;
use crate::html::{self, HtmlMode};

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
    /// Where what stands more than once stands.
    pub places: Vec<PagePlace>,
}

/// The text of an HTML page. `charset` is what its protocol says.
pub(super) fn html<'a>(bytes: &'a [u8], charset: Option<&str>, mode: HtmlMode) -> Result<Said<'a>, Reason> {
    let page = html::read_with_repeated_blocks(bytes, charset, mode)?;
    let place =
        |block: html::TextBlock| PagePlace { range: block.range, path: block.path, in_link: block.in_link };
    Ok(Said {
        text: page.text.into(),
        title: page.title,
        canonical_url: page.canonical_url,
        date: page.date,
        source: page.site_name,
        replaced: page.replaced,
        places: page.blocks.into_iter().map(place).collect(),
    })
}

/// Plain text. `charset` is what its protocol says.
pub(super) fn text<'a>(bytes: &'a [u8], charset: Option<&str>) -> Result<Said<'a>, Reason> {
    let decoded = charset::decode(bytes, charset, false)?;
    Ok(Said { text: decoded.text, replaced: decoded.replaced, ..Said::default() })
}
