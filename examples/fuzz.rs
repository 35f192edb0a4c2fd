//! Feeds the fuzz targets with changes of their corpus, on a stable toolchain and for as long as is asked for.
//!
//! ```text
//! cargo run --release --example fuzz -- --seconds 3600 --target parquet
//! ```
//!
//! An input that fails is written to `fuzz/artifacts/`, and the run ends.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[path = "../fuzz/src/lib.rs"]
mod targets;

use targets::{Random, TARGETS, Target};

const USAGE: &str = "usage: fuzz [--seconds N] [--target NAME] [--seed S]";

fn main() -> ExitCode {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !wirecopy::corpus::panics_are_problems() {
            hook(panic);
        }
    }));
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("fuzz: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (mut seconds, mut wanted, mut seed) = (60, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|_| format!("{flag} {value}: not a number"));
        match flag.as_str() {
            "--seconds" => seconds = number()?,
            "--seed" => seed = Some(number()?),
            "--target" => wanted = Some(value),
            _ => return Err(USAGE.to_owned()),
        }
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|e| e.to_string())?;
    let seed = seed.unwrap_or(since.as_secs());
    let chosen: Vec<&Target> =
        TARGETS.iter().filter(|(name, _)| wanted.as_deref().is_none_or(|wanted| wanted == *name)).collect();
    let share = Duration::from_secs(seconds) / u32::try_from(chosen.len().max(1)).unwrap_or(1);
    let mut executions = 0;
    for target in chosen {
        executions += fuzz(target, share, seed)?;
    }
    println!("{executions} executions in {:.2} hours, seed {seed}", seconds as f64 / 3600.0);
    Ok(())
}

/// Runs one target for a time; how often.
fn fuzz(&(name, target): &Target, time: Duration, seed: u64) -> Result<u64, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let corpus = targets::corpus(&folder.join("corpus"), name);
    if corpus.is_empty() {
        return Err(format!("{name} has no corpus"));
    }
    let (mut random, start, mut executions) = (Random::new(seed), Instant::now(), 0);
    while start.elapsed() < time {
        let chosen = &corpus[random.below(corpus.len())];
        let bytes = random.mutated(chosen, &corpus);
        if std::panic::catch_unwind(|| target(&bytes)).is_err() {
            let artifacts = folder.join("artifacts");
            let path = artifacts.join(format!("{name}-{seed}-{executions}"));
            std::fs::create_dir_all(&artifacts).map_err(|e| e.to_string())?;
            std::fs::write(&path, &bytes).map_err(|e| e.to_string())?;
            return Err(format!("{name} fails on {}", path.display()));
        }
        executions += 1;
    }
    println!(
        "{name:8} {executions:>10} executions, {:>8.0} a second",
        executions as f64 / time.as_secs_f64()
    );
    Ok(executions)
}
