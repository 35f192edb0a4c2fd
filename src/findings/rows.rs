//! What a run found, as the data that reports are made of.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use super::Lineage;
use crate::document::DocId;
use crate::judge::{Judgement, Side};
use crate::kernel::Kernel;
use crate::page::Repeat;
use crate::report::{Accounting, ClusterRow, DocumentRow, MemberRow, PairRow, SiteRow, Span};
use crate::scan::{Cluster, Run};
use crate::text::Tokens;

/// Words of a shared excerpt.
const EXCERPT: usize = 24;

impl Run {
    /// Rows of the `pairs` report.
    /// `spans` are what [`Run::spans`] gave.
    pub fn pair_rows<'a>(&'a self, spans: Option<&'a [Vec<Span>]>) -> impl Iterator<Item = PairRow<'a>> {
        self.pairs.iter().enumerate().map(move |(number, pair)| {
            let measures = pair.judgement.measures;
            let overlap = pair.judgement.overlap;
            PairRow {
                a: self.id(pair.a),
                b: self.id(pair.b),
                relation: pair.judgement.relation.name(),
                inner: pair.judgement.inner.map(|side| match side {
                    Side::A => self.id(pair.a),
                    Side::B => self.id(pair.b),
                }),
                same_site: self.same_site(pair.a, pair.b),
                jaccard: measures.jaccard(),
                containment_a_in_b: measures.containment_a_in_b(),
                containment_b_in_a: measures.containment_b_in_a(),
                score: pair.judgement.score,
                coverage_a: overlap.map(|overlap| overlap.coverage[0]),
                coverage_b: overlap.map(|overlap| overlap.coverage[1]),
                identity: overlap.map(|overlap| overlap.identity),
                indexed: None,
                spans: spans.and_then(|spans| spans.get(number)).map(Vec::as_slice),
            }
        })
    }

    /// What became of every document.
    pub fn accounting(&self) -> Accounting {
        let mut accounting = Accounting {
            unreadable: self.documents.problems.iter().filter(|problem| problem.unreadable).count() as u64,
            duplicates: self.clusters.iter().map(|cluster| cluster.members.len() as u64).sum(),
            unsettled: self.unsettled as u64,
            against: self.documents.against.count_ones() as u64,
            undated: self.documents.dates.iter().filter(|date| date.is_none()).count() as u64,
            unread_dates: self.documents.unread.documents,
            unread_date: self.documents.unread.example.clone(),
            skipped: self.corpus.skipped().clone(),
            ..Accounting::default()
        };
        let row = |site: &String| SiteRow { site: site.clone(), documents: 0, bytes: 0, duplicates: 0 };
        accounting.sites = self.documents.sites.iter().map(row).collect();
        for (d, entry) in self.documents.entries.iter().enumerate() {
            let site = &mut accounting.sites[entry.site as usize];
            site.documents += 1;
            site.bytes += u64::from(entry.bytes);
            accounting.bytes += u64::from(entry.bytes);
            accounting.empty += u64::from(entry.tokens == 0);
            accounting.short += u64::from(self.is_short(DocId(d as u32)));
        }
        for (member, _) in self.clusters.iter().flat_map(|cluster| &cluster.members) {
            accounting.sites[self.documents.entries[member.index()].site as usize].duplicates += 1;
        }
        for pair in &self.pairs {
            *accounting.pairs.entry(pair.judgement.relation.name().into()).or_default() += 1;
        }
        let read = self.documents.entries.len() as u64;
        accounting.unique = read - accounting.empty - accounting.duplicates;
        accounting.documents = read + accounting.unreadable;
        accounting
    }

    /// Counts of each site as duplicates what is not the lead of its cluster: who publishes first carries nothing.
    pub(super) fn count_carried(&self, lineage: &Lineage, accounting: &mut Accounting) {
        let place = |document: DocId| self.documents.entries[document.index()].site as usize;
        for (number, cluster) in self.clusters.iter().enumerate() {
            accounting.sites[place(cluster.representative)].duplicates += 1;
            accounting.sites[place(self.lead(lineage, number, cluster))].duplicates -= 1;
        }
    }

    /// Rows of the json report's `clusters`.
    pub fn cluster_rows(&self) -> Vec<ClusterRow> {
        let row = |cluster: &Cluster| ClusterRow {
            id: self.cluster_id(cluster),
            lead: self.id(cluster.representative).to_owned(),
            representative: self.member_row(cluster.representative, None),
            members: cluster.members.iter().map(|(d, j)| self.member_row(*d, Some(j))).collect(),
            origin: None,
            touches: Vec::new(),
        };
        self.clusters.iter().map(row).collect()
    }

    pub(crate) fn member_row(&self, document: DocId, judgement: Option<&Judgement>) -> MemberRow {
        let meta = self.meta(document);
        let entry = &self.documents.entries[document.index()];
        let (path, record) = self.corpus.place(entry.location, entry.record);
        MemberRow {
            id: meta.id,
            title: meta.title,
            url: meta.url,
            date: meta.date,
            canonical_url: meta.canonical_url,
            site: meta.site,
            path,
            record,
            tokens: entry.tokens,
            bytes: entry.bytes,
            relation: judgement.map(|judgement| judgement.from_a().name().into()),
            jaccard: judgement.map(|j| j.measures.jaccard()),
            containment: judgement.map(|j| j.measures.containment()),
            score: judgement.map(|j| j.score),
            ..MemberRow::default()
        }
    }

    /// 16 hex digits of the hash of the representative's id and text.
    fn cluster_id(&self, cluster: &Cluster) -> String {
        let text = self.text(cluster.representative).unwrap_or_default();
        let mut key = self.id(cluster.representative).as_bytes().to_vec();
        key.extend_from_slice(&xxh3_64(text.as_bytes()).to_le_bytes());
        format!("{:016x}", xxh3_64(&key))
    }

    /// Rows of the `csv` report: every document, in order; `clusters` are those of [`Run::cluster_rows`], with their lineage.
    pub fn document_rows<'a>(
        &'a self,
        clusters: &'a [ClusterRow],
        lineage: &'a Lineage,
        repeats: &'a [(DocId, Vec<Repeat>)],
    ) -> impl Iterator<Item = DocumentRow> + 'a {
        let mut placed: HashMap<DocId, (usize, Option<usize>)> = HashMap::new();
        for (i, cluster) in self.clusters.iter().enumerate() {
            placed.insert(cluster.representative, (i, None));
            placed.extend(cluster.members.iter().enumerate().map(|(m, (d, _))| (*d, (i, Some(m)))));
        }
        let own = |repeats: &Vec<Repeat>| repeats.iter().filter(|repeat| repeat.is_own()).count();
        let repeats: HashMap<DocId, usize> = repeats.iter().map(|(d, repeats)| (*d, own(repeats))).collect();
        (0..self.documents.entries.len() as u32).map(DocId).map(move |document| {
            let meta = self.meta(document);
            let entry = &self.documents.entries[document.index()];
            let mut row = DocumentRow {
                id: meta.id,
                title: one_line(meta.title.unwrap_or_default()),
                url: one_line(meta.url.unwrap_or_default()),
                site: one_line(meta.site),
                date: one_line(meta.date.unwrap_or_default()),
                path: self.corpus.place_below(entry.location, entry.record),
                repeats: repeats.get(&document).copied().unwrap_or_default(),
                ..DocumentRow::default()
            };
            if let Some(taken) = lineage.parents.get(&document) {
                row.parent = self.read_id(taken.from);
            }
            if let Some(&(cluster, member)) = placed.get(&document) {
                row.cluster = clusters[cluster].id.clone();
                row.representative = clusters[cluster].representative.id.clone();
                row.is_lead = clusters[cluster].lead == row.id;
                if let Some(origin) = &clusters[cluster].origin {
                    row.origin = origin.id.clone();
                }
                if let Some(member) = member {
                    let (_, judgement) = &self.clusters[cluster].members[member];
                    row.relation = judgement.from_a().name();
                    let measures = judgement.measures;
                    row.measures = Some([measures.jaccard(), measures.containment(), judgement.score]);
                }
            }
            row
        })
    }

    /// The longest run of words that two documents have in common, cut to a short excerpt of `a`.
    pub fn excerpt(&self, a: DocId, b: DocId) -> Option<String> {
        let (a, b) = (self.text(a).ok()?, self.text(b).ok()?);
        let (mut of_a, mut of_b) = (Tokens::with_ranges(Kernel::PORTABLE), Tokens::new(Kernel::PORTABLE));
        of_a.read(&a);
        of_b.read(&b);
        let words: Vec<&str> = of_a.iter().collect();
        let other: Vec<&str> = of_b.iter().collect();
        let run = EXCERPT.min(words.len()).min(other.len());
        // A run of the wanted length, or half of it, and so on: the first that both have.
        let common = std::iter::successors(Some(run), |&run| (run > 3).then_some(run / 2)).find_map(|run| {
            let runs: std::collections::HashSet<&[&str]> = other.windows(run.max(1)).collect();
            words.windows(run.max(1)).position(|words| runs.contains(words)).map(|at| (at, run.max(1)))
        });
        let (at, run) = common?;
        let (start, end) = (of_a.range(at)?.start, of_a.range(at + run - 1)?.end);
        a.get(start..end).map(str::to_owned)
    }
}

/// A field without what would break its line: the csv report has a line a document.
fn one_line(field: String) -> String {
    if field.contains(['\n', '\r']) { field.split_whitespace().collect::<Vec<_>>().join(" ") } else { field }
}
