//! Near-duplicate and syndicated text: found by shingling and sampled joins, verified exactly, with evidence.
//!
//! ```
//! use wirecopy::corpus::{Corpus, CorpusOptions};
//! use wirecopy::options::{Policy, Resources};
//! use wirecopy::{recipe::Recipe, judge::Relation, scan::scan};
//!
//! # fn main() -> wirecopy::error::Result<()> {
//! let resources = Resources::default();
//! let corpus = Corpus::open(&["corpus/exact-copy".into()], &CorpusOptions::default(), &resources)?;
//! let found = scan(&corpus, Recipe::default(), &Policy::default(), &resources)?;
//! for pair in &found.pairs {
//!     assert_eq!(pair.judgement.relation, Relation::Exact);
//!     println!("{} is {}", found.id(pair.a), found.id(pair.b));
//! }
//! assert!(!found.clusters.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! [`scan`] is the whole flow; each step is public and usable alone: [`corpus`] reads documents, [`text`] makes
//! tokens, [`shingle`] and [`signature`] make hashes and samples, [`sketch`] chains them, [`candidates`] finds pairs
//! worth a look, [`judge`] measures, aligns and decides, [`cluster`] groups, [`origin`] says who had it
//! first, [`page`] finds repeats within
//! one text, [`report`] is what a reader sees and [`act`] acts on it.
//!
//! Nothing here prints, reads the environment, exits, starts a global thread pool or sets an allocator. Runs can be
//! cancelled ([`options::Cancel`]) and watched ([`options::Progress`]); errors carry a kind, a place and a source.
//!
//! The same input gives the same answer on any number of threads and any instruction set.

pub mod act;
pub mod align;
pub mod audit;
mod calendar;
pub mod calibrate;
pub mod candidates;
pub mod cluster;
pub mod corpus;
pub mod document;
pub mod error;
pub mod filter;
pub mod hash;
pub mod html;
pub mod index;
pub mod judge;
pub mod kernel;
mod mmap;
pub mod model;
pub mod options;
pub mod origin;
pub mod page;
pub mod recipe;
pub mod report;
mod rows;
pub mod scan;
pub mod shingle;
pub mod signature;
pub mod sketch;
pub mod template;
pub mod text;

/// What the README shows of the library is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
