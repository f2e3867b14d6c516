//! A fault: what is wrong with one field of a row, before it is known which row it is.

use crate::model::{RejectReason, RejectRow};
use crate::time::{Reading, ZoneRule, parse_iso};

use super::{DecodeError, RowSink};

/// The field at fault, its value as the file writes it, and why it cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    field: &'static str,
    value: String,
    reason: RejectReason,
}

impl Fault {
    /// A fault of a value.
    pub(super) fn new(field: &'static str, value: impl Into<String>, reason: RejectReason) -> Self {
        Self { field, value: value.into(), reason }
    }

    /// A field that a fix needs is absent or empty.
    pub(super) fn missing(field: &'static str) -> Self {
        Self::new(field, "", RejectReason::Missing)
    }

    /// Rejects the row.
    ///
    /// # Errors
    /// What the receiver says.
    pub(super) fn reject(&self, row: u64, path: &str, sink: &mut dyn RowSink) -> Result<(), DecodeError> {
        sink.reject(&RejectRow { row, path, field: self.field, value: &self.value, reason: self.reason })
    }
}

/// Reads a number; an empty text is missing.
///
/// # Errors
/// [`Fault`] with reason `Missing` or `NotANumber`.
pub(super) fn number(field: &'static str, text: &str) -> Result<f64, Fault> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(Fault::missing(field));
    }
    trimmed.parse().map_err(|_| Fault::new(field, trimmed, RejectReason::NotANumber))
}

/// Reads an ISO 8601 time; an empty text is missing; `zone` is used only if the text has no offset.
///
/// # Errors
/// [`Fault`] with the reason of the time's error.
pub(super) fn iso_time(field: &'static str, text: &str, zone: Option<&ZoneRule>) -> Result<Reading, Fault> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(Fault::missing(field));
    }
    parse_iso(trimmed, zone).map_err(|e| Fault::new(field, trimmed, e.reason()))
}
