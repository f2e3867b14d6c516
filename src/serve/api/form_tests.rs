//! Values as JSON against what they are, and both forms against their own readers.

use axum::http::StatusCode;
use datafusion::arrow::array::{ArrayRef, BinaryArray, Float64Array, Int64Array, StringArray, UInt64Array};
use datafusion::arrow::ipc::reader::StreamReader;
use datafusion::prelude::SessionContext;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const ENDED: Ended = Ended { rows: 2, millis: 3 };

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

fn json_text(batches: &[RecordBatch]) -> String {
    let mut form = Form::new(Kind::Json);
    let mut out = form.begin(&batches[0].schema()).unwrap();
    for batch in batches {
        out.extend(form.rows(batch).unwrap());
    }
    out.extend(form.end(ENDED).unwrap());
    String::from_utf8(out).unwrap()
}

fn json_of(batches: &[RecordBatch]) -> Value {
    serde_json::from_str(&json_text(batches)).unwrap()
}

/// The first row of a query, as it is sent.
fn row(sql: &str) -> (Vec<String>, Value) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let batches = runtime.block_on(async { SessionContext::new().sql(sql).await.unwrap().collect().await.unwrap() });
    let all = json_of(&batches);
    let kinds = all["columns"].as_array().unwrap().iter().map(|c| c["type"].as_str().unwrap().to_owned());
    (kinds.collect(), all["rows"][0].clone())
}

#[test]
fn each_kind_of_value_is_written_so_that_nothing_is_lost() {
    for (sql, kind, value) in [
        ("true", "bool", json!(true)),
        ("NULL", "null", json!(null)),
        ("9007199254740991", "int", json!(9_007_199_254_740_991_i64)),
        ("-9007199254740991", "int", json!(-9_007_199_254_740_991_i64)),
        ("9007199254740992", "int", json!("9007199254740992")),
        ("arrow_cast(-5, 'Int8')", "int", json!(-5)),
        ("0.1", "float", json!(0.1)),
        ("CAST(0.1 AS FLOAT)", "float", json!(0.1)),
        ("CAST('NaN' AS DOUBLE)", "float", json!("NaN")),
        ("CAST('-inf' AS DOUBLE)", "float", json!("-Infinity")),
        ("CAST('inf' AS FLOAT)", "float", json!("Infinity")),
        ("CAST(1.50 AS DECIMAL(10, 2))", "decimal", json!("1.50")),
        ("'o''clock \"é\" \\ 😀'", "text", json!("o'clock \"é\" \\ 😀")),
        ("arrow_cast('x', 'Dictionary(Int32, Utf8)')", "text", json!("x")),
        ("DATE '2025-06-01'", "date", json!("2025-06-01")),
        ("TIME '12:30:00'", "time", json!("12:30:00")),
        (
            "arrow_cast(1748779200500000, 'Timestamp(Microsecond, Some(\"UTC\"))')",
            "timestamp",
            json!("2025-06-01T12:00:00.500Z"),
        ),
        ("arrow_cast(1748779200000000, 'Timestamp(Microsecond, None)')", "timestamp", json!("2025-06-01T12:00:00")),
        ("INTERVAL '15 minutes'", "interval", json!("15 mins")),
        ("[1, NULL, 9007199254740993]", "list", json!([1, null, "9007199254740993"])),
        ("arrow_cast('ab', 'Binary')", "binary", json!("\\x6162")),
    ] {
        let (kinds, row) = row(&format!("SELECT {sql} AS x"));
        assert_eq!((kinds, &row), (vec![kind.to_owned()], &json!([value])), "{sql}");
    }
    let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![b"\x00\xff".as_slice()]));
    assert_eq!(json_of(&[batch(vec![("b", bytes)])])["rows"], json!([["\\x00ff"]]));
    let large: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX, 1]));
    assert_eq!(json_of(&[batch(vec![("u", large)])])["rows"], json!([["18446744073709551615"], [1]]));
}

#[test]
fn each_row_has_a_line_and_columns_may_share_a_name() {
    let two = || -> ArrayRef { Arc::new(Int64Array::from(vec![Some(1), None])) };
    let schema =
        Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true), Field::new("n", DataType::Int64, true)]));
    let batch = RecordBatch::try_new(schema, vec![two(), two()]).unwrap();
    let text = json_text(&[batch.clone(), batch]);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[1..], ["[1,1],", "[null,null],", "[1,1],", "[null,null]", "],\"row_count\":2,\"millis\":3}"]);
    assert!(lines[0].ends_with("\"rows\":["), "{}", lines[0]);
}

#[test]
fn what_broke_off_says_so_in_both_forms() {
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too many");
    let batch = batch(vec![("t", Arc::new(StringArray::from(vec!["a"])) as ArrayRef)]);
    let sent = |kind| {
        let mut form = Form::new(kind);
        let mut out = form.begin(&batch.schema()).unwrap();
        out.extend(form.rows(&batch).unwrap());
        out.extend(form.fail(&problem, ENDED));
        (out, form.is_cut())
    };
    let (json, cut) = sent(Kind::Json);
    let json: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!((&json["rows"], &json["problem"]["detail"], cut), (&json!([["a"]]), &json!("too many"), false));
    let (arrow, cut) = sent(Kind::Arrow);
    let read: Vec<_> = StreamReader::try_new(arrow.as_slice(), None).unwrap().collect();
    assert_eq!(read[0].as_ref().unwrap(), &batch);
    assert!(read[1].is_err() && cut, "a reader that goes on fails");
    let tail = String::from_utf8_lossy(&arrow).into_owned();
    assert!(tail.ends_with("\"detail\":\"too many\"}"), "{tail}");
}

#[test]
fn nothing_is_a_whole_answer_too() {
    let batch = RecordBatch::new_empty(Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true)])));
    let json = json_of(std::slice::from_ref(&batch));
    assert_eq!((&json["rows"], &json["columns"][0]["name"]), (&json!([]), &json!("a")));
    let mut form = Form::new(Kind::Arrow);
    let mut out = form.begin(&batch.schema()).unwrap();
    out.extend(form.end(ENDED).unwrap());
    let reader = StreamReader::try_new(out.as_slice(), None).unwrap();
    assert_eq!(reader.schema(), batch.schema());
    assert_eq!(reader.count(), 0);
}

proptest! {
    #[test]
    fn numbers_come_back_as_they_went(n in any::<i64>(), x in any::<f64>()) {
        let columns: Vec<(&str, ArrayRef)> =
            vec![("n", Arc::new(Int64Array::from(vec![n]))), ("x", Arc::new(Float64Array::from(vec![x])))];
        let json = json_of(&[batch(columns)]);
        let (whole, float) = (&json["rows"][0][0], &json["rows"][0][1]);
        let read = whole.as_i64().or_else(|| whole.as_str().and_then(|t| t.parse().ok()));
        prop_assert_eq!(read, Some(n));
        prop_assert_eq!(whole.is_number(), n.unsigned_abs() < 1 << 53);
        match float.as_f64() {
            Some(read) => prop_assert_eq!(read.to_bits(), x.to_bits()),
            None => prop_assert!(!x.is_finite()),
        }
    }
}
