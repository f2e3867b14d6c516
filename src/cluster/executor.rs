//! An executor: asks a scheduler for tasks, runs them over the store's files, keeps what it computed until it is fetched.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};

use super::codec::Codec;
use super::{Address, ClusterError, MESSAGE_BYTES, state};

/// What is left of a question that nobody fetched is deleted after so long, seconds: an hour.
const LEFT_S: u64 = 3_600;
/// It is looked for so often, seconds.
const LOOK_S: u64 = 300;
/// The scheduler may begin so much later than an executor, seconds.
const WAIT_S: u16 = 60;

/// How an executor works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutorOptions {
    /// Its scheduler.
    pub scheduler: Address,
    /// Where rows are fetched from it.
    pub listen: SocketAddr,
    /// Under which name others reach it, if not by the address it listens on.
    pub known_as: Option<String>,
    /// Tasks at once.
    pub tasks: usize,
    /// Memory that its tasks may hold together, bytes.
    pub memory_bytes: u64,
    /// A folder of its own for what it computes, which it deletes. There are personal data in it.
    pub work: PathBuf,
}

/// Executes until the process is told to stop.
///
/// # Errors
/// [`ClusterError::Process`] if it cannot listen, or the scheduler cannot be reached for a minute.
pub async fn execute(options: &ExecutorOptions) -> Result<(), ClusterError> {
    let functions = state::functions()?;
    let config = ExecutorProcessConfig {
        bind_host: host(options.listen),
        external_host: Some(options.known_as.clone().unwrap_or_else(|| host(options.listen))),
        port: options.listen.port(),
        scheduler_host: options.scheduler.host.clone(),
        scheduler_port: options.scheduler.port,
        scheduler_connect_timeout_seconds: WAIT_S,
        vcores: options.tasks.max(1),
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        work_dir: Some(options.work.to_string_lossy().into_owned()),
        job_data_ttl_seconds: LEFT_S,
        job_data_clean_up_interval_seconds: LOOK_S,
        grpc_max_decoding_message_size: MESSAGE_BYTES,
        grpc_max_encoding_message_size: MESSAGE_BYTES,
        memory_pool_size: Some(options.memory_bytes),
        override_function_registry: Some(Arc::new(BallistaFunctionRegistry::from(&functions))),
        override_config_producer: Some(Arc::new(state::begun)),
        override_physical_codec: Some(Arc::new(Codec::default())),
        ..ExecutorProcessConfig::default()
    };
    let failed = |source| ClusterError::Process { what: "executor", address: options.listen, source };
    start_executor_process(Arc::new(config)).await.map_err(failed)
}

/// The host of an address, as it stands before a port.
fn host(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}
