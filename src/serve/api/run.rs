//! Runs a question in a task of its own and sends its rows as they come.
//!
//! ```text
//!  task:    plan ─> run ─> first rows ─┬─> more rows ─> written down ─> end
//!                                      │      │ two pieces wait at most: who reads slowly is waited for
//!  request: ───────── waits ───────────┴─> 200 and the pieces            who goes away ends it
//! ```
//! Invariants: until there are rows, or their end, nothing is answered, so that what fails before has a status of its own;
//! a question is written down before its end is told, also when its client has gone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use datafusion::arrow::array::RecordBatch;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt as _;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::accept::Kind;
use super::form::{Ended, Form};
use super::problem::Problem;
use crate::query::{Gate, Happening, QueryError, Session};
use crate::serve::plan_facts::tables_of;
use crate::time::Stopwatch;

/// Pieces that wait for the client.
const AHEAD: usize = 2;
/// Rows that are written in one go.
const STRETCH: usize = 1024;
/// How long the system is given to take the last piece of an answer that is then cut off.
const FLUSH: Duration = Duration::from_millis(20);

/// A question, ready to be asked.
pub(super) struct Question {
    /// As it was written, for the audit.
    pub written: String,
    /// Its parameters, for the audit.
    pub parameters: Vec<String>,
    /// The SQL with its values, or what is wrong with them.
    pub filled: Result<String, Problem>,
}

/// Questions that are being answered.
#[derive(Debug, Default, Clone)]
pub(in crate::serve) struct Answering(Arc<Mutex<JoinSet<()>>>);

/// A piece of an answer; an error breaks the connection off.
type Piece = Result<Vec<u8>, BrokenOff>;

/// The answer ends before its end, and its form has no word for that.
#[derive(Debug, thiserror::Error)]
#[error("the answer was broken off")]
struct BrokenOff;

impl Answering {
    /// Asks a question in a session, and answers with its rows.
    pub(super) async fn answer(
        &self,
        gate: &Arc<dyn Gate>,
        session: Arc<Session>,
        question: Question,
        kind: Kind,
        closing: watch::Receiver<bool>,
    ) -> Response {
        let (begin, begun) = oneshot::channel();
        let (pieces, mut sent) = mpsc::channel(AHEAD);
        let out = Out { begin: Some(begin), pieces, form: Form::new(kind), rows: 0, watch: Stopwatch::start() };
        let task = Task { gate: Arc::clone(gate), session, closing };
        self.spawn(task.answer(question, out));
        match begun.await {
            Ok(Ok(())) => {
                let pieces = futures::stream::poll_fn(move |context| sent.poll_recv(context));
                let headers = [(header::CONTENT_TYPE, kind.media_type()), (header::CACHE_CONTROL, "no-store")];
                (headers, Body::from_stream(pieces)).into_response()
            }
            Ok(Err(problem)) => problem.into_response(),
            Err(_) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the question was broken off").into_response(),
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while running.try_join_next().is_some() {}
        running.spawn(task);
    }
}

struct Task {
    gate: Arc<dyn Gate>,
    session: Arc<Session>,
    closing: watch::Receiver<bool>,
}

/// Nobody takes the rows.
fn went_away() -> Problem {
    Problem::of_request("57014", "the client went away")
}

/// Where rows go.
struct Out {
    /// Told once there are rows, or why there are none.
    begin: Option<oneshot::Sender<Result<(), Problem>>>,
    pieces: mpsc::Sender<Piece>,
    form: Form,
    rows: u64,
    watch: Stopwatch,
}

impl Task {
    async fn answer(mut self, question: Question, mut out: Out) {
        let Question { written, parameters, filled } = question;
        let mut tables = Vec::new();
        let gone = out.pieces.clone();
        let done = tokio::select! {
            biased;
            () = gone.closed() => Err(went_away()),
            _ = self.closing.wait_for(|closing| *closing) => {
                Err(Problem { code: Some("57P01"), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the server ends") })
            }
            done = rows_of(&self.session, filled, &mut tables, &mut out) => done,
        };
        let ended = out.ended();
        let happening = Happening::Query {
            sql: written,
            parameters,
            tables,
            rows: ended.rows,
            millis: ended.millis,
            fault: done.as_ref().err().map(Problem::noted),
        };
        let noted = self.gate.note(Some(&self.session), happening).await;
        let done = if noted.is_ok() { done } else { Err(Problem::unwritten()) };
        out.end(done, ended).await;
    }
}

/// Plans and runs a question, and sends its rows.
async fn rows_of(
    session: &Session,
    filled: Result<String, Problem>,
    tables: &mut Vec<String>,
    out: &mut Out,
) -> Result<(), Problem> {
    let plan = session.plan(&filled?).await?;
    *tables = tables_of(&plan);
    let mut batches: SendableRecordBatchStream = session.run(plan).await?;
    let schema = batches.schema();
    let mut first = Some(out.form.begin(&schema).map_err(|e| Problem::from(QueryError::Engine(e.into())))?);
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(QueryError::Engine)?;
        if let Some(head) = first.take() {
            out.begin(head).await?;
        }
        out.rows(&batch).await?;
    }
    if let Some(head) = first.take() {
        out.begin(head).await?;
    }
    Ok(())
}

impl Out {
    /// The answer begins.
    async fn begin(&mut self, head: Vec<u8>) -> Result<(), Problem> {
        if let Some(begin) = self.begin.take() {
            // Nobody waits any more: then the pieces are closed too.
            drop(begin.send(Ok(())));
        }
        self.send(head).await
    }

    async fn rows(&mut self, batch: &RecordBatch) -> Result<(), Problem> {
        let mut from = 0;
        while from < batch.num_rows() {
            let count = STRETCH.min(batch.num_rows() - from);
            let piece = self.form.rows(&batch.slice(from, count));
            let piece = piece.map_err(|e| Problem::from(QueryError::Engine(e.into())))?;
            self.send(piece).await?;
            self.rows = self.rows.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
            from += count;
        }
        Ok(())
    }

    /// Hands a piece on. What nobody takes ends the answer at once: to be handed back does not count as work for the runtime,
    /// so that whoever watches for the client's end would have its turn only after a hundred batches.
    async fn send(&self, piece: Vec<u8>) -> Result<(), Problem> {
        self.pieces.send(Ok(piece)).await.map_err(|_| went_away())
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time that has passed")]
    fn ended(&self) -> Ended {
        Ended { rows: self.rows, millis: (self.watch.seconds() * 1000.0) as u64 }
    }

    /// The answer ends.
    async fn end(mut self, done: Result<(), Problem>, ended: Ended) {
        let last = done.and_then(|()| self.form.end(ended).map_err(|e| Problem::from(QueryError::Engine(e.into()))));
        match (last, self.begin.take()) {
            (Err(problem), Some(begin)) => drop(begin.send(Err(problem))),
            // Who is gone by now has no last piece: the question is written down already.
            (Ok(last), _) => drop(self.send(last).await),
            (Err(problem), None) => {
                drop(self.send(self.form.fail(&problem, ended)).await);
                if self.form.is_cut() {
                    // The problem must be on its way before the connection ends.
                    self.flushed().await;
                    drop(self.pieces.send(Err(BrokenOff)).await);
                }
            }
        }
    }

    /// Waits until what was sent has been taken to be written. A moment more lets it be written: an error that came at once
    /// would throw it away.
    async fn flushed(&self) {
        while self.pieces.capacity() < AHEAD && !self.pieces.is_closed() {
            tokio::time::sleep(FLUSH).await;
        }
        tokio::time::sleep(FLUSH).await;
    }
}
