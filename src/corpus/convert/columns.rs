//! What Parquet and Arrow have in common: columns that are looked up by the names of fields, numbers in two's complement, and
//! rows that may be many out of few bytes.

use super::{Step, Stop};
use crate::corpus::inflate::{MAX_RATIO, RATIO_FROM};
use crate::corpus::record::FieldNames;

/// The fields of a document, as columns are looked up for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Text,
    Id,
    Title,
    Url,
    CanonicalUrl,
    Date,
    Source,
}

/// Of the fields beside the text, in their order, which are among these.
pub(super) fn present(fields: impl Iterator<Item = Field> + Clone) -> [bool; 6] {
    let all = [Field::Id, Field::Title, Field::Url, Field::CanonicalUrl, Field::Date, Field::Source];
    all.map(|wanted| fields.clone().any(|field| field == wanted))
}

/// The fields with their names, the text first.
pub(super) fn wanted(names: &FieldNames) -> [(Field, &str); 7] {
    [
        (Field::Text, &names.text),
        (Field::Id, &names.id),
        (Field::Title, &names.title),
        (Field::Url, &names.url),
        (Field::CanonicalUrl, &names.canonical_url),
        (Field::Date, &names.date),
        (Field::Source, &names.source),
    ]
}

/// Columns that a message lists.
pub(super) const NAMED: usize = 20;

/// What a row costs beside its text, in bytes: an entry among documents, or a problem. So does a value of a list.
const ROW: u64 = 64;

/// What came out of a file so far, against its bytes: a dictionary of one value gives it to any number of rows.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub bytes: u64,
    /// The bytes of the file, or those of a stream that were read.
    pub of: u64,
}

impl Given {
    pub fn is_too_much(&self) -> bool {
        self.bytes > RATIO_FROM && self.bytes / self.of.max(1) > MAX_RATIO
    }

    /// Takes so many bytes in so many pieces.
    pub fn add(&mut self, bytes: usize, pieces: usize) -> Step {
        self.bytes =
            self.bytes.saturating_add((bytes as u64).saturating_add(ROW.saturating_mul(pieces as u64)));
        if self.is_too_much() {
            Err(Stop::Input(format!("{} bytes out of {}: a decompression bomb", self.bytes, self.of)))
        } else {
            Ok(())
        }
    }
}

/// The number of a row, as far as rows are counted.
pub(super) fn record(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Bytes of a decimal number, at most: those of 76 digits, of which no writer makes more.
const DECIMAL: usize = 32;

/// Digits behind a point that are written out.
const DIGITS: i32 = 76;

/// A number of two's complement, its highest byte first, with so many digits behind its point; none where no writer writes it.
pub(super) fn decimal(bytes: &[u8], scale: i32) -> Option<String> {
    let is_negative = bytes.first()? & 0x80 != 0;
    let sign = if is_negative { 0xFF } else { 0 };
    let start = bytes.iter().position(|&byte| byte != sign).unwrap_or(bytes.len());
    let mut magnitude: Vec<u8> = Some(&bytes[start..]).filter(|bytes| bytes.len() <= DECIMAL)?.to_vec();
    if is_negative {
        // Without its sign a number is its bits turned around, and one more.
        let mut carries = true;
        for byte in magnitude.iter_mut().rev() {
            (*byte, carries) = (!*byte).overflowing_add(u8::from(carries));
        }
        if carries {
            magnitude.insert(0, 1);
        }
    }
    let mut digits = String::new();
    while magnitude.iter().any(|&byte| byte != 0) {
        let rest = magnitude.iter_mut().fold(0u32, |rest, byte| {
            let value = rest << 8 | u32::from(*byte);
            *byte = (value / 10) as u8;
            value % 10
        });
        digits.insert(0, char::from_digit(rest, 10)?);
    }
    let sign = if is_negative { "-" } else { "" };
    match usize::try_from(scale) {
        Ok(0) => Some(format!("{sign}{digits:0>1}")),
        Ok(scale) if scale <= DIGITS as usize => {
            let digits = format!("{digits:0>width$}", width = scale + 1);
            let (whole, behind) = digits.split_at(digits.len() - scale);
            Some(format!("{sign}{whole}.{behind}"))
        }
        _ => Some(format!("{sign}{digits:0>1}e{}", -i64::from(scale))),
    }
}

/// A UUID as RFC 9562 has it.
pub(super) fn uuid(bytes: &[u8]) -> Option<String> {
    let value = u128::from_be_bytes(bytes.try_into().ok()?);
    let part = |from: u32, digits: u32| (value >> (4 * from)) & ((1 << (4 * digits)) - 1);
    let parts = [part(24, 8), part(20, 4), part(16, 4), part(12, 4), part(0, 12)];
    let [a, b, c, d, e] = parts;
    Some(format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals() {
        let of = |value: i128, scale: i32| decimal(&value.to_be_bytes(), scale).expect("a number");
        for value in [
            0,
            1,
            -1,
            7,
            255,
            256,
            -255,
            -256,
            -257,
            1 << 64,
            -(1 << 64),
            i128::MAX,
            i128::MIN,
            i128::MIN + 1,
        ] {
            assert_eq!(of(value, 0), value.to_string());
        }
        assert_eq!(
            [1250, -325, 5, -5, 0].map(|value| of(value, 2)),
            ["12.50", "-3.25", "0.05", "-0.05", "0.00"]
        );
        assert_eq!(decimal(&[0xFF; 40], 0).as_deref(), Some("-1"));
        assert_eq!(decimal(&[0; 40], 3).as_deref(), Some("0.000"));
        let largest = [&[0x7F][..], &[0xFF; 31]].concat();
        assert!(
            decimal(&largest, 0)
                .is_some_and(|digits| digits.len() == 77 && digits.starts_with("57896044618658097711"))
        );
        assert_eq!([&[][..], &[1; 33]].map(|bytes| decimal(bytes, 0)), [None, None]);
        assert_eq!(of(5, i32::MAX), "5e-2147483647");
        assert_eq!(of(5, -2), "5e2");
    }

    #[test]
    fn uuids() {
        let bytes: Vec<u8> = (0..16).map(|n| n * 17).collect();
        assert_eq!(uuid(&bytes).as_deref(), Some("00112233-4455-6677-8899-aabbccddeeff"));
        assert_eq!(uuid(&bytes[1..]), None);
    }
}
