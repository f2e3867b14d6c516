//! The join of a check: SQL, planned and run by `DataFusion`, with the counters that `--explain` shows.

use std::sync::Arc;

use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::{Int64Type, UInt32Type};
use datafusion::common::Result;
use datafusion::datasource::MemTable;
use datafusion::physical_plan::{ExecutionPlan, displayable, execute_stream};
use futures::TryStreamExt as _;

use crate::cli::CaseArgs;
use crate::decode::{FixStore, FixTable};
use crate::join::{SessionOptions, session};
use crate::model::ProximityParams;
use crate::sink::report::Stage;
use crate::time::Stopwatch;

use super::CheckError;
use super::targets::Targets;

/// What the join found, and how.
pub(super) struct Found {
    /// Position of the suspect's fix in its store, position of the target.
    pub(super) pairs: Vec<(i64, u32)>,
    pub(super) plan: String,
    pub(super) index: Stage,
    pub(super) join: Stage,
}

/// Places have no time, so they are met at any; a fix reaches as far as its uncertainty.
const QUERY: &str = "\
SELECT s.ordinal, t.target
FROM suspects s JOIN targets t
  ON distance_m(s.lat_deg, s.lon_deg, t.lat_deg, t.lon_deg) <= t.limit_m + coalesce(s.uncertainty_m, 0.0)
 AND s.t0 <= t.t1 AND s.t1 >= t.t0";

pub(super) async fn join(
    args: &CaseArgs,
    params: &ProximityParams,
    suspects: Arc<FixStore>,
    targets: &Targets,
) -> Result<Found, CheckError> {
    let memory_bytes = usize::try_from(args.memory_mib).unwrap_or(usize::MAX).saturating_mul(1 << 20);
    let options = SessionOptions { memory_bytes, ..SessionOptions::default() };
    let context = session(&options)?;
    let relation = targets.relation(params).map_err(datafusion::common::DataFusionError::from)?;
    context.register_table("suspects", Arc::new(FixTable::new(suspects, options.partitions)?))?;
    context.register_table("targets", Arc::new(MemTable::try_new(relation.schema(), vec![vec![relation]])?))?;
    let running = Stopwatch::start();
    let plan = context.sql(QUERY).await?.create_physical_plan().await?;
    let mut stream = execute_stream(Arc::clone(&plan), context.task_ctx())?;
    let mut pairs = Vec::new();
    while let Some(batch) = stream.try_next().await? {
        let (fixes, targets) = (batch.column(0), batch.column(1));
        let fixes = fixes.as_primitive::<Int64Type>().values().iter().copied();
        pairs.extend(fixes.zip(targets.as_primitive::<UInt32Type>().values().iter().copied()));
    }
    drop(stream);
    pairs.sort_unstable();
    let text = displayable(plan.as_ref()).indent(false).to_string();
    let (index, join) = stages(&plan, running.seconds());
    Ok(Found { pairs, plan: text, index, join })
}

/// The join's own counters; seconds are of all its partitions together.
fn stages(plan: &Arc<dyn ExecutionPlan>, seconds: f64) -> (Stage, Stage) {
    let mut index = Stage { stage: "index".to_owned(), ..Stage::default() };
    let mut join = Stage { stage: "join".to_owned(), seconds, ..Stage::default() };
    if let Some(metrics) = metrics_of(plan) {
        let sum = |name: &str| metrics.sum_by_name(name).map(|v| v.as_usize() as u64);
        let nanoseconds = sum("build_time").unwrap_or_default();
        index.rows_in = sum("build_rows").unwrap_or_default();
        index.seconds = std::time::Duration::from_nanos(nanoseconds).as_secs_f64();
        join.rows_in = sum("input_rows").unwrap_or_default();
        join.candidates = sum("candidates");
        join.refined = sum("refined");
        join.matched = sum("matched");
    }
    (index, join)
}

fn metrics_of(plan: &Arc<dyn ExecutionPlan>) -> Option<datafusion::physical_plan::metrics::MetricsSet> {
    if plan.name() == "ProximityJoinExec" {
        return plan.metrics();
    }
    plan.children().into_iter().find_map(metrics_of)
}
