//! `wirecopy index`: create, look into and repair a persistent index.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::args;

pub fn run(_: &args::Args, _: &args::Index) -> Result<ExitCode> {
    bail!("not yet")
}
