//! The scheduler: takes plans, divides them into tasks, hands those out and does again what an executor lost.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;

use super::codec::Codec;
use super::{ClusterError, MESSAGE_BYTES, state};

/// How a scheduler works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulerOptions {
    /// Where it is reached, by executors and by those who ask.
    pub listen: SocketAddr,
    /// An executor that is silent for so long is gone, and what it held is done again. An executor speaks at least every
    /// five seconds.
    pub silence: Duration,
}

/// Schedules until it is let go of.
///
/// # Errors
/// [`ClusterError::Process`] if it cannot listen.
pub async fn schedule(options: &SchedulerOptions) -> Result<(), ClusterError> {
    let failed = |source| ClusterError::Process { what: "scheduler", address: options.listen, source };
    let config = config(options)?;
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(failed)?;
    start_server(cluster, options.listen, Arc::new(config)).await.map_err(failed)
}

fn config(options: &SchedulerOptions) -> Result<SchedulerConfig, ClusterError> {
    let functions = state::functions()?;
    let silence_s = options.silence.as_secs().max(1);
    Ok(SchedulerConfig {
        bind_host: options.listen.ip().to_string(),
        bind_port: options.listen.port(),
        // Executors ask for work: nobody need reach them but for rows.
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        executor_timeout_seconds: silence_s,
        expire_dead_executor_interval_seconds: (silence_s / 4).max(1),
        no_executors_grace_period_seconds: silence_s.saturating_mul(2),
        grpc_server_max_decoding_message_size: MESSAGE_BYTES,
        grpc_server_max_encoding_message_size: MESSAGE_BYTES,
        grpc_client_max_message_size: MESSAGE_BYTES,
        override_config_producer: Some(Arc::new(state::begun)),
        override_session_builder: Some(Arc::new(move |config| Ok(state::of_question(&functions, config)))),
        override_physical_codec: Some(Arc::new(Codec::default())),
        ..SchedulerConfig::default()
    })
}
