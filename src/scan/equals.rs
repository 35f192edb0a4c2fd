//! Documents of equal token sequences: computed once, kept with the run.

use std::collections::HashMap;

use super::STAR;
use crate::document::DocId;

/// Groups of documents whose token sequences are equal, and whose titles are where a title is part of a text. With `--within`
/// and `--against` a group is what is looked at together; the pairs between such groups are among the run's.
#[derive(Debug, Default)]
pub(crate) struct Equals {
    /// Each by id.
    groups: Vec<Vec<DocId>>,
    /// By group: the distinct shingles of each of its documents.
    shingles: Vec<u32>,
    /// By document of a group: the group's number.
    of: HashMap<DocId, usize>,
    /// By document that stands for those of one title, where their text has several: the text's number.
    text_of: HashMap<DocId, usize>,
    /// By such a text: what stands for the documents of each title.
    titled: Vec<Vec<DocId>>,
}

impl Equals {
    pub(super) fn new(groups: Vec<Vec<DocId>>, shingles: Vec<u32>) -> Equals {
        let numbered = groups.iter().enumerate();
        let of = numbered.flat_map(|(number, group)| group.iter().map(move |&document| (document, number)));
        Equals { of: of.collect(), groups, shingles, ..Equals::default() }
    }

    /// Says which documents have one text under several titles: each stands for those of its title.
    pub(super) fn are_titled(&mut self, texts: &[Vec<u32>]) {
        self.titled = texts.iter().map(|text| text.iter().map(|&d| self.first(DocId(d))).collect()).collect();
        let numbered = self.titled.iter().enumerate();
        self.text_of = numbered
            .flat_map(|(number, text)| text.iter().map(move |&document| (document, number)))
            .collect();
    }

    /// All groups, each by id, with the distinct shingles of each of its documents.
    pub fn groups(&self) -> impl Iterator<Item = (&[DocId], u32)> {
        self.groups.iter().map(Vec::as_slice).zip(self.shingles.iter().copied())
    }

    /// The documents that equal this one, by id, itself among them; none where no other does.
    pub fn of(&self, document: DocId) -> &[DocId] {
        self.of.get(&document).map_or(&[], |&number| &self.groups[number])
    }

    /// The document of the lowest id that equals this one, or this one.
    pub fn first(&self, document: DocId) -> DocId {
        self.of(document).first().copied().unwrap_or(document)
    }

    /// What stands for the documents of each title of this one's text, where it has several.
    fn titles(&self, document: DocId) -> &[DocId] {
        self.text_of.get(&self.first(document)).map_or(&[], |&number| &self.titled[number])
    }

    /// The document of the lowest number that equals this one, or this one.
    pub fn oldest(&self, document: DocId) -> DocId {
        self.of(document).iter().copied().min().unwrap_or(document)
    }

    /// The document of the lowest number that has this one's words, whatever their titles, or this one.
    pub fn oldest_of_text(&self, document: DocId) -> DocId {
        let oldest = |&first: &DocId| self.oldest(first);
        self.titles(document).iter().map(oldest).min().unwrap_or(self.oldest(document))
    }

    /// The document that stands for this one in pairs: the first of its group, or of the first title of its text, where that
    /// is reported as a star.
    pub fn centre(&self, document: DocId) -> DocId {
        match self.titles(document) {
            [first, ..] if self.titles(document).len() > STAR => *first,
            _ if self.of(document).len() > STAR => self.first(document),
            _ => document,
        }
    }
}
