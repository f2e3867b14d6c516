use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::Int32Type;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;

fn batch() -> RecordBatch {
    let device: DictionaryArray<Int32Type> = [Some("=cmd()"), Some("a\u{9b}\n\"b\""), None].into_iter().collect();
    let columns: [(&str, ArrayRef); 4] = [
        ("device_id", Arc::new(device)),
        ("t0", Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None, Some(0)]).with_timezone("UTC"))),
        ("lat_deg", Arc::new(Float64Array::from(vec![Some(-0.5), Some(f64::NAN), None]))),
        ("cell", Arc::new(Int64Array::from(vec![Some(-1), Some(2), None]))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn write(form: ResultForm, batches: &[RecordBatch]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rows = rows(form, &batch().schema(), &mut out).unwrap();
    for b in batches {
        rows.batch(b).unwrap();
    }
    rows.finish().unwrap();
    out
}

fn text(form: ResultForm, batches: &[RecordBatch]) -> String {
    String::from_utf8(write(form, batches)).unwrap()
}

#[test]
fn json_is_one_array_across_batches_and_every_row_has_every_column() {
    let json = text(ResultForm::Json, &[batch(), batch()]);
    assert!(!json.contains('\u{9b}'), "a control character reached the output raw");
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value.as_array().unwrap().len(), 6);
    assert_eq!(value[0]["t0"], "1970-01-01T00:00:00.000001Z");
    assert_eq!(value[1]["device_id"], "a\u{9b}\n\"b\"", "text comes back exactly");
    assert_eq!(value[1]["lat_deg"], serde_json::Value::Null);
    assert!(value[2].as_object().unwrap().contains_key("cell"));
    assert_eq!(text(ResultForm::Json, &[]), "[]\n");
}

#[test]
fn csv_has_its_heading_once_and_no_cell_runs() {
    let csv = text(ResultForm::Csv, &[batch(), batch()]);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.headers().unwrap(), vec!["device_id", "t0", "lat_deg", "cell"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 6);
    assert_eq!(rows[0], vec!["'=cmd()", "1970-01-01T00:00:00.000001Z", "-0.5", "-1"]);
    assert_eq!(rows[2].iter().collect::<String>(), "1970-01-01T00:00:00Z");
    assert!(!csv.contains('\u{9b}'));
    assert_eq!(text(ResultForm::Csv, &[]), "device_id,t0,lat_deg,cell\n");
}

#[test]
fn parquet_holds_the_same_batch() {
    let bytes = write(ResultForm::Parquet, &[batch(), batch()]);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    let read: usize = ParquetRecordBatchReaderBuilder::try_new(file)
        .unwrap()
        .build()
        .unwrap()
        .map(|b| b.map(|b| (b.schema() == batch().schema()).then_some(b.num_rows()).unwrap()).unwrap())
        .sum();
    assert_eq!(read, 6);
}

#[test]
fn a_table_says_how_many_rows_it_leaves_out() {
    let many = vec![batch(); table_rows::SHOWN_ROWS / 3 + 2];
    let table = text(ResultForm::Table, &many);
    let rows = many.len() * 3;
    let left_out = rows - table_rows::SHOWN_ROWS;
    assert!(table.ends_with(&format!("{left_out} more rows: --output csv, json or parquet gives all {rows}\n")));
    assert!(text(ResultForm::Table, &[]).ends_with("0 rows\n"));
    assert!(text(ResultForm::Table, &[batch().slice(0, 1)]).ends_with("\n1 row\n"));
}

#[test]
fn nothing_in_a_table_acts_on_the_terminal() {
    let table = text(ResultForm::Table, &[batch()]);
    assert!(!table.contains('\u{9b}') && table.contains("a\\u{9b}"), "{table}");
    assert!(table.contains("NULL"), "a missing value is not an empty one: {table}");
}

#[test]
fn two_columns_of_one_name_are_refused_where_names_find_columns() {
    let field =
        || datafusion::arrow::datatypes::Field::new("lat_deg", datafusion::arrow::datatypes::DataType::Utf8, true);
    let schema = Arc::new(Schema::new(vec![field(), field()]));
    for (form, refused) in [(ResultForm::Json, true), (ResultForm::Parquet, true), (ResultForm::Csv, false)] {
        assert_eq!(rows(form, &schema, Vec::new()).is_err(), refused, "{form:?}");
    }
}

#[test]
fn a_file_takes_its_name_only_when_it_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("result.csv");
    fs::write(&path, "old").unwrap();
    let mut dropped = OutFile::create(&path).unwrap();
    dropped.write_all(b"half").unwrap();
    drop(dropped);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    let mut kept = OutFile::create(&path).unwrap();
    kept.write_all(b"new").unwrap();
    kept.keep(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}
