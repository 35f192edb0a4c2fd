//! The inner loops, in the widest instructions that the machine has.
//!
//! Each loop is written once, over the small `Lanes` trait or as plain code that the compiler vectorises; the
//! files beside this one hold the instruction sets. [`Kernel::PORTABLE`] is the truth that the others must
//! equal bit for bit, and a property test holds them to it. One of the two homes of `unsafe` in the crate.
//!
//! The layout follows Daniel Lemire and Geoff Langdale's simdjson (VLDB J. 28, 2019): classify a block of 64
//! bytes into bit masks, then turn masks into positions.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use crate::hash::{MULTIPLIERS, avalanche, xxh3_of_16};
use xxhash_rust::xxh3::xxh3_64;

/// Bytes that a block classifies at once.
pub(crate) const BLOCK: usize = 64;

/// Bytes beyond the folded text that the loops may read or write.
const SLACK: usize = BLOCK + 16;

/// An instruction set for the inner loops. All give the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernel(Set);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Kernel {
    /// Eight bytes at a time in ordinary registers; runs anywhere.
    pub const PORTABLE: Kernel = Kernel(Set::Portable);

    /// The widest set of this machine.
    pub fn detect() -> Kernel {
        Kernel::available()[0]
    }

    /// Every set of this machine, widest first, [`Kernel::PORTABLE`] last.
    pub fn available() -> Vec<Kernel> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if avx512::available() {
                sets.push(Kernel(Set::Avx512));
            }
            if avx2::available() {
                sets.push(Kernel(Set::Avx2));
            }
        }
        sets.push(Kernel::PORTABLE);
        sets
    }

    /// The set's name: `avx512`, `avx2` or `portable`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Set::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "avx512",
        }
    }

    /// The set of that name, if this machine has it.
    pub fn named(name: &str) -> Option<Kernel> {
        Kernel::available().into_iter().find(|kernel| kernel.name() == name)
    }
}

/// What a tokeniser writes: folded text and where its tokens start and end. Vectors stay at their largest
/// length and hold zeros or leftovers beyond what the counts say.
#[derive(Debug, Default)]
pub(crate) struct TokenBuffer {
    pub folded: Vec<u8>,
    pub folded_len: usize,
    pub starts: Vec<u32>,
    pub started: usize,
    pub ends: Vec<u32>,
    pub ended: usize,
}

impl TokenBuffer {
    pub fn clear(&mut self) {
        (self.folded_len, self.started, self.ended) = (0, 0, 0);
    }

    /// Whether the last token started is still open.
    pub fn open(&self) -> bool {
        self.started > self.ended
    }

    /// Makes room for `bytes` more bytes of ASCII and the tokens in them.
    fn reserve(&mut self, bytes: usize) {
        grow(&mut self.folded, self.folded_len + bytes + SLACK);
        grow(&mut self.starts, self.started + bytes / 2 + BLOCK);
        grow(&mut self.ends, self.ended + bytes / 2 + BLOCK);
    }

    pub fn start(&mut self) {
        grow(&mut self.starts, self.started + 1);
        self.starts[self.started] = self.folded_len as u32;
        self.started += 1;
    }

    pub fn close(&mut self) {
        if self.open() {
            grow(&mut self.ends, self.ended + 1);
            self.ends[self.ended] = self.folded_len as u32;
            self.ended += 1;
        }
    }

    /// Appends a character: one store of four bytes, of which the next character overwrites what is not this one's.
    #[inline]
    pub fn append(&mut self, c: char) {
        let start = self.folded_len;
        grow(&mut self.folded, start + 4 + SLACK);
        let mut bytes = [0; 4];
        let len = c.encode_utf8(&mut bytes).len();
        self.folded[start..start + 4].copy_from_slice(&bytes);
        self.folded_len = start + len;
    }
}

fn grow<T: Copy + Default>(vec: &mut Vec<T>, len: usize) {
    if vec.len() < len {
        vec.resize(len.next_power_of_two().max(4096), T::default());
    }
}

/// An instruction set's part in [`ascii`] and [`token_hashes`].
trait Lanes {
    /// Writes the 64 bytes at `from` to `to` with ASCII capitals made small; returns which bytes are ASCII
    /// letters or digits, and which are not ASCII.
    ///
    /// # Safety
    /// `from` is readable and `to` writable for 64 bytes, and the machine has the set.
    unsafe fn classify(from: *const u8, to: *mut u8) -> (u64, u64);

    /// Which of the 64 bytes at `from` are `a` or `b`.
    ///
    /// # Safety
    /// `from` is readable for 64 bytes, and the machine has the set.
    unsafe fn either(from: *const u8, a: u8, b: u8) -> u64;

    /// Copies 64 bytes; returns which of them are `stop`.
    ///
    /// # Safety
    /// `from` is readable and `to` writable for 64 bytes, and the machine has the set.
    unsafe fn copy(from: *const u8, to: *mut u8, stop: u8) -> u64;

    /// Writes `base` + the place of each set bit of `mask` to `out`, in order; returns how many.
    ///
    /// # Safety
    /// `out` is writable for 64 values, and the machine has the set.
    unsafe fn places(mask: u64, base: u32, out: *mut u32) -> usize;

    /// The low `8 * bytes` bits of `word`; all of it from 8 bytes on.
    ///
    /// # Safety
    /// The machine has the set.
    unsafe fn low_bytes(word: u64, bytes: usize) -> u64;
}

/// Tokenises ASCII from `at` on; returns where it stopped: at the first byte that is not ASCII, or the end.
/// A token that reaches that place is left open in `out`.
pub(crate) fn ascii(kernel: Kernel, text: &[u8], at: usize, out: &mut TokenBuffer) -> usize {
    out.reserve(text.len() - at);
    // SAFETY: the set is one that `available` found, or portable; `reserve` made the room that the loop needs.
    unsafe {
        match kernel.0 {
            Set::Portable => ascii_loop::<portable::Portable>(text, at, out),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => avx2::ascii(text, at, out),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => avx512::ascii(text, at, out),
        }
    }
}

/// # Safety
/// `out` has room for `text.len() - at` bytes and the machine has the set.
#[inline(always)]
unsafe fn ascii_loop<L: Lanes>(text: &[u8], mut at: usize, out: &mut TokenBuffer) -> usize {
    let mut carry = u64::from(out.open());
    let (mut len, mut started, mut ended) = (out.folded_len, out.started, out.ended);
    let (folded, starts, ends) = (out.folded.as_mut_ptr(), out.starts.as_mut_ptr(), out.ends.as_mut_ptr());
    while at < text.len() {
        let left = text.len() - at;
        // SAFETY: a whole block is left to read, or the block is a copy; `to` has SLACK bytes beyond the text.
        let (word, other) = unsafe {
            let to = folded.add(len);
            if left >= BLOCK {
                L::classify(text.as_ptr().add(at), to)
            } else {
                let mut block = [0u8; BLOCK];
                block[..left].copy_from_slice(&text[at..]);
                L::classify(block.as_ptr(), to)
            }
        };
        let taken = if other == 0 { left.min(BLOCK) } else { other.trailing_zeros() as usize };
        if taken == 0 {
            break;
        }
        let within = u64::MAX >> (BLOCK - taken);
        let word = word & within;
        let before = word << 1 | carry;
        // SAFETY: starts and ends alternate, so at most 32 of each a block, and `reserve` left a whole block
        // of room beyond half the bytes, which covers the 64 values that `places` may write.
        unsafe {
            started += L::places(word & !before, len as u32, starts.add(started));
            ended += L::places(!word & before & within, len as u32, ends.add(ended));
        }
        carry = word >> (taken - 1) & 1;
        len += taken;
        at += taken;
        if other != 0 {
            break;
        }
    }
    (out.folded_len, out.started, out.ended) = (len, started, ended);
    at
}

/// The hash of every token, in order, into `out`.
pub(crate) fn token_hashes(kernel: Kernel, tokens: &TokenBuffer, out: &mut Vec<u64>) {
    let count = tokens.ended;
    grow(out, count);
    let out = &mut out[..count];
    let (starts, ends) = (&tokens.starts[..count], &tokens.ends[..count]);
    assert!(ends.last().is_none_or(|&end| end as usize + SLACK <= tokens.folded.len()));
    // SAFETY: the set is available; starts and ends ascend, so every token lies before the last end and at
    // least SLACK bytes follow it.
    unsafe {
        match kernel.0 {
            Set::Portable => hash_loop::<portable::Portable>(&tokens.folded, starts, ends, out),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => avx2::token_hashes(&tokens.folded, starts, ends, out),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => avx512::token_hashes(&tokens.folded, starts, ends, out),
        }
    }
}

/// # Safety
/// 16 bytes are readable at every start, every end is within `folded`, and the machine has the set.
#[inline(always)]
unsafe fn hash_loop<L: Lanes>(folded: &[u8], starts: &[u32], ends: &[u32], out: &mut [u64]) {
    for ((&start, &end), out) in starts.iter().zip(ends).zip(out) {
        let (start, len) = (start as usize, (end - start) as usize);
        // SAFETY: as the caller promises.
        *out = unsafe {
            if len <= 16 {
                let at = folded.as_ptr().add(start);
                let low = u64::from_le(at.cast::<u64>().read_unaligned());
                let high = u64::from_le(at.add(8).cast::<u64>().read_unaligned());
                xxh3_of_16(L::low_bytes(low, len), L::low_bytes(high, len.saturating_sub(8)))
            } else {
                xxh3_64(folded.get_unchecked(start..start + len))
            }
        };
    }
}

/// The hash of every run of `k` values of `hashes`, in order, into `out`.
pub(crate) fn shingle_hashes(kernel: Kernel, k: usize, hashes: &[u64], out: &mut Vec<u64>) {
    let count = (hashes.len() + 1).saturating_sub(k);
    grow(out, count);
    let out = &mut out[..count];
    // SAFETY: the set is available.
    unsafe {
        match kernel.0 {
            Set::Portable => shingle_loop(k, hashes, out),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => avx2::shingle_hashes(k, hashes, out),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => avx512::shingle_hashes(k, hashes, out),
        }
    }
}

#[inline(always)]
fn shingle_loop(k: usize, hashes: &[u64], out: &mut [u64]) {
    match k {
        5 => shingles_of::<5>(hashes, out),
        8 => shingles_of::<8>(hashes, out),
        _ => {
            for (window, out) in hashes.windows(k).zip(out) {
                *out = crate::hash::shingle_hash(window);
            }
        }
    }
}

#[inline(always)]
fn shingles_of<const K: usize>(hashes: &[u64], out: &mut [u64]) {
    let n = out.len();
    if n == 0 {
        return;
    }
    let places: [&[u64]; K] = std::array::from_fn(|i| &hashes[i..i + n]);
    for at in 0..n {
        let mut sum = 0u64;
        for i in 0..K {
            sum = sum.wrapping_add(places[i][at].wrapping_mul(MULTIPLIERS[i]));
        }
        out[at] = avalanche(sum);
    }
}

/// `to[i] = min(from[i], from[i + step])` as signed numbers, for every `i` that has both; `to` may be longer.
/// Signed, because AVX2 compares 64-bit numbers only so, and any total order does for a minimum of hashes.
pub(crate) fn window_minima(kernel: Kernel, from: &[i64], step: usize, to: &mut [i64]) {
    // SAFETY: the set is available.
    unsafe {
        match kernel.0 {
            Set::Portable => minima_loop(from, step, to),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => avx2::window_minima(from, step, to),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => avx512::window_minima(from, step, to),
        }
    }
}

#[inline(always)]
fn minima_loop(from: &[i64], step: usize, to: &mut [i64]) {
    let ahead = from.get(step..).unwrap_or_default();
    for ((to, &here), &ahead) in to.iter_mut().zip(from).zip(ahead) {
        *to = here.min(ahead);
    }
}

/// Asks for the cache line of `place` ahead of its use; a hint, which changes nothing but the speed.
#[inline(always)]
pub(crate) fn prefetch<T>(place: Option<&T>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(place) = place {
        // SAFETY: a prefetch reads nothing and does not fault, and the reference is valid besides.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(
                std::ptr::from_ref(place).cast(),
            )
        };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

/// Writes each value that differs from the one before it to `out`, the first one too; returns how many. `out` has
/// room for eight more than `values`.
pub(crate) fn changes(kernel: Kernel, values: &[i64], out: &mut [u64]) -> usize {
    assert!(out.len() >= values.len() + 8);
    // SAFETY: the set is available, and `out` has the room.
    unsafe {
        match kernel.0 {
            Set::Portable => changes_loop(values, 0, out, 0),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => avx2::changes(values, out),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => avx512::changes(values, out),
        }
    }
}

/// [`changes`] from place `from` on, where `count` were written before.
#[inline(always)]
fn changes_loop(values: &[i64], from: usize, out: &mut [u64], mut count: usize) -> usize {
    for i in from..values.len() {
        // No branch on the outcome, which is as good as random.
        out[count] = values[i] as u64;
        count += usize::from(i == 0 || values[i] != values[i - 1]);
    }
    count
}

/// Where the inside of a JSON string ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StringEnd {
    /// At its closing quote, and whether there were escapes before it.
    Quote(usize, bool),
    /// Nowhere.
    Missing,
    /// A backslash stands here that begins no escape that JSON knows.
    BadEscape(usize),
}

/// Finds the end of the JSON string whose inside begins at `at`.
pub(crate) fn string_end(kernel: Kernel, bytes: &[u8], at: usize) -> StringEnd {
    // SAFETY: the set is available.
    unsafe {
        match kernel.0 {
            Set::Portable => string_loop::<portable::Portable>(bytes, at),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => avx2::string_end(bytes, at),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => avx512::string_end(bytes, at),
        }
    }
}

/// # Safety
/// The machine has the set.
#[inline(always)]
unsafe fn string_loop<L: Lanes>(bytes: &[u8], mut at: usize) -> StringEnd {
    let mut escaped = false;
    // Bytes of the block that belong to an escape before it.
    let mut skip = 0;
    while at + BLOCK <= bytes.len() {
        // SAFETY: a whole block is left.
        let mut special = unsafe { L::either(bytes.as_ptr().add(at), b'"', b'\\') } & (u64::MAX << skip);
        skip = 0;
        while special != 0 {
            let place = special.trailing_zeros() as usize;
            if bytes[at + place] == b'"' {
                return StringEnd::Quote(at + place, escaped);
            }
            let Some(length) = escape_length(&bytes[at + place..]) else {
                return StringEnd::BadEscape(at + place);
            };
            escaped = true;
            match place + length {
                next if next < BLOCK => special &= u64::MAX << next,
                next => {
                    skip = next - BLOCK;
                    break;
                }
            }
        }
        at += BLOCK;
    }
    at += skip;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return StringEnd::Quote(at, escaped),
            b'\\' => match escape_length(&bytes[at..]) {
                Some(length) => {
                    escaped = true;
                    at += length;
                }
                None => return StringEnd::BadEscape(at),
            },
            _ => at += 1,
        }
    }
    StringEnd::Missing
}

/// How long the escape is that `bytes` begins with, by RFC 8259.
#[inline(always)]
fn escape_length(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => bytes.get(2..6)?.iter().all(u8::is_ascii_hexdigit).then_some(6),
        _ => None,
    }
}

/// Appends `bytes` from `at` on to `out`, up to the first `stop`; returns where that stands, or the end.
pub(crate) fn copy_until(kernel: Kernel, bytes: &[u8], at: usize, stop: u8, out: &mut Vec<u8>) -> usize {
    out.reserve(bytes.len() - at + BLOCK);
    // SAFETY: the set is available, and there is room for all bytes and a block.
    unsafe {
        match kernel.0 {
            Set::Portable => copy_loop::<portable::Portable>(bytes, at, stop, out),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => avx2::copy_until(bytes, at, stop, out),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => avx512::copy_until(bytes, at, stop, out),
        }
    }
}

/// # Safety
/// `out` has capacity for the bytes from `at` on and a block more, and the machine has the set.
#[inline(always)]
unsafe fn copy_loop<L: Lanes>(bytes: &[u8], mut at: usize, stop: u8, out: &mut Vec<u8>) -> usize {
    while at + BLOCK <= bytes.len() {
        // SAFETY: a whole block is left to read and, as the caller promises, to write; of what was written the
        // bytes before the first stop, or all, become part of `out`.
        unsafe {
            let found = L::copy(bytes.as_ptr().add(at), out.as_mut_ptr().add(out.len()), stop);
            let taken = found.trailing_zeros() as usize;
            out.set_len(out.len() + taken);
            at += taken;
            if found != 0 {
                return at;
            }
        }
    }
    let rest = &bytes[at..];
    let taken = rest.iter().position(|&byte| byte == stop).unwrap_or(rest.len());
    out.extend_from_slice(&rest[..taken]);
    at + taken
}

/// A set of 64-bit hashes other than zero, in lines of eight: one cache line each, compared whole.
///
/// The lines are a power of two, three to six values a line, so a search nearly always ends in the first.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
pub(crate) struct CacheLine([u64; 8]);

/// Makes `lines` the set of `values`, and writes those values in order of first occurrence to `distinct`, which may
/// stay longer. Zero marks a free place and is in neither; returns how many distinct values there are, and whether
/// zero was among them.
pub(crate) fn fill_lines(
    kernel: Kernel,
    values: &[u64],
    lines: &mut Vec<CacheLine>,
    distinct: &mut Vec<u64>,
) -> (usize, bool) {
    lines.clear();
    lines.resize(values.len().div_ceil(6).next_power_of_two(), CacheLine::default());
    if distinct.len() < values.len() {
        distinct.resize(values.len(), 0);
    }
    // SAFETY: the set is available.
    unsafe {
        match kernel.0 {
            Set::Portable => fill_loop(values, lines, distinct),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => avx2::fill_lines(values, lines, distinct),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => avx512::fill_lines(values, lines, distinct),
        }
    }
}

#[inline(always)]
fn fill_loop(values: &[u64], lines: &mut [CacheLine], distinct: &mut [u64]) -> (usize, bool) {
    let mask = lines.len() - 1;
    let (mut count, mut zero) = (0, false);
    for &value in values {
        let mut at = line_of(value) & mask;
        loop {
            let line = &mut lines[at];
            let (same, free) = (places(line, value), places(line, 0));
            if same != 0 || value == 0 {
                zero |= value == 0;
                break;
            }
            if free != 0 {
                line.0[free.trailing_zeros() as usize & 7] = value;
                distinct[count] = value;
                count += 1;
                break;
            }
            at = (at + 1) & mask;
        }
    }
    (count, zero)
}

/// Values of a list that a set holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub count: usize,
    /// Runs of them: between two runs stands a value that the set does not hold.
    pub runs: usize,
}

/// Those of `values` that the set holds.
pub(crate) fn count_in_lines(kernel: Kernel, values: &[u64], lines: &[CacheLine]) -> Found {
    if lines.is_empty() {
        return Found::default();
    }
    // SAFETY: the set is available.
    unsafe {
        match kernel.0 {
            Set::Portable => count_loop(values, lines),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => avx2::count_in_lines(values, lines),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => avx512::count_in_lines(values, lines),
        }
    }
}

#[inline(always)]
fn count_loop(values: &[u64], lines: &[CacheLine]) -> Found {
    let mask = lines.len() - 1;
    let (mut found, mut before) = (Found::default(), false);
    for &value in values {
        let mut at = line_of(value) & mask;
        let is_held = loop {
            let line = &lines[at];
            if places(line, value) != 0 {
                break value != 0;
            }
            // Places are taken in order, so a free one is last.
            if line.0[7] == 0 {
                break false;
            }
            at = (at + 1) & mask;
        };
        found.count += usize::from(is_held);
        found.runs += usize::from(is_held & !before);
        before = is_held;
    }
    found
}

/// Shingle hashes are uniform in all bits; these are not the ones that winnowing orders by.
#[inline(always)]
fn line_of(value: u64) -> usize {
    (value >> 8) as usize
}

/// The places of `value` in a line, as bits.
#[inline(always)]
fn places(line: &CacheLine, value: u64) -> u8 {
    let mut places = 0;
    for i in 0..8 {
        places |= u8::from(line.0[i] == value) << i;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(kernel: Kernel, text: &[u8]) -> (Vec<u8>, Vec<u32>, Vec<u32>, usize) {
        let mut out = TokenBuffer::default();
        let stopped = ascii(kernel, text, 0, &mut out);
        let (starts, ends) = (out.starts[..out.started].to_vec(), out.ends[..out.ended].to_vec());
        (out.folded[..out.folded_len].to_vec(), starts, ends, stopped)
    }

    /// The definition, byte by byte.
    fn slow_string_end(bytes: &[u8]) -> StringEnd {
        let (mut at, mut escaped) = (0, false);
        while at < bytes.len() {
            match (bytes[at], escape_length(&bytes[at..])) {
                (b'"', _) => return StringEnd::Quote(at, escaped),
                (b'\\', None) => return StringEnd::BadEscape(at),
                (b'\\', Some(length)) => (at, escaped) = (at + length, true),
                _ => at += 1,
            }
        }
        StringEnd::Missing
    }

    proptest! {
        #[test]
        fn every_set_finds_the_same_tokens(text in proptest::collection::vec(
            prop_oneof![8 => 32u8..127, 1 => 0u8..128, 3 => b'a'..=b'z', 2 => Just(b' '), 1 => 250u8..=255], 0..400)) {
            let truth = tokens(Kernel::PORTABLE, &text);
            for kernel in Kernel::available() {
                prop_assert_eq!(&tokens(kernel, &text), &truth, "{}", kernel.name());
            }
        }

        #[test]
        fn every_set_hashes_the_same(words in proptest::collection::vec("[a-z0-9]{1,40}", 0..60), k in 1usize..10) {
            let text = words.join(" ");
            for kernel in Kernel::available() {
                let mut buffer = TokenBuffer::default();
                ascii(kernel, text.as_bytes(), 0, &mut buffer);
                buffer.close();
                let (mut hashes, mut shingles) = (Vec::new(), Vec::new());
                token_hashes(kernel, &buffer, &mut hashes);
                let hashes = &hashes[..words.len()];
                let plain: Vec<u64> = words.iter().map(|w| crate::hash::token_hash(w.as_bytes())).collect();
                prop_assert_eq!(hashes, &plain, "{}", kernel.name());
                shingle_hashes(kernel, k, hashes, &mut shingles);
                let truth: Vec<u64> = plain.windows(k).map(crate::hash::shingle_hash).collect();
                prop_assert_eq!(&shingles[..truth.len()], &truth, "{}", kernel.name());
            }
        }

        #[test]
        fn every_set_copies_up_to_a_byte(bytes in proptest::collection::vec(0u8..60, 0..300), at in 0usize..20) {
            let at = at.min(bytes.len());
            let end = bytes[at..].iter().position(|&b| b == 3).map_or(bytes.len(), |i| at + i);
            for kernel in Kernel::available() {
                let mut out = vec![1, 2];
                prop_assert_eq!(copy_until(kernel, &bytes, at, 3, &mut out), end, "{}", kernel.name());
                prop_assert_eq!(&out[2..], &bytes[at..end]);
            }
        }

        #[test]
        fn every_set_finds_the_end_of_a_string(
            parts in proptest::collection::vec(prop_oneof![
                6 => "[a-z]{0,40}".prop_map(String::from), 2 => Just("\\\\".to_owned()), 2 => Just("\\\"".to_owned()),
                1 => Just("\\u00e9".to_owned()), 1 => Just("\\u00g".to_owned()), 1 => Just("\\x".to_owned()),
                1 => Just("\"".to_owned()),
            ], 0..40),
        ) {
            let bytes = parts.concat().into_bytes();
            let truth = slow_string_end(&bytes);
            for kernel in Kernel::available() {
                prop_assert_eq!(string_end(kernel, &bytes, 0), truth, "{}", kernel.name());
            }
        }

        #[test]
        fn every_set_finds_changes(values in proptest::collection::vec(0i64..3, 0..100)) {
            let mut truth: Vec<u64> = values.iter().map(|&v| v as u64).collect();
            truth.dedup();
            for kernel in Kernel::available() {
                let mut out = vec![9; values.len() + 8];
                let count = changes(kernel, &values, &mut out);
                prop_assert_eq!(&out[..count], &truth[..], "{}", kernel.name());
            }
        }

        #[test]
        fn every_set_folds_minima(values in proptest::collection::vec(any::<i64>(), 0..200), step in 1usize..20) {
            let truth: Vec<i64> =
                (step..values.len()).map(|i| values[i - step].min(values[i])).collect();
            for kernel in Kernel::available() {
                let mut minima = vec![0; truth.len()];
                window_minima(kernel, &values, step, &mut minima);
                prop_assert_eq!(&minima, &truth, "{}", kernel.name());
            }
        }
    }
}
