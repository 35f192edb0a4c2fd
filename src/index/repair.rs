//! Checking an index, and keeping what is intact of a damaged one.
