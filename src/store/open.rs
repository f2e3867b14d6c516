//! The store: all tables under one address.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::object_store::ObjectStore;
use deltalake_core::DeltaTableError;
use deltalake_core::logstore::{LogStoreRef, StorageConfig, default_logstore, logstore_for};
use futures::TryStreamExt as _;
use url::Url;

use super::cloud::{cloud, environment};
use super::commit::{Commit, Committed, partition_of};
use super::durable::DurableFiles;
use super::entry::State;
use super::error::arrow;
use super::for_sql::for_sql;
use super::latest::latest;
use super::options::Options;
use super::plain::Whose;
use super::read::{Batches, Wanted};
use super::table::OpenTable;
use super::{StoreError, Table};

/// The tables and exhibits under one address. It can be shared between threads; several processes may open one address.
#[derive(Debug)]
pub struct Store {
    pub(super) location: Url,
    pub(super) tables: BTreeMap<Table, Arc<OpenTable>>,
    pub(super) options: Arc<Options>,
    /// The storage, from the root of the address's scheme, if it is not the one that Delta Lake would choose.
    pub(super) storage: Option<Arc<dyn ObjectStore>>,
}

impl Store {
    /// Opens the store at an address, `file:///var/lib/locard/` or `s3://bucket/locard` for one; makes what is not there.
    ///
    /// # Errors
    /// [`StoreError::Location`] for an address that is none; [`StoreError::SchemaVersion`] if a table there is of
    /// another version; [`StoreError::Io`] and [`StoreError::Delta`] if it cannot be read.
    pub async fn open(location: &Url, options: Options) -> Result<Self, StoreError> {
        let (location, options) = (folder_url(location)?, Arc::new(options));
        let storage = storage(&location, &options)?;
        let (mut tables, makers) = (BTreeMap::new(), Arc::default());
        for table in Table::ALL {
            let log_store = log_store(&location, table, storage.as_ref())?;
            let opened = OpenTable::open(table, log_store, Arc::clone(&options), Arc::clone(&makers)).await?;
            tables.insert(table, Arc::new(opened));
        }
        Ok(Self { location, tables, options, storage })
    }

    /// Where it is; ends in `/`.
    #[must_use]
    pub fn location(&self) -> &Url {
        &self.location
    }

    pub(super) fn table(&self, table: Table) -> Result<Arc<OpenTable>, StoreError> {
        let missing = || StoreError::Log { table, version: 0, detail: "the table is not open".to_owned() };
        self.tables.get(&table).cloned().ok_or_else(missing)
    }

    /// Appends rows to a table and moves its next offsets, in one commit.
    ///
    /// A part whose partition does not stand at the expected offset is left out and named in [`Committed::taken`]; the
    /// others are committed. After an error nothing of it is visible, unless the process ended before it could read the
    /// answer: the next offsets tell.
    ///
    /// # Errors
    /// [`StoreError::Rows`] and [`StoreError::Offsets`] for what makes no sense; those for which
    /// [`StoreError::retryable`] is true may pass, the disk being full for one.
    pub async fn append(&self, commit: Commit) -> Result<Committed, StoreError> {
        self.table(commit.table)?.append(commit).await
    }

    /// The next offsets that the tables hold for a topic, by partition and table.
    ///
    /// # Errors
    /// If a log cannot be read.
    pub async fn next_offsets(&self, topic: &str) -> Result<BTreeMap<i32, BTreeMap<Table, i64>>, StoreError> {
        let mut found: BTreeMap<i32, BTreeMap<Table, i64>> = BTreeMap::new();
        for (table, open) in &self.tables {
            for (app_id, next) in open.look(|state| state.next_offsets.clone()).await? {
                if let Some(partition) = partition_of(&app_id, topic) {
                    found.entry(partition).or_default().insert(*table, next);
                }
            }
        }
        Ok(found)
    }

    /// Rows of a table as a stream; files that cannot hold wanted rows are not opened. The rows are those of the moment
    /// of the call, whatever is committed meanwhile.
    ///
    /// # Errors
    /// If the log cannot be read; the stream gives errors of the files.
    pub async fn read(&self, table: Table, wanted: Wanted) -> Result<Batches, StoreError> {
        self.table(table)?.read(wanted).await
    }

    /// All fixes of a case.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn fixes_of(&self, case_id: &str) -> Result<Vec<RecordBatch>, StoreError> {
        self.read(Table::Fixes, of_case(case_id)).await?.try_collect().await
    }

    /// All events of a case.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn events_of(&self, case_id: &str) -> Result<Vec<RecordBatch>, StoreError> {
        self.read(Table::CaseEvents, of_case(case_id)).await?.try_collect().await
    }

    /// The last revision of every encounter of a case, whatever its status, in the order of `encounter_id`.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn current_encounters(&self, case_id: &str) -> Result<RecordBatch, StoreError> {
        self.last_revisions(Table::Encounters, case_id, "encounter_id").await
    }

    /// The last revision of every proximity of a case, whatever its status, in the order of `proximity_id`.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn current_proximities(&self, case_id: &str) -> Result<RecordBatch, StoreError> {
        self.last_revisions(Table::Proximity, case_id, "proximity_id").await
    }

    async fn last_revisions(&self, table: Table, case_id: &str, id: &str) -> Result<RecordBatch, StoreError> {
        let rows: Vec<RecordBatch> = self.read(table, of_case(case_id)).await?.try_collect().await?;
        latest(&rows, &table.schema(), id).map_err(arrow(table))
    }

    /// The cases that may have fixes or events from a partition: all that have, and of those whose files do not say,
    /// or were merged from several partitions, perhaps others.
    ///
    /// # Errors
    /// If a log cannot be read.
    pub async fn cases_of(&self, partition: i32) -> Result<BTreeSet<String>, StoreError> {
        let mut cases = BTreeSet::new();
        for table in [Table::Fixes, Table::CaseEvents] {
            let open = self.table(table)?;
            let found = open.look(|state| {
                let of_it = state.files.iter().filter(|(_, files)| files.values().any(|f| f.may_hold(partition)));
                of_it.map(|(case, _)| case.clone()).collect::<Vec<_>>()
            });
            cases.extend(found.await?);
        }
        Ok(cases)
    }

    /// How many rows a table holds of a case, by its log; files that do not say count as none.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub async fn rows_of(&self, table: Table, case_id: &str) -> Result<u64, StoreError> {
        let rows = |state: &State| state.files.get(case_id).map_or(0, |files| files.values().map(|f| f.rows).sum());
        self.table(table)?.look(rows).await
    }

    /// A table for SQL, as it is now; it does not follow later commits.
    ///
    /// # Errors
    /// If Delta Lake cannot read the table.
    pub async fn provider(&self, table: Table) -> Result<Arc<dyn TableProvider>, StoreError> {
        for_sql(LogStoreRef::clone(&self.table(table)?.log.log_store), table.name(), Whose::Ours).await
    }
}

fn of_case(case_id: &str) -> Wanted {
    Wanted { case_id: Some(case_id.to_owned()), ..Wanted::default() }
}

/// The address with `/` at its end, so that names can be put after it.
pub(super) fn folder_url(location: &Url) -> Result<Url, StoreError> {
    let mut url = location.clone();
    if url.cannot_be_a_base() {
        return Err(StoreError::Location { location: url.to_string(), detail: "it has no path".to_owned() });
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// The storage to use instead of the one that Delta Lake would choose for the address.
pub(super) fn storage(location: &Url, options: &Options) -> Result<Option<Arc<dyn ObjectStore>>, StoreError> {
    match &options.storage {
        Some(given) => Ok(Some(Arc::clone(given))),
        None if location.scheme() == "file" => Ok(Some(Arc::new(DurableFiles::new()))),
        None => cloud(location, environment()),
    }
}

pub(super) fn log_store(
    location: &Url,
    table: Table,
    storage: Option<&Arc<dyn ObjectStore>>,
) -> Result<LogStoreRef, StoreError> {
    let bad = |detail: String| StoreError::Location { location: location.to_string(), detail };
    let url = location.join(&format!("{}/", folder_of(table))).map_err(|e| bad(e.to_string()))?;
    log_store_at(&url, storage).map_err(|e| bad(e.to_string()))
}

/// The log store of the table at an address.
pub(super) fn log_store_at(
    table: &Url,
    storage: Option<&Arc<dyn ObjectStore>>,
) -> Result<LogStoreRef, DeltaTableError> {
    let config = StorageConfig::default();
    let Some(storage) = storage else { return logstore_for(table, config) };
    // Delta Lake would ask a registry by the scheme what log store to make. The plain one fits all that refuse to put what
    // is there.
    let of_table = config.decorate_store(Arc::clone(storage), table)?;
    Ok(default_logstore(Arc::from(of_table), Arc::clone(storage), table, &config))
}

/// The folder of a table. That of `exhibits` is not `exhibits/`, where the files themselves stand.
fn folder_of(table: Table) -> &'static str {
    match table {
        Table::Exhibits => "exhibits.table",
        other => other.name(),
    }
}
