//! The files that are written.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that is being written and says its name where that fails.
pub struct Sink {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Sink {
    pub fn create(path: &Path) -> Result<Sink, String> {
        let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Sink { path: path.to_path_buf(), file: BufWriter::with_capacity(1 << 18, file) })
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        let result = self.file.write_all(bytes);
        self.named(result)
    }

    pub fn finish(mut self) -> Result<(), String> {
        let result = self.file.flush();
        self.named(result)
    }

    fn named(&self, result: io::Result<()>) -> Result<(), String> {
        result.map_err(|error| format!("{}: {error}", self.path.display()))
    }
}
