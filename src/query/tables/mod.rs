//! The tables of a session, from the store up to what one viewer may see.
//!
//! ```text
//!  Stored (a Delta table, as of) ─┬──────────────────────────────> Guarded ─> the viewer's SQL
//!                                 ├─> Latest (what holds now) ───> Guarded
//!                                 └─> Folded (what people said) ─> Guarded
//! ```
//! The invariant: the viewer's text is planned above `Guarded` and nothing of it is evaluated below, but for plain
//! comparisons of a column with a value, which cannot fail and so cannot tell. [`SceneSearch`] alone reads records of all
//! people; it takes values, not text, and gives made-up names, scenes and times.

mod as_of;
mod findings;
mod fold_rows;
mod folded;
mod folds;
mod guarded;
mod judge;
mod last_exec;
#[cfg(feature = "cluster")]
mod opened;
mod pins;
mod planned;
mod scan;
mod scene_found;
mod scene_search;
mod schema;
mod sealed;
mod stored;

pub use as_of::AsOf;
pub(super) use findings::Findings;
#[cfg(feature = "cluster")]
pub use opened::{OpenedExec, opened};
pub(super) use pins::Pins;
pub(super) use scene_search::SceneSearch;
pub(super) use schema::{CaseTables, Sources};
