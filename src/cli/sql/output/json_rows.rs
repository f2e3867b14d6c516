//! A result as one JSON array, an object a row, a row a line.

use std::io::Write;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::json::writer::{LineDelimited, WriterBuilder};

use crate::sink::neutral;

use super::{Rows, SqlError};

/// Writes JSON; every row has every column, NULL and numbers that are not finite are `null`.
pub struct JsonRows<W: Write> {
    out: W,
    begun: bool,
}

impl<W: Write> JsonRows<W> {
    pub const fn new(out: W) -> Self {
        Self { out, begun: false }
    }
}

impl<W: Write> Rows for JsonRows<W> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<(), SqlError> {
        let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(Vec::new());
        writer.write(batch)?;
        writer.finish()?;
        let text = String::from_utf8(writer.into_inner()).map_err(|e| SqlError::Query(e.to_string()))?;
        for line in text.lines() {
            self.out.write_all(if self.begun { b",\n" } else { b"[\n" })?;
            self.begun = true;
            write_escaped(line, &mut self.out)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), SqlError> {
        self.out.write_all(if self.begun { b"\n]\n" } else { b"[]\n" })?;
        Ok(self.out.flush()?)
    }
}

/// What could act on a terminal stands in JSON only within strings, where it may be written as an escape: a reader of
/// JSON gets the same text back.
fn write_escaped(line: &str, out: &mut impl Write) -> std::io::Result<()> {
    if neutral(line) == line {
        return out.write_all(line.as_bytes());
    }
    for c in line.chars() {
        let mut bytes = [0; 4];
        let text = c.encode_utf8(&mut bytes);
        if neutral(text) == *text {
            out.write_all(text.as_bytes())?;
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
    }
    Ok(())
}
