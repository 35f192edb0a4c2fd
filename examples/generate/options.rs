//! The command line, read.

use std::path::PathBuf;

pub const USAGE: &str = "\
Generates a labelled synthetic news corpus as JSON lines (id, title, url, source, date, text).

usage: generate --documents N --output FILE.jsonl [options]
       generate --curve --input FILE.jsonl

  --documents N   number of documents to write
  --output FILE   where to write them
  --labels FILE   write the planted families: family, kind, id, role (tab separated)
  --seed S        another corpus of the same sort [default: 1]
  --chrome        also plant copies wrapped in their site's chrome, and short unrelated stories
                  in the same chrome (kind `negative`: they are not copies of one another)
  --templates     also plant templated families: the same sentences about other facts
                  (kind `templated`: they are not copies of one another either)
  --pool          adversarial: texts shuffled from a pool of sentences so small that every run
                  of two sentences recurs about 15 times
  --curve         print how many documents the distinct word 5-grams occur in, and how long the runs
                  are that unrelated documents share (to stderr), counted in at most 20,000
                  documents, evenly spaced
  --input FILE    with --curve: generate nothing, read the texts of this file
  --help          print this

About 20 % of the documents belong to families of 2 to 6. Kinds: exact, edit (1-5 % of the words
changed), truncated (the first 60 %), reordered (paragraphs), excerpt (a short page inside a long
one: two such hosts have only the page in common), mixed (all of these but excerpts).
The role is `base` or what was done to this member.";

#[derive(Debug)]
pub enum Task {
    Generate { output: PathBuf, labels: Option<PathBuf> },
    Measure { input: PathBuf },
}

#[derive(Debug)]
pub struct Options {
    pub task: Task,
    pub documents: usize,
    pub seed: u64,
    pub chrome: bool,
    pub templates: bool,
    pub pool: bool,
    pub curve: bool,
}

impl Options {
    /// `None` where help is asked for.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
        let (mut documents, mut seed) = (None, 1);
        let (mut chrome, mut templates, mut pool, mut curve) = (false, false, false, false);
        let (mut input, mut output, mut labels) = (None, None, None);
        while let Some(flag) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{flag} needs a value"));
            match flag.as_str() {
                "--documents" => documents = Some(number(&flag, &value()?)?),
                "--seed" => seed = number(&flag, &value()?)?,
                "--output" => output = Some(PathBuf::from(value()?)),
                "--labels" => labels = Some(PathBuf::from(value()?)),
                "--input" => input = Some(PathBuf::from(value()?)),
                "--chrome" => chrome = true,
                "--templates" => templates = true,
                "--pool" => pool = true,
                "--curve" => curve = true,
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("unknown option {flag}")),
            }
        }
        if pool && templates {
            return Err(
                "--templates needs facts to replace, which the sentences of --pool do not have".into()
            );
        }
        let task = match (input, output) {
            (Some(input), None) if curve => Task::Measure { input },
            (Some(_), None) => return Err("--input needs --curve".into()),
            (Some(_), Some(_)) => return Err("--input and --output exclude each other".into()),
            (None, None) => return Err("--output is needed".into()),
            (None, Some(output)) => Task::Generate { output, labels },
        };
        let documents = match (&task, documents) {
            (Task::Measure { .. }, _) => 0,
            (Task::Generate { .. }, Some(n)) if (1..=MAX_DOCUMENTS).contains(&n) => n as usize,
            _ => return Err(format!("--documents must be between 1 and {MAX_DOCUMENTS}")),
        };
        Ok(Some(Options { task, documents, seed, chrome, templates, pool, curve }))
    }
}

const MAX_DOCUMENTS: u64 = 100_000_000;

fn number(flag: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("{flag} {value}: not a whole number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &str) -> Result<Option<Options>, String> {
        Options::parse(arguments.split_whitespace().map(String::from))
    }

    #[test]
    fn wrong_options_are_named() {
        for (arguments, part) in [
            ("--documents 5", "--output"),
            ("--documents many --output x", "many"),
            ("--documents 0 --output x", "between"),
            ("--documents", "needs a value"),
            ("--input x", "--curve"),
            ("--input x --curve --output y", "exclude"),
            ("--documents 5 --output x --pool --templates", "--templates"),
            ("--verbose", "--verbose"),
        ] {
            assert!(options(arguments).is_err_and(|message| message.contains(part)), "{arguments}");
        }
        assert!(matches!(options("--help"), Ok(None)));
        assert!(matches!(options("--curve --input x"), Ok(Some(_))));
    }
}
