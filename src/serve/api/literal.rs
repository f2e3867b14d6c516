//! Values as literals of SQL. Pure.
//!
//! | JSON | literal |
//! | --- | --- |
//! | `null`, `true` | `NULL`, `true` |
//! | a whole number | `BIGINT` |
//! | another number | `DOUBLE` |
//! | a text | a text; the engine reads it as a time where it is compared with one |
//! | a list | an array |
//!
//! A parameter of one of `queries/` has the type that its file names instead.

use serde_json::Value;

use crate::query::{QuestionParameter, quoted};
use crate::time::parse_iso;

/// The deepest list.
const DEEPEST: usize = 4;

/// Plain digits where it can be: `LIMIT` and table functions take no more than a number.
fn whole(number: i64) -> String {
    match number {
        0.. => number.to_string(),
        // It cannot be written as the negative of a number.
        i64::MIN => format!("CAST('{number}' AS BIGINT)"),
        _ => format!("({number})"),
    }
}

fn float(number: f64) -> String {
    format!("CAST('{number:e}' AS DOUBLE)")
}

/// The literal of a JSON value.
///
/// # Errors
/// What cannot be a value.
pub(super) fn of_json(value: &Value) -> Result<String, String> {
    nested(value, 0)
}

fn nested(value: &Value, depth: usize) -> Result<String, String> {
    match value {
        Value::Null => Ok("NULL".to_owned()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(whole_number), _) => Ok(whole(whole_number)),
            (None, _) if n.is_u64() => {
                Err(format!("{n} is larger than a BIGINT holds: write it as a text and cast it"))
            }
            (None, Some(number)) if number.is_finite() => Ok(float(number)),
            _ => Err(format!("{n} is no number that can be used")),
        },
        Value::String(text) => Ok(quoted(text)),
        Value::Array(_) if depth == DEEPEST => Err(format!("lists are nested deeper than {DEEPEST}")),
        Value::Array(all) => {
            let all: Vec<String> = all.iter().map(|v| nested(v, depth + 1)).collect::<Result<_, _>>()?;
            Ok(format!("make_array({})", all.join(", ")))
        }
        Value::Object(_) => Err("an object is no value: give null, true, a number, a text or a list".to_owned()),
    }
}

/// The literal of a value for a parameter of a question.
///
/// # Errors
/// What it must be.
pub(super) fn of_kind(value: &Value, parameter: &QuestionParameter) -> Result<String, String> {
    let kind = parameter.kind.as_str();
    let shown = if let Value::String(text) = value { format!("{text:?}") } else { value.to_string() };
    let must = |what: &str| format!("the parameter {} is {shown}: it must be {what}", parameter.name);
    match (kind, value) {
        ("text", Value::String(text)) => Ok(quoted(text)),
        ("text", _) => Err(must("a text")),
        ("int", Value::Number(n)) => n.as_i64().map(whole).ok_or_else(|| must("a whole number")),
        ("int", Value::String(text)) => text.parse().map(whole).map_err(|_| must("a whole number")),
        ("float", Value::Number(n)) => n.as_f64().filter(|n| n.is_finite()).map(float).ok_or_else(|| must("a number")),
        ("float", Value::String(text)) => {
            text.parse().ok().filter(|n: &f64| n.is_finite()).map(float).ok_or_else(|| must("a number"))
        }
        ("bool", Value::Bool(value)) => Ok(value.to_string()),
        ("bool", Value::String(text)) => text.parse::<bool>().map(|b| b.to_string()).map_err(|_| must("true or false")),
        ("timestamp", Value::String(text)) => {
            let read = parse_iso(text, None).ok().filter(|r| !r.ambiguous);
            let read = read.ok_or_else(|| must("a time with its offset, such as \"2025-06-01T12:00:00Z\""))?;
            Ok(format!("arrow_cast({}, 'Timestamp(Microsecond, Some(\"UTC\"))')", whole(read.t0_us)))
        }
        ("date", Value::String(text)) => {
            let date = text.parse::<jiff::civil::Date>().ok().filter(|_| text.len() == "2025-06-01".len());
            date.map(|d| format!("DATE '{d}'")).ok_or_else(|| must("a date, such as \"2025-06-01\""))
        }
        ("interval", Value::String(text)) => interval(text).ok_or_else(|| must("a duration, such as \"15 minutes\"")),
        ("timestamp" | "date" | "interval" | "bool" | "int" | "float", _) => {
            Err(must(&format!("a value of type {kind}")))
        }
        _ => Err(must("of a type that is known")),
    }
}

fn interval(text: &str) -> Option<String> {
    const UNITS: [&str; 9] = ["microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "year"];
    let (number, unit) = text.trim().split_once(' ')?;
    let unit = unit.trim().to_ascii_lowercase();
    let known = UNITS.contains(&unit.strip_suffix('s').unwrap_or(&unit));
    let number = number.parse::<i64>().ok().filter(|_| known)?;
    Some(format!("INTERVAL '{number} {unit}'"))
}

#[cfg(test)]
mod tests {
    use datafusion::common::ScalarValue;
    use datafusion::prelude::SessionContext;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::query::questions;

    /// What the engine reads a literal as.
    fn read(literal: &str) -> ScalarValue {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let frame = SessionContext::new().sql(&format!("SELECT ({literal}) AS x")).await.unwrap();
            let batches = frame.collect().await.unwrap();
            ScalarValue::try_from_array(batches[0].column(0), 0).unwrap()
        })
    }

    #[test]
    fn values_are_read_as_what_they_are() {
        for (value, expected) in [
            (json!(i64::MIN), ScalarValue::Int64(Some(i64::MIN))),
            (json!(-0.1), ScalarValue::Float64(Some(-0.1))),
            (json!(1e300), ScalarValue::Float64(Some(1e300))),
            (json!(true), ScalarValue::Boolean(Some(true))),
        ] {
            assert_eq!(read(&of_json(&value).unwrap()), expected, "{value}");
        }
        assert!(read(&of_json(&json!(null)).unwrap()).is_null());
        assert_eq!(read(&of_json(&json!([1, 2])).unwrap()).to_string(), "[1, 2]");
        for bad in [json!({}), json!(u64::MAX), json!([[[[[1]]]]])] {
            assert!(of_json(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_parameter_of_a_question_has_its_own_type() {
        let of = |kind: &str, value: Value| {
            let (name, kind) = ("p".to_owned(), kind.to_owned());
            of_kind(&value, &QuestionParameter { name, kind, default: None, meaning: String::new() })
        };
        assert_eq!(read(&of("int", json!("-5")).unwrap()), ScalarValue::Int64(Some(-5)));
        assert_eq!(read(&of("float", json!(5)).unwrap()), ScalarValue::Float64(Some(5.0)));
        let at = read(&of("timestamp", json!("2025-06-01T13:00:00+01:00")).unwrap());
        assert_eq!(at, ScalarValue::TimestampMicrosecond(Some(1_748_779_200_000_000), Some("UTC".into())));
        assert_eq!(read(&of("date", json!("1970-01-02")).unwrap()), ScalarValue::Date32(Some(1)));
        for (kind, value) in [
            ("text", json!(7)),
            ("int", json!(5.5)),
            ("float", json!("inf")),
            ("bool", json!("yes")),
            ("timestamp", json!("2025-06-01T12:00:00")),
            ("timestamp", json!(7)),
            ("date", json!("1/6/2025")),
            ("interval", json!("1 day' OR '1")),
        ] {
            assert!(of(kind, value.clone()).unwrap_err().contains("parameter p"), "{kind} {value}");
        }
    }

    #[test]
    fn the_defaults_of_all_questions_are_values() {
        let mut seen = 0;
        for parameter in questions().iter().flat_map(|q| &q.parameters) {
            if let Some(default) = &parameter.default {
                of_kind(&Value::String(default.clone()), parameter).unwrap();
                seen += 1;
            }
        }
        assert!(seen > 10);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn a_text_cannot_leave_its_quotes(text in r#"['"\\$a;\n -]{0,12}|\PC{0,12}"#) {
            prop_assert_eq!(read(&of_json(&json!(text)).unwrap()), ScalarValue::Utf8(Some(text)));
        }
    }
}
