//! `wirecopy text`: what everything else measures.

use std::process::ExitCode;

use crate::document::DocId;
use crate::kernel::Kernel;
use crate::options::Resources;
use crate::scan::Scan;
use crate::text::Tokens;
use anyhow::{Result, bail};
use serde::Serialize;

use super::args;
use crate::cli::nearest::did_you_mean;
use crate::cli::output::Target;

#[derive(Serialize)]
struct Token<'a> {
    token: &'a str,
    start: usize,
    end: usize,
}

pub fn run(typed: &args::TextArgs) -> Result<ExitCode> {
    let text = read(typed)?;
    let stdout = Target::stdout(());
    stdout.write(|out| {
        if !typed.tokens {
            return out.write_all(text.as_bytes());
        }
        let mut tokens = Tokens::with_ranges(Kernel::detect());
        tokens.read(&text);
        for (i, token) in tokens.iter().enumerate() {
            if let Some(range) = tokens.range(i) {
                serde_json::to_writer(&mut *out, &Token { token, start: range.start, end: range.end })?;
                writeln!(out)?;
            }
        }
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

fn read(typed: &args::TextArgs) -> Result<String> {
    let resources = Resources::default();
    let corpus = typed.input.open(&resources)?;
    let read = Scan::new().resources(resources).read(&corpus)?;
    let mut all = (0..read.documents.entries.len() as u32).map(DocId);
    let document = match &typed.id {
        Some(id) => all.find(|&d| read.read_id(d) == *id),
        None if all.len() > 1 => bail!("{} documents; name one with --id", all.len()),
        None => all.next(),
    };
    match (document, &typed.id, read.documents.problems.first()) {
        (Some(document), ..) => match read.text(document) {
            Ok(text) => Ok(text),
            Err(reason) => bail!("{reason}"),
        },
        (None, Some(id), _) => {
            let ids = (0..read.documents.entries.len() as u32).map(|d| read.read_id(DocId(d)));
            bail!("no document has the id `{id}`{}", did_you_mean(id, ids))
        }
        (None, None, Some(problem)) => bail!("{}: {}", problem.path, problem.reason),
        (None, None, None) => bail!("no document there"),
    }
}
