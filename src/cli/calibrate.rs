//! `wirecopy calibrate`: what other thresholds would give.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::calibrate::{Calibration, LOWEST, Saved, ThresholdStep, calibrate, read_pairs};
use crate::corpus::{Corpus, CorpusOptions, FieldNames, Format, Value};
use crate::options::Policy;
use crate::output::Outputs;
use crate::report::write_pairs;
use crate::review::{self, Key, LABELLED, Labelled, Precision, RelationPrecision, ThresholdPrecision, label};
use anyhow::{Context, Result, bail};

use super::args;
use crate::cli::output::{Target, outputs, write_versioned};
use crate::cli::progress::Bar;
use crate::cli::say;
use crate::cli::settings::ScanSettings;
use crate::filter::records::described;
use crate::printable::printable;

#[derive(Clone, Copy)]
enum CalibrateFormat {
    Json,
    Csv,
}

pub fn run(args: &args::Args, typed: &args::Calibrate) -> Result<ExitCode> {
    let mut outputs = outputs(args);
    outputs.reads(typed.input.paths.iter().chain(&typed.run.against).chain(&typed.from).chain(&typed.labels));
    let formats = [("json", CalibrateFormat::Json), ("csv", CalibrateFormat::Csv)];
    let targets = Target::parse_all(&typed.reports, &formats, &mut outputs)?;
    let settings = ScanSettings::of(&typed.run)?;
    if let Some(sheet) = &typed.labels {
        let said = precision(sheet, &settings)?;
        for target in &targets {
            target.write(|out| match target.format {
                CalibrateFormat::Json => write_versioned(&said, out),
                CalibrateFormat::Csv => write_precision(&said, out),
            })?;
        }
        if !args.quiet && targets.iter().all(|target| target.file.is_some()) {
            print_precision(&said).context("cannot write to standard output")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let printed = !args.quiet && targets.iter().all(|target| target.file.is_some());
    let mut scan = None;
    let pairs = match &typed.from {
        Some(path) => {
            let cannot = || format!("cannot read pairs from {}", path.display());
            read_pairs(BufReader::new(File::open(path).with_context(cannot)?)).with_context(cannot)?
        }
        None => {
            let _bar = Bar::show(&settings.resources.progress, args.quiet);
            let (pairs, counts) = scanned(typed, &settings, &outputs, printed)?;
            scan = counts;
            pairs
        }
    };
    let calibration = calibrate(&pairs, &settings.policy);
    for target in &targets {
        target.write(|out| match target.format {
            CalibrateFormat::Json => write_versioned(&calibration, out),
            CalibrateFormat::Csv => write_csv(&calibration, out),
        })?;
    }
    if printed {
        print(&calibration, &settings.policy, scan).context("cannot write to standard output")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What a sheet that was filled in says of all pairs.
fn precision(sheet: &Path, settings: &ScanSettings) -> Result<Precision> {
    // Spreadsheets write tables of many kinds; whoever reads documents out of them reads labels too.
    let mut options = CorpusOptions { format: Format::Csv, ..CorpusOptions::default() };
    options.fields = FieldNames {
        text: "verdict".to_owned(),
        id: "number".to_owned(),
        title: "key".to_owned(),
        ..FieldNames::default()
    };
    let corpus = Corpus::open(&[sheet.to_owned()], &options, &settings.resources)?;
    let place =
        |row: &dyn std::fmt::Display| format!("{}: pair {}", sheet.display(), printable(&row.to_string()));
    if let Some(problem) = corpus.problems().first() {
        bail!("{}", described(problem));
    }
    let (mut labelled, mut open, mut wrong, mut bytes) = (Vec::new(), 0, None, Vec::new());
    for piece in corpus.pieces() {
        corpus.read(&piece, &mut bytes, |_, _, fields| {
            let Ok(fields) = fields else { return };
            let text = |value: Option<Value<'_>>| value.map(Value::to_text).unwrap_or_default();
            let (number, written) = (text(fields.id), fields.text.to_text());
            let key = number.trim().parse().ok().and_then(|number| Key::opened(&text(fields.title), number));
            let Some(key) = key else {
                wrong.get_or_insert_with(|| {
                    format!("{}: its key is not what scan --review wrote", place(&number))
                });
                return;
            };
            match label(&written) {
                Some(label) => labelled.push(Labelled { key, label }),
                // Whoever is not sure says so, and that is no label.
                None if written.trim().is_empty() || written.trim() == "?" => open += 1,
                None => {
                    let known = LABELLED.join(", ");
                    let what = format!("{}: `{}` is none of {known}", place(&number), printable(&written));
                    wrong.get_or_insert(what);
                }
            }
        })?;
    }
    if let Some(wrong) = wrong {
        bail!("{wrong}");
    }
    if labelled.is_empty() {
        bail!(
            "{}: no pair has a verdict yet; write one of {} in that column",
            sheet.display(),
            LABELLED.join(", ")
        );
    }
    Ok(review::precision(&labelled, open, &settings.policy))
}

/// Shares and thresholds in one table: a relation's line has no threshold.
fn write_precision(said: &Precision, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "relation,threshold,pairs,labelled,right,low,high,kept")?;
    for RelationPrecision { relation, pairs, labelled, right, low, high } in &said.precision {
        writeln!(out, "{relation},,{pairs},{labelled},{right},{low},{high},")?;
    }
    for (relation, steps) in [("near", &said.score), ("contained", &said.containment)] {
        for ThresholdPrecision { threshold, pairs, labelled, right, low, high, kept } in steps {
            let [right, kept] =
                [right, kept].map(|share| share.map_or(String::new(), |share| share.to_string()));
            writeln!(out, "{relation},{threshold},{pairs:.1},{labelled},{right},{low},{high},{kept}")?;
        }
    }
    Ok(())
}

fn print_precision(said: &Precision) -> io::Result<()> {
    let mut out = say::stdout();
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let interval = |low, high| format!("{} to {}", percent(low), percent(high));
    writeln!(out, "\x1b[1m{:<12}{:>10}{:>10}{:>10}  95 % interval\x1b[0m", "", "pairs", "labelled", "right")?;
    for RelationPrecision { relation, pairs, labelled, right, low, high } in &said.precision {
        writeln!(
            out,
            "{relation:<12}{pairs:>10}{labelled:>10}{:>10}  {}",
            percent(*right),
            interval(*low, *high)
        )?;
    }
    for (relation, measure, steps) in
        [("near", "score", &said.score), ("contained", "containment", &said.containment)]
    {
        if steps.is_empty() {
            continue;
        }
        writeln!(
            out,
            "\n\x1b[1m{:<12}{:>10}{:>10}{:>10}{:>10}  95 % interval\x1b[0m",
            measure, "pairs", "labelled", "copies", "kept"
        )?;
        for ThresholdPrecision { threshold, pairs, labelled, right, low, high, kept } in steps {
            let shown = |share: &Option<f64>| share.map_or("-".to_owned(), percent);
            writeln!(
                out,
                "{:<12}{pairs:>10.0}{labelled:>10}{:>10}{:>10}  {}",
                format!("{threshold:.2}"),
                shown(right),
                shown(kept),
                if right.is_some() { interval(*low, *high) } else { String::new() },
            )?;
        }
        writeln!(
            out,
            "  of `{relation}`: copies of any kind among the pairs that reach it, and how many of all copies are kept"
        )?;
    }
    if said.open > 0 {
        writeln!(out, "\n{} pairs have no verdict", said.open)?;
    }
    writeln!(
        out,
        "\ncopies: exact, near and contained together, whichever of them. Intervals: Clopper and Pearson's with the effective number \
         of labels within strata (Korn and Graubard 1998)"
    )
}

/// Duplicates and clusters, as a scan counts them.
type ScanCounts = (usize, usize);

/// The pairs of a scan that asks for as little as any threshold shown; and where that is printed beside them, what one finds at
/// the thresholds as they are set.
fn scanned(
    typed: &args::Calibrate,
    settings: &ScanSettings,
    outputs: &Outputs,
    printed: bool,
) -> Result<(Vec<Saved>, Option<ScanCounts>)> {
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
    let count = || -> Result<ScanCounts> {
        let found = settings.scan().run(&corpus)?;
        Ok((found.clusters.iter().map(|cluster| cluster.members.len()).sum(), found.clusters.len()))
    };
    let counts = printed.then(count).transpose()?;
    Ok((read_pairs(&*pairs)?, counts))
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

fn print(calibration: &Calibration, policy: &Policy, scan: Option<ScanCounts>) -> io::Result<()> {
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
    if let Some((duplicates, clusters)) = scan {
        writeln!(out, "a scan as it is set (*) finds {duplicates} duplicates in {clusters} clusters")?;
    }
    writeln!(out, "* as it is set; `wirecopy compare A B` shows why a pair is what it is")
}
