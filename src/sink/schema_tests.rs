//! The report and `docs/report.schema.json` agree, key by key and in both directions.

use std::collections::BTreeSet;

use serde_json::Value;

use super::sample;

const SCHEMA: &str = include_str!("../../docs/report.schema.json");

/// Checks a value against a schema (the few words of JSON Schema that ours uses) and notes the keys it saw.
struct Walk<'a> {
    root: &'a Value,
    seen: BTreeSet<String>,
    faults: Vec<String>,
}

impl Walk<'_> {
    fn check(&mut self, value: &Value, schema: &Value, at: &str) {
        if let Some(target) = schema["$ref"].as_str() {
            let name = target.strip_prefix("#/$defs/").unwrap();
            let definition = self.root["$defs"][name].clone();
            assert!(definition.is_object(), "{target} is not defined");
            return self.check(value, &definition, name);
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let choice = choices
                .iter()
                .find(|c| c["type"] == "null" && value.is_null() || c.get("$ref").is_some() && !value.is_null());
            return self.check(value, choice.unwrap(), at);
        }
        if !type_fits(value, &schema["type"]) {
            self.faults.push(format!("{at}: {value} is not {}", schema["type"]));
        }
        if schema["enum"].as_array().is_some_and(|e| !e.contains(value)) {
            self.faults.push(format!("{at}: {value} is not in the enum"));
        }
        if schema.get("const").is_some_and(|c| c != value) {
            self.faults.push(format!("{at}: {value} is not the constant"));
        }
        if let Value::Array(items) = value {
            for item in items {
                self.check(item, &schema["items"], at);
            }
        }
        if let Value::Object(fields) = value {
            self.object(fields, schema, at);
        }
    }

    fn object(&mut self, fields: &serde_json::Map<String, Value>, schema: &Value, at: &str) {
        assert_eq!(schema["additionalProperties"], false, "{at}: an unknown key must be refused");
        let required: BTreeSet<_> =
            schema["required"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
        let documented: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(required, documented, "{at}: every key is always written");
        for key in required.iter().filter(|k| !fields.contains_key(**k)) {
            self.faults.push(format!("{at}: {key} is missing"));
        }
        for (key, value) in fields {
            let property = &schema["properties"][key];
            if property["description"].as_str().is_none_or(str::is_empty) && property.get("$ref").is_none() {
                self.faults.push(format!("{at}: {key} is not documented"));
                continue;
            }
            self.seen.insert(format!("{at}.{key}"));
            self.check(value, property, &format!("{at}.{key}"));
        }
    }
}

fn type_fits(value: &Value, kind: &Value) -> bool {
    let fits = |kind: &str| match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    match kind {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(fits),
        Value::String(kind) => fits(kind),
        _ => false,
    }
}

fn walk(report: &Value) -> (BTreeSet<String>, Vec<String>) {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut walk = Walk { root: &schema, seen: BTreeSet::new(), faults: Vec::new() };
    walk.check(report, &schema, "report");
    (walk.seen, walk.faults)
}

#[test]
fn the_sample_is_as_the_schema_says() {
    let (_, faults) = walk(&serde_json::to_value(sample::report()).unwrap());
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn the_schema_documents_no_key_that_is_not_written() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let (seen, _) = walk(&serde_json::to_value(sample::report()).unwrap());
    let definitions = schema["$defs"].as_object().unwrap().iter().map(|(name, s)| (name.as_str(), s));
    for (name, definition) in definitions.chain([("report", &schema)]) {
        for key in definition["properties"].as_object().unwrap().keys() {
            assert!(seen.contains(&format!("{name}.{key}")), "{name}.{key} is documented and not written");
        }
    }
}

#[test]
fn the_walk_finds_a_key_that_is_undocumented_missing_or_of_another_type() {
    let mut report = serde_json::to_value(sample::report()).unwrap();
    report["encounters"][0]["mood"] = "bad".into();
    report["parameters"]["radius_m"] = "100 m".into();
    report["exhibits"][0].as_object_mut().unwrap().remove("sha256");
    let (_, faults) = walk(&report);
    assert_eq!(faults.len(), 3, "{faults:?}");
}

#[test]
fn the_documentation_names_every_key() {
    let text = include_str!("../../docs/report.md");
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    for key in schema["properties"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("`{key}`")), "docs/report.md does not name {key}");
    }
    for column in super::parquet_schema().fields() {
        let name = column.name();
        let pattern = name.replacen("suspect_", "*_", 1).replacen("target_", "*_", 1);
        assert!(text.contains(&format!("`{name}`")) || text.contains(&format!("`{pattern}`")), "{name}");
    }
}
