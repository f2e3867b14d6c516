//! PostgreSQL's protocol over what somebody may see, so that psql, drivers and dashboards ask as they ask any database.
//!
//! ```text
//!  socket ─> TLS? ─> SCRAM ─> Gate::enter ─> a Session for this connection alone
//!                                              │
//!  text ─> Command ─> Session::plan ─> Session::run ─> batches ─> DataRow, as text or binary
//!             └─> settings, transactions, cursors: of the connection
//! ```
//! Invariants: a certificate that was asked for is loaded before anything listens; nothing runs but through the session;
//! every question and every refusal is given to [`Gate::note`](crate::query::Gate::note) before its end is told.

mod catalog;
mod command;
mod connection;
mod copy_form;
mod dialogue;
mod encode;
mod entering;
mod fault;
mod interval;
mod names;
mod parameter;
mod perform;
mod prepared;
mod protocol;
mod rewrite;
mod rows;
mod send;
mod server;
mod settings;
mod tls;
mod types;
mod watch;
mod wire;

pub use server::{Access, Running, Server, StartError};
pub(super) use tls::load as load_tls;
pub use tls::{TlsError, TlsFiles};

use crate::query::QueryError;

/// The version of PostgreSQL whose answers these are: clients decide by it what they may ask.
const SERVER_VERSION: &str = "16.6";

/// The SQLSTATE of an error and its words, as this protocol tells them; other protocols tell the same.
pub(super) fn sqlstate(error: &QueryError) -> (&'static str, String) {
    let fault = fault::of_query(error);
    (fault.code, fault.message)
}
