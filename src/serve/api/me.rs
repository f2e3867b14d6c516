//! `GET /api/me`: whose session it is, and what they may see.

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Client;
use crate::access::{Scope, Stretch, Viewer};
use crate::serve::http::Handlers;
use crate::time::utc_text;

/// Whoever is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    /// The account's name.
    account: String,
    /// What it is here for: `investigator`, `supervisor`, `analyst`, `auditor` or `administrator`.
    role: String,
    /// Whether it sees every case, without a list.
    all_cases: bool,
    /// The cases that it sees.
    cases: Vec<CaseSeen>,
}

/// A case that may be seen.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseSeen {
    /// The case.
    case: String,
    /// Of its time, these stretches.
    stretches: Vec<StretchSeen>,
}

/// A stretch of time that may be seen.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StretchSeen {
    /// Its first moment, UTC; none if it is open.
    from: Option<String>,
    /// The first moment after it, UTC; none if it is open.
    until: Option<String>,
}

impl From<&Stretch> for StretchSeen {
    fn from(stretch: &Stretch) -> Self {
        Self { from: stretch.from_us.map(utc_text), until: stretch.until_us.map(utc_text) }
    }
}

impl From<&Viewer> for Me {
    fn from(viewer: &Viewer) -> Self {
        let (account, role) = (viewer.account.clone(), viewer.role.to_string());
        let Scope::Cases(cases) = &viewer.scope else {
            return Self { account, role, all_cases: true, cases: Vec::new() };
        };
        let seen = |(case, stretches): (&String, &Vec<Stretch>)| CaseSeen {
            case: case.clone(),
            stretches: stretches.iter().map(StretchSeen::from).collect(),
        };
        Self { account, role, all_cases: false, cases: cases.iter().map(seen).collect() }
    }
}

/// Says who is signed in, and what they may see
#[utoipa::path(
    get,
    path = "/api/me",
    tag = "asking",
    responses((status = 200, description = "The account, its role and its cases", body = Me))
)]
pub(in crate::serve) async fn me(
    State(handlers): State<Handlers>,
    ConnectInfo(client): ConnectInfo<Client>,
    headers: HeaderMap,
) -> Response {
    match handlers.door.session(&headers, client.0).await {
        Ok(session) => Json(Me::from(session.viewer())).into_response(),
        Err(problem) => problem.into_response(),
    }
}
