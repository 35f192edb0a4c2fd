//! Pairs and groups of equal documents to the pairs and clusters of a run.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::equals::Equals;
use super::groups::Group;
use super::texts::Texts;
use super::{Cluster, Pair, Run, STAR};
use crate::candidates::Candidate;
use crate::cluster::{Edge, JOINS, Node, stars, stars_of};
use crate::document::DocId;
use crate::judge::{Judgement, Measures, Relation, ShingleSet, Side};
use crate::recipe::Recipe;
use crate::sketch::Sketcher;

/// How many distinct shingles the members of each group have.
pub(super) fn copies_shingles(texts: &Texts<'_>, recipe: Recipe, groups: &[Group]) -> Vec<u32> {
    groups
        .par_iter()
        .map_init(
            || (Sketcher::as_printed(recipe, texts.kernel), ShingleSet::new(texts.kernel)),
            |(sketcher, set), group| {
                let filled = texts.get(group[0], |text| set.fill(sketcher.shingles(text).0));
                filled.map_or(0, |()| set.count() as u32)
            },
        )
        .collect()
}

impl Run {
    /// The judgement of two documents; of two equally long ones with equally many shingles, the lower id is called
    /// the contained one.
    fn settled(&self, a: DocId, b: DocId, judgement: Judgement) -> Judgement {
        let tokens = |d: DocId| self.documents.entries[d.index()].tokens;
        let Measures { a: of_a, b: of_b, .. } = judgement.measures;
        if judgement.inner.is_none() || of_a != of_b || tokens(a) != tokens(b) {
            return judgement;
        }
        let lower = if self.ids.rank(a) < self.ids.rank(b) { Side::A } else { Side::B };
        Judgement { inner: Some(lower), ..judgement }
    }

    /// Clusters, and the pairs that groups of equal documents imply.
    pub(super) fn group(&mut self, groups: &[Group], shingles: Vec<u32>, found: &[(Candidate, Judgement)]) {
        let leaders: Vec<u32> = groups.iter().map(|group| group[0]).collect();
        let groups = self.sorted_by_id(groups);
        let stars = Stars::new(self, &groups, &leaders, found);
        let mut pairs: Vec<Pair> = Vec::new();
        for (group, &shingles) in groups.iter().zip(&shingles) {
            let centres = if group.len() > STAR { 1 } else { group.len() };
            for (i, &a) in group[..centres].iter().enumerate() {
                let exact = |&b: &DocId| Pair { a, b, judgement: Judgement::exact(shingles) };
                pairs.extend(group[i + 1..].iter().filter(|&&b| self.admits(a, b)).map(exact));
            }
        }
        for &((a, b), judgement) in found {
            for &a in stars.shown(&groups, a) {
                let others = stars.shown(&groups, b).iter().filter(|&&b| self.admits(a, b));
                pairs.extend(others.map(|&b| self.pair(a, b, judgement)));
            }
        }
        pairs.par_sort_unstable_by_key(|pair| (self.ids.rank(pair.a), self.ids.rank(pair.b)));
        self.clusters = stars.clusters(self, &shingles, found);
        self.pairs = pairs;
        self.equals = Equals::new(groups, shingles);
    }

    /// Whether a pair is one of those that were asked for.
    pub(crate) fn admits(&self, a: DocId, b: DocId) -> bool {
        self.scope.admits(&self.documents, a, b)
    }

    /// The pair in order of ids.
    fn pair(&self, a: DocId, b: DocId, judgement: Judgement) -> Pair {
        // Copies of one text may be pages of different addresses.
        let judgement = match (judgement.overlap.is_some(), self.documents.are_versions(a, b)) {
            (false, _) => judgement,
            (true, true) => judgement.of_versions(),
            (true, false) => judgement.of_strangers(),
        };
        let judgement = self.settled(a, b, judgement);
        if self.ids.rank(a) <= self.ids.rank(b) {
            Pair { a, b, judgement }
        } else {
            Pair { a: b, b: a, judgement: judgement.swapped() }
        }
    }

    fn sorted_by_id(&self, groups: &[Group]) -> Vec<Vec<DocId>> {
        let sorted = groups.iter().map(|group| {
            let mut group: Vec<DocId> = group.iter().map(|&d| DocId(d)).collect();
            group.sort_unstable_by_key(|&d| self.ids.rank(d));
            group
        });
        sorted.collect()
    }
}

/// The least share of a digest that a story makes up to be of one cluster with it.
const JOINS_DIGEST: f64 = 0.4;

/// Pairs of nodes: a, b and what they are to each other.
type Linked = (u32, u32, Judgement);

/// Of a pair of which one stands in the other and is a small part of it: the outer node, and where in it.
fn small_part(&(a, b, judgement): &Linked) -> Option<(u32, (f64, f64))> {
    let overlap = judgement.overlap?;
    let [of_b, of_a] = judgement.covers();
    match judgement.inner? {
        Side::A => (of_b < JOINS_DIGEST).then_some((b, overlap.extent[1])),
        Side::B => (of_a < JOINS_DIGEST).then_some((a, overlap.extent[0])),
    }
}

/// Which pairs may bind a cluster. A digest holds stories that have nothing to do with one another: it shares other
/// parts with other documents. It is a copy of none of them, unless one is nearly all of it.
fn binding(nodes: usize, pairs: &[Linked]) -> Vec<bool> {
    // By node: the first end and the last start of what it shares with others.
    let mut bounds = vec![(f64::INFINITY, 0.0f64); nodes];
    let mut bound = |node: u32, (start, end): (f64, f64)| {
        let bound = &mut bounds[node as usize];
        *bound = (bound.0.min(end), bound.1.max(start));
    };
    for pair in pairs {
        match (pair.2.relation, pair.2.overlap) {
            (Relation::Partial, Some(overlap)) => {
                bound(pair.0, overlap.extent[0]);
                bound(pair.1, overlap.extent[1]);
            }
            _ => small_part(pair).into_iter().for_each(|(node, extent)| bound(node, extent)),
        }
    }
    let in_digest = |pair: &Linked| {
        small_part(pair).is_some_and(|(node, (start, end))| {
            let (first_end, last_start) = bounds[node as usize];
            start >= first_end || end <= last_start
        })
    };
    let binds = |pair: &Linked| {
        let [a, b] = pair.2.covers();
        pair.2.relation.is_copy() && (pair.2.overlap.is_none() || (a.min(b) >= JOINS && !in_digest(pair)))
    };
    pairs.iter().map(binds).collect()
}

/// Groups and single documents as the nodes of the star clustering.
struct Stars {
    /// The documents of each node, by id; those of a group at the group's number.
    nodes: Vec<Vec<DocId>>,
    /// By the number of the document that stands for it in `found`.
    node_of: Vec<u32>,
}

impl Stars {
    /// `leaders` are the documents that stand for the groups in `found`.
    fn new(run: &Run, groups: &[Vec<DocId>], leaders: &[u32], found: &[(Candidate, Judgement)]) -> Stars {
        let mut nodes: Vec<Vec<DocId>> = groups.to_vec();
        let mut node_of = vec![u32::MAX; run.documents.entries.len()];
        for (number, &leader) in leaders.iter().enumerate() {
            node_of[leader as usize] = number as u32;
        }
        for d in found.iter().flat_map(|((a, b), _)| [*a, *b]) {
            if node_of[d as usize] == u32::MAX {
                node_of[d as usize] = nodes.len() as u32;
                nodes.push(vec![DocId(d)]);
            }
        }
        Stars { nodes, node_of }
    }

    /// The documents that pairs of this node show: of a large group its centre only.
    fn shown(&self, groups: &[Vec<DocId>], document: u32) -> &[DocId] {
        let node = self.node_of[document as usize] as usize;
        let documents = &self.nodes[node];
        let is_star = node < groups.len() && documents.len() > STAR;
        if is_star { &documents[..1] } else { documents }
    }

    fn clusters(&self, run: &Run, shingles: &[u32], found: &[(Candidate, Judgement)]) -> Vec<Cluster> {
        let node_of = |d: u32| self.node_of[d as usize];
        let mut found: Vec<Linked> =
            found.iter().map(|&((a, b), judgement)| (node_of(a), node_of(b), judgement)).collect();
        let mut binding = binding(self.nodes.len(), &found).into_iter();
        // Whoever may represent the other has to be close to it.
        let first = |node: u32| self.nodes[node as usize][0];
        found.retain(|pair| binding.next().unwrap_or_default() && run.admits(first(pair.0), first(pair.1)));
        let edge =
            |&(a, b, judgement): &Linked| Edge { a, b, score: judgement.score, covers: judgement.covers() };
        let edges: Vec<Edge> = found.iter().map(edge).collect();
        let nodes = self.ranked(run);
        let places = if run.documents.against.is_empty() {
            stars(&nodes, &edges)
        } else {
            stars_of(&nodes, &edges, |node| run.documents.is_against(self.nodes[node as usize][0]))
        };
        let exact = |node: usize| shingles.get(node).map(|&n| Judgement::exact(n));
        let mut members: BTreeMap<u32, Vec<(DocId, Judgement)>> = BTreeMap::new();
        let mut clusters: Vec<Cluster> = Vec::new();
        for (node, place) in places.into_iter().enumerate() {
            let (joined, judgement) = match place.edge {
                None => (&self.nodes[node][1..], exact(node)),
                Some(edge) => {
                    let (_, _, judgement) = found[edge as usize];
                    let from_member = edges[edge as usize].a == node as u32;
                    let seen = if from_member { judgement } else { judgement.swapped() };
                    (&self.nodes[node][..], Some(seen))
                }
            };
            let representative = self.nodes[place.star as usize][0];
            let (joined, left): (Vec<DocId>, Vec<DocId>) =
                joined.iter().partition(|&&d| run.admits(d, representative));
            let joined = joined.into_iter();
            let list = members.entry(place.star).or_default();
            list.extend(joined.filter_map(|d| Some((d, run.settled(d, representative, judgement?)))));
            // Copies that are too late for the one that their text belongs to are still copies of one another.
            if let (Some((&first, others)), Some(_)) = (left.split_first(), place.edge) {
                let copies = others.iter().filter(|&&d| run.admits(d, first));
                let members = copies.filter_map(|&d| Some((d, exact(node)?))).collect();
                clusters.push(Cluster { representative: first, members });
            }
        }
        clusters.extend(members.into_iter().map(|(star, mut members)| {
            members.sort_unstable_by_key(|(d, _)| run.ids.rank(*d));
            Cluster { representative: self.nodes[star as usize][0], members }
        }));
        clusters.retain(|cluster| !cluster.members.is_empty());
        clusters.sort_unstable_by_key(|cluster| {
            (std::cmp::Reverse(cluster.members.len()), run.ids.rank(cluster.representative))
        });
        clusters
    }

    fn ranked(&self, run: &Run) -> Vec<Node> {
        let node = |documents: &Vec<DocId>| Node {
            size: documents.len() as u32,
            tokens: run.documents.entries[documents[0].index()].tokens,
            rank: run.ids.rank(documents[0]),
        };
        self.nodes.iter().map(node).collect()
    }
}
