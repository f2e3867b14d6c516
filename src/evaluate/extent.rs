//! From when until when each chunk of a device's records reaches, so that those of a time are found without reading them.

use super::Record;
use super::chunks::Chunked;
use super::passes::{Pass, Passed, View};

/// The pass that says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reaches;

impl Pass for Reaches {
    type State = ();
    type Found = (i64, i64);

    fn read(&self, (): &mut (), view: &View<'_>) -> (i64, i64) {
        let own = || view.own().iter();
        let from_us = own().map(|record| record.t0_us).min().unwrap_or(i64::MAX);
        (from_us, own().map(|record| record.t1_us).max().unwrap_or(i64::MIN))
    }
}

/// A chunk, and from when until when it reaches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reached<'a> {
    /// The number of its content.
    pub(super) number: u64,
    /// The position of its first record.
    pub(super) from: usize,
    pub(super) records: &'a [Record],
    /// The earliest start, UTC microseconds.
    pub(super) from_us: i64,
    /// The latest end, UTC microseconds.
    pub(super) to_us: i64,
    /// The latest end of it and all before it, UTC microseconds.
    latest_us: i64,
}

/// A device's chunks with their reach, in their order.
pub(super) fn reached<'a>(device: &Chunked<'a>, passed: &mut Passed<Reaches>) -> Vec<Reached<'a>> {
    let found = passed.of(&Reaches, device).chunks;
    let latest = latest_ends_us(found.iter().map(|(_, (_, to_us))| *to_us));
    let reached =
        found.iter().zip(device.chunks()).zip(latest).map(|(((from, (from_us, to_us)), chunk), latest_us)| {
            let from = *from;
            let records = device.records().get(from..from + chunk.records).unwrap_or_default();
            Reached { number: chunk.number, from, records, from_us: *from_us, to_us: *to_us, latest_us }
        });
    reached.collect()
}

/// The latest end of each stretch of time and all before it, microseconds: those that have ended before a moment without one
/// beyond it in front are found without reading all.
pub(super) fn latest_ends_us(ends_us: impl Iterator<Item = i64>) -> impl Iterator<Item = i64> {
    ends_us.scan(i64::MIN, |latest_us, end_us| {
        *latest_us = end_us.max(*latest_us);
        Some(*latest_us)
    })
}

/// The chunks that share a moment with a time, both ends included; the chunks stand in the order of their starts.
pub(super) fn of_time<'r, 'a>(
    chunks: &'r [Reached<'a>],
    from_us: i64,
    to_us: i64,
) -> impl Iterator<Item = &'r Reached<'a>> + Clone {
    let ended = chunks.partition_point(|chunk| chunk.latest_us < from_us);
    let begun = chunks.iter().skip(ended).take_while(move |chunk| chunk.from_us <= to_us);
    begun.filter(move |chunk| chunk.to_us >= from_us)
}
