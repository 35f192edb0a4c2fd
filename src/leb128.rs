//! Numbers in as few bytes as they need: LEB128 (DWARF 5, 7.6), seven bits a byte, the lowest first.

/// Appends a number: one byte up to 127, five at most.
#[inline]
pub(crate) fn write(mut number: u32, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a number off the front of bytes; none where they end within it or it is longer than a number can be.
#[inline]
pub(crate) fn read(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for shift in (0..32).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(first & 0x7F) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(numbers in proptest::collection::vec((any::<u32>(), 0u32..32), 0..50)) {
            let numbers: Vec<u32> = numbers.into_iter().map(|(number, shift)| number >> shift).collect();
            let mut bytes = Vec::new();
            numbers.iter().for_each(|&number| write(number, &mut bytes));
            prop_assert!(bytes.len() <= 5 * numbers.len());
            let mut rest = &bytes[..];
            let read: Vec<u32> = std::iter::from_fn(|| read(&mut rest)).collect();
            prop_assert_eq!(read, numbers);
        }
    }

    #[test]
    fn what_is_cut_or_too_long_is_no_number() {
        assert_eq!([&[][..], &[0x80], &[0xFF; 6]].map(|mut bytes| read(&mut bytes)), [None; 3]);
    }
}
