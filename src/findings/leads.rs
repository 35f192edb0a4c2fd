//! The lead of each cluster, and what its other documents are to it.
//!
//! A cluster's representative is who the others were verified against; its lead is who a reader wants to see first and to
//! keep: the original where it is known. What was not judged against the lead is judged here, so that whoever removes a
//! copy for its original removes nothing unseen.

use std::collections::{HashMap, HashSet};

use super::lineage::Lineage;
use crate::candidates::Candidate;
use crate::document::DocId;
use crate::error::Result;
use crate::judge::{Directed, Judgement};
use crate::report::ClusterRow;
use crate::scan::{Cluster, Run};

impl Run {
    /// The document that leads a cluster: the origin where dates or names tell that it was first and it is one of the
    /// cluster, else the representative. A document of a second set leads whatever is a copy of it.
    pub(super) fn lead(&self, lineage: &Lineage, number: usize, cluster: &Cluster) -> DocId {
        let is_against = self.documents.is_against(cluster.representative);
        let original = lineage.origins.get(number).filter(|origin| origin.ordered && !is_against);
        let is_member = |&document: &DocId| cluster.members.iter().any(|(member, _)| *member == document);
        original.map(|origin| origin.document).filter(is_member).unwrap_or(cluster.representative)
    }

    /// Adds to the rows of all clusters, in order, who leads them, and what the others are to a lead that is not the
    /// representative.
    pub(super) fn add_leads(&self, lineage: &Lineage, rows: &mut [ClusterRow]) -> Result<()> {
        let leads: Vec<DocId> =
            self.clusters.iter().enumerate().map(|(i, cluster)| self.lead(lineage, i, cluster)).collect();
        let led =
            || self.clusters.iter().zip(&leads).filter(|(cluster, lead)| cluster.representative != **lead);
        let mut wanted: HashSet<Candidate> = HashSet::new();
        for (cluster, &lead) in led() {
            let others = cluster.documents().filter(|&document| document != lead);
            wanted.extend(others.map(|document| self.equal_pair(document, lead)));
        }
        let mut verified = self.judged_before(&wanted);
        let met: HashSet<Candidate> = verified.keys().copied().collect();
        let mut open: Vec<Candidate> =
            wanted.into_iter().filter(|&(a, b)| a != b && !met.contains(&(a, b))).collect();
        open.sort_unstable();
        let judged = self.judged(&open)?;
        verified
            .extend(open.into_iter().zip(judged).filter_map(|(pair, judgement)| Some((pair, judgement?))));
        for ((cluster, row), &lead) in self.clusters.iter().zip(rows).zip(&leads) {
            row.lead = self.id(lead).to_owned();
            if lead == cluster.representative {
                continue;
            }
            let members = cluster.documents().zip(row.documents_mut());
            for (document, member) in members.filter(|(document, _)| *document != lead) {
                let to_lead = match self.equal_pair(document, lead) {
                    (a, b) if a == b => Some(Directed::Exact),
                    _ if !self.admits(document, lead) => None,
                    pair => verified.get(&pair).map(Judgement::from_a),
                };
                member.to_lead =
                    to_lead.filter(|relation| relation.shares_cluster()).map(|r| r.name().into());
            }
        }
        Ok(())
    }

    /// Two documents, each by the one that stands for those of its words.
    fn equal_pair(&self, a: DocId, b: DocId) -> Candidate {
        (self.equals.first(a).0, self.equals.first(b).0)
    }

    /// What the run says of some of these pairs already.
    fn judged_before(&self, wanted: &HashSet<Candidate>) -> HashMap<Candidate, Judgement> {
        let mut known: HashMap<Candidate, Judgement> = HashMap::new();
        for pair in &self.pairs {
            let (a, b) = self.equal_pair(pair.a, pair.b);
            for (key, judgement) in [((a, b), pair.judgement), ((b, a), pair.judgement.swapped())] {
                if wanted.contains(&key) {
                    // Of copies some may be versions of one page, and others not.
                    let known = known.entry(key).or_insert(judgement);
                    if !known.relation.is_copy() {
                        *known = judgement;
                    }
                }
            }
        }
        known
    }
}
