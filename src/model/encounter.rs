//! An encounter: a maximal run of proximities of one device pair.

use super::{Grade, TargetKind};

/// A run of proximities of one suspect device and one target whose gaps are at most `gap_s`.
#[derive(Debug, Clone, PartialEq)]
pub struct Encounter {
    /// Identifier derived from the content: the same records give the same identifier.
    pub id: String,
    /// The suspect's device.
    pub device: String,
    /// What the device was near.
    pub target_kind: TargetKind,
    /// The victim's device, the place's name or the incident's reference.
    pub target: String,
    /// When the first supporting records begin, UTC microseconds.
    pub enter_us: i64,
    /// When the last supporting records end, UTC microseconds; up to `exit_radius_m` away if that is set.
    pub exit_us: i64,
    /// The best grade of its proximities.
    pub grade: Grade,
    /// The highest P(true distance <= radius) of its proximities.
    pub p_within_max: f64,
    /// The mean P(true distance <= radius) of its proximities.
    pub p_within_mean: f64,
    /// The least distance between observed fixes, metres.
    pub min_distance_m: f64,
    /// The pair of observed fixes at that distance, the first by content if several are: indices of the suspect's fix
    /// and of the target.
    pub min_pair: (u32, u32),
    /// The least distance between the tracks interpolated in time, metres; `None` where neither could be interpolated.
    pub closest_approach_m: Option<f64>,
    /// When the interpolated tracks were closest, UTC microseconds.
    pub closest_approach_us: Option<i64>,
    /// The supporting proximities as indices of the suspect's fix and of the target, sorted by what is in them (time,
    /// position, exhibit and row), not by arrival.
    pub proximities: Vec<(u32, u32)>,
    /// Pairs beyond `radius_m` and within `exit_radius_m` that held it open, in the same order; they count for `exit_us`
    /// and for nothing else.
    pub held: Vec<(u32, u32)>,
    /// How many distinct suspect fixes support it; the same moment and position in two exhibits counts once.
    pub suspect_fixes: u32,
    /// How many distinct targets (victim fixes) support it, counted alike.
    pub target_fixes: u32,
    /// The kinds of source of the supporting suspect fixes and victim fixes, in order.
    pub sources: Vec<String>,
    /// A single suspect fix supports it: too little to speak of a stay.
    pub single_fix: bool,
}

impl Encounter {
    /// How long it lasted, microseconds.
    #[must_use]
    pub fn dwell_us(&self) -> i64 {
        self.exit_us.saturating_sub(self.enter_us)
    }
}
