//! How a store is opened.

use std::sync::Arc;
use std::time::Duration;

use datafusion::object_store::ObjectStore;

use crate::time::{Clock, SystemClock};

/// How a store is opened; [`Default`] suits a local disk.
#[derive(Debug, Clone)]
pub struct Options {
    /// Fills `stored_at`.
    pub clock: Arc<dyn Clock>,
    /// How many data files are written or read at once. More than the machine has cores pays: a file waits for the disk.
    pub files_at_once: usize,
    /// How often a commit is tried when other writers are faster.
    pub attempts: usize,
    /// The storage, if it is not the one that the address names; its root is that of the address's scheme (`/` for
    /// `file://`).
    pub storage: Option<Arc<dyn ObjectStore>>,
    /// When old things may go.
    pub upkeep: Upkeep,
    /// Columns that questions ask for again and again are kept decoded, so many bytes of them at most.
    pub kept_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            files_at_once: 16,
            attempts: 32,
            storage: None,
            upkeep: Upkeep::default(),
            kept_bytes: 256 << 20,
        }
    }
}

/// What [`Store::maintain`](super::Store::maintain) does, and when.
#[derive(Debug, Clone)]
pub struct Upkeep {
    /// So many files of a case, of one order of size, are made into one.
    pub merge_files: usize,
    /// Files of this size are left alone, bytes.
    pub full_file_bytes: u64,
    /// How much is merged at once, bytes of files: it bounds memory, where rows take some fifteen times as much.
    pub merge_bytes: u64,
    /// So many commits after a checkpoint there is another.
    pub checkpoint_commits: u64,
    /// How long log entries stay once a checkpoint stands in for them. It must be longer than any writer can be
    /// suspended: a writer that slept longer would not see what was committed meanwhile.
    pub log_retention: Duration,
    /// How long data files stay that no log entry refers to. It must be longer than a commit or a query takes.
    pub file_retention: Duration,
}

impl Default for Upkeep {
    fn default() -> Self {
        Self {
            merge_files: 8,
            full_file_bytes: 4 << 20,
            merge_bytes: 8 << 20,
            checkpoint_commits: 100,
            log_retention: Duration::from_hours(1),
            file_retention: Duration::from_hours(2),
        }
    }
}
