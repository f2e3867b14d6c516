//! The moving part of a device's records, thinned, with the direction at each.
//!
//! ```text
//!   records   ●●●●●●●  ●  ●   ●  ●  ●    ●●●●●●          ●  ●
//!             standing  └─ moving: at least 40 m and min_speed over a minute around it
//!   steps               ●─────●─────●                    one in ten seconds; direction from half a minute before
//!                                                        to half a minute after
//! ```
//! Jitter at rest is no movement: a direction is taken over a minute, not from one record to the next.

use super::super::Record;
use super::super::chord::{Point, chord_m, minus, point, unit};
use super::params::FollowingParams;
use crate::time::US_PER_S;

/// Directions and speeds are taken over this much before and after a fix, microseconds.
const HALF_WINDOW_US: i64 = 30 * US_PER_S;
/// Less than this over the window is jitter, metres.
const LEAST_MOVE_M: f64 = 40.0;
/// Of the moving fixes of one stretch, one in this time is kept, microseconds.
const STEP_US: i64 = 10 * US_PER_S;
/// Intervals longer than this are silence and say nothing about how often a device records, microseconds.
const SILENCE_US: i64 = 1_800 * US_PER_S;
/// A record that spans longer than this is a stay, microseconds.
const LONGEST_MOMENT_US: i64 = 30 * US_PER_S;

/// A moving fix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    /// UTC microseconds.
    pub(super) t_us: i64,
    pub(super) at: Point,
    /// The direction of movement, length 1.
    pub(super) heading: Point,
    /// Stated uncertainty, metres.
    pub(super) accuracy_m: f64,
    /// How far it is from the step before, metres; 0 after a pause longer than may be interpolated.
    pub(super) leg_m: f64,
    /// Whether the way from the step before may be interpolated.
    pub(super) joined: bool,
    /// Its place among the device's records.
    pub(super) record: usize,
}

/// The moving fixes of a device, and how often it records while moving.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Steps {
    pub(super) moving: Vec<Step>,
    /// The median interval between its fixes while moving, microseconds; `None` if it never moves.
    pub(super) median_interval_us: Option<i64>,
    /// How many records can be used at all.
    pub(super) usable: usize,
}

#[derive(Clone, Copy)]
struct Usable {
    t_us: i64,
    at: Point,
    accuracy_m: f64,
    record: usize,
}

/// The device's own positions, one for each moment, that are certain enough.
fn usable(records: &[Record], params: &FollowingParams) -> Vec<Usable> {
    let mut kept: Vec<Usable> = Vec::new();
    for (record, r) in records.iter().enumerate() {
        let moment = r.t1_us.saturating_sub(r.t0_us) <= LONGEST_MOMENT_US;
        let certain = r.uncertainty_m <= params.max_uncertainty_m;
        let new = kept.last().is_none_or(|last| last.t_us < r.t0_us);
        if moment && certain && new && r.source.is_own_position() {
            kept.push(Usable { t_us: r.t0_us, at: point(r.lat_deg, r.lon_deg), accuracy_m: r.uncertainty_m, record });
        }
    }
    kept
}

#[expect(clippy::cast_precision_loss, reason = "spans of at most an hour")]
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

/// The median of the intervals in which the device moved; silences are left out.
fn median_interval_us(fixes: &[Usable], params: &FollowingParams) -> Option<i64> {
    let mut intervals: Vec<i64> = fixes
        .windows(2)
        .filter_map(|pair| {
            let [a, b] = pair else { return None };
            let us = b.t_us.saturating_sub(a.t_us);
            let moved = us <= SILENCE_US && chord_m(a.at, b.at) >= params.min_speed_m_s * seconds(us);
            moved.then_some(us)
        })
        .collect();
    let middle = intervals.len() / 2;
    (!intervals.is_empty()).then(|| *intervals.select_nth_unstable(middle).1)
}

/// The direction of a moving fix from the fixes half a minute before and after it; `None` if it stands.
fn heading(before: &Usable, after: &Usable, params: &FollowingParams) -> Option<Point> {
    let moved = minus(after.at, before.at);
    let length_m = chord_m(after.at, before.at);
    let moving = length_m >= LEAST_MOVE_M && length_m >= params.min_speed_m_s * seconds(after.t_us - before.t_us);
    if moving { unit(moved) } else { None }
}

impl Steps {
    /// The moving fixes among records, which stand in the order of their content.
    pub(super) fn of(records: &[Record], params: &FollowingParams) -> Self {
        let fixes = usable(records, params);
        let mut steps: Vec<Step> = Vec::new();
        for run in fixes.chunk_by(|a, b| b.t_us.saturating_sub(a.t_us) <= params.max_interpolation_us) {
            moving_of(run, params, &mut steps);
        }
        Self { median_interval_us: median_interval_us(&fixes, params), usable: fixes.len(), moving: steps }
    }
}

fn moving_of(run: &[Usable], params: &FollowingParams, steps: &mut Vec<Step>) {
    let (mut before, mut after) = (0, 0);
    let mut last: Option<Step> = None;
    for (i, fix) in run.iter().enumerate() {
        if last.is_some_and(|step| fix.t_us - step.t_us < STEP_US) {
            continue;
        }
        // The last fix at least half a window before, the first at least half a window after; at the ends, the ends.
        while run.get(before + 1).is_some_and(|next| next.t_us <= fix.t_us.saturating_sub(HALF_WINDOW_US)) {
            before += 1;
        }
        after = after.max(i);
        while after + 1 < run.len()
            && run.get(after).is_some_and(|it| it.t_us < fix.t_us.saturating_add(HALF_WINDOW_US))
        {
            after += 1;
        }
        let (Some(b), Some(a)) = (run.get(before), run.get(after)) else { continue };
        let Some(heading) = heading(b, a, params) else { continue };
        let joined = last.is_some_and(|step| fix.t_us - step.t_us <= params.max_interpolation_us);
        let leg_m = last.filter(|_| joined).map_or(0.0, |step| chord_m(step.at, fix.at));
        let step =
            Step { t_us: fix.t_us, at: fix.at, heading, accuracy_m: fix.accuracy_m, leg_m, joined, record: fix.record };
        steps.push(step);
        last = Some(step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METRE: f64 = 1.0 / 111_320.0;

    fn walk(every_s: i64, n: i64, speed_m_s: f64) -> Vec<Record> {
        (0..n)
            .map(|i| {
                let along = speed_m_s * seconds(i * every_s * US_PER_S);
                Record::at(i * every_s * US_PER_S, along * METRE, 0.0, 5.0)
            })
            .collect()
    }

    #[test]
    fn a_walk_moves_north_and_is_thinned_to_one_in_ten_seconds() {
        let steps = Steps::of(&walk(1, 601, 1.4), &FollowingParams::default());
        assert_eq!((steps.usable, steps.median_interval_us), (601, Some(US_PER_S)));
        assert_eq!(steps.moving.len(), 61);
        assert!(steps.moving.iter().all(|s| s.heading[2] > 0.99), "north at the equator is along z");
        assert!(steps.moving.iter().skip(1).all(|s| s.joined && (s.leg_m - 14.0).abs() < 0.2));
        assert!(!steps.moving[0].joined);
    }

    #[test]
    fn jitter_at_rest_is_no_movement() {
        let jitter: Vec<Record> = (0..600_i32)
            .map(|i| {
                let off = f64::from(i * 7_919 % 25 - 12) * METRE;
                Record::at(i64::from(i) * US_PER_S, off, -off, 10.0)
            })
            .collect();
        assert_eq!(Steps::of(&jitter, &FollowingParams::default()).moving, []);
    }

    #[test]
    fn a_device_that_records_every_five_minutes_says_so_though_it_jitters_often_at_rest() {
        let mut records = walk(300, 20, 10.0);
        let end = records[19].t0_us;
        records.extend((1..200_i64).map(|i| Record::at(end + i * 60 * US_PER_S, 0.5, 0.0, 5.0)));
        let steps = Steps::of(&records, &FollowingParams { max_interpolation_us: 0, ..FollowingParams::default() });
        assert_eq!(steps.median_interval_us, Some(300 * US_PER_S));
        assert_eq!(steps.moving, [], "nothing is interpolated, so no direction is known");
    }

    #[test]
    fn masts_long_records_and_coarse_fixes_are_left_out_and_a_moment_counts_once() {
        let mut records = walk(1, 3, 2.0);
        records[0].source = crate::model::SourceKind::Cell;
        records[1].uncertainty_m = 51.0;
        records[2].t1_us += 31 * US_PER_S;
        records.push(Record::at(9 * US_PER_S, 0.0, 0.0, 5.0));
        records.push(Record::at(9 * US_PER_S, 1.0, 0.0, 5.0));
        assert_eq!(Steps::of(&records, &FollowingParams::default()).usable, 1);
    }
}
