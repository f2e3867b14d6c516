//! What the suspect's fixes were compared with.

use serde::Serialize;

use crate::model::{Incident, Place};
use crate::time::ZoneRule;

use super::{DeviceCount, Moment};

/// The victim's places, the incidents and the victim's fixes.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Targets {
    /// The places, as given.
    pub places: Vec<PlaceTarget>,
    /// The incidents, as alleged.
    pub incidents: Vec<IncidentTarget>,
    /// How many victim fixes there are.
    pub victim_fixes: u64,
    /// How many of them each of the victim's devices has.
    pub victim_devices: Vec<DeviceCount>,
}

/// A place of the victim.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlaceTarget {
    /// What people call it.
    pub name: String,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// How far it reaches from its point, metres.
    pub radius_m: f64,
}

impl From<&Place> for PlaceTarget {
    fn from(p: &Place) -> Self {
        Self { name: p.name.clone(), lat_deg: p.lat_deg, lon_deg: p.lon_deg, radius_m: p.radius_m }
    }
}

/// An incident, as alleged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IncidentTarget {
    /// The police reference.
    pub reference: String,
    /// The kind of offence, as the file names it.
    pub kind: String,
    /// Start of its window.
    pub from: Moment,
    /// End of its window.
    pub to: Moment,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// Uncertainty radius of its position, metres; `null` if none is stated.
    pub uncertainty_m: Option<f64>,
    /// SHA-256 of its exhibit, hex.
    pub exhibit: String,
    /// Row in the exhibit, from 1.
    pub row: u64,
    /// The times exactly as the file writes them.
    pub time_text: String,
    /// A local time had two readings; the window spans both.
    pub time_ambiguous: bool,
}

impl IncidentTarget {
    /// An incident, its times shown in the given zone.
    #[must_use]
    pub fn new(i: &Incident, zone: &ZoneRule) -> Self {
        Self {
            reference: i.reference.clone(),
            kind: i.kind.clone(),
            from: Moment::new(i.t0_us, zone),
            to: Moment::new(i.t1_us, zone),
            lat_deg: i.lat_deg,
            lon_deg: i.lon_deg,
            uncertainty_m: i.uncertainty_m,
            exhibit: i.exhibit.clone(),
            row: i.row,
            time_text: i.time_text.clone(),
            time_ambiguous: i.time_ambiguous,
        }
    }
}
