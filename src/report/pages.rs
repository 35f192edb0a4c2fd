//! What stands more than once within pages, for people (a screen a page at most) and as csv. Pages come one by one.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::csv::quoted;
use super::terminal::{Look, clipped, named};
use super::{FaultRow, PageRow, PlaceRow, RepeatRow};
use crate::printable::printable;

/// Repeats of one page that are shown where not all are wanted: with the line of their places, a screen.
const SHOWN: usize = 9;

/// Places of one repeat that are named, at most.
const PLACES: usize = 8;

/// What a place is in words.
pub(super) fn role(name: &str) -> &str {
    match name {
        "body" => "text",
        "aside" => "sidebar",
        "self" => "link to this page",
        name => name,
    }
}

/// In what form it has the headline, in words; nothing where it is the same.
pub(super) fn form(name: &str) -> &'static str {
    match name {
        "labelled" => " behind a label",
        "sited" => " beside a site's name",
        "cut" => " cut short",
        _ => "",
    }
}

/// What is wrong, in words.
pub(super) fn fault(row: &FaultRow) -> String {
    let quoted: Vec<String> = row.texts.iter().map(|text| format!("\"{text}\"")).collect();
    let texts = quoted.join(", ");
    let pages = row.pages.unwrap_or_default();
    match &*row.kind {
        "no-title" => "it has no title".to_owned(),
        "titles-differ" => format!("its titles differ: {texts}"),
        "several-headlines" => format!("{} first headings: {texts}", row.texts.len()),
        "description-is-title" => format!("its description is its title: {texts}"),
        "title-shared" => format!("{pages} pages of the site have this title: {texts}"),
        "description-shared" => format!("{pages} pages of the site have this description: {texts}"),
        kind => format!("{kind}: {texts}"),
    }
}

/// Bytes of a repeated text in a message, at most.
const MESSAGE: usize = 200;

/// "title stands 3 times: Council sells the clock".
pub(super) fn told(repeat: &RepeatRow) -> String {
    format!("{} stands {} times: {}", repeat.kind, repeat.count, one_line(short(&repeat.text)))
}

/// As much of a text as a message has.
pub(super) fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(MESSAGE)]
}

/// A text on one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// "headline, line 214; teaser cut short, line 871".
pub(super) fn places(repeat: &RepeatRow) -> String {
    let place = |place: &PlaceRow| format!("{}{}, line {}", role(&place.role), form(&place.form), place.line);
    let mut said: Vec<String> = repeat.places.iter().take(PLACES).map(place).collect();
    if repeat.places.len() > PLACES {
        said.push(format!("{} more", repeat.places.len() - PLACES));
    }
    said.join("; ")
}

/// A page for people: nothing of one that repeats nothing and has no fault. Furniture and similar paragraphs are told where all is
/// wanted. One screen at most, unless all is wanted.
pub fn page_summary(page: &PageRow, Look { all, width }: Look) -> String {
    let mut out = String::new();
    let told: Vec<&RepeatRow> = page.repeats.iter().filter(|repeat| all || !repeat.furniture).collect();
    if told.is_empty() && page.faults.is_empty() {
        return out;
    }
    let most = if all { usize::MAX } else { SHOWN };
    // Writing to a string does not fail.
    let _ = writeln!(out, "{}", named(&page.id));
    for repeat in told.iter().take(most) {
        let count = match &*repeat.kind {
            "similar" => "similar paragraphs".to_owned(),
            kind => {
                format!("{kind} {} times{}", repeat.count, if repeat.furniture { ", furniture" } else { "" })
            }
        };
        let room = width.saturating_sub(count.len() + 4);
        let _ = writeln!(out, "  {count}: {}", clipped(&one_line(&repeat.text), room));
        let _ = writeln!(out, "      {}", clipped(&printable(&places(repeat)), width.saturating_sub(6)));
    }
    if told.len() > most {
        let _ = writeln!(out, "  and {} more; --all shows them", told.len() - most);
    }
    for row in page.faults.iter().take(most) {
        let _ = writeln!(out, "  {}", clipped(&one_line(&fault(row)), width.saturating_sub(2)));
    }
    out
}

/// The header of the pages' csv.
pub const PAGES_CSV: &str = "id,path,what,count,furniture,line,places,text";

/// A line for each repeat and each fault of a page, as RFC 4180 has it.
///
/// # Errors
/// Those of `out`.
pub fn write_page_csv(page: &PageRow, out: &mut dyn Write) -> io::Result<()> {
    for repeat in &page.repeats {
        writeln!(
            out,
            "{},{},{},{},{},{},{},{}",
            quoted(&page.id),
            quoted(&page.path),
            repeat.kind,
            repeat.count,
            if repeat.furniture { "yes" } else { "" },
            repeat.places.first().map_or(0, |place| place.line),
            quoted(&places(repeat)),
            quoted(&one_line(&repeat.text)),
        )?;
    }
    for row in &page.faults {
        writeln!(
            out,
            "{},{},{},{},,,,{}",
            quoted(&page.id),
            quoted(&page.path),
            row.kind,
            row.count(),
            quoted(&row.text())
        )?;
    }
    Ok(())
}
