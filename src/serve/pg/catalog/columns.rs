//! A table of the catalogue, made column by column.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, Float32Array, Int16Array, Int32Array, ListBuilder, RecordBatch, StringArray,
    StringBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::DataFusionError;

/// Columns of as many values as there are rows.
#[derive(Debug)]
pub(super) struct Columns {
    rows: usize,
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl Columns {
    /// None yet, of so many rows.
    pub const fn of(rows: usize) -> Self {
        Self { rows, fields: Vec::new(), arrays: Vec::new() }
    }

    fn with(mut self, field: Field, array: ArrayRef) -> Self {
        self.fields.push(field);
        self.arrays.push(array);
        self
    }

    /// Text; `None` is NULL.
    pub fn text<T: AsRef<str>>(self, name: &str, values: impl IntoIterator<Item = Option<T>>) -> Self {
        let array: StringArray = values.into_iter().collect();
        self.with(Field::new(name, DataType::Utf8, true), Arc::new(array))
    }

    /// The same text in each row.
    pub fn same_text(self, name: &str, value: &str) -> Self {
        let rows = self.rows;
        self.text(name, std::iter::repeat_n(Some(value), rows))
    }

    /// PostgreSQL's `"char"`: one letter.
    pub fn same_letter(self, name: &str, value: &str) -> Self {
        let rows = self.rows;
        self.letter(name, std::iter::repeat_n(value, rows))
    }

    /// PostgreSQL's `"char"`: one letter, or none.
    pub fn letter<'a>(self, name: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        let array: StringArray = values.into_iter().map(Some).collect();
        let key = (arrow_pg::datatypes::PG_CHAR_KEY.to_owned(), String::new());
        self.with(Field::new(name, DataType::Utf8, false).with_metadata([key].into()), Arc::new(array))
    }

    /// NULL of text in each row.
    pub fn no_text(self, name: &str) -> Self {
        let rows = self.rows;
        self.text(name, std::iter::repeat_n(None::<&str>, rows))
    }

    /// Numbers of things in the catalogue.
    pub fn oid(self, name: &str, values: impl IntoIterator<Item = i32>) -> Self {
        let array: Int32Array = values.into_iter().map(Some).collect();
        let key = (arrow_pg::datatypes::PG_OID_ALIAS_KEY.to_owned(), "oid".to_owned());
        self.with(Field::new(name, DataType::Int32, false).with_metadata([key].into()), Arc::new(array))
    }

    /// The same number of a thing in each row.
    pub fn same_oid(self, name: &str, value: i32) -> Self {
        let rows = self.rows;
        self.oid(name, std::iter::repeat_n(value, rows))
    }

    /// `int4`; `None` is NULL.
    pub fn int(self, name: &str, values: impl IntoIterator<Item = Option<i32>>) -> Self {
        let array: Int32Array = values.into_iter().collect();
        self.with(Field::new(name, DataType::Int32, true), Arc::new(array))
    }

    /// The same `int4` in each row.
    pub fn same_int(self, name: &str, value: Option<i32>) -> Self {
        let rows = self.rows;
        self.int(name, std::iter::repeat_n(value, rows))
    }

    /// `int2`.
    pub fn small(self, name: &str, values: impl IntoIterator<Item = i16>) -> Self {
        let array: Int16Array = values.into_iter().map(Some).collect();
        self.with(Field::new(name, DataType::Int16, false), Arc::new(array))
    }

    /// The same `int2` in each row.
    pub fn same_small(self, name: &str, value: i16) -> Self {
        let rows = self.rows;
        self.small(name, std::iter::repeat_n(value, rows))
    }

    /// The same `float4` in each row.
    pub fn same_float(self, name: &str, value: f32) -> Self {
        let array = Float32Array::from(vec![value; self.rows]);
        self.with(Field::new(name, DataType::Float32, false), Arc::new(array))
    }

    /// `bool`.
    pub fn truth(self, name: &str, values: impl IntoIterator<Item = bool>) -> Self {
        let array: BooleanArray = values.into_iter().map(Some).collect();
        self.with(Field::new(name, DataType::Boolean, false), Arc::new(array))
    }

    /// The same `bool` in each row.
    pub fn same_truth(self, name: &str, value: bool) -> Self {
        let rows = self.rows;
        self.truth(name, std::iter::repeat_n(value, rows))
    }

    /// Arrays of text; `None` is NULL.
    pub fn texts(self, name: &str, values: impl IntoIterator<Item = Option<Vec<String>>>) -> Self {
        let mut builder = ListBuilder::new(StringBuilder::new());
        for value in values {
            builder.append_option(value.map(|texts| texts.into_iter().map(Some).collect::<Vec<_>>()));
        }
        let array = builder.finish();
        self.with(Field::new(name, array.data_type().clone(), true), Arc::new(array))
    }

    /// NULL of an array of text in each row.
    pub fn no_texts(self, name: &str) -> Self {
        let rows = self.rows;
        self.texts(name, std::iter::repeat_n(None, rows))
    }

    /// The table.
    ///
    /// # Errors
    /// If a column has more or fewer values than there are rows, which is a defect.
    pub fn batch(self) -> Result<RecordBatch, DataFusionError> {
        Ok(RecordBatch::try_new(Arc::new(Schema::new(self.fields)), self.arrays)?)
    }
}
