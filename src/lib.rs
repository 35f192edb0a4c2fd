//! Near-duplicate and syndicated text: found by shingling and sampled joins, verified exactly, with evidence.
//!
//! Three ways in.
//!
//! **A corpus**: open files or hand over documents, scan, and read pairs, clusters and reports out of the [`Run`].
//!
//! ```
//! use wirecopy::{Corpus, Parts, Relation, scan};
//!
//! # fn main() -> wirecopy::Result<()> {
//! let run = scan(&Corpus::from_paths(["corpus/exact-copy"])?)?;
//! assert!(run.pairs.iter().all(|pair| pair.judgement.relation == Relation::Exact));
//! let report = run.report(&Parts::ALL)?;
//! assert_eq!(report.clusters.len(), run.clusters.len());
//! # Ok(())
//! # }
//! ```
//!
//! **Two texts**: [`compare`] gives their relation, its score, the tests it rests on and the passages that both have.
//!
//! ```
//! let said = "The harbour master closed the outer quay on Tuesday after a crane had failed twice.";
//! assert_eq!(wirecopy::compare(said, said).relation(), Some(wirecopy::Relation::Exact));
//! ```
//!
//! **A stream**: a [`Filter`] over a persistent index says of every document that arrives whether it is new.
//!
//! ```
//! use wirecopy::{Filter, Incoming};
//!
//! # fn main() -> wirecopy::Result<()> {
//! # let directory = tempfile::tempdir().expect("a directory");
//! let mut filter = Filter::open(directory.path())?;
//! let quay = "The harbour master closed the outer quay on Tuesday after a crane had failed twice.";
//! let answers = filter.batch(&[Incoming::new("a", quay), Incoming::new("b", quay)])?;
//! assert_eq!(answers[1].verdict.of(), Some("a"));
//! filter.close()?;
//! # Ok(())
//! # }
//! ```
//!
//! Documents come from paths ([`Corpus::open`]), from memory ([`Corpus::from_texts`], [`Corpus::from_documents`]), or through
//! a [`Reader`] of one's own ([`CorpusOptions::reader`]). Settings are three kinds: a [`Recipe`] changes bits, a [`Policy`]
//! decisions, [`Resources`] neither. What a corpus teaches before any pair is judged is a [`Model`].
//!
//! Nothing here prints, reads the environment, exits, starts a global thread pool or sets an allocator. Runs can be
//! cancelled ([`options::Cancel`]) and watched ([`options::Progress`]); errors carry a kind, a place and a source.
//! The same input gives the same answer on any number of threads and any instruction set.

pub mod act;
mod align;
pub mod amounts;
mod audit;
mod calendar;
pub mod calibrate;
mod candidates;
mod charset;
#[cfg(feature = "cli")]
pub mod cli;
mod cluster;
#[cfg(feature = "parquet")]
mod columnar;
pub mod corpus;
mod document;
mod error;
pub mod filter;
pub mod findings;
mod guard;
mod hash;
pub mod html;
pub mod index;
pub mod judge;
mod kernel;
mod leb128;
mod mmap;
mod model;
pub mod options;
mod origin;
pub mod output;
pub mod page;
pub mod printable;
mod priority;
pub mod recipe;
pub mod report;
pub mod review;
mod rows;
pub mod scan;
#[cfg(feature = "serve")]
pub mod serve;
mod shingle;
pub mod signature;
mod sketch;
mod template;
mod text;

/// Rooms of the engine, for tests, benches and fuzzing. They change without notice.
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;

/// The crate of Arrow batches, in the version that [`Corpus::from_batches`] takes.
#[cfg(feature = "arrow")]
pub use arrow_array;
pub use corpus::{Corpus, CorpusOptions, Document, Reader};
pub use document::{DocId, Meta};
pub use error::{Error, ErrorKind, Reason, Result};
pub use filter::{Answer, Filter, Incoming, Lookup};
pub use findings::{AuditOptions, Findings, Parts};
pub use judge::{Comparison, Directed, Judgement, Measures, Relation, Span, compare, compare_with};
pub use mmap::heap::BoundedHeap;
pub use model::Model;
pub use model::boilerplate::{Boilerplate, write_boilerplate};
pub use options::{Mode, Policy, Resources};
pub use recipe::Recipe;
pub use report::Report;
pub use scan::{Cluster, Pair, Reuse, Run, Scan, Shard, Stage, StageOutcome, scan};
pub use sketch::distinct_shingles as shingles;
pub use text::tokens;

/// What the README shows of the library is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
