//! Generates labelled synthetic news corpora, for benchmarks and for trying wirecopy on a set whose
//! duplicates are known. Standard library only; the same options and seed give the same bytes on any machine.
//!
//! ```text
//! cargo run --release --example generate -- --documents 20000 --output news.jsonl --labels news.tsv
//! ```
//!
//! Sentences come from a small grammar: real English function words around invented words whose ranks follow
//! Zipf's law, so that whole sentences do not recur. Stock phrases, also ranked by Zipf's law, do recur, as "did
//! not immediately respond to a request for comment" does in a newsroom: mostly five or six words of them, and a
//! whole clause now and then. Of unrelated documents word 5-grams so have a curve of document frequencies, and the
//! runs that two of them share have lengths, like those of a real newswire. `--curve` prints both, of any set.
//!
//! About a fifth of the documents are planted: families of two to six, each a base and its variants. A member is
//! never stored: it is written again from the family's seed and then changed, so memory does not grow with the
//! length of the texts.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::{env, iter};

const USAGE: &str = "\
Generates a labelled synthetic news corpus as JSON lines (id, title, url, source, date, text).

usage: generate --documents N --output FILE.jsonl [options]
       generate --curve --input FILE.jsonl

  --documents N   number of documents to write
  --output FILE   where to write them
  --labels FILE   write the planted families: family, kind, id, role (tab separated)
  --seed S        another corpus of the same sort [default: 1]
  --chrome        also plant copies wrapped in their site's chrome, and short unrelated stories
                  in the same chrome (kind `negative`: they are not copies of one another)
  --templates     also plant templated families: the same sentences about other facts
                  (kind `templated`: they are not copies of one another either)
  --pool          adversarial: texts shuffled from a pool of sentences so small that every run
                  of two sentences recurs about 15 times
  --curve         print how many documents the distinct word 5-grams occur in, and how long the runs
                  are that unrelated documents share (to stderr), counted in at most 20,000
                  documents, evenly spaced
  --input FILE    with --curve: generate nothing, read the texts of this file
  --help          print this

About 20 % of the documents belong to families of 2 to 6. Kinds: exact, edit (1-5 % of the words
changed), truncated (the first 60 %), reordered (paragraphs), excerpt (a short page inside a long
one: two such hosts have only the page in common), mixed (all of these but excerpts).
The role is `base` or what was done to this member.";

fn main() -> ExitCode {
    let options = match Options::parse(env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("generate: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let result = match &options.task {
        Task::Measure { input } => measure(input).map(|mut curve| eprint!("{}", curve.report())),
        Task::Generate { output, labels } => generate(&options, output, labels.as_deref()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("generate: {message}");
            ExitCode::FAILURE
        }
    }
}

// ---------------------------------------------------------------------------------------------- options

#[derive(Debug)]
enum Task {
    Generate { output: PathBuf, labels: Option<PathBuf> },
    Measure { input: PathBuf },
}

#[derive(Debug)]
struct Options {
    task: Task,
    documents: usize,
    seed: u64,
    chrome: bool,
    templates: bool,
    pool: bool,
    curve: bool,
}

impl Options {
    /// `None` where help is asked for.
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
        let (mut documents, mut seed) = (None, 1);
        let (mut chrome, mut templates, mut pool, mut curve) = (false, false, false, false);
        let (mut input, mut output, mut labels) = (None, None, None);
        while let Some(flag) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{flag} needs a value"));
            match flag.as_str() {
                "--documents" => documents = Some(number(&flag, &value()?)?),
                "--seed" => seed = number(&flag, &value()?)?,
                "--output" => output = Some(PathBuf::from(value()?)),
                "--labels" => labels = Some(PathBuf::from(value()?)),
                "--input" => input = Some(PathBuf::from(value()?)),
                "--chrome" => chrome = true,
                "--templates" => templates = true,
                "--pool" => pool = true,
                "--curve" => curve = true,
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("unknown option {flag}")),
            }
        }
        if pool && templates {
            return Err(
                "--templates needs facts to replace, which the sentences of --pool do not have".into()
            );
        }
        let task = match (input, output) {
            (Some(input), None) if curve => Task::Measure { input },
            (Some(_), None) => return Err("--input needs --curve".into()),
            (Some(_), Some(_)) => return Err("--input and --output exclude each other".into()),
            (None, None) => return Err("--output is needed".into()),
            (None, Some(output)) => Task::Generate { output, labels },
        };
        let documents = match (&task, documents) {
            (Task::Measure { .. }, _) => 0,
            (Task::Generate { .. }, Some(n)) if (1..=MAX_DOCUMENTS).contains(&n) => n as usize,
            _ => return Err(format!("--documents must be between 1 and {MAX_DOCUMENTS}")),
        };
        Ok(Some(Options { task, documents, seed, chrome, templates, pool, curve }))
    }
}

const MAX_DOCUMENTS: u64 = 100_000_000;

fn number(flag: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("{flag} {value}: not a whole number"))
}

// --------------------------------------------------------------------------------------- random numbers

/// What a sequence of random numbers is for: each document, site and phrase has its own, so that it can be
/// written again at any time without what came before.
#[derive(Clone, Copy)]
enum Purpose {
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
struct Rng([u64; 4]);

impl Rng {
    fn new(seed: u64, purpose: Purpose, index: u64) -> Rng {
        let mut state = seed;
        for part in [purpose as u64, index] {
            state = splitmix(&mut state) ^ part;
        }
        Rng([0; 4].map(|_: u64| splitmix(&mut state)))
    }

    fn next(&mut self) -> u64 {
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
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// A number in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// e^x to about a hundredth. The library's `exp` may differ in its last bit from platform to platform
/// and with it a whole corpus; multiplication may not.
fn exp(x: f64) -> f64 {
    (0..12).fold(1.0 + x / 4096.0, |y, _| y * y)
}

/// Ranks with the probability 1 / (rank + head), by inversion of the continuous law. A larger head makes the
/// first ranks less outstanding.
struct Zipf {
    head: f64,
    folds: f64,
    size: usize,
}

impl Zipf {
    fn new(head: f64, size: usize) -> Zipf {
        let (mut low, mut high) = (0.0, 64.0);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if head * (exp(middle) - 1.0) < size as f64 { low = middle } else { high = middle }
        }
        Zipf { head, folds: high, size }
    }

    fn sample(&self, rng: &mut Rng) -> usize {
        let rank = self.head * (exp(self.folds * rng.unit()) - 1.0);
        (rank as usize).min(self.size - 1)
    }
}

// ---------------------------------------------------------------------------------------------- lexicon

struct Words {
    list: Vec<String>,
    zipf: Zipf,
}

impl Words {
    fn sample(&self, rng: &mut Rng) -> &str {
        &self.list[self.zipf.sample(rng)]
    }
}

struct Lexicon {
    nouns: Words,
    verbs: Words,
    adjectives: Words,
    adverbs: Words,
    first_names: Words,
    surnames: Words,
    places: Words,
    companies: Words,
}

impl Lexicon {
    fn new(seed: u64) -> Lexicon {
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
    fn any(&self, rng: &mut Rng) -> &str {
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

fn capitalised(word: &str) -> String {
    let mut result = word.to_string();
    capitalise(&mut result, 0);
    result
}

/// Makes the first letter from `start` on a capital, unless a digit comes first.
fn capitalise(text: &mut str, start: usize) {
    let first = text.as_bytes()[start..].iter().position(u8::is_ascii_alphanumeric);
    if let Some(letter) = first.and_then(|at| text.get_mut(start + at..=start + at)) {
        letter.make_ascii_uppercase();
    }
}

// ---------------------------------------------------------------------------------------------- grammar

/// Rules and their alternatives. `$name` stands for a rule or for a slot of [`SLOTS`]; `N*` in front makes an
/// alternative N times as likely. A line that begins with a space goes on.
const GRAMMAR: &str = r#"
sentence = 5*$clause. | 8*$clause $stock. | 3*$clause, $person said. | 5*$clause, $stock. | 3*$opening, $clause.
 | 2*"$clause," $person said. | 2*$clause, and $clause. | $clause, but $subject $predicate.
 | "$clause. $clause," said $person, $title at $organization. | $clause - $stock - and $predicate.
 | $clause because $clause. | $clause after $gerund $object in $place.
 | $organization, which $past $object $time, $predicate. | $person said $subject $predicate $stock.
 | The $noun $past $percent to $number from $number $time. | When $clause, it was $adverb $adjective that $clause.
 | $organization $past $money of $plural, compared with $money $time.
 | There were $number $plural in $det $noun, $adverb $adjective for a $noun that $past $object.
clause = 8*$subject $predicate | $subject $adverb $past $object
opening = 4*$stock | $cliche | $time | in $place | at $det $phrase | despite $adjective $plural | for $object
subject = 5*$det $phrase | 3*$plural | 2*$organization | 2*$person | 2*$adjective $plural | $det $phrase of $place
 | $place's $phrase | some of the $plural | he | she | it | they | we | $number $plural | what $pronoun $past
pronoun = he | she | they | it | we | you
det = 6*the | 4*a | its | his | her | their | this | that | each | another | one
phrase = 4*$noun | 4*$adjective $noun | $noun $noun | $adjective $noun $noun | $noun of $det $noun
predicate = 4*$past $object | 4*$past $object $where | 2*$past $object $time | will $base $object $where
 | would $base $object, $gerund $object | has $past $object | had been $past by $object | was $past $where $time
 | is $adjective and $adjective | is not as $adjective as $pronoun had $past | is expected to $base $object
 | did not $base $object | could $base $object or $base $object | was more $adjective than $object
 | $past $object that $past $object | $past that it would $base $object
object = 4*$det $phrase | 4*$adjective $plural | 3*$plural | $plural and $plural | more than $number $plural
 | $organization | $person and $plural | $money | any $phrase | one of the $plural
where = 3*in $det $phrase | 2*in $place | 2*for $det $phrase | 2*of $plural | with $adjective $plural
 | at $det $phrase | by $plural | from $place to $place | as a $phrase | to $det $phrase
 | between $plural and $plural | against $organization
time = 3*on $day | last $period | this $period | in $month | in $month $year | on $month $date
period = year | month | week | quarter
title = a $noun | chief $noun | the $adjective $noun | $noun $noun
headline = $organization to $base $plural in $place | $place $plural $base $phrase
 | $adjective $plural $base $noun, $person says
phrases = 90*in the $noun of $plural | 90*for $det $noun of $plural | 90*to $base $det $adjective $noun
 | 90*with $adjective $plural and $plural | 90*that $past $det $adjective $noun | 90*by $det $noun and $plural
 | 36*as part of $det $adjective $noun | 36*after it had $past its $plural | 36*$past the $noun of the $plural
 | 5*since the first $noun of $adjective $plural | 5*in a $noun that $past the $plural
 | 12*while its $plural and $det $noun $past them | 12*before they $past the $noun of $det $plural
 | 5*with $det $noun of $adjective $plural that $pronoun $past | 2*that the $noun of its $plural had $past $det $adjective $noun
 | in $det $noun of the $noun for $plural, which $past $det $noun of $plural
 | since the first $noun of $det $adjective $noun of $plural was $past by $det $noun of $plural
cliche = according to people familiar with the matter | at the end of the year
 | for the first time in more than a year | in an interview with local television
 | speaking on condition of anonymity because they were not authorised to comment
 | compared with the same period a year earlier | in a statement to the press late on $day
 | over the course of the next few months | as one of the largest in the country
chrome = most read: $headline | watch: $headline | $adjective $plural for you
 | sign up for our $noun newsletter and never miss $object | more from the $noun desk: $headline
 | follow the $noun of the $noun with our $adjective $plural
"#;

/// A gap in an alternative that is not filled by another rule.
#[derive(Clone, Copy)]
enum Slot {
    Noun,
    Plural,
    Adjective,
    Adverb,
    Base,
    Past,
    Gerund,
    Stock,
    Fact(Fact),
}

/// What makes a story this story: filled from its [`Facts`].
#[derive(Clone, Copy)]
enum Fact {
    Person,
    Organization,
    Place,
    Number,
    Percent,
    Money,
    Day,
    Date,
    Month,
    Year,
}

const SLOTS: [(&str, Slot); 18] = [
    ("noun", Slot::Noun),
    ("plural", Slot::Plural),
    ("adjective", Slot::Adjective),
    ("adverb", Slot::Adverb),
    ("base", Slot::Base),
    ("past", Slot::Past),
    ("gerund", Slot::Gerund),
    ("stock", Slot::Stock),
    ("person", Slot::Fact(Fact::Person)),
    ("organization", Slot::Fact(Fact::Organization)),
    ("place", Slot::Fact(Fact::Place)),
    ("number", Slot::Fact(Fact::Number)),
    ("percent", Slot::Fact(Fact::Percent)),
    ("money", Slot::Fact(Fact::Money)),
    ("day", Slot::Fact(Fact::Day)),
    ("date", Slot::Fact(Fact::Date)),
    ("month", Slot::Fact(Fact::Month)),
    ("year", Slot::Fact(Fact::Year)),
];

enum Piece {
    Text(String),
    Rule(usize),
    Slot(Slot),
}

/// Alternatives, each as often as it weighs.
type Rule = Vec<Rc<[Piece]>>;

/// The rules of [`GRAMMAR`] by name.
struct Grammar {
    names: Vec<&'static str>,
    rules: Vec<Rule>,
}

impl Grammar {
    /// Panics where [`GRAMMAR`] is wrong.
    fn new() -> Grammar {
        let lines = GRAMMAR.trim().split_inclusive('\n');
        let mut texts: Vec<(&str, String)> = Vec::new();
        for line in lines {
            match (line.split_once(" = "), texts.last_mut()) {
                (Some((name, alternatives)), _) => texts.push((name, alternatives.trim_end().to_string())),
                (None, Some((_, alternatives))) => *alternatives += line.trim_end(),
                (None, None) => panic!("{line}: belongs to no rule"),
            }
        }
        let names: Vec<_> = texts.iter().map(|(name, _)| *name).collect();
        let rules = texts.iter().map(|(_, alternatives)| rule(alternatives, &names)).collect();
        Grammar { names, rules }
    }

    fn rule(&self, name: &str) -> &Rule {
        &self.rules[position(name, &self.names)]
    }
}

fn position(name: &str, names: &[&str]) -> usize {
    match names.iter().position(|rule| *rule == name) {
        Some(index) => index,
        None => panic!("no rule or slot ${name}"),
    }
}

fn rule(alternatives: &str, names: &[&str]) -> Rule {
    let mut rule = Rule::new();
    for alternative in alternatives.split(" | ") {
        let (weight, pattern) = match alternative.split_once('*') {
            Some((weight, pattern)) => {
                (weight.parse().unwrap_or_else(|_| panic!("{weight}*: no weight")), pattern)
            }
            None => (1, alternative),
        };
        rule.extend(iter::repeat_n(Rc::from(pieces(pattern, names)), weight));
    }
    rule
}

fn pieces(pattern: &str, names: &[&str]) -> Vec<Piece> {
    let (first, rest) = pattern.split_once('$').map_or((pattern, None), |(first, rest)| (first, Some(rest)));
    let mut pieces = vec![Piece::Text(first.to_string())];
    for part in rest.iter().flat_map(|rest| rest.split('$')) {
        let (name, text) = part.split_at(part.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(part.len()));
        pieces.push(match SLOTS.iter().find(|(slot, _)| *slot == name) {
            Some(&(_, slot)) => Piece::Slot(slot),
            None => Piece::Rule(position(name, names)),
        });
        pieces.push(Piece::Text(text.to_string()));
    }
    pieces
}

// -------------------------------------------------------------------------------------------- the world

/// What all documents share.
struct World {
    seed: u64,
    lexicon: Lexicon,
    grammar: Grammar,
    stock: Zipf,
    sites: Vec<Site>,
    pool: Vec<String>,
}

struct Site {
    name: String,
    host: String,
    header: String,
    footer: Vec<String>,
}

/// Stock phrases in circulation, and how many of them are about equally common. Both grow with the corpus, as
/// they do when a newswire is read for longer.
const STOCK_PER_DOCUMENT: f64 = 14.0;
const STOCK_HEAD_PER_DOCUMENT: f64 = 2.5;
const SITES: usize = 60;
const DOCUMENTS_OF_SITES: usize = 20_000;
const RUN_RECURS: usize = 15;

impl World {
    fn new(options: &Options) -> World {
        let n = options.documents as f64;
        let mut world = World {
            seed: options.seed,
            lexicon: Lexicon::new(options.seed),
            grammar: Grammar::new(),
            stock: Zipf::new(STOCK_HEAD_PER_DOCUMENT * n, (STOCK_PER_DOCUMENT * n) as usize),
            sites: Vec::new(),
            pool: Vec::new(),
        };
        let sites = SITES * (options.documents / DOCUMENTS_OF_SITES).max(1);
        world.sites = (0..sites as u64).map(|index| world.site(index)).collect();
        if options.pool {
            world.pool = world.sentences(options.documents);
        }
        world
    }

    /// N documents of s sentences hold about N s runs of two, and a pool of p sentences makes p^2 of them.
    fn sentences(&self, documents: usize) -> Vec<String> {
        let mut story = Story::new(self, Rng::new(self.seed, Purpose::Pool, 0), self.facts(Purpose::Pool, 0));
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

    fn site(&self, index: u64) -> Site {
        const SECTIONS: &str = "Business Sport Politics Opinion Weather Local World Health Science Arts Travel \
            Obituaries Jobs Markets Technology Education Podcasts Puzzles Food Cars";
        let mut rng = Rng::new(self.seed, Purpose::Site, index);
        let place = &self.lexicon.places.list[rng.below(self.lexicon.places.list.len())];
        let paper =
            rng.pick(&["Times", "Herald", "Post", "Gazette", "Courier", "Tribune", "Chronicle", "Echo"]);
        let mut sections: Vec<&str> = SECTIONS.split(' ').collect();
        rng.shuffle(&mut sections);
        let name = format!("{place} {paper}");
        let header = format!(
            "{name} | {}\nSign in | Subscribe | Newsletters from the {name}",
            sections[..rng.between(8, 16)].join(" | ")
        );
        let lines = rng.between(10, 18);
        let mut story = Story::new(self, rng, self.facts(Purpose::Site, index));
        let mut footer: Vec<String> = (0..lines).map(|_| story.line("chrome")).collect();
        footer.push(format!("Contact the newsroom of the {name} | Terms of use | Privacy | Accessibility"));
        footer.push(format!(
            "Copyright {name}. All rights reserved. Reproduction needs our permission in writing."
        ));
        let host = format!("www.{}{}{index}.example", place.to_lowercase(), paper.to_lowercase());
        Site { name, host, header, footer }
    }

    fn facts(&self, purpose: Purpose, index: u64) -> Facts {
        Facts::new(Rng::new(self.seed, Purpose::Facts, index | (purpose as u64) << 56), &self.lexicon)
    }
}

// ---------------------------------------------------------------------------------------------- stories

/// The names and figures of one story, drawn from a sequence of their own: a story with the same words and
/// other facts is a template filled in again.
struct Facts {
    rng: Rng,
    people: [(String, String); 4],
    organizations: [String; 3],
    places: [String; 3],
}

impl Facts {
    fn new(mut rng: Rng, lexicon: &Lexicon) -> Facts {
        const FORMS: [&str; 8] =
            ["Corp", "Inc", "Group", "Bank", "Partners", "Holdings", "Council", "University"];
        let people = [(); 4].map(|()| {
            (lexicon.first_names.sample(&mut rng).to_string(), lexicon.surnames.sample(&mut rng).to_string())
        });
        let organizations =
            [(); 3].map(|()| format!("{} {}", lexicon.companies.sample(&mut rng), rng.pick(&FORMS)));
        let places = [(); 3].map(|()| lexicon.places.sample(&mut rng).to_string());
        Facts { rng, people, organizations, places }
    }

    fn amount(&mut self) -> String {
        let rng = &mut self.rng;
        match rng.below(4) {
            0 => rng.between(2, 99).to_string(),
            1 => rng.between(100, 999).to_string(),
            2 => format!("{},{:03}", rng.between(1, 99), rng.below(1000)),
            _ => format!("{}.{} million", rng.between(1, 99), rng.between(1, 9)),
        }
    }

    fn percentage(&mut self) -> String {
        format!("{}.{} percent", self.rng.below(30), self.rng.below(10))
    }
}

/// Writes one story, word by word.
struct Story<'a> {
    world: &'a World,
    rng: Rng,
    facts: Facts,
    /// Facts that stand in for the others in so many percent of their places.
    replaced: Option<(Facts, usize)>,
}

impl<'a> Story<'a> {
    fn new(world: &'a World, rng: Rng, facts: Facts) -> Story<'a> {
        Story { world, rng, facts, replaced: None }
    }

    fn headline(&mut self) -> String {
        self.line("headline")
    }

    fn line(&mut self, rule: &str) -> String {
        let mut text = String::new();
        self.expand(self.world.grammar.rule(rule), &mut text);
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

    fn sentence(&mut self, out: &mut String) {
        if !self.world.pool.is_empty() {
            out.push_str(&self.world.pool[self.rng.below(self.world.pool.len())]);
            return;
        }
        let start = out.len();
        self.expand(self.world.grammar.rule("sentence"), out);
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
                Piece::Rule(rule) => self.expand(&self.world.grammar.rules[*rule], out),
                Piece::Slot(slot) => self.fill(*slot, out),
            }
        }
    }

    fn fill(&mut self, slot: Slot, out: &mut String) {
        let lexicon = &self.world.lexicon;
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
        let rank = self.world.stock.sample(&mut self.rng);
        let phrase = Rng::new(self.world.seed, Purpose::Stock, rank as u64);
        let rng = std::mem::replace(&mut self.rng, phrase);
        self.expand(self.world.grammar.rule("phrases"), out);
        self.rng = rng;
    }

    fn fact(&mut self, fact: Fact, out: &mut String) {
        const DAYS: [&str; 7] =
            ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        // The choice of a person or place belongs to the words, who that is to the facts.
        let (first, second, full) = (self.rng.below(4), self.rng.below(4), self.rng.percent(25));
        let facts = match &mut self.replaced {
            Some((facts, percent)) if self.rng.percent(*percent) => facts,
            _ => &mut self.facts,
        };
        match fact {
            Fact::Person => {
                let (name, surname) = &facts.people[first.min(second)];
                if full {
                    out.push_str(name);
                    out.push(' ');
                }
                out.push_str(surname);
            }
            Fact::Organization => out.push_str(&facts.organizations[first.min(second).min(2)]),
            Fact::Place => out.push_str(&facts.places[first.min(second).min(2)]),
            Fact::Number => out.push_str(&facts.amount()),
            Fact::Percent => out.push_str(&facts.percentage()),
            Fact::Money => {
                out.push('$');
                out.push_str(&facts.amount());
            }
            Fact::Day => out.push_str(facts.rng.pick(&DAYS)),
            Fact::Date => out.push_str(&facts.rng.between(1, 28).to_string()),
            Fact::Month => out.push_str(facts.rng.pick(&MONTHS)),
            Fact::Year => out.push_str(&facts.rng.between(1990, 2025).to_string()),
        }
    }
}

/// Appends a word, after "an" if "a" is there and the word begins with a vowel.
fn push_word(out: &mut String, word: &str, ending: &str) {
    let article =
        out.strip_suffix("a ").is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric()));
    if article && word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        out.pop();
        out.push_str("n ");
    }
    out.push_str(word);
    out.push_str(ending);
}

fn words_in(text: &str) -> usize {
    text.split_ascii_whitespace().count()
}

/// A paragraph in the typography of a page: curly quotes, at least one, and dashes.
fn curled(paragraph: &str) -> String {
    let mut quoted = String::from(paragraph);
    if let (false, Some(end)) =
        (paragraph.contains(['"', '\'']), paragraph.find(". ").or(Some(paragraph.len() - 1)))
    {
        quoted = format!("\"{}.\"{}", &paragraph[..end], &paragraph[end + 1..]);
    }
    let mut result = String::with_capacity(quoted.len() + 32);
    for c in quoted.replace(" - ", "\u{2014}").chars() {
        let opening = result.is_empty() || result.ends_with([' ', '\u{2014}']);
        result.push(match c {
            '"' if opening => '\u{201C}',
            '"' => '\u{201D}',
            '\'' => '\u{2019}',
            other => other,
        });
    }
    result
}

const MEAN_WORDS: usize = 560;

/// Log-normal, near enough: e to the power of a sum of uniforms, between 60 and 3000.
fn typical_length(rng: &mut Rng) -> usize {
    let normal: f64 = (0..12).map(|_| rng.unit()).sum::<f64>() - 6.0;
    ((MEAN_WORDS as f64 * 0.76 * exp(0.75 * normal)) as usize).clamp(60, 2960)
}

// --------------------------------------------------------------------------------------------- families

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
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
    fn name(self) -> &'static str {
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

struct Family {
    index: u64,
    kind: Kind,
    size: usize,
    rng: Rng,
}

impl Family {
    fn new(options: &Options, index: u64) -> Family {
        let mut rng = Rng::new(options.seed, Purpose::Family, index);
        let (wrapped, templated) = (rng.percent(18), rng.percent(6));
        let kind = match rng.below(100) {
            _ if options.chrome && wrapped => Kind::Wrapped,
            _ if options.templates && templated => Kind::Templated,
            0..22 => Kind::Exact,
            22..48 => Kind::Edit,
            48..62 => Kind::Truncated,
            62..76 => Kind::Reordered,
            76..88 => Kind::Excerpt,
            _ => Kind::Mixed,
        };
        let size = rng.pick(&[2, 2, 2, 2, 2, 2, 3, 3, 4, 4, 5, 6]);
        Family { index, kind, size, rng }
    }

    /// The member's story and its role. Member 0 is the base.
    fn member(
        mut self,
        world: &World,
        options: &Options,
        member: usize,
        site: &Site,
    ) -> (Article, &'static str) {
        let length = match self.kind {
            Kind::Excerpt => self.rng.between(80, 250),
            Kind::Templated => self.rng.between(60, 300),
            Kind::Reordered | Kind::Mixed => typical_length(&mut self.rng).max(250),
            _ => typical_length(&mut self.rng).max(100),
        };
        let replaced = self.rng.between(20, 100);
        let key = self.index * 16 + member as u64;
        let mut rng = Rng::new(options.seed, Purpose::Variant, key);
        let mut story = Story::new(world, self.rng, world.facts(Purpose::Family, self.index));
        if self.kind == Kind::Templated {
            story.replaced = Some((world.facts(Purpose::Variant, key), replaced));
        }
        let base = Article::new(&mut story, length);
        if member == 0 {
            return (base, "base");
        }
        let kinds = [Kind::Exact, Kind::Edit, Kind::Truncated, Kind::Reordered, Kind::Wrapped];
        let kind = match self.kind {
            Kind::Mixed => rng.pick(&kinds[..4 + usize::from(options.chrome)]),
            kind => kind,
        };
        let minute = base.minute + rng.between(5, 2 * 24 * 60);
        let Article { mut title, text, .. } = base;
        let text = match kind {
            Kind::Exact | Kind::Templated | Kind::Mixed => text,
            Kind::Edit => edited(&text, &world.lexicon, &mut rng),
            Kind::Truncated => truncated(&text),
            Kind::Reordered => reordered(&text, &mut rng),
            Kind::Wrapped => wrapped(&text, site, &mut rng),
            Kind::Excerpt => {
                let length = rng.between(400, 2000);
                let host =
                    Article::new(&mut Story::new(world, rng, world.facts(Purpose::Variant, key)), length);
                title = host.title;
                inserted(&host.text, &text)
            }
        };
        (Article { title, text, minute }, kind.name())
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

/// A site's chrome around a text. Not every line of its foot is on every page.
fn wrapped(text: &str, site: &Site, rng: &mut Rng) -> String {
    let footer: Vec<&str> = site.footer.iter().filter(|_| rng.percent(85)).map(String::as_str).collect();
    format!("{}\n\n{text}\n\n{}", site.header, footer.join("\n"))
}

struct Article {
    title: String,
    text: String,
    /// Minutes since the year began.
    minute: usize,
}

impl Article {
    fn new(story: &mut Story, length: usize) -> Article {
        let minute = story.rng.below(360 * 24 * 60);
        Article { title: story.headline(), text: story.body(length), minute }
    }
}

/// What a document of the corpus is to be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    Plain,
    Member { family: u32, member: u8 },
    Negative,
}

const PLANTED_PERCENT: usize = 20;
const NEGATIVE_PERCENT: usize = 2;

fn plan(options: &Options) -> Vec<Role> {
    let n = options.documents;
    let mut roles = Vec::with_capacity(n);
    for family in 0.. {
        let size = Family::new(options, u64::from(family)).size;
        if roles.len() + size > n * PLANTED_PERCENT / 100 {
            break;
        }
        roles.extend((0..size as u8).map(|member| Role::Member { family, member }));
    }
    let negatives = if options.chrome { n * NEGATIVE_PERCENT / 100 } else { 0 };
    roles.resize(roles.len() + negatives, Role::Negative);
    roles.resize(n, Role::Plain);
    Rng::new(options.seed, Purpose::Plan, 0).shuffle(&mut roles);
    roles
}

// ----------------------------------------------------------------------------------------------- output

struct Document {
    article: Article,
    site: usize,
    label: Option<String>,
}

impl Document {
    fn new(world: &World, options: &Options, index: usize, role: Role) -> Document {
        let mut rng = Rng::new(options.seed, Purpose::Document, index as u64);
        let site = rng.below(world.sites.len());
        let chrome = &world.sites[site];
        match role {
            Role::Member { family, member } => {
                let family = Family::new(options, u64::from(family));
                let label = format!("{}\t{}", family.index, family.kind.name());
                let (article, role) = family.member(world, options, usize::from(member), chrome);
                Document { article, site, label: Some(format!("{label}\t{}\t{role}", id(index))) }
            }
            Role::Negative => {
                let length = rng.between(25, 70);
                let mut story = Story::new(world, rng, world.facts(Purpose::Document, index as u64));
                let mut article = Article::new(&mut story, length);
                article.text = wrapped(&article.text, chrome, &mut story.rng);
                Document {
                    article,
                    site,
                    label: Some(format!("site-{site}\tnegative\t{}\tnegative", id(index))),
                }
            }
            Role::Plain => {
                let length = typical_length(&mut rng);
                let mut story = Story::new(world, rng, world.facts(Purpose::Document, index as u64));
                Document { article: Article::new(&mut story, length), site, label: None }
            }
        }
    }

    fn push_line(&self, line: &mut String, world: &World, index: usize) {
        let (site, Article { title, text, minute }) = (&world.sites[self.site], &self.article);
        let date = date(*minute);
        let url = format!("https://{}/{}/{}-{index}", site.host, date[..10].replace('-', "/"), slug(title));
        line.clear();
        let fields =
            [("id", &id(index)), ("title", title), ("url", &url), ("source", &site.name), ("date", &date)];
        for (nth, (key, value)) in fields.into_iter().chain([("text", text)]).enumerate() {
            line.push_str(if nth == 0 { "{\"" } else { ", \"" });
            line.push_str(key);
            line.push_str("\": ");
            push_json(line, value);
        }
        line.push_str("}\n");
    }
}

fn id(index: usize) -> String {
    format!("d{index:07}")
}

fn slug(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.take(8).map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// A minute of 2025, which runs on into January where the minutes do.
fn date(minute: usize) -> String {
    const DAYS: [usize; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut day, mut month) = (minute / (24 * 60), 0);
    while day >= DAYS[month % 12] {
        day -= DAYS[month % 12];
        month += 1;
    }
    let (year, month) = (2025 + month / 12, month % 12 + 1);
    format!("{year}-{month:02}-{:02}T{:02}:{:02}:00Z", day + 1, minute / 60 % 24, minute % 60)
}

fn push_json(out: &mut String, value: &str) {
    out.push('"');
    let mut rest = value;
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'\n' => out.push_str("\\n"),
            c @ (b'"' | b'\\') => {
                out.push('\\');
                out.push(char::from(c));
            }
            control => out.push_str(&format!("\\u{control:04x}")),
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

fn generate(options: &Options, output: &Path, labels: Option<&Path>) -> Result<(), String> {
    let world = World::new(options);
    let mut documents = Sink::create(output)?;
    let mut labels = labels.map(Sink::create).transpose()?;
    if let Some(sink) = &mut labels {
        sink.write("family\tkind\tid\trole\n")?;
    }
    let mut curve = Curve::default();
    let every = options.documents.div_ceil(CURVE_DOCUMENTS);
    let mut line = String::new();
    for (index, role) in plan(options).into_iter().enumerate() {
        let document = Document::new(&world, options, index, role);
        document.push_line(&mut line, &world, index);
        documents.write(&line)?;
        if let (Some(sink), Some(label)) = (&mut labels, &document.label) {
            sink.write(label)?;
            sink.write("\n")?;
        }
        if options.curve && index % every == 0 {
            curve.add(&document.article.text, role != Role::Plain);
        }
    }
    documents.finish()?;
    labels.map_or(Ok(()), Sink::finish)?;
    if options.curve {
        eprint!("{}", curve.report());
    }
    Ok(())
}

/// A file that is being written and says its name where that fails.
struct Sink {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Sink {
    fn create(path: &Path) -> Result<Sink, String> {
        let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Sink { path: path.to_path_buf(), file: BufWriter::with_capacity(1 << 18, file) })
    }

    fn write(&mut self, text: &str) -> Result<(), String> {
        let result = self.file.write_all(text.as_bytes());
        self.named(result)
    }

    fn finish(mut self) -> Result<(), String> {
        let result = self.file.flush();
        self.named(result)
    }

    fn named(&self, result: io::Result<()>) -> Result<(), String> {
        result.map_err(|error| format!("{}: {error}", self.path.display()))
    }
}

// ------------------------------------------------------------------------------------------- the curve

/// In how many documents the word 5-grams of a corpus occur, and how long the runs are that unrelated documents share.
#[derive(Default)]
struct Curve {
    /// Of each document, whether it is planted.
    planted: Vec<bool>,
    /// A hash for each 5-gram of each document, with the document and its place there.
    grams: Vec<(u64, u32, u32)>,
}

const CURVE_DOCUMENTS: usize = 20_000;
const WORDS_OF_GRAM: usize = 5;
const FREQUENCIES: [(&str, usize); 7] =
    [("1", 1), ("2", 2), ("3-4", 4), ("5-8", 8), ("9-16", 16), ("17-64", 64), ("over 64", usize::MAX)];

/// Words of a run that two documents share.
const LENGTHS: [(&str, usize); 7] =
    [("5", 5), ("6", 6), ("7", 7), ("8-9", 9), ("10-12", 12), ("13-16", 16), ("over 16", usize::MAX)];

/// Documents that share more 5-grams than this are related.
const UNRELATED: usize = 60;

/// Distinct 5-grams and their postings, by document frequency.
type Histogram = [[usize; 2]; FREQUENCIES.len()];

impl Curve {
    fn add(&mut self, text: &str, planted: bool) {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let words: Vec<u64> = words.map(hash).collect();
        let document = self.planted.len() as u32;
        self.grams.extend(words.windows(WORDS_OF_GRAM).zip(0..).map(|(gram, place)| {
            let hash = gram.iter().fold(0_u64, |sum, &word| splitmix(&mut (sum.rotate_left(7) ^ word)));
            (hash, document, place)
        }));
        self.planted.push(planted);
    }

    fn histograms(&mut self) -> (Histogram, Histogram) {
        let (mut all, mut plain) = (Histogram::default(), Histogram::default());
        for gram in postings(&mut self.grams) {
            count(&mut all, gram.len());
            count(&mut plain, gram.iter().filter(|posting| !self.planted[posting.1 as usize]).count());
        }
        (all, plain)
    }

    /// By length: pairs of unrelated documents of which that is the longest run in common.
    fn lengths(&mut self) -> [usize; LENGTHS.len()] {
        let mut shared: Vec<(u32, u32, u32, u32)> = Vec::new();
        for gram in postings(&mut self.grams).filter(|gram| gram.len() <= UNRELATED) {
            for (i, &(_, a, of_a)) in gram.iter().enumerate() {
                let with = |&(_, b, of_b): &(u64, u32, u32)| (a, b, of_a.wrapping_sub(of_b), of_a);
                shared.extend(gram[i + 1..].iter().map(with));
            }
        }
        shared.sort_unstable();
        let mut lengths = [0; LENGTHS.len()];
        for pair in shared.chunk_by(|x, y| (x.0, x.1) == (y.0, y.1)).filter(|pair| pair.len() <= UNRELATED) {
            let runs = pair.chunk_by(|x, y| x.2 == y.2 && x.3 + 1 == y.3);
            let words = runs.map(|run| run.len() + WORDS_OF_GRAM - 1).max().unwrap_or_default();
            let row = LENGTHS.iter().position(|&(_, last)| words <= last).unwrap_or_default();
            lengths[row] += 1;
        }
        lengths
    }

    fn report(&mut self) -> String {
        let (all, plain) = self.histograms();
        let lengths = self.lengths();
        let documents = self.planted.len();
        let unplanted = self.planted.iter().filter(|&&planted| !planted).count();
        let mut report = table(&all, &format!("{documents} documents"));
        if unplanted < documents {
            report += &table(&plain, &format!("{unplanted} of them unplanted"));
        }
        report += &format!("longest run in common of pairs that share up to {UNRELATED} 5-grams\n");
        report += "words      pairs a document\n";
        for ((label, _), pairs) in LENGTHS.iter().zip(lengths) {
            report += &format!("{label:<9}{:>18.3}\n", 2.0 * pairs as f64 / documents.max(1) as f64);
        }
        report
    }
}

/// By 5-gram: the documents that have it, each with its first place there.
fn postings(grams: &mut Vec<(u64, u32, u32)>) -> impl Iterator<Item = &[(u64, u32, u32)]> {
    grams.sort_unstable();
    grams.dedup_by_key(|&mut (gram, document, _)| (gram, document));
    grams.chunk_by(|a, b| a.0 == b.0)
}

fn table(histogram: &Histogram, name: &str) -> String {
    let [distinct, postings] = [0, 1].map(|of| histogram.iter().map(|row| row[of]).sum::<usize>());
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    let mut table = format!("{name}: {distinct} distinct 5-grams, {postings} postings\n");
    table += "documents   distinct   postings\n";
    for ((label, _), row) in FREQUENCIES.iter().zip(histogram) {
        let [d, p] = [percent(row[0], distinct), percent(row[1], postings)];
        table += &format!("{label:<9}{d:>9.3} %{p:>9.3} %\n");
    }
    table
}

fn count(histogram: &mut Histogram, frequency: usize) {
    if let Some(row) = FREQUENCIES.iter().position(|&(_, last)| frequency <= last).filter(|_| frequency > 0) {
        histogram[row][0] += 1;
        histogram[row][1] += frequency;
    }
}

/// FNV-1a of a word in lower case.
fn hash(word: &str) -> u64 {
    let step = |hash: u64, c: char| (hash ^ u64::from(u32::from(c))).wrapping_mul(0x100_0000_01B3);
    word.chars().flat_map(char::to_lowercase).fold(0xCBF2_9CE4_8422_2325, step)
}

/// The curve of the texts in a file of JSON lines.
fn measure(input: &Path) -> Result<Curve, String> {
    let failed = |error: io::Error| format!("{}: {error}", input.display());
    let open = || File::open(input).map(BufReader::new).map_err(failed);
    let every = open()?.split(b'\n').count().div_ceil(CURVE_DOCUMENTS).max(1);
    let mut curve = Curve::default();
    let mut skipped = 0;
    for line in open()?.lines().step_by(every) {
        match text_field(&line.map_err(failed)?) {
            Some(text) => curve.add(&text, false),
            None => skipped += 1,
        }
    }
    if skipped > 0 {
        eprintln!("generate: {}: {skipped} lines without a text", input.display());
    }
    Ok(curve)
}

/// The value of the field `text` of a JSON object.
fn text_field(line: &str) -> Option<String> {
    let mut rest = line.trim_start().strip_prefix('{')?;
    loop {
        let (key, after) = json_string(rest.trim_start_matches([',', ' ', '\t']))?;
        rest = after.trim_start().strip_prefix(':')?.trim_start();
        if key == "text" {
            return Some(json_string(rest)?.0);
        }
        rest = after_value(rest)?;
    }
}

/// A JSON string at the start of `input`, and what follows it.
fn json_string(input: &str) -> Option<(String, &str)> {
    let mut rest = input.strip_prefix('"')?;
    let mut result = String::new();
    loop {
        let at = rest.find(['"', '\\'])?;
        result.push_str(&rest[..at]);
        let special = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        if special == b'"' {
            return Some((result, rest));
        }
        let escape = rest.chars().next()?;
        rest = &rest[escape.len_utf8()..];
        result.push(match escape {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{C}',
            'u' => {
                let mut units = vec![hexadecimal(&mut rest)?];
                if (0xD800..0xDC00).contains(&units[0]) && rest.starts_with("\\u") {
                    rest = &rest[2..];
                    units.push(hexadecimal(&mut rest)?);
                }
                result.push_str(&String::from_utf16_lossy(&units));
                continue;
            }
            other => other,
        });
    }
}

/// Four hexadecimal digits.
fn hexadecimal(rest: &mut &str) -> Option<u16> {
    let value = u16::from_str_radix(rest.get(..4)?, 16).ok()?;
    *rest = &rest[4..];
    Some(value)
}

/// What follows a JSON value of any kind.
fn after_value(input: &str) -> Option<&str> {
    let (mut rest, mut depth) = (input, 0);
    loop {
        match rest.chars().next()? {
            '"' => rest = json_string(rest)?.1,
            ',' | '}' if depth == 0 => return Some(rest),
            c => {
                depth += i32::from(matches!(c, '[' | '{')) - i32::from(matches!(c, ']' | '}'));
                rest = &rest[c.len_utf8()..];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &str) -> Result<Option<Options>, String> {
        Options::parse(arguments.split_whitespace().map(String::from))
    }

    /// A small corpus and the world that it is from.
    fn corpus(arguments: &str) -> (World, Vec<Document>) {
        let options = match options(&format!("--output unused {arguments}")) {
            Ok(Some(options)) => options,
            other => panic!("{other:?}"),
        };
        let world = World::new(&options);
        let roles = plan(&options).into_iter().enumerate();
        let documents = roles.map(|(index, role)| Document::new(&world, &options, index, role)).collect();
        (world, documents)
    }

    fn words(text: &str) -> Vec<&str> {
        text.split_ascii_whitespace().collect()
    }

    const TEXT: &str = "One two three, four five.\n\nSix \"seven\" eight - nine ten.\n\nEleven twelve.";

    #[test]
    fn wrong_options_are_named() {
        for (arguments, part) in [
            ("--documents 5", "--output"),
            ("--documents many --output x", "many"),
            ("--documents 0 --output x", "between"),
            ("--documents", "needs a value"),
            ("--input x", "--curve"),
            ("--input x --curve --output y", "exclude"),
            ("--documents 5 --output x --pool --templates", "--templates"),
            ("--verbose", "--verbose"),
        ] {
            assert!(options(arguments).is_err_and(|message| message.contains(part)), "{arguments}");
        }
        assert!(matches!(options("--help"), Ok(None)));
        assert!(matches!(options("--curve --input x"), Ok(Some(_))));
    }

    #[test]
    fn a_seed_gives_one_corpus() {
        let texts =
            |arguments| -> Vec<_> { corpus(arguments).1.into_iter().map(|d| d.article.text).collect() };
        let first = texts("--documents 60 --chrome --templates");
        assert_eq!(first, texts("--documents 60 --chrome --templates"));
        assert_ne!(first, texts("--documents 60 --chrome --templates --seed 2"));
    }

    #[test]
    fn a_fifth_is_planted_in_whole_families() {
        let (_, corpus) = corpus("--documents 2000 --chrome --templates");
        let labels: Vec<Vec<&str>> =
            corpus.iter().filter_map(|d| d.label.as_ref()).map(|label| label.split('\t').collect()).collect();
        let members = || labels.iter().filter(|label| label[1] != "negative");
        assert!((380..=400).contains(&members().count()));
        for kind in ["exact", "edit", "truncated", "reordered", "excerpt", "mixed", "wrapped", "templated"] {
            assert!(members().any(|label| label[1] == kind), "{kind}");
        }
        let families: HashSet<&str> = members().map(|label| label[0]).collect();
        assert_eq!(families.len(), members().filter(|label| label[3] == "base").count());
    }

    #[test]
    fn exact_copies_are_and_templated_are_not() {
        let (_, corpus) = corpus("--documents 3000 --templates");
        let member = |kind: &str, role: &str| {
            let label = |d: &&Document| {
                d.label.as_deref().is_some_and(|l| l.contains(&format!("\t{kind}\t")) && l.ends_with(role))
            };
            let found = corpus.iter().find(label).unwrap_or_else(|| panic!("no {kind} {role}"));
            (found.label.as_deref().and_then(|label| label.split('\t').next()), &found.article.text)
        };
        for (kind, equal) in [("exact", true), ("templated", false)] {
            let (family, copy) = member(kind, kind);
            let base = corpus.iter().find(|d| {
                d.label.as_deref().is_some_and(|l| l.split('\t').next() == family && l.ends_with("base"))
            });
            assert_eq!(base.map(|base| &base.article.text == copy), Some(equal), "{kind}");
        }
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

    #[test]
    fn every_paragraph_can_be_curly() {
        assert_eq!(curled("Plain. More."), "\u{201C}Plain.\u{201D} More.");
        assert_eq!(curled("Ben's \"word\" - twice."), "Ben\u{2019}s \u{201C}word\u{201D}\u{2014}twice.");
    }

    #[test]
    fn runs_of_two_pool_sentences_recur() {
        let (world, corpus) = corpus("--documents 1500 --pool");
        let texts: Vec<String> = corpus.iter().map(|d| d.article.text.replace("\n\n", " ")).collect();
        let text = texts.join("\n");
        let found: usize = world.pool.windows(2).map(|run| text.matches(&run.join(" ")).count()).sum();
        let mean = found / (world.pool.len() - 1);
        assert!((10..=20).contains(&mean), "{mean}");
    }

    #[test]
    fn json_is_read_as_it_was_written() {
        let text = "a \"quote\", a \\, a\ttab\nand \u{201C}curly\u{201D} \u{1}";
        let mut line = String::from("{\"n\": [1, {\"text\": \"}\"}], \"text\": ");
        push_json(&mut line, text);
        line.push('}');
        assert!(line.contains("\\\"quote\\\"") && line.contains("\\\\") && line.contains("\\n"));
        assert_eq!(text_field(&line).as_deref(), Some(text));
        assert_eq!(text_field(r#"{"text":"\u00e9\ud83d\ude00\/"}"#).as_deref(), Some("\u{e9}\u{1F600}/"));
        for broken in
            ["", "{}", "{\"text\": 1}", "{\"text\": \"\\", "{\"text\": \"\\u12", "{\"title\": \"x\"}"]
        {
            assert_eq!(text_field(broken), None, "{broken}");
        }
    }

    #[test]
    fn the_curve_counts_documents() {
        let mut curve = Curve::default();
        curve.add("a b c d e a b c d e", false);
        curve.add("A, b c d e f", false);
        curve.add("a b c d e", true);
        curve.add("too short", false);
        let (all, plain) = curve.histograms();
        assert_eq!(all.map(|row| row[0]), [5, 0, 1, 0, 0, 0, 0]);
        assert_eq!(plain.map(|row| row[1]), [5, 2, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn the_curve_tells_how_long_shared_runs_are() {
        let mut curve = Curve::default();
        curve.add("one two three four five six seven and so on it goes", false);
        curve.add("and so on it goes when one two three four five six seven", false);
        curve.add("well and so on it goes well", false);
        assert_eq!(curve.lengths(), [2, 0, 1, 0, 0, 0, 0]);
        let words: Vec<String> = (0..100).map(|i| format!("w{i}")).collect();
        let mut related = Curve::default();
        related.add(&words.join(" "), false);
        related.add(&words.join(" "), false);
        assert_eq!(related.lengths(), [0; 7]);
    }

    #[test]
    fn ranks_follow_zipf() {
        let mut rng = Rng::new(1, Purpose::Plan, 0);
        let zipf = Zipf::new(5.0, 1000);
        let ranks: Vec<usize> = (0..10_000).map(|_| zipf.sample(&mut rng)).collect();
        assert!(ranks.iter().all(|&rank| rank < 1000));
        let below = |limit| ranks.iter().filter(|&&rank| rank < limit).count();
        assert!((1_900..2_300).contains(&below(10)), "{}", below(10));
    }

    #[test]
    fn dates_and_articles() {
        assert_eq!(date(0), "2025-01-01T00:00:00Z");
        assert_eq!(date((31 + 28) * 24 * 60 + 61), "2025-03-01T01:01:00Z");
        assert_eq!(date(365 * 24 * 60), "2026-01-01T00:00:00Z");
        let mut text = String::from("She saw a ");
        push_word(&mut text, "apple", "s");
        assert_eq!(text, "She saw an apples");
    }
}
