//! The optimizer rule: a join whose condition bounds a distance becomes a [`ProximityJoinNode`].
//!
//! It runs after DataFusion's own rules: by then WHERE conjuncts have reached the join, equalities have become its keys and
//! unused columns are gone.

use std::sync::Arc;

use datafusion::common::config::ConfigExtension;
use datafusion::common::extensions_options;
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{NullEquality, Result};
use datafusion::logical_expr::{Extension, Join, JoinType, LogicalPlan};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use super::node::ProximityJoinNode;
use super::predicate::ProximityPredicate;
use super::recognise::{Refusal, Schemas, mentions_distance, recognise};

extensions_options! {
    /// Settings of a session: `SET locard.<name> = <value>`.
    pub struct LocardOptions {
        /// Plan joins by bounded distance as ProximityJoin. When false, DataFusion's own plan runs: the oracle in tests.
        pub proximity_join: bool, default = true
        /// Compute windows that look back a column at a time. When false, DataFusion's own operator does.
        pub windows_by_column: bool, default = true
    }
}

impl ConfigExtension for LocardOptions {
    const PREFIX: &'static str = "locard";
}

/// Plans joins by bounded distance as proximity joins.
#[derive(Debug, Default)]
pub struct ProximityJoinRule;

impl OptimizerRule for ProximityJoinRule {
    fn name(&self) -> &'static str {
        "proximity_join"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let options = config.options();
        let on = options.extensions.get::<LocardOptions>().is_none_or(|o| o.proximity_join);
        let LogicalPlan::Join(join) = plan else { return Ok(Transformed::no(plan)) };
        match judge(&join) {
            Some(Ok(predicate)) if on => Ok(Transformed::yes(replace(join, predicate))),
            _ => Ok(Transformed::no(LogicalPlan::Join(join))),
        }
    }
}

fn replace(join: Join, predicate: ProximityPredicate) -> LogicalPlan {
    let (left, right) = (Arc::unwrap_or_clone(join.left), Arc::unwrap_or_clone(join.right));
    LogicalPlan::Extension(Extension {
        node: Arc::new(ProximityJoinNode { left, right, predicate, schema: join.schema }),
    })
}

/// The predicate of a join, why it has none, or `None` if it measures no distance.
fn judge(join: &Join) -> Option<std::result::Result<ProximityPredicate, Refusal>> {
    let filter = join.filter.as_ref().filter(|f| mentions_distance(f))?;
    if join.join_type != JoinType::Inner || join.null_equality == NullEquality::NullEqualsNull {
        return Some(Err(Refusal::JoinType(join.join_type.to_string())));
    }
    recognise(&join.on, filter, Schemas { left: join.left.schema(), right: join.right.schema() })
}

/// The joins of an optimized plan that measure a distance and yet are not proximity joins, and why.
#[must_use]
pub fn refusals(plan: &LogicalPlan) -> Vec<Refusal> {
    let mut found = Vec::new();
    let visited = plan.apply_with_subqueries(|node| {
        match node {
            LogicalPlan::Join(join) => match judge(join) {
                Some(Err(why)) => found.push(why),
                Some(Ok(_)) => found.push(Refusal::Off),
                None => {}
            },
            // A distance filtered above a cross join was not bounded in a conjunct.
            LogicalPlan::Filter(f) if mentions_distance(&f.predicate) && holds_join(&f.input) => {
                found.push(Refusal::Unbounded(f.predicate.to_string()));
            }
            _ => {}
        }
        Ok(TreeNodeRecursion::Continue)
    });
    debug_assert!(visited.is_ok(), "the visitor returns no error");
    found
}

fn holds_join(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Join(_) => true,
        LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_) => {
            plan.inputs().first().is_some_and(|p| holds_join(p))
        }
        _ => false,
    }
}
