//! Stories of invented words, the same for one seed.

pub struct News(u64);

impl News {
    pub fn new(seed: u64) -> News {
        News(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    pub fn word(&mut self) -> String {
        const SYLLABLES: [&str; 16] =
            ["ba", "co", "du", "fe", "gi", "ha", "ko", "lu", "me", "ni", "po", "ra", "se", "ti", "vo", "zu"];
        (0..2 + self.below(3)).map(|_| SYLLABLES[self.below(SYLLABLES.len())]).collect()
    }

    pub fn name(&mut self) -> String {
        let word = self.word();
        word[..1].to_uppercase() + &word[1..]
    }

    pub fn sentence(&mut self) -> String {
        let words: Vec<String> = (0..11).map(|_| self.word()).collect();
        format!("{} {}.", self.name(), words.join(" "))
    }

    pub fn story(&mut self, sentences: usize) -> String {
        (0..sentences).map(|_| self.sentence()).collect::<Vec<_>>().join("\n")
    }

    /// The story with one word in `every` replaced.
    pub fn edited(&mut self, story: &str, every: usize) -> String {
        let word = |word: &str| if self.below(every) == 0 { self.word() } else { word.to_owned() };
        story.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }
}
