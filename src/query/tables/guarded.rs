//! A table as one viewer may see it.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::Partitioning;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties as _};

use super::judge::{Allowed, allowed};
use super::scan::{hint, named_case, projected, scan_where};
use super::sealed::SealedExec;
use crate::query::catalogue::TableDoc;
use crate::query::rights::Rights;
use crate::query::tally::Tally;

/// A table, of which only the rows are seen that its viewer may see when it is read: a plan that was made before shows no
/// more than one that is made now.
#[derive(Debug)]
pub(super) struct Guarded {
    rows: Arc<dyn TableProvider>,
    doc: &'static TableDoc,
    rights: Arc<Rights>,
    schema: SchemaRef,
}

impl Guarded {
    pub(super) fn new(rows: Arc<dyn TableProvider>, doc: &'static TableDoc, rights: Arc<Rights>) -> Self {
        Self { rows, doc, rights, schema: doc.schema() }
    }

    /// The case that a filter names, if no row of another one comes out and nobody needs to ask again.
    fn exact_case<'f>(&self, filter: &'f Expr) -> Result<Option<&'f str>> {
        // What a sealed operator says of its rows is not carried to other machines.
        let Some(case) = named_case(filter).filter(|_| !cfg!(feature = "cluster")) else { return Ok(None) };
        let answers = self.rows.supports_filters_pushdown(&[filter])?;
        Ok((answers == [TableProviderFilterPushDown::Exact]).then_some(case))
    }
}

/// Whether an expression of the viewer's may be evaluated on rows they may not see: a comparison of a column with a value
/// cannot fail, and what it gives stays below the guard.
fn is_plain(filter: &Expr) -> bool {
    let ends = |a: &Expr, b: &Expr| matches!((a, b), (Expr::Column(_), Expr::Literal(..)));
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            (compares(*op) && (ends(left, right) || ends(right, left)))
                || (op.is_logic_operator() && is_plain(left) && is_plain(right))
        }
        Expr::InList(list) => list.list.iter().all(|value| ends(&list.expr, value)),
        Expr::Between(between) => ends(&between.expr, &between.low) && ends(&between.expr, &between.high),
        Expr::IsNull(of) | Expr::IsNotNull(of) => matches!(of.as_ref(), Expr::Column(_)),
        _ => false,
    }
}

/// The six comparisons; a match with a pattern can fail.
const fn compares(op: Operator) -> bool {
    matches!(op, Operator::Eq | Operator::NotEq | Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq)
}

#[async_trait]
impl TableProvider for Guarded {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let answer = |filter: &&Expr| {
            let exact = self.exact_case(filter)?.is_some();
            Ok(if exact { TableProviderFilterPushDown::Exact } else { hint(is_plain(filter)) })
        };
        filters.iter().map(answer).collect()
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let wanted = projected(&self.schema, projection)?;
        let mut hints: Vec<Expr> = filters.iter().filter(|f| is_plain(f)).cloned().collect();
        let scope = self.rights.scope();
        if let Some(tally) = state.config().get_extension::<Tally>() {
            tally.reads(&scope, filters)?;
        }
        let allowed = allowed(&scope, self.doc.judged);
        let condition = match &allowed {
            Allowed::Nothing => return Ok(Arc::new(EmptyExec::new(wanted))),
            Allowed::Everything => None,
            Allowed::Rows(rows) => {
                hints.push(rows.cases.clone());
                Some(&rows.condition)
            }
        };
        let plan = scan_where(self.rows.as_ref(), state, &wanted, &hints, condition).await?;
        let sealed = if condition.is_some() {
            let plan = divided(plan, state.config().target_partitions())?;
            SealedExec::new(self.doc.name, plan, wanted)
        } else {
            let size = StatisticsContext::new().compute(plan.as_ref(), &StatisticsArgs::default())?;
            SealedExec::new(self.doc.name, plan, wanted).with_size_of(&size)
        };
        let case = filters.iter().find_map(|f| self.exact_case(f).transpose()).transpose()?;
        Ok(Arc::new(sealed.with_case(case)?))
    }
}

/// A plan of so many partitions, however many it has: how many files there are, and how large they are, is of rows that may
/// not be seen too, and would show in the plan above.
fn divided(plan: Arc<dyn ExecutionPlan>, parts: usize) -> Result<Arc<dyn ExecutionPlan>> {
    if plan.output_partitioning().partition_count() == parts {
        return Ok(plan);
    }
    Ok(Arc::new(RepartitionExec::try_new(plan, Partitioning::RoundRobinBatch(parts.max(1)))?))
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{col, lit};

    use super::*;

    #[test]
    fn only_what_cannot_fail_is_evaluated_below_the_guard() {
        for plain in [
            col("a").eq(lit(1)),
            lit(1).lt(col("a")),
            col("a").gt(lit(1)).and(col("b").lt_eq(lit("x"))),
            col("a").in_list(vec![lit(1), lit(2)], false),
            col("a").between(lit(1), lit(2)),
            col("a").is_null(),
        ] {
            assert!(is_plain(&plain), "{plain}");
        }
        for other in [
            (lit(1) / col("a")).eq(lit(1)),
            col("a").eq(lit(1)).and((lit(1) / col("a")).eq(lit(1))),
            col("a").eq(col("b")),
            (col("a") + lit(1)).is_null(),
            col("a").like(lit("x%")),
            col("a").in_list(vec![lit(1) / col("a")], false),
            lit(true),
        ] {
            assert!(!is_plain(&other), "{other}");
        }
    }
}
