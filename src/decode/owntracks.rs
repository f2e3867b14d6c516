//! `OwnTracks` Recorder `.rec` files: one message a line, as the phone sent it.
//!
//! ```text
//!  2025-06-01T12:00:05Z   *   {"_type":"location","tst":1748779200,"lat":52.9,"lon":-1.1,"acc":12,"tid":"aa"}
//!  └ when it was RECEIVED     └ `tst`: when the position was TAKEN, in seconds since 1970
//! ```
//! - Only `tst` is used: a phone without a network sends its positions hours later.
//! - `location` messages are fixes. `transition`, `lwt` and the other known kinds are events (`NoPosition`); a
//!   `waypoint` is a region that its owner drew (Plan). An `encrypted` message may hide a position, and a kind that
//!   is not known may be one: both are rejected, so that they are seen.
//! - The device is the `topic` (`owntracks/user/device`), else the two letters of `tid`, else the options' device.
//! - `acc` is a radius in metres; 0 is what phones write for none.
//! - A phone that is asked for its position repeats the last one: the same device, `tst`, `lat` and `lon` again is a
//!   repeat, not a second observation. Only each device's previous record is remembered.
//! - The platform mixes its sensors: the source is `fused`.
//!
//! A row is a line. Source: `OwnTracks` booklet, "JSON" (owntracks.org/booklet/tech/json); ot-recorder's storage.

mod line;
mod repeats;

use std::io::BufRead;

use serde_json::{Map, Value};

use crate::model::{FixRow, NotAFix, RejectReason, SourceKind};
use crate::time::{US_PER_S, epoch_us};

use super::fault::{Fault, number};
use super::{DecodeError, DecodeOptions, RowSink};
use line::{Line, MAX_LINE_BYTES, read_line};
use repeats::{Key, Repeats};

/// Kinds of message that are no positions of the device.
const EVENTS: [&str; 11] =
    ["beacon", "card", "cmd", "configuration", "dump", "lwt", "request", "status", "steps", "tour", "transition"];

/// Decodes a `.rec` file: a fix for each `location` message that is no repeat.
///
/// # Errors
/// [`DecodeError::Io`] if reading fails, [`DecodeError::Sink`] if the rows cannot be kept. A broken line is a reject.
pub fn decode(
    reader: &mut dyn BufRead,
    file: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let mut bytes = Vec::new();
    let mut repeats = Repeats::default();
    let mut row = 0;
    loop {
        let line = read_line(reader, &mut bytes).map_err(|source| DecodeError::Io { file: file.to_owned(), source })?;
        row += 1;
        let outcome = match line {
            Line::End => return Ok(()),
            Line::TooLong => {
                let why = format!("longer than {MAX_LINE_BYTES} bytes");
                Outcome::Fault(Fault::new("", why, RejectReason::Syntax))
            }
            Line::Whole => read(&bytes, row == 1).unwrap_or_else(Outcome::Fault),
        };
        match outcome {
            Outcome::Fault(fault) => fault.reject(row, "", sink)?,
            Outcome::NotAFix(kind) => sink.not_a_fix(kind, 1),
            Outcome::Location(location) if repeats.is_repeat(location.key(options)) => {
                sink.not_a_fix(NotAFix::Repeat, 1);
            }
            Outcome::Location(location) => sink.fix(&location.fix(row, options))?,
        }
    }
}

/// What a line turned out to be.
enum Outcome {
    Location(Location),
    NotAFix(NotAFix),
    Fault(Fault),
}

fn read(line: &[u8], first: bool) -> Result<Outcome, Fault> {
    let text =
        std::str::from_utf8(line).map_err(|_| Fault::new("", String::from_utf8_lossy(line), RejectReason::NotUtf8))?;
    let text = if first { text.trim_start_matches('\u{FEFF}') } else { text }.trim();
    if text.is_empty() {
        return Ok(Outcome::NotAFix(NotAFix::Heading));
    }
    let broken = || Fault::new("", text, RejectReason::Syntax);
    let json = text.find('{').and_then(|at| text.get(at..)).ok_or_else(broken)?;
    let message: Map<String, Value> = serde_json::from_str(json).map_err(|_| broken())?;
    let kind = message.get("_type").and_then(Value::as_str).ok_or_else(|| Fault::missing("_type"))?;
    match kind {
        "location" => Location::read(&message).map(Outcome::Location),
        "waypoint" | "waypoints" => Ok(Outcome::NotAFix(NotAFix::Plan)),
        kind if EVENTS.contains(&kind) => Ok(Outcome::NotAFix(NotAFix::NoPosition)),
        _ => Err(Fault::new("_type", kind, RejectReason::NotAllowed)),
    }
}

/// A `location` message.
struct Location {
    device: Option<String>,
    t_us: i64,
    time_text: String,
    lat_deg: f64,
    lon_deg: f64,
    uncertainty_m: Option<f64>,
}

impl Location {
    fn read(message: &Map<String, Value>) -> Result<Self, Fault> {
        let named = |name| message.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let time_text = text_of(message, "tst");
        if time_text.is_empty() {
            return Err(Fault::missing("tst"));
        }
        let t_us = epoch_us(&time_text, US_PER_S).map_err(|e| Fault::new("tst", &*time_text, e.reason()))?;
        let uncertainty_m = match text_of(message, "acc") {
            none if none.is_empty() => None,
            text => Some(number("acc", &text)?).filter(|metres| *metres != 0.0),
        };
        Ok(Self {
            device: named("topic").or_else(|| named("tid")).map(str::to_owned),
            t_us,
            time_text,
            lat_deg: number("lat", &text_of(message, "lat"))?,
            lon_deg: number("lon", &text_of(message, "lon"))?,
            uncertainty_m,
        })
    }

    fn device<'a>(&'a self, options: &'a DecodeOptions) -> &'a str {
        self.device.as_deref().or(options.device.as_deref()).unwrap_or_default()
    }

    fn key<'a>(&'a self, options: &'a DecodeOptions) -> Key<'a> {
        Key { device: self.device(options), t_us: self.t_us, lat_deg: self.lat_deg, lon_deg: self.lon_deg }
    }

    fn fix<'a>(&'a self, row: u64, options: &'a DecodeOptions) -> FixRow<'a> {
        FixRow {
            device: self.device(options),
            source: SourceKind::Fused,
            t0_us: self.t_us,
            t1_us: self.t_us,
            time_text: &self.time_text,
            lat_deg: self.lat_deg,
            lon_deg: self.lon_deg,
            uncertainty_m: self.uncertainty_m,
            row,
            ..FixRow::default()
        }
    }
}

/// A value as text: a number, or a number that a program wrote as a string; empty if it is absent.
fn text_of(message: &Map<String, Value>, name: &str) -> String {
    match message.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
