//! What arrives, read ahead by a thread of its own: lines as they come, a bounded few megabytes, and the documents of
//! everything else out of a corpus of that one input.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use anyhow::{Context, Result};

use crate::cli::say::say;
use crate::corpus::arriving::{self, Arriving};
use crate::corpus::{Corpus, CorpusOptions, InputPiece, Problem};
use crate::filter::lines::{self, Chunk};
use crate::filter::records::described;
use crate::options::{Progress, Resources};

/// What comes at once.
pub enum Arrival<'a> {
    /// Lines.
    Lines(Chunk),
    /// Documents of an input.
    Documents {
        /// The number of the input.
        input: usize,
        /// The input.
        corpus: &'a Corpus,
        /// Where in it they stand.
        piece: &'a InputPiece,
        /// Whether it is a stream, whose name says nothing.
        is_stream: bool,
    },
    /// What of an input gives no document.
    Unreadable {
        /// The number of the input.
        input: usize,
        /// Why not.
        problem: &'a Problem,
    },
}

/// How what arrives is read.
pub struct ArrivalRules {
    pub options: CorpusOptions,
    pub resources: Resources,
    /// Lines of more bytes come in parts.
    pub most: u64,
    /// Where bytes of files are counted.
    pub progress: Progress,
}

/// Arrivals that are read ahead: whoever writes to us waits when they are full.
const AHEAD: usize = 4;

/// What names standard input.
const STDIN: &str = "-";

/// What `with` makes of all that arrives of these paths, or of standard input where there are none.
///
/// # Errors
/// Where the system has no thread to give.
pub fn read<T: Send + 'static>(
    paths: &[PathBuf],
    rules: ArrivalRules,
    with: impl FnMut(Arrival<'_>) -> Result<T> + Send + 'static,
) -> Result<Receiver<Result<T>>> {
    let (sender, receiver) = sync_channel(AHEAD);
    let paths = if paths.is_empty() { vec![PathBuf::from(STDIN)] } else { paths.to_vec() };
    rules.progress.begin("filter");
    rules.progress.plan(paths.iter().map(|path| length(path)).sum::<Option<u64>>().unwrap_or(0));
    let work = move || {
        let mut intake = Intake { rules, with, sender };
        for (input, path) in paths.iter().enumerate() {
            match intake.input(input, path) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    // Whoever listened has gone where this fails.
                    let _ = intake.sender.send(Err(error));
                    return;
                }
            }
        }
    };
    std::thread::Builder::new().spawn(work).context("no thread to read on")?;
    Ok(receiver)
}

/// Bytes of a file; none of a pipe or a folder, of which nobody knows how much it gives.
fn length(path: &Path) -> Option<u64> {
    path.metadata().ok().filter(|metadata| metadata.is_file()).map(|metadata| metadata.len())
}

/// Where arrivals are taken in and handed on.
struct Intake<F, T> {
    rules: ArrivalRules,
    with: F,
    sender: SyncSender<Result<T>>,
}

impl<T, F: FnMut(Arrival<'_>) -> Result<T>> Intake<F, T> {
    /// Hands on all that an input gives; false where nobody listens any more.
    fn input(&mut self, input: usize, path: &Path) -> Result<bool> {
        let format = self.rules.options.format;
        if path.as_os_str() == STDIN {
            return match arriving::of_stream(io::stdin(), format).context("cannot read -")? {
                Arriving::Lines(from) => self.lines(input, path, from),
                Arriving::Other(from) => self.stream(input, STDIN, from),
            };
        }
        // A folder is walked, and each of its files is what scan says; so is one that a command reads.
        if path.is_dir() || self.rules.options.is_converted(path) {
            return self.path(input, path);
        }
        let failed = || format!("cannot read {}", path.display());
        match arriving::of_file(path, format, &self.rules.progress).with_context(failed)? {
            Arriving::Lines(from) => self.lines(input, path, from),
            Arriving::Other(_) if path.is_file() => self.path(input, path),
            // A pipe is read once.
            Arriving::Other(from) => self.stream(input, &path.display().to_string(), from),
        }
    }

    fn lines(&mut self, input: usize, path: &Path, from: impl io::Read) -> Result<bool> {
        let most = usize::try_from(self.rules.most).unwrap_or(usize::MAX);
        let sent = lines::send_lines(from, input, most, |chunk| self.hand_on(Arrival::Lines(chunk)));
        sent.with_context(|| format!("cannot read {}", path.display()))
    }

    fn path(&mut self, input: usize, path: &Path) -> Result<bool> {
        let corpus = Corpus::open(&[path.to_owned()], &self.rules.options, &self.rules.resources)?;
        let goes_on = self.documents(input, path, &corpus, false);
        if let Some(bytes) = length(path) {
            self.rules.progress.did(bytes);
        }
        Ok(goes_on)
    }

    fn stream(&mut self, input: usize, name: &str, from: impl io::Read) -> Result<bool> {
        let corpus = Corpus::of_stream(name, from, &self.rules.options, &self.rules.resources)?;
        Ok(self.documents(input, Path::new(name), &corpus, true))
    }

    fn documents(&mut self, input: usize, path: &Path, corpus: &Corpus, is_stream: bool) -> bool {
        let (unreadable, said): (Vec<_>, Vec<_>) = corpus.problems().iter().partition(|p| p.unreadable);
        said.iter().for_each(|problem| say!("wirecopy: {}", described(problem)));
        let skipped = corpus.skipped().iter().map(|(kind, count)| match kind.as_str() {
            "" => format!("{count} without an extension"),
            kind => format!("{count} {kind}"),
        });
        if !corpus.skipped().is_empty() {
            say!("wirecopy: {}: not read: {}", path.display(), skipped.collect::<Vec<_>>().join(", "));
        }
        let unreadable = unreadable.into_iter().map(|problem| Arrival::Unreadable { input, problem });
        let pieces = corpus.pieces();
        let documents = pieces.iter().map(|piece| Arrival::Documents { input, corpus, piece, is_stream });
        unreadable.chain(documents).all(|arrival| self.hand_on(arrival))
    }

    fn hand_on(&mut self, arrival: Arrival<'_>) -> bool {
        let made = (self.with)(arrival);
        self.sender.send(made).is_ok()
    }
}
