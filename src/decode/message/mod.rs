//! Payloads of the topics into fixes, case events and rejects: one file per encoding.
//!
//! ```text
//!  Block ─> FixDecoder ─┬─ JSON: one record ── plain? ─> json_plain ──┐
//!                       │                      else ──> json_record ─┤
//!                       ├─ Arrow IPC stream: many ─> payload_table ──┼─> Rows ─> batches of message_fix_schema
//!                       └─ Avro, Confluent: one ──> payload_table ──┘      └──> MessageReject
//! ```
//! The invariant: every message leads to at least one fix or reject, and every record of it to exactly one. A payload
//! that is damaged is one reject and gives no fix, so that the same message, read again, gives the same.

mod arrow;
mod arrow_bounds;
mod avro;
mod case_event;
mod content_type;
mod decoded;
mod error;
mod field;
mod fix_decoder;
mod json;
mod json_plain;
mod json_record;
mod message_reject;
mod payload_table;
mod plain_scan;
mod rows;
mod schema;
mod schema_folder;
mod schema_registry;
mod schema_source;

pub use case_event::{CaseEventFault, CaseEventRead, case_event, case_event_to_json, read_case_event};
pub use content_type::ContentType;
pub use decoded::DecodedFixes;
pub use error::MessageError;
pub use fix_decoder::FixDecoder;
pub use message_reject::{MessageReject, SHOWN_PAYLOAD_BYTES};
pub use schema::{CASE_ID, OFFSET, message_fix_schema};
pub use schema_folder::SchemaFolder;
pub use schema_registry::SchemaRegistry;
pub use schema_source::{SchemaError, SchemaSource};
