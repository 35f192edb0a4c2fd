//! wirecopy
pub mod document;
pub mod error;
pub mod hash;
pub mod kernel;
pub mod options;
pub mod recipe;
pub mod text;
pub mod corpus;
mod mmap;
