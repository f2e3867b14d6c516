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

/// What `findings(case, zone)` gives: no table of its own, but described like one.
pub(super) const FINDINGS: TableDoc = TableDoc {
    name: "findings",
    meaning: "What the records of a case say to one question, computed when it is asked for",
    judged: Judged::WholeCase,
    columns: FINDING,
};

const FINDING: &[ColumnDoc] = &[
    text("case_id", "The case"),
    text(
        "finding_id",
        "The name of the question with its parameters, whatever the answer: a later answer replaces an earlier",
    ),
    text(
        "topic",
        "What it is about: incident, meeting, visit, following, coincidence, strength, attribution, quality, pattern",
    ),
    text("class", "fact: what records show; evaluation: what they mean, which only a competent person may state"),
    or_null(text("device_id", "The suspect's device it is about, if it is about one")),
    text(
        "about",
        "What the device is compared with: an incident's reference, a place's name, a device; empty if nothing",
    ),
    text("question", "The question in words"),
    text("answer", "The answer as one word"),
    text("says", "The answer in words"),
    text("figures", "What was computed: a JSON array of names and values"),
    text("fixes", "The records that decide it, with exhibit and row: a JSON array"),
    text("parameters", "What it was computed with: a JSON array of names and values"),
    text("sensitivity", "What the answer would have been with other parameters: a JSON array"),
    text("alternatives", "What else would give the same records: a JSON array of texts"),
    text("limits", "What the records cannot show: a JSON array of texts"),
];
