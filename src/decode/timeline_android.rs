//! Google on-device `Timeline.json` of Android: segments, raw signals of recent weeks, and a profile of places.
//!
//! ```text
//!  semanticSegments[i]   visits, activities, paths: see `timeline_segment`
//!  rawSignals[i]         position: a measured fix; network scans and activity: no position
//!  userLocationProfile   frequent places: where someone is often, at no stated time; never fixes
//! ```
//! A row is an element of either array or a profile entry, counted from 1 in the order of the file; the path names the
//! array and the index from 0.

use std::io::BufRead;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::json_object::object;
use super::json_row::{Draft, Unused, basis_of, named_device, put, put_unreadable, read_object};
use super::json_scalar::Scalar;
use super::json_stream::JsonStream;
use super::json_time::iso;
use super::timeline_segment::{Point, decode_segment, in_utf8};
use super::{DecodeError, DecodeOptions, RowSink};
use crate::model::{DEFAULT_CONFIDENCE, NotAFix, RejectReason, RejectRow, SourceKind};

/// The keys of the root object that hold records.
const KEYS: [&str; 3] = ["semanticSegments", "rawSignals", "userLocationProfile"];

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawSignal<'a> {
    #[serde(borrow, deserialize_with = "object")]
    position: Option<Position<'a>>,
    wifi_scan: Option<IgnoredAny>,
    activity_record: Option<IgnoredAny>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Position<'a> {
    // `LatLng` here, `latLng` everywhere else in the same file.
    #[serde(borrow, alias = "LatLng")]
    lat_lng: Point<'a>,
    accuracy_meters: Scalar<'a>,
    source: Scalar<'a>,
    timestamp: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Profile {
    frequent_places: Option<Vec<IgnoredAny>>,
    frequent_trips: Option<Vec<IgnoredAny>>,
}

/// Reads a `Timeline.json`.
///
/// # Errors
/// [`DecodeError::Io`] if reading fails, [`DecodeError::Structure`] if the file is cut off or its brackets do not match
/// (rows before that were used), [`DecodeError::Unknown`] if it has none of the parts above.
pub fn decode(
    reader: &mut dyn BufRead,
    file: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let mut stream = JsonStream::new(reader, file);
    if !stream.enter_root(b'{')? {
        return Err(stream.unknown("not a JSON object, as Timeline.json of Android is"));
    }
    let mut found = false;
    while let Some(key) = stream.next_key()? {
        let known = KEYS.contains(&key.as_str());
        found |= known;
        if key == "userLocationProfile" {
            put_profile(&mut stream, sink)?;
        } else if known && stream.enter(b'[')? {
            put_elements(&mut stream, &key, options, sink)?;
        } else if known {
            return Err(stream.unknown(&format!("`{key}` is not an array")));
        } else if stream.skip_unknown(&key, sink)? {
            stream.add_rows(1);
        }
    }
    if !found {
        return Err(stream.unknown("no `semanticSegments`, `rawSignals` or `userLocationProfile` in it"));
    }
    stream.end()
}

fn put_elements(
    stream: &mut JsonStream<'_>,
    key: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let mut index = 0_u64;
    while stream.next_element()? {
        let (row, path) = (stream.row(), format!("{key}[{index}]"));
        index += 1;
        if key == "rawSignals" {
            put_signal(stream.value(), row, &path, options, sink)?;
        } else {
            decode_segment(stream.value(), row, &path, options, sink)?;
        }
    }
    Ok(())
}

fn put_signal(
    bytes: &[u8],
    row: u64,
    path: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let text = in_utf8(bytes);
    let signal: RawSignal<'_> = match read_object(text.as_bytes()) {
        Ok(signal) => signal,
        Err(error) => return put_unreadable(&error, bytes, row, path, sink),
    };
    if let Some(position) = &signal.position {
        put(read_position(position, options), row, &format!("{path}.position"), sink)?;
    }
    let without = u64::from(signal.wifi_scan.is_some()) + u64::from(signal.activity_record.is_some());
    sink.not_a_fix(NotAFix::NoPosition, without);
    if signal.position.is_none() && without == 0 {
        let (field, reason) = ("position, wifiScan or activityRecord", RejectReason::Missing);
        sink.reject(&RejectRow { row, path, field, value: "", reason })?;
    }
    Ok(())
}

fn read_position<'a>(p: &'a Position<'_>, options: &'a DecodeOptions) -> Result<Draft<'a>, Unused> {
    let at = p.lat_lng.read("LatLng")?;
    let source = SourceKind::parse(&p.source.text()).unwrap_or(SourceKind::Unknown);
    Ok(Draft {
        device: named_device(options),
        source,
        time: iso(&p.timestamp, "timestamp", options.zone.as_ref())?,
        lat_deg: at.lat_deg,
        lon_deg: at.lon_deg,
        uncertainty_m: p.accuracy_meters.number("accuracyMeters")?,
        confidence: DEFAULT_CONFIDENCE,
        basis: basis_of(source),
        azimuth_deg: None,
    })
}

fn put_profile(stream: &mut JsonStream<'_>, sink: &mut dyn RowSink) -> Result<(), DecodeError> {
    stream.read_value()?;
    if stream.value() == b"null" {
        return Ok(());
    }
    match read_object::<Profile>(in_utf8(stream.value()).as_bytes()) {
        Ok(profile) => {
            let count = |list: Option<Vec<_>>| list.map_or(0, |l| u64::try_from(l.len()).unwrap_or(u64::MAX));
            let (places, trips) = (count(profile.frequent_places), count(profile.frequent_trips));
            sink.not_a_fix(NotAFix::Place, places);
            // A trip lists places by identifier, without coordinates.
            sink.not_a_fix(NotAFix::NoPosition, trips);
            stream.add_rows(places.saturating_add(trips));
            Ok(())
        }
        Err(error) => {
            stream.add_rows(1);
            put_unreadable(&error, stream.value(), stream.row(), "userLocationProfile", sink)
        }
    }
}

/// Recognises the format by the beginning of a file, which may be cut off anywhere; says by what.
#[must_use]
pub fn looks_like(head: &[u8]) -> Option<String> {
    let mut reader = head;
    let mut stream = JsonStream::new(&mut reader, "");
    if !stream.enter_root(b'{').ok()? {
        return None;
    }
    loop {
        let key = stream.next_key().ok()??;
        if KEYS.contains(&key.as_str()) {
            return Some(format!("a JSON object with `{key}`, as Android's Timeline.json"));
        }
        stream.skip_value().ok()?;
    }
}

#[cfg(test)]
mod tests {
    use super::super::json_proofs::{assert_golden, run};
    use super::*;

    #[test]
    fn golden() {
        let fixture = include_bytes!("../../tests/fixtures/timeline_android/Timeline.json");
        assert_golden(decode, fixture, include_str!("../../tests/fixtures/timeline_android/expected.txt"));
    }

    #[test]
    fn a_file_saved_in_a_one_byte_code_page_still_gives_its_positions() {
        let fixture = include_bytes!("../../tests/fixtures/timeline_android/Timeline.json");
        let spoilt = String::from_utf8(fixture.to_vec()).unwrap();
        let bytes: Vec<u8> = spoilt.chars().map(|c| u8::try_from(c).unwrap()).collect();
        assert!(std::str::from_utf8(&bytes).is_err());
        let (spoilt, sound) =
            (run(decode, &bytes, &DecodeOptions::default()), run(decode, fixture, &DecodeOptions::default()));
        assert_eq!(spoilt.kept.fixes, sound.kept.fixes);
        assert_eq!(spoilt.counts, sound.counts);
    }

    #[test]
    fn the_profile_may_come_first_be_null_or_be_unreadable() {
        let read = |profile: &str| {
            let document = format!(r#"{{"userLocationProfile": {profile}, "rawSignals": [{{"wifiScan": {{}}}}]}}"#);
            let read = run(decode, document.as_bytes(), &DecodeOptions::default());
            assert!(read.result.is_ok(), "{profile}: {:?}", read.result);
            (read.counts.rejected(), read.counts.not_fixes_total())
        };
        assert_eq!(read("null"), (0, 1));
        assert_eq!(read(r#"{"frequentPlaces": [1, {"placeLocation": "51.4\u00b0, 0\u00b0"}]}"#), (0, 3));
        assert_eq!(read(r#"{"frequentPlaces": 7}"#), (1, 1));
    }
}
