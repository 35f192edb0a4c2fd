//! A page's bytes to its text: the two places where an extractor of main text and a decoder of charsets plug in.

use crate::corpus::record::{Reason, Scratch, Value};
use crate::corpus::{PlainText, Reader};

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
}

/// The main text of an HTML page. `charset` is what its protocol says.
pub(super) fn html(_bytes: &[u8], _charset: Option<&str>) -> Result<Said, Reason> {
    Err(Reason::Unsupported("HTML"))
}

/// Plain text. `charset` is what its protocol says.
pub(super) fn text(bytes: &[u8], _charset: Option<&str>) -> Result<Said, Reason> {
    let fields = PlainText.fields(bytes)?;
    let Value::Plain(bytes) = fields.text else { return Err(Reason::Changed) };
    let mut scratch = Scratch::default();
    let decoded = Value::Plain(bytes).decode(&mut scratch);
    Ok(Said { text: decoded.text.to_owned(), replaced: decoded.replaced, ..Said::default() })
}
