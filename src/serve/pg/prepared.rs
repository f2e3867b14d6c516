//! A statement that has been read and planned: its parameters' types, its columns, and its plan without their values.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};
use pgwire::api::Type;

use super::command::{Command, Question};
use super::fault::Fault;
use super::rows::{Column, columns_of};
use super::types;
use crate::query::Session;

/// A statement that has been read and planned.
#[derive(Debug)]
pub(super) struct Prepared {
    /// As the client wrote it.
    pub sql: String,
    /// What it asks for.
    pub command: Command,
    /// The types of `$1`, `$2`, ...
    pub parameters: Vec<Type>,
    /// Its columns, and its plan, if it is a question.
    pub planned: Option<Planned>,
}

/// A question's plan.
#[derive(Debug)]
pub(super) struct Planned {
    plan: LogicalPlan,
    /// The engine's types of the parameters, where it knows.
    wanted: Vec<Option<DataType>>,
    /// What the rows are made of.
    pub columns: Arc<Vec<Column>>,
    /// The tables that it reads.
    pub tables: Vec<String>,
}

impl Command {
    /// The question in it.
    fn question(&self) -> Option<&Question> {
        match self {
            Self::Ask(question) | Self::Declare { question, .. } | Self::CopyOut { question, .. } => Some(question),
            _ => None,
        }
    }
}

/// Plans a statement; `given` are the types that the client says its parameters have, where it says.
///
/// # Errors
/// What is wrong with it.
pub(super) async fn prepare(
    session: &Session,
    sql: &str,
    command: Command,
    given: &[Option<Type>],
) -> Result<Prepared, Fault> {
    let sql = sql.to_owned();
    let Some(question) = command.question() else {
        return Ok(Prepared { sql, command, parameters: Vec::new(), planned: None });
    };
    let plan = session.plan(&question.sql).await?;
    let wanted = wanted_types(&plan)?;
    let count = wanted.len().max(given.len());
    let wire = |at: usize| {
        let said = given.get(at).cloned().flatten().filter(|wire| *wire != Type::UNKNOWN);
        let known = wanted.get(at).and_then(Option::as_ref).map(types::of_column);
        said.or(known).unwrap_or(Type::TEXT)
    };
    let parameters: Vec<Type> = (0..count).map(wire).collect();
    let typed = with_nulls(&plan, &parameters).unwrap_or_else(|_| plan.clone());
    let columns = Arc::new(columns_of(typed.schema().as_arrow(), &question.names));
    let planned = Planned { tables: tables_of(&plan), plan, wanted, columns };
    Ok(Prepared { sql, command, parameters, planned: Some(planned) })
}

impl Planned {
    /// The plan with its parameters' values.
    ///
    /// # Errors
    /// If they are too few, or not of types that fit.
    pub fn with(&self, values: &[ScalarValue]) -> Result<LogicalPlan, Fault> {
        if values.is_empty() {
            return Ok(self.plan.clone());
        }
        let fitted = values.iter().enumerate().map(|(at, value)| match self.wanted.get(at) {
            // A small number where the engine wants a large one: LIMIT $1.
            Some(Some(wanted)) if wanted.is_integer() && value.data_type().is_integer() => value.cast_to(wanted),
            _ => Ok(value.clone()),
        });
        let fitted = fitted.collect::<Result<Vec<_>, _>>()?;
        Ok(self.plan.clone().with_param_values(listed(fitted))?)
    }
}

fn listed(values: Vec<ScalarValue>) -> ParamValues {
    ParamValues::List(values.into_iter().map(Into::into).collect())
}

/// With NULL of the right type for each parameter, so that the columns' types are known.
fn with_nulls(plan: &LogicalPlan, parameters: &[Type]) -> Result<LogicalPlan, DataFusionError> {
    if parameters.is_empty() {
        return Ok(plan.clone());
    }
    let nulls = parameters.iter().map(|wire| ScalarValue::try_from(&types::of_parameter(wire)));
    plan.clone().with_param_values(listed(nulls.collect::<Result<_, _>>()?))
}

/// The types that the engine wants the parameters to have, in their order: from what they are compared with, or cast to.
fn wanted_types(plan: &LogicalPlan) -> Result<Vec<Option<DataType>>, Fault> {
    let mut found: BTreeMap<usize, Option<DataType>> = BTreeMap::new();
    for (id, wanted) in plan.get_parameter_types()? {
        let number = id.strip_prefix('$').and_then(|n| n.parse::<usize>().ok()).filter(|n| *n > 0);
        let number =
            number.ok_or_else(|| Fault::new("42P02", format!("there is no parameter {id}: use $1, $2, ...")))?;
        found.insert(number, wanted);
    }
    for (number, cast) in cast_types(plan)? {
        let wanted = found.entry(number).or_default();
        *wanted = wanted.take().or(Some(cast));
    }
    let most = found.keys().next_back().copied().unwrap_or(0);
    if most > usize::from(u16::MAX) {
        return Err(Fault::new("54000", format!("${most} is one parameter too many")));
    }
    Ok((1..=most).map(|number| found.remove(&number).flatten()).collect())
}

/// The number of a parameter, if it is one.
fn number_of(expr: &Expr) -> Option<usize> {
    let Expr::Placeholder(placeholder) = expr else { return None };
    placeholder.id.strip_prefix('$').and_then(|n| n.parse().ok())
}

/// `$1::date` wants a date, and `x = ANY($1)` an array of what `x` is.
fn cast_types(plan: &LogicalPlan) -> Result<Vec<(usize, DataType)>, DataFusionError> {
    let mut found = Vec::new();
    plan.apply_with_subqueries(|node| {
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

/// The tables that a plan reads, each once.
pub(in crate::serve) fn tables_of(plan: &LogicalPlan) -> Vec<String> {
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
