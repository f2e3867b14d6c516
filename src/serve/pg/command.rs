//! What a statement asks for: a pure step from text to [`Command`]. What is not named here is refused.
//!
//! ```text
//!  text ─> sqlparser ─> Command ─> a question (planned and run by the session)
//!                              ├─> of the connection (transactions, settings, cursors, prepared statements)
//!                              └─> COPY ... TO STDOUT
//! ```

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    CloseCursor, CopySource, CopyTarget, DescribeAlias, DiscardObject, Expr, FetchDirection, Ident, ObjectName, Query,
    Reset, Set, SetExpr, Statement, TransactionAccessMode, TransactionMode, UnaryOperator, Value, ValueWithSpan,
    visit_expressions,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use pgwire::api::Type;

use super::copy_form::CopyForm;
use super::fault::Fault;
use super::names::{self, Names};
use super::rewrite;
use super::types;
use crate::query::{check_length, with_as_of};

/// A question for the session.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// As the engine reads it.
    pub sql: String,
    /// What its columns are called.
    pub names: Names,
    /// The word that the client is told at its end.
    pub tag: &'static str,
    /// Whether its rows are a plan, which is shown as PostgreSQL shows one: lines in one column.
    pub is_plan: bool,
    /// How many parameters it was written with: what the engine reads may have fewer, and the client binds them all.
    pub parameters: usize,
}

/// What a statement asks for.
#[derive(Debug, Clone)]
pub(super) enum Command {
    /// Rows.
    Ask(Question),
    /// `BEGIN`.
    Begin,
    /// `COMMIT`.
    Commit,
    /// `ROLLBACK`.
    Rollback,
    /// `SAVEPOINT`.
    Savepoint(String),
    /// `ROLLBACK TO SAVEPOINT`.
    RollbackTo(String),
    /// `RELEASE`.
    Release(String),
    /// `SET`; no value is the default.
    Set { name: String, value: Option<String>, local: bool },
    /// `RESET ALL`.
    ResetAll,
    /// `SHOW`.
    Show(String),
    /// `SHOW ALL`.
    ShowAll,
    /// `DECLARE ... CURSOR FOR`.
    Declare { name: String, hold: bool, question: Question },
    /// `FETCH`, or `MOVE` if nothing is shown; no count is all.
    Fetch { name: String, count: Option<usize>, shown: bool },
    /// `CLOSE`; no name is all.
    Close(Option<String>),
    /// `COPY (...) TO STDOUT`.
    CopyOut { question: Question, form: CopyForm },
    /// `PREPARE`.
    Prepare { name: String, types: Vec<Type>, command: Box<Self> },
    /// `EXECUTE` with values as text.
    Execute { name: String, values: Vec<Option<String>> },
    /// `DEALLOCATE`; no name is all.
    Deallocate(Option<String>),
    /// `DISCARD ALL`.
    DiscardAll,
    /// Nothing to do, and said to be done.
    Nothing(&'static str),
}

/// The commands of a text, in order.
///
/// # Errors
/// 54000 if it is too long to be read, 42601 if it cannot be, 25006 for what changes something, 0A000 for what we do not do.
pub(super) fn read(sql: &str) -> Result<Vec<Command>, Fault> {
    check_length(sql)?;
    let sql = with_as_of(sql)?;
    let (sql, shown) = as_parsed(&sql);
    let statements = Parser::parse_sql(&PostgreSqlDialect {}, &sql)
        .map_err(|e| Fault::new("42601", e.to_string().replace("sql parser error: ", "syntax error: ")))?;
    statements.into_iter().map(|one| of_statement(one, shown)).collect()
}

/// The text as the parser knows it: it has no `MOVE`, `ABORT`, `TABLE name` and `FOR READ ONLY`. And whether rows are shown.
fn as_parsed(sql: &str) -> (String, bool) {
    let trimmed = without_read_only(sql.trim_start());
    let first = trimmed.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let rest = trimmed.get(first.len()..).unwrap_or_default();
    match first.to_ascii_uppercase().as_str() {
        "MOVE" => (format!("FETCH{rest}"), false),
        "ABORT" => (format!("ROLLBACK{rest}"), true),
        "TABLE" => (format!("SELECT * FROM{rest}"), true),
        _ => (trimmed.to_owned(), true),
    }
}

/// Without `FOR READ ONLY` at its end, which is what all here is.
fn without_read_only(sql: &str) -> &str {
    let mut left = sql.trim_end_matches(|c: char| c.is_whitespace() || c == ';');
    for word in ["only", "read", "for"] {
        let Some(at) = left.len().checked_sub(word.len()).filter(|at| left.is_char_boundary(*at)) else { return sql };
        let (before, last) = left.split_at(at);
        if !last.eq_ignore_ascii_case(word) || !before.ends_with(char::is_whitespace) {
            return sql;
        }
        left = before.trim_end();
    }
    left
}

/// A statement's own text begins with what it does.
fn verb(statement: &Statement) -> String {
    let text = statement.to_string();
    let mut words = text.split_whitespace().map(str::to_uppercase);
    let first = words.next().unwrap_or_default();
    match (first.as_str(), words.next()) {
        ("CREATE" | "DROP" | "ALTER", Some(second)) => format!("{first} {second}"),
        _ => first,
    }
}

fn of_statement(statement: Statement, shown: bool) -> Result<Command, Fault> {
    match statement {
        Statement::Query(query) => Ok(Command::Ask(of_query(*query, "SELECT")?)),
        Statement::Explain { describe_alias: DescribeAlias::Explain, .. } => of_explain(statement),
        Statement::Explain { .. } | Statement::ExplainTable { .. } => Ok(Command::Ask(as_is(statement, "EXPLAIN"))),
        Statement::ShowTables { .. } | Statement::ShowColumns { .. } | Statement::ShowFunctions { .. } => {
            Ok(Command::Ask(as_is(statement, "SHOW")))
        }
        Statement::StartTransaction { modes, .. } => modes_are_fine(&modes).map(|()| Command::Begin),
        Statement::Commit { chain: false, .. } => Ok(Command::Commit),
        Statement::Rollback { chain: false, savepoint: None } => Ok(Command::Rollback),
        Statement::Rollback { savepoint: Some(name), .. } => Ok(Command::RollbackTo(name.value)),
        Statement::Savepoint { name } => Ok(Command::Savepoint(name.value)),
        Statement::ReleaseSavepoint { name } => Ok(Command::Release(name.value)),
        Statement::Set(set) => of_set(set),
        Statement::Reset(reset) => Ok(match reset.reset {
            Reset::ALL => Command::ResetAll,
            Reset::ConfigurationParameter(name) => Command::Set { name: plain(&name), value: None, local: false },
        }),
        Statement::ShowVariable { variable } => Ok(of_show(&variable)),
        Statement::Fetch { name, direction, into: None, .. } => {
            Ok(Command::Fetch { name: name.value, count: forward(&direction)?, shown })
        }
        Statement::Close { cursor } => Ok(Command::Close(match cursor {
            CloseCursor::All => None,
            CloseCursor::Specific { name } => Some(name.value),
        })),
        Statement::Deallocate { name, .. } => Ok(Command::Deallocate(not_all(name))),
        Statement::Discard { object_type } => Ok(match object_type {
            DiscardObject::ALL => Command::DiscardAll,
            DiscardObject::PLANS => Command::Nothing("DISCARD PLANS"),
            DiscardObject::SEQUENCES => Command::Nothing("DISCARD SEQUENCES"),
            DiscardObject::TEMP => Command::Nothing("DISCARD TEMP"),
        }),
        Statement::UNLISTEN { .. } => Ok(Command::Nothing("UNLISTEN")),
        Statement::LISTEN { .. } | Statement::NOTIFY { .. } => Err(Fault::unsupported("LISTEN")),
        other => of_larger(other),
    }
}

/// Statements that hold others.
fn of_larger(statement: Statement) -> Result<Command, Fault> {
    match statement {
        Statement::Declare { stmts } => of_declare(stmts),
        Statement::Prepare { name, data_types, statement } => {
            let types = data_types.iter().map(|t| types::named(&t.to_string())).collect();
            let command = of_statement(*statement, true)?;
            if !matches!(command, Command::Ask(_)) {
                return Err(Fault::unsupported("PREPARE of this statement"));
            }
            Ok(Command::Prepare { name: name.value, types, command: Box::new(command) })
        }
        Statement::Execute { name: Some(name), parameters, immediate: false, .. } => {
            let values = parameters.iter().map(literal).collect::<Result<_, _>>()?;
            Ok(Command::Execute { name: plain(&name), values })
        }
        Statement::Copy { source, to: true, target: CopyTarget::Stdout, options, legacy_options, .. } => {
            let form = CopyForm::of(&options, &legacy_options)?;
            let query = match source {
                CopySource::Query(query) => *query,
                CopySource::Table { table_name, columns } => table_query(&table_name, &columns)?,
            };
            Ok(Command::CopyOut { question: of_query(query, "COPY")?, form })
        }
        Statement::Copy { to: true, .. } => Err(Fault::new(
            "42501",
            "COPY to a file or a program of the server is not allowed: use COPY ... TO STDOUT, or \\copy in psql",
        )),
        Statement::Copy { .. } => Err(Fault::read_only("COPY FROM")),
        other => Err(Fault::read_only(&verb(&other))),
    }
}

fn of_query(query: Query, tag: &'static str) -> Result<Question, Fault> {
    if !query.locks.is_empty() {
        return Err(Fault::read_only("SELECT FOR UPDATE"));
    }
    if let SetExpr::Insert(inner) | SetExpr::Update(inner) | SetExpr::Delete(inner) | SetExpr::Merge(inner) =
        query.body.as_ref()
    {
        return Err(Fault::read_only(&verb(inner)));
    }
    if matches!(query.body.as_ref(), SetExpr::Select(select) if select.into.is_some()) {
        return Err(Fault::read_only("SELECT INTO"));
    }
    let (names, parameters) = (names::of_query(&query), parameters_in(&query));
    let sql = rewrite::for_engine(Statement::Query(Box::new(query)));
    Ok(Question { sql, names, tag, is_plan: false, parameters })
}

/// The greatest number of a parameter: `$3` is the third, whether or not there are a first and a second.
fn parameters_in(query: &Query) -> usize {
    let mut most = 0;
    let _: ControlFlow<()> = visit_expressions(query, |expr| {
        if let Expr::Value(value) = expr
            && let Value::Placeholder(id) = &value.value
            // A number that no message can carry is the engine's to refuse.
            && let Some(number) = id.strip_prefix('$').and_then(|n| n.parse::<u16>().ok())
        {
            most = most.max(usize::from(number));
        }
        ControlFlow::Continue(())
    });
    most
}

fn as_is(statement: Statement, tag: &'static str) -> Question {
    Question { sql: rewrite::printed(statement), names: Names::default(), tag, is_plan: false, parameters: 0 }
}

/// `EXPLAIN`, with its options in brackets or without.
fn of_explain(statement: Statement) -> Result<Command, Fault> {
    let Statement::Explain { analyze, verbose, statement, format, options, .. } = statement else {
        return Err(Fault::unsupported("this EXPLAIN"));
    };
    let (mut analyze, mut verbose, mut format) = (analyze, verbose, format.map(|format| format.to_string()));
    for option in options.unwrap_or_default() {
        let value = option.arg.as_ref().map(ToString::to_string);
        let is_on =
            value.as_deref().is_none_or(|value| !matches!(value.to_lowercase().as_str(), "false" | "off" | "0"));
        match option.name.value.to_lowercase().as_str() {
            "analyze" => analyze = is_on,
            "verbose" => verbose = is_on,
            "format" => format = value,
            // What they show the engine does not measure, or shows always.
            "buffers" | "costs" | "generic_plan" | "settings" | "summary" | "timing" | "wal" => {}
            other => return Err(Fault::new("42601", format!("unrecognized EXPLAIN option \"{other}\""))),
        }
    }
    let format = match format.map(|format| format.trim_matches('\'').to_lowercase()).as_deref() {
        None | Some("text") => "",
        // The engine has no measured plan in this form.
        Some("json") if !analyze => "FORMAT PGJSON ",
        Some(other) => return Err(Fault::unsupported(&format!("EXPLAIN with the format {other}"))),
    };
    let Command::Ask(inner) = of_statement(*statement, true)? else {
        return Err(Fault::unsupported("EXPLAIN of this statement"));
    };
    let (analyze, verbose) = (if analyze { "ANALYZE " } else { "" }, if verbose { "VERBOSE " } else { "" });
    let sql = format!("EXPLAIN {analyze}{verbose}{format}{}", inner.sql);
    let (names, parameters) = (Names::default(), inner.parameters);
    Ok(Command::Ask(Question { sql, names, tag: "EXPLAIN", is_plan: true, parameters }))
}

fn of_declare(mut declared: Vec<datafusion::sql::sqlparser::ast::Declare>) -> Result<Command, Fault> {
    let one = declared.pop().filter(|_| declared.is_empty()).ok_or_else(|| Fault::unsupported("DECLARE of many"))?;
    let (Some(name), Some(query)) = (one.names.into_iter().next(), one.for_query) else {
        return Err(Fault::unsupported("DECLARE of what is no cursor"));
    };
    if one.scroll == Some(true) {
        return Err(Fault::unsupported("SCROLL of a cursor"));
    }
    let hold = one.hold == Some(true);
    Ok(Command::Declare { name: name.value, hold, question: of_query(*query, "FETCH")? })
}

/// `COPY t (a, b) TO STDOUT` as a query.
fn table_query(table: &ObjectName, columns: &[Ident]) -> Result<Query, Fault> {
    let columns: Vec<_> = columns.iter().map(ToString::to_string).collect();
    let columns = if columns.is_empty() { "*".to_owned() } else { columns.join(", ") };
    let parsed = Parser::parse_sql(&PostgreSqlDialect {}, &format!("SELECT {columns} FROM {table}"));
    match parsed.ok().and_then(|mut all| all.pop()) {
        Some(Statement::Query(query)) => Ok(*query),
        _ => Err(Fault::new("42601", format!("syntax error at \"{table}\""))),
    }
}

fn of_set(set: Set) -> Result<Command, Fault> {
    match set {
        Set::SingleAssignment { scope, variable, values, .. } => {
            let local = scope == Some(datafusion::sql::sqlparser::ast::ContextModifier::Local);
            let values: Vec<Option<String>> = values.iter().map(setting_value).collect::<Result<_, _>>()?;
            let value: Option<Vec<String>> = values.into_iter().collect();
            Ok(Command::Set { name: plain(&variable), value: value.map(|all| all.join(", ")), local })
        }
        Set::SetTimeZone { local, value } => {
            Ok(Command::Set { name: "TimeZone".to_owned(), value: setting_value(&value)?, local })
        }
        Set::SetNames { charset_name, .. } => {
            Ok(Command::Set { name: "client_encoding".to_owned(), value: Some(charset_name.value), local: false })
        }
        Set::SetNamesDefault {} => Ok(Command::Set { name: "client_encoding".to_owned(), value: None, local: false }),
        Set::SetTransaction { modes, session, .. } => of_characteristics(&modes, session),
        Set::SetRole { role_name: None, .. } => Ok(Command::Nothing("SET")),
        Set::SetRole { .. } | Set::SetSessionAuthorization(_) => {
            Err(Fault::new("42501", "permission denied to set role"))
        }
        other => Err(Fault::unsupported(&other.to_string())),
    }
}

/// `SET TRANSACTION`, and `SET SESSION CHARACTERISTICS AS TRANSACTION`.
fn of_characteristics(modes: &[TransactionMode], session: bool) -> Result<Command, Fault> {
    modes_are_fine(modes)?;
    let level = modes.iter().find_map(|mode| match mode {
        TransactionMode::IsolationLevel(level) => Some(level.to_string().to_lowercase()),
        TransactionMode::AccessMode(_) => None,
    });
    let name = if session { "default_transaction_isolation" } else { "transaction_isolation" };
    Ok(match level {
        Some(level) => Command::Set { name: name.to_owned(), value: Some(level), local: !session },
        None => Command::Nothing("SET"),
    })
}

/// Transactions only read.
fn modes_are_fine(modes: &[TransactionMode]) -> Result<(), Fault> {
    if modes.contains(&TransactionMode::AccessMode(TransactionAccessMode::ReadWrite)) {
        return Err(Fault::new("25006", "cannot set transaction read-write mode: this only reads"));
    }
    Ok(())
}

fn of_show(words: &[Ident]) -> Command {
    let words: Vec<String> = words.iter().map(|word| word.value.clone()).collect();
    let name = words.join(" ");
    match name.to_lowercase().as_str() {
        "all" => Command::ShowAll,
        "time zone" => Command::Show("TimeZone".to_owned()),
        "transaction isolation level" => Command::Show("transaction_isolation".to_owned()),
        _ => Command::Show(words.join(".")),
    }
}

fn plain(name: &ObjectName) -> String {
    let parts = name.0.iter().map(|part| part.as_ident().map_or_else(|| part.to_string(), |i| i.value.clone()));
    parts.collect::<Vec<_>>().join(".")
}

fn not_all(name: Ident) -> Option<String> {
    (!name.value.eq_ignore_ascii_case("all")).then_some(name.value)
}

/// The text of a value to set; `None` is DEFAULT.
fn setting_value(expr: &Expr) -> Result<Option<String>, Fault> {
    match expr {
        Expr::Identifier(name) if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("default") => Ok(None),
        Expr::Identifier(name) => Ok(Some(name.value.clone())),
        other => literal(other),
    }
}

/// The text of a value; `None` is NULL.
fn literal(expr: &Expr) -> Result<Option<String>, Fault> {
    let Expr::Value(ValueWithSpan { value, .. }) = expr else {
        if let Expr::UnaryOp { op: UnaryOperator::Minus, expr } = expr {
            return Ok(literal(expr)?.map(|text| format!("-{text}")));
        }
        if let Expr::Nested(inner) | Expr::Cast { expr: inner, .. } = expr {
            return literal(inner);
        }
        return Err(Fault::unsupported(&format!("the expression {expr} here")));
    };
    Ok(match value {
        Value::Null => None,
        Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) | Value::DoubleQuotedString(text) => {
            Some(text.clone())
        }
        Value::Boolean(is) => Some(if *is { "true" } else { "false" }.to_owned()),
        other => Some(other.to_string()),
    })
}

/// How many rows forward; `None` is all that are left.
fn forward(direction: &FetchDirection) -> Result<Option<usize>, Fault> {
    let backward = || Fault::new("55000", "cursor can only scan forward");
    let count = |limit: &ValueWithSpan| limit.to_string().parse().map_err(|_| backward());
    match direction {
        FetchDirection::Next | FetchDirection::Forward { limit: None } => Ok(Some(1)),
        FetchDirection::Count { limit } | FetchDirection::Forward { limit: Some(limit) } => count(limit).map(Some),
        FetchDirection::All | FetchDirection::ForwardAll => Ok(None),
        _ => Err(backward()),
    }
}
