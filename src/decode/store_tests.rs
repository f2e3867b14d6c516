use std::sync::Arc;

use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::*;
use crate::decode::{DecodeError, FixBuilder, FixTable, RowSink as _};
use crate::model::{FixRow, SourceKind};

/// Batches of two files whose dictionaries differ, the second with ever new devices.
fn batches(rows: u64) -> Vec<RecordBatch> {
    let mut batches = Vec::new();
    for (file, every) in [("a.csv", 1_000), ("b.csv", 1)] {
        let mut builder = FixBuilder::new(file, "ab12", |b| {
            batches.push(b);
            Ok::<(), DecodeError>(())
        });
        for row in 1..=rows {
            let device = format!("device {}", row / every);
            let t0_us = 1_700_000_000_000_000 + i64::try_from(row).unwrap();
            let fix = FixRow {
                device: &device,
                source: if row % 2 == 0 { SourceKind::Gps } else { SourceKind::Cell },
                t0_us,
                t1_us: t0_us + 1,
                lat_deg: 51.5,
                uncertainty_m: (row % 3 == 0).then_some(5.0),
                row,
                path: if row % 5 == 0 { "locations[1]" } else { "" },
                time_text: "2024",
                ..FixRow::default()
            };
            builder.fix(&fix).unwrap();
        }
        builder.finish().unwrap();
    }
    batches
}

fn filled(limit_bytes: usize, batches: &[RecordBatch]) -> FixStore {
    let mut store = FixStore::new(limit_bytes);
    for batch in batches {
        store.push(batch.clone()).unwrap();
    }
    store.finish().unwrap();
    store
}

fn read(store: &FixStore) -> Vec<RecordBatch> {
    store.batches().unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn what_was_put_in_comes_out_from_memory_from_disk_and_from_both() {
    let put_in = batches(20_000);
    let half = put_in.iter().map(RecordBatch::get_array_memory_size).sum::<usize>() / 2;
    for (limit, spills) in [(usize::MAX, false), (0, true), (half, true)] {
        let store = filled(limit, &put_in);
        assert_eq!((store.spilled(), store.len()), (spills, 40_000));
        assert_eq!(read(&store), put_in, "limit {limit}");
        assert_eq!(read(&store), put_in, "read again, limit {limit}");
        let (mut one, mut two) = (store.batches().unwrap(), store.batches().unwrap());
        for batch in &put_in {
            assert_eq!(&one.next().unwrap().unwrap(), batch);
            assert_eq!(&two.next().unwrap().unwrap(), batch);
        }
    }
}

#[test]
fn a_store_goes_on_after_it_was_finished_and_is_not_read_before() {
    let put_in = batches(10);
    let mut store = FixStore::new(0);
    store.push(put_in[0].clone()).unwrap();
    assert!(matches!(store.batches().map(drop), Err(StoreError::Unfinished)));
    store.finish().unwrap();
    assert_eq!(read(&store).len(), 1);
    store.push(put_in[1].clone()).unwrap();
    assert!(matches!(store.batches().map(drop), Err(StoreError::Unfinished)));
    store.finish().unwrap();
    assert_eq!(read(&store), put_in);
    assert!(matches!(store.push(put_in[0].project(&[0]).unwrap()), Err(StoreError::Schema { found: 1 })));
}

async fn asked(store: &Arc<FixStore>, sql: &str) -> Vec<RecordBatch> {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(3));
    let table = FixTable::new(Arc::clone(store), 3).unwrap();
    context.register_table("fixes", Arc::new(table)).unwrap();
    context.sql(sql).await.unwrap().collect().await.unwrap()
}

#[tokio::test]
async fn sql_sees_the_same_table_in_memory_and_on_disk() {
    let put_in = batches(90_000);
    let stores = [usize::MAX, 0].map(|limit| Arc::new(filled(limit, &put_in)));
    let by_columns_out_of_order = "SELECT \"row\", file, lat_deg, device_id FROM fixes \
        WHERE path IS NOT NULL AND source = 'gps' ORDER BY file, \"row\" LIMIT 50 OFFSET 7000";
    for sql in [
        by_columns_out_of_order,
        "SELECT count(*), count(uncertainty_m), count(DISTINCT device_id), min(t0), max(t1), sum(\"row\") FROM fixes",
        "SELECT file, source, count(*) FROM fixes GROUP BY file, source ORDER BY file, source",
    ] {
        let [memory, disk] = &stores;
        let (one, two) = (asked(memory, sql).await, asked(disk, sql).await);
        assert!(one.iter().any(|b| b.num_rows() > 0), "{sql}");
        assert_eq!(
            pretty_format_batches(&one).unwrap().to_string(),
            pretty_format_batches(&two).unwrap().to_string(),
            "{sql}"
        );
    }
    let sum = asked(&stores[1], "SELECT sum(\"row\") FROM fixes").await;
    assert_eq!(sum[0].column(0).as_primitive::<Int64Type>().value(0), 90_000 * 90_001);
}

#[tokio::test]
async fn the_number_of_rows_is_known_without_reading() {
    let store = Arc::new(filled(0, &batches(100)));
    let plan = pretty_format_batches(&asked(&store, "EXPLAIN SELECT count(*) FROM fixes").await).unwrap().to_string();
    assert!(!plan.contains("FixScan"), "{plan}");
    let rows = asked(&store, "SELECT count(*) FROM fixes").await;
    assert_eq!(rows[0].column(0).as_primitive::<Int64Type>().value(0), 200);
    let empty = Arc::new(filled(0, &[]));
    let none = asked(&empty, "SELECT * FROM fixes WHERE lat_deg > 0").await;
    assert_eq!(none.iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
}
