//! The same windows with and without the rule, over batches of few rows: every value is the same.

use std::sync::Arc;

use datafusion::arrow::array::{Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::datasource::MemTable;
use datafusion::execution::SessionStateBuilder;
use datafusion::physical_plan::displayable;
use datafusion::prelude::{SessionConfig, SessionContext};
use proptest::prelude::*;

use super::{LocardOptions, WindowsByColumn};

/// A record: its device, its time, and something that may be missing.
type Row = (u8, i64, Option<i64>);

/// Windows, and whether they look back.
const WINDOWS: [(&str, bool); 12] = [
    ("lag(x) OVER w", true),
    ("lag(x, 3) OVER w", true),
    ("lag(device) OVER w", true),
    ("max(x) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)", true),
    ("max(t) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING)", true),
    ("min(x) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)", true),
    ("lag(x, 2, -7) OVER w", false),
    ("lag(x) IGNORE NULLS OVER w", false),
    ("lag(x, 0) OVER w", false),
    ("lead(x) OVER w", false),
    ("max(x) FILTER (WHERE x < 5) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)", false),
    ("min(device) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)", false),
];

fn context(rows: &[Row], batch_size: usize, by_column: bool) -> SessionContext {
    let config = SessionConfig::new().with_batch_size(batch_size).with_target_partitions(2);
    let config =
        config.with_option_extension(LocardOptions { windows_by_column: by_column, ..LocardOptions::default() });
    let state = SessionStateBuilder::new().with_config(config).with_default_features();
    let context = SessionContext::new_with_state(state.with_physical_optimizer_rule(Arc::new(WindowsByColumn)).build());
    let device = StringArray::from_iter_values(rows.iter().map(|r| format!("d{}", r.0)));
    let time = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|r| r.1)).with_timezone("UTC");
    let at = Int64Array::from_iter_values((0..).take(rows.len()));
    let x: Int64Array = rows.iter().map(|r| r.2).collect();
    let columns: [(&str, Arc<dyn datafusion::arrow::array::Array>); 4] =
        [("device", Arc::new(device)), ("t", Arc::new(time)), ("at", Arc::new(at)), ("x", Arc::new(x))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let cut = (0..rows.len()).step_by(batch_size).map(|from| batch.slice(from, batch_size.min(rows.len() - from)));
    let table = MemTable::try_new(batch.schema(), vec![cut.collect()]).unwrap();
    context.register_table("r", Arc::new(table)).unwrap();
    context
}

async fn answer(context: &SessionContext, sql: &str) -> String {
    pretty_format_batches(&context.sql(sql).await.unwrap().collect().await.unwrap()).unwrap().to_string()
}

/// Two windows at once, so that what each holds is its own.
fn sql(windows: [&str; 2], partitioned: bool) -> String {
    let by = if partitioned { "PARTITION BY device " } else { "" };
    let [one, other] = windows;
    format!(
        "SELECT device, t, at, {one} AS one, {other} AS other FROM r WINDOW w AS ({by}ORDER BY t, at)
         ORDER BY device, t, at"
    )
}

proptest! {
    #[test]
    fn every_value_is_the_engines(
        rows in prop::collection::vec((0..3_u8, 0..20_i64, prop::option::weighted(0.8, -9..9_i64)), 0..40),
        batch_size in 1..7_usize,
        windows in [0..WINDOWS.len(), 0..WINDOWS.len()],
        partitioned in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sql = sql(windows.map(|window| WINDOWS[window].0), partitioned);
        let [engine, by_column] = [false, true].map(|by_column| {
            runtime.block_on(answer(&context(&rows, batch_size, by_column), &sql))
        });
        prop_assert_eq!(engine, by_column, "{}", sql);
    }
}

#[tokio::test]
async fn windows_that_look_back_are_computed_by_column_and_the_others_are_not() {
    let rows: Vec<Row> = (0..10).map(|at| (0, at, Some(at))).collect();
    let plan = |window, by_column| {
        let context = context(&rows, 3, by_column);
        async move {
            let plan = context.sql(&sql([window, window], true)).await.unwrap().create_physical_plan().await.unwrap();
            displayable(plan.as_ref()).indent(true).to_string()
        }
    };
    for (window, looks_back) in WINDOWS {
        let shown = plan(window, true).await;
        assert_eq!(shown.contains("LookBackExec"), looks_back, "{window}: {shown}");
        assert!(!plan(window, false).await.contains("LookBackExec"), "{window}");
    }
}
