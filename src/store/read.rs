//! Reading rows back: the files of a case, or of all, as a stream of batches.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use datafusion::arrow::compute::kernels::cmp::gt_eq;
use datafusion::arrow::compute::{cast, filter_record_batch};
use datafusion::arrow::datatypes::{Int64Type, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::common::runtime::SpawnedTask;
use datafusion::object_store::ObjectStoreExt as _;
use datafusion::object_store::path::Path;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};

use super::append::broken;
use super::entry::DataFile;
use super::error::{arrow, io, parquet};
use super::schema::CASE_ID;
use super::table::OpenTable;
use super::{StoreError, Table};

/// Rows per batch that is read.
const BATCH_ROWS: usize = 65_536;

/// Batches with the columns of [`Table::schema`].
pub type Batches = BoxStream<'static, Result<RecordBatch, StoreError>>;

/// Which rows are wanted; files that cannot hold any are not opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of this case only.
    pub case_id: Option<String>,
    /// Of this partition of the topic only. It leaves files out, not rows: a case belongs to one partition.
    pub partition: Option<i32>,
    /// With an `origin_offset` from here on.
    pub from_offset: Option<i64>,
}

impl OpenTable {
    /// See [`Store::read`](super::Store::read).
    pub(super) async fn read(self: Arc<Self>, wanted: Wanted) -> Result<Batches, StoreError> {
        let files = self.files(&wanted).await?;
        let at_once = self.options.files_at_once.clamp(1, 4);
        let batches = futures::stream::iter(files)
            .map(move |(case, file)| {
                let table = Arc::clone(&self);
                async move { table.read_file(&case, &file).await }
            })
            .buffered(at_once)
            .map_ok(|batches| futures::stream::iter(batches.into_iter().map(Ok)))
            .try_flatten();
        let Some(from) = wanted.from_offset else { return Ok(batches.boxed()) };
        Ok(batches.map(move |b| from_offset(&b?, from)).try_filter(has_rows).boxed())
    }

    /// The files that may hold wanted rows, by case.
    async fn files(&self, wanted: &Wanted) -> Result<Vec<(String, DataFile)>, StoreError> {
        let may = |f: &DataFile| {
            wanted.partition.is_none_or(|p| f.may_hold(p)) && wanted.from_offset.is_none_or(|o| f.may_reach(o))
        };
        self.look(|state| {
            let cases = state.files.iter().filter(|(case, _)| wanted.case_id.as_ref().is_none_or(|w| w == *case));
            let files = cases.flat_map(|(case, files)| files.values().map(move |f| (case, f)));
            files.filter(|(_, f)| may(f)).map(|(case, f)| (case.clone(), f.clone())).collect()
        })
        .await
    }

    /// The rows of a file.
    pub(super) async fn read_file(&self, case_id: &str, file: &DataFile) -> Result<Vec<RecordBatch>, StoreError> {
        let (table, case_id) = (self.table(), case_id.to_owned());
        let what = format!("reading {} of table {table}", file.path);
        let got = self.log.storage().get(&Path::from(file.path.as_str())).await.map_err(io(&*what))?;
        let bytes = got.bytes().await.map_err(io(what))?;
        let decoded = SpawnedTask::spawn_blocking(move || {
            let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(parquet(table))?;
            let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(parquet(table))?;
            let schema = table.schema();
            reader.map(|b| with_case(&b?, &case_id, &schema)).collect::<Result<Vec<_>, _>>().map_err(arrow(table))
        });
        decoded.await.map_err(|e| broken(table, &e))?
    }
}

/// The columns of a file in the types of the table, and its case before them.
fn with_case(batch: &RecordBatch, case_id: &str, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let case: ArrayRef = Arc::new(StringArray::from_iter_values(std::iter::repeat_n(case_id, batch.num_rows())));
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(name.to_owned()));
    let columns = schema.fields().iter().map(|field| match field.name().as_str() {
        CASE_ID => Ok(ArrayRef::clone(&case)),
        name => cast(column(name)?, field.data_type()),
    });
    RecordBatch::try_new(SchemaRef::clone(schema), columns.collect::<Result<_, _>>()?)
}

/// The rows of a batch from an offset on; all of them in a table without offsets.
fn from_offset(batch: &RecordBatch, from: i64) -> Result<RecordBatch, StoreError> {
    let Some(offsets) = batch.column_by_name("origin_offset").and_then(|c| c.as_primitive_opt::<Int64Type>()) else {
        return Ok(batch.clone());
    };
    let scalar = datafusion::arrow::array::Int64Array::new_scalar(from);
    let kept: BooleanArray = gt_eq(offsets, &scalar).map_err(arrow(Table::Fixes))?;
    filter_record_batch(batch, &kept).map_err(arrow(Table::Fixes))
}

fn has_rows(batch: &RecordBatch) -> std::future::Ready<bool> {
    std::future::ready(batch.num_rows() > 0)
}
