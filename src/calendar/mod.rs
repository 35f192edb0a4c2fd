//! Days since 1970 and the dates that they are, and what a date that was written down means: one place reads dates.
//!
//! Feeds, crawlers, databases and pages write dates in many ways. [`When::of`] reads those that can mean one instant
//! only: ISO 8601 and RFC 3339 in their extended and basic forms and RFC 2822 (by `jiff`), numbers of seconds and parts of
//! seconds since 1970 (`numbers`), and days with the name of their month, in the order of their language (`words`). Of a
//! time every part is understood, or it is no date: a zone by name, or half of a twelve-hour clock, would be hours off. What can
//! be two days (`05/03/2024`) is read by a [`DateFormat`] only.

mod names;
mod numbers;
mod words;

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::rfc2822;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;

use crate::error::{Error, ErrorKind, Result};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// The first second of the year 0, before which ISO 8601 writes years with a sign.
const FIRST: i64 = -62_167_219_200;

/// Bytes of a date, at most: the longest known, with weekday, zone and its name in brackets, have about 80.
const LONGEST: usize = 128;

/// The minus sign and the hyphens that are typed for one.
const HYPHENS: [char; 3] = ['\u{2010}', '\u{2011}', '\u{2212}'];

/// Years of dates that are not in a form of a standard: others are of another calendar, or no years.
const YEARS: std::ops::Range<i16> = 1500..2200;

/// Year, month (1 to 12) and day (1 to 31) of the day so many days after 1970 began: of any day, since a table may hold any number.
///
/// Howard Hinnant, "chrono-compatible low-level date algorithms": the proleptic Gregorian calendar, with years that begin
/// in March, so that the day that is not always there is a year's last.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The day so many days after 1970 began, as ISO 8601 has it.
pub(crate) fn written_day(days: i64) -> String {
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The second so many seconds after 1970 began, as RFC 3339 has it, in UTC.
pub(crate) fn written_second(seconds: i64) -> String {
    let (day, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    format!("{}T{:02}:{:02}:{:02}Z", written_day(day), second / 3600, second / 60 % 60, second % 60)
}

/// What passed between two dates, as exactly as both of them are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lag {
    /// Seconds between two times.
    Seconds(i64),
    /// Days between two dates of which one is a day: 0 for one day.
    Days(i64),
}

impl Lag {
    /// The median of lags: of those that are known to the second where they are at least half of all, else in days.
    pub fn median(lags: Vec<Lag>) -> Option<Lag> {
        let exact: Vec<Lag> = lags.iter().copied().filter(|lag| lag.seconds().is_some()).collect();
        let mut lags: Vec<Lag> =
            if 2 * exact.len() < lags.len() { lags.into_iter().map(Lag::in_days).collect() } else { exact };
        lags.sort_unstable_by_key(|lag| lag.about());
        lags.get(lags.len() / 2).copied()
    }

    /// About so many seconds: what lags are sorted by.
    pub fn about(self) -> i64 {
        match self {
            Lag::Seconds(seconds) => seconds,
            Lag::Days(days) => days.saturating_mul(DAY),
        }
    }

    /// The same in whole days.
    pub fn in_days(self) -> Lag {
        Lag::Days(self.about() / DAY)
    }

    /// The seconds, where they are known.
    pub fn seconds(self) -> Option<i64> {
        match self {
            Lag::Seconds(seconds) => Some(seconds),
            Lag::Days(_) => None,
        }
    }

    /// The days, where no more is known.
    pub fn days(self) -> Option<i64> {
        match self {
            Lag::Seconds(_) => None,
            Lag::Days(days) => Some(days),
        }
    }
}

/// When a document says that it was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// Seconds since 1970, of a whole day its first.
    pub at: i64,
    /// Whether only the day is known.
    pub whole_day: bool,
    /// Whether it is a time without an offset, which is taken for one in UTC.
    pub is_local: bool,
}

impl When {
    /// What a date says, as a record or a page has it; none where it says nothing, or could be read in two ways. A time without
    /// an offset is in UTC.
    ///
    /// Linear in the date, of which no more than 128 bytes are read.
    pub fn of(date: &str) -> Option<When> {
        let date = date.trim();
        if date.is_empty() || date.len() > LONGEST {
            return None;
        }
        if date.is_ascii() {
            return numbers::read(date)
                .or_else(|| iso(date))
                .or_else(|| mail(date))
                .or_else(|| words::read(date));
        }
        let date = plain(date);
        numbers::read(&date).or_else(|| iso(&date)).or_else(|| words::read(&date))
    }

    /// A day, or a time of it at this offset; without one in UTC.
    fn new(date: Date, time: Option<Time>, offset: Option<Offset>) -> Option<When> {
        let local = DateTime::from_parts(date, time.unwrap_or(Time::midnight()));
        let at =
            offset.unwrap_or(Offset::UTC).to_timestamp(local).ok().filter(|at| at.as_second() >= FIRST)?;
        let whole_day = time.is_none();
        Some(When { whole_day, is_local: !whole_day && offset.is_none(), ..When::at(at) })
    }

    /// The second that an instant is in.
    fn at(instant: Timestamp) -> When {
        let is_before = instant.subsec_nanosecond() < 0;
        When { at: instant.as_second() - i64::from(is_before), whole_day: false, is_local: false }
    }

    /// The last second that it may be.
    pub fn end(self) -> i64 {
        if self.whole_day { self.at + DAY - 1 } else { self.at }
    }

    /// Whether it is before the other for certain: a day is neither before nor after a time of it.
    pub fn is_before(self, other: When) -> bool {
        self.end() < other.at
    }

    /// What passed until a later date; none where the other is earlier.
    pub fn until(self, later: When) -> Option<Lag> {
        let lag = if self.whole_day || later.whole_day {
            Lag::Days(later.day() - self.day())
        } else {
            Lag::Seconds(later.at - self.at)
        };
        (lag.about() >= 0).then_some(lag)
    }

    /// Its day in UTC, counted from 1970.
    pub fn day(self) -> i64 {
        self.at.div_euclid(DAY)
    }

    /// As ISO 8601 has it: a day, or a second in UTC.
    pub fn written(self) -> String {
        if self.whole_day { written_day(self.day()) } else { written_second(self.at) }
    }
}

/// ISO 8601 and RFC 3339, and what databases make of them: a blank in place of the `T`, and one before the offset.
fn iso(date: &str) -> Option<When> {
    let offset = date.rfind(['+', '-']).filter(|&at| date.get(..at).is_some_and(|day| day.ends_with(' ')));
    let closed;
    let date = match offset {
        Some(at) => {
            let (time, offset) = date.split_at_checked(at)?;
            closed = [time.trim_end(), offset].concat();
            &closed
        }
        None => date,
    };
    let pieces = Pieces::parse(date).ok()?;
    // A zone by name says nothing that the offset does not say, where there is one.
    if pieces.offset().is_none() && pieces.time_zone_annotation().is_some() {
        return None;
    }
    When::new(pieces.date(), pieces.time(), pieces.to_numeric_offset())
}

/// RFC 2822, as mail and feeds have it. A zone by name is none to rely on but for UTC's: the library takes names that it does
/// not know for UTC, and people use those that it knows in summer and winter alike.
fn mail(date: &str) -> Option<When> {
    // What is in brackets explains the offset before it.
    let date = date.split('(').next().unwrap_or(date).trim_end();
    let zone = date.rsplit(' ').next().unwrap_or_default();
    if zone.contains(|c: char| c.is_ascii_alphabetic()) && !words::is_utc(zone) {
        return None;
    }
    rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(date).ok().map(When::at)
}

/// A date in the letters that Unicode has once, and digits that are 0 to 9.
fn plain(date: &str) -> Cow<'_, str> {
    let category = CodePointMapData::<GeneralCategory>::new();
    let is_digit = |c: char| category.get(c) == GeneralCategory::DecimalNumber;
    let digit = |c: char| {
        // Digits stand in rows of ten, the zero first.
        let before = (u32::from(c) - 9..u32::from(c)).rev();
        let before = before.take_while(|&before| char::from_u32(before).is_some_and(is_digit)).count();
        char::from_digit(before as u32, 10)
    };
    let date = ComposingNormalizerBorrowed::new_nfkc().normalize(date);
    // What says how to lay out a line says nothing of a date.
    let is_hidden = |c: char| category.get(c) == GeneralCategory::Format;
    let other = |c: char| !c.is_ascii() && (is_digit(c) || is_hidden(c) || HYPHENS.contains(&c));
    if !date.contains(other) {
        return date;
    }
    let kept = date.chars().filter(|&c| !is_hidden(c)).map(|c| match c {
        c if HYPHENS.contains(&c) => '-',
        c if !c.is_ascii() && is_digit(c) => digit(c).unwrap_or(c),
        c => c,
    });
    Cow::Owned(kept.collect())
}

/// A date as everyone reads it: what the first of these formats that reads it says, else as it is.
pub fn dated(date: String, formats: &[DateFormat]) -> String {
    formats.iter().find_map(|format| format.read(&date)).map_or(date, When::written)
}

/// How dates are written that could be read in two ways, as `strptime` has it: `%d/%m/%Y`.
///
/// ```
/// use wirecopy::corpus::DateFormat;
///
/// # fn main() -> wirecopy::Result<()> {
/// let format = DateFormat::new("%d/%m/%Y %H:%M")?;
/// assert_eq!(format.read("05/03/2024 10:00").map(|when| when.written()), Some("2024-03-05T10:00:00Z".to_owned()));
/// assert_eq!(format.read("March 5"), None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateFormat(String);

impl DateFormat {
    /// Of a format that says at least of what day a date is.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where it says no day, or has what nothing stands for.
    pub fn new(format: &str) -> Result<DateFormat> {
        let wrong = |why: String| Error::new(ErrorKind::Setting).because(why);
        // What it makes of a time must be that time's day when it is read.
        let (date, time) = (jiff::civil::date(2001, 12, 30), jiff::civil::time(22, 45, 50, 0));
        let mut sample = BrokenDownTime::from(DateTime::from_parts(date, time));
        sample.set_offset(Some(Offset::UTC));
        let written = sample.to_string(format).map_err(|e| wrong(format!("no format of dates: {e}")))?;
        let format = DateFormat(format.to_owned());
        let read = format.read(&written);
        if read.is_none_or(|when| written_day(when.day()) != "2001-12-30") {
            return Err(wrong(format!(
                "{} says no day: it takes a year, a month and a day, as %d/%m/%Y does",
                format.0
            )));
        }
        Ok(format)
    }

    /// What a date of this format says; none for others. A time without an offset is in UTC.
    pub fn read(&self, date: &str) -> Option<When> {
        let read = BrokenDownTime::parse(&self.0, date.trim()).ok()?;
        if let Some(instant) = read.timestamp() {
            return Some(When::at(instant));
        }
        let time = read.hour().map(|_| read.to_time()).transpose().ok()?;
        When::new(read.to_date().ok()?, time, read.offset())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(date: &str) -> Option<String> {
        When::of(date).map(When::written)
    }

    /// Each of these is this date.
    fn all(expected: &str, dates: &[&str]) {
        for date in dates {
            assert_eq!(written(date).as_deref(), Some(expected), "{date}");
        }
    }

    fn none(dates: &[&str]) {
        for date in dates {
            assert_eq!(written(date), None, "{date}");
        }
    }

    #[test]
    fn a_day_is_neither_before_nor_after_its_times() {
        let when = |date: &str| When::of(date).expect("a date");
        let (day, noon, next) = (when("2024-05-02"), when("2024-05-02T12:00:00Z"), when("2024-05-03"));
        assert!(!day.is_before(noon) && !noon.is_before(day) && !day.is_before(day));
        assert!(day.is_before(next) && noon.is_before(next) && !next.is_before(noon));
        assert_eq!((day.until(noon), noon.until(day)), (Some(Lag::Days(0)), Some(Lag::Days(0))));
        assert_eq!((noon.until(next), next.until(noon)), (Some(Lag::Days(1)), None));
        let later = when("2024-05-02T12:00:07Z");
        assert_eq!((noon.until(later), later.until(noon)), (Some(Lag::Seconds(7)), None));
    }

    #[test]
    fn days_have_their_dates_and_follow_one_another() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(-1), (1969, 12, 31));
        assert_eq!(civil(19_782), (2024, 2, 29));
        for day in (-700_000..800_000).step_by(13) {
            let (year, month, of_month) = civil(day);
            assert_eq!(When::of(&format!("{year:04}-{month:02}-{of_month:02}")).map(When::day), Some(day));
        }
        assert_eq!(written_second(-1), "1969-12-31T23:59:59Z");
        assert_eq!(written_second(i64::MIN / 1000), "-292275055-05-16T16:47:05Z");
    }

    #[test]
    fn days() {
        all(
            "2024-02-29",
            &[
                "2024-02-29",
                " 2024-02-29\n",
                "20240229",
                "2024/02/29",
                "2024/2/29",
                "2024.02.29",
                "29.02.2024",
            ],
        );
        none(&[
            "",
            " ",
            "soon",
            "2024-13-01",
            "2024-02-30",
            "2024",
            "2024-02",
            "29/02",
            "24-02-29",
            "1",
            "2024-02-29 soon",
        ]);
        // Two days each, whoever is asked.
        none(&["05/03/2024", "3/5/2024", "05-03-2024", "05/03/2024 10:00", "12/25/2024"]);
    }

    #[test]
    fn iso_times_with_any_offset() {
        all(
            "2024-03-05T15:00:00Z",
            &[
                "2024-03-05T15:00:00Z",
                "2024-03-05T15:00",
                "2024-03-05 15:00",
                "2024-03-05t15:00:00z",
                "2024-03-05T10:00:00-0500",
                "2024-03-05 10:00:00 -0500",
                "2024-03-05 10:00 -05:00",
                "2024-03-05T20:30:00+0530",
                "2024-03-05T20:30:00.25+05:30",
                "2024-03-05T11:30-0330",
                "2024-03-06 00:30:00 +0930",
                "20240305T150000Z",
                "20240305T100000-0500",
                "20240305150000",
                "2024/03/05 15:00",
                "2024/03/05 15:00:00",
                "2024-03-05 15:00:00 UTC",
                "2024-03-05 15:00:00 +0000 UTC",
                "2024-03-05 15:00:00.123456789 +0000 UTC",
                "2024-03-05T10:00:00-05:00[America/New_York]",
                "2024-03-05 15:00:00Z",
                "2024-03-05 15:00:00 GMT",
                "2024-03-05 10:00:00 -0500 EST",
                "2024-03-05T15:00:00,5Z",
                "2024-03-05T10:00:00\u{2212}05:00",
                "2024\u{2011}03\u{2011}05T15:00Z",
            ],
        );
        none(&[
            "2024-03-05T10:00:00 PST",
            "2024-03-05T10:00:00PST",
            "2024-03-05T10:00[America/New_York]",
            "2024-03-05T25:00",
            "2024-03-05T10:60",
            "2024-03-05T10:00:00-9900",
            "2024-03-05T10:00:00 Europe/London",
            "2024-03-05T10:00:00 -05000",
            "2024-03-05 at ten",
            "2024-03-05T10:00:00 -0500 or so",
            "2024-03-05T10:00:00 and 11:00:00",
            "-002024-03-05",
            "0000-01-01T00:00:00+01:00",
        ]);
    }

    #[test]
    fn mail_and_logs() {
        all(
            "2024-03-05T15:00:00Z",
            &[
                "Tue, 05 Mar 2024 10:00:00 -0500",
                "Tue, 5 Mar 2024 15:00:00 GMT",
                "05 Mar 2024 15:00:00 UT",
                "05 Mar 2024 15:00 +0000",
                "Tue, 05 Mar 24 15:00:00 Z",
                "Tue, 05 Mar 2024 10:00:00 -0500 (EST)",
                "tue, 05 mar 2024 15:00:00 utc",
                "Tue Mar  5 15:00:00 2024",
                "Tue Mar 05 15:00:00 +0000 2024",
                "Tue Mar  5 15:00:00 UTC 2024",
                "05/Mar/2024:15:00:00 +0000",
                "Tue Mar 05 2024 10:00:00 GMT-0500 (Eastern Standard Time)",
                "Tuesday, 05-Mar-2024 15:00:00 GMT",
            ],
        );
        none(&[
            "Tue, 05 Mar 2024 10:00:00 EST",
            "Tue, 05 Mar 2024 10:00:00 A",
            "Tue Mar  5 10:00:00 PST 2024",
            "Tue, 05 Mar 2024 10:00:00 CEST",
            "Tue, 32 Mar 2024 10:00:00 GMT",
            "Tue, 05 Mar 2024 10:00:00 (EST)",
            "05 Mar 2024 10:00:00 IST (India)",
        ]);
    }

    #[test]
    fn numbers_of_seconds_in_the_life_of_the_web() {
        all(
            "2024-03-05T15:00:00Z",
            &[
                "1709650800",
                "1709650800000",
                "1709650800000000",
                "1709650800000000000",
                "1709650800.75",
                "1.7096508E9",
                "1709650800.0",
            ],
        );
        all("2023-11-14T22:13:20Z", &["1700000000", "1700000000123"]);
        none(&[
            "212",
            "0",
            "-1",
            "-1709650800",
            "2024",
            "99999999",
            "20241301",
            "17096508000",
            "9999999999",
            "NaN",
            "1e400",
            "202403051500",
            "+1709650800",
        ]);
    }

    #[test]
    fn twelve_hour_clocks_are_understood_or_no_times() {
        all(
            "2024-03-05T13:15:00Z",
            &[
                "2024-03-05 01:15 PM",
                "2024-03-05 1:15pm",
                "2024-03-05 01:15:00 p.m.",
                "March 5, 2024, 1:15 PM",
                "March 5, 2024 at 1:15 p.m.",
            ],
        );
        all("2024-03-05T12:15:00Z", &["2024-03-05 12:15 PM"]);
        all("2024-03-05T00:15:00Z", &["2024-03-05 12:15 AM", "2024-03-05 12:15 am UTC"]);
        all("2024-03-05T18:15:00Z", &["2024-03-05 01:15 PM -0500", "Mar 5, 2024 1:15 PM -05:00"]);
        none(&[
            "2024-03-05 13:15 PM",
            "2024-03-05 00:15 AM",
            "2024-03-05 01:15 XM",
            "2024-03-05 01:15 PM EST",
            "2024-03-05 at night 1:15",
        ]);
    }

    #[test]
    fn years_of_eras_that_are_named_or_that_a_language_counts_by() {
        all(
            "2024-03-05",
            &[
                "\u{4ee4}\u{548c}6\u{5e74}3\u{6708}5\u{65e5}",
                "\u{6c11}\u{570b}113\u{5e74}3\u{6708}5\u{65e5}",
                "5 \u{e21}\u{e35}\u{e19}\u{e32}\u{e04}\u{e21} 2567",
                "\u{e55} \u{e21}\u{e35}\u{e19}\u{e32}\u{e04}\u{e21} \u{e52}\u{e55}\u{e56}\u{e57}",
                "5 \u{e21}\u{e35}\u{e19}\u{e32}\u{e04}\u{e21} \u{e1e}.\u{e28}. 2567",
                "5 \u{e21}\u{e35}.\u{e04}. 2567",
                "5 \u{e21}\u{e35}\u{e19}\u{e32}\u{e04}\u{e21} 2024",
                "5 \u{e21}\u{e35}\u{e19}\u{e32}\u{e04}\u{e21} \u{e04}.\u{e28}. 2024",
            ],
        );
        all(
            "2019-05-01",
            &[
                "\u{4ee4}\u{548c}\u{5143}\u{5e74}5\u{6708}1\u{65e5}",
                "\u{5e73}\u{6210}31\u{5e74}5\u{6708}1\u{65e5}",
            ],
        );
        // Of two digits nobody knows the era, and calendars of other months are not read.
        none(&[
            "5 \u{e21}\u{e35}.\u{e04}. 67",
            "3\u{6708}5\u{65e5}\u{4ee4}\u{548c}",
            "1402/12/15",
            "15 \u{627}\u{633}\u{641}\u{646}\u{62f} 1402",
            "1445/08/24",
        ]);
    }

    #[test]
    fn months_by_name_in_many_languages() {
        all(
            "2024-03-05",
            &[
                "5 March 2024",
                "March 5, 2024",
                "Tuesday, March 5th, 2024",
                "5. M\u{e4}rz 2024",
                "Dienstag, 5. M\u{e4}rz 2024",
                "5 mars 2024",
                "mardi 5 mars 2024",
                "5 de marzo de 2024",
                "5 de mar\u{e7}o de 2024",
                "5 marzo 2024",
                "5 marca 2024",
                "5. b\u{159}ezna 2024",
                "5 \u{43c}\u{430}\u{440}\u{442}\u{430} 2024",
                "5 \u{43c}\u{430}\u{440}\u{442}\u{430} 2024 \u{433}.",
                "5 \u{431}\u{435}\u{440}\u{435}\u{437}\u{43d}\u{44f} 2024 \u{440}.",
                "2024\u{5e74}3\u{6708}5\u{65e5}",
                "2024\u{5e74}03\u{6708}05\u{65e5}",
                "2024\u{b144} 3\u{c6d4} 5\u{c77c}",
                "5 \u{645}\u{627}\u{631}\u{633} 2024",
                "\u{665} \u{645}\u{627}\u{631}\u{633} \u{662}\u{660}\u{662}\u{664}",
                "5 Mart 2024",
                "2024. m\u{e1}rcius 5.",
                "5. maaliskuuta 2024",
                "5 \u{39c}\u{3b1}\u{3c1}\u{3c4}\u{3af}\u{3bf}\u{3c5} 2024",
                "5 \u{92e}\u{93e}\u{930}\u{94d}\u{91a} 2024",
                "5 maart 2024",
                "5 Mar 2024",
                "MARCH 5 2024",
                "5 \u{622}\u{630}\u{627}\u{631} 2024",
                "\u{ff12}\u{ff10}\u{ff12}\u{ff14}\u{5e74}\u{ff13}\u{6708}\u{ff15}\u{65e5}",
            ],
        );
        all("2024-09-05", &["Sept. 5, 2024", "5 sept. 2024", "5 septembre 2024"]);
        all("2024-03-05T10:30:00Z", &["5 mars 2024 \u{e0} 10h30", "5 de mar\u{e7}o de 2024 \u{e0}s 10h30"]);
        none(&["5 mars 2024 \u{e0} 10h", "5 mars 2024 \u{e0} 25h30"]);
        all(
            "2024-03-05T15:04:00Z",
            &[
                "5 March 2024 15:04",
                "5. M\u{e4}rz 2024, 15:04",
                "2024\u{5e74}3\u{6708}5\u{65e5} 15:04",
                "2024\u{5e74}3\u{6708}5\u{65e5} \u{4e0b}\u{5348}3:04",
            ],
        );
        none(&[
            "March 2024",
            "5 March",
            "5 March 24",
            "5 or 6 March 2024",
            "5 March April 2024",
            "5 listopada 2024",
            "5 ju 2024",
            "31 April 2024",
            "5 March 2567",
            "5 March 2024 10:00 Uhr morgens",
            "2024\u{5e74}3\u{6708}5\u{65e5} \u{665a}\u{4e0a}8:00",
            "page 5 March 2024",
            "until 5 March 2024",
            "5 March 2024, updated 6 March 2024",
            "5 March 2024 10.30",
            "5 March 2024 10:00-11:00",
        ]);
    }

    #[test]
    fn a_format_reads_what_could_be_two_days() {
        let format = DateFormat::new("%m/%d/%Y").expect("a format");
        assert_eq!(format.read("05/03/2024").map(When::written), Some("2024-05-03".to_owned()));
        assert_eq!(format.read("25/03/2024"), None);
        assert_eq!(format.read("05/03/2024 10:00"), None);
        let clock = DateFormat::new("%d.%m.%y %I:%M %p %z").expect("a format");
        assert_eq!(
            clock.read("05.03.24 01:15 PM -0500").map(When::written),
            Some("2024-03-05T18:15:00Z".to_owned())
        );
        assert_eq!(DateFormat::new("%s").expect("a format").read("5").map(|when| when.at), Some(5));
        for wrong in ["", "%H:%M", "%Y", "%Y-%m", "%K", "%", "day", "%d %B", "2001-12-30"] {
            assert!(DateFormat::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_without_an_offset_is_known_as_one() {
        let local = |date: &str| When::of(date).map(|when| when.is_local);
        for (date, expected) in [
            ("2024-03-05T10:00", true),
            ("5 March 2024 10:00", true),
            ("20240305150000", true),
            ("2024-03-05", false),
            ("2024-03-05T10:00Z", false),
            ("5 March 2024 10:00 UTC", false),
            ("5 March 2024 10:00 +0100", false),
            ("Tue, 05 Mar 2024 10:00:00 -0500", false),
            ("1709650800", false),
        ] {
            assert_eq!(local(date), Some(expected), "{date}");
        }
    }

    #[test]
    fn every_second_is_read_back_from_every_form() {
        let forms = [
            "%Y-%m-%dT%H:%M:%S%z",
            "%Y-%m-%d %H:%M:%S %:z",
            "%Y%m%dT%H%M%S%z",
            "%a, %d %b %Y %H:%M:%S %z",
            "%Y/%m/%d %H:%M:%S %z",
            "%A, %B %-d, %Y %I:%M:%S %p %z",
            "%a %b %e %H:%M:%S %z %Y",
            "%d/%b/%Y:%H:%M:%S %z",
            "%-d %B %Y %-I:%M:%S%P %:z",
            "%d.%m.%Y %T %z",
            "%s",
        ];
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        for _ in 0..2000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let second = (state >> 32) as i64 % 3_900_000_000 + 150_000_000;
            let offset =
                Offset::from_seconds(((state >> 16) % 105) as i32 * 900 - 43_200).expect("an offset");
            let instant = Timestamp::from_second(second).expect("an instant");
            let mut parts = BrokenDownTime::from(offset.to_datetime(instant));
            parts.set_offset(Some(offset));
            parts.set_timestamp(Some(instant));
            for form in forms {
                let date = parts.to_string(form).expect("a date");
                assert_eq!(When::of(&date).map(|when| when.at), Some(second), "{date}");
            }
        }
    }

    #[test]
    fn what_is_long_or_odd_is_no_date() {
        none(&[
            "5 March 2024 ".repeat(20).as_str(),
            "9".repeat(100).as_str(),
            ":".repeat(100).as_str(),
            "\u{665}".repeat(60).as_str(),
            "+",
            "-",
            "(",
            "a\u{301}",
        ]);
    }
}
