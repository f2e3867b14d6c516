//! A table for SQL that follows its log: each time it is asked for, it is as of the last commit.
//!
//! ```text
//!  asked ─> is there an entry after the one that is known? ── no ──> the table as it is held
//!                         └─ yes ─> read what is new ─────────────> the table as of the last commit
//! ```
//! The invariant: a table that was given out never changes, so that a query reads one version whatever is committed.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use deltalake_core::DeltaTable;
use deltalake_core::logstore::LogStoreRef;
use tokio::sync::Mutex;
use url::Url;

use super::error::delta;
use super::for_sql::provider_of;
use super::open::{folder_url, log_store, storage};
use super::options::Options;
use super::plain::Whose;
use super::{StoreError, Table};
use crate::time::utc_text;

/// After so long without a look, log entries that follow the known one may be gone, microseconds: a quarter of an hour.
const STALE_US: i64 = 15 * 60 * crate::time::US_PER_S;

/// A table of a store that follows its log. It is read as it is, and never made.
#[derive(Debug)]
pub struct Followed {
    table: Table,
    log_store: LogStoreRef,
    options: Options,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    delta: DeltaTable,
    provider: Arc<dyn TableProvider>,
    looked_us: i64,
}

/// When a table was made, UTC microseconds, if its log says so.
fn began_us(table: &DeltaTable) -> Option<i64> {
    // The kernel keeps the time to itself; the log's own form of the metadata has it, in milliseconds.
    let metadata = serde_json::to_value(table.snapshot().ok()?.metadata()).ok()?;
    metadata.get("createdTime")?.as_i64()?.checked_mul(1_000)
}

impl Followed {
    /// A table of the store at an address; nothing is read yet.
    ///
    /// # Errors
    /// [`StoreError::Location`] for an address that is none.
    pub fn new(location: &Url, table: Table, options: Options) -> Result<Self, StoreError> {
        let location = folder_url(location)?;
        let storage = storage(&location, &options)?;
        let log_store = log_store(&location, table, storage.as_ref())?;
        Ok(Self { table, log_store, options, held: Mutex::new(None) })
    }

    /// Which table it is.
    #[must_use]
    pub const fn table(&self) -> Table {
        self.table
    }

    /// The table as of its last commit; `None` while there is no such table.
    ///
    /// # Errors
    /// [`StoreError::Delta`] if the log cannot be read.
    pub async fn newest(&self) -> Result<Option<Arc<dyn TableProvider>>, StoreError> {
        let now_us = self.options.clock.now_us();
        let mut held = self.held.lock().await;
        let fresh = held.take().filter(|h| now_us.saturating_sub(h.looked_us) < STALE_US);
        let known = match fresh {
            Some(known) => self.catch_up(known, now_us).await?,
            None if self.is_there().await? => self.load(None, now_us).await?,
            None => return Ok(None),
        };
        let provider = Arc::clone(&known.provider);
        *held = Some(known);
        Ok(Some(provider))
    }

    /// The table as it was at a version of its log.
    ///
    /// # Errors
    /// [`StoreError::NoVersion`] if the log does not hold it, not yet or not any more; [`StoreError::Delta`] if it
    /// cannot be read.
    pub async fn version(&self, version: u64) -> Result<Arc<dyn TableProvider>, StoreError> {
        let missing = || StoreError::NoVersion { table: self.table, version };
        let Some(_) = self.newest().await? else { return Err(missing()) };
        let newest = self.held.lock().await.as_ref().and_then(|h| h.delta.version());
        if newest.is_none_or(|newest| version > newest) {
            return Err(missing());
        }
        // Which entries are gone is not told apart from a log that cannot be read: either way there is none.
        let loaded = self.load(Some(version), 0).await.map_err(|_| missing())?;
        if loaded.delta.version() == Some(version) { Ok(loaded.provider) } else { Err(missing()) }
    }

    /// Checks that the table can be read as of a moment, UTC microseconds: what it holds of then must not change any more,
    /// and it must have been there. A table that is not there yet was empty then.
    ///
    /// # Errors
    /// [`StoreError::NoMoment`]; [`StoreError::Delta`] if the log cannot be read.
    pub async fn check_moment(&self, us: i64) -> Result<(), StoreError> {
        let no = |why| StoreError::NoMoment { table: self.table, moment: utc_text(us), why };
        if us > self.options.clock.now_us() {
            return Err(no("it is yet to come"));
        }
        self.newest().await?;
        let began_us = self.held.lock().await.as_ref().and_then(|h| began_us(&h.delta));
        if began_us.is_some_and(|began_us| us < began_us) { Err(no("the table began later")) } else { Ok(()) }
    }

    async fn is_there(&self) -> Result<bool, StoreError> {
        let what = format!("looking for table {}", self.table);
        self.log_store.is_delta_table_location().await.map_err(delta(what))
    }

    async fn load(&self, version: Option<u64>, looked_us: i64) -> Result<Held, StoreError> {
        let mut table = DeltaTable::new(LogStoreRef::clone(&self.log_store));
        let loaded = match version {
            Some(version) => table.load_version(version).await,
            None => table.load().await,
        };
        loaded.map_err(delta(format!("loading table {}", self.table)))?;
        self.held(table, looked_us).await
    }

    async fn catch_up(&self, mut known: Held, now_us: i64) -> Result<Held, StoreError> {
        let what = || format!("reading the log of table {}", self.table);
        let next = known.delta.version().map_or(0, |v| v + 1);
        if self.log_store.read_commit_entry(next).await.map_err(delta(what()))?.is_none() {
            known.looked_us = now_us;
            return Ok(known);
        }
        known.delta.update_state().await.map_err(delta(what()))?;
        self.held(known.delta, now_us).await
    }

    async fn held(&self, delta_table: DeltaTable, looked_us: i64) -> Result<Held, StoreError> {
        let provider = provider_of(&delta_table, self.table.name(), Whose::Ours).await?;
        Ok(Held { delta: delta_table, provider, looked_us })
    }
}
