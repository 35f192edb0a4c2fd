//! `wirecopy compare`: one pair comparison.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::corpus::{Corpus, CorpusOptions};
use crate::document::DocId;
use crate::judge::Test;
use crate::options::Resources;
use crate::recipe::Recipe;
use crate::report::comparison::{ComparisonRow, PassageRow};
use crate::scan::{Run, Scan};
use anyhow::{Context, Result, bail};

use super::args;
use crate::cli::model;
use crate::cli::nearest::did_you_mean;
use crate::cli::output::{Target, outputs, write_versioned};
use crate::cli::say;
use crate::printable::printable;

#[derive(Clone, Copy)]
struct Json;

pub fn run(args: &args::Args, typed: &args::Compare) -> Result<ExitCode> {
    let mut outputs = outputs(args);
    let (recipe, resources) = (Recipe::default(), Resources::default());
    let paths = if typed.within.is_empty() {
        vec![PathBuf::from(&typed.a), PathBuf::from(&typed.b)]
    } else {
        typed.within.clone()
    };
    outputs.reads(paths.iter().chain(&typed.model));
    let targets = Target::parse_all(&typed.reports, &[("json", Json)], &mut outputs)?;
    let corpus = Corpus::open(&paths, &CorpusOptions::default(), &resources)?;
    outputs.are_not_read(corpus.files())?;
    let mut scan = Scan::new().recipe(recipe).resources(resources);
    if let Some(file) = &typed.model {
        scan = scan.model(model::read(recipe, file)?);
    }
    let run = scan.run(&corpus)?;
    let place =
        |name: &str| if typed.within.is_empty() { by_path(&run, Path::new(name)) } else { by_id(&run, name) };
    let (a, b) = (place(&typed.a)?, place(&typed.b)?);
    let comparison = run.compare(a, b)?;
    let texts = [a, b].map(|document| run.text(document).unwrap_or_default());
    let sides = [(&*typed.a, &*texts[0]), (&*typed.b, &*texts[1])];
    let row = ComparisonRow::of(&comparison, sides, run.same_site(a, b));
    for target in &targets {
        target.write(|out| write_versioned(&row, out))?;
    }
    if !args.quiet && targets.iter().all(|target| target.file.is_some()) {
        print(&row, &texts).context("cannot write to standard output")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The one document of a file, whatever kind of file it is.
fn by_path(run: &Run, path: &Path) -> Result<DocId> {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let wanted = whole(path);
    // Places of one file follow one another.
    let (mut last, mut is_wanted) = (String::new(), false);
    let mut is_of = |place: &str| {
        if place != last {
            let place = Path::new(place);
            // An entry of an archive stands below it.
            is_wanted = place.starts_with(path) || whole(place).starts_with(&wanted);
            last = place.display().to_string();
        }
        is_wanted
    };
    let entries = run.documents.entries.iter().enumerate();
    let of_path: Vec<usize> = entries
        .filter(|(_, entry)| is_of(&run.corpus().place(entry.location, entry.record).0))
        .map(|(number, _)| number)
        .collect();
    let shown = printable(&path.display().to_string());
    match of_path[..] {
        [only] if run.documents.entries[only].tokens == 0 => {
            bail!("{shown} gave no document: it has no words")
        }
        [only] => Ok(DocId(only as u32)),
        [] => {
            match run.documents.problems.iter().find(|problem| problem.unreadable && is_of(&problem.path)) {
                Some(problem) => bail!("{shown} gave no document: {}", printable(&problem.reason)),
                None => bail!("{shown} gave no document"),
            }
        }
        [..] => bail!(
            "{shown} holds {} documents; name two of them by their ids: wirecopy compare ID ID --in {shown}",
            of_path.len()
        ),
    }
}

fn by_id(run: &Run, id: &str) -> Result<DocId> {
    let all = (0..run.documents.entries.len() as u32).map(DocId);
    let ids = all.clone().map(|document| run.read_id(document));
    match all.zip(ids.clone()).find(|(_, own)| own == id) {
        Some((document, _)) => Ok(document),
        None => bail!("there is no document of id `{id}`{}", did_you_mean(id, ids)),
    }
}

fn print(row: &ComparisonRow<'_>, texts: &[String; 2]) -> std::io::Result<()> {
    let mut out = say::stdout();
    let relation = row.relation.unwrap_or("none");
    writeln!(out, "\x1b[1m{relation}\x1b[0m  {} and {}", printable(row.a), printable(row.b))?;
    if let Some(inner) = row.inner {
        writeln!(out, "  {} stands in the other", printable(inner))?;
    }
    writeln!(
        out,
        "  Jaccard {:.3}, containment {:.3} and {:.3}",
        row.jaccard, row.containment_a_in_b, row.containment_b_in_a
    )?;
    if let (Some(a), Some(b), Some(identity)) = (row.coverage_a, row.coverage_b, row.identity) {
        writeln!(out, "  coverage {a:.3} and {b:.3}, identity {identity:.3}")?;
    }
    for tests in row.tests.chunk_by(|one, other| one.relation == other.relation) {
        // Of a relation that fails, its tests that hold say nothing.
        let holds = tests.iter().all(|test| test.holds);
        for test in tests.iter().filter(|test| test.holds == holds) {
            write_test(&mut out, test)?;
        }
    }
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
    for PassageRow { span, changes } in &row.spans {
        writeln!(out, "\n  {} tokens, {:.0} % the same", span.tokens, 100.0 * span.identity)?;
        let of_a: Vec<[usize; 2]> = changes.iter().map(|change| change.a).collect();
        let of_b: Vec<[usize; 2]> = changes.iter().map(|change| change.b).collect();
        let sides = [words(&texts[0], span.a, &of_a), words(&texts[1], span.b, &of_b)];
        write_sides(&mut out, sides, width)?;
    }
    Ok(())
}

fn write_test(out: &mut impl Write, test: &Test) -> std::io::Result<()> {
    let mark = if test.holds { "\x1b[32myes\x1b[0m" } else { "\x1b[31mno \x1b[0m" };
    // Counts are whole, and so is the bound they are held against.
    let decimals = if test.least.fract() == 0.0 { 0 } else { 3 };
    let Test { relation, what, figure, least, holds, .. } = test;
    // Most figures must reach a bound, and some must not pass it.
    let is_most = *holds == (figure < least) && figure != least;
    let bound = if is_most { "at most" } else { "needs" };
    let what = what.trim_end_matches(", at most");
    writeln!(out, "  {mark}  {relation:<9} {what}: {figure:.decimals$} ({bound} {least:.decimals$})")
}

/// A word as it is printed, and whether it is part of a change.
type PrintedWord = (String, bool);

/// The words of a stretch of text, without control characters.
fn words(text: &str, [start, end]: [usize; 2], changes: &[[usize; 2]]) -> Vec<PrintedWord> {
    let stretch = text.get(start..end).unwrap_or_default();
    let word = |word: &str| {
        let from = start + word.as_ptr() as usize - stretch.as_ptr() as usize;
        let differs = changes.iter().any(|change| change[0] < from + word.len() && from < change[1]);
        (printable(word), differs)
    };
    stretch.split_whitespace().map(word).collect()
}

/// Both sides beside one another where there is room, else one below the other; what differs is red in the first and
/// green in the second.
fn write_sides(out: &mut impl Write, [a, b]: [Vec<PrintedWord>; 2], width: usize) -> std::io::Result<()> {
    if width < 80 {
        let (a, b) = (painted(&a, "\x1b[31m"), painted(&b, "\x1b[32m"));
        return writeln!(out, "  a  {a}\n  b  {b}");
    }
    let room = (width - 7) / 2;
    let (a, b) = (wrapped(&a, room), wrapped(&b, room));
    for i in 0..a.len().max(b.len()) {
        let [left, right] = [&a, &b].map(|lines| lines.get(i).copied().unwrap_or_default());
        let fill = " ".repeat(room.saturating_sub(length(left)));
        let (left, right) = (painted(left, "\x1b[31m"), painted(right, "\x1b[32m"));
        writeln!(out, "  {left}{fill} \x1b[2m|\x1b[0m {right}")?;
    }
    Ok(())
}

/// Characters of words with a space between them.
fn length(words: &[PrintedWord]) -> usize {
    words.iter().map(|(word, _)| word.chars().count() + 1).sum::<usize>().saturating_sub(1)
}

/// Lines of at most so many characters, where no word is longer.
fn wrapped(words: &[PrintedWord], room: usize) -> Vec<&[PrintedWord]> {
    let mut lines = Vec::new();
    let mut from = 0;
    for i in 1..words.len() {
        if length(&words[from..=i]) > room {
            lines.push(&words[from..i]);
            from = i;
        }
    }
    lines.push(&words[from..]);
    lines
}

fn painted(words: &[PrintedWord], colour: &str) -> String {
    let paint = |(word, differs): &PrintedWord| match differs {
        true => format!("{colour}{word}\x1b[0m"),
        false => word.clone(),
    };
    words.iter().map(paint).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_stand_beside_one_another_where_there_is_room() {
        let sides =
            || [words("one two three", [0, 13], &[[4, 7]]), words("one tvo three", [0, 13], &[[4, 7]])];
        let written = |width: usize| {
            let mut out = Vec::new();
            write_sides(&mut out, sides(), width).expect("memory takes it");
            String::from_utf8(out).expect("UTF-8")
        };
        assert_eq!(written(79), "  a  one \x1b[31mtwo\x1b[0m three\n  b  one \x1b[32mtvo\x1b[0m three\n");
        let wide = written(87);
        let (left, right) = wide.split_once(" \x1b[2m|\x1b[0m ").expect("side by side");
        assert_eq!(left, format!("  one \x1b[31mtwo\x1b[0m three{}", " ".repeat(40 - 13)));
        assert_eq!(right, "one \x1b[32mtvo\x1b[0m three\n");
        let long = words(&"word ".repeat(30), [0, 149], &[]);
        assert!(wrapped(&long, 20).iter().all(|line| length(line) <= 20));
        assert_eq!(wrapped(&long, 20).concat(), long);
    }
}
