//! What went wrong, on its way to an exception. Which class each kind has, `wirecopy._errors` says.

use arrow_schema::ArrowError;
use pyo3::prelude::*;
use wirecopy::{Error, ErrorKind};

/// An error of a piece of work.
#[derive(Debug)]
pub enum Failure {
    /// Of the library.
    Core(Error),
    /// What was asked for cannot be.
    Asked(String),
    /// Of what Python code did.
    Python(PyErr),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Core(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Failure {
        Failure::Python(error)
    }
}

impl From<ArrowError> for Failure {
    fn from(error: ArrowError) -> Failure {
        Failure::Asked(error.to_string())
    }
}

/// The name of a kind, as `wirecopy.Error.kind` has it.
fn name(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotReadable if !error.place().is_some_and(std::path::Path::exists) => "missing",
        ErrorKind::NotReadable => "not-readable",
        ErrorKind::Read => "read",
        ErrorKind::Write => "write",
        ErrorKind::Changed => "changed",
        ErrorKind::TooLarge => "too-large",
        ErrorKind::Setting => "setting",
        ErrorKind::Cancelled => "cancelled",
        ErrorKind::NothingReadable => "nothing-readable",
        ErrorKind::Corrupt => "corrupt",
        ErrorKind::Version => "version",
        ErrorKind::Mismatch => "mismatch",
        ErrorKind::Locked => "locked",
        ErrorKind::Taken => "taken",
        _ => "other",
    }
}

impl Failure {
    /// The exception.
    pub fn raise(self, py: Python<'_>) -> PyErr {
        let (kind, message, path) = match &self {
            Failure::Python(error) => return error.clone_ref(py),
            Failure::Asked(message) => ("setting", message.clone(), None),
            Failure::Core(error) => {
                (name(error), error.to_string(), error.place().map(|path| path.as_os_str().to_owned()))
            }
        };
        let made = py
            .import("wirecopy._errors")
            .and_then(|errors| errors.getattr("of_kind")?.call1((kind, message, path)));
        match made {
            Ok(exception) => PyErr::from_value(exception),
            Err(error) => error,
        }
    }
}
