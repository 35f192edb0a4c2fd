//! Which pairs are looked at: all, those of two sets, those close in time.

use std::collections::{HashMap, HashSet};

use super::groups::Group;
use super::read::Documents;
use crate::candidates::Candidate;
use crate::document::DocId;

/// A stretch of time: its first and last second, since 1970.
type Period = (i64, i64);

/// Which pairs are looked at. No others are verified, and none are reported.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Seconds that two documents are apart at most.
    within: Option<u64>,
    /// By document that stands for a group: the first and the last date there.
    spans: HashMap<u32, Period>,
    /// Documents of equal token sequences that stand for several groups.
    twins: HashSet<Candidate>,
}

impl Scope {
    pub fn new(within: Option<u64>) -> Scope {
        Scope { within, ..Scope::default() }
    }

    fn is_whole(&self, documents: &Documents) -> bool {
        self.within.is_none() && documents.against.is_empty()
    }

    /// Whether a pair of documents is looked at. One without a date is close to none.
    pub fn admits(&self, documents: &Documents, a: DocId, b: DocId) -> bool {
        let own = |d: DocId| date(documents, d.0).map(|date| (date, date));
        self.allows(documents, (a.0, own(a)), (b.0, own(b)))
    }

    /// Whether any pair of those that two documents stand for is looked at, and not settled yet.
    fn meets(&self, documents: &Documents, (a, b): Candidate) -> bool {
        let spans = [a, b].map(|d| self.span(documents, d));
        !self.twins.contains(&(a.min(b), a.max(b))) && self.allows(documents, (a, spans[0]), (b, spans[1]))
    }

    fn allows(
        &self,
        documents: &Documents,
        (a, of_a): (u32, Option<Period>),
        (b, of_b): (u32, Option<Period>),
    ) -> bool {
        let are_apart = documents.is_against(DocId(a)) != documents.is_against(DocId(b));
        let close = match (self.within, of_a, of_b) {
            (None, ..) => true,
            (Some(within), Some(of_a), Some(of_b)) => are_close(within, of_a, of_b),
            (Some(_), ..) => false,
        };
        close && (are_apart || documents.against.is_empty())
    }

    fn span(&self, documents: &Documents, document: u32) -> Option<Period> {
        self.spans.get(&document).copied().or_else(|| date(documents, document).map(|date| (date, date)))
    }

    /// Keeps the pairs that are looked at.
    pub fn keep(&self, documents: &Documents, pairs: &mut Vec<Candidate>) {
        if !self.is_whole(documents) {
            pairs.retain(|&pair| self.meets(documents, pair));
        }
    }

    /// Parts groups of equal documents, so that what is looked at of one member of a part is looked at of all, as far as
    /// sets go, and so that all members of a part are close in time. `first` puts the one that stands for a part first.
    /// Returns the parts of several members.
    pub fn part(
        &mut self,
        documents: &Documents,
        groups: Vec<Group>,
        first: impl Fn(&mut Group),
    ) -> Vec<Group> {
        let mut parts: Vec<Group> = Vec::new();
        for mut group in groups {
            if self.is_whole(documents) {
                first(&mut group);
                parts.push(group);
                continue;
            }
            let mut of_group = self.parts(documents, group);
            of_group.iter_mut().for_each(&first);
            for part in &of_group {
                let dates = part.iter().filter_map(|&d| date(documents, d));
                if let (Some(from), Some(to)) = (dates.clone().min(), dates.max()) {
                    self.spans.insert(part[0], (from, to));
                }
            }
            self.pair_twins(documents, &of_group);
            parts.extend(of_group.into_iter().filter(|part| part.len() > 1));
        }
        parts
    }

    /// By set, then from each first date on as long as time allows; whoever has no date is alone.
    fn parts(&self, documents: &Documents, mut group: Group) -> Vec<Group> {
        group.sort_unstable_by_key(|&d| (documents.is_against(DocId(d)), date(documents, d), d));
        let mut parts: Vec<Group> = Vec::new();
        for document in group {
            let joins = |part: &Group| {
                let first = part[0];
                let spans = [first, document].map(|d| date(documents, d).map(|date| (date, date)));
                let close = self.within.is_none_or(|within| match spans {
                    [Some(from), Some(to)] => are_close(within, from, to),
                    _ => false,
                });
                close && documents.is_against(DocId(first)) == documents.is_against(DocId(document))
            };
            match parts.last_mut() {
                Some(part) if joins(part) => part.push(document),
                _ => parts.push(vec![document]),
            }
        }
        parts
    }

    /// Notes which parts of one group are looked at together.
    fn pair_twins(&mut self, documents: &Documents, parts: &[Group]) {
        let mut leaders: Vec<(Option<Period>, u32)> =
            parts.iter().map(|part| (self.span(documents, part[0]), part[0])).collect();
        leaders.retain(|(span, _)| self.within.is_none() || span.is_some());
        leaders.sort_unstable();
        let mut twins = Vec::new();
        for (i, &(of_a, a)) in leaders.iter().enumerate() {
            for &(of_b, b) in &leaders[i + 1..] {
                if let (Some(within), Some(of_a), Some(of_b)) = (self.within, of_a, of_b)
                    && !are_close(within, of_a, of_b)
                {
                    // The others begin later still.
                    break;
                }
                if self.allows(documents, (a, of_a), (b, of_b)) {
                    twins.push((a.min(b), a.max(b)));
                }
            }
        }
        self.twins.extend(twins);
    }

    /// Pairs of documents with equal token sequences, in order.
    pub fn twins(&self) -> Vec<Candidate> {
        let mut twins: Vec<Candidate> = self.twins.iter().copied().collect();
        twins.sort_unstable();
        twins
    }
}

fn date(documents: &Documents, document: u32) -> Option<i64> {
    documents.dates.get(document as usize).copied().flatten()
}

/// Whether two stretches of time come as close as `within` seconds.
fn are_close(within: u64, a: Period, b: Period) -> bool {
    let gap = a.0.max(b.0).saturating_sub(a.1.min(b.1));
    gap <= 0 || gap.unsigned_abs() <= within
}
