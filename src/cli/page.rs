//! `wirecopy page`: repeats within single pages.

use std::io::Write;
use std::process::ExitCode;

use crate::document::DocId;
use crate::options::Resources;
use crate::output::Outputs;
use crate::report::{PageRow, RepeatRow};
use crate::scan::Scan;
use anyhow::{Context, Result, bail};

use super::args;
use crate::cli::output::{Target, outputs};
use crate::cli::say::{self, say};
use crate::printable::printable;

#[derive(Clone, Copy)]
struct PageJson;

pub fn run(args: &args::Args, typed: &args::PageArgs) -> Result<ExitCode> {
    let mut outputs = outputs(args);
    outputs.reads(&typed.input.paths);
    let targets = Target::parse_all(&typed.reports, &[("json", PageJson)], &mut outputs)?;
    let pages = read(typed, &outputs)?;
    for target in &targets {
        target.write(|out| {
            serde_json::to_writer_pretty(&mut *out, &pages)?;
            writeln!(out)
        })?;
    }
    if !args.quiet && targets.iter().all(|target| target.file.is_some()) {
        print(&pages)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Every page that was asked for, also those that repeat nothing.
fn read(typed: &args::PageArgs, outputs: &Outputs) -> Result<Vec<PageRow>> {
    let resources = Resources::default();
    let corpus = typed.input.open(&resources)?;
    outputs.are_not_read(corpus.files())?;
    let run = Scan::new().resources(resources).read(&corpus)?;
    for problem in &run.documents.problems {
        say!("wirecopy: {}: {}", problem.path, problem.reason);
    }
    if run.documents.entries.is_empty() {
        bail!("no page could be read");
    }
    let mut repeats = run.repeats()?.pages.into_iter().peekable();
    let all = (0..run.documents.entries.len() as u32).map(|d| {
        let own = repeats.next_if(|(document, _)| *document == DocId(d));
        let (_, repeats) = own.unwrap_or((DocId(d), Vec::new()));
        run.page_row(DocId(d), &repeats)
    });
    Ok(all.collect())
}

fn print(pages: &[PageRow]) -> Result<()> {
    let mut out = say::stdout();
    for page in pages {
        if page.repeats.is_empty() {
            writeln!(out, "{}: nothing is repeated", printable(&page.id)).context("cannot write")?;
        }
        for repeat in &page.repeats {
            writeln!(
                out,
                "{}: {} stands {} times{} ({}): {}",
                printable(&page.id),
                repeat.kind,
                repeat.count,
                if repeat.template { " by the page's template" } else { "" },
                printable(&places(repeat)),
                printable(&repeat.text.split_whitespace().collect::<Vec<_>>().join(" ")),
            )
            .context("cannot write")?;
        }
    }
    Ok(())
}

/// The elements of an HTML page, and the bytes of any other text.
fn places(repeat: &RepeatRow) -> String {
    let bytes = || repeat.spans.iter().map(|[start, end]| format!("{start}-{end}")).collect::<Vec<_>>();
    if repeat.places.is_empty() {
        format!("bytes {}", bytes().join(", "))
    } else {
        repeat.places.iter().map(|place| &*place.path).collect::<Vec<_>>().join("; ")
    }
}
