//! The schema `pg_catalog` with tables of ours in place of some.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, AsArray, Int32Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{Int16Type, Int32Type, SchemaRef};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{MemTable, SchemaProvider, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;

use super::described::{Described, read};

/// The schema with tables of ours in place of some.
#[derive(Debug)]
pub(super) struct Mended {
    inner: Arc<dyn SchemaProvider>,
    described: Arc<Described>,
    ours: BTreeMap<&'static str, Arc<dyn TableProvider>>,
}

impl Mended {
    /// Over the schema that was installed.
    ///
    /// # Errors
    /// None that can be: the tables are made of their own schemas.
    pub fn new(
        inner: Arc<dyn SchemaProvider>,
        described: &Arc<Described>,
        account: &str,
    ) -> Result<Self, DataFusionError> {
        let one = |batch: RecordBatch| -> Result<Arc<dyn TableProvider>, DataFusionError> {
            Ok(Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?))
        };
        let user: ArrayRef = Arc::new(StringArray::from(vec![account.to_owned()]));
        let users = RecordBatch::try_from_iter([("usename", Arc::clone(&user))])?;
        let ours = [("pg_description", one(described.batch()?)?), ("pg_user", one(users)?)].into();
        Ok(Self { inner, described: Arc::clone(described), ours })
    }
}

/// `pg_attribute` with the types that are sent: the original knows no arrays but two.
///
/// It is read when a question reads it and not before: `pg_class` asks for every table while it holds what this needs.
#[derive(Debug)]
struct Attributes {
    inner: Arc<dyn TableProvider>,
    described: Arc<Described>,
    schema: SchemaRef,
}

impl PartitionStream for Attributes {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (inner, described) = (Arc::clone(&self.inner), Arc::clone(&self.described));
        let mended = async move {
            let batches = read(&SessionContext::new(), inner).await?;
            let typed: Vec<_> = batches.iter().map(|batch| typed(&described, batch)).collect();
            Ok::<_, DataFusionError>(futures::stream::iter(typed))
        };
        let stream = futures::stream::once(mended).try_flatten();
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream))
    }
}

fn typed(described: &Described, batch: &RecordBatch) -> Result<RecordBatch, DataFusionError> {
    let column = |name: &str| {
        let found = batch.schema().index_of(name)?;
        Ok::<_, DataFusionError>((found, Arc::clone(batch.column(found))))
    };
    let (_, relations) = column("attrelid")?;
    let (_, numbers) = column("attnum")?;
    let (types_at, types) = column("atttypid")?;
    let (dimensions_at, _) = column("attndims")?;
    let known_column = |row: usize| {
        let columns = described.columns.get(&relations.as_primitive::<Int32Type>().value(row))?;
        columns.get(usize::try_from(numbers.as_primitive::<Int16Type>().value(row)).ok()?.checked_sub(1)?)
    };
    let rows = 0..batch.num_rows();
    let known = types.as_primitive::<Int32Type>();
    let oids: Int32Array =
        rows.clone().map(|row| Some(known_column(row).map_or(known.value(row), |column| column.type_oid))).collect();
    let dimensions: Int32Array =
        rows.map(|row| Some(i32::from(known_column(row).is_some_and(|column| column.is_array)))).collect();
    let mut arrays: Vec<ArrayRef> = batch.columns().to_vec();
    for (at, array) in [(types_at, oids), (dimensions_at, dimensions)] {
        if let Some(slot) = arrays.get_mut(at) {
            *slot = Arc::new(array);
        }
    }
    Ok(RecordBatch::try_new(batch.schema(), arrays)?)
}

#[async_trait]
impl SchemaProvider for Mended {
    fn table_names(&self) -> Vec<String> {
        let mut names = self.inner.table_names();
        names.extend(self.ours.keys().map(|name| (*name).to_owned()));
        names.sort();
        names.dedup();
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        if let Some(ours) = self.ours.get(name) {
            return Ok(Some(Arc::clone(ours)));
        }
        match (self.inner.table(name).await?, name) {
            (Some(inner), "pg_attribute") => {
                let (described, schema) = (Arc::clone(&self.described), inner.schema());
                let attributes = Attributes { inner, described, schema: Arc::clone(&schema) };
                Ok(Some(Arc::new(StreamingTable::try_new(schema, vec![Arc::new(attributes)])?)))
            }
            (found, _) => Ok(found),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.ours.contains_key(name) || self.inner.table_exist(name)
    }
}
