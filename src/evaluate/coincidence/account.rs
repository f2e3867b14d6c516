//! What each chunk of a device's records adds to the account of the device: when it was recorded, in which hours, and where
//! on which days.
//!
//! ```text
//!   chunk       ●●● ●●   ●      wall_us  from the first start to the last end
//!   hours       ▇▇▇▇▇    ▇      the hours that its records touch, as runs
//!   days        (day, cell) …   each cell of each day, in order
//! ```

use std::sync::Arc;

use h3o::CellIndex;

use super::heard::{Heard, cells};
use super::how::Axis;
use crate::evaluate::passes::{Pass, View};
use crate::evaluate::wall_clock::{DAY_US, HOUR_US};
use crate::time::ZoneRule;

/// The pass that says it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Accounts {
    pub(super) zone: ZoneRule,
    /// How much wider than the records' times the touched hours are asked for, microseconds.
    pub(super) wider_us: Vec<i64>,
}

/// Days of the wall clock and the cells of them; a record whose position is none counts for its day alone.
pub(super) type DayCells = Arc<[(i64, Option<CellIndex>)]>;

/// The account of a chunk.
#[derive(Debug)]
pub(super) struct Account {
    /// From the first start to the last end, UTC and wall clock microseconds; `None` without a record that has a time.
    pub(super) times_us: Option<Times>,
    /// The longest record, microseconds.
    pub(super) longest_us: i64,
    /// For each widening the hours touched, from and to (inclusive) in hours of the wall clock.
    pub(super) hours: Vec<Vec<(i64, i64)>>,
    pub(super) days: DayCells,
}

/// When records begin and end, on both axes of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) utc: (i64, i64),
    pub(super) wall: (i64, i64),
}

impl Times {
    /// On one of the axes.
    pub(super) const fn on(&self, axis: Axis) -> (i64, i64) {
        match axis {
            Axis::Utc => self.utc,
            Axis::Wall => self.wall,
        }
    }

    fn with(self, other: Self) -> Self {
        let wider = |a: (i64, i64), b: (i64, i64)| (a.0.min(b.0), a.1.max(b.1));
        Self { utc: wider(self.utc, other.utc), wall: wider(self.wall, other.wall) }
    }

    /// The time that holds all of these; `None` without any.
    pub(super) fn of_all(times: impl Iterator<Item = Self>) -> Option<Self> {
        times.reduce(Self::with)
    }
}

impl Pass for Accounts {
    type State = ();
    type Found = Account;

    fn read(&self, (): &mut (), view: &View<'_>) -> Account {
        let heard = Heard::in_chunk(view.own(), 0, &self.zone);
        let hours = self.wider_us.iter().map(|us| hours(heard.walls(*us))).collect();
        let mut days: Vec<_> = heard.days().zip(cells(&heard)).collect();
        days.sort_unstable();
        days.dedup();
        let longest_us = heard.times().map(|times| times.utc.1 - times.utc.0).max().unwrap_or(0);
        Account { times_us: Times::of_all(heard.times()), longest_us, hours, days: days.into() }
    }
}

fn hours(walls: impl Iterator<Item = (i64, i64)>) -> Vec<(i64, i64)> {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for (start_us, end_us) in walls {
        let (from, to) = (start_us.div_euclid(HOUR_US), end_us.div_euclid(HOUR_US));
        match runs.last_mut().filter(|last| last.0 <= from && from <= last.1 + 1) {
            Some(last) => last.1 = last.1.max(to),
            None => runs.push((from, to)),
        }
    }
    runs.shrink_to_fit();
    runs
}

impl Account {
    /// The hours touched as intervals of time.
    pub(super) fn hours_us(&self, widening: usize) -> impl Iterator<Item = (i64, i64)> {
        let runs = self.hours.get(widening).map(Vec::as_slice).unwrap_or_default();
        runs.iter().map(|(from, to)| (from * HOUR_US, to * HOUR_US))
    }
}

/// The day of a moment of the wall clock.
pub(super) const fn day(wall_us: i64) -> i64 {
    wall_us.div_euclid(DAY_US)
}
