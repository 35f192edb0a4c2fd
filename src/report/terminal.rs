//! The summary that a person reads in a terminal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use super::{
    Accounting, AuditRow, ClusterRow, MemberRow, PageRow, PlantedRow, RecoveryRow, Report, TitleRow,
};
use crate::calendar::{Lag, When};
use crate::printable::printable;

/// How the summary looks.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Whether everything is listed, and not the largest stories and one line of a kind.
    pub all: bool,
    /// Columns.
    pub width: usize,
}

impl Look {
    /// Stories of which the summary tells where not all are listed.
    pub const STORIES: usize = 5;

    /// How many clusters, pages and problems are listed at most, where some of them would do.
    fn some(self, most: usize) -> usize {
        if self.all { usize::MAX } else { most }
    }

    /// Stories that are shown.
    pub fn stories(self) -> usize {
        self.some(Look::STORIES)
    }
}

/// The summary of a report: one screen, or with everything listed. `excerpts[i]` is what the documents of cluster `i`
/// share, where that is known. Styles are ANSI sequences, for the writer to strip where they are not wanted. Text of
/// documents is untrusted, and control characters in it are left out.
pub fn summary(report: &Report, excerpts: &[Option<String>], look: Look) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_summary(&mut out, report, excerpts, look);
    out
}

/// Problems, and sites, that one screen has room for.
const FEW: usize = 3;

/// Characters of a path beside what is wrong there, at least.
const PATH: usize = 24;

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
    let stories = report.clusters.iter().zip(excerpts).take(look.stories());
    if look.all {
        for (cluster, excerpt) in stories {
            write_cluster(out, cluster, excerpt.as_deref(), look)?;
        }
    } else if !report.clusters.is_empty() {
        writeln!(out, "\n{BOLD}the largest stories{PLAIN}")?;
        for (cluster, excerpt) in stories {
            write_story(out, cluster, excerpt.as_deref(), look)?;
        }
        let more = report.clusters.len().saturating_sub(look.stories());
        if more > 0 {
            let stories = if more == 1 { "1 story".to_owned() } else { format!("{more} stories") };
            writeln!(out, "  {DIM}and {stories} more, with all who carry them: --all{PLAIN}")?;
        }
    }
    write_pages(out, report, look)?;
    write_titles(out, &report.titles, look)?;
    write_pairs(out, accounting, look)?;
    write_sites(out, accounting, look)?;
    match (&report.audit, &report.recovery) {
        (Some(audit), _) => write_audit(out, audit, look)?,
        (None, Some(recovery)) => write_recovery(out, recovery, look)?,
        (None, None) => {}
    }
    if !report.problems.is_empty() {
        writeln!(out, "\n{RED}{BOLD}{}{PLAIN}", counted(report.problems.len() as u64, "problem"))?;
        let most = look.some(FEW);
        for problem in report.problems.iter().take(most) {
            let record = problem.record.map_or(String::new(), |record| format!("#{record}"));
            let reason = format!("{record}: {}", clipped(&problem.reason, NAMED));
            let room = if look.all { NAMED } else { look.width.saturating_sub(2 + reason.chars().count()) };
            writeln!(out, "  {}{reason}", ending(&problem.path, room.max(PATH)))?;
        }
        rest(out, report.problems.len(), most, "problem", "--all, or in --report json")?;
    }
    write_accounting(out, accounting, report.clusters.len())
}

/// A story in two lines: how large it is and its headline, then who had it first and who followed.
fn write_story(out: &mut String, cluster: &ClusterRow, excerpt: Option<&str>, look: Look) -> fmt::Result {
    let lead = cluster.lead();
    let head = format!("  {:>4} documents  ", cluster.members.len() + 1);
    let headline = lead.title.as_deref().or(lead.opening.as_deref()).or(excerpt).unwrap_or(&lead.id);
    let room = look.width.saturating_sub(head.chars().count());
    writeln!(out, "{head}{BOLD}{}{PLAIN}", clipped(headline, room))?;
    let sites: BTreeSet<&str> = cluster.others().map(|member| &*member.site).collect();
    let followers = sites.iter().filter(|site| **site != lead.site && !site.is_empty()).count();
    let indent = " ".repeat(head.chars().count());
    let spread = match (cluster.original(), followers) {
        (_, 0) if lead.site.is_empty() => "sites unknown".to_owned(),
        (_, 0) => format!("all on {}", site_named(&lead.site)),
        (None, _) => {
            format!("{} and {}; who had it first is not known", site_named(&lead.site), sites_of(followers))
        }
        (Some(_), _) => {
            let within = half_within(cluster).map_or(String::new(), |lag| format!(", half of them {lag}"));
            format!("{} had it first \u{2192} {}{within}", site_named(&lead.site), sites_of(followers))
        }
    };
    writeln!(out, "{indent}{DIM}{}{PLAIN}", clipped(&spread, room))
}

fn sites_of(count: usize) -> String {
    counted(count as u64, "site")
}

/// How soon half of the sites that follow the lead had the story, where dates tell.
fn half_within(cluster: &ClusterRow) -> Option<String> {
    let lead = cluster.lead();
    let first = When::of(lead.date.as_deref()?)?;
    // By site: the first of its documents.
    let mut followed: BTreeMap<&str, When> = BTreeMap::new();
    for member in cluster.others().filter(|member| member.site != lead.site) {
        let Some(when) = member.date.as_deref().and_then(When::of) else { continue };
        let known = followed.entry(&member.site).or_insert(when);
        if when.is_before(*known) {
            *known = when;
        }
    }
    let lag = Lag::median(followed.into_values().filter_map(|when| first.until(when)).collect())?;
    let minutes = lag.seconds().map(|seconds| (seconds + 59) / 60);
    Some(match (minutes, lag.days()) {
        (Some(..60), _) => format!("within {} min", minutes?.max(1)),
        (Some(minutes @ ..2880), _) => format!("within {} h {} min", minutes / 60, minutes % 60),
        (Some(minutes), _) => format!("within {} days", minutes.div_euclid(1440) + 1),
        (None, Some(0)) => "on the same day".to_owned(),
        (None, Some(days)) => format!("within {}", counted(days.unsigned_abs(), "day")),
        (None, None) => return None,
    })
}

/// Pages on which something stands more than once.
fn write_pages(out: &mut String, report: &Report, look: Look) -> fmt::Result {
    let pages: Vec<&PageRow> = report.pages_with_own_repeats().collect();
    let Some(first) = pages.first() else { return Ok(()) };
    if look.all {
        writeln!(out, "\n{BOLD}repeated within one page{PLAIN}")?;
        return pages.iter().try_for_each(|page| write_page(out, page, look));
    }
    let pages =
        if pages.len() == 1 { "1 page repeats".into() } else { format!("{} pages repeat", pages.len()) };
    let example = first.own_repeats().next().map_or(String::new(), |repeat| {
        format!(", such as {} {} times: \"{}\"", named(&first.id), repeat.count, clipped(&repeat.text, 40))
    });
    write_line(out, &format!("{pages} something (--all){example}"), look)
}

/// A line of its own, set apart from what is above.
fn write_line(out: &mut String, line: &str, look: Look) -> fmt::Result {
    writeln!(out, "\n{}", if look.all { printable(line) } else { clipped(line, look.width) })
}

fn write_cluster(out: &mut String, cluster: &ClusterRow, excerpt: Option<&str>, look: Look) -> fmt::Result {
    let copies = cluster.members.len() as u64 + 1;
    writeln!(out, "\n{CYAN}{}{PLAIN}  {BOLD}{}{PLAIN}", named(&cluster.id), counted(copies, "document"))?;
    let lead = cluster.lead();
    let role = if cluster.original().is_some() { "original" } else { "lead" };
    // Its score is to the representative, and whoever leads is compared with nobody.
    write_member(out, (role, None), lead, look)?;
    for member in cluster.others() {
        write_member(out, (member.relation.as_deref().unwrap_or("centre"), member.score), member, look)?;
    }
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
    let title = member.title.as_deref().or(member.opening.as_deref()).unwrap_or_default();
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
    let Some(first) = titles.first() else { return Ok(()) };
    if !look.all {
        let stand = if titles.len() == 1 {
            "1 title stands".into()
        } else {
            format!("{} titles stand", titles.len())
        };
        let (title, pages, site) =
            (clipped(&first.title, 40), first.documents.len(), site_named(&first.site));
        let line =
            format!("{stand} on several pages of a site (--all), such as \"{title}\" on {pages} of {site}");
        return write_line(out, &line, look);
    }
    writeln!(out, "\n{BOLD}one title on several pages of a site{PLAIN}")?;
    for row in titles {
        let head = format!("  {}  {} pages: ", site_named(&row.site), row.documents.len());
        let room = look.width.saturating_sub(head.chars().count());
        writeln!(out, "{head}{DIM}{}{PLAIN}", clipped(&row.title, room))?;
    }
    Ok(())
}

/// What would have been found of planted copies.
fn write_recovery(out: &mut String, recovery: &RecoveryRow, look: Look) -> fmt::Result {
    if recovery.documents == 0 {
        return Ok(());
    }
    let of = |count: fn(&PlantedRow) -> u64| recovery.by_kind.values().map(count).sum::<u64>();
    let (met, planted) = (of(|row| row.met), of(|row| row.planted));
    let met = if met == planted { format!("all {planted}") } else { format!("{met} of {planted}") };
    let line = format!(
        "self-test: {met} altered copies would have been compared (--audit N measures on your documents)"
    );
    write_line(out, &line, look)
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
    for missed in audit.missed.iter().take(look.some(FEW)) {
        writeln!(
            out,
            "  missed {} and {}: {}, {}",
            named(&missed.a),
            named(&missed.b),
            named(&missed.relation),
            named(&missed.gate)
        )?;
    }
    rest(out, audit.missed.len(), look.some(FEW), "missed pair", "--all, or in --report json")
}

/// What was found besides copies.
fn write_pairs(out: &mut String, accounting: &Accounting, look: Look) -> fmt::Result {
    let others = [
        ("partial", "shares a passage", "share a passage"),
        ("update", "is a new version of a page", "are new versions of a page"),
        ("templated", "is one form filled in with other facts", "are one form filled in with other facts"),
    ];
    let others: Vec<String> = others
        .into_iter()
        .filter_map(|(name, one, several)| {
            let count = *accounting.pairs.get(name)?;
            Some(if count == 1 { format!("1 pair {one}") } else { format!("{count} pairs {several}") })
        })
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}related, and no duplicates{PLAIN} {DIM}(--report pairs=FILE){PLAIN}")?;
    others.iter().try_for_each(|other| writeln!(out, "  {}", clipped(other, look.width)))
}

/// Sites of which more than half are copies: either they carry others' stories, or something is wrong. Who publishes first
/// is not among them.
fn write_sites(out: &mut String, accounting: &Accounting, look: Look) -> fmt::Result {
    let losing =
        accounting.sites.iter().filter(|site| site.documents > 4 && site.duplicates * 2 > site.documents);
    let losing: Vec<String> = losing
        .map(|site| format!("{} ({} of {})", site_named(&site.site), site.duplicates, site.documents))
        .collect();
    if losing.is_empty() {
        return Ok(());
    }
    let shown = losing.len().min(look.some(FEW));
    let more = losing.len() - shown;
    let more = if more > 0 { format!(", and {more} more (--all)") } else { String::new() };
    write_line(out, &format!("more than half are copies at: {}{more}", losing[..shown].join(", ")), look)
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
    let undated = counted(accounting.undated, "document");
    match accounting.undated {
        0 => {}
        1 => writeln!(out, "{undated} has no readable date, so that --within passed over it")?,
        _ => writeln!(out, "{undated} have no readable date, so that --within passed over them")?,
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
            "{} of mostly very common text: compared with a few similar ones only, so that some matches may be missing",
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

/// What a site is called, also where it is not known which it is.
fn site_named(site: &str) -> String {
    if site.is_empty() { "site unknown".to_owned() } else { named(site) }
}

/// At most `room` characters of it, its end.
fn ending(text: &str, room: usize) -> String {
    let text = printable(text);
    let over = text.chars().count().saturating_sub(room);
    if over == 0 {
        return text;
    }
    let kept: String = text.chars().skip(over + 1).collect();
    format!("\u{2026}{kept}")
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
