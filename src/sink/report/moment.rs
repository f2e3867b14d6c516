//! Times as a report gives them: a number to compute with and text to read.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::time::{ZoneRule, local_text, utc_text};

/// A moment: UTC microseconds, UTC text, and local time with the abbreviation of its zone.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Moment {
    /// UTC microseconds since 1970-01-01T00:00:00Z.
    pub us: i64,
    /// ISO 8601 in UTC: `2025-10-26T00:30:00Z`.
    pub utc: String,
    /// Local time to the second: `2025-10-26 01:30:00 BST`; BST and GMT tell the repeated hour apart.
    pub local: String,
}

impl Moment {
    /// A moment as seen in the zone the report is shown in.
    #[must_use]
    pub fn new(us: i64, zone: &ZoneRule) -> Self {
        Self { us, utc: utc_text(us), local: local_text(us, zone) }
    }
}

/// The time interval of a record; in JSON its two ends also as ISO 8601 text (`t0_utc`, `t1_utc`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordTime {
    /// Start, UTC microseconds.
    pub t0_us: i64,
    /// End, UTC microseconds; equal to the start for a moment.
    pub t1_us: i64,
}

impl Serialize for RecordTime {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut fields = s.serialize_struct("RecordTime", 4)?;
        fields.serialize_field("t0_us", &self.t0_us)?;
        fields.serialize_field("t1_us", &self.t1_us)?;
        fields.serialize_field("t0_utc", &utc_text(self.t0_us))?;
        fields.serialize_field("t1_utc", &utc_text(self.t1_us))?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repeated_hour_reads_differently_before_and_after_the_change() {
        let london = ZoneRule::parse("Europe/London").unwrap();
        let before = Moment::new(1_761_438_600_000_000, &london);
        let after = Moment::new(1_761_442_200_000_000, &london);
        assert_eq!((before.local.as_str(), before.utc.as_str()), ("2025-10-26 01:30:00 BST", "2025-10-26T00:30:00Z"));
        assert_eq!((after.local.as_str(), after.utc.as_str()), ("2025-10-26 01:30:00 GMT", "2025-10-26T01:30:00Z"));
    }

    #[test]
    fn a_time_no_calendar_holds_is_still_written() {
        assert!(Moment::new(i64::MAX, &ZoneRule::utc()).utc.contains(&i64::MAX.to_string()));
    }
}
