//! HTTP over TLS: a listener that greets clients beside one another, so that one that dawdles holds up nobody.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::Listener;
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

/// Listens, and lets no answer wait: an answer goes in several pieces, and the second would not leave before the client had
/// told that it has the first, which clients put off for 40 ms (Nagle's algorithm, RFC 896, against delayed
/// acknowledgements, RFC 1122 section 4.2.3.2).
pub(in crate::serve) struct Prompt(pub TcpListener);

impl Listener for Prompt {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (socket, address) = Listener::accept(&mut self.0).await;
        // A socket that cannot is slow, and works.
        _ = socket.set_nodelay(true);
        (socket, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Listener::local_addr(&self.0)
    }
}

/// Somebody who has been greeted; `None` if they were not up to it.
type Greeted = Option<(TlsStream<TcpStream>, SocketAddr)>;

/// Listens, and speaks TLS.
pub(in crate::serve) struct Secure {
    listener: Prompt,
    acceptor: TlsAcceptor,
    greeted: JoinSet<Greeted>,
}

impl Secure {
    /// Speaks TLS with those who come to a listener.
    pub fn new(listener: Prompt, acceptor: TlsAcceptor) -> Self {
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
                (socket, address) = self.listener.accept(), if self.greeted.len() < GREETED => {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_piece_of_an_answer_waits_for_the_one_before() {
        let mut listener = Prompt(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = listener.local_addr().unwrap();
        let (client, (socket, _)) = tokio::join!(TcpStream::connect(address), listener.accept());
        client.unwrap();
        assert!(socket.nodelay().unwrap());
    }
}
