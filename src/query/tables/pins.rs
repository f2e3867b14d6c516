//! What one query reads: the version of each table that it met first, so that all of it reads the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use tokio::sync::Mutex;

use crate::store::{Followed, StoreError, Table};

/// The tables of one query, each at the version it was met with first.
#[derive(Debug, Default)]
pub struct Pins(Mutex<BTreeMap<Table, Option<Arc<dyn TableProvider>>>>);

impl Pins {
    /// A table at this query's version; `None` if there was no such table.
    ///
    /// # Errors
    /// As [`Followed::newest`].
    pub async fn of(&self, followed: &Followed) -> Result<Option<Arc<dyn TableProvider>>, StoreError> {
        let mut pinned = self.0.lock().await;
        if let Some(found) = pinned.get(&followed.table()) {
            return Ok(found.clone());
        }
        let newest = followed.newest().await?;
        pinned.insert(followed.table(), newest.clone());
        Ok(newest)
    }
}
