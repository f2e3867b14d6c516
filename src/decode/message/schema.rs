//! The table of fixes that came as messages, as Arrow.
//!
//! | column | type | nullable | meaning |
//! | --- | --- | --- | --- |
//! | `case_id` | Dictionary(Int32, Utf8) | no | the case |
//! | | | | the sixteen columns of [`fix_schema`], in their order |
//! | `offset` | Int64 | no | of the message that brought the fix |
//!
//! `exhibit`, `file` and `row` say where in a returned file the record was; both texts are empty and `row` is 0 if it
//! came from no file.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::decode::fix_schema;

/// The column of the case.
pub const CASE_ID: &str = "case_id";

/// The column of the message's offset.
pub const OFFSET: &str = "offset";

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let words = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let mut fields = vec![Arc::new(Field::new(CASE_ID, words, false))];
    fields.extend(fix_schema().fields().iter().cloned());
    fields.push(Arc::new(Field::new(OFFSET, DataType::Int64, false)));
    Arc::new(Schema::new(fields))
});

/// The schema of fixes that came as messages; its columns stand in the order of the table above.
#[must_use]
pub fn message_fix_schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}
