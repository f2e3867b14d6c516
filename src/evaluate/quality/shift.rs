//! How well two tracks agree when one is shifted in time.

use crate::evaluate::case::Record;
use crate::evaluate::plane::LocalPlane;

/// A position in a plane about a stretch of track at a time: microseconds, metres east and north.
pub(super) type Step = (i64, f64, f64);

/// Steps about a record; the plane only serves to compare shifts.
#[derive(Clone, Copy)]
pub(super) struct Local(LocalPlane);

impl Local {
    pub(super) fn about(record: &Record) -> Self {
        Self(LocalPlane::about(record.lat_deg, record.lon_deg))
    }

    pub(super) fn step(&self, record: &Record) -> Step {
        let (east_m, north_m) = self.0.offset_m(record.lat_deg, record.lon_deg);
        (record.t0_us, east_m, north_m)
    }
}

/// Beyond this distance a pair counts as simply apart, metres: one wild position must not decide.
const APART_M: f64 = 500.0;

/// One stretch of the first track against the second.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stretch {
    pub(super) own: Vec<Step>,
    pub(super) other: Vec<Step>,
    pub(super) max_interpolation_us: i64,
}

impl Stretch {
    /// The mean square distance of the first track's positions from the second's as it is `shift_us` later, square metres,
    /// each capped; `None` where fewer than three in four positions can be compared.
    pub(super) fn mean_square(&self, shift_us: i64) -> Option<f64> {
        let (mut sum, mut count) = (0.0, 0_u32);
        let start = self.own.first()?.0.saturating_add(shift_us);
        let mut at = self.other.partition_point(|s| s.0 <= start);
        for &(t_us, x, y) in &self.own {
            let wanted_us = t_us.saturating_add(shift_us);
            while self.other.get(at).is_some_and(|s| s.0 <= wanted_us) {
                at += 1;
            }
            if let Some((p, q)) = at.checked_sub(1).and_then(|before| self.other.get(before)).zip(self.other.get(at))
                && q.0.saturating_sub(p.0) <= self.max_interpolation_us
            {
                let share = super::clock::ratio(wanted_us - p.0, q.0 - p.0);
                let (dx, dy) = (p.1 + share * (q.1 - p.1) - x, p.2 + share * (q.2 - p.2) - y);
                sum += (dx * dx + dy * dy).min(APART_M * APART_M);
                count += 1;
            }
        }
        let enough = 4 * usize::try_from(count).unwrap_or(0) >= 3 * self.own.len();
        (enough && count > 0).then(|| sum / f64::from(count))
    }

    /// The shift at which both agree best, microseconds, if it is sharp: within `max_us`, and clearly worse `off_us` to
    /// either side.
    pub(super) fn best(&self, max_us: i64, sharpness: &Sharpness) -> Option<i64> {
        let around = |centre_us: i64, half_us: i64, step_us: i64| {
            let count = half_us / step_us;
            let shifts = (-count..=count).map(move |n| centre_us + n * step_us);
            let scored = shifts.filter_map(|us| Some((us, self.mean_square(us)?)));
            // Of equals the least shift: the first from zero outwards.
            scored.reduce(|a, b| {
                let order = b.1.total_cmp(&a.1).then(b.0.abs().cmp(&a.0.abs()));
                if order.is_lt() { b } else { a }
            })
        };
        let (coarse_us, _) = around(0, max_us, sharpness.coarse_us)?;
        let (fine_us, least) = around(coarse_us, sharpness.coarse_us, sharpness.fine_us)?;
        let edge = max_us.saturating_sub(sharpness.off_us);
        let worse = |us: i64| self.mean_square(fine_us + us).is_some_and(|m2| m2 - least >= sharpness.rise_m2);
        let sharp = least <= sharpness.agree_m2 && worse(sharpness.off_us) && worse(-sharpness.off_us);
        (fine_us.abs() <= edge && sharp).then_some(fine_us)
    }
}

/// When a best shift is worth something.
pub(super) struct Sharpness {
    /// First the shifts this far apart, microseconds.
    pub coarse_us: i64,
    /// Then, about the best of them, those this far apart.
    pub fine_us: i64,
    /// At the best the mean square distance is at most this, square metres.
    pub agree_m2: f64,
    /// This far off, microseconds, …
    pub off_us: i64,
    /// … it is greater by at least this, square metres.
    pub rise_m2: f64,
}
