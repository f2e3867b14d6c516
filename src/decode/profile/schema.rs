//! The parts of a profile, as the TOML file writes them; `docs/profiles.md` explains each for a person.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::columns::Columns;
use super::read_value;
use crate::model::{Basis, DEFAULT_CONFIDENCE, SourceKind};
use crate::time::{TimeFormat, ZoneRule};

/// What a file's rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// Each row locates a device.
    #[default]
    Fixes,
    /// Each row is an allegation.
    Incidents,
}

/// `[file]`: how the text is laid out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileShape {
    /// What stands between fields; `None` (`"auto"`) finds out.
    #[serde(deserialize_with = "read_value::delimiter")]
    pub delimiter: Option<u8>,
    /// There is a heading line.
    pub header: bool,
    /// The heading line is looked for among this many lines; those before it are cover rows.
    pub header_search: usize,
    /// This many lines at the beginning are passed over.
    pub skip_lines: usize,
    /// Without a heading line: how many fields a row has.
    pub fields: Option<usize>,
    /// A line that begins so is a comment.
    pub comment: Option<String>,
    /// Decimals are written with a comma.
    pub decimal_comma: bool,
    /// Every column the profile names must be there, so that a misspelt name is found out.
    pub all_columns_required: bool,
}

impl Default for FileShape {
    fn default() -> Self {
        Self {
            delimiter: None,
            header: true,
            header_search: 1,
            skip_lines: 0,
            fields: None,
            comment: None,
            decimal_comma: false,
            all_columns_required: true,
        }
    }
}

/// `[match]`: what a file is recognised by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MatchRule {
    /// Headings that must all be there.
    pub columns: Vec<Columns>,
    /// What the file's first line begins with.
    pub first_line: Option<String>,
    /// For files without a heading: what fields of most rows look like.
    pub shape: Vec<FieldShape>,
}

/// What one field of a row looks like.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldShape {
    /// The field's position, from 1.
    pub column: usize,
    /// It consists of this many digits.
    pub digits: Option<usize>,
    /// It is one of these.
    #[serde(default)]
    pub one_of: Vec<String>,
}

/// `[time]`: when.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimeRule {
    /// The column of the whole time (or of the start, if there is an end).
    pub start: Columns,
    /// The column of the date, where date and clock stand apart.
    pub date: Columns,
    /// The column of the time of day.
    pub clock: Columns,
    /// The column of the end.
    pub end: Columns,
    /// The end must be given: a blank one is a fault, not a moment.
    pub end_required: bool,
    /// The column of how long it lasted: a number, or `h:mm:ss`.
    pub duration: Columns,
    /// Seconds in one unit of a duration that is a number.
    pub duration_unit_s: f64,
    /// How times are written, tried in this order. Empty: undecided, so every row is refused.
    #[serde(deserialize_with = "read_value::formats")]
    pub formats: Vec<TimeFormat>,
    /// The zone of times that are written without one.
    #[serde(deserialize_with = "read_value::zone")]
    pub zone: Option<ZoneRule>,
    /// A window longer than this is refused, hours.
    pub max_window_h: Option<f64>,
}

impl Default for TimeRule {
    fn default() -> Self {
        Self {
            start: Columns::default(),
            date: Columns::default(),
            clock: Columns::default(),
            end: Columns::default(),
            end_required: false,
            duration: Columns::default(),
            duration_unit_s: 1.0,
            formats: vec![TimeFormat::Iso],
            zone: None,
            max_window_h: None,
        }
    }
}

/// How degrees are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DegreeUnit {
    /// Decimal degrees, south and west negative.
    #[default]
    Degrees,
    /// Whole numbers of 1e-7 degrees.
    E7,
    /// A number with `N`, `S`, `E` or `W` before or after it.
    Hemisphere,
}

/// What a row with both grid and geographic coordinates means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BothKinds {
    /// A fault: which one is right cannot be known.
    #[default]
    Reject,
    /// The grid reference is the source of the other: use it.
    Grid,
    /// Use latitude and longitude.
    Geographic,
}

/// What a row without coordinates means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlankPosition {
    /// A fault.
    #[default]
    Reject,
    /// A record that by nature has no position (a Wi-Fi call).
    NoPosition,
}

/// `[position]`: where.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PositionRule {
    /// WGS84 latitude.
    pub lat: Columns,
    /// WGS84 longitude.
    pub lon: Columns,
    /// How both are written.
    pub unit: DegreeUnit,
    /// OSGB36 National Grid easting, metres.
    pub easting: Columns,
    /// OSGB36 National Grid northing, metres.
    pub northing: Columns,
    /// A row has both kinds.
    pub both: BothKinds,
    /// A row has neither.
    pub blank: BlankPosition,
    /// If one of these is filled, a row without coordinates names a place that the file does not give: a fault.
    pub named_by: Columns,
    /// The column of the datum: `WGS84` or `OSGB36`.
    pub datum: Columns,
    /// The latitudes allowed, degrees.
    pub lat_range: Option<[f64; 2]>,
    /// The longitudes allowed, degrees.
    pub lon_range: Option<[f64; 2]>,
    /// The eastings allowed, metres.
    pub easting_range: Option<[f64; 2]>,
    /// The northings allowed, metres.
    pub northing_range: Option<[f64; 2]>,
}

/// A unit of length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    /// Metres.
    #[default]
    M,
    /// Kilometres.
    Km,
    /// International feet.
    Ft,
}

impl LengthUnit {
    /// How many metres it is.
    #[must_use]
    pub const fn metres(self) -> f64 {
        match self {
            Self::M => 1.0,
            Self::Km => 1_000.0,
            Self::Ft => 0.3048,
        }
    }
}

/// `[uncertainty]`: how well the position is known.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UncertaintyRule {
    /// The column of the radius.
    pub column: Columns,
    /// Its unit.
    pub unit: LengthUnit,
    /// The share of positions within the radius, between 0 and 1.
    pub confidence: f64,
    /// The column of that share.
    pub confidence_column: Columns,
    /// The radius where the file gives none, metres.
    pub default_m: Option<f64>,
    /// A radius of 0 means that none is known.
    pub zero_is_unknown: bool,
}

impl Default for UncertaintyRule {
    fn default() -> Self {
        Self {
            column: Columns::default(),
            unit: LengthUnit::M,
            confidence: DEFAULT_CONFIDENCE,
            confidence_column: Columns::default(),
            default_m: None,
            zero_is_unknown: false,
        }
    }
}

/// `[source]`: what produced the position.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceRule {
    /// The kind, where no column says it.
    #[serde(deserialize_with = "read_value::source")]
    pub kind: SourceKind,
    /// The column that says it.
    pub column: Columns,
    /// What its words mean; words that are not here are read as the usual ones, else `unknown`.
    #[serde(deserialize_with = "read_value::sources")]
    pub map: BTreeMap<String, SourceKind>,
}

impl Default for SourceRule {
    fn default() -> Self {
        Self { kind: SourceKind::Unknown, column: Columns::default(), map: BTreeMap::new() }
    }
}

/// `[device]`: what is located.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeviceRule {
    /// The columns that name it, best first: the first that is filled and undamaged is used.
    pub column: Columns,
    /// The device of all rows, where no column names one.
    pub value: Option<String>,
    /// The column that names whose device it is; it never becomes part of the device's name.
    pub owner: Columns,
}

/// `[basis]`: measured, estimated, inferred or edited.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BasisRule {
    /// The basis, where no column says it.
    #[serde(deserialize_with = "read_value::basis")]
    pub kind: Basis,
    /// The column that says it.
    pub column: Columns,
}

impl Default for BasisRule {
    fn default() -> Self {
        Self { kind: Basis::Measured, column: Columns::default() }
    }
}

/// `[azimuth]`: where a sector or camera points.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AzimuthRule {
    /// The column, degrees clockwise from north.
    pub column: Columns,
    /// Values that mean no direction; a blank always does, and never means north.
    pub none: Vec<String>,
}

/// `[incident]`: what an allegation is called.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IncidentRule {
    /// The police reference.
    pub reference: Columns,
    /// The kind of offence.
    pub kind: Columns,
}
