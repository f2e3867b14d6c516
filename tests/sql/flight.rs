//! The Flight SQL server as Arrow's own client meets it: coming in, asking, preparing, cancelling, and what is refused.
//!
//! The ADBC driver is in tests/clients.

mod asking;
mod client;
mod ends;
mod entering;
mod gate;
mod isolation;
mod real;

use super::pg::tables;
use std::sync::Arc;
use std::time::Duration;

use gate::MadeUpGate;
use locard::query::Gate;
use locard::serve::flight::{Access, Running, Server};
use locard::time::Clock;
use tokio::net::TcpListener;

const ROWS: i64 = 3000;
/// Longer than any test waits.
const HEAVY: &str = "SELECT count(*) FROM fixes a, fixes b, fixes c, fixes d WHERE a.lat * b.lon + c.lat > d.lat * 1e9";

async fn start(gate: Arc<dyn Gate>, clock: Arc<dyn Clock>, access: &Access) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Server::start(listener, gate, access, clock).unwrap()
}

async fn server_with(access: &Access) -> (Running, Arc<MadeUpGate>) {
    let gate = MadeUpGate::new(tables::tables(ROWS));
    (start(gate.clone(), gate.clock.clone(), access).await, gate)
}

async fn server() -> (Running, Arc<MadeUpGate>) {
    server_with(&Access::default()).await
}

/// Returns when something has come about.
async fn until(what: impl Fn() -> bool) {
    while !what() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
