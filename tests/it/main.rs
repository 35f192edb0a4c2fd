//! The integration tests: one binary, a module per theme. They run the real program on real files.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod cli;
mod containers;
mod dedup;
mod disk;
mod equivalence;
mod filter;
mod formats;
mod fuzzing;
mod golden;
mod guide;
mod harness;
mod index;
mod labels;
mod library;
mod pages;
mod reports;
mod schema;
mod shared;
