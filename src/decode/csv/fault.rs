//! What is wrong with a row, and the text of a field.

use crate::decode::profile::Column;
use crate::model::RejectReason;

use super::records::Fields;

/// A row that cannot be used: the field, its value and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault<'a> {
    pub(super) field: &'a str,
    pub(super) value: &'a str,
    pub(super) reason: RejectReason,
}

/// A fault of a column.
pub(super) fn fault<'a>(column: &'a Column, value: &'a str, reason: RejectReason) -> Fault<'a> {
    Fault { field: &column.name, value, reason }
}

/// A field's text without blanks around it; empty if the row has no such field.
///
/// Only the fields that are used are looked at: a letter in an old code page in an address does not cost the fix.
pub(super) fn text<'a>(fields: Fields<'a>, column: &'a Column) -> Result<&'a str, Fault<'a>> {
    let bytes = fields.get(column.at).unwrap_or(&[]).trim_ascii();
    std::str::from_utf8(bytes).map_err(|e| {
        let readable = bytes.get(..e.valid_up_to()).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("");
        fault(column, readable, RejectReason::NotUtf8)
    })
}

/// The text of a column that the file may not have; empty if it has not.
pub(super) fn optional_text<'a>(fields: Fields<'a>, column: Option<&'a Column>) -> Result<&'a str, Fault<'a>> {
    column.map_or(Ok(""), |c| text(fields, c))
}
