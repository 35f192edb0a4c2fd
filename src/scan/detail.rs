//! What a report says beyond who belongs to whom: shared passages, source files, relations between clusters, texts.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::passages::{Index, Reading, around, excerpts};
use super::texts::Texts;
use super::{Cluster, Entry, Pair, Scan};
use crate::corpus::Corpus;
use crate::document::DocId;
use crate::error::Result;
use crate::options::Resources;
use crate::report::{ClusterRow, Report, SourceRow, TouchRow};

/// What a cluster touches, at most; the strongest.
const TOUCHES: usize = 50;

impl Scan {
    /// Completes a report of this run: shared passages with 40 words of context, what clusters touch,
    /// and SHA-256 of every source. Reads the texts of all clusters and all source files once more.
    ///
    /// # Errors
    /// Cancellation.
    pub fn detail(&self, corpus: &Corpus, report: &mut Report, resources: &Resources) -> Result<()> {
        resources.pool()?.install(|| {
            let texts = Texts { corpus, documents: &self.documents, kernel: resources.kernel };
            let clusters = self.clusters.par_iter().zip(&mut report.clusters);
            clusters.try_for_each(|(cluster, row)| {
                resources.cancel.check()?;
                passages(&texts, cluster, row);
                Ok(())
            })?;
            report.sources = self.sources(corpus);
            Ok(())
        })?;
        self.touches(corpus, &mut report.clusters);
        Ok(())
    }

    /// Adds to a report of this run the texts of these documents: of clusters by number and place (0 is the
    /// representative), and of pages that repeat something.
    pub fn add_texts(
        &self,
        corpus: &Corpus,
        report: &mut Report,
        wanted: &[(usize, usize)],
        pages: &[DocId],
    ) {
        let placed = wanted.iter().filter_map(|&(cluster, place)| {
            let cluster = self.clusters.get(cluster)?;
            match place.checked_sub(1) {
                None => Some(cluster.representative),
                Some(member) => cluster.members.get(member).map(|(d, _)| *d),
            }
        });
        for document in placed.chain(pages.iter().copied()) {
            if let Ok(text) = self.text(corpus, document) {
                report.texts.insert(self.read_id(corpus, document), text);
            }
        }
    }

    /// Every file that was read, by path; of an archive the archive.
    fn sources(&self, corpus: &Corpus) -> Vec<SourceRow> {
        let place = |entry: &Entry| source(corpus.place(entry.location, entry.record).0);
        let mut paths: Vec<String> = self.documents.entries.par_iter().map(place).collect();
        paths.par_sort_unstable();
        paths.dedup();
        let row = |path: String| {
            let hashed = hash_file(Path::new(&path)).ok();
            let (bytes, sha256) = hashed.map_or((0, None), |(bytes, hash)| (bytes, Some(hash)));
            SourceRow { path, bytes, sha256 }
        };
        paths.into_par_iter().map(row).collect()
    }

    fn touches(&self, corpus: &Corpus, rows: &mut [ClusterRow]) {
        let mut cluster_of: HashMap<DocId, usize> = HashMap::new();
        for (number, cluster) in self.clusters.iter().enumerate() {
            let members = cluster.members.iter().map(|(d, _)| *d);
            cluster_of.extend(members.chain([cluster.representative]).map(|d| (d, number)));
        }
        // By cluster, other cluster or else other document, and relation: the strongest pair and how many there are.
        let mut found: BTreeMap<(usize, Other, &str), (f64, DocId, u64)> = BTreeMap::new();
        for &Pair { a, b, judgement } in &self.pairs {
            let (of_a, of_b) = (cluster_of.get(&a), cluster_of.get(&b));
            if of_a == of_b {
                continue;
            }
            let sides = [(of_a, b, of_b, judgement), (of_b, a, of_a, judgement.swapped())];
            for (own, other, its, judgement) in sides {
                let Some(&own) = own else { continue };
                let key = its.map_or(Other::Document(self.id(other)), |&cluster| Other::Cluster(cluster));
                let entry = found.entry((own, key, super::summary::relation_from_a(&judgement))).or_insert((
                    judgement.score,
                    other,
                    0,
                ));
                entry.2 += 1;
                if judgement.score > entry.0 {
                    (entry.0, entry.1) = (judgement.score, other);
                }
            }
        }
        let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
        for ((own, other, relation), (score, document, pairs)) in found {
            let cluster = match other {
                Other::Cluster(number) => Some(ids[number].clone()),
                Other::Document(_) => None,
            };
            let id = self.read_id(corpus, document);
            let relation = relation.to_owned().into();
            rows[own].touches.push(TouchRow { cluster, id, relation, score, pairs });
        }
        for row in rows {
            row.touches.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
            row.touches.truncate(TOUCHES);
        }
    }
}

/// What a cluster touches.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Other<'a> {
    Cluster(usize),
    Document(&'a str),
}

/// Fills in what each member shares with the representative. A document that changed since has nothing to show, and
/// is among the problems already.
fn passages(texts: &Texts<'_>, cluster: &Cluster, row: &mut ClusterRow) {
    let Ok(whole) = texts.get(cluster.representative.0, str::to_owned) else { return };
    let index = Index::new(&whole, texts.kernel);
    let around_all: Vec<Vec<Range<usize>>> = cluster
        .members
        .par_iter()
        .zip(&mut row.members)
        .map_init(
            || Reading::new(texts.kernel),
            |reading, ((document, _), member)| {
                let shown = texts.get(document.0, |text| {
                    reading.read(text);
                    let spans = index.shared(reading);
                    member.spans = index.rows(reading, &spans);
                    if member.relation.as_deref() == Some("exact") {
                        return Vec::new();
                    }
                    let [here, there] = around(&spans);
                    member.excerpts = excerpts(text, reading, here);
                    there
                });
                shown.unwrap_or_default()
            },
        )
        .collect();
    row.representative.excerpts = index.excerpts(&whole, around_all.into_iter().flatten().collect());
}

/// The file that a place is in: the place itself, or the archive that it is an entry of.
fn source(place: String) -> String {
    let is_file = |path: &&Path| path.is_file();
    match Path::new(&place).ancestors().find(is_file).and_then(Path::to_str) {
        Some(file) if file.len() < place.len() => file.to_owned(),
        _ => place,
    }
}

/// Size and SHA-256 of a regular file, as 64 hex digits.
///
/// # Errors
/// Those of reading it, or that it is no regular file.
pub fn hash_file(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut hash = Sha256::new();
    let bytes = io::copy(&mut file, &mut hash)?;
    let digits = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((bytes, digits))
}
