//! HTML pages: the text of the article, or all of it.
mod guard;
mod render;

use dom_query::Document;
use dom_smoothie::{Config, ParsePolicy, Readability};
use crate::corpus::Reason;
use crate::corpus::charset;

pub fn experiment(bytes: &[u8], how: &str) -> Result<String, Reason> {
    let text = charset::decode(bytes, None, true)?;
    let guarded = guard::guard(&text.text, how == "all");
    if how == "guard" { return Ok(guarded.html); }
    let doc = Document::from(guarded.html.as_str());
    if how == "dom" { return Ok(doc.html().to_string()); }
    if how == "all" { return Ok(render::render(&doc.root()).text); }
    let mut r = Readability::with_document(doc, None, Some(Config { disable_json_ld: true, ..Config::default() })).map_err(|_| Reason::Binary)?;
    let _ = ParsePolicy::Strict;
    if r.parse().is_err() { return Ok(String::new()) }
    let node = r.doc.select_single("#readability-page-1");
    Ok(node.nodes().first().map(|n| render::render(n).text).unwrap_or_default())
}
