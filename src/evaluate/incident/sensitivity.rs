//! What the answer would have been with another radius, window, uncertainty, percentile or speed.

use super::judge::{Basis, core};
use super::scene::{Scene, Setting};
use crate::evaluate::finding::{Figure, Varied};
use crate::evaluate::prism::{ReachParams, Room, seconds};
use crate::model::ProximityParams;

/// The percentiles that every answer is also given at.
const PERCENTILES: [f64; 3] = [0.68, 0.95, 0.99];

/// The widest time tolerance that [`table`] asks about, microseconds.
pub(super) fn widest_us(params: &ProximityParams) -> i64 {
    params.window_us.max(0).saturating_mul(2)
}

/// The answer with each parameter changed alone.
///
/// `rooms` are those of the present setting: another speed does not change them.
pub(super) fn table(scene: &Scene<'_>, now: &Setting, reach: &ReachParams, rooms: &[Room]) -> Vec<Varied> {
    let mut rows = Vec::new();
    for radius_m in [now.radius_m * 0.5, now.radius_m * 2.0] {
        rows.push((Figure::real("radius_m", radius_m), Setting { radius_m, ..*now }));
    }
    for window_us in [0, now.window_us.saturating_mul(2)].into_iter().filter(|us| *us != now.window_us) {
        rows.push((Figure::real("window_s", seconds(0, window_us)), Setting { window_us, ..*now }));
    }
    for uncertainty_times in [0.5, 2.0] {
        rows.push((Figure::real("uncertainty_times", uncertainty_times), Setting { uncertainty_times, ..*now }));
    }
    for percentile in PERCENTILES.into_iter().filter(|p| *p != now.percentile) {
        rows.push((Figure::real("percentile", percentile), Setting { percentile, ..*now }));
    }
    let mut table: Vec<Varied> = rows
        .into_iter()
        .map(|(changed, setting)| varied(scene, reach, changed, &setting, &scene.rooms(&setting)))
        .collect();
    for mode in &reach.modes {
        let setting = Setting { speed_m_s: mode.speed_m_s, ..*now };
        table.push(varied(scene, reach, Figure::real("speed_m_s", mode.speed_m_s), &setting, rooms));
    }
    table
}

fn varied(scene: &Scene<'_>, reach: &ReachParams, changed: Figure, setting: &Setting, rooms: &[Room]) -> Varied {
    let core = core(scene, setting, reach, rooms);
    let figure = match (core.basis, core.nearest) {
        (Basis::Record(_), Some(n)) => Figure::real("distance_m", n.distance_m),
        (Basis::Silent, _) => Figure::real("break_even_speed_m_s", f64::NAN),
        _ => Figure::real("break_even_speed_m_s", core.break_even_m_s),
    };
    Varied { changed, answer: core.answer.as_str(), figure }
}
