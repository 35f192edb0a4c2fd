//! Files that nothing here reads: a command makes text of them, as `--pre` of ripgrep does.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use globset::{Glob, GlobSet, GlobSetBuilder};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::error::{Error, ErrorKind, Result};

/// A command that is run for every file of some names, with the file's path as its only argument. What it writes to its standard
/// output is the document: text, or a page where it looks like one.
///
/// ```
/// use std::path::Path;
/// use wirecopy::corpus::Preprocessor;
///
/// # fn main() -> wirecopy::Result<()> {
/// let command = Preprocessor::new("pdf-to-text", &["*.pdf"])?;
/// assert!(command.takes(Path::new("archive/1.pdf")));
/// assert!(!command.takes(Path::new("archive/1.txt")));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Preprocessor {
    command: PathBuf,
    taken: GlobSet,
    left: GlobSet,
    timeout: Duration,
}

/// How long a file may take where nobody says otherwise: a book of a thousand pages takes seconds.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Bytes of what a command complains of that are shown.
const COMPLAINT: u64 = 4096;

impl Preprocessor {
    /// A command for files that match one of these patterns and none of those that begin with `!`; for all files where there is no
    /// pattern without it. A pattern without `/` is for a file's name.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where a pattern is none.
    pub fn new(command: impl Into<PathBuf>, globs: &[impl AsRef<str>]) -> Result<Preprocessor> {
        let wrong = |e: globset::Error| Error::new(ErrorKind::Setting).because(e.to_string());
        let (mut taken, mut left) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for glob in globs {
            let (set, pattern) = match glob.as_ref().strip_prefix('!') {
                Some(pattern) => (&mut left, pattern),
                None => (&mut taken, glob.as_ref()),
            };
            let below = if pattern.contains('/') { pattern.to_owned() } else { format!("**/{pattern}") };
            set.add(Glob::new(&below).map_err(wrong)?);
        }
        let (taken, left) = (taken.build().map_err(wrong)?, left.build().map_err(wrong)?);
        Ok(Preprocessor { command: command.into(), taken, left, timeout: TIMEOUT })
    }

    /// The same, and a file on which it works longer is a problem; 60 seconds if nothing is said.
    pub fn timeout(self, timeout: Duration) -> Preprocessor {
        Preprocessor { timeout, ..self }
    }

    /// Whether the file of this path is the command's.
    pub fn takes(&self, path: &Path) -> bool {
        (self.taken.is_empty() || self.taken.is_match(path)) && !self.left.is_match(path)
    }

    /// What the command makes of a file: `limit` bytes, or one more where it makes more. The command and all that it started
    /// end with this.
    ///
    /// # Errors
    /// It cannot be run, fails, or takes too long.
    pub(super) fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let mut command = Command::new(&self.command);
        // A group of its own, so that what it starts ends with it.
        command.arg(path).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|e| self.failed(&e.to_string()))?;
        let made = child.stdout.take().map(|from| gathered(from, limit.saturating_add(1), false)).transpose();
        let said = child.stderr.take().map(|from| gathered(from, COMPLAINT, true)).transpose();
        let ended = made.and_then(|made| Ok((made, said?))).and_then(|(made, said)| {
            let until = Instant::now() + self.timeout;
            let made = self.within(until, made.as_ref())?;
            if made.len() as u64 > limit {
                return Ok((made, None));
            }
            let status = self.status(&mut child, until)?;
            // What it said is no reason to wait for what it left running.
            let said = if status.success() {
                Vec::new()
            } else {
                self.within(until, said.as_ref()).unwrap_or_default()
            };
            Ok((made, Some((status, said))))
        });
        if !matches!(ended, Ok((_, Some(_)))) {
            end(&mut child);
        }
        match ended? {
            (made, None) => Ok(made),
            (made, Some((status, _))) if status.success() => Ok(made),
            (_, Some((status, said))) => {
                let said = String::from_utf8_lossy(&said);
                let first =
                    said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it says nothing");
                Err(self.failed(&format!("{status}: {first}")))
            }
        }
    }

    fn within(&self, until: Instant, from: Option<&Receiver<io::Result<Vec<u8>>>>) -> io::Result<Vec<u8>> {
        let Some(from) = from else { return Ok(Vec::new()) };
        match from.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(bytes) => bytes,
            Err(RecvTimeoutError::Timeout) => Err(self.too_long()),
            Err(RecvTimeoutError::Disconnected) => Ok(Vec::new()),
        }
    }

    /// How it ended. What has closed its output ends at once, as a rule.
    fn status(&self, child: &mut Child, until: Instant) -> io::Result<ExitStatus> {
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() >= until {
                return Err(self.too_long());
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    fn too_long(&self) -> io::Error {
        self.failed(&format!("ended after {} s (--pre-timeout)", self.timeout.as_secs()))
    }

    fn failed(&self, why: &str) -> io::Error {
        io::Error::other(format!("{}: {why}", self.command.display()))
    }
}

/// Ends a command with all that it started.
fn end(child: &mut Child) {
    if let Some(group) = Pid::from_raw(child.id() as i32) {
        // It may have ended by itself.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// The first `limit` bytes of what comes, gathered by a thread of its own; with `to_end` the rest is read and left out, so that
/// whoever writes it is not held up.
fn gathered(
    mut from: impl Read + Send + 'static,
    limit: u64,
    to_end: bool,
) -> io::Result<Receiver<io::Result<Vec<u8>>>> {
    let (sender, receiver) = sync_channel(1);
    let work = move || {
        let mut bytes = Vec::new();
        let read = (&mut from).take(limit).read_to_end(&mut bytes);
        // Whoever waits may have given up.
        if to_end {
            let _ = io::copy(&mut from, &mut io::sink());
        }
        let _ = sender.send(read.map(|_| bytes));
    };
    thread::Builder::new().spawn(work)?;
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> (tempfile::TempDir, PathBuf) {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("pre");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("made a program");
        (directory, path)
    }

    fn read(text: &str, timeout: Duration, limit: u64) -> Result<Vec<u8>, String> {
        let (_directory, path) = script(text);
        let command = Preprocessor::new(path, &[""; 0]).expect("a command").timeout(timeout);
        command.read(Path::new("a file"), limit).map_err(|e| e.to_string())
    }

    #[test]
    fn a_command_gets_the_path_and_nothing_else() {
        let minute = Duration::from_secs(60);
        assert_eq!(read("cat; echo \"$# $1\"", minute, 100), Ok(b"1 a file\n".to_vec()));
        let failed = read("echo; echo no such page >&2; exit 3", minute, 100).expect_err("it failed");
        assert!(failed.contains("exit status: 3: no such page"), "{failed}");
        assert_eq!(read("yes", minute, 100).map(|made| made.len()), Ok(101));
    }

    #[test]
    fn what_takes_too_long_is_ended_with_its_children() {
        let directory = tempfile::tempdir().expect("a directory");
        let mark = directory.path().join("mark");
        let text = format!("(sleep 2; touch {}) & sleep 60", mark.display());
        let ended = read(&text, Duration::from_millis(200), 100).expect_err("it took too long");
        assert!(ended.contains("--pre-timeout"), "{ended}");
        thread::sleep(Duration::from_millis(2500));
        assert!(!mark.exists(), "its child went on");
    }
}
