//! What of a corpus goes, as a removal list says it: documents, and passages of those that stay.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufWriter, Write};
use std::ops::Range;

use serde::Serialize;

use super::Removable;
use super::keep::{self, Gone, Rules, part};
use super::passages::{self, Passage, Shared};
use crate::document::DocId;
use crate::error::Result;
use crate::findings::strip;
use crate::judge::{Judgement, Relation};
use crate::report::{ClusterRow, MemberRow};
use crate::scan::{Cluster, Run};

/// A document that does not stay, as `--removed FILE` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removal {
    /// Its id.
    pub id: String,
    /// The id of the copy that stays.
    pub kept: String,
    /// What it is to that copy: `exact`, `near` or `contained`; with `--remove partial` also what it shares with one of the
    /// second set.
    pub relation: &'static str,
    /// The rule that chose the copy: `against` for one of a second set, `passages` where nothing would be left of the document
    /// without what others have.
    pub rule: &'static str,
}

/// A passage that is cut out of a document that stays, as `--removed FILE` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cut {
    /// The document's id.
    pub id: String,
    /// The id of the document that has the passage.
    pub kept: String,
    /// `passage`.
    pub relation: &'static str,
    /// `against` where a second set has it, `earlier` where a document before this one has.
    pub rule: &'static str,
    /// The first byte of the document's text that goes.
    pub start: usize,
    /// The byte behind the last one.
    pub end: usize,
    /// The first byte of the passage in the other document's text.
    pub kept_start: usize,
    /// The byte behind its last one there.
    pub kept_end: usize,
    /// Tokens that go.
    pub tokens: u32,
    /// What goes: the passage, and the punctuation and line ends that belong to it.
    pub text: String,
}

/// What goes, and what it costs each site.
#[derive(Debug, Default)]
pub struct Decisions {
    /// Documents that go, in order, each with the reason.
    pub removed: BTreeMap<u32, Removal>,
    /// What is cut out of documents that stay, by document and in order of place.
    pub cuts: BTreeMap<u32, Vec<Cut>>,
    /// Documents that are duplicates, whether they go or not: those of clusters but for one of each.
    pub duplicates: u64,
    /// By site of more than one document: documents, and how many of them go; those that lose more than half.
    pub losing: Vec<(String, u64, u64)>,
}

/// Decides what goes; `clusters` are the run's rows, with their lineage. Every removed document was verified against the
/// copy that stays for it.
pub fn decide(run: &Run, clusters: &[ClusterRow], rules: &Rules, removable: Removable) -> Decisions {
    let verified = Verified::of(run);
    let mut removed = BTreeMap::new();
    for (cluster, row) in run.clusters.iter().zip(clusters) {
        let is_against = run.documents.is_against(cluster.representative);
        let allows = |relation: &&str| {
            if is_against { removable.allows_against(relation) } else { removable.allows(relation) }
        };
        let documents: Vec<DocId> = cluster.documents().collect();
        let rows: Vec<&MemberRow> = row.documents().collect();
        let relation = |place: usize, kept: usize| {
            let relation = verified.relation(documents[place], documents[kept]);
            let relation = relation.or_else(|| keep::verified(row, &rows, place, kept));
            relation.filter(|relation| allows(relation) && !rules.protect(rows[place]))
        };
        let gone = if is_against {
            let of_second = |place: usize| {
                relation(place, 0).map(|relation| Gone { place, kept: 0, relation, rule: "against" })
            };
            (1..documents.len()).filter_map(of_second).collect()
        } else {
            part(row, rules, relation)
        };
        removed.extend(gone.into_iter().map(|Gone { place, kept, relation, rule }| {
            let (id, kept) = (rows[place].id.clone(), rows[kept].id.clone());
            (documents[place].0, Removal { id, kept, relation, rule })
        }));
    }
    if removable.takes_partial() {
        add_sharing(run, rules, removable, &mut removed);
    }
    let losing = losing(run, &removed);
    let duplicates = run.clusters.iter().map(|cluster| cluster.members.len() as u64).sum();
    Decisions { removed, cuts: BTreeMap::new(), duplicates, losing }
}

/// Adds documents that share a passage with one of a second set, whether they are of a cluster with it or not.
fn add_sharing(run: &Run, rules: &Rules, removable: Removable, removed: &mut BTreeMap<u32, Removal>) {
    // By the document that stands for all of its words: the strongest of what it is to the second set.
    let mut shared: HashMap<DocId, (DocId, Judgement)> = HashMap::new();
    for pair in &run.pairs {
        for (own, other, judgement) in
            [(pair.a, pair.b, pair.judgement), (pair.b, pair.a, pair.judgement.swapped())]
        {
            let is_asked = !run.documents.is_against(own) && run.documents.is_against(other);
            if is_asked && removable.allows_against(judgement.from_a().name()) {
                let known = shared.entry(run.equals.first(own)).or_insert((other, judgement));
                if judgement.score > known.1.score {
                    *known = (other, judgement);
                }
            }
        }
    }
    for document in own_documents(run) {
        let Some(&(other, judgement)) = shared.get(&run.equals.first(document)) else { continue };
        if run.admits(document, other) && !is_protected(run, rules, document) {
            let removal = || Removal {
                id: run.read_id(document),
                kept: run.read_id(other),
                relation: judgement.from_a().name(),
                rule: "against",
            };
            removed.entry(document.0).or_insert_with(removal);
        }
    }
}

/// The documents that are not of a second set.
fn own_documents(run: &Run) -> impl Iterator<Item = DocId> {
    let all = (0..run.documents.entries.len() as u32).map(DocId);
    all.filter(|&document| !run.documents.is_against(document))
}

fn is_protected(run: &Run, rules: &Rules, document: DocId) -> bool {
    rules.protect_any() && rules.protect(&run.member_row(document, None))
}

impl Decisions {
    /// How many duplicates stay.
    pub fn staying(&self, run: &Run) -> u64 {
        let members = run.clusters.iter().flat_map(Cluster::documents);
        let gone = members.filter(|document| self.removed.contains_key(&document.0)).count() as u64;
        self.duplicates.saturating_sub(gone)
    }

    /// Decides what is cut out of the documents that stay: every passage of at least the policy's `partial_words` tokens that
    /// a second set has word for word, or where there is none a document before. What would be left with nothing goes.
    ///
    /// Texts are as they are given: whoever has a passage may itself lose a part of it, to one before.
    ///
    /// # Errors
    /// Cancellation.
    pub fn cut_passages(&mut self, run: &Run, rules: &Rules) -> Result<()> {
        let stays =
            |document: DocId| self.removed.contains_key(&document.0) || is_protected(run, rules, document);
        let shared = passages::shared(run, run.policy().partial_words, stays)?;
        let rule = if run.documents.against.any() { "against" } else { "earlier" };
        for (document, Shared { passages, is_all }) in shared {
            let id = run.read_id(document);
            let longest = passages.iter().max_by_key(|passage| passage.tokens);
            if let Some(longest) = longest.filter(|_| is_all) {
                let kept = run.read_id(longest.of);
                let removal = Removal { id, kept, relation: Relation::Partial.name(), rule: "passages" };
                self.removed.insert(document.0, removal);
                continue;
            }
            // What is no longer what it was is among the scan's problems, and stays.
            let Ok(text) = run.text(document) else { continue };
            let ranges = strip::apart(&text, passages.iter().map(|passage| passage.range.clone()));
            let cut = |(passage, range): (&Passage, Range<usize>)| Cut {
                id: id.clone(),
                kept: run.read_id(passage.of),
                relation: "passage",
                rule,
                start: range.start,
                end: range.end,
                kept_start: passage.of_range.start,
                kept_end: passage.of_range.end,
                tokens: passage.tokens,
                text: text[range].to_owned(),
            };
            self.cuts.insert(document.0, passages.iter().zip(ranges).map(cut).collect());
        }
        self.losing = losing(run, &self.removed);
        Ok(())
    }
}

fn losing(run: &Run, removed: &BTreeMap<u32, Removal>) -> Vec<(String, u64, u64)> {
    let mut sites: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for document in own_documents(run) {
        let site = sites.entry(run.site(document)).or_default();
        site.0 += 1;
        site.1 += u64::from(removed.contains_key(&document.0));
    }
    let losing = sites.into_iter().filter(|(_, (all, gone))| *all > 1 && 2 * gone > *all);
    losing.map(|(site, (all, gone))| (site.to_owned(), all, gone)).collect()
}

/// Which documents were verified against which: documents with equal token sequences are one.
struct Verified<'a> {
    run: &'a Run,
    judged: HashMap<(DocId, DocId), Judgement>,
}

impl<'a> Verified<'a> {
    fn of(run: &'a Run) -> Verified<'a> {
        let mut judged = HashMap::new();
        for pair in run.pairs.iter().filter(|pair| pair.judgement.relation.is_copy()) {
            let (a, b) = (run.equals.first(pair.a), run.equals.first(pair.b));
            if a != b {
                judged.insert((a, b), pair.judgement);
            }
        }
        Verified { run, judged }
    }

    /// What `a` is to `b`, where that was verified.
    fn relation(&self, a: DocId, b: DocId) -> Option<&'static str> {
        let (a, b) = (self.run.equals.first(a), self.run.equals.first(b));
        if a == b {
            return Some(Relation::Exact.name());
        }
        let forwards = self.judged.get(&(a, b)).copied();
        let judgement = forwards.or_else(|| self.judged.get(&(b, a)).map(|judgement| judgement.swapped()))?;
        Some(judgement.from_a().name())
    }
}

/// Lists what goes, documents and passages, a JSON object a line, in the order of documents.
///
/// # Errors
/// Those of writing.
pub fn list(decisions: &Decisions, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let mut cuts = decisions.cuts.iter().peekable();
    let mut line = |line: &dyn Fn(&mut dyn Write) -> serde_json::Result<()>| {
        line(&mut out)?;
        writeln!(out)
    };
    for (document, removal) in &decisions.removed {
        while let Some((_, cuts)) = cuts.next_if(|(before, _)| *before < document) {
            cuts.iter().try_for_each(|cut| line(&|out| serde_json::to_writer(out, cut)))?;
        }
        line(&|out| serde_json::to_writer(out, removal))?;
    }
    cuts.flat_map(|(_, cuts)| cuts).try_for_each(|cut| line(&|out| serde_json::to_writer(out, cut)))?;
    out.flush()
}
