//! What workers are told, and what they share.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::committer::Committer;
use super::memory::Pipelines;
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
    /// The memory of all pipelines, bytes. Their cases may hold [`Self::cases_bytes`] of it together; above that idle ones
    /// leave.
    pub memory_bytes: usize,
    /// Messages that one step takes at most.
    pub step_messages: usize,
}

impl WorkerOptions {
    /// What the cases of all pipelines may hold together, bytes: three quarters, since a step needs room before idle cases
    /// leave.
    #[must_use]
    pub const fn cases_bytes(&self) -> usize {
        self.memory_bytes / 4 * 3
    }
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
    /// What each of them holds.
    pub pipelines: Pipelines,
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

/// How often it is looked at whether channels have ended: a receiver cannot wait for that and leave in it what is there.
const LOOK: Duration = Duration::from_millis(50);

impl Channels {
    /// Comes back so long after both have ended, though there may be blocks in them yet.
    pub async fn ended_for(&self, so_long: Duration) {
        while !(self.fixes.is_closed() && self.cases.is_closed()) {
            tokio::time::sleep(LOOK).await;
        }
        if !so_long.is_zero() {
            tokio::time::sleep(so_long).await;
        }
    }
}
