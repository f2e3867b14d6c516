//! The forms a report can be written in.

use std::fmt;
use std::io::Write;

use super::{Report, SinkError, write_csv, write_geojson, write_json, write_parquet, write_text};

/// A form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// For a person: 100 columns, long lists shortened.
    #[default]
    Text,
    /// Everything, as documented in `docs/report.md`.
    Json,
    /// One row for each encounter.
    Csv,
    /// The nearest pair of each encounter, for a map.
    GeoJson,
    /// One row for each supporting proximity.
    Parquet,
}

impl Form {
    /// All forms, in the order of their declaration.
    pub const ALL: [Self; 5] = [Self::Text, Self::Json, Self::Csv, Self::GeoJson, Self::Parquet];

    /// The name used by `--output`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::GeoJson => "geojson",
            Self::Parquet => "parquet",
        }
    }

    /// Reads a form's name; `None` if it is not known.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.as_str() == text)
    }

    /// Whether the form is bytes that a terminal cannot show.
    #[must_use]
    pub const fn is_binary(self) -> bool {
        matches!(self, Self::Parquet)
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Writes a report in the given form.
///
/// # Errors
/// [`SinkError`] if the output cannot be written to.
pub fn write_report(form: Form, report: &Report, out: &mut (dyn Write + Send)) -> Result<(), SinkError> {
    match form {
        Form::Text => write_text(report, out),
        Form::Json => write_json(report, out),
        Form::Csv => write_csv(report, out),
        Form::GeoJson => write_geojson(report, out),
        Form::Parquet => write_parquet(report, out),
    }
}
