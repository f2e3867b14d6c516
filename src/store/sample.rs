//! Rows of no real person, for the tests of the store.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray, BinaryArray, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type, Schema};
use futures::TryStreamExt as _;
use url::Url;

use super::schema::STORED_AT;
use super::{Commit, Offsets, Options, Part, Store, Table, Wanted};

/// 2023-11-14T22:13:20Z.
pub(super) const T0_US: i64 = 1_700_000_000_000_000;

/// A store in a folder that goes with it.
pub(super) async fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, Options::default()).await;
    (folder, store)
}

pub(super) fn address(folder: &tempfile::TempDir) -> Url {
    Url::from_directory_path(folder.path()).unwrap()
}

pub(super) async fn open(folder: &tempfile::TempDir, options: Options) -> Store {
    Store::open(&address(folder), options).await.unwrap()
}

/// Rows of a table: case, partition and offset given, `revision` and identifiers from the offset, the rest made up.
pub(super) fn rows(table: Table, cases: &[&str], partition: i32, offsets: std::ops::Range<i64>) -> RecordBatch {
    let schema = table.schema();
    let fields = schema.fields().iter().filter(|f| f.name() != STORED_AT);
    let n = offsets.clone().count();
    let text = |name: &str, offset: i64| match name {
        "case_id" => cases[usize::try_from(offset).unwrap() % cases.len()].to_owned(),
        "device_id" => format!("device of {}", cases[usize::try_from(offset).unwrap() % cases.len()]),
        "encounter_id" => format!("e{}", offset / 2),
        _ => format!("{name} {}", offset % 3),
    };
    let number = |name: &str, offset: i64| match name {
        "proximity_id" => offset / 2,
        _ => offset,
    };
    let columns = fields.clone().map(|f| -> ArrayRef {
        let name = f.name().as_str();
        let offsets = offsets.clone();
        match f.data_type() {
            DataType::Utf8 => Arc::new(StringArray::from_iter_values(offsets.map(|o| text(name, o)))),
            DataType::Int64 => Arc::new(Int64Array::from_iter_values(offsets.map(|o| number(name, o)))),
            DataType::Int32 => Arc::new(Int32Array::from(vec![partition; n])),
            DataType::Float64 => Arc::new(Float64Array::from_iter_values(
                offsets.map(|o| 51.0 + f64::from(i32::try_from(o).unwrap()) / 1e6),
            )),
            DataType::Boolean => Arc::new(BooleanArray::from(vec![false; n])),
            DataType::Binary => Arc::new(BinaryArray::from_iter_values(offsets.map(i64::to_be_bytes))),
            _ => Arc::new(TimestampMicrosecondArray::from_iter_values(offsets.map(|o| T0_US + o)).with_timezone("UTC")),
        }
    });
    RecordBatch::try_new(Schema::new(fields.cloned().collect::<Vec<_>>()).into(), columns.collect()).unwrap()
}

/// As [`rows`], with a column as a dictionary, as decoders give it.
pub(super) fn with_words(batch: &RecordBatch, names: &[&str]) -> RecordBatch {
    let words = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns()).map(|(f, c)| {
        let column = if names.contains(&f.name().as_str()) { cast(c, &words).unwrap() } else { Arc::clone(c) };
        (f.name().clone(), column)
    });
    RecordBatch::try_from_iter(columns).unwrap()
}

pub(super) fn step(partition: i32, expected: Option<i64>, next: i64) -> Offsets {
    Offsets { topic: "fixes".to_owned(), partition, expected, next }
}

/// Fixes of two cases that bring a partition from one offset to another.
pub(super) fn fixes(partition: i32, from: i64, to: i64) -> Part {
    let expected = (from > 0).then_some(from);
    Part {
        rows: vec![rows(Table::Fixes, &["A", "B"], partition, from..to)],
        offsets: Some(step(partition, expected, to)),
    }
}

pub(super) fn of(table: Table, parts: Vec<Part>) -> Commit {
    Commit { table, parts }
}

/// The offsets of the stored fixes of a partition, in order.
pub(super) async fn stored_offsets(store: &Store, partition: i32) -> Vec<i64> {
    let wanted = Wanted { partition: Some(partition), ..Wanted::default() };
    let batches: Vec<RecordBatch> = store.read(Table::Fixes, wanted).await.unwrap().try_collect().await.unwrap();
    let mut offsets = Vec::new();
    for batch in &batches {
        let partitions = batch.column_by_name("origin_partition").unwrap();
        let partitions = partitions.as_primitive::<datafusion::arrow::datatypes::Int32Type>();
        let column = batch.column_by_name("origin_offset").unwrap().as_primitive::<Int64Type>();
        let pairs = column.values().iter().zip(partitions.values());
        offsets.extend(pairs.filter(|(_, p)| **p == partition).map(|(o, _)| *o));
    }
    offsets.sort_unstable();
    offsets
}

/// Every file below a folder.
pub(super) fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut waiting = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else {
            found.push(path);
        }
    }
    found
}
