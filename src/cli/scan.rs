//! `wirecopy scan`.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::corpus::{Corpus, CorpusOptions};
use crate::findings::{AuditOptions, Findings, Parts};
use crate::model::Model;
use crate::model::boilerplate::Boilerplate;
use crate::options::Work;
use crate::output::{OutputPlace, Outputs, STANDARD};
use crate::report::diff::Diff;
use crate::report::sheet::{write_sheet, write_sheet_page};
use crate::report::stories::keep_ids;
use crate::report::terminal::{Look, summary};
use crate::report::{DocumentRow, PairRow, Rendering, Report, Span, write_csv, write_pairs};
use crate::scan::{Reuse, Run, Scan};
use anyhow::{Context, Result, bail};

use super::args;
use crate::cli::indexed::{Indexed, Partners};
use crate::cli::model;
use crate::cli::output::{Target, outputs};
use crate::cli::progress::Bar;
use crate::cli::report;
use crate::cli::say::{self, say};
use crate::cli::settings::{ScanSettings, ignored, say_ignored};
#[cfg(feature = "parquet")]
use crate::cli::tables::Tables;

#[derive(Clone, Copy, PartialEq)]
enum ScanFormat {
    Pairs,
    Csv,
    Parquet,
    Of(Rendering),
}

const FORMATS: [(&str, ScanFormat); 11] = [
    ("pairs", ScanFormat::Pairs),
    ("csv", ScanFormat::Csv),
    ("json", ScanFormat::Of(Rendering::Json)),
    ("json+text", ScanFormat::Of(Rendering::JsonWithTexts)),
    ("html", ScanFormat::Of(Rendering::Html)),
    ("markdown", ScanFormat::Of(Rendering::Markdown)),
    ("parquet", ScanFormat::Parquet),
    ("boilerplate", ScanFormat::Of(Rendering::Boilerplate)),
    ("sites", ScanFormat::Of(Rendering::Sites)),
    ("sarif", ScanFormat::Of(Rendering::Sarif)),
    ("junit", ScanFormat::Of(Rendering::Junit)),
];

pub fn run(args: &args::Args, typed: &args::ScanArgs) -> Result<ExitCode> {
    let mut outputs = inputs(args, typed);
    let targets = Target::parse_all(&typed.reports, &FORMATS, &mut outputs)?;
    let sheet = typed.review.as_deref().map(|asked| Sheet::place(asked, &mut outputs)).transpose()?;
    if typed.seed.is_some() && typed.audit.is_none() && sheet.is_none() {
        bail!("--seed says what --audit or --review draws; give one of them");
    }
    let saved = typed.save_model.as_deref().map(|file| outputs.file(file)).transpose()?;
    #[cfg(feature = "parquet")]
    let tables = tables(&targets, &mut outputs)?;
    let baseline = typed.baseline.as_deref().map(report::read).transpose()?;
    let boilerplate = typed.boilerplate.as_deref().map(model::read_boilerplate).transpose()?;
    let settings = ScanSettings::of(&typed.run)?;
    let bar = Bar::show(&settings.resources.progress, args.quiet);
    let options = CorpusOptions { against: typed.run.against.clone(), ..typed.input.reading.whole_pages()? };
    let corpus = Corpus::open(&typed.input.paths, &options, &settings.resources)?;
    outputs.are_not_read(corpus.files())?;
    let indexed = typed.index.as_deref().map(|index| Indexed::open(index, &settings)).transpose()?;
    let given = match (&indexed, &typed.model) {
        (Some(indexed), _) => Some(indexed.model()),
        (None, Some(file)) => Some(model::read(settings.recipe, file)?),
        (None, None) => None,
    };
    let asks_for_pairs =
        |target: &Target<ScanFormat>| matches!(target.format, ScanFormat::Pairs | ScanFormat::Parquet);
    let has_none = |format| {
        use Rendering::{Boilerplate, Junit, Sarif, Sites};
        matches!(format, ScanFormat::Csv | ScanFormat::Of(Boilerplate | Sites | Sarif | Junit))
    };
    let shows_spans = |target: &Target<ScanFormat>| !has_none(target.format);
    let scan = under(settings.scan(), given, boilerplate).keeping_spans(targets.iter().any(shows_spans));
    let found = scan.run(&corpus).inspect_err(|_| say_ignored(args, &corpus))?;
    let partners = indexed.map(|indexed| indexed.partners(&found)).transpose()?;
    if let (Some(place), Some(learned)) = (&saved, &found.model) {
        model::write(settings.recipe, learned, place)?;
    }
    // A summary would stand in the middle of a report on standard output, and so would the bar.
    let is_taken = outputs.is_standard_output_taken();
    let summarised = !args.quiet && !is_taken;
    let bar = Some(bar).filter(|_| !is_taken);
    if let Some(sheet) = &sheet {
        sheet.write(&found, seed(typed))?;
    }
    let whole =
        summarised || baseline.is_some() || targets.iter().any(|target| target.format != ScanFormat::Pairs);
    let mut whole = whole.then(|| found.findings(&parts(typed, &targets, summarised))).transpose()?;
    if let (Some(earlier), Some(whole)) = (&baseline, &mut whole) {
        keep_ids(&mut whole.report, earlier);
    }
    let spans = if targets.iter().any(asks_for_pairs) { found.spans()? } else { None };
    #[cfg(feature = "parquet")]
    if let Some(whole) = &whole {
        for tables in &tables {
            let pairs = pair_rows(&found, partners.as_ref(), spans.as_deref());
            tables.write(document_rows(partners.as_ref(), whole), pairs, &whole.report)?;
        }
    }
    for target in targets.iter().filter(|target| target.format != ScanFormat::Parquet) {
        let (whole, spans, earlier) = (whole.as_ref(), spans.as_deref(), baseline.as_ref());
        target.write(|out| write(target.format, out, &found, partners.as_ref(), whole, earlier, spans))?;
    }
    drop(bar);
    if let (false, Some(reuse)) = (args.quiet, &found.reuse) {
        say_reuse(reuse);
    }
    if !summarised {
        say_ignored(args, &corpus);
    }
    let diff = baseline.as_ref().zip(whole.as_ref()).map(|(old, new)| Diff::between(old, &new.report));
    if let (true, Some(Findings { report, .. })) = (summarised, &whole) {
        print(typed, &found, report)?;
        print_rest(partners.as_ref(), diff.as_ref(), &targets)?;
    }
    if args.verbose {
        for (stage, time) in settings.resources.progress.stages() {
            say!("{stage:<13}{:9.1} ms", time.as_secs_f64() * 1e3);
        }
        let Work { documents, tokens, compared, aligned, aligned_tokens } =
            settings.resources.progress.work();
        say!("read again: {documents} documents, {tokens} tokens");
        say!("compared: {compared} pairs; aligned: {aligned} pairs, {aligned_tokens} tokens");
    }
    let has_duplicates = !found.clusters.is_empty() || partners.is_some_and(|partners| partners.has_copies());
    Ok(exit_code(typed, &found, has_duplicates, diff.is_some_and(|diff| diff.has_new())))
}

/// What became of the steps of an earlier run, where its inputs were others.
fn say_reuse(reuse: &Reuse) {
    let Reuse { changed: Some(changed), read, parts } = reuse else { return };
    say!(
        "wirecopy: {changed} since the steps were kept, so the run began again: of the {parts} parts of the input {read} \
         were read, the others kept"
    );
}

/// What draws: the same documents and pairs every time, unless somebody wants others.
fn seed(typed: &args::ScanArgs) -> u64 {
    typed.seed.unwrap_or(1)
}

/// Where pairs for a reader go: a table, and a page beside it.
struct Sheet {
    pairs: usize,
    name: String,
    table: OutputPlace,
    page: OutputPlace,
}

impl Sheet {
    /// Of `N=SHEET.csv`. A sheet that is there may be filled in, and is not replaced unasked.
    fn place(asked: &str, outputs: &mut Outputs) -> Result<Sheet> {
        let parts =
            asked.split_once('=').and_then(|(pairs, file)| Some((pairs.parse().ok()?, Path::new(file))));
        let Some((pairs, file)) = parts.filter(|&(pairs, _)| pairs > 0) else {
            bail!("--review takes how many pairs and where they go: --review 100=sheet.csv, not `{asked}`");
        };
        let page = file.with_extension("html");
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if page == file || name.is_empty() || name == STANDARD {
            bail!("--review writes a table, and a page of its name beside it: --review {pairs}=sheet.csv");
        }
        Ok(Sheet { pairs, name, table: outputs.file(file)?, page: outputs.file(&page)? })
    }

    fn write(&self, found: &Run, seed: u64) -> Result<()> {
        let rows = found.review(self.pairs, seed);
        self.page.write(|out| write_sheet_page(&self.name, &rows, out))?;
        Ok(self.table.write(|out| write_sheet(&rows, out))?)
    }
}

/// A scan under a model that was given, or with the chrome that was.
pub fn under(scan: Scan, model: Option<Model>, boilerplate: Option<Boilerplate>) -> Scan {
    match (model, boilerplate) {
        (Some(model), _) => scan.model(model),
        (None, Some(given)) => scan.boilerplate(given),
        (None, None) => scan,
    }
}

/// What stands behind the summary: the index, what changed, and where pages are.
fn print_rest(
    partners: Option<&Partners>,
    diff: Option<&Diff>,
    targets: &[Target<ScanFormat>],
) -> Result<()> {
    if let Some(partners) = partners {
        writeln!(say::stdout(), "{}", partners.summary()).context("cannot write to standard output")?;
    }
    if let Some(diff) = diff {
        report::print_diff(diff)?;
    }
    report::print_places(targets.iter().filter(|target| target.format == ScanFormat::Of(Rendering::Html)))
}

/// What is read, and may so not be written.
fn inputs(args: &args::Args, typed: &args::ScanArgs) -> Outputs {
    let mut outputs = outputs(args);
    outputs.reads(typed.input.paths.iter().chain(&typed.run.against));
    let files = [&typed.baseline, &typed.boilerplate, &typed.model];
    outputs.reads(files.into_iter().flatten());
    if let Some(index) = &typed.index {
        outputs.index(index);
    }
    outputs
}

/// Where tables go, one for each time that they were asked for.
#[cfg(feature = "parquet")]
fn tables(targets: &[Target<ScanFormat>], outputs: &mut Outputs) -> Result<Vec<Tables>> {
    let asked = targets.iter().filter(|target| target.format == ScanFormat::Parquet);
    asked
        .filter_map(|target| target.file.as_deref())
        .map(|directory| Tables::place(directory, outputs))
        .collect()
}

/// The parts that the reports that were asked for need.
fn parts(typed: &args::ScanArgs, targets: &[Target<ScanFormat>], summarised: bool) -> Parts {
    // Who leads a cluster is shown everywhere.
    let of = |format| match format {
        ScanFormat::Of(rendering) => Parts::of(rendering),
        ScanFormat::Csv | ScanFormat::Parquet => Parts { lineage: true, ..Parts::default() },
        ScanFormat::Pairs => Parts::default(),
    };
    let mut parts = targets.iter().map(|target| of(target.format)).fold(Parts::default(), Parts::with);
    parts.lineage |= summarised;
    parts.audit = typed.audit.map(|documents| AuditOptions { documents, seed: seed(typed) });
    parts
}

fn write(
    format: ScanFormat,
    out: &mut dyn Write,
    found: &Run,
    partners: Option<&Partners>,
    whole: Option<&Findings<'_>>,
    earlier: Option<&Report>,
    spans: Option<&[Vec<Span>]>,
) -> io::Result<()> {
    match (format, whole) {
        (ScanFormat::Csv, Some(whole)) => write_csv(document_rows(partners, whole), out),
        (ScanFormat::Of(rendering), Some(whole)) => rendering.write_beside(earlier, &whole.report, out),
        _ => write_pairs(pair_rows(found, partners, spans), out),
    }
}

/// Every document; with what it is to the index, where it is nobody's copy but the index's.
fn document_rows<'a>(
    partners: Option<&Partners>,
    whole: &'a Findings<'_>,
) -> Box<dyn Iterator<Item = DocumentRow> + 'a> {
    let rows = whole.document_rows();
    let Some(partners) = partners else { return Box::new(rows) };
    let mut rows: Vec<_> = rows.collect();
    partners.complete(&mut rows);
    Box::new(rows.into_iter())
}

/// Pairs of what was scanned, and then those with documents of the index.
fn pair_rows<'a>(
    found: &'a Run,
    partners: Option<&'a Partners>,
    spans: Option<&'a [Vec<Span>]>,
) -> impl Iterator<Item = PairRow<'a>> {
    found.pair_rows(spans).chain(partners.into_iter().flat_map(Partners::pair_rows))
}

fn print(typed: &args::ScanArgs, found: &Run, report: &Report) -> Result<()> {
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
    let look = Look { all: typed.all, width };
    let excerpt = |cluster: &crate::scan::Cluster| {
        let (member, _) = cluster.members.first()?;
        found.excerpt(cluster.representative, *member)
    };
    let excerpts: Vec<Option<String>> = found.clusters.iter().take(look.stories()).map(excerpt).collect();
    let mut out = say::stdout();
    let ignored = ignored(found.corpus()).map_or_else(String::new, |ignored| format!("{ignored}\n"));
    let single = single_sites(report).map_or_else(String::new, |single| format!("{single}\n"));
    write!(out, "{ignored}{single}{}", summary(report, &excerpts, look))
        .context("cannot write to standard output")?;
    Ok(())
}

/// Sites from which it is worth saying that most of them have one document.
const SITES: usize = 10;

/// What is amiss where most sites have one document: each site's chrome and standing text is learned from several.
fn single_sites(report: &Report) -> Option<String> {
    let sites = &report.accounting.sites;
    let single = sites.iter().filter(|site| site.documents == 1).count();
    (sites.len() >= SITES && 2 * single > sites.len()).then(|| {
        let all = sites.len();
        format!(
            "{single} of {all} sites have one document, so nothing is known of what they print under every text; \
             --source-field or --site-from REGEX says which documents are of one site"
        )
    })
}

fn exit_code(typed: &args::ScanArgs, found: &Run, has_duplicates: bool, has_new: bool) -> ExitCode {
    let unreadable = found.documents.problems.iter().any(|problem| problem.unreadable);
    if typed.strict && unreadable {
        say!("wirecopy: something could not be read, and --strict was given");
        return ExitCode::from(2);
    }
    if typed.fail_on_duplicates && has_duplicates || typed.fail_on_new && has_new {
        return ExitCode::from(1);
    }
    ExitCode::SUCCESS
}
