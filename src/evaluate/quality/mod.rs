//! How far a device's records can be trusted: silences, impossible speeds, clocks, records outside an authority.
//!
//! ```text
//!   records ─┬─> silences      when nothing was recorded; shows neither that it was off nor where it was
//!            ├─> movement      pairs that no ground vehicle joins; two tracks that alternate: a clone, or flights
//!            ├─> clock         two sources of one device: the shift at which their tracks agree best, never applied
//!            └─> authority     kept, or quarantined with the reason
//! ```
//! Nothing here changes a record: what is found is stated beside it.

mod authority;
mod clock;
mod finding;
mod movement;
mod shift;
mod sources;

pub use authority::{Authority, Outside, Quarantined, Split, split};
pub use clock::{ClockOffset, ClockRefused, clock_offset};
pub use finding::{authority_finding, findings};
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

#[cfg(test)]
mod quality_tests;
