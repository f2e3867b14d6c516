//! Which properties say when, how exactly and which device; the names are compared without case, `_`, `-` and blanks.
//!
//! | meaning | names |
//! | --- | --- |
//! | a moment | `time`, `timestamp`, `datetime`, `date`, `when`: the first of them that is there |
//! | an interval | `t0` and `t1`, or `startTime` and `endTime`; it goes before a moment if both its ends are there |
//! | uncertainty, metres | `accuracy`, `accuracy_m`, `uncertainty_m`, `horizontalAccuracy` |
//! | device | `device`, `device_id`; `id` is the feature's and no device |
//!
//! A time is ISO 8601, or a count since 1970 in seconds or milliseconds, told apart by magnitude: from 1990 to 2100
//! seconds are 0.63 to 4.1 thousand million and milliseconds a thousand times that, so that no number is both.
//! Any other number (`20240517`, days of a spreadsheet) is refused.

use ::geojson::JsonObject;
use serde_json::Value;

use crate::decode::fault::{Fault, iso_time, number};
use crate::model::RejectReason;
use crate::time::{EARLIEST_US, Reading, TimeFormat, US_PER_S, ZoneRule, parse_with};

const MOMENTS: [&str; 5] = ["time", "timestamp", "datetime", "date", "when"];
const INTERVALS: [(&str, &str); 2] = [("t0", "t1"), ("starttime", "endtime")];
const UNCERTAINTIES: [&str; 4] = ["accuracy", "accuracym", "uncertaintym", "horizontalaccuracy"];
const DEVICES: [&str; 2] = ["device", "deviceid"];

/// 2100-01-01T00:00:00Z: the end of the years in which a bare number is taken for a time.
const LATEST_NUMBER_US: i64 = 4_102_444_800 * US_PER_S;

/// What a feature states besides its position and time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stated {
    /// The device, if it names one.
    pub(super) device: Option<String>,
    /// The uncertainty radius in metres, if it states one. Programs write 0 where they have none: that is none.
    pub(super) uncertainty_m: Option<f64>,
}

impl Stated {
    /// Reads the properties.
    ///
    /// # Errors
    /// [`Fault`] if the uncertainty is not a number or the device not a name.
    pub(super) fn of(properties: &JsonObject) -> Result<Self, Fault> {
        Ok(Self { device: device(properties)?, uncertainty_m: uncertainty_m(properties)? })
    }
}

fn device(properties: &JsonObject) -> Result<Option<String>, Fault> {
    match find_any(properties, &DEVICES) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.trim().to_owned()).filter(|n| !n.is_empty())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err(Fault::new("device", other.to_string(), RejectReason::NotAllowed)),
    }
}

fn uncertainty_m(properties: &JsonObject) -> Result<Option<f64>, Fault> {
    match find_any(properties, &UNCERTAINTIES) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let text = scalar_text(value);
            if text.trim().is_empty() {
                return Ok(None);
            }
            number("accuracy", &text).map(|m| Some(m).filter(|m| *m != 0.0))
        }
    }
}

/// Reads the time of a feature and its text as written; `None` if no property is named as a time.
///
/// # Errors
/// [`Fault`] if a time is named but empty, half an interval, or cannot be read.
pub(super) fn time(properties: &JsonObject, zone: Option<&ZoneRule>) -> Result<Option<(Reading, String)>, Fault> {
    let mut half = None;
    for (begin, end) in INTERVALS {
        match (find(properties, begin), find(properties, end)) {
            (Some(t0), Some(t1)) => return interval(t0, t1, zone).map(Some),
            (Some(_), None) => half = half.or(Some("end of the interval")),
            (None, Some(_)) => half = half.or(Some("start of the interval")),
            (None, None) => {}
        }
    }
    match (find_any(properties, &MOMENTS), half) {
        (Some(value), _) => moment("time", value, zone).map(|reading| Some((reading, scalar_text(value)))),
        (None, Some(missing)) => Err(Fault::missing(missing)),
        (None, None) => Ok(None),
    }
}

fn interval(t0: &Value, t1: &Value, zone: Option<&ZoneRule>) -> Result<(Reading, String), Fault> {
    let (begin, end) = (moment("start of the interval", t0, zone)?, moment("end of the interval", t1, zone)?);
    let reading = Reading { t0_us: begin.t0_us, t1_us: end.t1_us, ambiguous: begin.ambiguous || end.ambiguous };
    Ok((reading, format!("{}/{}", scalar_text(t0), scalar_text(t1))))
}

/// Reads one time.
///
/// # Errors
/// [`Fault`] with the field's name.
pub(super) fn moment(field: &'static str, value: &Value, zone: Option<&ZoneRule>) -> Result<Reading, Fault> {
    let text = scalar_text(value);
    if text.trim().parse::<f64>().is_err() {
        return iso_time(field, &text, zone);
    }
    // Both are tried; the years decide, and they never overlap.
    [US_PER_S, US_PER_S / 1_000]
        .into_iter()
        .filter_map(|unit_us| parse_with(&text, &TimeFormat::Epoch(unit_us), None).ok())
        .find(|reading| (EARLIEST_US..LATEST_NUMBER_US).contains(&reading.t0_us))
        .ok_or_else(|| Fault::new(field, text, RejectReason::TimeFormat))
}

/// The text of a value as written; an object or array is no time and stays JSON.
pub(super) fn scalar_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn find_any<'a>(properties: &'a JsonObject, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| find(properties, name))
}

/// The property whose name is this one, however it is written.
pub(super) fn find<'a>(properties: &'a JsonObject, name: &str) -> Option<&'a Value> {
    properties.iter().find(|(key, _)| is_name(key, name)).map(|(_, value)| value)
}

fn is_name(key: &str, name: &str) -> bool {
    let plain = key.bytes().filter(|b| !matches!(b, b'_' | b'-' | b' ')).map(|b| b.to_ascii_lowercase());
    plain.eq(name.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Result<Option<Reading>, Fault> {
        time(&serde_json::from_value(value).unwrap(), None).map(|t| t.map(|(reading, _)| reading))
    }

    #[test]
    fn a_number_is_seconds_or_milliseconds_by_its_size_and_nothing_else() {
        let noon = Reading::at(1_748_779_200_000_000);
        for value in [json!(1_748_779_200), json!("1748779200"), json!(1_748_779_200_000_i64), json!(1_748_779_200.0)] {
            assert_eq!(read(json!({ "time": value })), Ok(Some(noon)), "{value}");
        }
        assert_eq!(read(json!({"time": 1_748_779_200.25})).unwrap().unwrap().t0_us, noon.t0_us + 250_000);
        for value in [
            json!(20_240_517),
            json!(20_240_517_101_500_i64),
            json!(45_000),
            json!(-5),
            json!(1_748_779_200_000_000_i64),
            json!(true),
            json!("nan"),
            json!({"a": 1}),
        ] {
            let expected = Fault::new("time", scalar_text(&value), RejectReason::TimeFormat);
            assert_eq!(read(json!({ "time": value })), Err(expected));
        }
    }

    #[test]
    fn names_are_known_however_they_are_written_and_no_others() {
        for name in ["time", "TIMESTAMP", "date_time", "Date-Time", "when"] {
            assert!(read(json!({ name: "2025-06-01T12:00:00Z" })).unwrap().is_some(), "{name}");
        }
        for name in ["created", "uptime", "id", "times"] {
            assert_eq!(read(json!({ name: "2025-06-01T12:00:00Z" })), Ok(None), "{name}");
        }
    }

    #[test]
    fn an_interval_needs_both_ends() {
        let (begin, end) = ("2025-06-01T12:00:00Z", "2025-06-01T13:00:00Z");
        let whole = read(json!({"startTime": begin, "end_time": end, "timestamp": 1_600_000_000})).unwrap().unwrap();
        assert_eq!(whole.t1_us - whole.t0_us, 3_600_000_000);
        assert_eq!(read(json!({ "t0": begin })), Err(Fault::missing("end of the interval")));
        assert_eq!(read(json!({ "t1": end })), Err(Fault::missing("start of the interval")));
        assert_eq!(read(json!({"t0": begin, "time": end})).unwrap().unwrap().t0_us, whole.t1_us);
        assert_eq!(read(json!({"t0": begin, "t1": null})), Err(Fault::missing("end of the interval")));
    }

    #[test]
    fn a_clock_time_beside_a_date_is_not_put_together() {
        let parts = read(json!({"date": "2025-06-01", "time": "12:00:00"}));
        assert_eq!(parts, Err(Fault::new("time", "12:00:00", RejectReason::TimeFormat)));
    }

    #[test]
    fn what_is_stated_of_uncertainty_and_device() {
        let stated = |value: Value| Stated::of(&serde_json::from_value(value).unwrap());
        let ok = |device: Option<&str>, uncertainty_m| Ok(Stated { device: device.map(str::to_owned), uncertainty_m });
        assert_eq!(stated(json!({"deviceId": " a ", "horizontalAccuracy": "12.5"})), ok(Some("a"), Some(12.5)));
        assert_eq!(stated(json!({"device_id": 7, "accuracy": 0})), ok(Some("7"), None));
        assert_eq!(stated(json!({"id": "x", "accuracy": null, "device": ""})), ok(None, None));
        assert_eq!(stated(json!({"accuracy": "high"})), Err(Fault::new("accuracy", "high", RejectReason::NotANumber)));
        assert_eq!(stated(json!({"device": ["a"]})), Err(Fault::new("device", "[\"a\"]", RejectReason::NotAllowed)));
    }
}
