//! `wirecopy`: near-duplicates and syndicated copies, from the command line.

mod args;
mod compare;
mod filter;
mod index;
mod lines;
mod model;
mod output;
mod page;
mod progress;
mod scan;
mod settings;
mod text;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = args::Args::parse();
    args.color.write_global();
    let result = match &args.command {
        args::Command::Scan(scan) => scan::run(&args, scan),
        args::Command::Compare(compare) => compare::run(&args, compare),
        args::Command::Page(page) => page::run(&args, page),
        args::Command::Text(text) => text::run(text),
        args::Command::Filter(filter) => filter::run(&args, filter),
        args::Command::Index(index) => index::run(&args, index),
    };
    match result {
        Ok(code) => code,
        // Whoever read our output has seen enough: `wirecopy ... | head` is no error.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("wirecopy: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let is_pipe = |e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| {
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        cause.downcast_ref().is_some_and(is_pipe) || json == Some(std::io::ErrorKind::BrokenPipe)
    })
}
