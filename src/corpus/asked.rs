//! Fields that somebody named and that no record has: who means `headline` by `--title-field title` should hear of it.
//!
//! The names that everybody means unasked are not looked for: a corpus without dates is no mistake.

use super::{FieldNames, Fields};

/// Fields that a message lists, at most.
const LISTED: usize = 20;

/// What records were seen to have.
#[derive(Debug, Clone, Default)]
pub(crate) struct FieldsSeen {
    /// Whether there was a record of several fields at all.
    any: bool,
    /// By [`Asked`]'s number, whether some record has the field.
    found: [bool; ASKED],
    /// Names of fields that are there, in the order in which they came.
    there: Vec<String>,
}

/// Fields that may be named, beside the text.
const ASKED: usize = 6;

/// What each is named by, and its name.
fn asked(names: &FieldNames) -> [(&'static str, &str); ASKED] {
    [
        ("--id-field", &names.id),
        ("--title-field", &names.title),
        ("--url-field", &names.url),
        ("--canonical-field", &names.canonical_url),
        ("--date-field", &names.date),
        ("--source-field", &names.source),
    ]
}

/// Whether somebody named a field.
pub(crate) fn are_asked(names: &FieldNames) -> bool {
    *names != FieldNames { text: names.text.clone(), ..FieldNames::default() }
}

impl FieldsSeen {
    /// Takes note of a record; `there` are its fields' names, asked for where none are known yet.
    pub fn record(&mut self, fields: &Fields<'_>, there: impl FnOnce() -> Vec<String>) {
        let has = [
            fields.named_id().is_some(),
            fields.title.is_some(),
            fields.url.is_some(),
            fields.canonical_url.is_some(),
            fields.date.is_some(),
            fields.source.is_some(),
        ];
        self.any = true;
        self.found.iter_mut().zip(has).for_each(|(found, has)| *found |= has);
        if self.there.is_empty() {
            self.there = there();
        }
    }

    /// Takes note of a table, of which columns of these fields were found; `there` are the names of all.
    pub fn table(&mut self, has: [bool; ASKED], there: Vec<String>) {
        self.any = true;
        self.found.iter_mut().zip(has).for_each(|(found, has)| *found |= has);
        self.add(there);
    }

    /// Takes in what others saw.
    pub fn merge(&mut self, other: FieldsSeen) {
        self.any |= other.any;
        self.found.iter_mut().zip(other.found).for_each(|(found, has)| *found |= has);
        self.add(other.there);
    }

    fn add(&mut self, there: Vec<String>) {
        for name in there {
            if self.there.len() < LISTED && !self.there.contains(&name) {
                self.there.push(name);
            }
        }
    }

    /// Whether all that was asked for is found, so that no further record need be looked at.
    pub fn is_all(&self, names: &FieldNames) -> bool {
        self.absent(names).next().is_none()
    }

    /// A sentence for each field that was named and that no record has.
    pub fn problems(&self, names: &FieldNames) -> Vec<String> {
        let there = if self.there.is_empty() {
            String::new()
        } else {
            format!("; there are `{}`", self.there.join("`, `"))
        };
        let say = |(flag, name)| format!("no record has a field `{name}` ({flag} names it){there}");
        if self.any { self.absent(names).map(say).collect() } else { Vec::new() }
    }

    fn absent<'n>(&self, names: &'n FieldNames) -> impl Iterator<Item = (&'static str, &'n str)> {
        let usual = FieldNames::default();
        let usual = asked(&usual).map(|(_, name)| name.to_owned());
        let found = self.found;
        let all = asked(names).into_iter().zip(usual).zip(found);
        all.filter(|(((_, name), usual), found)| !found && name != usual).map(|((asked, _), _)| asked)
    }
}
