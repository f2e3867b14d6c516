//! The moving part of a device's records, thinned, with the direction at each.
//!
//! ```text
//!   records   ●●●●●●●  ●  ●   ●  ●  ●    ●●●●●●          ●  ●
//!             standing  └─ moving: at least 40 m and min_speed over a minute around it
//!   steps               ●─────●─────●                    one in ten seconds; direction from half a minute before
//!                                                        to half a minute after
//!   chunks    ──────────────┊──────────────┊─────        a fix waits for the half minute after it: what it is, is said
//!                                                        in the chunk in which that is known
//! ```
//! Jitter at rest is no movement: a direction is taken over a minute, not from one record to the next.

use std::sync::Arc;

use super::super::chord::{Point, chord_m, minus, point, unit};
use super::super::passes::{Pass, View};
use super::super::{LocalDay, Record};
use super::intervals::{Counted, counted};
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
    /// UTC microseconds; no two steps of a device have the same.
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
}

/// The pass that finds the moving fixes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moving(pub(super) FollowingParams);

/// A fix that can be used.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Usable {
    t_us: i64,
    at: Point,
    accuracy_m: f64,
}

/// What is known before a chunk of records.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Before {
    /// The fixes that follow each other without a pause and may still be wanted for a direction; the latest stands last.
    fixes: Arc<[Usable]>,
    /// From which of them on it is not known whether they move.
    waiting: usize,
    /// When and where the latest step of them is.
    last: Option<(i64, Point)>,
    /// The latest day met.
    day: Option<LocalDay>,
}

/// What is found in a chunk of records.
#[derive(Debug)]
pub(super) struct Moved {
    /// The moving fixes that are known as such in it, in order of time.
    pub(super) steps: Arc<[Step]>,
    /// Which of them are not joined to the one before.
    pub(super) starts: Box<[u32]>,
    /// The intervals in which the device moved; silences are left out.
    pub(super) intervals: Counted,
    /// The days on which its records are, without the latest of the chunk before.
    pub(super) days: Box<[LocalDay]>,
    /// How many of its records can be used.
    #[cfg(test)]
    pub(super) usable: usize,
}

/// A device's own position that is certain enough.
fn usable(r: &Record, params: &FollowingParams) -> bool {
    let moment = r.t1_us.saturating_sub(r.t0_us) <= LONGEST_MOMENT_US;
    moment && r.uncertainty_m <= params.max_uncertainty_m && r.source.is_own_position()
}

/// The position among a device's records of its fix of this moment.
pub(super) fn record_at(records: &[Record], t_us: i64, params: &FollowingParams) -> usize {
    let first = records.partition_point(|r| r.t0_us < t_us);
    let from = records.get(first..).unwrap_or_default();
    // One for each moment: the first that can be used.
    first + from.iter().take_while(|r| r.t0_us == t_us).position(|r| usable(r, params)).unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "spans of at most an hour")]
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

/// The direction of a moving fix from the fixes half a minute before and after it; `None` if it stands.
fn heading(before: &Usable, after: &Usable, params: &FollowingParams) -> Option<Point> {
    let moved = minus(after.at, before.at);
    let length_m = chord_m(after.at, before.at);
    let moving = length_m >= LEAST_MOVE_M && length_m >= params.min_speed_m_s * seconds(after.t_us - before.t_us);
    if moving { unit(moved) } else { None }
}

/// The time between two fixes that follow each other, microseconds, if the device moved in it.
fn interval_us(a: &Usable, b: &Usable, params: &FollowingParams) -> Option<u32> {
    let us = b.t_us.saturating_sub(a.t_us);
    let moved = us <= SILENCE_US && chord_m(a.at, b.at) >= params.min_speed_m_s * seconds(us);
    u32::try_from(us).ok().filter(|_| moved)
}

impl Pass for Moving {
    type State = Before;
    type Found = Moved;

    fn read(&self, before: &mut Before, view: &View<'_>) -> Moved {
        let params = &self.0;
        let mut run = Run::of(before, params);
        let (mut intervals, mut days) = (Vec::new(), Vec::new());
        #[cfg(test)]
        let mut usable_records = 0;
        for r in view.own() {
            if before.day.is_none_or(|day| r.t0_us >= day.end_us)
                && let Some(day) = LocalDay::of(r.t0_us, &params.zone)
            {
                before.day = Some(day);
                days.push(day);
            }
            let last = run.fixes.last();
            // One for each moment.
            if last.is_some_and(|last| last.t_us >= r.t0_us) || !usable(r, params) {
                continue;
            }
            let fix = Usable { t_us: r.t0_us, at: point(r.lat_deg, r.lon_deg), accuracy_m: r.uncertainty_m };
            intervals.extend(last.and_then(|last| interval_us(last, &fix, params)));
            run.push(fix);
            #[cfg(test)]
            {
                usable_records += 1;
            }
        }
        let steps = run.interrupt(before);
        let is_start = |(at, step): (u32, &Step)| (!step.joined).then_some(at);
        Moved {
            starts: (0..).zip(&steps).filter_map(is_start).collect(),
            steps: steps.into(),
            intervals: counted(intervals),
            days: days.into(),
            #[cfg(test)]
            usable: usable_records,
        }
    }
}

/// Fixes that follow each other without a pause, and the steps found among them so far.
struct Run<'a> {
    params: &'a FollowingParams,
    fixes: Vec<Usable>,
    /// The last fix at least half a window before the latest that was judged, or the first of all.
    before: usize,
    waiting: usize,
    last: Option<(i64, Point)>,
    steps: Vec<Step>,
}

impl<'a> Run<'a> {
    fn of(before: &Before, params: &'a FollowingParams) -> Self {
        let Before { fixes, waiting, last, .. } = before;
        Self { params, fixes: fixes.to_vec(), before: 0, waiting: *waiting, last: *last, steps: Vec::new() }
    }

    fn push(&mut self, fix: Usable) {
        let pause_us = self.fixes.last().map_or(0, |last| fix.t_us.saturating_sub(last.t_us));
        if pause_us > self.params.max_interpolation_us {
            self.end();
        }
        self.fixes.push(fix);
        let known = |first: &Usable| fix.t_us >= first.t_us.saturating_add(HALF_WINDOW_US);
        while self.fixes.get(self.waiting).is_some_and(known) {
            self.judge();
        }
    }

    /// Nothing follows: the last fix is the one after all that wait.
    fn end(&mut self) {
        while self.waiting < self.fixes.len() {
            self.judge();
        }
        self.fixes.clear();
        (self.before, self.waiting, self.last) = (0, 0, None);
    }

    /// Says whether the first that waits moves; the latest fix is the first at least half a window after it, or the end.
    fn judge(&mut self) {
        let Some(fix) = self.fixes.get(self.waiting).copied() else { return };
        self.waiting += 1;
        if self.last.is_some_and(|(t_us, _)| fix.t_us - t_us < STEP_US) {
            return;
        }
        self.before_of(&fix);
        let (Some(before), Some(after)) = (self.fixes.get(self.before), self.fixes.last()) else { return };
        let Some(heading) = heading(before, after, self.params) else { return };
        let joined_to = self.last.filter(|(t_us, _)| fix.t_us - t_us <= self.params.max_interpolation_us);
        let leg_m = joined_to.map_or(0.0, |(_, at)| chord_m(at, fix.at));
        let Usable { t_us, at, accuracy_m } = fix;
        self.steps.push(Step { t_us, at, heading, accuracy_m, leg_m, joined: joined_to.is_some() });
        self.last = Some((t_us, at));
    }

    fn before_of(&mut self, fix: &Usable) {
        let is_before = |next: &Usable| next.t_us <= fix.t_us.saturating_sub(HALF_WINDOW_US);
        while self.fixes.get(self.before + 1).is_some_and(is_before) {
            self.before += 1;
        }
    }

    /// The chunk ends: leaves what the next one needs, and gives the steps.
    fn interrupt(mut self, left: &mut Before) -> Vec<Step> {
        if let Some(first) = self.fixes.get(self.waiting).or(self.fixes.last()).copied() {
            self.before_of(&first);
        }
        left.fixes = self.fixes.get(self.before..).unwrap_or_default().into();
        (left.waiting, left.last) = (self.waiting - self.before.min(self.waiting), self.last);
        self.steps
    }
}

/// The steps that are still waited for after the last record.
pub(super) fn rest(before: &Before, params: &FollowingParams) -> Vec<Step> {
    let mut run = Run::of(before, params);
    run.end();
    run.steps
}

#[cfg(test)]
mod tests {
    use super::super::super::chunks::Chunked;
    use super::super::walked::{Steps, Walked};
    use super::*;
    use proptest::prelude::*;

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

    #[test]
    fn a_fix_is_the_first_record_of_its_moment_that_can_be_used() {
        let mut records = walk(1, 4, 2.0);
        let coarse = Record { uncertainty_m: 51.0, lat_deg: -1.0, ..records[2] };
        let moments = [(0, 0), (1, 1), (2, 3), (3, 4)];
        records.insert(2, coarse);
        for (s, at) in moments {
            assert_eq!(record_at(&records, s * US_PER_S, &FollowingParams::default()), at);
        }
    }

    /// The steps by looking at all usable fixes at once, as `(when, joined)` with the direction.
    fn by_looking_at_all(records: &[Record], params: &FollowingParams) -> Vec<(i64, bool, Point)> {
        let mut fixes: Vec<(i64, Point)> = Vec::new();
        for r in records.iter().filter(|r| usable(r, params)) {
            if fixes.last().is_none_or(|last| last.0 < r.t0_us) {
                fixes.push((r.t0_us, point(r.lat_deg, r.lon_deg)));
            }
        }
        let mut steps = Vec::new();
        for run in fixes.chunk_by(|a, b| b.0 - a.0 <= params.max_interpolation_us) {
            let mut last: Option<i64> = None;
            for fix in run {
                if last.is_some_and(|t_us| fix.0 - t_us < STEP_US) {
                    continue;
                }
                let before = run.iter().rfind(|other| other.0 <= fix.0 - HALF_WINDOW_US).unwrap_or(&run[0]);
                let after = run.iter().find(|other| other.0 >= fix.0 + HALF_WINDOW_US).unwrap_or(&run[run.len() - 1]);
                let (moved_m, s) = (chord_m(before.1, after.1), seconds(after.0 - before.0));
                if moved_m >= LEAST_MOVE_M && moved_m >= params.min_speed_m_s * s {
                    let joined = last.is_some_and(|t_us| fix.0 - t_us <= params.max_interpolation_us);
                    steps.push((fix.0, joined, unit(minus(after.1, before.1)).unwrap()));
                    last = Some(fix.0);
                }
            }
        }
        steps
    }

    proptest! {
        #[test]
        fn in_whatever_chunks_the_steps_are_those_of_all_at_once(
            legs in prop::collection::vec((0..90_i64, -30.0..60.0_f64, 0..12_u8), 0..60), long in 0..4_i64, most in 1..6_usize) {
            let params = FollowingParams { max_interpolation_us: 75 * US_PER_S, ..FollowingParams::default() };
            let (mut t, mut north) = (0, 0.0);
            let mut records: Vec<Record> = legs.iter().map(|&(dt, speed, kind)| {
                // Mostly some seconds apart, and now and then a pause.
                let dt = if kind < 2 { dt } else { dt % (4 + 4 * long) };
                (t, north) = (t + dt, north + speed * seconds(dt * US_PER_S));
                let mut record = Record::at(t * US_PER_S, north * METRE, 0.0, if kind == 5 { 60.0 } else { 5.0 });
                record.t1_us += if kind == 6 { 40 * US_PER_S } else { 0 };
                record
            }).collect();
            records.sort_by(Record::order);
            let mut walked = Walked::default();
            walked.update(&Chunked::in_chunks(&records, most), &params);
            let steps: Vec<Step> = walked.ways().iter().flat_map(|way| walked.steps(way).into_owned()).collect();
            let said: Vec<_> = steps.iter().map(|step| (step.t_us, step.joined, step.heading)).collect();
            prop_assert_eq!(said, by_looking_at_all(&records, &params));
            prop_assert_eq!(walked.moving, steps.len());
            for (before, step) in steps.iter().zip(steps.iter().skip(1)) {
                prop_assert_eq!(step.leg_m, if step.joined { chord_m(before.at, step.at) } else { 0.0 });
            }
            let anew = Steps::of(&records, &params);
            prop_assert_eq!(walked.median_interval_us, anew.median_interval_us);
            prop_assert_eq!(&anew.moving, &steps);
            let days = crate::evaluate::local_days(records.iter().map(|r| r.t0_us), &params.zone);
            prop_assert_eq!(&walked.days, &days);
            for step in &steps {
                let at = record_at(&records, step.t_us, &params);
                prop_assert!(records[at].t0_us == step.t_us && usable(&records[at], &params));
            }
        }
    }
}
