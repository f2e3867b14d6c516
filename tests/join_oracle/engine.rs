//! Running SQL with the rule and without it.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{AsArray as _, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::Result;
use datafusion::prelude::SessionContext;
use locard::join::{SessionOptions, session};
use tokio::runtime::Runtime;

use super::world::{Row, table};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// Waits for a future on the tests' runtime.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// A session of one partition and batches of 8192 rows.
pub fn plain_options() -> SessionOptions {
    SessionOptions { memory_bytes: 1 << 28, partitions: 1, batch_size: 8192, proximity_join: true }
}

/// A session with tables `l` and `r`.
pub fn open(options: &SessionOptions, left: &[Row], right: &[Row]) -> SessionContext {
    let context = session(options).unwrap();
    for (name, rows) in [("l", left), ("r", right)] {
        let rows = table(rows, options.partitions, options.batch_size.min(rows.len() / 2 + 1));
        context.register_table(name, Arc::new(rows)).unwrap();
    }
    context
}

/// Runs a query.
pub fn run(context: &SessionContext, sql: &str) -> Result<Vec<RecordBatch>> {
    wait(async { context.sql(sql).await?.collect().await })
}

/// The rows of a query as integers, sorted: a multiset.
pub fn rows(context: &SessionContext, sql: &str) -> Vec<Vec<Option<i64>>> {
    let mut rows = Vec::new();
    for batch in run(context, sql).unwrap_or_else(|e| panic!("{sql}: {e}")) {
        let columns: Vec<_> = batch.columns().iter().map(|c| cast(c, &DataType::Int64).unwrap()).collect();
        for i in 0..batch.num_rows() {
            let value = |c: &Arc<dyn datafusion::arrow::array::Array>| {
                (!c.is_null(i)).then(|| c.as_primitive::<Int64Type>().value(i))
            };
            rows.push(columns.iter().map(value).collect());
        }
    }
    rows.sort_unstable();
    rows
}

/// The pairs of ids of a query of two columns, sorted.
pub fn pairs(context: &SessionContext, sql: &str) -> Vec<(i64, i64)> {
    rows(context, sql).into_iter().map(|r| (r[0].unwrap(), r[1].unwrap())).collect()
}

/// The physical plan as text.
pub fn plan(context: &SessionContext, sql: &str) -> String {
    let plan = wait(async { context.sql(sql).await.unwrap().create_physical_plan().await })
        .unwrap_or_else(|e| panic!("{sql}: {e}"));
    datafusion::physical_plan::displayable(plan.as_ref()).indent(false).to_string()
}

/// Whether the plan has our operator.
pub fn fires(context: &SessionContext, sql: &str) -> bool {
    plan(context, sql).contains("ProximityJoinExec")
}

/// Switches the rule.
pub fn set_rule(context: &SessionContext, on: bool) {
    run(context, &format!("SET locard.proximity_join = {on}")).unwrap();
}

/// Asserts that our operator runs the query and that `DataFusion`'s own plan gives the same rows; returns them.
pub fn same_as_plain(context: &SessionContext, sql: &str) -> Vec<Vec<Option<i64>>> {
    assert!(fires(context, sql), "the rule did not fire for {sql}:\n{}", plan(context, sql));
    let ours = rows(context, sql);
    set_rule(context, false);
    assert!(!fires(context, sql), "the rule is off");
    let plain = rows(context, sql);
    set_rule(context, true);
    assert_eq!(ours, plain, "{sql}");
    ours
}
