//! The fields of a JSON object, taken one by one; what nobody takes is kept aside.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::CaseEventFault;
use crate::decode::sink::fault_of_position;
use crate::model::RejectReason;
use crate::time::{EARLIEST_US, TimeError, parse_iso};

/// The longest identifier or name, bytes.
pub(super) const NAME_BYTES: usize = 256;
/// The longest text that a person writes, bytes.
pub(super) const TEXT_BYTES: usize = 4096;
/// How far ahead of the latest moment a deadline may be, microseconds: ten years.
const AHEAD_US: i64 = 10 * 366 * 86_400 * crate::time::US_PER_S;
/// No stated radius is larger, metres.
const MAX_RADIUS_M: f64 = 100_000.0;

/// An object that is being read.
pub(super) struct Fields {
    /// What stands before a field's name in a fault: `place.`, or nothing at the top.
    prefix: &'static str,
    left: Map<String, Value>,
    latest_us: i64,
}

type Read<T> = Result<T, CaseEventFault>;

impl Fields {
    /// The fields of an object; times after `latest_us` (UTC microseconds) are refused.
    pub(super) fn new(fields: Map<String, Value>, latest_us: i64) -> Self {
        Self { prefix: "", left: fields, latest_us }
    }

    /// A fault of one of the fields.
    pub(super) fn fault(&self, name: &str, value: &str, reason: RejectReason) -> CaseEventFault {
        CaseEventFault::new(format!("{}{name}", self.prefix), value, reason)
    }

    /// What nobody has taken, by name.
    pub(super) fn keep_aside(self, aside: &mut BTreeMap<String, Value>) {
        aside.extend(self.left.into_iter().map(|(name, value)| (format!("{}{name}", self.prefix), value)));
    }

    /// An object inside this one; `prefix` is its name and a full stop.
    pub(super) fn object(&mut self, name: &str, prefix: &'static str) -> Read<Option<Self>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(left)) => Ok(Some(Self { prefix, left, latest_us: self.latest_us })),
            Some(other) => Err(self.fault_of(name, &other, RejectReason::NotAllowed)),
        }
    }

    /// A text of at most `most` bytes; the empty text is one.
    pub(super) fn text(&mut self, name: &str, most: usize) -> Read<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= most => Ok(Some(text)),
            Some(other) => Err(self.fault_of(name, &other, RejectReason::NotAllowed)),
        }
    }

    /// An identifier or a name: a text that is not blank.
    pub(super) fn name(&mut self, name: &str) -> Read<Option<String>> {
        Ok(self.text(name, NAME_BYTES)?.filter(|text| !text.trim().is_empty()))
    }

    /// An identifier or a name that must be there.
    pub(super) fn required_name(&mut self, name: &str) -> Read<String> {
        let read = self.name(name)?;
        self.required(name, read)
    }

    /// A moment, UTC microseconds: ISO 8601 with an offset, or whole UTC microseconds.
    pub(super) fn time(&mut self, name: &str) -> Read<Option<i64>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let us = match &value {
            Value::String(text) => parse_iso(text, None).map_err(TimeError::reason).map(|r| r.t0_us),
            other => other.as_i64().ok_or(RejectReason::TimeFormat),
        };
        let in_range = |us: i64| (EARLIEST_US..=self.latest_us).contains(&us);
        let us = us.and_then(|us| if in_range(us) { Ok(us) } else { Err(RejectReason::TimeRange) });
        us.map(Some).map_err(|why| self.fault_of(name, &value, why))
    }

    /// As [`Fields::time`], of a moment that may be up to ten years ahead: a deadline, the end of a period.
    pub(super) fn time_ahead(&mut self, name: &str) -> Read<Option<i64>> {
        let latest_us = self.latest_us;
        self.latest_us = latest_us.saturating_add(AHEAD_US);
        let read = self.time(name);
        self.latest_us = latest_us;
        read
    }

    /// SHA-256 as 64 lower-case hexadecimal digits; empty if it is not said.
    pub(super) fn sha256(&mut self, name: &str) -> Read<String> {
        let text = self.text(name, NAME_BYTES)?.unwrap_or_default();
        let is_sha256 = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if text.is_empty() || is_sha256 { Ok(text) } else { Err(self.fault(name, &text, RejectReason::NotAllowed)) }
    }

    /// A moment that must be there.
    pub(super) fn required_time(&mut self, name: &str) -> Read<i64> {
        let read = self.time(name)?;
        self.required(name, read)
    }

    /// A moment as [`Fields::time`] reads it that must be there, and the text as it stands.
    pub(super) fn required_time_and_text(&mut self, name: &str) -> Read<(i64, String)> {
        let text = self.left.get(name).map_or_else(String::new, shown);
        Ok((self.required_time(name)?, text))
    }

    /// `true` or `false`, which must be there if there is no `default`.
    pub(super) fn flag(&mut self, name: &str, default: Option<bool>) -> Read<bool> {
        match self.take(name) {
            None => self.required(name, default),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(other) => Err(self.fault_of(name, &other, RejectReason::NotAllowed)),
        }
    }

    /// A natural number.
    pub(super) fn natural(&mut self, name: &str) -> Read<Option<u64>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        value.as_u64().map(Some).ok_or_else(|| self.fault_of(name, &value, RejectReason::NotANumber))
    }

    /// A radius in metres, 0 to 100 km.
    pub(super) fn radius_m(&mut self, name: &str) -> Read<Option<f64>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let radius_m = value.as_f64().ok_or_else(|| self.fault_of(name, &value, RejectReason::NotANumber))?;
        let usable = (0.0..=MAX_RADIUS_M).contains(&radius_m);
        usable.then_some(Some(radius_m)).ok_or_else(|| self.fault_of(name, &value, RejectReason::UncertaintyRange))
    }

    /// `lat_deg` and `lon_deg`, which must be there.
    pub(super) fn position(&mut self) -> Read<(f64, f64)> {
        let (lat_deg, lon_deg) = (self.degrees("lat_deg")?, self.degrees("lon_deg")?);
        match fault_of_position(lat_deg, lon_deg) {
            None => Ok((lat_deg, lon_deg)),
            Some((field, value, reason)) => {
                let name = if field == "longitude" { "lon_deg" } else { "lat_deg" };
                Err(self.fault(name, &value, reason))
            }
        }
    }

    /// The value of a field that must be there.
    pub(super) fn required<T>(&self, name: &str, value: Option<T>) -> Read<T> {
        value.ok_or_else(|| self.fault(name, "", RejectReason::Missing))
    }

    fn degrees(&mut self, name: &str) -> Read<f64> {
        let value = self.take(name);
        let value = self.required(name, value)?;
        value.as_f64().ok_or_else(|| self.fault_of(name, &value, RejectReason::NotANumber))
    }

    /// `null` is absence.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.left.remove(name).filter(|value| !value.is_null())
    }

    fn fault_of(&self, name: &str, value: &Value, reason: RejectReason) -> CaseEventFault {
        self.fault(name, &shown(value), reason)
    }
}

/// A value as it is shown: a text without its quotes.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
