//! The integration tests: one binary, a module per theme. They run the real program on real files.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod cli;
mod disk;
mod equivalence;
mod filter;
mod golden;
mod harness;
mod index;
mod labels;
mod schema;
mod shared;
