//! The clock offset between two sources of one device: the shift at which their tracks agree best.
//!
//! ```text
//!   source a   ──●───●───●───●──        stretch by stretch of movement: the shift of b's times at which a's
//!   source b        ──●───●───●───●──   positions lie nearest to b's track; over all stretches the median
//! ```
//! The interval is of order statistics: with `n` stretches the median lies between the `k`-th and the `(n + 1 - k)`-th with
//! probability `1 - 2 P(Bin(n, 1/2) < k)`, whatever the law of the errors (David and Nagaraja, Order Statistics, 7.1). It
//! takes six stretches to reach 95 %; with fewer the offset is refused. It is stated and never applied.

use std::collections::BTreeMap;

use super::QualityParams;
use super::moving::{evenly, is_usable, moving};
use super::shift::{Local, Sharpness, Step, Stretch};
use crate::evaluate::case::Record;
use crate::time::US_PER_S;

/// No more stretches than this are compared, evenly chosen.
const MAX_STRETCHES: usize = 60;
/// It takes so many that agree sharply.
const MIN_STRETCHES: usize = 6;
/// The confidence of the interval, at least.
const CONFIDENCE: f64 = 0.95;
const SHARPNESS: Sharpness = Sharpness {
    coarse_us: 5 * US_PER_S,
    fine_us: US_PER_S / 10,
    agree_m2: 100.0 * 100.0,
    off_us: 30 * US_PER_S,
    rise_m2: 20.0 * 20.0,
};

/// An offset of the second source's clock from the first's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockOffset {
    /// The second's clock minus the first's, microseconds: positive where the second's times are later for the same
    /// movement.
    pub offset_us: i64,
    /// Lower end of the interval, microseconds.
    pub low_us: i64,
    /// Upper end of the interval, microseconds.
    pub high_us: i64,
    /// The confidence of the interval.
    pub confidence: f64,
    /// How many stretches of movement it rests on.
    pub stretches: usize,
}

impl ClockOffset {
    /// Whether the interval leaves room for clocks that agree.
    #[must_use]
    pub const fn may_agree(&self) -> bool {
        self.low_us <= 0 && self.high_us >= 0
    }
}

/// Why no offset is given. More records of movement from both sources would help; asking again would not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockRefused {
    /// Too few stretches in which the first source moves enough.
    #[error("{found} stretches of movement in the first source: it takes {needed}")]
    TooLittleMovement {
        /// How many there are.
        found: usize,
        /// How many it takes.
        needed: usize,
    },
    /// Too few stretches in which the second source shows the same movement sharply at some shift.
    #[error("{found} of {moving} stretches of movement show a sharp agreement of both sources: it takes {needed}")]
    TooLittleAgreement {
        /// How many do.
        found: usize,
        /// How many were compared.
        moving: usize,
        /// How many it takes.
        needed: usize,
    },
}

/// The offset of the second source's clock from the first's; records of each in the order of their content.
///
/// Only positions of the device itself at a moment, with a radius up to 200 m, are compared.
///
/// # Errors
/// [`ClockRefused`] if too little movement is in both.
pub fn clock_offset(
    a: &[Record],
    b: &[Record],
    params: &QualityParams,
    max_interpolation_us: i64,
) -> Result<ClockOffset, ClockRefused> {
    let b: Vec<&Record> = b.iter().filter(|r| is_usable(r)).collect();
    let during = |from_us: i64, to_us: i64| {
        let from = b.partition_point(|r| r.t0_us < from_us);
        let to = b.partition_point(|r| r.t0_us <= to_us);
        b.get(from..to).unwrap_or_default().to_vec()
    };
    let moving = moving(a.iter().filter(|r| is_usable(r)));
    let moving: Vec<&[Record]> = moving.iter().map(Vec::as_slice).collect();
    Known::default().offset(&moving, during, params, max_interpolation_us)
}

/// The best shifts of the stretches that were compared last, by when they begin.
#[derive(Debug, Default)]
pub(super) struct Known(BTreeMap<i64, (Stretch, i64, Option<i64>)>);

impl Known {
    /// The offset of a source's clock from that of another, of which these are the stretches of movement; `during` gives the
    /// source's records that can be compared and begin in a time, in order. Stretches that were compared are not again.
    pub(super) fn offset<'a>(
        &mut self,
        moving: &[&[Record]],
        during: impl Fn(i64, i64) -> Vec<&'a Record>,
        params: &QualityParams,
        max_interpolation_us: i64,
    ) -> Result<ClockOffset, ClockRefused> {
        if moving.len() < MIN_STRETCHES {
            return Err(ClockRefused::TooLittleMovement { found: moving.len(), needed: MIN_STRETCHES });
        }
        let (chosen, max_us) = (evenly(moving, MAX_STRETCHES), params.max_offset_us);
        let mut known = std::mem::take(&mut self.0);
        let mut offsets: Vec<i64> = Vec::new();
        for own in &chosen {
            let Some((begins_us, stretch)) = stretch(own, &during, max_us, max_interpolation_us) else { continue };
            let known = known.remove(&begins_us).filter(|(known, by_us, _)| *known == stretch && *by_us == max_us);
            let found = known.unwrap_or_else(|| {
                let best = stretch.best(max_us, &SHARPNESS);
                (stretch, max_us, best)
            });
            offsets.extend(found.2);
            self.0.insert(begins_us, found);
        }
        offsets.sort_unstable();
        median(&offsets).ok_or(ClockRefused::TooLittleAgreement {
            found: offsets.len(),
            moving: chosen.len(),
            needed: MIN_STRETCHES,
        })
    }
}

/// A stretch of movement with the other source's records of about its time, and when it begins, UTC microseconds.
fn stretch<'a>(
    own: &[Record],
    during: &impl Fn(i64, i64) -> Vec<&'a Record>,
    max_us: i64,
    max_interpolation_us: i64,
) -> Option<(i64, Stretch)> {
    let (first, last) = (own.first()?, own.last()?);
    let plane = Local::about(first);
    let margin_us = max_us.saturating_add(max_interpolation_us).saturating_add(SHARPNESS.off_us);
    let other = during(first.t0_us.saturating_sub(margin_us), last.t0_us.saturating_add(margin_us));
    let other: Vec<Step> = other.into_iter().map(|r| plane.step(r)).collect();
    let own = own.iter().map(|r| plane.step(r)).collect();
    Some((first.t0_us, Stretch { own, other, max_interpolation_us }))
}

/// The median of sorted offsets and its interval; `None` if they are too few.
fn median(sorted: &[i64]) -> Option<ClockOffset> {
    let n = sorted.len();
    if n < MIN_STRETCHES {
        return None;
    }
    let (mut k, mut outside) = (0, 0.0);
    let mut tail = 0.0;
    // P(Bin(n, 1/2) = k), from one to the next.
    let mut point = 0.5_f64.powi(i32::try_from(n).ok()?);
    while 2.0 * (tail + point) <= 1.0 - CONFIDENCE {
        tail += point;
        point *= ratio_of(n - k, k + 1);
        k += 1;
        outside = 2.0 * tail;
    }
    let low_us = *sorted.get(k.checked_sub(1)?)?;
    let high_us = *sorted.get(n.checked_sub(k)?)?;
    let offset_us = sorted.get((n - 1) / 2)?.midpoint(*sorted.get(n / 2)?);
    Some(ClockOffset { offset_us, low_us, high_us, confidence: 1.0 - outside, stretches: n })
}

#[expect(clippy::cast_precision_loss, reason = "at most MAX_STRETCHES")]
fn ratio_of(a: usize, b: usize) -> f64 {
    a as f64 / b as f64
}

/// The share that one span of time is of another, which is not 0.
#[expect(clippy::cast_precision_loss, reason = "spans between two records of one track")]
pub(super) fn ratio(part_us: i64, whole_us: i64) -> f64 {
    part_us as f64 / whole_us as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_the_sign_test() {
        // Conover, Practical Nonparametric Statistics, and every table of the sign test: n = 6, 8: first and last;
        // n = 9: second and eighth, 96.1 %; n = 20: sixth and fifteenth, 95.9 %.
        let of = |n: i64| median(&(1..=n).collect::<Vec<_>>()).unwrap();
        assert_eq!((of(6).low_us, of(6).high_us), (1, 6));
        assert!((of(6).confidence - 0.968_75).abs() < 1e-12);
        assert_eq!((of(9).low_us, of(9).high_us), (2, 8));
        assert!((of(9).confidence - 0.961).abs() < 1e-3);
        assert_eq!((of(20).low_us, of(20).high_us), (6, 15));
        assert!((of(20).confidence - 0.9586).abs() < 1e-3);
        assert_eq!(of(7).offset_us, 4);
        assert_eq!(median(&[1, 2, 3, 4, 5]), None);
    }
}
