//! The statements of a query, with its parameters put in.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::{Expr, Statement as SqlStatement, Value, ValueWithSpan, visit_expressions_mut};

use crate::time::ZoneRule;

use super::{Parameter, SqlError};

/// Reads the statements and puts the parameters in.
///
/// # Errors
/// [`SqlError::Query`] if it is not SQL; [`SqlError::Usage`] if there is no statement, a placeholder has no value, a
/// value no placeholder, or a value is not of its type.
pub fn read(sql: &str, parameters: &[Parameter], zone: Option<&ZoneRule>) -> Result<Vec<Statement>, SqlError> {
    let mut statements: Vec<Statement> = DFParser::parse_sql(sql)?.into();
    if statements.is_empty() {
        return Err(SqlError::Usage("the SQL holds no statement".to_owned()));
    }
    let mut values = BTreeMap::new();
    for p in parameters {
        let literal = p.literal(zone).map_err(SqlError::Usage)?;
        values.insert(p.name.as_str(), Slot { literal, used: false });
    }
    for statement in &mut statements {
        put_in(statement, &mut values)?;
    }
    match values.iter().find(|(_, slot)| !slot.used) {
        Some((name, _)) => {
            Err(SqlError::Usage(format!("the SQL has no ${name}: the parameter {name} changes nothing")))
        }
        None => Ok(statements),
    }
}

/// Whether a statement gives rows; `SET`, `RESET` and their like give none.
pub fn gives_rows(statement: &Statement) -> bool {
    match statement {
        Statement::Reset(_) => false,
        Statement::Statement(sql) => !matches!(
            sql.as_ref(),
            SqlStatement::Set(_) | SqlStatement::Prepare { .. } | SqlStatement::Deallocate { .. }
        ),
        _ => true,
    }
}

struct Slot {
    literal: Expr,
    used: bool,
}

fn put_in(statement: &mut Statement, values: &mut BTreeMap<&str, Slot>) -> Result<(), SqlError> {
    let sql = match statement {
        Statement::Explain(explain) => return put_in(&mut explain.statement, values),
        // In PREPARE the placeholders are filled by EXECUTE.
        Statement::Statement(sql) if matches!(sql.as_ref(), SqlStatement::Prepare { .. }) => return Ok(()),
        Statement::Statement(sql) => sql,
        _ => return Ok(()),
    };
    let visited = visit_expressions_mut(sql, |expr| {
        let Expr::Value(ValueWithSpan { value: Value::Placeholder(mark), .. }) = expr else {
            return ControlFlow::Continue(());
        };
        let Some(slot) = mark.strip_prefix('$').and_then(|name| values.get_mut(name)) else {
            return ControlFlow::Break(mark.clone());
        };
        slot.used = true;
        *expr = slot.literal.clone();
        ControlFlow::Continue(())
    });
    match visited {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(mark) => Err(SqlError::Usage(match mark.strip_prefix('$') {
            Some(name) => format!("{mark} has no value: give -p {name}=VALUE"),
            None => format!("{mark} is no placeholder here: write $NAME and give -p NAME=VALUE"),
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sql: &str, parameters: &[&str]) -> Result<Vec<String>, SqlError> {
        let parameters: Vec<Parameter> = parameters.iter().map(|p| Parameter::parse(p).unwrap()).collect();
        Ok(read(sql, &parameters, None)?.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_placeholder_is_filled_wherever_an_expression_may_stand() {
        let filled = text(
            "SET a.b = 1; -- c\n EXPLAIN SELECT $x FROM fixes($f) WHERE a IN (SELECT $x) LIMIT $n;;",
            &["x=7", "f=a.csv", "n=3"],
        )
        .unwrap();
        assert_eq!(filled.len(), 2);
        assert_eq!(filled[1], "EXPLAIN SELECT (7) FROM fixes(('a.csv')) WHERE a IN (SELECT (7)) LIMIT (3)");
    }

    #[test]
    fn a_missing_value_and_an_idle_one_are_both_wrong_usage() {
        for (sql, parameters, says) in [
            ("SELECT $radius", &[][..], "-p radius=VALUE"),
            ("SELECT 1", &["radius=5"][..], "no $radius"),
            ("SELECT '$radius'", &["radius=5"][..], "no $radius"),
            ("SELECT ?", &["radius=5"][..], "$NAME"),
            (" ; -- nothing\n", &[][..], "no statement"),
            ("SELECT $t", &["t:int=x"][..], "whole number"),
        ] {
            let error = text(sql, parameters).unwrap_err();
            assert!(error.is_usage() && error.to_string().contains(says), "{sql}: {error}");
        }
        assert!(!text("SELEC 1", &[]).unwrap_err().is_usage());
    }

    #[test]
    fn settings_give_no_rows() {
        let rows = |sql: &str| read(sql, &[], None).unwrap().iter().map(gives_rows).collect::<Vec<_>>();
        assert_eq!(
            rows("SET a.b = 1; RESET a.b; SELECT 1; EXPLAIN SELECT 1; SHOW TABLES"),
            [false, false, true, true, true]
        );
    }
}
