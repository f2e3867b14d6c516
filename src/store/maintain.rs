//! Upkeep beside the writers: small files become large, old log entries and files that nobody refers to go.
//!
//! Nothing here is needed for the tables to be right, and nothing makes a writer wait or fail: a merge that is beaten
//! gives up, a checkpoint stands beside the log, and what is deleted is older than anything that may still need it.

use std::collections::BTreeSet;
use std::time::Duration;

use datafusion::object_store::path::Path;
use datafusion::object_store::{Error as StorageError, ObjectMeta, ObjectStoreExt as _};
use deltalake_core::DeltaTable;
use deltalake_core::checkpoints::{cleanup_expired_logs_for, create_checkpoint};
use deltalake_core::logstore::LogStoreRef;
use futures::{StreamExt as _, TryStreamExt as _};

use super::durable::STAGED;
use super::error::{delta, io};
use super::log::LOG_FOLDER;
use super::table::OpenTable;
use super::{Store, StoreError};

/// What maintenance did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Maintained {
    /// By how many the data files became fewer.
    pub merged_files: usize,
    /// Checkpoints written.
    pub checkpoints: usize,
    /// Log entries and checkpoints deleted.
    pub log_entries: usize,
    /// Data files deleted that no log entry refers to.
    pub stray_files: usize,
}

impl Store {
    /// Does what [`Upkeep`](super::Upkeep) asks for, table by table; call it every minute or so, one call at a time.
    /// It needs a runtime of several threads.
    ///
    /// # Errors
    /// The first table's that cannot be kept; a later call takes it up again.
    pub async fn maintain(&self) -> Result<Maintained, StoreError> {
        let mut sum = Maintained::default();
        for table in self.tables.values() {
            let done = table.maintain().await?;
            sum.merged_files += done.merged_files;
            sum.checkpoints += done.checkpoints;
            sum.log_entries += done.log_entries;
            sum.stray_files += done.stray_files;
        }
        sum.stray_files += self.clean_exhibits().await?;
        Ok(sum)
    }
}

impl OpenTable {
    async fn maintain(&self) -> Result<Maintained, StoreError> {
        let merged_files = self.merge().await?;
        let version = self.look(|state| state.version).await?;
        let last = self.log.checkpoints().await?.into_iter().map(|(version, _)| version).max().unwrap_or(0);
        let due = version.saturating_sub(last) >= self.options.upkeep.checkpoint_commits;
        if due {
            self.checkpoint().await?;
        }
        let log_entries = self.clean_log().await?;
        let stray_files = self.clean_files().await?;
        Ok(Maintained { merged_files, checkpoints: usize::from(due), log_entries, stray_files })
    }

    /// Writes a checkpoint of the newest version, and gives that version.
    pub(super) async fn checkpoint(&self) -> Result<u64, StoreError> {
        let what = || format!("writing a checkpoint of table {}", self.table());
        let mut table = DeltaTable::new(LogStoreRef::clone(&self.log.log_store));
        table.load().await.map_err(delta(what()))?;
        create_checkpoint(&table, None).await.map_err(delta(what()))?;
        Ok(table.version().unwrap_or(0))
    }

    /// Deletes log entries that are old and that a checkpoint stands in for.
    async fn clean_log(&self) -> Result<usize, StoreError> {
        let what = format!("cleaning the log of table {}", self.table());
        let version = self.look(|state| state.version).await?;
        let cutoff = self.ago_ms(self.options.upkeep.log_retention);
        cleanup_expired_logs_for(version, self.log.log_store.as_ref(), cutoff, None).await.map_err(delta(what))
    }

    /// Deletes data files that no log entry refers to and that are too old to be waiting for one.
    async fn clean_files(&self) -> Result<usize, StoreError> {
        let old = self.ago_ms(self.options.upkeep.file_retention);
        let mut listed = self.listed(None).await?;
        listed.retain(|m| m.last_modified.timestamp_millis() < old);
        // The state is read after the list: a file that was committed in between is in it.
        let held: BTreeSet<String> =
            self.look(|state| state.files.values().flat_map(|files| files.keys().cloned()).collect()).await?;
        let staged = |m: &ObjectMeta| m.location.filename().is_some_and(|name| name.starts_with(STAGED));
        let in_log = |m: &ObjectMeta| m.location.as_ref().starts_with(LOG_FOLDER);
        listed.retain(|m| if in_log(m) { staged(m) } else { !held.contains(m.location.as_ref()) });
        self.delete(listed.into_iter().map(|m| m.location).collect()).await
    }

    /// The files in a folder of the table, or in all of them.
    pub(super) async fn listed(&self, folder: Option<&str>) -> Result<Vec<ObjectMeta>, StoreError> {
        let folder = folder.map(Path::from);
        let listed = self.log.storage().list(folder.as_ref()).try_collect().await;
        listed.map_err(io(format!("listing the files of table {}", self.table())))
    }

    /// Deletes files; those that are gone already count as deleted.
    pub(super) async fn delete(&self, paths: Vec<Path>) -> Result<usize, StoreError> {
        let what = || format!("deleting files of table {}", self.table());
        let count = paths.len();
        let paths = futures::stream::iter(paths.into_iter().map(Ok)).boxed();
        let mut deleted = self.log.storage().delete_stream(paths);
        while let Some(done) = deleted.next().await {
            match done {
                Ok(_) | Err(StorageError::NotFound { .. }) => {}
                Err(e) => return Err(io(what())(e)),
            }
        }
        Ok(count)
    }

    /// When the storage says an entry of the log was written, UTC milliseconds.
    pub(super) async fn written_ms(&self, version: u64) -> Result<i64, StoreError> {
        let path = deltalake_core::logstore::commit_uri_from_version(Some(version));
        let meta = self.log.storage().head(&path).await;
        Ok(meta.map_err(io(format!("looking at {path}")))?.last_modified.timestamp_millis())
    }

    fn ago_ms(&self, retention: Duration) -> i64 {
        self.now_ms().saturating_sub(i64::try_from(retention.as_millis()).unwrap_or(i64::MAX))
    }
}
