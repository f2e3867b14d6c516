//! The schema `pg_catalog` with tables of ours in place of some.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{MemTable, SchemaProvider, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;

use super::super::settings::Shown;
use super::columns::Columns;

/// The schema with tables of ours in place of some.
#[derive(Debug)]
pub(super) struct Mended {
    inner: Arc<dyn SchemaProvider>,
    ours: BTreeMap<String, Arc<dyn TableProvider>>,
}

impl Mended {
    /// Over the schema that was installed.
    pub fn new(inner: Arc<dyn SchemaProvider>, ours: BTreeMap<String, Arc<MemTable>>) -> Self {
        let ours = ours.into_iter().map(|(name, table)| (name, table as Arc<dyn TableProvider>)).collect();
        Self { inner, ours }
    }

    /// With `pg_settings` of this connection.
    ///
    /// # Errors
    /// None that can be: the table is made of its own schema.
    pub fn with_settings(mut self, shown: Shown) -> Result<Self, DataFusionError> {
        let schema = settings(&shown)?.schema();
        let live = Arc::new(Live { schema: Arc::clone(&schema), shown });
        let table = StreamingTable::try_new(schema, vec![live])?;
        self.ours.insert("pg_settings".to_owned(), Arc::new(table));
        Ok(self)
    }
}

/// `pg_settings`, as they are when they are asked for.
#[derive(Debug)]
struct Live {
    schema: SchemaRef,
    shown: Shown,
}

fn settings(shown: &Shown) -> Result<RecordBatch, DataFusionError> {
    let all = shown.read().unwrap_or_else(PoisonError::into_inner);
    let values = || all.values().map(Some);
    Columns::of(all.len())
        .text("name", all.keys().map(Some))
        .text("setting", values())
        .no_text("unit")
        .same_text("category", "Client Connection Defaults")
        .same_text("short_desc", "")
        .no_text("extra_desc")
        .same_text("context", "user")
        .same_text("vartype", "string")
        .same_text("source", "session")
        .no_text("min_val")
        .no_text("max_val")
        .no_texts("enumvals")
        .text("boot_val", values())
        .text("reset_val", values())
        .no_text("sourcefile")
        .same_int("sourceline", None)
        .same_truth("pending_restart", false)
        .batch()
}

impl PartitionStream for Live {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let made = settings(&self.shown);
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), futures::stream::iter([made])))
    }
}

#[async_trait]
impl SchemaProvider for Mended {
    fn table_names(&self) -> Vec<String> {
        let mut names = self.inner.table_names();
        names.extend(self.ours.keys().cloned());
        names.sort();
        names.dedup();
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        match self.ours.get(name) {
            Some(ours) => Ok(Some(Arc::clone(ours))),
            None => self.inner.table(name).await,
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.ours.contains_key(name) || self.inner.table_exist(name)
    }
}
