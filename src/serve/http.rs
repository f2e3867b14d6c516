//! What a running Locard answers over HTTP: health, readiness, metrics, the cases that are behind, the live feed.
//!
//! | path | answers |
//! | --- | --- |
//! | `/health` | 200 while the process runs: `{"status":"alive","version":"..."}` |
//! | `/ready` | 200 or 503: `{"ready":false,"reasons":[{"reason":"kafka","text":"..."}]}` |
//! | `/metrics` | `OpenMetrics` text |
//! | `/api/cases/lag` | the cases, most urgent first: `[{"case","partition","lag_records","left_s"}]` |
//! | `/api/flags?case=` | flags as they are made, as server-sent events; of one case if it is named |
//!
//! Nobody is asked who they are: whoever reaches the address reads the flags. So it listens on this machine only unless
//! it is told otherwise.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, broadcast, watch};

use super::flags::{MAX_FEEDS, flags};
use crate::source::{CaseLag, sort_cases};
use crate::stream::LiveFlag;
use crate::stream::telemetry::Telemetry;

/// How long answers that are under way may take once the server is asked to end.
const DRAIN: Duration = Duration::from_secs(2);
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is shown; shared with the engine.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Metrics and readiness.
    pub telemetry: Arc<Telemetry>,
    /// How far behind each case is.
    pub cases: watch::Receiver<Vec<CaseLag>>,
    /// Flags as they are made.
    pub flags: broadcast::Sender<LiveFlag>,
}

/// What handlers share.
#[derive(Debug, Clone)]
pub(super) struct Handlers {
    pub(super) shown: Shown,
    /// Turns true when the server ends: feeds do not end by themselves.
    pub(super) closing: watch::Receiver<bool>,
    /// Feeds that may still be opened.
    pub(super) feeds: Arc<Semaphore>,
}

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address cannot be listened on: another process has it, or this machine does not. Retrying does not help.
    #[error("http.listen {address} cannot be listened on: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The server failed. Starting it again may help.
    #[error("the HTTP server failed: {0}")]
    Serve(#[from] io::Error),
}

/// A server that listens, and answers once it runs.
#[derive(Debug)]
pub struct HttpServer {
    listener: TcpListener,
    address: SocketAddr,
}

impl HttpServer {
    /// Listens; port 0 takes any that is free.
    ///
    /// # Errors
    /// [`HttpError::Listen`].
    pub async fn bind(address: SocketAddr) -> Result<Self, HttpError> {
        let failed = |source| HttpError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "flags can be read by whoever reaches this address: nobody is asked who they are");
        }
        Ok(Self { listener, address })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown` is done; then feeds end, answers under way have two seconds, and it returns.
    ///
    /// # Errors
    /// [`HttpError::Serve`] if connections cannot be taken any more.
    pub async fn run(self, shown: Shown, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), HttpError> {
        let (close, closing) = watch::channel(false);
        let mut drained = closing.clone();
        let app = router(Handlers { shown, closing, feeds: Arc::new(Semaphore::new(MAX_FEEDS)) });
        let server = axum::serve(self.listener, app).with_graceful_shutdown(async move {
            shutdown.await;
            close.send_replace(true);
        });
        let overdue = async move {
            drop(drained.wait_for(|closing| *closing).await);
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            ended = server => Ok(ended?),
            () = overdue => Ok(()),
        }
    }
}

fn router(handlers: Handlers) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .route("/api/cases/lag", get(case_lags))
        .route("/api/flags", get(flags))
        .fallback(async || problem(StatusCode::NOT_FOUND, "nothing is here: see docs/serve.md"))
        .with_state(handlers)
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

async fn health() -> Json<Health> {
    Json(Health { status: "alive", version: env!("CARGO_PKG_VERSION") })
}

#[derive(Serialize)]
struct Ready {
    ready: bool,
    reasons: Vec<Reason>,
}

#[derive(Serialize)]
struct Reason {
    reason: &'static str,
    text: String,
}

async fn ready(State(handlers): State<Handlers>) -> Response {
    let reasons = handlers.shown.telemetry.readiness().reasons();
    let reasons: Vec<_> = reasons.into_iter().map(|(reason, text)| Reason { reason, text }).collect();
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready: reasons.is_empty(), reasons })).into_response()
}

async fn metrics(State(handlers): State<Handlers>) -> Response {
    ([(header::CONTENT_TYPE, OPENMETRICS)], handlers.shown.telemetry.encode()).into_response()
}

#[derive(Serialize)]
struct CaseLagJson {
    case: String,
    partition: i32,
    lag_records: u64,
    /// Whole seconds, rounded down: nobody is told of time that is not there.
    left_s: Option<i64>,
    /// It does not fit in memory, needs so many bytes, and nothing is said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    aside_bytes: Option<usize>,
}

async fn case_lags(State(handlers): State<Handlers>) -> Json<Vec<CaseLagJson>> {
    let mut cases = handlers.shown.cases.borrow().clone();
    sort_cases(&mut cases);
    let shown = cases.into_iter().map(|c| CaseLagJson {
        case: c.case,
        partition: c.partition,
        lag_records: c.lag_records,
        left_s: c.left_us.map(|us| us.div_euclid(1_000_000)),
        aside_bytes: c.aside_bytes,
    });
    Json(shown.collect())
}

#[derive(Serialize)]
struct Problem<'a> {
    error: &'a str,
}

/// An answer that says in words what is wrong.
pub(super) fn problem(status: StatusCode, error: &str) -> Response {
    (status, Json(Problem { error })).into_response()
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
