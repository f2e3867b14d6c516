//! An episode: one stretch of path in common, measured.

use super::super::Record;
use super::super::chord::Point;
use super::params::FollowingParams;
use super::pass::Pass;
use super::path::Path;
use super::span::{LONGEST_LEG_M, Span, spans};
use super::steps::{Step, record_at};
use super::turns::turns;

/// On which side in time the suspect's device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// It comes after the victim's device.
    Behind,
    /// The two travel together.
    Together,
    /// It comes before the victim's device.
    Ahead,
}

impl Side {
    /// The word used in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Behind => "behind",
            Self::Together => "together",
            Self::Ahead => "ahead",
        }
    }
}

/// One stretch of path in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Episode {
    /// Behind, together or ahead.
    pub side: Side,
    /// The middle lag of the suspect's device, microseconds; below 0 if it is ahead.
    pub lag_us: i64,
    /// Between the first and the third quarter of the lags, microseconds.
    pub lag_spread_us: i64,
    /// Length of path in common, metres.
    pub length_m: f64,
    /// The share of the episode's length that is on the path at its lag: `C(lag)`, 0 to 1.
    pub share: f64,
    /// The share at the opposite lag: `C(-lag)`, 0 to 1.
    pub opposite_share: f64,
    /// The share of the victim's trip that it covers, 0 to 1; a trip ends with a pause longer than is allowed.
    pub trip_share: f64,
    /// Turns in common.
    pub turns: usize,
    /// When the suspect's device is on it, UTC microseconds.
    pub t0_us: i64,
    /// Until when.
    pub t1_us: i64,
    /// When the victim's device is on it, UTC microseconds.
    pub victim_t0_us: i64,
    /// Until when.
    pub victim_t1_us: i64,
    /// How many of the suspect's fixes are on the path (of one in ten seconds).
    pub fixes: usize,
    /// The first and the last of the suspect's fixes, by their place among its records.
    pub records: (usize, usize),
    /// The victim's fixes before the first and after the last of them, by their place among her records.
    pub victim_records: (usize, usize),
    /// On how many other days the suspect's device was recorded at this time of day.
    pub other_days: usize,
    /// On how many of these it took the same path at about that time, behind, together or ahead, by a trip that is not
    /// itself a close episode.
    pub same_path_days: usize,
    /// On how many of these it took the same path at about that time by a trip that is itself a close episode.
    pub close_days: usize,
    /// How many episodes as close in time, behind or ahead, most of a trip of hers, and half as long or longer the exchanged
    /// days gave by the
    /// suspect's other trips.
    pub by_chance: usize,
}

impl Episode {
    /// How much larger `C(lag)` is than `C(-lag)`.
    #[must_use]
    pub fn asymmetry(&self) -> f64 {
        self.share - self.opposite_share
    }

    /// Whether the lag is steady: the two keep pace.
    #[must_use]
    pub fn keeps_pace(&self, params: &FollowingParams) -> bool {
        self.lag_spread_us <= params.pace_us.saturating_add(self.lag_us.abs() / 10)
    }

    /// Whether it is as close in time as a single episode must be to tell something.
    #[must_use]
    pub fn is_close(&self, params: &FollowingParams) -> bool {
        self.side != Side::Together && self.lag_us.abs() <= params.close_us
    }

    /// Whether two intervals of the victim's time share at least half of this one's.
    pub(super) fn shares_half_with(&self, other: &Self) -> bool {
        let from = self.victim_t0_us.max(other.victim_t0_us);
        let to = self.victim_t1_us.min(other.victim_t1_us);
        to.saturating_sub(from).saturating_mul(2) >= self.victim_t1_us - self.victim_t0_us
    }
}

/// An episode as it is found, wherever the records stand.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    /// The episode, whose records are still to be placed.
    pub(super) episode: Episode,
    /// When the victim's fix after the last of the suspect's is, UTC microseconds.
    after_us: i64,
}

impl Seen {
    /// The episode, with its fixes by their place among the records of the two devices.
    pub(super) fn placed(&self, [his, hers]: [&[Record]; 2], params: &FollowingParams) -> Episode {
        let mut episode = self.episode.clone();
        episode.records = (record_at(his, episode.t0_us, params), record_at(his, episode.t1_us, params));
        let (from_us, to_us) = (episode.victim_t0_us, self.after_us);
        episode.victim_records = (record_at(hers, from_us, params), record_at(hers, to_us, params));
        episode
    }
}

/// Both sides of a comparison: one of the suspect's ways, and the victim's path.
#[derive(Clone, Copy)]
pub(super) struct Ways<'a, 'p> {
    pub(super) suspect: &'a [Step],
    pub(super) path: &'a Path<'p>,
}

impl Ways<'_, '_> {
    /// The episodes of at least `least_m` at a radius, in order of time; the passes are by step.
    pub(super) fn episodes(&self, passes: &[Pass], radius_m: f64, least_m: f64, params: &FollowingParams) -> Vec<Seen> {
        let found = spans(self.suspect, passes, radius_m, least_m, params);
        found.iter().filter_map(|span| self.measure(span, passes, radius_m, params)).collect()
    }

    /// `None` if the stretch falls short of the share that is asked for when it is measured fix by fix.
    fn measure(&self, span: &Span, passes: &[Pass], radius_m: f64, params: &FollowingParams) -> Option<Seen> {
        let on = on_path(span, passes, radius_m, params);
        let mut lags: Vec<i64> = on.iter().map(|pass| pass.lag_us).collect();
        lags.sort_unstable();
        let quarter = |n: usize| lags.get((lags.len() * n / 4).min(lags.len().saturating_sub(1))).copied();
        let lag_us = quarter(2)?;
        let opposite = Span { lag_us: -lag_us, ..*span };
        let counter: Vec<Pass> = on_path(&opposite, passes, radius_m, params)
            .into_iter()
            .filter(|pass| pass.lag_us.signum() == -lag_us.signum())
            .collect();
        let whole_m: f64 = self.legs(span.first + 1, span.last);
        let (length_m, opposite_m) = (self.length_m(span, &on), self.length_m(span, &counter));
        let (first, last) = (on.first()?, on.last()?);
        let (number, hers) = self.path.around(first.piece, last.piece);
        let (v_from, v_last) = (first.piece - number, last.piece - number);
        let her_us = |step: usize| hers.get(step).map(|step| step.t_us);
        let after_us = her_us(v_last + 1)?;
        let share = if whole_m > 0.0 { length_m / whole_m } else { 0.0 };
        let way: Vec<Point> = on.iter().filter_map(|pass| Some(self.suspect.get(pass.step)?.at)).collect();
        let (from, to) = (self.suspect.get(first.step)?, self.suspect.get(last.step)?);
        let side = match lag_us {
            lag if lag.abs() <= params.together_us => Side::Together,
            lag if lag > 0 => Side::Behind,
            _ => Side::Ahead,
        };
        let episode = Episode {
            side,
            lag_us,
            lag_spread_us: quarter(3)? - quarter(1)?,
            length_m,
            share,
            opposite_share: if whole_m > 0.0 { opposite_m / whole_m } else { 0.0 },
            trip_share: trip_share(&hers, (v_from, v_last + 1), params),
            turns: turns(&way),
            t0_us: from.t_us,
            t1_us: to.t_us,
            victim_t0_us: her_us(v_from)?,
            victim_t1_us: after_us.max(her_us(v_from + 1)?),
            fixes: on.len(),
            records: (0, 0),
            victim_records: (0, 0),
            other_days: 0,
            same_path_days: 0,
            close_days: 0,
            by_chance: 0,
        };
        (share >= params.min_share).then_some(Seen { episode, after_us })
    }

    fn legs(&self, from: usize, to: usize) -> f64 {
        let legs = self.suspect.get(from..=to).unwrap_or_default();
        legs.iter().map(|step| step.leg_m.min(LONGEST_LEG_M)).sum()
    }

    /// The legs that end on the path; the first step of a stretch has no leg in it.
    fn length_m(&self, span: &Span, on: &[Pass]) -> f64 {
        on.iter().filter(|pass| pass.step > span.first).map(|pass| self.legs(pass.step, pass.step)).sum()
    }
}

/// The share of a trip's length that lies between two of its steps.
fn trip_share(steps: &[Step], (from, to): (usize, usize), params: &FollowingParams) -> f64 {
    let goes_on = |at: usize| {
        let pair = at.checked_sub(1).and_then(|before| Some((steps.get(before)?, steps.get(at)?)));
        pair.is_some_and(|(before, step)| step.joined && step.t_us - before.t_us <= params.max_pause_us)
    };
    let mut first = from;
    while goes_on(first) {
        first -= 1;
    }
    let last = (to + 1..steps.len()).find(|at| !goes_on(*at)).unwrap_or(steps.len());
    let length_m = |range: std::ops::Range<usize>| -> f64 {
        steps.get(range).unwrap_or_default().iter().map(|step| step.leg_m).sum()
    };
    let whole_m = length_m(first + 1..last);
    if whole_m > 0.0 { (length_m(from + 1..to + 1) / whole_m).min(1.0) } else { 0.0 }
}

/// Of each step of a stretch, the pass nearest to the stretch's lag, if one is within the tolerance.
fn on_path(span: &Span, passes: &[Pass], radius_m: f64, params: &FollowingParams) -> Vec<Pass> {
    let from = passes.partition_point(|pass| pass.step < span.first);
    let to = passes.partition_point(|pass| pass.step <= span.last);
    let within = passes.get(from..to).unwrap_or_default();
    let off_us = |pass: &Pass| (pass.lag_us - span.lag_us).abs();
    within
        .chunk_by(|a, b| a.step == b.step)
        .filter_map(|own| {
            let near = own.iter().filter(|p| p.clearance_m <= radius_m && off_us(p) <= params.lag_tolerance_us);
            near.min_by_key(|p| (off_us(p), p.piece)).copied()
        })
        .collect()
}

/// An episode of which a test says what matters to it.
#[cfg(test)]
pub(super) fn any_episode() -> Episode {
    Episode {
        side: Side::Behind,
        lag_us: 0,
        lag_spread_us: 0,
        length_m: 2_000.0,
        share: 1.0,
        opposite_share: 0.0,
        trip_share: 1.0,
        turns: 5,
        t0_us: 0,
        t1_us: 0,
        victim_t0_us: 0,
        victim_t1_us: 0,
        fixes: 10,
        records: (0, 0),
        victim_records: (0, 0),
        other_days: 0,
        same_path_days: 0,
        close_days: 0,
        by_chance: 0,
    }
}
