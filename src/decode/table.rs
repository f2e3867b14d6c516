//! Parquet and Arrow IPC with the canonical columns: what Locard itself writes, and what others write alike.
//!
//! Columns are found by name ([`fix_schema`] lists them); `t0`, `lat_deg` and `lon_deg` must be
//! there, the rest has defaults, and columns of other names are not read. Text may be plain or by dictionary, numbers
//! of any width, times with a zone, without one, or as text. `exhibit`, `file` and `row` are not taken over: they say
//! where a record was found, and that is now this file.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ipc::reader::{FileReader, StreamReader};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::arrow_lengths::Sound;
use super::table_row::Table;
use super::{BATCH_ROWS, DecodeError, DecodeOptions, RowSink, arrow_lengths, fix_schema, parquet_footer};

/// A table of any size may hold so many rows.
const FREE_ROWS: u64 = 10_000_000;
/// Past [`FREE_ROWS`], rows for each byte of the file. Times at a regular pace take a few bits each.
const MAX_ROWS_PER_BYTE: u64 = 100;

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>;

/// Reads a Parquet file.
///
/// # Errors
/// [`DecodeError::Structure`] if it is damaged or a column is missing; what `sink` returns.
pub fn decode_parquet(
    file: File,
    label: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let most_rows = rows_allowed(&file);
    let batches = guarded(|| parquet(file)).map_err(|detail| structure(label, 0, detail))?;
    decode(batches, most_rows, label, options, sink)
}

/// Reads an Arrow IPC file or stream, whichever it is.
///
/// # Errors
/// [`DecodeError::Structure`] if it is damaged or a column is missing; what `sink` returns.
pub fn decode_arrow(
    file: File,
    label: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let most_rows = rows_allowed(&file);
    let batches = guarded(|| arrow(file)).map_err(|detail| structure(label, 0, detail))?;
    decode(batches, most_rows, label, options, sink)
}

fn parquet(mut file: File) -> Result<Batches, ArrowError> {
    parquet_footer::check(&mut file).map_err(ArrowError::ParquetError)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
    let roots = wanted(builder.schema());
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    Ok(Box::new(builder.with_projection(mask).with_batch_size(BATCH_ROWS).build()?))
}

fn arrow(mut file: File) -> Result<Batches, ArrowError> {
    let mut magic = Vec::new();
    (&mut file).take(6).read_to_end(&mut magic)?;
    file.seek(SeekFrom::Start(0))?;
    // The columns are known only once it is open: it is opened again to read only those wanted.
    let mut again = file.try_clone()?;
    if magic == b"ARROW1" {
        arrow_lengths::check_file(&mut file).map_err(ArrowError::IpcError)?;
        let columns = wanted(&FileReader::try_new(BufReader::new(file), None)?.schema());
        again.seek(SeekFrom::Start(0))?;
        return Ok(Box::new(FileReader::try_new(BufReader::new(again), Some(columns))?));
    }
    let Sound { bytes, fault } = arrow_lengths::sound_part(&mut file)?;
    let fault = fault.map(ArrowError::IpcError);
    if bytes == 0 {
        return Err(fault.unwrap_or_else(|| ArrowError::IpcError("it is empty".to_owned())));
    }
    file.seek(SeekFrom::Start(0))?;
    let columns = wanted(&StreamReader::try_new(BufReader::new(file.take(bytes)), None)?.schema());
    again.seek(SeekFrom::Start(0))?;
    let sound = StreamReader::try_new(BufReader::new(again.take(bytes)), Some(columns))?;
    Ok(Box::new(sound.chain(fault.map(Err))))
}

fn wanted(schema: &Schema) -> Vec<usize> {
    let canonical = fix_schema();
    let known = |name: &str| canonical.field_with_name(name).is_ok();
    schema.fields().iter().enumerate().filter(|(_, f)| known(f.name())).map(|(i, _)| i).collect()
}

/// How many rows a file of this size may hold.
///
/// A run of one value is told in a few bytes, however long it is: a file of a kilobyte could keep a machine busy for
/// years. Records of a device differ at least in their time.
fn rows_allowed(file: &File) -> u64 {
    let bytes = file.metadata().map_or(0, |m| m.len());
    FREE_ROWS.max(bytes.saturating_mul(MAX_ROWS_PER_BYTE))
}

fn decode(
    mut batches: Batches,
    most_rows: u64,
    label: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let mut row = 0;
    loop {
        let next = guarded(|| batches.next().transpose()).map_err(|detail| structure(label, row, detail))?;
        let Some(batch) = next else { return Ok(()) };
        if row.saturating_add(batch.num_rows() as u64) > most_rows {
            return Err(structure(label, row, format!("it claims more than {most_rows} rows, too many for its size")));
        }
        let table = guarded(|| Table::of(&batch)).map_err(|detail| structure(label, row, detail))?;
        for index in 0..batch.num_rows() {
            row += 1;
            table.read(index, row, options, sink)?;
        }
    }
}

fn structure(label: &str, row: u64, detail: String) -> DecodeError {
    DecodeError::Structure { file: label.to_owned(), row, detail }
}

/// Runs a reader of binary tables: their lengths and offsets come from the file, and a damaged one can make the reader
/// panic, which must not take the other members along. A reader that panicked is not used again.
pub(super) fn guarded<T, E: Display>(read: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(result) => result.map_err(|e| e.to_string()),
        Err(_) => Err("the table is damaged".to_owned()),
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
