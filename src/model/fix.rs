//! A fix: one location record of one device.

use std::fmt;

/// The confidence a radius stands for when its source does not say: 68 %, as Android documents its accuracy.
///
/// Source: Android `Location.getAccuracy` ("68 % confidence"); design.md, section 3.
pub const DEFAULT_CONFIDENCE: f64 = 0.68;

/// What produced a position; it decides what the position can and cannot show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceKind {
    /// A satellite receiver in the device.
    Gps,
    /// Wi-Fi access points seen by the device.
    Wifi,
    /// A mobile network cell: the position is the mast's or the sector's, not the device's.
    Cell,
    /// The platform mixed several sensors and does not say which.
    Fused,
    /// A number-plate camera: the position is the camera's.
    Anpr,
    /// An electronic-monitoring tag.
    Tag,
    /// A visit or path worked out by a service from other records.
    Timeline,
    /// A radio beacon or home unit of known position.
    Beacon,
    /// The file does not say.
    Unknown,
}

impl SourceKind {
    /// All kinds, in the order of their declaration.
    pub const ALL: [Self; 9] = [
        Self::Gps,
        Self::Wifi,
        Self::Cell,
        Self::Fused,
        Self::Anpr,
        Self::Tag,
        Self::Timeline,
        Self::Beacon,
        Self::Unknown,
    ];

    /// The word used in tables, files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gps => "gps",
            Self::Wifi => "wifi",
            Self::Cell => "cell",
            Self::Fused => "fused",
            Self::Anpr => "anpr",
            Self::Tag => "tag",
            Self::Timeline => "timeline",
            Self::Beacon => "beacon",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it gives the device's own position, which can be interpolated; masts and cameras stand still.
    #[must_use]
    pub const fn is_own_position(self) -> bool {
        !matches!(self, Self::Cell | Self::Anpr | Self::Beacon)
    }

    /// Reads a source word in any case, with the synonyms that returned files use; `None` if it is not known.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "gps" | "gnss" => Self::Gps,
            "wifi" | "wi-fi" | "wlan" => Self::Wifi,
            "cell" | "lbs" | "cell_site" => Self::Cell,
            "fused" | "network" => Self::Fused,
            "anpr" => Self::Anpr,
            "tag" | "em" => Self::Tag,
            "timeline" => Self::Timeline,
            "beacon" | "rf" | "ble" => Self::Beacon,
            "unknown" => Self::Unknown,
            _ => return None,
        })
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a position is from being a plain measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Basis {
    /// A sensor measured it.
    Measured,
    /// A position was assigned to the record (a mast, a camera, a cell's centre).
    Estimated,
    /// A service worked it out from other records (a visit, a snapped path).
    Inferred,
    /// A person changed it.
    Edited,
}

impl Basis {
    /// All bases, in the order of their declaration.
    pub const ALL: [Self; 4] = [Self::Measured, Self::Estimated, Self::Inferred, Self::Edited];

    /// The word used in tables, files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Estimated => "estimated",
            Self::Inferred => "inferred",
            Self::Edited => "edited",
        }
    }

    /// Reads the word; `None` if it is not one of the four.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        Self::ALL.into_iter().find(|b| b.as_str() == lower)
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One record as a decoder read it, before it is checked; text is borrowed so that a row costs no allocation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixRow<'a> {
    /// The device as the file names it; empty if the file names none.
    pub device: &'a str,
    /// What produced the position.
    pub source: SourceKind,
    /// Start of the time interval, UTC microseconds.
    pub t0_us: i64,
    /// End of the time interval, UTC microseconds; equal to `t0_us` for a moment.
    pub t1_us: i64,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// Uncertainty radius in metres at `confidence`; `None` if the file states none.
    pub uncertainty_m: Option<f64>,
    /// The share of positions (0 to 1) that the radius stands for.
    pub confidence: f64,
    /// Measured, estimated, inferred or edited.
    pub basis: Basis,
    /// Direction of a cell sector or camera, degrees clockwise from north; `None` if none is stated or it is omni.
    pub azimuth_deg: Option<f64>,
    /// Row in the exhibit, from 1: the line of a text file, the element of an array, the row of a table.
    pub row: u64,
    /// Path to the record in a structured file (`locations[3]`); empty where the row says it all.
    pub path: &'a str,
    /// The time exactly as the file writes it.
    pub time_text: &'a str,
    /// The local time had two readings (the repeated hour in October): `[t0, t1]` spans both.
    pub time_ambiguous: bool,
}

impl Default for FixRow<'_> {
    fn default() -> Self {
        Self {
            device: "",
            source: SourceKind::Unknown,
            t0_us: 0,
            t1_us: 0,
            lat_deg: 0.0,
            lon_deg: 0.0,
            uncertainty_m: None,
            confidence: DEFAULT_CONFIDENCE,
            basis: Basis::Measured,
            azimuth_deg: None,
            row: 0,
            path: "",
            time_text: "",
            time_ambiguous: false,
        }
    }
}

/// A fix that owns its text: a [`FixRow`] that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// The device it locates.
    pub device: String,
    /// What produced the position.
    pub source: SourceKind,
    /// Start of the time interval, UTC microseconds.
    pub t0_us: i64,
    /// End of the time interval, UTC microseconds.
    pub t1_us: i64,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// Uncertainty radius in metres at `confidence`; `None` if the file states none.
    pub uncertainty_m: Option<f64>,
    /// The share of positions (0 to 1) that the radius stands for.
    pub confidence: f64,
    /// Measured, estimated, inferred or edited.
    pub basis: Basis,
    /// SHA-256 of the exhibit it came from, hex.
    pub exhibit: String,
    /// Row in the exhibit, from 1.
    pub row: u64,
    /// Path in the exhibit; empty where the row says it all.
    pub path: String,
    /// The time exactly as the file writes it.
    pub time_text: String,
    /// The local time had two readings.
    pub time_ambiguous: bool,
}

impl Fix {
    /// Keeps a row of the exhibit with this SHA-256.
    #[must_use]
    pub fn keep(exhibit: &str, r: &FixRow<'_>) -> Self {
        Self {
            device: r.device.to_owned(),
            source: r.source,
            t0_us: r.t0_us,
            t1_us: r.t1_us,
            lat_deg: r.lat_deg,
            lon_deg: r.lon_deg,
            uncertainty_m: r.uncertainty_m,
            confidence: r.confidence,
            basis: r.basis,
            exhibit: exhibit.to_owned(),
            row: r.row,
            path: r.path.to_owned(),
            time_text: r.time_text.to_owned(),
            time_ambiguous: r.time_ambiguous,
        }
    }

    /// The row that was kept, without the azimuth, which is not.
    #[must_use]
    pub fn row(&self) -> FixRow<'_> {
        FixRow {
            device: &self.device,
            source: self.source,
            t0_us: self.t0_us,
            t1_us: self.t1_us,
            lat_deg: self.lat_deg,
            lon_deg: self.lon_deg,
            uncertainty_m: self.uncertainty_m,
            confidence: self.confidence,
            basis: self.basis,
            azimuth_deg: None,
            row: self.row,
            path: &self.path,
            time_text: &self.time_text,
            time_ambiguous: self.time_ambiguous,
        }
    }
}
