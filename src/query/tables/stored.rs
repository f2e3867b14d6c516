//! A table of the store, as of its last commit at each query or as it was.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType, col, lit};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};

use super::scan::{named_case, projected, scan_where};
use super::sealed::{SealedExec, unreadable};
use super::{AsOf, Pins};
use crate::store::{Followed, STORED_AT, StoreError};

/// A table of the store. Whoever reads it sees every case: it is only ever wrapped.
#[derive(Debug)]
pub(super) struct Stored {
    followed: Arc<Followed>,
    as_of: AsOf,
    schema: SchemaRef,
}

impl Stored {
    pub(super) fn new(followed: Arc<Followed>, as_of: AsOf) -> Self {
        let schema = viewed(&followed.table().schema());
        Self { followed, as_of, schema }
    }

    /// The table that a question about the last commit reads, if it reads one version throughout.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub(super) async fn pinned(&self, state: &dyn Session) -> Result<Option<Arc<dyn TableProvider>>> {
        match (self.as_of, state.config().get_extension::<Pins>()) {
            (AsOf::Now, Some(_)) => self.table(state).await,
            _ => Ok(None),
        }
    }

    async fn table(&self, state: &dyn Session) -> Result<Option<Arc<dyn TableProvider>>> {
        let name = self.followed.table().name();
        if let AsOf::Time(us) = self.as_of {
            self.followed.check_moment(us).await.map_err(|e| told(name, &e))?;
        }
        let found = match (self.as_of, state.config().get_extension::<Pins>()) {
            (AsOf::Version(version), _) => self.followed.version(version).await.map(Some),
            (_, Some(pins)) => pins.of(&self.followed).await,
            (_, None) => self.followed.newest().await,
        };
        found.map_err(|e| told(name, &e))
    }
}

/// What a viewer is told of the store's fault; the rest is for the log.
fn told(table: &str, error: &StoreError) -> DataFusionError {
    if let StoreError::NoVersion { .. } | StoreError::NoMoment { .. } = error {
        return DataFusionError::Plan(error.to_string());
    }
    unreadable(table, &error.to_string())
}

/// The filters that were promised above and that the table itself does not promise.
fn promised_alone(table: &dyn TableProvider, filters: &[Expr]) -> Result<Vec<Expr>> {
    let promised: Vec<&Expr> = filters.iter().filter(|f| named_case(f).is_some()).collect();
    let answers = table.supports_filters_pushdown(&promised)?;
    let alone = promised.into_iter().zip(answers).filter(|(_, a)| *a != TableProviderFilterPushDown::Exact);
    Ok(alone.map(|(f, _)| f.clone()).collect())
}

/// The columns as they are read: texts as views, which are read without copying.
fn viewed(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|f| {
        let kind = match f.data_type() {
            DataType::Utf8 => DataType::Utf8View,
            DataType::Binary => DataType::BinaryView,
            other => other.clone(),
        };
        Field::new(f.name(), kind, f.is_nullable())
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

#[async_trait]
impl TableProvider for Stored {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // A case has files of its own.
        let answer = |filter: &&Expr| match named_case(filter) {
            Some(_) => TableProviderFilterPushDown::Exact,
            None => TableProviderFilterPushDown::Inexact,
        };
        Ok(filters.iter().map(answer).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let wanted = projected(&self.schema, projection)?;
        let Some(table) = self.table(state).await? else { return Ok(Arc::new(EmptyExec::new(wanted))) };
        // Rows are only ever added: what stood at a moment is what was committed up to it.
        let until = match self.as_of {
            AsOf::Time(us) => {
                Some(col(STORED_AT).lt_eq(lit(ScalarValue::TimestampMicrosecond(Some(us), Some("UTC".into())))))
            }
            _ => None,
        };
        let condition = conjunction(until.into_iter().chain(promised_alone(table.as_ref(), filters)?));
        let plan = scan_where(table.as_ref(), state, &wanted, filters, condition.as_ref()).await?;
        let size = StatisticsContext::new().compute(plan.as_ref(), &StatisticsArgs::default())?;
        Ok(Arc::new(SealedExec::new(self.followed.table().name(), plan, wanted).with_size_of(&size)))
    }
}
