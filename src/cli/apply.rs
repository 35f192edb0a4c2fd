//! `wirecopy apply` and `wirecopy undo`.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::act::apply::{Action, Actor, Plan, Step, plan};
use crate::act::keep::Rules;
use crate::act::undo::{Undone, read_journal, undo as undo_entry};
use anyhow::{Context, Result, bail};
use globset::{Glob, GlobSet, GlobSetBuilder};

use super::{args, report};
use crate::cli::say::{self, say};
use crate::printable::printable;

pub fn run(args: &args::Args, typed: &args::Apply) -> Result<ExitCode> {
    let action = action(&typed.action)?;
    let rules = Rules::read(typed.keep.as_deref())?;
    let plan = plan(&report::read(&typed.report)?, &rules, typed.remove.parse()?, &globs(&typed.protect)?);
    let acts = action.filter(|_| typed.yes);
    let failed = match acts {
        Some(action) => act(args, typed, &plan, action)?,
        None => {
            let mut out = say::stdout();
            for step in &plan.steps {
                writeln!(out, "{}", would(step, &typed.action)).context("cannot write to standard output")?;
            }
            0
        }
    };
    if !args.quiet {
        say(&plan);
        if !typed.yes && typed.action != "list" {
            say!("nothing was done; --yes acts");
        }
    }
    Ok(if failed > 0 { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

/// What was typed; none for `list`.
fn action(typed: &str) -> Result<Option<Action>> {
    Ok(match typed.split_once('=') {
        None if typed == "list" => None,
        None if typed == "hardlink" => Some(Action::Hardlink),
        None if typed == "delete" => Some(Action::Delete),
        Some(("move", directory)) if !directory.is_empty() => Some(Action::Move(directory.into())),
        _ => bail!("no action is called `{typed}`; there are list, move=DIR, hardlink and delete"),
    })
}

fn globs(patterns: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern)?);
    }
    Ok(set.build()?)
}

fn would(step: &Step, action: &str) -> String {
    let verb = match action.split_once('=').map_or(action, |(verb, _)| verb) {
        "list" => "duplicate",
        verb => verb,
    };
    format!("{verb} {}  {} of {}  ({})", shown(&step.path), step.relation, shown(&step.kept), step.rule)
}

/// A path without control characters.
fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}

/// Acts on every file of the plan; how many were left as they are because something spoke against it.
fn act(args: &args::Args, typed: &args::Apply, plan: &Plan, action: Action) -> Result<u64> {
    let path = typed.journal.clone().unwrap_or_else(|| beside(&typed.report));
    let journal =
        OpenOptions::new().write(true).create_new(true).open(&path).with_context(|| {
            format!("cannot begin the journal {} (--journal names another)", path.display())
        })?;
    let mut actor = Actor::new(action, journal);
    let (mut done, mut failed) = (0u64, 0u64);
    for step in &plan.steps {
        match actor.act(step) {
            Ok(()) => done += 1,
            Err(e) => {
                failed += 1;
                say!("wirecopy: left {}: {e}", shown(&step.path));
            }
        }
    }
    if !args.quiet {
        let mut out = say::stdout();
        writeln!(out, "{done} files done, {failed} left as they are; journal: {}", path.display())
            .context("cannot write to standard output")?;
    }
    Ok(failed)
}

fn beside(report: &Path) -> PathBuf {
    let mut name = report.as_os_str().to_owned();
    name.push(".journal");
    name.into()
}

fn say(plan: &Plan) {
    let reasons = [
        (plan.records, "records of files that hold several (wirecopy dedup writes those files anew)"),
        (plan.spared, "protected, or of a relation that is not removed"),
        (plan.unknown, "without a SHA-256 in the report"),
    ];
    for (count, reason) in reasons.iter().filter(|(count, _)| *count > 0) {
        say!("not acted on: {count} {reason}");
    }
}

pub fn undo(args: &args::Args, typed: &args::Undo) -> Result<ExitCode> {
    let cannot = || format!("cannot read {}", typed.journal.display());
    let file = File::open(&typed.journal).with_context(cannot)?;
    let (entries, cut) = read_journal(BufReader::new(file)).with_context(cannot)?;
    if cut && !args.quiet {
        say!("the journal's last line was cut off: nothing had been done for it");
    }
    let (mut back, mut nothing, mut failed) = (0u64, 0u64, 0u64);
    for entry in entries.iter().rev() {
        match undo_entry(entry) {
            Ok(Undone::Back) => back += 1,
            Ok(Undone::Nothing) => nothing += 1,
            Err(e) => {
                failed += 1;
                say!("wirecopy: not back: {}: {e}", shown(&entry.path));
            }
        }
    }
    if !args.quiet {
        let mut out = say::stdout();
        writeln!(out, "{back} files back, {nothing} with nothing to take back, {failed} not back")
            .context("cannot write to standard output")?;
    }
    Ok(if failed > 0 { ExitCode::from(2) } else { ExitCode::SUCCESS })
}
