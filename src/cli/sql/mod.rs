//! `locard sql`: SQL over files, with Locard's functions and its join.
//!
//! ```text
//!  -t NAME=FILE ─> tables ─┐
//!  -c, -f, -p ───> script ─┴─> plan ─> refusals ─> rows ─> table, csv, json, parquet
//! ```
//! It reads and never writes, but for the result. A join that measures a distance and is not planned as a proximity
//! join, and rows of a file that were not used, are told on standard error.

mod account;
mod args;
mod csv_layout;
mod error;
mod file_url;
mod output;
mod parameter;
mod run;
mod script;
mod store_tables;
mod tables;

use std::collections::BTreeSet;

pub use args::{NamedFile, ResultForm, SqlArgs};
pub use error::SqlError;
pub use parameter::Parameter;
pub use run::run;

pub(super) use output::{OutFile, rows};
pub(super) use script::filled;

use file_url::file_url;

/// The first name that is given twice.
fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}
