//! Typed values of what a store gave, by column and row.

use datafusion::arrow::array::{Array as _, AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::{Float64Type, Int64Type};
use datafusion::common::{DataFusionError, Result};

/// A batch whose columns are texts, whole numbers and numbers.
#[derive(Debug)]
pub struct Columns<'a>(pub &'a RecordBatch);

impl<'a> Columns<'a> {
    fn missing(name: &str) -> DataFusionError {
        DataFusionError::Internal(format!("the store gave no column {name} of the kind asked for"))
    }

    /// A text; NULL is an empty one.
    ///
    /// # Errors
    /// `Internal` if there is no such column of texts.
    pub fn text(&self, name: &str, row: usize) -> Result<&'a str> {
        let column = self.0.column_by_name(name).ok_or_else(|| Self::missing(name))?;
        if column.is_null(row) {
            return Ok("");
        }
        let views = column.as_string_view_opt().map(|texts| texts.value(row));
        views.or_else(|| Some(column.as_string_opt::<i32>()?.value(row))).ok_or_else(|| Self::missing(name))
    }

    /// A whole number of 64 bits.
    ///
    /// # Errors
    /// `Internal` if there is no such column of them.
    pub fn whole(&self, name: &str, row: usize) -> Result<Option<i64>> {
        let column = self.0.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>());
        let column = column.ok_or_else(|| Self::missing(name))?;
        Ok(column.is_valid(row).then(|| column.value(row)))
    }

    /// A floating-point number of 64 bits.
    ///
    /// # Errors
    /// `Internal` if there is no such column of them.
    pub fn real(&self, name: &str, row: usize) -> Result<Option<f64>> {
        let column = self.0.column_by_name(name).and_then(|c| c.as_primitive_opt::<Float64Type>());
        let column = column.ok_or_else(|| Self::missing(name))?;
        Ok(column.is_valid(row).then(|| column.value(row)))
    }
}
