//! How two devices are laid over each other.
//!
//! ```text
//!   utc    ──●──●────●──>          as recorded: what was observed
//!   wall   ┌─●──●────●─┐           the clock on the wall, thought of as a circle: what a shift moves past its end
//!          └───────────┘           comes in again at its beginning
//! ```

use super::hours::Cycle;
use crate::evaluate::wall_clock::DAY_US;
use crate::model::ProximityParams;
use crate::time::ZoneRule;

/// Which axis of time the devices are laid on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// As recorded: what was observed.
    Utc,
    /// The clock on the wall: shifts.
    Wall,
}

/// On which axis the devices are laid, and what is an encounter.
#[derive(Debug, Clone, Copy)]
pub(super) struct How<'p> {
    pub(super) axis: Axis,
    /// The circle around which a shift moves; what does not begin in it is left out.
    pub(super) cycle: Option<Cycle>,
    pub(super) params: &'p ProximityParams,
    /// The zone of the clock on the wall.
    pub(super) zone: &'p ZoneRule,
}

impl How<'_> {
    /// By how much records move under a shift, microseconds; what is moved past the end of the cycle comes in again.
    pub(super) fn moves_us(&self, days: i64) -> impl Iterator<Item = i64> + Clone {
        let around = self.cycle.map(|cycle| days * DAY_US - cycle.length_us());
        [days * DAY_US].into_iter().chain(around)
    }

    /// A time, so much later and wider by the window.
    pub(super) fn widened(&self, (from_us, to_us): (i64, i64), by_us: i64) -> (i64, i64) {
        let window_us = self.params.window_us;
        ((from_us + by_us).saturating_sub(window_us), (to_us + by_us).saturating_add(window_us))
    }
}
