//! The live feed: flags as server-sent events (WHATWG HTML, 9.2), to as many readers as are let in.
//!
//! `event: flag` carries one statement about an encounter as JSON, `event: finding` one of what the records of a case say
//! to a question ([`findings`](super::findings)). A reader that is slower than the flags loses the oldest, and is told how
//! many: `event: missed`, `{"missed":12}`. What it missed is in the tables. Flags of a feed that is limited to one case
//! are missed together with those of others: the number is of all cases. Who has signed in is told of the cases that they
//! may watch, and of no number: it would tell how much there is of others.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use serde::Deserialize;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::api::{Client, Watching};
use super::http::{Handlers, problem};
use crate::stream::LiveFlag;
use crate::time::Stopwatch;

/// At most so many feeds are open at once.
pub(super) const MAX_FEEDS: usize = 256;
/// A line is sent after so long without flags, so that neither side takes the connection for dead.
const QUIET: Duration = Duration::from_secs(15);

/// A feed of somebody who has signed in ends after so long, seconds: tokens expire and are called back, and whoever comes
/// again shows who they are again.
const SIGNED_IN_S: f64 = 3_600.0;

/// What a reader may ask for. A misspelt `case` is refused: it would show all cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    case: Option<String>,
}

/// Sends flags as they are made, as server-sent events
///
/// `event: flag` carries one statement about an encounter as JSON, `event: finding` what the records of a case say to one
/// question, as it is now; `event: missed` says that flags were lost because the
/// reader was too slow. A feed of somebody who has signed in ends after an hour: sign in again.
#[utoipa::path(
    get,
    path = "/api/flags",
    tag = "watching",
    params(("case" = Option<String>, Query, description = "Only flags of this case")),
    responses((status = 200, description = "The flags", body = String, content_type = "text/event-stream"))
)]
pub(super) async fn flags(
    State(handlers): State<Handlers>,
    ConnectInfo(client): ConnectInfo<Client>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Query(asked) = match asked {
        Ok(asked) => asked,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &error.body_text()),
    };
    if asked.case.as_deref() == Some("") {
        return problem(StatusCode::BAD_REQUEST, "`case` is empty: name one, or leave it out for all");
    }
    let watching = match handlers.watching(&headers, client).await {
        Ok(watching) => watching,
        Err(problem) => return problem.into_response(),
    };
    let Ok(place) = handlers.feeds.try_acquire_owned() else {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "too many feeds are open: close one, or try again later");
    };
    let feed = Feed::new(handlers.shown.flags.subscribe(), handlers.closing, asked.case, place).read_by(watching);
    Sse::new(events(feed)).keep_alive(KeepAlive::new().interval(QUIET)).into_response()
}

/// What one reader is shown.
#[derive(Debug)]
pub(super) struct Feed {
    flags: Receiver<LiveFlag>,
    closing: watch::Receiver<bool>,
    case: Option<String>,
    /// Who reads it; `None` if nobody was asked.
    watching: Option<Watching>,
    open: Stopwatch,
    _place: OwnedSemaphorePermit,
}

fn events(feed: Feed) -> impl Stream<Item = Result<Event, Infallible>> + Send + 'static {
    futures::stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((Ok(event), feed))
    })
}

impl Feed {
    /// Of all that is flagged.
    pub(super) fn new(
        flags: Receiver<LiveFlag>,
        closing: watch::Receiver<bool>,
        case: Option<String>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self { flags, closing, case, watching: None, open: Stopwatch::start(), _place: place }
    }

    /// Of what somebody may watch.
    pub(super) fn read_by(self, watching: Option<Watching>) -> Self {
        Self { watching, ..self }
    }

    /// The next event; `None` once the server or the engine ends.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            let left_s = (SIGNED_IN_S - self.open.seconds()).max(0.0);
            let over = async {
                match self.watching {
                    Some(_) => tokio::time::sleep(Duration::from_secs_f64(left_s)).await,
                    None => std::future::pending().await,
                }
            };
            let received = tokio::select! {
                biased;
                _ = self.closing.wait_for(|closing| *closing) => return None,
                () = over => return None,
                received = self.flags.recv() => received,
            };
            match received {
                Ok(flag) => {
                    if self.wants(&flag).await {
                        return Some(Event::default().event(flag.kind.as_str()).data(&*flag.json));
                    }
                }
                Err(RecvError::Lagged(missed)) => {
                    let missed = if self.watching.is_some() { "null".to_owned() } else { missed.to_string() };
                    return Some(Event::default().event("missed").data(format!("{{\"missed\":{missed}}}")));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }

    async fn wants(&mut self, flag: &LiveFlag) -> bool {
        if self.case.as_deref().is_some_and(|case| case != &*flag.case_id) {
            return false;
        }
        match self.watching.as_mut() {
            Some(watching) => watching.sees(flag).await,
            None => true,
        }
    }
}
