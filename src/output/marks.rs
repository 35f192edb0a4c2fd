//! What tells a file of ours from everybody else's: its first bytes, or those at the end of a Parquet file.
//!
//! A file that bears a mark may be written again, and a walk passes it over. So a mark stands where only a program puts
//! one: at the very beginning, or in the metadata.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::open_regular;

/// What an html report begins with, behind its charset.
const HTML: &[u8] = b"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"generator\" content=\"wirecopy\">\n";

/// The first line of a markdown report: a link that is named nowhere, which nobody sees where it is shown.
pub const MARKDOWN: &str = "[//]: # (wirecopy)";

/// What a sarif report begins with.
pub const SARIF: &str = "{\"properties\":{\"tags\":[\"wirecopy\"]},\"version\":\"2.1.0\",";

/// What a junit report begins with; what follows ends the element's start.
pub const JUNIT: &str = "<?xml version=\"1.0\"?>\n<testsuites name=\"wirecopy\"";

/// The key of a Parquet table's metadata; its value is the table's name.
pub const PARQUET: &str = "wirecopy.table";

/// What everything begins with that has no structure of its own: tables, lists of boilerplate, models.
const BEGINNINGS: [&[u8]; 11] = [
    MARKDOWN.as_bytes(),
    JUNIT.as_bytes(),
    b"id,cluster,relation,representative,",
    b"carrier,source,copies,",
    b"id,path,what,count,furniture,line,places,text\n",
    SARIF.as_bytes(),
    b"template,slot,kind,document,value\n",
    b"measure,threshold,pairs,clusters,removed\n",
    b"relation,threshold,pairs,labelled,",
    b"# What sites print around their stories. ",
    b"{\"format\":\"wirecopy-model\",",
];

/// The first members of our JSON, and whether the objects stand in a list.
const MEMBERS: [(bool, &[&str]); 9] = [
    (false, &["schema_version", "settings"]),
    (false, &["schema_version", "new"]),
    (false, &["schema_version", "score"]),
    (false, &["schema_version", "precision"]),
    (false, &["a", "b", "relation"]),
    (false, &["schema_version", "a", "b", "relation"]),
    (false, &["id", "kept", "relation", "rule"]),
    (true, &["id", "repeats"]),
    (true, &["skeleton", "slots", "documents"]),
];

/// What each file of an index begins with, and how many bytes of kind and version follow.
const INDEX: &[u8] = b"wirecopy";

/// A manual page says whose it is in its third line or before.
const MANUAL: &[u8] = b"\n.TH wirecopy";

/// Bytes in which a manual page has said so.
const MANUAL_WITHIN: usize = 256;

/// Bytes by which most documents are told from anything of ours: a walk looks at every file. No beginning above is longer.
const GLANCE: u64 = 64;

/// Bytes that show the first members of a line: an id may be long.
const HEAD: u64 = 16 << 10;

/// Bytes of a Parquet file's end that hold its metadata: they stand behind the columns' statistics.
const FOOT: u64 = 64 << 10;

/// Whose a file is that bears a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnMark {
    /// A report, a list or a model: it can be made again.
    Output,
    /// A part of an index.
    Index,
}

/// What a regular file is, if it is ours; an empty one is an output, since there is nothing in it to lose.
///
/// # Errors
/// Those of reading.
pub fn of_file(path: &Path) -> io::Result<Option<OwnMark>> {
    let mut file = open_regular(path)?;
    let mut head = Vec::new();
    (&mut file).take(GLANCE).read_to_end(&mut head)?;
    if head.len() as u64 == GLANCE && !may_be_own(&head) {
        return Ok(None);
    }
    (&mut file).take(HEAD - GLANCE).read_to_end(&mut head)?;
    let len = file.metadata()?.len();
    if len > HEAD && head.starts_with(b"PAR1") {
        file.seek(SeekFrom::Start(len.saturating_sub(FOOT)))?;
        let mut foot = Vec::new();
        file.take(FOOT).read_to_end(&mut foot)?;
        return Ok(is_own_table(&foot).then_some(OwnMark::Output));
    }
    Ok(if head.is_empty() { Some(OwnMark::Output) } else { of_bytes(&head, len <= HEAD) })
}

/// Whether a file that begins so is worth a longer look.
fn may_be_own(glance: &[u8]) -> bool {
    let beginnings = BEGINNINGS.into_iter().chain([&HTML[..15], INDEX, b"PAR1", b"{", b"[", b"."]);
    beginnings.into_iter().any(|beginning| glance.starts_with(beginning))
}

/// What a file is that begins so; `whole` says whether that is all of it.
fn of_bytes(head: &[u8], whole: bool) -> Option<OwnMark> {
    // The kind and the version of an index's file are no letters, so that no text begins like one.
    if head.starts_with(INDEX) && head.get(INDEX.len()..).is_some_and(|rest| rest.contains(&0)) {
        return Some(OwnMark::Index);
    }
    let is_output = head.starts_with(HTML)
        || BEGINNINGS.iter().any(|beginning| head.starts_with(beginning))
        || memchr::memmem::find(head.get(..MANUAL_WITHIN).unwrap_or(head), MANUAL).is_some()
        || whole && (head.trim_ascii() == b"[]" || head.starts_with(b"PAR1") && is_own_table(head))
        || matches!(head.first(), Some(b'{' | b'[')) && has_own_members(head);
    is_output.then_some(OwnMark::Output)
}

/// Whether the end of a Parquet file has our key, as its metadata writes a text: behind the number of its bytes.
fn is_own_table(foot: &[u8]) -> bool {
    let key = [&[0x18, PARQUET.len() as u8], PARQUET.as_bytes()].concat();
    memchr::memmem::rfind(foot, &key).is_some()
}

fn has_own_members(head: &[u8]) -> bool {
    let most = MEMBERS.iter().map(|(_, names)| names.len()).max().unwrap_or_default();
    let (in_list, members) = first_members(head, most);
    MEMBERS.iter().any(|(list, names)| {
        *list == in_list
            && names.iter().map(|name| name.as_bytes()).eq(members.iter().take(names.len()).copied())
    })
}

/// The names of the first members of the first object, as they are written, and whether it stands in a list.
fn first_members(bytes: &[u8], most: usize) -> (bool, Vec<&[u8]>) {
    let in_list = bytes.first() == Some(&b'[');
    let inside = 1 + usize::from(in_list);
    let (mut depth, mut at, mut names) = (0usize, 0, Vec::new());
    let mut text: Option<&[u8]> = None;
    while let (Some(&byte), true) = (bytes.get(at), names.len() < most) {
        at += 1;
        match byte {
            b'"' => {
                let Some(end) = end_of_text(bytes, at) else { break };
                text = bytes.get(at..end);
                at = end + 1;
            }
            b':' if depth == inside => names.extend(text.take()),
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= inside => break,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    (in_list, names)
}

/// Where the quote is that ends a text.
fn end_of_text(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_own(text: &str) -> bool {
        of_bytes(text.as_bytes(), true) == Some(OwnMark::Output)
    }

    #[test]
    fn members_are_read_in_order_and_not_those_within() {
        let names = |text: &str| {
            let (in_list, names) = first_members(text.as_bytes(), 9);
            (
                in_list,
                names
                    .iter()
                    .map(|name| String::from_utf8_lossy(name).into_owned())
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        };
        assert_eq!(
            names(r#"{"a": "x\": {", "b": {"c": [1, {"d": 2}]}, "e": null} {"f": 1}"#),
            (false, "a b e".into())
        );
        assert_eq!(names("[\n  {\"id\": \"x\", \"repeats\": []}]"), (true, "id repeats".into()));
        assert_eq!(names("{\"cut"), (false, String::new()));
        assert_eq!(names("[1, 2]"), (true, String::new()));
    }

    #[test]
    fn a_glance_sees_every_beginning() {
        assert!(BEGINNINGS.iter().all(|beginning| beginning.len() as u64 <= GLANCE));
    }

    #[test]
    fn documents_are_not_taken_for_reports() {
        for text in [
            "{\"id\": \"a\", \"text\": \"schema_version\"}\n",
            "{\"schema_version\": 3, \"title\": \"somebody else's\"}",
            "{\"a\": 1, \"b\": 2, \"c\": 3}",
            "id,text\n1,cluster\n",
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>wirecopy</title>",
            "wirecopy is a program.\n",
            "# Duplicates\n",
            "[{\"id\": \"x\"}]",
            "<?xml version=\"1.0\"?>\n<testsuites name=\"somebody else's\">",
            "PAR1 PAR1",
        ] {
            assert_eq!(of_bytes(text.as_bytes(), true), None, "{text}");
        }
        assert!(is_own("[]\n") && is_own("{\"schema_version\":1,\"settings\":{}}"));
        assert_eq!(of_bytes(b"wirecopyLOG \x02\0\0\0", true), Some(OwnMark::Index));
    }
}
