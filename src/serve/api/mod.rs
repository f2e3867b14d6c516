//! Asking over HTTP: SQL, the questions of `queries/`, and the description of all of it.
//!
//! ```text
//!  Authorization ─> Door ─> a session for this request ─┐
//!  {"sql","parameters"} or {"parameters"} ─> literals ──┴─> plan ─> run ─> rows as JSON or Arrow, as they come
//! ```
//! Invariants: nobody asks but in an account's session, and sees what it may see; no value of a parameter is ever read as
//! SQL; what is served is what is described, since both are made of one list ([`describe`]).

mod accept;
mod body;
mod credentials;
pub(super) mod describe;
mod door;
mod form;
mod intake;
mod json_values;
mod literal;
mod me;
mod metrics;
pub(super) mod problem;
mod questions;
mod run;
mod secure;
mod sql;
mod watching;

pub(super) use body::LONGEST as LONGEST_BODY;
pub use door::Door;
pub(super) use door::Visitor;
pub(super) use intake::whole as whole_body;
pub(super) use metrics::{cases_in, without_cases};
pub(super) use run::Answering;
pub(super) use secure::{Client, Prompt, Secure};
pub(super) use watching::Watching;
