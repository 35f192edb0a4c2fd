//! The `json` report: a line for each row of its lists, and no blanks within them. A line for every figure is twice the size.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Lists and objects within one another that have a line for each of their values: a report's parts, and their rows.
const LINES: usize = 2;

/// Writes a report, or another object with lists of rows.
///
/// # Errors
/// Those of `out`.
pub fn write_json(value: &impl Serialize, mut out: impl Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut out, Rows::default()))?;
    writeln!(out)?;
    out.flush()
}

/// How deep the writer is, and whether what it is in has a value.
#[derive(Default)]
struct Rows {
    depth: usize,
    has_value: bool,
}

impl Rows {
    fn begin<W: Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.has_value = false;
        out.write_all(bracket)
    }

    fn value<W: Write + ?Sized>(&self, out: &mut W, is_first: bool) -> io::Result<()> {
        out.write_all(if is_first { b"" } else { b"," })?;
        self.line(out, self.depth)
    }

    fn end<W: Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        if self.has_value {
            self.line(out, self.depth - 1)?;
        }
        self.depth -= 1;
        self.has_value = true;
        out.write_all(bracket)
    }

    /// A new line, where there is one for each value.
    fn line<W: Write + ?Sized>(&self, out: &mut W, indent: usize) -> io::Result<()> {
        if self.depth > LINES {
            return Ok(());
        }
        out.write_all(b"\n")?;
        (0..indent).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Rows {
    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.value(out, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.value(out, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(if self.depth > LINES { b":" } else { b": " })
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_lines_and_nothing_within_them_has() {
        let value = serde_json::json!({
            "a": [], "b": {}, "c": [{"d": [1, {"e": "x, y"}], "f": {}}, 2], "g": {"h": {"i": [3]}, "j": null}, "k": "\n",
        });
        let mut out = Vec::new();
        write_json(&value, &mut out).expect("memory");
        let text = String::from_utf8(out).expect("UTF-8");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), value);
        let expected = "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    {\"d\":[1,{\"e\":\"x, y\"}],\"f\":{}},\n    2\n  ],\n  \
             \"g\": {\n    \"h\": {\"i\":[3]},\n    \"j\": null\n  },\n  \"k\": \"\\n\"\n}\n";
        assert_eq!(text, expected);
    }
}
