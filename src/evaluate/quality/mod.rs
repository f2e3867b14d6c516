//! How far a device's records can be trusted: silences, impossible speeds, clocks, records outside an authority.
//!
//! ```text
//!   records ─┬─> silences      when nothing was recorded; shows neither that it was off nor where it was
//!            ├─> movement      pairs that no ground vehicle joins; two tracks that alternate: a clone, or flights
//!            ├─> clock         two sources of one device: the shift at which their tracks agree best, never applied
//!            └─> authority     how many were set aside before, which, and why
//! ```
//! Nothing here changes a record: what is found is stated beside it.

mod authority;
mod clock;
mod finding;
mod movement;
mod moving;
mod shift;
mod sources;
mod tracks;

pub use authority::findings as authority_findings;
pub use clock::{ClockOffset, ClockRefused, clock_offset};
pub(super) use finding::{Passes, changed_findings};
pub use finding::{device_findings, findings};
pub use movement::{Alternation, Jump, Movement, movement};

use super::gaps::DEFAULT_MIN_GAP_US;
use crate::time::US_PER_S;

/// What counts as silent, impossible, and enough to compare clocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityParams {
    /// A silence is longer than this, microseconds.
    pub min_gap_us: i64,
    /// No vehicle on the ground is taken to be faster, metres per second; 70 is 252 km/h.
    pub max_speed_m_s: f64,
    /// Two records' times may be off from each other by this, microseconds.
    pub clock_slop_us: i64,
    /// The probability with which the radii of two compared records hold together.
    pub percentile: f64,
    /// Tracks alternate if records change between them at least so often, each holding half as many records.
    pub min_switches: usize,
    /// Clocks are compared at shifts up to this, microseconds: an hour (a zone or summer time mistaken) and five minutes.
    pub max_offset_us: i64,
}

impl Default for QualityParams {
    fn default() -> Self {
        Self {
            min_gap_us: DEFAULT_MIN_GAP_US,
            max_speed_m_s: 70.0,
            clock_slop_us: US_PER_S,
            percentile: 0.99,
            min_switches: 6,
            max_offset_us: 3_900 * US_PER_S,
        }
    }
}

/// A parameter that cannot be used; retrying does not help.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum QualityError {
    /// A duration is negative or longer than a day (for clocks) or ten years.
    #[error("{name} is {value_us} microseconds: it must be between 0 and {most_us}")]
    Duration {
        /// Which parameter.
        name: &'static str,
        /// Its value, microseconds.
        value_us: i64,
        /// The most it may be, microseconds.
        most_us: i64,
    },
    /// The speed is not above 0, or not finite.
    #[error("max_speed_m_s is {0} m/s: it must be above 0 and finite")]
    Speed(f64),
    /// The percentile is no share.
    #[error("the percentile is {0}: it must be above 0 and below 1")]
    Percentile(f64),
}

impl QualityParams {
    /// Checks that every parameter can be used.
    ///
    /// # Errors
    /// [`QualityError`] names the parameter and its value.
    pub fn validate(&self) -> Result<(), QualityError> {
        const DAY_US: i64 = 86_400 * US_PER_S;
        let durations = [
            ("min_gap_us", self.min_gap_us, 3_660 * DAY_US),
            ("clock_slop_us", self.clock_slop_us, DAY_US),
            ("max_offset_us", self.max_offset_us, DAY_US),
        ];
        for (name, value_us, most_us) in durations {
            if !(0..=most_us).contains(&value_us) {
                return Err(QualityError::Duration { name, value_us, most_us });
            }
        }
        if !(self.max_speed_m_s > 0.0 && self.max_speed_m_s.is_finite()) {
            return Err(QualityError::Speed(self.max_speed_m_s));
        }
        if !(self.percentile > 0.0 && self.percentile < 1.0) {
            return Err(QualityError::Percentile(self.percentile));
        }
        Ok(())
    }
}

#[cfg(test)]
mod quality_tests;
