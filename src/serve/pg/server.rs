//! The server: listens, takes connections up to a number, and stops cleanly.

use std::net::SocketAddr;
use std::sync::Arc;

use datafusion::common::DataFusionError;
use datafusion::common::runtime::SpawnedTask;
use pgwire::api::{ConnectionManager, RandomPidSecretKeyGenerator};
use pgwire::tokio::TlsAcceptor;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OnceCell, watch};
use tokio::task::JoinSet;

use super::catalog::Files;
use super::dialogue;
use super::tls::{self, TlsError, TlsFiles};
use crate::query::{Gate, Session};
use crate::serve::slots::Slots;

/// How the server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Certificate and key; `None` is without TLS.
    pub tls: Option<TlsFiles>,
    /// Whether those who do not ask for TLS are turned away.
    pub require_tls: bool,
    /// Connections at once.
    pub connections: usize,
}

impl Default for Access {
    fn default() -> Self {
        Self { tls: None, require_tls: false, connections: 100 }
    }
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no TLS where it was asked for.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// TLS is required, and nothing says with which certificate.
    #[error("TLS is required, and there is no certificate: name a certificate and its key")]
    NoCertificate,
    /// The listener has no address.
    #[error("the listener has no address")]
    Listener(#[source] std::io::Error),
}

/// What all connections share.
pub(super) struct Shared {
    pub gate: Arc<dyn Gate>,
    pub require_tls: bool,
    /// The certificate's file, for channel binding.
    pub certificate: Option<Vec<u8>>,
    pub keys: RandomPidSecretKeyGenerator,
    pub running: Arc<ConnectionManager>,
    /// What of the catalogue all connections have, once the first has come in.
    files: OnceCell<Files>,
}

impl Shared {
    /// What of the catalogue all connections have; of the first that asks its session's catalog has the name of all.
    ///
    /// # Errors
    /// If its files cannot be read.
    pub async fn files(&self, session: &Session) -> Result<&Files, DataFusionError> {
        let database = || session.context().copied_config().options().catalog.default_catalog.clone();
        self.files.get_or_try_init(|| async { Files::read(&database()) }).await
    }
}

/// A PostgreSQL server over what a [`Gate`] lets people see.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Answers on a listener until it is stopped.
    ///
    /// # Errors
    /// [`StartError`]: TLS that was asked for and cannot be had.
    pub fn start(listener: TcpListener, gate: Arc<dyn Gate>, access: &Access) -> Result<Running, StartError> {
        // Clients that speak TLS from the first byte (PostgreSQL 17) name the protocol.
        let acceptor = access.tls.as_ref().map(|files| tls::load(files, "postgresql")).transpose()?;
        if access.require_tls && acceptor.is_none() {
            return Err(StartError::NoCertificate);
        }
        let address = listener.local_addr().map_err(StartError::Listener)?;
        let certificate = access.tls.as_ref().and_then(|files| std::fs::read(&files.certificate).ok());
        let shared = Arc::new(Shared {
            gate,
            require_tls: access.require_tls,
            certificate,
            keys: RandomPidSecretKeyGenerator::default(),
            running: Arc::default(),
            files: OnceCell::new(),
        });
        let (stop, stopped) = watch::channel(false);
        let accepting = Accepting { shared, acceptor, slots: Slots::new(access.connections), stopped };
        let task = SpawnedTask::spawn(accepting.run(listener));
        Ok(Running { address, stop, task })
    }
}

/// A server that answers; dropping it ends it.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: SpawnedTask<()>,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections, ends those that there are with their questions, and returns when all have ended.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        drop(self.task.join().await);
    }
}

struct Accepting {
    shared: Arc<Shared>,
    acceptor: Option<TlsAcceptor>,
    slots: Slots,
    stopped: watch::Receiver<bool>,
}

impl Accepting {
    async fn run(mut self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                _ = self.stopped.wait_for(|stop| *stop) => break,
                Some(_) = connections.join_next() => continue,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((socket, _)) => self.take(socket, &mut connections),
                // Out of files, or the client gone already: neither is a reason to end.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            }
        }
        drop(listener);
        connections.shutdown().await;
    }

    fn take(&self, socket: TcpStream, connections: &mut JoinSet<()>) {
        // A cancel must come through when all are busy, and it comes as a connection.
        let Some(slot) = self.slots.take() else { return };
        let (acceptor, shared) = (self.acceptor.clone(), Arc::clone(&self.shared));
        connections.spawn(async move {
            if let Err(error) = dialogue::hold(socket, acceptor, shared, slot.full).await {
                tracing::debug!(%error, "a connection ended");
            }
            drop(slot);
        });
    }
}
