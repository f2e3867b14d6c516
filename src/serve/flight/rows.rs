//! Rows as every client can read them: views and dictionaries become plain columns, and comments travel with their column.
//!
//! Views point into buffers that batches share. Of a batch that is cut into messages each would carry them whole; and older
//! clients do not read them.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;

use crate::query::COMMENT;

/// Where Flight SQL has a column's comment, in the metadata of its field.
const REMARKS: &str = "ARROW:FLIGHT:SQL:REMARKS";

/// A type that every client reads.
pub(super) fn portable_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::Dictionary(_, value) => portable_type(value),
        DataType::List(item) | DataType::ListView(item) => DataType::List(portable_field(item)),
        DataType::LargeList(item) | DataType::LargeListView(item) => DataType::LargeList(portable_field(item)),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(portable_field(item), *size),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(portable_field).collect()),
        DataType::Map(entries, sorted) => DataType::Map(portable_field(entries), *sorted),
        other => other.clone(),
    }
}

fn portable_field(field: &FieldRef) -> FieldRef {
    let mut metadata = field.metadata().clone();
    if let Some(comment) = metadata.get(COMMENT).cloned() {
        metadata.insert(REMARKS.to_owned(), comment);
    }
    let made = Field::new(field.name(), portable_type(field.data_type()), field.is_nullable());
    Arc::new(made.with_metadata(metadata))
}

/// A schema that every client reads.
pub(super) fn portable(schema: &Schema) -> SchemaRef {
    Arc::new(Schema::new(schema.fields().iter().map(portable_field).collect::<Vec<_>>()))
}

/// A batch under a schema that [`portable`] made of its own.
///
/// # Errors
/// If a value does not fit, as a text column of more than 2 GiB in one batch.
pub(super) fn recast(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let recast = |(column, field): (&ArrayRef, &FieldRef)| match field.data_type() {
        same if same == column.data_type() => Ok(Arc::clone(column)),
        other => cast(column, other),
    };
    let columns = batch.columns().iter().zip(schema.fields()).map(recast).collect::<Result<_, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{
        Array as _, AsArray as _, BinaryViewArray, DictionaryArray, Int64Array, ListBuilder, StringViewArray,
        StringViewBuilder,
    };
    use datafusion::arrow::datatypes::Int32Type;

    use super::*;

    #[test]
    fn views_and_dictionaries_become_plain_and_keep_their_values() {
        let dictionary: DictionaryArray<Int32Type> = [Some("gps"), None, Some("gps")].into_iter().collect();
        let mut lists = ListBuilder::new(StringViewBuilder::new());
        lists.append_value([Some("a"), None]);
        lists.append_null();
        lists.append_value([Some("a text that does not fit into a view itself")]);
        let columns: [(&str, ArrayRef); 5] = [
            ("n", Arc::new(Int64Array::from(vec![1, 2, 3]))),
            (
                "t",
                Arc::new(StringViewArray::from(vec![
                    Some("a text that does not fit into a view itself"),
                    None,
                    Some(""),
                ])),
            ),
            ("b", Arc::new(BinaryViewArray::from(vec![Some(&[0_u8, 255][..]), None, Some(&[])]))),
            ("d", Arc::new(dictionary)),
            ("l", Arc::new(lists.finish())),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap();
        let schema = portable(&batch.schema());
        let types: Vec<String> = schema.fields().iter().map(|f| f.data_type().to_string()).collect();
        assert_eq!(types[..4], ["Int64", "Utf8", "Binary", "Utf8"]);
        let plain = recast(&batch, &schema).unwrap();
        assert_eq!(
            plain.column(1).as_string::<i32>().iter().collect::<Vec<_>>(),
            [Some("a text that does not fit into a view itself"), None, Some("")]
        );
        assert_eq!(plain.column(2).as_binary::<i32>().value(0), [0, 255]);
        assert_eq!(plain.column(3).as_string::<i32>().iter().collect::<Vec<_>>(), [Some("gps"), None, Some("gps")]);
        let list = plain.column(4).as_list::<i32>();
        assert!(list.is_null(1) && list.value(2).as_string::<i32>().value(0).starts_with("a text"));
    }

    #[test]
    fn a_comment_is_where_flight_sql_has_it_and_rows_without_columns_are_counted() {
        let field = Field::new("lat_deg", DataType::Float64, false);
        let field = field.with_metadata([(COMMENT.to_owned(), "Latitude [degrees]".to_owned())].into());
        let schema = portable(&Schema::new(vec![field]));
        assert_eq!(schema.field(0).metadata()[REMARKS], "Latitude [degrees]");
        let none = RecordBatch::try_new_with_options(
            Arc::new(Schema::empty()),
            vec![],
            &RecordBatchOptions::new().with_row_count(Some(3)),
        );
        assert_eq!(recast(&none.unwrap(), &portable(&Schema::empty())).unwrap().num_rows(), 3);
    }
}
