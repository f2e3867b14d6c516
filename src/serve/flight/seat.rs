//! A seat: what one client has here. Its handles are looked for in it and nowhere else, so that nobody's ticket, statement
//! or cancel reaches another's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::common::ScalarValue;
use tokio::sync::oneshot;
use tonic::Status;

use super::handles::{Handle, Handles};
use super::question::{Question, Ready};
use crate::query::Session;
use crate::time::{Clock, US_PER_S};

/// How long a ticket waits to be used.
const TICKET_US: i64 = 600 * US_PER_S;

/// A statement that a client has prepared.
#[derive(Clone)]
pub(super) struct Prepared {
    /// What it asks.
    pub question: Arc<Question>,
    /// What was bound last.
    pub values: Vec<ScalarValue>,
}

/// What one client has here.
pub(super) struct Seat {
    clock: Arc<dyn Clock>,
    session: Mutex<Arc<Session>>,
    tickets: Mutex<Handles<Ready>>,
    prepared: Mutex<Handles<Prepared>>,
    running: Mutex<BTreeMap<Handle, oneshot::Sender<()>>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a question takes: its text and its parameters' values, bytes.
fn bytes_of(question: &Question, values: &[ScalarValue]) -> usize {
    values.iter().map(ScalarValue::size).fold(question.sql.len(), usize::saturating_add)
}

impl Seat {
    /// Of somebody who has come in.
    pub fn new(session: Arc<Session>, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            session: Mutex::new(session),
            tickets: Mutex::new(Handles::new("ticket", Some(TICKET_US))),
            prepared: Mutex::new(Handles::new("prepared statement", None)),
            running: Mutex::default(),
        }
    }

    /// Their session.
    pub fn session(&self) -> Arc<Session> {
        Arc::clone(&held(&self.session))
    }

    /// They have shown again who they are: what they may see is what they may see now.
    pub fn renew(&self, session: Arc<Session>) {
        *held(&self.session) = session;
    }

    /// A ticket for a question that can run.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED`.
    pub fn ticket(&self, ready: Ready) -> Result<Handle, Status> {
        let bytes = bytes_of(&ready.question, &ready.values);
        held(&self.tickets).keep(ready, bytes, self.clock.now_us())
    }

    /// What a ticket is for; it is used up.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub fn redeem(&self, ticket: &[u8]) -> Result<Ready, Status> {
        held(&self.tickets).take(ticket, self.clock.now_us())
    }

    /// Keeps a prepared statement.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED`.
    pub fn prepare(&self, question: Arc<Question>) -> Result<Handle, Status> {
        let bytes = bytes_of(&question, &[]);
        held(&self.prepared).keep(Prepared { question, values: Vec::new() }, bytes, self.clock.now_us())
    }

    /// A prepared statement.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub fn prepared(&self, handle: &[u8]) -> Result<Prepared, Status> {
        held(&self.prepared).get(handle, self.clock.now_us()).cloned()
    }

    /// Binds values to a prepared statement, in place of those before.
    ///
    /// # Errors
    /// `NOT_FOUND`; `RESOURCE_EXHAUSTED` if they are too large.
    pub fn bind(&self, handle: &[u8], prepared: Prepared) -> Result<(), Status> {
        let bytes = bytes_of(&prepared.question, &prepared.values);
        held(&self.prepared).replace(handle, prepared, bytes)
    }

    /// Lets go of a prepared statement.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub fn close(&self, handle: &[u8]) -> Result<(), Status> {
        held(&self.prepared).take(handle, self.clock.now_us()).map(drop)
    }

    /// A question runs; what is returned says when it is cancelled.
    pub fn begin(&self, handle: Handle) -> oneshot::Receiver<()> {
        let (cancel, cancelled) = oneshot::channel();
        held(&self.running).insert(handle, cancel);
        cancelled
    }

    /// A question has ended.
    pub fn ended(&self, handle: &Handle) {
        held(&self.running).remove(handle);
    }

    /// Cancels a question, whether it runs or its ticket waits.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub fn cancel(&self, ticket: &[u8]) -> Result<(), Status> {
        let running = <&Handle>::try_from(ticket).ok().and_then(|handle| held(&self.running).remove(handle));
        match running {
            // It may end by itself at this very moment.
            Some(cancel) => {
                _ = cancel.send(());
                Ok(())
            }
            None => self.redeem(ticket).map(drop),
        }
    }

    /// Cancels all that runs.
    pub fn cancel_all(&self) {
        for (_, cancel) in std::mem::take(&mut *held(&self.running)) {
            _ = cancel.send(());
        }
    }
}
