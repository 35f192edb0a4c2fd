//! The bytes of the lines that begin in a piece, and no others: so that a line that fills a thousand pieces is gone through
//! once, and not by each of them.

use std::ops::Range;

use super::store::InputBytes;
use crate::error::Result;

/// Bytes that are read at once of a line that goes on behind its piece; each time twice as many.
const STEP: u64 = 64 << 10;

/// Bytes of an input from a byte of its own on.
pub(super) struct Stretch<'a> {
    pub bytes: &'a [u8],
    /// Where in the input it begins: one byte before the piece, which tells whether a line begins with it.
    pub base: u64,
}

/// The stretch of lines that begin in `piece`, to the end of the last of them; where that has more than `most` bytes, only
/// so many and some more. Linear in the piece and in that line.
pub(super) fn stretch<'a>(
    store: &'a InputBytes,
    piece: &Range<u64>,
    most: u64,
    scratch: &'a mut Vec<u8>,
) -> Result<Stretch<'a>> {
    let base = piece.start.saturating_sub(1);
    let own = (piece.end - base) as usize;
    if let Some(all) = store.in_memory() {
        let bytes = &all[base as usize..];
        let end = match last_line(&bytes[..own], piece.start > 0) {
            Some(_) => memchr::memchr(b'\n', &bytes[own..]).map_or(bytes.len(), |end| own + end + 1),
            None => own,
        };
        return Ok(Stretch { bytes: &bytes[..end], base });
    }
    store.fill(base..piece.end, scratch, 0)?;
    let mut filled = own;
    if let Some(start) = last_line(&scratch[..own], piece.start > 0) {
        let (len, mut step) = (store.len(), STEP);
        while base + (filled as u64) < len && (filled - start) as u64 <= most {
            let from = base + filled as u64;
            let to = len.min(from + step);
            store.fill(from..to, scratch, filled)?;
            let more = filled..filled + (to - from) as usize;
            filled = more.end;
            if let Some(end) = memchr::memchr(b'\n', &scratch[more.clone()]) {
                filled = more.start + end + 1;
                break;
            }
            step *= 2;
        }
    }
    Ok(Stretch { bytes: &scratch[..filled], base })
}

/// Where the last line of a piece begins, if it goes on behind it. `before` says whether the first byte is of the line before
/// the piece.
fn last_line(bytes: &[u8], before: bool) -> Option<usize> {
    let (&last, rest) = bytes.split_last()?;
    if last == b'\n' {
        return None;
    }
    match memchr::memrchr(b'\n', rest) {
        Some(end) => Some(end + 1),
        None => (!before).then_some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// Every line is in the stretch of the piece that it begins in, whole, and nothing else is.
    #[test]
    fn every_line_is_in_one_stretch() {
        let long = "x".repeat(300);
        for text in ["", "\n", "a\nbc\n\n\nd", "one\ntwo\n", &format!("a\n{long}\nb\n{long}"), &long] {
            let mut file = tempfile::NamedTempFile::new().expect("a file");
            file.write_all(text.as_bytes()).expect("written");
            for store in
                [InputBytes::of_file(file.path()).expect("a store"), InputBytes::Held(text.as_bytes().into())]
            {
                for step in 1..20 {
                    let mut lines = Vec::new();
                    let mut start = 0;
                    while start < text.len() as u64 {
                        let piece = start..(start + step).min(text.len() as u64);
                        let mut scratch = Vec::new();
                        let Stretch { bytes, base } =
                            stretch(&store, &piece, 1000, &mut scratch).expect("read");
                        let skipped = match start {
                            0 => 0,
                            _ => memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1),
                        };
                        assert!(base + skipped as u64 >= start || skipped == bytes.len());
                        lines.extend_from_slice(&bytes[skipped..]);
                        start = piece.end;
                    }
                    assert_eq!(lines, text.as_bytes(), "in pieces of {step}");
                }
            }
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_not_held() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&[b'x'; 1 << 20]).expect("written");
        let store = InputBytes::of_file(file.path()).expect("a store");
        let mut scratch = Vec::new();
        let first = stretch(&store, &(0..1000), 2000, &mut scratch).expect("read").bytes.len();
        assert!((2001..200_000).contains(&first), "{first}");
        let second = stretch(&store, &(1000..2000), 2000, &mut scratch).expect("read").bytes.len();
        assert_eq!(second, 1001, "no line begins in it");
    }
}
