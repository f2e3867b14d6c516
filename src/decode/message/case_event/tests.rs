use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::case_event_sample::any_event;

const SCHEMA: &str = include_str!("../../../../docs/schemas/case-event-1.schema.json");
/// 2026-06-01T00:00:00Z.
const NOW_US: i64 = 1_780_272_000_000_000;

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

/// The examples by file name.
fn examples() -> Vec<(String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas/examples/case-event-1");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn example(name: &str) -> Value {
    examples().into_iter().find(|(n, _)| n == name).unwrap().1
}

fn read(value: &Value) -> Result<CaseEvent, CaseEventFault> {
    case_event(value.to_string().as_bytes(), NOW_US)
}

/// Sets a field, given as `name` or `place.name`.
fn with(mut value: Value, field: &str, to: Value) -> Value {
    let path = format!("/{}", field.replace('.', "/"));
    let (parent, name) = path.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap()[name] = to;
    value
}

fn without(mut value: Value, field: &str) -> Value {
    let path = format!("/{}", field.replace('.', "/"));
    let (parent, name) = path.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
    value
}

/// The fault of an example with one field set.
fn fault(name: &str, field: &str, to: Value) -> (String, RejectReason) {
    let fault = read(&with(example(name), field, to)).unwrap_err();
    (fault.field, fault.reason)
}

fn names(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().map(|v| v.as_str().unwrap().to_owned()).collect()
}

/// The fields that the schema requires of a kind.
fn required(kind: &str) -> BTreeSet<String> {
    let schema = schema();
    let mut required = names(&schema["required"]);
    for rule in schema["allOf"].as_array().unwrap() {
        if names(&rule["if"]["properties"]["kind"]["enum"]).contains(kind) {
            required.extend(names(&rule["then"]["required"]));
        }
    }
    required
}

fn fits(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        _ => false,
    }
}

/// Every field of an example that is written in it, with its schema; those of `place` and `incident` with a prefix.
fn described(value: &Value) -> Vec<(String, Value, Value)> {
    let schema = schema();
    let mut found = Vec::new();
    for (name, value) in value.as_object().unwrap() {
        let property = &schema["properties"][name];
        let Some(definition) = property["$ref"].as_str() else {
            found.push((name.clone(), value.clone(), property.clone()));
            continue;
        };
        let definition = &schema["$defs"][definition.strip_prefix("#/$defs/").unwrap()];
        for (inner, value) in value.as_object().unwrap() {
            found.push((format!("{name}.{inner}"), value.clone(), definition["properties"][inner].clone()));
        }
    }
    found
}

#[test]
fn every_example_is_as_the_schema_says_and_is_read() {
    for (name, value) in examples() {
        for (field, value, schema) in described(&value) {
            assert!(schema["description"].as_str().is_some_and(|d| d.len() > 5), "{name}: {field} is not described");
            let kinds = match &schema["type"] {
                Value::Array(_) => names(&schema["type"]),
                kind => BTreeSet::from([kind.as_str().unwrap().to_owned()]),
            };
            assert!(kinds.iter().any(|kind| fits(&value, kind)), "{name}: {field}: {value} is not {kinds:?}");
            let allowed = schema["enum"].as_array().is_none_or(|allowed| allowed.contains(&value));
            assert!(allowed && schema.get("const").is_none_or(|c| *c == value), "{name}: {field}: {value}");
        }
        let kind = value["kind"].as_str().unwrap();
        for field in required(kind) {
            assert!(value.get(&field).is_some(), "{name}: {field} is required");
        }
        let read = read_case_event(value.to_string().as_bytes(), NOW_US).unwrap();
        assert_eq!(read.aside, BTreeMap::new(), "{name}");
        let written = kind.replace("_corrected", "_added");
        assert_eq!(read.event.change.kind(), written, "{name}");
    }
}

#[test]
fn there_is_an_example_of_every_kind_and_every_field_and_the_kinds_are_those_of_the_program() {
    let schema = schema();
    let examples = examples();
    let kinds: BTreeSet<_> = examples.iter().map(|(_, v)| v["kind"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, names(&schema["properties"]["kind"]["enum"]));
    let used: BTreeSet<_> = examples.iter().flat_map(|(_, v)| described(v)).map(|(field, ..)| field).collect();
    for (prefix, properties) in [
        ("", &schema["properties"]),
        ("place.", &schema["$defs"]["Place"]["properties"]),
        ("incident.", &schema["$defs"]["Incident"]["properties"]),
    ] {
        for (name, property) in properties.as_object().unwrap() {
            let field = format!("{prefix}{name}");
            assert!(used.contains(&field) || property.get("$ref").is_some(), "{field} is in no example");
        }
    }
}

/// Required fields that are moments.
const TIMES: [&str; 7] =
    ["recorded_at", "at", "relevant_time", "incident.t0", "period_from", "period_to", "requested_at"];

#[test]
fn a_required_field_that_is_missing_is_named() {
    let missing = |field: &str| (field.to_owned(), RejectReason::Missing);
    let seen = |value: &Value| read(value).map_err(|f| (f.field, f.reason)).unwrap_err();
    for (name, value) in examples() {
        let mut fields = required(value["kind"].as_str().unwrap());
        for (object, definition) in [("place", "Place"), ("incident", "Incident")] {
            if value.get(object).is_some() {
                let inner = names(&schema()["$defs"][definition]["required"]);
                fields.extend(inner.iter().map(|field| format!("{object}.{field}")));
            }
        }
        for field in fields {
            assert_eq!(seen(&without(value.clone(), &field)), missing(&field), "{name}");
            assert_eq!(seen(&with(value.clone(), &field, Value::Null)), missing(&field), "{name}: null");
            if value.pointer(&format!("/{}", field.replace('.', "/"))).is_some_and(Value::is_string)
                && !TIMES.contains(&field.as_str())
            {
                assert_eq!(seen(&with(value.clone(), &field, json!("  "))), missing(&field), "{name}: blank");
            }
        }
    }
    assert_eq!(seen(&without(example("target_added_place"), "place")), missing("place"));
}

#[test]
fn a_value_of_another_type_is_named() {
    for (name, value) in examples() {
        for (field, ..) in described(&value) {
            let fault = read(&with(value.clone(), &field, json!([1]))).unwrap_err();
            assert_eq!((fault.field, fault.value.as_str()), (field, "[1]"), "{name}");
        }
    }
    assert_eq!(fault("target_added_place", "place", json!("home")).0, "place");
    let both = with(example("target_added_place"), "incident", example("target_added_incident")["incident"].clone());
    assert_eq!(read(&both).unwrap_err().field, "incident");
}

#[test]
fn absurd_values_are_refused_with_the_field_and_the_reason() {
    use RejectReason as R;
    let place = |field: &str, value: Value| fault("target_added_place", &format!("place.{field}"), value);
    let incident = |field: &str, value: Value| fault("target_added_incident", &format!("incident.{field}"), value);
    let is = |field: &str, reason| (field.to_owned(), reason);
    assert_eq!(place("lat_deg", json!(181)), is("place.lat_deg", R::LatitudeRange));
    assert_eq!(place("lon_deg", json!(-180.01)), is("place.lon_deg", R::LongitudeRange));
    assert_eq!(place("lat_deg", json!("51.5")), is("place.lat_deg", R::NotANumber));
    assert_eq!(place("lat_deg", json!("NaN")), is("place.lat_deg", R::NotANumber));
    for radius in [json!(-1), json!(100_000.1), json!(4.0e7)] {
        assert_eq!(place("radius_m", radius.clone()), is("place.radius_m", R::UncertaintyRange));
        assert_eq!(incident("uncertainty_m", radius), is("incident.uncertainty_m", R::UncertaintyRange));
    }
    assert_eq!(incident("t1", json!("2026-03-27T18:39:00Z")), is("incident.t1", R::TimeOrder));
    assert_eq!(incident("exhibit", json!("AB")), is("incident.exhibit", R::NotAllowed));
    assert_eq!(incident("row", json!(-1)), is("incident.row", R::NotANumber));

    let recorded = |value: Value| fault("opened", "recorded_at", value);
    assert_eq!(recorded(json!("1970-01-01T00:00:00Z")), is("recorded_at", R::TimeRange));
    assert_eq!(recorded(json!(1_780_272_000)), is("recorded_at", R::TimeRange), "seconds are not microseconds");
    assert_eq!(recorded(json!(NOW_US + AHEAD_US + 1)), is("recorded_at", R::TimeRange));
    assert!(read(&with(example("opened"), "recorded_at", json!(NOW_US + AHEAD_US))).is_ok(), "a clock that is ahead");
    assert_eq!(recorded(json!("2026-03-29T00:10:00")), is("recorded_at", R::TimeZoneUnknown));
    assert_eq!(recorded(json!("29/03/2026 00:10")), is("recorded_at", R::TimeFormat));
    assert_eq!(recorded(json!(1.5)), is("recorded_at", R::TimeFormat));
    assert_eq!(recorded(json!(u64::MAX)), is("recorded_at", R::TimeFormat));

    let to = fault("attribution_corrected", "to", json!("2026-01-14T00:00:00Z"));
    assert_eq!(to, is("to", R::TimeOrder), "an end that is not after the start");
    assert_eq!(fault("attribution_added", "role", json!("Suspect")), is("role", R::NotAllowed));
    assert_eq!(fault("opened", "kind", json!("reopened")), is("kind", R::NotAllowed));
    assert_eq!(fault("opened", "version", json!(2)), is("version", R::NotAllowed));
    assert_eq!(fault("opened", "case_id", json!("x".repeat(NAME_BYTES + 1))), is("case_id", R::NotAllowed));
    assert_eq!(fault("opened", "reason", json!("x".repeat(TEXT_BYTES + 1))), is("reason", R::NotAllowed));
    let request = |field: &str, value: Value| fault("request_added", field, value);
    assert_eq!(request("period_to", json!("2026-01-14T00:00:00Z")), is("period_to", R::TimeOrder));
    assert_eq!(request("period_from", json!(NOW_US + AHEAD_US + 1)), is("period_from", R::TimeRange));
    assert_eq!(request("requested_at", json!(NOW_US + AHEAD_US + 1)), is("requested_at", R::TimeRange));
    assert_eq!(request("due_at", json!("2036-08-01T00:00:00Z")), is("due_at", R::TimeRange));
    assert!(read(&with(example("request_added"), "due_at", json!("2036-05-01T00:00:00Z"))).is_ok(), "it lies ahead");
    assert_eq!(fault("request_returned", "exhibit", json!("AB")), is("exhibit", R::NotAllowed));
    for length in [json!(0), json!(MAX_LENGTH_US + 1), json!(u64::MAX)] {
        assert_eq!(fault("custody_warrant_issued", "length_us", length), is("length_us", R::NotAllowed));
    }
}

#[test]
fn bytes_that_are_no_statement_are_refused_as_a_whole() {
    let fault = |bytes: &[u8]| case_event(bytes, NOW_US).map_err(|f| (f.field, f.reason)).unwrap_err();
    let whole = |reason| (String::new(), reason);
    assert_eq!(fault(b""), whole(RejectReason::Syntax));
    assert_eq!(fault(b"[1]"), whole(RejectReason::Syntax));
    assert_eq!(fault(b"{\"case_id\": \"c\""), whole(RejectReason::Syntax));
    assert_eq!(fault(b"{} {}"), whole(RejectReason::Syntax));
    assert_eq!(fault(b"{\"case_id\": NaN}"), whole(RejectReason::Syntax));
    assert_eq!(fault(b"{\"case_id\": \"\xff\"}"), whole(RejectReason::NotUtf8));
    assert_eq!(fault(b"{\"x\": 1e999}"), whole(RejectReason::NotANumber));
    assert_eq!(fault(&vec![b' '; MAX_BYTES + 1]), whole(RejectReason::NotAllowed));
    assert_eq!(fault(br#"{"case_id":"c","case_id":"d"}"#), ("case_id".to_owned(), RejectReason::NotAllowed));
    let shown = case_event(br#"{"version": 7}"#, NOW_US).unwrap_err().to_string();
    assert_eq!(shown, "version: value not allowed here (7)");
}

#[test]
fn unknown_fields_are_kept_aside_and_change_nothing() {
    let plain = example("target_added_place");
    let more =
        with(with(with(plain.clone(), "mood", json!({"a": [1]})), "place.colour", json!("red")), "at", json!("noon"));
    let read_more = read_case_event(more.to_string().as_bytes(), NOW_US).unwrap();
    assert_eq!(read_more.event, read(&plain).unwrap());
    let aside: Vec<_> = read_more.aside.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(aside, ["at=\"noon\"", "mood={\"a\":[1]}", "place.colour=\"red\""]);
}

#[test]
fn a_statement_without_an_event_id_is_named_by_what_it_says() {
    let unnamed = without(example("custody_paused"), "event_id");
    let named = read(&unnamed).unwrap();
    assert_eq!(named.event_id.len(), 16);
    assert_eq!(read(&unnamed).unwrap(), named, "the same again is the same");
    assert_eq!(read(&with(unnamed.clone(), "mood", json!(1))).unwrap().event_id, named.event_id);
    assert_ne!(read(&with(unnamed, "at", json!("2026-03-29T02:56:00+01:00"))).unwrap().event_id, named.event_id);
}

#[test]
fn what_a_person_leaves_out_of_an_incident_is_filled_in_as_documented() {
    let mut value = example("target_added_incident");
    for field in ["kind", "t1", "uncertainty_m", "exhibit", "row", "time_text", "time_ambiguous"] {
        value = without(value, &format!("incident.{field}"));
    }
    let change = read(&value).unwrap().change;
    let incident = match &change {
        CaseChange::TargetAdded { target: StatedTarget::Incident(i), .. } => Some(i),
        _ => None,
    };
    let i = incident.unwrap();
    assert_eq!((i.t1_us, i.uncertainty_m, i.exhibit.as_str(), i.row), (i.t0_us, None, "", 0));
    assert_eq!((i.time_text.as_str(), i.time_ambiguous), ("2026-03-27T18:40:00Z", false));
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same_event(event in any_event()) {
        let written = case_event_to_json(&event);
        prop_assert_eq!(read_case_event(written.as_bytes(), NOW_US).map(|r| (r.event, r.aside)), Ok((event, BTreeMap::new())));
        prop_assert!(!written.contains('\n'));
    }

    #[test]
    fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _fault_or_event = case_event(&bytes, NOW_US);
    }

    #[test]
    fn no_change_of_an_example_makes_it_fail(
        which in any::<proptest::sample::Index>(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let examples = examples();
        let mut bytes = which.get(&examples).1.to_string().into_bytes();
        for (at, byte) in changes {
            *at.get_mut(&mut bytes) = byte;
        }
        if let Ok(event) = case_event(&bytes, NOW_US) {
            prop_assert_eq!(case_event(case_event_to_json(&event).as_bytes(), NOW_US), Ok(event));
        }
    }
}
