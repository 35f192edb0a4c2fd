//! `wirecopy completions` and `wirecopy man`: help in the places where shells and `man` look for it.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::args;
use crate::cli::output::{Target, outputs};
use crate::output::sync_all;

pub fn completions(typed: &args::Completions) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(typed.shell, &mut args::Args::command(), "wirecopy", &mut script);
    Target::stdout(()).write(|out| out.write_all(&script))?;
    Ok(ExitCode::SUCCESS)
}

pub fn man(args: &args::Args, typed: &args::Man) -> Result<ExitCode> {
    let mut outputs = outputs(args);
    let mut pages = Vec::new();
    collect(args::Args::command(), &mut pages);
    let mut places = Vec::with_capacity(pages.len());
    for page in &pages {
        places.push(outputs.below(&typed.directory, page.get_filename().as_ref())?.together());
    }
    for (page, place) in pages.iter().zip(places) {
        place.write(|mut out| page.render(&mut out))?;
    }
    sync_all(&typed.directory).with_context(|| format!("cannot write {}", typed.directory.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// A page for a command, and one for each below it.
fn collect(mut root: Command, pages: &mut Vec<Man>) {
    root.build();
    let mut left = vec![root];
    while let Some(command) = left.pop() {
        left.extend(command.get_subcommands().filter(|command| !command.is_hide_set()).cloned());
        pages.push(Man::new(command));
    }
}
