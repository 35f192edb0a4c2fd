//! The `csv` report: a line a document, as RFC 4180 has it.

use std::borrow::Cow;
use std::io::{self, Write};

/// A document's line.
#[derive(Debug, Clone, Default)]
pub struct DocumentRow {
    /// Its id.
    pub id: String,
    /// Its cluster's id; empty if it is in none.
    pub cluster: String,
    /// To the representative, from this document's side; empty for the representative.
    pub relation: &'static str,
    /// The representative's id.
    pub representative: String,
    /// Whether it is the lead of its cluster.
    pub is_lead: bool,
    /// Its headline; empty where there is none, as its address and date are.
    pub title: String,
    /// Where it was read.
    pub url: String,
    /// Its site.
    pub site: String,
    /// Its date, as it stands in its record.
    pub date: String,
    /// The file that it is in, below the path that was named, and within an archive the entry.
    pub path: String,
    /// Jaccard, containment and score of the relation.
    pub measures: Option<[f64; 3]>,
    /// The id of its cluster's most likely origin; empty if it is in none.
    pub origin: String,
    /// The id of the document that it has its text from; empty where there is none.
    pub parent: String,
    /// How many different things stand more than once in it, breadcrumbs, navigation and links to itself aside.
    pub repeats: usize,
}

/// Writes the header and a line for every document.
///
/// # Errors
/// Those of `out`.
pub fn write_csv(rows: impl Iterator<Item = DocumentRow>, mut out: impl Write) -> io::Result<()> {
    writeln!(
        out,
        "id,cluster,relation,representative,lead,title,url,site,date,path,jaccard,containment,score,origin,parent,repeats"
    )?;
    for row in rows {
        let [jaccard, containment, score] =
            row.measures.map_or(Default::default(), |measures| measures.map(|m| m.to_string()));
        writeln!(
            out,
            "{},{},{},{},{},{},{},{},{},{},{jaccard},{containment},{score},{},{},{}",
            quoted(&row.id),
            row.cluster,
            row.relation,
            quoted(&row.representative),
            if row.is_lead { "yes" } else { "" },
            quoted(&row.title),
            quoted(&row.url),
            quoted(&row.site),
            quoted(&row.date),
            quoted(&row.path),
            quoted(&row.origin),
            quoted(&row.parent),
            row.repeats,
        )?;
    }
    out.flush()
}

/// The field, in quotes where it needs them.
pub(super) fn quoted(field: &str) -> Cow<'_, str> {
    if field.contains([',', '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", field.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_ids_are_quoted() {
        let row = DocumentRow { id: "a,\"b\"\n".into(), ..DocumentRow::default() };
        let mut out = Vec::new();
        write_csv([row].into_iter(), &mut out).expect("written to memory");
        let text = String::from_utf8(out).expect("UTF-8");
        assert_eq!(text.split_once('\n').map(|(_, line)| line), Some("\"a,\"\"b\"\"\n\",,,,,,,,,,,,,,,0\n"));
    }
}
