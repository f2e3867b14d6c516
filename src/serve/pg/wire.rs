//! The client's end of a connection.

use futures::SinkExt as _;
use pgwire::api::ClientInfo as _;
use pgwire::error::PgWireError;
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::response::{CommandComplete, TransactionStatus};
use pgwire::messages::startup::ParameterStatus;
use pgwire::tokio::server::{MaybeTls, PgWireMessageServerCodec};
use tokio_util::codec::Framed;

use super::fault::Fault;

/// A connection as `pgwire` reads and writes it.
pub(super) type Socket = Framed<MaybeTls, PgWireMessageServerCodec<String>>;

/// From so many bytes on what was gathered is sent, as in PostgreSQL.
const GATHERED_BYTES: usize = 8192;

/// Where messages go.
///
/// Invariant: whatever is dropped half way, messages reach the client whole: what is not sent yet stays in the buffer.
pub(super) struct Wire(pub Socket);

impl Wire {
    /// Puts messages into the buffer, which is sent when it is full.
    ///
    /// # Errors
    /// 08006 if the client is gone.
    pub async fn put(&mut self, messages: Vec<PgWireBackendMessage>) -> Result<(), Fault> {
        for message in messages {
            self.0.feed(message).await.map_err(gone)?;
        }
        Ok(())
    }

    /// As [`Self::put`], of messages that are written already.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_written(&mut self, messages: &[u8]) -> Result<(), Fault> {
        self.0.write_buffer_mut().extend_from_slice(messages);
        if self.0.write_buffer().len() >= GATHERED_BYTES {
            self.0.flush().await.map_err(gone)?;
        }
        Ok(())
    }

    /// Notes whether a transaction is open: the client is told at the end of each statement.
    pub fn transaction(&mut self, status: TransactionStatus) {
        self.0.set_transaction_status(status);
    }
}

fn gone(error: std::io::Error) -> Fault {
    Fault::fatal("08006", PgWireError::from(error).to_string())
}

/// That a command is done.
pub(super) fn complete(tag: impl Into<String>) -> PgWireBackendMessage {
    PgWireBackendMessage::CommandComplete(CommandComplete::new(tag.into()))
}

/// That a setting has this value.
pub(super) fn parameter(name: impl Into<String>, value: impl Into<String>) -> PgWireBackendMessage {
    PgWireBackendMessage::ParameterStatus(ParameterStatus::new(name.into(), value.into()))
}
