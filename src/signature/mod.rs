//! Shingle hashes to something small: a winnowed sample for the join, and the field's fixed-size signatures.

pub mod grams;
pub mod minhash;
pub mod simhash;
pub mod winnow;
