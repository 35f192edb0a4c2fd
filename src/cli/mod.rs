//! The command line: what was typed (`args`), completed by defaults (`config`), to the library's settings (`settings`) and
//! calls. It sees nothing of the library but its public items.
//!
//! A program that brings the command with it calls [`run`].

mod apply;
mod args;
mod arrivals;
mod calibrate;
mod compare;
mod config;
mod dedup;
mod filter;
mod help;
mod index;
mod indexed;
#[cfg(feature = "serve")]
mod key;
mod model;
mod nearest;
mod output;
mod page;
mod progress;
mod report;
mod say;
mod scan;
#[cfg(feature = "serve")]
mod serve;
mod settings;
mod stage;
#[cfg(feature = "parquet")]
mod tables;
mod templates;
mod text;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use say::say;

use crate::output::STANDARD;

/// Runs the command with these arguments, the first of which is the program's name, and returns its exit code. Prints, reads
/// the environment, and ends the process where help is asked for or an argument is wrong.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    quieten_guarded_panics();
    match command(arguments.into_iter().collect()) {
        Ok(code) => code,
        // Whoever read our output has seen enough: `wirecopy ... | head` is no error.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            say!("wirecopy: {}", said(&error));
            ExitCode::from(2)
        }
    }
}

fn command(typed: Vec<OsString>) -> Result<ExitCode> {
    let args = config::parse(typed)?;
    args.color.write_global();
    if let (true, Some(file)) = (args.verbose, &args.defaults.config) {
        say!("settings of {}", file.display());
    }
    // Looked for before the run: what it writes may be there afterwards.
    let missing: Vec<&Path> = args.command.named().into_iter().filter(|path| is_missing(path)).collect();
    let code = run_command(&args)?;
    if missing.is_empty() {
        return Ok(code);
    }
    let names: Vec<String> = missing.iter().map(|path| path.display().to_string()).collect();
    say!("wirecopy: no such file or folder: {}; everything else was done", names.join(", "));
    Ok(ExitCode::from(2))
}

/// Whether nothing is where somebody named a file or a folder to read.
fn is_missing(path: &Path) -> bool {
    path.as_os_str() != STANDARD && !path.exists()
}

fn run_command(args: &args::Args) -> Result<ExitCode> {
    match &args.command {
        args::Command::Scan(scan) => scan::run(args, scan),
        args::Command::Stage(stage) => stage::run(args, stage),
        args::Command::Compare(compare) => compare::run(args, compare),
        args::Command::Calibrate(calibrate) => calibrate::run(args, calibrate),
        args::Command::Templates(templates) => templates::run(args, templates),
        args::Command::Page(page) => page::run(args, page),
        args::Command::Text(text) => text::run(text),
        args::Command::Dedup(dedup) => dedup::run(args, dedup),
        args::Command::Apply(apply) => apply::run(args, apply),
        args::Command::Undo(undo) => apply::undo(args, undo),
        args::Command::Report(report) => report::run(args, report),
        args::Command::Filter(filter) => filter::run(args, filter),
        args::Command::Index(index) => index::run(args, index),
        #[cfg(feature = "serve")]
        args::Command::Serve(serve) => serve::run(args, serve),
        #[cfg(feature = "serve")]
        args::Command::Key(key) => key::run(args, key),
        args::Command::Completions(completions) => help::completions(completions),
        args::Command::Man(man) => help::man(args, man),
    }
}

/// An error and its causes, each said once: some say theirs themselves.
fn said(error: &anyhow::Error) -> String {
    let mut said = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !said.ends_with(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    without_numbers(&said)
}

/// A message without the numbers that the system has for its errors: their words say it.
fn without_numbers(said: &str) -> String {
    let mut rest = said;
    let mut out = String::with_capacity(said.len());
    while let Some((before, after)) = rest.split_once(" (os error ") {
        out.push_str(before);
        match after.split_once(')') {
            Some((number, behind)) if number.bytes().all(|byte| byte.is_ascii_digit()) => rest = behind,
            _ => {
                out.push_str(" (os error ");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// A damaged file is a problem in the report, not a message about our code.
fn quieten_guarded_panics() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !crate::corpus::panics_are_problems() {
            hook(panic);
        }
    }));
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let is_pipe = |e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| {
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        cause.downcast_ref().is_some_and(is_pipe) || json == Some(std::io::ErrorKind::BrokenPipe)
    })
}
