//! `wirecopy dedup`.

use std::io::Write;
use std::process::ExitCode;

use crate::act::dedup::{Decisions, Output, decide};
use crate::act::keep::Rules;
use crate::scan::Run;
use anyhow::{Context, Result, bail};

use super::args;
use crate::cli::output::outputs;
use crate::cli::progress::Bar;
use crate::cli::say::{self, say};
use crate::cli::settings::{ScanSettings, say_ignored};
use crate::printable::printable;

pub fn run(args: &args::Args, typed: &args::Dedup) -> Result<ExitCode> {
    let rules = Rules::read(typed.keep.as_deref())?;
    let removable = typed.remove.parse()?;
    let mut outputs = outputs(args);
    outputs.reads(typed.input.paths.iter().chain(&typed.run.against));
    outputs.reads(Rules::files(typed.keep.as_deref()));
    let removed = typed.removed.as_deref().map(|path| outputs.file(path)).transpose()?;
    let output = Output::new(&typed.input.paths, &typed.run.against, &typed.output, outputs)?;
    let settings = ScanSettings::of(&typed.run)?;
    let bar = Bar::show(&settings.resources.progress, args.quiet);
    let corpus = typed.input.open_against(&typed.run.against, &settings.resources)?;
    say_ignored(args, &corpus);
    let found = settings.scan().run(&corpus)?;
    drop(bar);
    let mut clusters = found.cluster_rows();
    found.add_lineage(&found.lineage()?, &mut clusters)?;
    let decisions = decide(&found, &clusters, &rules, removable);
    for pattern in rules.unmatched(&clusters) {
        say!("wirecopy: `{pattern}` matches no document that has copies");
    }
    let stripper = match typed.strip {
        Some(args::StripArg::Boilerplate) => match found.stripper() {
            Some(stripper) => Some(stripper),
            None => bail!("--strip boilerplate: --classic knows no boilerplate"),
        },
        None => None,
    };
    let stripped = output.listing(removed).write(&found, &decisions, stripper)?;
    warn(&found, &decisions);
    if !args.quiet && !corpus.skipped().is_empty() {
        let kinds = corpus.skipped().iter().map(|(kind, count)| match kind.as_str() {
            "" => format!("{count} without an extension"),
            kind => format!("{count} .{}", printable(kind)),
        });
        say!("not written, of another kind: {}", kinds.collect::<Vec<_>>().join(", "));
    }
    if !args.quiet {
        let all = found.documents.entries.len() - found.documents.against.count_ones();
        let gone = decisions.removed.len();
        let mut out = say::stdout();
        let stripped = match typed.strip {
            Some(args::StripArg::Boilerplate) => format!("; {stripped} stripped of boilerplate"),
            None => String::new(),
        };
        writeln!(out, "{all} documents = {} kept + {gone} removed{stripped}", all - gone)
            .context("cannot write to standard output")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Sites and problems named one by one.
const SHOWN: usize = 20;

/// Says which site loses much, and what could not be read.
fn warn(found: &Run, decisions: &Decisions) {
    for (site, all, gone) in decisions.losing.iter().take(SHOWN) {
        let site = if site.is_empty() { "(no site)".to_owned() } else { printable(site) };
        say!("wirecopy: {site} loses {gone} of {all} documents");
    }
    if let Some(more @ 1..) = decisions.losing.len().checked_sub(SHOWN) {
        say!("wirecopy: {more} more sites lose over half");
    }
    for problem in found.documents.problems.iter().take(SHOWN) {
        say!("wirecopy: {}: {}", printable(&problem.path), printable(&problem.reason));
    }
    if let Some(more @ 1..) = found.documents.problems.len().checked_sub(SHOWN) {
        say!("wirecopy: {more} more problems; scan lists them");
    }
}
