//! Parquet files made by hand, so that they can say what no writer says.

/// Bytes of Thrift's compact protocol.
#[derive(Default)]
pub struct Thrift {
    pub bytes: Vec<u8>,
    last: i16,
}

const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

impl Thrift {
    fn varint(&mut self, mut value: u64) {
        while value > 0x7F {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    fn field(&mut self, id: i16, kind: u8) {
        self.bytes.push(((id - self.last) as u8) << 4 | kind);
        self.last = id;
    }

    pub fn i32(mut self, id: i16, value: i64) -> Thrift {
        self.field(id, I32);
        self.varint((value << 1 ^ value >> 63) as u64);
        self
    }

    pub fn i64(mut self, id: i16, value: i64) -> Thrift {
        self.field(id, I64);
        self.varint((value << 1 ^ value >> 63) as u64);
        self
    }

    pub fn text(mut self, id: i16, text: &str) -> Thrift {
        self.field(id, BINARY);
        self.varint(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    pub fn inside(mut self, id: i16, value: Thrift) -> Thrift {
        self.field(id, STRUCT);
        self.bytes.extend(value.end());
        self
    }

    fn list(mut self, id: i16, kind: u8, count: usize, elements: Vec<u8>) -> Thrift {
        self.field(id, LIST);
        self.bytes.push(0xF0 | kind);
        self.varint(count as u64);
        self.bytes.extend(elements);
        self
    }

    pub fn structs(self, id: i16, values: Vec<Thrift>) -> Thrift {
        self.list(id, STRUCT, values.len(), values.into_iter().flat_map(Thrift::end).collect())
    }

    pub fn end(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }
}

/// A column of byte strings, and its pages as they stand in the file.
pub struct Column {
    pub name: &'static str,
    pub codec: i64,
    pub has_dictionary: bool,
    pub pages: Vec<u8>,
}

pub const PLAIN: i64 = 0;
pub const DELTA_LENGTH: i64 = 6;
pub const DELTA_STRINGS: i64 = 7;
pub const DICTIONARY: i64 = 8;

/// A data page of so many values, which says that it becomes so many bytes.
pub fn page(values: i64, encoding: i64, uncompressed: i64, body: &[u8]) -> Vec<u8> {
    let data = Thrift::default().i32(1, values).i32(2, encoding).i32(3, 3).i32(4, 3);
    let header = Thrift::default().i32(1, 0).i32(2, uncompressed).i32(3, body.len() as i64).inside(5, data);
    [header.end(), body.to_vec()].concat()
}

/// A dictionary of so many values.
pub fn dictionary(values: i64, body: &[u8]) -> Vec<u8> {
    let inside = Thrift::default().i32(1, values).i32(2, PLAIN);
    let size = body.len() as i64;
    let header = Thrift::default().i32(1, 2).i32(2, size).i32(3, size).inside(7, inside);
    [header.end(), body.to_vec()].concat()
}

/// Values as they stand without any encoding.
pub fn plain(values: &[&str]) -> Vec<u8> {
    values.iter().flat_map(|value| [&(value.len() as u32).to_le_bytes(), value.as_bytes()].concat()).collect()
}

/// A file of one row group of these columns.
pub fn file(rows: i64, columns: &[Column]) -> Vec<u8> {
    let mut bytes = b"PAR1".to_vec();
    let mut schema = vec![Thrift::default().text(4, "schema").i32(5, columns.len() as i64)];
    let mut chunks = Vec::new();
    for Column { name, codec, has_dictionary, pages } in columns {
        schema.push(Thrift::default().i32(1, 6).i32(3, 0).text(4, name).i32(6, 0));
        let (at, size) = (bytes.len() as i64, pages.len() as i64);
        let path = [&[name.len() as u8], name.as_bytes()].concat();
        let mut about = Thrift::default().i32(1, 6).list(2, I32, 1, vec![0]).list(3, BINARY, 1, path);
        about = about.i32(4, *codec).i64(5, rows).i64(6, size).i64(7, size).i64(9, at);
        if *has_dictionary {
            about = about.i64(11, at);
        }
        chunks.push(Thrift::default().i64(2, at).inside(3, about));
        bytes.extend_from_slice(pages);
    }
    let group = Thrift::default().structs(1, chunks).i64(2, bytes.len() as i64).i64(3, rows);
    let directory = Thrift::default().i32(1, 1).structs(2, schema).i64(3, rows).structs(4, vec![group]);
    with_directory(bytes, &directory.end())
}

pub fn with_directory(mut bytes: Vec<u8>, directory: &[u8]) -> Vec<u8> {
    bytes.extend_from_slice(directory);
    bytes.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    bytes.extend_from_slice(b"PAR1");
    bytes
}

/// The header of a stream of deltas that says it has so many values.
pub fn deltas(values: u64) -> Vec<u8> {
    let mut header = Thrift::default();
    [128, 4, values, 0].into_iter().for_each(|part| header.varint(part));
    header.bytes
}
