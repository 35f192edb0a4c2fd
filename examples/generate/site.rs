//! A newspaper's site and the chrome that stands around its articles.

use crate::language::Language;
use crate::random::{Purpose, Rng};
use crate::story::Story;

const SECTIONS: &str = "Business Sport Politics Opinion Weather Local World Health Science Arts Travel \
    Obituaries Jobs Markets Technology Education Podcasts Puzzles Food Cars";
const PAPERS: [&str; 8] = ["Times", "Herald", "Post", "Gazette", "Courier", "Tribune", "Chronicle", "Echo"];

pub struct Site {
    pub name: String,
    pub host: String,
    header: String,
    footer: Vec<String>,
}

impl Site {
    pub fn new(language: &Language, index: u64) -> Site {
        let mut rng = Rng::new(language.seed, Purpose::Site, index);
        let places = &language.lexicon.places.list;
        let place = &places[rng.below(places.len())];
        let paper = rng.pick(&PAPERS);
        let mut sections: Vec<&str> = SECTIONS.split(' ').collect();
        rng.shuffle(&mut sections);
        let name = format!("{place} {paper}");
        let header = format!(
            "{name} | {}\nSign in | Subscribe | Newsletters from the {name}",
            sections[..rng.between(8, 16)].join(" | ")
        );
        let lines = rng.between(10, 18);
        let mut story = Story::new(language, rng, language.facts(Purpose::Site, index));
        let mut footer: Vec<String> = (0..lines).map(|_| story.line("chrome")).collect();
        footer.push(format!("Contact the newsroom of the {name} | Terms of use | Privacy | Accessibility"));
        footer.push(format!(
            "Copyright {name}. All rights reserved. Reproduction needs our permission in writing."
        ));
        let host = format!("www.{}{}{index}.example", place.to_lowercase(), paper.to_lowercase());
        Site { name, host, header, footer }
    }

    /// The site's chrome around a text. Not every line of its foot is on every page.
    pub fn wrapped(&self, text: &str, rng: &mut Rng) -> String {
        let footer: Vec<&str> = self.footer.iter().filter(|_| rng.percent(85)).map(String::as_str).collect();
        format!("{}\n\n{text}\n\n{}", self.header, footer.join("\n"))
    }
}
