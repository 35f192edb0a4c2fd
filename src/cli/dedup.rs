//! `wirecopy dedup`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::act::dedup::{Decisions, Output, decide};
use crate::act::keep::Rules;
use crate::scan::Run;
use anyhow::{Context, Result, bail};

use super::args;
use crate::cli::progress::Bar;
use crate::cli::say::{self, say};
use crate::cli::settings::Settings;
use crate::printable::printable;

pub fn run(args: &args::Args, typed: &args::Dedup) -> Result<ExitCode> {
    let rules = Rules::read(typed.keep.as_deref())?;
    let removable = typed.remove.parse()?;
    let output = Output::new(&typed.input.paths, &typed.run.against, &typed.output)?;
    if let Some(removed) = &typed.removed {
        check_list(removed, typed)?;
    }
    let settings = Settings::of(&typed.run)?;
    let bar = Bar::show(&settings.resources.progress, args.quiet);
    let corpus = typed.input.open_against(&typed.run.against, &settings.resources)?;
    let found = settings.scan().run(&corpus)?;
    drop(bar);
    let decisions = decide(&found, &found.cluster_rows(), &rules, removable);
    let stripper = match typed.strip {
        Some(args::StripArg::Boilerplate) => match found.stripper() {
            Some(stripper) => Some(stripper),
            None => bail!("--strip boilerplate: --classic knows no boilerplate"),
        },
        None => None,
    };
    let stripped = output.write(&found, &decisions, stripper)?;
    if let Some(path) = &typed.removed {
        write_list(path, &decisions).with_context(|| format!("cannot write {}", path.display()))?;
    }
    warn(&found, &decisions);
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

/// The list may not take the place of what is read or written.
fn check_list(list: &Path, typed: &args::Dedup) -> Result<()> {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut inputs = typed.input.paths.iter().chain(&typed.run.against);
    let taken = inputs.any(|input| whole(list).starts_with(whole(input)));
    if taken || whole(list) == whole(&typed.output) {
        bail!("{}: the list of what was removed cannot stand there", list.display());
    }
    Ok(())
}

fn write_list(path: &Path, decisions: &Decisions) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for removal in decisions.removed.values() {
        serde_json::to_writer(&mut out, removal)?;
        writeln!(out)?;
    }
    out.flush()
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
