//! How long a commit to the store takes, beside Delta Lake's own writer on the same rows.
//!
//! `cargo run --release --example store_speed [ROWS CASES]...`

use std::io::Write as _;
use std::sync::Arc;

use anyhow::Context as _;
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, StringDictionaryBuilder,
    TimestampMicrosecondArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema};
use deltalake_core::kernel::StructType;
use deltalake_core::kernel::engine::arrow_conversion::TryFromArrow as _;
use deltalake_core::operations::create::CreateBuilder;
use locard::store::{Commit, Offsets, Options, Part, STORED_AT, Store, Table};
use locard::time::Stopwatch;
use url::Url;

/// Fixes of many cases in the order they would come: every case's in turn.
fn fixes(rows: i64, cases: i64, from: i64) -> anyhow::Result<RecordBatch> {
    let schema = Table::Fixes.schema();
    let fields: Vec<_> = schema.fields().iter().filter(|f| f.name() != STORED_AT).cloned().collect();
    let offsets = || from..from + rows;
    let words = |word: &dyn Fn(i64) -> String| -> ArrayRef {
        let mut builder = StringDictionaryBuilder::<Int32Type>::new();
        offsets().for_each(|o| builder.append_value(word(o)));
        Arc::new(builder.finish())
    };
    let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
    for field in &fields {
        let column: ArrayRef = match (field.name().as_str(), field.data_type()) {
            ("case_id", _) => words(&|o| format!("C-{:05}", o % cases)),
            ("device_id", _) => words(&|o| format!("device-{}-{}", o % cases, o / cases % 3)),
            ("exhibit", _) => words(&|o| format!("{:064x}", o % cases)),
            ("time_text", _) => {
                Arc::new(StringArray::from_iter_values(offsets().map(|o| format!("2026-11-24T{o:012}Z"))))
            }
            ("path", _) => Arc::new(StringArray::from(vec![None::<&str>; usize::try_from(rows)?])),
            (name, DataType::Utf8) => words(&|_| name.to_owned()),
            (_, DataType::Int32) => Arc::new(Int32Array::from_iter_values(offsets().map(|_| 0))),
            ("fix_id", _) => Arc::new(Int64Array::from_iter_values(
                offsets().map(|o| o.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed())),
            )),
            (_, DataType::Int64) => Arc::new(Int64Array::from_iter_values(offsets())),
            (_, DataType::Boolean) => Arc::new(BooleanArray::from(vec![false; usize::try_from(rows)?])),
            (_, DataType::Float64) => {
                let degrees = |o: i64| i32::try_from(o % 1_000_003).map_or(0.0, f64::from) / 1e5;
                Arc::new(Float64Array::from_iter_values(offsets().map(degrees)))
            }
            _ => Arc::new(
                TimestampMicrosecondArray::from_iter_values(offsets().map(|o| 1_700_000_000_000_000 + o * 1000))
                    .with_timezone("UTC"),
            ),
        };
        columns.push((field.name(), column));
    }
    Ok(RecordBatch::try_from_iter(columns)?)
}

async fn ours(rows: i64, cases: i64, commits: i64) -> anyhow::Result<Vec<f64>> {
    let folder = tempfile::tempdir()?;
    let address = Url::from_directory_path(folder.path()).ok().context("no address")?;
    let store = Store::open(&address, Options::default()).await?;
    let mut seconds = Vec::new();
    for i in 0..commits {
        let expected = (i > 0).then_some(i * rows);
        let offsets = Offsets { topic: "fixes".to_owned(), partition: 0, expected, next: (i + 1) * rows };
        let part = Part { rows: vec![fixes(rows, cases, i * rows)?], offsets: Some(offsets) };
        let watch = Stopwatch::start();
        let done = store.append(Commit { table: Table::Fixes, parts: vec![part] }).await?;
        seconds.push(watch.seconds());
        anyhow::ensure!(done.rows == rows.cast_unsigned(), "{done:?}");
    }
    Ok(seconds)
}

async fn delta_lake(rows: i64, cases: i64, commits: i64) -> anyhow::Result<Vec<f64>> {
    let folder = tempfile::tempdir()?;
    let schema = Table::Fixes.schema();
    let fields: Vec<_> = schema.fields().iter().filter(|f| f.name() != STORED_AT).cloned().collect();
    let columns = StructType::try_from_arrow(&Schema::new(fields))?;
    let location = folder.path().to_string_lossy().into_owned();
    let create = CreateBuilder::new().with_location(location).with_columns(columns.fields().cloned());
    let mut table = create.with_partition_columns(["case_id"]).await?;
    let mut seconds = Vec::new();
    for i in 0..commits {
        // Its writer takes no dictionary for a partition column.
        let batch = fixes(rows, cases, i * rows)?;
        let mut columns = batch.columns().to_vec();
        let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
        if let (Some(column), Some(field)) = (columns.first_mut(), fields.first_mut()) {
            *column = cast(column, &DataType::Utf8)?;
            *field = Arc::new(Field::new("case_id", DataType::Utf8, false));
        }
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
        let watch = Stopwatch::start();
        table = table.write([batch]).await?;
        seconds.push(watch.seconds());
    }
    Ok(seconds)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let given: Vec<i64> = std::env::args().skip(1).map(|a| a.parse()).collect::<Result<_, _>>()?;
    let sizes = if given.is_empty() { vec![1_000_000, 50, 100_000, 2_000] } else { given };
    let mut out = std::io::stdout();
    for size in sizes.chunks_exact(2) {
        let [rows, cases] = size else { continue };
        writeln!(out, "{rows} rows, {cases} cases, seconds of each commit")?;
        writeln!(out, "  store      {:.2?}", ours(*rows, *cases, 3).await?)?;
        writeln!(out, "  Delta Lake {:.2?}", delta_lake(*rows, *cases, 3).await?)?;
    }
    Ok(())
}
