//! Small tables of every type that is sent.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array,
    Int32Array, Int64Array, IntervalMonthDayNanoArray, ListArray, RecordBatch, StringArray, StringViewArray,
    TimestampMicrosecondArray, UInt64Array,
};
use datafusion::arrow::datatypes::{Field, Float64Type, Int32Type, IntervalMonthDayNano, Schema};

/// 2026-06-15T12:00:00Z.
const NOON_US: i64 = 1_781_524_800_000_000;

fn batch(columns: Vec<(&str, &str, ArrayRef)>) -> RecordBatch {
    let field = |(name, comment, array): &(&str, &str, ArrayRef)| {
        let metadata = [("comment".to_owned(), (*comment).to_owned())].into();
        Field::new(*name, array.data_type().clone(), true).with_metadata(metadata)
    };
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, _, array)| array).collect()).unwrap()
}

/// `fixes`: many rows of the usual types. `kinds`: two rows, one with a value of each type and one of NULL.
pub fn tables(rows: i64) -> Vec<(String, RecordBatch)> {
    vec![("fixes".to_owned(), fixes(rows)), ("kinds".to_owned(), kinds())]
}

fn fixes(rows: i64) -> RecordBatch {
    let devices: StringArray = (0..rows).map(|n| Some(format!("device-{}", n % 7))).collect();
    let moments = TimestampMicrosecondArray::from_iter_values((0..rows).map(|n| NOON_US + n * 1_000_000));
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let degrees = |base: f64| Float64Array::from_iter_values((0..rows).map(|n| base + n as f64 * 1e-6));
    batch(vec![
        ("device_id", "The device that says where it was.", Arc::new(devices)),
        ("ts", "When, UTC.", Arc::new(moments.with_timezone("UTC"))),
        ("lat", "Latitude, degrees, WGS84.", Arc::new(degrees(51.5))),
        ("lon", "Longitude, degrees, WGS84.", Arc::new(degrees(-0.12))),
        ("row_no", "Row in its file.", Arc::new(Int64Array::from_iter_values(0..rows))),
        ("is_night", "Whether at night.", Arc::new((0..rows).map(|n| Some(n % 2 == 0)).collect::<BooleanArray>())),
    ])
}

fn kinds() -> RecordBatch {
    let dictionary: DictionaryArray<Int32Type> = [Some("path"), None].into_iter().collect();
    let list = ListArray::from_iter_primitive::<Float64Type, _, _>([Some(vec![Some(1.5), None]), None]);
    let interval = IntervalMonthDayNano::new(14, 3, 14_706_000_000_000);
    batch(vec![
        ("b", "bool", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("i4", "int4", Arc::new(Int32Array::from(vec![Some(-4), None]))),
        ("i8", "int8", Arc::new(Int64Array::from(vec![Some(i64::MAX), None]))),
        ("u8", "numeric", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None]))),
        ("f4", "float4", Arc::new(Float32Array::from(vec![Some(0.25), None]))),
        ("f8", "float8", Arc::new(Float64Array::from(vec![Some(0.1), None]))),
        ("t", "text", Arc::new(StringArray::from(vec![Some("o'clock\té"), None]))),
        ("tv", "text", Arc::new(StringViewArray::from(vec![Some("a view of a longer text"), None]))),
        ("d", "text", Arc::new(dictionary)),
        ("by", "bytea", Arc::new(BinaryArray::from(vec![Some(&[0_u8, 255][..]), None]))),
        ("da", "date", Arc::new(Date32Array::from(vec![Some(20_000), None]))),
        ("ts", "timestamp", Arc::new(TimestampMicrosecondArray::from(vec![Some(NOON_US + 1), None]))),
        (
            "tz",
            "timestamptz",
            Arc::new(TimestampMicrosecondArray::from(vec![Some(NOON_US), None]).with_timezone("UTC")),
        ),
        ("iv", "interval", Arc::new(IntervalMonthDayNanoArray::from(vec![Some(interval), None]))),
        (
            "nu",
            "numeric",
            Arc::new(Decimal128Array::from(vec![Some(-12_345), None]).with_precision_and_scale(10, 2).unwrap()),
        ),
        ("l", "float8[]", Arc::new(list)),
    ])
}
