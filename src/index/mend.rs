//! Putting a flipped bit back: a sum of 64 bits says which one it was.

use std::ops::Range;

/// The most bytes that are looked through: every bit of them is tried, and each time all of them are hashed, which takes a
/// second or two here.
pub(super) const MOST: usize = 64 << 10;

/// Flips one bit after the other within `range`, until `read` makes something of the bytes: they are left as they were
/// then, which is how they were written. Quadratic in the bytes, of which there must not be more than [`MOST`].
pub(super) fn flip<T>(
    bytes: &mut [u8],
    range: Range<usize>,
    read: &impl Fn(&[u8]) -> Option<T>,
) -> Option<T> {
    if bytes.len() > MOST {
        return None;
    }
    for bit in range.start * 8..range.end * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Some(found) = read(bytes) {
            return Some(found);
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    None
}

/// What `read` makes of bytes, as they are or with one bit put back.
pub(super) fn mended<T>(bytes: &[u8], read: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    read(bytes).or_else(|| flip(&mut bytes.to_vec(), 0..bytes.len(), &read))
}
