//! A sheet of pairs for a reader to judge: a table to fill in, and a page to click through that gives the table filled in.
//! Neither says what the run found.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::csv::quoted;
use super::html::{escaped, write_page};
use crate::review::LABELLED;

/// A pair of a sheet.
#[derive(Debug, Clone, Serialize)]
pub struct SheetRow {
    /// Its number, from 1.
    pub number: u64,
    /// The document whose id sorts first.
    pub a: SheetSide,
    /// The other.
    pub b: SheetSide,
    /// What the run says, sealed: [`crate::review::Key::sealed`].
    pub key: String,
}

/// One of its documents, as a reader would see it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SheetSide {
    /// Its id.
    pub id: String,
    /// Its headline; empty where there is none, as what follows is.
    pub title: String,
    /// Its site.
    pub site: String,
    /// Its date.
    pub date: String,
    /// Where it was read.
    pub url: String,
    /// Its text.
    pub text: String,
}

/// The columns of a sheet.
pub const COLUMNS: [&str; 15] = [
    "number", "verdict", "note", "a", "b", "title_a", "title_b", "site_a", "site_b", "date_a", "date_b",
    "url_a", "url_b", "text_a", "text_b",
];

/// Bytes of a text in the table, about: spreadsheets hold 32,767 characters in a cell, and nobody reads so many there.
const CELL: usize = 4_000;

/// Bytes of a text in the page, about.
const TEXT: usize = 100_000;

const PAGE: &str = include_str!("html/sheet.html");
const STYLE: &str = include_str!("html/sheet.css");
const SCRIPT: &str = include_str!("html/sheet.js");

/// Writes the table: `verdict` and `note` are for the reader.
///
/// # Errors
/// Those of `out`.
pub fn write_sheet(rows: &[SheetRow], mut out: impl Write) -> io::Result<()> {
    writeln!(out, "{},key", COLUMNS.join(","))?;
    for SheetRow { number, a, b, key } in rows {
        let pairs = [
            [&a.id, &b.id],
            [&a.title, &b.title],
            [&a.site, &b.site],
            [&a.date, &b.date],
            [&a.url, &b.url],
            [&a.text, &b.text],
        ];
        let cells: Vec<String> =
            pairs.iter().flatten().map(|cell| quoted(&harmless(cell)).into_owned()).collect();
        writeln!(out, "{number},,,{},{key}", cells.join(","))?;
    }
    out.flush()
}

/// The beginning of a text, as a cell that no spreadsheet takes for a formula.
fn harmless(text: &str) -> Cow<'_, str> {
    let text = beginning(text, CELL);
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}").into() } else { text.into() }
}

fn beginning(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// What the page shows.
#[derive(Serialize)]
struct SheetPage<'a> {
    /// What the table is called.
    name: &'a str,
    columns: &'a [&'a str],
    labels: &'a [&'a str],
    rows: Vec<SheetRow>,
}

/// Writes the page of a sheet whose table has this name.
///
/// # Errors
/// Those of `out`.
pub fn write_sheet_page(name: &str, rows: &[SheetRow], out: impl Write) -> io::Result<()> {
    let cut = |side: &SheetSide| SheetSide { text: beginning(&side.text, TEXT).to_owned(), ..side.clone() };
    let rows = rows.iter().map(|row| SheetRow { a: cut(&row.a), b: cut(&row.b), ..row.clone() }).collect();
    let page = SheetPage { name, columns: &COLUMNS, labels: &LABELLED, rows };
    write_page(PAGE, [STYLE, SCRIPT], escaped(&serde_json::to_string(&page)?), out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_text_and_the_page_has_no_markup_of_a_document() {
        let side = |text: &str| SheetSide { id: "a,1".into(), text: text.into(), ..SheetSide::default() };
        let row = SheetRow {
            number: 1,
            a: side("=HYPERLINK(\"x\")\nmore"),
            b: side("</script><b>"),
            key: "ab".into(),
        };
        let (mut sheet, mut page) = (Vec::new(), Vec::new());
        write_sheet(std::slice::from_ref(&row), &mut sheet).expect("memory");
        let sheet = String::from_utf8(sheet).expect("UTF-8");
        assert!(sheet.contains("\"'=HYPERLINK(\"\"x\"\")\nmore\"") && sheet.ends_with(",ab\n"), "{sheet}");
        write_sheet_page("sheet.csv", &[row], &mut page).expect("memory");
        let page = String::from_utf8(page).expect("UTF-8");
        assert!(!page.contains("</script><b>") && page.contains("\\u003c/script"), "{page}");
    }
}
