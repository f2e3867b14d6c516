//! Flags as the output topics have them: one JSON object each, its fields in the order of their names.

use std::fmt::Display;

use serde::Serialize;

use super::input::{EncounterOut, ProximityOut};
use super::said::Change;
use crate::decode::message::MessageReject;
use crate::encounter::ContentId;
use crate::model::ProximityParams;
use crate::time::utc_text;

/// What is shown as text.
struct Shown<T>(T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A moment, UTC microseconds.
struct Moment(i64);

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&utc_text(self.0))
    }
}

#[derive(Serialize)]
struct ProximityJson<'a> {
    case_id: &'a str,
    device_id: &'a str,
    distance_m: f64,
    fix_id: Shown<ContentId>,
    grade: &'a str,
    p_within: f64,
    proximity_id: Shown<ContentId>,
    radius_m: f64,
    revision: i64,
    status: &'a str,
    t0: Moment,
    t1: Moment,
    target_id: &'a str,
    target_kind: &'a str,
    why: &'a str,
    window_us: i64,
}

/// A proximity as the topic has it; `docs/schemas/proximity-1.schema.json`.
pub fn proximity_json(out: &ProximityOut, params: &ProximityParams, revision: i64) -> String {
    let p = &out.said;
    text(&ProximityJson {
        case_id: &out.case_id,
        device_id: &p.device,
        distance_m: p.distance_m,
        fix_id: Shown(p.fix),
        grade: p.grade.as_str(),
        p_within: p.p_within,
        proximity_id: Shown(p.id),
        radius_m: params.radius_m,
        revision,
        status: if out.withdrawn { "withdrawn" } else { "current" },
        t0: Moment(p.t0_us),
        t1: Moment(p.t1_us),
        target_id: &p.target_id,
        target_kind: p.target_kind.as_str(),
        why: &out.why,
        window_us: params.window_us,
    })
}

#[derive(Serialize)]
struct EncounterJson<'a> {
    case_id: &'a str,
    change: &'a str,
    closed: bool,
    closest_approach_at: Option<Moment>,
    closest_approach_m: Option<f64>,
    content_id: &'a str,
    device_id: &'a str,
    encounter_id: Shown<ContentId>,
    enter: Moment,
    exit: Moment,
    gap_us: i64,
    grade: &'a str,
    min_distance_m: f64,
    p_within_max: f64,
    p_within_mean: f64,
    proximities: u32,
    radius_m: f64,
    revision: i64,
    single_fix: bool,
    sources: &'a [String],
    status: &'a str,
    superseded_by: Option<Shown<ContentId>>,
    suspect_fixes: u32,
    target: &'a str,
    target_fixes: u32,
    target_kind: &'a str,
    why: &'a str,
    window_us: i64,
}

/// An encounter as the topic has it; `docs/schemas/encounter-1.schema.json`.
pub fn encounter_json(out: &EncounterOut, params: &ProximityParams, revision: i64) -> String {
    let e = &out.said.encounter;
    let by = match out.said.change {
        Change::Superseded(by) => Some(Shown(by)),
        _ => None,
    };
    text(&EncounterJson {
        case_id: &out.case_id,
        change: out.said.change.as_str(),
        closed: e.closed,
        closest_approach_at: e.closest_approach_us.map(Moment),
        closest_approach_m: e.closest_approach_m,
        content_id: &e.content,
        device_id: &e.device,
        encounter_id: Shown(e.id),
        enter: Moment(e.enter_us),
        exit: Moment(e.exit_us),
        gap_us: params.gap_us,
        grade: e.grade.as_str(),
        min_distance_m: e.min_distance_m,
        p_within_max: e.p_within_max,
        p_within_mean: e.p_within_mean,
        proximities: e.proximities,
        radius_m: params.radius_m,
        revision,
        single_fix: e.single_fix,
        sources: &e.sources,
        status: out.said.change.status(),
        superseded_by: by,
        suspect_fixes: e.suspect_fixes,
        target: &e.target,
        target_fixes: e.target_fixes,
        target_kind: e.target_kind.as_str(),
        why: &out.why,
        window_us: params.window_us,
    })
}

#[derive(Serialize)]
struct RejectJson<'a> {
    advice: &'a str,
    case_id: Option<&'a str>,
    field: &'a str,
    offset: i64,
    partition: i32,
    payload: &'a str,
    reason: &'a str,
    row: u64,
    topic: &'a str,
    value: &'a str,
}

/// A reject as the topic has it; `docs/schemas/reject-1.schema.json`.
pub fn reject_json(reject: &MessageReject) -> String {
    text(&RejectJson {
        advice: reject.reason.advice(),
        case_id: reject.case_id.as_deref(),
        field: &reject.field,
        offset: reject.offset,
        partition: reject.partition,
        payload: &String::from_utf8_lossy(&reject.bytes),
        reason: reject.reason.as_str(),
        row: reject.row,
        topic: reject.topic.as_str(),
        value: &reject.value,
    })
}

/// Nothing in a flag is what JSON cannot hold: a number that is none is null.
fn text(flag: &impl Serialize) -> String {
    serde_json::to_string(flag).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Grade, TargetKind};
    use crate::stream::said::{EncounterRevision, EncounterSaid};
    use serde_json::Value;

    fn encounter() -> EncounterOut {
        let encounter = EncounterSaid {
            id: ContentId::from_i64(-1),
            content: "abc".to_owned(),
            device: "his \"phone\"".to_owned(),
            target_kind: TargetKind::Place,
            target: "home".to_owned(),
            enter_us: 1_700_000_000_000_000,
            exit_us: 1_700_000_000_500_000,
            grade: Grade::Probable,
            p_within_max: 1.0,
            p_within_mean: f64::NAN,
            min_distance_m: 5.25,
            closest_approach_m: None,
            closest_approach_us: Some(0),
            suspect_fixes: 1,
            target_fixes: 2,
            sources: vec!["gps".to_owned()],
            single_fix: true,
            proximities: 2,
            closed: false,
        };
        let said = EncounterRevision { encounter, change: Change::Superseded(ContentId::from_i64(7)) };
        EncounterOut { case_id: "C".to_owned(), said, why: String::new() }
    }

    #[test]
    fn an_encounter_is_one_object_with_sorted_names_and_null_for_what_is_no_number() {
        let json = encounter_json(&encounter(), &ProximityParams::default(), 9);
        let read: Value = serde_json::from_str(&json).unwrap();
        // serde_json's own objects are in the order of their names.
        assert_eq!(read.to_string(), json);
        assert_eq!(read["encounter_id"], "ffffffffffffffff");
        assert_eq!(read["superseded_by"], "0000000000000007");
        assert_eq!(read["device_id"], "his \"phone\"");
        assert_eq!(read["enter"], "2023-11-14T22:13:20Z");
        assert!(read["p_within_mean"].is_null() && read["closest_approach_m"].is_null());
        assert_eq!((&read["p_within_max"], &read["min_distance_m"]), (&1.0.into(), &5.25.into()));
    }
}
