//! Arrow Flight SQL over what somebody may see: ADBC, pandas, polars and JDBC get columns as the engine has them.
//!
//! ```text
//!  connection ─> TLS? ─> bearer ─> Door ─> a Seat ─┬─> tickets, prepared statements, what runs: this client's alone
//!                          │                       └─> a Session ─> plan ─> run ─> batches ─> FlightData
//!  password or API token ──┴─> few at a time ─> Gate::enter
//! ```
//! Invariants: a certificate that was asked for is loaded before anything listens; no call but the handshake is looked at
//! before its bearer is known; a handle is searched for in the caller's own seat and nowhere else; nothing runs but through
//! the session; the end of every question is given to [`Gate::note`](crate::query::Gate::note) before it is told.
//!
//! On `arrow-flight`'s own service trait: no protoc, no Substrait.

mod answer;
mod connection;
mod credentials;
mod door;
mod entrance;
mod handles;
mod incoming;
mod metadata;
mod question;
mod rows;
mod seat;
mod seats;
mod server;
mod service;
mod sql_info;
mod stated;
mod status;
mod tasks;
mod wire;

pub use server::{Access, Running, Server, StartError};
