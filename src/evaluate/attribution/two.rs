//! Two devices of which the one with fewer records leads: what stands beside each of its records.
//!
//! ```text
//!   many   ○  ○  ○  ○  ○  ○  ○  ○  ○  ○       its neighbours in the order of both: switches
//!   few            ▲└──┐●┌──┘        ●        the four before it and the four after: separations
//!                  └───four──┴──four──┘
//! ```
//! Invariant: all that is found of two devices is found at the records of the one that has fewer, so that it costs what that
//! one has; and it hangs on no record of the other outside what [`Two::looked_at`] says.

use std::ops::Range;

use super::switches::{Switch, gap_us};
use crate::evaluate::Record;
use crate::evaluate::chunks::{Chunk, Chunked};

/// How many records of the other device are looked at on each side: the next may be the less certain one.
pub(super) const LOOKED_AT: usize = 4;

/// Two devices' records in the order of content: those of the one that has fewer (the first of two that have as many), and the
/// other's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Two<'a> {
    pub(super) few: &'a [Record],
    pub(super) many: &'a [Record],
    /// Whether the first device is the one that has fewer.
    pub(super) a_fewer: bool,
}

impl<'a> Two<'a> {
    pub(super) const fn of(a: &'a [Record], b: &'a [Record]) -> Self {
        let a_fewer = a.len() <= b.len();
        let (few, many) = if a_fewer { (a, b) } else { (b, a) };
        Self { few, many, a_fewer }
    }

    /// With these of the other's records only.
    pub(super) fn within(self, many: &Range<usize>) -> Self {
        Self { many: self.many.get(many.clone()).unwrap_or_default(), ..self }
    }

    /// The first device's first.
    pub(super) fn in_order<T>(&self, few: T, many: T) -> (T, T) {
        if self.a_fewer { (few, many) } else { (many, few) }
    }

    /// Whether a record of the other device stands before one of the fewer: of two that begin together A's comes first, as in
    /// telcell's `get_switches`.
    const fn stands_before(&self, other_us: i64, one_us: i64) -> bool {
        if self.a_fewer { other_us < one_us } else { other_us <= one_us }
    }

    /// What of the other's records is looked at for some of the fewer that follow each other, the first and the last of which
    /// begin at these moments.
    pub(super) fn looked_at(&self, (first_us, last_us): (i64, i64), others: &Starts<'_>) -> Range<usize> {
        let begun = |us: i64| others.count(|other_us| other_us < us);
        let standing = others.count(|other_us| self.stands_before(other_us, last_us));
        let to = (begun(last_us) + LOOKED_AT).max(standing + 1).min(self.many.len());
        begun(first_us).saturating_sub(LOOKED_AT)..to
    }

    /// How many of the other's records begin before one of the fewer.
    pub(super) fn begun_before(&self, one: &Record) -> usize {
        self.many.partition_point(|other| other.t0_us < one.t0_us)
    }

    /// The switches at most `max_us` long between a record of the fewer, by position, and its neighbours, in order of time.
    pub(super) fn switches(&self, at: usize, max_us: i64) -> impl Iterator<Item = Switch<'a>> + use<'a> {
        let both = self
            .few
            .get(at)
            .map(|one| self.neighbours(one, at).map(|other| other.map(|other| self.switch(one, other))));
        both.into_iter().flatten().flatten().filter(move |switch| switch.gap_us <= max_us)
    }

    /// The records of the other device right before and right after one of the fewer in the order of both.
    fn neighbours(&self, one: &Record, at: usize) -> [Option<&'a Record>; 2] {
        let next = self.many.partition_point(|other| self.stands_before(other.t0_us, one.t0_us));
        let before = next.checked_sub(1).and_then(|at| self.many.get(at));
        let own_before = at.checked_sub(1).and_then(|at| self.few.get(at));
        let own_after = self.few.get(at + 1);
        [
            before.filter(|other| own_before.is_none_or(|own| !self.stands_before(other.t0_us, own.t0_us))),
            self.many.get(next).filter(|other| own_after.is_none_or(|own| self.stands_before(other.t0_us, own.t0_us))),
        ]
    }

    fn switch(&self, one: &'a Record, other: &'a Record) -> Switch<'a> {
        let (a, b) = self.in_order(one, other);
        Switch { a, b, gap_us: gap_us(a, b) }
    }
}

/// When the chunks of a device begin, so that a record is found without reading far apart ones.
pub(super) struct Starts<'a> {
    records: &'a [Record],
    /// For each chunk when it begins, its first position, and its number.
    chunks: Vec<(i64, usize, u64)>,
}

impl<'a> Starts<'a> {
    pub(super) fn of(device: &Chunked<'a>) -> Self {
        let (records, mut from) = (device.records(), 0);
        let start = |chunk: &Chunk| {
            let first = from;
            from += chunk.records;
            (records.get(first).map_or(i64::MAX, |record| record.t0_us), first, chunk.number)
        };
        Self { records, chunks: device.chunks().iter().map(start).collect() }
    }

    /// How many records come before the first whose start is not as asked; those that are as asked come first.
    fn count(&self, is: impl Fn(i64) -> bool) -> usize {
        let begun = self.chunks.partition_point(|(us, ..)| is(*us));
        let Some((_, from, _)) = begun.checked_sub(1).and_then(|at| self.chunks.get(at)) else { return 0 };
        let to = self.chunks.get(begun).map_or(self.records.len(), |(_, to, _)| *to);
        let within = self.records.get(*from..to).unwrap_or_default();
        from + within.partition_point(|record| is(record.t0_us))
    }

    /// The chunks that hold these records: which the first of them is, and their numbers.
    pub(super) fn numbers(&self, of: &Range<usize>) -> (usize, Vec<u64>) {
        let first = self.chunks.partition_point(|(_, from, _)| *from <= of.start).saturating_sub(1);
        let chunks = self.chunks.iter().skip(first).take_while(|(_, from, _)| *from < of.end);
        (first, chunks.map(|(.., number)| *number).collect())
    }
}
