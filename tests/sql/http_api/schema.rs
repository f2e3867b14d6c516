//! Whether a value is as a schema of `OpenAPI` 3.1 says: the part of JSON Schema that our description uses, and an error for
//! any other word, so that nothing is passed over.

use serde_json::Value;

/// Words that say something to people only.
const REMARKS: [&str; 7] = ["description", "title", "format", "example", "examples", "default", "deprecated"];

/// What is wrong with a value, with where.
pub fn faults(value: &Value, schema: &Value, whole: &Value, place: &str) -> Vec<String> {
    let Some(words) = schema.as_object() else { return vec![format!("{place}: no schema: {schema}")] };
    let mut faults = Vec::new();
    for (word, said) in words {
        match word.as_str() {
            "$ref" => {
                let pointer = said.as_str().and_then(|s| s.strip_prefix('#')).unwrap_or_default();
                match whole.pointer(pointer) {
                    Some(schema) => faults.extend(self::faults(value, schema, whole, place)),
                    None => faults.push(format!("{place}: {said} leads nowhere")),
                }
            }
            "type" => {
                let kinds: Vec<&str> = match said {
                    Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
                    one => one.as_str().into_iter().collect(),
                };
                if !kinds.iter().any(|kind| is(value, kind)) {
                    faults.push(format!("{place}: {value} is none of {kinds:?}"));
                }
            }
            "required" => {
                for name in said.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if value.is_object() && value.get(name).is_none() {
                        faults.push(format!("{place}: {name} is missing"));
                    }
                }
            }
            "properties" => {
                for (name, schema) in said.as_object().into_iter().flatten() {
                    if let Some(inner) = value.get(name) {
                        faults.extend(self::faults(inner, schema, whole, &format!("{place}.{name}")));
                    }
                }
                // What is not described must not be there: else the description would be of half.
                let known = |name: &String| said.get(name).is_some();
                let unknown = value.as_object().into_iter().flatten().map(|(name, _)| name).filter(|n| !known(n));
                faults.extend(unknown.map(|name| format!("{place}.{name} is not described")));
            }
            "items" => {
                for (at, inner) in value.as_array().into_iter().flatten().enumerate() {
                    faults.extend(self::faults(inner, said, whole, &format!("{place}[{at}]")));
                }
            }
            "oneOf" | "anyOf" => {
                let fits = |s: &&Value| self::faults(value, s, whole, place).is_empty();
                if !said.as_array().into_iter().flatten().any(|s| fits(&s)) {
                    faults.push(format!("{place}: {value} fits none of {word}"));
                }
            }
            "enum" => {
                if !said.as_array().is_some_and(|all| all.contains(value)) {
                    faults.push(format!("{place}: {value} is none of {said}"));
                }
            }
            "minimum" => {
                if value.as_f64().zip(said.as_f64()).is_some_and(|(value, least)| value < least) {
                    faults.push(format!("{place}: {value} is less than {said}"));
                }
            }
            "additionalProperties" | "propertyNames" => {}
            word if REMARKS.contains(&word) => {}
            other => faults.push(format!("{place}: what {other} means is not checked")),
        }
    }
    faults
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_check_can_fail() {
        let whole = json!({"components": {"A": {"type": "object", "required": ["n"], "properties": {
            "n": {"type": ["integer", "null"], "minimum": 0}, "s": {"type": "array", "items": {"type": "string"}}}}}});
        let schema = json!({"$ref": "#/components/A"});
        let of = |value: Value| faults(&value, &schema, &whole, "$").len();
        assert_eq!(of(json!({"n": 1, "s": ["a"]})) + of(json!({"n": null})), 0);
        for bad in [
            json!({}),
            json!({"n": "1"}),
            json!({"n": -1}),
            json!({"n": 1, "s": [2]}),
            json!({"n": 1, "x": 1}),
            json!([]),
        ] {
            assert!(of(bad.clone()) > 0, "{bad}");
        }
        assert_eq!(faults(&json!(1), &json!({"const": 1}), &whole, "$").len(), 1, "an unknown word is a fault");
        assert_eq!(faults(&json!(1), &json!({"$ref": "#/no"}), &whole, "$").len(), 1);
    }
}
