//! Grams: nine characters in a row, which noisy copies of one text still share where they share hardly a shingle.
//!
//! As passim does (Smith, Cordell and Mullen, "Computational methods for uncovering reprinted texts in antebellum
//! newspapers", American Literary History 27, 2015), at a part of their number.

use crate::hash::{MULTIPLIERS, avalanche};

/// Characters of a gram: at one misread letter in twelve half of them survive.
const GRAM: usize = 9;

/// One gram in `rate` of `characters` (a power of two, at most 256), chosen by its own characters, in order. Repeats stay.
/// Characters are those of all tokens, one after another.
pub fn grams(characters: &[u8], rate: u64) -> impl Iterator<Item = u64> + '_ {
    characters.windows(GRAM).filter_map(move |window| {
        let (eight, ninth) = window.split_first_chunk::<8>()?;
        let number = u64::from_le_bytes(*eight) ^ u64::from(ninth[0]).rotate_right(8).wrapping_mul(3);
        let mixed = number.wrapping_mul(MULTIPLIERS[0]);
        (mixed >> 56).is_multiple_of(rate).then(|| avalanche(mixed ^ u64::from(ninth[0])))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarser_rate_chooses_some_of_a_finer_one() {
        let text: Vec<u8> = (0..4000u32).map(|i| b'a' + (avalanche(u64::from(i)) % 26) as u8).collect();
        let of = |rate| grams(&text, rate).collect::<Vec<u64>>();
        assert_eq!(of(1).len(), text.len() + 1 - GRAM);
        assert!(of(16).iter().all(|gram| of(4).contains(gram)));
        assert!((200..300).contains(&of(16).len()), "{}", of(16).len());
        assert!(grams(b"short", 1).next().is_none());
    }
}
