//! The statements of a query, with its parameters put in.

use std::collections::BTreeMap;

use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::Statement as SqlStatement;

use crate::query::{self, FillError};
use crate::time::ZoneRule;

use super::{Parameter, SqlError};

/// The text with the parameters put in where they stand; the rest of it stays to the byte.
///
/// # Errors
/// [`SqlError::Usage`] if a placeholder has no value, a value no placeholder, or a value is not of its type.
pub fn filled(sql: &str, parameters: &[Parameter], zone: Option<&ZoneRule>) -> Result<String, SqlError> {
    let literal = |p: &Parameter| Ok((p.name.clone(), p.literal(zone).map_err(SqlError::Usage)?));
    let literals: BTreeMap<String, String> = parameters.iter().map(literal).collect::<Result<_, SqlError>>()?;
    query::filled(sql, &literals).map_err(|error| {
        SqlError::Usage(match error {
            FillError::NoValue(mark) => match mark.strip_prefix('$') {
                Some(name) => format!("{mark} has no value: give -p {name}=VALUE"),
                None => format!("{mark} is no placeholder here: write $NAME and give -p NAME=VALUE"),
            },
            FillError::NoParameter(name) => {
                format!("the SQL has no ${name}: the parameter {name} changes nothing")
            }
        })
    })
}

/// Reads the statements, with the parameters put in.
///
/// # Errors
/// [`SqlError::Query`] if it is not SQL; [`SqlError::Usage`] as for [`filled`], and if there is no statement.
pub fn read(sql: &str, parameters: &[Parameter], zone: Option<&ZoneRule>) -> Result<Vec<Statement>, SqlError> {
    let statements: Vec<Statement> = DFParser::parse_sql(&filled(sql, parameters, zone)?)?.into();
    if statements.is_empty() {
        return Err(SqlError::Usage("the SQL holds no statement".to_owned()));
    }
    Ok(statements)
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
    fn what_is_written_beside_a_parameter_stays_to_the_byte() {
        let sql = "SELECT 'a\\', 'it''s', '\\''', E'it\\'s\\n', $$ $x ' \\$$, \"a\"\"$x\", 'é😀' -- $x\r\n /* $x */ WHERE a = $x";
        let parameters = [Parameter::parse("x=o'clock\\").unwrap()];
        let with = filled(sql, &parameters, None).unwrap();
        assert_eq!(with, sql.replace("a = $x", "a = ('o''clock\\')"));
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
