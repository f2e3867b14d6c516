//! Asking: one person's session over the tables, which reads and never changes, and ends at its limits.
//!
//! ```text
//!  SQL text ─> plan ─> does it only read? ─> filters of what the viewer may see, below it ─> limits ─> rows
//! ```
//! The invariant: a [`Session`] belongs to one [`Viewer`](crate::access::Viewer), and every table in it is wrapped for
//! that viewer before any text of theirs is read. No text can reach past that.

mod error;
mod gate;
mod limits;
mod session;

pub use error::QueryError;
pub use gate::{Gate, Happening, Proof, ScramSecret};
pub use limits::Limits;
pub use session::Session;
