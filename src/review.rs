//! How often a run is right, as a reader judges it: which pairs are drawn, and what their labels say of all pairs.
//!
//! Pairs are drawn within strata: the pairs of a relation in order of score, cut into parts of equal size. Whoever labels
//! them does not see what the run said; a key beside each pair holds that, and how many pairs it stands for. A share of all
//! pairs is then the weighted share of the labelled ones, and its interval the exact binomial one of Clopper and Pearson
//! ("The use of confidence or fiducial limits", Biometrika 1934) with as many labels as would have the same variance drawn
//! at random, and never more than there are: Korn and Graubard, "Confidence intervals for proportions with small expected
//! number of positive counts estimated from survey data", Survey Methodology 1998. Where nearly all is right it covers at
//! least as often as it says, which intervals of a normal curve do not.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::audit::Draws;
use crate::hash::avalanche;
use crate::options::Policy;

/// A pair of a run, as far as drawing depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Drawable {
    /// What the run says.
    pub relation: &'static str,
    /// Its score, 0 to 1.
    pub score: f64,
    /// What `--containment` is held against, 0 to 1.
    pub containment: f64,
}

/// What the run says of a drawn pair, and what the pair stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// What the run says.
    pub relation: String,
    /// Its score, 0 to 1.
    pub score: f64,
    /// What `--containment` is held against, 0 to 1.
    pub containment: f64,
    /// The number of its stratum within the relation.
    pub stratum: u32,
    /// Pairs of that stratum.
    pub pairs: u64,
}

/// Labels of a stratum, about, and strata of a relation, at most: two labels are the fewest that vary, and some stay empty.
const LABELS: usize = 5;
const STRATA: usize = 4;

/// Draws pairs: as many of each relation, as far as there are, and within it as many of every part of equal size by score. In
/// an order that says nothing of either. The place of each among `pairs`, and its key. The same seed draws the same.
pub fn draw(pairs: &[Drawable], count: usize, seed: u64) -> Vec<(usize, Key)> {
    let mut relations: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, pair) in pairs.iter().enumerate() {
        relations.entry(pair.relation).or_default().push(place);
    }
    let mut draws = Draws::new(seed);
    let mut drawn = Vec::new();
    let sizes: Vec<usize> = relations.values().map(Vec::len).collect();
    for (places, count) in relations.values_mut().zip(allotted(&sizes, count)) {
        places.sort_by(|&x, &y| pairs[x].score.total_cmp(&pairs[y].score).then(x.cmp(&y)));
        let strata = (count / LABELS).clamp(1, STRATA);
        let part = |of: usize, number: usize| of * number / strata..of * (number + 1) / strata;
        for stratum in 0..strata {
            let own = &places[part(places.len(), stratum)];
            for chosen in draws.choose(part(count, stratum).len(), own.len()) {
                let Drawable { relation, score, containment } = pairs[own[chosen]];
                let (relation, pairs) = (relation.to_owned(), own.len() as u64);
                let key = Key { relation, score, containment, stratum: stratum as u32, pairs };
                drawn.push((own[chosen], key));
            }
        }
    }
    for place in 0..drawn.len() {
        let other = place + draws.below(drawn.len() - place);
        drawn.swap(place, other);
    }
    drawn
}

/// `count` parted among groups of these sizes: as much to each as to every other, as far as it has so much.
fn allotted(sizes: &[usize], count: usize) -> Vec<usize> {
    let mut allotted = vec![0; sizes.len()];
    let mut left = count.min(sizes.iter().sum());
    while left > 0 {
        for (own, &size) in allotted.iter_mut().zip(sizes) {
            if *own < size && left > 0 {
                *own += 1;
                left -= 1;
            }
        }
    }
    allotted
}

impl Key {
    /// As a sheet has it: nobody reads it by accident. `number` is that of the pair in the sheet.
    pub fn sealed(&self, number: u64) -> String {
        let Key { relation, score, containment, stratum, pairs } = self;
        let plain = format!("{relation} {score:.6} {containment:.6} {stratum} {pairs}");
        plain.bytes().zip(0..).map(|(byte, at)| format!("{:02x}", byte ^ mask(number, at))).collect()
    }

    /// What [`Key::sealed`] gave; none where it is none.
    pub fn opened(sealed: &str, number: u64) -> Option<Key> {
        let sealed = sealed.trim();
        let byte = |at: usize| u8::from_str_radix(sealed.get(2 * at..2 * at + 2)?, 16).ok();
        let plain: Option<Vec<u8>> =
            (0..sealed.len() / 2).map(|at| Some(byte(at)? ^ mask(number, at as u64))).collect();
        let plain = String::from_utf8(plain?).ok()?;
        let mut parts = plain.split(' ');
        let relation = parts.next().filter(|relation| LABELLED.contains(relation))?.to_owned();
        let mut share = || parts.next()?.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        let (score, containment) = (share()?, share()?);
        let (stratum, pairs) =
            (parts.next()?.parse().ok()?, parts.next()?.parse().ok().filter(|&pairs| pairs > 0)?);
        parts.next().is_none().then_some(Key { relation, score, containment, stratum, pairs })
    }
}

fn mask(number: u64, at: u64) -> u8 {
    avalanche(number.rotate_left(32) ^ at ^ 0x5EA1) as u8
}

/// What a reader may say of a pair.
pub const LABELLED: [&str; 7] = ["exact", "near", "contained", "partial", "update", "templated", "none"];

/// Relations of copies, in reports together: which of them a copy is matters less than that it is one.
const COPIES: [&str; 3] = ["exact", "near", "contained"];

/// A pair that a reader judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// What the run says, and what the pair stands for.
    pub key: Key,
    /// What the reader says: one of [`LABELLED`].
    pub label: &'static str,
}

/// The label that was written: one of [`LABELLED`] in capitals or small letters; none of what is none of them.
pub fn label(written: &str) -> Option<&'static str> {
    let small = written.trim().to_lowercase();
    LABELLED.into_iter().find(|label| *label == small)
}

/// What labels say of all pairs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Precision {
    /// By relation, and all copies together.
    pub precision: Vec<RelationPrecision>,
    /// What higher thresholds would leave of `near`, by score.
    pub score: Vec<ThresholdPrecision>,
    /// What higher thresholds would leave of `contained`, by containment.
    pub containment: Vec<ThresholdPrecision>,
    /// Pairs of the sheet without a label.
    pub open: u64,
}

/// How often one relation is right.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RelationPrecision {
    /// The relation; `copies` for `exact`, `near` and `contained` together, where any of them is right for any other.
    pub relation: String,
    /// Pairs that the run says it of.
    pub pairs: u64,
    /// Those that were labelled.
    pub labelled: u64,
    /// Share of the pairs that are what the run says, 0 to 1.
    pub right: f64,
    /// Lower bound of the 95 % interval.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// What a threshold would leave of one relation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThresholdPrecision {
    /// The threshold, 0 to 1.
    pub threshold: f64,
    /// Pairs that reach it, about.
    pub pairs: f64,
    /// Those of them that were labelled.
    pub labelled: u64,
    /// Share of them that are copies, 0 to 1; none where none was labelled.
    pub right: Option<f64>,
    /// Lower bound of the 95 % interval.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
    /// Share of the copies of this relation that are still found, 0 to 1; none where none is one.
    pub kept: Option<f64>,
}

/// What labels say; `open` is how many pairs of the sheet have none. Thresholds begin with those of `policy`: what the run
/// left out nobody saw.
pub fn precision(labelled: &[Labelled], open: u64, policy: &Policy) -> Precision {
    let is_copy = |relation: &str| COPIES.contains(&relation);
    let mut precision = Vec::new();
    let mut add = |relation: &str, is_of: &dyn Fn(&Key) -> bool, is_right: &dyn Fn(&Labelled) -> bool| {
        if let Some(share) = Share::of(labelled, is_of, &|_| true, is_right) {
            let Share { pairs, labelled, right, low, high } = share;
            let (relation, pairs) = (relation.to_owned(), pairs.round() as u64);
            precision.push(RelationPrecision { relation, pairs, labelled, right, low, high });
        }
    };
    for relation in LABELLED {
        add(relation, &|key| key.relation == relation, &|one| one.label == relation);
    }
    add("copies", &|key| is_copy(&key.relation), &|one| is_copy(one.label));
    let steps = |relation: &str, from: f64, measure: &dyn Fn(&Key) -> f64| {
        let is_of = |key: &Key| key.relation == relation;
        let thresholds =
            (0..).map(|step| from + STEP * f64::from(step)).take_while(|&threshold| threshold < 1.0 + 1e-9);
        let right: f64 =
            weights(labelled, &is_of).filter(|(one, _)| is_copy(one.label)).map(|(_, weight)| weight).sum();
        let step = |threshold: f64| {
            let reaches = |key: &Key| measure(key) >= threshold - 1e-9;
            let of_those =
                weights(labelled, &is_of).filter(|(one, _)| reaches(&one.key) && is_copy(one.label));
            let still: f64 = of_those.map(|(_, weight)| weight).sum();
            let share = Share::of(labelled, &is_of, &reaches, &|one| is_copy(one.label));
            ThresholdPrecision {
                threshold: (threshold * 100.0).round() / 100.0,
                pairs: share.as_ref().map_or(0.0, |share| share.pairs),
                labelled: share.as_ref().map_or(0, |share| share.labelled),
                right: share.as_ref().map(|share| share.right),
                low: share.as_ref().map_or(0.0, |share| share.low),
                high: share.as_ref().map_or(1.0, |share| share.high),
                kept: (right > 0.0).then(|| still / right),
            }
        };
        if labelled.iter().any(|one| is_of(&one.key)) { thresholds.map(step).collect() } else { Vec::new() }
    };
    let (score, containment) = (
        steps("near", policy.threshold, &|key| key.score),
        steps("contained", policy.containment, &|key| key.containment),
    );
    Precision { precision, score, containment, open }
}

/// From one threshold to the next.
const STEP: f64 = 0.05;

/// A share of the pairs of some strata, with its interval.
struct Share {
    /// Pairs, about.
    pairs: f64,
    labelled: u64,
    right: f64,
    low: f64,
    high: f64,
}

/// Labels of some strata, by stratum.
fn strata<'a>(
    labelled: &'a [Labelled],
    is_of: &dyn Fn(&Key) -> bool,
) -> BTreeMap<(&'a str, u32), Vec<&'a Labelled>> {
    let mut strata: BTreeMap<(&str, u32), Vec<&Labelled>> = BTreeMap::new();
    for one in labelled.iter().filter(|one| is_of(&one.key)) {
        strata.entry((&one.key.relation, one.key.stratum)).or_default().push(one);
    }
    strata
}

/// Labels of some strata, each with how many pairs it stands for.
fn weights<'a>(
    labelled: &'a [Labelled],
    is_of: &dyn Fn(&Key) -> bool,
) -> impl Iterator<Item = (&'a Labelled, f64)> {
    strata(labelled, is_of).into_values().flat_map(|own| {
        let count = own.len() as f64;
        own.into_iter().map(move |one| (one, one.key.pairs as f64 / count))
    })
}

impl Share {
    /// The share that `is_right` of the pairs of the strata that `is_of` names, of those that `is_in`; none where none of
    /// those was labelled.
    fn of(
        labelled: &[Labelled],
        is_of: &dyn Fn(&Key) -> bool,
        is_in: &dyn Fn(&Key) -> bool,
        is_right: &dyn Fn(&Labelled) -> bool,
    ) -> Option<Share> {
        let (mut pairs, mut right, mut count) = (0.0, 0.0, 0);
        for (one, weight) in weights(labelled, is_of).filter(|(one, _)| is_in(&one.key)) {
            pairs += weight;
            right += if is_right(one) { weight } else { 0.0 };
            count += 1;
        }
        if count == 0 {
            return None;
        }
        let share = right / pairs;
        // The variance of a ratio within strata, by what each label differs from it.
        let (mut variance, mut is_all) = (0.0, true);
        for own in strata(labelled, is_of).into_values() {
            let (size, of) = (own.len() as f64, own.first().map_or(0, |one| one.key.pairs) as f64);
            is_all &= own.len() as f64 >= of;
            let rest = |one: &&Labelled| match (is_in(&one.key), is_right(one)) {
                (false, _) => 0.0,
                (true, is_right) => (f64::from(u8::from(is_right)) - share) / pairs,
            };
            let mean = own.iter().map(rest).sum::<f64>() / size;
            let spread: f64 =
                own.iter().map(|one| (rest(one) - mean).powi(2)).sum::<f64>() / (size - 1.0).max(1.0);
            variance += of * of * spread / size;
        }
        if is_all {
            return Some(Share { pairs, labelled: count, right: share, low: share, high: share });
        }
        let labels = count as f64;
        let effective = if variance > 0.0 { (share * (1.0 - share) / variance).min(labels) } else { labels };
        let [low, high] = exact_interval(share * effective, effective);
        Some(Share { pairs, labelled: count, right: share, low: low.min(share), high: high.max(share) })
    }
}

/// Share of the intervals' misses on either side.
const TAIL: f64 = 0.025;

/// The exact interval of a share of which `right` of `of` are right; neither need be whole.
fn exact_interval(right: f64, of: f64) -> [f64; 2] {
    let low = if right <= 0.0 { 0.0 } else { beta_quantile(TAIL, right, of - right + 1.0) };
    let high = if right >= of { 1.0 } else { beta_quantile(1.0 - TAIL, right + 1.0, of - right) };
    [low, high]
}

/// The quantile of the beta distribution, by halves.
fn beta_quantile(share: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if beta_share(middle, a, b) < share { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// The share of the beta distribution up to `x`: the regularised incomplete beta function, by the continued fraction of
/// Abramowitz and Stegun 26.5.8.
fn beta_share(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return f64::from(u8::from(x >= 1.0));
    }
    // The fraction converges fast below the mean.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_share(1.0 - x, b, a);
    }
    let front = (a * x.ln() + b * (1.0 - x).ln() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp() / a;
    // From its last term to its first.
    let term = |number: u32| {
        let m = f64::from(number / 2);
        if number.is_multiple_of(2) {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        }
    };
    front / (1..TERMS).rev().fold(1.0, |rest, number| 1.0 + term(number) / rest)
}

/// Terms of the fraction: some square roots of the labels, and sheets have thousands at most.
const TERMS: u32 = 200;

/// The logarithm of the gamma function of what is above 0: Stirling's series from 10 on.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut below) = (x, 0.0);
    while x < 10.0 {
        below += x.ln();
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - below
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs of which those with a high score are more often right; whether each is.
    fn planted(counts: [usize; 3], wrong: f64, seed: u64) -> (Vec<Drawable>, Vec<bool>) {
        let mut draws = Draws::new(seed);
        let mut pairs = Vec::new();
        let mut right = Vec::new();
        for (relation, count) in ["near", "contained", "partial"].into_iter().zip(counts) {
            for _ in 0..count {
                let score = 0.7 + draws.below(300) as f64 / 1000.0;
                pairs.push(Drawable { relation, score, containment: score });
                // Twice as often at the threshold, and never at 1.
                right.push(draws.below(100_000) as f64 / 1e5 >= wrong * 2.0 * (1.0 - score) / 0.3);
            }
        }
        (pairs, right)
    }

    fn reviewed(pairs: &[Drawable], right: &[bool], count: usize, seed: u64) -> Precision {
        let label = |(place, key): (usize, Key)| {
            let number = place as u64;
            let key = Key::opened(&key.sealed(number), number).expect("a key");
            let label = if right[place] { label(&key.relation) } else { label("None ") };
            Labelled { key, label: label.expect("a label") }
        };
        let labelled: Vec<Labelled> = draw(pairs, count, seed).into_iter().map(label).collect();
        precision(&labelled, 0, &Policy::default())
    }

    #[test]
    fn as_many_are_drawn_of_each_relation_and_part_and_the_seed_decides() {
        let (pairs, _) = planted([1000, 40, 5], 0.1, 3);
        let drawn = draw(&pairs, 60, 1);
        let of = |relation: &str| drawn.iter().filter(|(_, key)| key.relation == relation).count();
        assert_eq!([of("near"), of("contained"), of("partial")], [27, 28, 5]);
        let in_part = |stratum: u32, key: &Key| key.relation == "near" && key.stratum == stratum;
        let strata: Vec<usize> =
            (0..4).map(|part| drawn.iter().filter(|(_, key)| in_part(part, key)).count()).collect();
        assert_eq!(strata.iter().sum::<usize>(), 27);
        assert!(strata.iter().all(|count| [6, 7].contains(count)), "{strata:?}");
        assert!(drawn.iter().all(|(_, key)| key.relation != "near" || key.pairs == 250));
        let places = |seed| draw(&pairs, 60, seed).into_iter().map(|(place, _)| place).collect::<Vec<_>>();
        assert_eq!(places(1), places(1));
        assert_ne!(places(1), places(2));
        let mut all = places(9);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 60, "no pair twice");
        assert_eq!(draw(&pairs, 5000, 1).len(), 1045);
        assert!(draw(&[], 10, 1).is_empty());
    }

    #[test]
    fn a_key_is_read_back_and_nothing_else_is() {
        let key = Key { relation: "near".into(), score: 0.75, containment: 1.0, stratum: 2, pairs: 90 };
        let sealed = key.sealed(7);
        assert!(!sealed.contains("near"));
        assert_eq!(Key::opened(&sealed, 7), Some(key));
        for broken in ["", "zz", &sealed[2..], &sealed[..sealed.len() - 6], "\u{e9}\u{e9}\u{e9}"] {
            assert_eq!(Key::opened(broken, 7), None, "{broken}");
        }
        assert_eq!(Key::opened(&sealed, 8), None);
    }

    #[test]
    fn intervals_of_tables() {
        // R: binom.test(9, 10)$conf.int, binom.test(0, 20)$conf.int, binom.test(50, 100)$conf.int
        let tables = [
            ((9.0, 10.0), [0.554984, 0.997471]),
            ((0.0, 20.0), [0.0, 0.168433]),
            ((50.0, 100.0), [0.398321, 0.601679]),
        ];
        for ((right, of), wanted) in tables {
            let interval = exact_interval(right, of);
            assert!(
                interval.iter().zip(wanted).all(|(x, y)| (x - y).abs() < 1e-5),
                "{interval:?} {wanted:?}"
            );
        }
        let [low, high] = exact_interval(4990.0, 5000.0);
        assert!(low > 0.996 && high < 0.9991, "{low} {high}");
    }

    /// Over many seeds the interval of what a sheet says holds what is true of all pairs, as often as it says or more.
    #[test]
    fn intervals_cover() {
        for (wrong, count) in [(0.02, 60), (0.1, 60), (0.1, 200), (0.3, 90), (0.5, 30)] {
            let (pairs, right) = planted([900, 400, 300], wrong, 17);
            let mut missed = 0;
            for seed in 0..200 {
                for row in reviewed(&pairs, &right, count, seed).precision {
                    let of_row = |relation: &str| match &*row.relation {
                        "copies" => COPIES.contains(&relation),
                        own => own == relation,
                    };
                    let own: Vec<bool> = pairs
                        .iter()
                        .zip(&right)
                        .filter(|(pair, _)| of_row(pair.relation))
                        .map(|(_, right)| *right)
                        .collect();
                    let truth = own.iter().filter(|right| **right).count() as f64 / own.len() as f64;
                    assert_eq!(row.pairs, own.len() as u64);
                    missed += usize::from(truth < row.low - 1e-9 || truth > row.high + 1e-9);
                }
            }
            // Of 800 intervals at 95 % 40 miss, and two standard deviations more are 52.
            assert!(missed <= 52, "{missed} of 800 miss, {wrong} wrong, {count} labels");
        }
    }

    #[test]
    fn what_is_labelled_whole_is_known_and_thresholds_say_what_they_leave() {
        let (pairs, right) = planted([40, 20, 10], 0.4, 5);
        let all = reviewed(&pairs, &right, 70, 1);
        let near = &all.precision[0];
        assert_eq!((near.low, near.high, near.labelled), (near.right, near.right, 40));
        let reaching = |threshold: f64| {
            pairs
                .iter()
                .zip(&right)
                .filter(move |(pair, _)| pair.relation == "near" && pair.score >= threshold - 1e-9)
        };
        for step in &all.score {
            let there = reaching(step.threshold).count();
            assert!((step.pairs - there as f64).abs() < 1e-6, "{step:?} {there}");
            if there > 0 {
                let good = reaching(step.threshold).filter(|(_, right)| **right).count();
                assert!((step.right.expect("some") - good as f64 / there as f64).abs() < 1e-9);
            }
        }
        assert_eq!(all.score.len(), 7);
        assert!(all.score.windows(2).all(|two| two[0].kept >= two[1].kept));
    }
}
