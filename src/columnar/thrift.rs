//! Thrift's compact protocol, as far as it must be read to know that what it says can be: no value is made, and nothing is
//! allocated but the numbers of a schema.

/// Structs and lists in one another, at most; Parquet's have seven.
const DEPTH: usize = 32;

/// Groups of a schema in one another, at most: the library goes down by recursion, and a column of a document is not deep.
const SCHEMA_DEPTH: usize = 64;

/// Elements of a list, at most: the library makes some hundred bytes of each. A million column chunks are a thousand columns
/// in a thousand row groups.
const ELEMENTS: usize = 1 << 20;

/// What is wrong.
pub(super) type Checked<T> = Result<T, &'static str>;

const CUT: &str = "its directory or a page's header is cut off or malformed";
const DEEP: &str = "its schema is too deep";
const LARGE: &str = "it says that more is in it than can be";

/// A field of a struct: its number, and the number of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ThriftField {
    pub id: i16,
    pub kind: u8,
}

/// Numbers of types.
pub(super) const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
pub(super) const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
pub(super) const STRUCT: u8 = 12;
const UUID: u8 = 13;

/// Bytes of the protocol, read from the first one on.
#[derive(Debug, Clone)]
pub(super) struct ThriftInput<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> ThriftInput<'a> {
    pub fn new(bytes: &'a [u8]) -> ThriftInput<'a> {
        ThriftInput { bytes, at: 0 }
    }

    /// Bytes read so far.
    pub fn at(&self) -> usize {
        self.at
    }

    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub fn take(&mut self) -> Checked<u8> {
        let byte = *self.bytes.get(self.at).ok_or(CUT)?;
        self.at += 1;
        Ok(byte)
    }

    pub fn pass(&mut self, count: usize) -> Checked<()> {
        self.at = self.at.checked_add(count).filter(|&at| at <= self.bytes.len()).ok_or(CUT)?;
        Ok(())
    }

    pub fn varint(&mut self) -> Checked<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(CUT)
    }

    pub fn zigzag(&mut self) -> Checked<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A number that counts something.
    pub fn count(&mut self) -> Checked<u32> {
        u32::try_from(self.zigzag()?).map_err(|_| LARGE)
    }

    /// Calls `take` with every field of a struct, which reads the field and returns true, or leaves it to be passed. A
    /// field that stands twice is malformed: who reads which of them is not known.
    pub fn fields(
        &mut self,
        depth: usize,
        mut take: impl FnMut(ThriftField, &mut Self) -> Checked<bool>,
    ) -> Checked<()> {
        let (mut id, mut seen) = (0i16, 0u64);
        loop {
            let head = self.take()?;
            if head == 0 {
                return Ok(());
            }
            id = match head >> 4 {
                0 => i16::try_from(self.zigzag()?).map_err(|_| CUT)?,
                delta => id.checked_add(i16::from(delta)).ok_or(CUT)?,
            };
            if let Ok(bit @ 0..64) = u32::try_from(id) {
                if seen >> bit & 1 == 1 {
                    return Err(CUT);
                }
                seen |= 1 << bit;
            }
            let field = ThriftField { id, kind: head & 0x0F };
            if !take(field, self)? {
                self.skip(field.kind, depth + 1)?;
            }
        }
    }

    /// The type of a list's elements, and how many there are: no more than can be in the bytes that are left.
    pub fn list(&mut self) -> Checked<(u8, usize)> {
        let head = self.take()?;
        let count = match head >> 4 {
            15 => self.varint()?,
            count => u64::from(count),
        };
        let count = usize::try_from(count).map_err(|_| LARGE)?;
        if count > self.left() || count > ELEMENTS && head & 0x0F == STRUCT {
            return Err(LARGE);
        }
        Ok((head & 0x0F, count))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Checked<()> {
        if depth > DEPTH {
            return Err(DEEP);
        }
        match kind {
            TRUE | FALSE => Ok(()),
            BYTE => self.pass(1),
            I16 | I32 | I64 => self.varint().map(drop),
            DOUBLE => self.pass(8),
            UUID => self.pass(16),
            BINARY => {
                let length = self.varint()?;
                self.pass(usize::try_from(length).map_err(|_| CUT)?)
            }
            LIST | SET => {
                let (kind, count) = self.list()?;
                (0..count).try_for_each(|_| self.skip_element(kind, depth + 1))
            }
            MAP => {
                let count = usize::try_from(self.varint()?).map_err(|_| LARGE)?;
                if count == 0 {
                    return Ok(());
                }
                let kinds = self.take()?;
                if count > self.left() {
                    return Err(LARGE);
                }
                (0..count).try_for_each(|_| {
                    self.skip_element(kinds >> 4, depth + 1)?;
                    self.skip_element(kinds & 0x0F, depth + 1)
                })
            }
            STRUCT => self.fields(depth, |_, _| Ok(false)),
            _ => Err(CUT),
        }
    }

    /// In lists a truth value is a byte of its own.
    fn skip_element(&mut self, kind: u8, depth: usize) -> Checked<()> {
        if matches!(kind, TRUE | FALSE) { self.pass(1) } else { self.skip(kind, depth) }
    }
}

/// The field of a file's directory that is its schema, and that of a schema's element that counts its children.
const SCHEMA: i16 = 2;
const CHILDREN: i16 = 5;

/// Whether a file's directory can be what it says: every list is in its bytes, and the schema is a tree of few levels.
pub(super) fn check_directory(bytes: &[u8]) -> Checked<()> {
    let mut input = ThriftInput::new(bytes);
    input.fields(0, |field, input| {
        if field != (ThriftField { id: SCHEMA, kind: LIST }) {
            return Ok(false);
        }
        let (kind, count) = input.list()?;
        if kind != STRUCT {
            return Err(CUT);
        }
        check_schema(input, count).map(|()| true)
    })
}

fn check_schema(input: &mut ThriftInput<'_>, count: usize) -> Checked<()> {
    // Of each group that is open: its children that are still to come.
    let mut open: Vec<u32> = Vec::new();
    for element in 0..count {
        let mut children = 0;
        input.fields(1, |field, input| {
            let counts = field == ThriftField { id: CHILDREN, kind: I32 };
            if counts {
                children = input.count()?;
            }
            Ok(counts)
        })?;
        if children as usize >= count.max(1) {
            return Err(LARGE);
        }
        while open.pop_if(|left| *left == 0).is_some() {}
        match open.last_mut() {
            Some(left) => *left -= 1,
            None if element == 0 => {}
            None => return Err(CUT),
        }
        if children > 0 {
            open.push(children);
        }
        if open.len() > SCHEMA_DEPTH {
            return Err(DEEP);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory whose schema has these numbers of children.
    fn directory(children: &[u32]) -> Vec<u8> {
        let mut bytes = vec![0x15, 2, 0x19, 0xFC];
        varint(children.len() as u64, &mut bytes);
        for &count in children {
            bytes.push(0x55);
            varint(u64::from(count) << 1, &mut bytes);
            bytes.push(0);
        }
        bytes.push(0);
        bytes
    }

    fn varint(mut value: u64, out: &mut Vec<u8>) {
        while value > 0x7F {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    }

    #[test]
    fn a_schema_is_a_tree_of_few_levels() {
        assert_eq!(check_directory(&directory(&[2, 0, 1, 0])), Ok(()));
        assert_eq!(check_directory(&directory(&[1; 30])), Ok(()));
        let deep = [vec![1; 10_000], vec![0]].concat();
        assert_eq!(check_directory(&directory(&deep)), Err(DEEP));
        assert_eq!(check_directory(&directory(&[1 << 30, 0])), Err(LARGE));
        assert_eq!(check_directory(&directory(&[1, 0, 0])), Err(CUT), "two roots");
    }

    #[test]
    fn nothing_says_more_than_is_there() {
        assert_eq!(check_directory(&[0x19, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 7, 0]), Err(LARGE));
        assert_eq!(check_directory(&[0x1B, 0xFF, 0xFF, 0xFF, 0xFF, 7, 0x88, 0]), Err(LARGE));
        assert_eq!(check_directory(&[0x18, 0xFF, 0xFF, 0xFF, 0xFF, 7]), Err(CUT));
        assert_eq!(check_directory(&[0x1C; 100]), Err(DEEP));
        assert_eq!(check_directory(&[0x15, 2, 0x05, 2, 2, 0]), Err(CUT), "a field that stands twice");
        assert_eq!(check_directory(b""), Err(CUT));
    }
}
