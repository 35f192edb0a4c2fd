//! `wirecopy dedup`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::act::Removable;
use crate::act::dedup::{Decisions, decide, list};
use crate::act::keep::Rules;
use crate::act::rewrite::{Output, stream};
use crate::error::{Error, ErrorKind};
use crate::scan::Run;
use anyhow::{Context, Result, bail};

use super::args;
use crate::cli::output::outputs;
use crate::cli::progress::Bar;
use crate::cli::say::{self, say};
use crate::cli::settings::{ScanSettings, say_ignored};
use crate::output::{OutputPlace, Outputs, STANDARD};
use crate::printable::printable;

pub fn run(args: &args::Args, typed: &args::Dedup) -> Result<ExitCode> {
    let rules = Rules::read(typed.keep.as_deref())?;
    let removable: Removable = typed.remove.parse()?;
    if removable.takes_partial() && typed.run.against.is_empty() {
        bail!(
            "--remove partial takes what shares a passage with a second set: name it with --against. Within one set a document \
             that shares a passage has more to say; --strip passages takes the passage alone"
        );
    }
    if typed.strip == Some(args::StripArg::Passages) && typed.run.within.is_some() {
        bail!("--strip passages looks at all documents, however far apart in time: leave out --within");
    }
    let mut outputs = outputs(args);
    outputs.reads(typed.input.paths.iter().chain(&typed.run.against));
    outputs.reads(Rules::files(typed.keep.as_deref()));
    let removed = typed.removed.as_deref().map(|path| outputs.file(path)).transpose()?;
    let goes = goes(typed, removed, outputs)?;
    let settings = ScanSettings::of(&typed.run)?;
    let bar = Bar::show(&settings.resources.progress, args.quiet);
    let corpus = typed.input.open_against(&typed.run.against, &settings.resources)?;
    say_ignored(args, &corpus);
    let found = settings.scan().run(&corpus)?;
    drop(bar);
    let mut clusters = found.cluster_rows();
    found.add_lineage(&found.lineage()?, &mut clusters)?;
    let mut decisions = decide(&found, &clusters, &rules, removable);
    for pattern in rules.unmatched(&clusters) {
        say!("wirecopy: `{pattern}` matches no document that has copies");
    }
    let stripper = match typed.strip {
        Some(args::StripArg::Boilerplate) => match found.stripper() {
            Some(stripper) => Some(stripper),
            None => bail!("--strip boilerplate: --classic knows no boilerplate"),
        },
        Some(args::StripArg::Passages) => {
            decisions.cut_passages(&found, &rules)?;
            None
        }
        None => None,
    };
    let stripped = match goes {
        Goes::To(output) => output.write(&found, &decisions, stripper)?,
        Goes::Out(removed) => stream(&found, &decisions, stripper, removed.as_ref(), &mut *say::data())?,
        Goes::Nowhere(removed) => {
            match removed {
                Some(place) => place.write(|out| list(&decisions, out))?,
                None => list(&decisions, &mut *say::data())
                    .map_err(|e| Error::io(ErrorKind::Write, STANDARD, e))?,
            }
            0
        }
    };
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
        let stay = decisions.staying(&found);
        if stay > 0 {
            say!(
                "{stay} of {} duplicates stay: what holds more than the kept copy, was not verified against it, or is spared \
                 by --remove or a rule",
                decisions.duplicates
            );
        }
        let stripped = match typed.strip {
            Some(args::StripArg::Boilerplate) => format!("; {stripped} stripped of boilerplate"),
            Some(args::StripArg::Passages) => {
                let passages: usize = decisions.cuts.values().map(Vec::len).sum();
                format!("; {passages} passages cut out of {}", decisions.cuts.len())
            }
            None => String::new(),
        };
        let sum = format!("{all} documents = {} kept + {gone} removed{stripped}", all - gone);
        // A sum would stand in the midst of data.
        let is_standard =
            |file: &Option<PathBuf>| file.as_ref().is_some_and(|file| file.as_os_str() == STANDARD);
        if typed.dry_run {
            say!("{sum}; nothing was written but the list");
        } else if is_standard(&typed.output) || is_standard(&typed.removed) {
            say!("{sum}");
        } else {
            writeln!(say::stdout(), "{sum}").context("cannot write to standard output")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the corpus goes, and with it the list of what does not stay.
enum Goes {
    /// To files.
    To(Box<Output>),
    /// To standard output.
    Out(Option<OutputPlace>),
    /// Nowhere: there is only the list.
    Nowhere(Option<OutputPlace>),
}

fn goes(typed: &args::Dedup, removed: Option<OutputPlace>, mut outputs: Outputs) -> Result<Goes> {
    let to = match &typed.output {
        Some(output) if !typed.dry_run => output,
        _ => {
            if removed.is_none() {
                outputs.standard_output()?;
            }
            return Ok(Goes::Nowhere(removed));
        }
    };
    if to.as_os_str() != STANDARD {
        let output = Output::new(&typed.input.paths, &typed.run.against, to, outputs)?;
        return Ok(Goes::To(Box::new(output.listing(removed))));
    }
    if !matches!(&*typed.input.paths, [only] if only.is_file()) {
        bail!("--output - takes one file; name a folder for the corpus of several (--output kept/)");
    }
    outputs.standard_output()?;
    Ok(Goes::Out(removed))
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
