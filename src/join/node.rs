//! The logical node: an inner join by a [`ProximityPredicate`].

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use datafusion::common::{DFSchemaRef, JoinType, Result, plan_err};
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore, build_join_schema};

use super::predicate::ProximityPredicate;

/// An inner join by distance and time; its columns are the left input's, then the right input's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProximityJoinNode {
    /// Left input.
    pub left: LogicalPlan,
    /// Right input.
    pub right: LogicalPlan,
    /// What a pair must satisfy.
    pub predicate: ProximityPredicate,
    /// The output schema.
    pub schema: DFSchemaRef,
}

// A schema has no order; it follows from the inputs.
impl PartialOrd for ProximityJoinNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (&self.left, &self.right, &self.predicate).partial_cmp(&(&other.left, &other.right, &other.predicate))
    }
}

impl UserDefinedLogicalNodeCore for ProximityJoinNode {
    fn name(&self) -> &'static str {
        "ProximityJoin"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.left, &self.right]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        self.predicate.exprs()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProximityJoin: {}", self.predicate)
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let Ok([left, right]) = <[LogicalPlan; 2]>::try_from(inputs) else {
            return plan_err!("ProximityJoin takes two inputs");
        };
        let same = left.schema() == self.left.schema() && right.schema() == self.right.schema();
        let schema = if same {
            self.schema.clone()
        } else {
            Arc::new(build_join_schema(left.schema(), right.schema(), &JoinType::Inner)?)
        };
        Ok(Self { left, right, predicate: self.predicate.with_exprs(exprs), schema })
    }
}
