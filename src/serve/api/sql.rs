//! `POST /api/sql`: a question in SQL.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};

use super::body::{self, SqlBody};
use super::describe::Answer;
use super::problem::Problem;
use super::run::Question;
use super::{Client, accept};
use crate::query::Stated;
use crate::serve::http::Handlers;

/// Asks a question in SQL
///
/// The rows come as they are found, as JSON or as Arrow's IPC stream, by `Accept`. What fails before the first row has a
/// status of its own. What fails later ends the JSON with a member `problem`, and breaks the Arrow stream off in the middle
/// of a message. A client that goes away ends its question.
#[utoipa::path(
    post,
    path = "/api/sql",
    tag = "asking",
    request_body = SqlBody,
    responses((status = 200, description = "The rows", content(
        (Answer = "application/json"),
        (String = "application/vnd.apache.arrow.stream"),
    )))
)]
pub(in crate::serve) async fn sql(
    State(handlers): State<Handlers>,
    ConnectInfo(client): ConnectInfo<Client>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let question = || body::read::<SqlBody>(&headers, &body).and_then(SqlBody::question);
    asked(&handlers, client, &headers, question).await.unwrap_or_else(Problem::into_response)
}

/// Answers a question of somebody who is known; it is read only then.
pub(super) async fn asked(
    handlers: &Handlers,
    client: Client,
    headers: &HeaderMap,
    question: impl FnOnce() -> Result<(Question, Stated), Problem>,
) -> Result<Response, Problem> {
    let session = handlers.door.session(headers, client.0).await?;
    let kind = accept::wanted(headers)?;
    let (question, stated) = question()?;
    let session = Arc::new(session.stating(stated));
    let Some(gate) = handlers.door.gate() else { return Err(Problem::unknown()) };
    Ok(handlers.answering.answer(gate, session, question, kind, handlers.closing.clone()).await)
}
