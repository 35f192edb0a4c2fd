//! AVX2 and BMI: 32 bytes at a time, masks by `movemask`, places by `tzcnt`.

use std::arch::x86_64::*;

use super::{CacheLine, Found, Lanes, StringEnd, TokenBuffer};
use super::{
    ascii_loop, changes_loop, copy_loop, count_loop, fill_loop, hash_loop, minima_loop, shingle_loop,
    string_loop,
};

pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt")
}

struct Avx2;

/// Folded bytes, and the mask of letters and digits, of 32 bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn half(v: __m256i) -> (__m256i, u32) {
    // Unsigned x <= limit is min(x, limit) == x.
    let within = |x: __m256i, first: u8, last: u8| {
        let shifted = _mm256_sub_epi8(x, _mm256_set1_epi8(first as i8));
        _mm256_cmpeq_epi8(_mm256_min_epu8(shifted, _mm256_set1_epi8((last - first) as i8)), shifted)
    };
    let capital = _mm256_and_si256(within(v, b'A', b'Z'), _mm256_set1_epi8(0x20));
    let folded = _mm256_or_si256(v, capital);
    let word = _mm256_or_si256(within(folded, b'a', b'z'), within(v, b'0', b'9'));
    (folded, _mm256_movemask_epi8(word) as u32)
}

impl Lanes for Avx2 {
    #[inline(always)]
    unsafe fn classify(from: *const u8, to: *mut u8) -> (u64, u64) {
        // SAFETY: 64 bytes are readable at `from` and writable at `to`; the caller has AVX2.
        unsafe {
            let low = _mm256_loadu_si256(from.cast());
            let high = _mm256_loadu_si256(from.add(32).cast());
            let (low_folded, low_word) = half(low);
            let (high_folded, high_word) = half(high);
            _mm256_storeu_si256(to.cast(), low_folded);
            _mm256_storeu_si256(to.add(32).cast(), high_folded);
            let other = |v| u64::from(_mm256_movemask_epi8(v) as u32);
            (u64::from(high_word) << 32 | u64::from(low_word), other(high) << 32 | other(low))
        }
    }

    #[inline(always)]
    unsafe fn either(from: *const u8, a: u8, b: u8) -> u64 {
        // SAFETY: 64 bytes are readable at `from`; the caller has AVX2.
        unsafe {
            let half = |at: *const u8| {
                let v = _mm256_loadu_si256(at.cast());
                let a = _mm256_cmpeq_epi8(v, _mm256_set1_epi8(a as i8));
                let b = _mm256_cmpeq_epi8(v, _mm256_set1_epi8(b as i8));
                u64::from(_mm256_movemask_epi8(_mm256_or_si256(a, b)) as u32)
            };
            half(from.add(32)) << 32 | half(from)
        }
    }

    #[inline(always)]
    unsafe fn copy(from: *const u8, to: *mut u8, stop: u8) -> u64 {
        // SAFETY: 64 bytes are readable at `from` and writable at `to`; the caller has AVX2.
        unsafe {
            let half = |at: usize| {
                let v = _mm256_loadu_si256(from.add(at).cast());
                _mm256_storeu_si256(to.add(at).cast(), v);
                u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(stop as i8))) as u32)
            };
            half(0) | half(32) << 32
        }
    }

    #[inline(always)]
    unsafe fn places(mut mask: u64, base: u32, out: *mut u32) -> usize {
        let count = mask.count_ones() as usize;
        // Eight at a time without a branch on each: a block of prose has 9 to 12 tokens.
        let mut at = 0;
        while at < count {
            for i in at..at + 8 {
                // SAFETY: at most 64 values are written, since `at` stays under the count of at most 64.
                unsafe { out.add(i).write(base.wrapping_add(mask.trailing_zeros())) };
                mask &= mask.wrapping_sub(1);
            }
            at += 8;
        }
        count
    }

    #[inline(always)]
    unsafe fn low_bytes(word: u64, bytes: usize) -> u64 {
        // SAFETY: the caller has BMI2. From index 64 on, up to 255, the instruction keeps all bits.
        unsafe { _bzhi_u64(word, 8 * bytes as u32) }
    }
}

/// # Safety
/// As [`ascii_loop`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) unsafe fn ascii(text: &[u8], at: usize, out: &mut TokenBuffer) -> usize {
    // SAFETY: passed on.
    unsafe { ascii_loop::<Avx2>(text, at, out) }
}

/// # Safety
/// As [`hash_loop`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) unsafe fn token_hashes(folded: &[u8], starts: &[u32], ends: &[u32], out: &mut [u64]) {
    // SAFETY: passed on.
    unsafe { hash_loop::<Avx2>(folded, starts, ends, out) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn shingle_hashes(k: usize, hashes: &[u64], out: &mut [u64]) {
    shingle_loop(k, hashes, out);
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn window_minima(from: &[i64], step: usize, to: &mut [i64]) {
    minima_loop(from, step, to);
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn fill_lines(values: &[u64], lines: &mut [CacheLine], distinct: &mut [u64]) -> (usize, bool) {
    fill_loop(values, lines, distinct)
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn count_in_lines(values: &[u64], lines: &[CacheLine]) -> Found {
    count_loop(values, lines)
}

/// # Safety
/// As [`string_loop`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) unsafe fn string_end(bytes: &[u8], at: usize) -> StringEnd {
    // SAFETY: passed on.
    unsafe { string_loop::<Avx2>(bytes, at) }
}

/// # Safety
/// As [`copy_loop`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) unsafe fn copy_until(bytes: &[u8], at: usize, stop: u8, out: &mut Vec<u8>) -> usize {
    // SAFETY: passed on.
    unsafe { copy_loop::<Avx2>(bytes, at, stop, out) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn changes(values: &[i64], out: &mut [u64]) -> usize {
    changes_loop(values, 0, out, 0)
}
