//! Where the documents of a table, a crawl or an archive stand in its bytes, so that it can be written again without some
//! of them: every other byte as it was.

use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use super::{Stop, archive, table, warc};
use crate::charset::Utf8Stream;
use crate::corpus::{Corpus, Format};

/// A file of several documents, each in a stretch of bytes of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    /// Rows, whose fields are usually separated so.
    Table(u8),
    Crawl,
    Archive,
}

/// A document of a container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The record of this number.
    Record(u32),
    /// The entry of this name.
    Entry(String),
}

impl Corpus {
    /// The files that were converted to be read.
    pub(crate) fn converted(&self) -> impl Iterator<Item = &Path> {
        self.opened.converted.keys().map(|path| &**path)
    }

    /// The converted file that a place is, or leads into as into an archive.
    pub(crate) fn file_of<'a>(&'a self, place: &Path) -> Option<(&'a Path, Option<Container>)> {
        let found = place.ancestors().find_map(|file| self.opened.converted.get_key_value(file));
        found.map(|(file, (_, kind))| {
            let container = match kind.format {
                Format::Csv => Some(Container::Table(b',')),
                Format::Tsv => Some(Container::Table(b'\t')),
                Format::Warc => Some(Container::Crawl),
                Format::Tar => Some(Container::Archive),
                _ => None,
            };
            (&**file, container)
        })
    }

    /// Where these parts of a container stand in its unpacked bytes, which `open` gives: in order, and none twice.
    ///
    /// # Errors
    /// Why they cannot be told.
    pub(crate) fn stretches(
        &self,
        container: Container,
        parts: &[Part],
        open: impl Fn() -> io::Result<Box<dyn Read>>,
    ) -> Result<Vec<Range<u64>>, String> {
        let opened = || open().map_err(|e| e.to_string());
        let mut stretches = match container {
            Container::Table(usual) => numbered(parts, self.rows(usual, opened)?),
            Container::Crawl => {
                let starts = warc::starts(&mut opened()?, self.opened.max_record).map_err(why)?;
                let ends = starts.iter().skip(1).copied().chain([u64::MAX]);
                numbered(parts, starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect())
            }
            Container::Archive => named(parts, archive::stretches(&mut opened()?).map_err(why)?)?,
        };
        stretches.sort_unstable_by_key(|stretch| stretch.start);
        Ok(stretches)
    }

    /// Where the rows of a table stand in its bytes. Reading makes UTF-8 of other charsets; there the bytes as they are have
    /// to be as many rows, or nobody can tell which is which.
    fn rows(
        &self,
        usual: u8,
        opened: impl Fn() -> Result<Box<dyn Read>, String>,
    ) -> Result<Vec<Range<u64>>, String> {
        let rows = |from: &mut dyn Read| {
            let separator = table::Separator::of(usual, self.opened.delimiter);
            table::stretches(from, separator, &self.opened.fields, self.opened.max_record).map_err(why)
        };
        let mut read = Utf8Stream::new(opened()?);
        let in_utf8 = rows(&mut read)?;
        let Some(mark) = read.untouched() else {
            let as_they_are = rows(&mut opened()?).unwrap_or_default();
            if as_they_are.len() != in_utf8.len() {
                return Err("a table in this charset (make it UTF-8 first)".to_owned());
            }
            return Ok(as_they_are);
        };
        Ok(in_utf8.into_iter().map(|row| row.start + mark..row.end + mark).collect())
    }
}

/// Why reading stopped.
fn why(stop: Stop) -> String {
    match stop {
        Stop::Input(reason) => reason,
        Stop::Run(error) => error.to_string(),
    }
}

/// The stretches of records.
fn numbered(parts: &[Part], stretches: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let of = |part: &Part| match part {
        Part::Record(number) => stretches.get(*number as usize).cloned(),
        Part::Entry(_) => None,
    };
    parts.iter().filter_map(of).collect()
}

/// The stretches of entries.
fn named(parts: &[Part], stretches: Vec<(String, Range<u64>)>) -> Result<Vec<Range<u64>>, String> {
    let mut found = Vec::new();
    for part in parts {
        let Part::Entry(name) = part else { continue };
        let mut of_name = stretches.iter().filter(|(own, _)| own == name);
        match (of_name.next(), of_name.next()) {
            (Some((_, stretch)), None) => found.push(stretch.clone()),
            _ => return Err(format!("an archive with several entries of one name, `{name}`")),
        }
    }
    Ok(found)
}
