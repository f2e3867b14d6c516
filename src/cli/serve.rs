//! `locard serve`: an instance of the stream, with what it answers over HTTP, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

use super::serve_args::ServeArgs;
use crate::query::{Desk, DeskOptions, Gate, QueryError};
use crate::serve::findings::{Assessor, AssessorParts};
use crate::serve::oidc::{OidcFault, Provider};
use crate::serve::{
    AccountGate, ConfigError, Door, GateError, HttpError, HttpServer, PolicyWatch, Settings, Shown, SignIn, flight, pg,
    start_logs,
};
use crate::source::kafka::{KafkaError, Retry, TopicPlan, ensure_topics};
use crate::store::Options;
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
    /// Accounts, their policies or the audit cannot be used.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// Questions cannot be answered.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// PostgreSQL's protocol cannot be spoken.
    #[error("PostgreSQL's protocol: {0}")]
    Postgres(#[from] pg::StartError),
    /// Arrow Flight SQL cannot be spoken.
    #[error("Arrow Flight SQL: {0}")]
    Flight(#[from] flight::StartError),
    /// An address cannot be listened on.
    #[error("{field} is {address}: {source}")]
    Listen {
        /// The setting.
        field: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// Accounts and the audit are kept on this machine.
    #[error(
        "store.data is {0}: with postgres.listen, flight.listen, [oidc], or http.sign_in = \"always\" it must be a folder of \
         this machine, where accounts and the audit are"
    )]
    NoFolder(Url),
    /// The identity provider cannot be asked.
    #[error(transparent)]
    Oidc(#[from] OidcFault),
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
/// How long the brokers may take for the topics before they are asked again, and how long it is until then.
const ATTEMPT: Duration = Duration::from_secs(4);
const AGAIN: Duration = Duration::from_secs(1);
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
    let gate = gate(&settings, &clock)?;
    let watching = watch_policies(&settings, gate.as_ref()).await?;
    let gate = gate.map(|gate| gate as Arc<dyn Gate>);
    let http = http.entered_by(door(&settings, gate.clone(), &clock)?, &settings.ask.http)?;
    let asking = Asking::open(&settings, gate, &clock).await?;
    let instance = Instance::open(options(&settings), clock, settings.schemas.clone()).await?;
    tracing::info!(address = %http.address(), data = %settings.store.location, "serving");
    let assessing = assess(&settings, &instance).await?;
    let shown = Shown { telemetry: instance.telemetry(), cases: instance.cases(), flags: instance.flags() };
    let readiness = instance.telemetry().readiness().clone();
    let (told, mut closing) = watch::channel(false);
    let answering = SpawnedTask::spawn(http.run(shown, async move {
        _ = closing.wait_for(|closing| *closing).await;
    }));
    let (stopping, stopped) = watch::channel(false);
    let stopping_is_said = readiness.clone();
    let waiting = SpawnedTask::spawn(async move {
        stop.await;
        stopping_is_said.set(Readiness::STOPPING, "told to stop: what was read is being committed");
        stopping.send_replace(true);
    });
    let ended = serve(instance, &settings, &readiness, stopped).await;
    drop((waiting, assessing, watching));
    asking.stop().await;
    told.send_replace(true);
    if let Err(error) = answering.join().await {
        tracing::error!(%error, "the HTTP server ended unexpectedly");
    }
    ended
}

/// Evaluates cases as their records arrive, if that is wanted; it ends with what is given.
async fn assess(settings: &Settings, instance: &Instance) -> Result<Option<SpawnedTask<()>>, ServeError> {
    let Some(evaluate) = settings.evaluate.clone() else { return Ok(None) };
    let assessor = Assessor::open(AssessorParts {
        data: settings.store.location.clone(),
        // It reads what is new of a case, once.
        desk: desk_options(settings, 0),
        params: settings.proximity,
        settings: evaluate.findings,
        memory_bytes: evaluate.memory_bytes,
        changed: instance.changed(),
        cases: instance.cases(),
        told: instance.flags(),
        telemetry: instance.telemetry(),
    });
    Ok(Some(SpawnedTask::spawn(assessor.await?.run())))
}

/// How a desk works that may keep so many bytes of columns.
fn desk_options(settings: &Settings, kept_bytes: usize) -> DeskOptions {
    let store = Options { kept_bytes, ..settings.store.options.clone() };
    DeskOptions { store, rules: settings.custody.clone(), threads: None }
}

/// The protocols that questions are asked in, each if it is said where.
struct Asking {
    postgres: Option<pg::Running>,
    flight: Option<flight::Running>,
}

impl Asking {
    async fn open(
        settings: &Settings,
        gate: Option<Arc<dyn Gate>>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, ServeError> {
        let (ask, mut asking) = (&settings.ask, Self { postgres: None, flight: None });
        let Some(gate) = gate else { return Ok(asking) };
        if let Some((address, access)) = &ask.postgres {
            let listener = bind("postgres.listen", *address).await?;
            let running = pg::Server::start(listener, Arc::clone(&gate), access)?;
            tracing::info!(address = %running.address(), tls = access.tls.is_some(), "PostgreSQL's protocol is spoken");
            asking.postgres = Some(running);
        }
        if let Some((address, access)) = &ask.flight {
            let listener = bind("flight.listen", *address).await?;
            let running = flight::Server::start(listener, gate, access, Arc::clone(clock))?;
            tracing::info!(address = %running.address(), tls = access.tls.is_some(), "Arrow Flight SQL is spoken");
            asking.flight = Some(running);
        }
        Ok(asking)
    }

    async fn stop(self) {
        let postgres = async {
            if let Some(running) = self.postgres {
                running.stop().await;
            }
        };
        let flight = async {
            if let Some(running) = self.flight {
                running.stop().await;
            }
        };
        tokio::join!(postgres, flight);
    }
}

/// The one gate of all protocols: accounts, their turns and the audit are one. None if there is no folder for accounts and nobody must come in.
fn gate(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Option<Arc<AccountGate>>, ServeError> {
    let (ask, location) = (&settings.ask, &settings.store.location);
    let needed =
        ask.postgres.is_some() || ask.flight.is_some() || ask.oidc.is_some() || ask.http.sign_in == SignIn::Always;
    let Ok(folder) = location.to_file_path() else {
        return if needed { Err(ServeError::NoFolder(location.clone())) } else { Ok(None) };
    };
    let mut desk = Desk::open(location, desk_options(settings, ask.kept_bytes))?;
    if let Some(elsewhere) = &ask.elsewhere {
        desk = desk.with_elsewhere(Arc::clone(elsewhere));
    }
    let gate = AccountGate::open(&folder, ask.policies.clone(), desk, ask.limits, Arc::clone(clock))?;
    Ok(Some(Arc::new(gate)))
}

/// Writes down by which policies is decided, and looks after their folder until what is given is dropped.
async fn watch_policies(
    settings: &Settings,
    gate: Option<&Arc<AccountGate>>,
) -> Result<Option<SpawnedTask<()>>, ServeError> {
    let Some(gate) = gate else { return Ok(None) };
    gate.say_policies().await?;
    let from = settings.ask.policies_from.clone();
    Ok(from.map(|(folder, sources)| SpawnedTask::spawn(PolicyWatch::new(folder, sources).run(Arc::clone(gate)))))
}

/// The door of the HTTP server.
fn door(settings: &Settings, gate: Option<Arc<dyn Gate>>, clock: &Arc<dyn Clock>) -> Result<Door, ServeError> {
    let oidc = settings.ask.oidc.clone();
    let provider = oidc.map(|oidc| Provider::new(oidc, Arc::clone(clock)).map(Arc::new)).transpose()?;
    Ok(Door::new(gate, provider, settings.ask.http.sign_in))
}

async fn bind(field: &'static str, address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| ServeError::Listen { field, address, source })
}

/// Runs the instance once the topics are there and are those of the store.
async fn serve(
    instance: Instance,
    settings: &Settings,
    readiness: &Readiness,
    stopped: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    // None if it was told to stop meanwhile.
    let Some(partitions) = topics(settings, readiness, stopped.clone()).await? else { return Ok(()) };
    instance.hold_to_partitions(partitions).await?;
    Ok(instance.run(stopped).await?)
}

/// Sees to it that the topics are there and says how many partitions each has; brokers that are away are waited for, until
/// it is told to stop.
async fn topics(
    settings: &Settings,
    readiness: &Readiness,
    mut stopped: watch::Receiver<bool>,
) -> Result<Option<i32>, ServeError> {
    readiness.set(Readiness::STARTING, "the brokers are asked for the topics");
    let plan = TopicPlan { deadline: settings.topics.deadline.min(ATTEMPT), ..settings.topics };
    while !*stopped.borrow() {
        let kafka = settings.kafka.clone();
        let made = tokio::task::spawn_blocking(move || ensure_topics(&kafka, &plan)).await;
        match made.map_err(|e| StreamError::Defect(e.to_string()))? {
            Ok(partitions) => return Ok(Some(partitions).filter(|_| !*stopped.borrow())),
            Err(error) if error.retry() == Retry::Never => return Err(error.into()),
            Err(error) => readiness.set(Readiness::KAFKA, error.to_string()),
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            _ = stopped.wait_for(|stopped| *stopped) => break,
        }
    }
    Ok(None)
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
