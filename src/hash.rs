//! The hash: one specified function, the same bits on every platform. Nothing else hashes content.
//!
//! - Token hash: `xxh3_64` (seed 0) of the token's normalised UTF-8, zero-padded to 16 bytes where it is
//!   shorter, as it is where longer. The padding makes nearly every token take one branch-free path.
//! - Shingle hash: `avalanche(sum of MULTIPLIERS[i] * token_hash[i] mod 2^64)` over the shingle's tokens.
//! - Avalanche: the finaliser of xxh3 (Yann Collet, xxHash, BSD-2), a bijection of 64 bits.
//!
//! All 64 bits count everywhere a hash is compared or stored as a verdict; `corpus/golden` holds vectors.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::xxh3_64;

/// The longest shingle that a [`Recipe`](crate::recipe::Recipe) may ask for.
pub const MAX_SHINGLE: usize = 16;

/// The multiplier of each place in a shingle. The first five are fixed by the project's contracts; the
/// further ones are successive outputs of splitmix64 from state 0, made odd.
pub const MULTIPLIERS: [u64; MAX_SHINGLE] = multipliers();

const fn multipliers() -> [u64; MAX_SHINGLE] {
    let mut all = [0; MAX_SHINGLE];
    all[0] = 0x9E37_79B9_7F4A_7C15;
    all[1] = 0xBF58_476D_1CE4_E5B9;
    all[2] = 0x94D0_49BB_1331_11EB;
    all[3] = 0xD6E8_FEB8_6659_FD93;
    all[4] = 0xC2B2_AE3D_27D4_EB4F;
    let mut state = 0u64;
    let mut i = 5;
    while i < MAX_SHINGLE {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        all[i] = (z ^ (z >> 31)) | 1;
        i += 1;
    }
    all
}

/// The finaliser of xxh3.
#[inline(always)]
pub const fn avalanche(mut x: u64) -> u64 {
    x ^= x >> 37;
    x = x.wrapping_mul(0x1656_6791_9E37_79F9);
    x ^ (x >> 32)
}

/// The hash of one token, given as its normalised UTF-8.
pub fn token_hash(token: &[u8]) -> u64 {
    if token.len() >= 16 {
        return xxh3_64(token);
    }
    let mut padded = [0; 16];
    padded[..token.len()].copy_from_slice(token);
    xxh3_64(&padded)
}

/// The hash of one shingle, given as the hashes of its 1 to [`MAX_SHINGLE`] tokens.
pub fn shingle_hash(tokens: &[u64]) -> u64 {
    let sum = tokens.iter().zip(MULTIPLIERS).fold(0u64, |sum, (h, m)| sum.wrapping_add(h.wrapping_mul(m)));
    avalanche(sum)
}

/// `xxh3_64` of the 16 bytes `low`, `high` (little-endian), seed 0: [`token_hash`] of a padded token.
///
/// This is `XXH3_len_9to16_64b` at length 16; the two flips are words of xxh3's default secret.
#[inline(always)]
pub(crate) const fn xxh3_of_16(low: u64, high: u64) -> u64 {
    let low = low ^ 0x1F67_B3B7_A4A4_4072 ^ 0x78E5_C0CC_4EE6_79CB;
    let high = high ^ 0x2172_FFCC_7DD0_5A82 ^ 0x8E24_43F7_7446_08B8;
    let product = (low as u128) * (high as u128);
    let folded = (product as u64) ^ ((product >> 64) as u64);
    avalanche(16u64.wrapping_add(low.swap_bytes()).wrapping_add(high).wrapping_add(folded))
}

/// A hasher that hands on the hash it is given, for maps by what is one already.
#[derive(Debug, Default, Clone)]
pub struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// A map by hash.
pub type ByHash<T> = HashMap<u64, T, BuildHasherDefault<Same>>;

/// A set of hashes.
pub type Hashes = HashSet<u64, BuildHasherDefault<Same>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_path_is_xxh3() {
        let mut state = 1u64;
        for _ in 0..1000 {
            state = avalanche(state.wrapping_add(MULTIPLIERS[0]));
            let (low, high) = (state, avalanche(state));
            let bytes = ((high as u128) << 64 | low as u128).to_le_bytes();
            assert_eq!(xxh3_of_16(low, high), xxh3_64(&bytes));
        }
    }

    #[test]
    fn tokens_that_differ_late_have_unrelated_hashes() {
        let base = token_hash(b"telecommunicatio");
        for last in b'a'..=b'z' {
            let mut token = *b"telecommunicatio";
            token[15] = last;
            let differing = (token_hash(&token) ^ base).count_ones();
            assert!(token == *b"telecommunicatio" || (12..=52).contains(&differing), "{differing} bits");
        }
    }

    #[test]
    fn padding_never_joins_two_tokens() {
        // A token holds no NUL (it is no letter, mark or number), so padding is reversible.
        assert_ne!(token_hash(b"a"), token_hash(b"aa"));
        assert_ne!(token_hash(&[b'x'; 15]), token_hash(&[b'x'; 16]));
        assert_eq!(token_hash(&[b'x'; 17]), xxh3_64(&[b'x'; 17]));
    }
}
