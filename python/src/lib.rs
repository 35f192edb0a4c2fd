//! `wirecopy._wirecopy`: what the Python package calls. The package (`lib/wirecopy`) gives names, types and words; here are
//! the conversions, and nothing is decided.
//!
//! Tables come in and go out as Arrow, without a copy; what is small goes out as JSON. Work runs on a thread of its own, so
//! that the one that called sees signals, and no lock of the interpreter is held meanwhile.

mod capsule;
mod error;
mod index;
mod items;
mod run;
mod settings;
mod source;
mod texts;
mod work;

use std::ffi::OsString;
use std::process::ExitCode;

use pyo3::prelude::*;

/// What `memory=` bounds: large blocks of ours, and none of Python's.
#[global_allocator]
static HEAP: wirecopy::BoundedHeap = wirecopy::BoundedHeap;

/// Runs the command with these arguments, the first of which is the program's name; gives its exit code.
#[pyfunction]
fn command(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    number(py.detach(|| wirecopy::cli::run(arguments)))
}

/// The number of an exit code, which can be compared and not read.
fn number(code: ExitCode) -> u8 {
    (0..u8::MAX).find(|&number| ExitCode::from(number) == code).unwrap_or(u8::MAX)
}

/// A damaged file is a problem of the scan, not a message about our code.
fn quieten_guarded_panics() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !wirecopy::corpus::panics_are_problems() {
            hook(panic);
        }
    }));
}

// Not tested on a Python without its lock, and so not declared to run there without one.
#[pymodule(gil_used = true)]
mod _wirecopy {
    use super::*;

    #[pymodule_export]
    use super::capsule::ArrowData;
    #[pymodule_export]
    use super::command;
    #[pymodule_export]
    use super::index::Index;
    #[pymodule_export]
    use super::run::{Run, scan};
    #[pymodule_export]
    use super::texts::{compare, extract, minhash, repeats, shingles, simhash, tokens};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        quieten_guarded_panics();
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
