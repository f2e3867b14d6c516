//! Bytes in, fixes and rejects out: one file per format.
//!
//! ```text
//!  exhibit ─> detect ─> decoder ─> Checked ─> FixBuilder ─> Arrow batches of fixes
//!                          │          └─────> rejects (row, field, value, reason)
//!                          └────────────────> rows that are by nature not fixes, counted by kind
//! ```
//! The invariant: every row of an exhibit is counted exactly once, as a fix, a reject, an incident or a row that is
//! by nature not a fix; where a row tells of its end as well (call data), that end is counted once, apart. Decoders
//! stream: none holds a file in memory.

mod arrow_lengths;
mod batch;
mod bounded;
mod columns;
mod counts;
mod detect;
mod e7;
mod error;
mod exhibit;
mod exhibit_report;
mod fault;
mod fixes_function;
mod json_object;
mod json_row;
mod json_scalar;
mod json_scan;
mod json_stream;
mod json_time;
mod lat_lon;
mod options;
mod parquet_footer;
mod schema;
mod sink;
mod spill;
mod store;
mod store_table;
mod table_column;
mod table_row;
mod timeline_segment;
mod view;
mod words;
mod xml;

#[cfg(test)]
mod json_proofs;
#[cfg(test)]
mod trial;

pub mod csv;
pub mod geojson;
pub mod gpx;
pub mod kml;
pub mod message;
pub mod ndjson;
pub mod owntracks;
pub mod profile;
pub mod records;
pub mod semantic;
pub mod table;
pub mod timeline_android;
pub mod timeline_ios;

pub use batch::{BATCH_ROWS, FixBuilder, Kept, REJECTS_KEPT};
pub use counts::Counts;
pub use detect::{Detection, Format, HEAD_BYTES, detect, why_unknown};
pub use error::DecodeError;
pub use exhibit::{ExhibitOptions, decode_exhibit};
pub use exhibit_report::{ExhibitReport, MemberReport};
pub use fixes_function::FixesFunction;
pub use options::DecodeOptions;
pub use schema::{UTC, fix_schema};
pub use sink::{Checked, Collected, RowSink};
pub use store::{FixStore, ORDINAL, StoreError};
pub use store_table::FixTable;
pub use view::{FixView, WordColumn};
