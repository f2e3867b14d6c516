//! HTTP over TLS: a listener that greets clients beside one another, so that one that dawdles holds up nobody.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use pgwire::tokio::TlsAcceptor;
use pgwire::tokio::tokio_rustls::server::TlsStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How long a client may take to agree on a key.
const GREETING: Duration = Duration::from_secs(10);
/// Clients that are being greeted at once; more wait.
const GREETED: usize = 256;

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub(in crate::serve) struct Client(pub SocketAddr);

impl Connected<IncomingStream<'_, TcpListener>> for Client {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, Secure>> for Client {
    fn connect_info(stream: IncomingStream<'_, Secure>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Somebody who has been greeted; `None` if they were not up to it.
type Greeted = Option<(TlsStream<TcpStream>, SocketAddr)>;

/// Listens, and speaks TLS.
pub(in crate::serve) struct Secure {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    greeted: JoinSet<Greeted>,
}

impl Secure {
    /// Speaks TLS with those who come to a listener.
    pub fn new(listener: TcpListener, acceptor: TlsAcceptor) -> Self {
        Self { listener, acceptor, greeted: JoinSet::new() }
    }
}

impl Listener for Secure {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                Some(done) = self.greeted.join_next() => {
                    if let Ok(Some(client)) = done {
                        return client;
                    }
                }
                (socket, address) = Listener::accept(&mut self.listener), if self.greeted.len() < GREETED => {
                    let acceptor = self.acceptor.clone();
                    self.greeted.spawn(async move {
                        let stream = tokio::time::timeout(GREETING, acceptor.accept(socket)).await.ok()?.ok()?;
                        Some((stream, address))
                    });
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
