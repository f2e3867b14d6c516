//! A Flight SQL server over made-up tables, for the clients' test (tests/clients/run.sh).
//!
//! `flight_demo [--rows N] [--certificate FILE --key FILE]` prints its address and answers until its standard input ends.
//! A line `forward N` on it puts the clock that tokens expire by forward by N seconds. Accounts: `ada` with `ada's secret` or
//! the token `locard_ada`, `ben` with `ben's secret` or `locard_ben`, which holds for ten minutes of that clock.

#![expect(clippy::unwrap_used, reason = "made-up accounts and tables, shared with tests")]

use std::io::{BufRead as _, Write as _};

use locard::serve::flight::{Access, Server};
use locard::serve::pg::TlsFiles;

#[path = "../tests/sql/flight/gate.rs"]
mod gate;
#[path = "../tests/sql/pg/tables.rs"]
mod tables;

fn value(name: &str) -> Option<String> {
    std::env::args().skip_while(|arg| arg != name).nth(1)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let rows = value("--rows").map_or(Ok(10_000), |rows| rows.parse())?;
    let tls = match (value("--certificate"), value("--key")) {
        (Some(certificate), Some(key)) => Some(TlsFiles { certificate: certificate.into(), key: key.into() }),
        _ => None,
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let gate = gate::MadeUpGate::new(tables::tables(rows));
    let clock = gate.clock.clone();
    let running = Server::start(listener, gate, &Access { tls, ..Access::default() }, clock.clone())?;
    writeln!(std::io::stdout(), "{}", running.address())?;
    let ended = tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lock().lines() {
            if let Some(seconds) = line?.strip_prefix("forward ").and_then(|n| n.parse().ok()) {
                clock.forward_s(seconds);
                writeln!(std::io::stdout(), "done")?;
            }
        }
        Ok::<_, std::io::Error>(())
    });
    ended.await??;
    running.stop().await;
    Ok(())
}
