//! What a plan says of itself, for protocols that must tell it: the tables that it reads, and what its parameters are.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};

/// The most parameters: PostgreSQL's protocol counts them in 16 bits.
const MOST_PARAMETERS: usize = u16::MAX as usize;

/// The tables that a plan reads, each once, in order.
pub(super) fn tables_of(plan: &LogicalPlan) -> Vec<String> {
    let mut tables = Vec::new();
    let visited = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            tables.push(scan.table_name.table().to_owned());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    // The visitor has no errors of its own.
    drop(visited);
    tables.sort();
    tables.dedup();
    tables
}

/// The types that the engine wants `$1`, `$2`, ... to have: of what they are compared with, or cast to; `None` where it
/// does not know.
///
/// # Errors
/// `Plan` for a parameter that is not written so, and for one too many.
pub(super) fn parameter_types(plan: &LogicalPlan) -> Result<Vec<Option<DataType>>, DataFusionError> {
    let mut found: BTreeMap<usize, Option<DataType>> = BTreeMap::new();
    for (id, wanted) in plan.get_parameter_types()? {
        let number = id.strip_prefix('$').and_then(|n| n.parse::<usize>().ok()).filter(|n| *n > 0);
        let wrong = || DataFusionError::Plan(format!("there is no placeholder {id}: use $1, $2, ..."));
        found.insert(number.ok_or_else(wrong)?, wanted);
    }
    for (number, cast) in cast_types(plan)? {
        let wanted = found.entry(number).or_default();
        *wanted = wanted.take().or(Some(cast));
    }
    let most = found.keys().next_back().copied().unwrap_or(0);
    if most > MOST_PARAMETERS {
        return Err(DataFusionError::Plan(format!("${most} is one placeholder too many: {MOST_PARAMETERS} at most")));
    }
    Ok((1..=most).map(|number| found.remove(&number).flatten()).collect())
}

/// The number of a parameter, if it is one.
fn number_of(expr: &Expr) -> Option<usize> {
    let Expr::Placeholder(placeholder) = expr else { return None };
    placeholder.id.strip_prefix('$').and_then(|n| n.parse().ok())
}

/// `$1::date` wants a date, `x = ANY($1)` an array of what `x` is, and `LIMIT $1` a whole number.
fn cast_types(plan: &LogicalPlan) -> Result<Vec<(usize, DataType)>, DataFusionError> {
    let mut found = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::Limit(limit) = node {
            let counts = [&limit.skip, &limit.fetch].into_iter().flatten();
            found.extend(counts.filter_map(|count| Some((number_of(count)?, DataType::Int64))));
        }
        let schema = node.inputs().first().map(|input| Arc::clone(input.schema()));
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                match part {
                    Expr::Cast(cast) => {
                        found.extend(number_of(&cast.expr).map(|number| (number, cast.field.data_type().clone())));
                    }
                    Expr::ScalarFunction(has) if has.name() == "array_has" => {
                        if let ([array, element], Some(schema)) = (has.args.as_slice(), &schema)
                            && let (Some(number), Ok(of)) = (number_of(array), element.get_type(schema))
                        {
                            found.push((number, DataType::List(Arc::new(Field::new_list_field(of, true)))));
                        }
                    }
                    _ => {}
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(found)
}
