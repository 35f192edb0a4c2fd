//! Dates that are one number: seconds since 1970 and parts of them, and days and seconds written without a mark between.

use jiff::civil::{Date, Time};

use super::{When, YEARS};

/// The times that a number may be in seconds since 1970: March 1973 to the end of 2099. Before, hardly a page was dated, and what
/// is smaller is a number of something else. The parts of a second that are counted are told by how large the number is: the
/// same times in seconds, milliseconds, microseconds and nanoseconds have no number in common.
const SECONDS: std::ops::Range<i128> = 100_000_000..4_102_444_800;

/// Digits of a number in nanoseconds.
const LONGEST: usize = 19;

/// What is counted, so many to a second.
const UNITS: [i128; 4] = [1, 1_000, 1_000_000, 1_000_000_000];

/// What a number says.
pub(super) fn read(number: &str) -> Option<When> {
    let (digits, rest) = number.split_at(number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len()));
    match (digits.len(), rest) {
        (1..=LONGEST, "") => match compact(digits) {
            // Hours and minutes without seconds are milliseconds of the seventies as well, and so neither.
            Some(_) if digits.len() == 12 => None,
            Some(when) => Some(when),
            None => instant(digits.parse().ok()?),
        },
        // As JSON and tables print a column of floating point numbers.
        (1..=LONGEST, _) if rest.starts_with('.') && !rest.ends_with('.') => {
            let value = number.parse::<f64>().ok().filter(|value| value.is_finite())?;
            instant(value as i128)
        }
        _ => None,
    }
}

fn instant(number: i128) -> Option<When> {
    let at = UNITS.iter().map(|unit| number / unit).find(|seconds| SECONDS.contains(seconds))?;
    Some(When { at: i64::try_from(at).ok()?, whole_day: false, is_local: false })
}

/// `20240305`, `202403051500` and `20240305150000`.
fn compact(digits: &str) -> Option<When> {
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i8>().ok();
    let date = Date::new(digits.get(..4)?.parse().ok()?, number(4..6)?, number(6..8)?).ok();
    let date = date.filter(|date| YEARS.contains(&date.year()))?;
    let second = match digits.len() {
        8 => return When::new(date, None, None),
        12 => 0,
        14 => number(12..14)?,
        _ => return None,
    };
    When::new(date, Some(Time::new(number(8..10)?, number(10..12)?, second, 0).ok()?), None)
}
