//! Rows as they are given, made ready for the disk: checked, in the order of the table's columns, and by case.

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray, UInt32Array};
use datafusion::arrow::compute::{cast, concat_batches, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;

use super::error::arrow;
use super::order::Keys;
use super::schema::{CASE_ID, STORED_AT, UNKNOWN_CASE};
use super::{StoreError, Table};

/// The rows of one part, and which of them belong to which case.
#[derive(Debug)]
pub(super) struct Rows {
    /// The columns of the table but `case_id` and `stored_at`; texts may be dictionaries.
    together: RecordBatch,
    /// What their order goes by: found once for all cases, since the words of one are all cases' words.
    keys: Keys,
    /// Rows, from the first to the last.
    pub(super) cases: BTreeMap<String, Vec<u32>>,
}

impl Rows {
    /// Checks the batches and finds their cases.
    ///
    /// # Errors
    /// [`StoreError::Rows`] if a column is missing, of another type, null where it must not be, or unknown.
    pub(super) fn new(table: Table, given: &[RecordBatch]) -> Result<Self, StoreError> {
        let (mut batches, mut cases, mut rows) = (Vec::with_capacity(given.len()), BTreeMap::new(), 0);
        for batch in given.iter().filter(|b| b.num_rows() > 0) {
            batches.push(checked(table, batch)?);
            add_cases(&mut cases, table, rows, batch.column_by_name(CASE_ID))?;
            rows += batch.num_rows();
        }
        let batches = uniform(table, &batches)?;
        let schema = batches.first().map_or_else(|| Schema::empty().into(), RecordBatch::schema);
        let together = concat_batches(&schema, &batches).map_err(arrow(table))?;
        let columns = table.layout().order.iter().filter_map(|name| together.column_by_name(name));
        let keys = Keys::of(&columns.cloned().collect::<Vec<_>>()).map_err(arrow(table))?;
        Ok(Self { together, keys, cases })
    }

    /// The rows of a case, in the order of the table.
    ///
    /// # Errors
    /// [`StoreError::Arrow`] if there are no such rows.
    pub(super) fn of(&self, table: Table, picked: &[u32]) -> Result<RecordBatch, StoreError> {
        let ordered = self.keys.in_order(picked);
        let rows = UInt32Array::from_iter_values(ordered.as_deref().unwrap_or(picked).iter().copied());
        take_record_batch(&self.together, &rows).map_err(arrow(table))
    }
}

/// Adds the rows of a batch to their cases; `before` rows come before it.
fn add_cases(
    to: &mut BTreeMap<String, Vec<u32>>,
    table: Table,
    before: usize,
    cases: Option<&ArrayRef>,
) -> Result<(), StoreError> {
    let cases = cases.ok_or_else(|| fault(table, "column case_id is missing"))?;
    let (keys, names) = names(table, cases)?;
    // One list per distinct case of the batch, so that a row costs no comparison of texts.
    let mut lists: Vec<Vec<u32>> = vec![Vec::new(); names.len()];
    for (row, key) in (before..).zip(keys) {
        let list = key.and_then(|k| lists.get_mut(k)).ok_or_else(|| fault(table, "case_id is null"))?;
        list.push(u32::try_from(row).map_err(|_| fault(table, "more rows at once than can be numbered"))?);
    }
    for (key, list) in lists.into_iter().enumerate().filter(|(_, list)| !list.is_empty()) {
        let case = match names.value(key) {
            "" if table == Table::Rejects => UNKNOWN_CASE,
            "" => return Err(fault(table, "case_id is empty")),
            case => case,
        };
        to.entry(case.to_owned()).or_default().extend(list);
    }
    Ok(())
}

/// Batches may carry the same text as a dictionary here and plain there; all take the type of the first.
fn uniform(table: Table, batches: &[RecordBatch]) -> Result<Vec<RecordBatch>, StoreError> {
    let Some(schema) = batches.first().map(RecordBatch::schema) else { return Ok(Vec::new()) };
    batches.iter().map(|b| to_schema(b, &schema).map_err(arrow(table))).collect()
}

fn to_schema(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    if batch.schema_ref() == schema {
        return Ok(batch.clone());
    }
    let pairs = batch.columns().iter().zip(schema.fields());
    let columns = pairs.map(|(column, field)| cast(column, field.data_type())).collect::<Result<_, _>>()?;
    RecordBatch::try_new(SchemaRef::clone(schema), columns)
}

fn fault(table: Table, detail: impl Into<String>) -> StoreError {
    StoreError::Rows { table, detail: detail.into() }
}

/// The distinct cases of a column, and for each row which of them it is.
fn names(table: Table, cases: &ArrayRef) -> Result<(Vec<Option<usize>>, StringArray), StoreError> {
    let words = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let cases = cast(cases, &words).map_err(arrow(table))?;
    let cases = cases.as_dictionary::<Int32Type>();
    let keys = cases.keys().iter().map(|k| k.and_then(|k| usize::try_from(k).ok())).collect();
    Ok((keys, cases.values().as_string::<i32>().clone()))
}

/// The columns of a batch in the order of the table, without `case_id` and `stored_at`.
fn checked(table: Table, batch: &RecordBatch) -> Result<RecordBatch, StoreError> {
    let layout = table.layout();
    let wanted = |name: &str| name != STORED_AT && layout.schema.column_with_name(name).is_some();
    if let Some(field) = batch.schema_ref().fields().iter().find(|f| !wanted(f.name())) {
        return Err(fault(table, format!("column {} is none of the table's", field.name())));
    }
    let (mut fields, mut columns): (Vec<Field>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
    for field in layout.schema.fields().iter().filter(|f| ![CASE_ID, STORED_AT].contains(&f.name().as_str())) {
        let name = field.name();
        let column = batch.column_by_name(name).ok_or_else(|| fault(table, format!("column {name} is missing")))?;
        let found = column.data_type();
        let column = match (found, field.data_type()) {
            (DataType::Dictionary(_, value), DataType::Utf8) if **value == DataType::Utf8 => ArrayRef::clone(column),
            (DataType::Utf8View | DataType::LargeUtf8, DataType::Utf8)
            | (DataType::BinaryView | DataType::LargeBinary, DataType::Binary) => {
                cast(column, field.data_type()).map_err(arrow(table))?
            }
            (found, wanted) if found == wanted => ArrayRef::clone(column),
            (found, wanted) => return Err(fault(table, format!("column {name} is {found}, not {wanted}"))),
        };
        if !field.is_nullable() && column.logical_null_count() > 0 {
            return Err(fault(table, format!("column {name} has nulls")));
        }
        fields.push(Field::new(name, column.data_type().clone(), field.is_nullable()));
        columns.push(column);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Schema::new(fields).into(), columns, &options).map_err(arrow(table))
}
