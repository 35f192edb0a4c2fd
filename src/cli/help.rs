//! `wirecopy completions` and `wirecopy man`: help in the places where shells and `man` look for it.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::CommandFactory;

use super::args;
use crate::cli::output::Target;

pub fn completions(typed: &args::Completions) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(typed.shell, &mut args::Args::command(), "wirecopy", &mut script);
    Target { format: (), file: None }.write(|out| out.write_all(&script))?;
    Ok(ExitCode::SUCCESS)
}

pub fn man(typed: &args::Man) -> Result<ExitCode> {
    let cannot = || format!("cannot write to {}", typed.directory.display());
    std::fs::create_dir_all(&typed.directory).with_context(cannot)?;
    clap_mangen::generate_to(args::Args::command(), &typed.directory).with_context(cannot)?;
    Ok(ExitCode::SUCCESS)
}
