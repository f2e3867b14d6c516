//! A record of a message that was not used, and why; enough of it to find it, read it and send it again.

use std::sync::Arc;

use crate::model::RejectReason;
use crate::source::Topic;

/// How much of a payload a reject holds, bytes.
pub const SHOWN_PAYLOAD_BYTES: usize = 1024;

/// A record that was not used, by the message that brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageReject {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: i32,
    /// The message's offset.
    pub offset: i64,
    /// The record's position in its payload, from 1; 0 if the payload as a whole was not used.
    pub row: u64,
    /// The case, from the message's key; `None` if there is no key or it is not UTF-8.
    pub case_id: Option<String>,
    /// The field at fault; empty if the record or payload as a whole is.
    pub field: String,
    /// The offending value, shortened as by [`shorten`](crate::model::shorten).
    pub value: String,
    /// Why.
    pub reason: RejectReason,
    /// The payload's first [`SHOWN_PAYLOAD_BYTES`]; shared by the rejects of one payload. Empty for a tombstone.
    pub bytes: Arc<[u8]>,
}
