//! Where one output goes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use super::marks::{self, OwnMark};
use super::whole::{self, Sync, resolved};
use crate::error::{Error, ErrorKind, Result};
use crate::printable::Shown;

/// What is said of a file that bears no mark of ours.
pub(super) const SOMEBODY_ELSES: &str = "a file is there that wirecopy did not write; --force replaces it";

/// Bytes that are written at once.
const BUFFER: usize = 1 << 16;

/// Names of what the program was started with: they may lead to a file that somebody else still writes.
const STARTED_WITH: [&str; 4] = ["/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/"];

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OutputWay {
    /// Beside its place, and renamed.
    Whole,
    /// At the end of what is there.
    Append,
    /// As it is: a pipe or a device.
    Stream,
    /// Standard output.
    Standard,
}

/// Standard output, where it is named as an output's file.
pub(crate) const STANDARD: &str = "-";

/// Standard output for data: byte for byte, but where it is a terminal only what that can show.
pub(crate) fn standard_output() -> Box<dyn Write + Send> {
    let out = io::stdout();
    if out.is_terminal() { Box::new(Shown::data(out)) } else { Box::new(out) }
}

/// A place that an output may have.
#[derive(Debug, Clone)]
pub struct OutputPlace {
    /// As it was named.
    path: PathBuf,
    /// Without links.
    target: PathBuf,
    way: OutputWay,
    force: bool,
    /// Whether its directory is created with it.
    creates: bool,
    sync: Sync,
}

impl OutputPlace {
    pub(super) fn new(path: &Path, appends: bool, force: bool) -> Result<OutputPlace> {
        let failed = |message: &str| Err(Error::new(ErrorKind::Write).at(path).because(message));
        if path.as_os_str() == STANDARD {
            let (path, target) = (path.to_owned(), path.to_owned());
            return Ok(OutputPlace {
                path,
                target,
                way: OutputWay::Standard,
                force,
                creates: false,
                sync: Sync::Each,
            });
        }
        let target = resolved(path);
        let metadata = fs::metadata(path).ok();
        let is_given = STARTED_WITH.iter().any(|name| path.to_string_lossy().starts_with(name));
        let is_special = metadata.as_ref().is_some_and(|metadata| !metadata.is_file() && !metadata.is_dir());
        let way = match (is_given || is_special, appends) {
            (true, _) => OutputWay::Stream,
            (false, true) => OutputWay::Append,
            (false, false) => OutputWay::Whole,
        };
        if metadata.is_some_and(|metadata| metadata.is_dir()) || path.as_os_str().is_empty() {
            return failed("it is a directory; name a file");
        }
        if way != OutputWay::Stream && !whole::directory_of(&target).is_dir() {
            return failed("there is no such directory");
        }
        Ok(OutputPlace { path: path.to_owned(), target, way, force, creates: false, sync: Sync::Each })
    }

    pub(super) fn below(directory: &Path, name: &Path, force: bool) -> OutputPlace {
        let path = directory.join(name);
        let target = resolved(&path);
        OutputPlace { path, target, way: OutputWay::Whole, force, creates: true, sync: Sync::Each }
    }

    /// The same, made safe by [`whole::sync_all`] and not at once: one of many.
    pub(crate) fn together(self) -> OutputPlace {
        OutputPlace { sync: Sync::Together, ..self }
    }

    /// The path as it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path without links.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    pub(super) fn is_stream(&self) -> bool {
        self.way == OutputWay::Stream
    }

    pub(super) fn is_standard(&self) -> bool {
        self.way == OutputWay::Standard
    }

    /// Whose file is there.
    pub(super) fn whose(&self) -> Result<Option<OwnMark>> {
        match marks::of_file(&self.target) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            // What cannot be read is not known to be ours.
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok(None),
            whose => whose.map_err(|e| Error::io(ErrorKind::NotReadable, &self.path, e)),
        }
    }

    /// Lets `write` write: all of it is there afterwards, or what was there before.
    ///
    /// # Errors
    /// [`ErrorKind::Taken`] where somebody put a file there meanwhile; those of writing.
    pub fn write(&self, write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> Result<()> {
        let failed = |e| Error::io(ErrorKind::Write, &self.path, e);
        if self.way == OutputWay::Standard {
            let mut out = BufWriter::with_capacity(BUFFER, standard_output());
            return write(&mut out).and_then(|()| out.flush()).map_err(failed);
        }
        if self.way == OutputWay::Stream {
            let mut out = BufWriter::with_capacity(BUFFER, self.open().map_err(failed)?);
            return write(&mut out).and_then(|()| out.flush()).map_err(failed);
        }
        if !self.force && self.target.exists() && self.whose()? != Some(OwnMark::Output) {
            return Err(Error::new(ErrorKind::Taken).at(&self.path).because(SOMEBODY_ELSES));
        }
        if self.creates {
            whole::create_directory(whole::directory_of(&self.target)).map_err(failed)?;
        }
        whole::write(&self.target, self.sync, write).map_err(failed)
    }

    /// Opens it to write on at its end, in a new line where the last one was cut off.
    ///
    /// # Errors
    /// Those of opening and writing.
    pub fn append(&self) -> Result<File> {
        let failed = |e| Error::io(ErrorKind::Write, &self.path, e);
        let mut file = self.open().map_err(failed)?;
        if self.way == OutputWay::Append {
            end_last_line(&self.target, &mut file).map_err(failed)?;
        }
        Ok(file)
    }

    fn open(&self) -> io::Result<File> {
        if self.way == OutputWay::Standard {
            return Ok(io::stdout().as_fd().try_clone_to_owned()?.into());
        }
        // What a shell opened is written on where it stands, as `>>` would.
        OpenOptions::new().append(true).create(self.way == OutputWay::Append).open(&self.path)
    }
}

/// A process that was killed may have left half a line.
fn end_last_line(path: &Path, file: &mut File) -> io::Result<()> {
    if file.metadata()?.len() == 0 {
        return Ok(());
    }
    let mut last = [0];
    let mut reading = File::open(path)?;
    reading.seek(SeekFrom::End(-1))?;
    reading.read_exact(&mut last)?;
    if last == *b"\n" { Ok(()) } else { file.write_all(b"\n") }
}
