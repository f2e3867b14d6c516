//! Bytes in, fixes and rejects out: one file per format.
//!
//! ```text
//!  exhibit ─> detect ─> decoder ─> Checked ─> FixBuilder ─> Arrow batches of fixes
//!                          │          └─────> rejects (row, field, value, reason)
//!                          └────────────────> rows that are by nature not fixes, counted by kind
//! ```
//! The invariant: every row of an exhibit is counted exactly once, as a fix, a reject, an incident or a row that is
//! by nature not a fix. Decoders stream: none holds a file in memory.

mod bounded;
mod counts;
mod detect;
mod error;
mod fault;
mod options;
mod sink;
#[cfg(test)]
mod trial;
mod xml;

pub mod csv;
pub mod geojson;
pub mod gpx;
pub mod kml;
pub mod ndjson;
pub mod owntracks;
pub mod profile;
pub mod records;
pub mod semantic;
pub mod table;
pub mod timeline_android;
pub mod timeline_ios;

pub use counts::Counts;
pub use detect::{Detection, Format, HEAD_BYTES, detect};
pub use error::DecodeError;
pub use options::DecodeOptions;
pub use sink::{Checked, Collected, RowSink};
