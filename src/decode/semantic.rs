//! Google Takeout Semantic Location History, one file a month: visits and journeys that the service worked out.
//!
//! ```text
//!  timelineObjects[i].placeVisit       one fix over [start, end]; its childVisits alike; its raw points
//!  timelineObjects[i].activitySegment  raw points with a time of their own: fixes
//!                                      start, end, waypoints, transit stops: inferred, never fixes
//! ```
//! A row is an element of `timelineObjects`, counted from 1; the path tells its records apart, and each record is
//! counted once. A visit is placed at its observed centre (`centerLatE7`) where the file has one, else at the place
//! that was matched to it, which can be another address. It is `edited` if a person confirmed or changed it. Other
//! candidate places of a visit are readings of the same record and are not counted.
//!
//! Field names: the JSON schema of the `LocationHistoryFormat` project.

use std::borrow::Cow;
use std::io::BufRead;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::json_object::{Item, object};
use super::json_row::{Draft, Fault, Unused, named_device, put, put_unreadable, read_object};
use super::json_scalar::Scalar;
use super::json_stream::JsonStream;
use super::json_time::{Moment, iso_or_ms};
use super::{DecodeError, DecodeOptions, RowSink, e7};
use crate::model::{Basis, NotAFix, RejectReason, RejectRow, SourceKind};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct TimelineObject<'a> {
    #[serde(borrow, deserialize_with = "object")]
    place_visit: Option<PlaceVisit<'a>>,
    #[serde(deserialize_with = "object")]
    activity_segment: Option<ActivitySegment<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct PlaceVisit<'a> {
    #[serde(borrow, deserialize_with = "object")]
    location: Option<Location<'a>>,
    center_lat_e7: Scalar<'a>,
    center_lng_e7: Scalar<'a>,
    #[serde(deserialize_with = "object")]
    duration: Option<Duration<'a>>,
    place_confidence: Scalar<'a>,
    edit_confirmation_status: Scalar<'a>,
    last_edited_timestamp: Scalar<'a>,
    last_edited_timestamp_ms: Scalar<'a>,
    #[serde(deserialize_with = "object")]
    simplified_raw_path: Option<RawPath<'a>>,
    child_visits: Option<Vec<Item<PlaceVisit<'a>>>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ActivitySegment<'a> {
    #[serde(borrow, deserialize_with = "object")]
    start_location: Option<Location<'a>>,
    #[serde(deserialize_with = "object")]
    end_location: Option<Location<'a>>,
    #[serde(deserialize_with = "object")]
    simplified_raw_path: Option<RawPath<'a>>,
    #[serde(deserialize_with = "object")]
    waypoint_path: Option<Waypoints>,
    #[serde(deserialize_with = "object")]
    transit_path: Option<TransitPath>,
    #[serde(deserialize_with = "object")]
    parking_event: Option<Parking<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Location<'a> {
    #[serde(borrow)]
    latitude_e7: Scalar<'a>,
    longitude_e7: Scalar<'a>,
    #[serde(alias = "accuracyMeters")]
    accuracy_metres: Scalar<'a>,
    #[serde(deserialize_with = "object")]
    source_info: Option<SourceInfo<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct SourceInfo<'a> {
    #[serde(borrow)]
    device_tag: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Duration<'a> {
    #[serde(borrow)]
    start_timestamp: Scalar<'a>,
    start_timestamp_ms: Scalar<'a>,
    end_timestamp: Scalar<'a>,
    end_timestamp_ms: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawPath<'a> {
    #[serde(borrow)]
    points: Option<Vec<Item<RawPoint<'a>>>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawPoint<'a> {
    #[serde(borrow)]
    lat_e7: Scalar<'a>,
    lng_e7: Scalar<'a>,
    #[serde(alias = "accuracyMetres")]
    accuracy_meters: Scalar<'a>,
    timestamp: Scalar<'a>,
    timestamp_ms: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Waypoints {
    waypoints: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct TransitPath {
    transit_stops: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Parking<'a> {
    #[serde(borrow, deserialize_with = "object")]
    location: Option<Location<'a>>,
    timestamp: Scalar<'a>,
    timestamp_ms: Scalar<'a>,
}

/// Reads one month of Semantic Location History.
///
/// # Errors
/// [`DecodeError::Io`] if reading fails, [`DecodeError::Structure`] if the file is cut off or its brackets do not match
/// (rows before that were used), [`DecodeError::Unknown`] if it has no `timelineObjects` array.
pub fn decode(
    reader: &mut dyn BufRead,
    file: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let mut stream = JsonStream::new(reader, file);
    if !stream.enter_root(b'{')? {
        return Err(stream.unknown("not a JSON object, as a month of Semantic Location History is"));
    }
    let mut found = false;
    while let Some(key) = stream.next_key()? {
        if key != "timelineObjects" {
            stream.skip_unknown(&key, sink)?;
            continue;
        }
        if !stream.enter(b'[')? {
            return Err(stream.unknown("`timelineObjects` is not an array"));
        }
        found = true;
        timeline_objects(&mut stream, options, sink)?;
    }
    if !found {
        return Err(stream.unknown("no `timelineObjects` array in it"));
    }
    stream.end()
}

fn timeline_objects(
    stream: &mut JsonStream<'_>,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let mut index = 0_u64;
    while stream.next_element()? {
        let path = format!("timelineObjects[{index}]");
        index += 1;
        let row = stream.row();
        match read_object::<TimelineObject<'_>>(stream.value()) {
            Ok(object) => Records { row, options, sink }.object(&object, &path)?,
            Err(error) => put_unreadable(&error, stream.value(), row, &path, sink)?,
        }
    }
    Ok(())
}

/// One element of `timelineObjects` on its way to the sink.
struct Records<'r> {
    row: u64,
    options: &'r DecodeOptions,
    sink: &'r mut dyn RowSink,
}

impl Records<'_> {
    fn object(&mut self, object: &TimelineObject<'_>, path: &str) -> Result<(), DecodeError> {
        if let Some(visit) = &object.place_visit {
            self.visit(visit, None, &format!("{path}.placeVisit"))?;
        }
        if let Some(segment) = &object.activity_segment {
            self.activity(segment, &format!("{path}.activitySegment"))?;
        }
        if object.place_visit.is_none() && object.activity_segment.is_none() {
            let (field, reason) = ("placeVisit or activitySegment", RejectReason::Missing);
            self.sink.reject(&RejectRow { row: self.row, path, field, value: "", reason })?;
        }
        Ok(())
    }

    /// Hands on a visit and the visits in it, which are of the same device unless they name another.
    fn visit(&mut self, visit: &PlaceVisit<'_>, outer: Option<&Scalar<'_>>, path: &str) -> Result<(), DecodeError> {
        let tag = device_tag(visit.location.as_ref()).or(outer);
        put(read_visit(visit, tag, self.options), self.row, path, self.sink)?;
        self.raw_points(visit.simplified_raw_path.as_ref(), tag, path)?;
        for (i, child) in visit.child_visits.iter().flatten().enumerate() {
            let path = format!("{path}.childVisits[{i}]");
            match child.read() {
                Ok(child) => self.visit(child, tag, &path)?,
                Err(fault) => put(Err(fault.into()), self.row, &path, self.sink)?,
            }
        }
        Ok(())
    }

    fn activity(&mut self, segment: &ActivitySegment<'_>, path: &str) -> Result<(), DecodeError> {
        let tag = one_device(segment);
        let ends = [&segment.start_location, &segment.end_location];
        let inferred = ends.iter().filter(|end| end.is_some()).count()
            + segment.waypoint_path.iter().flat_map(|p| &p.waypoints).flatten().count()
            + segment.transit_path.iter().flat_map(|p| &p.transit_stops).flatten().count();
        self.sink.not_a_fix(NotAFix::InferredPath, u64::try_from(inferred).unwrap_or(u64::MAX));
        let raw = self.raw_points(segment.simplified_raw_path.as_ref(), tag, path)?;
        if let Some(parking) = &segment.parking_event {
            put(read_parking(parking, tag, self.options), self.row, &format!("{path}.parkingEvent"), self.sink)?;
        }
        if inferred == 0 && raw == 0 && segment.parking_event.is_none() {
            self.sink.not_a_fix(NotAFix::NoPosition, 1);
        }
        Ok(())
    }

    /// Hands on the points that were recorded, and says how many there were.
    fn raw_points(
        &mut self,
        raw: Option<&RawPath<'_>>,
        tag: Option<&Scalar<'_>>,
        path: &str,
    ) -> Result<usize, DecodeError> {
        let Some(points) = raw.and_then(|p| p.points.as_ref()) else { return Ok(0) };
        for (i, point) in points.iter().enumerate() {
            let path = format!("{path}.simplifiedRawPath.points[{i}]");
            let read = point.read().map_err(Unused::from).and_then(|p| read_raw_point(p, tag, self.options));
            put(read, self.row, &path, self.sink)?;
        }
        Ok(points.len())
    }
}

fn device_tag<'a>(location: Option<&'a Location<'_>>) -> Option<&'a Scalar<'a>> {
    location?.source_info.as_ref().map(|s| &s.device_tag).filter(|tag| !tag.is_null())
}

fn device<'a>(tag: Option<&'a Scalar<'_>>, options: &'a DecodeOptions) -> Cow<'a, str> {
    tag.map_or_else(|| named_device(options), Scalar::text)
}

/// The device of a journey, unless its two ends name different ones.
fn one_device<'a>(segment: &'a ActivitySegment<'_>) -> Option<&'a Scalar<'a>> {
    match (device_tag(segment.start_location.as_ref()), device_tag(segment.end_location.as_ref())) {
        (Some(start), Some(end)) if start != end => None,
        (start, end) => start.or(end),
    }
}

fn read_visit<'a>(
    v: &'a PlaceVisit<'_>,
    tag: Option<&'a Scalar<'_>>,
    options: &'a DecodeOptions,
) -> Result<Draft<'a>, Unused> {
    let centre = e7::position(&v.center_lat_e7, &v.center_lng_e7, ["centerLatE7", "centerLngE7"])?;
    let fields = ["location.latitudeE7", "location.longitudeE7"];
    let position = match (centre, &v.location) {
        (None, Some(place)) => e7::position(&place.latitude_e7, &place.longitude_e7, fields)?,
        (centre, _) => centre,
    };
    let position = position.ok_or(Unused::NotAFix(NotAFix::NoPosition))?;
    let mut draft = Draft::inferred(read_duration(v.duration.as_ref(), options)?, position, options);
    draft.device = device(tag, options);
    // The radius that a place may state is the place's; it says nothing about an observed centre.
    if let (None, Some(location)) = (centre, &v.location) {
        draft.uncertainty_m = location.accuracy_metres.number("location.accuracyMetres")?;
    }
    if touched_by_a_person(v) {
        draft.basis = Basis::Edited;
    }
    Ok(draft)
}

fn read_duration<'a>(duration: Option<&'a Duration<'_>>, options: &DecodeOptions) -> Result<Moment<'a>, Unused> {
    let d = duration.ok_or_else(|| Fault::missing("duration"))?;
    let (starts, ends) = ((&d.start_timestamp, &d.start_timestamp_ms), (&d.end_timestamp, &d.end_timestamp_ms));
    let zone = options.zone.as_ref();
    let start = iso_or_ms(starts, ["duration.startTimestamp", "duration.startTimestampMs"], zone)?;
    let end = iso_or_ms(ends, ["duration.endTimestamp", "duration.endTimestampMs"], zone)?;
    Ok(start.until(&end))
}

/// A person confirmed the place, or edited the visit: it no longer shows only what the service inferred.
fn touched_by_a_person(v: &PlaceVisit<'_>) -> bool {
    v.place_confidence.is_word("USER_CONFIRMED")
        || v.edit_confirmation_status.is_word("CONFIRMED")
        || !v.last_edited_timestamp.is_null()
        || !v.last_edited_timestamp_ms.is_null()
}

/// A recorded point is a measurement by sensors that the file does not name; without a time of its own it is not one.
fn read_raw_point<'a>(
    p: &'a RawPoint<'_>,
    tag: Option<&'a Scalar<'_>>,
    options: &'a DecodeOptions,
) -> Result<Draft<'a>, Unused> {
    if p.timestamp.is_null() && p.timestamp_ms.is_null() {
        return Err(Unused::NotAFix(NotAFix::InferredPath));
    }
    let position =
        e7::position(&p.lat_e7, &p.lng_e7, ["latE7", "lngE7"])?.ok_or(Unused::NotAFix(NotAFix::NoPosition))?;
    let times = (&p.timestamp, &p.timestamp_ms);
    let time = iso_or_ms(times, ["timestamp", "timestampMs"], options.zone.as_ref())?;
    Ok(Draft {
        device: device(tag, options),
        source: SourceKind::Fused,
        uncertainty_m: p.accuracy_meters.number("accuracyMeters")?,
        basis: Basis::Measured,
        ..Draft::inferred(time, position, options)
    })
}

fn read_parking<'a>(
    p: &'a Parking<'_>,
    tag: Option<&'a Scalar<'_>>,
    options: &'a DecodeOptions,
) -> Result<Draft<'a>, Unused> {
    if p.timestamp.is_null() && p.timestamp_ms.is_null() {
        return Err(Unused::NotAFix(NotAFix::InferredPath));
    }
    let location = p.location.as_ref().ok_or(Unused::NotAFix(NotAFix::NoPosition))?;
    let fields = ["location.latitudeE7", "location.longitudeE7"];
    let position = e7::position(&location.latitude_e7, &location.longitude_e7, fields)?
        .ok_or(Unused::NotAFix(NotAFix::NoPosition))?;
    let times = (&p.timestamp, &p.timestamp_ms);
    let time = iso_or_ms(times, ["timestamp", "timestampMs"], options.zone.as_ref())?;
    let uncertainty_m = location.accuracy_metres.number("location.accuracyMetres")?;
    Ok(Draft { device: device(tag, options), uncertainty_m, ..Draft::inferred(time, position, options) })
}

/// Recognises the format by the beginning of a file, which may be cut off anywhere; says by what.
#[must_use]
pub fn looks_like(head: &[u8]) -> Option<String> {
    let mut reader = head;
    let mut stream = JsonStream::new(&mut reader, "");
    if !stream.enter_root(b'{').ok()? {
        return None;
    }
    while stream.next_key().ok()?? != "timelineObjects" {
        stream.skip_value().ok()?;
    }
    stream.enter(b'[').ok()?.then(|| "a JSON object with a `timelineObjects` array".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::json_proofs::{assert_golden, run};
    use super::*;

    #[test]
    fn golden() {
        let fixture = include_bytes!("../../tests/fixtures/google_semantic/2024_MARCH.json");
        assert_golden(decode, fixture, include_str!("../../tests/fixtures/google_semantic/expected.txt"));
    }

    #[test]
    fn a_journey_whose_ends_name_two_devices_is_of_neither() {
        let document = br#"{"timelineObjects": [{"activitySegment": {
            "startLocation": {"sourceInfo": {"deviceTag": 1}}, "endLocation": {"sourceInfo": {"deviceTag": 2}},
            "simplifiedRawPath": {"points": [{"latE7": 1, "lngE7": 1, "timestamp": "2024-03-01T08:00:00Z"}]}}}]}"#;
        let options = DecodeOptions { device: Some("account".to_owned()), ..DecodeOptions::default() };
        let read = run(decode, document, &options);
        assert_eq!(read.kept.fixes[0].device, "account");
    }

    #[test]
    fn a_visit_without_coordinates_is_no_position_whatever_its_candidates_say() {
        let document = br#"{"timelineObjects": [{"placeVisit": {
            "location": {"name": "x"}, "otherCandidateLocations": [{"latitudeE7": 514769000, "longitudeE7": -5000}],
            "duration": {"startTimestamp": "2024-03-01T08:00:00Z", "endTimestamp": "2024-03-01T09:00:00Z"}}}]}"#;
        let read = run(decode, document, &DecodeOptions::default());
        assert_eq!((read.counts.fixes, read.kept.not_fixes), (0, vec![(NotAFix::NoPosition, 1)]));
    }
}
