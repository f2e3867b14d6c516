//! The door: who somebody is who comes over HTTP, through the same gate as everybody.
//!
//! ```text
//!  Authorization ─> Basic  ─> one of few turns (a password is slow on purpose) ─┐
//!                   Bearer ─> locard_... ───────────────────────────────────────┼─> Gate::enter ─> a session for this request
//!                          └> eyJ...     ─> Provider: whose is it? ─────────────┘
//! ```
//! Nobody's session outlives their request: what was withdrawn a moment ago is not seen. Whoever is refused is told no more
//! than that.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::{HeaderMap, StatusCode};
use tokio::sync::Semaphore;

use super::credentials::{self, Credentials};
use super::problem::Problem;
use crate::query::{Gate, Proof, QueryError, Session};
use crate::serve::ask_config::SignIn;
use crate::serve::oidc::{OidcFault, Provider};

/// Passwords that are checked at once: each takes 19 MiB and a core for about a tenth of a second.
const PASSWORDS: usize = 2;
/// Passwords that wait for their turn; more are told to come again.
const WAITING: usize = 32;

/// The door of the HTTP server.
pub struct Door {
    gate: Option<Arc<dyn Gate>>,
    provider: Option<Arc<Provider>>,
    sign_in: SignIn,
    /// Once there is an account there always is one.
    peopled: AtomicBool,
    turns: Semaphore,
    waiting: Semaphore,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door")
            .field("sign_in", &self.sign_in)
            .field("gate", &self.gate.is_some())
            .finish_non_exhaustive()
    }
}

/// Somebody who wants to be shown cases.
pub(in crate::serve) enum Visitor {
    /// Nobody was asked who they are: all is shown.
    Anybody,
    /// They are known: what is theirs is shown.
    Known(Arc<Session>),
}

impl Door {
    /// A door before a gate; without one nobody can come in, and cases are shown to all or to none.
    #[must_use]
    pub fn new(gate: Option<Arc<dyn Gate>>, provider: Option<Arc<Provider>>, sign_in: SignIn) -> Self {
        let (turns, waiting) = (Semaphore::new(PASSWORDS), Semaphore::new(WAITING));
        Self { gate, provider, sign_in, peopled: AtomicBool::new(false), turns, waiting }
    }

    /// The gate behind it.
    pub(in crate::serve) const fn gate(&self) -> Option<&Arc<dyn Gate>> {
        self.gate.as_ref()
    }

    /// Whether cases are shown without asking who wants to see them, now.
    pub(in crate::serve) async fn is_open(&self) -> bool {
        match self.sign_in {
            SignIn::Always => false,
            SignIn::Never | SignIn::Elsewhere => true,
            SignIn::WithAccounts => !self.is_peopled().await,
        }
    }

    async fn is_peopled(&self) -> bool {
        if self.peopled.load(Ordering::Relaxed) {
            return true;
        }
        let Some(gate) = &self.gate else { return false };
        let peopled = gate.has_accounts().await;
        self.peopled.store(peopled, Ordering::Relaxed);
        peopled
    }

    /// Who wants to be shown cases.
    ///
    /// # Errors
    /// 401 for somebody who is not known and must be.
    pub(in crate::serve) async fn visitor(&self, headers: &HeaderMap, from: SocketAddr) -> Result<Visitor, Problem> {
        if headers.contains_key(axum::http::header::AUTHORIZATION) {
            return self.session(headers, from).await.map(Visitor::Known);
        }
        if self.is_open().await { Ok(Visitor::Anybody) } else { Err(Problem::unknown()) }
    }

    /// The session of somebody who asks.
    ///
    /// # Errors
    /// 401 for somebody who is not known; 503 if nobody can be, or too many come at once.
    pub(in crate::serve) async fn session(
        &self,
        headers: &HeaderMap,
        from: SocketAddr,
    ) -> Result<Arc<Session>, Problem> {
        let Some(gate) = &self.gate else {
            let why = "nobody can sign in: accounts are kept in a folder of the server's own, and store.data is none";
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, why));
        };
        let proof = match credentials::read(headers) {
            Ok(None) => return Err(Problem::unknown()),
            Ok(Some(shown)) => self.proof(gate.as_ref(), shown, from).await?,
            Err(credentials::Unreadable) => {
                return Err(refused(gate.as_ref(), from, "HTTP: the header Authorization cannot be read").await);
            }
        };
        let _turn = match &proof {
            Proof::Password { .. } => Some(self.turn().await?),
            _ => None,
        };
        gate.enter(proof, &from.to_string()).await.map_err(|error| match error {
            QueryError::Refused(_) => Problem::unknown(),
            other => other.into(),
        })
    }

    /// What somebody shows, as the gate takes it.
    async fn proof(&self, gate: &dyn Gate, shown: Credentials, from: SocketAddr) -> Result<Proof, Problem> {
        let token = match shown {
            Credentials::Password { account, password } => return Ok(Proof::Password { account, password }),
            Credentials::Token(token) => return Ok(Proof::Token(token)),
            Credentials::Signed(token) => token,
        };
        // To the gate it is a token that is none, and so it is written down.
        let Some(provider) = &self.provider else { return Ok(Proof::Token(token)) };
        match provider.identity(&token).await {
            Ok(seen) => {
                Ok(Proof::Vouched { account: seen.account, roles: seen.roles, by: provider.issuer().to_owned() })
            }
            Err(fault) => {
                let said = refused(gate, from, &format!("a token of {}: {fault}", provider.issuer())).await;
                let away = matches!(fault, OidcFault::Unreachable { .. });
                let why = "the identity provider cannot be reached";
                Err(if away { Problem::new(StatusCode::SERVICE_UNAVAILABLE, why) } else { said })
            }
        }
    }

    /// Waits until a password may be checked.
    async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Problem> {
        let busy = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many sign in at once: try again");
        let _place = self.waiting.try_acquire().map_err(|_| busy())?;
        self.turns.acquire().await.map_err(|_| busy())
    }
}

/// Writes down that somebody who comes from there was not let in, before they said who they are.
async fn refused(gate: &dyn Gate, from: SocketAddr, reason: &str) -> Problem {
    match gate.turned_away("", &from.to_string(), reason, false).await {
        Ok(()) => Problem::unknown(),
        Err(_) => Problem::unwritten(),
    }
}
