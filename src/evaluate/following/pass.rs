//! Passes: when the victim's path came by where the suspect's device moves, the same way.
//!
//! ```text
//!   victim's path  ─────────────●──────────>      t_v   nearest within radius + both uncertainties
//!   suspect's fix               ○ ->              t     lag = t - t_v   (> 0: the device comes later)
//! ```
//! One pass is one coming-by: of pieces of the path that follow on each other only the nearest moment counts.

use super::super::chord::dot;
use super::params::FollowingParams;
use super::path::{InTime, Path, hours};
use super::steps::Step;

/// The path came by a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pass {
    /// The suspect's step.
    pub(super) step: usize,
    /// How much later the step is than the path, microseconds; below 0 if it is earlier.
    pub(super) lag_us: i64,
    /// Their distance less both uncertainties, metres.
    pub(super) clearance_m: f64,
    /// Their distance, metres.
    pub(super) distance_m: f64,
    /// The piece of the path, by the number of her step at which it begins.
    pub(super) piece: usize,
}

/// The largest distance at which two positions can still be near: radius and the two largest uncertainties, metres.
pub(super) fn reach_m(search_m: f64, params: &FollowingParams) -> f64 {
    search_m + 2.0 * params.max_uncertainty_m
}

/// All passes of these steps with a clearance of at most `search_m`, by step and then by time.
///
/// `shift` is by how much a step is moved in time, microseconds; `None` leaves it out.
pub(super) fn passes(
    steps: &[Step],
    path: &Path<'_>,
    search_m: f64,
    params: &FollowingParams,
    mut shift: impl FnMut(&Step) -> Option<i64>,
) -> Vec<Pass> {
    let same_way = libm::cos(params.heading_deg.to_radians());
    let mut looked_at = None;
    let mut in_time: Vec<InTime<'_, '_>> = Vec::new();
    let mut found: Vec<Pass> = Vec::new();
    for (i, step) in steps.iter().enumerate() {
        let Some(t_us) = shift(step).map(|by_us| step.t_us.saturating_add(by_us)) else { continue };
        let now = hours(t_us.saturating_sub(params.max_lag_us), t_us.saturating_add(params.max_lag_us));
        if looked_at.replace(now) != Some(now) {
            in_time = path.in_time(now);
        }
        let first = found.len();
        let mut last: Option<usize> = None;
        for (n, piece) in in_time.iter().flat_map(|ways| ways.near(step.at)) {
            if dot(piece.heading, step.heading) < same_way {
                continue;
            }
            let (distance_m, nearest_us) = piece.nearest(step.at);
            let clearance_m = distance_m - step.accuracy_m - piece.accuracy_m;
            if clearance_m > search_m {
                continue;
            }
            let pass = Pass { step: i, lag_us: t_us - nearest_us, clearance_m, distance_m, piece: n };
            let follows_on = piece.continues && last.is_some_and(|m| m + 1 == n);
            last = Some(n);
            match found.last_mut() {
                Some(before) if follows_on => {
                    if clearance_m < before.clearance_m {
                        *before = pass;
                    }
                }
                _ => found.push(pass),
            }
        }
        let mut at = first;
        while at < found.len() {
            if found.get(at).is_some_and(|pass| pass.lag_us.abs() > params.max_lag_us) {
                found.remove(at);
            } else {
                at += 1;
            }
        }
    }
    found
}

/// The passes as they would be if no uncertainty were allowed for.
pub(super) fn without_uncertainty(passes: &[Pass]) -> Vec<Pass> {
    passes.iter().map(|pass| Pass { clearance_m: pass.distance_m, ..*pass }).collect()
}
