//! Documents of equal token sequences: computed once, kept with the run.

use std::collections::HashMap;

use super::STAR;
use crate::document::DocId;

/// Groups of documents whose token sequences are equal. With `--within` and `--against` a group is what is looked at
/// together; the pairs between such groups are among the run's.
#[derive(Debug, Default)]
pub(crate) struct Equals {
    /// Each by id.
    groups: Vec<Vec<DocId>>,
    /// By group: the distinct shingles of each of its documents.
    shingles: Vec<u32>,
    /// By document of a group: the group's number.
    of: HashMap<DocId, usize>,
}

impl Equals {
    pub(super) fn new(groups: Vec<Vec<DocId>>, shingles: Vec<u32>) -> Equals {
        let numbered = groups.iter().enumerate();
        let of = numbered.flat_map(|(number, group)| group.iter().map(move |&document| (document, number)));
        Equals { of: of.collect(), groups, shingles }
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

    /// The document that stands for this one in pairs: the first of its group where that is reported as a star.
    pub fn centre(&self, document: DocId) -> DocId {
        if self.of(document).len() > STAR { self.first(document) } else { document }
    }
}
