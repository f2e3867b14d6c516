//! What came of a block of messages.

use std::collections::BTreeMap;

use datafusion::arrow::array::RecordBatch;

use super::MessageReject;
use crate::decode::Counts;

/// The fixes and rejects of one block.
///
/// Invariant: `counts.rows() == rows of batches + rejects`, and no message is without either.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DecodedFixes {
    /// Fixes in the order of their offsets; see [`message_fix_schema`](super::message_fix_schema).
    pub batches: Vec<RecordBatch>,
    /// Records and payloads that were not used.
    pub rejects: Vec<MessageReject>,
    /// How many fixes, and how many rejects by reason.
    pub counts: Counts,
    /// How many messages there were.
    pub messages: u64,
    /// Fields that no version of the schema names, and how many records had them. They are kept aside, not refused.
    pub unknown_fields: BTreeMap<String, u64>,
    /// The offset after the last message; `None` if there was none.
    pub next_offset: Option<i64>,
}
