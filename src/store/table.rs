//! One table: its log, and what is known of it between commits.

use std::sync::Arc;

use deltalake_core::kernel::StructType;
use deltalake_core::kernel::engine::arrow_conversion::TryFromArrow;
use deltalake_core::kernel::transaction::TransactionError;
use deltalake_core::logstore::{CommitOrBytes, LogStoreRef};
use tokio::sync::Mutex;

use super::entry::{Draft, State};
use super::error::{arrow, delta};
use super::log::{Log, SCHEMA_KEY, Written, no_operation};
use super::makers::Makers;
use super::options::Options;
use super::schema::CASE_ID;
use super::{StoreError, Table};

/// A table that is open.
#[derive(Debug)]
pub(super) struct OpenTable {
    pub(super) log: Log,
    pub(super) options: Arc<Options>,
    /// Make its files.
    pub(super) makers: Arc<Makers>,
    known: Mutex<Known>,
}

/// The table's state as it was read last.
#[derive(Debug)]
struct Known {
    state: State,
    /// When, UTC microseconds.
    read_us: i64,
}

/// A commit that is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) version: u64,
    pub(super) attempts: usize,
}

impl OpenTable {
    /// Opens a table; makes it if there is none.
    pub(super) async fn open(
        table: Table,
        log_store: LogStoreRef,
        options: Arc<Options>,
        makers: Arc<Makers>,
    ) -> Result<Self, StoreError> {
        let log = Log { table, log_store };
        let what = format!("looking for table {table}");
        if !log.log_store.is_delta_table_location().await.map_err(delta(what))? {
            create(&log, options.clock.now_us()).await?;
        }
        let read_us = options.clock.now_us();
        let known = Mutex::new(Known { state: log.load().await?, read_us });
        Ok(Self { log, options, makers, known })
    }

    pub(super) fn table(&self) -> Table {
        self.log.table
    }

    /// Commits what `prepare` makes of the newest state of the table; nothing if it makes nothing of it.
    ///
    /// It is asked again whenever another writer was faster, so that it always judges the state that its commit follows.
    pub(super) async fn commit<F>(&self, mut prepare: F) -> Result<Option<Done>, StoreError>
    where
        F: FnMut(&State) -> Option<Draft> + Send,
    {
        let mut known = self.known.lock().await;
        for attempts in 1..=self.options.attempts {
            self.refresh(&mut known).await?;
            let Some(mut draft) = prepare(&known.state) else { return Ok(None) };
            draft.nonce = rand::random();
            let version = known.state.version + 1;
            if self.log.write(version, &draft, self.now_ms()).await? == Written::Yes {
                known.state.apply(version, draft.entry());
                return Ok(Some(Done { version, attempts }));
            }
        }
        Err(StoreError::Contended { table: self.table(), attempts: self.options.attempts })
    }

    /// What `look` sees in the newest state of the table.
    pub(super) async fn look<T>(&self, look: impl FnOnce(&State) -> T + Send) -> Result<T, StoreError> {
        let mut known = self.known.lock().await;
        self.refresh(&mut known).await?;
        Ok(look(&known.state))
    }

    /// Reads what other writers committed. A state that is so old that log entries after it may be gone is read anew.
    async fn refresh(&self, known: &mut Known) -> Result<(), StoreError> {
        let now_us = self.options.clock.now_us();
        let age_us = u128::try_from(now_us.saturating_sub(known.read_us)).unwrap_or(0);
        if age_us > self.options.upkeep.log_retention.as_micros() / 2 {
            known.state = self.log.load().await?;
        }
        self.log.catch_up(&mut known.state).await?;
        known.read_us = now_us;
        Ok(())
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.options.clock.now_us().div_euclid(1000)
    }
}

/// Writes the first entry of a table's log. Of several that try at once one succeeds, and that is enough.
async fn create(log: &Log, now_us: i64) -> Result<(), StoreError> {
    let lines = first_entry(log.table, now_us.div_euclid(1000))?;
    match log.log_store.write_commit_entry(0, CommitOrBytes::LogBytes(lines.into()), no_operation()).await {
        Ok(()) | Err(TransactionError::VersionAlreadyExists(_)) => Ok(()),
        Err(e) => Err(delta(format!("making table {}", log.table))(e.into())),
    }
}

/// Protocol and metadata: the plainest protocol that has all we need, so that every tool can read the table.
fn first_entry(table: Table, now_ms: i64) -> Result<Vec<u8>, StoreError> {
    let layout = table.layout();
    let columns = StructType::try_from_arrow(layout.schema.as_ref()).map_err(arrow(table))?;
    let fault = |e: serde_json::Error| StoreError::Log { table, version: 0, detail: e.to_string() };
    let columns = serde_json::to_string(&columns).map_err(fault)?;
    let lines = [
        serde_json::json!({"commitInfo": {"timestamp": now_ms, "operation": "CREATE TABLE", "operationParameters": {}}}),
        serde_json::json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}),
        serde_json::json!({"metaData": {
            "id": format!("{:032x}", rand::random::<u128>()),
            "name": table.name(),
            "format": {"provider": "parquet", "options": {}},
            "schemaString": columns,
            "partitionColumns": [CASE_ID],
            "configuration": {
                SCHEMA_KEY: layout.version.to_string(),
                // Checkpoints and cleaning are maintenance's, never a commit's.
                "delta.enableExpiredLogCleanup": "false",
                "delta.deletedFileRetentionDuration": "interval 1 days",
            },
            "createdTime": now_ms,
        }}),
    ];
    Ok(lines.map(|l| l.to_string()).join("\n").into_bytes())
}
