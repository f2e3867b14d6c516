//! Stretches of the clock on the wall: an hour each, say, the first of a day at a quarter past.

use crate::evaluate::Record;
use crate::evaluate::wall_clock::WallClock;
use crate::time::ZoneRule;

/// How time is cut.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cut {
    pub(super) zone: ZoneRule,
    /// The length of a stretch, microseconds.
    pub(super) interval_us: i64,
    /// When the first stretch of a day begins, microseconds after midnight.
    pub(super) interval_start_us: i64,
}

impl Cut {
    /// Says the numbers of stretches; records come in about their order.
    pub(super) const fn stretches(&self) -> Stretches<'_> {
        Stretches { cut: self, clock: WallClock::new(&self.zone) }
    }

    fn length_us(&self) -> i64 {
        self.interval_us.max(1)
    }

    /// When a stretch begins, microseconds of the clock on the wall.
    pub(super) fn wall_us(&self, number: i64) -> i64 {
        number.saturating_mul(self.length_us()).saturating_add(self.interval_start_us)
    }
}

/// Numbers of stretches.
pub(super) struct Stretches<'c> {
    cut: &'c Cut,
    clock: WallClock<'c>,
}

impl Stretches<'_> {
    /// The number of the stretch in which a record begins; those of one number need not follow each other where the clock is
    /// put back.
    pub(super) fn of(&mut self, record: &Record) -> i64 {
        let wall_us = self.clock.at(record.t0_us).saturating_sub(self.cut.interval_start_us);
        wall_us.div_euclid(self.cut.length_us())
    }
}
