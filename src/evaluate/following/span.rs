//! Stretches of a device's way that lie on the path at one lag.
//!
//! ```text
//!   lag   +5 min   . . . . . . . . .        one row for each half minute of lag, one column for each step
//!         +4½      . x x x x . x x .        a stretch gains the metres of a step on the path at its lag,
//!         +4       . x x x x x x x .        and loses four times the metres of one that is not (share 0.8):
//!          0       x . . . . . . . .        the best stretch of a row is where the gain is largest
//! ```
//! The maximal scoring segments of Karlin and Altschul (PNAS 87 (1990) 2264), cut where the gain has fallen by twice the
//! least length looked for. One followed trip in a month of others is found so, wherever it lies.

use super::params::FollowingParams;
use super::pass::Pass;
use super::steps::Step;
use crate::time::US_PER_S;

/// The width of a row of lag, microseconds.
pub(super) const ROW_US: i64 = 30 * US_PER_S;
/// Rows from -30 minutes to +30 minutes; a step's rows are the bits of one number.
pub(super) const ROWS: usize = 121;
/// The row of lag 0.
const MIDDLE: i64 = 60;
/// No single step counts for more than this, metres: a long leg says little about what lies between.
pub(super) const LONGEST_LEG_M: f64 = 500.0;

/// A stretch of steps on the path at one lag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) first: usize,
    pub(super) last: usize,
    /// The lag of its row, microseconds.
    pub(super) lag_us: i64,
    /// Metres on the path less the metres off it, weighed.
    pub(super) gain_m: f64,
}

/// The row of a lag, if it has one.
fn row(lag_us: i64) -> Option<u32> {
    let row = MIDDLE + (lag_us + ROW_US / 2).div_euclid(ROW_US);
    u32::try_from(row).ok().filter(|&row| usize::try_from(row).is_ok_and(|row| row < ROWS))
}

/// The lag at the middle of a row, microseconds.
pub(super) fn lag_of_row(row: usize) -> i64 {
    (i64::try_from(row).unwrap_or(MIDDLE) - MIDDLE) * ROW_US
}

/// The rows of one step's passes, each widened by the tolerance.
pub(super) fn rows(passes: &[Pass], radius_m: f64, params: &FollowingParams) -> u128 {
    let mut rows = 0_u128;
    for pass in passes.iter().filter(|pass| pass.clearance_m <= radius_m) {
        rows |= row(pass.lag_us).map_or(0, |row| 1 << row);
    }
    let mut wide = rows;
    for by in 1..=params.lag_tolerance_us / ROW_US {
        let Ok(by) = u32::try_from(by) else { break };
        wide |= rows.checked_shl(by).unwrap_or(0) | rows.checked_shr(by).unwrap_or(0);
    }
    wide & ((1 << ROWS) - 1)
}

#[derive(Debug, Clone, Copy, Default)]
struct Running {
    first: usize,
    best: usize,
    gain_m: f64,
    best_m: f64,
}

/// The stretches being grown, one for each row.
struct Growing {
    rows: [Running; ROWS],
    active: u128,
    least_m: f64,
    loss: f64,
    found: Vec<Span>,
}

impl Growing {
    fn close(&mut self, row: usize) {
        self.active &= !(1 << row);
        if let Some(run) = self.rows.get(row).filter(|run| run.best_m >= self.least_m) {
            self.found.push(Span { first: run.first, last: run.best, lag_us: lag_of_row(row), gain_m: run.best_m });
        }
    }

    fn close_all(&mut self) {
        while self.active != 0 {
            self.close(self.lowest(self.active));
        }
    }

    fn lowest(&self, rows: u128) -> usize {
        usize::try_from(rows.trailing_zeros()).unwrap_or(ROWS).min(self.rows.len() - 1)
    }

    fn step(&mut self, at: usize, on: u128, leg_m: f64) {
        let mut left = self.active | on;
        while left != 0 {
            let row = self.lowest(left);
            left &= left - 1;
            let (is_on, is_active) = (on >> row & 1 == 1, self.active >> row & 1 == 1);
            let Some(run) = self.rows.get_mut(row) else { continue };
            if !is_active {
                *run = Running { first: at, best: at, gain_m: 0.0, best_m: 0.0 };
                self.active |= 1 << row;
                continue;
            }
            run.gain_m += if is_on { leg_m } else { -leg_m * self.loss };
            if is_on && run.gain_m >= run.best_m {
                (run.best, run.best_m) = (at, run.gain_m);
            }
            if run.gain_m < 0.0 || run.best_m - run.gain_m > 2.0 * self.least_m {
                self.close(row);
            }
        }
    }
}

/// The stretches of at least `least_m` that do not overlap, the best first chosen; in order of time.
///
/// `passes` are by step. Of stretches alike the one with the smaller lag is chosen, then the later lag, then the earlier.
pub(super) fn spans(
    steps: &[Step],
    passes: &[Pass],
    radius_m: f64,
    least_m: f64,
    params: &FollowingParams,
) -> Vec<Span> {
    let mut growing = Growing {
        rows: [Running::default(); ROWS],
        active: 0,
        least_m,
        loss: params.min_share / (1.0 - params.min_share).max(1e-3),
        found: Vec::new(),
    };
    let mut left = passes;
    let mut at = 0;
    while at < steps.len() {
        if growing.active == 0 {
            let Some(next) = left.first() else { break };
            at = at.max(next.step);
        }
        let Some(step) = steps.get(at) else { break };
        let here = left.partition_point(|pass| pass.step <= at);
        let (own, rest) = left.split_at(here);
        left = rest;
        let pause_us =
            at.checked_sub(1).and_then(|i| steps.get(i)).map_or(0, |before| step.t_us.saturating_sub(before.t_us));
        if !step.joined || pause_us > params.max_pause_us {
            growing.close_all();
        }
        growing.step(at, rows(own, radius_m, params), step.leg_m.min(LONGEST_LEG_M));
        at += 1;
    }
    growing.close_all();
    apart(growing.found)
}

fn apart(mut found: Vec<Span>) -> Vec<Span> {
    found.sort_by(|a, b| {
        let lag = |s: &Span| (s.lag_us.abs(), std::cmp::Reverse(s.lag_us), s.first);
        b.gain_m.total_cmp(&a.gain_m).then_with(|| lag(a).cmp(&lag(b)))
    });
    // By first step; what is chosen does not overlap, so neighbours suffice.
    let mut chosen: std::collections::BTreeMap<usize, Span> = std::collections::BTreeMap::new();
    for span in found {
        let before = chosen.range(..=span.last).next_back();
        if before.is_none_or(|(_, other)| other.last < span.first) {
            chosen.insert(span.first, span);
        }
    }
    chosen.into_values().collect()
}
