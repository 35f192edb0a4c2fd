//! A page's bytes to its text.

use crate::corpus::{Place, Reason, charset};
use crate::html::{self, HtmlMode};

/// What a page says.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub text: String,
    pub title: Option<String>,
    pub canonical_url: Option<String>,
    pub date: Option<String>,
    pub source: Option<String>,
    /// Sequences that became U+FFFD.
    pub replaced: u32,
    /// Where what stands more than once stands.
    pub places: Vec<Place>,
}

/// The text of an HTML page. `charset` is what its protocol says.
pub(super) fn html(bytes: &[u8], charset: Option<&str>, mode: HtmlMode) -> Result<Said, Reason> {
    let page = html::read_with_repeated_blocks(bytes, charset, mode)?;
    let place = |block: html::Block| Place { range: block.range, path: block.path, in_link: block.in_link };
    Ok(Said {
        text: page.text,
        title: page.title,
        canonical_url: page.canonical_url,
        date: page.date,
        source: page.site_name,
        replaced: page.replaced,
        places: page.blocks.into_iter().map(place).collect(),
    })
}

/// Plain text. `charset` is what its protocol says.
pub(super) fn text(bytes: &[u8], charset: Option<&str>) -> Result<Said, Reason> {
    let decoded = charset::decode(bytes, charset, false)?;
    Ok(Said { text: decoded.text.into_owned(), replaced: decoded.replaced, ..Said::default() })
}
