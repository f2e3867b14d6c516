//! One segment of an on-device timeline, as Android and iOS both write it.
//!
//! ```text
//!  visit           one fix over [startTime, endTime] at the top candidate's position
//!  activity        start and end: inferred, never fixes; a parking place with a time: a fix
//!  timelinePath    a fix for each point with a time, or with whole minutes since startTime
//!  timelineMemory  no position
//! ```
//! All fixes are inferred by the service; none states an uncertainty, unless its `geo:` text does. A visit inside
//! another (`hierarchyLevel` above 0) overlaps it and is kept: both are what the service claims.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json_object::{Item, object};
use super::json_row::{Draft, Fault, Unused, put, put_unreadable, read_object};
use super::json_scalar::Scalar;
use super::json_time::{Moment, iso};
use super::{DecodeError, DecodeOptions, RowSink, lat_lon};
use crate::model::{NotAFix, RejectReason, RejectRow};
use crate::time::Reading;

const US_PER_MINUTE: i64 = 60_000_000;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Segment<'a> {
    #[serde(borrow)]
    start_time: Scalar<'a>,
    end_time: Scalar<'a>,
    #[serde(deserialize_with = "object")]
    visit: Option<Visit<'a>>,
    #[serde(deserialize_with = "object")]
    activity: Option<Activity<'a>>,
    timeline_path: Option<Vec<Item<PathPoint<'a>>>>,
    timeline_memory: Option<IgnoredAny>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Visit<'a> {
    #[serde(borrow, deserialize_with = "object")]
    top_candidate: Option<Candidate<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(borrow)]
    place_location: Point<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Activity<'a> {
    #[serde(borrow)]
    start: Point<'a>,
    end: Point<'a>,
    #[serde(deserialize_with = "object")]
    parking: Option<Parking<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Parking<'a> {
    #[serde(borrow)]
    location: Point<'a>,
    start_time: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct PathPoint<'a> {
    #[serde(borrow)]
    point: Point<'a>,
    time: Scalar<'a>,
    duration_minutes_offset_from_start_time: Scalar<'a>,
}

/// A position: a text, or an object around one (`{"latLng": "…"}`); Android and iOS differ, and so do versions.
#[derive(Default)]
pub(super) struct Point<'a>(Scalar<'a>);

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct PointObject<'a> {
    #[serde(borrow, alias = "LatLng")]
    lat_lng: Scalar<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Point<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PointVisitor)
    }
}

struct PointVisitor;

impl<'de> Visitor<'de> for PointVisitor {
    type Value = Point<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a position as text or an object with latLng")
    }

    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(Point(Scalar::Text(Cow::Borrowed(v))))
    }

    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Point(Scalar::Text(Cow::Owned(v.to_owned()))))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Point::default())
    }

    // What is no position is kept as it is, to be named in a reject.
    fn visit_i64<E>(self, v: i64) -> Result<Self::Value, E> {
        Ok(Point(Scalar::Int(v)))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Self::Value, E> {
        Ok(Point(Scalar::Text(Cow::Owned(v.to_string()))))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Self::Value, E> {
        Ok(Point(Scalar::Float(v)))
    }

    fn visit_bool<E>(self, v: bool) -> Result<Self::Value, E> {
        Ok(Point(Scalar::Bool(v)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Point(Scalar::Nested))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        PointObject::deserialize(MapAccessDeserializer::new(map)).map(|object| Point(object.lat_lng))
    }
}

impl Point<'_> {
    /// The position; a record without one is by nature not a fix.
    pub(super) fn read(&self, field: &'static str) -> Result<lat_lon::LatLon, Unused> {
        if self.0.is_null() {
            return Err(Unused::NotAFix(NotAFix::NoPosition));
        }
        lat_lon::parse(&self.0.text()).ok_or_else(|| self.0.fault(field, RejectReason::NotANumber).into())
    }
}

/// The bytes as UTF-8. A file saved in another code page has its degree signs replaced, and nothing else that is used.
pub(super) fn in_utf8(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Hands on everything in one segment; `path` is the segment's.
///
/// # Errors
/// [`DecodeError::Sink`] if the sink failed.
pub(super) fn decode_segment(
    bytes: &[u8],
    row: u64,
    path: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let text = in_utf8(bytes);
    let segment: Segment<'_> = match read_object(text.as_bytes()) {
        Ok(segment) => segment,
        Err(error) => return put_unreadable(&error, bytes, row, path, sink),
    };
    if let Some(visit) = &segment.visit {
        put(read_visit(visit, &segment, options), row, &format!("{path}.visit"), sink)?;
    }
    if let Some(activity) = &segment.activity {
        put_activity(activity, row, path, options, sink)?;
    }
    if let Some(points) = &segment.timeline_path {
        for (i, point) in points.iter().enumerate() {
            let read = point.read().map_err(Unused::from).and_then(|p| read_path_point(p, &segment, options));
            put(read, row, &format!("{path}.timelinePath[{i}]"), sink)?;
        }
    }
    let empty_path = segment.timeline_path.as_ref().is_some_and(Vec::is_empty);
    sink.not_a_fix(NotAFix::NoPosition, u64::from(empty_path) + u64::from(segment.timeline_memory.is_some()));
    let known = segment.visit.is_some() || segment.activity.is_some() || segment.timeline_path.is_some();
    if !known && segment.timeline_memory.is_none() {
        let (field, reason) = ("visit, activity or timelinePath", RejectReason::Missing);
        sink.reject(&RejectRow { row, path, field, value: "", reason })?;
    }
    Ok(())
}

fn put_activity(
    activity: &Activity<'_>,
    row: u64,
    path: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let ends = u64::from(!activity.start.0.is_null()) + u64::from(!activity.end.0.is_null());
    sink.not_a_fix(NotAFix::InferredPath, ends);
    match &activity.parking {
        Some(parking) => put(read_parking(parking, options), row, &format!("{path}.activity.parking"), sink)?,
        None if ends == 0 => sink.not_a_fix(NotAFix::NoPosition, 1),
        None => {}
    }
    Ok(())
}

fn inferred<'a>(time: Moment<'a>, at: lat_lon::LatLon, options: &'a DecodeOptions) -> Draft<'a> {
    Draft { uncertainty_m: at.uncertainty_m, ..Draft::inferred(time, (at.lat_deg, at.lon_deg), options) }
}

fn read_visit<'a>(
    visit: &Visit<'_>,
    segment: &'a Segment<'_>,
    options: &'a DecodeOptions,
) -> Result<Draft<'a>, Unused> {
    let candidate = visit.top_candidate.as_ref().ok_or(Unused::NotAFix(NotAFix::NoPosition))?;
    let at = candidate.place_location.read("placeLocation")?;
    let start = iso(&segment.start_time, "startTime", options.zone.as_ref())?;
    let end = iso(&segment.end_time, "endTime", options.zone.as_ref())?;
    Ok(inferred(start.until(&end), at, options))
}

fn read_parking<'a>(parking: &'a Parking<'_>, options: &'a DecodeOptions) -> Result<Draft<'a>, Unused> {
    if parking.start_time.is_null() {
        return Err(Unused::NotAFix(NotAFix::InferredPath));
    }
    let at = parking.location.read("parking.location")?;
    Ok(inferred(iso(&parking.start_time, "parking.startTime", options.zone.as_ref())?, at, options))
}

fn read_path_point<'a>(
    p: &'a PathPoint<'_>,
    segment: &'a Segment<'_>,
    options: &'a DecodeOptions,
) -> Result<Draft<'a>, Unused> {
    let at = p.point.read("point")?;
    let zone = options.zone.as_ref();
    if !p.time.is_null() {
        return Ok(inferred(iso(&p.time, "time", zone)?, at, options));
    }
    let Some(minutes) = p.duration_minutes_offset_from_start_time.whole(OFFSET)? else {
        return Err(Unused::NotAFix(NotAFix::InferredPath));
    };
    let start = iso(&segment.start_time, "startTime", zone)?;
    let end = if segment.end_time.is_null() { None } else { Some(iso(&segment.end_time, "endTime", zone)?) };
    let end_us = end.map_or(i64::MAX, |m| m.reading.t1_us);
    Ok(inferred(minutes_after(&start, minutes, end_us)?, at, options))
}

const OFFSET: &str = "durationMinutesOffsetFromStartTime";

/// The minute that begins `minutes` whole minutes after `start`; the segment ends at `end_us`.
///
/// The text is the start as written, and the minutes: `2024-03-01T08:00:00.000Z +49 min`.
fn minutes_after(start: &Moment<'_>, minutes: i64, end_us: i64) -> Result<Moment<'static>, Fault> {
    let fault = |reason| Fault { field: OFFSET, value: minutes.to_string(), reason };
    if minutes < 0 {
        return Err(fault(RejectReason::NotAllowed));
    }
    let later = |us: i64| minutes.checked_mul(US_PER_MINUTE).and_then(|offset| us.checked_add(offset));
    let (Some(t0_us), Some(t1_us)) = (later(start.reading.t0_us), later(start.reading.t1_us)) else {
        return Err(fault(RejectReason::TimeRange));
    };
    if t0_us > end_us {
        return Err(fault(RejectReason::NotAllowed));
    }
    let reading = Reading { t0_us, t1_us: t1_us.saturating_add(US_PER_MINUTE - 1), ambiguous: start.reading.ambiguous };
    Ok(Moment { reading, text: Cow::Owned(format!("{} +{minutes} min", start.text)) })
}

/// Whether these bytes write the fields of a segment, whole or cut off.
pub(super) fn names_a_segment(stream: &super::json_stream::JsonStream<'_>) -> bool {
    let kinds = ["visit", "activity", "timelinePath", "timelineMemory"];
    stream.value_names("startTime") && kinds.iter().any(|kind| stream.value_names(kind))
}

#[cfg(test)]
mod tests {
    use super::super::Collected;
    use super::*;

    fn read(json: &str) -> Collected {
        let mut sink = Collected::default();
        decode_segment(json.as_bytes(), 1, "[0]", &DecodeOptions::default(), &mut sink).unwrap();
        sink
    }

    #[test]
    fn one_bad_point_does_not_cost_the_others() {
        let kept = read(
            r#"{"startTime": "2024-03-01T10:00:00Z", "timelinePath": [
                {"point": "geo:51.5,0.1", "durationMinutesOffsetFromStartTime": 1},
                ["geo:51.5,0.1", "2024-03-01T10:00:00Z"], 5, null,
                {"point": 51.5, "time": "2024-03-01T10:00:00Z"}, {"point": [51.5, 0.1], "time": "2024-03-01T10:00:00Z"},
                {"point": "geo:51.5,0.1", "time": "2024-03-01T10:05:00Z"}]}"#,
        );
        assert_eq!(kept.fixes.len(), 2);
        let rejected: Vec<_> = kept.rejects.iter().map(|r| (r.path.as_str(), r.reason)).collect();
        let (syntax, number) = (RejectReason::Syntax, RejectReason::NotANumber);
        let path = |i: usize| format!("[0].timelinePath[{i}]");
        let expected = [(path(1), syntax), (path(2), syntax), (path(3), syntax), (path(4), number), (path(5), number)];
        assert_eq!(rejected, expected.each_ref().map(|(p, r)| (p.as_str(), *r)));
    }

    #[test]
    fn a_visit_in_an_unknown_layout_is_a_reject_and_not_a_visit_without_a_position() {
        let kept = read(r#"{"visit": [{"topCandidate": {"placeLocation": "geo:51.5,0.1"}}]}"#);
        assert_eq!((kept.rejects.len(), kept.not_fixes.len()), (1, 0));
    }

    #[test]
    fn a_segment_of_two_kinds_gives_both() {
        let kept = read(
            r#"{"startTime": "2024-03-01T10:00:00Z", "endTime": "2024-03-01T11:00:00Z",
                "visit": {"topCandidate": {"placeLocation": "geo:51.5,0.1"}},
                "timelinePath": [{"point": "geo:51.5,0.1", "time": "2024-03-01T10:05:00Z"}]}"#,
        );
        assert_eq!(
            kept.fixes.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(),
            ["[0].visit", "[0].timelinePath[0]"]
        );
    }
}
