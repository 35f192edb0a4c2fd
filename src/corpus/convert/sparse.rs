//! Sparse files in a tar in the POSIX format: what GNU tar writes about them in extended headers, in three versions.
//!
//! The library reads those of the GNU format, and gives of these what is stored: a map of the pieces, or the pieces without
//! their holes, under a name that was made up.

use std::io::{self, Read};

/// What the extended headers of an entry say of its holes.
#[derive(Debug, Default)]
pub(super) struct Sparse {
    /// The name that the file had.
    pub name: Option<Vec<u8>>,
    /// Its bytes, holes among them.
    pub size: u64,
    /// Where each stored piece stands, and its bytes; none where the data begins with that.
    map: Option<Vec<Piece>>,
}

type Piece = (u64, u64);

/// Pieces of a file, at most.
const PIECES: u64 = 1 << 16;

/// Bytes of a block: the map at the beginning of the data fills whole ones.
const BLOCK: usize = 512;

const PREFIX: &[u8] = b"GNU.sparse.";

impl Sparse {
    /// What an entry's headers say; none where it is not sparse.
    ///
    /// # Errors
    /// Headers that say nothing that makes sense.
    pub fn of<R: Read>(entry: &mut tar::Entry<'_, R>) -> io::Result<Option<Sparse>> {
        let Some(extensions) = entry.pax_extensions()? else { return Ok(None) };
        let (mut sparse, mut is_sparse, mut in_data) = (Sparse::default(), false, false);
        let (mut size, mut map) = (None, Vec::new());
        for extension in extensions {
            let extension = extension?;
            let Some(what) = extension.key_bytes().strip_prefix(PREFIX) else { continue };
            is_sparse = true;
            let value = extension.value_bytes();
            match what {
                b"name" => sparse.name = Some(value.to_vec()),
                b"size" | b"realsize" => size = Some(number(value)?),
                b"major" => in_data = number(value)? == 1,
                b"map" => map = value.split(|&b| b == b',').map(number).collect::<io::Result<_>>()?,
                // Each piece has two headers of its own, in the oldest version.
                b"offset" | b"numbytes" => map.push(number(value)?),
                _ => {}
            }
        }
        if !is_sparse {
            return Ok(None);
        }
        sparse.size = size.ok_or_else(|| broken("its size is not there"))?;
        if !in_data {
            sparse.map = Some(pieces(&map, sparse.size)?);
        }
        Ok(Some(sparse))
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn number(digits: &[u8]) -> io::Result<u64> {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    text.and_then(|text| text.parse().ok()).ok_or_else(|| broken("a number of its map is none"))
}

/// Pieces out of places and lengths, one after another and within the file.
fn pieces(numbers: &[u64], size: u64) -> io::Result<Vec<Piece>> {
    let (pairs, rest) = numbers.as_chunks::<2>();
    if !rest.is_empty() || pairs.len() as u64 > PIECES {
        return Err(broken("its map is not one of pairs, or too long"));
    }
    let mut end = 0;
    for &[start, length] in pairs {
        let next = start.checked_add(length).filter(|&next| start >= end && next <= size);
        end = next.ok_or_else(|| broken("the pieces of its map do not follow one another"))?;
    }
    Ok(pairs.iter().map(|&[start, length]| (start, length)).collect())
}

/// A sparse file with its holes, which are zeros.
#[derive(Debug)]
pub(super) struct Dense<R> {
    from: R,
    pieces: std::vec::IntoIter<Piece>,
    /// What is left of the piece that comes next.
    piece: Piece,
    at: u64,
    size: u64,
}

impl<R: Read> Dense<R> {
    /// The file that `from` stores.
    ///
    /// # Errors
    /// Those of reading its map.
    pub fn new(mut from: R, sparse: Sparse) -> io::Result<Dense<R>> {
        let size = sparse.size;
        let map = sparse.map.map_or_else(|| stored_map(&mut from, size), Ok)?;
        Ok(Dense { from, pieces: map.into_iter(), piece: (0, 0), at: 0, size })
    }
}

/// The map that stands before the data, a number a line.
fn stored_map(from: &mut impl Read, size: u64) -> io::Result<Vec<Piece>> {
    let (mut numbers, mut digits, mut wanted) = (Vec::new(), Vec::new(), None);
    let mut block = [0; BLOCK];
    while wanted.is_none_or(|wanted| (numbers.len() as u64) < wanted) {
        from.read_exact(&mut block)?;
        for &byte in &block {
            match byte {
                b'\n' => {
                    let number = number(&std::mem::take(&mut digits))?;
                    match wanted {
                        None if number > PIECES => return Err(broken("its map is too long")),
                        None => wanted = Some(2 * number),
                        Some(wanted) if (numbers.len() as u64) < wanted => numbers.push(number),
                        Some(_) => {}
                    }
                }
                // Zeros fill the last block.
                _ if wanted.is_some_and(|wanted| numbers.len() as u64 == wanted) => break,
                _ if digits.len() == 20 => return Err(broken("a number of its map is none")),
                byte => digits.push(byte),
            }
        }
    }
    pieces(&numbers, size)
}

impl<R: Read> Read for Dense<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.1 == 0 {
            match self.pieces.next() {
                Some(piece) => self.piece = piece,
                None => {
                    self.piece = (self.size, 0);
                    break;
                }
            }
        }
        let (start, length) = self.piece;
        let hole = start.saturating_sub(self.at);
        if hole > 0 {
            let zeros = usize::try_from(hole).unwrap_or(usize::MAX).min(buffer.len());
            buffer[..zeros].fill(0);
            self.at += zeros as u64;
            return Ok(zeros);
        }
        let most = usize::try_from(length).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.from.read(&mut buffer[..most])?;
        self.piece = (start + read as u64, length - read as u64);
        self.at += read as u64;
        if read == 0 && most > 0 {
            return Err(broken("its last pieces are missing"));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dense(stored: &[u8], size: u64, map: Option<&[u64]>) -> io::Result<Vec<u8>> {
        let map = map.map(|map| pieces(map, size)).transpose()?;
        let mut out = Vec::new();
        Dense::new(stored, Sparse { name: None, size, map })?.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn holes_are_zeros_and_pieces_stand_where_the_map_says() {
        assert_eq!(dense(b"abcd", 8, Some(&[1, 2, 5, 2])).expect("whole"), b"\0ab\0\0cd\0");
        assert_eq!(dense(b"", 3, Some(&[])).expect("whole"), b"\0\0\0");
        let mut stored = b"2\n0\n2\n4\n1\n".to_vec();
        stored.resize(BLOCK, 0);
        stored.extend(b"xyz");
        assert_eq!(dense(&stored, 5, None).expect("whole"), b"xy\0\0z");
    }

    #[test]
    fn maps_that_make_no_sense_are_refused() {
        for map in [&[1][..], &[4, 2, 1, 1], &[0, 9], &[u64::MAX, 2]] {
            assert!(dense(b"abcd", 8, Some(map)).is_err(), "{map:?}");
        }
        assert!(dense(b"ab", 8, Some(&[0, 4])).is_err());
        for stored in [&b"9"[..], &[b'1'; BLOCK], b"99999999\n"] {
            assert!(dense(stored, 8, None).is_err());
        }
    }
}
