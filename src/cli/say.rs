//! What is said, and what is shown: the one way to standard error and standard output.
//!
//! Text of documents, paths and other people's files is in what is said. None of it reaches a terminal as it is.

use std::fmt::Arguments;
use std::io::{StdoutLock, Write};

use crate::output::standard_output;
use crate::printable::{Shown, printable_lines};

/// Says a line on standard error. That nobody can hear it, since the disk behind it is full or the pipe is closed, is no
/// reason to stop working.
macro_rules! say {
    ($($part:tt)*) => { $crate::cli::say::line(format_args!($($part)*)) };
}
pub(crate) use say;

pub fn line(said: Arguments<'_>) {
    let said = printable_lines(&said.to_string());
    let _ = writeln!(anstream::stderr().lock(), "{said}");
}

/// Standard output for words of ours, in which text of others stands.
pub fn stdout() -> Shown<anstream::AutoStream<StdoutLock<'static>>> {
    Shown::styled(anstream::stdout().lock())
}

/// Standard output for data: byte for byte, but where it is a terminal only what that can show.
pub fn data() -> Box<dyn Write + Send> {
    standard_output()
}

/// Says what is wrong with what was typed or set, as clap words it, and ends the program; shows the help that was asked for.
pub fn refuse(error: &clap::Error) -> ! {
    if !error.use_stderr() {
        error.exit();
    }
    // Its lines are clap's own, with values in them that a file of settings may have named.
    let rendered = error.render().to_string();
    let lines: Vec<String> = rendered.trim_end().lines().map(crate::printable::printable).collect();
    let _ = writeln!(anstream::stderr().lock(), "{}", lines.join("\n"));
    std::process::exit(error.exit_code())
}
