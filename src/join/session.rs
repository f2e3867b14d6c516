//! A DataFusion session with Locard's functions, rule, operator and memory limit: the one place that registers them.

use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};

use super::filter_first::FilterFirst;
use super::moments::MomentCasts;
use super::planner::LocardQueryPlanner;
use super::rule::{LocardOptions, ProximityJoinRule};
use super::windows::WindowsByColumn;

/// Options of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionOptions {
    /// Memory that queries may hold, bytes.
    pub memory_bytes: usize,
    /// Partitions that plans aim for: how many cores a query uses.
    pub partitions: usize,
    /// Rows in a batch.
    pub batch_size: usize,
    /// Plan joins by bounded distance as proximity joins.
    pub proximity_join: bool,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            memory_bytes: 2 << 30,
            partitions: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            batch_size: 8192,
            proximity_join: true,
        }
    }
}

/// How many of the largest consumers an out-of-memory error names.
const NAMED_CONSUMERS: NonZeroUsize = NonZeroUsize::new(5).unwrap();

/// A session with Locard's functions and its join.
///
/// # Errors
/// If DataFusion cannot make its temporary folder or runtime.
pub fn session(options: &SessionOptions) -> Result<SessionContext> {
    Ok(session_in(options, runtime(options.memory_bytes)?))
}

/// A runtime whose sessions may hold so much memory together, bytes.
///
/// # Errors
/// If DataFusion cannot make its temporary folder.
pub fn runtime(memory_bytes: usize) -> Result<Arc<RuntimeEnv>> {
    let pool = TrackConsumersPool::new(FairSpillPool::new(memory_bytes), NAMED_CONSUMERS);
    RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).build_arc()
}

/// A session with Locard's functions and its join, in a runtime that others may share; its memory limit is the runtime's.
#[must_use]
pub fn session_in(options: &SessionOptions, runtime: Arc<RuntimeEnv>) -> SessionContext {
    let mut config = SessionConfig::new()
        .with_target_partitions(options.partitions.max(1))
        .with_batch_size(options.batch_size.max(1))
        .with_option_extension(LocardOptions { proximity_join: options.proximity_join, ..LocardOptions::default() });
    // Without a zone `now()` and `timestamptz` would be times without one, and be taken for whatever they are compared with.
    config.options_mut().execution.time_zone = Some("UTC".to_owned());
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .with_query_planner(Arc::new(LocardQueryPlanner))
        .with_analyzer_rule(Arc::new(MomentCasts))
        .with_optimizer_rule(Arc::new(ProximityJoinRule))
        .with_physical_optimizer_rule(Arc::new(FilterFirst))
        .with_physical_optimizer_rule(Arc::new(WindowsByColumn))
        .build();
    let context = SessionContext::new_with_state(state);
    for function in crate::index::functions::all() {
        context.register_udf(Arc::unwrap_or_clone(function));
    }
    super::postgis::register(&context);
    super::information::register(&context);
    context
}
