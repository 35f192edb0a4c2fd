//! Lines of files and of standard input, read ahead by a thread of their own, a bounded few megabytes.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};

use anyhow::{Context, Result};

/// Whole lines that were there at once.
pub struct Chunk {
    /// The number of the input.
    pub input: usize,
    /// The number of the first line in it, from 0.
    pub line: u64,
    /// Lines, each but perhaps the last with its end.
    pub bytes: Vec<u8>,
}

/// Bytes asked for at once.
const READ: usize = 1 << 20;

/// Chunks that are read ahead: whoever writes to us waits when they are full.
const AHEAD: usize = 4;

/// What names standard input.
const STDIN: &str = "-";

/// What `with` makes of the chunks of these files, or of standard input where there are none. Compressed files are
/// read through.
pub fn read<T: Send + 'static>(
    paths: &[PathBuf],
    mut with: impl FnMut(Chunk) -> Result<T> + Send + 'static,
) -> Receiver<Result<T>> {
    let (sender, receiver) = sync_channel(AHEAD);
    let paths = if paths.is_empty() { vec![PathBuf::from(STDIN)] } else { paths.to_vec() };
    std::thread::spawn(move || {
        for (input, path) in paths.iter().enumerate() {
            let sent = open(path).and_then(|from| {
                send(from, input, |chunk| sender.send(with(chunk)).is_ok())
                    .with_context(|| format!("cannot read {}", path.display()))
            });
            match sent {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    // Whoever listened has gone where this fails.
                    let _ = sender.send(Err(error));
                    return;
                }
            }
        }
    });
    receiver
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    if path.as_os_str() == STDIN {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    Ok(match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(file))),
        Some("zst") => Box::new(zstd::Decoder::new(file)?),
        _ => Box::new(file),
    })
}

/// Hands chunks on until the end; false where nobody listens any more.
fn send(mut from: impl Read, input: usize, mut hand_on: impl FnMut(Chunk) -> bool) -> io::Result<bool> {
    let mut line = 0;
    let mut rest: Vec<u8> = Vec::new();
    loop {
        let begun = rest.len();
        rest.resize(begun + READ, 0);
        let read = loop {
            match from.read(&mut rest[begun..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        rest.truncate(begun + read);
        let end = match read {
            0 => rest.len(),
            _ => memchr::memrchr(b'\n', &rest[begun..]).map_or(0, |at| begun + at + 1),
        };
        if end > 0 {
            let bytes: Vec<u8> = rest.drain(..end).collect();
            let lines = memchr::memchr_iter(b'\n', &bytes).count() as u64;
            if !hand_on(Chunk { input, line, bytes }) {
                return Ok(false);
            }
            line += lines;
        }
        if read == 0 {
            return Ok(true);
        }
    }
}
