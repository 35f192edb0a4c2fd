//! Sizes and times as people write them.
//!
//! ```
//! use wirecopy::amounts::{duration, size};
//! assert_eq!((duration("2h"), size("64M")), (Ok(7_200_000), Ok(64 << 20)));
//! ```

/// A time in milliseconds, from a number with s, m, h, d or w behind it.
///
/// # Errors
/// What was wanted, in words.
pub fn duration(text: &str) -> Result<u64, String> {
    let unit = match text.char_indices().last() {
        Some((at, 's')) => (at, 1000),
        Some((at, 'm')) => (at, 60_000),
        Some((at, 'h')) => (at, 3_600_000),
        Some((at, 'd')) => (at, 86_400_000),
        Some((at, 'w')) => (at, 604_800_000),
        _ => return Err(WANTED.to_owned()),
    };
    let number: u64 = text[..unit.0].parse().map_err(|_| WANTED.to_owned())?;
    number.checked_mul(unit.1).filter(|time| *time > 0).ok_or_else(|| "too large, or nothing".to_owned())
}

const WANTED: &str = "a number with s, m, h, d or w behind it";

/// A number of bytes, with K, M or G for powers of 1024, as ripgrep has it.
///
/// # Errors
/// What was wanted, in words.
pub fn size(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 10),
        Some((at, 'm' | 'M')) => (&text[..at], 20),
        Some((at, 'g' | 'G')) => (&text[..at], 30),
        _ => (text, 0),
    };
    let number: u64 = digits.parse().map_err(|_| "a number, with K, M or G behind it".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "too large".to_owned())
}
