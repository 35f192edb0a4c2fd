//! Whether two documents share enough to be aligned, as a glimpse of their shingles tells: most pairs share a phrase or two, and
//! each document is in few pairs, so that what a glimpse takes to make counts as much as what it takes to compare.
//!
//! The shingles of a document are grouped by their highest bits, and not put in order; those of one are looked for in the groups
//! of the other, a whole group at once (Ding and König, "Fast set intersection in memory", PVLDB 4, 2011). Of 600 shingles each, a
//! glimpse took 10 microseconds to sort and 8 to be merged with another; grouping takes 4, and looking 2 (generated news).

use super::sharing::{FORM_COMMON, KEPT_COMMON, least_common};
use crate::model::standing::{Stand, Standing};

/// Whether two documents share enough to be aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// No.
    TooLittle,
    /// They may, if what stands for good in both is spread as a form is: [`super::Shingled::with`] tells.
    MayBeForm,
    /// Yes, or so few of their shingles agree by chance that it makes no difference.
    Enough,
}

/// Shingles of a group, about.
const GROUP: usize = 8;

/// Shingles of a group that is put in order, which is looked through in halves: none has as many where hashes are spread.
const LONG: usize = 8 * GROUP;

/// Shingles that are compared at once with one: nineteen in twenty groups have no more.
const AT_ONCE: usize = 8;

/// How many shingles ahead memory is asked for.
const AHEAD: usize = 16;

/// Set on a shingle that stands for good. The other bits are the highest of its hash.
const STANDS: u32 = 1;

/// The least that a shingle is here, so that it is none of the zeros behind the last group.
const LEAST: u32 = 2;

/// The distinct shingles of a document, four bytes each: 31 bits of the hash, and one that says whether it stands for good.
/// Different shingles that agree in those bits are a few in a million: a glimpse then sees more than two documents share, and
/// never less.
#[derive(Debug, Default)]
pub(crate) struct Glimpsed {
    /// Group by group, and behind them [`AT_ONCE`] zeros.
    shingles: Vec<u32>,
    /// Where each group ends; a power of two of them.
    ends: Vec<u32>,
    stands: bool,
    noisy: bool,
}

/// Memory to make glimpses with.
#[derive(Debug, Default)]
pub(crate) struct GlimpseMemory {
    shingles: Vec<u32>,
    next: Vec<u32>,
}

impl Glimpsed {
    /// Makes this a document of these shingles. Linear, where their hashes are spread.
    pub fn fill(&mut self, memory: &mut GlimpseMemory, shingles: &[u64], standing: &Standing, noisy: bool) {
        let GlimpseMemory { shingles: parts, next } = memory;
        parts.clear();
        parts.extend(shingles.iter().enumerate().map(|(at, &shingle)| {
            standing.prefetch(shingles.get(at + AHEAD));
            let stands = if standing.stand(shingle) >= Stand::Good { STANDS } else { 0 };
            ((shingle >> 32) as u32 & !STANDS).max(LEAST) | stands
        }));
        self.noisy = noisy;
        self.stands = parts.iter().any(|part| part & STANDS != 0);
        let groups = (parts.len() / GROUP).next_power_of_two();
        self.ends.clear();
        self.ends.resize(groups, 0);
        parts.iter().for_each(|&part| self.ends[group(part, groups)] += 1);
        let mut sum = 0;
        next.clear();
        next.extend(self.ends.iter().map(|&of| {
            sum += of;
            sum - of
        }));
        self.shingles.clear();
        self.shingles.resize(parts.len(), 0);
        for &part in &*parts {
            let place = &mut next[group(part, groups)];
            self.shingles[*place as usize] = part;
            *place += 1;
        }
        self.keep_distinct();
    }

    /// Lets each group have each of its shingles once. The groups are full as yet, and `ends` are their lengths.
    fn keep_distinct(&mut self) {
        let (mut start, mut kept) = (0, 0usize);
        for end in &mut self.ends {
            let (first, length) = (kept, *end as usize);
            // Whoever makes a document whose shingles are all in one group waits no longer than for sorting.
            let is_long = length > AT_ONCE;
            if is_long {
                self.shingles[start..start + length].sort_unstable();
            }
            for at in start..start + length {
                let part = self.shingles[at];
                let from = if is_long { first.max(kept.saturating_sub(1)) } else { first };
                if !self.shingles[from..kept].contains(&part) {
                    self.shingles[kept] = part;
                    kept += 1;
                }
            }
            start += length;
            *end = kept as u32;
        }
        self.shingles.truncate(kept);
        self.shingles.resize(kept + AT_ONCE, 0);
    }

    /// How many distinct shingles it has.
    fn len(&self) -> usize {
        self.shingles.len().saturating_sub(AT_ONCE)
    }

    /// Whether two documents share enough. Linear in the shorter, where hashes are spread.
    pub fn sees(&self, other: &Glimpsed) -> Seen {
        if self.noisy || other.noisy {
            return Seen::Enough;
        }
        let (short, long) = if self.len() <= other.len() { (self, other) } else { (other, self) };
        let (common, kept) = short.common(long);
        let smaller = short.len() as u32;
        if common < least_common(smaller) {
            Seen::TooLittle
        } else if !(self.stands || other.stands) || kept >= KEPT_COMMON {
            Seen::Enough
        } else if f64::from(common) >= FORM_COMMON * f64::from(smaller) {
            Seen::MayBeForm
        } else {
            Seen::TooLittle
        }
    }

    /// How many of these shingles another document has, and how many of those do not stand for good.
    fn common(&self, other: &Glimpsed) -> (u32, u32) {
        let (mut all, mut kept) = (0, 0);
        for &part in &self.shingles[..self.len()] {
            let (found, stands) = other.find(part);
            all += u32::from(found);
            kept += u32::from(found & !(stands & (part & STANDS != 0)));
        }
        (all, kept)
    }

    /// Whether it has a shingle, and whether that stands for good here.
    #[inline]
    fn find(&self, part: u32) -> (bool, bool) {
        let group = group(part, self.ends.len());
        let mut start = group.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        let end = self.ends[group] as usize;
        if end - start > LONG {
            // In order, since it was made: hashes that somebody chose are not spread.
            let of = &self.shingles[start..end];
            let from = of.partition_point(|other| other & !STANDS < part & !STANDS);
            let equal = of[from..].iter().take_while(|other| (*other ^ part) & !STANDS == 0);
            return equal.fold((false, false), |(_, stands), other| (true, stands || other & STANDS != 0));
        }
        let (mut found, mut stands) = (0, 0);
        while start < end {
            // Those of the groups behind it are others.
            let Some(several) = self.shingles[start..].first_chunk::<AT_ONCE>() else { break };
            for other in several {
                let equal = u32::from((other ^ part) & !STANDS == 0);
                found |= equal;
                stands |= equal & other;
            }
            start += AT_ONCE;
        }
        (found != 0, stands & STANDS != 0)
    }
}

/// The group of a shingle, of a power of two of them.
#[inline]
fn group(part: u32, groups: usize) -> usize {
    // The lowest bit is not of the hash.
    ((u64::from(part >> 1) * groups as u64) >> 31) as usize
}

#[cfg(test)]
mod tests {
    use super::super::measures::Measures;
    use super::super::sharing::tests::{sharing, shingles};
    use super::*;
    use crate::hash::avalanche;
    use crate::model::standing::{GOOD, StandingRow};
    use proptest::prelude::*;

    fn standing(numbers: u64) -> Standing {
        let row =
            |number: u64| StandingRow { shingle: avalanche(number + 1), site: 7, documents: 9, items: GOOD };
        Standing::of((0..numbers).map(row).collect())
    }

    fn glimpsed(shingles: &[u64], standing: &Standing) -> Glimpsed {
        let mut glimpsed = Glimpsed::default();
        glimpsed.fill(&mut GlimpseMemory::default(), shingles, standing, false);
        glimpsed
    }

    proptest! {
        /// A glimpse says what the shingles themselves say, but for forms.
        #[test]
        fn a_glimpse_agrees_with_what_two_documents_share(
            a in proptest::collection::vec(0u64..60, 1..120), b in proptest::collection::vec(0u64..60, 1..120),
            stands in 0u64..60,
        ) {
            let [a, b] = [shingles(a), shingles(b)];
            let [glimpsed, other] = [&a, &b].map(|of| glimpsed(of, &standing(stands)));
            let sharing = sharing(&a, &b, stands);
            let seen = glimpsed.sees(&other);
            prop_assert_eq!(seen, other.sees(&glimpsed));
            match seen {
                Seen::TooLittle => prop_assert!(!sharing.is_enough()),
                Seen::Enough => prop_assert!(sharing.is_enough()),
                Seen::MayBeForm => {
                    let Measures { a, b, common } = sharing.measures;
                    prop_assert!(f64::from(common) >= FORM_COMMON * f64::from(a.min(b)));
                }
            }
        }

        /// Also where hashes are few, so that groups are long, repeat, or begin with nothing.
        #[test]
        fn what_is_in_common_is_what_sets_say(
            a in proptest::collection::vec((0u64..200, 0u32..32), 0..400), b in proptest::collection::vec((0u64..200, 0u32..32), 0..400),
        ) {
            let hashes = |of: Vec<(u64, u32)>| of.into_iter().map(|(low, shift)| low << (32 + shift)).collect::<Vec<u64>>();
            let set = |of: &[u64]| of.iter().map(|hash| (hash >> 33).max(1)).collect::<std::collections::BTreeSet<u64>>();
            let [a, b] = [hashes(a), hashes(b)];
            let common = set(&a).intersection(&set(&b)).count() as u32;
            let [of_a, of_b] = [&a, &b].map(|of| glimpsed(of, &Standing::default()));
            prop_assert_eq!((of_a.len(), of_b.len()), (set(&a).len(), set(&b).len()));
            prop_assert_eq!(of_a.common(&of_b), (common, common));
            prop_assert_eq!(of_b.common(&of_a), (common, common));
        }
    }
}
