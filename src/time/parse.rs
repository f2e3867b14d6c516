//! Reading the times that files write.

use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::DateTimeParser;

use super::ZoneRule;

/// A time as read: a moment (`t0_us == t1_us`) or the interval it may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Start, UTC microseconds.
    pub t0_us: i64,
    /// End, UTC microseconds.
    pub t1_us: i64,
    /// The local time had two readings.
    pub ambiguous: bool,
}

impl Reading {
    /// A moment.
    #[must_use]
    pub const fn at(us: i64) -> Self {
        Self { t0_us: us, t1_us: us, ambiguous: false }
    }
}

/// Why a time could not be read; retrying does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not in the expected format.
    #[error("time not in the expected format")]
    Format,
    /// No zone in the text, and none given.
    #[error("time zone unknown")]
    ZoneUnknown,
    /// The clocks skipped this local time.
    #[error("local time does not exist (clocks went forward)")]
    Skipped,
    /// Outside the years that can be represented.
    #[error("time out of range")]
    Range,
}

impl TimeError {
    /// The reason a reject row gives.
    #[must_use]
    pub const fn reason(self) -> crate::model::RejectReason {
        use crate::model::RejectReason as R;
        match self {
            Self::Format => R::TimeFormat,
            Self::ZoneUnknown => R::TimeZoneUnknown,
            Self::Skipped => R::TimeSkipped,
            Self::Range => R::TimeRange,
        }
    }
}

/// How a column writes its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeFormat {
    /// ISO 8601 or RFC 3339, `T` or a space between, with or without an offset.
    Iso,
    /// A `strptime` pattern, as in `%d/%m/%Y %H:%M`.
    Pattern(String),
    /// A count of these many microseconds since 1970-01-01T00:00:00Z (1 000 000 for seconds).
    Epoch(i64),
}

static ISO: DateTimeParser = DateTimeParser::new();

/// Reads an ISO 8601 or RFC 3339 time; `zone` is used only if the text has no offset.
///
/// # Errors
/// [`TimeError`] says what is wrong: not a time, or no zone.
pub fn parse_iso(text: &str, zone: Option<&ZoneRule>) -> Result<Reading, TimeError> {
    let text = text.trim();
    if let Ok(t) = ISO.parse_timestamp(text) {
        return Ok(Reading::at(t.as_microsecond()));
    }
    let civil: DateTime = ISO.parse_datetime(text).map_err(|_| TimeError::Format)?;
    // A bare date is not a time: midnight would be invented.
    let clock = text.get(10..).unwrap_or("");
    if !clock.contains(':') && clock.len() < 5 {
        return Err(TimeError::Format);
    }
    let resolution_us = if clock.matches(':').count() == 1 && clock.len() <= 6 { 60_000_000 } else { 1_000_000 };
    zone.ok_or(TimeError::ZoneUnknown)?.resolve(civil, resolution_us)
}

/// Reads a count since the epoch; fractions are kept to the microsecond.
///
/// # Errors
/// [`TimeError::Format`] if it is not a number, [`TimeError::Range`] if it is out of range.
pub fn epoch_us(text: &str, unit_us: i64) -> Result<i64, TimeError> {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return whole.checked_mul(unit_us).ok_or(TimeError::Range);
    }
    let value = text.parse::<f64>().map_err(|_| TimeError::Format)?;
    #[expect(clippy::cast_precision_loss, reason = "the unit is at most a day in microseconds, exact in f64")]
    let us = (value * unit_us as f64).round();
    if us.abs() < 9.0e18 {
        #[expect(clippy::cast_possible_truncation, reason = "bounded by the test above")]
        return Ok(us as i64);
    }
    Err(TimeError::Range)
}

/// Reads a time in the given format; `zone` is used only if the text has no offset.
///
/// # Errors
/// [`TimeError`] says what is wrong.
pub fn parse_with(text: &str, format: &TimeFormat, zone: Option<&ZoneRule>) -> Result<Reading, TimeError> {
    match format {
        TimeFormat::Iso => parse_iso(text, zone),
        TimeFormat::Epoch(unit_us) => epoch_us(text, *unit_us).map(Reading::at),
        TimeFormat::Pattern(pattern) => parse_pattern(text.trim(), pattern, zone),
    }
}

fn parse_pattern(text: &str, pattern: &str, zone: Option<&ZoneRule>) -> Result<Reading, TimeError> {
    if let Some((civil, has_seconds)) = super::fixed::read(text, pattern) {
        let resolution_us = if has_seconds { 1_000_000 } else { 60_000_000 };
        return zone.ok_or(TimeError::ZoneUnknown)?.resolve(civil, resolution_us);
    }
    let parts = BrokenDownTime::parse(pattern, text).map_err(|_| TimeError::Format)?;
    if parts.offset().is_some() {
        return Ok(Reading::at(parts.to_timestamp().map_err(|_| TimeError::Range)?.as_microsecond()));
    }
    let civil = parts.to_datetime().map_err(|_| TimeError::Format)?;
    let resolution_us = if parts.second().is_some() { 1_000_000 } else { 60_000_000 };
    zone.ok_or(TimeError::ZoneUnknown)?.resolve(civil, resolution_us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_times_with_and_without_an_offset() {
        let utc = ZoneRule::utc();
        let at = |t: &str| parse_iso(t, None).map(|r| r.t0_us);
        assert_eq!(at("2023-05-17T14:15:57.455211Z"), Ok(1_684_332_957_455_211));
        assert_eq!(at("2023-05-17 14:15:57.455211+00:00"), Ok(1_684_332_957_455_211));
        assert_eq!(at("2023-05-17T15:15:57+01:00"), Ok(1_684_332_957_000_000));
        assert_eq!(at("2023-05-17 14:15:57"), Err(TimeError::ZoneUnknown));
        assert_eq!(parse_iso("2023-05-17 14:15:57", Some(&utc)), Ok(Reading::at(1_684_332_957_000_000)));
        let minute = parse_iso("2023-05-17 14:15", Some(&utc)).unwrap();
        assert_eq!(minute.t1_us - minute.t0_us, 59_999_999);
        assert_eq!(parse_iso("2023-05-17", Some(&utc)), Err(TimeError::Format));
        assert_eq!(parse_iso("yesterday", Some(&utc)), Err(TimeError::Format));
    }

    #[test]
    fn patterns_and_epochs() {
        let london = ZoneRule::parse("Europe/London").unwrap();
        let em = TimeFormat::Pattern("%d/%m/%Y %H:%M".to_owned());
        let r = parse_with("26/10/2025 01:30", &em, Some(&london)).unwrap();
        assert!(r.ambiguous);
        assert_eq!(r.t1_us - r.t0_us, 3_659_999_999);
        assert_eq!(parse_with("26/10/2025 01:30", &em, None), Err(TimeError::ZoneUnknown));
        assert_eq!(parse_with("10/26/2025 01:30", &em, Some(&london)), Err(TimeError::Format));
        assert_eq!(epoch_us("1684332957.455211", 1_000_000), Ok(1_684_332_957_455_211));
        assert_eq!(epoch_us("1684332957455", 1_000), Ok(1_684_332_957_455_000));
        assert_eq!(epoch_us("nan", 1_000), Err(TimeError::Range));
        assert_eq!(epoch_us("9223372036854775807", 1_000), Err(TimeError::Range));
    }
}
