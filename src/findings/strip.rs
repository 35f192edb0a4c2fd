//! Texts without their sites' chrome, for corpora that are written again.

use std::ops::Range;

use crate::document::DocId;
use crate::model::{ContentReader, Model};
use crate::options::Mode;
use crate::scan::Run;
use crate::scan::texts::Texts;

/// Cuts the chrome that a run's model knows out of its documents.
pub struct Stripper<'a> {
    texts: Texts<'a>,
    model: &'a Model,
    sites: Vec<u64>,
    reader: ContentReader,
}

impl Run {
    /// Cuts the chrome of this run's sites out of its documents; none in classic mode, which knows no chrome.
    pub fn stripper(&self) -> Option<Stripper<'_>> {
        let model = self.model.as_ref().filter(|_| self.policy().mode == Mode::Aligned)?;
        let texts = self.texts();
        let reader = ContentReader::new(self.recipe(), texts.kernel);
        Some(Stripper { texts, model, sites: self.documents.site_hashes(), reader })
    }
}

impl Stripper<'_> {
    /// The text of a document without chrome; none where it has none, or is no longer what it was. Linear in the text.
    pub fn stripped(&mut self, document: DocId) -> Option<String> {
        let site = self.sites[self.texts.documents.entries[document.index()].site as usize];
        if !self.model.chrome.knows(site) {
            return None;
        }
        let Stripper { texts, model, reader, .. } = self;
        let stripped = texts.get(document.0, |text| {
            reader.read(text);
            let pieces = reader.chrome(text, site, model);
            without(text, pieces.iter().map(|piece| reader.bytes_of(piece)))
        });
        stripped.ok().flatten()
    }
}

/// The text without these ranges, ascending, each with what belongs to it; none where there are none.
fn without(text: &str, ranges: impl Iterator<Item = Range<usize>>) -> Option<String> {
    let mut left = String::new();
    let mut at = 0;
    for cut in ranges.map(|range| widened(text, range)) {
        left.push_str(text.get(at..cut.start).unwrap_or_default());
        at = at.max(cut.end);
    }
    (at > 0).then(|| {
        left.push_str(text.get(at..).unwrap_or_default());
        left
    })
}

/// These ranges of a text, ascending, each with what belongs to it, and none with what belongs to the one before.
pub(crate) fn apart(text: &str, ranges: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut behind = 0;
    let cut = |range: Range<usize>| {
        let whole = widened(text, range);
        let cut = whole.start.max(behind)..whole.end.max(behind);
        behind = cut.end;
        cut
    };
    ranges.map(cut).collect()
}

/// A piece with the punctuation that it begins and ends with, and where nothing else stands in its lines, with their end
/// and the blank lines behind them.
fn widened(text: &str, range: Range<usize>) -> Range<usize> {
    let is_edge = |c: char| !c.is_alphanumeric() && !c.is_whitespace();
    let before = text[..range.start].trim_end_matches(is_edge);
    let behind = text[range.end..].trim_start_matches(is_edge);
    let is_space = |c: char| c.is_whitespace() && c != '\n';
    let (line, rest) = (before.trim_end_matches(is_space), behind.trim_start_matches(is_space));
    let whole_lines =
        (line.is_empty() || line.ends_with('\n')) && (rest.is_empty() || rest.starts_with('\n'));
    match whole_lines {
        true => line.len()..text.len() - rest.trim_start_matches(char::is_whitespace).len(),
        // Of the spaces on both sides one stays.
        false if before.is_empty() || before.ends_with(char::is_whitespace) => {
            before.len()..text.len() - rest.len()
        }
        false => before.len()..text.len() - behind.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, pieces: &[&str]) -> Option<String> {
        let range = |piece: &&str| text.find(piece).map(|at| at..at + piece.len()).expect("stands there");
        without(text, pieces.iter().map(range))
    }

    #[test]
    fn lines_go_with_their_ends_and_phrases_with_their_points() {
        let text =
            "Sign up here.\n\nThe bridge opens.\n(Sign up now!)\n\nIt is long. Follow us today: More soon.";
        assert_eq!(cut(text, &[]), None);
        let left = cut(text, &["Sign up here", "Sign up now", "Follow us today"]);
        assert_eq!(left.as_deref(), Some("The bridge opens.\nIt is long. More soon."));
        assert_eq!(cut("all of it", &["all of it"]).as_deref(), Some(""));
        assert_eq!(cut("“Ça”, né\n", &["Ça"]).as_deref(), Some("né\n"));
    }
}
