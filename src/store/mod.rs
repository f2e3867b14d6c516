//! What must survive: Delta tables that any tool can read, and the returned files themselves.
//!
//! ```text
//!  <location>/fixes/_delta_log/00000000000000000007.json      one commit: files and next offsets, visible at once
//!            /fixes/case_id=C-17/part-....parquet             rows of one case
//!            /case_events/ proximity/ encounters/ rejects/ exhibits.table/
//!            /exhibits/<sha256>                               returned files, as they were returned
//! ```
//! Rows and the next offset of each partition are in one commit, so that after a crash at any point the table holds
//! exactly the rows of the messages before the offset it names. `fixes` and `case_events` are the truth; `proximity` and
//! `encounters` can be computed from them again. Rows are only ever added; of a thing stated more than once the greatest
//! `revision` holds. A case is deleted whole, with its files.
//!
//! Several processes may append to one store at once.

mod append;
mod cloud;
mod commit;
mod data_file;
mod delete;
mod durable;
mod entry;
mod error;
mod exhibits;
mod facts;
mod folder;
mod followed;
mod for_sql;
mod kept;
mod latest;
mod log;
mod maintain;
mod makers;
mod merge;
mod open;
mod options;
mod order;
mod plain;
mod read;
mod rows;
mod scan;
mod schema;
mod table;

pub use commit::{Commit, Committed, Offsets, Part, Taken};
pub use delete::Deleted;
pub use error::StoreError;
pub use exhibits::StoredExhibit;
pub use facts::{Facts, facts_at};
pub use followed::Followed;
pub use for_sql::{table_at, tables_at};
pub use kept::KeptColumns;
pub use maintain::Maintained;
pub use open::Store;
pub use options::{Options, Upkeep};
pub use plain::PlainFiles;
pub use read::{Batches, Wanted};
pub use schema::{CASE_ID, STORED_AT, Table, UNKNOWN_CASE};

#[cfg(test)]
mod append_tests;
#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod upkeep_tests;
