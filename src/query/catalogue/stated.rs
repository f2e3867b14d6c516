//! Tables of what people said about cases: what holds now of their statements.

use super::{ColumnDoc, Judged, TableDoc, float, moment, or_null, text, truth, whole};

pub(super) const TABLES: &[TableDoc] = &[
    TableDoc { name: "cases", meaning: "A case, and whether it is open", judged: Judged::ByCase, columns: CASES },
    TableDoc {
        name: "subjects",
        meaning: "A person of a case in one role, as attributions and detentions name them",
        judged: Judged::ByCase,
        columns: SUBJECTS,
    },
    TableDoc {
        name: "attributions",
        meaning: "The claim that a device was a person's; of claims that were corrected the last, without those withdrawn",
        judged: Judged::ByCase,
        columns: ATTRIBUTIONS,
    },
    TableDoc {
        name: "targets",
        meaning: "A place of the victim or an incident, as stated; without those withdrawn",
        judged: Judged::ByTime("t0", "t1"),
        columns: TARGETS,
    },
    TableDoc {
        name: "custody",
        meaning: "A detention and its clock under PACE 1984, by the steps recorded; it says times, not lawfulness",
        judged: Judged::ByCase,
        columns: CUSTODY,
    },
    TableDoc {
        name: "requests",
        meaning: "A request for records and the period it was authorised for, as corrected; without those withdrawn",
        judged: Judged::ByCase,
        columns: REQUESTS,
    },
];

const CASE: ColumnDoc = text("case_id", "The case");
const EVENT: ColumnDoc = text("event_id", "The statement that holds");
const AUTHOR: ColumnDoc = text("author", "Who recorded it");
const RECORDED: ColumnDoc = moment("recorded_at", "When it was recorded");
const REASON: ColumnDoc = text("reason", "Why, in their words; may be empty");

const CASES: &[ColumnDoc] = &[
    CASE,
    text("status", "open, closed, or not_opened: something was said of it, not that it was opened"),
    or_null(moment("closed_at", "When it was closed")),
    moment("first_at", "When the first statement about it was recorded"),
];

const SUBJECTS: &[ColumnDoc] = &[
    CASE,
    text("subject_id", "The person"),
    text("role", "victim, suspect, third_party, unknown; a person who is only detained is unknown"),
    whole("devices", "How many devices are attributed to them in this role"),
    truth("detained", "There is a detention of them"),
];

const ATTRIBUTIONS: &[ColumnDoc] = &[
    CASE,
    text("attribution_id", "Names the claim in the case"),
    text("device_id", "The device, as its records name it"),
    text("subject_id", "The person"),
    text("role", "The person's part: victim, suspect, third_party, unknown"),
    or_null(moment("from_at", "From when; null for always")),
    or_null(moment("to_at", "Until when, exclusive; null for always")),
    text("basis", "What the claim rests on"),
    EVENT,
    AUTHOR,
    RECORDED,
    REASON,
];

const TARGETS: &[ColumnDoc] = &[
    CASE,
    text("target_id", "Names the target in the case"),
    text("kind", "place or incident"),
    text("name", "The place's name, or the incident's reference"),
    or_null(text("offence", "The kind of offence; null for a place")),
    or_null(moment("t0", "Start of the incident's window; null for a place, which is met at any time")),
    or_null(moment("t1", "End of the incident's window; null for a place")),
    float("lat_deg", "degrees", "Latitude, WGS84"),
    float("lon_deg", "degrees", "Longitude, WGS84"),
    or_null(float("reach_m", "m", "How far the place reaches, or the uncertainty of the incident's position")),
    or_null(text("exhibit", "SHA-256 of the incident's exhibit, hex; null for a place")),
    or_null(text("time_text", "The incident's times exactly as written; null for a place")),
    EVENT,
    AUTHOR,
    RECORDED,
    REASON,
];

const CUSTODY: &[ColumnDoc] = &[
    CASE,
    text("custody_id", "Names the detention in the case"),
    text("subject_id", "The person detained"),
    moment("relevant_at", "The relevant time (s.41(2)), from which the clock runs"),
    text("ceiling", "What the ceiling in force rests on"),
    moment("ceiling_at", "When it is reached; of a stopped clock, if it went on at once"),
    moment("limit_at", "The absolute limit (s.44); of a stopped clock, if it went on at once"),
    or_null(moment("review_at", "When the next review is due (s.40)")),
    or_null(moment("stopped_at", "The clock of the ceiling is stopped since then (s.41(6))")),
    or_null(moment("released_at", "When detention ended")),
    whole("remarks", "How many steps do not count as recorded, for a person to look at"),
    or_null(text("ceiling_author", "Who recorded the step that set the ceiling")),
];

const REQUESTS: &[ColumnDoc] = &[
    CASE,
    text("request_id", "Names the request"),
    text("holder", "Of whom: an operator, a platform, a force"),
    text("authority", "The authority it was made under"),
    text("device_id", "The device or account asked for"),
    moment("from_at", "Start of the authorised period"),
    moment("to_at", "End of the authorised period, exclusive"),
    moment("requested_at", "When it was made"),
    or_null(moment("due_at", "When it is due; null if that is not said")),
    or_null(moment("returned_at", "When records were returned; null if none were yet")),
    or_null(text("exhibit", "SHA-256 of what was returned, hex; null if that is not said")),
    EVENT,
    AUTHOR,
    RECORDED,
    REASON,
];
