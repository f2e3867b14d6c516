//! The supporting proximities as Parquet: one row each, to be joined back to the encounter by its identifier.
//!
//! `suspect_*` and `target_*` repeat the same eleven columns; `docs/report.md` has the table with units.

use std::io::Write;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::metadata::KeyValue;
use datafusion::parquet::file::properties::WriterProperties;

use super::report::{EncounterFound, Record, Support};
use super::{Report, SinkError};

/// Rows formed into Arrow at a time: memory stays bounded however long the list is.
const BATCH_ROWS: usize = 8_192;

type Row<'a> = (&'a EncounterFound, &'a Support);

/// The columns.
///
/// | column | type | null | |
/// | --- | --- | --- | --- |
/// | `encounter_id` | Utf8 | no | identifier of the encounter |
/// | `target_kind` | Utf8 | no | `victim_fix`, `place` or `incident` |
/// | `distance_m` | Float64 | no | geodesic distance of the centres, metres |
/// | `grade` | Utf8 | no | `possible`, `probable` or `definite` |
/// | `p_within` | Float64 | no | P(true distance <= `radius_m`) |
/// | `*_name` | Utf8 | no | device, reference or place |
/// | `*_exhibit`, `*_file` | Utf8 | places | SHA-256 of the exhibit; its file |
/// | `*_row` | `UInt64` | places | row in the exhibit, from 1 |
/// | `*_path`, `*_time_text` | Utf8 | no | path in the exhibit; the time as written |
/// | `*_t0`, `*_t1` | Timestamp(us, UTC) | places | time interval |
/// | `*_lat_deg`, `*_lon_deg` | Float64 | no | WGS84 degrees |
/// | `*_uncertainty_m` | Float64 | yes | uncertainty radius, metres; null: none stated |
#[must_use]
pub fn schema() -> SchemaRef {
    let mut fields = vec![
        Field::new("encounter_id", DataType::Utf8, false),
        Field::new("target_kind", DataType::Utf8, false),
        Field::new("distance_m", DataType::Float64, false),
        Field::new("grade", DataType::Utf8, false),
        Field::new("p_within", DataType::Float64, false),
    ];
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    for side in ["suspect", "target"] {
        let columns = [
            ("name", DataType::Utf8, false),
            ("exhibit", DataType::Utf8, true),
            ("file", DataType::Utf8, true),
            ("row", DataType::UInt64, true),
            ("path", DataType::Utf8, false),
            ("time_text", DataType::Utf8, false),
            ("t0", time.clone(), true),
            ("t1", time.clone(), true),
            ("lat_deg", DataType::Float64, false),
            ("lon_deg", DataType::Float64, false),
            ("uncertainty_m", DataType::Float64, true),
        ];
        fields.extend(columns.into_iter().map(|(name, kind, null)| Field::new(format!("{side}_{name}"), kind, null)));
    }
    Arc::new(Schema::new(fields))
}

/// Writes one row for each supporting proximity, in the order of the report.
///
/// # Errors
/// [`SinkError`] if the output cannot be written to.
pub fn write_parquet(report: &Report, out: &mut (dyn Write + Send)) -> Result<(), SinkError> {
    let schema = schema();
    let version = KeyValue::new("locard_report".to_owned(), report.locard_report.to_string());
    let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![version])).build();
    let mut writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties))?;
    let mut rows: Vec<Row<'_>> = Vec::new();
    for row in report.encounters.iter().flat_map(|e| e.rows.iter().map(move |s| (e, s))) {
        rows.push(row);
        if rows.len() == BATCH_ROWS {
            writer.write(&batch(&schema, &rows)?)?;
            rows.clear();
        }
    }
    writer.write(&batch(&schema, &rows)?)?;
    writer.close()?;
    Ok(())
}

fn batch(schema: &SchemaRef, rows: &[Row<'_>]) -> Result<RecordBatch, SinkError> {
    let text = |f: fn(&Row<'_>) -> String| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(f))) };
    let number = |f: fn(&Row<'_>) -> f64| -> ArrayRef { Arc::new(Float64Array::from_iter_values(rows.iter().map(f))) };
    let mut columns = vec![
        text(|(e, _)| e.id.clone()),
        text(|(e, _)| e.target_kind.as_str().to_owned()),
        number(|(_, s)| s.distance_m),
        text(|(_, s)| s.grade.as_str().to_owned()),
        number(|(_, s)| s.p_within),
    ];
    columns.extend(record_columns(&rows.iter().map(|(_, s)| &*s.suspect).collect::<Vec<_>>()));
    columns.extend(record_columns(&rows.iter().map(|(_, s)| &*s.target).collect::<Vec<_>>()));
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

fn record_columns(records: &[&Record]) -> [ArrayRef; 11] {
    let time = |f: fn(&Record) -> Option<i64>| -> ArrayRef {
        Arc::new(records.iter().map(|r| f(r)).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    };
    [
        Arc::new(StringArray::from_iter_values(records.iter().map(|r| &r.name))),
        Arc::new(records.iter().map(|r| r.exhibit.as_deref()).collect::<StringArray>()),
        Arc::new(records.iter().map(|r| r.file.as_deref()).collect::<StringArray>()),
        Arc::new(records.iter().map(|r| r.row).collect::<UInt64Array>()),
        Arc::new(StringArray::from_iter_values(records.iter().map(|r| &r.path))),
        Arc::new(StringArray::from_iter_values(records.iter().map(|r| &r.time_text))),
        time(|r| r.time.map(|t| t.t0_us)),
        time(|r| r.time.map(|t| t.t1_us)),
        Arc::new(Float64Array::from_iter_values(records.iter().map(|r| r.lat_deg))),
        Arc::new(Float64Array::from_iter_values(records.iter().map(|r| r.lon_deg))),
        Arc::new(records.iter().map(|r| r.uncertainty_m).collect::<Float64Array>()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::sample;
    use datafusion::arrow::array::{Array, AsArray};
    use datafusion::arrow::datatypes::{Float64Type, TimestampMicrosecondType, UInt64Type};
    use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    fn read_back(report: &Report) -> (SchemaRef, Vec<RecordBatch>) {
        // A file, because the reader wants one: `bytes` is not a dependency of ours.
        let mut file = tempfile::tempfile().unwrap();
        write_parquet(report, &mut file).unwrap();
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let schema = Arc::clone(builder.schema());
        (schema, builder.build().unwrap().map(Result::unwrap).collect())
    }

    #[test]
    fn what_is_read_back_is_what_was_reported() {
        let report = sample::report();
        let (read_schema, batches) = read_back(&report);
        assert_eq!(read_schema.fields(), schema().fields());
        let read = datafusion::arrow::compute::concat_batches(&read_schema, &batches).unwrap();
        let rows: Vec<Row<'_>> = report.encounters.iter().flat_map(|e| e.rows.iter().map(move |s| (e, s))).collect();
        assert_eq!(read.num_rows(), rows.len());
        let column = |name: &str| read.column_by_name(name).unwrap();
        for (i, (e, s)) in rows.iter().enumerate() {
            assert_eq!(column("encounter_id").as_string::<i32>().value(i), e.id);
            assert_eq!(column("suspect_name").as_string::<i32>().value(i), s.suspect.name);
            assert_eq!(column("distance_m").as_primitive::<Float64Type>().value(i), s.distance_m);
            assert_eq!(column("suspect_row").as_primitive::<UInt64Type>().value(i), s.suspect.row.unwrap());
            assert_eq!(column("target_row").is_null(i), s.target.row.is_none());
            assert_eq!(column("target_t0").is_null(i), s.target.time.is_none());
            let t1 = column("suspect_t1").as_primitive::<TimestampMicrosecondType>().value(i);
            assert_eq!(t1, s.suspect.time.unwrap().t1_us);
            assert_eq!(column("suspect_lon_deg").as_primitive::<Float64Type>().value(i), s.suspect.lon_deg);
        }
    }

    #[test]
    fn no_rows_and_many_rows_are_tables_too() {
        let mut report = sample::report();
        let many = BATCH_ROWS * 2 + 1;
        report.encounters.truncate(1);
        let row = report.encounters[0].rows[0].clone();
        report.encounters[0].rows = vec![row; many];
        let rows = |r: &Report| read_back(r).1.iter().map(RecordBatch::num_rows).sum::<usize>();
        assert_eq!(rows(&report), many);
        report.encounters.clear();
        assert_eq!(rows(&report), 0);
    }
}
