//! `wirecopy`: near-duplicates and syndicated copies, from the command line.

use std::process::ExitCode;

/// What `--memory` bounds.
#[global_allocator]
static HEAP: wirecopy::BoundedHeap = wirecopy::BoundedHeap;

fn main() -> ExitCode {
    wirecopy::cli::run(std::env::args_os())
}
