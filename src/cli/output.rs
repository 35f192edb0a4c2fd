//! Where reports go.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use super::args;
use crate::cli::nearest::did_you_mean;
use crate::cli::say;
use crate::output::{OutputPlace, Outputs, STANDARD};
use crate::report::SCHEMA_VERSION;

/// What a command may write, before it has said what it reads.
pub fn outputs(args: &args::Args) -> Outputs {
    let mut outputs = Outputs::new(args.force);
    outputs.reads(&args.defaults.config);
    outputs
}

/// A report that was asked for.
pub struct Target<F> {
    pub format: F,
    pub file: Option<PathBuf>,
    place: Option<OutputPlace>,
}

impl<F: Copy> Target<F> {
    /// Standard output.
    pub fn stdout(format: F) -> Target<F> {
        Target { format, file: None, place: None }
    }

    /// Reads `FORMAT[=FILE]` arguments by the names of formats; at most one may go to standard output. `outputs` knows what
    /// is read, and takes their places; those of a directory's files are taken by whoever knows their names.
    pub fn parse_all(
        arguments: &[String],
        formats: &[(&str, F)],
        outputs: &mut Outputs,
    ) -> Result<Vec<Target<F>>> {
        let mut targets: Vec<Target<F>> =
            arguments.iter().map(|argument| Target::parse(argument, formats)).collect::<Result<_>>()?;
        match targets.iter().filter(|target| target.file.is_none()).count() {
            0 => {}
            1 => outputs.standard_output()?,
            _ => {
                bail!("only one report can go to standard output; give the others a file (--report csv=FILE)")
            }
        }
        for (target, argument) in targets.iter_mut().zip(arguments) {
            if let (Some(file), false) = (&target.file, argument.starts_with("parquet=")) {
                target.place = Some(outputs.file(file)?);
            }
        }
        Ok(targets)
    }

    fn parse(argument: &str, formats: &[(&str, F)]) -> Result<Target<F>> {
        let (name, file) = match argument.split_once('=') {
            Some((name, STANDARD)) if name != "parquet" => (name, None),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (argument, None),
        };
        if name == "parquet" && cfg!(not(feature = "parquet")) {
            bail!("this build writes no Parquet: it was made without the feature `parquet`");
        }
        let named =
            |wanted: &str| formats.iter().find(|(known, _)| *known == wanted).map(|(_, format)| *format);
        // A file alone says by its ending what it is to be.
        let of_file = || named(of_ending(Path::new(argument))?);
        let (format, file) = match named(name) {
            Some(format) => (format, file),
            None => match of_file() {
                Some(format) => (format, Some(PathBuf::from(argument))),
                None => {
                    let names: Vec<&str> = formats.iter().map(|(name, _)| *name).collect();
                    let hint = did_you_mean(name, &names);
                    bail!(
                        "no report is called `{name}`; write FORMAT or FORMAT=FILE, with one of {}{hint}",
                        names.join(", ")
                    );
                }
            },
        };
        if name == "parquet" && file.is_none() {
            bail!("parquet is several files: --report parquet=DIR");
        }
        Ok(Target { format, file, place: None })
    }

    /// Lets `write` write to the file, whole or not at all, or to standard output.
    pub fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        match &self.place {
            Some(place) => Ok(place.write(|out| write(out))?),
            None => {
                let mut out = BufWriter::new(say::data());
                write(&mut out).and_then(|()| out.flush()).context("cannot write to standard output")
            }
        }
    }
}

/// The format that a file's name ends in.
fn of_ending(file: &Path) -> Option<&'static str> {
    Some(match file.extension()?.to_str()? {
        "html" | "htm" => "html",
        "json" => "json",
        "csv" => "csv",
        "md" => "markdown",
        "ndjson" | "jsonl" => "pairs",
        "sarif" => "sarif",
        "xml" => "junit",
        _ => return None,
    })
}

/// A report of one object, marked as ours: its version comes first.
#[derive(Serialize)]
struct Versioned<'a, T> {
    schema_version: u32,
    #[serde(flatten)]
    report: &'a T,
}

/// Writes a json report that says its version.
pub fn write_versioned(report: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Versioned { schema_version: SCHEMA_VERSION, report })?;
    writeln!(out)
}
