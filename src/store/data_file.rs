//! One data file: rows of one case as Parquet, and what the log says of them.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, TimestampMicrosecondArray, UInt32Array};
use datafusion::arrow::compute::{max, min, take_record_batch};
use datafusion::arrow::datatypes::{
    DataType, Field, Float64Type, Int32Type, Int64Type, Schema, TimestampMicrosecondType,
};
use datafusion::arrow::error::ArrowError;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_writer::ArrowWriterOptions;
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::schema::types::ColumnPath;
use serde_json::{Map, Value, json};

use super::error::{arrow, parquet};
use super::order::in_order;
use super::schema::{Layout, STORED_AT};
use super::{StoreError, Table};

/// Bytes of a data file and its line in the log.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) bytes: Vec<u8>,
    pub(super) rows: usize,
    /// JSON, as Delta Lake keeps it.
    pub(super) stats: String,
}

/// Writes rows as one Parquet file, in the order of the table.
///
/// # Errors
/// [`StoreError::Arrow`] or [`StoreError::Parquet`], neither of which rows that were checked should lead to.
pub(super) fn encode(table: Table, rows: &RecordBatch) -> Result<Encoded, StoreError> {
    encode_ordered(table, &sorted(rows, table).map_err(arrow(table))?)
}

/// Writes rows that stand in the order of the table as one Parquet file.
///
/// # Errors
/// As [`encode`].
pub(super) fn encode_ordered(table: Table, rows: &RecordBatch) -> Result<Encoded, StoreError> {
    let layout = table.layout();
    // The reader takes the types from the table and not from the file, where texts may have been dictionaries.
    let options = ArrowWriterOptions::new()
        .with_properties(properties(layout, rows).map_err(parquet(table))?)
        .with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), rows.schema(), options).map_err(parquet(table))?;
    writer.write(rows).map_err(parquet(table))?;
    let bytes = writer.into_inner().map_err(parquet(table))?;
    Ok(Encoded { bytes, rows: rows.num_rows(), stats: stats(layout, rows) })
}

/// Adds the moment of storing to every row.
///
/// # Errors
/// [`StoreError::Arrow`] if the rows have the column already.
pub(super) fn stamped(table: Table, rows: &RecordBatch, stored_us: i64) -> Result<RecordBatch, StoreError> {
    let moment = TimestampMicrosecondArray::from_value(stored_us, rows.num_rows()).with_timezone("UTC");
    let mut fields: Vec<Arc<Field>> = rows.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(STORED_AT, moment.data_type().clone(), false)));
    let mut columns = rows.columns().to_vec();
    columns.push(Arc::new(moment));
    RecordBatch::try_new(Schema::new(fields).into(), columns).map_err(arrow(table))
}

fn sorted(rows: &RecordBatch, table: Table) -> Result<RecordBatch, ArrowError> {
    let order = table.layout().order;
    let columns: Vec<ArrayRef> = order.iter().filter_map(|name| rows.column_by_name(name)).cloned().collect();
    match in_order(&columns)? {
        None => Ok(rows.clone()),
        Some(picked) => take_record_batch(rows, &UInt32Array::from(picked)),
    }
}

/// A group of rows is what one thread reads, and what a condition leaves out.
const ROWS_OF_A_GROUP: usize = 1 << 16;

fn properties(
    layout: &Layout,
    rows: &RecordBatch,
) -> Result<WriterProperties, datafusion::parquet::errors::ParquetError> {
    let mut to = WriterProperties::builder()
        .set_compression(compression(rows.num_rows())?)
        .set_created_by(concat!("locard ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_dictionary_enabled(false)
        .set_max_row_group_row_count(Some(ROWS_OF_A_GROUP))
        .set_statistics_enabled(EnabledStatistics::None);
    for field in rows.schema_ref().fields() {
        let path = || ColumnPath::from(field.name().as_str());
        let name = field.name().as_str();
        if layout.words.contains(&name) {
            to = to.set_column_dictionary_enabled(path(), true);
        } else if matches!(field.data_type(), DataType::Int64 | DataType::Int32 | DataType::Timestamp(_, _)) {
            to = to.set_column_encoding(path(), Encoding::DELTA_BINARY_PACKED);
        }
        if layout.stats.contains(&name) || layout.order.contains(&name) {
            to = to.set_column_statistics_enabled(path(), EnabledStatistics::Page);
        }
    }
    Ok(to.build())
}

/// Files of few rows are soon merged: making a compressor for each of their columns takes longer than all else.
fn compression(rows: usize) -> Result<Compression, datafusion::parquet::errors::ParquetError> {
    const FEW: usize = 512;
    Ok(if rows < FEW { Compression::UNCOMPRESSED } else { Compression::ZSTD(ZstdLevel::try_new(1)?) })
}

/// The statistics of a file, as Delta Lake keeps them: `numRecords`, `minValues`, `maxValues`, `nullCount`.
fn stats(layout: &Layout, rows: &RecordBatch) -> String {
    let (mut least, mut greatest, mut nulls) = (Map::new(), Map::new(), Map::new());
    for name in layout.stats {
        let Some(column) = rows.column_by_name(name) else { continue };
        if let Some((low, high)) = bounds(column) {
            least.insert((*name).to_owned(), low);
            greatest.insert((*name).to_owned(), high);
        }
        nulls.insert((*name).to_owned(), json!(column.null_count()));
    }
    let rows = rows.num_rows();
    json!({"numRecords": rows, "minValues": least, "maxValues": greatest, "nullCount": nulls}).to_string()
}

/// Least and greatest value of a column as JSON; `None` if it has none that JSON can hold.
fn bounds(column: &ArrayRef) -> Option<(Value, Value)> {
    match column.data_type() {
        DataType::Int32 => {
            let c = column.as_primitive::<Int32Type>();
            Some((json!(min(c)?), json!(max(c)?)))
        }
        DataType::Int64 => {
            let c = column.as_primitive::<Int64Type>();
            Some((json!(min(c)?), json!(max(c)?)))
        }
        DataType::Float64 => {
            let c = column.as_primitive::<Float64Type>();
            let (low, high) = (min(c)?, max(c)?);
            (low.is_finite() && high.is_finite()).then(|| (json!(low), json!(high)))
        }
        DataType::Timestamp(_, _) => {
            let c = column.as_primitive_opt::<TimestampMicrosecondType>()?;
            Some((json!(moment(min(c)?)?), json!(moment(max(c)?)?)))
        }
        _ => None,
    }
}

/// A time with all six digits, so that it is the value and not a bound of it.
fn moment(us: i64) -> Option<String> {
    let t = jiff::Timestamp::from_microsecond(us).ok()?;
    Some(format!("{t:.6}"))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Float64Array, Int64Array};

    use super::*;

    #[test]
    fn statistics_say_the_exact_time_and_never_a_number_that_is_none() {
        let time = TimestampMicrosecondArray::from(vec![1_700_000_000_000_001, -1]).with_timezone("UTC");
        let (low, high) = bounds(&(Arc::new(time) as ArrayRef)).unwrap();
        assert_eq!(low, "1969-12-31T23:59:59.999999Z");
        assert_eq!(high, "2023-11-14T22:13:20.000001Z");
        let nan: ArrayRef = Arc::new(Float64Array::from(vec![1.0, f64::NAN]));
        assert_eq!(bounds(&nan), None);
        let none: ArrayRef = Arc::new(Int64Array::from(vec![None::<i64>]));
        assert_eq!(bounds(&none), None);
    }
}
