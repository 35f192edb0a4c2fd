//! Chains: runs that follow one another in both texts, with small gaps between them.
//!
//! Sparse dynamic programming over anchors with a gap cost, as in Myers and Miller, "Chaining multiple-alignment
//! fragments in sub-quadratic time", SODA 1995, and Li, "Minimap2", Bioinformatics 34, 2018, whose bounded look-back
//! this has. Chains are local and all that do not overlap are kept, so that reordered paragraphs are found.

use super::anchors::Anchor;
use super::words::NONE;

/// Predecessors that a run is tried behind.
const LOOK_BACK: usize = 64;

/// What may follow what, and at what cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Costs {
    /// Most units between two runs of a chain, on either side.
    pub gap: u32,
    /// Hundredths of a unit that a unit of drift costs.
    pub drift: i64,
    /// Hundredths that a unit between runs costs.
    pub between: i64,
}

/// Memory for chaining.
#[derive(Debug, Default)]
pub(super) struct Chainer {
    /// By run: the best score of a chain that ends in it, in hundredths of a unit, and the run before it.
    best: Vec<(i64, u32)>,
    /// By run: where it starts and ends in the second text.
    starts: Vec<u32>,
    ends: Vec<u32>,
    order: Vec<u32>,
    taken: Vec<bool>,
    used: [Vec<bool>; 2],
    chain: Vec<Anchor>,
}

impl Chainer {
    /// Calls `accept` with the runs of every chain of at least `least` units, the best first, without overlaps on
    /// either side; it may append runs between them. `runs` are in order; `len` are the lengths of both texts.
    pub fn chains(
        &mut self,
        runs: &[Anchor],
        len: [usize; 2],
        costs: Costs,
        least: u32,
        mut accept: impl FnMut(&[Anchor], &mut [Vec<bool>; 2]),
    ) {
        self.score(runs, costs);
        for (used, len) in self.used.iter_mut().zip(len) {
            used.clear();
            used.resize(len, false);
        }
        self.taken.clear();
        self.taken.resize(runs.len(), false);
        let floor = 100 * i64::from(least);
        self.order.clear();
        self.order.extend((0..runs.len() as u32).filter(|&run| self.best[run as usize].0 >= floor));
        let best = &self.best;
        self.order.sort_unstable_by_key(|&run| (std::cmp::Reverse(best[run as usize].0), run));
        for i in 0..self.order.len() {
            let end = self.order[i];
            if !self.taken[end as usize] && self.collect(runs, end) >= least {
                for run in &self.chain {
                    self.used[0][run.a as usize..run.end_a() as usize].fill(true);
                    self.used[1][run.b as usize..run.end_b() as usize].fill(true);
                }
                accept(&self.chain, &mut self.used);
            }
        }
    }

    fn score(&mut self, runs: &[Anchor], costs: Costs) {
        self.starts.clear();
        self.starts.extend(runs.iter().map(|run| run.b));
        self.ends.clear();
        self.ends.extend(runs.iter().map(|run| run.end_b()));
        self.best.clear();
        for (i, run) in runs.iter().enumerate() {
            let mut best = (100 * i64::from(run.len), NONE);
            let first = i.saturating_sub(LOOK_BACK);
            let mut near = [0u8; LOOK_BACK];
            are_near(&self.starts[first..i], &self.ends[first..i], run.b, costs.gap, &mut near);
            // Eight at a time: where texts repeat, hardly one of many runs before this one is near it in both.
            for group in (0..(i - first).div_ceil(8)).rev() {
                let flags = &near[8 * group..8 * group + 8];
                if flags.iter().fold(0, |any, flag| any | flag) == 0 {
                    continue;
                }
                for before in (0..8).rev().filter(|&k| flags[k] != 0).map(|k| first + 8 * group + k) {
                    let score = self.score_behind(run, runs[before], before, costs);
                    if let Some(score) = score.filter(|&score| score > best.0) {
                        best = (score, before as u32);
                    }
                }
            }
            self.best.push(best);
        }
    }

    /// The score of a chain that goes on from the run `last`, of this number, with `run`; none where it cannot.
    fn score_behind(&self, run: &Anchor, last: Anchor, number: usize, costs: Costs) -> Option<i64> {
        if last.b >= run.b || last.a >= run.a {
            return None;
        }
        let cut = last.end_a().saturating_sub(run.a).max(last.end_b().saturating_sub(run.b));
        if cut >= run.len {
            return None;
        }
        let (gap_a, gap_b) = (run.a + cut - last.end_a(), run.b + cut - last.end_b());
        if gap_a.max(gap_b) > costs.gap {
            return None;
        }
        let cost = costs.drift * i64::from(gap_a.abs_diff(gap_b)) + costs.between * i64::from(gap_a + gap_b);
        Some(self.best[number].0 + 100 * i64::from(run.len - cut) - cost)
    }

    /// Collects the chain that ends in `end`, as far as others have not taken it; returns its units.
    fn collect(&mut self, runs: &[Anchor], end: u32) -> u32 {
        self.chain.clear();
        let mut at = end;
        while at != NONE && !self.taken[at as usize] {
            self.taken[at as usize] = true;
            self.chain.push(runs[at as usize]);
            at = self.best[at as usize].1;
        }
        self.chain.reverse();
        let mut kept = 0;
        let mut behind = (0, 0);
        for i in 0..self.chain.len() {
            let mut run = self.chain[i];
            let cut = u32::max(
                if kept > 0 { behind.0 } else { 0u32 }.saturating_sub(run.a),
                if kept > 0 { behind.1 } else { 0u32 }.saturating_sub(run.b),
            );
            if cut >= run.len {
                continue;
            }
            run = Anchor { a: run.a + cut, b: run.b + cut, len: run.len - cut };
            if let Some(run) = self.free(run) {
                behind = (run.end_a(), run.end_b());
                self.chain[kept] = run;
                kept += 1;
            }
        }
        self.chain.truncate(kept);
        self.chain.iter().map(|run| run.len).sum()
    }

    /// What of a run no other chain uses: its first free stretch of equal tokens.
    fn free(&self, run: Anchor) -> Option<Anchor> {
        let [used_a, used_b] = &self.used;
        let is_free = |i: &u32| !used_a[(run.a + i) as usize] && !used_b[(run.b + i) as usize];
        let first = (0..run.len).find(is_free)?;
        let len = (first..run.len).take_while(is_free).count() as u32;
        Some(Anchor { a: run.a + first, b: run.b + first, len })
    }
}

/// Sets the flags of runs that start before `at` in the second text and end no further than `gap` before it: no other can
/// stand before a run that starts there. Without a branch, so that the compiler compares many at once.
fn are_near(starts: &[u32], ends: &[u32], at: u32, gap: u32, near: &mut [u8; LOOK_BACK]) {
    let least = at.saturating_sub(gap);
    for ((&start, &end), near) in starts.iter().zip(ends).zip(near) {
        *near = u8::from(start < at) & u8::from(end >= least);
    }
}
