//! Tables that are counted together from what the viewer may see.

use super::{ColumnDoc, Judged, TableDoc, float, moment, or_null, text, whole};

pub(super) const TABLES: &[TableDoc] = &[TableDoc {
    name: "devices",
    meaning: "A device of a case, of the records that the viewer may see",
    judged: Judged::ByCase,
    columns: DEVICES,
}];

const DEVICES: &[ColumnDoc] = &[
    text("case_id", "The case"),
    text("device_id", "The device, as its records name it"),
    whole("fixes", "How many records there are"),
    moment("first_at", "When the first begins"),
    moment("last_at", "When the last ends"),
    whole("sources", "How many kinds of sources"),
    whole("exhibits", "How many exhibits they come from"),
];

/// What `scene_search(case, least, radius_m, window)` gives: no table of its own, but described like one.
pub(super) const SCENE_SEARCH: TableDoc = TableDoc {
    name: "scene_search",
    meaning: "A device at one of a case's incidents, of those that were at several, among the records of all cases",
    judged: Judged::ByCase,
    columns: SCENES,
};

const SCENES: &[ColumnDoc] = &[
    text("case_id", "The case whose incidents were searched for"),
    or_null(text(
        "device",
        "A made-up name, the same for the same device in each search of this case; null if none was found",
    )),
    or_null(text("device_id", "The device's own name, if a case that the viewer may see has records of it; else null")),
    or_null(whole("scenes", "At how many of the incidents it was recorded")),
    whole("of_scenes", "Of how many"),
    or_null(float("by_chance", "devices", "How many devices would be at as many if each went to each independently")),
    or_null(text("scene", "An incident at which it was recorded")),
    or_null(moment("first_at", "When its first record there begins")),
    or_null(moment("last_at", "When its last record there ends")),
    whole("others", "How many devices of people outside the viewer's cases were looked at, in all rows the same"),
];
