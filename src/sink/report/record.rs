//! One record that a result rests on: where to find it again, and what it says.

use std::sync::Arc;

use serde::Serialize;

use crate::model::{Fix, Incident, Place, SourceKind};

use super::RecordTime;
use super::written::{shared_or_null, word_or_null};

/// A fix, an incident or a place, with the exhibit and row it stands in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// The device, the incident's reference or the place's name.
    pub name: String,
    /// SHA-256 of the exhibit, hex; `null` for a place, which comes from the command line.
    #[serde(serialize_with = "shared_or_null")]
    pub exhibit: Option<Arc<str>>,
    /// The exhibit's file, with the member of an archive after `!`; `null` for a place.
    #[serde(serialize_with = "shared_or_null")]
    pub file: Option<Arc<str>>,
    /// Row in the exhibit, from 1; `null` for a place.
    pub row: Option<u64>,
    /// Path in the exhibit; empty where the row says it all.
    pub path: String,
    /// The time exactly as the file writes it.
    pub time_text: String,
    /// Its time; `null` for a place, which has none.
    pub time: Option<RecordTime>,
    /// The local time had two readings; `time` spans both.
    pub time_ambiguous: bool,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// Uncertainty radius, metres; `null` if none is stated: the position was treated as exact.
    pub uncertainty_m: Option<f64>,
    /// How far a place reaches from its point, metres; `null` for fixes and incidents.
    pub reach_m: Option<f64>,
    /// What produced the position; `null` for incidents and places.
    #[serde(serialize_with = "word_or_null")]
    pub source: Option<SourceKind>,
}

impl Record {
    /// The record of a fix in the named file.
    #[must_use]
    pub fn of_fix(fix: &Fix, exhibit: &Arc<str>, file: &Arc<str>) -> Self {
        Self {
            name: fix.device.clone(),
            exhibit: Some(Arc::clone(exhibit)),
            file: Some(Arc::clone(file)),
            row: Some(fix.row),
            path: fix.path.clone(),
            time_text: fix.time_text.clone(),
            time: Some(RecordTime { t0_us: fix.t0_us, t1_us: fix.t1_us }),
            time_ambiguous: fix.time_ambiguous,
            lat_deg: fix.lat_deg,
            lon_deg: fix.lon_deg,
            uncertainty_m: fix.uncertainty_m,
            reach_m: None,
            source: Some(fix.source),
        }
    }

    /// The record of an incident in the named file.
    #[must_use]
    pub fn of_incident(incident: &Incident, exhibit: &Arc<str>, file: &Arc<str>) -> Self {
        Self {
            name: incident.reference.clone(),
            exhibit: Some(Arc::clone(exhibit)),
            file: Some(Arc::clone(file)),
            row: Some(incident.row),
            path: String::new(),
            time_text: incident.time_text.clone(),
            time: Some(RecordTime { t0_us: incident.t0_us, t1_us: incident.t1_us }),
            time_ambiguous: incident.time_ambiguous,
            lat_deg: incident.lat_deg,
            lon_deg: incident.lon_deg,
            uncertainty_m: incident.uncertainty_m,
            reach_m: None,
            source: None,
        }
    }

    /// A place of the command line.
    #[must_use]
    pub fn of_place(place: &Place) -> Self {
        Self {
            name: place.name.clone(),
            exhibit: None,
            file: None,
            row: None,
            path: String::new(),
            time_text: String::new(),
            time: None,
            time_ambiguous: false,
            lat_deg: place.lat_deg,
            lon_deg: place.lon_deg,
            uncertainty_m: None,
            reach_m: Some(place.radius_m),
            source: None,
        }
    }
}
