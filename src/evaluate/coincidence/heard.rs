//! A device's records with the times of the wall clock, and what of them can matter.

use super::anchors::{Anchors, Days, cell};
use super::hours::Cycle;
use super::laid::Laid;
use super::near::Spot;
use super::parts::{Cut, Parts, Point};
use super::permutation::CoincidenceParams;
use super::reach::Reached;
use crate::evaluate::wall_clock::{LATEST_US, WallClock};
use crate::evaluate::{Device, Record};
use crate::model::ProximityParams;
use crate::time::{EARLIEST_US, ZoneRule};

/// Which axis of time the devices are laid on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// As recorded: what was observed.
    Utc,
    /// The clock on the wall: shifts.
    Wall,
}

/// A record with the wall clock's times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    record: &'a Record,
    at: u32,
    wall: (i64, i64),
    pub(super) common: bool,
}

/// A device's records that have a time.
#[derive(Debug)]
pub(super) struct Heard<'a> {
    pub(super) records: Vec<Told<'a>>,
}

impl<'a> Heard<'a> {
    pub(super) fn of(device: &'a Device, zone: &ZoneRule) -> Self {
        let mut clock = WallClock::new(zone);
        let timed = (0_u32..).zip(device.records()).filter(|(_, record)| {
            record.t0_us >= EARLIEST_US && record.t0_us <= record.t1_us && record.t1_us <= LATEST_US
        });
        let told = timed.map(|(at, record)| {
            let wall = clock.interval(record.t0_us, record.t1_us);
            Told { record, at, wall, common: false }
        });
        Self { records: told.collect() }
    }

    pub(super) fn walls(&self, wider_us: i64) -> impl Iterator<Item = (i64, i64)> {
        self.records.iter().map(move |told| (told.wall.0 - wider_us, told.wall.1 + wider_us))
    }

    pub(super) fn wall_ends(&self) -> impl Iterator<Item = i64> {
        self.records.iter().flat_map(|told| [told.wall.0, told.wall.1])
    }

    /// The records that begin in the cycle.
    pub(super) fn in_cycle(&self, cycle: Cycle) -> Self {
        Self { records: self.records.iter().filter(|told| cycle.has(told.wall.0)).copied().collect() }
    }

    /// From the first start to the last end on the wall clock, microseconds.
    pub(super) fn span_us(&self) -> i64 {
        let first = self.wall_ends().min();
        first.zip(self.wall_ends().max()).map_or(0, |(first, last)| last - first)
    }

    /// The records that could be near any of the other device, at whatever time.
    pub(super) fn near(&self, other: &Self, params: &ProximityParams) -> Self {
        let reach = Reached::of(other.records.iter().map(|told| told.record), params);
        Self { records: self.records.iter().filter(|told| reach.may_be_near(told.record)).copied().collect() }
    }

    fn points(&self, axis: Axis) -> Vec<Point> {
        let point = |told: &Told<'_>| {
            let record = told.record;
            let (t0_us, t1_us) = if axis == Axis::Utc { (record.t0_us, record.t1_us) } else { told.wall };
            let spot = Spot::of(record.lat_deg, record.lon_deg);
            Point { t0_us, t1_us, spot, uncertainty_m: record.uncertainty_m, common: told.common, record: told.at }
        };
        self.records.iter().map(point).collect()
    }

    /// Lays the devices over each other on an axis.
    pub(super) fn laid<T>(
        &self,
        victim: &Self,
        axis: Axis,
        params: &ProximityParams,
        with: impl FnOnce(&Laid<'_>) -> T,
    ) -> T {
        // Wide enough that a stay with its noise is few parts, narrow enough that parts at one place are wholly near.
        let reach = |share: f64| (params.radius_m * share).max(1.0);
        let suspect = Parts::of(self.points(axis), Cut { max_step_us: params.gap_us, reach_m: reach(0.5) });
        let victim = Parts::of(victim.points(axis), Cut { max_step_us: 2 * params.window_us, reach_m: reach(0.25) });
        with(&Laid { suspect: &suspect, victim: &victim, params })
    }
}

/// Marks the records at places where both devices often are; how many such places there are.
pub(super) fn mark_common(suspect: &mut Heard<'_>, victim: &mut Heard<'_>, how: &CoincidenceParams) -> usize {
    let days = |heard: &Heard<'_>| {
        let (mut days, mut last) = (Days::default(), None);
        let cells: Vec<_> = heard.records.iter().map(|told| cell_of(told.record, &mut last)).collect();
        heard.records.iter().zip(&cells).for_each(|(told, cell)| days.hear(told.wall.0, *cell));
        (days, cells)
    };
    let ((suspect_days, cells), (victim_days, _)) = (days(suspect), days(victim));
    let anchors = Anchors::of(&suspect_days, &victim_days, how.anchor_days, how.anchor_share);
    for (told, cell) in suspect.records.iter_mut().zip(cells) {
        told.common = anchors.has(cell);
    }
    anchors.count()
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
