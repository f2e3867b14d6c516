//! Of the rows that state one thing again and again, the last statement of each.

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{concat_batches, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Int64Type, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::row::{RowConverter, SortField};

/// For each value of the column `id` the row of the greatest `revision`, in the order of `id`; of equal revisions, which
/// say the same, the first.
///
/// # Errors
/// If a column is missing, or `revision` is no Int64.
pub(super) fn latest(batches: &[RecordBatch], schema: &SchemaRef, id: &str) -> Result<RecordBatch, ArrowError> {
    let rows = concat_batches(schema, batches)?;
    let column = |name: &str| -> Result<&ArrayRef, ArrowError> {
        rows.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("no column {name}")))
    };
    let revisions = column("revision")?;
    let revisions = revisions.as_primitive_opt::<Int64Type>();
    let revisions = revisions.ok_or_else(|| ArrowError::SchemaError(format!("revision is no {}", DataType::Int64)))?;
    let ids = ArrayRef::clone(column(id)?);
    let keys = RowConverter::new(vec![SortField::new(ids.data_type().clone())])?.convert_columns(&[ids])?;
    let mut best: BTreeMap<_, (i64, u32)> = BTreeMap::new();
    for ((key, row), revision) in keys.iter().zip(0_u32..).zip(revisions.values()) {
        let held = best.entry(key).or_insert((*revision, row));
        if *revision > held.0 {
            *held = (*revision, row);
        }
    }
    let picked: UInt32Array = best.into_values().map(|(_, row)| Some(row)).collect();
    take_record_batch(&rows, &picked)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{Int64Array, StringArray};

    use super::*;

    #[test]
    fn the_greatest_revision_of_each_is_kept_whatever_the_order() {
        let batch = |rows: &[(i64, i64, &str)]| {
            let ids: Int64Array = rows.iter().map(|r| Some(r.0)).collect();
            let revisions: Int64Array = rows.iter().map(|r| Some(r.1)).collect();
            let status: StringArray = rows.iter().map(|r| Some(r.2)).collect();
            let columns: [(&str, ArrayRef); 3] =
                [("id", Arc::new(ids)), ("revision", Arc::new(revisions)), ("status", Arc::new(status))];
            RecordBatch::try_from_iter(columns).unwrap()
        };
        let first = batch(&[(7, 2, "withdrawn"), (-1, 1, "current")]);
        let second = batch(&[(7, 1, "current"), (-1, 10, "superseded"), (-1, 9, "current"), (3, 1, "current")]);
        let kept = latest(&[first.clone(), second], &first.schema(), "id").unwrap();
        assert_eq!(kept, batch(&[(-1, 10, "superseded"), (3, 1, "current"), (7, 2, "withdrawn")]));
        assert_eq!(latest(&[], &first.schema(), "id").unwrap().num_rows(), 0);
    }
}
