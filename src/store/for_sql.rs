//! Tables for SQL: read as they are, and never made.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use deltalake_core::DeltaTable;
use deltalake_core::logstore::LogStoreRef;
use url::Url;

use super::error::delta;
use super::open::{folder_url, log_store, log_store_at, storage};
use super::options::Options;
use super::plain::{Whose, either_way};
use super::{StoreError, Table};

/// The tables of the store at an address, as they are now; those that are not there are left out, and none is made.
///
/// # Errors
/// [`StoreError::Location`] for an address that is none; [`StoreError::Delta`] if a table cannot be read.
pub async fn tables_at(location: &Url) -> Result<Vec<(Table, Arc<dyn TableProvider>)>, StoreError> {
    let location = folder_url(location)?;
    let storage = storage(&location, &Options::default())?;
    let mut tables = Vec::new();
    for table in Table::ALL {
        let log_store = log_store(&location, table, storage.as_ref())?;
        let what = format!("looking for table {table}");
        if log_store.is_delta_table_location().await.map_err(delta(what))? {
            tables.push((table, for_sql(log_store, table.name(), Whose::Ours).await?));
        }
    }
    Ok(tables)
}

/// Any Delta table by its address, as it is now.
///
/// # Errors
/// As [`tables_at`].
pub async fn table_at(location: &Url) -> Result<Arc<dyn TableProvider>, StoreError> {
    let location = folder_url(location)?;
    let storage = storage(&location, &Options::default())?;
    let log_store = log_store_at(&location, storage.as_ref()).map_err(delta(format!("opening {location}")))?;
    for_sql(log_store, location.as_str(), Whose::Anybodys).await
}

pub(super) async fn for_sql(
    log_store: LogStoreRef,
    name: &str,
    whose: Whose,
) -> Result<Arc<dyn TableProvider>, StoreError> {
    let mut table = DeltaTable::new(log_store);
    table.load().await.map_err(delta(format!("loading table {name}")))?;
    provider_of(&table, name, whose).await
}

/// The provider of a table that is loaded.
pub(super) async fn provider_of(
    table: &DeltaTable,
    name: &str,
    whose: Whose,
) -> Result<Arc<dyn TableProvider>, StoreError> {
    let made = table.table_provider().await;
    let provider = made.map_err(|e| delta(format!("making table {name} ready for SQL"))(e.into()))?;
    Ok(either_way(table, provider, whose))
}
