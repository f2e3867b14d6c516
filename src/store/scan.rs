//! A scan of data files: as Parquet, or from columns that are kept.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, Result, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_expr::expressions::col;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};

use super::kept::{HowRead, KeptColumns, KeptExec, Rows};

/// A piece of a file is no smaller than this: opening costs more than reading less.
const SMALLEST_PIECE_BYTES: u64 = 4 << 20;

/// A data file.
#[derive(Debug, Clone)]
pub(super) struct FileRows {
    pub(super) file: PartitionedFile,
    /// How many rows it has, if the log says so.
    pub(super) rows: Option<usize>,
}

/// What is wanted of data files.
pub(super) struct Scan<'s> {
    pub(super) session: &'s dyn Session,
    /// The columns of the files, then those that stand in the log for each file.
    pub(super) layout: TableSchema,
    /// The columns that are wanted, in their order.
    pub(super) wanted: &'s SchemaRef,
    /// Rows that do not meet these may be left out.
    pub(super) filters: Vec<Expr>,
    /// Those of them that nobody evaluates again.
    pub(super) exact: Vec<Expr>,
    /// Whether the plan is for other machines, which know files and keep nothing.
    pub(super) carried: bool,
}

impl Scan<'_> {
    /// The plan that reads files.
    ///
    /// # Errors
    /// If a column is not there, or a condition is none on these columns.
    pub(super) fn plan(self, files: Vec<FileRows>) -> Result<Arc<dyn ExecutionPlan>> {
        if files.is_empty() {
            return Ok(Arc::new(EmptyExec::new(Arc::clone(self.wanted))));
        }
        let kept = self.session.config().get_extension::<KeptColumns>().filter(|_| !self.carried);
        if let Some(kept) = kept {
            kept.sweep();
            let columns = self.read(&self.filters);
            if let Some(rows) = worth_keeping(&kept, &files, &self.layout, &columns) {
                return self.kept(kept, rows, columns);
            }
        }
        self.parquet(files)
    }

    /// The columns that are wanted or asked by filters, in the order of the layout.
    fn read(&self, filters: &[Expr]) -> Vec<usize> {
        let asked = |name: &str| filters.iter().any(|f| f.column_refs().iter().any(|c| c.name == name));
        let columns = self.layout.table_schema().fields().iter().enumerate();
        columns.filter(|(_, f)| self.wanted.index_of(f.name()).is_ok() || asked(f.name())).map(|(i, _)| i).collect()
    }

    fn parquet(self, files: Vec<FileRows>) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = self.layout.table_schema();
        let mut source = ParquetSource::new(self.layout.clone());
        if !self.carried {
            source = source.with_parquet_file_reader_factory(footers_once(self.session)?);
        }
        if let Some(condition) = conjunction(self.filters.clone()) {
            // The other columns are decoded of the rows that meet it.
            let condition = self.session.create_physical_expr(condition, &DFSchema::try_from(Arc::clone(schema))?)?;
            source = source.with_predicate(condition).with_pushdown_filters(true);
        }
        let size = size(schema, &files);
        let files = files.into_iter().map(|f| f.file).collect();
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_projection_indices(Some(self.read(&self.exact)))?
            .with_statistics(size)
            .with_file_groups(groups(files, self.session.config().target_partitions()))
            .build();
        let mut plan: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(config);
        if let Some(condition) = conjunction(self.exact) {
            let condition = self.session.create_physical_expr(condition, &DFSchema::try_from(plan.schema())?)?;
            plan = Arc::new(FilterExec::try_new(condition, plan)?);
        }
        by_name(plan, self.wanted)
    }

    fn kept(self, kept: Arc<KeptColumns>, rows: Vec<Rows>, columns: Vec<usize>) -> Result<Arc<dyn ExecutionPlan>> {
        let reader = footers_once(self.session)?;
        let how = HowRead { layout: self.layout, columns, reader, kept };
        let plan = Arc::new(KeptExec::new(rows, how, self.session.config().target_partitions())?);
        let Some(condition) = conjunction(self.filters) else { return by_name(plan, self.wanted) };
        let read = plan.schema();
        let condition = self.session.create_physical_expr(condition, &DFSchema::try_from(Arc::clone(&read))?)?;
        let wanted = self.wanted.fields().iter().map(|f| Ok(read.index_of(f.name())?)).collect::<Result<Vec<_>>>()?;
        let filter = FilterExecBuilder::new(condition, plan).apply_projection(Some(wanted))?;
        Ok(Arc::new(filter.build()?))
    }
}

/// Files with their rows, if their columns are to be read by what is kept of them: most rows were asked for before, and
/// all of it takes no more than half of the room.
fn worth_keeping(kept: &KeptColumns, files: &[FileRows], layout: &TableSchema, columns: &[usize]) -> Option<Vec<Rows>> {
    let mut known = 0;
    let rows: Option<Vec<Rows>> = files
        .iter()
        .map(|f| {
            let rows = Rows::of(f.file.clone(), f.rows?);
            known += if kept.meets(rows.name()) { rows.count() } else { 0 };
            Some(rows)
        })
        .collect();
    let rows = rows?;
    let all: usize = rows.iter().map(Rows::count).sum();
    let width: usize =
        columns.iter().filter_map(|c| layout.file_schema().fields().get(*c)).map(|f| width(f.data_type())).sum();
    (known.saturating_mul(2) > all && all.saturating_mul(width) <= kept.most_bytes() / 2).then_some(rows)
}

/// About how many bytes a value takes.
fn width(kind: &DataType) -> usize {
    // A text is a view, and mostly one of few.
    kind.primitive_width().unwrap_or(16)
}

/// Reads each file's footer once for all queries of a desk; a file never changes. They are kept in the engine's cache, 50 MB.
fn footers_once(session: &dyn Session) -> Result<Arc<CachedParquetFileReaderFactory>> {
    let runtime = session.runtime_env();
    let storage = runtime.object_store(ObjectStoreUrl::local_filesystem())?;
    Ok(Arc::new(CachedParquetFileReaderFactory::new(storage, runtime.cache_manager.get_file_metadata_cache())))
}

/// How much the files hold.
fn size(schema: &Schema, files: &[FileRows]) -> Statistics {
    let mut all = Statistics::new_unknown(schema);
    let rows: Option<usize> = files.iter().map(|f| f.rows).sum();
    all.num_rows = rows.map_or(Precision::Absent, Precision::Inexact);
    let bytes: u64 = files.iter().map(|f| f.file.object_meta.size).sum();
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
        let expr = col(f.name(), &read)?;
        Ok(ProjectionExpr { expr, alias: f.name().clone() })
    });
    Ok(Arc::new(ProjectionExec::try_new(columns.collect::<Result<Vec<_>>>()?, plan)?))
}
