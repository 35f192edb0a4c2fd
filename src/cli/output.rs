//! Where reports go.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::cli::nearest::did_you_mean;
use crate::cli::say;

/// A report that was asked for.
pub struct Target<F> {
    pub format: F,
    pub file: Option<PathBuf>,
}

impl<F: Copy> Target<F> {
    /// Reads `FORMAT[=FILE]` arguments by the names of formats; at most one may go to standard output.
    pub fn parse_all(arguments: &[String], formats: &[(&str, F)]) -> Result<Vec<Target<F>>> {
        let targets: Vec<Target<F>> =
            arguments.iter().map(|argument| Target::parse(argument, formats)).collect::<Result<_>>()?;
        if targets.iter().filter(|target| target.file.is_none()).count() > 1 {
            bail!("only one report can go to standard output; give the others a file (--report csv=FILE)");
        }
        Ok(targets)
    }

    fn parse(argument: &str, formats: &[(&str, F)]) -> Result<Target<F>> {
        let (name, file) = match argument.split_once('=') {
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (argument, None),
        };
        if name == "parquet" && cfg!(not(feature = "parquet")) {
            bail!("this build writes no Parquet: it was made without the feature `parquet`");
        }
        let known = formats.iter().find(|(known, _)| *known == name);
        let Some(&(_, format)) = known else {
            let names: Vec<&str> = formats.iter().map(|(name, _)| *name).collect();
            let hint = did_you_mean(name, &names);
            bail!("no report is called `{name}`; there are {}{hint}", names.join(", "));
        };
        if name == "parquet" && file.is_none() {
            bail!("parquet is several files: --report parquet=DIR");
        }
        Ok(Target { format, file })
    }

    /// Lets `write` write to the file or standard output.
    pub fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        match &self.file {
            Some(path) => {
                let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
                let mut file = BufWriter::new(file);
                write(&mut file)
                    .and_then(|()| file.flush())
                    .with_context(|| format!("cannot write {}", path.display()))
            }
            None => {
                let mut out = BufWriter::new(say::data());
                write(&mut out).and_then(|()| out.flush()).context("cannot write to standard output")
            }
        }
    }
}
