//! A device's records with the times of the wall clock, and what of them can matter.

use super::account::{Times, day};
use super::anchors::{Anchors, cell};
use super::how::{Axis, How};
use super::near::Spot;
use super::parts::{Cut, Parts, Point};
use super::reach::Reached;
use crate::evaluate::Record;
use crate::evaluate::wall_clock::{LATEST_US, WallClock};
use crate::model::ProximityParams;
use crate::time::{EARLIEST_US, ZoneRule};

/// A record with the wall clock's times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    record: &'a Record,
    at: u32,
    wall: (i64, i64),
    pub(super) common: bool,
}

impl Told<'_> {
    const fn time_us(&self, axis: Axis) -> (i64, i64) {
        match axis {
            Axis::Utc => (self.record.t0_us, self.record.t1_us),
            Axis::Wall => self.wall,
        }
    }
}

/// A device's records that have a time.
#[derive(Debug)]
pub(super) struct Heard<'a> {
    pub(super) records: Vec<Told<'a>>,
}

impl<'a> Heard<'a> {
    /// Records of a device that follow each other, the first of them at this position.
    pub(super) fn in_chunk(records: &'a [Record], from: u32, zone: &ZoneRule) -> Self {
        Self::of((from..).zip(records), zone)
    }

    /// Of these the records that could be near those of the other device, at whatever time.
    pub(super) fn of_near(records: &'a [Record], from: u32, reach: &Reached, zone: &ZoneRule) -> Self {
        Self::of((from..).zip(records).filter(|(_, record)| reach.may_be_near(record)), zone)
    }

    fn of(records: impl Iterator<Item = (u32, &'a Record)>, zone: &ZoneRule) -> Self {
        let mut clock = WallClock::new(zone);
        let timed = records.filter(|(_, record)| has_time(record));
        let told = timed.map(|(at, record)| {
            let wall = clock.interval(record.t0_us, record.t1_us);
            Told { record, at, wall, common: false }
        });
        Self { records: told.collect() }
    }

    pub(super) fn walls(&self, wider_us: i64) -> impl Iterator<Item = (i64, i64)> {
        self.records
            .iter()
            .map(move |told| (told.wall.0.saturating_sub(wider_us), told.wall.1.saturating_add(wider_us)))
    }

    pub(super) fn times(&self) -> impl Iterator<Item = Times> {
        self.records.iter().map(|told| Times { utc: (told.record.t0_us, told.record.t1_us), wall: told.wall })
    }

    /// The days on which the records begin, by the wall clock.
    pub(super) fn days(&self) -> impl Iterator<Item = i64> {
        self.records.iter().map(|told| day(told.wall.0))
    }

    /// Marks the records at places where both devices often are.
    pub(super) fn mark(&mut self, anchors: &Anchors) {
        if anchors.is_empty() {
            return;
        }
        let cells: Vec<_> = cells(self).collect();
        for (told, cell) in self.records.iter_mut().zip(cells) {
            told.common = anchors.has(cell);
        }
    }

    /// The records on an axis: of a cycle only those that begin in it, and only those that share a moment with a time.
    fn points(&self, how: &How<'_>, when_us: Option<(i64, i64)>) -> Vec<Point> {
        let point = |told: &Told<'_>| {
            let (record, (t0_us, t1_us)) = (told.record, told.time_us(how.axis));
            let spot = Spot::of(record.lat_deg, record.lon_deg);
            Point { t0_us, t1_us, spot, uncertainty_m: record.uncertainty_m, common: told.common, record: told.at }
        };
        let is_in = |told: &&Told<'_>| {
            let (t0_us, t1_us) = told.time_us(how.axis);
            when_us.is_none_or(|(from_us, to_us)| t0_us <= to_us && t1_us >= from_us)
                && how.cycle.is_none_or(|cycle| cycle.has(told.wall.0))
        };
        self.records.iter().filter(is_in).map(point).collect()
    }

    /// The suspect's records in parts.
    pub(super) fn suspect_parts(&self, how: &How<'_>, when_us: Option<(i64, i64)>) -> Parts {
        let cut = Cut { max_step_us: how.params.gap_us, reach_m: reach_m(how.params, 0.5) };
        Parts::of(self.points(how, when_us), cut)
    }

    /// The victim's records in parts.
    pub(super) fn victim_parts(&self, how: &How<'_>, when_us: Option<(i64, i64)>) -> Parts {
        let cut = Cut { max_step_us: 2 * how.params.window_us, reach_m: reach_m(how.params, 0.25) };
        Parts::of(self.points(how, when_us), cut)
    }
}

/// Wide enough that a stay with its noise is few parts, narrow enough that parts at one place are wholly near.
fn reach_m(params: &ProximityParams, share: f64) -> f64 {
    (params.radius_m * share).max(1.0)
}

/// Whether a record's time is one that a record can have.
pub(super) const fn has_time(record: &Record) -> bool {
    record.t0_us >= EARLIEST_US && record.t0_us <= record.t1_us && record.t1_us <= LATEST_US
}

/// The cell of each record.
pub(super) fn cells(heard: &Heard<'_>) -> impl Iterator<Item = Option<h3o::CellIndex>> {
    let mut last = None;
    heard.records.iter().map(move |told| cell_of(told.record, &mut last))
}

type LastCell = Option<((u64, u64), Option<h3o::CellIndex>)>;

/// The cell of a record; the last one is known, since a device at rest often repeats its position.
fn cell_of(record: &Record, last: &mut LastCell) -> Option<h3o::CellIndex> {
    let key = (record.lat_deg.to_bits(), record.lon_deg.to_bits());
    match last {
        Some((known, cell)) if *known == key => *cell,
        _ => {
            let found = cell(record.lat_deg, record.lon_deg);
            *last = Some((key, found));
            found
        }
    }
}
