//! Taking connections: so many at once, each greeted by itself, so that one that is slow to speak TLS holds up no other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pgwire::tokio::TlsAcceptor;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::connection::{Connection, Wire};

/// How long a client may take to agree on TLS.
const GREETING: Duration = Duration::from_secs(10);
/// How long it is waited after a connection could not be taken, as when there are no more files.
const PAUSE: Duration = Duration::from_millis(50);

/// Takes connections.
pub(super) struct Accepting {
    pub listener: TcpListener,
    /// `None` is without TLS.
    pub acceptor: Option<TlsAcceptor>,
    pub places: Arc<Semaphore>,
    pub stopped: watch::Receiver<bool>,
}

impl Accepting {
    /// Hands on connections until it is stopped.
    pub async fn run(mut self, out: mpsc::Sender<Connection>) {
        let mut greeting = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                _ = self.stopped.wait_for(|stop| *stop) => return,
                Some(_) = greeting.join_next() => continue,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((socket, peer)) => {
                    // One too many is closed: before HTTP/2 there are no words to say so.
                    let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { continue };
                    greeting.spawn(greet(socket, peer, self.acceptor.clone(), place, out.clone()));
                }
                // Out of files, or the client gone already: neither is a reason to end.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn greet(
    socket: TcpStream,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    place: OwnedSemaphorePermit,
    out: mpsc::Sender<Connection>,
) {
    // Small answers must not wait for more; a socket that cannot do that is slower, and works.
    _ = socket.set_nodelay(true);
    let wire: Box<dyn Wire> = match acceptor {
        None => Box::new(socket),
        Some(acceptor) => {
            let Ok(Ok(secured)) = tokio::time::timeout(GREETING, acceptor.accept(socket)).await else {
                tracing::debug!(%peer, "no TLS could be agreed on");
                return;
            };
            Box::new(secured)
        }
    };
    // It is closed if the server stops.
    _ = out.send(Connection { wire, peer, _place: place }).await;
}
