//! What a running Locard answers over HTTP: health, readiness, metrics, the cases that are behind, the live feed.
//!
//! | path | answers |
//! | --- | --- |
//! | `/health` | 200 while the process runs: `{"status":"alive","version":"..."}` |
//! | `/ready` | 200 or 503: `{"ready":false,"reasons":[{"reason":"kafka","text":"..."}]}` |
//! | `/metrics` | `OpenMetrics` text |
//! | `/api/cases/lag` | the cases, most urgent first: `[{"case","partition","lag_records","left_s"}]` |
//! | `/api/flags?case=` | flags as they are made, as server-sent events; of one case if it is named |
//! | `/api/sql`, `/api/queries`, `/api/me`, `/api/openapi.json` | asking: [`api`](super::api) |
//!
//! Cases are shown to those who may watch them. Only where the [`Door`] is open is nobody asked who they are; then it
//! listens on this machine only, unless it is told otherwise.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use axum::{Json, Router, middleware};
use pgwire::tokio::TlsAcceptor;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, broadcast, watch};
use utoipa::ToSchema;

use super::api::problem::Problem;
use super::api::{
    Answering, Client, Door, LONGEST_BODY, Prompt, Secure, Visitor, Watching, cases_in, describe, whole_body,
    without_cases,
};
use super::ask_config::{HttpAccess, SignIn};
use super::flags::MAX_FEEDS;
use super::pg::{self, TlsError};
use super::taking;
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
    /// Where people come in.
    pub(super) door: Arc<Door>,
    /// Questions that are being answered.
    pub(super) answering: Answering,
}

impl Handlers {
    /// What somebody who wants to see cases may watch; `None` if they may watch all, because nobody is asked.
    pub(super) async fn watching(&self, headers: &HeaderMap, client: Client) -> Result<Option<Watching>, Problem> {
        match (self.door.visitor(headers, client.0).await?, self.door.gate()) {
            (Visitor::Known(session), Some(gate)) => {
                Ok(Some(Watching::new(Arc::clone(gate), session.viewer().clone())))
            }
            (Visitor::Known(_), None) => Err(Problem::unknown()),
            (Visitor::Anybody, _) => Ok(None),
        }
    }
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
    /// There is no TLS where it was asked for. Retrying does not help.
    #[error("http.certificate: {0}")]
    Tls(#[from] TlsError),
}

/// A server that listens, and answers once it runs.
pub struct HttpServer {
    listener: TcpListener,
    address: SocketAddr,
    door: Door,
    acceptor: Option<TlsAcceptor>,
    connections: usize,
}

impl std::fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tls = self.acceptor.is_some();
        f.debug_struct("HttpServer").field("address", &self.address).field("tls", &tls).finish_non_exhaustive()
    }
}

impl HttpServer {
    /// Listens; port 0 takes any that is free. Nobody is asked who they are unless it is given a door.
    ///
    /// # Errors
    /// [`HttpError::Listen`].
    pub async fn bind(address: SocketAddr) -> Result<Self, HttpError> {
        let failed = |source| HttpError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let door = Door::new(None, None, SignIn::Never);
        Ok(Self { listener, address, door, acceptor: None, connections: HttpAccess::default().connections })
    }

    /// With a door, with so many connections at once, and with TLS if there is a certificate.
    ///
    /// # Errors
    /// [`HttpError::Tls`]: whoever asks for TLS never gets a server without.
    pub fn entered_by(self, door: Door, access: &HttpAccess) -> Result<Self, HttpError> {
        let acceptor = access.tls.as_ref().map(|files| pg::load_tls(files, "http/1.1")).transpose()?;
        Ok(Self { door, acceptor, connections: access.connections, ..self })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown` is done; then feeds end, answers under way have two seconds, and it returns.
    pub async fn run(self, shown: Shown, shutdown: impl Future<Output = ()> + Send + 'static) {
        if !self.address.ip().is_loopback() && self.door.is_open().await {
            let address = self.address;
            tracing::warn!(%address, "flags can be read by whoever reaches this address: nobody is asked who they are");
        }
        let (close, closing) = watch::channel(false);
        let drained = closing.clone();
        let (feeds, answering) = (Arc::new(Semaphore::new(MAX_FEEDS)), Answering::default());
        let app = router(Handlers { shown, closing, feeds, door: Arc::new(self.door), answering });
        let ending = async move {
            shutdown.await;
            close.send_replace(true);
        };
        match self.acceptor {
            None => serve(Prompt(self.listener), app, self.connections, ending, drained).await,
            Some(acceptor) => {
                let listener = Secure::new(Prompt(self.listener), acceptor);
                serve(listener, app, self.connections, ending, drained).await;
            }
        }
    }
}

async fn serve<L: Listener<Addr = SocketAddr>>(
    listener: L,
    app: Router,
    connections: usize,
    ending: impl Future<Output = ()>,
    mut drained: watch::Receiver<bool>,
) {
    let overdue = async move {
        drop(drained.wait_for(|closing| *closing).await);
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = taking::serve(listener, app, connections, ending) => {}
        () = overdue => {}
    }
}

fn router(handlers: Handlers) -> Router {
    describe::routes()
        .fallback(async || problem(StatusCode::NOT_FOUND, "nothing is here: see docs/serve.md"))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(middleware::from_fn(whole_body))
        .with_state(handlers)
}

/// That the process runs.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `alive`.
    status: &'static str,
    /// The version that runs.
    version: &'static str,
}

/// Says that the process runs
#[utoipa::path(
    get,
    path = "/health",
    tag = "running",
    responses((status = 200, description = "It runs", body = Health))
)]
pub(super) async fn health() -> Json<Health> {
    Json(Health { status: "alive", version: env!("CARGO_PKG_VERSION") })
}

/// Whether records can be taken in.
#[derive(Serialize, ToSchema)]
pub(super) struct Ready {
    /// Whether they can.
    ready: bool,
    /// Why not.
    reasons: Vec<Reason>,
}

/// A reason why records cannot be taken in.
#[derive(Serialize, ToSchema)]
pub(super) struct Reason {
    /// In a word.
    reason: &'static str,
    /// In words for a person.
    text: String,
}

/// Says whether records can be taken in
#[utoipa::path(
    get,
    path = "/ready",
    tag = "running",
    responses(
        (status = 200, description = "They can", body = Ready),
        (status = 503, description = "They cannot, and why", body = Ready),
    )
)]
pub(super) async fn ready(State(handlers): State<Handlers>) -> Response {
    let reasons = handlers.shown.telemetry.readiness().reasons();
    let reasons: Vec<_> = reasons.into_iter().map(|(reason, text)| Reason { reason, text }).collect();
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready: reasons.is_empty(), reasons })).into_response()
}

/// Shows the metrics, as `OpenMetrics` text
///
/// The series that name a case are those of the cases that whoever asks may watch; who does not sign in sees none of them,
/// but where nobody is asked.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "running",
    responses((
        status = 200, description = "The metrics", body = String,
        content_type = "application/openmetrics-text",
    ))
)]
pub(super) async fn metrics(
    State(handlers): State<Handlers>,
    ConnectInfo(client): ConnectInfo<Client>,
    headers: HeaderMap,
) -> Response {
    let text = handlers.shown.telemetry.encode();
    let known = headers.contains_key(header::AUTHORIZATION);
    let text = if !known && handlers.door.is_open().await {
        text
    } else if !known {
        // Whoever gathers metrics needs no account for those that are of no case.
        without_cases(&text, |_| false)
    } else {
        let mut watching = match handlers.watching(&headers, client).await {
            Ok(watching) => watching,
            Err(problem) => return problem.into_response(),
        };
        let mut seen = std::collections::BTreeSet::new();
        for case in cases_in(&text) {
            let sees = match watching.as_mut() {
                Some(watching) => watching.sees_case(&case).await,
                None => true,
            };
            if sees {
                seen.insert(case);
            }
        }
        without_cases(&text, |case| seen.contains(case))
    };
    ([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response()
}

/// How far behind a case is, and how urgent.
#[derive(Serialize, ToSchema)]
pub(super) struct CaseLagJson {
    /// The case.
    case: String,
    /// The partition that its records come through.
    partition: i32,
    /// Records of it that were read and are not in the tables yet.
    lag_records: u64,
    /// The least time left of its custody clocks, seconds; negative once it has passed, none if it has no clock.
    ///
    /// Whole seconds, rounded down: nobody is told of time that is not there.
    left_s: Option<i64>,
    /// It does not fit in memory, needs so many bytes, and nothing is said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    aside_bytes: Option<usize>,
}

/// Shows the cases with a custody clock, the most urgent first
#[utoipa::path(
    get,
    path = "/api/cases/lag",
    tag = "watching",
    responses((status = 200, description = "The cases that may be watched", body = Vec<CaseLagJson>))
)]
pub(super) async fn case_lags(
    State(handlers): State<Handlers>,
    ConnectInfo(client): ConnectInfo<Client>,
    headers: HeaderMap,
) -> Response {
    let mut watching = match handlers.watching(&headers, client).await {
        Ok(watching) => watching,
        Err(problem) => return problem.into_response(),
    };
    let mut cases = handlers.shown.cases.borrow().clone();
    sort_cases(&mut cases);
    let mut seen = Vec::with_capacity(cases.len());
    for case in cases {
        let sees = match watching.as_mut() {
            Some(watching) => watching.sees_case(&case.case).await,
            None => true,
        };
        if sees {
            seen.push(case);
        }
    }
    let shown = seen.into_iter().map(|c| CaseLagJson {
        case: c.case,
        partition: c.partition,
        lag_records: c.lag_records,
        left_s: c.left_us.map(|us| us.div_euclid(1_000_000)),
        aside_bytes: c.aside_bytes,
    });
    Json(shown.collect::<Vec<_>>()).into_response()
}

/// An answer that says in words what is wrong.
pub(super) fn problem(status: StatusCode, detail: &str) -> Response {
    Problem::new(status, detail).into_response()
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
