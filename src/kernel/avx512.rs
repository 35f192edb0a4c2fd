//! AVX-512 with VBMI2: 64 bytes at a time, places by `vpcompressb` (in register: to memory it is slow on
//! Zen 4).

use std::arch::x86_64::*;

use super::{CacheLine, Found, Lanes, StringEnd, TokenBuffer};
use super::{
    ascii_loop, changes_loop, copy_loop, count_loop, fill_loop, hash_loop, minima_loop, shingle_loop,
    string_loop,
};

pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt")
}

struct Avx512;

static PLACES: [u8; 64] = {
    let mut places = [0; 64];
    let mut i = 0;
    while i < 64 {
        places[i] = i as u8;
        i += 1;
    }
    places
};

impl Lanes for Avx512 {
    #[inline(always)]
    unsafe fn classify(from: *const u8, to: *mut u8) -> (u64, u64) {
        // SAFETY: 64 bytes are readable at `from` and writable at `to`; the caller has the set.
        unsafe {
            let v = _mm512_loadu_si512(from.cast());
            let set = |byte: u8| _mm512_set1_epi8(byte as i8);
            let within = |x, first: u8, last: u8| {
                _mm512_cmple_epu8_mask(_mm512_sub_epi8(x, set(first)), set(last - first))
            };
            let folded = _mm512_mask_add_epi8(v, within(v, b'A', b'Z'), v, set(0x20));
            _mm512_storeu_si512(to.cast(), folded);
            (within(folded, b'a', b'z') | within(v, b'0', b'9'), _mm512_movepi8_mask(v))
        }
    }

    #[inline(always)]
    unsafe fn either(from: *const u8, a: u8, b: u8) -> u64 {
        // SAFETY: 64 bytes are readable at `from`; the caller has the set.
        unsafe {
            let v = _mm512_loadu_si512(from.cast());
            let is = |byte: u8| _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(byte as i8));
            is(a) | is(b)
        }
    }

    #[inline(always)]
    unsafe fn copy(from: *const u8, to: *mut u8, stop: u8) -> u64 {
        // SAFETY: 64 bytes are readable at `from` and writable at `to`; the caller has the set.
        unsafe {
            let v = _mm512_loadu_si512(from.cast());
            _mm512_storeu_si512(to.cast(), v);
            _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(stop as i8))
        }
    }

    #[inline(always)]
    unsafe fn places(mask: u64, base: u32, out: *mut u32) -> usize {
        let count = mask.count_ones() as usize;
        // SAFETY: at most 64 values are written at `out`; the caller has the set.
        unsafe {
            let places = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(PLACES.as_ptr().cast()));
            let base = _mm512_set1_epi32(base as i32);
            let wide = |part| _mm512_add_epi32(_mm512_cvtepu8_epi32(part), base);
            _mm512_storeu_si512(out.cast(), wide(_mm512_castsi512_si128(places)));
            if count > 16 {
                _mm512_storeu_si512(out.add(16).cast(), wide(_mm512_extracti32x4_epi32::<1>(places)));
            }
            if count > 32 {
                _mm512_storeu_si512(out.add(32).cast(), wide(_mm512_extracti32x4_epi32::<2>(places)));
                _mm512_storeu_si512(out.add(48).cast(), wide(_mm512_extracti32x4_epi32::<3>(places)));
            }
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
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi2,bmi1,bmi2,popcnt")]
pub(super) unsafe fn ascii(text: &[u8], at: usize, out: &mut TokenBuffer) -> usize {
    // SAFETY: passed on.
    unsafe { ascii_loop::<Avx512>(text, at, out) }
}

/// # Safety
/// As [`hash_loop`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi1,bmi2,popcnt")]
pub(super) unsafe fn token_hashes(folded: &[u8], starts: &[u32], ends: &[u32], out: &mut [u64]) {
    // SAFETY: passed on.
    unsafe { hash_loop::<Avx512>(folded, starts, ends, out) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi1,bmi2,popcnt")]
pub(super) fn shingle_hashes(k: usize, hashes: &[u64], out: &mut [u64]) {
    shingle_loop(k, hashes, out);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) fn window_minima(from: &[i64], step: usize, to: &mut [i64]) {
    minima_loop(from, step, to);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi1,bmi2,popcnt")]
pub(super) fn fill_lines(values: &[u64], lines: &mut [CacheLine], distinct: &mut [u64]) -> (usize, bool) {
    fill_loop(values, lines, distinct)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi1,bmi2,popcnt")]
pub(super) fn count_in_lines(values: &[u64], lines: &[CacheLine]) -> Found {
    count_loop(values, lines)
}

/// # Safety
/// As [`string_loop`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi1,bmi2,popcnt")]
pub(super) unsafe fn string_end(bytes: &[u8], at: usize) -> StringEnd {
    // SAFETY: passed on.
    unsafe { string_loop::<Avx512>(bytes, at) }
}

/// # Safety
/// As [`copy_loop`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi1,bmi2,popcnt")]
pub(super) unsafe fn copy_until(bytes: &[u8], at: usize, stop: u8, out: &mut Vec<u8>) -> usize {
    // SAFETY: passed on.
    unsafe { copy_loop::<Avx512>(bytes, at, stop, out) }
}

/// # Safety
/// `out` has room for eight values more than `values` has.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi1,bmi2,popcnt")]
pub(super) unsafe fn changes(values: &[i64], out: &mut [u64]) -> usize {
    let mut count = changes_loop(&values[..values.len().min(1)], 0, out, 0);
    let mut at = 1;
    while at + 8 <= values.len() {
        // SAFETY: values `at - 1` to `at + 7` are there; `count <= at`, so eight more fit `out`.
        unsafe {
            let here = _mm512_loadu_si512(values.as_ptr().add(at).cast());
            let before = _mm512_loadu_si512(values.as_ptr().add(at - 1).cast());
            let changed = _mm512_cmpneq_epi64_mask(here, before);
            let kept = _mm512_maskz_compress_epi64(changed, here);
            _mm512_storeu_si512(out.as_mut_ptr().add(count).cast(), kept);
            count += changed.count_ones() as usize;
        }
        at += 8;
    }
    match at {
        1.. if values.len() > 1 => changes_loop(values, at, out, count),
        _ => count,
    }
}
