//! Lines whose vertices have times of their own, as converters of GPX and KML write them.
//!
//! `coordTimes` or `times` in the properties, or `times` in their `coordinateProperties`: an array as long as the
//! line; for a `MultiLineString` an array of such arrays.

use ::geojson::{JsonObject, Position};
use serde_json::Value;

use crate::decode::DecodeError;
use crate::decode::fault::Fault;
use crate::model::{NotAFix, RejectReason};

use super::Features;
use super::properties::{Stated, find, moment, scalar_text};

impl Features<'_> {
    /// Tells a line: a row for each vertex if each has a time, otherwise one row.
    pub(super) fn line(
        &mut self,
        path: &str,
        lines: &[&[Position]],
        properties: &JsonObject,
        nested: bool,
    ) -> Result<(), DecodeError> {
        let Some(times) = times_property(properties) else {
            self.not_a_fix(NotAFix::Plan);
            return Ok(());
        };
        let stated = match Stated::of(properties) {
            Ok(stated) => stated,
            Err(fault) => return self.reject(path, &fault),
        };
        let Some(paired) = pair(lines, times, nested) else {
            let positions: usize = lines.iter().map(|line| line.len()).sum();
            let value = format!("{positions} positions, times {}", scalar_text(times));
            return self.reject(path, &Fault::new("coordTimes", value, RejectReason::FieldCount));
        };
        if paired.iter().all(|(line, _)| line.is_empty()) {
            self.not_a_fix(NotAFix::Plan);
            return Ok(());
        }
        for (index, (line, times)) in paired.into_iter().enumerate() {
            let part = if nested { format!("[{index}]") } else { String::new() };
            let path = format!("{path}.geometry.coordinates{part}");
            self.vertices(&path, line, times, &stated)?;
        }
        Ok(())
    }

    fn vertices(&mut self, path: &str, line: &[Position], times: &[Value], stated: &Stated) -> Result<(), DecodeError> {
        for (index, (position, time)) in line.iter().zip(times).enumerate() {
            let path = format!("{path}[{index}]");
            match moment("coordTimes", time, self.options.zone.as_ref()) {
                Ok(reading) => self.fix(&path, position, stated, reading, &scalar_text(time))?,
                Err(fault) => self.reject(&path, &fault)?,
            }
        }
        Ok(())
    }
}

fn times_property(properties: &JsonObject) -> Option<&Value> {
    let inner = || find(properties, "coordinateproperties")?.as_object().and_then(|inner| find(inner, "times"));
    find(properties, "coordtimes").or_else(|| find(properties, "times")).or_else(inner).filter(|v| !v.is_null())
}

/// Each line with its times; `None` unless there are exactly as many times as positions, line by line.
fn pair<'a>(lines: &[&'a [Position]], times: &'a Value, nested: bool) -> Option<Vec<(&'a [Position], &'a [Value])>> {
    let per_line: Vec<&[Value]> = if nested {
        times.as_array()?.iter().map(|t| t.as_array().map(Vec::as_slice)).collect::<Option<_>>()?
    } else {
        vec![times.as_array()?.as_slice()]
    };
    let equal = per_line.len() == lines.len() && lines.iter().zip(&per_line).all(|(l, t)| l.len() == t.len());
    equal.then(|| lines.iter().copied().zip(per_line).collect())
}
