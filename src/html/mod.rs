//! HTML pages: the text of the article, or all of it.
mod cut;
mod guard;
mod main_text;
mod marks;
mod tree;

use dom_query::Document;
use crate::corpus::Reason;
use crate::corpus::charset;

/// What kind of block a stretch of a page's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BlockKind {
    /// `h1` to `h6`, with its level.
    Heading(u8),
    /// A paragraph, or text that stands in a block of no special kind.
    Paragraph,
    /// An item of a list.
    ListItem,
    /// A row of a table.
    TableRow,
    /// Something quoted.
    Quote,
    /// The caption of a picture or a table.
    Caption,
    /// Text whose line breaks are kept.
    Preformatted,
}

fn assemble(p: &cut::Pieces) -> String {
    let mut s = String::new();
    for x in &p.list {
        if !s.is_empty() { s.push_str(if x.gap == cut::Gap::Paragraph { "\n\n" } else { "\n" }); }
        s.push_str(&p.text[x.range.clone()]);
    }
    s
}

#[doc(hidden)]
pub fn experiment(bytes: &[u8], how: &str) -> Result<String, Reason> {
    let text = charset::decode(bytes, None, true)?;
    let guarded = guard::guard(&text.text, how == "all");
    if how == "guard" { return Ok(guarded.html); }
    let doc = Document::from(guarded.html.as_str());
    if how == "dom" { return Ok(doc.html().to_string()); }
    let items = tree::Items::of(&doc);
    if how == "where" {
        let r = cut::cut(&doc, &items, &[], &[]);
        let mut out = String::new();
        for b in &r.list {
            let mut path = vec![];
            let mut n = Some(dom_query::NodeRef::new(items.list[b.first as usize].id, &doc.tree));
            while let Some(x) = n {
                if let Some(e) = x.element_ref() {
                    let mut s = e.name.local.to_string();
                    for a in &e.attrs { s.push_str(&format!("[{}={}]", &a.name.local, &a.value)); }
                    if let Some(m) = items.place(x.id).and_then(|p| items.list[p].mark) { s.push_str(&format!("[!!{m:?}]")); }
                    path.push(s);
                }
                n = x.parent();
            }
            out.push_str(&format!("{}\t{}\n", path.iter().take(10).cloned().collect::<Vec<_>>().join(" < "), &r.text[b.range.clone()].replace('\n', " ")));
        }
        return Ok(out);
    }
    if how == "all" { return Ok(assemble(&cut::cut(&doc, &items, &[], &[]))); }
    Ok(assemble(&main_text::main_text(doc, &items)))
}
