//! One connection from its first byte to its last: who is in, and what is done with each message.
//!
//! ```text
//!  TLS? ─> coming in ─> ready ─┬─> a text: simple ───────────────────────────> ready
//!                              └─> parse, bind, describe, execute, close ─┬─> sync ─> ready
//!                                               what fails: all is left out until ┘
//! ```
//! `pgwire` negotiates TLS, reads and writes messages and tells of errors. Its own loop hands handlers a sink that takes one
//! message after another; rows are sent as whole blocks, so the loop is here.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use pgwire::api::cancel::{CancelHandler as _, DefaultCancelHandler};
use pgwire::api::query::send_ready_for_query;
use pgwire::api::{ClientInfo as _, PgWireConnectionState};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::PgWireFrontendMessage as Message;
use pgwire::messages::response::TransactionStatus;
use pgwire::tokio::TlsAcceptor;
use pgwire::tokio::server::{negotiate_tls, process_error};
use tokio::net::TcpStream;

use super::connection::Connection;
use super::entering::Entering;
use super::server::Shared;
use super::wire::Wire;

/// How long somebody may take to come in.
const COMING_IN: Duration = Duration::from_mins(1);

/// Answers a client until it goes; `full` if there are as many connections as there may be.
///
/// # Errors
/// If the client is gone, or speaks no TLS where it said so.
pub(super) async fn hold(
    socket: TcpStream,
    acceptor: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    full: bool,
) -> io::Result<()> {
    let late = tokio::time::sleep(COMING_IN);
    tokio::pin!(late);
    let socket = tokio::select! {
        () = &mut late => return Ok(()),
        socket = negotiate_tls(socket, acceptor) => socket?,
    };
    // None if it speaks TLS from its first byte, and there is none.
    let Some(socket) = socket else { return Ok(()) };
    let mut wire = Wire(socket);
    let mut entering = Entering::new(Arc::clone(&shared), full);
    let mut connection = None;
    loop {
        let message = tokio::select! {
            () = &mut late, if connection.is_none() => return Ok(()),
            message = wire.0.next() => message,
        };
        let Some(Ok(message)) = message else { return Ok(()) };
        let extended = message.is_extended_query();
        let done = match (message, &mut connection) {
            (Message::Terminate(_), _) => return Ok(()),
            (Message::CancelRequest(request), _) => {
                DefaultCancelHandler::new(Arc::clone(&shared.running)).on_cancel_request(request).await;
                return wire.0.close().await;
            }
            (message, Some(connection)) => answer(&mut wire, connection, message).await,
            (message, None) => entering.step(&mut wire, message).await.map(|entered| connection = entered),
        };
        if let Err(error) = done {
            process_error(&mut wire.0, error, extended).await?;
            // One try a connection.
            if connection.is_none() {
                return Ok(());
            }
        }
    }
}

/// Does what a message asks for.
async fn answer(wire: &mut Wire, connection: &mut Connection, message: Message) -> PgWireResult<()> {
    if matches!(wire.0.state(), PgWireConnectionState::AwaitingSync) && !matches!(message, Message::Sync(_)) {
        return Ok(());
    }
    let simple = matches!(message, Message::Query(_));
    let done = match message {
        Message::Query(query) => connection.simple(wire, &query.query).await,
        Message::Parse(parse) => connection.parse(wire, parse).await,
        Message::Bind(bind) => connection.bind(wire, &bind).await,
        Message::Describe(describe) => connection.describe(wire, &describe).await,
        Message::Execute(execute) => connection.run(wire, &execute).await,
        Message::Close(close) => connection.close(wire, &close).await,
        Message::Sync(_) => return sync(wire, connection).await,
        Message::Flush(_) => return wire.0.flush().await.map_err(PgWireError::from),
        _ => return Ok(()),
    };
    if done.is_err() {
        connection.failed();
    }
    wire.transaction(connection.transaction);
    done?;
    if simple { ready(wire).await } else { Ok(()) }
}

/// Ends what was asked in steps.
async fn sync(wire: &mut Wire, connection: &mut Connection) -> PgWireResult<()> {
    // Outside of a transaction each statement is one of its own, and its portals end with it.
    if connection.transaction == TransactionStatus::Idle {
        connection.end(true);
    }
    wire.transaction(connection.transaction);
    wire.0.set_state(PgWireConnectionState::ReadyForQuery);
    ready(wire).await
}

/// Says that the next question can come.
async fn ready(wire: &mut Wire) -> PgWireResult<()> {
    let status = wire.0.transaction_status();
    send_ready_for_query(&mut wire.0, status).await
}
