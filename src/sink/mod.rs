//! Where results go: one report, written in five forms, and an evaluation in two.
//!
//! ```text
//!  exhibits, targets, encounters, rejects ─> Report ─┬─> text     for a person, 100 columns
//!                                                    ├─> json     everything, stable: docs/report.md
//!                                                    ├─> csv      one row for each encounter
//!                                                    ├─> geojson  nearest pairs, for a map
//!                                                    └─> parquet  one row for each supporting proximity
//! ```
//! The invariant: a [`Report`] is plain data, the writers decide nothing. What a form leaves out it says it left out,
//! and every sentence a writer adds of its own stands in [`wording`], where a test refuses words that claim too much.

mod csv;
mod error;
mod evaluation;
mod figure;
mod form;
mod geojson;
mod json;
mod json_text;
mod neutral;
mod parquet;
mod quantity;
mod rejects;
mod text;

pub mod report;
pub mod wording;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod schema_tests;

pub use csv::write_csv;
pub use error::SinkError;
pub use evaluation::write_evaluation;
pub use form::{Form, write_report};
pub use geojson::write_geojson;
pub use json::write_json;
pub use neutral::{cell, neutral, shortened};
pub use parquet::{schema as parquet_schema, write_parquet};
pub use rejects::RejectsCsv;
pub use report::{Evaluation, Report};
pub use text::write_text;
