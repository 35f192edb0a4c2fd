//! `wirecopy compare`: one pair explained.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use wirecopy::corpus::{Corpus, CorpusOptions};
use wirecopy::document::DocId;
use wirecopy::options::{Policy, Resources};
use wirecopy::recipe::Recipe;
use wirecopy::relation::{Side, Test};
use wirecopy::report::SpanRow;
use wirecopy::scan::{Explained, Scan, scan, scan_under};

use crate::args;
use crate::model;
use crate::output::Target;

#[derive(Clone, Copy)]
struct Json;

/// The json report.
#[derive(Serialize)]
struct Row<'a> {
    a: &'a str,
    b: &'a str,
    relation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    inner: Option<&'a str>,
    same_site: bool,
    jaccard: f64,
    containment_a_in_b: f64,
    containment_b_in_a: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage_a: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage_b: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<f64>,
    tests: &'a [Test],
    spans: &'a [SpanRow],
}

pub fn run(args: &args::Args, typed: &args::Compare) -> Result<ExitCode> {
    let targets = Target::parse_all(&typed.reports, &[("json", Json)])?;
    let (recipe, policy, resources) = (Recipe::default(), Policy::default(), Resources::default());
    let paths = match typed.within.is_empty() {
        true => vec![PathBuf::from(&typed.a), PathBuf::from(&typed.b)],
        false => typed.within.clone(),
    };
    let corpus = Corpus::open(&paths, &CorpusOptions::default(), &resources)?;
    let found = match &typed.model {
        Some(file) => scan_under(model::read(recipe, file)?, &corpus, recipe, &policy, &resources)?,
        None => scan(&corpus, recipe, &policy, &resources)?,
    };
    let place = |name: &str| match typed.within.is_empty() {
        true => by_path(&corpus, &found, Path::new(name)),
        false => by_id(&corpus, &found, name),
    };
    let (a, b) = (place(&typed.a)?, place(&typed.b)?);
    let explained = found.explain(&corpus, recipe, &policy, &resources, (a, b))?;
    let row = row(typed, &found, &explained, (a, b));
    for target in &targets {
        target.write(|out| {
            serde_json::to_writer_pretty(&mut *out, &row)?;
            writeln!(out)
        })?;
    }
    if !args.quiet && targets.iter().all(|target| target.file.is_some()) {
        let texts = [a, b].map(|document| found.text(&corpus, document).unwrap_or_default());
        print(&row, &texts).context("cannot write to standard output")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn by_path(corpus: &Corpus, found: &Scan, path: &Path) -> Result<DocId> {
    let entries = found.documents.entries.iter().enumerate();
    let mut own = entries.filter(|(_, entry)| corpus.path(entry.location.input) == path);
    match (own.next(), own.next()) {
        (Some((number, _)), None) => Ok(DocId(number as u32)),
        (None, _) => bail!("{} gave no document", path.display()),
        _ => bail!("{} holds several documents; name two of them with --in", path.display()),
    }
}

fn by_id(corpus: &Corpus, found: &Scan, id: &str) -> Result<DocId> {
    let mut all = (0..found.documents.entries.len() as u32).map(DocId);
    all.find(|&document| found.read_id(corpus, document) == id)
        .with_context(|| format!("there is no document of id `{id}`"))
}

fn row<'a>(
    typed: &'a args::Compare,
    found: &Scan,
    explained: &'a Explained,
    (a, b): (DocId, DocId),
) -> Row<'a> {
    let judgement = explained.judgement;
    let overlap = judgement.and_then(|judgement| judgement.overlap);
    Row {
        a: &typed.a,
        b: &typed.b,
        relation: judgement.map_or("none", |judgement| judgement.relation.name()),
        inner: judgement.and_then(|judgement| judgement.inner).map(|side| match side {
            Side::A => typed.a.as_str(),
            Side::B => typed.b.as_str(),
        }),
        same_site: found.same_site(a, b),
        jaccard: explained.measures.jaccard(),
        containment_a_in_b: explained.measures.containment_a_in_b(),
        containment_b_in_a: explained.measures.containment_b_in_a(),
        score: judgement.map(|judgement| judgement.score),
        coverage_a: overlap.map(|overlap| overlap.coverage[0]),
        coverage_b: overlap.map(|overlap| overlap.coverage[1]),
        identity: overlap.map(|overlap| overlap.identity),
        tests: &explained.tests,
        spans: &explained.spans,
    }
}

fn print(row: &Row<'_>, texts: &[String; 2]) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "\x1b[1m{}\x1b[0m  {} and {}", row.relation, row.a, row.b)?;
    if let Some(inner) = row.inner {
        writeln!(out, "  {inner} stands in the other")?;
    }
    writeln!(
        out,
        "  Jaccard {:.3}, containment {:.3} and {:.3}",
        row.jaccard, row.containment_a_in_b, row.containment_b_in_a
    )?;
    if let (Some(a), Some(b), Some(identity)) = (row.coverage_a, row.coverage_b, row.identity) {
        writeln!(out, "  coverage {a:.3} and {b:.3}, identity {identity:.3}")?;
    }
    for test in row.tests {
        let mark = if test.holds { "\x1b[32mholds\x1b[0m" } else { "\x1b[31mfails\x1b[0m" };
        // Counts are whole, and so is what is wanted of them.
        let decimals = if test.least.fract() == 0.0 { 0 } else { 3 };
        writeln!(
            out,
            "  {mark}  {:<9} {}: {:.decimals$} of {:.decimals$}",
            test.relation, test.what, test.figure, test.least
        )?;
    }
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
    for span in row.spans {
        writeln!(out, "\n  {} tokens, {:.0} % the same", span.tokens, 100.0 * span.identity)?;
        write_sides(&mut out, [cut(&texts[0], span.a), cut(&texts[1], span.b)], width)?;
    }
    Ok(())
}

/// A stretch of text on one line, without control characters.
fn cut(text: &str, [start, end]: [usize; 2]) -> String {
    let stretch = text.get(start..end).unwrap_or_default();
    let words: Vec<&str> = stretch.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).collect()
}

/// Both sides beside one another where there is room, else one below the other.
fn write_sides(out: &mut impl Write, sides: [String; 2], width: usize) -> std::io::Result<()> {
    if width < 80 {
        return writeln!(out, "  a  {}\n  b  {}", sides[0], sides[1]);
    }
    let room = (width - 7) / 2;
    let [a, b] = sides.map(|side| wrapped(&side, room));
    for i in 0..a.len().max(b.len()) {
        let line = |lines: &[String]| lines.get(i).cloned().unwrap_or_default();
        let (left, right) = (line(&a), line(&b));
        let fill = room.saturating_sub(left.chars().count());
        writeln!(out, "  {left}{} \x1b[2m|\x1b[0m {right}", " ".repeat(fill))?;
    }
    Ok(())
}

fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { continue };
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            lines.push(word.to_owned());
        } else {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    lines
}
