//! `wirecopy apply` and `wirecopy undo`.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::act::Removable;
use crate::act::again::{Confirmed, confirm};
use crate::act::apply::{Action, Actor, Plan, Step, plan};
use crate::act::keep::Rules;
use crate::act::names::Names;
use crate::act::roots::Roots;
use crate::act::undo::{Undone, read_journal, undo as undo_entry};
use crate::options::{Mode, Policy};
use crate::output::{STANDARD, directory_of, sync_directory};
use crate::report::Report;
use anyhow::{Context, Result, bail};

use super::{args, report};
use crate::cli::output::outputs;
use crate::cli::say::{self, say};
use crate::printable::printable;

pub fn run(args: &args::Args, typed: &args::Apply) -> Result<ExitCode> {
    let action = action(&typed.action)?;
    let roots = Roots::new(&typed.root)?;
    let rules = Rules::read(typed.keep.as_deref())?;
    let protected = Names::new(&typed.protect)?;
    let report = report::read(&typed.report)?;
    let removable: Removable = typed.remove.parse()?;
    if removable.takes_partial() {
        bail!(
            "--remove partial: files that share a passage and no more are never removed by apply (dedup --against can)"
        );
    }
    let plan = plan(&report, &rules, removable, &protected);
    warn(&report, &rules, &protected);
    let acts = action.filter(|_| typed.yes);
    let failed = match acts {
        Some(action) => Acting { args, typed, roots, removable, report: &report }.act(&plan, action)?,
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

/// Says which patterns name nothing: whoever typed them means something.
fn warn(report: &Report, rules: &Rules, protected: &Names) {
    let clusters = &report.clusters;
    for pattern in protected.unmatched(clusters).into_iter().chain(rules.unmatched(clusters)) {
        let pattern = shown(Path::new(&pattern));
        say!("wirecopy: `{pattern}` matches no document that has copies");
    }
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

/// What acting needs to know.
struct Acting<'a> {
    args: &'a args::Args,
    typed: &'a args::Apply,
    roots: Roots,
    removable: Removable,
    report: &'a Report,
}

impl Acting<'_> {
    /// Acts on every file of the plan; how many were left as they are because something spoke against it.
    fn act(self, plan: &Plan, action: Action) -> Result<u64> {
        if let Action::Move(directory) = &action {
            self.roots.inside(&directory.join("any"))?;
        }
        let Confirmed { steps, others } = confirm(&plan.steps, &self.roots, self.removable, &self.policy())?;
        for (step, reason) in &others {
            left(step, reason);
        }
        let path = self.typed.journal.clone().unwrap_or_else(|| beside(&self.typed.report));
        if path.as_os_str() == STANDARD {
            bail!(
                "the journal is what `wirecopy undo` reads, and standard output keeps nothing: name a file with --journal"
            );
        }
        let mut outputs = outputs(self.args);
        outputs.reads([&self.typed.report]);
        outputs.appended(&path)?;
        let mut actor = Actor::new(action, begin_journal(&path)?, self.roots, &plan.stay);
        let (mut done, mut failed) = (0u64, others.len() as u64);
        for step in steps {
            match actor.act(step) {
                Ok(()) => done += 1,
                Err(e) => {
                    failed += 1;
                    left(step, &e);
                }
            }
            if actor.is_broken() {
                say!("wirecopy: stopped: what cannot be written down cannot be taken back");
                failed = plan.steps.len() as u64 - done;
                break;
            }
        }
        if !self.args.quiet {
            let mut out = say::stdout();
            writeln!(out, "{done} files done, {failed} left as they are; journal: {}", path.display())
                .context("cannot write to standard output")?;
        }
        Ok(failed)
    }

    /// What counts as a copy: as it was typed, in the report's mode.
    fn policy(&self) -> Policy {
        let mode = if self.report.settings.mode == "classic" { Mode::Classic } else { Mode::Aligned };
        Policy { mode, ..self.typed.judging.policy() }
    }
}

fn left(step: &Step, reason: &dyn std::fmt::Display) {
    // The reason may name a path of the report.
    let reason = reason.to_string();
    say!("wirecopy: left {}: {}", shown(&step.path), shown(Path::new(&reason)));
}

/// A journal that has its name for good. One without an entry is of a run that did nothing, and is begun again.
fn begin_journal(path: &Path) -> Result<File> {
    let cannot = || format!("cannot begin the journal {} (--journal names another)", path.display());
    let mut options = OpenOptions::new();
    // Neither what a link leads to, nor a pipe that nobody reads.
    options.write(true).create(true).truncate(false).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let journal = options.open(path).with_context(cannot)?;
    // Two runs never write into one.
    journal.try_lock().map_err(std::io::Error::from).with_context(cannot)?;
    let metadata = journal.metadata().with_context(cannot)?;
    if !metadata.is_file() || metadata.len() > 0 {
        bail!("{}: something is there already", cannot());
    }
    sync_directory(directory_of(path)).with_context(cannot)?;
    Ok(journal)
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
        (
            plan.unknown,
            "without a SHA-256 in the report, which has none where a file cannot be read or its name is no UTF-8",
        ),
    ];
    for (count, reason) in reasons.iter().filter(|(count, _)| *count > 0) {
        say!("not acted on: {count} {reason}");
    }
}

pub fn undo(args: &args::Args, typed: &args::Undo) -> Result<ExitCode> {
    let cannot = || format!("cannot read {}", typed.journal.display());
    let file = File::open(&typed.journal).with_context(cannot)?;
    let roots = Roots::new(&typed.root)?;
    let read = read_journal(BufReader::new(file)).with_context(cannot)?;
    if read.cut && !args.quiet {
        say!("the journal's last line was cut off: nothing had been done for it");
    }
    for number in &read.passed_over {
        say!("wirecopy: {}:{number}: no entry; it was passed over", typed.journal.display());
    }
    let (mut back, mut nothing, mut failed) = (0u64, 0u64, 0u64);
    for entry in read.entries.iter().rev() {
        match undo_entry(entry, &roots) {
            Ok(Undone::Back) => back += 1,
            Ok(Undone::Nothing) => nothing += 1,
            Err(e) => {
                failed += 1;
                let reason = e.to_string();
                say!("wirecopy: not back: {}: {}", shown(&entry.path), shown(Path::new(&reason)));
            }
        }
    }
    if !args.quiet {
        let mut out = say::stdout();
        writeln!(out, "{back} files back, {nothing} with nothing to take back, {failed} not back")
            .context("cannot write to standard output")?;
    }
    Ok(if failed > 0 || !read.passed_over.is_empty() { ExitCode::from(2) } else { ExitCode::SUCCESS })
}
