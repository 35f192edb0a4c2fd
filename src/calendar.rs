//! Days since 1970 and the dates that they are.
//!
//! Howard Hinnant, "chrono-compatible low-level date algorithms": the proleptic Gregorian calendar, with years that begin
//! in March, so that the day that is not always there is a year's last.

/// Year, month (1 to 12) and day (1 to 31) of the day so many days after 1970 began.
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Days from the beginning of 1970 to this date: the inverse of [`civil`]. A day that its month does not have runs
/// into the next month.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month_from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Seconds since 1970 of a date or an RFC 3339 time, with or without an offset (then UTC).
pub(crate) fn instant(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    if text.get(4..5) != Some("-") || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let midnight = days(year, month, day) * 86_400;
    let (Some(hour), Some(minute)) = (number(11..13), number(14..16)) else { return Some(midnight) };
    let second = number(17..19).unwrap_or(0);
    let zone = text.get(16..).and_then(|rest| rest.rfind(['+', '-']).map(|at| &rest[at..]));
    let offset = zone.and_then(|zone| {
        let (hours, minutes) = zone[1..].split_once(':').unwrap_or((&zone[1..], "0"));
        let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
        Some(if zone.starts_with('-') { -minutes } else { minutes })
    });
    Some(midnight + hour * 3600 + (minute - offset.unwrap_or(0)) * 60 + second)
}

/// The day of a date or an RFC 3339 time (in UTC), counted from 1970.
pub(crate) fn day(text: &str) -> Option<i64> {
    instant(text).map(|seconds| seconds.div_euclid(86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_dates_and_follow_one_another() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(-1), (1969, 12, 31));
        assert_eq!(civil(19_782), (2024, 2, 29));
        for day in -800_000..800_000 {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
    }

    #[test]
    fn instants() {
        assert_eq!(instant("1970-01-01"), Some(0));
        assert_eq!(instant("2024-02-29T23:59:59Z"), Some(1_709_251_199));
        assert_eq!(instant("2024-02-29T23:59:59.5+05:30"), Some(1_709_251_199 - 19_800));
        assert_eq!(instant("2024-02-29 10:00"), instant("2024-02-29T12:00:00+02:00"));
        assert_eq!(["", "soon", "2024-13-01", "20240101"].map(instant), [None; 4]);
    }
}
