//! What is asked: the bodies of requests, read and bounded.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder};
use utoipa::openapi::{RefOr, Schema};

use super::literal;
use super::problem::Problem;
use super::run::Question;
use crate::query::{self, FillError, Stated};

/// The longest body, bytes: a text may have 256 KiB, and its values as much.
pub(in crate::serve) const LONGEST: usize = 1 << 20;
/// The most parameters.
const PARAMETERS: usize = 1_000;
/// The longest purpose and authority, characters.
const STATED: usize = 1_000;

/// A question in SQL.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SqlBody {
    /// One statement that only reads: `SELECT`, `EXPLAIN`, `SHOW` or `DESCRIBE`.
    sql: String,
    /// Values for `$1`, `$2`, ... as a list, or for `$name` by name. Null, true, a number, a text, or a list of them.
    #[serde(default)]
    #[schema(value_type = Parameters)]
    parameters: Option<Parameters>,
    /// What it is asked for.
    #[serde(default)]
    purpose: Option<String>,
    /// On whose authority.
    #[serde(default)]
    authority: Option<String>,
}

/// Values of parameters.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Parameters {
    /// For `$1`, `$2`, ...
    List(Vec<Value>),
    /// For `$name`.
    Named(Map<String, Value>),
}

impl utoipa::PartialSchema for Parameters {
    fn schema() -> RefOr<Schema> {
        let list = ArrayBuilder::new()
            .description(Some("Values for `$1`, `$2`, ..."))
            .items(<Value as utoipa::PartialSchema>::schema());
        let named = ObjectBuilder::new().description(Some("Values for `$name`."));
        RefOr::T(OneOfBuilder::new().item(list).item(named).build().into())
    }
}

impl ToSchema for Parameters {}

/// Values for one of the questions of `queries/`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct QuestionBody {
    /// Values by the parameters' names. What is left out has its default.
    #[schema(value_type = Object)]
    parameters: Map<String, Value>,
    /// What it is asked for.
    purpose: Option<String>,
    /// On whose authority.
    authority: Option<String>,
}

/// Reads a body of JSON; an empty one is `{}`.
///
/// # Errors
/// 415 for another kind, 400 for what is no such JSON. One that is too long does not come here ([`intake`](super::intake)).
pub(super) fn read<T: DeserializeOwned>(headers: &HeaderMap, body: &Bytes) -> Result<T, Problem> {
    // A page of others can make a browser send a form, and not this.
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let why = "the body must be JSON: send Content-Type: application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    let text: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(text).map_err(|e| Problem::new(StatusCode::BAD_REQUEST, format!("the body: {e}")))
}

fn stated(purpose: Option<String>, authority: Option<String>) -> Result<Stated, Problem> {
    let (purpose, authority) = (purpose.unwrap_or_default(), authority.unwrap_or_default());
    let stated = Stated { purpose, authority, export: false };
    for (name, text) in [("purpose", &stated.purpose), ("authority", &stated.authority)] {
        let count = text.chars().count();
        if count > STATED {
            return Err(Problem::of_request("22001", format!("{name} has {count} characters, at most {STATED}")));
        }
    }
    Ok(stated)
}

impl SqlBody {
    /// The question, and what was stated of it.
    ///
    /// # Errors
    /// If what was stated is too long.
    pub fn question(self) -> Result<(Question, Stated), Problem> {
        let stated = stated(self.purpose, self.authority)?;
        let given: Vec<(String, Value)> = match self.parameters {
            None => Vec::new(),
            Some(Parameters::List(all)) => (1_usize..).map(|n| n.to_string()).zip(all).collect(),
            Some(Parameters::Named(all)) => all.into_iter().collect(),
        };
        let parameters = noted(&given);
        let filled = literals(&given).and_then(|literals| filled(&self.sql, &literals));
        Ok((Question { written: self.sql, parameters, filled }, stated))
    }
}

/// The text with its parameters.
fn filled(sql: &str, literals: &BTreeMap<String, String>) -> Result<String, Problem> {
    let told = |error: FillError| match error {
        FillError::NoValue(_) => format!("{error}: parameters are $1, $2 or $name"),
        FillError::NoParameter(_) => error.to_string(),
    };
    query::filled(sql, literals).map_err(|error| Problem::of_request("42P02", told(error)))
}

/// As they are written down.
fn noted(given: &[(String, Value)]) -> Vec<String> {
    given.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

fn literals(given: &[(String, Value)]) -> Result<BTreeMap<String, String>, Problem> {
    if given.len() > PARAMETERS {
        return Err(Problem::of_request("54023", format!("{} parameters, at most {PARAMETERS}", given.len())));
    }
    let literal = |(name, value): &(String, Value)| {
        let text = literal::of_json(value).map_err(|e| Problem::of_request("22023", format!("${name}: {e}")))?;
        Ok((name.clone(), text))
    };
    given.iter().map(literal).collect()
}

impl QuestionBody {
    /// One of the questions of `queries/` with these values, and what was stated of it.
    ///
    /// # Errors
    /// If what was stated is too long.
    pub fn question(self, of: &query::Question) -> Result<(Question, Stated), Problem> {
        let stated = stated(self.purpose, self.authority)?;
        let given: Vec<(String, Value)> = self.parameters.into_iter().collect();
        let written = format!("-- {}\n{}", of.name, of.sql);
        let filled = typed(&given, of).and_then(|literals| filled(&of.sql, &literals));
        Ok((Question { written, parameters: noted(&given), filled }, stated))
    }
}

/// The literal of each parameter of a question.
fn typed(given: &[(String, Value)], of: &query::Question) -> Result<BTreeMap<String, String>, Problem> {
    let wrong = |why: String| Problem::of_request("22023", why);
    if let Some((name, _)) = given.iter().find(|(name, _)| !of.parameters.iter().any(|p| p.name == *name)) {
        let names: Vec<&str> = of.parameters.iter().map(|p| p.name.as_str()).collect();
        return Err(wrong(format!("{} has no parameter {name:?}: it has {}", of.name, names.join(", "))));
    }
    let literal = |p: &query::QuestionParameter| {
        let given = given.iter().find(|(name, _)| *name == p.name).map(|(_, value)| value.clone());
        let value = given.or_else(|| p.default.clone().map(Value::String));
        let value = value.ok_or_else(|| wrong(format!("{} needs the parameter {}: {}", of.name, p.name, p.meaning)))?;
        Ok((p.name.clone(), literal::of_kind(&value, p).map_err(wrong)?))
    };
    of.parameters.iter().map(literal).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::*;
    use crate::query::{question, questions};

    fn sql(body: &Value) -> Result<String, String> {
        let body: SqlBody = serde_json::from_value(body.clone()).map_err(|e| e.to_string())?;
        body.question().and_then(|(q, _)| q.filled).map_err(|p| p.detail)
    }

    #[test]
    fn parameters_are_given_by_number_or_by_name() {
        assert_eq!(
            sql(&json!({"sql": "SELECT $1, $2", "parameters": [7, "o'clock"]})).unwrap(),
            "SELECT 7, 'o''clock'"
        );
        assert_eq!(sql(&json!({"sql": "SELECT $a", "parameters": {"a": null}})).unwrap(), "SELECT NULL");
        assert_eq!(sql(&json!({"sql": "SELECT 1"})).unwrap(), "SELECT 1");
        for (body, says) in [
            (json!({"sql": "SELECT $1", "parameters": []}), "$1"),
            (json!({"sql": "SELECT 1", "parameters": [1]}), "$1"),
            (json!({"sql": "SELECT $a", "parameters": {"a": {}}}), "$a"),
            (json!({"sql": "SELECT 1", "parameter": []}), "parameter"),
            (json!({"sql": "SELECT 1", "purpose": "x".repeat(STATED + 1)}), "purpose"),
            (json!({"sql": "SELECT 1", "parameters": vec![0; PARAMETERS + 1]}), "parameters"),
            (json!({}), "sql"),
        ] {
            let fault = sql(&body).unwrap_err();
            assert!(fault.contains(says), "{body}: {fault}");
        }
    }

    #[test]
    fn a_question_takes_its_defaults_and_no_parameter_that_it_has_not() {
        let filled = |name: &str, parameters: Value| {
            let body: QuestionBody = serde_json::from_value(json!({ "parameters": parameters })).unwrap();
            body.question(question(name).unwrap()).and_then(|(q, _)| q.filled).map_err(|p| p.detail)
        };
        let text = filled("gaps", json!({"case": "C'1", "device": "d"})).unwrap();
        assert!(text.contains("case_id = 'C''1'") && text.contains("> CAST('3.6e3' AS DOUBLE)"), "{text}");
        assert!(filled("gaps", json!({"case": "C"})).unwrap_err().contains("device"));
        assert!(filled("gaps", json!({"case": "C", "device": "d", "longer": 1})).unwrap_err().contains("longer_s"));
        for q in questions() {
            let missing = q.parameters.iter().find(|p| p.default.is_none());
            assert_eq!(filled(&q.name, json!({})).is_err(), missing.is_some(), "{}", q.name);
        }
    }

    #[test]
    fn a_body_of_another_kind_is_not_read() {
        let body = |kind: &'static str, text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            read::<QuestionBody>(&headers, &Bytes::from_static(text.as_bytes())).map_err(|p| p.status.as_u16())
        };
        assert!(body("application/json; charset=utf-8", "{}").is_ok() && body("Application/JSON", "").is_ok());
        assert_eq!(body("application/x-www-form-urlencoded", "{}").err(), Some(415));
        assert_eq!(body("text/plain", "{}").err(), Some(415));
        assert_eq!(body("application/json", "{").err(), Some(400));
        assert_eq!(body("application/json", r#"{"purpos":"x"}"#).err(), Some(400));
    }
}
