//! `wirecopy`: near-duplicates and syndicated copies, from the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    wirecopy::cli::run(std::env::args_os())
}
