//! A PostgreSQL server over made-up tables, for the clients' test (tests/clients/run.sh).
//!
//! `pg_demo [--rows N] [--certificate FILE --key FILE] [--require-tls]` prints its address and answers until its standard
//! input ends. Accounts: `ada` with `ada's secret`, `ben` with `ben's secret`.

#![expect(clippy::unwrap_used, reason = "made-up accounts and tables, shared with tests")]

use std::io::Write as _;

use locard::serve::pg::{Access, Server, TlsFiles};

#[path = "../tests/sql/pg/gate.rs"]
mod gate;
#[path = "../tests/sql/pg/tables.rs"]
mod tables;

/// As the program has it: the clients' speed is measured with this one.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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
    let require_tls = std::env::args().any(|arg| arg == "--require-tls");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let access = Access { tls, require_tls, connections: 20 };
    let running = Server::start(listener, gate::TestGate::new(tables::tables(rows)), &access)?;
    writeln!(std::io::stdout(), "{}", running.address())?;
    let ended = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    ended.await??;
    running.stop().await;
    Ok(())
}
