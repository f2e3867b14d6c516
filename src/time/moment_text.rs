//! Moments, dates and times of day in the ISO 8601 forms that PostgreSQL reads (its documentation, 8.5.1, "Date/Time
//! Input"): a date, then `T` or a space and a time without seconds or with a fraction of them, then an offset or a zone.
//!
//! ```text
//!  2026-06-15            20260615T120000Z            2026-06-15 12:00:00.25 Europe/London
//!  2026-06-15 12:00+00   2026-06-15T12:00:00+01:00   epoch
//! ```
//! Not read: names of months, `AM` and `PM`, `BC`, `infinity`. A moment without an offset is of the zone that is asked about; of an
//! hour that a clock shows twice it is the second one, standard time, as PostgreSQL has it.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use super::US_PER_S;

/// A moment as microseconds since 1970, UTC; `zone` is of one that has none of its own. Without any, its own is let go of, as
/// `timestamp` is read.
#[must_use]
pub fn timestamp_us(text: &str, zone: Option<&TimeZone>) -> Option<i64> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("epoch") {
        return Some(0);
    }
    let (civil, own) = civil(text)?;
    let zone = zone.map_or(TimeZone::UTC, |zone| own.unwrap_or_else(|| zone.clone()));
    Some(zone.to_ambiguous_timestamp(civil).later().ok()?.as_microsecond())
}

/// A moment as the engine reads it, with `Z` if it has a zone.
#[must_use]
pub fn iso(text: &str, zone: Option<&TimeZone>) -> Option<String> {
    let moment = jiff::Timestamp::from_microsecond(timestamp_us(text, zone)?).ok()?;
    let civil = TimeZone::UTC.to_datetime(moment);
    Some(format!("{civil:.6}{}", if zone.is_some() { "Z" } else { "" }))
}

/// Days since 1970; a time after the date is read and let go of.
#[must_use]
pub fn date_days(text: &str) -> Option<i32> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("epoch") {
        return Some(0);
    }
    let (civil, _) = civil(text)?;
    let epoch = Date::new(1970, 1, 1).ok()?;
    let days = epoch.until(civil.date()).ok()?.get_days();
    Some(days)
}

/// Microseconds since midnight; an offset is read and let go of.
#[must_use]
pub fn time_us(text: &str) -> Option<i64> {
    let (time, zone) = split_zone(text.trim());
    zone_of(zone)?;
    let (time, carries) = time_of(time)?;
    let since = time.duration_since(Time::midnight());
    let us = i64::try_from(since.as_micros()).ok()?;
    Some(if carries { 86_400 * US_PER_S } else { us })
}

/// Date, time and zone, if it has one.
fn civil(text: &str) -> Option<(DateTime, Option<TimeZone>)> {
    let ends = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let date = date_of(text.get(..ends)?)?;
    let rest = text.get(ends..)?.trim_start_matches(['T', 't', ' ']);
    let (time, zone) = split_zone(rest);
    let (time, carries) = if time.is_empty() { (Time::midnight(), false) } else { time_of(time)? };
    let date = if carries { date.tomorrow().ok()? } else { date };
    Some((date.to_datetime(time), zone_of(zone)?))
}

fn date_of(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['-', '/']).collect();
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] if year.len() >= 4 => (*year, *month, *day),
        [all] if all.len() == 8 => (all.get(..4)?, all.get(4..6)?, all.get(6..)?),
        _ => return None,
    };
    Date::new(digits(year)?, digits(month)?, digits(day)?).ok()
}

/// Digits alone: `parse` would take a sign.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// What a time ends with: a sign or a letter begins its zone.
fn split_zone(text: &str) -> (&str, &str) {
    let ends = text.find(|c: char| matches!(c, '+' | '-') || c.is_alphabetic()).unwrap_or(text.len());
    let (time, zone) = text.split_at(ends);
    (time.trim_end(), zone.trim())
}

/// `12:00`, `12:00:00.25`, `120000`; and whether it is 24:00, which is midnight of the next day.
fn time_of(text: &str) -> Option<(Time, bool)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let parts: Vec<&str> = whole.split(':').collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (*hour, *minute, "0"),
        [hour, minute, second] => (*hour, *minute, *second),
        [all] if all.len() == 6 => (all.get(..2)?, all.get(2..4)?, all.get(4..)?),
        [all] if all.len() == 4 => (all.get(..2)?, all.get(2..)?, "0"),
        _ => return None,
    };
    let (hour, minute, second): (i8, i8, i8) = (digits(hour)?, digits(minute)?, digits(second)?);
    let ns = nanoseconds(fraction)?;
    if (hour, minute, second, ns) == (24, 0, 0, 0) {
        return Some((Time::midnight(), true));
    }
    Some((Time::new(hour, minute, second, ns).ok()?, false))
}

/// Of a fraction's digits, to the microsecond.
fn nanoseconds(fraction: &str) -> Option<i32> {
    if fraction.is_empty() {
        return Some(0);
    }
    let six = format!("{fraction:0<6}");
    let us: i32 = digits(six.get(..6)?)?;
    digits::<u64>(six.get(6..).filter(|more| !more.is_empty()).unwrap_or("0"))?;
    let rounds_up = six.as_bytes().get(6).is_some_and(|digit| *digit >= b'5') && us < 999_999;
    Some((us + i32::from(rounds_up)) * 1000)
}

/// `Some(None)` is no zone at all.
#[expect(clippy::option_option, reason = "no zone is a zone that can be read")]
fn zone_of(text: &str) -> Option<Option<TimeZone>> {
    if text.is_empty() { Some(None) } else { zone(text).map(Some) }
}

/// A zone by its name or its offset: `Z`, `+01`, `+01:00`, `-0530`, `Europe/London`.
#[must_use]
pub fn zone(text: &str) -> Option<TimeZone> {
    if matches!(text.to_uppercase().as_str(), "Z" | "UTC" | "GMT") {
        return Some(TimeZone::UTC);
    }
    let Some(rest) = text.strip_prefix(['+', '-']) else { return TimeZone::get(text).ok() };
    let parts: Vec<&str> = rest.split(':').collect();
    let (hours, minutes, seconds) = match parts.as_slice() {
        [all] if all.len() == 4 => (all.get(..2)?, all.get(2..)?, "0"),
        [hours] if hours.len() <= 2 => (*hours, "0", "0"),
        [hours, minutes] => (*hours, *minutes, "0"),
        [hours, minutes, seconds] => (*hours, *minutes, *seconds),
        _ => return None,
    };
    let (hours, minutes, seconds): (i32, i32, i32) = (digits(hours)?, digits(minutes)?, digits(seconds)?);
    if hours > 15 || minutes > 59 || seconds > 59 {
        return None;
    }
    let east = hours * 3600 + minutes * 60 + seconds;
    let east = if text.starts_with('-') { -east } else { east };
    Offset::from_seconds(east).ok().map(Offset::to_time_zone)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-06-15T12:00:00Z.
    const NOON_US: i64 = 1_781_524_800_000_000;

    #[test]
    fn moments_are_read_as_postgresql_reads_them() {
        // What PostgreSQL 15.18 says to `SELECT extract(epoch FROM text::timestamptz) * 1e6` with TimeZone UTC.
        for (text, us) in [
            ("2026-06-15 12:00:00+00", NOON_US),
            ("2026-06-15 12:00+00", NOON_US),
            ("2026-06-15T12:00Z", NOON_US),
            (" 2026-06-15T12:00:00z ", NOON_US),
            ("2026-06-15 12:00", NOON_US),
            ("2026-06-15 12:00 UTC", NOON_US),
            ("2026-06-15 13:00+01", NOON_US),
            ("2026-06-15 13:00 +01:00", NOON_US),
            ("2026-06-15 06:30-0530", NOON_US),
            ("2026-06-15 13:00 Europe/London", NOON_US),
            ("20260615T120000Z", NOON_US),
            ("20260615 1200", NOON_US),
            ("2026/06/15 12:00", NOON_US),
            ("2026-06-15 12:00:00.25+00", NOON_US + 250_000),
            ("2026-06-15 12:00:00.1234567+00", NOON_US + 123_457),
            ("2026-06-15", NOON_US - 43_200 * US_PER_S),
            ("2026-06-14 24:00", NOON_US - 43_200 * US_PER_S),
            ("epoch", 0),
        ] {
            assert_eq!(timestamp_us(text, Some(&TimeZone::UTC)), Some(us), "{text}");
        }
        assert_eq!(timestamp_us("2026-06-15 12:00+05", None), Some(NOON_US), "timestamp lets go of the zone");
    }

    #[test]
    fn a_moment_without_an_offset_is_of_the_zone_that_is_asked_about() {
        let london = zone("Europe/London").unwrap();
        // What PostgreSQL 15.18 says to `SELECT extract(epoch FROM text::timestamptz)` with TimeZone Europe/London.
        for (text, s) in [
            ("2026-06-15 12:00", 1_781_521_200),
            ("2026-06-15 12:00+00", NOON_US / US_PER_S),
            ("2026-06-15 12:00 UTC", NOON_US / US_PER_S),
            // The clock shows it twice, and not at all.
            ("2026-10-25 01:30", 1_792_891_800),
            ("2026-03-29 01:30", 1_774_747_800),
        ] {
            assert_eq!(timestamp_us(text, Some(&london)), Some(s * US_PER_S), "{text}");
        }
        let with_name = timestamp_us("2026-10-25 01:30 Europe/London", Some(&TimeZone::UTC));
        assert_eq!(with_name, Some(1_792_891_800 * US_PER_S));
        assert_eq!(iso("2026-06-15 12:00", Some(&london)).unwrap(), "2026-06-15T11:00:00.000000Z");
    }

    #[test]
    fn what_is_no_moment_is_not_read() {
        for text in [
            "",
            "soon",
            "2026-13-01",
            "2026-02-30",
            "2026-06-15 25:00",
            "2026-06-15 12:00:00 Atlantis/Centre",
            "2026-06-15 12:60",
            "2026-06-15 12:00+99",
            "15",
            "2026-06-15 12:00:00.x",
            "2026-06-15 +1:-1",
            "-2026-06-15",
        ] {
            assert_eq!(timestamp_us(text, Some(&TimeZone::UTC)), None, "{text}");
        }
    }

    #[test]
    fn dates_and_times_of_day_are_read() {
        assert_eq!(date_days("2024-10-04"), Some(20_000));
        assert_eq!(date_days("1969-12-31 23:00+00"), Some(-1));
        assert_eq!(time_us("04:05"), Some(14_700 * US_PER_S));
        assert_eq!(time_us("04:05:06.5+02"), Some(14_706 * US_PER_S + 500_000));
        assert_eq!(time_us("24:00:00"), Some(86_400 * US_PER_S));
        assert_eq!(time_us("4 o'clock"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(us in -62_000_000_000_000_000_i64..253_000_000_000_000_000) {
            let (utc, moment) = (TimeZone::UTC, jiff::Timestamp::from_microsecond(us).unwrap());
            let written = iso(&moment.to_string(), Some(&utc)).unwrap();
            prop_assert_eq!(timestamp_us(&written, Some(&utc)), Some(us));
        }

        #[test]
        fn no_text_panics(text in "[-+0-9TZ:. a-zé/]{0,32}") {
            let _ = (timestamp_us(&text, Some(&TimeZone::UTC)), date_days(&text), time_us(&text));
        }
    }
}
