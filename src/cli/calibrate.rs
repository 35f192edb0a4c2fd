//! `wirecopy calibrate`: what other thresholds would give.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::process::ExitCode;

use crate::calibrate::{Calibration, LOWEST, Saved, ThresholdStep, calibrate, read_pairs};
use crate::options::Policy;
use crate::output::Outputs;
use crate::report::write_pairs;
use anyhow::{Context, Result};

use super::args;
use crate::cli::output::{Target, outputs, write_versioned};
use crate::cli::say;
use crate::cli::settings::ScanSettings;
use crate::printable::printable;

#[derive(Clone, Copy)]
enum CalibrateFormat {
    Json,
    Csv,
}

pub fn run(args: &args::Args, typed: &args::Calibrate) -> Result<ExitCode> {
    let mut outputs = outputs(args);
    outputs.reads(typed.input.paths.iter().chain(&typed.run.against).chain(&typed.from));
    let formats = [("json", CalibrateFormat::Json), ("csv", CalibrateFormat::Csv)];
    let targets = Target::parse_all(&typed.reports, &formats, &mut outputs)?;
    let settings = ScanSettings::of(&typed.run)?;
    let pairs = match &typed.from {
        Some(path) => {
            let cannot = || format!("cannot read pairs from {}", path.display());
            read_pairs(BufReader::new(File::open(path).with_context(cannot)?)).with_context(cannot)?
        }
        None => scanned(typed, &settings, &outputs)?,
    };
    let calibration = calibrate(&pairs, &settings.policy);
    for target in &targets {
        target.write(|out| match target.format {
            CalibrateFormat::Json => write_versioned(&calibration, out),
            CalibrateFormat::Csv => write_csv(&calibration, out),
        })?;
    }
    if !args.quiet && targets.iter().all(|target| target.file.is_some()) {
        print(&calibration, &settings.policy).context("cannot write to standard output")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The pairs of a scan that asks for as little as any threshold shown.
fn scanned(typed: &args::Calibrate, settings: &ScanSettings, outputs: &Outputs) -> Result<Vec<Saved>> {
    let policy = Policy {
        threshold: settings.policy.threshold.min(LOWEST),
        jaccard: settings.policy.jaccard.min(LOWEST),
        containment: settings.policy.containment.min(LOWEST),
        ..settings.policy
    };
    let corpus = typed.input.open(&settings.resources)?;
    outputs.are_not_read(corpus.files())?;
    let found = settings.scan().policy(policy).run(&corpus)?;
    let mut pairs = Vec::new();
    write_pairs(found.pair_rows(None), &mut pairs)?;
    Ok(read_pairs(&*pairs)?)
}

fn write_csv(calibration: &Calibration, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "measure,threshold,pairs,clusters,removed")?;
    for (name, steps) in [("score", &calibration.score), ("containment", &calibration.containment)] {
        for ThresholdStep { threshold, pairs, clusters, removed, .. } in steps {
            writeln!(out, "{name},{threshold},{pairs},{clusters},{removed}")?;
        }
    }
    Ok(())
}

fn print(calibration: &Calibration, policy: &Policy) -> io::Result<()> {
    let mut out = say::stdout();
    let tables = [
        ("score", &calibration.score, policy.threshold),
        ("containment", &calibration.containment, policy.containment),
    ];
    for (name, steps, set) in tables {
        writeln!(
            out,
            "\x1b[1m{name:<12}{:>10}{:>10}{:>10}\x1b[0m  next to it",
            "pairs", "clusters", "removed"
        )?;
        for step in steps {
            let mark = if step.threshold == set { "*" } else { " " };
            let threshold = format!("{:.2}{mark}", step.threshold);
            write!(out, "{threshold:<12}{:>10}{:>10}{:>10}", step.pairs, step.clusters, step.removed)?;
            let pair = |pair: &crate::calibrate::Borderline| {
                format!("{} {} {:.3}", printable(&pair.a), printable(&pair.b), pair.value)
            };
            let next: Vec<String> = step.borderline.iter().take(2).map(pair).collect();
            writeln!(out, "  \x1b[2m{}\x1b[0m", next.join(", "))?;
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "removed: documents beside one of each cluster, by the saved measures alone. A scan asks more of short texts and lets \
         no digest bind a cluster, and dedup keeps what holds more than its kept copy: both give a few less"
    )?;
    writeln!(out, "* as it is set; `wirecopy compare A B` shows why a pair is what it is")
}
