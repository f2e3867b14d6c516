//! A table of Delta Lake as the plain Parquet files that it consists of.
//!
//! ```text
//!  snapshot ─> its files ─> those that may hold wanted rows ─> a scan of Parquet, the case of each file as a value
//! ```
//! The rows are those of the snapshot, whoever reads the files: nothing of the log is asked again. So it is read wherever the
//! files say it all, which Delta Lake's own scan finds out anew for each query; where they do not, that one reads it. A session
//! says with [`PlainFiles`] that its plan is to be carried to machines that know files and not Delta Lake: then there is no
//! other way.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use datafusion::arrow::array::{Array as _, AsArray as _, BooleanArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue, Statistics, plan_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::object_store::path::Path;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::physical_plan::ExecutionPlan;
use deltalake_core::DeltaTable;
use deltalake_core::table::state::DeltaTableState;
use url::Url;

use super::scan::{FileRows, Scan};

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
    /// What the log says of the files, once somebody has asked: it is of one version, and does not change.
    listed: OnceLock<Listed>,
}

/// The files of a table.
#[derive(Debug)]
struct Listed {
    /// In the order of the log.
    files: Vec<FileRows>,
    /// For each file the values that stand in the log.
    values: RecordBatch,
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
            Arc::new(EitherWay { delta, state: state.clone(), root, whose, but, listed: OnceLock::new() })
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
        let (of_files, of_rows): (Vec<Expr>, Vec<Expr>) =
            filters.iter().cloned().partition(|f| is_of_files(&layout, f));
        let files = self.files(session, &layout, conjunction(of_files), conjunction(of_rows.clone()))?;
        let exact = self.exact(&of_rows)?;
        Scan { session, layout, wanted, filters: of_rows, exact, carried }.plan(files)
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

    /// The files that may hold rows that meet a condition on what stands in the log, and one on the other columns.
    fn files(
        &self,
        session: &dyn Session,
        layout: &TableSchema,
        of_files: Option<Expr>,
        of_rows: Option<Expr>,
    ) -> Result<Vec<FileRows>> {
        let listed = self.listed(layout)?;
        let chosen = of_files.map(|asked| chosen(session, asked, &listed.values)).transpose()?;
        let all = DFSchema::try_from(Arc::clone(layout.table_schema()))?;
        let condition = of_rows.map(|c| session.create_physical_expr(c, &all)).transpose()?;
        let kept = condition.and_then(|condition| self.kept(layout, &condition));
        let is_chosen = |at: usize| chosen.as_ref().is_none_or(|c| c.is_valid(at) && c.value(at));
        let is_kept = |at: usize| kept.as_ref().is_none_or(|kept| kept.get(at).is_none_or(|kept| *kept));
        let files = listed.files.iter().enumerate().filter(|(at, _)| is_chosen(*at) && is_kept(*at));
        Ok(files.map(|(_, file)| file.clone()).collect())
    }

    /// What the log says of the files.
    fn listed(&self, layout: &TableSchema) -> Result<&Listed> {
        if let Some(listed) = self.listed.get() {
            return Ok(listed);
        }
        let root = Path::from_url_path(self.root.path()).map_err(outside)?;
        let file = |view: deltalake_core::kernel::LogicalFileView| {
            let mut file = PartitionedFile::new("", u64::try_from(view.size()).unwrap_or(0));
            file.object_meta.location = Path::parse(format!("{root}/{}", view.object_store_path())).map_err(outside)?;
            let values = view.partition_values_map();
            let of = |field: &FieldRef| value(field, values.get(field.name()).and_then(Option::as_deref));
            file.partition_values = layout.table_partition_cols().iter().map(of).collect::<Result<_>>()?;
            Ok(FileRows { file, rows: view.num_records() })
        };
        let files = self.state.log_data().iter().map(file).collect::<Result<Vec<_>>>()?;
        let values = values(layout, &files)?;
        Ok(self.listed.get_or_init(|| Listed { files, values }))
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

/// Whether a filter asks for nothing but what stands in the log, so that it holds for all rows of a file or for none.
fn is_of_files(layout: &TableSchema, filter: &Expr) -> bool {
    let of_log = layout.table_partition_cols();
    let columns = filter.column_refs();
    !columns.is_empty() && !filter.is_volatile() && columns.iter().all(|c| of_log.iter().any(|f| *f.name() == c.name))
}

/// For each file the values that stand in the log.
fn values(layout: &TableSchema, files: &[FileRows]) -> Result<RecordBatch> {
    let schema = Arc::new(Schema::new(layout.table_partition_cols().clone()));
    if files.is_empty() {
        return Ok(RecordBatch::new_empty(schema));
    }
    let columns = (0..schema.fields().len()).map(|column| {
        ScalarValue::iter_to_array(files.iter().filter_map(|f| f.file.partition_values.get(column).cloned()))
    });
    let count = RecordBatchOptions::new().with_row_count(Some(files.len()));
    Ok(RecordBatch::try_new_with_options(schema, columns.collect::<Result<_>>()?, &count)?)
}

/// For each file whether it meets a condition on what stands in the log.
fn chosen(session: &dyn Session, condition: Expr, values: &RecordBatch) -> Result<BooleanArray> {
    let condition = session.create_physical_expr(condition, &DFSchema::try_from(values.schema())?)?;
    let meets = condition.evaluate(values)?.into_array(values.num_rows())?;
    let Some(meets) = meets.as_boolean_opt() else { return plan_err!("{condition} is no condition") };
    Ok(meets.clone())
}
