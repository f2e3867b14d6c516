//! One question at a scheduler: handed in, followed, its rows fetched from the executors.
//!
//! Rows that nobody wants any more end the work there too. If an executor goes away with rows that it had computed, before
//! any of them was given on, the question is handed in again; what it loses on the way the scheduler does again by itself.

use std::sync::Arc;

use ballista_core::client::BallistaClient;
use ballista_core::config::BallistaConfig;
use ballista_core::serde::protobuf::execute_query_params::Query;
use ballista_core::serde::protobuf::job_status::Status;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{
    CancelJobParams, ExecuteQueryParams, GetJobStatusResult, KeyValuePair, PartitionLocation,
};
use ballista_core::utils::{GrpcClientConfig, create_grpc_client_endpoint};
use ballista_core::{BALLISTA_VERSION, version};
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt as _;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use tonic::Streaming;
use tonic::transport::Channel;

use super::{Address, ClusterError, MESSAGE_BYTES};

/// How often a question is handed in.
const ATTEMPTS: usize = 3;
/// Batches that wait to be taken.
const AHEAD: usize = 2;

type Scheduler = SchedulerGrpcClient<Channel>;
type Batches = Sender<Result<RecordBatch, DataFusionError>>;

/// A question as it is handed in.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) plan: Vec<u8>,
    pub(super) settings: Vec<KeyValuePair>,
    pub(super) session: String,
    /// The columns of the rows.
    pub(super) schema: SchemaRef,
}

/// Hands a question in; its rows come as they are fetched.
///
/// # Errors
/// [`ClusterError::Unreachable`]. The stream ends with an error if the question fails, a [`ClusterError`] in
/// `DataFusionError::External`.
pub(super) async fn ask(address: Address, job: Job) -> Result<SendableRecordBatchStream, ClusterError> {
    let scheduler = connect(&address).await?;
    let schema = Arc::clone(&job.schema);
    let (out, batches) = channel(AHEAD);
    let mut work = JoinSet::new();
    work.spawn(follow(scheduler, job, out));
    // It ends by itself when nobody takes its rows, after the work there has been called off.
    work.detach_all();
    let rows = futures::stream::unfold(batches, |mut batches: Receiver<_>| async {
        let next = batches.recv().await?;
        Some((next, batches))
    });
    Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
}

async fn connect(address: &Address) -> Result<Scheduler, ClusterError> {
    let unreachable = |detail: String| ClusterError::Unreachable { address: address.clone(), detail };
    let config = GrpcClientConfig::from(&BallistaConfig::default());
    let endpoint = create_grpc_client_endpoint(address.http(), Some(&config));
    let channel = endpoint.map_err(|e| unreachable(e.to_string()))?.connect().await;
    let channel = channel.map_err(|e| unreachable(with_causes(&e)))?;
    let bytes = MESSAGE_BYTES as usize;
    Ok(SchedulerGrpcClient::new(channel).max_encoding_message_size(bytes).max_decoding_message_size(bytes))
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |e| e.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// How handing a question in once ended.
enum Ended {
    /// All rows were given on, or nobody wants them any more.
    Done,
    /// Rows were lost before any was given on.
    Lost(ClusterError),
    Failed(DataFusionError),
}

impl From<ClusterError> for Ended {
    fn from(error: ClusterError) -> Self {
        Self::Failed(DataFusionError::External(Box::new(error)))
    }
}

async fn follow(mut scheduler: Scheduler, job: Job, out: Batches) {
    for attempt in 1..=ATTEMPTS {
        let error = match once(&mut scheduler, &job, &out).await {
            Ended::Done => return,
            Ended::Lost(error) if attempt < ATTEMPTS => {
                tracing::warn!(target: "locard::cluster", %error, attempt, "the question is handed in again");
                continue;
            }
            Ended::Lost(error) => DataFusionError::External(Box::new(error)),
            Ended::Failed(error) => error,
        };
        // If nobody is there to be told, nobody waits.
        _ = out.send(Err(error)).await;
        return;
    }
}

async fn once(scheduler: &mut Scheduler, job: &Job, out: &Batches) -> Ended {
    let parts = match finished(scheduler, job, out).await {
        Ok(Some(parts)) => parts,
        Ok(None) => return Ended::Done,
        Err(error) => return error.into(),
    };
    let mut given = false;
    for part in parts {
        if let Err(ended) = give(part, job, out, &mut given).await {
            return ended;
        }
    }
    Ended::Done
}

/// Hands the question in and waits for its end: where its rows are; none if nobody wants them any more.
async fn finished(
    scheduler: &mut Scheduler,
    job: &Job,
    out: &Batches,
) -> Result<Option<Vec<PartitionLocation>>, ClusterError> {
    let mut states = hand_in(scheduler, job).await?;
    let mut id = None;
    loop {
        let next = tokio::select! {
            () = out.closed() => {
                // Its name comes with its first state.
                if id.is_none() {
                    let first = states.message().await.ok().flatten();
                    id = first.and_then(|s| s.status).map(|s| s.job_id);
                }
                call_off(scheduler, id).await;
                return Ok(None);
            }
            next = states.message() => next,
        };
        let state = next.map_err(|s| ClusterError::Failed(s.message().to_owned()))?;
        let Some(state) = state.and_then(|s| s.status) else {
            return Err(ClusterError::Failed("the scheduler says nothing more of it".to_owned()));
        };
        id = Some(state.job_id).filter(|id| !id.is_empty()).or(id);
        match state.status {
            Some(Status::Successful(ended)) => return Ok(Some(ended.partition_location)),
            Some(Status::Failed(ended)) => return Err(ClusterError::Failed(ended.error)),
            _ => {}
        }
    }
}

async fn hand_in(scheduler: &mut Scheduler, job: &Job) -> Result<Streaming<GetJobStatusResult>, ClusterError> {
    let question = ExecuteQueryParams {
        query: Some(Query::PhysicalPlan(job.plan.clone())),
        settings: job.settings.clone(),
        session_id: job.session.clone(),
        operation_id: name_of(job),
    };
    let mut request = tonic::Request::new(question);
    version::insert_version_header(request.metadata_mut());
    let answer = scheduler.execute_query_push(request).await;
    let answer = answer.map_err(|s| ClusterError::Failed(s.message().to_owned()))?;
    let theirs = version::version_from_metadata(answer.metadata());
    version::check_compatibility(Some(BALLISTA_VERSION), theirs).map_err(ClusterError::Failed)?;
    Ok(answer.into_inner())
}

/// A name for the log of the scheduler.
fn name_of(job: &Job) -> String {
    format!("{}-{:016x}", job.session, rand::random::<u64>())
}

async fn call_off(scheduler: &mut Scheduler, id: Option<String>) {
    let Some(job_id) = id else { return };
    if let Err(error) = scheduler.cancel_job(CancelJobParams { job_id }).await {
        tracing::warn!(target: "locard::cluster", %error, "a question could not be called off");
    }
}

/// Fetches one part of the rows and gives it on.
async fn give(part: PartitionLocation, job: &Job, out: &Batches, given: &mut bool) -> Result<(), Ended> {
    let lost = |detail: String, given: bool| {
        let error = ClusterError::RowsLost(detail);
        if given { error.into() } else { Ended::Lost(error) }
    };
    let mut rows = fetch(part).await.map_err(|e| lost(e, *given))?;
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(|e| lost(e.strip_backtrace(), *given))?;
        let batch = fit(&batch, &job.schema).map_err(Ended::Failed)?;
        if out.send(Ok(batch)).await.is_err() {
            return Err(Ended::Done);
        }
        *given = true;
    }
    Ok(())
}

async fn fetch(part: PartitionLocation) -> Result<SendableRecordBatchStream, String> {
    let layout = part.layout();
    let (Some(executor), Some(partition)) = (part.executor_meta, part.partition_id) else {
        return Err("the scheduler does not say where it is".to_owned());
    };
    let port = u16::try_from(executor.port).map_err(|_| format!("{} is no port", executor.port))?;
    let host = executor.host.as_str();
    let client = BallistaClient::try_new(host, port, MESSAGE_BYTES as usize, false, None, 1, 0, 0, 0).await;
    let mut client = client.map_err(|e| e.to_string())?;
    let partition = partition.into();
    let rows = client.fetch_partition_proxied(&executor.id, &partition, part.file_id, layout, host, port, true).await;
    rows.map_err(|e| e.to_string())
}

/// A batch in the columns that were promised.
fn fit(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, DataFusionError> {
    let pairs = batch.columns().iter().zip(schema.fields());
    let columns = pairs.map(|(column, field)| {
        let fits = column.data_type() == field.data_type();
        if fits { Ok(Arc::clone(column)) } else { cast(column, field.data_type()) }
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}
