//! Typed values of what a store gave: a column is found once in a batch and read by row.

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, Float64Array, Int64Array, RecordBatch, StringArray, StringViewArray,
};
use datafusion::arrow::datatypes::{Float64Type, Int64Type};
use datafusion::common::{DataFusionError, Result};

/// A batch whose columns are texts, whole numbers and numbers.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a>(pub &'a RecordBatch);

impl<'a> Columns<'a> {
    fn missing(name: &str) -> DataFusionError {
        DataFusionError::Internal(format!("the store gave no column {name} of the kind asked for"))
    }

    fn column(self, name: &str) -> Result<&'a ArrayRef> {
        self.0.column_by_name(name).ok_or_else(|| Self::missing(name))
    }

    /// A column of texts.
    ///
    /// # Errors
    /// `Internal` if there is no such column of texts.
    pub fn texts(self, name: &str) -> Result<Texts<'a>> {
        let column = self.column(name)?;
        let views = column.as_string_view_opt().map(Texts::Views);
        views.or_else(|| column.as_string_opt().map(Texts::Plain)).ok_or_else(|| Self::missing(name))
    }

    /// A column of whole numbers of 64 bits.
    ///
    /// # Errors
    /// `Internal` if there is no such column of them.
    pub fn wholes(self, name: &str) -> Result<Wholes<'a>> {
        self.column(name)?.as_primitive_opt::<Int64Type>().map(Wholes).ok_or_else(|| Self::missing(name))
    }

    /// A column of floating-point numbers of 64 bits.
    ///
    /// # Errors
    /// `Internal` if there is no such column of them.
    pub fn reals(self, name: &str) -> Result<Reals<'a>> {
        self.column(name)?.as_primitive_opt::<Float64Type>().map(Reals).ok_or_else(|| Self::missing(name))
    }
}

/// A column of texts, in either of Arrow's layouts.
#[derive(Debug, Clone, Copy)]
pub enum Texts<'a> {
    /// Views into shared buffers.
    Views(&'a StringViewArray),
    /// One after the other.
    Plain(&'a StringArray),
}

impl<'a> Texts<'a> {
    /// The text of a row; NULL is an empty one.
    #[must_use]
    pub fn at(self, row: usize) -> &'a str {
        match self {
            Self::Views(texts) if texts.is_valid(row) => texts.value(row),
            Self::Plain(texts) if texts.is_valid(row) => texts.value(row),
            Self::Views(_) | Self::Plain(_) => "",
        }
    }
}

/// A column of whole numbers.
#[derive(Debug, Clone, Copy)]
pub struct Wholes<'a>(&'a Int64Array);

impl Wholes<'_> {
    /// The number of a row; `None` is NULL.
    #[must_use]
    pub fn at(self, row: usize) -> Option<i64> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }
}

/// A column of floating-point numbers.
#[derive(Debug, Clone, Copy)]
pub struct Reals<'a>(&'a Float64Array);

impl Reals<'_> {
    /// The number of a row; `None` is NULL.
    #[must_use]
    pub fn at(self, row: usize) -> Option<f64> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_column_of_another_kind_is_an_error_and_null_is_nothing() {
        let views: ArrayRef = Arc::new(StringViewArray::from(vec![Some("a"), None]));
        let plain: ArrayRef = Arc::new(StringArray::from(vec![None, Some("b")]));
        let wholes: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), None]));
        let reals: ArrayRef = Arc::new(Float64Array::from(vec![None, Some(0.5)]));
        let batch = RecordBatch::try_from_iter([("v", views), ("p", plain), ("w", wholes), ("r", reals)]).unwrap();
        let columns = Columns(&batch);
        let texts = |name| columns.texts(name).map(|t| (t.at(0), t.at(1))).unwrap();
        assert_eq!((texts("v"), texts("p")), (("a", ""), ("", "b")));
        assert_eq!(columns.wholes("w").map(|w| (w.at(0), w.at(1))).unwrap(), (Some(7), None));
        assert_eq!(columns.reals("r").map(|r| (r.at(0), r.at(1))).unwrap(), (None, Some(0.5)));
        for (kind, error) in [
            ("texts", columns.texts("w").err()),
            ("wholes", columns.wholes("r").err()),
            ("reals", columns.reals("none").err()),
        ] {
            assert!(error.unwrap().to_string().contains("no column"), "{kind}");
        }
    }
}
