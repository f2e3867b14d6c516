//! Who may see what.
//!
//! ```text
//!  who (account, role) ─> Viewer ─> Scope: which cases, and of each which stretch of the victim's time
//! ```
//! The invariant: what is not granted is not seen. A scope starts empty and only grants add to it.

mod scope;
mod viewer;

pub use scope::{Scope, Stretch};
pub use viewer::{Role, Viewer};
