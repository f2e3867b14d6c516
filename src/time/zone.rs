//! The rule that turns a civil time into UTC.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::parse::{Reading, TimeError};

/// Which zone a civil time is in: a fixed offset or an IANA zone.
///
/// The zone database is bundled with the program, so that the same file gives the same times on every machine.
#[derive(Debug, Clone, PartialEq)]
pub struct ZoneRule {
    name: String,
    zone: TimeZone,
}

/// A zone name that is not known; retrying does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("time zone {0:?} is not known: give an IANA name such as Europe/London, UTC, or an offset such as +01:00")]
pub struct ZoneError(pub String);

impl ZoneRule {
    /// Reads an IANA name (`Europe/London`), `UTC`, `GMT`, or a fixed offset (`+01:00`).
    ///
    /// # Errors
    /// [`ZoneError`] if the name is none of these.
    pub fn parse(text: &str) -> Result<Self, ZoneError> {
        let name = text.trim();
        if name.eq_ignore_ascii_case("utc") || name.eq_ignore_ascii_case("gmt") || name == "Z" {
            return Ok(Self::utc());
        }
        let zone = if name.starts_with(['+', '-']) { fixed(name) } else { TimeZone::get(name).ok() };
        zone.map(|zone| Self { name: name.to_owned(), zone }).ok_or_else(|| ZoneError(text.to_owned()))
    }

    /// Coordinated Universal Time.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }

    /// The zone's name as given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The local time at a UTC moment; `None` outside the years -9999 to 9999.
    #[must_use]
    pub fn local(&self, us: i64) -> Option<jiff::ZonedDateTime> {
        Some(jiff::Timestamp::from_microsecond(us).ok()?.to_zoned_datetime(self.zone.clone()))
    }

    /// When the clock is put forward or back next after a UTC moment, UTC microseconds; `None` if it never is again, or outside
    /// the years -9999 to 9999.
    #[must_use]
    pub fn next_change_us(&self, us: i64) -> Option<i64> {
        let next = self.zone.following(jiff::Timestamp::from_microsecond(us).ok()?).next()?;
        Some(next.timestamp().as_microsecond())
    }

    /// Resolves a civil time of the given resolution (`1 s` is a moment, `60 s` is the minute that follows).
    ///
    /// In the repeated hour of October both readings are spanned and the result is marked ambiguous.
    ///
    /// # Errors
    /// [`TimeError::Skipped`] in the hour that is skipped in spring; [`TimeError::Range`] outside jiff's years.
    pub fn resolve(&self, civil: DateTime, resolution_us: i64) -> Result<Reading, TimeError> {
        let read = |offset: jiff::tz::Offset| {
            offset.to_timestamp(civil).map(jiff::Timestamp::as_microsecond).map_err(|_| TimeError::Range)
        };
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        let (t0_us, t1_us, ambiguous) = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } => {
                let t = read(offset)?;
                (t, t, false)
            }
            AmbiguousOffset::Fold { before, after } => (read(before)?, read(after)?, true),
            AmbiguousOffset::Gap { .. } => return Err(TimeError::Skipped),
        };
        let tail = if resolution_us > super::US_PER_S { resolution_us - 1 } else { 0 };
        Ok(Reading { t0_us, t1_us: t1_us + tail, ambiguous })
    }
}

fn fixed(text: &str) -> Option<TimeZone> {
    let (sign, rest) = text.split_at(1);
    let (h, m) = rest.split_once(':').unwrap_or((rest, "0"));
    let minutes = h.parse::<i32>().ok()?.checked_mul(60)?.checked_add(m.parse().ok()?)?;
    let seconds = minutes.checked_mul(if sign == "-" { -60 } else { 60 })?;
    Some(TimeZone::fixed(jiff::tz::Offset::from_seconds(seconds).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_repeated_hour_spans_both_readings_and_the_skipped_hour_is_refused() {
        let london = ZoneRule::parse("Europe/London").unwrap();
        let fold = london.resolve(date(2025, 10, 26).at(1, 30, 0, 0), 1_000_000).unwrap();
        assert!(fold.ambiguous);
        assert_eq!(fold.t1_us - fold.t0_us, 3_600 * 1_000_000);
        let gap = london.resolve(date(2025, 3, 30).at(1, 30, 0, 0), 1_000_000);
        assert_eq!(gap, Err(TimeError::Skipped));
        let minute = london.resolve(date(2025, 6, 1).at(12, 0, 0, 0), 60_000_000).unwrap();
        assert_eq!((minute.t1_us - minute.t0_us, minute.ambiguous), (59_999_999, false));
    }

    #[test]
    fn offsets_and_names_are_read_and_nonsense_is_refused() {
        let noon = date(2025, 1, 1).at(12, 0, 0, 0);
        let utc = ZoneRule::utc().resolve(noon, 1).unwrap().t0_us;
        assert_eq!(ZoneRule::parse("+01:30").unwrap().resolve(noon, 1).unwrap().t0_us, utc - 5_400 * 1_000_000);
        assert_eq!(ZoneRule::parse("-05").unwrap().resolve(noon, 1).unwrap().t0_us, utc + 18_000 * 1_000_000);
        for bad in ["Nowhere/Land", "", "+99:00", "+1:é", "+35000000", "-35000000"] {
            assert!(ZoneRule::parse(bad).is_err(), "{bad}");
        }
    }
}
