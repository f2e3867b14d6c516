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
use super::how::Axis;
use crate::evaluate::Record;
use crate::evaluate::chunks::Chunked;

/// A chunk that has records with a time.
#[derive(Debug)]
pub(super) struct Stood<'a> {
    /// The number of its content.
    pub(super) number: u64,
    /// The position of its first record.
    pub(super) from: u32,
    pub(super) records: &'a [Record],
    times: Times,
    heard: OnceCell<Heard<'a>>,
}

impl<'a> Stood<'a> {
    /// When its records begin and end, microseconds.
    pub(super) const fn time_us(&self, axis: Axis) -> (i64, i64) {
        match axis {
            Axis::Utc => self.times.utc,
            Axis::Wall => self.times.wall,
        }
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
        let (mut latest, mut earliest) = (i64::MIN, i64::MAX);
        let latest_us = times_us.iter().map(|(_, end_us)| {
            latest = latest.max(*end_us);
            latest
        });
        let latest_us = latest_us.collect();
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
            let (times, from) = (account.times_us?, u32::try_from(*from).unwrap_or(u32::MAX));
            Some(Stood { number: chunk.number, from, records, times, heard: OnceCell::new() })
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
