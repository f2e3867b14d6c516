//! Rows in the form that was asked for, piece by piece.
//!
//! ```text
//!  JSON   {"columns":[..],"rows":[          Arrow   schema
//!         [1,"a"],                                  record batch
//!         [2,"b"]                                   record batch
//!         ],"row_count":2,"millis":3}               end of stream
//! ```
//! Each row of the JSON stands on a line of its own, so that a script may read line by line what a page reads as a whole.
//! An error in the middle is told in both: JSON ends with `"problem":{..}` instead of nothing; Arrow's stream ends in the
//! middle of a message that holds the problem, so that no reader takes what came before for all.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, RecordBatch, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::arrow::json::StructMode;
use datafusion::arrow::json::writer::{EncoderOptions, make_encoder};
use serde::Serialize;
use utoipa::ToSchema;

use super::accept::Kind;
use super::json_values::{Exact, kind};
use super::problem::Problem;
use crate::query::COMMENT;

/// How Arrow's messages begin.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// So many bytes of the last message are announced and never sent.
const MISSING: usize = 8;

/// A column of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Column<'a> {
    /// Its name, as the engine gives it.
    name: &'a str,
    /// What its values are: `text`, `int`, `float`, `decimal`, `bool`, `timestamp`, `date`, `time`, `interval`, `binary`,
    /// `list`, `struct`, `map` or `null`.
    #[serde(rename = "type")]
    kind: &'a str,
    /// Its meaning and unit, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    /// Rows that were sent.
    pub rows: u64,
    /// How long it took, milliseconds.
    pub millis: u64,
}

/// Rows in a form.
pub(super) enum Form {
    /// As JSON; whether a row was written.
    Json { begun: bool },
    /// As Arrow's stream.
    Arrow(Option<Box<StreamWriter<Vec<u8>>>>),
}

impl Form {
    pub const fn new(kind: Kind) -> Self {
        match kind {
            Kind::Json => Self::Json { begun: false },
            Kind::Arrow => Self::Arrow(None),
        }
    }

    /// What comes before the rows.
    ///
    /// # Errors
    /// If the columns cannot be written in this form.
    pub fn begin(&mut self, schema: &Schema) -> Result<Vec<u8>, ArrowError> {
        match self {
            Self::Json { .. } => {
                let columns: Vec<_> = schema.fields().iter().map(|f| column(f)).collect();
                let columns = serde_json::to_string(&columns).map_err(|e| ArrowError::JsonError(e.to_string()))?;
                Ok(format!("{{\"columns\":{columns},\"rows\":[").into_bytes())
            }
            Self::Arrow(writer) => {
                let mut made = Box::new(StreamWriter::try_new(Vec::new(), schema)?);
                let bytes = std::mem::take(made.get_mut());
                *writer = Some(made);
                Ok(bytes)
            }
        }
    }

    /// Some rows.
    ///
    /// # Errors
    /// If they cannot be written in this form.
    pub fn rows(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
        match self {
            Self::Json { begun } => json_rows(batch, begun),
            Self::Arrow(Some(writer)) => {
                writer.write(batch)?;
                Ok(std::mem::take(writer.get_mut()))
            }
            Self::Arrow(None) => Err(ArrowError::IpcError("rows before their schema".to_owned())),
        }
    }

    /// What comes after the rows.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn end(&mut self, ended: Ended) -> Result<Vec<u8>, ArrowError> {
        match self {
            Self::Json { .. } => Ok(json_end(ended, "")),
            Self::Arrow(Some(writer)) => {
                writer.finish()?;
                Ok(std::mem::take(writer.get_mut()))
            }
            Self::Arrow(None) => Ok(Vec::new()),
        }
    }

    /// What comes instead of the rest of the rows.
    pub fn fail(&self, problem: &Problem, ended: Ended) -> Vec<u8> {
        let problem = problem.json();
        match self {
            Self::Json { .. } => json_end(ended, &format!(",\"problem\":{problem}")),
            Self::Arrow(_) => {
                let length = u32::try_from(problem.len() + MISSING).unwrap_or(u32::MAX);
                [&CONTINUATION, &length.to_le_bytes(), problem.as_bytes()].concat()
            }
        }
    }

    /// Whether an answer that failed must be cut off besides, because its form has no word for it.
    pub const fn is_cut(&self) -> bool {
        matches!(self, Self::Arrow(_))
    }
}

fn column(field: &Field) -> Column<'_> {
    let comment = field.metadata().get(COMMENT).map(String::as_str);
    Column { name: field.name(), kind: kind(field.data_type()), comment }
}

fn json_rows(batch: &RecordBatch, begun: &mut bool) -> Result<Vec<u8>, ArrowError> {
    let options = EncoderOptions::default()
        .with_explicit_nulls(true)
        .with_struct_mode(StructMode::ListOnly)
        .with_encoder_factory(Arc::new(Exact));
    let mut out = Vec::with_capacity(batch.num_rows() * (2 + 16 * batch.num_columns()));
    if batch.num_columns() == 0 {
        // A row without columns is one all the same: `SELECT FROM t`.
        for _ in 0..batch.num_rows() {
            next_row(begun, &mut out);
            out.extend_from_slice(b"[]");
        }
        return Ok(out);
    }
    let rows = StructArray::from(batch.clone());
    let field = Arc::new(Field::new("row", DataType::Struct(rows.fields().clone()), false));
    let mut encoder = make_encoder(&field, &rows, &options)?;
    for row in 0..rows.len() {
        next_row(begun, &mut out);
        encoder.encode(row, &mut out);
    }
    Ok(out)
}

fn next_row(begun: &mut bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if *begun { b",\n" } else { b"\n" });
    *begun = true;
}

fn json_end(ended: Ended, more: &str) -> Vec<u8> {
    format!("\n],\"row_count\":{},\"millis\":{}{more}}}\n", ended.rows, ended.millis).into_bytes()
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
