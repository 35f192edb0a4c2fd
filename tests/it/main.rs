//! The integration tests: one binary, a module per theme. They run the real program on real files.
#![allow(clippy::unwrap_used)]

mod acting;
mod alerts;
mod alike;
#[cfg(feature = "arrow")]
mod arrow;
mod audit;
mod bad_input;
mod bounded;
mod calibrate;
mod chrome;
mod cli;
mod config;
mod containers;
mod damage;
mod dates;
mod decontaminated;
mod dedup;
mod disk;
mod docs;
mod equivalence;
mod expiry;
#[cfg(target_os = "linux")]
mod failing;
mod feeds;
mod files;
mod filter;
#[cfg(feature = "parquet")]
mod forged;
mod formats;
mod forms;
mod fuzzing;
mod golden;
mod guide;
mod harness;
mod hostile;
mod index;
mod judge;
mod labels;
mod library;
mod news;
mod noise;
mod origin;
mod originals;
mod outputs;
mod pages;
mod repeats;
mod reports;
mod resumed;
mod review;
mod rewritten;
mod schema;
// What a process holds is read from /proc.
#[cfg(all(feature = "serve", target_os = "linux"))]
mod serve;
mod sets;
mod shared;
mod sieve;
mod spellings;
mod standing;
#[cfg(feature = "parquet")]
mod tables;
mod templates;
mod titles;
mod upgrade;
