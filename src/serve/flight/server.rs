//! The server: listens, takes connections up to a number, and stops cleanly.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_server::FlightServiceServer;
use datafusion::common::runtime::SpawnedTask;
use futures::stream;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tonic::transport;

use super::answer::Answering;
use super::door::Door;
use super::entrance::Entrance;
use super::incoming::Accepting;
use super::seats::Seats;
use super::service::Asking;
use super::sql_info::Told;
use super::tasks::Tasks;
use crate::query::Gate;
use crate::serve::pg::{TlsError, TlsFiles, load_tls};
use crate::time::Clock;

/// The largest message that is taken, bytes: a question's text is shorter, and so are its parameters.
const MESSAGE_BYTES: usize = 4 << 20;
/// The most that the headers of a call may take, bytes.
const HEADER_BYTES: u32 = 16 << 10;
/// Calls of one connection at once.
const CALLS: u32 = 64;
/// How often a connection is asked for a sign of life, and how long it may take to give one.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
/// How often seats that are over are let go of.
const SWEEP: Duration = Duration::from_mins(1);

/// How the server is reached, and how long who has come in may stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Certificate and key; `None` is without TLS, and only on an address of this machine.
    pub tls: Option<TlsFiles>,
    /// Connections at once.
    pub connections: usize,
    /// After so long without a call a session is over.
    pub idle: Duration,
    /// So long after the password was shown it must be shown again.
    pub life: Duration,
    /// How long answers that are being sent may go on when the server stops.
    pub drain: Duration,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            tls: None,
            connections: 100,
            idle: Duration::from_mins(15),
            life: Duration::from_hours(1),
            drain: Duration::from_secs(5),
        }
    }
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no TLS where it was asked for.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Passwords would be read by others.
    #[error("{0} is no address of this machine alone, and there is no certificate: name one and its key")]
    InTheClear(SocketAddr),
    /// The listener has no address.
    #[error("the listener has no address")]
    Listener(#[source] io::Error),
    /// What is told of the server cannot be written, which is a defect.
    #[error("what is told of the server: {0}")]
    Told(String),
}

/// A Flight SQL server over what a [`Gate`] lets people see.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Answers on a listener until it is stopped.
    ///
    /// # Errors
    /// [`StartError`]: TLS that was asked for and cannot be had, or an address that needs it.
    pub fn start(
        listener: TcpListener,
        gate: Arc<dyn Gate>,
        access: &Access,
        clock: Arc<dyn Clock>,
    ) -> Result<Running, StartError> {
        let acceptor = access.tls.as_ref().map(|files| load_tls(files, "h2")).transpose()?;
        let address = listener.local_addr().map_err(StartError::Listener)?;
        if acceptor.is_none() && !address.ip().is_loopback() {
            return Err(StartError::InTheClear(address));
        }
        let (tasks, (stop, stopped), (end, stopping)) =
            (Arc::new(Tasks::default()), watch::channel(false), watch::channel(false));
        let seats = Arc::new(Seats::new(clock, access.idle, access.life));
        let answering = Arc::new(Answering { gate: Arc::clone(&gate), tasks: Arc::clone(&tasks), stopping });
        let told = Told::new().map_err(|error| StartError::Told(error.to_string()))?;
        let asking = Asking { answering, seats: Arc::clone(&seats), told };
        let entrance = Entrance::new(gate, Arc::clone(&seats), Arc::clone(&tasks));
        let (out, connections) = mpsc::channel(1);
        let places = Arc::new(Semaphore::new(access.connections));
        let accepting = SpawnedTask::spawn(Accepting { listener, acceptor, places, stopped }.run(out));
        let incoming = stream::unfold(connections, |mut connections| async move {
            connections.recv().await.map(|connection| (Ok::<_, io::Error>(connection), connections))
        });
        let service = FlightServiceServer::new(Door { entrance, asking }).max_decoding_message_size(MESSAGE_BYTES);
        // It stops when there are no more connections to come.
        let serving = builder().add_service(service).serve_with_incoming_shutdown(incoming, std::future::pending());
        let serving = SpawnedTask::spawn(serving);
        Ok(Running { address, drain: access.drain, stop, end, accepting, serving, tasks, _sweeping: sweeping(seats) })
    }
}

fn builder() -> transport::Server {
    transport::Server::builder()
        .max_concurrent_streams(CALLS)
        .http2_max_header_list_size(HEADER_BYTES)
        .http2_keepalive_interval(Some(SIGN_OF_LIFE))
        .http2_keepalive_timeout(Some(SIGN_OF_LIFE))
}

fn sweeping(seats: Arc<Seats>) -> SpawnedTask<()> {
    SpawnedTask::spawn(async move {
        loop {
            tokio::time::sleep(SWEEP).await;
            seats.sweep();
        }
    })
}

/// A server that answers; dropping it ends it.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    drain: Duration,
    stop: watch::Sender<bool>,
    end: watch::Sender<bool>,
    accepting: SpawnedTask<()>,
    serving: SpawnedTask<Result<(), transport::Error>>,
    tasks: Arc<Tasks>,
    _sweeping: SpawnedTask<()>,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections and calls, lets what is being sent go on for a while, ends what is left, and returns when
    /// all that ran is written down.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        drop(self.accepting.join().await);
        let served = tokio::time::timeout(self.drain, &mut self.serving).await;
        self.end.send_replace(true);
        self.tasks.ended().await;
        if served.is_err() {
            // A client that does not read does not hear either.
            drop(tokio::time::timeout(self.drain, self.serving).await);
        }
    }
}
