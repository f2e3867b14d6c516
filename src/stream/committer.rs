//! The committer: one for all pipelines of an instance, so that a commit carries many partitions.
//!
//! ```text
//!  pipeline 0 ─ staged rows ─┐              ┌─ rejects, case_events, fixes      the truth
//!  pipeline 1 ─ staged rows ─┼─> committer ─┤
//!  pipeline 2 ─ staged rows ─┘              └─ proximity, encounters            what follows from it
//! ```
//! If the process ends between the two, what is derived lags behind what it is derived from, and is worked out again when
//! the partition is next assigned. A store that cannot be written for a while is waited for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::runtime::SpawnedTask;
use tokio::sync::{mpsc, oneshot, watch};

use super::StreamError;
use super::publish::Publisher;
use super::standing::{COMMITTED, Next, Standing};
use crate::source::kafka::KafkaError;
use crate::store::{Commit, Part, Store, StoreError, Table};

/// What one pipeline wants committed.
#[derive(Debug)]
pub struct Staged {
    /// The partition.
    pub partition: i32,
    /// How far the tables are, as the pipeline knows.
    pub standing: Standing,
    /// How far they are to be.
    pub next: Next,
    /// What is derived stays where it stands, though rows of it come: for a case that is set aside it lacks rows, and is
    /// to be worked out again from here on by whoever comes next.
    pub derived_stays: bool,
    /// Rows, by table.
    pub rows: BTreeMap<Table, Vec<RecordBatch>>,
    /// Where the outcome goes.
    pub done: oneshot::Sender<Result<Standing, CommitFault>>,
}

/// Why a pipeline's rows were not committed. The pipeline must end: it is started again from what is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitFault {
    /// Another instance has committed this partition meanwhile: it is not ours any more, or was not for a while.
    #[error("partition {partition} of {topic} stands at {stored:?} in table {table}: another instance has it")]
    Taken {
        /// The table.
        table: Table,
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The next offset that the table holds.
        stored: Option<i64>,
    },
    /// The store refused for good.
    #[error("the store refused a commit: {0}")]
    Refused(String),
    /// The committer has ended.
    #[error("the committer has ended")]
    Ended,
}

/// What a commit did, for whoever measures.
#[derive(Debug, Clone, Copy)]
pub struct CommitDone {
    /// The table.
    pub table: Table,
    /// Rows.
    pub rows: u64,
    /// How long it took, seconds.
    pub seconds: f64,
}

/// The state of the store as the committer sees it: `None` if all is well, else why it waits.
pub type StoreHealth = watch::Receiver<Option<String>>;

/// The committer's end for pipelines.
#[derive(Debug, Clone)]
pub struct Committer(mpsc::Sender<Staged>);

/// How long the brokers may take before it is said that they are slow.
const FLUSH_DEADLINE: Duration = Duration::from_secs(5);
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(3);

impl Committer {
    /// Starts the committer on the current runtime; it ends when the last handle is dropped, or the task is.
    pub fn start(
        store: Arc<Store>,
        publisher: Publisher,
        seen: impl Fn(CommitDone) + Send + Sync + 'static,
    ) -> (Self, StoreHealth, SpawnedTask<()>) {
        let (sender, receiver) = mpsc::channel(64);
        let (health, watched) = watch::channel(None);
        let work = Work { store, publisher, receiver, health, seen: Box::new(seen) };
        (Self(sender), watched, SpawnedTask::spawn(work.run()))
    }

    /// A committer that commits nothing: a test answers for it.
    #[cfg(test)]
    pub(super) fn of_a_test() -> (Self, mpsc::Receiver<Staged>) {
        let (sender, receiver) = mpsc::channel(64);
        (Self(sender), receiver)
    }

    /// Hands rows over.
    ///
    /// # Errors
    /// [`CommitFault::Ended`] if the committer has ended.
    pub async fn hand_over(&self, staged: Staged) -> Result<(), CommitFault> {
        self.0.send(staged).await.map_err(|_| CommitFault::Ended)
    }
}

impl Staged {
    /// How far a table is to be; one that is to be at 0 stays where it is.
    fn next_of(&self, table: Table) -> Next {
        let derived = matches!(table, Table::Proximity | Table::Encounters);
        if derived && self.derived_stays { Next::default() } else { self.next }
    }
}

struct Work {
    store: Arc<Store>,
    publisher: Publisher,
    receiver: mpsc::Receiver<Staged>,
    health: watch::Sender<Option<String>>,
    seen: Box<dyn Fn(CommitDone) + Send + Sync>,
}

impl Work {
    async fn run(mut self) {
        while let Some(first) = self.receiver.recv().await {
            let mut all = vec![first];
            while let Ok(more) = self.receiver.try_recv() {
                all.push(more);
            }
            self.commit(all).await;
        }
    }

    /// Commits what several pipelines have staged; each hears what became of its own.
    async fn commit(&self, mut all: Vec<Staged>) {
        let mut faults: BTreeMap<i32, CommitFault> = BTreeMap::new();
        // A flag is on the brokers before its records are in the store: after a crash it may be said again, never lost.
        if let Err(fault) = self.flush().await {
            faults.extend(all.iter().map(|s| (s.partition, fault.clone())));
        }
        for table in COMMITTED {
            let mut parts: Vec<Part> = Vec::new();
            for staged in all.iter_mut().filter(|s| !faults.contains_key(&s.partition)) {
                let rows = staged.rows.remove(&table).unwrap_or_default();
                parts.extend(staged.standing.parts(table, staged.partition, &staged.next_of(table), rows));
            }
            self.commit_table(table, parts, &mut faults).await;
            for staged in all.iter_mut().filter(|s| !faults.contains_key(&s.partition)) {
                let next = staged.next_of(table);
                staged.standing.note(table, &next);
            }
        }
        for staged in all {
            let outcome = faults.get(&staged.partition).map_or_else(|| Ok(staged.standing), |f| Err(f.clone()));
            // A pipeline that has ended meanwhile needs no answer.
            _ = staged.done.send(outcome);
        }
    }

    /// Waits until the brokers have what was said so far.
    async fn flush(&self) -> Result<(), CommitFault> {
        loop {
            let publisher = self.publisher.clone();
            let flushed = tokio::task::spawn_blocking(move || publisher.flush(FLUSH_DEADLINE)).await;
            match flushed {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(StreamError::Kafka(error))) if matches!(error, KafkaError::TimedOut { .. }) => {
                    self.health.send_replace(Some(format!("flags wait for the brokers: {error}")));
                }
                Ok(Err(error)) => return Err(CommitFault::Refused(error.to_string())),
                Err(error) => return Err(CommitFault::Refused(error.to_string())),
            }
        }
    }

    async fn commit_table(&self, table: Table, parts: Vec<Part>, faults: &mut BTreeMap<i32, CommitFault>) {
        let partitions: BTreeSet<i32> = parts.iter().filter_map(|p| p.offsets.as_ref()).map(|o| o.partition).collect();
        if parts.is_empty() {
            return;
        }
        let commit = Commit { table, parts };
        let watch = crate::time::Stopwatch::start();
        let mut wait = RETRY_FIRST;
        loop {
            match self.store.append(commit.clone()).await {
                Ok(done) => {
                    self.health.send_if_modified(|h| h.take().is_some());
                    (self.seen)(CommitDone { table, rows: done.rows, seconds: watch.seconds() });
                    for taken in done.taken {
                        let (topic, partition, stored) = (taken.topic, taken.partition, taken.stored);
                        faults.insert(partition, CommitFault::Taken { table, topic, partition, stored });
                    }
                    return;
                }
                Err(error) if error.retryable() => {
                    self.say(table, &error);
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(RETRY_MOST);
                }
                Err(error) => {
                    self.say(table, &error);
                    let refused = CommitFault::Refused(error.to_string());
                    faults.extend(partitions.iter().map(|p| (*p, refused.clone())));
                    return;
                }
            }
        }
    }

    fn say(&self, table: Table, error: &StoreError) {
        let text = format!("committing table {table}: {error}");
        tracing::warn!(%table, %error, "a commit failed");
        self.health.send_replace(Some(text));
    }
}
