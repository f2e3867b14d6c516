//! A question that has been read and planned, the types of its parameters, and the plan with their values.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;

use super::rows::{portable, portable_type};
use crate::query::{QueryError, Session, Stated, numbered};
use crate::serve::plan_facts::{parameter_types, tables_of};

/// A question that has been read and planned for one session.
pub(super) struct Question {
    /// As the client wrote it.
    pub sql: String,
    /// The tables that it reads.
    pub tables: Vec<String>,
    /// What was stated when it was read.
    pub stated: Stated,
    /// The client's session that it was planned for.
    session: Arc<Session>,
    plan: LogicalPlan,
    /// The engine's types of `$1`, `$2`, ..., where it knows.
    wanted: Vec<Option<DataType>>,
}

/// A question whose parameters have values: it can run.
#[derive(Clone)]
pub(super) struct Ready {
    /// What is asked.
    pub question: Arc<Question>,
    /// The parameters' values as the client gave them.
    pub values: Vec<ScalarValue>,
    /// The plan with them.
    pub plan: LogicalPlan,
    /// What its rows are sent as.
    pub schema: SchemaRef,
}

impl Question {
    /// Reads and plans a question for a client's session, in the same session for this question.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn read(client: &Arc<Session>, session: &Session, sql: &str) -> Result<Arc<Self>, QueryError> {
        let plan = session.plan(&numbered(sql)).await?;
        let (tables, wanted) = (tables_of(&plan), parameter_types(&plan)?);
        let (sql, stated, session) = (sql.to_owned(), session.stated().clone(), Arc::clone(client));
        Ok(Arc::new(Self { sql, tables, stated, session, plan, wanted }))
    }

    /// The same question for a session: planned anew if it is another than it was planned for, so that what may be seen is
    /// what may be seen now.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn of(self: &Arc<Self>, client: &Arc<Session>, session: &Session) -> Result<Arc<Self>, QueryError> {
        if Arc::ptr_eq(&self.session, client) {
            return Ok(Arc::clone(self));
        }
        Self::read(client, session, &self.sql).await
    }

    /// Its parameters: what a client should send for them. `Null` stands for a type that is not known.
    pub fn parameters(&self) -> Schema {
        let field = |(at, wanted): (usize, &Option<DataType>)| {
            let data_type = wanted.as_ref().map_or(DataType::Null, portable_type);
            Field::new(format!("${}", at + 1), data_type, true)
        };
        Schema::new(self.wanted.iter().enumerate().map(field).collect::<Vec<_>>())
    }

    /// What its rows will be sent as, as far as that is known without its parameters' values.
    pub fn columns(&self) -> SchemaRef {
        let of_type = |wanted: &Option<DataType>| ScalarValue::try_from(wanted.as_ref().unwrap_or(&DataType::Null));
        let nulls: Result<Vec<_>, _> = self.wanted.iter().map(of_type).collect();
        let typed = nulls.and_then(|nulls| with(&self.plan, nulls));
        portable(typed.as_ref().unwrap_or(&self.plan).schema().as_arrow())
    }

    /// The question with values for its parameters.
    ///
    /// # Errors
    /// `Plan` if they are not as many, or do not fit.
    pub fn bind(self: &Arc<Self>, values: Vec<ScalarValue>) -> Result<Ready, QueryError> {
        if values.len() != self.wanted.len() {
            let (wanted, given) = (self.wanted.len(), values.len());
            let told = format!("the question has {wanted} parameters, and {given} are bound: prepare it and bind them");
            return Err(DataFusionError::Plan(told).into());
        }
        let fitted = values.iter().zip(&self.wanted).enumerate();
        let fitted = fitted.map(|(at, (value, wanted))| fitted_to(value, wanted.as_ref(), at + 1));
        let plan = with(&self.plan, fitted.collect::<Result<_, _>>()?)?;
        let schema = portable(plan.schema().as_arrow());
        Ok(Ready { question: Arc::clone(self), values, plan, schema })
    }
}

impl Ready {
    /// The same for a session, as [`Question::of`].
    ///
    /// # Errors
    /// As [`Question::of`].
    pub async fn of(self, client: &Arc<Session>, session: &Session) -> Result<Self, QueryError> {
        let question = self.question.of(client, session).await?;
        if Arc::ptr_eq(&question, &self.question) {
            return Ok(self);
        }
        question.bind(self.values)
    }
}

fn with(plan: &LogicalPlan, values: Vec<ScalarValue>) -> Result<LogicalPlan, DataFusionError> {
    if values.is_empty() {
        return Ok(plan.clone());
    }
    plan.clone().with_param_values(ParamValues::List(values.into_iter().map(Into::into).collect()))
}

/// A value as the engine wants it: a whole number in the width of what it is compared with (`LIMIT $1`), a text that is a
/// moment, a NULL of the type. Others the engine makes fit by itself, as it does with what stands in the text.
fn fitted_to(value: &ScalarValue, wanted: Option<&DataType>, number: usize) -> Result<ScalarValue, DataFusionError> {
    let given = value.data_type();
    let text = matches!(given, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let cast = wanted
        .filter(|wanted| given.is_null() || given.is_integer() && wanted.is_integer() || text && wanted.is_temporal());
    let Some(wanted) = cast else { return Ok(value.clone()) };
    let wrong = |e: DataFusionError| DataFusionError::Plan(format!("${number} is {value}: {}", e.strip_backtrace()));
    value.cast_to(wanted).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::TimeUnit;

    use super::*;

    #[test]
    fn values_are_made_to_fit_only_where_nothing_is_lost() {
        let moment = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let noon = ScalarValue::TimestampMicrosecond(Some(1_781_524_800_000_000), Some("UTC".into()));
        let text = ScalarValue::from("2026-06-15T12:00:00Z");
        let fit = |value: &ScalarValue, wanted: &DataType| fitted_to(value, Some(wanted), 1);
        assert_eq!(fit(&text, &moment).unwrap(), noon);
        assert_eq!(fit(&ScalarValue::from(7_i32), &DataType::Int64).unwrap(), ScalarValue::from(7_i64));
        assert_eq!(fit(&ScalarValue::Null, &DataType::Int64).unwrap(), ScalarValue::Int64(None));
        assert_eq!(fit(&ScalarValue::from(1.5), &DataType::Int64).unwrap(), ScalarValue::from(1.5), "no half is lost");
        assert_eq!(fitted_to(&text, None, 1).unwrap(), text);
        let error = fitted_to(&ScalarValue::from("soon"), Some(&moment), 3).unwrap_err().to_string();
        assert!(error.contains("$3") && error.contains("soon"), "{error}");
        assert!(fit(&ScalarValue::from(1_i64 << 40), &DataType::Int32).is_err(), "out of range");
    }
}
