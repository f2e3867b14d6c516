//! Takes HTTP connections: so many at once, each with so long to say what it asks.
//!
//! ```text
//!  listener ─┬─ room ────> requests, one after the other ─┬─> its head within 30 s, idle time before it included
//!            ├─ full ────> 503, and the connection ends   ├─> its body within a minute (`intake`)
//!            └─ overrun ─> closed                         └─> an answer may take as long as it does
//! ```
//! `axum::serve` has no such bounds; hyper, which it is made of, has.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::api::Client;
use super::http::problem;
use super::slots::{Slot, Slots};

/// How long the head of a request may take; a connection on which none comes is closed after it.
const HEAD: Duration = Duration::from_secs(30);

/// Answers connections until `ending` is done, and then until each has its answer.
pub(super) async fn serve<L>(mut listener: L, app: Router, connections: usize, ending: impl Future<Output = ()>)
where
    L: Listener<Addr = SocketAddr>,
{
    let (slots, full) = (Slots::new(connections), full());
    let (close, closing) = watch::channel(false);
    let mut open = JoinSet::new();
    let mut ending = pin!(ending);
    loop {
        let (io, address) = tokio::select! {
            () = &mut ending => break,
            Some(_) = open.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let Some(slot) = slots.take() else { continue };
        let app = if slot.full { full.clone() } else { app.clone() };
        open.spawn(one(TokioIo::new(io), (app, Client(address)), HEAD, closing.clone(), slot));
    }
    drop(listener);
    close.send_replace(true);
    while open.join_next().await.is_some() {}
}

/// Answers the requests of one connection, which keeps its slot until it ends; the head of each may take so long.
async fn one<Io>(
    io: TokioIo<Io>,
    (app, client): (Router, Client),
    head: Duration,
    mut closing: watch::Receiver<bool>,
    _slot: Slot,
) where
    TokioIo<Io>: hyper::rt::Read + hyper::rt::Write + Unpin,
{
    let app = TowerToHyperService::new(app);
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(client));
        app.call(request)
    });
    let mut connection =
        pin!(http1::Builder::new().timer(TokioTimer::new()).header_read_timeout(head).serve_connection(io, answer));
    let closed = async { drop(closing.wait_for(|closing| *closing).await) };
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closed => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

/// What those are told for whom there is no room.
fn full() -> Router {
    Router::new().fallback(async || {
        let mut told = problem(StatusCode::SERVICE_UNAVAILABLE, "too many connections: try again");
        told.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        told
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// A connection on which so much is said, and what comes back on it until it ends.
    async fn answered(said: &str) -> String {
        let (mut client, server) = tokio::io::duplex(1 << 16);
        client.write_all(said.as_bytes()).await.unwrap();
        let app = Router::new().fallback(async || "found");
        let slot = Slots::new(1).take().unwrap();
        let (_close, closing) = watch::channel(false);
        let address = Client("127.0.0.1:1".parse().unwrap());
        let ends = one(TokioIo::new(server), (app, address), Duration::from_millis(50), closing, slot);
        // A test that would wait for ever fails instead.
        tokio::time::timeout(Duration::from_secs(20), ends).await.expect("the connection is held for ever");
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn nobody_is_waited_for_who_does_not_say_what_they_ask() {
        let whole = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        assert!(!answered("").await.contains("found"));
        assert!(!answered(&whole[..20]).await.contains("found"));
        // After an answer the connection is kept for another question, and not for ever.
        for times in [1, 2] {
            assert_eq!(answered(&whole.repeat(times)).await.matches("found").count(), times);
        }
        // The second question never comes to its end.
        assert_eq!(answered(&format!("{whole}{}", &whole[..20])).await.matches("found").count(), 1);
    }
}
