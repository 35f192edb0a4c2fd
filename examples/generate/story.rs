//! One article, written word by word.

use crate::facts::Facts;
use crate::grammar::{Fact, Piece, Rule, Slot};
use crate::language::Language;
use crate::prose::{capitalise, curled, push_word, words_in};
use crate::random::{Purpose, Rng, exp};

pub struct Article {
    pub title: String,
    pub text: String,
    /// Minutes since the year began.
    pub minute: usize,
}

impl Article {
    pub fn new(story: &mut Story, length: usize) -> Article {
        let minute = story.rng.below(360 * 24 * 60);
        Article { title: story.headline(), text: story.body(length), minute }
    }
}

/// Writes one story, word by word.
pub struct Story<'a> {
    language: &'a Language,
    pub rng: Rng,
    facts: Facts,
    /// Facts that stand in for the others in so many percent of their places.
    pub replaced: Option<(Facts, usize)>,
}

impl<'a> Story<'a> {
    pub fn new(language: &'a Language, rng: Rng, facts: Facts) -> Story<'a> {
        Story { language, rng, facts, replaced: None }
    }

    fn headline(&mut self) -> String {
        self.line("headline")
    }

    pub fn line(&mut self, rule: &str) -> String {
        let mut text = String::new();
        self.expand(self.language.grammar.rule(rule), &mut text);
        capitalise(&mut text, 0);
        text
    }

    /// About `words` words in paragraphs of one to four sentences.
    fn body(&mut self, words: usize) -> String {
        let curly = self.rng.percent(2);
        let mut text = String::with_capacity(words * 8);
        let mut written = 0;
        while written < words {
            if written > 0 {
                text.push_str("\n\n");
            }
            let start = text.len();
            for _ in 0..self.rng.between(1, 4) {
                if text.len() > start {
                    text.push(' ');
                }
                self.sentence(&mut text);
                if written + words_in(&text[start..]) >= words {
                    break;
                }
            }
            if curly {
                let paragraph = curled(&text[start..]);
                text.truncate(start);
                text.push_str(&paragraph);
            }
            written += words_in(&text[start..]);
        }
        text
    }

    pub fn sentence(&mut self, out: &mut String) {
        if !self.language.pool.is_empty() {
            out.push_str(&self.language.pool[self.rng.below(self.language.pool.len())]);
            return;
        }
        let start = out.len();
        self.expand(self.language.grammar.rule("sentence"), out);
        capitalise(out, start);
        let ends: Vec<usize> = out[start..].match_indices(". ").map(|(end, _)| start + end).collect();
        for end in ends {
            capitalise(out, end);
        }
    }

    fn expand(&mut self, rule: &Rule, out: &mut String) {
        for piece in rule[self.rng.below(rule.len())].iter() {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Rule(rule) => self.expand(&self.language.grammar.rules[*rule], out),
                Piece::Slot(slot) => self.fill(*slot, out),
            }
        }
    }

    fn fill(&mut self, slot: Slot, out: &mut String) {
        let lexicon = &self.language.lexicon;
        match slot {
            Slot::Noun => push_word(out, lexicon.nouns.sample(&mut self.rng), ""),
            Slot::Plural => push_word(out, lexicon.nouns.sample(&mut self.rng), "s"),
            Slot::Adjective => push_word(out, lexicon.adjectives.sample(&mut self.rng), ""),
            Slot::Adverb => push_word(out, lexicon.adverbs.sample(&mut self.rng), ""),
            Slot::Base => push_word(out, lexicon.verbs.sample(&mut self.rng), ""),
            Slot::Past => push_word(out, lexicon.verbs.sample(&mut self.rng), "ed"),
            Slot::Gerund => push_word(out, lexicon.verbs.sample(&mut self.rng), "ing"),
            Slot::Stock => self.stock(out),
            Slot::Fact(fact) => self.fact(fact, out),
        }
    }

    /// A stock phrase is written from its rank, so that there may be millions.
    fn stock(&mut self, out: &mut String) {
        let rank = self.language.stock.sample(&mut self.rng);
        let phrase = Rng::new(self.language.seed, Purpose::Stock, rank as u64);
        let rng = std::mem::replace(&mut self.rng, phrase);
        self.expand(self.language.grammar.rule("phrases"), out);
        self.rng = rng;
    }

    fn fact(&mut self, fact: Fact, out: &mut String) {
        // The choice of a person or place belongs to the words, who that is to the facts.
        let (first, second, full) = (self.rng.below(4), self.rng.below(4), self.rng.percent(25));
        let facts = match &mut self.replaced {
            Some((facts, percent)) if self.rng.percent(*percent) => facts,
            _ => &mut self.facts,
        };
        facts.write(fact, first.min(second), full, out);
    }
}

pub const MEAN_WORDS: usize = 560;

/// Log-normal, near enough: e to the power of a sum of uniforms, between 60 and 3000.
pub fn typical_length(rng: &mut Rng) -> usize {
    let normal: f64 = (0..12).map(|_| rng.unit()).sum::<f64>() - 6.0;
    ((MEAN_WORDS as f64 * 0.76 * exp(0.75 * normal)) as usize).clamp(60, 2960)
}
