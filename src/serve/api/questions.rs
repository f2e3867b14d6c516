//! `/api/queries`: the questions of `queries/`, with how to read them, and their answers.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Client;
use super::body::{self, QuestionBody};
use super::describe::Answer;
use super::problem::Problem;
use super::sql::asked;
use crate::query::{self, question};
use crate::serve::http::Handlers;

/// A question that is asked again and again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Question)]
pub(super) struct QuestionJson<'a> {
    /// The name that it is asked by.
    name: &'a str,
    /// What is asked.
    title: &'a str,
    /// Its parameters.
    parameters: Vec<ParameterJson<'a>>,
    /// How to read the answer.
    reading: &'a str,
    /// What the answer cannot say.
    caveat: &'a str,
    /// The SQL, with `$name` for parameters.
    sql: &'a str,
}

/// A parameter of a question.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Parameter)]
pub(super) struct ParameterJson<'a> {
    /// Its name.
    name: &'a str,
    /// Its type: `text`, `int`, `float`, `bool`, `timestamp`, `date` or `interval`.
    #[serde(rename = "type")]
    kind: &'a str,
    /// Whether it must be given.
    required: bool,
    /// Its value where none is given, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'a str>,
    /// What it is, with its unit.
    meaning: &'a str,
}

impl<'a> From<&'a query::Question> for QuestionJson<'a> {
    fn from(q: &'a query::Question) -> Self {
        let parameter = |p: &'a query::QuestionParameter| ParameterJson {
            name: &p.name,
            kind: &p.kind,
            required: p.default.is_none(),
            default: p.default.as_deref(),
            meaning: &p.meaning,
        };
        let parameters = q.parameters.iter().map(parameter).collect();
        Self { name: &q.name, title: &q.title, parameters, reading: &q.reading, caveat: &q.caveat, sql: &q.sql }
    }
}

fn unknown(name: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("there is no question {name:?}: GET /api/queries lists them"))
}

/// Lists the questions that come with Locard
#[utoipa::path(
    get,
    path = "/api/queries",
    tag = "asking",
    responses((status = 200, description = "The questions, by name", body = Vec<QuestionJson>))
)]
pub(in crate::serve) async fn questions() -> Json<Vec<QuestionJson<'static>>> {
    Json(query::questions().iter().map(QuestionJson::from).collect())
}

/// Says what a question is, its parameters and how to read it
#[utoipa::path(
    get,
    path = "/api/queries/{name}",
    tag = "asking",
    params(("name" = String, Path, description = "The name of the question")),
    responses((status = 200, description = "The question", body = QuestionJson))
)]
pub(in crate::serve) async fn about(Path(name): Path<String>) -> Response {
    question(&name).map_or_else(|| unknown(&name).into_response(), |q| Json(QuestionJson::from(q)).into_response())
}

/// Asks a question with values for its parameters
///
/// The answer is that of `POST /api/sql`. A value has the type that the parameter names; times, dates and durations are
/// texts.
#[utoipa::path(
    post,
    path = "/api/queries/{name}",
    tag = "asking",
    params(("name" = String, Path, description = "The name of the question")),
    request_body = QuestionBody,
    responses((status = 200, description = "The rows", content(
        (Answer = "application/json"),
        (String = "application/vnd.apache.arrow.stream"),
    )))
)]
pub(in crate::serve) async fn ask(
    State(handlers): State<Handlers>,
    ConnectInfo(client): ConnectInfo<Client>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let of_name = || {
        let of = question(&name).ok_or_else(|| unknown(&name))?;
        body::read::<QuestionBody>(&headers, &body)?.question(of)
    };
    asked(&handlers, client, &headers, of_name).await.unwrap_or_else(Problem::into_response)
}
