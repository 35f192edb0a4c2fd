//! Sets and maps by what is a hash already.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A hasher that hands on the hash it is given.
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
