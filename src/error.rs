//! What can go wrong, where it happened, and what caused it.

use std::fmt;
use std::path::{Path, PathBuf};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in terms a caller can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A path given by the caller does not exist or cannot be opened.
    NotReadable,
    /// Reading failed half-way: a device error, or compressed data that is damaged or cut off.
    Read,
    /// Writing a report or a spill file failed.
    Write,
    /// The file is no longer what it was when the run began.
    Changed,
    /// The input is larger than a limit allows.
    TooLarge,
    /// A setting is outside its range.
    Setting,
    /// The run was cancelled by its [`Cancel`](crate::options::Cancel) token.
    Cancelled,
    /// Nothing that was asked for could be read.
    NothingReadable,
    /// A file of an index is damaged; the place is the file, the detail what is wrong and where.
    Corrupt,
    /// A file of an index was written by another version of the format.
    Version,
    /// An index was built by another recipe, or under another model.
    Mismatch,
    /// Another writer has the index.
    Locked,
    /// An output's place is taken: by an input, a part of an index, another output, or somebody else's file.
    Taken,
}

impl ErrorKind {
    fn says(self) -> &'static str {
        match self {
            ErrorKind::NotReadable => "cannot be opened",
            ErrorKind::Read => "reading failed",
            ErrorKind::Write => "writing failed",
            ErrorKind::Changed => "changed while it was being read",
            ErrorKind::TooLarge => "larger than the limit",
            ErrorKind::Setting => "setting out of range",
            ErrorKind::Cancelled => "cancelled",
            ErrorKind::NothingReadable => "nothing readable",
            ErrorKind::Corrupt => "damaged",
            ErrorKind::Version => "another format version",
            ErrorKind::Mismatch => "does not match",
            ErrorKind::Locked => "in use",
            ErrorKind::Taken => "not written",
        }
    }
}

/// An error: its kind, the place, and the source where there is one.
#[derive(Debug)]
pub struct Error(Box<ErrorBody>);

#[derive(Debug)]
struct ErrorBody {
    kind: ErrorKind,
    place: Option<PathBuf>,
    detail: Option<String>,
    source: Option<std::io::Error>,
}

impl Error {
    /// An error of this kind, with no place yet.
    pub fn new(kind: ErrorKind) -> Error {
        Error(Box::new(ErrorBody { kind, place: None, detail: None, source: None }))
    }

    /// An error of this kind that an operation on `path` met.
    pub fn io(kind: ErrorKind, path: impl AsRef<Path>, source: std::io::Error) -> Error {
        let place = Some(path.as_ref().to_owned());
        Error(Box::new(ErrorBody { kind, place, detail: None, source: Some(source) }))
    }

    /// More than one run can number: `what` says how much there is, and ends in the most that there may be.
    pub(crate) fn beyond_one_run(what: &str) -> Error {
        let why = format!("{what} at most: scan parts of the corpus, or give it to `wirecopy filter`");
        Error::new(ErrorKind::TooLarge).because(why)
    }

    /// The same error at this place.
    pub fn at(mut self, path: impl AsRef<Path>) -> Error {
        self.0.place = Some(path.as_ref().to_owned());
        self
    }

    /// The same error with a sentence that says more.
    pub fn because(mut self, detail: impl Into<String>) -> Error {
        self.0.detail = Some(detail.into());
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where it went wrong, if that is a file.
    pub fn place(&self) -> Option<&Path> {
        self.0.place.as_deref()
    }

    /// The reason without the place, as `problems` in a report has it.
    pub fn reason(&self) -> String {
        // What is wrong with a setting, or with all that was named, is said by the sentence; what kind it is adds nothing.
        if let (ErrorKind::Setting | ErrorKind::NothingReadable, Some(detail), None) =
            (self.0.kind, &self.0.detail, &self.0.source)
        {
            return detail.clone();
        }
        let mut reason = self.0.kind.says().to_owned();
        if let Some(detail) = &self.0.detail {
            reason = format!("{reason}: {detail}");
        }
        if let Some(source) = &self.0.source {
            reason = format!("{reason}: {source}");
        }
        reason
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.0.place {
            write!(f, "{}: ", place.display())?;
        }
        f.write_str(&self.reason())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|e| e as _)
    }
}

/// Why a record gave no document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Not JSON: what was expected, and the byte of the record where it was not.
    Malformed(&'static str, usize),
    /// JSON, but no object.
    NotAnObject,
    /// No text field, or null: its name, and the fields that are there.
    NoText(String, Vec<String>),
    /// The text field holds something else than a string or a list of them: its name, and what it holds.
    TextIsNoString(String, &'static str),
    /// More bytes than a record may have.
    TooLarge(u64),
    /// Neither UTF-8 nor free of NUL: not text.
    Binary,
    /// Of a kind that this build does not read.
    Unsupported(&'static str),
    /// The record's bytes changed or vanished since they were first read.
    Changed,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Malformed(what, at) => write!(f, "malformed JSON: expected {what} at byte {at}"),
            Reason::NotAnObject => f.write_str("not a JSON object"),
            Reason::NoText(field, there) => {
                write!(f, "no field `{field}` (name the text field with --text-field)")?;
                if there.is_empty() { Ok(()) } else { write!(f, "; there are `{}`", there.join("`, `")) }
            }
            Reason::TextIsNoString(field, what) => write!(f, "field `{field}` is not a string: it is {what}"),
            Reason::TooLarge(limit) => write!(f, "larger than {limit} bytes (--max-record)"),
            Reason::Binary => f.write_str("binary data, not text"),
            Reason::Unsupported(kind) => write!(f, "{kind}: this build has no reader for it"),
            Reason::Changed => f.write_str("changed while it was being read"),
        }
    }
}

impl std::error::Error for Reason {}

impl From<Reason> for Error {
    fn from(reason: Reason) -> Error {
        match reason {
            Reason::Changed => Error::new(ErrorKind::Changed),
            reason => Error::new(ErrorKind::Read).because(reason.to_string()),
        }
    }
}
