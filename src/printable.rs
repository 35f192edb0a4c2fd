//! Text of documents, paths and other people's files on its way to a terminal, which obeys some of it and hides some.

use std::io::{self, Write};

/// Whether a terminal would obey a character, or show the reader nothing, or text in another order than it stands:
/// controls, marks of direction, what has no width, and tags. What is left of an emoji or of a word of Persian without its
/// joiners can be read; what was hidden cannot hide.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Hyphens and joiners without width, and letters that fill nothing.
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            // Marks of direction.
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
            // Line ends that are no line feeds, and notes between lines.
            | '\u{2028}' | '\u{2029}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            // Tags, and selectors of variants by the hundred: both carry text that nobody sees.
            | '\u{e0000}'..='\u{e0fff}')
}

/// The text on one line, without what is hidden.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|&c| !is_hidden(c)).collect()
}

/// As [`printable`], line by line; lines behind the first are indented, so that none of them is taken for another message.
pub fn printable_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(printable).collect();
    lines.join("\n  ")
}

/// Writes to a terminal what can be shown there: text without what is hidden, but for line ends and tabs.
#[derive(Debug)]
pub struct Shown<W> {
    to: W,
    /// Whether styles, which are ours, go through.
    styles: bool,
    /// Bytes of a character that is not over yet.
    rest: Vec<u8>,
}

impl<W: Write> Shown<W> {
    /// Of data: nothing steers the terminal.
    pub fn data(to: W) -> Shown<W> {
        Shown { to, styles: false, rest: Vec::new() }
    }

    /// Of our own words, with bold type and colours.
    pub fn styled(to: W) -> Shown<W> {
        Shown { to, styles: true, rest: Vec::new() }
    }

    fn show(&mut self, text: &str) -> io::Result<()> {
        let mut from = 0;
        while let Some(at) = text[from..].find(|c: char| is_hidden(c) && c != '\n' && c != '\t') {
            let at = from + at;
            self.to.write_all(&text.as_bytes()[from..at])?;
            let rest = &text[at..];
            let style = if self.styles { style(rest) } else { 0 };
            self.to.write_all(&rest.as_bytes()[..style])?;
            from = at + if style > 0 { style } else { rest.chars().next().map_or(1, char::len_utf8) };
        }
        self.to.write_all(&text.as_bytes()[from..])
    }
}

/// Bytes of the style that a text begins with: an escape, a bracket, one or two digits and `m`.
fn style(text: &str) -> usize {
    let Some(inside) = text.strip_prefix("\x1b[") else { return 0 };
    let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=2).contains(&digits) && inside.as_bytes().get(digits) == Some(&b'm') { digits + 3 } else { 0 }
}

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = std::mem::take(&mut self.rest);
        all.extend_from_slice(bytes);
        let chunks: Vec<_> = all.utf8_chunks().collect();
        for (number, chunk) in chunks.iter().enumerate() {
            self.show(chunk.valid())?;
            let invalid = chunk.invalid();
            let is_last = number + 1 == chunks.len();
            // At the end it may be the beginning of a character.
            if is_last && std::str::from_utf8(invalid).is_err_and(|e| e.error_len().is_none()) {
                self.rest = invalid.to_vec();
            } else if !invalid.is_empty() {
                self.show("\u{fffd}")?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_steered_by_text() {
        assert_eq!(printable("a\x1b[2Jb\u{9b}c\r\nd"), "a[2Jbc  d");
        assert_eq!(printable("a\u{202e}b\u{200b}c\u{e0041}d\u{2028}e\u{feff}"), "abcd e");
        assert_eq!(printable_lines("one\x07\ntwo\x1b"), "one\n  two");
    }

    #[test]
    fn what_is_written_is_shown_however_it_is_cut() {
        let text = "caf\u{e9} \x1b[31mred\x1b[0m \x1b]0;title\x07\u{202e}\u{1f600}\ttab\n".as_bytes();
        for cut in 0..text.len() {
            let mut out = Shown::data(Vec::new());
            let parts = text.split_at(cut);
            [parts.0, parts.1].iter().for_each(|part| out.write_all(part).expect("memory takes it"));
            assert_eq!(out.to, "caf\u{e9} [31mred[0m ]0;title\u{1f600}\ttab\n".as_bytes(), "cut at {cut}");
        }
        let mut out = Shown::styled(Vec::new());
        out.write_all(b"\x1b[1mbold\x1b[0m \x1b[2J \xFF.").expect("memory takes it");
        assert_eq!(out.to, "\x1b[1mbold\x1b[0m [2J \u{fffd}.".as_bytes());
    }
}
