//! A result as Parquet.

use std::io::Write;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;

use super::{Rows, SqlError};

/// Writes Parquet with the types that the result has.
pub struct ParquetRows<W: Write + Send> {
    writer: ArrowWriter<W>,
}

impl<W: Write + Send> ParquetRows<W> {
    pub fn new(schema: &SchemaRef, out: W) -> Result<Self, SqlError> {
        Ok(Self { writer: ArrowWriter::try_new(out, Arc::clone(schema), None)? })
    }
}

impl<W: Write + Send> Rows for ParquetRows<W> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<(), SqlError> {
        Ok(self.writer.write(batch)?)
    }

    fn finish(self: Box<Self>) -> Result<(), SqlError> {
        self.writer.close()?;
        Ok(())
    }
}
