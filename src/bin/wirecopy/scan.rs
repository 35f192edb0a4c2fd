//! `wirecopy scan`.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use wirecopy::corpus::Corpus;
use wirecopy::report::diff::Diff;
use wirecopy::report::html::{LIMIT, related_texts, rounds};
use wirecopy::report::terminal::{Look, summary};
use wirecopy::report::{
    DocumentRow, PairRow, Report, SCHEMA_VERSION, Settings as Resolved, Span, write_csv, write_pairs,
};
use wirecopy::scan::{AuditOptions, Lineage, Pages, Scan, scan, scan_under, scan_with};

use crate::args;
use crate::indexed::{Indexed, Partners};
use crate::model;
use crate::output::Target;
use crate::progress::Bar;
use crate::report::{self, Rendering};
use crate::settings::Settings;
#[cfg(feature = "parquet")]
use crate::tables;

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Pairs,
    Csv,
    Parquet,
    Of(Rendering),
}

const FORMATS: [(&str, Format); 9] = [
    ("pairs", Format::Pairs),
    ("csv", Format::Csv),
    ("json", Format::Of(Rendering::Json)),
    ("json+text", Format::Of(Rendering::JsonWithTexts)),
    ("html", Format::Of(Rendering::Html)),
    ("markdown", Format::Of(Rendering::Markdown)),
    ("parquet", Format::Parquet),
    ("boilerplate", Format::Of(Rendering::Boilerplate)),
    ("sites", Format::Of(Rendering::Sites)),
];

pub fn run(args: &args::Args, typed: &args::Scan) -> Result<ExitCode> {
    let targets = Target::parse_all(&typed.reports, &FORMATS)?;
    let baseline = typed.baseline.as_deref().map(report::read).transpose()?;
    let boilerplate = typed.boilerplate.as_deref().map(model::read_boilerplate).transpose()?;
    let settings = Settings::of(&typed.run)?;
    let bar = Bar::show(&settings.resources.progress, args.quiet);
    let corpus = typed.input.open_against(&typed.run.against, &settings.resources)?;
    let Settings { recipe, policy, resources } = &settings;
    let indexed = typed.index.as_deref().map(|index| Indexed::open(index, &settings)).transpose()?;
    let given = match (&indexed, &typed.model) {
        (Some(indexed), _) => Some(indexed.model()),
        (None, Some(file)) => Some(model::read(*recipe, file)?),
        (None, None) => None,
    };
    let found = match (given, &boilerplate) {
        (Some(model), _) => scan_under(model, &corpus, *recipe, policy, resources)?,
        (None, Some(given)) => scan_with(given, &corpus, *recipe, policy, resources)?,
        (None, None) => scan(&corpus, *recipe, policy, resources)?,
    };
    let partners = indexed.map(|indexed| indexed.partners(&corpus, &found, &settings)).transpose()?;
    if let (Some(file), Some(learned)) = (&typed.save_model, &found.model) {
        model::write(settings.recipe, learned, file)?;
    }
    drop(bar);
    // A summary would stand in the middle of a report on standard output.
    let summarised = !args.quiet && targets.iter().all(|target| target.file.is_some());
    let whole =
        summarised || baseline.is_some() || targets.iter().any(|target| target.format != Format::Pairs);
    let mut whole = whole.then(|| whole_report(typed, &settings, &corpus, &found)).transpose()?;
    if let Some(whole) = &mut whole {
        complete(&targets, &settings, &corpus, &found, whole)?;
    }
    if let (Some(documents), Some(whole)) = (typed.audit, &mut whole) {
        let options = AuditOptions { documents, seed: typed.seed };
        let Settings { recipe, policy, resources } = &settings;
        whole.report.audit = Some(found.audit(&corpus, *recipe, policy, resources, options)?);
    }
    let spans = match targets.iter().any(|target| matches!(target.format, Format::Pairs | Format::Parquet)) {
        true => found.spans(&corpus, settings.recipe, &settings.policy, &settings.resources)?,
        false => None,
    };
    for target in &targets {
        let (whole, spans) = (whole.as_ref(), spans.as_deref());
        #[cfg(feature = "parquet")]
        if let (Format::Parquet, Some(whole), Some(directory)) = (target.format, whole, &target.file) {
            let documents = document_rows(&corpus, &found, partners.as_ref(), whole);
            let pairs = pair_rows(&found, partners.as_ref(), spans);
            tables::write_all(directory, documents, pairs, &whole.report)?;
            continue;
        }
        target.write(|out| write(target.format, out, &corpus, &found, partners.as_ref(), whole, spans))?;
    }
    let diff = baseline.as_ref().zip(whole.as_ref()).map(|(old, new)| Diff::between(old, &new.report));
    if let (true, Some(Whole { report, .. })) = (summarised, &whole) {
        print(typed, &corpus, &found, report)?;
        if let Some(partners) = &partners {
            anstream::println!("{}", partners.summary());
        }
        if let Some(diff) = &diff {
            report::print_diff(diff)?;
        }
        report::print_places(targets.iter().filter(|target| target.format == Format::Of(Rendering::Html)))?;
    }
    if args.verbose {
        for (stage, time) in settings.resources.progress.stages() {
            anstream::eprintln!("{stage:<12}{:9.1} ms", time.as_secs_f64() * 1e3);
        }
    }
    let has_duplicates = !found.clusters.is_empty() || partners.is_some_and(|partners| partners.has_copies());
    Ok(exit_code(typed, &found, has_duplicates, diff.is_some_and(|diff| diff.has_new())))
}

/// What reports on the whole run are made of.
struct Whole {
    report: Report,
    pages: Pages,
    lineage: Lineage,
}

fn whole_report(typed: &args::Scan, settings: &Settings, corpus: &Corpus, found: &Scan) -> Result<Whole> {
    let pages = found.pages(corpus, &settings.resources)?;
    let report = Report {
        schema_version: SCHEMA_VERSION,
        settings: Resolved::new(
            settings.recipe,
            &settings.policy,
            &typed.input.fields.names(),
            corpus.against(),
        ),
        accounting: found.accounting(corpus),
        sources: Vec::new(),
        clusters: found.cluster_rows(corpus),
        related: Vec::new(),
        others: Vec::new(),
        pages: found.page_rows(corpus, &pages.repeats),
        titles: found.title_rows(corpus, &pages),
        site_pairs: Vec::new(),
        boilerplate: Vec::new(),
        templates: Vec::new(),
        recovery: Some(found.recovery(corpus, settings.recipe, &settings.policy, &settings.resources)?),
        audit: None,
        problems: found.documents.problems.iter().map(Into::into).collect(),
        texts: Default::default(),
    };
    Ok(Whole { report, pages, lineage: Lineage::default() })
}

/// Adds what the reports that were asked for need: passages, sources and chrome, and texts, as many as they show.
fn complete(
    targets: &[Target<Format>],
    settings: &Settings,
    corpus: &Corpus,
    found: &Scan,
    whole: &mut Whole,
) -> Result<()> {
    let asks_for = |format| targets.iter().any(|target| target.format == format);
    let asks = |rendering| asks_for(Format::Of(rendering));
    let Whole { report, pages, lineage } = whole;
    let texts = match (asks(Rendering::JsonWithTexts), asks(Rendering::Html)) {
        (true, _) => usize::MAX,
        (false, true) => LIMIT,
        (false, false) => 0,
    };
    let json_or_page = texts > 0 || asks(Rendering::Json);
    std::thread::scope(|scope| {
        // One thread reads all files through, while the others do what takes several.
        let sources = json_or_page.then(|| scope.spawn(|| found.sources(corpus, &settings.resources)));
        if json_or_page || asks_for(Format::Csv) || asks_for(Format::Parquet) || asks(Rendering::Sites) {
            *lineage = found.lineage(corpus, settings.recipe, &settings.resources)?;
            found.add_lineage(corpus, lineage, &mut report.clusters);
        }
        if json_or_page || asks(Rendering::Sites) {
            report.site_pairs = found.site_pairs(corpus, lineage);
        }
        if json_or_page {
            found.detail(corpus, settings.recipe, &settings.policy, report, &settings.resources)?;
            report.templates = found.templates(corpus, settings.recipe, &settings.resources)?;
        }
        if json_or_page || asks(Rendering::Boilerplate) {
            report.boilerplate = found.boilerplate(corpus, settings.recipe, &settings.resources)?;
        }
        if texts > 0 {
            let mut others: Vec<_> = pages.repeats.iter().map(|(document, _)| *document).collect();
            others.extend(found.others().into_iter().take(related_texts(report, texts)));
            let wanted = rounds(report, texts);
            found.add_texts(corpus, report, &wanted, &others);
        }
        if let Some(sources) = sources {
            report.sources = sources.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        Ok(())
    })
}

fn write(
    format: Format,
    out: &mut dyn Write,
    corpus: &Corpus,
    found: &Scan,
    partners: Option<&Partners>,
    whole: Option<&Whole>,
    spans: Option<&[Vec<Span>]>,
) -> io::Result<()> {
    match (format, whole) {
        (Format::Csv, Some(whole)) => write_csv(document_rows(corpus, found, partners, whole), out),
        (Format::Of(rendering), Some(whole)) => rendering.write(&whole.report, out),
        _ => write_pairs(pair_rows(found, partners, spans), out),
    }
}

/// Every document; with what it is to the index, where it is nobody's copy but the index's.
fn document_rows<'a>(
    corpus: &'a Corpus,
    found: &'a Scan,
    partners: Option<&Partners>,
    Whole { report, pages, lineage }: &'a Whole,
) -> Box<dyn Iterator<Item = DocumentRow> + 'a> {
    let rows = found.document_rows(corpus, &report.clusters, lineage, &pages.repeats);
    let Some(partners) = partners else { return Box::new(rows) };
    let mut rows: Vec<_> = rows.collect();
    partners.complete(&mut rows);
    Box::new(rows.into_iter())
}

/// Pairs of what was scanned, and then those with documents of the index.
fn pair_rows<'a>(
    found: &'a Scan,
    partners: Option<&'a Partners>,
    spans: Option<&'a [Vec<Span>]>,
) -> impl Iterator<Item = PairRow<'a>> {
    found.pair_rows(spans).chain(partners.into_iter().flat_map(Partners::pair_rows))
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

fn exit_code(typed: &args::Scan, found: &Scan, has_duplicates: bool, has_new: bool) -> ExitCode {
    let unreadable = found.documents.problems.iter().any(|problem| problem.unreadable);
    if typed.strict && unreadable {
        anstream::eprintln!("wirecopy: something could not be read, and --strict was given");
        return ExitCode::from(2);
    }
    if typed.fail_on_duplicates && has_duplicates || typed.fail_on_new && has_new {
        return ExitCode::from(1);
    }
    ExitCode::SUCCESS
}
