//! Origins and parents of a run's clusters, computed only for a report that shows them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use super::audit::outside;
use crate::document::site_hash;
use crate::document::{DocId, Meta};
use crate::error::Result;
use crate::judge::Relation;
use crate::model::{ContentReader, Model};
use crate::origin::{Copy, Descent, Lag, OriginRule, Parent, Way, When, credits, trace};
use crate::report::{ClusterRow, OriginRow, ParentRow, SitePairRow};
use crate::scan::texts::Texts;
use crate::scan::{Cluster, Pair, Run};
use crate::text::Tokens;

/// Least share of a member's text that a document from outside the cluster has, to have had it before the cluster: a
/// paragraph of background is less.
const PASSAGE: f64 = 1.0 / 3.0;

/// Who had it first, and who took it from whom.
#[derive(Debug, Default)]
pub struct Lineage {
    /// By cluster, in order.
    pub origins: Vec<Origin>,
    /// By document: whom it has its text from. The pages that are versions of others are there too, in a cluster or not.
    pub parents: HashMap<DocId, Taken>,
}

/// The most likely origin of a cluster; see `origin::Descent`.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The document; one from outside where an excerpt was printed before any page that has the whole.
    pub document: DocId,
    /// What decided.
    pub rule: OriginRule,
    /// How much speaks for it, 0 to 1.
    pub confidence: f64,
    /// Whether dates or names tell that it was first.
    pub ordered: bool,
    /// A name from outside that members credit.
    pub outside: Option<String>,
}

/// Whom a document has its text from; see `origin::Parent`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Taken {
    /// The other document.
    pub from: DocId,
    /// Why.
    pub way: Way,
    /// What passed from its date to this one's.
    pub lag: Option<Lag>,
    /// Share of this document's shingles that stand in the other, 0 to 1.
    pub verbatim: f64,
    /// Whether a name or dates tell that the other was first.
    pub ordered: bool,
}

impl Run {
    /// Origins and parents. Reads the texts of all clusters once more, and time is that of sorting their shingles.
    ///
    /// # Errors
    /// Cancellation, or [`crate::error::ErrorKind::Setting`] where there can be no thread pool.
    pub fn lineage(&self) -> Result<Lineage> {
        let texts = self.texts();
        // In classic mode nothing is chrome.
        let nothing = Model::default();
        let gatherer = Gatherer { run: self, texts: &texts, model: self.model.as_ref().unwrap_or(&nothing) };
        let relatives = self.relatives();
        let traced: Vec<(Vec<DocId>, Descent)> = self.install(|| {
            let clusters = self.clusters.par_iter().zip(&relatives);
            let traced = clusters.map(|(cluster, relatives)| {
                self.cancel().check()?;
                let mut documents = self.by_id(cluster);
                documents.extend(gatherer.earlier(&documents, relatives));
                let descent = trace(&gatherer.copies(&documents));
                Ok((documents, descent))
            });
            traced.collect::<Result<_>>()
        })?;
        let mut lineage = Lineage::default();
        for (cluster, (documents, descent)) in self.clusters.iter().zip(traced) {
            let members = documents.iter().zip(&descent.parents).take(cluster.members.len() + 1);
            for (&document, parent) in members {
                let taken = |&Parent { of, way, lag, verbatim, ordered }: &Parent| Taken {
                    from: documents[of],
                    way,
                    lag,
                    verbatim,
                    ordered,
                };
                lineage.parents.extend(parent.iter().map(|parent| (document, taken(parent))));
            }
            lineage.origins.push(Origin {
                document: documents[descent.origin],
                rule: descent.rule,
                confidence: descent.confidence,
                ordered: descent.ordered,
                outside: descent.outside,
            });
        }
        self.versions(&mut lineage);
        Ok(lineage)
    }

    /// The documents of a cluster in order of their ids.
    fn by_id(&self, cluster: &Cluster) -> Vec<DocId> {
        let mut documents: Vec<DocId> = cluster.documents().collect();
        documents.sort_unstable_by_key(|&document| self.ids.rank(document));
        documents
    }

    /// By cluster: documents that are none of it and have a large part of its text, at one place, as most of its members
    /// know. An excerpt may have been printed before any page that has the whole.
    fn relatives(&self) -> Vec<Vec<DocId>> {
        let cluster_of = self.cluster_of();
        // By cluster and document: members that share with it, and the largest share of one of them.
        let mut shared: BTreeMap<(usize, DocId), (usize, f64)> = BTreeMap::new();
        // By document: the first end and the last start of what it shares with others.
        let mut bounds: HashMap<DocId, (f64, f64)> = HashMap::new();
        for &Pair { a, b, judgement } in
            self.pairs.iter().filter(|pair| pair.judgement.relation != Relation::Templated)
        {
            let Some(overlap) = judgement.overlap else { continue };
            let [of_b, of_a] = judgement.covers();
            for (own, other, extent, share) in
                [(a, b, overlap.extent[0], of_b), (b, a, overlap.extent[1], of_a)]
            {
                let bound = bounds.entry(own).or_insert((f64::INFINITY, 0.0));
                *bound = (bound.0.min(extent.1), bound.1.max(extent.0));
                let Some(&cluster) =
                    cluster_of.get(&other).filter(|cluster| cluster_of.get(&own) != Some(cluster))
                else {
                    continue;
                };
                let known = shared.entry((cluster, own)).or_default();
                *known = (known.0 + 1, known.1.max(share));
            }
        }
        let mut relatives = vec![Vec::new(); self.clusters.len()];
        for ((cluster, document), (members, share)) in shared {
            let is_most = 2 * members > self.clusters[cluster].members.len() + 1;
            // A digest has parts of several stories, each at its place.
            let at_one_place =
                bounds.get(&document).is_some_and(|(first_end, last_start)| last_start < first_end);
            if is_most && share >= PASSAGE && at_one_place {
                relatives[cluster].push(document);
            }
        }
        // Whatever order documents were read in.
        relatives.iter_mut().for_each(|of| of.sort_unstable_by_key(|&document| self.ids.rank(document)));
        relatives
    }

    /// Adds of every page that is a later version of another the latest before it.
    fn versions(&self, lineage: &mut Lineage) {
        let updates = self.pairs.iter().filter(|pair| pair.judgement.relation == Relation::Update);
        let mut dates: HashMap<DocId, Option<When>> = HashMap::new();
        let mut date = |document: DocId| {
            let read = || self.meta(document).date.as_deref().and_then(When::of);
            *dates.entry(document).or_insert_with(read)
        };
        // By later page, both as ids have them: date and rank of the version before it, and the parent that it is.
        let mut before: BTreeMap<u32, (DocId, (i64, u32), Taken)> = BTreeMap::new();
        for &Pair { a, b, judgement } in updates {
            let (Some(of_a), Some(of_b)) = (date(a), date(b)) else { continue };
            let (later, from, [first, last], seen) = if of_b.is_before(of_a) {
                (a, b, [of_b, of_a], judgement)
            } else if of_a.is_before(of_b) {
                (b, a, [of_a, of_b], judgement.swapped())
            } else {
                continue;
            };
            let verbatim = seen.measures.containment_a_in_b();
            let taken = Taken { from, way: Way::Version, lag: first.until(last), verbatim, ordered: true };
            let place = (first.at, self.ids.rank(from));
            let known = before.entry(self.ids.rank(later)).or_insert((later, place, taken));
            if place > known.1 {
                *known = (later, place, taken);
            }
        }
        // The tree of a cluster has one root.
        let origins: HashSet<DocId> = lineage.origins.iter().map(|origin| origin.document).collect();
        for (later, _, taken) in before.into_values() {
            // What is named may be later than who names it: then the page before may have its text from this one.
            let next = |document: &DocId| lineage.parents.get(document).map(|taken| taken.from);
            let mut ancestors =
                std::iter::successors(Some(taken.from), next).take(self.documents.entries.len());
            if ancestors.all(|ancestor| ancestor != later) && !origins.contains(&later) {
                lineage.parents.insert(later, taken);
            }
        }
    }

    /// Adds origins, parents and leads to the rows of all clusters, in order.
    ///
    /// # Errors
    /// Cancellation.
    pub fn add_lineage(&self, lineage: &Lineage, rows: &mut [ClusterRow]) -> Result<()> {
        self.add_leads(lineage, rows)?;
        for ((cluster, row), origin) in self.clusters.iter().zip(rows).zip(&lineage.origins) {
            row.origin = Some(OriginRow {
                id: self.read_id(origin.document),
                rule: origin.rule.name().into(),
                confidence: origin.confidence,
                order: order(origin.ordered),
                outside: origin.outside.clone(),
            });
            for (document, member) in cluster.documents().zip(row.documents_mut()) {
                member.parent = lineage.parents.get(&document).map(|taken| ParentRow {
                    id: self.read_id(taken.from),
                    way: taken.way.name().into(),
                    lag: taken.lag.and_then(Lag::seconds),
                    lag_days: taken.lag.and_then(Lag::days),
                    verbatim: taken.verbatim,
                    order: order(taken.ordered),
                });
            }
        }
        Ok(())
    }

    /// Who carries whose text, by carrier and source: of those of which it is known who was first.
    pub fn site_pairs(&self, lineage: &Lineage) -> Vec<SitePairRow> {
        let mut found: BTreeMap<(&str, &str), Vec<(DocId, Taken)>> = BTreeMap::new();
        for (&document, taken) in lineage.parents.iter().filter(|(_, taken)| taken.ordered) {
            if !self.same_site(document, taken.from) {
                let sites = (self.site(document), self.site(taken.from));
                found.entry(sites).or_default().push((document, *taken));
            }
        }
        let row = |((carrier, source), mut copies): ((&str, &str), Vec<(DocId, Taken)>)| {
            copies.sort_unstable_by_key(|(document, _)| self.ids.rank(*document));
            let lag = Lag::median(copies.iter().filter_map(|(_, taken)| taken.lag).collect());
            let verbatim: f64 = copies.iter().map(|(_, taken)| taken.verbatim).sum();
            let changed = copies.iter().filter(|(document, taken)| {
                let [own, its] = [*document, taken.from].map(|document| self.meta(document).title);
                own.zip(its).is_some_and(|(own, its)| headline(&own) != headline(&its))
            });
            SitePairRow {
                carrier: carrier.to_owned(),
                source: source.to_owned(),
                copies: copies.len() as u64,
                median_lag: lag.and_then(Lag::seconds),
                median_lag_days: lag.and_then(Lag::days),
                verbatim: verbatim / copies.len() as f64,
                changed_headlines: changed.count() as u64,
            }
        };
        found.into_iter().map(row).collect()
    }
}

/// What reports call an order that is known, and one that is not.
fn order(is_known: bool) -> Cow<'static, str> {
    if is_known { "known".into() } else { "unknown order".into() }
}

/// A headline as two readers would call it the same: its tokens.
fn headline(title: &str) -> Vec<String> {
    let mut tokens = Tokens::new(crate::kernel::Kernel::PORTABLE);
    tokens.read(title);
    tokens.iter().map(str::to_owned).collect()
}

/// Reads what a document's origin depends on.
struct Gatherer<'a> {
    run: &'a Run,
    texts: &'a Texts<'a>,
    model: &'a Model,
}

impl Gatherer<'_> {
    fn copies(&self, documents: &[DocId]) -> Vec<Copy> {
        let reader = || ContentReader::new(self.run.recipe(), self.texts.kernel);
        documents.par_iter().map_init(reader, |reader, &document| self.copy(reader, document)).collect()
    }

    /// Of the relatives of a cluster those that are dated before all that is dated in it.
    fn earlier(&self, members: &[DocId], relatives: &[DocId]) -> Vec<DocId> {
        let at = |document: DocId| {
            let date = self.run.meta(document).date;
            date.as_deref().and_then(When::of).map(|when| when.at)
        };
        if relatives.is_empty() {
            return Vec::new();
        }
        let Some(first) = members.iter().filter_map(|&document| at(document)).min() else {
            return Vec::new();
        };
        relatives.iter().copied().filter(|&document| at(document).is_some_and(|at| at < first)).collect()
    }

    fn copy(&self, reader: &mut ContentReader, document: DocId) -> Copy {
        let Meta { url, canonical_url, date, site, .. } = self.run.meta(document);
        let mut copy =
            Copy { site, url, canonical_url, when: date.as_deref().and_then(When::of), ..Copy::default() };
        // A document that changed since is among the problems; it has no text to compare.
        let _ = self.texts.get(document.0, |text| {
            copy.credits = credits(text);
            reader.read(text);
            let chrome = reader.chrome(text, site_hash(&copy.site), self.model);
            copy.shingles = outside(reader.shingles(), &chrome, self.run.recipe().shingle()).collect();
        });
        copy.shingles.sort_unstable();
        copy.shingles.dedup();
        copy
    }
}
