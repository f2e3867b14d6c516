//! A result as a table for a person.

use std::io::Write;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::arrow::util::pretty::pretty_format_batches;

use crate::sink::neutral;

use super::{Rows, SqlError};

/// How many rows are shown; the rest are counted.
pub const SHOWN_ROWS: usize = 1_000;

/// Collects the first rows and counts the others.
pub struct TableRows<W: Write> {
    out: W,
    schema: SchemaRef,
    shown: Vec<RecordBatch>,
    shown_rows: usize,
    rows: usize,
}

impl<W: Write> TableRows<W> {
    pub fn new(schema: &Schema, out: W) -> Self {
        let field = |f: &Arc<Field>| Field::new(neutral(f.name()), DataType::Utf8, true);
        let schema = Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()));
        Self { out, schema, shown: Vec::new(), shown_rows: 0, rows: 0 }
    }
}

impl<W: Write> Rows for TableRows<W> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<(), SqlError> {
        self.rows += batch.num_rows();
        let room = SHOWN_ROWS.saturating_sub(self.shown_rows).min(batch.num_rows());
        // A query of no columns (EXPLAIN has some) has no rows to show either.
        if room > 0 && batch.num_columns() > 0 {
            self.shown_rows += room;
            self.shown.push(texts(&batch.slice(0, room), &self.schema)?);
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), SqlError> {
        if self.shown.is_empty() {
            self.shown.push(RecordBatch::new_empty(Arc::clone(&self.schema)));
        }
        writeln!(self.out, "{}", pretty_format_batches(&self.shown)?)?;
        match self.rows - self.shown_rows {
            0 => writeln!(self.out, "{} row{}", self.rows, if self.rows == 1 { "" } else { "s" })?,
            more => writeln!(self.out, "{more} more rows: --output csv, json or parquet gives all {}", self.rows)?,
        }
        Ok(self.out.flush()?)
    }
}

fn texts(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let options = FormatOptions::default().with_null("NULL");
    let column = |array: &ArrayRef| -> Result<ArrayRef, ArrowError> {
        let format = ArrayFormatter::try_new(array.as_ref(), &options)?;
        let cells = (0..array.len()).map(|row| format.value(row).try_to_string().map(|text| harmless(&text)));
        Ok(Arc::new(StringArray::from(cells.collect::<Result<Vec<_>, _>>()?)))
    };
    let columns = batch.columns().iter().map(column).collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns)
}

/// A line end stays within its cell (plans have many); everything else that acts on a terminal is shown, not sent.
fn harmless(text: &str) -> String {
    text.split('\n').map(neutral).collect::<Vec<_>>().join("\n")
}
