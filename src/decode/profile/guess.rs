//! What each column of an unknown file may be, by its heading and by its values.

use super::columns::heading_key;
use super::sample::Sample;
use super::value_shape::{have_decimal_commas, have_fractions, have_hemispheres, is_value, within};

/// What a column may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Start,
    End,
    Date,
    Clock,
    Lat,
    Lon,
    Easting,
    Northing,
    Radius,
    Device,
    Source,
    Azimuth,
    EndDate,
    EndClock,
    Duration,
    EndLat,
    EndLon,
    EndEasting,
    EndNorthing,
    EndCell,
    EndAzimuth,
}

/// Headings seen for each role, as [`heading_key`] writes them; the first that a file has is taken.
const NAMES: &[(Role, &[&str])] = &[
    (
        Role::Start,
        &[
            "t0",
            "timestamp",
            "time stamp",
            "datetime",
            "date/time",
            "date time",
            "date_time",
            "event time",
            "start time",
            "start date/time",
            "fix time",
            "fixtime",
            "time (utc)",
            "utc time",
            "timestamp (utc)",
            "recorded at",
            "ts",
            "created_at",
            "gps time",
            "time",
        ],
    ),
    (Role::End, &["t1", "end time", "end date/time", "end", "end timestamp", "endtime"]),
    (Role::Date, &["date", "start date", "call date", "event date", "gps date"]),
    (Role::Clock, &["time", "start time", "call time", "event time", "time of day", "gps time"]),
    (
        Role::Lat,
        &[
            "latitude",
            "lat",
            "lat_deg",
            "gps latitude",
            "start latitude",
            "start lat",
            "y",
            "latitude (wgs84)",
            "lat (wgs84)",
        ],
    ),
    (
        Role::Lon,
        &[
            "longitude",
            "lon",
            "lng",
            "long",
            "lon_deg",
            "gps longitude",
            "start longitude",
            "start lon",
            "x",
            "longitude (wgs84)",
        ],
    ),
    (Role::Easting, &["easting", "eastings", "start easting", "cell easting", "site easting", "e"]),
    (Role::Northing, &["northing", "northings", "start northing", "cell northing", "site northing", "n"]),
    (
        Role::Radius,
        &[
            "accuracy",
            "accuracy_m",
            "accuracy (m)",
            "horizontal accuracy",
            "uncertainty",
            "uncertainty_m",
            "precision",
            "radius",
            "acc",
            "confidence circle",
            "hacc",
        ],
    ),
    (
        Role::Device,
        &[
            "device_id",
            "device id",
            "device",
            "deviceid",
            "imei",
            "msisdn",
            "imsi",
            "vrm",
            "uid",
            "user",
            "tracker",
            "unit id",
            "serial",
            "serial number",
        ],
    ),
    (Role::Source, &["source", "provider", "location source", "fix type", "type of fix", "positioning method"]),
    (Role::Azimuth, &["azimuth", "azimuth_deg", "start azimuth", "cell azimuth", "sector azimuth"]),
    (Role::EndDate, &["end date"]),
    (Role::EndClock, &["end time", "end clock"]),
    (
        Role::Duration,
        &["duration", "call duration", "duration (s)", "duration (secs)", "duration_s", "duration (hh:mm:ss)"],
    ),
    (Role::EndLat, &["end latitude", "end lat", "end cell latitude"]),
    (Role::EndLon, &["end longitude", "end lon", "end long", "end cell longitude"]),
    (Role::EndEasting, &["end easting", "end cell easting", "last cell easting"]),
    (Role::EndNorthing, &["end northing", "end cell northing", "last cell northing"]),
    (Role::EndCell, &["end cell id", "end cell", "last cell id", "end cgi"]),
    (Role::EndAzimuth, &["end azimuth", "end cell azimuth", "last cell azimuth"]),
];

/// How many lines may stand before the heading.
const COVER_ROWS: usize = 40;

/// A file, cut into a heading and rows.
#[derive(Debug, Clone)]
pub struct Table {
    /// The delimiter.
    pub delimiter: u8,
    /// The heading's row, from 0; `None` if there is none.
    pub heading_row: Option<usize>,
    /// The headings; `column 1` and so on where there are none.
    pub headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Finds the heading: the first row of the common width without numbers and times, with values under it.
    pub fn of(sample: &Sample) -> Self {
        let width = sample.width();
        let wide = |row: &Vec<String>| row.len() == width;
        let plain =
            |row: &Vec<String>| wide(row) && row.iter().all(|f| !is_value(f)) && row.iter().any(|f| !f.is_empty());
        let has_values = |row: &Vec<String>| row.iter().any(|f| is_value(f));
        let heading_row = sample.rows.iter().take(COVER_ROWS).position(plain);
        let from = heading_row.map_or(0, |at| at + 1);
        let rows: Vec<Vec<String>> = sample.rows.iter().skip(from).filter(|r| wide(r)).cloned().collect();
        let named = heading_row.filter(|_| rows.is_empty() || rows.iter().any(has_values));
        let headings = match named.and_then(|at| sample.rows.get(at)) {
            Some(row) => row.clone(),
            None => (1..=width).map(|n| format!("column {n}")).collect(),
        };
        Self { delimiter: sample.delimiter, heading_row: named, headings, rows }
    }

    /// The values of a column.
    pub fn values(&self, at: usize) -> Vec<String> {
        self.rows.iter().filter_map(|r| r.get(at).cloned()).collect()
    }

    /// The column by a role's usual headings.
    pub fn by_name(&self, role: Role) -> Option<usize> {
        let names = NAMES.iter().find(|(r, _)| *r == role)?.1;
        let keys: Vec<String> = self.headings.iter().map(|h| heading_key(h)).collect();
        names.iter().find_map(|name| keys.iter().position(|key| key == name))
    }

    /// Decimals are written with a comma.
    pub fn decimal_comma(&self) -> bool {
        self.delimiter != b',' && (0..self.headings.len()).any(|at| have_decimal_commas(&self.values(at)))
    }

    /// Two columns that look like latitude and longitude, side by side, where no heading says so.
    pub fn degrees_by_value(&self) -> Option<(usize, usize)> {
        (1..self.headings.len()).find_map(|at| {
            let (lat, lon) = (self.values(at - 1), self.values(at));
            let like = have_fractions(&lat) && have_fractions(&lon) && within(&lat, -90.0, 90.0);
            (like && within(&lon, -180.0, 180.0)).then_some((at - 1, at))
        })
    }

    /// How the degrees of a column are written, by its values: a word of `[position] unit`, or `None` if they are not.
    pub fn degree_unit(&self, at: usize, most: f64, letters: [char; 2]) -> Option<&'static str> {
        let values: Vec<String> = self.values(at);
        let pointed: Vec<String> = values.iter().map(|v| v.replace(',', ".")).collect();
        if have_hemispheres(&pointed, letters) {
            Some("hemisphere")
        } else if within(&pointed, -most, most) {
            Some("degrees")
        } else if within(&values, -most * 1e7, most * 1e7) {
            Some("e7")
        } else {
            None
        }
    }
}
