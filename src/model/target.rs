//! What suspect fixes are joined against: victim fixes, places and incidents, in one relation.

use std::fmt;

/// The kind of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TargetKind {
    /// A fix of a victim's device.
    VictimFix,
    /// A named location of the victim, at any time.
    Place,
    /// An allegation: a position and a time window.
    Incident,
}

impl TargetKind {
    /// The word used in tables, files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VictimFix => "victim_fix",
            Self::Place => "place",
            Self::Incident => "incident",
        }
    }

    /// Reads the word; `None` if it is not one of the three.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::VictimFix, Self::Place, Self::Incident].into_iter().find(|k| k.as_str() == text)
    }
}

impl fmt::Display for TargetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A named location of the victim: a point with a radius.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// What people call it: home, work, school.
    pub name: String,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// How far the place reaches from its point, metres.
    pub radius_m: f64,
}

/// An incident as a decoder read it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IncidentRow<'a> {
    /// The police reference.
    pub reference: &'a str,
    /// The kind of offence, as the file names it.
    pub kind: &'a str,
    /// Start of the window, UTC microseconds.
    pub t0_us: i64,
    /// End of the window, UTC microseconds.
    pub t1_us: i64,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// Uncertainty radius of the position in metres; `None` if the file states none.
    pub uncertainty_m: Option<f64>,
    /// Row in the exhibit, from 1.
    pub row: u64,
    /// The times exactly as the file writes them.
    pub time_text: &'a str,
    /// A local time had two readings: the window spans both.
    pub time_ambiguous: bool,
}

/// An [`IncidentRow`] that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// The police reference.
    pub reference: String,
    /// The kind of offence.
    pub kind: String,
    /// Start of the window, UTC microseconds.
    pub t0_us: i64,
    /// End of the window, UTC microseconds.
    pub t1_us: i64,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// Uncertainty radius of the position in metres.
    pub uncertainty_m: Option<f64>,
    /// SHA-256 of the exhibit, hex.
    pub exhibit: String,
    /// Row in the exhibit, from 1.
    pub row: u64,
    /// The times exactly as the file writes them.
    pub time_text: String,
    /// A local time had two readings.
    pub time_ambiguous: bool,
}

impl Incident {
    /// Keeps a row of the exhibit with this SHA-256.
    #[must_use]
    pub fn keep(exhibit: &str, r: &IncidentRow<'_>) -> Self {
        Self {
            reference: r.reference.to_owned(),
            kind: r.kind.to_owned(),
            t0_us: r.t0_us,
            t1_us: r.t1_us,
            lat_deg: r.lat_deg,
            lon_deg: r.lon_deg,
            uncertainty_m: r.uncertainty_m,
            exhibit: exhibit.to_owned(),
            row: r.row,
            time_text: r.time_text.to_owned(),
            time_ambiguous: r.time_ambiguous,
        }
    }
}
