//! `wirecopy page`: repeats within single pages.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::corpus::{Corpus, CorpusOptions};
use crate::findings::{Pages, SeenPage};
use crate::html::HtmlMode;
use crate::options::{Policy, Resources};
use crate::recipe::Recipe;
use crate::report::html::{LIMIT, write_html};
use crate::report::junit::JunitWriter;
use crate::report::pages::{PAGES_CSV, page_summary, write_page_csv};
use crate::report::sarif::SarifWriter;
use crate::report::terminal::Look;
use crate::report::{Accounting, PAGES_ONLY, PageRow, Report, SCHEMA_VERSION, Settings};
use anyhow::{Context, Result, bail};

use super::args;
use crate::cli::output::{Target, outputs};
use crate::cli::progress::Bar;
use crate::cli::report::print_places;
use crate::cli::say::{self, say};

#[derive(Clone, Copy, PartialEq)]
enum PageFormat {
    Json,
    Csv,
    Html,
    Sarif,
    Junit,
}

const FORMATS: [(&str, PageFormat); 5] = [
    ("json", PageFormat::Json),
    ("csv", PageFormat::Csv),
    ("html", PageFormat::Html),
    ("sarif", PageFormat::Sarif),
    ("junit", PageFormat::Junit),
];

pub fn run(args: &args::Args, typed: &args::PageArgs) -> Result<ExitCode> {
    let mut outputs = outputs(args);
    outputs.reads(&typed.input.paths);
    let targets = Target::parse_all(&typed.reports, &FORMATS, &mut outputs)?;
    let resources = Resources::default();
    // Nothing of a page is judged: its article is not looked for.
    let options = CorpusOptions { html: HtmlMode::All, undated: true, ..typed.input.reading.whole_pages()? };
    let bar = Bar::beside_output(&resources.progress, args.quiet);
    let corpus = Corpus::open(&typed.input.paths, &options, &resources)?;
    outputs.are_not_read(corpus.files())?;
    let pages = Pages::of(&corpus, &resources)?;
    drop(bar);
    for problem in pages.problems() {
        say!("wirecopy: {}: {}", problem.path, problem.reason);
    }
    if pages.count() == 0 {
        bail!("no page could be read");
    }
    // What is counted is counted as one of the reports is written, since each look at all pages takes its time.
    let mut counted = None;
    for target in &targets {
        let mut tally = Tally::default();
        let _bar = Bar::beside_output(&resources.progress, args.quiet);
        target.write(|out| write(target.format, &pages, &corpus, &mut tally, out))?;
        counted = Some(tally);
    }
    let is_told = !args.quiet && targets.iter().all(|target| target.file.is_some());
    let tally = match counted {
        Some(tally) if !is_told => tally,
        _ => tell(&pages, is_told, typed.all)?,
    };
    if is_told {
        writeln!(say::stdout(), "{}", tally.summary(typed.all)).context("cannot write to standard output")?;
        print_places(targets.iter().filter(|target| target.format == PageFormat::Html))?;
    }
    Ok(if typed.fail_on_repeats && tally.repeating > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// What was seen of all pages.
#[derive(Default)]
struct Tally {
    pages: u64,
    /// Pages that have a repeat of their own, those that have furniture alone, and those with a fault.
    repeating: u64,
    furnished: u64,
    faulty: u64,
}

impl Tally {
    fn add(&mut self, page: &PageRow) {
        let is_repeating = page.own_repeats().next().is_some();
        self.pages += 1;
        self.repeating += u64::from(is_repeating);
        self.furnished += u64::from(!is_repeating && page.repeats.iter().any(|repeat| repeat.furniture));
        self.faulty += u64::from(!page.faults.is_empty());
    }

    fn summary(&self, all: bool) -> String {
        let pages = if self.pages == 1 { "page" } else { "pages" };
        let mut said = format!("{} {pages}: {} with repeats", self.pages, self.repeating);
        let quiet = self.pages - self.repeating;
        said += &format!(", {quiet} without");
        if self.furnished > 0 {
            let hint = if all { "" } else { "; --all shows it" };
            said += &format!(" ({} of them with furniture alone{hint})", self.furnished);
        }
        if self.faulty > 0 {
            said += &format!(", {} with faults in titles or descriptions", self.faulty);
        }
        said
    }
}

/// Reads all pages, and shows them if wanted.
fn tell(pages: &Pages<'_>, is_told: bool, all: bool) -> Result<Tally> {
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
    let look = Look { all, width };
    let mut tally = Tally::default();
    let mut out = say::stdout();
    let told = pages.each(|SeenPage { row, .. }| -> io::Result<()> {
        tally.add(&row);
        if is_told { out.write_all(page_summary(&row, look).as_bytes()) } else { Ok(()) }
    })?;
    told.context("cannot write to standard output")?;
    Ok(tally)
}

fn write(
    format: PageFormat,
    pages: &Pages<'_>,
    corpus: &Corpus,
    tally: &mut Tally,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut each = |visit: &mut dyn FnMut(SeenPage) -> io::Result<()>| -> io::Result<()> {
        let told = pages.each(|page| {
            tally.add(&page.row);
            visit(page)
        });
        told.map_err(io::Error::other)?
    };
    match format {
        PageFormat::Json => {
            let mut is_first = true;
            each(&mut |page| {
                out.write_all(if std::mem::take(&mut is_first) { b"[\n" } else { b",\n" })?;
                Ok(serde_json::to_writer(&mut *out, &page.row)?)
            })?;
            writeln!(out, "\n]")
        }
        PageFormat::Csv => {
            writeln!(out, "{PAGES_CSV}")?;
            each(&mut |page| write_page_csv(&page.row, out))
        }
        PageFormat::Sarif => {
            let mut sarif = SarifWriter::new(out)?;
            each(&mut |page| sarif.page(&page.row))?;
            sarif.finish()
        }
        PageFormat::Junit => {
            let mut junit = JunitWriter::new(out)?;
            each(&mut |page| junit.page(&page.row))?;
            junit.finish()
        }
        PageFormat::Html => write_html(&report(pages, corpus, each)?, out),
    }
}

/// The pages that repeat something or have a fault, as a report that holds nothing else; with texts as far as a html report
/// has room for them.
fn report(
    pages: &Pages<'_>,
    corpus: &Corpus,
    each: impl FnOnce(&mut dyn FnMut(SeenPage) -> io::Result<()>) -> io::Result<()>,
) -> io::Result<Report> {
    let settings =
        Settings::new(Recipe::default(), &Policy::default(), corpus.field_names(), corpus.against());
    let settings = Settings { mode: PAGES_ONLY.to_owned(), ..settings };
    let mut report = Report::empty(SCHEMA_VERSION, settings, Accounting::default());
    report.problems = pages.problems().to_vec();
    let mut room = LIMIT;
    let (mut read, mut bytes) = (0, 0);
    each(&mut |SeenPage { row, text }| {
        (read, bytes) = (read + 1, bytes + text.len() as u64);
        if row.repeats.is_empty() && row.faults.is_empty() {
            return Ok(());
        }
        if let Some(left) = room.checked_sub(text.len()) {
            room = left;
            report.visible.insert(row.id.clone(), text);
        }
        report.pages.push(row);
        Ok(())
    })?;
    report.accounting.documents = read;
    report.accounting.unique = read;
    report.accounting.bytes = bytes;
    Ok(report)
}
