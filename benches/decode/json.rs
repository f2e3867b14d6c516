//! The JSON formats: Google's exports, `GeoJSON`, `OwnTracks` and Locard's own lines.

use locard::decode::{geojson, ndjson, owntracks, records, semantic, timeline_android, timeline_ios};

use super::sample::{Maker, Sample, epoch_s, iso, position, position_e7, put};

pub const MAKERS: &[Maker] = &[ndjson, records, semantic, timeline_android, timeline_ios, geojson, owntracks];

fn ndjson(bytes: usize) -> Sample {
    Sample::text("ndjson", ndjson::decode, bytes, ["", "", ""], |text, i| {
        let ((lat, lon), ts) = (position(i), epoch_s(i) * 1_000_000);
        let device = i % 100;
        put(
            text,
            format_args!(
                "{{\"case_id\":\"C1\",\"device_id\":\"dev-{device}\",\"role\":\"suspect\",\"ts\":{ts},\"lat\":{lat},\
                 \"lon\":{lon},\"accuracy_m\":12.5,\"source\":\"gps\"}}\n"
            ),
        );
        1
    })
}

fn records(bytes: usize) -> Sample {
    Sample::text("google-records", records::decode, bytes, ["{\"locations\": [\n", ",\n", "\n]}\n"], |text, i| {
        let ((lat, lon), time) = (position_e7(i), iso(i));
        put(
            text,
            format_args!(
                "{{\"latitudeE7\": {lat}, \"longitudeE7\": {lon}, \"accuracy\": 12, \"altitude\": 45, \
                 \"source\": \"WIFI\", \"deviceTag\": 1111, \"timestamp\": \"{time}\", \
                 \"activity\": [{{\"activity\": [{{\"type\": \"STILL\", \"confidence\": 99}}], \
                 \"timestamp\": \"{time}\"}}]}}"
            ),
        );
        1
    })
}

/// Points of a journey's raw path or of a timeline's.
const POINTS: u64 = 20;

/// A stay, and a journey with its raw points.
fn semantic(bytes: usize) -> Sample {
    let frame = ["{\"timelineObjects\": [\n", ",\n", "\n]}\n"];
    Sample::text("google-semantic", semantic::decode, bytes, frame, |text, element| {
        let first = element * (POINTS + 1);
        let ((lat, lon), [start, end]) = (position_e7(first), [first, first + POINTS].map(iso));
        put(
            text,
            format_args!(
                "{{\"placeVisit\": {{\"location\": {{\"latitudeE7\": {lat}, \"longitudeE7\": {lon}, \
                 \"placeId\": \"place-1\"}}, \"duration\": {{\"startTimestamp\": \"{start}\", \
                 \"endTimestamp\": \"{start}\"}}, \"placeConfidence\": \"HIGH_CONFIDENCE\"}}}},\n\
                 {{\"activitySegment\": {{\"duration\": {{\"startTimestamp\": \"{start}\", \
                 \"endTimestamp\": \"{end}\"}}, \"distance\": 700, \"activityType\": \"WALKING\", \
                 \"simplifiedRawPath\": {{\"points\": ["
            ),
        );
        for i in first..first + POINTS {
            let ((lat, lon), time, comma) = (position_e7(i), iso(i), if i > first { ", " } else { "" });
            put(
                text,
                format_args!(
                    "{comma}{{\"latE7\": {lat}, \"lngE7\": {lon}, \"accuracyMeters\": 12, \"timestamp\": \"{time}\"}}"
                ),
            );
        }
        text.push_str("]}}}");
        1 + POINTS
    })
}

/// A path, and a stay.
fn timeline_android(bytes: usize) -> Sample {
    let frame = ["{\"semanticSegments\": [\n", ",\n", "\n]}\n"];
    Sample::text("timeline-android", timeline_android::decode, bytes, frame, |text, element| {
        let first = element * (POINTS + 1);
        let [start, end] = [first, first + POINTS].map(iso);
        put(text, format_args!("{{\"startTime\": \"{start}\", \"endTime\": \"{end}\", \"timelinePath\": ["));
        for i in first..first + POINTS {
            let ((lat, lon), time, comma) = (position(i), iso(i), if i > first { ", " } else { "" });
            put(text, format_args!("{comma}{{\"point\": \"{lat}°, {lon}°\", \"time\": \"{time}\"}}"));
        }
        let (lat, lon) = position(first);
        put(
            text,
            format_args!(
                "]}},\n{{\"startTime\": \"{start}\", \"endTime\": \"{end}\", \"visit\": {{\"hierarchyLevel\": 0, \
                 \"topCandidate\": {{\"placeId\": \"place-1\", \"placeLocation\": {{\"latLng\": \"{lat}°, {lon}°\"}}}}}}}}"
            ),
        );
        POINTS + 1
    })
}

/// A path, and a stay.
fn timeline_ios(bytes: usize) -> Sample {
    Sample::text("timeline-ios", timeline_ios::decode, bytes, ["[\n", ",\n", "\n]\n"], |text, element| {
        let first = element * 60;
        let [start, end] = [first, first + 900].map(iso);
        put(text, format_args!("{{\"endTime\": \"{end}\", \"startTime\": \"{start}\", \"timelinePath\": ["));
        for minute in 0..POINTS {
            let ((lat, lon), comma) = (position(first + minute), if minute > 0 { ", " } else { "" });
            put(
                text,
                format_args!(
                    "{comma}{{\"point\": \"geo:{lat},{lon}\", \"durationMinutesOffsetFromStartTime\": \"{minute}\"}}"
                ),
            );
        }
        let (lat, lon) = position(first);
        put(
            text,
            format_args!(
                "]}},\n{{\"endTime\": \"{end}\", \"startTime\": \"{start}\", \"visit\": {{\"hierarchyLevel\": \"0\", \
                 \"topCandidate\": {{\"placeID\": \"place-1\", \"placeLocation\": \"geo:{lat},{lon}\"}}}}}}"
            ),
        );
        POINTS + 1
    })
}

fn geojson(bytes: usize) -> Sample {
    let frame = ["{\"type\": \"FeatureCollection\", \"features\": [\n", ",\n", "\n]}\n"];
    Sample::text("geojson", geojson::decode, bytes, frame, |text, i| {
        let ((lat, lon), time) = (position(i), iso(i));
        put(
            text,
            format_args!(
                "{{\"type\": \"Feature\", \"geometry\": {{\"type\": \"Point\", \"coordinates\": [{lon}, {lat}]}}, \
                 \"properties\": {{\"time\": \"{time}\", \"accuracy\": 12.5, \"device\": \"phone-1\"}}}}"
            ),
        );
        1
    })
}

fn owntracks(bytes: usize) -> Sample {
    Sample::text("owntracks", owntracks::decode, bytes, ["", "", ""], |text, i| {
        let ((lat, lon), time, tst) = (position(i), iso(i), epoch_s(i));
        put(
            text,
            format_args!(
                "{time}\t*                 \t{{\"_type\":\"location\",\"tst\":{tst},\"lat\":{lat},\"lon\":{lon},\
                 \"acc\":12,\"batt\":80,\"vel\":4,\"t\":\"p\",\"tid\":\"ab\",\"topic\":\"owntracks/user/phone\"}}\n"
            ),
        );
        1
    })
}
