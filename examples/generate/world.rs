//! What all documents of a corpus share.

use crate::language::Language;
use crate::options::Options;
use crate::prose::words_in;
use crate::random::{Purpose, Rng};
use crate::site::Site;
use crate::story::{MEAN_WORDS, Story};

const SITES: usize = 60;
const DOCUMENTS_OF_SITES: usize = 20_000;
const RUN_RECURS: usize = 15;

pub struct World {
    pub language: Language,
    pub sites: Vec<Site>,
}

impl World {
    pub fn new(options: &Options) -> World {
        let mut language = Language::new(options.seed, options.documents);
        let sites = SITES * (options.documents / DOCUMENTS_OF_SITES).max(1);
        let sites = (0..sites as u64).map(|index| Site::new(&language, index)).collect();
        if options.pool {
            language.pool = sentences(&language, options.documents);
        }
        World { language, sites }
    }
}

/// N documents of s sentences hold about N s runs of two, and a pool of p sentences makes p^2 of them.
fn sentences(language: &Language, documents: usize) -> Vec<String> {
    let rng = Rng::new(language.seed, Purpose::Pool, 0);
    let mut story = Story::new(language, rng, language.facts(Purpose::Pool, 0));
    let mut sentence = || {
        let mut text = String::new();
        story.sentence(&mut text);
        text
    };
    let mut pool: Vec<String> = (0..1000).map(|_| sentence()).collect();
    let words: usize = pool.iter().map(|sentence| words_in(sentence)).sum();
    let sentences_per_document = MEAN_WORDS * pool.len() / words;
    let size = (documents * sentences_per_document / RUN_RECURS).isqrt().max(2);
    pool.resize_with(size, sentence);
    pool
}
