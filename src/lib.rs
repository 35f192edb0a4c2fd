//! wirecopy
pub mod candidates;
pub mod corpus;
pub mod document;
pub mod error;
pub mod hash;
pub mod kernel;
mod mmap;
pub mod options;
pub mod recipe;
pub mod shingle;
pub mod signature;
pub mod sketch;
pub mod text;
