//! The summary that a person reads in a terminal.

use std::fmt::{self, Write};

use crate::printable::printable;

use super::{Accounting, AuditRow, ClusterRow, MemberRow, PageRow, RecoveryRow, Report, TitleRow};

/// How the summary looks.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Clusters shown, and pages with repeats.
    pub shown: usize,
    /// Members shown of a cluster.
    pub members: usize,
    /// Columns.
    pub width: usize,
}

impl Default for Look {
    fn default() -> Look {
        Look { shown: 20, members: 8, width: 100 }
    }
}

/// The summary of a report. `excerpts[i]` is what the documents of cluster `i` share, where that is known. Styles
/// are ANSI sequences, for the writer to strip where they are not wanted. Text of documents is untrusted, and
/// control characters in it are left out.
pub fn summary(report: &Report, excerpts: &[Option<String>], look: Look) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_summary(&mut out, report, excerpts, look);
    out
}

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const CYAN: &str = "\x1b[36m";
const PLAIN: &str = "\x1b[0m";

fn write_summary(out: &mut String, report: &Report, excerpts: &[Option<String>], look: Look) -> fmt::Result {
    let accounting = &report.accounting;
    writeln!(
        out,
        "read {BOLD}{}{PLAIN} of text in {BOLD}{}{PLAIN} from {}",
        bytes(accounting.bytes),
        counted(accounting.documents, "document"),
        counted(accounting.sites.len() as u64, "site"),
    )?;
    let excerpts = excerpts.iter().chain(std::iter::repeat(&None));
    for (cluster, excerpt) in report.clusters.iter().zip(excerpts).take(look.shown) {
        write_cluster(out, cluster, excerpt.as_deref(), look)?;
    }
    rest(out, report.clusters.len(), look.shown, "cluster", "--all")?;
    let pages: Vec<&PageRow> = report.pages_with_own_repeats().collect();
    if !pages.is_empty() {
        writeln!(out, "\n{BOLD}repeated within one page{PLAIN}")?;
        for page in pages.iter().take(look.shown) {
            write_page(out, page, look)?;
        }
        rest(out, pages.len(), look.shown, "page", "--all")?;
    }
    write_titles(out, &report.titles, look)?;
    match (&report.audit, &report.recovery) {
        (Some(audit), _) => write_audit(out, audit, look)?,
        (None, Some(recovery)) => write_recovery(out, recovery)?,
        (None, None) => {}
    }
    write_pairs(out, accounting)?;
    write_sites(out, accounting)?;
    if !report.problems.is_empty() {
        writeln!(out, "\n{RED}{BOLD}{}{PLAIN}", counted(report.problems.len() as u64, "problem"))?;
        for problem in report.problems.iter().take(look.shown) {
            let record = problem.record.map_or(String::new(), |record| format!("#{record}"));
            writeln!(out, "  {}{record}: {}", named(&problem.path), clipped(&problem.reason, NAMED))?;
        }
        rest(out, report.problems.len(), look.shown, "problem", "--all, or in --report json")?;
    }
    write_accounting(out, accounting, report.clusters.len())
}

fn write_cluster(out: &mut String, cluster: &ClusterRow, excerpt: Option<&str>, look: Look) -> fmt::Result {
    let copies = cluster.members.len() as u64 + 1;
    writeln!(out, "\n{CYAN}{}{PLAIN}  {BOLD}{}{PLAIN}", named(&cluster.id), counted(copies, "document"))?;
    let lead = cluster.lead();
    let role = if cluster.original().is_some() { "original" } else { "keeps" };
    // Its score is to the representative, and whoever leads is compared with nobody.
    write_member(out, (role, None), lead, look)?;
    for member in cluster.others().take(look.members) {
        write_member(out, (member.relation.as_deref().unwrap_or("centre"), member.score), member, look)?;
    }
    rest(out, cluster.members.len(), look.members, "member", "--all")?;
    match excerpt {
        Some(excerpt) => {
            writeln!(out, "  {DIM}\"{}\"{PLAIN}", clipped(excerpt, look.width.saturating_sub(4)))
        }
        None => Ok(()),
    }
}

fn write_member(
    out: &mut String,
    (role, score): (&str, Option<f64>),
    member: &MemberRow,
    look: Look,
) -> fmt::Result {
    let score = score.map_or(String::new(), |score| format!("{:.0} %", 100.0 * score));
    let title = member.title.as_deref().unwrap_or_default();
    let head = format!("  {:<9} {score:>5}  {}", named(role), named(&member.id));
    let about = [&*member.site, member.date.as_deref().unwrap_or_default(), title];
    let about: Vec<String> = about.into_iter().filter(|part| !part.is_empty()).map(printable).collect();
    let room = look.width.saturating_sub(head.chars().count() + 2);
    writeln!(out, "{head}  {DIM}{}{PLAIN}", clipped(&about.join(" \u{b7} "), room))
}

fn write_page(out: &mut String, page: &PageRow, look: Look) -> fmt::Result {
    for repeat in page.own_repeats() {
        let head = format!("  {}  {} {} times: ", named(&page.id), named(&repeat.kind), repeat.count);
        let room = look.width.saturating_sub(head.chars().count());
        writeln!(out, "{head}{DIM}{}{PLAIN}", clipped(&repeat.text, room))?;
    }
    Ok(())
}

/// Titles that several pages of a site have, which search engines and readers confuse.
fn write_titles(out: &mut String, titles: &[TitleRow], look: Look) -> fmt::Result {
    if titles.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}one title on several pages of a site{PLAIN}")?;
    for row in titles.iter().take(look.members) {
        let head = format!("  {}  {} pages: ", named(&row.site), row.documents.len());
        let room = look.width.saturating_sub(head.chars().count());
        writeln!(out, "{head}{DIM}{}{PLAIN}", clipped(&row.title, room))?;
    }
    rest(out, titles.len(), look.members, "title", "--all")
}

/// What would have been found of planted copies.
fn write_recovery(out: &mut String, recovery: &RecoveryRow) -> fmt::Result {
    if recovery.documents == 0 {
        return Ok(());
    }
    let kinds =
        recovery.by_kind.iter().map(|(kind, row)| format!("{} of {} with {kind}", row.met, row.planted));
    let kinds: Vec<String> = kinds.collect();
    writeln!(
        out,
        "\nplanted copies that would have been compared: {} (--audit N looks at real pairs)",
        kinds.join(", ")
    )
}

/// How much of what is there was found.
fn write_audit(out: &mut String, audit: &AuditRow, look: Look) -> fmt::Result {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let Some(recall) = audit.recall else {
        return writeln!(
            out,
            "\n{BOLD}audit{PLAIN}: none of {} drawn has a pair; nothing is known of the recall",
            counted(audit.sampled, "document")
        );
    };
    writeln!(
        out,
        "\n{BOLD}audit{PLAIN}: {} drawn, {} of them with pairs; {} of {} found ({}); recall, the mean \
         over these documents, {BOLD}{}{PLAIN} (95 % interval {} to {})",
        counted(audit.sampled, "document"),
        audit.with_pairs,
        audit.found,
        counted(audit.pairs, "pair"),
        percent(audit.found as f64 / audit.pairs as f64),
        percent(recall),
        percent(audit.low),
        percent(audit.high),
    )?;
    for missed in audit.missed.iter().take(look.members) {
        writeln!(
            out,
            "  missed {} and {}: {}, {}",
            named(&missed.a),
            named(&missed.b),
            named(&missed.relation),
            named(&missed.gate)
        )?;
    }
    rest(out, audit.missed.len(), look.members, "missed pair", "--all, or in --report json")
}

/// What was found besides copies.
fn write_pairs(out: &mut String, accounting: &Accounting) -> fmt::Result {
    let others = ["update", "partial", "templated"].into_iter();
    let others: Vec<String> =
        others.filter_map(|name| accounting.pairs.get(name).map(|count| format!("{count} {name}"))).collect();
    if others.is_empty() {
        Ok(())
    } else {
        writeln!(out, "\npairs that are no copies: {}", others.join(", "))
    }
}

/// Sites of which more than half are copies: either they carry others' stories, or something is wrong. Who publishes first
/// is not among them.
fn write_sites(out: &mut String, accounting: &Accounting) -> fmt::Result {
    let losing =
        accounting.sites.iter().filter(|site| site.documents > 4 && site.duplicates * 2 > site.documents);
    let losing: Vec<String> = losing
        .map(|site| format!("{} ({} of {})", named(&site.site), site.duplicates, site.documents))
        .collect();
    match losing.len() {
        0 => Ok(()),
        n => {
            let named = losing[..n.min(6)].join(", ");
            let more = if n > 6 { format!(", and {} more", n - 6) } else { String::new() };
            writeln!(out, "\nmore than half are copies at: {named}{more}")
        }
    }
}

fn write_accounting(out: &mut String, accounting: &Accounting, clusters: usize) -> fmt::Result {
    let Accounting { documents, unique, duplicates, empty, unreadable, .. } = *accounting;
    writeln!(
        out,
        "\n{BOLD}{} = {unique} unique + {duplicates} duplicates + {empty} empty + {unreadable} \
         unreadable{PLAIN}  ({}; {} short)",
        counted(documents, "document"),
        counted(clusters as u64, "cluster"),
        accounting.short,
    )?;
    if accounting.against > 0 {
        writeln!(
            out,
            "{} of the second set: compared with the others only, and never a duplicate",
            counted(accounting.against, "document")
        )?;
    }
    if accounting.undated > 0 {
        writeln!(
            out,
            "{} without a date that can be read: close in time to none",
            counted(accounting.undated, "document")
        )?;
    }
    if let Some(date) = &accounting.unread_date {
        writeln!(
            out,
            "{} with a date that cannot be read, such as {date:?}; --date-format says how they are written",
            counted(accounting.unread_dates, "document")
        )?;
    }
    let skipped: u64 = accounting.skipped.values().sum();
    if skipped > 0 {
        let kinds: Vec<String> = accounting
            .skipped
            .iter()
            .map(
                |(extension, n)| {
                    if extension.is_empty() { format!("{n} without") } else { format!("{n} .{extension}") }
                },
            )
            .collect();
        writeln!(
            out,
            "left out {} of other kinds: {}",
            counted(skipped, "file"),
            clipped(&kinds.join(", "), NAMED)
        )?;
    }
    if accounting.unsettled > 0 {
        writeln!(
            out,
            "{} share only very frequent text and were compared with a few of their kind",
            counted(accounting.unsettled, "document")
        )?;
    }
    Ok(())
}

fn rest(out: &mut String, all: usize, shown: usize, what: &str, how: &str) -> fmt::Result {
    match all.saturating_sub(shown) {
        0 => Ok(()),
        more => writeln!(out, "  {DIM}and {} more ({how}){PLAIN}", counted(more as u64, what)),
    }
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn bytes(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{:.0} KB", bytes as f64 / 1e3),
        10_000_000..10_000_000_000 => format!("{:.0} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// Characters of an id, a path or another name, at most: whole where people or programs made it for people.
const NAMED: usize = 300;

/// What something is called, in no more characters than a name has: an id may be a megabyte.
pub(super) fn named(name: &str) -> String {
    clipped(name, NAMED)
}

/// At most `room` characters of it.
pub(super) fn clipped(text: &str, room: usize) -> String {
    // No more than may be left: it may be long.
    let some = text.char_indices().nth(4 * room.saturating_add(64)).map_or(text, |(at, _)| &text[..at]);
    let text = printable(some);
    if text.chars().count() <= room {
        return text;
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{}\u{2026}", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut() {
        assert_eq!(clipped("one two three", 8), "one two\u{2026}");
        assert_eq!(clipped("one", 8), "one");
    }
}
