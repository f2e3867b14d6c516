//! What was done and by whom: lines that nobody can change, remove or reorder unseen.
//!
//! ```text
//!  {"sequence":1,..,"previous":"000..","hash":"a1.."}      hash = BLAKE3(previous hash, the line up to `,"hash":`)
//!  {"sequence":2,..,"previous":"a1..","hash":"b2.."}       head: 2 b2..   makes a cut-off tail visible
//! ```
//! The invariant: an entry counts as written when it is on the disk, and then it is never written again. What a chain
//! without an outside witness can and cannot show is in `docs/access.md`.

mod bounded;
mod chain;
#[cfg(test)]
mod chain_tests;
mod entry;
mod error;
mod files;
mod head;
mod line;
mod log;
#[cfg(test)]
mod log_tests;
mod settle;
mod show;
mod verify;

pub use chain::{Fault, Wrong};
pub use entry::{Details, Entry, Kind, NewEntry};
pub use error::AuditError;
pub use head::Head;
pub use line::{ChainHash, HashFault};
pub use log::{AuditLog, ROLL_BYTES};
pub use show::each_entry;
pub use verify::{Verified, head_of, verify};
