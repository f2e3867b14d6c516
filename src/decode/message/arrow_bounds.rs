//! Whether an Arrow IPC stream claims no more than it may: looked at before a reader reserves what it claims.
//!
//! Every length in the stream was written by a stranger. A reader that trusts one of 2^50 ends the program, and some
//! bytes of compressed zeros fill the memory; so lengths are compared with the payload, and what its buffers say they
//! unpack to with a bound. (LZ4 may unpack to more than it says, at most 255 times its size.) Source: Arrow columnar
//! format 1.5, "IPC Streaming Format" and "Compression".

use datafusion::arrow::ipc::{Buffer, Message, RecordBatch, root_as_message};

/// The most records in one payload.
pub(super) const MAX_ROWS: u64 = 1 << 18;
/// The most bytes that the buffers of one payload may unpack to.
const MAX_UNPACKED_BYTES: u64 = 64 << 20;
/// Stands before the length of a message's metadata, except in streams of before 2019.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// A compressed buffer begins with its unpacked length; this one says that it is not compressed after all.
const NOT_COMPRESSED: i64 = -1;

/// What is left of the bounds.
struct Budget {
    rows: u64,
    bytes: u64,
}

/// Checks all messages of a stream.
///
/// # Errors
/// What it claims too much of, or where its structure breaks.
pub(super) fn check(payload: &[u8]) -> Result<(), String> {
    let mut budget = Budget { rows: MAX_ROWS, bytes: MAX_UNPACKED_BYTES };
    let mut rest = payload;
    while !rest.is_empty() {
        let Some(metadata) = metadata(&mut rest)? else {
            return if rest.is_empty() { Ok(()) } else { Err(format!("{} bytes after its end", rest.len())) };
        };
        let message = root_as_message(metadata).map_err(|e| format!("a message cannot be read: {e}"))?;
        let body = u64::try_from(message.bodyLength()).ok();
        let body = take(&mut rest, body.ok_or("a body of negative length")?)?;
        budget.message(&message, body)?;
    }
    Ok(())
}

/// The metadata of the message that comes next; `None` at the mark of the end.
fn metadata<'a>(rest: &mut &'a [u8]) -> Result<Option<&'a [u8]>, String> {
    let mut length = word(rest)?;
    if length == CONTINUATION {
        length = word(rest)?;
    }
    match u64::try_from(i32::from_le_bytes(length)) {
        Ok(0) => Ok(None),
        Ok(length) => take(rest, length).map(Some),
        Err(_) => Err("metadata of negative length".to_owned()),
    }
}

fn word(rest: &mut &[u8]) -> Result<[u8; 4], String> {
    take(rest, 4)?.try_into().map_err(|_| "it is cut off".to_owned())
}

fn take<'a>(rest: &mut &'a [u8], length: u64) -> Result<&'a [u8], String> {
    let parts = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
    let (part, after) =
        parts.ok_or_else(|| format!("a part of {length} bytes is announced where {} are left", rest.len()))?;
    *rest = after;
    Ok(part)
}

impl Budget {
    fn message(&mut self, message: &Message<'_>, body: &[u8]) -> Result<(), String> {
        if let Some(batch) = message.header_as_record_batch() {
            self.batch(&batch, body)
        } else if let Some(batch) = message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data()) {
            self.batch(&batch, body)
        } else {
            Ok(())
        }
    }

    fn batch(&mut self, batch: &RecordBatch<'_>, body: &[u8]) -> Result<(), String> {
        let rows = u64::try_from(batch.length()).map_err(|_| "a batch of negative length")?;
        self.rows = self.rows.checked_sub(rows).ok_or_else(|| format!("more than {MAX_ROWS} rows"))?;
        let compressed = batch.compression().is_some();
        for buffer in batch.buffers().into_iter().flatten() {
            let bytes = unpacked_bytes(buffer, body, compressed).ok_or("a buffer reaches beyond its message")?;
            self.bytes = self
                .bytes
                .checked_sub(bytes)
                .ok_or_else(|| format!("it unpacks to more than {MAX_UNPACKED_BYTES} bytes"))?;
        }
        Ok(())
    }
}

/// What a buffer says it unpacks to; `None` if it does not lie within the body, or says a negative length.
fn unpacked_bytes(buffer: &Buffer, body: &[u8], compressed: bool) -> Option<u64> {
    let start = usize::try_from(buffer.offset()).ok()?;
    let length = usize::try_from(buffer.length()).ok()?;
    let bytes = body.get(start..start.checked_add(length)?)?;
    if !compressed || bytes.is_empty() {
        return u64::try_from(length).ok();
    }
    let (unpacked, rest) = bytes.split_first_chunk::<8>()?;
    match i64::from_le_bytes(*unpacked) {
        NOT_COMPRESSED => u64::try_from(rest.len()).ok(),
        claimed => u64::try_from(claimed).ok(),
    }
}

#[cfg(test)]
#[path = "arrow_tests.rs"]
mod tests;
