//! Gaps: equal tokens between two runs, by global alignment of the little that lies there.
//!
//! Needleman and Wunsch, "A general method applicable to the search for similarities in the amino acid sequence of
//! two proteins", J. Mol. Biol. 48, 1970. Gaps have at most a few dozen tokens a side, so the whole table is filled.

use super::anchors::Anchor;

const MATCH: i32 = 4;
const MISMATCH: i32 = -1;
const GAP: i32 = -2;

/// Memory for the table.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    scores: Vec<i32>,
}

impl Gaps {
    /// Appends the runs of equal units between `a[from.0..to.0]` and `b[from.1..to.1]`, in order; `equal(i, j)` says
    /// whether two are. Time and memory are the product of the two lengths.
    pub fn align(
        &mut self,
        from: (u32, u32),
        to: (u32, u32),
        equal: impl Fn(usize, usize) -> bool,
        out: &mut Vec<Anchor>,
    ) {
        let (n, m) = ((to.0 - from.0) as usize, (to.1 - from.1) as usize);
        if n == 0 || m == 0 || (n == 1 && m == 1 && !equal(from.0 as usize, from.1 as usize)) {
            return;
        }
        let equal = |i: usize, j: usize| equal(from.0 as usize + i, from.1 as usize + j);
        let width = m + 1;
        self.scores.clear();
        self.scores.resize((n + 1) * width, 0);
        for j in 0..=m {
            self.scores[j] = GAP * j as i32;
        }
        for i in 1..=n {
            self.scores[i * width] = GAP * i as i32;
            for j in 1..=m {
                let step = if equal(i - 1, j - 1) { MATCH } else { MISMATCH };
                let across = self.scores[(i - 1) * width + j - 1] + step;
                let skip = self.scores[(i - 1) * width + j].max(self.scores[i * width + j - 1]) + GAP;
                self.scores[i * width + j] = across.max(skip);
            }
        }
        let first = out.len();
        let (mut i, mut j) = (n, m);
        while i > 0 && j > 0 {
            let same = equal(i - 1, j - 1);
            let step = if same { MATCH } else { MISMATCH };
            let score = self.scores[i * width + j];
            if score == self.scores[(i - 1) * width + j - 1] + step {
                (i, j) = (i - 1, j - 1);
                if same {
                    let (a, b) = (from.0 + i as u32, from.1 + j as u32);
                    match out[first..].last_mut() {
                        Some(run) if run.a == a + 1 && run.b == b + 1 => {
                            *run = Anchor { a, b, len: run.len + 1 };
                        }
                        _ => out.push(Anchor { a, b, len: 1 }),
                    }
                }
            } else if score == self.scores[(i - 1) * width + j] + GAP {
                i -= 1;
            } else {
                j -= 1;
            }
        }
        out[first..].reverse();
    }
}
