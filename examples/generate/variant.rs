//! What is done to a story to make a copy of it.

use crate::language::Language;
use crate::lexicon::Lexicon;
use crate::prose::{capitalised, words_in};
use crate::random::{Purpose, Rng};
use crate::site::Site;
use crate::story::{Article, Story};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Exact,
    Edit,
    Truncated,
    Reordered,
    Excerpt,
    Mixed,
    Wrapped,
    Templated,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Exact => "exact",
            Kind::Edit => "edit",
            Kind::Truncated => "truncated",
            Kind::Reordered => "reordered",
            Kind::Excerpt => "excerpt",
            Kind::Mixed => "mixed",
            Kind::Wrapped => "wrapped",
            Kind::Templated => "templated",
        }
    }
}

/// A copy to be made.
pub struct Variant<'a> {
    pub kind: Kind,
    pub language: &'a Language,
    /// Where it stands.
    pub site: &'a Site,
    pub rng: Rng,
    /// The number of its own facts.
    pub key: u64,
}

impl Variant<'_> {
    /// The copy, some minutes to two days after its base.
    pub fn of(mut self, base: Article) -> Article {
        let minute = base.minute + self.rng.between(5, 2 * 24 * 60);
        let Article { title, text, .. } = base;
        let text = match self.kind {
            Kind::Exact | Kind::Templated | Kind::Mixed => text,
            Kind::Edit => edited(&text, &self.language.lexicon, &mut self.rng),
            Kind::Truncated => truncated(&text),
            Kind::Reordered => reordered(&text, &mut self.rng),
            Kind::Wrapped => self.site.wrapped(&text, &mut self.rng),
            Kind::Excerpt => {
                let Article { title, text, .. } = self.hosting(&text);
                return Article { title, text, minute };
            }
        };
        Article { title, text, minute }
    }

    /// A long story of its own with a page in it.
    fn hosting(mut self, page: &str) -> Article {
        let length = self.rng.between(400, 2000);
        let facts = self.language.facts(Purpose::Variant, self.key);
        let host = Article::new(&mut Story::new(self.language, self.rng, facts), length);
        Article { text: inserted(&host.text, page), ..host }
    }
}

/// Replaces one to five of a hundred words, spread over the text.
fn edited(text: &str, lexicon: &Lexicon, rng: &mut Rng) -> String {
    let words = words_in(text);
    let changes = (words * rng.between(1, 5) / 100).max(1);
    let mut changed: Vec<usize> =
        (0..changes).map(|nth| rng.between(nth * words / changes, (nth + 1) * words / changes - 1)).collect();
    changed.reverse();
    let mut result = String::with_capacity(text.len() + 64);
    for (position, word) in
        text.split_inclusive(' ').flat_map(|word| word.split_inclusive("\n\n")).enumerate()
    {
        if changed.last() != Some(&position) {
            result.push_str(word);
            continue;
        }
        changed.pop();
        let core = word.trim_matches(|c: char| !c.is_alphanumeric());
        let (before, after) = word.split_once(core).unwrap_or(("", ""));
        let other = lexicon.any(rng);
        result.push_str(before);
        let capital = core.starts_with(|c: char| c.is_uppercase());
        result.push_str(&if capital { capitalised(other) } else { other.to_string() });
        result.push_str(after);
    }
    result
}

/// The first 60 % of the words.
fn truncated(text: &str) -> String {
    let kept = words_in(text) * 3 / 5;
    let words = text.split_inclusive(' ').flat_map(|word| word.split_inclusive("\n\n"));
    words.take(kept).collect::<String>().trim_end().to_string()
}

fn reordered(text: &str, rng: &mut Rng) -> String {
    let mut paragraphs: Vec<&str> = text.split("\n\n").collect();
    rng.shuffle(&mut paragraphs);
    let result = paragraphs.join("\n\n");
    if result == text {
        paragraphs.rotate_left(1);
        return paragraphs.join("\n\n");
    }
    result
}

/// `page` between the paragraphs of `host`, about its middle.
fn inserted(host: &str, page: &str) -> String {
    let mut paragraphs: Vec<&str> = host.split("\n\n").collect();
    paragraphs.insert(paragraphs.len().div_ceil(2), page);
    paragraphs.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "One two three, four five.\n\nSix \"seven\" eight - nine ten.\n\nEleven twelve.";

    fn words(text: &str) -> Vec<&str> {
        text.split_ascii_whitespace().collect()
    }

    #[test]
    fn edits_are_few_and_spread() {
        let mut rng = Rng::new(1, Purpose::Variant, 0);
        let lexicon = Lexicon::new(1);
        let text = [TEXT; 20].join("\n\n");
        let edited = edited(&text, &lexicon, &mut rng);
        let (before, after) = (words(&text), words(&edited));
        assert_eq!(before.len(), after.len());
        let changed = before.iter().zip(&after).filter(|(a, b)| a != b).count();
        assert!((1..=before.len() / 20).contains(&changed), "{changed} of {}", before.len());
        assert_eq!(text.matches("\n\n").count(), edited.matches("\n\n").count());
    }

    #[test]
    fn variants_keep_what_they_promise() {
        let mut rng = Rng::new(1, Purpose::Variant, 0);
        assert_eq!(truncated(TEXT), "One two three, four five.\n\nSix \"seven\"");
        let reordered = reordered(TEXT, &mut rng);
        assert_ne!(reordered, TEXT);
        let sorted = |text| {
            let mut words = words(text);
            words.sort_unstable();
            words.join(" ")
        };
        assert_eq!(sorted(&reordered), sorted(TEXT));
        assert_eq!(inserted("A.\n\nB.\n\nC.", "X.\n\nY."), "A.\n\nB.\n\nX.\n\nY.\n\nC.");
    }
}
