//! Table functions over what the viewer may see: each is SQL over the guarded tables, with its arguments put in as values.
//!
//! ```text
//!  SQL over guarded tables ─> plan, once a session ─> arguments as values ─> part of the viewer's plan
//! ```

use std::sync::Arc;

use datafusion::catalog::view::ViewTable;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{ParamValues, Result, ScalarValue, plan_err};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::prelude::SessionContext;

use super::scene_search_doc;

/// What an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Argument {
    Text,
    /// A whole number.
    Count,
    Metres,
    /// A duration, or a number of seconds.
    Duration,
}

/// A table function in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFunctionDoc {
    /// Its name.
    pub name: &'static str,
    /// Its arguments with their types, as PostgreSQL writes them.
    pub arguments: String,
    /// How many there are.
    pub takes: usize,
    /// What a row of it is.
    pub words: String,
}

/// The table functions that every session of a [`Desk`](super::Desk) has.
#[must_use]
pub fn table_functions() -> Vec<TableFunctionDoc> {
    let of = |name, arguments: &[(&str, Argument)], words: &str| {
        let typed: Vec<String> = arguments.iter().map(|(name, kind)| format!("{name} {}", kind.sql_type())).collect();
        TableFunctionDoc { name, arguments: typed.join(", "), takes: arguments.len(), words: words.to_owned() }
    };
    let ours = FUNCTIONS.iter().map(|function| of(function.name, function.arguments, function.words));
    let search = scene_search_doc();
    ours.chain([of(search.name, &SCENE_SEARCH, search.meaning)]).collect()
}

/// What `scene_search` takes.
const SCENE_SEARCH: [(&str, Argument); 4] = [
    ("case", Argument::Text),
    ("least", Argument::Count),
    ("radius_m", Argument::Metres),
    ("window", Argument::Duration),
];

impl Argument {
    const fn sql_type(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Count => "bigint",
            Self::Metres => "double precision",
            Self::Duration => "interval",
        }
    }
}

/// A table function: its name, its arguments and its SQL, where `$name` stands for an argument.
struct Function {
    name: &'static str,
    words: &'static str,
    arguments: &'static [(&'static str, Argument)],
    sql: &'static str,
}

const FUNCTIONS: [Function; 2] = [
    Function {
        name: "proximity",
        words: "A fix of a case's suspects near one of its targets, with a radius (metres) and a window of your own",
        arguments: &[("case", Argument::Text), ("radius_m", Argument::Metres), ("window", Argument::Duration)],
        sql: include_str!("functions/proximity.sql"),
    },
    Function {
        name: "track",
        words: "A record of a device, in order, with the distance (metres) and the time (seconds) from the one before",
        arguments: &[("device", Argument::Text)],
        sql: include_str!("functions/track.sql"),
    },
];

/// Makes the table functions known to a session, whose tables are guarded already.
///
/// # Errors
/// If their SQL cannot be planned over the tables, which is a defect.
pub(super) async fn register(context: &SessionContext) -> Result<()> {
    for function in FUNCTIONS {
        let plan = context.state().create_logical_plan(function.sql).await?;
        let Function { name, arguments, .. } = function;
        context.register_udtf(name, Arc::new(Planned { name, arguments, plan }));
    }
    Ok(())
}

/// A table function as a session has it.
#[derive(Debug)]
struct Planned {
    name: &'static str,
    arguments: &'static [(&'static str, Argument)],
    plan: LogicalPlan,
}

impl TableFunctionImpl for Planned {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let names: Vec<&str> = self.arguments.iter().map(|(name, _)| *name).collect();
        if args.exprs().len() != names.len() {
            return plan_err!("write {}({})", self.name, names.join(", "));
        }
        let pairs = self.arguments.iter().zip(args.exprs());
        let values = pairs.map(|((name, kind), expr)| Ok(((*name).to_owned(), value(name, *kind, expr)?)));
        let values = ParamValues::from(values.collect::<Result<Vec<_>>>()?);
        let plan = self.plan.clone().with_param_values(values)?;
        Ok(Arc::new(ViewTable::new(plan, None)))
    }
}

/// The value of an argument.
///
/// # Errors
/// If it is no literal of that kind; the words say what one is.
pub(super) fn value(name: &str, kind: Argument, expr: &Expr) -> Result<ScalarValue> {
    let given = if let Expr::Literal(given, _) = expr { given.clone() } else { ScalarValue::Null };
    match (kind, &given) {
        (Argument::Text, ScalarValue::Utf8(Some(_)) | ScalarValue::Utf8View(Some(_))) => {
            given.cast_to(&datafusion::arrow::datatypes::DataType::Utf8)
        }
        (Argument::Metres, ScalarValue::Float64(Some(_)) | ScalarValue::Int64(Some(_))) => {
            given.cast_to(&datafusion::arrow::datatypes::DataType::Float64)
        }
        (Argument::Count, ScalarValue::Int64(Some(_)))
        | (Argument::Duration, ScalarValue::IntervalMonthDayNano(Some(_))) => Ok(given),
        (Argument::Duration, ScalarValue::Int64(Some(seconds))) => {
            let nanoseconds = seconds.saturating_mul(1_000_000_000);
            Ok(ScalarValue::new_interval_mdn(0, 0, nanoseconds))
        }
        (Argument::Text, _) => plan_err!("{name} is a text in quotes"),
        (Argument::Count, _) => plan_err!("{name} is a whole number"),
        (Argument::Metres, _) => plan_err!("{name} is a number of metres"),
        (Argument::Duration, _) => {
            plan_err!("{name} is a duration, such as INTERVAL '2 minutes', or a number of seconds")
        }
    }
}
