//! Documents that have little but frequent shingles: a template's members, or pages that are mostly chrome.
//!
//! Comparing each with each is quadratic, and leaving frequent shingles out loses them. Leaders instead
//! (Hartigan's leader algorithm; stars as in Aslam, Pelekhov and Rus, "The star clustering algorithm", 2004): in
//! every heavy list the document with the smallest text hash leads, each other member is compared with it,
//! and whoever is found to belong to it is settled. Lists of one template agree on their leader, so a template
//! of 50,000 members takes one round. Rounds go on until all are settled, [`ROUNDS`] are over, or rounds settle
//! hardly anyone: then what the documents share is stock phrases, and no template.
//!
//! A document asks the leaders of its [`RAREST`] lists only: a template's own shingles are rarer than the stock
//! phrases in it, and where everything is frequent a round stays linear in the number of documents.

use bitvec::prelude::*;
use rayon::prelude::*;

use super::heavy::Heavy;
use super::{Candidate, Gate, Sampled};

/// Leaders that a document is compared with, at most, in each of its lists.
const ROUNDS: usize = 8;

/// Heavy lists whose leaders a document asks.
const RAREST: usize = 4;

/// The documents of heavy lists that are not settled yet.
#[derive(Debug)]
pub struct Crowd {
    heavy: Heavy,
    gate: Gate,
    /// For what is shared that all stands for good.
    forms: Gate,
    /// Documents that may find a partner here, with their rarest lists.
    members: Vec<(u32, [u32; RAREST])>,
    /// By list: its members, the smallest text hash first, and how many of them are settled for sure.
    lists: Vec<(Vec<u32>, usize)>,
    settled: BitVec,
    rounds: usize,
    /// Pairs of the last round, and how many of them belonged together.
    asked: usize,
    found: usize,
    fruitless: usize,
}

/// A round is fruitless where fewer of its pairs than one in this many belong together.
const FRUIT: usize = 32;

/// So many fruitless rounds in a row are the last.
const FRUITLESS: usize = 2;

/// No list.
const NONE: u32 = u32::MAX;

impl Crowd {
    pub(super) fn new(heavy: Heavy, documents: &impl Sampled, (gate, forms): (&Gate, Gate)) -> Crowd {
        let mut crowd = Crowd {
            members: Vec::new(),
            lists: vec![(Vec::new(), 0); heavy.count()],
            settled: bitvec![0; heavy.documents()],
            rounds: 0,
            asked: 0,
            found: 0,
            fruitless: 0,
            gate: gate.clone(),
            forms,
            heavy,
        };
        let mut eligible: Vec<u32> = (0..crowd.heavy.documents() as u32)
            .filter(|&d| {
                // Only where its heavy samples alone could pass the gate can a document have a partner that
                // shares nothing rarer with it.
                let lists = crowd.heavy.of(d).len() as u32;
                lists > 0 && lists >= gate.between(&documents.counts(d), &documents.counts(d))
            })
            .collect();
        eligible.sort_unstable_by_key(|&d| documents.sequence(d));
        for d in eligible {
            crowd.members.push((d, crowd.rarest(d)));
            for &list in crowd.heavy.of(d) {
                crowd.lists[list as usize].0.push(d);
            }
        }
        crowd
    }

    /// Its heavy lists, to be kept: those that do not stand for good, and those that do.
    pub fn lists(&self) -> [Vec<Vec<u32>>; 2] {
        self.heavy.members()
    }

    /// The crowd of lists that were kept, of so many documents; none where they are something else.
    pub fn of_lists(
        [own, standing]: &[Vec<Vec<u32>>; 2],
        documents: &impl Sampled,
        count: usize,
        (gate, form): (&Gate, f64),
    ) -> Option<Crowd> {
        let of = |lists: &[Vec<u32>]| lists.iter().flatten().all(|&member| (member as usize) < count);
        if !of(own) || !of(standing) {
            return None;
        }
        let [own, standing] = [own, standing].map(|lists| lists.iter().map(|list| &**list));
        Some(Crowd::new(Heavy::new(own, standing, count), documents, (gate, Gate::new(form))))
    }

    fn rarest(&self, document: u32) -> [u32; RAREST] {
        let mut lists = self.heavy.of(document).to_vec();
        lists.sort_unstable_by_key(|&list| (self.heavy.size(list), list));
        std::array::from_fn(|i| lists.get(i).copied().unwrap_or(NONE))
    }

    /// The documents that may find a partner here, before any is settled.
    pub fn documents(&self) -> impl Iterator<Item = u32> + '_ {
        self.members.iter().map(|(document, _)| *document)
    }

    /// The pairs of leaders and members to verify now; none once the crowd is settled.
    pub fn round(&mut self, documents: &impl Sampled) -> Vec<Candidate> {
        self.fruitless = if self.found * FRUIT < self.asked { self.fruitless + 1 } else { 0 };
        while self.rounds < ROUNDS && self.fruitless < FRUITLESS && !self.members.is_empty() {
            self.rounds += 1;
            let leaders = self.leaders();
            let pairs = self.pairs(&leaders, documents);
            for leader in leaders.into_iter().filter(|&leader| leader != NONE) {
                self.settled.set(leader as usize, true);
            }
            self.members.retain(|(d, _)| !self.settled[*d as usize]);
            if !pairs.is_empty() {
                (self.asked, self.found) = (pairs.len(), 0);
                return pairs;
            }
        }
        Vec::new()
    }

    /// The leader of each list.
    fn leaders(&mut self) -> Vec<u32> {
        let settled = &self.settled;
        let leader = |(members, done): &mut (Vec<u32>, usize)| {
            *done += members[*done..].iter().take_while(|&&d| settled[d as usize]).count();
            members.get(*done).copied().unwrap_or(NONE)
        };
        self.lists.iter_mut().map(leader).collect()
    }

    fn pairs(&self, leaders: &[u32], documents: &impl Sampled) -> Vec<Candidate> {
        let leader_of = |list: u32| leaders.get(list as usize).copied().unwrap_or(NONE);
        let mut asked: Vec<Candidate> = Vec::new();
        for &(d, rarest) in &self.members {
            let of_d = rarest.map(leader_of).into_iter().filter(|&leader| leader != NONE && leader != d);
            asked.extend(of_d.map(|leader| (leader, d)));
        }
        asked.par_sort_unstable();
        asked.dedup();
        let groups: Vec<&[Candidate]> = asked.chunk_by(|x, y| x.0 == y.0).collect();
        let mut pairs: Vec<Candidate> = groups
            .into_par_iter()
            .map_init(
                || vec![false; self.heavy.count()],
                |marks, group| {
                    let leader = group[0].0;
                    let of_leader = documents.counts(leader);
                    let least = |gate: &Gate, d: u32| (d, gate.between(&of_leader, &documents.counts(d)));
                    let mut wanted: Vec<(u32, u32)> =
                        group.iter().map(|&(_, d)| least(&self.gate, d)).collect();
                    self.heavy.sharing(leader, marks, &mut wanted);
                    wanted.iter_mut().for_each(|want| *want = least(&self.forms, want.0));
                    self.heavy.sharing_own(leader, marks, &mut wanted);
                    let pair = |(d, _): (u32, u32)| (leader.min(d), leader.max(d));
                    wanted.into_iter().map(pair).collect::<Vec<Candidate>>()
                },
            )
            .flatten()
            .collect();
        pairs.par_sort_unstable();
        pairs.dedup();
        pairs
    }

    /// Takes note that this pair of the last round belongs together.
    pub fn settle(&mut self, (a, b): Candidate) {
        self.found += 1;
        self.settled.set(a as usize, true);
        self.settled.set(b as usize, true);
    }

    /// Documents that were compared with leaders of their lists only, and belong to none.
    pub fn unsettled(&self) -> usize {
        self.members.iter().filter(|(d, _)| !self.settled[*d as usize]).count()
    }
}
