//! Files that the program writes. Every output of every command goes through here.
//!
//! [`Outputs`] says where one may stand: on no input, on no part of an index, on no other output, and on no file that is
//! somebody else's, unless that is wished. Files are told by device and inode, so that a link is the file that it leads to.
//! A [`OutputPlace`] is written whole or not at all: beside its place, synced, and renamed when nothing is missing.

pub mod marks;
mod place;
mod whole;

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

pub use place::OutputPlace;
#[cfg(feature = "cli")]
pub(crate) use place::{STANDARD, standard_output};
pub(crate) use whole::{MODE, PREFIX, Sync, create_directory, directory_of, remove_own, sync_all, write};
pub use whole::{resolved, sync_directory};

use crate::error::{Error, ErrorKind, Result};
use marks::OwnMark;

/// A file, whatever its names.
pub type FileId = (u64, u64);

/// Which file that is.
pub fn file_id(metadata: &Metadata) -> FileId {
    (metadata.dev(), metadata.ino())
}

/// The file that a path leads to, if there is one.
pub fn id_of(path: &Path) -> Option<FileId> {
    fs::metadata(path).ok().as_ref().map(file_id)
}

/// Opens a file of somebody's for reading. What is no regular file, perhaps since the walk, is refused and never waited
/// for: a pipe may have no writer.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("neither a file nor a directory"))
    }
}

/// What a command reads and writes. Inputs are told first.
#[derive(Debug, Default)]
pub struct Outputs {
    force: bool,
    inputs: Vec<(PathBuf, Option<FileId>)>,
    indexes: Vec<PathBuf>,
    taken: Vec<(PathBuf, Option<FileId>)>,
    /// Files that are there and not ours, which `force` lets go unless they turn out to be inputs.
    forced: Vec<PathBuf>,
    is_standard_output_taken: bool,
}

impl Outputs {
    /// Nothing yet. With `force` a file that is somebody else's may be replaced where it is no input.
    pub fn new(force: bool) -> Outputs {
        Outputs { force, ..Outputs::default() }
    }

    /// Files that were named to be read. Of a directory only what is found in it is an input.
    pub fn reads<P: AsRef<Path>>(&mut self, paths: impl IntoIterator<Item = P>) {
        for path in paths {
            self.inputs.push((resolved(path.as_ref()), id_of(path.as_ref())));
        }
    }

    /// A directory that holds an index, or will.
    pub fn index(&mut self, directory: &Path) {
        self.indexes.push(resolved(directory));
        let files = fs::read_dir(directory).into_iter().flatten().flatten();
        self.reads(files.map(|file| file.path()));
    }

    /// A file that is written anew, or `-` for standard output.
    ///
    /// # Errors
    /// [`ErrorKind::Taken`] where something speaks against it, [`ErrorKind::Write`] where its directory is not there.
    pub fn file(&mut self, path: &Path) -> Result<OutputPlace> {
        self.place(path, false)
    }

    /// A file that is created or written on at its end, whatever it holds, or `-` for standard output.
    ///
    /// # Errors
    /// As [`Outputs::file`].
    pub fn appended(&mut self, path: &Path) -> Result<OutputPlace> {
        self.place(path, true)
    }

    /// Standard output, which data go to and one output alone may have.
    ///
    /// # Errors
    /// [`ErrorKind::Taken`] where it leads to an input, or another output goes there.
    pub fn standard_output(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.is_standard_output_taken, true) {
            return taken(Path::new("standard output"), "another output goes there; give one of them a file");
        }
        let leads_to =
            io::stdout().as_fd().try_clone_to_owned().and_then(|output| File::from(output).metadata());
        // Where there is none, whoever writes to it will hear of that.
        leads_to.map_or(Ok(()), |metadata| self.stream(&metadata))
    }

    /// Whether data go to standard output, so that a summary would stand in their midst.
    pub fn is_standard_output_taken(&self) -> bool {
        self.is_standard_output_taken
    }

    /// Whatever a stream, of which this is known, leads to.
    fn stream(&self, metadata: &Metadata) -> Result<()> {
        let id = Some(file_id(metadata));
        if metadata.is_file() && self.inputs.iter().any(|(_, input)| *input == id) {
            return taken(Path::new("standard output"), "it is an input");
        }
        Ok(())
    }

    /// A file below a directory, which is created when the file is written.
    ///
    /// # Errors
    /// As [`Outputs::file`].
    pub fn below(&mut self, directory: &Path, name: &Path) -> Result<OutputPlace> {
        if directory.as_os_str() == place::STANDARD {
            let message = "several files go there, so that standard output cannot take them; name a folder";
            return Err(Error::new(ErrorKind::Write).at(directory).because(message));
        }
        if directory.exists() && !directory.is_dir() {
            let message = "it is not a directory; several files go there";
            return Err(Error::new(ErrorKind::Write).at(directory).because(message));
        }
        self.take(OutputPlace::below(directory, name, self.force), false)
    }

    fn place(&mut self, path: &Path, appends: bool) -> Result<OutputPlace> {
        let place = OutputPlace::new(path, appends, self.force)?;
        if place.is_standard() {
            return self.standard_output().map(|()| place);
        }
        if place.is_stream() {
            return match fs::metadata(path) {
                Ok(metadata) => self.stream(&metadata).map(|()| place),
                Err(_) => Ok(place),
            };
        }
        self.take(place, appends)
    }

    fn take(&mut self, place: OutputPlace, appends: bool) -> Result<OutputPlace> {
        let path = place.path();
        let target = place.target().to_owned();
        let id = id_of(&target);
        let is_among = |files: &[(PathBuf, Option<FileId>)]| {
            files.iter().any(|(file, own)| *file == target || id.is_some() && *own == id)
        };
        let own = place.whose()?;
        if is_among(&self.inputs) {
            return taken(path, "it is an input");
        }
        if own == Some(OwnMark::Index) || self.is_in_index(&target) {
            return taken(path, "an index is there, and nothing else may be");
        }
        if is_among(&self.taken) {
            return taken(path, "another output goes there");
        }
        if !appends && id.is_some() && own.is_none() {
            if !self.force {
                return taken(path, place::SOMEBODY_ELSES);
            }
            self.forced.push(target.clone());
        }
        self.taken.push((target, id));
        Ok(place)
    }

    /// Looks again at files that `force` lets go, now that it is known what was read.
    ///
    /// # Errors
    /// [`ErrorKind::Taken`] where one of them is among it.
    pub fn are_not_read<P: AsRef<Path>>(&self, files: impl IntoIterator<Item = P>) -> Result<()> {
        if self.forced.is_empty() {
            return Ok(());
        }
        let read: std::collections::HashSet<FileId> =
            files.into_iter().filter_map(|file| id_of(file.as_ref())).collect();
        match self.forced.iter().find(|path| id_of(path).is_some_and(|id| read.contains(&id))) {
            Some(path) => taken(path, "it is an input"),
            None => Ok(()),
        }
    }

    fn is_in_index(&self, target: &Path) -> bool {
        let manifest = |directory: &Path| marks::of_file(&directory.join("MANIFEST")).ok().flatten();
        self.indexes.iter().any(|index| target.starts_with(index))
            || target.parent().is_some_and(|directory| manifest(directory) == Some(OwnMark::Index))
    }
}

fn taken<T>(path: &Path, why: &str) -> Result<T> {
    Err(Error::new(ErrorKind::Taken).at(path).because(why))
}
