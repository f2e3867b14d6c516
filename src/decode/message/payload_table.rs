//! A batch that came in a payload, with the fields of a fix as its columns.
//!
//! The columns may be of any type that can stand for the field: text plain, large, by view or by dictionary, numbers of
//! any width or as text, times as timestamps, text or whole UTC microseconds. Other types are refused before anything is
//! converted, and so is text that a few bytes would unfold to more than [`MAX_TEXT_BYTES`].

use datafusion::arrow::array::{Array, ArrayRef, AsArray as _, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field as ArrowField, Int64Type, Schema, TimeUnit};
use std::sync::Arc;

use super::MessageError;
use super::field::Field;
use super::rows::{FixRecord, Origin, Rows};
use crate::decode::table_column::{text, texts};
use crate::decode::table_row::Table;
use crate::decode::{DecodeOptions, UTC};
use crate::model::{FixRow, RejectReason};

/// The most text that the columns of a batch may unfold to, bytes.
const MAX_TEXT_BYTES: u64 = 64 << 20;

/// Why a payload as a whole cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unusable {
    pub(super) field: String,
    pub(super) value: String,
    pub(super) reason: RejectReason,
}

impl Unusable {
    fn column(name: &str, value: impl Into<String>, reason: RejectReason) -> Self {
        Self { field: name.to_owned(), value: value.into(), reason }
    }

    /// Its bytes are not what they should be.
    pub(super) fn damaged(detail: impl Into<String>) -> Self {
        Self::column("", detail, RejectReason::Syntax)
    }
}

/// The columns of a batch, ready to be read row by row.
pub(super) struct PayloadTable {
    table: Table,
    case: Option<StringArray>,
    exhibit: Option<StringArray>,
    file: Option<StringArray>,
    row: Option<Int64Array>,
    has_row: Option<ArrayRef>,
    unknown: Vec<String>,
    rows: usize,
    options: DecodeOptions,
}

impl PayloadTable {
    /// Finds the columns.
    ///
    /// # Errors
    /// [`Unusable`] if one is missing, there twice or of a type that cannot be read.
    pub(super) fn of(batch: &RecordBatch) -> Result<Self, Unusable> {
        let (known, unknown) = divide(batch)?;
        for needed in [Field::DeviceId, Field::T0, Field::LatDeg, Field::LonDeg] {
            if known.column_by_name(needed.as_str()).is_none() {
                return Err(Unusable::column(needed.as_str(), "no such column", RejectReason::Missing));
            }
        }
        let column = |field: Field| texts(&known, field.as_str()).map_err(Unusable::damaged);
        let has_row = known.column_by_name(Field::Row.as_str()).cloned();
        let row = match &has_row {
            Some(column) => cast(column, &DataType::Int64).map_err(|e| Unusable::damaged(e.to_string()))?,
            None => Arc::new(Int64Array::new_null(0)),
        };
        Ok(Self {
            table: Table::of(&known).map_err(Unusable::damaged)?,
            case: column(Field::CaseId)?,
            exhibit: column(Field::Exhibit)?,
            file: column(Field::File)?,
            row: row.as_primitive_opt::<Int64Type>().cloned().filter(|_| has_row.is_some()),
            has_row,
            unknown,
            rows: batch.num_rows(),
            options: DecodeOptions::default(),
        })
    }

    /// How many records there are.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    /// Counts the columns that the schema does not name.
    pub(super) fn count_unknown(&self, rows: &mut Rows) {
        self.unknown.iter().for_each(|name| rows.unknown_field(name, self.rows as u64));
    }

    /// Keeps one record or rejects it.
    ///
    /// # Errors
    /// [`MessageError::Batch`] if the rows do not make a batch.
    pub(super) fn put(
        &self,
        index: usize,
        at: &Origin<'_>,
        position: u64,
        rows: &mut Rows,
    ) -> Result<(), MessageError> {
        let read = self.table.fix(index, &self.options).and_then(|fix| Ok((fix, self.row(index)?)));
        let (fix, row) = match read {
            Ok((fix, _)) if fix.device.trim().is_empty() => {
                rows.reject(at, position, "device_id", "", RejectReason::Missing);
                return Ok(());
            }
            Ok(read) => read,
            Err((field, value, reason)) => {
                rows.reject(at, position, field, &value, reason);
                return Ok(());
            }
        };
        let time_text = self.table.time_text(index, fix.t0_us);
        let case_id = stated(self.case.as_ref(), index);
        let exhibit = stated(self.exhibit.as_ref(), index);
        let file = stated(self.file.as_ref(), index);
        let fix = FixRow { row, path: self.table.path(index), time_text: &time_text, ..fix };
        let (exhibit, file) = (exhibit.unwrap_or(""), file.unwrap_or(""));
        rows.put(at, position, &FixRecord { case_id, exhibit, file, fix })
    }

    fn row(&self, index: usize) -> Result<u64, (&'static str, String, RejectReason)> {
        let (Some(row), Some(original)) = (&self.row, &self.has_row) else { return Ok(0) };
        if row.is_valid(index) {
            let value = row.value(index);
            return u64::try_from(value).map_err(|_| ("row", value.to_string(), RejectReason::NotAllowed));
        }
        if original.is_valid(index) { Err(("row", String::new(), RejectReason::NotANumber)) } else { Ok(0) }
    }
}

/// The text of a row, if it is not blank.
fn stated(column: Option<&StringArray>, index: usize) -> Option<&str> {
    text(column, index).filter(|text| !text.trim().is_empty())
}

/// The columns of a fix, brought to types that [`Table`] reads, and the names of the others.
fn divide(batch: &RecordBatch) -> Result<(RecordBatch, Vec<String>), Unusable> {
    let (mut fields, mut columns, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    let (mut seen, mut text_bytes) = (0, 0_u64);
    for (arrow, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let name = arrow.name();
        let Some(field) = Field::of(name) else {
            unknown.push(name.clone());
            continue;
        };
        if seen & field.bit() != 0 {
            return Err(Unusable::column(name, "there twice", RejectReason::NotAllowed));
        }
        seen |= field.bit();
        // A column of nothing but nulls says what an absent one says.
        if column.data_type() == &DataType::Null {
            continue;
        }
        text_bytes = text_bytes.saturating_add(unfolded_bytes(column));
        if !can_stand_for(field, column.data_type()) || text_bytes > MAX_TEXT_BYTES {
            return Err(Unusable::column(name, column.data_type().to_string(), RejectReason::NotAllowed));
        }
        let column = instants(field, column)?;
        fields.push(ArrowField::new(name, column.data_type().clone(), true));
        columns.push(column);
    }
    let known = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns);
    Ok((known.map_err(|e| Unusable::damaged(e.to_string()))?, unknown))
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => {
            matches!(**values, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        }
        _ => false,
    }
}

fn can_stand_for(field: Field, kind: &DataType) -> bool {
    match field {
        Field::T0 | Field::T1 => matches!(kind, DataType::Timestamp(..) | DataType::Int64) || is_text(kind),
        Field::LatDeg | Field::LonDeg | Field::UncertaintyM | Field::Confidence | Field::AzimuthDeg => {
            kind.is_integer() || kind.is_floating() || is_text(kind)
        }
        Field::Row => kind.is_integer(),
        Field::TimeAmbiguous => kind == &DataType::Boolean,
        Field::CaseId | Field::DeviceId => is_text(kind) || kind.is_integer(),
        Field::Source | Field::Basis | Field::Exhibit | Field::Path | Field::File | Field::TimeText => is_text(kind),
    }
}

/// Whole microseconds as the moments they are.
fn instants(field: Field, column: &ArrayRef) -> Result<ArrayRef, Unusable> {
    if !matches!(field, Field::T0 | Field::T1) || column.data_type() != &DataType::Int64 {
        return Ok(Arc::clone(column));
    }
    let to = DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()));
    cast(column, &to).map_err(|e| Unusable::column(field.as_str(), e.to_string(), RejectReason::NotAllowed))
}

/// How many bytes of text a column may unfold to, if that can be more than it takes; 0 for plain columns.
fn unfolded_bytes(column: &ArrayRef) -> u64 {
    if let Some(dictionary) = column.as_any_dictionary_opt() {
        return longest(dictionary.values()).saturating_mul(column.len() as u64);
    }
    column.as_string_view_opt().map_or(0, |views| views.lengths().map(u64::from).sum())
}

fn longest(texts: &ArrayRef) -> u64 {
    let longest = if let Some(texts) = texts.as_string_opt::<i32>() {
        texts.offsets().lengths().max().map(|n| n as u64)
    } else if let Some(texts) = texts.as_string_opt::<i64>() {
        texts.offsets().lengths().max().map(|n| n as u64)
    } else {
        texts.as_string_view_opt().and_then(|texts| texts.lengths().max()).map(u64::from)
    };
    longest.unwrap_or(0)
}
