//! `GeoJSON`, RFC 7946: points and lines with whatever properties a program chose to write.
//!
//! ```text
//!  Point + time property                           ─> a fix (over an interval if start and end are given)
//!  LineString, MultiLineString + a time per vertex ─> a fix for each vertex
//!  Point without a time property                   ─> not a fix (Place)
//!  any other geometry                              ─> not a fix (Plan)
//!  geometry null                                   ─> not a fix (NoPosition): legal, an unlocated feature
//! ```
//! Positions are `[longitude, latitude]` on WGS84. An older `crs` member that names another system makes every
//! feature unusable, and says so. The standard names no property for the time, the accuracy or the device; the names
//! read here are those of `properties`, and a property under any other name is not looked at.
//!
//! A row is a feature, or a vertex where vertices have times; rows count from 1, paths count array elements from 0.
//! One feature at a time is in memory, of at most 32 MiB of text.

mod lines;
mod properties;
mod root;

use std::io::BufRead;

use ::geojson::{Feature, GeometryValue, JsonObject, Position};
use serde_json::Value;

use crate::model::{FixRow, NotAFix, RejectReason};
use crate::time::Reading;

use super::fault::Fault;
use super::{DecodeError, DecodeOptions, RowSink};
use properties::Stated;

/// Decodes a `FeatureCollection`, a single Feature or a bare geometry.
///
/// The `geojson` crate reads each feature; finding the features is done here, because the crate's `FeatureReader`
/// takes the first `[` of the file for the list (it may be a `bbox`) and cannot go on after a feature that is wrong.
///
/// # Errors
/// [`DecodeError::Structure`] if the JSON breaks, ends early or is not `GeoJSON` (rows before it were used),
/// [`DecodeError::Io`] if reading fails, [`DecodeError::Sink`] if the rows cannot be kept.
pub fn decode(
    reader: &mut dyn BufRead,
    file: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    root::read(reader, file, &mut Features { options, sink, row: 0, foreign_crs: None })
}

/// Tells the rows of features as they come.
struct Features<'a> {
    options: &'a DecodeOptions,
    sink: &'a mut dyn RowSink,
    row: u64,
    /// The name of a reference system other than WGS84, once it is known.
    foreign_crs: Option<String>,
}

impl Features<'_> {
    /// Tells a feature, whatever is in it.
    fn feature(&mut self, path: &str, value: Value) -> Result<(), DecodeError> {
        if let Some(crs) = &self.foreign_crs {
            let fault = Fault::new("crs", crs.clone(), RejectReason::NotAllowed);
            return self.reject(path, &fault);
        }
        match serde_json::from_value::<Feature>(value) {
            Ok(feature) => self.read(path, &feature),
            Err(error) => self.reject(path, &Fault::new("", error.to_string(), RejectReason::Syntax)),
        }
    }

    fn read(&mut self, path: &str, feature: &Feature) -> Result<(), DecodeError> {
        let none = JsonObject::new();
        let properties = feature.properties.as_ref().unwrap_or(&none);
        let Some(geometry) = &feature.geometry else {
            self.not_a_fix(NotAFix::NoPosition);
            return Ok(());
        };
        match &geometry.value {
            GeometryValue::Point { coordinates } => self.point(path, coordinates, properties),
            GeometryValue::LineString { coordinates } => self.line(path, &[coordinates.as_slice()], properties, false),
            GeometryValue::MultiLineString { coordinates } => {
                let lines: Vec<&[Position]> = coordinates.iter().map(Vec::as_slice).collect();
                self.line(path, &lines, properties, true)
            }
            _ => {
                self.not_a_fix(NotAFix::Plan);
                Ok(())
            }
        }
    }

    fn point(&mut self, path: &str, position: &Position, properties: &JsonObject) -> Result<(), DecodeError> {
        let read = Stated::of(properties)
            .and_then(|stated| Ok((stated, properties::time(properties, self.options.zone.as_ref())?)));
        match read {
            Ok((stated, Some((time, time_text)))) => self.fix(path, position, &stated, time, &time_text),
            Ok((_, None)) => {
                self.not_a_fix(NotAFix::Place);
                Ok(())
            }
            Err(fault) => self.reject(path, &fault),
        }
    }

    fn fix(
        &mut self,
        path: &str,
        position: &Position,
        stated: &Stated,
        time: Reading,
        time_text: &str,
    ) -> Result<(), DecodeError> {
        let &[lon_deg, lat_deg, ..] = position.as_slice() else {
            let fault = Fault::new("coordinates", format!("{:?}", position.as_slice()), RejectReason::FieldCount);
            return self.reject(path, &fault);
        };
        self.row += 1;
        let device = stated.device.as_deref().or(self.options.device.as_deref()).unwrap_or_default();
        self.sink.fix(&FixRow {
            device,
            t0_us: time.t0_us,
            t1_us: time.t1_us,
            time_ambiguous: time.ambiguous,
            time_text,
            lat_deg,
            lon_deg,
            uncertainty_m: stated.uncertainty_m,
            row: self.row,
            path,
            ..FixRow::default()
        })
    }

    fn reject(&mut self, path: &str, fault: &Fault) -> Result<(), DecodeError> {
        self.row += 1;
        fault.reject(self.row, path, self.sink)
    }

    fn not_a_fix(&mut self, kind: NotAFix) {
        self.row += 1;
        self.sink.not_a_fix(kind, 1);
    }
}

#[cfg(test)]
mod tests;
