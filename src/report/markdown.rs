//! The `markdown` report: what a pull request or an issue can hold.

use std::io::{self, Write};

use super::{MemberRow, Report};
use crate::output::marks::MARKDOWN;
use crate::printable::is_hidden;

/// Clusters and pages shown; the others are counted.
const SHOWN: usize = 50;

/// Members shown of a cluster.
const MEMBERS: usize = 20;

/// Repeats shown of a page.
const REPEATS: usize = 20;

/// Writes the accounting, the largest clusters and what is repeated within pages. Text of documents is escaped, so that
/// none of it becomes markup.
///
/// # Errors
/// Those of `out`.
pub fn write_markdown(report: &Report, mut out: impl Write) -> io::Result<()> {
    let a = &report.accounting;
    writeln!(out, "{MARKDOWN}\n# Duplicates\n")?;
    writeln!(
        out,
        "{} documents = {} unique + {} duplicates + {} empty + {} unreadable, in {} clusters.\n",
        a.documents,
        a.unique,
        a.duplicates,
        a.empty,
        a.unreadable,
        report.clusters.len()
    )?;
    for cluster in report.clusters.iter().take(SHOWN) {
        let lead = cluster.lead();
        writeln!(out, "## {}\n", escaped(lead.name()))?;
        writeln!(out, "`{}`, {} documents\n", code(&cluster.id), cluster.members.len() + 1)?;
        writeln!(out, "| document | site | date | relation | score |\n|---|---|---|---|---:|")?;
        let role = if cluster.original().is_some() { "original" } else { "kept" };
        write_member(&mut out, lead, role, None)?;
        for member in cluster.others().take(MEMBERS) {
            write_member(&mut out, member, member.relation.as_deref().unwrap_or("centre"), member.score)?;
        }
        rest(&mut out, cluster.members.len(), MEMBERS, "documents")?;
        writeln!(out)?;
    }
    rest(&mut out, report.clusters.len(), SHOWN, "clusters")?;
    let pages = || report.pages_with_own_repeats();
    if pages().next().is_some() {
        writeln!(out, "## Repeated within one page\n\n| page | what | times | text |\n|---|---|---:|---|")?;
        for page in pages().take(SHOWN) {
            for repeat in page.own_repeats().take(REPEATS) {
                writeln!(
                    out,
                    "| {} | {} | {} | {} |",
                    escaped(&page.id),
                    escaped(&repeat.kind),
                    repeat.count,
                    escaped(&repeat.text)
                )?;
            }
        }
        rest(&mut out, pages().count(), SHOWN, "pages")?;
    }
    if !report.problems.is_empty() {
        writeln!(out, "\n## Problems\n")?;
        for problem in report.problems.iter().take(SHOWN) {
            let record = problem.record.map_or(String::new(), |record| format!(", record {record}"));
            writeln!(out, "- {}{record}: {}", escaped(&problem.path), escaped(&problem.reason))?;
        }
        rest(&mut out, report.problems.len(), SHOWN, "problems")?;
    }
    out.flush()
}

fn write_member(
    out: &mut impl Write,
    member: &MemberRow,
    relation: &str,
    score: Option<f64>,
) -> io::Result<()> {
    writeln!(
        out,
        "| {} | {} | {} | {} | {} |",
        escaped(&member.id),
        escaped(&member.site),
        escaped(member.date.as_deref().unwrap_or_default()),
        escaped(relation),
        score.map_or(String::new(), |score| format!("{:.0} %", 100.0 * score)),
    )
}

fn rest(out: &mut impl Write, all: usize, shown: usize, what: &str) -> io::Result<()> {
    match all.saturating_sub(shown) {
        0 => Ok(()),
        more => writeln!(out, "\nand {more} more {what}\n"),
    }
}

/// Characters shown of a name, a title or a text: a table of longer ones is read by nobody.
const LONGEST: usize = 200;

/// What stands between the marks of code: an id of letters and digits, and nothing else of a report from somebody else.
fn code(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).take(LONGEST).collect()
}

/// One line in which nothing is markup, of at most so many characters of the text.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(4 * LONGEST));
    let mut characters = text.chars();
    for c in characters.by_ref().take(LONGEST) {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // An address would become a link.
            ':' | '@' => {
                out.push_str(if c == ':' { "&#58;" } else { "&#64;" });
            }
            c if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | '-' | '\'' | '/' | '%') => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() || c == '\u{2028}' || c == '\u{2029}' => out.push(' '),
            c if is_hidden(c) => {}
            c => out.push(c),
        }
    }
    if characters.next().is_some() {
        out.push('\u{2026}');
    }
    // So would a host that looks like one.
    out.replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(
            escaped("a|b\n# [x](javascript:y) <i>`"),
            "a\\|b \\# \\[x\\]\\(javascript&#58;y\\) &lt;i&gt;\\`"
        );
        assert_eq!(escaped("2024-01-02, it's 5 %"), "2024-01-02, it's 5 %");
        assert_eq!(escaped("a\u{202e}b\u{e0041}"), "ab");
        assert_eq!(code("ab`](x)\n1"), "abx1");
    }
}
