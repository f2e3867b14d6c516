//! `locard serve`: an instance of the stream, with what it answers over HTTP, until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use tokio::sync::watch;

use super::serve_args::ServeArgs;
use crate::serve::{ConfigError, HttpError, HttpServer, LOG_VARIABLE, Settings, Shown, start_logs};
use crate::source::kafka::{KafkaError, ensure_topics};
use crate::stream::telemetry::Readiness;
use crate::stream::{Instance, InstanceOptions, StreamError, WorkerOptions};
use crate::time::Clock;

/// Why serving ended, or did not begin.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A setting cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The brokers cannot be used.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The address cannot be listened on.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The stream failed.
    #[error(transparent)]
    Stream(#[from] StreamError),
}

impl ServeError {
    /// Whether the settings are at fault.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::Config(_))
    }
}

/// How often small files of the tables are merged and old logs cleaned.
const UPKEEP: Duration = Duration::from_mins(1);
/// Messages that one step takes at most.
pub(super) const STEP_MESSAGES: usize = 16_384;

/// Serves until `stop` is done; what was read is committed before it returns.
///
/// # Errors
/// [`ServeError`] if it cannot begin, or ended by a fault that retrying does not mend.
pub async fn run(
    args: &ServeArgs,
    clock: Arc<dyn Clock>,
    log: Option<String>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let settings = args.settings()?;
    start_logs(settings.log_form, &settings.log_level, log.as_deref())?;
    let http = HttpServer::bind(settings.listen).await?;
    let (kafka, topics) = (settings.kafka.clone(), settings.topics);
    let created = tokio::task::spawn_blocking(move || ensure_topics(&kafka, &topics)).await;
    created.map_err(|e| StreamError::Defect(e.to_string()))??;
    let instance = Instance::open(options(&settings), clock, settings.schemas.clone()).await?;
    tracing::info!(address = %http.address(), data = %settings.store.location, "serving");
    let shown = Shown { telemetry: instance.telemetry(), cases: instance.cases(), flags: instance.flags() };
    let readiness = instance.telemetry().readiness().clone();
    let (told, mut closing) = watch::channel(false);
    let answering = SpawnedTask::spawn(http.run(shown, async move {
        _ = closing.wait_for(|closing| *closing).await;
    }));
    let (stopping, stopped) = watch::channel(false);
    let waiting = SpawnedTask::spawn(async move {
        stop.await;
        readiness.set(Readiness::STOPPING, "told to stop: what was read is being committed");
        stopping.send_replace(true);
    });
    let ended = instance.run(stopped).await;
    drop(waiting);
    told.send_replace(true);
    match answering.join().await {
        Ok(answered) => answered?,
        Err(error) => tracing::error!(%error, "the HTTP server ended unexpectedly"),
    }
    Ok(ended?)
}

fn options(settings: &Settings) -> InstanceOptions {
    InstanceOptions {
        kafka: settings.kafka.clone(),
        data: settings.store.location.clone(),
        store: settings.store.options.clone(),
        work: WorkerOptions {
            params: settings.proximity,
            commit_every: settings.store.commit_interval,
            commit_rows: settings.store.commit_rows,
            memory_bytes: settings.memory_bytes,
            step_messages: STEP_MESSAGES,
        },
        publish: true,
        upkeep_every: UPKEEP,
        custody: settings.custody.clone(),
    }
}

/// The name of the variable that stands above the level of the logs.
#[must_use]
pub const fn log_variable() -> &'static str {
    LOG_VARIABLE
}
