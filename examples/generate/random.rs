//! Random numbers that are the same on any machine, and the laws that they follow.

/// What a sequence of random numbers is for: each document, site and phrase has its own, so that it can be
/// written again at any time without what came before.
#[derive(Clone, Copy)]
pub enum Purpose {
    Lexicon = 1,
    Plan,
    Document,
    Facts,
    Family,
    Variant,
    Site,
    Stock,
    Pool,
}

/// xoshiro256++ (Blackman and Vigna), seeded through splitmix64.
pub struct Rng([u64; 4]);

impl Rng {
    pub fn new(seed: u64, purpose: Purpose, index: u64) -> Rng {
        let mut state = seed;
        for part in [purpose as u64, index] {
            state = splitmix(&mut state) ^ part;
        }
        Rng([0; 4].map(|_: u64| splitmix(&mut state)))
    }

    pub fn next(&mut self) -> u64 {
        let s = &mut self.0;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// A number in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

pub fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// e^x to about a hundredth. The library's `exp` may differ in its last bit from platform to platform
/// and with it a whole corpus; multiplication may not.
pub fn exp(x: f64) -> f64 {
    (0..12).fold(1.0 + x / 4096.0, |y, _| y * y)
}

/// Ranks with the probability 1 / (rank + head), by inversion of the continuous law. A larger head makes the
/// first ranks less outstanding.
pub struct Zipf {
    head: f64,
    folds: f64,
    size: usize,
}

impl Zipf {
    pub fn new(head: f64, size: usize) -> Zipf {
        let (mut low, mut high) = (0.0, 64.0);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if head * (exp(middle) - 1.0) < size as f64 { low = middle } else { high = middle }
        }
        Zipf { head, folds: high, size }
    }

    pub fn sample(&self, rng: &mut Rng) -> usize {
        let rank = self.head * (exp(self.folds * rng.unit()) - 1.0);
        (rank as usize).min(self.size - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_follow_zipf() {
        let mut rng = Rng::new(1, Purpose::Plan, 0);
        let zipf = Zipf::new(5.0, 1000);
        let ranks: Vec<usize> = (0..10_000).map(|_| zipf.sample(&mut rng)).collect();
        assert!(ranks.iter().all(|&rank| rank < 1000));
        let below = |limit| ranks.iter().filter(|&&rank| rank < limit).count();
        assert!((1_900..2_300).contains(&below(10)), "{}", below(10));
    }
}
