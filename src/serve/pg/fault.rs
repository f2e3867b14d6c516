//! Errors as PostgreSQL numbers them: what failed on the left, SQLSTATE and words on the right.
//!
//! Clients decide by the five characters (retry, ask again, give up), so they mean here what they mean in PostgreSQL's
//! Appendix A. The words are PostgreSQL's where clients and people know them by heart.

use datafusion::arrow::error::ArrowError;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use pgwire::error::{ErrorInfo, PgWireError};

use crate::query::QueryError;

/// An error with its SQLSTATE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Five characters of PostgreSQL's Appendix A.
    pub code: &'static str,
    /// What a person reads.
    pub message: String,
    /// Whether the connection ends with it.
    pub fatal: bool,
}

impl Fault {
    /// An error after which the connection goes on.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fatal: false }
    }

    /// An error that ends the connection.
    pub fn fatal(code: &'static str, message: impl Into<String>) -> Self {
        Self { fatal: true, ..Self::new(code, message) }
    }

    /// Something that we do not do.
    pub fn unsupported(what: &str) -> Self {
        Self::new("0A000", format!("{what} is not supported"))
    }

    /// Something that would change what is stored.
    pub fn read_only(what: &str) -> Self {
        Self::new("25006", format!("cannot execute {what} in a read-only transaction"))
    }
}

impl From<Fault> for PgWireError {
    fn from(fault: Fault) -> Self {
        let severity = if fault.fatal { "FATAL" } else { "ERROR" };
        Self::UserError(Box::new(ErrorInfo::new(severity.to_owned(), fault.code.to_owned(), fault.message)))
    }
}

impl From<QueryError> for Fault {
    fn from(error: QueryError) -> Self {
        of_query(&error)
    }
}

impl From<DataFusionError> for Fault {
    fn from(error: DataFusionError) -> Self {
        of_engine(&error)
    }
}

/// The error of a question.
pub(super) fn of_query(error: &QueryError) -> Fault {
    match error {
        QueryError::NotARead(_) => Fault::new("25006", error.to_string()),
        QueryError::Refused(_) => Fault::new("42501", error.to_string()),
        QueryError::Limit { limit, .. } => Fault::new(of_limit(limit), error.to_string()),
        QueryError::AsOf(_) => Fault::new("42601", error.to_string()),
        QueryError::Store(_) => Fault::new("58030", error.to_string()),
        QueryError::Engine(engine) => of_engine(engine),
    }
}

/// `query_canceled`, `out_of_memory`, `configuration_limit_exceeded`, else `program_limit_exceeded`.
fn of_limit(limit: &str) -> &'static str {
    match limit {
        "time" => "57014",
        "memory" => "53200",
        "queries at once" => "53400",
        _ => "54000",
    }
}

/// The error of the engine; what is wrapped is unwrapped first.
pub(super) fn of_engine(error: &DataFusionError) -> Fault {
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => of_engine(inner),
        DataFusionError::Shared(inner) => of_engine(inner),
        DataFusionError::Collection(all) => {
            all.first().map_or_else(|| Fault::new("XX000", error.to_string()), of_engine)
        }
        DataFusionError::External(inner) => of_external(inner.as_ref()),
        DataFusionError::SQL(inner, _) => Fault::new("42601", format!("syntax error: {inner}")),
        DataFusionError::SchemaError(inner, _) => of_schema(inner),
        DataFusionError::ArrowError(inner, _) => of_arrow(inner),
        DataFusionError::Plan(text) => of_plan(first_line(text)),
        DataFusionError::Execution(text) => of_execution(text),
        DataFusionError::ResourcesExhausted(text) => Fault::new("53200", format!("out of memory: {text}")),
        DataFusionError::NotImplemented(text) => Fault::new("0A000", text.clone()),
        DataFusionError::Configuration(text) => Fault::new("22023", text.clone()),
        other => Fault::new("XX000", other.strip_backtrace()),
    }
}

fn of_external(inner: &(dyn std::error::Error + Send + Sync + 'static)) -> Fault {
    if let Some(query) = inner.downcast_ref::<QueryError>() {
        return of_query(query);
    }
    if let Some(engine) = inner.downcast_ref::<DataFusionError>() {
        return of_engine(engine);
    }
    inner.downcast_ref::<ArrowError>().map_or_else(|| Fault::new("XX000", inner.to_string()), of_arrow)
}

fn of_schema(error: &SchemaError) -> Fault {
    match error {
        SchemaError::FieldNotFound { field, .. } => {
            Fault::new("42703", format!("column \"{}\" does not exist", field.flat_name()))
        }
        SchemaError::AmbiguousReference { field } => {
            Fault::new("42702", format!("column reference \"{}\" is ambiguous", field.name))
        }
        other => Fault::new("42701", other.to_string()),
    }
}

fn of_arrow(error: &ArrowError) -> Fault {
    match error {
        ArrowError::DivideByZero => Fault::new("22012", "division by zero"),
        ArrowError::ArithmeticOverflow(text) => Fault::new("22003", format!("value out of range: {text}")),
        ArrowError::CastError(text) | ArrowError::ParseError(text) => {
            let of_time = text.contains("timestamp") || text.contains("date");
            let too_large = text.starts_with("Can't cast value");
            Fault::new(
                if too_large {
                    "22003"
                } else if of_time {
                    "22007"
                } else {
                    "22P02"
                },
                text.clone(),
            )
        }
        ArrowError::InvalidArgumentError(text) => Fault::new("22023", text.clone()),
        ArrowError::MemoryError(text) => Fault::new("53200", text.clone()),
        ArrowError::ExternalError(inner) => of_external(inner.as_ref()),
        other => Fault::new("XX000", other.to_string()),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}

/// The text between the first two quotes.
fn quoted(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('\'')?;
    rest.split_once('\'').map(|(inside, _)| inside)
}

/// Errors of planning have no kinds in the engine, only words.
fn of_plan(text: &str) -> Fault {
    if text.starts_with("table '") && text.ends_with("not found") || text.contains("table function") {
        let name = quoted(text).unwrap_or(text);
        let name = name.strip_prefix("datafusion.").or_else(|| name.strip_prefix("locard.")).unwrap_or(name);
        let name = name.strip_prefix("public.").unwrap_or(name);
        return Fault::new("42P01", format!("relation \"{name}\" does not exist"));
    }
    if text.starts_with("Invalid function '") {
        return Fault::new("42883", format!("function {}() does not exist", quoted(text).unwrap_or_default()));
    }
    if text.starts_with("No field named") {
        return Fault::new("42703", text);
    }
    let code = match text {
        t if t.contains("signature") || t.contains("No function matches") || t.contains("Failed to coerce") => "42883",
        t if t.contains("Cannot coerce") || t.contains("Cannot infer common") || t.contains("cannot be cast") => {
            "42804"
        }
        t if t.contains("GROUP BY") || t.contains("aggregate") => "42803",
        t if t.contains("unique expression names") || t.contains("duplicate") => "42701",
        t if t.contains("placeholder") => "42P02",
        t if t.contains("is not allowed") || t.contains("not supported") => "0A000",
        _ => "42000",
    };
    Fault::new(code, text)
}

fn of_execution(text: &str) -> Fault {
    let line = first_line(text);
    let low = line.to_lowercase();
    let code = match low.as_str() {
        t if t.contains("divide by zero") || t.contains("division by zero") => "22012",
        t if t.contains("error parsing") || t.contains("cannot cast") => "22P02",
        t if t.contains("overflow") || t.contains("out of range") => "22003",
        t if t.contains("placeholder") => "42P02",
        t if t.contains("invalid") => "22023",
        _ => "XX000",
    };
    Fault::new(code, line)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{Int64Array, RecordBatch, StringArray};
    use datafusion::prelude::{SessionConfig, SessionContext};

    use super::*;

    fn engine() -> SessionContext {
        let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
        let batch = RecordBatch::try_from_iter([
            ("n", Arc::new(Int64Array::from(vec![0, 1])) as _),
            ("t", Arc::new(StringArray::from(vec!["a", "1"])) as _),
        ])
        .unwrap();
        context.register_batch("seen", batch).unwrap();
        context
    }

    async fn fault_of(sql: &str) -> Fault {
        let failed = match engine().sql(sql).await {
            Ok(frame) => frame.collect().await.map(|_| ()),
            Err(e) => Err(e),
        };
        of_query(&QueryError::Engine(failed.expect_err(sql)))
    }

    #[tokio::test]
    async fn what_the_engine_says_has_postgresqls_numbers() {
        let table = [
            ("SELECT nope FROM seen", "42703"),
            ("SELECT s.nope FROM seen s", "42703"),
            ("SELECT n FROM seen a, seen b", "42702"),
            ("SELECT 1 FROM nowhere", "42P01"),
            ("SELECT nope(1)", "42883"),
            ("SELECT sqrt('a', 2)", "42883"),
            ("SELEKT 1", "42601"),
            ("SELECT 1 FROM", "42601"),
            ("SELECT 1 / n FROM seen", "22012"),
            ("SELECT CAST(t AS INT) FROM seen", "22P02"),
            ("SELECT CAST('yesterday' AS TIMESTAMP)", "22007"),
            ("SELECT n, count(*) FROM seen", "42803"),
            ("SELECT CAST(n + 3000000000 AS INT) FROM seen", "22003"),
        ];
        for (sql, code) in table {
            let fault = fault_of(sql).await;
            assert_eq!(fault.code, code, "{sql}: {}", fault.message);
        }
    }

    #[tokio::test]
    async fn tables_columns_and_functions_are_missed_in_postgresqls_words() {
        assert_eq!(fault_of("SELECT 1 FROM nowhere").await.message, "relation \"nowhere\" does not exist");
        assert_eq!(fault_of("SELECT nope FROM seen").await.message, "column \"nope\" does not exist");
        assert_eq!(fault_of("SELECT nope(1)").await.message, "function nope() does not exist");
    }

    #[test]
    fn limits_and_refusals_are_told_apart() {
        let limit = |limit| QueryError::Limit { limit, detail: String::new() };
        let wrapped = |e| QueryError::Engine(DataFusionError::External(Box::new(e)).context("while sorting"));
        for (error, code) in [
            (limit("time"), "57014"),
            (limit("rows"), "54000"),
            (limit("memory"), "53200"),
            (limit("queries at once"), "53400"),
            (wrapped(limit("time")), "57014"),
            (QueryError::Refused("no".to_owned()), "42501"),
            (QueryError::NotARead("DML".to_owned()), "25006"),
            (DataFusionError::ResourcesExhausted("x".to_owned()).into(), "53200"),
        ] {
            assert_eq!(of_query(&error).code, code, "{error}");
        }
    }
}
