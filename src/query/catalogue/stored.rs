//! Tables of what was recorded and found, as the store keeps them.

use super::{ColumnDoc, Judged, Kind, TableDoc, column, float, moment, or_null, small, text, truth, whole};

pub(super) const TABLES: &[TableDoc] = &[
    TableDoc {
        name: "fixes",
        meaning: "A location record, as it was decoded",
        judged: Judged::ByTime("t0", "t1"),
        columns: FIXES,
    },
    TableDoc {
        name: "proximity",
        meaning: "A suspect's fix near a target, as it holds now",
        judged: Judged::ByTime("t0", "t1"),
        columns: PROXIMITY,
    },
    TableDoc {
        name: "proximity_revisions",
        meaning: "A revision of a proximity; the greatest holds",
        judged: Judged::ByTime("t0", "t1"),
        columns: PROXIMITY,
    },
    TableDoc {
        name: "encounters",
        meaning: "A run of proximities of one device and one target, as it holds now",
        judged: Judged::ByTime("enter", "exit"),
        columns: ENCOUNTERS,
    },
    TableDoc {
        name: "encounter_revisions",
        meaning: "A revision of an encounter; the greatest holds",
        judged: Judged::ByTime("enter", "exit"),
        columns: ENCOUNTERS,
    },
    TableDoc { name: "exhibits", meaning: "A returned file", judged: Judged::ByCase, columns: EXHIBITS },
    TableDoc {
        name: "rejects",
        meaning: "What could not be used, with the reason; when it was cannot be known",
        judged: Judged::WholeCase,
        columns: REJECTS,
    },
];

const CASE: ColumnDoc = text("case_id", "The case");
const STORED: ColumnDoc = moment("stored_at", "When it was committed");

const FIXES: &[ColumnDoc] = &[
    CASE,
    whole("fix_id", "Identifier from the content"),
    text("device_id", "The device, as the record names it"),
    text("source", "The kind of source: gps, wifi, cell, anpr, ..."),
    moment("t0", "Start of the record's time"),
    moment("t1", "End of the record's time"),
    float("lat_deg", "degrees", "Latitude, WGS84"),
    float("lon_deg", "degrees", "Longitude, WGS84"),
    or_null(float("uncertainty_m", "m", "Radius that holds the share `confidence`; null if none is stated")),
    float("confidence", "share", "What the radius stands for, 0 to 1"),
    text("basis", "What the position rests on"),
    or_null(float("azimuth_deg", "degrees", "Of a sector or camera, clockwise from north")),
    text("exhibit", "SHA-256 of the exhibit, hex"),
    text("file", "The exhibit's name"),
    whole("row", "Row in the file, from 1"),
    or_null(text("path", "Path to the record; null where the row says it all")),
    text("time_text", "The time exactly as written"),
    truth("time_ambiguous", "The local time had two readings"),
    whole("h3", "H3 cell of the centre at resolution 9"),
    small("origin_partition", "Partition of the topic it came through"),
    whole("origin_offset", "Its offset there"),
    STORED,
];

const PROXIMITY: &[ColumnDoc] = &[
    CASE,
    whole("proximity_id", "Identifier from the content"),
    whole("fix_id", "The suspect's fix"),
    text("target_kind", "victim_fix, place or incident"),
    text("target_id", "The target: a fix's identifier, a place, an incident"),
    text("device_id", "The device of the fix"),
    moment("t0", "Start of the fix's time"),
    moment("t1", "End of the fix's time"),
    float("distance_m", "m", "Between the centres"),
    text("grade", "definite, probable or possible"),
    float("p_within", "share", "Probability of being within `radius_m`"),
    float("radius_m", "m", "The radius asked for"),
    float("window_s", "s", "The window asked for"),
    whole("revision", "How much was taken into account; the greatest holds"),
    text("status", "current or withdrawn"),
    text("why", "Why this revision was made; empty for the first"),
    STORED,
];

const ENCOUNTERS: &[ColumnDoc] = &[
    CASE,
    text("encounter_id", "The identifier it keeps while it grows"),
    text("content_id", "Identifier of all that it rests on"),
    text("device_id", "The suspect's device"),
    text("target_kind", "victim_fix, place or incident"),
    text("target", "The victim's device, the place, the incident"),
    moment("enter", "When its first records begin"),
    moment("exit", "When its last records end"),
    text("grade", "The best of its proximities: definite, probable or possible"),
    float("p_within_max", "share", "Greatest probability of being within the radius"),
    float("p_within_mean", "share", "Mean probability of being within the radius"),
    float("min_distance_m", "m", "Least distance of recorded positions"),
    or_null(float("closest_approach_m", "m", "Least distance of the interpolated tracks")),
    or_null(moment("closest_approach_at", "When that was")),
    whole("suspect_fixes", "How many of the suspect's fixes it rests on"),
    whole("target_fixes", "How many fixes of the target it rests on"),
    text("sources", "The kinds of sources, with commas between"),
    truth("single_fix", "It rests on one fix of the suspect: no stay can be told"),
    whole("proximities", "How many proximities it has"),
    truth("closed", "Its device has later records: only late ones can still change it"),
    whole("revision", "How much was taken into account; the greatest holds"),
    text("status", "current, superseded or withdrawn"),
    or_null(text("superseded_by", "The encounter that took its place")),
    text("why", "Why this revision was made; empty for the first"),
    STORED,
];

const EXHIBITS: &[ColumnDoc] = &[
    CASE,
    text("sha256", "SHA-256 of the bytes as returned, hex"),
    text("name", "The file's name as given"),
    column("bytes", Kind::Whole, "bytes", "Its size"),
    text("stored_path", "Where it stands, from the store's root"),
    moment("imported_at", "When it was given"),
    text("subject", "Whose records it holds"),
    text("device", "The device of records that name none; or the only one asked for"),
    truth("finished", "All its rows are in the tables; the last row of an exhibit holds"),
    STORED,
];

const REJECTS: &[ColumnDoc] = &[
    CASE,
    text("topic", "Where it came from: a topic, or the file's name"),
    or_null(small("partition", "The topic's partition; null for a file")),
    or_null(whole("offset", "The message's offset; null for a file")),
    whole("row", "Row in the message or file, from 1"),
    text("field", "The field at fault; empty if it is the whole row"),
    text("value", "Its value, cut to a length"),
    text("reason", "A word for what is wrong"),
    or_null(column("bytes", Kind::Bytes, "", "The message as it came")),
    STORED,
];
