//! Eight bytes at a time in ordinary registers (SWAR): the truth that the other sets must equal.

use super::{BLOCK, Lanes};

pub(super) struct Portable;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte of `x` (all under 128) that is at least `least`.
#[inline(always)]
fn at_least(x: u64, least: u8) -> u64 {
    x.wrapping_add(ONES * u64::from(128 - least)) & HIGH
}

/// The high bit of each byte of `x` (all under 128) within `first..=last`.
#[inline(always)]
fn within(x: u64, first: u8, last: u8) -> u64 {
    at_least(x, first) & !at_least(x, last + 1)
}

/// The high bit of each byte of `x` that is zero; exact, also behind other zeros.
#[inline(always)]
fn zeros(x: u64) -> u64 {
    !((x & !HIGH).wrapping_add(!HIGH) | x) & HIGH
}

/// The high bits of the eight bytes, gathered into eight bits.
#[inline(always)]
fn gather(high: u64) -> u64 {
    (high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

impl Lanes for Portable {
    #[inline(always)]
    unsafe fn classify(from: *const u8, to: *mut u8) -> (u64, u64) {
        let (mut word, mut other) = (0, 0);
        for i in 0..BLOCK / 8 {
            // SAFETY: 64 bytes are readable at `from` and writable at `to`.
            let x = u64::from_le(unsafe { from.cast::<u64>().add(i).read_unaligned() });
            let (low, high) = (x & !HIGH, x & HIGH);
            let folded = x | (within(low, b'A', b'Z') & !high) >> 2;
            let plain = folded & !HIGH;
            let is_word = (within(plain, b'a', b'z') | within(plain, b'0', b'9')) & !high;
            // SAFETY: as above.
            unsafe { to.cast::<u64>().add(i).write_unaligned(folded.to_le()) };
            word |= gather(is_word) << (8 * i);
            other |= gather(high) << (8 * i);
        }
        (word, other)
    }

    #[inline(always)]
    unsafe fn either(from: *const u8, a: u8, b: u8) -> u64 {
        let mut found = 0;
        for i in 0..BLOCK / 8 {
            // SAFETY: 64 bytes are readable at `from`.
            let x = u64::from_le(unsafe { from.cast::<u64>().add(i).read_unaligned() });
            found |= gather(zeros(x ^ (ONES * u64::from(a))) | zeros(x ^ (ONES * u64::from(b)))) << (8 * i);
        }
        found
    }

    #[inline(always)]
    unsafe fn copy(from: *const u8, to: *mut u8, stop: u8) -> u64 {
        // SAFETY: 64 bytes are readable at `from` and writable at `to`, and do not overlap: a `Vec` owns one.
        unsafe {
            to.copy_from_nonoverlapping(from, BLOCK);
            Self::either(from, stop, stop)
        }
    }

    #[inline(always)]
    unsafe fn places(mut mask: u64, base: u32, out: *mut u32) -> usize {
        let count = mask.count_ones() as usize;
        for i in 0..count {
            // SAFETY: fewer than 64 values are written.
            unsafe { out.add(i).write(base + mask.trailing_zeros()) };
            mask &= mask - 1;
        }
        count
    }

    #[inline(always)]
    unsafe fn low_bytes(word: u64, bytes: usize) -> u64 {
        if bytes >= 8 { word } else { word & ((1 << (8 * bytes)) - 1) }
    }
}
