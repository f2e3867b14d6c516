//! A reject: a row that was not used, and why. No row disappears without one.

use std::fmt;

/// How many characters of an offending value are shown.
pub const VALUE_MAX_CHARS: usize = 80;

/// Why a row was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RejectReason {
    /// A field that a fix needs is absent or empty.
    Missing,
    /// A number could not be read.
    NotANumber,
    /// Latitude outside -90 to 90, or not finite.
    LatitudeRange,
    /// Longitude outside -180 to 180, or not finite.
    LongitudeRange,
    /// Exactly 0, 0: the value devices write when they have no position.
    NullIsland,
    /// Easting or northing outside the National Grid, or outside OSTN15's coverage.
    GridRange,
    /// Both grid and geographic coordinates are given, or neither.
    CoordinateKind,
    /// Uncertainty is negative, not finite, or larger than half the Earth.
    UncertaintyRange,
    /// A time could not be read in the expected format.
    TimeFormat,
    /// A time has no zone and neither the profile nor `--zone` says it.
    TimeZoneUnknown,
    /// A local time that the clocks skipped in spring.
    TimeSkipped,
    /// A time before 1990, or after the record was read (of a message: after it was appended to its topic).
    TimeRange,
    /// The end is before the start, or a window is longer than its format allows.
    TimeOrder,
    /// The row has too few or too many fields.
    FieldCount,
    /// The row's bytes are not UTF-8.
    NotUtf8,
    /// The row's structure could not be read (broken JSON or XML).
    Syntax,
    /// A value is not one of those its format allows.
    NotAllowed,
    /// A message without a payload: it deletes, and Locard's topics hold nothing to delete.
    Tombstone,
    /// The message's header names a content type that Locard does not read.
    ContentType,
    /// The schema that the message names is not known, or cannot be used.
    SchemaUnknown,
    /// The case in the payload is not the case that is the message's key.
    KeyMismatch,
    /// Authorities are given, and none names the record's device.
    IdentifierNotAuthorised,
    /// The record lies outside the periods that are authorised for its device.
    OutsidePeriod,
    /// Part of the record's interval lies outside the periods that are authorised for its device.
    PartlyOutsidePeriod,
}

impl RejectReason {
    /// The reason, in words for a person.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "value missing",
            Self::NotANumber => "not a number",
            Self::LatitudeRange => "latitude outside -90 to 90",
            Self::LongitudeRange => "longitude outside -180 to 180",
            Self::NullIsland => "position is exactly 0, 0: no position",
            Self::GridRange => "outside the National Grid",
            Self::CoordinateKind => "needs grid or geographic coordinates, not both",
            Self::UncertaintyRange => "uncertainty radius not usable",
            Self::TimeFormat => "time not in the expected format",
            Self::TimeZoneUnknown => "time zone unknown",
            Self::TimeSkipped => "local time does not exist (clocks went forward)",
            Self::TimeRange => "time before 1990 or in the future",
            Self::TimeOrder => "end before start, or window too long",
            Self::FieldCount => "wrong number of fields",
            Self::NotUtf8 => "not UTF-8 text",
            Self::Syntax => "cannot be read",
            Self::NotAllowed => "value not allowed here",
            Self::Tombstone => "tombstone: the message has no payload",
            Self::ContentType => "content type not known",
            Self::SchemaUnknown => "schema not known or not usable",
            Self::KeyMismatch => "case differs from the message's key",
            Self::IdentifierNotAuthorised => "no authority names its device",
            Self::OutsidePeriod => "outside the authorised period",
            Self::PartlyOutsidePeriod => "partly outside the authorised period",
        }
    }

    /// Whether the same bytes may be taken once something outside them has changed: the schema was registered.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::SchemaUnknown)
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::TimeZoneUnknown => "ask the supplier and give --zone, e.g. --zone Europe/London",
            Self::TimeFormat => "give a profile that names the time format (locard profile FILE)",
            Self::Missing | Self::FieldCount | Self::CoordinateKind => {
                "check the columns named by the profile (locard profile FILE)"
            }
            Self::NullIsland | Self::TimeRange | Self::TimeSkipped => {
                "ask the supplier about the device's clock and state"
            }
            Self::SchemaUnknown => {
                "register the schema, or put it into the folder of schemas, and send the message again"
            }
            Self::Tombstone | Self::ContentType | Self::KeyMismatch => "correct the program that writes the topic",
            Self::IdentifierNotAuthorised | Self::OutsidePeriod | Self::PartlyOutsidePeriod => {
                "not analysed: tell the person who answers for the authority, or name the authority that covers it"
            }
            Self::NotUtf8 | Self::Syntax => "ask for the file again: this part is damaged or in another format",
            _ => "compare the row with the original and ask the supplier",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A row that was not used, as a decoder reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RejectRow<'a> {
    /// Row in the exhibit, from 1.
    pub row: u64,
    /// Path in the exhibit; empty where the row says it all.
    pub path: &'a str,
    /// The field at fault; empty if the row as a whole is.
    pub field: &'a str,
    /// The offending value, of any length.
    pub value: &'a str,
    /// Why.
    pub reason: RejectReason,
}

/// A [`RejectRow`] that was kept, its value shortened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The file's name, with the member of an archive after `!`.
    pub file: String,
    /// SHA-256 of the exhibit, hex.
    pub exhibit: String,
    /// Row in the exhibit, from 1.
    pub row: u64,
    /// Path in the exhibit.
    pub path: String,
    /// The field at fault.
    pub field: String,
    /// The offending value, at most [`VALUE_MAX_CHARS`] characters and an ellipsis.
    pub value: String,
    /// Why.
    pub reason: RejectReason,
}

impl Reject {
    /// Keeps a row, shortening its value.
    #[must_use]
    pub fn keep(file: &str, exhibit: &str, r: &RejectRow<'_>) -> Self {
        Self {
            file: file.to_owned(),
            exhibit: exhibit.to_owned(),
            row: r.row,
            path: r.path.to_owned(),
            field: r.field.to_owned(),
            value: shorten(r.value),
            reason: r.reason,
        }
    }
}

/// The beginning of a value, as a reject shows it: [`VALUE_MAX_CHARS`] characters, and an ellipsis if there are more.
#[must_use]
pub fn shorten(value: &str) -> String {
    let mut chars = value.chars();
    let mut kept: String = chars.by_ref().take(VALUE_MAX_CHARS).collect();
    if chars.next().is_some() {
        kept.push('…');
    }
    kept
}

/// Rows that are by nature not fixes: counted and shown, never rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NotAFix {
    /// A heading, comment or blank line.
    Heading,
    /// A planned route or saved waypoint: where someone meant to go.
    Plan,
    /// A place of a profile (home, work, a saved place), without a time.
    Place,
    /// A path or position that a service filled in and that has no observation behind it.
    InferredPath,
    /// A record of activity, network scans or other events without a position.
    NoPosition,
    /// A reference to data elsewhere (a KML network link), never followed.
    Link,
    /// A crime or incident: a target, not a fix.
    Incident,
    /// A record that the file holds twice.
    Repeat,
    /// The end of a row that names its cell, in a file that has no end time, or no position for it.
    EndUnplaced,
}

impl NotAFix {
    /// All kinds, in the order of their declaration.
    pub const ALL: [Self; 9] = [
        Self::Heading,
        Self::Plan,
        Self::Place,
        Self::InferredPath,
        Self::NoPosition,
        Self::Link,
        Self::Incident,
        Self::Repeat,
        Self::EndUnplaced,
    ];

    /// The words used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Heading => "heading or blank",
            Self::Plan => "route or waypoint",
            Self::Place => "profile place",
            Self::InferredPath => "inferred path",
            Self::NoPosition => "no position",
            Self::Link => "link, not followed",
            Self::Incident => "incident",
            Self::Repeat => "repeat of the same record",
            Self::EndUnplaced => "end cell, its time or position not in the file",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_shortened_at_characters_not_bytes() {
        let long = "é".repeat(VALUE_MAX_CHARS + 1);
        let kept = shorten(&long);
        assert_eq!(kept.chars().count(), VALUE_MAX_CHARS + 1);
        assert!(kept.ends_with('…'));
        assert_eq!(shorten("short"), "short");
    }
}
