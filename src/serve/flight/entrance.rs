//! Coming in: a password for a pass, or an API token at any call; few at a time, because a password's check is made to cost.

use std::sync::Arc;

use tokio::sync::{Semaphore, oneshot};
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::credentials::{Shown, shown};
use super::seat::Seat;
use super::seats::{Found, Seats};
use super::status::nobody;
use super::tasks::Tasks;
use crate::query::{Gate, Happening, Proof, QueryError, Session};

/// Checks at once: each takes a core for about a tenth of a second, and 19 MiB (docs/access.md).
const CHECKS: usize = 2;
/// Those who wait for one; more are sent away.
const WAITING: usize = 64;

/// The way in.
pub(super) struct Entrance {
    gate: Arc<dyn Gate>,
    seats: Arc<Seats>,
    tasks: Arc<Tasks>,
    checks: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Entrance {
    /// Over a gate.
    pub fn new(gate: Arc<dyn Gate>, seats: Arc<Seats>, tasks: Arc<Tasks>) -> Self {
        let (checks, waiting) = (Arc::new(Semaphore::new(CHECKS)), Arc::new(Semaphore::new(WAITING)));
        Self { gate, seats, tasks, checks, waiting }
    }

    /// The bearer token of somebody who shakes hands: a pass for a password, or the API token that they showed.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, `RESOURCE_EXHAUSTED`.
    pub async fn shake(&self, metadata: &MetadataMap, client: &str) -> Result<String, Status> {
        match shown(metadata).ok_or_else(nobody)? {
            Shown::Basic { account, password } => {
                let session = self.enter(Proof::Password { account, password }, client).await?;
                self.seats.pass(session)
            }
            Shown::Bearer(token) => self.by_bearer(&token, client).await.map(|_| token),
        }
    }

    /// The seat of whoever calls.
    ///
    /// # Errors
    /// As [`Self::shake`].
    pub async fn seat(&self, metadata: &MetadataMap, client: &str) -> Result<Arc<Seat>, Status> {
        match shown(metadata) {
            Some(Shown::Bearer(token)) => self.by_bearer(&token, client).await,
            // A password at every call would be checked at every call.
            Some(Shown::Basic { .. }) | None => Err(nobody()),
        }
    }

    async fn by_bearer(&self, token: &str, client: &str) -> Result<Arc<Seat>, Status> {
        match self.seats.find(token) {
            Found::Seat(seat) => Ok(seat),
            Found::Over => {
                self.refused(client).await?;
                Err(nobody())
            }
            Found::Ask => match self.enter(Proof::Token(token.to_owned()), client).await {
                Ok(session) => self.seats.sit(token, session),
                Err(status) => {
                    if status.code() == tonic::Code::Unauthenticated {
                        self.seats.leave(token);
                    }
                    Err(status)
                }
            },
        }
    }

    async fn enter(&self, proof: Proof, client: &str) -> Result<Arc<Session>, Status> {
        let (gate, client) = (Arc::clone(&self.gate), client.to_owned());
        let entered = self.in_turn(async move { gate.enter(proof, &client).await }).await?;
        entered.map_err(|error| match error {
            QueryError::Refused(_) => nobody(),
            other => {
                tracing::error!(error = %other, "nobody can be let in");
                Status::internal("nobody can be let in now")
            }
        })
    }

    /// Writes down that a pass was shown that is none. Who cannot be told cannot be sent away either.
    async fn refused(&self, client: &str) -> Result<(), Status> {
        let reason = format!("Flight SQL, from {client}: a pass that is unknown or over");
        let refused = Happening::Refused { account: "a pass".to_owned(), reason };
        let gate = Arc::clone(&self.gate);
        let written = self.in_turn(async move { gate.note(None, refused).await }).await?;
        if let Err(unwritten) = written {
            tracing::error!(%unwritten, "a refusal could not be written down");
        }
        Ok(())
    }

    /// Does some work when it is its turn. The turn lasts until the work is done, also if the caller is gone meanwhile: a
    /// check of a password cannot be broken off.
    async fn in_turn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T, Status> {
        let full = |_| Status::resource_exhausted("too many are at the door: try again in a moment");
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(full)?;
        let checks = Arc::clone(&self.checks);
        let (tell, told) = oneshot::channel();
        self.tasks.begin(async move {
            let turn = checks.acquire_owned().await;
            if !tell.is_closed() {
                // Nobody may be there any more to hear it.
                _ = tell.send(work.await);
            }
            drop((turn, place));
        });
        told.await.map_err(|_| Status::unavailable("the server is stopping"))
    }
}
