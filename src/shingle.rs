//! Tokens to shingle hashes.

use crate::kernel::{self, Kernel};

/// The hash of every shingle of `k` consecutive tokens, in order, repeats included; `out` is memory to reuse.
/// A text of 1 to `k` - 1 tokens is one shingle of all its tokens; a text without tokens has none.
pub fn shingles<'a>(kernel: Kernel, k: usize, token_hashes: &[u64], out: &'a mut Vec<u64>) -> &'a [u64] {
    if (1..k).contains(&token_hashes.len()) {
        out.clear();
        out.push(crate::hash::shingle_hash(token_hashes));
        return out;
    }
    kernel::shingle_hashes(kernel, k, token_hashes, out);
    &out[..(token_hashes.len() + 1).saturating_sub(k)]
}
