//! The build side is shared: its failure reaches every partition, and a partition that is dropped takes nothing with it.

use datafusion::arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::execute_stream_partitioned;
use datafusion::prelude::SessionContext;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use locard::join::SessionOptions;

use super::engine::{open, plain_options, plan, wait};
use super::world::Row;

/// `r` is the smaller and is built from an aggregate, whose repartitioning can run only once.
const BUILD: &str = "(SELECT id, max(lat) AS lat, max(lon) AS lon, max(CAST(k AS INT)) AS n FROM r GROUP BY id)";

fn context(key: &'static str) -> SessionContext {
    let row = |i: i32| Row { key: Some(key), ..Row::at(i64::from(i), 51.5 + 1e-5 * f64::from(i % 50), -0.1, 0) };
    let options = SessionOptions { partitions: 4, batch_size: 32, ..plain_options() };
    open(&options, &(0..900).map(row).collect::<Vec<_>>(), &(0..90).map(row).collect::<Vec<_>>())
}

/// The join's own partitions, without an operator above that gathers them.
async fn streams(context: &SessionContext) -> Vec<SendableRecordBatchStream> {
    let sql = format!("SELECT l.id, b.id, b.n FROM l JOIN {BUILD} b ON distance_m(l.lat, l.lon, b.lat, b.lon) <= 20");
    let plan = context.sql(&sql).await.unwrap().create_physical_plan().await.unwrap();
    execute_stream_partitioned(plan, context.task_ctx()).unwrap()
}

#[test]
fn the_build_side_is_an_aggregate_with_a_repartitioning() {
    let sql = format!("SELECT l.id, b.id, b.n FROM l JOIN {BUILD} b ON distance_m(l.lat, l.lon, b.lat, b.lon) <= 20");
    let text = plan(&context("1"), &sql);
    assert!(text.contains("ProximityJoinExec: build=right") && text.contains("RepartitionExec"), "{text}");
}

#[test]
fn a_failing_build_side_fails_every_partition() {
    let context = context("not a number");
    let outcomes: Vec<Result<Vec<RecordBatch>>> = wait(async {
        let mut outcomes = Vec::new();
        for stream in streams(&context).await {
            outcomes.push(stream.try_collect().await);
        }
        outcomes
    });
    assert_eq!(outcomes.len(), 4);
    for outcome in outcomes {
        let error = outcome.expect_err("the build side cannot be read").to_string();
        assert!(error.contains("not a number"), "{error}");
    }
}

#[test]
fn a_dropped_partition_does_not_stop_the_others() {
    let context = context("1");
    let rows = |batches: Vec<RecordBatch>| batches.iter().map(RecordBatch::num_rows).sum::<usize>();
    // One thread: what the build side waits for cannot run while its first partition is asked.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut whole = Vec::new();
        for stream in streams(&context).await {
            whole.push(rows(stream.try_collect().await.unwrap()));
        }
        assert!(whole.iter().all(|n| *n > 0), "{whole:?}");
        let mut others = streams(&context).await;
        let mut first = others.remove(0);
        // It starts to read the build side, and leaves.
        assert!(first.next().now_or_never().is_none(), "the build side was ready at once");
        drop(first);
        for (stream, expected) in others.into_iter().zip(&whole[1..]) {
            assert_eq!(rows(stream.try_collect().await.unwrap()), *expected);
        }
    });
}
