//! What workers are told, and what they share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use super::committer::Committer;
use super::publish::Publisher;
use super::telemetry::Telemetry;
use super::urgency::Urgency;
use crate::model::ProximityParams;
use crate::source::Block;
use crate::store::Store;
use crate::time::Clock;

/// How a pipeline works.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// What counts as near.
    pub params: ProximityParams,
    /// Rows are committed at the latest after so long.
    pub commit_every: Duration,
    /// Or when there are so many.
    pub commit_rows: usize,
    /// What the cases of all pipelines may hold in memory, bytes; each may hold an equal share, and idle cases leave it
    /// above that.
    pub memory_bytes: usize,
    /// Messages that one step takes at most.
    pub step_messages: usize,
}

/// What the worker and its like share.
#[derive(Debug, Clone)]
pub struct Shared {
    /// The tables.
    pub store: Arc<Store>,
    /// Commits.
    pub committer: Committer,
    /// Says flags.
    pub publisher: Publisher,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Whose clock ends when.
    pub urgency: Urgency,
    /// What is measured.
    pub telemetry: Arc<Telemetry>,
    /// How many they are.
    pub pipelines: Pipelines,
}

/// How many pipelines share what may be held in memory.
#[derive(Debug, Clone, Default)]
pub struct Pipelines(Arc<AtomicUsize>);

impl Pipelines {
    /// Says how many there are now.
    pub fn set(&self, count: usize) {
        self.0.store(count, Ordering::Relaxed);
    }

    pub(super) fn share(&self, bytes: usize) -> usize {
        bytes / self.0.load(Ordering::Relaxed).max(1)
    }
}

/// The channels of one partition.
#[derive(Debug)]
pub struct Channels {
    /// The partition.
    pub partition: i32,
    /// How many partitions each topic has; `None` if the messages come through no broker.
    pub partitions: Option<i32>,
    /// Blocks of `fixes`.
    pub fixes: mpsc::Receiver<Block>,
    /// Blocks of `cases`.
    pub cases: mpsc::Receiver<Block>,
}
