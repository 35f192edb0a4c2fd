//! `wirecopy stage`: one process's share of a run over a folder that many of them have.

use std::process::ExitCode;

use anyhow::{Result, bail};

use super::args;
use super::scan::under;
use super::settings::ScanSettings;
use crate::cli::model;
use crate::cli::progress::Bar;
use crate::cli::say::say;
use crate::corpus::{Corpus, CorpusOptions};
use crate::scan::{Shard, Stage};

pub fn run(args: &args::Args, typed: &args::StageArgs) -> Result<ExitCode> {
    let whole: Shard = "0/1".parse().map_err(anyhow::Error::msg)?;
    let stage = match (typed.name, typed.shard) {
        (args::StageName::Read, shard) => Stage::Read(shard.unwrap_or(whole)),
        (args::StageName::Judge, shard) => Stage::Judge(shard.unwrap_or(whole)),
        (args::StageName::Candidates, None) => Stage::Candidates,
        (args::StageName::Candidates, Some(_)) => {
            bail!("the stage `candidates` is not shared: run it once, without --shard")
        }
    };
    let settings = ScanSettings::of(&typed.run)?;
    let bar = Bar::show(&settings.resources.progress, args.quiet);
    let options = CorpusOptions { against: typed.run.against.clone(), ..typed.input.reading.whole_pages()? };
    let corpus = Corpus::open(&typed.input.paths, &options, &settings.resources)?;
    let given = typed.model.as_deref().map(|file| model::read(settings.recipe, file)).transpose()?;
    let boilerplate = typed.boilerplate.as_deref().map(model::read_boilerplate).transpose()?;
    let outcome = under(settings.scan(), given, boilerplate).stage(&corpus, stage)?;
    drop(bar);
    if !args.quiet {
        say!("{} of {} parts are done by this process", outcome.done, outcome.of);
    }
    Ok(ExitCode::SUCCESS)
}
