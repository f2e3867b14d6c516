//! What is wrong, as RFC 9457 writes it: `application/problem+json`, with PostgreSQL's SQLSTATE and the limit.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use datafusion::common::DataFusionError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::query::QueryError;
use crate::serve::pg;

/// The media type of a problem.
pub(in crate::serve) const PROBLEM: &str = "application/problem+json";
/// How somebody may show who they are (RFC 7617, RFC 6750).
const CHALLENGES: [&str; 2] = [r#"Basic realm="locard", charset="UTF-8""#, r#"Bearer realm="locard""#];

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) struct Problem {
    /// The status of the answer.
    pub status: StatusCode,
    /// What a person reads.
    pub detail: String,
    /// Five characters of PostgreSQL's Appendix A, if it is about a question.
    pub code: Option<&'static str>,
    /// The limit that a question ran into.
    pub limit: Option<&'static str>,
}

/// What is wrong, as it is sent (RFC 9457). Its `type` is `about:blank`: the status says of what kind it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(in crate::serve) struct ProblemJson<'a> {
    /// The status in words.
    title: &'a str,
    /// The status of the answer; inside an answer that has begun, the one that it would have had.
    status: u16,
    /// What is wrong, in words.
    detail: &'a str,
    /// PostgreSQL's SQLSTATE, if a question failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    /// Which limit the question ran into: `time`, `rows`, `memory`, `size` or `queries at once`.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'a str>,
}

impl Problem {
    /// One that is about no question.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), code: None, limit: None }
    }

    /// One of a request, with its SQLSTATE.
    pub fn of_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code: Some(code), ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// Whoever asks has not shown who they are. It says nothing of why.
    pub fn unknown() -> Self {
        let detail = "sign in with the name and password of an account, or with a token";
        Self { code: Some("28000"), ..Self::new(StatusCode::UNAUTHORIZED, detail) }
    }

    /// What happens cannot be written down, so nothing is answered.
    pub fn unwritten() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "what happens cannot be written down, so nothing is answered")
    }

    /// As it is written down.
    pub fn noted(&self) -> String {
        let code = self.code.unwrap_or("XX000");
        format!("{code}: {}", self.detail)
    }

    /// As it is sent.
    pub fn json(&self) -> String {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let (status, detail) = (self.status.as_u16(), self.detail.as_str());
        let body = ProblemJson { title, status, detail, code: self.code, limit: self.limit };
        // Texts and numbers can always be written.
        serde_json::to_string(&body).unwrap_or_default()
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        let (code, detail) = pg::sqlstate(&error);
        Self { status: status_of(code), detail, code: Some(code), limit: limit_of(&error) }
    }
}

/// The status that a SQLSTATE has over HTTP (RFC 9110, 15; RFC 6585 for 429).
fn status_of(code: &str) -> StatusCode {
    match code {
        "25006" | "42501" => StatusCode::FORBIDDEN,
        "53400" => StatusCode::TOO_MANY_REQUESTS,
        "57014" | "54000" | "53200" => StatusCode::UNPROCESSABLE_ENTITY,
        "58030" => StatusCode::SERVICE_UNAVAILABLE,
        "XX000" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn limit_of(error: &QueryError) -> Option<&'static str> {
    match error {
        QueryError::Limit { limit, .. } => Some(limit),
        QueryError::Engine(engine) => match engine.find_root() {
            DataFusionError::External(inner) => inner.downcast_ref::<QueryError>().and_then(limit_of),
            _ => None,
        },
        _ => None,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, [(header::CONTENT_TYPE, PROBLEM)], self.json()).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            for challenge in CHALLENGES {
                headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
        }
        if matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_named_also_when_it_is_reached_in_the_engine() {
        let limit = || QueryError::Limit { limit: "rows", detail: "7 rows".to_owned() };
        let deep = DataFusionError::External(Box::new(limit())).context("while sorting").context("again");
        for error in [limit(), QueryError::Engine(deep)] {
            let problem = Problem::from(error);
            assert_eq!((problem.status.as_u16(), problem.code, problem.limit), (422, Some("54000"), Some("rows")));
            assert!(problem.json().contains("7 rows") && problem.noted().starts_with("54000: "), "{problem:?}");
        }
        let at_once = QueryError::Limit { limit: "queries at once", detail: "4".to_owned() };
        assert_eq!(Problem::from(at_once).into_response().headers()[header::RETRY_AFTER], "1");
    }

    #[test]
    fn who_is_not_known_is_told_how_to_sign_in() {
        let response = Problem::unknown().into_response();
        let ways: Vec<_> = response.headers().get_all(header::WWW_AUTHENTICATE).iter().collect();
        assert_eq!((response.status().as_u16(), ways.len()), (401, 2));
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM);
    }
}
