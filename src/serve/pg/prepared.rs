//! A statement that has been read and planned: its parameters' types, its columns, and its plan without their values.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use pgwire::api::Type;

use super::command::{Command, Question};
use super::fault::Fault;
use super::rows::{Column, columns_of};
use super::types;
use crate::query::Session;
use crate::serve::plan_facts::{parameter_types, tables_of};

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
    /// Whether its rows are shown as the lines of a plan.
    pub is_plan: bool,
    /// The zone that its moments are of, as the engine names it.
    pub zone: String,
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
    let wanted = parameter_types(&plan)?;
    let count = wanted.len().max(given.len()).max(question.parameters);
    let wire = |at: usize| {
        let said = given.get(at).cloned().flatten().filter(|wire| *wire != Type::UNKNOWN);
        let known = wanted.get(at).and_then(Option::as_ref).map(types::of_column);
        said.or(known).unwrap_or(Type::TEXT)
    };
    let parameters: Vec<Type> = (0..count).map(wire).collect();
    let typed = with_nulls(&plan, &parameters).unwrap_or_else(|_| plan.clone());
    let columns = if question.is_plan {
        vec![Column::text("QUERY PLAN")]
    } else {
        columns_of(typed.schema().as_arrow(), &question.names)
    };
    let (columns, is_plan) = (Arc::new(columns), question.is_plan);
    let (tables, zone) = (tables_of(&plan), session.zone());
    let planned = Planned { plan, wanted, columns, tables, is_plan, zone };
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
