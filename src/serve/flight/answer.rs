//! Answering: a question runs in work of its own, so that its end is written down although the client is gone, and its rows
//! wait for the client, two batches at most.
//!
//! ```text
//!  Session::run ─> batches ─> [2] ─> FlightData, cut into messages ─> HTTP/2, as fast as the client reads
//!        ^ ends by itself, by its limits, by a cancel, by a client that is gone, by the server's stop
//!        └─> Gate::note ─> and only then the end, or the error, is told
//! ```

use std::sync::Arc;

use arrow_flight::FlightData;
use arrow_flight::encode::{DictionaryHandling, FlightDataEncoderBuilder};
use arrow_flight::error::FlightError;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::{mpsc, oneshot, watch};
use tonic::{Response, Status};

use super::handles::Handle;
use super::question::Ready;
use super::rows::recast;
use super::seat::Seat;
use super::status::{of_arrow, of_engine, of_query};
use super::tasks::Tasks;
use crate::query::{Gate, Happening, QueryError, Session, Stated};
use crate::time::Stopwatch;

/// Batches that wait to be sent.
const AHEAD: usize = 2;
/// About how large a message with rows is, bytes: clients take 4 MiB unless they are told otherwise. One row is not cut.
const MESSAGE_BYTES: usize = 1 << 20;

/// Rows on their way to a client.
pub(super) type Sent = BoxStream<'static, Result<FlightData, Status>>;

/// Rows, or why there are no more.
type Batch = Result<RecordBatch, Status>;

/// What is written down of a question.
pub(super) struct Noted {
    sql: String,
    parameters: Vec<String>,
    tables: Vec<String>,
    watch: Stopwatch,
}

impl Noted {
    /// From now on.
    pub fn new(sql: &str) -> Self {
        Self { sql: sql.to_owned(), parameters: Vec::new(), tables: Vec::new(), watch: Stopwatch::start() }
    }

    fn of(ready: &Ready) -> Self {
        let parameters = ready.values.iter().map(ScalarValue::to_string).collect();
        Self { parameters, tables: ready.question.tables.clone(), ..Self::new(&ready.question.sql) }
    }
}

/// Answers questions.
pub(super) struct Answering {
    pub gate: Arc<dyn Gate>,
    pub tasks: Arc<Tasks>,
    /// Whether what runs must end.
    pub stopping: watch::Receiver<bool>,
}

impl Answering {
    /// Writes down a question that ended.
    async fn note(&self, session: &Session, noted: Noted, rows: u64, fault: Option<&Status>) -> Result<(), Status> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time that has passed")]
        let millis = (noted.watch.seconds() * 1000.0) as u64;
        let fault = fault.map(|status| format!("{:?}: {}", status.code(), status.message()));
        let Noted { sql, parameters, tables, .. } = noted;
        let happening = Happening::Query { sql, parameters, tables, rows, millis, fault };
        self.gate.note(Some(session), happening).await.map_err(|error| of_query(&error))
    }

    /// Writes down a question that failed before it ran; what the client is told of it.
    pub async fn failed(&self, session: &Session, noted: Noted, why: Status) -> Status {
        self.note(session, noted, 0, Some(&why)).await.err().unwrap_or(why)
    }

    /// Runs a question for which something was stated, and sends its rows. `handle` is what it can be cancelled by.
    ///
    /// # Errors
    /// What ends it before its first rows.
    pub async fn answer(
        self: &Arc<Self>,
        seat: &Arc<Seat>,
        handle: Handle,
        ready: Ready,
        stated: Stated,
    ) -> Result<Response<Sent>, Status> {
        let (out, mut rows) = mpsc::channel(AHEAD + 1);
        // The place of the last word is kept: that there is an error must not hang on whether the client reads.
        let last = out.clone().try_reserve_owned().map_err(|_| Status::internal("no place for an error"))?;
        let cancelled = seat.begin(handle);
        let (noted, schema) = (Noted::of(&ready), Arc::clone(&ready.schema));
        let client = seat.session();
        let session = client.stating(stated);
        let run = Run { answering: Arc::clone(self), seat: Arc::clone(seat), client, session, handle, ready };
        self.tasks.begin(run.finish(noted, cancelled, out, last));
        // What fails at once fails the call, and not its stream, which fewer clients look at.
        let first = rows.recv().await.transpose()?;
        let rest = stream::unfold(rows, |mut rows| async move { rows.recv().await.map(|batch| (batch, rows)) });
        Ok(Response::new(sent(&schema, stream::iter(first.map(Ok)).chain(rest))))
    }
}

/// Rows as messages.
pub(super) fn sent(schema: &SchemaRef, rows: impl Stream<Item = Batch> + Send + 'static) -> Sent {
    let encoder = FlightDataEncoderBuilder::new()
        .with_schema(Arc::clone(schema))
        .with_max_flight_data_size(MESSAGE_BYTES)
        .with_dictionary_handling(DictionaryHandling::Hydrate)
        .build(rows.map_err(FlightError::from));
    encoder.map_err(Status::from).boxed()
}

/// One question that runs.
struct Run {
    answering: Arc<Answering>,
    seat: Arc<Seat>,
    client: Arc<Session>,
    /// The client's, for this question alone: what it touches is written down with it.
    session: Session,
    handle: Handle,
    ready: Ready,
}

impl Run {
    async fn finish(
        self,
        noted: Noted,
        cancelled: oneshot::Receiver<()>,
        out: mpsc::Sender<Batch>,
        last: mpsc::OwnedPermit<Batch>,
    ) {
        let mut count = 0;
        let told = self.send(&mut count, cancelled, &out).await;
        let written = self.answering.note(&self.session, noted, count, told.as_ref().err()).await;
        self.seat.ended(&self.handle);
        if let Err(status) = written.and(told) {
            last.send(Err(status));
        }
    }

    /// Runs the question and hands on its rows; `count` is how many.
    async fn send(
        &self,
        count: &mut u64,
        cancelled: oneshot::Receiver<()>,
        out: &mpsc::Sender<Batch>,
    ) -> Result<(), Status> {
        let broken = self.broken_off(cancelled, out);
        tokio::pin!(broken);
        let running = async {
            let ready = self.ready.clone().of(&self.client, &self.session).await?;
            self.session.run(ready.plan).await
        };
        let mut batches = tokio::select! {
            biased;
            why = &mut broken => return Err(why),
            running = running => running.map_err(|error| of_query(&error))?,
        };
        loop {
            let next = tokio::select! {
                biased;
                why = &mut broken => return Err(why),
                next = batches.next() => next,
            };
            let Some(batch) = next else { return Ok(()) };
            let batch = batch.map_err(|error| of_engine(&error))?;
            let batch = recast(&batch, &self.ready.schema).map_err(|error| of_arrow(&error))?;
            let rows = u64::try_from(batch.num_rows()).unwrap_or(u64::MAX);
            tokio::select! {
                biased;
                why = &mut broken => return Err(why),
                sent = out.send(Ok(batch)) => sent.map_err(|_| gone())?,
            }
            *count = count.saturating_add(rows);
        }
    }

    /// What ends a question from outside. Its time passes although its rows wait for a client that does not read them.
    async fn broken_off(&self, cancelled: oneshot::Receiver<()>, out: &mpsc::Sender<Batch>) -> Status {
        let mut stopping = self.answering.stopping.clone();
        let wall_time = self.session.limits().wall_time;
        tokio::select! {
            Ok(()) = cancelled => Status::cancelled("the question was cancelled"),
            Ok(_) = stopping.wait_for(|stopping| *stopping) => Status::unavailable("the server is stopping"),
            () = out.closed() => gone(),
            () = tokio::time::sleep(wall_time) => {
                let detail = format!("{} s", wall_time.as_secs_f64());
                of_query(&QueryError::Limit { limit: "time", detail })
            }
        }
    }
}

fn gone() -> Status {
    Status::cancelled("the client went away")
}
