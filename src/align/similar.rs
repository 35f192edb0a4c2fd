//! How alike two short strings are: one minus their edit distance over the longer length.
//!
//! Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals", 1966, by the bit-parallel
//! method of Myers, "A fast bit-vector algorithm for approximate string matching", J. ACM 46, 1999, in the form that
//! Hyyrö gave it (2003).

/// The longest string compared, in characters: a machine word has as many bits. Longer ones are alike if equal only.
pub const LONGEST: usize = 64;

/// Whether the similarity of two strings of UTF-8 is at least `least` (0 to 1). Characters are compared: the bytes of one
/// script begin alike, and any two words of Devanagari would be two thirds the same.
pub fn similar(a: &[u8], b: &[u8], least: f64) -> bool {
    if a == b {
        return true;
    }
    if a.is_ascii() && b.is_ascii() {
        return within(a, b, least);
    }
    let mut memory = [['\0'; LONGEST]; 2];
    let [x, y] = &mut memory;
    match (characters(a, x), characters(b, y)) {
        (Some(a), Some(b)) => within(a, b, least),
        _ => false,
    }
}

/// The characters of a string; none where they are too many.
fn characters<'a>(text: &[u8], memory: &'a mut [char; LONGEST]) -> Option<&'a [char]> {
    let mut count = 0;
    for character in std::str::from_utf8(text).ok()?.chars() {
        *memory.get_mut(count)? = character;
        count += 1;
    }
    memory.get(..count)
}

fn within<T: Copy + PartialEq>(a: &[T], b: &[T], least: f64) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let allowed = ((1.0 - least) * long.len() as f64 + 1e-9) as usize;
    if long.len() > LONGEST || long.len() - short.len() > allowed || short.is_empty() {
        return false;
    }
    distance(short, long) <= allowed
}

/// Edit distance of `pattern` (1 to [`LONGEST`] characters) and `text`.
fn distance<T: Copy + PartialEq>(pattern: &[T], text: &[T]) -> usize {
    let last = 1u64 << (pattern.len() - 1);
    let (mut plus, mut minus) = (u64::MAX, 0u64);
    let mut distance = pattern.len();
    for &c in text {
        let equal = pattern.iter().rev().fold(0u64, |bits, &p| bits << 1 | u64::from(p == c));
        let vertical = equal | minus;
        let diagonal = (((equal & plus).wrapping_add(plus)) ^ plus) | equal;
        let mut up = minus | !(diagonal | plus);
        let mut down = plus & diagonal;
        distance += usize::from(up & last != 0);
        distance -= usize::from(down & last != 0);
        up = up << 1 | 1;
        down <<= 1;
        plus = down | !(vertical | up);
        minus = up & vertical;
    }
    distance
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(a: &[u8], b: &[u8]) -> usize {
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, x) in a.iter().enumerate() {
            let mut corner = std::mem::replace(&mut row[0], i + 1);
            for (j, y) in b.iter().enumerate() {
                let best = (corner + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
                corner = std::mem::replace(&mut row[j + 1], best);
            }
        }
        row[b.len()]
    }

    proptest! {
        #[test]
        fn is_the_plain_distance(a in "[abc]{1,64}", b in "[abc]{1,64}") {
            prop_assert_eq!(distance(a.as_bytes(), b.as_bytes()), plain(a.as_bytes(), b.as_bytes()));
        }
    }

    #[test]
    fn alike() {
        assert!(similar(b"analyse", b"analyze", 0.6));
        assert!(similar(b"johnson", b"johnston", 0.6));
        assert!(!similar(b"rose", b"fell", 0.6));
        assert!(!similar(b"", b"fell", 0.6));
        let of = |a: &str, b: &str| similar(a.as_bytes(), b.as_bytes(), 0.6);
        assert!(of("\u{43f}\u{440}\u{438}\u{43d}\u{446}", "\u{43f}\u{440}\u{438}\u{43d}\u{446}\u{430}"));
        // Other words, though most of their bytes are the same: rama and gita, two trees.
        assert!(!of("\u{930}\u{93e}\u{92e}", "\u{917}\u{940}\u{924}"));
        assert!(!of("\u{6797}", "\u{67cf}"));
        assert!(!of(&"\u{930}".repeat(65), &"\u{930}".repeat(66)));
    }
}
