//! A device's chunks as a comparison reads them: found by their time on an axis, and heard only where they are needed.
//!
//! ```text
//!   chunks     [──0──]   [────1────]          [──3──]
//!                  [────2────]
//!   of a time            └─────┘   1 and 2: from the first whose like has not ended to the last that has begun
//! ```

use std::cell::OnceCell;

use super::account::{Account, Times};
use super::heard::Heard;
use super::how::{Axis, How};
use crate::evaluate::Record;
use crate::evaluate::chunks::{Chunked, Grown};
use crate::evaluate::extent::latest_ends_us;
use crate::evaluate::wall_clock::steady_us;

/// A chunk that has records with a time.
#[derive(Debug)]
pub(super) struct Stood<'a> {
    /// The number of its content.
    pub(super) number: u64,
    /// The position of its first record.
    pub(super) from: u32,
    pub(super) records: &'a [Record],
    /// What it was when it was asked about last.
    pub(super) grown: Option<Grown>,
    times: Times,
    /// The longest record, microseconds.
    longest_us: i64,
    heard: OnceCell<Heard<'a>>,
}

impl<'a> Stood<'a> {
    /// When its records begin and end, microseconds.
    pub(super) const fn time_us(&self, axis: Axis) -> (i64, i64) {
        self.times.on(axis)
    }

    /// Its records that may share a moment with a time, and the position of the first of them; no other does.
    pub(super) fn about(&self, (from_us, to_us): (i64, i64), how: &How<'_>) -> (u32, &'a [Record]) {
        let ahead_us = match how.axis {
            Axis::Utc => Some(0),
            Axis::Wall => steady_us(how.zone, self.times.utc),
        };
        let Some(ahead_us) = ahead_us else { return (self.from, self.records) };
        let earliest_us = from_us.saturating_sub(ahead_us).saturating_sub(self.longest_us);
        let begun = self.records.partition_point(|record| record.t0_us <= to_us.saturating_sub(ahead_us));
        let records = self.records.get(..begun).unwrap_or_default();
        let (earlier, records) = records.split_at(records.partition_point(|record| record.t0_us < earliest_us));
        (self.from.saturating_add(u32::try_from(earlier.len()).unwrap_or(u32::MAX)), records)
    }

    /// When all that came to it since it was asked about last begins and ends, microseconds; `None` if nothing with a time did.
    pub(super) fn grown_us(&self, grown: &Grown, how: &How<'_>) -> Option<(i64, i64)> {
        let records = self.records.get(grown.from..grown.to)?;
        let heard = Heard::in_chunk(records, 0, how.zone);
        Times::of_all(heard.times()).map(|times| times.on(how.axis))
    }

    /// What was heard of it, if it was.
    pub(super) fn known(&self) -> Option<&Heard<'a>> {
        self.heard.get()
    }

    /// What was heard of it; heard now if it was not.
    pub(super) fn heard(&self, hear: impl FnOnce(&Self) -> Heard<'a>) -> &Heard<'a> {
        self.heard.get_or_init(|| hear(self))
    }
}

/// A device's chunks in their order.
#[derive(Debug)]
pub(super) struct Side<'a> {
    pub(super) chunks: Vec<Stood<'a>>,
    utc: Order,
    wall: Order,
}

/// For each chunk the latest end of it and all before it, and the earliest start of it and all after it, microseconds.
#[derive(Debug)]
struct Order {
    latest_us: Vec<i64>,
    earliest_us: Vec<i64>,
}

impl Order {
    fn of(times_us: &[(i64, i64)]) -> Self {
        let latest_us = latest_ends_us(times_us.iter().map(|(_, end_us)| *end_us)).collect();
        let mut earliest = i64::MAX;
        let earliest_us = times_us.iter().rev().map(|(start_us, _)| {
            earliest = earliest.min(*start_us);
            earliest
        });
        let mut earliest_us: Vec<i64> = earliest_us.collect();
        earliest_us.reverse();
        Self { latest_us, earliest_us }
    }
}

impl<'a> Side<'a> {
    /// A device with the accounts of its chunks.
    pub(super) fn of(device: &Chunked<'a>, accounts: &[(usize, &Account)]) -> Self {
        let stood = device.chunks().iter().zip(accounts).filter_map(|(chunk, (from, account))| {
            let records = device.records().get(*from..from + chunk.records)?;
            let (times, longest_us) = (account.times_us?, account.longest_us);
            let from = u32::try_from(*from).unwrap_or(u32::MAX);
            let (number, grown) = (chunk.number, chunk.grown);
            Some(Stood { number, from, records, grown, times, longest_us, heard: OnceCell::new() })
        });
        let chunks: Vec<Stood<'a>> = stood.collect();
        let order = |axis| Order::of(&chunks.iter().map(|chunk| chunk.time_us(axis)).collect::<Vec<_>>());
        Self { utc: order(Axis::Utc), wall: order(Axis::Wall), chunks }
    }

    /// The chunks that share a moment with a time, both ends included, with their places.
    pub(super) fn of_time(
        &self,
        axis: Axis,
        (from_us, to_us): (i64, i64),
    ) -> impl Iterator<Item = (usize, &Stood<'a>)> {
        let order = if axis == Axis::Utc { &self.utc } else { &self.wall };
        let ended = order.latest_us.partition_point(|us| *us < from_us);
        let begun = order.earliest_us.partition_point(|us| *us <= to_us);
        let chunks = self.chunks.iter().enumerate().take(begun).skip(ended);
        chunks.filter(move |(_, chunk)| {
            let (start_us, end_us) = chunk.time_us(axis);
            start_us <= to_us && end_us >= from_us
        })
    }

    /// From the first start to the last end; `None` without a record that has a time.
    pub(super) fn times(&self) -> Option<Times> {
        Times::of_all(self.chunks.iter().map(|chunk| chunk.times))
    }
}
