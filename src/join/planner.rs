//! From the logical node to the operator.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::Schema;
use datafusion::catalog::Session;
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, Result};
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNode};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};

use super::exec::ProximityJoinExec;
use super::node::ProximityJoinNode;
use super::physical::{JoinSpec, RadiusPhysical, Residual, SidePhysical};
use super::predicate::{Side, SideExprs};

/// DataFusion's planner, with ours for the proximity join.
#[derive(Debug, Default)]
pub struct LocardQueryPlanner;

#[async_trait]
impl QueryPlanner for LocardQueryPlanner {
    async fn create_physical_plan(&self, plan: &LogicalPlan, session: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(ProximityPlanner)])
            .create_physical_plan(plan, session)
            .await
    }
}

/// Plans the proximity join.
#[derive(Debug, Default)]
pub struct ProximityPlanner;

#[async_trait]
impl ExtensionPlanner for ProximityPlanner {
    async fn plan_extension(
        &self,
        planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _logical_inputs: &[&LogicalPlan],
        inputs: &[Arc<dyn ExecutionPlan>],
        session: &dyn Session,
        context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let (Some(node), [left, right]) = (node.as_any().downcast_ref::<ProximityJoinNode>(), inputs) else {
            return Ok(None);
        };
        let spec = Compiler { planner, session, context, node }.spec()?;
        let build = smaller(left, right)?;
        let join = ProximityJoinExec::try_new(left.clone(), right.clone(), Arc::new(spec), build, None)?;
        Ok(Some(Arc::new(join)))
    }
}

/// The side to read whole: the one with fewer rows, or fewer bytes; the right one where neither is known.
fn smaller(left: &Arc<dyn ExecutionPlan>, right: &Arc<dyn ExecutionPlan>) -> Result<Side> {
    if left.properties().boundedness.is_unbounded() {
        return Ok(Side::Right);
    }
    if right.properties().boundedness.is_unbounded() {
        return Ok(Side::Left);
    }
    let statistics =
        |plan: &Arc<dyn ExecutionPlan>| StatisticsContext::new().compute(plan.as_ref(), &StatisticsArgs::new());
    let (l, r) = (statistics(left)?, statistics(right)?);
    let less = |a: &Precision<usize>, b: &Precision<usize>| Some(a.get_value()? < b.get_value()?);
    let left_is_less =
        less(&l.num_rows, &r.num_rows).or_else(|| less(&l.total_byte_size, &r.total_byte_size)).unwrap_or(false);
    Ok(if left_is_less { Side::Left } else { Side::Right })
}

struct Compiler<'a> {
    planner: &'a dyn PhysicalPlanner,
    session: &'a dyn Session,
    context: &'a PhysicalPlanningContext,
    node: &'a ProximityJoinNode,
}

impl Compiler<'_> {
    fn spec(&self) -> Result<JoinSpec> {
        let p = &self.node.predicate;
        let (left, right) = (self.node.left.schema(), self.node.right.schema());
        let radius = p.radius.iter().map(|term| {
            let schema = if term.side == Some(Side::Right) { right } else { left };
            Ok(RadiusPhysical { side: term.side, expr: self.expr(&term.expr, schema)? })
        });
        Ok(JoinSpec {
            metric: p.metric,
            right_first: p.right_first,
            strict: p.strict,
            strict_lo: p.strict_lo,
            strict_hi: p.strict_hi,
            left: self.side(&p.left, left)?,
            right: self.side(&p.right, right)?,
            radius: radius.collect::<Result<_>>()?,
            residual: p.residual.as_ref().map(|e| self.residual(e)).transpose()?,
            text: p.to_string(),
        })
    }

    fn expr(&self, expr: &Expr, schema: &DFSchema) -> Result<Arc<dyn PhysicalExpr>> {
        self.planner.create_physical_expr(expr, schema, self.session, self.context)
    }

    fn side(&self, side: &SideExprs, schema: &DFSchema) -> Result<SidePhysical> {
        let optional = |e: &Option<Expr>| e.as_ref().map(|e| self.expr(e, schema)).transpose();
        Ok(SidePhysical {
            lat: self.expr(&side.lat, schema)?,
            lon: self.expr(&side.lon, schema)?,
            lo: optional(&side.lo)?,
            hi: optional(&side.hi)?,
            keys: side.keys.iter().map(|e| self.expr(e, schema)).collect::<Result<_>>()?,
        })
    }

    /// The residual over a batch of just the columns it reads.
    fn residual(&self, expr: &Expr) -> Result<Residual> {
        let whole = &self.node.schema;
        let left_columns = self.node.left.schema().fields().len();
        let mut read: Vec<usize> =
            expr.column_refs().into_iter().map(|c| whole.index_of_column(c)).collect::<Result<_>>()?;
        read.sort_unstable();
        let fields = read.iter().map(|i| {
            let (qualifier, field) = whole.qualified_field(*i);
            (qualifier.cloned(), Arc::clone(field))
        });
        let fields: Vec<_> = fields.collect();
        let schema = DFSchema::new_with_metadata(fields, Schema::empty().metadata)?;
        let origin = |i: &usize| if *i < left_columns { (Side::Left, *i) } else { (Side::Right, *i - left_columns) };
        Ok(Residual {
            expr: self.expr(expr, &schema)?,
            columns: read.iter().map(origin).collect(),
            schema: Arc::new(Schema::clone(schema.as_arrow())),
        })
    }
}
