//! What goes to the topics, its schemas in `docs/schemas` and their examples agree, field by field and in both directions.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::said::{Change, EncounterRevision, EncounterSaid, ProximitySaid};
use super::*;
use crate::encounter::ContentId;
use crate::model::{Grade, RejectReason, TargetKind};
use crate::source::Topic;

const T0_US: i64 = 1_761_314_400_000_000;

fn proximity(withdrawn: bool) -> Value {
    let said = ProximitySaid {
        id: ContentId::from_i64(0x0b4e_77a1_5c20_93d6),
        fix: ContentId::from_i64(0x1f20_6d6a_90be_44c7),
        target_kind: TargetKind::VictimFix,
        target_id: ContentId::from_i64(-0x6b2d_05f3_1c7e_8a41).to_string(),
        device: "suspect-phone".to_owned(),
        t0_us: T0_US,
        t1_us: T0_US + 1_500_000,
        distance_m: 41.75,
        grade: Grade::Definite,
        p_within: 0.9875,
    };
    let why = if withdrawn { "attribution_withdrawn by DC 1234 (ev-19): the handset was lent" } else { "" };
    let out = ProximityOut { case_id: "C-17".to_owned(), said, withdrawn, why: why.to_owned() };
    read(&proximity_json(&out, &ProximityParams::default(), 1204))
}

/// What whoever reads the topic makes of a payload.
fn read(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap()
}

fn encounter(change: Change) -> Value {
    let encounter = EncounterSaid {
        id: ContentId::from_i64(0x3c91_aa04_77fe_1b52),
        content: "95eab39d4044d7b5".to_owned(),
        device: "suspect-phone".to_owned(),
        target_kind: TargetKind::Place,
        target: "home".to_owned(),
        enter_us: T0_US,
        exit_us: T0_US + 410_000_000,
        grade: Grade::Probable,
        p_within_max: 0.9375,
        p_within_mean: 0.875,
        min_distance_m: 62.5,
        closest_approach_m: matches!(change, Change::Grew).then_some(58.25),
        closest_approach_us: matches!(change, Change::Grew).then_some(T0_US + 205_000_000),
        suspect_fixes: 3,
        target_fixes: 1,
        sources: vec!["gps".to_owned(), "wifi".to_owned()],
        single_fix: false,
        proximities: 3,
        closed: matches!(change, Change::Superseded(_)),
    };
    let said = EncounterRevision { encounter, change };
    let out = EncounterOut { case_id: "C-17".to_owned(), said, why: String::new() };
    read(&encounter_json(&out, &ProximityParams::default(), 1204))
}

fn reject(row: u64) -> Value {
    let whole = MessageReject {
        topic: Topic::Fixes,
        partition: 3,
        offset: 40_017,
        row: 0,
        case_id: None,
        field: String::new(),
        value: String::new(),
        reason: RejectReason::Syntax,
        bytes: b"{\"device_id\": \xff".as_slice().into(),
    };
    let one = MessageReject {
        row,
        case_id: Some("C-17".to_owned()),
        field: "lat_deg".to_owned(),
        value: "181".to_owned(),
        reason: RejectReason::LatitudeRange,
        bytes: b"{\"device_id\":\"P1\",\"t0\":\"2025-10-24T14:00:00Z\",\"lat_deg\":181,\"lon_deg\":0.1}"
            .as_slice()
            .into(),
        ..whole.clone()
    };
    read(&reject_json(if row == 0 { &whole } else { &one }))
}

/// Every kind of statement: schema, name of the example, what is said.
fn all() -> Vec<(&'static str, &'static str, Value)> {
    let by = Change::Superseded(ContentId::from_i64(0x2a17_40cc_9d5e_f083));
    vec![
        (PROXIMITY_SCHEMA, "current", proximity(false)),
        (PROXIMITY_SCHEMA, "withdrawn", proximity(true)),
        (ENCOUNTER_SCHEMA, "opened", encounter(Change::Opened)),
        (ENCOUNTER_SCHEMA, "grew", encounter(Change::Grew)),
        (ENCOUNTER_SCHEMA, "superseded", encounter(by)),
        (REJECT_SCHEMA, "record", reject(1)),
        (REJECT_SCHEMA, "payload", reject(0)),
    ]
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas")
}

fn schema(name: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(format!("{name}.schema.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What a value breaks of its schema, in the words that our schemas use; a word that is not known here is a fault.
fn faults(at: &str, value: &Value, schema: &Value) -> Vec<String> {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        several => several.as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect(),
    };
    let fits = types.iter().any(|t| match *t {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        // A word that is not known here fits nothing.
        _ => false,
    });
    let mut found = Vec::new();
    let mut check = |good: bool, what: &str| {
        if !good {
            found.push(format!("{at}: {value}: {what}"));
        }
    };
    check(fits, "type");
    for (word, limit) in schema.as_object().unwrap() {
        match (word.as_str(), value) {
            ("description", _) => check(limit.as_str().is_some_and(|d| d.ends_with('.')), "no description"),
            ("type", _) | (_, Value::Null) | ("items", Value::Array(_)) => {}
            ("enum", _) => check(limit.as_array().unwrap().contains(value), "enum"),
            ("minimum", _) => check(value.as_f64() >= limit.as_f64(), "minimum"),
            ("maximum", _) => check(value.as_f64() <= limit.as_f64(), "maximum"),
            ("minLength", Value::String(text)) => check(text.len() as u64 >= limit.as_u64().unwrap(), "length"),
            ("format", Value::String(text)) => check(crate::time::parse_iso(text, None).is_ok(), "time"),
            ("pattern", Value::String(text)) => {
                assert_eq!(limit, "^[0-9a-f]{16}$");
                check(text.len() == 16 && ContentId::parse(text).is_some(), "identifier");
            }
            (word, _) => check(false, &format!("{word} is not checked here")),
        }
    }
    for item in value.as_array().into_iter().flatten() {
        found.extend(faults(at, item, &with_description(&schema["items"])));
    }
    found
}

/// The items of an array are described with it.
fn with_description(schema: &Value) -> Value {
    let mut schema = schema.clone();
    schema["description"] = ".".into();
    schema
}

fn names(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn what_is_said_is_as_its_schema_says_and_no_field_is_on_one_side_only() {
    for (name, example, said) in all() {
        let schema = schema(name);
        assert_eq!(schema["$id"], name);
        let (written, documented) = (names(&said), names(&schema["properties"]));
        assert_eq!(written, documented, "{name} {example}");
        let required: BTreeSet<&str> =
            schema["required"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
        assert_eq!(required, documented, "{name}: every field is always written");
        for (field, value) in said.as_object().unwrap() {
            assert_eq!(faults(field, value, &schema["properties"][field]), Vec::<String>::new(), "{name} {example}");
        }
    }
}

/// `LOCARD_BLESS=1 cargo test --lib publish` writes them instead, for a person to read in the diff.
#[test]
fn the_examples_are_what_is_said() {
    for (name, example, said) in all() {
        let path = folder().join("examples").join(name).join(format!("{example}.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&said).unwrap());
        if std::env::var_os("LOCARD_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{}", path.display());
    }
}

#[test]
fn a_field_of_another_type_or_out_of_bounds_is_found() {
    let schema = schema(ENCOUNTER_SCHEMA);
    let fault = |field: &str, value: Value| faults(field, &value, &schema["properties"][field]).len();
    assert_eq!(fault("closed", "yes".into()), 1);
    assert_eq!(fault("grade", "certain".into()), 1);
    assert_eq!(fault("p_within_max", 1.5.into()), 1);
    assert_eq!(fault("encounter_id", "17".into()), 1);
    assert_eq!(fault("enter", "yesterday".into()), 1);
    assert_eq!(fault("sources", serde_json::json!(["gps", "rumour"])), 1);
    assert_eq!(fault("superseded_by", Value::Null), 0);
    assert_eq!(fault("encounter_id", Value::Null), 1);
}
