//! Two reports compared: which clusters are new, and what became of the old ones.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::{ClusterRow, Report};

/// What changed between two runs. A cluster may be in several lists; one that is in none is as it was.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Diff {
    /// Clusters none of whose documents was in a cluster before.
    pub new: Vec<Changed>,
    /// Clusters that have the documents of one old cluster, or some of them, and others.
    pub grown: Vec<Changed>,
    /// Old clusters whose documents are in several clusters now.
    pub split: Vec<Changed>,
    /// Clusters with documents of several old clusters.
    pub merged: Vec<Changed>,
    /// Old clusters none of whose documents is in a cluster now.
    pub vanished: Vec<Changed>,
}

/// A cluster of the later report, or in `split` and `vanished` of the earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Its id.
    pub id: String,
    /// Its representative's id.
    pub representative: String,
    /// The representative's headline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its documents, the representative too.
    pub documents: usize,
    /// Ids of the clusters of the other report that it has documents in common with.
    pub of: Vec<String>,
    /// Documents that none of those has, by id.
    pub added: Vec<String>,
}

impl Diff {
    /// Compares an earlier with a later report by the ids of documents. Lists keep the order of their report.
    pub fn between(old: &Report, new: &Report) -> Diff {
        let (before, after) = (Placed::of(old), Placed::of(new));
        let mut diff = Diff::default();
        for cluster in &new.clusters {
            let changed = before.changed(cluster);
            match changed.of.len() {
                0 => diff.new.push(changed),
                1 if changed.added.is_empty() => {}
                1 => diff.grown.push(changed),
                _ => diff.merged.push(changed),
            }
        }
        for cluster in &old.clusters {
            let changed = after.changed(cluster);
            match changed.of.len() {
                0 => diff.vanished.push(changed),
                1 => {}
                _ => diff.split.push(changed),
            }
        }
        diff
    }

    /// Whether there are duplicates that were not there before: new clusters, grown or merged ones.
    pub fn has_new(&self) -> bool {
        !(self.new.is_empty() && self.grown.is_empty() && self.merged.is_empty())
    }
}

/// The documents of one report's clusters.
struct Placed<'a>(HashMap<&'a str, &'a str>);

impl<'a> Placed<'a> {
    fn of(report: &'a Report) -> Placed<'a> {
        let pairs = report
            .clusters
            .iter()
            .flat_map(|cluster| cluster.documents().map(move |document| (&*document.id, &*cluster.id)));
        Placed(pairs.collect())
    }

    fn changed(&self, cluster: &ClusterRow) -> Changed {
        let ids = || cluster.documents().map(|document| &*document.id);
        let of: BTreeSet<&str> = ids().filter_map(|id| self.0.get(id).copied()).collect();
        Changed {
            id: cluster.id.clone(),
            representative: cluster.representative.id.clone(),
            title: cluster.representative.title.clone(),
            documents: cluster.members.len() + 1,
            of: of.into_iter().map(str::to_owned).collect(),
            added: ids().filter(|id| !self.0.contains_key(id)).map(str::to_owned).collect(),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::options::Policy;
    use crate::recipe::Recipe;
    use crate::report::{Accounting, MemberRow, SCHEMA_VERSION, Settings};

    /// A report of these clusters, each of its documents' ids.
    pub fn report(clusters: &[&[&str]]) -> Report {
        let member = |id: &&str| MemberRow { id: (*id).to_owned(), ..MemberRow::default() };
        let cluster = |ids: &&[&str]| ClusterRow {
            id: format!("cluster of {}", ids[0]),
            lead: ids[0].to_owned(),
            representative: member(&ids[0]),
            members: ids[1..].iter().map(member).collect(),
            origin: None,
            touches: Vec::new(),
        };
        let settings = Settings::new(Recipe::default(), &Policy::default(), &Default::default(), &[]);
        let clusters = clusters.iter().map(cluster).collect();
        Report { clusters, ..Report::empty(SCHEMA_VERSION, settings, Accounting::default()) }
    }

    #[test]
    fn every_change_has_its_list() {
        let old =
            report(&[&["a", "b"], &["c", "d"], &["e", "f"], &["g", "h", "i", "j"], &["k", "l"], &["m", "n"]]);
        let new = report(&[
            &["a", "b", "x"],
            &["c", "d", "e", "f"],
            &["g", "h"],
            &["i", "j"],
            &["y", "z"],
            &["m", "n"],
        ]);
        let diff = Diff::between(&old, &new);
        let names =
            |list: &[Changed]| list.iter().map(|c| c.representative.clone()).collect::<Vec<_>>().join(" ");
        let lists = [&diff.new, &diff.grown, &diff.split, &diff.merged, &diff.vanished];
        assert_eq!(lists.map(|list| names(list)), ["y", "a", "g", "c", "k"]);
        assert_eq!(diff.grown[0].added, ["x"]);
        assert!(!Diff::between(&old, &old).has_new());
    }
}
