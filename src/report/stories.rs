//! Stories that were known keep the ids that they had.
//!
//! An id is made of a cluster's representative, which changes where a longer copy turns up, or an earlier original. So a
//! report that is made beside an earlier one gives each of its clusters the id of the earlier cluster that it is, by the
//! documents that they have in common:
//!
//! - Of a story that **split** the part with the most of its documents keeps the id; the others are new stories.
//! - Stories that **merged** have the id of the one with the most documents in common; the other ids end.
//! - Where two have as many, the one that has the earlier cluster's representative goes first, and then the order of the
//!   reports.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use xxhash_rust::xxh3::xxh3_64;

use super::{ClusterRow, Report};

/// Gives the clusters of a report the ids that they have in an earlier one. Time is that of sorting the documents that both
/// have.
pub fn keep_ids(report: &mut Report, earlier: &Report) {
    let ids = kept_ids(&report.clusters, &earlier.clusters);
    rename(report, ids);
}

/// Gives the clusters of a report these ids, in order, wherever they are named.
pub fn rename(report: &mut Report, ids: Vec<String>) {
    let renamed: HashMap<String, String> =
        report.clusters.iter().map(|cluster| cluster.id.clone()).zip(ids.iter().cloned()).collect();
    for touch in report.clusters.iter_mut().flat_map(|cluster| &mut cluster.touches) {
        if let Some(id) = touch.cluster.as_ref().and_then(|id| renamed.get(id)) {
            touch.cluster = Some(id.clone());
        }
    }
    for (cluster, id) in report.clusters.iter_mut().zip(ids) {
        cluster.id = id;
    }
}

/// The ids of clusters, in order, beside those of an earlier report.
fn kept_ids(clusters: &[ClusterRow], earlier: &[ClusterRow]) -> Vec<String> {
    let mut before: HashMap<&str, usize> = HashMap::new();
    for (number, cluster) in earlier.iter().enumerate() {
        before.extend(cluster.documents().map(|document| (&*document.id, number)));
    }
    // By later and earlier cluster: documents in common, and whether one is the earlier one's representative.
    let mut common: BTreeMap<(usize, usize), (usize, bool)> = BTreeMap::new();
    for (number, cluster) in clusters.iter().enumerate() {
        for document in cluster.documents() {
            if let Some(&of) = before.get(&*document.id) {
                let known = common.entry((number, of)).or_default();
                *known = (known.0 + 1, known.1 || earlier[of].representative.id == document.id);
            }
        }
    }
    let mut pairs: Vec<((usize, usize), (usize, bool))> = common.into_iter().collect();
    pairs.sort_by_key(|&((number, of), (count, has_centre))| (Reverse(count), !has_centre, of, number));
    let mut ids: Vec<Option<&str>> = vec![None; clusters.len()];
    let mut taken: HashSet<usize> = HashSet::new();
    for ((number, of), _) in pairs {
        if ids[number].is_none() && taken.insert(of) {
            ids[number] = Some(&earlier[of].id);
        }
    }
    // A part that is a new story may have the representative of the old one, and with it the id that another part kept.
    let mut used: HashSet<String> = ids.iter().flatten().map(|id| (*id).to_owned()).collect();
    let mut free = |cluster: &ClusterRow| {
        let mut id = cluster.id.clone();
        while !used.insert(id.clone()) {
            id = format!("{:016x}", xxh3_64(id.as_bytes()));
        }
        id
    };
    clusters.iter().zip(ids).map(|(cluster, id)| id.map_or_else(|| free(cluster), str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::MemberRow;

    fn clusters(rows: &[(&str, &[&str])]) -> Vec<ClusterRow> {
        let member = |id: &&str| MemberRow { id: (*id).to_owned(), ..MemberRow::default() };
        let row = |(id, documents): &(&str, &[&str])| ClusterRow {
            id: (*id).to_owned(),
            lead: documents[0].to_owned(),
            representative: member(&documents[0]),
            members: documents[1..].iter().map(member).collect(),
            origin: None,
            touches: Vec::new(),
        };
        rows.iter().map(row).collect()
    }

    fn kept(now: &[(&str, &[&str])], before: &[(&str, &[&str])]) -> Vec<String> {
        kept_ids(&clusters(now), &clusters(before))
    }

    #[test]
    fn a_story_keeps_its_id_whoever_represents_it() {
        let before: &[(&str, &[&str])] = &[("one", &["a", "b"]), ("two", &["c", "d"])];
        assert_eq!(kept(&[("x", &["o", "a", "b"]), ("y", &["d", "e", "c"])], before), ["one", "two"]);
        assert_eq!(kept(&[("x", &["e", "f"]), ("y", &["b", "a"])], before), ["x", "one"]);
    }

    #[test]
    fn of_parts_the_largest_is_the_story_and_no_id_is_given_twice() {
        let before: &[(&str, &[&str])] = &[("one", &["a", "b", "c", "d", "e"])];
        let ids = kept(&[("one", &["a", "b"]), ("y", &["c", "d", "e"])], before);
        assert_eq!(ids[1], "one");
        assert!(ids[0] != "one" && ids[0].len() == 16, "{ids:?}");
        // Of equal parts the one that has its representative.
        assert_eq!(kept(&[("x", &["c", "d"]), ("y", &["b", "a"])], before), ["x", "one"]);
    }

    #[test]
    fn stories_that_merge_have_the_id_of_the_larger() {
        let before: &[(&str, &[&str])] = &[("one", &["a", "b"]), ("two", &["c", "d", "e"])];
        assert_eq!(kept(&[("x", &["a", "b", "c", "d", "e"])], before), ["two"]);
        assert_eq!(kept(&[("x", &["a", "b", "c"]), ("y", &["d", "e"])], before), ["one", "two"]);
        let equal: &[(&str, &[&str])] = &[("one", &["a", "b"]), ("two", &["c", "d"])];
        assert_eq!(kept(&[("x", &["d", "c", "b", "a"])], equal), ["one"], "the order of the report");
    }
}
