//! Invented words, by class.

use std::collections::HashSet;

use crate::prose::capitalised;
use crate::random::{Purpose, Rng, Zipf};

pub struct Words {
    pub list: Vec<String>,
    zipf: Zipf,
}

impl Words {
    pub fn sample(&self, rng: &mut Rng) -> &str {
        &self.list[self.zipf.sample(rng)]
    }
}

pub struct Lexicon {
    pub nouns: Words,
    pub verbs: Words,
    pub adjectives: Words,
    pub adverbs: Words,
    pub first_names: Words,
    pub surnames: Words,
    pub places: Words,
    pub companies: Words,
}

impl Lexicon {
    pub fn new(seed: u64) -> Lexicon {
        let mut rng = Rng::new(seed, Purpose::Lexicon, 0);
        let mut known = HashSet::new();
        let mut words = |size, head, ending: &str, name| {
            let list = (0..size).map(|rank| coin(&mut rng, &mut known, rank, ending, name)).collect();
            Words { list, zipf: Zipf::new(head, size) }
        };
        Lexicon {
            nouns: words(20_000, 6.0, "", false),
            verbs: words(4_000, 12.0, "", false),
            adjectives: words(8_000, 6.0, "", false),
            adverbs: words(800, 4.0, "ly", false),
            first_names: words(500, 10.0, "", true),
            surnames: words(15_000, 50.0, "", true),
            places: words(8_000, 10.0, "", true),
            companies: words(10_000, 25.0, "", true),
        }
    }

    /// A word of any class, for edits.
    pub fn any(&self, rng: &mut Rng) -> &str {
        let class = rng.pick(&[&self.nouns, &self.nouns, &self.adjectives, &self.adverbs]);
        class.sample(rng)
    }
}

/// A pronounceable word that is not known yet, the longer the rarer it is to be.
fn coin(rng: &mut Rng, known: &mut HashSet<String>, rank: usize, ending: &str, name: bool) -> String {
    const ONSETS: [&str; 32] = [
        "b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "t", "v", "w", "b", "d", "l", "m", "r",
        "t", "st", "tr", "pr", "br", "cl", "gr", "pl", "fr", "sh", "th", "j",
    ];
    const VOWELS: [&str; 12] = ["a", "e", "i", "o", "u", "a", "e", "o", "i", "ea", "ou", "ai"];
    const CODAS: [&str; 16] =
        ["n", "r", "l", "t", "d", "m", "n", "r", "l", "t", "nd", "nt", "rt", "ck", "p", "st"];
    let syllables = 1 + usize::from(rank >= 300) + usize::from(rank >= 12_000);
    loop {
        let mut word = String::new();
        for _ in 0..syllables + usize::from(rng.percent(10)) {
            word += rng.pick(&ONSETS);
            word += rng.pick(&VOWELS);
        }
        word += rng.pick(&CODAS);
        word += ending;
        if word.len() >= 3 && known.insert(word.clone()) {
            return if name { capitalised(&word) } else { word };
        }
    }
}
