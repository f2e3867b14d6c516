//! Time cut at the ends of records: over each piece the same records bear.

use std::collections::BTreeSet;

use super::family::Family;
use super::frontier::Frontier;

/// A stretch of time over which the same records bear, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Start, UTC microseconds.
    pub from_us: i64,
    /// End, UTC microseconds; equal to the start only where one moment is asked for.
    pub to_us: i64,
    /// The records.
    pub family: Family,
}

/// The segments of a stretch of time, in order; each begins where the one before it ends.
#[derive(Debug)]
pub struct Segments<'f, 'a> {
    frontier: &'f Frontier<'a>,
    /// How many records, by their start, began at or before `at_us`.
    begun: usize,
    /// How many records, by their end, ended at or before `at_us`.
    ended: usize,
    /// Records that began at or before `at_us` and end after it, the most certain first.
    active: BTreeSet<(u64, u32)>,
    at_us: i64,
    to_us: i64,
    done: bool,
}

impl<'a> Frontier<'a> {
    /// The segments from one time to another, which is not before it.
    #[must_use]
    pub fn segments(&self, from_us: i64, to_us: i64) -> Segments<'_, 'a> {
        let mut segments = Segments {
            frontier: self,
            begun: 0,
            ended: 0,
            active: BTreeSet::new(),
            at_us: from_us,
            to_us,
            done: to_us < from_us,
        };
        segments.advance();
        segments
    }

    fn start_us(&self, place: usize) -> Option<i64> {
        self.by_start().get(place).and_then(|&i| self.record(i)).map(|r| r.t0_us)
    }

    fn end_us(&self, place: usize) -> Option<i64> {
        self.by_end().get(place).and_then(|&i| self.record(i)).map(|r| r.t1_us)
    }
}

impl Segments<'_, '_> {
    /// Brings the counts and the active records to `at_us`.
    fn advance(&mut self) {
        let f = self.frontier;
        while f.start_us(self.begun).is_some_and(|t| t <= self.at_us) {
            if let Some(&index) = f.by_start().get(self.begun)
                && f.record(index).is_some_and(|r| r.t1_us > self.at_us)
            {
                self.active.insert((f.sigma_m(index).to_bits(), index));
            }
            self.begun += 1;
        }
        while f.end_us(self.ended).is_some_and(|t| t <= self.at_us) {
            if let Some(&index) = f.by_end().get(self.ended) {
                self.active.remove(&(f.sigma_m(index).to_bits(), index));
            }
            self.ended += 1;
        }
    }
}

impl Iterator for Segments<'_, '_> {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        if self.done {
            return None;
        }
        let f = self.frontier;
        let (from_us, mut end_us) = (self.at_us, self.to_us);
        for event_us in [f.start_us(self.begun), f.end_us(self.ended)].into_iter().flatten() {
            end_us = end_us.min(event_us);
        }
        let before = self.ended.checked_sub(1).and_then(|last| f.by_end().get(last)).copied();
        // At a single moment the records that begin with it are after it as well as before.
        let first_after = if from_us == end_us {
            f.by_start().partition_point(|&i| f.record(i).is_some_and(|r| r.t0_us < from_us))
        } else {
            self.begun
        };
        let after = f.by_start().get(first_after).copied();
        let family = f.family(before, self.active.iter().map(|&(_, index)| index), after);
        self.done = end_us >= self.to_us;
        self.at_us = end_us;
        self.advance();
        Some(Segment { from_us, to_us: end_us, family })
    }
}
