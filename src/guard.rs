//! Decoders of other people's on bytes that may be anything: they assert of damaged bytes what they should ask, and what they
//! assert is as wrong with the file as what they return.

/// What is wrong with a file on which a decoder panics.
#[cfg(any(feature = "arrow", feature = "parquet"))]
pub(crate) const DAMAGED: &str = "damaged beyond what its decoder expects";

thread_local! {
    static GUARDED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether this thread runs a decoder on bytes that may be anything.
pub(crate) fn is_guarded() -> bool {
    GUARDED.get()
}

/// What a decoder makes of bytes that may be anything; none where it panics.
#[cfg(any(feature = "arrow", feature = "parquet"))]
pub(crate) fn guarded<T>(run: impl FnOnce() -> T) -> Option<T> {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    let before = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(run));
    GUARDED.set(before);
    result.ok()
}
