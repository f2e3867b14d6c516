//! An encounter as a report gives it, with the records it rests on.

use std::sync::Arc;

use serde::Serialize;

use crate::model::{Encounter, Grade, TargetKind};
use crate::sink::wording;
use crate::time::ZoneRule;

use super::written::{shared, word};
use super::{Moment, Record};

/// A proximity that supports an encounter: one suspect record, one target, and how they lie to each other.
///
/// The records are shared: a device that stood at a place all night has one record of the place, not one a proximity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Support {
    /// The suspect's record.
    #[serde(serialize_with = "shared")]
    pub suspect: Arc<Record>,
    /// The victim's record, the incident or the place.
    #[serde(serialize_with = "shared")]
    pub target: Arc<Record>,
    /// Geodesic distance of the two centres, metres.
    pub distance_m: f64,
    /// How firmly it is established.
    #[serde(serialize_with = "word")]
    pub grade: Grade,
    /// P(true distance <= `radius_m`).
    pub p_within: f64,
}

/// An encounter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EncounterFound {
    /// Identifier derived from the content.
    pub id: String,
    /// The suspect's device.
    pub device: String,
    /// What the device was recorded near.
    #[serde(serialize_with = "word")]
    pub target_kind: TargetKind,
    /// The victim's device, the place's name or the incident's reference.
    pub target: String,
    /// When the first supporting records begin.
    pub enter: Moment,
    /// When the last supporting records end.
    pub exit: Moment,
    /// How long it lasted, microseconds.
    pub dwell_us: i64,
    /// The best grade of its proximities.
    #[serde(serialize_with = "word")]
    pub grade: Grade,
    /// The highest P(true distance <= `radius_m`) of its proximities.
    pub p_within_max: f64,
    /// The mean P(true distance <= `radius_m`) of its proximities.
    pub p_within_mean: f64,
    /// The least distance between recorded positions, metres.
    pub min_distance_m: f64,
    /// The pair of records at that distance.
    pub nearest: Support,
    /// The least distance between the tracks interpolated in time, metres; `null` if it could not be computed.
    pub closest_approach_m: Option<f64>,
    /// When the interpolated tracks were closest.
    pub closest_approach_at: Option<Moment>,
    /// Why there is no closest approach; `null` if there is one.
    pub closest_approach_missing: Option<String>,
    /// How many distinct suspect fixes support it.
    pub suspect_fixes: u32,
    /// How many distinct targets (victim fixes) support it.
    pub target_fixes: u32,
    /// The kinds of source of the supporting fixes, in order.
    pub sources: Vec<String>,
    /// A single suspect fix supports it: too little to speak of a stay.
    pub single_fix: bool,
    /// Every supporting proximity, in order of the suspect's record and the target.
    pub rows: Vec<Support>,
}

impl EncounterFound {
    /// From an encounter and the records its indices point to: `rows` are its proximities, `nearest` its `min_pair`.
    #[must_use]
    pub fn new(e: &Encounter, nearest: Support, rows: Vec<Support>, zone: &ZoneRule) -> Self {
        let missing = e.closest_approach_m.is_none().then(|| {
            let why = if e.target_kind == TargetKind::VictimFix { wording::NO_TRACK } else { wording::NO_TARGET_TRACK };
            why.to_owned()
        });
        Self {
            id: e.id.clone(),
            device: e.device.clone(),
            target_kind: e.target_kind,
            target: e.target.clone(),
            enter: Moment::new(e.enter_us, zone),
            exit: Moment::new(e.exit_us, zone),
            dwell_us: e.dwell_us(),
            grade: e.grade,
            p_within_max: e.p_within_max,
            p_within_mean: e.p_within_mean,
            min_distance_m: e.min_distance_m,
            nearest,
            closest_approach_m: e.closest_approach_m,
            closest_approach_at: e.closest_approach_us.map(|us| Moment::new(us, zone)),
            closest_approach_missing: missing,
            suspect_fixes: e.suspect_fixes,
            target_fixes: e.target_fixes,
            sources: e.sources.clone(),
            single_fix: e.single_fix,
            rows,
        }
    }
}
