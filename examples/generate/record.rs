//! A document as a line of JSON.

use std::io;

use serde::{Deserialize, Serialize};
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Its fields in the order of the line.
#[derive(Serialize)]
pub struct Record<'a> {
    pub id: String,
    pub title: &'a str,
    pub url: String,
    pub source: &'a str,
    pub date: String,
    pub text: &'a str,
}

impl Record<'_> {
    pub fn line(&self) -> Result<Vec<u8>, String> {
        let mut line = Vec::with_capacity(self.text.len() + 512);
        let written = self.serialize(&mut Serializer::with_formatter(&mut line, Spaced));
        written.map_err(|error| format!("{}: {error}", self.id))?;
        line.push(b'\n');
        Ok(line)
    }
}

/// Spaces after commas and colons, as Python's `json.dumps` has them: sets that were generated before have them.
struct Spaced;

impl Formatter for Spaced {
    fn begin_object_key<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// The address of an article on its site, unlike that of any other number.
pub fn url(host: &str, date: &str, title: &str, number: usize) -> String {
    format!("https://{host}/{}/{}-{number}", date[..10].replace('-', "/"), slug(title))
}

fn slug(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.take(8).map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// A minute of 2025, which runs on into January where the minutes do.
pub fn date(minute: usize) -> String {
    const DAYS: [usize; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut day, mut month) = (minute / (24 * 60), 0);
    while day >= DAYS[month % 12] {
        day -= DAYS[month % 12];
        month += 1;
    }
    let (year, month) = (2025 + month / 12, month % 12 + 1);
    format!("{year}-{month:02}-{:02}T{:02}:{:02}:00Z", day + 1, minute / 60 % 24, minute % 60)
}

/// The field `text` of a line, whatever else there is.
pub fn text_of(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Text {
        text: String,
    }
    serde_json::from_str::<Text>(line).ok().map(|record| record.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        let (id, url, date) = ("d1".into(), "https://x.example/".into(), date(0));
        let record = Record { id, title: "A \"title\"", url, source: "S", date, text };
        let line = record.line().unwrap_or_else(|error| panic!("{error}"));
        String::from_utf8_lossy(&line).into_owned()
    }

    #[test]
    fn a_line_is_spaced_and_its_text_is_read_as_it_was_written() {
        let expected = "{\"id\": \"d1\", \"title\": \"A \\\"title\\\"\", \"url\": \"https://x.example/\", \
             \"source\": \"S\", \"date\": \"2025-01-01T00:00:00Z\", \"text\": \"a\\nb\u{201C}\"}\n";
        assert_eq!(line("a\nb\u{201C}"), expected);
        let text = "a \"quote\", a \\, a\ttab\nand \u{201C}curly\u{201D} \u{1}";
        assert_eq!(text_of(&line(text)).as_deref(), Some(text));
    }

    #[test]
    fn a_line_without_a_text_has_none() {
        assert_eq!(text_of(r#"{"n":[1,{"text":"}"}],"text":"x"}"#).as_deref(), Some("x"));
        for broken in
            ["", "{}", "{\"text\": 1}", "{\"text\": \"\\", "{\"text\": \"\\u12", "{\"title\": \"x\"}"]
        {
            assert_eq!(text_of(broken), None, "{broken}");
        }
    }

    #[test]
    fn minutes_are_dates() {
        assert_eq!(date(0), "2025-01-01T00:00:00Z");
        assert_eq!(date((31 + 28) * 24 * 60 + 61), "2025-03-01T01:01:00Z");
        assert_eq!(date(365 * 24 * 60), "2026-01-01T00:00:00Z");
    }
}
