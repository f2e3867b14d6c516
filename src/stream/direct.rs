//! A feed without brokers: one worker over channels in this process, whose messages number themselves.
//!
//! ```text
//!  post ─> block of one message, offset = the next that no table has used ─> channel ─> Worker ─> tables
//!  settle <──────────── everything posted is in all tables <──────────────────────────────┘
//! ```
//! Its messages are of the partition [`DIRECT_PARTITION`], which no broker has, so their offsets, and the application
//! transactions that stand for them, can never be taken for a broker's. A case's records must all come one way: a
//! store that is filled by brokers is refused here, and one filled directly is refused there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use tokio::sync::mpsc;

use super::committer::{CommitDone, Committer};
use super::memory::Pipelines;
use super::publish::Publisher;
use super::shared::{Channels, Shared, WorkerOptions};
use super::standing::{Next, Standing};
use super::telemetry::Telemetry;
use super::urgency::Urgency;
use super::worker::Worker;
use super::{Pipeline, StreamError, hold_to_params};
use crate::decode::message::{ContentType, FixDecoder};
use crate::join::{SessionOptions, runtime, session_in};
use crate::model::ProximityParams;
use crate::source::{Block, Message, Topic};
use crate::store::{Store, Table};
use crate::time::Clock;
use crate::time::custody::CustodyRules;

/// The partition of messages that came through no broker; those of brokers begin at 0.
pub const DIRECT_PARTITION: i32 = -1;

/// Blocks that may wait for the worker.
const WAITING: usize = 16;
/// Messages of one step: each holds about a thousand records.
const STEP_MESSAGES: usize = 8;
const COMMIT_ROWS: usize = 100_000;
const COMMIT_EVERY: Duration = Duration::from_millis(500);

/// Rows committed so far, by table.
type Committed = Arc<Mutex<BTreeMap<Table, u64>>>;

/// The way of one case's messages into the tables.
#[derive(Debug)]
pub struct DirectFeed {
    fixes: mpsc::Sender<Block>,
    cases: mpsc::Sender<Block>,
    next: Next,
    saved: mpsc::UnboundedReceiver<(i32, Standing)>,
    standing: Standing,
    worker: SpawnedTask<Result<(), StreamError>>,
    committed: Committed,
    /// Ends with the feed.
    _committing: SpawnedTask<()>,
}

impl DirectFeed {
    /// Begins where the tables stand; what a run before this one left half done is worked out again. A pipeline may
    /// hold `memory_bytes`.
    ///
    /// # Errors
    /// [`StreamError::OtherFeed`] if brokers fill this store; [`StreamError::OtherParams`] if it was begun with others;
    /// [`StreamError::Store`] and [`StreamError::Join`].
    pub async fn open(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        case_id: &str,
        params: ProximityParams,
        memory_bytes: usize,
    ) -> Result<Self, StreamError> {
        let mut standings = Standing::of_all(&store).await?;
        if standings.keys().any(|partition| *partition >= 0) {
            let advice = "give --kafka, or another store with --data";
            return Err(StreamError::OtherFeed { came: "through brokers", advice });
        }
        hold_to_params(&store, &params).await?;
        let standing = standings.remove(&DIRECT_PARTITION).unwrap_or_default();
        let next = Next { fixes: standing.furthest(Topic::Fixes), cases: standing.furthest(Topic::Cases) };
        let committed = Committed::default();
        let seen = Arc::clone(&committed);
        let publisher = Publisher::new(None, params);
        let note = move |done: CommitDone| {
            *seen.lock().unwrap_or_else(PoisonError::into_inner).entry(done.table).or_default() += done.rows;
        };
        let (committer, _health, committing) = Committer::start(Arc::clone(&store), publisher.clone(), note);
        let rules = CustodyRules::pace().map_err(|e| StreamError::Defect(e.to_string()))?;
        let urgency = Urgency::new(rules, Arc::clone(&clock));
        let telemetry = Arc::new(Telemetry::new(urgency.cases()));
        let session = SessionOptions { partitions: 1, ..SessionOptions::default() };
        let pipeline = Pipeline::start(&session_in(&session, runtime(memory_bytes)?), params).await?;
        let (fixes, of_fixes) = mpsc::channel(WAITING);
        let (cases, of_cases) = mpsc::channel(WAITING);
        let (on_saved, saved) = mpsc::unbounded_channel();
        let worker = Worker::new(
            options(params, memory_bytes),
            Shared { store, committer, publisher, clock, urgency, telemetry, pipelines: Pipelines::default() },
            Channels { partition: DIRECT_PARTITION, partitions: None, fixes: of_fixes, cases: of_cases },
            pipeline,
            FixDecoder::new(None),
            (standing.clone(), BTreeSet::from([case_id.to_owned()])),
            on_saved,
        );
        let worker = SpawnedTask::spawn(worker.run());
        Ok(Self { fixes, cases, next, saved, standing, worker, committed, _committing: committing })
    }

    /// Posts a message of a case; waits for room. To be called on a thread that may wait. False if the worker has
    /// ended: [`DirectFeed::settle`] says why.
    pub fn post(&mut self, topic: Topic, case_id: &str, content_type: ContentType, payload: &[u8]) -> bool {
        let (sender, next) = match topic {
            Topic::Fixes => (&self.fixes, &mut self.next.fixes),
            Topic::Cases => (&self.cases, &mut self.next.cases),
        };
        let mut block = Block::new(topic, DIRECT_PARTITION);
        block.push(&Message {
            offset: *next,
            appended_us: None,
            key: Some(case_id.as_bytes()),
            content_type: Some(content_type.as_str().as_bytes()),
            payload: Some(payload),
        });
        *next += 1;
        sender.blocking_send(block).is_ok()
    }

    /// Waits until everything that was posted, and all that follows from it, is in the tables.
    ///
    /// # Errors
    /// Why the worker ended.
    pub async fn settle(&mut self) -> Result<(), StreamError> {
        while !self.is_settled() {
            match self.saved.recv().await {
                Some((_, standing)) => self.standing = standing,
                None => return Err(self.why_ended().await),
            }
        }
        Ok(())
    }

    fn is_settled(&self) -> bool {
        let reached = |table, topic| self.standing.at(table, topic).unwrap_or(0) >= self.next.of(topic);
        let nothing = |topic| self.next.of(topic) == self.standing.furthest(topic);
        let topics = [(Table::Fixes, Topic::Fixes), (Table::CaseEvents, Topic::Cases)];
        topics
            .into_iter()
            .all(|(truth, topic)| nothing(topic) || (reached(truth, topic) && reached(Table::Encounters, topic)))
    }

    async fn why_ended(&mut self) -> StreamError {
        match (&mut self.worker).await {
            Ok(Err(error)) => error,
            Ok(Ok(())) => StreamError::Defect("the worker ended before its messages did".to_owned()),
            Err(error) => StreamError::Defect(error.to_string()),
        }
    }

    /// Rows of a table that were committed since it was opened.
    #[must_use]
    pub fn committed(&self, table: Table) -> u64 {
        self.committed.lock().unwrap_or_else(PoisonError::into_inner).get(&table).copied().unwrap_or(0)
    }

    /// Ends, with everything that was posted in the tables.
    ///
    /// # Errors
    /// [`StreamError`] if it could not be committed.
    pub async fn close(self) -> Result<(), StreamError> {
        let Self { fixes, cases, worker, .. } = self;
        drop((fixes, cases));
        worker.await.map_err(|e| StreamError::Defect(e.to_string()))?
    }
}

fn options(params: ProximityParams, memory_bytes: usize) -> WorkerOptions {
    WorkerOptions {
        params,
        commit_every: COMMIT_EVERY,
        commit_rows: COMMIT_ROWS,
        memory_bytes,
        step_messages: STEP_MESSAGES,
    }
}

/// Refuses a store that was filled without brokers: a pipeline of a broker's partition would not know those records.
///
/// # Errors
/// [`StreamError::OtherFeed`], or [`StreamError::Store`] if the store cannot be read.
pub async fn refuse_direct(store: &Store) -> Result<(), StreamError> {
    if Standing::of_all(store).await?.contains_key(&DIRECT_PARTITION) {
        let advice = "give another store, and import the exhibits of this one there";
        return Err(StreamError::OtherFeed { came: "from files directly", advice });
    }
    Ok(())
}
