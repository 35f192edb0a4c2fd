//! The names and figures of a story.

use crate::grammar::Fact;
use crate::lexicon::Lexicon;
use crate::random::Rng;

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
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

/// The names and figures of one story, drawn from a sequence of their own: a story with the same words and
/// other facts is a template filled in again.
pub struct Facts {
    rng: Rng,
    people: [(String, String); 4],
    organizations: [String; 3],
    places: [String; 3],
}

impl Facts {
    pub fn new(mut rng: Rng, lexicon: &Lexicon) -> Facts {
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

    /// Appends a fact: of people and places the one of rank `which`, of people the whole name if `full`.
    pub fn write(&mut self, fact: Fact, which: usize, full: bool, out: &mut String) {
        match fact {
            Fact::Person => {
                let (name, surname) = &self.people[which];
                if full {
                    out.push_str(name);
                    out.push(' ');
                }
                out.push_str(surname);
            }
            Fact::Organization => out.push_str(&self.organizations[which.min(2)]),
            Fact::Place => out.push_str(&self.places[which.min(2)]),
            Fact::Number => out.push_str(&self.amount()),
            Fact::Percent => out.push_str(&self.percentage()),
            Fact::Money => {
                out.push('$');
                out.push_str(&self.amount());
            }
            Fact::Day => out.push_str(self.rng.pick(&DAYS)),
            Fact::Date => out.push_str(&self.rng.between(1, 28).to_string()),
            Fact::Month => out.push_str(self.rng.pick(&MONTHS)),
            Fact::Year => out.push_str(&self.rng.between(1990, 2025).to_string()),
        }
    }
}
