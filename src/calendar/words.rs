//! Dates in words: a day, the name of its month and a year in the order of their language, days with the year first, and
//! what may follow, a time, half of a day, an offset.
//!
//! A date is cut into words, numbers and marks. Each is given the one meaning that it has where it stands; one without a meaning,
//! and a second day or month, make it no date.

use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use super::{When, YEARS, names};

/// Signs behind the number of a year, month or day.
const UNITS: [char; 6] = ['\u{5e74}', '\u{6708}', '\u{65e5}', '\u{b144}', '\u{c6d4}', '\u{c77c}'];

/// What stands before a day, behind a year and before a time in the long forms of the Unicode locale data, and says nothing
/// more.
const JOINING: [&str; 18] = [
    "at",
    "um",
    "\u{e0}",
    "\u{e0}s",
    "om",
    "kl",
    "klo",
    "ore",
    "alle",
    "\u{432}",
    "\u{43e}",
    "\u{433}",
    "\u{440}",
    "\u{433}\u{43e}\u{434}\u{430}",
    "\u{440}\u{43e}\u{43a}\u{443}",
    "ng\u{e0}y",
    "den",
    "le",
];

/// What stands for the number of an era's first year, with the sign of a year.
const FIRST_YEAR: &str = "\u{5143}\u{5e74}";

/// What stands between hours and minutes in French and Portuguese, as a colon does elsewhere.
const HOURS: &str = "h";

/// Letters of a word that may stand between a day, its month and its year ("de"), and of one behind a number ("5th").
const JOINS: usize = 4;
const ENDING: usize = 3;

/// Hours of an offset, at most.
const OFFSET: i32 = 15;

/// Whether a word is a name of universal time.
pub(super) fn is_utc(word: &str) -> bool {
    ["utc", "gmt", "ut", "z"].iter().any(|name| name.eq_ignore_ascii_case(word))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Word,
    Mark(char),
}

#[derive(Debug, Clone, Copy)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
    /// Where it begins, and whether right behind the one before it.
    start: usize,
    attached: bool,
}

impl Token<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// The value of a number of so many digits.
    fn number(&self, digits: std::ops::RangeInclusive<usize>) -> Option<i32> {
        let fits = self.kind == Kind::Number && digits.contains(&self.text.len());
        fits.then(|| self.text.parse().ok()).flatten()
    }
}

fn tokens(date: &str) -> Vec<Token<'_>> {
    let kind = |c: char| match c {
        '0'..='9' => Kind::Number,
        c if c.is_ascii_punctuation() && c != '\'' => Kind::Mark(c),
        '\u{60c}' | '\u{3001}' => Kind::Mark(','),
        _ => Kind::Word,
    };
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut is_open = false;
    for (start, c) in date.char_indices() {
        if c.is_whitespace() {
            is_open = false;
            continue;
        }
        let kind = kind(c);
        let behind_number =
            tokens.last().is_some_and(|last| last.kind == Kind::Number && last.end() == start);
        let is_unit = behind_number && UNITS.contains(&c);
        match tokens.last_mut() {
            Some(last) if is_open && last.kind == kind && !matches!(kind, Kind::Mark(_)) => {
                last.text = &date[last.start..start + c.len_utf8()];
            }
            last => {
                let attached = last.is_some_and(|last| last.end() == start);
                tokens.push(Token { kind, text: &date[start..start + c.len_utf8()], start, attached });
            }
        }
        is_open = !is_unit;
    }
    tokens
}

/// What is known so far.
#[derive(Default)]
struct Parts {
    year: Option<i32>,
    month: Option<i32>,
    day: Option<i32>,
    /// Whether the month's name is that of a weekday too.
    is_weekday: bool,
    has_weekday: bool,
    /// Whether the year came between the day and the month.
    is_torn: bool,
    clock: Option<[i32; 3]>,
    has_seconds: bool,
    afternoon: Option<bool>,
    /// Seconds east of universal time.
    offset: Option<i32>,
    /// Whether universal time was named, or an offset's zone.
    has_zone: bool,
    /// The year before the first of the era that was named, until its year comes.
    era: Option<i32>,
}

impl Parts {
    fn date(&self) -> usize {
        [self.year, self.month, self.day].iter().flatten().count()
    }

    fn when(&self, date: &str) -> Option<When> {
        let fits = |year: i32| i16::try_from(year).ok().filter(|year| YEARS.contains(year));
        let year = self.year?;
        let year = fits(year).or_else(|| fits(year + names::era_of_language(date)?))?;
        let date = Date::new(year, i8::try_from(self.month?).ok()?, i8::try_from(self.day?).ok()?).ok()?;
        let hour = |hour: i32| match self.afternoon {
            None => Some(hour),
            Some(afternoon) => (1..=12).contains(&hour).then_some(hour % 12 + if afternoon { 12 } else { 0 }),
        };
        let time = match self.clock {
            Some([clock, minute, second]) => {
                let part = |value: i32| i8::try_from(value).ok();
                // A second that is put in between is the last one of its minute.
                Some(Time::new(part(hour(clock)?)?, part(minute)?, part(second.min(59))?, 0).ok()?)
            }
            None => None,
        };
        if self.era.is_some() || self.is_torn || (time.is_none() && self.afternoon.is_some()) {
            return None;
        }
        let offset = self.offset.or(self.has_zone.then_some(0)).map(Offset::from_seconds).transpose().ok()?;
        When::new(date, time, offset)
    }
}

/// What a date says, given in plain letters.
pub(super) fn read(date: &str) -> Option<When> {
    let date = date.to_lowercase();
    let tokens = tokens(&date);
    let mut parts = Parts::default();
    let mut rest = &tokens[..];
    while let [first, ..] = rest {
        let taken = match first.kind {
            Kind::Number => parts.number(&date, rest),
            Kind::Word => parts.word(&date, rest),
            Kind::Mark(mark) => parts.mark(mark, rest),
        };
        rest = rest.get(taken?..)?;
    }
    parts.when(&date)
}

/// How many tokens were understood, or that the first was not.
type Taken = Option<usize>;

/// Sets what was not set.
fn set<T>(part: &mut Option<T>, value: T) -> Option<()> {
    part.is_none().then(|| *part = Some(value))
}

impl Parts {
    fn number(&mut self, date: &str, rest: &[Token<'_>]) -> Taken {
        if let Some(before) = self.era.take() {
            return self.year(rest.first()?.number(1..=4)? + before);
        }
        self.whole_date(rest)
            .or_else(|| self.clock(rest))
            .or_else(|| self.hour(rest))
            .or_else(|| self.part(date, rest))
    }

    /// A date in numbers: the year first, or with points the day first, which no language has otherwise.
    fn whole_date(&mut self, rest: &[Token<'_>]) -> Taken {
        let [a, mark, b, other, c, ..] = rest else { return None };
        let Kind::Mark(mark_kind @ ('-' | '/' | '.')) = mark.kind else { return None };
        let is_one = mark.kind == other.kind && mark.attached && other.attached;
        if !is_one || ((!b.attached || !c.attached) && mark_kind != '.') || self.date() > 0 {
            return None;
        }
        let (year, day) = match (a.number(4..=4), c.number(4..=4)) {
            (Some(year), None) => (year, c.number(1..=2)?),
            (None, Some(year)) if mark_kind == '.' => (year, a.number(1..=2)?),
            _ => return None,
        };
        (self.year, self.month, self.day) = (Some(year), Some(b.number(1..=2)?), Some(day));
        let is_parted =
            matches!(rest.get(5..7), Some([t, hour]) if t.text == "t" && t.attached && hour.attached);
        Some(if is_parted { 6 } else { 5 })
    }

    /// Hours, minutes, seconds and parts of them.
    fn clock(&mut self, rest: &[Token<'_>]) -> Taken {
        let behind = |at: usize, mark: char, digits: usize| {
            let (colon, number) = (rest.get(at)?, rest.get(at + 1)?);
            let is_mark = colon.kind == Kind::Mark(mark) || (mark == ':' && colon.text == HOURS);
            let fits = is_mark && colon.attached && number.attached;
            if fits { number.number(1..=digits) } else { None }
        };
        let (hour, minute) = (rest.first()?.number(1..=2)?, behind(1, ':', 2)?);
        let second = behind(3, ':', 2);
        let has_parts = second.is_some() && ['.', ','].iter().any(|&mark| behind(5, mark, 9).is_some());
        set(&mut self.clock, [hour, minute, second.unwrap_or_default()])?;
        self.has_seconds = second.is_some();
        Some(if has_parts {
            7
        } else if second.is_some() {
            5
        } else {
            3
        })
    }

    /// An hour of a half of the day: `3 pm`.
    fn hour(&mut self, rest: &[Token<'_>]) -> Taken {
        let hour = rest.first()?.number(1..=2)?;
        let (afternoon, taken) = half(rest.get(1..)?)?;
        set(&mut self.clock, [hour, 0, 0])?;
        set(&mut self.afternoon, afternoon)?;
        Some(1 + taken)
    }

    /// A month that is named by its number, a year or a day.
    fn part(&mut self, date: &str, rest: &[Token<'_>]) -> Taken {
        let first = rest.first()?;
        let next = rest.get(1).filter(|next| next.kind == Kind::Word);
        let start = first.start + (first.text.len() - first.text.trim_start_matches('0').len());
        if let Some(month) = next.and_then(|next| names::month(date.get(start..next.end())?)) {
            self.month(month, false)?;
            return Some(2);
        }
        match first.number(1..=2) {
            Some(day) => set(&mut self.day, day)?,
            None => drop(self.year(first.number(4..=4)?)?),
        }
        // An ending, which has no meaning of its own.
        let is_ending = |next: &&Token<'_>| {
            next.attached
                && next.text.chars().count() <= ENDING
                && names::month(next.text).is_none()
                && !is_utc(next.text)
        };
        Some(if next.filter(is_ending).is_some() { 2 } else { 1 })
    }

    fn year(&mut self, year: i32) -> Taken {
        set(&mut self.year, year)?;
        self.is_torn = self.day.is_some() != self.month.is_some();
        Some(1)
    }

    fn word(&mut self, date: &str, rest: &[Token<'_>]) -> Taken {
        let first = rest.first()?;
        if let Some((before, taken)) = named(rest, names::era) {
            return set(&mut self.era, before).map(|()| taken);
        }
        // Of an era's first year nobody says a number.
        if let Some(before) = first.text.strip_suffix(FIRST_YEAR).and_then(names::era) {
            return self.year(before + 1);
        }
        let is_clock = |rest: &[Token<'_>]| Parts::default().clock(rest).is_some();
        if let Some((afternoon, taken)) = half(rest)
            && (self.clock.is_some() || is_clock(rest.get(taken..)?))
        {
            set(&mut self.afternoon, afternoon)?;
            return Some(taken);
        }
        let two = rest.get(1).filter(|next| !matches!(next.kind, Kind::Mark(_)));
        if let Some(month) = two.and_then(|next| names::month(date.get(first.start..next.end())?)) {
            self.month(month, false)?;
            return Some(2);
        }
        // A name in short with points within it.
        let dotted = rest.get(1..3).filter(|two| two[0].kind == Kind::Mark('.') && two[1].kind == Kind::Word);
        if let Some(month) = dotted.and_then(|two| names::month(date.get(first.start..two[1].end())?)) {
            self.month(month, false)?;
            return Some(3);
        }
        let is_weekday = names::is_weekday(first.text);
        if let Some(month) = names::month(first.text).filter(|_| !is_weekday || self.month.is_none()) {
            self.month(month, is_weekday)?;
        } else if is_weekday
            || two.is_some_and(|next| date.get(first.start..next.end()).is_some_and(names::is_weekday))
        {
            if std::mem::replace(&mut self.has_weekday, true) {
                return None;
            }
            return Some(if is_weekday { 1 } else { 2 });
        } else if self.clock.is_some() {
            self.zone(first)?;
        } else if JOINING.contains(&first.text) {
        } else if let Some(month) = names::month_in_short(first.text) {
            self.month(month, false)?;
        } else if !(1..3).contains(&self.date()) || first.text.chars().count() > JOINS {
            return None;
        }
        Some(1)
    }

    fn month(&mut self, month: i8, is_weekday: bool) -> Option<()> {
        // A weekday of a month's name stood before the month.
        if self.is_weekday && !std::mem::replace(&mut self.has_weekday, true) {
            self.month = None;
        }
        set(&mut self.month, i32::from(month))?;
        self.is_weekday = is_weekday;
        Some(())
    }

    /// The name of universal time, or another behind an offset, which says it already.
    fn zone(&mut self, word: &Token<'_>) -> Option<()> {
        let is_known = is_utc(word.text)
            || (self.offset.is_some() && word.text.bytes().all(|b| b.is_ascii_alphabetic()));
        if !is_known || std::mem::replace(&mut self.has_zone, true) {
            return None;
        }
        Some(())
    }

    fn mark(&mut self, mark: char, rest: &[Token<'_>]) -> Taken {
        let has_clock = self.clock.is_some();
        let is_before_number =
            matches!(rest.get(1), Some(next) if next.attached && next.kind == Kind::Number);
        match mark {
            '+' | '-' if has_clock => self.offset(mark == '-', rest),
            // Whatever is in brackets behind an offset explains it.
            '(' if self.offset.is_some() || self.has_zone => {
                (rest.last()?.kind == Kind::Mark(')')).then_some(rest.len())
            }
            '-' | '/' if (1..3).contains(&self.date()) => Some(1),
            // As servers log: the time right behind the year.
            ':' if !has_clock && self.date() == 3 && is_before_number => Some(1),
            ',' | '.' | '(' | ')' => Some(1),
            _ => None,
        }
    }

    /// Hours and perhaps minutes behind a sign.
    fn offset(&mut self, is_west: bool, rest: &[Token<'_>]) -> Taken {
        let first = rest.get(1).filter(|first| first.attached)?;
        // From an hour to another.
        if rest.first()?.attached && !self.has_seconds && !self.has_zone {
            return None;
        }
        let behind_colon = match rest.get(2..4) {
            Some([colon, minute]) if colon.kind == Kind::Mark(':') => minute.number(2..=2),
            _ => None,
        };
        let (hour, minute, taken) = match (first.number(1..=2), behind_colon) {
            (Some(hour), Some(minute)) => (hour, minute, 4),
            (Some(hour), None) => (hour, 0, 2),
            (None, _) => first.number(4..=4).map(|both| (both / 100, both % 100, 2))?,
        };
        let seconds = (hour <= OFFSET && minute < 60).then_some(hour * 3600 + minute * 60)?;
        set(&mut self.offset, if is_west { -seconds } else { seconds })?;
        Some(taken)
    }
}

/// Whether a name of half of the day is of the afternoon, and how many tokens it has.
fn half(rest: &[Token<'_>]) -> Option<(bool, usize)> {
    named(rest, names::afternoon)
}

/// What a name means, of a word or two with or without points, and how many tokens it has.
fn named<T>(rest: &[Token<'_>], meaning: impl Fn(&str) -> Option<T>) -> Option<(T, usize)> {
    let fits = |token: &&Token<'_>| matches!(token.kind, Kind::Word | Kind::Mark('.'));
    let most = rest.iter().take(4).take_while(fits).count();
    (1..=most).rev().find_map(|taken| {
        let name: String = rest.get(..taken)?.iter().map(|token| token.text).collect();
        Some((meaning(&names::undotted(&name))?, taken))
    })
}
