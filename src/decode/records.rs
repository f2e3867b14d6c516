//! Google Takeout `Records.json`: one object whose `locations` array holds every report of every device.
//!
//! A row is an element of `locations`, counted from 1; its path is `locations[i]`, counted from 0. Several devices are
//! interleaved in one file and told apart by `deviceTag`. A row without a position of its own (a network scan, an
//! activity) is not a fix, and neither is `inferredLocation`, which the service filled in. The file may be larger than
//! memory: one element is held at a time.
//!
//! Field names: the JSON schema of the `LocationHistoryFormat` project.

use std::fmt::Write as _;
use std::io::BufRead;

use serde::Deserialize;

use super::json_row::{Draft, Unused, basis_of, named_device, put, put_unreadable, read_object};
use super::json_scalar::Scalar;
use super::json_stream::JsonStream;
use super::{DecodeError, DecodeOptions, RowSink, e7, json_time};
use crate::model::{DEFAULT_CONFIDENCE, NotAFix, SourceKind};

/// One element of `locations`; what is not named here is passed over.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Report<'a> {
    #[serde(borrow)]
    latitude_e7: Scalar<'a>,
    longitude_e7: Scalar<'a>,
    accuracy: Scalar<'a>,
    timestamp: Scalar<'a>,
    timestamp_ms: Scalar<'a>,
    device_tag: Scalar<'a>,
    source: Scalar<'a>,
    inferred_location: Scalar<'a>,
}

/// Reads a `Records.json`.
///
/// # Errors
/// [`DecodeError::Io`] if reading fails, [`DecodeError::Structure`] if the file is cut off or its brackets do not match
/// (rows before that were used), [`DecodeError::Unknown`] if it has no `locations` array.
pub fn decode(
    reader: &mut dyn BufRead,
    file: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    decode_stream(&mut JsonStream::new(reader, file), options, sink)
}

pub(super) fn decode_stream(
    stream: &mut JsonStream<'_>,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    if !stream.enter_root(b'{')? {
        return Err(stream.unknown("not a JSON object, as Records.json is"));
    }
    let mut found = false;
    while let Some(key) = stream.next_key()? {
        if key != "locations" {
            stream.skip_unknown(&key, sink)?;
            continue;
        }
        if !stream.enter(b'[')? {
            return Err(stream.unknown("`locations` is not an array"));
        }
        found = true;
        locations(stream, options, sink)?;
    }
    if !found {
        return Err(stream.unknown("no `locations` array in it"));
    }
    stream.end()
}

fn locations(stream: &mut JsonStream<'_>, options: &DecodeOptions, sink: &mut dyn RowSink) -> Result<(), DecodeError> {
    let mut path = String::new();
    let mut index = 0_u64;
    while stream.next_element()? {
        path.clear();
        // Writing to a String cannot fail.
        let _infallible = write!(path, "locations[{index}]");
        index += 1;
        match read_object::<Report<'_>>(stream.value()) {
            Ok(report) => put(read(&report, options), stream.row(), &path, sink)?,
            Err(error) => put_unreadable(&error, stream.value(), stream.row(), &path, sink)?,
        }
    }
    Ok(())
}

fn read<'a>(r: &'a Report<'_>, options: &'a DecodeOptions) -> Result<Draft<'a>, Unused> {
    let Some((lat_deg, lon_deg)) = e7::position(&r.latitude_e7, &r.longitude_e7, ["latitudeE7", "longitudeE7"])? else {
        let kind = if r.inferred_location.is_null() { NotAFix::NoPosition } else { NotAFix::InferredPath };
        return Err(Unused::NotAFix(kind));
    };
    let times = (&r.timestamp, &r.timestamp_ms);
    let time = json_time::iso_or_ms(times, ["timestamp", "timestampMs"], options.zone.as_ref())?;
    let source = SourceKind::parse(&r.source.text()).unwrap_or(SourceKind::Unknown);
    Ok(Draft {
        device: r.device_tag.some_text().unwrap_or_else(|| named_device(options)),
        source,
        time,
        lat_deg,
        lon_deg,
        uncertainty_m: r.accuracy.number("accuracy")?,
        confidence: DEFAULT_CONFIDENCE,
        basis: basis_of(source),
        azimuth_deg: None,
    })
}

/// Recognises the format by the beginning of a file, which may be cut off anywhere; says by what.
#[must_use]
pub fn looks_like(head: &[u8]) -> Option<String> {
    let mut reader = head;
    let mut stream = JsonStream::new(&mut reader, "");
    if !stream.enter_root(b'{').ok()? {
        return None;
    }
    while stream.next_key().ok()?? != "locations" {
        stream.skip_value().ok()?;
    }
    if !stream.enter(b'[').ok()? {
        return None;
    }
    let empty = stream.next_element().is_ok_and(|more| !more);
    // Another application's `locations` hold GeoJSON features: an element must name a field of Google's.
    let names = ["latitudeE7", "timestampMs", "deviceTag", "activeWifiScan", "inferredLocation", "serverTimestamp"];
    (empty || names.iter().any(|name| stream.value_names(name)))
        .then(|| "a JSON object with a `locations` array of Google location records".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::json_proofs::{assert_golden, run};
    use super::*;
    use crate::model::RejectReason;
    use crate::time::{ZoneRule, utc_text};

    #[test]
    fn golden() {
        let fixture = include_bytes!("../../tests/fixtures/google_records/records.json");
        assert_golden(decode, fixture, include_str!("../../tests/fixtures/google_records/expected.txt"));
    }

    const GOOD: &str = r#"{"latitudeE7": 514769000, "longitudeE7": -5000, "timestamp": "2024-03-01 08:00"}"#;

    #[test]
    fn the_options_give_the_device_and_the_zone_that_the_file_does_not() {
        let zone = Some(ZoneRule::parse("+01:00").unwrap());
        let options = DecodeOptions { zone, device: Some("phone".to_owned()), ..DecodeOptions::default() };
        let read = run(decode, format!(r#"{{"locations": [{GOOD}]}}"#).as_bytes(), &options);
        let fix = &read.kept.fixes[0];
        assert_eq!((fix.device.as_str(), utc_text(fix.t0_us).as_str()), ("phone", "2024-03-01T07:00:00Z"));
        // Written without seconds: the whole minute.
        assert_eq!(fix.t1_us - fix.t0_us, 59_999_999);
    }

    #[test]
    fn where_the_end_of_an_element_is_uncertain_reading_stops_after_the_rows_before() {
        let zone = Some(ZoneRule::utc());
        let options = DecodeOptions { zone, ..DecodeOptions::default() };
        let broken = format!(r#"{{"locations": [{GOOD}, {{"latitudeE7": [1}}, {GOOD}]}}"#);
        let read = run(decode, broken.as_bytes(), &options);
        assert_eq!(read.kept.fixes.len(), 1);
        assert!(matches!(read.result, Err(DecodeError::Structure { row: 1, .. })), "{:?}", read.result);
    }

    #[test]
    fn locations_are_found_after_other_keys_and_unknown_arrays_are_reported() {
        let document = br#"{"version": {"locations": [1]}, "empty": [], "extra": [[1, "]"], 2,], "locations": []}"#;
        let read = run(decode, document, &DecodeOptions::default());
        assert!(read.result.is_ok(), "{:?}", read.result);
        assert_eq!((read.kept.rejects.len(), read.counts.rows()), (1, 1));
        assert_eq!(read.kept.rejects[0].value, "2 elements that are not known to this format");
    }

    #[test]
    fn a_field_that_is_not_utf8_is_a_reject_and_the_next_row_is_read() {
        let document = b"{\"locations\": [{\"latitudeE7\": 1, \"longitudeE7\": 1, \"timestamp\": \"\xB0\"}, {}]}";
        let read = run(decode, document, &DecodeOptions::default());
        assert_eq!(read.kept.rejects[0].reason, RejectReason::NotUtf8);
        assert_eq!(read.kept.not_fixes, [(NotAFix::NoPosition, 1)]);
    }
}
