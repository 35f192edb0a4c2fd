//! How words are put together: rules, their alternatives, and the gaps in them.

use std::iter;
use std::rc::Rc;

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
pub enum Slot {
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
pub enum Fact {
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

pub enum Piece {
    Text(String),
    Rule(usize),
    Slot(Slot),
}

/// Alternatives, each as often as it weighs.
pub type Rule = Vec<Rc<[Piece]>>;

/// The rules of [`GRAMMAR`] by name.
pub struct Grammar {
    names: Vec<&'static str>,
    pub rules: Vec<Rule>,
}

impl Grammar {
    /// Panics where [`GRAMMAR`] is wrong.
    pub fn new() -> Grammar {
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

    pub fn rule(&self, name: &str) -> &Rule {
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
