//! The log of one table: reading what is new in it, and writing the next entry.
//!
//! Delta Lake's own commit builder is not used for commits. It holds every file of the table with its statistics in
//! memory and checks a blind append against all of them; it fails an append when any file is deleted, and lets two
//! mergers of the same files both succeed, which would double their rows. Here a commit costs what is in it: entries
//! that other writers added are read, the caller judges them, and the entry after them is written if its name is free.
//! The log store of Delta Lake gives that last step, atomic on every storage it knows.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::object_store::path::Path;
use datafusion::object_store::{ObjectStore, ObjectStoreExt as _};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use deltalake_core::DeltaTableError;
use deltalake_core::kernel::Snapshot;
use deltalake_core::kernel::transaction::TransactionError;
use deltalake_core::logstore::{CommitOrBytes, LogStoreRef};
use futures::TryStreamExt as _;

use super::entry::{DataFile, Draft, Entry, State};
use super::error::{delta, io, parquet};
use super::schema::CASE_ID;
use super::{StoreError, Table};

/// The folder of the log in a table's folder.
pub(super) const LOG_FOLDER: &str = "_delta_log";
/// The key in a table's configuration that holds the version of its columns.
pub(super) const SCHEMA_KEY: &str = "locard.schema";

/// The log of one table.
#[derive(Debug, Clone)]
pub(super) struct Log {
    pub(super) table: Table,
    pub(super) log_store: LogStoreRef,
}

/// What became of an attempt to write the next entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// It is in the log.
    Yes,
    /// Another writer's entry has its version.
    Beaten,
}

impl Log {
    /// The storage of the table; its root is the table's folder.
    pub(super) fn storage(&self) -> Arc<dyn ObjectStore> {
        self.log_store.object_store(None)
    }

    /// Reads the state of the table from its newest checkpoint and the entries after it.
    pub(super) async fn load(&self) -> Result<State, StoreError> {
        let what = || format!("reading the log of table {}", self.table);
        let snapshot = Snapshot::try_new(self.log_store.as_ref(), None).await.map_err(delta(what()))?;
        self.check_schema(snapshot.metadata().configuration().get(SCHEMA_KEY).map(String::as_str))?;
        let mut state = State { version: snapshot.version(), ..State::default() };
        let mut files = snapshot.file_views(self.log_store.as_ref(), None);
        while let Some(view) = files.try_next().await.map_err(delta(what()))? {
            let case = view.partition_values_map().remove(CASE_ID).flatten().unwrap_or_default();
            let file = DataFile::new(view.path().into_owned(), view.size(), view.stats().as_deref());
            state.files.entry(case).or_default().insert(file.path.clone(), file);
        }
        drop(files);
        self.load_next_offsets(&mut state).await?;
        Ok(state)
    }

    fn check_schema(&self, found: Option<&str>) -> Result<(), StoreError> {
        let wanted = self.table.layout().version.to_string();
        if found == Some(wanted.as_str()) {
            return Ok(());
        }
        Err(StoreError::SchemaVersion { table: self.table, found: found.unwrap_or("none").to_owned(), wanted })
    }

    /// All application transactions: of the newest checkpoint, and of the entries after it.
    async fn load_next_offsets(&self, state: &mut State) -> Result<(), StoreError> {
        let mut checkpoints: Vec<(u64, Path)> = self.checkpoints().await?;
        checkpoints.retain(|(version, _)| *version <= state.version);
        let newest = checkpoints.iter().map(|(version, _)| *version).max();
        for (_, path) in checkpoints.iter().filter(|(version, _)| Some(*version) == newest) {
            self.next_offsets_of_checkpoint(path, state).await?;
        }
        for version in newest.map_or(0, |v| v + 1)..=state.version {
            if let Some(entry) = self.entry(version).await? {
                state.next_offsets.extend(entry.next_offsets);
            }
        }
        Ok(())
    }

    /// The checkpoint files of the table with their versions.
    pub(super) async fn checkpoints(&self) -> Result<Vec<(u64, Path)>, StoreError> {
        let what = format!("listing the log of table {}", self.table);
        let listed = self.storage().list(Some(&Path::from(LOG_FOLDER))).try_collect::<Vec<_>>().await;
        let files = listed.map_err(io(what))?.into_iter().map(|m| m.location);
        Ok(files.filter_map(|path| checkpoint_version(path.filename()?).map(|v| (v, path))).collect())
    }

    async fn next_offsets_of_checkpoint(&self, path: &Path, state: &mut State) -> Result<(), StoreError> {
        let what = format!("reading checkpoint {path} of table {}", self.table);
        let got = self.storage().get(path).await.map_err(io(&*what))?;
        let bytes = got.bytes().await.map_err(io(what))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(parquet(self.table))?;
        let mask = ProjectionMask::columns(builder.parquet_schema(), ["txn.appId", "txn.version"]);
        for batch in builder.with_projection(mask).build().map_err(parquet(self.table))? {
            let batch = batch.map_err(super::error::arrow(self.table))?;
            let Some(txn) = batch.column_by_name("txn").and_then(|c| c.as_struct_opt()) else { continue };
            let (names, versions) = (txn.column_by_name("appId"), txn.column_by_name("version"));
            let names = names.and_then(|c| c.as_string_opt::<i32>());
            let versions = versions.and_then(|c| c.as_primitive_opt::<Int64Type>());
            let (Some(names), Some(versions)) = (names, versions) else { continue };
            let known = (0..txn.len()).filter(|i| txn.is_valid(*i) && names.is_valid(*i) && versions.is_valid(*i));
            state.next_offsets.extend(known.map(|i| (names.value(i).to_owned(), versions.value(i))));
        }
        Ok(())
    }

    /// An entry of the log; `None` if there is none of that version.
    pub(super) async fn entry(&self, version: u64) -> Result<Option<Entry>, StoreError> {
        let what = || format!("reading entry {version} of the log of table {}", self.table);
        let Some(bytes) = self.log_store.read_commit_entry(version).await.map_err(delta(what()))? else {
            return Ok(None);
        };
        let fault = |e: serde_json::Error| StoreError::Log { table: self.table, version, detail: e.to_string() };
        let entry = Entry::read(&bytes).map_err(fault)?;
        if entry.changes_table && version > 0 {
            let detail = "its columns or protocol were changed by something else than Locard".to_owned();
            return Err(StoreError::Log { table: self.table, version, detail });
        }
        Ok(Some(entry))
    }

    /// Takes in what other writers committed; gives those entries, oldest first.
    pub(super) async fn catch_up(&self, state: &mut State) -> Result<Vec<Entry>, StoreError> {
        let mut new = Vec::new();
        while let Some(entry) = self.entry(state.version + 1).await? {
            state.apply(state.version + 1, entry.clone());
            new.push(entry);
        }
        Ok(new)
    }

    /// Writes the entry of a version, if there is none yet.
    pub(super) async fn write(&self, version: u64, draft: &Draft, now_ms: i64) -> Result<Written, StoreError> {
        let fault = |e: serde_json::Error| StoreError::Log { table: self.table, version, detail: e.to_string() };
        let lines = draft.lines(now_ms).map_err(fault)?;
        let bytes = CommitOrBytes::LogBytes(lines.clone().into());
        match self.log_store.write_commit_entry(version, bytes, no_operation()).await {
            Ok(()) => Ok(Written::Yes),
            Err(TransactionError::VersionAlreadyExists(_)) => self.whose(version, &lines).await,
            // The answer may have been lost and not the entry.
            Err(e) => match self.whose(version, &lines).await {
                Ok(Written::Yes) => Ok(Written::Yes),
                _ => Err(self.write_error(version, e)),
            },
        }
    }

    /// Whether the entry of a version is the one that was to be written.
    async fn whose(&self, version: u64, lines: &[u8]) -> Result<Written, StoreError> {
        let what = format!("reading entry {version} of the log of table {}", self.table);
        let found = self.log_store.read_commit_entry(version).await.map_err(delta(what))?;
        Ok(if found.is_some_and(|bytes| bytes == lines) { Written::Yes } else { Written::Beaten })
    }

    fn write_error(&self, version: u64, e: TransactionError) -> StoreError {
        let what = format!("writing entry {version} of the log of table {}", self.table);
        match e {
            TransactionError::ObjectStore { source } => StoreError::Io { what, source },
            other => StoreError::Delta { what, source: Box::new(DeltaTableError::from(other)) },
        }
    }
}

/// Log stores of some storages name an operation; ours is none of theirs.
pub(super) fn no_operation<T: Default>() -> T {
    T::default()
}

/// The version of a checkpoint file: `00000000000000000012.checkpoint....parquet`.
fn checkpoint_version(name: &str) -> Option<u64> {
    let (version, rest) = name.split_once(".checkpoint")?;
    rest.ends_with(".parquet").then(|| version.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_are_told_from_entries() {
        assert_eq!(checkpoint_version("00000000000000000012.checkpoint.parquet"), Some(12));
        assert_eq!(checkpoint_version("00000000000000000012.checkpoint.0000000001.0000000002.parquet"), Some(12));
        assert_eq!(checkpoint_version("00000000000000000012.json"), None);
        assert_eq!(checkpoint_version("_last_checkpoint"), None);
    }
}
