//! The live feed: flags as server-sent events (WHATWG HTML, 9.2), to as many readers as are let in.
//!
//! `event: flag` carries one statement as JSON. A reader that is slower than the flags loses the oldest, and is told how
//! many: `event: missed`, `{"missed":12}`. What it missed is in the tables. Flags of a feed that is limited to one case
//! are missed together with those of others: the number is of all cases.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use serde::Deserialize;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::http::{Handlers, problem};
use crate::stream::LiveFlag;

/// At most so many feeds are open at once.
pub(super) const MAX_FEEDS: usize = 256;
/// A line is sent after so long without flags, so that neither side takes the connection for dead.
const QUIET: Duration = Duration::from_secs(15);

/// What a reader may ask for. A misspelt `case` is refused: it would show all cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    case: Option<String>,
}

pub(super) async fn flags(State(handlers): State<Handlers>, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let Query(asked) = match asked {
        Ok(asked) => asked,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &error.body_text()),
    };
    if asked.case.as_deref() == Some("") {
        return problem(StatusCode::BAD_REQUEST, "`case` is empty: name one, or leave it out for all");
    }
    let Ok(place) = handlers.feeds.try_acquire_owned() else {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "too many feeds are open: close one, or try again later");
    };
    let feed = Feed::new(handlers.shown.flags.subscribe(), handlers.closing, asked.case, place);
    Sse::new(events(feed)).keep_alive(KeepAlive::new().interval(QUIET)).into_response()
}

/// What one reader is shown.
#[derive(Debug)]
pub(super) struct Feed {
    flags: Receiver<LiveFlag>,
    closing: watch::Receiver<bool>,
    case: Option<String>,
    _place: OwnedSemaphorePermit,
}

fn events(feed: Feed) -> impl Stream<Item = Result<Event, Infallible>> + Send + 'static {
    futures::stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((Ok(event), feed))
    })
}

impl Feed {
    pub(super) const fn new(
        flags: Receiver<LiveFlag>,
        closing: watch::Receiver<bool>,
        case: Option<String>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self { flags, closing, case, _place: place }
    }

    /// The next event; `None` once the server or the engine ends.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            let received = tokio::select! {
                biased;
                _ = self.closing.wait_for(|closing| *closing) => return None,
                received = self.flags.recv() => received,
            };
            match received {
                Ok(flag) if self.wants(&flag) => return Some(Event::default().event("flag").data(&*flag.json)),
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => {
                    return Some(Event::default().event("missed").data(format!("{{\"missed\":{missed}}}")));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn wants(&self, flag: &LiveFlag) -> bool {
        self.case.as_deref().is_none_or(|case| case == &*flag.case_id)
    }
}
