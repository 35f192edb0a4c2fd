//! Numbers grouped by a dense key, in two flat arrays (compressed sparse rows).

/// For each key, the values that were given with it.
#[derive(Debug)]
pub(crate) struct Grouped {
    /// The values of key `k` are `values[ends[k]..ends[k + 1]]`. There may be more of them than 32 bits count.
    ends: Vec<u64>,
    values: Vec<u32>,
}

impl Grouped {
    /// Of (key, value) pairs with keys under `keys`; the values of a key stay in the order given. Runs over the pairs
    /// twice and takes linear time.
    pub fn new(keys: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Grouped {
        let mut ends = vec![0u64; keys + 1];
        for (key, _) in pairs.clone() {
            ends[key as usize + 1] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let mut values = vec![0; sum as usize];
        let mut next = ends.clone();
        for (key, value) in pairs {
            let at = &mut next[key as usize];
            values[*at as usize] = value;
            *at += 1;
        }
        Grouped { ends, values }
    }

    /// The values of every key, to be put into another order among themselves.
    pub fn groups_mut(&mut self) -> Vec<&mut [u32]> {
        let mut rest = &mut self.values[..];
        let ends = self.ends.windows(2);
        let group = |two: &[u64]| {
            let (own, behind) = std::mem::take(&mut rest).split_at_mut((two[1] - two[0]) as usize);
            rest = behind;
            own
        };
        ends.map(group).collect()
    }

    /// All values, those of each key behind those of the key before.
    pub fn into_values(self) -> Vec<u32> {
        self.values
    }

    /// How many keys there are.
    pub fn keys(&self) -> usize {
        self.ends.len() - 1
    }

    /// The values of a key.
    pub fn of(&self, key: u32) -> &[u32] {
        &self.values[self.ends[key as usize] as usize..self.ends[key as usize + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn groups_as_filtering_does(pairs in proptest::collection::vec((0u32..9, any::<u32>()), 0..60)) {
            let rows = Grouped::new(9, pairs.iter().copied());
            for key in 0..9 {
                let plain: Vec<u32> = pairs.iter().filter(|pair| pair.0 == key).map(|pair| pair.1).collect();
                prop_assert_eq!(rows.of(key), &plain[..]);
            }
            let all: Vec<Vec<u32>> = (0..9).map(|key| rows.of(key).to_vec()).collect();
            let mut rows = rows;
            prop_assert_eq!(rows.groups_mut().iter().map(|group| group.to_vec()).collect::<Vec<_>>(), all.clone());
            prop_assert_eq!(rows.into_values(), all.concat());
        }
    }
}
