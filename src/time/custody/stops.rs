//! The times for which a custody clock stands still, and where a period ends because of them.
//!
//! ```text
//!  zero ───────╌╌╌╌╌╌─────────────────┤ end = zero + length + stopped
//!              stop  go
//! ```

use super::{Remark, RemarkKind};
use crate::model::CustodyStep;

/// When a period ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// When it ends, UTC microseconds; if the clock is stopped, when it would end if the clock went on at once.
    pub end_us: i64,
    /// The clock is stopped since then and the end moves on with every moment; UTC microseconds.
    pub stopped_since_us: Option<i64>,
}

impl Limit {
    /// How much of the period is left at `now_us`, microseconds; negative once it has passed.
    #[must_use]
    pub fn left_us(&self, now_us: i64) -> i64 {
        self.end_us.saturating_sub(self.stopped_since_us.map_or(now_us, |since_us| since_us.min(now_us)))
    }

    /// When it ends as seen at `now_us`: if the clock is stopped, as though it went on at `now_us`. UTC microseconds.
    #[must_use]
    pub fn end_seen_at(&self, now_us: i64) -> i64 {
        let stopped_us = self.stopped_since_us.map_or(0, |since_us| now_us.saturating_sub(since_us).max(0));
        self.end_us.saturating_add(stopped_us)
    }
}

/// The times for which a clock stands still.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stops {
    /// From, to; in order and apart.
    over: Vec<(i64, i64)>,
    /// Since when it is stopped now.
    open_us: Option<i64>,
}

impl Stops {
    /// From the steps of one detention, each with its place in the list that was given; a release ends a stop.
    ///
    /// A stop while stopped and a going on while going change nothing and are remarked.
    pub(super) fn of(steps: &[(usize, &CustodyStep)], released_us: Option<i64>, remarks: &mut Vec<Remark>) -> Self {
        let mut stops = Self::default();
        let moves = |step: &CustodyStep| matches!(step, CustodyStep::Paused { .. } | CustodyStep::Resumed { .. });
        let mut waiting: Vec<_> = steps.iter().filter(|(_, step)| moves(step)).collect();
        waiting.sort_by_key(|(_, step)| step.at_us());
        while let Some((first, at_us)) = waiting.first().map(|(place, step)| (*place, step.at_us())) {
            // Of two at one moment comes first the one that fits.
            let now = waiting.iter().take_while(|(_, s)| s.at_us() == at_us);
            let fits = now.enumerate().find(|(_, (_, s))| stops.fits(s)).map(|(place, _)| place);
            if let Some(place) = fits {
                stops.take(waiting.remove(place).1);
            } else {
                let kind = if stops.open_us.is_some() { RemarkKind::AlreadyStopped } else { RemarkKind::NotStopped };
                remarks.push(Remark { step: first, kind });
                waiting.remove(0);
            }
        }
        if let (Some(from_us), Some(to_us)) = (stops.open_us, released_us) {
            stops.over.push((from_us, to_us));
            stops.open_us = None;
        }
        stops
    }

    fn fits(&self, step: &CustodyStep) -> bool {
        matches!(step, CustodyStep::Paused { .. }) == self.open_us.is_none()
    }

    fn take(&mut self, step: &CustodyStep) {
        match self.open_us.take() {
            None => self.open_us = Some(step.at_us()),
            Some(from_us) => self.over.push((from_us, step.at_us())),
        }
    }

    /// When a period of `length_us` from `zero_us` ends; with `clock_stops` false it does not care about stops.
    pub(super) fn limit(&self, zero_us: i64, length_us: i64, clock_stops: bool) -> Limit {
        let mut end_us = zero_us.saturating_add(length_us);
        if !clock_stops {
            return Limit { end_us, stopped_since_us: None };
        }
        for &(from_us, to_us) in &self.over {
            let from_us = from_us.max(zero_us);
            // A stop that begins when the time is over gives none back.
            if from_us < end_us && to_us > from_us {
                end_us = end_us.saturating_add(to_us.saturating_sub(from_us));
            }
        }
        let stopped_since_us = self.open_us.map(|since_us| since_us.max(zero_us)).filter(|since_us| *since_us < end_us);
        Limit { end_us, stopped_since_us }
    }
}
