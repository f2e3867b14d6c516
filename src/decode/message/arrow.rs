//! An Arrow payload: an IPC stream of many records.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ipc::reader::StreamReader;

use super::payload_table::{PayloadTable, Unusable};
use super::rows::{Origin, Rows};
use super::{MessageError, arrow_bounds};
use crate::decode::table::guarded;
use crate::model::RejectReason;

/// Reads one payload: all of its records, or none and a reject.
///
/// # Errors
/// [`MessageError::Batch`] if the rows do not make a batch.
pub(super) fn read(at: &Origin<'_>, payload: &[u8], rows: &mut Rows) -> Result<(), MessageError> {
    let tables = match tables(payload) {
        Ok(tables) => tables,
        Err(Unusable { field, value, reason }) => {
            rows.reject(at, 0, &field, &value, reason);
            return Ok(());
        }
    };
    if tables.iter().all(|table| table.rows() == 0) {
        rows.reject(at, 0, "", "no records", RejectReason::Missing);
        return Ok(());
    }
    let mut position = 0;
    for table in tables {
        table.count_unknown(rows);
        for index in 0..table.rows() {
            position += 1;
            table.put(index, at, position, rows)?;
        }
    }
    Ok(())
}

/// All of the payload, before any of it is used: what is damaged at its end gives nothing of its beginning.
fn tables(payload: &[u8]) -> Result<Vec<PayloadTable>, Unusable> {
    arrow_bounds::check(payload).map_err(Unusable::damaged)?;
    let batches = guarded(|| batches(payload)).map_err(Unusable::damaged)?;
    batches.iter().map(table).collect()
}

fn batches(payload: &[u8]) -> Result<Vec<RecordBatch>, ArrowError> {
    StreamReader::try_new(payload, None)?.collect()
}

/// The columns of a batch; a library that panics at them is an error like any other.
pub(super) fn table(batch: &RecordBatch) -> Result<PayloadTable, Unusable> {
    // The error has to pass through a text, so it waits beside it.
    let mut unusable = None;
    let table = guarded(|| {
        PayloadTable::of(batch).map_err(|fault| {
            unusable = Some(fault);
            ""
        })
    });
    table.map_err(|detail| unusable.unwrap_or_else(|| Unusable::damaged(detail)))
}
