//! A model as a file: kept by one run and given to another.
//!
//! Little-endian: `wirecopy`, `MODL`, version `u32`; then five lists, each its length `u64` and numbers `u64`: keys of
//! chrome, sites of chrome, tokens of the vocabulary (hash, documents, capital and small: four numbers each), the table
//! of tokens seen, slots; then documents counted `u64`, 1 where many texts are noisy `u64`, and `xxh3_64` of all before.

use xxhash_rust::xxh3::xxh3_64;

use super::Model;
use super::chrome::Chrome;
use super::facts::{Count, Vocabulary};
use super::noise::Seen;
use crate::error::{Error, ErrorKind, Result};

const MAGIC: &[u8; 12] = b"wirecopyMODL";

/// The version of the format. It rises whenever a model means something else.
const VERSION: u32 = 1;

impl Model {
    /// The model as a file: the same bytes for the same model.
    pub fn write(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&VERSION.to_le_bytes());
        let (keys, sites) = self.chrome.sorted();
        let counts = self.vocabulary.sorted();
        let tokens: Vec<u64> = counts
            .iter()
            .flat_map(|(hash, c)| [*hash, c.documents.into(), c.capital.into(), c.small.into()])
            .collect();
        let mut slots: Vec<u64> = self.slots.iter().copied().collect();
        slots.sort_unstable();
        for list in [&keys, &sites, &tokens, self.seen.words(), &slots] {
            out.extend_from_slice(&(list.len() as u64).to_le_bytes());
            list.iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
        }
        for number in [u64::from(self.vocabulary.documents), u64::from(self.noisy)] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        let sum = xxh3_64(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }

    /// The model of a file.
    ///
    /// # Errors
    /// [`ErrorKind::Version`], or [`ErrorKind::Corrupt`] where it is none or not what was written.
    pub fn read(bytes: &[u8]) -> Result<Model> {
        let no_model = || Error::new(ErrorKind::Corrupt).because("no model, or not what was written");
        let (body, sum) = bytes.split_at_checked(bytes.len().saturating_sub(8)).ok_or_else(no_model)?;
        let rest = body.strip_prefix(MAGIC).ok_or_else(no_model)?;
        let (version, mut rest) = rest.split_first_chunk::<4>().ok_or_else(no_model)?;
        let version = u32::from_le_bytes(*version);
        if version != VERSION {
            let versions = format!("model version {version}, and this program reads {VERSION}");
            return Err(Error::new(ErrorKind::Version).because(versions));
        }
        if xxh3_64(body).to_le_bytes() != sum {
            return Err(no_model());
        }
        let model = decode(&mut rest).filter(|_| rest.is_empty());
        model.ok_or_else(no_model)
    }
}

fn decode(rest: &mut &[u8]) -> Option<Model> {
    let (keys, sites, tokens) = (list(rest)?, list(rest)?, list(rest)?);
    let (seen, slots) = (Seen::of(list(rest)?)?, list(rest)?);
    let small = |number: u64| u32::try_from(number).ok();
    let counts: Option<Vec<(u64, Count)>> = tokens
        .chunks(4)
        .map(|c| match *c {
            [hash, documents, capital, other] => {
                let count =
                    Count { documents: small(documents)?, capital: small(capital)?, small: small(other)? };
                Some((hash, count))
            }
            _ => None,
        })
        .collect();
    let vocabulary = Vocabulary::of(small(number(rest)?)?, counts?);
    let noisy = match number(rest)? {
        0 => false,
        1 => true,
        _ => return None,
    };
    let slots = slots.into_iter().collect();
    Some(Model { chrome: Chrome::of(keys, sites), vocabulary, seen, noisy, slots })
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let (number, after) = rest.split_first_chunk::<8>()?;
    *rest = after;
    Some(u64::from_le_bytes(*number))
}

fn list(rest: &mut &[u8]) -> Option<Vec<u64>> {
    let bytes = usize::try_from(number(rest)?).ok()?.checked_mul(8)?;
    let (mut list, after) = rest.split_at_checked(bytes)?;
    *rest = after;
    std::iter::from_fn(|| (!list.is_empty()).then(|| number(&mut list))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_comes_back_and_no_bit_flips_unseen() {
        let mut model = Model { noisy: true, ..Model::default() };
        model.chrome.insert(7, 8);
        model.slots.insert(9);
        model.vocabulary = Vocabulary::of(3, vec![(5, Count { documents: 1, capital: 2, small: 3 })]);
        let bytes = model.write();
        let back = Model::read(&bytes).expect("a model");
        assert_eq!(back.write(), bytes);
        assert!(back.chrome.contains(7, 8) && back.noisy && back.vocabulary.count(5).capital == 2);
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 4;
            assert!(Model::read(&flipped).is_err(), "byte {at}");
            assert!(Model::read(&bytes[..at]).is_err());
        }
    }
}
