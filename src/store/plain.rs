//! A table of Delta Lake as the plain Parquet files that it consists of.
//!
//! ```text
//!  snapshot ─> its files ─> those that may hold wanted rows ─> a scan of Parquet, the case of each file as a value
//! ```
//! The rows are those of the snapshot, whoever reads the files: nothing of the log is asked again. So it is read wherever the
//! files say it all, which Delta Lake's own scan finds out anew for each query; where they do not, that one reads it. A session
//! says with [`PlainFiles`] that its plan is to be carried to machines that know files and not Delta Lake: then there is no
//! other way.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::pruning::PruningStatistics as _;
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue, Statistics, plan_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::object_store::path::Path;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::col;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use deltalake_core::DeltaTable;
use deltalake_core::table::state::DeltaTableState;
use url::Url;

/// A piece of a file is no smaller than this: opening costs more than reading less.
const SMALLEST_PIECE_BYTES: u64 = 4 << 20;

/// In the extensions of a session's settings: tables are read as plain files or not at all, so that the plan can be carried
/// elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainFiles;

/// A table that is read as its files, or through Delta Lake if they do not say it all.
#[derive(Debug)]
pub(super) struct EitherWay {
    delta: Arc<dyn TableProvider>,
    state: DeltaTableState,
    root: Url,
    whose: Whose,
    /// Why the files do not say it all; `None` if they do.
    but: Option<String>,
}

/// Who wrote a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Locard: its files have all columns, and their paths are below the table's folder.
    Ours,
    /// Somebody: Delta Lake knows best what its log may say.
    Anybodys,
}

/// The provider of a table that can be read either way; the same provider if the table cannot.
pub(super) fn either_way(table: &DeltaTable, delta: Arc<dyn TableProvider>, whose: Whose) -> Arc<dyn TableProvider> {
    match table.snapshot() {
        Ok(state) => {
            let root = table.log_store().root_url().clone();
            let but = but(state, &root);
            Arc::new(EitherWay { delta, state: state.clone(), root, whose, but })
        }
        Err(_) => delta,
    }
}

/// Why the files of a table do not say it all: they do in the plainest protocol, which is ours, and in a folder.
fn but(state: &DeltaTableState, root: &Url) -> Option<String> {
    let protocol = serde_json::to_value(state.protocol()).unwrap_or_default();
    let version = protocol.get("minReaderVersion").and_then(serde_json::Value::as_i64);
    if version != Some(1) {
        return Some(format!("a table that needs reader version {version:?} of Delta Lake cannot be read elsewhere"));
    }
    let scheme = root.scheme();
    (scheme != "file").then(|| format!("the table is at {scheme}: elsewhere only tables in folders can be read"))
}

#[async_trait]
impl TableProvider for EitherWay {
    fn schema(&self) -> SchemaRef {
        self.delta.schema()
    }

    fn table_type(&self) -> TableType {
        self.delta.table_type()
    }

    fn statistics(&self) -> Option<Statistics> {
        self.delta.statistics()
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        self.delta.supports_filters_pushdown(filters)
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let carried = session.config().get_extension::<PlainFiles>().is_some();
        match &self.but {
            Some(but) if carried => return plan_err!("{but}"),
            None if carried || self.whose == Whose::Ours => {}
            _ => return self.delta.scan(session, projection, filters, limit).await,
        }
        let schema = self.schema();
        let wanted = match projection {
            Some(columns) => Arc::new(schema.project(columns)?),
            None => schema,
        };
        self.plain(session, &wanted, filters, carried)
    }
}

impl EitherWay {
    fn plain(
        &self,
        session: &dyn Session,
        wanted: &SchemaRef,
        filters: &[Expr],
        carried: bool,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let layout = self.layout();
        let all = DFSchema::try_from(Arc::clone(layout.table_schema()))?;
        let condition = conjunction(filters.to_vec()).map(|c| session.create_physical_expr(c, &all)).transpose()?;
        let exact = self.exact(filters)?;
        let Held { files, rows } = self.files(&layout, condition.as_ref())?;
        if files.is_empty() {
            return Ok(Arc::new(EmptyExec::new(Arc::clone(wanted))));
        }
        let mut source = ParquetSource::new(layout.clone());
        if !carried {
            source = source.with_parquet_file_reader_factory(footers_once(session)?);
        }
        if let Some(condition) = condition {
            // The other columns are decoded of the rows that meet it.
            source = source.with_predicate(condition).with_pushdown_filters(true);
        }
        let read = |name: &str| {
            wanted.index_of(name).is_ok() || exact.iter().any(|f| f.column_refs().iter().any(|c| c.name == name))
        };
        let columns = layout.table_schema().fields().iter().enumerate();
        let columns = columns.filter(|(_, f)| read(f.name())).map(|(i, _)| i).collect();
        let statistics = size(layout.table_schema(), &files, rows);
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_projection_indices(Some(columns))?
            .with_statistics(statistics)
            .with_file_groups(groups(files, session.config().target_partitions()))
            .build();
        let mut plan: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(config);
        if let Some(condition) = conjunction(exact) {
            let condition = session.create_physical_expr(condition, &DFSchema::try_from(plan.schema())?)?;
            plan = Arc::new(FilterExec::try_new(condition, plan)?);
        }
        by_name(plan, wanted)
    }

    /// The columns of the files, then those that stand in the log for each file.
    fn layout(&self) -> TableSchema {
        let schema = self.schema();
        let of_log = self.state.metadata().partition_columns();
        let (partition, file): (Vec<FieldRef>, Vec<FieldRef>) =
            schema.fields().iter().cloned().partition(|f| of_log.contains(f.name()));
        TableSchema::builder(Arc::new(Schema::new(file))).with_table_partition_cols(partition).build()
    }

    /// The filters that nobody evaluates again.
    fn exact(&self, filters: &[Expr]) -> Result<Vec<Expr>> {
        let asked: Vec<&Expr> = filters.iter().collect();
        let answers = self.supports_filters_pushdown(&asked)?;
        let exact = filters.iter().zip(answers).filter(|(_, a)| *a == TableProviderFilterPushDown::Exact);
        Ok(exact.map(|(f, _)| f.clone()).collect())
    }

    /// The files that may hold rows that meet a condition on the columns of the layout.
    fn files(&self, layout: &TableSchema, condition: Option<&Arc<dyn PhysicalExpr>>) -> Result<Held> {
        let log = self.state.log_data();
        let kept = condition.and_then(|condition| self.kept(layout, condition));
        let kept = kept.unwrap_or_else(|| vec![true; log.num_containers()]);
        let root = Path::from_url_path(self.root.path()).map_err(outside)?;
        let mut held = Held { files: Vec::new(), rows: Some(0) };
        for (view, _) in log.iter().zip(kept).filter(|(_, kept)| *kept) {
            let mut file = PartitionedFile::new("", u64::try_from(view.size()).unwrap_or(0));
            file.object_meta.location = Path::parse(format!("{root}/{}", view.object_store_path())).map_err(outside)?;
            let values = view.partition_values_map();
            let of = |field: &FieldRef| value(field, values.get(field.name()).and_then(Option::as_deref));
            file.partition_values = layout.table_partition_cols().iter().map(of).collect::<Result<_>>()?;
            held.rows = held.rows.zip(view.num_records()).map(|(all, more)| all.saturating_add(more));
            held.files.push(file);
        }
        Ok(held)
    }

    /// For each file whether it may hold rows that meet a condition; nothing if that cannot be told.
    fn kept(&self, layout: &TableSchema, condition: &Arc<dyn PhysicalExpr>) -> Option<Vec<bool>> {
        PruningPredicateBuilder::new()
            .with_file_schema(Arc::clone(layout.table_schema()))
            .try_build(Arc::clone(condition))
            .ok()?
            .prune(&self.state.log_data())
            .ok()
    }
}

/// Reads each file's footer once for all queries of a desk; a file never changes. They are kept in the engine's cache, 50 MB.
fn footers_once(session: &dyn Session) -> Result<Arc<CachedParquetFileReaderFactory>> {
    let runtime = session.runtime_env();
    let storage = runtime.object_store(ObjectStoreUrl::local_filesystem())?;
    Ok(Arc::new(CachedParquetFileReaderFactory::new(storage, runtime.cache_manager.get_file_metadata_cache())))
}

/// Files that may hold wanted rows.
struct Held {
    files: Vec<PartitionedFile>,
    /// How many rows they hold, if the log says so of each.
    rows: Option<usize>,
}

fn outside(error: impl std::error::Error + Send + Sync + 'static) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// The value of a column that stands in the log, as text.
fn value(field: &Field, text: Option<&str>) -> Result<ScalarValue> {
    match text {
        Some(text) => ScalarValue::Utf8(Some(text.to_owned())).cast_to(field.data_type()),
        None => ScalarValue::try_from(field.data_type()),
    }
}

/// How much the files hold.
fn size(schema: &Schema, files: &[PartitionedFile], rows: Option<usize>) -> Statistics {
    let mut all = Statistics::new_unknown(schema);
    all.num_rows = rows.map_or(Precision::Absent, Precision::Inexact);
    let bytes: u64 = files.iter().map(|f| f.object_meta.size).sum();
    all.total_byte_size = Precision::Inexact(usize::try_from(bytes).unwrap_or(usize::MAX));
    all
}

/// The files in so many groups, each for one task; a file larger than its share is cut, so that none waits for one.
fn groups(files: Vec<PartitionedFile>, parts: usize) -> Vec<FileGroup> {
    let parts = parts.max(1);
    let bytes: u64 = files.iter().map(|f| f.object_meta.size).sum();
    let share = (bytes / parts as u64).max(SMALLEST_PIECE_BYTES);
    let mut pieces = Vec::new();
    for file in files {
        let (whole, mut start) = (file.object_meta.size, 0);
        while whole - start > share + share / 2 {
            pieces.push(piece(&file, start, start + share));
            start += share;
        }
        pieces.push(if start == 0 { file } else { piece(&file, start, whole) });
    }
    FileGroup::new(pieces).split_files(parts)
}

/// The row groups of a file that begin between two of its bytes.
fn piece(file: &PartitionedFile, from: u64, to: u64) -> PartitionedFile {
    let at = |byte: u64| i64::try_from(byte).unwrap_or(i64::MAX);
    file.clone().with_range(at(from), at(to))
}

/// The columns that are wanted, in their order.
fn by_name(plan: Arc<dyn ExecutionPlan>, wanted: &SchemaRef) -> Result<Arc<dyn ExecutionPlan>> {
    let read = plan.schema();
    if read.fields().iter().map(|f| f.name()).eq(wanted.fields().iter().map(|f| f.name())) {
        return Ok(plan);
    }
    let columns = wanted.fields().iter().map(|f| {
        let expr: Arc<dyn PhysicalExpr> = col(f.name(), &read)?;
        Ok(ProjectionExpr { expr, alias: f.name().clone() })
    });
    Ok(Arc::new(ProjectionExec::try_new(columns.collect::<Result<Vec<_>>>()?, plan)?))
}
