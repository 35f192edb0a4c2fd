//! Texts as an index keeps them: compressed one by one.

use crate::error::{Error, ErrorKind, Result};
use crate::index::format::StoredRow;

/// Decompresses texts, reusing its memory.
pub(super) struct Unpacker {
    zstd: zstd::bulk::Decompressor<'static>,
    text: Vec<u8>,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unpacker")
    }
}

impl Unpacker {
    pub fn new() -> Result<Unpacker> {
        let zstd = zstd::bulk::Decompressor::new();
        let zstd = zstd.map_err(|e| Error::io(ErrorKind::Setting, "zstd", e))?;
        Ok(Unpacker { zstd, text: Vec::new() })
    }

    pub fn unpack(&mut self, packed: &[u8], row: &StoredRow) -> Result<&str> {
        let no_text =
            || Error::new(ErrorKind::Corrupt).because(format!("the text of document {}", row.ordinal));
        // What a damaged row says is no reason to ask for more than the text can have.
        let most = zstd::bulk::Decompressor::upper_bound(packed).unwrap_or(usize::MAX);
        self.text.clear();
        self.text.reserve(most.min(row.bytes as usize));
        self.zstd.decompress_to_buffer(packed, &mut self.text).map_err(|_| no_text())?;
        let text = std::str::from_utf8(&self.text).ok();
        text.filter(|text| text.len() == row.bytes as usize).ok_or_else(no_text)
    }
}

/// The text of a document as it is kept.
///
/// # Errors
/// [`ErrorKind::Corrupt`] where it is none.
pub fn unpack(packed: &[u8], row: &StoredRow) -> Result<String> {
    Ok(Unpacker::new()?.unpack(packed, row)?.to_owned())
}
