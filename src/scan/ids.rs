//! Ids of documents: in order, and told apart where several records have one.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use super::groups;
use super::read::{DocumentEntry, Documents};
use crate::corpus::{Corpus, Problem};
use crate::document::{DocId, id_hash};

/// A problem with a document that was read.
pub(super) fn problem(corpus: &Corpus, documents: &Documents, document: u32, reason: String) -> Problem {
    let entry = &documents.entries[document as usize];
    let (path, record) = corpus.place(entry.location, entry.record);
    Problem { path, record, reason, unreadable: false }
}

/// Which records name an id that another named before, and the problems that say so.
pub(super) fn repeated_ids(
    corpus: &Corpus,
    documents: &Documents,
    problems: &mut Vec<Problem>,
) -> HashMap<DocId, u32> {
    let entries = &documents.entries;
    // Files of two directories may have one name, and a record without an id has the name of its file: what stands in one input
    // tells it for all its records, but for what was converted, where each has an id of its own.
    let key = |entry: &DocumentEntry| match entry.id_hash {
        0 if corpus.is_spooled(entry.location.input) => {
            corpus.id(entry.location, entry.record).map_or(0, |id| id_hash(id.as_bytes()))
        }
        named => named,
    };
    let keys: Vec<u64> = entries.par_iter().map(key).collect();
    let mut alike = groups::shared_keys(&keys, |&key| (key != 0).then_some(key));
    let has_none = |d: &u32| keys[*d as usize] == 0;
    let named = |d: &u32| corpus.is_named_twice(entries[*d as usize].location.input);
    alike.extend((0..entries.len() as u32).filter(has_none).filter(named));
    alike.sort_unstable();
    let mut by_id: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for document in alike {
        let entry = &entries[document as usize];
        if let Ok(id) = corpus.id(entry.location, entry.record) {
            by_id.entry(id).or_default().push(document);
        }
    }
    by_id.retain(|_, documents| documents.len() > 1);
    let known: HashSet<u64> = if by_id.is_empty() { HashSet::new() } else { keys.into_iter().collect() };
    let mut repeated = HashMap::new();
    for (id, same) in &by_id {
        let mut number = 1;
        for &document in &same[1..] {
            number += 1;
            // An id of that very form may be some record's own.
            while known.contains(&id_hash(format!("{id}#{number}").as_bytes())) {
                number += 1;
            }
            repeated.insert(DocId(document), number);
            let reason = format!("duplicate id `{id}`: this one is shown as `{id}#{number}`");
            problems.push(problem(corpus, documents, document, reason));
        }
    }
    repeated
}

/// The ids of some documents, in order.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    /// Ascending.
    ids: Vec<String>,
    /// By document number: the place of its id.
    ranks: Vec<u32>,
}

impl Ids {
    pub(super) fn new(mut named: Vec<(String, DocId)>, documents: usize) -> Ids {
        named.par_sort_unstable();
        let mut ranks = vec![u32::MAX; documents];
        for (rank, (_, document)) in named.iter().enumerate() {
            ranks[document.index()] = rank as u32;
        }
        Ids { ids: named.into_iter().map(|(id, _)| id).collect(), ranks }
    }

    pub fn get(&self, document: DocId) -> &str {
        let rank = self.rank(document) as usize;
        self.ids.get(rank).map_or("", String::as_str)
    }

    /// The place of the document's id among all; comparing places is comparing ids.
    pub fn rank(&self, document: DocId) -> u32 {
        self.ranks.get(document.index()).copied().unwrap_or(u32::MAX)
    }
}
