//! What a report says beyond who belongs to whom: shared passages, source files, relations between clusters, texts.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::path::Path;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::excerpts::{excerpts, opening};
use super::strip::Stripper;
use crate::candidates::Candidate;
use crate::document::DocId;
use crate::error::Result;
use crate::judge::{Relation, Span, swapped};
use crate::output::open_regular;
use crate::page::Repeat;
use crate::report::{ClusterRow, MemberRow, RelatedRow, Report, SourceRow, TouchRow};
use crate::scan::texts::Texts;
use crate::scan::{DocumentEntry, Pair, Run};
use crate::text::Tokens;

/// What a cluster touches, at most; the strongest.
const TOUCHES: usize = 50;

impl Run {
    /// Completes a report of this run: related pairs, shared passages with 40 words of context, and what clusters touch.
    /// Reads the texts of all clusters and related pairs once more.
    ///
    /// # Errors
    /// Cancellation.
    pub fn add_passages(&self, report: &mut Report) -> Result<()> {
        let cluster_of = self.cluster_of();
        let related = self.related(&cluster_of);
        let of_clusters = self.clusters.iter().flat_map(|cluster| {
            let in_order = |member| self.in_order(member, cluster.representative);
            cluster.members.iter().map(move |(member, judgement)| (in_order(*member), judgement.relation))
        });
        let of_related = related.iter().map(|pair| ((pair.a.0, pair.b.0), pair.judgement.relation));
        let pairs: Vec<(Candidate, Relation)> = of_clusters.chain(of_related).collect();
        let spans = self.spans_of(&pairs)?;
        let mut passages: HashMap<DocId, Vec<[usize; 2]>> = HashMap::new();
        for (&((a, b), _), spans) in pairs.iter().zip(&spans) {
            passages.entry(DocId(a)).or_default().extend(spans.iter().map(|span| span.a));
            passages.entry(DocId(b)).or_default().extend(spans.iter().map(|span| span.b));
        }
        let mut spans = spans.into_iter();
        for (cluster, row) in self.clusters.iter().zip(&mut report.clusters) {
            for (((member, _), row), spans) in cluster.members.iter().zip(&mut row.members).zip(&mut spans) {
                let is_first = self.in_order(*member, cluster.representative).0 == member.0;
                row.spans = if is_first { spans } else { swapped(spans) };
            }
        }
        report.related =
            related.iter().zip(spans).map(|(pair, spans)| self.related_row(pair, spans)).collect();
        self.install(|| -> Result<()> {
            let others = self.outside(&cluster_of);
            report.others = others.par_iter().map(|&document| self.member_row(document, None)).collect();
            let texts = self.texts();
            self.told(report).into_par_iter().try_for_each_init(
                || Tokens::with_ranges(texts.kernel),
                |tokens, (document, row)| {
                    self.cancel().check()?;
                    let passages = passages.get(&document).map(Vec::as_slice).unwrap_or_default();
                    excerpts_of(&texts, tokens, document, passages, row);
                    Ok(())
                },
            )
        })?;
        self.touches(&cluster_of, &mut report.clusters);
        Ok(())
    }

    /// Completes a report of this run: the first words of documents without a headline. Reads their texts once more.
    ///
    /// # Errors
    /// Cancellation.
    pub fn add_openings(&self, report: &mut Report) -> Result<()> {
        let mut documents = self.told(report);
        documents.retain(|(_, row)| row.title.is_none());
        self.install(|| {
            let texts = self.texts();
            documents.into_par_iter().try_for_each_init(
                || self.stripper(),
                |stripper, (document, row)| {
                    self.cancel().check()?;
                    row.opening = opening_of(&texts, stripper, document);
                    Ok(())
                },
            )
        })
    }

    /// The documents of clusters and of related pairs, each with its row.
    fn told<'r>(&self, report: &'r mut Report) -> Vec<(DocId, &'r mut MemberRow)> {
        let of_clusters = self.clusters.iter().zip(&mut report.clusters).flat_map(|(cluster, row)| {
            let members = cluster.members.iter().map(|(member, _)| *member).zip(&mut row.members);
            members.chain([(cluster.representative, &mut row.representative)])
        });
        // Rows of others are there where passages were asked for.
        let others = if report.others.is_empty() { Vec::new() } else { self.others() };
        of_clusters.chain(others.into_iter().zip(&mut report.others)).collect()
    }

    /// Two documents as the pair that they are.
    fn in_order(&self, one: DocId, other: DocId) -> Candidate {
        if self.ids.rank(one) <= self.ids.rank(other) { (one.0, other.0) } else { (other.0, one.0) }
    }

    /// Pairs whose documents are of no cluster together; the highest score first.
    fn related(&self, cluster_of: &HashMap<DocId, usize>) -> Vec<&Pair> {
        let is_related = |pair: &&Pair| {
            let of_a = cluster_of.get(&pair.a);
            of_a.is_none() || of_a != cluster_of.get(&pair.b)
        };
        let mut related: Vec<&Pair> = self.pairs.iter().filter(is_related).collect();
        related.sort_by(|x, y| y.judgement.score.total_cmp(&x.judgement.score));
        related
    }

    /// The documents of related pairs that are in no cluster, by id: as [`Report::others`] has them.
    pub fn others(&self) -> Vec<DocId> {
        self.outside(&self.cluster_of())
    }

    fn outside(&self, cluster_of: &HashMap<DocId, usize>) -> Vec<DocId> {
        let of_pairs = self.pairs.iter().flat_map(|pair| [pair.a, pair.b]);
        let mut others: Vec<DocId> = of_pairs.filter(|document| !cluster_of.contains_key(document)).collect();
        others.sort_unstable_by_key(|&document| self.ids.rank(document));
        others.dedup();
        others
    }

    fn related_row(&self, pair: &Pair, spans: Vec<Span>) -> RelatedRow {
        let Pair { a, b, judgement } = pair;
        RelatedRow {
            a: self.id(*a).to_owned(),
            b: self.id(*b).to_owned(),
            relation: judgement.from_a().name().into(),
            jaccard: judgement.measures.jaccard(),
            containment: judgement.measures.containment(),
            score: judgement.score,
            spans,
        }
    }

    /// Adds to a report of this run the texts of these documents: of clusters by number and place (0 is the
    /// representative), and of others.
    pub fn add_texts(&self, report: &mut Report, wanted: &[(usize, usize)], others: &[DocId]) {
        let placed = wanted.iter().filter_map(|&(cluster, place)| {
            let cluster = self.clusters.get(cluster)?;
            match place.checked_sub(1) {
                None => Some(cluster.representative),
                Some(member) => cluster.members.get(member).map(|(d, _)| *d),
            }
        });
        for document in placed.chain(others.iter().copied()) {
            if let Ok(text) = self.text(document) {
                report.texts.insert(self.read_id(document), text);
            }
        }
    }

    /// Adds all that is visible of the HTML pages among these.
    pub fn add_visible(&self, report: &mut Report, pages: &[(DocId, Vec<Repeat>)]) {
        for (document, _) in pages {
            if let Some(page) = self.corpus.page(self.documents.entries[document.index()].location) {
                report.visible.insert(self.read_id(*document), page.text);
            }
        }
    }

    /// Every file that was read, by path, with its SHA-256; of an archive the archive. Reads all of them once more.
    pub fn sources(&self) -> Vec<SourceRow> {
        self.install(|| self.sources_of())
    }

    fn sources_of(&self) -> Vec<SourceRow> {
        let place = |entry: &DocumentEntry| source(self.corpus.place(entry.location, entry.record).0);
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

    fn touches(&self, cluster_of: &HashMap<DocId, usize>, rows: &mut [ClusterRow]) {
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
                let entry =
                    found.entry((own, key, judgement.from_a().name())).or_insert((judgement.score, other, 0));
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
            let id = self.read_id(document);
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

/// Fills in what a report has of a document's text. One that changed since has nothing to show, and is among the
/// problems already.
fn excerpts_of(
    texts: &Texts<'_>,
    tokens: &mut Tokens,
    document: DocId,
    passages: &[[usize; 2]],
    row: &mut MemberRow,
) {
    if row.relation.as_deref() == Some("exact") {
        return;
    }
    let has_beginning = row.relation.is_none();
    let cut = texts.get(document.0, |text| {
        tokens.read(text);
        excerpts(text, tokens, passages.iter().copied(), has_beginning)
    });
    row.excerpts = cut.unwrap_or_default();
}

/// How a document begins, beside what its site prints above every text.
fn opening_of(texts: &Texts<'_>, stripper: &mut Option<Stripper<'_>>, document: DocId) -> Option<String> {
    match stripper.as_mut().and_then(|stripper| stripper.stripped(document)) {
        Some(stripped) => opening(&stripped),
        None => texts.get(document.0, opening).ok().flatten(),
    }
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
    let mut file = open_regular(path)?;
    let mut hash = Sha256::new();
    let (mut buffer, mut bytes) = (vec![0; 64 << 10], 0);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                hash.update(&buffer[..read]);
                bytes += read as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let digits = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((bytes, digits))
}
