//! `wirecopy scan`.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use wirecopy::corpus::Corpus;
use wirecopy::report::terminal::{Look, summary};
use wirecopy::report::{Report, SCHEMA_VERSION, Settings as Resolved, SpanRow, write_csv, write_pairs};
use wirecopy::scan::{Scan, scan, scan_under};

use crate::args;
use crate::model;
use crate::output::Target;
use crate::progress::Bar;
use crate::settings::Settings;

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Pairs,
    Csv,
    Json,
}

const FORMATS: [(&str, Format); 3] = [("pairs", Format::Pairs), ("csv", Format::Csv), ("json", Format::Json)];

pub fn run(args: &args::Args, typed: &args::Scan) -> Result<ExitCode> {
    let targets = Target::parse_all(&typed.reports, &FORMATS)?;
    let settings = Settings::of(typed)?;
    let bar = Bar::show(&settings.resources.progress, args.quiet);
    let corpus = typed.input.open(&settings.resources)?;
    let found = match &typed.model {
        Some(file) => {
            let model = model::read(settings.recipe, file)?;
            scan_under(model, &corpus, settings.recipe, &settings.policy, &settings.resources)?
        }
        None => scan(&corpus, settings.recipe, &settings.policy, &settings.resources)?,
    };
    if let (Some(file), Some(learned)) = (&typed.save_model, &found.model) {
        model::write(settings.recipe, learned, file)?;
    }
    drop(bar);
    // A summary would stand in the middle of a report on standard output.
    let summarised = !args.quiet && targets.iter().all(|target| target.file.is_some());
    let whole = summarised || targets.iter().any(|target| target.format != Format::Pairs);
    let report = whole.then(|| report(typed, &settings, &corpus, &found)).transpose()?;
    let spans = match targets.iter().any(|target| target.format == Format::Pairs) {
        true => found.spans(&corpus, settings.recipe, &settings.policy, &settings.resources)?,
        false => None,
    };
    for target in &targets {
        let write = |out: &mut dyn Write| {
            write(target.format, out, &corpus, &found, report.as_ref(), spans.as_deref())
        };
        target.write(write)?;
    }
    if let (true, Some((report, _))) = (summarised, &report) {
        print(typed, &corpus, &found, report)?;
    }
    if args.verbose {
        for (stage, time) in settings.resources.progress.stages() {
            anstream::eprintln!("{stage:<12}{:9.1} ms", time.as_secs_f64() * 1e3);
        }
    }
    Ok(exit_code(typed, &found))
}

type Repeats = Vec<(wirecopy::document::DocId, Vec<wirecopy::page::Repeat>)>;

fn report(
    typed: &args::Scan,
    settings: &Settings,
    corpus: &Corpus,
    found: &Scan,
) -> Result<(Report, Repeats)> {
    let repeats = found.repeats(corpus, &settings.resources)?;
    let report = Report {
        schema_version: SCHEMA_VERSION,
        settings: Resolved {
            version: env!("CARGO_PKG_VERSION"),
            mode: if typed.classic { "classic" } else { "aligned" },
            recipe: settings.recipe,
            policy: settings.policy,
            fields: typed.input.fields(),
        },
        accounting: found.accounting(corpus),
        clusters: found.cluster_rows(corpus),
        pages: found.page_rows(corpus, &repeats),
        boilerplate: found.boilerplate(corpus, settings.recipe, &settings.resources)?,
        templates: Vec::new(),
        audit: None,
        problems: found.documents.problems.iter().map(Into::into).collect(),
    };
    Ok((report, repeats))
}

fn write(
    format: Format,
    out: &mut dyn Write,
    corpus: &Corpus,
    found: &Scan,
    report: Option<&(Report, Repeats)>,
    spans: Option<&[Vec<SpanRow>]>,
) -> io::Result<()> {
    match (format, report) {
        (Format::Csv, Some((report, repeats))) => {
            write_csv(found.document_rows(corpus, &report.clusters, repeats), out)
        }
        (Format::Json, Some((report, _))) => {
            serde_json::to_writer_pretty(&mut *out, report)?;
            writeln!(out)
        }
        (Format::Pairs | Format::Csv | Format::Json, _) => write_pairs(found.pair_rows(spans), out),
    }
}

fn print(typed: &args::Scan, corpus: &Corpus, found: &Scan, report: &Report) -> Result<()> {
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
    let look = match typed.all {
        true => Look { shown: usize::MAX, members: usize::MAX, width },
        false => Look { width, ..Look::default() },
    };
    let excerpt = |cluster: &wirecopy::scan::Cluster| {
        let (member, _) = cluster.members.first()?;
        found.excerpt(corpus, cluster.representative, *member)
    };
    let excerpts: Vec<Option<String>> = found.clusters.iter().take(look.shown).map(excerpt).collect();
    let mut out = anstream::stdout().lock();
    write!(out, "{}", summary(report, &excerpts, look)).context("cannot write to standard output")?;
    Ok(())
}

fn exit_code(typed: &args::Scan, found: &Scan) -> ExitCode {
    let unreadable = found.documents.problems.iter().any(|problem| problem.unreadable);
    if typed.strict && unreadable {
        anstream::eprintln!("wirecopy: something could not be read, and --strict was given");
        return ExitCode::from(2);
    }
    if typed.fail_on_duplicates && !found.clusters.is_empty() {
        return ExitCode::from(1);
    }
    ExitCode::SUCCESS
}
