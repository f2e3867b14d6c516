//! A result as CSV: RFC 4180 quoting, UTF-8, a heading, lines ending in LF.

use std::io::Write;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::sink::cell;

use super::{Rows, SqlError};

/// Writes CSV; NULL is an empty field, and a text that a spreadsheet would run has a `'` before it.
pub struct CsvRows<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> CsvRows<W> {
    pub fn new(schema: &Schema, out: W) -> Result<Self, SqlError> {
        let mut out = csv::Writer::from_writer(out);
        out.write_record(schema.fields().iter().map(|f| cell(f.name())))?;
        Ok(Self { out })
    }
}

impl<W: Write> Rows for CsvRows<W> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<(), SqlError> {
        let options = FormatOptions::default();
        let columns = batch.columns().iter().map(|c| {
            let plain = is_plain(c.data_type());
            ArrayFormatter::try_new(c.as_ref(), &options).map(|f| (f, plain))
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            for (column, plain) in &columns {
                let text = column.value(row).try_to_string()?;
                self.out.write_field(if *plain { text } else { cell(&text) })?;
            }
            self.out.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), SqlError> {
        Ok(self.out.flush()?)
    }
}

/// Numbers and times are written by us, not by whoever wrote the file: a negative number is no formula.
fn is_plain(data_type: &DataType) -> bool {
    data_type.is_numeric() || data_type.is_temporal() || *data_type == DataType::Boolean
}
