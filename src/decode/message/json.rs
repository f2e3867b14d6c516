//! A JSON payload: one record.

use super::MessageError;
use super::json_plain::PlainRecord;
use super::json_record::JsonRecord;
use super::rows::{Origin, Rows};
use crate::decode::json_row::{beginning, why_unreadable};
use crate::model::RejectReason;

/// Reads JSON payloads, the plain ones quickly.
#[derive(Debug)]
pub(super) struct JsonReader {
    made_text: String,
    quickly: bool,
}

impl JsonReader {
    pub(super) fn new() -> Self {
        Self { made_text: String::new(), quickly: true }
    }

    /// Leaves all records to the general reader: what the quick one is compared with.
    #[cfg(test)]
    pub(super) fn general() -> Self {
        Self { quickly: false, ..Self::new() }
    }

    /// Reads one payload.
    ///
    /// # Errors
    /// [`MessageError::Batch`] if the rows do not make a batch.
    #[inline]
    pub(super) fn read(&mut self, at: &Origin<'_>, payload: &[u8], rows: &mut Rows) -> Result<(), MessageError> {
        let Ok(text) = std::str::from_utf8(payload) else {
            rows.reject(at, 1, "", &beginning(payload), RejectReason::NotUtf8);
            return Ok(());
        };
        if self.quickly
            && let Some(record) = PlainRecord::read(text)
            && let Some(fix) = record.fix(&mut self.made_text)
        {
            record.unknown().for_each(|name| rows.unknown_field(name, 1));
            return rows.put(at, 1, &fix);
        }
        read_any(at, text, rows)
    }
}

#[cold]
fn read_any(at: &Origin<'_>, text: &str, rows: &mut Rows) -> Result<(), MessageError> {
    let record: JsonRecord<'_> = match serde_json::from_str(text) {
        Ok(record) => record,
        Err(error) => {
            let message = error.to_string();
            let (field, reason) = why_unreadable(&message, text.as_bytes());
            rows.reject(at, 1, field, &beginning(text.as_bytes()), reason);
            return Ok(());
        }
    };
    record.unknown().for_each(|name| rows.unknown_field(name, 1));
    match record.fix(|fix| rows.put(at, 1, fix)) {
        Ok(done) => done,
        Err(fault) => {
            rows.reject(at, 1, fault.field, &fault.value, fault.reason);
            Ok(())
        }
    }
}
