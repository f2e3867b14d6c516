//! The two ways of asking: a text with statements (simple), and parse, bind, describe, execute, sync (extended).
//!
//! `pgwire` reads and writes messages and keeps the order of states; what a message does is here. Its own portals are not
//! used: they hold a whole result in memory.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use futures::Sink;
use pgwire::api::portal::Portal as WirePortal;
use pgwire::api::query::{ExtendedQueryHandler, SimpleQueryHandler, send_ready_for_query};
use pgwire::api::results::Response;
use pgwire::api::stmt::NoopQueryParser;
use pgwire::api::store::PortalStore;
use pgwire::api::{ClientInfo, ClientPortalStore, PgWireConnectionState};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::extendedquery::{Bind, Close, Describe, Execute, Parse, Sync as PgSync};
use pgwire::messages::response::TransactionStatus;
use pgwire::messages::simplequery::Query;
use tokio::sync::Mutex;

use super::connection::Connection;
use super::fault::Fault;
use super::wire::{Through, Wire};

/// The handlers of one connection.
pub(super) struct Asking {
    /// There is one once somebody has come in.
    pub connection: Arc<Mutex<Option<Connection>>>,
}

fn not_in() -> Fault {
    Fault::fatal("28000", "nobody has come in on this connection")
}

/// Runs one step of the connection; if it fails, so does the transaction.
macro_rules! step {
    ($self:ident, $client:ident, |$connection:ident, $wire:ident| $work:expr) => {{
        let mut held = $self.connection.lock().await;
        let $connection = held.as_mut().ok_or_else(not_in)?;
        let done: Result<_, Fault> = {
            let mut through = Through($client);
            let $wire: &mut dyn Wire = &mut through;
            $work
        };
        if done.is_err() {
            $connection.failed();
        }
        $client.set_transaction_status($connection.transaction);
        done?
    }};
}

#[async_trait]
impl SimpleQueryHandler for Asking {
    async fn on_query<C>(&self, client: &mut C, query: Query) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        client.set_state(PgWireConnectionState::QueryInProgress);
        step!(self, client, |connection, wire| connection.simple(wire, &query.query).await);
        client.set_state(PgWireConnectionState::ReadyForQuery);
        let status = client.transaction_status();
        send_ready_for_query(client, status).await
    }

    async fn do_query<C>(&self, _client: &mut C, _query: &str) -> PgWireResult<Vec<Response>>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        Err(Fault::unsupported("this way of asking").into())
    }
}

#[async_trait]
impl ExtendedQueryHandler for Asking {
    type Statement = String;
    type QueryParser = NoopQueryParser;

    fn query_parser(&self) -> Arc<NoopQueryParser> {
        Arc::new(NoopQueryParser)
    }

    async fn on_parse<C>(&self, client: &mut C, message: Parse) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = String>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        step!(self, client, |connection, wire| connection.parse(wire, message).await);
        Ok(())
    }

    async fn on_bind<C>(&self, client: &mut C, message: Bind) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = String>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        step!(self, client, |connection, wire| connection.bind(wire, &message).await);
        Ok(())
    }

    async fn on_describe<C>(&self, client: &mut C, message: Describe) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = String>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        step!(self, client, |connection, wire| connection.describe(wire, &message).await);
        Ok(())
    }

    async fn on_execute<C>(&self, client: &mut C, message: Execute) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = String>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        step!(self, client, |connection, wire| connection.run(wire, &message).await);
        Ok(())
    }

    async fn on_close<C>(&self, client: &mut C, message: Close) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = String>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        step!(self, client, |connection, wire| connection.close(wire, &message).await);
        Ok(())
    }

    async fn on_sync<C>(&self, client: &mut C, _message: PgSync) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = String>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        if let Some(connection) = self.connection.lock().await.as_mut() {
            // Outside of a transaction each statement is one of its own, and its portals end with it.
            if connection.transaction == TransactionStatus::Idle {
                connection.end(true);
            }
            client.set_transaction_status(connection.transaction);
        }
        let status = client.transaction_status();
        send_ready_for_query(client, status).await
    }

    async fn do_query<C>(
        &self,
        _client: &mut C,
        _portal: &WirePortal<String>,
        _max_rows: usize,
    ) -> PgWireResult<Response>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = String>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        Err(Fault::unsupported("this way of asking").into())
    }
}
