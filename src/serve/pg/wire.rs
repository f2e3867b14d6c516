//! The client's end, without its many types: what is written here is compiled once.

use std::fmt::Debug;

use async_trait::async_trait;
use futures::{Sink, SinkExt};
use pgwire::api::ClientInfo;
use pgwire::error::PgWireError;
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::response::{CommandComplete, TransactionStatus};
use pgwire::messages::startup::ParameterStatus;

use super::fault::Fault;

/// Where messages go.
#[async_trait]
pub(super) trait Wire: Send {
    /// Puts messages into the buffer, which is sent when it is full.
    ///
    /// # Errors
    /// 08006 if the client is gone.
    async fn put(&mut self, messages: Vec<PgWireBackendMessage>) -> Result<(), Fault>;

    /// Notes whether a transaction is open: the client is told at the end of each statement.
    fn transaction(&mut self, status: TransactionStatus);
}

/// A client.
pub(super) struct Through<'a, C>(pub &'a mut C);

#[async_trait]
impl<C> Wire for Through<'_, C>
where
    C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
    C::Error: Debug,
    PgWireError: From<C::Error>,
{
    async fn put(&mut self, messages: Vec<PgWireBackendMessage>) -> Result<(), Fault> {
        for message in messages {
            let fed = self.0.feed(message).await;
            fed.map_err(|e| Fault::fatal("08006", PgWireError::from(e).to_string()))?;
        }
        Ok(())
    }

    fn transaction(&mut self, status: TransactionStatus) {
        self.0.set_transaction_status(status);
    }
}

/// That a command is done.
pub(super) fn complete(tag: impl Into<String>) -> PgWireBackendMessage {
    PgWireBackendMessage::CommandComplete(CommandComplete::new(tag.into()))
}

/// That a setting has this value.
pub(super) fn parameter(name: impl Into<String>, value: impl Into<String>) -> PgWireBackendMessage {
    PgWireBackendMessage::ParameterStatus(ParameterStatus::new(name.into(), value.into()))
}
