//! Which format a file is in, from its content.

use std::fmt;

mod json;
mod text;
mod xml;

/// How much of a file's beginning is looked at, bytes.
pub const HEAD_BYTES: usize = 64 * 1024;

/// The formats Locard reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Delimited text, read by a profile.
    Csv,
    /// GPX 1.0 or 1.1.
    Gpx,
    /// KML 2.2 (a KMZ is a ZIP around one).
    Kml,
    /// `GeoJSON`, RFC 7946.
    GeoJson,
    /// Google Takeout `Records.json`.
    Records,
    /// Google Takeout Semantic Location History, one file a month.
    Semantic,
    /// Google on-device `Timeline.json` of Android.
    TimelineAndroid,
    /// Google on-device `location-history.json` of iOS.
    TimelineIos,
    /// `OwnTracks` Recorder `.rec`.
    OwnTracks,
    /// Locard's canonical records, one JSON object a line.
    Ndjson,
    /// Parquet with Locard's canonical columns.
    Parquet,
    /// Arrow IPC (file or stream) with Locard's canonical columns.
    ArrowIpc,
}

impl Format {
    /// All formats, in the order of their declaration.
    pub const ALL: [Self; 12] = [
        Self::Csv,
        Self::Gpx,
        Self::Kml,
        Self::GeoJson,
        Self::Records,
        Self::Semantic,
        Self::TimelineAndroid,
        Self::TimelineIos,
        Self::OwnTracks,
        Self::Ndjson,
        Self::Parquet,
        Self::ArrowIpc,
    ];

    /// The name used by `--format` and in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Gpx => "gpx",
            Self::Kml => "kml",
            Self::GeoJson => "geojson",
            Self::Records => "google-records",
            Self::Semantic => "google-semantic",
            Self::TimelineAndroid => "timeline-android",
            Self::TimelineIos => "timeline-ios",
            Self::OwnTracks => "owntracks",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
            Self::ArrowIpc => "arrow",
        }
    }

    /// Reads a format's name; `None` if it is not known.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A detected format, and what it was recognised by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// The format.
    pub format: Format,
    /// For CSV: the built-in profile whose columns match, if one does.
    pub profile: Option<String>,
    /// What it was recognised by, for a person.
    pub because: String,
}

/// Recognises a format by the beginning of a file (up to [`HEAD_BYTES`]); `None` if nothing fits.
///
/// Only the content is looked at, never the name. The beginning is usually a document cut short, so nothing here
/// needs its end.
#[must_use]
pub fn detect(head: &[u8]) -> Option<Detection> {
    if head.starts_with(b"PAR1") {
        return Some(found(Format::Parquet, "the Parquet signature PAR1"));
    }
    if head.starts_with(b"ARROW1") {
        return Some(found(Format::ArrowIpc, "the Arrow file signature ARROW1"));
    }
    if head.starts_with(&[0xff, 0xff, 0xff, 0xff]) && head.get(4..8).is_some_and(|n| n != [0; 4]) {
        return Some(found(Format::ArrowIpc, "an Arrow stream's first message"));
    }
    let text = text::body(head)?;
    match text.first()? {
        b'<' => xml::detect(text),
        b'{' | b'[' => json::detect(text),
        _ => text::detect(head, text),
    }
}

/// Why a file was not recognised, in words for a person, with what to do about it where that is known.
#[must_use]
pub fn why_unknown(head: &[u8]) -> String {
    if let Some(what) = text::known_stranger(head) {
        return what.to_owned();
    }
    let Some(body) = text::body(head) else { return "binary data of a kind Locard does not read".to_owned() };
    match body.first() {
        None => "it is empty".to_owned(),
        Some(b'<') => xml::why_unknown(body),
        Some(b'{' | b'[') => json::why_unknown(body),
        Some(_) => "text that is not a table: no separator divides its lines into columns".to_owned(),
    }
}

fn found(format: Format, because: impl Into<String>) -> Detection {
    Detection { format, profile: None, because: because.into() }
}

#[cfg(test)]
mod tests;
