//! `wirecopy templates`: the forms that documents fill in.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::options::Resources;
use crate::report::{TemplateRow, write_values};
use crate::scan::Scan;
use anyhow::{Context, Result};

use super::args;
use crate::cli::output::{Target, outputs};
use crate::cli::progress::Bar;
use crate::cli::say;
use crate::printable::printable;

#[derive(Clone, Copy)]
enum TemplatesFormat {
    Json,
    Csv,
}

pub fn run(args: &args::Args, typed: &args::Templates) -> Result<ExitCode> {
    let mut outputs = outputs(args);
    outputs.reads(&typed.input.paths);
    let formats = [("json", TemplatesFormat::Json), ("csv", TemplatesFormat::Csv)];
    let targets = Target::parse_all(&typed.reports, &formats, &mut outputs)?;
    let resources = Resources { threads: typed.threads, ..Resources::default() };
    let bar = Bar::show(&resources.progress, args.quiet);
    let corpus = typed.input.open(&resources)?;
    outputs.are_not_read(corpus.files())?;
    let run = Scan::new().policy(typed.judging.policy()).resources(resources).run(&corpus)?;
    let templates = run.templates()?;
    drop(bar);
    for target in &targets {
        target.write(|out| match target.format {
            TemplatesFormat::Json => {
                serde_json::to_writer_pretty(&mut *out, &templates)?;
                writeln!(out)
            }
            TemplatesFormat::Csv => write_values(&templates, out),
        })?;
    }
    if !args.quiet && targets.iter().all(|target| target.file.is_some()) {
        print(&templates, typed.all).context("cannot write to standard output")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Templates and documents shown of each, and characters of a value.
const SHOWN: (usize, usize, usize) = (20, 5, 18);

fn print(templates: &[TemplateRow], all: bool) -> io::Result<()> {
    let (templates_shown, documents_shown, room) =
        if all { (usize::MAX, usize::MAX, usize::MAX) } else { SHOWN };
    let mut out = say::stdout();
    for template in templates.iter().take(templates_shown) {
        let TemplateRow { skeleton, slots, documents, share, bits_saved, .. } = template;
        writeln!(
            out,
            "\x1b[1m{} documents\x1b[0m, {:.0} % of their words stay, {:.0} bits saved\n  {}",
            documents.len(),
            100.0 * share,
            bits_saved,
            printable(skeleton)
        )?;
        for (place, document) in documents.iter().take(documents_shown).enumerate() {
            let value = |slot: &crate::report::SlotRow| match slot.values.get(place) {
                Some(Some(value)) => clipped(&printable(value), room),
                _ => "-".to_owned(),
            };
            let values: Vec<String> = slots.iter().map(value).collect();
            writeln!(out, "  \x1b[36m{}\x1b[0m  {}", printable(document), values.join(" \x1b[2m|\x1b[0m "))?;
        }
        if documents.len() > documents_shown {
            writeln!(out, "  and {} more (--all)", documents.len() - documents_shown)?;
        }
        writeln!(out)?;
    }
    if templates.len() > templates_shown {
        writeln!(out, "and {} more templates (--all)", templates.len() - templates_shown)?;
    }
    if templates.is_empty() {
        writeln!(out, "no documents fill in one form")?;
    }
    Ok(())
}

fn clipped(text: &str, room: usize) -> String {
    match text.char_indices().nth(room) {
        Some((at, _)) => format!("{}\u{2026}", &text[..at]),
        None => text.to_owned(),
    }
}
